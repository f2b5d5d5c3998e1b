"""Events as text and bytes: what a journal keeps of a step, and what two runs are compared by.

A step is one line of JSON and one run of bytes. The columns of a block (:class:`~qresearch.domain.events.Placed`,
:class:`~qresearch.domain.events.Matched`) go into the bytes as they are, all else into the JSON. Equal events give
equal bytes. Reading makes events again and knows the words of the domain only: nothing is ever executed.
"""

from __future__ import annotations

import datetime as dt
import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, cast

import numpy as np

from qresearch.domain import commands, events, ledger, order, reasons, settings, state, terms
from qresearch.domain.commands import Command
from qresearch.domain.events import Event, Matched, Placed, records
from qresearch.domain.fees import Fees
from qresearch.domain.moment import Moment
from qresearch.errors import JournalError

_WORDS: dict[str, type] = {
    name: item
    for module in (state, ledger, reasons, order, terms, settings, events, commands)
    for name, item in vars(module).items()
    if isinstance(item, type) and item.__module__ == module.__name__
}
"""Every class of the domain by its name: all that reading can make."""

_ATOMS = frozenset({int, float, str, bool, type(None)})
_FLOAT_COLUMNS = frozenset({"prices"})
_BLOCKS = (Placed, Matched)
_readers: dict[type, tuple[tuple[str, ...], Callable[[Any], Any]]] = {}


def _fields(kind: type) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    """Names of the fields of a class, and what reads all of them at once."""
    known = _readers.get(kind)
    if known is None:
        names = tuple(item.name for item in fields(kind))
        known = _readers[kind] = (
            names,
            attrgetter(*names) if len(names) > 1 else lambda item: (getattr(item, names[0]),),
        )
    return known


@cache
def _defaults(kind: Any) -> tuple[Any, ...]:
    """Default of each field of a class; MISSING where it has none."""
    return tuple(item.default for item in fields(kind))


def encode(log: Iterable[Event]) -> tuple[str, bytes]:
    """Events as one line of JSON and the columns of their blocks as little-endian 64-bit numbers.

    Parameters
    ----------
    log : iterable of Event
        Empty blocks, left behind by a call that raised, are skipped.

    >>> encode([events.Advanced(Moment(3, 4))])
    ('[["Advanced",[3,4]]]', b'')
    """
    rows: list[list[Any]] = []
    columns: list[bytes] = []
    for event in log:
        kind = type(event)
        names, read = _fields(kind)
        if isinstance(event, _BLOCKS):
            if not len(event):
                continue
            row: list[Any] = [kind.__name__]
            for name, value in zip(names, read(event), strict=True):
                if type(value) in _ATOMS:
                    row.append(value)
                elif type(value) is Moment:
                    row.append(_moment(value))
                elif name == "fees":
                    body = [_column(name, column) for column in value.values()]
                    row.append({part: len(column) for part, column in zip(value, body, strict=True)})
                    columns += body
                elif isinstance(value, Mapping):
                    row.append(_plain(value) if value else 0)
                else:
                    column = _column(name, value)
                    row.append(len(column))
                    columns.append(column)
        else:
            row = [kind.__name__, *(value if type(value) in _ATOMS else _plain(value) for value in read(event))]
        rows.append(row)
    return to_json(rows), b"".join(columns)


def encode_commands(commands: Sequence[tuple[int, Command]], log: Sequence[Event]) -> str:
    """Commands as one line of JSON, each with the number of events that are written before it; empty without any."""
    if not commands:
        return ""
    skipped = [place for place, event in enumerate(log) if isinstance(event, _BLOCKS) and not len(event)]
    return to_json([[place - bisect_left(skipped, place), _plain(command)] for place, command in commands])


def decode_commands(text: str) -> list[tuple[int, Command]]:
    """The inverse of :func:`encode_commands`."""
    return [(place, _value(command)) for place, command in json.loads(text)] if text else []


