"""The session as a person uses it: time, branches, tickets, arguments."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hand import cash_of, flat, market, session

import qresearch as qr

A, B = "600001.SH", "600002.SH"


def day_of(run: qr.Session) -> str:
    """The present day."""
    return str(run.now.day)[:10]


# ------------------------------------------------------------------ beginning


def test_a_session_begins_before_its_first_open() -> None:
    """Protects the beginning: an order placed at once fills at the open of the first day."""
    run = qr.Session(flat(start="2024-01-02"), cash=10_000, costs="zero", start="2024-01-03")
    assert (day_of(run), run.now.phase) == ("2024-01-02", "AFTER_CLOSE")
    ticket = run.buy(A, 100)
    run.step()
    assert (day_of(run), ticket.filled) == ("2024-01-03", 100)


def test_a_session_over_all_days_begins_before_the_data() -> None:
    """Protects the first day of the data: there is no day before it, and orders by shares fill at its open."""
    run = qr.Session(flat(), cash=10_000, costs="zero")
    assert run.now.day is pd.NaT
    assert run.order_value(A, 1000).reason == "NO_PRICE"
    ticket = run.buy(A, 100)
    assert run.step().fills.day.tolist() == [pd.Timestamp("2024-01-02")]
    assert ticket.filled == 100


def test_start_and_end_take_the_nearest_trading_days_inside() -> None:
    """Protects the span: a weekend start is the next Monday, a weekend end the Friday before."""
    run = qr.Session(flat(days=20), start="2024-01-06", end="2024-01-14")
    run.run(progress=False)
    assert [str(day)[:10] for day in run.equity.index[[0, -1]]] == ["2024-01-08", "2024-01-12"]


def test_positions_are_paid_or_given() -> None:
    """Protects ``positions=``: paid from the cash at the last price, or given on top; both sellable at once."""
    given = market({A: [10.0, 12.0, 12.0]})
    paid = qr.Session(given, start="2024-01-03", cash=10_000, positions={"600001": 300}, costs="zero")
    assert (cash_of(paid), paid.portfolio.equity, paid.portfolio.profit) == (700_000, 10_000.0, 0.0)
    free = qr.Session(given, start="2024-01-03", cash=10_000, positions={A: 300}, positions_paid=False, costs="zero")
    assert (cash_of(free), free.portfolio.equity, free.portfolio.profit) == (1_000_000, 13_000.0, 0.0)
    ticket = free.sell(A, 300)
    free.step()
    assert (ticket.filled, free.portfolio.profit) == (300, 600.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"positions": {A: 1001}}, "more than the cash"),
        ({"positions": {A: 0}}, "=0 must be at least 1"),
        ({"positions": {A: 1.5}}, "=1.5 is not a whole number"),
        ({"positions": {A: -100}}, "=-100 must be at least 1"),
        ({"positions": {B: 100}}, "no price"),
        ({"cash": -1}, "cash=-1"),
        ({"cash": math.nan}, "cash=nan"),
        ({"start": "2024-01-08", "end": "2024-01-03"}, "Swap"),
        ({"participation": 0}, "participation=0"),
        ({"participation": 1.5}, "participation=1.5"),
        ({"dividend_tax": 1.5}, "dividend_tax=1.5"),
        ({"match_order": "lifo"}, "fifo"),
        ({"shortfall": "ignore"}, "trim"),
        ({"slippage": "bp"}, "bps"),
        ({"slippage": ("bps", -1)}, "size=-1 must be from 0"),
        ({"costs": "none"}, "zero"),
    ],
)
def test_a_wrong_argument_is_refused_with_advice(options: dict[str, object], words: str) -> None:
    """Protects a person who mistypes: an exception of ours that names the value and what is allowed."""
    given = market({A: [10.0] * 6, B: [None] * 4 + [10.0] * 2})
    with pytest.raises(qr.UsageError, match=words):
        qr.Session(given, **({"start": "2024-01-03", "cash": 10_000} | options))


def test_positions_under_two_spellings_are_one_position() -> None:
    """Protects ``positions=`` against money that vanishes: two spellings of one symbol add up or are refused."""
    options = {"start": "2024-01-03", "cash": 10_000, "positions": {"600001": 100, "600001.SH": 200}}
    try:
        run = qr.Session(flat(), **options)
    except qr.UsageError:
        return
    assert run.portfolio.quantities == {A: 300}


def test_a_market_is_needed() -> None:
    """Protects against handing over a frame: the message names the function that makes a market."""
    with pytest.raises(qr.UsageError, match="read_market"):
        qr.Session(pd.DataFrame())


# ------------------------------------------------------------------ wrong calls


@pytest.mark.parametrize("spelling", ["601390", "601390.SH", "601390.XSHG", "SH601390", "sh.601390", "601390.sh"])
def test_every_spelling_means_the_same_instrument(spelling: str) -> None:
    """Protects the spellings of other systems."""
    run = session(flat("601390.SH"))
    assert run.order(spelling, 100).record.instrument == 0


def test_an_unknown_symbol_names_its_neighbours() -> None:
    """Protects against a typing error that would trade nothing: 601930 was meant to be 601390."""
    run = session(market({"601390.SH": [10.0] * 3, "000001.SZ": [10.0] * 3}))
    with pytest.raises(qr.UnknownSymbol, match=r"Did you mean 601390\.SH\?") as caught:
        run.order("601930", 100)
    assert caught.value.matches == ("601390.SH",)
    assert isinstance(caught.value, KeyError)
    assert len(run.orders) == 0


def test_an_unknown_symbol_of_a_small_market_names_all() -> None:
    """Protects the first trial on data of one's own: what nothing is near to is told with what there is."""
    with pytest.raises(qr.UnknownSymbol, match=r"'SPY': this market holds 601390\.SH\. Pass one that it holds"):
        session(flat("601390.SH")).order("SPY", 100)


