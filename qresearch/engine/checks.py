"""The rules of a match, for one order at a time: may it trade, what can the account carry, what is there to take.

Both ways through a match ask here, the fast one for orders that meet a rule and the exact one for every order, so that
each rule stands in one place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from qresearch.domain.fees import Fees
from qresearch.domain.moment import CLOSE
from qresearch.domain.reasons import SHORTFALLS, Facts, Reason, Refusal
from qresearch.domain.state import OpenOrder, State
from qresearch.domain.terms import Kind
from qresearch.engine.draft import Draft, taken_now
from qresearch.engine.exchange import Exchange
from qresearch.engine.intent import Closable, Intent, Need
from qresearch.engine.ledger import net_quantity, sale_in_lots
from qresearch.engine.rulings import caged, ended, without_after_hours

_Step = Callable[[Intent, int], tuple[int, Reason, Facts]]
"""From an order and what is left of it to what passes, and why not more."""


class Cut(NamedTuple):
    """Part of an order that is given up, and why."""

    shares: int
    reason: Reason
    facts: Facts


class Checks:
    """The rules at one moment of a draft.

    Parameters
    ----------
    draft : Draft or State
    exchange : Exchange
    """

    def __init__(self, draft: Draft | State, exchange: Exchange) -> None:
        self.draft, self.exchange, self.account = draft, exchange, exchange.account
        self.hair = 0.5 / exchange.money.price_scale

    def refusal(self, instrument: int) -> Refusal | None:
        """Why an instrument cannot trade today at all.

        Before the last bar of a day only what is announced counts: a day without trades shows at its close.
        """
        exchange, day = self.exchange, self.draft.day
        if exchange.closed is not None and exchange.closed[day, instrument]:
            return Reason.ROUTE_CLOSED, {"day": exchange.date(day)}
        if self.draft.bar and self.draft.phase < CLOSE:
            if exchange.closing_day[instrument] <= day:
                return ended(exchange, instrument, day)
            is_paused = exchange.market.panel.paused[day, instrument]
            return (Reason.SUSPENDED, {"day": exchange.date(day)}) if is_paused else None
        if not exchange.may_suspend or not exchange.market.panel.suspended[day, instrument]:
            return None
        return ended(exchange, instrument, day) or (Reason.SUSPENDED, {"day": exchange.date(day)})

    def lock(self, instrument: int, wanted: int, price: float) -> Refusal | None:
        """A buy finds nobody at the upper limit, a sell at the lower; NaN means no limit."""
        if not self.exchange.has_limits:
            return None
        up, down = self.exchange.bounds(self.draft, instrument)
        if wanted > 0:
            return (Reason.LIMIT_UP, {"open": price, "limit": up}) if price >= up - self.hair else None
        return (Reason.LIMIT_DOWN, {"open": price, "limit": down}) if price <= down + self.hair else None

    def invalid_limit(self, order: OpenOrder) -> Refusal | None:
        """Why an order at a limit price is invalid here: outside the limits of the day, or far beyond the market.

        An order after hours needs a day that has such a session. The cage holds for what is entered inside continuous
        trading: on bars inside the day, after the first.
        """
        limit = order.terms.limit_price
        if limit is None:
            return None
        if order.terms.kind is Kind.AFTER_HOURS:
            missing = without_after_hours(self.exchange, order.instrument, self.draft.day)
            if missing is not None:
                return missing
        outside = self.outside_limits(order.instrument, limit)
        is_new = order.reason is None and order.terms.kind is Kind.LIMIT and self.draft.bar > 1
        if outside is not None or not is_new:
            return outside
        return caged(self.exchange, self.draft, order.instrument, 1 if order.leaves > 0 else -1, limit)

    def outside_limits(self, instrument: int, price: float) -> Refusal | None:
        """A limit price outside the limits of the day is invalid."""
        if not self.exchange.has_limits:
            return None
        panel, day = self.exchange.market.panel, self.draft.day
        up, down = float(panel.limit_up[day, instrument]), float(panel.limit_down[day, instrument])
        if price > up + self.hair or price < down - self.hair:
            # A premium may have no lower limit: then its step of the price is the least there is.
            least = float(self.exchange.steps[instrument]) if np.isnan(down) else down
            facts = {"limit": price, "day": self.exchange.date(day), "up": up, "down": least}
            return Reason.PRICE_LIMIT, facts
        return None

    def carried(self, intent: Intent) -> tuple[int, list[Cut], Refusal | None]:
        """What of an order the account can carry.

        Returns
        -------
        shares : int
            Not signed.
        cuts : list of Cut
        refusal : (Reason, facts) or None
            When nothing is left, or the session rejects what falls short.
        """
        closable = self.account.closable(self.draft, self.exchange, intent.instrument, intent.wanted, intent.effect)
        steps: tuple[_Step, ...] = (self._opened_in_lots, self._capped, self._payable)
        if closable is not None:
            steps = (partial(self._closable, closable), partial(self._closed_in_lots, closable))
        left, cuts = abs(intent.wanted), list[Cut]()
        for step in steps:
            allowed, reason, facts = step(intent, left)
            if allowed >= left:
                continue
            if allowed <= 0 or (reason in SHORTFALLS and self.draft.settings.shortfall == "reject"):
                return 0, cuts, (reason, facts)
            cuts.append(Cut(left - allowed, reason, facts))
            left = allowed
        return left, cuts, None

    @staticmethod
    def _closable(closable: Closable, intent: Intent, asked: int) -> tuple[int, Reason, Facts]:
        held, free, lacking, locked = closable
        locked_today = free < min(asked, held)
        left = max(free - intent.reserved_shares, 0)
        facts = {"asked": asked, "held": held, "sellable": left}
        return min(asked, left), locked if locked_today else lacking, facts

    def _closed_in_lots(self, closable: Closable, intent: Intent, asked: int) -> tuple[int, Reason, Facts]:
        minimum, step = self.exchange.lot_minimum[intent.instrument], self.exchange.lot_step[intent.instrument]
        left = closable.held - intent.reserved_shares
        sent = asked if intent.is_rest else sale_in_lots(asked, left, minimum, step)
        if step == 1:
            return sent, Reason.MINIMUM_SIZE, {"asked": asked, "minimum": minimum}
        return sent, self.exchange.lot_reason[intent.instrument], {"asked": asked, "lot": step, "sent": sent}

    def _opened_in_lots(self, intent: Intent, asked: int) -> tuple[int, Reason, Facts]:
        """A split while the order waited may have left an odd lot."""
        sent, step = self._whole(intent, asked), self.exchange.lot_step[intent.instrument]
        return sent, self.exchange.lot_reason[intent.instrument], {"asked": asked, "lot": step, "sent": sent}

    def _whole(self, intent: Intent, quantity: int) -> int:
        """Whole lots in a number of shares to buy, 0 below the least order; the rest of an order is bound to none."""
        if intent.is_rest:
            return quantity
        whole = quantity - quantity % self.exchange.lot_step[intent.instrument]
        return whole if whole >= self.exchange.lot_minimum[intent.instrument] else 0

    def _capped(self, intent: Intent, asked: int) -> tuple[int, Reason, Facts]:
        if intent.cap is None:
            return asked, Reason.VALUE_CAP, {}
        money = self.exchange.money
        shares = intent.cap * money.price_scale // (money.price_units(intent.price) * money.units)
        if intent.caps_position:
            shares -= net_quantity(self.draft, intent.instrument)
        sent = min(asked, self._whole(intent, max(shares, 0)))
        facts = {"price": intent.price, "asked": asked, "value": money.amount(intent.cap), "sent": sent}
        return sent, Reason.VALUE_CAP, facts

    def _payable(self, intent: Intent, asked: int) -> tuple[int, Reason, Facts]:
        side = 1 if intent.wanted > 0 else -1
        cash, (needed, refusal, lacking) = intent.free_cash, self.need(intent, side * asked)
        if refusal is not None:
            return 0, *refusal
        if needed <= cash or not needed:
            return asked, lacking, {}
        step = 1 if intent.is_rest else self.exchange.lot_step[intent.instrument]
        # Without fees the cash would buy this many steps, never fewer than with them; the need grows with the shares.
        most = asked * max(cash, 0) // needed // step + 1
        needs = range(most + 1)
        steps = bisect_right(needs, cash, lo=1, key=lambda count: self.need(intent, side * count * step).money) - 1
        sent = self._whole(intent, steps * step)
        money = self.exchange.money
        facts = {"asked": asked, "needed": money.amount(needed), "cash": money.amount(cash), "affordable": sent}
        return min(sent, asked), lacking, facts

    def larger_sale(self, intent: Intent) -> tuple[int, Facts]:
        """Shares of a sale, signed, after which what is kept stays within the value asked for; never fewer than asked.

        Returns
        -------
        shares : int
            Negative. Rounded away from the lots that would leave too much; whether they can be sold is another check.
        facts : mapping
            Empty when the sale is large enough as it is.
        """
        held = self.draft.positions.get(intent.instrument)
        if intent.cap is None or not intent.caps_position or intent.wanted >= 0 or held is None:
            return intent.wanted, {}
        money, step = self.exchange.money, self.exchange.lot_step[intent.instrument]
        within = intent.cap * money.price_scale // (money.price_units(intent.price) * money.units)
        kept = held.quantity + intent.wanted
        if kept <= within:
            return intent.wanted, {}
        sale = -(-(held.quantity - within) // step) * step
        left = held.quantity - min(sale, held.quantity)
        facts = {"price": intent.price, "asked": kept, "value": money.amount(intent.cap), "sent": left}
        return left - held.quantity, facts

    def uncovered(self, intent: Intent, sold: int) -> Refusal | None:
        """Why an order that closes would leave less than nothing in the account: fees and tax exceed proceeds and cash.

        Parameters
        ----------
        intent : Intent
        sold : int, shares
            Not signed.
        """
        needed, refusal, lacking = self.need(intent, sold if intent.wanted > 0 else -sold)
        if refusal is not None:
            return refusal
        if needed <= max(intent.free_cash, 0):
            return None
        amount = self.exchange.money.amount
        facts = {"asked": sold, "needed": amount(needed), "cash": amount(max(intent.free_cash, 0)), "affordable": 0}
        return lacking, facts

    def locked_bar(self, instrument: int, wanted: int, limit: float, best: float) -> Refusal | None:
        """Why a limit that the best price of a bar came to got nothing, where the bar never left the limit of the day.

        Parameters
        ----------
        instrument : int
        wanted : int, shares
            Signed.
        limit, best : float, currency per share
            Of the order, and the lowest price of the bar for a buy, the highest for a sale.
        """
        touched = limit >= best - self.hair if wanted > 0 else limit <= best + self.hair
        return self.lock(instrument, wanted, best) if touched else None

    def need(self, intent: Intent, quantity: int) -> Need:
        """What a number of units, signed, takes from what the account may use, fees included."""
        return self.account.need(self.draft, self.exchange, intent, quantity)

    def charge(self, intent: Intent, quantity: int) -> tuple[int, Fees]:
        """Value and fees of a fill."""
        return self.account.charge(self.draft, self.exchange, intent, quantity)

    def available(self, instrument: int, wanted: int, share: float | None = None) -> tuple[int, Facts]:
        """Shares that the volume cap lets an order take now (not signed), and the numbers when that is not all.

        `share` is the part of the volume that the terms of the order allow; without one the session's cap counts.
        """
        rate, asked = self.draft.settings.participation if share is None else share, abs(wanted)
        if rate is None:
            return asked, {}
        source, row = self.exchange.bars(self.draft)
        volume = float(source.volume[row, instrument])
        if volume != volume:
            # No row of a bar inside the day: only a quote was met.
            volume = 0.0
        cap = max(int(volume * rate + 1e-9) - taken_now(self.draft, instrument), 0)
        # A trade may have any size once the order is in: lots and least orders are rules for entering one.
        return min(asked, cap), {"cap": cap, "rate": f"{rate:.1%}", "volume": round(volume), "asked": asked}
