"""What happens in the accounts beside the first one: their events as a step of the first one goes on, or is redone."""

from __future__ import annotations

from collections.abc import Iterator

from qresearch.book.timeline import Branch
from qresearch.domain import events
from qresearch.session.port import AnySession
from qresearch.session.simulation import Simulation


class Beside:
    """The accounts beside the first one, and how far the events of each have been read in the step under way.

    Parameters
    ----------
    session : AnySession
        The first one, or any of them.
    """

    def __init__(self, session: AnySession) -> None:
        self._session = session
        self._accounts: dict[str, Simulation] = {}
        self._seen: dict[str, int] = {}
        self._looked: dict[Branch, int] = {}
        self._known: tuple[Branch, int] | None = None
        """For which branch, and how many events before its first day, the accounts were looked up."""

    def simulations(self) -> dict[str, Simulation]:
        """Those that there are on the present branch, by name.

        Raises
        ------
        UsageError
            One was opened with a model of the user's own, which is not there yet.
        """
        branch = self._session.simulation.timeline.branch
        known = branch, branch.counts[0]
        if known != self._known:
            accounts = self._session.account.all
            self._accounts = {name: accounts[name].simulation for name in accounts.names[1:]}
            self._known = known
        return self._accounts

    def begin(self) -> None:
        """Before a step: nothing of it has been read."""
        self._seen = dict.fromkeys(self.simulations(), 0)

    def news(self) -> Iterator[tuple[str, Simulation, list[events.Event]]]:
        """By account, its events of the step that were not read yet; of a step that is over all of them."""
        for name, simulation in self._accounts.items():
            draft = simulation.draft
            if draft is not None:
                fresh = draft.events[self._seen[name] :]
            else:
                branch = simulation.timeline.branch
                place = branch.cursor
                fresh = branch.log[branch.counts[place - 1] if place else 0 : branch.counts[place]][self._seen[name] :]
            self._seen[name] += len(fresh)
            yield name, simulation, fresh

    def since(self) -> Iterator[tuple[str, list[events.Event]]]:
        """By account, its events up to where it stands that had not happened when this was asked last."""
        for name, simulation in self.simulations().items():
            timeline = simulation.timeline
            branch, upto = timeline.branch, timeline.count
            yield name, branch.log[self._looked.get(branch, 0) : upto]
            self._looked[branch] = upto
