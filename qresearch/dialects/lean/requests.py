"""What a script asks of whoever keeps its orders, the answers, and what an order is placed with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean.enums import (
    OrderRequestStatus,
    OrderRequestType,
    OrderResponseErrorCode,
    OrderType,
    SecurityType,
)
from qresearch.dialects.lean.hours import new_york, utc
from qresearch.dialects.lean.names import Named, Sealed, Settable, as_text, camel, dec, snake
from qresearch.dialects.lean.symbols import Symbol
from qresearch.errors import UsageError, shown

ZERO = Decimal(0)
PRICES = ("limit_price", "stop_price", "trigger_price", "trailing_amount")
"""Prices that an order may have."""
OWN_PRICES = {
    OrderType.LIMIT: ("limit_price",), OrderType.STOP_MARKET: ("stop_price",),
    OrderType.STOP_LIMIT: ("stop_price", "limit_price"), OrderType.LIMIT_IF_TOUCHED: ("trigger_price", "limit_price"),
    OrderType.TRAILING_STOP: ("stop_price", "trailing_amount"), OrderType.COMBO_LEG_LIMIT: ("limit_price",),
    OrderType.COMBO_LIMIT: ("limit_price",),
}  # fmt: skip
"""The prices of each type; an update of another one is ignored."""
AT_ONCE = frozenset({OrderType.MARKET, OrderType.COMBO_MARKET})
"""Types that may fill in the moment in which they are placed."""


LATEST = dt.timedelta(minutes=15, seconds=30)
"""Before the close, when orders for it must be in."""


@dataclass(frozen=True)
class TimeInForce(Named):
    """How long an order is good for.

    Parameters
    ----------
    kind : {"gtc", "day", "gtd"}
    expiry : datetime, optional
        Of "gtd": midnight of its last day.
    """

    kind: str = "gtc"
    expiry: dt.datetime | None = None

    @classmethod
    def good_til_date(cls, expiry: dt.datetime | dt.date) -> TimeInForce:
        """Until the close of a day."""
        return cls("gtd", _last_day(expiry))


def _last_day(expiry: object) -> dt.datetime:
    if not isinstance(expiry, dt.date):
        raise UsageError(f"{shown(expiry)} is no day until which an order is good. Pass a date or datetime.")
    return dt.datetime(expiry.year, expiry.month, expiry.day)


class GoodTilDateTimeInForce(TimeInForce):
    """Until the close of a day."""

    def __init__(self, expiry: dt.datetime | dt.date) -> None:
        super().__init__("gtd", _last_day(expiry))


class DayTimeInForce(TimeInForce):
    """Until the close of the day."""

    def __init__(self) -> None:
        super().__init__("day")


class GoodTilCanceledTimeInForce(TimeInForce):
    """Until canceled."""

    def __init__(self) -> None:
        super().__init__("gtc")


GOOD_TIL_CANCELED, DAY = TimeInForce(), TimeInForce("day")
for _name, _value in (("GOOD_TIL_CANCELED", GOOD_TIL_CANCELED), ("DAY", DAY)):
    setattr(TimeInForce, _name, _value)
    setattr(TimeInForce, _name.title().replace("_", ""), _value)
TimeInForce.GoodTilDate = TimeInForce.good_til_date  # type: ignore[attr-defined]  # the older spelling


class OrderProperties(Settable):
    """What an order is placed with beside its prices."""

    def __init__(self) -> None:
        self.time_in_force = GOOD_TIL_CANCELED
        self.outside_regular_trading_hours = False

    def __setattr__(self, name: str, value: Any) -> None:
        if snake(name) == "time_in_force" and not isinstance(value, TimeInForce):
            raise UsageError(
                f"{shown(value)} is no time in force. Pass TimeInForce.DAY, or another one of TimeInForce."
            )
        super().__setattr__(name, value)

    def clone(self) -> OrderProperties:
        """A copy."""
        found = type(self).__new__(type(self))
        found.__dict__.update(self.__dict__)
        return found


class InteractiveBrokersOrderProperties(OrderProperties):
    """Those of Interactive Brokers."""


class OrderResponse(Named):
    """The answer to a request."""

    def __init__(
        self, order_id: int, code: OrderResponseErrorCode, message: str = "", *, processed: bool = True
    ) -> None:
        self.order_id, self.error_code, self.error_message, self.is_processed = order_id, code, message, processed

    def __repr__(self) -> str:
        if not self.is_processed:
            return "Unprocessed"
        return f"Error: {camel(self.error_code.name)} - {self.error_message}" if self.is_error else "Success"

    @property
    def is_success(self) -> bool:
        """Processed, and no error."""
        return self.is_processed and self.error_code == OrderResponseErrorCode.NONE

    @property
    def is_error(self) -> bool:
        """Processed, and an error."""
        return self.is_processed and self.error_code != OrderResponseErrorCode.NONE


UNPROCESSED = OrderResponse(0, OrderResponseErrorCode.NONE, processed=False)


class OrderRequest(Named):
    """A request; `time` on the clock of New York."""

    order_request_type = OrderRequestType.SUBMIT

    def __init__(self, placed: dt.datetime, order_id: int, tag: str) -> None:
        self.placed, self.order_id, self.tag = placed, order_id, tag
        self.status, self.response = OrderRequestStatus.UNPROCESSED, UNPROCESSED

    @property
    def time(self) -> dt.datetime:
        """When it was made, UTC."""
        return utc(self.placed)

    def answer(self, code: OrderResponseErrorCode, message: str = "", *, final: bool = True) -> OrderResponse:
        """Set the response; an accepted request is processed when it is drained."""
        self.response = OrderResponse(self.order_id, code, message)
        is_error = code != OrderResponseErrorCode.NONE
        self.status = (
            OrderRequestStatus.ERROR if is_error
            else OrderRequestStatus.PROCESSED if final else OrderRequestStatus.PROCESSING
        )  # fmt: skip
        return self.response


class Priced(Named):
    """What has the prices of an order: LEAN's words for them.

    Parameters
    ----------
    prices : dict of str to Decimal
        Exact, by name; only those that the type has.
    """

    def __init__(self, prices: dict[str, Decimal]) -> None:
        self.prices = prices

    def _price(self, name: str) -> float:
        return float(self.prices.get(name, ZERO))

    @property
    def limit_price(self) -> float:
        """0 where it has none."""
        return self._price("limit_price")

    @property
    def stop_price(self) -> float:
        """0 where it has none."""
        return self._price("stop_price")

    @property
    def trigger_price(self) -> float:
        """0 where it has none."""
        return self._price("trigger_price")

    @property
    def trailing_amount(self) -> float:
        """0 where it has none."""
        return self._price("trailing_amount")


class SubmitOrderRequest(OrderRequest, Priced):
    """Place an order.

    Parameters
    ----------
    order_type : OrderType
    security_type : SecurityType
    symbol : Symbol or str
    quantity : int, shares
        Signed.
    stop_price, limit_price : float, dollars
        Those that the type has not are not looked at.
    *rest
        ``[trigger_price, [trailing_amount, trailing_as_percentage,]] time, tag[, properties, group, asynchronous]``, as
        in LEAN; `time` is UTC.
    **named
        The same by their names.
    """

    def __init__(  # as in LEAN
        self, order_type: OrderType, security_type: Any, symbol: Any, quantity: Any, stop_price: Any = 0,
        limit_price: Any = 0, *rest: Any, **named: Any,
    ) -> None:  # fmt: skip
        given = {"stop_price": stop_price, "limit_price": limit_price, **_rest_of_request(rest)}
        given |= {snake(name): value for name, value in named.items()}
        time = given.get("time")
        if not isinstance(time, dt.datetime):
            raise UsageError("SubmitOrderRequest: pass the time of the request, such as self.utc_time, before its tag.")
        own = OWN_PRICES.get(OrderType(order_type), ())
        self.begin(
            OrderType(order_type), symbol if isinstance(symbol, Symbol) else Symbol(str(symbol)),
            dec(quantity), {name: dec(given.get(name, 0)) for name in own},
            new_york(time), str(given.get("tag", "")), given.get("properties") or OrderProperties(),
        )  # fmt: skip
        self.trailing_as_percentage = bool(given.get("trailing_as_percentage", False))
        self.group: Group | None = given.get("group")
        self.asynchronous = bool(given.get("asynchronous", False))

    def begin(  # all that an order is
        self, order_type: OrderType, symbol: Symbol, quantity: Decimal, prices: dict[str, Decimal],
        placed: dt.datetime, tag: str, properties: OrderProperties,
    ) -> None:  # fmt: skip
        """Set what every request has; the rest is set by whoever makes it."""
        super().__init__(placed, 0, tag)
        Priced.__init__(self, prices)
        self.order_type, self.symbol, self.quantity = order_type, symbol, int(quantity)
        self.order_properties = properties
        self.trailing_as_percentage, self.asynchronous = False, False

    @classmethod
    def of(  # all that an order is
        cls, order_type: OrderType, symbol: Symbol, quantity: int, prices: dict[str, Decimal], placed: dt.datetime,
        tag: str, properties: OrderProperties, *, trailing_as_percentage: bool = False, group: Group | None = None,
        asynchronous: bool = False,
    ) -> SubmitOrderRequest:  # fmt: skip
        """A request with its prices by name, made on the clock of New York."""
        found = cls.__new__(cls)
        found.begin(order_type, symbol, Decimal(quantity), prices, placed, tag, properties)
        found.trailing_as_percentage, found.group, found.asynchronous = trailing_as_percentage, group, asynchronous
        return found

    def __repr__(self) -> str:
        return (
            f"{as_text(self.time)} UTC: Submit Order: ({self.order_id}) - {camel(self.order_type.name)} "
            f"{self.quantity:+} {self.symbol} {self.tag} Status: {camel(self.status.name)}"
        )

    @property
    def security_type(self) -> SecurityType:
        """Of the symbol."""
        return self.symbol.security_type

    @property
    def group_order_manager(self) -> Group | None:
        """The combination that the order is a leg of."""
        return self.group


def _rest_of_request(rest: tuple[Any, ...]) -> dict[str, Any]:
    """What follows the limit price of a request, by name: the time tells how many prices stand before it."""
    at = next((place for place, item in enumerate(rest) if isinstance(item, dt.datetime)), len(rest))
    before = ("trigger_price", "trailing_amount", "trailing_as_percentage")
    after = ("time", "tag", "properties", "group", "asynchronous")
    return dict(zip(before, rest[:at], strict=False)) | dict(zip(after, rest[at:], strict=False))


class UpdateOrderFields(Sealed):
    """What to change of an order; what is None stays. `quantity` is the new total, signed."""

    quantity: float | None = None
    limit_price: float | None = None
    stop_price: float | None = None
    trigger_price: float | None = None
    trailing_amount: float | None = None
    tag: str | None = None

    def __init__(  # as in LEAN
        self, quantity: float | None = None, limit_price: float | None = None, stop_price: float | None = None,
        trigger_price: float | None = None, trailing_amount: float | None = None, tag: str | None = None,
    ) -> None:  # fmt: skip
        self.quantity, self.limit_price, self.stop_price = quantity, limit_price, stop_price
        self.trigger_price, self.trailing_amount, self.tag = trigger_price, trailing_amount, tag

    @property
    def is_tag_only(self) -> bool:
        """True where nothing but the tag changes."""
        return self.quantity is None and all(getattr(self, name) is None for name in PRICES)


def above_zero(name: str, price: Any) -> Decimal:
    """A price of an order, exact; an error where it is none."""
    found = dec(price)
    if found <= 0:
        raise UsageError(f"{name}={shown(price)} must be above 0. Pass a price in dollars such as 10.5.")
    return found


class UpdateOrderRequest(OrderRequest):
    """Change an order."""

    order_request_type = OrderRequestType.UPDATE

    def __init__(self, placed: dt.datetime, order_id: int, fields: UpdateOrderFields) -> None:
        super().__init__(placed, order_id, fields.tag or "")
        self.fields = fields
        self.quantity, self.limit_price, self.stop_price = fields.quantity, fields.limit_price, fields.stop_price
        self.trigger_price, self.trailing_amount = fields.trigger_price, fields.trailing_amount

    def __repr__(self) -> str:
        told = ", ".join(f"{camel(name)}: {value}" for name in ("quantity", *PRICES)
                         if (value := getattr(self, name)) is not None)  # fmt: skip
        status = camel(self.status.name)
        return f"{as_text(self.time)} UTC: Update Order: ({self.order_id}) - {told} {self.tag} Status: {status}"


class CancelOrderRequest(OrderRequest):
    """Withdraw an order."""

    order_request_type = OrderRequestType.CANCEL

    def __repr__(self) -> str:
        return (
            f"{as_text(self.time)} UTC: Cancel Order: ({self.order_id}) - {self.tag} Status: {camel(self.status.name)}"
        )


@dataclass
class Group(Named):
    """Orders that fill together.

    Parameters
    ----------
    id : int
    count : int
    quantity : int
        Of the whole, signed; the legs are multiples of it.
    limit_price : Decimal or None
    order_ids : list of int
    """

    id: int
    count: int
    quantity: int
    limit_price: Decimal | None = None
    order_ids: list[int] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """True once all legs are there."""
        return len(self.order_ids) == self.count
