# %% [markdown]
# # Debugging: into the function, line by line
#
# Most questions are answered by what the session says of itself. Some are not: why did *my* function ask for that? Then
# one wants to stand inside it, at a line, and look at its variables.
#
# You will learn
#
# - what to ask before a debugger is opened;
# - what `breakpoint()` needs in a notebook, and what happens where it does not have it;
# - how to step through a callback with JupyterLab's debugger, and without any front end;
# - why nothing is broken when one leaves in the middle of a step.
#
# About 15 minutes. The last cells are exercises.

# %% [markdown] zh
# # 调试：走进函数，一行一行
#
# 多数问题，会话自己说的话就能回答。有些不能：*我的*函数为什么这样要求？这时就想站在它里面的某一行，看它的变量。
#
# 你将学到
#
# - 打开调试器之前先问什么；
# - `breakpoint()` 在笔记本里需要什么，条件不具备时会怎样；
# - 怎样用 JupyterLab 的调试器单步走过一个回调，以及没有任何前端时怎么办；
# - 为什么在一步的中途离开不会弄坏任何东西。
#
# 大约 15 分钟。最后几个单元是练习。

# %%
import qresearch as qr
from qresearch.exercises import check

market = qr.sample_market()


def tenth(context, data):
    """Hold a tenth of the equity in one share, at the last price."""
    price = data.history("604018", 2).iloc[0, 0]
    context.wanted = int(0.1 * context.portfolio.equity // price)
    breakpoint()
    context.order_target("604018", context.wanted)


session = qr.Session(market, start="2022-03-11", cash=100_000, strategy=tenth)
session.step(2)
session.orders[["status", "reason", "quantity", "filled", "average_price", "placed"]]

# %% [markdown]
# There is a mistake in it: the price is not the last one. And there is a `breakpoint()`, at which nothing happened: see
# below.
#
# ## Ask first
#
# Three questions need no debugger. Why did the *exchange* do that? `explain`. What does my strategy remember?
# `session.memory`, or `session.watch` to see it at every step. Where does it begin? `session.breakpoints` stop a run at
# a fill, a rejection or any condition: days before lines.

# %% [markdown] zh
# 其中有一个错误：那个价格不是最新的。还有一个 `breakpoint()`，在那里什么都没有发生：见下文。
#
# ## 先问
#
# 三个问题不需要调试器。*交易所*为什么这样做？看 `explain`。我的策略记住了什么？看 `session.memory`，或用
# `session.watch` 在每一步察看。从哪里开始的？`session.breakpoints` 让运行在一次成交、一次拒绝或任何条件处停下：先找
# 日子，再找行。

# %%
session.explain(1)


# %%
def wanted(session):
    """What the strategy wanted at its last call."""
    return session.memory.get("wanted")


session.goto(0)
session.watch(wanted, "round(portfolio.equity)")
session.step(rerun=True)

# %% [markdown]
# So many shares are a tenth of the equity at another price than the close of that evening: the answer lies inside the
# function.
#
# ## What `breakpoint()` needs
#
# It stops where a debugger is connected, and is passed by where none is: so it may stay in a function, in tests and on
# pages without a front end.
#
# 1. **JupyterLab or Notebook 7** with the kernel that comes along (ipykernel).
# 2. **The bug in the toolbar of the notebook is switched on** (*Enable Debugger*) *before* the cell with the step runs.
# 3. **The cell that defines the function was run**, before or after that: `breakpoint()` knows its place. A red dot,
#    set with a click left of a line number, needs the debugger to be on when its cell runs.
#
# Now run the next cell with the bug switched on; `rerun=True` calls the strategy again. The cell waits with `[*]`; the
# panel on the right shows the variables `context`, `data` and `price`, and the call stack, whose upper line is `tenth`.
# The lines under it are ours: who calls your function, and from which phase. `F10` goes a line on, `F11` into a call,
# `F9` lets it run. A click on a variable opens it; *Evaluate Code* (the icon beside *Callstack*) answers expressions
# such as `data.history("604018", 2)`.

# %% [markdown] zh
# 这么多股，是总资产的十分之一除以另一个价格，而不是当晚的收盘价：答案在函数里面。
#
# ## `breakpoint()` 需要什么
#
# 有调试器连接时它会停下，没有时直接通过：所以它可以留在函数里、测试里和没有前端的页面上。
#
# 1. **JupyterLab 或 Notebook 7**，用自带的内核（ipykernel）。
# 2. **打开笔记本工具栏上的小虫**（*Enable Debugger*），要在运行推进那一步的单元*之前*。
# 3. **定义函数的单元已经运行过**，在此之前或之后都可以：`breakpoint()` 知道自己的位置。在行号左侧点出的红点，则要求
#    运行那个单元时调试器已经打开。
#
# 现在打开小虫，运行下一个单元；`rerun=True` 会重新调用策略。单元以 `[*]` 等待；右侧的面板显示变量 `context`、`data`
# 和 `price`，以及调用栈，最上面一行是 `tenth`。它下面的几行是我们的：谁在调用你的函数，处于哪个阶段。`F10` 前进一行，
# `F11` 进入调用，`F9` 让它继续运行。点击变量可以展开；*Evaluate Code*（*Callstack* 旁的图标）回答
# `data.history("604018", 2)` 这样的表达式。

# %%
session.step(rerun=True)

# %% [markdown]
# While it waits the clock of the session stands: the phase is the one that called, orders that the function has asked
# for wait for its end. The workbench waits as well, for the kernel is busy.
#
# ## Without a front end
#
# `session.step(debug=True)` opens Python's own debugger on the first line of each callback, in a notebook, in a
# terminal and over SSH:
#
# ```text
# > tenth()
# -> price = data.history("604018", 2).iloc[0, 0]
# (Pdb) n
# (Pdb) p price, data.history("604018", 1).iloc[0, 0]
# (Pdb) c
# ```
#
# `n` is the next line, `s` goes into a call, `p` prints, `c` goes on, and `q` leaves. After `q` the session stands
# before the step: a step is taken whole or not at all. `session.run(debug=True)` opens it in the callback whose order
# hits one of `session.breakpoints`, and `%debug` after an error of a strategy, at the line that raised.
#
# ## Mend it
#
# The last of two closes is the second one. Mended, the same days come out otherwise, on a branch of their own.

# %% [markdown] zh
# 它等待时，会话的时钟停住：阶段就是发起调用的那一个，函数已要求的委托等到它结束。工作台也在等，因为内核正忙。
#
# ## 没有前端时
#
# `session.step(debug=True)` 在每个回调的第一行打开 Python 自己的调试器，在笔记本里、终端里和 SSH 上都可以：
#
# ```text
# > tenth()
# -> price = data.history("604018", 2).iloc[0, 0]
# (Pdb) n
# (Pdb) p price, data.history("604018", 1).iloc[0, 0]
# (Pdb) c
# ```
#
# `n` 是下一行，`s` 进入调用，`p` 打印，`c` 继续，`q` 离开。`q` 之后会话停在这一步之前：一步要么完整地走，要么不走。
# `session.run(debug=True)` 在委托命中 `session.breakpoints` 之一的回调里打开它；策略出错之后用 `%debug`，在抛出异常
# 的那一行打开。
#
# ## 改好
#
# 两个收盘价中最新的是第二个。改好之后，同样的日子有了另一种结果，在自己的分支上。


# %%
def tenth(context, data):
    """Hold a tenth of the equity in one share, at the last price."""
    price = data.history("604018", 2).iloc[-1, 0]
    context.wanted = int(0.1 * context.portfolio.equity // price)
    context.order_target("604018", context.wanted)


session.watch.remove()
session.strategy = tenth
session.goto(0)
session.step(2, rerun=True)

# %%
session.branches

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing. Take the
# debugger, `step(debug=True)` or a `watch`, as you like.
#
# **1.** How many shares did the rule with the mistake want on the evening of 14 March 2022? It is on branch `main`.

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。用调试器、`step(debug=True)` 或
# `watch` 都可以。
#
# **1.** 2022 年 3 月 14 日晚上，带错误的规则想要多少股？它在分支 `main` 上。

# %%
answer = None

check(
    answer,
    lambda: int(0.1 * session.tables(branch="main").daily_portfolio.equity.iloc[1] // 9.52),
    "A tenth of the equity of that evening, over the close of the evening before, 9.52.",
)

# %% [markdown]
# **2.** In which phase of the day does the clock stand while `tenth` waits at a line?

# %% [markdown] zh
# **2.** `tenth` 停在某一行等待时，时钟处于一天的哪个阶段？

# %%
answer = None

check(answer, lambda: session.now.phase.value, "context.now says it inside, session.now when the step is over.")

# %% [markdown]
# **3.** Leave `session.step(debug=True)` with `q` on the evening of 15 March. How many trading days has the session
# done then?

# %% [markdown] zh
# **3.** 在 3 月 15 日晚上用 `q` 离开 `session.step(debug=True)`。这时会话走过了多少个交易日？

# %%
answer = None

check(answer, lambda: len(session.equity), "A step that was left was not taken.")
