"""Commands and events, side by side.

A command is an imperative (``Place``, ``Cancel``, ``ChangeSettings``); deciding it yields events, facts in the past
tense. Events are all that the simulator says; folding them gives the state.

The moment of an event is its day, its phase and, on minute data, its bar: the number of the bar of that day in which
it happened, from 1 (at ``OPEN`` the first, at ``CLOSE`` the last); 0 on daily bars and outside of bars.

Two kinds of event are kept as a block of columns, because a match makes many at once: :class:`Placed` (all requests
of one callback) and :class:`Matched` (all orders of one open). :func:`records` turns either into single events when
someone looks.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from qresearch.domain.order import Method
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.terms import MARKET_DAY, Terms

# ---------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs. Rates are integers of a billionth, money is in money steps.

    Parameters
    ----------
    open_tax, close_tax : int
        Stamp duty on buys and on sells. Funds and bonds pay none on a venue with rules.
    open_commission, close_commission : int
        Commission on buys and on sells.
    min_commission : int, money steps
        Least commission of one order.
    historical : bool
        Stamp duty and transfer fee follow the dated rule book of the venue; the taxes above are then not used.
    rounding : {"each", "total"}
        Whether commission and stamp duty of a fill are each rounded to the money step, or their sum.
    transfer_fee : int
        Transfer fee on both sides; like the taxes, not used when `historical`.
    """

    open_tax: int
    close_tax: int
    open_commission: int
    close_commission: int
    min_commission: int
    historical: bool = False
    rounding: str = "each"
    transfer_fee: int = 0


