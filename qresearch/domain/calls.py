"""Calls that Python itself refuses: an argument that is unknown, missing, surplus or given twice, told with its remedy.

Where the word of a neighbour library is meant (backtrader, zipline, vectorbt, LEAN, RQAlpha, JoinQuant, pandas), the
message says ours.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from qresearch.domain.attributes import ELSEWHERE, told_names
from qresearch.errors import UsageError, close_matches, did_you_mean, shown

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")

SAME: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        "security symbol symbols asset instrument instruments ticker tickers code codes stock sid data order_book_id "
        "order_book_ids security_list id_or_ins stock_code",
        "amount quantity shares size qty volume num units lots value pct percent target cash_amount total_amount",
        "start start_date from_date fromdate start_time start_dt begin begin_date begin_time since",
        "end end_date to_date todate end_time end_dt stop_date until",
        "cash initial_capital initial_cash init_cash capital capital_base starting_cash startcash start_cash money",
        "count bar_count bars_count bars window length lookback periods n size",
        "field fields columns column",
        "frequency freq timeframe interval unit bar_size resolution period",
        "adjust fq adjust_type adjustment",
        "order order_id orderid order_ref ticket id",
        "market data source feed prices bars panel",
        "strategy algo algorithm handle_data strategy_class func",
        "func function callback handler",
        "time time_rule when at",
        "html path file filename fname output out filepath",
        "directory folder path out output dir",
        "language lang locale",
        "participation volume_limit max_volume volume_share participation_rate",
        "benchmark benchmark_symbol bench",
        "n steps days count",
        "name title label",
        "risk_free rf risk_free_rate riskfree",
        "close_tax stamp_duty tax",
    )
)
"""Words of other libraries and ours for one thing; of each group a call knows at most one or two."""

_PRICED = {
    "limit_price": "limit({0})", "limit": "limit({0})", "plimit": "limit({0})", "price": "limit({0})",
    "stop_price": "stop({0})", "stop": "stop({0})", "stop_loss": "stop({0})", "sl": "stop({0})", "sl_stop": "stop({0})",
    "trailamount": "trailing_stop({0})", "trailpercent": "trailing_stop(percent=5)",
    "trail_percent": "trailing_stop(percent=5)", "tp": "limit({0})", "take_profit": "limit({0})",
}  # fmt: skip
"""Arguments of other libraries that are a part of ``style=`` here, and the terms that say the same."""

_TYPED = ("exectype", "order_type", "ordertype", "type", "kind", "valid", "tif", "time_in_force", "tag", "price_type")


def told(function: Callable[P, R]) -> Callable[P, R]:
    """A function that answers a call which Python cannot bind with a UsageError instead of a TypeError.

    It costs a tenth of a microsecond a call: too much for the orders of a strategy, see :func:`retold`.

    >>> import qresearch as qr
    >>> qr.terms.at_open(9.6)
    Traceback (most recent call last):
    ...
    qresearch.errors.UsageError: at_open takes no argument by place: 9.6 is too much. Write at_open(*, tif='DAY', \
until=None, tag='').
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError as problem:
            # Only what was refused before the first line of the function ran: the traceback ends here.
            if problem.__traceback__ is None or problem.__traceback__.tb_next is not None:
                raise
        raise wrong_call(function, args, kwargs)

    call.__told__ = True  # type: ignore[attr-defined]
    return call


def told_calls(cls: type[C]) -> type[C]:
    """A class with :func:`told_names` of which constructor and public methods, inherited ones too, are :func:`told`."""
    return _tell(told_names()(cls), dir(cls))


def told_making(cls: type[C]) -> type[C]:
    """A class of which the constructor alone is :func:`told`, where its methods have to be fast."""
    return _tell(cls, ["__init__"])


def told_own_calls(cls: type[C]) -> type[C]:
    """A class of which only its own public methods are :func:`told`, where those that it inherits have to be fast."""
    return _tell(cls, list(vars(cls)))


def _tell(cls: type[C], names: Sequence[str]) -> type[C]:
    for name in names:
        found = inspect.getattr_static(cls, name)
        function = getattr(found, "__func__", found)
        is_ours = inspect.isfunction(function) and function.__module__.startswith("qresearch.")
        if not is_ours or hasattr(function, "__told__") or (name.startswith("_") and name not in _SPECIAL):
            continue
        wrapped = told(function)
        setattr(cls, name, type(found)(wrapped) if isinstance(found, (classmethod, staticmethod)) else wrapped)
    return cls


_SPECIAL = ("__init__", "__call__")


_UNBOUND = re.compile(r"(?P<owner>\w+)\.(?P<name>\w+)\(\) (got|missing|takes) .*?(argument '(?P<word>\w+)')?$")


def retold(problem: TypeError, owner: type) -> str:
    """What Python says of a call of a class that it cannot bind, and what to write; else what it says.

    The order functions are not :func:`told`, so that they cost a strategy nothing; whoever runs it calls this.

    Parameters
    ----------
    problem : TypeError
    owner : type
        The class whose functions are meant.

    >>> from qresearch.session.trading import TradingApi
    >>> said = "TradingApi.buy() got an unexpected keyword argument 'limit_price'"
    >>> retold(TypeError(said), TradingApi).partition(". ")[2].partition(". ")[0]
    'Prices are part of the terms of an order: pass style=qresearch.terms.limit(price)'
    """
    said = str(problem)
    found = _UNBOUND.match(said)
    function = getattr(owner, found["name"], None) if found and found["owner"] == owner.__name__ else None
    if found is None or function is None:
        return said
    parameters = list(inspect.signature(function).parameters.values())[1:]
    hint = ours(found["word"], {found["word"]: _PRICE}, [item.name for item in parameters]) if found["word"] else ""
    return f"{said}. {hint}{_usage(found['name'], parameters)}"


