"""Rows of daily bars become (T, N) arrays; those of bars inside the day: :mod:`qresearch.sources.minutes`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qresearch.market.arrays import room_after_nothing
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
    days, cells = (rows.calendar, slice(None)) if rows.is_table else _cells(rows)
    shape = (len(days), len(rows.symbols))
    has_gaps = len(rows.days) < shape[0] * shape[1]  # no cell is there twice

    def array_of(values: NDArray[Any] | None, empty: object, room: NDArray[Any] | None = None) -> NDArray[Any]:
        if values is None:
            return np.broadcast_to(np.array(empty), shape)
        array = np.empty(shape, dtype=values.dtype) if room is None else room
        if has_gaps:
            array.fill(empty)
        array.reshape(-1)[cells] = values
        return array

    fields = {name: array_of(rows.numbers.get(name), np.nan) for name in FIELDS if name != "close"}
    fields["close"] = array_of(rows.numbers["close"], np.nan, room_after_nothing(*shape))
    fields |= {name: array_of(rows.numbers[name], np.nan) for name in SETTLED_FIELDS if name in rows.numbers}
    flags = {name: array_of(rows.flags.get(name), False) for name in ("paused", "is_st")}
    known = array_of(np.ones(len(rows.days), dtype=bool), False) if has_gaps else np.broadcast_to(np.True_, shape)
    for volume, is_known in zip(fields["volume"], known, strict=True):
        # A suspended day without a figure had no volume: NaN stands for no row at all.
        np.copyto(volume, 0.0, where=is_known & np.isnan(volume))
    return days, fields, flags, known


def _cells(rows: Rows) -> tuple[Days, NDArray[np.int64]]:
    """The different days, and the cell of each row."""
    days = rows.calendar
    first = days[0].astype(np.int64)
    place = np.zeros(int(days[-1].astype(np.int64) - first) + 1, dtype=np.int64)
    place[days.astype(np.int64) - first] = np.arange(len(days)) * len(rows.symbols)
    cells: NDArray[np.int64] = place[rows.days.view(np.int64) - first]
    cells += rows.codes
    return days, cells
