"""``threading`` and ``queue`` as a script imports them: their threads take turns on its stage.

Only the thread that holds the baton runs, so that nothing here guards its own state; what waits, hands the baton back.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from itertools import count
from types import ModuleType
from typing import Any, ClassVar

from qresearch.dialects.xtquant.stage import Stage, Task
from qresearch.dialects.xtquant.virtual_time import altered


class Lock:
    """A lock; the owner of a reentrant one may take it again.

    Parameters
    ----------
    stage : Stage
    reentrant : bool
    """

    def __init__(self, stage: Stage, *, reentrant: bool = False) -> None:
        self._stage, self._reentrant = stage, reentrant
        self._owner: object = None
        self._depth = 0
        self._waiting: deque[Task] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002, RUF100  # as the real
        """Take it, or wait for it."""
        me = self._stage.current or self
        if self._reentrant and self._owner is me:
            self._depth += 1
            return True
        until = None if timeout is None or timeout < 0 else self._stage.now + timeout
        while self._owner is not None:
            if not blocking:
                return False
            left = None if until is None else until - self._stage.now
            if left is not None and left <= 0:
                return False
            self._stage.wait(self._waiting, left)
        self._owner, self._depth = me, 1
        return True

    def release(self) -> None:
        """Give it back."""
        if self._owner is None:
            raise RuntimeError("release unlocked lock")
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._stage.wake(self._waiting)

    def _at_fork_reinit(self) -> None:
        """What modules of the standard library ask for: no script forks."""

    def locked(self) -> bool:
        """True while somebody has it."""
        return self._owner is not None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition:
    """Waiting for something that others tell of."""

    def __init__(self, stage: Stage, lock: Lock | None = None) -> None:
        self._stage = stage
        self._lock = lock or Lock(stage, reentrant=True)
        self._waiting: deque[Task] = deque()
        self.acquire, self.release = self._lock.acquire, self._lock.release

    def wait(self, timeout: float | None = None) -> bool:
        """Give the lock back, wait to be notified, take it again."""
        self._lock.release()
        try:
            return self._stage.wait(self._waiting, timeout)
        finally:
            if not self._stage.scene.is_over:
                self._lock.acquire()

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until something holds."""
        until = None if timeout is None else self._stage.now + timeout
        while not (found := predicate()):
            left = None if until is None else until - self._stage.now
            if left is not None and left <= 0:
                break
            self.wait(left)
        return found

    def notify(self, n: int = 1) -> None:
        """Wake some who wait."""
        for _ in range(n):
            self._stage.wake(self._waiting)

    def notify_all(self) -> None:
        """Wake everybody who waits."""
        self._stage.wake(self._waiting, everybody=True)

    notifyAll = notify_all  # its old name

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Event:
    """A flag that others wait for."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._flag = stage, False
        self._waiting: deque[Task] = deque()

    def is_set(self) -> bool:
        """True once it is set."""
        return self._flag

    isSet = is_set  # its old name

    def set(self) -> None:
        """Set it, and wake everybody who waits."""
        self._flag = True
        self._stage.wake(self._waiting, everybody=True)

    def clear(self) -> None:
        """Take it back."""
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set."""
        if not self._flag:
            self._stage.wait(self._waiting, timeout)
        return self._flag


