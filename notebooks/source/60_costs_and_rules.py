# %% [markdown]
# # Costs and market rules: the same trade in 2007, 2015, 2023 and today
#
# You will learn
#
# - what a round trip in a share has cost at different times, and which of its fees is which;
# - how the rules differ by board: lots, ticks, price limits, and when bought shares may be sold;
# - that each rule has its dates and its source, and where to read them;
# - how to choose the costs of a session.
#
# About 20 minutes. The last cells are exercises.

# %% [markdown] zh
# # 费用与市场规则：同一笔交易在 2007、2015、2023 年与今天
#
# 你将学到
#
# - 一次股票来回在不同时期花多少费用，其中各项是什么；
# - 各板块的规则有何不同：手、最小价位、涨跌停，以及买入的股份何时可卖；
# - 每条规则都有日期和出处，以及在哪里查看；
# - 怎样选择会话的费用。
#
# 大约 20 分钟。最后几个单元是练习。

# %%
import datetime as dt

import pandas as pd

import qresearch as qr
from qresearch.exercises import check
from qresearch.market.venue import CHINA

sample = qr.sample_market()
rules = CHINA.rules

# %% [markdown]
# ## One trade, five times
#
# The embedded market holds 2021 to 2023. For other years we write a small one: a share that always costs 10 yuan, so
# that whatever is lost is costs. `costs="historical"` charges what was in force on the day of each fill.

# %% [markdown] zh
# ## 一笔交易，五个时间
#
# 自带的行情包含 2021 至 2023 年。其他年份我们写一个小的：一只价格总是 10 元的股票，所以损失的全是费用。
# `costs="historical"` 按每笔成交当天的规定收费。


# %%
def flat_market(*days, symbol="604018.SH", price=10.0, **columns):
    """A market of one share whose price never moves."""
    bar = {"symbol": symbol, **dict.fromkeys(("open", "high", "low", "close", "pre_close"), price), "volume": 1e6}
    bar["board"] = sample.instrument(symbol).board.value  # the codes of the embedded market are invented: no range says
    return qr.read_market(pd.DataFrame([{"date": day, **bar, **columns} for day in days]))


def round_trip(*days, quantity=1000, **share):
    """Buy on the second day, sell on the third."""
    session = qr.Session(flat_market(*days, **share), cash=1_000_000, costs="historical")
    session.step()
    session.buy(session.market.symbols[0], quantity)
    session.step()
    session.sell(session.market.symbols[0], quantity)
    return session.step()


WHEN = {
    "2007": ("2007-06-11", "2007-06-12", "2007-06-13"),
    "2008": ("2008-09-22", "2008-09-23", "2008-09-24"),
    "2015": ("2015-07-13", "2015-07-14", "2015-07-15"),
    "2023": ("2023-07-10", "2023-07-11", "2023-07-12"),
    "today": ("2026-11-16", "2026-11-17", "2026-11-18"),
}
FEES = ["commission", "stamp_duty", "transfer_fee"]


def fees_by_side(**share):
    """Fees of a round trip in yuan: one column per year, one row per side and fee."""
    trips = {year: round_trip(*days, **share).fills.set_index("side")[FEES].stack() for year, days in WHEN.items()}
    return pd.DataFrame(trips)


fees_by_side()

# %%
pd.DataFrame({"shares of Shanghai": fees_by_side().sum(), "shares of Shenzhen": fees_by_side(symbol="004102.SZ").sum()})

# %% [markdown]
# 10,000 yuan were bought and sold at the same price. What was left behind fell from 72 yuan in June 2007 to 15.20
# today.
#
# - **Commission** is what the broker charges: 0.025 % of the value, at least 5 yuan. The session takes today's usual
#   tariff for all years; 0.3 % was the most that was allowed.
# - **Stamp duty** is a tax. It was 0.3 % of both sides from 30 May 2007, 0.1 % from 24 April 2008, only the sale was
#   taxed from 19 September 2008, and the rate was halved to 0.05 % on 28 August 2023.
# - **Transfer fee** goes to the depository. Until the end of July 2015 Shanghai counted *shares*, not yuan, so a
#   cheap share paid more; Shenzhen's fee was inside the commission. Today it is 0.001 % of the value everywhere.
#
# Counting shares makes a difference when the price is not 10. The same 10,000 yuan in a share of 2 yuan:

