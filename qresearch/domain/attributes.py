"""Attributes and items that are not there: answered with the name that was meant, and never kept in silence.

Where the word of a neighbour library is meant, the message says ours.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, NoReturn, TypeVar

from qresearch.errors import UnknownName, UsageError, close_matches, did_you_mean, shown

C = TypeVar("C")

SAME_NAMES: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        "equity total_value net_value portfolio_value total_asset total_portfolio_value nav",
        "available available_cash buying_power enable_balance",
        "market_value positions_value total_holdings_value",
        "quantity shares size volume amount total_amount",
        "sellable closeable_amount can_use_volume enable_amount",
        "average_cost avg_cost cost_basis avg_price open_price",
        "profit pnl unrealized_pnl unrealized_profit floating_profit position_profit",
        "price last_price last_sale_price current_price",
        "positions holdings",
        "orders open_orders get_orders",
        "fills trades executions deals get_trades",
        "plot show chart",
        "now current_dt current_date today datetime",
        "day date",
    )
)
"""Attributes of other libraries' accounts, holdings and orders, and ours for the same thing."""

ELSEWHERE = {
    **dict.fromkeys(
        ("commission", "commissions", "fees", "fee", "commission_rate", "tax", "stamp_duty"),
        "Costs are set with costs='zero', or by rates with session.set_order_cost(open_commission=0.00025). ",
    ),
    **dict.fromkeys(
        ("margin", "leverage", "allow_short", "short"),
        "Only an account of that kind borrows and sells short: account='margin', or 'margin_us'. ",
    ),
    **dict.fromkeys(("trade_on_close", "cheat_on_open", "coc", "coo"), "When a request fills is set with clock=. "),
    "universe": "The symbols are those of the market: read_market(..., symbols=[...]). ",
    "data_frequency": "The bars are those of the market: sample_market('minute'), or read_market of minute bars. ",
    **dict.fromkeys(
        ("open", "high", "low", "close", "volume", "turnover", "vwap"),
        "Bars are read with history('600519', 20, 'close'), the last one inside a strategy with "
        "data['600519']['close']. ",
    ),
    **dict.fromkeys(
        ("order_target_percent", "order_target_pct", "order_percent", "set_holdings"),
        "Write order_target_value('600519', 0.5 * context.portfolio.equity). ",
    ),
    **dict.fromkeys(
        ("orders", "open_orders", "get_open_orders", "get_orders"),
        "Keep the tickets that the order functions return: each tells its status and can be canceled; "
        "session.orders lists all. ",
    ),
}
"""What other libraries pass or set, and how it is said here."""


NO_PARTS: Mapping[str, type] = {}
_FEW = 8
"""Names up to which a message lists all."""


def _none(_: object, __: str) -> str:
    return ""


def told_names(remedy: Callable[[Any, str], str] = _none, /, **parts: type) -> Callable[[type[C]], type[C]]:
    """A class whose objects answer an attribute that they do not have with an error that names those that are near.

    So they answer brackets, where they have no items. Looking up what there is gets slower by some hundredths of a
    microsecond.

    Parameters
    ----------
    remedy : callable
        Takes the object and a name that it does not have, and says what to write; empty for what is near.
    **parts : type
        Classes of attributes of the object, by their names: what is looked for may be there.

    >>> import qresearch as qr
    >>> qr.Session(qr.sample_market()).trade_details
    Traceback (most recent call last):
    ...
    qresearch.errors.UnknownName: Session has no 'trade_details'. Did you mean tables.trade_details? See dir() for all.
    """

    def hint(owner: object, name: str) -> str:
        return remedy(owner, name) or near(name, dir(owner), parts)

    def tell(cls: type[C]) -> type[C]:
        def __getattr__(self: object, name: str) -> object:  # noqa: N807  # of the class
            if name.startswith("_") or hasattr(type(self), name):
                # What is there and raised by itself says so again; what front ends try is nobody's mistake.
                return object.__getattribute__(self, name)
            raise UnknownName(f"{type(self).__name__} has no {shown(name)}. {hint(self, name)}")

        def __getitem__(self: object, key: object) -> NoReturn:  # noqa: N807  # of the class
            word, kind = str(key), type(self).__name__
            said = f"Write .{word}." if word in dir(self) and word.isidentifier() else hint(self, word)
            raise UsageError(f"{kind}[{shown(key)}]: {kind} holds no items in brackets. {said}")

        __getitem__.__told__ = True  # type: ignore[attr-defined]
        cls.__getattr__ = __getattr__  # type: ignore[attr-defined]
        if hasattr(getattr(cls, "__getitem__", __getitem__), "__told__"):
            cls.__getitem__ = __getitem__  # type: ignore[index]
        if is_dataclass(cls) and cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            cls.__setattr__ = cls.__delattr__ = _refuse  # type: ignore[method-assign]
        return cls

    return tell