class Semaphore:
    """A number of permits."""

    def __init__(self, stage: Stage, value: int = 1) -> None:
        self._free, self._changed = value, Condition(stage)

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take a permit, or wait for one."""
        if self._free <= 0 and blocking:
            self._changed.acquire()
            self._changed.wait_for(lambda: self._free > 0, timeout)
            self._changed.release()
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def release(self, n: int = 1) -> None:
        """Give permits back."""
        self._free += n
        self._changed.notify(n)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Thread:
    """A thread; a stage has a class of its own of it, from which a script may inherit."""

    stage: ClassVar[Stage]
    known: ClassVar[dict[Task, Thread]]
    numbers: ClassVar[count[int]]

    def __init__(self, group: None = None, target: Any = None, name: str | None = None, args: Any = (),
                 kwargs: Any = None, *, daemon: bool | None = None) -> None:  # fmt: skip
        self._target, self._args, self._kwargs = target, args, kwargs or {}
        self.name = name or f"Thread-{next(self.numbers)}"
        self.daemon = bool(daemon)
        self.xt_task: Task | None = None

    def start(self) -> None:
        """Have it begin with its first turn."""
        if self.xt_task is not None:
            raise RuntimeError("threads can only be started once")
        self.xt_task = self.stage.spawn(lambda: self.run(), self.name, daemon=self.daemon)  # noqa: PLW0108  # looked up late
        self.known[self.xt_task] = self

    def run(self) -> None:
        """What it does."""
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        if self.xt_task is not None and not self.xt_task.is_over:
            self.stage.wait(self.xt_task.waiting, timeout)

    def is_alive(self) -> bool:
        """True between its start and its end."""
        return self.xt_task is not None and not self.xt_task.is_over

    @property
    def ident(self) -> int | None:
        """A number of its own; None before its start."""
        return None if self.xt_task is None else self.xt_task.number

    native_id = ident

    def setDaemon(self, daemon: bool) -> None:
        """Its old way to be a daemon."""
        self.daemon = daemon

    def getName(self) -> str:
        """Its name, as it was asked for once."""
        return self.name

    def setName(self, name: str) -> None:
        """Name it, as one did once."""
        self.name = name

    def isDaemon(self) -> bool:
        """Whether it is a daemon, as it was asked once."""
        return self.daemon

    isAlive = is_alive  # as above


def _timer(thread: type[Thread]) -> type[Thread]:
    """The class of timers beside a class of threads."""

    class Timer(thread):  # type: ignore[misc, valid-type]  # made for each stage
        """A thread that waits before it calls something."""

        def __init__(self, interval: float, function: Any, args: Any = None, kwargs: Any = None) -> None:
            super().__init__()
            self.interval, self.function, self.finished = interval, function, Event(self.stage)
            self.args, self.kwargs = args or [], kwargs or {}

        def cancel(self) -> None:
            """Have it call nothing."""
            self.finished.set()

        def run(self) -> None:
            """Wait, then call."""
            if not self.finished.wait(self.interval):
                self.function(*self.args, **self.kwargs)
            self.finished.set()

    return Timer


def threading_module(stage: Stage) -> ModuleType:
    """``threading`` on a stage."""
    known = dict[Task, Any]()
    kind = type("Thread", (Thread,), {"stage": stage, "known": known, "numbers": count(1)})
    main = kind(name="MainThread")

    def current() -> Any:
        task = stage.current
        main.xt_task = stage.scene.main
        if task is None or task is main.xt_task:
            return main
        if task not in known:
            known[task] = kind(name=task.name, daemon=True)
            known[task].xt_task = task
        return known[task]

    def alive() -> list[Any]:
        return [main, *(thread for thread in known.values() if thread.is_alive())]

    return altered(
        threading, Thread=kind, Timer=_timer(kind), Lock=lambda: Lock(stage), RLock=lambda: Lock(stage, reentrant=True),
        Condition=lambda lock=None: Condition(stage, lock), Event=lambda: Event(stage),
        Semaphore=lambda value=1: Semaphore(stage, value), BoundedSemaphore=lambda value=1: Semaphore(stage, value),
        current_thread=current, currentThread=current, main_thread=lambda: main, enumerate=alive,
        active_count=lambda: len(alive()), activeCount=lambda: len(alive()), get_ident=lambda: current().ident,
        local=lambda: _Local(stage), _register_atexit=lambda *_, **__: None,
    )  # fmt: skip


class _Local:
    """Values of each thread."""

    def __init__(self, stage: Stage) -> None:
        object.__setattr__(self, "_held", {})
        object.__setattr__(self, "_stage", stage)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._held[self._stage.current, name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._held[self._stage.current, name] = value


def queue_module(stage: Stage) -> ModuleType:
    """``queue`` on a stage."""

    class Queue(queue.Queue[Any]):
        def __init__(self, maxsize: int = 0) -> None:
            super().__init__(maxsize)
            lock = Lock(stage)
            self.mutex = lock  # type: ignore[assignment]  # it has what the queue uses of one
            self.not_empty = self.not_full = self.all_tasks_done = None  # type: ignore[assignment]  # set below
            for name in ("not_empty", "not_full", "all_tasks_done"):
                setattr(self, name, Condition(stage, lock))

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            return _timed(self, self.not_empty, lambda: self._qsize() > 0, queue.Empty, block, timeout, super().get)

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            _timed(self, self.not_full, lambda: self.maxsize <= 0 or self._qsize() < self.maxsize, queue.Full, block,
                   timeout, lambda block: super(Queue, self).put(item, block))  # fmt: skip

    class PriorityQueue(Queue):
        _init, _qsize, _put, _get = (getattr(queue.PriorityQueue, name) for name in ("_init", "_qsize", "_put", "_get"))

    class LifoQueue(Queue):
        _init, _qsize, _put, _get = (getattr(queue.LifoQueue, name) for name in ("_init", "_qsize", "_put", "_get"))

    def _timed(
        owner: Queue, condition: Any, holds: Callable[[], bool], refusal: type[Exception], block: bool,
        timeout: float | None, act: Callable[..., Any],
    ) -> Any:  # fmt: skip
        """Wait in simulated time until something holds, then act at once."""
        if block and not holds():
            with condition:
                condition.wait_for(holds, timeout)
        if not holds():
            raise refusal
        return act(block=False)

    return altered(queue, Queue=Queue, PriorityQueue=PriorityQueue, LifoQueue=LifoQueue, SimpleQueue=Queue)
