# 多股票长表 groupby / rolling / apply / pivot
from jqdata import *


def initialize(context):
    set_option('use_real_price', True)
    set_option('avoid_future_data', True)
    log.set_level('order', 'error')
    g.n = 5
    run_weekly(main, 1, '09:30')


def main(context):
    stocks = get_index_stocks('000300.XSHG')
    df = get_price(stocks, end_date=context.previous_date, count=40, fields=['close', 'volume', 'money', 'high', 'low', 'paused'], panel=False, skip_paused=False, fq='pre')
    df = df[df['paused'] == 0]
    df['ret'] = df.groupby('code')['close'].pct_change()
    vol = df.groupby('code')['ret'].std()
    mom = df.groupby('code')['close'].apply(lambda s: s.iloc[-1] / s.iloc[0] - 1)
    money = df.groupby('code').agg({'money': 'mean', 'volume': 'sum'})
    close = df.pivot(index='time', columns='code', values='close')
    ma = close.rolling(20).mean().iloc[-1]
    above = close.iloc[-1] > ma
    table = pd.concat([vol, mom], axis=1)
    table.columns = ['vol', 'mom']
    table = table.join(money).dropna()
    table['score'] = table['mom'].rank(pct=True) - table['vol'].rank(pct=True)
    table['size'] = table['money'].apply(lambda x: math.log(x + 1))
    table = table[above.reindex(table.index)]
    picks = table.sort_values('score', ascending=False).index.tolist()[:g.n]
    for code in context.portfolio.positions:
        if code not in picks:
            order_target_value(code, 0)
    for code in picks:
        order_target_value(code, context.portfolio.total_value / g.n)
