"""The names that the tables of an account have in Swordfish, beside ours. Literal, so that they can be read."""

from __future__ import annotations

from collections.abc import Mapping

NAMES = ("native", "swordfish")

PORTFOLIO: Mapping[str, str] = {
    "day": "tradeDate",
    "available": "cash",
    "market_value": "totalMarketValue",
    "equity": "totalEquity",
    "nav": "netValue",
    "total_return": "totalReturn",
    "daily_return": "ratio",
    "daily_profit": "pnl",
    "reserved": "frozenFunds",
    "fees": "totalFee",
    "floating_profit": "floatingPnl",
    "realised_profit": "realizedPnl",
    "total_profit": "totalPnl",
    "benchmark_close": "benchmarkClosePrice",
    "benchmark_nav": "benchmarkNetValue",
}
"""Fields of the portfolio, in Swordfish's order; the last two only with a benchmark."""

POSITION: Mapping[str, str] = {
    "symbol": "symbol",
    "day": "tradeDate",
    "previous_quantity": "lastDayLongPosition",
    "previous_short": "lastDayShortPosition",
    "quantity": "longPosition",
    "average_cost": "longPositionAvgPrice",
    "short": "shortPosition",
    "short_price": "shortPositionAvgPrice",
    "bought_quantity": "todayBuyVolume",
    "bought_value": "todayBuyValue",
    "sold_quantity": "todaySellVolume",
    "sold_value": "todaySellValue",
}
"""Fields of positions; a cash account has no short side, so those are 0."""

TRADE_DETAILS: Mapping[str, str] = {
    "order_id": "orderId",
    "symbol": "symbol",
    "direction": "direction",
    "sent": "sendTime",
    "order_price": "orderPrice",
    "order_quantity": "orderQty",
    "time": "tradeTime",
    "price": "tradePrice",
    "quantity": "tradeQty",
    "status": "orderStatus",
    "label": "label",
    "why": "outputOrderInfo",
    "seq": "seqNum",
}
"""Fields of the trade details."""

OUTCOMES: Mapping[str, int] = {
    "submitted": 4,
    "canceled": 2,
    "filled": 1,
    "partly filled": 0,
    "rejected": -1,
    "cancel refused": -2,
    "expired": -3,
}
"""What became of an order, and Swordfish's code for it."""

DIRECTIONS: Mapping[str, int] = {"buy": 1, "sell": 3}
"""1 buy open, 3 sell close: a cash account neither sells short (2) nor buys back (4)."""

RETURN_SUMMARY: Mapping[str, str] = {
    "total_return": "totalReturn",
    "annual_return": "annualReturn",
    "annual_volatility": "annualVolatility",
    "skew": "annualSkew",
    "kurtosis": "annualKur",
    "compound_sharpe": "sharpeRatio",
    "max_drawdown": "maxDrawdown",
    "return_over_drawdown": "drawdownRatio",
    "beta": "beta",
    "alpha": "alpha",
    "benchmark_return": "benchmarkReturn",
    "annual_excess_return": "annualExcessReturn",
    "turnover": "turnoverRate",
    "daily_win_rate": "dailyWinningRate",
}
"""Figures of the return summary, in Swordfish's order."""
