"""The accounts beside the first one, as a script comes to them: opened, found by name, and money between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from qresearch.engine.updates import free_to_leave
from qresearch.session.following import Follower
from qresearch.session.port import AnySession
from qresearch.session.simulation import Simulation
from qresearch.session.strategy import Hosting
from qresearch.session.trader import Trader
from qresearch.session.trader_beside import TraderBeside

H = TypeVar("H")


class _Beside:
    """What a session gives to a script, for an account beside the first one."""

    def __init__(self, hosting: Hosting, session: AnySession) -> None:
        self.session, self.simulation = session, session.simulation
        self.keeper, self.memory, self.call = hosting.keeper, hosting.memory, hosting.call
        self.debugger, self.dialect = hosting.debugger, hosting.dialect
        assert isinstance(self.simulation, Follower)  # only those stand beside the first one
        self.trader: Trader = TraderBeside(session, self.keeper, self.simulation, strict=hosting.trader.strict)


class Others(Generic[H]):
    """The accounts beside the one of a port.

    Parameters
    ----------
    hosting : Hosting
        What the session gives to a script.
    port : callable
        Makes the port to an account of what a session gives to a script.
    """

    def __init__(self, hosting: Hosting, port: Callable[[Hosting], H]) -> None:
        self._hosting, self._port = hosting, port
        self._known: dict[Simulation, H] = {}

    @property
    def is_beside(self) -> bool:
        """True where the port leads to an account beside the first one."""
        return isinstance(self._hosting.simulation, Follower)

    @property
    def name(self) -> str:
        """The name of the account of the port among those of the session."""
        simulation = self._hosting.simulation
        return simulation.name if isinstance(simulation, Follower) else simulation.exchange.account.name

    def open(self, name: str, cash: float, **options: Any) -> None:
        """Open an account beside this one, and move some of the cash of this one into it."""
        self._hosting.session.account.all.open(name, **options)
        if cash:
            self.transfer(self.name, name, cash)

    def port_to(self, name: str) -> H:
        """The port to an account beside this one."""
        session: AnySession = self._hosting.session.account.all[name]
        found = self._known.get(session.simulation)
        if found is None:
            found = self._known[session.simulation] = self._port(_Beside(self._hosting, session))
        return found

    def free_to_leave(self) -> int:
        """Money steps that may leave the account of the port now."""
        simulation = self._hosting.simulation
        return free_to_leave(simulation.account, simulation.exchange)

    def transfer(self, source: str, target: str, cash: float) -> bool:
        """Move money between accounts, by their names; False when it was refused."""
        moved: bool = self._hosting.session.account.all.transfer(source, target, cash)
        return moved
