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
# - why a market order becomes one for the open or for the close, and what margin does to orders that wait;
# - how the same rule trades a share of Shanghai.
#
# About 25 minutes. The last cells are exercises.
#
# ## Bars in LEAN's layout
#
# A data folder holds zipped files with scaled prices. The bars of this lesson are invented: one day of minutes that
# rises by a cent a minute from 100.00, with a quote of two cents around each price.

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
# The session has the dates and the cash of the script, and its minutes. Three bars on, four orders wait, and the market
# order has paid the ask.

# %%
for _ in range(5):
    session.step(phase="next")
lean.order_list(session)[["type", "quantity", "status", "filled", "price", "limit_price", "stop_price"]]

# %% [markdown]
# The update was accepted inside `on_data` and took effect at the end of that step, against the bar that had just
# closed: an update does not move the time of creation.

# %%
lean.order_events(session)[["time", "order_id", "status", "fill_quantity", "fill_price", "message"]]

# %%
print(session.explain(2))

# %% [markdown]
# ## Back, and another way
#
# What the algorithm and its engine hold is put back with the session. From here an order by hand opens a branch.

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
print(lean.order_events(second)["message"].iloc[-1])

# %% [markdown]
# ## The same rule in Shanghai
#
# A script that subscribes to a share of the embedded market trades its bars, by LEAN's rules. Beside it the same rule
# for a session of its own: whole lots, T+1, Chinese fees.

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

# %%
answer = None

check(answer, lambda: 3.44, "688 times half a cent; the floor of a dollar is below it.")

# %% [markdown]
# **2.** A market order is placed from a schedule at 11:00; the share has daily bars only. Which type does it become?

# %%
answer = None

check(answer, lambda: "MARKET_ON_CLOSE", "More than 15.5 minutes before the close it waits for the close.")

# %% [markdown]
# **3.** Which reason does the session give for the order that the margin no longer carried? Write it in small letters.

# %%
answer = None

check(
    answer,
    lambda: str(second.orders["reason"].iloc[1]).lower(),
    "Look at the second row of the table of the session `second`.",
)
