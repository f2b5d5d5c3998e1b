"""Why an order did what it did: every moment of its life with its numbers, recomputed from the kept states.

Nothing is stored for it while a session runs. The state before the moment is taken from the timeline, the events up to
the order are folded into it, and each check is put beside the numbers that it looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from qresearch.book.explain_checks import LOTS, TRADING, WAITS, Turn, remedy
from qresearch.book.explanation import FAILED, NOTED, PASSED, SKIPPED, Explanation, Finding
from qresearch.book.frames import time_of
from qresearch.book.html import number
from qresearch.book.turns import is_of_a_turn, is_same_turn, outcome_of
from qresearch.domain import events
from qresearch.domain.fees import parts_of
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN, PHASES, Phase
from qresearch.domain.order import Method, Status
from qresearch.domain.reasons import NO_FACTS, Facts, Reason
from qresearch.domain.settings import TOLD
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import MARKET_DAY, MARKET_KINDS, TimeInForce
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import net_quantity
from qresearch.engine.open_orders import pending_of
from qresearch.engine.queue import released
from qresearch.sentences import Words
from qresearch.sentences.words import price

if TYPE_CHECKING:
    from qresearch.book.orders import OrderRecord
    from qresearch.book.timeline import Branch


def explain_order(
    exchange: Exchange, branch: Branch, places: Iterable[int], record: OrderRecord, say: Words
) -> Explanation:
    """Account for one order from the events of a branch.

    Parameters
    ----------
    exchange : Exchange
    branch : Branch
    places : iterable of int
        Where the events about the order stand in the log of the branch, up to the cursor, as
        :mod:`~qresearch.book.turns` finds them.
    record : OrderRecord
        The order as of the cursor.
    say : Words
    """
    say = say.of(exchange.market.instruments[record.instrument])
    findings = tuple(_Teller(exchange, branch, record, say).findings(places))
    side, symbol = say(f"a_{record.side.value}"), exchange.market.symbols[record.instrument]
    title = say("order_title", order=record.order_id, side=side, symbol=symbol)
    return Explanation(title, record.status.value, findings, _advice(record, say), say)


def _advice(record: OrderRecord, say: Words) -> str:
    if record.reason is not None:
        return remedy(record.reason, record.facts, record.side.sign, say)
    return say("step_on") if record.status is Status.QUEUED else ""


class _Told(NamedTuple):
    """An event of the order and its place in the log."""

    place: int
    event: events.OrderEvent


class _Teller:
    """Walks the events of one order and says what was found at each."""

    def __init__(self, exchange: Exchange, branch: Branch, record: OrderRecord, say: Words) -> None:
        self.exchange, self.branch, self.record, self.say = exchange, branch, record, say

    def findings(self, places: Iterable[int]) -> Iterator[Finding]:
        """All findings of the events at some places of the log, which are about this order."""
        order_id = self.record.order_id
        turn: list[_Told] = []
        for index in places:
            event = self.branch.log[index]
            if isinstance(event, events.Placed):
                yield from self._placed(index, event, order_id - event.first_id)
            elif isinstance(event, events.Matched):
                yield from self._matched(index, event, list(event.order_ids).index(order_id))
            else:
                joins = is_of_a_turn(event)
                if turn and not (joins and is_same_turn(turn[-1].event, event)):
                    yield from self._turn(turn)
                    turn = []
                if joins:
                    turn.append(_Told(index, event))  # type: ignore[arg-type]  # asked just before
                else:
                    yield from self._told(index, event)
        if turn:
            yield from self._turn(turn)

    def _finding(self, event: events.Event, check: str, verdict: str, text: str) -> Finding:
        exchange = self.exchange
        day = exchange.date(event.at.day) if event.at.day >= 0 else self.say("no_day")
        phase = self.say.code(PHASES[event.at.phase].value)
        if event.at.bar and PHASES[event.at.phase] is Phase.INTRADAY:
            phase += f" {time_of(exchange, event.at.day, event.at.phase, event.at.bar):%H:%M}"
        return Finding(day, phase, self.say(check), verdict, text)

    def _why(self, reason: Reason, facts: Facts) -> str:
        return self.say(reason, **facts)

    # ------------------------------------------------------------------ the call

    def _placed(self, index: int, block: events.Placed, offset: int) -> Iterator[Finding]:
        record, exchange = self.record, self.exchange
        draft = self._before(index)
        self._replay_requests(draft, block, offset)
        yield self._finding(block, "check_asked", NOTED, f"{record.method.call} {record.asked:,.10g}")
        yield self._finding(block, "check_sized", NOTED, self._sizing_text(draft))
        if draft.settings.times_of_day and draft.phase in {INTRADAY, CLOSE}:
            yield self._finding(block, "check_time", NOTED, self.say(f"time_{PHASES[draft.phase].value}"))
        refusal = block.refused.get(offset)
        if refusal is not None:
            reason, facts = refusal[1]
            yield self._finding(block, _CHECK_OF.get(reason, "order"), FAILED, self._why(reason, facts))
            return
        sent = abs(block.quantities[offset])
        terms = block.terms.get(offset, MARKET_DAY)
        key = "of_shares" if terms is MARKET_DAY else "shares_on_terms"
        text = self.say(key, shares=f"{sent:,}", terms=self.say.terms(terms))
        if record.method in {Method.ORDER, Method.LOTS}:
            lot = exchange.lot_shares if record.method is Method.LOTS else 1
            if sent != abs(record.asked) * lot:
                text += self.say("rounded_from", asked=f"{abs(record.asked) * lot:,.0f}")
        waits = "full_stop" if self.exchange.clock.in_call or self.exchange.clock.name == TOLD else "waits_for_open"
        yield self._finding(block, "check_sent", PASSED, text + self.say(waits))

    def _sizing_text(self, draft: Draft) -> str:
        record, exchange = self.record, self.exchange
        last = exchange.view(draft).last_price(record.instrument)
        held, pending = net_quantity(draft, record.instrument), pending_of(draft, record.instrument)
        cash = number(exchange.money.amount(draft.cash))
        by_price = record.method in {Method.VALUE, Method.TARGET_VALUE, Method.PCT}
        numbers = {"held": f"{held:,}", "pending": f"{pending:+,}", "price": price(last), "cash": cash}
        return self.say("sized_by_price" if by_price else "sized_by_shares", **numbers)

    def _replay_requests(self, draft: Draft, block: events.Placed, offset: int) -> None:
        """Put the requests that came before in the same moment into the queue of a draft."""
        earlier = events.Placed(block.at, block.first_id, block.instruments[:offset], block.quantities[:offset])
        draft.apply(earlier)
        draft.stand_at(block.at)

    def _before(self, index: int) -> Draft:
        """The account just before an event of the log."""
        counts = self.branch.counts
        place = bisect_right(counts, index) - 1
        if place < 0:
            draft, start = Draft(self.branch.states[0]._replace(positions={}, queue=(), orders=0)), 0
        else:
            draft, start = Draft(self.branch.states[place]), counts[place]
        for event in self.branch.log[start:index]:
            draft.stand_at(event.at)
            draft.apply(event)
        return draft

    def _at(self, index: int, event: events.Event) -> Draft:
        """The account just before an event, at the moment of it."""
        draft = self._before(index)
        draft.stand_at(event.at)
        return draft

    # ------------------------------------------------------------------ the match

    def _matched(self, index: int, match: events.Matched, row: int) -> Iterator[Finding]:
        """The turn of a plain market order among many."""
        draft = self._at(index, match)
        for earlier in range(row):
            draft.apply_row(match, earlier)
        order = released(draft, self.record.order_id)
        at, filled = float(match.prices[row]), int(match.quantities[row])
        turn = Turn(self.exchange, draft, order, at if at > 0 else float("nan"), self.say)
        remarks = match.remarks.get(row, ())
        outcome = outcome_of(remarks)
        yield from self._judged(match, turn, outcome, traded=bool(filled))
        if filled:
            fills = (event for event in match.records([row]) if isinstance(event, events.OrderFilled))
            # What such an order cannot fill is trimmed: nothing is left of it.
            order = order._replace(leaves=filled)
            yield from self._traded(next(fills), order)

    def _turn(self, told: list[_Told]) -> Iterator[Finding]:
        """The turn of an order that is matched one by one: the checks and what came of it; of a told one that alone."""
        first, last = told[0].event, told[-1]
        draft = self._at(told[0].place, first)
        order = draft.working.get(self.record.order_id)
        if order is None or self.exchange.clock.name == TOLD or _is_left_over(order, draft, self.exchange):
            for item in told:
                yield from self._told(item.place, item.event)
            return
        fills = [item.event for item in told if isinstance(item.event, events.OrderFilled)]
        outcome = outcome_of(item.event for item in told)
        turn = Turn(self.exchange, draft, order, fills[0].price if fills else float("nan"), self.say)
        yield from self._judged(first, turn, outcome, traded=bool(fills))
        for item in told:
            if isinstance(item.event, (events.OrderTriggered, events.StopMoved, events.OrderFilled)):
                yield from self._told(item.place, item.event)
        if isinstance(last.event, events.OrderWaiting) and order.reason is None:
            after = self._at(last.place + 1, last.event)
            rest = Turn(self.exchange, after, after.working[order.order_id], float("nan"), self.say).resting()
            if rest:
                yield self._finding(last.event, "check_reserved", NOTED, rest)

    def _judged(
        self, event: events.Event, turn: Turn, outcome: Mapping[Reason, Facts], *, traded: bool
    ) -> Iterator[Finding]:
        """Each check of a turn and how it came out."""
        order = turn.order
        stopped = waits = False
        at_once = order.terms.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}
        carried = order.reason is None and not at_once and turn.draft.settings.reserve != "none"
        unsaid = dict(outcome)
        for check in turn.checks():
            hit = next((reason for reason in check.reasons if reason in unsaid), None)
            if stopped:
                yield self._finding(event, check.name, SKIPPED, self.say("not_asked"))
            elif hit is not None:
                yield self._finding(event, check.name, FAILED, self._why(hit, unsaid.pop(hit)))
                if check.unmet or hit in WAITS:
                    waits = True
                else:
                    # A trimmed order goes on; a rejected one and one at a locked limit do not.
                    stopped = not traded
            elif check.unmet:
                yield self._finding(event, check.name, FAILED, check.unmet)
                waits = True
            elif check.text and (not waits or (carried and check.name in _CARRIED)):
                # What only waits is asked no more than whether the account can carry it.
                yield self._finding(event, check.name, PASSED, check.text)
        for reason, facts in unsaid.items():
            yield self._finding(event, "order", FAILED, self._why(reason, facts))

    def _traded(self, event: events.OrderFilled, order: OpenOrder | None) -> Iterator[Finding]:
        amount, market = self.exchange.money.amount, self.exchange.market
        say = self.say
        numbers = {"price": price(event.price), "value": number(amount(event.notional))}
        text = say("traded_at", shares=f"{abs(event.quantity):,}", **numbers)
        limit = None if order is None else order.terms.limit_price
        if event.at.phase == OPEN and not event.at.bar:
            slip = event.price - float(market.panel.open[event.at.day, self.record.instrument])
            text += say("slipped", slip=f"{slip:+.3f}") if abs(slip) > _HAIR else say("at_the_open")
        elif limit is not None and abs(event.price - limit) < _HAIR:
            text += say("at_its_limit")
        left = 0 if order is None else abs(order.leaves - event.quantity)
        yield self._finding(
            event, "check_filled", PASSED, text + say("left_open" if left else "full_stop", left=f"{left:,}")
        )
        fees = event.fees
        parts = [f"{say.fee(part).lower()} {number(amount(fees[part]))}" for part in parts_of((fees,))]
        told = say("fees_in_parts", parts=say("part_comma").join(parts), total=number(amount(fees.total)))
        yield self._finding(event, "check_fees", NOTED, told)

    # ------------------------------------------------------------------ everything else

    def _told(self, index: int, event: events.Event) -> Iterator[Finding]:
        """What an event says by itself."""
        reason: Reason | None = getattr(event, "reason", None)
        name, verdict = _TOLD[type(event).__name__]
        if isinstance(event, events.OrderFilled):
            yield from self._traded(event, self._before(index).working.get(event.order_id))
        elif reason is not None:
            yield self._finding(event, name, verdict, self._why(reason, getattr(event, "facts", None) or NO_FACTS))
        else:
            yield self._finding(event, name, verdict, self._text_of(index, event))

    def _text_of(self, index: int, event: events.Event) -> str:
        match event:
            case events.OrderReleased(order_id=order_id):
                terms = released(self._before(index), order_id).terms
                tif = f"{terms.time_in_force.value} {terms.good_till or ''}".rstrip()
                return self.say("released_as", terms=self.say.terms(terms, lasting=False), tif=tif)
            case events.OrderScaled(quantity=quantity, terms=terms):
                text = self.say("scaled_to", shares=f"{abs(quantity):,}")
                return text if terms == MARKET_DAY else f"{text}{self.say('part_comma')}{self.say.terms(terms)}"
            case events.OrderTriggered(price=reached):
                return self.say("stop_was_reached", price=price(reached))
            case events.StopMoved(stop=stop):
                return self.say("stop_follows", price=price(stop))
            case (
                events.OrderUpdated(quantity=quantity, terms=terms)
                | events.UpdateRequested(quantity=quantity, terms=terms)
            ):
                return self.say("updated_to", shares=f"{abs(quantity):,}", terms=self.say.terms(terms))
            case events.CancelRequested():
                return self.say("cancel_asked")
            case _:
                return ""


def _is_left_over(order: OpenOrder, draft: Draft, exchange: Exchange) -> bool:
    """True at the close for what tries its luck at opens only."""
    taken = order.triggered and order.terms.limit_price is None
    closing = PHASES[draft.phase] is Phase.CLOSE and not draft.bar and not exchange.clock.in_call
    return closing and (order.terms.kind in MARKET_KINDS or taken)


_HAIR = 1e-9
_CARRIED = frozenset({"cash", "check_margin", "check_shares", "check_lot"})
_TOLD = {
    "OrderReleased": ("check_released", NOTED),
    "OrderWaiting": ("check_no_fill", FAILED),
    "OrderTrimmed": ("check_trimmed", FAILED),
    "OrderRejected": ("check_rejected", FAILED),
    "OrderCanceled": ("check_canceled", NOTED),
    "OrderFilled": ("check_filled", PASSED),
    "OrderExpired": ("check_expired", FAILED),
    "OrderScaled": ("check_scaled", NOTED),
    "OrderTriggered": ("check_triggered", PASSED),
    "StopMoved": ("check_stop_moved", NOTED),
    "OrderUpdated": ("check_updated", NOTED),
    "UpdateRequested": ("check_update_requested", NOTED),
    "UpdateRefused": ("check_update_refused", FAILED),
    "CancelRequested": ("check_cancel_requested", NOTED),
    "CancelRefused": ("check_cancel_refused", FAILED),
}
_CHECK_OF = {
    **dict.fromkeys(LOTS, "check_lot"),
    Reason.ORDER_MAXIMUM: "check_lot",
    Reason.ZERO_QUANTITY: "order",
    Reason.GOOD_TILL_OVER: "check_calendar",
    Reason.NO_CHANGE: "check_target",
    Reason.NO_PRICE: "price",
    Reason.NOT_TRADABLE: "check_trading",
    Reason.NOT_CARRIED: "check_trading",
    Reason.PROTECTION_PRICE: "check_order_price",
    Reason.NO_FURTHER_OPEN: "check_calendar",
    Reason.INSUFFICIENT_QUANTITY: "check_shares",
    **dict.fromkeys(TRADING, "check_trading"),
}
"""The check that refuses a request at the call, by its reason."""
