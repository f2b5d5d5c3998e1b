# %% [markdown]
# # Time travel: from a symptom to the line
#
# A strategy runs, and something is wrong with it. Here it is found and mended without starting again: run to a
# breakpoint, look, go back, watch a value step by step, replace the function, go on, and compare with what happened
# before. Nothing is ever erased.
#
# You will learn
#
# - to stop a run where something happens, and to look around there;
# - to go back, watch values step by step, and change a strategy in the middle of a run;
# - to compare two branches, and to ask "what if" without placing anything;
# - what to do when a strategy raises, and how a session survives its kernel.
#
# About 20 minutes. The last cells are exercises.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import qresearch as qr
from qresearch.exercises import check

#! %load_ext qresearch

# %% [markdown]
# The idea: buy when the close is above its mean of 20 days, and sell when it has fallen 8 % from the highest close
# since the purchase. There is a mistake in it. Do you see it?

# %%
SYMBOL = "604073"


def trail(context, data):
    """Buy above the mean of 20 days, sell 8 % below the highest close since the purchase."""
    closes = data.history(SYMBOL, 20).iloc[:, 0]
    close, mean = closes.iloc[-1], closes.mean()
    held = context.portfolio.positions[SYMBOL].quantity
    if held:
        context.peak = max(getattr(context, "peak", 0), close)
        if close < 0.92 * context.peak:
            context.order_target(SYMBOL, 0)
    elif close > mean:
        context.order_value(SYMBOL, 90_000)


market = qr.sample_market()
folder = Path(tempfile.mkdtemp())
session = qr.Session(market, cash=100_000, strategy=trail, journal=folder / "trail.qsession")
session.run(progress=False)

# %% [markdown]
# ## The symptom
#
# Many round trips, and most of the later ones lasted one day.

# %%
days = session.fills.day
held = days.diff().dt.days[1::2]
len(held), int((held == 1).sum())

# %%
session.fills[["day", "side", "quantity", "price"]].head(9)

# %% [markdown]
# ## Stop where it happens
#
# Back to the beginning, with a breakpoint on each sale. What was kept is not simulated again: `run` walks along it.
# The message says why it stopped; `run` again goes on.

# %%
session.breakpoints.add("fill", symbol=SYMBOL, when=f"positions['{SYMBOL}'].quantity == 0", name="sold")
session.goto(0)
session.run(progress=False)

# %%
session.run(progress=False)
session.run(progress=False)

# %% [markdown]
# The fourth sale is the first after a single day. Watch what the strategy remembers, from before the purchase on.

# %%
session.run(progress=False)
session.back(3)


# %%
def peak(session):
    """What the strategy takes for the highest close since the purchase."""
    return session.memory.get("peak", 0.0)


session.watch(f"positions['{SYMBOL}'].quantity", "round(portfolio.market_value)", peak)

# %%
session.step()

# %%
session.step()

# %%
session.history(SYMBOL, 3, field="all", adjust="none")[["open", "close"]]

# %% [markdown]
# There it is: on the day of the purchase the highest close since then is already far above the close. It is that of
# the trade before. Nothing forgets it after a sale.
#
# ## Mend it and go on
#
# The session stays where it is. `%%strategy` runs the cell and puts the function in the place of the one with the
# same name.


# %%
#! %%strategy
def trail(context, data):
    """Buy above the mean of 20 days, sell 8 % below the highest close since the purchase."""
    closes = data.history(SYMBOL, 20).iloc[:, 0]
    close, mean = closes.iloc[-1], closes.mean()
    held = context.portfolio.positions[SYMBOL].quantity
    if held:
        context.peak = max(getattr(context, "peak", 0), close)
        if close < 0.92 * context.peak:
            context.order_target(SYMBOL, 0)
    else:
        context.peak = 0
        if close > mean:
            context.order_value(SYMBOL, 90_000)


# %% [markdown]
# `step(rerun=True)` calls the strategy again over what was kept. Equal events stay on the branch; the first day that
# comes out differently opens another one.

# %%
session.watch.remove()
session.goto(0)
session.step(250, rerun=True)

# %%
session.breakpoints.disable("sold")
session.branches.rename(session.branches.current, "mended")
session.run(progress=False)

# %%
session.branches

# %%
both = session.branches.compare("main", "mended")
both

# %%
both.first

# %%
both.plot()
plt.show()

# %% [markdown]
# ## What if?
#
# An order can be looked at before it is placed: the checks, the fees, the cash after. Nothing is placed.

# %%
session.goto("2022-03-10")
session.what_if("buy", SYMBOL, 500)

# %% [markdown]
# ## A strategy that raises
#
# This one fails on day 300. The error names the day, the phase and the line; the session stands before that step, and
# the failed step stays readable.

# %%
SHARES = [0.3, 0.6, 0.9]


def ladder(context, data):
    """Hold more every hundred days."""
    context.days = getattr(context, "days", 0) + 1
    share = SHARES[context.days // 100]
    context.order_target_value(SYMBOL, share * context.portfolio.equity)


climb = qr.Session(market, cash=100_000, strategy=ladder)
try:
    climb.run(progress=False)
except qr.StrategyError as problem:
    print(problem)

# %%
climb

# %%
climb.attempt.callback, climb.attempt.line, climb.attempt.memory

# %% [markdown]
# Mend it, and go on from here. `%debug` and `climb.step(debug=True)` would open the debugger in the same place.


# %%
#! %%strategy -s climb
def ladder(context, data):
    """Hold more every hundred days, up to 90 %."""
    context.days = getattr(context, "days", 0) + 1
    share = SHARES[min(context.days // 100, 2)]
    context.order_target_value(SYMBOL, share * context.portfolio.equity)


# %%
climb.run(progress=False)

# %% [markdown]
# The result is that of a strategy which never had the mistake.

# %%
climb.digest() == qr.Session(market, cash=100_000, strategy=ladder).run(progress=False).digest()

# %% [markdown]
# ## It survives the kernel
#
# The first session wrote a journal. After a crash, or tomorrow, it goes on from there: branches, orders and what the
# strategy remembers are back. The strategy itself was not called.

# %%
again = qr.Session.resume(folder / "trail.qsession", market, strategy=trail)
again

# %%
again.branches.table[["parent", "forked", "orders", "fills", "equity"]]

# %% [markdown]
# And what was done by hand or by a strategy can be kept as a plain program that ends with the same digest.

# %%
print("\n".join(climb.to_script().splitlines()[-8:-3]))

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** On which day do the branches `main` and `mended` first differ? A text such as `"2021-05-31"`.

# %%
answer = None

check(answer, lambda: sorted(both.first.day)[0], "Look at the comparison `both` again: it says from when on.")

# %% [markdown]
# **2.** On which day did the equity of `climb` first stand more than 10 % below its highest value until then?
# `climb.equity` knows; or go back to the start and let `run(until=...)` find it.

# %%
answer = None

check(
    answer,
    lambda: climb.equity.index[climb.equity < 0.9 * climb.equity.cummax()][0],
    "climb.equity.cummax() is the highest value until each day.",
)

# %% [markdown]
# **3.** How many shares could be bought on the evening of 10 March 2022 with all the cash of a new session, at most?
# Ask `trial.what_if`, which places nothing.

# %%
trial = qr.Session(market, cash=100_000)
trial.run(until="2022-03-10", progress=False)
answer = None

check(
    answer,
    lambda quantity: (
        trial.what_if("buy", SYMBOL, quantity).passes and not trial.what_if("buy", SYMBOL, quantity + 100).passes
    ),
    "Divide the cash by the last close, take whole lots, and leave something for the fees.",
)
