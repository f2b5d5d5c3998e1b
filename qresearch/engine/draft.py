"""The draft of a step: a state being changed, and what each event makes of it.

``state == fold(evolve, events)`` holds for every state a session keeps; a test folds them. Inside one step the engine
works on a :class:`Draft`, which is mutable and never leaves the step; what leaves it is frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType
from typing import Any, NamedTuple, assert_never

from qresearch.domain import events
from qresearch.domain.commands import Command
from qresearch.domain.events import Placed
from qresearch.domain.moment import Moment
from qresearch.domain.settings import Settings
from qresearch.domain.state import Amendment, OpenOrder, Position, State, TaxLot
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine import ledger, queue
from qresearch.errors import InternalError

_frozen = tuple.__new__  # makes a state without a call of Python, of every day


class Touch(NamedTuple):
    """The next bar of a day that may touch a resting order; it holds as long as the order is what it was.

    Parameters
    ----------
    order : OpenOrder
    day : int
    bar : int
        Number of the bar; beyond the last when none may.
    """

    order: OpenOrder
    day: int
    bar: int

    def tells(self, order: OpenOrder, day: int, bar: int) -> bool:
        """True when an order is known not to be touched by a bar."""
        return self.order is order and self.day == day and bar < self.bar


class Draft:
    """A state being changed inside one step; the calm days of a run, which change nothing, share one.

    Parameters
    ----------
    state : State
        Where the step begins; never touched.
    """

    __slots__ = (
        "_own_positions", "amended", "asked_at", "asked_in", "at", "bar", "base", "block", "cash", "commands", "day",
        "events", "ledger", "open_ids", "orders", "origins", "phase", "positions", "queue", "realised", "settings",
        "stale", "taken", "tax_lots", "told", "touches", "working",
    )  # fmt: skip

    def __init__(self, state: State) -> None:
        self.base = state
        self.positions: dict[int, Position]
        self.queue: tuple[Placed, ...]
        self.amended: Mapping[int, Amendment]
        self.working: Mapping[int, OpenOrder]
        self.settings: Settings
        self.tax_lots: Mapping[int, tuple[TaxLot, ...]]
        self.taken: Mapping[int, tuple[int, int, int]]
        # Unpacked at once: a run makes a draft of every day.
        (
            self.at, self.cash, self.realised, self.positions, self.queue, self.amended, self.working, self.orders,
            self.settings, self.stale, self.tax_lots, self.taken, self.ledger,
        ) = state  # type: ignore[assignment]  # fmt: skip  # the positions are copied before a write
        self.day, self.phase, self.bar = self.at
        self._own_positions = False
        self.events: list[events.Event] = []
        self.commands: list[tuple[int, Command]] = []
        """What was asked for beside orders, each with the number of events before it."""
        self.origins: dict[int, tuple[CodeType, int] | None] = {}
        """Code of a strategy, and the place in it, that asked for an order and those after it; for readers only."""
        self.asked_in: CodeType | None = None
        self.asked_at = -1
        """Where the last order was asked for."""
        self.touches: dict[int, Touch] = {}
        """What is known of the bars that may touch resting orders: :mod:`qresearch.engine.idle`."""
        self.told = 0
        """How many of its events observers have been told of."""
        self.block: Placed | None = None
        """Requests placed in a row at this moment go into one block."""
        self.open_ids: dict[int, list[int]] | None = None
        """Ids of the orders queued or working by instrument; made when a target order, or a sale, first asks."""

    def stand_at(self, at: Moment) -> None:
        """Put the clock on a moment."""
        self.at = at
        self.day, self.phase, self.bar = at

    def look_ahead(self, at: Moment) -> None:
        """Put the day on that of a later moment, whose rules are known; what is visible stays what it was."""
        self.day, self.phase, self.bar = at

    def freeze(self) -> State:
        """The state as it is now, which the step may leave behind: what is written later does not show in it."""
        self._own_positions = False
        return _frozen(
            State,
            (
                self.at, self.cash, self.realised, self.positions, self.queue, self.amended, self.working, self.orders,
                self.settings, self.stale, self.tax_lots, self.taken, self.ledger,
            ),
        )  # fmt: skip

    def own_positions(self) -> dict[int, Position]:
        """The positions, safe to change."""
        if not self._own_positions:
            self.positions = dict(self.positions)
            self._own_positions = True
        return self.positions

    def open_block(self) -> Placed:
        """The block that takes the requests of this moment."""
        block = self.block
        if block is None:
            block = self.block = Placed(self.at, self.orders + 1)
            self.queue = (*self.queue, block)
            self.events.append(block)
        return block

    def emit(self, event: events.Record) -> None:
        """Record an event of this moment, and apply it."""
        # The next request comes after this event: it must not join a block that lies before it.
        self.block = None
        self.open_ids = None
        self.apply(event)
        self.events.append(event)

    def leave_queue(self, *blocks: Placed) -> None:
        """Take blocks of requests that have met the market out of the queue."""
        self.queue, self.amended = queue.without(self, [block.first_id for block in blocks])

    # ------------------------------------------------------------------ applying events

    def apply(self, event: events.Event) -> None:  # noqa: C901, PLR0912  # one arm per event, on purpose
        """Apply one event."""
        match event:
            case events.Placed():
                self.queue = (*self.queue, event)
                self.orders += len(event)
            case events.Matched():
                self._apply_matched(event)
            case (
                events.OrderReleased() | events.OrderRejected() | events.OrderTrimmed() | events.OrderWaiting()
                | events.OrderScaled() | events.OrderTriggered() | events.StopMoved() | events.OrderFilled()
                | events.CancelRequested() | events.OrderCanceled() | events.UpdateRequested()
                | events.OrderUpdated() | events.OrderExpired()
            ):  # fmt: skip
                self._apply_to_order(event)
            case (
                events.Posted() | events.CashFlowed() | events.LotAdded() | events.LotsTaken() | events.Rebased()
                | events.Rescaled() | events.Borrowed() | events.DebtChanged() | events.DaysCounted()
                | events.DueChanged() | events.MarginCalled() | events.SharesMoved()
            ):  # fmt: skip
                self._apply_posting(event)
            case events.DividendPaid(instrument=instrument, amount=amount, tax=tax):
                self._apply_dividend(event.at.day, instrument, amount, tax)
            case events.DividendTaxed(tax=tax):
                self.cash -= tax
                self.realised -= tax
            case events.SharesIssued(instrument=instrument, received=received):
                self._apply_issue(instrument, received)
            case events.RightsSubscribed(instrument=instrument, received=received, paid=paid):
                self.buy(instrument, received, paid)
            case events.PositionClosed(instrument=instrument, quantity=quantity, amount=amount):
                self.sell(instrument, quantity, amount)
                self.stale -= {instrument}
            case events.PositionStale(instrument=instrument):
                self.stale |= {instrument}
            case events.PositionThawed(instrument=instrument):
                self.stale -= {instrument}
            case events.AccountOpened(cash=cash, settings=settings):
                self.cash, self.settings = cash, settings
            case events.PositionSeeded(instrument=instrument, quantity=quantity, cost=cost, paid=paid):
                self.cash -= paid
                self._hold(instrument, quantity, cost)
            case events.SettingsChanged(settings=settings):
                self.settings = settings
            case events.QueueEmptied(first_ids=first_ids):
                self.queue, self.amended = queue.without(self, first_ids)
            case events.Advanced(at=at):
                self.stand_at(at)
            case events.UpdateRefused(order_id=order_id) if order_id in self.working:
                self._change(order_id, update=None)
            case (
                events.RightsLapsed() | events.Recorded() | events.Logged() | events.CancelRefused()
                | events.UpdateRefused() | events.AccountAdded() | events.Instructed() | events.Transferred()
            ):  # fmt: skip
                pass
            case events.OrderCreated() | events.OrderQueued():
                raise InternalError(f"{type(event).__name__} stands alone: it is kept inside a block of events.")
            case _:
                assert_never(event)

    def buy(self, instrument: int, quantity: int, paid: int) -> None:
        """Take shares in, against cash (fees included in `paid`)."""
        self.cash -= paid
        self._take(instrument, quantity)
        positions = self.own_positions()
        positions[instrument] = ledger.after_buy(positions.get(instrument), self.day, quantity, paid)
        if self.settings.keeps_tax_lots:
            lots = (*self.tax_lots.get(instrument, ()), TaxLot(self.day, quantity, ()))
            self.tax_lots = {**self.tax_lots, instrument: lots}

    def _take(self, instrument: int, quantity: int, *, is_capped: bool = False) -> None:
        """Remember what was taken from the volume of the bar, where it is capped."""
        if is_capped or self.settings.participation is not None:
            self.taken = {**self.taken, instrument: (self.day, self.bar, quantity + taken_now(self, instrument))}

    def sell(self, instrument: int, quantity: int, received: int) -> list[tuple[TaxLot, int]]:
        """Give shares out, against cash (net of fees); the lots that left, where lots are kept."""
        self.cash += received
        self._take(instrument, quantity)
        positions = self.own_positions()
        position = positions[instrument]
        if quantity == position.quantity:
            del positions[instrument]
            cost = position.cost
        else:
            positions[instrument], cost = ledger.after_sale(position, quantity)
        self.realised += received - cost
        if not self.settings.keeps_tax_lots:
            return []
        kept, left = ledger.lots_after_sale(self.tax_lots.get(instrument, ()), quantity)
        others = {known: lots for known, lots in self.tax_lots.items() if known != instrument}
        self.tax_lots = {**others, instrument: kept} if kept else others
        return left

    def _hold(self, instrument: int, quantity: int, cost: int) -> None:
        """Take in shares held since before the session began: sellable at once."""
        positions = self.own_positions()
        held = positions.get(instrument, Position(0, 0, self.day - 1, 0))
        positions[instrument] = Position(held.quantity + quantity, held.cost + cost, self.day - 1, 0)
        if self.settings.keeps_tax_lots:
            self.tax_lots = {
                **self.tax_lots,
                instrument: (*self.tax_lots.get(instrument, ()), TaxLot(self.day, quantity, ())),
            }

    # ------------------------------------------------------------------ orders

    def _apply_to_order(self, event: events.OrderEvent) -> None:  # noqa: PLR0912  # one arm per event, on purpose
        """Apply an event of one order that is queued or working."""
        order_id = event.order_id
        match event:
            case events.OrderReleased():
                self.working = {**self.working, order_id: queue.released(self, order_id)}
                self._leave_queue(event)
            case events.OrderTrimmed(cut=cut):
                left = self.working[order_id].leaves
                self._change(order_id, leaves=left - cut if left > 0 else left + cut)
            case events.OrderWaiting(reason=reason, facts=facts):
                self._change(order_id, reason=reason, facts=facts)
            case events.OrderTriggered():
                self._change(order_id, triggered=True)
            case events.StopMoved(stop=stop):
                self._change(order_id, stop=stop)
            case events.OrderFilled():
                self._fill(event)
            case events.CancelRequested():
                self._change(order_id, cancel_requested=True)
            case events.UpdateRequested(quantity=quantity, terms=terms):
                self._change(order_id, update=Amendment(quantity, terms))
            case events.OrderUpdated(quantity=quantity, terms=terms):
                if order_id in self.working:
                    stop = terms.stop_price
                    self._change(order_id, leaves=quantity, terms=terms, stop=stop, update=None)
                else:
                    self.amended = {**self.amended, order_id: Amendment(quantity, terms)}
            case events.OrderScaled(quantity=quantity, terms=terms, stop=stop):
                if order_id in self.working:
                    self._change(order_id, leaves=quantity, terms=terms, stop=stop)
                else:
                    self.amended = {**self.amended, order_id: Amendment(quantity, terms)}
            case events.OrderRejected() | events.OrderExpired() | events.OrderCanceled():
                self._withdraw(order_id)

    def _change(self, order_id: int, **changes: Any) -> None:
        self.working = {**self.working, order_id: self.working[order_id]._replace(**changes)}

    def _withdraw(self, order_id: int) -> None:
        if order_id in self.working:
            self.working = {known: order for known, order in self.working.items() if known != order_id}
        else:
            self.amended = {**self.amended, order_id: Amendment(0, MARKET_DAY)}

    def _fill(self, event: events.OrderFilled) -> None:
        order = self.working[event.order_id]
        if not event.posts:
            self._take(event.instrument, abs(event.quantity))
        elif event.quantity > 0:
            self.buy(event.instrument, event.quantity, -event.net)
        else:
            self.sell(event.instrument, -event.quantity, event.net)
        if order.terms.volume_share is not None and self.settings.participation is None:
            self._take(event.instrument, abs(event.quantity), is_capped=True)
        leaves = order.leaves - event.quantity
        if leaves:
            update = order.update
            if update is not None:
                # What fills before the update takes effect is not filled a second time.
                update = update._replace(quantity=update.quantity - event.quantity)
            self._change(
                event.order_id,
                leaves=leaves,
                notional=order.notional + event.notional,
                fees=order.fees + event.fees,
                filled=order.filled + abs(event.quantity),
                update=update,
            )
        else:
            self._withdraw(event.order_id)

    def _leave_queue(self, event: events.OrderReleased) -> None:
        """An order released at the moment of its call has a block of its own, now over."""
        block, _ = queue.block_of(self, event.order_id)
        if block.at == event.at:
            self.queue = tuple(other for other in self.queue if other is not block)

    def _apply_dividend(self, day: int, instrument: int, amount: int, tax: int) -> None:
        self.cash += amount - tax
        self.realised += amount - tax
        if self.settings.keeps_tax_lots:
            lots = ledger.lots_after_dividend(self.tax_lots[instrument], day, amount)
            self.tax_lots = {**self.tax_lots, instrument: lots}

    def _apply_posting(self, event: events.Posting) -> None:
        self.ledger = ledger.after_posting(self.ledger, event)
        if isinstance(event, events.CashFlowed):
            self.cash += event.amount
        elif isinstance(event, events.Posted):
            self.cash += event.cash
            self.realised += event.realised
        elif isinstance(event, events.SharesMoved):
            ledger.move(self.own_positions(), event)

    def _apply_issue(self, instrument: int, received: int) -> None:
        positions = self.own_positions()
        position = positions[instrument]
        quantity = position.quantity + received
        if quantity > 0:
            positions[instrument] = position._replace(quantity=quantity, bought=0)
        else:
            self.realised -= position.cost
            del positions[instrument]
        if self.settings.keeps_tax_lots:
            lots = ledger.lots_after_issue(self.tax_lots[instrument], received)
            self.tax_lots = {**self.tax_lots, instrument: lots}

    def _apply_matched(self, event: events.Matched) -> None:
        for offset in range(len(event)):
            self.apply_row(event, offset)
        self.leave_queue(*queue.due(self, event.at))

    def apply_row(self, event: events.Matched, offset: int) -> None:
        """Apply what one order of a match did."""
        instrument, quantity = int(event.instruments[offset]), int(event.quantities[offset])
        if quantity > 0:
            self.buy(instrument, quantity, -event.net_of(offset))
        elif quantity < 0:
            self.sell(instrument, -quantity, event.net_of(offset))
        for remark in event.remarks.get(offset, ()):
            if isinstance(remark, events.DividendTaxed):
                self.cash -= remark.tax
                self.realised -= remark.tax


def taken_now(account: Draft | State, instrument: int) -> int:
    """Shares taken so far from the volume of this bar; counted only where it is capped."""
    day, bar, taken = account.taken.get(instrument, (-1, 0, 0))
    return taken if (day, bar) == (account.day, account.bar) else 0
