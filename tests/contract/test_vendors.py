"""The two vendors' tables become the same market, through a cache that can be trusted."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tenacity
from recorded import BARS, FakeAkshare, FakeBaostock, Result

import qresearch as qr
from qresearch.errors import DataError, MarketWarning, NotSupported, OutOfRange, SourceUnavailable, UsageError
from qresearch.sources import fetching
from qresearch.sources.akshare import Akshare
from qresearch.sources.baostock import Baostock, _Wire
from qresearch.sources.cache import Cache
from qresearch.sources.fetching import fetch_market
from qresearch.sources.vendor import Vendor

SPANS = {
    "002230.SZ": ("2015-04-10", "2015-04-29"),
    "600089.SH": ("2017-05-26", "2017-06-12"),
    "000792.SZ": ("2019-04-25", "2019-05-06"),
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(tenacity.nap.time, "sleep", lambda seconds: None)


def fetch(vendor: Vendor, symbol: str | list[str], cache: Path, **options: Any) -> qr.Market:
    name = symbol if isinstance(symbol, str) else symbol[0]
    start, end = SPANS[name]
    return fetch_market(vendor, symbol, start, end, cache=cache, progress=False, **options)


@pytest.mark.parametrize("symbol", list(SPANS))
@pytest.mark.parametrize("vendor", [lambda: Baostock(FakeBaostock()), lambda: Akshare(FakeAkshare())])
def test_recorded_answers_become_the_published_bars(vendor: Callable[[], Vendor], symbol: str, tmp_path: Path) -> None:
    """Protects units, columns and reference prices: both vendors' tables give the published prices."""
    market = fetch(vendor(), symbol, tmp_path)
    panel = market.panel
    rows = BARS[symbol]
    assert [str(day) for day in panel.days] == [row[0] for row in rows]
    assert panel.close[:, 0].tolist() == [row[4] for row in rows]
    assert panel.paused[:, 0].tolist() == [row[6] == 0 for row in rows]
    # From lots of 100 the last two digits are gone.
    assert np.abs(panel.volume[:, 0] - [row[6] for row in rows]).max() < 100
    assert panel.pre_close[1:, 0].tolist() == [row[5] for row in rows[1:]]
    assert market.instruments[0].list_date is not None
    assert market.benchmark is not None
    assert len(market.benchmark.days) == len(rows)


@pytest.mark.parametrize("vendor", [lambda: Baostock(FakeBaostock()), lambda: Akshare(FakeAkshare())])
def test_a_dividend_inside_a_suspension(vendor: Callable[[], Vendor], tmp_path: Path) -> None:
    """Protects cash and bonus shares: per 10 shares in one table, in two columns of the other."""
    market = fetch(vendor(), "002230.SZ", tmp_path)
    (action,) = market.actions
    assert str(market.days[action.ex_day]) == "2015-04-16"
    assert (action.cash, action.bonus, action.resolved) == (0.15, 0.5, True)
    assert market.panel.limit_up[7, 0] == 49.80


def test_a_rights_issue_is_told_by_one_and_inferred_from_the_other(tmp_path: Path) -> None:
    """Protects holders over a rights issue: amounts where the vendor has them, else the step as shares."""
    (told,) = fetch(Akshare(FakeAkshare()), "600089.SH", tmp_path).actions
    assert (told.rights, told.rights_price) == (0.15627, 7.17)
    (inferred,) = fetch(Baostock(FakeBaostock()), "600089.SH", tmp_path).actions
    assert not inferred.resolved
    assert inferred.bonus == pytest.approx(9.66 / 9.32 - 1)


@pytest.mark.parametrize("vendor", [lambda: Baostock(FakeBaostock()), lambda: Akshare(FakeAkshare())])
def test_st_narrows_the_limits(vendor: Callable[[], Vendor], tmp_path: Path) -> None:
    """Protects ST from being lost: 5% from the day on which the name changed (7.01 x 1.05 = 7.3605)."""
    panel = fetch(vendor(), "000792.SZ", tmp_path).panel
    assert panel.is_st[:, 0].tolist() == [False, False, False, True, True]
    assert panel.limit_up[3:, 0].tolist() == [7.36, 7.42]


