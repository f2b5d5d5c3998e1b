# 到处 try/except 的写法，未知代码、停牌、空数据都不应让策略停下
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    g.pool = ['000001.XSHE', '999999.XSHG', '600519.XSHG']
    g.errors = 0
    g.nothing = 0
    run_weekly(trade, 1, 'open')


def trade(context):
    current_data = get_current_data()
    for code in g.pool:
        try:
            df = attribute_history(code, 10, '1d', ['close'])
            if df['close'][-1] > df['close'].mean():
                o = order_value(code, 30000)
                if o is None:
                    g.nothing += 1
        except Exception as e:
            g.errors += 1
            log.error('取数据失败: %s' % e)
    o = order_value('999999.XSHG', 10000)
    assert o is None
    info = get_security_info('999999.XSHG')
    assert info is None
    if current_data['999999.XSHG'].paused:
        g.nothing += 1
    if context.portfolio.positions['600036.XSHG'].total_amount == 0 and not current_data['600036.XSHG'].paused:
        order_target('600036.XSHG', 1000)
    o = order('600036.XSHG', -50)
    assert order_value('600036.XSHG', 1) is None
