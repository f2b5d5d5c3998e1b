"""Folders that a user already has: CSV files, qlib's binary layout, RQAlpha's HDF5 bundle."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.domain.instrument import Board
from qresearch.errors import DataError, UnknownSymbol, UsageError
from qresearch.market.venue import CHINA, PLAIN
from qresearch.sources.inspection import inspect
from qresearch.sources.writing import write_market

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"]
BAR = {"open": 10.0, "high": 10.2, "low": 9.9, "close": 10.05, "volume": 1000.0}


# CSV files ------------------------------------------------------------------------------------------------------------


def test_a_folder_of_csv_files_is_one_market(tmp_path: Path) -> None:
    """Protects the commonest shape: one file per symbol, named by it, with the tables beside the bars."""
    for name in ("600519.SH", "000001.SZ"):
        pd.DataFrame([{"date": day, **BAR} for day in DAYS]).to_csv(tmp_path / f"{name}.csv", index=False)
    pd.DataFrame({"symbol": ["600519"], "name": ["Moutai"]}).to_csv(tmp_path / "instruments.csv", index=False)
    pd.DataFrame({"date": DAYS, "close": 1.0}).to_csv(tmp_path / "index.csv", index=False)
    actions = pd.DataFrame({"symbol": ["600519"], "ex_date": [DAYS[2]], "cash_per_share": [0.5]})
    actions.to_csv(tmp_path / "corporate_actions.csv", index=False)
    market = qr.read_market(tmp_path)
    assert market.symbols == ("000001.SZ", "600519.SH")
    assert market.instrument("600519").name == "Moutai"
    assert market.benchmark is not None
    assert [action.cash for action in market.actions] == [0.5]
    assert f"Read 2 files of {tmp_path.name}." in market.notes[0]
    assert qr.read_market(str(tmp_path), symbols="600519").symbols == ("600519.SH",)
    with pytest.raises(UnknownSymbol, match=r"Did you mean 600519\.SH"):
        qr.read_market(tmp_path, symbols=["600591"])
    (tmp_path / "600000.csv").write_text("date,open,high,low,close,volume,paused\n2024-01-02,1,1,1,1,1,0\n")
    with pytest.raises(DataError, match="paused stand in only one of 600519.SH.csv and 000001.SZ.csv|paused stand in"):
        qr.read_market(tmp_path)
    assert qr.read_market(tmp_path, symbols=["000001"]).symbols == ("000001.SZ",)


def test_files_that_name_their_symbols(tmp_path: Path) -> None:
    """Protects files by year: a column symbol goes before the name of the file."""
    for year, day in (("2023", "2023-12-29"), ("2024", "2024-01-02")):
        frame = pd.DataFrame([{"date": day, "symbol": symbol, **BAR} for symbol in ("AAPL", "MSFT")])
        frame.to_parquet(tmp_path / f"{year}.parquet")
    market = qr.read_market(tmp_path)
    assert (market.symbols, len(market.days), market.venue) == (("AAPL", "MSFT"), 2, PLAIN)
    assert qr.read_market(tmp_path, symbols=["MSFT"]).symbols == ("MSFT",)


def test_what_is_hidden_in_a_folder_is_no_table(tmp_path: Path) -> None:
    """Protects folders that went through a Mac or lie open in an office: what these put there holds no bars."""
    pd.DataFrame([{"date": day, **BAR} for day in DAYS]).to_csv(tmp_path / "600519.SH.csv", index=False)
    for name in ("._600519.SH.csv", "~$book.xlsx", ".DS_Store"):
        (tmp_path / name).write_bytes(b"\0\5\26\7")
    market = qr.read_market(tmp_path)
    assert market.symbols == ("600519.SH",)
    assert market.notes[0] == f"Read 1 files of {tmp_path.name}."


def test_an_empty_folder(tmp_path: Path) -> None:
    """Protects from the wrong folder: the message says what a folder may hold."""
    with pytest.raises(UsageError, match=r"one per symbol, a qlib folder .* or an RQAlpha bundle"):
        qr.read_market(tmp_path)


# qlib -----------------------------------------------------------------------------------------------------------------


def qlib_folder(path: Path, shares: dict[str, tuple[int, dict[str, list[float]]]]) -> Path:
    """A data folder as dump_bin.py writes it: start index, then float32 values."""
    (path / "calendars").mkdir(parents=True)
    (path / "calendars" / "day.txt").write_text("\n".join(DAYS) + "\n")
    (path / "instruments").mkdir()
    for name, (start, fields) in shares.items():
        folder = path / "features" / name
        folder.mkdir(parents=True)
        for field, values in fields.items():
            np.hstack([start, values]).astype("<f").tofile(folder / f"{field}.day.bin")
    return path


def adjusted(prices: list[float], factors: list[float], volumes: list[float]) -> dict[str, list[float]]:
    """Fields of a share whose four prices are the same, adjusted as qlib does it."""
    price = [value * factor for value, factor in zip(prices, factors, strict=True)]
    volume = [value / factor for value, factor in zip(volumes, factors, strict=True)]
    return {**dict.fromkeys(("open", "high", "low", "close"), price), "volume": volume, "factor": factors}


def test_qlib_prices_are_turned_back(tmp_path: Path) -> None:
    """Protects the raw prices: price / factor on its tick, volume x factor, suspended days, the step of the factor."""
    nan = float("nan")
    path = qlib_folder(
        tmp_path / "cn",
        {
            # A price where float32 is off by more than read_market forgives; 2 for 1 on the fourth day.
            "sh600519": (0, adjusted([1943.11, 1691.0, nan, 845.27, 850.01], [*[0.068657] * 2, nan, *[0.137314] * 2],
                                     [1_423_116.0, 2_045_869.0, nan, 300.0, 400.0])),
            "sz000001": (2, adjusted([9.83, 9.79, 10.02], [0.7, 0.7, 0.7], [100.0, 200.0, 300.0])),
            "sh000300": (0, adjusted([3386.35, 3378.7, 3360.0, 3329.1, 3286.1], [1.0] * 5, [1.0] * 5)),
        },
    )  # fmt: skip
    market = qr.read_market(path)
    panel = market.panel
    assert market.symbols == ("600519.SH", "000001.SZ")
    assert market.venue is CHINA
    assert panel.close[:, 0].tolist() == [1943.11, 1691.0, 1691.0, 845.27, 850.01]
    assert panel.paused[:, 0].tolist() == [False, False, True, False, False]
    assert panel.volume[:, 0].tolist() == [1_423_116.0, 2_045_869.0, 0.0, 300.0, 400.0]
    assert np.isnan(panel.close[:2, 1]).all()
    assert panel.close[2:, 1].tolist() == [9.83, 9.79, 10.02]
    (action,) = market.actions
    assert (action.ex_day, action.instrument, action.resolved) == (3, 0, False)
    assert action.bonus == pytest.approx(1.0)
    assert panel.pre_close[3, 0] == 845.5
    assert market.benchmark is not None
    assert market.benchmark.close[0] == pytest.approx(3386.35, rel=1e-6)
    assert qr.read_market(path, symbols=["000001"]).symbols == ("000001.SZ",)
    assert not inspect(path).refused


def test_qlib_of_another_market_and_without_factors(tmp_path: Path) -> None:
    """Protects what cannot be known: without factors the prices count as adjusted, and nobody is told otherwise."""
    fields = {name: [10.1234, 10.2, 10.3] for name in ("open", "high", "low", "close")} | {"volume": [1.0, 2.0, 3.0]}
    market = qr.read_market(qlib_folder(tmp_path / "a", {"aapl": (0, fields)}))
    assert (market.symbols, market.venue, market.panel.adjusted) == (("AAPL",), PLAIN, True)
    market = qr.read_market(qlib_folder(tmp_path / "b", {"sh600000": (0, fields)}))
    assert market.panel.adjusted
    assert any("taken as adjusted" in note for note in market.notes)
    mixed = qlib_folder(tmp_path / "c", {"sh600000": (0, fields), "sz000001": (0, fields | {"factor": [1.0] * 3})})
    with pytest.raises(DataError, match=r"600000\.SH have no factor\.day\.bin"):
        qr.read_market(mixed)


def test_a_damaged_qlib_file(tmp_path: Path) -> None:
    """Protects from files of another calendar: more values than days are refused, by name."""
    fields = adjusted([10.0] * 5, [1.0] * 5, [1.0] * 5)
    path = qlib_folder(tmp_path / "cn", {"sh600000": (1, fields)})
    with pytest.raises(DataError, match=r"sh600000/open\.day\.bin: 5 values from day 1 do not fit a calendar of 5"):
        qr.read_market(path)
    (path / "calendars" / "day.txt").write_text("2024-01-03\n2024-01-02\n")
    with pytest.raises(DataError, match="do not ascend"):
        qr.read_market(path)


TORN = {
    "an offset of nothing": ("close", [np.nan, 10.0, 10.0], "values from day nan do not fit a calendar"),
    "a price without end": ("high", [0.0, 10.0, np.inf, 10.0, 10.0, 10.0], "inf on 2024-01-03 cannot be"),
    "a factor of nothing": ("factor", [0.0, 1.0, 0.0, 1.0, 1.0, 1.0], "0 on 2024-01-03 cannot be"),
    "closes that were cut short": (
        "close",
        [0.0, 10.0, 10.0, 10.0],
        "no price on 2024-01-05, and open.day.bin has one",
    ),
}


@pytest.mark.parametrize("name", TORN)
def test_qlib_values_that_cannot_be(name: str, tmp_path: Path) -> None:
    """Protects from divisions by nothing, and from days that are lost with the end of one file."""
    field, values, words = TORN[name]
    path = qlib_folder(tmp_path, {"sh600000": (0, adjusted([10.0] * 5, [1.0] * 5, [1.0] * 5))})
    np.array(values, dtype="<f4").tofile(path / "features" / "sh600000" / f"{field}.day.bin")
    with pytest.raises(DataError, match=rf"sh600000.*{words}.*write it again with dump_bin\.py"):
        qr.read_market(path)


# RQAlpha --------------------------------------------------------------------------------------------------------------

BAR_TYPE = [
    ("datetime", "<i8"), *((name, "<f8") for name in ("open", "close", "high", "low", "prev_close", "limit_up")),
    ("limit_down", "<f8"), ("volume", "<f8"), ("total_turnover", "<f8"),
]  # fmt: skip


def bundle(path: Path) -> Path:
    """A bundle with one stock, one fund and one index."""
    h5py = pytest.importorskip("h5py", reason="RQAlpha bundles need the package h5py")
    path.mkdir()
    days = [int(day.replace("-", "")) for day in DAYS]
    # The third day is suspended; on the fourth 0.5 yuan and 3 for 10 go out: (10.5 - 0.5) / 1.3 = 7.69.
    closes, before = [10.0, 10.5, 10.5, 7.8, 7.9], [9.9, 10.0, 10.5, 7.69, 7.8]
    volumes = [1e5, 2e5, 0.0, 3e5, 4e5]
    bars = np.array(
        [
            (day * 1_000_000, *[close] * 4, last, round(last * 1.1, 2), round(last * 0.9, 2), volume, close * volume)
            for day, close, last, volume in zip(days, closes, before, volumes, strict=True)
        ],
        dtype=BAR_TYPE,
    )  # fmt: skip
    index_type = [item for item in BAR_TYPE if not item[0].startswith("limit")]
    with h5py.File(path / "stocks.h5", "w") as file:
        file["000001.XSHE"] = bars
    with h5py.File(path / "funds.h5", "w") as file:
        file["510300.XSHG"] = bars
    with h5py.File(path / "indexes.h5", "w") as file:
        file["000300.XSHG"] = bars[[name for name, _ in index_type]]
    with h5py.File(path / "dividends.h5", "w") as file:
        kind = [("book_closure_date", "<i8"), ("announcement_date", "<i8"), ("dividend_cash_before_tax", "<f8"),
                ("ex_dividend_date", "<i8"), ("payable_date", "<i8"), ("round_lot", "<f8")]  # fmt: skip
        file["000001.XSHE"] = np.array([(days[2], days[0], 5.0, days[3], days[3], 10.0)], dtype=kind)
    with h5py.File(path / "split_factor.h5", "w") as file:
        file["000001.XSHE"] = np.array(
            [(days[3] * 1_000_000, 1.3)], dtype=[("ex_date", "<i8"), ("split_factor", "<f8")]
        )
    with h5py.File(path / "st_stock_days.h5", "w") as file:
        file["000001.XSHE"] = np.array(days[:2])
    with h5py.File(path / "suspended_days.h5", "w") as file:
        file["000001.XSHE"] = np.array([days[2], days[4]])
    entry = {"order_book_id": "000001.XSHE", "symbol": "平安银行", "listed_date": "1991-04-03", "type": "CS",
             "de_listed_date": "0000-00-00", "round_lot": 100.0}  # fmt: skip
    (path / "instruments.pk").write_bytes(pickle.dumps([entry], protocol=2))
    return path


def test_an_rqalpha_bundle(tmp_path: Path) -> None:
    """Protects bars, units and events: cash per lot of ten, a split and a dividend of one day as one event."""
    market = qr.read_market(bundle(tmp_path / "bundle"))
    panel = market.panel
    assert market.symbols == ("000001.SZ",)
    assert panel.close[:, 0].tolist() == [10.0, 10.5, 10.5, 7.8, 7.9]
    assert panel.pre_close[3, 0] == 7.69
    assert panel.limit_up[3, 0] == 8.46
    assert panel.is_st[:, 0].tolist() == [True, True, False, False, False]
    # Halted for an hour on the last day: it traded, so it is not lost.
    assert panel.paused[:, 0].tolist() == [False, False, True, False, False]
    (action,) = market.actions
    assert (action.ex_day, action.cash, action.bonus) == (3, 0.5, 0.3)
    assert market.benchmark is not None
    instrument = market.instruments[0]
    assert (instrument.name, str(instrument.list_date), instrument.delist_date) == ("平安银行", "1991-04-03", None)
    assert inspect(tmp_path / "bundle").findings[0].severity == "note"
    fund = qr.read_market(tmp_path / "bundle", symbols=["510300"])
    assert fund.instruments[0].board is Board.ETF


class Trap:
    """Runs a command when it is unpickled the usual way."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_a_pickle_runs_nothing(tmp_path: Path) -> None:
    """Protects the machine: a pickle that names a function is left alone, with a note; the bars are read."""
    path = bundle(tmp_path / "bundle")
    (path / "instruments.pk").write_bytes(pickle.dumps([Trap(tmp_path / "ran")]))
    market = qr.read_market(path)
    assert not (tmp_path / "ran").exists()
    assert any("instruments.pk was not read" in note and "instruments=" in note for note in market.notes)
    pickle.loads((path / "instruments.pk").read_bytes())  # the trap is a true one
    assert (tmp_path / "ran").exists()