# %% [markdown] zh
# 以同一价格买入再卖出 10,000 元。留下的费用从 2007 年 6 月的 72 元降到今天的 15.20 元。
#
# - **佣金**由券商收取：金额的 0.025 %，最低 5 元。会话对所有年份采用今天常见的费率；允许的最高值是 0.3 %。
# - **印花税**是税。2007 年 5 月 30 日起双边 0.3 %，2008 年 4 月 24 日起 0.1 %，2008 年 9 月 19 日起只向卖方征收，
#   2023 年 8 月 28 日减半为 0.05 %。
# - **过户费**交给登记结算机构。2015 年 7 月底以前，上海按*股数*而不是按金额计算，所以低价股付得更多；深圳的含在佣金
#   之中。今天各处都是金额的 0.001 %。
#
# 价格不是 10 元时，按股数计算就有差别。同样 10,000 元，股价 2 元：

# %%
pd.DataFrame(
    {
        "1,000 shares at 10 yuan": fees_by_side().groupby(level=1).sum().loc["transfer_fee"],
        "5,000 shares at 2 yuan": fees_by_side(quantity=5000, price=2.0).groupby(level=1).sum().loc["transfer_fee"],
    }
)

# %% [markdown]
# ## One day apart
#
# On the embedded market a session can stand on both sides of a change. 5,000 shares are sold at the open of Friday,
# 25 August 2023; then we go back and wait for Monday, the 28th.

# %% [markdown] zh
# ## 相差一天
#
# 在自带的行情上，一个会话可以站在一次变动的两边。5,000 股在 2023 年 8 月 25 日（星期五）开盘卖出；然后后退，等到 28
# 日星期一。

# %%
session = qr.Session(sample, start="2023-08-22", end="2023-09-01", cash=100_000, costs="historical")
session.buy("604018", 5000)
session.step(3)
session.sell("604018", 5000)
session.step()
friday = session.fills.iloc[-1]

# %%
session.back()
session.ticket(2).cancel()
session.step()
session.sell("604018", 5000)
session.step()
monday = session.fills.iloc[-1]

# %%
pd.DataFrame({"Friday": friday, "Monday": monday}).loc[["side", "day", "price", "quantity", "notional", *FEES]]

# %% [markdown]
# ## Board by board
#
# One instrument of each board on the same day. The limits are those of the day, in yuan: the reference price (the
# close of the day before, or what replaces it on an ex-date) up and down by the ratio of the board.

# %% [markdown] zh
# ## 逐个板块
#
# 同一天里每个板块各一只证券。涨跌停价是当天的，以元计：参考价（前一日收盘价，或除权除息日的参考价）按板块的比例上下
# 浮动。

# %%
DAY = dt.date(2023, 6, 1)
ONE_EACH = ["604018.SH", "004102.SZ", "302601.SZ", "688903.SH", "928101.BJ", "514101.SH", "514588.SH", "157301.SZ"]


def rules_of(symbol):
    """What applies to an instrument on the day."""
    share, at = sample.instrument(symbol), (sample.panel.day_index(DAY), sample.column(symbol))
    reference, up, down = (
        values[at] for values in (sample.panel.pre_close, sample.panel.limit_up, sample.panel.limit_down)
    )
    lot = rules.lot(share.board)
    return {
        "board": share.board.value,
        "name": share.name,
        "smallest buy": lot.minimum,
        "step": lot.step,
        "tick": rules.tick(share.board),
        "reference": reference,
        "limit down": down,
        "limit up": up,
        "up by": f"{up / reference - 1:.2%}",
        "sold the same day": share.same_day_sale,
    }


pd.DataFrame({symbol: rules_of(symbol) for symbol in ONE_EACH}).T

# %% [markdown]
# The STAR 50 fund has a limit of its own, 20 % instead of the 10 % of other funds, because all that it holds may
# move by 20 %. That the limits are seldom exactly 10 % comes from rounding to the tick.
#
# Now ask for 150 shares of each. A request is rounded to whole lots, or refused when it is below the minimum.

# %% [markdown] zh
# 科创 50 基金有自己的限制，20 % 而不是其他基金的 10 %，因为它所持有的一切都可以变动 20 %。涨跌停很少正好是 10 %，是
# 因为要取整到最小价位。
#
# 现在每只要 150 股。请求会取整到手，低于最低数量则被拒。

# %%
session = qr.Session(sample, start="2023-06-01", end="2023-06-09", cash=1_000_000, costs="historical")
for symbol in ONE_EACH:
    session.buy(symbol, 150)
