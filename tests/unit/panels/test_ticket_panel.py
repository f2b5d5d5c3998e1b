"""The order ticket: what it asks for is what the session gets, and the preview says so before."""

from __future__ import annotations

import datetime as dt

import pytest
from story import SYMBOL, a_session, find, press

import qresearch as qr


@pytest.fixture
def session() -> qr.Session:
    """A session one step in, so that prices are known: 604018 closed at 9.61."""
    return a_session().step()


def fields(panel: object, **values: object) -> None:
    """Fill in fields of the ticket, by the names of its words."""
    for name, value in values.items():
        found = panel._fields[name]
        found.value = value


def preview(panel: object) -> str:
    """What the ticket says before the order is sent."""
    return find(panel, "qr-preview").value


def test_the_preview_shows_what_would_be_sent_and_each_fee(session: qr.Session) -> None:
    """Protects from surprises: after rounding 1,040 shares are 1,000; 9,610 and the minimum commission of 5."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", quantity=1040)
    text = preview(panel)
    assert "<b>1,000</b> shares of 604018.SH" in text
    for label, value in (
        ("Value", "9,610.00"), ("Commission", "5.00"), ("Stamp duty", "0.00"), ("Transfer fee", "0.00"),
        ("Available now", "100,000.00"), ("Available after", "90,385.00"), ("Held after", "1,000"),
    ):  # fmt: skip
        assert f"<th>{label}</th><td>{value}</td>" in text
    assert len(session.orders) == 0


def test_checks_have_a_tick_or_a_cross_and_a_sentence(session: qr.Session) -> None:
    """Protects the answer to "why not": the check that fails stands there with its numbers."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", quantity=100_000)
    text = preview(panel)
    assert 'data-passes="false"' in text
    assert "961,240.25 needed with fees, 100,000.00 available" in text
    fields(panel, symbol="688903", quantity=100)
    assert "at least 200 shares" in preview(panel)


def test_a_field_that_holds_nothing_usable_says_so_in_the_preview(session: qr.Session) -> None:
    """Protects typing: half a number is no error box, it is a cross in the preview."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", how="lots", quantity=1.5)
    assert 'data-passes="false"' in preview(panel)
    assert panel.last_error is None
    fields(panel, how="shares", type="LIMIT", limit_price=-1)
    assert "Limit price: type a number above 0." in preview(panel)


CASES = [
    ({"how": "shares", "quantity": 300}, ("order", 300.0, 300)),
    ({"how": "lots", "quantity": 2}, ("order_lots", 2.0, 200)),
    ({"how": "value", "quantity": 10_000}, ("order_value", 10_000.0, 1_000)),
    ({"how": "percent", "quantity": 50}, ("order_pct", 0.5, 5_200)),
    ({"how": "target", "quantity": 700}, ("order_target", 700.0, 700)),
    ({"how": "target_value", "quantity": 5_000}, ("order_target_value", 5_000.0, 500)),
]


@pytest.mark.parametrize(("given", "wanted"), CASES, ids=[case[0]["how"] for case in CASES])
def test_each_way_to_say_how_much(session: qr.Session, given: dict[str, object], wanted: tuple) -> None:
    """Protects the six ways: each calls its order function, and the shares are those computed by hand at 9.61."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", **given)
    press(panel, "qr-place")
    order = session.simulation.orders.now()[1]
    assert (order.method.call, order.asked, order.quantity) == wanted


TYPES = [
    ({"type": "MARKET"}, ("MARKET", None, None, None, False)),
    ({"type": "LIMIT", "limit_price": 9.5}, ("LIMIT", 9.5, None, None, False)),
    ({"type": "STOP", "stop_price": 9.9}, ("STOP", None, 9.9, None, False)),
    ({"type": "STOP_LIMIT", "stop_price": 9.9, "limit_price": 10}, ("STOP_LIMIT", 10, 9.9, None, False)),
    # A trailing stop to buy starts at its distance above the last price, 9.61: 9.61 x 1.05 = 10.0905, a tick up.
    ({"type": "TRAILING_AMOUNT", "trail": 0.3}, ("TRAILING_STOP", None, 9.91, 0.3, False)),
    ({"type": "TRAILING_PERCENT", "trail": 5}, ("TRAILING_STOP", None, 10.1, 0.05, True)),
    ({"type": "LIMIT_IF_TOUCHED", "stop_price": 9.4, "limit_price": 9.5}, ("LIMIT_IF_TOUCHED", 9.5, 9.4, None, False)),
    ({"type": "MARKET_ON_OPEN"}, ("MARKET_ON_OPEN", None, None, None, False)),
    ({"type": "MARKET_ON_CLOSE"}, ("MARKET_ON_CLOSE", None, None, None, False)),
]


