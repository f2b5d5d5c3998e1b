"""A market from a DataFrame, a dict of DataFrames, a CSV or a Parquet file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.arguments import flag
from qresearch.domain.arguments import path as path_of
from qresearch.domain.arguments import symbols as symbols_of
from qresearch.domain.calls import told
from qresearch.domain.instrument import Instrument
from qresearch.errors import UsageError, choose, shown
from qresearch.market.market import Benchmark, Market
from qresearch.market.panel import Bools, Days, Floats, Panel
from qresearch.market.stored import is_stored, open_stored
from qresearch.market.venue import VENUES, Venue
from qresearch.sources.actions import ActionRow, read_actions
from qresearch.sources.bars import Source, read_bars
from qresearch.sources.completion import complete_limits, forward, resolve_actions, with_pre_close
from qresearch.sources.folders import open_source
from qresearch.sources.listings import (
    Table,
    read_benchmark,
    read_closed_days,
    read_no_limit_days,
    siblings,
    told_benchmark,
)
from qresearch.sources.minutes import STAMPS
from qresearch.sources.option_terms import with_adjustments
from qresearch.sources.parts import part_of, span_of
from qresearch.sources.steps import are_prices, told_outside, told_steps

LIMIT_FIELDS = ("limit_up", "limit_down")


@told
def read_market(
    source: Source,
    *,
    instruments: Table | None = None,
    actions: Table | None = None,
    benchmark: Benchmark | pd.Series | Table | None = None,
    adjusted: bool = False,
    venue: Venue | str | None = None,
    symbols: Iterable[str] | None = None,
    start: object = None,
    end: object = None,
    no_limit_days: Table | None = None,
    contracts: Table | None = None,
    closed_days: Table | None = None,
    credit: Table | None = None,
    bonds: Table | None = None,
    stamp: str = "end",
) -> Market:
    """Read a market.

    Parameters
    ----------
    source : DataFrame, dict of str to DataFrame, or path of a file or of a folder
        Long: one row per symbol and day, with the columns date, symbol, open, high, low, close, volume and optionally
        pre_close, turnover (or amount), is_st, paused, limit_up, limit_down, board. Wide: one frame per field, days by
        symbols. A file (text, .parquet, .feather, .xlsx, text in .gz or .zip) of one symbol may leave out that column:
        its name is the symbol. A folder holds one such file per symbol, or is one of qlib, LEAN or RQAlpha; one of
        :func:`~qresearch.market.stored.save_market` is opened at once, and takes `symbols`, `start` and `end` only.
        Prices are unadjusted, in the currency per share; volume in shares; missing is NaN. Tables of the vendors in
        :mod:`~qresearch.sources.vendors_columns` are known by their columns, and brought into these units; turnover /
        (volume x price) checks them, and tells the units of others. Several rows with different times of the day per
        symbol and day are minute or hour bars, in the long format only: ``market.panel.intraday`` holds them,
        optionally with bid and ask at the end of each, and the daily bars are added up from them. What holds for a
        whole day (pre_close, limits, is_st) is read from its first row.
    instruments : DataFrame or path, optional
        symbol, and optionally name, board, list_date, last_date, status, delist_date, same_day_sale, limit_ratio. The
        status ``delisted_or_stopped`` without a delist_date means the day after the last one.
    actions : DataFrame or path, optional
        symbol, ex_date, cash_per_share, bonus_per_share, rights_per_share, rights_price; optionally prev_close and
        ref_price, the published reference price. Without any amount the step of the price is taken for shares.
    benchmark : Benchmark, Series, DataFrame, path or symbol, optional
        Table with date, close and symbol (default 000300.SH).
    adjusted : bool
        Prices were adjusted by the vendor: they are kept to a millionth, no tick is checked, no limit computed, no
        corporate action applied.
    venue : Venue or str, optional
        None: China when every symbol is of a Chinese exchange, PLAIN when none is. "us" for shares of the United
        States, "china", "plain", or a :class:`~qresearch.market.venue.Venue` of your own.
    symbols : iterable of str, optional
        Only these, in this order.
    start, end : str or date, optional
        First and last day, both inclusive.
    no_limit_days : DataFrame or path, optional
        symbol and date of days without price limits.
    contracts : DataFrame or path, optional
        Futures: see :func:`~qresearch.sources.contracts.read_contracts`. Their bars may have settlement and
        open_interest; pre_close is the settlement before.
    closed_days : DataFrame or path, optional
        date, and optionally symbol: days on which your account cannot trade although the market does, such as the
        holidays of Stock Connect. What arrives then is refused (ROUTE_CLOSED), what rests waits.
    credit : DataFrame or path, optional
        Haircuts, targets and ratios of margin trading: see :func:`~qresearch.sources.credit.with_credit`. Without one
        the ceilings and floors of the exchanges hold, and every share is a target.
    bonds : DataFrame or path, optional
        Bonds, convertibles and repo: see :func:`~qresearch.sources.bonds.with_bonds`. Their prices are clean, those of
        convertibles full, of repo the rate in per cent.
    stamp : {"end", "start"}
        Minute and hour bars: which side of its bar a time names. JoinQuant and akshare stamp the end.

    Returns
    -------
    Market
        Its notes say what was recognised, repaired, left out and assumed, and what is likely wrong. Tables beside
        ``<prefix>_daily.*`` (``<prefix>_instruments.csv``, ``_corporate_actions.csv``, ``_no_limit_days.csv``,
        ``_index.parquet``, ``_contracts.csv``, ``_bonds.csv``) are read when they are not passed.

    Raises
    ------
    DataError
        Data that cannot be trusted; the message names the first bad rows, with file and line, and what to do.
    UsageError
        A wrong argument, with the remedy.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = {"open": 10.0, "high": 10.2, "low": 9.9, "close": 10.05, "volume": 1e6}
    >>> frame = pd.DataFrame([{"date": day, "symbol": "600519.SH", **bars} for day in ("2024-01-02", "2024-01-03")])
    >>> market = read_market(frame)
    >>> market.panel.limit_up[1, 0]
    np.float64(11.06)
    """
    notes: list[str] = []
    source, symbols, adjusted, venue = _checked(source, symbols, adjusted, venue, stamp)
    passed: dict[str, Any] = {"instruments": instruments, "actions": actions, "no_limit_days": no_limit_days}
    passed |= {"benchmark": benchmark, "contracts": contracts, "bonds": bonds}
    if is_stored(source):
        others = {"closed_days": closed_days, "credit": credit, "venue": venue, "adjusted": adjusted or None}
        _refuse_passed({**passed, **others, "stamp": None if stamp == STAMPS[0] else stamp})
        return part_of(open_stored(source), symbols, start, end)
    if (opened := open_source(source, symbols, adjusted=adjusted)) is not None:
        source, adjusted = opened.bars, adjusted or opened.adjusted
        notes.extend(opened.notes)
    beside = siblings(source) if opened is None else opened.tables
    tables = _tables(passed, beside, source, notes)
    bars = read_bars(
        source, {**tables, "credit": credit}, symbols=symbols, adjusted=adjusted, venue=venue, stamp=stamp, notes=notes
    )
    symbols, listed, venue, days, known = bars.symbols, bars.instruments, bars.venue, bars.days, bars.known
    fields, flags, given = bars.fields, bars.flags, bars.given
    found = _actions(tables["actions"], symbols, days, known, venue, adjusted=adjusted, notes=notes)
    marks = forward(fields["close"])
    listed = with_adjustments(listed, found, marks, days, notes)
    fields["pre_close"] = with_pre_close(fields, marks, known, found, listed, venue.rules, days)
    if not adjusted:
        priced, free = known & are_prices(listed), tables["no_limit_days"]
        has_reference = "pre_close" in given
        notes += told_steps(fields, marks, priced, found, symbols=symbols, days=days, has_reference=has_reference)
        notes += _limited(fields, flags, given, symbols=symbols, days=days, listed=listed, free=free, venue=venue)
    lo, hi = span_of(days, start, end)
    booked, more = resolve_actions(found, marks, fields["pre_close"], days=days, symbols=symbols, span=(lo, hi))
    arrays: dict[str, Any] = {name: values[lo:hi] for name, values in (fields | flags).items()}
    inside = None if bars.inside is None else bars.inside.between(lo, hi)
    index = read_benchmark(tables["benchmark"], beside.get("benchmark"), venue)
    return Market(
        closed=read_closed_days(closed_days, symbols, days[lo:hi], venue),
        panel=Panel(days=days[lo:hi], symbols=symbols, adjusted=adjusted, intraday=inside, **arrays),
        instruments=listed,
        actions=booked,
        venue=venue.for_adjusted_prices if adjusted else _fine_enough(venue, listed),
        benchmark=index,
        notes=(*notes, *more, *told_benchmark(index, days[lo:hi])),
    )


def venue_of(venue: object) -> Venue | None:
    """The venue that was asked for, by its name or itself."""
    if isinstance(venue, str):
        return VENUES[venue.lower() if venue.lower() in VENUES else choose("venue", venue, VENUES)]
    if venue is not None and not isinstance(venue, Venue):
        raise UsageError(
            f"venue={shown(venue)} is not a Venue. Pass one of {', '.join(map(repr, VENUES))}, a Venue, or None."
        )
    return venue


def _refuse_passed(passed: Mapping[str, object]) -> None:
    """Raise where something was passed that a stored market has in it already."""
    if surplus := [f"{name}=" for name, value in passed.items() if value is not None]:
        raise UsageError(
            f"read_market: {', '.join(surplus)} cannot be passed with a stored market, which holds all that was read "
            "when it was saved. Leave it out, or read the tables once more with it and save that market."
        )


def _fine_enough(venue: Venue, listed: Sequence[Instrument]) -> Venue:
    """The venue, its prices kept finely enough for the steps of all contracts."""
    for item in listed:
        if item.contract is not None:
            venue = venue.for_tick(item.contract.tick)
    return venue


def _checked(
    source: Source, symbols: Iterable[str] | None, adjusted: bool, venue: object, stamp: str
) -> tuple[Source, list[str] | None, bool, Venue | None]:
    """What :func:`read_market` was given, as far as it can be checked before anything is read."""
    choose("stamp", stamp, STAMPS)
    if isinstance(source, (str, Path)):
        source = path_of("source", source, "bars.parquet")
    wanted = None if symbols is None else symbols_of("symbols", symbols)
    if wanted is not None and not wanted:
        raise UsageError(f"symbols={shown(symbols)} leaves nothing. Pass at least one symbol, or None for all.")
    return source, wanted, flag("adjusted", adjusted), venue_of(venue)


def _limited(
    fields: dict[str, Floats],
    flags: dict[str, Bools],
    given: Collection[str],
    *,
    symbols: tuple[str, ...],
    days: Days,
    listed: Sequence[Instrument],
    free: Table | None,
    venue: Venue,
) -> list[str]:
    """Put the price limits into `fields`, as given, else from the rule book; notes on what is odd about them."""
    if not venue.rules.has_limits:
        fields |= {name: np.broadcast_to(np.nan, fields["close"].shape) for name in LIMIT_FIELDS}
        return []
    notes = []
    limits = {name: fields[name] for name in LIMIT_FIELDS if name in given}
    if len(limits) < 2 and "is_st" not in given and any(item.contract is None for item in listed):
        notes.append("The data have no ST flags: every share gets the ordinary price limit of its board.")
    mask = None if free is None else read_no_limit_days(free, symbols, days, venue)
    completed, more = complete_limits(
        limits, fields["pre_close"], flags, rules=venue.rules, days=days, instruments=listed, no_limit=mask
    )
    fields |= completed
    return [*notes, *more, *told_outside(fields, flags, days, symbols)]


def _tables(
    passed: Mapping[str, object], beside: Mapping[str, Any], source: Source, notes: list[str]
) -> dict[str, Any]:
    """The tables that were passed; of the others, those that were found with the bars."""
    used = {name: table for name, table in beside.items() if passed[name] is None}
    if used and isinstance(source, (str, Path)):
        notes.append(f"Read beside {Path(source).name}: {', '.join(path.name for path in used.values())}.")
    return {**passed, **used}


def _actions(
    table: Table | None, symbols: tuple[str, ...], days: Days, known: Bools, venue: Venue, *, adjusted: bool,
    notes: list[str],
) -> list[ActionRow]:  # fmt: skip
    if table is None:
        return []
    first, last = known.argmax(axis=0), len(days) - 1 - known[::-1].argmax(axis=0)
    found, more = read_actions(table, symbols, days, lambda column: (int(first[column]), int(last[column])), venue)
    notes.extend(more)
    if adjusted and found:
        notes.append(f"The prices are adjusted, so {len(found)} corporate actions are not applied again.")
        return []
    return found
