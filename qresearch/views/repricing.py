"""What the last fills would have cost under other settings, one fill at a time.

Assumptions
-----------
Each fill is priced on its own, at the price and the volume of its own bar; what a smaller or dearer fill would have
done to the orders after it, and what others had taken of the volume before it, is not followed: a volume cap flatters a
little. Where a fill inside a bar was slipped already, its price before that is computed back, up to the rounding to the
tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qresearch.book.projection import Projection
from qresearch.domain import events
from qresearch.domain.fees import NO_FEES, parts_of
from qresearch.domain.moment import OPEN
from qresearch.domain.settings import Settings
from qresearch.domain.state import OpenOrder, State
from qresearch.domain.terms import Terms
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Quote
from qresearch.engine.intent import Intent
from qresearch.engine.quoting import Quoting
from qresearch.views.tape import Fills

if TYPE_CHECKING:
    from qresearch.session.port import AnySession
    from qresearch.session.simulation import Simulation


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
    simulation = session.simulation
    orders = simulation.orders.now()
    made = Projection(simulation, Fills).now().made
    return [
        _repriced(simulation, fill, then, settings, orders[fill.order_id].terms)
        for fill, then in made[: -most - 1 : -1]
    ]


def _repriced(
    simulation: Simulation, fill: events.OrderFilled, then: Settings, new: Settings, terms: Terms
) -> Repriced:
    exchange, column = simulation.exchange, fill.instrument
    draft = Draft(State.blank(fill.at, new))
    price = fill.price
    if then.slippage != new.slippage:
        # An order that waits at its limit inside a bar takes nothing: no slippage, before or after.
        quote = Quote(_unslipped(exchange, fill, then), takes=fill.at.phase == OPEN or terms.limit_price is None)
        order = OpenOrder(fill.order_id, column, fill.quantity, terms)
        price = Quoting(draft, exchange, closing=False).fill_price(order, quote)
    quantity, _ = Checks(draft, exchange).available(column, fill.quantity)
    fees = NO_FEES
    if quantity:
        sent = quantity if fill.quantity > 0 else -quantity
        _, fees = exchange.charge(draft, Intent(column, sent, price, None, caps_position=False, free_cash=0), sent)
    amount = exchange.money.amount
    return Repriced(
        fill.order_id,
        exchange.date(fill.at.day),
        exchange.market.symbols[column],
        fill.side.value,
        abs(fill.quantity),
        quantity,
        fill.price,
        price,
        *({part: amount(charged[part]) for part in parts_of((charged,))} for charged in (fill.fees, fees)),
    )


def _unslipped(exchange: Exchange, fill: events.OrderFilled, then: Settings) -> float:
    """The price of a fill before it was slipped: the open, else what slips to it, found by correcting a guess."""
    if not then.slips:
        return fill.price
    moment, size = State.blank(fill.at, then), np.array([fill.quantity])
    source, row = exchange.bars(moment)
    if fill.at.phase == OPEN:
        return float(exchange.openings(moment, np.array([fill.instrument]), size)[0])
    price, volume = fill.price, source.volume[row, [fill.instrument]]
    for _ in range(3):
        one = np.array([fill.instrument])
        price += fill.price - float(exchange.slipping.moved(then, one, np.array([price]), size, volume, np.zeros(1))[0])
    return price
