# %% [markdown]
# # Bonds: interest by the day, a coupon, a conversion
#
# You will learn
#
# - why a bond costs more than its price, and what happens to the difference on the day of the coupon;
# - what yield, duration and the value of a basis point say;
# - how money is lent for some days by repo;
# - what a convertible is worth, how it becomes shares, and why one should not overlook a call.
#
# About 20 minutes. The bonds are invented, the rules are those of the exchanges. The last cells are exercises.

# %% [markdown] zh
# # 债券：按日计息、付息与转股
#
# 你将学到
#
# - 为什么买债券付的钱多于它的价格，付息日这一差额去了哪里；
# - 到期收益率、久期与基点价值说明什么；
# - 怎样用回购把钱借出几天；
# - 可转债值多少，怎样变成股票，为什么不该错过强赎。
#
# 大约 20 分钟。债券是虚构的，规则是交易所的。最后几个单元是练习。

# %%
import pandas as pd

import qresearch as qr
from qresearch.exercises import check

market = qr.sample_bonds()
pd.DataFrame([{"symbol": item.symbol, "name": item.name, "board": item.board.value} for item in market.instruments])

# %% [markdown]
# ## What is paid
#
# The terms of a bond are part of the market. This treasury pays 2.85 yuan a year for every 100 yuan of face value,
# on 21 June.

# %% [markdown] zh
# ## 付了多少钱
#
# 债券的条款是市场数据的一部分。这只国债每 100 元面值每年付息 2.85 元，付息日是 6 月 21 日。

# %%
bond = market.instrument("019801").bond
bond

# %% [markdown]
# Its price is *clean*: without the interest that has accrued since the last coupon. Who buys it pays that interest
# besides, for the next coupon is his. One unit is a bond of 100 yuan.

# %% [markdown] zh
# 它的价格是*净价*：不含上一付息日以来的应计利息。买入者另付这部分利息，因为下一次付息归他所有。一张面值 100 元。

# %%
session = qr.Session(market, start="2023-06-14", cash=1_000_000, account="bond")
session.step()
ticket = session.buy("019801", 1_000)
session.step()
spent = 1_000_000 - session.portfolio.cash
pd.Series({"1,000 bonds at their price": ticket.average_price * 1_000, "paid in all": spent})

# %% [markdown]
# `session.tables.bonds` has both prices, and what the bond has earned. Interest that is bought is no income: at the
# close of the first day it has earned nothing yet.

# %% [markdown] zh
# `session.tables.bonds` 给出两种价格，以及债券已经挣到的钱。买来的利息不是收入：首日收盘时它还什么都没有挣到。

# %%
columns = [
    "quantity",
    "price",
    "accrued",
    "full_price",
    "value",
    "interest_income",
    "floating_profit",
    "fees",
    "profit",
]
session.tables.bonds[columns].T

# %% [markdown]
# ## Over the day of the coupon
#
# Every day adds 2.85 / 365 yuan of interest to each bond, weekends included. On the day of the coupon the accrued
# interest falls back, and the cash grows: whoever held the bond at the close of the day before is paid.

# %% [markdown] zh
# ## 越过付息日
#
# 每张债券每天（周末也算）增加 2.85 / 365 元利息。付息日应计利息回落，现金增加：前一日收盘时持有债券的人得到付息。

# %%
rows = {}
for _ in range(5):
    session.step()
    row = session.tables.bonds.loc["019801.SH"]
    rows[str(session.now.day)[:10]] = {
        "price": row["price"], "accrued": row["accrued"], "full price": row["full_price"],
        "cash": session.portfolio.cash, "interest income": row["interest_income"],
    }  # fmt: skip
pd.DataFrame(rows).T

# %% [markdown]
# The full price falls by the coupon, the clean price does not. The income goes on as before: the coupon was earned
# day by day, and only changes its place. On 21 June itself the exchange counts one day of interest already.
#
# Corporate bonds pay their coupon less 20 % of tax (for individuals), but the buyer pays for the whole of what has
# accrued: to buy one just before its coupon is a loss.
#
# ## Yield and risk
#
# The *yield to maturity* is the one rate at which all that the bond still pays is worth its full price. *Duration* is
# the mean time until it pays; modified, it says by how many per cent the price falls when the yield rises by one
# point. `dv01` is that for one hundredth of a point, in yuan, for what is held.

# %% [markdown] zh
# 全价因付息下跌，净价不跌。收入照旧增长：利息是一天天挣来的，付息只是换了位置。6 月 21 日当天交易所已经计了一天利息。
#
# 企业债付息扣 20 % 的税（个人），而买入者要付全部应计利息：付息前买入是亏的。
#
# ## 收益率与风险
#
# *到期收益率*是使债券今后全部付款的现值等于全价的那一个利率。*久期*是收到付款的平均时间；
# 修正久期说明收益率上升一个百分点时价格下跌百分之几。
# `dv01` 是收益率变动一个基点时持仓变动的金额（元）。

