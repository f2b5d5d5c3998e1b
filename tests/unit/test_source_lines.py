"""Where the code of a strategy stands: breakpoints, tracebacks and debuggers are in the file or cell as written."""

from __future__ import annotations

import atexit
import bdb
import html
import io
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import qresearch as qr

NATIVE = """def handle_data(context, data):
    total = 1
    context.log(total)
"""
PLATFORM = """def initialize(context):
    run_daily(trade)

def trade(context):
    total = 1
    log.info(total)
"""
OLD = """风险提示：本策略仅供参考。
def initialize(context):
    run_daily(trade)

def trade(context):
    total = 1
    print 'old', total
"""
SCRIPTS = [
    (NATIVE, 3, None),
    (PLATFORM, 6, "joinquant"),
    (PLATFORM, 6, "easyquant"),
    (OLD, 7, "joinquant"),
]
"""Text, number of its last line, dialect."""


def opened(script: object, dialect: str | None) -> qr.Session:
    """A session of the embedded market."""
    options = {"start": "2022-03-01", "cash": 100_000}
    if dialect is None:
        return qr.Session(qr.sample_market(), strategy=script, **options)
    return qr.Session.from_script(script, qr.sample_market(), dialect=dialect, **options)


class Breakpoints(bdb.Bdb):
    """A debugger that writes down where it stops at its breakpoints."""

    def __init__(self) -> None:
        super().__init__()
        self.stops: list[tuple[str, int, object]] = []

    def user_line(self, frame: FrameType) -> None:
        """Called at every line at which it may stop."""
        if self.break_here(frame):
            self.stops.append((frame.f_code.co_filename, frame.f_lineno, frame.f_locals.get("total")))
        self.set_continue()


@pytest.mark.parametrize(("text", "line", "dialect"), SCRIPTS)
def test_a_breakpoint_in_the_file_stops(text: str, line: int, dialect: str | None, tmp_path: Path) -> None:
    """Protects debuggers of editors: they know a file by its path and a breakpoint by its line, mended text or not."""
    path = tmp_path / "mine.py"
    path.write_text(text, "utf-8")
    session = opened(path, dialect)
    debugger = Breakpoints()
    assert debugger.set_break(str(path), line) is None
    debugger.runcall(session.step)
    assert debugger.stops == [(str(path), line, 1)]


