# %% [markdown]
# # Strategies: from a rule to a parameter study
#
# You will learn
#
# - how a sentence becomes a strategy: a function first, then a class with parameters;
# - how to look at what it did before believing what it earned;
# - how to run a grid of parameters, here and in several processes;
# - why the best of a grid disappoints, and what a walk-forward split tells about that;
# - how branches make experiments out of one run.
#
# About 30 minutes. The last cells are exercises.

# %%
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import qresearch as qr
from qresearch.exercises import check

market = qr.sample_market()

# %% [markdown]
# ## A rule
#
# "Once a month, hold the three instruments that rose most over the last 60 days." A function of the close says the
# same. It is called after every close, sees bars up to that day and nothing later, and its orders meet the next open.


# %%
def winners(context, data):
    """Each month, hold the three instruments that rose most over 60 days."""
    if context.now.day.month == getattr(context, "month", None):
        return
    context.month = context.now.day.month
    closes = data.history(count=60)
    best = (closes.iloc[-1] / closes.iloc[0]).nlargest(3).index
    for symbol in dict.fromkeys([*context.portfolio.positions, *best]):
        context.order_target_value(symbol, 0.9 / 3 * context.portfolio.equity * (symbol in best))


session = qr.Session(market, start="2021-04-01", cash=1_000_000, strategy=winners, costs="historical")
session.run(progress=False)

# %% [markdown]
# ## Look before you believe
#
# A return is the last thing to look at. What was asked for, what became of it, and why was the rest not done?

# %%
digest = session.digest()  # one number for all that happened; we come back to it
session.orders.groupby(["status", "reason"]).size().rename("orders").to_frame()

# %%
session.orders[session.orders.reason == "VALUE_CAP"].why.iloc[0]

# %% [markdown]
# `NO_CHANGE` is the rule itself: what is held has the right value already. `VALUE_CAP` comes from opens above the
# close at which the order was sized. One month by hand is worth more than a hundred summaries: stop where the
# strategy trades, and read the table it decided on.

# %%
session.goto("2022-03-01")
closes = session.history(count=60)
(closes.iloc[-1] / closes.iloc[0] - 1).nlargest(5).map("{:+.1%}".format)

# %%
session.orders[session.orders.placed == "2022-03-01"][["symbol", "side", "asked", "quantity", "status"]]

# %% [markdown]
# ## A class with parameters
#
# What may vary gets a name. Any object with `handle_data` is a strategy; its attributes are its memory, kept and
# restored when the session goes back. We put it into a file, because a file can be run in other processes, and by
# `qresearch run` without a notebook.

# %%
STUDY = '''
import qresearch as qr


class Winners:
    """Each month, hold in equal parts what rose most."""

    def __init__(self, lookback=60, hold=3):
        self.lookback, self.hold, self.month = lookback, hold, None

    def handle_data(self, context, data):
        if context.now.day.month == self.month:
            return
        self.month = context.now.day.month
        closes = data.history(count=self.lookback)
        best = (closes.iloc[-1] / closes.iloc[0]).nlargest(self.hold).index
        for symbol in dict.fromkeys([*context.portfolio.positions, *best]):
            value = 0.9 / self.hold * context.portfolio.equity
            context.order_target_value(symbol, value * (symbol in best))


def one(lookback, hold, start, end, costs="historical"):
    """Sharpe ratio, return and costs of one run."""
    strategy = Winners(lookback, hold)
    run = qr.Session(qr.sample_market(), start=start, end=end, strategy=strategy, costs=costs).run(progress=False)
    figures = run.tables.return_summary["value"]
    return figures["sharpe"], figures["total_return"], run.tables.costs.loc["total", "of_equity"]
'''

folder = TemporaryDirectory()
(Path(folder.name) / "study.py").write_text(STUDY)
sys.path.insert(0, folder.name)

import study

# %% [markdown]
# The class with the old numbers does what the function did, order by order.

# %%
again = qr.Session(market, start="2021-04-01", cash=1_000_000, strategy=study.Winners(60, 3), costs="historical")
again.run(progress=False).digest() == digest

