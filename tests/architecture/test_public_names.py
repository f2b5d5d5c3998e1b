"""What the package offers, by name, and that each name is documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import qresearch

NAVIGATE = ["back", "goto", "now", "run", "step"]
TRADE = [
    "buy", "cancel", "order", "order_lots", "order_pct", "order_target", "order_target_value", "order_value", "sell",
    "set_order_cost", "set_slippage", "settings", "ticket",
]  # fmt: skip
LOOK = [
    "bars", "equity", "events", "fills", "history", "market", "memory", "message", "notices", "open_orders", "orders",
    "portfolio", "positions", "recorded", "strategy", "strict",
]  # fmt: skip
TELL = ["explain"]
KEEP = ["digest", "order_record"]


def modules() -> Iterator[ModuleType]:
    """Every module of the package that may be imported."""
    for found in pkgutil.walk_packages(qresearch.__path__, "qresearch."):
        yield importlib.import_module(found.name)


def test_all_is_sorted_and_complete() -> None:
    """Protects users from names that appear by accident or go missing."""
    public = {
        name
        for name, value in vars(qresearch).items()
        if not name.startswith("_") and not inspect.ismodule(value) and getattr(value, "__module__", "") != "__future__"
    }
    assert qresearch.__all__ == sorted(public)


def test_the_members_of_a_session_are_these() -> None:
    """Protects the session from growing without a decision: at most 40 public members, in five groups."""
    session = qresearch.Session(qresearch.sample_market())
    members = sorted(name for name in dir(session) if not name.startswith("_"))
    assert members == sorted([*NAVIGATE, *TRADE, *LOOK, *TELL, *KEEP])
    assert len(members) <= 40


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
        if inspect.isclass(value):
            for member, found in vars(value).items():
                function = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
                if not member.startswith("_") and inspect.isfunction(function) and not function.__doc__:
                    yield f"{module.__name__}.{name}.{member}"


def test_everything_public_is_documented() -> None:
    """Protects readers: no public function, class, method, property or module without a docstring."""
    assert [name for module in modules() for name in undocumented(module)] == []
