"""What trading costs a script by the type of what it trades, and by code.

The session charges everything at one set of rates. Where a script has set several, those of a code are put in force
before each of its orders: on the clock of the same bar the order is matched by them inside the call.

Assumptions
-----------
An order that rests is charged at the rates of the newest order: a notice says so where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qresearch.dialects.data.codes import spelled
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.settings import set_costs
from qresearch.domain.instrument import Board
from qresearch.engine.slippage import groups_of

COSTS = {
    "open_tax": 0.0,
    "close_tax": 0.001,
    "open_commission": 0.0003,
    "close_commission": 0.0003,
    "min_commission": 5,
}
"""The platform's default for shares: 0.03 % each way, at least 5 yuan, 0.1 % stamp tax on sales, whatever the date."""

MONEY_FUNDS = ("mmf", "money_market_fund")
_OF_BOARD = {Board.ETF: ("etf",), Board.LOF: ("lof",), Board.CLOSED_END: ("fja", "fjb", "fjm")}
_FUNDS = (
    "fund",
    "stock_fund",
    "mixture_fund",
    "bond_fund",
    "QDII_fund",
    "open_fund",
    "etf",
    "lof",
    "fja",
    "fjb",
    "fjm",
)
TYPES = ("stock", *_FUNDS, *MONEY_FUNDS, "index_futures", "futures")
"""Types that costs and slippage can be set for."""


class CostsByType:
    """The rates that a script has set, kept with every state of the session.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def default(self) -> dict[str, Any]:
        """What shares cost before a script sets anything."""
        has_rules = self._run.host.market.venue.rules.has_history
        return dict(COSTS) if has_rules else dict.fromkeys(COSTS, 0.0)

    def set_all(self, rates: Mapping[str, Any]) -> None:
        """Have everything cost the same."""
        self._run.state["costs"] = {}
        set_costs(self._run, **rates)

    def set(self, rates: Mapping[str, Any], kind: str, code: str | None = None) -> None:
        """Set the rates of a type, or of one code."""
        known = self._run.state.get("costs", {})
        self._run.state["costs"] = {**known, kind if code is None else spelled(code): dict(rates)}
        if not known or kind == "stock":
            set_costs(self._run, **rates)

    def hold_for(self, column: int) -> None:
        """Put the rates of an instrument in force, for an order that is sent next."""
        run, known = self._run, self._run.state.get("costs", {})
        if known.keys() <= {"stock"}:
            return
        before = run.host.account.settings.costs
        set_costs(run, **self._rates(column, known))
        if run.host.account.settings.costs != before and run.host.waiting():
            run.host.tell("Orders that rest are charged at the costs of the newest order, whatever its type.")

    def _rates(self, column: int, known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        item = self._run.host.market.instruments[column]
        groups, names = groups_of(item), [self._run.platform.code(column)]
        if "fund" in groups:
            own = MONEY_FUNDS if "money_fund" in groups else _OF_BOARD.get(item.board, ())
            names += [*own, *_FUNDS]
        found = (known[name] for name in (*names, "stock") if name in known)
        return next(found, None) or self.default()
