"""Doing again what a log records: the same commands at the same moments give the same events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qresearch.domain import events
from qresearch.domain.commands import Command, Place
from qresearch.domain.moment import Moment
from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.decide import advance, decide
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange

Asked = Sequence[tuple[int, Command]]
"""Commands beside orders, each with the number of events of its log before it."""


def placed(block: events.Placed) -> Iterator[Place]:
    """What each row of a block of requests asked for; nothing for one that the account placed itself."""
    if block.is_forced:
        return
    for offset, (instrument, quantity) in enumerate(zip(block.instruments, block.quantities, strict=True)):
        refusal = block.refused.get(offset)
        method, asked = block.requests.get(offset, (Method.ORDER, quantity if refusal is None else refusal[0]))
        yield Place(instrument, Method(method), asked, block.terms.get(offset, MARKET_DAY))


def asked_in(log: Sequence[events.Event], commands: Asked) -> Iterator[tuple[Moment, Command]]:
    """Everything that was asked for, in its order, each with its moment."""
    given = dict(commands)
    for place, event in enumerate(log):
        if place in given:
            yield event.at, given[place]
        if isinstance(event, events.Placed):
            for command in placed(event):
                yield event.at, command


def again(draft: Draft, exchange: Exchange, log: Sequence[events.Event], commands: Asked) -> None:
    """Do again on a draft what a log records: advance, and every command at its moment.

    Parameters
    ----------
    draft : Draft
        Where the step, or the command by hand, began. It ends at the moment of the ``Advanced`` among the events.
    exchange : Exchange
    log : sequence of Event
        As recorded.
    commands : sequence of (int, Command)
    """
    for moment, command in asked_in(log, commands):
        advance_to(draft, exchange, moment)
        decide(draft, exchange, command)
    for event in log:
        if isinstance(event, events.Advanced):
            advance_to(draft, exchange, event.at)
            draft.events.append(event)


def advance_to(draft: Draft, exchange: Exchange, moment: Moment) -> None:
    """Move a draft on, phase by phase, until it stands at a moment or after it."""
    while draft.at < moment:
        advance(draft, exchange)


def split_step(log: list[events.Event]) -> tuple[list[events.Event], list[events.Event]]:
    """The events between two moments: those of the step, and those of commands by hand after it."""
    for place, event in enumerate(log):
        if isinstance(event, events.Advanced):
            return log[: place + 1], log[place + 1 :]
    return [], log
