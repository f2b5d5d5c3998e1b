# %% [markdown]
# # A QMT script against a simulated broker
#
# Scripts for `xtquant.xttrader` (QMT, MiniQMT) drive a real account: they send orders, poll, and are called back. Here
# they drive the simulated exchange instead, unchanged. You step through a script, see each callback arrive at its time,
# follow an order through its codes, and meet the loops and calls that hang a real client, before they meet money.
#
# You will learn
#
# - how to run a script of XtQuant, and when its callbacks come;
# - what the codes 48 to 57 of an order mean, and what a refusal looks like;
# - how a lost connection, an asynchronous order and an endless loop behave;
# - how to trade through the trader cell by cell.
#
# About 25 minutes. The last cells are exercises.
#
# ## The quick start, stepped
#
# This script is the quick start of the manual, typed anew: it connects, orders, cancels, orders again without waiting,
# asks for everything, and then waits for callbacks.

# %% [markdown] zh
# # QMT 脚本对模拟的券商
#
# `xtquant.xttrader`（QMT、MiniQMT）的脚本驱动真实账户：发委托，轮询，接受回调。在这里它们一字不改地驱动模拟的交易所。
# 你单步走过一个脚本，看每个回调在它的时刻到来，跟着一笔委托经过它的编码，并在它们碰到真钱之前遇见那些让真实客户端卡
# 死的循环和调用。
#
# 你将学到
#
# - 怎样运行 XtQuant 脚本，它的回调何时到来；
# - 委托编码 48 到 57 的含义，以及拒绝是什么样子；
# - 断线、异步委托和死循环各有怎样的表现；
# - 怎样在单元里逐个通过 trader 交易。
#
# 大约 25 分钟。最后几个单元是练习。
#
# ## 快速开始，单步
#
# 这个脚本是手册中的快速开始，重新写了一遍：它连接、下单、撤单，不等待就再次下单，查询一切，然后等待回调。

# %%
import qresearch as qr
from qresearch.dialects import xtquant
from qresearch.exercises import check

script = """
import time
from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class MyXtQuantTraderCallback(XtQuantTraderCallback):
    def on_disconnected(self):
        print("connection lost")

    def on_stock_order(self, order):
        print(clock(), "order", order.order_id, order.order_status)

    def on_stock_trade(self, trade):
        print(clock(), "trade", trade.order_id, trade.traded_volume, "at", trade.traded_price)

    def on_order_error(self, order_error):
        print(clock(), "error", order_error.order_id, order_error.error_msg)

    def on_order_stock_async_response(self, response):
        print(clock(), "response", response.seq, "is order", response.order_id)


def clock():
    return time.strftime("%H:%M:%S")


if __name__ == "__main__":
    xt_trader = XtQuantTrader("D:/client/userdata_mini", 123456)
    acc = StockAccount("1000000365")
    xt_trader.register_callback(MyXtQuantTraderCallback())
    xt_trader.start()
    print("connect", xt_trader.connect(), "subscribe", xt_trader.subscribe(acc))
    number = xt_trader.order_stock(
        acc, "604018.SH", xtconstant.STOCK_BUY, 200, xtconstant.FIX_PRICE, 9.6, "strategy_name", "remark"
    )
    print("cancel", number, xt_trader.cancel_order_stock(acc, number))
    seq = xt_trader.order_stock_async(
        acc, "604018.SH", xtconstant.STOCK_BUY, 200, xtconstant.FIX_PRICE, 9.6, "strategy_name", "remark"
    )
    print("seq", seq)
    print("cash", xt_trader.query_stock_asset(acc).cash)
    for order in xt_trader.query_stock_orders(acc):
        print("order", order.order_id, order.stock_code, order.order_volume, order.order_status)
    print("trades", len(xt_trader.query_stock_trades(acc)), "positions", len(xt_trader.query_stock_positions(acc)))
    xt_trader.run_forever()
"""

market = qr.sample_market()
session = qr.Session.from_script(script, market, start="2022-03-01", end="2022-03-31", dialect="xtquant")

# %% [markdown]
# Nothing has happened yet: the script starts at 09:00 of the first day, with the first step.

# %% [markdown] zh
# 还什么都没有发生：脚本在第一天的 09:00 开始，随第一步运行。

# %%
session.step(phase="PRE_OPEN")

