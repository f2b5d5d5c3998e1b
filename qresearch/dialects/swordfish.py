"""Swordfish's account over a session: its names, fields and codes, for accounts of stocks and of futures.

>>> import qresearch as qr
>>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
>>> account = Account(session)
>>> account.set_position("604018", 1000, 9.20)
>>> _ = session.step(2)
>>> account.get_position("604018")["longPositionAvgPrice"]
9.2

The fields are those of its documents; their formulas, which it does not publish, stand in
:mod:`qresearch.book.tables` and :mod:`qresearch.book.statistics`. Equality with that system is not promised.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from qresearch.book.portfolio import Portfolio
from qresearch.book.tables import Tables
from qresearch.domain.arguments import number
from qresearch.domain.calls import told_calls
from qresearch.domain.terms import Effect
from qresearch.errors import MarketWarning, NotSupported, UsageError, shown
from qresearch.session.port import AnySession
from qresearch.session.strategy import Context
from qresearch.session.trader import hold_from_start
from qresearch.session.trading import TradingApi

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
"""Fields of the portfolio, in Swordfish's order; the last two are NaN without a benchmark."""

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


def _worded(table: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    """The fields of Swordfish from a table of ours, in its order; NaN for what the table lacks (no benchmark)."""
    return table.reindex(columns=list(words)).rename(columns=dict(words))


@told_calls
class Account:
    """The account of a session, of stocks or of futures, as Swordfish's ``Account`` shows it. Always as of now.

    Parameters
    ----------
    session : Session or Context
        The session, or what its strategy is given: ``Account(context)`` in ``initialize`` is where positions to begin
        with are set.
    **ways
        Another branch, benchmark, year or risk-free rate, as :class:`~.book.tables.Tables` takes them: `periods=244`.
    """

    def __init__(self, session: AnySession | Context, **ways: Any) -> None:
        if not isinstance(session, TradingApi):
            raise UsageError(
                f"Account: session={shown(session)} is no session. Pass a qresearch.Session, or the context of a "
                "strategy; the account is that of stocks or of futures."
            )
        self._simulation, self._ways = session.simulation, ways
        self._tables()  # a wrong way is told here

    @property
    def _portfolio(self) -> Portfolio:
        simulation = self._simulation
        return Portfolio(simulation.exchange, simulation.account, simulation.starting_equity)

    def _tables(self) -> Tables:
        return Tables(self._simulation, **self._ways)

    @property
    def _has_sides(self) -> bool:
        return self._simulation.exchange.account.two_sided

    @property
    def cash(self) -> float:
        """Available cash, in the currency: all money less what resting orders and margin hold back."""
        return self._portfolio.available

    @property
    def trade_details(self) -> pd.DataFrame:
        """One row per fill, cancel, rejection, refused cancel and expiry, or per order with none of these.

        orderId, symbol, direction (1 buy open, 2 sell open, 3 sell close, 4 buy close), sendTime, orderPrice (NaN for a
        market order), orderQty, tradeTime, tradePrice, tradeQty (of a cancel: the units canceled), orderStatus (4
        submitted, 2 canceled, 1 filled, 0 partly filled, -1 rejected, -2 cancel refused, -3 not filled), label,
        outputOrderInfo (the reason in words), seqNum.
        """
        found = self._tables().trade_details.reset_index()
        direction = [
            DIRECTIONS[side, closes]
            for side, closes in zip(found["side"], self._closes(found["order_id"], found["side"]), strict=True)
        ]
        status = found["outcome"].map(OUTCOMES).astype("int64")
        return _worded(found.assign(direction=pd.Series(direction, dtype="int64"), status=status), TRADE_DETAILS)

    def _closes(self, orders: pd.Series[int], sides: pd.Series[str]) -> list[bool]:
        """Whether each order closes: a sale of stocks does; of futures what says so, or did."""
        if not self._has_sides:
            return [side == "sell" for side in sides]
        closed, records = self._tables().closing_orders, self._simulation.orders.now()
        said = {order: records[order].terms.effect for order in orders.unique().tolist()}
        return [order in closed or said[order] not in {Effect.AUTO, Effect.OPEN} for order in orders.tolist()]

    def get_position(self, symbol: str | None = None) -> pd.DataFrame | dict[str, Any]:
        """What is held now.

        Parameters
        ----------
        symbol : str, optional
            In any spelling.

        Returns
        -------
        DataFrame or dict
            Without a symbol a table, one row each; with one a dict of the same fields: symbol, lastDayLongPosition,
            lastDayShortPosition (0 for stocks), longPosition, longPositionAvgPrice (mean price of the purchases,
            currency per share, fees left out, NaN when nothing is held: times the shares it is not the cost that
            floatingPnl is counted from, which has the fees in it), shortPosition (0 for stocks),
            shortPositionAvgPrice, todayBuyVolume, todayBuyValue, todaySellVolume, todaySellValue. Of futures both
            averages are those of the opening prices of the lots left, and today's volumes count opening and closing.

        Raises
        ------
        UnknownSymbol
            No such instrument; one that is not held gives zeros.
        """
        words = {field: word for field, word in POSITION.items() if field != "day"}
        tables = self._tables()
        found = tables.sides.reset_index() if self._has_sides else tables.positions.reset_index().assign(**SHORT)
        table = _worded(found, words)
        if symbol is None:
            return table
        name = self._canonical(symbol)
        for row in table[table["symbol"] == name].to_dict("records"):
            return {str(field): value for field, value in row.items()}
        empty: dict[str, Any] = dict.fromkeys(words.values(), 0)
        nothing = dict.fromkeys(("longPositionAvgPrice", "shortPositionAvgPrice")[: 1 + self._has_sides], float("nan"))
        return {**empty, "symbol": name, **nothing}

    def set_position(self, symbol: str, qty: int, order_price: float, last_price: float | None = None) -> None:
        """Begin with shares that use up part of the cash; only before the first day.

        Parameters
        ----------
        symbol : str
        qty : int, shares
            Above 0: a stock account holds no short position.
        order_price : float, currency per share
            Cost price; ``qty * order_price`` is taken from the cash.
        last_price : float, optional
            The previous close. The market's own is what the shares are valued at, and another one here is warned of.
            On the first day of the data, which has no previous close, it lets the shares be held; they count nothing
            until the first bar prints.

        Raises
        ------
        UsageError
            The first day has begun, a price or quantity that is not positive, or more than the cash.
        NotSupported
            A negative quantity, or an account of futures.
        """
        if self._has_sides:
            raise NotSupported(
                "set_position begins with shares that are paid. Open the lots of a futures account with an order."
            )
        if last_price is not None and number("last_price", last_price, 9.6) < 0:
            raise UsageError(f"last_price={last_price!r} is negative. Pass the previous close, or leave it out.")
        if number("qty", qty) < 0:
            raise NotSupported(f"qty={qty!r} is a short position, and a stock account holds none. Pass shares above 0.")
        known = self._simulation.view.last_price(self._simulation.market.column(symbol))
        if last_price and known > 0 and known != last_price:
            said = f"the previous close of {symbol} is {known:g}, not last_price={last_price!r}; {known:g} counts."
            warnings.warn(f"set_position: {said}", MarketWarning, stacklevel=3)
        hold_from_start(self._simulation, symbol, qty, order_price, last_price or None)

    def get_daily_position(self, symbol: str | None = None) -> pd.DataFrame:
        """Positions at every close, with tradeDate; a day that is not over yet is not there.

        Parameters
        ----------
        symbol : str, optional
            Default: all.
        """
        tables = self._tables()
        table = _worded(tables.daily_sides if self._has_sides else tables.daily_positions.assign(**SHORT), POSITION)
        if symbol is None:
            return table
        return table[table["symbol"] == self._canonical(symbol)].reset_index(drop=True)

    @property
    def total_portfolios(self) -> dict[str, Any]:
        """The account now, as a dict.

        tradeDate, cash (available), totalMarketValue, totalEquity (cash + frozen + market value), netValue (over the
        starting equity), totalReturn, ratio (daily return), pnl (daily), frozenFunds, totalFee, floatingPnl,
        realizedPnl, totalPnl (their sum), benchmarkClosePrice and benchmarkNetValue (NaN without a benchmark). Of
        futures: tradeDate, margin, floatingPnl (since the opening), realizedPnl (net of all fees), totalPnl, cash
        (available), totalEquity, marginRatio (margin over equity), pnl, netValue, totalReturn, ratio, totalFee.
        """
        found = self._tables().portfolio
        listed, words = {"day": found.name, **found}, FUTURES_PORTFOLIO if self._has_sides else PORTFOLIO
        return {word: listed.get(name, float("nan")) for name, word in words.items()}

    @property
    def daily_total_portfolios(self) -> pd.DataFrame:
        """The account at every close: the fields of :attr:`total_portfolios`, one row per trading day."""
        words = FUTURES_DAILY if self._has_sides else PORTFOLIO
        return _worded(self._tables().daily_portfolio.reset_index(), words)

    @property
    def return_summary(self) -> pd.DataFrame:
        """Figures of the run, one row.

        totalReturn, annualReturn, annualVolatility, annualSkew, annualKur (excess, neither is scaled), sharpeRatio
        (annualReturn / annualVolatility), maxDrawdown (positive), drawdownRatio (annualReturn / maxDrawdown), beta,
        alpha, benchmarkReturn, annualExcessReturn, turnoverRate (one-sided, over the mean equity), dailyWinningRate
        (of all days). What needs a benchmark is NaN without one. A year has 252 trading days and the risk-free rate
        is 0; ``Account(session, periods=244)`` takes another year. Of futures also maxMarginRatio.
        """
        tables = self._tables()
        summary = _worded(pd.DataFrame([dict(tables.return_summary["value"])]), RETURN_SUMMARY)
        return (
            summary.assign(maxMarginRatio=tables.daily_portfolio["risk_degree"].max()) if self._has_sides else summary
        )

    def _canonical(self, symbol: str) -> str:
        market = self._simulation.market
        return market.symbols[market.column(symbol)]

    def __repr__(self) -> str:
        return f"<Account {self._portfolio!r}>"