@pytest.mark.parametrize(
    ("call", "arguments", "words"),
    [
        ("order", (A, 1.5), "amount=1.5 is not a whole number"),
        ("order", (A, "100"), "write 100 without the quotes"),
        ("order", (A, True), "a truth value, not a number"),
        ("order", (A, math.nan), "could not be computed"),
        ("order", (A, None), "is missing"),
        ("order_value", (A, math.inf), "is infinite"),
        ("order_target", (A, -1), "no short positions"),
        ("order_target", (A, 0.5), "not a whole number"),
        ("order_target_value", (A, -0.01), "no short positions"),
        ("order_lots", (A, 0.5), "not a whole number"),
        ("order_pct", (A, 2), "pct=2"),
        ("order_pct", (A, -1.01), "-1 to 1"),
        ("buy", (A, 0), "positive"),
        ("sell", (A, -100), "positive"),
        ("step", (0,), "n=0"),
        ("step", (1.5,), "n=1.5"),
        ("step", (True,), "n=True"),
        ("back", (-1,), "n=-1"),
        ("history", (A, 0), "count=0"),
        ("history", (A, 5, "price"), "close"),
        ("history", (A, 5, "close", "forward"), "adjust"),
        ("set_slippage", ("tick",), "fixed"),
        ("ticket", ("7",), "No order '7' on branch 'main' at this point: none has been placed"),
        ("cancel", ("x",), "No order 'x'"),
    ],
)
def test_a_wrong_call_is_an_exception_that_advises(call: str, arguments: tuple[object, ...], words: str) -> None:
    """Protects the line between a wrong call and a wrong order: this raises, leaves no order and no event."""
    run = session(flat())
    before = run.digest()
    with pytest.raises(qr.UsageError, match=words) as caught:
        getattr(run, call)(*arguments)
    assert isinstance(caught.value, ValueError)
    assert (run.digest(), len(run.orders)) == (before, 0)


