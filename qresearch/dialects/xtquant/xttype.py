"""``xtquant.xttype``: what a script is given, by the names of XtQuant.

For shares the side of an order stands in ``order_type`` (23, 24) and in ``offset_flag`` (48, 49); ``direction`` is 48
on sales too, as from a real client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qresearch.dialects.xtquant import xtconstant

ACCOUNT_TYPES = {
    "FUTURE": xtconstant.FUTURE_ACCOUNT, "STOCK": xtconstant.SECURITY_ACCOUNT, "CREDIT": xtconstant.CREDIT_ACCOUNT,
    "FUTURE_OPTION": xtconstant.FUTURE_OPTION_ACCOUNT, "STOCK_OPTION": xtconstant.STOCK_OPTION_ACCOUNT,
    "HUGANGTONG": xtconstant.HUGANGTONG_ACCOUNT, "INCOME_SWAP": xtconstant.INCOME_SWAP_ACCOUNT,
    "NEW3BOARD": xtconstant.NEW3BOARD_ACCOUNT, "SHENGANGTONG": xtconstant.SHENGANGTONG_ACCOUNT,
    "OFFSITEBANKING": xtconstant.AT_OFFSITEBANKING, "OUTTER_FUTURE": xtconstant.AT_OUTTER_FUTURE,
    "IB": xtconstant.AT_IB, "NS_TRUSTBANK": xtconstant.AT_NS_TRUSTBANK, "INTERBANK": xtconstant.AT_INTERBANK,
    "BANK": xtconstant.AT_BANK, "OTC": xtconstant.AT_OTC,
}  # fmt: skip
"""Kinds of account by the word that a script writes."""


class StockAccount:
    """An account by its number and its kind.

    Parameters
    ----------
    account_id : str
        Anything else gives a text instead of an account, as the real class does.
    account_type : str
        "STOCK", "CREDIT" and so on, in any case; an unknown one raises a plain Exception, as there.
    """

    def __new__(cls, account_id: object, account_type: str = "STOCK") -> Any:
        """An account, or what is wrong with its number."""
        if not isinstance(account_id, str):
            return "资金账号必须为字符串类型"
        return super().__new__(cls)

    def __init__(self, account_id: str, account_type: str = "STOCK") -> None:
        kind = str(account_type).upper()
        if kind not in ACCOUNT_TYPES:
            raise Exception(f"不支持的账号类型：{account_type}！")  # noqa: TRY002  # as the real one
        self.account_type, self.account_id = ACCOUNT_TYPES[kind], account_id

    def __repr__(self) -> str:
        return f"StockAccount({self.account_id!r}) of qresearch"


@dataclass
class XtAsset:
    """The money of an account."""

    account_type: int = 0
    account_id: str = ""
    cash: float = 0.0
    frozen_cash: float = 0.0
    market_value: float = 0.0
    total_asset: float = 0.0
    fetch_balance: float = 0.0


@dataclass
class XtOrder:
    """An order of the day, as it was when it was asked for or pushed."""

    account_type: int = 0
    account_id: str = ""
    stock_code: str = ""
    order_id: int = 0
    order_sysid: str = ""
    order_time: int = 0
    order_type: int = 0
    order_volume: int = 0
    price_type: int = 0
    price: float = 0.0
    traded_volume: int = 0
    traded_price: float = 0.0
    order_status: int = 0
    status_msg: str = ""
    strategy_name: str = ""
    order_remark: str = ""
    direction: int = 0
    offset_flag: int = 0
    secu_account: str = ""
    instrument_name: str = ""


@dataclass
class XtTrade:
    """A trade of the day."""

    account_type: int = 0
    account_id: str = ""
    stock_code: str = ""
    order_type: int = 0
    traded_id: str = ""
    traded_time: int = 0
    traded_price: float = 0.0
    traded_volume: int = 0
    traded_amount: float = 0.0
    order_id: int = 0
    order_sysid: str = ""
    strategy_name: str = ""
    order_remark: str = ""
    direction: int = 0
    offset_flag: int = 0
    commission: float = 0.0
    secu_account: str = ""
    instrument_name: str = ""


@dataclass
class XtPosition:
    """A holding."""

    account_type: int = 0
    account_id: str = ""
    stock_code: str = ""
    volume: int = 0
    can_use_volume: int = 0
    open_price: float = 0.0
    market_value: float = 0.0
    frozen_volume: int = 0
    on_road_volume: int = 0
    yesterday_volume: int = 0
    avg_price: float = 0.0
    direction: int = 0
    last_price: float = 0.0
    profit_rate: float = 0.0
    secu_account: str = ""
    instrument_name: str = ""
    float_profit: float = 0.0
    open_date: int = 0
    position_profit: float = 0.0


@dataclass
class XtAccountStatus:
    """Whether an account is logged in."""

    account_type: int = 0
    account_id: str = ""
    status: int = 0


@dataclass
class XtAccountInfo:
    """What an account is."""

    account_type: int = 0
    account_id: str = ""
    broker_type: int = 0
    platform_id: int = 0
    account_classification: int = 0
    login_status: int = 0


@dataclass
class XtOrderError:
    """An order that the counter refused."""

    account_type: int = 0
    account_id: str = ""
    order_id: int = 0
    error_id: int = 0
    error_msg: str = ""
    strategy_name: str = ""
    order_remark: str = ""


@dataclass
class XtCancelError:
    """A cancel that the counter refused."""

    account_type: int = 0
    account_id: str = ""
    order_id: int = 0
    market: int = 0
    order_sysid: str = ""
    error_id: int = 0
    error_msg: str = ""


@dataclass
class XtOrderResponse:
    """The answer to an order that was sent without waiting."""

    account_type: int = 0
    account_id: str = ""
    order_id: int = 0
    strategy_name: str = ""
    order_remark: str = ""
    seq: int = 0
    error_msg: str = ""


@dataclass
class XtCancelOrderResponse:
    """The answer to a cancel that was sent without waiting."""

    account_type: int = 0
    account_id: str = ""
    order_id: int = 0
    order_sysid: str = ""
    cancel_result: int = 0
    seq: int = 0
    error_msg: str = ""
