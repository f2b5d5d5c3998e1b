"""Scripts of XtQuant with accounts of futures and options: their kinds of order, their positions and their sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import qresearch as qr
from qresearch.dialects import xtquant

METAL, FUND, CALL, PUT = "QT2307", "514101.SH", "C2212M4200", "P2212M4000"


@pytest.fixture(autouse=True)
def _deactivated() -> Iterator[None]:
    """The modules of XtQuant go with each test."""
    yield
    xtquant.deactivate()


def trading(session: qr.Session, kind: str) -> tuple[Any, Any, Any]:
    """A trader that is connected, its account, and the constants."""
    xtquant.activate(session)
    from xtquant import xtconstant  # noqa: PLC0415  # importable now
    from xtquant.xttrader import XtQuantTrader  # noqa: PLC0415
    from xtquant.xttype import StockAccount  # noqa: PLC0415

    trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("31", kind)
    trader.start()
    assert trader.connect() == 0
    assert trader.subscribe(account) == 0
    return trader, account, xtconstant


def futures() -> tuple[qr.Session, Any, Any, Any]:
    """A session of futures at a counter, and its trader."""
    session = qr.Session(
        qr.sample_futures(), start="2023-03-01", cash=500_000, account="futures", clock="counter"
    ).step()
    return (session, *trading(session, "FUTURE"))


def options() -> tuple[qr.Session, Any, Any, Any]:
    """A session of options at a counter, and its trader."""
    session = qr.Session(
        qr.sample_options(), start="2022-11-28", cash=300_000, account="options", clock="counter"
    ).step()
    return (session, *trading(session, "STOCK_OPTION"))


def send(session: qr.Session, trader: Any, account: Any, *orders: tuple[str, int, int]) -> list[int]:
    """Send orders at the last price before an open, and go to its close."""
    session.step(phase="PRE_OPEN")
    numbers = [trader.order_stock(account, code, kind, lots, 11, limit_of(session, code, kind), "", "")
               for code, kind, lots in orders]  # fmt: skip
    session.step()
    return numbers


def limit_of(session: qr.Session, code: str, kind: int) -> float:
    """A limit of the day that meets whatever trades: buys at the top, sales at the bottom."""
    panel, day = session.market.panel, session.simulation.account.day
    column, buys = session.market.column(code), kind in {0, 4, 5, 8, 9, 12, 13, 14, 48, 51, 53, 23}
    bound = float((panel.limit_up if buys else panel.limit_down)[day, column])
    return bound if bound == bound else 0.0001


def test_the_six_keys_of_futures_open_and_close_both_sides() -> None:
    """Protects every kind of order of futures: its side, its effect, and what the records say of it."""
    session, trader, account, xt = futures()
    numbers = send(session, trader, account, (METAL, xt.FUTURE_OPEN_LONG, 3), (METAL, xt.FUTURE_OPEN_SHORT, 2))
    assert session.tables.lots["quantity"].to_dict() == {(METAL, "long"): 3, (METAL, "short"): 2}
    told = [trader.query_stock_order(account, number) for number in numbers]
    assert [(one.order_type, one.direction, one.offset_flag) for one in told] == [(0, 48, 48), (3, 49, 48)]
    opened = float(session.market.panel.open[session.simulation.account.day, session.market.column(METAL)])
    assert told[0].traded_price == opened
    numbers = send(
        session, trader, account, (METAL, xt.FUTURE_OPEN_LONG, 1), (METAL, xt.FUTURE_CLOSE_LONG_HISTORY, 2),
        (METAL, xt.FUTURE_CLOSE_SHORT_TODAY, 1), (METAL, xt.FUTURE_CLOSE_SHORT_HISTORY_FIRST, 1),
    )  # fmt: skip
    told = [trader.query_stock_order(account, number) for number in numbers]
    assert [(one.order_type, one.direction, one.offset_flag) for one in told] == [
        (0, 48, 48), (1, 48, 52), (5, 49, 51), (9, 49, 49),
    ]  # fmt: skip
    assert [one.traded_volume for one in told] == [1, 2, 0, 1]
    assert told[2].order_status == xt.ORDER_JUNK
    assert "可平仓量不足" in told[2].status_msg
    assert session.tables.lots["quantity"].to_dict() == {(METAL, "long"): 2, (METAL, "short"): 1}
    send(session, trader, account, (METAL, xt.FUTURE_OPEN_LONG, 1))
    (number,) = send(session, trader, account, (METAL, xt.FUTURE_CLOSE_LONG_TODAY_FIRST, 1))
    assert trader.query_stock_order(account, number).order_type == 6


def test_a_net_order_closes_and_opens_the_rest() -> None:
    """Protects the two-key orders: one call, two orders, and the number of the first."""
    session, trader, account, xt = futures()
    send(session, trader, account, (METAL, xt.FUTURE_OPEN_LONG, 2))
    (number,) = send(session, trader, account, (METAL, xt.FUTURE_CLOSE_LONG_HISTORY_TODAY_THEN_OPEN_SHORT, 3))
    assert session.tables.lots["quantity"].to_dict() == {(METAL, "short"): 1}
    told = [trader.query_stock_order(account, one) for one in (number, number + 1)]
    assert [(one.order_type, one.traded_volume) for one in told] == [(7, 2), (3, 1)]


def test_positions_of_contracts_and_their_statistics() -> None:
    """Protects the records by side: lots of today and before, margin, profit, and the money of the account."""
    session, trader, account, xt = futures()
    send(session, trader, account, (METAL, xt.FUTURE_OPEN_LONG, 3), (METAL, xt.FUTURE_OPEN_SHORT, 2))
    send(session, trader, account, (METAL, xt.FUTURE_OPEN_LONG, 1))
    lots = session.tables.lots
    found = {one.direction: one for one in trader.query_position_statistics(account)}
    for direction, side in ((48, "long"), (49, "short")):
        one, row = found[direction], lots.loc[(METAL, side)]
        assert (one.position, one.today_position) == (row["quantity"], row["today"])
        assert one.used_margin == row["margin"]
        assert one.float_profit == row["floating_profit"]
        assert one.position_profit == row["unsettled_profit"]
        assert (one.open_price, one.avg_price) == (row["average_price"], row["settled_price"])
        assert (one.margin_ratio, one.expire_date) == (0.09, "20230717")
    asset = trader.query_stock_asset(account)
    assert asset.total_asset == session.portfolio.equity
    assert asset.cash == session.portfolio.available
    assert asset.frozen_cash == session.portfolio.margin
    shares = {one.direction: one for one in trader.query_stock_positions(account)}
    assert (shares[48].volume, shares[48].yesterday_volume, shares[49].volume) == (4, 3, 2)


def test_options_are_bought_written_covered_and_exercised() -> None:
    """Protects the kinds 48 to 57: premiums, covered calls behind locked units, and a right that is used."""
    session, trader, account, xt = options()
    send(session, trader, account, (FUND, xt.STOCK_BUY, 20_000), (PUT, xt.STOCK_OPTION_SELL_OPEN, 2))
    assert trader.order_stock(account, FUND, xt.STOCK_OPTION_SECU_LOCK, 20_000, 11, 1.0) == 0
    (number,) = send(session, trader, account, (CALL, xt.STOCK_OPTION_COVERED_OPEN, 2))
    told = trader.query_stock_order(account, number)
    assert (told.order_type, told.direction, told.offset_flag, told.traded_volume) == (52, 49, 48, 2)
    assert session.tables.lots["quantity"].to_dict() == {(CALL, "covered"): 2, (PUT, "short"): 2}
    found = {one.instrument_id: one for one in trader.query_position_statistics(account)}
    assert (found[CALL].hedge_flag, found[CALL].used_margin, found[PUT].hedge_flag) == (1, 0.0, 0)
    assert found[PUT].royalty == pytest.approx(-session.tables.lots["market_value"][PUT, "short"])
    numbers = send(
        session, trader, account, (CALL, xt.STOCK_OPTION_COVERED_CLOSE, 2), (PUT, xt.STOCK_OPTION_BUY_CLOSE, 2)
    )
    assert [trader.query_stock_order(account, one).order_type for one in numbers] == [53, 51]
    assert session.tables.lots.empty
    assert trader.order_stock(account, FUND, xt.STOCK_OPTION_SECU_UNLOCK, 20_000, 11, 1.0) == 0
    # What the account cannot do is not sent: a right before its day, and units that are not locked.
    assert trader.order_stock(account, CALL, xt.STOCK_OPTION_CALL_EXERCISE, 1, 11, 1.0) == -1
    assert trader.order_stock(account, FUND, xt.STOCK_OPTION_SECU_UNLOCK, 1, 11, 1.0) == -1


def test_each_kind_of_account_knows_its_own_orders() -> None:
    """Protects against orders of another kind: not sent, with the kinds that this account knows."""
    session, trader, account, xt = futures()
    session.step(phase="PRE_OPEN")
    assert trader.order_stock(account, METAL, xt.STOCK_BUY, 1, 11, 60_000.0) == -1
    assert trader.order_stock(account, METAL, xt.FUTURE_RENEW_LONG_CLOSE_HISTORY_FIRST, 1, 11, 60_000.0) == -1
    assert any("order_type 23 is none of 0, 1, 2" in str(notice) for notice in session.notices)
    from xtquant.xttype import StockAccount  # noqa: PLC0415  # importable now

    assert trader.subscribe(StockAccount("31", "STOCK")) == -1
    assert any("account='cash_shares'" in str(notice) for notice in session.notices)
