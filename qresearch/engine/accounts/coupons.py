"""What bonds do by the calendar: interest, coupons, face value, repo that comes back; and what is done by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from qresearch.domain import events
from qresearch.domain.bond import ACCRUED_SCALE, PAR, Bond, accrued_units, exact
from qresearch.domain.money import divide
from qresearch.domain.state import Position, State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import after_sale
from qresearch.errors import UsageError


def accrued(account: Draft | State, exchange: Exchange, instrument: int, quantity: int) -> int:
    """Accrued interest of some bonds where an account stands, money steps; 0 of what is no bond."""
    bond = exchange.market.instruments[instrument].bond
    if not isinstance(bond, Bond):
        return 0
    units = accrued_units(bond, exchange.today(account))
    return divide(units * quantity * exchange.money.units, ACCRUED_SCALE)


def steps(exchange: Exchange, amount: Fraction) -> int:
    """An amount of the currency in money steps, half away from zero."""
    value = amount * exchange.money.units
    return divide(value.numerator, value.denominator)


def coupons(draft: Draft, exchange: Exchange, instrument: int, bond: Bond, nights: int) -> Iterator[events.Record]:
    """Coupons that fell due since the trading day before, on what was held at its close; the tax is withheld."""
    quantity, today = draft.positions[instrument].quantity, exchange.today(draft)
    for night in range(nights):
        per_par = bond.paid_on(today - dt.timedelta(days=nights - 1 - night))
        if per_par:
            amount = steps(exchange, per_par * quantity)
            net = amount - steps(exchange, Fraction(amount, exchange.money.units) * exact(bond.tax))
            yield events.Posted(draft.at, net, "coupon", income=net, instrument=instrument)


def redeemed(draft: Draft, exchange: Exchange, instrument: int, bond: Bond) -> Iterator[events.Record]:
    """The face value, or the price of a call, on its day or the next trading day: the bonds are gone."""
    day, price = bond.ends
    if exchange.today(draft) >= day:
        quantity = draft.positions[instrument].quantity
        yield events.PositionClosed(draft.at, instrument, quantity, price, steps(exchange, exact(price) * quantity))


def repaid(draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
    """Repo that is due: the money and its interest, which may be used today and paid out tomorrow."""
    due = [loan for loan in draft.ledger.due if loan.day <= draft.day]
    locked: dict[int, int] = {}
    for loan in due:
        earned = loan.cash - loan.quantity * PAR * exchange.money.units
        locked[loan.instrument] = locked.get(loan.instrument, 0) + loan.quantity
        yield events.Posted(draft.at, loan.cash, "repaid", income=earned, instrument=loan.instrument)
    if due or draft.ledger.locked:
        yield events.DueChanged(draft.at, tuple(loan for loan in draft.ledger.due if loan not in due), locked)


def lent_until(exchange: Exchange, day: int, tenor: int) -> tuple[int, int]:
    """When money that is lent on a day (index) comes back (index), and for how many calendar days it earns.

    It goes out when the first leg settles, on the next trading day; it comes back on the trading day on or after its
    term, and earns until that leg settles, on the trading day after (rule of SSE and SZSE since 2017-05-22). Beyond the
    data every weekday counts as a trading day.
    """
    days = exchange.market.days
    traded = days[day]
    out = _next(exchange, traded)
    back = _next(exchange, traded + np.timedelta64(tenor - 1, "D"))
    earned = int((_next(exchange, back) - out).astype(int))
    return int(np.searchsorted(days, back)), earned


def _next(exchange: Exchange, date: np.datetime64) -> np.datetime64:
    """The first trading day after a date."""
    days = exchange.market.days
    place = int(np.searchsorted(days, date, side="right"))
    return days[place] if place < len(days) else np.busday_offset(date + np.timedelta64(1, "D"), 0, roll="forward")


# ---------------------------------------------------------------------------------------------------- by hand


def converted(draft: Draft, exchange: Exchange, quantity: int, instrument: int) -> list[events.Record]:
    """Turn bonds into shares at their conversion price; what is less than a share is paid in cash.

    The shares have cost what the bonds have, less that cash: nothing is realised.
    """
    bond, position = _held(draft, exchange, "convert", quantity, instrument)
    day, symbol = exchange.today(draft), exchange.market.symbols[instrument]
    terms = bond.conversion
    if terms is None:
        raise UsageError(f"convert: {symbol} converts into nothing. Sell it instead.")
    if not terms.holds(day):
        raise UsageError(
            f"convert: {symbol} can be converted from {terms.first or 'its issue'} to {terms.last or 'its end'}, and "
            f"today is {day}. Wait, or sell it."
        )
    if terms.underlying not in exchange.market.panel.columns:
        raise UsageError(
            f"convert: {symbol} becomes {terms.underlying}, which is not in this market. Read its bars too, for what "
            "is held needs a price."
        )
    share = exchange.market.column(terms.underlying)
    received, rest = terms.shares(quantity, day)
    if not received:
        raise UsageError(
            f"convert: {quantity:,} of {symbol} are less than one share at {terms.price_on(day):g}. Convert more."
        )
    if not exchange.view(draft).last_price(share) > 0:
        raise UsageError(f"convert: {terms.underlying} has no price yet on {day}. Wait until it trades.")
    cost, cash = _cost(position, quantity), steps(exchange, rest)
    price = exchange.money.amount(cost) / quantity
    return [
        events.PositionClosed(draft.at, instrument, quantity, price, max(cost, cash)),
        events.RightsSubscribed(draft.at, share, received, terms.price_on(day), max(cost - cash, 0)),
    ]


def put_back(draft: Draft, exchange: Exchange, quantity: int, instrument: int) -> list[events.Record]:
    """Give bonds back to their issuer within the days of a put."""
    bond, _ = _held(draft, exchange, "put_back", quantity, instrument)
    day, symbol, put = exchange.today(draft), exchange.market.symbols[instrument], bond.put
    if put is None or not put.first <= day <= put.last:
        days = "at no time" if put is None else f"from {put.first} to {put.last}"
        raise UsageError(f"put_back: {symbol} can be given back {days}, and today is {day}. Sell it instead.")
    paid = steps(exchange, exact(put.price) * quantity)
    return [events.PositionClosed(draft.at, instrument, quantity, put.price, paid)]


def _held(draft: Draft, exchange: Exchange, call: str, quantity: int, instrument: int) -> tuple[Bond, Position]:
    """The terms of a bond of which so many are held."""
    bond, position = exchange.market.instruments[instrument].bond, draft.positions.get(instrument)
    symbol = exchange.market.symbols[instrument]
    if not isinstance(bond, Bond):
        raise UsageError(
            f"{call}: {symbol} is no bond of which the terms are told. Give them with read_market(bonds=)."
        )
    if position is None or quantity > position.quantity:
        held = 0 if position is None else position.quantity
        raise UsageError(f"{call}: {quantity:,} of {symbol} were named, and {held:,} are held. Name no more.")
    return bond, position


def _cost(position: Position, quantity: int) -> int:
    return after_sale(position, quantity)[1]
