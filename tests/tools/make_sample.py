"""Make the data files of the embedded market: run by hand, once.

    python tests/tools/make_sample.py [folder]

The committed files are the truth. This script documents how they came about and the tests check that it still gives
the same values, but nothing in the package imports it: a change of numpy's generators can never move a golden result.

One market factor with three spells and volatility that comes in clusters; a factor for each sector; what is a share's
own, with slow trends, so that a momentum strategy has something to find. Each day is a Brownian bridge from the
reference price over the open to the close, so that highs and lows fit the move. Prices are integers of 0.001 yuan.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sample_cast as cast
from numpy.typing import NDArray
from sample_cast import CAST, Day, Payout, Share
from sample_episodes import EPISODES

from qresearch.domain.instrument import Board
from qresearch.sources import sample

Floats = NDArray[np.float64]
Script = dict[tuple[str, str], Day]

DATA = Path(sample.__file__).parent / "data"
SEED = 300_900
MILS = 1000
"""Prices are whole thousandths of a yuan while they are made: no rounding surprise, ever."""
PRICES = ["open", "high", "low", "close", "pre_close"]
PERCENT = {Board.STAR: 20, Board.CHINEXT: 20, Board.BSE: 30}
PACKED = {
    "use_dictionary": ["date", "symbol", *PRICES],
    "column_encoding": dict.fromkeys(("volume", "amount"), "DELTA_BINARY_PACKED"),
}
"""How the daily file gets small: prices repeat, so a dictionary suits them; whole numbers are packed by difference."""
OVERNIGHT = 0.3
"""Part of a day's variance that falls between the close and the next open."""


def board_of(symbol: str) -> Board:
    """The board of an invented code: invented ones lie outside the real ranges, beside those of their board."""
    code, _, suffix = symbol.partition(".")
    if suffix == "BJ":
        return Board.BSE
    if code.startswith(("5", "15")):
        return Board.ETF
    if code.startswith("688"):
        return Board.STAR
    if code.startswith(("300", "301", "302")):
        return Board.CHINEXT
    return Board.SH_MAIN if suffix == "SH" else Board.SZ_MAIN


def trading_days() -> list[str]:
    """The trading days, kept in the committed index file: dates are facts and are not generated."""
    dates = pd.read_parquet(DATA / "sample_index.parquet", columns=["date"])["date"]
    return [str(day) for day in dates.dt.strftime("%Y-%m-%d")]


def clusters(rng: np.random.Generator, count: int, degrees: float = 4.0) -> tuple[Floats, Floats]:
    """Shocks of unit variance whose volatility comes in clusters (GARCH(1,1), fat tails), and that volatility."""
    draws = rng.standard_t(degrees, count) * math.sqrt((degrees - 2) / degrees)
    shocks, sigmas = np.empty(count), np.empty(count)
    variance = 1.0
    for i, draw in enumerate(np.clip(draws, -5.0, 5.0)):
        sigmas[i] = math.sqrt(variance)
        shocks[i] = sigmas[i] * draw
        variance = 0.04 + 0.10 * min(shocks[i] ** 2, 8.0) + 0.86 * variance
    return shocks, sigmas


def steer(returns: Floats, stops: list[int], levels: list[float]) -> Floats:
    """The same wiggles, with a drift that carries their sum to each of `levels` by each of `stops`."""
    steered = returns.copy()
    start, level = 0, 0.0
    for stop, target in zip(stops, levels, strict=True):
        part = slice(start, stop)
        steered[part] += (target - level - steered[part].sum()) / max(stop - start, 1)
        start, level = stop, target
    return steered


def market_factor(days: list[str]) -> tuple[Floats, Floats]:
    """(T,) log returns of the market and their volatility, spell by spell."""
    rng = np.random.default_rng(SEED)
    returns, sigmas = clusters(rng, len(days))
    stops, levels, level = [], [], 0.0
    for first, last, total, vol in cast.REGIMES:
        part = slice(days.index(first), days.index(last) + 1)
        scale = vol / returns[part].std()
        returns[part] *= scale
        sigmas[part] *= scale
        level += total
        stops.append(part.stop)
        levels.append(level)
    return steer(returns, stops, levels), sigmas


