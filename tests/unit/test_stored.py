"""Markets in a folder: saved whole, opened at once, the same as they were, and refused where they are damaged."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch import cli
from qresearch.domain.instrument import Board
from qresearch.market.array_files import ArrayFile
from qresearch.market.market import Market
from qresearch.market.rulebook import RuleBook
from qresearch.market.rules import Levy
from qresearch.market.stored import LIST, altered
from qresearch.market.venue import PLAIN, US

SAMPLE = Path(qr.__file__).parent / "sources" / "data" / "sample_daily.parquet"
CREDIT = pd.DataFrame({"symbol": ["604018", "604018"], "since": ["2021-01-01", "2022-06-01"], "haircut": [0.5, 0.6]})
CLOSED = pd.DataFrame({"date": ["2022-03-04"]})


def with_tables() -> Market:
    """Daily bars with a table of margin trading, days of a closed route, and a money step of its own."""
    return qr.read_market(SAMPLE, credit=CREDIT, closed_days=CLOSED).counted_in(0.0001)


KINDS: dict[str, tuple[Callable[[], Market], str]] = {
    "shares": (qr.sample_market, "cash_shares"),
    "minutes": (lambda: qr.sample_market("minute"), "cash_shares"),
    "futures": (qr.sample_futures, "futures"),
    "options": (qr.sample_options, "options"),
    "bonds": (qr.sample_bonds, "bond"),
    "credit": (with_tables, "margin"),
}


def first_buy(market: Market, account: str) -> str:
    """The digest of a run that buys a little of what can be traded, every other day."""
    session = qr.Session(market, cash=5_000_000, account=account)
    names = [item.symbol for item in market.instruments if item.board is not Board.INDEX][:3]
    for number in range(4):
        style = qr.terms.to_open() if market.instrument(names[number % len(names)]).contract is not None else None
        session.buy(names[number % len(names)], 2 if style else 1000, style)
        session.step(2)
    return session.digest()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_opened_is_what_was_saved(kind: str, tmp_path: Path) -> None:
    """Protects every kind of market: equal data, terms, notes and runs, whether the fingerprint is told or computed."""
    make, account = KINDS[kind]
    market = make()
    qr.save_market(market, tmp_path / "deep" / "market")
    found = qr.read_market(tmp_path / "deep" / "market")
    assert found.fingerprint == market.fingerprint
    assert replace(found).fingerprint == market.fingerprint  # computed from what was opened
    assert (found.instruments, found.notes, found.venue) == (market.instruments, market.notes, market.venue)
    assert repr(found) == repr(market)
    assert (found.benchmark is None) == (market.benchmark is None)
    if market.benchmark is not None:
        assert found.benchmark.name == market.benchmark.name
        np.testing.assert_array_equal(found.benchmark.close, market.benchmark.close)
    assert (found.closed is None) == (market.closed is None)
    assert first_buy(found, account) == first_buy(market, account)


def test_arrays_are_parts_of_files_that_nobody_can_change(tmp_path: Path) -> None:
    """Protects memory and the file: a field lies where it was saved, one value takes no file; both are read-only."""
    market = qr.sample_futures()
    panel = qr.read_market(qr.save_market(market, tmp_path / "market")).panel
    for array in (panel.close, panel.turnover, panel.days):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = array[:1]
    assert isinstance(panel.close.base, np.memmap)
    assert not (tmp_path / "market" / "days" / "turnover.npy").exists()
    assert np.isnan(panel.turnover).all() and panel.turnover.shape == panel.shape


@pytest.mark.parametrize(
    "part",
    [
        {"start": "2022-03-01", "end": dt.date(2022, 11, 30)},
        {"symbols": ["604052", "604018.SH"]},
        {"symbols": "604018", "start": "2022-01-05"},
        {"symbols": qr.sample_market().symbols[4:9]},
    ],
    ids=["days", "symbols", "both", "neighbours"],
)
def test_a_part_is_the_market_read_with_that_part(part: dict[str, Any], tmp_path: Path) -> None:
    """Protects symbols=, start= and end= of a folder: bars and actions as from the file, and no whole copies."""
    folder = qr.save_market(qr.read_market(SAMPLE), tmp_path / "market")
    found, wanted = qr.read_market(folder, **part), qr.read_market(SAMPLE, **part)
    assert found.symbols == wanted.symbols
    assert found.panel.fingerprint == wanted.panel.fingerprint
    assert repr(found.actions) == repr(wanted.actions)
    if "symbols" not in part:
        assert np.shares_memory(found.panel.close, found.panel.close.base)


def test_a_part_of_minute_bars(tmp_path: Path) -> None:
    """Protects the bars inside the days of a part: those of its days and symbols, in the order asked."""
    market = qr.sample_market("minute")
    found = qr.read_market(
        qr.save_market(market, tmp_path / "market"), symbols=[market.symbols[5], market.symbols[0]], start="2021-07-08"
    )
    rows = slice(market.panel.intraday.firsts[2], None)
    np.testing.assert_array_equal(found.panel.intraday.close, market.panel.intraday.close[rows, [5, 0]])
    assert len(found.days) == len(market.days) - 2


def test_what_a_folder_has_already_is_not_passed(tmp_path: Path) -> None:
    """Protects from tables that would be ignored: each keyword that makes no sense is refused by its name."""
    folder = qr.save_market(qr.sample_market(), tmp_path / "market")
    for name, value in {
        "instruments": "a.csv", "actions": "a.csv", "benchmark": "a.csv", "adjusted": True, "venue": "us",
        "no_limit_days": "a.csv", "contracts": "a.csv", "closed_days": CLOSED, "credit": CREDIT, "bonds": "a.csv",
        "stamp": "start",
    }.items():  # fmt: skip
        with pytest.raises(qr.UsageError, match=f"{name}= cannot be passed with a stored market"):
            qr.read_market(folder, **{name: value})
    with pytest.raises(qr.UnknownSymbol):
        qr.read_market(folder, symbols=["999999.XX"])
    with pytest.raises(qr.OutOfRange, match="No trading day"):
        qr.read_market(folder, start="2030-01-01")
    with pytest.raises(qr.UsageError, match="leaves nothing"):
        qr.read_market(folder, symbols=[])


def change_list(folder: Path, key: str, value: object) -> None:
    data = json.loads((folder / LIST).read_text())
    data[key] = value
    (folder / LIST).write_text(json.dumps(data))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda folder: (folder / "days/close.npy").unlink(), "has lost its file .*close.npy"),
    "short": (lambda folder: cut(folder / "days/close.npy"), "bytes instead of .*cut short"),
    "another": (lambda folder: other_shape(folder / "days/close.npy"), "not the array that was saved"),
    "no array": (lambda folder: (folder / "days/is_st.npy").write_bytes(size_of(folder / "days/is_st.npy")), "not the"),
    "cut list": (lambda folder: cut(folder / LIST), "not the list of a stored market, or was cut short"),
    "foreign list": (lambda folder: (folder / LIST).write_text("[1, 2]"), "not the list of a stored market"),
    "version": (lambda folder: change_list(folder, "version", 99), "written in format 99"),
    "changed list": (lambda folder: change_list(folder, "market", {"venue": 1}), "was changed since"),
}


def cut(path: Path) -> None:
    body = path.read_bytes()
    path.write_bytes(body[: len(body) // 2])


def size_of(path: Path) -> bytes:
    return b"x" * path.stat().st_size


def other_shape(path: Path) -> None:
    size, array = path.stat().st_size, np.load(path)
    np.save(path, array.reshape(array.shape[::-1]))
    assert path.stat().st_size == size


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused(damage: str, tmp_path: Path) -> None:
    """Protects from data that are not whole: each damage is told as a sentence with a remedy, when it is opened."""
    folder = qr.save_market(qr.sample_market(), tmp_path / "market")
    do, words = DAMAGE[damage]
    do(folder)
    with pytest.raises(qr.DataError, match=words) as told:
        qr.read_market(folder)
    assert "ave the market again" in str(told.value) or "Open it with the version" in str(told.value)


def test_an_altered_file_is_found_by_a_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects from a change that no size tells: ``data check`` looks at every byte and names the file."""
    folder = qr.save_market(qr.sample_market(), tmp_path / "market")
    assert cli.main(["data", "check", str(folder)]) == 0
    assert "whole and as it was saved" in capsys.readouterr().out
    path = folder / "days" / "volume.npy"
    body = bytearray(path.read_bytes())
    body[-1000] ^= 1
    path.write_bytes(body)
    assert altered(folder) == ["days/volume"]
    assert cli.main(["data", "check", str(folder)]) == 1
    assert "days/volume.npy" in capsys.readouterr().out


