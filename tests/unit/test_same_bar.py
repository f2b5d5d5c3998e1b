"""The clock of the same bar: what a request does inside its call. All figures are worked out by hand."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from hand import flat, market

import qresearch as qr
from qresearch.book.digest import text_of
from qresearch.domain import events
from qresearch.domain.commands import Place
from qresearch.domain.moment import AFTER_CLOSE, Moment
from qresearch.domain.order import Method
from qresearch.domain.settings import Costs, Settings
from qresearch.domain.state import State
from qresearch.domain.terms import at_close, at_open, limit, stop
from qresearch.engine.decide import decide
from qresearch.engine.draft import Draft
from qresearch.engine.evolve import evolve
from qresearch.session import encoding

SHARE = "600001.SH"
MOVES = {SHARE: [(10.0, 10.2), (10.1, 10.3), (10.0, 9.4), (9.5, 9.6), 9.6]}
"""(open, close) of five days; the higher is the high, the lower the low."""


def opened(given: qr.Market | None = None, *, cash: float = 100_000, day: int = 1, **options: object) -> qr.Session:
    """A session without costs that stands at the open of a day, counted from 0."""
    made = qr.Session(given or market(MOVES), cash=cash, costs="zero", clock="same_bar", **options)
    for _ in range(day + 1):
        made.step(phase="OPEN")
    return made


def facts(ticket: qr.session.ticket.Ticket) -> tuple[object, ...]:
    """State, shares filled and average price."""
    return ticket.status.value, ticket.filled, ticket.average_price


# ---------------------------------------------------------------------------------------- market orders


@pytest.mark.parametrize(("phase", "price"), [("OPEN", 10.1), ("INTRADAY", 10.1), ("CLOSE", 10.3)])
def test_a_market_order_is_final_inside_the_call_at_the_last_visible_price(phase: str, price: float) -> None:
    """Protects the clock itself: on daily bars the open of the day until the close, the close at the close."""
    session = opened()
    if phase != "OPEN":
        session.step(phase=phase)
    ticket = session.buy(SHARE, 1000)
    assert facts(ticket) == ("FILLED", 1000, price)
    assert session.portfolio.cash == round(100_000 - 1000 * price, 2)
    assert session.positions.loc[SHARE, "quantity"] == 1000
    assert session.open_orders.empty


def test_a_full_sale_takes_the_position_away_at_once_and_t_plus_one_holds() -> None:
    """Protects scripts that count their positions after selling in the same callback, and the settlement rule."""
    session = opened()
    session.buy(SHARE, 300)
    early = session.sell(SHARE, 300)
    assert (early.status.value, early.record.reason.value) == ("REJECTED", "T_PLUS_ONE")
    session.step(phase="OPEN")
    assert facts(session.sell(SHARE, 300)) == ("FILLED", 300, 10.0)
    assert session.positions.empty
    assert session.portfolio.cash == 100_000 - 300 * 10.1 + 300 * 10.0


def test_a_sale_pays_for_the_purchase_of_the_next_line() -> None:
    """Protects a rebalance in one callback: the proceeds are there when the buy is asked for."""
    two = market({SHARE: [10.0] * 4, "600002.SH": [20.0] * 4})
    session = opened(two, cash=10_000, day=0)
    session.buy(SHARE, 1000)
    session.step(phase="OPEN")
    assert session.sell(SHARE, 1000).filled == 1000
    assert session.buy("600002.SH", 500).filled == 500
    assert session.portfolio.cash == 0


def test_a_market_order_at_a_locked_limit_is_canceled_and_a_limit_order_rests() -> None:
    """Protects the documented difference: 10.00 to 11.00 is the upper limit, where nobody sells."""
    session = opened(market({SHARE: [10.0, 11.0, 11.0]}))
    ticket = session.buy(SHARE, 100)
    assert (ticket.status.value, ticket.filled, ticket.record.reason.value) == ("CANCELED", 0, "LIMIT_UP")
    resting = session.buy(SHARE, 100, style=limit(11.0))
    assert (resting.status.value, resting.record.reason.value) == ("WORKING", "LIMIT_UP")
    session.step()
    assert resting.status.value == "EXPIRED"


def test_what_a_volume_cap_leaves_of_a_market_order_is_canceled_with_its_reason() -> None:
    """Protects the cap: a tenth of 10,000 shares is 1,000, shared by all orders of the day."""
    session = opened(flat(volumes={(SHARE, 1): 10_000.0}), participation=0.1)
    first, second = session.buy(SHARE, 700), session.buy(SHARE, 700)
    assert facts(first) == ("FILLED", 700, 10.0)
    assert facts(second) == ("CANCELED", 300, 10.0)
    record = second.record
    assert (record.reason.value, record.canceled, record.end_origin) == ("VOLUME_CAP", 400, "ioc")
    assert str(second.code("joinquant")) == "2 canceled"


def test_a_purchase_is_trimmed_to_the_cash() -> None:
    """Protects the account: 10.10 x 900 = 9,090 is the most that 10,000 buys in whole lots."""
    session = opened(cash=10_000)
    ticket = session.buy(SHARE, 2000)
    assert facts(ticket) == ("FILLED", 900, 10.1)
    assert ticket.record.reason.value == "INSUFFICIENT_CASH"


def test_a_value_is_sized_and_filled_at_the_same_price_and_never_exceeded() -> None:
    """Protects order_value: 9,100 buy 900 shares at 10.10; half of 2 % against it would make 10.21 of it, 9,189."""
    assert facts(opened().order_value(SHARE, 9_100)) == ("FILLED", 900, 10.1)
    ticket = opened(slippage=("spread_rate", 0.0217)).order_value(SHARE, 9_100)
    assert facts(ticket) == ("FILLED", 800, 10.21)
    assert ticket.record.reason.value == "VALUE_CAP"


def test_a_paused_share_is_refused_and_a_strategy_gets_none() -> None:
    """Protects scripts that test the answer of a call: what a check refuses is None, and kept as rejected."""
    answers: list[object] = []

    def handle_data(context: qr.session.strategy.Context, data: object) -> None:
        answers.append(context.order(SHARE, 100))

    session = qr.Session(market({SHARE: [10.0, "paused", 10.0]}), strategy=handle_data, clock="same_bar").step(3)
    assert [answer is None for answer in answers] == [False, True, False]
    assert list(session.orders["status"]) == ["FILLED", "REJECTED", "FILLED"]
    assert session.orders.loc[2, "reason"] == "SUSPENDED"


# ---------------------------------------------------------------------------------------- before the open, last day


@pytest.mark.parametrize("phase", ["PRE_OPEN", "AFTER_CLOSE"])
def test_a_request_outside_trading_hours_waits_for_the_next_open(phase: str) -> None:
    """Protects the queue: before the open it is today's open, after the close tomorrow's; a limit order trades too."""
    session = opened(day=0)
    session.step(phase=phase)
    ticket, resting = session.buy(SHARE, 100), session.buy(SHARE, 100, style=limit(9.5))
    assert ticket.status.value == resting.status.value == "QUEUED"
    session.step(phase="OPEN")
    assert facts(ticket) == ("FILLED", 100, 10.1)
    assert resting.status.value == "WORKING"


def test_queued_sales_go_before_queued_purchases_at_the_open() -> None:
    """Protects a rebalance asked for before the open: the sale, asked for last, pays for the purchase."""
    two = market({SHARE: [10.0] * 4, "600002.SH": [20.0] * 4})
    session = opened(two, cash=10_000, day=0)
    session.buy(SHARE, 1000)
    session.step(phase="PRE_OPEN")
    bought, sold = session.buy("600002.SH", 500), session.sell(SHARE, 1000)
    session.step(phase="OPEN")
    assert (bought.filled, sold.filled) == (500, 1000)


def test_a_queued_market_order_at_a_locked_open_is_canceled_there() -> None:
    """Protects one rule for both ways in: what waited for the open is as final there as what was asked at it."""
    session = opened(market({SHARE: [10.0, 11.0, 11.0]}), day=0)
    session.step(phase="PRE_OPEN")
    ticket = session.buy(SHARE, 100)
    session.step(phase="OPEN")
    assert (ticket.status.value, ticket.record.reason.value) == ("CANCELED", "LIMIT_UP")


def test_the_last_day_trades_until_its_close() -> None:
    """Protects the end of a session: there is no further open, but the open and close of that day are met."""
    session = opened(flat(days=2))
    assert session.buy(SHARE, 100).filled == 100
    waiting = session.order(SHARE, 100, style=at_open())
    assert waiting.status.value == "FILLED"
    session.step()
    assert session.buy(SHARE, 100).filled == 100
    late = session.buy(SHARE, 100, style=at_open())
    assert late.record.reason.value == "NO_FURTHER_OPEN"
    session.step(phase="AFTER_CLOSE")
    assert session.buy(SHARE, 100).record.reason.value == "NO_FURTHER_OPEN"


def test_an_order_before_the_open_of_the_last_day_is_tried_there() -> None:
    """Protects the edge of the calendar: before that open there is one to come."""
    session = opened(flat(days=2), day=0)
    session.step(phase="PRE_OPEN")
    ticket = session.buy(SHARE, 100)
    session.step()
    assert ticket.filled == 100


# ---------------------------------------------------------------------------------------- limit, stop and the others


def test_a_marketable_limit_order_trades_at_the_last_price_and_not_at_its_limit() -> None:
    """Protects the price: a limit of 10.50 at a last price of 10.10 pays 10.10."""
    assert facts(opened().buy(SHARE, 100, style=limit(10.5))) == ("FILLED", 100, 10.1)


def test_a_limit_order_must_hold_after_slippage() -> None:
    """Protects the rule of the platform: 10.10 + 0.02 is beyond a limit of 10.11 and within one of 10.12."""
    session = opened(slippage=("fixed", 0.02))
    assert session.buy(SHARE, 100, style=limit(10.11)).status.value == "WORKING"
    assert facts(session.buy(SHARE, 100, style=limit(10.12))) == ("FILLED", 100, 10.12)


def test_a_resting_purchase_holds_cash_back_and_fills_at_its_limit_when_the_day_goes_through_it() -> None:
    """Protects resting: day 2 opens at 10.00 and falls to 9.40, through 9.50 and no further than 9.40."""
    session = opened(cash=10_000, day=2)
    ticket, touched = session.buy(SHARE, 500, style=limit(9.5)), session.buy(SHARE, 100, style=limit(9.4))
    assert (ticket.status.value, touched.status.value) == ("WORKING", "WORKING")
    # 10,000 - 500 x 9.50 - 100 x 9.40 = 4,310 is free: 400 shares at 10.00.
    assert facts(session.buy(SHARE, 900)) == ("FILLED", 400, 10.0)
    session.step()
    assert facts(ticket) == ("FILLED", 500, 9.5)
    assert (touched.status.value, touched.record.reason.value) == ("EXPIRED", "LIMIT_NOT_REACHED")
    assert session.portfolio.cash == 10_000 - 500 * 9.5 - 400 * 10


def test_a_resting_sale_holds_shares_back_and_fills_at_its_limit() -> None:
    """Protects the other side: day 1 opens at 10.10 and rises to 10.30, through 10.20."""
    session = opened(day=0)
    session.buy(SHARE, 500)
    session.step(phase="OPEN")
    ticket = session.sell(SHARE, 300, style=limit(10.2))
    assert session.positions.loc[SHARE, "reserved"] == 300
    assert facts(session.sell(SHARE, 500)) == ("FILLED", 200, 10.1)
    session.step()
    assert facts(ticket) == ("FILLED", 300, 10.2)


def test_cancelling_a_resting_order_frees_its_cash_at_once() -> None:
    """Protects cancel and retry in one callback."""
    session = opened(cash=1_000, day=2)
    ticket = session.buy(SHARE, 100, style=limit(9.5))
    assert session.buy(SHARE, 100).status.value == "REJECTED"
    ticket.cancel()
    assert (ticket.status.value, session.buy(SHARE, 100).filled) == ("CANCELED", 100)


def test_a_limit_order_at_the_close_has_no_day_left_to_wait_for() -> None:
    """Protects day orders: out of reach at the close is over at the close; good till canceled goes on."""
    session = opened(day=0).step()
    over = session.buy(SHARE, 100, style=limit(10.1))
    assert (over.status.value, over.record.reason.value) == ("EXPIRED", "LIMIT_NOT_REACHED")
    kept = session.buy(SHARE, 100, style=limit(10.1, tif="GTC"))
    assert kept.status.value == "WORKING"
    session.step(phase="OPEN")
    assert facts(kept) == ("FILLED", 100, 10.1)


def test_orders_that_wait_for_nothing_end_inside_the_call() -> None:
    """Protects IOC and FOK: out of reach, or not all of it, and they are over."""
    session = opened(flat(volumes={(SHARE, 1): 1_000.0}), participation=0.1)
    assert facts(session.buy(SHARE, 300, style=limit(11.0, tif="IOC")))[:2] == ("CANCELED", 100)
    assert facts(session.buy(SHARE, 300, style=limit(11.0, tif="FOK")))[:2] == ("CANCELED", 0)


def test_a_stop_that_is_reached_becomes_a_market_order_at_once_and_another_rests() -> None:
    """Protects stops: a sale below 10.50 is reached at 10.00; one below 9.60 when the day falls to 9.40."""
    session = opened(day=0)
    session.buy(SHARE, 500)
    session.step(phase="OPEN")
    session.step(phase="OPEN")
    assert facts(session.sell(SHARE, 200, style=stop(10.5))) == ("FILLED", 200, 10.0)
    ticket = session.sell(SHARE, 300, style=stop(9.6))
    assert (ticket.status.value, ticket.record.reason.value) == ("WORKING", "STOP_NOT_REACHED")
    session.step()
    assert facts(ticket) == ("FILLED", 300, 9.6)


def test_orders_for_the_open_and_the_close_wait_for_theirs() -> None:
    """Protects at-open and at-close orders: given too early they wait, at their moment they trade inside the call."""
    session = opened()
    closing = session.buy(SHARE, 100, style=at_close())
    assert closing.status.value == "WORKING"
    session.step()
    assert facts(closing) == ("FILLED", 100, 10.3)
    assert facts(session.buy(SHARE, 100, style=at_close())) == ("FILLED", 100, 10.3)
    opening = session.buy(SHARE, 100, style=at_open())
    assert opening.status.value == "QUEUED"
    assert session.buy(SHARE, 100).filled == 100
    assert opening.status.value == "QUEUED"
    session.step(phase="OPEN")
    assert facts(opening) == ("FILLED", 100, 10.0)


def test_what_a_reached_stop_cannot_sell_is_canceled_like_a_market_order() -> None:
    """Protects a stop inside the bar: 9.60 is reached on the way to 9.40, a tenth of 1,000 shares can be sold."""
    given = market(MOVES, volumes={(SHARE, 2): 1_000.0})
    session = opened(given, day=1, participation=0.1)
    session.buy(SHARE, 500)
    session.step(phase="OPEN")
    ticket = session.sell(SHARE, 300, style=stop(9.6))
    session.step()
    assert facts(ticket) == ("CANCELED", 100, 9.6)
    assert ticket.record.reason.value == "VOLUME_CAP"


def test_an_order_for_the_next_open_outlives_an_order_of_the_moment_in_one_callback() -> None:
    """Protects the queue: what is asked for in one breath shares no block with what trades at once."""

    class Both:
        def initialize(self, context: qr.session.strategy.Context) -> None:
            context.run_daily(self.act, "close")

        def act(self, context: qr.session.strategy.Context) -> None:
            context.order(SHARE, 100, style=at_open())
            context.order(SHARE, 200)

    session = qr.Session(market(MOVES), strategy=Both, costs="zero", clock="same_bar").step()
    assert list(session.orders["status"]) == ["QUEUED", "FILLED"]
    session.step(phase="OPEN")
    assert facts(session.ticket(1)) == ("FILLED", 100, 10.1)


# ---------------------------------------------------------------------------------------- strategies, time, keeping


class Follower:
    """Buys at each open what closed higher the day before, and says what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, float, float, int]] = []

    def initialize(self, context: qr.session.strategy.Context) -> None:
        context.run_daily(lambda inner: inner.order(SHARE, 100), "14:50")

    def handle_data(self, context: qr.session.strategy.Context, data: qr.session.bar_data.BarData) -> None:
        ticket = context.order(SHARE, 100)
        held = context.portfolio.positions[SHARE].quantity
        self.seen.append((str(context.now.phase), ticket.status.value, data[SHARE]["close"], data.current(SHARE), held))
        context.order(SHARE, -100, style=limit(10.3))


