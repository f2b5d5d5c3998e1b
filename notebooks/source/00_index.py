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
# | [Order lifecycle](20_order_lifecycle.ipynb) | every state, partial fills, updates, races, `explain` | 30 |
# | [Workbench](30_workbench.ipynb) | the same with buttons: timeline, ticket, chart, costs, practice | 15 |
# | [Results](40_reports.ipynb) | figures, tables, plots, the QuantStats page, two branches side by side | 20 |
# | [Sweeps](45_sweeps.ipynb) | many parameter sets, plateaus and peaks, how much of the best run is luck | 20 |
# | [JoinQuant scripts](50_joinquant.ipynb) | a script of another system: stepped, stopped, edited | 20 |
# | [QMT scripts](55_xtquant.ipynb) | a live-trading script and its callbacks: codes, loops, a lost connection | 25 |
# | [Costs and rules](60_costs_and_rules.ipynb) | the same trade in 2007, 2015, 2023 and today, board by board | 20 |
# | [Strategies](70_strategies.ipynb) | from a rule to a parameter study, luck, walking forward | 30 |
# | [Futures](80_futures.ipynb) | two sides, a settlement every day, a margin call, an expiry | 20 |
# | [Margin trading](85_margin_trading.ipynb) | borrowed money and shares, interest, a short squeeze, a call | 25 |
# | [Options](86_options.ipynb) | premiums, margin of what is written, covered calls, an adjustment, an exercise | 25 |
# | [Bonds](87_bonds.ipynb) | full against clean price, a coupon, yield and risk, repo, a conversion, a call | 20 |
#
# **In a hurry?** The quickstart alone is enough to begin. **Coming with a strategy that misbehaves?** Go to time
# travel. **Teaching?** Quickstart, order lifecycle and costs make one lecture of an hour.
#
# Run a cell with Shift and Enter. To begin a lesson anew, choose *Kernel, Restart Kernel and Clear Outputs of All
# Cells*.
#
# ## Is everything in place?

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

# %%
folder = TemporaryDirectory()
notebook = Path(folder.name) / "my-session.ipynb"
session.to_script(notebook)
Download(notebook)

# %% [markdown]
# or, when the session was opened with `journal="my.qsession"`, as its journal with all branches:
# `Download("my.qsession")`. `qr.Session.resume("my.qsession", market)` goes on with it on another machine.
