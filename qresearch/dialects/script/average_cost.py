"""What positions have cost in the three ways of the platforms, folded from the fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qresearch.domain import events
from qresearch.domain.moment import Moment


class Trades(NamedTuple):
    """The trades of one holding since it was opened.

    Parameters
    ----------
    opened, last : Moment
        Of the first trade and of the newest one.
    day : int
        The day that is counted apart.
    quantity : int, shares
    paid : int, money steps
        Bought, fees included, less sold, fees deducted.
    started : int, shares
        Held since before `day`.
    today_quantity : int, shares
        Bought on `day`.
    today_cost : int, money steps
        For those, without fees.
    """

    opened: Moment
    last: Moment
    day: int
    quantity: int = 0
    paid: int = 0
    started: int = 0
    today_quantity: int = 0
    today_cost: int = 0

    def on(self, day: int) -> Trades:
        """The same on a day: what was bought before belongs to its beginning."""
        if day == self.day:
            return self
        return self._replace(day=day, started=self.quantity, today_quantity=0, today_cost=0)

    def traded(self, at: Moment, quantity: int, notional: int, fees: int) -> Trades:
        """After one fill more, or shares that came in another way; negative to sell."""
        held = self.on(at.day)._replace(last=at, quantity=self.quantity + quantity)
        if quantity < 0:
            return held._replace(paid=held.paid + fees - notional, started=max(held.started + quantity, 0))
        return held._replace(
            paid=held.paid + notional + fees,
            today_quantity=held.today_quantity + quantity,
            today_cost=held.today_cost + notional,
        )

    def issued(self, day: int, received: int) -> Trades:
        """After shares that were given for those held."""
        held = self.on(day)
        return held._replace(quantity=held.quantity + received, started=held.started + received)


def fold_trades(held: dict[int, Trades], log: Sequence[events.Event]) -> None:
    """Add some events to the trades of every holding, by instrument."""
    for event in events.records(iter(log)):
        match event:
            case events.OrderFilled(at=at, instrument=column, quantity=quantity, notional=notional, fees=fees):
                _trade(held, column, at, quantity, notional, fees.total)
            case events.PositionSeeded(at=at, instrument=column, quantity=quantity, cost=cost):
                _trade(held, column, at, quantity, cost, 0)
            case events.SharesIssued(at=at, instrument=column, received=received) if column in held:
                held[column] = held[column].issued(at.day, received)
            case events.PositionClosed(instrument=column):
                held.pop(column, None)
            case _:
                pass


def _trade(held: dict[int, Trades], column: int, at: Moment, quantity: int, notional: int, fees: int) -> None:
    found = held.pop(column, Trades(at, at, at.day)).traded(at, quantity, notional, fees)
    if found.quantity > 0:
        held[column] = found
