"""The clocks by their names: when a request meets the market."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qresearch.domain.moment import CLOSE, OPEN
from qresearch.domain.settings import COUNTER, NEXT_OPEN, SAME_BAR, TOLD
from qresearch.domain.terms import Terms
from qresearch.engine import counter, immediate, matching, sizing, working
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import MarketClock
from qresearch.engine.told import Told


class NextOpen:
    """At the next open: :mod:`qresearch.engine.matching`."""

    name, handle_data, in_call = NEXT_OPEN, CLOSE, False
    place = staticmethod(sizing.place)
    at_open = staticmethod(matching.match_open)
    in_bar = staticmethod(matching.match_bar)
    at_close = staticmethod(working.walk_close)

    def meets_now(self, draft: Draft, terms: Terms, /) -> bool:
        """Never."""
        return False


class SameBar:
    """Inside the call, at the last visible price: :mod:`qresearch.engine.immediate`."""

    name, handle_data, in_call = SAME_BAR, OPEN, True
    place = staticmethod(immediate.place_at_once)
    at_open = staticmethod(immediate.open_at_once)
    in_bar = staticmethod(immediate.bar_at_once)
    at_close = staticmethod(immediate.close_at_once)
    meets_now = staticmethod(immediate.meets_market_now)


class Counter:
    """After the call, when the counter has sent it on: :mod:`qresearch.engine.counter`."""

    name, handle_data, in_call = COUNTER, OPEN, True
    place = staticmethod(counter.place_at_counter)
    at_open = staticmethod(counter.open_at_counter)
    in_bar = staticmethod(counter.meet_at_counter)
    at_close = staticmethod(counter.close_at_counter)
    meets_now = staticmethod(counter.is_open)


CLOCKS: Mapping[str, MarketClock] = MappingProxyType({
    NEXT_OPEN: NextOpen(), SAME_BAR: SameBar(), COUNTER: Counter(), TOLD: Told()
})  # fmt: skip
"""Ours, by name."""