def test_nothing_of_somebody_else_is_replaced(tmp_path: Path) -> None:
    """Protects folders: another folder and a file are refused, a saved market gives way to replace=True only."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("hello")
    (tmp_path / "file").write_text("hello")
    with pytest.raises(qr.UsageError, match="holds something else"):
        qr.save_market(qr.sample_market(), tmp_path / "mine", replace=True)
    with pytest.raises(qr.UsageError, match="is a file"):
        qr.save_market(qr.sample_market(), tmp_path / "file")
    with pytest.raises(qr.UsageError, match="is a str, not a Market"):
        qr.save_market("bars.csv", tmp_path / "market")
    folder = qr.save_market(qr.sample_market(), tmp_path / "market")
    held = qr.read_market(folder)
    with pytest.raises(qr.UsageError, match="replace=True"):
        qr.save_market(qr.sample_futures(), folder)
    qr.save_market(qr.sample_futures(), folder, replace=True)
    assert qr.read_market(folder).fingerprint == qr.sample_futures().fingerprint
    assert replace(held).fingerprint == qr.sample_market().fingerprint  # what is open stays what it was
    qr.save_market(qr.read_market(folder), folder, replace=True)  # over itself
    assert altered(folder) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "market", "mine"]


def test_files_beside_a_saved_market_are_not_lost(tmp_path: Path) -> None:
    """Protects what a user put into the folder: replace=True takes the place of a market and of nothing else."""
    folder = qr.save_market(qr.sample_market(), tmp_path / "market")
    inner = qr.save_market(qr.sample_futures(), folder / "inner")
    for write in (qr.save_market, lambda market, place, **how: qr.save_bars([], place, **how)):
        with pytest.raises(qr.UsageError, match=r"beside it 'inner/days/close.npy' and \d+ more, which would be lost"):
            write(qr.sample_market(), folder, replace=True)
    assert qr.read_market(inner).fingerprint == qr.sample_futures().fingerprint
    shutil.rmtree(inner)
    (folder / ".DS_Store").write_text("of a system")
    qr.save_market(qr.sample_futures(), folder, replace=True)
    assert qr.read_market(folder).fingerprint == qr.sample_futures().fingerprint


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """Protects two that write one folder, and whoever puts files there during the hours that bars are read."""
    bar = {"symbol": "600519.SH", "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
    bars = pd.DataFrame([{"date": f"2024-01-02 {time}", **bar} for time in ("10:30", "11:30")])
    letter, market = tmp_path / "mine" / "letter.txt", tmp_path / "market"

    def with_letter() -> Iterator[pd.DataFrame]:
        yield bars
        letter.parent.mkdir()
        letter.write_text("hello")

    def with_market() -> Iterator[pd.DataFrame]:
        yield bars
        qr.save_market(qr.sample_market(), market)

    with pytest.raises(qr.UsageError, match="holds something else"):
        qr.save_bars(with_letter(), letter.parent)
    assert letter.read_text() == "hello"
    with pytest.raises(qr.UsageError, match="holds a market already"):
        qr.save_bars(with_market(), market)
    assert qr.read_market(market).fingerprint == qr.sample_market().fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["market", "mine"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_save_leaves_what_was_there(
    problem: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects what was saved before: a save that ends in the middle, or finds no room, leaves no trace."""
    folder = qr.save_market(qr.sample_futures(), tmp_path / "market")
    plain, calls = ArrayFile.append, []

    def stops(file: ArrayFile, rows: Any) -> None:
        calls.append(file.path.name)
        if len(calls) == 4:
            raise problem
        plain(file, rows)

    monkeypatch.setattr(ArrayFile, "append", stops)
    words = "No space left on device. Choose another place, or make room" if isinstance(problem, OSError) else None
    with pytest.raises((qr.UsageError, KeyboardInterrupt), match=words):
        qr.save_market(qr.sample_market(), folder, replace=True)
    monkeypatch.undo()
    assert qr.read_market(folder).fingerprint == qr.sample_futures().fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["market"]


