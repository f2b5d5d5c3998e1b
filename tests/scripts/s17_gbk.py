# 抄底策略：GBK 编码保存
import jqdata
import datetime

def initialize(context):
    set_option('use_real_price', True)
    g.持仓数 = 3
    g.名称 = {}
    run_daily(交易, time='open')

def 交易(context):
    股票池 = jqdata.get_index_stocks('000300.XSHG') if hasattr(jqdata, 'get_index_stocks') else get_index_stocks('000300.XSHG')
    跌幅 = {}
    for s in 股票池:
        h = attribute_history(s, 10, '1d', ['close'])
        if len(h) == 10:
            跌幅[s] = h['close'][-1] / h['close'][0] - 1
    选中 = sorted(跌幅, key=跌幅.get)[:g.持仓数]
    data = get_current_data()
    for s in list(context.portfolio.positions.keys()):
        pos = context.portfolio.positions[s]
        days = (context.current_dt - pos.init_time).days
        if days >= 10 and not data[s].paused:
            log.info('卖出', data[s].name, pos.init_time, '持有天数', days)
            order_target(s, 0)
    for s in 选中:
        if len(context.portfolio.positions) >= g.持仓数:
            break
        if s not in context.portfolio.positions and not data[s].paused:
            g.名称[s] = data[s].name
            order_value(s, context.portfolio.available_cash / (g.持仓数 - len(context.portfolio.positions)))
