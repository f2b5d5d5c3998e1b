"""What a session shows and tells: its account as tables, explanations, pictures, panels and the tear-sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from qresearch.domain import events
from qresearch.domain.arguments import path as path_of
from qresearch.domain.arguments import symbols as symbols_of
from qresearch.domain.arguments import text
from qresearch.errors import UsageError, shown
from qresearch.market.market import Benchmark
from qresearch.sentences import Words
from qresearch.session import frames
from qresearch.session.account_history import AccountHistory
from qresearch.session.acting import Acting
from qresearch.session.benchmark import BenchmarkLike
from qresearch.session.explain import explain_order
from qresearch.session.explanation import Explanation
from qresearch.session.portfolio import Portfolio
from qresearch.session.results import save_results
from qresearch.session.tables import Tables

if TYPE_CHECKING:
    from qresearch.session.session import Session
    from qresearch.views.panels.workbench import Panels, Workbench
    from qresearch.views.picture import Picture
    from qresearch.views.report import Report
    from qresearch.views.svg import SvgPicture


class Looking(Acting):
    """Tables and pictures of a session. Everything here is a part of :class:`~qresearch.Session`."""

    _words: Words
    _benchmark: Benchmark | None
    _panels: Panels | None
    _starting_equity: int

    # ------------------------------------------------------------------ looking

    @property
    def _whole(self) -> Session:
        return cast("Session", self)

    @property
    def portfolio(self) -> Portfolio:
        """Cash, holdings and profit at the last visible prices."""
        return Portfolio(self._exchange, self._account, self._starting_equity, self._words)

    @property
    def orders(self) -> pd.DataFrame:
        """Every order ever placed on this branch, one row each.

        Indexed by order id. `asked` is the call and its number; `quantity` what was sent, `filled`, `leaves` and
        `canceled` add up to it (shares). `average_price` is NaN without a fill; fees are in the currency. `reason` and
        `why` say what stopped or trimmed it; `placed` and `ended` are days (NaT: not ended, or before the data).
        """
        return frames.orders_frame(self._exchange, self._orders().values())

    @property
    def open_orders(self) -> pd.DataFrame:
        """The orders that are queued or working; columns as in :attr:`orders`."""
        return frames.orders_frame(self._exchange, self._open_records)

    @property
    def fills(self) -> pd.DataFrame:
        """Every execution, one row each.

        `price` in currency per share; `notional`, `commission`, `stamp_duty`, `transfer_fee` and `net` (what the cash
        changed by, negative for a buy) in the currency.
        """
        return frames.fills_frame(self._exchange, self._log())

    @property
    def positions(self) -> pd.DataFrame:
        """What is held, one row per symbol.

        `quantity` is `sellable` plus `locked` (bought today, T+1) plus `reserved` (held back by working sells), in
        shares. `average_cost` includes buying fees. `weight` is the part of the equity. `stale` marks a position that
        had no bar today without a delisting on record.
        """
        symbols = self.market.symbols
        return frames.positions_frame(self.portfolio, (symbols[column] for column in self._account.stale))

    @property
    def equity(self) -> pd.Series[float]:
        """Equity at every close so far, by trading day, in the currency."""
        return AccountHistory.of(self._whole).equity_series

    def _log(self) -> list[events.Event]:
        timeline = self._timeline
        log = timeline.branch.log[: timeline.count]
        return log if self._draft is None else [*log, *self._draft.events]

    @property
    def events(self) -> pd.DataFrame:
        """Everything that happened, one row per event, in order.

        `quantity` in shares, `price` in currency per share, `amount` and `fee` (of a fill) in the currency; missing
        where an event has none. `before` and `after` are the states of the order; empty where an event is of no order.
        """
        return frames.events_frame(self._exchange, self._log())

    @property
    def tables(self) -> Tables:
        """The account as tables: trade details, positions and portfolio now and by day, round trips, costs, figures.

        ``session.tables.return_summary``; ``session.tables(names="swordfish")`` gives them under Swordfish's names.
        """
        return Tables(self._whole)

    def history(
        self,
        symbols: str | list[str] | None = None,
        count: int = 20,
        field: str = "close",
        adjust: str = "pre",
        frequency: str = "day",
    ) -> pd.DataFrame:
        """The last whole bars of a field up to now.

        Parameters
        ----------
        symbols : str or list of str, optional
            Default: all.
        count : int
            Number of bars; fewer come back at the start of the data.
        field : str
            "open", "high", "low", "close", "volume", "turnover", "pre_close", "limit_up" or "limit_down"; of bars
            inside the day the first six, and "bid" and "ask" where the data have them.
        adjust : {"pre", "post", "none"}
            For corporate actions as of the present day: "pre" makes older prices comparable with today's.
        frequency : {"day", "bar"}
            "bar" on minute data: the bars inside the days, up to the last whole one.

        Returns
        -------
        DataFrame
            One row per trading day, or per bar by the time at which it ends; one column per symbol. NaN: no row.
        """
        wanted = self.market.symbols if symbols is None else symbols_of("symbols", symbols)
        columns = [self.market.column(symbol) for symbol in wanted]
        return frames.history_frame(self._view(), columns, count, field, adjust, frequency)

    def bars(self, symbol: str, count: int = 20, adjust: str = "none", frequency: str = "day") -> pd.DataFrame:
        """The last whole bars of one instrument up to now, one column per field.

        One row per trading day; ``frequency="bar"`` gives the bars inside the days of minute data, by the time at which
        they end.
        """
        return frames.bars_frame(self._view(), self.market.column(symbol), count, adjust, frequency)

    # ------------------------------------------------------------------ telling and keeping

    def report(
        self,
        html: str | Path | None = None,
        *,
        benchmark: BenchmarkLike | pd.Series[float] = None,
        branch: str | tuple[str, str] | None = None,
        title: str | None = None,
    ) -> Report:
        """Show what the run came to: figures and plots in the notebook, the whole QuantStats page as a file.

        Parameters
        ----------
        html : path, optional
            Write the tear-sheet page here.
        benchmark : Series of closes, symbol, Benchmark or False, optional
            Default: that of the market; False for none.
        branch : str or (str, str), optional
            Another branch, or two to see side by side. Default: the present one up to now.
        title : str, optional

        Returns
        -------
        Report
            Shows itself in a notebook.

        Raises
        ------
        UsageError
            No such branch, or a benchmark that holds no closes.

        Examples
        --------
        >>> import qresearch as qr
        >>> qr.Session(qr.sample_market(), start="2022-03-01").step(20).report()
        <Report of branch main: 20 trading days 2022-03-01 to 2022-03-28, total return +0.00%>
        """
        from qresearch.views.report import compare, report  # noqa: PLC0415  # the ring above, only when asked

        if html is not None:
            html = path_of("html", html, "tearsheet.html")
        if title is not None:
            text("title", title, "My run", empty=True)
        if isinstance(branch, (tuple, list)):
            if len(branch) != len(("first", "second")):
                raise UsageError(
                    f"branch={shown(branch)}: two branches can be compared. Write branch=('main', 'other')."
                )
            return compare(self._whole, *branch, html=html, benchmark=benchmark, title=title)
        return report(self._whole, html, benchmark=benchmark, branch=branch, title=title)

    def show(self, *, language: str | None = None, colours: str | None = None, theme: str = "light") -> Workbench:
        """Open the workbench: step, trade, and see what every order did, with panels instead of code.

        Parameters
        ----------
        language : {"en", "zh"}, optional
            Of the labels, reasons and messages. Default: that of the session.
        colours : {"red_up", "green_up"}, optional
            Of rising prices. Default: red in a market in CNY, green elsewhere.
        theme : {"light", "dark"}

        Returns
        -------
        Workbench
            Shows itself in a notebook, and moves with the session. Shown twice in one look, it is the same one.

        Raises
        ------
        UsageError
            A word that is none of these.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
        >>> session.show()
        <Workbench of <Session before the first trading day, 2022-03-01; branch main; equity 100,000.00>>
        """
        return self.panels(language=language, colours=colours, theme=theme).workbench()

    @property
    def panels(self) -> Panels:
        """The parts of the workbench one by one: ``session.panels.ticket()``; another look by calling it."""
        if self._panels is None:
            from qresearch.views.panels.workbench import Panels  # noqa: PLC0415  # the ring above, only when asked

            self._panels = Panels.of(self._whole)
        return self._panels

    def plot(self, kind: str = "equity", **options: Any) -> Picture | SvgPicture:
        """Draw a static picture of the run.

        Parameters
        ----------
        kind : {"equity", "candles", "exposure", "monthly", "orders", "lives", "life"}
            Equity and drawdown against the benchmark; candles of a `symbol` with volume and order marks; exposure and
            weights; returns by month; orders by state; one row per order through its states; the way of one `order`
            through the table of states.
        **options
            Of the function of that kind in :mod:`qresearch.views.plots`, such as ``theme="dark"``, ``ax=``,
            ``branch=``, or ``symbol=`` of the candles.

        Returns
        -------
        Picture or SvgPicture
            Shows itself in a notebook. Of a Picture, ``.save(path)`` writes a PNG and ``.figure`` is matplotlib's.

        Raises
        ------
        UsageError
            No such kind.
        """
        from qresearch.views.plots import draw  # noqa: PLC0415  # the ring above, only when asked

        return draw(self._whole, kind, **options)

    def save_results(self, directory: str | Path, format: str = "parquet") -> list[Path]:  # noqa: A002  # as pandas
        """Write the tables of the run as files, a README of their columns and units, and the tear-sheet page.

        Parameters
        ----------
        directory : path
            Made when it is missing. Files of an earlier call in it are replaced; those of others stay as they are.
        format : {"parquet", "csv"}

        Returns
        -------
        list of Path
            What was written; the last one lists the files that are ours, to know them again.

        Raises
        ------
        UsageError
            Another format; files of the same names that qresearch did not write, or that were changed since; a folder
            that cannot be written to. Pass a folder of its own.
        """
        return save_results(self._whole, directory, format)

    def explain(self, order: str | int, *, language: str | None = None) -> Explanation:
        """Why an order did what it did: what was asked and sent, each check with its numbers, the fill and its fees.

        Works for every order ever placed on this branch, refused ones included; recomputed from the kept states.

        Parameters
        ----------
        order : Ticket, str or int
            A ticket or an order id.
        language : {"en", "zh"}, optional
            Of the sentences. Default: that of the session.

        Returns
        -------
        Explanation
            Prints as text, shows as HTML, and ``.data`` is a DataFrame.

        Raises
        ------
        UsageError
            No such order at this point of the timeline, or another language.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=5_000)
        >>> ticket = session.buy("604018", 1000)
        >>> print(session.step().explain(ticket))  # doctest: +NORMALIZE_WHITESPACE
        Order 1: buy 604018.SH: FILLED
        2022-02-28 AFTER_CLOSE
          · Asked: order 1,000
          · Sized: 0 held, +0 pending.
          ✓ Sent: 1,000 shares; waits for the next open.
        2022-03-01 OPEN
          ✓ Trading: listed and not suspended on 2022-03-01; opens at 9.52
          ✓ Price limit: open 9.52 is below the upper limit 10.54
          ✓ Lot: 1,000 shares are allowed
          ✗ Cash: 1,000 shares need 9,525.00 with fees; 5,000.00 is available, enough for 500.
          ✓ Filled: 500 shares at 9.52 = 4,760.00; the opening price.
          · Fees: commission 5.00, stamp duty 0.00, transfer fee 0.00; 5.00 in all.
        What to do: 4,525.00 more cash would have paid for all; 500 shares were within reach. Order less, or sell
        first; cash is checked at the match, after the sells.
        """
        self._refuse_inside_callback("explain")
        say = self._words.named(language)
        ticket = self.ticket(order)
        timeline = self._timeline
        record = self._orders()[int(ticket)]
        return explain_order(self._exchange, timeline.branch, timeline.count, record, say)
