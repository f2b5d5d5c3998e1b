# %% [markdown]
# # Options: a premium, what writing one binds, an adjustment, and an exercise
#
# You will learn
#
# - what a right costs who buys it, and what it binds of who writes it;
# - how calls are covered by shares that are locked;
# - what a dividend of the fund does to strike and unit of a contract;
# - what happens on the last day, and what is delivered on the day after it.
#
# About 25 minutes. The contracts and prices are invented, their rules are real. The last cells are exercises.

# %% [markdown] zh
# # 期权：权利金、卖方占用的保证金、合约调整与行权
#
# 你将学到
#
# - 买入一项权利花费多少，卖出一项权利占用多少；
# - 怎样用锁定的标的备兑开仓；
# - 标的除息如何改变行权价与合约单位；
# - 最后交易日发生什么，次日交割什么。
#
# 大约 25 分钟。合约与价格是虚构的，规则是交易所的。最后几个单元是练习。

# %%
import pandas as pd

import qresearch as qr
from qresearch import terms
from qresearch.exercises import check

market = qr.sample_options()
options = {item.symbol: item.contract for item in market.instruments if item.contract and item.contract.option}
pd.DataFrame(
    [
        {
            "symbol": symbol,
            "on": contract.option.underlying,
            "right": contract.option.right,
            "strike": contract.option.terms[0].strike,
            "unit": contract.multiplier,
            "style": contract.option.style,
            "brings": contract.option.settlement,
            "last day": contract.last_day,
        }
        for symbol, contract in options.items()
    ]
).set_index("symbol").sort_values(["on", "last day", "right", "strike"])

# %% [markdown]
# ## A premium is paid, a written contract binds
#
# Who buys a call pays its premium and can lose no more. Who writes a put is paid at once, and may have to take 10,000
# units at the strike: the exchange asks for a margin, what it would cost to buy the put back and a part of the fund's
# price less what the put is out of the money.

# %% [markdown] zh
# ## 买方付权利金，卖方被占用保证金
#
# 买入认购期权只付权利金，最多也只亏这些。卖出认沽期权当即收到权利金，却可能要按行权价接下一万份标的：
# 交易所因此收取保证金，
# 等于买回该合约的花费，加上标的价格的一部分，再减去虚值额。

# %%
session = qr.Session(market, start="2022-11-28", cash=300_000, account="options")
session.step()
session.buy("C2212M4000", 5)
session.sell("P2212M4000", 5)
session.step()
session.tables.lots.T

# %%
session.portfolio.cash, session.portfolio.margin, session.portfolio.available

# %% [markdown]
# The premium of the call is gone from the cash, and its value is part of the equity; what may be used for something
# new is the cash less the margin. Each check of the order stands in its explanation.

# %% [markdown] zh
# 认购的权利金已从现金中付出，其价值计入权益；可用资金是现金减去保证金。委托的每一项检查都写在它的解释里。

# %%
print(session.explain(2))

# %% [markdown]
# ## Covered calls
#
# Who holds the fund can lock units of it and write calls without margin: the units are there if somebody exercises.
# Locked units cannot be sold.

# %% [markdown] zh
# ## 备兑开仓
#
# 持有标的的人可以锁定一部分份额，卖出认购而不占用保证金：有人行权时份额就在那里。锁定的份额不能卖出。

# %%
session.buy("514101.SH", 30_000)
session.step()
session.account.lock("514101.SH", 20_000)
session.sell("C2212M4200", 2, terms.covered_open())
session.step()
session.tables.lots[["quantity", "average_price", "price", "margin", "floating_profit"]]

# %%
order = session.sell("514101.SH", 30_000)
session.step()
order

# %%
print(session.explain(order))

# %% [markdown]
# ## The fund pays a dividend
#
# On 2022-12-15 the fund goes ex dividend by 0.049 yuan. So that nobody who holds a contract wins or loses by it, its
# strike falls and its unit grows: 10,000 units at 4.2 become 10,120 at 4.15, the same money.

# %% [markdown] zh
# ## 标的除息
#
# 2022 年 12 月 15 日该基金除息 0.049 元。为了让合约双方都不因此得失，行权价下调、单位上调：
# 行权价 4.2 的 10,000 份变为行权价 4.15
# 的 10,120 份，金额不变。

