"""How many shares can be borrowed to sell them short, by a table in the data folder or without a bound."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from qresearch.dialects.lean.names import Named
from qresearch.errors import DataError

_ROOT = Path("equity") / "usa" / "shortable"


class NullShortableProvider(Named):
    """No bound: the base of providers of a script."""

    def fee_rate(self, symbol: Any, local_time: dt.datetime) -> float:
        """What a loan costs a year, as a part of its value."""
        return 0.0

    def rebate_rate(self, symbol: Any, local_time: dt.datetime) -> float:
        """What the cash behind a loan earns a year, as a part."""
        return 0.0

    def shortable_quantity(self, symbol: Any, local_time: dt.datetime) -> int | None:
        """Shares; None where no bound is known."""
        return None


class LocalDiskShortableProvider(NullShortableProvider):
    """The tables of a broker: ``equity/usa/shortable/<brokerage>/symbols/spy.csv``.

    A row is a date, shares, and the rebate and the fee in per cent; a day without a row has no bound and costs nothing.

    Parameters
    ----------
    brokerage : str
        The name of its folder.
    """

    folder = ""
    """The data folder; the security that takes the provider sets it."""

    def __init__(self, brokerage: str) -> None:
        self.brokerage = brokerage.lower()
        self._held: dict[str, dict[dt.date, tuple[int | None, float, float]]] = {}

    def _row(self, symbol: Any, at: dt.datetime) -> tuple[int | None, float, float]:
        name = str(symbol).lower()
        if name not in self._held:
            self._held[name] = _table(Path(self.folder) / _ROOT / self.brokerage / "symbols" / f"{name}.csv")
        return self._held[name].get(at.date(), (None, 0.0, 0.0))

    def shortable_quantity(self, symbol: Any, local_time: dt.datetime) -> int | None:
        """Shares of the day; None without a row."""
        return self._row(symbol, local_time)[0]

    def rebate_rate(self, symbol: Any, local_time: dt.datetime) -> float:
        """Of the day."""
        return self._row(symbol, local_time)[1] / 100

    def fee_rate(self, symbol: Any, local_time: dt.datetime) -> float:
        """Of the day."""
        return self._row(symbol, local_time)[2] / 100


def _table(path: Path) -> dict[dt.date, tuple[int | None, float, float]]:
    found: dict[dt.date, tuple[int | None, float, float]] = {}
    if not path.is_file():
        return found
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [*line.split(","), "", "", ""][:4]
        try:
            day = dt.datetime.strptime(cells[0].strip(), "%Y%m%d").date()
            most = int(float(cells[1])) if cells[1].strip() else None
            found[day] = (most, float(cells[2] or 0), float(cells[3] or 0))
        except ValueError:
            raise DataError(
                f"{path.name}, line {number}: {line.strip()!r} is no row such as 20240102,1000,5.07,0.25."
            ) from None
    return found