@pytest.mark.parametrize(("given", "wanted"), TYPES, ids=[case[0]["type"] for case in TYPES])
def test_each_type_of_order(session: qr.Session, given: dict[str, object], wanted: tuple) -> None:
    """Protects the types: what is chosen is what is sent, with its prices."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", **given)
    press(panel, "qr-place")
    sent = session.simulation.orders.now()[1].terms
    told = (sent.kind.value, sent.limit_price, sent.stop_price, sent.trail, sent.trail_is_fraction)
    assert told == pytest.approx(wanted, abs=1e-9)


def test_each_time_in_force(session: qr.Session) -> None:
    """Protects how long an order is good for; a date needs one."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", type="LIMIT", limit_price=9.5)
    for number, word in enumerate(("DAY", "GTC", "IOC", "FOK"), start=1):
        fields(panel, good_for=word)
        press(panel, "qr-place")
        assert session.simulation.orders.now()[number].terms.time_in_force.value == word
    fields(panel, good_for="GTD")
    assert "Last day: choose the last day first." in preview(panel)
    fields(panel, until_day=dt.date(2022, 3, 31))
    press(panel, "qr-place")
    assert session.simulation.orders.now()[5].terms.good_till == dt.date(2022, 3, 31)


def test_only_the_fields_of_the_type_are_shown(session: qr.Session) -> None:
    """Protects the eye: no price field that would be ignored."""
    panel = session.panels.ticket()

    def shown() -> set[str]:
        return {key for key, field in panel._fields.items() if field.layout.display != "none"}

    base = {"symbol", "side", "how", "quantity", "type", "good_for"}
    assert shown() == base
    fields(panel, type="STOP_LIMIT")
    assert shown() == base | {"limit_price", "stop_price"}
    fields(panel, type="TRAILING_PERCENT", good_for="GTD")
    assert shown() == base | {"trail", "until_day"}
    fields(panel, how="target")
    assert "side" not in shown()


