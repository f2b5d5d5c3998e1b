# %% [markdown]
# # A JoinQuant script, unchanged
#
# Thousands of public A-share strategies are scripts for JoinQuant. Here one of them (written for this notebook, in
# the usual idioms) runs as it is on the embedded market. Then we do with it what its own platform cannot: step it,
# stop it at an order, go back, ask why, and change a line while it runs.
#
# You will learn
#
# - how to run a script of JoinQuant, and what its notices mean;
# - how to step it, look at its `g`, and stop it where an order is refused;
# - how to change it while it runs, and how to bring tables of your own;
# - which states an order goes through, and what a daily bar knows at each time of the day.
#
# About 20 minutes. The last cells are exercises.

# %% [markdown] zh
# # 聚宽脚本，一字不改
#
# 成千上万公开的 A 股策略是聚宽（JoinQuant）的脚本。这里有一个（为本笔记本而写，用的是常见的写法）原样在自带的行情上
# 运行。然后做它自己的平台做不到的事：单步，在某笔委托处停下，后退，问为什么，在运行途中改一行。
#
# 你将学到
#
# - 怎样运行聚宽脚本，它的提示是什么意思；
# - 怎样单步、察看它的 `g`，并在委托被拒之处停下；
# - 怎样在运行途中修改它，怎样带上自己的表格；
# - 委托经过哪些状态，日线在一天的每个时刻知道什么。
#
# 大约 20 分钟。最后几个单元是练习。

# %%
import pandas as pd

import qresearch as qr
from qresearch.dialects.joinquant import Script
from qresearch.exercises import check

script = """
# 克隆自聚宽文章 (a notice like this stands above many shared scripts)
from jqdata import *

def initialize(context):
    set_benchmark("000300.XSHG")
    set_option("use_real_price", True)
    log.set_level("order", "error")
    set_order_cost(OrderCost(close_tax=0.001, open_commission=0.0003, close_commission=0.0003, min_commission=5))
    g.count = 3
    g.days_held = {}
    run_daily(count_days, time="before_open", reference_security="000300.XSHG")
    run_weekly(rebalance, 1, time="open", reference_security="000300.XSHG")
    run_daily(stop_loss, time="14:50", reference_security="000300.XSHG")

def count_days(context):
    for code in context.portfolio.positions:
        g.days_held[code] = g.days_held.get(code, 0) + 1

def pick(context):
    current = get_current_data()
    stocks = list(get_all_securities(["stock"], context.current_dt).index)
    stocks = [s for s in stocks if not current[s].paused and not current[s].is_st and not s.startswith("688")]
    closes = history(21, "1d", "close", stocks).dropna(axis=1)
    momentum = closes.iloc[-1] / closes.iloc[0] - 1
    return list(momentum.sort_values(ascending=False).index[:g.count])

def rebalance(context):
    wanted = pick(context)
    for code in context.portfolio.positions:        # orders inside the loop over positions: a usual idiom
        if code not in wanted:
            o = order_target(code, 0)
            if o is not None and o.status == OrderStatus.held:
                g.days_held.pop(code, None)
    free = g.count - len(context.portfolio.positions)
    if free:
        value = context.portfolio.available_cash / free
        for code in wanted:
            if context.portfolio.positions[code].total_amount == 0:
                order_target_value(code, value)

def stop_loss(context):
    for code, position in context.portfolio.positions.items():
        close = attribute_history(code, 5, "1d", ["close"])["close"]
        if position.closeable_amount and position.price < 0.93 * close[-1]:
            log.info("stop loss", code, position.price, close[-1])
            order_target(code, 0)
    record(held=len(context.portfolio.positions))
"""

market = qr.sample_market()
session = qr.Session.from_script(script, market, start="2022-03-01", end="2022-12-30", cash=100_000)
session.run()

# %% [markdown]
# The run ends with one line on its notices. Each of them is a sentence, of a kind, with a count: what was adjusted,
# what has no effect here, and what daily bars can only approximate.

# %% [markdown] zh
# 运行以一行关于提示的话结束。每条提示是一个句子，有种类和次数：什么被调整了，什么在这里不起作用，什么用日线只能近似。

# %%
session.notices

# %%
session.fills.tail(5)

# %%
session.report()

# %% [markdown]
# ## Step it
#
# A new session, from the beginning. `initialize` has run; the clock stands before the first day. A market order is
# final inside the call, at today's open and half the slippage, as on the platform.

