"""Bookkeeping of our own: an account rebuilt from the events of a session and the panel alone.

Nothing of the engine is called here. Cash and share counts follow from single events; what every event should say
(dividends, new shares, fees, values) is computed again with exact fractions; and the change of the equity from one
close to the next must be, to the unit of money, price moves plus fees plus corporate actions.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import numpy as np

import qresearch as qr
from qresearch.domain import events as said
from qresearch.domain.fees import PARTS

MILLE = Fraction(1, 1000)
HALF = Fraction(1, 2)
OPEN = 1
"""Position of the opening phase in the day."""

CORPORATE = (
    said.DividendPaid, said.SharesIssued, said.RightsSubscribed, said.RightsLapsed, said.PositionClosed,
)  # fmt: skip
GAPS = (said.PositionStale, said.PositionThawed)


def half_up(value: Fraction) -> int:
    """Half up, for amounts that are not negative."""
    return math.floor(value + HALF)


def exact(number: float) -> Fraction:
    """The decimal number that a float stands for."""
    return Fraction(repr(float(number)))


@cache
def milli(price: float) -> int:
    """A price in thousandths of a yuan; every price of these markets is a whole number of them."""
    found = exact(price) * 1000
    assert found.denominator == 1, f"{price!r} is on no tick"
    return int(found)


def ratio(number: float) -> Fraction:
    """Amounts per share are read to a billionth."""
    return Fraction(round(number * 10**9), 10**9)


def fees_of(costs: str, board: str, day: dt.date, quantity: int, value: int) -> tuple[int, int, int]:
    """Commission, stamp duty and transfer fee in fen of one fill, by the documented rates (market_rules.md)."""
    if costs == "zero":
        return 0, 0, 0
    commission = max(half_up(value * Fraction(25, 100_000)), 500)
    taxed = quantity < 0 and board != "ETF"
    if costs == "default":
        return commission, half_up(value * MILLE / 2) if taxed else 0, 0
    duty = half_up(value * (MILLE if day < dt.date(2023, 8, 28) else MILLE / 2)) if taxed else 0
    return commission, duty, _transfer(board, day, abs(quantity), value)


def _transfer(board: str, day: dt.date, quantity: int, value: int) -> int:
    if board == "ETF":
        return 0
    if day >= dt.date(2022, 4, 29):
        return half_up(value * MILLE / 100)
    if board == "BSE":
        return half_up(value * MILLE / 40) if day >= dt.date(2021, 11, 15) else 0
    if day >= dt.date(2015, 8, 1):
        return half_up(value * MILLE / 50)
    # Before, Shanghai took 0.6 per mille of the par value, 1 yuan a share; Shenzhen nothing of its own.
    return half_up(quantity * 100 * Fraction(6, 10_000)) if board in {"SH_MAIN", "STAR"} else 0


def withheld(day: dt.date) -> Fraction:
    """What was taken from a dividend at payment, the rest being due at the sale."""
    if day >= dt.date(2015, 9, 8):
        return Fraction(0)
    if day >= dt.date(2013, 1, 1):
        return Fraction(1, 20)
    return Fraction(1, 10) if day >= dt.date(2005, 6, 13) else Fraction(1, 5)


@dataclass
class Books:
    """Cash, shares and marks of an account, and what has moved its equity today; all money in fen."""

    session: qr.Session
    costs: str
    cash: int = 0
    shares: Counter[int] = field(default_factory=Counter)
    marks: dict[int, float] = field(default_factory=dict)
    price_moves: int = 0
    fees: int = 0
    corporate: int = 0
    fills: int = 0
    orders: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Value and commission so far, by order."""
    stale: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.market = self.session.market
        self.panel = self.market.panel
        self.money = self.market.venue.money
        self.settings = self.session.settings
        assert self.money.units == 100
        self.rows = ~np.isnan(self.panel.close)
        self.last_row = [int(column.nonzero()[0][-1]) if column.any() else -1 for column in self.rows.T]
        self.closing = {
            column: max(int((self.panel.days < np.datetime64(share.delist_date)).sum()), self.last_row[column] + 1)
            for column, share in enumerate(self.market.instruments)
            if share.delist_date is not None
        }
        self.actions: dict[int, list[qr.market.actions.Action]] = {}
        for action in self.market.actions:
            self.actions.setdefault(action.ex_day, []).append(action)

    def value(self, quantity: int, price: float) -> int:
        """Shares at a price in fen, half up."""
        return (quantity * milli(price) + 5) // 10

    def worth(self) -> int:
        """Holdings at the present marks."""
        return sum(self.value(count, self.marks[column]) for column, count in self.shares.items() if count)

    def hold(self, column: int, change: int) -> int:
        """Change a share count; what that changes of the worth at the present mark."""
        before = self.value(self.shares[column], self.marks[column])
        self.shares[column] += change
        assert self.shares[column] >= 0, "a cash account holds no short position"
        return self.value(self.shares[column], self.marks[column]) - before

    # ------------------------------------------------------------------ before the open

    def expected_actions(self, day: int) -> list[tuple[object, ...]]:
        """What the corporate actions and the ends of instruments must do to this account on a day."""
        found: list[tuple[object, ...]] = []
        shares, cash = Counter(self.shares), self.cash
        for action in self.actions.get(day, ()):
            if not shares[action.instrument]:
                continue
            column, held = action.instrument, shares[action.instrument]
            if action.cash:
                amount = half_up(held * ratio(action.cash) * self.money.units)
                rate = self.settings.dividend_tax
                tax = half_up(amount * exact(rate)) if isinstance(rate, float) else 0
                if rate == "holding_period" and self.market.instruments[column].board != "ETF":
                    tax = half_up(amount * withheld(self.market.days[day].astype(dt.date)))
                found.append(("DividendPaid", column, held, amount, tax))
                cash += amount - tax
            received = math.floor(held * ratio(action.bonus))
            if received:
                found.append(("SharesIssued", column, received))
                shares[column] += received
            offered = math.floor(held * ratio(action.rights))
            if offered:
                paid = half_up(offered * ratio(action.rights_price) * self.money.units)
                if self.settings.rights == "subscribe" and 0 < paid <= cash:
                    found.append(("RightsSubscribed", column, offered, paid))
                    shares[column] += offered
                    cash -= paid
                else:
                    found.append(("RightsLapsed", column, offered))
        for column, closing in self.closing.items():
            if closing == day and shares[column]:
                price = self.marks[column] if self.settings.delisting == "last" else 0.0
                found.append(("PositionClosed", column, shares[column], self.value(shares[column], price)))
        return found

    def expected_gaps(self, day: int) -> list[tuple[object, ...]]:
        """At the close of a day without a row a holding freezes; with one it thaws."""
        if not day:
            return []
        before, today = self.rows[day - 1], self.rows[day]
        resumed = [column for column in np.flatnonzero(~before & today).tolist() if column in self.stale]
        # A delisting on record makes it a suspension until then.
        listed = [item.delist_date is None for item in self.market.instruments]
        broken = [
            column for column in np.flatnonzero(before & ~today).tolist() if self.shares[column] and listed[column]
        ]
        frozen = [("PositionStale", column, self.shares[column]) for column in broken]
        return [*(("PositionThawed", column) for column in resumed), *frozen]

    def corporate_action(self, event: said.Record) -> tuple[object, ...]:
        """Book one event of the morning; what it says, to compare with what was expected."""
        name, column = type(event).__name__, event.instrument
        match event:
            case said.DividendPaid(amount=amount, tax=tax, quantity=held):
                self.cash += amount - tax
                self.corporate += amount - tax
                return name, column, held, amount, tax
            case said.SharesIssued(received=received):
                self.corporate += self.hold(column, received)
                return name, column, received
            case said.RightsSubscribed(received=received, paid=paid):
                self.cash -= paid
                self.corporate += self.hold(column, received) - paid
                return name, column, received, paid
            case said.PositionClosed(quantity=quantity, amount=amount):
                self.cash += amount
                self.corporate += self.hold(column, -quantity) + amount
                self.stale.discard(column)
                return name, column, quantity, amount
            case said.PositionThawed():
                self.stale.discard(column)
                return name, column
            case said.PositionStale(quantity=quantity):
                self.stale.add(column)
                return name, column, quantity
            case _:
                return name, column, event.quantity

    # ------------------------------------------------------------------ at the open and at the close

    def fill(self, event: said.OrderFilled) -> None:
        """Book a fill after checking its price, its value and each of its fees."""
        day, column, quantity = event.at.day, event.instrument, event.quantity
        self.check_price(event)
        assert event.notional == self.value(abs(quantity), event.price), event
        date = self.panel.days[day].astype(object)
        before, charged = self.orders.get(event.order_id, (0, 0))
        fees = fees_of(self.costs, str(self.market.instruments[column].board), date, quantity, event.notional)
        if before:
            # The least commission is that of the whole order, however many fills it has.
            total = fees_of(self.costs, "ETF", date, quantity, before + event.notional)[0]
            fees = max(total - charged, 0), *fees[1:]
        self.orders[event.order_id] = before + event.notional, charged + fees[0]
        assert tuple(event.fees[part] for part in PARTS) == fees, event
        self.fills += 1
        side = 1 if quantity > 0 else -1
        self.cash -= side * event.notional + sum(fees)
        self.fees -= sum(fees)
        # A fill changes hands at the open: from there to the last mark, and later to the close, the price moves.
        self.price_moves += self.hold(column, quantity) - side * event.notional
        assert self.cash >= 0, "cash never goes below zero by a fill"

    def check_price(self, event: said.OrderFilled) -> None:
        """A market order gets the open, any other a price inside the bar; slippage only against the order."""
        day, column, side = event.at.day, event.instrument, 1 if event.quantity > 0 else -1
        panel = self.panel
        # Bought on its first day there is no close yet: from nothing, any mark will do.
        self.marks.setdefault(column, float(panel.open[day, column]))
        grid = 1000 if self.market.instruments[column].board == "ETF" else 100
        assert (exact(event.price) * grid).denominator == 1, f"{event} is on no tick"
        assert not event.price > panel.limit_up[day, column], event
        assert not event.price < panel.limit_down[day, column], event
        if event.at.phase == OPEN:
            slip = side * (event.price - float(panel.open[day, column]))
            assert slip == 0 if self.settings.slippage.kind == "none" else slip >= 0, event
        elif self.settings.slippage.kind == "none":
            assert panel.low[day, column] <= event.price <= panel.high[day, column], event

    def close(self, day: int) -> None:
        """Mark every holding to the close."""
        before = self.worth()
        for column in range(len(self.last_row)):
            self.note_close(day, column)
        self.price_moves += self.worth() - before

    def note_close(self, day: int, column: int) -> None:
        """The last close; over an ex-date without a row the reference price takes over."""
        close = float(self.panel.close[day, column])
        if close == close:
            self.marks[column] = close
            return
        for action in self.actions.get(day, ()):
            if action.instrument == column and column in self.marks and day < self.last_row[column]:
                self.marks[column] = self.reference(action, self.marks[column])

    def reference(self, action: qr.market.actions.Action, mark: float) -> float:
        """(previous close - cash + price x rights) / (1 + bonus + rights), half up to the tick."""
        grid = 1000 if self.market.instruments[action.instrument].board == "ETF" else 100
        offered = exact(action.rights)
        paid = exact(action.rights_price) * offered if action.rights else 0
        price = (exact(mark) - exact(action.cash) + paid) / (1 + exact(action.bonus) + offered)
        return max(half_up(price * grid), 1) / grid