def test_members_of_an_index(tmp_path: Path) -> None:
    """Protects the choice by index: members of the first day where the vendor has them, with a note where not."""
    client = FakeBaostock()
    options: dict[str, Any] = {"index": "000300.SH", "cache": tmp_path, "progress": False}
    market = fetch_market(Baostock(client), None, *SPANS["002230.SZ"], **options)
    assert market.symbols == ("002230.SZ",)
    assert "members 2015-04-10" in client.asked
    market = fetch_market(Akshare(FakeAkshare()), None, *SPANS["002230.SZ"], **options)
    assert market.symbols == ("002230.SZ",)
    assert any("index members are those of today" in note for note in market.notes)
    with pytest.raises(NotSupported, match=r"000016\.SH"):
        fetch_market(Baostock(client), None, "2015-04-10", index="000852", cache=tmp_path, progress=False)


# The cache ------------------------------------------------------------------------------------------------------------


def test_a_second_call_asks_nothing_and_gives_the_same(tmp_path: Path) -> None:
    """Protects work without a network: what was fetched once is read from the cache, to the same fingerprint."""
    first = fetch(Baostock(FakeBaostock()), "002230.SZ", tmp_path)
    silent = FakeBaostock()
    second = fetch(Baostock(silent), "002230.SZ", tmp_path)
    assert (silent.asked, silent.logins) == ([], 0)
    assert second.fingerprint == first.fingerprint
    assert {held.whole for held in Cache(tmp_path).entries()} == {True}


def test_a_wider_cache_changes_nothing(tmp_path: Path) -> None:
    """Protects reproducibility: the same call gives the same market whatever else the cache holds."""
    narrow = fetch_market(
        Baostock(FakeBaostock()), "002230", "2015-04-28", "2015-04-29", cache=tmp_path / "a", progress=False
    )
    wide = tmp_path / "b"
    fetch_market(Baostock(FakeBaostock()), "002230", "2013-01-04", "2015-04-29", cache=wide, progress=False)
    again = fetch_market(Baostock(FakeBaostock()), "002230", "2015-04-28", "2015-04-29", cache=wide, progress=False)
    assert again.fingerprint == narrow.fingerprint


@pytest.mark.parametrize("vendor", [lambda: Baostock(FakeBaostock()), lambda: Akshare(FakeAkshare())])
def test_the_first_day_has_a_reference_price(vendor: Callable[[], Vendor], tmp_path: Path) -> None:
    """Protects the limits of the first day: its previous close is fetched too, though it lies before the start."""
    panel = fetch_market(vendor(), "002230", "2015-04-28", "2015-04-29", cache=tmp_path, progress=False).panel
    assert panel.shape == (2, 1)
    assert (panel.pre_close[0, 0], panel.limit_up[0, 0]) == (45.27, 49.8)


