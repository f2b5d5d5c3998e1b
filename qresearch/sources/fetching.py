"""A market from a data vendor: asked symbol by symbol, kept in a cache, read like any other data.

What is in the cache is not asked again, so an interrupted call goes on where it stopped, and a second call needs no
network. Days up to yesterday count as settled; today's bar may still change and is asked again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from qresearch.domain.arguments import flag, path, text, whole
from qresearch.domain.arguments import symbols as symbols_of
from qresearch.domain.calls import told
from qresearch.domain.classes import board_of
from qresearch.domain.instrument import CHINA_SUFFIXES, canonical_symbol, split_symbol
from qresearch.errors import OutOfRange, QresearchError, SourceUnavailable, UsageError, choose, shown
from qresearch.market.china import CHINA_RULES
from qresearch.market.limits import reference_price
from qresearch.market.market import Market
from qresearch.sources.akshare import Akshare
from qresearch.sources.baostock import Baostock
from qresearch.sources.cache import Cache, Entry
from qresearch.sources.listings import DEFAULT_BENCHMARK
from qresearch.sources.symbols import some
from qresearch.sources.tabular import read_market
from qresearch.sources.vendor import ACTIONS, Vendor, between

VENDORS: Mapping[str, Callable[[], Vendor]] = {"akshare": Akshare, "baostock": Baostock}
GIVE_UP = 3
"""Symbols in a row that could not be had before the call stops: then it is the network, not a symbol."""

_LEAD = dt.timedelta(days=30)
"""Asked before the start, so that the first day has a previous close."""

_FIRST = dt.date(1990, 12, 1)
"""Before the first trading day of both exchanges."""


@told
def fetch_market(
    vendor: str | Vendor,
    symbols: str | Iterable[str] | None = None,
    start: object = None,
    end: object = None,
    *,
    index: str | None = None,
    benchmark: str | None = DEFAULT_BENCHMARK,
    cache: str | Path | None = None,
    progress: bool = True,
    retries: int = 3,
) -> Market:
    """A market of Chinese daily bars from a data vendor.

    What was fetched before comes from a cache in the user's cache folder and needs no network. An interrupted call
    goes on where it stopped when it is called again.

    Parameters
    ----------
    vendor : {"akshare", "baostock"} or Vendor
        Each needs its package: ``pip install 'qresearch[akshare]'`` or ``pip install 'qresearch[baostock]'``.
    symbols : str or iterable of str, optional
        In any spelling; or pass `index`. Baostock has no shares of Beijing.
    start, end : str or date
        First and last day, both inclusive; end by default yesterday, the last day whose bars are final.
    index : str, optional
        Take the members of this index: with akshare those of today; with baostock those as of `start`, of 000300.SH,
        000016.SH or 000905.SH.
    benchmark : str or None
        Index to compare with.
    cache : path, optional
        Folder of the cache.
    progress : bool
        Show a progress bar on stderr.
    retries : int
        How often to ask again, with growing pauses, before a symbol counts as failed.

    Returns
    -------
    Market
        Unadjusted bars with dividends, bonus shares and rights issues booked on their ex-dates. Its notes say what the
        vendor does not tell.

    Raises
    ------
    UsageError
        A wrong argument, or the package is missing; the message says how to install it.
    SourceUnavailable
        The vendor did not answer; the message says what is in the cache and what to do.
    OutOfRange
        No bars of any symbol in that span.
    DataError
        The vendor's tables are not as documented, or its data cannot be trusted.

    Notes
    -----
    **Assumptions**: akshare has ST flags by day for Shenzhen only, and index members of today only. Both flatter;
    baostock has reference prices, ST flags, suspensions and members as they were. More in
    :mod:`qresearch.sources.akshare` and :mod:`qresearch.sources.baostock`.

    See Also
    --------
    qresearch.read_market

    Examples
    --------
    >>> import qresearch as qr
    >>> market = qr.fetch_market("akshare", ["600519", "000001"], "2023-01-01", "2023-12-31")  # doctest: +SKIP
    >>> market = qr.fetch_market("baostock", index="000016.SH", start="2023-01-01")  # doctest: +SKIP
    """
    chosen = _vendor(vendor)
    index = None if index is None else text("index", index, DEFAULT_BENCHMARK)
    benchmark = None if benchmark is None else text("benchmark", benchmark, DEFAULT_BENCHMARK)
    kept = Cache(None if cache is None else path("cache", cache, "cache"))
    first, last = _day("start", start), _yesterday() if end is None else _day("end", end)
    if first > last:
        raise OutOfRange(f"start={first} is after end={last}. Pass an earlier start.")
    job = _Job(chosen, kept, whole("retries", retries, 0, 3), flag("progress", progress))
    names = _symbols(symbols) if index is None else job.members(canonical_symbol(index), first, symbols)
    job.prefetch(names, first - _LEAD, last)
    return job.market(names, first, last, benchmark)


def _vendor(vendor: object) -> Vendor:
    if isinstance(vendor, str):
        return VENDORS[choose("vendor", vendor, VENDORS)]()
    if not (hasattr(vendor, "name") and hasattr(vendor, "bars")):
        raise UsageError(
            f"vendor={shown(vendor)} is a {type(vendor).__name__}. Pass one of {', '.join(map(repr, VENDORS))}, or a "
            "Vendor of your own."
        )
    return cast("Vendor", vendor)


def _yesterday() -> dt.date:
    return dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).date() - dt.timedelta(days=1)


def _day(name: str, value: object) -> dt.date:
    if value is None:
        raise UsageError(f"{name}=None: say from which day, such as {name}='2020-01-02'.")
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise UsageError(f"{name}={value!r} is not a date. Write it as '2024-01-31'.") from None


def _symbols(symbols: str | Iterable[str] | None) -> list[str]:
    if symbols is None:
        raise UsageError("Which shares? Pass symbols=['600519', ...], or index='000300.SH' for its members.")
    given = symbols_of("symbols", symbols)
    if wrong := [symbol for symbol in given if not isinstance(symbol, str)]:
        raise UsageError(f"symbols: {shown(wrong[0])} is a {type(wrong[0]).__name__}. Write it as text: '600519'.")
    names = [canonical_symbol(symbol) for symbol in given]
    if foreign := [name for name in names if split_symbol(name)[1] not in CHINA_SUFFIXES]:
        raise UsageError(
            f"{some(foreign)}: no symbols of Shanghai, Shenzhen or Beijing. Read other markets with qr.read_market."
        )
    if not names:
        raise UsageError("symbols=[] leaves nothing. Pass at least one symbol.")
    return list(dict.fromkeys(names))


class _Job:
    """One call: what is asked, what is kept, and the market made of it."""

    def __init__(self, vendor: Vendor, cache: Cache, retries: int, progress: bool) -> None:
        self.vendor, self.cache, self.progress = vendor, cache, progress
        self.attempts = retries + 1
        # Today's bar is not settled and so is not covered by the cache: within one call it is asked once.
        self._had: dict[tuple[str, dt.date, dt.date], pd.DataFrame] = {}

    def covered(
        self, key: str, start: dt.date, end: dt.date, ask: Callable[[dt.date, dt.date], pd.DataFrame]
    ) -> pd.DataFrame:
        """A table that covers a span: from the cache, with the missing end asked and kept."""
        if (key, start, end) not in self._had:
            self._had[key, start, end] = self._covered(f"{self.vendor.name}/{key}", start, end, ask)
        return self._had[key, start, end]

    def _covered(
        self, key: str, start: dt.date, end: dt.date, ask: Callable[[dt.date, dt.date], pd.DataFrame]
    ) -> pd.DataFrame:
        held = self.cache.read(key)
        if held is not None and held.start <= start and end <= held.end:
            return held.table
        settled = min(end, _yesterday())
        if held is None or start < held.start:
            begin, table = start, self._ask(ask, start, end if held is None else max(end, held.end))
            settled = settled if held is None else max(settled, held.end)
        else:
            begin = held.start
            tail = self._ask(ask, held.end + dt.timedelta(days=1), end)
            table = pd.concat([part for part in (held.table, tail) if len(part)] or [held.table], ignore_index=True)
            table = table.drop_duplicates(subset=[str(table.columns[0])], keep="last").reset_index(drop=True)
        if settled >= begin:
            self.cache.write(key, Entry(table, begin, settled))
        return table

    def whole(self, key: str, end: dt.date, ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A table without days, asked anew when the span goes beyond the day on which it was asked."""
        key = f"{self.vendor.name}/{key}"
        held = self.cache.read(key)
        if held is not None and end <= held.end:
            return held.table
        table = self._ask(ask)
        self.cache.write(key, Entry(table, _FIRST, max(end, _yesterday())))
        return table

    def _ask(self, ask: Callable[..., pd.DataFrame], *args: object) -> pd.DataFrame:
        import tenacity  # noqa: PLC0415  # only when a vendor is asked: it loads a web server that is installed

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=tenacity.wait_exponential_jitter(initial=1, max=30),
            # What we raise on purpose will not go away by asking again.
            retry=tenacity.retry_if_exception(
                lambda problem: isinstance(problem, Exception) and not isinstance(problem, QresearchError)
            ),
            before_sleep=lambda _: self.vendor.reconnect(),
            reraise=True,
        )
        found: pd.DataFrame = retrying(ask, *args)
        return found

    def members(self, index: str, day: dt.date, symbols: object) -> list[str]:
        """Members of an index, in order."""
        if symbols is not None:
            raise UsageError("Both symbols= and index= are passed. Pass one of them.")
        try:
            table = self.whole(f"members/{index}@{day}", day, lambda: self.vendor.members(index, day))
        except QresearchError:
            raise
        except Exception as problem:
            raise self._unavailable([f"the members of {index}"], problem, "") from problem
        return _symbols(sorted(table["symbol"].tolist()))

    def prefetch(self, names: list[str], start: dt.date, end: dt.date) -> None:
        """Fill the cache, symbol by symbol; a symbol that fails does not stop the next ones.

        Raises
        ------
        SourceUnavailable
            Some symbols could not be had.
        """
        failed: list[str] = []
        in_a_row, done = 0, 0
        cause: Exception | None = None
        from tqdm import tqdm  # noqa: PLC0415  # brings asyncio: only for a bar

        for symbol in tqdm(names, desc=self.vendor.name, unit="symbol", disable=not self.progress):
            try:
                self.bars(symbol, start, end)
                self.actions(symbol, start, end)
            except QresearchError:
                raise
            except Exception as problem:  # a vendor's page can break in any way
                failed.append(symbol)
                cause, in_a_row = problem, in_a_row + 1
                if in_a_row == GIVE_UP:
                    break
            else:
                in_a_row, done = 0, done + 1
        if cause is not None:
            state = f" {done} of {len(names)} symbols are in the cache ({self.cache.folder})."
            raise self._unavailable(failed, cause, state) from cause

    def _unavailable(self, what: list[str], cause: Exception, state: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.vendor.name} did not answer for {some(what)}, asked {self.attempts} times; the last failure was "
            f"{type(cause).__name__}: {str(cause)[:200].rstrip(' .。')}.{state} "
            "Check the network and call again: it goes on where it stopped. Without a network, ask for what "
            "'qresearch data list' shows, read your own file with qr.read_market, or take qr.sample_market()."
        )

    def bars(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Bars of a symbol that cover the span."""
        table = self.covered(f"bars/{symbol}", start, end, lambda lo, hi: self.vendor.bars(symbol, lo, hi))
        return between(table, start, end, "date")

    def actions(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Actions of a symbol inside the span; an ex-date that only the factors know has no amounts but its step."""
        factors = self.covered(f"factors/{symbol}", _FIRST, end, lambda lo, hi: self.vendor.factors(symbol, lo, hi))
        stepped = between(factors, start, end, "ex_date")
        ex_days = [stamp.date() for stamp in factors["ex_date"]]
        known = self.covered(
            f"actions/{symbol}", start, end,
            lambda lo, hi: self.vendor.actions(symbol, lo, hi, [day for day in ex_days if lo <= day <= hi]),
        )  # fmt: skip
        table = between(known, start, end, "ex_date")
        before = factors.set_index("ex_date")["factor"].shift(1).fillna(1.0)
        more = stepped[~stepped["ex_date"].isin(table["ex_date"])]
        ratios = [before.loc[day] / factor for day, factor in zip(more["ex_date"], more["factor"], strict=True)]
        # A factor on record that does not move is no event.
        moved = [(day, ratio) for day, ratio in zip(more["ex_date"], ratios, strict=True) if abs(ratio - 1) > 1e-6]
        unknown = pd.DataFrame(moved, columns=["ex_date", "ratio"]) if moved else None
        both = table if unknown is None else pd.concat([table, unknown], ignore_index=True)
        return both.assign(symbol=symbol)

    def market(self, names: list[str], start: dt.date, end: dt.date, benchmark: str | None) -> Market:
        """Everything read as a market."""
        notes: list[str] = [f"From {self.vendor.name}, {start} to {end}."]
        if self.vendor.warned_by:
            notes.append(self.vendor.warned_by)
        try:
            calendar = self.covered("calendar", start - _LEAD, end, self.vendor.calendar)
            listed = self.whole("listings", end, self.vendor.listings)
            series = None
            if benchmark is not None:
                name = canonical_symbol(benchmark)
                found = self.covered(f"index/{name}", start, end, lambda lo, hi: self.vendor.index(name, lo, hi))
                found = between(found, start, end, "date")
                series = found.assign(symbol=name) if len(found) else None
                if series is None:
                    notes.append(f"No closes of {name} in that span: there is no benchmark.")
        except QresearchError:
            raise
        except Exception as problem:
            raise self._unavailable(["the calendar, the listings or the benchmark"], problem, "") from problem
        frames, tables, empty = [], [], []
        for symbol in names:
            bars, actions = self.bars(symbol, start - _LEAD, end), self.actions(symbol, start - _LEAD, end)
            if not len(between(bars, start, end, "date")):
                empty.append(symbol)
                continue
            if "paused" not in bars.columns:
                bars = _with_suspensions(bars, between(calendar, start - _LEAD, end, "date"), actions, symbol)
            frames.append(bars.assign(symbol=symbol))
            tables.append(_with_reference(actions, bars))
        if not frames:
            raise OutOfRange(f"{self.vendor.name} has no bars of {some(empty)} from {start} to {end}. Widen the span.")
        if empty:
            notes.append(f"No bars from {start} to {end}: {some(empty)} ({len(empty)} symbols left out).")
        market = read_market(
            pd.concat(frames, ignore_index=True),
            instruments=listed[listed["symbol"].isin(names)],
            actions=pd.concat(tables, ignore_index=True),
            benchmark=series,
            start=start,
            end=end,
        )
        return replace(market, notes=(*notes, *market.notes))


def _with_suspensions(bars: pd.DataFrame, calendar: pd.DataFrame, actions: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Bars with a paused row on each trading day inside them that has none, at the last close.

    On an ex-date inside a suspension the price goes on from the reference price, as a published table would show.
    """
    inside = calendar[(calendar["date"] > bars["date"].iloc[0]) & (calendar["date"] < bars["date"].iloc[-1])]
    missing = inside[~inside["date"].isin(bars["date"])]
    both = pd.concat([bars.assign(paused=False), missing.assign(paused=True)], ignore_index=True)
    table: pd.DataFrame = both.sort_values("date", kind="stable").reset_index(drop=True)
    close = table["close"].to_numpy(dtype=np.float64, copy=True)
    paused = table["paused"].to_numpy(dtype=bool)
    events = {row["ex_date"]: row for row in actions.to_dict("records")}
    for at in np.flatnonzero(paused).tolist():
        close[at] = close[at - 1]
        event: Mapping[Any, Any] | None = events.get(table["date"].iloc[at])
        if event is not None:
            close[at] = _reference(float(close[at - 1]), event, symbol)
    table["close"] = close
    for name in ("open", "high", "low"):
        table[name] = table[name].where(~paused, close)
    table["volume"] = table["volume"].where(~paused, 0.0)
    table["turnover"] = table["turnover"].where(~paused, 0.0)
    if "is_st" in table.columns:
        table["is_st"] = table["is_st"].astype(object).ffill().astype(bool)
    return table


def _reference(before: float, event: Mapping[Any, Any], symbol: str) -> float:
    step = CHINA_RULES.tick(board_of(symbol))
    ratio = event.get("ratio")
    if ratio is not None and ratio == ratio:
        return round(round(before * float(ratio) / step) * step, 3)
    cash, bonus, rights, price = (float(event[name]) for name in ACTIONS[1:])
    return reference_price(before, cash, bonus, rights, price, step)


def _with_reference(actions: pd.DataFrame, bars: pd.DataFrame) -> pd.DataFrame:
    """Actions with the last close before them and, where only their step is known, the reference price."""
    if "ratio" not in actions.columns:
        return actions
    step = CHINA_RULES.tick(board_of(str(actions["symbol"].iloc[0])))
    places = np.searchsorted(bars["date"].to_numpy(), actions["ex_date"].to_numpy(), side="left") - 1
    close = bars["close"].to_numpy()
    before = np.where(places >= 0, close[np.maximum(places, 0)], np.nan)
    reference = np.round(np.round(before * actions["ratio"].to_numpy(dtype=np.float64) / step) * step, 3)
    told: pd.DataFrame = actions.assign(prev_close=before, ref_price=reference).drop(columns="ratio")
    return told
