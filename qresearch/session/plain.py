"""Plain data: what a strategy remembers, as JSON that reading never executes.

A journal must not run anything when it is opened, so nothing in it is pickled. Values become JSON; what JSON does not
have is written as an object with one key that begins with ``$``. Reading knows the closed list of kinds below.
"""

from __future__ import annotations

import base64
import datetime as dt
import random
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from qresearch.errors import JournalError, UsageError
from qresearch.session.memory import Left
from qresearch.session.rules import own_of
from qresearch.session.sharing import Within
from qresearch.session.ticket import Ticket

_ATOMS = frozenset({int, float, str, bool, type(None)})
_SIMPLE = _ATOMS - {int}
"""What is written as it is; a whole number may be too long."""
_FACTORIES: Mapping[str, Callable[[], Any]] = {
    "list": list, "dict": dict, "set": set, "int": int, "float": float, "str": str, "tuple": tuple,
}  # fmt: skip
_ARRAY_KINDS = "biufcmMSU"
_LARGEST = 10**4000
"""Python itself does not read longer numbers back from text."""
_DEEPEST = 100
"""Levels of containers inside each other: far below what reading JSON, or making it, can take."""


class NotPlain(Exception):
    """A value that is no plain data; the message is the name of its type."""


def to_plain(value: Any, within: Within | None = None) -> Any:
    """A value as JSON data.

    Parameters
    ----------
    value : object
        Numbers, text, dates, tuples, lists, sets, mappings, arrays, frames, random generators and tickets, nested
        up to 100 deep.
    within : Within, optional
        What it lies in. Default: nothing.

    Raises
    ------
    NotPlain
        Something else, or a container inside itself; keep plain data.

    >>> to_plain({"held": (1, 2.5)})
    {'held': {'$tuple': [1, 2.5]}}
    """
    kind = type(value)
    if kind in _ATOMS:
        if kind is int and not -_LARGEST < value < _LARGEST:
            raise NotPlain("number of more than 4,000 digits")
        return value
    within = within or Within()
    if within.depth > _DEEPEST:
        raise NotPlain(f"container that lies in itself or more than {_DEEPEST} deep")
    if (again := within.again(value)) is not None:
        return again
    inner = within.inner()
    if kind is list:
        return within.noted(value, [item if type(item) in _SIMPLE else to_plain(item, inner) for item in value])
    if kind is dict:
        return within.noted(value, _mapping(value, inner))
    if kind in _WRITERS:
        tag, write = _WRITERS[kind]
        return within.noted(value, {f"${tag}": write(value, inner)})
    if isinstance(value, np.generic) and kind.__name__ in _SCALARS:
        return {f"${kind.__name__}": _write_array(np.asarray(value), within)}
    raise NotPlain(value.kind if kind is Left else kind.__name__)


def from_plain(data: Any, ticket: Callable[[str], Any] = str, known: dict[int, Any] | None = None) -> Any:
    """A value from JSON data: the inverse of :func:`to_plain`.

    Parameters
    ----------
    data : object
    ticket : callable
        Makes a ticket from an order id.
    known : dict, optional
        What has been read already and stands in more than one place, by number.

    Raises
    ------
    JournalError
        A kind that this version does not know.

    >>> from_plain({"held": {"$tuple": [1, 2.5]}})
    {'held': (1, 2.5)}
    """
    known = {} if known is None else known
    if isinstance(data, list):
        return [from_plain(item, ticket, known) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((tag, held),) = data.items()
        if tag == "$Ticket":
            return ticket(held)
        if tag == "$same":
            return known[held]
        if tag == "$shared":
            known[held[0]] = from_plain(held[1], ticket, known)
            return known[held[0]]
        if tag.startswith("$"):
            read = _READERS.get(tag[1:])
            if read is None:
                raise JournalError(
                    f"The journal holds a value of kind {tag[1:]!r}, which this version of qresearch does not know. "
                    "Read it with the version that wrote it."
                )
            return read(from_plain(held, ticket, known))
    return {key: from_plain(held, ticket, known) for key, held in data.items()}


def _mapping(value: Mapping[Any, Any], within: Within) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: item if type(item) in _SIMPLE else to_plain(item, within) for key, item in value.items()}
    return {"$mapping": _pairs(value, within)}


