"""Commission, stamp duty and transfer fee of single fills, by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hand import cash_of, flat, session

import qresearch as qr
from qresearch.domain.fees import NO_FEES, PARTS, Fees, parts_of

SH, SZ, ETF, BSE = "600001.SH", "000001.SZ", "510001.SH", "430001.BJ"


def round_trip(symbol: str, shares: int, start: str, *, price: float = 10.0, costs: str = "historical") -> qr.Session:
    """Buy at the open of the second day after `start`, sell at that of the third."""
    run = session(flat(symbol, price, start=start), costs=costs)
    run.buy(symbol, shares)
    run.step()
    run.sell(symbol, shares)
    return run.step()


def fees(run: qr.Session) -> list[tuple[float, float, float]]:
    """(commission, stamp duty, transfer fee) of each fill."""
    return list(run.fills[["commission", "stamp_duty", "transfer_fee"]].itertuples(index=False, name=None))


def test_the_worked_example_of_2024() -> None:
    """Protects the example of the rule book: 1,000 at 10.00 cost 10,005.10 and bring 9,989.90."""
    run = round_trip(SH, 1000, "2024-01-02")
    assert fees(run) == [(5.0, 0.0, 0.1), (5.0, 5.0, 0.1)]
    assert run.fills.net.tolist() == [-10_005.10, 9_989.90]
    assert cash_of(run) == 10_000_000 - 1_000_510 + 998_990


def test_the_stamp_duty_was_double_before_2023_08_28() -> None:
    """Protects dated rules: the sale of 2023-08-25 pays 10.00, one trading day later 5.00."""
    assert fees(round_trip(SH, 1000, "2023-08-23"))[1] == (5.0, 10.0, 0.1)
    assert fees(round_trip(SH, 1000, "2023-08-24"))[1] == (5.0, 5.0, 0.1)


@pytest.mark.parametrize(
    ("symbol", "start", "fee"),
    [
        (SH, "2022-04-26", 0.2), (SH, "2022-04-27", 0.1), (SZ, "2022-04-26", 0.2), (BSE, "2022-04-26", 0.25),
        (BSE, "2022-04-27", 0.1), (ETF, "2022-04-27", 0.0), (SH, "2015-07-29", 0.6), (SH, "2015-07-30", 0.2),
        (SZ, "2015-07-29", 0.0), (SZ, "2015-07-30", 0.2),
    ],
)  # fmt: skip
def test_the_transfer_fee_by_board_and_date(symbol: str, start: str, fee: float) -> None:
    """Protects the depository's fee around its changes of 2015-08-01 and 2022-04-29, for a sale of 10,000 yuan.

    Before 2015-08-01 Shanghai took 0.6 per mille of the par value: 0.60 for 1,000 shares whatever they cost.
    """
    assert fees(round_trip(symbol, 1000, start))[1][2] == fee


def test_the_least_commission_is_five_yuan() -> None:
    """Protects the minimum: below 20,000 yuan a fill pays 5.00, above it 0.025 %."""
    assert fees(round_trip(SH, 100, "2024-01-02", costs="default"))[0] == (5.0, 0.0, 0.0)
    assert fees(round_trip(SH, 2000, "2024-01-02", costs="default"))[0] == (5.0, 0.0, 0.0)
    assert fees(round_trip(SH, 2100, "2024-01-02", costs="default"))[0] == (5.25, 0.0, 0.0)


@pytest.mark.parametrize("costs", ["default", "historical"])
def test_funds_pay_no_stamp_duty(costs: str) -> None:
    """Protects the tax on shares only: the sale of a fund pays commission and nothing else."""
    assert fees(round_trip(ETF, 1000, "2024-01-02", costs=costs)) == [(5.0, 0.0, 0.0)] * 2


def test_zero_costs_are_zero() -> None:
    """Protects costs="zero", on which the other hand-computed tests stand."""
    assert fees(round_trip(SH, 1000, "2024-01-02", costs="zero")) == [(0.0, 0.0, 0.0)] * 2


def test_each_fee_rounds_half_up_on_its_own() -> None:
    """Protects the rounding: 1,020 yuan at 0.025 % are 25.5 fen, so 26; at 0.05 % 51 fen."""
    run = session(flat(price=10.2))
    run.set_order_cost(min_commission=0)
    run.buy(SH, 100)
    run.step()
    run.sell(SH, 100)
    assert fees(run.step()) == [(0.26, 0.0, 0.0), (0.26, 0.51, 0.0)]


def test_costs_hold_from_now_on_and_going_back_undoes_them() -> None:
    """Protects set_order_cost: it changes nothing that is past, and is part of the state that time travel restores."""
    run = session(flat(), costs="default")
    run.buy(SH, 1000)
    run.step()
    run.set_order_cost(open_commission=0.001)
    run.buy(SH, 1000)
    run.step()
    assert run.fills.commission.tolist() == [5.0, 10.0]
    assert run.settings.costs.open_commission == 1_000_000
    assert run.back(2).settings.costs.open_commission == 250_000


def test_a_tax_on_buying_is_possible() -> None:
    """Protects all five numbers of set_order_cost, each on its own side."""
    run = session(flat())
    run.set_order_cost(
        open_tax=0.002, close_tax=0.003, open_commission=0.0004, close_commission=0.0007, min_commission=1
    )
    run.buy(SH, 1000)
    run.step()
    run.sell(SH, 1000)
    assert fees(run.step()) == [(4.0, 20.0, 0.0), (7.0, 30.0, 0.0)]


@pytest.mark.parametrize(
    "wrong", [{"open_tax": -0.1}, {"close_tax": 1}, {"open_commission": float("nan")}, {"min_commission": -1},
              {"close_commission": "0.1%"}, {"close_commission": 1e-12}],
)  # fmt: skip
def test_wrong_costs_are_refused_with_advice(wrong: dict[str, object]) -> None:
    """Protects against costs that cannot be: the message names the argument and the remedy."""
    with pytest.raises(qr.UsageError, match=rf"{next(iter(wrong))}=.*(Pass|Round|Write)"):
        session(flat()).set_order_cost(**wrong)


def test_fees_count_in_the_average_cost_and_in_the_profit() -> None:
    """Protects the average cost: 1,000 bought for 10,005.10 cost 10.0051 each; a sale takes its share of it."""
    run = session(flat(start="2024-01-02"), costs="historical")
    run.buy(SH, 1000)
    run.step()
    assert run.positions.average_cost[SH] == 10.0051
    run.sell(SH, 400)
    run.step()
    assert run.positions.average_cost[SH] == 10.0051
    account = run.portfolio
    # The sale brings 4,000.00 - 5.00 - 2.00 - 0.04 for shares that cost 4,002.04.
    assert round(account.realised_profit * 100) == 399_296 - 400_204
    assert round(account.floating_profit * 100) == 600_000 - 600_306


def test_historical_costs_need_a_rule_book() -> None:
    """Protects a plain venue from invented fees: it has no dated rules, and says what to do instead."""
    frame = pd.DataFrame({"AAPL": [10.0, 10.0]}, index=["2024-01-02", "2024-01-03"])
    plain = qr.read_market(dict.fromkeys(("open", "high", "low", "close", "volume"), frame))
    with pytest.raises(qr.UsageError, match="set_order_cost"):
        qr.Session(plain, costs="historical")
    run = qr.Session(plain, cash=1000)
    run.step()
    assert run.settings.costs.close_tax == 0


def test_fees_add_up_part_by_part() -> None:
    """Protects the fees of an order of several fills: each part by its name, whatever each fill was charged."""
    first = Fees((("commission", 500), ("transfer_fee", 3)))
    second = Fees((("commission", 250), ("stamp_duty", 40), ("clearing", 7)))
    both = first + second
    assert both.parts == (("commission", 750), ("transfer_fee", 3), ("stamp_duty", 40), ("clearing", 7))
    assert both.total == first.total + second.total == 800
    assert [(second + first)[part] for part, _ in both.parts] == [amount for _, amount in both.parts]
    assert NO_FEES + first == first + NO_FEES == first
    assert (NO_FEES.total, NO_FEES["commission"], NO_FEES.parts) == (0, 0, ())


def test_a_part_that_was_not_charged_is_nothing() -> None:
    """Protects tables with a column per part: the three that all show come first, others only where charged."""
    plain = Fees((("stamp_duty", 40), ("clearing", 0)))
    other = Fees((("clearing", 7), ("commission", 500), ("levy", 2)))
    assert (plain["commission"], plain["levy"], plain["stamp_duty"]) == (0, 0, 40)
    assert (plain.others, other.others) == ({}, {"clearing": 7, "levy": 2})
    assert parts_of([]) == parts_of([plain]) == PARTS == ("commission", "stamp_duty", "transfer_fee")
    assert parts_of([plain, other, plain]) == (*PARTS, "clearing", "levy")


def test_the_fees_of_an_order_are_those_of_its_fills() -> None:
    """Protects an order that fills in parts: the least commission is paid once, the other fees by each fill."""
    run = session(flat(), costs="historical", participation=0.001)
    run.buy(SH, 1800, style=qr.terms.limit(10.5, tif="GTC"))
    run.step(2)
    assert run.fills.quantity.tolist() == [1000, 800]
    assert fees(run) == [(5.0, 0.0, 0.1), (0.0, 0.0, 0.08)]
    assert run.orders.loc[1, ["commission", "stamp_duty", "transfer_fee"]].tolist() == [5.0, 0.0, 0.18]
