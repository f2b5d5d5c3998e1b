"""What an account owes: contracts, what stands behind them by instrument, and the account by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from qresearch.book.frames import typed, with_days
from qresearch.book.history import AccountHistory
from qresearch.domain import events
from qresearch.domain.ledger import Debt
from qresearch.domain.money import RATE_SCALE
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange

COLUMNS = (
    "contract", "kind", "symbol", "opened", "due", "quantity_opened", "quantity", "principal_opened", "principal",
    "interest", "paid", "rate", "ratio",
)  # fmt: skip


def debts_frame(exchange: Exchange, account: Draft | State) -> pd.DataFrame:
    """One row per contract; see :attr:`Tables.debts`."""
    days, amount = exchange.market.days.astype("datetime64[s]"), exchange.money.amount
    rows = [
        (debt.debt_id, "money" if debt.is_money else "shares", exchange.market.symbols[debt.instrument],
         days[debt.day], days[debt.due] if debt.due < len(days) else pd.NaT, debt.quantity_opened, debt.quantity,
         *map(amount, (debt.principal_opened, debt.principal, exchange.account.interest(debt), debt.paid)),
         debt.rate / RATE_SCALE, debt.ratio / RATE_SCALE)
        for debt in account.ledger.debts
    ]  # fmt: skip
    whole, days_of = ("contract", "quantity_opened", "quantity"), ("opened", "due")
    frame = typed(pd.DataFrame(rows, columns=list(COLUMNS)), words=("kind", "symbol"), whole=whole, days=days_of)
    return frame.set_index("contract")


BEHIND_COLUMNS = (
    "day", "symbol", "previous_own", "previous_financed", "previous_owed", "own_quantity", "average_cost",
    "financed_quantity", "financed", "short", "proceeds", "close", "long_concentration", "short_concentration",
    "financing_profit", "financing_interest", "lending_profit", "lending_fee",
)  # fmt: skip


class _Behind:
    """What stands behind the debts of one instrument, in units and money steps."""

    def __init__(self, exchange: Exchange, account: Draft | State, instrument: int) -> None:
        position = account.positions.get(instrument)
        held = 0 if position is None else position.quantity
        price = exchange.view(account).last_price(instrument)
        self.close, self._money = price, exchange.money
        mine = [debt for debt in account.ledger.debts if debt.instrument == instrument]
        money, lent = [debt for debt in mine if debt.is_money], [debt for debt in mine if not debt.is_money]
        self.financed_quantity = min(sum(debt.quantity for debt in money), held)
        self.own, self.held = held - self.financed_quantity, held
        self.cost = 0 if position is None or not held else position.cost / held
        self.financed, self.proceeds = _sum(money), _sum(lent)
        self.short = sum(debt.quantity for debt in lent)
        self.interest, self.fee = (sum(map(exchange.account.interest, debts)) for debts in (money, lent))

    def worth(self, quantity: int) -> int:
        """Some units at the last price."""
        return self._money.notional(self._money.price_units(self.close), quantity) if quantity else 0


def _sum(debts: Iterable[Debt]) -> int:
    return sum(debt.principal for debt in debts)


def behind_frame(history: AccountHistory) -> pd.DataFrame:
    """One row per instrument that is held or owed at every close; see :attr:`Tables.daily_behind`."""
    exchange, amount = history.exchange, history.exchange.money.amount
    rows, before = list[tuple[Any, ...]](), dict[int, _Behind]()
    for state in history.closes:
        listed = state.positions.keys() | {debt.instrument for debt in state.ledger.debts}
        now = {instrument: _Behind(exchange, state, instrument) for instrument in sorted(listed)}
        longs = sum(one.worth(one.held) for one in now.values())
        shorts = sum(one.worth(max(one.short - one.held, 0)) for one in now.values())
        for instrument, one in now.items():
            old = before.get(instrument)
            rows.append(
                (state.day, exchange.market.symbols[instrument], 0 if old is None else old.own,
                 0.0 if old is None else amount(old.financed), 0.0 if old is None else amount(old.worth(old.short)),
                 one.own, one.cost / exchange.money.units if one.held else float("nan"), one.financed_quantity,
                 amount(one.financed), one.short, amount(one.proceeds), one.close,
                 one.worth(one.held) / longs if longs else 0.0,
                 one.worth(max(one.short - one.held, 0)) / shorts if shorts else 0.0,
                 amount(one.worth(one.financed_quantity) - one.financed), amount(one.interest),
                 amount(one.proceeds - one.worth(one.short)), amount(one.fee))
            )  # fmt: skip
        before = now
    whole = ("day", "previous_own", "own_quantity", "financed_quantity", "short")
    return with_days(exchange, typed(pd.DataFrame(rows, columns=list(BEHIND_COLUMNS)), words=("symbol",), whole=whole))


def owing_frame(history: AccountHistory) -> pd.DataFrame:
    """What is owed at every close; see :attr:`Tables.daily_owing`."""
    return pd.DataFrame(
        [_owing(history.exchange, state) for state in history.closes],
        columns=list(_OWING),
        index=history.days,
        dtype="float64",
    )


def owing_now(history: AccountHistory) -> dict[str, float]:
    """The columns of :func:`owing_frame` where the history ends."""
    return _owing(history.exchange, history.account)


_OWING = ("financed", "proceeds", "owed", "financing_interest", "lending_fee", "own_value", "held_value")


def _owing(exchange: Exchange, account: Draft | State) -> dict[str, float]:
    listed = account.positions.keys() | {debt.instrument for debt in account.ledger.debts}
    parts = [_Behind(exchange, account, instrument) for instrument in listed]

    def total(part: Callable[[_Behind], int]) -> float:
        return exchange.money.amount(sum(map(part, parts)))

    return {
        "financed": total(lambda one: one.financed),
        "proceeds": total(lambda one: one.proceeds),
        "owed": total(lambda one: one.worth(one.short)),
        "financing_interest": total(lambda one: one.interest),
        "lending_fee": total(lambda one: one.fee),
        "own_value": total(lambda one: one.worth(one.own)),
        "held_value": total(lambda one: one.worth(one.held)),
    }


def interest_paid(history: AccountHistory) -> tuple[float, float]:
    """Interest on money, and lending fees, since the beginning: what was paid and what has accrued, currency."""
    amount, now = history.exchange.money.amount, owing_now(history)
    paid = {"repaid": 0, "lending fee": 0}
    for event in events.records(iter(history.log)):
        if isinstance(event, events.Posted) and event.why in paid:
            paid[event.why] -= event.income
    return amount(paid["repaid"]) + now["financing_interest"], amount(paid["lending fee"]) + now["lending_fee"]
