"""Turns: what the market did when it asked an order, told apart from what was requested or decided elsewhere.

And where in a log the events about an order stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from qresearch.domain import events
from qresearch.domain.reasons import NO_FACTS, Facts, Reason

_ENDED_ELSEWHERE = frozenset({
    Reason.OPEN_ORDER_MARGIN, Reason.USER_CANCEL, Reason.POSITION_CLOSED, Reason.REPLACED_BY_TARGET,
})  # fmt: skip
"""Reasons with which an order ends outside of its own turn."""


def outcome_of(log: Iterable[events.Event]) -> dict[Reason, Facts]:
    """What a turn found against an order, by its reasons."""
    judged = (events.OrderUpdated, events.OrderTrimmed, events.OrderWaiting, events.OrderRejected, events.OrderCanceled)
    return {
        event.reason: event.facts or NO_FACTS for event in log if isinstance(event, judged) and event.reason is not None
    }


def is_of_a_turn(event: events.Event) -> bool:
    """True for what the market did when it asked an order, not for what was requested or decided elsewhere."""
    if isinstance(event, (events.OrderRejected, events.OrderCanceled)):
        return event.reason not in _ENDED_ELSEWHERE and not (
            isinstance(event, events.OrderCanceled) and event.reason is Reason.INSUFFICIENT_CASH
        )
    if isinstance(event, events.OrderUpdated):
        return event.reason is not None
    return isinstance(
        event, (events.OrderTriggered, events.StopMoved, events.OrderTrimmed, events.OrderWaiting, events.OrderFilled)
    )


def is_same_turn(before: events.Event, event: events.Event) -> bool:
    """A turn ends when the order waits; another moment is another turn."""
    same = (before.at.day, before.at.phase, before.at.bar) == (event.at.day, event.at.phase, event.at.bar)
    return same and not isinstance(before, events.OrderWaiting)


def places_of(order_id: int, log: Iterable[events.Event]) -> list[int]:
    """Where the events about an order stand in a log."""
    return [place for place, event in enumerate(log) if order_id in _orders_of(event)]


def places_by_order(log: Iterable[events.Event]) -> dict[int, list[int]]:
    """Where the events about each order stand in a log, which is read once."""
    found: dict[int, list[int]] = {}
    for place, event in enumerate(log):
        for order_id in _orders_of(event):
            found.setdefault(int(order_id), []).append(place)
    return found


def _orders_of(event: events.Event) -> Collection[int]:
    """The ids of the orders that an event is about."""
    if isinstance(event, events.Placed):
        return range(event.first_id, event.first_id + len(event))
    if isinstance(event, events.Matched):
        return event.order_ids
    order_id: int | None = getattr(event, "order_id", None)
    return () if order_id is None else (order_id,)
