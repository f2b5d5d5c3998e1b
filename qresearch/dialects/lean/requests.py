"""What a script asks of whoever keeps its orders, the answers, and what an order is placed with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from qresearch.dialects.lean.bars import Symbol
from qresearch.dialects.lean.enums import (
    OrderRequestStatus,
    OrderRequestType,
    OrderResponseErrorCode,
    OrderType,
)
from qresearch.dialects.lean.hours import utc
from qresearch.dialects.lean.names import Named, Settable

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
        return cls("gtd", dt.datetime(expiry.year, expiry.month, expiry.day))


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

    def clone(self) -> OrderProperties:
        """A copy."""
        found = OrderProperties()
        found.__dict__.update(self.__dict__)
        return found


class OrderResponse(Named):
    """The answer to a request."""

    def __init__(
        self, order_id: int, code: OrderResponseErrorCode, message: str = "", *, processed: bool = True
    ) -> None:
        self.order_id, self.error_code, self.error_message, self.is_processed = order_id, code, message, processed

    def __repr__(self) -> str:
        return f"{self.error_code.name}: {self.error_message}" if self.is_error else "Success"

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


class SubmitOrderRequest(OrderRequest):
    """Place an order.

    Parameters
    ----------
    order_type : OrderType
    symbol : Symbol
    quantity : int, shares
        Signed.
    prices : dict of str to Decimal
        By the names in :data:`PRICES`.
    placed : datetime
    tag : str
    properties : OrderProperties
    trailing_as_percentage : bool
    group : Group, optional
    """

    def __init__(  # all that an order is
        self, order_type: OrderType, symbol: Symbol, quantity: int, prices: dict[str, Decimal], placed: dt.datetime,
        tag: str, properties: OrderProperties, *, trailing_as_percentage: bool = False, group: Group | None = None,
    ) -> None:  # fmt: skip
        super().__init__(placed, 0, tag)
        self.order_type, self.symbol, self.quantity, self.prices = order_type, symbol, quantity, prices
        self.order_properties, self.trailing_as_percentage, self.group = properties, trailing_as_percentage, group


class UpdateOrderFields(Settable):
    """What to change of an order; what is None stays. `quantity` is the new total, signed."""

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


class UpdateOrderRequest(OrderRequest):
    """Change an order."""

    order_request_type = OrderRequestType.UPDATE

    def __init__(self, placed: dt.datetime, order_id: int, fields: UpdateOrderFields) -> None:
        super().__init__(placed, order_id, fields.tag or "")
        self.fields = fields
        self.quantity = fields.quantity


class CancelOrderRequest(OrderRequest):
    """Withdraw an order."""

    order_request_type = OrderRequestType.CANCEL


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
