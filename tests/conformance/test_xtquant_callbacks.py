"""The order of callbacks and the life of an order, as parts 1.6 and 1.7 of the facts about XtQuant give them.

The market is written down by hand: 600001 opens on the second day at 10.1 and closes at 10.3, between 9.09 and 11.11.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import qresearch as qr
from qresearch.dialects import xtquant

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from hand import market  # beside the unit tests

SHARE, OTHER = "600001.SH", "000002.SZ"
MOVES = {
    SHARE: [(10.0, 10.2), (10.1, 10.3), (10.0, 9.4), (9.5, 9.6), 9.6],
    OTHER: [20.0, (20.0, 20.4), 20.0, 20.0, 20.0],
}
BEGIN = '''
import time
from xtquant import xtconstant, xtdata
from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback
from xtquant.xttype import StockAccount

class C(XtQuantTraderCallback):
    def on_account_status(self, data):
        print("status", data.status)
    def on_stock_asset(self, data):
        print("asset", data.cash)
    def on_stock_order(self, data):
        print("order", data.order_id, data.order_status, data.traded_volume)
    def on_stock_trade(self, data):
        print("trade", data.order_id, data.traded_volume, data.traded_price)
    def on_stock_position(self, data):
        print("position", data.volume, data.can_use_volume)
    def on_order_error(self, data):
        print("error", data.order_id, data.error_id)
    def on_cancel_error(self, data):
        print("cancel error", data.order_id)
    def on_order_stock_async_response(self, data):
        print("response", data.seq, data.order_id, repr(data.error_msg))
    def on_cancel_order_stock_async_response(self, data):
        print("cancel response", data.seq, data.order_id, data.cancel_result)

trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1000000365")
trader.register_callback(C())
trader.start()
trader.connect()
trader.subscribe(account)
BUY, SELL, FIX, LAST = 23, 24, xtconstant.FIX_PRICE, xtconstant.LATEST_PRICE

def at(text):
    """Sleep to a time of the day."""
    hour, minute = map(int, text.split(":"))
    now = time.localtime()
    time.sleep((hour - now.tm_hour) * 3600 + (minute - now.tm_min) * 60 - now.tm_sec)
'''


def said(capsys: pytest.CaptureFixture[str], body: str, **options: Any) -> list[str]:
    """What a script prints on the second day of the market, without the notice of the account."""
    given = {"cash": 100_000, "costs": "zero", **options}
    text = BEGIN + textwrap.dedent(body) + "\ntrader.run_forever()\n"
    session = qr.Session.from_script(text, market(MOVES), start="2024-01-03", dialect="xtquant", **given)
    session.step(phase="AFTER_CLOSE")
    said.session = session  # type: ignore[attr-defined]  # for what else is asked of it
    return capsys.readouterr().out.replace("status 0\n", "").splitlines()


FILLED = ["trade 1 200 10.1", "order 1 56 200", "asset 97980.0", "position 200 0"]


def test_an_order_is_answered_before_it_works_and_works_before_it_trades(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the contract: the answer, 50, the trade with its order, then money and shares."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        print("seq", trader.order_stock_async(account, "{SHARE}", BUY, 200, FIX, 10.2, "s", "r"))
    """,
    )
    assert lines == ["seq 1", "response 1 1 ''", "order 1 49 0", "order 1 50 0", *FILLED]


