"""Events: all that the simulator says, facts in the past tense; folding them gives the state.

Two kinds of event are kept as a block of columns, because a match makes many at once: :class:`Placed` (all requests
of one callback) and :class:`Matched` (all orders of one open). :func:`records` turns either into single events when
someone looks. Import the module, ``from qresearch.domain import events``: there are too many names to list.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from qresearch.domain.fees import Fees
from qresearch.domain.ledger import Debt, Due, Lot
from qresearch.domain.moment import Moment
from qresearch.domain.order import Method, Move, Side
from qresearch.domain.reasons import Facts, Reason, Refusal
from qresearch.domain.settings import Settings
from qresearch.domain.terms import MARKET_DAY, Terms


@dataclass(frozen=True, slots=True)
class OrderCreated:
    """An order was asked for; `quantity` is what was sent after rounding (signed; as asked when it is refused)."""

    move: ClassVar[Move | None] = None
    at: Moment
    order_id: int
    instrument: int
    quantity: int
    method: int
    asked: float
    terms: Terms


@dataclass(frozen=True, slots=True)
class OrderQueued:
    """An order waits for the next open."""

    move: ClassVar[Move] = Move.QUEUE
    at: Moment
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderReleased:
    """An order went to the market and is working."""

    move: ClassVar[Move] = Move.RELEASE
    at: Moment
    order_id: int


@dataclass(frozen=True, slots=True)
class OrderRejected:
    """An order was refused by a check."""

    move: ClassVar[Move] = Move.REJECT
    at: Moment
    order_id: int
    reason: Reason
    facts: Facts


@dataclass(frozen=True, slots=True)
class OrderTrimmed:
    """Part of an order was given up; `cut` is a number of shares, positive."""

    move: ClassVar[Move] = Move.TRIM
    at: Moment
    order_id: int
    cut: int
    reason: Reason
    facts: Facts


@dataclass(frozen=True, slots=True)
class OrderWaiting:
    """An order met the market and found no (more) shares; it keeps working."""

    move: ClassVar[Move] = Move.WAIT
    at: Moment
    order_id: int
    reason: Reason
    facts: Facts


@dataclass(frozen=True, slots=True)
class OrderScaled:
    """A split or bonus issue changed what is still open of an order: shares left (signed), prices and stop."""

    move: ClassVar[Move] = Move.SCALE
    at: Moment
    order_id: int
    quantity: int
    terms: Terms
    stop: float | None


@dataclass(frozen=True, slots=True)
class OrderTriggered:
    """The stop or trigger of an order was reached."""

    move: ClassVar[Move] = Move.TRIGGER
    at: Moment
    order_id: int
    price: float


@dataclass(frozen=True, slots=True)
class StopMoved:
    """A trailing stop followed the price."""

    move: ClassVar[Move | None] = None
    at: Moment
    order_id: int
    stop: float


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A cancel takes effect at the next match."""

    move: ClassVar[Move] = Move.REQUEST_CANCEL
    at: Moment
    order_id: int


@dataclass(frozen=True, slots=True)
class UpdateRequested:
    """An update takes effect at the next match; `quantity` is what will be left, signed."""

    move: ClassVar[Move] = Move.REQUEST_UPDATE
    at: Moment
    order_id: int
    quantity: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class OrderUpdated:
    """An order was changed; `quantity` is what is left now, signed.

    `was_pending` tells that the request came before and only took effect now; `reason` and `facts`, that nobody asked
    for it: the match made a sale larger, so that what is kept stays within the value that was asked for.
    """

    move: ClassVar[Move] = Move.UPDATE
    at: Moment
    order_id: int
    quantity: int
    terms: Terms
    was_pending: bool = False
    reason: Reason | None = None
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class UpdateRefused:
    """An update was refused; the order stays as it is.

    `was_pending` tells that the request came before and was refused when it was to take effect.
    """

    move: ClassVar[Move] = Move.REFUSE_UPDATE
    at: Moment
    order_id: int
    reason: Reason
    facts: Facts
    was_pending: bool = False


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """Shares changed hands. `quantity` is signed, `price` in currency per share, fees and `notional` in money steps.

    Of cash shares the fill itself is what changes cash and position. With `posts` False it is a record only: what it
    changes stands in the postings that follow.
    """

    move: ClassVar[Move] = Move.FILL
    at: Moment
    order_id: int
    instrument: int
    quantity: int
    price: float
    notional: int
    fees: Fees
    posts: bool = True

    @property
    def side(self) -> Side:
        """Which way it traded."""
        return Side.of(self.quantity)

    @property
    def net(self) -> int:
        """What the cash changed by, money steps; negative for a buy."""
        return -self.fees.total - self.notional if self.quantity > 0 else self.notional - self.fees.total


