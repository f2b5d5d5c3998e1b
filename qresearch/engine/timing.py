"""When a request first meets the market, and until when an order is good."""

from __future__ import annotations

import datetime as dt

from qresearch.domain.moment import CLOSE, OPEN
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Kind, Terms, TimeInForce
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange


def meets_open_today(draft: Draft, exchange: Exchange, terms: Terms) -> bool:
    """True before an open at which what is asked for now is tried today.

    By its clock, and on minute data, that of the day; on minute data also that of each later bar.
    """
    if terms.waits == "day":
        return False
    if draft.phase < OPEN:
        return exchange.clock.in_call or exchange.bar_count(draft.day) > 0
    is_early = draft.phase < CLOSE and draft.bar < exchange.bar_count(draft.day)
    return is_early and terms.kind is not Kind.MARKET_ON_OPEN


def too_late(draft: Draft, exchange: Exchange, terms: Terms) -> Refusal | None:
    """Why a request cannot meet the market any more: no open follows, or its last day comes before the first one."""
    is_today = exchange.clock.meets_now(draft, terms) or meets_open_today(draft, exchange, terms)
    if not is_today and draft.day >= exchange.last:
        return Reason.NO_FURTHER_OPEN, {"day": exchange.date(draft.day)}
    if terms.good_till is not None:
        today: dt.date = exchange.market.days[max(draft.day, 0)].astype(object)
        first = today if is_today else exchange.fills.first_day(exchange, draft.day)
        if terms.good_till < first:
            return Reason.GOOD_TILL_OVER, {"until": str(terms.good_till), "day": str(first)}
    return None


def ends_today(draft: Draft, exchange: Exchange, order: OpenOrder) -> bool:
    """True for a working order that is good for no longer than this day."""
    terms = order.terms
    if terms.time_in_force is TimeInForce.GTC:
        return False
    return terms.good_till is None or terms.good_till <= exchange.fills.last_day(exchange, draft.day)
