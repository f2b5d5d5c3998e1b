"""What each field of Swordfish's account is here: its formula, and whether its definition is inferred.

Its documents say of each field a few words and publish no formula. A formula is called inferred where those words can
be read in several ways; the reading that keeps total profit = equity - start - flows was taken. :data:`INFERRED` lists
these, :data:`PLAIN` the others.

>>> definitions().query("inferred").groupby("kind").size().to_dict()
{'bonds': 32, 'futures/options': 24, 'margin': 45, 'stocks': 24}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from qresearch.dialects.swordfish_fields import (
    BOND_DAILY,
    BOND_PORTFOLIO,
    BOND_POSITION,
    FUTURES_DAILY,
    FUTURES_PORTFOLIO,
    MARGIN_DAILY,
    MARGIN_PORTFOLIO,
    MARGIN_POSITION,
    MARGIN_SUMMARY,
    PORTFOLIO,
    PORTFOLIO_NOW,
    POSITION,
    RETURN_SUMMARY,
    TRADE_DETAILS,
)

STOCKS, MARGIN, FUTURES, BONDS = "stocks", "margin", "futures/options", "bonds"


def _now(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of a table by day, without its day."""
    return tuple(word for name, word in fields.items() if name != "day")


_SUMMARY = tuple(RETURN_SUMMARY.values())
TABLES: Mapping[tuple[str, str], tuple[str, ...]] = {
    **{("trade_details", kind): tuple(TRADE_DETAILS.values()) for kind in (STOCKS, MARGIN, FUTURES, BONDS)},
    ("get_position", STOCKS): _now(POSITION),
    ("get_position", MARGIN): _now(POSITION),
    ("get_position", FUTURES): _now(POSITION),
    ("get_position", BONDS): _now(BOND_POSITION),
    ("get_daily_position", STOCKS): tuple(POSITION.values()),
    ("get_daily_position", MARGIN): tuple(MARGIN_POSITION.values()),
    ("get_daily_position", FUTURES): tuple(POSITION.values()),
    ("get_daily_position", BONDS): tuple(BOND_POSITION.values()),
    ("total_portfolios", STOCKS): tuple(PORTFOLIO_NOW.values()),
    ("total_portfolios", MARGIN): tuple(MARGIN_PORTFOLIO.values()),
    ("total_portfolios", FUTURES): tuple(FUTURES_PORTFOLIO.values()),
    ("total_portfolios", BONDS): tuple(BOND_PORTFOLIO.values()),
    ("daily_total_portfolios", STOCKS): tuple(PORTFOLIO.values()),
    ("daily_total_portfolios", MARGIN): tuple(MARGIN_DAILY.values()),
    ("daily_total_portfolios", FUTURES): tuple(FUTURES_DAILY.values()),
    ("daily_total_portfolios", BONDS): tuple(BOND_DAILY.values()),
    ("return_summary", STOCKS): _SUMMARY,
    ("return_summary", MARGIN): (*_SUMMARY, *MARGIN_SUMMARY),
    ("return_summary", FUTURES): (*_SUMMARY, "maxMarginRatio"),
    ("return_summary", BONDS): _SUMMARY,
}
"""Every table of the document by its name and kind of account, with its fields in order."""

