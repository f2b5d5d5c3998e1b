"""How scripts say what they order: at the market, at a limit, both of them once a price is reached; by which call."""

from __future__ import annotations

from typing import Any

from qresearch.domain.arguments import price as price_of
from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY, Kind, Terms
from qresearch.errors import NotSupported, choose, shown


class MarketOrderStyle:
    """At the market; `limit_price` is the protection price that STAR shares need.

    Parameters
    ----------
    limit_price : float, optional
    """

    def __init__(self, limit_price: float | None = None) -> None:
        self.limit_price = limit_price

    def terms(self) -> Terms:
        """The terms of the order."""
        if self.limit_price is None or self.limit_price == 0:
            return MARKET_DAY
        return Terms(Kind.MARKET, limit_price=_price(self.limit_price))

    def __repr__(self) -> str:
        return type(self).__name__


class LimitOrderStyle(MarketOrderStyle):
    """At a price or better.

    Parameters
    ----------
    limit_price : float
    """

    def __init__(self, limit_price: float) -> None:
        super().__init__(limit_price)

    def terms(self) -> Terms:
        """The terms of the order."""
        return Terms(Kind.LIMIT, limit_price=_price(self.limit_price))

    def __repr__(self) -> str:
        return f"LimitOrderStyle({self.limit_price})"


class StopMarketOrderStyle(MarketOrderStyle):
    """At the market once a price is reached.

    Parameters
    ----------
    mode : {"stop_loss", "take_profit"}
    stop_price : float
    """

    def __init__(self, mode: str, stop_price: float) -> None:
        super().__init__()
        self.mode, self.stop_price = choose("mode", mode, ("stop_loss", "take_profit")), stop_price

    def terms(self) -> Terms:
        """The terms of the order; to take a profit at a price is to sell at it or better."""
        if self.mode == "take_profit":
            return Terms(Kind.LIMIT, limit_price=_price(self.stop_price))
        return Terms(Kind.STOP, stop_price=_price(self.stop_price))


class StopLimitOrderStyle(StopMarketOrderStyle):
    """At a limit or better once a price is reached.

    Parameters
    ----------
    mode : {"stop_loss", "take_profit"}
    stop_price, limit_price : float
    """

    def __init__(self, mode: str, stop_price: float, limit_price: float) -> None:
        super().__init__(mode, stop_price)
        self.limit_price = limit_price

    def terms(self) -> Terms:
        """The terms of the order."""
        kind = Kind.LIMIT_IF_TOUCHED if self.mode == "take_profit" else Kind.STOP_LIMIT
        return Terms(kind, limit_price=_price(self.limit_price), stop_price=_price(self.stop_price))


def _price(price: Any) -> float:
    return float(price_of("the price of an order style", price))


def terms_of(style: Any) -> Terms:
    """The terms of a style; the class of those at the market stands for one."""
    if isinstance(style, MarketOrderStyle):
        return style.terms()
    if style is MarketOrderStyle:
        return MARKET_DAY
    raise NotSupported(
        f"style={shown(style)} is not an order style. Pass MarketOrderStyle(), LimitOrderStyle(price), "
        "StopMarketOrderStyle(mode, price) or StopLimitOrderStyle(mode, price, limit)."
    )


def style_of(terms: Terms) -> MarketOrderStyle:
    """The style that terms were given with; to take a profit at the market is a limit, and is shown as one.

    >>> style_of(Terms(Kind.STOP, stop_price=9.5)), style_of(Terms(Kind.LIMIT, limit_price=9.5))
    (StopMarketOrderStyle, LimitOrderStyle(9.5))
    """
    limit, stop = terms.limit_price or 0.0, terms.stop_price or 0.0
    match terms.kind:
        case Kind.LIMIT:
            return LimitOrderStyle(limit)
        case Kind.STOP:
            return StopMarketOrderStyle("stop_loss", stop)
        case Kind.STOP_LIMIT:
            return StopLimitOrderStyle("stop_loss", stop, limit)
        case Kind.LIMIT_IF_TOUCHED:
            return StopLimitOrderStyle("take_profit", stop, limit)
        case _:
            return MarketOrderStyle(terms.limit_price)


def call_of(method: Method) -> str:
    """The call that asks for a size in a way.

    >>> call_of(Method.ORDER), call_of(Method.TARGET_VALUE)
    ('order', 'order_target_value')
    """
    return "order" if method is Method.ORDER else f"order_{method.name.lower()}"
