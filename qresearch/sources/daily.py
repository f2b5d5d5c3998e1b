"""Rows of daily bars become (T, N) arrays; those of bars inside the day: :mod:`qresearch.sources.minutes`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qresearch.market.panel import FIELDS, SETTLED_FIELDS, Bools, Days, Floats
from qresearch.sources.validation import Rows


def spread(rows: Rows) -> tuple[Days, dict[str, Floats], dict[str, Bools], Bools]:
    """Days, (T, N) arrays of every field and flag, and where there is a row.

    What the data do not have is one value, repeated: it takes no memory.

    Parameters
    ----------
    rows : Rows
        Checked: no symbol twice on a day.
    """
    days, row_of = _calendar(rows.days)
    shape = (len(days), len(rows.symbols))
    cells = row_of * shape[1]
    cells += rows.codes
    has_gaps = len(cells) < shape[0] * shape[1]  # no cell is there twice

    def array_of(values: NDArray[Any] | None, empty: object) -> NDArray[Any]:
        if values is None:
            return np.broadcast_to(np.array(empty), shape)
        array = np.full(shape, empty, dtype=values.dtype) if has_gaps else np.empty(shape, dtype=values.dtype)
        array.ravel()[cells] = values
        return array

    fields = {name: array_of(rows.numbers.get(name), np.nan) for name in FIELDS}
    fields |= {name: array_of(rows.numbers[name], np.nan) for name in SETTLED_FIELDS if name in rows.numbers}
    flags = {name: array_of(rows.flags.get(name), False) for name in ("paused", "is_st")}
    known = array_of(np.ones(len(cells), dtype=bool), False) if has_gaps else np.ones(shape, dtype=bool)
    # A suspended day without a figure had no volume: NaN stands for no row at all.
    np.copyto(fields["volume"], 0.0, where=known & np.isnan(fields["volume"]))
    return days, fields, flags, known


def _calendar(days: Days) -> tuple[Days, NDArray[np.intp]]:
    """The different days, ascending, and the place of each row among them; counted, as sorting millions is slow."""
    offsets = days.astype(np.int64)
    offsets -= offsets.min()
    seen = np.zeros(int(offsets.max()) + 1, dtype=bool)
    seen[offsets] = True
    place = np.cumsum(seen) - 1
    return days.min() + np.flatnonzero(seen).astype("timedelta64[D]"), place[offsets]
