"""Price steps and corporate actions that do not fit each other: told when a market is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from qresearch.domain.instrument import Board, Instrument
from qresearch.errors import DataError
from qresearch.market.limits import reference_price
from qresearch.market.panel import Bools, Days, Floats
from qresearch.sources.actions import ActionRow
from qresearch.sources.symbols import some

_DAYS = 64
_CENT = 0.0051
_LEAST = 1e-9
SPLIT_JUMP = 0.45
"""An opening so far from the close before is a split more often than a fall."""
_NO_STEP = 0.08
"""An opening so near to the close before, where a larger step was due, shows prices without it."""
_MISFIT = 0.0324
"""Squares of the logarithms by which openings miss what was due: 6 times 3 %, more than any night explains."""

_NIGHT = 0.0025
"""Square of the logarithm by which an opening misses what was due in a restless night: 5 %."""


def are_prices(listed: Sequence[Instrument]) -> Bools:
    """(N,) ndarray of bool: False for rates of repo, whose steps lose nobody anything."""
    return np.array([item.board is not Board.REPO for item in listed], dtype=np.bool_)


class _Due(NamedTuple):
    """What an action makes of the close before, and what was seen."""

    place: str
    before: float
    opened: float
    published: float
    """NaN where none is known."""
    whole: float
    """The reference price of the amounts as they stand."""
    tenth: float
    """That of a tenth of them."""


def told_steps(
    fields: Mapping[str, Floats],
    marks: Floats,
    known: Bools,
    actions: Sequence[ActionRow],
    *,
    symbols: Sequence[str],
    days: Days,
    has_reference: bool,
) -> list[str]:
    """Notes on steps without an action, and on actions without a step.

    Parameters
    ----------
    fields : mapping of str to (T, N) ndarray of float64
        Prices; ``pre_close`` complete.
    marks : (T, N) ndarray of float64
        The last known close up to each day.
    known : (T, N) ndarray of bool
        Where there is a row.
    actions : sequence of ActionRow
    symbols : sequence of str
    days : (T,) ndarray of datetime64[D]
    has_reference : bool
        The data have a ``pre_close`` of their own. Without one only openings far away from the close before tell.

    Raises
    ------
    DataError
        Amounts for ten shares: a tenth of them is the step of the price, and they themselves are not.
    """
    if fields.get("settlement") is not None:
        known = known & np.isnan(fields["settlement"])  # the reference of a contract is no close
    moved = np.zeros(known.shape, dtype=np.bool_)
    limit = _CENT if has_reference else SPLIT_JUMP
    for begin in range(1, len(days), _DAYS):  # some at a time, as whole markets are large
        end = min(begin + _DAYS, len(days))
        at, before = slice(begin, end), marks[begin - 1 : end - 1]
        if has_reference:
            apart = fields["pre_close"][at] - before
        else:
            with np.errstate(invalid="ignore", divide="ignore"):
                apart = fields["open"][at] / before - 1
        moved[at] = np.abs(apart) > limit
    moved &= known
    due = []
    for row in actions:
        day = row.ex_day + int(known[row.ex_day :, row.instrument].argmax())
        moved[day, row.instrument] = False
        closed = float(marks[day - 1, row.instrument]) if day else float("nan")
        opened = float(fields["open"][day, row.instrument])
        if row.resolved and closed > 0:
            published = float(fields["pre_close"][day, row.instrument]) if has_reference else row.reference
            place = f"{symbols[row.instrument]} {days[day]}"
            whole = _reference(row, closed, 1)
            if whole > 0:  # more than the share itself is refused apart
                due.append(_Due(place, closed, opened, published, whole, _reference(row, closed, 10)))
    notes = []
    if moved.any():
        found = [f"{symbols[column]} {days[day]}" for day, column in np.argwhere(moved)[:8].tolist()]
        what = "reference prices differ from the close before" if has_reference else "openings lie far from the close"
        rest = f" and {int(moved.sum()) - len(found)} more" if moved.sum() > len(found) else ""
        notes.append(
            f"{int(moved.sum())} {what} without a corporate action that explains it: {', '.join(found)}{rest}. A "
            "holding loses such a step. Pass the events in actions=, or adjusted=True for adjusted prices."
        )
    return [*notes, *_unstepped(due)]


def told_outside(
    fields: Mapping[str, Floats], flags: Mapping[str, Bools], days: Days, symbols: Sequence[str]
) -> list[str]:
    """A note on traded prices beyond the price limits of their day: a slip of the pen, or a flag that is missing."""
    # NaN compares false: no limit, or no row.
    beyond = (fields["high"] > fields["limit_up"]) | (fields["low"] < fields["limit_down"])
    cells = np.nonzero(beyond & ~flags["paused"])
    low, high, down, up = (fields[name][cells] for name in ("low", "high", "limit_down", "limit_up"))
    found = np.flatnonzero((high > up + _LEAST) | (low < down - _LEAST))
    if not len(found):
        return []
    first = found[0]
    return [
        f"{len(found)} rows traded outside their price limits, first {symbols[cells[1][first]]} on "
        f"{days[cells[0][first]]} ({low[first]:g} to {high[first]:g}, limits {down[first]:g} to {up[first]:g}). They "
        "are used as they are; qresearch data check lists them."
    ]


def _reference(row: ActionRow, before: float, shares: int) -> float:
    """The price without the entitlement, where the amounts are those of so many shares."""
    return reference_price(before, row.cash / shares, row.bonus / shares, row.rights / shares, row.rights_price, 0.0)


def _unstepped(due: Sequence[_Due]) -> Iterator[str]:
    """Notes on actions that the price does not follow; amounts for ten shares are refused."""
    published = [one for one in due if one.published > 0]
    of_ten = [
        one
        for one in published
        if _is(one.published, one.tenth) and not any(_is(one.published, price) for price in (one.whole, one.before))
    ]
    flat = [one for one in published if _is(one.published, one.before) and not _is(one.whole, one.before)]
    seen = [one for one in due if not one.published > 0 and one.opened > 0]
    missed = _misfits(seen)
    wrong = not of_ten and missed["whole"] - min(missed["tenth"], missed["before"]) > _MISFIT
    if wrong and missed["tenth"] < min(missed["before"], _NIGHT * len(seen)):
        of_ten = seen
    elif wrong:
        flat += [one for one in seen if abs(np.log(one.opened / one.before)) < abs(np.log(one.opened / one.whole))]
    else:
        flat += [
            one
            for one in seen
            if one.whole / one.before < 1 - 2 * _NO_STEP and abs(one.opened / one.before - 1) < _NO_STEP
        ]
    if of_ten:
        first = of_ten[0]
        step = first.published if first.published > 0 else first.opened
        raise DataError(
            f"corporate actions: the amounts of {len(of_ten)} are for ten shares, first {first.place}: "
            f"{first.before:g} went to {step:g}, a tenth of the amounts gives {first.tenth:.4g}, the amounts as they "
            f"are {first.whole:.4g}. Divide cash_per_share, bonus_per_share and rights_per_share by 10.",
            field="cash_per_share",
            day=first.place.rpartition(" ")[2],
            sample=[one.place for one in of_ten[:3]],
        )
    known = [one for one in published if one not in flat]
    if other := [one for one in known if abs(np.log(one.whole / one.published)) > _NO_STEP]:
        yield (
            f"{len(other)} corporate actions make another price of the close before than the reference price of their "
            f"day, first {other[0].place}: {other[0].whole:.4g} where it is {other[0].published:g}. A holding gains or "
            "loses the difference. Correct the amounts, or the reference price."
        )
    stepped = _misfits([one for one in flat if one.opened > 0])
    if flat and any(one.published > 0 for one in flat) and stepped["before"] - stepped["whole"] > _MISFIT:
        yield (
            f"pre_close is the close before on {len(flat)} ex-dates whose opening shows the step: "
            f"{some([one.place for one in flat])}. Limits and references of these days are off. Drop the column, and "
            "it is computed from the actions."
        )
    elif flat:
        yield (
            f"{len(flat)} corporate actions are on days on which the price did not step: "
            f"{some([one.place for one in flat])}. These look like adjusted prices, which count the event a second "
            "time. Pass adjusted=True, or unadjusted prices."
        )


def _is(price: float, other: float) -> bool:
    return abs(price - other) <= _CENT


def _misfits(due: Sequence[_Due]) -> dict[str, float]:
    """How far openings lie from each of the prices that could have been due: sums of squared logarithms."""
    opened = np.array([one.opened for one in due])
    return {
        name: float(np.sum(np.log(opened / np.array([getattr(one, name) for one in due])) ** 2))
        for name in ("whole", "tenth", "before")
    }
