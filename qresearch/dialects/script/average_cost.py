"""What positions have cost in the three ways of the platforms, folded from the fills."""

from __future__ import annotations

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


class HoldingTrades(dict[int, Trades]):
    """The trades of every holding, by instrument, folded from events."""

    def fork(self) -> HoldingTrades:
        """The same, to go on with."""
        return HoldingTrades(self)

    def fold(self, event: events.Record) -> None:
        """Add an event."""
        match event:
            case events.OrderFilled(at=at, instrument=instrument, quantity=quantity, notional=notional, fees=fees):
                self._trade(instrument, at, quantity, notional, fees.total)
            case events.PositionSeeded(at=at, instrument=instrument, quantity=quantity, cost=cost):
                self._trade(instrument, at, quantity, cost, 0)
            case events.SharesIssued(at=at, instrument=instrument, received=received) if instrument in self:
                self[instrument] = self[instrument].issued(at.day, received)
            case events.PositionClosed(instrument=instrument):
                self.pop(instrument, None)
            case _:
                pass

    def _trade(self, instrument: int, at: Moment, quantity: int, notional: int, fees: int) -> None:
        found = self.pop(instrument, Trades(at, at, at.day)).traded(at, quantity, notional, fees)
        if found.quantity > 0:
            self[instrument] = found