def test_after_it_the_state_of_the_order_is_shown(session: qr.Session) -> None:
    """Protects the story: queued, then filled, then gone again after going back."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", quantity=1000)
    press(panel, "qr-place")
    assert 'data-state="QUEUED"' in panel.html()
    press(session.panels.timeline(), "qr-step")
    assert 'data-state="FILLED"' in panel.html()
    press(session.panels.timeline(), "qr-back")
    assert 'data-state="QUEUED"' in panel.html()
    press(session.panels.timeline(), "qr-back")
    assert "Order 1 is not placed yet at this point of the timeline." in panel.html()


def test_a_refused_order_shows_its_reason_and_advice(session: qr.Session) -> None:
    """Protects learning: the rejection is shown with its sentence, in the language of the panels."""
    panel, chinese = session.panels.ticket(), session.panels(language="zh").ticket()
    for one in (panel, chinese):
        fields(one, symbol="688903", quantity=100)
        press(one, "qr-place")
    assert "MINIMUM_SIZE" in panel.html()
    assert "Ask for at least the minimum of the board" in panel.html()
    assert "该板块每笔委托至少200股" in chinese.html()


def test_shares_bought_today_are_named_as_locked() -> None:
    """Protects the T+1 lesson: the ticket says what is locked; on the clock of the same bar the sale is refused."""
    session = a_session(clock="same_bar").step(phase="OPEN")
    panel = session.panels.ticket()
    fields(panel, symbol="604018", quantity=1000)
    press(panel, "qr-place")
    assert 'data-state="FILLED"' in panel.html()
    fields(panel, side="sell")
    assert "T+1" in preview(panel)
    press(panel, "qr-place")
    assert 'data-state="REJECTED"' in panel.html()
    assert "T_PLUS_ONE" in panel.html()


def test_a_price_picked_on_the_chart_becomes_the_limit(session: qr.Session) -> None:
    """Protects click-to-place: the type turns to limit; a stop order takes it as its stop."""
    panel = session.panels.ticket()
    session.panels.desk.offer_price(9.44)
    assert (panel._type.value, panel._limit.value) == ("LIMIT", 9.44)
    fields(panel, type="STOP")
    session.panels.desk.offer_price(9.33)
    assert (panel._type.value, panel._stop.value) == ("STOP", 9.33)


def test_search_by_code_and_name(session: qr.Session) -> None:
    """Protects finding: part of a code or of a name offers a few matches; a full code chooses."""
    panel = session.panels.ticket()
    box = panel._symbol
    name = session.market.instrument("604018").name
    assert name
    box.widget.value = name[:3].lower()
    assert any(option.startswith("604018.SH") for option in box.widget.options)
    box.widget.value = "6040"
    assert 1 < len(box.widget.options) <= 20
    box.widget.value = "SH604018"
    assert session.panels.desk.symbol == SYMBOL
    assert panel._name.value.startswith('<div class="qr-instrument"><b>604018.SH</b>')


def test_what_resting_buys_hold_back_is_not_offered_twice() -> None:
    """Protects the preview: 1,000 at 8.90 and the fee of 5 leave 11,095 of 20,000, and the match agrees.

    At 9.68, the next open, 11,095 pay for 1,100 shares: 10,648 and 5; 1,200 would be 11,616.
    """
    run = a_session(start="2022-03-11", cash=20_000).step()
    run.buy(SYMBOL, 1000, style=qr.terms.limit(8.9, tif="GTC"))
    run.step()
    panel = run.panels.ticket()
    fields(panel, symbol="604018", quantity=2000)
    text = preview(panel)
    assert "needed with fees, 11,095.00 available" in text
    assert 'data-passes="false"' in text
    press(panel, "qr-place")
    run.step()
    assert run.ticket(2).filled == 1100
    assert run.ticket(2).average_price == pytest.approx(9.68)


def test_a_limit_order_is_reckoned_at_no_worse_than_its_limit(session: qr.Session) -> None:
    """Protects the figures of a limit order: 9.61 was the close; a limit below it is the price, one above is not."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", type="LIMIT", limit_price=9.2, quantity=1000)
    assert "<th>Price</th><td>9.20</td>" in preview(panel)
    assert "<th>Value</th><td>9,200.00</td>" in preview(panel)
    fields(panel, limit_price=9.9)
    assert "<th>Price</th><td>9.61</td>" in preview(panel)


def test_a_trailing_stop_begins_five_percent_away_and_says_so(session: qr.Session) -> None:
    """Protects from a stop at half the price: 5% of 9.61 is 0.48, in percent 5; both are told as a distance."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", type="TRAILING_AMOUNT", quantity=100)
    assert panel._fields["trail"].value == pytest.approx(0.48)
    press(panel, "qr-place")
    assert "trailing stop 10.09 0.48 behind" in panel.html()
    fields(panel, type="TRAILING_PERCENT")
    assert panel._fields["trail"].value == pytest.approx(5)


def test_a_quantity_that_cannot_be_is_told_by_its_field(session: qr.Session) -> None:
    """Protects typing: no number of shares below 1, and none with a part; the words are those of the ticket."""
    panel = session.panels(language="zh").ticket()
    fields(panel, symbol="604018", quantity=0)
    assert "数量：请输入大于 0 的数。" in preview(panel)
    fields(panel, quantity=-100)
    assert "数量：请输入大于 0 的数。" in preview(panel)
    fields(panel, quantity=55.5)
    assert "55.5 不是整数" in preview(panel)
    press(panel, "qr-place")
    assert isinstance(panel.last_error, qr.errors.UsageError)
    assert len(session.orders) == 0
    fields(panel, how="target", quantity=0)
    assert "大于 0" not in preview(panel)


def test_a_symbol_that_nothing_matches_is_said(session: qr.Session) -> None:
    """Protects from an order in another instrument than the field shows: the panel says what is still chosen."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018")
    find(panel, "qr-field-symbol").value = "NOSUCH"
    assert "No instrument matches “NOSUCH”. Still shown: 604018.SH." in panel.said
    find(panel, "qr-field-symbol").value = "6040"
    assert panel.said == ""
    assert panel.desk.symbol == "604018.SH"


