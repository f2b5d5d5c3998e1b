"""The fill models by their names, and what makes one of a small model of your own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from qresearch.domain.reasons import Reason
from qresearch.domain.state import OpenOrder
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange, Fills
from qresearch.engine.fills import AShare, Bar, FillModel, Quote
from qresearch.engine.lean_model import LeanEquity
from qresearch.market.intraday import Intraday


class ByBars:
    """A small fill model on the bars of an exchange: asked at the open of a bar, then with the whole of it.

    Parameters
    ----------
    model : FillModel
    """

    asks_whole_bars = False

    def __init__(self, model: FillModel) -> None:
        self.model, self.name = model, model.name

    def at_price(self, order: OpenOrder, opened: float, /) -> Quote:
        """What an order does at an opening price."""
        return self.model.at_open(order, opened)

    def at_open(self, exchange: Exchange, draft: Draft, order: OpenOrder, /) -> Quote:
        """What an order does at the open of the bar; without trades there is none."""
        sides = np.array([order.leaves], dtype=np.int64)
        opened = float(exchange.openings(draft, np.array([order.instrument]), sides)[0])
        if opened != opened:
            facts = {"time": exchange.time_text(draft)}
            return Quote(None, triggered=order.triggered, stop=order.stop, reason=Reason.NO_TRADES, facts=facts)
        return self.at_price(order, opened)

    def in_bar(self, exchange: Exchange, draft: Draft, order: OpenOrder, bar: Bar, /) -> Quote:
        """What an order does with the whole bar."""
        return self.model.in_bar(order, bar)

    def concerns(self, bars: Intraday, row: int, order: OpenOrder, /) -> bool:
        """True when somebody traded in the bar: without trades no price is reached."""
        return bars.has_trade(row, order.instrument)

    def looks_again(self, draft: Draft, order: OpenOrder, /) -> bool:
        """Never: a market order tries its luck at opens only."""
        return False

    def first_day(self, exchange: Exchange, day: int, /) -> dt.date:
        """The next trading day."""
        found: dt.date = exchange.market.days[day + 1].astype(object)
        return found

    def last_day(self, exchange: Exchange, day: int, /) -> dt.date:
        """The day before the next trading day: a last day on which nobody trades ends on the trading day before it."""
        days = exchange.market.days
        if day + 1 == len(days):
            today: dt.date = days[day].astype(object)
            return today
        tomorrow: dt.date = days[day + 1].astype(object)
        return tomorrow - dt.timedelta(days=1)


A_SHARE = ByBars(AShare())
FILL_MODELS: Mapping[str, Fills] = MappingProxyType({A_SHARE.name: A_SHARE, LeanEquity.name: LeanEquity(A_SHARE)})
"""Ours, by name."""
