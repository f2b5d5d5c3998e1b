"""``get_current_data()``: what is known of each code right now."""

from __future__ import annotations

from typing import Any

from qresearch.dialects.data.codes import spelled
from qresearch.dialects.data.platform import Platform
from qresearch.dialects.data.tables import in_force
from qresearch.domain.moment import OPEN


class CurrentItem:
    """What is known of one code right now.

    Parameters
    ----------
    platform : Platform
    code : str
    column : int
    """

    __slots__ = ("_column", "_platform", "code")

    def __init__(self, platform: Platform, code: str, column: int) -> None:
        self._platform, self.code, self._column = platform, code, column

    def _today(self, name: str) -> Any:
        return getattr(self._platform.market.panel, name)[self._platform.host.day, self._column]

    @property
    def last_price(self) -> float:
        """The last visible price; before the open the previous close."""
        return self._platform.host.view.last_price(self._column)

    @property
    def day_open(self) -> float:
        """Today's open; NaN before it."""
        return float(self._today("open")) if self._platform.host.phase >= OPEN else float("nan")

    @property
    def high_limit(self) -> float:
        """Upper price limit of today; far away where there is none."""
        limit = float(self._today("limit_up"))
        return limit if limit == limit else 10_000.0

    @property
    def low_limit(self) -> float:
        """Lower price limit of today; 0.01 where there is none."""
        limit = float(self._today("limit_down"))
        return limit if limit == limit else 0.01

    @property
    def paused(self) -> bool:
        """True when it does not trade today."""
        return bool(self._today("suspended"))

    @property
    def is_st(self) -> bool:
        """True while a risk warning is on."""
        return bool(self._today("is_st"))

    @property
    def name(self) -> str:
        """Name for people; with the mark of a risk warning while one is on."""
        name = self._platform.name_of(self._column)
        return f"ST{name}" if self.is_st and "ST" not in name else name

    @property
    def industry_code(self) -> str:
        """Industry; empty when no table was given."""
        if "industries" not in self._platform.tables:
            return ""
        table = self._platform.tables.table("industries", needed_by="industry_code")
        found = in_force(table[table["code"] == self.code], self._platform.today)
        return str(found["industry_code"].iloc[0]) if len(found) else ""

    def __repr__(self) -> str:
        return f"<{self.code} {self.name}: {self.last_price}, paused {self.paused}>"


class IndexItem:
    """What is known of an index right now, from the bars that the user brought: it is looked at, not traded.

    Parameters
    ----------
    platform : Platform
    code : str
    """

    high_limit, low_limit, paused, is_st, industry_code = 10_000.0, 0.01, False, False, ""

    def __init__(self, platform: Platform, code: str) -> None:
        self._platform, self.code = platform, code

    def _bar(self, field: str, day: int) -> float:
        return float(self._platform.bars.values(self.code, field, slice(day, day + 1), day, None)[0])

    @property
    def last_price(self) -> float:
        """The last visible price; before the open the previous close."""
        host = self._platform.host
        if host.phase < OPEN:
            return self._bar("pre_close", host.day)
        return self._bar("close" if host.is_closed else "open", host.day)

    @property
    def day_open(self) -> float:
        """Today's open; NaN before it."""
        host = self._platform.host
        return self._bar("open", host.day) if host.phase >= OPEN else float("nan")

    @property
    def name(self) -> str:
        """Name for people."""
        return self._platform.name_of_code(self.code)


class Unknown:
    """What is known of a code that the market does not hold: nothing, and it cannot be traded."""

    last_price = day_open = high_limit = low_limit = float("nan")
    paused, is_st, name, industry_code = True, False, "", ""


class CurrentData(dict[str, Any]):
    """``get_current_data()``: filled when a code is looked at.

    Parameters
    ----------
    platform : Platform
    """

    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform

    def __contains__(self, code: object) -> bool:
        known = super().__contains__(code)
        if not known and self._platform.bars.column(code) is not None:
            self._platform.host.tell(
                "`code in get_current_data()` is False until the code was looked at, as on the platform: the mapping "
                "is filled by get_current_data()[code].",
                "data",
            )
        return known

    def __missing__(self, code: str) -> Any:
        column = self._platform.bars.column(code)
        if column is None and self._platform.bars.has_other(code):
            index = self[code] = IndexItem(self._platform, spelled(code))
            return index
        if column is None:
            self._platform.host.tell(
                f"get_current_data()[{code!r}]: no such instrument in this market; it counts as paused.", "data"
            )
            return Unknown()
        found = self[code] = CurrentItem(self._platform, self._platform.code(column), column)
        return found
