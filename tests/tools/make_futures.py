"""Makes the embedded futures market: ``python tests/tools/make_futures.py`` writes the files under sources/data.

Invented contracts on the trading days of 2023. Two of an index of shares (ZX, 300 yuan a point) follow the invented
index of the embedded market with a basis that dies at expiry; two of a metal (QT, 5 tonnes a lot) walk at random, but
for one week in June: a fall, a day that is locked at its limit, and a recovery.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import qresearch as qr

DATA = Path(qr.__file__).parent / "sources" / "data"
SEED = 20230103
CRASH = {"2023-06-12": -0.032, "2023-06-13": -0.058, "2023-06-14": "locked", "2023-06-15": -0.021, "2023-06-16": 0.034}
CONTRACTS = [
    # symbol, name, product, multiplier, tick, margin, open_fee, close_fee, close_today_fee, limit_ratio, last_day
    ("ZX2306", "Invented 300 index, June", "ZX", 300, 0.2, 0.12, 0.000023, 0.000023, 0.00023, 0.10, "2023-06-16"),
    ("ZX2309", "Invented 300 index, September", "ZX", 300, 0.2, 0.12, 0.000023, 0.000023, 0.00023, 0.10, "2023-09-15"),
    ("QT2307", "Invented metal, July", "QT", 5, 10, 0.09, 0.00005, 0.00005, 0.0001, 0.08, "2023-07-17"),
    ("QT2310", "Invented metal, October", "QT", 5, 10, 0.09, 0.00005, 0.00005, 0.0001, 0.08, "2023-10-16"),
]
COLUMNS = (
    "symbol", "name", "product", "multiplier", "tick", "margin", "open_fee", "close_fee", "close_today_fee",
    "limit_ratio", "last_day",
)  # fmt: skip


def on(tick: float, price: float) -> float:
    """A price on its tick."""
    return round(round(price / tick) * tick, 6)


def index_path(days: pd.DatetimeIndex) -> np.ndarray:
    """Closes of the index of the embedded market, in points of about 3,900."""
    benchmark = qr.sample_market().benchmark
    closes = pd.Series(benchmark.close, index=pd.DatetimeIndex(benchmark.days)).reindex(days).ffill().bfill()
    return (closes / closes.iloc[0] * 3_900).to_numpy()


def metal_path(days: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Closes of the metal, yuan a tonne."""
    moves = rng.normal(0.0002, 0.0105, len(days))
    for day, move in CRASH.items():
        moves[days.get_loc(pd.Timestamp(day))] = -0.08 if move == "locked" else move
    return 66_000 * np.cumprod(1 + moves)


def bars_of(contract: tuple, days: pd.DatetimeIndex, path: np.ndarray, rng: np.random.Generator) -> list[dict]:
    """Bars of one contract from the first day to its last."""
    symbol, product, tick, limit = contract[0], contract[2], contract[4], contract[9]
    last = pd.Timestamp(contract[10])
    rows, settled = [], None
    for number, day in enumerate(days[days <= last]):
        left = (last - day).days / 365
        close = on(tick, path[number] * (1 + 0.03 * left))
        before = settled if settled is not None else close
        up = np.floor(round(before * (1 + limit) / tick, 6)) * tick
        down = np.ceil(round(before * (1 - limit) / tick, 6)) * tick
        if CRASH.get(str(day.date())) == "locked" and product == "QT":
            opened = high = low = close = settlement = on(tick, down)
            volume = 1_800.0
        else:
            swing = abs(rng.normal(0, 0.004))
            opened = on(tick, np.clip(before * (1 + rng.normal(0, 0.003)), down, up))
            close = on(tick, np.clip(close, down, up))
            high = on(tick, min(max(opened, close) * (1 + swing), up))
            low = on(tick, max(min(opened, close) * (1 - swing), down))
            settlement = on(tick, (opened + high + low + 2 * close) / 5)
            volume = float(round(40_000 * np.exp(rng.normal(0, 0.25))))
        rows.append({
            "date": day, "symbol": symbol, "open": opened, "high": high, "low": low, "close": close, "volume": volume,
            "settlement": settlement, "open_interest": float(round(90_000 * max(min(1, 4 * left), 0.05))),
        })  # fmt: skip
        settled = settlement
    return rows


def main() -> None:
    """Write both files."""
    rng = np.random.default_rng(SEED)
    days = pd.DatetimeIndex(qr.sample_market().days)
    days = days[(days >= "2023-01-03") & (days <= "2023-12-29")]
    paths = {"ZX": index_path(days), "QT": metal_path(days, rng)}
    rows = [row for contract in CONTRACTS for row in bars_of(contract, days, paths[contract[2]], rng)]
    pd.DataFrame(rows).sort_values(["symbol", "date"]).to_csv(
        DATA / "futures_daily.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d"
    )
    pd.DataFrame(CONTRACTS, columns=list(COLUMNS)).to_csv(
        DATA / "futures_contracts.csv", index=False, lineterminator="\n"
    )


if __name__ == "__main__":
    main()