# %% [markdown] zh
# ## 单步
#
# 一个新会话，从头开始。`initialize` 已经运行；时钟停在第一天之前。市价委托在调用之内就有最终结果，以今天的开盘价加
# 半个滑点成交，与平台上一样。

# %%
session = qr.Session.from_script(script, market, start="2022-03-01", end="2022-12-30", cash=100_000)
session.step(phase="OPEN")

# %%
session.orders[["symbol", "side", "asked", "quantity", "filled", "average_price", "status", "reason"]]

# %% [markdown]
# What the script remembers is there to be looked at: its `g`, the attributes of its `context`, and its log.

# %% [markdown] zh
# 脚本记住的东西都可以察看：它的 `g`、它的 `context` 的属性，以及它的日志。

# %%
g = session.strategy.target["g"]
session.step(3)
g.days_held

# %% [markdown]
# ## Stop it where something happens
#
# A breakpoint stops the run at the end of the phase that hit it: here at the first order that was refused.

# %% [markdown] zh
# ## 在发生之处停下
#
# 断点使运行停在命中它的那个阶段结束之时：这里是第一笔被拒的委托。

# %%
session.run(until="order.rejected")
session.message

# %%
refused = session.orders[session.orders["status"] == "REJECTED"].index[-1]
session.explain(refused)

# %% [markdown]
# On the platform that call returned `None`, and so it does here; the order is kept all the same, with its reason.
#
# ## Go back
#
# Going back is an index, not a replay: the account, `g`, the globals and the schedules stand as they stood.

# %% [markdown] zh
# 在平台上这次调用返回 `None`，这里也一样；但委托连同原因仍然保留。
#
# ## 后退
#
# 后退是取下标，不是重放：账户、`g`、全局变量和定时任务都回到当时的样子。

# %%
session.back(2)
g.days_held

# %% [markdown]
# Stepping forward again redoes what is kept. An order by hand opens a branch instead; the old future stays.

# %% [markdown] zh
# 再向前推进就重做已保留的部分。手动下单则打开一个分支；旧的未来保留着。

# %%
session.buy("604018.XSHG", 100)
session.step(2).message, list(session.branches.table.index)

# %% [markdown]
# ## Change the script while it runs
#
# The edited text takes the place of the old one where the session stands. What the script remembers is carried over,
# and `initialize` is not called again.

# %% [markdown] zh
# ## 在运行途中修改脚本
#
# 修改后的文本在会话所在之处替换旧的。脚本记住的东西带过来，`initialize` 不会再次调用。

# %%
session.branches.switch("main")
session.strategy = Script.read(script.replace("0.93", "0.97"))
session.run(until="2022-06-30")
lines = session.events["text"]
lines[lines.str.startswith("stop loss")].tail(3).to_list()

# %% [markdown]
# ## Bring your own tables
#
# Fundamentals, members of an index, industries and names are not in a file of prices. A script that asks for them
# stops with a sentence that says what to pass.

# %% [markdown] zh
# ## 带上自己的表格
#
# 财务数据、指数成分、行业和名称不在价格文件里。要用它们的脚本会停下，并用一句话说明应当传入什么。

# %%
value = """
def initialize(context):
    run_monthly(choose, 1)

def choose(context):
    q = query(valuation.code).filter(valuation.pe_ratio.between(5, 15)).order_by(valuation.pe_ratio.asc()).limit(3)
    for code in get_fundamentals(q)["code"]:
        order_value(code, 20000)
"""
try:
    qr.Session.from_script(value, market, start="2022-03-01").step()
except qr.StrategyError as problem:
    print(problem)

# %%
table = pd.DataFrame(
    {
        "code": ["604018.XSHG", "604026.XSHG", "004102.XSHE", "004115.XSHE"],
        "day": "2022-02-28",
        "pe_ratio": [6.1, 30.2, 11.8, 9.4],
    }
)
session = qr.Session.from_script(value, market, start="2022-03-01", data={"valuation": table}).step()
session.fills[["symbol", "quantity", "price"]]

# %% [markdown]
# ## Meet every state of an order
#
# The lower half of the next script is the example of an article on `OrderStatus`, as it stands there: at 14:50 it looks
# at every order that is not over, says its state and withdraws it. The upper half gives it something to find. Before
# the open an order is `new`. A limit below the market is `open`. Where an order may take only a small part of the
# day's volume, a limit above the market is `filled`, which here means partly.

