"""Working orders, one by one: at the open, against the bar, and at the end of the day.

This is the exact way through a match, taken as soon as any order has terms of its own or rests from before. Sells go
before buys (or every order by its id), each asks the fill model for a price, then the same checks as in the fast way.
Resting buys hold cash back at their limit, resting sells hold shares back from later ones; what waits for a stop holds
nothing back. A stop that is reached may use the shares that limit orders hold back, and is asked before them, so that
it fills where one bar reaches both; they are cut to what remains. What only closes a position ends with it.

On minute data every bar of the day is such a pass: first its open, then the bar itself. What a market order could not
fill at the open of its first bar it tries at the open of each later one; an order is told once what it waits for, and
again only when the price came nearer. At the close only orders for the closing price are asked, then the day ends.

Assumptions
-----------
Of a stop and a limit that one bar reaches the stop fills (pessimistic: the limit may have come first).
With quotes an order takes the ask or the bid of the end of the bar before, however large it is: this flatters, unless a
volume cap is set. The size that was quoted is not asked.
"""

from __future__ import annotations

from collections.abc import Set

from qresearch.domain import events
from qresearch.domain.moment import CLOSE
from qresearch.domain.reasons import Facts, Reason, Refusal
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import CLOSING_KINDS, MARKET_KINDS, Kind, TimeInForce
from qresearch.engine.checks import Checks, Cut
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Quote
from qresearch.engine.intent import Intent
from qresearch.engine.ledger import net_quantity
from qresearch.engine.open_orders import is_buying, open_orders
from qresearch.engine.quoting import Quoting
from qresearch.engine.reserves import free_of, intent_of, kept_for, opens, reserved_cash, shares_before
from qresearch.engine.risk import after_fill, end_closing
from qresearch.engine.ticks import rounded
from qresearch.engine.timing import ends_today
from qresearch.engine.turns import turns
from qresearch.engine.updates import settle_requests
from qresearch.market.intraday import Intraday

_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def release_all(draft: Draft, blocks: list[events.Placed]) -> None:
    """Send every live request of some blocks to the market."""
    for block in blocks:
        for offset, quantity in enumerate(block.quantities):
            order_id = block.first_id + offset
            amendment = draft.amended.get(order_id)
            if quantity if amendment is None else amendment.quantity:
                draft.emit(events.OrderReleased(draft.at, order_id))
    if blocks:
        draft.emit(events.QueueEmptied(draft.at, tuple(block.first_id for block in blocks)))


def walk_open(draft: Draft, exchange: Exchange, left_out: Set[int] = frozenset()) -> None:
    """Ask every working order, but for some, at the opening price."""
    Walk(draft, exchange, closing=False).run(left_out)


def walk_close(draft: Draft, exchange: Exchange, left_out: Set[int] = frozenset()) -> None:
    """Ask every working order, but for some, against the whole bar."""
    Walk(draft, exchange, closing=True).run(left_out)


