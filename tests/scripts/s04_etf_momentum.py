# ETF 动量轮动：对数价格线性回归，年化收益 * R平方
import math

import numpy as np
from jqdata import *


def initialize(context):
    set_benchmark("000300.XSHG")
    set_option("use_real_price", True)
    set_option("avoid_future_data", True)
    set_slippage(FixedSlippage(0.001))
    set_order_cost(OrderCost(open_tax=0, close_tax=0, open_commission=0.0002, close_commission=0.0002, close_today_commission=0, min_commission=5), type="fund")
    log.set_level("system", "error")
    g.etf_pool = ["510300.XSHG", "510050.XSHG", "159949.XSHE", "510880.XSHG"]
    g.m_days = 25
    g.target_num = 1
    run_daily(trade, "9:30")


def get_rank(etf_pool):
    score_list = []
    for etf in etf_pool:
        df = attribute_history(etf, g.m_days, "1d", ["close"])
        if len(df) < g.m_days:
            score_list.append(-1e9)
            continue
        y = df["log"] = np.log(df.close)
        x = df["num"] = np.arange(df.log.size)
        slope, intercept = np.polyfit(x, y, 1)
        annualized_returns = math.pow(math.exp(slope), 250) - 1
        r_squared = 1 - (sum((y - (slope * x + intercept)) ** 2) / ((len(y) - 1) * np.var(y, ddof=1)))
        score_list.append(annualized_returns * r_squared)
    df = pd.DataFrame(index=etf_pool, data={"score": score_list})
    df = df.sort_values(by="score", ascending=False)
    rank_list = list(df.index)
    record(best=round(df["score"][0], 4))
    return rank_list


def trade(context):
    target_list = get_rank(g.etf_pool)[: g.target_num]
    hold_list = list(context.portfolio.positions)
    for etf in hold_list:
        if etf not in target_list:
            order_target_value(etf, 0)
            print("卖出" + str(etf))
        else:
            print("继续持有" + str(etf))
    hold_list = list(context.portfolio.positions)
    if len(hold_list) < g.target_num:
        value = context.portfolio.available_cash / (g.target_num - len(hold_list))
        for etf in target_list:
            if context.portfolio.positions[etf].total_amount == 0:
                order_target_value(etf, value)
                print("买入" + str(etf))
