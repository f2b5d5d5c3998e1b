# %% [markdown]
# # The life of an order: every state, met and explained
#
# You will learn
#
# - which states an order can be in, and in which phase of a day each of them can be met;
# - how orders fill in parts, rest, expire, are updated, and lose or win a race against a cancel;
# - what a resting order holds back;
# - how to ask any order why it did what it did;
# - what five other systems call all this, and why "filled" does not mean filled everywhere.
#
# About 30 minutes. The last cells are exercises.

# %%
import pandas as pd
from IPython.display import Markdown

import qresearch as qr
from qresearch.domain.code_table import codes_markdown, meanings
from qresearch.exercises import check
from qresearch.views.lifecycle import state_diagram

market = qr.sample_market()
limit, stop = qr.terms.limit, qr.terms.stop

# %% [markdown]
# ## The states
#
# An order is asked for, waits for the next open, works in the market, and ends in one of four ways. The picture is
# drawn from the table of legal moves; nothing else can happen. "Partly filled" and "cancel pending" are no states but
# facts: an order can be both, and still work.

# %%
state_diagram()

# %% [markdown]
# ## One day, phase by phase
#
# 24 February 2021 is a thin day for Xiling Stores (004136): only 12,300 shares change hands. We let our orders take a
# tenth of a day's volume at most, and let cancels and updates take effect at the next match, as on a real exchange.
#
# Six orders, given on the evening before. Guess the end of each before you read on.

# %%
session = qr.Session(market, start="2021-02-24", cash=200_000, participation=0.1, cancel_latency="next_match")
thin = session.buy("004136", 5000, style=limit(10.10, tif="GTC"))
plain = session.buy("604018", 500)
low = session.buy("604018", 500, style=limit(11.50))
patient = session.buy("604018", 300, style=limit(11.60, tif="GTC"))
small = session.buy("604018", 50)
regretted = session.buy("604018", 1000).cancel()
tickets = [thin, plain, low, patient, small, regretted]
orders = dict(zip(["thin", "plain", "low", "patient", "small", "regretted"], tickets, strict=True))
session.orders[["symbol", "side", "quantity", "status", "reason"]]

# %% [markdown]
# Two are over already. Half a lot cannot be sent at all; what only waits can be withdrawn at once.

# %%
small

# %% [markdown]
# Now the day, one phase at a time. Tickets are live: each asks the session where it stands.

# %%
seen = {}
for phase in ("PRE_OPEN", "OPEN", "INTRADAY", "CLOSE"):
    session.step(phase=phase)
    seen[phase] = {name: f"{ticket.status} {ticket.filled:,}/{ticket.quantity:,}" for name, ticket in orders.items()}
pd.DataFrame(seen)

# %% [markdown]
# - `plain`, a market order, filled at the open.
# - `thin` got 1,230 shares at the open: a tenth of 12,300. It is good till canceled (GTC), so the rest
#   keeps working.
# - `low` wanted 11.50. The day never traded below that, so a day order expires at the close.
# - `patient` wants 11.60 and may wait: it works on.
#
# Why did `low` not fill? Ask it. Each check stands there with its numbers, and what would have helped.

# %%
low.explain()

# %% [markdown]
# ## What rests holds something back
#
# Two buys are in the market. The cash they may need is reserved at their limits, fees included; what is left is
# available. Queued requests reserve nothing: their cash is checked at the match, after the sells.

# %%
account = session.portfolio
pd.Series({"cash": account.cash, "reserved": account.reserved, "available": account.available}).to_frame("CNY")

# %% [markdown]
# ## A race
#
# We have seen enough of the thin share and cancel the rest. Until the next match the cancel is only a wish: the order
# works on, and tomorrow's open at 10.05 is within the limit of 10.10. At the same time we raise the price of
# `patient`.

# %%
thin.cancel()
patient.update(limit_price=11.80)
pd.DataFrame(
    {name: [ticket.status.value, ticket.record.cancel_requested] for name, ticket in orders.items()},
    index=["status", "cancel requested"],
).T.loc[["thin", "patient"]]

# %%
session.step()
thin

# %% [markdown]
# The fill came first; the cancel found nothing left. The picture shows the way of the order through the states, with
# every event in its order:

# %%
thin.picture()

# %% [markdown]
# `patient` was in `REPLACE_PENDING` over night. At the open its old limit of 11.60 was still asked, then the new one
# took effect, and in the day the price fell through 11.80:

# %%
patient.explain()

# %%
patient.events[["day", "phase", "event", "quantity", "price", "before", "after", "reason"]]

# %% [markdown]
# An order that is over cannot be changed. That is no silent nothing, it is an answer:

# %%
patient.cancel()
session.message

# %% [markdown]
# ## Refused, locked, stopped
#
# Three more ways to end, on three days that were written for them. A share locked at its upper limit: nobody sells, so
# a buy finds nobody. It works through the day and expires.

# %%
locked = qr.Session(market, start="2021-03-17", cash=100_000)
queueing = locked.buy("604035", 500)
locked.step(phase="OPEN")
at_open = queueing.status.value
locked.step()
at_open, queueing.status.value, queueing.why