def follow(**options: object) -> tuple[qr.Session, Follower]:
    """A session with a follower, without costs."""
    follower = Follower()
    return qr.Session(market(MOVES), strategy=follower, costs="zero", clock="same_bar", **options), follower


def test_handle_data_runs_at_the_open_on_yesterdays_bar_and_acts_on_the_account_at_once() -> None:
    """Protects the clock of strategies: yesterday's bar, today's open, and fills before the next line."""
    session, follower = follow()
    session.step(2)
    nothing, second = follower.seen
    assert (nothing[0], nothing[1], nothing[3], nothing[4]) == ("OPEN", "FILLED", 10.0, 100)
    assert second == ("OPEN", "FILLED", 10.2, 10.1, 300)


@pytest.mark.parametrize(
    ("time", "phase", "price"),
    [("every_bar", "OPEN", 10.0), ("open", "OPEN", 10.0), ("09:30", "OPEN", 10.0), ("10:30", "CLOSE", 10.2),
     ("14:50", "CLOSE", 10.2), ("close", "CLOSE", 10.2)],
)  # fmt: skip
def test_a_scheduled_function_trades_at_the_open_or_the_close_of_daily_bars(
    time: str, phase: str, price: float
) -> None:
    """Protects scripts that trade at 14:50: of a daily bar only the open and the close are known, and it is said so."""
    seen: list[str] = []

    def rebalance(context: qr.session.strategy.Context) -> None:
        seen.append(context.now.phase.value)
        context.order(SHARE, 100)

    class Timed:
        def initialize(self, context: qr.session.strategy.Context) -> None:
            context.run_daily(rebalance, time)
            context.run_daily(lambda inner: None, "13:30")

    session = qr.Session(market(MOVES), strategy=Timed, costs="zero", clock="same_bar").step()
    assert seen == [phase]
    assert list(session.fills["price"]) == [price]
    assert sum("Daily bars hold no price" in notice for notice in session.notices) == 1


