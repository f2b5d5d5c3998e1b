"""The price at which a working order meets the market: the answer of the fill model, and what slippage makes of it."""

from __future__ import annotations

from qresearch.domain.moment import CLOSE
from qresearch.domain.reasons import Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import CLOSING_KINDS, MARKET_KINDS, Kind
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote
from qresearch.engine.rulings import closes_early


class Quoting:
    """Prices at one moment of a draft.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    closing : bool
        Of the whole bar; else of its opening.
    """

    def __init__(self, draft: Draft, exchange: Exchange, *, closing: bool) -> None:
        self.draft, self.exchange, self.closing = draft, exchange, closing

    def _bar(self, order: OpenOrder) -> Bar:
        """The whole bar that an order is asked against; the closing price of a day is that of its last trade."""
        source, row = self.exchange.bars(self.draft)
        if self.draft.phase == CLOSE:
            source, row = self.exchange.market.panel, self.draft.day
        return Bar(*(float(getattr(source, name)[row, order.instrument]) for name in ("open", "high", "low", "close")))

    def quote(self, order: OpenOrder) -> Quote:
        """What an order meets: a price before slippage, or why there is none."""
        draft, fills = self.draft, self.exchange.fills
        closed = self.closed_early(order)
        if closed is not None:
            return closed
        if order.terms.kind is Kind.AFTER_HOURS:
            return self.after_hours(order)
        if not self.closing:
            return fills.at_open(self.exchange, draft, order)
        taken = order.triggered and order.terms.limit_price is None
        if taken or (order.terms.kind in MARKET_KINDS and not fills.looks_again(draft, order)):
            # A market order, or a stop that became one, tries its luck at opens only.
            reason = order.reason or Reason.VOLUME_CAP
            return Quote(None, triggered=order.triggered, stop=order.stop, reason=reason, facts=order.facts)
        return fills.in_bar(self.exchange, draft, order, self._bar(order))

    def closed_early(self, order: OpenOrder) -> Quote | None:
        """Nothing, for an order for the closing price of a day that a circuit breaker ended; None for others."""
        if order.terms.kind not in CLOSING_KINDS or self.draft.phase != CLOSE:
            return None
        early = closes_early(self.exchange, order.instrument, self.draft.day)
        return None if early is None else Quote(None, reason=early[0], facts=early[1])

    def after_hours(self, order: OpenOrder) -> Quote:
        """What an order after hours meets: the close, if that is within its limit."""
        if self.draft.phase != CLOSE:
            return Quote(None, reason=Reason.AWAITS_CLOSE)
        close, limit = self._bar(order).close, order.terms.limit_price
        assert limit is not None  # its terms carry one
        if order.leaves * close <= order.leaves * limit:
            return Quote(close)
        return Quote(None, facts={"limit": limit, "price": close})

    def fill_price(self, order: OpenOrder, quote: Quote) -> float:
        """The quote after slippage, within the limits of the day and the order's own limit."""
        assert quote.price is not None  # asked before
        slips = quote.takes and order.terms.kind is not Kind.AFTER_HOURS
        price = self.slipped(order, quote.price) if slips else quote.price
        limit = order.terms.limit_price
        if limit is None:
            return price
        return min(price, limit) if order.leaves > 0 else max(price, limit)

    def slipped(self, order: OpenOrder, price: float) -> float:
        """A price after slippage, within the limits of the day."""
        draft, exchange = self.draft, self.exchange
        if not draft.settings.slips:
            return price
        panel, instrument = exchange.market.panel, order.instrument
        source, row = exchange.bars(draft)
        volume, step = float(source.volume[row, instrument]), exchange.steps.item(instrument)
        moved = exchange.slipping.moved_alone(draft.settings, instrument, price, order.leaves, volume, step)
        up, down = panel.limit_up.item(draft.day, instrument), panel.limit_down.item(draft.day, instrument)
        # NaN is no limit.
        bounded: float = up if moved > up else moved
        return down if bounded < down else bounded
