"""What a market that was read tells about its data: each check yields a finding, or none.

Warnings are values that are used as they stand but change what a result means. Notes are what a user of real data
should have seen once: suspensions, inferred corporate actions, days without limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.instrument import canonical_symbol
from qresearch.market.limits import price_limits, reference_price
from qresearch.market.market import Market
from qresearch.market.panel import Bools, Floats
from qresearch.sources.completion import forward
from qresearch.sources.table_files import load_table

EXAMPLES = 5
"""Examples of a finding, of as many symbols as possible."""

STALE_RUN = 3
"""Equal bars in a row, volume included, from which on they count as copied rather than traded."""

SPLIT_JUMP = 0.4
"""Fraction by which an opening may leave the reference price, where there is no limit, before it looks like a split."""

INFERRED = ("derived", "inferred", "manual", "etf_series_step")
"""Beginnings of the entries in a column `source` of the corporate actions that were not announced as they stand."""

_CENT = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of oddity.

    Parameters
    ----------
    severity : {"error", "warning", "note"}
    kind : str
        Short name, such as ``OUTSIDE_LIMITS``.
    what : str
        What was found.
    count : int
        Rows (for some kinds symbols or actions) that it concerns.
    examples : tuple of str
        The first few of them.
    consequence : str
        What qresearch does about it, or what to do.
    """

    severity: str
    kind: str
    what: str
    count: int
    examples: tuple[str, ...]
    consequence: str


class _Sight:
    """A market with what several checks need, computed once. All arrays are (T, N)."""

    def __init__(self, market: Market, refused: Iterable[tuple[str, np.datetime64]]) -> None:
        self.market = market
        panel = self.panel = market.panel
        self.known = ~np.isnan(panel.close)
        self.traded = self.known & ~panel.paused & (panel.volume > 0)
        self.previous = np.full(panel.shape, np.nan)
        self.previous[1:] = forward(panel.close)[:-1]
        self.acted = np.zeros(panel.shape, dtype=bool)
        for action in market.actions:
            # An ex-date without a row counts for the first row after it.
            later = np.flatnonzero(self.known[action.ex_day :, action.instrument])
            self.acted[action.ex_day + (int(later[0]) if len(later) else 0), action.instrument] = True
        rows = np.arange(len(panel.days))[:, None]
        dropped = np.zeros(panel.shape, dtype=bool)
        for symbol, day in refused:
            at = int(np.searchsorted(panel.days, day))
            if symbol in panel.columns and at < len(panel.days) and panel.days[at] == day:
                dropped[at, panel.columns[symbol]] = True
        self.gap = ~self.known & ~dropped & (rows > panel.first_row) & (rows < panel.last_row)
        # What follows a refused row follows nothing that could be compared.
        last_known = np.maximum.accumulate(np.where(self.known, rows, -1), axis=0)
        last_dropped = np.maximum.accumulate(np.where(dropped, rows, -1), axis=0)
        self.torn = np.zeros(panel.shape, dtype=bool)
        self.torn[1:] = last_dropped[:-1] > last_known[:-1]

    def first(self, mask: Bools, show: Callable[[int, int], str] = lambda day, column: "") -> tuple[str, ...]:
        """A few cells of a mask: the first of each symbol, then the second of each, and so on."""
        columns, days = np.nonzero(mask.T)
        _, starts = np.unique(columns, return_index=True)
        within = np.arange(len(columns)) - np.repeat(starts, np.diff([*starts, len(columns)]))
        chosen = np.sort(np.argsort(within, kind="stable")[:EXAMPLES])
        return tuple(
            f"{self.panel.symbols[column]} {self.panel.days[day]}{show(int(day), int(column))}"
            for day, column in zip(days[chosen].tolist(), columns[chosen].tolist(), strict=True)
        )

    def cells(  # noqa: PLR0917 - in the order of a finding
        self, severity: str, kind: str, what: str, mask: Bools, consequence: str, show: Callable[[int, int], str]
    ) -> Finding | None:
        """A finding about the cells of a mask; None when it is empty."""
        count = int(mask.sum())
        return Finding(severity, kind, what, count, self.first(mask, show), consequence) if count else None


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
    sight = _Sight(market, refused)
    yield from _limits(sight)
    yield from _steps(sight, frame)
    yield _units(sight)
    yield from _still(sight)
    yield from _calendar(sight)
    yield from _actions(sight, tables)


