"""What a market that was read tells about its data: each check yields a finding, or none.

Warnings are values that are used as they stand but change what a result means. Notes are what a user of real data
should have seen once: suspensions, inferred corporate actions, days without limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.classes import classed
from qresearch.domain.instrument import Board, canonical_symbol
from qresearch.market.limits import price_limits, reference_price
from qresearch.market.market import Market
from qresearch.market.panel import Bools, Floats
from qresearch.sources.completion import forward
from qresearch.sources.sight import EXAMPLES, Finding, Sight
from qresearch.sources.table_files import load_table
from qresearch.sources.volumes import look_at_volumes

STALE_RUN = 3
"""Equal bars in a row, volume included, from which on they count as copied rather than traded."""

FLAT = 0.9
"""Fraction of the days of a symbol without any range from which on its open, high and low count as made up."""

ENOUGH = 10
"""Traded days of a symbol from which on what all of them have in common is no accident."""

SPLIT_JUMP = 0.4
"""Fraction by which an opening may leave the reference price, where there is no limit, before it looks like a split."""

INFERRED = ("derived", "inferred", "manual", "etf_series_step")
"""Beginnings of the entries in a column `source` of the corporate actions that were not announced as they stand."""

_CENT = 1e-9


def look(
    market: Market,
    frame: pd.DataFrame,
    tables: Mapping[str, Any],
    refused: Iterable[tuple[str, np.datetime64]] = (),
) -> Iterator[Finding | None]:
    """Every finding about a market; None where a check found nothing.

    Parameters
    ----------
    market : Market
    frame : DataFrame
        The long table that it was read from, with our column names.
    tables : mapping of str to table
        The tables that it was read with, by argument.
    refused : iterable of (symbol, day)
        Rows that were left out because they are wrong.
    """
    sight = Sight(market, refused)
    yield from _limits(sight)
    yield from _steps(sight, frame)
    yield from look_at_volumes(sight)
    yield from _still(sight)
    yield from _copied(sight)
    yield from _calendar(sight)
    yield from _listings(sight, frame)
    yield from _actions(sight, tables)


def _limits(sight: Sight) -> Iterator[Finding | None]:
    """Traded prices against the limits in force, and against the rule book where the data say otherwise."""
    market, panel = sight.market, sight.panel
    if not market.venue.rules.has_limits or panel.adjusted:
        return

    def outside(up: Floats, down: Floats) -> Bools:
        # NaN compares false: no limit.
        mask: Bools = sight.traded & ((panel.high > up + _CENT) | (panel.low < down - _CENT))
        return mask

    def show(day: int, column: int) -> str:
        low, high = panel.low[day, column], panel.high[day, column]
        return f": {low:g} to {high:g}, computed limits {down[day, column]:g} to {up[day, column]:g}"

    up, down = price_limits(market.venue.rules, panel.days, market.instruments, panel.pre_close, panel.is_st)
    wrong, computed = outside(panel.limit_up, panel.limit_down), outside(up, down)
    yield sight.cells(
        "warning", "OUTSIDE_LIMITS", "traded prices outside the price limits of the day", wrong,
        "The bars are used as they are. Check ST flags and pre_close, or list the days in no_limit_days=.",
        show,
    )  # fmt: skip
    free = np.isnan(panel.limit_up) & np.isnan(panel.limit_down)
    yield sight.cells(
        "note", "NO_LIMIT_DAYS", "days outside the computed limits that the data declare free of limits",
        computed & free, "No limit is applied on these days.", show,
    )  # fmt: skip
    differ = sight.known & ~free & ((np.abs(panel.limit_up - up) > _CENT) | (np.abs(panel.limit_down - down) > _CENT))
    yield sight.cells(
        "note", "OTHER_LIMITS", "limits in the data differ from those of the rule book", differ,
        "Those of the data are used; a limit_ratio in the instruments table makes the rule book agree.",
        lambda day, column: f": {panel.limit_down[day, column]:g} to {panel.limit_up[day, column]:g}, "
        f"rule book {down[day, column]:g} to {up[day, column]:g}",
    )  # fmt: skip


def _steps(sight: Sight, frame: pd.DataFrame) -> Iterator[Finding | None]:
    """Price steps between two days that no corporate action explains, told by the best witness that the data have."""
    panel = sight.panel
    nothing = "Nobody receives anything: a holding loses the step. Pass the event in actions=, or correct the price."
    if panel.adjusted:
        return
    explained = sight.acted | sight.torn | ~sight.known
    if "pre_close" in frame.columns:
        moved = np.abs(panel.pre_close - sight.previous) > _CENT
        yield sight.cells(
            "warning", "STEP_WITHOUT_ACTION", "the reference price differs from the previous close, without an action",
            moved & ~explained, nothing,
            lambda day, column: f": {sight.previous[day, column]:g} to {panel.pre_close[day, column]:g}",
        )  # fmt: skip
    factor = _factor(sight, frame)
    if factor is not None:
        ratio = np.ones(panel.shape)
        before = np.full(panel.shape, np.nan)
        before[1:] = forward(factor)[:-1]
        np.divide(factor, before, out=ratio, where=before > 0)
        # Beyond what two decimals of a price of 50 can be off.
        moved = np.abs(ratio - 1) > 2e-4
        yield sight.cells(
            "warning", "INFERRED_ACTION", "the adjusted series steps without a corporate action on record",
            moved & ~explained, nothing,
            lambda day, column: f": factor x{ratio[day, column]:.6g}",
        )  # fmt: skip
    elif "pre_close" not in frame.columns:
        with np.errstate(invalid="ignore"):
            jump = sight.traded & (np.abs(panel.open / panel.pre_close - 1) > SPLIT_JUMP)
        yield sight.cells(
            "warning", "JUMP_WITHOUT_ACTION", f"openings more than {SPLIT_JUMP:.0%} from the last close, no action",
            jump & ~explained, "If it was a split, pass it in actions=; otherwise the bars are used as they are.",
            lambda day, column: f": {panel.pre_close[day, column]:g} to {panel.open[day, column]:g}",
        )  # fmt: skip


def _factor(sight: Sight, frame: pd.DataFrame) -> Floats | None:
    """(T, N) ndarray of float64: the vendor's adjustment factor; None when the data carry none."""
    if "adj_factor" in frame.columns:
        values = frame["adj_factor"]
    elif "adj_close" in frame.columns:
        values = frame["adj_close"] / frame["close"]
    else:
        return None
    if not pd.api.types.is_numeric_dtype(values.dtype):
        return None
    stamps = pd.DatetimeIndex(pd.to_datetime(frame["date"], errors="coerce")).tz_localize(None)
    days = np.searchsorted(sight.panel.days, stamps.to_numpy().astype("datetime64[D]"))
    codes, names = pd.factorize(frame["symbol"])
    columns = np.array([sight.market.column(canonical_symbol(str(name))) for name in names])[codes]
    factor = np.full(sight.panel.shape, np.nan)
    factor[np.minimum(days, len(factor) - 1), columns] = values.to_numpy(dtype=np.float64)
    return factor


