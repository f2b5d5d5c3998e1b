# %% [markdown]
# # Futures: two sides, a settlement every day, and a margin call
#
# You will learn
#
# - that a future is opened on two sides, and that selling first is no trick;
# - how the profit of each day becomes cash at its settlement;
# - what margin binds, when an account is called, and what happens to it when nobody buys;
# - how a contract ends.
#
# About 20 minutes. The contracts are invented, their rules are real. The last cells are exercises.

# %% [markdown] zh
# # 期货：多空两边、逐日结算与追加保证金
#
# 你将学到
#
# - 期货可以在两边开仓，先卖并不是什么花招；
# - 每一天的盈亏怎样在结算时变成现金；
# - 保证金占用什么，账户何时被追加保证金，没有人买时会怎样；
# - 合约怎样结束。
#
# 大约 20 分钟。合约是虚构的，规则是真实的。最后几个单元是练习。

# %%
import pandas as pd

import qresearch as qr
from qresearch import terms
from qresearch.exercises import check

market = qr.sample_futures()
pd.DataFrame(
    {
        item.symbol: {
            "one lot": f"{item.contract.multiplier} x the price",
            "price step": item.contract.tick,
            "margin": f"{item.contract.rates[0].long_margin:.0%}",
            "daily limit": f"{item.contract.rates[0].limit_ratio:.0%}",
            "last day": item.contract.last_day,
        }
        for item in market.instruments
    }
).T

# %% [markdown]
# ## Two sides
#
# A purchase opens the long side, a sale the short one: whoever sells first earns when the price falls. Both can be
# held at once, so an order says what it means: `terms.to_open()` adds to the side of its direction, `terms.to_close()`
# takes from the other. A plain order closes what is held against it, and opens otherwise.

# %% [markdown] zh
# ## 两边
#
# 买入开多，卖出开空：先卖的人在价格下跌时获利。两边可以同时持有，所以委托要说明用意：`terms.to_open()` 在它的方向上
# 加仓，`terms.to_close()` 从另一边减仓。普通委托先平掉与它相反的持仓，否则开仓。

# %%
session = qr.Session(market, start="2023-03-01", cash=300_000, account="futures")
session.step()
session.buy("QT2307", 3, terms.to_open())
session.sell("QT2307", 1, terms.to_open())
session.step()
session.tables.lots.T

# %% [markdown]
# Nothing was paid but the fees. What binds money is the margin of both sides; the rest of the equity is available.

# %% [markdown] zh
# 除费用之外什么都没有付。占用资金的是两边的保证金；总资产的其余部分可用。

# %%
session.portfolio.equity, session.portfolio.margin, session.portfolio.available

# %% [markdown]
# ## A settlement every day
#
# After the close each lot is settled: the difference between the settlement price and its base is paid in cash, and
# the settlement is the base of the next day. So the profit since the opening (`floating_profit`) goes on, while what
# is not paid yet (`unsettled_profit`) begins anew.

# %% [markdown] zh
# ## 每天结算
#
# 收盘后每手都要结算：结算价与其基准之差以现金支付，结算价成为第二天的基准。所以开仓以来的盈亏（`floating_profit`）
# 持续累计，而尚未支付的部分（`unsettled_profit`）重新开始。

# %%
columns = ["average_price", "settled_price", "price", "floating_profit", "unsettled_profit"]
at_close = session.tables.lots.loc[("QT2307", "long"), columns]
session.step(phase="AFTER_CLOSE")
settled = session.tables.lots.loc[("QT2307", "long"), columns]
pd.DataFrame({"at the close": at_close, "after the settlement": settled})

# %%
session.portfolio.cash, session.portfolio.equity

# %% [markdown]
# ## A margin call
#
# In June the metal falls for a week. An account that has bound almost all of its money meets it day by day.

# %% [markdown] zh
# ## 追加保证金
#
# 六月里这种金属连跌一周。一个几乎把全部资金都占用了的账户逐日经历它。

# %%
session = qr.Session(market, start="2023-06-08", cash=320_000, account="futures")
session.step()
session.buy("QT2307", 11, terms.to_open())
session.step()
session.portfolio.margin, session.portfolio.risk_degree

