"""A sweep that is killed or interrupted loses nothing that was done, and goes on where it stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr

PROGRAM = """
import sys
from pathlib import Path
import qresearch as qr

def hold(context, data, shares, log):
    if not context.portfolio.positions:
        context.order("604018", shares)
    if data.day == context.simulation.exchange.last:
        with open(log, "a") as file:
            file.write(f"{shares}\\n")

def go(folder, n_jobs, count=40):
    folder = Path(folder)
    grid = {"shares": range(100, 100 * count + 1, 100), "log": [str(folder / "log.txt")]}
    return qr.sweep(hold, qr.sample_market(), grid, cash=1e7, n_jobs=n_jobs, file=folder / "sweep.sqlite",
                    progress=False)

if __name__ == "__main__":
    try:
        go(sys.argv[1], int(sys.argv[2]))
    except qr.Interrupted as problem:
        print(problem)
        sys.exit(130)
"""


def rows(file: Path) -> int:
    """How many runs a file holds, whoever writes it."""
    if not file.exists():
        return 0
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # its tables are not there yet
    finally:
        connection.close()


def started(folder: Path, n_jobs: int, least: int) -> subprocess.Popen[str]:
    """A sweep in a process of its own, some of whose runs are done."""
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    call = [sys.executable, "program.py", str(folder), str(n_jobs)]
    process = subprocess.Popen(call, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while rows(folder / "sweep.sqlite") < least and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None, "the sweep was done before it could be stopped"
    return process


def gone_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pd.DataFrame, Counter[str]]:
    """The table after the same call, and how often each run ran to its end in all."""
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "program", raising=False)
    import program  # noqa: PLC0415  # it was just written

    table = program.go(folder, 1).table
    fresh = program.go(fresh_folder(folder), 1).table
    pd.testing.assert_frame_equal(table.drop(columns="log"), fresh.drop(columns="log"), check_exact=True)
    return table, Counter((folder / "log.txt").read_text(encoding="utf-8").split())


def fresh_folder(folder: Path) -> Path:
    """A folder for the same sweep from its beginning."""
    made = folder / "fresh"
    made.mkdir()
    return made


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_killed_sweep_goes_on(tmp_path: Path, n_jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects long sweeps: what a killed process had written is not run again, and the table is that of one go."""
    process = started(tmp_path, n_jobs, least=5)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = rows(tmp_path / "sweep.sqlite")
    assert 5 <= done < 40
    table, ran = gone_on(tmp_path, monkeypatch)
    assert len(table) == len(ran) == 40
    assert sum(ran.values()) - 40 <= 40 - done  # at most what was under way ran twice
    assert sum(count == 1 for count in ran.values()) >= done


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_loses_nothing(tmp_path: Path, n_jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects who stops a sweep in a terminal, where every process gets the signal: it says how to go on."""
    process = started(tmp_path, n_jobs, least=5)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    done = rows(tmp_path / "sweep.sqlite")
    assert f"Ctrl-C stopped the sweep. {done} of 40 runs are done" in said
    assert "The same call goes on from there." in said
    table, _ = gone_on(tmp_path, monkeypatch)
    assert table.error.eq("").all()


def test_ctrl_c_without_a_file_hands_over_what_is_done() -> None:
    """Protects notebooks: the error carries the sweep, which goes on from where it was."""

    def stop(context: object, data: object, shares: int) -> None:
        import _thread  # noqa: PLC0415  # it travels with the strategy

        if not context.portfolio.positions:  # type: ignore[attr-defined]
            context.order("604018", shares)  # type: ignore[attr-defined]
        if shares == 300 and not os.environ.get("QRESEARCH_GOES_ON"):
            _thread.interrupt_main()

    span = {"start": "2022-01-04", "end": "2022-03-31", "progress": False}
    with pytest.raises(qr.Interrupted, match="2 of 4 runs are done; they are in the attribute `sweep`") as caught:
        qr.sweep(stop, qr.sample_market(), {"shares": [100, 200, 300, 400]}, **span)
    half = caught.value.sweep
    assert half.table.digest.ne("").tolist() == [True, True, False, False]
    os.environ["QRESEARCH_GOES_ON"] = "1"
    try:
        assert half.resume() is half
    finally:
        del os.environ["QRESEARCH_GOES_ON"]
    assert half.table.error.eq("").all()
    assert half.table.digest.nunique() == 4
