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

# %% [markdown] zh
# # 工作台：同一个会话，用按钮操作
#
# 一次调用打开一个页面，在上面推进日子、下单、看每笔委托做了什么。每个按钮做的都是一行代码能做的事，因此随时可以在点
# 击和编程之间切换。
#
# ![交易一周后的工作台：时间轴、行情图、下单、委托表](pictures/workbench_light.png)
#
# 你将学到
#
# - 在工作台上哪里找什么；
# - 委托提交之前，下单面板告诉你什么；
# - 怎样让一笔委托说明它为何如此；
# - 怎样单独使用一个面板，用另一种语言和深色配色。
#
# 大约 15 分钟。最后几个单元是练习。

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

# %% [markdown] zh
# 上方是**时间轴**：按日或按阶段推进，后退，播放，或运行到下一次成交。日子下方的短线是提交的委托，三角是成交，叉是拒
# 绝。按钮获得焦点时，按键 `→ . ← p` 分别是推进一日、推进一个阶段、后退和播放；空格键在工作台上任何位置播放和暂停。
#
# 左边是**行情图**，右边是**下单面板**，下方是**表格**。点击委托编号打开它的详情。页面所知不超过会话的时钟：未来不在
# 那里。
#
# 没有运行中的内核时（例如在 GitHub 的页面上），面板的内容显示为普通表格。
#
# ## 提交之前，下单面板告诉你什么
#
# 本笔记本余下的部分逐个介绍面板。面板无论在页面何处都跟随它的会话；为了让每个面板一直显示旁边所讲的内容，本课每一部
# 分都有自己的会话。


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

# %% [markdown] zh
# 下单面板在一份用后即弃的草稿上问模拟器会怎么做。你会看到取整到手之后剩下多少、每项费用、之后的资金，以及每项检查的
# 勾或叉。什么都没有提交：

# %%
len(first.orders)

# %% [markdown]
# ## An order waits, then works
#
# A limit below the price, good until it is canceled. It stands among the open orders, where its row has buttons to
# change and to cancel it.

# %% [markdown] zh
# ## 委托先等待，后有效
#
# 一个低于现价的限价，撤销前有效。它排在未完成委托之中，所在行有改单和撤单的按钮。

# %%
waiting = evening()
waiting.buy("604018", 1000, style=terms.limit(9.6, tif="GTC"))
waiting.panels.open_orders()

# %% [markdown]
# The same order a day later:

# %% [markdown] zh
# 同一笔委托，一天之后：

# %%
lesson = evening()
order = lesson.buy("604018", 1000, style=terms.limit(9.6, tif="GTC"))
lesson.step()
lesson.panels.orders()

# %% [markdown]
# The fill, with each fee, and the position. Shares bought today are locked until tomorrow (T+1), so `Sellable` is 0.

# %% [markdown] zh
# 成交、各项费用和持仓。今天买入的股份锁定到明天（T+1），所以 `Sellable` 为 0。

# %%
lesson.panels.fills()

# %%
lesson.panels.positions()

# %% [markdown]
# ## Ask an order why
#
# The details of an order are its checks in order, with their numbers, and a picture of its way through the states.

# %% [markdown] zh
# ## 问委托为何如此
#
# 委托的详情是按顺序排列的检查及其数字，以及它走过的状态的图。

# %%
lesson.panels.details(order)

# %% [markdown]
# A refused order is never lost. On the board STAR one buys at least 200 shares:

# %% [markdown] zh
# 被拒的委托不会丢失。科创板一次至少买 200 股：

# %%
star = evening()
refused = star.buy("688903", 100)
star.panels.details(refused)

# %% [markdown]
# ## Where the account stands
#
# The same timeline as on the workbench, and the account in numbers.

# %% [markdown] zh
# ## 账户此刻如何
#
# 与工作台上相同的时间轴，以及账户的数字。

# %%
lesson.panels.timeline()

# %%
lesson.panels.cash()

# %% [markdown]
# Going back is one click, or one call. The panels show what was known then: the order waits again.

# %% [markdown] zh
# 后退只需一次点击或一次调用。面板显示当时所知的内容：委托又在等待。

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

# %% [markdown] zh
# ## 要花多少，结果如何
#
# 费用面板显示，如果采用别的设置，最近的成交会花多少，之后你才应用它。应用也是一条命令：从现在起有效，后退会撤销它。

# %%
lesson.panels.costs()

# %% [markdown]
# The tear-sheet makes the page of QuantStats for the branch you stand on, at any moment. After a single day it says
# that there is not enough to tell.

# %% [markdown] zh
# 绩效页面板随时为你所在的分支生成 QuantStats 的页面。只有一天时，它会说数据不足。

# %%
early = qr.Session(market, start="2022-03-11", cash=100_000).step().panels.tearsheet()
early.make()
early

# %% [markdown]
# ## Another look
#
# Labels and reasons in Chinese, dark colours, and rising prices green. Both panels belong to one session: what you do
# in one is seen in the other.

# %% [markdown] zh
# ## 换个外观
#
# 标签和原因用中文，深色配色，涨为绿色。两个面板属于同一个会话：在一个里做的，在另一个里看得到。

# %%
lesson.panels(language="zh", theme="dark", colours="green_up").orders()

# %% [markdown]
# ## Practice
#
# The panel of practice hides names and dates, asks before it shows, and keeps the score. A teacher sets it up with a
# small dict.

# %% [markdown] zh
# ## 练习面板
#
# 练习面板隐藏名称和日期，先提问后揭晓，并记分。教师用一个小字典设置它。

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

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。用上面的工作台、一个面板或代码都可以。
#
# **1.** 2022 年 3 月 11 日晚上，以最新价买入 2,500 股 `604018` 之后（含费用），还剩多少资金？

# %%
answer = None
last = evening()

check(answer, lambda: last.what_if("buy", "604018", 2500).cash_after, "Read 'Available after' on the ticket.")

# %% [markdown]
# **2.** With the code of which reason was the order for `688903` refused?

# %% [markdown] zh
# **2.** `688903` 的委托被拒，原因的代码是什么？

# %%
answer = None

check(answer, lambda: refused.reason, "It stands in the details of the order, in capital letters.")

# %% [markdown]
# **3.** A session buys 1,000 shares of `604018` at the market on the evening of 11 March 2022. On the first trading day
# after that: how many of them can be sold on that day itself?

# %% [markdown] zh
# **3.** 一个会话在 2022 年 3 月 11 日晚上以市价买入 1,000 股 `604018`。在此后的第一个交易日当天，其中有多少股可以卖
# 出？

# %%
answer = None

check(
    answer,
    lambda: last.buy("604018", 1000).session.step().portfolio.positions["604018"].sellable,
    "Look at 'Sellable' in the table of positions.",
)