@dataclass(frozen=True, slots=True)
class Slippage:
    """How far the fill price moves against the order.

    Parameters
    ----------
    kind : {"none", "fixed", "bps", "volume_share", "spread", "spread_rate"}
    size : float
        fixed: currency per share; bps: basis points of the price; volume_share: the price impact, as a fraction of
        the price, of taking a whole day's volume (grows with the square of the share taken); spread, spread_rate: what
        lies between a buy and a sell, currency per share or a fraction of the price, of which each side pays half.
    """

    kind: str = "none"
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a session can set about execution; one frozen value, so that going back undoes a change.

    Parameters
    ----------
    costs : Costs
    slippage : Slippage
    participation : float or None
        Largest part of a bar's volume that all orders in one instrument may take together; None: no cap.
    clock : {"next_open", "same_bar"}
        Whether a request meets the market at the next open or inside the call: :mod:`qresearch.engine.immediate`.
    sizing : {"native", "joinquant"}
        How shares are counted: as :mod:`qresearch.engine.sizing` says, or with the three differences that it names.
    fill_model : {"a_share", "lean_equity"}
        When and at what price orders with terms of their own fill: :mod:`qresearch.engine.fills`, or the rules of LEAN.
    reserve : {"limit", "last", "none"}
        Price at which resting buys reserve cash: their limit or stop, the last visible price, or not at all; with
        "none" resting sells hold no shares back either.
    cancel_latency : {"none", "next_match"}
        Whether cancels and updates take effect at once or at the next match, where a fill may come first.
    open_order_margin : bool
        After a fill, open orders that the account can no longer carry are ended.
    match_order : {"sells_first", "fifo"}
    shortfall : {"trim", "reject"}
        What happens to an order for more than the cash or the shares allow.
    rights : {"lapse", "subscribe"}
    delisting : {"last", "zero"}
        Price at which a recorded delisting closes a position. ``last`` flatters.
    dividend_tax : {"none", "holding_period"} or float
        A number is a flat rate withheld at payment.
    """

    costs: Costs
    slippage: Slippage = Slippage()
    participation: float | None = None
    fill_model: str = "a_share"
    reserve: str = "limit"
    cancel_latency: str = "none"
    open_order_margin: bool = False
    match_order: str = "sells_first"
    shortfall: str = "trim"
    rights: str = "lapse"
    delisting: str = "last"
    dividend_tax: str | float = "none"
    clock: str = "next_open"
    sizing: str = "native"


# ---------------------------------------------------------------------------------------------------- commands


@dataclass(frozen=True, slots=True)
class Place:
    """Ask for an order.

    Parameters
    ----------
    instrument : int
    method : Method
        How `asked` is meant.
    asked : float
        Shares, lots, money, or a fraction; negative to sell.
    """

    instrument: int
    method: Method
    asked: float
    terms: Terms = MARKET_DAY


@dataclass(frozen=True, slots=True)
class Cancel:
    """Withdraw an order."""

    order_id: int


@dataclass(frozen=True, slots=True)
class Update:
    """Change an open order; `quantity` is the new total, signed."""

    order_id: int
    quantity: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Set costs, slippage or options from now on."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Advance:
    """Move the market one phase on."""


Command = Place | Cancel | Update | ChangeSettings | Advance

# ---------------------------------------------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class OrderCreated:
    """An order was asked for; `quantity` is what was sent after rounding (signed; as asked when it is refused)."""

    day: int
    phase: int
    order_id: int
    instrument: int
    quantity: int
    method: int
    asked: float
    terms: Terms
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderQueued:
    """An order waits for the next open."""

    day: int
    phase: int
    order_id: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderReleased:
    """An order went to the market and is working."""

    day: int
    phase: int
    order_id: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderRejected:
    """An order was refused by a check."""

    day: int
    phase: int
    order_id: int
    reason: Reason
    facts: Facts
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderTrimmed:
    """Part of an order was given up; `cut` is a number of shares, positive."""

    day: int
    phase: int
    order_id: int
    cut: int
    reason: Reason
    facts: Facts
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderWaiting:
    """An order met the market and found no (more) shares; it keeps working."""

    day: int
    phase: int
    order_id: int
    reason: Reason
    facts: Facts
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderScaled:
    """A split or bonus issue changed what is still open of an order: shares left (signed), prices and stop."""

    day: int
    phase: int
    order_id: int
    quantity: int
    terms: Terms
    stop: float | None
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderTriggered:
    """The stop or trigger of an order was reached."""

    day: int
    phase: int
    order_id: int
    price: float
    bar: int = 0


@dataclass(frozen=True, slots=True)
class StopMoved:
    """A trailing stop followed the price."""

    day: int
    phase: int
    order_id: int
    stop: float
    bar: int = 0


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A cancel takes effect at the next match."""

    day: int
    phase: int
    order_id: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class UpdateRequested:
    """An update takes effect at the next match; `quantity` is what will be left, signed."""

    day: int
    phase: int
    order_id: int
    quantity: int
    terms: Terms
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderUpdated:
    """An order was changed; `quantity` is what is left now, signed.

    `was_pending` tells that the request came before and only took effect now; `reason` and `facts`, that nobody asked
    for it: the match made a sale larger, so that what is kept stays within the value that was asked for.
    """

    day: int
    phase: int
    order_id: int
    quantity: int
    terms: Terms
    was_pending: bool = False
    reason: Reason | None = None
    facts: Facts | None = None
    bar: int = 0


@dataclass(frozen=True, slots=True)
class UpdateRefused:
    """An update was refused; the order stays as it is.

    `was_pending` tells that the request came before and was refused when it was to take effect.
    """

    day: int
    phase: int
    order_id: int
    reason: Reason
    facts: Facts
    was_pending: bool = False
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """Shares changed hands. `quantity` is signed, `price` in currency per share, fees and `notional` in money steps."""

    day: int
    phase: int
    order_id: int
    instrument: int
    quantity: int
    price: float
    notional: int
    commission: int
    stamp_duty: int
    transfer_fee: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderCanceled:
    """What was left of an order was withdrawn, by its owner or because its terms let nothing wait.

    `was_pending` tells that the request came before and only took effect now.
    """

    day: int
    phase: int
    order_id: int
    reason: Reason
    facts: Facts
    was_pending: bool = False
    bar: int = 0


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """A cancel came too late; the order keeps its state."""

    day: int
    phase: int
    order_id: int
    reason: Reason
    facts: Facts
    bar: int = 0


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """What was left of an order ended with the day, for the reason that kept it waiting."""

    day: int
    phase: int
    order_id: int
    reason: Reason
    facts: Facts
    bar: int = 0


