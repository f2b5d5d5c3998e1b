"""Branches: opened, named, walked and compared; nothing is erased."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

import qresearch as qr

MARKET = qr.sample_market()


def session(**options) -> qr.Session:
    return qr.Session(MARKET, start="2022-03-01", cash=100_000, **options)


def test_acting_from_the_past_opens_a_branch_named_by_its_day() -> None:
    """Protects the promise that the old future stays, and that one finds the new one by its day."""
    made = session().step(5).back(3)
    made.buy("604018", 1000)
    assert made.branches.current == "branch-1@2022-03-02"
    assert list(made.branches) == ["main", "branch-1@2022-03-02"]
    table = made.branches.table
    assert table.loc["main", ["days", "orders", "here"]].tolist() == [5, 0, False]
    assert table.loc["branch-1@2022-03-02", ["parent", "days", "orders", "here"]].tolist() == ["main", 2, 1, True]


def test_switch_stands_where_one_last_stood_with_the_memory_of_there() -> None:
    """Protects switching as pure movement: cursor, memory and digest of each branch are as they were left."""

    def count(context, data) -> None:
        context.days = getattr(context, "days", 0) + 1

    made = session(strategy=count).step(4)
    digest = made.digest()
    made.back(3).branch("other").step(2)
    assert (made.memory["days"], made.branches.current) == (3, "other")
    made.branches.switch("main")
    assert (made.simulation.timeline.cursor, made.memory["days"]) == (1, 1), (
        "one went back on main before opening the other"
    )
    assert made.goto(-1).digest() == digest
    assert made.branches.switch("other").memory["days"] == 3


def test_names_are_checked() -> None:
    """Protects against losing a branch to another of its name, and helps with a misspelled one."""
    made = session().step().branch("early")
    with pytest.raises(qr.UsageError, match="is taken"):
        made.branch("main")
    with pytest.raises(qr.UsageError, match="Did you mean early"):
        made.branches.switch("eraly")
    with pytest.raises(qr.UsageError, match="is taken"):
        made.branches.rename("early", "main")
    made.branches.rename("early", "late")
    assert list(made.branches) == ["main", "late"]
    assert "late" in made.branches
    assert len(made.branches) == 2


def test_comparing_names_the_first_difference_and_sets_all_side_by_side() -> None:
    """Protects the comparison: first event, equity, orders and positions, each with both branches."""
    made = session().step(5)
    made.back(3).branch("bought")
    made.buy("604018", 1000)
    made.step(3)
    both = made.branches.compare("main", "bought")
    assert both.first.index.tolist() == ["bought"]
    assert both.first.event.tolist() == ["OrderCreated"]
    assert both.equity.columns.tolist() == ["main", "bought", "difference"]
    assert (both.equity.difference.iloc[:2] == 0).all()
    assert both.positions.loc["604018.SH"].tolist() == [0, 1000, 1000]
    assert both.orders["bought"].status.tolist() == ["FILLED"]
    assert "OrderCreated 604018.SH 1,000" in repr(both)
    assert "First difference" in both._repr_html_()
    assert made.branches.compare("main").first.equals(both.first)


def test_equal_branches_have_no_difference() -> None:
    """Protects against differences that are none, such as another number of stops on the way."""
    made = session().step(3)
    made.back(3).branch("slow").step(13, phase="next")
    both = made.branches.compare("main", "slow")
    assert both.first.empty
    assert "no event differs" in repr(both)
    with pytest.raises(qr.UsageError, match="cannot be compared with itself"):
        made.branches.compare("slow")


def test_the_comparison_is_drawn() -> None:
    """Protects the picture: two curves, a line on the day on which the branches part, and axes of the caller."""
    made = session().step(5)
    made.back(3).buy("604018", 1000)
    made.step(3)
    both = made.branches.compare("main")
    (axes,) = both.plot().figure.axes
    parted, *curves = axes.lines
    assert [len(curve.get_ydata()) for curve in curves] == [5, 5]
    assert both.equity.index[int(parted.get_xdata()[0])] == both.first.day.min() == pd.Timestamp("2022-03-02")
    own = Figure().subplots()
    assert len(both.plot(ax=own).figure.axes[0].lines) == len(own.lines) == 3
    with pytest.raises(qr.UsageError, match="is no Axes of matplotlib"):
        both.plot(ax=3)


def test_the_tree_reads_as_text_and_html() -> None:
    """Protects both looks at the tree: children stand below their parent, the present one is marked."""
    made = session().step(3)
    made.back().branch("child").back().branch("grandchild <b>")
    text = repr(made.branches).splitlines()
    assert text[0].startswith("  main")
    assert text[1].startswith("    child, from 2022-03-02")
    assert text[2].startswith("*     grandchild")
    html = made.branches._repr_html_()
    assert "grandchild &lt;b&gt;" in html


def test_branches_a_thousand_deep_are_shown() -> None:
    """Protects long experiments, one branch from the other: the tree is shown whole, and stays as narrow as a page."""
    made = session().step()
    for _ in range(1000):
        made.step().back()
        made.buy("604018", 100)
        made.step(phase="next")
    lines = repr(made.branches).splitlines()
    assert len(lines) == len(made.branches) == 1001
    assert lines[-1].startswith("*")
    assert "(1000) " in lines[-1]
    assert max(map(len, lines)) < 160
    assert made.branches._repr_html_().count("<tr>") >= 1001


def test_tickets_in_the_memory_of_a_strategy_belong_to_the_branch_one_stands_on() -> None:
    """Protects strategies that keep tickets: after a fork they can still cancel what they placed before it."""

    class Keeper:
        def handle_data(self, context, data) -> None:
            if not hasattr(self, "ticket"):
                self.ticket = context.order("604018", 100, style=qr.terms.limit(8.8, tif="GTC"))

    made = session(strategy=Keeper).step(3)
    made.back()
    made.branch("other")
    ticket = made.strategy.target.ticket
    assert ticket.branch.name == "other"
    made.cancel(ticket)
    assert ticket.status.value == "CANCELED"
    assert made.branches.switch("main").strategy.target.ticket.status.value == "WORKING"


def test_goto_finds_dates_stops_and_events() -> None:
    """Protects the three ways to name a moment, and the errors of each."""
    made = session().step(2)
    made.buy("604018", 1000)
    made.step(3)
    seq = int(made.events.query("event == 'OrderFilled'").index[0])
    assert str(made.goto(event=seq).now.day)[:10] == "2022-03-03"
    assert str(made.goto(made.goto(-1).events.loc[seq]).now.day)[:10] == "2022-03-03"
    assert made.goto(0).now.day < made.goto("2022-03-01").now.day
    with pytest.raises(qr.OutOfRange, match="no event 9999"):
        made.goto(event=9999)
    with pytest.raises(qr.OutOfRange, match="leaves the kept history"):
        made.goto(77)
    with pytest.raises(qr.OutOfRange, match="Use run"):
        made.goto("2022-06-01")


def test_running_again_keeps_what_is_equal_and_forks_where_it_differs() -> None:
    """Protects ``step(rerun=True)``: the same code stays on the branch, other code opens one where it first differs."""

    def first(context, data) -> None:
        context.order("604018", 100)

    def second(context, data) -> None:
        context.order("604018", 100 if data.day < MARKET.panel.day_index("2022-03-03") else 200)

    made = session(strategy=first).step(5)
    digest = made.digest()
    made.goto(0).step(5, rerun=True)
    assert (made.digest(), list(made.branches)) == (digest, ["main"])
    assert "Ran 5 steps again" in made.message
    made.strategy = second
    made.goto(0).step(5, rerun=True)
    assert made.branches.current == "branch-1@2022-03-02"
    assert made.digest() == session(strategy=second).step(5).digest()
    assert made.branches.switch("main").goto(-1).digest() == digest
