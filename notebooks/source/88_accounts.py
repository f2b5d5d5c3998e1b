# %% [markdown]
# # Several accounts: money that goes between them, and a margin call that is met
#
# You will learn
#
# - how one session holds accounts of several kinds, which step, go back and branch together;
# - what a transfer is: a flow in both accounts, and profit in none;
# - how a transfer meets a margin call, and what it is refused for;
# - how a strategy acts on several accounts, and what the sum of them came to.
#
# About 15 minutes. The contracts are those of the lesson on futures. The last cells are exercises.

# %% [markdown] zh
# # 多个账户：账户间划转与补足保证金
#
# 你将学到
#
# - 一个会话怎样持有多种账户，它们一起推进、一起后退、一起分支；
# - 划转是什么：在两个账户里都是资金流动，在任何一个里都不是盈亏；
# - 划转怎样补足追加的保证金，又为何会被拒绝；
# - 策略怎样在几个账户上行动，它们合起来的结果如何。
#
# 大约 15 分钟。合约就是期货那一课里的合约。最后几个单元是练习。

# %%
import qresearch as qr
from qresearch import terms
from qresearch.exercises import check

market = qr.sample_futures()
session = qr.Session(
    market, start="2023-06-08", cash=200_000, accounts={"futures": {"account": "futures", "cash": 320_000}}
)
accounts = session.account.all
accounts

# %% [markdown]
# The session itself is the first account, here one of cash; `accounts["futures"]` is a session too, with its own money,
# orders and positions. Whichever of them is stepped, all are.

# %% [markdown] zh
# 会话本身是第一个账户，这里是现金账户；`accounts["futures"]` 也是一个会话，有自己的资金、委托和持仓。推进其中任何一个，
# 所有账户都会一起推进。

# %%
futures = accounts["futures"]
futures.step()
futures.buy("QT2307", 11, terms.to_open())
accounts.step()
accounts.table[["kind", "equity", "margin", "risk_degree", "available"]]

# %% [markdown]
# ## The call
#
# In June the metal falls for a week. The settlement of 12 June leaves less equity than the margin asks for: the account
# is called, and the next morning it would close lots.

# %% [markdown] zh
# ## 追加保证金
#
# 六月里这种金属连跌一周。6 月 12 日结算之后，总资产少于保证金：账户被追加保证金，第二天早上就会被强行平仓。

# %%
accounts.run(until="2023-06-12", progress=False).step(phase="AFTER_CLOSE")
futures.portfolio.missing_margin

# %% [markdown]
# ## Two ways on
#
# First, nobody does anything. On a branch, so that one can come back.

# %% [markdown] zh
# ## 两条路
#
# 先什么也不做，在一个分支上，这样还能回来。

# %%
accounts.branch("nothing").step()
futures.orders[["symbol", "side", "quantity", "filled", "status", "reason"]]

# %%
session.branches.switch("main")
accounts.transfer("cash_shares", "futures", 60_000)

# %% [markdown]
# The money is there at once: out of one account and into the other, or not at all. It stands as a flow in both, so it
# is nobody's profit, and no return counts it.

# %% [markdown] zh
# 资金立刻到账：从一个账户出去，进入另一个，要么全部，要么完全不动。它在两个账户里都记为资金流动，所以不是谁的盈亏，收
# 益率也不把它算进去。

# %%
accounts.table[["equity", "flows", "profit"]]

# %%
accounts.step()
futures.orders[["symbol", "side", "quantity", "filled", "status", "reason"]]

# %% [markdown]
# No order of the account: the call is met. The metal falls on that day, too, and whoever holds on holds the loss. The
# two branches can be compared like any others; the 60,000 that came in are in the difference.

# %% [markdown] zh
# 没有强平委托：保证金已补足。当天金属继续下跌，坚持持仓的人也承担亏损。两个分支可以像其他分支一样比较；差额里包含转入
# 的 60,000 元。

# %%
futures.branches.compare("nothing", "main").equity

# %% [markdown]
# ## What is refused
#
# What margin binds stays where it is. A transfer that is not covered moves nothing, and stands in the table with its
# reason.

# %% [markdown] zh
# ## 什么会被拒绝
#
# 保证金占用的钱留在原处。没有足够可转资金的划转分文不动，并连同原因一起留在表里。

# %%
print(accounts.transfer("futures", "cash_shares", 500_000))
accounts.transfers[["source", "target", "amount", "moved", "reason"]]

# %%
print(session.message)

# %% [markdown]
# ## A strategy on several accounts
#
# A strategy finds the accounts in `context.account.all`. This one keeps the futures account out of a call.

# %% [markdown] zh
# ## 多账户策略
#
# 策略在 `context.account.all` 里找到这些账户。下面的策略让期货账户不被追加保证金。


# %%
def careful(context, data):
    accounts = context.account.all
    futures = accounts["futures"]
    if not len(futures.orders):
        futures.buy("QT2307", 11, terms.to_open())
    elif futures.portfolio.risk_degree > 0.9:
        accounts.transfer("cash_shares", "futures", 20_000)


run = qr.Session(
    market, start="2023-06-08", end="2023-06-21", cash=200_000, strategy=careful,
    accounts={"futures": {"account": "futures", "cash": 320_000}},
).run(progress=False)  # fmt: skip
run.account.all.transfers[["day", "amount", "moved"]]

# %% [markdown]
# The sum has figures of its own: what moved between the accounts is neither gain nor loss of it.

# %% [markdown] zh
# 合计有自己的指标：账户之间流动的钱既不是它的收益，也不是它的亏损。

# %%
run.account.all.equity

# %%
run.account.all.report(benchmark=False).frame.head(4)

# %% [markdown]
# ## Exercises
#
# **1.** How much does the account miss after the settlement of 12 June (`missing_margin` above), rounded up to whole
# thousands?

# %% [markdown] zh
# ## 练习
#
# **1.** 6 月 12 日结算后账户缺多少保证金（上面的 `missing_margin`），向上取整到千元？

# %%
answer = None


def missing():
    """What the call of that day asks for, in whole thousands."""
    run = qr.Session(market, start="2023-06-08", cash=320_000, account="futures").step()
    run.buy("QT2307", 11, terms.to_open())
    run.run(until="2023-06-12", progress=False).step(phase="AFTER_CLOSE")
    return -(-run.portfolio.missing_margin // 1_000) * 1_000


check(answer, missing, "Margin less equity, after the settlement of that day.")

# %% [markdown]
# **2.** The first account began with 200,000 yuan and gave 60,000 away. What is its profit, in yuan?

# %% [markdown] zh
# **2.** 第一个账户以 200,000 元开始，转出了 60,000 元。它的盈亏是多少元？

# %%
answer = None

check(answer, lambda: session.portfolio.profit, "A transfer is a flow, not a loss.")

# %% [markdown]
# **3.** On the branch on which nobody does anything the account closes lots on 13 June. How many?

# %% [markdown] zh
# **3.** 在什么也不做的分支上，账户在 6 月 13 日强行平仓多少手？

# %%
answer = None


def forced():
    """Lots that the account itself sells the next morning."""
    run = qr.Session(market, start="2023-06-08", cash=320_000, account="futures").step()
    run.buy("QT2307", 11, terms.to_open())
    run.run(until="2023-06-13", progress=False)
    return int(run.orders["filled"].iloc[-1])


check(answer, forced, "The second order of the table above, which nobody gave.")
