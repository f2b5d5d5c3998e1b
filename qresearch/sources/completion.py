"""What bars leave out: reference prices, price limits, and the shares behind an unexplained price step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from qresearch.domain.instrument import Instrument
from qresearch.errors import DataError
from qresearch.market.actions import Action
from qresearch.market.arrays import day_before
from qresearch.market.limits import price_limits, reference_price
from qresearch.market.panel import Bools, Days, Floats
from qresearch.market.rulebook import RuleBook
from qresearch.sources.actions import ActionRow
from qresearch.sources.symbols import some


def forward(close: Floats) -> Floats:
    """(T, N) ndarray of float64: the last known close up to each day; the closes themselves where none is missing."""
    if not any(np.isnan(day).any() for day in close):
        return close
    marks = close.copy()
    for before, now in pairwise(marks):
        np.copyto(now, before, where=np.isnan(now))
    return marks


def with_pre_close(  # noqa: PLR0917  # what is filled, then from what
    fields: Mapping[str, Floats], marks: Floats, known: Bools, actions: Sequence[ActionRow],
    instruments: Sequence[Instrument], rules: RuleBook, days: Days,
) -> Floats:  # fmt: skip
    """Reference prices, the missing ones filled: the previous close, on an ex-date the price without the entitlement.

    A published reference price goes before the formula. An ex-date inside a spell without rows counts for the first
    row after it.
    """
    pre_close, settlement = fields["pre_close"], fields.get("settlement")
    has_contracts = any(item.contract is not None for item in instruments)
    if marks is fields["close"] and not any(pre_close.strides) and not actions and not has_contracts:
        return day_before(marks)  # a row everywhere, and nothing that comes between two closes
    holes = known & np.isnan(pre_close)
    if not holes.any():
        return pre_close
    previous = np.empty_like(marks)
    previous[:1], previous[1:] = np.nan, marks[:-1]
    if settlement is not None:
        # Contracts begin from what they were settled at.
        columns = [column for column, item in enumerate(instruments) if item.contract is not None]
        previous[1:, columns] = forward(np.where(np.isnan(settlement), marks, settlement)[:, columns])[:-1]
    _adjust_options(previous, days, instruments)
    for row in actions:
        day = row.ex_day + int(known[row.ex_day :, row.instrument].argmax())
        before = float(previous[day, row.instrument])
        if not before > 0:
            continue
        if row.reference > 0 and day == row.ex_day:
            previous[day, row.instrument] = row.reference
        elif row.resolved:
            step = rules.tick(instruments[row.instrument].board)
            previous[day, row.instrument] = reference_price(
                before, row.cash, row.bonus, row.rights, row.rights_price, step
            )
    np.copyto(previous, pre_close, where=~holes)
    return previous


def _adjust_options(previous: Floats, days: Days, instruments: Sequence[Instrument]) -> None:
    """Put the reference price of an option on the day of an adjustment in place: as much money for the new unit.

    Previous settlement times the old unit over the new one, on the tick (SSE notice, 2016-11-18).
    """
    for column, item in enumerate(instruments):
        option = None if item.contract is None else item.contract.option
        for before, now in pairwise(() if option is None else option.terms):
            day = int(np.searchsorted(days, np.datetime64(now.since, "D")))
            if item.contract is not None and day < len(days):
                tick = item.contract.tick
                exact = previous[day, column] * before.unit / now.unit
                previous[day, column] = np.round(np.floor(exact / tick + 0.5) * tick, 6)


def complete_limits(
    given: Mapping[str, Floats],
    pre_close: Floats,
    flags: dict[str, Bools],
    *,
    rules: RuleBook,
    days: Days,
    instruments: Sequence[Instrument],
    no_limit: Bools | None,
) -> tuple[dict[str, Floats], list[str]]:
    """Both limits: as given, else from the rule book; NaN on paused days and where `no_limit` is True.

    A few days without a limit, or with one of 0, are days without limits, as after a listing. Where limits are missing
    for longer, or the two are the wrong way round, the rule book gives them; notes count both.
    """
    up, down = price_limits(rules, days, instruments, pre_close, flags["is_st"], no_limit)
    limits = {"limit_up": up, "limit_down": down}
    for computed in limits.values():
        np.copyto(computed, np.nan, where=flags["paused"])
    if not given:
        return limits, []
    free = np.zeros(pre_close.shape, dtype=np.bool_)
    wrong = free.copy()
    turned = given["limit_up"] <= given["limit_down"] if len(given) > 1 else wrong
    for name, values in given.items():
        missing = ~(values > 0) & ~np.isnan(limits[name])
        lost = _lasting(missing) | (turned & ~missing)
        free |= missing & ~lost
        wrong |= lost
        chosen = np.where(values > 0, values, np.nan)
        np.copyto(chosen, limits[name], where=lost)
        if no_limit is not None:
            np.copyto(chosen, np.nan, where=no_limit)
        limits[name] = chosen
    told = (
        (free, "have no limit in the data, and are taken for days without one"),
        (wrong, "have limits that are missing for long, or the wrong way round: those of the rule book stand in"),
    )
    notes = []
    for mask, what in told:
        if mask.any():
            day, column = np.argwhere(mask)[0]
            notes.append(f"{int(mask.sum())} rows {what}, first {instruments[column].symbol} on {days[day]}.")
    return limits, notes


_LONGEST_FREE = 5
"""Sessions in a row that any rule leaves without limits."""


def _lasting(mask: Bools) -> Bools:
    """The cells of a mask that belong to runs of more days than a rule leaves without limits."""
    found = np.zeros(mask.shape, dtype=np.bool_)
    for column in np.flatnonzero(mask.sum(axis=0) > _LONGEST_FREE).tolist():
        edges = np.flatnonzero(np.diff(mask[:, column].astype(np.int8), prepend=0, append=0))
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            found[begin:end, column] = end - begin > _LONGEST_FREE
    return found


def resolve_actions(
    rows: Sequence[ActionRow],
    marks: Floats,
    pre_close: Floats,
    *,
    days: Days,
    symbols: Sequence[str],
    span: tuple[int, int],
) -> tuple[tuple[Action, ...], list[str]]:
    """Actions with their day counted from the start of `span`, and a note on those without any amount.

    What is not explained becomes shares: the ratio that leaves the value of the holding unchanged over the step.
    """
    actions: list[Action] = []
    unresolved: list[str] = []
    for row in rows:
        if not span[0] <= row.ex_day < span[1]:
            continue
        bonus = row.bonus
        before = float(marks[row.ex_day - 1, row.instrument]) if row.ex_day else float("nan")
        if row.cash >= before:
            raise DataError(
                f"cash_per_share: {symbols[row.instrument]} pays {row.cash:g} a share on {days[row.ex_day]}, and "
                f"closed at {before:g} before. Pass the cash for one share, not for ten.",
                field="cash_per_share",
                symbol=symbols[row.instrument],
                day=str(days[row.ex_day]),
            )
        if not row.resolved:
            unresolved.append(f"{symbols[row.instrument]} {days[row.ex_day]}")
            after = float(pre_close[row.ex_day, row.instrument])
            if not (before > 0 and after > 0):
                before, after = row.before, row.reference
            bonus = before / after - 1 if before > 0 and after > 0 else 0.0
        day = row.ex_day - span[0]
        actions.append(Action(day, row.instrument, row.cash, bonus, row.rights, row.rights_price, row.resolved))
    notes = []
    if unresolved:
        notes.append(
            f"{len(unresolved)} corporate actions have no amounts; the step of the reference price is booked "
            "as shares: "
            f"{some(unresolved)}."
        )
    return tuple(actions), notes
