"""How a strategy takes parameters, and how it travels to other processes.

A class takes them in its constructor, or has attributes of their names. A function whose first argument is ``context``
is ``handle_data`` and takes them after its data; any other function takes them and gives a strategy back.
"""

from __future__ import annotations

import copy
import functools
import inspect
import io
import pickle
import sys
import sysconfig
import types
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import cloudpickle

from qresearch.errors import UsageError, close_matches, did_you_mean, shown
from qresearch.sweeps.parameters import Values

_OURS = ("context", "data")
"""What a session hands to handle_data."""


def check_names(strategy: object, names: Iterable[str]) -> None:
    """See that a strategy takes the parameters of a sweep.

    Raises
    ------
    UsageError
        It takes none at all, not one of these, or more than these; the message names what it takes.
    """
    needed, optional, takes_any = _taken(strategy)
    names, known = list(names), [*needed, *optional]
    called = _name(strategy)
    if not known and not takes_any:
        raise UsageError(
            f"sweep: {called} takes no parameters, and {', '.join(names)} {'is' if len(names) == 1 else 'are'} to be "
            f"varied. Write {_example(strategy, names)}."
        )
    unknown = [] if takes_any else [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"sweep: {called} has no parameter {unknown[0]!r}: it takes {', '.join(known)}. "
            f"{did_you_mean(close_matches(unknown[0], known))}Name one of these, or let it take {unknown[0]}."
        )
    missing = [name for name in needed if name not in names]
    if missing:
        raise UsageError(
            f"sweep: {called} needs {' and '.join(missing)} too. Name values for it in the grid, such as "
            f"{{{missing[0]!r}: [5, 10]}}, or give it a default. A function that is called at every close names its "
            "first two arguments context and data; any other one makes a strategy of its parameters."
        )


def made(strategy: Any, values: Values) -> object:
    """A strategy with its parameters in place, as a session takes it."""
    values = copy.deepcopy(values)  # a list that one run changes is not that of the next
    if isinstance(strategy, type):
        needed, optional, takes_any = _constructor(strategy)
        by_call = {name: value for name, value in values.items() if takes_any or name in {*needed, *optional}}
        found: Any = strategy(**by_call)
        for name, value in values.items():
            if name not in by_call:
                setattr(found, name, value)
        return found
    return _handle_data(strategy, values) if _is_handle_data(strategy) else strategy(**values)


def _handle_data(function: types.FunctionType, values: Values) -> Callable[..., Any]:
    """The same function with the parameters as defaults: its own code, so that a debugger and a traceback know it."""
    if not {*values} <= {*inspect.signature(function, follow_wrapped=False).parameters}:
        return _around(function, values)
    made = types.FunctionType(function.__code__, function.__globals__, function.__name__, None, function.__closure__)
    parameters = list(inspect.signature(function).parameters.values())
    defaults = {
        item.name: values.get(item.name, item.default)
        for item in parameters
        if item.name not in _OURS and item.kind is not item.VAR_KEYWORD
    }
    by_place = [item.name for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD and item.name in defaults]
    made.__defaults__ = tuple(defaults[name] for name in by_place)
    made.__kwdefaults__ = {name: value for name, value in defaults.items() if name not in by_place}
    made.__doc__, made.__module__, made.__qualname__ = function.__doc__, function.__module__, function.__qualname__
    return made


def _around(function: types.FunctionType, values: Values) -> Callable[..., Any]:
    """A function around one that has no place for defaults: a decorated one, or one that takes any name."""
    ours = [item for item in inspect.signature(function).parameters.values() if item.name in _OURS]

    @functools.wraps(function)
    def call(*given: Any) -> Any:
        return function(*given, **values)

    call.__signature__ = inspect.Signature(ours)  # type: ignore[attr-defined]
    return call


def _is_handle_data(function: Any) -> bool:
    return next(iter(inspect.signature(function).parameters), "") == _OURS[0]


def _taken(strategy: Any) -> tuple[list[str], list[str], bool]:
    """What a strategy must be given, what it may be given, and whether it takes any name."""
    if isinstance(strategy, type):
        needed, optional, takes_any = _constructor(strategy)
        return needed, [*optional, *(name for name in _attributes(strategy) if name not in needed)], takes_any
    if isinstance(strategy, types.FunctionType):
        parameters = list(inspect.signature(strategy).parameters.values())
        if _is_handle_data(strategy):
            parameters = [item for item in parameters if item.name not in _OURS]
        return _sorted_out(parameters)
    raise UsageError(
        f"sweep: strategy={shown(strategy)} is a {type(strategy).__name__}, and a sweep makes a new strategy for every "
        "set of parameters. Pass a class, a function handle_data(context, data, fast, slow), or a function that takes "
        "the parameters and gives a strategy back."
    )


