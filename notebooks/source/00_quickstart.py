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

# %%
import matplotlib.pyplot as plt

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

# %%
ticket = session.buy("604018", 1000)
ticket

# %%
session.step()
ticket

# %% [markdown]
# One step later it has filled, at the open of 11 March, and the fee was paid. The shares are *locked*: what was
# bought today can be sold on the next trading day (T+1).

# %%
session.positions[["quantity", "sellable", "locked", "average_cost", "price", "profit"]]

# %% [markdown]
# ## A wrong order is data
#
# Nothing is silently dropped. A buy on the STAR board needs at least 200 shares; the order is kept, with its reason.

# %%
session.buy("688903", 100)

# %% [markdown]
# An order can also fail later. The shares bought here cannot be sold on 15 March, which opens locked at limit-down:
# nobody buys. Every order can say what was checked.

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
(robot.equity / 1000).plot(figsize=(8, 3), ylabel="equity, thousand yuan", xlabel="", title="Momentum, 2021 to 2023")
plt.show()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** What did the first purchase, 1,000 shares of `604018`, cost in fees, in yuan?

# %%
answer = None

check(answer, lambda: -session.fills.net[0] - session.fills.notional[0], "Look at session.fills.")

# %% [markdown]
# **2.** Predict: in which state will each of these orders be after one step? A list of three words.


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

# %%
answer = None

check(
    answer,
    lambda: robot.orders.reason[robot.orders.reason != ""].mode()[0],
    "robot.orders is a table; value_counts() counts what stands in one of its columns.",
)
