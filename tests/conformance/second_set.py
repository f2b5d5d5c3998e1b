"""Sixty scripts in the shapes of public ones, typed from the documented API: what each does in a line of its own.

A script is written as its parts: how it sets itself up, and its functions. ``CODES`` stands for the six codes of the
market, ``A``, ``B`` and ``C`` for the first three.
"""

from __future__ import annotations

CODES = ("600001.XSHG", "600002.XSHG", "600003.XSHG", "000001.XSHE", "000002.XSHE", "000003.XSHE")

_MA = """
def f(context):
    h = attribute_history(A, {long}, '1d', ['close'])['close'].values
    if len(h) < {long}: return
    fast, slow = h[-{short}:].mean(), h.mean()
    if fast > slow and A not in context.portfolio.positions: {buy}
    elif fast < slow and A in context.portfolio.positions: {sell}
"""
_RANK = """
def f(context):
    h = history({days} + 1, '1d', 'close', CODES)
    if len(h) < {days} + 1: return
    move = h.iloc[-1] / h.iloc[0] - 1
    best = list(move.sort_values(ascending={up}).index[:{count}])
    for code in list(context.portfolio.positions):
        if code not in best: order_target(code, 0)
    for code in best: {buy}
"""
_RESTS = """
def f(context):
    for code in CODES[:3]:
        last = get_current_data()[code].last_price
        o = order(code, {amount}, LimitOrderStyle(round(last * {at}, 2)))
        if o is not None: g.n = getattr(g, 'n', 0) + 1
"""
_LOOK = """
def late(context):
    for o in list(get_open_orders().values()): cancel_order(o)
"""

_ONE = """
def late(context):
    for o in list(get_open_orders().values())[:1]: cancel_order(o)
"""


def _daily(body: str, time: str = "open", setup: str = "", more: str = "") -> str:
    return f"def initialize(context):\n    {setup or 'pass'}\n    run_daily(f, {time!r})\n{more}\n{body}"


def _ma(time: str, short: int, long: int, buy: str, sell: str = "order_target(A, 0)", setup: str = "") -> str:
    return _daily(_MA.format(short=short, long=long, buy=buy, sell=sell), time, setup)


def _rank(when: str, days: int, up: str, count: int, buy: str, setup: str = "") -> str:
    body = _RANK.format(days=days, up=up, count=count, buy=buy)
    return f"def initialize(context):\n    {setup or 'pass'}\n    {when}\n{body}"


def _rests(time: str, amount: int, at: float, setup: str = "", more: str = "") -> str:
    return _daily(_RESTS.format(amount=amount, at=at), time, setup, more)


_CASH = "order_value(A, context.portfolio.available_cash)"
_HALF = "order_value(A, context.portfolio.total_value / 2)"
_EQUAL = "order_target_value(code, context.portfolio.total_value / 3)"
_FREE = "set_slippage(FixedSlippage(0)); set_order_cost(OrderCost(), type='stock')"
_OLD = "set_commission(PerTrade(buy_cost=0.0008, sell_cost=0.0018, min_cost=5))"
_HOLD = "\n    run_daily(start, 'open')"
_START = """
def start(context):
    if not context.portfolio.positions:
        for code in CODES[:3]: order_value(code, 20000)
"""

