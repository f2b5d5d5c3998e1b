"""A script in a session: its names, its memory, its account, its notices, and time travel with it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pytest
from script_runs import g, market, opened, run

import qresearch as qr
from qresearch.dialects.joinquant import Script
from qresearch.errors import StrategyError, UsageError

A, B = "000001.XSHE", "600519.XSHG"
COUNTER = """
from jqdata import *

COUNT = 0
SIZE = 100

class Box(object):
    def __init__(self):
        self.n = 0

def initialize(context):
    g.box = Box()
    g.order = None
    run_daily(trade, "open")

def trade(context):
    global COUNT
    COUNT += 1
    g.box.n += 1
    context.n = g.box.n
    g.order = order("000001.XSHE", SIZE)
    if COUNT == 2:
        run_daily(late, "close")

def late(context):
    g.late = str(context.current_dt)
"""


def memory(session: qr.Session) -> tuple[object, ...]:
    """What the script remembers, in all four places."""
    held = g(session)
    order = None if held.order is None else held.order.order_id
    return session.strategy.target["COUNT"], held.box.n, session.memory.get("n"), order, getattr(held, "late", None)


# ---------------------------------------------------------------------------------------- names


def test_the_star_import_gives_the_names_that_scripts_use_without_importing_them() -> None:
    """Protects the corpus: datetime as the module, np, pd, math, timedelta, with and without an import."""
    script = """
    from jqdata import *
    import jqdata, six, numpy, pandas as p
    from jqlib.technical_analysis import *
    from jqfactor import *
    from kuanke.wizard import *
    from numpy import array as arr
    from sqlalchemy.sql.expression import or_

    def initialize(context):
        g.seen = [datetime.datetime(2024, 1, 1).year, timedelta(days=1).days, math.floor(1.5), float(np.mean([1, 3])),
                  np.NaN != np.NaN, np.float(2), pd.rolling_mean(pd.Series([1.0, 3.0]), 2)[1],
                  jqdata.normalize_code("000001"), isinstance(p.DataFrame({"a": [1]})["a"], pd.Series),
                  arr([1]).shape, six.PY3, unicode("x"), reduce(max, [1, 5])]
    """
    assert g(run(script)).seen == [2024, 1, 1, 2.0, True, 2.0, 2.0, A, True, (1,), True, "x", 5]


def test_nothing_of_a_script_is_seen_outside() -> None:
    """Protects the process: no module of the platform, no patched builtin, no name of the script is left behind."""
    before = set(sys.modules)
    run("from jqdata import *\nimport jqfactor\nclass Own(object): pass\ndef initialize(context): g.x = Own()\n")
    new = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert not new & {"jqdata", "jqfactor", "jqlib", "kuanke", "platform_script"}
    assert print.__module__ == "builtins"


def test_two_scripts_stepped_in_turn_do_not_see_each_other() -> None:
    """Protects a notebook with two scripts: g, globals, schedules and accounts are each one's own."""
    given = market({A: [10.0] * 6})
    one, two = opened(COUNTER, given), opened(COUNTER.replace("SIZE = 100", "SIZE = 200"), given)
    for _ in range(3):
        one.step()
        two.step(1)
    two.step()
    assert (memory(one)[:3], memory(two)[:3]) == ((3, 3, 3), (4, 4, 4))
    assert (one.fills["quantity"].sum(), two.fills["quantity"].sum()) == (300, 800)


def test_a_library_that_is_not_installed_is_named_with_the_extra() -> None:
    """Protects users of talib: the message says which extra brings it."""
    with pytest.raises(
        StrategyError, match=r"imports surely_not_there, which is not installed.*pip install surely_not_there"
    ):
        run("import surely_not_there\ndef initialize(context): pass\n")
    if importlib.util.find_spec("talib") is None:
        with pytest.raises(StrategyError, match=r"pip install 'qresearch\[talib\]'"):
            run("import talib\ndef initialize(context): pass\n")


def test_a_script_with_nothing_to_call_and_one_that_raises_while_loading() -> None:
    """Protects users whose file is no strategy, or is broken at its top."""
    with pytest.raises(UsageError, match="defines none of initialize"):
        run("x = 1\n")
    with pytest.raises(StrategyError, match="cannot be loaded: ZeroDivisionError in line 2"):
        run("\n1 / 0\ndef initialize(context): pass\n")


# ---------------------------------------------------------------------------------------- memory and time


