"""What ``import`` gives inside a script: the family of xtquant, modules that follow its clock, and its own files.

A script has its own ``__import__``; nothing is put into :data:`sys.modules` and nothing outside it changes. Modules
that look at the clock or start threads (``schedule``, APScheduler, ``concurrent.futures``, ``logging``) and the files
beside the script are loaded as private copies, whose imports come through the same door.
"""

from __future__ import annotations

import asyncio
import builtins
import importlib
import importlib.metadata
import importlib.util
import operator
import os
import pathlib
import random
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from qresearch.dialects.xtquant.stage import Stage
from qresearch.dialects.xtquant.virtual_threads import queue_module, threading_module
from qresearch.dialects.xtquant.virtual_time import altered, datetime_module, pandas_module, time_module

PRIVATE = ("schedule", "apscheduler", "concurrent", "logging", "sched")
"""Modules that are loaded as private copies, with all that lies in them."""
_OF_A_CLIENT = "userdata"
"""A path that holds this word is that of a client, and is there."""
_SEED = 20200901
"""Of the random numbers of a script, so that it does the same each time."""


class Output:
    """What a script writes to, instead of the standard output and the standard error.

    Parameters
    ----------
    say : callable
        Takes text.
    """

    encoding = "utf-8"

    def __init__(self, say: Callable[[str], object]) -> None:
        self.write = say

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False

    def reconfigure(self, **_: Any) -> None:
        """Its encoding is always the same."""


class Entry:
    """An entry point of a package, loaded by the imports of the script.

    Parameters
    ----------
    point : EntryPoint
    load_module : callable
    """

    def __init__(self, point: importlib.metadata.EntryPoint, load_module: Callable[[str], ModuleType]) -> None:
        self.name, self.value, self.group, self._point, self._load = (
            point.name, point.value, point.group, point, load_module,
        )  # fmt: skip

    def load(self) -> Any:
        """What it names."""
        return operator.attrgetter(self._point.attr)(self._load(self._point.module))