SCRIPTS: dict[str, str] = {
    # averages
    "five day average, all the cash": _ma("open", 1, 5, _CASH),
    "two averages": _ma("open", 5, 20, _CASH),
    "two averages, half of the value": _ma("open", 3, 10, _HALF),
    "two averages without costs": _ma("open", 5, 20, _CASH, setup=_FREE),
    "two averages, old costs": _ma("open", 5, 20, _CASH, setup=_OLD),
    "two averages at 14:50": _ma("14:50", 5, 20, _CASH),
    "two averages at 10:30": _ma("10:30", 5, 20, _CASH),
    "two averages at 09:31": _ma("09:31", 5, 20, _CASH),
    "two averages at the close": _ma("close", 2, 8, _HALF),
    "two averages, sold by shares": _ma("open", 4, 12, "order(A, 1500)", "order(A, -1500)"),
    "two averages, sold in parts": _ma("open", 4, 12, "order_value(A, 60000)", "order_value(A, -20000)"),
    "two averages to a target": _ma("open", 2, 6, "order_target(A, 3300)", "order_target_value(A, 0)"),
    "two averages, fixed slippage": _ma("open", 2, 6, _CASH, setup="set_slippage(FixedSlippage(0.04))"),
    "two averages, odd slippage": _ma("open", 2, 6, _CASH, setup="set_slippage(FixedSlippage(0.05))"),
    "two averages, dear slippage": _ma("open", 2, 6, _CASH, setup="set_slippage(PriceRelatedSlippage(0.01))"),
    # ranks
    "momentum by the week": _rank("run_weekly(f, 1)", 10, "False", 3, _EQUAL),
    "momentum by the month": _rank("run_monthly(f, 1)", 20, "False", 2, "order_value(code, 30000)"),
    "momentum on the last day of the week": _rank("run_weekly(f, -1, time='14:50')", 5, "False", 3, _EQUAL),
    "reversal by the week": _rank("run_weekly(f, 2, time='10:00')", 5, "True", 3, _EQUAL),
    "reversal by the day": _rank("run_daily(f, 'open')", 3, "True", 2, _EQUAL),
    "reversal at the tail": _rank("run_daily(f, '14:55')", 3, "True", 2, _EQUAL),
    "momentum in the middle of the month": _rank("run_monthly(f, 10, time='9:35')", 8, "False", 3, _EQUAL),
    "momentum before the month ends": _rank("run_monthly(f, -2)", 8, "False", 3, _EQUAL, setup=_FREE),
    "momentum with all there is": _rank(
        "run_weekly(f, 1)", 6, "False", 1, "order_value(code, context.portfolio.available_cash)"
    ),
    "momentum to shares": _rank("run_weekly(f, 3)", 6, "False", 2, "order_target(code, 2000)"),
    # limits
    "bids below the market": _rests("open", 500, 0.99),
    "bids far below": _rests("open", 500, 0.97),
    "bids above": _rests("open", 500, 1.01),
    "bids below at 10:30": _rests("10:30", 500, 0.995),
    "bids at the last price at 13:30": _rests("13:30", 500, 1.0),
    "bids a little above at 14:50": _rests("14:50", 200, 1.0015),
    "bids at the last price at 14:50 without slippage": _rests("14:50", 300, 1.0, _FREE),
    "bids of the morning, withdrawn at 14:50": _rests("open", 500, 0.98, "run_daily(late, '14:50')", _LOOK),
    "bids of the morning, withdrawn at 11:00": _rests("open", 500, 0.99, "run_daily(late, '11:00')", _ONE),
    "more bids than cash": _rests("open", 4000, 0.985),
    "offers above what is held": _daily(_RESTS.format(amount=-300, at=1.01), "open", "pass" + _HOLD, _START),
    "offers above at 10:30": _daily(_RESTS.format(amount=-300, at=1.004), "10:30", "pass" + _HOLD, _START),
    "offers below at 14:50": _daily(_RESTS.format(amount=-200, at=0.99), "14:50", "pass" + _HOLD, _START),
    "offers replaced by a target": _daily(
        _RESTS.format(amount=-300, at=1.02) + "\ndef late(context):\n    order_target(A, 500)\n",
        "open",
        "run_daily(late, '14:50')" + _HOLD,
        _START,
    ),
    "values at a limit": _daily("""
def f(context):
    last = get_current_data()[A].last_price
    order_value(A, 9000, LimitOrderStyle(round(last * 0.99, 2)))
    order_target_value(B, 15000, LimitOrderStyle(round(get_current_data()[B].last_price * 1.02, 2)))
"""),
    # stops and grids
    "stop loss at 14:50": _daily(
        """
def f(context):
    for code, p in list(context.portfolio.positions.items()):
        if p.price < p.avg_cost * 0.97: order_target(code, 0)
""",
        "14:50",
        "pass" + _HOLD,
        _START,
    ),
    "take profit at the open": _daily(
        """
def f(context):
    for code, p in list(context.portfolio.positions.items()):
        if p.closeable_amount and p.price > p.avg_cost * 1.04: order_target(code, 0)
""",
        "open",
        "pass" + _HOLD,
        _START,
    ),
    "a grid of one per cent": _daily(
        """
def f(context):
    last = get_current_data()[A].last_price
    if not hasattr(g, 'base'): g.base = last
    if last > g.base * 1.01: order(A, -300); g.base = last
    elif last < g.base * 0.99: order(A, 300); g.base = last
""",
        "10:00",
    ),
    "a grid at the close": _daily(
        """
def f(context):
    last = get_current_data()[B].last_price
    if not hasattr(g, 'base'): g.base = last
    if last > g.base * 1.015: order(B, -500); g.base = last
    elif last < g.base * 0.985: order(B, 500); g.base = last
""",
        "14:57",
        _FREE,
    ),
    "breakout of twenty days": _daily(
        """
def f(context):
    h = attribute_history(B, 20, '1d', ['high', 'low'])
    if len(h) < 20: return
    last = get_current_data()[B].last_price
    if last > h['high'].values[:-1].max(): order_target_value(B, 50000)
    elif last < h['low'].values[-10:].min(): order_target(B, 0)
""",
        "14:50",
    ),
    "breakout by the open": _daily(
        """
def f(context):
    h = attribute_history(C, 5, '1d', ['high', 'low'])
    if len(h) < 5: return
    opened = get_current_data()[C].day_open
    if opened > h['high'].values[-1]: order(C, 1000)
    elif opened < h['low'].values[-1]: order(C, -1000)
""",
        "9:30",
    ),
    # the account
    "equal weights every day": _daily(
        "\ndef f(context):\n    for code in CODES: order_target_value(code, context.portfolio.total_value / 6)\n"
    ),
    "equal weights of the tail": _daily(
        "\ndef f(context):\n    for code in CODES: order_target_value(code, context.portfolio.total_value / 7)\n",
        "14:50",
    ),
    "cash in parts": _daily("""
def f(context):
    free = [code for code in CODES if code not in context.portfolio.positions]
    if free: order_value(free[0], context.portfolio.available_cash / len(free))
    elif len(get_trade_days(count=99)) % 5 == 0: order_target(CODES[len(get_trade_days(count=99)) // 5 % 6], 0)
"""),
    "paid in every month": f"def initialize(context):\n    run_monthly(pay, 1)\n    run_weekly(f, 1)\n"
    "\ndef pay(context):\n    inout_cash(5000)\n"
    f"\ndef f(context):\n    for code in CODES[:3]: {_EQUAL}\n",
    "paid out when it grows": _daily("""
def f(context):
    p = context.portfolio
    if p.total_value > p.starting_cash * 1.01: inout_cash(-1000)
    order_target_value(A, p.total_value / 2)
"""),
    "bought and not sold on the same day": _daily(
        """
def f(context):
    order(A, 300)
    order(A, -200)
""",
        "10:30",
    ),
    "bought in the morning, sold at the tail of the next": _daily(
        """
def f(context):
    order_value(A, 20000)

def late(context):
    p = context.portfolio.positions
    if A in p: order(A, -p[A].closeable_amount)
""",
        "open",
        "run_daily(late, '14:50')",
    ),
    "costs that change": _daily("""
def f(context):
    n = len(get_trade_days(count=999))
    set_order_cost(OrderCost(close_tax=0.001, open_commission=0.0002 * (n % 4), close_commission=0.0003,
                             min_commission=n % 7), type='stock')
    order_target(B, 500 * (n % 3))
"""),
    # handle_data
    "handle_data with averages": """
def initialize(context):
    pass

def handle_data(context, data):
    mean = data[A].mavg(5)
    if data[A].close > 1.01 * mean: order_value(A, context.portfolio.cash)
    elif data[A].close < mean and A in context.portfolio.positions: order_target(A, 0)
""",
    "handle_data with yesterday's bar": """
def initialize(context):
    set_commission(PerTrade(buy_cost=0.0003, sell_cost=0.0013, min_cost=5))

def handle_data(context, data):
    for code in CODES[:4]:
        bar = data[code]
        if bar.close > bar.open * 1.01: order(code, 400)
        elif bar.close < bar.open * 0.99: order_target(code, 0)
""",
    "many times of a day": """
def initialize(context):
    run_daily(a, 'before_open')
    run_daily(b, 'open')
    run_daily(c, '11:00')
    run_daily(d, '14:50')
    run_daily(e, 'after_close')

def a(context):
    g.wanted = CODES[context.current_dt.day % 6]

def b(context):
    for code in list(context.portfolio.positions):
        if code != g.wanted: order_target(code, 0)

def c(context):
    order_value(g.wanted, context.portfolio.available_cash / 2)

def d(context):
    order_value(g.wanted, context.portfolio.available_cash / 2)

def e(context):
    g.value = context.portfolio.total_value
""",
    "a small lot": _daily("\ndef f(context):\n    order_value(A, 1500)\n    order(B, 150)\n    order(C, 99)\n"),
    "weights by volatility": _rank(
        "run_weekly(f, 1)", 10, "False", 3, "order_target_value(code, 20000 / (1 + 10 * h[code].pct_change().std()))"
    ),
    "volume that grows": _daily("""
def f(context):
    for code in CODES:
        v = attribute_history(code, 6, '1d', ['volume', 'close'])
        if len(v) < 6: continue
        if v['volume'].values[-1] > 1.3 * v['volume'].values[:-1].mean(): order_value(code, 8000)
        elif v['close'].values[-1] < v['close'].values[0]: order_target(code, 0)
"""),
}


def text_of(name: str) -> str:
    """A script by its name, with the codes in it."""
    head = f"CODES = {list(CODES)!r}\nA, B, C = CODES[:3]\n"
    return head + SCRIPTS[name]