def check_books(session: qr.Session, costs: str) -> Books:
    """Rebuild the account of a session day by day; every difference is an assertion error.

    Parameters
    ----------
    session : Session
        At or after the close of a day. Its costs and slippage were not changed on the way.
    costs : {"default", "historical", "zero"}
    """
    books = Books(session, costs)
    timeline, market = session.simulation.timeline, session.market
    by_day: dict[int, list[said.Record]] = {}
    for event in said.records(timeline.branch.log[: timeline.count]):
        by_day.setdefault(event.at.day, []).append(event)
    first = session.simulation.exchange.first
    for day in range(first):
        for column in range(len(market.symbols)):
            books.note_close(day, column)
    for event in by_day.pop(first - 1):
        if isinstance(event, said.AccountOpened):
            books.cash = event.cash
        elif isinstance(event, said.PositionSeeded):
            books.shares[event.instrument] += event.quantity
            books.cash -= event.paid
    equity = books.cash + books.worth()
    shown = session.equity
    days = range(first, first + len(shown))
    assert [market.days[day] for day in days] == list(shown.index.to_numpy().astype("datetime64[D]"))
    for day, value in zip(days, shown, strict=True):
        books.price_moves = books.fees = books.corporate = 0
        wanted = books.expected_actions(day)
        booked = []
        for event in by_day.get(day, []):
            if isinstance(event, CORPORATE):
                booked.append(books.corporate_action(event))
            elif isinstance(event, said.OrderFilled):
                assert booked == wanted, f"corporate actions come before the fills of {market.days[day]}"
                books.fill(event)
            elif isinstance(event, said.DividendTaxed):
                books.cash -= event.tax
                books.corporate -= event.tax
        assert booked == wanted, f"corporate actions of {market.days[day]}"
        wanted = books.expected_gaps(day)
        assert [books.corporate_action(event) for event in by_day.get(day, []) if isinstance(event, GAPS)] == wanted
        books.close(day)
        now = books.cash + books.worth()
        assert round(value * books.money.units) == now, f"equity on {market.days[day]}: {value} shown, {now} rebuilt"
        moved = books.price_moves + books.fees + books.corporate
        assert now - equity == moved, f"{market.days[day]}: equity changed by {now - equity}, explained {moved}"
        equity = now
    state = timeline.state
    held = {column: count for column, count in books.shares.items() if count}
    assert state.cash == books.cash
    assert {column: position.quantity for column, position in state.positions.items()} == held
    assert state.stale == books.stale & set(held)
    return books
