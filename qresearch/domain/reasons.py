"""The closed list of reasons: why an order was rejected, trimmed, kept waiting, canceled or expired.

Each has a code, a sentence in English and in Chinese with the numbers of the case in it, advice, and the source of
the rule. Tables in the documentation are generated from this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

Facts = Mapping[str, object]
NO_FACTS: Facts = MappingProxyType({})


class Reason(StrEnum):
    """Codes of the reasons."""

    LOT_SIZE = "LOT_SIZE"
    MINIMUM_SIZE = "MINIMUM_SIZE"
    ORDER_MAXIMUM = "ORDER_MAXIMUM"
    ZERO_QUANTITY = "ZERO_QUANTITY"
    NO_CHANGE = "NO_CHANGE"
    NO_PRICE = "NO_PRICE"
    NOT_TRADABLE = "NOT_TRADABLE"
    PROTECTION_PRICE = "PROTECTION_PRICE"
    NOT_LISTED = "NOT_LISTED"
    DELISTED = "DELISTED"
    DATA_ENDED = "DATA_ENDED"
    NO_FURTHER_OPEN = "NO_FURTHER_OPEN"
    GOOD_TILL_OVER = "GOOD_TILL_OVER"
    SUSPENDED = "SUSPENDED"
    NO_TRADES = "NO_TRADES"
    LIMIT_UP = "LIMIT_UP"
    LIMIT_DOWN = "LIMIT_DOWN"
    T_PLUS_ONE = "T_PLUS_ONE"
    INSUFFICIENT_QUANTITY = "INSUFFICIENT_QUANTITY"
    INSUFFICIENT_CASH = "INSUFFICIENT_CASH"
    VALUE_CAP = "VALUE_CAP"
    VOLUME_CAP = "VOLUME_CAP"
    PRICE_LIMIT = "PRICE_LIMIT"
    LIMIT_NOT_REACHED = "LIMIT_NOT_REACHED"
    STOP_NOT_REACHED = "STOP_NOT_REACHED"
    AWAITS_CLOSE = "AWAITS_CLOSE"
    AWAITS_ENTRY = "AWAITS_ENTRY"
    NOT_AT_ONCE = "NOT_AT_ONCE"
    OPEN_ORDER_MARGIN = "OPEN_ORDER_MARGIN"
    POSITION_CLOSED = "POSITION_CLOSED"
    REPLACED_BY_TARGET = "REPLACED_BY_TARGET"
    BELOW_FILLED = "BELOW_FILLED"
    USER_CANCEL = "USER_CANCEL"
    ALREADY_FINAL = "ALREADY_FINAL"


Refusal = tuple[Reason, Facts]
"""Why something is refused, and the numbers of the case."""


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a reason says.

    Parameters
    ----------
    sentence, sentence_zh : str
        Templates; the names in braces are the facts of the case.
    advice : str
        What to do about it.
    source : str
        The rule behind it.
    """

    sentence: str
    sentence_zh: str
    advice: str
    source: str

    def render(self, facts: Facts, *, language: str = "en") -> str:
        """The sentence with the numbers of one case."""
        template = self.sentence_zh if language == "zh" else self.sentence
        return template.format_map({name: _plain(value) for name, value in facts.items()})


