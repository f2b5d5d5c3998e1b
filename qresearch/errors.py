"""Every exception that qresearch raises on purpose.

    QresearchError
    |- UsageError (ValueError)                your call was wrong; the message ends with the remedy
    |  |- UnknownName (AttributeError)        an object has no such attribute
    |  |- UnknownItem (KeyError)              nothing is kept under that name
    |  |- UnknownSymbol (KeyError)            no such instrument; carries close matches
    |  |- OutOfRange (IndexError)             a day outside the market or the branch
    |  |- NotSupported (NotImplementedError)  a word that is understood but not honoured
    |  `- WrongBranch                         acting through a ticket of another branch
    |- DataError (ValueError)                 the data are wrong; carries field, symbol, day and a sample
    |- SourceUnavailable (ConnectionError)    a data vendor did not answer; carries what to do without it
    |- OrderRejected (RuntimeError)           only with ``strict=True``: a rejection turned into an exception
    |- StrategyError (RuntimeError)           a strategy raised; names the day, the phase and the line
    |- JournalError (RuntimeError)            a journal cannot be written, read or followed; names the day and event
    `- InternalError (RuntimeError)           an invariant broke: our bug, not yours

    Interrupted (KeyboardInterrupt)           Ctrl-C, once the session is whole again. It stands apart from the tree, so
                                              that ``except Exception`` around a run does not swallow it

A wrong call is an exception. A wrong order is data: see :mod:`qresearch.domain.reasons`.
Each class is also the builtin that one would catch anyway.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable
from enum import Enum
from pathlib import PurePath


class QresearchError(Exception):
    """Base class of every exception that qresearch raises on purpose."""

    def __str__(self) -> str:
        # KeyError would print the repr of the message, quotes and all.
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[object, ...]:
        # As BaseException does it, but for constructors that ask for more than the message: an error of another process
        # comes back whole.
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[QresearchError], args: tuple[object, ...]) -> QresearchError:
    return kind.__new__(kind, *args)


class UsageError(QresearchError, ValueError):
    """A call with a wrong argument; the message ends with what to do."""


class UnknownName(UsageError, AttributeError):
    """An object has no such attribute; the message names those that look like it."""


class UnknownItem(UsageError, KeyError):
    """Nothing is kept under such a name; the message names what is."""


_FEW = 3
"""Symbols of a market up to which a message names all."""


class UnknownSymbol(UsageError, KeyError):
    """No such instrument in this market.

    Attributes
    ----------
    symbol : str
        What was asked for.
    matches : tuple of str
        Symbols of this market that look like it, best first.
    """

    def __init__(self, symbol: object, symbols: Iterable[str], called: Iterable[str] = ()) -> None:
        known = list(symbols)
        self.symbol = symbol if isinstance(symbol, str) else shown(symbol)
        # What goes by that name comes before what is spelled like it.
        self.matches = tuple(called) or close_matches(self.symbol, known)
        few = 0 < len(known) <= _FEW
        held = f"holds {', '.join(known)}." if few else f"holds {len(known)} instruments, it is not one of them."
        kind = "" if isinstance(symbol, str) else f" Its type is {type(symbol).__name__}; a symbol is text in quotes."
        super().__init__(
            f"Unknown symbol {shown(symbol)}: this market {held}{kind} {did_you_mean(self.matches)}"
            f"{'Pass one that it holds.' if few else 'See session.market.symbols for all of them.'}"
        )


class OutOfRange(UsageError, IndexError):
    """A day that the market or the branch does not hold."""


class NotSupported(UsageError, NotImplementedError):
    """A word that is understood but not honoured; the message names the nearest one that is."""


class WrongBranch(UsageError):
    """A ticket of another branch was used to act."""


class DataError(QresearchError, ValueError):
    """Market data that cannot be trusted.

    Attributes
    ----------
    field, symbol, day : str or None
        Where the first bad value stands.
    sample : tuple of str
        The first few bad rows, as text.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        symbol: str | None = None,
        day: str | None = None,
        sample: Iterable[str] = (),
    ) -> None:
        self.field, self.symbol, self.day = field, symbol, day
        self.sample = tuple(sample)
        lines = "".join(f"\n  {row}" for row in self.sample)
        super().__init__(message + lines)


class SourceUnavailable(QresearchError, ConnectionError):
    """A data vendor did not answer; what it answered before is in the cache, so the next call goes on from there."""


class OrderRejected(QresearchError, RuntimeError):
    """An order was rejected and the session is strict.

    Attributes
    ----------
    order_id : str
    reason : str
        Code from the closed list of reasons.
    """

    def __init__(self, message: str, order_id: str, reason: str) -> None:
        self.order_id, self.reason = order_id, reason
        super().__init__(message)


