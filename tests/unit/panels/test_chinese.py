"""The Chinese version: what is told about an order is Chinese throughout, numbers and codes apart."""

from __future__ import annotations

import re

import pytest
from story import SYMBOL, a_session

import qresearch as qr
from qresearch import terms
from qresearch.errors import UsageError

CHINESE = re.compile(r"[\u4e00-\u9fff]")
CODES = re.compile(r"order\w*|DAY|GTC|IOC|FOK|\d{6}\.S[HZ]|[A-Z_]{6,}")
"""Calls, times in force, symbols and codes of reasons: they are the same in every language."""


def many() -> qr.Session:
    """Orders of many kinds that waited, filled, were trimmed, refused, changed, canceled and left to expire."""
    run = a_session(start="2022-03-11", participation=0.001, cancel_latency="next_match")
    run.buy(SYMBOL, 1000)
    run.buy(SYMBOL, 300, style=terms.limit(9.2, tif="GTC"))
    run.buy(SYMBOL, 100, style=terms.stop_limit(9.7, 9.9, tif="GTC"))
    run.step()
    run.sell(SYMBOL, 500)
    run.order_value("604052", 30_000)
    run.buy("688903", 100)
    run.step()
    run.order_target("604052", 0)
    run.buy(SYMBOL, 200, style=terms.limit(20.0))
    run.sell(SYMBOL, 100, style=terms.trailing_stop(percent=2, tif="GTC"))
    run.buy(SYMBOL, 900_000)
    run.buy(SYMBOL, 100, style=terms.at_close())
    run.buy(SYMBOL, 100, style=terms.limit_if_touched(9.6, 9.7))
    run.step()
    run.cancel(2)
    run.ticket(9).update(quantity=200)
    return run.step(3)


def test_an_explanation_in_chinese_has_no_english_left() -> None:
    """Protects Chinese readers: every sentence and name of every explanation, codes apart."""
    run = many()
    assert len(run.orders) == 12
    for order in run.orders.index:
        told = run.explain(order, language="zh")
        english = re.findall(r"[A-Za-z]{2,}", CODES.sub("", str(told)))
        assert english == [], (order, str(told))
        in_english = run.explain(order)
        assert not CHINESE.search(str(in_english))
        # The same findings with the same numbers, in the same order.
        assert list(told.data.verdict) == list(in_english.data.verdict)
        for here, there in zip(told.data.text, in_english.data.text, strict=True):
            numbers = [sorted(re.findall(r"\d+\.\d\d(?!\d)", text)) for text in (here, there)]
            assert numbers[0] == numbers[1], (here, there)


def test_the_details_of_an_order_are_chinese_in_the_panel() -> None:
    """Protects the screen: explanation and picture of the states, in the Chinese look."""
    run = many()
    panel = run.panels(language="zh").details(7)
    panel.refresh()
    html = panel._words.value + panel._life.value
    text = re.sub(r"&\w+;", "", re.sub("<.*?>", " ", html))
    assert re.findall(r"[A-Za-z]{2,}", CODES.sub("", text)) == []
    assert "LIMIT_DOWN" in text
    assert "卖出 1,400 604052.SH" in text


def test_another_language_is_refused() -> None:
    """Protects from a silent fallback to English."""
    run = a_session()
    ticket = run.buy(SYMBOL, 100)
    with pytest.raises(UsageError, match="language"):
        run.explain(ticket, language="fr")
