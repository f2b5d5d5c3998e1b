"""The magics of ``%load_ext qresearch``."""

from __future__ import annotations

import atexit
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import qresearch as qr


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell with the extension and a session."""
    quiet = Config()
    quiet.HistoryManager.enabled = False
    made = InteractiveShell(config=quiet)
    made.run_line_magic("load_ext", "qresearch")
    made.run_cell("import qresearch as qr\nsession = qr.Session(qr.sample_market(), start='2022-03-01', cash=100_000)")
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)


def test_time_moves_by_magic(shell: InteractiveShell) -> None:
    """Protects %step, %back, %goto and %run_until with each of their words."""
    line = shell.run_line_magic
    assert str(line("step", "3").now.day)[:10] == "2022-03-03"
    assert line("step", "OPEN").now.phase == "OPEN"
    assert line("step", "next").now.phase == "INTRADAY"
    assert str(line("back", "3").now.day)[:10] == "2022-03-02"
    assert str(line("back", "").now.day)[:10] == "2022-03-01"
    assert "Ran 1 step again" in line("step", "rerun").message
    assert str(line("goto", "2022-03-03").now.day)[:10] == "2022-03-03"
    assert line("goto", "0").simulation.timeline.cursor == 0
    assert line("goto", "event 1").simulation.timeline.cursor == 1
    assert str(line("run_until", "2022-03-10").now.day)[:10] == "2022-03-10"
    for magic, words in (("goto", ""), ("back", "two"), ("step", "NOON")):
        with pytest.raises(qr.UsageError):
            line(magic, words)


def test_a_word_that_no_magic_reads_is_refused(shell: InteractiveShell) -> None:
    """Protects the other session from being meant and this one being changed, and a slip from being passed over."""
    shell.run_cell("other = qr.Session(qr.sample_market(), start='2022-03-01').step()")
    line, cell = shell.run_line_magic, "def handle_data(context, data):\n    context.order('604018', 100)"
    with pytest.raises(
        qr.UsageError, match=r"%%strategy: 'other' is too much, it takes no words\. .*%%strategy -s other"
    ):
        shell.run_cell_magic("strategy", "other", cell)
    for magic, words, said in (
        (
            "back",
            "1 other",
            r"%back: 'other' is too much, it takes 1 word\. A session is named with -s: %back -s other",
        ),
        ("orders", "opne", "%orders='opne' is not known.* Did you mean open"),
        ("explain", "1 2", "'2' is too much"),
        ("goto", "0 5", "'0 5' is no kept moment"),
    ):
        with pytest.raises(qr.UsageError, match=said):
            line(magic, words)
    assert "nothing" in repr(shell.user_ns["session"].strategy)
    assert "handle_data" in repr(shell.run_cell_magic("strategy", "-s other", cell).strategy)
    shell.run_cell("minutes = qr.Session(qr.sample_market('minute'), start='2021-07-06').run(until='2021-07-06 10:30')")
    line("run_until", "-s minutes 2021-07-06 11:00")
    assert str(line("goto", "-s minutes 2021-07-06 10:30").now.time)[11:16] == "10:30"


def test_orders_and_explanations(shell: InteractiveShell) -> None:
    """Protects %orders and %explain."""
    shell.run_cell("session.buy('604018', 100); session.step(); session.buy('604018', 200)")
    assert len(shell.run_line_magic("orders", "")) == 2
    assert len(shell.run_line_magic("orders", "open")) == 1
    assert "Order 1: buy 604018.SH: FILLED" in str(shell.run_line_magic("explain", "1"))
    assert "Order 2" in str(shell.run_line_magic("explain", ""))


def test_the_session_is_found_or_asked_for(shell: InteractiveShell) -> None:
    """Protects the choice of the session: `session`, the only one, or the one named."""
    shell.run_cell("mine = session; del session")
    assert str(shell.run_line_magic("step", "").now.day)[:10] == "2022-03-01"
    shell.run_cell("other = qr.Session(qr.sample_market())")
    with pytest.raises(qr.UsageError, match="Name one with -s: mine, other"):
        shell.run_line_magic("step", "")
    assert str(shell.run_line_magic("step", "-s mine 2").now.day)[:10] == "2022-03-03"
    with pytest.raises(qr.UsageError, match="-s needs the name"):
        shell.run_line_magic("step", "-s")


def test_strategy_replaces_a_function_by_name(shell: InteractiveShell) -> None:
    """Protects %%strategy on a strategy that is a function: mended in a cell, the same step goes on."""
    shell.run_cell("def act(context, data):\n    context.order('604018', 1 / 0)\n")
    shell.run_cell("session = qr.Session(qr.sample_market(), start='2022-03-01', strategy=act)")
    with pytest.raises(qr.StrategyError, match="line 2 of the cell `context.order"):
        shell.run_line_magic("step", "")
    made = shell.run_cell_magic("strategy", "", "def act(context, data):\n    context.order('604018', 100)\n")
    assert made.message.startswith("Replaced act")
    assert len(shell.run_line_magic("step", "").orders) == 1
    with pytest.raises(qr.UsageError, match="uses no unrelated"):
        shell.run_cell_magic("strategy", "", "def unrelated():\n    pass\n")
    with pytest.raises(qr.UsageError, match="defines no function"):
        shell.run_cell_magic("strategy", "", "x = 1\n")


def test_strategy_replaces_a_class_and_a_callback_of_a_script(shell: InteractiveShell, tmp_path) -> None:
    """Protects %%strategy on classes, which keep their memory, and on scripts, which keep their globals."""
    shell.run_cell(
        "class Mine:\n    count = 0\n    def handle_data(self, context, data):\n        self.count += 1\n"
        "session = qr.Session(qr.sample_market(), start='2022-03-01', strategy=Mine)\nsession.step(2)"
    )
    cell = "class Mine:\n    count = 0\n    def handle_data(self, context, data):\n        self.count += 10\n"
    shell.run_cell_magic("strategy", "", cell)
    assert shell.run_line_magic("step", "").strategy.target.count == 12
    file = tmp_path / "script.py"
    file.write_text(
        "SIZE = 100\ndef initialize(context):\n    run_daily(noon, '11:30')\ndef noon(context):\n    pass\n"
    )
    shell.run_cell(f"session = qr.Session(qr.sample_market(), start='2022-03-01', strategy={str(file)!r}).step()")
    shell.run_cell_magic("strategy", "", "def noon(context):\n    order('604018', SIZE)\n")
    assert shell.run_line_magic("step", "").orders.quantity.tolist() == [100]


def test_a_cell_adds_a_listener_to_a_script(shell: InteractiveShell, tmp_path) -> None:
    """Protects ``on_order`` that is added while the session lives: a step that is run again tells it."""
    file = tmp_path / "script.py"
    file.write_text("def on_fill(context, fill):\n    log.info(fill.symbol)\n")
    shell.run_cell(f"session = qr.Session(qr.sample_market(), start='2022-03-01', strategy={str(file)!r})")
    shell.run_cell("session.buy('604018', 100)\nsession.step().back()")
    made = shell.run_cell_magic("strategy", "", "def on_order(context, event):\n    context.log.info(event.event)\n")
    assert made.message.startswith("Replaced on_order")
    assert {"OrderFilled", "604018.SH"} <= set(shell.run_line_magic("step", "rerun").events.text)
