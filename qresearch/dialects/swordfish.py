"""Swordfish's account over a session: its names, fields and codes, for stocks, futures, margin trading and bonds.

>>> import qresearch as qr
>>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
>>> account = Account(session)
>>> account.set_position("604018", 1000, 9.20)
>>> _ = session.step(2)
>>> account.get_position("604018")["longPositionAvgPrice"]
9.2

The fields are those of its documents, which publish no formula: :meth:`Account.definitions` lists what each is here,
and which of them are inferred. Equality with that system is not promised.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from qresearch.book.portfolio import Portfolio
from qresearch.book.tables import Tables
from qresearch.dialects.swordfish_fields import (
    BOND_DAILY,
    BOND_PORTFOLIO,
    BOND_POSITION,
    DIRECTIONS,
    FUTURES_DAILY,
    FUTURES_PORTFOLIO,
    MARGIN_DAILY,
    MARGIN_PORTFOLIO,
    MARGIN_POSITION,
    MARGIN_SUMMARY,
    OUTCOMES,
    PORTFOLIO,
    PORTFOLIO_NOW,
    POSITION,
    RETURN_SUMMARY,
    SHORT,
    TRADE_DETAILS,
)
from qresearch.dialects.swordfish_formulas import definitions
from qresearch.domain.arguments import number
from qresearch.domain.bond import Bond
from qresearch.domain.calls import bound, told_calls
from qresearch.domain.terms import Effect
from qresearch.errors import MarketWarning, NotSupported, UsageError, shown
from qresearch.session.port import AnySession
from qresearch.session.strategy import Context
from qresearch.session.trader import hold_from_start
from qresearch.session.trading import TradingApi


def _worded(table: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    """The fields of Swordfish from a table of ours, in its order; NaN for what the table lacks (no benchmark)."""
    return table.reindex(columns=list(words)).rename(columns=dict(words))


@told_calls
class Account:
    """The account of a session, of stocks or of contracts, as Swordfish's ``Account`` shows it. Always as of now.

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
        bound("Account", Tables, session.simulation, ways)()  # a wrong way is told here

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
    def _borrows(self) -> bool:
        return self._simulation.exchange.account.borrows

    @property
    def _of_bonds(self) -> bool:
        return self._simulation.exchange.account.accrues

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
        """Whether each order closes: a sale of stocks does, unless they are borrowed; else what says so, or did."""
        closed, records = self._tables().closing_orders, self._simulation.orders.now()
        listed = self._simulation.market.instruments

        def closes(order: int, side: str) -> bool:
            record = records[order]
            if listed[record.instrument].contract is None:
                effect = record.terms.effect
                return effect is not Effect.BORROW if side == "sell" else order in closed or effect is Effect.RETURN
            return order in closed or record.terms.effect not in {Effect.AUTO, Effect.OPEN, Effect.COVERED_OPEN}

        return [closes(order, side) for order, side in zip(orders.tolist(), sides, strict=True)]

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
            averages are those of the opening prices of the lots left, and today's volumes count opening and closing. Of
            bonds that are or were held: symbol, lastDayLongPosition, longPosition, longPositionAvgPrice (clean),
            todayBuyVolume, todayBuyValue (all that was paid but fees), totalValue, accruedInterest, fullBondPrice,
            lastPrice (clean), yield, interestIncome, floatingProfit, realizedProfit, totalProfit (the three less fees),
            duration (Macaulay), convexity, DV01 (of what is held); shares of a conversion are told by their symbol.

        Raises
        ------
        UnknownSymbol
            No such instrument; one that is not held gives zeros.
        """
        words = {field: word for field, word in POSITION.items() if field != "day"}
        tables = self._tables()
        if self._of_bonds and (symbol is None or isinstance(self._simulation.market.instrument(symbol).bond, Bond)):
            return self._bonds(tables.bonds.reset_index(), symbol)
        table = _worded(self._held(tables), words)
        if symbol is None:
            return table
        name = self._canonical(symbol)
        for row in table[table["symbol"] == name].to_dict("records"):
            return {str(field): value for field, value in row.items()}
        empty: dict[str, Any] = dict.fromkeys(words.values(), 0)
        nothing = dict.fromkeys(("longPositionAvgPrice", "shortPositionAvgPrice")[: 1 + self._has_sides], float("nan"))
        return {**empty, "symbol": name, **nothing}

    def _held(self, tables: Tables) -> pd.DataFrame:
        """Both sides of what is held; a long average of shares leaves the fees out."""
        if self._has_sides:
            return tables.sides.reset_index()
        if not self._borrows:
            return tables.positions.reset_index().assign(**SHORT)
        sides = tables.sides
        return sides.assign(average_price=tables.positions["average_price"].reindex(sides.index)).reset_index()

    def _bonds(self, found: pd.DataFrame, symbol: str | None) -> pd.DataFrame | dict[str, Any]:
        """Bonds that are or were held; repo is none. The row of a symbol as a dict, of zeros where there is none."""
        words = {field: word for field, word in BOND_POSITION.items() if field != "day"}
        table = _worded(self._without_repo(found), words)
        if symbol is None:
            return table
        name = self._canonical(symbol)
        for row in table[table["symbol"] == name].to_dict("records"):
            return {str(field): value for field, value in row.items()}
        return {**dict.fromkeys(words.values(), 0), "symbol": name, "longPositionAvgPrice": float("nan")}

    def _without_repo(self, found: pd.DataFrame) -> pd.DataFrame:
        market = self._simulation.market
        is_bond = [isinstance(market.instrument(symbol).bond, Bond) for symbol in found["symbol"]]
        return found[is_bond].reset_index(drop=True)

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

        Of margin trading: symbol, tradeDate, lastDayMarginSecuPosition, lastDayMarginDebt, lastDaySecuLendingDebt,
        marginSecuPosition, marginSecuAvgPrice, marginBuyPosition, marginBuyValue, secuLendingPosition,
        secuLendingSellValue, closePrice, longPositionConcentration, shortPositionConcentration, marginBuyProfit,
        financialFee, secuLendingProfit, secuLendingFee. Of bonds the fields of :meth:`get_position`.

        Parameters
        ----------
        symbol : str, optional
            Default: all.
        """
        tables = self._tables()
        if self._of_bonds:
            table = _worded(self._without_repo(tables.daily_bonds), BOND_POSITION)
        elif self._borrows:
            table = _worded(tables.daily_behind, MARGIN_POSITION)
        else:
            table = _worded(tables.daily_sides if self._has_sides else tables.daily_positions.assign(**SHORT), POSITION)
        if symbol is None:
            return table
        return table[table["symbol"] == self._canonical(symbol)].reset_index(drop=True)

    @property
    def total_portfolios(self) -> dict[str, Any]:
        """The account now, as a dict.

        tradeDate, cash (available), totalMarketValue, totalEquity (cash + frozen + market value), netValue (over the
        starting equity), totalReturn, ratio (daily return), pnl (daily), frozenFunds, totalFee, floatingPnl,
        realizedPnl, totalPnl (their sum). Of futures: tradeDate, margin, floatingPnl (since the opening), realizedPnl
        (net of all fees), totalPnl, cash (available), totalEquity, marginRatio (margin over equity), pnl, netValue,
        totalReturn, ratio, totalFee. Of margin trading: tradeDate, lineOfCredit (NaN without one), availableCash,
        lastDayMarginDebt, lastDaySecuLendingDebt, marginSecuMarketValue, marginDebt, secuLendingSellValue,
        marginBalance (money and shares owed), secuLendingDebt, financialFee, secuLendingFee, maintenanceMargin (assets
        over debts), availableMarginBalance, totalMarketValue (all shares), totalEquity, netValue, totalReturn, yield,
        pnl, frozenFunds. Of bonds: tradeDate, cash, totalMarketValue (with accrued interest), totalEquity (with what
        repo has lent), netValue, totalReturn, ratio, pnl, totalProfit.
        """
        tables = self._tables()
        found = tables.portfolio
        listed, words = {"day": found.name, **found}, FUTURES_PORTFOLIO if self._has_sides else PORTFOLIO_NOW
        if self._of_bonds:
            words = BOND_PORTFOLIO
        if self._borrows:
            daily = tables.daily_owing
            before = daily[daily.index < found.name].tail(1)
            listed |= self._owing(tables.owing.to_frame().T, before.reset_index(drop=True)).iloc[0].to_dict()
            words = MARGIN_PORTFOLIO
        return {word: listed.get(name, float("nan")) for name, word in words.items()}

    @property
    def daily_total_portfolios(self) -> pd.DataFrame:
        """The account at every close: the fields of :attr:`total_portfolios`, one row per trading day.

        With benchmarkClosePrice and benchmarkNetValue, NaN without a benchmark, in place of frozenFunds and totalFee
        where the document has them so; of options also totalMarketValue.
        """
        tables = self._tables()
        daily = tables.daily_portfolio.reset_index()
        if self._of_bonds:
            return _worded(daily, BOND_DAILY)
        if not self._borrows:
            return _worded(daily, FUTURES_DAILY if self._has_sides else PORTFOLIO)
        owing = tables.daily_owing.reset_index(drop=True)
        more = self._owing(owing, owing.shift(1))
        return _worded(pd.concat([daily.drop(columns=more.columns, errors="ignore"), more], axis=1), MARGIN_DAILY)

    def _owing(self, now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
        """What is owed now and was owed at the close before, with the line of credit."""
        line = getattr(self._simulation.exchange.account, "line", None)
        return now.assign(
            line=float("nan") if line is None else line,
            balance=now["financed"] + now["owed"],
            **{
                f"previous_{name}": before[name].reindex(now.index).fillna(0.0).to_numpy()
                for name in ("financed", "owed")
            },
        )

    @property
    def return_summary(self) -> pd.DataFrame:
        """Figures of the run, one row.

        totalReturn, annualReturn, annualVolatility, annualSkew, annualKur (excess, neither is scaled), sharpeRatio
        (annualReturn / annualVolatility), maxDrawdown (positive), drawdownRatio (annualReturn / maxDrawdown), beta,
        alpha, benchmarkReturn, annualExcessReturn, turnoverRate (one-sided, over the mean equity), dailyWinningRate
        (of all days). What needs a benchmark is NaN without one. A year has 252 trading days and the risk-free rate
        is 0; ``Account(session, periods=244)`` takes another year. Of futures also maxMarginRatio; of margin trading
        also totalFee, financialFee and secuLendingFee (paid and accrued since the start), bottomRet and bottomExcessRet
        (NaN: no base position is kept).
        """
        tables = self._tables()
        summary = _worded(pd.DataFrame([dict(tables.return_summary["value"])]), RETURN_SUMMARY)
        if self._borrows:
            paid = (float(tables.portfolio["fees"]), *tables.interest_since_start, float("nan"), float("nan"))
            return summary.assign(**dict(zip(MARGIN_SUMMARY, paid, strict=True)))
        if self._has_sides:
            return summary.assign(maxMarginRatio=tables.daily_portfolio["risk_degree"].max())
        return summary

    @staticmethod
    def definitions() -> pd.DataFrame:
        """What each field of each table is here, and which definitions are inferred.

        Returns
        -------
        DataFrame
            table, kind, field, formula, inferred: see :func:`~qresearch.dialects.swordfish_formulas.definitions`.

        >>> found = Account.definitions().query("kind == 'bonds' and field == 'totalValue'")
        >>> found["formula"].unique().tolist()
        ['fullBondPrice x longPosition']
        """
        return definitions()

    def _canonical(self, symbol: str) -> str:
        market = self._simulation.market
        return market.symbols[market.column(symbol)]

    def __repr__(self) -> str:
        return f"<Account {self._portfolio!r}>"