def test_a_call_that_waits_returns_before_its_callbacks(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects scripts that note the number of an order: nothing is told of it before they have it."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        number = trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 10.2)
        print("number", number, time.strftime("%H:%M:%S"))
    """,
    )
    assert lines == ["number 1 09:31:00", "order 1 49 0", "order 1 50 0", *FILLED]


def test_a_refusal_has_a_number_and_its_error_comes_last(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the trace of a real account: response, 50, 57, error, for a sale without shares."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        trader.order_stock_async(account, "{SHARE}", SELL, 200, FIX, 10.2, "s", "r")
        time.sleep(1)
        order = trader.query_stock_order(account, 1)
        print(order.order_status, order.status_msg)
    """,
    )
    assert lines[:4] == ["response 1 1 ''", "order 1 50 0", "order 1 57 0", "error 1 251005"]
    assert lines[4].startswith("57 [COUNTER][251005][证券可用数量不足]")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("BUY, 20000, FIX, 10.2", 260200), ("SELL, 200, FIX, 10.2", 251005), ("BUY, 150, FIX, 10.2", 120000),
        ("BUY, 200, FIX, 12.0", 120000), ("BUY, 200, xtconstant.MARKET_SZ_FULL_OR_CANCEL, 0", 120000),
    ],
)  # fmt: skip
def test_what_the_counter_refuses_is_junk(capsys: pytest.CaptureFixture[str], call: str, code: int) -> None:
    """Protects 57: cash, shares, lots, price limits and kinds of price of another exchange; the number is positive."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        print("number", trader.order_stock(account, "{SHARE}", {call}))
    """,
    )
    assert (lines[0], lines[-2:]) == ("number 1", ["order 1 57 0", f"error 1 {code}"])


@pytest.mark.parametrize("time", ["15:10", "08:20"])
def test_closed_hours_are_junk(capsys: pytest.CaptureFixture[str], time: str) -> None:
    """Protects the hours of a counter: after 15:00 and at night an order is refused with 120144."""
    wait = f'at("{time}")' if time > "09" else 'at("09:00"); time.sleep(86400 - 2400)'
    lines = said(
        capsys,
        f"""
        {wait}
        print("number", trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 10.2), time.strftime("%H:%M"))
    """,
    )
    if time < "09":
        said.session.step()  # type: ignore[attr-defined]  # as above
        lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == (f"number 1 {time}", "error 1 120144")


def test_an_order_of_a_weekend_is_told_with_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects a polling loop that wakes on Saturday at half past nine: the refusal names the day, too."""
    body = f"""
        while time.strftime("%a %H:%M") != "Sat 09:31":
            time.sleep(60)
        trader.order_stock(account, "{SHARE}", BUY, 100, FIX, 10.0)
        time.sleep(1)
        print(trader.query_stock_orders(account)[0].status_msg)
    """
    lines = said(capsys, body)
    said.session.step(3)  # type: ignore[attr-defined]  # to Monday
    lines += capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("time=2024-01-06 09:31:00, orders are taken from 09:00 to 15:00 of a trading day")


@pytest.mark.parametrize(
    "call",
    ['"999999.SH", BUY, 100, FIX, 10.0', '"600001.SH", BUY, 100, 20, 10.0', '"600001.SH", BUY, 0, FIX, 10.0',
     '"600001.SH", 27, 100, FIX, 10.0', '"600001.SH", BUY, 100, FIX, 0'],
)  # fmt: skip
def test_what_never_comes_to_the_counter_is_minus_one(capsys: pytest.CaptureFixture[str], call: str) -> None:
    """Protects -1: no record, no callback, and a notice that says why."""
    lines = said(capsys, f"print(trader.order_stock(account, {call}), len(trader.query_stock_orders(account)))")
    assert lines == ["-1 0"]
    assert "was not sent (-1)" in " ".join(said.session.notices.table["notice"])  # type: ignore[attr-defined]


def test_an_async_order_that_is_not_sent_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the async way of -1: a seq, a response with the reason, then the error."""
    lines = said(capsys, 'print(trader.order_stock_async(account, "999999.SH", BUY, 100, FIX, 10.0))')
    assert lines[0] == "1"
    assert "response 1 -1" in lines[1] and "Unknown symbol" in lines[1]
    assert lines[2] == "error -1 120001"


