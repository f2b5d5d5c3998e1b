"""A script of XtQuant in a session: stepping, going back, branches, a resume, Ctrl-C, and the trader in a notebook."""

from __future__ import annotations

import builtins
import datetime as dt
import signal
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from hand import market

import qresearch as qr
from qresearch.dialects import xtquant
from qresearch.dialects.xtquant import stage
from qresearch.errors import NotSupported

SHARE = "600001.SH"
MOVES = {SHARE: [(10.0, 10.2), (10.1, 10.3), (10.0, 9.8), (9.5, 9.6), 9.6, 9.7]}
BEGIN = """
import time
from xtquant.xttrader import XtQuantTrader
from xtquant.xttype import StockAccount

class C:
    def on_stock_order(self, order):
        print("order", order.order_id, order.order_status)

trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1")
trader.register_callback(C())
trader.start()
trader.connect()
trader.subscribe(account)
"""
DAILY = (
    BEGIN
    + """
while True:
    price = 10.0 if time.localtime().tm_mday == 4 else 9.9
    print(time.strftime("%m-%d"), trader.order_stock(account, "600001.SH", 23, 100, 11, price))
    time.sleep(86400)
"""
)


def opened(text: str, **options: object) -> qr.Session:
    """A session without costs that runs a script."""
    return qr.Session.from_script(text, market(MOVES), dialect="xtquant", costs="zero", cash=100_000, **options)


def notices(session: qr.Session) -> str:
    """All notices."""
    return " ".join(session.notices.table["notice"])


def test_a_script_of_the_window_of_qmt_is_told() -> None:
    """Protects who brings a script with init and handlebar, which would run as a program and do nothing."""
    script = "def init(C):\n    C.x = 1\n\ndef handlebar(C):\n    passorder(23, 1101, '1', '600001.SH', 5, -1, 100)\n"
    with pytest.raises(NotSupported, match="script of QMT's own window.*Programs run here that import xtquant"):
        opened(script)
    assert len(opened(f"{script}\nif False:\n    handlebar(None)\n").step().orders) == 0


# ------------------------------------------------------------------ going back


def test_going_back_parks_the_script_and_going_on_calls_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects a kept future: stepping over it again calls no callback, and the script goes on at its end."""
    session = opened(DAILY).step(2)
    capsys.readouterr()
    digest = session.digest()
    session.back().step()
    assert (capsys.readouterr().out, session.digest()) == ("", digest)
    session.step()
    assert "01-04 3" in capsys.readouterr().out
    assert session.digest() == opened(DAILY).step(3).digest()


def test_a_branch_calls_the_callbacks_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the past: on a branch the script does not go on, its callbacks are called, and a notice says so."""
    session = opened(DAILY).step(2)
    capsys.readouterr()
    session.back()
    session.buy(SHARE, 100)
    session.step()
    said = capsys.readouterr().out
    assert "order 2" in said and "01-03" not in said
    assert "its callbacks alone are called" in notices(session)
    session.branches.switch("main")
    session.goto(-1).step()
    assert "01-04 3" in capsys.readouterr().out


def test_restart_runs_the_script_again_from_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the way out: a branch of its own on which the script does what it did."""
    session = opened(DAILY).step(3)
    fills = session.fills
    said = capsys.readouterr().out
    xtquant.restart(session)
    session.step(3)
    assert capsys.readouterr().out == said
    assert session.fills.equals(fills)


def test_a_session_that_is_resumed_does_not_run_the_script_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Protects orders from being sent twice: a resumed session says how to run the script."""
    path = tmp_path / "run.qsession"
    session = opened(DAILY, journal=path).step(2)
    capsys.readouterr()
    resumed = qr.Session.resume(path, market(MOVES), strategy=xtquant.Script(DAILY))
    assert resumed.digest() == session.digest()
    resumed.step()
    assert capsys.readouterr().out == ""
    assert "xtquant.restart(session)" in notices(resumed)
    xtquant.restart(resumed)
    resumed.step()
    assert "01-02 1" in capsys.readouterr().out


def test_a_script_can_be_given_to_a_session_on_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects assignment: a script begins where the session stands, with what the account holds."""
    session = qr.Session(market(MOVES), clock="counter", costs="zero").step(phase="PRE_OPEN")
    session.buy(SHARE, 300)
    session.step(2)
    session.strategy = xtquant.Script(BEGIN + 'print(time.strftime("%d %H:%M"), trader.query_stock_positions(account))')
    session.step(phase="OPEN")
    said = capsys.readouterr().out
    assert said.startswith("03 15:30")
    assert "volume=300" in said


def test_what_is_done_by_hand_is_told_with_the_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects one session for person and script: an order by hand is an order of the account."""
    session = opened(BEGIN + "trader.run_forever()").step(phase="OPEN")
    ticket = session.buy(SHARE, 100)
    session.step()
    assert capsys.readouterr().out.splitlines() == ["order 1 49", "order 1 50", "order 1 56"]
    assert ticket.filled == 100


