"""What an explanation of an order says, in English and Chinese: one row per sentence.

The numbers stand in braces. Sentences of the reasons, which say why something failed, stand with the reasons
themselves (:mod:`qresearch.domain.reasons`).
"""

from __future__ import annotations

from types import MappingProxyType

from qresearch.domain.terms import MARKET_DAY, Kind, Terms, TimeInForce

LANGUAGES = ("en", "zh")

SENTENCES = MappingProxyType({
    # ---- around the findings
    "title": ("Order {order}: {side} {symbol}", "委托 {order}:{side} {symbol}"),
    "buy": ("buy", "买入"),
    "sell": ("sell", "卖出"),
    "left_out": ("… {count} findings left out; .data has all …", "… 省略 {count} 条,.data 中有全部 …"),
    "step_on": ("Step on: it meets the next open.", "请继续前进:它在下一个开盘进入市场。"),
    "no_day": ("before the data", "数据之前"),
    "between": (" ", ""),
    "more_cash": ("{cash} more cash would have paid for all", "再有资金 {cash} 即可全部成交"),
    "affordable": ("; {shares} shares were within reach.", ";现有资金够 {shares} 股。"),
    "limit_above": ("A limit above {price} would have been met.", "限价高于 {price} 即可成交。"),
    "limit_below": ("A limit below {price} would have been met.", "限价低于 {price} 即可成交。"),
    "stop_at": ("A stop at {price} would have been reached.", "触发价设为 {price} 即可触发。"),
    "valid_limits": ("A limit price from {down} to {up} was valid.", "有效报价为 {down} 至 {up}。"),
    "possible_sale": ("A sale of {shares} was possible.", "可以卖出 {shares} 股。"),
    "to_take": ("{cap} of the {asked} shares were there to take.", "{asked} 股中有 {cap} 股可成交。"),
    "accepted": ("{shares} shares would have been accepted.", "{shares} 股即可接受。"),
    "carried": ("{difference} more would have carried it.", "再有 {difference} 即可支持。"),
    "of_cash": ("{cash} of cash", "资金 {cash}"),
    # ---- the call
    "sized": ("{held} held, {pending} pending.", "持仓 {held} 股,未成交 {pending} 股。"),
    "sized_by_price": (
        "{held} held, {pending} pending, last visible price {price}, cash {cash}.",
        "持仓 {held} 股,未成交 {pending} 股,最新可见价 {price},资金 {cash}。",
    ),
    "sent": ("{shares} shares", "{shares} 股"),
    "sent_terms": ("{shares} shares, {terms}", "{shares} 股,{terms}"),
    "rounded": (", rounded to whole lots from {asked}", ",由 {asked} 股取整为整手"),
    "waits": ("; waits for the next open.", ";等待下一个开盘。"),
    "full_stop": (".", "。"),
    # ---- the market
    "traded_at": ("{shares} shares at {price} = {value}", "{shares} 股,成交价 {price},金额 {value}"),
    "slipped": ("; slippage {slip} against the open", ";相对开盘价滑点 {slip}"),
    "at_the_open": ("; the opening price", ";即开盘价"),
    "at_its_limit": ("; its limit", ";即其限价"),
    "comma": (", ", ","),
    "left": ("; {left} are left.", ";剩余 {left} 股。"),
    "fees": (
        "{parts}; {total} in all.",
        "{parts};合计 {total}。",
    ),
    "released": ("{terms}, good for {tif}", "{terms},有效期 {tif}"),
    "scaled": ("a split or bonus issue made it {shares} shares", "送转股或拆股后为 {shares} 股"),
    "triggered": ("the stop {price} was reached", "已触发 {price}"),
    "moved": ("the trailing stop follows to {price}", "跟踪止损价移至 {price}"),
    "updated": ("{shares} shares left, {terms}", "剩余 {shares} 股,{terms}"),
    "cancel_asked": ("takes effect at the next match; a fill may come first", "下次撮合时生效,此前仍可能成交"),
    "not_asked": ("not asked any more", "不再检查"),
    # ---- checks
    "within_limits": (
        "limit {price} is within the price limits of the day, {down} to {up}",
        "限价 {price} 在当日涨跌停范围 {down} 至 {up} 之内",
    ),
    "once": ("{tif}: met the market once", "{tif}:只与市场撮合一次"),
    "listed": ("listed and not suspended on {day}", "{day} 已上市且未停牌"),
    "opens": ("; opens at {price}", ";开盘价 {price}"),
    "trades": ("; trades from {low} to {high}, closes at {close}", ";成交于 {low} 至 {high},收盘 {close}"),
    "closing_price": ("the closing price is {price}", "收盘价为 {price}"),
    "close_met": ("the closing price was met at {price}", "按收盘价 {price} 成交"),
    "stop_met": ("stop {stop} was met at {price}", "触发价 {stop} 已到,成交价 {price}"),
    "limit_met": ("limit {limit} was met at {price}", "限价 {limit} 已到,成交价 {price}"),
    "reached_before": ("the stop {stop} was reached before", "触发价 {stop} 此前已到"),
    "reached_up": ("{found} is at or above {stop}", "{found} 不低于 {stop}"),
    "reached_down": ("{found} is at or below {stop}", "{found} 不高于 {stop}"),
    "met_up": ("{found} is at or above the limit {limit}", "{found} 不低于限价 {limit}"),
    "met_down": ("{found} is at or below the limit {limit}", "{found} 不高于限价 {limit}"),
    "beyond_up": ("{found} is above the limit {limit}", "{found} 高于限价 {limit}"),
    "beyond_down": ("{found} is below the limit {limit}", "{found} 低于限价 {limit}"),
    "the_open": ("the open {price}", "开盘价 {price}"),
    "the_last": ("the last price {price}", "最新价 {price}"),
    "the_quote": ("the quote {price}", "报价 {price}"),
    "the_close": ("the close {price}", "收盘价 {price}"),
    "the_high": ("the high {price}", "最高价 {price}"),
    "the_low": ("the low {price}", "最低价 {price}"),
    "no_price_limit": ("no price limit on this day", "当日无涨跌停限制"),
    "limits_are": ("limits of the day are {down} and {up}", "当日跌停 {down},涨停 {up}"),
    "open_below": ("open {price} is below the upper limit {up}", "开盘价 {price} 低于涨停价 {up}"),
    "open_above": ("open {price} is above the lower limit {down}", "开盘价 {price} 高于跌停价 {down}"),
    "price_below": ("price {price} is below the upper limit {up}", "价格 {price} 低于涨停价 {up}"),
    "price_above": ("price {price} is above the lower limit {down}", "价格 {price} 高于跌停价 {down}"),
    "shares": (
        "{asked} asked, {free} of {held} can be sold today",
        "委托 {asked} 股,持有 {held} 股中今日可卖 {free} 股",
    ),
    "earlier_sells": (", {before} are held back by earlier sells", ",先前卖单冻结 {before} 股"),
    "lot": ("{shares} shares are allowed", "{shares} 股符合申报单位"),
    "value_of_position": ("the position stays within {cap} at {price}", "按 {price} 计,持仓不超过 {cap}"),
    "value_of_order": ("the order stays within {cap} at {price}", "按 {price} 计,委托不超过 {cap}"),
    "cash": (
        "needs {needed} with fees at {price}, {cash} is available",
        "按 {price} 含费用需 {needed},可用 {cash}",
    ),
    "held_back": (" ({others} held back by resting buys)", "(挂单买入冻结 {others})"),
    "volume": (
        "{rate} of the volume {volume} is enough for {shares}",
        "成交量 {volume} 的 {rate} 足够成交 {shares} 股",
    ),
    "taken": (" after the {taken} of earlier orders", ",已扣除先前委托的 {taken} 股"),
    "rests_sell": ("stays in the market; {shares} shares are reserved for it", "继续挂单;为其冻结 {shares} 股"),
    "rests_buy": ("stays in the market; {cost} of the cash is reserved for it", "继续挂单;为其冻结资金 {cost}"),
})  # fmt: skip
"""Key: (English, Chinese)."""

