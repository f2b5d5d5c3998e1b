"""Fill models over the rules of :mod:`qresearch.engine.lean_fills`; a script replaces them by classes of its own.

A model has a method for each type of order, ``market_fill(asset, order)`` and its like, which gives an event: not
filled, or filled with a price. A class of a script calls the method of its base and changes the event, to fill a part
for instance; it is asked again with the whole order at every scan, and must remember the rest itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.enums import OrderStatus, OrderType
from qresearch.dialects.lean.names import Named, answerer, dec
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.requests import ZERO
from qresearch.domain.terms import Kind, Terms
from qresearch.engine.lean_answer import Answer, Wait
from qresearch.engine.lean_fills import lean_base, lean_equity
from qresearch.engine.lean_market import Asked, Snapshot
from qresearch.errors import UsageError, shown

KINDS = {
    OrderType.MARKET: Kind.MARKET, OrderType.LIMIT: Kind.LIMIT, OrderType.STOP_MARKET: Kind.STOP,
    OrderType.STOP_LIMIT: Kind.STOP_LIMIT, OrderType.TRAILING_STOP: Kind.TRAILING_STOP,
    OrderType.LIMIT_IF_TOUCHED: Kind.LIMIT_IF_TOUCHED, OrderType.MARKET_ON_OPEN: Kind.MARKET_ON_OPEN,
    OrderType.MARKET_ON_CLOSE: Kind.MARKET_ON_CLOSE, OrderType.COMBO_MARKET: Kind.MARKET,
    OrderType.COMBO_LIMIT: Kind.MARKET, OrderType.COMBO_LEG_LIMIT: Kind.LIMIT, OrderType.OPTION_EXERCISE: Kind.MARKET,
}  # fmt: skip
"""The type of the house that each type of LEAN is."""
METHODS: dict[OrderType, str] = {
    kind: f"{kind.name.lower()}_fill" for kind in OrderType if kind is not OrderType.OPTION_EXERCISE
}  # fmt: skip
"""The method of a model for each type."""
GROUPED = frozenset({OrderType.COMBO_MARKET, OrderType.COMBO_LIMIT, OrderType.COMBO_LEG_LIMIT})
_SLIPS = frozenset({
    OrderType.MARKET, OrderType.STOP_MARKET, OrderType.TRAILING_STOP, OrderType.MARKET_ON_OPEN,
    OrderType.MARKET_ON_CLOSE, OrderType.COMBO_MARKET,
})  # fmt: skip
Rule = Callable[[Asked, Snapshot, float], Answer]


@dataclass(frozen=True)
class Scene:
    """Where a fill model looks: set by whoever keeps the orders before it asks.

    Parameters
    ----------
    now : datetime
        On the clock of New York.
    stale_after : timedelta
    """

    now: Any
    stale_after: Any
    seen: dict[Any, Snapshot] = field(default_factory=dict)
    """What there is to see of each security."""

    def snapshot(self, asset: Any) -> Snapshot:
        """What a rule looks at of a security."""
        found = self.seen.get(asset.symbol)
        if found is None:
            found = self.seen[asset.symbol] = asset.snapshot(self.now, self.stale_after)
        return found


def terms_of(order: Order) -> Terms:
    """The terms of an order in the words of the house; prices are exact decimals."""
    prices: dict[str, Any] = order.prices
    kind = KINDS[order.type]
    terms = object.__new__(Terms)
    values = {name: item.default for name, item in Terms.__dataclass_fields__.items()}
    values |= {
        "kind": kind, "limit_price": prices.get("limit_price"),
        "stop_price": prices.get("stop_price", prices.get("trigger_price")), "trail": prices.get("trailing_amount"),
        "trail_is_fraction": order.trailing_as_percentage,
    }  # fmt: skip
    for name, value in values.items():
        object.__setattr__(terms, name, value)
    return terms


class FillModel(Named):
    """LEAN's base model, for what is no share and for classes of a script."""

    rule: Rule = staticmethod(lean_base)
    scene: Scene | None = None
    waited: Wait | None = None
    """Why the last order that was asked did not fill."""

    def fill(self, asset: Any, order: Order) -> OrderEvent:
        """What an order does now: the event of its type's method."""
        name = METHODS[order.type]
        found = answerer(self, name, "FillModel")(asset, order)
        if not isinstance(found, OrderEvent):
            raise UsageError(f"{name} gave {shown(found)}. Return an OrderEvent, such as super().{name}(asset, order).")
        return found

    def _filled(self, asset: Any, order: Order) -> OrderEvent:
        """The event of one order alone, by the rule of its type."""
        assert self.scene is not None  # set before it is asked
        self.waited = None
        stop = order.prices.get("stop_price", order.prices.get("trigger_price"))
        level: Any = stop
        asked = Asked(
            terms_of(order), order.quantity, order.placed, level, order.stop_triggered or order.trigger_touched
        )
        slip: Any = self._slippage(asset, order) if order.type in _SLIPS else ZERO
        answer = type(self).rule(asked, self.scene.snapshot(asset), slip)
        if order.type is OrderType.LIMIT_IF_TOUCHED:
            order.trigger_touched = order.trigger_touched or answer.triggered
        elif order.type is OrderType.STOP_LIMIT:
            order.stop_triggered = order.stop_triggered or answer.triggered
        elif order.type is OrderType.TRAILING_STOP and answer.stop is not None and answer.price is None:
            order.prices["stop_price"] = dec(answer.stop)
        self.waited = answer.wait
        return self.event(order, None if answer.price is None else dec(answer.price), answer.message)

    def _slippage(self, asset: Any, order: Order) -> Decimal:
        ask = answerer(asset.slippage_model, "get_slippage_approximation", "NullSlippageModel")
        return dec(ask(asset, order))

    def event(self, order: Order, price: Decimal | None, message: str = "") -> OrderEvent:
        """An event of an order: filled at a price, or not."""
        assert self.scene is not None  # as above
        found = OrderEvent(order, self.scene.now, message=message)
        found.status = OrderStatus.NONE
        if price is not None:
            found.status, found.fill_quantity, found.exact_price = OrderStatus.FILLED, order.quantity, price
        return found

    def market_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a market order."""
        return self._filled(asset, order)

    def limit_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a limit order."""
        return self._filled(asset, order)

    def stop_market_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a stop."""
        return self._filled(asset, order)

    def stop_limit_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a stop limit."""
        return self._filled(asset, order)

    def trailing_stop_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a trailing stop."""
        return self._filled(asset, order)

    def limit_if_touched_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a limit if touched."""
        return self._filled(asset, order)

    def market_on_open_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a market order for the open."""
        return self._filled(asset, order)

    def market_on_close_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a market order for the close."""
        return self._filled(asset, order)

    def combo_market_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a leg of a combination at the market."""
        return self._filled(asset, order)

    def combo_leg_limit_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a leg with a limit of its own."""
        return self._filled(asset, order)

    def combo_limit_fill(self, asset: Any, order: Order) -> OrderEvent:
        """Of a leg under the limit of the group: its best price, at which the sum of all legs is compared."""
        assert self.scene is not None  # as above
        assert order.group is not None  # such an order has one
        self.waited = None
        snapshot = self.scene.snapshot(asset)
        bar = snapshot.priced(1 if order.quantity > 0 else -1)
        if not snapshot.is_open(extended=True) or bar is None or bar.end <= order.placed:
            self.waited = Wait.NO_NEW_BAR
            return self.event(order, None)
        return self.event(order, dec(bar.low if order.group.quantity > 0 else bar.high))

    def group_fills(self, legs: Sequence[tuple[Any, Order]]) -> list[OrderEvent] | None:
        """What the legs of a combination do together: all fill, or none.

        Parameters
        ----------
        legs : sequence of (Security, Order)

        Returns
        -------
        list of OrderEvent or None
        """
        found = [self.fill(asset, order) for asset, order in legs]
        if not all(event.status.is_fill for event in found):
            return None
        group = legs[0][1].group
        if group is None or group.limit_price is None:
            return found
        # A share counts as a hundredth of a contract; the limit must be passed, as single limits do.
        total = sum((event.exact_price * order.quantity for event, (_, order) in zip(found, legs, strict=True)), ZERO)
        total = total / group.quantity / 100
        is_met = total < group.limit_price if group.quantity > 0 else total > group.limit_price
        return found if is_met else None


class ImmediateFillModel(FillModel):
    """The base model under its other name."""


class EquityFillModel(FillModel):
    """The model of shares."""

    rule: Rule = staticmethod(lean_equity)