PLAIN: Mapping[str, str] = {
    "orderId": "number of the order",
    "symbol": "code",
    "direction": "1 buy open, 2 sell open, 3 sell close, 4 buy close",
    "sendTime": "time of the request",
    "orderPrice": "limit of the order; NaN at the market",
    "orderQty": "quantity of the order",
    "tradeTime": "time of the outcome",
    "tradePrice": "price of the fill; NaN without one",
    "tradeQty": "units filled; of a cancel the units canceled",
    "orderStatus": "4 submitted, 2 canceled, 1 filled, 0 partly filled, -1 rejected, -2 cancel refused, -3 not filled",
    "label": "label given with the order",
    "outputOrderInfo": "the reason in words",
    "seqNum": "number of the row, from 0",
    "tradeDate": "trading day",
    "lastDayLongPosition": "longPosition at the close before",
    "lastDayShortPosition": "shortPosition at the close before",
    "longPosition": "units held",
    "shortPosition": "units sold and not bought back; 0 for stocks",
    "todayBuyVolume": "units bought on the day",
    "todaySellVolume": "units sold on the day",
    "todaySellValue": "sum of price x units x multiplier sold on the day",
    "totalEquity": "cash + market value - debts",
    "netValue": "totalEquity / start, less the effect of flows",
    "totalReturn": "netValue - 1",
    "ratio": "totalEquity / (totalEquity of the close before + flows) - 1",
    "yield": "totalEquity / (totalEquity of the close before + flows) - 1",
    "pnl": "totalEquity - totalEquity of the close before - flows",
    "totalPnl": "totalEquity - start - flows = floatingPnl + realizedPnl",
    "benchmarkClosePrice": "last close of the benchmark; NaN without one",
    "benchmarkNetValue": "benchmarkClosePrice / its last close before the first day",
    "closePrice": "last price",
    "lastPrice": "last price, clean",
    "maxDrawdown": "largest fall from the highest close, as a fraction of it",
    "beta": "covariance with the benchmark's daily returns / their variance",
    "alpha": "annualReturn - beta x annual return of the benchmark",
    "benchmarkReturn": "product of (1 + daily return of the benchmark) - 1",
    "annualExcessReturn": "annualReturn - annual return of the benchmark",
    "annualReturn": "(1 + totalReturn) ^ (252 / days) - 1",
    "annualVolatility": "sample deviation of daily returns x sqrt(252)",
    "lineOfCredit": "setting; NaN without a line",
    "lastDayMarginDebt": "marginDebt at the close before",
    "lastDaySecuLendingDebt": "secuLendingDebt at the close before",
    "marginDebt": "sum of principal left of financing contracts",
    "secuLendingPosition": "shares owed",
    "secuLendingDebt": "sum of shares owed x price",
    "maxMarginRatio": "max(marginRatio) at the closes",
    "accruedInterest": "accrued interest of one bond x longPosition",
    "fullBondPrice": "clean price + accrued interest of one bond",
    "totalValue": "fullBondPrice x longPosition",
    "floatingProfit": "lastPrice x longPosition - clean cost",
}
"""Fields whose words leave one reading."""

