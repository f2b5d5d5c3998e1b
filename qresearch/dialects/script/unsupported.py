"""Functions of the platform that are not here: calling one says so, and names what comes nearest."""

from __future__ import annotations

from typing import Any

from qresearch.errors import NotSupported


class Unsupported:
    """A function of the platform that is not here: calling it says so, and names what comes nearest.

    Parameters
    ----------
    name, nearest : str
    """

    def __init__(self, name: str, nearest: str) -> None:
        self._name, self._nearest = name, nearest

    def _refuse(self) -> Any:
        raise NotSupported(f"{self._name} is not supported: {self._nearest}.")

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse."""
        return self._refuse()

    def __clause_element__(self) -> Any:
        """Refuse to be a part of a query."""
        return self._refuse()

    def __reduce__(self) -> Any:
        return Unsupported, (self._name, self._nearest)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return Unsupported(f"{self._name}.{name}", self._nearest)

    def __repr__(self) -> str:
        return f"<{self._name}: not supported>"


_NEAREST = {
    "it is a function of the platform's strategy wizard (kuanke.wizard); write it in the script": """
        security_stoploss security_stopprofit portfolio_stoploss portfolio_stopprofit index_stoploss_sicha
        index_stoploss_diefu order_style judge_security_max_proportion max_buy_value_or_amount
        sell_by_amount_or_percent_or_none get_sort_dataframe financial_data_filter_dayu financial_data_filter_xiaoyu
        financial_data_filter_qujian situation_filter_dayu_ma situation_filter_xiaoyu_ma n_day_chg_dayu
        n_day_chg_xiaoyu n_day_chg_qujian MA_judge_duotou MA_judge_jincha MACD_judge_jincha
    """,
    "bring what it tells as columns of the bars, or as a table of contracts: read_market(..., contracts=...)": """
        get_futures_info get_option_info get_settlement_price futures_margin_rate get_continuous_future
    """,
    "futures are traded by scripts of JoinQuant: SubPortfolioConfig(cash, 'futures') there": """
        get_dominant_future get_future_contracts
    """,
    "there is no margin account here; scripts of JoinQuant have one: SubPortfolioConfig(cash, 'stock_margin')": """
        margincash_open margincash_close margincash_direct_refund marginsec_open marginsec_close
        marginsec_direct_refund get_margincash_stocks get_marginsec_stocks
    """,
    "there are no ticks or order books; get_current_data() gives the last price, get_bars() bars": """
        get_ticks get_current_tick get_last_price subscribe unsubscribe unsubscribe_all
    """,
    "bring the factor as a table: data={'factors': frame} and get_factor_values(); or jqlib.technical_analysis": """
        get_all_factors get_factor_kanban_values get_factor_effect analyze_factor get_barra_factor
    """,
    "open-end funds are not traded; exchange-traded funds trade with order()": """
        purchase redeem get_fund_info
    """,
    "bring it as a table and read it with finance.run_query(query(finance.NAME))": """
        get_baidu_factor
    """,
    "Session.from_script runs a script": """
        create_backtest get_backtest
    """,
    "the tables of that database are not here; bring one as a table and read it with finance.run_query": """
        jy
    """,
    "there are no news; bring a table and read it with finance.run_query": """
        get_news
    """,
    "there is no optimizer; scipy.optimize.minimize works in a script": """
        portfolio_optimizer
    """,
    "this is no live trading": """
        autotrade
    """,
}
"""What comes nearest, to the functions that are not here."""

UNSUPPORTED = {name: nearest for nearest, names in _NEAREST.items() for name in names.split()}
"""Function of the platforms that is not here, to the words that say what is."""

NOT_CALLED = {
    "on_event": "Dividends and forced closing are events of the session: see session.events.",
    "handle_tick": "There are no ticks: handle_data is called at every bar of minute data with frequency='minute'.",
}
"""Functions that the platform calls by their names, and what there is instead."""
