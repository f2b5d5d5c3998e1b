"""What the data functions of one script share: the market as of now, the tables of the user, the spelling of codes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from qresearch.dialects.data.bars import Bars, to_day
from qresearch.dialects.data.codes import spelled_of
from qresearch.errors import UsageError

if TYPE_CHECKING:
    from qresearch.dialects.data.query import Answers
    from qresearch.dialects.data.tables import Tables
    from qresearch.dialects.script.host import ScriptHost


class Platform:
    """What the data functions of one script look at.

    Parameters
    ----------
    host : ScriptHost
    tables : Tables
    state : dict
        What the script has set up, kept with every state of the session; ``universe`` and ``files`` are read here.
    """

    def __init__(self, host: ScriptHost, tables: Tables, state: dict[str, Any]) -> None:
        self.host, self.tables, self.state = host, tables, state
        self.market = host.market
        self.bars = Bars(self.market, tables, host.tell)
        self._answers: Answers | None = None

    @property
    def today(self) -> pd.Timestamp:
        """The present day at midnight."""
        found: pd.Timestamp = self.bars.dates[self.host.day]
        return found

    def day_before(self, wanted: Any = None) -> pd.Timestamp:
        """The trading day before the present one; the day that was asked for where that is earlier still."""
        before = pd.Timestamp(self.host.previous_date)
        return before if wanted is None else min(to_day(wanted), before)

    def count_until(self, date: Any, *, side: str = "right") -> int:
        """Number of trading days up to a date; before it with side "left"."""
        return int(self.bars.dates.searchsorted(to_day(date).to_datetime64(), side=side))  # type: ignore[call-overload]

    def answers(self, asked: object, call: str) -> Answers:
        """What answers queries; a call that was handed something else is refused."""
        # SQLAlchemy is loaded when a script has a query.
        from qresearch.dialects.data.query import Answers, Query  # noqa: PLC0415

        if not isinstance(asked, Query):
            raise UsageError(f"{call} takes query(...), not a {type(asked).__name__}.")
        if self._answers is None:
            self._answers = Answers()
        return self._answers

    @cached_property
    def codes(self) -> list[str]:
        """The platform's spelling of every instrument."""
        return [spelled_of(item) for item in self.market.instruments]

    def code(self, column: int) -> str:
        """The platform's spelling of an instrument."""
        return self.codes[column]

    def name_of(self, column: int) -> str:
        """Name for people; the code where none is known."""
        code = self.codes[column]
        return self._names.get(code) or self.market.instruments[column].name or code

    def name_of_code(self, code: str) -> str:
        """Name for people of what is no instrument; the code where none is known."""
        return self._names.get(code, code)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Names that the user brought."""
        if "names" not in self.tables:
            return {}
        table = self.tables.table("names", needed_by="A name")
        return dict(zip(table["code"], table["display_name"].astype(str), strict=True))