def _refuse(owner: object, name: str, *_: object) -> NoReturn:
    kind = type(owner).__name__
    raise UnknownName(f"{kind}.{name} cannot be set: {kind} never changes once it was made. Make another one.")


def sealed(*own: str) -> Callable[[type[C]], type[C]]:
    """A class whose objects refuse to be given an attribute that nobody reads, such as a misspelled one.

    Parameters
    ----------
    *own : str
        Public attributes that an object gives itself, once.

    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market())
    >>> session.stratgy = None
    Traceback (most recent call last):
    ...
    qresearch.errors.UnknownName: Session has no 'stratgy' to be set. Did you mean strategy? message and strategy can \
be set.
    """

    def seal(cls: type[C]) -> type[C]:
        taken = [name for name in dir(cls) if getattr(getattr(cls, name), "fset", None) is not None]

        def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807  # of the class
            if not (name.startswith("_") or name in taken or (name in own and name not in vars(self))):
                raise UnknownName(_not_set(self, name, taken))
            object.__setattr__(self, name, value)

        cls.__setattr__ = __setattr__  # type: ignore[method-assign]
        return cls

    return seal


def _not_set(owner: object, name: str, taken: Sequence[str]) -> str:
    """Why an attribute cannot be set, and what to do."""
    kind, there = type(owner), dir(owner)
    said = (
        f"{kind.__name__}.{name} cannot be set" if name in there else f"{kind.__name__} has no {shown(name)} to be set"
    )
    if f"set_{name}" in there:
        hint = f"Call set_{name}(...). "
    elif name in inspect.signature(kind).parameters:
        hint = f"It is an argument of {kind.__name__}(..., {name}=...). "
    else:
        hint = ELSEWHERE.get(name) or did_you_mean(close_matches(name, taken))
    return f"{said}. {hint}{' and '.join(taken)} can be set."


def told_module(module: str, names: Sequence[str]) -> Callable[[str], NoReturn]:
    """What a module that has some public names answers when it is asked for another: its ``__getattr__``."""

    def __getattr__(name: str) -> NoReturn:  # noqa: N807  # of the module
        if name.startswith("_"):  # what Python and front ends look for is nobody's mistake
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise UnknownName(f"{module} has no {shown(name)}. {near(name, names)}")

    return __getattr__


def near(name: str, names: Sequence[str], parts: Mapping[str, type] = NO_PARTS) -> str:
    """What to write in place of an attribute that is not there, as sentences: :func:`meant`, and where all are.

    >>> near("total_value", ["cash", "equity"])
    'Here it is equity. It has cash, equity.'
    """
    known = [word for word in names if not word.startswith("_")]
    rest = f"It has {', '.join(known)}." if 0 < len(known) <= _FEW else "See dir() for all."
    return f"{meant(name, names, parts)}{rest}"


def meant(name: str, names: Sequence[str], parts: Mapping[str, type] = NO_PARTS) -> str:
    """What was meant by the name of an attribute that is not there, as sentences; nothing where nobody knows.

    Parameters
    ----------
    name : str
    names : sequence of str
        Those that are there; private ones are passed over.
    parts : mapping of str to type
        Classes of some of them, by their names: the name, or ours for the same, may be found in one.

    >>> from qresearch.book.portfolio import Portfolio
    >>> meant("total_value", ["history", "portfolio"], {"portfolio": Portfolio})
    'Here it is portfolio.equity. '
    """
    known = [word for word in names if not word.startswith("_")]
    there = [f"{part}.{name}" for part, kind in parts.items() if hasattr(kind, name)]
    if there:
        return did_you_mean(there)
    same = [word for words in SAME_NAMES if name in words for word in known if word in words]
    ours = [word for words in SAME_NAMES if name in words for word in sorted(words)]
    same += [f"{part}.{word}" for part, kind in parts.items() for word in ours if hasattr(kind, word)]
    if same:
        return f"Here it is {same[0]}. "
    return f"{did_you_mean(close_matches(name, known))}{ELSEWHERE.get(name, '')}"