def test_a_double_click_sends_one_order(session: qr.Session) -> None:
    """Protects from a second order that nobody meant (defect 12); a later click, or another request, is one."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", quantity=100)
    now = [0.0]
    panel.clock = lambda: now[0]
    press(panel, "qr-place")
    press(panel, "qr-place")
    assert len(session.orders) == 1
    assert "one order was sent" in panel.said
    fields(panel, quantity=200)
    press(panel, "qr-place")
    now[0] = 1.0
    press(panel, "qr-place")
    assert session.orders["quantity"].to_list() == [100, 200, 200]


def test_the_ticket_says_the_terms_and_that_a_refused_order_changes_nothing(session: qr.Session) -> None:
    """Protects the last look before sending (defects 1, 2, 17): which type it is, and the limits of the next day."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", type="LIMIT", limit_price=9.6, good_for="GTC")
    assert "<b>100</b> shares of 604018.SH, limit 9.60, until canceled" in preview(panel)
    fields(panel, limit_price=20)
    text = preview(panel)
    assert "outside the price limits of 2022-03-02" in text
    assert "neither cash nor shares would change" in text
    assert "Available after" not in text


def test_enter_takes_the_first_match(session: qr.Session) -> None:
    """Protects typing a name (defect 14): "hengyu" and Enter is 604018, and "604" and Enter the first on offer."""
    panel = session.panels.ticket()
    for text, symbol in (("hengyu", "604018.SH"), ("688903", "688903.SH"), ("shuhai", "302601.SZ")):
        panel._symbol.widget.value = text
        panel._symbol.widget._handle_custom_msg({"event": "submit"}, [])
        assert session.panels.desk.symbol == symbol
        assert panel._symbol.widget.value.startswith(symbol)
    panel._symbol.widget.value = "604"
    first = panel._symbol.widget.options[0]
    panel._symbol.widget._handle_custom_msg({"event": "submit"}, [])
    assert first.startswith(session.panels.desk.symbol)


def test_numbers_that_cannot_be_meant_are_told_by_their_field(session: qr.Session) -> None:
    """Protects those who mistype: the field and what it takes, in the language of the page, and no call."""
    panel = session.panels(language="zh").ticket()
    fields(panel, symbol="604018", how="percent", quantity=150)
    assert "数量：&#x27;150&#x27; 不是 0 到 100 之间的数。" in preview(panel)
    fields(panel, how="shares", quantity=1e20)
    assert "不是 0 到 1,000,000,000,000 之间的数" in preview(panel)
    fields(panel, quantity=100, side="sell", type="TRAILING_PERCENT", trail=200)
    assert "跟踪距离：&#x27;200&#x27; 不是 0.01 到 99 之间的数。" in preview(panel)
    fields(panel, type="TRAILING_AMOUNT", trail=10.2)
    assert "跟踪距离：&#x27;10.2&#x27; 不是 0 到 9.6 之间的数。" in preview(panel)
    fields(panel, trail=9.6)
    assert "不是" not in preview(panel)
    fields(panel, type="LIMIT", limit_price=0.001)
    assert "限价：&#x27;0.001&#x27; 不是 0.01 到" in preview(panel)


def test_an_order_after_hours_is_not_asked_how_long(session: qr.Session) -> None:
    """Protects a combination that no rule allows: what is good for one day only has no field for it."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", type="LIMIT", limit_price=9.6, good_for="GTD")
    fields(panel, type="AFTER_HOURS")
    assert find(panel, "qr-field-good-for").layout.display == "none"
    assert find(panel, "qr-field-until-day").layout.display == "none"
    assert "after hours" in preview(panel)
    fields(panel, type="LIMIT")
    assert find(panel, "qr-field-good-for").layout.display is None
    assert "choose the last day" in preview(panel)


def test_prices_belong_to_an_instrument(session: qr.Session) -> None:
    """Protects from selling one share at the price of another: a price in use begins at the last one of the new."""
    panel = session.panels.ticket()
    fields(panel, symbol="604018", type="STOP_LIMIT", stop_price=9.5, limit_price=9.4)
    fields(panel, symbol="604052")
    last = session.history("604052", 1, adjust="none").iloc[0, 0]
    assert (find(panel, "qr-field-stop-price").value, find(panel, "qr-field-limit-price").value) == (last, last)
    fields(panel, type="TRAILING_AMOUNT")
    fields(panel, symbol="604018")
    assert find(panel, "qr-field-trail").value == 0.48