def test_another_script_takes_the_place_of_the_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Protects editing: a path that is assigned is a script of the same system, and the old one is over."""
    session = opened(DAILY).step()
    file = tmp_path / "other.py"
    file.write_text("import time\nwhile True:\n    print('other')\n    time.sleep(86400)\n", "utf-8")
    session.strategy = file
    capsys.readouterr()
    session.step()
    assert capsys.readouterr().out == "other\n"


# ------------------------------------------------------------------ the end


def test_a_polling_loop_ends_with_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the kernel: an endless loop ends, whatever it catches, and its last words are heard."""
    text = (
        BEGIN
        + """
try:
    while True:
        try:
            time.sleep(600)
        except Exception:
            print("caught")
finally:
    print("bye", trader.query_stock_asset(account).cash)
"""
    )
    opened(text).run(progress=False)
    assert capsys.readouterr().out == "bye 100000.0\n"


def test_a_loop_that_catches_everything_ends_too() -> None:
    """Protects the kernel from a bare except around an endless loop."""
    text = BEGIN + "while True:\n    try:\n        time.sleep(600)\n    except:\n        pass\n"
    session = opened(text).run(progress=False)
    assert str(session.now.day)[:10] == "2024-01-09"


@pytest.mark.parametrize("loop", ["while time.time() < 2e9: pass", "while True: time.sleep(0)",
                                  "while True: trader.query_stock_asset(account)"])  # fmt: skip
def test_a_loop_that_waits_badly_ends_too(loop: str) -> None:
    """Protects the kernel: looking at the clock, sleeping for nothing and asking the trader all take time."""
    text = BEGIN + f"time.sleep(86400 * 6 + 14.5 * 3600)\n{loop}\n"
    session = opened(text)
    session.run(progress=False)
    assert "without time.sleep(...)" in notices(session)
    assert "The script ended" in notices(session)


def test_stop_ends_run_forever_and_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the documented end: stop() in a callback ends run_forever; what follows is done; then it is over."""
    callback = 'print("order", order.order_id, order.order_status)'
    text = BEGIN.replace(callback, "order.order_status == 56 and trader.stop()")
    session = opened(
        text
        + """
trader.order_stock(account, "600001.SH", 23, 100, 11, 10.1)
trader.run_forever()
print("after")
"""
    ).step()
    assert capsys.readouterr().out == "after\n"
    assert "The script ended at 2024-01-02 09:30:00" in notices(session)


def test_what_a_script_raises_is_told_with_its_line() -> None:
    """Protects debugging: the line of the script, its text, and the step taken back."""
    session = opened(BEGIN + 'time.sleep(3600)\ntrader.order_stock(account, "600001.SH", 23, 100, 11)\n')
    with pytest.raises(qr.StrategyError, match=r"line 16 .*missing 1 required positional argument: 'price'"):
        session.step()
    assert session.orders.empty


def test_a_script_that_does_not_compile_is_told_so() -> None:
    """Protects the message of a syntax error: the line, before any session is opened."""
    with pytest.raises(qr.StrategyError, match="line 2"):
        opened("import time\nprint(\n")


def test_ctrl_c_ends_an_endless_loop() -> None:
    """Protects the kernel: a loop that neither sleeps nor asks the time is left by Ctrl-C, and the step taken back."""
    before = set(threading.enumerate())
    session = opened(BEGIN + "while True:\n    pass\n")
    timer = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        session.step()
    timer.join()
    assert session.now.day < pd.Timestamp("2024-01-02") or session.orders.empty
    assert not set(threading.enumerate()) - before


def test_a_loop_that_never_waits_gets_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever waits for a loop that lets no time pass: it is named with its line."""
    monkeypatch.setattr(stage, "_LONG", 0.2)
    session = opened(BEGIN + "while not HELD[0]:\n    pass\n")
    held = [False]
    timer = threading.Timer(0.7, lambda: held.__setitem__(0, True))
    session.strategy.target._main = _with_name(session.strategy.target._main, held)
    timer.start()
    session.step()
    timer.join()
    said = capsys.readouterr().out
    assert "without sleeping or asking the time" in said
    assert "Ctrl-C ends it" in said


def _with_name(main, held):  # type: ignore[no-untyped-def]  # of this test alone
    """The same script, which finds a name of the test among its builtins."""
    return lambda words: main({**words, "HELD": held})


