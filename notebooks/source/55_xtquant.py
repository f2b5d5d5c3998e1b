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

# %%
session.step(phase="PRE_OPEN")

# %% [markdown]
# The call `order_stock` came back before its callbacks, the first order was canceled before the open, and the second
# waits for the opening auction with the code 50. The script is parked in `run_forever`; the kernel is free. The next
# step opens the market.

# %%
session.step(phase="OPEN")

# %% [markdown]
# An order of XtQuant is an order of the session: every table and every explanation knows it.

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

# %%
session.notices.table["notice"].iloc[-1]

# %% [markdown]
# ## An asynchronous order
#
# `order_stock_async` gives the number of the request at once; the number of the order comes with the response, which
# is told before anything that follows from the order. A refusal is told last.

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

# %%
print(session.notices.table["notice"].iloc[-1])

# %% [markdown]
# ## Loops that never end
#
# Most scripts poll: `while True`, a look at the clock, `time.sleep(3)`. Inside a script `time`, `datetime` and
# `threading` follow the simulated clock, so that the loop is parked between the steps of the session and ends with the
# data. Nothing outside the script is changed.

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

# %%
answer = None

check(
    answer,
    lambda: int(junk("time.sleep(370 * 60)\nbuy(200, 9.6, '')\n").status_msg.split("[")[2].strip("]")),
    "It stands in error_id, and in the second brackets of error_msg.",
)

# %% [markdown]
# **3.** The quick start buys 200 shares at the open with a limit of 9.6. At what price was it filled on 1 March 2022?

# %%
answer = None

check(
    answer,
    lambda: market.panel.open[market.panel.day_index("2022-03-01"), market.column("604018.SH")],
    "session.explain(2) says it.",
)
