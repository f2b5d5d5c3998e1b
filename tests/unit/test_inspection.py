"""What is odd in market data: every kind is found where it is, and nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.errors import DataError
from qresearch.sources.inspection import Inspection, inspect

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="the real data folder is not beside this checkout")
SAMPLE = Path(qr.__file__).parent / "sources" / "data" / "sample_daily.parquet"
DAYS = [str(day) for day in np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]") if np.is_busday(day)]


def clean(**columns: object) -> pd.DataFrame:
    """Two ordinary shares with prices that wander by a cent or two."""
    rows = []
    for symbol, base in (("600519.SH", 20.0), ("000001.SZ", 10.0)):
        previous = base
        for at, day in enumerate(DAYS):
            close = round(base + 0.01 * (at * 7 % 13), 2)
            rows.append(
                {
                    "date": day, "symbol": symbol, "open": previous, "high": max(previous, close) + 0.02,
                    "low": min(previous, close) - 0.02, "close": close, "volume": 10_000.0 + at,
                    "amount": (10_000 + at) * close, "pre_close": previous, "is_st": False, "paused": False,
                }
            )  # fmt: skip
            previous = close
    return pd.DataFrame(rows).round(2).assign(**columns)


def kinds(found: Inspection, *severities: str) -> dict[str, int]:
    """Kinds and counts of what was found."""
    return {item.kind: item.count for item in found.findings if item.severity in (severities or ("error", "warning"))}


def changed(**values: object) -> pd.DataFrame:
    """The clean frame with values of the row 10 of the first share replaced."""
    frame = clean()
    for name, value in values.items():
        frame.loc[10, name] = value
    return frame


def test_clean_data_are_clean() -> None:
    """Protects from false alarms: ordinary rows yield no error and no warning."""
    found = inspect(clean())
    assert found.findings == ()
    assert (found.refused, found.rows) == (False, 2 * len(DAYS))
    assert kinds(inspect(SAMPLE)) == {}


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (lambda: changed(high=5.0), "HIGH_HIGH_BELOW_LOW"),
        (lambda: changed(low=20.5, high=21.0), "LOW_LOW_ABOVE_OPEN_OR_CLOSE"),
        (lambda: changed(close=-1.0), "CLOSE_PRICES_THAT_ARE_NOT_POSITIVE"),
        (lambda: changed(open=np.nan), "OPEN_NO_VALUE_ON_A_DAY_THAT_IS_NOT_PAUSED"),
        (lambda: changed(high=np.inf), "HIGH_INFINITE_VALUES"),
        (lambda: changed(volume=-5.0), "VOLUME_NEGATIVE_VALUES"),
        (lambda: changed(close=20.005), "CLOSE_PRICES_BETWEEN_TWO_TICKS"),
        (lambda: pd.concat([clean(), clean().iloc[[5]]]), "DATE_DATES_OF_A_SYMBOL_DO_NOT_ASCEND"),
        (lambda: clean().iloc[[0, 1, 1, 2]], "DATE_THE_SAME_SYMBOL_AND_DAY_MORE_THAN_ONCE"),
        (lambda: clean().drop(columns="volume"), "REFUSED"),
        (lambda: clean(date="soon"), "REFUSED"),
        (lambda: clean(board="MOON"), "REFUSED"),
        (lambda: clean(colour="red"), "REFUSED"),
    ],
)
def test_what_is_refused_is_an_error(frame: Callable[[], pd.DataFrame], kind: str) -> None:
    """Protects the exit code: what read_market refuses is reported as an error, under its kind."""
    found = inspect(frame())
    assert kind in kinds(found, "error")
    assert found.refused
    with pytest.raises(DataError):
        qr.read_market(frame())


def test_all_errors_are_told_and_the_rest_is_looked_at() -> None:
    """Protects from mending one row at a time: every bad row is counted, the good ones are read without them."""
    frame = clean()
    frame.loc[[3, 4], "high"] = 1.0
    frame.loc[60, "volume"] = -1.0
    frame.loc[20, "close"] = frame.loc[20, "high"] = 30.0
    found = inspect(frame)
    errors = kinds(found, "error")
    assert errors["HIGH_HIGH_BELOW_LOW"] == 2
    assert errors["VOLUME_NEGATIVE_VALUES"] == 1
    # The row of 30 is told; what stands beside the refused ones is no step and no gap.
    assert kinds(found, "warning", "note") == {"OUTSIDE_LIMITS": 1, "STEP_WITHOUT_ACTION": 1}
    assert found.market is not None
    assert int((~np.isnan(found.market.panel.close)).sum()) == len(frame) - 3


def test_the_right_row_is_named_in_any_order() -> None:
    """Protects the search for a bad row: sorted by day, the second of two equal rows is named."""
    frame = clean().sort_values(["date", "symbol"], kind="stable", ignore_index=True)
    twice = pd.concat([frame.iloc[:30], frame.iloc[[24]], frame.iloc[30:]], ignore_index=True)
    (item,) = (found for found in inspect(twice).findings if found.severity == "error")
    assert item.kind == "DATE_DATES_OF_A_SYMBOL_DO_NOT_ASCEND"
    assert item.examples == (f"000001.SZ {DAYS[12]}: row 30",)


def test_outside_limits() -> None:
    """Protects limits: a price beyond 10% of the reference price is named with both."""
    found = inspect(changed(high=22.5))
    (item,) = found.findings
    assert (item.kind, item.severity, item.count) == ("OUTSIDE_LIMITS", "warning", 1)
    pre_close = clean().loc[10, "pre_close"]
    up, down = (round(pre_close * ratio + 1e-9, 2) for ratio in (1.1, 0.9))
    assert item.examples == (
        f"600519.SH {DAYS[10]}: {clean().loc[10, 'low']:g} to 22.5, computed limits {down:g} to {up:g}",
    )


def test_a_step_without_an_action() -> None:
    """Protects holders: a reference price below the last close without an action is told, with one it is not."""
    frame = clean()
    frame.loc[10, ["pre_close", "open", "low"]] = [19.5, 19.5, 19.4]
    assert kinds(inspect(frame)) == {"STEP_WITHOUT_ACTION": 1}
    day, before = DAYS[10], frame.loc[9, "close"]
    actions = pd.DataFrame({"symbol": ["600519.SH"], "ex_date": [day], "cash_per_share": [round(before - 19.5, 2)]})
    market = qr.read_market(frame, actions=actions)
    assert market.actions[0].cash == pytest.approx(before - 19.5)


def test_steps_beside_a_table_of_actions(tmp_path: Path) -> None:
    """Protects the tables beside a file: an action explains its step; one without amounts is told."""
    frame = clean()
    frame.loc[10, ["pre_close", "open", "low"]] = [19.5, 19.5, 19.4]
    frame.to_parquet(tmp_path / "x_daily.parquet")
    table = pd.DataFrame(
        {"symbol": ["600519.SH"], "ex_date": [DAYS[10]], "cash_per_share": [None], "source": ["derived"]}
    )
    table.to_csv(tmp_path / "x_corporate_actions.csv", index=False)
    found = inspect(tmp_path / "x_daily.parquet")
    assert kinds(found, "warning", "note") == {"ACTION_WITHOUT_AMOUNTS": 1, "INFERRED_ON_RECORD": 1}


def test_splits_without_a_reference_price() -> None:
    """Protects users of plain prices: the adjusted close tells an event from a crash; without it a jump is told."""
    frame = pd.DataFrame(
        {
            "date": DAYS[:6], "symbol": "X", "open": [100, 101, 50, 51, 20, 21], "high": [102, 102, 52, 52, 22, 22],
            "low": [99, 99, 49, 49, 19, 19], "close": [101, 100, 51, 50, 21, 20], "volume": 5.0,
            "adj_close": [50.5, 50, 51, 50, 21, 20],
        }
    )  # fmt: skip
    (item,) = (found for found in inspect(frame).findings if found.severity == "warning")
    assert (item.kind, item.examples) == ("INFERRED_ACTION", (f"X {DAYS[2]}: factor x2",))
    bare = inspect(frame.drop(columns="adj_close"))
    assert kinds(bare) == {"JUMP_WITHOUT_ACTION": 2}


def test_units() -> None:
    """Protects volume caps: what is multiplied stands among the notes, what fits nothing is an error, row by row."""
    lots = clean()
    lots["volume"] /= 100
    found = inspect(lots)
    assert found.findings == ()
    assert found.market is not None
    assert any("Volume x 100 for 600519.SH and 1 more" in note for note in found.market.notes)
    assert found.market.panel.volume[0, 0] == 10_000
    assert kinds(inspect(clean().assign(volume=clean()["volume"] / 1000)), "error") == {"REFUSED": 1}
    assert kinds(inspect(changed(volume=100.0))) == {"UNITS_CHANGE": 1}
    (item,) = inspect(lots.assign(symbol=lots["symbol"].str.replace("SH", "XX").str.replace("SZ", "XX"))).findings
    assert (item.kind, item.count) == ("UNITS", 2)
    assert "volume seems to be in lots" in item.what


def test_figures_that_cannot_be() -> None:
    """Protects figures of nothing: a turnover of 0 beside a volume, and a fraction of a share."""
    assert kinds(inspect(changed(amount=0.0))) == {"TURNOVER_OF_NOTHING": 1}
    assert kinds(inspect(changed(volume=10_010.5))) == {"FRACTIONS_OF_SHARES": 1}


def test_instruments_that_contradict_the_bars(tmp_path: Path) -> None:
    """Protects the rules that hold: a board against the number, and rows outside of listing and delisting."""
    clean().to_parquet(tmp_path / "x_daily.parquet")
    table = pd.DataFrame(
        {
            "symbol": ["600519.SH", "000001.SZ"], "board": ["STAR", "SZ_MAIN"],
            "list_date": ["2024-01-10", None], "delist_date": [None, DAYS[-3]],
        }
    )  # fmt: skip
    table.to_csv(tmp_path / "x_instruments.csv", index=False)
    found = kinds(inspect(tmp_path / "x_daily.parquet"))
    assert found == {"OTHER_BOARD": 1, "ROWS_AFTER_DELISTING": 1, "ROWS_BEFORE_LISTING": 1}


def test_idle_and_copied_bars() -> None:
    """Protects from prices that nobody made: moves without volume, and bars copied from the day before."""
    assert kinds(inspect(changed(volume=0.0, amount=0.0))) == {"MOVES_WITHOUT_VOLUME": 1}
    frame = clean()
    copied = ["open", "high", "low", "close", "volume", "amount"]
    frame.loc[11:13, copied] = frame.loc[10, copied].to_numpy()
    frame.loc[11:14, "pre_close"] = frame.loc[10, "close"]
    assert kinds(inspect(frame)) == {"STALE": 2}
    assert kinds(inspect(changed(amount=10_000.0 * 21))) == {"VWAP_OUTSIDE": 1}


def test_calendar() -> None:
    """Protects the calendar: gaps, an early end, suspensions and weekends are told apart."""
    frame = clean()
    frame.loc[5, "paused"] = True
    frame.loc[5, ["volume", "amount"]] = 0.0
    frame.loc[5, ["open", "high", "low", "close"]] = frame.loc[5, "pre_close"]
    frame.loc[6, "pre_close"] = frame.loc[5, "close"]
    short = frame.drop(index=[20, 21, len(DAYS) - 1])
    found = inspect(short)
    assert kinds(found, "note") == {"SUSPENDED": 1, "GAPS": 2, "ENDS_EARLY": 1}
    gap = next(item for item in found.findings if item.kind == "GAPS")
    assert gap.examples == (f"600519.SH: 2 days between {DAYS[20]} and {DAYS[21]}",)
    moved = clean().replace({"date": {DAYS[4]: "2024-01-06"}})
    plain = moved.assign(symbol=moved["symbol"].str[:6] + ".XX").drop(columns="pre_close")
    assert kinds(inspect(plain)) == {"WEEKEND": 2}


def test_rows_of_a_weekend() -> None:
    """Protects the calendar: rows of a Saturday are told although they are left out, whatever else is wrong there."""
    frame = clean()
    extra = frame[frame["date"] == DAYS[4]].assign(date="2024-01-06")
    filled = pd.concat([frame, extra]).sort_values(["symbol", "date"], ignore_index=True)
    found = inspect(filled)
    (item,) = found.findings
    assert (item.kind, item.count, found.rows) == ("WEEKEND", 2, len(filled))
    assert item.examples == ("000001.SZ 2024-01-06", "600519.SH 2024-01-06")
    assert item.consequence.startswith("Left out")
    assert found.market is not None
    assert any("Saturdays and Sundays are left out" in note for note in found.market.notes)
    worse = filled.assign(high=filled["high"].where(filled["date"] != "2024-01-06", 1.0))
    assert kinds(inspect(worse)) == {"WEEKEND": 2}, "read_market reads it, so nothing is refused"
    qr.read_market(worse)
    other = filled.assign(high=filled["high"].where(filled.index != 30, 1.0))
    assert kinds(inspect(other), "error") == {"HIGH_HIGH_BELOW_LOW": 1, "HIGH_HIGH_BELOW_OPEN_OR_CLOSE": 1}


# Real data ------------------------------------------------------------------------------------------------------------


@REAL
def test_the_real_sample() -> None:
    """Protects from false alarms on 154,504 good rows, and finds what its makers wrote down."""
    found = inspect(DATA / "cn_daily.parquet")
    listed = pd.read_csv(DATA / "cn_no_limit_days.csv")
    actions = pd.read_csv(DATA / "cn_corporate_actions.csv")
    bars = pd.read_parquet(DATA / "cn_daily.parquet")
    assert not found.refused
    assert kinds(found, "warning") == {"ACTION_WITHOUT_AMOUNTS": int((actions["source"] == "derived:unresolved").sum())}
    notes = {item.kind: item for item in found.findings if item.severity == "note"}
    named = {" ".join(example.split(":")[0].split()) for example in notes["NO_LIMIT_DAYS"].examples}
    assert named == {f"{row.symbol} {row.date}" for row in listed.itertuples()}
    assert notes["NO_LIMIT_DAYS"].count == len(listed)
    assert notes["SUSPENDED"].count == int(bars["paused"].sum())
    assert notes["INFERRED_ON_RECORD"].count == int((actions["source"] != "gbbq").sum())
    # No limit differs from the rule book: the funds of ChiNext and STAR shares are known by their codes.
    assert "OTHER_LIMITS" not in notes


@REAL
def test_the_real_american_sample() -> None:
    """Protects the inference of splits and dividends: as many as the steps of the vendor's adjusted closes."""
    bars = pd.read_parquet(DATA / "us_daily.parquet")
    steps = 0
    for _, share in bars.groupby("symbol"):
        ratio = (share["adj_close"] / share["close"]).to_numpy()
        steps += int((np.abs(ratio[1:] / ratio[:-1] - 1) > 2e-4).sum())
    found = inspect(DATA / "us_daily.parquet")
    assert kinds(found) == {"INFERRED_ACTION": steps}
    days = {day for item in found.findings for day in item.examples}
    assert "AAPL.US 2000-06-21: factor x2" in days
    assert not any("2000-09-29" in day for day in days), "the fall of 2000-09-29 was real"


def test_minute_bars() -> None:
    """Protects minute data: bad bars are named with their time, the days are looked at as they add up."""
    rows = [
        {"date": f"{day} {time}", "symbol": "600519.SH", "open": 10.0, "high": 10.1, "low": 9.9, "close": 10.0,
         "volume": 100.0 + at + int(day[-2:])}
        for day in DAYS[:3] for at, time in enumerate(("10:30", "11:30", "14:00", "15:00"))
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    assert kinds(inspect(frame)) == {}
    frame.loc[5, "high"] = 9.0
    found = inspect(frame)
    assert "HIGH_HIGH_BELOW_LOW" in kinds(found, "error")
    assert found.findings[0].examples[0].startswith(f"600519.SH {DAYS[1]} 11:30")
    assert found.market is not None
    assert len(found.market.days) == 3
