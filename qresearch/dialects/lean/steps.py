"""One step of time of an engine, in parts, between which a person may stop.

The parts are those of the order of work: the bars come in; what waits in line and what is pending is worked off, then
what is scheduled, the margin, dividends and splits, consolidators and indicators; the functions of the script are
called; what they asked is worked off, and what ends is closed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from qresearch.dialects.lean.bars import Delisting, Dividend, Slice, Split, SymbolChangedEvent, TradeBar
from qresearch.dialects.lean.corporate import (
    apply_dividend,
    apply_split,
    charge_interest,
    check_margin,
    close_before_splits,
    end_of,
)
from qresearch.dialects.lean.enums import DelistingType, SplitType
from qresearch.dialects.lean.feed import Entry
from qresearch.dialects.lean.hours import utc
from qresearch.dialects.lean.securities import SecurityChanges

_HOUR, _FIVE = dt.timedelta(hours=1), dt.timedelta(minutes=5)
_RENAMED = "Open order cancelled on symbol changed event"
"""The tag of LEAN for what ends with a ticker: order lists show it."""
BEFORE_FILL, AFTER_FILL, AFTER_USER = "before_fill", "after_fill", "after_user"
PAUSES = (BEFORE_FILL, AFTER_FILL, AFTER_USER)
"""Where a step may stop: nothing is filled yet; orders are worked off; the script has had its turn."""


@dataclass
class Step:
    """A step that is under way.

    Parameters
    ----------
    at : datetime
        On the clock of New York.
    found : Slice
    bars : list
        Bars with their subscriptions.
    happenings : list
        Corporate actions.
    pause : {"before_fill", "after_fill", "after_user"}
        Where it stands.
    """

    at: dt.datetime
    found: Slice
    bars: list[Any]
    happenings: list[Any]
    pause: str = BEFORE_FILL


def begin(engine: Any, at: dt.datetime, entries: list[Entry], happenings: list[Any]) -> Step:
    """The clock moves, and the bars of a moment come in."""
    engine.set_time(at)
    engine.end_warm_up(at)
    found = Slice(engine.algorithm.time, utc(at))
    bars = _take(engine, at, entries, found)
    engine.current_slice = found
    return Step(at, found, bars, happenings)


def go_on(engine: Any, step: Step) -> bool:
    """Do what follows the pause at which a step stands; whether it stands at another one."""
    if step.pause == BEFORE_FILL:
        _fill(engine, step)
        step.pause = AFTER_FILL
        return True
    if step.pause == AFTER_FILL:
        _tell(engine, step.found)
        step.pause = AFTER_USER
        return True
    if not engine.is_warming_up:
        engine.keeper.step()
        for event in step.found.delistings.values():
            if event.type is DelistingType.DELISTED:
                end_of(engine, event)
    engine.call("on_end_of_time_step")
    return False


def _fill(engine: Any, step: Step) -> None:
    """What is pending, scheduled, due and consolidated at the moment of a step."""
    at = step.at
    if not engine.is_warming_up:
        if at >= engine.scanned_next:
            engine.scanned_next = at.replace(minute=0, second=0, microsecond=0) + _HOUR
            charge_interest(engine)
            engine.portfolio.settle()
        _rename(engine, step)
        engine.keeper.step()
        engine.run_schedule(at, inclusive=True)
        if engine.warned:
            close_before_splits(engine)
        if at - engine.margin_at >= _FIVE:
            engine.margin_at = at
            check_margin(engine)
    tell_of_changes(engine)
    _happen(engine, step.found, step.happenings)
    _follow(engine, at, step.bars)


def _rename(engine: Any, step: Step) -> None:
    """Tell the script which shares have a new ticker, and withdraw what is open of them."""
    events = step.found.symbol_changed_events
    for event in step.happenings:
        if isinstance(event, SymbolChangedEvent):
            events[event.symbol] = event
    if events:
        engine.call("on_symbol_changed_events", events)
        for pair in events:
            engine.transactions.cancel_open_orders(pair.key, _RENAMED)


def _take(engine: Any, at: dt.datetime, entries: list[Entry], found: Slice) -> list[Any]:
    """Put the bars of a moment where rules and script find them."""
    bars = []
    for track, row, is_repeated in entries:
        subscription, bar = track.subscription, track.bar(row)
        security = engine.securities[subscription.symbol]
        is_trade = isinstance(bar, TradeBar)
        if is_repeated:
            bar.is_fill_forward = True
            period = bar.period
            bar.time, bar.end_time = at - period, at
        elif is_trade:
            security.trade = bar
        else:
            security.quote = bar
        if not subscription.internal:
            (found.bars if is_trade else found.quote_bars)[bar.symbol] = bar
            bars.append((subscription, bar))
    return bars


def _happen(engine: Any, found: Slice, happenings: list[Any]) -> None:
    """Corporate actions, applied to holdings and orders."""
    for event in happenings:
        if isinstance(event, Dividend):
            found.dividends[event.symbol] = event
            if not engine.is_warming_up:
                apply_dividend(engine, event)
        elif isinstance(event, Split):
            found.splits[event.symbol] = event
            if event.type is SplitType.WARNING:
                engine.warned.add(event.symbol)
            if event.type is SplitType.SPLIT_OCCURRED and not engine.is_warming_up:
                apply_split(engine, event)
        elif isinstance(event, Delisting):
            event.price = engine.securities[event.symbol].price
            found.delistings[event.symbol] = event


def _follow(engine: Any, at: dt.datetime, bars: list[Any]) -> None:
    """Consolidators and indicators."""
    if not engine.following:
        return
    for subscription, bar in bars:
        is_trade = isinstance(bar, TradeBar)
        for item in tuple(engine.following):
            wanted = engine.securities[item.symbol].resolution
            if item.symbol == bar.symbol and item.wants_quotes != is_trade and subscription.resolution == wanted:
                item.take(bar)
    for item in tuple(engine.following):
        if item.scan is not None:
            item.scan(at)


def tell_of_changes(engine: Any) -> None:
    """Tell the script which securities came and went."""
    if engine.added or engine.removed:
        changes = SecurityChanges(engine.added, engine.removed)
        engine.added, engine.removed = [], []
        engine.call("on_securities_changed", changes)


def _tell(engine: Any, found: Slice) -> None:
    if found.splits:
        engine.call("on_splits", found.splits)
    if found.dividends:
        engine.call("on_dividends", found.dividends)
    if found.delistings:
        engine.call("on_delistings", found.delistings)
    if found.has_data:
        engine.call("on_data", found)
