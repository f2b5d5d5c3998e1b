# A wrapper class around the trader, as easy_qmt_trader and its forks have it.
import random
import time

import pandas as pd
from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class MyCallback(XtQuantTraderCallback):
    def on_disconnected(self):
        print("lost")

    def on_stock_order(self, order):
        print("order", order.stock_code, order.order_status, order.order_sysid)

    def on_stock_asset(self, asset):
        print("asset", asset.account_id, asset.cash, asset.total_asset)

    def on_stock_trade(self, trade):
        print("trade", trade.account_id, trade.stock_code, trade.order_id)

    def on_stock_position(self, position):
        print("position", position.stock_code, position.volume)


class EasyTrader:
    def __init__(self, path="D:/client/userdata_mini", session_id=None, account="55011917", account_type="STOCK"):
        self.xt_trader = None
        self.acc = None
        self.path = path
        self.session_id = session_id or self.random_session_id()
        self.account = account
        self.account_type = account_type

    def random_session_id(self):
        return int("".join(str(random.choice(range(10))) for _ in range(6)))

    def connect(self):
        xt_trader = XtQuantTrader(self.path, self.session_id)
        account = StockAccount(account_id=self.account, account_type=self.account_type)
        xt_trader.register_callback(MyCallback())
        xt_trader.start()
        connect_result = xt_trader.connect()
        if connect_result == 0:
            if xt_trader.subscribe(account) != 0:
                return ""
            self.xt_trader, self.acc = xt_trader, account
            return xt_trader, account
        return ""

    def adjust_stock(self, stock="600031.SH"):
        return stock if stock[-2:] in ("SH", "SZ") else stock + (".SH" if stock[:1] in "56" else ".SZ")

    def check_is_trade_date(self):
        now = time.localtime()
        if now.tm_wday > 4:
            return False
        return 9 <= now.tm_hour < 15

    def order_stock(
        self,
        stock_code,
        order_type=xtconstant.STOCK_BUY,
        order_volume=100,
        price_type=xtconstant.FIX_PRICE,
        price=20,
        strategy_name="",
        order_remark="",
    ):
        if not self.check_is_trade_date():
            return -1
        stock_code = self.adjust_stock(stock_code)
        return self.xt_trader.order_stock(
            account=self.acc,
            stock_code=stock_code,
            order_type=order_type,
            order_volume=order_volume,
            price_type=price_type,
            price=price,
            strategy_name=strategy_name,
            order_remark=order_remark,
        )

    def buy(self, security, amount, price):
        return self.order_stock(security, xtconstant.STOCK_BUY, amount, xtconstant.FIX_PRICE, price)

    def sell(self, security, amount, price):
        return self.order_stock(security, xtconstant.STOCK_SELL, amount, xtconstant.FIX_PRICE, price)

    def balance(self):
        asset = self.xt_trader.query_stock_asset(account=self.acc)
        return pd.DataFrame(
            {
                "账号类型": [asset.account_type],
                "资金账户": [asset.account_id],
                "可用金额": [asset.cash],
                "冻结金额": [asset.frozen_cash],
                "持仓市值": [asset.market_value],
                "总资产": [asset.total_asset],
            }
        )

    def position(self):
        positions = self.xt_trader.query_stock_positions(self.acc)
        data = pd.DataFrame()
        if len(positions) != 0:
            for held in positions:
                data = pd.concat(
                    [
                        data,
                        pd.DataFrame(
                            {
                                "证券代码": [held.stock_code[:6]],
                                "持仓数量": [held.volume],
                                "可用数量": [held.can_use_volume],
                                "平均建仓成本": [held.open_price],
                                "市值": [held.market_value],
                            }
                        ),
                    ],
                    ignore_index=True,
                )
        return data

    def today_entrusts(self):
        return pd.DataFrame(
            [
                {
                    name: getattr(order, name)
                    for name in (
                        "account_type",
                        "account_id",
                        "stock_code",
                        "order_id",
                        "order_sysid",
                        "order_time",
                        "order_type",
                        "order_volume",
                        "price_type",
                        "price",
                        "traded_volume",
                        "traded_price",
                        "order_status",
                        "status_msg",
                        "strategy_name",
                        "order_remark",
                    )
                }
                for order in self.xt_trader.query_stock_orders(self.acc)
            ]
        )


if __name__ == "__main__":
    models = EasyTrader()
    print(models.connect())
    print(models.buy(security="604018", amount=300, price=9.6))
    time.sleep(45 * 60)
    print(models.balance().to_string())
    print(models.position().to_string())
    print(models.today_entrusts().iloc[:, 2:12].to_string())
    time.sleep(24 * 3600)
    print(models.sell("604018", 300, 9.0))
    models.xt_trader.run_forever()
