"""What accounts of other kinds than shares are told, by the names of XtQuant: none of them is simulated yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class XtPositionStatistics:
    """What is held of a future, and what it came to."""

    account_id: str = ""
    exchange_id: str = ""
    exchange_name: str = ""
    product_id: str = ""
    instrument_id: str = ""
    instrument_name: str = ""
    direction: int = 0
    hedge_flag: int = 0
    position: int = 0
    yesterday_position: float = 0.0
    today_position: int = 0
    can_close_vol: int = 0
    position_cost: float = 0.0
    avg_price: float = 0.0
    position_profit: float = 0.0
    float_profit: float = 0.0
    open_price: float = 0.0
    open_cost: float = 0.0
    used_margin: float = 0.0
    used_commission: float = 0.0
    frozen_margin: float = 0.0
    frozen_commission: float = 0.0
    instrument_value: float = 0.0
    open_times: int = 0
    open_volume: int = 0
    cancel_times: int = 0
    last_price: float = 0.0
    rise_ratio: float = 0.0
    product_name: str = ""
    royalty: float = 0.0
    expire_date: str = ""
    assest_weight: float = 0.0
    increase_by_settlement: float = 0.0
    margin_ratio: float = 0.0
    float_profit_divide_by_used_margin: float = 0.0
    float_profit_divide_by_balance: float = 0.0
    today_profit_loss: float = 0.0
    yesterday_init_position: int = 0
    frozen_royalty: float = 0.0
    today_close_profit_loss: float = 0.0
    close_profit: float = 0.0
    ft_product_name: str = ""


@dataclass
class XtCreditDetail:
    """The money and the debts of a margin account."""

    account_type: int = 0
    account_id: str = ""
    m_nStatus: int = 0
    m_nUpdateTime: int = 0
    m_nCalcConfig: int = 0
    m_dFrozenCash: float = 0.0
    m_dBalance: float = 0.0
    m_dAvailable: float = 0.0
    m_dPositionProfit: float = 0.0
    m_dMarketValue: float = 0.0
    m_dFetchBalance: float = 0.0
    m_dStockValue: float = 0.0
    m_dFundValue: float = 0.0
    m_dTotalDebt: float = 0.0
    m_dEnableBailBalance: float = 0.0
    m_dPerAssurescaleValue: float = 0.0
    m_dAssureAsset: float = 0.0
    m_dFinDebt: float = 0.0
    m_dFinDealAvl: float = 0.0
    m_dFinFee: float = 0.0
    m_dSloDebt: float = 0.0
    m_dSloMarketValue: float = 0.0
    m_dSloFee: float = 0.0
    m_dOtherFare: float = 0.0
    m_dFinMaxQuota: float = 0.0
    m_dFinEnableQuota: float = 0.0
    m_dFinUsedQuota: float = 0.0
    m_dSloMaxQuota: float = 0.0
    m_dSloEnableQuota: float = 0.0
    m_dSloUsedQuota: float = 0.0
    m_dSloSellBalance: float = 0.0
    m_dUsedSloSellBalance: float = 0.0
    m_dSurplusSloSellBalance: float = 0.0


@dataclass
class StkCompacts:
    """A contract of a margin account: money or shares that it owes."""

    account_type: int = 0
    account_id: str = ""
    compact_type: int = 0
    cashgroup_prop: int = 0
    exchange_id: str = ""
    open_date: int = 0
    business_vol: int = 0
    real_compact_vol: int = 0
    ret_end_date: int = 0
    business_balance: float = 0.0
    businessFare: float = 0.0
    real_compact_balance: float = 0.0
    real_compact_fare: float = 0.0
    repaid_fare: float = 0.0
    repaid_balance: float = 0.0
    instrument_id: str = ""
    compact_id: str = ""
    position_str: str = ""


@dataclass
class CreditSubjects:
    """What may be bought on financing or sold short."""

    account_type: int = 0
    account_id: str = ""
    slo_status: int = 0
    fin_status: int = 0
    exchange_id: str = ""
    slo_ratio: float = 0.0
    fin_ratio: float = 0.0
    instrument_id: str = ""


@dataclass
class CreditSloCode:
    """Shares that can be borrowed."""

    account_type: int = 0
    account_id: str = ""
    cashgroup_prop: int = 0
    exchange_id: str = ""
    enable_amount: int = 0
    instrument_id: str = ""


@dataclass
class CreditAssure:
    """What serves as collateral, and at which rate."""

    account_type: int = 0
    account_id: str = ""
    assure_status: int = 0
    exchange_id: str = ""
    assure_ratio: float = 0.0
    instrument_id: str = ""


@dataclass
class XtSmtAppointmentResponse:
    """The answer to a request for shares to borrow."""

    seq: int = 0
    success: bool = False
    msg: str = ""
    apply_id: str = ""


@dataclass
class XtBankTransferResponse:
    """The answer to a transfer from or to a bank."""

    seq: int = 0
    success: bool = False
    msg: str = ""


@dataclass
class XtSmartAlgoOrderResponse:
    """The answer to an order that an algorithm of the broker was to split."""

    account_id: str = ""
    task_id: str = ""
    strategy_name: str = ""
    order_remark: str = ""
    error_msg: str = ""
    seq: int = 0


@dataclass
class XtOperateSmartTaskResponse:
    """The answer to a change of such an order."""

    seq: int = 0
    success: bool = False
    task_id: str = ""
    operate_reason: str = ""
    error_msg: str = ""