def test_every_state_folds_from_the_events() -> None:
    """Protects the journal's foundation on this clock: an order of the moment leaves the queue in the fold as well."""
    session, _ = follow()
    session.step(phase="PRE_OPEN")
    session.buy(SHARE, 100)
    session.buy(SHARE, 50)
    session.step()
    session.buy(SHARE, 30)
    session.buy(SHARE, 100, style=at_open())
    session.buy(SHARE, 100)
    session.step(3)
    branch = session.simulation.timeline.branch
    root = State.blank(Moment(session.simulation.exchange.first - 1, AFTER_CLOSE), branch.states[0].settings)
    for count, kept in zip(branch.counts, branch.states, strict=True):
        assert evolve(root, branch.log[:count]) == kept


def test_decide_alone_meets_the_market_as_a_session_does() -> None:
    """Protects the pure simulator: the events of one command, and the state they make, are those of the session."""
    session = opened()
    exchange, state = session.simulation.exchange, session.simulation.timeline.state
    draft = Draft(state)
    assert decide(draft, exchange, Place(0, Method.ORDER, 300))
    assert [type(event).__name__ for event in events.records(draft.events)][-1] == "OrderFilled"
    session.buy(SHARE, 300)
    assert evolve(state, draft.events) == session.simulation.timeline.state


