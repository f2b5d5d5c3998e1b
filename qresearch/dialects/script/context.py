"""``context`` and ``g``: the clock and the account as a script sees them, and what it remembers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from qresearch.dialects.script.portfolio import Portfolio
from qresearch.domain.attributes import meant
from qresearch.errors import UsageError, close_matches, did_you_mean

if TYPE_CHECKING:
    from qresearch.dialects.script.run import Run


class G:
    """``g``: attributes of a script, kept with every state of the session."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        near = did_you_mean(close_matches(name, self.__dict__))
        raise AttributeError(
            f"g has no {name!r}. {near}Set it first: g.{name} = 10. (A journal keeps plain data only: after a resume, "
            "objects of a script's own classes are gone and are set again in process_initialize.)"
        )

    def __repr__(self) -> str:
        return f"g({', '.join(self.__dict__)})"


class Context:
    """What every callback is given. Attributes that a script sets are memory: kept with every state.

    Parameters
    ----------
    run : Run
    portfolio : Portfolio
    parts : callable, optional
        Gives the sub-accounts; default: the account is the only one.
    """

    def __init__(self, run: Run, portfolio: Portfolio, parts: Callable[[], list[Portfolio]] | None = None) -> None:
        object.__setattr__(self, "_run", run)
        object.__setattr__(self, "_parts", parts or (lambda: [Portfolio(run, run.account)]))
        object.__setattr__(self, "_portfolio", portfolio)

    _run: Run
    _parts: Callable[[], list[Portfolio]]
    _portfolio: Portfolio

    @property
    def portfolio(self) -> Portfolio:
        """The account."""
        return self._portfolio

    @property
    def run_params(self) -> Any:
        """How the run was started."""
        host = self._run.host
        return SimpleNamespace(
            start_date=host.date_of(host.exchange.first), end_date=host.date_of(host.exchange.last),
            type="simple_backtest", frequency="day" if host.market.panel.intraday is None else "minute",
        )  # fmt: skip

    @property
    def current_dt(self) -> dt.datetime:
        """Date and time of the call."""
        return self._run.host.now

    @property
    def previous_date(self) -> dt.date | None:
        """The trading day before."""
        return self._run.host.previous_date

    @property
    def universe(self) -> list[str]:
        """What set_universe named."""
        return list(self._run.state["universe"])

    @property
    def subportfolios(self) -> list[Portfolio]:
        """The sub-accounts; one when nothing was divided."""
        return self._parts()

    def __getattr__(self, name: str) -> Any:
        try:
            return self._run.host.memory[name]
        except KeyError:
            raise AttributeError(f"context has no {name!r}. {self._meant(name)}".rstrip()) from None

    def _meant(self, name: str) -> str:
        """What to write in place of an attribute that is not there."""
        if callable(self._run.namespace.get(name)):
            return f"It is a function by itself: write {name}(...)."
        names = [*self._run.host.memory, *(word for word in dir(type(self)) if not word.startswith("_"))]
        return meant(name, names, {"portfolio": Portfolio}) or f"Set it first: context.{name} = 10."

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(getattr(type(self), name, None), property):
            raise UsageError(f"context.{name} belongs to the session and cannot be replaced. Choose another name.")
        self._run.host.memory[name] = value

    def __delattr__(self, name: str) -> None:
        del self._run.host.memory[name]

    def __repr__(self) -> str:
        return f"<context {self._run.host.now}: {self.portfolio!r}>"
