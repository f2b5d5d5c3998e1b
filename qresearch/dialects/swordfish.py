"""Swordfish's account over a session: its names, fields and codes, for the cash stock account.

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

from typing import Any

import pandas as pd

from qresearch.book.naming import POSITION
from qresearch.book.portfolio import Portfolio
from qresearch.book.tables import Tables
from qresearch.domain.arguments import number
from qresearch.domain.calls import told_calls
from qresearch.errors import NotSupported, UsageError, shown
from qresearch.session.port import AnySession
from qresearch.session.strategy import Context
from qresearch.session.trader import hold_from_start
from qresearch.session.trading import TradingApi


@told_calls
class Account:
    """The cash stock account of a session, as Swordfish's ``Account`` shows it. Always as of now.

    Parameters
    ----------
    session : Session or Context
        The session, or what its strategy is given: ``Account(context)`` in ``initialize`` is where positions to begin
        with are set.
    """

    def __init__(self, session: AnySession | Context) -> None:
        if not isinstance(session, TradingApi):
            raise UsageError(
                f"Account: session={shown(session)} is no session. Pass a qresearch.Session, or the context of a "
                "strategy; the account is that of stocks."
            )
        self._simulation = session.simulation

    @property
    def _portfolio(self) -> Portfolio:
        simulation = self._simulation
        return Portfolio(simulation.exchange, simulation.account, simulation.starting_equity)

    @property
    def _tables(self) -> Tables:
        return Tables(self._simulation, names="swordfish")

    @property
    def cash(self) -> float:
        """Available cash, in the currency: all money less what resting buy orders hold back."""
        return self._portfolio.available

    @property
    def trade_details(self) -> pd.DataFrame:
        """One row per fill, cancel, rejection, refused cancel and expiry, or per order with none of these.

        orderId, symbol, direction (1 buy open, 3 sell close), sendTime, orderPrice (NaN for a market order), orderQty,
        tradeTime, tradePrice, tradeQty (of a cancel: the shares canceled), orderStatus (4 submitted, 2 canceled, 1
        filled, 0 partly filled, -1 rejected, -2 cancel refused, -3 not filled), label, outputOrderInfo (the reason in
        words), seqNum.
        """
        return self._tables.trade_details

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
            lastDayShortPosition (0), longPosition, longPositionAvgPrice (currency per share, buying fees included,
            NaN when nothing is held), shortPosition (0), shortPositionAvgPrice (0), todayBuyVolume, todayBuyValue,
            todaySellVolume, todaySellValue.

        Raises
        ------
        UnknownSymbol
            No such instrument; one that is not held gives zeros.
        """
        table = self._tables.positions
        if symbol is None:
            return table
        name = self._canonical(symbol)
        for row in table[table["symbol"] == name].to_dict("records"):
            return {str(field): value for field, value in row.items()}
        empty: dict[str, Any] = {word: 0 for field, word in POSITION.items() if field != "day"}
        return {**empty, "symbol": name, "longPositionAvgPrice": float("nan")}

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
            Accepted and not used: the market knows the previous close, and the shares are valued at that.

        Raises
        ------
        UsageError
            The first day has begun, a price or quantity that is not positive, or more than the cash.
        NotSupported
            A negative quantity.
        """
        if last_price is not None and number("last_price", last_price, 9.6) < 0:
            raise UsageError(f"last_price={last_price!r} is negative. Leave it out: the market knows the last price.")
        if number("qty", qty) < 0:
            raise NotSupported(f"qty={qty!r} is a short position, and a stock account holds none. Pass shares above 0.")
        hold_from_start(self._simulation, symbol, qty, order_price)

    def get_daily_position(self, symbol: str | None = None) -> pd.DataFrame:
        """Positions at every close, with tradeDate; a day that is not over yet is not there.

        Parameters
        ----------
        symbol : str, optional
            Default: all.
        """
        table = self._tables.daily_positions
        if symbol is None:
            return table
        return table[table["symbol"] == self._canonical(symbol)].reset_index(drop=True)

    @property
    def total_portfolios(self) -> dict[str, Any]:
        """The account now, as a dict.

        tradeDate, cash (available), totalMarketValue, totalEquity (cash + frozen + market value), netValue (over the
        starting equity), totalReturn, ratio (daily return), pnl (daily), frozenFunds, totalFee, floatingPnl,
        realizedPnl, totalPnl (their sum), and with a benchmark benchmarkClosePrice and benchmarkNetValue.
        """
        return {str(field): value for field, value in self._tables.portfolio.items()}

    @property
    def daily_total_portfolios(self) -> pd.DataFrame:
        """The account at every close: the fields of :attr:`total_portfolios`, one row per trading day."""
        return self._tables.daily_portfolio

    @property
    def return_summary(self) -> pd.DataFrame:
        """Figures of the run, one row.

        totalReturn, annualReturn, annualVolatility, annualSkew, annualKur (excess, neither is scaled), sharpeRatio
        (annualReturn / annualVolatility), maxDrawdown (positive), drawdownRatio (annualReturn / maxDrawdown), beta,
        alpha, benchmarkReturn, annualExcessReturn, turnoverRate (one-sided, over the mean equity), dailyWinningRate
        (of all days). A year has 252 trading days and the risk-free rate is 0; ``session.tables(names="swordfish",
        periods=244)`` takes another year.
        """
        return self._tables.return_summary

    def _canonical(self, symbol: str) -> str:
        market = self._simulation.market
        return market.symbols[market.column(symbol)]

    def __repr__(self) -> str:
        return f"<Account {self._portfolio!r}>"
