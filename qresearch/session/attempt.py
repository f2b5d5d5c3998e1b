"""A step that failed: what it had done before the strategy raised, kept to be looked at."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from qresearch.book import frames
from qresearch.book.html import table
from qresearch.book.orders import Orders
from qresearch.domain import events
from qresearch.domain.attributes import told_names
from qresearch.errors import StrategyError
from qresearch.session.simulation import Simulation
from qresearch.session.traces import user_frame

_MOST = 60
"""Characters of a value in a table of locals."""


@told_names()
class Attempt:
    """What a failed step had done before it raised. The session itself stands before that step.

    Parameters
    ----------
    simulation : Simulation
    memory : mapping
        What the strategy remembers.
    log : list of Event
        Of the step, up to the raise.
    error : StrategyError
    """

    def __init__(
        self, simulation: Simulation, memory: Mapping[str, Any], log: list[events.Event], error: StrategyError
    ) -> None:
        self._exchange = simulation.exchange
        self._events = log
        self._before = simulation.timeline.branch, simulation.timeline.count
        self.error = error
        """The :class:`~qresearch.StrategyError`; what the strategy itself raised is its ``__cause__``."""
        frame, _ = user_frame(error.__traceback__)
        self.locals: dict[str, Any] = dict(frame.f_locals)
        """The variables of the user's function where it raised. What hangs on the session (``context``) is live."""
        self.memory: dict[str, Any] = dict(memory)
        """What the strategy remembered at the raise; ``session.memory`` is that before the step."""
        self.traceback = "".join(traceback.format_exception(error.__cause__ or error))
        """The traceback as text. ``%debug`` opens the debugger in the same place."""

    @property
    def day(self) -> str:
        """Day of the raise."""
        return self.error.day

    @property
    def phase(self) -> str:
        """Phase of the raise."""
        return self.error.phase

    @property
    def callback(self) -> str:
        """Function that raised."""
        return self.error.callback

    @property
    def line(self) -> int | None:
        """Line that raised, in its file or cell."""
        return self.error.line

    @property
    def events(self) -> pd.DataFrame:
        """What happened in the step before the raise; columns as in :attr:`Session.events`."""
        return frames.events_frame(self._exchange, self._events, self._orders())

    def _orders(self) -> Orders:
        """The orders as they were before the step."""
        branch, count = self._before
        return Orders().read(branch.log[:count])

    @property
    def fills(self) -> pd.DataFrame:
        """Executions of the step before the raise; columns as in :attr:`Session.fills`."""
        return frames.fills_frame(self._exchange, self._events)

    @property
    def orders(self) -> pd.DataFrame:
        """The orders that the step placed or touched, as they were at the raise; columns as in ``Session.orders``."""
        orders = self._orders().read(self._events)
        touched = {
            order_id
            for event in events.records(self._events)
            if (order_id := getattr(event, "order_id", None)) is not None
        }
        found = [orders[order_id] for order_id in sorted(touched)]
        return frames.orders_frame(self._exchange, found)

    def __repr__(self) -> str:
        return f"<Attempt at {self.day} {self.phase}: {self.error}>"

    def _repr_html_(self) -> str:
        names = [name for name in self.locals if not name.startswith("__")]
        rows = [(escape(name), escape(_short(self.locals[name]))) for name in names[:20]]
        shown = table(("Local", "Value"), rows, total=len(names)) if rows else ""
        return f"<div><b>Failed step</b> {escape(str(self.error))}</div>{shown}{self.orders.to_html()}"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception as problem:  # a broken repr of a user's object must not hide the rest
        return f"<{type(value).__name__}: {type(problem).__name__}>"
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