@pytest.mark.parametrize("style", ["limit", 10.5, object()])
def test_styles_other_than_market_are_not_supported_and_say_so(style: object) -> None:
    """Protects the reserved argument: what cannot be honoured is never silently ignored."""
    run = session(flat())
    with pytest.raises(qr.NotSupported, match="market order"):
        run.order(A, 100, style=style)
    assert run.order(A, 100, style=None).quantity == run.order(A, 100, style="market").quantity == 100


@pytest.mark.parametrize("number", [np.int64(100), np.float64(100.0), 100.0])
def test_numbers_of_numpy_are_numbers(number: object) -> None:
    """Protects sizes that come out of arrays."""
    assert session(flat()).order(A, number).quantity == 100


def test_strict_sessions_raise_for_rejected_orders() -> None:
    """Protects strict=True: the rejection is an exception, and the order is kept all the same."""
    run = session(flat(), strict=True)
    with pytest.raises(qr.OrderRejected, match="Order 1 was rejected: 50 shares") as caught:
        run.order(A, 50)
    assert (caught.value.order_id, caught.value.reason) == ("1", "LOT_SIZE")
    assert run.orders.status.tolist() == ["REJECTED"]


def test_strict_sessions_raise_for_rejections_at_the_open() -> None:
    """Protects strict=True at the match: an order rejected there raises too, as the option promises for every order."""
    run = session(flat(), strict=True, cash=100)
    run.buy(A, 1000)
    with pytest.raises(qr.OrderRejected) as caught:
        run.step()
    assert caught.value.reason == "INSUFFICIENT_CASH"


# ------------------------------------------------------------------ time


def test_stepping_by_phases() -> None:
    """Protects the clock: every phase in its order, then the next day; a named phase is the next one of that name."""
    run = session(flat())
    seen = [(day_of(run.step(phase="next")), str(run.now.phase)) for _ in range(7)]
    assert seen == [
        ("2024-01-02", "AFTER_CLOSE"), ("2024-01-03", "PRE_OPEN"), ("2024-01-03", "OPEN"), ("2024-01-03", "INTRADAY"),
        ("2024-01-03", "CLOSE"), ("2024-01-03", "AFTER_CLOSE"), ("2024-01-04", "PRE_OPEN"),
    ]  # fmt: skip
    assert day_of(run.step(phase="PRE_OPEN")) == "2024-01-05"
    with pytest.raises(qr.UsageError, match="CLOSE"):
        run.step(phase="close")


def test_the_end_is_an_exception_and_changes_nothing() -> None:
    """Protects the last day: a step beyond it raises, and the session still stands there."""
    run = session(flat(days=3)).step(2)
    digest = run.digest()
    with pytest.raises(qr.OutOfRange, match="2024-01-04 is the last trading day"):
        run.step()
    assert (run.digest(), day_of(run)) == (digest, "2024-01-04")


def test_a_run_ends_at_the_same_moment_when_it_is_redone() -> None:
    """Protects the digest: going back and running again ends after the last close, as the first run did."""
    run = session(flat())
    run.buy(A, 100)
    done = run.run(progress=False).digest()
    assert run.now.phase == "AFTER_CLOSE"
    run.goto("2024-01-03").run(progress=False)
    assert (run.now.phase, run.digest()) == ("AFTER_CLOSE", done)


def test_back_and_goto_stay_within_what_is_kept() -> None:
    """Protects navigation: before the beginning and beyond what was simulated raise, and say how far one can go."""
    run = session(flat()).step(2)
    with pytest.raises(qr.OutOfRange, match="keeps 3 moments behind"):
        run.back(4)
    with pytest.raises(qr.OutOfRange, match=r"2024-01-08 is not kept .* run\(until"):
        run.goto("2024-01-08")
    with pytest.raises(qr.OutOfRange, match="The nearest are"):
        run.goto("2024-01-06")
    late = session(flat(), start="2024-01-04").step()
    with pytest.raises(qr.OutOfRange, match=r"2024-01-02 is not kept .* earlier start"):
        late.goto("2024-01-02")
    assert day_of(run.goto("2024-01-03")) == "2024-01-03"
    assert day_of(run.back(2)) == "NaT"
    assert day_of(run.goto("2024-01-04")) == "2024-01-04"


