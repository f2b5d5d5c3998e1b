"""The closed list of reasons: why an order was rejected, trimmed, kept waiting, canceled or expired.

Each has a code and the source of its rule here, and in :mod:`qresearch.sentences` what it says, with the numbers of
the case, and what it advises. Tables in the documentation are generated from this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

Facts = Mapping[str, object]
NO_FACTS: Facts = MappingProxyType({})


class Reason(StrEnum):
    """Codes of the reasons."""

    LOT_SIZE = "LOT_SIZE"
    MINIMUM_SIZE = "MINIMUM_SIZE"
    ORDER_MAXIMUM = "ORDER_MAXIMUM"
    ZERO_QUANTITY = "ZERO_QUANTITY"
    NO_CHANGE = "NO_CHANGE"
    NO_PRICE = "NO_PRICE"
    NOT_TRADABLE = "NOT_TRADABLE"
    NOT_CARRIED = "NOT_CARRIED"
    PROTECTION_PRICE = "PROTECTION_PRICE"
    NOT_LISTED = "NOT_LISTED"
    DELISTED = "DELISTED"
    DATA_ENDED = "DATA_ENDED"
    NO_FURTHER_OPEN = "NO_FURTHER_OPEN"
    GOOD_TILL_OVER = "GOOD_TILL_OVER"
    SUSPENDED = "SUSPENDED"
    ROUTE_CLOSED = "ROUTE_CLOSED"
    NO_TRADES = "NO_TRADES"
    LIMIT_UP = "LIMIT_UP"
    LIMIT_DOWN = "LIMIT_DOWN"
    T_PLUS_ONE = "T_PLUS_ONE"
    INSUFFICIENT_QUANTITY = "INSUFFICIENT_QUANTITY"
    INSUFFICIENT_CASH = "INSUFFICIENT_CASH"
    INSUFFICIENT_MARGIN = "INSUFFICIENT_MARGIN"
    NOTHING_TO_CLOSE = "NOTHING_TO_CLOSE"
    EXPIRED_CONTRACT = "EXPIRED_CONTRACT"
    MATURED = "MATURED"
    CALLED = "CALLED"
    BOND_LOT = "BOND_LOT"
    REPO_MULTIPLE = "REPO_MULTIPLE"
    QUALIFIED_ONLY = "QUALIFIED_ONLY"
    INSUFFICIENT_PLEDGE = "INSUFFICIENT_PLEDGE"
    NOT_FINANCEABLE = "NOT_FINANCEABLE"
    NOT_LENDABLE = "NOT_LENDABLE"
    NO_BORROW = "NO_BORROW"
    CREDIT_LINE = "CREDIT_LINE"
    SHORT_PRICE_RULE = "SHORT_PRICE_RULE"
    SHORT_PROCEEDS_LOCKED = "SHORT_PROCEEDS_LOCKED"
    SAME_DAY_RETURN = "SAME_DAY_RETURN"
    NO_DEBT = "NO_DEBT"
    CONCENTRATION = "CONCENTRATION"
    COVERED_SHORTFALL = "COVERED_SHORTFALL"
    UNITS_LOCKED = "UNITS_LOCKED"
    POSITION_LIMIT = "POSITION_LIMIT"
    SIDE_LIMIT = "SIDE_LIMIT"
    MAINTENANCE_BELOW_LINE = "MAINTENANCE_BELOW_LINE"
    VALUE_CAP = "VALUE_CAP"
    VOLUME_CAP = "VOLUME_CAP"
    PRICE_LIMIT = "PRICE_LIMIT"
    PRICE_CAGE = "PRICE_CAGE"
    DAILY_MAXIMUM = "DAILY_MAXIMUM"
    CLOSING_AUCTION = "CLOSING_AUCTION"
    LIMIT_NOT_REACHED = "LIMIT_NOT_REACHED"
    STOP_NOT_REACHED = "STOP_NOT_REACHED"
    AWAITS_CLOSE = "AWAITS_CLOSE"
    NO_AFTER_HOURS = "NO_AFTER_HOURS"
    CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
    AWAITS_ENTRY = "AWAITS_ENTRY"
    NOT_AT_ONCE = "NOT_AT_ONCE"
    OPEN_ORDER_MARGIN = "OPEN_ORDER_MARGIN"
    POSITION_CLOSED = "POSITION_CLOSED"
    REPLACED_BY_TARGET = "REPLACED_BY_TARGET"
    BELOW_FILLED = "BELOW_FILLED"
    TRANSFER_BEYOND_CASH = "TRANSFER_BEYOND_CASH"
    TRANSFER_RESERVED = "TRANSFER_RESERVED"
    TRANSFER_BOUND = "TRANSFER_BOUND"
    USER_CANCEL = "USER_CANCEL"
    ALREADY_FINAL = "ALREADY_FINAL"


SHORTFALLS = frozenset({
    Reason.INSUFFICIENT_CASH, Reason.INSUFFICIENT_MARGIN, Reason.INSUFFICIENT_QUANTITY, Reason.NOTHING_TO_CLOSE,
    Reason.T_PLUS_ONE, Reason.SHORT_PROCEEDS_LOCKED, Reason.SAME_DAY_RETURN, Reason.NO_DEBT, Reason.UNITS_LOCKED,
})  # fmt: skip
"""What is cut to what there is, or rejected as a whole, as the session wants it."""

Refusal = tuple[Reason, Facts]
"""Why something is refused, and the numbers of the case."""

_MODEL = "qresearch fill model"
_LOCKED = "SSE and SZSE price limits; that a locked open fills nothing is a pessimistic assumption"

SOURCES: Mapping[Reason, str] = {
    **dict.fromkeys(Reason, _MODEL),
    Reason.LOT_SIZE: "SSE and SZSE trading rules, chapter 3 (order quantity)",
    Reason.MINIMUM_SIZE: (
        "STAR: at least 200 shares, then steps of 1 (2019-07-22); BSE: at least 100, then steps of 1 (2021-11-15)"
    ),
    Reason.ORDER_MAXIMUM: "SSE and SZSE trading rules, largest order: the dated table in qresearch/market/china.py",
    Reason.PROTECTION_PRICE: "SSE STAR trading rules, market orders (2019-07-22); asked for by JoinQuant",
    Reason.SUSPENDED: "SSE and SZSE trading rules (suspension and resumption)",
    Reason.ROUTE_CLOSED: "Your table of closed days, such as the holidays of Stock Connect",
    Reason.LIMIT_UP: _LOCKED,
    Reason.LIMIT_DOWN: _LOCKED,
    Reason.T_PLUS_ONE: (
        "China A-shares settle T+1: shares bought today can be sold on the next trading day (since 1995-01-01)"
    ),
    Reason.PRICE_LIMIT: "SSE and SZSE trading rules: orders outside the price limits are invalid",
    Reason.PRICE_CAGE: "Valid prices of continuous trading: STAR 2019, ChiNext 2020, Beijing 2021, main boards 2023",
    Reason.DAILY_MAXIMUM: "Risk-warning board measures, article 10 (2013-01-04)",
    Reason.CLOSING_AUCTION: "SSE (2018-08-20) and SZSE trading rules: no cancel in the closing auction",
    Reason.NO_AFTER_HOURS: "After-hours fixed-price trading: STAR 2019-07-22, ChiNext 2020-08-24, all since 2026-07-06",
    Reason.CIRCUIT_BREAKER: "Index circuit breaker of SSE and SZSE, 2016-01-04 to 2016-01-07",
    Reason.EXPIRED_CONTRACT: "Rules of the contract: its last trading day",
    Reason.NOT_CARRIED: "The contract of the account: what it may hold",
    Reason.MATURED: "Terms of the bond: its maturity",
    Reason.CALLED: "Notice of the issuer: the last trading day before an early redemption",
    Reason.BOND_LOT: "SSE and SZSE bond trading rules: face value of an order",
    Reason.REPO_MULTIPLE: "SSE and SZSE bond trading rules: multiples of 1,000 yuan since 2022-05-16",
    Reason.QUALIFIED_ONLY: "Rules on the suitability of bond investors of SSE and SZSE (2017-07-01)",
    Reason.INSUFFICIENT_PLEDGE: "CSDC rules of pledged repo: who borrows needs standard bonds in pledge",
    Reason.INSUFFICIENT_MARGIN: "Margin rules of the exchanges: what opens needs margin and fee",
    **dict.fromkeys(
        (Reason.NOT_FINANCEABLE, Reason.NOT_LENDABLE, Reason.SAME_DAY_RETURN, Reason.SHORT_PROCEEDS_LOCKED),
        "SSE and SZSE rules of margin trading (2015-07-01)",
    ),
    Reason.SHORT_PRICE_RULE: "SSE and SZSE rules of margin trading: no short sale below the last price, ETFs exempt",
    **dict.fromkeys(
        (Reason.NO_BORROW, Reason.CREDIT_LINE, Reason.NO_DEBT, Reason.CONCENTRATION, Reason.MAINTENANCE_BELOW_LINE),
        "The broker's contract of margin trading",
    ),
    **dict.fromkeys(
        (Reason.COVERED_SHORTFALL, Reason.UNITS_LOCKED, Reason.POSITION_LIMIT),
        "SSE and SZSE rules of stock option trading (2015-01-09): covered calls and position limits",
    ),
    Reason.SIDE_LIMIT: "Rules of the futures exchanges: position limits by contract and date (your table of contracts)",
    **dict.fromkeys(
        (Reason.TRANSFER_BEYOND_CASH, Reason.TRANSFER_RESERVED, Reason.TRANSFER_BOUND),
        "The contract of the account: what of its money may leave it",
    ),
    Reason.LIMIT_NOT_REACHED: "qresearch fill model: a resting limit fills only when the bar trades through it",
    Reason.OPEN_ORDER_MARGIN: "LEAN: open orders are checked against buying power after each fill and before their own",
    Reason.POSITION_CLOSED: "qresearch fill model: an order that only closes a position ends with it",
    Reason.REPLACED_BY_TARGET: "qresearch fill model: a target means the position after the next match",
}
"""The rule behind each reason."""