# %% [markdown]
# The call `order_stock` came back before its callbacks, the first order was canceled before the open, and the second
# waits for the opening auction with the code 50. The script is parked in `run_forever`; the kernel is free. The next
# step opens the market.

# %% [markdown] zh
# 调用 `order_stock` 在它的回调之前返回，第一笔委托在开盘之前撤销，第二笔以编码 50 等待开盘集合竞价。脚本停在
# `run_forever` 里；内核是空闲的。下一步市场开盘。

# %%
session.step(phase="OPEN")

# %% [markdown]
# An order of XtQuant is an order of the session: every table and every explanation knows it.

# %% [markdown] zh
# XtQuant 的委托就是会话的委托：每张表和每个解释都认识它。

# %%
session.orders[["symbol", "side", "quantity", "filled", "average_price", "status"]]

# %%
print(session.explain(2))

# %% [markdown]
# ## The codes of an order
#
# | code | what it means | followed by |
# |---|---|---|
# | 48, 49 | not sent yet, waiting to be sent | 50 |
# | 50 | at the exchange, nothing traded | 51, 54, 55, 56, 57 |
# | 55 | traded in part | 52, 53, 56 |
# | 51, 52 | a cancel is on its way, without and with trades | 54, 53 |
# | 53, 54 | canceled or over with its day, with and without trades | |
# | 56 | traded | |
# | 57 | junk: the counter or the exchange refused it | |
#
# The next script meets most of them. Trading is thin: a cap lets an order have one share in 2,000 of the day's volume.

# %% [markdown] zh
# ## 委托的编码
#
# | 编码 | 含义 | 之后可能是 |
# |---|---|---|
# | 48、49 | 未报、待报 | 50 |
# | 50 | 已报，尚无成交 | 51、54、55、56、57 |
# | 55 | 部分成交 | 52、53、56 |
# | 51、52 | 撤单在途，分别为无成交和有成交 | 54、53 |
# | 53、54 | 已撤或随当日结束，分别为有成交和无成交 | |
# | 56 | 已成交 | |
# | 57 | 废单：被柜台或交易所拒绝 | |
#
# 下一个脚本会遇到其中大多数。成交清淡：上限让一笔委托最多得到当天成交量的两千分之一。

# %%
begin = """
import time
from xtquant import xtconstant, xtdata
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount

lives = {}


class Callback(XtQuantTraderCallback):
    def on_stock_order(self, order):
        lives.setdefault(order.order_remark, []).append(order.order_status)

    def on_order_error(self, error):
        print(error.order_remark, error.error_msg)


trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1000000365")
trader.register_callback(Callback())
trader.start()
trader.connect()
trader.subscribe(account)


def buy(volume, price, remark):
    return trader.order_stock(account, "604018.SH", 23, volume, xtconstant.FIX_PRICE, price, "lesson", remark)


"""
codes = """
time.sleep(1860)  # 09:31
buy(200, 9.6, "bought")
buy(50000, 9.6, "a part")
buy(200, 9.0, "withdrawn")
buy(150, 9.6, "an odd lot")
buy(200, 20.0, "too dear")
trader.order_stock(account, "604018.SH", 24, 200, xtconstant.FIX_PRICE, 9.5, "lesson", "nothing to sell")
time.sleep(60)
for order in trader.query_stock_orders(account, cancelable_only=True):
    trader.cancel_order_stock(account, order.order_id)
time.sleep(1)
for remark, states in lives.items():
    print(remark, states)
"""
session = qr.Session.from_script(begin + codes, market, start="2022-03-01", dialect="xtquant", participation=0.0005)
session.step()

# %% [markdown]
# A refused order has a number and a record all the same: 57, with the reason in `status_msg`. Only what never comes to
# the counter, such as a code that does not exist, gives `-1`, and then a notice says why.
#
# The script had nothing left to do and ended, and its callbacks with it, as those of any program:

# %% [markdown] zh
# 被拒的委托同样有编号和记录：57，原因在 `status_msg` 中。只有根本没有到达柜台的（例如不存在的代码）才得到 `-1`，这
# 时会有一条提示说明原因。
#
# 脚本已无事可做，结束了，它的回调也随之结束，与任何程序一样：

# %%
session.notices.table["notice"].iloc[-1]

# %% [markdown]
# ## An asynchronous order
#
# `order_stock_async` gives the number of the request at once; the number of the order comes with the response, which
# is told before anything that follows from the order. A refusal is told last.

