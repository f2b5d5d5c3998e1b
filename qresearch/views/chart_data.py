"""What a chart shows, as arrays: bars up to now, price limits, marks of orders, lines of prices, equity.

Both renderers of the chart and the static candles are fed from this, so that they can only differ in looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qresearch.book.holdings import holdings_of
from qresearch.book.projection import Projection
from qresearch.domain.moment import CLOSE, OPEN, Moment
from qresearch.domain.order import Status
from qresearch.market.panel import Floats
from qresearch.views.equity import Equity
from qresearch.views.tape import Closed, Fills

if TYPE_CHECKING:
    from qresearch.book.orders import OrderRecord
    from qresearch.domain.events import OrderFilled
    from qresearch.market.market import Market
    from qresearch.market.view import View
    from qresearch.session.port import AnySession

Ints = NDArray[np.int64]

MARKS = ("placed", "waiting", "bought", "sold", "partly bought", "partly sold", "canceled", "expired", "rejected")
"""Kinds of marks, in the order of a legend; each has a shape of its own in every renderer."""
_ENDS = {Status.REJECTED: "rejected", Status.CANCELED: "canceled", Status.EXPIRED: "expired"}


class Mark(NamedTuple):
    """A mark of an order.

    Parameters
    ----------
    bar : int
        Index of its bar in the window.
    price : float, currency per share
        NaN: beside the bar, below it for a buy and above it for a sell.
    kind : str
        One of :data:`MARKS`.
    side : {"buy", "sell"}
    order_id : int
    quantity : int, shares
        Filled here, or asked for.
    """

    bar: int
    price: float
    kind: str
    side: str
    order_id: int
    quantity: int


class PriceLine(NamedTuple):
    """A price at which something waits, or what the position has cost.

    Parameters
    ----------
    kind : {"limit", "stop", "cost"}
    price : float, currency per share
    side : {"buy", "sell", ""}
    order_id : int
        0 for the average cost.
    """

    kind: str
    price: float
    side: str
    order_id: int


class Trade(NamedTuple):
    """Shares that were bought and sold again, from their entry to their exit.

    Parameters
    ----------
    bar, until : int
        Indices of the bars of entry and exit in the window; below 0 before it.
    price, exit_price : float, currency per share
    quantity : int, shares
    profit : float, currency
        After fees, dividends included.
    """

    bar: int
    price: float
    until: int
    exit_price: float
    quantity: int
    profit: float


@dataclass(frozen=True, eq=False)
class ChartData:
    """One instrument and the account, up to now; nothing after it.

    Parameters
    ----------
    symbol, title : str
        The title carries the name where there is one.
    labels : tuple of str
        When each of the K bars was.
    open, high, low, close : (K,) ndarray of float64, currency per share
        As traded, not adjusted. NaN: not known yet; the last bar may have nothing but an open, or not even that.
    volume : (K,) ndarray of float64, shares
    limit_up, limit_down : (K,) ndarray of float64, currency per share
        NaN: no limit on that day.
    limits : (float, float), currency per share
        Lower and upper limit that apply next: after a close those of the next day. NaN: none.
    limits_on : str
        The day of these.
    paused : str
        The present day where the instrument did not trade on it, else empty.
    marks : tuple of Mark
    lines : tuple of PriceLine
    trades : tuple of Trade
        Those whose exit lies in the window.
    beside : (K,) ndarray of float64
        Closes of what is looked at beside it; NaN where there is none.
    beside_name : str
        Its symbol; empty where nothing is.
    equity : (K,) ndarray of float64, currency
        At the last bar of each day, as of its close; NaN elsewhere, before the first one and while the day goes on.
    drawdown : (K,) ndarray of float64
        Distance of the equity from its highest value so far, as a fraction, 0 or below.
    tick : float, currency per share
        Smallest move of the price; 0 where there is none.
    """

    symbol: str
    title: str
    labels: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    limit_up: Floats
    limit_down: Floats
    limits: tuple[float, float]
    limits_on: str
    paused: str
    marks: tuple[Mark, ...]
    lines: tuple[PriceLine, ...]
    trades: tuple[Trade, ...]
    beside: Floats
    beside_name: str
    equity: Floats
    drawdown: Floats
    tick: float

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        span = f"{self.labels[0]} to {self.labels[-1]}" if self.labels else "no bar yet"
        return f"<ChartData {self.symbol}: {len(self)} bars, {span}, {len(self.marks)} marks, {len(self.lines)} lines>"

    def is_short(self, row: int) -> bool:
        """True when a bar is not whole yet."""
        return bool(np.isnan(self.close[row]))


BARS = ("open", "high", "low", "close", "volume")
"""Fields of a bar."""


class Axis:
    """Along what a chart runs: the days of a market, or its bars inside the day.

    Parameters
    ----------
    market : Market
    daily : bool
        Days, also where there are bars inside them.
    """

    def __init__(self, market: Market, *, daily: bool = False) -> None:
        panel = market.panel
        self.inside = None if daily else panel.intraday
        """The bars inside the day; None for days."""
        self.bars = panel if self.inside is None else self.inside
        self.stamps = market.days if self.inside is None else self.inside.times

    def days(self, rows: Ints) -> Ints:
        """The day (index) of each row."""
        return rows if self.inside is None else self.inside.day_of[rows]

    def labels(self, rows: Ints) -> tuple[str, ...]:
        """When each row was."""
        return tuple(text.replace("T", " ") for text in self.stamps[rows].astype(str).tolist())

    def stop(self, view: View) -> int:
        """Number of whole rows that a view shows."""
        return len(view.array("close", "day" if self.inside is None else "bar"))

    def row_of(self, day: int, phase: int, bar: int) -> int:
        """The row in which a moment lies."""
        inside = self.inside
        if inside is None or day < 0:
            return day
        if bar:
            return inside.row(day, bar)
        return inside.firsts[day + 1] - 1 if phase >= CLOSE else inside.firsts[day]

    def shows_begun(self, view: View, column: int) -> bool:
        """True when a view shows anything of the row that is not whole yet: its open, or the limits of its day."""
        if view.whole_days > view.day:
            return False
        inside, panel = self.inside, view.market.panel
        if inside is not None:
            begun = view.phase == OPEN and inside.counts[view.day] > 0
            return begun and not np.isnan(inside.open[inside.firsts[view.day], column])
        opened = view.phase >= OPEN and not np.isnan(panel.open[view.day, column])
        return opened or not np.isnan(panel.limit_up[view.day, column])


class ChartReader:
    """Reads :class:`ChartData` of a session again and again, each time only as far as the session has moved.

    Parameters
    ----------
    session : AnySession

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> ticket = session.buy("604018", 1000)
    >>> ChartReader(session.step()).read("604018", 3)
    <ChartData 604018.SH: 3 bars, 2022-02-25 to 2022-03-01, 2 marks, 1 lines>
    """

    def __init__(self, session: AnySession) -> None:
        self._session, self._axis = session, Axis(session.market)
        self._fills = Projection(session.simulation, Fills)
        self._closed = Projection(session.simulation, Closed.reading(session.simulation.exchange))
        self._equity = Equity()

    def read(self, symbol: str, count: int = 120, *, first: int | None = None, beside: str = "") -> ChartData:
        """The chart of an instrument as of now.

        Parameters
        ----------
        symbol : str
        count : int
            Number of bars at most.
        first : int, optional
            Index of the day, or of the bar inside the days, to begin with instead.
        beside : str
            Another instrument, or the benchmark, to look at beside it.

        Returns
        -------
        ChartData

        Raises
        ------
        UnknownSymbol
            No such instrument.
        """
        simulation, market = self._session.simulation, self._session.market
        column = market.column(symbol)
        axis, view = self._axis, simulation.view
        rows = self._rows(column, count, first)
        days = axis.days(rows)
        bars = {field: getattr(axis.bars, field)[rows, column] for field in BARS}
        if len(rows) and rows[-1] >= self.stop:
            # Of a bar that is not over, nothing but the open once it is there.
            for field in bars if view.phase < OPEN else bars.keys() - {"open"}:
                bars[field][-1] = np.nan
        day_ends = np.append(days[1:] != days[:-1], True)[: len(days)]
        equity, drawdown = (np.where(day_ends, of_days[days], np.nan) for of_days in self._equity.read(self._session))
        orders = [order for order in simulation.orders.now().values() if order.instrument == column]
        # The close of a day makes the limits of the next one.
        next_day = min(view.whole_days, len(market.days) - 1)
        is_over = 0 <= view.day < view.whole_days
        paused = (
            is_over and market.panel.first_row[column] <= view.day and np.isnan(market.panel.close[view.day, column])
        )
        instrument, name = market.instruments[column], market.symbols[column]
        return ChartData(
            symbol=name,
            title=f"{name} {instrument.name}".strip() if instrument.name != name else name,
            labels=axis.labels(rows),
            **bars,
            limit_up=market.panel.limit_up[days, column],
            limit_down=market.panel.limit_down[days, column],
            limits=(float(market.panel.limit_down[next_day, column]), float(market.panel.limit_up[next_day, column])),
            limits_on=str(market.days[next_day]),
            paused=str(market.days[view.day]) if paused else "",
            marks=self._marks(orders, rows),
            lines=self._lines(orders, column),
            trades=self._trades(column, rows),
            beside=self._beside(beside, rows, days),
            beside_name=beside,
            equity=equity,
            drawdown=drawdown,
            tick=float(simulation.exchange.steps[column]),
        )

    @property
    def stop(self) -> int:
        """Number of whole bars that are visible, on the axis of the chart."""
        return self._axis.stop(self._session.simulation.view)

    def _rows(self, column: int, count: int, first: int | None) -> Ints:
        """Rows to draw: those with a bar, and the present one once anything of it is known."""
        axis, view = self._axis, self._session.simulation.view
        stop = axis.stop(view)
        # Days without a row are left out, so that a long hole shortens the window.
        begin = max(stop - count, 0) if first is None else first
        rows = begin + np.flatnonzero(~np.isnan(axis.bars.close[begin:stop, column]))
        if axis.shows_begun(view, column):
            rows = np.append(rows, stop)
        return (rows if first is not None else rows[-count:]).astype(np.int64)

    # ------------------------------------------------------------------ orders

    def _marks(self, records: list[OrderRecord], rows: Ints) -> tuple[Mark, ...]:
        place = {row: bar for bar, row in enumerate(rows.tolist())}
        marks, is_open = [], {}

        def mark(at: Moment | None, price: float, kind: str, order: OrderRecord | OrderFilled, quantity: int) -> None:
            bar = None if at is None else place.get(self._axis.row_of(*at))
            if bar is not None:
                marks.append(Mark(bar, price, kind, order.side.value, order.order_id, abs(quantity)))

        for record in records:
            waits = is_open[record.order_id] = not record.status.is_final
            mark(record.placed, np.nan, "placed" if record.filled or not waits else "waiting", record, record.quantity)
            if record.status in _ENDS:
                mark(record.ended, np.nan, _ENDS[record.status], record, record.canceled)
        for fill, _ in self._fills.now().made:
            if fill.order_id in is_open:
                kind = "bought" if fill.quantity > 0 else "sold"
                mark(fill.at, fill.price, f"partly {kind}" if is_open[fill.order_id] else kind, fill, fill.quantity)
        return tuple(marks)

    def _trades(self, column: int, rows: Ints) -> tuple[Trade, ...]:
        """Closed round trips, each where its orders filled; of contracts none, which have two sides."""
        if self._session.market.instruments[column].contract is not None:
            return ()
        units, begin = self._session.simulation.exchange.money.units, int(rows[0]) if len(rows) else 0
        places: dict[int, int] = {}
        for fill, _ in self._fills.now().made:
            if fill.instrument == column:
                places.setdefault(fill.order_id, int(np.searchsorted(rows, self._axis.row_of(*fill.at))))
        found = []
        for trip in self._closed.now().trips.done().closed:
            # What the session began with, and what did not leave by an order, has no place of its own.
            if trip.instrument == column and trip.entry_order in places and trip.exit_order in places:
                until = places[trip.exit_order]
                if until < len(rows) and rows[until] >= begin:
                    profit = (trip.proceeds - trip.cost - trip.fees + trip.dividends) / units
                    entry = places[trip.entry_order]
                    found.append(Trade(entry, trip.entry_price, until, trip.exit_price, trip.quantity, profit))
        return tuple(found)

    def _beside(self, symbol: str, rows: Ints, days: Ints) -> Floats:
        market = self._session.market
        if not symbol:
            return np.full(len(rows), np.nan)
        whole = rows < self.stop
        if symbol in market.panel.columns:
            closes = self._axis.bars.close[rows, market.column(symbol)]
        else:
            benchmark = self._session.simulation.benchmark or market.benchmark
            known: dict[str, float] = {}
            if benchmark is not None and benchmark.name == symbol:
                known = dict(zip(benchmark.days.astype(str).tolist(), benchmark.close.tolist(), strict=True))
            closes = np.array([known.get(day, np.nan) for day in market.days[days].astype(str).tolist()])
        return np.where(whole, closes, np.nan)

    def _lines(self, records: list[OrderRecord], column: int) -> tuple[PriceLine, ...]:
        lines, exchange = list[PriceLine](), self._session.simulation.exchange
        account, item = self._session.simulation.account, exchange.market.instruments[column]
        for record in records:
            if record.status.is_final:
                continue
            side, terms = record.side.value, record.terms
            moved = account.working.get(record.order_id)
            stop = terms.stop_price if moved is None or moved.stop is None else moved.stop
            # A stop that was reached is over; what is left is its limit, if it has one.
            if stop is not None and not record.triggered:
                lines.append(PriceLine("stop", stop, side, record.order_id))
            if terms.limit_price is not None:
                lines.append(PriceLine("limit", terms.limit_price, side, record.order_id))
        held = holdings_of(exchange, account, column)
        if len(held) == 1:  # both sides at once have no cost of their own
            cost, size = exchange.money.amount(held[0].cost), exchange.multiplier(column, account.day)
            lines.append(PriceLine("cost", item.mean_price(cost, held[0].quantity, size), "", 0))
        return tuple(lines)
