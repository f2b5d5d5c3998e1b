"""What a trader answers about other kinds of account, counters and data: what a broker without them says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pandas as pd

from qresearch.dialects.xtquant.contracts import statistics
from qresearch.dialects.xtquant.credit import CreditBook
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.link import Link
from qresearch.dialects.xtquant.other_types import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtBankTransferResponse,
    XtCreditDetail,
    XtOperateSmartTaskResponse,
    XtPositionStatistics,
    XtSmartAlgoOrderResponse,
    XtSmtAppointmentResponse,
)
from qresearch.dialects.xtquant.virtual_time import moment_of
from qresearch.dialects.xtquant.xttype import StockAccount
from qresearch.errors import UsageError

Told = Callable[[Any], object]
T = TypeVar("T")
_OPERATIONS = ("UPDATE", "REPLACE", "ADD", "DELETE")
_NO_OTHER_COUNTER = "没有其他柜台"
_NO_BANK = "没有银行账户"
_NO_LENDER = "没有约券业务"
_NO_ALGORITHM = "没有智能算法"


class OtherCalls:
    """The calls of a trader that do not order and do not ask for shares."""

    xt_desk: ClassVar[Desk]

    def __init__(self) -> None:
        self.xt_link = Link(self.xt_desk)

    def query_position_statistics(self, account: StockAccount) -> list[XtPositionStatistics]:
        """Holdings of contracts by side, and what they came to; nothing in an account of shares."""
        host, name = self.xt_desk.host, "query_position_statistics"
        return self._asked(account, name, host.exchange.account.two_sided, lambda: statistics(host, account))

    def query_credit_detail(self, account: StockAccount) -> list[XtCreditDetail]:
        """Money and debts of an account of margin trading; nothing in one for shares."""
        return self._credit(account, "query_credit_detail", lambda book: [book.detail()])

    def query_stk_compacts(self, account: StockAccount) -> list[StkCompacts]:
        """Contracts of an account of margin trading, the oldest first."""
        return self._credit(account, "query_stk_compacts", CreditBook.compacts)

    def query_credit_subjects(self, account: StockAccount) -> list[CreditSubjects]:
        """What may be bought on financing or sold short today."""
        return self._credit(account, "query_credit_subjects", CreditBook.subjects)

    def query_credit_slo_code(self, account: StockAccount) -> list[CreditSloCode]:
        """Shares that can be borrowed, where their number is known."""
        return self._credit(account, "query_credit_slo_code", CreditBook.lendable)

    def query_credit_assure(self, account: StockAccount) -> list[CreditAssure]:
        """What serves as collateral."""
        return self._credit(account, "query_credit_assure", CreditBook.collateral)

    def _credit(self, account: StockAccount, name: str, asked: Callable[[CreditBook], list[T]]) -> list[T]:
        """What the books of margin trading answer."""
        host = self.xt_desk.host
        return self._asked(account, name, self.xt_desk.borrows, lambda: asked(CreditBook(host, account)))

    def _asked(self, account: StockAccount, name: str, is_there: bool, asked: Callable[[], list[T]]) -> list[T]:
        """What an account of another kind answers; nothing, and a notice, where the session has none."""
        if not is_there:
            return self._none(account, name)
        if not self.xt_link.serves(account, name):
            return []
        self.xt_link.begin(name)
        return asked()

    def query_credit_detail_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told query_credit_detail."""
        return self.xt_link.answer(callback, lambda: self.query_credit_detail(account))

    def query_stk_compacts_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told query_stk_compacts."""
        return self.xt_link.answer(callback, lambda: self.query_stk_compacts(account))

    def query_credit_subjects_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told query_credit_subjects."""
        return self.xt_link.answer(callback, lambda: self.query_credit_subjects(account))

    def query_credit_slo_code_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told query_credit_slo_code."""
        return self.xt_link.answer(callback, lambda: self.query_credit_slo_code(account))

    def query_credit_assure_async(self, account: StockAccount, callback: Told) -> int:
        """Have a function told query_credit_assure."""
        return self.xt_link.answer(callback, lambda: self.query_credit_assure(account))

    def _none(self, account: StockAccount, name: str) -> list[Any]:
        """An empty list, and one notice for an account of shares too, which nothing of the kind belongs to."""
        if self.xt_link.serves(account, name):
            self._lacks(name, "an account of another kind")
        return []

    def _lacks(self, name: str, what: str) -> None:
        self.xt_desk.host.tell(
            f"{name} asks for {what}, which this session has not: it answers as a broker without it.", "approximated"
        )

    # ------------------------------------------------------------------ new shares

    def query_new_purchase_limit(self, account: StockAccount) -> dict[str, int]:
        """Shares of new issues that may be asked for, from what is held now; the rule takes the mean of 20 days."""
        if not self.xt_link.serves(account, "query_new_purchase_limit"):
            return {}
        self.xt_desk.host.tell("query_new_purchase_limit counts what is held now, not the mean of 20 days.")
        held = dict.fromkeys(("SH", "SZ"), 0.0)
        for position in self.xt_desk.records.positions():
            market = position.stock_code.rpartition(".")[2]
            held[market] = held.get(market, 0.0) + position.market_value
        return {
            "KCB": int(held["SH"] // 5_000) * 500, "SH": int(held["SH"] // 10_000) * 1_000,
            "SZ": int(held["SZ"] // 5_000) * 500,
        }  # fmt: skip

    def query_ipo_data(self) -> dict[str, dict[str, Any]]:
        """New shares and bonds of the day, from the table "ipo" of the user; nothing without it."""
        table = self.xt_desk.tables.get("ipo")
        if table is None:
            self.xt_desk.host.tell(
                'query_ipo_data: no table of new issues was given. Pass data={"ipo": frame} with the columns code, '
                "name, type, minPurchaseNum, maxPurchaseNum, purchaseDate, issuePrice."
            )
            return {}
        today = f"{moment_of(self.xt_desk.clock.now):%Y%m%d}"
        rows = pd.DataFrame(table).to_dict("records")
        return {
            str(row["code"]): {str(name): value for name, value in row.items() if name != "code"}
            for row in rows if str(row["purchaseDate"]) == today
        }  # fmt: skip

    # ------------------------------------------------------------------ money between counters

    def fund_transfer(self, account: StockAccount, transfer_direction: int, price: float) -> tuple[bool, str]:
        """Move money between counters: there is one only."""
        return self._not_moved("fund_transfer", "a second counter", _NO_OTHER_COUNTER)

    def secu_transfer(
        self, account: StockAccount, transfer_direction: int, stock_code: str, volume: int, transfer_type: int
    ) -> tuple[bool, str]:
        """Move shares between counters: there is one only."""
        return self._not_moved("secu_transfer", "a second counter", _NO_OTHER_COUNTER)

    def _not_moved(self, name: str, what: str, words: str) -> tuple[bool, str]:
        self._lacks(name, what)
        return False, words

    def query_com_fund(self, account: StockAccount) -> dict[str, Any]:
        """The money at the ordinary counter, which is the only one."""
        if not self.xt_link.serves(account, "query_com_fund"):
            return {"success": False, "erro": "账号不存在", "error": "账号不存在"}
        asset = self.xt_desk.records.asset()
        return {
            "success": True, "erro": "", "error": "", "currentBalance": asset.cash + asset.frozen_cash,
            "enableBalance": asset.cash, "fetchBalance": asset.fetch_balance, "interest": 0.0,
            "assetBalance": asset.total_asset, "fetchCash": asset.fetch_balance, "marketValue": asset.market_value,
            "debt": 0.0,
        }  # fmt: skip

    def query_com_position(self, account: StockAccount) -> list[dict[str, Any]]:
        """What is held at the ordinary counter, which is the only one."""
        if not self.xt_link.serves(account, "query_com_position"):
            return []
        return [
            {
                "success": True, "error": "", "stockAccount": held.secu_account,
                "exchangeType": held.stock_code.rpartition(".")[2], "stockCode": held.stock_code.partition(".")[0],
                "stockName": held.instrument_name, "totalAmt": float(held.volume),
                "enableAmount": float(held.can_use_volume), "lastPrice": held.last_price, "costPrice": held.avg_price,
                "income": held.float_profit, "incomeRate": held.profit_rate, "marketValue": held.market_value,
                "costBalance": held.avg_price * held.volume, "bsOnTheWayVol": held.on_road_volume, "prEnableVol": 0,
            }
            for held in self.xt_desk.records.positions()
        ]  # fmt: skip

    def bank_transfer_in(
        self, account: StockAccount, bank_no: str, bank_account: str, balance: float, bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> tuple[bool, str]:  # fmt: skip
        """Money from a bank: there is none."""
        return self._not_moved("bank_transfer_in", "a bank", _NO_BANK)

    def bank_transfer_out(
        self, account: StockAccount, bank_no: str, bank_account: str, balance: float, bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> tuple[bool, str]:  # fmt: skip
        """Money to a bank: there is none."""
        return self._not_moved("bank_transfer_out", "a bank", _NO_BANK)

    def bank_transfer_in_async(
        self, account: StockAccount, bank_no: str, bank_account: str, balance: float, bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> int:  # fmt: skip
        """As bank_transfer_in; then on_bank_transfer_async_response."""
        return self._refused("bank_transfer_async", XtBankTransferResponse(msg=_NO_BANK), "a bank")

    def bank_transfer_out_async(
        self, account: StockAccount, bank_no: str, bank_account: str, balance: float, bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> int:  # fmt: skip
        """As bank_transfer_out; then on_bank_transfer_async_response."""
        return self._refused("bank_transfer_async", XtBankTransferResponse(msg=_NO_BANK), "a bank")

    def query_bank_info(self, account: StockAccount) -> list[Any]:
        """Banks: none."""
        return self._none(account, "query_bank_info")

    def query_bank_amount(self, account: StockAccount, bank_no: str, bank_account: str, bank_pwd: str) -> list[Any]:
        """Money at a bank: none."""
        return self._none(account, "query_bank_amount")

    def query_bank_transfer_stream(
        self, account: StockAccount, start_date: str, end_date: str, bank_no: str = "", bank_account: str = ""
    ) -> list[Any]:
        """Transfers from and to banks: none."""
        return self._none(account, "query_bank_transfer_stream")

    def query_secu_account(self, account: StockAccount) -> list[Any]:
        """Numbers at the depositories: none."""
        return self._none(account, "query_secu_account")

    def ctp_transfer_option_to_future(
        self, opt_account_id: str, ft_account_id: str, balance: float
    ) -> tuple[bool, str]:
        """Move money from options to futures: there is neither."""
        return self._not_moved("ctp_transfer_option_to_future", "accounts of futures and options", _NO_OTHER_COUNTER)

    def ctp_transfer_future_to_option(
        self, opt_account_id: str, ft_account_id: str, balance: float
    ) -> tuple[bool, str]:
        """Move money from futures to options: there is neither."""
        return self._not_moved("ctp_transfer_future_to_option", "accounts of futures and options", _NO_OTHER_COUNTER)

    def ctp_transfer_option_to_future_async(self, opt_account_id: str, ft_account_id: str, balance: float) -> int:
        """As ctp_transfer_option_to_future; then on_ctp_internal_transfer_async_response."""
        return self._refused("ctp_internal_transfer_async", XtBankTransferResponse(msg=_NO_OTHER_COUNTER), "options")

    def ctp_transfer_future_to_option_async(self, opt_account_id: str, ft_account_id: str, balance: float) -> int:
        """As ctp_transfer_future_to_option; then on_ctp_internal_transfer_async_response."""
        return self._refused("ctp_internal_transfer_async", XtBankTransferResponse(msg=_NO_OTHER_COUNTER), "options")

    def _refused(self, name: str, answer: Any, what: str) -> int:
        """The number of a request that is refused by a callback."""
        self._lacks(name, what)
        answer.seq = self.xt_link.number()
        self.xt_link.post(f"on_{name}_response", answer)
        return int(answer.seq)

    # ------------------------------------------------------------------ shares to borrow, algorithms

    def smt_query_quoter(self, account: StockAccount) -> list[dict[str, Any]]:
        """Offers of shares to borrow: none."""
        return self._none(account, "smt_query_quoter")

    def smt_query_order(self, account: StockAccount) -> list[dict[str, Any]]:
        """Requests for shares to borrow: none."""
        return self._none(account, "smt_query_order")

    def smt_query_compact(self, account: StockAccount) -> list[dict[str, Any]]:
        """Contracts of borrowed shares: none."""
        return self._none(account, "smt_query_compact")

    def smt_negotiate_order_async(
        self, account: StockAccount, src_group_id: str, order_code: str, date: int, amount: int, apply_rate: float,
        dict_param: Mapping[str, float] = {},
    ) -> int:  # fmt: skip
        """Ask for shares to borrow; then on_smt_appointment_async_response, which refuses it."""
        return self._no_lender()

    def smt_appointment_order_async(
        self, account: StockAccount, order_code: str, date: int, amount: int, apply_rate: float
    ) -> int:
        """As smt_negotiate_order_async."""
        return self._no_lender()

    def smt_appointment_cancel_async(self, account: StockAccount, apply_id: str) -> int:
        """Withdraw such a request; then on_smt_appointment_async_response, which refuses it."""
        return self._no_lender()

    def smt_compact_renewal_async(
        self, account: StockAccount, cash_compact_id: str, order_code: str, defer_days: int, defer_num: int,
        apply_rate: float,
    ) -> int:  # fmt: skip
        """Prolong such a contract; then on_smt_appointment_async_response, which refuses it."""
        return self._no_lender()

    def smt_compact_return_async(
        self, account: StockAccount, src_group_id: str, cash_compact_id: str, order_code: str, return_amount: int
    ) -> int:
        """Give shares back; then on_smt_appointment_async_response, which refuses it."""
        return self._no_lender()

    def _no_lender(self) -> int:
        answer = XtSmtAppointmentResponse(msg=_NO_LENDER, apply_id="-1")
        return self._refused("smt_appointment_async", answer, "a lender of shares")

    def get_smart_algo_param(self, algo_name: str) -> list[Any]:
        """Parameters of an algorithm of the broker: it has none."""
        self._lacks("get_smart_algo_param", "algorithms of a broker")
        return []

    def query_smart_algo_task(self, account: StockAccount) -> list[Any]:
        """Orders for algorithms: none."""
        return self._none(account, "query_smart_algo_task")

    def smart_algo_order_async(
        self, account: StockAccount, stock_code: str, order_type: int, order_volume: int, price_type: int, price: float,
        strategy_name: str, order_remark: str, algo_name: str, start_time: str, end_time: str,
        algo_param: Mapping[str, Any] = {},
    ) -> int:  # fmt: skip
        """An order for an algorithm; then on_smart_algo_order_async_response, which refuses it."""
        answer = XtSmartAlgoOrderResponse(
            self.xt_desk.account.account_id, "", strategy_name, order_remark, _NO_ALGORITHM
        )
        return self._refused("smart_algo_order_async", answer, "algorithms of a broker")

    def cancel_smart_algo_task_async(self, account: StockAccount, task_id: str) -> int:
        """End such an order; then on_operate_smart_task_async_response, which refuses it."""
        answer = XtOperateSmartTaskResponse(task_id=task_id, error_msg=_NO_ALGORITHM)
        return self._refused("operate_smart_task_async", answer, "algorithms of a broker")

    def export_data(
        self, account: StockAccount, result_path: str, data_type: str, start_time: str | None = None,
        end_time: str | None = None, user_param: Mapping[str, Any] = {},
    ) -> dict[str, Any]:  # fmt: skip
        """Write trades, orders or holdings to a CSV file: {"msg": "export success"}, or {"error": ...}."""
        found = self._exported(account, data_type, start_time, end_time)
        if isinstance(found, str):
            return {"error": {"errorMsg": found}}
        found.to_csv(Path(result_path), index=False)
        return {"msg": "export success"}

    def query_data(
        self, account: StockAccount, result_path: str, data_type: str, start_time: str | None = None,
        end_time: str | None = None, user_param: Mapping[str, Any] = {},
    ) -> Any:  # fmt: skip
        """What export_data writes, as a frame; no file stays."""
        found = self._exported(account, data_type, start_time, end_time)
        return {"error": {"errorMsg": found}} if isinstance(found, str) else found

    def _exported(
        self, account: StockAccount, data_type: str, start: str | None, end: str | None
    ) -> pd.DataFrame | str:
        if not self.xt_link.serves(account, "export_data"):
            kind, number = getattr(account, "account_type", ""), getattr(account, "account_id", "")
            return f"can not find account info, accountID:{number} accountType:{kind}"
        desk = self.xt_desk
        asked: dict[str, Callable[[], list[Any]]] = {
            "deal": desk.all_trades, "order": desk.orders, "position": desk.records.positions,
        }  # fmt: skip
        if data_type not in asked:
            return f"invalid data type: {data_type}"
        frame = pd.DataFrame([vars(item) for item in asked[data_type]()])
        time = {"deal": "traded_time", "order": "order_time"}.get(data_type)
        if time is not None and len(frame):
            days = frame[time].map(lambda stamp: f"{moment_of(stamp):%Y%m%d}")
            frame = frame[(days >= _day(start, "00000000")) & (days <= _day(end, "99999999"))]
        return frame.rename(columns={"account_type": "account_Type"}).reset_index(drop=True)

    def sync_transaction_from_external(
        self, operation: str, data_type: str, account: StockAccount, deal_list: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Take trades that were done elsewhere; here it is answered, and the account stays as it is."""
        if operation not in _OPERATIONS:
            return {"error": {"msg": f"[0-0: invalid operation type: {operation}], "}}
        if data_type != "DEAL":
            return {"error": {"msg": f"[0-0: invalid data type: {data_type}], "}}
        self.xt_desk.host.tell("sync_transaction_from_external is answered and enters nothing into the account.")
        return {"msg": "sync transaction from external success"}


def _day(text: str | None, default: str) -> str:
    """The day of a time that was given as YYYYMMDD or longer."""
    if not text:
        return default
    day = str(text).replace("-", "")[:8]
    try:
        dt.datetime.strptime(day, "%Y%m%d")  # a day only
    except ValueError:
        raise UsageError(f"{text!r} is no time. Write it as '20240102' or '20240102093000'.") from None
    return day
