"""Where the bars of a script lie: in a data folder, or in any market of ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from qresearch.dialects.lean.currencies import Currencies, DailyRates
from qresearch.dialects.lean.derivatives import UNIT
from qresearch.dialects.lean.enums import OptionRight, OptionStyle, Resolution
from qresearch.dialects.lean.feed import DataSource, Feed, local
from qresearch.dialects.lean.symbols import OptionTerms, Symbol
from qresearch.dialects.lean.universes import CoarseFundamental
from qresearch.domain.contract import Contract, Rates
from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.money import MoneyScale
from qresearch.domain.option import Option
from qresearch.domain.option import OptionTerms as Terms
from qresearch.errors import UnknownSymbol, UsageError
from qresearch.market.intraday import Intraday, daily_fields
from qresearch.market.lean_folder import FOLDER_NOTE, Factor, LeanFolder, factor_on
from qresearch.market.lean_options import ContractFile, LeanOptions
from qresearch.market.lean_rows import QUOTE, SCALE, TRADE, RawBars, joined, seconds
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.venue import US

_MONEY = MoneyScale("USD", 10**6, 10**7)
"""Fine enough that adjusted prices are not rounded by a cent."""
_LAST = dt.date(2200, 1, 1)
_FIELDS = ("open", "high", "low", "close")


class FolderSource:
    """A data folder.

    Parameters
    ----------
    folder : LeanFolder
    """

    def __init__(self, folder: LeanFolder) -> None:
        self.folder, self.path, self.options = folder, str(folder.path), LeanOptions(folder)
        self.currencies = Currencies(folder.path)

    def bars(self, symbol: Symbol, resolution: str, kind: str, first: dt.date, last: dt.date) -> RawBars:
        """Bars of some days, of a share under the tickers that it had on them."""
        if symbol.option is not None:
            return self.options.read(contract_file(symbol.option), resolution, kind, first, last)
        parts = []
        since = dt.date(1900, 1, 1)
        names = self.folder.names(symbol.value)[1:] or [(_LAST, symbol.value)]
        if len({name for _, name in names}) == 1:
            return self.folder.read(symbol.value, resolution, kind, first, last)
        for until, name in [*names[:-1], (_LAST, names[-1][1])]:
            if since <= last and first <= until:
                parts.append(self.folder.read(name, resolution, kind, max(since, first), min(until, last)))
            since = until + dt.timedelta(days=1)
        return joined(parts, kind)

    def factors(self, ticker: str) -> list[Factor]:
        """Rows of the factor file."""
        return self.folder.factors(ticker)

    def names(self, ticker: str) -> list[tuple[dt.date, str]]:
        """Rows of the map file."""
        return self.folder.names(ticker)

    def currency(self, ticker: str) -> str:
        """In which a share is quoted."""
        return self.currencies.of(ticker)

    def rates(self, currency: str) -> DailyRates:
        """Dollars for one of a currency, by day."""
        return self.currencies.rates(currency)

    def tickers(self, resolution: str) -> list[str]:
        """Shares with bars."""
        return self.folder.tickers(resolution)

    def coarse(self, day: dt.date) -> list[CoarseFundamental]:
        """A row for each share with a daily bar of a day, by ticker."""
        found = []
        for ticker in self.tickers("daily"):
            bars = self.folder.read(ticker, "daily", TRADE, day, day)
            if len(bars):
                found.append(row_of(self, ticker, day, bars.values[-1]))
        return found

    def contracts(self, share: Symbol, on: dt.date) -> list[OptionTerms]:
        """Contracts on a share that have not expired on a day."""
        return [
            OptionTerms(
                share, OptionRight[found.right.upper()], found.strike, found.expiry, OptionStyle[found.style.upper()]
            )
            for found in self.options.contracts(share.value, on)
        ]  # fmt: skip

    def has(self, ticker: str, resolution: str) -> bool:
        """Whether there are bars of trades."""
        return self.folder.has(ticker, resolution)


class MarketSource:
    """A market of ours: its daily bars, its bars inside the day, and the quotes at their ends.

    Parameters
    ----------
    market : Market
    """

    path = ""

    def __init__(self, market: Market) -> None:
        self.market = market

    def _column(self, ticker: str) -> int | None:
        try:
            return self.market.column(ticker)
        except UnknownSymbol:
            return None

    def currency(self, ticker: str) -> str:
        """USD: what a market of ours is counted in is taken as it is."""
        return "USD"

    def rates(self, currency: str) -> DailyRates:
        """None."""
        return DailyRates([], [])

    def tickers(self, resolution: str) -> list[str]:
        """Instruments with bars."""
        return [symbol for symbol in self.market.symbols if self.has(symbol, resolution)]

    def coarse(self, day: dt.date) -> list[CoarseFundamental]:
        """A row for each instrument with a daily bar of a day."""
        found = []
        for ticker in self.market.symbols:
            bars = self.bars(Symbol(ticker), "daily", TRADE, day, day)
            if len(bars):
                found.append(row_of(self, ticker, day, bars.values[-1]))
        return found

    def contracts(self, share: Symbol, on: dt.date) -> list[OptionTerms]:
        """None."""
        return []

    def has(self, ticker: str, resolution: str) -> bool:
        """Whether there are bars of trades."""
        inside = self.market.panel.intraday
        spans = {"minute": dt.timedelta(minutes=1), "hour": dt.timedelta(hours=1)}
        is_there = resolution == "daily" or (inside is not None and spans.get(resolution) == inside.length)
        return self._column(ticker) is not None and is_there

    def bars(self, symbol: Symbol, resolution: str, kind: str, first: dt.date, last: dt.date) -> RawBars:
        """Bars of some days."""
        ticker = symbol.value
        column, panel = self._column(ticker), self.market.panel
        if column is None or not self.has(ticker, resolution):
            return RawBars(np.empty(0, dtype=np.int64), np.empty((0, 5 if kind == TRADE else 10), dtype=np.int64))
        source: Any = panel if resolution == "daily" else panel.intraday
        times = panel.days if resolution == "daily" else source.times - np.timedelta64(source.length)
        starts = times.astype("datetime64[s]").astype(np.int64)
        prices = [np.asarray(getattr(source, name))[:, column] for name in _FIELDS]
        volume = np.nan_to_num(np.asarray(source.volume)[:, column])
        known = ~np.isnan(prices[3])
        columns = [*(_steps(price) for price in prices), np.rint(volume).astype(np.int64)]
        if kind == QUOTE:
            if resolution == "daily" or not source.has_quotes:
                known &= False
            nothing = np.full(len(starts), np.nan)
            sides = (nothing, nothing) if resolution == "daily" else (source.bid, source.ask)
            columns = []
            for side in sides:
                quoted = nothing if side is None or side.ndim < 2 else side[:, column]
                columns += [_steps(quoted)] * 4 + [np.zeros(len(starts), dtype=np.int64)]
        return RawBars(starts[known], np.column_stack(columns)[known]).between(first, last)

    def factors(self, ticker: str) -> list[Factor]:
        """None: the prices are as they are."""
        return []

    def names(self, ticker: str) -> list[tuple[dt.date, str]]:
        """None."""
        return []


def _steps(prices: Any) -> Any:
    return np.where(np.isnan(prices), -1, np.rint(np.nan_to_num(prices) * SCALE)).astype(np.int64)


def row_of(source: DataSource, ticker: str, day: dt.date, values: Any) -> CoarseFundamental:
    """A share on a day by its raw bar."""
    price, volume = float(values[3]) / SCALE, float(values[4])
    factor = float(factor_on(source.factors(ticker), day, "adjusted"))
    after = dt.datetime.combine(day, dt.time(0)) + dt.timedelta(days=1)
    return CoarseFundamental(Symbol(ticker), after, price, volume, price * volume, price * factor)


def contract_file(terms: OptionTerms) -> ContractFile:
    """The contract of a symbol as the names of files have it."""
    return ContractFile(
        terms.underlying.value, terms.right.name.lower(), terms.strike, terms.expiry, terms.style.name.lower()
    )  # fmt: skip


def source_of(market: Market, data: object) -> FolderSource | MarketSource:
    """Where a script finds its bars: the data folder that is given, or that the market was read from; else the market.

    Parameters
    ----------
    market : Market
    data : None, path, LeanFolder, or a mapping with "folder"
    """
    if isinstance(data, dict):
        data = data.get("folder")
    if isinstance(data, LeanFolder):
        return FolderSource(data)
    if isinstance(data, (str, Path)):
        if not Path(data).is_dir():
            raise UsageError(f"data={str(data)!r} is no folder. Pass the folder of LEAN that holds equity/usa.")
        return FolderSource(LeanFolder(data))
    for note in market.notes:
        if note.startswith(FOLDER_NOTE):
            return FolderSource(LeanFolder(note.removeprefix(FOLDER_NOTE)))
    return MarketSource(market)


def market_of(
    feed: Feed, first: dt.date, last: dt.date, rate: Callable[[Symbol, dt.date], Decimal], name: str = "US equities"
) -> Market | None:
    """The market that a session of a script stands on: what the script subscribed to, at its prices.

    Parameters
    ----------
    feed : Feed
    first, last : date
    rate : callable
        Dollars for one of the currency of a symbol, on a day.

    Returns
    -------
    Market or None
        None where nothing is there.
    """
    tracks: dict[Any, Any] = {}
    for track in feed.tracks:
        if track.kind == TRADE and not track.subscription.internal:
            known = tracks.get(track.symbol)
            if known is None or track.subscription.resolution < known.subscription.resolution:
                tracks[track.symbol] = track
    for track in feed.tracks:
        if track.kind == QUOTE and track.symbol.option is not None:
            tracks[track.symbol] = Priced(tracks[track.symbol], track)
    dates = sorted({
        day for track in tracks.values() for second in np.unique(track.starts // 86_400).tolist()
        if first <= (day := local(second * 86_400).date()) <= last
    })  # fmt: skip
    if not dates:
        return None
    days = np.array(dates, dtype="datetime64[D]")
    inside = _inside(tracks, days, rate) if _is_inside(tracks) else None
    fields = daily_fields(inside) if inside is not None else _daily(tracks, days, rate)
    nothing, shape = np.full(fields["close"].shape, np.nan), fields["close"].shape
    symbols = tuple(str(symbol) for symbol in tracks)
    close = fields["close"]
    before = np.vstack([np.full((1, shape[1]), np.nan), close[:-1]])
    no = np.zeros(shape, dtype=np.bool_)
    panel = Panel(
        days, symbols, fields["open"], fields["high"], fields["low"], close, fields["volume"], nothing, before,
        nothing, nothing, no, no, adjusted=True, intraday=inside,
    )  # fmt: skip
    listed = tuple(instrument_of(symbol) for symbol in tracks)
    return Market(panel, listed, (), replace(US, name=name, money=_MONEY))


class Priced:
    """The bars of an option: its trades, and where there were none the middle of its quotes.

    Parameters
    ----------
    trades, quotes : Track
    """

    def __init__(self, trades: Any, quotes: Any) -> None:
        self.symbol, self.subscription = trades.symbol, trades.subscription
        self.factor, self.paid, self.regular = trades.factor, trades.paid, trades.regular
        more = np.flatnonzero(~np.isin(quotes.ends, trades.ends))
        sides = quotes.values[more][:, [*range(4), *range(5, 9)]].reshape(-1, 2, 4)
        known = np.where(sides >= 0, sides, np.nan).astype(np.float64)
        middle = np.full((len(more), 4), np.nan) if not len(more) else _middle(known)
        held = np.column_stack([middle, np.zeros(len(more))])
        order = np.argsort(np.concatenate([trades.ends, quotes.ends[more]]), kind="stable")
        self.starts = np.concatenate([trades.starts, quotes.starts[more]])[order]
        self.ends = np.concatenate([trades.ends, quotes.ends[more]])[order]
        self.values = np.concatenate([trades.values.astype(np.float64), held])[order]


def _middle(sides: Any) -> Any:
    """Between bid and ask, (M, 4); of one side alone that."""
    bid, ask = sides[:, 0], sides[:, 1]
    return np.where(np.isnan(bid), ask, np.where(np.isnan(ask), bid, (bid + ask) / 2))


def instrument_of(symbol: Symbol) -> Instrument:
    """A share, or a contract of an option with a hundred shares in it."""
    terms = symbol.option
    if terms is None:
        return Instrument(str(symbol), board=Board.EQUITY)
    right = Option(
        str(terms.underlying), terms.right.name.lower(), (Terms(None, float(terms.strike), UNIT),),
        style=terms.style.name.lower(),
    )  # fmt: skip
    contract = Contract(str(terms.underlying), UNIT, 0.01, (Rates(None, 0.0, 0.0),), option=right)
    return Instrument(str(symbol), board=Board.EQUITY, contract=contract)


def _is_inside(tracks: dict[Any, Any]) -> bool:
    kinds = {track.subscription.resolution for track in tracks.values() if len(track.ends)}
    return len(kinds) == 1 and kinds <= {Resolution.MINUTE, Resolution.HOUR}


def _scaled(track: Any, rate: Any) -> Any:
    """Prices in dollars, (M, 4), and volumes."""
    unique, place = np.unique(track.starts // 86_400, return_inverse=True)
    days = [int(day) * 86_400 for day in unique]
    rates = [rate(track.symbol, local(day).date()) for day in days]
    factors = np.array([float(track.factor(day) * each) for day, each in zip(days, rates, strict=True)])[place]
    paid = np.array([float(track.paid(day) * each) for day, each in zip(days, rates, strict=True)])[place]
    prices = track.values[:, :4] * (factors / SCALE)[:, None]
    return prices + paid[:, None] if paid.any() else prices, track.values[:, 4].astype(np.float64)


def _daily(tracks: dict[Any, Any], days: Any, rate: Any) -> dict[str, Any]:
    found = {name: np.full((len(days), len(tracks)), np.nan) for name in (*_FIELDS, "volume")}
    for column, track in enumerate(tracks.values()):
        prices, volumes = _scaled(track, rate)
        dates = track.starts.astype("datetime64[s]").astype("datetime64[D]")
        inside = np.flatnonzero((dates >= days[0]) & (dates <= days[-1]))
        rows, firsts = np.unique(np.searchsorted(days, dates[inside]), return_index=True)
        if not len(rows):
            continue
        lasts = np.append(firsts[1:], len(inside)) - 1
        prices, volumes = prices[inside], volumes[inside]
        found["open"][rows, column], found["close"][rows, column] = prices[firsts, 0], prices[lasts, 3]
        found["high"][rows, column] = np.maximum.reduceat(prices[:, 1], firsts)
        found["low"][rows, column] = np.minimum.reduceat(prices[:, 2], firsts)
        found["volume"][rows, column] = np.add.reduceat(volumes, firsts)
    return found


def _inside(tracks: dict[Any, Any], days: Any, rate: Any) -> Intraday:
    """All bars of the regular session on one axis."""
    first = int(days[0].astype("datetime64[s]").astype(np.int64))
    last = int(days[-1].astype("datetime64[s]").astype(np.int64))
    kept = {}
    for symbol, track in tracks.items():
        unique, place = np.unique(track.starts // 86_400, return_inverse=True)
        hours = np.array([track.regular(int(day)) for day in unique], dtype=np.int64).reshape(-1, 2)[place]
        kept[symbol] = np.flatnonzero(
            (track.ends > hours[:, 0]) & (track.ends <= hours[:, 1])
            & (track.starts >= first) & (track.starts < last + 86_400)
        )  # fmt: skip
    times = np.unique(np.concatenate([tracks[symbol].ends[rows] for symbol, rows in kept.items()]))
    fields = {name: np.full((len(times), len(tracks)), np.nan) for name in (*_FIELDS, "volume")}
    for column, (symbol, rows) in enumerate(kept.items()):
        prices, volumes = _scaled(tracks[symbol], rate)
        at = np.searchsorted(times, tracks[symbol].ends[rows])
        for number, name in enumerate(_FIELDS):
            fields[name][at, column] = prices[rows, number]
        fields["volume"][at, column] = volumes[rows]
    marks = [seconds(day.astype(object)) for day in days]
    starts = np.searchsorted(times, [*marks, marks[-1] + 86_400])
    stamps = times.astype("datetime64[s]").astype("datetime64[m]")
    return Intraday(stamps, starts.astype(np.int64), **fields, turnover=np.full((len(times), len(tracks)), np.nan))
