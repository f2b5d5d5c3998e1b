"""What the best of many runs is worth: beside its luck, its neighbours, and days on which it was not chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from qresearch.book import statistics
from qresearch.errors import UsageError, choose, shown
from qresearch.market.panel import Floats
from qresearch.sweeps.parameters import Values, key_of, mark_of
from qresearch.sweeps.work import LESS_IS_BETTER, NEITHER, UNITS

OF_DAYS: Mapping[str, Callable[[Floats], float]] = {
    "total_return": statistics.total_return,
    "annual_return": statistics.annual_return,
    "annual_volatility": statistics.annual_volatility,
    "sharpe": statistics.sharpe,
    "compound_sharpe": statistics.compound_sharpe,
    "sortino": statistics.sortino,
    "max_drawdown": statistics.max_drawdown,
    "return_over_drawdown": statistics.return_over_drawdown,
    "daily_win_rate": statistics.win_rate,
}
"""Figures that any days have, and not the whole run alone."""
OF_SPLITS = (
    "run", "train_from", "train_to", "train_days", "test_from", "test_to", "test_days",
    *(f"{part}_{figure}" for part in ("train", "test") for figure in OF_DAYS), "beaten",
)  # fmt: skip
"""Columns that stand beside the parameters where a choice is validated."""
NAN = float("nan")


def ranked(by: str) -> str:
    """A figure by which runs can be compared.

    Raises
    ------
    UsageError
        No such figure, or one of which neither more nor less is better; the message lists those that are.
    """
    return choose("by", by, [name for name in UNITS if name not in NEITHER])


def sign_of(by: str) -> float:
    """1.0 where more of a figure is better, -1.0 where less is."""
    return -1.0 if by in LESS_IS_BETTER else 1.0


@dataclass(frozen=True)
class Best:
    """The best run of a sweep, and what is to be thought of it.

    Parameters
    ----------
    run : int
        Row of the table.
    parameters : dict of str to object
    by : str
        The figure that it is the best in.
    value : float
        Of that figure.
    runs : int
        Among so many, without those that failed.
    median : float
        Of that figure over all of them.
    sharpe, lucky_sharpe : float, per year
        Of the run; and what the best of so many runs without any skill is expected to show.
    deflated_sharpe : float
        Probability that the run has skill at all: :func:`~qresearch.sweeps.overfitting.deflated_sharpe`.
    overfitting : float
        Probability that what is best in one half of the days is not above the median in the other:
        :func:`~qresearch.sweeps.overfitting.probability_of_overfitting`. Of the whole sweep.
    """

    run: int
    parameters: Values
    by: str
    value: float
    runs: int
    median: float
    sharpe: float
    lucky_sharpe: float
    deflated_sharpe: float
    overfitting: float

    def _lines(self) -> list[tuple[str, str]]:
        named = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return [
            (f"Best of {self.runs} runs by {self.by}", f"run {self.run}: {named}"),
            (self.by, f"{self.value:.4g}, where the median run has {self.median:.4g}"),
            ("Sharpe ratio", f"{self.sharpe:.2f}; the luckiest of {self.runs} without skill: {self.lucky_sharpe:.2f}"),
            ("Deflated Sharpe ratio", _share(self.deflated_sharpe, " likely to have any skill")),
            ("Probability of overfitting", _share(self.overfitting)),
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {text}" for name, text in self._lines())

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><tbody>{rows}</tbody></table>"


def _share(value: float, words: str = "") -> str:
    return f"{value:.1%}{words}" if value == value else "not defined: too few days, or too few runs that traded"


def stability(sets: Sequence[Values], space: Mapping[str, list[Any]], values: Floats, by: str) -> pd.DataFrame:
    """Each run beside its neighbours: those that differ in one parameter, by one step along its values.

    Parameters
    ----------
    sets : sequence
    space : mapping of str to list
        The values of each parameter, in their order.
    values : (N,) ndarray of float64
        The figure of each run; NaN where it failed.
    by : str
    """
    place = {key_of(chosen): number for number, chosen in enumerate(sets)}
    steps = {name: {mark_of(value): at for at, value in enumerate(known)} for name, known in space.items()}
    rows = []
    for number, chosen in enumerate(sets):
        near = []
        for name, known in space.items():
            at = steps[name][mark_of(chosen[name])]
            for step in (at - 1, at + 1):
                if 0 <= step < len(known):
                    found = place.get(key_of({**chosen, name: known[step]}))
                    near += [] if found is None else [values[found]]
        sure = [value for value in near if value == value]
        worst = (min(sure) if sign_of(by) > 0 else max(sure)) if sure else NAN
        rows.append((values[number], len(sure), float(np.mean(sure)) if sure else NAN, worst))
    table = pd.DataFrame(rows, columns=[by, "neighbours", "mean_of_neighbours", "worst_neighbour"])
    table["ahead"] = sign_of(by) * (table[by] - table["mean_of_neighbours"])
    table.index.name = "run"
    return table


Places = np.ndarray[Any, Any]
"""Of trading days, in their order."""


def splits_of(splitter: Any, days: pd.DatetimeIndex) -> list[tuple[Places, Places]]:
    """The days for choosing and for testing of each split, as places.

    Parameters
    ----------
    splitter : object with a method ``split``, or iterable of pairs
        As those of scikit-learn and skfolio have it: it takes a table with these days as its rows and gives pairs of
        places; the second of a pair may be a list of several stretches.
    days : DatetimeIndex

    Raises
    ------
    UsageError
        Something else, places that there are not, or a day that is both for choosing and for testing.
    """
    found = _cut(splitter, days)
    if isinstance(found, (str, Mapping)) or not isinstance(found, Iterable):
        raise UsageError(
            f"validate: splitter={shown(splitter)} is a {type(splitter).__name__}. Pass one with a method split, such "
            "as skfolio.model_selection.WalkForward(train_size=250, test_size=60), or pairs of places of days."
        )
    pairs = []
    for number, pair in enumerate(found):
        try:
            train, test = pair
        except (TypeError, ValueError):
            raise UsageError(
                f"validate: entry {number} of the splits, {shown(pair)}, is no pair. Pass the places of the days for "
                "choosing and those for testing, such as [(range(100), range(100, 150))]."
            ) from None
        seen, unseen = _places(train, len(days)), _places(test, len(days))
        both = np.intersect1d(seen, unseen)
        if len(both):
            raise UsageError(
                f"validate: split {number} has {len(both)} days both for choosing and for testing, such as "
                f"{days[both[0]]:%Y-%m-%d}: what was chosen by a day is no surprise on it. Let the two parts have no "
                "day in common."
            )
        pairs.append((seen, unseen))
    if not pairs:
        raise UsageError(f"validate: {shown(splitter)} makes no split of {len(days)} days. Ask for shorter stretches.")
    return pairs


def _cut(splitter: Any, days: pd.DatetimeIndex) -> Any:
    """What a splitter makes of the days; anything else as it is."""
    if isinstance(splitter, str) or not callable(getattr(splitter, "split", None)):
        return splitter
    if isinstance(splitter, type):
        raise UsageError(
            f"validate: splitter={shown(splitter)} is a class. Make one of it, such as {splitter.__name__}(...)."
        )
    try:
        return list(splitter.split(pd.DataFrame({"days": 0.0}, index=days)))
    except (TypeError, ValueError) as problem:
        raise UsageError(
            f"validate: {shown(splitter)} does not split {len(days)} days: {problem} Ask for stretches that the days "
            "hold, or pass pairs of places of days."
        ) from problem


def _places(given: Any, days: int) -> Places:
    is_parts = isinstance(given, (list, tuple)) and bool(given) and hasattr(given[0], "__len__")
    try:
        places = np.concatenate(given) if is_parts else np.asarray(given)
    except (TypeError, ValueError):  # stretches of several shapes
        places = np.empty(0)
    places = np.sort(places) if places.ndim == 1 else np.empty(0)
    if places.dtype.kind not in "iu" or not len(places) or places[0] < 0 or places[-1] >= days:
        raise UsageError(
            f"validate: a split names the days {shown(given)}, and there are the places 0 to {days - 1}. Pass whole "
            "numbers of these."
        )
    if (twice := places[1:][np.diff(places) == 0]).size:
        raise UsageError(f"validate: a split names the day {twice[0]} twice. Name each day once.")
    return places


def validated(returns: pd.DataFrame, sets: Sequence[Values], splitter: object, by: str) -> pd.DataFrame:
    """What was best on some days, on the others; see :meth:`~qresearch.sweeps.results.Sweep.validate`."""
    figure = OF_DAYS[choose("by", by, OF_DAYS)]
    known = returns.dropna(axis="columns", how="any")
    if known.empty:
        raise UsageError("validate: no run has finished. Look at the column `error` of the table.")
    values, sign, days = known.to_numpy(), sign_of(by), pd.DatetimeIndex(returns.index)
    rows = {}
    splits = splits_of(splitter, days)
    for number, (train, test) in enumerate(splits):
        seen = np.array([figure(column[train]) for column in values.T])
        unseen = np.array([figure(column[test]) for column in values.T])
        if np.isnan(seen).all():
            continue  # nothing moved on these days: there is nothing to choose by
        best = int(np.nanargmax(sign * seen))
        run = int(known.columns[best])
        rows[number] = {
            "train_from": days[train[0]], "train_to": days[train[-1]], "train_days": len(train),
            "test_from": days[test[0]], "test_to": days[test[-1]], "test_days": len(test),
            "run": run, **sets[run], f"train_{by}": seen[best], f"test_{by}": unseen[best],
            "beaten": _beaten(sign * unseen, best),
        }  # fmt: skip
    if not rows:
        raise UsageError(
            f"validate: on the days for choosing of {len(splits)} splits no run has the figure {by}: nothing moved "
            "there, or they are too few. Ask for longer stretches, or take by='total_return'."
        )
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name="split"))


def _beaten(values: Floats, mine: int) -> float:
    """The fraction of the other runs that are worse, of equal ones a half: 0.5 for a choice that says nothing."""
    others = np.delete(values, mine)
    others = others[~np.isnan(others)]
    if np.isnan(values[mine]) or not len(others):
        return NAN
    return float(np.mean((others < values[mine]) + 0.5 * (others == values[mine])))