class StrategyError(QresearchError, RuntimeError):
    """A callback of a strategy raised; the session stands where it stood before the step.

    The exception of the strategy is chained (``__cause__``).

    Attributes
    ----------
    day, phase, callback : str
    line : int or None
        Line in the file or cell of the strategy.
    """

    def __init__(self, message: str, *, day: str, phase: str, callback: str, line: int | None) -> None:
        self.day, self.phase, self.callback, self.line = day, phase, callback, line
        super().__init__(message)


class JournalError(QresearchError, RuntimeError):
    """A journal cannot be written, read or followed; the session stays usable in memory.

    Attributes
    ----------
    day, event : str or None
        Where doing the commands again first gave something else.
    """

    def __init__(self, message: str, *, day: str | None = None, event: str | None = None) -> None:
        self.day, self.event = day, event
        super().__init__(message)


class InternalError(QresearchError, RuntimeError):
    """An invariant of the simulator broke. Please report it with the digest of the session."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped a call of a session, which is as it was before or after the step or command.

    The message says in two lines where it stands and how to go on; IPython shows them instead of a traceback. No
    :class:`QresearchError`: a loop with ``except Exception`` ends, as with any other Ctrl-C.

    Attributes
    ----------
    call : str
        What was interrupted: "step", "run" and so on.
    sweep : Sweep or None
        Of an interrupted sweep: what is done of it; its ``resume()`` goes on.
    """

    def __init__(self, message: str, call: str = "", sweep: object = None) -> None:
        self.call, self.sweep = call, sweep
        super().__init__(message)

    def _render_traceback_(self) -> list[str]:
        """What IPython prints."""
        return str(self).splitlines()


class MarketWarning(UserWarning):
    """Something about the market data that changes what a result means."""


_SHOWN = 60
"""Longest value in a message; the rest of it is left out."""
_NAMED = (type, types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def shown(value: object) -> str:
    """A value as a message shows it: on one line, shortened when long, an enumeration by its name.

    >>> shown("100"), shown("a" * 100)[-5:], shown(shown)
    ("'100'", 'aa...', 'shown')
    """
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, _NAMED):
        return value.__name__
    if isinstance(value, PurePath):
        value = str(value)
    try:
        words = " ".join(repr(value).split())
    except Exception:  # what cannot say what it is, an integer of 5,000 digits included
        words = f"<{type(value).__name__}>"
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 3].rstrip()}..."


def close_matches(word: str, words: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Words that look like `word`, best first.

    >>> close_matches("601930", ["601390.SH", "000001.SZ"])
    ('601390.SH',)
    """
    if len(word) > _SHOWN:
        return ()  # no slip of the pen, and costly to compare
    known = list(words)
    direct = difflib.get_close_matches(word, known, n=4 * limit, cutoff=0.6)
    if direct:
        return tuple(sorted(direct, key=lambda match: -_shared_start(word, match))[:limit])
    # A bare code scores low against a suffixed one: compare the parts before the dot too.
    by_code = {known_word.partition(".")[0]: known_word for known_word in known}
    code = word.partition(".")[0]
    matches = difflib.get_close_matches(code, by_code, n=4 * limit, cutoff=0.6)
    return tuple(by_code[match] for match in sorted(matches, key=lambda match: -_shared_start(code, match))[:limit])


def _shared_start(one: str, other: str) -> int:
    """Number of characters that two words begin with in common: a slip is likelier at the end than at the start."""
    return next((number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def did_you_mean(matches: Iterable[str]) -> str:
    """A sentence for an error message, empty when nothing matches.

    >>> did_you_mean(["open", "close"])
    'Did you mean open or close? '
    """
    found = list(matches)
    return f"Did you mean {' or '.join(found)}? " if found else ""


def choose(what: str, value: object, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of `allowed`.

    Parameters
    ----------
    what : str
        Name of the argument, for the message.
    value : object
    allowed : iterable of str

    Raises
    ------
    UsageError
        Not one of them; pass one of the listed words.

    >>> choose("match_order", "fifo", ["sells_first", "fifo"])
    'fifo'
    """
    if type(allowed) is tuple and type(value) is str and value in allowed:
        return value
    words = [str(word) for word in allowed]
    if isinstance(value, str) and value in words:
        return value
    hint = (
        did_you_mean(_in_other_letters(value, words) or close_matches(value, words)) if isinstance(value, str) else ""
    )
    allowed_words = ", ".join(map(repr, words))
    raise UsageError(f"{what}={shown(value)} is not known: it can be {allowed_words}. {hint}Pass one of these.")


def _in_other_letters(word: str, words: Iterable[str]) -> list[str]:
    """The words that are the same but for capital letters."""
    return [known for known in words if known.casefold() == word.casefold()]
