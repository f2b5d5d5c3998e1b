"""Watches: values that are noted at every step and printed when they changed at a stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from qresearch.book import frames
from qresearch.book.timeline import Branch
from qresearch.domain.attributes import told_names
from qresearch.domain.calls import told_calls
from qresearch.domain.moment import PHASES
from qresearch.errors import UsageError, shown
from qresearch.session.expressions import NAMES, Measure, label, measure
from qresearch.session.interrupts import Section, let

if TYPE_CHECKING:
    from qresearch.session.port import AnySession


@told_names(lambda _, name: f"Write watch({name!r}), and look at watch.table." if name in NAMES else "")
@told_calls
class Watch:
    """Call it to watch something; :attr:`table` has a row per step.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> _ = session.buy("604018", 1000)
    >>> _ = session.watch("positions['604018'].quantity")
    >>> _ = session.step()
    positions['604018'].quantity: 0 -> 1,000
    """

    def __init__(self, session: AnySession, section: Callable[[str], Section]) -> None:
        self._session, self._section = session, section
        self._measures: dict[str, Measure] = {}
        self._rows: dict[tuple[int, int], dict[str, Any]] = {}
        self._shown: dict[str, Any] = {}
        self._branches: list[Branch] = []

    def __call__(self, *what: str | Measure) -> Watch:
        """Watch expressions or functions from here on.

        Parameters
        ----------
        *what : str or callable
            An expression such as ``"equity"`` or ``"positions['600519.SH'].quantity"`` (it may use cash, equity, nav,
            profit, positions, memory and a few more), or a function of the session.

        Returns
        -------
        Watch

        Raises
        ------
        UsageError
            Not an expression, or one that cannot be computed now, or that changes the session; the message says why.
        """
        measures = {self._free(label(item)): measure(item) for item in what}
        with self._section("watch"):
            let(lambda: self._begin(measures))
        return self

    def _begin(self, measures: dict[str, Measure]) -> None:
        """Watch more, if all of it can be computed."""
        for name, item in measures.items():
            try:
                item(self._session)
            except Exception as problem:
                why = f"{type(problem).__name__}: {problem}".rstrip(".")
                raise UsageError(
                    f"watch: {shown(name)} cannot be computed here: {why}. "
                    "Mend it, or write it so that it also holds when nothing is held."
                ) from problem
        self._measures.update(measures)
        self.note()
        self._shown.update(self._row())

    def _free(self, name: str) -> str:
        """A name of its own for every function that has none."""
        if name != "lambda":
            return name
        return f"lambda {sum(known.startswith('lambda') for known in self._measures) + 1}"

    def remove(self, *names: str) -> None:
        """Watch no longer; all of them when none is named. What has been noted stays in the table until then."""
        for name in names or tuple(self._measures):
            if not isinstance(name, str) or name not in self._measures:
                raise UsageError(
                    f"watch: {shown(name)} is not watched. Watched are {', '.join(self._measures) or 'none'}."
                )
            del self._measures[name]
            self._shown.pop(name, None)

    def __bool__(self) -> bool:
        """True while anything is watched."""
        return bool(self._measures)

    def _row(self) -> dict[str, Any]:
        row = {}
        for name, item in self._measures.items():
            try:
                row[name] = item(self._session)
            except Exception as problem:  # a watch never stops a run
                row[name] = f"{type(problem).__name__}: {problem}"
        return row

    def _place(self, branch: Branch) -> int:
        if branch not in self._branches:
            self._branches.append(branch)
        return self._branches.index(branch)

    def note(self) -> None:
        """Take the values of the present stop."""
        timeline = self._session.simulation.timeline
        key = self._place(timeline.branch), timeline.cursor
        self._rows.setdefault(key, {}).update(self._row())

    def tell(self) -> None:
        """Print what has changed since the last stop, in one line."""
        row = self._row()
        changes = [
            f"{name}: {_text(self._shown[name])} -> {_text(value)}"
            for name, value in row.items()
            if name in self._shown and not _same(self._shown[name], value)
        ]
        self._shown = row
        if changes:
            print("; ".join(changes))

    @property
    def table(self) -> pd.DataFrame:
        """What was noted on this branch up to the cursor, one row per stop, one column per watch.

        Indexed by `day`, with the `phase`; the stops before a fork are those of the parent.
        """
        timeline = self._session.simulation.timeline
        rows: dict[int, dict[str, Any]] = {}
        branch: Branch | None = timeline.branch
        last = timeline.cursor
        while branch is not None:
            place = self._place(branch)
            for stop in range(last + 1):
                if stop not in rows and (place, stop) in self._rows:
                    rows[stop] = self._rows[place, stop]
            last, branch = min(last, branch.fork), branch.parent
        stops = sorted(rows)
        states = [timeline.branch.states[stop] for stop in stops]
        exchange = self._session.simulation.exchange
        days = [frames.timestamp(exchange, state.day) for state in states]
        index = pd.DatetimeIndex(days, name="day").as_unit("s")
        phases = [PHASES[state.phase].value for state in states]
        columns = list(dict.fromkeys(name for stop in stops for name in rows[stop]))
        data = {name: [rows[stop].get(name, math.nan) for stop in stops] for name in columns}
        frame = pd.DataFrame({"phase": phases, **data}, index=index)
        return frames.with_times(exchange, frame, [state.at for state in states], "phase", "time")

    def __repr__(self) -> str:
        return f"<Watch {', '.join(f'{name} = {_text(value)}' for name, value in self._row().items()) or 'nothing'}>"

    def _repr_html_(self) -> str:
        return self.table.to_html() if self._measures else "<i>Nothing is watched.</i>"


def _same(old: Any, new: Any) -> bool:
    try:
        return bool(old == new) or (old != old and new != new)
    except Exception:  # arrays and frames: what cannot be compared has changed
        return False


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
