"""Faults planted in good data, one at a time: ``data check`` finds them, and nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qresearch.sources.inspection import Inspection, inspect

A, B, C = "600519.SH", "000001.SZ", "300750.SZ"
DAYS = pd.bdate_range("2024-01-02", periods=60)
EX = {A: (DAYS[20], 0.5, 0.0), B: (DAYS[30], 0.2, 0.3), C: (DAYS[40], 0.0, 0.5)}
"""Ex-date, cash and bonus of each share."""


def good() -> dict[str, pd.DataFrame]:
    """Bars of three shares with their reference prices and limits, their actions and their instruments."""
    rows = []
    for place, (symbol, (ex_date, cash, bonus)) in enumerate(EX.items()):
        last = 20.0 + 7 * place
        for at, day in enumerate(DAYS):
            before = round((last - cash) / (1 + bonus) + 1e-9, 2) if day == ex_date else last
            opened = round(before + 0.01 * (at * 5 % 7 - 3), 2)
            close = round(before + 0.01 * (at * 7 % 13 - 6), 2)
            high, low = round(max(opened, close) + 0.06, 2), round(min(opened, close) - 0.05, 2)
            volume = 1_000_003.0 + 9_973 * (at * 11 % 17) + place
            width = 0.2 if symbol == C else 0.1
            rows.append(
                {"date": day, "symbol": symbol, "open": opened, "high": high, "low": low, "close": close,
                 "pre_close": before, "volume": volume, "amount": round(volume * (high + low) / 2, 2), "is_st": False,
                 "paused": False, "limit_up": round(before * (1 + width) + 1e-9, 2),
                 "limit_down": round(before * (1 - width) + 1e-9, 2)}
            )  # fmt: skip
            last = close
    actions = [
        {"symbol": symbol, "ex_date": day, "cash_per_share": cash, "bonus_per_share": bonus}
        for symbol, (day, cash, bonus) in EX.items()
    ]
    instruments = [
        {"symbol": A, "name": "a", "board": "SH_MAIN", "list_date": "2001-08-27", "delist_date": None},
        {"symbol": B, "name": "b", "board": "SZ_MAIN", "list_date": "1991-04-03", "delist_date": None},
        {"symbol": C, "name": "c", "board": "CHINEXT", "list_date": "2018-06-11", "delist_date": None},
    ]
    tables = {"daily": rows, "corporate_actions": actions, "instruments": instruments}
    return {name: pd.DataFrame(table) for name, table in tables.items()}


def check(tables: dict[str, pd.DataFrame], folder: Path) -> Inspection:
    """What is found in a file with its tables beside it."""
    tables["daily"].to_parquet(folder / "x_daily.parquet")
    for name in ("corporate_actions", "instruments"):
        if name in tables:
            tables[name].to_csv(folder / f"x_{name}.csv", index=False)
    return inspect(folder / "x_daily.parquet")


def said(found: Inspection) -> set[str]:
    """Kinds of findings, and the notes of the market in words."""
    kinds = {item.kind for item in found.findings}
    # Figures in a note differ with every fault; the words tell whether there is a new one.
    notes = set() if found.market is None else {" ".join(note.split()[1:9]) for note in found.market.notes}
    return kinds | notes


def cell(name: str, change: Callable[[Any], Any], row: int = 25, **others: Any) -> Callable[[dict[str, Any]], None]:
    """A fault in one cell of the bars."""

    def plant(tables: dict[str, Any]) -> None:
        tables["daily"].loc[row, name] = change(tables["daily"].loc[row, name])
        for other, value in others.items():
            tables["daily"].loc[row, other] = value

    return plant


def stretch(
    names: tuple[str, ...], change: Callable[[Any], Any], rows: slice = slice(10, 30)
) -> Callable[[dict[str, Any]], None]:
    """A fault in a stretch of rows; labels are both inclusive."""

    def plant(tables: dict[str, Any]) -> None:
        for name in names:
            tables["daily"].loc[rows, name] = change(tables["daily"].loc[rows, name])

    return plant


def table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[dict[str, Any]], None]:
    """A fault in a whole table."""

    def plant(tables: dict[str, Any]) -> None:
        tables[name] = change(tables[name])

    return plant


def value(name: str, row: int, column: str, new: object) -> Callable[[dict[str, Any]], None]:
    """A fault in one cell of a table beside the bars."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype(object)
        frame.loc[row, column] = new
        return frame

    return table(name, change)


