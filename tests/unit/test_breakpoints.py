"""Breakpoints, watches, what-if and the debugger: looking into a run."""

from __future__ import annotations

import builtins

import pandas as pd
import pytest

import qresearch as qr

MARKET = qr.sample_market()


def buy_daily(context, data) -> None:
    context.order("604018", 100)


def session(strategy=None, **options) -> qr.Session:
    return qr.Session(MARKET, **{"start": "2022-03-01", "cash": 100_000} | options, strategy=strategy)


# ---------------------------------------------------------------------------------------- breakpoints


def test_a_run_stops_at_the_phase_of_the_event_says_why_and_goes_on() -> None:
    """Protects the breakpoint on an event: it stops inside the day, in one line, and the end is that of a plain run."""
    made = session(buy_daily, cash=3000)
    point = made.breakpoints.add("order.rejected")
    made.run(progress=False)
    assert made.now.phase == "OPEN"
    assert made.message.startswith("Stopped at 2022-03-")
    assert "breakpoint 1, order.rejected: order" in made.message
    assert "\n" not in made.message
    assert point.hits == 1
    while made.message:
        made.run(progress=False)
    assert point.hits > 5
    assert made.digest() == session(buy_daily, cash=3000).run(progress=False).digest()


def test_a_fill_in_one_symbol_with_a_condition() -> None:
    """Protects ``symbol=`` and ``when=``: other fills and other moments pass by."""

    def both(context, data) -> None:
        context.order("604018", 100)
        context.order("604035", 100)

    made = session(both)
    made.breakpoints.add("fill", symbol="604035", when="positions['604035'].quantity >= 300", name="third")
    made.run(progress=False)
    assert made.portfolio.positions["604035"].quantity == 300
    assert "fill of 604035.SH when" in made.message


def test_a_level_stops_when_it_is_crossed_and_only_then() -> None:
    """Protects levels: a condition that stays true stops once, so that one can go on."""
    made = session(buy_daily)
    made.breakpoints.add("position", symbol="604018", above=400)
    made.run(until="2022-03-20", progress=False)
    assert made.portfolio.positions["604018"].quantity == 500
    made.run(until="2022-03-20", progress=False)
    assert str(made.now.day)[:10] == "2022-03-18"


def test_a_drawdown_is_counted_from_the_highest_close() -> None:
    """Protects the drawdown: it stops at the first close that lies deeper, as computed from the equity."""

    def all_in(context, data) -> None:
        if not context.portfolio.positions:
            context.order_pct("604018", 1.0)

    whole = session(all_in).run(progress=False).equity
    fall = 1 - whole / whole.cummax().clip(lower=100_000)
    made = session(all_in)
    made.breakpoints.add("drawdown", above=0.1)
    made.run(progress=False)
    assert made.now.day == fall[fall > 0.1].index[0]


def test_dates_expressions_and_functions() -> None:
    """Protects the other kinds of breakpoint, each by one stop."""
    made = session(buy_daily)
    made.breakpoints.add("2022-03-05", phase="OPEN")
    made.run(progress=False)
    assert (str(made.now.day)[:10], made.now.phase) == ("2022-03-07", "OPEN")
    made.breakpoints.clear()
    made.breakpoints.add("cash < 95_000")
    made.run(progress=False)
    assert made.portfolio.cash < 95_000
    made.breakpoints.clear()
    made.breakpoints.add(lambda session: len(session.orders) >= 12)
    made.run(progress=False)
    assert len(made.orders) == 12


def test_breakpoints_are_handled_by_number_and_name() -> None:
    """Protects the list: names, hits, enabling, disabling, removing."""
    made = session(buy_daily)
    made.breakpoints.add("fill")
    made.breakpoints.add("fill", symbol="604018")
    assert made.breakpoints.list.name.tolist() == ["fill", "fill 2"]
    made.breakpoints.disable("fill")
    made.breakpoints.disable(2)
    made.run(until="2022-03-10", progress=False)
    assert made.breakpoints.list.hits.tolist() == [0, 0]
    made.breakpoints.enable(1)
    made.run(until="2022-03-20", progress=False)
    assert made.breakpoints["fill"].hits == 1
    made.breakpoints.remove(1)
    assert len(made.breakpoints) == 1
    assert "fill of 604018.SH" in repr(made.breakpoints)
    assert "604018.SH" in made.breakpoints._repr_html_()
    with pytest.raises(qr.UsageError, match="No breakpoint 7"):
        made.breakpoints.enable(7)