def test_a_damaged_bundle(tmp_path: Path) -> None:
    """Protects from a download that broke off: the file is named."""
    path = bundle(tmp_path / "bundle")
    (path / "dividends.h5").write_bytes(b"no hdf5")
    with pytest.raises(DataError, match=r"dividends\.h5 in bundle cannot be read"):
        qr.read_market(path)


def test_a_bundle_without_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects a first try: the missing package is named with how to install it."""
    (tmp_path / "stocks.h5").write_bytes(b"")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(UsageError, match=r"pip install 'qresearch\[bundles\]'"):
        qr.read_market(tmp_path)


# Written back ---------------------------------------------------------------------------------------------------------


def test_a_written_market_reads_back_the_same(tmp_path: Path) -> None:
    """Protects write_market: bars, flags, limits, instruments and actions survive; a plain market too."""
    market = qr.sample_market()
    again = qr.read_market(write_market(market, tmp_path / "cn")[0])
    assert again.panel.fingerprint == market.panel.fingerprint
    assert again.instruments == market.instruments
    assert list(map(repr, again.actions)) == list(map(repr, market.actions))
    assert again.benchmark is not None
    plain = qr.read_market(pd.DataFrame([{"date": day, "symbol": "AAPL", **BAR} for day in DAYS]))
    assert qr.read_market(write_market(plain, tmp_path / "us")[0]).panel.fingerprint == plain.panel.fingerprint
