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

Numbers that need only the order and the bar are told for all orders before (:mod:`qresearch.engine.meeting`); one loop
then walks the orders in their order, because cash and positions depend on what came before. An order that meets any
rule leaves the plain path of the loop for :meth:`_Match.special`, so that the rules stand in one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from qresearch.domain import events
from qresearch.domain.fees import NO_FEES
from qresearch.domain.reasons import Reason
from qresearch.domain.state import Position
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.idle import touched_orders
from qresearch.engine.intent import Intent
from qresearch.engine.ledger import after_sale
from qresearch.engine.meeting import Cap, Meeting, meeting_of
from qresearch.engine.queue import caps_position, due
from qresearch.engine.taxes import tax_on_sale
from qresearch.engine.working import release_all, walk_close, walk_open


def match_open(draft: Draft, exchange: Exchange, left_out: Set[int] = frozenset()) -> None:
    """Match what was queued before today, and what rests, at today's open; on minute data at that of a bar.

    Plain market orders alone go through at once. As soon as any order with terms of its own is about, every order is
    walked one by one by the same rules, because what rests holds cash and shares back.
    """
    blocks = due(draft, draft.at)
    if blocks and not draft.working and not _is_special(draft, exchange, blocks):
        caps = {
            block.first_id + offset: Cap(cap, caps_position(block, offset))
            for block in blocks
            for offset, cap in block.value_caps.items()
        }
        meeting = meeting_of(draft, exchange, blocks, caps)
        if meeting is not None:
            # Also when every order was canceled meanwhile: the event is what takes them out of the queue.
            _Match(draft, exchange, meeting, caps).run()
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
    return bool(draft.amended) and any(amendment.terms is not MARKET_DAY for amendment in draft.amended.values())


class _Match:
    """One open: the walk through its orders."""

    def __init__(self, draft: Draft, exchange: Exchange, meeting: Meeting, caps: Mapping[int, Cap]) -> None:
        self.draft, self.exchange, self.caps = draft, exchange, caps
        self.ids, self.instruments, self.quantities = meeting.ids, meeting.instruments, meeting.quantities
        self.prices, self.notionals, self.fees, self.charged, self.special_rows = meeting[3:]
        self.checks = Checks(draft, exchange)
        self.remarks: dict[int, tuple[events.Remark, ...]] = {}

    # ------------------------------------------------------------------ the walk

    def run(self) -> None:
        """Walk the orders in their order and put the outcome into the draft."""
        draft, same_day = self.draft, self.exchange.same_day
        day, positions = draft.day, draft.own_positions()
        cash, realised, find, make = draft.cash, draft.realised, positions.get, tuple.__new__
        rows = zip(self.instruments, self.quantities, self.notionals, self.charged, self.special_rows, strict=True)
        for row, (instrument, quantity, notional, fees, special) in enumerate(rows):
            held = find(instrument)
            if special:
                pass
            elif quantity > 0:
                need = notional + fees
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
                and (received := notional - fees) + cash >= 0
            ):
                cash += received
                if quantity + held[0]:
                    rest, cost = after_sale(held, -quantity)
                    positions[instrument] = rest
                    realised += received - cost
                else:
                    del positions[instrument]
                    realised += received - held[1]
                continue
            draft.cash, draft.realised = cash, realised
            self.special(row)
            cash, realised = draft.cash, draft.realised
        draft.cash, draft.realised = cash, realised
        self._record()

    def _record(self) -> None:
        draft = self.draft
        matched = events.Matched(
            draft.at, self.ids, self.instruments, self.quantities, self.prices, self.notionals, self.fees, self.remarks
        )
        draft.events.append(matched)
        draft.open_ids = None

    # ------------------------------------------------------------------ the rules, one order at a time

    def special(self, row: int) -> None:
        """Match one order by all the rules."""
        draft, checks = self.draft, self.checks
        instrument, wanted = self.instruments[row], self.quantities[row]
        remarks: list[events.Remark] = []
        order_id, filled = self.ids[row], 0
        intent = self._intent(order_id, instrument, wanted, self.prices[row])
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
        updated = events.OrderUpdated(self.draft.at, order_id, wanted, MARKET_DAY, reason=Reason.VALUE_CAP, facts=facts)
        remarks.append(updated)
        return self._intent(order_id, intent.instrument, wanted, intent.price)

    def _intent(self, order_id: int, instrument: int, wanted: int, price: float) -> Intent:
        cap, on_position = self.caps.get(order_id, (None, False))
        return Intent(instrument, wanted, price, cap, on_position, self.draft.cash)

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
        charged = dict(fees.parts)
        for name, column in self.fees.items():
            column[row] = charged.get(name, 0)
