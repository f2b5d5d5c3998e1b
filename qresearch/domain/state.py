"""What one moment looks like: positions, and the frozen state of an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qresearch.domain.events import Placed
from qresearch.domain.fees import NO_FEES, Fees
from qresearch.domain.ledger import EMPTY, Ledger
from qresearch.domain.moment import Moment
from qresearch.domain.reasons import NO_FACTS, Facts, Reason
from qresearch.domain.settings import Settings
from qresearch.domain.terms import STOP_KINDS, TRIGGERED_KINDS, Terms


class Position(NamedTuple):
    """Shares of one instrument.

    Parameters
    ----------
    quantity : int, shares
    cost : int, money steps
        What the shares still held have cost, buying fees included (moving average: a sale takes its share of it).
    buy_day : int
        Index of the day of the latest purchase.
    bought : int, shares
        Bought on `buy_day`; under T+1 they cannot be sold on that day.
    """

    quantity: int
    cost: int
    buy_day: int
    bought: int

    def sellable(self, day: int) -> int:
        """Shares that may be sold on a day under T+1.

        The unlock of the next day needs no work: it follows from the day.

        >>> Position(300, 3000, buy_day=7, bought=100).sellable(7), Position(300, 3000, 7, 100).sellable(8)
        (200, 300)
        """
        return self.quantity - self.bought if self.buy_day == day else self.quantity


class Amendment(NamedTuple):
    """What a queued order is now, where it is no longer what was sent.

    Parameters
    ----------
    quantity : int, shares
        Signed; 0 when it was canceled.
    terms : Terms
    """

    quantity: int
    terms: Terms


class OpenOrder(NamedTuple):
    """An order that met the market and still has shares left.

    Parameters
    ----------
    order_id : int
    instrument : int
    leaves : int, shares
        Positive to buy, negative to sell.
    terms : Terms
    cap : int or None, money steps
        Value that the buy must not exceed; on the whole position when `caps_position`.
    caps_position : bool
    reason : Reason or None
        What keeps it waiting.
    facts : mapping
        The numbers of the case.
    triggered : bool
        Its stop or trigger has been reached.
    stop : float or None, currency per share
        Where its stop stands now.
    notional : int, money steps
        Filled so far.
    fees : Fees
        Charged so far: the least commission is that of one order.
    cancel_requested : bool
        A cancel takes effect at the next match.
    update : Amendment or None
        An update takes effect at the next match; its quantity is what will be left.
    placed : Moment
        When it was asked for.
    filled : int, shares
        Filled so far, not signed. What is left of such an order is bound to no lot.
    """

    order_id: int
    instrument: int
    leaves: int
    terms: Terms
    cap: int | None = None
    caps_position: bool = False
    reason: Reason | None = None
    facts: Facts = NO_FACTS
    triggered: bool = False
    stop: float | None = None
    notional: int = 0
    fees: Fees = NO_FEES
    cancel_requested: bool = False
    update: Amendment | None = None
    placed: Moment = Moment(-1, 0)
    filled: int = 0

    @property
    def is_untouched(self) -> bool:
        """True for a stop, or an order with a trigger, that has not been reached yet: it holds nothing back.

        >>> from qresearch.domain.terms import limit, stop
        >>> OpenOrder(1, 0, -100, stop(9.5)).is_untouched, OpenOrder(1, 0, -100, limit(10.5)).is_untouched
        (True, False)
        """
        return not self.triggered and self.terms.kind in TRIGGERED_KINDS

    @property
    def closes(self) -> bool:
        """True for a stop or trailing stop that sells."""
        return self.protects(1)

    def protects(self, held: float) -> bool:
        """True for a stop or trailing stop against what is held: one that sells a long side, or buys a short one."""
        return self.leaves * held < 0 and self.terms.kind in STOP_KINDS


class TaxLot(NamedTuple):
    """Shares bought together, with the dividends on which tax is still open.

    Parameters
    ----------
    day : int
        Index of the day of purchase.
    quantity : int, shares
    dividends : tuple of (int, int)
        (index of the ex-date, money steps received on this lot) of each dividend not taxed yet.
    """

    day: int
    quantity: int
    dividends: tuple[tuple[int, int], ...]


class State(NamedTuple):
    """The account at one moment. Never changed; the next moment is another state.

    Parameters
    ----------
    at : Moment
        Where the clock stands.
    cash : int, money steps
    realised : int, money steps
        Profit of shares sold, dividends and taxes since the start; with the floating profit it gives the total.
    positions : mapping of instrument to Position
    queue : tuple of Placed
        Requests that wait for the next open.
    amended : mapping of order id to Amendment
        Queued orders that are no longer what was sent: canceled, updated, or scaled by a split.
    working : mapping of order id to OpenOrder
    orders : int
        Number of orders placed so far; order ids count from 1.
    settings : Settings
        Costs, slippage and options in force.
    stale : frozenset of int
        Columns held whose data ended without a delisting on record.
    tax_lots : mapping of instrument to tuple of TaxLot
        Kept only when dividends are taxed by holding period.
    taken : mapping of instrument to (day, bar, shares)
        Shares taken from the volume of the latest bar with a fill; kept only under a volume cap.
    ledger : Ledger
        What is held and owed beside cash and shares paid in full.
    """

    at: Moment
    cash: int
    realised: int
    positions: Mapping[int, Position]
    queue: tuple[Placed, ...]
    amended: Mapping[int, Amendment]
    working: Mapping[int, OpenOrder]
    orders: int
    settings: Settings
    stale: frozenset[int]
    tax_lots: Mapping[int, tuple[TaxLot, ...]]
    taken: Mapping[int, tuple[int, int, int]]
    ledger: Ledger = EMPTY

    @classmethod
    def blank(cls, at: Moment, settings: Settings) -> State:
        """An account before it is opened: no cash, nothing held, nothing asked for."""
        return cls(at, 0, 0, {}, (), {}, {}, 0, settings, frozenset(), {}, {})

    @property
    def day(self) -> int:
        """Index of the trading day."""
        return self.at.day

    @property
    def phase(self) -> int:
        """Number of the phase."""
        return self.at.phase

    @property
    def bar(self) -> int:
        """Number of the bar inside the day; 0 on daily bars and outside of bars."""
        return self.at.bar