@dataclass(frozen=True, slots=True)
class OrderCanceled:
    """What was left of an order was withdrawn, by its owner or because its terms let nothing wait.

    `was_pending` tells that the request came before and only took effect now.
    """

    move: ClassVar[Move] = Move.CANCEL
    at: Moment
    order_id: int
    reason: Reason
    facts: Facts
    was_pending: bool = False


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """A cancel came too late; the order keeps its state."""

    move: ClassVar[Move] = Move.REFUSE_CANCEL
    at: Moment
    order_id: int
    reason: Reason
    facts: Facts


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """What was left of an order ended with the day, for the reason that kept it waiting."""

    move: ClassVar[Move] = Move.EXPIRE
    at: Moment
    order_id: int
    reason: Reason
    facts: Facts


@dataclass(frozen=True, slots=True)
class DividendPaid:
    """Cash arrived on an ex-date; `amount` before tax and `tax` withheld are in money steps."""

    at: Moment
    instrument: int
    quantity: int
    per_share: float
    amount: int
    tax: int


@dataclass(frozen=True, slots=True)
class DividendTaxed:
    """Tax on past dividends was charged when the shares were sold, by how long they had been held."""

    at: Moment
    instrument: int
    tax: int


@dataclass(frozen=True, slots=True)
class SharesIssued:
    """A bonus issue or a split changed the number of shares; `received` may be negative in a consolidation."""

    at: Moment
    instrument: int
    received: int
    ratio: float


@dataclass(frozen=True, slots=True)
class RightsSubscribed:
    """A right was used: shares came at its price, of a rights issue or by a conversion; `paid` is in money steps."""

    at: Moment
    instrument: int
    received: int
    price: float
    paid: int


@dataclass(frozen=True, slots=True)
class RightsLapsed:
    """Rights to `quantity` shares were not used and are worthless."""

    at: Moment
    instrument: int
    quantity: int
    price: float


@dataclass(frozen=True, slots=True)
class PositionClosed:
    """A recorded delisting, a redemption or a conversion ended a position, or so many units of it.

    `amount` is what was credited, in money steps.
    """

    at: Moment
    instrument: int
    quantity: int
    price: float
    amount: int


@dataclass(frozen=True, slots=True)
class PositionStale:
    """The bars of a held instrument broke off without a delisting on record: frozen at its last mark."""

    at: Moment
    instrument: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PositionThawed:
    """The bars of a frozen position go on."""

    at: Moment
    instrument: int


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """A session began with this cash, in money steps."""

    at: Moment
    cash: int
    settings: Settings