def test_goto_takes_a_row_of_events_and_no_other() -> None:
    """Protects the place that is meant: an order's number, or an event of another branch, would lead anywhere."""
    run = session(flat()).step()
    run.buy(A, 100)
    run.step(2)
    filled = run.events.query("event == 'OrderFilled'").iloc[0]
    for row in (run.orders.iloc[0], run.fills.iloc[0]):
        with pytest.raises(qr.UsageError, match=r"number \d, is none of the events of this account on branch 'main'\."):
            run.goto(row)
    assert day_of(run.goto(filled)) == str(filled["day"])[:10] == "2024-01-04"
    run.goto(0).branch("other").step(4)
    with pytest.raises(qr.UsageError, match="on branch 'other'"):
        run.goto(filled)
    with pytest.raises(qr.UsageError, match=r"goto: where=1 and event=2 are two goals\. Pass one of them"):
        run.goto(1, event=2)
    with pytest.raises(
        qr.OutOfRange, match=r"goto: 'main' is no kept moment\. It is a branch: branches\.switch\('main'\)"
    ):
        run.goto("main")


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("order.filed", r"'order\.filed' is no date, breakpoint or event\. Did you mean .*order\.filled"),
        ("sopt", r"'sopt' is no date, .*Did you mean stop\?"),
        (3, r"until=3 is no date, .*To take some steps, write step\(3\)\."),
        ([], r"until=\[\] holds nothing to stop at\. Leave until= out to run to the end\."),
    ],
)
def test_what_a_run_cannot_stop_at_is_told(until: object, said: str) -> None:
    """Protects a slip of the pen from an answer about dates, and an empty list from a run to the end."""
    run = session(flat(), start=None)
    run.breakpoints.add("fill", name="stop")
    with pytest.raises(qr.UsageError, match=said):
        run.run(until=until)
    assert day_of(run) == "NaT"


def test_a_run_to_where_one_stands_says_that_nothing_was_run() -> None:
    """Protects from taking the state of a later day for that of the day that was asked for."""
    run = session(flat()).step(2)
    for until in ("2024-01-03", "2024-01-04"):
        assert "Nothing was run: the session stands at 2024-01-04 CLOSE" in run.run(until, progress=False).message
    assert "Nothing was run" not in run.run("2024-01-05", progress=False).message
    assert "Nothing was run" not in run.run(progress=False).message
    assert "Nothing was run: the session stands at 2024-01-09 AFTER_CLOSE" in run.run(progress=False).message


def test_a_word_in_other_letters_is_known() -> None:
    """Protects who writes a phase small from a list without a hint."""
    with pytest.raises(qr.UsageError, match=r"phase='close' is not known: .* Did you mean CLOSE\?"):
        session(flat()).step(phase="close")


def test_run_stops_at_a_day_or_a_condition() -> None:
    """Protects ``until``: a date, a date that is no trading day, and a predicate asked after every step."""
    assert day_of(session(flat(days=9)).run("2024-01-04", progress=False)) == "2024-01-04"
    assert day_of(session(flat(days=9)).run("2024-01-07", progress=False)) == "2024-01-05"
    run = session(market({A: [10.0, 10.5, 11.2, 11.9, 11.9]}))
    run.buy(A, 100)
    run.run(lambda run: run.portfolio.profit > 50, progress=False)
    assert day_of(run) == "2024-01-04"
    assert run.message.startswith("Stopped at 2024-01-04 CLOSE")
    run.run(progress=False)
    assert (day_of(run), run.now.phase) == ("2024-01-08", "AFTER_CLOSE")


