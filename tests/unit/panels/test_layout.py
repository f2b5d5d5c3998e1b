"""The workbench: all panels on one page, in two languages, the hidden ones at rest."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from story import SYMBOL, a_session, alive, all_of, inside, press

import qresearch as qr
from qresearch import terms
from qresearch.views.panels.workbench import TABS

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_a_chinese_workbench_has_no_english_button() -> None:
    """Protects the language: what one clicks and fills in is labelled in Chinese."""
    bench = a_session().show(language="zh")
    for kind in TABS:
        bench.open(kind.name)
    labels = [
        item.description
        for item in inside(bench.widget)
        if getattr(item, "description", "") and not re.fullmatch(r"[\d–]+", item.description)
    ]
    assert len(labels) > 30
    assert [label for label in labels if not CHINESE.search(label)] == []
    assert [title for title in bench._tab.titles if not CHINESE.search(title)] == []


def test_every_field_has_a_name_for_those_who_listen() -> None:
    """Protects users of screen readers: no button, field or list without a label."""
    bench = a_session().show()
    for kind in TABS:
        bench.open(kind.name)
    for item in inside(bench.widget):
        kind = type(item).__name__
        if kind in {"Button", "Text", "FloatText", "IntText", "Dropdown", "Combobox", "DatePicker", "IntSlider",
                    "ToggleButtons", "Checkbox", "BoundedFloatText", "BoundedIntText"}:  # fmt: skip
            assert item.description, (kind, item._dom_classes)


def test_a_tab_is_made_when_it_is_opened() -> None:
    """Protects a busy page: a kernel drops messages beyond a thousand, and a lost one is a widget that never comes."""
    before = len(alive())
    bench = a_session().show()
    bench._repr_mimebundle_()
    shown = len(alive()) - before
    assert [panel.name for panel in bench.parts[3:]] == ["open_orders", "orders", "positions"]  # of the static text too
    assert shown < 450
    bench.open("costs")
    assert bench.parts[-1] is bench.tab("costs")
    assert "qr-costs" in {name for item in inside(bench.widget) for name in item._dom_classes}
    assert len(alive()) > before + shown


def test_only_the_open_tab_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the speed of a click: tables that nobody sees wait until their tab is opened."""
    session = a_session()
    bench = session.show()
    painted = []
    for kind in TABS:
        panel = bench.tab(kind.name)
        monkeypatch.setattr(panel, "draw", lambda name=panel.name: painted.append(name))
    press(bench.timeline, "qr-step")
    assert painted == ["open_orders"]
    bench.open("positions")
    assert painted == ["open_orders", "positions"]


def test_a_click_on_an_order_opens_the_details_tab() -> None:
    """Protects the one click from an order to its reasons."""
    session = a_session()
    session.buy("688903", 100)
    bench = session.show()
    bench.open("orders")
    press(bench.tab("orders"), "qr-key")
    assert TABS[bench._tab.selected_index].name == "details"
    assert "MINIMUM_SIZE" in bench.tab("details").html()


def test_a_whole_story_by_clicks_is_that_of_the_code() -> None:
    """Protects the promise that panels only press what code can call: the digests are equal."""
    session = a_session()
    bench = session.show()
    bench.desk.select(symbol="604018")
    press(bench.timeline, "qr-step")
    bench.ticket._quantity.value = 1000
    press(bench.ticket, "qr-place")
    press(bench.timeline, "qr-step")
    bench.ticket._side.value = "sell"
    bench.ticket._type.value = "LIMIT"
    bench.ticket._limit.value = 99.0
    bench.ticket._good.value = "GTC"
    press(bench.ticket, "qr-place")
    press(bench.timeline, "qr-step")
    press(bench.timeline, "qr-back")
    press(bench.tab("open_orders"), "qr-row-cancel")
    press(bench.timeline, "qr-step")

    same = a_session().step()
    same.buy(SYMBOL, 1000)
    same.step()
    same.sell(SYMBOL, 1000, style=terms.limit(99.0, tif="GTC"))
    same.step()
    same.back()
    same.cancel("2")
    same.step()
    assert session.digest() == same.digest()
    assert session.branches.current == same.branches.current != "main"


def test_the_static_text_has_no_widgets_and_all_of_the_account() -> None:
    """Protects GitHub and nbval: the fallback of the whole page is plain HTML with the real content."""
    session = a_session()
    session.buy(SYMBOL, 1000)
    session.step()
    text = session.show()._repr_mimebundle_()["text/html"]
    for wanted in ("trading day 1 of 449", "604018.SH", "9.52", "1,000", "No open orders."):
        assert wanted in text
    assert len(text) < 20_000


def test_panels_load_only_when_asked_for() -> None:
    """Protects the start of headless runs: a session loads no widgets until ``show`` or ``panels`` is used."""
    code = (
        "import sys, qresearch as qr; s = qr.Session(qr.sample_market(), start='2022-03-01').step(); "
        "print('ipywidgets' in sys.modules, 'anywidget' in sys.modules); s.panels.cash(); "
        "print('ipywidgets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]


def test_without_the_extra_everything_is_there_but_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects a plain installation: without anywidget the chart is a picture, and every button works."""
    for name in ("chart", "timeline_bar", "practice"):
        monkeypatch.setattr(f"qresearch.views.panels.{name}.has_live", lambda: False)
    session = a_session()
    bench = session.show()
    press(bench.timeline, "qr-step")
    assert [item for item in inside(bench.widget) if type(item).__name__ in {"Keys", "LiveChart"}] == []
    assert any(type(item).__name__ == "Image" for item in inside(bench.widget))


def test_five_thousand_symbols_do_not_slow_a_click() -> None:
    """Protects big markets: the Python side of a step click stays far below what the eye sees."""
    days = qr.sample_market().days[:40]
    symbols = [f"{first + number}.SH" for first in (600000, 601000, 603000, 605000, 688000) for number in range(1_000)]
    frame = pd.DataFrame({
        "date": np.repeat(days, len(symbols)), "symbol": np.tile(symbols, len(days)), "open": 10.0, "high": 10.2,
        "low": 9.8, "close": 10.0, "volume": 1e6,
    })  # fmt: skip
    session = qr.Session(qr.read_market(frame), cash=1e8)
    bench = session.show()
    for symbol in symbols[:200]:
        session.buy(symbol, 100)
    press(bench.timeline, "qr-step")
    spent = []
    for _ in range(11):
        began = time.perf_counter()
        press(bench.timeline, "qr-step")
        spent.append(time.perf_counter() - began)
    assert sorted(spent)[5] < 0.1, spent
    assert len(all_of(bench.ticket, "qr-symbol")[0].options) <= 20
