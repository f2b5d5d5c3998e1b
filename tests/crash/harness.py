"""Kill or interrupt sessions at random moments, and compare what is left with an undisturbed one.

Run by ``tests/crash/test_crash.py`` with 40 of each; before a release::

    python tests/crash/harness.py --kills 400
    python tests/crash/harness.py --interrupts 500

Kills (SIGKILL): each child forks from this process, opens a session with a journal, on daily or on minute bars, and
carries out the same list of commands (orders, cancels, settings, memory by hand, steps, back, branches, long runs),
acknowledging each in a file of its own. After the kill the journal must hold every acknowledged command, stand in a
state of the undisturbed session (or inside the run or the steps that were under way, at most 20 days behind), and
finish with its digest.

Interrupts (SIGINT, sent by a process of its own): the same commands, with and without a journal. After each hit the
session must be as before or after its command (or between two of its steps), a copy of the journal must resume to the
same, and the session goes on to the end of the undisturbed one.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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
        symbols = context.symbols
        symbol = symbols[(context.turns * 5 + len(self.days)) % min(20, len(symbols))]
        if context.turns % 3 == 0:
            self.last = context.order(symbol, 100 * (1 + context.turns % 4)) or self.last
            self.bought[symbol] = self.bought.get(symbol, 0) + 1
        elif context.turns % 5 == 0 and self.bought:
            context.order_target(next(iter(self.bought)), 0)
            del self.bought[next(iter(self.bought))]
        self.days = [*self.days[-9:], data.day]
        if self.progress is not None:
            os.pwrite(self.progress, struct.pack("q", data.day), 8)


class MinuteTrader(Trader):
    """The same, which is also called at every bar."""

    def initialize(self, context) -> None:
        super().initialize(context)
        context.run_daily(self.bar, "every_bar")

    def bar(self, context) -> None:
        context.bars = getattr(context, "bars", 0) + 1
        if context.bars % 50 == 7:
            context.order(context.symbols[context.bars % 8], 200)


class World(NamedTuple):
    """What sessions are opened on, and how they step."""

    market: qr.Market
    start: str
    strategy: type
    phase: str | None

    def open(self, journal: Path | None = None) -> qr.Session:
        """A session on it."""
        return qr.Session(self.market, start=self.start, strategy=self.strategy, journal=journal)

    def resume(self, path: Path) -> qr.Session:
        """A session from its journal."""
        return qr.Session.resume(path, self.market, self.strategy)


def worlds() -> list[World]:
    """Daily bars, and bars of a minute."""
    daily = World(qr.sample_market(), "2022-01-05", Trader, None)
    minute = World(qr.sample_market("minute"), "2021-07-06", MinuteTrader, "INTRADAY")
    for world in (daily, minute):
        world.market.fingerprint  # noqa: B018  # computed once, before the forks
    return [daily, minute]


def commands(seed: int) -> list[tuple]:
    """A list of commands; the days of runs are counted from where each begins."""
    rng = random.Random(seed)
    made: list[tuple] = []
    kinds = ["order", "cancel", "costs", "step", "back", "branch", "run", "switch", "rename", "rerun", "remember"]
    for number in range(45):
        kind = rng.choices(kinds, [8, 2, 2, 6, 3, 1, 3, 1, 1, 1, 2])[0]
        made.append((kind, number, rng.randrange(10**6)))
    return made


def carry_out(world: World, session: qr.Session, command: tuple, until: str | None = None) -> str:
    """Do one command; the moment to which a run went, so that it can be finished after a resume."""
    kind, number, draw = command
    target = ""
    try:
        if kind == "order":
            session.order(
                session.market.symbols[draw % min(20, len(session.market.symbols))],
                100 * (draw % 5 + 1) * (-1 if draw % 7 == 0 else 1),
            )
        elif kind == "cancel" and len(session.orders):
            session.cancel(str(len(session.orders)))
        elif kind == "costs":
            session.set_order_cost(close_tax=(draw % 10) / 10_000)
        elif kind == "step":
            session.step(draw % 4 + 1, phase=world.phase)
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
            session.step(phase=world.phase, rerun=True)
        elif kind == "remember":
            session.memory["noted"] = [number, draw]
        elif kind == "run":
            target = until or ahead_of(world, session, draw)
            session.run(until=target, progress=False)
    except qr.OutOfRange:
        pass
    return target


def ahead_of(world: World, session: qr.Session, draw: int) -> str:
    """A moment for a run to go to."""
    days, day = session.market.days, session.simulation.timeline.state.day
    if world.phase is None:
        return str(days[min(day + 20 + draw % 60, len(days) - 1)])
    return f"{days[min(max(day, 0) + draw % 2, len(days) - 1)]} {10 + draw % 2}:{draw % 31:02}"


def picture(session: qr.Session) -> tuple:
    """What must survive."""
    timeline = session.simulation.timeline
    branches = [
        (name, len(item.states), len(item.log), item.cursor, tuple(item.commands))
        for name, item in timeline.branches.items()
    ]
    # By name: in which order attributes were first set is no part of what a strategy remembers.
    memory = [to_plain(dict(sorted(root.items()))) for root in session.simulation.keeper.memory.values(timeline.memory)]
    return (
        session.digest(),
        timeline.branch.name,
        timeline.cursor,
        branches,
        repr(memory),
        timeline.memory and timeline.memory.schedules,
    )


def undisturbed(world: World, seed: int) -> tuple[list[tuple], list[str], list[float]]:
    """The picture before the first command and after each, the moment to which each run went, and the seconds taken."""
    Trader.progress = None
    session = world.open()
    pictures, targets, times = [picture(session)], [], []
    for command in commands(seed):
        begun = time.perf_counter()
        targets.append(carry_out(world, session, command))
        times.append(time.perf_counter() - begun)
        pictures.append(picture(session))
    return pictures, targets, times


def child(world: World, seed: int, path: Path, acks: Path, targets: list[str]) -> None:
    """What is killed."""
    file = os.open(acks, os.O_RDWR | os.O_CREAT)
    os.pwrite(file, struct.pack("qq", -1, -1), 0)
    Trader.progress = file
    session = world.open(path)
    os.pwrite(file, struct.pack("q", 0), 0)
    for number, command in enumerate(commands(seed)):
        os.pwrite(file, struct.pack("q", -1), 8)
        carry_out(world, session, command, targets[number] or None)
        os.pwrite(file, struct.pack("q", number + 1), 0)


def check(world: World, seed: int, path: Path, acks: Path, pictures: list[tuple], targets: list[str]) -> str:
    """Resume after a kill and finish; a word on where it was hit."""
    acked, day = (-1, -1) if not acks.exists() or acks.stat().st_size < 16 else struct.unpack("qq", acks.read_bytes())
    Trader.progress = None
    try:
        session = world.resume(path)
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
        state = session.simulation.timeline.state
        assert kind != "run" or day < 0 or state.day >= day - BEHIND, f"killed on day {day}, resumed on {state.day}"
        finish(world, session, done[acked], targets[acked], pictures[acked + 1])
        got, want = picture(session), pictures[acked + 1]
        assert got == want, (
            f"{kind} could not be finished: {[pair for pair in zip(got, want, strict=True) if pair[0] != pair[1]]}"
        )
        following, where = acked + 1, f"inside a {kind}"
    for number in range(following, len(done)):
        carry_out(world, session, done[number], targets[number] or None)
    assert picture(session) == pictures[-1], "the end differs from that of the undisturbed session"
    session.simulation.keeper.journal.close()
    return where


def finish(world: World, session: qr.Session, command: tuple, target: str, wanted: tuple) -> None:
    """Go on with a run or steps that were cut off."""
    if command[0] == "run":
        session.run(until=target, progress=False)
        return
    while session.simulation.timeline.cursor < wanted[2]:
        session.step(phase=world.phase, rerun=command[0] == "rerun")


def begun(acks: Path) -> bool:
    """True once the child has acknowledged that its session is open."""
    return acks.exists() and len(held := acks.read_bytes()) >= 16 and struct.unpack("qq", held)[0] >= 0


def kill_one(world: World, seed: int, folder: Path, after: float, pictures: list[tuple], targets: list[str]) -> str:
    """One child, one kill, one resume."""
    path, acks = folder / "run.qsession", folder / "acks"
    process = os.fork()
    if process == 0:
        code = 1
        try:
            child(world, seed, path, acks, targets)
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
    return check(world, seed, path, acks, pictures, targets)


def kill_all(count: int, rng: random.Random) -> str:
    """Kill as often as asked, every fourth time on minute bars; what was hit."""
    places = worlds()
    known = {(place, seed): undisturbed(world, seed) for place, world in enumerate(places) for seed in range(SEEDS)}
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as root:
        for number in range(count):
            place, seed = int(number % 4 == 3), number // 4 % SEEDS
            pictures, targets, times = known[place, seed]
            folder = Path(root) / f"kill-{number}"
            folder.mkdir()
            # A little longer than without a journal; some before the session has begun.
            after = rng.uniform(0, 1.3 * sum(times)) * (-0.5 if number % 10 == 9 else 1)
            where = kill_one(places[place], seed, folder, after, pictures, targets)
            found[where] = found.get(where, 0) + 1
    spread = ", ".join(f"{number} {where}" for where, number in sorted(found.items()))
    return f"{count} kills, {count} resumed: {spread}."


class Striker:
    """A process of its own that sends one SIGINT to this one, so long after it was asked to."""

    def __init__(self) -> None:
        read, self._write = os.pipe()
        target = os.getpid()
        self._process = os.fork()
        if self._process == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.close(self._write)
            while len(asked := os.read(read, 8)) == 8:
                time.sleep(struct.unpack("d", asked)[0])
                os.kill(target, signal.SIGINT)
            os._exit(0)
        os.close(read)

    def strike(self, work: Callable[[], object], after: float) -> bool:
        """Do something; whether it was interrupted."""
        is_over = False
        try:
            os.write(self._write, struct.pack("d", after))
            work()
            is_over = True
            # It always comes; Python drops what is raised while it frees an object, so that nothing may be seen of it.
            for _ in range(100):
                time.sleep(0.01)
        except KeyboardInterrupt:
            return not is_over
        return False

    def end(self) -> None:
        """Let the process go."""
        os.close(self._write)
        os.waitpid(self._process, 0)


def interrupt_one(
    world: World, seed: int, folder: Path | None, known: tuple, striker: Striker, rng: random.Random
) -> dict[str, int]:
    """One session to its end, interrupted on its way; how often, and where it was then."""
    pictures, targets, times = known
    path = None if folder is None else folder / "run.qsession"
    session = world.open(path)
    found: dict[str, int] = {}
    for number, command in enumerate(commands(seed)):

        def work(command=command, target=targets[number] or None) -> None:
            carry_out(world, session, command, target)

        if rng.random() < 0.3 or not striker.strike(work, rng.uniform(0, times[number] * 1.2)):
            if picture(session) == pictures[number]:
                work()
            continue
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "the handler was not put back"
        now = picture(session)
        if path is not None:
            assert session.simulation.keeper.journal is not None, (
                f"{command[0]}: the journal was dropped: {session.notices}"
            )
            assert picture(world.resume(copied(path))) == now, f"{command[0]}: the journal is not the session"
        if now == pictures[number]:
            where = "before"
            work()
        elif now == pictures[number + 1]:
            where = "after"
        else:
            assert command[0] in {"run", "step", "rerun"}, f"{command[0]} was left half done"
            where = f"inside a {command[0]}"
            finish(world, session, command, targets[number], pictures[number + 1])
        assert picture(session) == pictures[number + 1], f"{command[0]} was left half done ({where})"
        found[where] = found.get(where, 0) + 1
    assert picture(session) == pictures[-1], "the end differs from that of the undisturbed session"
    if path is not None:
        session.simulation.keeper.journal.close()
        assert picture(world.resume(path)) == pictures[-1], "the journal differs from its session"
    return found


def copied(path: Path) -> Path:
    """A copy of a journal and its log, as a killed process would leave them."""
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    for file in path.parent.glob(f"{path.name}*"):
        shutil.copy(file, folder)
    return folder / path.name


def interrupt_all(count: int, rng: random.Random) -> str:
    """Interrupt until as many commands as asked were hit, every second session with a journal; what was hit."""
    striker, places = Striker(), worlds()
    known: dict[tuple[int, int], tuple] = {}
    found: dict[str, int] = {}
    sessions = 0
    with tempfile.TemporaryDirectory() as root:
        while sum(found.values()) < count:
            place, seed = int(sessions % 8 >= 6), sessions // 2 % SEEDS
            if (place, seed) not in known:
                known[place, seed] = undisturbed(places[place], seed)
            folder = Path(root) / f"session-{sessions}" if sessions % 2 else None
            if folder is not None:
                folder.mkdir()
            for where, number in interrupt_one(places[place], seed, folder, known[place, seed], striker, rng).items():
                found[where] = found.get(where, 0) + number
            sessions += 1
    striker.end()
    hits = sum(found.values())
    spread = ", ".join(f"{number} {where}" for where, number in sorted(found.items()))
    return f"{hits} interrupts in {sessions} sessions, {hits} whole: {spread}."


def main(arguments: list[str] | None = None) -> int:
    """Kill or interrupt as often as asked; 0 when everything was right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--interrupts", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", qr.MarketWarning)
    # A shell starts what runs in its background with Ctrl-C switched off.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = random.Random(options.seed)
    if options.kills:
        print(kill_all(options.kills, rng))
    if options.interrupts:
        print(interrupt_all(options.interrupts, rng))
    return 0


if __name__ == "__main__":
    sys.exit(main())
