# 读文件里的股票池，发送消息，写日志
from jqdata import *
import json
import io


def initialize(context):
    set_option('use_real_price', True)
    g.pool = json.loads(read_file('pool.json'))
    weights = pd.read_csv(io.BytesIO(read_file('weights.csv')), index_col=0)
    g.weights = weights['weight'].to_dict()
    run_monthly(trade, 1, 'open')


def trade(context):
    for code in g.pool:
        code = normalize_code(code)
        order_target_value(code, context.portfolio.total_value * g.weights[code])
    send_message('调仓完成 %s' % context.current_dt.strftime('%Y-%m-%d'), channel='weixin')
    write_file('log.txt', str(context.portfolio.total_value), append=True)
