# %% [markdown]
# # A LEAN algorithm, order for order
#
# `QCAlgorithm` scripts in Python run on a session here, with LEAN's tickets, events, fill rules and fees. What LEAN
# does not do, a session does: it stops between two minutes, goes back, and tells why an order did what it did.
#
# You will learn
#
# - how to write bars in LEAN's own layout, and run an algorithm on them;
# - how each type of order is placed, updated and canceled, minute by minute;
# - how a single minute is gone through: before anything fills, after it, and after the algorithm;
# - why a market order becomes one for the open or for the close, and what margin does to orders that wait;
# - what an option on the share needs, and how its exercise is two events of one order;
# - how the same rule trades a share of Shanghai.
#
# About 35 minutes. The last cells are exercises.
#
# ## Bars in LEAN's layout
#
# A data folder holds zipped files with scaled prices. The bars of this lesson are invented: one day of minutes that
# rises by a cent a minute from 100.00, with a quote of two cents around each price.

# %% [markdown] zh
# # LEAN 算法：逐笔委托一致
#
# 用 Python 写的 `QCAlgorithm` 脚本在会话上运行，委托单、事件、成交规则与费用都与 LEAN 一致。LEAN 做不到的，
# 会话能做到：在两分钟之间停住、
# 回到过去、说明一笔委托为什么如此。
#
# 你将学到
#
# - 怎样按 LEAN 的格式写行情，并在其上运行算法；
# - 怎样逐分钟地下达、修改和撤销每种委托；
# - 怎样走过单独的一分钟：成交之前、成交之后、算法之后；
# - 为什么市价单会变成开盘单或收盘单，保证金对等待中的委托做了什么；
# - 股票期权需要多少保证金，行权为什么是一笔委托的两个事件；
# - 同一条规则怎样交易一只上海的股票。
#
# 大约 35 分钟。最后几个单元是练习。
#
# ## LEAN 格式的行情
#
# 数据目录里是压缩文件，价格按比例放大。本课的行情是虚构的：一天的分钟线，从 100.00 起每分钟涨一分，买卖报价相差两分。

# %%
import datetime as dt
from tempfile import mkdtemp

import qresearch as qr
from qresearch.dialects import lean
from qresearch.exercises import check
from qresearch.market.lean_folder import LeanFolder

folder = LeanFolder(mkdtemp())
opening = dt.datetime(2024, 1, 2, 9, 30)
prices = [(opening + dt.timedelta(minutes=n), round(100 + n / 100, 2)) for n in range(390)]
folder.write_trades("SPY", "minute", [(at, p, p + 0.01, p - 0.01, p, 1000) for at, p in prices])
quotes = [(at, *[p - 0.01] * 4, 100, *[p + 0.01] * 4, 100) for at, p in prices]
folder.write_quotes("SPY", "minute", quotes)
folder.tickers("minute")

# %% [markdown]
# ## Tickets, minute by minute
#
# The algorithm places an order of each type at 09:31, changes one at 09:33 and cancels another at 09:35.

# %% [markdown] zh
# ## 逐分钟的委托
#
# 算法在 09:31 下达每种类型的委托各一笔，09:33 修改一笔，09:35 撤销一笔。

# %%
script = """
from AlgorithmImports import *


class Tickets(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2024, 1, 2)
        self.set_end_date(2024, 1, 2)
        self.set_cash(100_000)
        self.spy = self.add_equity("SPY", Resolution.MINUTE).symbol
        self.minute = 0

    def on_data(self, data):
        self.minute += 1
        if self.minute == 1:
            self.market = self.market_order(self.spy, 100)
            self.limit = self.limit_order(self.spy, 50, 99.50)
            self.stop = self.stop_market_order(self.spy, -100, 99.00)
            self.touched = self.limit_if_touched_order(self.spy, -50, 100.05, 100.04)
            self.trailing = self.trailing_stop_order(self.spy, -50, 0.02, True)
            self.stop_limit = self.stop_limit_order(self.spy, -20, 99.20, 99.10)
            self.closing = self.market_on_close_order(self.spy, -20)
        elif self.minute == 3:
            self.limit.update(UpdateOrderFields(limit_price=100.10, quantity=60, tag="nearer"))
        elif self.minute == 5:
            self.stop.cancel("no longer wanted")

    def on_order_event(self, event):
        self.log(f"{self.time:%H:%M} {event.order_id} {event.status.name} {event.fill_quantity} {event.fill_price}")
"""
session = qr.Session.from_script(script, qr.sample_market(), dialect="lean", data=folder.path)
session

# %% [markdown]
# The session has the dates and the cash of the script, and its minutes. Three bars on, six orders wait or have been
# changed, and the market order has paid the ask.

# %% [markdown] zh
# 会话使用脚本的日期、资金与分钟线。三根 K 线之后，六笔委托在等待或已被修改，市价单按卖价成交。

