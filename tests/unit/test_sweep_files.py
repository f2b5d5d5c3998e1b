"""The file of a sweep: nothing that is not its own is touched, and no result of another strategy is taken for one."""

from __future__ import annotations

import linecache
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import qresearch as qr

MARKET = qr.sample_market()
SPAN = {"start": "2022-01-04", "end": "2022-02-25", "progress": False}


def hold(context: Any, data: Any, shares: int) -> None:
    """Buy once, and hold."""
    if not context.portfolio.positions:
        context.order("604018", shares)


def executed(file: Path, *lines: str) -> None:
    """Lines of SQL on a file, which is closed again."""
    connection = sqlite3.connect(file)
    try:
        for line in lines:
            connection.execute(line)
        connection.commit()
    finally:
        connection.close()


@pytest.mark.parametrize("table", ["entries", "runs"])
def test_a_database_of_something_else_stays_as_it_is(tmp_path: Path, table: str) -> None:
    """Protects journals and other databases: a file with tables of its own is refused before a byte of it changes."""
    file = tmp_path / "other.sqlite"
    executed(file, f"CREATE TABLE {table} (a)", f"INSERT INTO {table} VALUES (1)")
    before = file.read_bytes()
    with pytest.raises(qr.UsageError, match=f"a database with the table '{table}'"):
        qr.sweep(hold, MARKET, {"shares": [100]}, file=file, **SPAN)
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", ["a?b=1.sqlite", "100%25.sqlite", "a#b @ c:d.sqlite", "参数 扫描.sqlite", ":memory:"])
def test_a_file_has_the_name_that_was_given(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects results: they are kept under this very name, and not in memory or under what a URL would make of it."""
    monkeypatch.chdir(tmp_path)
    qr.sweep(hold, MARKET, {"shares": [100]}, file=name, **SPAN)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_is_held_or_damaged_is_told(tmp_path: Path) -> None:
    """Protects users from an error of the database: what cannot be written or read names the file and a way on."""
    file = tmp_path / "sweep.sqlite"
    qr.sweep(hold, MARKET, {"shares": [100]}, file=file, **SPAN)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(qr.UsageError, match=r"cannot be written any more: database is locked.*same call goes on"):
        qr.sweep(hold, MARKET, {"shares": [100, 200]}, file=file, **SPAN)
    connection.execute("ROLLBACK")
    connection.close()
    assert qr.sweep(hold, MARKET, {"shares": [100, 200]}, file=file, **SPAN).table.error.tolist() == ["", ""]
    executed(file, "UPDATE runs SET figures = '{'")
    with pytest.raises(qr.UsageError, match="is damaged: its runs cannot be read"):
        qr.sweep(hold, MARKET, {"shares": [100]}, file=file, **SPAN)


BEGINS = """
import sys
from pathlib import Path
from qresearch.sweeps.record import Record

for line in sys.stdin:
    with Record(Path(line.strip()), {"market": "a", "options": "b", "strategy": "c"}) as record:
        print(len(record.outcomes()), flush=True)
"""


def test_two_processes_may_begin_one_file(tmp_path: Path) -> None:
    """Protects two terminals on one sweep: whichever makes the file first, the other one finds its own in it."""
    started = [
        subprocess.Popen([sys.executable, "-c", BEGINS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    files = "".join(f"{tmp_path / f'{number}.sqlite'}\n" for number in range(200))
    said: list[str] = []
    writers = [
        threading.Thread(target=lambda process: said.append(process.communicate(files)[0]), args=(process,))
        for process in started
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert said == ["0\n" * 200] * 2


def test_an_option_that_no_file_keeps_is_told_by_its_argument(tmp_path: Path) -> None:
    """Protects who passed no journal: the message about a model without a name speaks of file=."""
    with pytest.raises(qr.UsageError, match="or leave file= out"):
        qr.sweep(hold, MARKET, {"shares": [100]}, file=tmp_path / "a.sqlite", slippage=lambda *_: 0.0, **SPAN)


TEXT = """
import around

SIZE = 1

def size():
    return 1

class Base:
    def size(self):
        return 1

class Held(Base):
    shares = 100
    most = SIZE

    def handle_data(self, context, data):
        if not context.portfolio.positions:
            context.order("604018", self.shares * self.size() * self.most)

def by_helper(context, data, shares):
    if not context.portfolio.positions:
        context.order("604018", shares * size())

def by_default(context, data, shares, size=SIZE):
    if not context.portfolio.positions:
        context.order("604018", shares * size)

def by_module(context, data, shares):
    if not context.portfolio.positions:
        context.order("604018", shares * around.size())

def made(shares):
    strategy = Held()
    strategy.shares = shares
    return strategy
"""
AROUND = "def size():\n    return 1\n"
TWICE: dict[str, Callable[[str], str]] = {
    "by_helper": lambda text: text.replace("def size():\n    return 1", "def size():\n    return 2"),
    "by_default": lambda text: text.replace("SIZE = 1", "SIZE = 2"),
    "by_module": lambda text: text.replace("def size():\n    return 1", "def size():\n    return 2"),
    "Held": lambda text: text.replace("def size(self):\n        return 1", "def size(self):\n        return 2"),
    "made": lambda text: text.replace("def size(self):\n        return 1", "def size(self):\n        return 2"),
}
"""What makes each strategy another one, although its own text is the same."""


@pytest.mark.parametrize("name", [*TWICE, "most"])
def test_what_a_strategy_leads_to_belongs_to_its_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a table from old rows: a changed helper, base, default, module or class behind a function counts."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    change = TWICE["by_default" if name == "most" else name]
    name = "Held" if name == "most" else name

    def swept(text: str, around: str) -> str:
        (tmp_path / "around.py").write_text(around, encoding="utf-8")
        (tmp_path / "strategies.py").write_text(text, encoding="utf-8")
        linecache.clearcache()
        for module in ("around", "strategies"):
            monkeypatch.delitem(sys.modules, module, raising=False)
        strategy = getattr(import_module("strategies"), name)
        found = qr.sweep(strategy, MARKET, {"shares": [100]}, file=tmp_path / "sweep.sqlite", **SPAN)
        return str(found.table.digest[0])

    assert swept(TEXT, AROUND) == swept(f"{TEXT}\n\ndef other():\n    return 5\n", AROUND)
    with pytest.raises(qr.UsageError, match="another strategy, or another text of it"):
        swept(change(TEXT), change(AROUND))
