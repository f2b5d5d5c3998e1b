"""``on_order`` and ``on_fill``: what is told, when, and that they are callbacks like any other."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from hand import flat, market, session

import qresearch as qr
from qresearch.session import listeners

A = "600001.SH"


class Diary:
    """Writes down everything it is told, and the other hooks between."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def before_trading(self, context) -> None:
        self.told.append("before_trading")

    def handle_data(self, context, data) -> None:
        self.told.append("handle_data")
        if context.now.day == pd.Timestamp("2024-01-03"):
            context.buy(A, 300)
            context.order(A, 50)

    def after_trading(self, context) -> None:
        self.told.append("after_trading")

    def on_order(self, context, event) -> None:
        state = f"{event.before or '-'}>{event.after}"
        self.told.append(f"{context.now.phase} {event.order_id} {event.event} {state} {event.reason}".strip())

    def on_fill(self, context, fill) -> None:
        held = context.portfolio.positions[A].quantity
        self.told.append(f"fill {fill.quantity} at {fill.price}, held {held}")


def told(run: qr.Session) -> list[str]:
    """What the diary of a session holds."""
    return run.strategy.target.told


def test_events_are_told_in_their_phase_around_its_other_hooks() -> None:
    """Protects the order: the market's events before the hooks of a phase, those of its hooks right after them."""
    run = session(flat(), strategy=Diary)
    run.step()
    run.step()
    assert told(run) == [
        "before_trading", "handle_data", "after_trading",
        "before_trading", "handle_data",
        "CLOSE 1 OrderCreated ->CREATED", "CLOSE 1 OrderQueued CREATED>QUEUED",
        "CLOSE 2 OrderCreated ->CREATED", "CLOSE 2 OrderRejected CREATED>REJECTED LOT_SIZE",
        "after_trading", "before_trading",
        "OPEN 1 OrderReleased QUEUED>WORKING", "OPEN 1 OrderFilled WORKING>FILLED", "fill 300 at 10.0, held 300",
        "handle_data",
    ]  # fmt: skip


def test_what_was_done_by_hand_is_told_at_the_next_phase() -> None:
    """Protects commands between two steps: they are told once, first, whatever the number of phases of the step."""
    run = session(flat(), strategy=Diary)
    run.buy(A, 100).cancel()
    run.step(phase="next")
    run.step(phase="next")
    words = [line for line in told(run) if "Order" in line]
    assert words == [
        "AFTER_CLOSE 1 OrderCreated ->CREATED", "AFTER_CLOSE 1 OrderQueued CREATED>QUEUED",
        "AFTER_CLOSE 1 OrderCanceled QUEUED>CANCELED USER_CANCEL",
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["days", "phases", "run"])
def test_every_event_of_an_order_is_told_once(way: str) -> None:
    """Protects completeness: the notices are the rows of session.events and session.fills, in their order."""
    notices, fills = [], []

    class All:
        def handle_data(self, context, data) -> None:
            context.order(A, 300, style=qr.terms.limit(9.9, tif="GTC"))
            context.order_target(A, 200 if context.now.day.day % 2 else 0)

        def on_order(self, context, event) -> None:
            notices.append(event)

        def on_fill(self, context, fill) -> None:
            fills.append(fill)

    prices = {A: [10.0, (10.0, 9.8), (9.9, 10.1), 10.0, (9.7, 9.9), 10.0]}
    run = qr.Session(market(prices), cash=20_000, strategy=All, participation=0.5, cancel_latency="next_match")
    if way == "days":
        run.step(6)
    elif way == "phases":
        run.step(29, phase="next")
    else:
        run.run(progress=False)
    # The last callbacks of the day are told too; nothing is left for the next phase.
    rows = run.events[run.events.order_id.notna()].reset_index(drop=True)
    assert len(rows) > 20
    assert rows.event.nunique() > 5
    for notice, (_, row) in zip(notices, rows.iterrows(), strict=True):
        known = asdict(notice)
        assert known.pop("account") == "cash_shares"
        hours = {"PRE_OPEN": 9, "OPEN": 9, "INTRADAY": 9, "CLOSE": 15, "AFTER_CLOSE": 15}
        assert known.pop("time").hour == hours[notice.phase]
        for name, value in known.items():
            missing = value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
            assert pd.isna(row[name]) if missing else row[name] == value, name
    assert len(fills) > 3
    for fill, (_, row) in zip(fills, run.fills.iterrows(), strict=True):
        known = asdict(fill)
        fees = known.pop("fees")
        assert known.pop("account") == "cash_shares"
        assert known | fees == row.to_dict() | {"time": fill.time}
        assert {part: getattr(fill, part) for part in ("commission", "stamp_duty", "transfer_fee")} == fees
        assert fill in {fill}
        assert fill.time.strftime("%H:%M") == {"OPEN": "09:30", "CLOSE": "15:00"}[fill.phase]


