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

# %% [markdown] zh
# # 结果：指标、表格、图和绩效页
#
# 一次运行以可以展示的东西结束。这里一个策略在自带的行情上运行两年；然后看它的结果如何，钱到哪里去了，以及换一个决定
# 会怎样。
#
# 你将学到
#
# - 读报告，并把整个绩效页写成文件；
# - 在表格里重新找到其中任何一个数字，细到每一次来回交易；
# - 比较同一次运行的两种结局；
# - 把一切作为文件带走。
#
# 大约 20 分钟。最后几个单元是练习。

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

# %% [markdown] zh
# ## 报告
#
# 指标是我们自己计算的，每个的公式在 `qresearch.book.statistics` 中；基准是行情的指数，或任何一列收盘价。年化指标按
# 一年 252 个交易日计算，而不是按日历。

# %%
session.report()

# %% [markdown]
# The whole QuantStats page is one argument away. It is a single file that asks the network for nothing.

# %% [markdown] zh
# 再加一个参数就得到完整的 QuantStats 页面。它是单个文件，不向网络要任何东西。

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

# %% [markdown] zh
# ## 账户，逐日来看
#
# 每张表在你看它的时候才生成。三个恒等式每天都成立：浮动盈亏加已实现盈亏等于总盈亏；可用资金加冻结资金加持仓市值等于
# 总资产；每日收益率连乘等于总收益率。

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

# %% [markdown] zh
# ## 钱从哪里来，到哪里去
#
# 各证券的盈亏相加等于总盈亏。费用按种类分列；滑点已经在价格里。

# %%
session.tables.attribution[["trades", "dividends", "fees", "realised_profit", "floating_profit", "profit"]].head(5)

# %%
session.tables.costs

# %% [markdown]
# ## Closed round trips
#
# First in, first out. `mae` and `mfe` say how far a trade went against and for us while it was held, as fractions of
# the entry price.

# %% [markdown] zh
# ## 已结束的来回交易
#
# 先进先出。`mae` 和 `mfe` 表示持有期间价格最多对我们不利和有利到什么程度，以买入价的比例计。

# %%
columns = ["symbol", "quantity", "entry_day", "exit_day", "holding_days", "profit", "return", "mae", "mfe"]
session.tables.trades[columns].tail(5)

# %%
session.tables.trades_summary.loc[["trades", "win_rate", "profit_before_fees", "fees", "profit", "payoff"]]

# %% [markdown]
# ## Plots
#
# Each is a small static picture, light or dark as the page around it is; `theme="dark"` makes it dark everywhere, and
# `ax=` draws into a figure of your own.
# `session.plot("page").save("run.html")` writes one page to move in: growth, drawdown, every closed trade and the
# holdings under one axis of days, linked to each other, without a kernel or a network.

# %% [markdown] zh
# ## 图
#
# 每张都是小的静态图片，随所在页面或浅或深；`theme="dark"` 使它处处为深色，`ax=` 画进你自己的图。
# `session.plot("page").save("run.html")` 写出一个可以操作的页面：累计收益、回撤、每笔已平仓交易和持仓在同一条日期轴上
# 互相联动，不需要内核和网络。

# %%
session.plot("exposure")

# %%
session.plot("candles", symbol="604052", count=80)

# %%
session.plot("orders")

# %% [markdown]
# ## What if we had sold?
#
# Go back to the end of April, open a branch, take the strategy off, which would buy again on the next trading day, and
# sell everything. The old future is kept, and both run to the same day.

# %% [markdown] zh
# ## 假如当时卖出？
#
# 回到四月底，打开一个分支，取下策略（否则它在下一个交易日又会买入），全部卖出。旧的未来保留着，两者都运行到同一天。

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

# %% [markdown] zh
# ## 用 Swordfish 的说法
#
# 同样的表格，用 Swordfish 文档中的名称：它的账户对象。

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

# %% [markdown] zh
# ## 带走
#
# 每张表存成 Parquet 或 CSV，附一个写明各列单位的 README，以及绩效页。

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

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 在分支打开之前，哪一次来回交易亏得最多？给出它的证券代码。

# %%
session.branches.switch("main").goto(-1)
trades = session.tables.trades
answer = None

check(answer, lambda: trades.symbol[trades.profit.idxmin()], "Sort the table `trades` by profit.")

# %% [markdown]
# **2.** What part of all costs was stamp duty? A fraction such as 0.25.

# %% [markdown] zh
# **2.** 印花税占全部费用的几分之几？写成 0.25 这样的小数。

# %%
answer = None

check(
    answer,
    lambda: 1 - session.fills[["commission", "transfer_fee"]].sum().sum() / session.tables.costs.loc["total", "amount"],
    "session.tables.costs has a row for each kind and one for the total.",
)

# %% [markdown]
# **3.** Which calendar month was the worst? A text such as `"2021-07"`.

# %% [markdown] zh
# **3.** 哪一个自然月最差？写成 `"2021-07"` 这样的文本。

# %%
answer = None

check(
    answer,
    lambda: str((1 + daily.daily_return).groupby(daily.index.to_period("M")).prod().idxmin()),
    "Daily returns multiply: group them by month. session.plot('monthly') shows the same.",
)
