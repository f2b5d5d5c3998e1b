"""Strategies: what is called when, what they remember, and what happens when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from hand import flat, market, session

import qresearch as qr

A, B = "600001.SH", "600002.SH"


def day_of(context) -> str:
    """The present day."""
    return str(context.now.day)[:10]


def test_callbacks_of_a_day_in_their_order() -> None:
    """Protects the order of a day: before the open, at the open, during it, at the close, after it."""
    seen: list[tuple[str, str]] = []

    class All:
        def initialize(self, context) -> None:
            for time in ("14:50", "open", "before_open", "after_close", "every_bar", "08:30", "09:30", "15:00"):

                def timed(context, time=time) -> None:
                    seen.append((str(context.now.phase), time))

                context.run_daily(timed, time)

        def before_trading(self, context) -> None:
            seen.append((str(context.now.phase), "before_trading"))

        def handle_data(self, context, data) -> None:
            seen.append((str(context.now.phase), "handle_data"))

        def after_trading(self, context, data) -> None:
            seen.append((str(context.now.phase), "after_trading"))

    session(flat(), strategy=All).step(phase="AFTER_CLOSE").step(phase="AFTER_CLOSE")
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :] == [
        ("PRE_OPEN", "before_trading"), ("PRE_OPEN", "before_open"), ("PRE_OPEN", "08:30"),
        ("OPEN", "open"), ("OPEN", "09:30"), ("INTRADAY", "14:50"),
        ("CLOSE", "every_bar"), ("CLOSE", "15:00"), ("CLOSE", "handle_data"),
        ("AFTER_CLOSE", "after_trading"), ("AFTER_CLOSE", "after_close"),
    ]  # fmt: skip


@pytest.mark.parametrize("time", ["25:00", "noon", "9", None, 930])
def test_a_wrong_time_is_refused(time: object) -> None:
    """Protects run_daily: a time that cannot be read is a wrong call, with the words that can."""

    class Timed:
        def initialize(self, context) -> None:
            context.run_daily(lambda context: None, time)

        def handle_data(self, context) -> None:
            """Nothing."""

    with pytest.raises(qr.QresearchError, match="HH:MM"):
        session(flat(), strategy=Timed)


def test_what_is_visible_grows_with_the_phase() -> None:
    """Protects against look-ahead: the open of today from OPEN on, its close at CLOSE, tomorrow never."""
    seen: dict[str, tuple[float, int, float]] = {}

    class Look:
        def initialize(self, context) -> None:
            context.run_daily(lambda context: self.look(context, None), "open")
            context.run_daily(lambda context: self.look(context, None), "13:00")

        def look(self, context, data) -> None:
            if day_of(context) == "2024-01-03":
                closes = context.history(A, 9)[A]
                held = context.portfolio.positions[A].price
                seen[str(context.now.phase)] = (closes.iloc[-1], len(closes), held)

        def before_trading(self, context, data) -> None:
            assert data.array("close").shape[0] == data.day
            self.look(context, data)

        def handle_data(self, context, data) -> None:
            assert data.array("close").shape[0] == data.day + 1
            assert data[A]["close"] == data.current(A)
            self.look(context, data)

        def after_trading(self, context, data) -> None:
            self.look(context, data)

    run = session(market({A: [10.0, (10.1, 10.2), 10.3]}), start="2024-01-03", positions={A: 100}, strategy=Look)
    run.run(progress=False)
    assert seen == {
        "PRE_OPEN": (10.0, 1, 10.0), "OPEN": (10.0, 1, 10.1), "INTRADAY": (10.0, 1, 10.1),
        "CLOSE": (10.2, 2, 10.2), "AFTER_CLOSE": (10.2, 2, 10.2),
    }  # fmt: skip


def test_the_arrays_of_the_market_cannot_be_written() -> None:
    """Protects the data: what a strategy gets are views, and they are read-only."""

    def spoil(context, data) -> None:
        data.array("close")[0, 0] = 1.0

    with pytest.raises(qr.StrategyError, match="read-only"):
        session(flat(), strategy=spoil)


def test_a_refused_order_is_none_and_kept() -> None:
    """Protects the documented return: an order id or None inside a strategy; the refused one stays in the table."""
    seen = []

    def strategy(context, data) -> None:
        if data.day == 1:
            seen.extend([context.order(A, 50), context.order(A, 100)])
            seen.extend([context.sell(B, 100), context.order_target(B, 0)])

    run = session(market({A: [10.0] * 4, B: [5.0] * 4}), strategy=strategy).step()
    assert [None if ticket is None else str(ticket) for ticket in seen] == [None, "2", None, None]
    assert run.orders.reason.tolist() == ["LOT_SIZE", "", "INSUFFICIENT_QUANTITY", "NO_CHANGE"]


def test_a_strict_strategy_gets_the_exception() -> None:
    """Protects strict=True inside a callback: the rejection raises there, and the step is undone."""

    def strategy(context, data) -> None:
        context.order(A, 50)

    with pytest.raises(qr.StrategyError) as caught:
        session(flat(), strategy=strategy, strict=True)
    assert isinstance(caught.value.__cause__, qr.OrderRejected)


def test_a_strategy_may_catch_a_wrong_call() -> None:
    """Protects a step after a caught mistake: the bad request leaves nothing behind, the next one works."""

    def strategy(context, data) -> None:
        if data.day == 1:
            with pytest.raises(qr.UsageError):
                context.order(A, 1.5)
            with pytest.raises(qr.UnknownSymbol):
                context.order("601930", 100)
            context.order(A, 100)

    run = session(flat(), strategy=strategy).step(2)
    assert run.orders[["quantity", "status"]].to_numpy().tolist() == [[100, "FILLED"]]


# ------------------------------------------------------------------ failing


class Fails:
    """Buys every day and fails on 2024-01-04 at a phase."""

    mended = False

    def __init__(self, phase: str) -> None:
        self.phase, self.count = phase, 0

    def act(self, context) -> None:
        """Count, buy, and fail where asked."""
        self.count += 1
        context.count = self.count
        context.order(A, 100)
        if day_of(context) == "2024-01-04" and context.now.phase == self.phase and not self.mended:
            msg = "as asked"
            raise RuntimeError(msg)

    before_trading = handle_data = after_trading = act


@pytest.mark.parametrize(
    ("phase", "callback"),
    [("PRE_OPEN", "before_trading"), ("CLOSE", "handle_data"), ("AFTER_CLOSE", "after_trading")],
)
def test_a_step_that_raises_never_happened(phase: str, callback: str) -> None:
    """Protects the transaction: day, phase and line are named; account, orders, memory and clock are as before."""
    strategy = Fails(phase)
    run = session(flat(), strategy=strategy).step()
    if phase == "AFTER_CLOSE":
        run.step()
    before = (run.digest(), run.now, strategy.count, dict(run.memory), len(run.orders))
    for _ in range(2):
        words = f"{callback} raised RuntimeError on 2024-01-04 at {phase}"
        with pytest.raises(qr.StrategyError, match=words) as caught:
            run.step()
        problem = caught.value
        assert (problem.day, problem.phase, problem.callback) == ("2024-01-04", phase, callback)
        assert "raise RuntimeError" in Path(__file__).read_text().splitlines()[problem.line - 1]
        assert isinstance(problem.__cause__, RuntimeError)
        assert (run.digest(), run.now, strategy.count, dict(run.memory), len(run.orders)) == before
    strategy.mended = True
    assert run.step().now.day > before[1].day


def test_the_line_is_that_of_the_strategy_wherever_it_lies(tmp_path: Path) -> None:
    """Protects the line in the message for who works in a folder named qresearch, such as a clone of it."""
    folder = tmp_path / "qresearch" / "mine"
    folder.mkdir(parents=True)
    script = folder / "strategy.py"
    script.write_text("def helper():\n    return 1 / 0\n\n\ndef handle_data(context, data):\n    helper()\n")
    with pytest.raises(qr.StrategyError) as caught:
        session(flat(), strategy=script)
    assert caught.value.line == 2


def test_a_run_that_raises_keeps_what_it_had_done() -> None:
    """Protects long runs: the days before the failing one stay, and the run can go on after the repair."""
    strategy = Fails("CLOSE")
    run = session(flat(), strategy=strategy)
    with pytest.raises(qr.StrategyError):
        run.run(progress=False)
    assert str(run.now.day)[:10] == "2024-01-03"
    strategy.mended = True
    run.run(progress=False)
    assert len(run.equity) == 6


def test_a_failing_initialize_says_so() -> None:
    """Protects the beginning: an error in initialize is named like any other."""

    class Bad:
        def initialize(self, context) -> None:
            raise KeyError("window")

    with pytest.raises(qr.StrategyError, match="initialize raised KeyError") as caught:
        qr.Session(flat(), strategy=Bad)
    assert caught.value.callback == "initialize"
    assert "No session was opened" in str(caught.value)
    assert "NaT" not in str(caught.value)


def test_navigating_inside_a_callback_is_refused() -> None:
    """Protects the clock: a strategy does not move it."""

    def strategy(context, data) -> None:
        run.step()

    run = session(flat())
    run = qr.Session(flat(), strategy=strategy)
    with pytest.raises(qr.StrategyError, match=r"step\(\) was called inside a callback"):
        run.step()


@pytest.mark.parametrize("strategy", [object(), type("Empty", (), {"handel_data": lambda self, context: None})])
def test_a_strategy_with_nothing_to_call_is_refused(strategy: object) -> None:
    """Protects against a misspelt callback that would never run."""
    with pytest.raises(qr.UsageError, match="handle_data"):
        session(flat(), strategy=strategy)


def test_a_callback_with_wrong_arguments_is_refused() -> None:
    """Protects the shape of callbacks: (context) or (context, data)."""
    with pytest.raises(qr.UsageError, match="context, data"):
        session(flat(), strategy=lambda: None)


# ------------------------------------------------------------------ remembering


def test_attributes_of_the_context_come_back() -> None:
    """Protects memory: attributes of the context are those of the moment one goes to, nested ones too."""

    def strategy(context, data) -> None:
        context.days = [*getattr(context, "days", []), data.day]
        if data.day == 2:
            context.late = {"deep": [1, 2]}

    run = session(flat(), strategy=strategy).step(2)
    assert run.memory == {"days": [0, 1, 2], "late": {"deep": [1, 2]}}
    run.memory["late"]["deep"].append(3)
    assert run.back().memory == {"days": [0, 1]}
    assert run.step().memory == {"days": [0, 1, 2], "late": {"deep": [1, 2]}}


def test_attributes_of_a_class_come_back() -> None:
    """Protects memory: the attributes of a strategy object go back in time with the session."""

    class Counts:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def handle_data(self, context, data) -> None:
            self.seen.append(data.day)

    strategy = Counts()
    run = session(flat(), strategy=strategy).step(2)
    assert strategy.seen == [0, 1, 2]
    run.back(2)
    assert strategy.seen == [0]
    run.buy(A, 100)
    assert run.step().strategy.roots[0]["seen"] == [0, 1] == strategy.seen


def test_globals_of_a_script_come_back(tmp_path: Path) -> None:
    """Protects memory: a script's globals are its memory, its functions and modules are not."""
    script = tmp_path / "mine.py"
    script.write_text(
        "import math\n"
        "count = 0\n"
        "def initialize(context):\n"
        "    run_daily(opened, 'open')\n"
        "def opened(context):\n"
        "    record(opened=count)\n"
        "def handle_data(context, data):\n"
        "    global count\n"
        "    count += 1\n"
        "    order('600001', 100)\n"
        "    log.info('day', count)\n"
    )
    run = session(flat(), strategy=str(script)).step(2)
    assert (run.strategy.name, run.strategy.roots[0]["count"]) == ("mine", 3)
    assert run.tables.recorded.opened.tolist() == [0.0, 1.0, 2.0]
    assert run.events[run.events.event == "Logged"].text.tolist() == ["day 1", "day 2", "day 3"]
    run.back(2)
    assert run.strategy.roots[0]["count"] == 1
    assert run.portfolio.quantities == {}


