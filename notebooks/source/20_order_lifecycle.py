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

# %% [markdown] zh
# # 委托的一生：遇见并解释每一种状态
#
# 你将学到
#
# - 委托可能处于哪些状态，各在一天的哪个阶段遇到；
# - 委托怎样部分成交、挂单等待、过期、改单，以及在与撤单的竞争中赢或输；
# - 挂着的委托占用什么；
# - 怎样让任何一笔委托说明它为何如此；
# - 另外五个系统怎样称呼这一切，为什么“已成”并非处处都是全部成交。
#
# 大约 30 分钟。最后几个单元是练习。

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

# %% [markdown] zh
# ## 状态
#
# 一笔委托被提出，等到下一个开盘，在市场中有效，以四种方式之一结束。下图由合法变动的表画出；其他变动不可能发生。“部
# 分成交”和“待撤”不是状态而是事实：一笔委托可以两者兼有，并且仍然有效。

# %%
state_diagram()

# %% [markdown]
# ## One day, phase by phase
#
# 24 February 2021 is a thin day for Xiling Stores (004136): only 12,300 shares change hands. We let our orders take a
# tenth of a day's volume at most, and let cancels and updates take effect at the next match, as on a real exchange.
#
# Six orders, given on the evening before. Guess the end of each before you read on.

# %% [markdown] zh
# ## 一天，逐个阶段
#
# 2021 年 2 月 24 日，西岭百货（004136）成交清淡：只有 12,300 股换手。我们让自己的委托最多占当天成交量的十分之一，并
# 让撤单和改单在下一次撮合时才生效，与真实的交易所一样。
#
# 六笔委托，都在前一晚给出。读下去之前，先猜猜每一笔的结局。

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

# %% [markdown] zh
# 有两笔已经结束。半手根本不能提交；还在等待的可以立即撤回。

# %%
small

# %% [markdown]
# Now the day, one phase at a time. Tickets are live: each asks the session where it stands.

# %% [markdown] zh
# 现在过这一天，一次一个阶段。委托凭证（ticket）是活的：每一个都向会话询问此刻的情形。

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

# %% [markdown] zh
# - `plain` 是市价委托，在开盘成交。
# - `thin` 在开盘得到 1,230 股：12,300 的十分之一。它撤销前有效（GTC），所以其余部分继续有效。
# - `low` 想以 11.50 买入。当天没有低于这个价格的成交，所以当日委托在收盘时过期。
# - `patient` 想以 11.60 买入，并且可以等：它继续有效。
#
# `low` 为何没有成交？问它。每项检查连同数字都写在那里，还有怎样做才会成交。

# %%
low.explain()

# %% [markdown]
# ## What rests holds something back
#
# Two buys are in the market. The cash they may need is reserved at their limits, fees included; what is left is
# available. Queued requests reserve nothing: their cash is checked at the match, after the sells.

# %% [markdown] zh
# ## 挂单占用资金
#
# 市场中有两笔买单。它们可能需要的资金按限价冻结，含费用；剩下的是可用资金。还在排队的请求不冻结：它们的资金在撮合时
# 检查，排在卖出之后。

# %%
account = session.portfolio
pd.Series({"cash": account.cash, "reserved": account.reserved, "available": account.available}).to_frame("CNY")

# %% [markdown]
# ## A race
#
# We have seen enough of the thin share and cancel the rest. Until the next match the cancel is only a wish: the order
# works on, and tomorrow's open at 10.05 is within the limit of 10.10. At the same time we raise the price of
# `patient`.

# %% [markdown] zh
# ## 一场竞争
#
# 这只清淡的股票我们看够了，撤掉其余部分。到下一次撮合之前，撤单只是一个愿望：委托仍然有效，而明天的开盘价 10.05 在
# 限价
# 10.10 之内。同时把 `patient` 的价格提高。

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

# %% [markdown] zh
# 成交先到，撤单已无可撤。下图是这笔委托走过的状态，每个事件按顺序标出：

# %%
thin.picture()

# %% [markdown]
# `patient` was in `REPLACE_PENDING` over night. At the open its old limit of 11.60 was still asked, then the new one
# took effect, and in the day the price fell through 11.80:

# %% [markdown] zh
# `patient` 一夜处于 `REPLACE_PENDING`。开盘时仍按旧的限价 11.60 询价，然后新限价生效，当天价格跌破 11.80：

# %%
patient.explain()

# %%
patient.events[["day", "phase", "event", "quantity", "price", "before", "after", "reason"]]

# %% [markdown]
# An order that is over cannot be changed. That is no silent nothing, it is an answer:

