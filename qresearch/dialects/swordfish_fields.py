"""Swordfish's fields, by ours, in the order of its documents: what each is called, and its codes.

Its documents publish no formula: each field is the one of :mod:`qresearch.book.tables` named on the left. What each is,
in words, and which definitions are inferred, stands in :mod:`qresearch.dialects.swordfish_formulas`.
"""

from __future__ import annotations

from collections.abc import Mapping

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
"""Fields of the portfolio by day, in Swordfish's order; the last two are NaN without a benchmark."""

PORTFOLIO_NOW: Mapping[str, str] = {
    name: word for name, word in PORTFOLIO.items() if not name.startswith("benchmark")
}  # fmt: skip
"""Those of the portfolio now."""

FUTURES_PORTFOLIO: Mapping[str, str] = {
    "day": "tradeDate",
    "margin": "margin",
    "floating_profit": "floatingPnl",
    "realised_profit": "realizedPnl",
    "total_profit": "totalPnl",
    "available": "cash",
    "equity": "totalEquity",
    "risk_degree": "marginRatio",
    "daily_profit": "pnl",
    "nav": "netValue",
    "total_return": "totalReturn",
    "daily_return": "ratio",
    "fees": "totalFee",
}
"""Fields of the portfolio of futures now, in Swordfish's order."""

_OF_FUTURES = ("day", "margin", "floating_profit", "realised_profit", "total_profit")
FUTURES_DAILY: Mapping[str, str] = {
    **{name: FUTURES_PORTFOLIO[name] for name in _OF_FUTURES},
    "option_value": "totalMarketValue",
    **{name: word for name, word in FUTURES_PORTFOLIO.items() if name not in {*_OF_FUTURES, "fees"}},
    "benchmark_close": "benchmarkClosePrice",
    "benchmark_nav": "benchmarkNetValue",
}
"""Those of every day; totalMarketValue is that of options, and NaN without any."""

POSITION: Mapping[str, str] = {
    "symbol": "symbol",
    "day": "tradeDate",
    "previous_quantity": "lastDayLongPosition",
    "previous_short": "lastDayShortPosition",
    "quantity": "longPosition",
    "average_price": "longPositionAvgPrice",
    "short": "shortPosition",
    "short_price": "shortPositionAvgPrice",
    "bought_quantity": "todayBuyVolume",
    "bought_value": "todayBuyValue",
    "sold_quantity": "todaySellVolume",
    "sold_value": "todaySellValue",
}
"""Fields of positions; an account of stocks has no short side, so those are 0."""

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

DIRECTIONS: Mapping[tuple[str, bool], int] = {
    ("buy", False): 1, ("sell", False): 2, ("sell", True): 3, ("buy", True): 4,
}  # fmt: skip
"""By side, and whether lots are closed: 1 buy open, 2 sell open, 3 sell close, 4 buy close."""

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

SHORT = {"previous_short": 0, "short": 0, "short_price": 0.0}
"""What a cash account has of the short side."""

MARGIN_POSITION: Mapping[str, str] = {
    "symbol": "symbol",
    "day": "tradeDate",
    "previous_own": "lastDayMarginSecuPosition",
    "previous_financed": "lastDayMarginDebt",
    "previous_owed": "lastDaySecuLendingDebt",
    "own_quantity": "marginSecuPosition",
    "average_cost": "marginSecuAvgPrice",
    "financed_quantity": "marginBuyPosition",
    "financed": "marginBuyValue",
    "short": "secuLendingPosition",
    "proceeds": "secuLendingSellValue",
    "close": "closePrice",
    "long_concentration": "longPositionConcentration",
    "short_concentration": "shortPositionConcentration",
    "financing_profit": "marginBuyProfit",
    "financing_interest": "financialFee",
    "lending_profit": "secuLendingProfit",
    "lending_fee": "secuLendingFee",
}
"""Fields of positions by day in an account of margin trading."""

_OWING: Mapping[str, str] = {
    "day": "tradeDate",
    "line": "lineOfCredit",
    "available": "availableCash",
    "previous_financed": "lastDayMarginDebt",
    "previous_owed": "lastDaySecuLendingDebt",
    "own_value": "marginSecuMarketValue",
    "financed": "marginDebt",
    "proceeds": "secuLendingSellValue",
    "balance": "marginBalance",
    "owed": "secuLendingDebt",
    "financing_interest": "financialFee",
    "lending_fee": "secuLendingFee",
    "maintenance_ratio": "maintenanceMargin",
    "available_margin": "availableMarginBalance",
    "held_value": "totalMarketValue",
    "equity": "totalEquity",
    "nav": "netValue",
    "total_return": "totalReturn",
    "daily_return": "yield",
    "daily_profit": "pnl",
}
MARGIN_PORTFOLIO: Mapping[str, str] = {**_OWING, "reserved": "frozenFunds"}
"""Fields of an account of margin trading now, in Swordfish's order."""

MARGIN_DAILY: Mapping[str, str] = {
    **_OWING, "benchmark_close": "benchmarkClosePrice", "benchmark_nav": "benchmarkNetValue",
}  # fmt: skip
"""Those of every day."""

BOND_POSITION: Mapping[str, str] = {
    "symbol": "symbol",
    "day": "tradeDate",
    "previous_quantity": "lastDayLongPosition",
    "quantity": "longPosition",
    "average_price": "longPositionAvgPrice",
    "bought_quantity": "todayBuyVolume",
    "bought_value": "todayBuyValue",
    "value": "totalValue",
    "accrued_value": "accruedInterest",
    "full_price": "fullBondPrice",
    "price": "lastPrice",
    "yield": "yield",
    "interest_income": "interestIncome",
    "floating_profit": "floatingProfit",
    "realised_profit": "realizedProfit",
    "profit": "totalProfit",
    "duration": "duration",
    "convexity": "convexity",
    "dv01": "DV01",
}
"""Fields of positions in an account of bonds."""

BOND_PORTFOLIO: Mapping[str, str] = {
    "day": "tradeDate",
    "available": "cash",
    "market_value": "totalMarketValue",
    "equity": "totalEquity",
    "nav": "netValue",
    "total_return": "totalReturn",
    "daily_return": "ratio",
    "daily_profit": "pnl",
    "total_profit": "totalProfit",
}
"""Fields of an account of bonds now, in Swordfish's order."""

BOND_DAILY: Mapping[str, str] = {
    **BOND_PORTFOLIO, "benchmark_close": "benchmarkClosePrice", "benchmark_nav": "benchmarkNetValue",
}  # fmt: skip
"""Those of every day."""

MARGIN_SUMMARY = ("totalFee", "financialFee", "secuLendingFee", "bottomRet", "bottomExcessRet")
"""What its return summary has beside the usual figures; the last two are of a base position, which is not kept: NaN."""