def test_redone_steps_say_so() -> None:
    """Protects the kept future: stepping after going back does not simulate, and the message says it."""
    run = session(flat())
    run.buy(A, 100)
    run.step(2).back(2)
    state = run.simulation.timeline.branch.states[-1]
    run.step(2)
    assert run.simulation.timeline.state is state
    assert run.message == "Redid 2 kept steps without calling the strategy."


@pytest.mark.parametrize("phase", ["PRE_OPEN", "OPEN", "INTRADAY"])
def test_equity_has_every_close_however_one_steps(phase: str) -> None:
    """Protects the equity curve: stepping from open to open passes closes, and they belong to it."""
    run = session(market({A: [10.0, 10.0, 11.0, 12.0]}), cash=1_000)
    run.buy(A, 100)
    for _ in range(3):
        run.step(phase=phase)
    assert run.equity.tolist() == [1000.0, 1000.0, 1100.0]


# ------------------------------------------------------------------ branches and tickets


def test_acting_from_the_past_opens_a_branch() -> None:
    """Protects the old future: it stays as it was, the new branch shares the past and says that it opened."""
    run = session(market({A: [10.0, 10.0, 10.5, 11.5]}))
    first = run.buy(A, 100)
    run.step(3)
    main, profit = run.simulation.timeline.branch, run.portfolio.profit
    run.back(2)
    second = run.buy(A, 200)
    assert "opened branch" in run.message
    assert run.simulation.timeline.branch is not main
    run.step(2)
    assert (first.filled, second.filled, run.portfolio.profit) == (100, 200, profit + 200)
    assert len(main.states) == 5
    assert run.orders.index.tolist() == [1, 2]


def test_a_ticket_is_its_order_id() -> None:
    """Protects code written for string ids: a ticket compares, hashes and prints as one, and cancels as one."""
    run = session(flat())
    ticket = run.buy(A, 100)
    assert isinstance(ticket, str)
    assert (ticket, str(ticket), {ticket: 1}["1"], f"{ticket}") == ("1", "1", 1, "1")
    assert run.cancel("1").status.value == "CANCELED"
    assert run.ticket(1) == run.ticket("1") == ticket


def test_a_ticket_answers_as_of_the_cursor() -> None:
    """Protects tickets in time: filled, queued, and not yet placed, as one goes back."""
    run = session(flat()).step()
    ticket = run.buy(A, 100)
    run.step()
    assert (ticket.status.value, ticket.filled) == ("FILLED", 100)
    run.back()
    assert (ticket.status.value, ticket.filled, ticket.leaves) == ("QUEUED", 0, 100)
    run.back()
    assert (ticket.status, ticket.quantity, ticket.filled) == (None, 0, 0)
    assert "not yet placed" in ticket.why
    assert "not yet placed" in repr(ticket)
    assert math.isnan(ticket.average_price)
    run.step(2)
    assert ticket.status.value == "FILLED"


def test_a_ticket_of_another_branch_cannot_act() -> None:
    """Protects branches from each other: acting through the wrong ticket raises, looking answers for its branch."""
    run = session(flat())
    run.step()
    ticket = run.buy(A, 100)
    run.step().back()
    other = run.buy(A, 500)
    assert other == "2"
    with pytest.raises(qr.WrongBranch, match=r"session\.ticket\(1\)"):
        ticket.cancel()
    assert run.ticket(1).cancel().status.value == "CANCELED"
    assert ticket.status.value == "QUEUED"


