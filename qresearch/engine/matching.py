"""The opening match: everything queued before today meets today's open.

Rules, in order: suspended and unlisted instruments reject; at the limit a buy (upper) or a sell (lower) finds nobody
and waits; sells need shares that may be sold today (T+1); buys stay within the value that was asked and within the
cash, which is checked here, after the sells; a volume cap is shared by all orders in one instrument. What a market
order cannot fill now does not fill later: it expires at the close with its reason. On minute data the same happens at
the open of every bar, with what was asked during the bar before, and what is left tries the bars that follow.

Assumptions
-----------
Every fill gets the opening price (plus slippage), whatever its size, unless a volume cap is set: this flatters large
orders. That nothing fills at a locked open is pessimistic. The volume cap reads the volume of the whole bar.

Numbers that need only the order and the bar are computed for all orders at once; one loop then walks the orders in
their order, because cash and positions depend on what came before. An order that meets any rule leaves the plain
path of the loop for :meth:`_Match.special`, so that the rules stand in one place.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from qresearch.domain import events
from qresearch.domain.fees import NO_FEES
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import HOLDING_PERIOD
from qresearch.domain.state import Position
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.idle import touched_orders
from qresearch.engine.intent import Intent
from qresearch.engine.ledger import after_sale, notionals, price_units
from qresearch.engine.queue import caps_position, due, released
from qresearch.engine.taxes import tax_on_sale
from qresearch.engine.working import release_all, walk_close, walk_open

Ints = NDArray[np.int64]
_SAFE_SIZE, _SAFE_VALUE = 2**21, 2.0**60
_NEARLY = 1 - 1e-9
"""A value that is met up to the error of a float is looked at exactly."""


def match_open(draft: Draft, exchange: Exchange, left_out: Set[int] = frozenset()) -> None:
    """Match what was queued before today, and what rests, at today's open; on minute data at that of a bar.

    Plain market orders alone go through at once. As soon as any order with terms of its own is about, every order is
    walked one by one by the same rules, because what rests holds cash and shares back.
    """
    blocks = due(draft, draft.at)
    if blocks and not draft.working and not _is_special(draft, exchange, blocks):
        match = _Match(draft, exchange, blocks)
        if not match.locked:
            # Also when every order was canceled meanwhile: the event is what takes them out of the queue.
            match.run()
            draft.leave_queue(*blocks)
            draft.block = None
            return
    if blocks or draft.working:
        release_all(draft, blocks)
        walk_open(draft, exchange, left_out)
    draft.block = None


def match_bar(draft: Draft, exchange: Exchange) -> None:
    """Match at a whole bar inside the day: at its open, unless that was the opening, then against the bar itself."""
    touched = touched_orders(draft, exchange)
    resting = draft.working.keys() - touched
    if draft.bar > 1 and (touched or due(draft, draft.at)):
        match_open(draft, exchange, resting)
    if draft.working.keys() - resting:
        walk_close(draft, exchange, resting)
    draft.block = None


def _is_special(draft: Draft, exchange: Exchange, blocks: list[events.Placed]) -> bool:
    """True when an order may have to wait: it has terms or rules of its own, or the volume is capped."""
    if draft.settings.participation is not None or not exchange.account.is_plain:
        return True
    if any(block.terms for block in blocks):
        return True
    if draft.bar > 1 and exchange.fills.asks_whole_bars:
        return True
    return any(amendment.terms is not MARKET_DAY for amendment in draft.amended.values())


class _Match:
    """One open: the instruments of its orders, and the walk through them."""

    def __init__(self, draft: Draft, exchange: Exchange, blocks: list[events.Placed]) -> None:
        self.draft, self.exchange = draft, exchange
        day, settings = draft.day, draft.settings
        ids, instruments, quantities = _collect(draft, blocks)
        self.caps = {block.first_id + offset: cap for block in blocks for offset, cap in block.value_caps.items()}
        if settings.match_order == "sells_first":
            walk = np.concatenate((np.flatnonzero(quantities < 0), np.flatnonzero(quantities > 0)))
        else:
            walk = np.flatnonzero(quantities)
        self.ids, self.instruments, self.quantities = ids[walk], instruments[walk], quantities[walk]
        self.opens = exchange.openings(draft, self.instruments, self.quantities)
        sizes = np.abs(self.quantities)
        special: NDArray[np.bool_] = np.zeros(len(sizes), dtype=np.bool_)
        if exchange.lot_shares > 1:
            special |= sizes % exchange.lot_sizes[self.instruments] != 0
            special |= sizes < exchange.least_sizes[self.instruments]
        blocked: NDArray[np.bool_] | None = None
        if exchange.may_suspend:
            blocked = exchange.blocked(day, self.instruments)
            self.opens = np.where(blocked, 0.0, self.opens)
            special |= blocked
        if (draft.bar or exchange.may_idle) and np.isnan(self.opens).any():
            self.locked = True
            return
        self.prices = self.opens
        if settings.slips:
            self.prices = self._slipped()
        self.locked = exchange.has_limits and self._meets_locked_open(blocked)
        """Some order meets a locked open, or a bar without trades, and has to wait: the exact way knows how to."""
        if settings.dividend_tax == HOLDING_PERIOD or settings.rounds_total:
            special[:] = True
        elif self.caps:
            special |= self._bound_by_value()
        if sizes.max(initial=0) > _SAFE_SIZE:
            # Beyond what 64 bits carry exactly the sums are made one by one.
            special |= self.prices * sizes > _SAFE_VALUE / max(exchange.money.units, exchange.money.price_scale)
        self.special_rows = special
        self.checks = Checks(draft, exchange)
        money = exchange.money
        self.notionals = notionals(money, price_units(money, self.prices), sizes)
        rates = exchange.rates(settings.costs, day)
        self.fees = rates.charge_all(self.instruments, self.quantities, self.notionals)
        self.remarks: dict[int, tuple[events.Remark, ...]] = {}

    def _bound_by_value(self) -> NDArray[np.bool_]:
        """Orders by value: every buy, and the sales after which more than the value asked for might be kept."""
        bound = np.isin(self.ids, np.fromiter(self.caps, dtype=np.int64))
        units = self.exchange.money.units
        for row in np.flatnonzero(bound & (self.quantities < 0)).tolist():
            held = self.draft.positions.get(int(self.instruments[row]))
            if held is not None:
                kept = (held.quantity + int(self.quantities[row])) * float(self.prices[row]) * units
                bound[row] = kept > self.caps[int(self.ids[row])] * _NEARLY
        return bound

    def _slipped(self) -> NDArray[np.float64]:
        draft, exchange = self.draft, self.exchange
        panel, day = exchange.market.panel, draft.day
        source, row = exchange.bars(draft)
        steps, volumes = exchange.steps[self.instruments], source.volume[row, self.instruments]
        prices = exchange.slipping.moved(draft.settings, self.instruments, self.opens, self.quantities, volumes, steps)
        ceilings, floors = panel.limit_up[day, self.instruments], panel.limit_down[day, self.instruments]
        bounded: NDArray[np.float64] = np.fmax(np.fmin(prices, ceilings), floors)
        return bounded

    def _meets_locked_open(self, blocked: NDArray[np.bool_] | None) -> bool:
        """True when an order that trades at all stands at the limit of the day, or at the first open of a listing."""
        bands = self.exchange.opening_bands.get(self.draft.day)
        if bands and not bands.keys().isdisjoint(self.instruments.tolist()):
            return True
        locked = self._at_limit()
        return bool((locked if blocked is None else locked & ~blocked).any())

    def _at_limit(self) -> NDArray[np.bool_]:
        """Buys at the upper limit and sells at the lower; half a price step of tolerance, NaN means no limit."""
        panel, day = self.exchange.market.panel, self.draft.day
        hair = 0.5 / self.exchange.money.price_scale
        buys = self.quantities > 0
        up = buys & (self.opens >= panel.limit_up[day, self.instruments] - hair)
        down = ~buys & (self.opens <= panel.limit_down[day, self.instruments] + hair)
        locked: NDArray[np.bool_] = up | down
        return locked

    # ------------------------------------------------------------------ the walk

    def run(self) -> None:
        """Walk the orders in their order and put the outcome into the draft."""
        draft, same_day = self.draft, self.exchange.same_day
        day, positions = draft.day, draft.own_positions()
        fees: Ints = sum(self.fees.values())  # type: ignore[assignment]  # there is a part at least
        needs = np.where(self.quantities > 0, self.notionals + fees, self.notionals - fees)
        cash, realised, find, make = draft.cash, draft.realised, positions.get, tuple.__new__
        rows = zip(
            self.instruments.tolist(), self.quantities.tolist(), needs.tolist(), self.special_rows.tolist(), strict=True
        )
        for row, (instrument, quantity, need, special) in enumerate(rows):
            held = find(instrument)
            if special:
                pass
            elif quantity > 0:
                if need <= cash:
                    cash -= need
                    if held is None:
                        positions[instrument] = make(Position, (quantity, need, day, quantity))
                    else:
                        today = held[3] if held[2] == day else 0
                        positions[instrument] = make(
                            Position, (held[0] + quantity, held[1] + need, day, today + quantity)
                        )
                    continue
            elif (
                held is not None
                and (held[2] != day or same_day[instrument])
                and -quantity <= held[0]
                and need + cash >= 0
            ):
                cash += need
                if quantity + held[0]:
                    rest, cost = after_sale(held, -quantity)
                    positions[instrument] = rest
                    realised += need - cost
                else:
                    del positions[instrument]
                    realised += need - held[1]
                continue
            draft.cash, draft.realised = cash, realised
            self.special(row)
            cash, realised = draft.cash, draft.realised
        draft.cash, draft.realised = cash, realised
        self._record()

    def _record(self) -> None:
        draft = self.draft
        matched = events.Matched(
            draft.at,
            self.ids,
            self.instruments,
            self.quantities,
            self.prices,
            self.notionals,
            self.fees,
            self.remarks,
        )
        draft.events.append(matched)
        draft.open_ids = None

    # ------------------------------------------------------------------ the rules, one order at a time

    def special(self, row: int) -> None:
        """Match one order by all the rules."""
        draft, checks = self.draft, self.checks
        instrument, wanted = int(self.instruments[row]), int(self.quantities[row])
        remarks: list[events.Remark] = []
        intent = self._intent(row, instrument, wanted)
        order_id, filled = int(self.ids[row]), 0
        refusal = checks.refusal(instrument)
        if refusal is None:
            intent = self._enlarged(order_id, intent, remarks)
            filled, cuts, refusal = checks.carried(intent)
            if refusal is None and wanted < 0:
                refusal = checks.uncovered(intent, filled)
        if refusal is None:
            remarks.extend(events.OrderTrimmed(draft.at, order_id, *cut) for cut in cuts)
        if refusal is not None:
            remarks.append(events.OrderRejected(draft.at, order_id, *refusal))
            filled = 0
        self._settle(row, intent, filled if wanted > 0 else -filled, remarks)
        if remarks:
            self.remarks[row] = tuple(remarks)

    def _enlarged(self, order_id: int, intent: Intent, remarks: list[events.Remark]) -> Intent:
        """A sale to a value, made larger where the price went up."""
        wanted, facts = self.checks.larger_sale(intent)
        if wanted == intent.wanted:
            return intent
        draft, terms = self.draft, released(self.draft, order_id).terms
        remarks.append(events.OrderUpdated(draft.at, order_id, wanted, terms, reason=Reason.VALUE_CAP, facts=facts))
        return intent._replace(wanted=wanted)

    def _intent(self, row: int, instrument: int, wanted: int) -> Intent:
        order_id = int(self.ids[row])
        cap = self.caps.get(order_id)
        on_position = cap is not None and caps_position(self.draft, order_id)
        return Intent(instrument, wanted, float(self.prices[row]), cap, on_position, self.draft.cash)

    def _settle(self, row: int, intent: Intent, filled: int, remarks: list[events.Remark]) -> None:
        """Book the shares that were filled and write them into the instruments."""
        draft = self.draft
        notional, fees = self.checks.charge(intent, filled) if filled else (0, NO_FEES)
        if filled > 0:
            draft.buy(intent.instrument, filled, notional + fees.total)
        elif filled < 0:
            left = draft.sell(intent.instrument, -filled, notional - fees.total)
            tax = tax_on_sale(self.exchange.market, intent.instrument, left, draft.day)
            if tax:
                draft.cash -= tax
                draft.realised -= tax
                remarks.append(events.DividendTaxed(draft.at, intent.instrument, tax))
        self.quantities[row] = filled
        self.notionals[row] = notional
        for name, column in self.fees.items():
            column[row] = fees[name]


def _joined(parts: list[Ints]) -> Ints:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _collect(draft: Draft, blocks: list[events.Placed]) -> tuple[Ints, Ints, Ints]:
    """Ids, instruments and signed quantities of all requests in some blocks; quantity 0 where one is over already."""
    ids = _joined([np.arange(block.first_id, block.first_id + len(block)) for block in blocks])
    instruments = _joined([np.array(block.instruments, dtype=np.int64) for block in blocks])
    quantities = _joined([np.array(block.quantities, dtype=np.int64) for block in blocks])
    if draft.amended:
        first = {int(order_id): offset for offset, order_id in enumerate(ids)}
        for order_id, amendment in draft.amended.items():
            if order_id in first:
                quantities[first[order_id]] = amendment.quantity
    return ids, instruments, quantities
