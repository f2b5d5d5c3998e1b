"""LEAN's data folder: what is written is read back exactly, as bars, as a market, and from the command line."""

from __future__ import annotations

import datetime as dt
import re
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

import qresearch as qr
from qresearch.cli import main
from qresearch.dialects.lean.symbols import identifier
from qresearch.errors import UsageError
from qresearch.market.lean_folder import Factor, LeanFolder, factor_on
from qresearch.market.lean_rows import QUOTE

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))

from lean_world import World, algorithm, flat

AT = dt.datetime(2013, 10, 7, 9, 30)


def test_minutes_and_quotes_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Protects the layout: scaled whole prices, milliseconds from midnight, a side that was not quoted stays empty."""
    folder = LeanFolder(tmp_path)
    folder.write_trades("SPY", "minute", [(AT, 145.49, 145.5, 145.48, 145.5001, 1_000)])
    folder.write_quotes("SPY", "minute", [(AT, None, None, None, None, None, 145.5, 145.6, 145.5, 145.55, 300)])
    assert (tmp_path / "equity/usa/minute/spy/20131007_trade.zip").is_file()
    trades, quotes = folder.read("spy", "minute"), folder.read("spy", "minute", QUOTE)
    assert trades.values.tolist() == [[1454900, 1455000, 1454800, 1455001, 1000]]
    assert quotes.values[0].tolist() == [-1, -1, -1, -1, -1, 1455000, 1456000, 1455000, 1455500, 300]
    assert dt.datetime(1970, 1, 1) + dt.timedelta(seconds=int(trades.starts[0])) == AT


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            (AT, 1.0, 2.0, 1.0, "two", 5),
            "A bar that begins at 2013-10-07 09:30:00 has the cells (1.0, 2.0, 1.0, 'two', 5)",
        ),
        ((AT, 1.0, 2.0, 1.0, AT, 5), "Pass open, high, low, close and a size"),
        ((AT, 1.0, float("nan"), 1.0, 1.0, 5), "numbers, or None where there is none"),
        ((AT, 1.0, 2.0, 1.0), "has the cells (1.0, 2.0, 1.0)"),
        ((AT.date(), 1.0, 2.0, 1.0, 1.0, 5), "is no naive datetime"),
        ((AT.replace(tzinfo=dt.UTC), 1.0, 2.0, 1.0, 1.0, 5), "is no naive datetime"),
    ],
)
def test_a_bar_that_cannot_be_written_is_told_with_its_cells(tmp_path: Path, row: tuple, told: str) -> None:
    """Protects whoever writes a folder of their own: never an interpreter's error, and nothing is written."""
    with pytest.raises(UsageError, match=re.escape(told)):
        LeanFolder(tmp_path).write_trades("SPY", "minute", [row])
    assert not list(tmp_path.iterdir())


TORN = {
    "a bar without its close": ("daily", "20131007 00:00,1454900,1455000,1454800\n", "line 1: .* is no bar of trades"),
    "a price beyond counting": (
        "daily", "20131007 00:00,99999999999999999999,1455000,1454800,1455000,1000\n", "line 1: .* is no bar of trades"
    ),
    "a minute beyond counting": (
        "minute", "34200000,1454900,1455000,1454800,1e30,1000\n", "line 1: .* is no bar of trades"
    ),
    "a factor without its split": ("factor_files", "20131007,0.98\n", "spy.csv: '20131007,0.98' is no row of factors"),
    "a factor in words": ("factor_files", "20131007,abc,1,100\n", "spy.csv: .* is no row of factors. Write it as"),
    "no factor": ("factor_files", "20131007,NaN,1,100\n", "spy.csv: .* is no row of factors. Write it as"),
}  # fmt: skip


@pytest.mark.parametrize("ticker", ["../../outside", "a/b", "c:d", "", "  "])
def test_no_ticker_leaves_its_folder(ticker: str, tmp_path: Path) -> None:
    """Protects whoever writes tickers of elsewhere: none names a file outside of the folder, or no file at all."""
    folder = LeanFolder(tmp_path / "data")
    with pytest.raises(UsageError, match="is no ticker that can name a file"):
        folder.write_trades(ticker, "daily", [(dt.datetime(2013, 10, 7), 1.0, 2.0, 1.0, 1.0, 5)])
    with pytest.raises(UsageError, match="is no ticker that can name a file"):
        folder.write_names(ticker, [(dt.date(2013, 10, 7), "spy")])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", TORN)