# %%
for _ in range(5):
    session.step(phase="next")
lean.order_list(session)[["type", "quantity", "status", "filled", "price", "limit_price", "stop_price"]]

# %% [markdown]
# The update was accepted inside `on_data` and took effect at the end of that step, against the bar that had just
# closed: an update does not move the time of creation.

# %% [markdown] zh
# 修改在 `on_data` 里被接受，在该步结束时对刚收完的 K 线生效：修改不改变创建时间。

# %%
lean.order_events(session)[["time", "order_id", "status", "fill_quantity", "fill_price", "message"]]

# %%
print(session.explain(2))

# %% [markdown]
# ## One minute, pause by pause
#
# LEAN does its work of a minute in a fixed order. `lean.walk` goes to the next minute and really stands at each pause:
# the bars are there and nothing is filled; what waits was asked and filled; the algorithm has had its turn; the end. At
# 09:35 the algorithm cancels its stop, which is pending after its turn and canceled at the end.

# %% [markdown] zh
# ## 一分钟之内，逐个停顿
#
# LEAN 在一分钟之内按固定的顺序工作。`lean.walk` 走到下一分钟，并真正停在每个停顿处：K 线已到、尚未成交；
# 等待的委托已被询问并成交；算法已经运行；以及结束。09:35 算法撤销止损单：在它运行之后为待撤，结束时已撤。

# %%
for _ in range(2):
    for stop in lean.walk(session):
        print(stop)

# %% [markdown]
# ## Back, and another way
#
# What the algorithm and its engine hold is put back with the session. From here an order by hand opens a branch.

# %% [markdown] zh
# ## 回到过去，走另一条路
#
# 算法及其引擎所持有的一切随会话一起恢复。从这里手工下达的委托开出一个分支。

# %%
session.back(2)
algorithm = session.strategy.target.algorithm
algorithm.minute, algorithm.limit.status.name

# %%
session.branch("by hand")
algorithm.market_order("SPY", -30, tag="by hand")
session.run(progress=False)
lean.order_list(session)[["type", "quantity", "status", "price", "tag"]]

# %%
session.branches.switch("main").run(progress=False)
lean.order_list_hash(session)

# %% [markdown]
# The last line is the hash that LEAN publishes for the order list of a run; `lean.compared(session, expected)` sets an
# expected list beside ours and names the first difference.
#
# ## Daily bars, and what margin does
#
# On daily bars `on_data` runs at 16:00, when the exchange is closed: a market order becomes one for the next open. Two
# limits that each need all of the margin are both accepted; when the first fills, the scan of that step ends the other.

# %% [markdown] zh
# 最后一行是 LEAN 为一次运行的委托列表公布的哈希；`lean.compared(session, expected)` 把预期的列表放在我们的旁边，
# 并指出第一处差异。
#
# ## 日线，以及保证金的作用
#
# 在日线上 `on_data` 于 16:00 运行，交易所已经收盘：市价单变成次日开盘单。两笔各需全部保证金的限价单都被接受；
# 第一笔成交后，该步的检查结束了
# 另一笔。

# %%
days = [dt.datetime(2024, 1, day) for day in (2, 3, 4, 5)]
daily = LeanFolder(mkdtemp())
daily.write_trades("SPY", "daily", [(day, 100, 101, 97, 100, 1_000_000) for day in days])
margin = """
from AlgorithmImports import *


class Margin(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2024, 1, 2)
        self.set_end_date(2024, 1, 5)
        self.set_cash(10_000)
        self.spy = self.add_equity("SPY", Resolution.DAILY).symbol

    def on_data(self, data):
        if self.time.day == 2:
            self.limit_order(self.spy, 190, 99)
            self.limit_order(self.spy, 190, 98)
            self.market_order(self.spy, 1)
"""
second = qr.Session.from_script(margin, qr.sample_market(), dialect="lean", data=daily.path).run(progress=False)
second.orders[["quantity", "filled", "status", "reason", "average_price"]]

# %%
ended = lean.order_events(second).query("status == 'INVALID'")
print(ended["message"].iloc[0])

# %% [markdown]
# ## An option, and the stop that it cannot carry
#
# LEAN's manual shows three orders of a call on SPY: 20 contracts are bought, a stop for all of them is placed, and ten
# are sold. The stop would now write ten contracts, and the scan after the sale ends it. What a written contract needs
# is its premium and a fifth of the share.

# %% [markdown] zh
# ## 期权，以及它承担不起的止损单
#
# LEAN 的手册展示了 SPY 认购期权的三笔委托：买入 20 张，为全部下止损单，再卖出 10 张。此时止损单会使账户净卖出 10 张，
# 卖出之后的检查便结束了它。卖出开仓的每张合约需要权利金加上标的价值的五分之一。

