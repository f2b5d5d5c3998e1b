"""The fill rules of LEAN against its own unit cases: 77 orders, 168 steps, read from the table beside this file."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pytest

from qresearch.domain.terms import Kind, Terms, limit, limit_if_touched, market, stop, stop_limit, trailing_stop
from qresearch.engine.lean_answer import Answer, Wait
from qresearch.engine.lean_fills import BASE_RULES, EQUITY_RULES, lean_base, lean_equity
from qresearch.engine.lean_market import (
    Asked,
    QuoteBar,
    Resolution,
    Snapshot,
    TimedBar,
    TradingHours,
    us_equities,
)

Row = dict[str, str]
TABLE = Path(__file__).with_name("lean_fill_cases.csv")
KINDS = {
    "Market": Kind.MARKET, "Limit": Kind.LIMIT, "StopMarket": Kind.STOP, "StopLimit": Kind.STOP_LIMIT,
    "TrailingStop": Kind.TRAILING_STOP, "LimitIfTouched": Kind.LIMIT_IF_TOUCHED,
    "MarketOnOpen": Kind.MARKET_ON_OPEN, "MarketOnClose": Kind.MARKET_ON_CLOSE,
}  # fmt: skip
MODELS = {"EquityFillModel": lean_equity, "ImmediateFillModel": lean_base}


def cases() -> dict[str, list[Row]]:
    """The rows of each case, in the order of their steps."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {case: list(found) for case, found in groupby(rows, key=lambda row: row["case_id"])}


CASES = cases()


def moment(text: str) -> dt.datetime:
    """A time of the table."""
    return dt.datetime.fromisoformat(text)


def price(text: str) -> float | None:
    """A number of the table; None for an empty cell."""
    return float(text) if text else None


def bar(row: Row, time: str, prices: str) -> TimedBar | None:
    """One bar of a row; None when the step brought none."""
    if not row[f"{prices}_open"]:
        return None
    four = (float(row[f"{prices}_{name}"]) for name in ("open", "high", "low", "close"))
    return TimedBar(moment(row[f"{time}_start_utc"]), moment(row[f"{time}_end_utc"]), *four)


def order(row: Row) -> Asked:
    """The order of a case as it is before its first step."""
    terms = Terms(
        KINDS[row["order_type"]],
        price(row["limit_price"]),
        price(row["stop_price"] or row["trigger_price"]),
        trail=price(row["trailing_amount"]),
        trail_is_fraction=row["trailing_as_percentage"] == "True",
    )
    return Asked(
        terms, int(row["quantity"]), moment(row["order_time_utc"]), price(row["stop_price"] or row["trigger_price"])
    )


@dataclass(frozen=True)
class Step:
    """One evaluation of a case: what was expected and what came."""

    row: Row
    answer: Answer


def walk(rows: list[Row]) -> Iterator[Step]:
    """Ask the model at each step of a case; the stop, the trigger and the last bars are carried on."""
    asked, trade, quote = order(rows[0]), None, None
    for row in rows:
        trade = bar(row, "trade", "trade") or trade
        bid, ask = bar(row, "quote", "bid"), bar(row, "quote", "ask")
        quote = QuoteBar(bid, ask) if bid and ask else quote
        subscribed = row["subscriptions"].split("+")
        seen = Snapshot(
            moment(row["clock_utc"]),
            Resolution(row["resolution"]),
            us_equities(),
            trade,
            quote,
            trades_subscribed="trade" in subscribed,
            quotes_subscribed="quote" in subscribed,
            stale_after=dt.timedelta(seconds=float(row["stale_window_seconds"])),
        )
        answer = MODELS[row["fill_model"]](asked, seen)
        yield Step(row, answer)
        asked = replace(asked, stop=answer.stop, triggered=answer.triggered)


STEPS = [(case, number) for case, rows in CASES.items() for number in range(1, len(rows) + 1)]


