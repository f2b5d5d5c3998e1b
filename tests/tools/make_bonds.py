"""Makes the embedded bond market: ``python tests/tools/make_bonds.py`` writes the files under sources/data.

Invented bonds on the trading days of 2023: a treasury with a coupon on 21 June, a corporate bond that pays on 15 May
and is open to qualified investors only, a treasury that matures on 15 September, a convertible (and its share) that is
called in November after a rise, and repo for one day and for seven, dearer at the ends of quarters. Prices follow a
yield that walks at random; those of the convertible follow its share, from above.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

import qresearch as qr
from qresearch.domain.bond import Bond
from qresearch.domain.bond_figures import full_price, price_at

DATA = Path(qr.__file__).parent / "sources" / "data"
SEED = 20230621
CONVERSION = 9.6
CALL = dt.date(2023, 11, 15)
"""The last trading day of the convertible."""
TERMS = [
    # symbol, name, kind, value_date, maturity, coupons, first yield, qualified_only
    ("019801.SH", "Invented treasury, 7 years", "treasury", "2022-06-21", "2029-06-21", 0.0285, 0.0278, ""),
    ("019802.SH", "Invented treasury, September", "treasury", "2021-09-15", "2023-09-15", 0.022, 0.0205, ""),
    ("122801.SH", "Invented harbour bond", "corporate", "2021-05-15", "2026-05-15", 0.041, 0.0395, True),
]
SHARE, CONVERTIBLE = "604801.SH", "113801.SH"
REPO = (("204001.SH", 1.85), ("204007.SH", 2.05))


def bar(day: pd.Timestamp, symbol: str, prices: tuple[float, float, float, float], volume: float) -> dict:
    """One row: open, high, low and close in thousandths."""
    opened, high, low, close = (round(price, 3) for price in prices)
    return {
        "date": day, "symbol": symbol, "open": opened, "high": high, "low": low, "close": close,
        "volume": round(volume, -1),
    }  # fmt: skip


def bonds_of(days: pd.DatetimeIndex, rng: np.random.Generator) -> list[dict]:
    """Bars of the bonds, by one move of all yields a day."""
    moves = np.cumsum(rng.normal(-0.000004, 0.00011, len(days)))
    rows = []
    for symbol, _, _, begin, end, coupon, first, _ in TERMS:
        terms = Bond(dt.date.fromisoformat(begin), dt.date.fromisoformat(end), (coupon,))
        close = None
        for number, day in enumerate(days):
            if day.date() > terms.last_day:
                break
            full = price_at(terms, day.date(), first + moves[number])
            clean = full - full_price(terms, day.date(), 0.0)
            opened = clean if close is None else close + rng.normal(0, 0.01)
            close = clean + rng.normal(0, 0.006)
            high, low = max(opened, close) + abs(rng.normal(0, 0.01)), min(opened, close) - abs(rng.normal(0, 0.01))
            rows.append(bar(day, symbol, (opened, high, low, close), 30_000 * np.exp(rng.normal(0, 0.4))))
    return rows


def share_path(days: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Closes of the share, in cents: quiet until August, then a rise."""
    drift = np.where(days < pd.Timestamp("2023-08-01"), 0.0002, 0.0045)
    drift = np.where(days > pd.Timestamp("2023-10-20"), 0.0, drift)
    return np.round(9.4 * np.cumprod(1 + rng.normal(drift, 0.011)), 2)


def convertible_of(days: pd.DatetimeIndex, rng: np.random.Generator) -> list[dict]:
    """Bars of the share and of the bond that becomes it: above its shares, the less so the more they are worth."""
    rows, closes, before = [], share_path(days, rng), None
    last_bond = None
    for day, close in zip(days, closes, strict=True):
        opened = close if before is None else round(before * (1 + rng.normal(0, 0.004)), 2)
        high = round(max(opened, close) * (1 + abs(rng.normal(0, 0.003))), 2)
        low = round(min(opened, close) * (1 - abs(rng.normal(0, 0.003))), 2)
        rows.append(bar(day, SHARE, (opened, high, low, close), 900_000 * np.exp(rng.normal(0, 0.3))))
        before = close
        if day.date() > CALL:
            continue
        worth = 100 / CONVERSION * close
        price = worth + 14 * np.exp(-max(worth - 85, 0) / 28) + rng.normal(0, 0.15)
        first = price if last_bond is None else last_bond * (1 + rng.normal(0, 0.002))
        swing = abs(rng.normal(0, 0.15))
        rows.append(
            bar(day, CONVERTIBLE, (first, max(first, price) + swing, min(first, price) - swing, price),
                60_000 * np.exp(rng.normal(0, 0.4)))
        )  # fmt: skip
        last_bond = price
    return rows


def repo_of(days: pd.DatetimeIndex, rng: np.random.Generator) -> list[dict]:
    """Rates of repo, per cent a year on steps of 0.005; money is dear where a quarter ends."""
    rows = []
    for symbol, usual in REPO:
        for day in days:
            dear = 1.6 * ((day + pd.offsets.QuarterEnd(0)) - day <= pd.Timedelta(days=4))
            rates = [round(max(usual + dear + rng.normal(0, 0.08), 0.5) * 200) / 200 for _ in range(4)]
            rows.append(bar(day, symbol, (rates[0], max(rates), min(rates), rates[3]), 5e7))
    return rows


def main() -> None:
    """Write the three files."""
    rng = np.random.default_rng(SEED)
    days = pd.DatetimeIndex(qr.sample_market().days)
    days = days[(days >= "2023-01-03") & (days <= "2023-12-29")]
    rows = [*bonds_of(days, rng), *convertible_of(days, rng), *repo_of(days, rng)]
    pd.DataFrame(rows).sort_values(["symbol", "date"]).to_csv(
        DATA / "bonds_daily.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d"
    )
    table = [
        {"symbol": symbol, "kind": kind, "value_date": begin, "maturity": end, "coupons": coupon,
         "qualified_only": qualified, "fee": 0.0001}
        for symbol, _, kind, begin, end, coupon, _, qualified in TERMS
    ]  # fmt: skip
    table.append({
        "symbol": CONVERTIBLE, "kind": "convertible", "value_date": "2021-11-22", "maturity": "2027-11-22",
        "coupons": "0.003 0.005 0.008 0.012 0.016 0.02", "redemption": 108, "fee": 0.00004, "underlying": SHARE,
        "conversion_price": CONVERSION, "convert_from": "2022-05-26", "convert_until": "2023-11-20",
        "last_trading_day": CALL, "call_day": "2023-11-21", "call_price": 100.8,
    })  # fmt: skip
    pd.DataFrame(table).to_csv(DATA / "bonds_bonds.csv", index=False, lineterminator="\n")
    names = [(symbol, name, "BOND") for symbol, name, *_ in TERMS]
    names += [(SHARE, "Huayuan Instruments", "SH_MAIN"), (CONVERTIBLE, "Huayuan convertible", "CONVERTIBLE")]
    names += [("204001.SH", "Repo, 1 day", "REPO"), ("204007.SH", "Repo, 7 days", "REPO")]
    pd.DataFrame(names, columns=["symbol", "name", "board"]).to_csv(
        DATA / "bonds_instruments.csv", index=False, lineterminator="\n"
    )


if __name__ == "__main__":
    main()