# %%
from decimal import Decimal

from qresearch.market.lean_options import ContractFile, LeanOptions

first = dt.datetime(2024, 1, 8, 9, 30)
times = [first + dt.timedelta(minutes=n) for n in range(90)]
share = LeanFolder(mkdtemp())
share.write_trades("SPY", "minute", [(at, 474, 474, 474, 474, 1000) for at in times])
call = ContractFile("SPY", "call", Decimal(470), dt.date(2024, 1, 9))
premiums = [(at, *[0.91 if n < 60 else 1.50] * 4, 10) for n, at in enumerate(times)]
LeanOptions(share).write_trades(call, "minute", premiums)
options = """
from AlgorithmImports import *


class Calls(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2024, 1, 8)
        self.set_end_date(2024, 1, 8)
        self.set_cash(100_000)
        spy = self.add_equity("SPY", data_normalization_mode=DataNormalizationMode.RAW).symbol
        expiry = datetime(2024, 1, 9)
        self.call = Symbol.create_option(spy, Market.USA, OptionStyle.AMERICAN, OptionRight.CALL, 470, expiry)
        self.add_option_contract(self.call)

    def on_data(self, data):
        if (self.time.hour, self.time.minute) == (9, 31):
            self.market_order(self.call, 20)
            self.stop_market_order(self.call, -20, 0.81)
        elif (self.time.hour, self.time.minute) == (10, 31):
            self.market_order(self.call, -10)
            self.exercise_option(self.call, 1)
"""
third = qr.Session.from_script(options, qr.sample_market(), dialect="lean", data=share.path).run(progress=False)
lean.order_events(third)[["time", "order_id", "symbol", "status", "fill_quantity", "fill_price"]]

# %% [markdown]
# The fourth order exercises one contract: it ends at nothing, and a hundred shares come at the strike of 470. The
# account is that of any other session.

# %% [markdown] zh
# 第四笔委托对一张合约行权：合约以零价格结束，一百股按行权价 470 到账。账户与其他会话的相同。

# %%
third.positions[["quantity", "price", "market_value"]]

# %% [markdown]
# ## The same rule in Shanghai
#
# A script that subscribes to a share of the embedded market trades its bars, by LEAN's rules. Beside it the same rule
# for a session of its own: whole lots, T+1, Chinese fees.

# %% [markdown] zh
# ## 同一条规则在上海
#
# 订阅内置市场股票的脚本按 LEAN 的规则交易它的 K 线。旁边是同一条规则在普通会话中的样子：整手、T+1、中国的费用。

# %%
rule = """
from AlgorithmImports import *


class Rule(QCAlgorithm):
    def initialize(self):
        self.set_start_date(2022, 3, 1)
        self.set_end_date(2022, 3, 10)
        self.share = self.add_equity("604018.SH", Resolution.DAILY).symbol

    def on_data(self, data):
        if not self.portfolio.invested:
            self.set_holdings(self.share, 0.5)
"""
lean_way = qr.Session.from_script(rule, qr.sample_market(), cash=100_000, dialect="lean").run(progress=False)


def handle_data(context, data):
    if not context.portfolio.positions["604018"].quantity:
        context.order_pct("604018", 0.5)


native = qr.Session(qr.sample_market(), start="2022-03-01", end="2022-03-10", cash=100_000, strategy=handle_data).run(
    progress=False
)
[(len(run.fills), int(run.fills["quantity"].iloc[0]), float(run.fills["price"].iloc[0])) for run in (lean_way, native)]

# %% [markdown]
# ## Exercises
#
# **1.** What does Interactive Brokers charge for 688 shares at 100 dollars: half a cent a share, at least a dollar?

# %% [markdown] zh
# ## 练习
#
# **1.** 盈透证券对 100 美元的 688 股收多少费用：每股半美分，至少一美元？

# %%
answer = None

check(answer, lambda: max(1.0, 688 * 0.005), "688 times half a cent; the floor of a dollar is below it.")

# %% [markdown]
# **2.** A market order is placed from a schedule at 11:00; the share has daily bars only. Which type does it become?

# %% [markdown] zh
# **2.** 在 11:00 由定时任务下达一笔市价单；该股票只有日线。它变成哪种类型？

# %%
answer = None

check(answer, "sealed:22c5a6ac2e3e62ae", "More than 15.5 minutes before the close it waits for the close.")

# %% [markdown]
# **3.** Which reason does the session give for the order that the margin no longer carried? Write it in small letters.

# %% [markdown] zh
# **3.** 保证金不再够用的那笔委托，会话给出的原因是什么？用小写字母写出。

# %%
answer = None

check(
    answer,
    lambda: str(second.orders["reason"].iloc[1]).lower(),
    "Look at the second row of the table of the session `second`.",
)