def test_going_back_rerunning_and_branching_hold_on_this_clock() -> None:
    """Protects time travel: the same steps give the same events, another act opens a branch."""
    session, _ = follow()
    session.step(4)
    end = session.digest()
    session.back(3).step(3)
    assert session.digest() == end
    session.back(3).step(3, rerun=True)
    assert session.digest() == end
    session.back(2)
    assert session.buy(SHARE, 100).filled == 100
    assert "opened branch" in session.message


def test_a_journal_a_script_and_a_resumed_session_end_with_the_same_digest(tmp_path: Path) -> None:
    """Protects keeping: commands done again meet the market inside their call as they did the first time."""
    given = market(MOVES)
    path = tmp_path / "run.qsession"
    session = qr.Session(given, strategy=Follower, clock="same_bar", slippage=("spread", 0.02), journal=path)
    session.step(2).step(phase="OPEN")
    session.sell(SHARE, 200)
    session.set_order_cost(rounding="total")
    session.step()
    assert qr.Session.resume(path, given).digest() == session.digest()
    text = session.to_script(market="GIVEN")
    assert "clock='same_bar'" in text
    exec(text, {"GIVEN": given})  # it asserts the digest itself
    script = tmp_path / "orders.py"
    session.to_script(script, kind="strategy")
    again = qr.Session(given, strategy=script, clock="same_bar", slippage=("spread", 0.02)).step(3)
    assert again.fills.equals(session.fills)


