# 缩进用 Tab
from jqdata import *
from six import iteritems

class Rule(object):
	def __init__(self, params):
		self.period = params.get('period', 10)
		self.seen = 0

	def check(self, stock):
		self.seen += 1
		h = attribute_history(stock, self.period, '1d', ['close', 'volume'])
		if len(h) < self.period:
			return False
		return h['close'][-1] >= h['close'].max() and h['volume'][-1] > h['volume'].mean()

def initialize(context):
	set_option('use_real_price', True)
	enable_profile()
	disable_cache()
	g.rules = {'breakout': Rule({'period': 20})}
	g.stocks = ['600276.XSHG', '600887.XSHG', '000333.XSHE', '601857.XSHG']
	run_daily(handle, time='every_bar')

def handle(context):
	for name, rule in iteritems(g.rules):
		for stock in g.stocks:
			if rule.check(stock):
				if stock not in context.portfolio.positions:
					order_value(stock, context.portfolio.total_value / 4)
			elif stock in context.portfolio.positions:
				p = context.portfolio.positions[stock]
				if p.price < p.avg_cost * 0.95 or p.price > p.avg_cost * 1.15:
					order_target(stock, 0)
