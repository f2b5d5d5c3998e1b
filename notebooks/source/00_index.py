# %% [markdown]
# # qresearch: the course
#
# A session wraps a simulated exchange: you step it day by day, place orders by hand or from a strategy, go back, and
# ask every order why it did what it did. These lessons teach it in the order below. Each runs offline on the
# embedded market of invented instruments, opens with what you will learn, and ends with exercises that check
# themselves.
#
# | lesson | what is in it | minutes |
# |---|---|---|
# | [Quickstart](00_quickstart.ipynb) | an order up to its fill, a rejection, a step back, a strategy | 10 |
# | [Time travel](10_time_travel.ipynb) | breakpoints, branches, what if, mending a strategy during a run | 20 |
# | [Debugging](15_debugging.ipynb) | `breakpoint()` and JupyterLab's debugger inside a strategy, line by line | 15 |
# | [Order lifecycle](20_order_lifecycle.ipynb) | every state, partial fills, updates, races, `explain` | 30 |
# | [Workbench](30_workbench.ipynb) | the same with buttons: timeline, ticket, chart, costs, practice | 15 |
# | [Results](40_reports.ipynb) | figures, tables, plots, the QuantStats page, two branches side by side | 20 |
# | [Sweeps](45_sweeps.ipynb) | many parameter sets, plateaus and peaks, how much of the best run is luck | 20 |
# | [JoinQuant scripts](50_joinquant.ipynb) | a script of another system: stepped, stopped, edited | 20 |
# | [QMT scripts](55_xtquant.ipynb) | a live-trading script and its callbacks: codes, loops, a lost connection | 25 |
# | [LEAN algorithms](57_lean.ipynb) | a `QCAlgorithm` order for order: tickets, events, margin, a twin | 25 |
# | [Costs and rules](60_costs_and_rules.ipynb) | the same trade in 2007, 2015, 2023 and today, board by board | 20 |
# | [Strategies](70_strategies.ipynb) | from a rule to a parameter study, luck, walking forward | 30 |
# | [Futures](80_futures.ipynb) | two sides, a settlement every day, a margin call, an expiry | 20 |
# | [Margin trading](85_margin_trading.ipynb) | borrowed money and shares, interest, a short squeeze, a call | 25 |
# | [Options](86_options.ipynb) | premiums, margin of what is written, covered calls, an adjustment, an exercise | 25 |
# | [Bonds](87_bonds.ipynb) | full against clean price, a coupon, yield and risk, repo, a conversion, a call | 20 |
# | [Several accounts](88_accounts.ipynb) | a transfer that meets a margin call, one strategy on all, their sum | 15 |
#
# **In a hurry?** The quickstart alone is enough to begin. **Coming with a strategy that misbehaves?** Go to time
# travel. **Teaching?** Quickstart, order lifecycle and costs make one lecture of an hour.
#
# Run a cell with Shift and Enter. To begin a lesson anew, choose *Kernel, Restart Kernel and Clear Outputs of All
# Cells*.
#
# ## Is everything in place?

