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

# %% [markdown] zh
# # 时间旅行：从症状到那一行代码
#
# 一个策略在运行，却有什么地方不对。本课不从头再来就把它找出来并改好：运行到断点，察看，后退，逐步盯住一个值，替换函数，
# 继续，再与原先发生的事对比。什么都不会被抹去。
#
# 你将学到
#
# - 在某件事发生之处停下来，并在那里察看；
# - 后退、逐步盯住变量、在运行途中修改策略；
# - 比较两个分支，以及不下任何单就问“假如”；
# - 策略抛出异常时怎么办，会话怎样在内核结束之后继续。
#
# 大约 20 分钟。最后几个单元是练习。

# %%
import tempfile
from pathlib import Path

import qresearch as qr
from qresearch.exercises import check

#! %load_ext qresearch

# %% [markdown]
# The idea: buy when the close is above its mean of 20 days, and sell when it has fallen 8 % from the highest close
# since the purchase. There is a mistake in it. Do you see it?

# %% [markdown] zh
# 思路：收盘价高于 20 日均价时买入，从买入以来的最高收盘价下跌 8 % 时卖出。其中有一个错误。你看出来了吗？

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

# %% [markdown] zh
# ## 症状
#
# 来回交易很多，而且后来的大多只持续了一天。

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

# %% [markdown] zh
# ## 在发生之处停下
#
# 回到开头，在每次卖出处设断点。已保留的部分不会重新模拟：`run` 沿着它走。提示会说明为何停下；再次 `run` 就继续。

# %%
session.breakpoints.add("fill", symbol=SYMBOL, when=f"positions['{SYMBOL}'].quantity == 0", name="sold")
session.goto(0)
session.run(progress=False)

# %%
session.run(progress=False)
session.run(progress=False)

# %% [markdown]
# The fourth sale is the first after a single day. Watch what the strategy remembers, from before the purchase on.

# %% [markdown] zh
# 第四次卖出是第一次只隔一天的。从那次买入之前开始，盯住策略所记住的东西。

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
session.history(SYMBOL, 3, "all", "none")[["open", "close"]]

# %% [markdown]
# There it is: on the day of the purchase the highest close since then is already far above the close. It is that of
# the trade before. Nothing forgets it after a sale.
#
# ## Mend it and go on
#
# The session stays where it is. `%%strategy` runs the cell and puts the function in the place of the one with the
# same name.

# %% [markdown] zh
# 找到了：买入当天，“买入以来的最高收盘价”已经远高于当天的收盘价。那是上一笔交易留下的。卖出之后没有任何代码忘掉它。
#
# ## 改好，继续
#
# 会话留在原地。`%%strategy` 运行这个单元，并用其中的函数替换同名的那一个。


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

# %% [markdown] zh
# `step(rerun=True)` 在已保留的部分上重新调用策略。相同的事件留在原分支上；从第一个结果不同的日子起打开另一个分支。

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

# %% [markdown]
# ## What if?
#
# An order can be looked at before it is placed: the checks, the fees, the cash after. Nothing is placed.

# %% [markdown] zh
# ## 假如？
#
# 委托可以先看后下：检查、费用、之后的资金。什么都没有提交。

# %%
session.goto("2022-03-10")
session.what_if("buy", SYMBOL, 500)

# %% [markdown]
# ## A strategy that raises
#
# This one fails on day 300. The error names the day, the phase and the line; the session stands before that step, and
# the failed step stays readable.

# %% [markdown] zh
# ## 抛出异常的策略
#
# 这一个在第 300 天失败。错误信息写明日期、阶段和行；会话停在那一步之前，失败的那一步仍可察看。

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

# %% [markdown] zh
# 改好，从这里继续。`%debug` 和 `climb.step(debug=True)` 会在同一处打开调试器。


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

# %% [markdown] zh
# 结果与从未有过这个错误的策略相同。

# %%
climb.digest() == qr.Session(market, cash=100_000, strategy=ladder).run(progress=False).digest()

# %% [markdown]
# ## It survives the kernel
#
# The first session wrote a journal. After a crash, or tomorrow, it goes on from there: branches, orders and what the
# strategy remembers are back. The strategy itself was not called.

# %% [markdown] zh
# ## 内核结束也不怕
#
# 第一个会话写了日志。崩溃之后，或者明天，可以从那里继续：分支、委托和策略记住的东西都回来了。策略本身没有被调用。

# %%
again = qr.Session.resume(folder / "trail.qsession", market, strategy=trail)
again

# %%
again.branches.table[["parent", "forked", "orders", "fills", "equity"]]

# %% [markdown]
# And what was done by hand or by a strategy can be kept as a plain program that ends with the same digest.

# %% [markdown] zh
# 手动或由策略所做的事，也可以存成一个普通的程序，它以同样的摘要（digest）结束。

# %%
print("\n".join(climb.to_script().splitlines()[-8:-3]))

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** On which day do the branches `main` and `mended` first differ? A text such as `"2021-05-31"`.

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 分支 `main` 与 `mended` 从哪一天起不同？写成 `"2021-05-31"` 这样的文本。

# %%
answer = None

check(answer, lambda: sorted(both.first.day)[0], "Look at the comparison `both` again: it says from when on.")

# %% [markdown]
# **2.** On which day did the equity of `climb` first stand more than 10 % below its highest value until then?
# `climb.equity` knows; or go back to the start and let `run(until=...)` find it.

# %% [markdown] zh
# **2.** `climb` 的总资产在哪一天第一次比此前的最高值低 10 % 以上？`climb.equity` 知道；或者回到开头，让
# `run(until=...)` 去找。

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

# %% [markdown] zh
# **3.** 2022 年 3 月 10 日晚上，用一个新会话的全部资金最多能买多少股？问 `trial.what_if`，它不下任何单。

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
