"""The checks of a match as sentences with their numbers: what an explanation of an order puts beside each event.

They are computed again from the account as it was just before the order had its turn, with the functions of the engine
where these decide (:mod:`qresearch.engine.fills`, :mod:`qresearch.engine.checks`), so that the numbers are those that
were looked at then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from qresearch.domain.reasons import REASONS, Facts, Reason, explain_reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Kind, TimeInForce
from qresearch.engine.checks import Checks
from qresearch.engine.evolve import NEXT_OPEN, Draft, taken_now
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote, at_open, in_bar
from qresearch.engine.lean_model import LEAN_EQUITY, lean_quote
from qresearch.engine.reserves import intent_of, reserve_price, reserved_cash, shares_before
from qresearch.market.venue import PHASES, Phase
from qresearch.session.html import number, price

TRADING = (Reason.SUSPENDED, Reason.NOT_LISTED, Reason.DELISTED, Reason.DATA_ENDED, Reason.NO_TRADES)
WAITS = (Reason.LIMIT_NOT_REACHED, Reason.STOP_NOT_REACHED, Reason.AWAITS_CLOSE)


class Check(NamedTuple):
    """One check of a match.

    Parameters
    ----------
    name : str
    reasons : tuple of Reason
        With which it can stop or trim an order.
    text : str
        Its numbers, as a sentence for the case that it was passed.
    unmet : str
        Not empty: the condition of the order was not met, and this says how; the order may wait.
    """

    name: str
    reasons: tuple[Reason, ...]
    text: str
    unmet: str = ""


class Turn:
    """The turn of one order in a match.

    Parameters
    ----------
    exchange : Exchange
    draft : Draft
        The account just before.
    order : OpenOrder
        As it was then.
    fill_price : float, currency per share
        Of the fill it got; NaN without one.
    """

    def __init__(self, exchange: Exchange, draft: Draft, order: OpenOrder, fill_price: float) -> None:
        self.exchange, self.draft, self.order, self.fill_price = exchange, draft, order, fill_price
        self.phase = PHASES[draft.phase]
        panel, day = exchange.market.panel, draft.day
        self.bar = Bar(*(float(getattr(panel, name)[day, order.column]) for name in ("open", "high", "low", "close")))
        self.up, self.down = float(panel.limit_up[day, order.column]), float(panel.limit_down[day, order.column])
        self.is_daily = not draft.bar and draft.settings.clock == NEXT_OPEN

    @property
    def side(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self.order.leaves > 0 else -1

    def checks(self) -> Iterator[Check]:
        """Each check in the order in which the match asks."""
        yield Check("Trading", TRADING, self._trading())
        limit = self.order.terms.limit_price
        if limit is not None and self.exchange.has_limits and self.up == self.up:
            text = f"limit {price(limit)} is within the price limits of the day, {price(self.down)} to {price(self.up)}"
            yield Check("Order price", (Reason.PRICE_LIMIT,), text)
        yield from self._conditions() if self.is_daily else self._conditions_at_once()
        if self.exchange.has_limits:
            yield Check("Price limit", (Reason.LIMIT_UP, Reason.LIMIT_DOWN), self._lock())
        yield from self._money() if self.side > 0 else self._shares()
        at_once = self.order.terms.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}
        if self.draft.settings.participation is not None:
            allowed, facts = Checks(self.draft, self.exchange).available(self.order.column, self.order.leaves)
            # What takes nothing later ends for that, not for the volume.
            unmet = explain_reason(Reason.VOLUME_CAP, facts) if at_once and allowed < abs(self.order.leaves) else ""
            yield Check("Volume", (Reason.VOLUME_CAP,), self._volume(), unmet)
        if at_once:
            text = f"{self.order.terms.time_in_force.value}: met the market once"
            yield Check("Time in force", (Reason.NOT_AT_ONCE,), text)

    def _trading(self) -> str:
        text = f"listed and not suspended on {self.exchange.date(self.draft.day)}"
        if not self.is_daily:
            return text
        if self.phase is Phase.OPEN:
            return f"{text}; opens at {price(self.bar.open)}"
        bar = self.bar
        return f"{text}; trades from {price(bar.low)} to {price(bar.high)}, closes at {price(bar.close)}"

    # ------------------------------------------------------------------ the type of the order

    def _quote(self) -> Quote:
        """What the fill model said."""
        order, draft = self.order, self.draft
        if self.phase is Phase.OPEN:
            return at_open(order.terms, self.side, self.bar.open, triggered=order.triggered, stop=order.stop)
        if draft.settings.fill_model == LEAN_EQUITY:
            return lean_quote(self.exchange, order, draft.day, self.bar)
        return in_bar(order.terms, self.side, self.bar, triggered=order.triggered, stop=order.stop)

    def _conditions(self) -> Iterator[Check]:
        """Stop and limit of the order against the open or the bar."""
        order, terms = self.order, self.order.terms
        if terms.kind in {Kind.MARKET, Kind.MARKET_ON_OPEN}:
            return
        quote = self._quote()
        unmet = "" if quote.price is not None else explain_reason(quote.reason, quote.facts)
        if terms.kind is Kind.MARKET_ON_CLOSE:
            yield Check("Close", (Reason.AWAITS_CLOSE,), f"the closing price is {price(self.bar.close)}", unmet)
            return
        if order.stop is not None:
            name = "Trigger" if terms.kind is Kind.LIMIT_IF_TOUCHED else "Stop"
            stopped = unmet if quote.reason is Reason.STOP_NOT_REACHED and quote.price is None else ""
            yield Check(name, (Reason.STOP_NOT_REACHED,), self._reached(order.stop), stopped)
            if stopped:
                return
        if terms.limit_price is not None:
            yield Check("Limit", (Reason.LIMIT_NOT_REACHED,), self._within(terms.limit_price), unmet)

    def _conditions_at_once(self) -> Iterator[Check]:
        """Inside a day, where an order is asked more than once in a bar: told by how it came out."""
        terms, met = self.order.terms, self.fill_price == self.fill_price
        at = f" was met at {price(self.fill_price)}" if met else ""
        if terms.kind is Kind.MARKET_ON_CLOSE:
            yield Check("Close", (Reason.AWAITS_CLOSE,), f"the closing price{at}" if met else "")
        if self.order.stop is not None:
            yield Check("Stop", (Reason.STOP_NOT_REACHED,), f"stop {price(self.order.stop)}{at}" if met else "")
        if terms.limit_price is not None:
            yield Check("Limit", (Reason.LIMIT_NOT_REACHED,), f"limit {price(terms.limit_price)}{at}" if met else "")

    def _reached(self, stop: float) -> str:
        """How a stop was reached."""
        if self.order.triggered:
            return f"the stop {price(stop)} was reached before"
        towards = -self.side if self.order.terms.kind is Kind.LIMIT_IF_TOUCHED else self.side
        if self.phase is Phase.OPEN:
            found = f"the open {price(self.bar.open)}"
        else:
            found = f"the high {price(self.bar.high)}" if towards > 0 else f"the low {price(self.bar.low)}"
        return f"{found} is at or {'above' if towards > 0 else 'below'} {price(stop)}"

    def _within(self, limit: float) -> str:
        """How a limit was met."""
        beyond = "below" if self.side > 0 else "above"
        if self.phase is Phase.OPEN:
            return f"the open {price(self.bar.open)} is at or {beyond} the limit {price(limit)}"
        if self.order.stop is not None and not self.order.triggered:
            return f"the close {price(self.bar.close)} is at or {beyond} the limit {price(limit)}"
        best = f"the low {price(self.bar.low)}" if self.side > 0 else f"the high {price(self.bar.high)}"
        return f"{best} is {beyond} the limit {price(limit)}"

    def _lock(self) -> str:
        if self.up != self.up:
            return "no price limit on this day"
        at_the_open = self.phase is Phase.OPEN and self.is_daily
        shown = self.bar.open if at_the_open else self.fill_price
        if self.order.terms.kind is Kind.MARKET_ON_CLOSE and self.is_daily:
            shown = self.bar.close
        if shown != shown:
            return f"limits of the day are {price(self.down)} and {price(self.up)}"
        name = "open" if at_the_open else "price"
        if self.side > 0:
            return f"{name} {price(shown)} is below the upper limit {price(self.up)}"
        return f"{name} {price(shown)} is above the lower limit {price(self.down)}"

    # ------------------------------------------------------------------ the account

    def _shares(self) -> Iterator[Check]:
        draft, exchange, order = self.draft, self.exchange, self.order
        position = draft.positions.get(order.column)
        held = 0 if position is None else position.quantity
        free = held if position is None or exchange.same_day[order.column] else position.sellable(draft.day)
        before = shares_before(draft, order)
        text = f"{-order.leaves:,} asked, {max(free - before, 0):,} of {held:,} can be sold today"
        if before:
            text += f", {before:,} are held back by earlier sells"
        yield Check("Shares", (Reason.T_PLUS_ONE, Reason.INSUFFICIENT_QUANTITY), text)
        yield from self._lot()

    def _lot(self) -> Iterator[Check]:
        if self.exchange.lot_shares > 1:
            text = f"{abs(self.order.leaves):,} shares are allowed"
            yield Check("Lot", (Reason.LOT_SIZE, Reason.MINIMUM_SIZE), text)

    def _money(self) -> Iterator[Check]:
        draft, exchange, order, money = self.draft, self.exchange, self.order, self.exchange.money
        yield from self._lot()
        at = self._price_for_cash()
        if order.cap is not None and at == at:
            what = "the position" if order.caps_position else "the order"
            text = f"{what} stays within {number(money.amount(order.cap))} at {price(at)}"
            yield Check("Value", (Reason.VALUE_CAP,), text)
        text = ""
        if at > 0:
            others = sum(held for known, held in reserved_cash(draft, exchange).items() if known != order.order_id)
            needed = Checks(draft, exchange).cost(intent_of(order, at, 0, 0), order.leaves)
            text = f"needs {number(money.amount(needed))} with fees at {price(at)}, "
            text += f"{number(money.amount(draft.cash - others))} is available"
            if others:
                text += f" ({number(money.amount(others))} held back by resting buys)"
        yield Check("Cash", (Reason.INSUFFICIENT_CASH,), text)

    def _price_for_cash(self) -> float:
        """Price of the fill, or that at which a resting buy holds cash back."""
        if self.fill_price == self.fill_price:
            return self.fill_price
        return reserve_price(self.draft, self.exchange, self.order)

    def _volume(self) -> str:
        rate, taken = self.draft.settings.participation or 0.0, taken_now(self.draft, self.order.column)
        source, row = self.exchange.bars(self.draft)
        volume = float(source.volume[row, self.order.column])
        text = f"{rate:.1%} of the volume {number(volume, 0)} is enough for {abs(self.order.leaves):,}"
        return f"{text} after the {taken:,} of earlier orders" if taken else text

    # ------------------------------------------------------------------ what waits

    def resting(self) -> str:
        """What an order that stays in the market holds back; empty when it holds nothing back."""
        if self.draft.settings.reserve == "none":
            return ""
        order = self.order
        if order.leaves < 0:
            return f"stays in the market; {-order.leaves:,} shares are reserved for it"
        at = reserve_price(self.draft, self.exchange, order)
        if not at > 0:
            return ""
        cost = Checks(self.draft, self.exchange).cost(intent_of(order, at, 0, 0), order.leaves)
        return f"stays in the market; {number(self.exchange.money.amount(cost))} of the cash is reserved for it"


def remedy(reason: Reason, facts: Facts, side: int) -> str:
    """What would have made an order fill, with the numbers of its case, and the advice for its reason.

    >>> remedy(Reason.INSUFFICIENT_CASH, {"asked": 1000, "needed": 9525.0, "cash": 5000.0, "affordable": 500}, 1)[:59]
    '4,525.00 more cash would have paid for all; 500 shares were'
    """
    near = _with_numbers(reason, facts, side)
    return f"{near} {REASONS[reason].advice}".strip()


def _with_numbers(reason: Reason, facts: Facts, side: int) -> str:  # noqa: PLR0911  # one sentence per reason
    better = "above" if side > 0 else "below"
    match reason, dict(facts):
        case Reason.INSUFFICIENT_CASH, {"needed": float(needed), "cash": float(cash), "affordable": affordable}:
            text = f"{number(needed - cash)} more cash would have paid for all"
            return f"{text}; {affordable:,} shares were within reach." if affordable else f"{text}."
        case Reason.LIMIT_NOT_REACHED, {"price": float(at)}:
            return f"A limit {better} {price(at)} would have been met."
        case Reason.STOP_NOT_REACHED, {"price": float(at)}:
            return f"A stop at {price(at)} would have been reached."
        case Reason.PRICE_LIMIT, {"up": float(up), "down": float(down)}:
            return f"A limit price from {price(down)} to {price(up)} was valid."
        case ((Reason.T_PLUS_ONE | Reason.INSUFFICIENT_QUANTITY), {"sellable": int(sellable)}) if sellable:
            return f"A sale of {sellable:,} was possible."
        case Reason.VOLUME_CAP, {"cap": int(cap), "asked": int(asked)}:
            return f"{cap:,} of the {asked:,} shares were there to take."
        case Reason.MINIMUM_SIZE, {"minimum": int(minimum)}:
            return f"{minimum:,} shares would have been accepted."
        case Reason.LOT_SIZE, {"lot": int(lot)}:
            return f"{lot:,} shares would have been accepted." if side > 0 else ""
        case Reason.OPEN_ORDER_MARGIN, {"needed": needed, "available": available}:
            return f"{_difference(needed, available)} more would have carried it."
        case _:
            return ""


def _difference(needed: object, available: object) -> str:
    """Shares as whole numbers, money with two decimals."""
    if isinstance(needed, int) and isinstance(available, int):
        return f"{needed - available:,} shares"
    assert isinstance(needed, float)  # money
    assert isinstance(available, float)  # as above
    return f"{number(needed - available)} of cash"
