"""The command line, called as a user calls it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import qresearch
from qresearch import cli
from qresearch.channel import USE

SAMPLE = Path(qresearch.__file__).parent / "sources" / "data" / "sample_daily.parquet"
MOMENTUM = '''
def initialize(context):
    context.month = 0

def handle_data(context, data):
    """Each month, hold the three instruments that rose most over 60 days."""
    if context.now.day.month == context.month:
        return
    context.month = context.now.day.month
    closes = data.history(count=60)
    best = (closes.iloc[-1] / closes.iloc[0]).nlargest(3).index
    for symbol in [*context.portfolio.positions, *best]:
        context.order_target_value(symbol, 0.3 * context.portfolio.equity * (symbol in best))
    context.record(held=len(context.portfolio.positions))
'''


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A momentum strategy as a file."""
    path = tmp_path / "momentum.py"
    path.write_text(MOMENTUM, encoding="utf-8")
    return path


def run(script: Path, *more: str) -> int:
    """``qresearch run`` over one year of the embedded market, from its file."""
    dates = [] if "--start" in more else ["--start", "2022-01-04", "--end", "2022-12-30"]
    return cli.main(["run", str(script), "--data", str(SAMPLE), *dates, *more])


# ---------------------------------------------------------------------------------------- demo


def test_the_demo_tells_a_story_and_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the main job: order table, account and a page with nothing to load from elsewhere."""
    page = tmp_path / "page.html"
    assert cli.main(["demo", "--out", str(page)]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    lines = out.out.splitlines()
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 110
    assert lines[-1] == f"Open this page in a browser: {page}"
    rows = {line.split()[0]: line for line in lines[lines.index("Orders of this branch") :] if "604018.SH" in line}
    assert "FILLED" in rows["1"]
    for name in ("page-by-hand.html", "page-strategy.html"):
        assert f"A recording, to step through: {tmp_path / name}" in lines
        assert (tmp_path / name).stat().st_size > 10_000
    html = page.read_text(encoding="utf-8")
    assert 'href="page-by-hand.html"' in html
    for state in ("QUEUED", "FILLED", "REJECTED", "EXPIRED", "CANCELED"):
        assert f">{state}</b>" in html
    for word in ("http:", "https:", "<script", "<link", "src="):
        assert word not in html
    assert "<svg" in html


def test_the_demo_is_the_same_every_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects determinism up to the page and its recordings: no clock, no random id."""
    pages = [tmp_path / "a" / "page.html", tmp_path / "b" / "page.html"]
    for page in pages:
        page.parent.mkdir()
        assert cli.main(["demo", "--out", str(page)]) == 0
    for name in ("page.html", "page-by-hand.html", "page-strategy.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_every_branch_of_the_story_does_what_its_words_say() -> None:
    """Protects the words of the demo from drifting away from what happens."""
    session = cli.demo.hand_session()
    states = [session.orders["status"].to_dict() for _ in cli.demo.by_hand(session)]
    assert [state.get(1) for state in states[:2]] == ["QUEUED", "FILLED"]
    assert states[2][2] == "REJECTED"
    assert [state.get(4) for state in states[5:7]] == ["QUEUED", "EXPIRED"]
    assert states[8][3] == "QUEUED"
    assert states[-1] == {1: "FILLED", 2: "REJECTED", 3: "CANCELED", 4: "FILLED"}
    assert (session.fills["stamp_duty"] > 0).tolist() == [False, True]


# ---------------------------------------------------------------------------------------- run


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_run_writes_its_tables(
    script: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects what a headless run leaves behind: files that read back as what the session held."""
    monkeypatch.chdir(tmp_path)
    assert run(script, "--out", "results", "--format", kind, "--costs", "historical", "--cash", "500_000") == 0
    read = pd.read_parquet if kind == "parquet" else pd.read_csv
    tables = {path.stem: read(path) for path in Path("results").glob(f"*.{kind}")}
    assert {"equity", "events", "fills", "orders", "positions", "recorded"} <= set(tables)
    session = qresearch.Session(
        qresearch.read_market(SAMPLE),
        start="2022-01-04", end="2022-12-30", cash=500_000, costs="historical", strategy=script,
    ).run()  # fmt: skip
    assert tables["equity"]["equity"].tolist() == session.equity.tolist()
    assert tables["fills"]["net"].tolist() == session.fills["net"].tolist()
    assert len(tables["orders"]) == len(session.orders)
    assert tables["positions"]["quantity"].tolist() == session.positions["quantity"].tolist()
    out = capsys.readouterr().out
    assert f"Trading days  {len(session.equity)}, 2022-01-04 to 2022-12-30" in out
    assert f"Final equity  {session.portfolio.equity:,.2f}" in out
    assert f"stamp duty {session.fills['stamp_duty'].sum():,.2f}" in out
    assert "Without a fill, by reason" in out
    assert max(map(len, out.splitlines())) <= 110


def test_a_run_that_trades_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects against a silent empty result: the summary counts what was refused, and the files are still written."""
    idle = tmp_path / "idle.py"
    idle.write_text("def handle_data(context, data):\n    order('688903', 100)\n", encoding="utf-8")
    assert run(idle, "--out", str(tmp_path / "out"), "--start", "2022-12-01", "--end", "2022-12-30") == 0
    out = capsys.readouterr().out
    assert "Fills         0, 0.00 traded" in out
    assert "Without a fill, by reason\n  MINIMUM_SIZE " in out
    assert len(pd.read_parquet(tmp_path / "out" / "fills.parquet")) == 0


def test_data_that_end_are_a_notice_not_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the reader of a run: a frozen position is told once, among the notices, without a Python warning."""
    keep = tmp_path / "keep.py"
    keep.write_text("def initialize(context):\n    order('004140', 100)\n\ndef handle_data(context): pass\n", "utf-8")
    assert run(keep, "--out", str(tmp_path / "out"), "--start", "2023-06-01") == 0
    out = capsys.readouterr()
    assert "004140.SZ has no bars after 2023-06-30" in out.out
    assert "Warning" not in out.err


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def handle_data(context, data):\n    1 / 0\n", ["ZeroDivisionError", "line 2", "1 / 0", "2022-01-04"]),
        ("def handle_data(context, data)\n    pass\n", ["SyntaxError", "line 1", "cannot be loaded"]),
        ("import no_such_module\n", ["ModuleNotFoundError", "line 1", "import no_such_module"]),
        ("def handle_date(context, data): pass\n", ["handle_data", "nothing to call"]),
        ("def handle_data(context, data):\n    order('604019', 100)\n", ["604019", "604018.SH", "line 2"]),
    ],
    ids=["raises", "syntax", "import", "misspelled", "unknown symbol"],
)
def test_a_broken_strategy_shows_the_users_own_lines(
    source: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects the person who wrote the strategy: their line and the remedy, none of our frames, exit code 2."""
    broken = tmp_path / "broken.py"
    broken.write_text(source, encoding="utf-8")
    assert run(broken, "--out", str(tmp_path / "out")) == 2
    error = capsys.readouterr().err
    for word in words:
        assert word in error
    assert str(Path(qresearch.__file__).parent) not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "missing.parquet"], "missing.parquet"),
        (["--data", "sample", "--start", "2050-01-01"], "2050-01-01"),
        (["--data", "sample", "--start", "yesterday"], "yesterday"),
        (["--data", "sample", "--cash", "-5"], "cash"),
    ],
)
def test_wrong_arguments_are_one_message(
    arguments: list[str], words: str, script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects against tracebacks of ours: one message on stderr, exit code 2."""
    assert cli.main(["run", str(script), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("qresearch: ")
    assert words in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "s.py", "--data", "sample", "--acount", "margin"], "run: error: unknown argument '--acount'. Did you"),
        (
            ["run", "s.py", "--data", "sample", "--acount=margin"],
            "unknown argument '--acount=margin'. Did you mean --account",
        ),
        (["run", "s.py", "more", "--data", "sample"], "run: error: unknown argument 'more'."),
        (["data", "list", "--cash"], "list: error: unknown argument '--cash'. Did you mean --cache?"),
    ],
)
def test_an_argument_that_a_command_does_not_take_is_told_with_what_is_near(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects a misspelled option: the message and the usage are those of the command that was called."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in " ".join(error.split())
    assert f"usage: qresearch {arguments[0]}" in error


# ---------------------------------------------------------------------------------------- lab and the rest


def test_lab_opens_the_notebooks_of_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the way from a checkout to the notebooks, and words for JupyterLab behind ``--``."""
    calls: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", lambda words: calls.append(words) or 0)
    assert cli.main(["lab", "--", "--no-browser"]) == 0
    assert calls[0][:3] == [sys.executable, "-m", "jupyterlab"]
    assert Path(calls[0][3]) == Path(qresearch.__file__).parents[1] / "notebooks" / "00_index.ipynb"
    assert calls[0][4:] == [USE, "--no-browser"]


def test_app_serves_the_workbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the page of its own: the workbench alone, as it was asked for; without Voila, how to get it."""
    pytest.importorskip("voila")
    calls: list[list[str]] = []
    cells: list[str] = []

    def called(words: list[str], env: dict[str, str]) -> int:
        calls.append(words)
        cells.append(json.loads(Path(words[3]).read_text("utf-8"))["cells"][0]["source"])
        assert (Path(env["JUPYTER_PATH"].split(os.pathsep)[0]) / "voila/templates/qresearch/index.html.j2").exists()
        return 0

    monkeypatch.setattr(subprocess, "call", called)
    assert cli.main(["app", "--", "--port=9999"]) == 0
    assert calls[0][:3] == [sys.executable, "-m", "qresearch.app"]
    assert calls[0][-1] == "--port=9999"
    assert "--theme=light" in calls[0]
    assert "qr.sample_market(), start='2022-03-11', end=None, cash=100000" in cells[0]
    assert "theme='auto'" in cells[0]
    options = [
        "--data",
        str(SAMPLE),
        "--symbol",
        "688903",
        "--start",
        "2022-05-05",
        "--language",
        "zh",
        "--theme",
        "dark",
    ]
    assert cli.main(["app", *options]) == 0
    assert f"qr.read_market({str(SAMPLE)!r}), start='2022-05-05'" in cells[1]
    assert "select(symbol='688903.SH')" in cells[1]
    assert "language='zh'" in cells[1]
    assert "--theme=dark" in calls[1]
    for wrong in (["--symbol", "nothing"], ["--start", "never"], ["--strategy", "none.py"], ["--data", "none.csv"]):
        assert cli.main(["app", *wrong]) == 2
    assert len(calls) == 2
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.main(["app"]) == 2
    assert "pip install 'qresearch[app]'" in capsys.readouterr().err


def test_lab_outside_a_checkout_copies_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects the user's edits: a second ``qresearch lab`` overwrites nothing."""
    shipped = [tmp_path / "share" / "00_index.ipynb", tmp_path / "share" / "zh" / "00_index.ipynb"]
    for path, text in zip(shipped, ("{}", "{ }"), strict=True):
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")

    @dataclass
    class File:
        path: Path
        suffix: str = ".ipynb"

        def locate(self) -> Path:
            return self.path

    monkeypatch.setattr(cli, "files", lambda name: [File(path) for path in shipped])
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "site-packages" / "qresearch" / "cli.py"))
    monkeypatch.setattr(subprocess, "call", lambda words: 0)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab"]) == 0
    copied = tmp_path / "qresearch-notebooks" / "00_index.ipynb"
    copied.write_text("mine", encoding="utf-8")
    assert cli.main(["lab"]) == 0
    assert copied.read_text(encoding="utf-8") == "mine"
    assert (copied.parent / "zh" / "00_index.ipynb").read_text(encoding="utf-8") == "{ }"
    assert "qresearch-notebooks" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects bug reports: the version of the package, from one place."""
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"qresearch {qresearch.__version__}\n"


def test_the_installed_command_answers() -> None:
    """Protects the entry point: the command that pip installs beside this Python."""
    command = Path(sys.executable).parent / "qresearch"
    done = subprocess.run([command, "run", "--help"], capture_output=True, text=True, check=True)
    assert "--data" in done.stdout


def test_a_strategy_trades_with_the_kind_of_account_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects `run --account`: without one shares are paid in full, with one they can be bought on credit."""
    strategy = tmp_path / "credit.py"
    strategy.write_text(
        "from qresearch import terms\n\n"
        "def handle_data(context, data):\n"
        "    if not context.portfolio.positions['604018'].quantity:\n"
        "        context.buy('604018', 15000, terms.financed())\n"
    )
    words = ["run", str(strategy), "--data", "sample", "--start", "2022-03-01", "--end", "2022-03-04",
             "--cash", "100000", "--out", str(tmp_path / "out")]  # fmt: skip
    assert cli.main([*words, "--account", "margin"]) == 0
    assert "1 FILLED" in capsys.readouterr().out
    assert cli.main(words) == 2
    assert "account='margin'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main([*words, "--account", "shares"])


def test_a_script_of_another_system_runs_with_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects `run --dialect`: the script is unchanged, its tables come as files, its notices are summed up."""
    script = tmp_path / "jq.py"
    script.write_text(
        "def initialize(context):\n    run_weekly(trade, 1, '14:50')\n\n"
        "def trade(context):\n    for code in get_fundamentals(query(valuation.code))['code']:\n"
        "        order_value(code, 20000)\n"
    )
    table = tmp_path / "valuation.csv"
    table.write_text("code,day\n604018.XSHG,2022-02-28\n")
    words = ["run", str(script), "--data", "sample", "--dialect", "joinquant", "--start", "2022-03-01",
             "--end", "2022-03-11", "--out", str(tmp_path / "out")]  # fmt: skip
    assert cli.main([*words, "--table", f"valuation={table}"]) == 0
    told = capsys.readouterr().out
    assert "2 FILLED" in told
    assert "Notices of the script: 1 approximated" in told
    assert cli.main([*words, "--table", "valuation"]) == 2
    assert "write each as NAME=FILE" in capsys.readouterr().err
