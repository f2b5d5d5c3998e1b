"""The helpers by which a script places orders: checks before there is an order, and conversions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from typing import Any

from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import OptionStyle, OrderResponseErrorCode, OrderType, Resolution
from qresearch.dialects.lean.names import Named, by_name, called, dec, spoken, whole
from qresearch.dialects.lean.requests import LATEST, Group, OrderProperties, SubmitOrderRequest, above_zero
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.tickets import OrderTicket
from qresearch.errors import UsageError, shown

Code = OrderResponseErrorCode


@dataclass
class Leg(Named):
    """One leg of a combination: a share and its ratio."""

    symbol: Any
    quantity: int
    order_price: float | None = None

    @classmethod
    def create(cls, symbol: Any, quantity: int, limit_price: float | None = None) -> Leg:
        """A leg."""
        return cls(symbol, quantity, limit_price)

    Create = create


@spoken
class OrderWords:
    """Orders, in the words of a script.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.default_order_properties = OrderProperties()

    # ------------------------------------------------------------------ placing

    def _send(  # what every helper knows
        self, kind: OrderType, symbol: Any, quantity: Any, more: tuple[Any, Any, Any],
        prices: dict[str, Any] | None = None, *, percentage: bool = False,
    ) -> OrderTicket:  # fmt: skip
        engine, (asynchronous, tag, properties) = self.engine, more
        if isinstance(asynchronous, str):  # scripts of years ago give the tag here
            properties, tag, asynchronous = tag if isinstance(tag, OrderProperties) else properties, asynchronous, False
        found = {name: above_zero(name, price) for name, price in (prices or {}).items()}
        asked = self._asked(properties)
        request = SubmitOrderRequest.of(
            kind, self._symbol(symbol), whole("quantity", quantity), found, engine.now, tag or "", asked,
            trailing_as_percentage=percentage, asynchronous=bool(asynchronous),
        )  # fmt: skip
        refusal = self._refused(request, dec(quantity))
        if refusal is not None:
            return self._invalid(request, *refusal)
        return engine.keeper.add_order(request)

    def _asked(self, properties: Any) -> OrderProperties:
        found = properties or self.default_order_properties
        if not isinstance(found, OrderProperties):
            raise UsageError(
                f"{shown(found)} are no properties of an order. Pass OrderProperties() with what they are."
            )
        return found.clone()

    def _symbol(self, symbol: Any) -> Symbol:
        return self.engine.securities.symbol(symbol)

    def _invalid(self, request: SubmitOrderRequest, code: OrderResponseErrorCode, text: str) -> OrderTicket:
        """A ticket without an order: no id is used, and nobody is told but the ticket and the log."""
        request.order_id = 0
        request.answer(code, text)
        self.engine.runtime.listener.note("ERROR", f"{request.order_type.name} {request.symbol}: {text}")
        return OrderTicket(self.engine.keeper, request, None)

    def _refused(  # noqa: PLR0911  # one return per check, in the order of LEAN
        self, request: SubmitOrderRequest, asked: Decimal
    ) -> tuple[OrderResponseErrorCode, str] | None:
        engine, symbol = self.engine, request.symbol
        if engine.is_warming_up:
            return Code.ALGORITHM_WARMING_UP, "Orders are not allowed in initialize or during warm up."
        if symbol not in engine.securities:
            return Code.MISSING_SECURITY, f"{symbol} has not been added. Call add_equity({str(symbol)!r})."
        security, traded = engine.securities[symbol], engine.runtime.traded
        if traded is not None and str(symbol) not in traded:
            raise UsageError(
                f"{symbol} gives data only: the market of the session holds what initialize adds. Add it there to "
                "trade it."
            )
        if not asked:
            return Code.ORDER_QUANTITY_ZERO, "The quantity is zero."
        if abs(asked) < 1:
            return Code.ORDER_QUANTITY_LESS_THAN_LOT_SIZE, f"The quantity {asked} is less than one share."
        if not security.is_tradable:
            return Code.NON_TRADABLE_SECURITY, f"{symbol} cannot be traded."
        if request.order_type is OrderType.OPTION_EXERCISE and not security.hours.is_open(engine.now):
            return Code.EXCHANGE_NOT_OPEN, "Options are exercised while the exchange is open."
        if not security.exact_price:
            return Code.SECURITY_PRICE_ZERO, f"{symbol} has no price yet. Orders need data first."
        if security.quote_currency is None:
            return Code.QUOTE_CURRENCY_REQUIRED, f"{symbol} has no quote currency."
        if not security.quote_currency.conversion_rate:
            return Code.CONVERSION_RATE_ZERO, "The rate of the quote currency is zero."
        if not security.has_data:
            return Code.SECURITY_HAS_NO_DATA, f"{symbol} has never had data."
        if engine.keeper.last_order_id > engine.settings.maximum_orders:
            engine.is_over = True
            return Code.EXCEEDED_MAXIMUM_ORDERS, f"{engine.settings.maximum_orders} orders are the most; the run ends."
        return (
            self._never_exercised(request, security)
            or self._at_wrong_time(request, security)
            or self._in_split(request)
        )

    def _in_split(self, request: SubmitOrderRequest) -> tuple[OrderResponseErrorCode, str] | None:
        share, now = request.symbol.underlying, self.engine.current_slice
        if share is None or now is None or share not in now.splits:
            return None
        return Code.OPTION_ORDER_ON_STOCK_SPLIT, f"{request.symbol}: its share splits in this step."

    def _never_exercised(self, request: SubmitOrderRequest, security: Any) -> tuple[OrderResponseErrorCode, str] | None:
        symbol, held = request.symbol, security.holdings.quantity
        if request.order_type is not OrderType.OPTION_EXERCISE:
            return None
        if symbol.option is None:
            return Code.NON_EXERCISABLE_SECURITY, f"{symbol} is no option, and cannot be exercised."
        if symbol.option.style is OptionStyle.EUROPEAN and self.engine.now.date() < symbol.option.expiry:
            return (
                Code.EUROPEAN_OPTION_NOT_EXPIRED_ON_EXERCISE,
                f"{symbol} is European, and is not exercised before {symbol.option.expiry}.",
            )
        if held <= 0:
            return Code.UNSUPPORTED_REQUEST_TYPE, f"{symbol}: only contracts that are held are exercised."
        if -request.quantity > held:
            return Code.UNSUPPORTED_REQUEST_TYPE, f"{symbol}: {held} are held, and no more are exercised."
        return None

    def _at_wrong_time(self, request: SubmitOrderRequest, security: Any) -> tuple[OrderResponseErrorCode, str] | None:
        now, hours = self.engine.now, security.hours
        if request.order_type is OrderType.MARKET_ON_OPEN and hours.is_open(now) and not self._is_daily(security):
            return Code.MARKET_ON_OPEN_NOT_ALLOWED_DURING_REGULAR_HOURS, "Orders for the open wait for a closed market."
        if request.order_type is OrderType.MARKET_ON_CLOSE and hours.is_open(now):
            closes = hours.session(now.date())
            if closes is not None and now > closes[1] - LATEST:
                return Code.MARKET_ON_CLOSE_ORDER_TOO_LATE, "Orders for the close come 15.5 minutes before it."
        return None

    def _is_daily(self, security: Any) -> bool:
        return all(
            item.resolution is Resolution.DAILY
            for item in self.engine.subscriptions
            if item.symbol == security.symbol and not item.internal
        )

    def submit_order_request(self, request: SubmitOrderRequest) -> OrderTicket:
        """Place an order that a script has made itself, with the checks of the helpers."""
        request.symbol = self._symbol(request.symbol)
        refusal = self._refused(request, Decimal(request.quantity))
        return self.engine.keeper.add_order(request) if refusal is None else self._invalid(request, *refusal)

    def market_order(
        self, symbol: Any, quantity: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At the market; for the open where the exchange is closed, for the close where only daily bars come."""
        kind = self._converted(self._symbol(symbol))
        return self._send(kind, symbol, quantity, (asynchronous, tag, order_properties))

    def _converted(self, symbol: Symbol) -> OrderType:
        engine = self.engine
        security = engine.securities.get(symbol)
        if security is None:
            return OrderType.MARKET
        if not security.hours.is_open(engine.now):
            return OrderType.MARKET_ON_OPEN
        if not self._is_daily(security):
            return OrderType.MARKET
        session = security.hours.session(engine.now.date())
        assert session is not None  # it is open
        is_late = engine.now > session[1] - LATEST
        return OrderType.MARKET_ON_OPEN if is_late else OrderType.MARKET_ON_CLOSE

    def order(self, symbol: Any, quantity: Any, asynchronous: bool = False, tag: str = "", order_properties: Any = None
              ) -> OrderTicket:  # fmt: skip
        """As :meth:`market_order`."""
        return self.market_order(symbol, quantity, asynchronous, tag, order_properties)

    def buy(self, symbol: Any, quantity: Any, *more: Any, **named: Any) -> OrderTicket:
        """Buy at the market."""
        return self.market_order(symbol, abs(quantity), *more, **named)

    def sell(self, symbol: Any, quantity: Any, *more: Any, **named: Any) -> OrderTicket:
        """Sell at the market."""
        return self.market_order(symbol, -abs(quantity), *more, **named)

    def is_market_open(self, symbol: Any) -> bool:
        """Whether the exchange of a symbol is open now."""
        security = self.engine.securities[self._symbol(symbol)]
        found: bool = security.hours.is_open(self.engine.now, extended=security.is_extended_market_hours)
        return found

    def shortable_quantity(self, symbol: Any) -> int | None:
        """How many shares may be sold short; None where no bound is known."""
        security = self.engine.securities[self._symbol(symbol)]
        ask = called(security.shortable_provider, "shortable_quantity")
        return None if ask is None else ask(security.symbol, self.engine.now)

    def shortable(self, symbol: Any, quantity: Any = None) -> bool:
        """Whether so many shares, signed or not, may be sold short."""
        most = self.shortable_quantity(symbol)
        held = self.engine.securities[self._symbol(symbol)].holdings.quantity
        return most is None or (most > 0 if quantity is None else held - abs(quantity) >= -most)

    def limit_order(
        self, symbol: Any, quantity: Any, limit_price: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At a limit or better."""
        return self._send(
            OrderType.LIMIT, symbol, quantity, (asynchronous, tag, order_properties), {"limit_price": limit_price}
        )

    def stop_market_order(
        self, symbol: Any, quantity: Any, stop_price: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At the market once the stop is reached."""
        return self._send(
            OrderType.STOP_MARKET, symbol, quantity, (asynchronous, tag, order_properties), {"stop_price": stop_price}
        )

    def stop_limit_order(
        self, symbol: Any, quantity: Any, stop_price: Any, limit_price: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At a limit once the stop is passed."""
        prices = {"stop_price": stop_price, "limit_price": limit_price}
        return self._send(OrderType.STOP_LIMIT, symbol, quantity, (asynchronous, tag, order_properties), prices)

    def limit_if_touched_order(
        self, symbol: Any, quantity: Any, trigger_price: Any, limit_price: Any, asynchronous: bool = False,
        tag: str = "", order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At a limit once the trigger is touched."""
        prices = {"trigger_price": trigger_price, "limit_price": limit_price}
        return self._send(OrderType.LIMIT_IF_TOUCHED, symbol, quantity, (asynchronous, tag, order_properties), prices)

    def trailing_stop_order(self, symbol: Any, quantity: Any, *rest: Any, **named: Any) -> OrderTicket:
        """Behind the price: ([stop_price,] trailing_amount, trailing_as_percentage)."""
        names = ["trailing_amount", "trailing_as_percentage", "asynchronous", "tag", "order_properties"]
        has_stop = len(rest) > 2 and isinstance(rest[2], bool) and not isinstance(rest[1], bool)
        names.insert(0 if has_stop else len(names), "stop_price")
        given = by_name("trailing_stop_order", names, rest, named)
        if given.get("trailing_amount") is None:
            raise UsageError(
                "trailing_stop_order: trailing_amount is missing. Write trailing_stop_order(symbol, -100, 0.05, True) "
                "for five per cent behind the price."
            )
        amount, is_part = dec(given["trailing_amount"]), bool(given.get("trailing_as_percentage", False))
        stop = given.get("stop_price")
        if stop is None:
            security, side = self.engine.securities[self._symbol(symbol)], 1 if quantity > 0 else -1
            stop = security.exact_price * (1 + side * amount) if is_part else security.exact_price + side * amount
        prices = {"stop_price": stop, "trailing_amount": amount}
        tag = given.get("tag") or ""
        return self._send(
            OrderType.TRAILING_STOP, symbol, quantity, (given.get("asynchronous"), tag, given.get("order_properties")),
            prices, percentage=is_part,
        )  # fmt: skip

    def market_on_open_order(
        self, symbol: Any, quantity: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At the next open."""
        return self._send(OrderType.MARKET_ON_OPEN, symbol, quantity, (asynchronous, tag, order_properties))

    def market_on_close_order(
        self, symbol: Any, quantity: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """At the next close."""
        return self._send(OrderType.MARKET_ON_CLOSE, symbol, quantity, (asynchronous, tag, order_properties))

    def exercise_option(
        self, option_symbol: Any, quantity: Any, asynchronous: bool = False, tag: str = "",
        order_properties: OrderProperties | None = None,
    ) -> OrderTicket:  # fmt: skip
        """Exercise contracts that are held: shares come or go at the strike."""
        more = (asynchronous, tag, order_properties)
        return self._send(OrderType.OPTION_EXERCISE, option_symbol, -abs(quantity), more)

    # ------------------------------------------------------------------ combinations

    def combo_market_order(
        self, legs: list[Leg], quantity: int, asynchronous: bool = False, tag: str = "", order_properties: Any = None
    ) -> list[OrderTicket]:
        """All legs at the market, or none."""
        return self._combine(OrderType.COMBO_MARKET, legs, quantity, tag, order_properties)

    def combo_limit_order(
        self, legs: list[Leg], quantity: int, limit_price: Any, asynchronous: bool = False, tag: str = "",
        order_properties: Any = None,
    ) -> list[OrderTicket]:  # fmt: skip
        """All legs where their sum keeps a limit, or none."""
        if any(leg.order_price is not None for leg in legs):
            raise UsageError("combo_limit_order: legs have no prices of their own. Use combo_leg_limit_order.")
        return self._combine(OrderType.COMBO_LIMIT, legs, quantity, tag, order_properties, dec(limit_price))

    def combo_leg_limit_order(
        self, legs: list[Leg], quantity: int, asynchronous: bool = False, tag: str = "", order_properties: Any = None
    ) -> list[OrderTicket]:
        """All legs where each keeps its limit, or none."""
        if any(leg.order_price is None for leg in legs):
            raise UsageError("combo_leg_limit_order: every leg needs a price. Write Leg.create(symbol, ratio, price).")
        return self._combine(OrderType.COMBO_LEG_LIMIT, legs, quantity, tag, order_properties)

    def _combine(  # as in the three above
        self, kind: OrderType, legs: list[Leg], quantity: int, tag: str, properties: Any, limit: Decimal | None = None
    ) -> list[OrderTicket]:
        if gcd(*(int(leg.quantity) for leg in legs)) != 1:
            raise UsageError("The ratios of a combination have a common divisor. Put it into the quantity.")
        engine = self.engine
        group = Group(engine.keeper.last_order_id + 1, len(legs), int(quantity), limit)
        asked = self._asked(properties)
        requests = []
        for leg in legs:
            price = {"limit_price": dec(leg.order_price)} if kind is OrderType.COMBO_LEG_LIMIT else {}
            if limit is not None:
                price = {"limit_price": limit}
            requests.append(SubmitOrderRequest.of(
                kind, self._symbol(leg.symbol), int(leg.quantity) * int(quantity), price, engine.now, tag, asked,
                group=group,
            ))  # fmt: skip
        for request in requests:
            refusal = self._refused(request, Decimal(request.quantity))
            if refusal is not None:
                return [self._invalid(request, *refusal)]
        return [engine.keeper.add_order(request) for request in requests]
