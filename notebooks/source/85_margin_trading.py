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

# %% [markdown] zh
# # 融资融券：借来的钱、借来的券与逼空
#
# 你将学到
#
# - 怎样用借来的钱买股票，它占用什么，每天花费多少；
# - 怎样卖出自己没有的股票，为什么所得被锁定；
# - 维持担保比例说明什么，账户何时被追保，什么是逼空；
# - 债务怎样偿还：卖券、买券或直接还款。
#
# 大约 25 分钟。股票是虚构的，规则是交易所的。最后几个单元是练习。

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

# %% [markdown] zh
# ## 用借来的钱买入
#
# 信用账户像其他账户一样持有现金和股份。借款的委托用它的方式说明：`terms.financed()` 用券商的钱买入。股份为自己持有，
# 钱则欠在一份单独的合约里。

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

# %% [markdown] zh
# 用借来的钱买入，除费用外不花现金。它占用的是保证金：合约的全部金额，比例 100 %，即交易所 2015 至 2023 年所要求的。
# 保证金由现金、按*折算率*计算的股份（普通股票 65 %）和未了结合约的浮盈构成；浮亏全额计入。

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

# %% [markdown] zh
# *维持担保比例*是账户所有的一切除以所欠的一切。券商在 140 % 以下提示，在 130 % 以下追保，只有在 300 % 以上才允许转
# 出。
#
# 利息按自然日计算：从星期五到星期一是三天。

# %%
session.run(until="2022-03-07", progress=False)
session.tables.debts[["symbol", "opened", "principal", "interest", "rate"]]

# %% [markdown]
# ## A sale repays
#
# What shares bring that were bought with borrowed money goes to their contract first: interest, then principal. Only
# the rest is cash. `session.account.repay(...)` pays by hand.

# %% [markdown] zh
# ## 卖出即还款
#
# 用借来的钱买入的股份，卖出所得先归它的合约：先利息，后本金。剩下的才是现金。`session.account.repay(...)` 直接还款。

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

# %% [markdown] zh
# ## 卖出没有的股票
#
# `terms.short_sale()` 卖出券商借给你的股份。两条规则不让融券卖出压低价格：委托必须有限价，且限价不得低于最新价。

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

# %% [markdown] zh
# 卖出带来了钱，而钱被锁定：可以用来买回这些股份和支付利息，但不能买其他股票。`cash` 把它算在内，`available` 不算。

# %%
session.portfolio.cash, session.portfolio.available, session.portfolio.debt

# %% [markdown]
# ## A squeeze
#
# The price of what was sold rises, and with it what is owed. Nothing bounds that: a share can fall to nothing, but
# rise without end. Here it rises by its limit, day after day.

# %% [markdown] zh
# ## 逼空
#
# 卖出的股票上涨，所欠的也随之增加。这没有上限：股票最多跌到零，却可以无止境地上涨。这里它一天接一天地涨停。

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

# %% [markdown] zh
# 追保留出一天用来追加或买回。这里什么都没有做，在此后的开盘，账户不论开盘价多少都买回所欠的股份。许多账户必须同时买
# 入，会把价格推得更高：这就是逼空。

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

# %% [markdown] zh
# ## 还欠什么
#
# 在除权除息日欠着股份的人，也欠着它们所带来的：现金红利以现金补偿，送股以股份补偿。这并不吃亏，因为价格也下跌同样多。
# 而且合约有期限，这里是 180 天：在最后一天了结。
#
# 券商的规则是 `MarginTrading` 的规则，按日期的折算率、标的和比例随 `read_market(..., credit=)` 给出。

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

# %% [markdown] zh
# ## 练习
#
# **1.** 账户有 100,000 元现金，没有负债。新合约的保证金比例为 80 %。它最多能用借来的钱买入多少元？

# %%
answer = None

check(answer, lambda: 100_000 / 0.8, "The value times the ratio may not exceed the available margin.")

# %% [markdown]
# **2.** Assets of 240,000 yuan stand against debts of 200,000. How much must be sold, and repaid, to bring the
# maintenance ratio to 140 %?

# %% [markdown] zh
# **2.** 资产 240,000 元，负债 200,000 元。要使维持担保比例达到 140 %，必须卖出并偿还多少元？

# %%
answer = None

check(answer, lambda: (1.4 * 200_000 - 240_000) / 0.4, "Selling and repaying take the same from both.")

# %% [markdown]
# **3.** What does 100,000 yuan cost from a Friday to the Monday after it, at 8 % a year of 360 days?

# %% [markdown] zh
# **3.** 以年息 8 %（一年 360 天），100,000 元从星期五到下一个星期一花费多少？

# %%
answer = None

check(answer, lambda: round(100_000 * 0.08 / 360 * 3, 2), "The first day counts, the last does not.")