def _pairs(value: Mapping[Any, Any], within: Within) -> list[Any]:
    return [[to_plain(key, within), to_plain(item, within)] for key, item in value.items()]


def _items(value: Any, within: Within) -> list[Any]:
    return [to_plain(item, within) for item in value]


def _sorted_items(value: Any, within: Within) -> list[Any]:
    # A set has no order of its own: the text must not depend on the hashes of a process.
    return sorted(_items(value, within), key=repr)


def _write_array(value: Any, within: Within) -> Any:
    if value.dtype.kind not in _ARRAY_KINDS:
        if value.dtype.kind == "O":
            return [list(value.shape), _items(value.ravel().tolist(), within)]
        raise NotPlain(f"array of {value.dtype}")
    body = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return [value.dtype.str, list(value.shape), body]


def _read_array(parts: list[Any]) -> Any:
    if len(parts) == 2:
        filled = np.empty(len(parts[1]), dtype=object)
        filled[:] = parts[1]
        return filled.reshape(parts[0])
    kind, shape, body = parts
    if np.dtype(kind).kind not in _ARRAY_KINDS:
        raise JournalError(
            f"The journal holds an array of kind {kind!r}. It was not written by qresearch; do not use it."
        )
    return np.frombuffer(base64.b64decode(body), dtype=kind).reshape(shape).copy()


def _index(value: Any, within: Within) -> Any:
    return {"$ndarray": _write_array(np.asarray(value), within)}


def _write_frame(value: Any, within: Within) -> Any:
    columns = [_index(value.iloc[:, place], within) for place in range(value.shape[1])]
    return [_index(value.index, within), to_plain(value.index.name, within), _index(value.columns, within), columns]


def _read_frame(parts: list[Any]) -> Any:
    index, name, columns, values = parts
    frame = pd.DataFrame(dict(enumerate(values)), index=pd.Index(index, name=name))
    frame.columns = pd.Index(columns)
    return frame


def _write_series(value: Any, within: Within) -> Any:
    names = to_plain(value.index.name, within), to_plain(value.name, within)
    return [_index(value.index, within), *names, _index(value, within)]


def _read_series(parts: list[Any]) -> Any:
    index, index_name, name, values = parts
    return pd.Series(values, index=pd.Index(index, name=index_name), name=name)


def _write_defaultdict(value: Any, within: Within) -> Any:
    factory = None if value.default_factory is None else getattr(value.default_factory, "__name__", "")
    if factory is not None and _FACTORIES.get(factory) is not value.default_factory:
        raise NotPlain(f"defaultdict of {factory}")
    return [factory, _pairs(value, within)]


def _read_defaultdict(parts: list[Any]) -> Any:
    factory, pairs = parts
    return defaultdict(None if factory is None else _FACTORIES[factory], pairs)


def _write_generator(value: Any, within: Within) -> Any:
    state = value.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise NotPlain(f"Generator on {state['bit_generator']}")
    return to_plain(state, within)


def _read_generator(state: Any) -> Any:
    bits = np.random.PCG64()
    bits.state = state
    return np.random.Generator(bits)


def _read_random(state: Any) -> random.Random:
    drawn = random.Random()
    drawn.setstate(state)
    return drawn


def _isoformat(value: Any, _: Within) -> str:
    text: str = value.isoformat()
    return text


def _text(value: Any, _: Within) -> str:
    return str(value)