def test_a_later_end_asks_for_the_missing_days_only(tmp_path: Path) -> None:
    """Protects daily updates from fetching the whole history again; old and new rows join without a gap."""
    fetch_market(Baostock(FakeBaostock()), "002230", "2015-04-10", "2015-04-17", cache=tmp_path, progress=False)
    spans: list[tuple[object, object]] = []
    vendor = Baostock(FakeBaostock())
    ask = vendor.bars

    def bars(symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        spans.append((str(start), str(end)))
        return ask(symbol, start, end)

    vendor.bars = bars  # type: ignore[method-assign]
    market = fetch(vendor, "002230.SZ", tmp_path)
    assert spans == [("2015-04-18", "2015-04-29")]
    assert market.fingerprint == fetch(Baostock(FakeBaostock()), "002230.SZ", tmp_path / "other").fingerprint


@pytest.mark.parametrize("damage", ["bytes", "values", "label", "missing", "layout"])
def test_a_damaged_file_is_fetched_again(damage: str, tmp_path: Path) -> None:
    """Protects from silently wrong data: a file that does not fit its checksum counts as missing, with a notice."""
    good = fetch(Baostock(FakeBaostock()), "002230.SZ", tmp_path)
    path = tmp_path / "baostock" / "bars" / "002230.SZ.parquet"
    label = path.with_name("002230.SZ.json")
    if damage == "bytes":
        path.write_bytes(path.read_bytes()[:-100] + b"x" * 100)
    elif damage == "values":
        pd.read_parquet(path).assign(close=1.0).to_parquet(path, index=False)
    elif damage == "label":
        label.write_text("{", encoding="utf-8")
    elif damage == "missing":
        path.unlink()
    else:
        label.write_text(json.dumps(json.loads(label.read_text()) | {"layout": 0}), encoding="utf-8")
    client = FakeBaostock()
    if damage == "layout":
        again = fetch(Baostock(client), "002230.SZ", tmp_path)
    else:
        with pytest.warns(MarketWarning, match=r"002230\.SZ\.parquet is damaged .* fetched again"):
            again = fetch(Baostock(client), "002230.SZ", tmp_path)
    assert client.asked == ["bars sz.002230"]
    assert again.fingerprint == good.fingerprint


# Failures -------------------------------------------------------------------------------------------------------------


class Broken(FakeBaostock):
    """Fails for some codes, or a number of times."""

    def __init__(self, codes: set[str], times: int = 10**9) -> None:
        super().__init__()
        self.codes, self.left = codes, times

    def query_history_k_data_plus(self, code: str, *args: Any, **options: Any) -> Result:
        if code in self.codes and self.left:
            self.left -= 1
            self.asked.append(f"failed {code}")
            return Result([], [], "10002007", "网络接收错误。")
        return super().query_history_k_data_plus(code, *args, **options)


def test_a_passing_failure_is_asked_again_after_a_new_login(tmp_path: Path) -> None:
    """Protects from a dropped connection: it is logged in again, and the caller notices nothing."""
    client = Broken({"sz.002230"}, times=2)
    market = fetch(Baostock(client), "002230.SZ", tmp_path)
    assert client.asked.count("failed sz.002230") == 2
    assert client.logins == 3
    assert len(market.days) == 9


def test_what_failed_is_named_and_the_next_call_goes_on(tmp_path: Path) -> None:
    """Protects a long fetch: one bad symbol stops neither the others nor the next call, and the message says so."""
    symbols = ["002230.SZ", "600089.SH", "000792.SZ"]
    with pytest.raises(SourceUnavailable) as caught:
        fetch(Baostock(Broken({"sh.600089"})), symbols, tmp_path, retries=1)
    text = str(caught.value)
    assert "did not answer for 600089.SH, asked 2 times" in text
    assert "10002007" in text
    assert "2 of 3 symbols are in the cache" in text
    assert "call again: it goes on where it stopped" in text
    client = FakeBaostock()
    fetch_market(Baostock(client), symbols, "2015-04-10", "2019-05-06", cache=tmp_path, progress=False)
    assert [word for word in client.asked if word.startswith("bars")].count("bars sh.600089") == 1


def test_a_closed_connection_is_an_error() -> None:
    """Protects from waiting for ever: the package reads on from a connection that the vendor closed."""
    near, far = socket.socketpair()
    with near:
        far.sendall(b"answer")
        far.close()
        wire = _Wire(near)
        assert wire.recv(100) == b"answer"
        with pytest.raises(ConnectionError, match="closed the connection"):
            wire.recv(100)


def test_no_network_ends_soon(tmp_path: Path) -> None:
    """Protects the patience of a user offline: after three symbols in a row the call stops."""
    client = FakeBaostock()
    client.login = lambda *_: Result([], [], "10002007", "网络接收错误。")  # type: ignore[method-assign]
    names = [f"60000{digit}.SH" for digit in range(9)]
    with pytest.raises(SourceUnavailable, match=r"600000\.SH, 600001\.SH, 600002\.SH, asked 1 times") as caught:
        fetch_market(Baostock(client), names, "2015-01-05", "2015-02-05", cache=tmp_path, progress=False, retries=0)
    assert "0 of 9 symbols" in str(caught.value)
    assert "qr.sample_market()" in str(caught.value)
    assert isinstance(caught.value, ConnectionError)


def test_another_table_than_documented_is_not_asked_again(tmp_path: Path) -> None:
    """Protects from a vendor's change: missing columns are named at once, and nothing is kept."""

    class Changed(FakeAkshare):
        def stock_zh_a_hist(self, *args: Any, **options: Any) -> pd.DataFrame:
            return super().stock_zh_a_hist(*args, **options).rename(columns={"成交额": "成交金额"})

    client = Changed()
    with pytest.raises(DataError, match=r"akshare stock_zh_a_hist answered without 成交额.*take the other vendor"):
        fetch(Akshare(client), "002230.SZ", tmp_path)
    assert client.asked == ["bars 002230"]
    assert list(Cache(tmp_path).entries()) == []


def test_units_are_read_off_the_turnover(tmp_path: Path) -> None:
    """Protects volume caps: a table that counts shares already is not multiplied, one that fits neither is refused."""

    class InShares(FakeAkshare):
        times = 100

        def stock_zh_a_hist(self, *args: Any, **options: Any) -> pd.DataFrame:
            table = super().stock_zh_a_hist(*args, **options)
            return table.assign(成交量=table["成交量"] * self.times)

    market = fetch(Akshare(InShares()), "002230.SZ", tmp_path / "a")
    assert market.panel.volume[0, 0] == 40201400
    InShares.times = 10
    with pytest.raises(DataError, match="instead of 100"):
        fetch(Akshare(InShares()), "002230.SZ", tmp_path / "b")


def test_wrong_calls(tmp_path: Path) -> None:
    """Protects from calls that cannot work: each says what was wrong and what to do."""
    vendor = Baostock(FakeBaostock())
    for symbols, start, end, problem, words in (
        (None, "2015-01-05", None, UsageError, "Pass symbols="),
        (["AAPL"], "2015-01-05", None, UsageError, r"qr\.read_market"),
        ([], "2015-01-05", None, UsageError, "at least one symbol"),
        ("600089", None, None, UsageError, "from which day"),
        ("600089", "soon", None, UsageError, "is not a date"),
        ("600089", "2016-01-05", "2015-01-05", OutOfRange, "is after"),
        ("600089", "2020-01-05", "2020-02-05", OutOfRange, "no bars of 600089.SH"),
        ("430047", "2022-01-05", "2022-02-05", NotSupported, "take akshare"),
    ):
        with pytest.raises(problem, match=words):
            fetch_market(vendor, symbols, start, end, cache=tmp_path, progress=False)
    with pytest.raises(UsageError, match="Did you mean baostock"):
        fetch_market("boastock", "600089", "2015-01-05", progress=False)
    with pytest.raises(UsageError, match="Both symbols= and index="):
        fetch_market(vendor, "600089", "2015-01-05", index="000300.SH", cache=tmp_path, progress=False)
    for wrong, words in (
        ({"vendor": None}, "vendor=None is a NoneType. Pass one of 'akshare', 'baostock', or a Vendor of your own"),
        ({"symbols": 600089}, "symbols=600089"),
        ({"symbols": [600089]}, "symbols: 600089 is a int. Write it as text"),
        ({"symbols": None, "index": 300}, "index=300 is a int"),
        ({"benchmark": 300}, "benchmark=300 is a int"),
        ({"cache": 5}, "cache=5 is a int, not a path"),
        ({"retries": "often"}, "retries='often'"),
        ({"retries": -1}, "retries=-1"),
        ({"progress": "no"}, "progress='no' is neither True nor False"),
    ):
        call: dict[str, Any] = {"vendor": vendor, "symbols": "600089", "start": "2015-01-05", "cache": tmp_path}
        with pytest.raises(UsageError, match=words):
            fetch_market(**call | wrong)


@pytest.mark.parametrize("name", ["akshare", "baostock"])
def test_the_names_that_users_look_for(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Protects qr.fetch_market by the name of a vendor; what a vendor prints stays out of the notebook."""
    made = {"akshare": lambda: Akshare(FakeAkshare()), "baostock": lambda: Baostock(FakeBaostock())}
    monkeypatch.setattr(fetching, "VENDORS", made)
    market = qr.fetch_market(name, ["002230"], *SPANS["002230.SZ"], cache=tmp_path)
    assert isinstance(market, qr.Market)
    assert market.symbols == ("002230.SZ",)
    said = capsys.readouterr()
    assert said.out == ""
    assert name in said.err


@pytest.mark.parametrize(("package", "fake"), [("baostock", FakeBaostock), ("akshare", FakeAkshare)])
def test_the_stand_ins_take_what_the_packages_take(package: str, fake: type) -> None:
    """Protects the recorded shapes from drifting: the arguments are those of the installed package."""
    real = pytest.importorskip(package, reason=f"the package {package} is not installed")
    for name, function in inspect.getmembers(fake, inspect.isfunction):
        if not name.startswith("_"):
            ours, theirs = (list(inspect.signature(item).parameters) for item in (function, getattr(real, name)))
            assert ours[1:] == theirs, name