# %%
session.run(until="2022-12-15", progress=False)
[(held.since, held.strike, held.unit) for held in market.instrument("C2212M4200").contract.option.terms]

# %%
session.tables.lots[["quantity", "average_price", "price", "market_value", "floating_profit"]]

# %% [markdown]
# The cost of each lot has stayed, its price per unit has not. And 20,000 locked units are too few for two calls of
# 10,120: whoever does not lock more on this day has one of them closed by force at the next open.

# %% [markdown] zh
# 每笔持仓的成本不变，变的是折合到每份的价格。此时锁定的 20,000 份不够两张 10,120 份的认购：当天没有补足锁定的人，
# 次日开盘会被强制平掉一张。

# %%
session.step(2)
session.orders[["symbol", "side", "quantity", "filled", "status", "placed", "placed_phase"]].tail(2)

# %% [markdown]
# ## The last day
#
# After the close of 2022-12-28 everything in the money is exercised by itself: the calls that are held bring 10,120
# units each at 3.953, paid and delivered on the next trading day. What is out of the money lapses, and whoever wrote it
# keeps the premium.

# %% [markdown] zh
# ## 最后交易日
#
# 2022 年 12 月 28 日收盘后，实值合约自动行权：持有的认购每张带来 10,120 份，按 3.953 付款，次一交易日交割。
# 虚值合约作废，卖方留下权利金。

# %%
session.run(until="2022-12-28", progress=False)
at_close = session.portfolio.cash, session.portfolio.quantities
session.step(phase="AFTER_CLOSE")
posted = session.events[session.events["event"].isin(["LotsTaken", "Posted"])].tail(6)
posted[["day", "event", "symbol", "quantity", "amount", "text"]]

# %%
session.step()
session.portfolio.cash, session.portfolio.quantities, at_close

# %%
session.tables.daily_portfolio[["equity", "margin", "available", "option_value", "realised_profit"]].tail(5)

# %% [markdown]
# ## On an index, and on a future
#
# An option on an index ends in cash: the difference to the strike times 100 yuan. One on a future brings a lot of the
# future at the strike, on any day where it is American; from then on it is settled daily like every lot.

# %% [markdown] zh
# ## 股指与期货上的期权
#
# 股指期权以现金了结：与行权价之差乘以每点 100 元。期货期权带来一手按行权价开仓的期货，美式的任何一天都可以行权；
# 此后它像其他持仓一样每日结算。

# %%
session = qr.Session(market, start="2023-02-01", cash=300_000, account="options")
session.step()
session.buy("QT2307C68000", 1)
session.step()
session.account.exercise("QT2307C68000", 1)
session.tables.lots.T

# %%
session.step(2)
session.plot()

# %% [markdown]
# ## Exercises
#
# **1.** The fund closes at 4.00 and a put with the strike 4.00 at 0.06. What does one written contract of 10,000 units
# bind, in yuan?

# %% [markdown] zh
# ## 练习
#
# **1.** 基金收于 4.00，行权价 4.00 的认沽收于 0.06。卖出一张 10,000 份的合约占用多少元保证金？

# %%
answer = None

check(answer, lambda: (0.06 + 0.12 * 4.0) * 10_000, "Nothing is out of the money: the premium and 12 % of the fund.")

# %% [markdown]
# **2.** How many contracts of C2212M4100 are filled in an account of 5,000 yuan that asks for 10 of them for the open
# of 2022-11-29?

# %% [markdown] zh
# **2.** 一个有 5,000 元的账户在 2022 年 11 月 29 日开盘委托买入 10 张 C2212M4100，成交多少张？

# %%
answer = None


def bought():
    """Contracts that the cash pays."""
    run = qr.Session(market, start="2022-11-28", cash=5_000, account="options").step()
    ticket = run.buy("C2212M4100", 10)
    run.step()
    return ticket.filled


check(answer, bought, "Divide by the premium of one contract and its fee, or try it.")

# %% [markdown]
# **3.** With how many units locked in all on 2022-12-15 would both covered calls have been kept?

# %% [markdown] zh
# **3.** 2022 年 12 月 15 日一共需要锁定多少份，两张备兑认购才都能保住？

# %%
answer = None

check(answer, lambda: 2 * market.instrument("C2212M4200").contract.option.terms[-1].unit, "Two contracts, new unit.")
