"""What a strategy remembers: snapshots of it, kept with every state and put back on going back.

Snapshots are pickled inside this process and never leave it; a journal stores plain data instead
(:mod:`qresearch.session.plain`).
"""

from __future__ import annotations

import io
import itertools
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from operator import is_
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from qresearch.book.timeline import Remembered
from qresearch.domain.attributes import told_names
from qresearch.errors import UnknownItem, UnknownName, UsageError, close_matches, did_you_mean, shown
from qresearch.session.ticket import Ticket

Root = MutableMapping[str, Any]
Scheduled = Callable[[Any], object]
"""Takes the context."""

_CODE = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
"""What among the globals of a script is no data."""

_owners: WeakValueDictionary[int, Memory] = WeakValueDictionary()
_numbers = itertools.count()


class Left(NamedTuple):
    """In a snapshot, what could not be copied: its kind stands for it, and the value itself stays as it is."""

    kind: str


@told_names(lambda _, name: f"Write session.memory[{name!r}].")
class SessionMemory(MutableMapping[str, Any]):
    """``session.memory``: what a strategy has set on its context, to be read and to be set by hand.

    Setting or deleting an item by hand is a command: it is kept at this stop, the journal has it at once, going back
    undoes it, and from the past it opens a branch. What is changed inside an item (a list appended to) joins the next
    command or step; set the item again to keep it at once.

    Parameters
    ----------
    held : dict
        The attributes of the context.
    change : callable
        Takes what writes into it.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01").step()
    >>> session.memory["fast"] = 10
    >>> dict(session.back().memory), dict(session.step().memory)
    ({}, {'fast': 10})
    """

    def __init__(self, held: dict[str, Any], change: Callable[[Callable[[], None]], None]) -> None:
        self._held, self._change = held, change

    def __getitem__(self, name: str) -> Any:
        if name in self._held:
            return self._held[name]
        near = did_you_mean(map(repr, close_matches(name, self._held))) if isinstance(name, str) else ""
        raise UnknownItem(
            f"session.memory has no {shown(name)}. {near}It holds {', '.join(map(repr, self._held)) or 'nothing yet'}. "
            f"Set it first: session.memory[{shown(name)}] = ..., or as context.name = ... in the strategy."
        )

    def __setitem__(self, name: object, value: object) -> None:
        if not isinstance(name, str):
            kind = type(name).__name__
            raise UsageError(f"session.memory[{shown(name)}]: a name is text, not a {kind}. Write one such as 'fast'.")
        self._change(partial(self._held.__setitem__, name, value))

    def __delitem__(self, name: str) -> None:
        self.__getitem__(name)  # what is not there is told
        self._change(partial(self._held.__delitem__, name))

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise UnknownName(f"session.memory.{name} would not be kept. Write session.memory[{name!r}] = ...")
        object.__setattr__(self, name, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return repr(self._held)


class ScriptGlobals(MutableMapping[str, Any]):
    """The data among the globals of a script: what is no module, function, class or name that was put there for it.

    Parameters
    ----------
    namespace : dict
    provided : mapping
        What the script found among its globals when it began.
    """

    def __init__(self, namespace: dict[str, Any], provided: Mapping[str, Any]) -> None:
        self._namespace, self._provided = namespace, provided
        # A platform puts hundreds of names there, and every step asks for the few that are data.
        self._names: list[str] = []
        self._values: list[Any] = []
        self._are_data: list[bool] = []

    def _is_data(self, name: str) -> bool:
        value = self._namespace[name]
        if name.startswith("__") or isinstance(value, _CODE):
            return False
        return name not in self._provided or self._provided[name] is not value

    def __getitem__(self, name: str) -> Any:
        return self._namespace[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._namespace[name] = value

    def __delitem__(self, name: str) -> None:
        if name in self._provided:
            self._namespace[name] = self._provided[name]  # a word of the platform that data had taken the place of
        else:
            del self._namespace[name]

    def __iter__(self) -> Iterator[str]:
        names, values = [*self._namespace], [*self._namespace.values()]
        if names != self._names:
            self._are_data = [self._is_data(name) for name in names]
        elif not all(map(is_, values, self._values)):
            for place, (new, old) in enumerate(zip(values, self._values, strict=True)):
                if new is not old:
                    self._are_data[place] = self._is_data(names[place])
        self._names, self._values = names, values
        return iter([*itertools.compress(names, self._are_data)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Schedules:
    """The functions that ``run_daily`` set up: by name, so that an edited function takes the place of the old one."""

    __slots__ = ("calls", "find", "functions", "keys")

    def __init__(self) -> None:
        self.keys: tuple[tuple[int, str], ...] = ()
        self.calls: tuple[tuple[int, Scheduled], ...] = ()
        """(when, function), in the order in which they are called."""
        self.functions: dict[str, Scheduled] = {}
        self.find: Callable[[str], Scheduled | None] = lambda _: None
        """Finds a function of the strategy by name, after a resume."""

    def add(self, when: int, func: Scheduled) -> None:
        """Call a function at a phase, or at bars, of every day from now on."""
        key = self._key(func)
        self.functions[key] = func
        self.keys = (*self.keys, (when, key))
        self.calls = (*self.calls, (when, func))

    def _key(self, func: Scheduled) -> str:
        """Its name, with a number where another function has the same one."""
        name = getattr(func, "__name__", type(func).__name__)
        for number in itertools.count(1):
            key = name if number == 1 else f"{name}#{number}"
            if self.functions.get(key, func) == func:
                return key
        raise AssertionError  # count() does not end

    def restore(self, keys: tuple[tuple[int, str], ...]) -> None:
        """Put back the schedules of a snapshot."""
        if keys != self.keys:
            self.keys = keys
            self._bind()

    def replace(self, find: Callable[[str], Scheduled | None]) -> list[str]:
        """Take functions of the same names from an edited strategy.

        Parameters
        ----------
        find : callable
            From a name to the new function; None when there is none, and the old one stays.

        Returns
        -------
        list of str
            Names that were replaced.
        """
        self.find = find
        known = {*self.functions, *(key for _, key in self.keys)}
        found = {key: func for key in known if (func := find(key.partition("#")[0])) is not None}
        self.functions.update(found)
        self._bind()
        return list(found)

    def _bind(self) -> None:
        self.calls = tuple((when, self._function(key)) for when, key in self.keys)

    def _function(self, key: str) -> Scheduled:
        return self.functions.get(key) or self.find(key.partition("#")[0]) or _missing(key)


def _missing(key: str) -> Scheduled:
    def refuse(_: object) -> object:
        raise UsageError(
            f"run_daily calls {key!r} every day, but the strategy of this session has no function of that name. Pass "
            "the strategy that defines it: session.strategy = Strategy. What has no name of its own, such as a lambda, "
            "is not found again after a resume: begin anew with a def"
        )

    refuse.__name__ = "run_daily"
    return refuse


class Memory:
    """Snapshots of what a strategy remembers.

    A value that cannot be copied is left alone and named once. Tickets and the context are kept as what they are, not
    copied: a ticket in memory always belongs to the branch on which the session stands.

    Parameters
    ----------
    roots : list of mutable mappings
        First the attributes of the context, then those of the strategy.
    tell : callable
        Takes a notice.
    ticket : callable
        The ticket of an order id on the present branch.
    """

    def __init__(
        self,
        roots: list[Root],
        tell: Callable[[str], None],
        ticket: Callable[[str], Ticket],
    ) -> None:
        self.roots = roots
        self.schedules = Schedules()
        self.ticket = ticket
        self._tell = tell
        self.live: dict[str, object] = {}
        """Objects of the session that are never copied, by name; :meth:`keep_alive` adds to them."""
        self._names: dict[int, str] = {}
        self._last: Remembered | None = None
        self._initial: list[dict[str, bytes]] = [{} for _ in roots]
        self._edits: list[list[dict[str, bytes]]] = []
        self._number = next(_numbers)
        _owners[self._number] = self

    def keep_alive(self, objects: Mapping[str, object]) -> None:
        """Name objects of the session that are never copied; a name that is known takes the new object."""
        # A script of many orders names one object for each: the names are gathered anew only where one is taken.
        if not self.live.keys().isdisjoint(objects):
            objects = {**self.live, **objects}
            self._names.clear()
        self.live.update(objects)
        self._names.update((id(value), name) for name, value in objects.items())

    # ------------------------------------------------------------------ snapshots

    def snapshot(self) -> Remembered | None:
        """What there is now; None when there is nothing. Equal memories share one object."""
        if not any(self.roots) and not self.schedules.keys:
            return None
        return self._keep([dict(root) for root in self.roots], self.schedules.keys)

    def freeze(self, values: list[dict[str, Any]], schedules: tuple[tuple[int, str], ...]) -> Remembered | None:
        """A snapshot of given values, one mapping per root."""
        return self._keep(values, schedules) if any(values) or schedules else None

    def _keep(self, values: list[dict[str, Any]], schedules: tuple[tuple[int, str], ...]) -> Remembered:
        try:
            data = self._dump(values)
        except Exception:  # whatever a user's object raises, it cannot be copied
            data = self._dump([self._copyable(root) for root in values])
        found = Remembered(data, schedules, len(self._edits))
        if found != self._last:
            self._last = found
        return self._last if self._last is not None else found

    def _dump(self, value: object) -> bytes:
        buffer = io.BytesIO()
        _Pickler(buffer, self._number, self._names).dump(value)
        return buffer.getvalue()

    def _copyable(self, root: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, value in root.items():
            if self._can_copy(value):
                kept[name] = value
            else:
                kept[name] = Left(type(value).__name__)
                self._tell(
                    f"{name!r} ({type(value).__name__}) cannot be copied, so going back does not restore it. "
                    "Keep plain data (numbers, lists, dicts, frames) in the memory of a strategy."
                )
        return kept

    def _can_copy(self, value: object) -> bool:
        try:
            self._dump(value)
        except Exception:  # whatever a user's object raises
            return False
        return True

    def values(self, kept: Remembered | None) -> list[dict[str, Any]]:
        """What a snapshot holds: one mapping per root, copied, with :class:`Left` where that could not be."""
        if kept is None:
            return [{} for _ in self.roots]
        values: list[dict[str, Any]] = pickle.loads(kept.data)  # made by this process
        return values

    def restore(self, kept: Remembered | None) -> None:
        """Put the memory back as it was; what could not be copied stays as it is."""
        values = self.values(kept)
        self.schedules.restore(() if kept is None else kept.schedules)
        edits = self._edits[0 if kept is None else kept.edits :]
        for place, root in enumerate(self.roots):
            found = values[place] if place < len(values) else {}
            held = {name: value for name, value in found.items() if type(value) is not Left}
            initial = self._initial[place]
            for name in list(root):
                if name not in held and name not in initial and self._can_copy(root[name]):
                    del root[name]
            root.update({name: pickle.loads(value) for name, value in initial.items() if name not in held})
            root.update(held)
            for edit in edits:
                root.update({name: pickle.loads(value) for name, value in edit[place].items()})

    # ------------------------------------------------------------------ replacing the strategy

    def begin(self, roots: Iterable[Root]) -> None:
        """Take the roots of a strategy that has just been loaded."""
        self.roots[1:] = roots
        self._initial = [{}, *(self._pickled(root) for root in self.roots[1:])]

    def replace(self, roots: Iterable[Root], now: Remembered | None) -> None:
        """Take the roots of an edited strategy, with what the old one remembers.

        What the edit itself changed (a constant of the script, a number set in the constructor) is new; it also stays
        new on going back, because code is not rewound.

        Parameters
        ----------
        roots : iterable of mutable mappings
        now : Remembered or None
        """
        before = self._initial
        self.begin(roots)
        changed = [
            {
                name: value
                for name, value in initial.items()
                if place < len(before) and before[place] and before[place].get(name) != value
            }
            for place, initial in enumerate(self._initial)
        ]
        self._edits.append(changed)
        self.restore(now)

    def _pickled(self, root: Root) -> dict[str, bytes]:
        return {name: self._dump(value) for name, value in root.items() if self._can_copy(value)}


class _Pickler(pickle.Pickler):
    """Copies values, but refers to tickets and to the objects of the session."""

    def __init__(self, buffer: io.BytesIO, owner: int, names: Mapping[int, str]) -> None:
        super().__init__(buffer, protocol=5)
        self._owner, self._names = owner, names

    def reducer_override(self, value: Any) -> Any:
        if type(value) is Ticket:  # asked of every object that is copied
            return _ticket, (self._owner, str(value))
        name = self._names.get(id(value))
        return NotImplemented if name is None else (_alive, (self._owner, name))


def _ticket(owner: int, order_id: str) -> Ticket:
    return _owners[owner].ticket(order_id)


def _alive(owner: int, name: str) -> object:
    return _owners[owner].live[name]
