"""Invented bars in LEAN's layout, written by our writer and read by our reader, and scripts that trade them."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import qresearch as qr
from qresearch.dialects.lean import order_list
from qresearch.market.lean_folder import Factor, LeanFolder

Prices = tuple[float, float, float, float]
NEW_YEAR = dt.date(2024, 1, 2)
"""A Tuesday; the first trading day of 2024."""
FAR = dt.date(2050, 12, 31)


def days(count: int, first: dt.date = NEW_YEAR) -> list[dt.date]:
    """Trading days from a date on; the year has no holiday in its first nine."""
    found, day = [], first
    while len(found) < count:
        if day.weekday() < 5 and day != dt.date(2024, 1, 15):
            found.append(day)
        day += dt.timedelta(days=1)
    return found


def flat(price: float) -> Prices:
    """A bar of one price."""
    return price, price, price, price


class World:
    """A data folder of its own."""

    def __init__(self) -> None:
        self.folder = LeanFolder(Path(tempfile.mkdtemp()) / "data")

    def daily(self, ticker: str, bars: Sequence[Prices], first: dt.date = NEW_YEAR, volume: int = 1_000_000) -> World:
        """Daily bars from a day on."""
        rows = [
            (dt.datetime.combine(day, dt.time(0)), *bar, volume)
            for day, bar in zip(days(len(bars), first), bars, strict=True)
        ]
        self.folder.write_trades(ticker, "daily", rows)
        return self

    def minutes(  # what a day has
        self, ticker: str, bars: Iterable[Prices], day: dt.date = NEW_YEAR, begin: str = "09:30",
        spread: float = 0.0, volume: int = 1_000, *, quotes: bool = True,
    ) -> World:  # fmt: skip
        """Minute bars of a day from a time on, with quotes around them."""
        at = dt.datetime.combine(day, dt.time.fromisoformat(begin))
        found = [(at + dt.timedelta(minutes=number), bar) for number, bar in enumerate(bars)]
        self.folder.write_trades(ticker, "minute", [(time, *bar, volume) for time, bar in found])
        if quotes:
            half = spread / 2
            self.folder.write_quotes(
                ticker, "minute",
                [(time, *(p - half for p in bar), 100, *(p + half for p in bar), 100) for time, bar in found],
            )  # fmt: skip
        return self

    def factors(self, ticker: str, *rows: tuple[dt.date, str, str, str]) -> World:
        """A factor file that ends with a row without change."""
        found = [Factor(day, *map(Decimal, rest)) for day, *rest in rows]
        self.folder.write_factors(ticker, [*found, Factor(FAR, Decimal(1), Decimal(1))])
        return self

    def names(self, ticker: str, first: dt.date, last: dt.date = FAR) -> World:
        """A map file of one ticker."""
        self.folder.write_names(ticker, [(first, ticker), (last, ticker)])
        return self

    def session(self, script: str, **options: Any) -> qr.Session:
        """A session of a script, at its beginning."""
        market = qr.sample_market()
        return qr.Session.from_script(script, market, dialect="lean", data=self.folder.path, **options)

    def run(self, script: str, **options: Any) -> qr.Session:
        """A session of a script, at its end, whose books agree with the portfolio of the script to the cent."""
        session = self.session(script, **options).run(progress=False)
        agree(session)
        return session


def agree(session: qr.Session) -> None:
    """The account of the session and the portfolio of the script are worth the same, and hold the same."""
    engine = session.strategy.target.engine
    account = session.simulation.account
    assert abs(session.portfolio.cash - engine.portfolio.cash) < 0.005
    for security in engine.securities.shown():
        assert account.ledger.net(session.market.column(str(security.symbol))) == security.holdings.quantity
    if not any(security.holdings.quantity for security in engine.securities.shown()):
        return
    assert abs(session.portfolio.equity - engine.portfolio.total_portfolio_value) < 0.01


def algorithm(  # what a script begins with
    body: str, ticker: str = "SPY", resolution: str = "DAILY", last: dt.date = dt.date(2024, 1, 12),
    set_up: str = "pass", cash: int = 100_000, first: dt.date = NEW_YEAR, how: str = "",
) -> str:  # fmt: skip
    """A script: one share, its functions as they are given, and a list of the events of its orders."""
    return (
        dedent(f"""
        from AlgorithmImports import *


        class Case(QCAlgorithm):
            def initialize(self):
                self.set_start_date({first.year}, {first.month}, {first.day})
                self.set_end_date({last.year}, {last.month}, {last.day})
                self.set_cash({cash})
                self.spy = self.add_equity("{ticker}", Resolution.{resolution}{how}).symbol
                self.security = self.securities[self.spy]
                self.seen = []
                self.count = 0
                self.set_up()
        """)
        + indent(f"\ndef set_up(self):\n{indent(dedent(set_up).strip(), '    ')}\n\n", "    ")
        + indent(dedent(body).strip(), "    ")
        + "\n"
    )


def orders(session: qr.Session, *names: str) -> list[tuple[Any, ...]]:
    """Some columns of the order list."""
    frame = order_list(session)
    return [tuple(row) for row in frame[list(names)].itertuples(index=False)]