def test_everything_that_a_script_remembers_goes_back_with_the_session() -> None:
    """Protects time travel: globals, g, objects of own classes, context attributes, orders and schedules."""
    session = opened(COUNTER).step(3)
    after = memory(session)
    assert after == (3, 3, 3, 3, "2024-01-04 15:00:00")
    digest = session.digest()
    assert memory(session.back(2)) == (1, 1, 1, 1, None)
    assert memory(session.step(2)) == after
    session.back(2)
    assert memory(session.step(2, rerun=True)) == after
    assert session.digest() == digest


def test_a_journal_brings_a_script_back_and_it_goes_on(tmp_path: Path) -> None:
    """Protects long runs: resumed with the script given again, its plain memory and its schedules are there."""
    script = COUNTER.replace("g.box = Box()", "g.n = 0").replace("g.box.n += 1", "g.n += 1").replace("g.box.n", "g.n")
    script = script.replace("g.order = order", "order").replace("g.order = None", "g.days = []")
    given = market({A: [10.0] * 6})
    path = tmp_path / "run.qsession"
    digest = opened(script, given, journal=path).step(3).digest()
    session = qr.Session.resume(path, given, Script.read(script))
    assert (session.digest(), session.strategy.target["COUNT"], g(session).n, session.memory["n"]) == (digest, 3, 3, 3)
    session.step(2)
    whole = opened(script, given).step(5)
    assert session.digest() == whole.digest()
    assert g(session).late == g(whole).late == "2024-01-08 15:00:00"


def written(session: qr.Session) -> list[str]:
    """The lines of the log."""
    return list(session.events.loc[session.events["event"] == "Logged", "text"])


def test_a_function_that_nothing_calls_is_told() -> None:
    """Protects a misspelled callback, and one of the platform that is not here, from never being called in silence."""
    script = """
    def initialize(context):
        run_daily(after_trading, "close")

    def handel_data(context, data):
        pass

    def on_event(context, event):
        pass

    def after_trading(context):
        helper()

    def helper():
        pass
    """
    told = [str(notice) for notice in opened(script).notices]
    assert "handel_data of the script is never called. Did you mean handle_data?" in told
    assert [notice for notice in told if notice.startswith("on_event of the script is never called. Dividends")]
    assert not [notice for notice in told if "after_trading" in notice or "helper" in notice]


def test_the_log_does_not_depend_on_the_way_to_a_moment(tmp_path: Path) -> None:
    """Protects reruns and resumes: what is written once into the log is written again where it was gone back on."""
    script = """
    def handle_data(context, data):
        context.portfolio.positions["000001.XSHE"].total_amount
    """
    given = market({A: [10.0] * 6})
    path = tmp_path / "run.qsession"
    session = opened(script, given, journal=path).step(3)
    lines = written(session)
    assert len(lines) == 1
    session.back(3)
    session.step(3, rerun=True)
    assert written(session) == lines
    assert session.branches.table.index.to_list() == ["main"]
    resumed = qr.Session.resume(path, given, Script.read(dedent(script))).step(2)
    assert written(resumed) == lines


def test_two_memories_that_a_journal_cannot_tell_apart_do_not_stop_it(tmp_path: Path) -> None:
    """Protects the journal after a resume: objects that it cannot keep make rows that read back equal."""
    script = COUNTER.replace("COUNT += 1", "COUNT = 1").replace("context.n = g.box.n", "")
    again = "def trade(context):\n    if not hasattr(g, 'box'):\n        g.box = Box()\n"
    script = script.replace("def trade(context):\n", again)
    given = market({A: [10.0] * 6})
    path = tmp_path / "run.qsession"
    opened(script, given, journal=path).step(3)
    session = qr.Session.resume(path, given, Script.read(script)).step(2)
    assert len(session.fills) == 5
    digest = session.digest()
    assert qr.Session.resume(path, given, Script.read(script)).digest() == digest


def test_a_script_is_edited_and_goes_on(tmp_path: Path) -> None:
    """Protects edit-and-continue: a step that raised is taken again after the mend, with what was remembered."""
    session = opened(COUNTER.replace("COUNT += 1", "COUNT += 1\n    if COUNT == 3: 1 / 0")).step(2)
    with pytest.raises(StrategyError, match=r"trade raised ZeroDivisionError on 2024-01-04 at OPEN, line 19"):
        session.step()
    assert memory(session)[0] == 2
    assert session.attempt is not None
    path = tmp_path / "mended.py"
    path.write_text(COUNTER.replace("SIZE = 100", "SIZE = 300"), encoding="utf-8")
    session.strategy = str(path)
    session.step()
    assert memory(session)[:3] == (3, 3, 3)
    assert session.fills["quantity"].to_list() == [100, 100, 300]


