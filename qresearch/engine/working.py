"""Working orders, one by one: at the open, against the bar, and at the end of the day.

This is the exact way through a match, taken as soon as any order has terms of its own or rests from before. Sells go
before buys (or every order by its id), each asks the fill model for a price, then the same checks as in the fast way.
Resting buys hold cash back at their limit or stop, resting sells hold shares back from later ones.

On minute data every bar of the day is such a pass: first its open, then the bar itself. What a market order could not
fill at the open of its first bar it tries at the open of each later one; an order is told once what it waits for, and
again only when the price came nearer. At the close only orders for the closing price are asked, then the day ends.

Assumptions
-----------
With quotes an order takes the ask or the bid of the end of the bar before, however large it is: this flatters, unless a
volume cap is set. The size that was quoted is not asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set

import numpy as np

from qresearch.domain.messages import (
    DividendTaxed,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderReleased,
    OrderTriggered,
    OrderTrimmed,
    OrderUpdated,
    OrderWaiting,
    Placed,
    QueueEmptied,
    StopMoved,
)
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Kind, TimeInForce
from qresearch.engine.checks import Checks, Intent
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote, at_open, in_bar
from qresearch.engine.lean_model import LEAN_EQUITY, brings_news, came_before, lean_quote, lean_quote_in_day
from qresearch.engine.ledger import lots_after_sale
from qresearch.engine.reserves import intent_of, reserve_price, reserved_cash, shares_before
from qresearch.engine.sizing import rounded
from qresearch.engine.slippage import slipped
from qresearch.engine.taxes import tax_on_sale
from qresearch.market.intraday import Intraday
from qresearch.market.venue import PHASE_ORDER, Phase

_CLOSE = PHASE_ORDER[Phase.CLOSE]
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
MARKET_KINDS = frozenset({Kind.MARKET, Kind.MARKET_ON_OPEN})


def release_all(draft: Draft, blocks: list[Placed]) -> None:
    """Send every live request of some blocks to the market."""
    for block in blocks:
        for offset, quantity in enumerate(block.quantities):
            order_id = block.first_id + offset
            amendment = draft.amended.get(order_id)
            if quantity if amendment is None else amendment.quantity:
                draft.emit(OrderReleased(draft.day, draft.phase, order_id))
    if blocks:
        draft.emit(QueueEmptied(draft.day, draft.phase))


def walk_open(draft: Draft, exchange: Exchange, left_out: Set[int] = frozenset()) -> None:
    """Ask every working order, but for some, at the opening price."""
    Walk(draft, exchange, closing=False).run(left_out)


def walk_close(draft: Draft, exchange: Exchange, left_out: Set[int] = frozenset()) -> None:
    """Ask every working order, but for some, against the whole bar."""
    Walk(draft, exchange, closing=True).run(left_out)


def expire(draft: Draft, exchange: Exchange) -> None:
    """End what is still working at the close and good for no longer, each with the reason that kept it waiting."""
    today = exchange.market.days[draft.day].astype(object)
    for order in tuple(draft.working.values()):
        if _is_over(order, today):
            reason = order.reason or Reason.LIMIT_NOT_REACHED
            draft.emit(OrderExpired(draft.day, draft.phase, order.order_id, reason, order.facts))
    draft.pending = None


def _is_over(order: OpenOrder, today: dt.date) -> bool:
    terms = order.terms
    if terms.time_in_force is TimeInForce.GTC:
        return False
    return terms.good_till is None or terms.good_till <= today


def _comes_nearer(known: Facts, facts: Facts) -> bool:
    """True when the price in some facts is nearer to the limit or stop than the one that is known, or these moved."""
    for name in ("limit", "stop"):
        mark, before = facts.get(name), known.get(name)
        new, old = facts.get("price"), known.get("price")
        if isinstance(mark, float) and isinstance(new, float) and isinstance(old, float):
            return mark != before or abs(new - mark) < abs(old - mark)
    return False


class Walk:
    """One pass over the working orders.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    closing : bool
        Asked against the whole bar; else at its opening price.
    """

    def __init__(self, draft: Draft, exchange: Exchange, *, closing: bool) -> None:
        self.draft, self.exchange, self.closing = draft, exchange, closing
        self.lean = draft.settings.fill_model == LEAN_EQUITY
        self.checks = Checks(draft, exchange)
        self.reserved = reserved_cash(draft, exchange)

    def run(self, left_out: Set[int] = frozenset()) -> None:
        """Ask each order in its turn; sells first unless the session matches by id."""
        draft = self.draft
        orders = sorted(draft.working.keys() - left_out if left_out else draft.working)
        if draft.settings.match_order == "sells_first":
            orders.sort(key=lambda order_id: draft.working[order_id].leaves > 0)
        for order_id in orders:
            if order_id in draft.working:
                self._ask(draft.working[order_id])
                self._settle_requests(order_id)
        draft.pending = None

    # ------------------------------------------------------------------ one order

    def _ask(self, order: OpenOrder) -> None:
        refusal = self.checks.refusal(order.column)
        if refusal is not None:
            # What rests from an earlier day is held through a suspension; what arrives today is refused.
            is_new = order.reason is None or order.reason is Reason.NO_TRADES
            if is_new or refusal[0] is not Reason.SUSPENDED:
                self._reject(order, *refusal)
            else:
                self._wait(order, *refusal)
            return
        if self.draft.bar and self._sits_out(order):
            return
        limit = order.terms.limit_price
        invalid = None if limit is None else self.checks.outside_limits(order.column, limit)
        if invalid is not None:
            self._refuse_or_wait(order, *invalid)
            return
        taken = order.triggered and limit is None
        if self.lean and not self.closing and order.terms.kind not in MARKET_KINDS and not taken:
            return  # its rules ask whole bars only
        quote = self._quote(order)
        self._note_trigger(order, quote)
        order = self.draft.working[order.order_id]
        if quote.price is None:
            self._rest(order, quote.reason, quote.facts)
            return
        locked = self.checks.lock(order.column, order.leaves, quote.price) if quote.takes else None
        if locked is not None:
            self._rest(order, *locked)
            return
        self._trade(order, self._fill_price(order, quote))

    def _sits_out(self, order: OpenOrder) -> bool:
        """True at a bar inside the day that does not concern an order.

        Orders for the opening or the close of a day ask no other price; a bar without trades reaches no price; at the
        close all bars have been asked.
        """
        kind, draft = order.terms.kind, self.draft
        if not self.closing:
            return kind is Kind.MARKET_ON_OPEN and draft.bar > 1
        if draft.phase == _CLOSE:
            return kind is not Kind.MARKET_ON_CLOSE
        bars, row = self.exchange.bars(draft)
        if kind is Kind.MARKET_ON_CLOSE or not isinstance(bars, Intraday):
            return kind is Kind.MARKET_ON_CLOSE
        return not (brings_news(bars, row, order) if self.lean else bars.traded[row, order.column])

    def _bar(self, column: int) -> Bar:
        """The whole bar that orders are asked against; the closing price of a day is that of its last trade."""
        source, row = self.exchange.bars(self.draft)
        if self.draft.phase == _CLOSE:
            source, row = self.exchange.market.panel, self.draft.day
        return Bar(*(float(getattr(source, name)[row, column]) for name in ("open", "high", "low", "close")))

    def _opening(self, order: OpenOrder) -> Quote:
        """What an order does at the open of the bar."""
        draft = self.draft
        if self.lean and draft.bar > 1 and order.terms.kind is Kind.MARKET and not came_before(order, draft.day):
            return lean_quote_in_day(self.exchange, draft, order, closing=False)
        sides = np.array([order.leaves], dtype=np.int64)
        opened = float(self.exchange.openings(self.draft, np.array([order.column]), sides)[0])
        if opened != opened:
            facts = {"time": self.exchange.time_text(self.draft)}
            return Quote(None, triggered=order.triggered, stop=order.stop, reason=Reason.NO_TRADES, facts=facts)
        side = 1 if order.leaves > 0 else -1
        return at_open(order.terms, side, opened, triggered=order.triggered, stop=order.stop)

    def _quote(self, order: OpenOrder) -> Quote:
        if not self.closing:
            return self._opening(order)
        side, bar = 1 if order.leaves > 0 else -1, self._bar(order.column)
        taken = order.triggered and order.terms.limit_price is None
        in_day = self.lean and self.draft.bar and self.draft.phase != _CLOSE
        looks_again = in_day and order.reason is Reason.NO_TRADES and not came_before(order, self.draft.day)
        if taken or (order.terms.kind in MARKET_KINDS and not looks_again):
            # A market order, or a stop that became one, tries its luck at opens only.
            return Quote(
                None,
                triggered=order.triggered,
                stop=order.stop,
                reason=order.reason or Reason.VOLUME_CAP,
                facts=order.facts,
            )
        if in_day:
            return lean_quote_in_day(self.exchange, self.draft, order, closing=True)
        if self.lean:
            return lean_quote(self.exchange, order, self.draft.day, bar)
        return in_bar(order.terms, side, bar, triggered=order.triggered, stop=order.stop)

    def _note_trigger(self, order: OpenOrder, quote: Quote) -> None:
        day, phase = self.draft.day, self.draft.phase
        if quote.triggered and not order.triggered:
            self.draft.emit(OrderTriggered(day, phase, order.order_id, order.stop or 0.0))
        if order.terms.kind is Kind.TRAILING_STOP and quote.stop is not None and quote.stop != order.stop:
            side = 1 if order.leaves > 0 else -1
            stop = rounded(quote.stop, float(self.exchange.steps[order.column]), side)
            if stop != order.stop:
                self.draft.emit(StopMoved(day, phase, order.order_id, stop))

    def _fill_price(self, order: OpenOrder, quote: Quote) -> float:
        """The quote after slippage, within the limits of the day and the order's own limit."""
        assert quote.price is not None  # asked before
        price = self._slipped(order, quote.price) if quote.takes else quote.price
        limit = order.terms.limit_price
        if limit is None:
            return price
        return min(price, limit) if order.leaves > 0 else max(price, limit)

    def _slipped(self, order: OpenOrder, price: float) -> float:
        """A price after slippage, within the limits of the day."""
        draft, exchange = self.draft, self.exchange
        if draft.settings.slippage.kind == "none":
            return price
        panel, column = exchange.market.panel, order.column
        source, row = exchange.bars(draft)
        moved = slipped(
            draft.settings.slippage,
            np.array([price]),
            np.array([order.leaves], dtype=np.int64),
            source.volume[row, [column]],
            exchange.steps[[column]],
        )
        bounded = np.fmax(np.fmin(moved, panel.limit_up[draft.day, column]), panel.limit_down[draft.day, column])
        return float(bounded[0])

    def _trade(self, order: OpenOrder, price: float) -> None:
        side = 1 if order.leaves > 0 else -1
        intent = self._carry_intent(order, price)
        shares, cuts, refusal = self.checks.carried(intent)
        wanted = shares
        shares, facts = self.checks.available(order.column, shares) if shares else (0, {})
        if order.terms.time_in_force is TimeInForce.FOK and shares < abs(order.leaves):
            self._cancel_at_once(order, shares)
            return
        if refusal is not None:
            self._reject(order, *refusal)
            return
        for cut in cuts:
            self.draft.emit(OrderTrimmed(self.draft.day, self.draft.phase, order.order_id, *cut))
        if shares:
            self._fill(order, intent, side * shares)
        if shares < wanted and order.terms.time_in_force in _AT_ONCE:
            self._cancel_at_once(order, shares)
        elif shares < wanted:
            self._rest(self.draft.working[order.order_id], Reason.VOLUME_CAP, facts)

    def _carry_intent(self, order: OpenOrder, price: float) -> Intent:
        others = sum(money for order_id, money in self.reserved.items() if order_id != order.order_id)
        held_back = shares_before(self.draft, order)
        return intent_of(order, price, self.draft.cash - others, held_back)

    def _fill(self, order: OpenOrder, intent: Intent, quantity: int) -> None:
        draft = self.draft
        notional, fees = self.checks.charge(intent, quantity)
        day, phase = draft.day, draft.phase
        _, left = lots_after_sale(draft.tax_lots.get(order.column, ()), max(-quantity, 0))
        tax = tax_on_sale(self.exchange.market, left, day)
        draft.emit(OrderFilled(day, phase, order.order_id, order.column, quantity, intent.price, notional, *fees))
        if tax:
            draft.emit(DividendTaxed(day, phase, order.column, tax))
        self._reserve(order.order_id)
        if draft.settings.open_order_margin:
            self._recheck()

    def _reserve(self, order_id: int) -> None:
        order = self.draft.working.get(order_id)
        self.reserved.pop(order_id, None)
        if order is not None and order.leaves > 0:
            price = reserve_price(self.draft, self.exchange, order)
            self.reserved[order_id] = self.checks.cost(intent_of(order, price, 0, 0), order.leaves) if price > 0 else 0

    def _recheck(self) -> None:
        """End open orders that the account can no longer carry after a fill."""
        money = self.exchange.money
        for order in tuple(self.draft.working.values()):
            position = self.draft.positions.get(order.column)
            held = 0 if position is None else position.quantity
            if order.leaves < 0 and -order.leaves > held:
                facts: Facts = {"needed": -order.leaves, "available": held}
                self._reject(order, Reason.OPEN_ORDER_MARGIN, facts)
            elif order.leaves > 0:
                view = self.exchange.view(self.draft)
                price = order.terms.limit_price or order.stop or view.last_price(order.column)
                # Without a price yet (not listed) nothing can be said about what it needs.
                needed = self.checks.cost(intent_of(order, price, 0, 0), order.leaves) if price > 0 else 0
                if needed > self.draft.cash:
                    facts = {"needed": money.amount(needed), "available": money.amount(self.draft.cash)}
                    self._reject(order, Reason.OPEN_ORDER_MARGIN, facts)

    # ------------------------------------------------------------------ no fill

    def _rest(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        """Let an order wait, if its terms do and the account can carry it."""
        if order.terms.time_in_force in _AT_ONCE:
            self._cancel_at_once(order, 0)
            return
        if order.reason is None and order.terms.kind not in MARKET_KINDS and self.draft.settings.reserve != "none":
            price = order.terms.limit_price or order.stop or 0.0
            if order.leaves < 0 or price > 0:
                _, cuts, refusal = self.checks.carried(self._carry_intent(order, price or 1.0))
                if refusal is not None:
                    self._reject(order, *refusal)
                    return
                for cut in cuts:
                    self.draft.emit(OrderTrimmed(self.draft.day, self.draft.phase, order.order_id, *cut))
        self._wait(order, reason, facts)
        self._reserve(order.order_id)

    def _wait(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        known = order.reason is reason and not _comes_nearer(order.facts, facts)
        if self.draft.bar and (known or (order.reason is not None and reason is Reason.NO_TRADES)):
            # One event per bar and resting order would bury all others.
            return
        self.draft.emit(OrderWaiting(self.draft.day, self.draft.phase, order.order_id, reason, facts))

    def _refuse_or_wait(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        """An invalid price refuses a new order; one that rests waits for a day on which it is valid again."""
        if order.reason is None:
            self._reject(order, reason, facts)
        else:
            self._wait(order, reason, facts)

    def _reject(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        self.draft.emit(OrderRejected(self.draft.day, self.draft.phase, order.order_id, reason, facts))
        self.reserved.pop(order.order_id, None)

    def _cancel_at_once(self, order: OpenOrder, filled: int) -> None:
        facts: Facts = {"filled": filled, "asked": abs(order.leaves), "tif": order.terms.time_in_force.value}
        self.draft.emit(OrderCanceled(self.draft.day, self.draft.phase, order.order_id, Reason.NOT_AT_ONCE, facts))
        self.reserved.pop(order.order_id, None)

    def _settle_requests(self, order_id: int) -> None:
        """Cancels and updates asked for since the last match take effect now, after a fill had its chance."""
        order = self.draft.working.get(order_id)
        if order is None:
            return
        day, phase = self.draft.day, self.draft.phase
        if order.cancel_requested:
            self.draft.emit(OrderCanceled(day, phase, order_id, Reason.USER_CANCEL, {}, was_pending=True))
            self.reserved.pop(order_id, None)
        elif order.update is not None:
            self.draft.emit(OrderUpdated(day, phase, order_id, *order.update, was_pending=True))
            self._reserve(order_id)