NAMES = MappingProxyType({
    "Asked": "请求", "Sized": "换算", "Sent": "申报", "Order": "委托", "Reserved": "冻结", "Filled": "成交",
    "Fees": "费用", "Trading": "可交易", "Order price": "委托价", "Price limit": "涨跌停", "Volume": "成交量",
    "Time in force": "有效期", "Close": "收盘价", "Trigger": "触价", "Stop": "触发价", "Limit": "限价",
    "Shares": "股份", "Lot": "申报单位", "Value": "金额", "Cash": "资金", "To the market": "进入市场",
    "No fill": "未成交", "Trimmed": "缩减", "Rejected": "被拒", "Expired": "过期", "Corporate action": "公司行动",
    "Triggered": "触发", "Stop moved": "止损移动", "Updated": "改单", "Update requested": "请求改单",
    "Update refused": "改单被拒", "Cancel requested": "请求撤单", "Cancel refused": "撤单被拒", "Canceled": "已撤",
    "Target": "目标", "Price": "价格", "Calendar": "日历",
    # moments, states and heads of the table
    "PRE_OPEN": "开盘前", "OPEN": "开盘", "INTRADAY": "盘中", "CLOSE": "收盘", "AFTER_CLOSE": "收盘后",
    "CREATED": "已创建", "QUEUED": "排队", "WORKING": "挂单中", "REPLACE_PENDING": "待改", "FILLED": "全部成交",
    "CANCELED": "已撤", "EXPIRED": "已过期", "REJECTED": "已拒", "Day": "日", "Phase": "时段", "Check": "检查",
    "What was found": "结果", "What to do": "建议",
})  # fmt: skip
"""Short names by their English, in Chinese."""

