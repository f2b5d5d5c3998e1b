"""The stage on which a script plays: threads of which one runs at a time, and a clock that they move.

Every thread of a script is a real one, and none runs but the one that holds the baton. It hands the baton back when it
waits: for a time, or for another thread. The session hands it out again when the time has come, up to the next moment
of its own clock; what a script does is therefore the same each time, however threads are scheduled.

A :class:`Scene` is a run of time with the threads that play in it. A script has one; where it cannot go on, because the
session stands elsewhere, a scene of its callbacks alone is set, and the script stays parked in its own.
"""

from __future__ import annotations

import ctypes
import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from threading import Lock, Thread, get_ident, local

from qresearch.errors import UsageError

_MOMENT, _LOOKS_IN_A_ROW = 1e-6, 100_000
"""Seconds that a look at the clock takes, and how many in a row do: then each takes a second."""
_CALLS_IN_A_ROW = 10_000
"""Calls and sleeps of less than :data:`_A_SLEEP` after which each takes a second: a loop of them would never end."""
_A_SLEEP = 0.01
_SHORTEST = 1e-3
"""Seconds of the shortest sleep: a loop that sleeps for nothing would never end."""
_LAST = 1.0
"""Seconds that a script has for its last words when the data have ended."""
_PATIENCE = 50
"""Times that a script may catch its own end."""
_LONG, _GLANCE = 10.0, 0.2
"""Real seconds without handing the baton back, after which somebody is told; how often Ctrl-C is looked for."""


class Ended(BaseException):
    """Raised in the threads of a script that is over: nothing that it waits for comes any more."""


class Task:
    """A thread of a script.

    Parameters
    ----------
    func : callable
    name : str
    scene : Scene
        In which it plays.
    daemon : bool
        It does not keep the script alive.
    """

    def __init__(self, func: Callable[[], object], name: str, scene: Scene, *, daemon: bool) -> None:
        self.func, self.name, self.scene, self.daemon = func, name, scene, daemon
        self.go = Lock()
        self.go.acquire()
        self.turn = 0
        """Counts the times that it was given the baton: an appointment of an earlier turn is void."""
        self.is_over = self.was_woken = self.is_vital = self.is_dismissed = False
        self.problem: BaseException | None = None
        """What it raised; of a vital one it ends the scene."""
        self.waiting: deque[Task] = deque()
        """Those who wait for its end."""
        self.thread: Thread | None = None
        self.number = len(scene.tasks) + 1
        """A number of its own in its scene."""

    @property
    def ident(self) -> int:
        """Number of the thread; 0 before it runs."""
        return (self.thread and self.thread.ident) or 0


class Scene:
    """A run of time: who plays in it, and who goes on when.

    Parameters
    ----------
    now : float
        Seconds since 1970.
    """

    def __init__(self, now: float) -> None:
        self.now = self.horizon = now
        self.tasks: list[Task] = []
        self.main: Task | None = None
        self.is_over = False
        self.ends: float | None = None
        """Set when the data have ended: nobody wakes after it."""
        self.shortest = _SHORTEST
        """Seconds of the shortest sleep; at night a minute, in which nothing happens."""
        self.ahead: list[tuple[float, int, Task | Callable[[], object], int]] = []
        self.looks = self.refused = 0


