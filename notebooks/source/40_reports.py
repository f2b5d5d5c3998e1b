# %% [markdown]
# # Results: figures, tables, plots and the tear-sheet
#
# A run ends in something to show. Here a strategy runs for two years on the embedded market; then we look at what it
# came to, where the money went, and what another decision would have made of it.
#
# You will learn
#
# - to read the report, and to write the whole tear-sheet to a file;
# - to find any figure of it again in the tables, down to the single round trip;
# - to compare two endings of the same run;
# - to take everything along as files.
#
# About 20 minutes. The last cells are exercises.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import qresearch as qr
from qresearch.exercises import check


def momentum(context, data):
    """Each month, hold the three instruments that rose most over 60 days."""
    if context.now.day.month == getattr(context, "month", None):
        return
    context.month = context.now.day.month
    closes = data.history(count=60)
    best = (closes.iloc[-1] / closes.iloc[0]).nlargest(3).index
    for symbol in [*context.portfolio.positions, *best]:
        context.order_target_value(symbol, 0.3 * context.portfolio.equity * (symbol in best))


market = qr.sample_market()
session = qr.Session(market, start="2021-04-01", cash=1_000_000, strategy=momentum, costs="historical")
session.run(until="2022-09-30")

# %% [markdown]
# ## The report
#
# The figures are our own, each with its formula in `qresearch.book.statistics`; the benchmark is the index of the
# market, or any Series of closes. Annual figures count 252 trading days to a year, not the calendar.

# %%
session.report()

# %% [markdown]
# The whole QuantStats page is one argument away. It is a single file that asks the network for nothing.

# %%
folder = TemporaryDirectory()
page = session.report(Path(folder.name) / "tearsheet.html").path
text = page.read_text()
f"{text.count('<svg')} plots", [head for head in ("Key Performance Metrics", "Worst 10 Drawdowns") if head in text]

# %% [markdown]
# ## The account, day by day
#
# Every table is built when you look at it. Three identities hold on every day: floating plus realised profit is the
# total profit; available and reserved cash plus the market value is the equity; the daily returns multiply to the
# total return.

# %%
daily = session.tables.daily_portfolio
daily[["available", "reserved", "market_value", "equity", "daily_return", "floating_profit", "realised_profit"]].tail(4)

# %%
gap = (daily.floating_profit + daily.realised_profit - daily.total_profit).abs().max()
product = (1 + daily.daily_return).prod() - 1 - daily.total_return.iloc[-1]
f"floating + realised - total: {gap:.6f}", f"product of returns - total return: {abs(product):.9f}"

# %% [markdown]
# ## Where the money came from, and where it went
#
# Profit by instrument adds up to the total. Costs are told by kind; slippage is inside the prices already.

# %%
session.tables.attribution[["trades", "dividends", "fees", "realised_profit", "floating_profit", "profit"]].head(5)

# %%
session.tables.costs

# %% [markdown]
# ## Closed round trips
#
# First in, first out. `mae` and `mfe` say how far a trade went against and for us while it was held, as fractions of
# the entry price.

# %%
columns = ["symbol", "quantity", "entry_day", "exit_day", "holding_days", "profit", "return", "mae", "mfe"]
session.tables.trades[columns].tail(5)

# %%
session.tables.trades_summary.loc[["trades", "win_rate", "profit_before_fees", "fees", "profit", "payoff"]]

# %% [markdown]
# ## Plots
#
# Each is a small static picture. `theme="dark"` suits dark pages, and `ax=` draws into a figure of your own.

# %%
session.plot("exposure")

# %%
session.plot("candles", symbol="604052", count=80, theme="dark")

# %%
session.plot("orders")

# %% [markdown]
# ## What if we had sold?
#
# Go back to the end of April, open a branch, take the strategy off, which would buy again on the next trading day, and
# sell everything. The old future is kept, and both run to the same day.

# %%
session.goto("2022-04-29").branch("sold")
session.strategy = None
for symbol in session.portfolio.positions:
    session.order_target(symbol, 0)
session.run(until="2022-09-30", progress=False)
session.report(branch=("main", "sold"))

# %% [markdown]
# ## In Swordfish's words
#
# The same tables under the names that Swordfish documents: its account object.

# %%
from qresearch.dialects.swordfish import Account

account = Account(session)
account.return_summary.round(4)

# %%
account.daily_total_portfolios[["tradeDate", "cash", "totalEquity", "netValue", "ratio", "totalPnl"]].tail(3)

# %% [markdown]
# ## Take it with you
#
# Every table as Parquet or CSV, a README with the unit of each column, and the tear-sheet.

# %%
written = session.save_results(Path(folder.name) / "results", format="csv")
print(*(path.name for path in written), sep=", ")
folder.cleanup()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** Which closed round trip lost most, before the branch was opened? Give its symbol.

# %%
session.branches.switch("main").goto(-1)
trades = session.tables.trades
answer = None

check(answer, lambda: trades.symbol[trades.profit.idxmin()], "Sort the table `trades` by profit.")

# %% [markdown]
# **2.** What part of all costs was stamp duty? A fraction such as 0.25.

# %%
answer = None

check(
    answer,
    lambda: 1 - session.fills[["commission", "transfer_fee"]].sum().sum() / session.tables.costs.loc["total", "amount"],
    "session.tables.costs has a row for each kind and one for the total.",
)

# %% [markdown]
# **3.** Which calendar month was the worst? A text such as `"2021-07"`.

# %%
answer = None

check(
    answer,
    lambda: str((1 + daily.daily_return).groupby(daily.index.to_period("M")).prod().idxmin()),
    "Daily returns multiply: group them by month. session.plot('monthly') shows the same.",
)