INFERRED: Mapping[str, str] = {
    "cash": "cash - frozen",
    "totalMarketValue": "sum of units x price",
    "frozenFunds": "what resting orders hold back, estimated fees included",
    "totalFee": "commission, stamp duty and transfer fee since the start",
    "floatingPnl": "totalMarketValue - cost of what is held, buying fees included",
    "realizedPnl": "proceeds - cost of what was sold, net of all fees, + dividends - their taxes",
    "longPositionAvgPrice": "mean price of the purchases, fees left out; a sale leaves it",
    "shortPositionAvgPrice": "0: there is no short side",
    "todayBuyValue": "sum of price x units x multiplier bought on the day, fees left out",
    "annualSkew": "skewness of daily returns, not scaled",
    "annualKur": "excess kurtosis of daily returns, not scaled",
    "sharpeRatio": "(annualReturn - risk-free rate) / annualVolatility",
    "drawdownRatio": "annualReturn / maxDrawdown",
    "turnoverRate": "(bought + sold) / 2 / mean(totalEquity)",
    "dailyWinningRate": "days with a return above 0 / all days",
    f"{FUTURES}:cash": "totalEquity - margin - frozen",
    f"{FUTURES}:margin": "sum of price x lots x multiplier x ratio, of written options by their exchange's formula",
    f"{FUTURES}:marginRatio": "margin / totalEquity",
    f"{FUTURES}:floatingPnl": "sum of side x (price - opening price) x lots x multiplier",
    f"{FUTURES}:realizedPnl": "sum of side x (closing - opening price) x lots x multiplier, less all fees",
    f"{FUTURES}:totalMarketValue": "options held at their price - options written at theirs; NaN without options",
    f"{FUTURES}:longPositionAvgPrice": "mean opening price of the lots left",
    f"{FUTURES}:shortPositionAvgPrice": "mean opening price of the lots left",
    f"{FUTURES}:totalFee": "fees since the start",
    f"{MARGIN}:shortPositionAvgPrice": "mean price of the short sales left",
    f"{MARGIN}:lastDayMarginSecuPosition": "marginSecuPosition at the close before",
    f"{MARGIN}:availableCash": "cash - proceeds of open short sales - frozen",
    f"{MARGIN}:marginSecuPosition": "shares held - marginBuyPosition",
    f"{MARGIN}:marginSecuAvgPrice": "mean cost of the shares held, buying fees included",
    f"{MARGIN}:marginBuyPosition": "min(shares of financing contracts left, shares held)",
    f"{MARGIN}:marginBuyValue": "sum of principal left of the financing contracts of the security",
    f"{MARGIN}:secuLendingSellValue": "proceeds x shares left / shares opened, of lending contracts",
    f"{MARGIN}:longPositionConcentration": "value held of the security / value of all held",
    f"{MARGIN}:shortPositionConcentration": "value owed and not held of the security / that of all",
    f"{MARGIN}:marginBuyProfit": "marginBuyPosition x closePrice - marginBuyValue",
    f"{MARGIN}:secuLendingProfit": "secuLendingSellValue - secuLendingPosition x closePrice",
    f"{MARGIN}:financialFee": "interest accrued on open contracts and unpaid: principal x days x rate / 360",
    f"{MARGIN}:secuLendingFee": "fee accrued on open contracts and unpaid: proceeds x days x rate / 360",
    f"{MARGIN}:marginSecuMarketValue": "sum of marginSecuPosition x price",
    f"{MARGIN}:marginBalance": "marginDebt + secuLendingDebt",
    f"{MARGIN}:maintenanceMargin": "(cash + shares at their price) / (marginDebt + secuLendingDebt + accrued)",
    f"{MARGIN}:availableMarginBalance": "own cash + shares x haircut + profits of contracts x haircut (losses whole) "
                                        "- margin bound - accrued - frozen",
    f"{MARGIN}:totalMarketValue": "sum of all shares held x price; what is owed is not subtracted",
    f"{MARGIN}:bottomRet": "NaN: no base position is kept apart",
    f"{MARGIN}:bottomExcessRet": "NaN: no base position is kept apart",
    f"return_summary {MARGIN}:financialFee": "interest on borrowed money since the start, paid and accrued",
    f"return_summary {MARGIN}:secuLendingFee": "fees of borrowed shares since the start, paid and accrued",
    f"{BONDS}:totalMarketValue": "sum of totalValue",
    f"{BONDS}:totalEquity": "cash + totalMarketValue + lent by repo",
    f"{BONDS}:longPositionAvgPrice": "mean clean cost of the bonds left",
    f"{BONDS}:todayBuyValue": "price and accrued interest of what was bought on the day, fees left out",
    f"{BONDS}:yield": "yield to maturity of the clean price, by actual days",
    f"{BONDS}:interestIncome": "coupons net of tax + accrued interest sold - bought + held",
    f"{BONDS}:realizedProfit": "clean proceeds - clean cost of what was sold, before fees",
    f"{BONDS}:totalProfit": "floatingProfit + realizedProfit + interestIncome - fees",
    f"total_portfolios {BONDS}:totalProfit": "totalEquity - start - flows",
    f"daily_total_portfolios {BONDS}:totalProfit": "totalEquity - start - flows",
    f"{BONDS}:duration": "Macaulay: sum of time x present value / fullBondPrice, years",
    f"{BONDS}:convexity": "sum of t (t + 1) CF / (1 + y/f)^(t + 2) / (fullBondPrice x f^2)",
    f"{BONDS}:DV01": "fullBondPrice x modified duration / 10,000 x longPosition",
}  # fmt: skip
"""Fields whose words leave several readings: of a table and kind, of a kind, or of all."""


def _formula(table: str, kind: str, word: str) -> tuple[str, bool]:
    for key in (f"{table} {kind}:{word}", f"{kind}:{word}"):
        if key in INFERRED:
            return INFERRED[key], True
    return (INFERRED[word], True) if word in INFERRED else (PLAIN[word], False)


def _rows() -> Iterator[tuple[str, str, str, str, bool]]:
    for (table, kind), words in TABLES.items():
        for word in words:
            yield (table, kind, word, *_formula(table, kind, word))


def definitions() -> pd.DataFrame:
    """Every field of every table: what it is here, and whether its definition is inferred.

    Returns
    -------
    DataFrame
        One row per table, kind of account and field, in the order of the document: table, kind ("stocks", "margin",
        "futures/options", "bonds"), field, formula, inferred.

    Examples
    --------
    >>> found = definitions().query("table == 'total_portfolios' and kind == 'margin'").set_index("field")
    >>> found.loc["marginBalance", "formula"]
    'marginDebt + secuLendingDebt'
    """
    frame = pd.DataFrame(list(_rows()), columns=["table", "kind", "field", "formula", "inferred"])
    return frame.astype({"table": "str", "kind": "str", "field": "str", "formula": "str"})