# %% [markdown]
# ## A grid
#
# Twenty pairs of parameters over the first two years. Each run takes some hundredths of a second.

# %%
LOOKBACKS, HOLDS = (5, 10, 20, 40, 60), (2, 3, 5, 8)
PAIRS = [(lookback, hold) for lookback in LOOKBACKS for hold in HOLDS]


def grid(start, end):
    """Sharpe ratio, return and costs of every pair over some days."""
    rows = {pair: study.one(*pair, start, end) for pair in PAIRS}
    table = pd.DataFrame(rows, index=["sharpe", "return", "costs"]).T
    return table.rename_axis(["lookback", "hold"])


first = grid("2021-04-01", "2022-12-30")
first["sharpe"].unstack().round(2)

# %% [markdown]
# A market of thousands of shares takes longer. Then the same function goes to several processes; what comes back is
# the same, number by number, because nothing in a session depends on anything but its input.

# %%
with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
    tasks = [pool.submit(study.one, *pair, "2021-04-01", "2022-12-30") for pair in PAIRS]
    parallel = [task.result() for task in tasks]
parallel == [tuple(row) for row in first.to_numpy()]

# %% [markdown]
# ## The best of many
#
# The pair with the best Sharpe ratio of these two years, and the same pair in the year after:

# %%
second = grid("2023-01-03", "2023-12-29")
best = tuple(map(int, first["sharpe"].idxmax()))
rank = int(second["sharpe"].rank(ascending=False)[best])
print(f"Best pair {best}: Sharpe {first.sharpe[best]:.2f}; a year later {second.sharpe[best]:.2f}, rank {rank} of 20")
print(f"Correlation of the two columns of Sharpe ratios: {first.sharpe.corr(second.sharpe):.2f}")

# %%
_ = plt.figure(figsize=(5, 4))
plt.scatter(first.sharpe, second.sharpe, color="tab:gray")
plt.scatter(first.sharpe[best], second.sharpe[best], color="tab:red", label=f"best of the first two years: {best}")
plt.axline((0, 0), slope=1, color="lightgray", zorder=0)
plt.xlabel("Sharpe ratio, 2021 and 2022")
plt.ylabel("Sharpe ratio, 2023")
plt.legend()
plt.show()

# %% [markdown]
# How good must the best be to mean anything? Take strategies that know nothing: each month they draw three
# instruments by lot. Fifty of them are fifty trials of luck, and the luckiest looks like skill. (Some of the shares
# drawn have no bars for a while; the warning that tells so is silenced here, since every drawer meets it sooner or
# later.)


# %%
class Lots:
    """Each month, hold three instruments drawn by lot."""

    def __init__(self, seed):
        self.seed, self.month, self.draws = seed, None, 0

    def handle_data(self, context, data):
        """Draw again when the month is new."""
        if context.now.day.month == self.month:
            return
        self.month, self.draws = context.now.day.month, self.draws + 1
        known = data.history(count=1).iloc[-1].dropna().index
        drawn = np.random.default_rng([self.seed, self.draws]).choice(known, 3, replace=False)
        for symbol in dict.fromkeys([*context.portfolio.positions, *drawn]):
            context.order_target_value(symbol, 0.3 * context.portfolio.equity * (symbol in drawn))


def luck(seed, start, end):
    """Sharpe ratio of one drawer of lots."""
    run = qr.Session(market, start=start, end=end, strategy=Lots(seed), costs="historical").run(progress=False)
    return run.tables.return_summary.loc["sharpe", "value"]


warnings.simplefilter("ignore", qr.MarketWarning)
lots = pd.DataFrame(
    {year: [luck(seed, f"{year}-01-04", f"{year}-12-29") for seed in range(50)] for year in (2021, 2022)}
)
lucky = lots[2021].idxmax()
print(f"The best of {len(lots)}: Sharpe {lots[2021].max():.2f} in 2021, and {lots.loc[lucky, 2022]:.2f} in 2022")
print(f"Half of them had more than {lots[2021].median():.2f} in 2021, and {lots[2022].median():.2f} in 2022")