@dataclass(frozen=True, slots=True)
class DividendPaid:
    """Cash arrived on an ex-date; `amount` before tax and `tax` withheld are in money steps."""

    day: int
    phase: int
    instrument: int
    quantity: int
    per_share: float
    amount: int
    tax: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class DividendTaxed:
    """Tax on past dividends was charged when the shares were sold, by how long they had been held."""

    day: int
    phase: int
    instrument: int
    tax: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class SharesIssued:
    """A bonus issue or a split changed the number of shares; `received` may be negative in a consolidation."""

    day: int
    phase: int
    instrument: int
    received: int
    ratio: float
    bar: int = 0


@dataclass(frozen=True, slots=True)
class RightsSubscribed:
    """Shares of a rights issue were bought at its price; `paid` is in money steps."""

    day: int
    phase: int
    instrument: int
    received: int
    price: float
    paid: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class RightsLapsed:
    """Rights to `quantity` shares were not used and are worthless."""

    day: int
    phase: int
    instrument: int
    quantity: int
    price: float
    bar: int = 0


@dataclass(frozen=True, slots=True)
class PositionClosed:
    """A recorded delisting ended a position; `amount` is what was credited, in money steps."""

    day: int
    phase: int
    instrument: int
    quantity: int
    price: float
    amount: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class PositionStale:
    """The bars of a held instrument broke off without a delisting on record: frozen at its last mark."""

    day: int
    phase: int
    instrument: int
    quantity: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class PositionThawed:
    """The bars of a frozen position go on."""

    day: int
    phase: int
    instrument: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """A session began with this cash, in money steps."""

    day: int
    phase: int
    cash: int
    settings: Settings
    bar: int = 0


@dataclass(frozen=True, slots=True)
class PositionSeeded:
    """A session began with shares worth `cost`; `paid` of the cash (money steps) was spent on them, 0 when given."""

    day: int
    phase: int
    instrument: int
    quantity: int
    cost: int
    paid: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Costs, slippage or options changed from now on."""

    day: int
    phase: int
    settings: Settings
    bar: int = 0


@dataclass(frozen=True, slots=True)
class QueueEmptied:
    """Every request placed before today has gone to the market, one by one."""

    day: int
    phase: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class Advanced:
    """The clock moved to this day and phase."""

    day: int
    phase: int
    bar: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A strategy recorded values under names (``record``)."""

    day: int
    phase: int
    values: tuple[tuple[str, float], ...]
    bar: int = 0


@dataclass(frozen=True, slots=True)
class Logged:
    """A strategy wrote a line (``log``)."""

    day: int
    phase: int
    level: str
    text: str
    bar: int = 0


Refusal = tuple[Reason, Facts]
Remark = OrderUpdated | OrderTrimmed | OrderRejected | DividendTaxed
"""What may happen to an order of an open beside its fill."""
OrderEvent = (
    OrderCreated | OrderQueued | OrderReleased | OrderRejected | OrderTrimmed | OrderWaiting | OrderScaled
    | OrderTriggered | StopMoved | OrderFilled | CancelRequested | OrderCanceled | CancelRefused | UpdateRequested
    | OrderUpdated | UpdateRefused | OrderExpired
)  # fmt: skip
AccountEvent = (
    AccountOpened | PositionSeeded | SettingsChanged | DividendPaid | DividendTaxed | SharesIssued
    | RightsSubscribed | RightsLapsed | PositionClosed | PositionStale | PositionThawed | QueueEmptied | Advanced
    | Recorded | Logged
)  # fmt: skip
Record = OrderEvent | AccountEvent

# ---------------------------------------------------------------------------------------------------- blocks


class Column(Protocol):
    """One column of a block: an array of numbers."""

    def __len__(self) -> int: ...

    def __getitem__(self, offset: int, /) -> Any: ...