class Factors:
    """What moves all shares: the market, the sectors, the common part of the opening gaps and of the volume."""

    def __init__(self, days: list[str]) -> None:
        self.days = days
        self.market, self.market_sigma = market_factor(days)
        rng = np.random.default_rng([SEED, 1])
        names = sorted({share.sector for share in CAST} - {"gold", "index"})
        self.sectors = {name: 0.006 * clusters(rng, len(days))[0] for name in names}
        self.gaps = rng.standard_normal(len(days))
        self.crowd = persistent(rng, len(days), 0.94, 0.22)


def persistent(rng: np.random.Generator, count: int, memory: float, spread: float) -> Floats:
    """(count,) series that forgets slowly, with standard deviation `spread`."""
    values = np.empty(count)
    value = 0.0
    for i, draw in enumerate(rng.standard_normal(count) * spread * math.sqrt(1 - memory**2)):
        value = memory * value + draw
        values[i] = value
    return values


def latent(share: Share, seed: int, factors: Factors) -> dict[str, Floats]:
    """(T,) series of a share before ticks, limits and scripts: opening gap, return, volatility and so on."""
    rng = np.random.default_rng([SEED, 100, seed])
    days = factors.days
    count = len(days)
    shocks, sigmas = clusters(rng, count)
    own = 1.15 * share.vol * shocks + persistent(rng, count, 0.97, 0.045 * share.vol)
    total = share.beta * factors.market + own + share.vol / 0.018 * factors.sectors.get(share.sector, 0.0)
    begin = days.index(max(share.listed, cast.FIRST))
    stops = [days.index(day) + 1 - begin for day, _ in (*share.anchors, (share.last, 0.0))]
    levels = [math.log(price / share.start) for price in (*(price for _, price in share.anchors), share.end)]
    if share.sector != "index":
        total[begin:] = steer(total[begin:], stops, levels)
    sigma = np.hypot(1.15 * share.vol * sigmas, share.beta * factors.market_sigma)
    noise = 0.55 * factors.gaps + math.sqrt(1 - 0.55**2) * rng.standard_normal(count)
    gap = OVERNIGHT * total + math.sqrt(OVERNIGHT * (1 - OVERNIGHT)) * sigma * 0.8 * noise
    excited = np.minimum(np.abs(total) / sigma, 4.0) - 0.8
    volume = persistent(rng, count, 0.9, 0.33) + factors.crowd + 0.42 * excited + 0.15 * rng.standard_normal(count)
    spread = sigma * math.sqrt(1 - OVERNIGHT)
    up, down = rng.random(count), rng.random(count)
    # Draws of the highest and lowest point of a Brownian bridge between the open and the close.
    width = (total - gap) ** 2
    high = (gap + total + np.sqrt(width - 2.0 * spread**2 * np.log(up))) / 2
    low = (gap + total - np.sqrt(width - 2.0 * spread**2 * np.log(down))) / 2
    return {"gap": gap, "high": high, "low": low, "move": total, "volume": volume, "blend": rng.random(count)}


def reference(previous: int, payout: Payout, tick: int) -> tuple[int, dict[str, float]]:
    """Reference price of an ex-date in mils, half up, and the amounts per share that it stands for."""
    cash = round(previous * payout.cash / (tick / 2)) * tick // 2
    price = round(previous * payout.rights_price / 10) * 10
    # Ratios are tenths at the finest: integers keep the rounding exact.
    bonus, rights = round(10 * payout.bonus), round(10 * payout.rights)
    numerator, denominator = 10 * (previous - cash) + rights * price, (10 + bonus + rights) * tick
    value = (2 * numerator + denominator) // (2 * denominator) * tick
    amounts = {
        "cash_per_share": cash / MILS,
        "bonus_per_share": payout.bonus,
        "rights_per_share": payout.rights,
        "rights_price": price / MILS if rights else math.nan,
    }
    return value, amounts


def limits(reference_price: int, percent: int | None, tick: int) -> tuple[int, int]:
    """Lower and upper limit in mils, half up to the tick; without a percentage anything from one tick on."""
    if percent is None:
        return tick, 10**9
    ticks = reference_price // tick
    return (ticks * (100 - percent) + 50) // 100 * tick, (ticks * (100 + percent) + 50) // 100 * tick


