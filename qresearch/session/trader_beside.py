"""How an account beside another one trades: every order is a command, which the leading account keeps."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from qresearch.domain.commands import Place
from qresearch.session.following import Follower
from qresearch.session.keeper import Keeper
from qresearch.session.origins import note_origin
from qresearch.session.port import AnySession
from qresearch.session.ticket import Ticket
from qresearch.session.traces import is_own
from qresearch.session.trader import Trader, raise_for_rejected

_getframe = sys._getframe


class TraderBeside(Trader):
    """Gives the commands of an account beside another one to its simulation.

    Parameters
    ----------
    session : AnySession
        That of the account.
    keeper : Keeper
        Of the leading account.
    simulation : Follower
    strict : bool
        Raise for every rejected order.
    """

    def __init__(self, session: AnySession, keeper: Keeper, simulation: Follower, *, strict: bool) -> None:
        super().__init__(session, keeper, strict=strict)
        self.simulation = simulation

    def place(self, security: str, method: int, asked: float, style: object) -> Ticket | None:
        """Place an order; inside a step None when it was refused."""
        if self.simulation.draft is None:
            return super().place(security, method, asked, style)
        return self._command(self.command(security, method, asked, style))

    def place_batch(self, amounts: Mapping[str, float]) -> Sequence[Ticket | None]:
        """Place orders for shares in a row: here each is a command of its own."""
        if self.simulation.draft is None:
            return super().place_batch(amounts)
        rows = zip(*self.requests(amounts), strict=True)
        return [self._command(Place(instrument, asked=asked)) for instrument, asked in rows]

    def _command(self, command: Place) -> Ticket | None:
        """Give a command inside a step; None when it was refused."""
        simulation, draft = self.simulation, self.simulation.draft
        assert draft is not None  # asked before
        accepted = simulation.do(command)
        frame = _getframe(1)
        while frame.f_back is not None and not is_own(frame.f_code.co_filename):
            frame = frame.f_back  # the calls of a session are wrapped, and a dialect has calls of its own
        note_origin(draft, frame, draft.orders)
        if not accepted:
            if self.strict:
                raise_for_rejected(draft.events[-1:])
            return None
        return self.ticket_on(simulation.timeline.branch, draft.orders)
