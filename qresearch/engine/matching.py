"""The opening match: everything queued before today meets today's open.

Rules, in order: suspended and unlisted instruments reject; at the limit a buy (upper) or a sell (lower) finds nobody
and waits; sells need shares that may be sold today (T+1); buys stay within the value that was asked and within the
cash, which is checked here, after the sells; a volume cap is shared by all orders in one instrument. What a market
order cannot fill now does not fill later: it expires at the close with its reason.

Assumptions
-----------
Every fill gets the opening price (plus slippage), whatever its size, unless a volume cap is set: this flatters large
orders. That nothing fills at a locked open is pessimistic. The volume cap reads the volume of the whole day.

Numbers that need only the order and the bar are computed for all orders at once; one loop then walks the orders in
their order, because cash and positions depend on what came before. An order that meets any rule leaves the plain
path of the loop for :meth:`_Match.special`, so that the rules stand in one place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.messages import (
    DividendTaxed,
    Matched,
    OrderExpired,
    OrderRejected,
    OrderTrimmed,
    OrderWaiting,
    Placed,
)
from qresearch.domain.order import Method
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder, Position
from qresearch.engine.evolve import HOLDING_PERIOD, Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import after_sale, notionals
from qresearch.engine.sizing import ended, sale_in_lots
from qresearch.engine.slippage import slipped
from qresearch.engine.taxes import tax_on_sale

Ints = NDArray[np.int64]
Remark = OrderTrimmed | OrderRejected | OrderWaiting | DividendTaxed


def match_open(draft: Draft, exchange: Exchange) -> None:
    """Match what was queued before today at today's open."""
    blocks = [block for block in draft.queue if block.day < draft.day]
    if not blocks:
        return
    # Also when every order was canceled meanwhile: the event is what takes them out of the queue.
    _Match(draft, exchange, blocks).run()
    draft.block = None
    draft.release(draft.day)


def expire(draft: Draft) -> None:
    """End what is still working at the close, each with the reason that kept it waiting."""
    for order in tuple(draft.working.values()):
        draft.emit(OrderExpired(draft.day, draft.phase, order.order_id, order.reason, order.facts))
    draft.pending = None


