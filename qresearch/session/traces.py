"""Where a strategy raised: the user's own line, told as an error of the toolkit."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType

from qresearch.domain.calls import retold
from qresearch.errors import StrategyError, UsageError, close_matches, did_you_mean
from qresearch.session.trading import TradingApi

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_LIBRARIES = tuple(
    {path for name, path in sysconfig.get_paths().items() if name in {"stdlib", "platstdlib", "purelib", "platlib"}}
)


def strategy_error(problem: BaseException, callback: str, day: str, phase: str, *, is_opening: bool) -> StrategyError:
    """The error that says where a strategy raised.

    Parameters
    ----------
    problem : Exception or SystemExit
        What the strategy raised.
    callback : str
    day, phase : str
        Where the step stood.
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
    # What we refuse before a line of the user's is reached is at none of them.
    where = "" if file.startswith(_PACKAGE) else f", line {line} of {file_name(file)}" + (f" `{text}`" if text else "")
    if is_opening:
        when, after = "", "No session was opened; mend the function and open it again."
    else:
        when = f" on {day} at {phase}"
        after = (
            "The session stands where it stood before this step; mend the function and step again. What the step had "
            "done is in session.attempt."
        )
    return StrategyError(
        f"{callback} raised {type(problem).__name__}{when}{where}: {_said(problem)} {after}",
        day=day,
        phase=phase,
        callback=callback,
        line=line if where else None,
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
    elsewhere = ""
    if isinstance(problem, ModuleNotFoundError):
        elsewhere = (
            " A script that was written for another system imports its modules: open it with Session.from_script(...), "
            "on the command line with --dialect."
        )
    raised = f"{type(problem).__name__}{where}: {_said(problem)}"
    return StrategyError(
        f"{name} cannot be loaded: {raised} Mend it and try again.{elsewhere}",
        day="",
        phase="",
        callback="load",
        line=line,
    )


def _said(problem: BaseException) -> str:
    """What an exception says, to the end of its sentence."""
    if isinstance(problem, SystemExit):
        said = "a strategy does not end the program that runs it; leave the function with return"
    elif isinstance(problem, TypeError):
        said = retold(problem, TradingApi)
    elif isinstance(problem, UsageError):
        said = str(problem)
    elif isinstance(problem, AttributeError):
        said = _renamed(problem)
    elif isinstance(problem, KeyError):
        said = f"nothing is found under {problem}; look at what is there with print(list(...))"
    else:
        said = str(problem.msg if isinstance(problem, SyntaxError) else problem)
    said = said.rstrip(". ") or "it said nothing"
    return said if said.endswith(("?", "!")) else f"{said}."


def _renamed(problem: AttributeError) -> str:
    """What Python says of an attribute that is not there, with what is near it: of a strategy it shows no traceback."""
    said, known = str(problem), list[str]()
    if isinstance(problem.obj, Mapping) and problem.name in problem.obj:
        return f"{said}. It is an entry: write [{problem.name!r}] in place of .{problem.name}"
    if problem.name and problem.obj is not None and "Did you mean" not in said:
        with suppress(Exception):  # whatever an object of the user's raises when it is looked into
            known = [name for name in dir(problem.obj) if not name.startswith("_")]
    hint = did_you_mean(close_matches(problem.name or "", known))
    return f"{said}. {hint}" if hint else said


def file_name(name: str) -> str:
    """The file as a person calls it; cells of a notebook have names that mean nothing, texts names in brackets."""
    cell = name.startswith("<ipython-input") or "ipykernel_" in name
    return "the cell" if cell else Path(name.strip("<>")).name


def user_frame(trace: TracebackType | None) -> tuple[FrameType, int]:
    """The innermost frame of the user's own code, and its line; the innermost of all when none is the user's."""
    found = list(traceback.walk_tb(trace))
    own = [
        item for item in found
        # What a dataclass of this package generates is in no file, and no user's.
        if is_own(item[0].f_code.co_filename) and not str(item[0].f_globals.get("__name__")).startswith("qresearch.")
    ]  # fmt: skip
    return (own or found)[-1]


def is_own(file: str) -> bool:
    """Whether a file is the user's: neither of this package nor of a library."""
    if file.startswith("<"):  # of cells, of what is typed, and of scripts that are texts
        return file.startswith(("<ipython-input", "<string", "<stdin")) or file.endswith(".py>")
    return not file.startswith((_PACKAGE, *_LIBRARIES))