def shifted(name: str, by: int) -> Callable[[dict[str, Any]], None]:
    """A column that is some days late within each symbol."""
    return table(BARS, lambda f: f.assign(**{name: f.groupby("symbol")[name].shift(by).fillna(f[name])}))


def bare(plant: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """A fault in bars that have prices and volume only."""

    def planted(tables: dict[str, Any]) -> None:
        plant(tables)
        tables[BARS] = tables[BARS][["date", "symbol", *PRICES, "volume"]]

    return planted


PRICES = ("open", "high", "low", "close")
BARS, ACTIONS, SHARES = "daily", "corporate_actions", "instruments"
FAULTS: dict[str, Callable[[dict[str, Any]], None]] = {
    # The ten that were missed before.
    "volume x 10 on a day": cell("volume", lambda v: v * 10),
    "volume x 100 for a month": stretch(("volume",), lambda v: v * 100),
    "lots from a day on": stretch(("volume",), lambda v: v / 100, slice(30, 59)),
    "lots from a day on in all": table(BARS, lambda f: f.assign(
        volume=f["volume"].where(f["date"] < DAYS[40], f["volume"] / 100))),
    "a turnover of 0": cell("amount", lambda v: 0.0),
    "fraction of a share": cell("volume", lambda v: v + 0.5),
    "another board in the table": value(SHARES, 0, "board", "STAR"),
    "another board in the bars": table(BARS, lambda f: f.assign(board=f["symbol"].map(
        {A: "CHINEXT", B: "SZ_MAIN", C: "CHINEXT"}))),
    "delisted before the last bars": value(SHARES, 1, "delist_date", "2024-03-01"),
    "dividends for ten shares": table(ACTIONS, lambda f: f.assign(cash_per_share=f["cash_per_share"] * 10)),
    "bonus for ten shares": value(ACTIONS, 2, "bonus_per_share", 5.0),
    # Volume and turnover.
    "volume / 10 on a day": cell("volume", lambda v: v // 10),
    "turnover in thousands on a day": cell("amount", lambda v: v / 1000),
    "turnover x 10 for a month": stretch(("amount",), lambda v: v * 10),
    "turnover of another day": cell("amount", lambda v: v * 1.3),
    "volume of another share": stretch(("volume",), lambda v: v * 1.7),
    "volume below 0": cell("volume", lambda v: -v),
    "volume of infinity": cell("volume", lambda v: np.inf),
    "no volume on a traded day": cell("volume", lambda v: np.nan),
    "volume 0 though prices move": cell("volume", lambda v: 0.0, amount=0.0),
    "volume in lots in all": table(BARS, lambda f: f.assign(volume=f["volume"] / 100)),
    "volume in thousands in all": table(BARS, lambda f: f.assign(volume=f["volume"] / 1000)),
    "volume and turnover swapped": table(BARS, lambda f: f.rename(columns={"volume": "amount", "amount": "volume"})),
    # Prices.
    "high x 10": cell("high", lambda v: v * 10),
    "close x 10": cell("close", lambda v: v * 10),
    "low without its point": cell("low", lambda v: round(v / 100, 2)),
    "high below low": cell("high", lambda v: 1.0),
    "open above high": cell("open", lambda v: v + 1.0),
    "close below low": cell("close", lambda v: v - 1.0),
    "price of 0": cell("close", lambda v: 0.0),
    "price below 0": cell("low", lambda v: -v),
    "no price on a traded day": cell("open", lambda v: np.nan),
    "price of infinity": cell("high", lambda v: np.inf),
    "price between two ticks": cell("close", lambda v: v + 0.003),
    "a bar of another share": lambda t: t[BARS].loc.__setitem__(
        (25, list(PRICES)), t[BARS].loc[85, list(PRICES)].to_numpy()),
    "adjusted prices for a month": stretch(PRICES, lambda v: (v * 0.9).round(2)),
    "adjusted prices before the ex-date": stretch((*PRICES, "pre_close"), lambda v: (v * 0.97).round(2), slice(0, 19)),
    "prices x 10 for a month": stretch((*PRICES, "pre_close", "limit_up", "limit_down"), lambda v: v * 10),
    "high and low swapped": table(BARS, lambda f: f.rename(columns={"high": "low", "low": "high"})),
    "bars copied for a week": lambda t: [
        t[BARS].loc.__setitem__((row, name), t[BARS].loc[24, name])
        for row in range(25, 30) for name in (*PRICES, "volume", "amount")
    ],
    "a reference price that is off": cell("pre_close", lambda v: v - 1.0),
    "reference prices a day late": lambda t: t[BARS].__setitem__(
        "pre_close", t[BARS].groupby("symbol")["pre_close"].shift(1).fillna(t[BARS]["pre_close"])),
    "reference prices of closes": lambda t: t[BARS].__setitem__(
        "pre_close", t[BARS].groupby("symbol")["close"].shift(1).fillna(t[BARS]["pre_close"])),
    # Dates and rows.
    "the same day twice": table(BARS, lambda f: f.iloc[[*range(26), *range(25, len(f))]]),
    "two days swapped": table(BARS, lambda f: f.iloc[[*range(25), 26, 25, *range(27, len(f))]]),
    "dates off by a day": table(BARS, lambda f: f.assign(date=f["date"] + pd.Timedelta(days=1))),
    "rows on a Saturday": table(BARS, lambda f: pd.concat([f, f[f["date"].dt.day_of_week == 4].assign(
        date=lambda g: g["date"] + pd.Timedelta(days=1))]).sort_values(["symbol", "date"])),
    "dates in UTC": table(BARS, lambda f: f.assign(date=f["date"] - pd.Timedelta(hours=8))),
    "a date that is none": table(BARS, lambda f: f.assign(date=f["date"].astype(str).where(f.index != 25, "soon"))),
    "a week is missing": table(BARS, lambda f: f.drop(index=range(24, 29))),
    # Limits and flags.
    "limits of 0": cell("limit_up", lambda v: 0.0),
    "limits swapped": table(BARS, lambda f: f.rename(columns={"limit_up": "limit_down", "limit_down": "limit_up"})),
    "limits for a month missing": stretch(("limit_up", "limit_down"), lambda v: np.nan),
    "limits of another board": stretch(("limit_up",), lambda v: (v / 1.1 * 1.05).round(2)),
    "traded beyond the limit": cell("high", lambda v: round(v * 1.12, 2)),
    "flags that are none": table(BARS, lambda f: f.assign(is_st=np.where(f.index == 25, "maybe", "False"))),
    # Tables beside.
    "no dividends": table(ACTIONS, lambda f: f.iloc[1:]),
    "a dividend on the wrong day": value(ACTIONS, 0, "ex_date", DAYS[22]),
    "the same action twice": table(ACTIONS, lambda f: f.iloc[[0, 0, 1, 2]]),
    "an action without amounts": table(ACTIONS, lambda f: f.assign(
        cash_per_share=f["cash_per_share"].where(f.index > 0), bonus_per_share=f["bonus_per_share"].where(f.index > 0),
    )),
    "a dividend above the price": value(ACTIONS, 0, "cash_per_share", 100.0),
    "a dividend below 0": value(ACTIONS, 0, "cash_per_share", -0.5),
    "listed after the first bars": value(SHARES, 2, "list_date", "2024-02-01"),
    "an unknown board": value(SHARES, 0, "board", "MOON"),
    "an unknown column": table(BARS, lambda f: f.assign(clsoe=1.0)),
    # What a second look thought of.
    "suspended though it traded": cell("paused", lambda v: True),
    "one price a day": table(BARS, lambda f: f.assign(open=f["close"], high=f["close"], low=f["close"])),
    "a share under two symbols": table(BARS, lambda f: pd.concat(
        [f[f["symbol"] != B], f[f["symbol"] == A].assign(symbol=B)])),
    "a share in two spellings": table(BARS, lambda f: pd.concat([f, f.iloc[:30].assign(symbol="sh600519")])),
    "a risk warning for a month": stretch(("is_st",), lambda v: True),
    "volumes of the day before": shifted("volume", 1),
    "turnovers of the day before": shifted("amount", 1),
    "closes of the day after": shifted("close", -1),
    "limits of the day before": shifted("limit_up", 1),
    "half of a dividend": value(ACTIONS, 0, "cash_per_share", 0.25),
    "dividends of another share": table(ACTIONS, lambda f: f.assign(symbol=[B, A, C])),
    "rights without a price": table(ACTIONS, lambda f: f.assign(rights_per_share=[0.3, 0, 0], rights_price=np.nan)),
    "prices in cents": table(BARS, lambda f: f.assign(**{
        name: (f[name] * 100).round() for name in (*PRICES, "pre_close", "limit_up", "limit_down")})),
    "a day is missing": table(BARS, lambda f: f[f["date"] != DAYS[30]]),
    "dates a week late": table(BARS, lambda f: f.assign(date=f["date"] + pd.Timedelta(days=7))),
    "shares swapped": table(BARS, lambda f: f.assign(symbol=f["symbol"].map({A: B, B: A, C: C}))),
    "an exchange that has no such code": table(BARS, lambda f: f.assign(symbol=f["symbol"].replace(A, "600519.SZ"))),
    "delisted before it was listed": value(SHARES, 0, "delist_date", "1999-01-01"),
    "a share twice in the table": table(SHARES, lambda f: f.iloc[[0, 0, 1, 2]]),
    # Bars of the bare columns tell less.
    "bare: bonus for ten shares": bare(table(ACTIONS, lambda f: f.assign(
        cash_per_share=f["cash_per_share"] * 10, bonus_per_share=f["bonus_per_share"] * 10))),
    "bare: adjusted for a bonus": bare(stretch(PRICES, lambda v: (v / 1.5).round(2), slice(120, 159))),
    "bare: no bonus": bare(table(ACTIONS, lambda f: f.iloc[:2])),
    "bare: a bar x 10": bare(stretch(PRICES, lambda v: v * 10, slice(25, 25))),
    "bare: volume x 1000 on a day": bare(cell("volume", lambda v: v * 1000)),
    "bare: lots from a day on": bare(stretch(("volume",), lambda v: v / 100, slice(30, 59))),
}  # fmt: skip
UNTOLD: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "a high that is a tick too high": (
        cell("high", lambda v: round(v + 0.01, 2)), "It is a price like any other inside the limits."
    ),
    "a high that is 5 % too high": (
        cell("high", lambda v: round(v * 1.05, 2)),
        "The average price is still inside the bar, the high inside the limits."
    ),
    "opens of the close before": (
        table(BARS, lambda f: f.assign(
            open=f["pre_close"], high=f[["high", "pre_close"]].max(axis=1), low=f[["low", "pre_close"]].min(axis=1))),
        "Quiet shares and funds open there on many days; no share of days parts them from a made-up column.",
    ),
    "half of the last day": (
        stretch(("volume", "amount"), lambda v: v // 2, slice(59, 59)), "A quiet day looks the same."
    ),
    "no turnover for a month": (
        stretch(("amount",), lambda v: np.nan), "It may be missing."
    ),
    "no date of listing": (value(SHARES, 0, "list_date", None), "It may be missing."),
    "bare: volume x 10 on a day": (
        bare(cell("volume", lambda v: v * 10)), "Real days reach 27 times the days beside them."
    ),
    "bare: prices x 10 in all": (
        bare(table(BARS, lambda f: f.assign(**{name: f[name] * 10 for name in PRICES}))),
        "Prices alone have no scale; a turnover or a reference price of another source would tell.",
    ),
    "bare: adjusted for a small dividend": (
        bare(stretch(PRICES, lambda v: (v - 0.5).round(2), slice(0, 19))),
        "2.5 % are less than what a night moves; a reference price in the data would tell.",
    ),
}  # fmt: skip
"""Faults that data check does not tell, and why."""


def test_good_data_raise_no_alarm(tmp_path: Path) -> None:
    """Protects from false alarms: good tables yield no error, no warning, and no note on what is wrong."""
    found = check(good(), tmp_path)
    assert found.findings == ()
    assert found.market is not None
    assert [note for note in found.market.notes if not note.startswith("Read beside")] == []


def told(plant: Callable[[dict[str, Any]], None], folder: Path) -> set[str]:
    """What is said of tables with a fault and of the same ones without it, bare or not, is not."""
    tables = good()
    plant(tables)
    usual = good()
    usual[BARS] = usual[BARS][list(tables[BARS].columns.intersection(usual[BARS].columns))]
    found = []
    for name, one in (("usual", usual), ("planted", tables)):
        (folder / name).mkdir(parents=True)
        found.append(said(check(one, folder / name)))
    return found[1] - found[0]


def test_planted_faults_are_found(tmp_path: Path) -> None:
    """Protects every figure after it: each of the planted faults is told by a kind of finding or a note."""
    missed = [name for at, (name, plant) in enumerate(FAULTS.items()) if not told(plant, tmp_path / str(at))]
    assert len(FAULTS) >= 60
    assert missed == []


@pytest.mark.parametrize("name", UNTOLD)
def test_what_is_not_found_is_known(name: str, tmp_path: Path) -> None:
    """Protects from trust in silence: what data check cannot tell stands in a list with its reason, or leaves it."""
    plant, reason = UNTOLD[name]
    assert told(plant, tmp_path) == set(), f"this is told now: strike it from the list. {reason}"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("volume x 10 on a day", "UNITS_CHANGE"), ("volume x 100 for a month", "UNITS_CHANGE"),
        ("lots from a day on", "UNITS_CHANGE"), ("a turnover of 0", "TURNOVER_OF_NOTHING"),
        ("fraction of a share", "FRACTIONS_OF_SHARES"), ("another board in the table", "OTHER_BOARD"),
        ("another board in the bars", "OTHER_BOARD"), ("delisted before the last bars", "ROWS_AFTER_DELISTING"),
        ("rows on a Saturday", "WEEKEND"), ("dividends for ten shares", "REFUSED"), ("bonus for ten shares", "REFUSED"),
        ("turnover of another day", "VWAP_OUTSIDE"), ("high x 10", "OUTSIDE_LIMITS"),
        ("a reference price that is off", "STEP_WITHOUT_ACTION"), ("bars copied for a week", "STALE"),
        ("suspended though it traded", "PAUSED_BUT_TRADED"), ("one price a day", "FLAT"),
        ("a share under two symbols", "SAME_BARS"), ("bare: volume x 1000 on a day", "VOLUME_SPIKE"),
        ("prices in cents", "REFUSED"),
    ],
)  # fmt: skip
def test_a_fault_has_its_kind(name: str, kind: str, tmp_path: Path) -> None:
    """Protects the search: a fault is told under the name of what is wrong, not of what follows from it."""
    tables = good()
    FAULTS[name](tables)
    assert kind in {item.kind for item in check(tables, tmp_path).findings}