@pytest.mark.parametrize(("text", "line", "dialect"), SCRIPTS)
def test_a_traceback_shows_the_line_of_the_file(text: str, line: int, dialect: str | None, tmp_path: Path) -> None:
    """Protects finding an error: the path, the line and its text are those of the file that was written."""
    path = tmp_path / "mine.py"
    path.write_text(text.replace("total = 1", "total = None.x"), "utf-8")
    with pytest.raises(qr.StrategyError, match=rf"line {line - 1} of mine\.py `total = None\.x`") as told:
        opened(path, dialect).step()
    last = traceback.extract_tb(told.value.__cause__.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == (str(path), line - 1, "total = None.x")


def test_a_mended_text_is_shown_as_it_stands_in_the_file(tmp_path: Path) -> None:
    """Protects debugging Python 2: the lines are those that the user wrote, whatever they were made to run."""
    path = tmp_path / "old.py"
    path.write_text(OLD.replace("total\n", "1 / 0\n"), "utf-8")
    with pytest.raises(qr.StrategyError, match=r"line 7 of old\.py `print 'old', 1 / 0`"):
        opened(path, "joinquant").step()


def test_a_script_that_is_a_text_shows_its_lines_too() -> None:
    """Protects scripts that were pasted into a cell: an error quotes the line, and tells it from other scripts."""
    with pytest.raises(qr.StrategyError, match=r"line 5 of script-[0-9a-f]{8}\.py `total = None\.x`"):
        opened(PLATFORM.replace("total = 1", "total = None.x"), "joinquant").step()


@pytest.mark.parametrize("is_file", [False, True])
@pytest.mark.parametrize(("text", "line", "dialect"), SCRIPTS[1:])
def test_the_debugger_of_a_step_shows_the_source(
    text: str, line: int, dialect: str, is_file: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Protects step(debug=True): it stops in the function and shows the lines that run, of a text as of a file."""
    path = tmp_path / "mine.py"
    path.write_text(text, "utf-8")
    session = opened(path if is_file else text, dialect)
    monkeypatch.setattr("sys.stdin", io.StringIO("next\nnext\ncontinue\n"))
    session.step(debug=True)
    shown = capsys.readouterr().out
    assert "-> total = 1" in shown
    assert f"({line})trade()" in shown
    assert f"-> {'print' if 'print' in text else 'log'}" in shown


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell with the extension."""
    quiet = Config()
    quiet.HistoryManager.enabled = False
    made = InteractiveShell(config=quiet)
    made.run_line_magic("load_ext", "qresearch")
    made.run_cell("import qresearch as qr")
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)


@pytest.mark.parametrize("is_script", [False, True])
def test_the_lines_of_a_strategy_cell_are_those_of_the_cell(
    is_script: bool, shell: InteractiveShell, tmp_path: Path
) -> None:
    """Protects %%strategy: the magic is line 1 of its cell, so what raises in line 4 is told as line 4."""
    path = tmp_path / "mine.py"
    path.write_text(NATIVE)
    shell.run_cell(NATIVE)
    strategy = str(path) if is_script else shell.user_ns["handle_data"]
    shell.user_ns["session"] = opened(strategy, None)
    cell = "def handle_data(context, data):\n    total = 1\n    total / 0\n"
    shell.run_cell_magic("strategy", "", cell)
    with pytest.raises(qr.StrategyError, match="line 4 of the cell `total / 0`"):
        shell.run_line_magic("step", "")


def fridays(context: qr.Context, data: object) -> None:
    """Buys two instruments on every Friday."""
    if context.now.day.weekday() == 4:
        for symbol in ("604018", "604052"):
            context.buy(symbol, 100)  # here


def test_explain_names_the_line_that_asked() -> None:
    """Protects code beside state: the line in its function, in text, data and HTML; an order by hand has none."""
    run = qr.Session(qr.sample_market(), start="2022-03-10", cash=100_000, strategy=fridays)
    by_hand = run.buy("604018", 100)
    run.step(2)
    told = run.explain(2)
    assert "· Code: fridays: context.buy(symbol, 100)  # here" in str(told)
    assert told.data.check.tolist()[:2] == ["Asked", "Code"]
    assert told.code is not None
    assert told.code.text == "context.buy(symbol, 100)  # here"
    first = fridays.__code__.co_firstlineno
    assert (told.code.first, told.code.line, Path(told.code.file)) == (first, first + 4, Path(__file__))
    assert f"<b>→{told.code.line:>4}  " in told.html()
    assert run.explain(by_hand).code is None
    assert "代码：fridays：context.buy" in str(run.explain(2, language="zh"))


@pytest.mark.parametrize(("text", "dialect"), [(NATIVE, None), (PLATFORM, "joinquant"), (OLD, "joinquant")])
def test_explain_names_the_line_of_a_script(text: str, dialect: str | None, tmp_path: Path) -> None:
    """Protects scripts of other systems: the line is that of their file, not of what stands between."""
    script = tmp_path / "script.py"
    call = "    context.buy('604018', 100)\n" if dialect is None else "    order('604018', 100)\n"
    script.write_text(text + call, encoding="utf-8")
    run = opened(script, dialect).step(2)
    code = run.explain(1).code
    assert code is not None
    assert (code.text, code.line) == (call.strip(), (text + call).count("\n"))
    assert call.strip() in html.unescape(run.panels.code().html())


def test_the_code_panel_marks_the_lines_of_the_moment() -> None:
    """Protects stepping a strategy: the lines that asked at this moment are marked, else that of a chosen order."""
    run = qr.Session(qr.sample_market(), start="2022-03-10", cash=100_000, strategy=fridays).step()
    panel = run.panels.code()
    assert "No order was asked for at this moment." in panel.html()
    assert "data-line" not in panel.html()
    run.step()
    assert "Orders of this moment: 1; 2" in panel.html()
    assert re.findall(r'data-line="\d+">→ +\d+ +(.*?)  # here<i>', panel.html()) == ["context.buy(symbol, 100)"]
    assert "# order 1; 2</i>" in panel.html()
    run.step()
    run.panels.desk.select(order_id=2)
    assert "# order 2</i>" in panel.html()
    run.strategy = None
    run.panels.desk.order_id = None
    run.step()
    assert "orders are placed by hand" in panel.html()
