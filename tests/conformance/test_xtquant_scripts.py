"""Thirty scripts in the shapes of public ones, run to the end of the data under the simulated clock.

The scripts stand in tests/scripts_xtquant: wrappers, keyword calls, polling loops, run_forever with callbacks, order
then cancel, schedulers, threads and queues, and the parts of larger tools that have no window.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import pytest

import qresearch as qr
from qresearch.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts_xtquant"
NAMES = sorted(path.stem for path in SCRIPTS.glob("q*.py"))
NEEDS = {"q06": "schedule", "q07": "apscheduler", "q08": "apscheduler"}
SAYS = {
    "q01": ["0\n0\norder using the fix price:", "on_order_stock_async_response\n1000000365 2 1", "orders: 2",
            "on trade callback\n1000000365 604018.SH 2"],
    "q02": ["trade 55011917 604018.SH 1", "position 604018.SH 300"],
    "q03": ["56 9.52\n"],
    "q04": ["sent 5 5 \n", "fill 23 9.52 100 952.0", "fills [(23, 9.52, 100)"],
    "q05": ["1 51\n1 54\nagain -1\ncancel error 1 251020", "cancel response 3 0 1\n3 51\n3 54", "[54, 54, 54] 0"],
    "q06": ["2022-03-01 14:55:00 ", "2022-03-11 14:55:00 "],
    "q07": ["2022-03-11 09:31:00"],
    "q08": ["11 14:00 "],
    "q09": ["in time True", "MainThread [('order', '604018.SH', 1)"],
    "q10": ["5 09:50:00"],
    "q11": ["junk 10\n", "future type -1", "004102.SZ 10 88 57 [COUNTER][120000][委托被拒绝]price_type 42"],
    "q12": ["before -1", "[1, 2, 3, 4, -1, 5] [(1, 57), (2, 57), (3, 57), (4, 57), (5, 57)]", "[120144]"],
    "q13": [" buy "],
    "q14": ["20220301 09:00:00", "None\n"],
    "q15": ["1 2\n", "tick 004102.SZ 20220301 15:00:00", "bar 604018.SH", "end\n"],
    "q16": ["None\nTrue\nTrue\n", "asset 1000000.0\npositions 0\ntrades 0", "orders [56]"],
    "q17": ["held 100 0", "more True"],
    "q18": ["connected True\nassets 1000000.0\nFalse None"],
    "q19": ["done 9.52 default"],
    "q20": ["True True\nImportError\nModuleNotFoundError\n0\nAttributeError\n"
            "False ['20220301', '20220302', '20220303', '20220304']"],
    "q21": ["('004102.SZ', "],
    "q22": ["{'msg': 'export success'} True\n604018.SH 100", "invalid operation type: ADDD"],
    "q23": ["{'KCB': 0, 'SH': 0, 'SZ': 0} {}"],
    "q24": ["-1 [] []\n-1\n[] [] []\n[] (False, "],
    "q25": ["2022-03-01 09:31:00,002 INFO buying 604018.SH", "['004102.SZ', '604018.SH', '604026.SH']"],
    "q26": ["press enter to leave\n1\n"],
    "q27": [" 302601.SZ "],
    "q28": ["1 09:30\n[('tool', 56)]"],
    "q29": ["1 604018.SH 1 s 604018.SH", '{"1": [49, 50, 56], "2": [49, 50, 57]}'],
    "q30": ['{"ok": true, "data": 1}', '{"ok": true, "data": null}', "AttributeError"],
}  # fmt: skip
"""What the output of each holds."""


@cache
def market() -> qr.Market:
    """The embedded market."""
    return qr.sample_market()


def opened(name: str) -> qr.Session:
    """A session of nine days that runs one of the scripts."""
    return qr.Session.from_script(
        SCRIPTS / f"{name}.py", market(), start="2022-03-01", end="2022-03-11", dialect="xtquant"
    )


def test_there_are_thirty() -> None:
    """Protects the count."""
    assert len(NAMES) == 30
    assert [name[:3] for name in NAMES] == list(SAYS)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_runs_to_the_end(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects scripts as people write them: each runs to the end of the data and says what it should."""
    needed = NEEDS.get(name[:3])
    if needed is not None and importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed")
    session = opened(name).run(progress=False)
    said = capsys.readouterr().out
    for wanted in SAYS[name[:3]]:
        assert wanted in said
    assert str(session.now.day)[:10] == "2022-03-11"
    assert "The script ended" in " ".join(session.notices.table["notice"])
    assert not {notice for notice in session.notices.table["notice"] if " raised " in notice}


@pytest.mark.parametrize("name", ["q04_run_forever", "q09_threads_and_queue", "q13_strategy_of_closes"])
def test_the_same_script_twice_gives_the_same_digest(name: str) -> None:
    """Protects determinism: threads, timers and random numbers do the same each time, however they are scheduled."""
    assert opened(name).run(progress=False).digest() == opened(name).run(progress=False).digest()


def test_a_script_runs_from_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects ``qresearch run --dialect xtquant``: what the script prints, and the results as files."""
    out = tmp_path / "out"
    script = str(SCRIPTS / "q01_quick_start.py")
    span = ["--start", "2022-03-01", "--end", "2022-03-04", "--format", "csv", "--out", str(out)]
    assert main(["run", script, "--data", "sample", "--dialect", "xtquant", *span]) == 0
    assert "on trade callback\n1000000365 604018.SH 2" in capsys.readouterr().out
    assert "604018.SH" in (out / "fills.csv").read_text("utf-8")


def test_stepping_is_running(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the baton: a script that is stepped phase by phase does what it does when it is run."""
    name = "q27_stop_loss"
    stepped = opened(name)
    for _ in range(9 * 5):
        stepped.step(phase="next")
    ran = opened(name).run(progress=False)
    assert stepped.fills.equals(ran.fills)
    assert capsys.readouterr().out