# %% [markdown] zh
# ## 异步委托
#
# `order_stock_async` 立即给出请求的序号；委托编号随响应到来，响应先于由该委托引出的任何消息。拒绝最后告知。

# %%
asynchronous = """
class Told(Callback):
    def on_order_stock_async_response(self, response):
        print("response", response.seq, response.order_id)

    def on_stock_order(self, order):
        print("order", order.order_id, order.order_status)

    def on_order_error(self, error):
        print("error", error.order_id)


trader.register_callback(Told())
time.sleep(1860)
for price in (9.6, 20.0):
    print("seq", trader.order_stock_async(account, "604018.SH", 23, 200, xtconstant.FIX_PRICE, price))
time.sleep(1)
"""
qr.Session.from_script(begin + asynchronous, market, start="2022-03-01", dialect="xtquant").step()

# %% [markdown]
# ## A lost connection
#
# A real client loses its connection now and then, and does not come back by itself. `xtquant.disconnect(session)` loses
# it for you.

# %% [markdown] zh
# ## 断线
#
# 真实的客户端有时会断线，而且不会自己恢复。`xtquant.disconnect(session)` 替你断开。

# %%
reconnecting = """
class Reconnecting(Callback):
    def on_disconnected(self):
        print(time.strftime("%m-%d %H:%M"), "lost; an order gives", buy(200, 9.6, "lost"))
        print("connect", trader.connect(), "subscribe", trader.subscribe(account), "order", buy(200, 9.6, "again"))


trader.register_callback(Reconnecting())
trader.run_forever()
"""
session = qr.Session.from_script(begin + reconnecting, market, start="2022-03-01", dialect="xtquant")
session.step(phase="OPEN")
xtquant.disconnect(session)
session.step()

# %% [markdown]
# The notices tell what a real client would have made of it: a synchronous order inside a callback waits for an answer
# that the same thread would have to bring, for ever. With `strict=True` the session raises instead of answering.

# %% [markdown] zh
# 提示会说明真实的客户端会怎样：在回调里同步下单，要等待的答复得由同一个线程带来，于是永远等下去。加上 `strict=True`，
# 会话抛出异常而不是作答。

# %%
print(session.notices.table["notice"].iloc[-1])

# %% [markdown]
# ## Loops that never end
#
# Most scripts poll: `while True`, a look at the clock, `time.sleep(3)`. Inside a script `time`, `datetime` and
# `threading` follow the simulated clock, so that the loop is parked between the steps of the session and ends with the
# data. Nothing outside the script is changed.

# %% [markdown] zh
# ## 不会结束的循环
#
# 大多数脚本都轮询：`while True`，看一眼时钟，`time.sleep(3)`。在脚本里，`time`、`datetime` 和 `threading` 跟随模拟
# 的时钟，所以循环停在会话的两步之间，并随数据一起结束。脚本之外什么都没有改变。

# %%
polling = """
while True:
    now = time.localtime()
    if now.tm_hour == 14 and now.tm_min == 55 and now.tm_sec < 30:
        price = xtdata.get_full_tick(["604018.SH"])["604018.SH"]["lastPrice"]
        print(time.strftime("%m-%d %H:%M:%S"), price, trader.query_stock_asset(account).total_asset)
    time.sleep(30)
"""
session = qr.Session.from_script(begin + polling, market, start="2022-03-01", end="2022-03-04", dialect="xtquant")
session.step(2)

# %%
session.run(progress=False)
print(session.notices.table["notice"].iloc[-1])

# %% [markdown]
# A loop that asks without ever sleeping would need a day of computing for a day of trading. It is hurried on, with a
# sentence:

# %% [markdown] zh
# 只问不睡的循环，一个交易日要算上一整天。会话会催它向前，并说一句话：

# %%
hasty = """
while trader.query_stock_asset(account).cash > 0:
    pass
"""
session = qr.Session.from_script(begin + hasty, market, start="2022-03-01", end="2022-03-01", dialect="xtquant")
session.run(progress=False)
print(session.notices.table["notice"].iloc[-2])

# %% [markdown]
# A loop that neither asks nor sleeps (`while True: pass`) lets no time pass at all. After ten seconds the session names
# its line; Ctrl-C, or the square button of the notebook, ends it and takes the step back.
#
# ## Stop at a callback, go back, start again
#
# `stop_at` is a breakpoint on a callback. Going back parks the script: it cannot be rewound, so on another branch its
# callbacks alone are called. `restart` runs it again from the start, on a branch of its own.