def test_an_answer_to_an_event_is_told_in_turn_and_queues_like_any_order() -> None:
    """Protects requests inside a listener: they join the queue for the next open, and their events are told too."""

    class Ladder:
        def __init__(self) -> None:
            self.seen: list[tuple[str, int]] = []

        def on_order(self, context, event) -> None:
            self.seen.append((event.event, event.order_id))

        def on_fill(self, context, fill) -> None:
            if fill.side == "buy":
                context.order(A, -fill.quantity, qr.terms.limit(10.5, tif="GTC"))

    run = session(flat(), strategy=Ladder)
    run.buy(A, 200)
    run.step(phase="OPEN")
    assert run.strategy.target.seen == [
        ("OrderCreated", 1), ("OrderQueued", 1), ("OrderReleased", 1), ("OrderFilled", 1),
        ("OrderCreated", 2), ("OrderQueued", 2),
    ]  # fmt: skip
    assert run.ticket(2).status.value == "QUEUED"


@pytest.mark.parametrize("after", ["QUEUED", None])
def test_a_listener_that_answers_itself_for_ever_is_stopped(after: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects a notebook from a loop without end, also where each answer causes two; the session stands before it."""
    monkeypatch.setattr(listeners, "MOST_ANSWERS", 1000)

    class Echo:
        def on_order(self, context, event) -> None:
            if after is None or event.after == after:
                context.buy(A, 100)

    run = session(flat(), strategy=Echo)
    run.buy(A, 100)
    with pytest.raises(qr.UsageError, match=r"answered its own events by \d,\d+ others.*event.after == 'FILLED'"):
        run.step()
    assert len(run.orders) == 1
    assert run.now.day == pd.Timestamp("2024-01-02")


def test_a_listener_that_raises_undoes_the_step() -> None:
    """Protects the transaction: as with every callback, the session stands before the step and the attempt is kept."""

    class Broken:
        def on_fill(self, context, fill) -> None:
            context.seen = fill.quantity
            raise ValueError("no")

    run = session(flat(), strategy=Broken)
    run.buy(A, 100)
    with pytest.raises(qr.StrategyError, match="on_fill raised ValueError on 2024-01-03 at OPEN"):
        run.step()
    assert (len(run.fills), run.memory) == (0, {})
    assert (run.attempt.callback, len(run.attempt.fills), run.attempt.memory) == ("on_fill", 1, {"seen": 100})
    assert run.attempt.events[["before", "after"]].to_numpy().tolist()[-1] == ["WORKING", "FILLED"]
    run.strategy = type("Mended", (), {"on_fill": lambda self, context, fill: setattr(context, "seen", fill.quantity)})
    assert run.step().memory == {"seen": 100}


def test_listeners_of_a_script(tmp_path: Path) -> None:
    """Protects the other shape of a strategy: a file's functions."""
    script = tmp_path / "listens.py"
    script.write_text(
        "count = 0\ndef on_fill(context, fill):\n    global count\n    count += 1\n    log.info(fill.symbol)\n", "utf-8"
    )
    run = session(flat(), strategy=script)
    run.buy(A, 100)
    run.step()
    assert run.strategy.target["count"] == 1
    assert run.events[run.events.event == "Logged"].text.tolist() == [A]
    run.back()
    assert run.strategy.target["count"] == 0


def test_the_journal_and_a_rerun_hold_what_listeners_did(tmp_path: Path) -> None:
    """Protects going back and resuming: the same listeners over the same stops do the same, block by block."""

    class Chain:
        def on_order(self, context, event) -> None:
            if event.event == "OrderQueued" and event.order_id < 4:
                context.order(A, 100)
                context.record(placed=event.order_id)

    run = session(flat(days=8), strategy=Chain, journal=tmp_path / "run.qsession")
    run.buy(A, 100)
    run.step(2)
    digest = run.digest()
    run.back(2)
    run.step(2, rerun=True)
    assert (run.digest(), len(run.branches)) == (digest, 1)
    assert len(run.orders) == 4
    run.simulation.keeper.journal.close()
    back = qr.Session.resume(tmp_path / "run.qsession", run.market, Chain, verify=True)
    assert back.digest() == digest
    back.simulation.keeper.journal.close()


def test_a_branch_tells_its_own_orders() -> None:
    """Protects time travel: after going back nothing of the old future is told, states are those of this branch."""
    run = session(flat(), strategy=Diary)
    run.buy(A, 500)
    run.step()
    run.back()
    run.strategy.target.told.clear()
    run.cancel("1")
    run.step(phase="OPEN")
    assert [line for line in told(run) if "Order" in line] == [
        "AFTER_CLOSE 1 OrderCreated ->CREATED", "AFTER_CLOSE 1 OrderQueued CREATED>QUEUED",
        "AFTER_CLOSE 1 OrderCanceled QUEUED>CANCELED USER_CANCEL",
    ]  # fmt: skip


@pytest.mark.parametrize("name", listeners.LISTENERS)
def test_a_listener_with_other_arguments_is_refused_at_once(name: str) -> None:
    """Protects the first try: the right signature is in the message, before any day is simulated."""
    bad = type("Bad", (), {name: lambda self, context: None})
    with pytest.raises(qr.UsageError, match=rf"{name} takes 1 arguments. Write it as {name}\(context, (event|fill)\)"):
        session(flat(), strategy=bad)


def test_without_listeners_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects speed: a strategy that does not listen never reaches this code."""
    monkeypatch.setattr(listeners.Listeners, "__init__", None)
    run = session(flat(), strategy=lambda context, data: context.buy(A, 100))
    run.step(2)
    assert len(run.fills) == 2


def test_the_table_of_events_tells_states_and_fees() -> None:
    """Protects session.events: the state before and after each event of an order, its symbol, and the fee of a fill."""
    run = session(flat(), costs="default")
    run.order(A, 100)
    run.step()
    table = run.events[run.events.order_id == 1]
    assert table[["event", "symbol", "before", "after"]].to_numpy().tolist() == [
        ["OrderCreated", A, "", "CREATED"], ["OrderQueued", A, "CREATED", "QUEUED"],
        ["OrderReleased", A, "QUEUED", "WORKING"], ["OrderFilled", A, "WORKING", "FILLED"],
    ]  # fmt: skip
    # 100 x 10.00 = 1,000.00; the least commission is 5.00.
    assert table.iloc[-1][["price", "amount", "fee"]].tolist() == [10.0, 1000.0, 5.0]
    assert table.fee.isna().tolist() == [True, True, True, False]
    assert set(run.events[run.events.order_id.isna()].after) == {""}


def test_branches_show_states_where_they_part() -> None:
    """Protects the comparison of branches: the first event that differs has the columns of session.events, filled."""
    run = session(flat())
    run.buy(A, 100)
    run.step()
    run.back().branch("other")
    run.cancel("1")
    first = run.branches.compare("main", "other").first
    assert first[["event", "before", "after"]].to_numpy().tolist() == [
        ["OrderReleased", "QUEUED", "WORKING"], ["OrderCanceled", "QUEUED", "CANCELED"],
    ]  # fmt: skip


def test_a_fill_inside_a_day_has_the_time_of_its_bar() -> None:
    """Protects minute data: what was asked for in one bar fills in the next, and is told with the time of that one."""
    fills = []

    class Told:
        def on_fill(self, context, fill) -> None:
            fills.append(fill)

    times = [f"{day} 09:{minute}" for day in ("2024-01-02", "2024-01-03") for minute in (31, 32, 33)]
    rows = [(pd.Timestamp(time), A, 10.0, 10.0, 10.0, 10.0, 1000.0) for time in times]
    bars = pd.DataFrame(rows, columns=["date", "symbol", "open", "high", "low", "close", "volume"])
    run = qr.Session(qr.read_market(bars), cash=100_000, strategy=Told).step()
    run.step(phase="INTRADAY").buy(A, 100)
    run.step(phase="next")
    assert [(fill.phase, fill.time) for fill in fills] == [("INTRADAY", pd.Timestamp("2024-01-03 09:32"))]