def _plain(value: object) -> str:
    """Numbers as people write them."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    # Prices that a vendor has adjusted may be small and on no tick.
    places = 6 if abs(value) < 10 else 3
    return f"{value:,.{places}f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.2f}"


_EXCHANGE = "SSE and SZSE trading rules, chapter 3 (order quantity)"
_MODEL = "qresearch fill model"

REASONS: Mapping[Reason, ReasonText] = MappingProxyType({
    Reason.LOT_SIZE: ReasonText(
        "{asked} shares are not whole lots of {lot}: {sent} can be sent.",
        "{asked}股不是{lot}股的整数倍:可申报{sent}股。",
        "Ask for a multiple of the lot; an odd remainder can only be sold in one go.",
        _EXCHANGE,
    ),
    Reason.MINIMUM_SIZE: ReasonText(
        "An order on this board needs at least {minimum} shares; {asked} were asked for.",
        "该板块每笔委托至少{minimum}股,委托为{asked}股。",
        "Ask for at least the minimum of the board; a smaller remainder can only be sold in one go.",
        "STAR: at least 200 shares, then steps of 1 (2019-07-22); BSE: at least 100, then steps of 1 (2021-11-15)",
    ),
    Reason.ORDER_MAXIMUM: ReasonText(
        "One order may be for {maximum} shares at most; {asked} were asked for.",
        "单笔委托最多{maximum}股,委托为{asked}股。",
        "Split it into orders of at most the maximum.",
        "SSE and SZSE trading rules, largest order: the dated table in qresearch/market/rulebook.py",
    ),
    Reason.ZERO_QUANTITY: ReasonText(
        "What was asked comes to 0 shares: there is nothing to send.",
        "所要求的数量为0股,无需申报。",
        "Ask for one lot at least.",
        _MODEL,
    ),
    Reason.NO_CHANGE: ReasonText(
        "Nothing to do: the {held} shares held already are what was asked for.",
        "无需下单:持仓{held}股已满足目标。",
        "Nothing; the order is kept so that the request is not lost.",
        _MODEL,
    ),
    Reason.NO_PRICE: ReasonText(
        "No price of this instrument is known yet: a value cannot become shares, nor a trailing stop find its place.",
        "该证券尚无已知价格,无法把金额换算为股数,也无法设定跟踪止损价。",
        "Order a number of shares, with a stop_price= for a trailing stop, or wait for its first bar.",
        _MODEL,
    ),
    Reason.NOT_TRADABLE: ReasonText(
        "{symbol} is an index: it can be looked at, not traded.",
        "{symbol}是指数,不可交易。",
        "Trade an ETF that tracks it.",
        _MODEL,
    ),
    Reason.PROTECTION_PRICE: ReasonText(
        "{symbol} is a STAR share: a market order there needs a protection price, and none was given.",
        "{symbol}为科创板证券:市价委托须填写保护限价,该委托未填写。",
        "Pass a protection price, MarketOrderStyle(price), or a limit order.",
        "SSE STAR trading rules, market orders (2019-07-22); asked for by JoinQuant",
    ),
    Reason.NOT_LISTED: ReasonText(
        "Not listed yet on {day}.",
        "{day}尚未上市。",
        "Wait until its first trading day.",
        _MODEL,
    ),
    Reason.DELISTED: ReasonText(
        "Delisted on {delisted}.",
        "已于{delisted}退市。",
        "Nothing can be done; sell before the last trading day.",
        _MODEL,
    ),
    Reason.DATA_ENDED: ReasonText(
        "It has no bar since {last} and no delisting is on record, so no price can be made.",
        "自{last}起无行情数据且无退市记录,无法成交。",
        "Wait for its bars to go on, bring later ones, or record the delisting in the instruments table.",
        _MODEL,
    ),
    Reason.NO_FURTHER_OPEN: ReasonText(
        "{day} is the last trading day of this session: there is no further open to fill at.",
        "{day}是本会话最后一个交易日,没有下一个开盘。",
        "Extend the session (end=) or bring later bars.",
        _MODEL,
    ),
    Reason.GOOD_TILL_OVER: ReasonText(
        "It was good till {until}, but the first day on which it could work is {day}.",
        "有效期至{until},而最早可参与交易的日期为{day}。",
        "Name a later last day.",
        _MODEL,
    ),
    Reason.SUSPENDED: ReasonText(
        "Suspended on {day}.",
        "{day}停牌。",
        "Order again when trading resumes.",
        "SSE and SZSE trading rules (suspension and resumption)",
    ),
    Reason.NO_TRADES: ReasonText(
        "Nobody traded in the bar that ended at {time}.",
        "截至{time}的K线没有成交。",
        "Wait for a bar with trades, or order what trades more often.",
        _MODEL,
    ),
    Reason.LIMIT_UP: ReasonText(
        "The price {open} is the upper limit {limit}: nobody sells, a buy cannot fill.",
        "价格{open}即涨停价{limit},买单无法成交。",
        "Try again on another day; a queue at the limit is assumed to get nothing.",
        "SSE and SZSE price limits; that a locked open fills nothing is a pessimistic assumption",
    ),
    Reason.LIMIT_DOWN: ReasonText(
        "The price {open} is the lower limit {limit}: nobody buys, a sell cannot fill.",
        "价格{open}即跌停价{limit},卖单无法成交。",
        "Try again on another day; a queue at the limit is assumed to get nothing.",
        "SSE and SZSE price limits; that a locked open fills nothing is a pessimistic assumption",
    ),
    Reason.T_PLUS_ONE: ReasonText(
        "Of {held} shares held {sellable} can be sold today: the rest was bought today (T+1). {asked} were asked for.",
        "持有{held}股,今日可卖{sellable}股:其余为今日买入(T+1)。委托{asked}股。",
        "Sell on the next trading day.",
        "China A-shares settle T+1: shares bought today can be sold on the next trading day (since 1995-01-01)",
    ),
    Reason.INSUFFICIENT_QUANTITY: ReasonText(
        "{asked} shares were to be sold, {sellable} can be.",
        "委托卖出{asked}股,可卖{sellable}股。",
        "Sell no more than is held; short selling is not offered by a cash account.",
        _MODEL,
    ),
    Reason.INSUFFICIENT_CASH: ReasonText(
        "{asked} shares need {needed} with fees; {cash} is available, enough for {affordable}.",
        "{asked}股含费用需{needed},可用资金{cash},仅够{affordable}股。",
        "Order less, or sell first; cash is checked at the match, after the sells.",
        _MODEL,
    ),
    Reason.VALUE_CAP: ReasonText(
        "At {price} the {asked} shares would exceed the value asked for, {value}: {sent} stay within it.",
        "按{price}成交{asked}股将超过所要求的金额{value},缩减为{sent}股。",
        "Nothing; value orders never exceed what was asked when the open gaps up.",
        _MODEL,
    ),
    Reason.VOLUME_CAP: ReasonText(
        "{cap} shares may be taken ({rate} of the bar's volume {volume}, shared by all orders); {asked} were wanted.",
        "最多可成交{cap}股(该K线成交量{volume}的{rate},各委托共享),委托{asked}股。",
        "Order less, spread it over days, or raise participation=.",
        _MODEL,
    ),
    Reason.PRICE_LIMIT: ReasonText(
        "The limit price {limit} is outside the price limits of {day}, {down} to {up}.",
        "委托价{limit}超出{day}的涨跌停范围{down}至{up}。",
        "Choose a price within the limits of the day.",
        "SSE and SZSE trading rules: orders outside the price limits are invalid",
    ),
    Reason.LIMIT_NOT_REACHED: ReasonText(
        "The limit {limit} was not met: the best price was {price}.",
        "限价{limit}未成交:最优价为{price}。",
        "Change the limit, or keep the order for longer (tif='GTC').",
        "qresearch fill model: a resting limit fills only when the bar trades through it",
    ),
    Reason.STOP_NOT_REACHED: ReasonText(
        "The stop {stop} was not reached: the price got to {price}.",
        "未触发价{stop}:价格最远到{price}。",
        "Keep the order for longer (tif='GTC'), or move the stop.",
        _MODEL,
    ),
    Reason.AWAITS_CLOSE: ReasonText(
        "A market-on-close order waits for the closing price.",
        "收盘价委托等待收盘。",
        "Step to the close.",
        _MODEL,
    ),
    Reason.AWAITS_ENTRY: ReasonText(
        "It protects a position that is not held yet: a buy of it is still open.",
        "所保护的持仓尚未建立:买入委托仍未完成。",
        "Nothing; it works once the buy has filled, and ends with it otherwise.",
        _MODEL,
    ),
    Reason.NOT_AT_ONCE: ReasonText(
        "{filled} of {asked} shares could be had at once; {tif} takes nothing later.",
        "{asked}股中仅{filled}股可即时成交,{tif}不等待。",
        "Use tif='DAY' to let the rest wait.",
        _MODEL,
    ),
    Reason.OPEN_ORDER_MARGIN: ReasonText(
        "After another fill the account can no longer carry this order: it needs {needed}, {available} is left.",
        "其他成交后账户无法再支持该委托:需{needed},剩余{available}。",
        "Cancel orders that depend on a position before closing it.",
        "LEAN: open orders are checked against buying power after each fill",
    ),
    Reason.POSITION_CLOSED: ReasonText(
        "Nothing is left for it to close: {held} shares are held, {promised} of them are being sold already.",
        "已无可平持仓:持有{held}股,其中{promised}股正在卖出。",
        "",
        "qresearch fill model: an order that only closes a position ends with it",
    ),
    Reason.REPLACED_BY_TARGET: ReasonText(
        "Order {order} set a target for the position; what was open in it gave way.",
        "委托{order}为该持仓设定了目标,原有未完成委托随之撤销。",
        "",
        "qresearch fill model: a target means the position after the next match",
    ),
    Reason.BELOW_FILLED: ReasonText(
        "{asked} shares in all are not more than the {done} already filled or given up.",
        "改单后总量{asked}股不大于已成交或已撤销的{done}股。",
        "Cancel the order instead.",
        _MODEL,
    ),
    Reason.USER_CANCEL: ReasonText(
        "Canceled on request.",
        "已按要求撤单。",
        "",
        _MODEL,
    ),
    Reason.ALREADY_FINAL: ReasonText(
        "The order is {status}: nothing is left to change.",
        "委托已是{status}状态,无可变更。",
        "Look at the order's events to see when it ended.",
        _MODEL,
    ),
})  # fmt: skip
"""Every reason with its words; a test holds that each code has them."""

ADVICE_ZH: Mapping[Reason, str] = MappingProxyType({
    Reason.LOT_SIZE: "请按整手下单;不足一手的零股只能一次性卖出。",
    Reason.MINIMUM_SIZE: "请不少于该板块的最小数量;不足最小数量的余额只能一次性卖出。",
    Reason.ORDER_MAXIMUM: "请拆分为不超过上限的多笔委托。",
    Reason.ZERO_QUANTITY: "请至少下单一手。",
    Reason.NO_CHANGE: "无需操作;该请求保留在记录中。",
    Reason.NO_PRICE: "请按股数下单(跟踪止损须给出触发价),或等待第一根K线。",
    Reason.NOT_TRADABLE: "请交易跟踪该指数的ETF。",
    Reason.PROTECTION_PRICE: "请填写保护限价,或使用限价委托。",
    Reason.NOT_LISTED: "请等到首个交易日。",
    Reason.DELISTED: "已无法处理;应在最后交易日之前卖出。",
    Reason.DATA_ENDED: "请等待或补充后续行情,或在证券表中登记退市日。",
    Reason.NO_FURTHER_OPEN: "请延长会话的结束日期,或补充后续行情。",
    Reason.GOOD_TILL_OVER: "请填写更晚的有效日期。",
    Reason.SUSPENDED: "请在复牌后再下单。",
    Reason.NO_TRADES: "请等待有成交的K线,或选择成交更活跃的证券。",
    Reason.LIMIT_UP: "请改日再试;假定涨停排队不能成交。",
    Reason.LIMIT_DOWN: "请改日再试;假定跌停排队不能成交。",
    Reason.T_PLUS_ONE: "请在下一个交易日卖出。",
    Reason.INSUFFICIENT_QUANTITY: "卖出不得超过持有;现金账户不能卖空。",
    Reason.INSUFFICIENT_CASH: "请减少数量或先卖出;资金在撮合时检查,先卖后买。",
    Reason.VALUE_CAP: "无需操作;开盘跳高时按金额的委托不会超过所要求的金额。",
    Reason.VOLUME_CAP: "请减少数量、分日下单,或提高成交量上限。",
    Reason.PRICE_LIMIT: "请在当日涨跌停范围内报价。",
    Reason.LIMIT_NOT_REACHED: "请修改限价,或延长有效期(GTC)。",
    Reason.STOP_NOT_REACHED: "请延长有效期(GTC),或移动触发价。",
    Reason.AWAITS_CLOSE: "请前进到收盘。",
    Reason.AWAITS_ENTRY: "无需操作;买入成交后生效,否则随之结束。",
    Reason.NOT_AT_ONCE: "请使用当日有效(DAY),让剩余部分等待。",
    Reason.OPEN_ORDER_MARGIN: "平仓前请先撤销依赖该持仓的委托。",
    Reason.POSITION_CLOSED: "",
    Reason.REPLACED_BY_TARGET: "",
    Reason.BELOW_FILLED: "请改为撤单。",
    Reason.USER_CANCEL: "",
    Reason.ALREADY_FINAL: "请查看该委托的事件,了解其何时结束。",
})  # fmt: skip
"""The advice of each reason in Chinese."""


def advise(reason: Reason, *, language: str = "en") -> str:
    """What to do about a reason; empty where there is nothing to do.

    >>> advise(Reason.SUSPENDED), advise(Reason.SUSPENDED, language="zh")
    ('Order again when trading resumes.', '请在复牌后再下单。')
    """
    return ADVICE_ZH[reason] if language == "zh" else REASONS[reason].advice


def explain_reason(reason: Reason, facts: Facts, *, language: str = "en") -> str:
    """The sentence of a reason for one case.

    >>> explain_reason(Reason.SUSPENDED, {"day": "2024-01-31"})
    'Suspended on 2024-01-31.'
    """
    return REASONS[reason].render(facts, language=language)
