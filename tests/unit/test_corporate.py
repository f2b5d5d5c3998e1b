"""Corporate actions and the ends of instruments, by hand: 1,000 shares (or 350, 137) at 10.00 yuan."""

from __future__ import annotations

import warnings

import pytest
from hand import cash_of, events_of, market, session

import qresearch as qr

# A gap in the rows of a holding warns; the test of the warning itself stands below.
gaps_warn = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
A, B, ETF = "600001.SH", "600002.SH", "510001.SH"
RIGHTS = {"rights_per_share": 0.3, "rights_price": 7.0}


def holder(
    action: dict[str, object], prices: list[object], *, shares: int = 1000, cash: float = 100_000, **options: object
) -> qr.Session:
    """Holds shares from before the first of the days and stands before the ex-date, the third day."""
    given = market({A: [10.0, *prices], B: [5.0] * (len(prices) + 1)}, actions=[{"symbol": A, "day": 2, **action}])
    return session(given, start="2024-01-03", positions={A: shares}, positions_paid=False, cash=cash, **options).step()


@pytest.mark.parametrize(("shares", "per_share", "fen"), [(1000, 0.311, 31_100), (137, 0.311, 4_261), (350, 0.0001, 4)])
def test_a_dividend_arrives_on_the_ex_date(shares: int, per_share: float, fen: int) -> None:
    """Protects dividends: shares x amount, half up to fen, credited before the open of the ex-date.

    137 x 0.311 = 42.607, so 42.61; 350 x 0.0001 = 0.035, so 0.04.
    """
    run = holder({"cash_per_share": per_share}, [10.0, 9.7], shares=shares)
    assert cash_of(run) == 10_000_000
    run.step(phase="PRE_OPEN")
    assert cash_of(run) == 10_000_000 + fen
    assert round(run.portfolio.realised_profit * 100) == fen


def test_who_bought_at_the_close_before_gets_it_and_who_buys_at_the_ex_open_does_not() -> None:
    """Protects the record date: what counts is what was held at the close before the ex-date."""
    given = market({A: [10.0] * 5}, actions=[{"symbol": A, "day": 2, "cash_per_share": 0.5}])
    early = session(given)
    early.buy(A, 100)
    early.step(2)
    assert cash_of(early) == 10_000_000 - 100_000 + 5_000
    late = session(given).step()
    late.buy(A, 100)
    late.step()
    assert cash_of(late) == 10_000_000 - 100_000


def test_a_dividend_leaves_the_equity_unchanged_at_the_reference_price() -> None:
    """Protects the books: 10.00 less 0.50 opens and closes at 9.50, and the equity has not moved."""
    run = holder({"cash_per_share": 0.5}, [10.0, 9.5])
    assert run.step().equity.tolist() == [110_000.0, 110_000.0]


@pytest.mark.parametrize(
    ("shares", "bonus", "after"),
    [(350, 0.3, 455), (137, 0.3, 178), (1000, 1.0, 2000), (1000, -0.5, 500), (137, -0.5, 68)],
)
def test_new_shares_arrive_and_fractions_are_dropped(shares: int, bonus: float, after: int) -> None:
    """Protects bonus issues, splits and consolidations: whole shares only, the cost stays, all can be sold at once."""
    run = holder({"bonus_per_share": bonus}, [10.0, round(10 / (1 + bonus), 2)], shares=shares)
    cost = run.portfolio.positions[A].average_cost * shares
    run.step(phase="PRE_OPEN")
    holding = run.portfolio.positions[A]
    assert (holding.quantity, holding.sellable) == (after, after)
    assert holding.average_cost * after == pytest.approx(cost, rel=1e-12)


def test_new_shares_of_shares_bought_the_day_before_are_free_too() -> None:
    """Protects T+1 over an ex-date: what was bought yesterday, and what came of it, can be sold today."""
    given = market({A: [10.0, 10.0, 5.0, 5.0]}, actions=[{"symbol": A, "day": 2, "bonus_per_share": 1.0}])
    run = session(given)
    run.buy(A, 100)
    run.step()
    ticket = run.sell(A, 100)
    run.step()
    assert (ticket.quantity, ticket.filled) == (-200, 200)


