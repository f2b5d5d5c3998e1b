"""The branches of a session: what was tried, as a tree that can be walked and compared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qresearch.book import frames
from qresearch.book.history import AccountHistory
from qresearch.book.html import number, table
from qresearch.book.orders import Orders
from qresearch.book.portfolio import Portfolio
from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.domain.attributes import told_names
from qresearch.domain.calls import told_calls
from qresearch.domain.moment import CLOSE
from qresearch.errors import UsageError, close_matches, did_you_mean, shown
from qresearch.sentences import Words
from qresearch.session.encoding import first_difference
from qresearch.session.navigation import Navigation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qresearch.session.port import AnySession

_CLOCKWORK = (events.Advanced, events.QueueEmptied)
_DEEPEST = 20


def _switched(branches: Branches, name: str) -> str:
    if name in {"delete", "remove", "drop", "pop"}:
        return "A branch is never erased: rename(old, new) gives it another name, switch(name) leaves it."
    return f"Write branches.switch({name!r})." if name in branches else ""


@told_names(_switched)
@told_calls
class Branches:
    """All branches, oldest first; nothing is ever erased.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).step(3)
    >>> _ = session.back(2).branch("early")
    >>> _ = session.buy("604018", 1000)
    >>> _ = session.step(2)
    >>> session.branches.table[["parent", "days", "orders"]].to_dict("index")["early"]
    {'parent': 'main', 'days': 3, 'orders': 1}
    """  # as pandas prints it

    def __init__(self, session: AnySession, navigation: Navigation) -> None:
        self._session, self._navigation = session, navigation

    def __iter__(self) -> Iterator[str]:
        return iter(self._session.simulation.timeline.branches)

    def __len__(self) -> int:
        return len(self._session.simulation.timeline.branches)

    def __contains__(self, name: object) -> bool:
        return name in self._session.simulation.timeline.branches

    @property
    def current(self) -> str:
        """Name of the branch on which the session stands."""
        return self._session.simulation.timeline.branch.name

    def _find(self, name: str) -> Branch:
        known = self._session.simulation.timeline.branches
        if not isinstance(name, str) or name not in known:
            hint = did_you_mean(close_matches(name, known)) if isinstance(name, str) else ""
            raise UsageError(f"No branch {shown(name)}. {hint}There are: {', '.join(known)}.")
        return known[name]

    def switch(self, name: str) -> AnySession:
        """Stand on another branch, where one last stood on it. Nothing is simulated.

        Parameters
        ----------
        name : str

        Raises
        ------
        UsageError
            No such branch; the message lists them.
        """
        self._navigation.switch(self._find(name).name)
        return self._session

    def rename(self, old: str, new: str) -> None:
        """Give a branch another name.

        Raises
        ------
        UsageError
            No branch `old`, or `new` is taken or no text.
        """
        self._navigation.rename(self._find(old).name, new)

    def compare(self, a: str, b: str | None = None) -> Comparison:
        """Two branches side by side, each to its end.

        Parameters
        ----------
        a : str
        b : str, optional
            Default: the branch on which the session stands.

        Returns
        -------
        Comparison
            With ``first``, ``equity``, ``orders``, ``positions`` and ``plot()``.

        Raises
        ------
        UsageError
            No such branch.
        """
        return Comparison(self._session, self._find(a), self._find(self.current if b is None else b))

    @property
    def table(self) -> pd.DataFrame:
        """All branches, one row each, by name.

        `parent` and `forked` (the day from which it starts; NaT before the data), `days` simulated, kept `stops`,
        `orders`, `fills`, `end` (its last day), `equity` there in the currency, and `here` for the one that the
        session stands on.
        """
        rows = [self._row(branch) for branch in self._session.simulation.timeline.branches.values()]
        columns = ["parent", "forked", "days", "stops", "orders", "fills", "end", "equity", "here"]
        index = pd.Index(list(self), name="name", dtype="str")
        frame = pd.DataFrame(rows, columns=columns, index=index)
        return frame.astype({"parent": "str", "forked": "datetime64[s]", "end": "datetime64[s]"})

    def _row(self, branch: Branch) -> tuple[Any, ...]:
        session = self._session
        exchange, tip = session.simulation.exchange, branch.states[-1]
        forked = pd.NaT if branch.parent is None else frames.timestamp(exchange, branch.states[branch.fork].day)
        days = max(tip.day - exchange.first + (tip.phase >= CLOSE), 0)
        # Counted without taking blocks apart: branches of branches repeat what came before them.
        fills = sum(
            np.count_nonzero(np.asarray(event.quantities))
            if isinstance(event, events.Matched)
            else isinstance(event, events.OrderFilled)
            for event in branch.log
        )
        equity = Portfolio(exchange, tip, session.simulation.starting_equity).equity
        parent = "" if branch.parent is None else branch.parent.name
        end = frames.timestamp(exchange, tip.day)
        here = branch is session.simulation.timeline.branch
        return parent, forked, days, len(branch.states), tip.orders, fills, end, equity, here

    def _tree(self) -> Iterator[tuple[int, str]]:
        """(depth, name) of every branch, children below their parent."""
        children: dict[str, list[str]] = {}
        branches = self._session.simulation.timeline.branches
        for name, branch in branches.items():
            children.setdefault("" if branch.parent is None else branch.parent.name, []).append(name)

        # By hand, not by recursion: branches of branches may be thousands deep.
        waiting = [(0, name) for name in reversed(children.get("", ()))]
        while waiting:
            depth, name = waiting.pop()
            yield depth, name
            waiting += [(depth + 1, child) for child in reversed(children.get(name, ()))]

    def __repr__(self) -> str:
        rows, words = self.table, self._session.words
        lines = []
        for depth, name in self._tree():
            row = rows.loc[name]
            forked = words("branch_from", day=_day(row.forked, words)) if row.parent else ""
            mark = "*" if row.here else " "
            facts = {"end": _day(row.end, words), "orders": row.orders, "equity": f"{row.equity:,.2f}"}
            lines.append(f"{mark} {_indented('  ', depth)}" + words("branch_is", name=name, forked=forked, **facts))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows, words = self.table, self._session.words
        equities = dict(zip(rows.index, rows["equity"].tolist(), strict=True))
        cells = []
        for depth, name in self._tree():
            row = rows.loc[name]
            text = f"{_indented('&nbsp;&nbsp;&nbsp;', depth)}{'└ ' if depth else ''}{escape(name)}"
            shown = f"<b>{text}</b>" if row.here else text
            forked = _day(row.forked, words) if row.parent else ""
            cells.append(
                (
                    shown,
                    forked,
                    _day(row.end, words),
                    str(row.stops),
                    str(row.orders),
                    str(row.fills),
                    number(equities[name]),
                )
            )
        names = [words(key) for key in ("branch", "forked", "end_day")]
        return table((*names, *(f"{words(key)}>" for key in ("stops", "all_orders", "fills", "equity"))), cells)


def _indented(step: str, depth: int) -> str:
    """The indentation of a branch; below the deepest that one can follow, its depth as a number."""
    return step * depth if depth <= _DEEPEST else f"{step * _DEEPEST}({depth}) "


def _day(day: Any, words: Words) -> str:
    return words("the_start") if day != day else str(day)[:10]


@told_calls
class Comparison:
    """Two branches side by side.

    Parameters
    ----------
    session : Session
    a, b : Branch
    """

    def __init__(self, session: AnySession, a: Branch, b: Branch) -> None:
        if a is b:
            raise UsageError(f"Branch {a.name!r} cannot be compared with itself. Name another one.")
        self._session, self._a, self._b = session, a, b
        self._names = [a.name, b.name]

    @cached_property
    def _difference(self) -> list[tuple[str, int, events.Record]]:
        """(branch, number, event) of each where they part; empty when they do not."""
        runs = [
            [
                (seq, event)
                for seq, event in enumerate(events.records(iter(branch.log)))
                if not isinstance(event, _CLOCKWORK)
            ]
            for branch in (self._a, self._b)
        ]
        found = first_difference(*([event for _, event in run] for run in runs))
        if found is None:
            return []
        place = found[0]
        return [(name, *run[place]) for name, run in zip(self._names, runs, strict=True) if place < len(run)]

    @property
    def first(self) -> pd.DataFrame:
        """The first event in which they differ, as each has it, one row per branch; columns as in ``session.events``.

        `seq` is its number on that branch. Empty when they are the same; a branch that has ended there has no row.
        What only moves the clock does not count.
        """
        found = self._difference
        rows = []
        for name, seq, event in found:
            branch, book = self._a if name == self._names[0] else self._b, Orders()
            for earlier in islice(events.records(branch.log), seq):
                book.fold(earlier)
            rows.append(frames.event_row(self._session.simulation.exchange, event, *book.tell(event)))
        frame = frames.typed_events(rows)
        frame.insert(0, "seq", [seq for _, seq, _ in found])
        frame.index = pd.Index([name for name, _, _ in found], name="branch", dtype="str")
        return frame

    @property
    def equity(self) -> pd.DataFrame:
        """Equity at every close, by day, one column per branch, and their `difference` (second less first)."""
        series = [AccountHistory.whole(self._session.simulation, branch).equity_series for branch in (self._a, self._b)]
        frame = pd.concat(series, axis=1, keys=self._names)
        frame["difference"] = frame.iloc[:, 1] - frame.iloc[:, 0]
        return frame

    @property
    def orders(self) -> pd.DataFrame:
        """The orders in which they differ, by order id: what, how much, the outcome and the reason, per branch.

        Orders count along a branch, so that one id may name different requests after the fork.
        """
        columns = ["symbol", "side", "quantity", "filled", "average_price", "status", "reason", "placed"]
        parts = []
        for branch in (self._a, self._b):
            orders = Orders().read(branch.log)
            parts.append(frames.orders_frame(self._session.simulation.exchange, orders.values())[columns])
        frame = pd.concat(parts, axis=1, keys=self._names)
        left, right = (part.reindex(frame.index) for part in parts)
        same = ((left == right) | (left.isna() & right.isna())).all(axis=1)
        return frame[~same]

    @property
    def positions(self) -> pd.DataFrame:
        """Shares held at the end of each, by symbol, and their `difference`."""
        held = [
            pd.Series(Portfolio(self._session.simulation.exchange, branch.states[-1], 0).quantities, dtype="int64")
            for branch in (self._a, self._b)
        ]
        frame = pd.concat(held, axis=1, keys=self._names).fillna(0).astype("int64").sort_index()
        frame.index.name = "symbol"
        frame["difference"] = frame.iloc[:, 1] - frame.iloc[:, 0]
        return frame

    def plot(self, ax: Axes | None = None, *, theme: str = "auto") -> Any:
        """Draw both equity curves, and a line where the branches part: ``session.plot("branches", ...)``.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Default: a new figure; go on with ``.figure.axes[0]`` of the picture.
        theme : {"auto", "light", "dark"}

        Returns
        -------
        Picture
            Shows itself in a notebook; ``.save(path)`` writes a PNG.

        Raises
        ------
        UsageError
            `ax` is no Axes; no such theme.
        """
        first, second = self._names
        return self._session.plot("branches", first=first, second=second, ax=ax, theme=theme)

    def __repr__(self) -> str:
        words, first = self._session.words, self.first
        names = dict(zip("ab", self._names, strict=True))
        if first.empty:
            return words("comparison_same", **names)
        curves, gap = self.equity.dropna(), ""
        if len(curves):
            gap = words("equity_gap", gap=f"{curves.difference.iloc[-1]:+,.2f}", day=str(curves.index[-1])[:10])
        told = " / ".join(self._said(name) for name in first.index)
        return words("comparison_is", day=_day(first.day.min(), words), told=told, gap=gap, **names)

    def _said(self, name: str) -> str:
        row = self.first.loc[name]
        quantity = "" if row.quantity is pd.NA else f"{row.quantity:,}"
        words = [f"{name}:", _day(row.day, self._session.words), row.event, row.symbol, quantity, row.reason]
        return " ".join(word for word in words if word)

    def _repr_html_(self) -> str:
        words = self._session.words
        head = f"<div><b>{escape(self._names[0])}</b> {words('and')} <b>{escape(self._names[1])}</b></div>"
        if self.first.empty:
            return f"{head}<div>{words('no_event_differs')}</div>"
        return (
            f"{head}<div>{words('first_difference')}</div>{self.first.to_html()}"
            f"<div>{words('equity_at_end')}</div>{self.equity.dropna().tail(1).to_html()}"
        )