@dataclass(frozen=True, slots=True)
class PositionSeeded:
    """A session began with shares worth `cost`; `paid` of the cash (money steps) was spent on them, 0 when given."""

    at: Moment
    instrument: int
    quantity: int
    cost: int
    paid: int


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Costs, slippage or options changed from now on."""

    at: Moment
    settings: Settings


@dataclass(frozen=True, slots=True)
class QueueEmptied:
    """Some blocks of requests, named by their first order id, have gone to the market, one by one."""

    at: Moment
    first_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Advanced:
    """The clock moved to this day and phase."""

    at: Moment


@dataclass(frozen=True, slots=True)
class Recorded:
    """A strategy recorded values under names (``record``)."""

    at: Moment
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Logged:
    """A strategy wrote a line (``log``)."""

    at: Moment
    level: str
    text: str


# ---------------------------------------------------------------------------------------------------- postings
# What every kind of account but cash shares is told by. Each computed amount stands in the event.


@dataclass(frozen=True, slots=True)
class Posted:
    """Money moved, in money steps: into cash, as realised profit, as income, as a fee; `why` in a word.

    `instrument` is the one that it was of; None where that is not told.
    """

    at: Moment
    cash: int
    why: str
    realised: int = 0
    income: int = 0
    fee: int = 0
    instrument: int | None = None


WITHOUT_A_FILL = frozenset({"exercise", "assignment", "delivery"})
"""Why a fee is posted that no fill carries."""


@dataclass(frozen=True, slots=True)
class SharesMoved:
    """Shares came in (positive) or went out without the cash of a fill; `cost` in money steps goes with them."""

    at: Moment
    instrument: int
    quantity: int
    cost: int


@dataclass(frozen=True, slots=True)
class CashFlowed:
    """Cash was paid in (positive) or out, in money steps; `equity` is what the account was worth just before."""

    at: Moment
    amount: int
    equity: int


@dataclass(frozen=True, slots=True)
class LotAdded:
    """Units came in on one side (1 long, -1 short) of an instrument; with `merges` into the newest lot of the day."""

    at: Moment
    instrument: int
    side: int
    lot: Lot
    merges: bool = False


@dataclass(frozen=True, slots=True)
class LotsTaken:
    """Units went out; which lots go first: :func:`qresearch.engine.ledger.lots_taken`."""

    at: Moment
    instrument: int
    side: int
    quantity: int
    order: str = "oldest"


@dataclass(frozen=True, slots=True)
class Rebased:
    """The profit of all lots of an instrument has been paid up to a price (price steps)."""

    at: Moment
    instrument: int
    price: int


@dataclass(frozen=True, slots=True)
class Rescaled:
    """Units of an instrument became others, by a ratio of whole numbers: a split, or a change of the contract."""

    at: Moment
    instrument: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Money or units were borrowed."""

    at: Moment
    debt: Debt


@dataclass(frozen=True, slots=True)
class DebtChanged:
    """What is left of a debt, and what interest has been paid on it; gone when nothing is left."""

    at: Moment
    debt_id: int
    quantity: int
    principal: int
    paid: int


@dataclass(frozen=True, slots=True)
class DaysCounted:
    """Calendar days went by for every debt of money or units."""

    at: Moment
    days: int


@dataclass(frozen=True, slots=True)
class DueChanged:
    """All that is to be delivered or paid from now on, and the units that are locked."""

    at: Moment
    due: tuple[Due, ...]
    locked: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarginCalled:
    """After a settlement the margin of what is held exceeds the equity: the account closes lots at the next open.

    Parameters
    ----------
    at : Moment
    equity, margin : int, money steps
    """

    at: Moment
    equity: int
    margin: int


@dataclass(frozen=True, slots=True)
class AccountAdded:
    """Another account was opened beside this one, which leads it: it moves in time as this one does.

    Parameters
    ----------
    at : Moment
    account : str
        Its name; the name of this account itself where there are no options.
    options : str
        The rules and the cash that it was opened with, as JSON.
    """

    at: Moment
    account: str
    options: str


@dataclass(frozen=True, slots=True)
class Instructed:
    """An account beside this one did what it was asked for; what this brought about stands in its own log.

    Parameters
    ----------
    at : Moment
    account : str
    commands : str
        As JSON.
    equity : int, money steps
        What it was worth before: whoever does it again must come to the same.
    """

    at: Moment
    account: str
    commands: str
    equity: int


@dataclass(frozen=True, slots=True)
class Transferred:
    """Money was to go from one account to another: it went, or there is a reason why not a step of it did.

    Parameters
    ----------
    at : Moment
    source, target : str
        Names of the accounts.
    amount : int, money steps
    reason : Reason or None
        None: it was moved.
    facts : mapping
    """

    at: Moment
    source: str
    target: str
    amount: int
    reason: Reason | None = None
    facts: Facts = field(default_factory=dict)


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
    | Recorded | Logged | AccountAdded | Instructed | Transferred
)  # fmt: skip
Posting = (
    Posted | CashFlowed | LotAdded | LotsTaken | Rebased | Rescaled | Borrowed | DebtChanged | DaysCounted | DueChanged
    | MarginCalled | SharesMoved
)  # fmt: skip
Record = OrderEvent | AccountEvent | Posting

