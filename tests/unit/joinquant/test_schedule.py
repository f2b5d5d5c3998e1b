"""When functions are called: trading days counted by hand, the order of one minute, the clock of each call."""

from __future__ import annotations

import pytest
from script_runs import g, market, opened, run

from qresearch.errors import StrategyError

TEN = {"000001.XSHE": [10.0] * 10}
"""Ten business days from Wednesday 2024-01-31 to Tuesday 2024-02-13."""


def days_called(line: str, start: str = "2024-01-31") -> list[str]:
    """On which days one schedule calls."""
    script = f"""
    def initialize(context):
        g.days = []
        {line}

    def f(context):
        g.days.append(context.current_dt.strftime("%m-%d"))
    """
    found: list[str] = g(run(script, market(TEN, start="2024-01-31"), start=start)).days
    return found


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("run_weekly(f, 1, 'open')", ["01-31", "02-05", "02-12"]),
        ("run_weekly(f, 2)", ["02-01", "02-06", "02-13"]),
        ("run_weekly(f, -1)", ["02-02", "02-09", "02-13"]),
        ("run_weekly(f, 4)", ["02-02", "02-08", "02-13"]),
        ("run_monthly(f, 1)", ["01-31", "02-01"]),
        ("run_monthly(f, -1, time='before_open')", ["01-31", "02-13"]),
        ("run_monthly(f, 3)", ["01-31", "02-05"]),
    ],
)
def test_weeks_and_months_are_counted_in_trading_days(line: str, days: list[str]) -> None:
    """Protects the platform's counting: from the start of the run, from the end with a minus, to the nearest day."""
    assert days_called(line) == days


def test_the_first_week_is_counted_from_the_start_of_the_run() -> None:
    """Protects runs that begin in the middle of a week: their first day is day 1."""
    assert days_called("run_weekly(f, 1)", start="2024-02-01") == ["02-01", "02-05", "02-12"]


def test_one_day_in_its_order_with_the_time_of_each_call() -> None:
    """Protects the documented order: by time; monthly, weekly, daily at one minute; named callbacks after them."""
    script = """
    def initialize(context):
        g.seen = [("initialize", str(context.current_dt), str(context.previous_date))]
        run_daily(late, "14:50")
        run_daily(daily, "9:30")
        run_weekly(weekly, 1, "open")
        run_monthly(monthly, 1, "9:30")
        run_daily(early, "before_open")
        run_daily(five, "open+5m")
        run_daily(after, "after_close")

    def note(name, context):
        g.seen.append((name, context.current_dt.strftime("%H:%M")))

    def late(context): note("late", context)
    def daily(context): note("daily", context)
    def weekly(context): note("weekly", context)
    def monthly(context): note("monthly", context)
    def early(context): note("early", context)
    def five(context): note("five", context)
    def after(context): note("after", context)
    def before_trading_start(context): note("before_trading_start", context)
    def handle_data(context, data): note("handle_data", context)
    def after_trading_end(context): note("after_trading_end", context)
    def on_strategy_end(context): note("end", context)
    def after_code_changed(context): note("changed", context)
    def process_initialize(context): note("process", context)
    """
    session = run(script, market({"000001.XSHE": [10.0, 10.0]}), start="2024-01-03")
    assert g(session).seen == [
        ("initialize", "2024-01-03 00:00:00", "2024-01-02"), ("changed", "00:00"), ("process", "00:00"),
        ("early", "09:00"), ("before_trading_start", "09:00"), ("monthly", "09:30"), ("weekly", "09:30"),
        ("daily", "09:30"), ("handle_data", "09:30"), ("five", "09:35"), ("late", "14:50"), ("after", "15:30"),
        ("after_trading_end", "15:30"), ("end", "15:30"),
    ]  # fmt: skip


def test_unschedule_all_and_functions_without_a_name_of_their_own() -> None:
    """Protects scripts that set their schedules anew, and lambdas among them."""
    script = """
    def initialize(context):
        g.seen = []
        run_daily(f)
        unschedule_all()
        run_daily(lambda context: g.seen.append("lambda"))

    def f(context):
        g.seen.append("f")
    """
    assert g(run(script, market({"000001.XSHE": [10.0] * 2}))).seen == ["lambda", "lambda"]


def test_a_wrong_time_names_what_is_allowed() -> None:
    """Protects users from a silent schedule that never calls."""
    with pytest.raises(StrategyError, match=r"time='25:00' is not known.*'HH:MM'"):
        opened("def initialize(context):\n    run_daily(initialize, '25:00')\n")
