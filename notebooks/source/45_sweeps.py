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

# %% [markdown] zh
# # 参数扫描：多次运行，以及其中最好的一次值多少
#
# 一个策略，多组参数，一张表。运行它们很容易；相信最好的那一个，才是本课要讲的错误。
#
# 你将学到
#
# - 在网格、随机抽取或列表的参数上运行策略，用一个核或所有核；
# - 把表中任何一行重新打开为会话；
# - 在热力图上分辨高原与孤峰；
# - 问 36 次运行中最好的一次有多少是运气，并在没有见过的日子上检验这个选择。
#
# 大约 20 分钟。最后几个单元是练习。

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

# %% [markdown] zh
# 每种组合都运行了，各用一份新的策略。参数交给类的构造函数、同名的属性，或跟在函数的 data 之后：
# `def handle_data(context, data, fast, slow)`。
#
# 抛出异常的那次运行是带有错误的一行，其他的不受影响：

# %%
sweep.table.loc[sweep.table.error != "", ["fast", "slow", "error"]]

# %% [markdown]
# ## On all cores, and again tomorrow
#
# `n_jobs=-1` takes every core, and the table is the same to the last digit. With `file=` each result is written at
# once: after Ctrl-C, or a power cut, the same call goes on where it stopped. On a cluster it is `backend="dask"` or
# `"ray"`.

# %% [markdown] zh
# ## 用上所有核，明天接着做
#
# `n_jobs=-1` 使用每一个核，表格到最后一位都相同。加上 `file=`，每个结果立即写入：按 Ctrl-C 或断电之后，同样的调用从
# 停下的地方继续。在集群上写 `backend="dask"` 或 `"ray"`。

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

# %% [markdown] zh
# ## 一行就是一个会话
#
# 表中任何数字都可以深究：这一行会打开成它当时的会话，摘要相同。

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

# %% [markdown] zh
# ## 高原还是尖峰？
#
# 在这里很好、旁边一步就差的数字，比周围都好的数字更可能是靠运气找到的。

# %%
sweep.plot("heatmap", by="sharpe")

# %% [markdown]
# `sweep.plot("page").save("sweep.html")` writes the same as a page to move in, for every figure and any two parameters:
# the mouse over a cell names its run and all figures, a click gives the line of Python that opens it again.

# %% [markdown] zh
# `sweep.plot("page").save("sweep.html")` 把同样的内容写成可以操作的页面，可选任一指标和任意两个参数：鼠标移到格子上显示
# 该次运行及全部指标，点击给出重新打开它的那行 Python。

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

# %% [markdown] zh
# `ahead` 是一次运行比相邻运行的均值好多少。
#
# ## 为什么多次之中最好的并不好
#
# 三十六个毫无本领的策略也会有一个最好的。`best` 说出其中最幸运的一个预期会是什么样子；紧缩夏普比率（deflated Sharpe
# ratio）是最好的一次确有本领的概率，考虑到它是这么多次中最好的，以及它的收益分布的形状；过拟合概率是在一半日子里最
# 好的一次，在另一半日子里有多常不高于中位数。公式及其来源见 `qresearch.sweeps.overfitting`。

# %%
sweep.best()

# %% [markdown]
# ## Days that were not seen
#
# Choose on 120 days, look at the next 40, go on: that is walking forward. `beaten` is the part of the other runs that
# were worse on the days for testing, equal ones counted by half; a choice that says nothing beats a half of them.

# %% [markdown] zh
# ## 没有见过的日子
#
# 在 120 天上选择，看随后的 40 天，再往前走：这就是滚动前进。`beaten` 是其余运行中在检验日子里更差者所占的比例（相同的
# 算一半）；毫无意义的选择会胜过其中一半。

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

# %% [markdown] zh
# `skfolio.model_selection.WalkForward(train_size=120, test_size=40)` 生成同样的窗口，它的 `CombinatorialPurgedCV`
# 生成各段的所有组合，并去掉其间相邻的日子；两者都可以交给 `validate`（`pip install 'qresearch[sweep]'`）。
#
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 在至少交易了 10 次的运行中，哪一组 `fast` 和 `slow` 从最高值回落得最少？写成 `(3, 20)` 这样的一对。

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

# %% [markdown] zh
# **2.** 滚动前进时，在多少个窗口里选中的运行胜过一半以上的其他运行？

# %%
answer = None

check(answer, lambda: int((forward.beaten > 0.5).sum()), "Compare the column `beaten` with 0.5, and count.")

# %% [markdown]
# **3.** Sweep `slow` from 20 to 60 in steps of 10 with `fast` 5. Give the digest of the best run by `total_return`.

# %% [markdown] zh
# **3.** 以 `fast` 为 5，把 `slow` 从 20 到 60 按 10 一步扫描。给出按 `total_return` 最好的一次的摘要。

# %%
answer = None

more = {"fast": [5], "slow": [20, 30, 40, 50, 60]}
check(
    answer,
    lambda: qr.sweep(Cross, market, more, **options).table.set_index("total_return").sort_index().digest.iloc[-1],
    "qr.sweep(Cross, market, {...}, **options), then its table: the row where total_return is largest.",
)