def test_a_torn_file_is_refused(name: str, tmp_path: Path) -> None:
    """Protects from bars and splits of nothing: a line that lost its end is told with its file."""
    where, text, words = TORN[name]
    folder, place = LeanFolder(tmp_path), tmp_path / "equity" / "usa" / where
    folder.write_trades("SPY", "minute" if where == "minute" else "daily", [(AT, 145.49, 145.5, 145.48, 145.5, 1_000)])
    if where == "factor_files":
        place.mkdir()
        (place / "spy.csv").write_text(text)
    else:
        with zipfile.ZipFile(next(place.rglob("*.zip")), "w") as file:
            file.writestr("spy.csv", text)
    with pytest.raises(qr.DataError, match=words):
        qr.read_market(tmp_path, venue="us")


@pytest.mark.parametrize("resolution", ["daily", "hour", "minute"])
def test_rows_come_in_their_order_and_each_once(resolution: str, tmp_path: Path) -> None:
    """Protects scripts and markets alike: rows out of order are put in order, two of one begin are refused."""
    folder = LeanFolder(tmp_path)
    begins = [dt.datetime(2024, 1, 2, 9 if resolution != "daily" else 0), dt.datetime(2024, 1, 2, 11)]
    rows = [(begin, price, price, price, price, 100) for begin, price in zip(begins, (10.0, 12.0), strict=True)]
    folder.write_trades("SPY", resolution, rows[::-1])
    assert folder.read("SPY", resolution).values[:, 3].tolist() == [100_000, 120_000]
    with pytest.raises(UsageError, match=r"Two bars begin at 2024-01-02 11:00:00. Keep one of them."):
        folder.write_trades("SPY", resolution, [rows[1], rows[0], rows[1]])
    (path,) = tmp_path.rglob("*.zip")
    with zipfile.ZipFile(path) as file:
        first, second = file.read(file.namelist()[0]).decode().splitlines()
    for lines, told in (((second, first), None), ((second, first, second), r"zip: Two bars begin at 2024-01-02 11:")):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("spy.csv", "\n".join(lines))
        if told is None:
            assert LeanFolder(tmp_path).read("SPY", resolution).values[:, 3].tolist() == [100_000, 120_000]
        else:
            with pytest.raises(qr.DataError, match=told):
                LeanFolder(tmp_path).read("SPY", resolution)


def test_a_script_meets_the_rows_that_a_market_does() -> None:
    """Protects from runs on a repeated row: a script refuses the folder that ``read_market`` refuses."""
    world = World().daily("SPY", [flat(100)] * 3)
    (path,) = world.folder.path.rglob("*.zip")
    with zipfile.ZipFile(path) as file:
        text = file.read("spy.csv").decode()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("spy.csv", text + text.splitlines()[-1])
    with pytest.raises(qr.DataError, match=r"spy.zip: Two bars begin at 2024-01-04"):
        qr.read_market(world.folder.path, venue="us")
    with pytest.raises(qr.DataError, match=r"spy.zip: Two bars begin at 2024-01-04"):
        world.run(algorithm("pass"))


def test_a_factor_may_lack_its_reference_and_hidden_files_are_no_shares(tmp_path: Path) -> None:
    """Protects folders that went through a Mac, and factor files whose last cell is empty."""
    folder = LeanFolder(tmp_path)
    folder.write_trades("SPY", "daily", [(dt.datetime(2013, 10, 7), 145.49, 145.5, 145.48, 145.5, 1_000)])
    (tmp_path / "equity/usa/daily/._spy.zip").write_bytes(b"\0\5\26\7")
    (tmp_path / "equity/usa/factor_files").mkdir()
    (tmp_path / "equity/usa/factor_files/spy.csv").write_text("20131007,0.98,0.5,\n")
    assert folder.tickers("daily") == ["SPY"]
    assert folder.factors("SPY") == [Factor(dt.date(2013, 10, 7), Decimal("0.98"), Decimal("0.5"))]
    assert qr.read_market(tmp_path, venue="us").symbols == ("SPY",)