def expire(draft: Draft, exchange: Exchange) -> None:
    """End what is still working at the close and good for no longer, each with the reason that kept it waiting."""
    if (draft.phase == CLOSE) == draft.settings.times_of_day:
        return  # With the times of a day the callbacks at the close still find their orders waiting.
    for order in tuple(draft.working.values()):
        if ends_today(draft, exchange, order):
            reason, facts = order.reason, order.facts
            if reason is None:
                # By rules that ask only bars with trades it was never asked: none came.
                reason, facts = Reason.NO_TRADES, {"time": exchange.time_text(draft)}
            draft.emit(events.OrderExpired(draft.at, order.order_id, reason, facts))


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

    prices = Quoting
    """What tells the price at which an order meets the market."""

    def __init__(self, draft: Draft, exchange: Exchange, *, closing: bool) -> None:
        self.draft, self.exchange, self.closing = draft, exchange, closing
        self.quoting = self.prices(draft, exchange, closing=closing)
        self.checks = Checks(draft, exchange)
        self.reserved = reserved_cash(draft, exchange)

    def run(self, left_out: Set[int] = frozenset()) -> None:
        """Ask each order in its turn."""
        draft = self.draft
        for order_id in turns(draft, self.exchange, draft.working.keys() - left_out if left_out else draft.working):
            if order_id in draft.working:
                self._ask(draft.working[order_id])
                self._settle_requests(order_id)

    # ------------------------------------------------------------------ one order

    def _ask(self, order: OpenOrder) -> None:
        refusal = self.checks.refusal(order.instrument)
        if refusal is not None:
            # What rests from an earlier day is held through a suspension; what arrives today is refused.
            is_new = order.reason is None or order.reason is Reason.NO_TRADES
            if is_new or refusal[0] not in {Reason.SUSPENDED, Reason.ROUTE_CLOSED}:
                self._reject(order, *refusal)
            else:
                self._wait(order, *refusal)
            return
        if order.closes and not net_quantity(self.draft, order.instrument) and self._has_nothing_to_close(order):
            return
        if self.draft.bar:
            if self._sits_out(order):
                return
        elif self.exchange.is_idle(self.draft.day, order.instrument):
            facts: Facts = {"time": self.exchange.time_text(self.draft)}
            self._rest(order, Reason.NO_TRADES, facts, is_fresh=order.reason is None)
            return
        limit = order.terms.limit_price
        invalid = self.checks.invalid_limit(order)
        if invalid is not None:
            self._refuse_or_wait(order, *invalid)
            return
        taken = order.triggered and limit is None
        if (
            self.exchange.fills.asks_whole_bars
            and not self.closing
            and order.terms.kind not in MARKET_KINDS
            and not taken
        ):
            return  # its rules ask whole bars only
        quote = self.quoting.quote(order)
        is_fresh = order.reason is None or (order.is_untouched and quote.triggered)
        self._note_trigger(order, quote)
        order = self.draft.working[order.order_id]
        if quote.price is None:
            self._rest(order, *self._why_not(order, quote), is_fresh=is_fresh)
            return
        locked = self.checks.lock(order.instrument, order.leaves, quote.price) if quote.takes else None
        if locked is not None:
            self._rest(order, *locked, is_fresh=is_fresh)
            return
        self._trade(order, self.quoting.fill_price(order, quote), is_fresh=is_fresh)

    def _has_nothing_to_close(self, order: OpenOrder) -> bool:
        """Tell a stop that closes a position which is not held: it waits for an open buy, or ends."""
        if is_buying(self.draft, order.instrument):
            self._wait(order, Reason.AWAITS_ENTRY, {})
        elif order.reason is None:
            facts: Facts = {"asked": -order.leaves, "held": 0, "sellable": 0}
            self._reject(order, Reason.INSUFFICIENT_QUANTITY, facts)
        else:
            end_closing(self.draft, order, held=0, promised=0)
        return True

    def _why_not(self, order: OpenOrder, quote: Quote) -> tuple[Reason, Facts]:
        """What kept an order from its price: a locked limit rather than a limit of its own that was not reached."""
        limit, best = order.terms.limit_price, quote.facts.get("price")
        if quote.reason is not Reason.LIMIT_NOT_REACHED or limit is None or not isinstance(best, float):
            return quote.reason, quote.facts
        locked = self.checks.locked_bar(order.instrument, order.leaves, limit, best)
        if locked is not None:
            return locked
        # The best price was the limit of the day: no valid limit would have been better.
        beyond = self.checks.lock(order.instrument, order.leaves, best)
        return quote.reason, quote.facts if beyond is None else {**quote.facts, "bound": beyond[1]["limit"]}

    def _sits_out(self, order: OpenOrder) -> bool:
        """True at a bar inside the day that does not concern an order.

        Orders for the opening or the close of a day ask no other price; a bar without trades reaches no price; at the
        close all bars have been asked.
        """
        kind, draft = order.terms.kind, self.draft
        if not self.closing:
            return kind is Kind.MARKET_ON_OPEN and draft.bar > 1
        if draft.phase == CLOSE:
            return kind not in CLOSING_KINDS
        bars, row = self.exchange.bars(draft)
        if kind in CLOSING_KINDS or not isinstance(bars, Intraday):
            return kind in CLOSING_KINDS
        return not self.exchange.fills.concerns(bars, row, order)

    def _note_trigger(self, order: OpenOrder, quote: Quote) -> None:
        if quote.triggered and not order.triggered:
            self.draft.emit(events.OrderTriggered(self.draft.at, order.order_id, order.stop or 0.0))
        if order.terms.kind is Kind.TRAILING_STOP and quote.stop is not None and quote.stop != order.stop:
            side = 1 if order.leaves > 0 else -1
            stop = rounded(quote.stop, float(self.exchange.steps[order.instrument]), side)
            if stop != order.stop:
                self.draft.emit(events.StopMoved(self.draft.at, order.order_id, stop))

    def _trade(self, order: OpenOrder, price: float, *, is_fresh: bool) -> None:
        order, intent = self._enlarged(order, self._carry_intent(order, price))
        side = 1 if order.leaves > 0 else -1
        shares, cuts, refusal = self.checks.carried(intent)
        later = self._can_sell_later(order, cuts, refusal)
        if later is not None:
            cuts = [cut for cut in cuts if cut.reason is not Reason.T_PLUS_ONE]
            refusal = None
        wanted = shares
        shares, facts = self.checks.available(order.instrument, shares, order.terms.volume_share)
        if order.terms.time_in_force is TimeInForce.FOK and shares < abs(order.leaves):
            self._cancel_at_once(order, shares)
            return
        if refusal is None and shares and not opens(self.draft, self.exchange, order):
            refusal = self.checks.uncovered(intent, shares)
        if refusal is not None:
            self._reject(order, *refusal)
            return
        for cut in cuts:
            self.draft.emit(events.OrderTrimmed(self.draft.at, order.order_id, *cut))
        if shares:
            self._fill(order, intent, side * shares)
        rest = self.draft.working.get(order.order_id)
        if rest is None:
            return  # filled, or ended by a rule that asks after each fill
        if shares < wanted and order.terms.time_in_force in _AT_ONCE:
            self._cancel_at_once(order, shares)
        elif shares < wanted:
            self._rest(rest, Reason.VOLUME_CAP, facts, is_fresh=is_fresh)
        elif later is not None:
            self._rest(rest, Reason.T_PLUS_ONE, later, is_fresh=is_fresh)

    def _enlarged(self, order: OpenOrder, intent: Intent) -> tuple[OpenOrder, Intent]:
        """A sale to a value, made larger where the price went up: what is kept stays within the value."""
        if order.filled or intent.cap is None:
            return order, intent
        wanted, facts = self.checks.larger_sale(intent)
        if wanted == intent.wanted:
            return order, intent
        self.draft.emit(
            events.OrderUpdated(
                self.draft.at, order.order_id, wanted, order.terms, reason=Reason.VALUE_CAP, facts=facts
            )
        )
        return self.draft.working[order.order_id], intent._replace(wanted=wanted)

    def _can_sell_later(self, order: OpenOrder, cuts: list[Cut], refusal: Refusal | None) -> Facts | None:
        """The numbers of T+1 for a stop that was reached too early and is good for another day; None for others."""
        if not order.closes or ends_today(self.draft, self.exchange, order):
            return None
        if refusal is not None:
            return refusal[1] if refusal[0] is Reason.T_PLUS_ONE else None
        return next((cut.facts for cut in cuts if cut.reason is Reason.T_PLUS_ONE), None)

    def _carry_intent(self, order: OpenOrder, price: float) -> Intent:
        free = free_of(self.draft, self.exchange, order, self.reserved)
        return intent_of(order, price, free, shares_before(self.draft, order))

    def _fill(self, order: OpenOrder, intent: Intent, quantity: int) -> None:
        draft, account = self.draft, self.exchange.account
        notional, fees = self.checks.charge(intent, quantity)
        posts = account.posts_itself(draft, self.exchange, order.instrument, quantity, intent.effect)
        fill = events.OrderFilled(
            draft.at, order.order_id, order.instrument, quantity, intent.price, notional, fees, posts
        )
        posted = list(account.post(draft, self.exchange, fill))
        draft.emit(fill)
        self._reserve(order.order_id)
        for event in posted:
            draft.emit(event)
        after_fill(draft, self.exchange, order, takes_more=bool(posted))
        if self.reserved:
            self.reserved = {known: money for known, money in self.reserved.items() if known in draft.working}

    def _reserve(self, order_id: int) -> None:
        """Keep what an order holds back up to date after something happened to it."""
        draft, order = self.draft, self.draft.working.get(order_id)
        self.reserved.pop(order_id, None)
        if order is not None and order.reason is not None and opens(draft, self.exchange, order):
            self.reserved[order_id] = kept_for(draft, self.exchange, self.checks, order, self.reserved)

    # ------------------------------------------------------------------ no fill

    def _rest(self, order: OpenOrder, reason: Reason, facts: Facts, *, is_fresh: bool) -> None:
        """Let an order wait, if its terms do and the account can carry what it holds back from now on.

        Parameters
        ----------
        order : OpenOrder
        reason : Reason
        facts : mapping
        is_fresh : bool
            It begins to hold something back now: it has not waited before, or was triggered.
        """
        if order.terms.time_in_force in _AT_ONCE:
            self._cancel_at_once(order, 0)
            return
        if is_fresh and not order.is_untouched and self._holds_back(order):
            price = order.terms.limit_price or order.stop or 0.0
            if price > 0 or not opens(self.draft, self.exchange, order):
                _, cuts, refusal = self.checks.carried(self._carry_intent(order, price or 1.0))
                if refusal is not None and not self._may_come(order, refusal[0]):
                    self._reject(order, *refusal)
                    return
                for cut in cuts:
                    if not self._may_come(order, cut.reason):
                        self.draft.emit(events.OrderTrimmed(self.draft.at, order.order_id, *cut))
        self._wait(order, reason, facts)
        self._reserve(order.order_id)

    def _may_come(self, order: OpenOrder, lacking: Reason) -> bool:
        """True where what a resting order lacks may be there when it is asked: sellable tomorrow, or opened by then."""
        if lacking is Reason.NOTHING_TO_CLOSE:
            others = open_orders(self.draft, order.instrument)
            return any(o.leaves * order.leaves < 0 and opens(self.draft, self.exchange, o) for o in others)
        return order.closes and lacking is Reason.T_PLUS_ONE

    def _holds_back(self, order: OpenOrder) -> bool:
        """True for an order that holds cash or shares back while it waits."""
        return order.terms.kind not in MARKET_KINDS and self.draft.settings.reserve != "none"

    def _wait(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        known = order.reason is reason and not _comes_nearer(order.facts, facts)
        if self.draft.bar and (known or (order.reason is not None and reason is Reason.NO_TRADES)):
            # One event per bar and resting order would bury all others.
            return
        self.draft.emit(events.OrderWaiting(self.draft.at, order.order_id, reason, facts))

    def _refuse_or_wait(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        """An invalid price refuses a new order; one that rests waits for a day on which it is valid again."""
        if order.reason is None:
            self._reject(order, reason, facts)
        else:
            self._wait(order, reason, facts)

    def _reject(self, order: OpenOrder, reason: Reason, facts: Facts) -> None:
        self.draft.emit(events.OrderRejected(self.draft.at, order.order_id, reason, facts))
        self.reserved.pop(order.order_id, None)

    def _cancel_at_once(self, order: OpenOrder, filled: int) -> None:
        facts: Facts = {"filled": filled, "asked": abs(order.leaves), "tif": order.terms.time_in_force.value}
        self.draft.emit(events.OrderCanceled(self.draft.at, order.order_id, Reason.NOT_AT_ONCE, facts))
        self.reserved.pop(order.order_id, None)

    def _settle_requests(self, order_id: int) -> None:
        """Cancels and updates asked for since the last match take effect now, after a fill had its chance."""
        order = self.draft.working.get(order_id)
        if order is not None and (order.cancel_requested or order.update is not None):
            settle_requests(self.draft, self.exchange, order)
            self._reserve(order_id)