# %% [markdown]
# **So beware.** With every pair that you try, the best of them gets better without any of them being good. Write
# down how many you tried; compare the best with the best of as many drawers of lots; and keep days that no choice
# has seen.
#
# ## Walk forward
#
# The honest way to use a grid: choose on one stretch, trade the next, move on. Each row was traded with the pair that
# was best on the twelve months before it.

# %%
WINDOWS = [
    ("2021-04-01", "2022-03-31", "2022-04-01", "2022-09-30"),
    ("2021-10-08", "2022-09-30", "2022-10-10", "2023-03-31"),
    ("2022-04-01", "2023-03-31", "2023-04-03", "2023-09-28"),
]


def walk(begin, until, start, end):
    """Choose on the first stretch, trade the second."""
    seen = grid(begin, until).sharpe
    chosen = seen.idxmax()
    sharpe, gain, _ = study.one(*chosen, start, end)
    return {
        "chosen on": f"{begin} to {until}",
        "pair": chosen,
        "Sharpe then": seen.max(),
        "Sharpe after": sharpe,
        "return": gain,
    }


walked = pd.DataFrame([walk(*window) for window in WINDOWS])
walked.round(2)

# %%
promised, delivered = walked[["Sharpe then", "Sharpe after"]].mean()
print(f"Mean Sharpe ratio promised: {promised:.2f}; delivered: {delivered:.2f}")

# %% [markdown]
# ## Branches as experiments
#
# Another use of parameters: change them in the middle of a run and leave everything before as it was. The rule goes
# on to the end of 2022; there a branch takes over with another number of holdings.

# %%
session = qr.Session(market, start="2022-01-04", strategy=study.Winners(60, 3), costs="historical")
session.run(progress=False)
session.goto("2022-10-31")
session.branch("eight")
session.strategy = study.Winners(60, 8)
session.run(progress=False)

# %%
both = session.branches.compare("main", "eight")
both

# %%
both.plot()
plt.show()

# %%
folder.cleanup()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** Which pair of `PAIRS` would have been the best in 2023? A pair, such as `(20, 5)`.

# %%
answer = None

check(
    answer,
    lambda pair: pair in second.index and (second.sharpe <= second.sharpe[pair]).all(),
    "The table `second` holds 2023.",
)

# %% [markdown]
# **2.** What part of the return was eaten by costs? Run `study.one(5, 2, ...)` over the days of `first` with
# `costs="zero"` and with `costs="historical"`, and give the difference of the returns as a fraction, to 3 decimals.


# %%
def gain(costs):
    """Return of the pair (5, 2) over the first two years."""
    return study.one(5, 2, "2021-04-01", "2022-12-30", costs)[1]


answer = None

check(answer, lambda: gain("zero") - gain("historical"), "The second of the three numbers is the return.", digits=3)

# %% [markdown]
# **3.** Of the 50 drawers of lots, how many had a better Sharpe ratio in 2021 than the best pair of `first` over
# 2021 and 2022?

# %%
answer = None

check(
    answer,
    lambda: len(lots) - np.searchsorted(lots[2021].sort_values(), first.sharpe.max()),
    "Compare the column lots[2021] with the largest Sharpe ratio of `first`.",
)

# %% [markdown]
# **4.** Write a strategy that buys 1,000 shares of `604018` on its first day and sells them as soon as they have
# gained 5 % on their average cost. Run it from 2021-01-04 and give the session. What is checked is the first sale.


# %%
def sold_with_gain(run):
    """Whether the first sale was decided at a close of at least 5 % above cost, and at the first such close."""
    fills = run.fills
    bought, sold = fills[fills.side == "buy"].iloc[0], fills[fills.side == "sell"].iloc[0]
    closes = pd.Series(market.panel.close[:, market.column("604018")], pd.DatetimeIndex(market.days)).loc[bought.day :]
    cost = -bought.net / bought.quantity
    decided = closes.index[closes >= 1.05 * cost][0]
    return sold.quantity == 1000 and sold.day == closes.index[closes.index > decided][0]


answer = None

check(answer, sold_with_gain, "positions['604018'].average_cost and the last close decide; the sale fills a day later.")
