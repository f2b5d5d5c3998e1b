"""Ctrl-C: it waits while a session changes what it keeps, and reaches the strategy whenever that runs.

A public call that changes a session is one section (:class:`Section`). While it lasts, SIGINT is only noted; the user's
own handler is called at its end, or between the steps of a run (:func:`ask`). Where the user's own code runs, a
callback, a predicate, the debugger, the gate is open (:func:`let`) and the handler is called at once, so that an
endless loop can be left; the step is then rolled back. One thread at a time uses a session: a section refuses any
other.
"""

from __future__ import annotations

import linecache
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from threading import RLock, get_ident, main_thread
from types import FrameType, TracebackType
from typing import Any, Protocol, TypeVar, cast

from qresearch.engine.draft import Draft
from qresearch.errors import Interrupted, UsageError
from qresearch.sentences import Said
from qresearch.session.simulation import Simulation
from qresearch.session.traces import file_name, is_own, user_frame
from qresearch.session.voice import Voice

T = TypeVar("T")


class Interruptible(Protocol):
    """What a section lies around: all that a session keeps."""

    simulation: Simulation
    voice: Voice
    lock: RLock
    under_way: str
    """The call whose section lasts; empty where none does."""

    @property
    def standing(self) -> tuple[object, ...]:
        """What a call may change, to see whether it did."""

    @property
    def moment(self) -> Said:
        """Where the session stands."""

    def recover(self, draft: Draft | None) -> None:
        """Make whole what a call left when it was cut off."""


# What signal.signal and getsignal wrap: the wrappers make enums of numbers, which takes longer than an order.
_plain: Any = import_module("_signal")
_put: Callable[[int, Any], Any] = _plain.signal
_handler: Callable[[int], Any] = _plain.getsignal
_SIGINT = int(signal.SIGINT)
_MAIN = main_thread().ident
"""Python runs handlers in the main thread only: a session of another thread has nothing to defer."""


class _Gate:
    """What the handler knows; there is one SIGINT in a process, so there is one gate."""

    __slots__ = ("came", "is_open", "is_waiting", "previous")

    def __init__(self) -> None:
        self.is_open = False
        """The user's code runs: the signal goes through."""
        self.is_waiting = False
        """A signal came while the gate was shut."""
        self.came = False
        """A signal went through and its handler raised, whatever the user's code made of that."""
        self.previous: Callable[[int, FrameType | None], Any] = signal.default_int_handler

    def deliver(self, frame: FrameType | None) -> None:
        """Call the user's own handler."""
        self.is_waiting = False
        try:
            self.previous(_SIGINT, frame)
        except BaseException:
            self.came = True
            raise


_gate = _Gate()


def _arrived(_: int, frame: FrameType | None) -> None:
    """The handler inside a section."""
    if _gate.is_open:
        _gate.deliver(frame)
    else:
        _gate.is_waiting = True


def ask() -> None:
    """Between two steps: let a signal through that has come in the meantime."""
    if _gate.is_waiting and get_ident() == _MAIN:
        _gate.deliver(sys._getframe(1))


def let(call: Callable[[], T], forgives: bool = False) -> T:
    """Call the user's own code, which may be interrupted.

    No context manager: a strategy is called on every day, and entering and leaving one takes longer than the rest.

    Parameters
    ----------
    call : callable
    forgives : bool
        True for the debugger, where Ctrl-C ends what was typed and not the step. Otherwise a strategy that catches the
        interrupt, as a bare ``except`` does, ends its step all the same: what the signal cut off may be half done.
    """
    if get_ident() != _MAIN:
        return call()
    if _gate.is_waiting:
        _gate.deliver(sys._getframe(1))
    try:
        _gate.came, _gate.is_open = False, True
        found = call()
        _gate.is_open = False
    except KeyboardInterrupt:
        _gate.came = _gate.is_open = False
        raise
    except BaseException:
        came, _gate.came, _gate.is_open = _gate.came, False, False
        if came and not forgives:
            raise KeyboardInterrupt from None
        raise
    if _gate.came:
        _gate.came = False
        if not forgives:
            raise KeyboardInterrupt
    return found


