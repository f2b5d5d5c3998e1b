# %% [markdown]
# # Quickstart: the life of an order
#
# A session wraps a simulated exchange. You step it day by day, place orders by hand or from a strategy, look at
# everything as tables, and go back when you want to try something else.
#
# You will learn
#
# - when an order meets the market, and what it costs;
# - why some orders do not fill, and where that is written;
# - how to go back and do it differently;
# - what a strategy looks like.
#
# About 10 minutes. The last cells are exercises.
#
# The embedded market is invented, but its days and rules are those of China's cash market. Some days were written to
# show something; `qr.episodes()` lists them.

# %% [markdown] zh
# # 快速入门：一笔委托的经历
#
# 会话（session）包着一个模拟的交易所。你可以逐日推进，手动或由策略下单，把一切当作表格来看，想换个做法时就后退。
#
# 你将学到
#
# - 委托何时遇到市场，要花多少费用；
# - 有些委托为何不成交，原因写在哪里；
# - 怎样后退，换个做法；
# - 策略是什么样子。
#
# 大约 10 分钟。最后几个单元是练习。
#
# 自带的行情是虚构的，但交易日和规则是中国现货市场的。有些日子是为了展示某种情形而写的，`qr.episodes()` 列出它们。

# %%
import qresearch as qr
from qresearch.exercises import check

market = qr.sample_market()
market

# %%
session = qr.Session(market, start="2022-03-11", end="2022-12-30", cash=100_000)
session

# %% [markdown]
# ## An order waits for the next open
#
# Orders only queue. They meet the market at the next trading day's open, never earlier.

# %% [markdown] zh
# ## 委托等到下一个开盘
#
# 委托只是排队，在下一个交易日的开盘才遇到市场，从不更早。

# %%
ticket = session.buy("604018", 1000)
ticket

# %%
session.step()
ticket

# %% [markdown]
# One step later it has filled, at the open of 11 March, and the fee was paid. The shares are *locked*: what was
# bought today can be sold on the next trading day (T+1).

# %% [markdown] zh
# 推进一步之后，它以 3 月 11 日的开盘价成交，费用已付。这些股份是*锁定*的：今天买入的要到下一个交易日才能卖（T+1）。

# %%
session.positions[["quantity", "sellable", "locked", "average_cost", "price", "profit"]]

# %% [markdown]
# ## A wrong order is data
#
# Nothing is silently dropped. A buy on the STAR board needs at least 200 shares; the order is kept, with its reason.

# %% [markdown] zh
# ## 错误的委托也是数据
#
# 什么都不会悄悄消失。科创板买入至少 200 股；委托连同它的原因一起保留。

# %%
session.buy("688903", 100)

# %% [markdown]
# An order can also fail later. The shares bought here cannot be sold on 15 March, which opens locked at limit-down:
# nobody buys. Every order can say what was checked.

# %% [markdown] zh
# 委托也可能晚些才失败。这里买入的股份在 3 月 15 日卖不掉：开盘即跌停，没有人买。每笔委托都能说出检查过什么。

# %%
purchase = session.order_value("604052", 30_000)
session.step()
sale = session.order_target("604052", 0)
session.step()
sale.explain()

# %%
session.orders[["symbol", "side", "asked", "quantity", "filled", "status", "reason"]]

# %% [markdown]
# ## Go back, and do it differently
#
# Every moment is kept. Going back erases nothing, and acting from the past opens a branch.

# %% [markdown] zh
# ## 后退，换个做法
#
# 每一刻都保留着。后退不会抹去任何东西，从过去行动则打开一个分支。

# %%
session.back(2)

# %%
purchase.cancel()
session.step(2)

# %% [markdown]
# ## A strategy
#
# A strategy is a function that is called at every close. It uses the same order functions; they return at once, and
# the orders fill at the next open.

# %% [markdown] zh
# ## 策略
#
# 策略是一个在每个收盘时被调用的函数。它用同样的下单函数；这些函数立即返回，委托在下一个开盘成交。


# %%
def momentum(context, data):
    """Each month, hold the three instruments that rose most over 60 days."""
    if context.now.day.month == getattr(context, "month", None):
        return
    context.month = context.now.day.month
    closes = data.history(count=60)
    best = (closes.iloc[-1] / closes.iloc[0]).nlargest(3).index
    for symbol in [*context.portfolio.positions, *best]:
        context.order_target_value(symbol, 0.3 * context.portfolio.equity * (symbol in best))


robot = qr.Session(market, start="2021-04-01", cash=1_000_000, strategy=momentum, costs="historical")
robot.run()

# %%
robot.plot()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** What did the first purchase, 1,000 shares of `604018`, cost in fees, in yuan?

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 第一笔买入（1,000 股 `604018`）的费用是多少元？

# %%
answer = None

check(answer, lambda: -session.fills.net[0] - session.fills.notional[0], "Look at session.fills.")

# %% [markdown]
# **2.** Predict: in which state will each of these orders be after one step? A list of three words.

# %% [markdown] zh
# **2.** 预测：推进一步之后，这些委托各处于什么状态？写一个由三个词组成的列表。


# %%
def state_after_a_step(symbol, quantity, day="2022-03-14"):
    """Buy in a new session, step once, and look."""
    trial = qr.Session(market, start=day, cash=100_000)
    order = trial.buy(symbol, quantity)
    trial.step()
    return order.status


ORDERS = [("604018", 200), ("688903", 199), ("928101", 101)]
answer = None

check(
    answer,
    lambda: [state_after_a_step(*order) for order in ORDERS],
    "STAR orders (688...) need 200 shares, Beijing orders (9...) 100, both in steps of one above that.",
)

# %% [markdown]
# **3.** Which reason stands most often in the orders of `robot`?

# %% [markdown] zh
# **3.** `robot` 的委托里出现最多的原因是哪一个？

# %%
answer = None

check(
    answer,
    lambda: robot.orders.reason[robot.orders.reason != ""].mode()[0],
    "robot.orders is a table; value_counts() counts what stands in one of its columns.",
)
