# 概念板块轮动 + 行业信息
from jqdata import *
from collections import defaultdict, OrderedDict
import numpy as np


def initialize(context):
    set_option('use_real_price', True)
    run_weekly(rotate, 2, 'open', '000300.XSHG', True)
    g.hold = ''
    g.turns = 0


def rotate(context):
    strength = OrderedDict()
    for code in get_concepts().index:
        members = get_concept_stocks(code)
        if len(members) < 2:
            continue
        h = history(10, '1d', 'close', members)
        change = h.iloc[-1] / h.iloc[0] - 1
        strength[code] = np.nanmean(change)
    best = max(strength, key=lambda c: strength[c])
    if best != g.hold:
        g.hold = best
        g.turns += 1
        for s in context.portfolio.positions:
            order_target(s, 0)
        members = [s for s in get_concept_stocks(best) if not get_current_data()[s].paused]
        industries = defaultdict(list)
        for s, info in get_industry(members).items():
            industries[info['sw_l1']['industry_name']].append(s)
        picks = [stocks[0] for stocks in industries.values()]
        for s in picks:
            order_value(s, context.portfolio.available_cash / len(picks) * 0.9)