def test_a_ticket_tells_of_its_own_branch() -> None:
    """Protects its events, explanation and picture from being those of the other order that has the same number."""
    run = session(flat()).branch("other")
    run.sell(A, 300)
    run.step()
    ticket = run.branches.switch("main").buy(A, 100)
    run.step()
    told = ticket.events.to_csv(), str(ticket.explain()), ticket.picture().svg
    run.branches.switch("other")
    assert "sell" in str(run.explain(1))
    assert (ticket.events.to_csv(), str(ticket.explain()), ticket.picture().svg) == told
    assert str(run.explain(ticket)) == told[1]
    run.branches.switch("main").goto(0)
    run.branches.switch("other")
    assert ticket.events.empty
    for tell in (ticket.explain, ticket.picture):
        with pytest.raises(qr.UsageError, match=r"branch 'main' and is not yet placed .*switch\('main'\)\.goto\(-1\)"):
            tell()


def test_a_ticket_of_another_session_is_refused() -> None:
    """Protects two sessions side by side from taking the order of one for that of the other with the same number."""
    here, there = session(flat()), session(flat(), accounts={"more": {"account": "margin", "cash": 1_000}})
    here.buy(A, 100)
    beside = there.account.all["more"]
    for other, ticket in ((here, there.buy(A, 300)), (there, beside.buy(A, 200))):
        for call in ("cancel", "explain", "ticket"):
            with pytest.raises(qr.WrongBranch, match=r"Ticket 1 is an order of another session or account\."):
                getattr(other, call)(ticket)
        with pytest.raises(qr.WrongBranch, match=r"session\.ticket\('1'\) is the order of this one"):
            other.plot("life", order=ticket)
    assert "300" in str(there.explain("1"))
    assert here.open_orders["quantity"].to_list() == [100]


def test_ids_count_along_a_branch() -> None:
    """Protects ids: they count from 1 along the path of a branch, so two branches may both have an order 2."""
    run = session(flat())
    run.buy(A, 100)
    run.step()
    first = run.buy(A, 200)
    run.step().back()
    run.cancel("1")
    run.goto("2024-01-03")
    second = run.buy(A, 300)
    assert (first, second) == ("2", "3")
    run.back(1)
    third = run.buy(A, 400)
    assert third == "2"
    assert (first.quantity, third.quantity) == (200, 400)


def test_looking_changes_nothing() -> None:
    """Protects the digest: every table and every repr can be looked at without a trace."""
    run = session(flat())
    run.buy(A, 100)
    run.order(A, 50)
    run.step()
    before = run.digest()
    for name in ("orders", "open_orders", "fills", "positions", "portfolio", "equity", "events", "settings"):
        repr(getattr(run, name))
    repr(run.tables.recorded)
    run.history()
    run.history(A, field="all", adjust="none")
    run._repr_html_()
    run.portfolio._repr_html_()
    run.ticket(1)._repr_html_()
    repr(run)
    assert run.digest() == before


def test_a_copy_of_the_account_stays_as_it_was() -> None:
    """Protects snapshots: a portfolio and its positions do not change under the hands of who keeps them."""
    run = session(flat())
    run.buy(A, 100)
    before = run.portfolio
    run.step()
    assert (before.quantities, before.cash, run.portfolio.quantities) == ({}, 100_000.0, {A: 100})
    assert (before.positions[A].quantity, A in before.positions, B in before.positions) == (0, False, False)


def test_an_empty_account_can_be_looked_at() -> None:
    """Protects a session without money: it shows zeros and does not divide by them."""
    run = qr.Session(flat(), cash=0).step()
    account = run.portfolio
    assert (account.equity, account.profit) == (0.0, 0.0)
    assert math.isnan(account.nav)
    assert "0.00" in account._repr_html_()


def test_every_object_shows_itself_as_html() -> None:
    """Protects the first look in a notebook: each object that one meets there shows itself as HTML."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    ticket = run.buy("604018", 1000)
    run.step()
    shown = (run.market, run, run.portfolio, run.portfolio.positions, ticket, ticket.explain(), run.branches)
    for item in shown:
        assert item._repr_html_().startswith("<"), item
    assert "604018.SH" in run.portfolio.positions._repr_html_()
    assert "STAR" in run.market._repr_html_()
