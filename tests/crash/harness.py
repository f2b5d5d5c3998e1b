"""Kill sessions with SIGKILL at random moments, resume each, and compare with an undisturbed one.

Run by ``tests/crash/test_crash.py`` with 40 kills; before a release::

    python tests/crash/harness.py --kills 200

Each child forks from this process, opens a session with a journal and carries out the same list of commands (orders,
cancels, settings, steps, back, branches, long runs), acknowledging each in a file of its own. After the kill the
journal must hold every acknowledged command, stand in a state of the undisturbed session (or inside the run or the
steps that were under way, at most 20 days behind), and finish with its digest.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import qresearch as qr
from qresearch.session.plain import to_plain

SEEDS = 8
BEHIND = 20


class Trader:
    """A strategy whose orders depend on what it remembers, so that lost memory shows in the digest."""

    progress: int | None = None
    """File descriptor to which the day is written."""

    def __init__(self) -> None:
        self.bought: dict[str, int] = {}
        self.days: list[int] = []
        self.last = None

    def initialize(self, context) -> None:
        context.turns = 0
        context.run_daily(self.noon, "11:30")

    def noon(self, context) -> None:
        if context.turns % 7 == 3 and self.last is not None:
            context.cancel(self.last)

    def handle_data(self, context, data) -> None:
        context.turns += 1
        symbols = context._session.market.symbols
        symbol = symbols[(context.turns * 5 + len(self.days)) % 20]
        if context.turns % 3 == 0:
            self.last = context.order(symbol, 100 * (1 + context.turns % 4)) or self.last
            self.bought[symbol] = self.bought.get(symbol, 0) + 1
        elif context.turns % 5 == 0 and self.bought:
            context.order_target(next(iter(self.bought)), 0)
            del self.bought[next(iter(self.bought))]
        self.days = [*self.days[-9:], data.day]
        if self.progress is not None:
            os.pwrite(self.progress, struct.pack("q", data.day), 8)


def commands(seed: int) -> list[tuple]:
    """A list of commands; the days of runs are counted from where each begins."""
    rng = random.Random(seed)
    made: list[tuple] = []
    kinds = ["order", "cancel", "costs", "step", "back", "branch", "run", "switch", "rename", "rerun"]
    for number in range(45):
        kind = rng.choices(kinds, [8, 2, 2, 6, 3, 1, 3, 1, 1, 1])[0]
        made.append((kind, number, rng.randrange(10**6)))
    return made


def carry_out(session: qr.Session, command: tuple, until: str | None = None) -> str:
    """Do one command; the day to which a run went, so that it can be finished after a resume."""
    kind, number, draw = command
    target = ""
    try:
        if kind == "order":
            session.order(session.market.symbols[draw % 20], 100 * (draw % 5 + 1) * (-1 if draw % 7 == 0 else 1))
        elif kind == "cancel" and len(session.orders):
            session.cancel(str(len(session.orders)))
        elif kind == "costs":
            session.set_order_cost(close_tax=(draw % 10) / 10_000)
        elif kind == "step":
            session.step(draw % 4 + 1)
        elif kind == "back":
            session.back(draw % 4 + 1)
        elif kind == "branch":
            session.branch(f"tried {number}")
        elif kind == "switch":
            names = list(session.branches)
            session.branches.switch(names[draw % len(names)])
        elif kind == "rename":
            session.branches.rename(session.branches.current, f"named {number}")
        elif kind == "rerun":
            session.back()
            session.step(rerun=True)
        elif kind == "run":
            days = session.market.days
            ahead = min(session._timeline.state.day + 20 + draw % 60, len(days) - 1)
            target = until or str(days[ahead])
            session.run(until=target, progress=False)
    except qr.OutOfRange:
        pass
    return target


def picture(session: qr.Session) -> tuple:
    """What must survive."""
    timeline = session._timeline
    branches = [(name, len(item.stops), len(item.log), item.cursor) for name, item in timeline.branches.items()]
    memory = [to_plain(dict(root)) for root in session._memory.values(timeline.memory)]
    return (
        session.digest(),
        timeline.branch.name,
        timeline.stop,
        branches,
        repr(memory),
        timeline.memory and timeline.memory.schedules,
    )


def undisturbed(market: qr.Market, seed: int) -> tuple[list[tuple], list[str]]:
    """The picture before the first command and after each, and the day to which each run went."""
    Trader.progress = None
    session = qr.Session(market, start="2022-01-05", strategy=Trader)
    pictures, targets = [picture(session)], []
    for command in commands(seed):
        targets.append(carry_out(session, command))
        pictures.append(picture(session))
    return pictures, targets


def child(market: qr.Market, seed: int, path: Path, acks: Path, targets: list[str]) -> None:
    """What is killed."""
    file = os.open(acks, os.O_RDWR | os.O_CREAT)
    os.pwrite(file, struct.pack("qq", -1, -1), 0)
    Trader.progress = file
    session = qr.Session(market, start="2022-01-05", strategy=Trader, journal=path)
    os.pwrite(file, struct.pack("q", 0), 0)
    for number, command in enumerate(commands(seed)):
        os.pwrite(file, struct.pack("q", -1), 8)
        carry_out(session, command, targets[number] or None)
        os.pwrite(file, struct.pack("q", number + 1), 0)


def check(market: qr.Market, seed: int, path: Path, acks: Path, pictures: list[tuple], targets: list[str]) -> str:
    """Resume after a kill and finish; a word on where it was hit."""
    acked, day = (-1, -1) if not acks.exists() or acks.stat().st_size < 16 else struct.unpack("qq", acks.read_bytes())
    Trader.progress = None
    try:
        session = qr.Session.resume(path, market, Trader)
    except qr.JournalError as problem:
        # Nothing was acknowledged: the session had not even begun.
        assert acked == -1 and ("holds nothing" in str(problem) or "no journal" in str(problem)), problem
        return "before the beginning"
    acked = max(acked, 0)
    now = picture(session)
    done = commands(seed)
    if now == pictures[acked]:
        following, where = acked, "between commands"
    elif acked + 1 < len(pictures) and now == pictures[acked + 1]:
        following, where = acked + 1, "written, not yet acknowledged"
    else:
        kind = done[acked][0]
        assert kind in {"run", "step", "rerun"}, f"{kind} was left half done: {now[:3]}"
        state = session._timeline.state
        assert kind != "run" or day < 0 or state.day >= day - BEHIND, f"killed on day {day}, resumed on {state.day}"
        finish(session, done[acked], targets[acked], pictures[acked + 1])
        got, want = picture(session), pictures[acked + 1]
        assert got == want, (
            f"{kind} could not be finished: {[pair for pair in zip(got, want, strict=True) if pair[0] != pair[1]]}"
        )
        following, where = acked + 1, f"inside a {kind}"
    for number in range(following, len(done)):
        carry_out(session, done[number], targets[number] or None)
    assert picture(session) == pictures[-1], "the end differs from that of the undisturbed session"
    session._journal.close()
    return where


def finish(session: qr.Session, command: tuple, target: str, wanted: tuple) -> None:
    """Go on with a run or steps that were cut off."""
    if command[0] == "run":
        session.run(until=target, progress=False)
        return
    while session._timeline.stop < wanted[2]:
        session.step(rerun=command[0] == "rerun")


def begun(acks: Path) -> bool:
    """True once the child has acknowledged that its session is open."""
    return acks.exists() and len(held := acks.read_bytes()) >= 16 and struct.unpack("qq", held)[0] >= 0


def kill_one(
    market: qr.Market, seed: int, folder: Path, after: float, pictures: list[tuple], targets: list[str]
) -> str:
    """One child, one kill, one resume."""
    path, acks = folder / "run.qsession", folder / "acks"
    process = os.fork()
    if process == 0:
        code = 1
        try:
            child(market, seed, path, acks, targets)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    ended, status = 0, 0
    if after >= 0:
        # Most kills come after the session has begun, which takes longer in a fresh process than a command does.
        while not ended and not begun(acks):
            time.sleep(0.0005)
            ended, status = os.waitpid(process, os.WNOHANG)
    if not ended:
        time.sleep(abs(after))
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself, see above"
    return check(market, seed, path, acks, pictures, targets)


def main(arguments: list[str] | None = None) -> int:
    """Kill as often as asked; 0 when every resume was right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", qr.MarketWarning)
    market = qr.sample_market()
    market.fingerprint  # noqa: B018  # computed once, before the forks
    known = {seed: undisturbed(market, seed) for seed in range(min(SEEDS, options.kills))}
    rng = random.Random(options.seed)
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as root:
        spans = {}
        for seed, (_, targets) in known.items():
            begun = time.perf_counter()
            child(market, seed, Path(root) / f"span-{seed}", Path(root) / f"acks-{seed}", targets)
            spans[seed] = time.perf_counter() - begun
        for number in range(options.kills):
            seed = number % len(known)
            folder = Path(root) / f"kill-{number}"
            folder.mkdir()
            after = rng.uniform(0, spans[seed]) * (-0.5 if number % 10 == 9 else 1)
            where = kill_one(market, seed, folder, after, *known[seed])
            found[where] = found.get(where, 0) + 1
    places = ", ".join(f"{count} {where}" for where, count in sorted(found.items()))
    print(f"{options.kills} kills, {options.kills} resumed: {places}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
