# %% [markdown]
# # Sweeps: many runs, and what the best of them is worth
#
# One strategy, many sets of parameters, one table. Running them is easy; believing the best one is the mistake that
# this lesson is about.
#
# You will learn
#
# - to run a strategy over a grid, a draw or a list of parameters, on one core or on all;
# - to open any row of the table as a session again;
# - to read a heatmap for plateaus and lonely peaks;
# - to ask how much of the best of 36 runs is luck, and to test the choice on days that it has not seen.
#
# About 20 minutes. The last cells are exercises.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import qresearch as qr
from qresearch.exercises import check


class Cross:
    """Held while the mean of the last `fast` closes is above that of the last `slow` ones."""

    symbol = "604018"

    def __init__(self, fast, slow):
        if fast >= slow:
            raise ValueError("fast must be below slow")
        self.fast, self.slow = fast, slow

    def handle_data(self, context, data):
        """Compare the means at every close."""
        closes = data.array("close")[:, context.symbols.index("604018.SH")]
        if len(closes) >= self.slow:
            rising = closes[-self.fast :].mean() > closes[-self.slow :].mean()
            if rising != bool(context.portfolio.positions):
                context.order_target(self.symbol, 5000 if rising else 0)


market = qr.sample_market()
grid = {"fast": [2, 3, 5, 8, 12, 20], "slow": [10, 15, 20, 30, 45, 60]}
sweep = qr.sweep(Cross, market, grid, start="2021-03-01", cash=100_000, progress=False)
sweep.table[["fast", "slow", "total_return", "sharpe", "max_drawdown", "fills", "error"]].head(8)

# %% [markdown]
# Every combination was run, each with a fresh copy of the strategy. Parameters go to the constructor of a class, to
# attributes of its name, or behind the data of a function: `def handle_data(context, data, fast, slow)`.
#
# A run that raises is a row with its error, and nothing else stops:

# %%
sweep.table.loc[sweep.table.error != "", ["fast", "slow", "error"]]

# %% [markdown]
# ## On all cores, and again tomorrow
#
# `n_jobs=-1` takes every core, and the table is the same to the last digit. With `file=` each result is written at
# once: after Ctrl-C, or a power cut, the same call goes on where it stopped. On a cluster it is `backend="dask"` or
# `"ray"`.

# %%
options = {"start": "2021-03-01", "cash": 100_000, "progress": False}
with TemporaryDirectory() as folder:
    file = Path(folder) / "cross.sqlite"
    qr.sweep(Cross, market, {"fast": [2, 3], "slow": [10, 15]}, file=file, **options)
    wider = qr.sweep(Cross, market, grid, file=file, n_jobs=2, **options)
wider.table.equals(sweep.table)

# %% [markdown]
# ## A row is a session
#
# Any figure of the table can be looked into: the row opens as the session that it was, with the same digest.

# %%
row = sweep.table.sharpe.idxmax()
session = sweep.session(row)
session.digest() == sweep.table.digest[row], len(session.orders)

# %%
session.goto("2021-06-30")
session.positions

# %% [markdown]
# ## Plateau or peak?
#
# A figure that is good here and bad one step beside was found by luck more likely than one that is good all around.

# %%
sweep.plot("heatmap", by="sharpe")

# %%
sweep.stability().sort_values("sharpe", ascending=False).round(3).head(5)

# %% [markdown]
# `ahead` is by how much a run is better than the mean of its neighbours.
#
# ## Why the best of many is not good
#
# Thirty-six strategies without any skill would show a best one too. `best` says what that luckiest one is expected to
# look like; the deflated Sharpe ratio is the probability that the best run has any skill, seen that it is the best of
# so many and how its returns are shaped; the probability of overfitting is how often the best of one half of the days
# is not above the median in the other half. The formulas and their sources: `qresearch.sweeps.overfitting`.

# %%
sweep.best()

# %% [markdown]
# ## Days that were not seen
#
# Choose on 120 days, look at the next 40, go on: that is walking forward. `beaten` is the part of all runs that were
# worse on the days for testing; a choice that says nothing beats a half of them.

# %%
days = len(sweep.returns)
windows = [(range(first, first + 120), range(first + 120, first + 160)) for first in range(0, days - 159, 40)]
forward = sweep.validate(windows)
forward[["test_from", "fast", "slow", "train_sharpe", "test_sharpe", "beaten"]].set_index("test_from").round(2)

# %% [markdown]
# `skfolio.model_selection.WalkForward(train_size=120, test_size=40)` makes the same windows, and its
# `CombinatorialPurgedCV` every combination of stretches with the days between them taken out; both can be passed to
# `validate` (`pip install 'qresearch[sweep]'`).
#
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** Which `fast` and `slow` lost least from their highest value, among the runs that traded at least 10 times? A
# pair such as `(3, 20)`.

# %%
answer = None

traded = sweep.table[sweep.table.fills >= 10]
check(
    answer,
    lambda: tuple(traded.loc[traded.max_drawdown.idxmin(), ["fast", "slow"]].tolist()),
    "The column is `max_drawdown`; sweep.best('max_drawdown') does not ask how often a run traded.",
)

# %% [markdown]
# **2.** By walking forward, in how many of the windows did the chosen run beat more than half of the others?

# %%
answer = None

check(answer, lambda: int((forward.beaten > 0.5).sum()), "Compare the column `beaten` with 0.5, and count.")

# %% [markdown]
# **3.** Sweep `slow` from 20 to 60 in steps of 10 with `fast` 5. Give the digest of the best run by `total_return`.

# %%
answer = None

more = {"fast": [5], "slow": [20, 30, 40, 50, 60]}
check(
    answer,
    lambda: qr.sweep(Cross, market, more, **options).table.set_index("total_return").sort_index().digest.iloc[-1],
    "qr.sweep(Cross, market, {...}, **options), then its table: the row where total_return is largest.",
)
