# %% [markdown]
# # Margin trading: borrowed money, borrowed shares, and a squeeze
#
# You will learn
#
# - how shares are bought with borrowed money, what that binds, and what it costs by the day;
# - how shares are sold that one does not have, and why what they bring is locked;
# - what the maintenance ratio says, when an account is called, and what a short squeeze is;
# - how a debt is paid: by a sale, by a purchase, or by hand.
#
# About 25 minutes. The shares are invented, the rules are those of the exchanges. The last cells are exercises.

# %%
import pandas as pd

import qresearch as qr
from qresearch import terms
from qresearch.exercises import check

market = qr.sample_market()

# %% [markdown]
# ## Bought with borrowed money
#
# An account of margin trading keeps cash and shares as any other. An order that borrows says so with its style:
# `terms.financed()` buys with the broker's money. The shares are held, the money is owed in a contract of its own.

# %%
session = qr.Session(market, start="2022-03-01", cash=100_000, account="margin")
session.step()
session.buy("604018", 5_000, terms.to_open())
session.step()
session.buy("604018", 6_000, terms.financed())
session.step()
session.tables.debts.T

# %% [markdown]
# The purchase with borrowed money cost no cash but its fees. It binds margin instead: the whole value of the contract
# at a ratio of 100 %, as the exchanges asked from 2015 to 2023. Margin is counted from cash, from shares at their
# *haircut* (65 % of an ordinary share), and from the profit of open contracts; a loss counts in full.

# %%
portfolio = session.portfolio
pd.Series(
    {
        "cash": portfolio.cash,
        "what the shares are worth": portfolio.market_value,
        "debt": portfolio.debt,
        "equity": portfolio.equity,
        "margin that is bound": portfolio.margin,
        "available margin": portfolio.available_margin,
        "maintenance ratio": portfolio.maintenance_ratio,
    }
)

# %% [markdown]
# The *maintenance ratio* is everything the account has over everything it owes. Brokers warn below 140 %, call below
# 130 %, and let money out down to 300 % only.
#
# Interest is counted for each calendar day: from Friday to Monday there are three.

# %%
session.run(until="2022-03-07", progress=False)
session.tables.debts[["symbol", "opened", "principal", "interest", "rate"]]

# %% [markdown]
# ## A sale repays
#
# What shares bring that were bought with borrowed money goes to their contract first: interest, then principal. Only
# the rest is cash. `session.account.repay(...)` pays by hand.

# %%
session.sell("604018", 2_000)
session.step()
session.account.repay(10_000)
session.tables.debts[["quantity", "principal", "interest", "paid"]]

# %%
session.portfolio.cash

# %% [markdown]
# ## Sold without having
#
# `terms.short_sale()` sells shares that the broker lends. Two rules keep short sales from pushing a price down: the
# order needs a limit, and the limit may not be below the last price.

# %%
session = qr.Session(market, start="2021-06-04", cash=100_000, account="margin")
session.step()
rail = "604047.SH"
at_any_price = session.sell(rail, 1_000, terms.short_sale())
print(session.explain(at_any_price))

# %%
last = float(session.history(rail, 1, adjust="none")[rail].iloc[-1])
session.sell(rail, 15_000, terms.short_sale(terms.limit(last)))
session.step()
session.orders[["symbol", "side", "quantity", "filled", "status", "reason"]]

# %% [markdown]
# The sale brought money, and the money is locked: it may buy the shares back and pay interest, but no other shares.
# `cash` counts it, `available` does not.

# %%
session.portfolio.cash, session.portfolio.available, session.portfolio.debt

# %% [markdown]
# ## A squeeze
#
# The price of what was sold rises, and with it what is owed. Nothing bounds that: a share can fall to nothing, but
# rise without end. Here it rises by its limit, day after day.

# %%
session.run(until="2021-06-15", progress=False)
columns = ["equity", "debt", "available_margin", "maintenance_ratio"]
session.tables.daily_portfolio[columns]

# %%
calls = session.events["event"] == "MarginCalled"
session.events.loc[calls, ["day", "phase", "event"]]

# %% [markdown]
# A call leaves a day to pay in or to buy back. Here nothing is done, and at the open after it the account buys back
# what it owes, at whatever the open is. Many accounts that must buy at once drive the price further: that is a
# squeeze.

# %%
session.orders[["symbol", "side", "quantity", "filled", "status", "reason"]]

# %%
print(session.explain(session.orders.index[-1]))

# %%
session.plot()

# %% [markdown]
# ## What else is owed
#
# Who owes shares on an ex-date owes what they bring: the dividend in cash, bonus shares in kind. Nothing is lost by
# that, for the price falls as much. And a contract has a term, 180 days here: on its last day it is closed.
#
# The rules of a broker are those of `MarginTrading`, and haircuts, targets and ratios by date come with
# `read_market(..., credit=)`.

# %%
from qresearch.engine.accounts.margin import MarginTrading

strict = MarginTrading(financing_rate=0.0835, warn=1.5, call=1.4, floor=1.2, line=50_000)
careful = qr.Session(market, start="2022-03-01", cash=100_000, account=strict).step()
careful.buy("604018", 6_000, terms.financed())
careful.step()
careful.orders[["quantity", "filled", "status", "reason", "why"]]

# %% [markdown]
# ## Exercises
#
# **1.** An account has 100,000 yuan of cash and owes nothing. The ratio of a new contract is 80 %. For how much money
# can it buy with borrowed money at most?

# %%
answer = None

check(answer, lambda: 100_000 / 0.8, "The value times the ratio may not exceed the available margin.")

# %% [markdown]
# **2.** Assets of 240,000 yuan stand against debts of 200,000. How much must be sold, and repaid, to bring the
# maintenance ratio to 140 %?

# %%
answer = None

check(answer, lambda: (1.4 * 200_000 - 240_000) / 0.4, "Selling and repaying take the same from both.")

# %% [markdown]
# **3.** What does 100,000 yuan cost from a Friday to the Monday after it, at 8 % a year of 360 days?

# %%
answer = None

check(answer, lambda: round(100_000 * 0.08 / 360 * 3, 2), "The first day counts, the last does not.")