def test_the_default_clock_leaves_no_trace_in_a_digest() -> None:
    """Protects every digest made before there was a choice: what is at its default is left out."""
    costs = Costs(0, 0, 0, 0, 0)
    assert "clock" not in text_of(Settings(costs))
    assert "rounding" not in text_of(Settings(costs))
    assert "clock=same_bar" in text_of(Settings(costs, clock="same_bar"))


def test_a_journal_that_puts_down_every_default_is_still_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects journals from before an option existed, or of a version that wrote defaults: equal events are equal."""
    given, path = market(MOVES), tmp_path / "run.qsession"
    with monkeypatch.context() as patch:
        patch.setattr(encoding, "_defaults", lambda kind: (object(),) * len(fields(kind)))
        session = qr.Session(given, journal=path)
        session.buy(SHARE, 100, style=limit(10.5))
        session.step(2)
    assert qr.Session.resume(path, given).digest() == session.digest()
    text, _ = encoding.encode(session.simulation.timeline.branch.log)
    assert "clock" not in text
    assert "good_till" not in text


def test_a_preview_says_what_the_call_would_do_and_leaves_nothing() -> None:
    """Protects what_if: at 10.10, 900 shares of the 2,000 asked for, and the account as it was."""
    session = opened(cash=10_000)
    before = session.digest()
    preview = session.what_if("buy", SHARE, 2000)
    assert (preview.quantity, preview.price, preview.cash_after, preview.held_after) == (900, 10.1, 910.0, 900)
    assert "900 600001.SH at 10.10: value" in repr(preview)
    assert "about" in repr(session.what_if("buy", SHARE, 100, style=limit(9.5)))
    assert not preview.passes
    assert session.digest() == before


def test_an_explanation_tells_the_whole_way_at_one_moment() -> None:
    """Protects explain: nothing of a next open, the price against the last one."""
    session = opened(cash=10_000)
    text = str(session.explain(session.buy(SHARE, 2000)))
    assert "next open" not in text
    assert "900 shares at 10.10" in text
    assert "enough for 900" in text


def test_the_two_clocks_that_cannot_go_together_are_refused() -> None:
    """Protects against two rules for one order: LEAN's model fills at later bars."""
    with pytest.raises(qr.UsageError, match="same_bar"):
        qr.Session(flat(), clock="same_bar", fill_model="lean_equity")
    with pytest.raises(qr.UsageError, match="next_open"):
        qr.Session(flat(), clock="same_day")