def test_orders_that_wait_are_scaled() -> None:
    """Protects queued orders over a split: 1 for 1 doubles them on both sides, the trade is worth the same."""
    run = holder({"bonus_per_share": 1.0}, [10.0, 5.0, 5.0])
    bought, sold, gone = run.buy(A, 300), run.sell(A, 400), run.buy(A, 100).cancel()
    run.step()
    assert [ticket.quantity for ticket in (bought, sold, gone)] == [600, -800, 100]
    assert [ticket.filled for ticket in (bought, sold, gone)] == [600, 800, 0]
    assert events_of(run, "OrderScaled").quantity.tolist() == [600, -800]
    assert run.fills.price.tolist() == [5.0, 5.0]


def test_a_scaled_buy_is_cut_to_lots() -> None:
    """Protects lots after a bonus issue: 300 become 390, of which 300 can be bought."""
    run = holder({"bonus_per_share": 0.3}, [10.0, 7.7])
    ticket = run.buy(A, 300)
    run.step()
    assert (ticket.quantity, ticket.filled, ticket.record.canceled, ticket.reason) == (390, 300, 90, "LOT_SIZE")


def test_orders_in_other_shares_are_not_scaled() -> None:
    """Protects scaling from reaching beyond its instrument."""
    run = holder({"bonus_per_share": 1.0}, [10.0, 5.0])
    ticket = run.buy(B, 300)
    run.step()
    assert (ticket.quantity, ticket.filled) == (300, 300)


def test_unsubscribed_rights_lapse_and_are_a_loss() -> None:
    """Protects the honest default: (10.00 + 0.3 x 7.00) / 1.3 = 9.31, and who does not subscribe loses 0.69 a share."""
    run = holder(RIGHTS, [10.0, 9.31])
    run.step()
    assert run.portfolio.quantities == {A: 1000}
    assert run.equity.tolist() == [110_000.0, 109_310.0]
    lapsed = events_of(run, "RightsLapsed")
    assert lapsed[["quantity", "price"]].to_numpy().tolist() == [[300, 7.0]]


def test_rights_can_be_subscribed() -> None:
    """Protects the option: 300 shares for 2,100 yuan, locked until tomorrow; the value is kept up to the tick."""
    run = holder(RIGHTS, [10.0, 9.31, 9.31], rights="subscribe")
    run.step(phase="PRE_OPEN")
    assert cash_of(run) == 10_000_000 - 210_000
    assert run.positions.loc[A, ["quantity", "sellable", "locked"]].tolist() == [1300, 1000, 300]
    run.step()
    assert run.equity.tolist()[-1] == 110_000 - 2_100 + 300 * 9.31 - 1000 * 0.69


def test_rights_lapse_without_the_cash_for_them() -> None:
    """Protects the cash account: who cannot pay does not subscribe, and no part of it."""
    run = holder(RIGHTS, [10.0, 9.31], rights="subscribe", cash=2_099.99)
    run.step()
    assert cash_of(run) == 209_999
    assert events_of(run, "RightsLapsed").quantity.tolist() == [300]


def test_an_action_on_a_suspended_day_counts() -> None:
    """Protects an ex-date inside a suspension: the shares arrive, and the mark halves with them."""
    run = holder({"bonus_per_share": 1.0}, [10.0, "paused", 5.0])
    run.step()
    assert run.portfolio.quantities == {A: 2000}


@gaps_warn
@pytest.mark.parametrize("gap", [[None], [None, None]])
def test_an_action_on_a_day_without_a_row_counts(gap: list[None]) -> None:
    """Protects an ex-date in a gap of the data: new shares are valued at the reference price until a bar comes."""
    run = holder({"bonus_per_share": 1.0}, [10.0, *gap, 5.0])
    run.step(len(gap) + 1)
    assert run.portfolio.quantities == {A: 2000}
    assert set(run.equity) == {110_000.0}


def test_history_is_adjusted_over_an_ex_date() -> None:
    """Protects adjusted history: before the ex-date as it was, from its morning on comparable, both ways."""
    run = holder({"bonus_per_share": 1.0}, [10.0, 5.0])
    assert run.history(A)[A].tolist() == [10.0, 10.0]
    run.step()
    assert run.history(A)[A].tolist() == [5.0, 5.0, 5.0]
    assert run.history(A, adjust="none")[A].tolist() == [10.0, 10.0, 5.0]
    assert run.history(A, adjust="post")[A].tolist() == [10.0, 10.0, 10.0]
    assert run.history(A, field="volume")[A].tolist() == [2e6, 2e6, 1e6]


