"""``qresearch data``: what a user types and reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qresearch as qr
from qresearch import cli, data_cli
from qresearch.market.market import Market
from qresearch.sources import fetching
from qresearch.sources.cache import Cache

SAMPLE = Path(qr.__file__).parent / "sources" / "data" / "sample_daily.parquet"


def test_check_of_good_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the exit code 0: nothing is refused, and the report says what there is to know."""
    assert cli.main(["data", "check", str(SAMPLE)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("sample_daily.parquet: 20,550 rows, 0 errors")
    assert "0 errors, 0 warnings" in out
    assert out.endswith("Nothing is refused: qr.read_market reads it all.\n")
    assert max(map(len, out.splitlines())) <= 110


def test_check_of_bad_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the exit code 1: refused rows are named, with what to do."""
    frame = pd.DataFrame(
        {"date": ["2024-01-02", "2024-01-03"], "symbol": "600519.SH", "open": 10.0, "high": [10.2, 9.0], "low": 9.9,
         "close": 10.0, "volume": 100.0}
    )  # fmt: skip
    frame.to_csv(tmp_path / "bars.csv", index=False)
    assert cli.main(["data", "check", str(tmp_path / "bars.csv")]) == 1
    out = capsys.readouterr().out
    assert "ERROR HIGH_HIGH_BELOW_LOW: 1 x high: high below low" in out
    assert "    600519.SH 2024-01-03: open=10, high=9, low=9.9, close=10" in out
    assert "  -> Correct the bars" in out
    assert "without the refused rows" in out


def test_check_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects a typing slip: a missing file is a message and the exit code 2."""
    assert cli.main(["data", "check", str(tmp_path / "bars.parquet")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert cli.main(["data", "check", str(tmp_path)]) == 2
    assert "holds no .csv or .parquet file" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["market", "mine", "letter.txt", "letter.txt/deep/market"])
def test_save_refuses_a_target_before_it_reads(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever waits for minutes: what cannot be written to is told before anything is read."""
    qr.save_market(qr.sample_market(), tmp_path / "market")
    (tmp_path / "letter.txt").write_text("hello")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("hello")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(data_cli, "read_market", lambda *_, **__: pytest.fail("the source was read"))
    assert cli.main(["data", "save", str(SAMPLE), str(tmp_path / target)]) == 2
    assert str(tmp_path / target.partition("/")[0]) in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_save_into_a_folder_that_nobody_made_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the check of the target: it makes nothing, and refuses nothing that can be written."""
    missing = str(tmp_path / "bars.parquet")
    assert cli.main(["data", "save", missing, str(tmp_path / "deep" / "market")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert cli.main(["data", "save", str(SAMPLE), str(tmp_path / "deep" / "market")]) == 0


class FakeVendor:
    """A vendor with two days of one share."""

    name = "baostock"
    warned_by = ""

    def bars(self, symbol: str, start: object, end: object) -> pd.DataFrame:
        days = pd.to_datetime(["2024-01-02", "2024-01-03"]).astype("datetime64[s]")
        return pd.DataFrame(
            {"date": days, "open": 10.0, "high": 10.2, "low": 9.9, "close": 10.0, "volume": 500.0, "turnover": 5000.0,
             "pre_close": 10.0, "is_st": False, "paused": False}
        )  # fmt: skip

    def factors(self, symbol: str, start: object, end: object) -> pd.DataFrame:
        return self._none("ex_date", "factor")

    def actions(self, symbol: str, start: object, end: object, ex_days: object) -> pd.DataFrame:
        return self._none("ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")

    def index(self, symbol: str, start: object, end: object) -> pd.DataFrame:
        return self._none("date", "close")

    def listings(self) -> pd.DataFrame:
        return self._none("symbol", "name", "list_date", "delist_date").astype({"symbol": str})

    def calendar(self, start: object, end: object) -> pd.DataFrame:
        return self._none("date")

    def members(self, index: str, day: object) -> pd.DataFrame:
        return pd.DataFrame({"symbol": ["600519.SH"]})

    def reconnect(self) -> None:
        """Nothing."""

    @staticmethod
    def _none(*names: str) -> pd.DataFrame:
        table = pd.DataFrame({name: pd.Series(dtype=float) for name in names})
        return table.astype({name: "datetime64[s]" for name in names if name.endswith("date")})


def test_fetch_then_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects fetch and list: bars go into the cache and into files that read_market takes."""
    monkeypatch.setattr(fetching, "VENDORS", {"baostock": FakeVendor})
    cache, out = tmp_path / "cache", tmp_path / "out"
    words = ["data", "fetch", "baostock", "--start", "2024-01-02", "--end", "2024-01-05", "--cache", str(cache)]
    assert cli.main([*words, "--symbols", "600519", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"Kept in {cache}" in said
    assert "No closes of 000300.SH in that span: there is no benchmark." in said
    market: Market = qr.read_market(out / "market_daily.parquet")
    assert market.symbols == ("600519.SH",)
    assert cli.main([*words, "--index", "000300.SH"]) == 0
    assert cli.main(["data", "list", "--cache", str(cache)]) == 0
    said = capsys.readouterr().out
    assert "baostock/bars                1 entries, 2 rows, 2023-12-03 to 2024-01-05" in said
    (cache / "baostock" / "bars" / "600519.SH.parquet").write_bytes(b"")
    assert cli.main(["data", "list", "--all", "--cache", str(cache)]) == 0
    assert "baostock/bars/600519.SH                     damaged, fetched again" in capsys.readouterr().out


def test_fetch_without_a_vendor(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any) -> None:
    """Protects a first try: a missing package ends with how to install it, an empty cache with how to fill it."""
    monkeypatch.setitem(__import__("sys").modules, "akshare", None)
    words = ["data", "fetch", "akshare", "--symbols", "600519", "--start", "2024-01-02", "--cache", str(tmp_path)]
    assert cli.main(words) == 2
    assert "pip install 'qresearch[akshare]'" in capsys.readouterr().err
    assert list(Cache(tmp_path).entries()) == []
    assert cli.main(["data", "list", "--cache", str(tmp_path)]) == 0
    assert "It is empty. Fill it with" in capsys.readouterr().out
