"""``XtQuantTrader``: the trader of a script, with the names, the arguments and the answers of the real one.

Where the documents give None for an empty answer, the real package gives an empty list, and so does this one; a single
object that is not there is None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.dialects.xtquant.other_calls import OtherCalls
from qresearch.dialects.xtquant.records import NOT_CANCELABLE, sysid
from qresearch.dialects.xtquant.xttype import (
    StockAccount,
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtCancelOrderResponse,
    XtOrder,
    XtOrderError,
    XtOrderResponse,
    XtPosition,
    XtTrade,
)

Told = Callable[[Any], object]
_NOT_SENT = 120001
"""Code of an order that never came to the counter."""


class XtQuantTrader(OtherCalls):
    """A trader; each session has a class of its own of it.

    Parameters
    ----------
    path : str
        Of the client; it is not looked at.
    session : int
        Number of the session of the client; also `session_id`.
    callback : object, optional
    """

    def __init__(self, path: Any, session: Any = None, callback: Any = None, *, session_id: Any = None) -> None:
        super().__init__()
        self.xt_link.callback = callback
        self.path, self.session = path, session if session_id is None else session_id

    def __repr__(self) -> str:
        return f"<XtQuantTrader of qresearch, session {self.session}>"

    # ------------------------------------------------------------------ the client

    @property
    def connected(self) -> bool:
        """True between connect() and stop()."""
        return self.xt_link.is_connected

    @property
    def callback(self) -> Any:
        """Who is told."""
        return self.xt_link.callback

    def register_callback(self, callback: Any) -> None:
        """Have an object told; methods that it has not are none."""
        self.xt_link.callback = callback

    def start(self) -> None:
        """Begin."""
        self.xt_link.is_stopped = False

    def connect(self) -> int:
        """Connect to the counter of the session: 0."""
        self.xt_link.begin("connect")
        self.xt_link.is_connected = True
        return 0

    def stop(self) -> None:
        """End the connection; run_forever returns."""
        self.xt_link.unsubscribe()
        self.xt_link.is_connected, self.xt_link.is_stopped = False, True
        self.xt_desk.clock.wake()

    def run_forever(self) -> None:
        """Wait until stop() is called or the data end."""
        self.xt_desk.clock.wait(lambda: self.xt_link.is_stopped)

    def sleep(self, time: float) -> None:
        """Wait for some seconds of simulated time."""
        self.xt_desk.clock.sleep(time)

    def set_timeout(self, timeout: float = 0) -> None:
        """Is taken and changes nothing: every call is answered."""

    def set_relaxed_response_order_enabled(self, enabled: bool) -> None:
        """Let queries inside a callback be answered on a real client too; orders still hang there."""
        self.xt_link.is_relaxed = bool(enabled)

    def subscribe(self, account: StockAccount) -> int:
        """Be told what happens to an account: 0, or -1."""
        if not self.xt_link.serves(account, "subscribe"):
            return -1
        self.xt_link.begin("subscribe")
        self.xt_link.subscribe()
        return 0

    def unsubscribe(self, account: StockAccount) -> int:
        """Be told nothing more: 0, or -1."""
        if not self.xt_link.serves(account, "unsubscribe"):
            return -1
        self.xt_link.unsubscribe()
        return 0

    # ------------------------------------------------------------------ orders

    def order_stock(
        self, account: StockAccount, stock_code: str, order_type: int, order_volume: int, price_type: int, price: float,
        strategy_name: str = "", order_remark: str = "",
    ) -> int:  # fmt: skip
        """Send an order; its number, or -1 where it never came to the counter."""
        if not self.xt_link.serves(account, "order_stock"):
            return -1
        self.xt_link.begin("order_stock", sends=True)
        found = self.xt_desk.place(stock_code, order_type, order_volume, price_type, price, strategy_name, order_remark)
        if isinstance(found, str):
            self.xt_desk.not_sent(found)
            return -1
        self.xt_desk.flush()
        return found

    def order_stock_async(
        self, account: StockAccount, stock_code: str, order_type: int, order_volume: int, price_type: int, price: float,
        strategy_name: str = "", order_remark: str = "",
    ) -> int:  # fmt: skip
        """Send an order without waiting; the number of the request, or -1. Then on_order_stock_async_response."""
        self._refuse_without_callback("order_stock_async")
        link, desk = self.xt_link, self.xt_desk
        if not link.serves(account, "order_stock_async"):
            return -1
        desk.clock.pay()
        seq, kind = link.number(), desk.account
        found = desk.place(stock_code, order_type, order_volume, price_type, price, strategy_name, order_remark)
        number, why = (-1, found) if isinstance(found, str) else (found, "")
        link.post("on_order_stock_async_response", XtOrderResponse(
            kind.account_type, kind.account_id, number, strategy_name, order_remark, seq, why,
        ))  # fmt: skip
        if why:
            desk.not_sent(why)
            link.post("on_order_error", XtOrderError(
                kind.account_type, kind.account_id, number, _NOT_SENT, why, strategy_name, order_remark,
            ))  # fmt: skip
        desk.flush()
        return seq

    def cancel_order_stock(self, account: StockAccount, order_id: int) -> int:
        """Ask for a cancel: 0 when the request was sent, -1 when nothing can be canceled."""
        if not self.xt_link.serves(account, "cancel_order_stock"):
            return -1
        self.xt_link.begin("cancel_order_stock", sends=True)
        done = self.xt_desk.cancel(order_id)
        self.xt_desk.flush()
        return done

    def cancel_order_stock_async(self, account: StockAccount, order_id: int) -> int:
        """Ask for a cancel without waiting; the number of the request. Then on_cancel_order_stock_async_response."""
        self._refuse_without_callback("cancel_order_stock_async")
        link, desk = self.xt_link, self.xt_desk
        if not link.serves(account, "cancel_order_stock_async"):
            return -1
        desk.clock.pay()
        seq, kind = link.number(), desk.account

        def answer(done: int, number: str) -> None:
            why = "" if done == 0 else f"[COUNTER][{NOT_CANCELABLE}][委托状态不允许撤单]order_id={order_id}"
            link.post("on_cancel_order_stock_async_response", XtCancelOrderResponse(
                kind.account_type, kind.account_id, order_id, number, done, seq, why,
            ))  # fmt: skip

        desk.cancel(order_id, answer)
        desk.flush()
        return seq

    def cancel_order_stock_sysid(self, account: StockAccount, market: int | str, order_sysid: str) -> int:
        """As cancel_order_stock, by the number of the order at the counter."""
        return self.cancel_order_stock(account, _number(order_sysid))

    def cancel_order_stock_sysid_async(self, account: StockAccount, market: int | str, order_sysid: str) -> int:
        """As cancel_order_stock_async, by the number of the order at the counter."""
        return self.cancel_order_stock_async(account, _number(order_sysid))

    def _refuse_without_callback(self, name: str) -> None:
        if self.xt_link.callback is None:
            raise AttributeError(
                f"{name} has nobody to tell its answer to. Call register_callback(...) first, as on a real client."
            )

    # ------------------------------------------------------------------ queries

    def query_stock_asset(self, account: StockAccount) -> XtAsset | None:
        """The money; None where the account is not known."""
        if not self.xt_link.serves(account, "query_stock_asset"):
            return None
        self.xt_link.begin("query_stock_asset")
        return self.xt_desk.records.asset()

    def query_stock_orders(self, account: StockAccount, cancelable_only: bool = False) -> list[XtOrder]:
        """The orders of the day, or those of 48, 49, 50 and 55."""
        if not self.xt_link.serves(account, "query_stock_orders"):
            return []
        self.xt_link.begin("query_stock_orders")
        return self.xt_desk.orders(cancelable_only=cancelable_only)

    def query_stock_order(self, account: StockAccount, order_id: int) -> XtOrder | None:
        """An order of the day; None where there is none of that number."""
        if not self.xt_link.serves(account, "query_stock_order"):
            return None
        self.xt_link.begin("query_stock_order")
        return self.xt_desk.order(order_id)

    def query_stock_trades(self, account: StockAccount) -> list[XtTrade]:
        """The trades of the day."""
        if not self.xt_link.serves(account, "query_stock_trades"):
            return []
        self.xt_link.begin("query_stock_trades")
        return self.xt_desk.trades()

    def query_stock_positions(self, account: StockAccount) -> list[XtPosition]:
        """What is held."""
        if not self.xt_link.serves(account, "query_stock_positions"):
            return []
        self.xt_link.begin("query_stock_positions")
        return self.xt_desk.records.positions()

    def query_stock_position(self, account: StockAccount, stock_code: str) -> XtPosition | None:
        """What is held of one code; None where nothing is."""
        held = {position.stock_code: position for position in self.query_stock_positions(account)}
        return held.get(str(stock_code).upper())

    def query_stock_asset_async(self, account: StockAccount, callback: Told) -> None:
        """Have a function told the money."""
        if self.xt_link.serves(account, "query_stock_asset_async"):
            self.xt_link.answer(callback, self.xt_desk.records.asset)

    def query_stock_orders_async(self, account: StockAccount, callback: Told, cancelable_only: bool = False) -> int:
        """Have a function told the orders of the day; the number of the request."""
        if not self.xt_link.serves(account, "query_stock_orders_async"):
            return -1
        return self.xt_link.answer(callback, lambda: self.xt_desk.orders(cancelable_only=cancelable_only))

    def query_stock_trades_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told the trades of the day; the number of the request."""
        if not self.xt_link.serves(account, "query_stock_trades_async"):
            return -1
        return self.xt_link.answer(callback, self.xt_desk.trades)

    def query_stock_positions_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told what is held; the number of the request."""
        if not self.xt_link.serves(account, "query_stock_positions_async"):
            return -1
        return self.xt_link.answer(callback, self.xt_desk.records.positions)

    def query_account_infos(self) -> list[XtAccountInfo]:
        """The one account."""
        self.xt_link.begin("query_account_infos")
        return self._infos()

    query_account_info = query_account_infos

    def query_account_status(self) -> list[XtAccountStatus]:
        """The state of the one account."""
        self.xt_link.begin("query_account_status")
        return self._states()

    def query_account_infos_async(self, callback: Told) -> int:
        """Have a function told the one account."""
        return self.xt_link.answer(callback, self._infos)

    query_account_info_async = query_account_infos_async

    def query_account_status_async(self, callback: Told) -> int:
        """Have a function told the state of the one account."""
        return self.xt_link.answer(callback, self._states)

    def _infos(self) -> list[XtAccountInfo]:
        kind = self.xt_desk.account
        return [XtAccountInfo(kind.account_type, kind.account_id, kind.account_type, 0, 0, xt.ACCOUNT_STATUS_OK)]

    def _states(self) -> list[XtAccountStatus]:
        kind = self.xt_desk.account
        return [XtAccountStatus(kind.account_type, kind.account_id, xt.ACCOUNT_STATUS_OK)]


def _number(order_sysid: object) -> int:
    """The number of an order by that at the counter; one that no order has where it is none."""
    text = str(order_sysid)
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if number and sysid(number) == text.zfill(8) else 0
