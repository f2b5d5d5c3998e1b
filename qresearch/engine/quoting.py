"""The price at which a working order meets the market: the answer of the fill model, and what slippage makes of it."""

from __future__ import annotations

import numpy as np

from qresearch.domain.moment import CLOSE
from qresearch.domain.reasons import Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import MARKET_KINDS
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote


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
        if not self.closing:
            return fills.at_open(self.exchange, draft, order)
        taken = order.triggered and order.terms.limit_price is None
        if taken or (order.terms.kind in MARKET_KINDS and not fills.looks_again(draft, order)):
            # A market order, or a stop that became one, tries its luck at opens only.
            reason = order.reason or Reason.VOLUME_CAP
            return Quote(None, triggered=order.triggered, stop=order.stop, reason=reason, facts=order.facts)
        return fills.in_bar(self.exchange, draft, order, self._bar(order))

    def fill_price(self, order: OpenOrder, quote: Quote) -> float:
        """The quote after slippage, within the limits of the day and the order's own limit."""
        assert quote.price is not None  # asked before
        price = self.slipped(order, quote.price) if quote.takes else quote.price
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
        moved = exchange.slipped(
            draft.settings,
            np.array([instrument]),
            np.array([price]),
            np.array([order.leaves], dtype=np.int64),
            source.volume[row, [instrument]],
            exchange.steps[[instrument]],
        )
        bounded = np.fmax(
            np.fmin(moved, panel.limit_up[draft.day, instrument]), panel.limit_down[draft.day, instrument]
        )
        return float(bounded[0])