def test_a_ticket_can_be_remembered() -> None:
    """Protects the most natural memory: a ticket kept on the context comes back, alive, and small."""

    def strategy(context, data) -> None:
        if data.day == 1:
            context.ticket = context.order(A, 100)
        elif data.day == 2:
            context.status = str(context.ticket.status)

    run = session(flat(), strategy=strategy).step(2)
    assert run.memory["status"] == "FILLED"
    assert len(run.simulation.timeline.memory) < 1000, "a ticket must not drag the market into every kept state"
    run.back()
    assert run.memory["ticket"] == "1"
    assert run.memory["ticket"].status.value == "QUEUED"
    assert run.memory["ticket"].session is run


def test_what_cannot_be_copied_is_named_once() -> None:
    """Protects against silent gaps in memory: a value that cannot be copied stays, and a notice says which."""

    def strategy(context, data) -> None:
        context.handle = open  # a builtin can be copied
        context.generator = (number for number in ())
        context.count = data.day

    run = session(flat(), strategy=strategy).step(2)
    assert sum("'generator'" in note for note in run.notices) == 1
    assert run.back().memory["count"] == 1
    assert "generator" in run.memory


def test_a_timer_set_on_the_way_is_forgotten_on_the_way_back() -> None:
    """Protects run_daily in time: what was scheduled on day 3 does not run on day 2 of another branch."""
    calls: list[str] = []

    class Late:
        def handle_data(self, context, data) -> None:
            if data.day == 2 and not hasattr(context, "set"):
                context.set = True
                context.run_daily(lambda context: calls.append(day_of(context)), "open")

    run = session(flat(days=8), strategy=Late).step(4)
    assert calls == ["2024-01-05", "2024-01-08"]
    calls.clear()
    run.goto("2024-01-02").buy(A, 100)
    run.step()
    assert calls == []
    run.step(2)
    assert calls == ["2024-01-05"]