def test_run_until_a_name_or_an_event() -> None:
    """Protects ``run(until=)``: a disabled breakpoint by its name, and an event without any breakpoint."""
    made = session(buy_daily)
    made.breakpoints.add("cash < 90_000", name="spent")
    made.breakpoints.disable("spent")
    assert made.run(until="spent", progress=False).portfolio.cash < 90_000
    assert made.run(until="fill", progress=False).now.phase == "OPEN"
    assert "fill: order" in made.message


def test_a_run_over_kept_stops_stops_too() -> None:
    """Protects going along a kept future: the same breakpoints hold, and nothing is simulated."""
    made = session(buy_daily).run(until="2022-04-01", progress=False)
    log = len(made.simulation.timeline.branch.log)
    made.goto(0)
    made.breakpoints.add("position", symbol="604018", above=400)
    made.run(progress=False)
    assert made.portfolio.positions["604018"].quantity == 500
    assert len(made.simulation.timeline.branch.log) == log


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (("order.rejectd",), "Did you mean order.rejected"),
        (("drawdown",), "Pass above= or below="),
        (("position",), "Pass above= or below="),
        (("import os",), "is no expression"),
        (("__import__('os')",), "can be called|is not known"),
        (("positions._exchange > 1",), "is private"),
        (("csh > 1",), "Did you mean cash"),
        (("2099-01-01",), "is not a trading day"),
        ((5,), "^breakpoints.add: 5 is no event, level, date or function"),
        ((None,), "is no event, level, date or function"),
    ],
)
def test_a_wrong_breakpoint_is_refused_at_once(call: tuple[str, ...], words: str) -> None:
    """Protects against breakpoints that never hit, and against text that does more than look."""
    with pytest.raises(qr.UsageError, match=words):
        session().breakpoints.add(*call)


# ---------------------------------------------------------------------------------------- the debugger


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines for the debugger."""
    lines: list[str] = []
    monkeypatch.setattr(builtins, "input", lambda prompt="": lines.pop(0))
    return lines


def test_step_debug_opens_the_debugger_at_the_callback(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Protects ``step(debug=True)``: the first line of the callback, its variables, and on with the step."""
    typed += ["p data.day", "c"]
    made = session(buy_daily).step(debug=True)
    out = capsys.readouterr().out
    assert "buy_daily" in out
    assert str(MARKET.panel.day_index("2022-03-01")) in out
    assert len(made.orders) == 1


