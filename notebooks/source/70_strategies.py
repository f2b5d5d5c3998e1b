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

# %% [markdown] zh
# # 策略：从一条规则到参数研究
#
# 你将学到
#
# - 一句话怎样变成策略：先是函数，然后是带参数的类；
# - 在相信它赚了多少之前，怎样看它做了什么；
# - 怎样运行参数网格，在这里以及在多个进程中；
# - 为什么网格中最好的会令人失望，滚动前进的划分对此说明什么；
# - 分支怎样让一次运行成为多次实验。
#
# 大约 30 分钟。最后几个单元是练习。

# %%
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import qresearch as qr
from qresearch.exercises import check
from qresearch.views.picture import Picture

market = qr.sample_market()

# %% [markdown]
# ## A rule
#
# "Once a month, hold the three instruments that rose most over the last 60 days." A function of the close says the
# same. It is called after every close, sees bars up to that day and nothing later, and its orders meet the next open.

# %% [markdown] zh
# ## 一条规则
#
# “每月一次，持有过去 60 天涨得最多的三只证券。”一个在收盘时调用的函数说的是同样的话。它在每个收盘之后被调用，看到
# 当天为止的行情，看不到更晚的，它的委托在下一个开盘遇到市场。


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

# %% [markdown] zh
# ## 先看，再相信
#
# 收益率是最后才看的东西。要求了什么，结果如何，其余的为何没有做成？

# %%
digest = session.digest()  # one number for all that happened; we come back to it
session.orders.groupby(["status", "reason"]).size().rename("orders").to_frame()

# %%
session.orders[session.orders.reason == "VALUE_CAP"].why.iloc[0]

# %% [markdown]
# `NO_CHANGE` is the rule itself: what is held has the right value already. `VALUE_CAP` comes from opens above the
# close at which the order was sized. One month by hand is worth more than a hundred summaries: stop where the
# strategy trades, and read the table it decided on.

# %% [markdown] zh
# `NO_CHANGE` 就是规则本身：持有的市值已经合适。`VALUE_CAP` 来自开盘价高于换算股数时的收盘价。亲手走过一个月胜过一百
# 份汇总：在策略交易之处停下，读它据以决定的那张表。

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

# %% [markdown] zh
# ## 带参数的类
#
# 可以变化的东西要有名字。任何有 `handle_data` 的对象都是策略；它的属性就是它的记忆，会话后退时会保留并恢复。我们把
# 它放进文件，因为文件可以在其他进程中运行，也可以用 `qresearch run` 不经笔记本运行。

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

# %% [markdown] zh
# 用旧的数字，类所做的与函数逐笔委托相同。

# %%
again = qr.Session(market, start="2021-04-01", cash=1_000_000, strategy=study.Winners(60, 3), costs="historical")
again.run(progress=False).digest() == digest

# %% [markdown]
# ## A grid
#
# Twenty pairs of parameters over the first two years. Each run takes some hundredths of a second.

# %% [markdown] zh
# ## 网格
#
# 头两年上的二十对参数。每次运行只要百分之几秒。

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

# %% [markdown] zh
# 几千只股票的市场要更久。那时把同一个函数交给多个进程；结果逐个数字相同，因为会话除了它的输入之外什么都不依赖。

# %%
with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
    tasks = [pool.submit(study.one, *pair, "2021-04-01", "2022-12-30") for pair in PAIRS]
    parallel = [task.result() for task in tasks]
parallel == [tuple(row) for row in first.to_numpy()]

# %% [markdown]
# ## The best of many
#
# The pair with the best Sharpe ratio of these two years, and the same pair in the year after:

# %% [markdown] zh
# ## 多次之中最好的
#
# 这两年夏普比率最好的一对，以及同一对在后一年的表现：

# %%
second = grid("2023-01-03", "2023-12-29")
best = tuple(map(int, first["sharpe"].idxmax()))
rank = int(second["sharpe"].rank(ascending=False)[best])
print(f"Best pair {best}: Sharpe {first.sharpe[best]:.2f}; a year later {second.sharpe[best]:.2f}, rank {rank} of 20")
print(f"Correlation of the two columns of Sharpe ratios: {first.sharpe.corr(second.sharpe):.2f}")

# %%
figure = Figure(figsize=(5, 4), layout="constrained")
axes = figure.subplots()
axes.scatter(first.sharpe, second.sharpe, color="#6b7280")
axes.scatter(first.sharpe[best], second.sharpe[best], color="#c2410c", label=f"best of the first two years: {best}")
axes.axline((0, 0), slope=1, color="#d1d5db", zorder=0)
axes.set(xlabel="Sharpe ratio, 2021 and 2022", ylabel="Sharpe ratio, 2023")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
Picture(figure, "Sharpe ratios of two spans")

# %% [markdown]
# How good must the best be to mean anything? Take strategies that know nothing: each month they draw three
# instruments by lot. Fifty of them are fifty trials of luck, and the luckiest looks like skill. (Some of the shares
# drawn have no bars for a while; the warning that tells so is silenced here, since every drawer meets it sooner or
# later.)

# %% [markdown] zh
# 最好的要好到什么程度才有意义？拿什么都不懂的策略来：每个月抽签决定三只证券。五十个这样的策略就是五十次运气，最幸运
# 的那个看上去像有本领。（抽中的股票有些一段时间没有行情；说明这一点的警告在这里关掉了，因为每个抽签者迟早都会遇到。）


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

# %% [markdown] zh
# **所以要当心。**每多试一对，最好的那一对就会更好，而其中没有一对真正变好。写下试了多少次；把最好的与同样多抽签者中
# 最好的相比；并留出任何选择都没有见过的日子。
#
# ## 滚动前进
#
# 使用网格的诚实方法：在一段上选择，在下一段上交易，再向前移。每一行都是用此前十二个月里最好的那一对交易的。

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

# %% [markdown] zh
# ## 把分支当作实验
#
# 参数的另一个用处：在运行途中改变它们，而之前的一切保持原样。规则一直运行到 2022 年底；在那里，一个分支以另一个持有
# 数目接手。

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

# %%
folder.cleanup()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** Which pair of `PAIRS` would have been the best in 2023? A pair, such as `(20, 5)`.

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** `PAIRS` 中哪一对在 2023 年会是最好的？写成 `(20, 5)` 这样的一对。

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

# %% [markdown] zh
# **2.** 费用吃掉了收益率的多少？在 `first` 的日子上分别用 `costs="zero"` 和 `costs="historical"` 运行
# `study.one(5, 2, ...)`，给出收益率之差，写成小数，保留 3 位。


# %%
def gain(costs):
    """Return of the pair (5, 2) over the first two years."""
    return study.one(5, 2, "2021-04-01", "2022-12-30", costs)[1]


answer = None

check(answer, lambda: gain("zero") - gain("historical"), "The second of the three numbers is the return.", digits=3)

# %% [markdown]
# **3.** Of the 50 drawers of lots, how many had a better Sharpe ratio in 2021 than the best pair of `first` over
# 2021 and 2022?

# %% [markdown] zh
# **3.** 50 个抽签者中，有多少个在 2021 年的夏普比率好于 `first` 中最好的一对在 2021 和 2022 两年的？

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

# %% [markdown] zh
# **4.** 写一个策略：第一天买入 1,000 股 `604018`，一旦比平均成本上涨 5 % 就卖出。从 2021-01-04 开始运行，给出会话。
# 检查的是第一次卖出。


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
