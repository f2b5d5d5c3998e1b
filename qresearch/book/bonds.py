"""Bonds as tables: what is held, what it has earned, its yield and its risk; and what is lent by repo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from qresearch.book.frames import typed, with_days
from qresearch.book.history import AccountHistory
from qresearch.domain import events
from qresearch.domain.bond import ACCRUED_SCALE, PAR, Bond, accrued_units
from qresearch.domain.bond_figures import NO_FIGURES, figures_of
from qresearch.domain.moment import AFTER_CLOSE
from qresearch.domain.state import Position, State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import after_sale, move

COLUMNS = (
    "day", "symbol", "previous_quantity", "quantity", "average_price", "bought_quantity", "bought_value", "value",
    "accrued_value", "accrued", "full_price", "price", "yield", "interest_income", "floating_profit",
    "realised_profit", "fees", "profit", "duration", "modified_duration", "convexity", "dv01", "conversion_value",
    "premium",
)  # fmt: skip
REPO_COLUMNS = ("symbol", "lent", "back", "interest")


@dataclass(slots=True)
class _Earned:
    """What one instrument has earned since the start, and was bought of it on a day; money steps."""

    income: int = 0
    realised: int = 0
    fees: int = 0
    day: int = -1
    bought: int = 0
    paid: int = 0

    def buy(self, day: int, quantity: int) -> None:
        """Count a purchase of a day."""
        if day != self.day:
            self.day, self.bought, self.paid = day, 0, 0
        self.bought += quantity


@dataclass(slots=True)
class _Book:
    """Folds the events of an account into what each bond, and repo, has earned."""

    exchange: Exchange
    earned: dict[int, _Earned] = field(default_factory=dict)
    held: dict[int, Position] = field(default_factory=dict)

    def _of(self, instrument: int) -> _Earned:
        return self.earned.setdefault(instrument, _Earned())

    def fold(self, log: Iterable[events.Record]) -> None:
        """Take in some events, in order."""
        listed = self.exchange.market.instruments
        for event in log:
            instrument = getattr(event, "instrument", None)
            if instrument is None or listed[instrument].bond is None:
                continue
            match event:
                case events.OrderFilled(quantity=quantity, fees=fees):
                    self._of(instrument).fees += fees.total
                    if quantity > 0:
                        self._of(instrument).buy(event.at.day, quantity)
                case events.Posted(cash=cash, income=income, realised=realised, fee=fee, why=why):
                    found = self._of(instrument)
                    found.income, found.realised = found.income + income, found.realised + realised
                    found.paid -= cash + fee if why == "bought" else 0
                case events.PositionSeeded(quantity=quantity, cost=cost):
                    self._of(instrument)
                    move(self.held, events.SharesMoved(event.at, instrument, quantity, cost))
                case events.SharesMoved():
                    move(self.held, event)
                case events.PositionClosed(quantity=quantity, amount=amount):
                    position = self.held[instrument]
                    gone = after_sale(position, quantity)[1]
                    self._of(instrument).realised += amount - gone
                    move(self.held, events.SharesMoved(event.at, instrument, -quantity, gone))
                case _:
                    pass


def bonds_now(history: AccountHistory) -> pd.DataFrame:
    """One row per bond, and repo, that is or was held since the start; see :attr:`Tables.bonds`."""
    account, book = history.account, _Book(history.exchange)
    book.fold(events.records(iter(history.log)))
    earlier = [state for state in history.closes if state.day < account.day]
    rows = _rows(book, account, earlier[-1] if earlier else None, history)
    return _frame(history, rows).drop(columns="day").set_index("symbol")


def daily_bonds(history: AccountHistory) -> pd.DataFrame:
    """The same at every close; see :attr:`Tables.daily_bonds`."""
    book, log, place = _Book(history.exchange), list(events.records(iter(history.log))), 0
    rows, before = list[tuple[Any, ...]](), None
    for state in history.closes:
        begin = place
        while place < len(log) and log[place].at[:2] <= (state.day, min(state.phase, AFTER_CLOSE)):
            place += 1
        book.fold(log[begin:place])
        rows += _rows(book, state, before, history)
        before = state
    return _frame(history, rows)


def _rows(book: _Book, account: Draft | State, before: State | None, history: AccountHistory) -> list[tuple[Any, ...]]:
    symbols = book.exchange.market.symbols
    earlier = history.initial if before is None else before.positions
    return [
        _row(book, account, instrument, earlier[instrument].quantity if instrument in earlier else 0)
        for instrument in sorted(book.earned, key=symbols.__getitem__)
    ]


def _row(book: _Book, account: Draft | State, instrument: int, previous: int) -> tuple[Any, ...]:
    exchange, found = book.exchange, book.earned[instrument]
    money, item, price = exchange.money, exchange.market.instruments[instrument], _price(exchange, account, instrument)
    position, day = account.positions.get(instrument, Position(0, 0, 0, 0)), exchange.today(account)
    quantity, nan = position.quantity, float("nan")
    interest = exchange.account.accrued(account, exchange, instrument, quantity)
    clean = money.notional(money.price_units(price), quantity) if quantity else 0
    income = found.income + (interest if account.day >= exchange.first else 0)
    floating = clean - position.cost
    bond = item.bond if isinstance(item.bond, Bond) else None
    figures = NO_FIGURES if bond is None or price != price else figures_of(bond, day, price)
    accrued = nan if bond is None else accrued_units(bond, day) / ACCRUED_SCALE
    converted = nan
    if bond is not None and bond.conversion is not None and bond.conversion.underlying in exchange.market.panel.columns:
        share = exchange.market.column(bond.conversion.underlying)
        converted = bond.conversion.value(day, _price(exchange, account, share))
    bought = (found.bought, found.paid) if found.day == account.day else (0, 0)
    return (
        account.day, item.symbol, previous, quantity, money.amount(position.cost) / quantity if quantity else nan,
        bought[0], money.amount(bought[1]), money.amount(clean + interest), money.amount(interest), accrued,
        price + accrued, price, figures.yield_, money.amount(income), money.amount(floating),
        money.amount(found.realised), money.amount(found.fees),
        money.amount(income + floating + found.realised - found.fees), figures.macaulay, figures.modified,
        figures.convexity, figures.dv01 * quantity, converted, price / converted - 1 if converted else nan,
    )  # fmt: skip


def _price(exchange: Exchange, account: Draft | State, instrument: int) -> float:
    """The last visible price; NaN before there is one."""
    found = exchange.view(account).last_price(instrument)
    return found if found > 0 else float("nan")


def _frame(history: AccountHistory, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    whole = ("day", "previous_quantity", "quantity", "bought_quantity")
    return with_days(history.exchange, typed(pd.DataFrame(rows, columns=list(COLUMNS)), words=("symbol",), whole=whole))


def repo_frame(exchange: Exchange, account: Draft | State) -> pd.DataFrame:
    """One row per loan by repo that is out, by the day on which it comes back; see :attr:`Tables.repo`."""
    money, days = exchange.money, exchange.market.days.astype("datetime64[s]")
    rows = []
    for loan in account.ledger.due:
        bond = exchange.market.instruments[loan.instrument].bond if loan.quantity else None
        if bond is not None:
            lent = loan.quantity * PAR * money.units
            back = days[loan.day] if loan.day < len(days) else pd.NaT
            symbol = exchange.market.symbols[loan.instrument]
            rows.append((symbol, money.amount(lent), back, money.amount(loan.cash - lent)))
    frame = pd.DataFrame(rows, columns=list(REPO_COLUMNS))
    return typed(frame, words=("symbol",), days=("back",))
