"""The tables: they hold what the session holds, newest first, a page at a time, and can be acted on."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from story import SYMBOL, a_session, all_of, find, press

import qresearch as qr
from qresearch.book.html import number
from qresearch.domain import terms
from qresearch.sentences.words import price


@pytest.fixture
def session() -> qr.Session:
    """Orders in several states: filled, rejected, working with a limit and a stop, queued."""
    session = a_session()
    session.buy(SYMBOL, 1000)
    session.buy("688903", 100)
    session.buy(SYMBOL, 100, style=terms.limit(9.0, tif="GTC"))
    session.step()
    session.sell(SYMBOL, 500, style=terms.stop(5.0, tif="GTC"))
    return session


def cells(text: str) -> list[list[str]]:
    """The rows of an HTML table as text."""
    rows = re.findall(r"<tr data-key.*?</tr>", text)
    return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<td.*?</td>", row)] for row in rows]


def test_the_orders_are_those_of_the_session(session: qr.Session) -> None:
    """Protects the truth of the table: id, shares, fills and states as ``session.orders`` has them, newest first."""
    rows = cells(session.panels.orders().html())
    orders = session.orders.iloc[::-1]
    assert [int(row[0]) for row in rows] == list(orders.index)
    assert [row[1].split()[-1].upper() for row in rows] == list(orders.status)
    assert [row[2] for row in rows] == list(orders.reason)
    assert [row[3] for row in rows] == list(orders.symbol)
    assert [row[6].replace(",", "") for row in rows] == [str(item) for item in orders.quantity]
    assert [row[7].replace(",", "") for row in rows] == [str(item) for item in orders.filled]
    assert [bool(row[10]) for row in rows] == [bool(item) for item in orders.reason]


def test_open_orders_can_be_canceled_in_their_row(session: qr.Session) -> None:
    """Protects acting in the table: the button of a row cancels that order and no other."""
    panel = session.panels.open_orders()
    assert [row[0] for row in cells(panel.html())] == ["4", "3"]
    buttons = all_of(panel, "qr-row-cancel")
    assert [button.tooltip for button in buttons] == ["Cancel order 4", "Cancel order 3"]
    press(panel, "qr-row-cancel", 1)
    assert session.orders.status[3] == "CANCELED"
    assert session.orders.status[4] == "QUEUED"
    assert [row[0] for row in cells(panel.html())] == ["4"]
    assert [button.description for button in all_of(panel, "qr-key")] == ["4"]


def test_open_orders_can_be_changed_in_their_row(session: qr.Session) -> None:
    """Protects changing: only the fields that the order has are shown, and only what was changed is sent."""
    panel = session.panels.open_orders()
    press(panel, "qr-row-modify", 1)
    form = find(panel, "qr-form")
    assert form.layout.display is None
    assert find(panel, "qr-edit-quantity").value == 100
    assert find(panel, "qr-edit-limit").value == 9.0
    assert find(panel, "qr-edit-stop").layout.display == "none"
    find(panel, "qr-edit-limit").value = 8.9
    find(panel, "qr-edit-quantity").value = 200
    press(panel, "qr-apply")
    record = session.simulation.orders.now()[3]
    assert (record.quantity, record.terms.limit_price) == (200, 8.9)
    assert form.layout.display == "none"
    press(panel, "qr-row-modify", 1)
    press(panel, "qr-apply")
    assert panel.said == "There is nothing to change yet: type another number first."
    for name, told in (("quantity", "Quantity"), ("limit", "Limit price")):
        find(panel, f"qr-edit-{name}").value = -5
        press(panel, "qr-apply")
        assert panel.said == f"{told}: type a number above 0."
        press(panel, "qr-row-modify", 1)
    session.cancel("3")
    session.panels.desk.refresh()
    assert form.layout.display == "none"


def test_a_click_on_an_order_opens_its_details(session: qr.Session) -> None:
    """Protects the answer to "why": the number of an order leads to its explanation and the picture of its life."""
    orders, details = session.panels.orders(), session.panels.details()
    assert "Choose an order" in details.html()
    press(orders, "qr-key", 2)
    assert session.panels.desk.order_id == 2
    assert session.panels.desk.symbol == "688903.SH"
    assert "MINIMUM_SIZE" in details.html()
    assert "at least 200 shares" in details.html()
    assert "<svg" in find(details, "qr-life").value
    session.goto(0)
    assert "Choose an order" not in session.panels.details(1).html()


def test_fills_show_each_fee(session: qr.Session) -> None:
    """Protects the figures of the table: those of ``session.fills``, digit by digit."""
    (row,) = cells(session.panels.fills().html())
    (fill,) = session.fills.to_dict("records")
    assert row == [
        "1", "2022-03-01", "at the open", SYMBOL, "Buy", "1,000", price(fill["price"]), number(fill["notional"]),
        number(fill["commission"]), number(fill["stamp_duty"]), number(fill["transfer_fee"]), f"{fill['net']:+,.2f}",
    ]  # fmt: skip
    session.back()
    assert cells(session.panels.fills().html()) == []


def test_positions_tell_sellable_and_locked_apart() -> None:
    """Protects the T+1 lesson: bought today is locked, tomorrow it can be sold, in a working sale it is held back."""
    session = a_session()
    session.buy(SYMBOL, 1000)
    session.step()
    panel = session.panels.positions()
    assert cells(panel.html())[0][:5] == [SYMBOL, "1,000", "0", "1,000", "0"]
    session.sell(SYMBOL, 300, style=terms.limit(10.3, tif="GTC"))
    session.step()
    assert session.orders.status[2] == "WORKING"
    assert cells(panel.html())[0][1:5] == ["1,000", "700", "0", "300"]


def test_cash_says_what_is_reserved(session: qr.Session) -> None:
    """Protects the account line: all cash, what resting buys hold back, and what is free."""
    text = session.panels.cash().html()
    portfolio = session.portfolio
    assert portfolio.reserved > 0
    for value in (portfolio.equity, portfolio.cash, portfolio.reserved, portfolio.available, portfolio.market_value):
        assert f"<td>{number(value)}</td>" in text
    assert f"<td>{portfolio.profit:+,.2f}</td>" in text


def test_events_are_those_of_the_session(session: qr.Session) -> None:
    """Protects the log: every event that is more than the clock, newest first."""
    html = session.panels.events().html()
    rows, names = cells(html), re.findall(r'<span title="(\w+)">', html)
    events = session.events
    wanted = events[~events.event.isin(["Advanced", "QueueEmptied"])].iloc[::-1]
    assert names == list(wanted.event)[: len(rows)]
    # In words: those of the name of the event, but for the first and the last step of an order.
    said = {row[3] for row in rows}
    assert "order filled" in said
    assert "order rejected" in said
    assert len(rows) == 10


def test_filters_by_symbol_and_state(session: qr.Session) -> None:
    """Protects finding one order among many: by part of a symbol or name, and by state."""
    panel = session.panels.orders()
    find(panel, "qr-filter").value = "6040"
    assert [row[0] for row in cells(panel.html())] == ["4", "3", "1"]
    find(panel, "qr-state").value = "FILLED"
    assert [row[0] for row in cells(panel.html())] == ["1"]
    find(panel, "qr-filter").value = "nothing like it"
    assert "None match the filter." in panel.html()
    assert find(panel, "qr-foot").layout.display is None


def test_rows_are_bounded_and_the_rest_is_counted() -> None:
    """Protects the page from long tables: ten rows, "N more", and a way to the older ones."""
    session = a_session(cash=10_000_000)
    for _ in range(25):
        session.buy(SYMBOL, 100)
    panel = session.panels.orders()
    assert [row[0] for row in cells(panel.html())] == [str(item) for item in range(25, 15, -1)]
    assert "15 more" in panel.html()
    press(panel, "qr-older")
    press(panel, "qr-older")
    assert [row[0] for row in cells(panel.html())] == ["5", "4", "3", "2", "1"]
    assert [button.description for button in all_of(panel, "qr-key")] == ["5", "4", "3", "2", "1"]
    press(panel, "qr-newer")
    assert "5 more" in panel.html()
    # A longer page shows them at once (defect 19), and stays while one goes back.
    find(panel, "qr-length").value = 50
    assert len(cells(panel.html())) == 25
    assert find(panel, "qr-older").layout.display == "none"
    assert find(panel, "qr-length").layout.display is None
    session.goto(0)


def test_names_of_instruments_are_escaped() -> None:
    """Protects the page from what stands in a data file."""
    days = [str(day) for day in qr.sample_market().days[:3]]
    frame = pd.DataFrame({"date": days, "symbol": "600000.SH", "close": 10.0, "open": 10.0, "high": 10.0, "low": 10.0,
                          "volume": 1e6})  # fmt: skip
    names = pd.DataFrame({"symbol": ["600000.SH"], "name": ["<b onload=x>"]})
    session = qr.Session(qr.read_market(frame, instruments=names))
    session.buy("600000", 100)
    session.step()
    for panel in (session.panels.ticket(), session.panels.orders(), session.panels.positions()):
        assert "<b onload" not in panel.html()


def test_the_details_of_an_order_that_waits_for_long_stay_short() -> None:
    """Protects the click: a stop that is asked twice a day for months shows its beginning and its end, and says so."""
    run = a_session(cash=100_000)
    ticket = run.buy(SYMBOL, 100, style=terms.stop(11.5, tif="GTC"))
    run.step(60)
    told = run.explain(ticket)
    count = len(told.findings)
    assert count > 100
    html = told._repr_html_()
    assert html.count("<tr>") == 1 + 20 + 1 + 40
    assert f"{count - 60:,} findings left out" in html
    assert len(str(told).splitlines()) > count


def test_a_table_is_sorted_by_a_column_and_back(session: qr.Session) -> None:
    """Protects finding an order among many: by number or word, both ways, and newest first again."""
    panel = session.panels.orders()
    orders = session.orders

    def ids() -> list[int]:
        return [int(row[0]) for row in cells(panel.html())]

    panel.tools.choice.value = "quantity"
    assert [orders.quantity[number] for number in ids()] == sorted(orders.quantity)
    panel.tools.sort_by("quantity")
    assert [orders.quantity[number] for number in ids()] == sorted(orders.quantity, reverse=True)
    panel.tools.sort_by("state")
    states = [row[1] for row in cells(panel.html())]
    assert states == sorted(states)
    panel.tools.sort_by("nonsense")
    assert panel.tools.by == ("state", False)
    panel.tools.choice.value = ""
    assert ids() == list(orders.index[::-1])


def test_a_table_is_taken_along_as_csv(session: qr.Session) -> None:
    """Protects spreadsheets: all rows that the filter lets through, numbers without separators, words as they read."""
    panel = session.panels.orders()
    rows = list(csv.reader(io.StringIO(panel.tools.csv())))
    assert rows[0][:5] == ["Order", "State", "Reason", "Symbol", "Side"]
    assert len(rows) == 1 + len(session.orders)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@"))]
    assert {row[6] for row in rows[1:]} == {str(quantity) for quantity in session.orders.quantity}


def test_a_table_is_searched_by_reason_state_and_id(session: qr.Session) -> None:
    """Protects the search: what stands in a row finds it, not the symbol alone."""
    panel = session.panels.orders()
    field = panel.widget.children[1].children[2].children[0]
    for wanted, expected in (("filled", "FILLED"), ("REJECTED", "REJECTED")):
        field.value = wanted
        found = [int(row[0]) for row in cells(panel.html())]
        assert found == [number for number in session.orders.index[::-1] if session.orders.status[number] == expected]
    field.value = ""
