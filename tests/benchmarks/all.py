"""Every workload, in one run: the plain NumPy loop, qresearch, and the peers that are installed.

    python tests/benchmarks/all.py
    python tests/benchmarks/all.py --peers FOLDER --environments FOLDER

W1 to W3 and W5 are CPU time (median of several runs, each with the garbage collected before it), loading excluded; W4
is wall time on two cores, the start of the workers included, `qr.sweep` beside a pool of the loop. The factor in
brackets is over the plain loop, measured in the same process just before, so that a busy machine slows both. Memory is
the peak of a process that holds the bars of W3 and runs it.

Peers are programs ``peer_<name>.py`` in a folder, each with a Python of its own in ``<environments>/<name>/bin``: a
program is called with the names of workloads and writes one line of JSON per result to the folder of the environment
variable BENCH_OUT. One whose Python is not there is left out.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from workloads import (
    DAYS,
    LOOKBACKS,
    PERIODS,
    WORKLOADS,
    Bars,
    PlainLoop,
    bars_of,
    market_of,
    paired,
    peak,
    plain,
    session_of,
)

import qresearch as qr
from qresearch.market.arrays import room_after_nothing

NAMES = tuple(WORKLOADS)
PAIRS = [(lookback, period) for lookback in LOOKBACKS for period in PERIODS]
WARM = 300
"""Days before W5 is looked at: every instrument has its past by then."""
ENVIRONMENTS = {"vectorbt": "vbt", "backtrader": "bt", "rqalpha": "rq", "zipline": "zip"}
"""Names of environments that differ from the peer's."""
THEIRS = {"W5a": "W5 100", "W5b": "W5 5,000"}
PATIENCE = 900
"""Seconds that a peer has for a workload, unless told otherwise."""


def bars_in(data: Path, name: str) -> Bars:
    """The bars of a workload, from files: making them takes more memory than they do."""
    panel = data / f"panel_{WORKLOADS[name].shares}"
    # The closes as the readers of qresearch lay them out: those of the day before are the same memory.
    closes = room_after_nothing(DAYS, WORKLOADS[name].shares)
    closes[:] = np.load(panel / "close.npy", mmap_mode="r")
    return Bars(*(closes if field == "close" else np.load(panel / f"{field}.npy") for field in Bars._fields))


def median_of(work: Callable[[], object], runs: int, clock: Callable[[], float] = time.process_time) -> float:
    """Median seconds of some runs after a warm-up."""
    work()
    taken = []
    for _ in range(runs):
        gc.collect()
        begin = clock()
        work()
        taken.append(clock() - begin)
    return statistics.median(taken)


def whole_run(name: str, data: Path) -> dict[str, float]:
    """W1 to W3: the run against the loop."""
    bars = bars_in(data, name)
    runs = 3 if name == "W3" else 7
    loop = median_of(lambda: plain(name, bars), runs)
    before = peak()
    market = market_of(bars)
    taken = median_of(lambda: session_of(name, market, bars).run(progress=False), runs)
    fills, equity = plain(name, bars)
    gc.collect()
    session = session_of(name, market, bars).run(progress=False)
    run = peak()  # before a table is made of what happened
    return {
        "loop": loop, "taken": taken, "fills": len(session.fills), "fills_of_the_loop": fills,
        "equity": session.portfolio.equity, "equity_of_the_loop": equity, "peak": run, "peak_of_the_data": before,
    }  # fmt: skip


def steps(name: str, data: Path) -> dict[str, float]:
    """W5: the mean of a day, against a step of the loop."""
    bars = bars_in(data, name)
    loop, session = PlainLoop(bars, WORKLOADS[name]), session_of(name, market_of(bars), bars)

    def each(step: Callable[[], object]) -> float:
        for _ in range(WARM):
            step()
        gc.collect()
        begin = time.process_time()
        for _ in range(DAYS - WARM):
            step()
        return (time.process_time() - begin) / (DAYS - WARM)

    return {"loop": each(loop.step), "taken": each(session.step), "peak": peak()}


_bars: Any = None


def _pair(pair: tuple[int, int]) -> tuple[int, float]:
    return PlainLoop(_bars, WORKLOADS["W4"], *pair).run()


def pairs(name: str, data: Path) -> dict[str, float]:
    """W4: the sweep on two cores, against a pool of two that runs the loop."""
    global _bars  # noqa: PLW0603  # forked along with the pool
    _bars = bars_in(data, name)
    market = market_of(_bars)
    loops, taken = [], []
    for _ in range(2):
        begin = time.perf_counter()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            found = pool.map(_pair, PAIRS, chunksize=5)
        loops.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        grid = {"lookback": LOOKBACKS, "period": PERIODS}
        table = qr.sweep(paired, market, grid, cash=WORKLOADS[name].cash, n_jobs=2, progress=False).table
        taken.append(time.perf_counter() - begin)
    return {
        "loop": min(loops), "taken": min(taken), "fills": table.fills.sum(),
        "fills_of_the_loop": sum(fills for fills, _ in found), "equity": table.final_equity.sum(),
        "equity_of_the_loop": sum(equity for _, equity in found), "peak": peak(),
    }  # fmt: skip


def _again(*words: str) -> subprocess.CompletedProcess[str]:
    """The same program in a process of its own: the peak of its memory begins with that of the one that starts it."""
    return subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True, check=False)


