# %% [markdown]
# # The workbench: the same session, with buttons
#
# One call opens a page on which you step through days, place orders and see what each of them did. Every button does
# what a line of code could do, so that you can change between clicking and coding at any moment.
#
# ![The workbench after a week of trading: timeline, chart, ticket, table of orders](pictures/workbench_light.png)
#
# You will learn
#
# - where to find what on the workbench;
# - what an order ticket tells before the order is sent;
# - how to ask an order why it did what it did;
# - how to use one panel alone, in another language and in dark colours.
#
# About 15 minutes. The last cells are exercises.

# %%
import qresearch as qr
from qresearch import terms
from qresearch.exercises import check

market = qr.sample_market()
session = qr.Session(market, start="2022-03-11", end="2022-12-30", cash=100_000)
session.show()

# %% [markdown]
# Above stands the **timeline**: step by day or by phase, go back, play, or run until the next fill. A tick below the
# days is a placed order, a triangle a fill, a cross a rejection. While a button has the focus, the keys `→ . ← p` step,
# step by phase, go back and play; the space bar plays and pauses from anywhere on the workbench.
#
# On the left is the **chart**, on the right the **order ticket**, below are the **tables**. A click on the number of an
# order opens its details. Nothing on the page knows more than the clock of the session: the future is not there.
#
# Without a running kernel (on a page such as GitHub) you see the content of the panels as plain tables instead.
#
# ## What the ticket tells before you send
#
# The rest of this notebook takes the panels one by one. Panels follow their session wherever they stand on the page; so
# that each goes on showing what is told beside it, each part of the lesson has a session of its own.


# %%
def evening():
    """A session of its own, on the evening of 11 March."""
    return qr.Session(market, start="2022-03-11", end="2022-12-30", cash=100_000).step()


first = evening()
first.panels.desk.select(symbol="604018")
ticket = first.panels.ticket()
ticket

# %% [markdown]
# The ticket asks the simulator what it would do, on a draft that is thrown away. You see what is left after rounding to
# lots, each fee, the cash afterwards, and every check with a tick or a cross. Nothing has been sent:

# %%
len(first.orders)

# %% [markdown]
# ## An order waits, then works
#
# A limit below the price, good until it is canceled. It stands among the open orders, where its row has buttons to
# change and to cancel it.

# %%
waiting = evening()
waiting.buy("604018", 1000, style=terms.limit(9.6, tif="GTC"))
waiting.panels.open_orders()

# %% [markdown]
# The same order a day later:

# %%
lesson = evening()
order = lesson.buy("604018", 1000, style=terms.limit(9.6, tif="GTC"))
lesson.step()
lesson.panels.orders()

# %% [markdown]
# The fill, with each fee, and the position. Shares bought today are locked until tomorrow (T+1), so `Sellable` is 0.

# %%
lesson.panels.fills()

# %%
lesson.panels.positions()

# %% [markdown]
# ## Ask an order why
#
# The details of an order are its checks in order, with their numbers, and a picture of its way through the states.

# %%
lesson.panels.details(order)

# %% [markdown]
# A refused order is never lost. On the board STAR one buys at least 200 shares:

# %%
star = evening()
refused = star.buy("688903", 100)
star.panels.details(refused)

# %% [markdown]
# ## Where the account stands
#
# The same timeline as on the workbench, and the account in numbers.

# %%
lesson.panels.timeline()

# %%
lesson.panels.cash()

# %% [markdown]
# Going back is one click, or one call. The panels show what was known then: the order waits again.

# %%
past = evening()
past.buy("604018", 1000, style=terms.limit(9.6, tif="GTC"))
past.step().back()
past.panels.orders()

# %%
lesson.panels.chart(renderer="png")

# %% [markdown]
# ## What it costs, and what it came to
#
# The panel of costs shows what the last fills would have cost under other settings before you apply them. Applying is a
# command like any other: it holds from now on, and going back undoes it.

# %%
lesson.panels.costs()

# %% [markdown]
# The tear-sheet makes the page of QuantStats for the branch you stand on, at any moment. After a single day it says
# that there is not enough to tell.

# %%
early = qr.Session(market, start="2022-03-11", cash=100_000).step().panels.tearsheet()
early.make()
early

# %% [markdown]
# ## Another look
#
# Labels and reasons in Chinese, dark colours, and rising prices green. Both panels belong to one session: what you do
# in one is seen in the other.

# %%
lesson.panels(language="zh", theme="dark", colours="green_up").orders()

# %% [markdown]
# ## Practice
#
# The panel of practice hides names and dates, asks before it shows, and keeps the score. A teacher sets it up with a
# small dict.

# %%
lesson.panels.practice({"ask": "decision", "rounds": 5, "seed": 7})

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing. Use the
# workbench above, a panel, or code, as you like.
#
# **1.** On the evening of 11 March 2022, how much cash would be left after buying 2,500 shares of `604018` at the last
# price, fees included?

# %%
answer = None
last = evening()

check(answer, lambda: last.what_if("buy", "604018", 2500).cash_after, "Read 'Cash after' on the ticket.")

# %% [markdown]
# **2.** With the code of which reason was the order for `688903` refused?

# %%
answer = None

check(answer, lambda: refused.reason, "It stands in the details of the order, in capital letters.")

# %% [markdown]
# **3.** A session buys 1,000 shares of `604018` at the market on the evening of 11 March 2022. On the first trading day
# after that: how many of them can be sold on that day itself?

# %%
answer = None

check(
    answer,
    lambda: last.buy("604018", 1000).session.step().portfolio.positions["604018"].sellable,
    "Look at 'Sellable' in the table of positions.",
)
