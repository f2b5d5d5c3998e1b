"""Round trips, first in first out: the events of an account folded into lots that are held and those that left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from qresearch.book.history import AccountHistory
from qresearch.book.round_trip import Fill, Flows, Leaving, Lot, Trip, parts
from qresearch.domain import events
from qresearch.domain.bond import Bond
from qresearch.domain.instrument import Board
from qresearch.domain.ledger import LONG, SHORT, sign_of
from qresearch.domain.moment import Moment
from qresearch.engine.exchange import Exchange


@dataclass(frozen=True)
class TripRules:
    """What trips are counted by: read of an exchange once, and never changed.

    Parameters
    ----------
    units, price_scale : int
        Money steps, and price steps, in a unit of currency.
    rates : frozenset of int
        Instruments whose price is a rate: nothing is bought or sold of them, and no lot is left.
    ends : mapping of int to int
        Of bonds the day (index) from which they are redeemed: before it they are put back, or converted.
    multiplier : callable
        Units of the underlying in one unit of an instrument on a day (index).
    """

    units: int
    price_scale: int
    rates: frozenset[int]
    ends: Mapping[int, int]
    multiplier: Callable[[int, int], int]

    @classmethod
    def of(cls, exchange: Exchange) -> TripRules:
        """Those of an exchange."""
        listed, days = exchange.market.instruments, exchange.market.days
        rates = frozenset(number for number, item in enumerate(listed) if item.board is Board.REPO)
        ends = {
            number: int(np.searchsorted(days, np.datetime64(item.bond.ends[0], "D")))
            for number, item in enumerate(listed)
            if isinstance(item.bond, Bond)
        }
        return cls(exchange.money.units, exchange.money.price_scale, rates, ends, exchange.multiplier)

    def __deepcopy__(self, memo: dict[int, object]) -> TripRules:
        return self


@dataclass
class Trips:
    """Folds the events of an account into lots and round trips.

    Parameters
    ----------
    rules : TripRules
    """

    rules: TripRules
    lots: dict[int, list[Lot]] = field(default_factory=dict)
    closed: list[Trip] = field(default_factory=list)
    flows: dict[int, Flows] = field(default_factory=dict)
    _fill: Fill | None = None
    _gone: events.LotsTaken | None = None
    """Lots that went without a fill, until a posting tells what they came to."""
    _given_back: int | None = None
    """What shares that were held, and were given back, have realised."""
    _out: events.SharesMoved | None = None
    """Shares that were delivered or given back, until a posting tells what they came to."""
    _made: tuple[Moment, int] | None = None
    """Moment and instrument of the last fill."""

    def fold(self, log: Iterator[events.Record]) -> Trips:
        """Take in some events, in order; :meth:`done` when no more of the moment will come."""
        for event in log:
            if self._fill is not None and self._follows(self._fill, event):
                continue
            match event:
                case events.OrderFilled(instrument=instrument, fees=fees) if instrument in self.rules.rates:
                    self._flows(instrument).fees += fees.total
                case events.OrderFilled():
                    self._filled(event)
                case events.LotsTaken():
                    self._taken(event)
                case events.Posted():
                    self._posted(event)
                case events.SharesMoved():
                    self._moved(event)
                case events.LotAdded(instrument=instrument) if self._is_of_gone(event):
                    self._became(event)
                case events.Rescaled(instrument=instrument, numerator=numerator, denominator=denominator):
                    for owed in (lot for lot in self._lots(instrument) if lot.side == SHORT):
                        owed.quantity = owed.quantity * numerator // denominator
                case events.LotAdded(instrument=instrument, side=side, lot=lot):
                    # An exercise brings a future at the strike, without a fill.
                    price, size = lot.opened / self.rules.price_scale, self.rules.multiplier(instrument, event.at.day)
                    value = lot.cost or round(price * lot.quantity * size * self.rules.units)
                    self._lots(instrument).append(Lot(event.at.day, 0, price, lot.quantity, value, side=side))
                    self._count(instrument, value, is_bought=side == LONG)
                case events.PositionSeeded(instrument=instrument, quantity=quantity, cost=cost):
                    self._flows(instrument).given += cost
                    self._lots(instrument).append(
                        Lot(event.at.day, 0, cost / quantity / self.rules.units, quantity, cost, given=True)
                    )
                case _:
                    self._happened(event)
        return self

    def done(self) -> Trips:
        """Nothing follows the last fill: it is one of shares that are paid in full."""
        if self._fill is not None:
            self._plain(self._fill)
        return self

    def _happened(self, event: events.Record) -> None:
        """A corporate action, or the end of an instrument."""
        match event:
            case events.DividendPaid(instrument=instrument, amount=amount, tax=tax):
                self._dividend(instrument, amount - tax)
            case events.DividendTaxed(instrument=instrument, tax=tax):
                self._taxed(instrument, tax)
            case events.SharesIssued(instrument=instrument, received=received):
                self._issued(event.at.day, instrument, received)
            case events.RightsSubscribed(instrument=instrument, received=received, paid=paid, price=price):
                self._converted(event.at)
                self._flows(instrument).bought += paid
                self._lots(instrument).append(Lot(event.at.day, 0, price, received, paid))
            case events.PositionClosed(instrument=instrument, quantity=quantity, price=price, amount=amount):
                self._flows(instrument).sold += amount
                end = self.rules.ends.get(instrument)
                how = "delisted" if end is None else "redeemed" if event.at.day >= end else "put back"
                self._close(instrument, quantity, Leaving(event.at.day, price, 0, how, amount, 0))
            case _:
                pass

    def _lots(self, instrument: int) -> list[Lot]:
        return self.lots.setdefault(instrument, [])

    def _flows(self, instrument: int) -> Flows:
        return self.flows.setdefault(instrument, Flows())

    # ------------------------------------------------------------------ fills

    def _filled(self, event: events.OrderFilled) -> None:
        """Keep a fill until what follows says whether it opened or closed lots; without lots it is of shares."""
        fees = event.fees.total
        self._flows(event.instrument).fees += fees
        self._count(event.instrument, event.notional, is_bought=event.quantity > 0)
        self._made = event.at, event.instrument
        self._fill = Fill(event, abs(event.quantity), event.notional, fees)

    def _follows(self, fill: Fill, event: events.Record) -> bool:
        """True where an event tells what a fill did: lots of its instrument that it opened or closed."""
        match event:
            case events.Posted(why=why) if why in _BEFORE_LOTS:
                return True
            case events.LotAdded(instrument=fill.event.instrument, side=side, lot=lot):
                # Where what is held and what is new become one lot, the fill is what is left of it.
                self._open(fill, min(lot.quantity, fill.left), side)
                return True
            case events.LotsTaken(instrument=fill.event.instrument, side=side):
                if (sign_of(side) > 0) != (fill.event.quantity > 0):
                    self._end(fill, event.quantity, side, event.order)
                return True
            case _:
                self._plain(fill)
                return False

    def _open(self, fill: Fill, quantity: int, side: int) -> None:
        """Units of a fill that opened lots of a side."""
        value, fees = fill.take(quantity)
        made = fill.event
        self._lots(made.instrument).append(
            Lot(made.at.day, made.order_id, made.price, quantity, value, fees, side=side)
        )
        self._fill = fill if fill.left else None

    def _end(self, fill: Fill, quantity: int, side: int, first: str = "oldest") -> None:
        """Units of a fill that closed lots of a side."""
        value, fees = fill.take(quantity)
        made, how = fill.event, "sold" if side == LONG else "bought back"
        self._close(
            made.instrument, quantity, Leaving(made.at.day, made.price, made.order_id, how, value, fees, side, first)
        )
        self._fill = fill if fill.left else None

    def _plain(self, fill: Fill) -> None:
        """The rest of a fill, of shares that are paid in full."""
        if fill.event.quantity > 0:
            self._open(fill, fill.left, LONG)
        else:
            self._end(fill, fill.left, LONG)
        self._fill = None

    # ------------------------------------------------------------------ lots that go without a fill

    def _taken(self, event: events.LotsTaken) -> None:
        """Lots that went without a fill; what they came to is posted before, or after."""
        self._gone = event
        if self._given_back is not None:
            self._leave("given back", self._given_back)

    def _posted(self, event: events.Posted) -> None:
        """Interest of a bond, or what lots that went without a fill came to."""
        if event.instrument is not None and event.income:
            if event.why == "sold":
                self._taxed(event.instrument, -event.income)
            else:
                # A dividend that is paid is that of what is owed.
                is_owed = event.why in _DIVIDENDS and event.income < 0
                self._dividend(event.instrument, event.income, SHORT if is_owed else LONG)
        elif event.why == _FRACTION and self._gone is not None:
            self._fraction(event)
        elif event.why in _DELIVERED and self._out is not None:
            out, self._out = self._out, None
            is_given = event.why == "given back"
            value = out.cost if is_given else out.cost + event.realised
            self._given_back = event.realised if is_given else None
            self._count(out.instrument, value, is_bought=False)
            how = "given back" if is_given else "delivered"
            self._close(out.instrument, -out.quantity, Leaving(event.at.day, float("nan"), 0, how, value, 0))
        elif self._gone is not None and event.why in _ENDS:
            self._leave(_ENDS[event.why], event.realised)

    def _is_of_gone(self, event: events.LotAdded) -> bool:
        """True for what lots that went without a fill at this moment have become."""
        gone = self._gone
        return gone is not None and (gone.at, gone.instrument) == (event.at, event.instrument)

    def _became(self, event: events.LotAdded) -> None:
        """Lots after a split, or on another side: covered calls that are covered no more."""
        gone, lot = self._gone, event.lot
        assert gone is not None  # asked before
        mine = [known for known in self._lots(event.instrument) if known.side == gone.side]
        if event.side == gone.side:
            for known, quantity in zip(mine, parts(lot.quantity, [known.quantity for known in mine]), strict=True):
                known.quantity = quantity
            return
        left = lot.quantity
        for known in mine:
            count = min(known.quantity, left)
            rest, left = known.quantity - count, left - count
            if rest and count:
                cost, fees = (parts(total, (count, rest)) for total in (known.cost, known.fees))
                self._lots(event.instrument).append(replace(known, quantity=rest, cost=cost[1], fees=fees[1]))
                known.quantity, known.cost, known.fees = count, cost[0], fees[0]
            if count:
                known.side = event.side

    def _fraction(self, event: events.Posted) -> None:
        """Cash for the fraction of a share after a split: what is left has cost so much less."""
        gone, paid = self._gone, abs(event.cash)
        assert gone is not None  # asked before
        self._count(gone.instrument, paid, is_bought=gone.side != LONG)
        mine = [lot for lot in self._lots(gone.instrument) if lot.side == gone.side]
        for lot, share in zip(mine, parts(paid, [lot.quantity for lot in mine]), strict=True):
            lot.cost -= share
        self._gone = None

    def _moved(self, event: events.SharesMoved) -> None:
        """Shares that a delivery, or a return, brings or takes; those of a fill are told by it, as bonds are."""
        if event.instrument in self.rules.ends or (event.quantity > 0 and self._made == (event.at, event.instrument)):
            return
        if event.quantity < 0:
            self._out = event
            return
        self._count(event.instrument, event.cost, is_bought=True)
        price = event.cost / event.quantity / self.rules.units
        self._lots(event.instrument).append(Lot(event.at.day, 0, price, event.quantity, event.cost))

    def _count(self, instrument: int, value: int, *, is_bought: bool) -> None:
        """Count what came, or went, without a fill as bought, or sold."""
        flows = self._flows(instrument)
        if is_bought:
            flows.bought += value
        else:
            flows.sold += value

    def _leave(self, how: str, realised: int) -> None:
        """Close the lots that went without a fill, at what they have realised."""
        gone, self._gone, self._given_back = self._gone, None, None
        assert gone is not None  # asked where there are some
        mine = [lot for lot in self._lots(gone.instrument) if lot.side == gone.side]
        cost = sum(_cost_of(mine, gone.quantity))
        if how == "expired" and gone.side != LONG:
            how = "expired short"
        value = cost + sign_of(gone.side) * realised
        self._count(gone.instrument, value, is_bought=gone.side != LONG)
        self._close(gone.instrument, gone.quantity, Leaving(gone.at.day, float("nan"), 0, how, value, 0, gone.side))

    def _close(self, instrument: int, quantity: int, leaving: Leaving) -> None:
        """Let units of a side leave, oldest lots first unless it is said otherwise; one round trip per lot touched."""
        lots = self._lots(instrument)
        mine = _in_order([lot for lot in lots if lot.side == leaving.side], leaving)
        taken: list[tuple[Lot, int]] = []
        left = quantity
        for lot in mine:
            if left <= 0:
                break
            taken.append((lot, min(lot.quantity, left)))
            left -= taken[-1][1]
        counts = [count for _, count in taken]
        values, charged = parts(leaving.value, counts), parts(leaving.fees, counts)
        for (lot, count), value, fee in zip(taken, values, charged, strict=True):
            rest = lot.quantity - count
            cost, paid, dividends = (parts(total, (count, rest))[0] for total in (lot.cost, lot.fees, lot.dividends))
            price = (
                leaving.price if leaving.price == leaving.price else lot.price * value / cost if cost else leaving.price
            )
            bought, sold = (cost, value) if sign_of(lot.side) > 0 else (value, cost)
            self.closed.append(
                Trip(instrument, count, lot.day, lot.price, lot.order_id, leaving.day, price, leaving.order_id,
                     leaving.how, bought, sold, paid + fee, dividends, lot.given, lot.side)
            )  # fmt: skip
            lot.quantity, lot.cost = rest, lot.cost - cost
            lot.fees, lot.dividends = lot.fees - paid, lot.dividends - dividends
        self.lots[instrument] = [lot for lot in lots if lot.quantity > 0]
        self._flows(instrument).trades += len(taken)

    def _converted(self, at: Moment) -> None:
        """What was given to its issuer at this very moment has become the shares that come in."""
        for trip in reversed(self.closed):
            if trip.exit != "put back" or trip.exit_day != at.day:
                return
            trip.exit = "converted"

    def _dividend(self, instrument: int, net: int, side: int = LONG) -> None:
        self._flows(instrument).dividends += net
        lots = [lot for lot in self._lots(instrument) if lot.side == side]
        for lot, share in zip(lots, parts(net, [lot.quantity for lot in lots]), strict=True):
            lot.dividends += share

    def _taxed(self, instrument: int, tax: int) -> None:
        """Tax that a sale made due belongs to the round trips that this sale closed, the last ones."""
        self._flows(instrument).dividends -= tax
        trips: list[Trip] = []
        for trip in reversed(self.closed):
            if trip.instrument != instrument or (trips and trip.exit_order != trips[0].exit_order):
                break
            trips.append(trip)
        for trip, share in zip(trips, parts(tax, [trip.quantity for trip in trips]), strict=True):
            trip.dividends -= share

    def _issued(self, day: int, instrument: int, received: int) -> None:
        lots = [lot for lot in self._lots(instrument) if lot.side == LONG]
        held = sum(lot.quantity for lot in lots)
        if held + received <= 0:
            self._close(instrument, held, Leaving(day, 0.0, 0, "written off", 0, 0))
            return
        for lot, share in zip(lots, parts(received, [lot.quantity for lot in lots]), strict=True):
            lot.quantity += share


_BEFORE_LOTS = frozenset({"short sale", "bought to return"})
"""What is posted between a fill and the lots that it opened or closed."""
_DELIVERED = frozenset({"delivery", "given back"})
"""What is posted after shares that went without a fill."""
_DIVIDENDS = frozenset({"dividend", "compensation"})
_FRACTION = "fraction of a share"
_ENDS = {"expiry": "expired", "exercise": "exercised", "assignment": "assigned", "delisted": "delisted"}
"""What is posted after lots that went without a fill, and how it is called."""


def _in_order(lots: list[Lot], leaving: Leaving) -> list[Lot]:
    """Lots in the order in which they leave; see :func:`qresearch.engine.ledger.lots_taken`."""
    today = [lot for lot in lots if lot.day == leaving.day]
    before = [lot for lot in lots if lot.day != leaving.day]
    return {"today": today, "before": before, "today_first": today + before}.get(leaving.first, lots)


def _cost_of(lots: Sequence[Lot], quantity: int) -> Iterator[int]:
    """What the oldest of some lots have cost, up to a number of units."""
    for lot in lots:
        count = min(lot.quantity, quantity)
        yield parts(lot.cost, (count, lot.quantity - count))[0]
        quantity -= count


def trips_of(history: AccountHistory) -> Trips:
    """The lots and round trips of an account."""
    return Trips(TripRules.of(history.exchange)).fold(events.records(iter(history.log))).done()
