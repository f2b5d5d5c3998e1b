"""From events back to the commands that caused them, and doing a command again.

Every request leaves an event with all that was asked, so the log of a session is also the list of its commands. Doing
them again in the same states gives the same events; the strategy is not needed for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from qresearch.domain import events
from qresearch.domain.commands import Cancel, ChangeSettings, Place, Update
from qresearch.domain.moment import Moment
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine import decide
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.immediate import placing
from qresearch.engine.updates import cancel, change_settings, update

Done = (
    Place
    | Cancel
    | Update
    | ChangeSettings
    | events.CancelRefused
    | events.UpdateRefused
    | events.PositionSeeded
    | events.Recorded
    | events.Logged
)
"""A command as it was given. What came too late, and what a strategy wrote down, are told by their event."""


def placed_rows(block: events.Placed) -> Iterator[Place]:
    """What each row of a block of requests asked for."""
    for offset, (instrument, quantity) in enumerate(zip(block.instruments, block.quantities, strict=True)):
        refusal = block.refused.get(offset)
        method, asked = block.requests.get(offset, (Method.ORDER, quantity if refusal is None else refusal[0]))
        yield Place(instrument, Method(method), asked, block.terms.get(offset, MARKET_DAY))


def commands_of(log: Iterable[events.Event]) -> Iterator[tuple[Moment, Done]]:
    """The commands that caused some events, each with its moment; what the market did by itself is left out."""
    for event in log:
        match event:
            case events.Placed():
                for command in placed_rows(event):
                    yield event.at, command
            case events.OrderCanceled(order_id=order_id, reason=Reason.USER_CANCEL, was_pending=False):
                yield event.at, Cancel(order_id)
            case events.CancelRequested(order_id=order_id):
                yield event.at, Cancel(order_id)
            case (
                events.OrderUpdated(order_id=order_id, quantity=quantity, terms=terms, was_pending=False, reason=None)
                | events.UpdateRequested(order_id=order_id, quantity=quantity, terms=terms)
            ):
                yield event.at, Update(order_id, quantity, terms)
            case events.SettingsChanged(settings=settings):
                yield event.at, ChangeSettings(settings)
            case (
                events.UpdateRefused(was_pending=False)
                | events.CancelRefused()
                | events.PositionSeeded()
                | events.Recorded()
                | events.Logged()
            ):
                yield event.at, event
            case _:
                pass


def split_step(log: list[events.Event]) -> tuple[list[events.Event], list[events.Event]]:
    """The events between two stops: those of the step, and those of commands by hand after it."""
    for place_of, event in enumerate(log):
        if isinstance(event, events.Advanced):
            return log[: place_of + 1], log[place_of + 1 :]
    return [], log


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
        case (
            events.CancelRefused()
            | events.UpdateRefused()
            | events.PositionSeeded()
            | events.Recorded()
            | events.Logged()
        ):
            draft.emit(command)
        case _:
            assert_never(command)


def again(draft: Draft, exchange: Exchange, log: list[events.Event]) -> list[int]:
    """Do again on a draft what some events record: advance, and every command at its moment.

    Parameters
    ----------
    draft : Draft
        Where the step, or the command by hand, began.
    exchange : Exchange
    log : list of Event
        As recorded. The draft ends at the moment of the ``Advanced`` among them.

    Returns
    -------
    list of int
        Columns whose position was frozen because their data ended.
    """
    frozen: list[int] = []

    def advance(moment: Moment) -> None:
        while draft.at < moment:
            frozen.extend(decide.advance(draft, exchange))

    for moment, command in commands_of(log):
        advance(moment)
        do(draft, exchange, command)
    for event in log:
        if isinstance(event, events.Advanced):
            advance(event.at)
            draft.events.append(event)
    return frozen