class Section:
    """A call that changes a session: a signal does not split it, and it says where the session stands when it ends it.

    One section lies inside another only where the gate is open: a strategy may step a session of its own. Inside one of
    the same session only a callback acts, as a part of its step: what is asked in between may only look.

    Parameters
    ----------
    kept : Interruptible
    call : str
        What the user called, for the message.

    Raises
    ------
    UsageError
        Another thread is in a section of the session; wait until it is done. Or what a watch, a breakpoint or a run
        asks calls what changes the session.
    Interrupted
        At the end, when Ctrl-C came.
    """

    __slots__ = ("_before", "_call", "_draft", "_kept", "_outer", "_previous", "_was_open")

    def __init__(self, kept: Interruptible, call: str) -> None:
        self._kept, self._call = kept, call
        self._previous: Callable[[int, FrameType | None], Any] | None = None
        self._was_open = False

    def __enter__(self) -> None:
        lock, thread = self._kept.lock, get_ident()
        # A notebook may answer a click in a thread of its own: whoever comes while nothing is under way is welcome.
        if not lock.acquire(blocking=False):
            raise UsageError(
                f"{self._call}: another thread is using this session, and one thread at a time can. Wait until it is "
                "done; or open a session of its own for this thread."
            )
        try:
            self._begin(thread)
        except BaseException:
            lock.release()
            raise

    def _begin(self, thread: int) -> None:
        """See where the session stands, and take the signal over."""
        kept, draft = self._kept, self._kept.simulation.draft
        handler, was_open = _handler(_SIGINT), _gate.is_open
        # Ours, with the gate shut, has been left behind by a section that was cut off: take over from it.
        is_nested = handler is _arrived and was_open
        self._outer = kept.under_way if is_nested or thread != _MAIN else ""
        if self._outer and draft is None:
            raise UsageError(
                f"{self._call}: a function that a watch, a breakpoint or run(until=) asks may look at the session, and "
                "not change it. Return what it is to tell, and change the session from the notebook."
            )
        self._before, self._draft, kept.under_way = kept.standing, draft, self._call
        if thread == _MAIN:
            self._was_open = is_nested
            _gate.is_open = False
            if handler is _arrived:
                self._previous = None if is_nested else _gate.previous
            elif callable(handler):
                _gate.is_waiting, _gate.previous, self._previous = False, handler, handler
                _put(_SIGINT, _arrived)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._leave(problem)
        finally:
            self._kept.under_way = self._outer
            self._kept.lock.release()

    def _leave(self, problem: BaseException | None) -> None:
        """Put the user's handler back, and say what became of the call where it was cut off."""
        if self._previous is not None and _handler(_SIGINT) is _arrived:
            _put(_SIGINT, self._previous)
        is_due = False
        if self._previous is not None or self._was_open:
            _gate.is_open = self._was_open
            is_due = _gate.is_waiting
        if is_due or problem is not None:
            self._stopped(problem, is_due=is_due)

    def _stopped(self, problem: BaseException | None, *, is_due: bool) -> None:
        """After an error, a signal, or both: the session is made whole, then the signal gets its exception."""
        kept = self._kept
        if problem is not None:
            kept.recover(self._draft)
        if is_due:
            try:
                _gate.deliver(sys._getframe(2))
            except KeyboardInterrupt as late:
                problem = late
            finally:
                _gate.came = False
        if isinstance(problem, KeyboardInterrupt):
            where = self._where(problem)
            kept.voice.say(where)
            words = kept.voice.words
            raise Interrupted(f"{words.tell(where)}\n{words('interrupted_onwards')}", self._call) from None

    def _where(self, problem: BaseException) -> Said:
        """What was interrupted, and where the session stands."""
        timeline = self._kept.simulation.timeline
        frame, line = user_frame(problem.__traceback__)
        file = frame.f_code.co_filename
        place: Said | str = ""
        if is_own(file):
            text = linecache.getline(file, line).strip()
            code = f" `{text}`" if text else ""
            place = Said("in_line", line=line, file=file_name(file), code=code)
        branch, stop = self._before[:2]
        now = self._kept.standing
        if timeline.branch is branch and timeline.cursor > cast("int", stop):
            count = timeline.cursor - cast("int", stop)
            done = Said("stops_kept", count=count)
        elif all(
            one is other or (one == other and isinstance(one, int))
            for one, other in zip(self._before, now, strict=True)
        ):
            done = Said("nothing_done")
        else:
            done = Said("all_done")
        facts = {"call": self._call, "place": place, "done": done, "branch": timeline.branch.name}
        return Said("interrupted", moment=self._kept.moment, **facts)