# ---------------------------------------------------------------------------------------- minute bars


def minutes(*bars: tuple[float, float, float, float, float]) -> qr.Market:
    """One day of one share: open, high, low, close and volume of each minute from 09:31 on."""
    names = ("open", "high", "low", "close", "volume")
    rows = [
        {"datetime": pd.Timestamp("2024-01-02 09:31") + pd.Timedelta(minutes=number), "symbol": SHARE}
        | dict(zip(names, bar, strict=True))
        for number, bar in enumerate(bars)
    ]
    return qr.read_market(pd.DataFrame(rows))


def test_on_minute_bars_a_call_trades_at_the_close_of_the_last_whole_bar() -> None:
    """Protects the clock on finer bars: the first open at OPEN, then each close, the day's close at CLOSE."""
    given = minutes((10.0, 10.1, 9.9, 10.05, 1e4), (10.0, 10.2, 9.9, 10.1, 1e4), (10.1, 10.1, 9.8, 9.9, 1e4))
    session = qr.Session(given, costs="zero", clock="same_bar").step(phase="OPEN")
    prices = []
    while session.now.phase != "AFTER_CLOSE":
        prices.append(session.buy(SHARE, 100).average_price)
        session.step(phase="next")
    assert prices == [10.0, 10.05, 10.1, 9.9, 9.9]