# %%
session.tables.bonds[["yield", "duration", "modified_duration", "convexity", "dv01"]].T

# %% [markdown]
# ## Money for some days
#
# Repo lends money against bonds in pledge. Its price is a rate, per cent a year: who *sells* repo lends. At the end of
# a quarter money is dear. One unit is 100 yuan again.

# %% [markdown] zh
# ## 借出几天的钱
#
# 回购以质押的债券为担保借出资金。它的价格是年利率（%）：*卖出*回购即借出。季末资金紧张。一张仍是 100 元。

# %%
session.run(until="2023-06-28", progress=False)
loan = session.sell("204001", 5_000)
session.step()
print(loan.average_price)
session.tables.repo

# %% [markdown]
# Lent on a Thursday for one day, it is out over the weekend: from Friday, when the first leg settles, to Monday. It
# earns three days, and can be used again on Friday.

# %% [markdown] zh
# 周四借出一天，跨越周末：从周五首次交收到下周一。它挣三天利息，周五即可再用。

# %%
session.step(phase="PRE_OPEN")
session.portfolio.cash

# %% [markdown]
# ## A bond that becomes shares
#
# A convertible has a full price, and may be turned into shares at its conversion price: 100 / 9.6 shares for each bond
# of this one. What these are worth is its *conversion value*; what the bond costs beyond it is the *premium*.

# %% [markdown] zh
# ## 变成股票的债券
#
# 可转债有全价，可以按转股价变成股票：这一只每张换 100 / 9.6 股。这些股票的价值是*转股价值*，
# 债券超出它的部分是*溢价*。

# %%
session = qr.Session(market, start="2023-08-01", cash=200_000, account="bond")
session.step()
session.buy("113801", 1_000)
session.run(until="2023-10-20", progress=False)
session.tables.bonds[["quantity", "price", "conversion_value", "premium", "floating_profit"]].T

# %% [markdown]
# The share has risen, and the bond with it. It is converted by hand; the shares can be sold from the next day on, and
# what is less than one share is paid in cash.

# %% [markdown] zh
# 股票涨了，债券也跟着涨。转股要自己操作；股票次日起可卖，不足一股的部分付现金。

# %%
session.account.convert("113801", 500)
session.positions[["quantity", "sellable", "locked", "average_cost", "price", "profit"]]

# %% [markdown]
# Nothing is realised by it: the shares have cost what the bonds had cost.
#
# The issuer may call such a bond. This one trades until 15 November, and is then paid back at 100.80, whatever its
# shares are worth. Who overlooks that gives the difference away.

# %% [markdown] zh
# 转股不产生已实现盈亏：股票的成本就是债券的成本。
#
# 发行人可以强制赎回。这一只交易到 11 月 15 日，此后无论股票值多少，都按 100.80 元赎回。错过的人就把差额送掉了。

# %%
session.run(until="2023-11-20", progress=False)
before = session.portfolio.equity
session.step()
late = session.buy("113801", 100)
print(late.why)
session.portfolio.equity - before

# %% [markdown]
# ## Exercises
#
# **1.** Of 1,000 bonds of the treasury: how much interest accrues over a weekend, from Friday to Monday, in yuan?

# %% [markdown] zh
# ## 练习
#
# **1.** 1,000 张这只国债从周五到周一应计多少元利息？

# %%
answer = None

check(answer, lambda: 1_000 * 3 * 2.85 / 365, "2.85 a year for each bond, and three days.")

# %% [markdown]
# **2.** On 2023-10-20 the account above converted 500 bonds. How many shares did it get?

# %% [markdown] zh
# **2.** 2023 年 10 月 20 日上面的账户转换了 500 张债券，得到多少股？

# %%
answer = None

check(answer, lambda: market.instrument("113801").bond.conversion.shares(500, pd.Timestamp("2023-10-20").date())[0],
      "500 bonds are 50,000 yuan of face value; a share is 9.6 of it, and only whole ones count.")  # fmt: skip

# %% [markdown]
# **3.** 100,000 yuan are lent by repo for one day (`204001`) at the open of 2023-06-29, whose rate stands above. How
# much interest comes back, in yuan?

# %% [markdown] zh
# **3.** 2023 年 6 月 29 日开盘按上面的利率用一天期回购（`204001`）借出 100,000 元，收回多少元利息？

# %%
answer = None


def interest():
    """What the loan of that day brings."""
    run = qr.Session(market, start="2023-06-28", cash=200_000, account="bond").step()
    run.sell("204001", 1_000)
    run.step()
    return run.tables.repo["interest"].sum()


check(answer, interest, "Five times as much was lent above, and it earned three days.")