class OwnBook(RuleBook):
    """A rule book of a user's own."""


def test_a_venue_of_ones_own_is_kept_as_far_as_it_is_data(tmp_path: Path) -> None:
    """Protects markets of other places: a venue with its rules comes back; a class of the user's own is refused."""
    levies = {"stamp": {Board.PLAIN: (replace(US.rules.levies["taf"][Board.EQUITY][0], value=Levy(bought=0.001)),)}}
    venue = replace(PLAIN, name="my place", rules=replace(PLAIN.rules, name="my rules", levies=levies))
    bars = {"symbol": "ABC", "open": 10.0, "high": 10.2, "low": 9.9, "close": 10.05, "volume": 1e6}
    market = qr.read_market(pd.DataFrame([{"date": day, **bars} for day in ("2024-01-02", "2024-01-03")]), venue=venue)
    assert qr.read_market(qr.save_market(market, tmp_path / "market")).venue == venue
    own = replace(venue, rules=OwnBook("mine", venue.rules.lots))
    with pytest.raises(qr.UsageError, match="A market with a OwnBook cannot be saved"):
        qr.save_market(replace(market, venue=own), tmp_path / "own")
    assert not (tmp_path / "own").exists()


# ---------------------------------------------------------------------------------------- bars piece by piece


def minute_rows(last: str = "2021-07-14") -> pd.DataFrame:
    """The embedded minute bars as one long table, with what holds for whole days."""
    market = qr.sample_market("minute")
    panel, bars = market.panel, market.panel.intraday
    frames = []
    for day in range(market.panel.day_index(last) + 1):
        rows = slice(bars.firsts[day], bars.firsts[day + 1])
        for column, symbol in enumerate(market.symbols):
            fields = {name: values[rows, column] for name, values in bars.arrays.items()}
            frame = pd.DataFrame({"date": bars.times[rows], "symbol": symbol, **fields})
            frames.append(frame.dropna(subset="close").assign(pre_close=panel.pre_close[day, column]))
    return pd.concat(frames, ignore_index=True)


