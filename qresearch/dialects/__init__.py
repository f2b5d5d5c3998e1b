"""Other systems' words over a session, and :func:`open_script`, which runs a script of one of them.

Read :mod:`~.script` (what they share) and :mod:`~.data`, then :mod:`~.joinquant`, :mod:`~.easyquant`,
:mod:`~.xtquant`, :mod:`~.lean` and :mod:`~.swordfish`. A session loads it with the first script, and the top floor may
import it; it takes a session by its public face and makes none itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from qresearch.errors import UsageError, choose
from qresearch.market.market import Market

S = TypeVar("S")

DIALECTS = {"joinquant": "Script", "easyquant": "EasyScript", "xtquant": "Script", "lean": "Script"}
"""Systems whose scripts run here: the package of each, and its class of scripts."""

MODULES = {
    "joinquant": ("jqdata", "jqlib", "jqfactor", "kuanke"), "xtquant": ("xtquant",),
    "lean": ("AlgorithmImports", "QuantConnect", "clr"),
}  # fmt: skip
"""Modules by which one knows for which of them a script was written."""

_SET_BY_DIALECT = ("strategy", "clock")


def open_script(
    make: Callable[..., S],
    script: object,
    market: Market,
    *,
    dialect: str,
    start: object,
    end: object,
    cash: float,
    frequency: str,
    data: object,
    strict: bool | None,
    options: Mapping[str, Any],
) -> S:
    """A session that runs a script; see :meth:`Session.from_script`."""
    for name in _SET_BY_DIALECT:
        if name in options:
            raise UsageError(f"from_script: {name}= is set by the dialect. Leave it out.")
    # Loaded with the first script, not before.
    kind = getattr(import_module(f"{__name__}.{choose('dialect', dialect, DIALECTS)}"), DIALECTS[dialect])
    chosen = {} if strict is None else {"strict": strict}
    strategy = kind.read(script, data=data, frequency=frequency, **chosen)
    settings = {**strategy.options(), **options}
    return make(**strategy.opening(market, start, end, cash), strategy=strategy, **settings)


def dialect_hint(problem: BaseException | None) -> str:
    """What to add to a command where a script asks for the modules of a system that is known here; else nothing.

    >>> dialect_hint(ModuleNotFoundError("No module named 'jqdata'", name="jqdata"))
    ' It asks for jqdata: add --dialect joinquant.'
    """
    missing = (getattr(problem, "name", None) or "").split(".")[0] if isinstance(problem, ImportError) else ""
    found = next((name for name, modules in MODULES.items() if missing in modules), None)
    return "" if found is None else f" It asks for {missing}: add --dialect {found}."
