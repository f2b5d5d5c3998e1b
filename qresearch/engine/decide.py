"""``decide(draft, exchange, command)``: the simulator behind one door.

A session, a replay and a preview all come through it. What it does for each command is split over :mod:`sizing`
(place), :mod:`updates` (cancel, update, settings), :mod:`matching` (the open and the close) and the kind of account
(before the open and after the close). The draft of a step shows every change at once, also to callbacks.
"""

from __future__ import annotations

from collections.abc import Container
from typing import assert_never

from qresearch.domain import commands, events
from qresearch.domain.commands import Advance, Command, Place
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.engine.accounts.corporate import freeze_without_bars
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.idle import pass_idle
from qresearch.engine.risk import end_uncovered
from qresearch.engine.told import tell
from qresearch.engine.updates import cancel, change_settings, move_cash, update
from qresearch.engine.working import expire

EVERY_PHASE = frozenset({PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE})
_moment = tuple.__new__  # makes a moment without a call of Python, at every phase of every day


def decide(draft: Draft, exchange: Exchange, command: Command) -> bool:
    """Put into a draft what a command causes: the one door into the simulator.

    Parameters
    ----------
    draft : Draft
        Takes the events; the state that it began with is not changed.
    exchange : Exchange
    command : Command

    Returns
    -------
    bool
        False when it was refused: the order is kept as rejected, or a refusal is among the events.

    Raises
    ------
    UsageError
        The command makes no sense, such as an order for half a share.
    OutOfRange
        Advance beyond the last day.
    """
    if type(command) is Place:
        return exchange.clock.place(draft, exchange, *command)  # its block of requests records it
    before = len(draft.events)
    done = _decide(draft, exchange, command)
    if len(draft.events) > before and type(command) is not Advance:
        draft.commands.append((before, command))
    return done


def _decide(draft: Draft, exchange: Exchange, command: Command) -> bool:
    match command:
        case commands.Cancel():
            return cancel(draft, exchange, command)
        case commands.Update():
            return update(draft, exchange, command)
        case commands.ChangeSettings(settings=settings):
            change_settings(draft, exchange, settings)
        case commands.Seed(instrument, quantity, cost, paid):
            draft.emit(events.PositionSeeded(draft.at, instrument, quantity, cost, paid))
        case commands.PayIn(amount=amount):
            move_cash(draft, exchange, amount)
        case commands.Act(deed, amount, instrument):
            tell(draft, exchange, exchange.account.act(draft, exchange, deed, amount, instrument))
        case commands.Record(values=values):
            draft.emit(events.Recorded(draft.at, values))
        case commands.Log(level, text):
            draft.emit(events.Logged(draft.at, level, text))
        case commands.Meet():
            if OPEN <= draft.phase <= INTRADAY and not draft.bar and draft.working:
                exchange.clock.in_bar(draft, exchange)
        case commands.Tell(told=told):
            tell(draft, exchange, told)
        case Advance():
            advance(draft, exchange)
            draft.events.append(events.Advanced(draft.at))
        case Place():
            raise AssertionError  # told above
        case _:
            assert_never(command)
    return True


def advance(
    draft: Draft, exchange: Exchange, until: Moment | None = None, looked: Container[int] = EVERY_PHASE
) -> None:
    """Move a draft on to the next phase, on minute data to the next bar, and do what the market does there.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    until : Moment, optional
        Phases before it in which nothing can happen are passed over, but for those at which somebody looks.
    looked : container of int
        Phases at which somebody does.
    """
    draft.block = None
    if until is not None and exchange.stirred is not None and pass_idle(draft, exchange, until, looked):
        return
    day, phase, _ = draft.at
    if phase == AFTER_CLOSE or day < exchange.first:
        if day >= exchange.last:
            exchange.refuse_beyond()
        day, phase = day + 1, PRE_OPEN
        draft.stand_at(Moment(day, phase))
    elif exchange.intraday is None:
        phase += 1
        draft.stand_at(_moment(Moment, (day, phase, 0)))
    else:
        draft.stand_at(exchange.next_moment(draft.at))
        phase = draft.phase
    if phase == PRE_OPEN:
        _before_open(draft, exchange)
    elif phase == OPEN:
        if draft.queue or draft.working:
            exchange.clock.at_open(draft, exchange)
    elif phase == INTRADAY:
        if draft.bar and (draft.queue or draft.working):
            exchange.clock.in_bar(draft, exchange)
    elif phase == CLOSE:
        if draft.working:
            exchange.clock.at_close(draft, exchange)
            expire(draft, exchange)
        freeze_without_bars(draft, exchange)
    else:
        expire(draft, exchange)
        for event in exchange.account.settle(draft, exchange):
            draft.emit(event)


def _before_open(draft: Draft, exchange: Exchange) -> None:
    """What the night and the day bring the account, and the resting orders that it leaves uncovered."""
    for event in exchange.account.wake(draft, exchange, exchange.nights(draft.day)):
        draft.emit(event)
    if draft.working:
        end_uncovered(draft, exchange)