_KINDS = MappingProxyType({
    Kind.MARKET: "市价", Kind.LIMIT: "限价", Kind.STOP: "止损", Kind.STOP_LIMIT: "止损限价",
    Kind.TRAILING_STOP: "跟踪止损", Kind.LIMIT_IF_TOUCHED: "触价限价", Kind.MARKET_ON_OPEN: "开盘价",
    Kind.MARKET_ON_CLOSE: "收盘价",
})  # fmt: skip


class Say:
    """The sentences in one language.

    Parameters
    ----------
    language : {"en", "zh"}

    Examples
    --------
    >>> Say("en")("opens", price="9.52")
    '; opens at 9.52'
    >>> Say("zh").name("Cash")
    '资金'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = 1 if language == "zh" else 0

    def __call__(self, key: str, **facts: object) -> str:
        """A sentence; `facts` fill its braces."""
        return SENTENCES[key][self._place].format(**facts)

    def name(self, english: str) -> str:
        """A short name: of a check, a phase, a state or a column."""
        return NAMES[english] if self._place else english

    def terms(self, terms: Terms) -> str:
        """Type, prices and time in force of an order.

        >>> from qresearch.domain.terms import limit
        >>> Say("zh").terms(limit(10.5, tif="GTC"))
        '限价 10.5 GTC'
        """
        if not self._place:
            return str(terms)
        parts = [_KINDS[terms.kind]]
        parts += [f"{value:g}" for value in (terms.stop_price, terms.limit_price) if value is not None]
        if terms.trail is not None:
            parts.append(f"{terms.trail:.2%}" if terms.trail_is_fraction else f"{terms.trail:g}")
        if terms.time_in_force is not MARKET_DAY.time_in_force:
            parts.append(terms.time_in_force.value)
        if terms.time_in_force is TimeInForce.GTD:
            parts.append(str(terms.good_till))
        return " ".join(parts)
