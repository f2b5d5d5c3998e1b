"""What charts and panels read of a log, as far as it has grown: readings for a projection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial

from qresearch.book.trips import TripRules, Trips
from qresearch.domain import events
from qresearch.domain.settings import Settings
from qresearch.engine.exchange import Exchange

KINDS: dict[type, str] = {events.OrderCreated: "placed", events.OrderFilled: "filled", events.OrderRejected: "rejected"}
"""Events that the timeline marks."""


class Fills:
    """Every execution, in order, each with the settings under which it was made."""

    def __init__(
        self, made: Iterable[tuple[events.OrderFilled, Settings]] = (), settings: Settings | None = None
    ) -> None:
        self.made, self._settings = list(made), settings

    def fold(self, event: events.Record) -> None:
        """Take in one event."""
        if isinstance(event, events.OrderFilled):
            assert self._settings is not None  # an account is opened with some
            self.made.append((event, self._settings))
        elif isinstance(event, (events.AccountOpened, events.SettingsChanged)):
            self._settings = event.settings

    def fork(self) -> Fills:
        """A reading that goes on from this one."""
        return Fills(self.made, self._settings)


class Closed:
    """Round trips, as far as they are over."""

    def __init__(self, rules: TripRules) -> None:
        self.trips = Trips(rules)

    @classmethod
    def reading(cls, exchange: Exchange) -> Callable[[], Closed]:
        """What makes readings of nothing, all by the rules of an exchange."""
        return partial(cls, TripRules.of(exchange))

    def fold(self, event: events.Record) -> None:
        """Take in one event."""
        self.trips.fold(iter((event,)))

    def fork(self) -> Closed:
        """A reading that goes on from this one."""
        return deepcopy(self)


class Marks:
    """Days (indices) on which orders were placed, filled and rejected."""

    def __init__(self) -> None:
        self.days: dict[str, list[int]] = {kind: [] for kind in KINDS.values()}

    def fold(self, event: events.Record) -> None:
        """Take in one event."""
        kind = KINDS.get(type(event))
        if kind is not None and event.at.day not in self.days[kind][-1:]:
            self.days[kind].append(event.at.day)

    def fork(self) -> Marks:
        """A reading that goes on from this one."""
        return deepcopy(self)