def test_breakpoints_explain_branches_and_the_report_work_as_for_any_session() -> None:
    """Protects the point of it all: a script is stepped, stopped, rewound and explained like a native strategy."""
    session = opened(COUNTER)
    session.run(until="order.filled", progress=False)
    assert "order 1 filled 100" in session.message
    assert "Filled: 100 shares" in str(session.explain(1))
    session.step(2).back(1).buy(A, 200)
    session.step()
    assert session.fills["quantity"].to_list() == [100, 200, 100]
    assert list(session.branches.table.index) == ["main", "branch-1@2024-01-02"]
    assert session.to_script().startswith('"""A session of qresearch')
    assert "total return" in repr(session.report(benchmark=False))


# ---------------------------------------------------------------------------------------- the account


def test_positions_are_read_in_every_documented_way() -> None:
    """Protects attributes and old names. By hand: 300 at 10.00, fee 5.00; 100 sold at 11.00, fees 6.10."""
    script = """
    def initialize(context):
        set_order_cost(OrderCost(close_tax=0.001, open_commission=0.0003, close_commission=0.0003, min_commission=5))
        set_slippage(FixedSlippage(0))
        g.n = 0
        run_daily(f)

    def f(context):
        g.n += 1
        if g.n == 1:
            order("000001.XSHE", 300)
        elif g.n == 2:
            order("000001.XSHE", -100)
        elif g.n == 3:
            p = context.portfolio.positions["sz000001"]
            g.seen = [p.security, p.total_amount, p.closeable_amount, p.sellable_amount, p.amount, p.today_amount,
                      p.price, p.value, p.avg_cost, p.acc_avg_cost,
                      p.hold_cost, str(p.init_time), str(p.transact_time), p.side,
                      p.pindex, p.locked_amount]
            q = context.portfolio
            g.money = [q.available_cash, q.cash, q.total_value, q.portfolio_value, q.positions_value, q.starting_cash,
                       q.returns, q.locked_cash, q.margin, len(q.short_positions), list(q.long_positions),
                       context.subportfolios[0].available_cash, context.subportfolios[0].type]
            e = q.positions["600519.XSHG"]
            g.empty = [e.total_amount, e.avg_cost, e.value, e.init_time, "600519.XSHG" in q.positions,
                       q.positions.get("x")]
    """
    session = run(script, market({A: [10.0, 11.0, 12.0], B: [50.0] * 3}))
    cash = 100_000 - 3_000 - 5 + 1_100 - 5 - 1.1
    assert g(session).seen == [
        A, 200, 200, 200, 200, 0, 12.0, 2_400.0, pytest.approx(3_005 / 300, abs=1e-4),
        pytest.approx((3_005 - 1_093.9) / 200), 11.0,
        "2024-01-02 09:30:00", "2024-01-03 09:30:00", "long", 0, 0,
    ]  # fmt: skip
    assert g(session).money == [
        pytest.approx(cash), pytest.approx(cash), pytest.approx(cash + 2_400), pytest.approx(cash + 2_400), 2_400.0,
        100_000.0, pytest.approx((cash + 2_200) / 100_000 - 1), 0.0, 0.0, 0, [A], pytest.approx(cash), "stock",
    ]  # fmt: skip
    assert g(session).empty == [0, 0.0, 0.0, None, False, None]
    table = session.notices.table.set_index("kind")
    assert table.loc["message", "count"] == 1


def test_costs_and_slippage_are_the_platforms_until_the_script_sets_its_own() -> None:
    """Protects the defaults: 0.03 % each way, at least 5, 0.1 % tax on sales; 0.123 % to each side, nearest tick."""
    script = """
    def initialize(context):
        g.n = 0
        {line}

    def handle_data(context, data):
        g.n += 1
        order("000001.XSHE", 3000 if g.n == 1 else -3000)
    """
    default = run(script.format(line="pass"), market({A: [10.0, 10.0]})).fills
    # 10.00 x 1.00123 = 10.0123, the nearest tick is 10.01; 3,000 x 10.01 x 0.03 % = 9.009
    assert default["price"].to_list() == [10.01, 9.99]
    assert default["commission"].to_list() == [9.01, 8.99]
    assert default["stamp_duty"].to_list() == [0.0, 29.97]
    older = "set_commission(PerTrade(buy_cost=0.001, sell_cost=0.002, min_cost=5)); set_slippage(FixedSlippage(0.1))"
    fills = run(script.format(line=older), market({A: [10.0, 10.0]})).fills
    assert fills["price"].to_list() == [10.05, 9.95]
    assert fills[["commission", "stamp_duty"]].to_numpy().tolist() == [[30.15, 0.0], [59.7, 0.0]]


