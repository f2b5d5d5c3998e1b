"""Price steps and corporate actions that do not fit each other: told when a market is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qresearch.market.limits import reference_price
from qresearch.market.panel import Bools, Days, Floats
from qresearch.sources.actions import ActionRow
from qresearch.sources.frames import some

_CENT = 0.0051
SPLIT_JUMP = 0.45
"""An opening so far from the close before is a split more often than a fall."""
_NO_STEP = 0.08
"""An opening so near to the close before, where a larger step was due, shows prices without it."""


def told_steps(
    fields: Mapping[str, Floats],
    known: Bools,
    actions: Sequence[ActionRow],
    *,
    days: Days,
    symbols: Sequence[str],
    has_reference: bool,
) -> list[str]:
    """Notes on steps without an action, and on actions without a step.

    Parameters
    ----------
    fields : mapping of str to (T, N) ndarray of float64
        Prices; ``pre_close`` complete.
    known : (T, N) ndarray of bool
        Where there is a row.
    actions : sequence of ActionRow
    has_reference : bool
        The data have a ``pre_close`` of their own; else only openings far away from the close before tell.
    """
    close = fields["close"]
    rows = np.where(known, np.arange(len(days))[:, None], 0)
    last = np.maximum.accumulate(rows, axis=0)
    previous = np.full(close.shape, np.nan)
    previous[1:] = np.take_along_axis(close, last, axis=0)[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        if has_reference:
            moved = np.abs(fields["pre_close"] - previous) > _CENT
        else:
            moved = np.abs(fields["open"] / previous - 1) > SPLIT_JUMP
    moved &= known
    missed = []
    for row in actions:
        day = row.ex_day + int(known[row.ex_day :, row.instrument].argmax())
        moved[day, row.instrument] = False
        before, opened = float(previous[day, row.instrument]), float(fields["open"][day, row.instrument])
        if row.resolved and before > 0 and opened > 0:
            due = reference_price(before, row.cash, row.bonus, row.rights, row.rights_price, 0.0) / before
            if due < 1 - 2 * _NO_STEP and abs(opened / before - 1) < _NO_STEP:
                missed.append(f"{symbols[row.instrument]} {days[day]}")
    notes = []
    if moved.any():
        found = [f"{symbols[column]} {days[day]}" for day, column in np.argwhere(moved)[:8].tolist()]
        what = "reference prices differ from the close before" if has_reference else "openings lie far from the close"
        rest = f" and {int(moved.sum()) - len(found)} more" if moved.sum() > len(found) else ""
        notes.append(
            f"{int(moved.sum())} {what} without a corporate action that explains it: {', '.join(found)}{rest}. A "
            "holding loses such a step. Pass the events in actions=, or adjusted=True for adjusted prices."
        )
    if missed:
        notes.append(
            f"{len(missed)} corporate actions are on days on which the price did not step: {some(missed)}. These look "
            "like adjusted prices, which count the event a second time. Pass adjusted=True, or unadjusted prices."
        )
    return notes
