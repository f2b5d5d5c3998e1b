"""What is odd in a file of market data, and what qresearch does about it: ``qresearch data check``.

Errors are the rows that :func:`~qresearch.sources.tabular.read_market` refuses, found by the same checks, all of them
instead of the first. Warnings are values that are read as they stand but change what a result means. Notes are what a
user of real data should have seen once: suspensions, inferred corporate actions, days without limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.instrument import CHINA_SUFFIXES, split_symbol
from qresearch.errors import DataError
from qresearch.market.market import Market
from qresearch.market.panel import Bools
from qresearch.market.venue import CHINA, PLAIN, Venue
from qresearch.sources.folders import open_source
from qresearch.sources.frames import fill_rows
from qresearch.sources.listings import named_boards, read_instruments, siblings
from qresearch.sources.long_tables import long_table
from qresearch.sources.minutes import check_times
from qresearch.sources.oddities import look
from qresearch.sources.sight import EXAMPLES, Finding
from qresearch.sources.tabular import read_market
from qresearch.sources.validation import Rows, check_rows, settle_on_ticks, without_weekends

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in some market data.

    Parameters
    ----------
    market : Market or None
        As it is read without the refused rows; None when nothing could be read.
    rows : int
        Rows in the data.
    findings : tuple of Finding
        Errors first.
    """

    market: Market | None
    rows: int
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether read_market refuses these data."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(slots=True)
class _Collected(Rows):
    """Rows whose failed checks are kept instead of raised."""

    findings: list[Finding] = field(default_factory=list)
    bad: list[Bools] = field(default_factory=list)

    def reject(self, name: str, bad: Bools, problem: str, remedy: str, show: Callable[[int], str]) -> None:
        """Note what fails and go on."""
        found = np.flatnonzero(bad)
        if not len(found):
            return
        places = [
            f"{self.symbols[self.codes[row]]} {str(self.stamps[row]).replace('T', ' ')}: {show(int(row))}"
            for row in found[:EXAMPLES]
        ]
        kind = f"{name}_{problem}".upper().replace(" ", "_")
        self.findings.append(Finding("error", kind, f"{name}: {problem}", len(found), tuple(places), remedy))
        self.bad.append(bad)


def inspect(source: pd.DataFrame | str | Path, *, adjusted: bool = False) -> Inspection:
    """Look for what is odd in market data.

    Parameters
    ----------
    source : DataFrame or path
        As :func:`~qresearch.sources.tabular.read_market` reads it; tables beside a file are taken into account.
    adjusted : bool
        The prices were adjusted by the vendor.

    Returns
    -------
    Inspection

    Raises
    ------
    UsageError
        No such file, or of a kind that cannot be read.

    Examples
    --------
    >>> bars = {"open": 10.0, "high": 10.2, "low": 9.9, "close": 10.05, "volume": 100.0}
    >>> frame = pd.DataFrame([{"date": day, "symbol": "600519.SH", **bars} for day in ("2024-01-02", "2024-01-03")])
    >>> frame.loc[1, "high"] = 9.0
    >>> [(finding.severity, finding.kind) for finding in inspect(frame).findings if finding.severity == "error"]
    [('error', 'HIGH_HIGH_BELOW_LOW'), ('error', 'HIGH_HIGH_BELOW_OPEN_OR_CLOSE')]
    """
    what = Path(source).name if isinstance(source, (str, Path)) else "Market data"
    opened = open_source(source, adjusted=adjusted)
    bars = source if opened is None else opened.bars
    tables: Mapping[str, Any] = dict(siblings(source)) if opened is None else opened.tables
    adjusted = adjusted or (opened is not None and opened.adjusted)
    notes = [] if opened is None else list(opened.notes)
    try:
        frame, read = long_table(bars, notes, adjusted=adjusted)
        count = len(frame)
        frame, rows = _collect(frame, read, what, tables, adjusted=adjusted, notes=notes)
    except DataError as problem:
        return Inspection(None, len(bars) if isinstance(bars, pd.DataFrame) else 0, (_refusal(problem),))
    bad = np.logical_or.reduce(rows.bad) if rows.bad else np.zeros(len(frame), dtype=bool)
    findings = list(rows.findings)
    good = frame[~bad] if bad.any() else frame
    if good.empty:
        return Inspection(None, count, tuple(findings))
    try:
        market = read_market(good, adjusted=adjusted, **tables)
        market = replace(market, notes=(*notes, *market.notes))
    except DataError as problem:
        return Inspection(None, count, (*findings, _refusal(problem)))
    refused = [(rows.symbols[rows.codes[row]], rows.days[row]) for row in np.flatnonzero(bad)]
    findings += [finding for finding in look(market, good, tables, refused) if finding]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Inspection(market, count, tuple(findings))


def _refusal(problem: DataError) -> Finding:
    first = str(problem.args[0]).split("\n", 1)[0]
    return Finding("error", "REFUSED", first, 1, problem.sample, "Nothing is read until it is corrected.")


def _collect(
    frame: pd.DataFrame, read: Rows, what: str, tables: Mapping[str, Any], *, adjusted: bool, notes: list[str]
) -> tuple[pd.DataFrame, _Collected]:
    """The rows that read_market keeps, each of its row-level checks done and what fails noted; the frame of them."""
    rows = _Collected(read.days, read.codes, read.symbols)
    venue = CHINA if any(split_symbol(symbol)[1] in CHINA_SUFFIXES for symbol in rows.symbols) else PLAIN
    fill_rows(frame, rows, venue, what)
    if (resting := ~np.is_busday(rows.days)).any():
        rows.findings.append(_weekends(rows, resting, venue))
        if venue is not PLAIN:
            rows = without_weekends(rows, notes)
            frame, rows.bad = frame[~resting], [bad[~resting] for bad in rows.bad]
    if rows.times is not None:
        check_times(rows)
    check_rows(rows, adjusted)
    # Told by now; on a tick infinity is nothing.
    rows.numbers = {name: np.where(np.isinf(values), np.nan, values) for name, values in rows.numbers.items()}
    if not adjusted:
        last = [np.datetime64("today", "D").astype(object)] * len(rows.symbols)
        listed, *_ = read_instruments(tables.get("instruments"), rows.symbols, named_boards(frame, rows), last, venue)
        settle_on_ticks(rows, listed, venue.rules)
    return frame, rows


def _weekends(rows: Rows, resting: Bools, venue: Venue) -> Finding:
    """Rows of a Saturday or Sunday, the first of each symbol as an example."""
    found = np.flatnonzero(resting)
    _, first = np.unique(rows.codes[found], return_index=True)
    places = [f"{rows.symbols[rows.codes[row]]} {rows.days[row]}" for row in found[np.sort(first)[:EXAMPLES]]]
    what_is_done = "Counted as trading days." if venue is PLAIN else "Left out: no exchange trades on these days."
    return Finding(
        "warning", "WEEKEND", "rows on a Saturday or Sunday", len(found), tuple(places),
        f"{what_is_done} Check the time zone of the dates, and whether days without trading were filled.",
    )  # fmt: skip