# %% [markdown] zh
# 既不问也不睡的循环（`while True: pass`）完全不让时间流逝。十秒之后会话说出它的行号；Ctrl-C 或笔记本的方形按钮会结
# 束它，并撤回这一步。
#
# ## 在回调处停下，后退，重新开始
#
# `stop_at` 是设在回调上的断点。后退会把脚本停住：它不能倒带，所以在另一个分支上只调用它的回调。`restart` 让它在自己
# 的分支上从头再运行。

# %%
daily = """
class Printing(Callback):
    def on_stock_order(self, order):
        print(time.strftime("%m-%d %H:%M"), "order", order.order_id, order.order_status)


trader.register_callback(Printing())
while True:
    time.sleep(86400 + 60)
    buy(100, xtdata.get_full_tick(["604018.SH"])["604018.SH"]["lastClose"], "daily")
"""
session = qr.Session.from_script(begin + daily, market, start="2022-03-01", end="2022-03-31", dialect="xtquant")
xtquant.stop_at(session, "on_stock_trade")
session.run(progress=False)
session.message

# %%
session.back()
session.branch("by hand")
session.step(phase="PRE_OPEN")
session.buy("604018.SH", 500)
session.step()
print(session.notices.table["notice"].iloc[-1])

# %%
xtquant.restart(session)
session.step(3)
list(session.branches.table.index)

# %% [markdown]
# ## Cell by cell
#
# In a notebook the cells can be the script. `activate` makes the modules importable over a session on the clock
# `counter`; the session is stepped by you, and callbacks come when a cell has run and while the session steps.

# %% [markdown] zh
# ## 逐个单元
#
# 在笔记本里，单元就可以是脚本。`activate` 让这些模块可以在时钟为 `counter` 的会话上导入；会话由你推进，回调在单元运
# 行之后和会话推进时到来。

# %%
session = qr.Session(market, start="2022-03-01", clock="counter")
xtquant.activate(session)

# %%
from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class Callback(XtQuantTraderCallback):
    """Tells what it is told."""

    def on_stock_order(self, data):
        """An order has changed."""
        print("order", data.order_id, data.order_status)


trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1000000365")
trader.register_callback(Callback())
trader.start()
trader.connect(), trader.subscribe(account)

# %%
number = trader.order_stock(account, "604018.SH", xtconstant.STOCK_BUY, 200, xtconstant.FIX_PRICE, 9.6)

# %%
session.step(phase="OPEN")

# %%
session.explain(trader.query_stock_order(account, number))

# %%
xtquant.deactivate()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** A market order with the price type 42 (best five levels, the rest canceled) is one of Shanghai. What code does
# it end with when it is sent for `004102.SZ`?

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 价格类型 42（最优五档即时成交剩余撤销）的市价委托属于上海。发给 `004102.SZ` 时，它以什么编码结束？


# %%
def junk(lines):
    """The order that some lines send, as XtQuant tells it at the end of the day."""
    run = qr.Session.from_script(begin + lines, market, start="2022-03-01", dialect="xtquant").step(phase="AFTER_CLOSE")
    return run.strategy.target.desk.order(1)


answer = None

check(
    answer,
    lambda: junk("time.sleep(1860)\ntrader.order_stock(account, '004102.SZ', 23, 100, 42, 0)\n").order_status,
    "Run it: on_stock_order tells the code.",
)

# %% [markdown]
# **2.** At 15:10 a script sends an order. Which code of the counter does `on_order_error` give?

# %% [markdown] zh
# **2.** 脚本在 15:10 发出一笔委托。`on_order_error` 给出柜台的哪个代码？

# %%
answer = None

check(
    answer,
    lambda: int(junk("time.sleep(370 * 60)\nbuy(200, 9.6, '')\n").status_msg.split("[")[2].strip("]")),
    "It stands in error_id, and in the second brackets of error_msg.",
)

# %% [markdown]
# **3.** The quick start buys 200 shares at the open with a limit of 9.6. At what price was it filled on 1 March 2022?

# %% [markdown] zh
# **3.** 快速开始在开盘以 9.6 的限价买入 200 股。2022 年 3 月 1 日它以什么价格成交？

# %%
answer = None

check(
    answer,
    lambda: market.panel.open[market.panel.day_index("2022-03-01"), market.column("604018.SH")],
    "session.explain(2) says it.",
)