@pytest.mark.parametrize(("case", "number"), STEPS, ids=[f"{case}-{number}" for case, number in STEPS])
def test_each_step_gives_the_status_quantity_price_stop_and_message(case: str, number: int) -> None:
    """Protects the lean models: fill or none, how much, at what exact price, where the stop is left, what is said."""
    step = list(walk(CASES[case]))[number - 1]
    row, answer = step.row, step.answer
    assert int(row["step"]) == number
    assert ("None" if answer.price is None else "Filled") == row["expected_status"]
    assert answer.quantity == int(row["expected_fill_quantity"])
    assert (answer.price or 0.0) == float(row["expected_fill_price"])
    if row["expected_stop_after"]:
        assert answer.stop == float(row["expected_stop_after"])
    assert bool(answer.message) == bool(row["expected_message"])
    assert (answer.wait is None) == (answer.price is not None)


def test_the_table_is_whole() -> None:
    """Protects the conformance from cases that get lost, and from an order that goes on after its fill."""
    assert (len(CASES), len(STEPS)) == (77, 168)
    assert {rows[0]["order_type"] for rows in CASES.values()} == set(KINDS)
    assert all(row["expected_status"] == "None" for rows in CASES.values() for row in rows[:-1])


# ------------------------------------------------------------------ what the table does not cover

DAY = dt.date(2024, 1, 3)


def at(clock: str, day: dt.date = DAY) -> dt.datetime:
    """A time on the clock of the exchange."""
    return dt.datetime.combine(day, dt.time.fromisoformat(clock))


def seen(now: str, *prices: float, resolution: str = "minute", start: str = "", **options: object) -> Snapshot:
    """The market at a time, after the bar that ends then."""
    begin = at(start) if start else at(now) - Resolution(resolution).span
    return Snapshot(at(now), Resolution(resolution), us_equities(), TimedBar(begin, at(now), *prices), **options)


def asked(terms: Terms, quantity: int = 100, placed: str = "09:30", **state: object) -> Asked:
    """An order of that day."""
    return Asked(terms, quantity, at(placed), **({"stop": terms.stop_price} | state))


def test_slippage_works_against_the_types_that_take_and_never_on_limits() -> None:
    """Protects the list of types that pay slippage, and its direction."""
    up, down = seen("10:00", 10.0, 10.6, 9.9, 10.5), seen("10:00", 10.0, 10.1, 9.4, 9.5)
    assert lean_equity(asked(market()), up, 0.1).price == 10.5 + 0.1
    assert lean_equity(asked(market(), -100), up, 0.1).price == 10.5 - 0.1
    assert lean_equity(asked(stop(10.2)), up, 0.1).price == 10.2 + 0.1
    assert lean_equity(asked(stop(9.8), -100), down, 0.1).price == 9.8 - 0.1
    assert lean_equity(asked(trailing_stop(1.0, stop_price=10.2)), up, 0.1).price == 10.5 + 0.1
    assert lean_equity(asked(limit(10.2)), up, 0.1).price == 10.0
    assert lean_equity(asked(stop_limit(10.2, 10.55)), up, 0.1).price == 10.55
    assert lean_equity(asked(limit_if_touched(9.9, 10.55)), up, 0.1).price == 10.5
    assert lean_equity(asked(Terms(Kind.MARKET_ON_CLOSE)), seen("16:00", 10.0, 10.6, 9.9, 10.5), 0.1).price == 10.6


def test_the_last_bar_of_the_day_fills_at_the_step_of_the_close() -> None:
    """Protects the close: 16:00 is outside the session, and yet the bar that ends there fills."""
    assert lean_equity(asked(limit(10.0)), seen("16:00", 10.1, 10.2, 9.9, 10.0)).price == 10.0
    daily = seen("16:00", 10.1, 10.2, 9.9, 10.0, resolution="daily", start="09:30")
    assert lean_equity(asked(limit(10.0)), daily).price == 10.0
    late = replace(seen("16:00", 10.1, 10.2, 9.9, 10.0), now=at("16:01"))
    assert lean_equity(asked(limit(10.0)), late).wait is Wait.SESSION_CLOSED


