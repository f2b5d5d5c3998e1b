"""Scripts of XtQuant with an account of margin trading: its kinds of order, its money, its contracts and its lists."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hand import market

import qresearch as qr
from qresearch.dialects import xtquant
from qresearch.engine.accounts.margin import MarginTrading

STOCK, OTHER = "600001.SH", "600002.SH"


@pytest.fixture
def session() -> qr.Session:
    """A session of margin trading at a counter, before its first day: shares that stand still, then rise."""
    table = [
        {"symbol": STOCK, "haircut": 0.7, "financing": 0.8, "lending": 0.5, "lendable": 5_000},
        {"symbol": OTHER, "haircut": 0.0},
    ]
    given = market({STOCK: [10.0, 10.0, 10.5, 10.5, 10.5], OTHER: [5.0] * 5}, credit=pd.DataFrame(table))
    kind = MarginTrading(financing_rate=0.09, lending_rate=0.0, line=90_000.0, short_price_rule=False)
    return qr.Session(given, start="2024-01-03", cash=100_000, account=kind, clock="counter", costs="zero")


def trading(session: qr.Session) -> tuple[Any, Any, Any]:
    """A trader that is connected, its account, and the constants."""
    xtquant.activate(session)
    from xtquant import xtconstant  # noqa: PLC0415  # importable now
    from xtquant.xttrader import XtQuantTrader  # noqa: PLC0415
    from xtquant.xttype import StockAccount  # noqa: PLC0415

    trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("24", "CREDIT")
    trader.start()
    assert trader.connect() == 0
    assert trader.subscribe(account) == 0
    return trader, account, xtconstant


@pytest.fixture(autouse=True)
def _deactivated() -> Any:
    """The modules of XtQuant go with each test."""
    yield
    xtquant.deactivate()


def test_debts_are_paid_back_without_the_market(session: qr.Session) -> None:
    """Protects direct repayment: yuan and shares by their kinds of order, at once, and never more than is owed."""
    trader, account, xt = trading(session)
    trader.order_stock(account, STOCK, xt.CREDIT_FIN_BUY, 2_000, xt.LATEST_PRICE, 0, "", "")
    session.step()
    session.step(phase="PRE_OPEN")
    trader.order_stock(account, STOCK, xt.CREDIT_SLO_SELL, 1_000, xt.LATEST_PRICE, 0, "", "")
    session.step()
    session.step(phase="PRE_OPEN")
    owed = session.tables.debts["principal"].iloc[0]
    assert trader.order_stock(account, STOCK, xt.CREDIT_DIRECT_CASH_REPAY, 5_000, xt.LATEST_PRICE, 0) == 0
    assert 4_900 < owed - session.tables.debts["principal"].iloc[0] <= 5_000
    assert trader.order_stock(account, STOCK, xt.CREDIT_DIRECT_SECU_REPAY, 1_000, xt.LATEST_PRICE, 0) == 0
    assert session.tables.debts["kind"].tolist() == ["money"]
    assert trader.order_stock(account, STOCK, xt.CREDIT_DIRECT_SECU_REPAY, 1_000, xt.LATEST_PRICE, 0) == -1
    assert trader.order_stock(account, STOCK, xt.CREDIT_DIRECT_CASH_REPAY, 0, xt.LATEST_PRICE, 0) == -1


def test_money_and_contracts_are_those_of_the_account(session: qr.Session) -> None:
    """Protects the records: a financed purchase and a short sale in the detail, the contracts and the positions."""
    trader, account, xt = trading(session)
    trader.order_stock(account, STOCK, xt.CREDIT_FIN_BUY, 2_000, xt.LATEST_PRICE, 0, "", "financed")
    session.step()
    session.step(phase="PRE_OPEN")
    trader.order_stock(account, STOCK, xt.CREDIT_SLO_SELL, 1_000, xt.LATEST_PRICE, 0, "", "short")
    session.step()
    (detail,) = trader.query_credit_detail(account)
    portfolio = session.portfolio
    assert detail.m_dAssureAsset == portfolio.equity == pytest.approx(100_000 + 1_000 - 5)
    assert detail.m_dTotalDebt == pytest.approx(detail.m_dFinDebt + detail.m_dSloDebt) == portfolio.debt
    assert detail.m_dBalance == pytest.approx(detail.m_dAssureAsset + detail.m_dTotalDebt)
    assert (detail.m_dFinDealAvl, detail.m_dSloMarketValue) == (20_000.0, 10_500.0)
    assert detail.m_dSloSellBalance == 10_500.0
    assert detail.m_dEnableBailBalance == portfolio.available_margin
    assert detail.m_dPerAssurescaleValue == pytest.approx(portfolio.maintenance_ratio)
    assert detail.m_dFinEnableQuota == 90_000 - 20_000 - 10_500
    financed, short = trader.query_stk_compacts(account)
    assert (financed.compact_type, financed.business_vol, financed.real_compact_balance) == (48, 2_000, 20_000.0)
    assert (short.compact_type, short.real_compact_vol, short.business_balance) == (49, 1_000, 10_500.0)
    assert financed.ret_end_date == 20240701
    assert [(held.stock_code, held.volume) for held in trader.query_stock_positions(account)] == [(STOCK, 2_000)]


@pytest.mark.parametrize(
    ("kind", "number"),
    [("CREDIT_BUY", 23), ("CREDIT_FIN_BUY", 27), ("CREDIT_SLO_SELL", 28), ("CREDIT_FIN_BUY_SPECIAL", 27)],
)
def test_each_kind_of_order_comes_back_as_it_was_sent(session: qr.Session, kind: str, number: int) -> None:
    """Protects what a script reads back: the number of its kind, in orders and trades; the special pool is ordinary."""
    trader, account, xt = trading(session)
    sent = trader.order_stock(account, STOCK, getattr(xt, kind), 1_000, xt.LATEST_PRICE, 0, "", kind)
    session.step()
    assert trader.query_stock_order(account, sent).order_type == number
    assert [trade.order_type for trade in trader.query_stock_trades(account)] == [number]


def test_debts_are_paid_by_sales_and_purchases(session: qr.Session) -> None:
    """Protects the way back: a sale to repay and a purchase to return end their contracts."""
    trader, account, xt = trading(session)
    trader.order_stock(account, STOCK, xt.CREDIT_FIN_BUY, 2_000, xt.LATEST_PRICE, 0, "", "")
    trader.order_stock(account, STOCK, xt.CREDIT_SLO_SELL, 1_000, xt.LATEST_PRICE, 0, "", "")
    session.step()
    session.step(phase="PRE_OPEN")
    trader.order_stock(account, STOCK, xt.CREDIT_BUY_SECU_REPAY, 1_000, xt.FIX_PRICE, 10.6, "", "")
    trader.order_stock(account, STOCK, xt.CREDIT_SELL_SECU_REPAY, 2_000, xt.LATEST_PRICE, 0, "", "")
    session.step()
    assert trader.query_stk_compacts(account) == []
    assert [trade.order_type for trade in trader.query_stock_trades(account)] == [29, 31]
    assert session.portfolio.debt == 0.0


def test_the_lists_are_those_of_the_day(session: qr.Session) -> None:
    """Protects targets, collateral and what can be borrowed: what the table of the market says, and nothing else."""
    trader, account, _ = trading(session)
    (subject,) = trader.query_credit_subjects(account)
    assert (subject.instrument_id, subject.exchange_id, subject.fin_ratio, subject.slo_ratio) == (
        "600001",
        "SSE",
        0.8,
        0.5,
    )
    assert [(one.instrument_id, one.enable_amount) for one in trader.query_credit_slo_code(account)] == [
        ("600001", 5_000)
    ]
    assert [(one.instrument_id, one.assure_ratio) for one in trader.query_credit_assure(account)] == [("600001", 0.7)]


def test_what_cannot_be_paid_back_is_said(session: qr.Session) -> None:
    """Protects the caller of direct repayment without a debt: -1, and a notice with what is owed."""
    trader, account, xt = trading(session)
    assert trader.order_stock(account, STOCK, xt.CREDIT_DIRECT_CASH_REPAY, 1_000, xt.LATEST_PRICE, 0, "", "") == -1
    assert any("repay: 1,000.00 were to be paid back; 0.00 are owed" in notice for notice in session.notices)


def test_an_account_of_another_kind_is_not_known(session: qr.Session) -> None:
    """Protects both kinds: an account of shares is refused here, with what to open instead."""
    trader, _, _ = trading(session)
    from xtquant.xttype import StockAccount  # noqa: PLC0415

    assert trader.query_stock_asset(StockAccount("24")) is None
    assert any("account='cash_shares'" in notice for notice in session.notices)
