"""What each reason says of its case, and what it advises: by its code, and by its code behind ``advice_``."""

from __future__ import annotations

REASONS = {
    "LOT_SIZE": (
        "{asked} shares are not whole lots of {lot}: {sent} can be sent.",
        "{asked}股不是{lot}股的整数倍:可申报{sent}股。",
    ),
    "MINIMUM_SIZE": (
        "An order on this board needs at least {minimum} shares; {asked} were asked for.",
        "该板块每笔委托至少{minimum}股,委托为{asked}股。",
    ),
    "ORDER_MAXIMUM": (
        "One order may be for {maximum} shares at most; {asked} were asked for.",
        "单笔委托最多{maximum}股,委托为{asked}股。",
    ),
    "ZERO_QUANTITY": ("What was asked comes to 0 shares: there is nothing to send.", "所要求的数量为0股,无需申报。"),
    "NO_CHANGE": (
        "Nothing to do: the {held} shares held already are what was asked for.",
        "无需下单:持仓{held}股已满足目标。",
    ),
    "NO_PRICE": (
        "No price of this instrument is known yet: a value cannot become shares, nor a trailing stop find its place.",
        "该证券尚无已知价格,无法把金额换算为股数,也无法设定跟踪止损价。",
    ),
    "NOT_TRADABLE": ("{symbol} is an index: it can be looked at, not traded.", "{symbol}是指数,不可交易。"),
    "PROTECTION_PRICE": (
        "{symbol} is a STAR share: a market order there needs a protection price, and none was given.",
        "{symbol}为科创板证券:市价委托须填写保护限价,该委托未填写。",
    ),
    "NOT_LISTED": ("Not listed yet on {day}.", "{day}尚未上市。"),
    "DELISTED": ("Delisted on {delisted}.", "已于{delisted}退市。"),
    "DATA_ENDED": (
        "It has no bar since {last} and no delisting is on record, so no price can be made.",
        "自{last}起无行情数据且无退市记录,无法成交。",
    ),
    "NO_FURTHER_OPEN": (
        "{day} is the last trading day of this session: there is no further open to fill at.",
        "{day}是本会话最后一个交易日,没有下一个开盘。",
    ),
    "GOOD_TILL_OVER": (
        "It was good till {until}, but the first day on which it could work is {day}.",
        "有效期至{until},而最早可参与交易的日期为{day}。",
    ),
    "SUSPENDED": ("Suspended on {day}.", "{day}停牌。"),
    "NO_TRADES": ("Nobody traded in the bar that ended at {time}.", "截至{time}的K线没有成交。"),
    "LIMIT_UP": (
        "The price {open} is the upper limit {limit}: nobody sells, a buy cannot fill.",
        "价格{open}即涨停价{limit},买单无法成交。",
    ),
    "LIMIT_DOWN": (
        "The price {open} is the lower limit {limit}: nobody buys, a sell cannot fill.",
        "价格{open}即跌停价{limit},卖单无法成交。",
    ),
    "T_PLUS_ONE": (
        "Of {held} shares held {sellable} can be sold today: the rest was bought today (T+1). {asked} were asked for.",
        "持有{held}股,今日可卖{sellable}股:其余为今日买入(T+1)。委托{asked}股。",
    ),
    "INSUFFICIENT_QUANTITY": (
        "{asked} shares were to be sold, {sellable} can be.",
        "委托卖出{asked}股,可卖{sellable}股。",
    ),
    "INSUFFICIENT_CASH": (
        "{asked} shares need {needed} with fees; {cash} is available, enough for {affordable}.",
        "{asked}股含费用需{needed},可用资金{cash},仅够{affordable}股。",
    ),
    "VALUE_CAP": (
        "At {price} the {asked} shares would exceed the value asked for, {value}: {sent} stay within it.",
        "按{price}成交{asked}股将超过所要求的金额{value},缩减为{sent}股。",
    ),
    "VOLUME_CAP": (
        "{cap} shares may be taken ({rate} of the bar's volume {volume}, shared by all orders); {asked} were wanted.",
        "最多可成交{cap}股(该K线成交量{volume}的{rate},各委托共享),委托{asked}股。",
    ),
    "PRICE_LIMIT": (
        "The limit price {limit} is outside the price limits of {day}, {down} to {up}.",
        "委托价{limit}超出{day}的涨跌停范围{down}至{up}。",
    ),
    "LIMIT_NOT_REACHED": (
        "The limit {limit} was not met: the best price was {price}.",
        "限价{limit}未成交:最优价为{price}。",
    ),
    "STOP_NOT_REACHED": (
        "The stop {stop} was not reached: the price got to {price}.",
        "未触发价{stop}:价格最远到{price}。",
    ),
    "AWAITS_CLOSE": ("A market-on-close order waits for the closing price.", "收盘价委托等待收盘。"),
    "AWAITS_ENTRY": (
        "It protects a position that is not held yet: a buy of it is still open.",
        "所保护的持仓尚未建立:买入委托仍未完成。",
    ),
    "NOT_AT_ONCE": (
        "{filled} of {asked} shares could be had at once; {tif} takes nothing later.",
        "{asked}股中仅{filled}股可即时成交,{tif}不等待。",
    ),
    "OPEN_ORDER_MARGIN": (
        "After another fill the account can no longer carry this order: it needs {needed}, {available} is left.",
        "其他成交后账户无法再支持该委托:需{needed},剩余{available}。",
    ),
    "POSITION_CLOSED": (
        "Nothing is left for it to close: {held} shares are held, {promised} of them are being sold already.",
        "已无可平持仓:持有{held}股,其中{promised}股正在卖出。",
    ),
    "REPLACED_BY_TARGET": (
        "Order {order} set a target for the position; what was open in it gave way.",
        "委托{order}为该持仓设定了目标,原有未完成委托随之撤销。",
    ),
    "BELOW_FILLED": (
        "{asked} shares in all are not more than the {done} already filled or given up.",
        "改单后总量{asked}股不大于已成交或已撤销的{done}股。",
    ),
    "USER_CANCEL": ("Canceled on request.", "已按要求撤单。"),
    "ALREADY_FINAL": ("The order is {status}: nothing is left to change.", "委托已是{status}状态,无可变更。"),
    "advice_LOT_SIZE": (
        "Ask for a multiple of the lot; an odd remainder can only be sold in one go.",
        "请按整手下单;不足一手的零股只能一次性卖出。",
    ),
    "advice_MINIMUM_SIZE": (
        "Ask for at least the minimum of the board; a smaller remainder can only be sold in one go.",
        "请不少于该板块的最小数量;不足最小数量的余额只能一次性卖出。",
    ),
    "advice_ORDER_MAXIMUM": ("Split it into orders of at most the maximum.", "请拆分为不超过上限的多笔委托。"),
    "advice_ZERO_QUANTITY": ("Ask for one lot at least.", "请至少下单一手。"),
    "advice_NO_CHANGE": (
        "Nothing; the order is kept so that the request is not lost.",
        "无需操作;该请求保留在记录中。",
    ),
    "advice_NO_PRICE": (
        "Order a number of shares, with a stop_price= for a trailing stop, or wait for its first bar.",
        "请按股数下单(跟踪止损须给出触发价),或等待第一根K线。",
    ),
    "advice_NOT_TRADABLE": ("Trade an ETF that tracks it.", "请交易跟踪该指数的ETF。"),
    "advice_PROTECTION_PRICE": (
        "Pass a protection price, MarketOrderStyle(price), or a limit order.",
        "请填写保护限价,或使用限价委托。",
    ),
    "advice_NOT_LISTED": ("Wait until its first trading day.", "请等到首个交易日。"),
    "advice_DELISTED": (
        "Nothing can be done; sell before the last trading day.",
        "已无法处理;应在最后交易日之前卖出。",
    ),
    "advice_DATA_ENDED": (
        "Wait for its bars to go on, bring later ones, or record the delisting in the instruments table.",
        "请等待或补充后续行情,或在证券表中登记退市日。",
    ),
    "advice_NO_FURTHER_OPEN": (
        "Extend the session (end=) or bring later bars.",
        "请延长会话的结束日期,或补充后续行情。",
    ),
    "advice_GOOD_TILL_OVER": ("Name a later last day.", "请填写更晚的有效日期。"),
    "advice_SUSPENDED": ("Order again when trading resumes.", "请在复牌后再下单。"),
    "advice_NO_TRADES": (
        "Wait for a bar with trades, or order what trades more often.",
        "请等待有成交的K线,或选择成交更活跃的证券。",
    ),
    "advice_LIMIT_UP": (
        "Try again on another day; a queue at the limit is assumed to get nothing.",
        "请改日再试;假定涨停排队不能成交。",
    ),
    "advice_LIMIT_DOWN": (
        "Try again on another day; a queue at the limit is assumed to get nothing.",
        "请改日再试;假定跌停排队不能成交。",
    ),
    "advice_T_PLUS_ONE": ("Sell on the next trading day.", "请在下一个交易日卖出。"),
    "advice_INSUFFICIENT_QUANTITY": (
        "Sell no more than is held; short selling is not offered by a cash account.",
        "卖出不得超过持有;现金账户不能卖空。",
    ),
    "advice_INSUFFICIENT_CASH": (
        "Order less, or sell first; cash is checked at the match, after the sells.",
        "请减少数量或先卖出;资金在撮合时检查,先卖后买。",
    ),
    "advice_VALUE_CAP": (
        "Nothing; value orders never exceed what was asked when the open gaps up.",
        "无需操作;开盘跳高时按金额的委托不会超过所要求的金额。",
    ),
    "advice_VOLUME_CAP": (
        "Order less, spread it over days, or raise participation=.",
        "请减少数量、分日下单,或提高成交量上限。",
    ),
    "advice_PRICE_LIMIT": ("Choose a price within the limits of the day.", "请在当日涨跌停范围内报价。"),
    "advice_LIMIT_NOT_REACHED": (
        "Change the limit, or keep the order for longer (tif='GTC').",
        "请修改限价,或延长有效期(GTC)。",
    ),
    "advice_STOP_NOT_REACHED": (
        "Keep the order for longer (tif='GTC'), or move the stop.",
        "请延长有效期(GTC),或移动触发价。",
    ),
    "advice_AWAITS_CLOSE": ("Step to the close.", "请前进到收盘。"),
    "advice_AWAITS_ENTRY": (
        "Nothing; it works once the buy has filled, and ends with it otherwise.",
        "无需操作;买入成交后生效,否则随之结束。",
    ),
    "advice_NOT_AT_ONCE": ("Use tif='DAY' to let the rest wait.", "请使用当日有效(DAY),让剩余部分等待。"),
    "advice_OPEN_ORDER_MARGIN": (
        "Cancel orders that depend on a position before closing it.",
        "平仓前请先撤销依赖该持仓的委托。",
    ),
    "advice_BELOW_FILLED": ("Cancel the order instead.", "请改为撤单。"),
    "advice_ALREADY_FINAL": ("Look at the order's events to see when it ended.", "请查看该委托的事件,了解其何时结束。"),
}
