"""What panels share: the guard, the lock, the look, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import io
import re
import threading
import warnings

import pandas as pd
import pytest
from story import SYMBOL, a_session, alive, all_of, find, press

import qresearch as qr
from qresearch.errors import UsageError
from qresearch.views.panels.workbench import TABS


def test_an_error_in_a_handler_is_shown_with_its_advice() -> None:
    """Protects users of JupyterLab, where what a callback raises is invisible: the panel says it, and what to do."""
    session = a_session(end="2022-03-01").step().goto("2022-03-01")
    session.run()
    bar = session.panels.timeline()
    press(bar, "qr-step")
    assert isinstance(bar.last_error, UsageError)
    note = find(bar, "qr-note").value
    assert 'role="alert"' in note
    assert "2022-03-01 is its last trading day" in note
    press(bar, "qr-back")
    assert bar.last_error is None
    assert find(bar, "qr-note").value == ""


def test_an_error_stands_before_what_was_printed() -> None:
    """Protects the sight of the error: it is on top and alone in red, what the strategy printed stands below."""

    def broken(context: object, data: object) -> None:
        print("printed before")
        raise ValueError("broken")

    bar = a_session(strategy=broken).panels.timeline()
    press(bar, "qr-step")
    alert, status = re.findall(r"<div.*?</div>", find(bar, "qr-note").value)
    assert 'class="qr-error" role="alert"' in alert
    assert "broken" in alert
    assert "printed before" not in alert
    assert 'class="qr-said" role="status">printed before' in status


def test_an_error_of_a_strategy_is_shown_and_escaped() -> None:
    """Protects the page from what a strategy raises: its text is shown, as text."""

    def broken(context: object, data: object) -> None:
        raise ValueError("<script>alert(1)</script>")

    session = a_session(strategy=broken)
    bar = session.panels.timeline()
    press(bar, "qr-step")
    note = find(bar, "qr-note").value
    assert "&lt;script&gt;" in note
    assert "<script>" not in note


def test_what_a_strategy_prints_and_warns_of_is_shown() -> None:
    """Protects those who debug by print: in a callback of a widget it would be lost."""

    def chatty(context: object, data: object) -> None:
        print("the close is", data.history(SYMBOL, 1).iloc[-1, 0])
        warnings.warn("mind the gap", stacklevel=1)

    session = a_session(strategy=chatty)
    bar = session.panels.timeline()
    press(bar, "qr-step")
    assert bar.said.splitlines() == ["mind the gap", "the close is 9.61"]


def test_a_panel_that_cannot_paint_does_not_silence_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the page: one broken panel says so, the others go on."""
    session = a_session()
    cash, positions = session.panels.cash(), session.panels.positions()
    monkeypatch.setattr(cash, "draw", lambda: 1 // 0)
    session.buy(SYMBOL, 1000)
    session.step()
    session.panels.desk.refresh()
    assert isinstance(cash.last_error, ZeroDivisionError)
    assert "9,525" not in find(positions, "qr-table").value
    assert "1,000" in find(positions, "qr-table").value


def test_what_has_not_changed_is_not_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the speed of a click: a panel whose content is the same is left alone."""
    session = a_session()
    panel = session.panels.orders()
    painted = []
    monkeypatch.setattr(panel, "draw", lambda: painted.append(1))
    for _ in range(3):
        session.panels.desk.refresh()
    assert painted == []
    session.step()
    for _ in range(3):
        session.panels.desk.refresh()
    assert painted == [1]


def test_changes_take_turns() -> None:
    """Protects the state from two threads at once: who acts holds the lock of all desks of the session."""
    session = a_session()
    bar = session.panels.timeline()
    other = session.panels(language="zh").desk
    assert other.lock is bar.desk.lock
    inside, order = threading.Event(), []

    def slow() -> None:
        inside.set()
        order.append("first begins")
        threading.Event().wait(0.05)
        order.append("first ends")

    thread = threading.Thread(target=lambda: bar.desk.act(bar, slow))
    thread.start()
    inside.wait()
    other.act(session.panels(language="zh").cash(), lambda: order.append("second"))
    thread.join()
    assert order == ["first begins", "first ends", "second"]


def test_all_panels_of_a_session_move_together() -> None:
    """Protects a page with panels in two looks: a step in one is seen in the other."""
    session = a_session()
    english, chinese = session.panels.timeline(), session.panels(language="zh", theme="dark").timeline()
    press(chinese, "qr-step")
    assert "trading day 1 of 449" in find(english, "qr-moment").children[0].value
    assert "第 1 / 449 个交易日" in find(chinese, "qr-moment").children[0].value


def test_a_panel_asked_for_again_is_the_same_one() -> None:
    """Protects from a page that grows with every run of a cell."""
    session = a_session()
    assert session.show() is session.show()
    assert session.panels.ticket() is session.panels.ticket()
    assert session.show(language="zh") is not session.show()
    assert session.show().ticket is not session.panels.ticket()


def test_a_wrong_look_is_refused_with_what_there_is() -> None:
    """Protects from typing errors: the message lists the words."""
    session = a_session()
    for wrong in ({"language": "fr"}, {"theme": "blue"}, {"colours": "red"}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            session.show(**wrong)


def test_colours_follow_the_market() -> None:
    """Protects readers in China, where red is up; elsewhere it is green."""
    assert a_session().panels.desk.look.colours == "red_up"
    days = qr.sample_market().days[:3]
    rows = [f"{day},AAA,1,1,1,1,100" for day in days]
    frame = pd.read_csv(io.StringIO("date,symbol,open,high,low,close,volume\n" + "\n".join(rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        market = qr.read_market(frame)
    assert qr.Session(market).panels.desk.look.colours == "green_up"


def test_closing_leaves_nothing_behind() -> None:
    """Protects long-lived kernels: a closed workbench has no widget, and so no channel to the browser, left."""
    session = a_session()
    session.panels.timeline()  # what ipywidgets itself keeps for good is made once
    session.panels.close()
    before = set(alive())
    bench = session.show()
    session.buy(SYMBOL, 1000)
    session.step()
    bench._repr_mimebundle_()
    session.panels.details(1)
    for number in range(len(TABS)):
        bench._tab.selected_index = number
    session.panels.close()
    assert [widget for key, widget in alive().items() if key not in before] == []


def test_a_thousand_clicks_make_no_widget() -> None:
    """Protects a long afternoon of stepping: widgets are made once and used again."""
    session = a_session(cash=10_000_000)
    bench = session.show()
    for _ in range(25):
        session.buy(SYMBOL, 100)
    for number in range(len(TABS)):
        bench._tab.selected_index = number
    press(bench.timeline, "qr-step")
    before = len(alive())
    for _ in range(250):
        press(bench.timeline, "qr-step")
        press(bench.ticket, "qr-place")
        press(bench.timeline, "qr-back")
        press(bench.timeline, "qr-step-phase")
    bench.open("orders")
    press(bench.timeline, "qr-step")
    assert len(alive()) <= before + 10 * 3  # the first page of rows of a table, at most


def test_static_text_needs_no_widget_and_is_what_stands_there() -> None:
    """Protects notebooks on GitHub and the comparison of outputs: the text is the content, and it is short."""
    session = a_session()
    session.buy(SYMBOL, 1000)
    bundle = session.panels.open_orders()._repr_mimebundle_()
    assert set(bundle) >= {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert "604018.SH" in bundle["text/html"]
    assert "IPY_MODEL" not in bundle["text/html"]
    assert bundle["text/plain"].startswith("<OpenOrdersPanel of <Session before the first trading day")


def test_a_cell_that_moves_the_session_moves_the_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects those who mix code and clicks: after each cell the panels stand where the session stands."""
    called = {}

    class Events:
        def register(self, name: str, call: object) -> None:
            called[name] = call

        def unregister(self, name: str, call: object) -> None:
            assert called.pop(name) == call

    class Shell:
        events = Events()

    monkeypatch.setattr("qresearch.views.panels.desk._shell", Shell)
    session = a_session()
    bar = session.panels.timeline()
    session.step()
    called["post_run_cell"](object())
    assert "2022-03-01" in all_of(bar, "qr-moment")[0].children[0].value
    session.panels.close()
    assert called == {}


def test_play_stops_when_its_panel_is_closed() -> None:
    """Protects the kernel from a play that nobody can stop any more."""
    session = a_session()

    async def story() -> None:
        bar = session.panels.timeline()
        press(bar, "qr-play")
        await asyncio.sleep(0.05)
        bar.close()
        await asyncio.sleep(0.05)
        day = session.now.day
        await asyncio.sleep(0.3)
        assert session.now.day == day

    asyncio.run(story())