def test_factors_hold_up_to_their_day_and_keep_their_digits(tmp_path: Path) -> None:
    """Protects adjusted prices: the product of price and split factor, exact, up to the day of the row."""
    folder = LeanFolder(tmp_path)
    rows = [
        Factor(dt.date(2014, 6, 6), Decimal("0.9304792"), Decimal("0.142857"), Decimal("645.57")),
        Factor(dt.date(2050, 12, 31), Decimal(1), Decimal(1)),
    ]
    folder.write_factors("AAPL", rows)
    found = folder.factors("aapl")
    assert found == rows
    assert factor_on(found, dt.date(2014, 6, 6), "adjusted") == Decimal("0.9304792") * Decimal("0.142857")
    assert factor_on(found, dt.date(2014, 6, 6), "split_adjusted") == Decimal("0.142857")
    assert factor_on(found, dt.date(2014, 6, 7), "adjusted") == 1


@pytest.mark.parametrize(
    ("ticker", "first", "expected"),
    [
        ("SPY", dt.date(1998, 1, 2), "SPY R735QTJ8XC9X"),
        ("GOOCV", dt.date(2014, 3, 27), "GOOCV VP83T1ZUHROL"),
        ("GOOG", dt.date(2004, 8, 19), "GOOG T1AZ164W5VTX"),
    ],
)
def test_identifiers_are_those_of_lean(ticker: str, first: dt.date, expected: str) -> None:
    """Protects the hash of order lists: published identifiers come out of the ticker and its first day."""
    assert identifier(ticker, first) == expected


def test_a_folder_is_a_market_too() -> None:
    """Protects native use: raw bars, and a two-for-one split and a dividend as corporate actions."""
    world = World().daily("SPY", [flat(100), flat(100), flat(50), flat(49)])
    world.factors("SPY", (dt.date(2024, 1, 3), "0.98", "0.5", "100"), (dt.date(2024, 1, 4), "0.98", "1", "50"))
    market = qr.read_market(world.folder.path, venue="us")
    assert market.panel.close[:, 0].tolist() == [100, 100, 50, 49]
    assert [(str(market.days[item.ex_day]), item.cash, item.bonus) for item in market.actions] == [
        ("2024-01-04", 0.0, 1.0), ("2024-01-05", 1.0, 0.0)
    ]  # fmt: skip


def test_the_command_line_runs_a_script_on_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects ``qresearch run script.py --dialect lean --data FOLDER``: the folder is found through the market."""
    world = World().daily("SPY", [flat(100), flat(101), flat(102)])
    script = tmp_path / "buyer.py"
    script.write_text(
        algorithm(
            "def on_data(self, data):\n    if not self.portfolio.invested:\n        self.market_order(self.spy, 10)",
            last=dt.date(2024, 1, 4),
        ),
        "utf-8",
    )
    asked = ["run", str(script), "--dialect", "lean", "--data", str(world.folder.path), "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "1 FILLED" in told
    assert "100,009.00" in told


def test_a_script_runs_on_any_market() -> None:
    """Protects scripts on data that are none of LEAN's: bars of Shanghai on its own calendar, and its own prices."""
    script = algorithm(
        "def on_data(self, data):\n    if not self.portfolio.invested:\n        self.market_order(self.spy, 100)",
        ticker="604018.SH", first=dt.date(2022, 3, 1), last=dt.date(2022, 3, 10),
    )  # fmt: skip
    session = qr.Session.from_script(script, qr.sample_market(), dialect="lean").run(progress=False)
    (fill,) = session.fills.itertuples()
    bars = session.market.panel
    day = bars.day_index("2022-03-02")
    assert fill.price == pytest.approx(float(bars.open[day, session.market.column("604018.SH")]))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("no algorithm here = 1", "in line 1: invalid syntax"),
        ("x = 1\ny = (", r"in line 2: '\(' was never closed"),
        ("x = 1", "defines no algorithm"),
        ("from AlgorithmImports import *\nclass A(QCAlgorithm):\n    def initialize(self):\n        self.set_chash(1)",
         "Did you mean set_cash"),
    ],
)  # fmt: skip
def test_wrong_scripts_say_what_is_wrong(wrong: str, words: str) -> None:
    """Protects whoever writes a script: the line, the word and what it could have been."""
    with pytest.raises(qr.errors.QresearchError, match=words):
        qr.Session.from_script(wrong + "\n", qr.sample_market(), dialect="lean")
