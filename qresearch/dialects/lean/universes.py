"""Universes: shares that a function of the script chooses day by day, of what there is in the data.

A function takes a date and gives tickets, or takes a row for each share with daily bars of the day before and gives
symbols. It is asked at midnight. What is chosen is subscribed to by ``universe_settings``; what is chosen no more is
let go once nothing of it is held and no order is open. As in LEAN a share has no price before its first bar: orders at
midnight are refused, those in ``on_data`` are not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qresearch.dialects.lean.enums import DataNormalizationMode, Resolution
from qresearch.dialects.lean.feed import Subscription
from qresearch.dialects.lean.names import Named
from qresearch.dialects.lean.symbols import Symbol
from qresearch.errors import UsageError


@dataclass(frozen=True)
class CoarseFundamental(Named):
    """A share on a day.

    Parameters
    ----------
    symbol : Symbol
    end_time : datetime
        Midnight after the day.
    price, adjusted_price : float, dollars
        The close.
    volume : float, shares
    dollar_volume : float, dollars
    has_fundamental_data : bool
        False where the data do not say.
    """

    symbol: Symbol
    end_time: dt.datetime
    price: float
    volume: float
    dollar_volume: float
    adjusted_price: float = 0.0
    has_fundamental_data: bool = False
    market: str = "usa"

    @property
    def value(self) -> float:
        """The close."""
        return self.price


@dataclass
class Universe(Named):
    """Shares that a function chooses.

    Parameters
    ----------
    name : str
    select : callable
    takes_rows : bool
        It takes rows of shares; else a date.
    """

    name: str
    select: Callable[[Any], Any]
    takes_rows: bool
    members: list[Symbol] = field(default_factory=list)

    UNCHANGED = Unchanged = None
    """What a function gives where nothing changes."""

    def chosen(self, engine: Any, at: dt.datetime) -> list[Symbol] | None:
        """What it chooses at a midnight; None where nothing changes or there was no trading day."""
        day = (at - dt.timedelta(days=1)).date()
        if self.takes_rows:
            rows = engine.runtime.source.coarse(day) if engine.hours.session(day) is not None else []
            found = self.select(rows) if rows else None
        else:
            found = self.select(at)
        if isinstance(found, str):
            raise UsageError(
                f"The universe {self.name!r} chose {found!r}. Return a list of symbols, such as [{found!r}]."
            )
        return None if found is None else [engine.runtime.symbol(str(item)) for item in found]


def choose(engine: Any) -> None:
    """Ask every universe, subscribe to what is new, and let go what is chosen no more."""
    for universe in engine.universes:
        found = universe.chosen(engine, engine.now)
        if found is None:
            continue
        for symbol in found:
            if symbol not in universe.members:
                engine.subscribe(wanted(engine, symbol))
        engine.leaving.update(symbol for symbol in universe.members if symbol not in found)
        engine.leaving.difference_update(found)
        universe.members = found
    for symbol in sorted(engine.leaving):
        security = engine.securities[symbol]
        if not security.invested and not engine.transactions.get_open_orders(symbol):
            engine.leaving.discard(symbol)
            engine.drop(symbol)


def wanted(engine: Any, symbol: Symbol) -> Subscription:
    """What is subscribed to of a share of a universe."""
    settings = engine.universe_settings
    mode = (
        DataNormalizationMode.ADJUSTED if settings.data_normalization_mode is None else settings.data_normalization_mode
    )
    return Subscription(
        symbol, Resolution(settings.resolution), mode, settings.extended_market_hours, settings.fill_forward
    )  # fmt: skip


def all_of(engine: Any) -> None:
    """Subscribe to whatever a universe may choose, so that the market of the session holds it."""
    if not engine.universes:
        return
    resolution = Resolution(engine.universe_settings.resolution).name.lower()
    for ticker in engine.runtime.source.tickers(resolution):
        engine.subscribe(wanted(engine, engine.runtime.symbol(ticker)))
