"""The modules of the family of ``xtquant`` over one session, by their full names."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from qresearch.dialects.xtquant import callbacks, other_types, xtconstant, xttype
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.quotes import Quotes
from qresearch.dialects.xtquant.trader import XtQuantTrader

MARK = "__qresearch__"
"""An attribute of every module here, which those of the real client have not."""


def family(desk: Desk, quotes: Quotes) -> dict[str, ModuleType]:
    """``xtquant``, ``xtquant.xttrader``, ``xttype``, ``xtconstant`` and ``xtdata`` over a session."""
    constants = _public(vars(xtconstant))
    types = {
        name: kind for part in (xttype, other_types) for name, kind in vars(part).items()
        if isinstance(kind, type) and kind.__module__ == part.__name__
    }  # fmt: skip
    trader = type("XtQuantTrader", (XtQuantTrader,), {"xt_desk": desk, "__doc__": XtQuantTrader.__doc__})
    parts = {
        "xtconstant": _module("xtquant.xtconstant", constants),
        "xttype": _module("xtquant.xttype", {**types, "ACCOUNT_TYPES": xttype.ACCOUNT_TYPES}),
        "xtdata": _module("xtquant.xtdata", quotes.words()),
    }
    parts["xttrader"] = _module("xtquant.xttrader", {
        **types, "XtQuantTrader": trader, "XtQuantTraderCallback": callbacks.XtQuantTraderCallback,
        "xtconstant": parts["xtconstant"], "xttype": parts["xttype"], "_XTCONST_": parts["xtconstant"],
        "_XTTYPE_": parts["xttype"],
    })  # fmt: skip
    top = _module("xtquant", parts)
    top.__dict__["__path__"] = []
    return {"xtquant": top, **{f"xtquant.{name}": part for name, part in parts.items()}}


def _public(names: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in names.items() if name.isupper() or name.startswith("OFFSET_")}


def _module(name: str, names: dict[str, Any]) -> ModuleType:
    found = ModuleType(name, "Of qresearch: the simulated exchange answers, and no order leaves this machine.")
    found.__dict__.update({**names, MARK: True, "__all__": [word for word in names if not word.startswith("_")]})
    return found