# %%
session.step(phase="AFTER_CLOSE")
session.run(until="2023-06-12", progress=False)
session.step(phase="AFTER_CLOSE")
session.events.loc[session.events["event"] == "MarginCalled", ["day", "phase", "event"]]

# %% [markdown]
# The settlement of 12 June left less equity than the margin of the night asks for. Whoever closes in time is not
# touched; here nobody does, and the account closes the next morning, no more lots than are needed.

# %% [markdown] zh
# 6 月 12 日结算之后，总资产少于当晚所要求的保证金。及时平仓的人不受影响；这里没有人平仓，第二天早上账户自动平仓，手
# 数恰为所需。

# %%
session.step()
forced = session.orders.index[-1]
print(session.explain(forced))

# %% [markdown]
# On 14 June the contract is locked at its limit: nobody buys, and the order of the account waits like any other.

# %% [markdown] zh
# 6 月 14 日合约封在停板：没有人买，账户的委托与其他委托一样等待。

# %%
session.step()
session.orders[["symbol", "side", "quantity", "filled", "status", "reason"]]

# %%
session.step(2)
session.tables.daily_portfolio[["equity", "margin", "risk_degree", "available"]]

# %% [markdown]
# The equity went below nothing before the lots could be sold: more was lost than the account ever held. That is what
# the margin was for, and why a broker asks for more of it than the exchange.

# %% [markdown] zh
# 在能够卖出之前，总资产已经跌到零以下：亏掉的比账户有过的还多。保证金正是为此而设，这也是期货公司收取的比交易所更多
# 的原因。

# %%
session.plot()
# %% [markdown]
# ## A contract ends
#
# After the settlement of its last day the lots are gone, without a fee and without an order; what they had earned is
# realised.

# %% [markdown] zh
# ## 合约结束
#
# 最后一天结算之后，持仓消失，不收费用，也没有委托；它们的盈利成为已实现盈亏。

# %%
session = qr.Session(market, start="2023-06-13", cash=500_000, account="futures")
session.step()
session.sell("ZX2306", 1, terms.to_open())
session.run(until="2023-06-19", progress=False)
session.tables.daily_portfolio[["equity", "margin", "floating_profit", "realised_profit"]]

# %%
session.buy("ZX2306", 1)

# %% [markdown]
# ## Exercises
#
# **1.** What does a fall of the index by 20 points bring one lot of ZX sold short, in yuan?

# %% [markdown] zh
# ## 练习
#
# **1.** 指数下跌 20 点，一手卖空的 ZX 得到多少元？

# %%
answer = None

check(answer, lambda: 20 * market.instrument("ZX2306").contract.multiplier, "One point is worth the multiplier.")

# %% [markdown]
# **2.** How many lots of QT2310 can an account of 100,000 yuan buy on 2023-03-02 at most? Try it.

# %% [markdown] zh
# **2.** 一个 100,000 元的账户在 2023-03-02 最多能买多少手 QT2310？试一试。

# %%
answer = None


def most():
    """Lots that such an account gets when it asks for far too many."""
    run = qr.Session(market, start="2023-03-01", cash=100_000, account="futures").step()
    ticket = run.buy("QT2310", 500, terms.to_open())
    run.step()
    return ticket.filled


check(answer, most, "Ask for 500 lots and look at what was filled, or divide by the margin of one lot.")

# %% [markdown]
# **3.** In the week of June: with how many lots instead of 11 would the account not have been called on 12 June?
# Give the largest number.

# %% [markdown] zh
# **3.** 在六月的那一周：如果不是 11 手，最多多少手时账户不会在 6 月 12 日被追加保证金？给出最大的数。

# %%
answer = None


def called(lots):
    """Whether an account with so many lots is called by the settlement of 12 June."""
    run = qr.Session(market, start="2023-06-08", cash=320_000, account="futures").step()
    run.buy("QT2307", lots, terms.to_open())
    run.run(until="2023-06-13", progress=False)
    return bool((run.events["event"] == "MarginCalled").any())


check(answer, lambda: max(lots for lots in range(1, 12) if not called(lots)), "Change the 11 above, and look again.")
