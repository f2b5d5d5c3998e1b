"""The scripted episodes of the embedded market, in words: what :func:`qresearch.sources.sample.episodes` shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Episode:
    """One thing to teach with; `first` and `last` are trading days, both inclusive."""

    key: str
    symbol: str
    first: str
    last: str
    title_en: str
    title_zh: str
    see_en: str
    see_zh: str


EPISODES = (
    Episode(
        "bull_spell", "000900.SH", "2021-01-04", "2021-09-14", "A bull spell", "牛市阶段",
        "The market factor rises; most shares with a beta follow.",
        "市场因子上行，多数股票随之上涨。",
    ),
    Episode(
        "bear_spell", "000900.SH", "2021-09-15", "2022-10-31", "A bear spell", "熊市阶段",
        "The market factor falls with higher volatility; drawdowns are made here.",
        "市场因子下行且波动加大，回撤多发生于此。",
    ),
    Episode(
        "calm_spell", "000900.SH", "2022-11-01", "2023-12-29", "A calm spell", "平静阶段",
        "Little drift and half the volatility of the bear spell.",
        "趋势微弱，波动约为熊市的一半。",
    ),
    Episode(
        "gap_up", "004163.SZ", "2021-01-20", "2021-01-20", "The open gaps up by 6 %", "高开 6%",
        "A buy by value, sized at yesterday's close, is trimmed at the open to the value that was asked.",
        "按金额下的买单以昨收定量，开盘时按所求金额削减。",
    ),
    Episode(
        "gap_down", "004177.SZ", "2021-01-27", "2021-01-27", "The open gaps down by 5.5 %", "低开 5.5%",
        "A sell stop fills at the open, below its stop price; a buy limit fills at the open, better than its limit.",
        "止损卖单以低于止损价的开盘价成交；限价买单以优于限价的开盘价成交。",
    ),
    Episode(
        "intraday_spike", "302615.SZ", "2021-02-03", "2021-02-03", "A deep low inside a day that closes up",
        "盘中急跌后收涨",
        "The low lies 9 % below yesterday's close, the close above the open: resting buy limits and sell stops fill "
        "although the day ends higher.",
        "最低价较昨收低 9%，收盘却高于开盘：挂着的限价买单与止损卖单都会成交。",
    ),
    Episode(
        "thin_day", "004136.SZ", "2021-02-24", "2021-02-24", "A thin day: 12,300 shares", "成交稀少：12,300 股",
        "With a volume cap only part of an order fills; the rest waits, is canceled or carried as its time in force "
        "says.",
        "设成交量上限时订单只成交一部分，剩余部分按有效期等待、撤销或延续。",
    ),
    Episode(
        "locked_limit_up", "604035.SH", "2021-03-17", "2021-03-17", "Locked at limit-up all day", "一字涨停",
        "Open, high, low and close are the upper limit: a buy at the open finds no seller, a sell fills.",
        "开高低收均为涨停价：开盘买入无人卖出，卖出可以成交。",
    ),
    Episode(
        "limit_up_opens", "604069.SH", "2021-04-21", "2021-04-21", "Opens at limit-up, then trades below",
        "涨停开盘后打开",
        "A market buy at the open does not fill; a limit order that rests at the limit price could fill later.",
        "开盘市价买单不成交；以涨停价挂着的限价单之后可能成交。",
    ),
    Episode(
        "bonus_issue", "004102.SZ", "2021-05-27", "2021-05-27", "Bonus issue, 10 new shares for 10", "10 送 10",
        "The price halves and the holding doubles; the value of the position does not change at the reference price.",
        "股价减半、股数加倍；按除权参考价计，持仓市值不变。",
    ),
    Episode(
        "limit_up_streak", "604047.SH", "2021-06-08", "2021-06-10", "Three locked limit-up days in a row",
        "连续三个一字涨停",
        "A buy at the open fails three times; on the fourth day it would fill, 41 % above the close before the streak.",
        "开盘买单三天不成交，第四天才能成交，价格已较连板前收盘高出 41%。",
    ),
    Episode(
        "cash_dividend", "604018.SH", "2021-07-08", "2021-07-08", "A cash dividend", "现金分红",
        "The reference price falls by the dividend, the cash arrives on the ex-date.",
        "除息参考价扣除每股股息，现金于除息日到账。",
    ),
    Episode(
        "dividend_series", "604026.SH", "2021-06-25", "2023-06-30", "A dividend every summer, a price above 1,000",
        "每年夏季分红，股价过千元",
        "One lot costs more than 100,000 yuan; compare prices unadjusted, pre-adjusted and post-adjusted.",
        "一手超过十万元；可比较不复权、前复权与后复权价格。",
    ),
    Episode(
        "suspension", "604073.SH", "2021-07-19", "2021-07-28", "Suspended for 8 sessions", "停牌 8 个交易日",
        "Orders are rejected, the position keeps its last mark; the first open after it gaps up by 7.4 %.",
        "委托被拒，持仓按最后价格估值；复牌首日高开 7.4%。",
    ),
    Episode(
        "etf_split", "514205.SH", "2021-08-16", "2021-08-16", "A fund splits 2 for 1", "ETF 一拆二",
        "Units double and the price halves, on a tick of 0.001; open orders are scaled.",
        "份额加倍、价格减半（最小变动 0.001）；未成交委托同步调整。",
    ),
    Episode(
        "new_listing_bse", "928101.BJ", "2021-12-20", "2021-12-20", "New in Beijing: one day without limits",
        "北交所新股首日不设涨跌幅",
        "Closes 45 % above the issue price; from the second day on the limit is 30 %.",
        "首日收涨约 45%，次日起涨跌幅限制为 30%。",
    ),
    Episode(
        "rights_issue", "004121.SZ", "2022-02-14", "2022-02-22", "Rights issue, 3 for 10", "10 配 3",
        "Six suspended sessions, then the ex-date: who does not subscribe loses the difference.",
        "停牌六个交易日后除权：不参与配股者承担差价损失。",
    ),
    Episode(
        "locked_limit_down", "604052.SH", "2022-03-15", "2022-03-15", "Locked at limit-down all day", "一字跌停",
        "A sell at the open finds no buyer: a stop loss does not protect.",
        "开盘卖出无人接盘：止损单失去保护作用。",
    ),
    Episode(
        "limit_down_opens", "604001.SH", "2022-04-25", "2022-04-25", "Opens at limit-down, then trades above",
        "跌停开盘后打开",
        "A market sell at the open does not fill; a resting limit sell above the open fills during the day.",
        "开盘市价卖单不成交；挂在开盘价上方的限价卖单盘中成交。",
    ),
    Episode(
        "st_spell", "604095.SH", "2022-05-05", "2022-07-29", "A risk warning (ST) and its removal", "戴帽与摘帽（ST）",
        "Limits of 5 % instead of 10 %: two locked limit-down days at once, and a suspended day before and after.",
        "涨跌幅由 10% 收窄到 5%：先是两个一字跌停；戴帽前与摘帽前各停牌一天。",
    ),
    Episode(
        "bonus_and_cash_chinext", "302622.SZ", "2022-05-12", "2022-05-12", "5 new shares for 10, and cash",
        "10 转 5 并派现",
        "Odd lots arise: a holding of 300 becomes 450, and a sell of everything takes the odd 50 along.",
        "产生零股：300 股变为 450 股，全部卖出时零股一并卖出。",
    ),
    Episode(
        "cash_and_bonus", "004115.SZ", "2022-06-09", "2022-06-09", "Cash and 4 new shares for 10", "10 送 4 并派现",
        "Both parts of the reference price in one ex-date.",
        "同一除权除息日同时派现与送股。",
    ),
    Episode(
        "new_listing_star", "688917.SH", "2022-06-15", "2022-06-21", "New on STAR: five days without limits",
        "科创板新股前五日不设涨跌幅",
        "Closes of +62 % and +23 % on the first and third day; from the sixth on the limit is 20 %.",
        "首日涨 62%、第三日涨 23%；第六日起涨跌幅限制为 20%。",
    ),
    Episode(
        "new_listing_bse_down", "839208.BJ", "2022-08-30", "2022-08-30", "New in Beijing, below its issue price",
        "北交所新股首日破发",
        "The first close is 13 % under the issue price, in a bear market.",
        "熊市中首日收盘较发行价低 13%。",
    ),
    Episode(
        "delisting", "604103.SH", "2022-05-06", "", "A risk warning, a slide below one yuan, a delisting",
        "ST、跌破一元、退市",
        "Eight locked limit-down days in August 2022, then twenty closes below one yuan; rows end with a delisting "
        "on record.",
        "2022 年 8 月连续八个一字跌停，随后连续二十个收盘价低于一元，数据终止且有退市记录。",
    ),
    Episode(
        "missing_rows", "004158.SZ", "2022-11-07", "2022-11-18", "Ten days without rows", "缺失十个交易日",
        "Unlike a suspension the rows are missing; the position keeps its last mark, orders are rejected.",
        "与停牌不同，数据行缺失；持仓按最后价格估值，委托被拒。",
    ),
    Episode(
        "main_board_reform", "000900.SH", "2023-04-10", "2023-04-10", "Registration reform of the main boards",
        "主板注册制改革",
        "From here on new main-board listings have five days without limits; until then day 1 ends at 144 %.",
        "自此主板新股前五日不设涨跌幅；此前首日上限为 144%。",
    ),
    Episode(
        "new_listing_main", "604116.SH", "2023-05-16", "2023-05-22", "New on the main board after the reform",
        "改革后的主板新股",
        "The first close is more than double the issue price; from the sixth day on the limit is 10 %.",
        "首日收盘超过发行价一倍；第六日起涨跌幅限制为 10%。",
    ),
    Episode(
        "data_ended", "004140.SZ", "2023-06-30", "2023-06-30", "The data end without a delisting",
        "数据中断而无退市记录",
        "The position is frozen at its last mark and flagged stale; orders after that day are rejected.",
        "持仓冻结在最后价格并标记为陈旧；此后的委托被拒。",
    ),
    Episode(
        "stamp_duty_halved", "000900.SH", "2023-08-28", "2023-08-28", "Stamp duty halved", "印花税减半",
        "With historical costs the same sale pays 0.1 % on the trading day before and 0.05 % from here on.",
        "按历史费率，同样的卖出在前一交易日缴 0.1%，自此日起缴 0.05%。",
    ),
    Episode(
        "same_day_sale", "157301.SZ", "2021-01-04", "2023-12-29", "A gold fund: sold on the day it is bought",
        "黄金 ETF 当日可卖（T+0）",
        "Shares bought at the open can be sold the same day, which T+1 forbids for shares and share funds.",
        "当日买入当日可卖；股票与股票 ETF 受 T+1 限制。",
    ),
    Episode(
        "star_fund_limit", "514588.SH", "2021-01-04", "2023-12-29", "A fund with a limit of 20 %", "涨跌幅 20% 的 ETF",
        "It tracks STAR shares only, so its own limit_ratio stands above the 10 % of other funds.",
        "只跟踪科创板股票，故涨跌幅为 20%，高于普通 ETF 的 10%。",
    ),
    Episode(
        "star_lots", "688903.SH", "2021-01-04", "2023-12-29", "A STAR share trading normally", "科创板普通交易",
        "Buys of at least 200 shares, then in steps of 1: 199 is rejected, 201 is fine.",
        "买入至少 200 股，以 1 股递增：199 股被拒，201 股可以。",
    ),
    Episode(
        "bse_lots", "928101.BJ", "2021-12-21", "2023-12-29", "A Beijing share trading normally", "北交所普通交易",
        "Buys of at least 100 shares, then in steps of 1; limits of 30 %.",
        "买入至少 100 股，以 1 股递增；涨跌幅限制 30%。",
    ),
    Episode(
        "low_price", "604088.SH", "2021-01-04", "2023-12-29", "A share below 3 yuan", "低价股",
        "One tick is about half a percent of the price: rounding of limits and slippage of one tick matter.",
        "一个最小变动约为股价的 0.5%：涨跌停取整与一跳滑点都不可忽视。",
    ),
)  # fmt: skip