class Stage:
    """Threads that take turns, and their time.

    Parameters
    ----------
    now : float
        Seconds since 1970.
    warn : callable
        Told of a thread that does not hand the baton back for long.
    fail : callable
        Told of a thread, other than a vital one, that raised.
    hurry : callable
        Called where time begins to run faster, because a script looks or asks in a loop without sleeping.
    """

    def __init__(
        self, now: float, warn: Callable[[Task], object], fail: Callable[[Task], object], hurry: Callable[[], object]
    ) -> None:
        self.scene = Scene(now)
        """The one that plays."""
        self.current: Task | None = None
        """Who holds the baton; None while the session does."""
        self._warn, self._fail, self._hurry = warn, fail, hurry
        self._back = Lock()
        self._back.acquire()
        self._numbers = count()
        self._own = local()

    @property
    def now(self) -> float:
        """The time of the scene, seconds since 1970."""
        return self.scene.now

    # ------------------------------------------------------------------ the session's side

    def spawn(self, func: Callable[[], object], name: str, *, daemon: bool = False) -> Task:
        """A thread that begins as soon as it gets its turn; the first one is the main one."""
        task = Task(func, name, self.scene, daemon=daemon)
        if self.scene.main is None:
            self.scene.main = task
        self.scene.tasks.append(task)
        self._appoint(self.scene.now, task)
        return task

    def later(self, delay: float, act: Callable[[], object]) -> None:
        """Have the session do something after a delay."""
        heapq.heappush(self.scene.ahead, (self.scene.now + delay, next(self._numbers), act, 0))

    def run(self, until: float) -> None:
        """Let the script play up to a time; what a vital thread raised is raised here.

        The time stands at `until` afterwards.
        """
        scene = self.scene
        scene.horizon = until
        while scene.ahead and scene.ahead[0][0] < until and not scene.is_over:
            self._next()
        if not scene.is_over:
            scene.now = max(scene.now, until)

    def finish(self, waiting: deque[Task]) -> None:
        """The data end: those who waited for that go on, and whoever sleeps from now on is at his end."""
        scene = self.scene
        scene.ends = scene.horizon = scene.now + _LAST
        self.wake(waiting, everybody=True)
        while scene.ahead and scene.ahead[0][0] <= scene.ends and not scene.is_over:
            self._next()
        for task in [task for task in scene.tasks if not task.daemon and task.thread is not None]:
            # Its end is raised where it sleeps, while it still may say something.
            task.is_dismissed = True
            if not task.is_over and not scene.is_over:
                self._give(task)
        self.end(scene)

    def _next(self) -> None:
        scene = self.scene
        at, _, what, turn = heapq.heappop(scene.ahead)
        if not isinstance(what, Task):
            scene.now = max(scene.now, at)
            what()
        elif turn == what.turn and not what.is_over:
            scene.now = max(scene.now, at)
            self._give(what)

    def _give(self, task: Task) -> None:
        """Hand the baton to a thread and wait until it comes back."""
        task.turn += 1
        self.current = task
        try:
            if task.thread is None:
                task.thread = Thread(target=self._play, args=(task,), name=f"xtquant {task.name}", daemon=True)
                task.thread.start()
            task.go.release()
            waited = 0.0
            while not self._back.acquire(timeout=_GLANCE):
                # A lock that waits on is not woken by every way of Ctrl-C.
                waited += _GLANCE
                if waited >= _LONG:
                    waited = 0.0
                    self._warn(task)
        except BaseException:  # Ctrl-C, also in an endless loop
            self.end(task.scene)
            raise
        finally:
            self.current = None
        if task.is_over:
            self._leave(task)

    def _leave(self, task: Task) -> None:
        """Take a thread that has ended off the stage, and the others with the last one that counts."""
        scene = task.scene
        scene.tasks.remove(task)
        if task.problem is not None:
            if task.is_vital:
                self.end(scene)
                raise task.problem
            self._fail(task)
        if scene.main is not None and all(other.daemon for other in scene.tasks):
            self.end(scene)

    def end(self, scene: Scene) -> None:
        """End every thread of a scene, one after the other."""
        if scene.is_over:
            return
        scene.is_over = True
        scene.ahead.clear()
        for task in list(scene.tasks):
            if task.thread is None or not task.ident or task.is_over or task.ident == get_ident():
                continue
            if task.go.locked():
                # Where it waits, it finds that the scene is over.
                task.go.release()
            if task is not self.current:
                task.thread.join(1.0)
                continue
            # It computes: its end is raised inside it, again where it catches whatever is raised.
            for _ in range(_PATIENCE):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(task.ident), ctypes.py_object(Ended))
                task.thread.join(0.02)
                if not task.thread.is_alive():
                    break
            self._back.acquire(blocking=False)
        scene.tasks.clear()

    # ------------------------------------------------------------------ the script's side

    def is_playing(self) -> bool:
        """True where a thread of the script asks that holds the baton."""
        return self.current is not None and getattr(self._own, "task", None) is self.current

    def me(self) -> Task:
        """The thread that runs.

        Raises
        ------
        UsageError
            Another thread asks, such as one of a library written in C; a script starts threads by ``threading``.
        """
        task: Task | None = getattr(self._own, "task", None)
        if task is None:
            raise UsageError(
                "A thread that this session did not start used the trader or the clock of a script. Start threads by "
                "threading.Thread inside the script: then they take their turns in simulated time."
            )
        if task is not self.current:
            raise Ended
        return task

    def look(self) -> float:
        """The time; looking takes a moment, and a loop that does nothing else a second at each look."""
        scene = self.scene
        if not self.is_playing():
            return scene.now
        if self._is_hasty(1):
            self._park(scene.now + 1.0)
        elif scene.now + _MOMENT < scene.horizon and not (scene.ahead and scene.ahead[0][0] <= scene.now + _MOMENT):
            scene.now += _MOMENT
        return scene.now

    def sleep(self, seconds: float) -> None:
        """Wait for some time, while others play."""
        self.pay(max(float(seconds), self.scene.shortest))

    def pay(self, seconds: float) -> None:
        """Let some time pass, while others play."""
        if seconds >= _A_SLEEP:
            self.scene.looks = 0
        elif self._is_hasty(_LOOKS_IN_A_ROW // _CALLS_IN_A_ROW):
            seconds = 1.0
        self._park(self.scene.now + seconds)

    def _is_hasty(self, weight: int) -> bool:
        """Count a look or a call; True when there have been too many without a sleep."""
        scene = self.scene
        scene.looks += weight
        if scene.looks <= _LOOKS_IN_A_ROW:
            return False
        if scene.looks <= _LOOKS_IN_A_ROW + weight:
            self._hurry()
        return True

    def wait(self, waiting: deque[Task], timeout: float | None = None) -> bool:
        """Wait among others until somebody wakes one up; False when the time was over before."""
        task = self.me()
        self.scene.looks = 0
        waiting.append(task)
        task.was_woken = False
        try:
            self._park(None if timeout is None else self.scene.now + max(timeout, self.scene.shortest))
        finally:
            if not task.was_woken and task in waiting:
                waiting.remove(task)
        return task.was_woken

    def wake(self, waiting: deque[Task], *, everybody: bool = False) -> None:
        """Wake the first of those who wait, or everybody."""
        while waiting:
            task = waiting.popleft()
            task.was_woken = True
            self._appoint(task.scene.now, task)
            if not everybody:
                return

    def _appoint(self, at: float, task: Task) -> None:
        heapq.heappush(task.scene.ahead, (at, next(self._numbers), task, task.turn))

    def _park(self, at: float | None) -> None:
        """Hand the baton back until a time, or until one is woken."""
        task, scene = self.me(), self.scene
        self._refuse_at_end(task, at)
        ahead = scene.ahead
        if at is not None:
            if at < scene.horizon and not (ahead and ahead[0][0] <= at):
                scene.now = at
                return
            self._appoint(at, task)
        self._back.release()
        task.go.acquire()
        if task.scene.is_over or task.is_dismissed:
            self._refuse_at_end(task, at)

    def _refuse_at_end(self, task: Task, at: float | None) -> None:
        """Raise the end where the script is over, or where one that counts would sleep beyond the data."""
        scene = task.scene
        is_late = scene.ends is not None and not task.daemon and (at is None or at > scene.ends)
        if not scene.is_over and not is_late:
            return
        scene.refused += 1
        if scene.refused > _PATIENCE:
            # It catches whatever is raised, in a loop: it is left asleep.
            if not scene.is_over:
                task.is_over = True
                self._back.release()
            task.go.acquire(blocking=False)
            task.go.acquire()
        raise Ended

    def _play(self, task: Task) -> None:
        """What a thread does from its first turn to its end."""
        self._own.task = task
        task.go.acquire()
        try:
            if not task.scene.is_over:
                task.func()
        except (Ended, SystemExit):
            pass
        except BaseException as problem:  # it is raised, or told, where the session waits
            task.problem = problem
        finally:
            task.is_over = True
            if not task.scene.is_over:
                self.wake(task.waiting, everybody=True)
                self._back.release()