def test_cash_of_sub_accounts_is_moved_between_them() -> None:
    """Protects scripts with SubPortfolioConfig: each has its cash, and more than it has is not moved."""
    script = """
    def initialize(context):
        set_subportfolios([SubPortfolioConfig(cash=60000, type="stock"), SubPortfolioConfig(40000)])
        transfer_cash(from_pindex=1, to_pindex=0, cash=10000)
        transfer_cash(from_pindex=1, to_pindex=0, cash=30000.01)
        g.seen = [(s.type, s.available_cash) for s in context.subportfolios]
    """
    session = run(script)
    assert g(session).seen == [("stock", 70_000.0), ("stock", 30_000.0)]
    assert "nothing was moved" in str(session.notices)


@pytest.mark.parametrize(
    ("configs", "words"),
    [
        ('SubPortfolioConfig(60000), SubPortfolioConfig(40000, "options")', "'options' is not supported"),
        ("SubPortfolioConfig(60000), SubPortfolioConfig(40000.01)", "divides 100,000.01"),
    ],
)
def test_sub_accounts_that_cannot_be_say_why(configs: str, words: str) -> None:
    """Protects the words: no type that is not the platform's, and no more cash than there is."""
    with pytest.raises(qr.StrategyError, match=words):
        run(f"def initialize(context): set_subportfolios([{configs}])")


# ---------------------------------------------------------------------------------------- notices


def test_notices_are_a_table_with_kinds_and_counts_and_the_end_of_a_run_sums_them_up() -> None:
    """Protects readers of a run: what was adjusted, ignored and approximated, how often, and one line at the end."""
    script = """
    def initialize(context):
        set_slippage(FixedSlippage(0))
        run_daily(f, "14:50", reference_security="000300.XSHG")

    def f(context):
        order("000001.XSHE", 150)
        order("999999.XSHG", 100)
        send_message("hello")
    """
    session = run(script, market({A: [10.0] * 3}))
    table = session.notices.table
    counts = table.groupby("kind")["count"].sum().drop("data", errors="ignore")
    assert counts.to_dict() == {"adjusted": 3, "approximated": 1, "ignored": 4, "order": 3}
    assert session.message == (
        "Notices of the script: 1 adjusted (3 times), 1 approximated (1 time), 2 ignored (4 times), 1 order (3 times)."
    )
    assert list(session.notices) == table["notice"].to_list()
    shown = session.notices._repr_html_()
    assert "<table" in shown
    # JupyterLab puts the cells of a table to the right, where a sentence cannot be read.
    assert shown.count('<td style="text-align:left">') == 2 * len(session.notices)


def test_unknown_settings_stop_a_strict_run_and_pass_with_a_notice_otherwise() -> None:
    """Protects both kinds of users: those who want to know, and those who want it to run."""
    script = "def initialize(context):\n    set_option('use_real_prize', True)\n"
    with pytest.raises(StrategyError, match="'use_real_prize' is not known. Did you mean use_real_price"):
        run(script)
    session = run(script, strict=False)
    assert any("'use_real_prize' is not known" in notice for notice in session.notices)


def test_log_print_and_record_become_events_and_tables() -> None:
    """Protects what a script writes: levels, formats, print, recorded values."""
    script = """
    def initialize(context):
        log.set_level("order", "error")
        log.info("a %s and %s", 1, "b")
        log.set_level("strategy", "warning")
        log.info("not this")
        log.warn("this", 2)
        print("p", 3)

    def handle_data(context, data):
        record(value=1.5)
    """
    session = run(script, market({A: [10.0] * 2}))
    assert session.events["text"][session.events["event"] == "Logged"].to_list() == ["a 1 and b", "this 2", "p 3"]
    assert session.tables.recorded["value"].to_list() == [1.5, 1.5]


def test_options_that_the_dialect_sets_cannot_be_passed() -> None:
    """Protects from a session that says one clock and runs another."""
    with pytest.raises(UsageError, match="clock= is set by the dialect"):
        opened("def initialize(context): pass\n", clock="next_open")
    with pytest.raises(UsageError, match="dialect='joinquan' is not known.*Did you mean joinquant"):
        opened("def initialize(context): pass\n", dialect="joinquan")
    with pytest.raises(UsageError, match=r"data=\[.*\] is a list, not a mapping"):
        opened("def initialize(context): pass\n", data=[pd.DataFrame()])