def script(days: list[str]) -> Script:
    """The scripted days, with the slide into the delisting written out."""
    scripted = dict(cast.DAYS)
    symbol, first, locked, moves = cast.SLIDE
    for number, (day, move) in enumerate(zip(days[days.index(first) :], cycle(moves), strict=False)):
        scripted[symbol, day] = cast.LOCKED_DOWN if number < locked else Day(move=move)
    return scripted


def within(spans: tuple[tuple[str, str, str], ...], symbol: str, day: str) -> bool:
    """Whether one of the spans (symbol, first day, last day) holds that day."""
    return any(symbol == name and first <= day <= last for name, first, last in spans)


def percent_of(share: Share, age: int, risky: bool) -> int | None:
    """Daily price limit in percent; None on the first days of a listing."""
    if age < cast.FREE_DAYS.get(share.symbol, 0):
        return None
    if risky:
        return 5
    return round(100 * share.limit_ratio) if share.limit_ratio else PERCENT.get(board_of(share.symbol), 10)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a day's prices must fit into, in mils: the reference price, the limits and the tick."""

    base: int
    floor: int
    cap: int
    tick: int

    def price(self, ratio: float) -> int:
        """The price at that ratio to the reference price, on the tick and inside the limits."""
        return min(max(math.floor(self.base * ratio / self.tick + 0.5) * self.tick, self.floor), self.cap)


def prices(frame: Frame, chance: dict[str, float], told: Day) -> dict[str, int]:
    """Open, high, low and close in mils, by the script or else by chance."""

    def price(name: str) -> int:
        scripted = getattr(told, name)
        return frame.price(math.exp(chance[name]) if scripted is None else 1.0 + scripted)

    opened, closed = price("gap"), price("move")
    high, low = max(price("high"), opened, closed), min(price("low"), opened, closed)
    return {"open": opened, "high": high, "low": low, "close": closed}


def traded(share: Share, size: float, chance: dict[str, float], told: Day) -> int:
    """Volume in shares: hundreds, except where single shares may trade."""
    step = 1 if board_of(share.symbol) in {Board.STAR, Board.BSE} else 100
    drawn = round(size * told.activity * math.exp(chance["volume"]) / step)
    return told.volume or max(drawn, 1) * step


def turnover(bar: dict[str, int], volume: int, blend: float) -> int:
    """Amount in yuan, at an average price inside the bar."""
    mean = sum(bar.values()) / 4
    return round((mean + (bar["close"] - mean) * 0.3 * blend) * volume / MILS)


def rows_of(share: Share, seed: int, factors: Factors, scripted: Script) -> Iterator[dict[str, Any]]:
    """The daily rows of one share, prices in mils; the row of an ex-date carries its action."""
    series = latent(share, seed, factors)
    tick = 1 if board_of(share.symbol) is Board.ETF else 10
    payouts = {payout.ex_date: payout for payout in cast.PAYOUTS if payout.symbol == share.symbol}
    base, size, age, under_one = round(share.start * MILS), share.volume * 1e6, 0, 0
    closed_on = ""
    for i, day in enumerate(factors.days):
        if not share.listed <= day <= share.last or within(cast.ABSENT, share.symbol, day):
            continue
        row: dict[str, Any] = {"date": day, "symbol": share.symbol, "action": None}
        if payout := payouts.get(day):
            before = base
            base, amounts = reference(before, payout, tick)
            row["action"] = amounts | {"prev_close": before / MILS, "ref_price": base / MILS, "record_date": closed_on}
            size *= 1 + payout.bonus + payout.rights
        risky, paused = within(cast.RISK_WARNING, share.symbol, day), within(cast.PAUSED, share.symbol, day)
        if paused:
            bar, volume, amount = dict.fromkeys(("open", "high", "low", "close"), base), 0, 0
        else:
            told = scripted.get((share.symbol, day), Day())
            chance = {name: float(values[i]) for name, values in series.items()}
            floor, cap = limits(base, percent_of(share, age, risky), tick)
            bar = prices(Frame(base, floor, cap, tick), chance, told)
            volume = traded(share, size, chance, told)
            amount = turnover(bar, volume, chance["blend"])
            closed_on = day
        yield row | bar | {"pre_close": base, "volume": volume, "amount": amount, "is_st": risky, "paused": paused}
        age += 1
        base = bar["close"]
        # Twenty closes in a row below one yuan end the listing of a share, without a delisting period (since
        # 2020-12-31); a fund may stay there.
        under_one = under_one + 1 if base < MILS and tick == 10 and not paused else 0
        if under_one == 20:
            return