# %% [markdown] zh
# 已结束的委托不能再改。这不是悄悄地什么都不做，而是一个回答：

# %%
patient.cancel()
session.message

# %% [markdown]
# ## Refused, locked, stopped
#
# Three more ways to end, on three days that were written for them. A share locked at its upper limit: nobody sells, so
# a buy finds nobody. It works through the day and expires.

# %% [markdown] zh
# ## 被拒、封板、止损
#
# 还有三种结局，在专门写出的三天里。一只封在涨停价的股票：没有人卖，买单找不到对手。它有效一整天，然后过期。

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

# %% [markdown] zh
# 今天买入的股份明天才能卖（T+1）。2022 年 3 月 1 日开盘时，卖出紧跟在买入之后，因为这个会话按编号撮合每笔委托：

# %%
same_day = qr.Session(market, start="2022-03-01", cash=100_000, match_order="fifo")
same_day.buy("604018", 500)
too_soon = same_day.sell("604018", 500)
same_day.step()
too_soon.explain()

# %% [markdown]
# And a stop that a gap jumps over. Linjiang Brewery (004177) opens 5.5 % lower on 27 January 2021. The stop protects
# from nothing that happens over night: it fills at the open, below its price.

# %% [markdown] zh
# 还有一个被跳空越过的止损。临江啤酒（004177）在 2021 年 1 月 27 日低开 5.5 %。止损防不住一夜之间发生的事：它在开盘
# 成交，低于它的价格。

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

# %% [markdown] zh
# ## 所有经历并排
#
# 每笔委托一行：颜色和纹理表示状态，深色部分表示已成交多少，结尾各有自己的形状。

# %%
session.plot("lives")

# %% [markdown]
# ## Being told
#
# A strategy need not look: `on_fill` is called for every fill, `on_order` for every event. This one answers each
# purchase with a sale 3 % higher. The answer queues like any order.

# %% [markdown] zh
# ## 主动得到通知
#
# 策略不必自己去看：每次成交都会调用 `on_fill`，每个事件都会调用 `on_order`。这一个对每笔买入回以一笔高 3 % 的卖出。
# 这个回应与任何委托一样排队。


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

# %% [markdown] zh
# ## 同一笔委托在五种方言里
#
# `ticket.code(...)` 说出另一个系统此刻会怎样称呼这笔委托的状态。

# %%
pd.DataFrame(
    {
        name: {dialect: str(ticket.code(dialect)) for dialect in ("joinquant", "xtquant", "swordfish", "lean", "fix")}
        for name, ticket in orders.items()
    }
).T

# %% [markdown]
# One bare number, five meanings. Is an order with status 1 done?

# %% [markdown] zh
# 同一个数字，五种含义。状态为 1 的委托结束了吗？

# %%
{dialect: words[0] for dialect, words in meanings(1).items()}

# %% [markdown]
# The whole table, made from the code. Where a word misleads, a letter leads to a note: "filled" is *partly* filled in
# one system and *all* filled in three others.

# %% [markdown] zh
# 整张表，由代码生成。在容易误解的词旁，一个字母指向注释：“filled”在一个系统里是*部分*成交，在另外三个里是*全部*成
# 交。

# %%
Markdown(codes_markdown())

# %% [markdown]
# ## Exercises
#
# Predict first, then let the session tell. Write a state as text, such as `"WORKING"`.
#
# **1.** On the thin day an order for 5,000 shares of 004136 is given as `limit(10.10, tif="FOK")`: fill or kill. In
# which state does it end?

# %% [markdown] zh
# ## 练习
#
# 先预测，再让会话告诉你。状态写成文本，如 `"WORKING"`。
#
# **1.** 在清淡的那天，以 `limit(10.10, tif="FOK")`（全部成交否则撤销）委托 5,000 股 004136。它以什么状态结束？

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

# %% [markdown] zh
# **2.** 同一笔委托若为 `tif="IOC"`（立即成交剩余撤销），得到多少股？

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

# %% [markdown] zh
# **3.** 买入封板股票的委托在 3 月 17 日收盘时过期了。若改为 23.56 的限价委托，撤销前有效，那么在*下一天*的收盘它处
# 于什么状态？（当天以 24.36 开盘，跌到 23.37。）

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

# %% [markdown] zh
# **4.** 一笔 1,000 股的委托成交 400 股后被撤。JoinQuant、XtQuant 和 FIX 中，哪一个仅凭状态就能看出有过成交？按表中
# 的写法写出它的名字。

# %%
answer = None
check(answer, "sealed:ed528ba6d9f68f00", "Look at 'canceled after a partial fill' and at note (f).")
