"""Makes the embedded option market: ``python tests/tools/make_options.py`` writes the files under sources/data.

Invented options on what the embedded markets have already: a fund of the share market that pays a dividend on the way,
its index, and one of the futures. Prices follow Black and Scholes at a volatility that wanders, on the tick: enough to
see what an account of options does, and nothing to learn volatility from.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

import qresearch as qr

DATA = Path(qr.__file__).parent / "sources" / "data"
SEED = 20221101
FIRST, LAST = "2022-11-01", "2023-02-28"
FUND, INDEX, FUTURE = "514101.SH", "000900.SH", "QT2307"
EX_DATE, DIVIDEND, UNIT = pd.Timestamp("2022-12-15"), 0.049, 10_000
MONTHS = {"2212": "2022-12-28", "2301": "2023-01-18"}
OF_FUND = {
    "underlying": FUND, "tick": 0.0001, "settlement": "shares", "style": "european", "margin": 0.12, "floor": 0.07,
    "limit_ratio": 0.1, "open_fee": 1.6, "close_fee": 1.6, "fee_kind": "lot", "writing_fee": 0.0, "exercise_fee": 0.6,
    "largest_order": 50, "largest_market_order": 10,
}  # fmt: skip
OF_INDEX = {
    "underlying": INDEX, "tick": 0.2, "settlement": "cash", "style": "european", "margin": 0.12, "floor": 0.5,
    "limit_ratio": 0.1, "open_fee": 15.0, "close_fee": 15.0, "fee_kind": "lot", "exercise_fee": 2.0,
}  # fmt: skip
OF_FUTURE = {
    "underlying": FUTURE, "tick": 2.0, "settlement": "future", "style": "american", "limit_ratio": 0.08,
    "open_fee": 5.0, "close_fee": 5.0, "fee_kind": "lot", "exercise_fee": 5.0,
}  # fmt: skip


def contracts(closes: pd.Series) -> list[dict]:
    """The table of contracts: each option, and the terms of those that lived over the dividend."""
    before = closes[closes.index < EX_DATE].iloc[-1]
    unit = round(UNIT * before / (before - DIVIDEND))
    rows = []
    for month, last in MONTHS.items():
        for right in ("call", "put"):
            for strike in (4.0, 4.1, 4.2):
                name = f"{'C' if right == 'call' else 'P'}{month}M{round(1000 * strike)}"
                item = {"symbol": name, "name": f"QR 300 ETF {right} {month} {strike}", "right": right,
                        "last_day": last, **OF_FUND}  # fmt: skip
                rows.append({**item, "strike": strike, "multiplier": UNIT})
                rows.append({**item, "strike": round(strike * UNIT / unit, 3), "multiplier": unit, "since": EX_DATE})
    for right in ("call", "put"):
        letter = right[0].upper()
        rows.append({"symbol": f"ZXO2301{letter}3900", "name": f"Invented 300 index {right} 3900", "right": right,
                     "last_day": "2023-01-20", "strike": 3900.0, "multiplier": 100, **OF_INDEX})  # fmt: skip
        rows.append({"symbol": f"QT2307{letter}68000", "name": f"Invented metal {right} 68000", "right": right,
                     "last_day": "2023-02-24", "strike": 68_000.0, "multiplier": 5, **OF_FUTURE})  # fmt: skip
    return rows


def worth(right: str, spot: float, strike: float, years: float, volatility: float) -> float:
    """Black and Scholes without interest."""
    sign = 1 if right == "call" else -1
    spread = volatility * math.sqrt(years)
    if spread <= 0:
        return max(sign * (spot - strike), 0.0)
    up = (math.log(spot / strike) + spread**2 / 2) / spread
    below, beyond = (0.5 * (1 + math.erf(sign * x / math.sqrt(2))) for x in (up, up - spread))
    return sign * (spot * below - strike * beyond)


def bars_of(item: dict, terms: list[dict], spots: pd.DataFrame, rng: np.random.Generator) -> list[dict]:
    """Bars of one option from the first bar of its underlying to its last day."""
    tick, last, rows = item["tick"], pd.Timestamp(item["last_day"]), []
    volatility = 0.15 if item["settlement"] == "future" else 0.2
    for day, spot in spots[spots.index <= last].iterrows():
        volatility = float(np.clip(volatility * math.exp(rng.normal(0, 0.02)), 0.1, 0.35))
        strike = [row for row in terms if pd.isna(row.get("since")) or row["since"] <= day][-1]["strike"]
        years = (last - day).days / 365
        opened, close = (
            max(round(round(worth(item["right"], spot[at], strike, left, volatility) / tick) * tick, 6), tick)
            for at, left in (("open", years + 0.5 / 365), ("close", years))
        )
        if day == last:
            close = max(round(round(worth(item["right"], spot["close"], strike, 0, 0) / tick) * tick, 6), tick)
        rows.append({
            "date": day, "symbol": item["symbol"], "open": opened, "high": max(opened, close),
            "low": min(opened, close), "close": close, "volume": float(round(3_000 * math.exp(rng.normal(0, 0.4)))),
            "settlement": close, "open_interest": float(round(20_000 * math.exp(rng.normal(0, 0.1)))),
        })  # fmt: skip
    return rows


def main() -> None:
    """Write the files."""
    rng = np.random.default_rng(SEED)
    share, future = qr.sample_market(), qr.sample_futures()
    days = pd.DatetimeIndex(share.days)
    kept = (days >= FIRST) & (days <= LAST)
    names = ("open", "high", "low", "close", "volume")
    column = share.symbols.index(FUND)
    fund = pd.DataFrame({name: getattr(share.panel, name)[kept, column] for name in names}, index=days[kept])
    index = pd.Series(share.benchmark.close, index=pd.DatetimeIndex(share.benchmark.days)).reindex(days[kept])
    index = pd.DataFrame({"open": index.shift().fillna(index), "close": index, "volume": 1e8})
    index = index.assign(high=index[["open", "close"]].max(axis=1), low=index[["open", "close"]].min(axis=1))
    column, its = future.symbols.index(FUTURE), pd.DatetimeIndex(future.days)
    metal = pd.DataFrame(
        {name: getattr(future.panel, name)[:, column] for name in (*names, "settlement")}, index=its
    ).loc[:LAST]
    underlying = {FUND: fund, INDEX: index, FUTURE: metal}
    table = contracts(fund["close"])
    rows = [
        {"date": day, "symbol": symbol, **bar}
        for symbol, bars in underlying.items()
        for day, bar in bars.round(4).to_dict("index").items()
    ]
    for symbol in dict.fromkeys(row["symbol"] for row in table):
        terms = [row for row in table if row["symbol"] == symbol]
        rows += bars_of(terms[0], terms, underlying[terms[0]["underlying"]], rng)
    bars = pd.DataFrame(rows).sort_values(["symbol", "date"])
    kept = ["date", "symbol", *names, "settlement", "open_interest"]
    bars[kept].to_csv(DATA / "options_daily.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d")
    futures = pd.read_csv(DATA / "futures_contracts.csv").set_index("symbol").loc[[FUTURE]].reset_index()
    pd.concat([futures, pd.DataFrame(table)]).to_csv(
        DATA / "options_contracts.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d"
    )
    pd.DataFrame([{"symbol": FUND, "name": "QR 300 ETF", "board": "ETF"},
                  {"symbol": INDEX, "name": "QR 300 Index", "board": "INDEX"}]).to_csv(
        DATA / "options_instruments.csv", index=False, lineterminator="\n"
    )  # fmt: skip
    pd.DataFrame([{"symbol": FUND, "ex_date": EX_DATE.date(), "cash_per_share": DIVIDEND}]).to_csv(
        DATA / "options_corporate_actions.csv", index=False, lineterminator="\n"
    )


if __name__ == "__main__":
    main()
