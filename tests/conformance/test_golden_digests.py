"""Fifty runs whose digests are kept: a change that should change nothing must leave this table as it is.

The table stands in ``golden_digests.txt``, one run a line: the digest of its events; how many orders and fills there
were and the final equity in money steps, so that one sees what moved; and the first 16 digits of the SHA-256 of what is
read of the run: the CSV text of its orders, fills, positions, daily account and events (without the names of their
kinds), that of its other tables together, the text of ``explain()`` in both languages for up to 120 of its orders, and
that of ``what_if`` of some orders in its middle, and its account as Swordfish shows it. A run with branches is held by
the digests of all of them.

When the behaviour is *meant* to change, write the table anew and say in the commit which lines moved and why::

    python tests/conformance/test_golden_digests.py
"""

from __future__ import annotations

import hashlib
import sys
import typing
import warnings
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from golden_runs import RUNS  # beside this file

import qresearch as qr
from qresearch.dialects.swordfish import Account
from qresearch.domain import events as said
from qresearch.domain.order import Status
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import Kind, TimeInForce

TABLE = Path(__file__).with_name("golden_digests.txt")
HEAD = ("name", "digest", "orders", "fills", "equity", "orders.csv", "fills.csv", "positions.csv", "daily.csv",
        "events.csv", "tables", "explain", "what_if", "swordfish")  # fmt: skip
MOST_EXPLAINED = 120


def digit_text(text: str) -> str:
    """The first digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def csv(table: pd.DataFrame) -> str:
    """A table as text, its numbers to ten digits: what no platform rounds otherwise."""
    return table.to_csv(lineterminator="\n", float_format="%.10g")


def digest_of(session: qr.Session) -> str:
    """The digest of a run; with branches, that of the digests of all of them at their ends."""
    names = sorted(session.branches)
    if len(names) == 1:
        return session.digest()
    here = session.branches.current
    lines = "".join(f"{name} {session.branches.switch(name).goto(-1).digest()}\n" for name in names)
    session.branches.switch(here)
    return hashlib.sha256(lines.encode()).hexdigest()


def explained(session: qr.Session) -> str:
    """The explanations of up to 120 orders, evenly taken, in both languages."""
    ids = session.orders.index
    chosen = ids[:: max(-(-len(ids) // MOST_EXPLAINED), 1)]
    return "\n".join(str(session.explain(int(order), language=name)) for order in chosen for name in ("en", "zh"))


def other_tables(session: qr.Session) -> str:
    """What else the tables of a session tell."""
    tables = session.tables
    frames = (tables.trade_details, tables.costs, tables.daily_positions, tables.return_summary, tables.trades,
              tables.trades_summary, tables.attribution, tables.codes, tables.recorded)  # fmt: skip
    return "".join(map(csv, frames))


def previews(session: qr.Session) -> str:
    """What ``what_if`` says of some orders, from where the session stood in the middle of its run."""
    stops = int(session.branches.table["stops"][session.branches.current])
    session.goto(max(stops // 2, 1))
    words = []
    for symbol in sorted(session.market.symbols)[:6]:
        close = session.history(symbol, 1, adjust="none")[symbol].sum()
        for call, asked in (("order", 1000), ("order_value", 9_000), ("order_target", 0), ("order_pct", -0.5)):
            style = (
                qr.terms.limit(round(float(close), 2) or float(close), tif="GTC")
                if close > 0 and call == "order"
                else None
            )
            preview = session.what_if(call, symbol, asked, style)
            words.append(f"{preview!r} {preview.fees:.10g} {preview.held_after} {preview.checks}")
    session.goto(-1)
    return "\n".join(words)


def swordfish(session: qr.Session) -> str:
    """The account as Swordfish shows it."""
    account = Account(session)
    tables = (account.trade_details, account.get_position(), account.get_daily_position(),
              account.daily_total_portfolios)  # fmt: skip
    return "".join(map(csv, tables))


@cache
def session_of(name: str) -> qr.Session:
    """A run, made once; what it warns of is not what is tested here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qr.MarketWarning)
        return RUNS[name]()


@cache
def row_of(name: str) -> tuple[str, ...]:
    """A run as its line of the table."""
    session = session_of(name)
    money = session.market.venue.money
    read = (csv(session.orders), csv(session.fills), csv(session.positions), csv(session.tables.daily_portfolio),
            csv(session.events.drop(columns="event")), other_tables(session), explained(session),
            previews(session), swordfish(session))  # fmt: skip
    counts = (len(session.orders), len(session.fills), money.money("equity", session.portfolio.equity))
    return name, digest_of(session), *map(str, counts), *map(digit_text, read)


def kept() -> dict[str, tuple[str, ...]]:
    """The lines of the table, by name."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: tuple(line.split()) for line in lines[1:]}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_does_what_it_did(name: str) -> None:
    """Protects behaviour from every change of the house: the same events, tables and explanations, byte for byte."""
    found, expected = dict(zip(HEAD, row_of(name), strict=True)), dict(zip(HEAD, kept()[name], strict=True))
    assert found == expected, RUNS[name].__doc__


def test_the_table_holds_every_run_and_no_other() -> None:
    """Protects the table from lines that nothing checks and runs that nothing holds."""
    assert list(kept()) == list(RUNS)
    assert all(run.__doc__ for run in RUNS.values())


def test_the_runs_meet_every_kind_of_event_every_end_and_every_reason() -> None:
    """Protects the net from holes: what no run meets, no digest holds."""
    events = pd.concat([session_of(name).events[["event", "after", "reason"]] for name in RUNS])
    # What kinds of account post that are not cash shares: tests/unit/test_account_kinds.py.
    posted = set(typing.get_args(said.Posting))
    assert set(events["event"]) >= {kind.__name__ for kind in typing.get_args(said.Record) if kind not in posted}
    assert set(events["after"]) >= {status.value for status in Status}
    assert set(events["reason"]) >= {reason.value for reason in Reason}


def test_the_runs_fill_every_type_with_every_time_in_force() -> None:
    """Protects the net from holes: each type and each time in force gets shares on both clocks and both fill models."""
    filled: dict[tuple[str, str], set[str]] = {}
    for name in (name for name in RUNS if name.startswith("by_hand") or name.endswith("any_terms")):
        session = session_of(name)
        met = filled.setdefault((session.settings.clock, session.settings.fill_model), set())
        for order in session.fills["order_id"].unique().tolist():
            found = session.ticket(order).record.terms
            met |= {found.kind.value, found.time_in_force.value}
    assert set(filled) == {("next_open", "a_share"), ("same_bar", "a_share"), ("next_open", "lean_equity")}
    for met in filled.values():
        assert met == {word.value for word in (*Kind, *TimeInForce)}


def write() -> None:
    """Write the table anew."""
    rows = [HEAD, *(row_of(name) for name in RUNS)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    numbers = {HEAD.index(name) for name in ("orders", "fills", "equity")}
    lines = [
        "  ".join(
            word.rjust(width) if place in numbers else word.ljust(width)
            for place, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    write()