def test_extended_hours_fill_limits_when_subscribed_and_never_stops() -> None:
    """Protects the sessions of the types: before 09:30 a limit may fill where its bars are subscribed to."""
    early = {"start": "08:00", "extended_hours": True}
    bar_at_eight = seen("08:01", 10.1, 10.2, 9.9, 10.0, **early)
    assert lean_equity(asked(limit(10.0), placed="07:00"), bar_at_eight).price == 10.0
    assert lean_equity(asked(stop(10.2), placed="07:00"), bar_at_eight).wait is Wait.SESSION_CLOSED
    deaf = replace(bar_at_eight, extended_hours=False)
    assert lean_equity(asked(limit(10.0), placed="07:00"), deaf).wait is Wait.SESSION_CLOSED


def test_hourly_market_orders_wait_when_all_there_is_is_stale() -> None:
    """Protects the change of June 2026: an hourly order does not fill at yesterday's close, however near."""
    yesterday = TimedBar(at("15:00", dt.date(2024, 1, 2)), at("16:00", dt.date(2024, 1, 2)), 10.0, 10.0, 10.0, 10.0)
    market_now = replace(seen("09:45", 1.0, 1.0, 1.0, 1.0, resolution="hour"), trade=yesterday)
    answer = lean_equity(asked(market(), placed="09:45"), market_now)
    assert (answer.price, answer.wait) == (None, Wait.STALE_DATA)


def test_the_trigger_is_kept_when_the_price_goes_away_again() -> None:
    """Protects the memory of stop-limit orders: once triggered, the stop is not asked again."""
    order_then = asked(stop_limit(10.2, 10.25))
    first = lean_equity(order_then, seen("10:00", 10.0, 10.4, 10.0, 10.3))
    assert (first.triggered, first.wait) == (True, Wait.LIMIT_NOT_REACHED)
    second = lean_equity(replace(order_then, triggered=True), seen("10:01", 10.0, 10.1, 9.9, 10.0))
    assert second.price == 10.1


def test_without_bars_every_type_waits_and_says_so() -> None:
    """Protects an instrument without data: no type fills from nothing, in either model."""
    empty = Snapshot(at("10:00"), Resolution.MINUTE, us_equities())
    for model, rules in ((lean_equity, EQUITY_RULES), (lean_base, BASE_RULES)):
        for kind in rules:
            answer = model(Asked(Terms(kind, 10.0, 10.0, trail=1.0), 100, at("09:31"), stop=10.0), empty)
            expected = Wait.AWAITS_CLOSE if kind is Kind.MARKET_ON_CLOSE else Wait.NO_DATA
            assert (kind, answer.price, answer.wait) == (kind, None, expected)


def test_holidays_and_early_closes_move_the_close() -> None:
    """Protects market-on-close orders around Thanksgiving 2023: no session on the 23rd, one until 13:00 on the 24th."""
    hours = us_equities()
    short = TradingHours(
        hours.zone, hours.opens, hours.closes, hours.extended_opens, hours.extended_closes,
        frozenset({dt.date(2023, 11, 23)}), {dt.date(2023, 11, 24): dt.time(13, 0)},
    )  # fmt: skip
    assert short.next_close(dt.datetime(2023, 11, 22, 16, 0)) == dt.datetime(2023, 11, 24, 13, 0)
    assert short.next_close(dt.datetime(2023, 11, 24, 13, 0)) == dt.datetime(2023, 11, 27, 16, 0)
    assert not short.is_open(dt.datetime(2023, 11, 24, 13, 0))


def test_summer_and_winter_have_the_same_local_hours() -> None:
    """Protects the conversion of aware times: 14:00 UTC is before the open in January and after it in July."""
    hours = us_equities()
    assert not hours.is_open(dt.datetime(2024, 1, 3, 14, 0, tzinfo=dt.UTC))
    assert hours.is_open(dt.datetime(2024, 7, 3, 14, 0, tzinfo=dt.UTC))
