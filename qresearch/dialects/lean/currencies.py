"""Currencies: in which a share is quoted, and dollars for one of it by day, as the data folder has them.

``symbol-properties/symbol-properties-database.csv`` names the currency of a share; daily quotes of a pair such as
``forex/oanda/daily/eurusd.zip`` give the rates (the middle of bid and ask at the close; what a day has not is that of
the day before).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from bisect import bisect_right
from decimal import Decimal
from pathlib import Path

from qresearch.errors import DataError

_TABLE = Path("symbol-properties") / "symbol-properties-database.csv"


class DailyRates:
    """Dollars for one of a currency, by day.

    Parameters
    ----------
    days : list of date
        Ascending.
    values : list of Decimal
    """

    def __init__(self, days: list[dt.date], values: list[Decimal]) -> None:
        self.days, self.values = days, values

    def on(self, day: dt.date) -> Decimal | None:
        """The rate of a day, else of the day before it; None before the first."""
        place = bisect_right(self.days, day)
        return self.values[place - 1] if place else None


class Currencies:
    """The currencies of a data folder.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._quoted: dict[str, str] | None = None
        self._rates: dict[str, DailyRates] = {}

    def of(self, ticker: str) -> str:
        """The currency in which a share is quoted; USD where the table does not say."""
        if self._quoted is None:
            self._quoted = {}
            path = self.folder / _TABLE
            if path.is_file():
                for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))):
                    if row.get("market") == "usa" and row.get("type") == "equity":
                        self._quoted[str(row.get("symbol")).upper()] = str(row.get("quote_currency") or "USD").upper()
        return self._quoted.get(ticker.upper(), "USD")

    def rates(self, currency: str) -> DailyRates:
        """Its rates; none at all where there is no file."""
        if currency not in self._rates:
            name = f"{currency.lower()}usd"
            paths = sorted(self.folder.glob(f"forex/*/daily/{name}.zip"))
            self._rates[currency] = _read(paths[0]) if paths else DailyRates([], [])
        return self._rates[currency]


def _read(path: Path) -> DailyRates:
    days, values = [], []
    with zipfile.ZipFile(path) as file:
        text = file.read(file.namelist()[0]).decode()
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split(",")
        if cells == [""]:
            continue
        try:
            days.append(dt.datetime.strptime(cells[0][:8], "%Y%m%d").date())
            values.append((Decimal(cells[4]) + Decimal(cells[9])) / 2)
        except (ValueError, ArithmeticError, IndexError):
            raise DataError(f"{path.name}, line {number}: {line.strip()!r} is no daily quote of a currency.") from None
    return DailyRates(days, values)
