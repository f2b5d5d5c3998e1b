"""``XtQuantTraderCallback``: what a script writes to be told what happens."""

from __future__ import annotations

from typing import Any


class XtQuantTraderCallback:
    """Inherit from it and write the methods that you want; the others do nothing, and a missing one is none."""

    def on_connected(self) -> None:
        """Is never called, as by the real client."""

    def on_disconnected(self) -> None:
        """The link was lost; whoever wants it back connects again."""

    def on_account_status(self, data: Any) -> None:
        """The state of an account has changed: XtAccountStatus."""

    def on_stock_asset(self, data: Any) -> None:
        """Money has changed by a trade: XtAsset."""

    def on_stock_order(self, data: Any) -> None:
        """An order has changed: XtOrder, as it was then."""

    def on_stock_trade(self, data: Any) -> None:
        """An order was filled or filled in part: XtTrade."""

    def on_stock_position(self, data: Any) -> None:
        """A holding has changed by a trade: XtPosition."""

    def on_order_error(self, data: Any) -> None:
        """The counter refused an order: XtOrderError."""

    def on_cancel_error(self, data: Any) -> None:
        """The counter refused a cancel: XtCancelError."""

    def on_order_stock_async_response(self, data: Any) -> None:
        """The answer to order_stock_async: XtOrderResponse."""

    def on_cancel_order_stock_async_response(self, data: Any) -> None:
        """The answer to cancel_order_stock_async: XtCancelOrderResponse."""

    def on_smt_appointment_async_response(self, data: Any) -> None:
        """The answer to a request for shares to borrow: XtSmtAppointmentResponse."""

    def on_bank_transfer_async_response(self, data: Any) -> None:
        """The answer to a transfer from or to a bank: XtBankTransferResponse."""

    def on_ctp_internal_transfer_async_response(self, data: Any) -> None:
        """The answer to a transfer between accounts of futures and options: XtBankTransferResponse."""

    def on_smart_algo_order_async_response(self, data: Any) -> None:
        """The answer to an order for an algorithm: XtSmartAlgoOrderResponse."""

    def on_operate_smart_task_async_response(self, data: Any) -> None:
        """The answer to a change of such an order: XtOperateSmartTaskResponse."""