# %% [markdown] zh
# # qresearch 课程
#
# 会话（session）包着一个模拟的交易所：可以逐日推进，手动或由策略下单，随时后退，并让每一笔委托说明它为何如此。课程按下
# 表的顺序讲解。每一课都用自带的虚构行情离线运行，开头写明学什么，结尾是会自行批改的练习。
#
# | 课 | 内容 | 分钟 |
# |---|---|---|
# | [快速入门](00_quickstart.ipynb) | 一笔委托直到成交、一次拒绝、后退一步、一个策略 | 10 |
# | [时间旅行](10_time_travel.ipynb) | 断点、分支、假如、运行途中修改策略 | 20 |
# | [调试](15_debugging.ipynb) | 在策略里逐行：`breakpoint()` 与 JupyterLab 的调试器 | 15 |
# | [委托的一生](20_order_lifecycle.ipynb) | 所有状态、部分成交、改单、撤单竞争、`explain` | 30 |
# | [工作台](30_workbench.ipynb) | 用按钮做同样的事：时间轴、下单、行情图、费用、练习 | 15 |
# | [结果](40_reports.ipynb) | 指标、表格、图、QuantStats 页面、两个分支对比 | 20 |
# | [参数扫描](45_sweeps.ipynb) | 多组参数、高原与尖峰、最好的一次有多少是运气 | 20 |
# | [聚宽脚本](50_joinquant.ipynb) | 另一平台的脚本：单步、暂停、修改 | 20 |
# | [QMT 脚本](55_xtquant.ipynb) | 实盘脚本及其回调：编码、循环、断线 | 25 |
# | [LEAN 算法](57_lean.ipynb) | `QCAlgorithm` 逐笔委托一致：委托单、事件、保证金、孪生策略 | 25 |
# | [费用与规则](60_costs_and_rules.ipynb) | 同一笔交易在 2007、2015、2023 年与今天，逐板块 | 20 |
# | [策略](70_strategies.ipynb) | 从一条规则到参数研究、运气、滚动前进 | 30 |
# | [期货](80_futures.ipynb) | 多空两边、逐日结算、追加保证金、到期 | 20 |
# | [融资融券](85_margin_trading.ipynb) | 借来的钱和券、利息、逼空、追保 | 25 |
# | [期权](86_options.ipynb) | 权利金、卖方保证金、备兑、合约调整、行权 | 25 |
# | [债券](87_bonds.ipynb) | 全价与净价、付息、收益率与风险、回购、转股、强赎 | 20 |
# | [多个账户](88_accounts.ipynb) | 用划转补足保证金、一个策略管所有账户、合计 | 15 |
#
# **时间不多？** 快速入门一课就够开始用。**策略行为不对？** 看时间旅行。**要讲课？** 快速入门、委托的一生、费用与规则合
# 成一小时的课。
#
# 用 Shift 加回车运行一个单元。要从头再来，选择菜单 *Kernel, Restart Kernel and Clear Outputs of All Cells*。
#
# ## 都准备好了吗？

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import qresearch as qr
from qresearch.views.download import Download

market = qr.sample_market()
session = qr.Session(market, start="2022-03-11", cash=100_000)
ticket = session.buy("604018", 1000)
session.step()
ticket

# %% [markdown]
# ## Days worth looking at
#
# The embedded market is invented, its trading days and rules are real. Some of its days were written to show
# something.

# %% [markdown] zh
# ## 值得一看的日子
#
# 自带的行情是虚构的，交易日和规则是真实的。其中有些日子是为了展示某种情形而写的。

# %%
episodes = qr.episodes().set_index("key")
episodes[["symbol", "name", "first_day", "title"]].head(12)

# %%
print(episodes.loc["locked_limit_up", "what_to_see"])

# %% [markdown]
# ## Take your work along
#
# A kernel on Binder ends after some minutes without use, and its files end with it. So before you leave, save what
# you did: as a notebook that does the same again,

# %% [markdown] zh
# ## 把成果带走
#
# Binder 上的内核若干分钟不用就会结束，文件也随之消失。所以离开之前请保存所做的事：存成一个会重做一遍的笔记本，

# %%
folder = TemporaryDirectory()
notebook = Path(folder.name) / "my-session.ipynb"
session.to_script(notebook)
Download(notebook)

# %% [markdown]
# or, when the session was opened with `journal="my.qsession"`, as its journal with all branches:
# `Download("my.qsession")`. `qr.Session.resume("my.qsession", market)` goes on with it on another machine.

# %% [markdown] zh
# 或者，如果会话打开时写了 `journal="my.qsession"`，就保存带有全部分支的日志：`Download("my.qsession")`。在另一台机器上
# 用 `qr.Session.resume("my.qsession", market)` 接着做。
