"""The rules panel: the page of the chosen instrument as of the day, in the language of the panel."""

from __future__ import annotations

import re

from story import a_session, find

from qresearch.views.panels.workbench import Panels


def test_the_page_follows_the_chosen_instrument_and_the_day() -> None:
    """Protects the lesson: another instrument has other rules, and a rule that begins tomorrow is not there today."""
    run = a_session(start="2022-04-26")
    panel = run.panels.rules()
    page = find(panel, "qr-rules-page")
    panel.desk.select(symbol="688903.SH")
    assert "688903.SH" in page.value and "200, then steps of 1" in page.value and "20%" in page.value
    panel.desk.select(symbol="604018.SH")
    assert "100, then steps of 100" in page.value and "0.002% of purchases and sales" in page.value
    while str(run.now.day)[:10] != "2022-04-29":
        run.step()
    panel.desk.refresh()
    assert "0.001% of purchases and sales" in page.value and "2022-04-29" in page.value


def test_the_page_is_chinese_but_for_its_sources() -> None:
    """Protects Chinese readers: labels and what the rules say; sources and notes are quoted in English."""
    page = find(Panels.of(a_session())(language="zh").rules(), "qr-rules-page").value
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    facts, rules = cells[:10], cells[10:]
    told = [*facts[::2], *rules[::5], *rules[1::5], *re.findall(r"<th [^>]*>(.*?)</th>", page)]
    assert [text for text in told if re.search(r"[A-Za-z]{2,}", text)] == []


def test_a_rule_of_every_venue_is_told() -> None:
    """Protects the page from a rule without a name or a sentence: every rule of every class, on a day each."""
    run = a_session()
    for symbol in run.market.symbols:
        page = run.tables.rules(symbol)
        assert page.html("zh") and list(page.table.index) == [rule for rule, _ in page.rules]
        assert not re.search(r"\b[a-z]+_[a-z]+\b", str(page)), symbol