class Imports:
    """The imports of one script.

    Parameters
    ----------
    stage : Stage
    family : mapping of str to module
        ``xtquant`` and what belongs to it, by full name.
    output : Output
    file : str
        Of the script.
    wait : callable
        Waits for the end of the data.
    """

    def __init__(
        self, stage: Stage, family: Mapping[str, ModuleType], output: Output, file: str, wait: Callable[[], object]
    ) -> None:
        self._folders = [str(Path(file).parent)] if Path(file).is_file() else []
        self._path = [*self._folders, *sys.path]
        """The search path of the script: what it adds is looked through, and that of the process stays as it is."""
        self._made: dict[str, ModuleType] = {
            **family, "time": time_module(stage), "datetime": datetime_module(stage), "pandas": pandas_module(stage),
            "threading": threading_module(stage), "queue": queue_module(stage), "os": _os(), "random": _random(),
            "pathlib": altered(pathlib, Path=_ClientPath), "asyncio": _asyncio(stage),
            "sys": altered(sys, stdout=output, stderr=output, argv=[file], path=self._path),
            "signal": altered(signal, signal=lambda *_: None, pause=wait),
            "tzlocal": _tzlocal(), "importlib.metadata": altered(importlib.metadata, entry_points=self._entry_points),
        }  # fmt: skip
        self._made["importlib"] = altered(
            importlib, import_module=self._import_module, metadata=self._made["importlib.metadata"]
        )
        self._made["os.path"] = self._made["os"].path

        def say(*words: Any, **options: Any) -> None:
            builtins.print(*words, **{**options, "file": options.get("file") or output})

        def ask(prompt: str = "") -> str:
            """What input() answers: nobody types, so that it waits for the end of the data."""
            output.write(str(prompt))
            wait()
            return ""

        self.builtins: dict[str, Any] = {
            **vars(builtins), "__import__": self.load, "print": say, "input": ask, "exit": sys.exit, "quit": sys.exit,
        }  # fmt: skip
        """The builtins of the script."""

    def load(
        self, name: str, module_globals: Any = None, module_locals: Any = None, wanted: Any = (), level: int = 0
    ) -> ModuleType:
        """What ``__import__`` does inside the script."""
        if level:
            package = (module_globals or {}).get("__package__") or ""
            name = importlib.util.resolve_name("." * level + name, package)
        elif not self._is_ours(name):
            return builtins.__import__(name, module_globals, module_locals, wanted or (), 0)
        found = self._module(name)
        if not wanted:
            return self._module(name.partition(".")[0]) if not level else found
        for part in self._parts(found, wanted):
            if not hasattr(found, part) and (f"{name}.{part}" in self._made or hasattr(found, "__path__")):
                # What is in neither is told by the import statement itself.
                self._module_if_there(f"{name}.{part}")
        return found

    def _import_module(self, name: str, package: str | None = None) -> ModuleType:
        """What ``importlib.import_module`` does inside the script."""
        full = importlib.util.resolve_name(name, package) if name.startswith(".") else name
        return self._module(full) if self._is_ours(full) else importlib.import_module(full)

    def _entry_points(self, **wanted: Any) -> list[Entry]:
        """What ``importlib.metadata.entry_points`` gives inside the script."""
        points: Iterable[Any] = importlib.metadata.entry_points(**wanted)
        return [Entry(point, self._import_module) for point in points]

    def _is_ours(self, name: str) -> bool:
        """True where an import is answered here."""
        top = name.partition(".")[0]
        return name in self._made or top in PRIVATE or top == "xtquant" or self._beside(top) is not None

    def _beside(self, top: str) -> ModuleSpec | None:
        """The file or folder of that name beside the script, or in a folder that it has added to its search path."""
        own = [*self._folders, *(str(folder) for folder in self._path if folder not in sys.path)]
        return PathFinder.find_spec(top, own) if own and "." not in top else None

    @staticmethod
    def _parts(module: ModuleType, wanted: Iterable[str]) -> list[str]:
        names = [name for name in wanted if name != "*"]
        return names + [name for name in getattr(module, "__all__", ()) if "*" in wanted]

    def _module_if_there(self, name: str) -> None:
        try:
            self._module(name)
        except ModuleNotFoundError as problem:
            if problem.name != name:
                raise

    def _module(self, name: str) -> ModuleType:
        """A module of the script's, loaded once."""
        found = self._made.get(name)
        if found is not None:
            return found
        parent, _, last = name.rpartition(".")
        owner = self._module(parent) if parent else None
        if name in self._made:
            return self._made[name]
        spec = self._beside(name) or PathFinder.find_spec(name, None if owner is None else list(_path(owner)))
        if spec is None or not self._is_ours(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        made = self._run(spec)
        if owner is not None:
            setattr(owner, last, made)
        return made

    def _run(self, spec: ModuleSpec) -> ModuleType:
        """Load a private copy of a module."""
        made = self._made[spec.name] = importlib.util.module_from_spec(spec)
        made.__dict__["__builtins__"] = self.builtins
        loader = spec.loader
        code = loader.get_code(spec.name) if loader is not None and hasattr(loader, "get_code") else None
        if code is None:
            # Written in C, or a folder without a file of its own: there is nothing in it that looks at a clock.
            if loader is not None:
                loader.exec_module(made)
            return made
        try:
            exec(code, made.__dict__)  # as the import statement does
        except BaseException:
            del self._made[spec.name]
            raise
        return made


def _path(module: ModuleType) -> Iterable[str]:
    """The folders of a package; none of a module."""
    found: Iterable[str] = getattr(module, "__path__", ())
    return found


class _ClientPath(type(Path())):  # type: ignore[misc]  # the class of paths of this system
    """A path; that of a client is there."""

    def exists(self, **options: Any) -> bool:
        """Whether it is there."""
        return _OF_A_CLIENT in str(self).lower() or super().exists(**options)

    def is_dir(self, **options: Any) -> bool:
        """Whether it is a folder."""
        return _OF_A_CLIENT in str(self).lower() or super().is_dir(**options)


def _os() -> ModuleType:
    """``os``, in which the folder of a client is there."""

    def there(known: Callable[[Any], bool]) -> Callable[[Any], bool]:
        return lambda path: _OF_A_CLIENT in str(path).lower() or known(path)

    path = altered(os.path, exists=there(os.path.exists), isdir=there(os.path.isdir))
    return altered(os, path=path, _exit=sys.exit, register_at_fork=lambda **_: None)


def _asyncio(stage: Stage) -> ModuleType:
    """``asyncio``, whose sleeps take simulated time: one after the other, with a turn for the others after each."""

    async def sleep(delay: float, result: Any = None) -> Any:
        stage.sleep(delay)
        await asyncio.sleep(0)
        return result

    return altered(asyncio, sleep=sleep)


def _tzlocal() -> ModuleType:
    """``tzlocal``, whether it is installed or not: local time is China's."""
    found, zone = ModuleType("tzlocal"), ZoneInfo("Asia/Shanghai")
    found.__dict__.update(get_localzone=lambda: zone, get_localzone_name=lambda: zone.key)
    return found


def _random() -> ModuleType:
    """``random`` with numbers of its own."""
    numbers = random.Random(_SEED)  # no secret
    return altered(random, **{name: getattr(numbers, name) for name in random.__all__ if hasattr(numbers, name)})
