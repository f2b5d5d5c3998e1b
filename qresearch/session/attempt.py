"""A step that failed: what it had done before the strategy raised, kept to be looked at."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from html import escape
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from qresearch.domain import events
from qresearch.domain.calls import retold
from qresearch.errors import StrategyError
from qresearch.session import frames
from qresearch.session.html import table
from qresearch.session.orders import OrderBook, OrderRecord
from qresearch.session.trading import TradingApi

if TYPE_CHECKING:
    import pandas as pd

    from qresearch.session.session import Now, Session

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_LIBRARIES = tuple(
    {path for name, path in sysconfig.get_paths().items() if name in {"stdlib", "platstdlib", "purelib", "platlib"}}
)
_MOST = 60
"""Characters of a value in a table of locals."""


def strategy_error(problem: BaseException, callback: str, now: Now, *, is_opening: bool) -> StrategyError:
    """The error that says where a strategy raised.

    Parameters
    ----------
    problem : Exception or SystemExit
        What the strategy raised.
    callback : str
    now : Now
    is_opening : bool
        Before the first day, in what is called once while the session is opened.

    Returns
    -------
    StrategyError
        With the day, the phase, the line and its text.
    """
    frame, line = user_frame(problem.__traceback__)
    file = frame.f_code.co_filename
    text = linecache.getline(file, line).strip()
    quoted = f" `{text}`" if text else ""
    day = str(now.day)[:10]
    if is_opening:
        when, after = "", "No session was opened; mend the function and open it again."
    else:
        when = f" on {day} at {now.phase.value}"
        after = (
            "The session stands where it stood before this step; mend the function and step again. What the step had "
            "done is in session.attempt."
        )
    return StrategyError(
        f"{callback} raised {type(problem).__name__}{when}, line {line} of {file_name(file)}{quoted}: "
        f"{_said(problem)}. {after}",
        day=day,
        phase=now.phase.value,
        callback=callback,
        line=line,
    )


def load_error(problem: BaseException, name: str, file: str | None = None) -> StrategyError:
    """The error that says where a strategy raised while it was loaded.

    Parameters
    ----------
    problem : Exception or SystemExit
        What its file, or the constructor of its class, raised.
    name : str
        Of the file or class, for the message.
    file : str, optional
        As tracebacks name it: the line is the last one in it. Default: the innermost line of the user's own code.

    Returns
    -------
    StrategyError
    """
    if isinstance(problem, SyntaxError) and problem.filename == file:
        line = problem.lineno
    elif file is None:
        line = user_frame(problem.__traceback__)[1]
    else:
        lines = [row.lineno for row in traceback.extract_tb(problem.__traceback__) if row.filename == file]
        line = lines[-1] if lines else None
    where = f" in line {line}" if line else ""
    return StrategyError(
        f"{name} cannot be loaded: {type(problem).__name__}{where}: {_said(problem)}. Mend it and try again.",
        day="",
        phase="",
        callback="load",
        line=line,
    )


def _said(problem: BaseException) -> str:
    """What an exception says, without a full stop."""
    if isinstance(problem, SystemExit):
        return "a strategy does not end the program that runs it; leave the function with return"
    if isinstance(problem, TypeError):
        return retold(problem, TradingApi).rstrip(".")
    return str(problem.msg if isinstance(problem, SyntaxError) else problem).rstrip(".")


def file_name(name: str) -> str:
    """The file as a person calls it; cells of a notebook have names that mean nothing, texts names in brackets."""
    cell = name.startswith("<ipython-input") or "ipykernel_" in name
    return "the cell" if cell else Path(name.strip("<>")).name


def user_frame(trace: TracebackType | None) -> tuple[FrameType, int]:
    """The innermost frame of the user's own code, and its line; the innermost of all when none is the user's."""
    found = list(traceback.walk_tb(trace))
    own = [item for item in found if is_own(item[0].f_code.co_filename)]
    return (own or found)[-1]


def is_own(file: str) -> bool:
    """Whether a file is the user's: neither of this package nor of a library."""
    if file.startswith("<"):  # of cells, of what is typed, and of scripts that are texts
        return file.startswith(("<ipython-input", "<string", "<stdin")) or file.endswith(".py>")
    return not file.startswith((_PACKAGE, *_LIBRARIES))


class Attempt:
    """What a failed step had done before it raised. The session itself stands before that step.

    Parameters
    ----------
    session : Session
    log : list of Event
        Of the step, up to the raise.
    error : StrategyError
    """

    def __init__(self, session: Session, log: list[events.Event], error: StrategyError) -> None:
        self._session = session
        self._events = log
        self._branch, self._count = session._timeline.branch, session._timeline.count
        self.error = error
        """The :class:`~qresearch.StrategyError`; what the strategy itself raised is its ``__cause__``."""
        frame, _ = user_frame(error.__traceback__)
        self.locals: dict[str, Any] = dict(frame.f_locals)
        """The variables of the user's function where it raised. What hangs on the session (``context``) is live."""
        self.memory: dict[str, Any] = dict(session.memory)
        """What the strategy remembered at the raise; ``session.memory`` is that before the step."""
        self.traceback = "".join(traceback.format_exception(error.__cause__ or error))
        """The traceback as text. ``%debug`` opens the debugger in the same place."""

    @property
    def day(self) -> str:
        """Day of the raise."""
        return self.error.day

    @property
    def phase(self) -> str:
        """Phase of the raise."""
        return self.error.phase

    @property
    def callback(self) -> str:
        """Function that raised."""
        return self.error.callback

    @property
    def line(self) -> int | None:
        """Line that raised, in its file or cell."""
        return self.error.line

    @property
    def events(self) -> pd.DataFrame:
        """What happened in the step before the raise; columns as in :attr:`Session.events`."""
        book = OrderBook()
        book.advance(self._branch.log, self._count)
        return frames.events_frame(self._session._exchange, self._events, book)

    @property
    def fills(self) -> pd.DataFrame:
        """Executions of the step before the raise; columns as in :attr:`Session.fills`."""
        return frames.fills_frame(self._session._exchange, self._events)

    @property
    def orders(self) -> pd.DataFrame:
        """The orders that the step placed or touched, as they were at the raise; columns as in ``Session.orders``."""
        book = OrderBook()
        book.advance(self._branch.log, self._count)
        touched = dict.fromkeys(
            order_id
            for event in events.records(iter(self._events))
            if (order_id := getattr(event, "order_id", None)) is not None
        )
        found: list[OrderRecord] = []
        for order_id in sorted(touched):
            record = book.with_events(self._events, order_id)
            if record is not None:
                found.append(record)
        return frames.orders_frame(self._session._exchange, found)

    def __repr__(self) -> str:
        return f"<Attempt at {self.day} {self.phase}: {self.error}>"

    def _repr_html_(self) -> str:
        names = [name for name in self.locals if not name.startswith("__")]
        rows = [(escape(name), escape(_short(self.locals[name]))) for name in names[:20]]
        shown = table(("Local", "Value"), rows, total=len(names)) if rows else ""
        return f"<div><b>Failed step</b> {escape(str(self.error))}</div>{shown}{self.orders.to_html()}"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception as problem:  # a broken repr of a user's object must not hide the rest
        return f"<{type(value).__name__}: {type(problem).__name__}>"
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
