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
    CancelRequested,
    ChangeSettings,
    Event,
    Logged,
    OrderCanceled,
    OrderUpdated,
    Place,
    Placed,
    PositionSeeded,
    Recorded,
    SettingsChanged,
    Update,
    UpdateRefused,
    UpdateRequested,
)
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine import decide
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.immediate import placing
from qresearch.engine.updates import cancel, change_settings, update

Done = Place | Cancel | Update | ChangeSettings | CancelRefused | UpdateRefused | PositionSeeded | Recorded | Logged
"""A command as it was given. What came too late, and what a strategy wrote down, are told by their event."""


def placed_rows(block: Placed) -> Iterator[Place]:
    """What each row of a block of requests asked for."""
    for offset, (instrument, quantity) in enumerate(zip(block.instruments, block.quantities, strict=True)):
        refusal = block.refused.get(offset)
        method, asked = block.requests.get(offset, (Method.ORDER, quantity if refusal is None else refusal[0]))
        yield Place(instrument, Method(method), asked, block.terms.get(offset, MARKET_DAY))


def commands_of(events: Iterable[Event]) -> Iterator[tuple[tuple[int, int, int], Done]]:
    """The commands that caused some events, each with its moment; what the market did by itself is left out."""
    for event in events:
        moment = event.day, event.phase, event.bar
        match event:
            case Placed():
                for command in placed_rows(event):
                    yield moment, command
            case OrderCanceled(order_id=order_id, reason=Reason.USER_CANCEL, was_pending=False):
                yield moment, Cancel(order_id)
            case CancelRequested(order_id=order_id):
                yield moment, Cancel(order_id)
            case (
                OrderUpdated(order_id=order_id, quantity=quantity, terms=terms, was_pending=False, reason=None)
                | UpdateRequested(order_id=order_id, quantity=quantity, terms=terms)
            ):
                yield moment, Update(order_id, quantity, terms)
            case SettingsChanged(settings=settings):
                yield moment, ChangeSettings(settings)
            case UpdateRefused(was_pending=False) | CancelRefused() | PositionSeeded() | Recorded() | Logged():
                yield moment, event
            case _:
                pass


def split_step(events: list[Event]) -> tuple[list[Event], list[Event]]:
    """The events between two stops: those of the step, and those of commands by hand after it."""
    for place_of, event in enumerate(events):
        if isinstance(event, Advanced):
            return events[: place_of + 1], events[place_of + 1 :]
    return [], events


def do(draft: Draft, exchange: Exchange, command: Done) -> None:
    """Do one command again on a draft."""
    match command:
        case Place(instrument=instrument, method=method, asked=asked, terms=terms):
            placing(draft.settings)(draft, exchange, instrument, method, asked, terms)
        case Cancel(order_id=order_id):
            cancel(draft, order_id, status="")
        case Update(order_id=order_id, quantity=quantity, terms=terms):
            update(draft, exchange, order_id, quantity, terms, status="")
        case ChangeSettings(settings=settings):
            change_settings(draft, exchange, settings)
        case CancelRefused() | UpdateRefused() | PositionSeeded() | Recorded() | Logged():
            draft.emit(command)
        case _:
            assert_never(command)


def again(draft: Draft, exchange: Exchange, events: list[Event]) -> list[int]:
    """Do again on a draft what some events record: advance, and every command at its moment.

    Parameters
    ----------
    draft : Draft
        Where the step, or the command by hand, began.
    exchange : Exchange
    events : list of Event
        As recorded. The draft ends at the moment of the ``Advanced`` among them.

    Returns
    -------
    list of int
        Columns whose position was frozen because their data ended.
    """
    frozen: list[int] = []

    def advance(moment: tuple[int, int, int]) -> None:
        while (draft.day, draft.phase, draft.bar) < moment:
            frozen.extend(decide.advance(draft, exchange))

    for moment, command in commands_of(events):
        advance(moment)
        do(draft, exchange, command)
    for event in events:
        if isinstance(event, Advanced):
            advance((event.day, event.phase, event.bar))
            draft.events.append(event)
    return frozen