def test_a_cancel_is_answered_before_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the cancel of an order without a fill: the answer, 51, 54."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        number = trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 9.5)
        time.sleep(5)
        print("seq", trader.cancel_order_stock_async(account, number))
    """,
    )
    assert lines == ["order 1 49 0", "order 1 50 0", "seq 1", "cancel response 1 1 0", "order 1 51 0", "order 1 54 0"]


def test_a_cancel_that_comes_too_late_is_an_error_after_its_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the refused cancel: -1, the answer, the error; the order stays what it is."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        number = trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 10.2)
        time.sleep(5)
        print("cancel", trader.cancel_order_stock(account, number), trader.cancel_order_stock(account, 99))
        time.sleep(1)
        trader.cancel_order_stock_async(account, number)
        time.sleep(1)
        print(trader.query_stock_order(account, number).order_status)
    """,
    )
    after = lines[lines.index("position 200 0") + 1 :]
    # The callback of the first call comes before the second one returns.
    assert after == ["cancel error 1", "cancel -1 -1", "cancel response 1 1 -1", "cancel error 1", "56"]


def test_a_part_is_filled_and_the_rest_canceled(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects 55, 52 and 53: under a cap on the volume a part is filled, and the rest can be canceled."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        number = trader.order_stock(account, "{SHARE}", BUY, 2000, FIX, 10.2)
        time.sleep(5)
        print(trader.cancel_order_stock(account, number))
    """,
        participation=0.001,
    )
    assert [line for line in lines if line.startswith(("order", "trade"))] == [
        "order 1 49 0", "order 1 50 0", "trade 1 1000 10.1", "order 1 55 1000", "order 1 52 1000", "order 1 53 1000",
    ]  # fmt: skip


def test_an_order_before_the_open_meets_the_opening(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects daily bars: an order of 09:00 waits with 50 and is filled at 09:30."""
    lines = said(
        capsys,
        f"""
        trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 10.2)
        at("09:29")
        print(trader.query_stock_order(account, 1).order_status)
        at("09:31")
        print(trader.query_stock_order(account, 1).order_status)
    """,
    )
    assert lines == ["order 1 49 0", "order 1 50 0", "50", *FILLED, "56"]


def test_an_order_at_noon_waits_for_the_afternoon(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the break: between 11:30 and 13:00 nothing is matched."""
    lines = said(
        capsys,
        f"""
        at("11:45")
        trader.order_stock(account, "{SHARE}", BUY, 200, LAST, 0)
        at("12:59")
        print(trader.query_stock_order(account, 1).order_status)
        at("13:01")
        print(trader.query_stock_order(account, 1).order_status, trader.query_stock_trades(account)[0].traded_price)
    """,
    )
    assert [line for line in lines if line[0].isdigit()] == ["50", "56 10.1"]


def test_late_orders_trade_at_the_close(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects 14:50: the close is the last price then, and what is sent is traded at it."""
    lines = said(
        capsys,
        f"""
        at("14:49")
        print(xtdata.get_full_tick(["{SHARE}"])["{SHARE}"]["lastPrice"])
        at("14:50")
        print(xtdata.get_full_tick(["{SHARE}"])["{SHARE}"]["lastPrice"])
        trader.order_stock(account, "{SHARE}", BUY, 200, LAST, 0)
    """,
    )
    assert [line for line in lines if line[0].isdigit()] == ["10.1", "10.3"]
    assert "trade 1 200 10.3" in lines


@pytest.mark.parametrize(
    ("code", "kind", "number", "status"),
    [
        (SHARE, 42, 88, 56), (SHARE, 43, 85, 56), (SHARE, 44, 84, 56), (SHARE, 45, 86, 56), (OTHER, 44, 84, 56),
        (OTHER, 45, 86, 56), (OTHER, 46, 87, 56), (OTHER, 47, 88, 56), (OTHER, 48, 89, 56), (OTHER, 42, 88, 57),
        (OTHER, 43, 85, 57), (SHARE, 46, 87, 57), (SHARE, 47, 88, 57), (SHARE, 48, 89, 57), (SHARE, 5, 50, 56),
        (SHARE, 11, 50, 56),
    ],
)  # fmt: skip
def test_kinds_of_price(capsys: pytest.CaptureFixture[str], code: str, kind: int, number: int, status: int) -> None:
    """Protects 1.8: each kind of price trades where it is known, and is given back by the number of the counter."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        trader.order_stock(account, "{code}", BUY, 200, {kind}, 10.2)
        time.sleep(1)
        order = trader.query_stock_order(account, 1)
        print(order.price_type, order.order_status)
    """,
    )
    assert lines[-1] == f"{number} {status}"


def test_all_or_nothing_and_the_rest_is_canceled(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects 48 and 46 under a cap: the one fills nothing, of the other the rest is canceled."""
    lines = said(
        capsys,
        f"""
        at("09:31")
        for kind in (48, 46):
            trader.order_stock(account, "{OTHER}", BUY, 2000, kind, 0)
            time.sleep(1)
        print([(order.order_status, order.traded_volume) for order in trader.query_stock_orders(account)])
    """,
        participation=0.001,
    )
    assert lines[-1] == "[(54, 0), (53, 1000)]"


# ------------------------------------------------------------------ threads


def test_callbacks_come_one_after_the_other_and_never_on_the_main_thread(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the worker: a callback that sleeps keeps the next one waiting, while the script goes on."""
    lines = said(
        capsys,
        f"""
        import threading
        def slow(order):
            print("in", order.order_id, order.order_status, threading.current_thread() is threading.main_thread())
            time.sleep(10)
            print("out", order.order_id, order.order_status)
        trader.callback.on_stock_order = slow
        trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 9.5)
        time.sleep(5)
        print("main")
        at("14:00")
        trader.unsubscribe(account)
    """,
    )
    assert lines == ["in 1 49 False", "main", "out 1 49", "in 1 50 False", "out 1 50"]


def test_a_query_inside_a_callback_is_answered_with_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the default: what hangs a real client is answered, and said once; with the option queries are quiet."""
    body = f"""
        OPTION
        trader.callback.on_stock_order = lambda order: print(trader.query_stock_asset(account).frozen_cash)
        trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 10.0)
        time.sleep(1)
        trader.unsubscribe(account)
    """
    assert said(capsys, body.replace("OPTION", "")) == ["2000.0", "2000.0"]
    assert "hangs a real client" in " ".join(said.session.notices.table["notice"])  # type: ignore[attr-defined]
    said(capsys, body.replace("OPTION", "trader.set_relaxed_response_order_enabled(True)"))
    assert "hangs a real client" not in " ".join(said.session.notices.table["notice"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(("relaxed", "call"), [
    (False, "trader.query_stock_asset(account)"),
    (True, "trader.cancel_order_stock(account, 1)"),
    (True, f'trader.order_stock(account, "{SHARE}", BUY, 100, FIX, 10.0)'),
])  # fmt: skip
def test_strict_raises_where_a_real_client_hangs(
    capsys: pytest.CaptureFixture[str], call: str, *, relaxed: bool
) -> None:
    """Protects the hazards of production: no option helps an order inside a callback."""
    body = f"""
        trader.set_relaxed_response_order_enabled({relaxed})
        trader.callback.on_stock_order = lambda order: {call}
        trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 10.0)
    """
    with pytest.raises(qr.StrategyError, match="hangs a real client for ever"):
        said(capsys, body, strict=True)


def test_an_async_call_without_a_callback_raises(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the real client's AttributeError; a call that waits works without one."""
    lines = said(
        capsys,
        f"""
        trader.register_callback(None)
        try:
            trader.order_stock_async(account, "{SHARE}", BUY, 200, FIX, 10.0)
        except AttributeError:
            print("AttributeError", trader.order_stock(account, "{SHARE}", BUY, 200.9, FIX, 10.0))
        print(trader.query_stock_order(account, 1).order_volume)
    """,
    )
    assert lines == ["AttributeError 1", "200"]