def to_json(data: object) -> str:
    r"""Plain data as one line of text that every file can hold.

    Text stands as it is, but for halves of characters, as in the names of files that are no UTF-8: they are escaped.

    >>> to_json(["中", "caf\udce9"])
    '["\\u4e2d","caf\\udce9"]'
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return json.dumps(data, separators=(",", ":"))
    return text


def _moment(at: Moment) -> list[int]:
    """Day, phase and bar; daily bars need none."""
    return list(at if at.bar else at[:2])


def _column(name: str, values: Any) -> bytes:
    if type(values) is array:
        return values.tobytes()
    return np.ascontiguousarray(values, dtype="<f8" if name in _FLOAT_COLUMNS else "<i8").tobytes()


def _plain(value: Any) -> Any:  # noqa: PLR0911  # one return per kind of value
    """A part of an event as JSON data; words of the domain carry their name."""
    if type(value) in _ATOMS:
        return value
    if type(value) is Moment:
        return _moment(value)
    if type(value) is Fees:
        return {"$fees": dict(value.parts)}
    if isinstance(value, Enum):
        return {"$": type(value).__name__, "value": value.value}
    if isinstance(value, Mapping):
        return {"$pairs": [[_plain(key), _plain(item)] for key, item in value.items()]}
    if is_dataclass(value):
        names, read = _fields(type(value))
        # What is at its default is left out: an option that comes later changes no journal where it is not used.
        parts = zip(names, read(value), _defaults(cast("Any", type(value))), strict=True)
        return {"$": type(value).__name__, **{name: _plain(item) for name, item, usual in parts if item != usual}}
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return {"$": type(value).__name__, **{name: _plain(getattr(value, name)) for name in value._fields}}
        return {"$tuple": [_plain(item) for item in value]}
    if isinstance(value, (list, frozenset, set)):
        return [_plain(item) for item in (value if isinstance(value, list) else sorted(value))]
    if isinstance(value, np.generic):
        return value.item()
    return {"$date": value.isoformat()} if isinstance(value, dt.date) else str(value)


def _value(data: Any) -> Any:
    """The inverse of :func:`_plain`."""
    if isinstance(data, list):
        return [_value(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "$date" in data:
        return dt.date.fromisoformat(data["$date"])
    if "$fees" in data:
        return Fees(tuple(data["$fees"].items()))
    if "$tuple" in data:
        return tuple(_value(item) for item in data["$tuple"])
    if "$pairs" in data:
        return {_value(key): _value(item) for key, item in data["$pairs"]}
    kind = _word(data["$"])
    held = {name: _value(item) for name, item in data.items() if name != "$"}
    if "at" in held:
        held["at"] = Moment(*held["at"])
    return kind(held["value"]) if issubclass(kind, Enum) else kind(**held)


def _word(name: str) -> type:
    kind = _WORDS.get(name)
    if kind is None:
        raise JournalError(
            f"The journal holds a {name!r}, which this version of qresearch does not know. "
            "Read it with the version that wrote it."
        )
    return kind


def decode(text: str, body: bytes, schema: Mapping[str, Sequence[str]]) -> list[Event]:
    """Events from what :func:`encode` made.

    Parameters
    ----------
    text : str
    body : bytes
    schema : mapping of str to sequence of str
        Names of the fields of every event when it was written: :func:`event_schema`.
    """
    log: list[Event] = []
    place = 0
    for name, *values in json.loads(text):
        kind = _word(name)
        held: dict[str, Any] = dict(zip(schema[name], values, strict=True))
        held["at"] = Moment(*held["at"])
        if kind in _BLOCKS:
            place = _read_block(kind, held, body, place)
            log.append(kind(**held))
        else:
            log.append(kind(**{key: _value(value) for key, value in held.items()}))
    return log


def _read_block(kind: type, held: dict[str, Any], body: bytes, place: int) -> int:
    """Put the columns of a block, and its mappings, in place of what the text says of them; where the body goes on."""
    for item in fields(kind):
        declared = str(item.type)
        if item.name in held and declared.startswith(("Column", "array")):
            length = held[item.name]
            held[item.name] = _read_column(kind, item.name, body[place : place + length])
            place += length
        elif item.name == "fees":
            columns = {}
            for part, length in held["fees"].items():
                columns[part] = _read_column(kind, part, body[place : place + length])
                place += length
            held["fees"] = columns
        elif item.name in held and declared.startswith(("Mapping", "dict")):
            held[item.name] = _value(held[item.name]) if held[item.name] else {}
    return place


def _read_column(kind: type, name: str, body: bytes) -> Any:
    if kind is Placed:
        return array("q", body)
    return np.frombuffer(body, dtype="<f8" if name in _FLOAT_COLUMNS else "<i8").copy()


def event_schema() -> dict[str, list[str]]:
    """Names of the fields of every event: written into each journal."""
    kinds = [item for item in vars(events).values() if isinstance(item, type) and is_dataclass(item)]
    return {kind.__name__: [item.name for item in fields(kind)] for kind in kinds}


def first_difference(mine: Sequence[Event], other: Sequence[Event]) -> tuple[int, Any, Any] | None:
    """The first single event in which two runs differ.

    Parameters
    ----------
    mine, other : sequences of Event

    Returns
    -------
    (int, Record or None, Record or None) or None
        Its place and the two events; None where one run has ended. None when nothing differs.
    """
    left, right = list(records(iter(mine))), list(records(iter(other)))
    for place in range(max(len(left), len(right))):
        pair = [run[place] if place < len(run) else None for run in (left, right)]
        if pair[0] is None or pair[1] is None or encode([pair[0]]) != encode([pair[1]]):
            return place, pair[0], pair[1]
    return None