# %% [markdown]
# Shares bought today can be sold tomorrow (T+1). At the open of 1 March 2022 the sale comes right after the purchase,
# because this session matches every order by its number:

# %%
same_day = qr.Session(market, start="2022-03-01", cash=100_000, match_order="fifo")
same_day.buy("604018", 500)
too_soon = same_day.sell("604018", 500)
same_day.step()
too_soon.explain()

# %% [markdown]
# And a stop that a gap jumps over. Linjiang Brewery (004177) opens 5.5 % lower on 27 January 2021. The stop protects
# from nothing that happens over night: it fills at the open, below its price.

# %%
gap = qr.Session(market, start="2021-01-27", cash=0, positions={"004177": 1000}, positions_paid=False)
yesterday = gap.history("004177", 1, "all", "none").close.iloc[0]
protected = gap.sell("004177", 1000, style=stop(round(yesterday * 0.98, 2)))
gap.step()
protected.record.terms.stop_price, protected.average_price, protected.status.value

# %% [markdown]
# ## All lives side by side
#
# One row an order: colour and texture tell the state, the dark part how much is filled, the end has a shape of its own.

# %%
session.plot("lives")

# %% [markdown]
# ## Being told
#
# A strategy need not look: `on_fill` is called for every fill, `on_order` for every event. This one answers each
# purchase with a sale 3 % higher. The answer queues like any order.


# %%
class TakeProfit:
    """Buy once, and offer what was bought 3 % higher."""

    def before_trading(self, context):
        """Buy on the first day."""
        if not context.portfolio.positions and not hasattr(context, "begun"):
            context.begun = True
            context.buy("604018", 1000)

    def on_fill(self, context, fill):
        """Answer a purchase with an offer."""
        context.log.info(f"{fill.side} {fill.quantity:,} at {fill.price}")
        if fill.side == "buy":
            context.order(fill.symbol, -fill.quantity, limit(fill.price * 1.03, tif="GTC"))


told = qr.Session(market, start="2021-02-24", cash=100_000, strategy=TakeProfit)
told.step(20)
told.events[told.events.event == "Logged"][["day", "phase", "text"]]

# %% [markdown]
# ## The same order in five dialects
#
# `ticket.code(...)` says what another system would call the state of an order now.

# %%
pd.DataFrame(
    {
        name: {dialect: str(ticket.code(dialect)) for dialect in ("joinquant", "xtquant", "swordfish", "lean", "fix")}
        for name, ticket in orders.items()
    }
).T

# %% [markdown]
# One bare number, five meanings. Is an order with status 1 done?

# %%
{dialect: words[0] for dialect, words in meanings(1).items()}

# %% [markdown]
# The whole table, made from the code. Where a word misleads, a letter leads to a note: "filled" is *partly* filled in
# one system and *all* filled in three others.

# %%
Markdown(codes_markdown())

# %% [markdown]
# ## Exercises
#
# Predict first, then let the session tell. Write a state as text, such as `"WORKING"`.
#
# **1.** On the thin day an order for 5,000 shares of 004136 is given as `limit(10.10, tif="FOK")`: fill or kill. In
# which state does it end?

# %%
answer = None


def killed():
    """The state at the end of the day."""
    try_it = qr.Session(market, start="2021-02-24", cash=200_000, participation=0.1)
    ticket = try_it.buy("004136", 5000, style=limit(10.10, tif="FOK"))
    try_it.step()
    return ticket.status.value


check(answer, killed, "1,230 shares were there at once; FOK takes all or nothing, and waits for nothing.")

# %% [markdown]
# **2.** And how many shares does the same order get as `tif="IOC"`, immediate or cancel?

# %%
answer = None


def immediate():
    """Shares filled."""
    try_it = qr.Session(market, start="2021-02-24", cash=200_000, participation=0.1)
    ticket = try_it.buy("004136", 5000, style=limit(10.10, tif="IOC"))
    try_it.step()
    return ticket.filled


check(answer, immediate, "It takes what is there at once: a tenth of 12,300 shares.")

# %% [markdown]
# **3.** The buy of the locked share had expired at the close of 17 March. Given instead as a limit order at 23.56,
# good till canceled, in which state is it at the close of the *next* day? (It opens at 24.36 and falls to 23.37.)

# %%
answer = None


def through():
    """The state a day later."""
    try_it = qr.Session(market, start="2021-03-17", cash=100_000)
    ticket = try_it.buy("604035", 500, style=limit(23.56, tif="GTC"))
    try_it.step(2)
    return ticket.status.value


check(answer, through, "A resting buy fills when the bar trades below its limit.")

# %% [markdown]
# **4.** An order of 1,000 shares has 400 filled when it is canceled. JoinQuant, XtQuant or FIX: which one of them tells
# from the status alone that something was filled? Write its name as in the table.

# %%
answer = None
check(answer, "sealed:ed528ba6d9f68f00", "Look at 'canceled after a partial fill' and at note (f).")