def instruments(rows: pd.DataFrame, days: list[str]) -> pd.DataFrame:
    """The instruments table: what the rules hang on, and what the rows show."""
    found = []
    for share in CAST:
        own = rows[rows["symbol"] == share.symbol]
        last = own["date"].max()
        delisted = last < share.last
        found.append({
            "symbol": share.symbol, "name": share.name, "name_zh": share.name_zh, "exchange": share.symbol[-2:],
            "board": board_of(share.symbol).value, "sector": share.sector, "list_date": share.listed,
            "delist_date": days[days.index(last) + 1] if delisted else None,
            "first_date": own["date"].min(), "last_date": last, "rows": len(own),
            "paused_rows": int(own["paused"].sum()), "st_rows": int(own["is_st"].sum()),
            "status": "delisted_or_stopped" if delisted else None,
            "same_day_sale": share.same_day_sale, "limit_ratio": share.limit_ratio,
        })  # fmt: skip
    return pd.DataFrame(found)


def actions(rows: pd.DataFrame) -> pd.DataFrame:
    """The corporate actions, in the columns of the long format."""
    found = rows[rows["action"].notna()]
    table = pd.DataFrame([*found["action"]], index=found.index)
    table.insert(0, "symbol", found["symbol"])
    table.insert(1, "ex_date", found["date"])
    table["paused_on_ex_date"] = found["paused"].astype(bool)
    table["source"] = "invented"
    # Cash arrives on the ex-date in China's cash market; there is nothing to pay out without cash.
    table["pay_date"] = table["ex_date"].where(table["cash_per_share"] > 0)
    table["ref_price_formula"] = table["ref_price"]
    head = ["symbol", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price"]
    tail = ["prev_close", "ref_price", "paused_on_ex_date", "source", "record_date", "pay_date", "ref_price_formula"]
    return table[head + tail].sort_values(["symbol", "ex_date"])


def episodes(table: pd.DataFrame) -> pd.DataFrame:
    """The episodes with names; one without a last day lasts as long as the rows of its share."""
    names = {share.symbol: (share.name, share.name_zh) for share in CAST} | {cast.INDEX[0]: cast.INDEX[1:]}
    last = dict(zip(table["symbol"], table["last_date"], strict=True))
    return pd.DataFrame({
        "key": episode.key, "symbol": episode.symbol,
        "name_en": names[episode.symbol][0], "name_zh": names[episode.symbol][1],
        "first_day": episode.first, "last_day": episode.last or last[episode.symbol],
        "title_en": episode.title_en, "title_zh": episode.title_zh,
        "what_to_see_en": episode.see_en, "what_to_see_zh": episode.see_zh,
    } for episode in sorted(EPISODES, key=lambda episode: (episode.first, episode.key)))  # fmt: skip


def frames() -> dict[str, pd.DataFrame]:
    """Every table of the sample, by file name."""
    days = trading_days()
    factors = Factors(days)
    scripted = script(days)
    rows = pd.DataFrame([row for seed, share in enumerate(CAST) for row in rows_of(share, seed, factors, scripted)])
    daily = rows[["date", "symbol", *PRICES, "volume", "amount", "is_st", "paused"]].copy()
    daily[PRICES] = daily[PRICES] / MILS
    daily["date"] = pd.to_datetime(daily["date"])
    closes = np.round(4000 * np.exp(np.cumsum(factors.market)), 2)
    index = pd.DataFrame({"date": pd.to_datetime(days), "symbol": cast.INDEX[0], "close": closes})
    table = instruments(rows, days)
    return {
        "sample_daily.parquet": daily,
        "sample_index.parquet": index,
        "sample_instruments.csv": table,
        "sample_corporate_actions.csv": actions(rows),
        "sample_episodes.csv": episodes(table),
    }


def main(folder: Path = DATA) -> None:
    """Write the data files into `folder`; the same bytes every time on one machine."""
    for name, frame in frames().items():
        if name.endswith(".csv"):
            frame.to_csv(folder / name, index=False, lineterminator="\n")
        else:
            table = pa.Table.from_pandas(frame, preserve_index=False)
            coded: dict[str, Any] = {} if "volume" not in frame else PACKED
            pq.write_table(table, folder / name, compression="zstd", compression_level=19, **coded)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