_WRITERS: Mapping[type, tuple[str, Callable[[Any, Within], Any]]] = {
    tuple: ("tuple", _items),
    set: ("set", _sorted_items),
    frozenset: ("frozenset", _sorted_items),
    deque: ("deque", lambda value, within: [_items(value, within), value.maxlen]),
    OrderedDict: ("OrderedDict", _pairs),
    Counter: ("Counter", _pairs),
    defaultdict: ("defaultdict", _write_defaultdict),
    dt.date: ("date", _isoformat),
    dt.datetime: ("datetime", _isoformat),
    dt.time: ("time", _isoformat),
    dt.timedelta: ("timedelta", lambda value, _: [value.days, value.seconds, value.microseconds]),
    Decimal: ("Decimal", _text),
    Fraction: ("Fraction", _text),
    pd.Timestamp: ("Timestamp", lambda value, _: [value.isoformat(), value.unit]),
    pd.Timedelta: ("Timedelta", _isoformat),
    type(pd.NaT): ("NaTType", lambda *_: None),
    np.ndarray: ("ndarray", _write_array),
    pd.Series: ("Series", _write_series),
    pd.DataFrame: ("DataFrame", _write_frame),
    np.random.Generator: ("Generator", _write_generator),
    random.Random: ("random", lambda value, within: to_plain(value.getstate(), within)),
    Ticket: ("Ticket", _text),
    complex: ("complex", lambda value, _: [value.real, value.imag]),
    bytes: ("bytes", lambda value, _: base64.b64encode(value).decode()),
}
"""How each kind is written: by the type itself, so that a class of the user's of the same name is not taken for it."""

_SCALARS = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128", "datetime64", "timedelta64", "str_", "bytes_",
})  # fmt: skip
"""Kinds of numpy scalars, by their names."""

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "mapping": dict,
    "deque": lambda parts: deque(parts[0], parts[1]),
    "OrderedDict": OrderedDict,
    "Counter": lambda pairs: Counter(dict(pairs)),
    "defaultdict": _read_defaultdict,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda parts: dt.timedelta(*parts),
    "Decimal": Decimal,
    "Fraction": Fraction,
    "Timestamp": lambda parts: pd.Timestamp(parts[0]).as_unit(parts[1]),
    "Timedelta": pd.Timedelta,
    "NaTType": lambda _: pd.NaT,
    "ndarray": _read_array,
    "Series": _read_series,
    "DataFrame": _read_frame,
    "Generator": _read_generator,
    "random": _read_random,
    "complex": lambda parts: complex(*parts),
    "bytes": base64.b64decode,
    **{name: (lambda parts: _read_array(parts)[()]) for name in _SCALARS},
}


def plain_items(roots: Sequence[Mapping[str, Any]], lost: dict[str, str]) -> list[dict[str, Any]]:
    """The values that are plain data, by name, as JSON data.

    Parameters
    ----------
    roots : sequence of mapping of str to object
    lost : dict of str to str
        Takes the names of the others, and what they hold.
    """
    within, kept = Within(notes={}), list[dict[str, Any]]()
    for root in roots:
        kept.append({})
        for name, value in root.items():
            written = within.written
            try:
                kept[-1][name] = to_plain(value, within)
            except NotPlain as problem:
                lost[name] = str(problem)
                within.forget(written)
    return [{name: within.shared(data) for name, data in root.items()} for root in kept]


MODELS = ("account", "clock", "costs", "fill_model", "sizing", "slippage")
"""Options that may be objects of the user's own."""


def is_own(value: object) -> bool:
    """True for an option that was an object of the user's own."""
    return isinstance(value, dict) and "$own" in value


def plain_options(options: Mapping[str, Any], keeper: str = "journal") -> dict[str, Any]:
    """The options of a session as JSON data.

    Parameters
    ----------
    options : mapping
    keeper : str
        The argument that asks for it: what one leaves out to keep an option that is no plain data.

    Raises
    ------
    UsageError
        One that is no plain data.
    """
    plain: dict[str, Any] = {}
    for name, value in options.items():
        if name in MODELS and not isinstance(value, (str, tuple, list)):
            own = own_of(value)
            if own.name == "<lambda>":
                raise UsageError(
                    f"{name}=<lambda>: a {keeper} knows a model by its name, and a lambda has none. Define it with "
                    f"def, or leave {keeper}= out."
                )
            plain[name] = {"$own": to_plain((own.name, own.parameters))}
            continue
        try:
            plain[name] = to_plain(dict(value) if isinstance(value, Mapping) else value)
        except NotPlain as problem:
            raise UsageError(
                f"{name}={value!r} ({problem}) cannot be kept in a {keeper}. Pass plain values, or leave {keeper}= out."
            ) from None
    return plain