session.step()
session.orders[["symbol", "asked", "quantity", "filled", "status", "reason"]]

# %% [markdown]
# On the evening of the purchase most shares are *locked*: China's shares settle T+1, what was bought today can be
# sold tomorrow. The gold fund is free at once. Funds pay no stamp duty and no transfer fee either.

# %% [markdown] zh
# 买入当晚，大多数股份是*锁定*的：中国的股票按 T+1 交收，今天买的明天才能卖。黄金基金立即可卖。基金也不付印花税和过
# 户费。

# %%
session.positions[["quantity", "sellable", "locked", "price"]]

# %%
session.fills[["symbol", "price", "notional", *FEES]]

# %% [markdown]
# A rest below the minimum goes in one order or not at all: of 250 STAR shares 200 are sold, and the 50 that are left
# cannot be cut again.

# %% [markdown] zh
# 低于最低数量的剩余要么一次卖出，要么根本不卖：250 股科创板股票卖出 200 股，剩下的 50 股不能再拆。

# %%
session.buy("688903", 250)
session.step()
session.sell("688903", 200)
session.step()
session.sell("688903", 30)
session.sell("688903", 50)
session.step()
star = session.orders[session.orders.symbol == "688903.SH"]
star[["side", "asked", "quantity", "filled", "status", "reason"]]

# %% [markdown]
# ## Price limits have dates too
#
# ChiNext went from 10 % to 20 % on 24 August 2020. A share under a risk warning (ST) on a main board moves by 5 %,
# and by 10 % since 6 July 2026. A simulator with one number for all years is wrong in most of them.

# %% [markdown] zh
# ## 涨跌停也有日期
#
# 创业板在 2020 年 8 月 24 日由 10 % 改为 20 %。主板上有风险警示（ST）的股票为 5 %，2026 年 7 月 6 日起为 10 %。对所
# 有年份只用一个数字的模拟器，在其中大多数年份都是错的。

# %%
chinext = flat_market("2020-08-20", "2020-08-21", "2020-08-24", symbol="302601.SZ", price=10.05)
warned = flat_market("2026-07-02", "2026-07-03", "2026-07-06", price=2.95, is_st=True)


def limits(market):
    """Limits of a market of one share, day by day."""
    panel = market.panel
    return pd.DataFrame(
        {
            "reference": panel.pre_close[:, 0],
            "limit down": panel.limit_down[:, 0],
            "limit up": panel.limit_up[:, 0],
        },
        index=pd.Index(panel.days.astype(str), name="day"),
    )


pd.concat({"ChiNext": limits(chinext), "ST, main board": limits(warned)})

# %% [markdown]
# At a limit the price is known but nobody may be on the other side. `604035` opened locked at limit-up on 17 March
# 2021, so a buy found no seller.

# %% [markdown] zh
# 涨跌停时价格是已知的，但对面可能没有人。`604035` 在 2021 年 3 月 17 日开盘即封涨停，所以买入找不到卖方。

# %%
session = qr.Session(sample, start="2021-03-16", end="2021-03-19", cash=100_000)
session.step()
ticket = session.buy("604035", 1000)
session.step()
ticket.explain()

# %% [markdown]
# ## Where the rules stand
#
# All of them are one table with dates, sources and how well each is known; an empty date means "no start on record"
# or "still in force". `qresearch/market/china.py` is that table; `session.tables.rules(symbol, day)` shows what of it
# holds for one instrument on one day.

# %% [markdown] zh
# ## 规则写在哪里
#
# 全部规则是一张带有日期、出处和可信程度的表；空的日期表示“没有记录的起点”或“仍然有效”。
# `qresearch/market/china.py` 就是这张表；`session.tables.rules(symbol, day)` 显示其中哪些在某一天适用于某一证券。

# %%
book = pd.DataFrame(rules.table())
book[book.rule.isin(["limit_ratio", "limit_ratio_st", "stamp_duty"])].drop(columns="source").set_index("rule")

# %%
[
    rules.limit_ratio(sample.instrument("302601").board, day, is_st=False)
    for day in (dt.date(2020, 8, 21), dt.date(2020, 8, 24))
]

# %% [markdown]
# ## Choose the costs of a session
#
# The same strategy under the three presets, and with a tariff of one's own. `default` is the documented tariff of the
# Trading API with today's stamp duty for all days; `historical` takes the duty and the transfer fee of each day;
# `zero` is for checking an idea, never for believing it.