def _constructor(cls: type) -> tuple[list[str], list[str], bool]:
    if inspect.getattr_static(cls, "__init__") is object.__init__:
        return [], [], False
    return _sorted_out(inspect.signature(cls).parameters.values())


def _attributes(cls: type) -> list[str]:
    """Public attributes of a class that are values: what one may set on an object of it."""
    names = dict.fromkeys(name for kind in reversed(cls.__mro__[:-1]) for name in vars(kind))
    return [
        name
        for name in names
        if not name.startswith("_")
        and not callable(found := inspect.getattr_static(cls, name))
        and not hasattr(type(found), "__get__")
    ]


def _sorted_out(parameters: Iterable[inspect.Parameter]) -> tuple[list[str], list[str], bool]:
    needed: list[str] = []
    optional: list[str] = []
    takes_any = False
    for item in parameters:
        if item.kind is item.VAR_KEYWORD:
            takes_any = True
        elif item.kind in {item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY}:
            (needed if item.default is item.empty else optional).append(item.name)
    return needed, optional, takes_any


def _name(strategy: Any) -> str:
    return str(getattr(strategy, "__name__", shown(strategy)))


def _example(strategy: object, names: list[str]) -> str:
    words = ", ".join(names)
    if isinstance(strategy, type):
        return f"def __init__(self, {words}) in the class, or attributes of these names"
    return f"def {_name(strategy)}(context, data, {words})"


# ---------------------------------------------------------------------------------------------------- travelling


def packed(strategy: object, options: Mapping[str, Any]) -> bytes:
    """A strategy and the options of its sessions as bytes; every run is made from them anew, in whatever process.

    The module of the strategy goes along as it is now, so that a worker needs no file of it and never runs an older
    text; the modules that it imports must be there.

    Raises
    ------
    UsageError
        Something in it cannot travel, such as an open file; open it inside the strategy.
    """
    try:
        with _by_value(getattr(strategy, "__module__", None)):
            buffer = io.BytesIO()
            _Packer(buffer).dump((strategy, dict(options)))
    except (pickle.PicklingError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise UsageError(
            f"sweep: {_name(strategy)} cannot travel to another process: {problem} A session, an open file or a lock "
            "belongs to one process. Make it inside the strategy."
        ) from problem
    return buffer.getvalue()


_NAMELESS = "<dynamic-code>"
"""What cloudpickle writes for the file of every code since its version 3.1."""


def _with_its_file(code: types.CodeType) -> Any:
    make, parts, *rest = cloudpickle.Pickler.dispatch_table[types.CodeType](code)
    return make, tuple(code.co_filename if part == _NAMELESS else part for part in parts), *rest


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]  # its types are not known
    """Writes functions by value, each with the name of its file: errors, ``explain`` and a debugger show its lines."""

    dispatch_table: ClassVar = ChainMap({types.CodeType: _with_its_file}, cloudpickle.Pickler.dispatch_table)


def is_theirs(module: types.ModuleType) -> bool:
    """Whether a module is a file of the user's, and neither ours nor of an installed package."""
    file = getattr(module, "__file__", None)
    installed = [Path(sysconfig.get_path(place)) for place in ("stdlib", "purelib", "platlib")]
    return (
        file is not None
        and module.__name__.partition(".")[0] != "qresearch"
        and not any(Path(file).is_relative_to(place) for place in installed)
    )


@contextmanager
def _by_value(name: str | None) -> Iterator[None]:
    """While it lasts, what a module of the user's defines is written as it is, and not as a name to import."""
    module = sys.modules.get(name or "")
    if module is None or not is_theirs(module) or module.__name__ in cloudpickle.list_registry_pickle_by_value():
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def unpacked(body: bytes) -> tuple[Any, dict[str, Any]]:
    """A strategy and the options of its sessions, as if they had just been written down.

    Raises
    ------
    UsageError
        Something that it names is not in this process; define it inside the strategy or in a module.
    """
    try:
        strategy, options = cloudpickle.loads(body)
    except (AttributeError, ImportError) as problem:
        raise UsageError(
            f"sweep: the strategy cannot be made in a worker: {problem}. What it imports must be installed there, and "
            "what is wrapped by functools.cache or the like does not travel: define it inside the strategy, or put it "
            "into a module."
        ) from problem
    return strategy, options
