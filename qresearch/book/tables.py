"""``session.tables``: the account as tables, built when looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qresearch.book import accounts, bonds, debts, details, frames, lots, statistics, trades
from qresearch.book.benchmark import Aligned, BenchmarkLike, align, find_benchmark
from qresearch.book.history import AccountHistory
from qresearch.book.orders import Orders
from qresearch.book.projection import Run
from qresearch.book.properties import Properties, properties_of
from qresearch.domain.arguments import between, whole
from qresearch.domain.calls import told_calls
from qresearch.domain.codes import DIALECTS, OrderFacts, codes

SUMMARY_UNITS = {
    "days": "trading days",
    "total_return": "fraction",
    "annual_return": "fraction per year",
    "annual_volatility": "fraction per year",
    "skew": "",
    "kurtosis": "excess",
    "sharpe": "per year",
    "compound_sharpe": "per year",
    "sortino": "per year",
    "max_drawdown": "fraction",
    "return_over_drawdown": "per year",
    "daily_win_rate": "fraction of days",
    "turnover": "times the mean equity",
    "benchmark_return": "fraction",
    "benchmark_annual_return": "fraction per year",
    "annual_excess_return": "fraction per year",
    "beta": "",
    "alpha": "fraction per year",
}
"""Figures of the return summary, and their units."""

TRADES_UNITS = {
    **dict.fromkeys(("trades", "winners", "losers"), "round trips"),
    "win_rate": "fraction of round trips",
    **dict.fromkeys(("profit_before_fees", "fees", "profit", "gains", "losses"), "currency"),
    "profit_factor": "gains / losses",
    **dict.fromkeys(("average_profit", "average_gain", "average_loss"), "currency"),
    "payoff": "average gain / average loss",
    **dict.fromkeys(("best", "worst"), "currency"),
    "average_return": "fraction of the cost",
    "average_holding_days": "trading days",
    **dict.fromkeys(("average_mae", "average_mfe"), "fraction of the entry price"),
}
"""Figures of the summary of round trips, and their units."""


@told_calls
class Tables:
    """The tables of an account: each a property, built when looked at, as of where the session stands.

    Called, it gives the same tables in another way: ``session.tables(branch="main", periods=244).return_summary``.

    Money is in the currency of the venue, prices in currency per share, quantities in shares, returns and weights are
    fractions. Average cost includes buying fees and is unchanged by sales, so that at every moment
    ``floating_profit + realised_profit = total_profit``.

    Parameters
    ----------
    run : Run
    branch : str, optional
        Default: the present branch up to where the session stands. Another one: all that was simulated on it.
    benchmark : Series, str, Benchmark or False, optional
        See :func:`qresearch.book.benchmark.find_benchmark`; default that of the market.
    periods : int
        Trading days in a year, for annual figures.
    risk_free : float
        Risk-free rate, a fraction per year.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> _ = session.buy("604018", 1000)
    >>> session.step(5).tables.daily_portfolio["nav"].round(4).tolist()
    [1.0008, 1.0012, 1.0018, 1.0012, 1.0006]
    """

    def __init__(
        self,
        run: Run,
        *,
        branch: str | None = None,
        benchmark: BenchmarkLike | pd.Series[float] = None,
        periods: int = statistics.PERIODS,
        risk_free: float = 0.0,
    ) -> None:
        periods = whole("periods", periods, example=252)
        risk_free = between("risk_free", risk_free, -1, 1, 0.02)
        self._run = run
        self._periods, self._risk_free = periods, risk_free
        self._benchmark = find_benchmark(run.market, run.benchmark if benchmark is None else benchmark)
        self._branch = branch
        self._look()  # an unknown branch is told here

    def __call__(
        self,
        *,
        branch: str | None = None,
        benchmark: BenchmarkLike | pd.Series[float] = None,
        periods: int = statistics.PERIODS,
        risk_free: float = 0.0,
    ) -> Tables:
        """The same tables of another branch, against another benchmark or year; see the class."""
        return Tables(self._run, branch=branch, benchmark=benchmark, periods=periods, risk_free=risk_free)

    def __repr__(self) -> str:
        names = ", ".join(name for name in dir(type(self)) if not name.startswith("_"))
        return f"<Tables of branch {self._look().name!r}: {names}>"

    def rules(self, symbol: str, day: object = None) -> Properties:
        """What an instrument is on a day, and every rule that holds for it, with source and state of knowledge.

        Parameters
        ----------
        symbol : str
        day : str or date, optional
            Default: today, or the first day before it.

        Returns
        -------
        Properties
            Lot, tick, settlement, limits and class as attributes; prints as a page; ``.table`` is a DataFrame.

        Raises
        ------
        UnknownSymbol, OutOfRange
            No such instrument or day; the message names close ones.

        Examples
        --------
        >>> import qresearch as qr
        >>> page = qr.Session(qr.sample_market(), start="2022-03-01").tables.rules("688903")
        >>> page.minimum, page.lot, page.limit_ratio, page.same_day_sale
        (200, 1, 0.2, False)
        >>> page.table.loc["limit_ratio", "since"]
        '2019-07-22'
        """
        market, today = self._run.market, max(self._run.account.day, 0)
        index = today if day is None else market.panel.day_index(day, side="previous")
        return properties_of(self._run.exchange, market.column(symbol), index)

    def _look(self) -> AccountHistory:
        return AccountHistory.of(self._run, self._branch)

    def _aligned(self, history: AccountHistory) -> Aligned | None:
        return align(self._benchmark, history.exchange, history.closes)

    def _unknown(self, known: pd.Index) -> list[str]:
        """The fields of a benchmark that has no close yet: they are there, and NaN."""
        fields = [] if self._benchmark is None else ["benchmark_close", "benchmark_nav"]
        return [name for name in fields if name not in known]

    # ------------------------------------------------------------------ orders

    @property
    def trade_details(self) -> pd.DataFrame:
        """What became of every order: one row per fill, cancel, rejection, refused cancel and expiry, in order.

        An order with none of these yet has one row, "submitted". Index: seq.

        order_id, symbol, side ("buy" or "sell"); sent (when it was placed, on the clock of the venue); order_price
        (currency per share, NaN for a market order); order_quantity (shares sent); time; price (currency per share,
        NaN without a fill); quantity (shares: of the fill, or what was canceled; 0 otherwise); outcome ("submitted",
        "filled" when it leaves nothing open, "partly filled", "canceled", "rejected", "cancel refused", "expired");
        reason, why (code and sentence); label.
        """
        return details.trade_details(self._look())

    @property
    def costs(self) -> pd.DataFrame:
        """What trading cost, one row per kind: commission, stamp_duty, transfer_fee, slippage and their total.

        amount (currency); of_traded (fraction of the value of all fills); of_equity (fraction of the starting equity).

        Slippage is ``(fill price - open) * shares``, positive when it cost something, over the fills made at the
        open; it is already inside the prices, the other kinds are booked apart. Fills at another moment count 0.
        """
        return details.costs_frame(self._look())

    # ------------------------------------------------------------------ positions

    @property
    def positions(self) -> pd.DataFrame:
        """What is held now, one row per symbol; also what was held at the last close, or traded, today.

        quantity, previous_quantity (at the previous close), sellable (T+1, and in no working sale), in shares, or in
        lots, where of both sides of one instrument the short one counts below zero;
        average_cost (currency per share, buying fees included, NaN when nothing is held); average_price (the same
        without fees, and a sale leaves it as it is); price (last visible);
        market_value (quantity * price, of bonds with accrued interest); floating_profit (market value less cost);
        weight (of the equity);
        bought_quantity, bought_value, sold_quantity, sold_value (fills of today, fees not included).
        """
        return accounts.positions_now(self._look())

    @property
    def lots(self) -> pd.DataFrame:
        """What is held in lots now, one row per symbol and side ("long", "short"); empty in an account of shares.

        quantity, today (opened today), in lots; average_price (at which they were opened), settled_price (up to which
        their profit has been paid), price (the last visible one, after a settlement that), currency per unit;
        market_value (quantity * multiplier * price); margin (what the side binds by itself); floating_profit (since
        they were opened), unsettled_profit (since the last settlement), currency.
        """
        history = self._look()
        return lots.lots_frame(history.exchange, history.account)

    @property
    def sides(self) -> pd.DataFrame:
        """Long and short lots of what is held now, was held at the close before, or was traded today, by symbol.

        previous_quantity, previous_short (lots at the close before); quantity, average_price (long lots, and at which
        price they were opened; NaN without any); short, short_price (the same of the short ones); bought_quantity,
        bought_value, sold_quantity, sold_value (fills of today, lots and currency; opening and closing ones).
        """
        return lots.sides_frame(self._look())

    @property
    def daily_sides(self) -> pd.DataFrame:
        """The columns of :attr:`sides` at every close after its settlement, with day and symbol, one row each."""
        return lots.daily_sides(self._look())

    @property
    def debts(self) -> pd.DataFrame:
        """What is owed now, one row per contract, the oldest first; empty in an account that borrows nothing.

        kind ("money", "shares"), symbol; opened, due (trading days; NaT beyond the data); quantity_opened, quantity
        (shares: bought with the money and not paid yet, or owed); principal_opened, principal (money owed, or what the
        short sale brought and is locked), interest (accrued and unpaid), paid (interest paid so far), currency; rate (a
        year), ratio (margin that it binds), fractions.
        """
        history = self._look()
        return debts.debts_frame(history.exchange, history.account)

    @property
    def daily_behind(self) -> pd.DataFrame:
        """What stands behind the debts, one row per day and instrument that is held or owed at that close.

        previous_own, previous_financed, previous_owed (own_quantity, financed and the value of short at the close
        before); own_quantity, financed_quantity (shares held: the rest, and those behind contracts), average_cost;
        financed (money owed), short (shares owed), proceeds (of their sale, locked), close; long_concentration (its
        part of all that is held), short_concentration (of all that is owed and not held), fractions; financing_profit,
        lending_profit (at the close), financing_interest, lending_fee (accrued and unpaid), currency.
        """
        return debts.behind_frame(self._look())

    @property
    def daily_owing(self) -> pd.DataFrame:
        """What is owed at every close, currency.

        financed, proceeds, owed (what the shares that are owed are worth), financing_interest and lending_fee (accrued
        and unpaid), own_value (shares that no contract stands behind), held_value (all shares).
        """
        return debts.owing_frame(self._look())

    @property
    def owing(self) -> pd.Series[float]:
        """The columns of :attr:`daily_owing`, now."""
        return pd.Series(debts.owing_now(self._look()), dtype="float64")

    @property
    def interest_since_start(self) -> tuple[float, float]:
        """Interest on borrowed money and fees of borrowed shares since the start: paid, and accrued; currency."""
        return debts.interest_paid(self._look())

    @property
    def bonds(self) -> pd.DataFrame:
        """Bonds and repo that are, or were, held since the start, one row per symbol; empty in other accounts.

        previous_quantity (at the close before), quantity (bonds of 100 face value); average_price (mean clean cost, NaN
        when nothing is held); bought_quantity, bought_value (purchases of today; all that was paid but fees); value
        (with accrued interest), accrued_value, currency; accrued (per 100, as the market counts it), full_price (price
        + accrued), price (as quoted: clean, of convertibles full, of repo the rate in per cent); yield (to maturity, a
        year, of the clean price and interest by actual days); interest_income (coupons net of tax, accrued interest
        sold less bought, what has accrued on what is held, interest of repo), floating_profit, realised_profit (of
        clean prices), fees, profit (the three less the fees), currency; duration (Macaulay), modified_duration (years),
        convexity, dv01 (of what is held, currency per basis point); of convertibles conversion_value (per 100) and
        premium (price over it, less 1). Figures that a bond does not have are NaN.
        """
        return bonds.bonds_now(self._look())

    @property
    def daily_bonds(self) -> pd.DataFrame:
        """The columns of :attr:`bonds` at every close, with day and symbol, one row each."""
        return bonds.daily_bonds(self._look())

    @property
    def repo(self) -> pd.DataFrame:
        """What is lent by repo now, one row per loan: symbol; lent, interest (currency); back (NaT beyond the data)."""
        history = self._look()
        return bonds.repo_frame(history.exchange, history.account)

    @property
    def closing_orders(self) -> set[int]:
        """Ids of the orders whose fills closed lots."""
        return lots.closing_orders(self._look().log)

    @property
    def daily_positions(self) -> pd.DataFrame:
        """Positions at every close, one row per day and symbol held then or at the close before, or traded that day.

        day, symbol, and the columns of :attr:`positions`, as of that close.
        """
        return accounts.daily_positions(self._look())

    # ------------------------------------------------------------------ portfolio

    @property
    def portfolio(self) -> pd.Series[Any]:
        """The account now: the fields of :attr:`daily_portfolio` at the last visible prices, as a Series."""
        history = self._look()
        found = accounts.portfolio_now(history, self._aligned(history))
        return found.reindex([*found.index, *self._unknown(found.index)])

    @property
    def daily_portfolio(self) -> pd.DataFrame:
        """The account at every close, one row per trading day.

        cash, available, reserved : currency
            All money; what of it can be spent; what resting buy orders hold back, estimated fees included (requests
            for the next open reserve nothing). ``equity = available + reserved + market_value``.
        market_value : currency
            Sum of shares * close; the last known close where an instrument has no row.
        equity, nav : currency, fraction
            ``nav = equity / starting equity``.
        total_return : fraction
            ``nav - 1``; the daily returns multiply to it.
        daily_return : fraction
            ``equity / equity of the close before - 1``; on the first day over the starting equity.
        daily_profit : currency
            Equity less that of the close before.
        fees : currency
            Commission, stamp duty and transfer fee since the start.
        floating_profit : currency
            Market value less what the shares held have cost, buying fees included.
        realised_profit : currency
            Of shares sold, net of all fees, plus dividends, less taxes on them, since the start.
        total_profit : currency
            ``equity - starting equity = floating_profit + realised_profit``.
        margin, risk_degree, option_value : currency, fraction, currency
            Only in accounts of contracts: bound behind open risk; over the equity; options that are held long less
            those that were written, where the market has some.
        benchmark_close, benchmark_nav : index points, fraction
            The last close at or before the day, and over the last close before the first day. Only with a benchmark;
            NaN before it begins.
        """
        history = self._look()
        found = accounts.daily_portfolio(history, self._aligned(history))
        return found.assign(**dict.fromkeys(self._unknown(found.columns), np.nan))

    @property
    def return_summary(self) -> pd.DataFrame:
        """Figures of the run from its daily returns, one row each with value and unit; NaN where undefined.

        The formulas stand in :mod:`qresearch.book.statistics`: total_return, annual_return, annual_volatility,
        skew, kurtosis, sharpe (of the mean return, as QuantStats), compound_sharpe (of the annual return), sortino,
        max_drawdown (positive), return_over_drawdown, daily_win_rate (of all days), turnover (one-sided, whole run).
        Against the benchmark: benchmark_return, benchmark_annual_return, annual_excess_return (annual return less
        that of the benchmark), beta, alpha.
        """
        return _listed(self._figures(), SUMMARY_UNITS)

    def _figures(self) -> dict[str, float]:
        history, periods, rate = self._look(), self._periods, self._risk_free
        returns, units = history.returns, history.exchange.money.units
        traded = history.traded
        found = statistics.figures(returns, periods, rate) | {
            "days": float(len(returns)),
            "turnover": statistics.turnover(traded.bought / units, traded.sold / units, history.equity),
        }
        benchmark = self._aligned(history)
        if benchmark is None:
            return found
        market = benchmark.returns
        annual = statistics.annual_return(market, periods)
        return found | {
            "benchmark_return": statistics.total_return(market),
            "benchmark_annual_return": annual,
            "annual_excess_return": found["annual_return"] - annual,
            "beta": statistics.beta(returns, market),
            "alpha": statistics.alpha(returns, market, periods, rate),
        }

    # ------------------------------------------------------------------ trades

    @property
    def trades(self) -> pd.DataFrame:
        """Closed round trips, first in first out: one row per part of what one order opened that another one closed.

        symbol; quantity (units that left); entry_day, entry_price, exit_day, exit_price (as traded, currency per unit);
        holding_days (trading days from entry to exit); cost and proceeds (what was bought and what was sold, currency,
        without fees: of a short side the cost comes last); dividends (received on these units, net of tax);
        profit_before_fees (proceeds - cost + dividends); fees (the part of the entry, and the exit); profit (after
        fees); return (profit over the value at the entry and the fees); mae and mfe (maximum adverse and favourable
        excursion: worst and best price while held, as fractions of the entry price, at least 0, adjusted for corporate
        actions; the day of entry counts whole, the day of exit with its exit price); entry_order, exit_order (ids, 0
        without an order); exit ("sold", "delisted" or "written off"; of a bond "redeemed", "put back" or "converted";
        of a contract "expired" or "exercised", of its units "delivered"; of a short side "bought back", "expired
        short", "assigned", or "given back" by shares that were held).

        Shares that the session began with enter at their cost; shares of a bonus issue or split join the lots that
        they were issued on. Profits of all closed round trips and of what is still held add up to the total profit.
        """
        return trades.trades_frame(self._look())

    @property
    def trades_summary(self) -> pd.DataFrame:
        """Figures over the closed round trips, one row each with value and unit; NaN where undefined.

        A round trip wins when its profit after fees is above 0. losses, average_loss: positive numbers.
        """
        return _listed(trades.summary_of(self.trades), TRADES_UNITS)

    @property
    def attribution(self) -> pd.DataFrame:
        """Profit and loss by instrument, best first; the profits add up to the total profit.

        What belongs to no instrument is in none: interest and fees of borrowed money and shares, fees of exercises,
        deliveries to come, and units lacking in a delivery, which are paid in cash.

        trades (closed round trips); quantity (held now); bought, sold (value of the fills); dividends (net of tax);
        fees; realised_profit, floating_profit, profit (their sum), in the currency; contribution (profit over the
        starting equity).
        """
        return trades.attribution_frame(self._look())

    @property
    def codes(self) -> pd.DataFrame:
        """What five systems call the state of each order, by order id: one column per system, and our own."""
        history = self._look()
        orders = Orders().read(history.log)
        rows = [
            (order.status.value, *(str(told) for told in codes(OrderFacts.of(order)).values()))
            for order in orders.values()
        ]
        index = pd.Index(list(orders), name="order_id", dtype="int64")
        return pd.DataFrame(rows, columns=["status", *DIALECTS], index=index, dtype="str")

    @property
    def recorded(self) -> pd.DataFrame:
        """What the strategy recorded: one row per day, one column per name; NaN where nothing was recorded."""
        history = self._look()
        return frames.recorded_frame(history.exchange, history.log)


def _listed(values: dict[str, float], units: dict[str, str]) -> pd.DataFrame:
    names = [name for name in units if name in values]
    return pd.DataFrame(
        {
            "value": np.array([values[name] for name in names], dtype=np.float64),
            "unit": pd.Series([units[name] for name in names], dtype="str").to_numpy(),
        },
        index=pd.Index(names, name="measure", dtype="str"),
    )
