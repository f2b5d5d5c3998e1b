"""From events back to the commands that caused them, and doing a command again.

Every request leaves an event with all that was asked, so the log of a session is also the list of its commands. Doing
them again in the same states gives the same events; the strategy is not needed for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from qresearch.domain.messages import (
    Advanced,
    Cancel,
    CancelRefused,
    ChangeSettings,
    Event,
    Logged,
    OrderCanceled,
    Place,
    Placed,
    Recorded,
    SettingsChanged,
)
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason
from qresearch.engine import decide
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.sizing import place

Done = tuple[int, int, "Place | Cancel | ChangeSettings | Note"]
"""(day, phase, what was commanded)."""


class Note:
    """Something that a strategy wrote down: it is its own event.

    Parameters
    ----------
    event : Recorded or Logged
    """

    __slots__ = ("event",)

    def __init__(self, event: Recorded | Logged) -> None:
        self.event = event


def placed_rows(block: Placed) -> Iterator[Place]:
    """What each row of a block of requests asked for."""
    for offset, (column, quantity) in enumerate(zip(block.columns, block.quantities, strict=True)):
        refusal = block.refused.get(offset)
        method, asked = block.requests.get(offset, (Method.ORDER, quantity if refusal is None else refusal[0]))
        yield Place(column, Method(method), asked)


def commands_of(events: Iterable[Event]) -> Iterator[Done]:
    """The commands that caused some events, in order; what the market did by itself is left out.

    Parameters
    ----------
    events : iterable of Event
    """
    for event in events:
        day, phase = event.day, event.phase
        match event:
            case Placed():
                for command in placed_rows(event):
                    yield day, phase, command
            case OrderCanceled(order_id=order_id, reason=Reason.USER_CANCEL):
                yield day, phase, Cancel(order_id)
            case CancelRefused(order_id=order_id):
                yield day, phase, Cancel(order_id)
            case SettingsChanged(settings=settings):
                yield day, phase, ChangeSettings(settings)
            case Recorded() | Logged():
                yield day, phase, Note(event)
            case _:
                pass


def split_step(events: list[Event]) -> tuple[list[Event], list[Event]]:
    """The events between two stops: those of the step, and those of commands by hand after it."""
    for place_of, event in enumerate(events):
        if isinstance(event, Advanced):
            return events[: place_of + 1], events[place_of + 1 :]
    return [], events


def do(draft: Draft, exchange: Exchange, command: Place | Cancel | ChangeSettings | Note, status: str = "") -> None:
    """Do one command again on a draft.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    command : Place, Cancel, ChangeSettings or Note
    status : str
        State of the order, which the refusal of a cancel names.
    """
    match command:
        case Place(column=column, method=method, asked=asked):
            place(draft, exchange, column, method, asked)
        case Cancel(order_id=order_id):
            decide.cancel(draft, order_id, status=status)
        case ChangeSettings(settings=settings):
            draft.emit(SettingsChanged(draft.day, draft.phase, settings))
        case Note(event=event):
            draft.emit(event)
        case _:
            assert_never(command)


def again(draft: Draft, exchange: Exchange, events: list[Event]) -> None:
    """Do again on a draft what some events record: advance, and every command at its moment.

    Parameters
    ----------
    draft : Draft
        Where the step, or the command by hand, began.
    exchange : Exchange
    events : list of Event
        As recorded. The draft ends at the moment of the last ``Advanced`` among them.
    """
    statuses = {
        id(event): str(event.facts.get("status", "")) for event in events if isinstance(event, CancelRefused)
    }
    refused = iter([event for event in events if isinstance(event, CancelRefused)])
    ahead = next(refused, None)
    for day, phase, command in commands_of(events):
        _advance(draft, exchange, day, phase)
        status = ""
        if isinstance(command, Cancel) and ahead is not None and ahead.order_id == command.order_id:
            status = statuses[id(ahead)]
        count = len(draft.events)
        do(draft, exchange, command, status)
        if status and len(draft.events) > count and isinstance(draft.events[-1], CancelRefused):
            ahead = next(refused, None)
    for event in events:
        if isinstance(event, Advanced):
            _advance(draft, exchange, event.day, event.phase)
            draft.events.append(event)


def _advance(draft: Draft, exchange: Exchange, day: int, phase: int) -> None:
    while (draft.day, draft.phase) < (day, phase):
        decide.advance(draft, exchange)
