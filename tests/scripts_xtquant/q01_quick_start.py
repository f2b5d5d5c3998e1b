from xtquant import xtconstant
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount


class MyXtQuantTraderCallback(XtQuantTraderCallback):
    def on_disconnected(self):
        print("connection lost")

    def on_stock_order(self, order):
        print("on order callback:")
        print(order.stock_code, order.order_status, order.order_sysid)

    def on_stock_trade(self, trade):
        print("on trade callback")
        print(trade.account_id, trade.stock_code, trade.order_id)

    def on_order_error(self, order_error):
        print("on order_error callback")
        print(order_error.order_id, order_error.error_id, order_error.error_msg)

    def on_cancel_error(self, cancel_error):
        print("on cancel_error callback")
        print(cancel_error.order_id, cancel_error.error_id, cancel_error.error_msg)

    def on_order_stock_async_response(self, response):
        print("on_order_stock_async_response")
        print(response.account_id, response.order_id, response.seq)

    def on_account_status(self, status):
        print("on_account_status")
        print(status.account_id, status.account_type, status.status)


if __name__ == "__main__":
    print("demo test")
    path = "D:\\client\\userdata_mini"
    session_id = 123456
    xt_trader = XtQuantTrader(path, session_id)
    acc = StockAccount("1000000365")
    callback = MyXtQuantTraderCallback()
    xt_trader.register_callback(callback)
    xt_trader.start()
    connect_result = xt_trader.connect()
    print(connect_result)
    subscribe_result = xt_trader.subscribe(acc)
    print(subscribe_result)
    stock_code = "604018.SH"
    print("order using the fix price:")
    fix_result_order_id = xt_trader.order_stock(
        acc, stock_code, xtconstant.STOCK_BUY, 200, xtconstant.FIX_PRICE, 9.6, "strategy_name", "remark"
    )
    print(fix_result_order_id)
    print("cancel order:")
    cancel_order_result = xt_trader.cancel_order_stock(acc, fix_result_order_id)
    print(cancel_order_result)
    print("order using async api:")
    async_seq = xt_trader.order_stock_async(
        acc, stock_code, xtconstant.STOCK_BUY, 200, xtconstant.FIX_PRICE, 9.6, "strategy_name", "remark"
    )
    print(async_seq)
    print("query asset:")
    asset = xt_trader.query_stock_asset(acc)
    if asset:
        print("asset:")
        print(f"cash {asset.cash}")
    print("query order:")
    order = xt_trader.query_stock_order(acc, fix_result_order_id)
    if order:
        print("order:")
        print(f"order {order.order_id}")
    print("query orders:")
    orders = xt_trader.query_stock_orders(acc)
    print("orders:", len(orders))
    if len(orders) != 0:
        print("last order:")
        print(f"{orders[-1].stock_code} {orders[-1].order_volume} {orders[-1].price}")
    print("query trade:")
    trades = xt_trader.query_stock_trades(acc)
    print("trades:", len(trades))
    if len(trades) != 0:
        print("last trade:")
        print(f"{trades[-1].stock_code} {trades[-1].traded_volume} {trades[-1].traded_price}")
    print("query positions:")
    positions = xt_trader.query_stock_positions(acc)
    print("positions:", len(positions))
    if len(positions) != 0:
        print("last position:")
        print(f"{positions[-1].account_id} {positions[-1].stock_code} {positions[-1].volume}")
    print("query position:")
    position = xt_trader.query_stock_position(acc, stock_code)
    if position:
        print("position:")
        print(f"{position.account_id} {position.stock_code} {position.volume}")
    xt_trader.run_forever()