def _still(sight: Sight) -> Iterator[Finding | None]:
    """Bars that did not trade although they move, and suspended ones that traded."""
    panel = sight.panel
    yield sight.cells(
        "warning", "PAUSED_BUT_TRADED", "a volume on a day that is marked as suspended",
        sight.known & panel.paused & (panel.volume > 0),
        "Counted as suspended: nothing fills. Correct the flag, or the volume if nobody traded.",
        lambda day, column: f": volume {panel.volume[day, column]:g}",
    )  # fmt: skip
    idle = sight.known & (panel.volume == 0)
    yield sight.cells(
        "warning", "MOVES_WITHOUT_VOLUME", "prices move on a day without volume",
        idle & ((panel.high != panel.low) | (panel.open != panel.close)),
        "Counted as suspended: nothing fills, but the close values holdings.",
        lambda day, column: f": low {panel.low[day, column]:g}, high {panel.high[day, column]:g}",
    )  # fmt: skip


def _copied(sight: Sight) -> Iterator[Finding | None]:
    """Bars that were copied: from the day before, from another symbol, or open, high and low from the close."""
    panel = sight.panel
    same = np.zeros(panel.shape, dtype=bool)
    same[1:] = sight.traded[1:]
    for name in ("open", "high", "low", "close", "volume"):
        values = getattr(panel, name)
        same[1:] &= values[1:] == values[:-1]
    run = same.copy()
    for _ in range(STALE_RUN - 2):
        run[1:] &= run[:-1]
        run[0] = False
    yield sight.cells(
        "warning", "STALE", f"at least {STALE_RUN} equal bars in a row, volume included", run,
        "Used as they are: orders fill at these prices. Mark the rows as paused if nothing was traded.",
        lambda day, column: f": close {panel.close[day, column]:g}, volume {panel.volume[day, column]:g}",
    )  # fmt: skip
    days = sight.traded.sum(axis=0)
    still = (sight.traded & (panel.high == panel.low)).sum(axis=0)
    if flat := [panel.symbols[at] for at in np.flatnonzero((days >= ENOUGH) & (still >= FLAT * days))]:
        yield Finding(
            "warning", "FLAT", "symbols with one price a day as open, high, low and close", len(flat),
            tuple(flat[:EXAMPLES]),
            "Orders fill at that price, and no limit or stop inside the day is met. Fetch whole bars.",
        )  # fmt: skip
    first: dict[bytes, str] = {}
    twins = []
    for at in np.flatnonzero(days >= ENOUGH).tolist():
        symbol = panel.symbols[at]
        other = first.setdefault(panel.close[:, at].tobytes() + panel.volume[:, at].tobytes(), symbol)
        if other != symbol and sight.market.instruments[at].board is not Board.INDEX:
            twins.append(f"{symbol}: those of {other}")
    if twins:
        yield Finding(
            "warning", "SAME_BARS", "symbols with the bars of another one", len(twins), tuple(twins[:EXAMPLES]),
            "Used as they are, as two instruments. Drop the one that is a copy.",
        )  # fmt: skip


