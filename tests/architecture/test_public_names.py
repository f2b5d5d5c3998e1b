"""What the package offers, by name, and that each name is documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import qresearch
from qresearch.session.trading import TradingApi

NAVIGATE = ["attempt", "back", "branch", "branches", "breakpoints", "goto", "now", "run", "step", "what_if"]
TRADE = [
    "buy", "cancel", "order", "order_batch", "order_lots", "order_pct", "order_target", "order_target_value",
    "order_value", "sell", "account", "set_order_cost", "set_slippage", "settings", "ticket",
]  # fmt: skip
LOOK = [
    "equity", "events", "fills", "history", "market", "memory", "message", "notices", "open_orders", "orders",
    "portfolio", "positions", "simulation", "strategy", "tables", "watch",
]  # fmt: skip
TELL = ["explain", "panels", "plot", "report", "show", "words"]
KEEP = ["digest", "save_recording", "save_results", "to_script"]
CONSTRUCTORS = ["from_script", "resume"]
"""Other ways to make a session: they belong to the class, nobody meets them on a session that stands before him."""
MOST_MEMBERS = 42

PORTS = {"AnySession": "Session", "Held": "Holding", "Valued": "Portfolio"}
"""Faces of classes, for those who may not know these: what each member is stands at the class."""

NOT_OFFERED = {"TYPE_CHECKING", "annotations", "load_ipython_extension"}
"""In the facade for Python's or IPython's sake, not for users."""


def modules() -> Iterator[ModuleType]:
    """Every module of the package that may be imported."""
    for found in pkgutil.walk_packages(qresearch.__path__, "qresearch."):
        yield importlib.import_module(found.name)


def test_all_is_sorted_and_complete() -> None:
    """Protects users from names that appear by accident or go missing."""
    public = {
        name
        for name, value in vars(qresearch).items()
        if not name.startswith("_") and (name in qresearch.__all__ or not inspect.ismodule(value))
    } - NOT_OFFERED
    assert qresearch.__all__ == sorted(public)


def members_of_a_session() -> list[str]:
    """Public methods, properties and attributes."""
    return [name for name in dir(qresearch.Session(qresearch.sample_market())) if not name.startswith("_")]


def test_the_members_of_a_session_are_these() -> None:
    """Protects the session from growing without a decision: each member belongs to one of five groups."""
    assert members_of_a_session() == sorted([*NAVIGATE, *TRADE, *LOOK, *TELL, *KEEP, *CONSTRUCTORS])


def test_a_session_can_be_overseen() -> None:
    """Protects the one object that a user must know: at most 42 public members, a namespace counts as one.

    The order functions are counted once for the session and the context together, as the Trading API that both offer.
    """
    shared = {name for name in dir(TradingApi) if not name.startswith("_")}
    assert len(set(members_of_a_session()) - shared - set(CONSTRUCTORS)) <= MOST_MEMBERS


def undocumented(module: ModuleType) -> Iterator[str]:
    """Public functions, classes and methods of a module without a docstring of their own."""
    if not module.__doc__:
        yield module.__name__
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        # A dataclass without words of its own gets its signature for a docstring.
        bare = not value.__doc__ or value.__doc__.startswith(f"{name}(")
        if bare and (inspect.isclass(value) or inspect.isfunction(value)):
            yield f"{module.__name__}.{name}"
        if inspect.isclass(value) and name not in PORTS:
            for member, found in vars(value).items():
                function = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
                if not member.startswith("_") and inspect.isfunction(function) and not function.__doc__:
                    yield f"{module.__name__}.{name}.{member}"


def test_everything_public_is_documented() -> None:
    """Protects readers: no public function, class, method, property or module without a docstring."""
    assert [name for module in modules() for name in undocumented(module)] == []