# ---------------------------------------------------------------------------------------------------- blocks


class Column(Collection[Any], Protocol):
    """One column of a block: an array of numbers."""

    def __getitem__(self, offset: int, /) -> Any: ...


@dataclass(slots=True, eq=False)
class Placed:
    """All requests placed in a row at one moment: one column entry each.

    Parameters
    ----------
    at : Moment
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
    is_forced : bool
        Placed by the account itself, after a margin call: done again with the step, and no command of anybody.
    """

    at: Moment
    first_id: int
    instruments: array[int] = field(default_factory=lambda: array("q"))
    quantities: array[int] = field(default_factory=lambda: array("q"))
    requests: dict[int, tuple[int, float]] = field(default_factory=dict)
    value_caps: dict[int, int] = field(default_factory=dict)
    refused: dict[int, tuple[int, Refusal]] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)
    is_forced: bool = False

    def __len__(self) -> int:
        return len(self.instruments)

    def records(self, offsets: Sequence[int] | None = None) -> Iterator[OrderEvent]:
        """The single events of this block, or of some of its rows, in order."""
        at = self.at
        for offset in range(len(self)) if offsets is None else offsets:
            instrument, quantity = self.instruments[offset], self.quantities[offset]
            order_id = self.first_id + offset
            refusal = self.refused.get(offset)
            sent = quantity if refusal is None else refusal[0]
            method, asked = self.requests.get(offset, (Method.ORDER, sent))
            terms = self.terms.get(offset, MARKET_DAY)
            yield OrderCreated(at, order_id, instrument, sent, int(method), asked, terms)
            if refusal is None:
                yield OrderQueued(at, order_id)
            else:
                yield OrderRejected(at, order_id, *refusal[1])


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """All orders that met one open, in the order in which they were matched: one entry each.

    Parameters
    ----------
    at : Moment
    order_ids, instruments : arrays of int64
    quantities : array of int64, shares
        Filled, signed; 0 when nothing was.
    prices : array of float64, currency per share
    notionals : array of int64, money steps
        Of the shares that were filled.
    fees : mapping of str to array of int64, money steps
        Each part of the fees.
    remarks : mapping of offset to tuple of events
        What else happened to an order: before its fill (made larger, trimmed, rejected) or after it (taxed).
    """

    at: Moment
    order_ids: Column
    instruments: Column
    quantities: Column
    prices: Column
    notionals: Column
    fees: Mapping[str, Column]
    remarks: Mapping[int, tuple[Remark, ...]]

    def __len__(self) -> int:
        return len(self.order_ids)

    @property
    def traded(self) -> bool:
        """True when any order got shares."""
        return any(self.quantities[offset] for offset in range(len(self)))

    def fees_of(self, offset: int) -> Fees:
        """The fees of one order."""
        return Fees(tuple((name, int(column[offset])) for name, column in self.fees.items()))

    def net_of(self, offset: int) -> int:
        """What one order changed the cash by, money steps; negative for a buy."""
        fees, notional = sum(int(column[offset]) for column in self.fees.values()), int(self.notionals[offset])
        return -notional - fees if self.quantities[offset] > 0 else notional - fees

    def records(self, offsets: Sequence[int] | None = None) -> Iterator[OrderEvent | DividendTaxed]:
        """The single events of this block, or of some of its rows, in order."""
        at = self.at
        for offset in range(len(self)) if offsets is None else offsets:
            order_id = int(self.order_ids[offset])
            yield OrderReleased(at, order_id)
            remarks = self.remarks.get(offset, ())
            yield from (remark for remark in remarks if not isinstance(remark, DividendTaxed))
            if self.quantities[offset]:
                yield OrderFilled(
                    at,
                    order_id,
                    int(self.instruments[offset]),
                    int(self.quantities[offset]),
                    float(self.prices[offset]),
                    int(self.notionals[offset]),
                    self.fees_of(offset),
                )
            yield from (remark for remark in remarks if isinstance(remark, DividendTaxed))


Event = Record | Placed | Matched


def records(log: Iterable[Event]) -> Iterator[Record]:
    """Single events, blocks taken apart."""
    for event in log:
        if isinstance(event, (Placed, Matched)):
            yield from event.records()
        else:
            yield event
