"""Seven executions from published JoinQuant logs: the platform's own five-day-average example on 000001.XSHE.

Daily frequency, default slippage (0.246 % between a buy and a sell, half to each side) and default costs (0.03 % each
way, at least 5 yuan, 0.1 % stamp tax on sells). The log of 2016 rounds fees to the cent, the one of 2019 does not.
"""

from __future__ import annotations

import pandas as pd
import pytest

import qresearch as qr

SYMBOL = "000001.XSHE"
LOG_2016 = (
    # day, open, price of the log, shares (a sale is negative), fee of the log, value asked for
    ("2016-10-25", 9.25, 9.26, 10_300, 28.61, 95_739.35),
    ("2016-10-27", 9.16, 9.15, -10_300, 122.52, None),
    ("2016-11-23", 9.34, 9.35, 10_100, 28.33, 94_455.22),
    ("2016-12-01", 9.57, 9.56, -10_100, 125.52, None),
    ("2016-12-12", 9.65, 9.66, 9_900, 28.69, 96_422.37),
    ("2016-12-13", 9.48, 9.47, -9_900, 121.88, None),
)
LOG_2019 = (("2019-01-07", 9.84, 9.85, 10_100, 29.8455, 100_000.0),)
OVERDRAFT = 8.11
"""What the platform lent on 2016-11-23, when it did not set the fee aside; here the account begins with it."""


def run(log: tuple[tuple, ...], cash: float, *, money_step: float | None = None) -> qr.Session:
    """The orders of a log, each given at the open of its day; all fees of a fill are rounded as one."""
    days = pd.to_datetime([row[0] for row in log])
    # A day before: the platform's previous close does not matter here, a flat one keeps all opens within the limits.
    days = days.insert(0, days[0] - pd.Timedelta(days=1))
    opens = [log[0][1], *(row[1] for row in log)]
    bars = pd.DataFrame({
        "date": days, "symbol": SYMBOL, "open": opens, "high": opens, "low": opens, "close": opens, "volume": 1e8,
    })  # fmt: skip
    instruments = pd.DataFrame({"symbol": [SYMBOL], "board": ["SZ_MAIN"], "list_date": ["1991-04-03"]})
    market = qr.read_market(bars, instruments=instruments)
    session = qr.Session(
        market, start=days[1], cash=cash, clock="same_bar", slippage=("spread_rate", 0.00246), money_step=money_step
    )
    session.set_order_cost(
        close_tax=0.001, open_commission=0.0003, close_commission=0.0003, min_commission=5, rounding="total"
    )
    for _, _, _, shares, _, value in log:
        session.step(phase="OPEN")
        if shares > 0:
            session.order_value(SYMBOL, value)
        else:
            session.order_target(SYMBOL, 0)
    return session


@pytest.mark.parametrize(
    ("log", "cash", "step"), [(LOG_2016, 95_739.35 + OVERDRAFT, None), (LOG_2019, 100_000.0, 0.000001)]
)
def test_all_seven_executions_have_the_price_the_shares_and_the_fee_of_the_log(
    log: tuple[tuple, ...], cash: float, step: float | None
) -> None:
    """Protects scripts brought from the platform: slippage, rounding, sizing and fees are those of its logs.

    The account of 2016 begins with 8.11 yuan more than the platform's, which overdrew by them.
    """
    session = run(log, cash, money_step=step)
    fills = session.fills
    fees = fills[["commission", "stamp_duty", "transfer_fee"]].sum(axis=1)
    assert list(fills["day"].dt.strftime("%Y-%m-%d")) == [row[0] for row in log]
    assert list(fills["price"]) == [row[2] for row in log]
    assert list(fills["quantity"].where(fills["side"] == "buy", -fills["quantity"])) == [row[3] for row in log]
    assert [round(fee, 6) for fee in fees] == [row[4] for row in log]


def test_the_cash_reconciles_from_each_order_value_of_the_log_to_the_next() -> None:
    """Protects the sums between the executions: the log's own values to ask for are the cash left by what came before.

    By hand: 95,739.35 - 10,300 x 9.26 - 28.61 + 10,300 x 9.15 - 122.52 = 94,455.22, and so on.
    """
    session = run(LOG_2016, 95_739.35 + OVERDRAFT)
    cash = session.fills["net"].cumsum() + 95_739.35
    assert [round(value, 2) for value in cash] == [332.74, 94_455.22, -8.11, 96_422.37, 759.68, 94_390.80]
    assert round(session.portfolio.cash, 2) == round(94_390.80 + OVERDRAFT, 2)


def test_what_the_platform_overdrew_is_trimmed_here_and_said() -> None:
    """Protects the account: with the platform's own cash the third order is a lot smaller, never paid by credit."""
    session = run(LOG_2016[:3], 95_739.35)
    order = session.orders.loc[3]
    assert (order["quantity"], order["filled"], order["status"]) == (10_100, 10_000, "FILLED")
    assert order["reason"] == "INSUFFICIENT_CASH"
    assert session.portfolio.cash > 0