INSTRUMENTS = pd.DataFrame(
    [
        {"symbol": item.symbol, "board": item.board.value, "list_date": item.list_date}
        for item in qr.sample_market("minute").instruments
    ]
)


def pieces(frame: pd.DataFrame, days: int) -> Iterator[pd.DataFrame]:
    """The rows of some days at a time."""
    of_row = frame["date"].dt.normalize()
    every = of_row.unique()
    for first in range(0, len(every), days):
        yield frame[of_row.isin(every[first : first + days])]


@pytest.mark.parametrize("days", [1, 3, 100])
def test_bars_read_piece_by_piece_are_those_read_at_once(days: int, tmp_path: Path) -> None:
    """Protects the way for what does not fit into memory: the same market, fingerprint and run as from one frame."""
    frame = minute_rows()
    whole = qr.read_market(frame, instruments=INSTRUMENTS)
    found = qr.save_bars(pieces(frame, days), tmp_path / "market", instruments=INSTRUMENTS)
    assert replace(found).fingerprint == found.fingerprint == whole.fingerprint
    assert first_buy(found, "cash_shares") == first_buy(whole, "cash_shares")
    assert isinstance(found.panel.intraday.close.base, np.memmap)


def test_symbols_may_come_later_and_go(tmp_path: Path) -> None:
    """Protects new listings: a symbol of a later piece is empty before, and one that is gone is empty after."""
    frame = minute_rows()
    day, first, second = frame["date"].dt.normalize(), *frame["symbol"].unique()[:2]
    late = (frame["symbol"] == first) & (day < "2021-07-09")
    gone = (frame["symbol"] == second) & (day > "2021-07-08")
    frame = frame[~late & ~gone].assign(turnover=np.nan)
    found = qr.save_bars(pieces(frame, 1), tmp_path / "market", instruments=INSTRUMENTS)
    whole = qr.read_market(frame, instruments=INSTRUMENTS)
    assert found.symbols == whole.symbols
    assert found.fingerprint == whole.fingerprint
    assert altered(tmp_path / "market") == []
    assert sorted(path.name for path in (tmp_path / "market").iterdir()) == ["bars", "days", LIST]
    assert not (tmp_path / "market" / "bars" / "turnover.npy").exists()  # nothing but NaN


def test_pieces_that_cannot_be_put_together_are_refused(tmp_path: Path) -> None:
    """Protects the order of time: a piece too late, one of daily bars, none at all; nothing is left behind."""
    frame = minute_rows("2021-07-08")
    one, two, *_ = pieces(frame, 1)
    daily = pd.DataFrame({"date": ["2021-07-12"], **one.iloc[:1].drop(columns="date").to_dict("list")})
    for given, words in (
        ([two, one], "Piece 2 begins on 2021-07-06, but the pieces before it reach to 2021-07-07"),
        ([one, daily], "Piece 2 holds daily bars"),
    ):
        with pytest.raises(qr.DataError, match=words):
            qr.save_bars(given, tmp_path / "market", instruments=INSTRUMENTS)
    with pytest.raises(qr.UsageError, match="no piece at all"):
        qr.save_bars([], tmp_path / "market")
    with pytest.raises(qr.UsageError, match="is a DataFrame"):
        qr.save_bars(one, tmp_path / "market")
    with pytest.raises(qr.UsageError, match="start=.* is not taken"):
        qr.save_bars([one], tmp_path / "market", start="2021-01-01")
    with pytest.raises(qr.UsageError, match="instrument"):
        qr.save_bars([one], tmp_path / "market", instrument="a.csv", instruments=INSTRUMENTS)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------- from the command line


def test_the_command_line_saves_and_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects ``qresearch data save``: whatever takes --data takes its folder, and one is not replaced unasked."""
    folder = tmp_path / "market"
    assert cli.main(["data", "save", str(SAMPLE), str(folder)]) == 0
    out = capsys.readouterr().out
    assert f"qr.read_market({str(folder)!r})" in out
    assert cli.main(["data", "save", str(SAMPLE), str(folder)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert cli.main(["data", "save", str(SAMPLE), str(folder), "--replace"]) == 0
    (tmp_path / "mine.py").write_text("def handle_data(context, data):\n    context.order('604018', 100)\n")
    words = ["run", str(tmp_path / "mine.py"), "--end", "2021-02-01", "--out", str(tmp_path / "out")]
    assert cli.main([*words, "--data", str(folder)]) == 0
    assert "Orders" in capsys.readouterr().out