class _Price:
    def __repr__(self) -> str:
        return "price"


_PRICE = _Price()
"""Stands for a price that the message of Python does not tell."""


def bound(call: str, function: Callable[..., R], first: object, named: Mapping[str, Any]) -> Callable[[], R]:
    """A function with its first argument and options that a user passed on to it, or a UsageError that names them.

    Parameters
    ----------
    call : str
        What the user called.
    function : callable
    first : object
    named : mapping
    """
    try:
        inspect.signature(function).bind(first, **named)
    except TypeError:
        raise wrong_call(functools.partial(function, first), (), named, call) from None
    return functools.partial(function, first, **named)


def wrong_call(
    function: Callable[..., Any], args: Sequence[object], named: Mapping[str, Any], call: str = ""
) -> UsageError:
    """What is wrong with arguments that a function cannot take, and what to write.

    Parameters
    ----------
    function : callable
    args : sequence
        By place, the object or class itself included where the function has one.
    named : mapping
        By name.
    call : str
        What the user called, where it is not the function itself.
    """
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name in {"self", "cls"}:
        parameters, args = parameters[1:], args[1:]
    usage = f"It takes {', '.join(item.name for item in parameters)}. Pass one of these."
    if not call:
        call = _name(function)
        usage = _usage(call, parameters)
    names = [item.name for item in parameters if item.kind is not item.VAR_POSITIONAL]
    by_place = [item.name for item in parameters if item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD}]
    takes_any = any(item.kind is item.VAR_KEYWORD for item in parameters)
    if not takes_any and (unknown := [name for name in named if name not in names]):
        first = unknown[0]
        return UsageError(f"{call} has no argument {first}={shown(named[first])}. {ours(first, named, names)}{usage}")
    if len(args) > len(by_place):
        surplus = ", ".join(map(shown, args[len(by_place) :]))
        most = f"at most {len(by_place)}" if by_place else "no argument"
        return UsageError(f"{call} takes {most} by place: {surplus} is too much. {usage}")
    if twice := [name for name in by_place[: len(args)] if name in named]:
        return UsageError(
            f"{call}: {twice[0]} was given twice, by place and as {twice[0]}={shown(named[twice[0]])}. {usage}"
        )
    missing = [
        item.name
        for item in parameters
        if item.default is item.empty
        and item.kind not in {item.VAR_POSITIONAL, item.VAR_KEYWORD}
        and item.name not in named
        and item.name not in by_place[: len(args)]
    ]
    return UsageError(f"{call}: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing. {usage}")


def ours(name: str, named: Mapping[str, Any], names: Sequence[str]) -> str:
    """What an argument of a neighbour library is called here, as a sentence; else what looks like it; else nothing.

    Parameters
    ----------
    name : str
        As it was written.
    named : mapping
        All named arguments of the call.
    names : sequence of str
        The arguments that the call has.

    >>> ours("qty", {"qty": 100}, ["security", "quantity", "style"])
    'Here it is quantity=. '
    >>> ours("limit_price", {"limit_price": 9.6}, ["security", "quantity", "style"])
    'Prices are part of the terms of an order: pass style=qresearch.terms.limit(9.6). '
    """
    if "style" in names and name in _PRICED:
        both = named.keys() & {"limit_price", "limit", "price"} and named.keys() & {"stop_price", "stop"}
        terms = "stop_limit(stop_price, limit_price)" if both else _PRICED[name].format(shown(named[name]))
        return f"Prices are part of the terms of an order: pass style=qresearch.terms.{terms}. "
    if "style" in names and name in _TYPED:
        return (
            "Type and time in force are the terms of an order: pass style=qresearch.terms.limit(9.6, tif='GTC'), "
            "or another of qresearch.terms. "
        )
    for words in SAME:
        if name.lower() in words and (known := [word for word in names if word in words and word not in named]):
            return f"Here it is {known[0]}=. "
    if name in ELSEWHERE and "costs" in names:
        return ELSEWHERE[name]
    return did_you_mean(close_matches(name, [word for word in names if word not in named], 1))


def _name(function: Callable[..., Any]) -> str:
    """What a user calls it: a constructor and an object that is called by the name of their class."""
    owner, _, name = function.__qualname__.rpartition(".")
    if name == "__init__":
        return owner
    return _INNER_CAPITAL.sub("_", owner).lower() if name == "__call__" else name


_INNER_CAPITAL = re.compile("(?<=[a-z])(?=[A-Z])")


def _usage(call: str, parameters: Sequence[inspect.Parameter]) -> str:
    plain = [item.replace(annotation=item.empty) for item in parameters]
    text = f"{call}{inspect.Signature(plain)}"
    if len(text) <= _LONGEST:
        return f"Write {text}."
    names = ", ".join(item.name for item in parameters if item.kind not in {item.VAR_KEYWORD, item.VAR_POSITIONAL})
    return f"Write one of its arguments: {names}."


_LONGEST = 140
