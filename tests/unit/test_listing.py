"""The tables of a session in a notebook: DataFrames that show first what one asks for first."""

from __future__ import annotations

import copy
import json
import pickle
import re
from typing import Any

import pandas as pd
import pytest

import qresearch as qr
from qresearch.book.listing import FIRST, listed_as


@pytest.fixture(scope="module")
def run() -> qr.Session:
    """A session with orders in several states."""
    session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000)
    session.buy("604018", 1000)
    session.step()
    session.buy("688903", 100)
    session.buy("604018", 500, style=qr.terms.limit(9.2, tif="GTC"))
    return session.step()


def facts_of(html: str) -> dict[str, Any]:
    """What the script beside a table is given."""
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("table", FIRST)
def test_a_table_is_a_dataframe_and_shows_nine_columns(run: qr.Session, table: str) -> None:
    """Protects both: programs get every column of a plain DataFrame, a reader the nine that are asked for first."""
    frame = getattr(run, table)
    assert type(frame) is pd.DataFrame
    assert len(frame.columns) > 9 or table == "fills"
    head = re.findall(r"<th [^>]*>([^<]*)</th>", frame._repr_html_())
    assert head == [frame.index.name or "row", *FIRST[table]]
    assert len(head) == 10
    columns = facts_of(frame._repr_html_())["columns"]
    assert sorted(column["name"] for column in columns) == sorted([*frame.columns, head[0]])


def test_status_and_reason_stand_first_with_colour_and_word(run: qr.Session) -> None:
    """Protects the first glance at orders: state and reason first, numbers with thousands, gaps as dashes."""
    html = run.orders._repr_html_()
    assert re.findall(r"<b style[^>]*>([A-Z]+)</b>", html.partition("<script")[0]) == ["FILLED", "REJECTED", "WORKING"]
    assert ">1,000</td>" in html
    assert ">9.58</td>" in html
    assert ">MINIMUM_SIZE</td>" in html
    assert "nan" not in html.partition("<script>")[0].lower()


def test_what_is_made_of_a_table_is_pandas_own(run: qr.Session) -> None:
    """Protects programs: selections, copies and pickles are as of any DataFrame, and equal to it."""
    orders = run.orders
    for made in (orders.head(), orders.copy(), copy.deepcopy(orders), pickle.loads(pickle.dumps(orders))):
        assert "qr-listing" not in made._repr_html_()
        pd.testing.assert_frame_equal(made, orders.head(len(made)))
    assert "qr-listing" not in pd.DataFrame({"a": [1]})._repr_html_()
    orders["mine"] = 7
    assert "<th style" in orders._repr_html_()
    assert ">mine</th>" in orders._repr_html_()


def test_many_rows_and_odd_texts_are_safe() -> None:
    """Protects a page: of very many rows the last ones, what a user wrote is text, and no script can be ended by it."""
    text = "</script><script>alert(1)</script>\u2028"
    frame = pd.DataFrame({"status": ["FILLED"] * 6_000, "symbol": [text] * 6_000, "quantity": range(6_000)})
    html = listed_as("orders", frame, "en")._repr_html_()
    facts = facts_of(html)
    assert (facts["rows"], len(facts["cells"][0]), facts["cells"][0][-1]) == (6_000, 5_000, "5999")
    assert "<script>alert" not in html
    assert "\u2028" not in html.partition("<script")[2]
    assert facts["cells"][2][0] == text
    assert "5,990 more" in html


def test_an_empty_table_says_its_columns() -> None:
    """Protects the first look: a session without orders shows the heads, and no script."""
    html = qr.Session(qr.sample_market(), start="2022-03-11").orders._repr_html_()
    assert "<th style" in html
    assert "<script" not in html


def test_the_words_around_a_table_are_those_of_the_session() -> None:
    """Protects readers of Chinese: the buttons speak it; codes and columns are those of the DataFrame."""
    session = qr.Session(qr.sample_market(), start="2022-03-11", language="zh")
    session.buy("604018", 1000)
    facts = facts_of(session.orders._repr_html_())
    assert facts["words"]["all_columns"] == "全部列"
    assert facts["cells"][1] == ["QUEUED"]