def measured(name: str, data: Path) -> dict[str, float]:
    """One workload, in a process of its own."""
    done = _again("--one", name, "--data", str(data))
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


# ---------------------------------------------------------------------------------------------------- peers


def peers(folder: Path, environments: Path) -> Iterator[tuple[str, Path, Path]]:
    """Name, program and Python of each peer that is installed."""
    for program in sorted(folder.glob("peer_*.py")):
        name = program.stem.removeprefix("peer_")
        for known in (name, ENVIRONMENTS.get(name, name)):
            python = environments / known / "bin" / "python"
            if python.exists():
                yield name, program, python
                break


def write_data(folder: Path, wanted: list[str]) -> None:
    """The bars as the programs of the peers read them."""
    days = np.arange("2014-01-06", "2024-12-31", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:DAYS]
    for name in {WORKLOADS[name].shares: name for name in wanted}.values():
        panel = folder / f"panel_{WORKLOADS[name].shares}"
        panel.mkdir(parents=True)
        for field, values in bars_of(name)._asdict().items():
            np.save(panel / f"{field}.npy", values)
        np.save(panel / "dates.npy", days)


def of_peers(
    folder: Path, environments: Path, wanted: list[str], root: Path, patience: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """What the peers came to: by name and workload, the lines that they wrote."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    (root / "out").mkdir()
    env = os.environ | {"BENCH_ROOT": str(root), "BENCH_DATA": str(root / "data"), "BENCH_OUT": str(root / "out")}
    for name, program, python in peers(folder, environments):
        for work in dict.fromkeys(name.partition(" ")[0] for name in wanted):
            print(f"{name} {work} ...", file=sys.stderr)
            _run_peer([str(python), "-B", str(program), work], folder, env, patience)
    for path in sorted((root / "out").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.setdefault(row["peer"], {})[THEIRS.get(row["workload"], row["workload"])] = row
    return found


def _run_peer(call: list[str], folder: Path, env: dict[str, str], patience: int) -> None:
    try:
        done = subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=patience)
    except subprocess.TimeoutExpired:
        print(f"  not done after {patience} s, left out", file=sys.stderr)
        return
    if done.returncode:
        print(f"  failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)


# ---------------------------------------------------------------------------------------------------- the table


def shown(seconds: float | None, factor: float | None) -> str:
    """A time with its factor over the loop."""
    if seconds is None:
        return "-"
    text = f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
    return text if factor is None else f"{text} ({factor:.3g}x)"


def table(ours: dict[str, dict[str, float]], theirs: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """The table in Markdown."""
    names = list(ours)
    rows = [["engine", *names, "memory of W3"], ["---"] * (len(names) + 2)]
    size = ours.get("W3", {})
    rows.append([
        "plain NumPy loop", *(shown(ours[name]["loop"], None) for name in names),
        f"{size['peak_of_the_data']:,.0f} MB" if size else "-",
    ])  # fmt: skip
    rows.append([
        "qresearch", *(shown(ours[name]["taken"], ours[name]["taken"] / ours[name]["loop"]) for name in names),
        f"{size['peak']:,.0f} MB" if size else "-",
    ])  # fmt: skip
    for peer, found in theirs.items():
        cells = []
        for name in names:
            row = found.get(name)
            seconds = None if row is None else row["wall_s"] if name == "W4" else row["cpu_s"] or row["wall_s"]
            factor = None if row is None or name == "W4" else row.get("ratio_cpu")
            if seconds is not None and factor is None:
                factor = seconds / ours[name]["loop"]
            cells.append(shown(seconds, factor))
        memory = found.get("W3", {}).get("rss_mb")
        rows.append([peer, *cells, "-" if memory is None else f"{memory:,.0f} MB"])
    return [f"| {' | '.join(row)} |" for row in rows]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, help="folder of programs peer_<name>.py")
    parser.add_argument("--environments", type=Path, help="folder of their virtual environments")
    parser.add_argument("--patience", type=int, default=PATIENCE, help="seconds that a peer has for a workload")
    parser.add_argument("--only", nargs="*", choices=NAMES, default=list(NAMES), help="workloads")
    parser.add_argument("--one", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs="*", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_data(options.data, options.write)
        return
    if options.one:
        work = pairs if options.one == "W4" else steps if options.one.startswith("W5") else whole_run
        print(json.dumps({key: float(value) for key, value in work(options.one, options.data).items()}))
        return
    ours, theirs = {}, {}
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        # A peer does both sizes of W5 in one call.
        wanted = [name for name in NAMES if name[:2] in {only[:2] for only in options.only}]
        _again("--write", *wanted, "--data", str(root / "data")).check_returncode()
        for name in options.only:
            print(f"qresearch {name} ...", file=sys.stderr)
            ours[name] = measured(name, root / "data")
        if options.peers and options.environments:
            theirs = of_peers(options.peers, options.environments, options.only, root, options.patience)
    print("\n".join(table(ours, theirs)))
    for name, found in ours.items():
        if "fills" in found:
            print(
                f"{name}: fills {found['fills']:,.0f}, of the loop {found['fills_of_the_loop']:,.0f}; equity "
                f"{found['equity']:,.2f}, of the loop {found['equity_of_the_loop']:,.2f}"
            )
    print(f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
