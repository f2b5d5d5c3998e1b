"""The tear-sheet panel: the page of a branch in a closed frame, words where there is too little, two branches."""

from __future__ import annotations

import html
import re

import pytest
from story import SYMBOL, a_session, find, press

import qresearch as qr
from qresearch.views.dark import as_light
from qresearch.views.panels.desk import Desk, Look
from qresearch.views.panels.tearsheet_panel import TearsheetPanel


def panel_of(run: qr.Session, language: str = "en") -> TearsheetPanel:
    """The panel, painted."""
    panel = TearsheetPanel(Desk(run, Look(language)))
    panel.desk.refresh()
    return panel


def test_too_little_data_is_said_in_words() -> None:
    """Protects the first click: before two days are over there is a sentence, and no page to ask for."""
    run = a_session()
    panel = panel_of(run)
    assert find(panel, "qr-make-page").disabled
    assert "Not enough data yet" in panel.html()
    assert "there are 0" in panel.html()
    run.step()
    panel.desk.refresh()
    assert "there are 1" in panel.html()
    assert "数据不足" in panel_of(run, "zh").html()
    run.step()
    panel.desk.refresh()
    assert not find(panel, "qr-make-page").disabled


def test_the_page_stands_in_a_frame_that_is_closed() -> None:
    """Protects the notebook: the QuantStats page is inside a sandbox without scripts, whole and escaped."""
    run = a_session()
    run.buy(SYMBOL, 1000)
    run.step(30)
    panel = panel_of(run)
    press(panel, "qr-make-page")
    assert panel.last_error is None
    frame = panel._frame_of_page.value
    assert '<iframe sandbox="" ' in frame
    # The frame is turned by the page around it: the page in it does not turn itself as well.
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', frame).group(1)) == as_light(panel.page) != panel.page
    assert "Key Performance Metrics" in panel.page
    assert "as of 2022-04-13" in panel.html()
    assert f"{run.portfolio.equity:,.2f}" in panel.html()
    run.step()
    panel.desk.refresh()
    assert "The session has moved since" in panel._state.value
    assert panel._frame_of_page.value == frame


def test_two_branches_are_compared_once_there_are_two() -> None:
    """Protects the compare tab: a sentence while there is one branch, then both in one table with their own equity."""
    run = a_session().step(10)
    panel = panel_of(run)
    panel.mode.value = "two"
    assert "There is only one branch" in panel._state.value
    run.back(5)
    run.buy(SYMBOL, 2000)
    run.step(5)
    panel.desk.refresh()
    assert {panel.first.value, panel.second.value} == set(run.branches)
    press(panel, "qr-make-page")
    assert f"{run.portfolio.equity:,.2f}" in panel.page
    assert "100,000.00" in panel.page
    assert '<iframe sandbox="" ' in panel._frame_of_page.value
    panel.second.value = panel.first.value
    assert "Choose two different branches" in panel._state.value
    assert find(panel, "qr-make-page").disabled


def test_what_fails_is_shown_in_the_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects from silence: an error while the page is made stands in the panel."""

    def broken(*_: object, **__: object) -> str:
        raise ValueError("no page today")

    monkeypatch.setattr("qresearch.views.report.tear_sheet", broken)
    panel = panel_of(a_session().step(5))
    press(panel, "qr-make-page")
    assert "no page today" in panel._note.value