class _Match:
    """One open: the columns of its orders, and the walk through them."""

    def __init__(self, draft: Draft, exchange: Exchange, blocks: list[Placed]) -> None:
        self.draft, self.exchange = draft, exchange
        day, panel, settings = draft.day, exchange.market.panel, draft.settings
        ids, columns, quantities = _collect(draft, blocks)
        self.caps = {block.first_id + offset: cap for block in blocks for offset, cap in block.value_caps.items()}
        if settings.match_order == "sells_first":
            walk = np.concatenate((np.flatnonzero(quantities < 0), np.flatnonzero(quantities > 0)))
        else:
            walk = np.flatnonzero(quantities)
        self.ids, self.columns, self.quantities = ids[walk], columns[walk], quantities[walk]
        self.opens = panel.open[day, self.columns]
        sizes = np.abs(self.quantities)
        special: NDArray[np.bool_] = np.zeros(len(sizes), dtype=np.bool_)
        if exchange.lot_shares > 1:
            special |= sizes % exchange.lot_sizes[self.columns] != 0
        if exchange.may_suspend:
            blocked = panel.suspended[day, self.columns]
            self.opens = np.where(blocked, 0.0, self.opens)
            special |= blocked
        self.prices = self.opens
        if settings.slippage.kind != "none":
            self.prices = self._slipped()
        if exchange.has_limits:
            special |= self._locked()
        if settings.participation is not None or settings.dividend_tax == HOLDING_PERIOD:
            special[:] = True
        elif self.caps:
            special |= np.isin(self.ids, np.fromiter(self.caps, dtype=np.int64))
        self.special_rows = special
        self.rates = exchange.rates(settings.costs, day)
        self.boards = exchange.board[self.columns]
        money = exchange.money
        self.price_units = (self.prices * money.price_scale + 0.5).astype(np.int64)
        self.notionals = notionals(self.price_units, sizes, money.units, money.price_scale)
        fees = self.rates.charge_all(self.boards, self.quantities, self.notionals)
        self.commissions, self.duties, self.transfers = fees
        self.remarks: dict[int, tuple[Remark, ...]] = {}
        self.leaves: dict[int, int] = {}
        self.taken: dict[int, int] = {}
        """Shares taken from a day's volume so far, by column."""

    def _slipped(self) -> NDArray[np.float64]:
        draft, exchange = self.draft, self.exchange
        panel, day = exchange.market.panel, draft.day
        steps, volumes = exchange.steps[self.columns], panel.volume[day, self.columns]
        prices = slipped(draft.settings.slippage, self.opens, self.quantities, volumes, steps)
        ceilings, floors = panel.limit_up[day, self.columns], panel.limit_down[day, self.columns]
        bounded: NDArray[np.float64] = np.fmax(np.fmin(prices, ceilings), floors)
        return bounded

    def _locked(self) -> NDArray[np.bool_]:
        """Buys at the upper limit and sells at the lower; half a price step of tolerance, NaN means no limit."""
        panel, day = self.exchange.market.panel, self.draft.day
        hair = 0.5 / self.exchange.money.price_scale
        buys = self.quantities > 0
        up = buys & (self.opens >= panel.limit_up[day, self.columns] - hair)
        down = ~buys & (self.opens <= panel.limit_down[day, self.columns] + hair)
        locked: NDArray[np.bool_] = up | down
        return locked

    # ------------------------------------------------------------------ the walk

    def run(self) -> None:
        """Walk the orders in their order and put the outcome into the draft."""
        draft, same_day = self.draft, self.exchange.same_day
        day, positions = draft.day, draft.own_positions()
        fees = self.commissions + self.duties + self.transfers
        needs = np.where(self.quantities > 0, self.notionals + fees, self.notionals - fees)
        cash, realised, find, make = draft.cash, draft.realised, positions.get, Position._make
        rows = zip(
            self.columns.tolist(), self.quantities.tolist(), needs.tolist(), self.special_rows.tolist(), strict=True
        )
        for row, (column, quantity, need, special) in enumerate(rows):
            held = find(column)
            if special:
                pass
            elif quantity > 0:
                if need <= cash:
                    cash -= need
                    if held is None:
                        positions[column] = make((quantity, need, day, quantity))
                    else:
                        today = held[3] if held[2] == day else 0
                        positions[column] = make((held[0] + quantity, held[1] + need, day, today + quantity))
                    continue
            elif held is not None and (held[2] != day or same_day[column]) and -quantity <= held[0]:
                cash += need
                if quantity + held[0]:
                    rest, cost = after_sale(held, -quantity)
                    positions[column] = rest
                    realised += need - cost
                else:
                    del positions[column]
                    realised += need - held[1]
                continue
            draft.cash, draft.realised = cash, realised
            self.special(row)
            cash, realised = draft.cash, draft.realised
        draft.cash, draft.realised = cash, realised
        self._record()

    def _record(self) -> None:
        draft = self.draft
        draft.events.append(
            Matched(
                draft.day,
                draft.phase,
                self.ids,
                self.columns,
                self.quantities,
                self.prices,
                self.notionals,
                self.commissions,
                self.duties,
                self.transfers,
                self.leaves,
                self.remarks,
            )
        )
        waiting = {
            int(self.ids[row]): OpenOrder(
                int(self.ids[row]), int(self.columns[row]), leaves, *_waits(self.remarks[row])
            )
            for row, leaves in self.leaves.items()
        }
        if waiting:
            draft.working = {**draft.working, **waiting}
        draft.pending = None

    # ------------------------------------------------------------------ the rules, one order at a time

    def special(self, row: int) -> None:
        """Match one order by all the rules."""
        column, wanted = int(self.columns[row]), int(self.quantities[row])
        remarks: list[Remark] = []
        refusal = self._refusal(column)
        leaves = 0
        filled = 0
        if refusal is None:
            locked = self._lock(row, column, wanted)
            if locked is not None:
                remarks.append(self._remark(OrderWaiting, row, *locked))
                leaves = wanted
            else:
                filled, refusal = self._trimmed(row, column, wanted, remarks)
        if refusal is not None:
            remarks.append(self._remark(OrderRejected, row, *refusal))
            filled = 0
        elif filled:
            filled, leaves = self._within_volume(row, column, filled, remarks)
        self._settle(row, column, filled, remarks)
        if leaves:
            self.leaves[row] = leaves
        if remarks:
            self.remarks[row] = tuple(remarks)

    def _remark(
        self, kind: type[OrderWaiting] | type[OrderRejected], row: int, reason: Reason, facts: Facts
    ) -> OrderWaiting | OrderRejected:
        return kind(self.draft.day, self.draft.phase, int(self.ids[row]), reason, facts)

    def _refusal(self, column: int) -> tuple[Reason, Facts] | None:
        exchange, day = self.exchange, self.draft.day
        if exchange.last_row[column] < day:
            return ended(exchange, column)
        if exchange.first_row[column] > day:
            return Reason.NOT_LISTED, {"day": exchange.date(day)}
        if exchange.may_suspend and exchange.market.panel.suspended[day, column]:
            return Reason.SUSPENDED, {"day": exchange.date(day)}
        return None

    def _lock(self, row: int, column: int, wanted: int) -> tuple[Reason, Facts] | None:
        if not self.exchange.has_limits:
            return None
        panel, day, price = self.exchange.market.panel, self.draft.day, float(self.opens[row])
        hair = 0.5 / self.exchange.money.price_scale
        if wanted > 0:
            limit = float(panel.limit_up[day, column])
            return (Reason.LIMIT_UP, {"open": price, "limit": limit}) if price >= limit - hair else None
        limit = float(panel.limit_down[day, column])
        return (Reason.LIMIT_DOWN, {"open": price, "limit": limit}) if price <= limit + hair else None

    def _trimmed(
        self, row: int, column: int, wanted: int, remarks: list[Remark]
    ) -> tuple[int, tuple[Reason, Facts] | None]:
        """What of an order the account can carry: signed shares, or a refusal when it is nothing."""
        steps = (
            (self._sellable, self._sold_in_lots) if wanted < 0 else (self._bought_in_lots, self._capped, self._payable)
        )
        left = abs(wanted)
        for step in steps:
            allowed, reason, facts = step(row, column, left)
            if allowed >= left:
                continue
            short = reason in {Reason.INSUFFICIENT_CASH, Reason.INSUFFICIENT_QUANTITY, Reason.T_PLUS_ONE}
            if allowed <= 0 or (short and self.draft.settings.shortfall == "reject"):
                return 0, (reason, facts)
            day, phase, order_id = self.draft.day, self.draft.phase, int(self.ids[row])
            remarks.append(OrderTrimmed(day, phase, order_id, left - allowed, reason, facts))
            left = allowed
        return (left if wanted > 0 else -left), None

    def _sellable(self, _row: int, column: int, asked: int) -> tuple[int, Reason, Facts]:
        position = self.draft.positions.get(column)
        held = 0 if position is None else position.quantity
        sellable = held
        if position is not None and not self.exchange.same_day[column]:
            sellable = position.sellable(self.draft.day)
        facts = {"asked": asked, "held": held, "sellable": sellable}
        locked_today = sellable < min(asked, held)
        return min(asked, sellable), Reason.T_PLUS_ONE if locked_today else Reason.INSUFFICIENT_QUANTITY, facts

    def _sold_in_lots(self, _row: int, column: int, asked: int) -> tuple[int, Reason, Facts]:
        lot = self.exchange.lot_minimum[column]
        sent = sale_in_lots(asked, self.draft.positions[column].quantity, lot)
        return sent, Reason.LOT_SIZE, {"asked": asked, "lot": lot, "sent": sent}

    def _bought_in_lots(self, _row: int, column: int, asked: int) -> tuple[int, Reason, Facts]:
        """A split while the order waited may have left an odd lot."""
        sent = self._whole(column, asked)
        return sent, Reason.LOT_SIZE, {"asked": asked, "lot": self.exchange.lot_step[column], "sent": sent}

    def _whole(self, column: int, quantity: int) -> int:
        whole = quantity - quantity % self.exchange.lot_step[column]
        return whole if whole >= self.exchange.lot_minimum[column] else 0

    def _capped(self, row: int, column: int, asked: int) -> tuple[int, Reason, Facts]:
        cap = self.caps.get(int(self.ids[row]))
        if cap is None:
            return asked, Reason.VALUE_CAP, {}
        money, price = self.exchange.money, int(self.price_units[row])
        method = self._is_target(row)
        held = self.draft.positions.get(column) if method else None
        base = 0 if held is None else held.quantity
        shares = cap * money.price_scale // (price * money.units) - base
        sent = min(asked, self._whole(column, max(shares, 0)))
        facts = {"price": float(self.prices[row]), "asked": asked, "value": money.amount(cap), "sent": sent}
        return sent, Reason.VALUE_CAP, facts

    def _is_target(self, row: int) -> bool:
        """True when the cap of an order is on the position and not on the purchase."""
        order_id = int(self.ids[row])
        block = next(block for block in self.draft.queue if block.first_id <= order_id < block.first_id + len(block))
        return block.requests[order_id - block.first_id][0] == Method.TARGET_VALUE

    def _payable(self, row: int, column: int, asked: int) -> tuple[int, Reason, Facts]:
        cash = self.draft.cash
        needed = self._cost(row, asked)
        if needed <= cash:
            return asked, Reason.INSUFFICIENT_CASH, {}
        step = self.exchange.lot_step[column]
        # Start from what the cash would buy without fees, never below the answer; then give up steps until it fits.
        sent = self._whole(column, asked * max(cash, 0) // needed + step)
        while sent > 0 and self._cost(row, sent) > cash:
            sent = self._whole(column, sent - step)
        money = self.exchange.money
        facts = {"asked": asked, "needed": money.amount(needed), "cash": money.amount(cash), "affordable": sent}
        return min(sent, asked), Reason.INSUFFICIENT_CASH, facts

    def _cost(self, row: int, quantity: int) -> int:
        notional = self.exchange.money.notional(int(self.price_units[row]), quantity)
        return notional + sum(self.rates.charge(int(self.boards[row]), quantity, notional))

    def _within_volume(self, row: int, column: int, wanted: int, remarks: list[Remark]) -> tuple[int, int]:
        """Shares filled now and shares that wait, both signed, under the volume cap."""
        rate = self.draft.settings.participation
        if rate is None:
            return wanted, 0
        volume = float(self.exchange.market.panel.volume[self.draft.day, column])
        cap = max(int(volume * rate + 1e-9) - self.taken.get(column, 0), 0)
        side, asked = (1, wanted) if wanted > 0 else (-1, -wanted)
        allowed = asked
        if asked > cap:
            allowed = self._whole(column, cap)
            facts = {"cap": cap, "rate": f"{rate:.1%}", "volume": volume, "asked": asked}
            remarks.append(self._remark(OrderWaiting, row, Reason.VOLUME_CAP, facts))
        self.taken[column] = self.taken.get(column, 0) + allowed
        return side * allowed, side * (asked - allowed)

    def _settle(self, row: int, column: int, filled: int, remarks: list[Remark]) -> None:
        """Book the shares that were filled and write them into the columns."""
        draft = self.draft
        notional = self.exchange.money.notional(int(self.price_units[row]), abs(filled))
        fees = self.rates.charge(int(self.boards[row]), filled, notional) if filled else (0, 0, 0)
        if filled > 0:
            draft.buy(column, filled, notional + sum(fees))
        elif filled < 0:
            left = draft.sell(column, -filled, notional - sum(fees))
            tax = tax_on_sale(self.exchange.market, left, draft.day)
            if tax:
                draft.cash -= tax
                draft.realised -= tax
                remarks.append(DividendTaxed(draft.day, draft.phase, column, tax))
        self.quantities[row] = filled
        self.notionals[row] = notional
        self.commissions[row], self.duties[row], self.transfers[row] = fees


def _waits(remarks: tuple[Remark, ...]) -> tuple[Reason, Facts]:
    waiting = next(remark for remark in remarks if isinstance(remark, OrderWaiting))
    return waiting.reason, waiting.facts


def _joined(parts: list[Ints]) -> Ints:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _collect(draft: Draft, blocks: list[Placed]) -> tuple[Ints, Ints, Ints]:
    """Ids, columns and signed quantities of all requests in some blocks; quantity 0 where one is over already."""
    ids = _joined([np.arange(block.first_id, block.first_id + len(block)) for block in blocks])
    columns = _joined([np.array(block.columns, dtype=np.int64) for block in blocks])
    quantities = _joined([np.array(block.quantities, dtype=np.int64) for block in blocks])
    if draft.amended:
        first = {int(order_id): offset for offset, order_id in enumerate(ids)}
        for order_id, quantity in draft.amended.items():
            if order_id in first:
                quantities[first[order_id]] = quantity
    return ids, columns, quantities
