"""What an order that borrows asks: the lists of the day, the lines of the broker, and cash for its fees."""

from __future__ import annotations

from typing import NamedTuple

from qresearch.domain.arguments import number
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import State
from qresearch.engine.accounts.debts import owed
from qresearch.engine.accounts.standing import Standing
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.errors import UsageError
from qresearch.market.credit import credit_on


class Asked(NamedTuple):
    """An order that borrows: money or shares; units, and money steps of its value and its fees."""

    instrument: int
    is_money: bool
    quantity: int
    notional: int
    fee: int


class Lines(NamedTuple):
    """The broker's lines: maintenance ratio, currency that may be owed, part of all holdings; None where none is."""

    warn: float
    credit: float | None
    concentration: float | None


def check_lines(floor: float, call: float, warn: float) -> None:
    """Raise UsageError where the maintenance ratios of a broker are none, or do not ascend."""
    for name, ratio in (("floor", floor), ("call", call), ("warn", warn)):
        number(f"MarginTrading: {name}", ratio, 1.3)
    if not 1 < floor <= call <= warn:
        raise UsageError(
            f"MarginTrading: floor={floor!r}, call={call!r}, warn={warn!r} must ascend from above 1."
            " Pass ratios such as floor=1.1, call=1.3, warn=1.4."
        )


def ratio_of(account: Draft | State, exchange: Exchange, instrument: int, *, is_money: bool) -> float | None:
    """The margin that a new contract binds, as a fraction of its value; None for what is no target on the day."""
    rates = credit_on(exchange.market, instrument, account.day)
    return rates.financing if is_money else rates.lending


def why_not_borrow(
    account: Draft | State, exchange: Exchange, now: Standing, asked: Asked, lines: Lines
) -> Refusal | None:
    """Why an order makes no contract, whatever margin there is; None when it does."""
    money, symbol = exchange.money, exchange.market.symbols[asked.instrument]
    if ratio_of(account, exchange, asked.instrument, is_money=asked.is_money) is None:
        reason = Reason.NOT_FINANCEABLE if asked.is_money else Reason.NOT_LENDABLE
        return reason, {"symbol": symbol, "day": exchange.date(max(account.day, 0))}
    lendable = credit_on(exchange.market, asked.instrument, account.day).lendable
    if not asked.is_money and lendable is not None:
        left = max(lendable - owed(account, asked.instrument), 0)
        if asked.quantity > left:
            return Reason.NO_BORROW, {"asked": asked.quantity, "left": left}
    if now.debt and now.assets < lines.warn * now.debt:
        facts = {"ratio": f"{now.assets / now.debt:.2%}", "line": f"{lines.warn:.0%}"}
        return Reason.MAINTENANCE_BELOW_LINE, facts
    borrowed = now.financed + now.owed + asked.notional
    if lines.credit is not None and borrowed > lines.credit * money.units:
        return Reason.CREDIT_LINE, {"needed": money.amount(borrowed), "line": float(lines.credit)}
    own = max(now.cash - now.proceeds, 0)
    if asked.fee > own:
        facts_of_cash = {"needed": money.amount(asked.fee), "cash": money.amount(own), "affordable": 0}
        return Reason.INSUFFICIENT_CASH, {"asked": asked.quantity, **facts_of_cash}
    return _concentrated(now, asked, symbol, lines.concentration)


def _concentrated(now: Standing, asked: Asked, symbol: str, most: float | None) -> Refusal | None:
    if most is None or not asked.is_money:
        return None
    share = (now.held.get(asked.instrument, 0) + asked.notional) / (sum(now.held.values()) + asked.notional)
    facts = {"symbol": symbol, "share": f"{share:.1%}", "limit": f"{most:.0%}"}
    return (Reason.CONCENTRATION, facts) if share > most else None
