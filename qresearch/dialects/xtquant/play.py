"""One script in one session: when it plays, what it is told, and where it cannot go on.

The script begins at 09:00 of the first day and plays between the moments of the session: before the open, from the open
to 09:35, from then to the close (on minute data from bar to bar), and into the night. It is parked while the session
stands still, and goes on with the next step. On daily bars an order of trading hours meets the last price, which is the
open, a tenth of a second after its call, at noon at 13:00; from 14:50 the close of the day is visible and traded at
15:00. On minute bars it meets the next bar.

A script that has gone on cannot be taken back. On another branch, after a step that was taken back, and in a session
that was resumed from a file, its callbacks alone are called; :func:`~qresearch.dialects.xtquant.restart` runs it again.
"""

from __future__ import annotations

import builtins
import datetime as dt
import linecache
import re
import sys
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from qresearch.book.timeline import Branch
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.family import family
from qresearch.dialects.xtquant.imports import Imports, Output
from qresearch.dialects.xtquant.quotes import Quotes
from qresearch.dialects.xtquant.stage import Scene, Stage, Task
from qresearch.dialects.xtquant.virtual_time import moment_of, stamp_of
from qresearch.domain.commands import Meet
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN, Moment
from qresearch.market.venue import NOON
from qresearch.market.view import View

CALL = 1e-3
"""Seconds that a call of a trader takes."""
TRAVEL = 0.1
"""Seconds after which an order meets the market, on daily bars."""
BEGINS, OPENS, SEEN = dt.time(9, 0), dt.time(9, 30), dt.time(9, 35)
LATE = dt.time(14, 50)
MORNING = dt.time(8, 30)
_NIGHT = 60.0
"""Seconds of the shortest sleep at night."""
_MOST_LINES = 2_000
"""Lines that a script may print in one phase of a day."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Courier:
    """The worker of a client: it brings news one after the other, on a thread of its own.

    Parameters
    ----------
    stage : Stage
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._news: deque[Callable[[], object]] = deque()
        self._waiting: deque[Task] = deque()
        self.task: Task | None = None

    def post(self, news: Callable[[], object]) -> None:
        """Bring something after all else."""
        self._news.append(news)
        if self.task is None:
            self.task = self._stage.spawn(self._work, "worker", daemon=True)
            self.task.is_vital = True
        else:
            self._stage.wake(self._waiting)

    def _work(self) -> None:
        while True:
            while not self._news:
                self._stage.wait(self._waiting)
            self._news.popleft()()


class Place(NamedTuple):
    """Where a script plays.

    Parameters
    ----------
    branch : Branch
    stop : int
        Number of the kept moment from which its next step goes on.
    """

    branch: Branch
    stop: int


