"""How an account that borrows stands: assets, debts, collateral and the margin that is left, at the marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qresearch.domain.ledger import SHORT, Debt, Key
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.state import State
from qresearch.engine.accounts.debts import interest_of
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Value
from qresearch.engine.valuation import market_values
from qresearch.market.credit import credit_on


class Standing(NamedTuple):
    """Figures of an account that borrows, in money steps.

    Parameters
    ----------
    cash, proceeds : int
        All cash; what of it short sales have brought and is locked.
    held : mapping of instrument to int
        What the shares are worth.
    financed, owed : int
        Money that is owed, without interest; what the shares that are owed are worth.
    interest, fee : int
        Accrued and unpaid: on borrowed money, on borrowed shares.
    margin : int
        What a new contract may bind; below nothing when more is bound than there is.
    value : Value
    """

    cash: int
    proceeds: int
    held: Mapping[int, int]
    financed: int
    owed: int
    interest: int
    fee: int
    margin: int
    value: Value

    @property
    def assets(self) -> int:
        """All cash and what the shares are worth."""
        return self.cash + sum(self.held.values())

    @property
    def debt(self) -> int:
        """Everything that is owed."""
        return self.financed + self.owed + self.interest + self.fee


def _part(amount: int, ratio: float) -> int:
    return divide(amount * round(ratio * RATE_SCALE), RATE_SCALE)


def standing(account: Draft | State, exchange: Exchange, year: int) -> Standing:
    """The figures where an account stands; the formulae are those of the exchanges' rules of margin trading.

    Available margin is own cash, plus collateral at its haircut, plus the profit of each contract at the haircut of its
    security (a loss counts in full), less the margin that the contracts bind and what has accrued on them.
    """
    money, view = exchange.money, exchange.view(account)
    values = market_values(exchange, view, account.positions).tolist() if account.positions else []
    held = dict(zip(account.positions, values, strict=True))
    free = {instrument: position.quantity for instrument, position in account.positions.items()}
    financed = [debt for debt in account.ledger.debts if debt.is_money]
    lent = [debt for debt in account.ledger.debts if not debt.is_money]

    def worth(instrument: int, quantity: int) -> int:
        return money.notional(money.price_units(view.last_price(instrument)), quantity) if quantity else 0

    def counted(debt: Debt, gain: int) -> int:
        haircut = credit_on(exchange.market, debt.instrument, account.day).haircut
        return _part(gain, haircut) if gain > 0 else gain

    proceeds = sum(debt.principal for debt in lent)
    margin, bound, sides = account.cash - proceeds, 0, dict[Key, int]()
    for debt in financed:
        quantity = min(debt.quantity, free.get(debt.instrument, 0))
        free[debt.instrument] = free.get(debt.instrument, 0) - quantity
        binds = divide(debt.principal * debt.ratio, RATE_SCALE)
        margin += counted(debt, worth(debt.instrument, quantity) - debt.principal) - binds
        bound += binds
    for instrument, quantity in free.items():
        margin += _part(worth(instrument, quantity), credit_on(exchange.market, instrument, account.day).haircut)
    owed = 0
    for debt in lent:
        value = worth(debt.instrument, debt.quantity)
        binds = divide(value * debt.ratio, RATE_SCALE)
        margin += counted(debt, debt.principal - value) - binds
        bound, owed = bound + binds, owed + value
        key = Key(debt.instrument, SHORT)
        sides[key] = sides.get(key, 0) + binds
    interest, fee = (sum(interest_of(debt, year) for debt in debts) for debts in (financed, lent))
    principal = sum(debt.principal for debt in financed)
    total = sum(values)
    cost = sum(position.cost for position in account.positions.values())
    equity = account.cash + total - principal - owed - interest - fee
    floating = total - cost + proceeds - owed - interest - fee
    return Standing(
        account.cash, proceeds, held, principal, owed, interest, fee, margin - interest - fee,
        Value(equity, total - owed, floating, bound, sides, debt=principal + owed + interest + fee),
    )  # fmt: skip
