"""What accounts of contracts share: their terms on a day, the value and the fee of lots, and what a move brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from qresearch.domain.contract import Contract, Rates
from qresearch.domain.fees import COMMISSION, PARTS, Fees
from qresearch.domain.ledger import Key, Lot
from qresearch.domain.money import RATE_SCALE, MoneyScale, divide, rate_units
from qresearch.domain.settings import ContractRates, Costs
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Intent

_TAKEN = {Effect.CLOSE_OLD: "before", Effect.CLOSE_TODAY: "today", Effect.CLOSE_TODAY_FIRST: "today_first"}


def contract_of(exchange: Exchange, instrument: int) -> Contract:
    """The contract of an instrument that is one."""
    contract = exchange.market.instruments[instrument].contract
    assert contract is not None  # nothing else is carried
    return contract


def rates_of(exchange: Exchange, account: Draft | State, instrument: int, *, next_day: bool = False) -> Rates:
    """The rates of the day, or of the trading day after it, and what the session sets in their place."""
    contract = contract_of(exchange, instrument)
    rates = contract.on(exchange.today(account, later=int(next_day)))
    for own in account.settings.contract_rates:
        if own.product == contract.product:
            return _changed(rates, own)
    return rates


@cache
def _changed(rates: Rates, own: ContractRates) -> Rates:
    """Rates of a table with what a session sets in their place; its fees are fractions of the value."""
    if own.margin is not None:
        rates = replace(rates, long_margin=own.margin, short_margin=own.margin)
    if own.open_fee is None:
        return rates
    close = own.open_fee if own.close_fee is None else own.close_fee
    today = close if own.close_today_fee is None else own.close_today_fee
    return replace(rates, fee_kind="money", open_fee=own.open_fee, close_fee=close, close_today_fee=today)


def lots_by(effect: Effect) -> str:
    """Which lots an order takes first, as :func:`qresearch.engine.ledger.lots_taken` calls it."""
    return _TAKEN.get(effect, "oldest")


def may_go(lot: Lot, effect: Effect, day: int) -> bool:
    """True for a lot that an order may take: some take those of today only, or of earlier days only."""
    return effect not in {Effect.CLOSE_OLD, Effect.CLOSE_TODAY} or (lot.day == day) == (effect is Effect.CLOSE_TODAY)


def gain(money: MoneyScale, sign: int, before: int, after: int, quantity: int) -> int:
    """What a move of the price (price steps) brings a side (1 long, -1 short) of some units, money steps."""
    return sign * (money.notional(after, quantity) - money.notional(before, quantity))


def worth_at_mark(account: Draft | State, exchange: Exchange, key: Key) -> int:
    """Value of one side of an option at its mark, money steps, never negative."""
    mark = exchange.money.price_units(exchange.view(account).mark(key.instrument))
    units = account.ledger.quantity(*key) * exchange.multiplier(key.instrument, account.day)
    return exchange.money.notional(mark, units)


def charged(
    account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, parts: Sequence[tuple[int, float]]
) -> tuple[int, Fees]:
    """Value of some lots, and their fee: of each part (lots, rate) of them, rounded once, half up to the money step.

    A fee model of the user's own goes before the table of contracts; costs of nothing are nothing.
    """
    money, costs, instrument = exchange.money, account.settings.costs, intent.instrument
    units, size = money.price_units(intent.price), exchange.multiplier(instrument, account.day)
    value = money.notional(units, abs(quantity) * size)
    if not isinstance(costs, Costs):
        return value, exchange.rates(costs, account.day).charge(instrument, quantity, value)
    if not (costs.open_commission or costs.close_commission or costs.min_commission or costs.historical):
        return value, _commission(0)
    if rates_of(exchange, account, instrument).fee_kind == "lot":
        exact = sum(lots * round(rate * RATE_SCALE) for lots, rate in parts)
        return value, _commission(divide(exact * money.units, RATE_SCALE))
    exact = sum(units * lots * size * rate_units("fee", rate) for lots, rate in parts)
    return value, _commission(divide(exact * money.units, money.price_scale * RATE_SCALE))


def _commission(amount: int) -> Fees:
    return Fees(((COMMISSION, amount), *((part, 0) for part in PARTS if part != COMMISSION)))
