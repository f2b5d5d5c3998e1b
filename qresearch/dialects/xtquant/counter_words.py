"""What a counter says of an order: its codes of state and price, and why it refused."""

from __future__ import annotations

from collections.abc import Mapping

from qresearch.book.orders import OrderRecord
from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.domain.codes import OrderFacts, code
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import Kind, Terms, TimeInForce, limit, market

REFUSALS: Mapping[Reason, tuple[int, str]] = {
    Reason.INSUFFICIENT_CASH: (260200, "可用资金不足"),
    Reason.INSUFFICIENT_QUANTITY: (251005, "证券可用数量不足"),
    Reason.T_PLUS_ONE: (251005, "证券可用数量不足"),
    Reason.GOOD_TILL_OVER: (120144, "当前时间不允许委托"),
    Reason.NO_FURTHER_OPEN: (120144, "当前时间不允许委托"),
    Reason.LOT_SIZE: (120000, "委托数量不是最小单位的整数倍"),
    Reason.MINIMUM_SIZE: (120000, "委托数量低于最小数量"),
    Reason.ORDER_MAXIMUM: (120000, "委托数量超过上限"),
    Reason.PRICE_LIMIT: (120000, "委托价格超出涨跌停范围"),
    Reason.PRICE_CAGE: (120000, "委托价格超出有效申报范围"),
    Reason.SUSPENDED: (120000, "证券停牌"),
    Reason.INSUFFICIENT_MARGIN: (260200, "可用资金不足"),
    Reason.NOTHING_TO_CLOSE: (251005, "可平仓量不足"),
    Reason.UNITS_LOCKED: (251005, "证券可用数量不足"),
    Reason.COVERED_SHORTFALL: (251005, "备兑证券数量不足"),
}
"""What a counter says to a reason: 251005, 260200 and 120144 are codes of a real one, 120000 stands for all others."""
OTHERS = (120000, "委托被拒绝")

PRICES: Mapping[int, tuple[TimeInForce, int]] = {
    xt.FIX_PRICE: (TimeInForce.DAY, 50),
    xt.LATEST_PRICE: (TimeInForce.DAY, 50),
    xt.MARKET_SH_CONVERT_5_CANCEL: (TimeInForce.IOC, 88),
    xt.MARKET_SH_CONVERT_5_LIMIT: (TimeInForce.DAY, 85),
    xt.MARKET_PEER_PRICE_FIRST: (TimeInForce.DAY, 84),
    xt.MARKET_MINE_PRICE_FIRST: (TimeInForce.DAY, 86),
    xt.MARKET_SZ_INSTBUSI_RESTCANCEL: (TimeInForce.IOC, 87),
    xt.MARKET_SZ_CONVERT_5_CANCEL: (TimeInForce.IOC, 88),
    xt.MARKET_SZ_FULL_OR_CANCEL: (TimeInForce.FOK, 89),
}
"""Kinds of price of shares: how long an order of one is good for, and the number by which a counter gives it back."""

VENUES: Mapping[int, tuple[str, ...]] = {
    xt.MARKET_SH_CONVERT_5_CANCEL: ("SH", "BJ"),
    xt.MARKET_SH_CONVERT_5_LIMIT: ("SH", "BJ"),
    xt.MARKET_SZ_INSTBUSI_RESTCANCEL: ("SZ",),
    xt.MARKET_SZ_CONVERT_5_CANCEL: ("SZ",),
    xt.MARKET_SZ_FULL_OR_CANCEL: ("SZ",),
}
"""Where a kind of price is known; the others are known everywhere."""

CANCELABLE = frozenset({xt.ORDER_UNREPORTED, xt.ORDER_WAIT_REPORTING, xt.ORDER_REPORTED, xt.ORDER_PART_SUCC})


def terms_of(price_type: int, price: float, last: float, remark: str) -> Terms:
    """The terms of an order of some kind of price.

    With bars there is one price and no book: the best price of either side is the last one, and whatever takes several
    levels takes what there is at that price.

    Parameters
    ----------
    price_type : int
    price, last : float, currency per share
        As asked for, and the last visible one.
    remark : str
    """
    tif, number = PRICES[price_type]
    if number in {50, 84, 85, 86}:
        return limit(price if price_type == xt.FIX_PRICE else round(last, 4), tif=tif.value, tag=remark)
    return market(tif=tif.value, tag=remark)


def price_number(terms: Terms) -> int:
    """The number by which a counter gives back the kind of price of an order that no script has sent."""
    if terms.kind is Kind.MARKET:
        return {TimeInForce.IOC: 88, TimeInForce.FOK: 89}.get(terms.time_in_force, 49)
    return 50


def status_of(order: OrderRecord, *, asked_to_cancel: bool = False) -> int:
    """The state of an order as XtQuant numbers it: what the counter refuses is 57, for it has a number."""
    facts = OrderFacts(
        str(order.status), order.filled, order.cancel_requested or asked_to_cancel, end_origin=order.end_origin
    )
    found = code("xtquant", facts).value
    assert isinstance(found, int)  # only what has no number is told by another shape
    return found


def refusal_of(order: OrderRecord, facts: str) -> tuple[int, str]:
    """Code and text of a refusal: who refused, the code, the reason, and its numbers as a sentence, or other facts."""
    number, words = REFUSALS.get(order.reason, OTHERS) if order.reason is not None else OTHERS
    return number, f"[COUNTER][{number}][{words}]{facts}"


def junk_of(facts: str) -> tuple[int, str]:
    """Code and text of the refusal of what the exchange does not know."""
    number, words = OTHERS
    return number, f"[COUNTER][{number}][{words}]{facts}"
