"""Sets of parameters: a grid, a draw from it, a list, or ranges that a search chooses from."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.arguments import flag, number
from qresearch.domain.calls import told_calls
from qresearch.errors import UsageError, shown
from qresearch.session.plain import NotPlain, to_plain

Values = dict[str, Any]
"""The parameters of one run, by name."""
MOST_SETS = 1_000_000
"""More runs than anybody waits for: a grid of so many is a slip."""


@told_calls
@dataclass(frozen=True)
class Between:
    """A range that values are drawn from: whole numbers when both ends are, else any number.

    Parameters
    ----------
    low, high : int or float
        Both ends are included.
    log : bool
        Draw evenly on a logarithmic scale; `low` must be above 0 then.

    Raises
    ------
    UsageError
        Ends that are no numbers or stand the wrong way round, or a logarithm of 0 or less.

    Examples
    --------
    >>> Between(5, 60)
    Between(low=5, high=60, log=False)
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        low, high = number("Between: low", self.low, 5), number("Between: high", self.high, 60)
        if low >= high:
            raise UsageError(
                f"Between({shown(low)}, {shown(high)}): the first end must lie below the second. Swap them."
            )
        # Numbers of numpy become those of Python: by their type one sees whether whole numbers are meant.
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)
        if flag("log", self.log) and low <= 0:
            raise UsageError(f"Between({shown(low)}, ..., log=True): a logarithm begins above 0. Take such an end.")

    @property
    def is_whole(self) -> bool:
        """True when whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def drawn(self, random: np.random.Generator) -> float:
        """One value."""
        if self.log:
            value = math.exp(random.uniform(math.log(self.low), math.log(self.high)))
            return min(max(round(value), int(self.low)), int(self.high)) if self.is_whole else value
        if self.is_whole:
            return int(random.integers(int(self.low), int(self.high), endpoint=True))
        return float(random.uniform(self.low, self.high))


Space = Mapping[str, Sequence[Any] | Between]
"""By the name of each parameter: the values it may take, or a range."""


def is_list_of_sets(grid: object) -> bool:
    """True for a list of sets of parameters or a table with one a row, as against a grid."""
    return isinstance(grid, (list, tuple, pd.DataFrame))


def listed_sets(grid: Any) -> list[Values]:
    """The sets of a list of mappings, or of a table with one set a row.

    Raises
    ------
    UsageError
        Nothing in it, or an entry that is no mapping, has other names than the first, or comes twice.

    >>> listed_sets([{"fast": 5, "slow": 20}])
    [{'fast': 5, 'slow': 20}]
    """
    if isinstance(grid, pd.DataFrame) and not grid.columns.is_unique:
        name = grid.columns[grid.columns.duplicated()][0]
        raise UsageError(f"sweep: the table of sets has two columns {shown(name)}. Keep one of them.")
    entries = grid.to_dict("records") if isinstance(grid, pd.DataFrame) else list(grid)
    if not entries:
        raise UsageError(
            "sweep: the list of parameter sets is empty. Pass at least one, such as [{'fast': 5, 'slow': 20}]."
        )
    for place, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise UsageError(
                f"sweep: entry {place} of the list, {shown(entry)}, is a {type(entry).__name__}. Write each set of "
                "parameters as a mapping, such as {'fast': 5, 'slow': 20}."
            )
        if list(entry) != list(entries[0]) and set(entry) != set(entries[0]):
            raise UsageError(
                f"sweep: entry {place} of the list names {', '.join(map(str, entry)) or 'nothing'}, entry 0 "
                f"{', '.join(map(str, entries[0])) or 'nothing'}. Give every set the same names."
            )
    if not entries[0]:
        raise UsageError("sweep: the sets name no parameter. Write its values, such as [{'fast': 5}, {'fast': 10}].")
    sets = [_checked({name: entry[name] for name in entries[0]}) for entry in entries]
    first: dict[str, int] = {}
    for place, values in enumerate(sets):
        if (before := first.setdefault(key_of(values), place)) != place:
            raise UsageError(
                f"sweep: the entries {before} and {place} of the list are the same set, {shown(values)}. Write each "
                "once (of a table: drop_duplicates()): the best of so many would be judged by runs that are none."
            )
    return sets


def space_of(grid: Any) -> dict[str, list[Any] | Between]:
    """A grid with its values listed.

    Raises
    ------
    UsageError
        No mapping, no name in it, or a name without values; the message shows one.

    >>> space_of({"fast": range(5, 8), "slow": [20]})
    {'fast': [5, 6, 7], 'slow': [20]}
    """
    if not isinstance(grid, Mapping):
        raise UsageError(
            f"sweep: grid={shown(grid)} is a {type(grid).__name__}. Pass the values of each parameter, such as "
            "{'fast': [5, 10], 'slow': [20, 40]}, or a list of sets, such as [{'fast': 5, 'slow': 20}]."
        )
    if not grid:
        raise UsageError(
            "sweep: the grid is empty. Write the values of a parameter at least, such as {'fast': [5, 10]}."
        )
    return {str(name): _values(str(name), given) for name, given in grid.items()}


def _values(name: str, given: Any) -> list[Any] | Between:
    if isinstance(given, Between):
        return given
    if getattr(given, "ndim", None) == 0 and hasattr(given, "item"):
        given = given.item()  # of numpy: a scalar, or an array of no dimension
    if isinstance(given, (str, bytes, Mapping)) or not hasattr(given, "__iter__"):
        raise UsageError(
            f"sweep: {name}={shown(given)} is one value. Write the values in a list, such as {name}=[{shown(given)}]."
        )
    if getattr(given, "ndim", 1) > 1:
        raise UsageError(f"sweep: {name}={shown(given)} is a table of values. Write them in one list, such as [5, 10].")
    values = list(itertools.islice(given, MOST_SETS + 1))
    if not values:
        raise UsageError(f"sweep: {name} has no values, so the grid is empty. Write some, such as [5, 10, 20].")
    if len(values) > MOST_SETS:
        raise UsageError(
            f"sweep: {name} has more than {MOST_SETS:,} values, and a sweep takes at most as many sets. Name fewer, or "
            "draw from a range of them: qresearch.sweeps.parameters.Between(5, 60) with method='random', trials=500."
        )
    found = [_plain(name, value) for value in values]
    marks: set[Hashable] = set()
    for value in found:
        if (mark := mark_of(value)) in marks:
            raise UsageError(f"sweep: {name} names {shown(value)} twice. Write each value once.")
        marks.add(mark)
    # A set has no order of its own: that of the runs must not depend on the hashes of a process.
    return by_size(found, key=repr) if isinstance(given, (set, frozenset)) else found


def by_size(values: Sequence[Any], key: Callable[[Any], Any] | None = None) -> list[Any]:
    """Values by their size; those that do not compare as they come, or by a key.

    >>> by_size([10, 5]), by_size([None, 5]), by_size(["b", 5], key=repr)
    ([5, 10], [None, 5], ['b', 5])
    """
    try:
        return sorted(values)
    except (TypeError, ValueError):  # arrays do compare, but to no single answer
        return list(values) if key is None else sorted(values, key=key)


def mark_of(value: Any) -> Hashable:
    """What equal values of a parameter share: the value itself, or its text where it has no hash or is no number.

    >>> mark_of(5) == mark_of(5.0), mark_of([1, 2]) == mark_of([1, 2]), mark_of(math.nan) == mark_of(float("nan"))
    (True, True, True)
    """
    try:
        hash(value)
    except TypeError:
        return ("by its text", json.dumps(to_plain(value)))
    return value if value == value else ("by its text", json.dumps(to_plain(value)))


def grid_sets(space: Mapping[str, list[Any] | Between]) -> list[Values]:
    """Every combination; the last name varies fastest.

    Raises
    ------
    UsageError
        A range, of which there are no combinations, or more than a million sets.

    >>> grid_sets({"fast": [5, 10], "slow": [20]})
    [{'fast': 5, 'slow': 20}, {'fast': 10, 'slow': 20}]
    """
    lists: dict[str, list[Any]] = {}
    for name, values in space.items():
        if isinstance(values, Between):
            raise UsageError(
                f"sweep: {name}={values} is a range, and a grid needs values. List them, or draw from the range with "
                "method='random', trials=50."
            )
        lists[name] = values
    count = math.prod(map(len, lists.values()))
    if count > MOST_SETS:
        raise UsageError(
            f"sweep: the grid has {count:,} sets, and a sweep takes at most {MOST_SETS:,}. Name fewer values, or draw "
            "from them with method='random', trials=500."
        )
    return [dict(zip(lists, chosen, strict=True)) for chosen in itertools.product(*lists.values())]


def drawn_sets(space: Mapping[str, list[Any] | Between], trials: int, seed: int) -> list[Values]:
    """Some sets of a grid or of ranges, each once; the same for the same seed.

    Raises
    ------
    UsageError
        More are asked for than there are.

    >>> drawn_sets({"fast": [5, 10, 15], "slow": [20, 40]}, 2, seed=1)
    [{'fast': 10, 'slow': 20}, {'fast': 10, 'slow': 40}]
    """
    random = np.random.default_rng(seed)
    lists = [values for values in space.values() if isinstance(values, list)]
    if len(lists) == len(space) and math.prod(map(len, lists)) <= MOST_SETS:
        every = grid_sets(space)
        _enough(trials, len(every))
        return [every[place] for place in sorted(random.choice(len(every), trials, replace=False).tolist())]
    found: dict[str, Values] = {}
    for _ in range(100 * trials):
        values = {
            name: given.drawn(random) if isinstance(given, Between) else given[int(random.integers(len(given)))]
            for name, given in space.items()
        }
        found.setdefault(key_of(values), values)
        if len(found) == trials:
            return list(found.values())
    _enough(trials, len(found))
    return list(found.values())


def _enough(trials: int, count: int) -> None:
    if trials > count:
        raise UsageError(
            f"sweep: trials={trials} sets are to be drawn, and there are {count}. Ask for at most {count}."
        )


def _checked(values: Mapping[Any, Any]) -> Values:
    return {str(name): _plain(str(name), value) for name, value in values.items()}


def _plain(name: str, value: Any) -> Any:
    """A value of Python, of numpy's scalars too; raises UsageError for what no file can keep."""
    # Of a time in nanoseconds Python's own would be a bare number: it stays what it is.
    is_time = isinstance(value, (np.datetime64, np.timedelta64))
    if isinstance(value, np.generic) and not (is_time and not isinstance(value.item(), (dt.date, dt.timedelta))):
        value = value.item()
    try:
        to_plain(value)
    except NotPlain as problem:
        raise UsageError(
            f"sweep: {name}={shown(value)} ({problem}) cannot be kept in a table of results. Pass plain values, such "
            "as numbers, text, dates or tuples of them, and let the strategy make the rest of them."
        ) from None
    return value


def key_of(values: Values) -> str:
    """The text of a set of parameters, the same whatever their order: what a run is found again by.

    >>> key_of({"slow": 20, "fast": 5})
    '{"fast": 5, "slow": 20}'
    """
    return json.dumps(to_plain(values), sort_keys=True)
