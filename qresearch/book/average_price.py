"""The mean price paid for the shares that are held, fees left out: what a cost per share is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from qresearch.book.history import AccountHistory
from qresearch.domain import events
from qresearch.domain.moment import CLOSE


class Paid(NamedTuple):
    """Shares of an instrument and what was paid for them, fees left out; money steps."""

    quantity: int = 0
    paid: int = 0

    def more(self, quantity: int, paid: int) -> Paid:
        """Shares came in."""
        return Paid(self.quantity + quantity, self.paid + paid)

    def less(self, quantity: int) -> Paid:
        """Shares went out, each at the mean price."""
        left = self.quantity - quantity
        return Paid(left, self.paid * left // self.quantity) if left > 0 else Paid()


def average_prices(history: AccountHistory) -> tuple[dict[int, float], list[dict[int, float]]]:
    """The mean price of what is held, by instrument: now, and at every close.

    A sale leaves the mean as it is; shares of a bonus issue or a split lower it; a rights issue counts at its price,
    shares that a session began with at their cost per share. It is the average price of most trading systems. Times
    the shares it is not the cost in the books, which has the fees of the purchases in it.

    Parameters
    ----------
    history : AccountHistory

    Returns
    -------
    (dict, list of dict)
        Currency per share by instrument; what is not held is not there.
    """
    units = history.exchange.money.units
    paid: dict[int, Paid] = {}
    at_closes, place, log = [], 0, history.log
    for state in history.closes:
        begin = place
        while place < len(log) and log[place].at[:2] <= (state.day, CLOSE):
            place += 1
        _fold(paid, events.records(iter(log[begin:place])))
        at_closes.append(_means(paid, units))
    _fold(paid, events.records(iter(log[place:])))
    return _means(paid, units), at_closes


def _means(paid: Mapping[int, Paid], units: int) -> dict[int, float]:
    return {key: held.paid / units / held.quantity for key, held in paid.items() if held.quantity}


def _fold(paid: dict[int, Paid], log: Iterable[events.Record]) -> None:
    for event in log:
        match event:
            case events.OrderFilled(instrument=key, quantity=quantity, notional=notional) if event.posts:
                held = paid.get(key, Paid())
                paid[key] = held.more(quantity, notional) if quantity > 0 else held.less(-quantity)
            case events.SharesIssued(instrument=key, received=received):
                paid[key] = paid[key].more(received, 0)
            case events.RightsSubscribed(instrument=key, received=received, paid=amount):
                paid[key] = paid.get(key, Paid()).more(received, amount)
            case events.SharesMoved(instrument=key, quantity=quantity, cost=cost):
                held = paid.get(key, Paid())
                paid[key] = held.more(quantity, cost) if quantity > 0 else held.less(-quantity)
            case events.PositionSeeded(instrument=key, quantity=quantity, cost=cost):
                paid[key] = paid.get(key, Paid()).more(quantity, cost)
            case events.PositionClosed(instrument=key, quantity=quantity):
                paid[key] = paid.get(key, Paid()).less(quantity)
            case _:
                pass
