"""What the last fills would have cost under other settings, one fill at a time.

Assumptions
-----------
Each fill is priced on its own, at the price and the volume of its own day; what a smaller or dearer fill would have
done to the orders after it, and what others had taken of the volume before it, is not followed: a volume cap flatters a
little. Where a fill inside a bar was slipped already, its price before that is computed back, up to the rounding to the
tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qresearch.domain import events
from qresearch.domain.fees import NO_FEES, parts_of
from qresearch.domain.moment import OPEN
from qresearch.domain.settings import Settings, Slippage
from qresearch.engine.slippage import SlippageModel, slipped

if TYPE_CHECKING:
    from qresearch.session.port import AnySession


@dataclass(frozen=True)
class Repriced:
    """One fill, as it was and as it would have been.

    Parameters
    ----------
    order_id : int
    day : str
    symbol : str
    side : {"buy", "sell"}
    quantity, new_quantity : int, shares
        Filled, and what a volume cap would have let through.
    price, new_price : float, currency per share
    parts, new_parts : mapping of str to float, currency
        Each part of the fees.
    """

    order_id: int
    day: str
    symbol: str
    side: str
    quantity: int
    new_quantity: int
    price: float
    new_price: float
    parts: Mapping[str, float]
    new_parts: Mapping[str, float]

    @property
    def fees(self) -> float:
        """All fees that were paid, currency."""
        return sum(self.parts.values())

    @property
    def new_fees(self) -> float:
        """All fees under the new settings, currency."""
        return sum(self.new_parts.values())

    @property
    def difference(self) -> float:
        """What the new settings would have cost more, currency; negative where they are cheaper.

        Fees, and the change of price on the shares that would have filled.
        """
        move = (self.new_price - self.price) * self.new_quantity
        return self.new_fees - self.fees + (move if self.side == "buy" else -move)


def reprice(session: AnySession, settings: Settings, most: int = 8) -> list[Repriced]:
    """The last fills under other settings, the newest first.

    Parameters
    ----------
    session : AnySession
    settings : Settings
        Their costs, slippage and volume cap are used.
    most : int
        Fills at most.

    Returns
    -------
    list of Repriced

    Examples
    --------
    >>> from dataclasses import replace
    >>> import qresearch as qr
    >>> from qresearch.engine.slippage import slippage_model
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> ticket = session.buy("604018", 1000)
    >>> dear = replace(session.settings, slippage=slippage_model("fixed", 0.02))
    >>> fill = reprice(session.step(), dear)[0]
    >>> fill.price, fill.new_price, fill.fees, round(fill.difference, 2)
    (9.52, 9.54, 5.0, 20.0)
    """
    orders = session.simulation.orders.now()
    found = []
    for fill, then in _last_fills(session, most):
        terms = orders[fill.order_id].terms
        # An order that waits at its limit inside a bar takes nothing: no slippage, before or after.
        takes = fill.at.phase == OPEN or terms.limit_price is None
        found.append(_repriced(session, fill, then, settings, takes=takes, limit=terms.limit_price))
    return found


def _last_fills(session: AnySession, most: int) -> list[tuple[events.OrderFilled, Settings]]:
    """The last fills, newest first, with the settings under which each was made."""
    found: list[tuple[events.OrderFilled, Settings]] = []
    later: list[events.OrderFilled] = []
    for event in reversed(session.simulation.log):
        if isinstance(event, (events.SettingsChanged, events.AccountOpened)):
            # What came after this, and before the next change, was made under these settings.
            found += [(fill, event.settings) for fill in later]
            later = []
            if len(found) == most:
                break
        elif isinstance(event, (events.OrderFilled, events.Matched)) and len(found) + len(later) < most:
            fills = [single for single in events.records(iter([event])) if isinstance(single, events.OrderFilled)]
            later += fills[::-1][: most - len(found) - len(later)]
    return found


def _repriced(
    session: AnySession, fill: events.OrderFilled, then: Settings, new: Settings, *, takes: bool, limit: float | None
) -> Repriced:
    exchange, panel, column = session.simulation.exchange, session.market.panel, fill.instrument
    side = 1 if fill.quantity > 0 else -1
    row = (fill.at.day, column)
    volume, tick = float(panel.volume[row]), float(exchange.steps[column])
    price = fill.price
    if takes and then.slippage != new.slippage:
        raw = _raw(exchange.slippage(then), fill, volume) if then.slips else price
        if fill.at.phase == OPEN and then.slips:
            raw = float(panel.open[row])
        moved = slipped(exchange.slippage(new), _array(raw), np.array([fill.quantity]), _array(volume), _array(tick))
        price = float(np.fmax(np.fmin(moved[0], panel.limit_up[row]), panel.limit_down[row]))
        if limit is not None:
            price = min(price, limit) if side > 0 else max(price, limit)
    quantity = abs(fill.quantity)
    if new.participation is not None and volume == volume:
        allowed = int(volume * new.participation + 1e-9)
        lot = exchange.lot_step[column]
        quantity = min(quantity, allowed // lot * lot if allowed < quantity else quantity)
    fees = NO_FEES
    if quantity:
        money = exchange.money
        notional = money.notional(money.price_units(price), quantity)
        rates = exchange.rates(new.costs, fill.at.day)
        fees = rates.charge(column, side * quantity, notional)
    amount = exchange.money.amount
    return Repriced(
        fill.order_id,
        exchange.date(fill.at.day),
        session.market.symbols[column],
        fill.side.value,
        abs(fill.quantity),
        quantity,
        fill.price,
        price,
        *({part: amount(charged[part]) for part in parts_of((charged,))} for charged in (fill.fees, fees)),
    )


def _raw(model: Slippage | SlippageModel, fill: events.OrderFilled, volume: float) -> float:
    """The price of a fill before it was slipped, up to rounding: what slips to it, found by correcting a guess."""
    price, size = fill.price, np.array([fill.quantity])
    for _ in range(3):
        again = slipped(model, _array(price), size, _array(volume), _array(0.0))
        price += fill.price - float(again[0])
    return price


def _array(value: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([value], dtype=np.float64)
