"""What LEAN has and this dialect has not, by name, with the reason that a script is told.

A class may be named in a hint or imported; who calls it, reads it or builds on it gets the sentence. A word of the
algorithm gives it when it is called.
"""

from __future__ import annotations

from qresearch.dialects.lean.system import NotOffered

_FRAMEWORK = "models of alpha, construction, execution and risk are not run. Order in on_data."
_DATA = "shares and options of shares are read from a LEAN folder. Read other tables with pandas before the run."
_MARKETS = "it trades shares of the United States and options on them. Use add_equity or add_option_contract."
_LIVE = "nothing trades live here."
CLASSES: dict[str, NotOffered] = {
    name: NotOffered(name, why)
    for why, names in {
        _FRAMEWORK: (
            "AlphaModel", "Insight", "InsightDirection", "InsightType", "PortfolioConstructionModel",
            "EqualWeightingPortfolioConstructionModel", "InsightWeightingPortfolioConstructionModel",
            "MeanVarianceOptimizationPortfolioConstructionModel",
            "BlackLittermanOptimizationPortfolioConstructionModel",
            "NullPortfolioConstructionModel", "ExecutionModel", "ImmediateExecutionModel", "NullExecutionModel",
            "StandardDeviationExecutionModel", "VolumeWeightedAveragePriceExecutionModel", "RiskManagementModel",
            "MaximumDrawdownPercentPerSecurity", "MaximumDrawdownPercentPortfolio", "NullRiskManagementModel",
            "TrailingStopRiskManagementModel", "MaximumUnrealizedProfitPercentPerSecurity", "ConstantAlphaModel",
            "EmaCrossAlphaModel", "MacdAlphaModel", "RsiAlphaModel", "HistoricalReturnsAlphaModel", "NullAlphaModel",
            "UniverseSelectionModel", "ManualUniverseSelectionModel", "FundamentalUniverseSelectionModel",
            "QC500UniverseSelectionModel", "ETFConstituentsUniverseSelectionModel", "ScheduledUniverseSelectionModel",
        ),
        _DATA: (
            "PythonData", "PythonQuandl", "NasdaqDataLink", "Quandl", "SubscriptionDataSource",
            "SubscriptionTransportMedium", "CustomDataBitstampAlgorithm", "Tick", "Ticks", "RenkoConsolidator",
            "RangeConsolidator", "TickConsolidator", "TickQuoteBarConsolidator", "FineFundamental", "OpenInterest",
        ),
        _MARKETS: (
            "Futures", "FutureChain", "FuturesChain", "FuturesContract", "Crypto", "Forex", "Cfd", "Index",
            "OptionStrategies", "OptionChain", "OptionPriceModels",
        ),
        _LIVE: ("NotificationManager", "BrokerageMessageEvent"),
    }.items()
    for name in names
}  # fmt: skip
"""By name."""
WORDS: dict[str, str] = {
    word: why
    for why, words in {
        _FRAMEWORK: (
            "add_alpha", "set_alpha", "set_portfolio_construction", "set_execution", "set_risk_management",
            "add_risk_management", "set_universe_selection", "add_universe_selection", "universe", "emit_insights",
            "insights",
        ),
        _DATA: ("add_data", "add_fundamentals", "fundamentals", "quandl", "option_chain", "option_chains"),
        _MARKETS: (
            "add_forex", "add_crypto", "add_crypto_future", "add_cfd", "add_future", "add_future_contract",
            "add_future_option", "add_index", "add_index_option", "add_option",
        ),
        _LIVE: ("notify", "set_live_mode", "set_brokerage_message_handler", "add_command", "broadcast_command", "link"),
        "a script here reads no web page and runs no program. Read what it needs before the run.": ("download",),
        "what a script keeps is memory of the session. Keep it in attributes of self, and save the session.": (
            "object_store",
        ),
    }.items()
    for word in words
}  # fmt: skip
"""Words of the algorithm."""
