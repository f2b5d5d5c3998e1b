"""Debts of money and of shares: interest, what repays them, and what gives back what was borrowed.

Interest is kept as money times calendar days and rounded once, when it is shown or paid: the first day counts, the last
does not, and a debt that is repaid on its own day has had one. Interest is paid before principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.ledger import SHORT, Debt
from qresearch.domain.moment import Moment
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import after_sale, cash_of


class Given(NamedTuple):
    """What giving some borrowed shares back does.

    Parameters
    ----------
    freed : int, money steps
        Proceeds of their sale that are locked no more.
    interest : int, money steps
        Lending fee of the contracts that end.
    changes : list of DebtChanged
    """

    freed: int
    interest: int
    changes: list[events.Record]


def interest_of(debt: Debt, year: int) -> int:
    """Interest or lending fee that has accrued and is not paid, money steps; `year` in days."""
    return divide(debt.money_days * debt.rate, RATE_SCALE * year) - debt.paid


def owed(account: Draft | State, instrument: int, before: int | None = None) -> int:
    """Shares of an instrument that are owed; only those borrowed before a day (index)."""
    return sum(
        debt.quantity
        for debt in account.ledger.debts
        if not debt.is_money and debt.instrument == instrument and (before is None or debt.day < before)
    )


def paid_back(at: Moment, debts: Iterable[Debt], money: int, year: int) -> Iterator[events.Record]:
    """Pay debts of money back, one after the other, interest first, until some money is spent."""
    for debt in debts:
        if money <= 0:
            return
        interest = min(interest_of(debt, year), money)
        left = money - interest
        # Of what is repaid on its own day one day of interest is due, which no night has counted.
        daily = RATE_SCALE * year + (debt.rate if debt.day == at.day else 0)
        principal = min(debt.principal, left * RATE_SCALE * year // daily)
        first = divide(principal * debt.rate, RATE_SCALE * year) if debt.day == at.day else 0
        rest = debt.principal - principal
        quantity = -(-debt.quantity_opened * rest // debt.principal_opened)
        yield events.Posted(at, -interest - principal - first, "repaid", income=-interest - first)
        yield events.DebtChanged(at, debt.debt_id, quantity, rest, debt.paid + interest)
        money -= interest + principal + first


def given_back(account: Draft | State, at: Moment, instrument: int, quantity: int, year: int) -> Given:
    """Give borrowed shares back, the oldest first, none that were borrowed today."""
    freed, interest, changes = 0, 0, list[events.Record]()
    for debt in account.ledger.debts:
        if debt.is_money or debt.instrument != instrument or debt.day >= at.day or not quantity:
            continue
        part = min(debt.quantity, quantity)
        gone, due = divide(debt.principal * part, debt.quantity), 0
        if part == debt.quantity:
            gone, due = debt.principal, interest_of(debt, year)
        changes.append(
            events.DebtChanged(at, debt.debt_id, debt.quantity - part, debt.principal - gone, debt.paid + due)
        )
        freed, interest, quantity = freed + gone, interest + due, quantity - part
    return Given(freed, interest, changes)


def after_return(at: Moment, instrument: int, quantity: int, given: Given) -> Iterator[events.Record]:
    """The postings of shares that were given back: the short side, its contracts, and the fee of those that end."""
    if quantity:
        yield events.LotsTaken(at, instrument, SHORT, quantity, "before")
    yield from given.changes
    if given.interest:
        yield events.Posted(at, -given.interest, "lending fee", income=-given.interest)


def compensated(draft: Draft, exchange: Exchange, rate: int) -> Iterator[events.Record]:
    """What the corporate actions of the day cost who owes shares: the dividend in cash, bonus shares in kind.

    A dividend that the cash cannot pay is owed from now on, at a rate (billionths a year).
    """
    cash = draft.cash
    for action in exchange.market.by_day.get(draft.day, ()):
        due = cash_of(owed(draft, action.instrument), action.cash, exchange.money.units)
        if due:
            yield events.Posted(draft.at, -due, "compensation", income=-due, instrument=action.instrument)
            lacking = min(max(due - max(cash, 0), 0), due)
            cash -= due
            if lacking:
                number, day = draft.ledger.borrowed + 1, draft.day
                debt = Debt(number, action.instrument, True, day, day, 0, lacking, 0, lacking, rate)
                yield events.Posted(draft.at, lacking, "owed")
                yield events.Borrowed(draft.at, debt)
        if action.bonus:
            ratio = RATE_SCALE + round(action.bonus * RATE_SCALE)
            yield events.Rescaled(draft.at, action.instrument, ratio, RATE_SCALE)


def returned(draft: Draft, instrument: int, quantity: int, year: int) -> list[events.Record]:
    """The postings of shares that were held and are given back."""
    held = draft.positions[instrument]
    back = given_back(draft, draft.at, instrument, quantity, year)
    cost = after_sale(held, quantity)[1]
    return [
        events.SharesMoved(draft.at, instrument, -quantity, cost),
        events.Posted(draft.at, 0, "given back", realised=back.freed - cost),
        *after_return(draft.at, instrument, quantity, back),
    ]


def bought_back(draft: Draft, fill: events.OrderFilled, year: int) -> Iterator[events.Record]:
    """The postings of shares bought to give back; what is more than owed is kept."""
    back = min(fill.quantity, owed(draft, fill.instrument, before=fill.at.day))
    kept, cost = fill.quantity - back, fill.notional - divide(fill.notional * back, fill.quantity)
    given = given_back(draft, fill.at, fill.instrument, back, year)
    gain = given.freed - (fill.notional - cost) - fill.fees.total
    yield events.Posted(fill.at, fill.net, "bought to return", realised=gain)
    yield from after_return(fill.at, fill.instrument, back, given)
    if kept:
        yield events.SharesMoved(fill.at, fill.instrument, kept, cost)