def test_what_a_callback_raises_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the worker: a callback that raises is told by a notice with its line, and the next one comes."""
    lines = said(
        capsys,
        f"""
        def broken(order):
            print("status", order.order_status)
            1 / 0
        trader.callback.on_stock_order = broken
        trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 9.5)
        time.sleep(1)
        trader.unsubscribe(account)
    """,
    )
    assert lines == ["status 49", "status 50"]
    assert "raised ZeroDivisionError" in " ".join(said.session.notices.table["notice"])  # type: ignore[attr-defined]


def test_numbers_of_requests_are_counted_for_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects `seq`: one counter for every kind of request, and each answer bears its own."""
    lines = said(
        capsys,
        f"""
        print(trader.query_stock_trades_async(account, lambda found: None),
              trader.order_stock_async(account, "{SHARE}", BUY, 200, FIX, 9.5),
              trader.cancel_order_stock_async(account, 1))
    """,
    )
    assert "1 2 3" in lines
    assert [line for line in lines if "response" in line] == ["response 2 1 ''", "cancel response 3 1 0"]


def test_nothing_is_pushed_before_subscribe_and_after_unsubscribe(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the subscription: answers come always, pushes in between only."""
    lines = said(
        capsys,
        f"""
        print(trader.unsubscribe(account))
        trader.order_stock_async(account, "{SHARE}", BUY, 200, FIX, 9.5)
        time.sleep(1)
        print(trader.subscribe(account))
        trader.order_stock(account, "{SHARE}", BUY, 200, FIX, 9.6)
    """,
    )
    # Both end with their day, and are told of then.
    assert lines == ["0", "response 1 1 ''", "0", "order 2 49 0", "order 2 50 0", "order 1 54 0", "order 2 54 0"]


def test_on_minute_bars_an_order_meets_the_next_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects minute data: what is sent inside a bar is filled when the next one ends, at the earliest."""
    text = BEGIN + textwrap.dedent("""
        at("10:00")
        time.sleep(20)
        trader.order_stock(account, "604018.SH", BUY, 200, xtconstant.MARKET_SH_CONVERT_5_CANCEL, 0)
        time.sleep(30)
        print(trader.query_stock_order(account, 1).order_status)
        time.sleep(20)
        order = trader.query_stock_order(account, 1)
        traded = time.localtime(trader.query_stock_trades(account)[0].traded_time)
        print(order.order_status, time.strftime("%H:%M", traded))
        print(len(xtdata.get_market_data_ex([], ["604018.SH"], "1m")["604018.SH"]))
        print(xtdata.get_market_data_ex([], ["604018.SH"], "5m")["604018.SH"].index[-1])
    """)
    qr.Session.from_script(text, qr.sample_market(frequency="minute"), dialect="xtquant").step()
    lines = [line for line in capsys.readouterr().out.splitlines() if line[0].isdigit()]
    assert lines == ["50", "56 10:01", "31", "20210706100100"]


def test_the_answers_of_a_bridge_have_the_types_of_the_real_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects what a known shim got wrong: ints, whole codes, whole volumes, times, prices and sides."""
    session = qr.Session(market(MOVES), start="2024-01-03", cash=100_000, costs="zero", clock="counter",
                         positions={SHARE: 500})  # fmt: skip
    with xtquant.installed(session) as modules:
        trader = modules["xtquant.xttrader"].XtQuantTrader("p", 1)
        account = modules["xtquant.xttype"].StockAccount("1")
        pushed: list[Any] = []
        trader.register_callback(type("C", (), {"on_stock_order": lambda _, order: pushed.append(order)})())
        trader.start(), trader.connect(), trader.subscribe(account)
        session.step(phase="OPEN")
        number = trader.order_stock(account, SHARE, 24, 300, 11, 10.0)
        assert type(number) is int and type(trader.cancel_order_stock(account, 99)) is int
        trader.query_stock_asset(account)
    last = pushed[-1]
    assert (last.stock_code, last.order_volume, last.traded_volume, last.traded_price) == (SHARE, 300, 300, 10.1)
    assert (last.order_type, last.offset_flag, last.direction) == (24, 49, 48)
    assert last.order_time == 1704245400
    assert (last.order_sysid, last.account_id) == ("00000001", "1")
    assert capsys.readouterr().out