# ------------------------------------------------------------------ nothing outside


def test_nothing_outside_of_the_script_changes(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the process: clocks, threads, the import table and the standard output stay as they are."""
    before = (time.time, time.sleep, dt.datetime, threading.Thread, pd.Timestamp, sys.stdout.write, set(sys.modules))
    opened(
        BEGIN
        + """
import datetime, threading, pandas, queue, logging
now = datetime.datetime.now()
print(now, datetime.date.today(), pandas.Timestamp.now(), time.strftime("%H:%M"), isinstance(now, datetime.date))
same = now.timestamp() == time.mktime(now.timetuple()) + now.microsecond / 1e6
print(time.localtime().tm_year, datetime.datetime.fromtimestamp(time.time()).hour, same)
"""
    ).step()
    after = (time.time, time.sleep, dt.datetime, threading.Thread, pd.Timestamp, sys.stdout.write, set(sys.modules))
    assert before[:-1] == after[:-1]
    assert not {name for name in after[-1] - before[-1] if name.startswith("xtquant")}
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("2024-01-02 09:00:00.002")
    assert first.endswith(" 09:00 True")
    assert second == "2024 9 True"


def test_a_script_finds_its_own_files_and_the_folder_of_its_client(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Protects larger tools: files beside the script and in folders that it adds see the same clock and trader."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "far_away.py").write_text(
        "import datetime\nfrom xtquant import xttype\nNOW = datetime.datetime.now()\n"
    )
    (tmp_path / "near.py").write_text("from datetime import datetime, date\nclass Own(datetime):\n    pass\n")
    (tmp_path / "main.py").write_text("""
import os, sys
from pathlib import Path
sys.path.append(str(Path(__file__).parent / "lib"))
import far_away
from near import Own, datetime
print(far_away.NOW.year, isinstance(datetime.now(), Own), isinstance(Own.now(), datetime), type(Own.now()).__name__)
print(Path("D:/x/userdata_mini").exists(), os.path.isdir("D:/x/userdata"), Path("D:/other").exists())
""")
    before = list(sys.path)
    qr.Session.from_script(tmp_path / "main.py", market(MOVES), dialect="xtquant").step()
    assert capsys.readouterr().out.splitlines() == ["2024 False True Own", "True True False"]
    assert sys.path == before


def test_a_script_of_coroutines_ends_with_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the kernel from loops of asyncio: their sleeps take simulated time, and several take turns."""
    text = (
        BEGIN
        + """
import asyncio

async def poll(name, seconds):
    while True:
        print(name, time.strftime("%d %H"))
        await asyncio.sleep(seconds)

async def main():
    await asyncio.gather(poll("a", 86400), poll("b", 3600))

asyncio.run(main())
"""
    )
    opened(text, end="2024-01-04").run(progress=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["a 02 09", "b 03 09", "a 03 10", "b 04 10"]


# ------------------------------------------------------------------ in a notebook


def test_a_person_trades_through_the_trader(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects cells as a script: orders of a trader are those of the session, callbacks come with calls and steps."""
    session = qr.Session(market(MOVES), clock="counter", costs="zero", cash=100_000)
    xtquant.activate(session)
    try:
        from xtquant import xtconstant  # noqa: PLC0415  # only there now
        from xtquant.xttrader import XtQuantTrader, XtQuantTraderCallback  # noqa: PLC0415  # as above
        from xtquant.xttype import StockAccount  # noqa: PLC0415  # as above

        class C(XtQuantTraderCallback):
            def on_stock_order(self, data: object) -> None:
                print("order", data.order_status)  # type: ignore[attr-defined]  # an XtOrder

        trader, account = XtQuantTrader("userdata_mini", 1), StockAccount("1")
        trader.register_callback(C())
        trader.start()
        assert (trader.connect(), trader.subscribe(account), str(session.now.phase)) == (0, 0, "PRE_OPEN")
        number = trader.order_stock(account, SHARE, xtconstant.STOCK_BUY, 100, xtconstant.FIX_PRICE, 10.1)
        order = trader.query_stock_order(account, number)
        assert order.order_status == 50
        session.step(phase="OPEN")
        assert trader.query_stock_order(account, number).order_status == 56
        assert "Filled: 100 shares" in str(session.explain(order))
        later = trader.order_stock(account, SHARE, xtconstant.STOCK_BUY, 100, xtconstant.FIX_PRICE, 10.1)
        assert trader.query_stock_order(account, later).traded_price == 10.0
        with pytest.raises(qr.UsageError, match="already that of a session"):
            xtquant.activate(session)
        trader.run_forever()
        assert str(session.now.day)[:10] == "2024-01-09"
    finally:
        xtquant.deactivate()
    assert not {name for name in sys.modules if name.startswith("xtquant")}
    banner, *lines = capsys.readouterr().out.splitlines()
    assert "no order leaves this machine" in banner
    assert lines == ["order 49", "order 50", "order 56"] * 2


@pytest.mark.parametrize(
    "options", [{"clock": "next_open"}, {"clock": "counter", "strategy": lambda context, data: None}]
)
def test_activating_asks_for_a_session_that_fits(options: dict[str, object]) -> None:
    """Protects from a trader over a session whose orders would do something else."""
    with pytest.raises(qr.UsageError, match=r"clock 'counter'|has a strategy"):
        xtquant.activate(qr.Session(market(MOVES), **options))


def test_a_real_client_is_never_hidden_by_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects real money: where the native client can be imported, activate refuses; force says that it is meant."""
    folder = tmp_path / "xtquant"
    folder.mkdir()
    (folder / "__init__.py").write_text("", "utf-8")
    (folder / "xtpythonclient.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    session = qr.Session(market(MOVES), clock="counter")
    with pytest.raises(qr.UsageError, match="real client"):
        xtquant.activate(session)
    with xtquant.installed(session, force=True) as modules:
        assert modules["xtquant"].__qresearch__


def test_a_lost_connection_is_told_and_can_be_had_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects reconnecting: on_disconnected is called, calls answer -1, and connect and subscribe bring it back."""
    session = opened(
        BEGIN
        + """
def lost():
    print("lost", trader.order_stock(account, "600001.SH", 23, 100, 11, 10.0))
    print(trader.connect(), trader.subscribe(account), trader.connected)

trader.callback.on_disconnected = lost
trader.run_forever()
"""
    ).step()
    xtquant.disconnect(session)
    session.step()
    assert capsys.readouterr().out == "lost -1\n0 0 True\n"


def test_a_run_stops_at_a_callback(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects breakpoints: the run stops in the phase in which the callback was called."""
    session = opened(
        BEGIN
        + """
trader.callback.on_stock_trade = lambda trade: print("trade")
time.sleep(86400)
trader.order_stock(account, "600001.SH", 23, 100, 11, 10.1)
trader.run_forever()
"""
    )
    point = xtquant.stop_at(session, "on_stock_trade")
    session.run(progress=False)
    assert (str(session.now.day)[:10], str(session.now.phase), point.hits) == ("2024-01-03", "OPEN", 1)
    assert "trade\n" in capsys.readouterr().out
    with pytest.raises(qr.UsageError, match="on_stock_trade"):
        xtquant.stop_at(session, "on_stock_trades")


def test_every_order_of_a_script_is_explained() -> None:
    """Protects the link from an XtOrder to its ticket: by the order itself and by its number."""
    session = opened(
        BEGIN
        + """
time.sleep(86400)
for price in (10.1, 99.0):
    trader.order_stock(account, "600001.SH", 23, 100, 11, price)
trader.run_forever()
"""
    ).step(2)
    order = session.strategy.target.desk.order(2)
    assert (order.order_status, str(session.ticket(order))) == (57, "2")
    assert "outside the price limits" in str(session.explain(order))
    assert "Filled: 100 shares" in str(session.explain(1))


# ------------------------------------------------------------------ the debugger


def test_step_debug_opens_the_debugger_in_a_callback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects ``step(debug=True)``: it stops on the first line of each callback of the script, not in ours."""
    typed = ["p trade.traded_price", "c"]
    monkeypatch.setattr(builtins, "input", lambda prompt="": typed.pop(0))
    text = BEGIN.replace("on_stock_order(self, order)", "on_stock_trade(self, trade)").replace(
        'print("order", order.order_id, order.order_status)', "seen = trade.order_id"
    )
    session = opened(text + 'trader.order_stock(account, "600001.SH", 23, 100, 11, 10.1)\ntrader.run_forever()\n')
    session.step(debug=True)
    said = capsys.readouterr().out
    assert "on_stock_trade()" in said
    assert "10.0" in said
    assert (typed, len(session.fills)) == ([], 1)


def test_leaving_the_debugger_takes_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the transaction: ``q`` leaves the session before the step, and the script is over."""
    monkeypatch.setattr(builtins, "input", lambda prompt="": "q")
    session = opened(BEGIN + 'trader.order_stock(account, "600001.SH", 23, 100, 11, 10.1)\ntrader.run_forever()\n')
    session.step(debug=True)
    assert session.message == "Left the debugger: the session stands before this step."
    assert session.orders.empty