@dataclass(slots=True, eq=False)
class Placed:
    """All requests placed in a row at one moment: one column entry each.

    Parameters
    ----------
    day, phase : int
    first_id : int
        Order id of the first; the others follow.
    instruments : array of int64
    quantities : array of int64, shares
        Signed; 0 for a refused request.
    requests : dict of offset to (Method, asked)
        How the size was asked for, where it was not simply a number of shares that went through as it was.
    value_caps : dict of offset to int
        Money steps that the buy (for a target value: the position) must not exceed at the match.
    refused : dict of offset to (quantity asked, Refusal)
    terms : dict of offset to Terms
        Where they are not those of a plain market order.
    bar : int
    """

    day: int
    phase: int
    first_id: int
    instruments: array[int] = field(default_factory=lambda: array("q"))
    quantities: array[int] = field(default_factory=lambda: array("q"))
    requests: dict[int, tuple[int, float]] = field(default_factory=dict)
    value_caps: dict[int, int] = field(default_factory=dict)
    refused: dict[int, tuple[int, Refusal]] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)
    bar: int = 0

    def __len__(self) -> int:
        return len(self.instruments)

    def records(self, offsets: Sequence[int] | None = None) -> Iterator[OrderEvent]:
        """The single events of this block, or of some of its rows, in order."""
        day, phase, bar = self.day, self.phase, self.bar
        for offset in range(len(self)) if offsets is None else offsets:
            instrument, quantity = self.instruments[offset], self.quantities[offset]
            order_id = self.first_id + offset
            refusal = self.refused.get(offset)
            sent = quantity if refusal is None else refusal[0]
            method, asked = self.requests.get(offset, (Method.ORDER, sent))
            terms = self.terms.get(offset, MARKET_DAY)
            yield OrderCreated(day, phase, order_id, instrument, sent, int(method), asked, terms, bar)
            if refusal is None:
                yield OrderQueued(day, phase, order_id, bar)
            else:
                yield OrderRejected(day, phase, order_id, *refusal[1], bar)


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """All orders that met one open, in the order in which they were matched: one entry each.

    Parameters
    ----------
    day, phase : int
    order_ids, instruments : arrays of int64
    quantities : array of int64, shares
        Filled, signed; 0 when nothing was.
    prices : array of float64, currency per share
    notionals, commissions, stamp_duties, transfer_fees : arrays of int64, money steps
        Of the shares that were filled.
    remarks : mapping of offset to tuple of events
        What else happened to an order: before its fill (made larger, trimmed, rejected) or after it (taxed).
    bar : int
    """

    day: int
    phase: int
    order_ids: Column
    instruments: Column
    quantities: Column
    prices: Column
    notionals: Column
    commissions: Column
    stamp_duties: Column
    transfer_fees: Column
    remarks: Mapping[int, tuple[Remark, ...]]
    bar: int = 0

    def __len__(self) -> int:
        return len(self.order_ids)

    @property
    def traded(self) -> bool:
        """True when any order got shares."""
        return any(self.quantities[offset] for offset in range(len(self)))

    def records(self, offsets: Sequence[int] | None = None) -> Iterator[OrderEvent | DividendTaxed]:
        """The single events of this block, or of some of its rows, in order."""
        day, phase, bar = self.day, self.phase, self.bar
        for offset in range(len(self)) if offsets is None else offsets:
            order_id = int(self.order_ids[offset])
            yield OrderReleased(day, phase, order_id, bar)
            remarks = self.remarks.get(offset, ())
            yield from (remark for remark in remarks if not isinstance(remark, DividendTaxed))
            if self.quantities[offset]:
                yield OrderFilled(
                    day,
                    phase,
                    order_id,
                    int(self.instruments[offset]),
                    int(self.quantities[offset]),
                    float(self.prices[offset]),
                    int(self.notionals[offset]),
                    int(self.commissions[offset]),
                    int(self.stamp_duties[offset]),
                    int(self.transfer_fees[offset]),
                    bar,
                )
            yield from (remark for remark in remarks if isinstance(remark, DividendTaxed))


Event = Record | Placed | Matched


def records(events: Sequence[Event] | Iterator[Event]) -> Iterator[Record]:
    """Single events, blocks taken apart."""
    for event in events:
        if isinstance(event, (Placed, Matched)):
            yield from event.records()
        else:
            yield event
