"""A market in which every kind of account finds something: the invented options, futures and bonds at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

import qresearch as qr

_DATA = Path(qr.__file__).parent / "sources" / "data"
FIRST, LAST = "2022-12-01", "2023-02-10"
FUND, SHARE, CONVERTIBLE = "514101.SH", "604801.SH", "113801.SH"


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(_DATA / f"{name}.csv", dtype={"symbol": str})


@cache
def everything() -> qr.Market:
    """Options over an adjustment and two expiries; futures, bonds, repo and a share from the third of January on."""
    bars = pd.concat([_table("options_daily"), _table("futures_daily"), _table("bonds_daily")])
    bars = bars[bars["date"].between(FIRST, LAST)].drop_duplicates(["date", "symbol"])
    contracts = pd.concat([_table("options_contracts"), _table("futures_contracts").query("symbol != 'QT2307'")])
    return qr.read_market(
        bars,
        instruments=pd.concat([_table("options_instruments"), _table("bonds_instruments")]),
        actions=_table("options_corporate_actions"),
        contracts=contracts,
        bonds=_table("bonds_bonds"),
    )


SYMBOLS: dict[str, tuple[str, ...]] = {
    "cash_shares": (FUND, SHARE), "margin": (FUND, SHARE), "futures": ("QT2307", "QT2310", "ZX2306"),
    "options": (FUND, "QT2307", "C2212M4000", "P2212M4000", "C2301M4100", "P2301M4100"),
    "bond": ("019801.SH", "019802.SH", "122801.SH", CONVERTIBLE, SHARE, "204001.SH", "204007.SH"),
}  # fmt: skip
"""What each kind holds, by its name."""