@gaps_warn
def test_history_is_adjusted_over_an_ex_date_without_a_row() -> None:
    """Protects adjusted history where the ex-date falls into a gap: the step belongs to the first bar after it."""
    run = holder({"bonus_per_share": 1.0}, [10.0, None, 5.0])
    run.step(2)
    assert run.history(A)[A].dropna().tolist() == [5.0, 5.0, 5.0]


def test_an_unresolved_action_leaves_the_value_unchanged() -> None:
    """Protects actions known only by their price step: 10.00 to 8.00 is booked as 1 new share for 4, and noted."""
    run = holder({"prev_close": 10.0, "ref_price": 8.0}, [10.0, 8.0])
    run.step()
    assert run.portfolio.quantities == {A: 1250}
    assert set(run.equity) == {110_000.0}
    assert any("no amounts" in note for note in run.notices)


# ------------------------------------------------------------------ taxes on dividends


def test_a_flat_tax_is_withheld() -> None:
    """Protects dividend_tax=0.1: of 311.00 yuan 31.10 are withheld at once."""
    run = holder({"cash_per_share": 0.311}, [10.0, 9.7], dividend_tax=0.1)
    run.step()
    assert cash_of(run) == 10_000_000 + 31_100 - 3_110
    assert round(run.portfolio.realised_profit * 100) == 31_100 - 3_110


@pytest.mark.parametrize(("days", "rate"), [(3, 0.2), (20, 0.2), (30, 0.1)])
def test_tax_by_holding_period_is_due_at_the_sale(days: int, rate: float) -> None:
    """Protects the schedule of 2015: nothing at payment; 20 % within a month of the purchase, 10 % after it."""
    given = market({A: [10.0] * 45}, actions=[{"symbol": A, "day": 2, "cash_per_share": 0.5}])
    run = session(given, dividend_tax="holding_period")
    run.buy(A, 1000)
    run.step(days)
    assert cash_of(run) == 10_000_000 - 1_000_000 + 50_000
    run.sell(A, 1000)
    run.step()
    assert cash_of(run) == 10_000_000 + 50_000 - round(50_000 * rate)
    assert round(run.portfolio.profit * 100) == 50_000 - round(50_000 * rate)


def test_first_in_first_out_decides_the_rate() -> None:
    """Protects lots: the older 1,000 shares leave first at 10 %, the younger at 20 %, each with its own dividend."""
    given = market({A: [10.0] * 45}, actions=[{"symbol": A, "day": 26, "cash_per_share": 0.5}])
    run = session(given, dividend_tax="holding_period")
    run.buy(A, 1000)
    run.step(24)  # bought on 2024-01-03, now 2024-02-05
    run.buy(A, 600)
    run.step(3)
    assert cash_of(run) == 10_000_000 - 1_600_000 + 80_000
    run.sell(A, 1200)
    run.step()
    # 500.00 at 10 % and a third of 300.00 at 20 %.
    assert cash_of(run) == 10_000_000 - 400_000 + 80_000 - 5_000 - 2_000
    assert events_of(run, "DividendTaxed").amount.tolist() == [70.0]


@pytest.mark.parametrize(("delisting", "tax"), [("last", 10_000), ("zero", 0)])
def test_tax_by_holding_period_is_due_at_a_delisting(delisting: str, tax: int) -> None:
    """Protects the schedule where nobody sells: what is closed at its last price within a month pays 20 %."""
    given = market(
        {A: [10.0, 10.0, 10.0, 10.0, None, None], B: [5.0] * 6},
        actions=[{"symbol": A, "day": 2, "cash_per_share": 0.5}],
        instruments={A: {"delist_date": "2024-01-08"}},
    )
    run = session(given, dividend_tax="holding_period", delisting=delisting)
    run.buy(A, 1000)
    run.run(progress=False)
    proceeds = 1_000_000 if delisting == "last" else 0
    assert cash_of(run) == 10_000_000 - 1_000_000 + 50_000 + proceeds - tax
    assert round(run.portfolio.profit * 100) == 50_000 - 1_000_000 + proceeds - tax
    assert events_of(run, "DividendTaxed").amount.tolist() == ([100.0] if tax else [])