def _calendar(sight: Sight) -> Iterator[Finding | None]:
    """Suspensions, missing rows, and symbols whose rows end."""
    panel, market = sight.panel, sight.market
    yield sight.cells(
        "note", "SUSPENDED", "suspended days", sight.known & panel.paused,
        "Orders are rejected with SUSPENDED; holdings keep their last price.", lambda day, column: "",
    )  # fmt: skip
    broken = np.flatnonzero(sight.gap.any(axis=0)).tolist()
    if broken:
        spells = [np.flatnonzero(sight.gap[:, column]) for column in broken[:EXAMPLES]]
        yield Finding(
            "note", "GAPS", "trading days of others without a row", int(sight.gap.sum()),
            tuple(
                f"{panel.symbols[column]}: {len(spell)} days between {panel.days[spell[0]]} and {panel.days[spell[-1]]}"
                for column, spell in zip(broken, spells, strict=False)
            ),
            "Nothing can be traded there; a holding keeps its last price and is flagged stale.",
        )  # fmt: skip
    ended = [
        f"{share.symbol} {panel.days[last]}"
        for share, last in zip(market.instruments, panel.last_row.tolist(), strict=True)
        if 0 <= last < len(panel.days) - 1 and share.delist_date is None
    ]
    if ended:
        yield Finding(
            "note", "ENDS_EARLY", "symbols whose rows end before the last day, without a delisting on record",
            len(ended), tuple(ended[:EXAMPLES]),
            "After that day orders are rejected with DATA_ENDED; a holding keeps its last price. "
            "Name delistings in instruments=.",
        )  # fmt: skip


