"""Closing by force: the orders that an account that borrows places itself, before those of its owner."""

from __future__ import annotations

from dataclasses import replace

from qresearch.domain.ledger import Debt
from qresearch.domain.order import Method
from qresearch.domain.terms import Terms, to_repay, to_return
from qresearch.engine.accounts.debts import interest_of
from qresearch.engine.accounts.standing import Standing
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange

_SOLD, _BOUGHT_BACK = (replace(style(), tag="margin call") for style in (to_repay, to_return))
_SOLD_DUE, _BOUGHT_BACK_DUE = (replace(style(), tag="contract due") for style in (to_repay, to_return))
_SCALE = 10_000


def close_up_to(draft: Draft, exchange: Exchange, now: Standing, line: float) -> None:
    """Place what brings the maintenance ratio back to a line: sales first, then short sales are bought back.

    Selling and repaying take the same from assets and debts: (assets - x) / (debts - x) is the ratio wanted. Shares
    behind the oldest contract go first, then the largest holding; what cannot be sold today is passed over.
    """
    wanted = round(line * _SCALE)
    missing = max(-(-(wanted * now.debt - now.assets * _SCALE) // (wanted - _SCALE)), 0)
    draft.open_block().is_forced = True
    if now.financed:
        missing = _sell(draft, exchange, now, missing, _SOLD)
    for debt in draft.ledger.debts:
        if missing > 0 and not debt.is_money:
            missing -= _buy_back(draft, exchange, debt, _BOUGHT_BACK)
    draft.block = None


def is_overdue(debt: Debt, day: int) -> bool:
    """True for a contract whose last day is here; what is owed without one has none."""
    return debt.quantity_opened > 0 and debt.due <= day


def close_overdue(draft: Draft, exchange: Exchange, now: Standing, year: int) -> None:
    """Place what pays the contracts back whose last day is here."""
    draft.open_block().is_forced = True
    due = [debt for debt in draft.ledger.debts if is_overdue(debt, draft.day)]
    money = sum(debt.principal + interest_of(debt, year) for debt in due if debt.is_money)
    if money:
        _sell(draft, exchange, now, money, _SOLD_DUE)
    for debt in due:
        if not debt.is_money:
            _buy_back(draft, exchange, debt, _BOUGHT_BACK_DUE)
    draft.block = None


def _sell(draft: Draft, exchange: Exchange, now: Standing, missing: int, style: Terms) -> int:
    """Place sales worth an amount of money, in whole lots; what is missing after them."""
    financed = [debt.instrument for debt in draft.ledger.debts if debt.is_money]
    others = sorted(now.held, key=lambda instrument: -now.held[instrument])
    for instrument in dict.fromkeys([*financed, *others]):
        position, value = draft.positions.get(instrument), now.held.get(instrument, 0)
        if missing <= 0:
            break
        if position is None or not value or not position.sellable(draft.day):
            continue
        lot, wanted = exchange.lot_step[instrument], -(-missing * position.quantity // value)
        sold = min(-(-wanted // lot) * lot, position.sellable(draft.day))
        exchange.clock.place(draft, exchange, instrument, Method.ORDER, -sold, style)
        missing -= value * sold // position.quantity
    return missing


def _buy_back(draft: Draft, exchange: Exchange, debt: Debt, style: Terms) -> int:
    """Place the purchase of what a contract owes, in whole lots; what it is worth."""
    money, lot = exchange.money, exchange.lot_step[debt.instrument]
    price = exchange.view(draft).last_price(debt.instrument)
    exchange.clock.place(draft, exchange, debt.instrument, Method.ORDER, -(-debt.quantity // lot) * lot, style)
    return money.notional(money.price_units(price), debt.quantity)