# ------------------------------------------------------------------ the end of an instrument


@pytest.mark.parametrize(("option", "fen"), [("last", 900_000), ("zero", 0)])
def test_a_recorded_delisting_closes_the_position(option: str, fen: int) -> None:
    """Protects delistings: at the last price, which flatters, or at nothing; no fee, and the profit is realised."""
    given = market({A: [10.0, 9.5, 9.0], B: [5.0] * 6}, instruments={A: {"delist_date": "2024-01-05"}})
    run = session(given, start="2024-01-03", positions={A: 1000}, positions_paid=False, delisting=option)
    run.step(2)
    assert run.portfolio.quantities == {A: 1000}
    run.step(phase="PRE_OPEN")
    assert run.portfolio.quantities == {}
    assert cash_of(run) == 10_000_000 + fen
    assert round(run.portfolio.realised_profit * 100) == fen - 1_000_000
    assert not any("frozen" in notice for notice in run.step().notices)


def test_a_delisting_after_a_gap_waits_for_its_day() -> None:
    """Protects the dates: between its last row and its delisting the position keeps its mark and is not stale."""
    given = market({A: [10.0, 9.0], B: [5.0] * 6}, instruments={A: {"delist_date": "2024-01-08"}})
    run = session(given, start="2024-01-03", positions={A: 1000}, positions_paid=False)
    run.step(3)
    assert run.positions.loc[A, ["quantity", "price", "stale"]].tolist() == [1000, 9.0, False]
    assert run.step().portfolio.quantities == {}


def test_data_that_end_freeze_the_position_and_warn_once() -> None:
    """Protects against silent endings: no delisting on record means frozen at the last mark, stale, one warning."""
    given = market({A: [10.0, 9.0], B: [5.0] * 6})
    run = session(given, start="2024-01-03", positions={A: 1000}, positions_paid=False).step()
    with pytest.warns(qr.MarketWarning, match=r"600001\.SH has no bars after 2024-01-03 .* DATA_ENDED"):
        run.step()
    assert run.positions.loc[A, ["quantity", "price", "stale"]].tolist() == [1000, 9.0, True]
    assert sum("600001.SH" in note for note in run.notices) == 1
    ticket = run.sell(A, 1000)
    run.step()
    assert (ticket.status.value, ticket.reason) == ("REJECTED", "DATA_ENDED")
    assert "2024-01-03" in ticket.why
    run.back(2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run.buy(B, 100)
        run.run(progress=False)
    assert not caught
    assert run.equity.iloc[-1] == 109_000.0


@gaps_warn
def test_a_position_thaws_when_its_bars_go_on() -> None:
    """Protects gaps in the data: a frozen position is an ordinary one again with the first bar after the gap."""
    given = market({A: [10.0, 9.0, None, 9.5, 9.5], B: [5.0] * 5})
    run = session(given, start="2024-01-03", positions={A: 1000}, positions_paid=False).step(2)
    assert run.positions.loc[A, ["price", "stale"]].tolist() == [9.0, True]
    run.step()
    assert run.positions.loc[A, ["price", "stale"]].tolist() == [9.5, False]
    ticket = run.sell(A, 1000)
    run.step()
    assert ticket.filled == 1000


def test_an_order_that_waits_when_the_data_end_is_rejected() -> None:
    """Protects queued orders at the end of data: they meet no open, and say why."""
    given = market({A: [10.0, 9.0], B: [5.0] * 6})
    run = session(given, start="2024-01-03").step()
    ticket = run.buy(A, 100)
    run.step()
    assert (ticket.status.value, ticket.reason) == ("REJECTED", "DATA_ENDED")


def test_a_fund_splits_in_the_embedded_market() -> None:
    """Protects the teaching episode: units double, the price halves, an open order is scaled."""
    run = qr.Session(qr.sample_market(), start="2021-08-12", cash=1_000_000, costs="zero")
    run.buy("514205", 1000)
    run.step(2)
    ticket = run.buy("514205", 200)
    before = run.portfolio.positions["514205"]
    run.step()
    after = run.portfolio.positions["514205"]
    assert (before.quantity, after.quantity, ticket.filled) == (1000, 2400, 400)
    assert after.price < 0.7 * before.price
