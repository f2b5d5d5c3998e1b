"""What the words of one script share: the session, the data, and what the script has set up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from copy import copy
from typing import Any

from qresearch.dialects.data.platform import Platform
from qresearch.dialects.data.tables import Tables
from qresearch.dialects.script.account import Account
from qresearch.dialects.script.average_cost import HoldingTrades
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.script.schedule import Schedule
from qresearch.domain.moment import Moment
from qresearch.domain.state import Position
from qresearch.errors import UsageError

MODULE = "platform_script"
"""``__name__`` of a script; no module of this name is ever imported."""


class Run:
    """One script in one session. No two scripts share one.

    Parameters
    ----------
    host : ScriptHost
    tables : Tables
    strict : bool
        False: what is not known among settings passes with a notice.
    frequency : {"day", "minute"}
        Whether handle_data and "every_bar" are called once a day or at every bar of minute data.
    """

    def __init__(self, host: ScriptHost, tables: Tables, *, strict: bool, frequency: str) -> None:
        self.host, self.strict, self.frequency = host, strict, frequency
        self.state: dict[str, Any] = {"schedules": [], "options": {}, "universe": [], "given": {}, "costs_before": {}}
        """What the script has set up: plain data, kept with every state of the session."""
        self.platform = Platform(host, tables, self.state)
        self.account = Account(host)
        self.costs = host.projection(HoldingTrades)
        self.namespace: dict[str, Any] = {}
        """The globals of the script."""
        self._functions: dict[str, Callable[..., Any]] = {}

    def beside(self, host: ScriptHost, number: int) -> Run:
        """The same script with another account of it, the sub-account of a number."""
        found = copy(self)
        found.host, found.account, found.costs = host, Account(host, number), host.projection(HoldingTrades)
        return found

    def function(self, name: str) -> Callable[..., Any] | None:
        """A function of the script by its name, also one that was scheduled and that no name of the script finds."""
        found = self.namespace.get(name)
        return found if callable(found) else self._functions.get(name)

    def named(self, call: str, func: Any) -> str:
        """The name under which a function that was handed over is found again.

        Raises
        ------
        UsageError
            It is no function; pass one that takes the context.
        """
        if not callable(func):
            raise UsageError(f"{call}: {func!r} is not a function. Pass one that takes the context.")
        name: str = getattr(func, "__name__", type(func).__name__)
        if self.namespace.get(name) is not func:
            self._functions[name] = func
        return name

    def schedule(self, kind: str, func: Any, number: int, time: str) -> None:
        """Have a function called; the parameters are those of :class:`~.schedule.Schedule`."""
        found = Schedule(kind, self.named(f"run_{kind}", func), time, number)
        self.state["schedules"] = [*self.state["schedules"], tuple(found)]

    def note_time(self, order_id: int) -> None:
        """Remember for today when an order was given: a moment has no time of its own, and a bar that of its end."""
        if self.host.time is not None:
            self.state["given"][order_id] = self.host.now

    def note_cost(self, order_id: int, held: Position | None) -> None:
        """Remember for today what a share of a position had cost when an order for it was given."""
        if held is not None:
            self.state["costs_before"][order_id] = self.host.amount(held.cost) / held.quantity

    def cost_before(self, order_id: int, default: float) -> float:
        """What a share had cost when an order of today was given, currency; `default` where that is not known."""
        found: float = self.state["costs_before"].get(order_id, default)
        return found

    def time_of_order(self, order_id: int, at: Moment) -> dt.datetime:
        """When something happened to an order: inside the call that gave it, the time of that call."""
        record, given = self.host.order(order_id), self.state["given"].get(order_id)
        if given is not None and record is not None and record.placed == at:
            found: dt.datetime = given
            return found
        return self.host.time_of(*at)

    @property
    def bar_time(self) -> dt.time:
        """When the bar inside the day that was met last has ended."""
        return self.host.time_of(*self.host.account.at).time()
