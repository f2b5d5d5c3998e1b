"""What the rule book says about one order on one day: sizes, valid prices, cancels, and why nothing trades."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

import numpy as np

from qresearch.domain.asked import LARGEST
from qresearch.domain.bond import Bond
from qresearch.domain.moment import INTRADAY
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import State
from qresearch.domain.terms import Kind, Terms
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.open_orders import pending_of
from qresearch.market.rulebook import ByBoard
from qresearch.market.rules import on

_V = TypeVar("_V")


def _in_force(exchange: Exchange, table: ByBoard[_V], instrument: int, day: int) -> _V | None:
    """What a table of the rule book says about the board of an instrument on a day (index); None without a rule."""
    rows = table.get(exchange.market.instruments[instrument].board)
    return on(rows, exchange.market.days[day].astype(object)) if rows else None


def largest_order(exchange: Exchange, instrument: int, day: int, terms: Terms) -> int:
    """Most shares that one order may be for, by its terms and the rules of a day (index)."""
    date: dt.date = exchange.market.days[max(day, 0)].astype(object)
    item = exchange.market.instruments[instrument]
    if (option := item.option) is not None:
        most = option.largest_market_order if terms.limit_price is None else option.largest_order
        return LARGEST if most is None else most
    known = exchange.market.venue.rules.largest_order(item.board, date)
    if known is None:
        return LARGEST
    if terms.kind is Kind.AFTER_HOURS:
        return known.after_hours
    return known.market if terms.limit_price is None else known.limit


def daily_buys(exchange: Exchange, instrument: int, day: int) -> int | None:
    """Most shares of an instrument that may be bought on a day (index); None without such a rule."""
    day = max(day, 0)
    if not exchange.market.panel.is_st[day, instrument]:
        return None
    return _in_force(exchange, exchange.market.venue.rules.daily_buys, instrument, day)


def larger_than_allowed(
    draft: Draft, exchange: Exchange, instrument: int, quantity: int, terms: Terms
) -> Refusal | None:
    """Why an order is too large for its board on this day; None when it is not."""
    asked = abs(quantity)
    if asked <= exchange.safe_size[instrument]:
        return None
    most = largest_order(exchange, instrument, draft.day, terms)
    if asked > most:
        return Reason.ORDER_MAXIMUM, {"asked": asked, "maximum": most}
    of_a_day = daily_buys(exchange, instrument, draft.day) if quantity > 0 else None
    if of_a_day is None:
        return None
    position = draft.positions.get(instrument)
    bought = position.bought if position is not None and position.buy_day == draft.day else 0
    left = max(of_a_day - bought - max(pending_of(draft, instrument), 0), 0)
    return None if asked <= left else (Reason.DAILY_MAXIMUM, {"asked": asked, "maximum": of_a_day, "left": left})


def caged(exchange: Exchange, account: Draft | State, instrument: int, side: int, limit: float) -> Refusal | None:
    """Why a limit price cannot be entered where an account stands, inside continuous trading; None when it can."""
    cage = _in_force(exchange, exchange.market.venue.rules.cages, instrument, account.day)
    if cage is None:
        return None
    (reference,) = exchange.openings(account, np.array([instrument]), np.array([side])).tolist()
    step = float(exchange.steps[instrument])
    bound = reference + side * max(reference * cage.ratio, cage.ticks * step)
    if not side * (limit - bound) > step / 2:
        return None
    return Reason.PRICE_CAGE, {"limit": limit, "bound": round(bound, 4), "reference": reference}


def closes_early(exchange: Exchange, instrument: int, day: int) -> Refusal | None:
    """Why nobody could trade an instrument at the close of a day (index): a circuit breaker had ended it."""
    since = _in_force(exchange, exchange.market.venue.rules.early_closes, instrument, day)
    if since is None:
        return None
    return Reason.CIRCUIT_BREAKER, {"day": exchange.date(day), "time": f"{since:%H:%M}"}


def without_after_hours(exchange: Exchange, instrument: int, day: int) -> Refusal | None:
    """Why an instrument has no session after the close of a day (index); None when it has one."""
    if _in_force(exchange, exchange.market.venue.rules.after_hours, instrument, day) is not None:
        return None
    board = exchange.market.instruments[instrument].board
    return Reason.NO_AFTER_HOURS, {"board": board.value, "day": exchange.date(day)}


def auction_began(exchange: Exchange, account: Draft | State, instrument: int) -> dt.time | None:
    """When the closing auction began in which an account stands on bars inside the day; None outside of one."""
    if account.phase != INTRADAY or exchange.intraday is None or not account.bar:
        return None
    since = _in_force(exchange, exchange.market.venue.rules.closing_auctions, instrument, account.day)
    time: dt.datetime = exchange.intraday.times[exchange.intraday.row(account.day, account.bar)].astype(object)
    return since if since is not None and time.time() >= since else None


def ended(exchange: Exchange, instrument: int, day: int) -> Refusal | None:
    """Why an instrument that has no row on a day cannot be traded: delisted, not listed yet, or its bars break off."""
    contract = exchange.market.instruments[instrument].contract
    if exchange.closing_day[instrument] <= day and contract is not None:
        return Reason.EXPIRED_CONTRACT, {"last": str(contract.last_day)}
    bond = exchange.market.instruments[instrument].bond
    if exchange.closing_day[instrument] <= day and isinstance(bond, Bond):
        if bond.call is not None and bond.last_day == bond.call.first:
            return Reason.CALLED, {"last": str(bond.last_day), "day": str(bond.call.last)}
        return Reason.MATURED, {"maturity": str(bond.maturity)}
    if exchange.closing_day[instrument] <= day:
        return Reason.DELISTED, {"delisted": str(exchange.market.instruments[instrument].delist_date)}
    # Asked at the open: whether there is a row today shows in its open, the close is still hidden.
    opens = exchange.market.panel.open[: day + 1, instrument]
    if day < 0 or opens[day] == opens[day]:
        return None
    known = np.flatnonzero(~np.isnan(opens))
    if len(known) and exchange.is_delisted(instrument):
        return None
    if not len(known):
        return Reason.NOT_LISTED, {"day": exchange.date(day)}
    return Reason.DATA_ENDED, {"last": exchange.date(int(known[-1]))}