def test_leaving_the_debugger_takes_no_step(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the transaction: ``q`` in the debugger leaves the session before the step."""
    typed += ["q"]
    made = session(buy_daily)
    digest = made.digest()
    made.step(debug=True)
    assert (made.digest(), made.message) == (digest, "Left the debugger: the session stands before this step.")
    assert capsys.readouterr().out


def test_run_debug_opens_the_debugger_inside_the_callback(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Protects ``run(debug=True)``: it stops in the callback whose order hits the breakpoint."""
    typed += ["p wanted", "c"]

    def odd(context, data) -> None:
        wanted = 7 if data.day > MARKET.panel.day_index("2022-03-03") else 100
        context.order("604018", wanted)

    made = session(odd)
    made.breakpoints.add("order.rejected")
    made.run(progress=False, debug=True)
    assert "\n7\n" in capsys.readouterr().out
    assert str(made.now.day)[:10] == "2022-03-04"


# ---------------------------------------------------------------------------------------- watches, what-if


def test_watches_keep_a_row_per_step_and_print_changes(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects watches: a table along the branch, and one line per stop that says what changed."""
    made = session()
    assert made.watch._repr_html_() == "<i>Nothing is watched.</i>"
    made.watch("cash", "positions['604018'].quantity", lambda session: len(session.orders))
    made.buy("604018", 1000)
    capsys.readouterr()
    made.step()
    assert (
        capsys.readouterr().out
        == "cash: 100,000.00 -> 90,475.00; positions['604018'].quantity: 0 -> 1,000; lambda 1: 0 -> 1\n"
    )
    made.run(until="2022-03-10", progress=False)
    assert capsys.readouterr().out == ""
    table = made.watch.table
    assert table.columns.tolist() == ["phase", "cash", "positions['604018'].quantity", "lambda 1"]
    assert len(table) == 9
    made.back(3).branch("other").step(2)
    assert len(made.watch.table) == 8
    assert "cash" in repr(made.watch)
    made.watch.remove("cash")
    with pytest.raises(qr.UsageError, match="is not watched"):
        made.watch.remove("cash")
    with pytest.raises(qr.UsageError, match="cannot be computed here"):
        made.watch("memory['nothing']")


@pytest.mark.parametrize(
    "change",
    [
        qr.Session.step, qr.Session.run, qr.Session.back, lambda made: made.goto(0), lambda made: made.branch("other"),
        lambda made: made.buy("604018", 100), lambda made: made.set_slippage("none"),
        lambda made: setattr(made, "strategy", buy_daily), lambda made: made.memory.update(seen=1),
    ],
)  # fmt: skip
def test_what_is_asked_about_a_session_changes_nothing(change) -> None:
    """Protects watches, breakpoints and until= that act: they went on for ever, or traded once for each look."""
    words = "may look at the session, and not change it"
    made = session(buy_daily).step(3)
    digest = made.digest()

    def acts(looked: qr.Session) -> bool:
        change(looked)
        return False

    with pytest.raises(qr.UsageError, match=words):
        made.watch(acts)
    with pytest.raises(qr.UsageError, match=words):
        made.run(until=acts, progress=False)
    assert made.back().digest() == digest
    made.breakpoints.add(acts)
    with pytest.raises(qr.UsageError, match=words):
        made.run(rerun=True, progress=False)
    assert not made.watch
    made.breakpoints.remove(1)
    assert made.buy("604018", 100).status.value == "QUEUED"


@pytest.mark.parametrize(
    ("call", "quantity", "passes"),
    [
        (("buy", "604018", 1000), 1000, True),
        (("order_value", "604018", 20_000), 2000, True),
        (("order_lots", "604018", 3), 300, True),
        (("buy", "604018", 20_000), 20_000, False),
        (("sell", "604018", 100), 0, False),
        (("buy", "688903", 100), 0, False),
    ],
)
def test_what_if_places_nothing(call: tuple, quantity: int, passes: bool) -> None:
    """Protects the preview: it sizes, checks and prices an order, and the session is as before."""
    made = session(strict=True).step()
    digest, stops = made.digest(), len(made.simulation.timeline.branch.states)
    preview = made.what_if(*call)
    assert (preview.quantity, preview.passes) == (quantity, passes)
    assert (made.digest(), len(made.simulation.timeline.branch.states)) == (digest, stops)
    assert preview.asked.startswith(call[0])
    assert "What if" in preview._repr_html_()
    if quantity:
        assert preview.cash_after == pytest.approx(preview.cash - preview.notional - preview.fees)
    with pytest.raises(qr.OrderRejected):
        made.buy("688903", 100)


def test_what_if_takes_the_method_itself_and_names_wrong_ones() -> None:
    """Protects both ways to name the call."""
    made = session().step()
    assert made.what_if(made.buy, "604018", 100).quantity == 100
    with pytest.raises(qr.UsageError, match="Did you mean buy"):
        made.what_if("by", "604018", 100)


def test_of_several_goals_the_first_one_stops() -> None:
    """Protects ``run(until=[...])``: a date, an event and a predicate together; whichever comes first ends the run."""

    def goals(*until: object) -> tuple[str, str]:
        session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
        session.run(until="2022-03-03", progress=False)
        session.buy("604018", 1000)
        session.run(list(until), progress=False)
        return str(session.now.day)[:10], session.now.phase.value

    assert goals("2022-03-10", "fill") == ("2022-03-04", "OPEN")
    assert goals("2022-03-10", "rejected") == ("2022-03-10", "CLOSE")
    assert goals("2022-03-10", lambda session: len(session.fills) > 0) == ("2022-03-04", "CLOSE")
    late, early = (lambda run: run.now.day >= pd.Timestamp("2022-03-09")), (lambda run: run.now.day.day == 8)
    assert goals(late, early) == ("2022-03-08", "CLOSE")
