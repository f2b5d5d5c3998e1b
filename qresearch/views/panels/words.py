"""Labels of the panels, in English and Chinese: one row per word."""

from __future__ import annotations

from types import MappingProxyType

from qresearch.session.explain_words import LANGUAGES
from qresearch.views.panels.phrases import EVENTS, PHRASES

LABELS = MappingProxyType({
    # ---- panels
    "timeline": ("Timeline", "时间轴"),
    "chart": ("Chart", "行情图"),
    "ticket": ("Order ticket", "下单"),
    "open_orders": ("Open orders", "未完成委托"),
    "orders": ("Orders", "全部委托"),
    "fills": ("Fills", "成交"),
    "positions": ("Positions", "持仓"),
    "cash": ("Cash", "资金"),
    "events": ("Events", "事件"),
    "details": ("Order details", "委托详情"),
    "costs": ("Costs", "交易成本"),
    "tearsheet": ("Tear-sheet", "绩效报告"),
    "practice": ("Practice", "练习"),
    "workbench": ("Workbench", "工作台"),
    # ---- timeline bar
    "back": ("Back", "后退"),
    "step": ("Step", "前进一日"),
    "step_phase": ("Step phase", "前进一阶段"),
    "play": ("Play", "播放"),
    "pause": ("Pause", "暂停"),
    "run": ("Run", "运行"),
    "speed": ("Speed", "速度"),
    "per_second": ("{count} per second", "每秒 {count} 步"),
    "fastest": ("as fast as it goes", "最快"),
    "until": ("Run until", "运行至"),
    "until_date": ("a date", "指定日期"),
    "until_fill": ("the next fill", "下一笔成交"),
    "until_rejected": ("the next rejection", "下一次拒单"),
    "until_strategy": ("my strategy acts", "策略下一次动作"),
    "until_breakpoint": ("a breakpoint", "断点"),
    "until_end": ("the end", "结束"),
    "date": ("Date", "日期"),
    "day": ("Day", "日"),
    "branch": ("Branch", "分支"),
    "branch_name": ("name of the new one", "新分支名称"),
    "no_branch_name": ("Type a name for the new branch first.", "请先输入新分支名称。"),
    "open_branch": ("New branch", "新建分支"),
    "before_start": ("Before the first trading day, {day}", "首个交易日 {day} 之前"),
    "trading_day": ("trading day {number} of {count}", "第 {number} / {count} 个交易日"),
    "PRE_OPEN": ("before the open", "开盘前"),
    "OPEN": ("at the open", "开盘"),
    "INTRADAY": ("during the day", "盘中"),
    "CLOSE": ("at the close", "收盘"),
    "AFTER_CLOSE": ("after the close", "收盘后"),
    "weekdays": ("Mon Tue Wed Thu Fri Sat Sun", "周一 周二 周三 周四 周五 周六 周日"),
    "stopped_by_hand": ("Paused.", "已暂停。"),
    "at_start": ("This is the beginning: there is nothing to go back to.", "这是起点,无法再后退。"),
    "at_end": ("The session ends here: {day} is its last trading day.", "会话到此结束:{day} 是最后一个交易日。"),
    "not_simulated": (
        "{day} is not simulated yet on this branch: it goes to {last}. Use “Run until a date”.",
        "{day} 在本分支尚未模拟:目前到 {last}。请使用“运行至指定日期”。",
    ),
    "kept_ahead": ("{count} kept steps ahead", "前方保留 {count} 步"),
    "mark_placed": ("placed", "下单"),
    "mark_filled": ("filled", "成交"),
    "mark_rejected": ("rejected", "拒单"),
    "no_kernel": (
        "Play and run need a kernel: in plain Python call session.run().",
        "播放与运行需要内核:在普通 Python 中请调用 session.run()。",
    ),
    "no_date": ("Choose a date first.", "请先选择日期。"),
    "no_breakpoint": (
        "There is no breakpoint yet: add one with session.breakpoints.add(...).",
        "尚无断点:请用 session.breakpoints.add(...) 添加。",
    ),
    "keys": ("Keys: → step, . phase, ← back, p play or pause", "按键:→ 前进,. 阶段,← 后退,p 播放/暂停"),
    # ---- account
    "equity": ("Equity", "总资产"),
    "available": ("Available", "可用资金"),
    "reserved": ("Reserved", "冻结资金"),
    "market_value": ("Market value", "持仓市值"),
    "profit": ("Profit", "盈亏"),
    "floating_profit": ("Floating profit", "浮动盈亏"),
    "realised_profit": ("Realised profit", "已实现盈亏"),
    "cash_total": ("Cash, all", "资金合计"),
    # ---- order ticket
    "symbol": ("Symbol", "证券"),
    "find_symbol": ("code or name", "代码或名称"),
    "side": ("Side", "方向"),
    "buy": ("Buy", "买入"),
    "sell": ("Sell", "卖出"),
    "how": ("How much", "数量方式"),
    "shares": ("shares", "股数"),
    "lots": ("lots", "手数"),
    "value": ("value", "金额"),
    "percent": ("% of cash or position", "资金/持仓百分比"),
    "target": ("shares to hold", "目标股数"),
    "target_value": ("value to hold", "目标市值"),
    "quantity": ("Quantity", "数量"),
    "type": ("Type", "类型"),
    "MARKET": ("market", "市价"),
    "LIMIT": ("limit", "限价"),
    "STOP": ("stop", "止损"),
    "STOP_LIMIT": ("stop limit", "止损限价"),
    "TRAILING_STOP": ("trailing stop, amount", "跟踪止损(价差)"),
    "TRAILING_PERCENT": ("trailing stop, %", "跟踪止损(百分比)"),
    "LIMIT_IF_TOUCHED": ("limit if touched", "触价限价"),
    "MARKET_ON_OPEN": ("at the open", "开盘价"),
    "MARKET_ON_CLOSE": ("at the close", "收盘价"),
    "limit_price": ("Limit price", "限价"),
    "stop_price": ("Stop price", "触发价"),
    "trail": ("Distance", "跟踪距离"),
    "trailing": ("trailing stop", "跟踪止损"),
    "behind": ("{distance} behind", "距离 {distance}"),
    "good_for": ("Good for", "有效期"),
    "DAY": ("the day", "当日"),
    "GTC": ("until canceled", "撤单前有效"),
    "GTD": ("until a date", "指定日前有效"),
    "IOC": ("fill what you can at once, cancel the rest", "即时成交剩余撤销"),
    "FOK": ("all at once or nothing", "全部成交或撤销"),
    "until_day": ("Last day", "最后有效日"),
    "preview": ("Before you send it", "下单预览"),
    "would_send": ("Would send", "将申报"),
    "not_whole": (
        "{name}: {text} is not a whole number. For an amount of money choose “value” under {how}.",
        "{name}:{text} 不是整数。按金额下单请在{how}中选择“金额”。",
    ),
    "not_positive": ("{name}: type a number above 0.", "{name}:请输入大于 0 的数。"),
    "no_last_day": ("{name}: choose the last day first.", "{name}:请先选择日期。"),
    "no_such_symbol": (
        "No instrument matches “{text}”. Still shown: {symbol}.",
        "没有与“{text}”相符的证券。当前仍为 {symbol}。",
    ),
    "place_buy": ("Place buy order", "提交买单"),
    "place_sell": ("Place sell order", "提交卖单"),
    "place_target": ("Place order", "提交委托"),
    "price": ("Price", "价格"),
    "last_price": ("Last price", "最新价"),
    "notional": ("Value", "成交金额"),
    "commission": ("Commission", "佣金"),
    "stamp_duty": ("Stamp duty", "印花税"),
    "transfer_fee": ("Transfer fee", "过户费"),
    "cash_now": ("Cash now", "当前资金"),
    "cash_after": ("Cash after", "成交后资金"),
    "held_after": ("Held after", "成交后持仓"),
    "passes": ("passes", "通过"),
    "fails": ("fails", "不通过"),
    "locked_note": (
        "{locked} of the {held} shares held were bought today and are locked (T+1): an order sent now works at the "
        "next open, when they can be sold.",
        "持有 {held} 股,其中今日买入 {locked} 股锁定(T+1):现在的委托在下一个开盘生效,届时可卖。",
    ),
    "your_order": ("Your order", "您的委托"),
    "check_sent": ("Sent", "申报"),
    "check_filled": ("Filled", "成交"),
    "check_cash": ("Cash", "资金"),
    "check_shares": ("Shares", "股份"),
    "check_queue": ("Queue", "排队"),
    # ---- blotters
    "order": ("Order", "委托"),
    "placed": ("Placed", "下单日"),
    "terms": ("Terms", "条件"),
    "filled": ("Filled", "已成交"),
    "leaves": ("Open", "未成交"),
    "state": ("State", "状态"),
    "reason": ("Reason", "原因"),
    "time": ("Time", "时间"),
    "held": ("Shares", "股数"),
    "sellable": ("Sellable", "可卖"),
    "locked": ("Locked T+1", "锁定(T+1)"),
    "in_sells": ("In sells", "卖单冻结"),
    "average_cost": ("Average cost", "成本价"),
    "weight": ("Weight", "占比"),
    "event": ("Event", "事件"),
    "text": ("Text", "说明"),
    "net": ("Cash flow", "资金变动"),
    "cancel": ("Cancel", "撤单"),
    "modify": ("Modify", "改单"),
    "apply": ("Apply", "应用"),
    "close": ("Close", "关闭"),
    "all_states": ("all states", "全部状态"),
    "filter": ("Symbol contains", "证券包含"),
    "more": ("{count} more", "另有 {count} 条"),
    "newer": ("Newer", "较新"),
    "older": ("Older", "较旧"),
    "no_open_orders": ("No open orders.", "没有未完成委托。"),
    "no_orders": ("No orders yet.", "尚无委托。"),
    "no_fills": ("No fills yet.", "尚无成交。"),
    "no_positions": ("Nothing is held.", "空仓。"),
    "no_events": ("Nothing has happened yet.", "尚无事件。"),
    "none_match": ("None match the filter.", "没有符合筛选的记录。"),
    "choose_order": (
        "Choose an order: click its number in a table.",
        "请选择委托:点击表格中的委托号。",
    ),
    "order_ahead": (
        "Order {order} is not placed yet at this point of the timeline.",
        "委托 {order} 在时间轴的这一刻尚未提交。",
    ),
    "open_details": ("Order {order}: details", "委托 {order} 详情"),
    "look_at": ("Look at {symbol}", "查看 {symbol}"),
    "cancel_order": ("Cancel order {order}", "撤销委托 {order}"),
    "modify_order": ("Modify order {order}", "修改委托 {order}"),
    "life": ("Its way through the states", "状态流转图"),
    "stale": ("stale", "停滞"),
    "CREATED": ("created", "已创建"),
    "QUEUED": ("queued", "排队"),
    "WORKING": ("working", "挂单中"),
    "PARTLY": ("partly filled", "部分成交"),
    "REPLACE_PENDING": ("being changed", "待改"),
    "FILLED": ("filled", "全部成交"),
    "CANCELED": ("canceled", "已撤"),
    "EXPIRED": ("expired", "已过期"),
    "REJECTED": ("rejected", "已拒"),
    **EVENTS,
    **PHRASES,
})  # fmt: skip
"""Key: (English, Chinese)."""


class Words:
    """The labels in one language.

    Parameters
    ----------
    language : {"en", "zh"}

    Examples
    --------
    >>> Words("zh")("ticket")
    '下单'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, **facts: object) -> str:
        """A label; `facts` fill its braces."""
        text = LABELS[key][self._place]
        return text.format(**facts) if facts else text