def _listings(sight: Sight, frame: pd.DataFrame) -> Iterator[Finding | None]:
    """What the instruments are said to be against their numbers and their rows."""
    market, panel = sight.market, sight.panel
    last = panel.days.astype(object)[np.maximum(panel.last_row, 0)]
    first = panel.days.astype(object)[np.maximum(panel.first_row, 0)]
    named: dict[str, set[str]] = {}
    if "board" in frame.columns:
        for symbol, board in frame[["symbol", "board"]].drop_duplicates().dropna().itertuples(index=False):
            named.setdefault(canonical_symbol(str(symbol)), set()).add(str(board).upper())
    boards, late, early = [], [], []
    for at, share in enumerate(market.instruments):
        told = classed(share.symbol) if market.venue.board is None else None
        if told is not None and told.board is not share.board and Board.INDEX not in {told.board, share.board}:
            boards.append(f"{share.symbol}: {share.board.value}, its number says {told.board.value}")
        if others := sorted(named.get(share.symbol, set()) - {share.board.value}):
            boards.append(f"{share.symbol}: {share.board.value}, its bars say {' and '.join(others)}")
        if share.delist_date is not None and share.delist_date <= last[at]:
            late.append(f"{share.symbol}: delisted {share.delist_date}, last row {last[at]}")
        if share.list_date is not None and share.list_date > first[at]:
            early.append(f"{share.symbol}: listed {share.list_date}, first row {first[at]}")
    for kind, what, found, consequence in (
        ("OTHER_BOARD", "boards that contradict the number of the symbol, or each other", boards,
         "The board decides lots, limits and fees, and is used as it is given. Correct it if it is a mistake."),
        ("ROWS_AFTER_DELISTING", "symbols with rows on or after their delisting", late,
         "A holding is closed on that day, and nothing trades later. Correct delist_date, or drop the rows."),
        ("ROWS_BEFORE_LISTING", "symbols with rows before their listing", early,
         "The days without limits of a new listing are counted from list_date. Correct it, or drop the rows."),
    ):  # fmt: skip
        if found:
            yield Finding("warning", kind, what, len(found), tuple(found[:EXAMPLES]), consequence)


def _actions(sight: Sight, tables: Mapping[str, Any]) -> Iterator[Finding | None]:
    """Actions that the source inferred, that have no amounts, or that give another price than the published one."""
    market, panel = sight.market, sight.panel
    table = tables.get("actions")
    if table is not None and not panel.adjusted:
        loaded = load_table(table, "corporate actions")
        if "source" in loaded.columns:
            source = loaded["source"].astype(str)
            derived = loaded[source.str.startswith(INFERRED)]
            if len(derived):
                counts = derived["source"].value_counts()
                kinds = ", ".join(f"{count} {name}" for name, count in counts.items())
                examples = [f"{row.symbol} {row.ex_date}: {row.source}" for row in derived.head(EXAMPLES).itertuples()]
                yield Finding(
                    "note", "INFERRED_ON_RECORD", f"corporate actions that the table itself calls inferred ({kinds})",
                    len(derived), tuple(examples), "Booked as they stand.",
                )  # fmt: skip
    unresolved = [action for action in market.actions if not action.resolved]
    if unresolved:
        yield Finding(
            "warning", "ACTION_WITHOUT_AMOUNTS", "corporate actions without any amount", len(unresolved),
            tuple(f"{panel.symbols[item.instrument]} {panel.days[item.ex_day]}" for item in unresolved[:EXAMPLES]),
            "The step of the reference price is booked as shares, so the value of a holding is right.",
        )  # fmt: skip
    off = np.zeros(panel.shape, dtype=bool)
    formula = np.full(panel.shape, np.nan)
    for item in market.actions:
        before, published = sight.previous[item.ex_day, item.instrument], panel.pre_close[item.ex_day, item.instrument]
        if item.resolved and before > 0 and published > 0:
            step = market.venue.rules.tick(market.instruments[item.instrument].board)
            value = reference_price(float(before), item.cash, item.bonus, item.rights, item.rights_price, step)
            formula[item.ex_day, item.instrument] = value
            off[item.ex_day, item.instrument] = abs(value - published) > max(step, 1e-6) / 2
    yield sight.cells(
        "note", "OTHER_REFERENCE", "published reference prices that the formula does not give", off,
        "The published price is used for limits; cash and shares are booked as the table has them.",
        lambda day, column: f": {panel.pre_close[day, column]:g}, formula {formula[day, column]:g}",
    )  # fmt: skip