def test_the_context_guards_its_own_names() -> None:
    """Protects the account: context.portfolio cannot be overwritten, a misspelt attribute names its neighbour."""

    def takes(context, data) -> None:
        context.portfolio = None

    with pytest.raises(qr.StrategyError, match="Choose another name"):
        session(flat(), strategy=takes)

    def misspells(context, data) -> None:
        context.window = 5
        print(context.windw)

    with pytest.raises(qr.StrategyError, match="Did you mean window"):
        session(flat(), strategy=misspells)


def test_placing_orders_while_looping_over_positions_is_safe() -> None:
    """Protects a common loop: positions are a copy of the moment."""

    def strategy(context, data) -> None:
        for symbol, position in context.portfolio.positions.items():
            context.order(symbol, -position.quantity)

    run = session(
        market({A: [10.0] * 4, B: [5.0] * 4}), start="2024-01-03", positions={A: 100, B: 200}, strategy=strategy
    )
    assert run.step(2).portfolio.quantities == {}


def test_record_takes_numbers_only() -> None:
    """Protects the recorded table: what is no number is a wrong call."""

    def strategy(context, data) -> None:
        context.record(price=data.current(A), text="high")

    with pytest.raises(qr.StrategyError, match="text, not a number"):
        session(flat(), strategy=strategy)
