"""Looking into a script: its own lines under its own path, short names, and where else a word would be found."""

from __future__ import annotations

import bdb
import traceback
from pathlib import Path

import pytest
from script_runs import market, opened

import qresearch as qr
from qresearch.errors import StrategyError

OLD = """# 中文
def initialize(context):
    run_daily(f)

def f(context):
    print 'a', 1/2
    x = {}
    print x['b'] # 行
"""


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_traceback_shows_the_lines_of_the_file_as_they_stand_in_it(tmp_path: Path, encoding: str) -> None:
    """Protects debugging of Python 2 and of GBK: the line that raised is the line that the user wrote."""
    path = tmp_path / "old.py"
    path.write_bytes(OLD.encode(encoding))
    with pytest.raises(StrategyError) as caught:
        opened(str(path)).step()
    last = [row for row in traceback.extract_tb(caught.value.__traceback__) if row.filename == str(path)][-1]
    assert (last.lineno, last.line) == (8, "print x['b'] # 行")
    assert "line 8 of old.py `print x['b'] # 行`" in str(caught.value)


def test_a_breakpoint_in_the_file_is_hit(tmp_path: Path) -> None:
    """Protects breakpoints of an editor: the code knows its file, and each line its number."""
    path = tmp_path / "script.py"
    path.write_text("def initialize(context):\n    run_daily(f)\n\ndef f(context):\n    a = 1\n    b = 2\n", "utf-8")

    class Stops(bdb.Bdb):
        lines: list[int]

        def user_line(self, frame: object) -> None:
            if frame.f_code.co_filename == str(path):  # type: ignore[attr-defined]  # a frame
                self.lines.append(frame.f_lineno)  # type: ignore[attr-defined]  # a frame
            self.set_continue()

    session = opened(str(path))
    debugger = Stops()
    debugger.lines = []
    assert debugger.set_break(str(path), 6) is None
    debugger.runcall(session.step)
    assert debugger.lines == [6]


def test_names_are_short() -> None:
    """Protects the screen: a strategy shows its name, not all that a script can call."""
    session = opened("def initialize(context):\n    g.codes = list(range(1000))\n")
    assert len(repr(session.strategy)) < 100
    assert len(repr(session.strategy.target["g"])) < 100


def test_a_word_of_another_system_names_it(tmp_path: Path) -> None:
    """Protects users who mix systems: order_lots says whose it is, an import says how to open the script."""
    script = "def initialize(context):\n    run_daily(f)\ndef f(context):\n    order_lots('000001.XSHE', 1)\n"
    with pytest.raises(StrategyError, match="dialect='easyquant'"):
        opened(script).step()
    path = tmp_path / "script.py"
    path.write_text("import jqdata\ndef initialize(context): pass\n", encoding="utf-8")
    with pytest.raises(StrategyError, match=r"Session\.from_script.*--dialect"):
        qr.Session(market({"000001.XSHE": [10.0] * 3}), strategy=str(path))