# %% [markdown] zh
# ## 选择会话的费用
#
# 同一个策略，用三种预设和一套自己的费率。`default` 是交易接口文档中的费率，所有日子都用今天的印花税；`historical`
# 采用每一天的印花税和过户费；`zero` 用来检查想法，绝不用来相信它。


# %%
def reversal(context, data):
    """Each Monday, hold in equal parts the four instruments that fell most over five days."""
    if context.now.day.day_of_week:
        return
    closes = data.history(count=5)
    worst = (closes.iloc[-1] / closes.iloc[0]).nsmallest(4).index
    for symbol in [*context.portfolio.positions, *worst]:
        context.order_target_value(symbol, 0.24 * context.portfolio.equity * (symbol in worst))


def costs_of(costs, own=None):
    """Costs by kind in yuan, and the return, of one run of the strategy."""
    run = qr.Session(sample, start="2021-02-01", end="2022-12-30", cash=200_000, strategy=reversal, costs=costs)
    if own:
        run.set_order_cost(**own)
    run.run(progress=False)
    return {**run.tables.costs["amount"], "return": f"{run.portfolio.nav - 1:.1%}"}


own = {"open_tax": 0, "close_tax": 0.001, "open_commission": 0.0005, "close_commission": 0.0005, "min_commission": 5}
pd.DataFrame({**{name: costs_of(name) for name in ("zero", "default", "historical")}, "own": costs_of("zero", own)})

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `None` and run the cell. An open question says so and changes nothing.
#
# **1.** What was the stamp duty, in yuan, on *selling* 3,000 shares at 10 yuan on 13 June 2007?

# %% [markdown] zh
# ## 练习
#
# 把答案写在 `None` 的位置，运行单元。未作答的题会提示尚未作答，不影响其他内容。
#
# **1.** 2007 年 6 月 13 日以 10 元*卖出* 3,000 股，印花税是多少元？

# %%
answer = None

check(
    answer,
    lambda: round_trip(*WHEN["2007"], quantity=3000).fills.stamp_duty.iloc[-1],
    "Find the rate of June 2007 in the list above; the value sold is 30,000 yuan.",
)

# %% [markdown]
# **2.** Up to which value, in whole thousands of yuan, does a fill cost no more than the minimum commission of 5
# yuan?

# %% [markdown] zh
# **2.** 成交金额在多少以内（以整千元计），费用不超过 5 元的最低佣金？


# %%
def commission(value):
    """Commission in yuan of buying for a value at 10 yuan a share."""
    return round_trip(*WHEN["today"], quantity=int(value) // 10).fills.commission.iloc[0]


answer = None

check(
    answer, lambda value: commission(value) == 5 < commission(value + 1000), "At which value does 0.025 % make 5 yuan?"
)

# %% [markdown]
# **3.** The reference price of a main-board share is 10.05 yuan. What is its upper limit? Remember the tick.

# %% [markdown] zh
# **3.** 一只主板股票的参考价是 10.05 元。它的涨停价是多少？记住最小价位。

# %%
answer = None

check(
    answer,
    lambda: flat_market("2024-01-02", price=10.05).panel.limit_up[0, 0],
    "10.05 x 1.1 lies between two ticks; half a tick is rounded up.",
    digits=3,
)

# %% [markdown]
# **4.** Which symbols of `ONE_EACH` refuse a purchase of 100 units? A set, such as `{"604018.SH"}`.

# %% [markdown] zh
# **4.** `ONE_EACH` 中哪些证券会拒绝买入 100 个单位？写成 `{"604018.SH"}` 这样的集合。

# %%
answer = None

check(
    answer,
    lambda: {symbol for symbol in ONE_EACH if rules.lot(sample.instrument(symbol).board).minimum > 100},
    "Look at the smallest buy in the table of boards.",
)

# %% [markdown]
# **5.** In which year of `WHEN` was the round trip of 1,000 shares at 10 yuan in Shanghai dearest, and what did it
# cost in all? A pair, such as `("2015", 12.5)`.

# %% [markdown] zh
# **5.** 在 `WHEN` 的哪一年，上海以 10 元买卖 1,000 股的一次来回最贵，总共花了多少？写成 `("2015", 12.5)` 这样的一对。

# %%
answer = None

check(
    answer,
    lambda: (fees_by_side().sum().idxmax(), fees_by_side().sum().max()),
    "Add up the columns of the first table.",
)
