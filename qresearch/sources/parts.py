"""Part of a market that was read before: some of its symbols, and its days between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.arguments import day_text
from qresearch.errors import OutOfRange, UsageError, shown
from qresearch.market.market import Market
from qresearch.market.panel import FIELDS, SETTLED_FIELDS, Days
from qresearch.sources.option_terms import check_underlyings


def part_of(market: Market, symbols: Sequence[str] | None, start: object, end: object) -> Market:
    """A market with some symbols and days only.

    Days, and symbols that stand beside each other, are views of the same arrays; other symbols are copied, and they
    alone.

    Parameters
    ----------
    market : Market
    symbols : sequence of str, optional
        In any spelling; in this order.
    start, end : str or date, optional
        Both inclusive.

    Raises
    ------
    UnknownSymbol, OutOfRange
        One that is not there, or no day between the two; take what is.

    >>> import qresearch as qr
    >>> part_of(qr.sample_market(), ["604018", "604052"], "2022-01-01", "2022-12-31").panel
    <Panel 2 instruments x 242 days, 2022-01-04 to 2022-12-30>
    """
    if symbols is None and start is None and end is None:
        return market
    panel, (lo, hi) = market.panel, span_of(market.days, start, end)
    every = range(len(market.symbols))
    columns = every if symbols is None else list(dict.fromkeys(map(market.column, symbols)))
    arrays: dict[str, Any] = {
        name: _columns(array[lo:hi], columns)
        for name in (*FIELDS, "paused", "is_st", *SETTLED_FIELDS)
        if (array := getattr(panel, name)) is not None
    }
    bars = None if panel.intraday is None else panel.intraday.between(lo, hi)
    if bars is not None:
        bars = replace(bars, **{name: _columns(array, columns) for name, array in bars.arrays.items()})
    place = {column: at for at, column in enumerate(columns)}
    actions = [
        replace(action, ex_day=action.ex_day - lo, instrument=place[action.instrument])
        for action in market.actions
        if lo <= action.ex_day < hi and action.instrument in place
    ]
    listed = tuple(market.instruments[column] for column in columns)
    check_underlyings(listed)
    return replace(
        market,
        panel=replace(
            panel,
            days=panel.days[lo:hi],
            symbols=tuple(item.symbol for item in listed),
            intraday=bars,
            **arrays,
        ),
        instruments=listed,
        actions=tuple(sorted(actions, key=lambda action: (action.ex_day, action.instrument))),
        closed=None if market.closed is None else _columns(market.closed[lo:hi], columns),
    )


def _columns(array: NDArray[Any], columns: Sequence[int]) -> NDArray[Any]:
    first, count = columns[0], len(columns)
    if list(columns) == list(range(first, first + count)):
        return array[:, first : first + count]
    if not any(array.strides):
        return np.broadcast_to(array[:1, :1], (len(array), count))
    return np.take(array, columns, axis=1)


def span_of(days: Days, start: object, end: object) -> tuple[int, int]:
    """First day and the day after the last, both as asked.

    Raises
    ------
    OutOfRange
        No trading day between them; pick dates inside the data.
    """
    bounds = []
    for name, value in (("start", start), ("end", end)):
        text = None if value is None else day_text(value)
        if value is not None and text is None:
            raise UsageError(f"{name}={shown(value)} is not a date. Write it as '2024-01-31'.")
        bounds.append(None if text is None else np.datetime64(text, "D"))
    lo = 0 if bounds[0] is None else int(np.searchsorted(days, bounds[0], "left"))
    hi = len(days) if bounds[1] is None else int(np.searchsorted(days, bounds[1], "right"))
    if lo >= hi:
        raise OutOfRange(
            f"No trading day from start={start} to end={end}: the data run from {days[0]} to {days[-1]}. "
            "Take days inside them."
        )
    return lo, hi