class Play:
    """A script on its stage.

    Parameters
    ----------
    host : ScriptHost
    main : callable
        Runs the script; takes its builtins.
    file : str
    strict : bool
    tables : mapping
    """

    def __init__(
        self, host: ScriptHost, main: Callable[[dict[str, Any]], object], file: str, *, strict: bool,
        tables: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.host, self.strict, self._file = host, strict, file
        self.stage = Stage(0.0, self._warn, self._fail, self._hurry)
        self._home = self.stage.scene
        self._couriers: dict[Scene, Courier] = {}
        self._forever: deque[Task] = deque()
        self._said: list[str] = []
        self._loaded = host.place_in_time[2]
        self._stood: Place | None = None
        self._step: tuple[object, int] = (None, 0)
        self._is_home = True
        self._was_ended = False
        self.desk = Desk(host, self, tables)
        self.quotes = Quotes(self.desk)
        self._main = main
        self.script: object = None
        """The script itself, to begin it again."""

    def __repr__(self) -> str:
        return f"<Play at {moment_of(self._home.now):%Y-%m-%d %H:%M:%S}{', ended' * self._home.is_over}>"

    def close(self) -> None:
        """End it: another script takes its place."""
        self.stage.end(self._home)
        self.desk.close()

    # ------------------------------------------------------------------ as the clock of a desk

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.stage.now

    @property
    def view(self) -> View:
        """What is known of the market: on daily bars from 14:50 on the close too."""
        host = self.host
        if not self._sees_close:
            return host.view
        host.tell(
            "On daily bars the close of the day is visible from 14:50 on, and orders of that time are traded at it.",
            "approximated",
        )
        return View(host.market, Moment(host.day, CLOSE))

    @property
    def _sees_close(self) -> bool:
        host = self.host
        return not host.exchange.bar_count(host.day) and host.phase == INTRADAY and self._time >= LATE

    @property
    def _time(self) -> dt.time:
        return moment_of(self.now).time()

    @property
    def is_shut(self) -> bool:
        """True at night before the counter opens, though the day of the session has begun."""
        return self.host.phase == PRE_OPEN and self.now < self._at(BEGINS)

    @property
    def is_in_callback(self) -> bool:
        """True on the thread of the worker."""
        courier = self._couriers.get(self.stage.scene)
        return courier is not None and courier.task is not None and self.stage.current is courier.task

    def post(self, news: Callable[[], object]) -> None:
        """Bring news on the thread of the worker."""
        scene = self.stage.scene
        if scene not in self._couriers:
            self._couriers[scene] = Courier(self.stage)
        self._couriers[scene].post(news)

    def sent(self) -> None:
        """An order was sent: on daily bars it meets the last price soon, at noon in the afternoon, late the close."""
        host, time = self.host, self._time
        if host.exchange.bar_count(host.day) or not OPEN <= host.phase < CLOSE or time >= LATE:
            return
        is_noon = NOON[0] <= time < NOON[1]
        self.stage.later(self._at(NOON[1]) - self.now if is_noon else TRAVEL, self._meet)

    def _meet(self) -> None:
        self.host.do(Meet())
        self.desk.flush()

    def pay(self) -> None:
        """A call takes a millisecond."""
        self.stage.pay(CALL)

    def wait(self, until: Callable[[], bool]) -> None:
        """Block until something holds, or the data end."""
        while not until() and self.stage.scene.ends is None:
            self.stage.wait(self._forever)

    def wake(self) -> None:
        """Have those who block look again."""
        self.stage.wake(self._forever, everybody=True)

    def sleep(self, seconds: float) -> None:
        """Let some time pass."""
        self.stage.sleep(seconds)

    # ------------------------------------------------------------------ the phases of a day

    def phases(self) -> dict[int, Callable[[], object]]:
        """What a session calls."""
        return {phase: partial(self._play, phase) for phase in (PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE)}

    def _play(self, phase: int) -> None:
        """Let the script play from this moment to the next one."""
        host, here = self.host, stamp_of(self.host.time_of(*self.host.account.at))
        if not self._stand(here):
            return
        self.desk.called.clear()
        self.desk.flush()
        self.quotes.tell()
        try:
            host.call_around("the script", partial(self._act, phase), moment_of(here).time())
        finally:
            self._speak()
            if self._home.is_over and not self._was_ended:
                self._was_ended = True
                host.tell(f"The script ended at {moment_of(self._home.now):%Y-%m-%d %H:%M:%S}.", "adjusted")

    def _act(self, phase: int) -> None:
        stage, account = self.stage, self.host.account
        if phase == PRE_OPEN:
            # The night before the day is over, and nothing but sleep is in it.
            stage.scene.shortest = _NIGHT
            stage.run(self._at(MORNING))
            stage.scene.shortest = CALL
            stage.run(self._at(OPENS))
        elif phase == AFTER_CLOSE:
            stage.scene.shortest = _NIGHT
            stage.run(self._at(dt.time(0, 0)) + 86_400)
            if account.day == self.host.exchange.last:
                stage.finish(self._forever)
        elif phase == OPEN and not account.bar:
            stage.run(self._at(SEEN))
        else:
            stage.run(stamp_of(self.host.time_of(*self.host.exchange.next_moment(account.at))))

    def _at(self, time: dt.time) -> float:
        """A time of the day of the session."""
        return stamp_of(dt.datetime.combine(self.host.date_of(self.host.day), time))

    # ------------------------------------------------------------------ where it plays

    def _stand(self, here: float) -> bool:
        """Set the scene; False where there is nothing to play."""
        # A step that is taken again has another account; calm days share one, and go on from stop to stop.
        (account, stop), now = self._step, (self.host.account, self.host.place_in_time[1])
        if now[0] is not account or now[1] != stop:
            was_home, self._is_home = self._is_home, self._comes_home()
            self._step = now
            if not was_home or not self._is_home:
                self._change_scene(here)
        if not self._is_home and self.stage.scene is not self._home:
            return True
        return self._is_home and not self._home.is_over

    def _comes_home(self) -> bool:
        """True where the step goes on from where the script stands; it begins where it was loaded."""
        branch, stop, at = self.host.place_in_time
        if self._stood is None:
            if at != self._loaded:
                return False
            self._begin()
        elif self._stood != (branch, stop):
            return False
        self._stood = Place(branch, stop + 1)
        return True

    def _begin(self) -> None:
        """Put the script on its stage; it speaks with its first turn."""
        account = self.host.account
        at = stamp_of(self.host.time_of(*account.at))
        self._home.now = max(at, self._at(BEGINS)) if account.phase == PRE_OPEN else at
        imports = Imports(
            self.stage, family(self.desk, self.quotes), Output(self._hear), self._file, self._wait_for_end
        )
        task = self.stage.spawn(partial(self._main, imports.builtins), "main")
        task.is_vital = True

    def _wait_for_end(self) -> None:
        self.wait(lambda: False)

    def _change_scene(self, here: float) -> None:
        """Park the script and play its callbacks alone, or the other way round."""
        old = self.stage.scene
        self.stage.scene = self._home
        if old is not self._home:
            self.stage.end(old)
            self._couriers.pop(old, None)
        self.desk.forget()
        if self._is_home or not self.desk.listeners:
            if self._stood is None:
                self.host.tell(
                    "The script of a session that was resumed does not run again by itself: "
                    "xtquant.restart(session) runs it from the start; session.strategy = ... from here.",
                    "adjusted",
                )
            return
        self.stage.scene = Scene(here)
        self.host.tell(
            f"The script stands at {moment_of(self._home.now):%Y-%m-%d %H:%M} of another past, and cannot be taken "
            "back: here its callbacks alone are called. xtquant.restart(session) runs it from the start.",
            "adjusted",
        )

    # ------------------------------------------------------------------ what it says

    def _hear(self, text: str) -> None:
        if not self._home.is_over:
            self._said.append(text)

    def _speak(self) -> None:
        """Show what the script has printed, and write it into the log of the session."""
        text = "".join(self._said)
        self._said.clear()
        if not text:
            return
        lines = text.splitlines()
        left = len(lines) - _MOST_LINES
        if left > 0:
            lines[_MOST_LINES:] = [f"... {left:,} more lines that the script printed until then are not shown."]
        builtins.print("\n".join(lines))
        for line in lines:
            self.host.log_line("INFO", _ADDRESS.sub("", line))

    def _fail(self, task: Task) -> None:
        """A thread of the script raised: the others go on, as in every program."""
        problem = task.problem
        self.host.tell(f"Thread {task.name!r} of the script raised {type(problem).__name__}: {problem}.", "adjusted")

    def _hurry(self) -> None:
        """The script polls without sleeping."""
        self.host.tell(
            "A loop of the script asks for the time or calls the trader without time.sleep(...): each call in it takes "
            "a second of simulated time, so that it comes to an end.",
            "adjusted",
        )

    def _warn(self, task: Task) -> None:
        """The script computes for long: say where, for it may never end."""
        frame = sys._current_frames().get(task.ident)
        while frame is not None and frame.f_code.co_filename != self._file:
            frame = frame.f_back
        line = (frame and frame.f_lineno) or 0
        code = linecache.getline(self._file, line).strip()
        where = f" It is in line {line}: {code}" if line else ""
        builtins.print(
            "The script has been at work for 10 seconds without sleeping or asking the time, and no simulated time "
            f"passes meanwhile.{where} A loop that waits needs time.sleep(...); Ctrl-C ends it."
        )
