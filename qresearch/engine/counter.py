"""The clock of a counter: a call checks a request and returns; the request meets the market after it.

Rules. A broker's counter checks when it takes a request: session hours, lots, price limits, shares that may be sold
today and cash, fees included, beside all that waits already. What it refuses is rejected inside the call; all else is
in the market when the call returns, and not matched yet.

- Before the open a request meets the opening price.
- On bars inside the day it meets the next bar, first its open, then the bar itself.
- On daily bars it meets the last price when somebody says :class:`~qresearch.domain.commands.Meet`, which whoever keeps
  the time does: that price is today's open. What nobody lets meet, waits for the close.
- What rests is asked at the close: against the range of the day if it was sent while nothing but the open was known,
  else at the closing price only, for the range lies partly before it.
- From the close on a request is refused: an order is good for its day.

Assumptions
-----------
The last price of a daily bar is its open, however late the hour. Whatever is asked for gets that price: this flatters.
A buy without a limit binds cash at the upper limit of the day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from qresearch.domain import events
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import OpenOrder, State
from qresearch.domain.terms import MARKET_DAY, Terms, TimeInForce
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.immediate import AtLast
from qresearch.engine.ledger import net_quantity
from qresearch.engine.matching import match_bar, match_open
from qresearch.engine.reserves import free_of, intent_of, opens, shares_before
from qresearch.engine.sizing import place
from qresearch.engine.working import walk_close


def is_open(draft: Draft, _: Terms, /) -> bool:
    """True in trading hours: what is sent then still meets the market today."""
    return OPEN <= draft.phase < CLOSE


def place_at_counter(  # noqa: PLR0917  # in the order of the call
    draft: Draft, exchange: Exchange, instrument: int, method: int, asked: float, terms: Terms = MARKET_DAY
) -> bool:
    """Check a request and send it on; parameters and errors as of :func:`~.sizing.place`.

    Returns
    -------
    bool
        False when it was refused or rejected; the order is kept all the same.
    """
    if draft.phase >= CLOSE and terms.good_till is None:
        today: dt.date = exchange.market.days[max(draft.day, 0)].astype(object)
        terms = replace(terms, time_in_force=TimeInForce.GTD, good_till=today)
    draft.block = None
    if not place(draft, exchange, instrument, method, asked, terms):
        return False
    order_id = draft.orders
    draft.emit(events.OrderReleased(draft.at, order_id))
    order = draft.working[order_id]
    refusal = _whole(draft, exchange, order, asked) if method == Method.ORDER else None
    refusal = refusal or _refusal(draft, exchange, order)
    if refusal is not None:
        draft.emit(events.OrderRejected(draft.at, order_id, *refusal))
    return refusal is None


def open_at_counter(draft: Draft, exchange: Exchange) -> None:
    """The opening price."""
    match_open(draft, exchange)


def meet_at_counter(draft: Draft, exchange: Exchange) -> None:
    """A whole bar inside the day; on daily bars the last price, for what has not met the market yet."""
    if draft.bar:
        match_bar(draft, exchange)
        return
    AtLast(draft, exchange, closing=False).run({order.order_id for order in draft.working.values() if order.reason})


def close_at_counter(draft: Draft, exchange: Exchange) -> None:
    """The close of a day: its range for what was sent before anything of it was known, its last price for the rest."""
    late = set()
    if not draft.bar:
        late = {known for known, order in draft.working.items() if order.placed.phase == INTRADAY or not order.reason}
        late &= {known for known, order in draft.working.items() if order.placed.day == draft.day}
    walk_close(draft, exchange, late)
    if late & draft.working.keys():
        AtLast(draft, exchange, closing=False).run(draft.working.keys() - late)


def frozen_cash(account: Draft | State, exchange: Exchange) -> dict[int, int]:
    """Money steps that each working buy binds at the counter, fees included, by order id."""
    checks = Checks(account, exchange)
    return {
        order.order_id: checks.need(
            intent_of(order, _binding_price(account, exchange, order), 0, 0), order.leaves
        ).money
        for order in account.working.values()
        if opens(account, exchange, order)
    }


def _binding_price(account: Draft | State, exchange: Exchange, order: OpenOrder) -> float:
    """The price at which a buy binds cash: its limit, or the most that it can be charged today; 0 where unknown."""
    if order.terms.limit_price is not None:
        return order.terms.limit_price
    up, _ = exchange.bounds(account, order.instrument)
    price = up if up == up else exchange.view(account).last_price(order.instrument)
    return price if price > 0 else 0.0


def _whole(draft: Draft, exchange: Exchange, order: OpenOrder, asked: float) -> Refusal | None:
    """Why a request is not sent as it was asked for: a counter changes no size."""
    if order.leaves == asked:
        return None
    held = abs(net_quantity(draft, order.instrument))
    if not opens(draft, exchange, order) and abs(asked) > held:
        return Reason.INSUFFICIENT_QUANTITY, {"asked": abs(asked), "held": held, "sellable": abs(order.leaves)}
    facts = {"asked": abs(asked), "lot": exchange.lot_step[order.instrument], "sent": abs(order.leaves)}
    return exchange.lot_reason[order.instrument], facts


def _refusal(draft: Draft, exchange: Exchange, order: OpenOrder) -> Refusal | None:
    """Why the counter refuses a request; None where it sends it on."""
    checks = Checks(draft, exchange)
    found = checks.refusal(order.instrument) if draft.phase >= OPEN else None
    limit = order.terms.limit_price
    if found is None and limit is not None:
        # How far a limit may lie from the market is asked where it meets it.
        found = checks.outside_limits(order.instrument, limit)
    if found is not None or order.is_untouched:
        return found
    free = free_of(draft, exchange, order, frozen_cash(draft, exchange))
    intent = intent_of(order, _binding_price(draft, exchange, order), free, shares_before(draft, order))
    shares, cuts, found = checks.carried(intent)
    if found is None and shares < abs(order.leaves):
        # A counter takes a request as a whole or not at all.
        found = cuts[0].reason, cuts[0].facts
    return found