# %% [markdown] zh
# ## 遇见委托的每一种状态
#
# 下一个脚本的下半部分，是一篇关于 `OrderStatus` 的文章里的例子，原样照搬：14:50 时它查看每一笔未结束的委托，说出其
# 状态并撤回。上半部分让它有东西可找。开盘之前的委托是 `new`。低于市价的限价委托是 `open`。当委托只能占当天成交量的
# 一小部分时，高于市价的限价委托是 `filled`，在这里表示部分成交。

# %%
states = """
from jqdata import *

def initialize(context):
    set_option("order_volume_ratio", 0.0001)
    run_daily(early, "9:00")
    run_daily(morning, "open")
    run_daily(check_orders, '14:50') # 每天收盘前检查

def early(context):
    g.early = order("604026.XSHG", 100, LimitOrderStyle(1320))
    log.info("at 09:00: %s" % g.early.status)

def morning(context):
    order("604018.XSHG", 1000, LimitOrderStyle(9.2))
    order("604018.XSHG", 5000, LimitOrderStyle(9.7))

def check_orders(context):
    # 获取当前所有未完成的订单 (状态为 open, new, filled 的订单)
    open_orders = get_open_orders()

    for order_id, order_obj in open_orders.items():
        # 打印订单当前状态
        log.info("订单标的: %s, 状态: %s" % (order_obj.security, order_obj.status))

        # 判断状态示例
        if order_obj.status == OrderStatus.new:
            log.info("订单尚未报盘")
        elif order_obj.status == OrderStatus.open:
            log.info("订单已委托,暂无成交")
        elif order_obj.status == OrderStatus.filled:
            log.info("订单部分成交,已成交数量: %s" % order_obj.filled)

        # 示例：如果临近收盘还是部分成交或未成交,强制撤单
        cancel_order(order_obj)
"""
session = qr.Session.from_script(states, market, start="2022-03-01", end="2022-03-01", cash=500_000)
session.run()
session.events.loc[session.events["event"] == "Logged", "text"].to_list()

# %%
session.orders[["symbol", "quantity", "filled", "status", "reason"]]

# %% [markdown]
# A daily bar knows an open and a close and no price in between. Until 09:35 a call sees the open and trades at it;
# later the open is still the last price that is known, and a limit that rests is asked at the close only; from 14:50 on
# the close stands in for the price. A notice says so once for each function, and `explain` for each order.

# %% [markdown] zh
# 日线只知道开盘价和收盘价，不知道中间的价格。到 09:35 为止，调用看到开盘价并以它成交；之后开盘价仍是已知的最新价，
# 挂着的限价委托只在收盘时询价；从 14:50 起以收盘价代替当时的价格。每个函数会有一次提示，每笔委托的 `explain` 也会说
# 明。

# %%
session.notices.table

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** How many shares does `order_value("604018.XSHG", 30000)` bring on the same morning, 1 March 2022?

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 在同一个早晨，2022 年 3 月 1 日，`order_value("604018.XSHG", 30000)` 得到多少股？


# %%
def bought(value):
    """Shares filled by one script of one order."""
    lines = (
        f"def initialize(context):\n    run_daily(buy)\ndef buy(context):\n    order_value('604018.XSHG', {value})\n"
    )
    return qr.Session.from_script(lines, market, start="2022-03-01").step().fills.quantity.iloc[0]


answer = None

check(answer, lambda: bought(30_000), "Divide by the price of the last table, and take whole lots.")

# %% [markdown]
# **2.** How often does the first script log "stop loss" until the end of 2022 when 0.93 is replaced by 0.97?

# %% [markdown] zh
# **2.** 把 0.93 换成 0.97，到 2022 年底，第一个脚本会记录多少次 "stop loss"？


# %%
def stops(threshold):
    """Lines of the log that begin with "stop loss"."""
    text = script.replace("0.93", threshold)
    run = qr.Session.from_script(text, market, start="2022-03-01", end="2022-12-30", cash=100_000)
    return run.run().events["text"].str.startswith("stop loss").sum()


answer = None

check(answer, lambda: stops("0.97"), "Run the edited script from its beginning and count in session.events.")

# %% [markdown]
# **3.** The refused order asked for 39,872.80 yuan of `604026`. How much would one lot have cost at the last visible
# price? To the nearest 100 yuan.

# %% [markdown] zh
# **3.** 被拒的委托要求 39,872.80 元的 `604026`。按最后可见的价格，一手要多少钱？精确到 100 元。

# %%
answer = None

check(
    answer,
    lambda: 100 * market.panel.open[market.panel.day_index("2022-08-08"), market.column("604026")],
    "explain() names the price.",
    digits=-2,
)
