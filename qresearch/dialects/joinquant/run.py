"""One script in one session: where its calls meet the clock, the account and the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from qresearch.dialects.joinquant.bars import Bars
from qresearch.dialects.joinquant.costs import Trades
from qresearch.dialects.joinquant.subaccounts import SubAccounts
from qresearch.dialects.joinquant.symbols import spelled
from qresearch.dialects.joinquant.tables import Tables
from qresearch.domain import events
from qresearch.domain.commands import Log
from qresearch.domain.moment import CLOSE, OPEN, PHASES
from qresearch.engine.valuation import equity_at_closes
from qresearch.market.view import View
from qresearch.session.options import written

if TYPE_CHECKING:
    from qresearch.domain.state import State
    from qresearch.engine.draft import Draft
    from qresearch.session.port import AnySession


class Run:
    """What the functions of one script share. No two scripts share one.

    Parameters
    ----------
    session : AnySession
    tables : Tables
    strict : bool
        False: what is not known among settings passes with a notice.
    """

    def __init__(self, session: AnySession, tables: Tables, *, strict: bool) -> None:
        self.session, self.tables, self.strict = session, tables, strict
        self.market = session.market
        self.bars = Bars(self.market, tables, self.tell)
        self.trades = Trades(session)
        self.subaccounts = SubAccounts(self)
        self.namespace: dict[str, Any] = {}
        self.state: dict[str, Any] = {"schedules": [], "options": {}, "universe": []}
        """What the script has set up: plain data, kept with every state of the session."""
        self.time: dt.time | None = None
        """Time of the call that runs now; None between calls."""
        self.functions: dict[str, Callable[..., Any]] = {}
        """Functions that were scheduled and that no name of the script finds."""

    # ------------------------------------------------------------------ the clock

    @property
    def account(self) -> Draft | State:
        """The account as it is now."""
        return self.session.simulation.account

    @property
    def day(self) -> int:
        """Index of the present day; the first one before it begins."""
        return max(self.account.day, self.session.simulation.exchange.first)

    @property
    def phase(self) -> int:
        """Phase of the present day; before all before the first day begins."""
        account = self.account
        return account.phase if account.day >= self.session.simulation.exchange.first else -1

    @property
    def view(self) -> View:
        """What is visible now."""
        return self.session.simulation.view

    @property
    def today(self) -> pd.Timestamp:
        """The present day at midnight."""
        return self.bars.dates[self.day]

    @property
    def now(self) -> dt.datetime:
        """Date and time of the present call."""
        phase = self.phase
        if self.time is not None:
            time = self.time
        elif phase < 0:
            time = dt.time(0, 0)
        else:
            time = self.market.venue.hours[PHASES[phase]]
        return dt.datetime.combine(self.date_of(self.day), time)

    def date_of(self, day: int) -> dt.date:
        """A day (index) as a date."""
        found: dt.date = self.market.days[day].item()
        return found

    @property
    def previous_date(self) -> dt.date:
        """The trading day before the present one; the calendar day before when the data begin today."""
        day = self.day
        return self.date_of(day - 1) if day else self.date_of(0) - dt.timedelta(days=1)

    def moment(self, day: int, phase: int, bar: int = 0) -> dt.datetime:
        """A moment of the events as date and time."""
        intraday = self.market.panel.intraday
        if bar and intraday is not None and phase != OPEN:
            found: dt.datetime = intraday.times[intraday.row(day, bar)].astype("datetime64[s]").item()
            return found
        return dt.datetime.combine(self.date_of(max(day, 0)), self.market.venue.hours[PHASES[phase]])

    @property
    def closed(self) -> bool:
        """True from the close on: the bar of today is whole."""
        return self.phase >= CLOSE

    # ------------------------------------------------------------------ the account so far

    def events_today(self) -> list[events.Record]:
        """What has happened today, in order."""
        session, day = self.session, self.day
        timeline = session.simulation.timeline
        log, place = timeline.branch.log, timeline.count
        while place and log[place - 1].at.day >= day:
            place -= 1
        parts = list(log[place : timeline.count])
        if session.simulation.draft is not None:
            parts += [event for event in session.simulation.draft.events if event.at.day >= day]
        return list(events.records(iter(parts)))

    def sold_today(self, number: int | None = None) -> float:
        """What the sales of today brought, less their fees; those of one sub-account where a number is given."""
        steps = sum(
            event.net
            for event in self.events_today()
            if isinstance(event, events.OrderFilled)
            and event.quantity < 0
            and (number is None or self.subaccounts.owner_of(event.order_id) == number)
        )
        return float(self.market.venue.money.amount(steps))

    def value_before(self) -> float:
        """Value of the account at the close of the day before."""
        timeline = self.session.simulation.timeline
        stops = timeline.branch.stops
        for stop in range(timeline.stop, -1, -1):
            state = stops[stop]
            if state.day < self.day:
                if state.day < 0 or state.day < self.session.simulation.exchange.first:
                    break
                (equity,) = equity_at_closes(self.session.simulation.exchange, [state])
                return float(self.market.venue.money.amount(int(equity)))
        return float(self.market.venue.money.amount(self.session.simulation.starting_equity))

    # ------------------------------------------------------------------ telling

    def tell(self, notice: str, kind: str = "approximated") -> None:
        """Add a notice, or count it."""
        self.session._voice.tell(notice, kind)

    def log(self, level: str, *words: object) -> None:
        """Write a line into the log of the session."""
        self.session.simulation.do(Log(level, " ".join(map(written, words))))

    # ------------------------------------------------------------------ codes

    def code(self, column: int) -> str:
        """The platform's spelling of a column."""
        return self.codes[column]

    @cached_property
    def codes(self) -> list[str]:
        """The platform's spelling of every column."""
        return [spelled(symbol) for symbol in self.market.symbols]

    def name_of(self, column: int) -> str:
        """Name for people; the code where none is known."""
        return self.names.get(self.codes[column]) or self.market.instruments[column].name or self.codes[column]

    @cached_property
    def names(self) -> dict[str, str]:
        """Names that the user brought."""
        if "names" not in self.tables:
            return {}
        table = self.tables.table("names", needed_by="A name")
        return dict(zip(table["code"], table["display_name"].astype(str), strict=True))
