"""What a written option binds, by the formulae of the exchanges, and its terms on a day.

A written contract binds what it would cost to buy back, and a part of the underlying's value less what the option is
out of the money, never less than a floor (SSE and SZSE risk control rules for ETF options, 2015; CFFEX settlement rules
for index options, 2019; the commodity exchanges: half of the future's margin at least).
"""

from __future__ import annotations

from typing import NamedTuple

from qresearch.domain.contract import Contract
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.option import Option
from qresearch.domain.state import State
from qresearch.engine.accounts.contracts import contract_of
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange


class Right(NamedTuple):
    """An option on a day.

    Parameters
    ----------
    contract : Contract
    option : Option
    underlying : int
        Its instrument.
    strike : int, price steps
    unit : int, units of the underlying
    """

    contract: Contract
    option: Option
    underlying: int
    strike: int
    unit: int

    def out_of_the_money(self, spot: int) -> int:
        """How far a price of the underlying is from an exercise that pays, price steps; 0 where one pays."""
        return max(self.strike - spot if self.option.is_call else spot - self.strike, 0)

    def intrinsic(self, spot: int) -> int:
        """What an exercise brings at a price of the underlying, price steps per unit; 0 where it brings nothing."""
        return max(spot - self.strike if self.option.is_call else self.strike - spot, 0)


def right_of(exchange: Exchange, account: Draft | State, instrument: int) -> Right:
    """The option of an instrument that is one, as its terms are on the day of an account."""
    contract = contract_of(exchange, instrument)
    option = contract.option
    assert option is not None  # asked of options only
    terms = option.on(exchange.today(account))
    strike = exchange.money.price_units(terms.strike)
    return Right(contract, option, exchange.market.column(option.underlying), strike, terms.unit)


def margin_of(exchange: Exchange, account: Draft | State, instrument: int, lots: int, at: tuple[int, int]) -> int:
    """What some written contracts bind, money steps, rounded once.

    Parameters
    ----------
    exchange : Exchange
    account : Draft or State
        Its day says which terms and rates hold.
    instrument : int
    lots : int
    at : (int, int), price steps
        Of the option and of its underlying: those of the settlement before for an opening, of now for what is held.
    """
    right, (premium, spot) = right_of(exchange, account, instrument), at
    day, out = exchange.today(account), right.out_of_the_money(spot)
    if right.option.settlement == "future":
        rates = contract_of(exchange, right.underlying).on(day)
        ratio = round((rates.short_margin if right.option.is_call else rates.long_margin) * RATE_SCALE)
        # Half a step more or less of the whole is below what is rounded.
        binds = premium * RATE_SCALE + max(ratio * spot - RATE_SCALE * out // 2, ratio * spot // 2)
    else:
        ratio, floor = round(right.contract.on(day).short_margin * RATE_SCALE), round(right.option.floor * RATE_SCALE)
        base = spot if right.option.is_call else right.strike
        if right.option.settlement == "cash":
            floor = divide(floor * ratio, RATE_SCALE)
        binds = premium * RATE_SCALE + max(ratio * spot - RATE_SCALE * out, floor * base)
        if right.option.settlement == "shares" and not right.option.is_call:
            binds = min(binds, right.strike * RATE_SCALE)
    money = exchange.money
    return divide(binds * right.unit * lots * money.units, money.price_scale * RATE_SCALE)


def marks(exchange: Exchange, account: Draft | State, instrument: int) -> tuple[int, int]:
    """Prices of an option and of its underlying where an account stands, price steps."""
    view, money = exchange.view(account), exchange.money
    underlying = right_of(exchange, account, instrument).underlying
    return money.price_units(view.mark(instrument)), money.price_units(view.mark(underlying))


def before(exchange: Exchange, account: Draft | State, instrument: int) -> tuple[int, int]:
    """The reference prices of the day of both, by which an opening is margined; the last ones where there are none.

    Of what has never traded nothing is known, and nothing fills: it counts as at the money, and worth nothing.
    """
    reference, view = exchange.market.panel.pre_close, exchange.view(account)
    right, day = right_of(exchange, account, instrument), max(account.day, 0)
    found = []
    for one, unknown in ((instrument, 0), (right.underlying, right.strike)):
        # Who looks ahead from before a close does not know the reference that it makes.
        known = float(reference[day, one]) if view.whole_days >= account.day else view.mark(one)
        price = known if known == known else view.mark(one)
        found.append(exchange.money.price_units(price) if price == price else unknown)
    return found[0], found[1]
