"""``decide(exchange, state, command) -> events``: the simulator in one pure function.

What it does for each command is split over :mod:`sizing` (place), :mod:`matching` (the open and the close) and
:mod:`corporate` (before the open). A session runs the same functions on the draft of its step, so that callbacks see
the state change while they run.
"""

from __future__ import annotations

from typing import NoReturn, assert_never

from qresearch.domain import events
from qresearch.domain.commands import Advance, Cancel, ChangeSettings, Command, Place, Update
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.domain.settings import SAME_BAR
from qresearch.domain.state import State
from qresearch.engine.corporate import apply_actions, close_delisted, freeze_without_bars
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.immediate import bar_at_once, close_at_once, open_at_once, placing
from qresearch.engine.matching import match_bar, match_open
from qresearch.engine.risk import end_uncovered
from qresearch.engine.updates import cancel, change_settings, update
from qresearch.engine.working import expire, walk_close
from qresearch.errors import OutOfRange


def decide(exchange: Exchange, state: State, command: Command) -> list[events.Event]:
    """Events that a command causes in a state. Pure: neither is changed.

    Parameters
    ----------
    exchange : Exchange
    state : State
    command : Place, Cancel, ChangeSettings or Advance

    Returns
    -------
    list of Event

    Raises
    ------
    UsageError
        The command makes no sense, such as an order for half a share.
    OutOfRange
        Advance beyond the last day.
    """
    draft = Draft(state)
    match command:
        case Place(instrument=instrument, method=method, asked=asked, terms=terms):
            placing(draft.settings)(draft, exchange, instrument, method, asked, terms)
        case Cancel(order_id=order_id):
            cancel(draft, order_id, status="")
        case Update(order_id=order_id, quantity=quantity, terms=terms):
            update(draft, exchange, order_id, quantity, terms, status="")
        case ChangeSettings(settings=settings):
            change_settings(draft, exchange, settings)
        case Advance():
            advance(draft, exchange)
            draft.events.append(events.Advanced(draft.at))
        case _:
            assert_never(command)
    return draft.events


def advance(draft: Draft, exchange: Exchange) -> list[int]:
    """Move a draft one phase on, on minute data one bar, and do what the market does there.

    Returns
    -------
    list of int
        Columns whose position was frozen because their data ended.
    """
    draft.block = None
    if draft.phase < AFTER_CLOSE and draft.day >= exchange.first:
        draft.stand_at(exchange.next_moment(draft.at))
    else:
        if draft.day >= exchange.last:
            refuse_beyond(exchange)
        draft.stand_at(Moment(draft.day + 1, PRE_OPEN))
    phase = draft.phase
    if phase == PRE_OPEN:
        _before_open(draft, exchange)
    elif phase == OPEN:
        if draft.queue or draft.working:
            (open_at_once if draft.settings.clock == SAME_BAR else match_open)(draft, exchange)
    elif phase == INTRADAY:
        if draft.bar and (draft.queue or draft.working):
            (bar_at_once if draft.settings.clock == SAME_BAR else match_bar)(draft, exchange)
    elif phase == CLOSE:
        if draft.working:
            (close_at_once if draft.settings.clock == SAME_BAR else walk_close)(draft, exchange)
            expire(draft, exchange)
        if draft.day in exchange.breaks or draft.day in exchange.resumes:
            return freeze_without_bars(draft, exchange)
    return []


def _before_open(draft: Draft, exchange: Exchange) -> None:
    """Corporate actions and delistings of the day, and what resting orders they leave uncovered."""
    if exchange.market.by_day.get(draft.day):
        apply_actions(draft, exchange)
    if draft.day in exchange.closing:
        close_delisted(draft, exchange)
    if draft.working:
        end_uncovered(draft, exchange)


def refuse_beyond(exchange: Exchange) -> NoReturn:
    """Raise OutOfRange for a step beyond the last day."""
    raise OutOfRange(
        f"{exchange.date(exchange.last)} is the last trading day of this session: there is no next one. "
        "Go back, or open a session with a later end."
    )