def test_on_minute_bars_a_resting_order_is_asked_at_each_bar_and_the_cap_is_that_of_the_bar() -> None:
    """Protects resting: 9.95 rests at the open of 10.00, falls to 9.90 in the first minute; half of 1,000 is 500.

    The market order has taken 300 of them at the open, so 200 are left for the minute and 100 for the next one.
    """
    given = minutes((10.0, 10.0, 9.9, 10.0, 1000), (10.0, 10.0, 9.9, 10.0, 1000), (10.0, 10.0, 10.0, 10.0, 1000))
    session = qr.Session(given, costs="zero", clock="same_bar", participation=0.5).step(phase="OPEN")
    session.buy(SHARE, 300)
    resting = session.buy(SHARE, 300, style=limit(9.95))
    session.step(phase="next")
    assert facts(resting) == ("WORKING", 200, 9.95)
    session.step(phase="next")
    assert facts(resting) == ("FILLED", 300, 9.95)


def test_on_minute_bars_nothing_trades_before_somebody_has() -> None:
    """Protects against filling at yesterday's close: a first minute without trades has no price."""
    given = minutes((10.0, 10.0, 10.0, 10.0, 0), (10.0, 10.2, 10.0, 10.2, 1000))
    session = qr.Session(given, costs="zero", clock="same_bar").step(phase="OPEN")
    ticket = session.buy(SHARE, 100)
    assert (ticket.status.value, ticket.record.reason.value) == ("CANCELED", "NO_TRADES")
    session.step(phase="next").step(phase="next")
    assert facts(session.buy(SHARE, 100)) == ("FILLED", 100, 10.2)


# ---------------------------------------------------------------------------------------- slippage and money


@pytest.mark.parametrize(
    ("slippage", "bought", "sold"),
    [
        (("spread", 0.02), 10.01, 9.99),
        (("spread", 0.01), 10.01, 9.99),  # half a tick each way: a tie goes against the order
        (("spread", 0.008), 10.0, 10.0),
        (("spread_rate", 0.00246), 10.01, 9.99),  # 10.0123 and 9.9877
        (("spread_rate", 0.0031), 10.02, 9.98),  # 10.0155 and 9.9845
    ],
)
def test_a_spread_costs_each_side_half_rounded_to_the_nearest_tick(
    slippage: tuple[str, float], bought: float, sold: float
) -> None:
    """Protects the two models that scripts for JoinQuant name."""
    session = opened(flat(), slippage=slippage, day=0)
    assert session.buy(SHARE, 100).average_price == bought
    session.step(phase="OPEN")
    assert session.sell(SHARE, 100).average_price == sold


def test_a_spread_on_a_fund_is_rounded_to_its_finer_tick() -> None:
    """Protects the tick of funds, 0.001: 2.500 x 1.00123 = 2.503075."""
    session = opened(flat("510001.SH", 2.5), slippage=("spread_rate", 0.00246), day=0)
    assert session.buy("510001.SH", 100).average_price == 2.503


@pytest.mark.parametrize(
    ("step", "commission", "cash"),
    [(None, 0.83, 97_245.87), (0.0001, 0.826, 97_245.874), (0.000001, 0.82599, 97_245.87401), (1.0, 1.0, 97_246.0)],
)
def test_the_money_step_is_what_fees_are_rounded_to(step: float | None, commission: float, cash: float) -> None:
    """Protects the money of a session: 1,100 x 2.503 = 2,753.30, of which 0.03 % are 0.82599."""
    session = qr.Session(flat("510001.SH", 2.503), cash=100_000, clock="same_bar", money_step=step)
    session.set_order_cost(open_commission=0.0003, min_commission=0)
    session.step(phase="OPEN")
    session.buy("510001.SH", 1100)
    assert session.fills["commission"].iloc[0] == commission
    assert round(session.portfolio.cash, 6) == cash


def test_a_money_step_that_is_no_power_of_ten_is_refused() -> None:
    """Protects exact sums: every amount is a whole number of steps."""
    with pytest.raises(qr.UsageError, match=r"0\.0001"):
        qr.Session(flat(), money_step=0.03)