def _limits(sight: _Sight) -> Iterator[Finding | None]:
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


def _steps(sight: _Sight, frame: pd.DataFrame) -> Iterator[Finding | None]:
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


def _factor(sight: _Sight, frame: pd.DataFrame) -> Floats | None:
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


def _units(sight: _Sight) -> Finding | None:
    """Volume in lots or turnover in thousands, read off turnover / (volume x price), symbol by symbol."""
    panel = sight.panel
    usable = sight.traded & (panel.turnover > 0)
    price = np.where(usable, panel.turnover / np.where(usable, panel.volume, 1.0) / panel.close, np.nan)
    columns = np.flatnonzero(usable.any(axis=0))
    if panel.adjusted or not len(columns):
        return None
    ratio = np.nanmedian(price[:, columns], axis=0)
    off = (ratio > 2) | (ratio < 0.5)
    if not off.any():
        return None
    examples = tuple(
        f"{panel.symbols[column]}: turnover is {value:.3g} times volume x price"
        for column, value in zip(columns[off][:EXAMPLES], ratio[off][:EXAMPLES], strict=True)
    )
    lots = bool((np.abs(np.log(ratio[off] / 100)) < 0.5).all())
    return Finding(
        "warning", "UNITS", "volume and turnover do not fit the prices" + (": volume seems to be in lots" * lots),
        int(off.sum()), examples,
        "They are used as they are, so volume caps would be off by that factor. "
        + ("Multiply volume by 100 (shares per lot)." if lots else "Give volume in shares and turnover in currency."),
    )  # fmt: skip


def _still(sight: _Sight) -> Iterator[Finding | None]:
    """Bars that did not trade although they move, and bars that were copied from the day before."""
    panel = sight.panel
    idle = sight.known & (panel.volume == 0)
    yield sight.cells(
        "warning", "MOVES_WITHOUT_VOLUME", "prices move on a day without volume",
        idle & ((panel.high != panel.low) | (panel.open != panel.close)),
        "Counted as suspended: nothing fills, but the close values holdings.",
        lambda day, column: f": low {panel.low[day, column]:g}, high {panel.high[day, column]:g}",
    )  # fmt: skip
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
    vwap = np.divide(panel.turnover, panel.volume, out=np.full(panel.shape, np.nan), where=sight.traded)
    # Half a per cent for turnover that was rounded; far beyond it is a matter of units, told apart.
    off = ((vwap < panel.low * 0.995) | (vwap > panel.high * 1.005)) & (vwap < panel.high * 2) & (vwap > panel.low / 2)
    yield sight.cells(
        "warning", "VWAP_OUTSIDE", "turnover / volume lies outside low and high", off & ~np.bool_(panel.adjusted),
        "Prices fill orders, volume caps them: one of the three columns is wrong.",
        lambda day, column: f": {vwap[day, column]:.4g}, bar {panel.low[day, column]:g} to {panel.high[day, column]:g}",
    )  # fmt: skip


def _calendar(sight: _Sight) -> Iterator[Finding | None]:
    """Suspensions, missing rows, weekends, and symbols whose rows end."""
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
    weekend = (panel.days.astype(np.int64) + 3) % 7 >= 5
    yield sight.cells(
        "warning", "WEEKEND", "rows on a Saturday or Sunday", sight.traded & weekend[:, None],
        "Counted as trading days. Check the time zone of the dates.", lambda day, column: "",
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


def _actions(sight: _Sight, tables: Mapping[str, Any]) -> Iterator[Finding | None]:
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
