"""Magics for a notebook: ``%load_ext qresearch``.

They act on the variable ``session`` of the notebook, or on its only session, or on the one named with ``-s name``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

from qresearch.errors import UsageError, choose
from qresearch.sentences import Said
from qresearch.session.session import Session

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    from qresearch.book.explanation import Explanation


class Magics:
    """The magics of one shell.

    Parameters
    ----------
    shell : InteractiveShell
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def register(self) -> None:
        """Make the magics known to the shell."""
        lines: dict[str, Callable[[str], object]] = {
            "step": self.step,
            "back": self.back,
            "goto": self.goto,
            "run_until": self.run_until,
            "orders": self.orders,
            "explain": self.explain,
        }
        register = cast("Any", self._shell).register_magic_function
        for name, magic in lines.items():
            register(magic, "line", name)
        register(self.strategy, "cell", "strategy")

    def _session(self, call: str, line: str, most: int) -> tuple[Session, list[str]]:
        """The session that a line is about, and its words, of which the call takes so many."""
        session, words = self._named(line)
        if len(words) > most:
            word = words[most]
            named = f" A session is named with -s: {call} -s {word}." if self._is_session(word) else ""
            raise UsageError(f"{call}: {word!r} is too much, it takes {most or 'no'} word{'s' * (most != 1)}.{named}")
        return session, words

    def _is_session(self, name: str) -> bool:
        return isinstance(self._shell.user_ns.get(name), Session)

    def _named(self, line: str) -> tuple[Session, list[str]]:
        """The session that is named with -s, or the one that there is, and the other words."""
        words = line.split()
        known = self._shell.user_ns
        name = "session"
        if words[:1] == ["-s"]:
            if len(words) < 2:
                raise UsageError("-s needs the name of a session: %step -s mine.")
            name, words = words[1], words[2:]
        found = known.get(name)
        if isinstance(found, Session):
            return found, words
        others = {id(item): item for item in known.values() if isinstance(item, Session)}
        if name == "session" and len(others) == 1:
            return next(iter(others.values())), words
        names = [key for key, item in known.items() if isinstance(item, Session) and not key.startswith("_")]
        raise UsageError(
            f"No session is called {name!r} here. "
            + (f"Name one with -s: {', '.join(names)}." if names else "Make one: session = qr.Session(...).")
        )

    def step(self, line: str = "") -> Session:
        """Step: ``%step``, ``%step 5``, ``%step OPEN``, ``%step rerun``, ``%step debug``."""
        session, words = self._session("%step", line, 3)
        options: dict[str, Any] = {}
        count = 1
        for word in words:
            if word.isdigit():
                count = int(word)
            elif word in {"rerun", "debug"}:
                options[word] = True
            else:
                options["phase"] = word if word == "next" else word.upper()
        return session.step(count, **options)

    def back(self, line: str = "") -> Session:
        """Go back: ``%back``, ``%back 3``."""
        session, words = self._session("%back", line, 1)
        return session.back(_whole("%back", words[0]) if words else 1)

    def goto(self, line: str) -> Session:
        """Go to a kept stop: ``%goto 2022-03-10``, with a time on minute data, ``%goto 0``, ``%goto event 17``."""
        session, words = self._session("%goto", line, 2)
        if not words:
            raise UsageError("%goto needs a date, the number of a stop, or 'event' and a number: %goto 2022-03-10.")
        if words[0] == "event" and len(words) > 1:
            return session.goto(event=_whole("%goto event", words[1]))
        where = " ".join(words)
        number = where.lstrip("-").isdigit() and len(where) < 8
        return session.goto(int(where) if number else where)

    def run_until(self, line: str = "") -> Session:
        """Run to the end, or up to a date, ``order.rejected`` or a breakpoint: ``%run_until 2022-03-10``."""
        session, words = self._named(line)
        return session.run(until=" ".join(words) or None)

    def orders(self, line: str = "") -> pd.DataFrame:
        """The orders as a table; ``%orders open`` those that are still open."""
        session, words = self._session("%orders", line, 1)
        return session.open_orders if words and choose("%orders", words[0], ("open",)) else session.orders

    def explain(self, line: str) -> Explanation:
        """Why an order did what it did: ``%explain 3``; without a number the last one."""
        session, words = self._session("%explain", line, 1)
        return session.explain(words[0] if words else str(len(session.orders)))

    def strategy(self, line: str, cell: str) -> Session:
        """Run the cell, and put its functions in the place of those of the same names in the strategy.

        A class of the strategy's name, or a function that the strategy is, replaces it as a whole; ``before_trading``,
        ``handle_data`` and the like, methods left out, replace or add that callback; a function that ``run_daily``
        calls replaces it there.
        """
        session, _ = self._session("%%strategy", line, 0)
        names = [node.name for node in ast.parse(cell).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        if not names:
            raise UsageError("%%strategy: the cell defines no function and no class. Define one to be replaced.")
        target = session.strategy.target
        # The globals of a strategy that is a script.
        namespace = target if isinstance(target, dict) else None
        if namespace is None:
            namespace = self._shell.user_ns
        # The first line of the cell is the magic itself: what follows keeps its line, also for a debugger, which knows
        # the cell by its text.
        whole = f"{f'%%strategy {line}'.rstrip()}\n{cell.removesuffix(chr(10))}"
        code = f"#{whole}"
        name = self._shell.compile.cache(code, self._shell.execution_count, raw_code=whole)
        exec(compile(code, name, "exec"), namespace)  # the user's own cell, run where the strategy is
        made = {name: namespace[name] for name in names}
        current = session.strategy.name
        if current in made:
            session.strategy = made[current]
            replaced = [current]
        else:
            functions: dict[str, Callable[..., object]] = {
                name: item for name, item in made.items() if isinstance(item, FunctionType)
            }
            replaced = session._host.replace_functions(functions, cell)
        if not replaced:
            raise UsageError(
                f"%%strategy: the strategy {current!r} uses no {' or '.join(names)}. Name it as the strategy does, or "
                "assign the whole: session.strategy = ..."
            )
        session.message = session.words.tell(Said("functions_replaced", names=", ".join(replaced)))
        return session


def _whole(call: str, word: str) -> int:
    if not word.isdigit():
        raise UsageError(f"{call}: {word!r} is not a whole number. Write it as in {call} 3.")
    return int(word)


def load(shell: InteractiveShell) -> None:
    """Register the magics; called by ``%load_ext qresearch``."""
    Magics(shell).register()
