"""Options in the data folder of LEAN: one zip a day (or a year) for all contracts on a share, one CSV file for each.

Minute bars lie in ``option/usa/minute/spy/20240108_quote_american.zip`` as
``20240108_spy_minute_quote_american_call_4700000_20240109.csv``; hourly and daily ones in
``option/usa/daily/spy_2024_trade_american.zip`` as ``spy_trade_american_call_4700000_20240109.csv``. A strike is a
whole number of 1/10,000, as every price; the columns are those of shares.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from qresearch.errors import DataError
from qresearch.market.lean_folder import LeanFolder
from qresearch.market.lean_rows import INSIDE_DAY, QUOTE, SCALE, TRADE, RawBars, joined, lines_of, parsed

_ROOT = Path("option") / "usa"


@dataclass(frozen=True)
class ContractFile:
    """A contract as the names of files tell it.

    Parameters
    ----------
    ticker : str
        Of the share.
    right : {"call", "put"}
    strike : Decimal, dollars
    expiry : date
    style : {"american", "european"}
    """

    ticker: str
    right: str
    strike: Decimal
    expiry: dt.date
    style: str = "american"

    @property
    def end(self) -> str:
        """What the name of its file ends with.

        >>> ContractFile("SPY", "call", Decimal(470), dt.date(2024, 1, 9)).end
        'american_call_4700000_20240109.csv'
        """
        return f"{self.style}_{self.right}_{int(self.strike * SCALE)}_{self.expiry:%Y%m%d}.csv"


class LeanOptions:
    """The options of a data folder, read and written.

    Parameters
    ----------
    folder : LeanFolder

    Examples
    --------
    >>> import tempfile
    >>> options = LeanOptions(LeanFolder(tempfile.mkdtemp()))
    >>> call = ContractFile("SPY", "call", Decimal(470), dt.date(2024, 1, 9))
    >>> options.write_trades(call, "minute", [(dt.datetime(2024, 1, 8, 9, 30), 0.9, 0.95, 0.9, 0.91, 10)])
    >>> options.read(call, "minute").values.tolist(), options.contracts("SPY") == [call]
    ([[9000, 9500, 9000, 9100, 10]], True)
    """

    def __init__(self, folder: LeanFolder) -> None:
        self.root = folder.path / _ROOT

    def __repr__(self) -> str:
        return f"<LEAN options in {self.root}>"

    def _zips(self, ticker: str, resolution: str, kind: str, style: str) -> list[Path]:
        name = ticker.lower()
        if resolution in INSIDE_DAY:
            return sorted((self.root / resolution / name).glob(f"*_{kind}_{style}.zip"))
        return sorted((self.root / resolution).glob(f"{name}_*_{kind}_{style}.zip"))

    def contracts(self, ticker: str, on: dt.date | None = None) -> list[ContractFile]:
        """Contracts on a share with bars, by expiry and strike; of a date those that have not expired."""
        found = set()
        for resolution in (*INSIDE_DAY, "hour", "daily"):
            for style in ("american", "european"):
                for path in (
                    zipped for kind in (TRADE, QUOTE) for zipped in self._zips(ticker, resolution, kind, style)
                ):
                    with zipfile.ZipFile(path) as file:
                        found |= {_contract(ticker, name, path) for name in file.namelist()}
        alive = [contract for contract in found if on is None or contract.expiry >= on]
        return sorted(alive, key=lambda contract: (contract.expiry, contract.strike, contract.right))

    def read(
        self, contract: ContractFile, resolution: str, kind: str = TRADE, first: dt.date | None = None,
        last: dt.date | None = None,
    ) -> RawBars:  # fmt: skip
        """Bars of a contract; none at all where there is no file.

        Raises
        ------
        DataError
            A file of another format; the message names it and the line.
        """
        parts = []
        for path in self._zips(contract.ticker, resolution, kind, contract.style):
            with zipfile.ZipFile(path) as file:
                name = next((name for name in file.namelist() if name.endswith(contract.end)), None)
                text = "" if name is None else file.read(name).decode()
            if text:
                day = path.name[:8] if resolution in INSIDE_DAY else None
                parts.append(parsed(text, kind, path, day))
        whole = joined(parts, kind)
        return whole.between(first or dt.date(1900, 1, 1), last or dt.date(2200, 1, 1))

    def write_trades(self, contract: ContractFile, resolution: str, rows: Iterable[Sequence[object]]) -> None:
        """Write bars of trades: (begin, open, high, low, close, volume), prices in dollars, beside other contracts."""
        self._write(contract, resolution, TRADE, rows)

    def write_quotes(self, contract: ContractFile, resolution: str, rows: Iterable[Sequence[object]]) -> None:
        """Write bars of quotes: (begin, four prices of the bid, its size, four of the ask, its size)."""
        self._write(contract, resolution, QUOTE, rows)

    def _write(self, contract: ContractFile, resolution: str, kind: str, rows: Iterable[Sequence[object]]) -> None:
        name = contract.ticker.lower()
        files: dict[tuple[Path, str], list[str]] = {}
        for begin, line in lines_of(rows, resolution, kind):
            if resolution in INSIDE_DAY:
                path = self.root / resolution / name / f"{begin:%Y%m%d}_{kind}_{contract.style}.zip"
                inside = f"{begin:%Y%m%d}_{name}_{resolution}_{kind}_{contract.end}"
            else:
                path = self.root / resolution / f"{name}_{begin:%Y}_{kind}_{contract.style}.zip"
                inside = f"{name}_{kind}_{contract.end}"
            files.setdefault((path, inside), []).append(line)
        for (path, inside), lines in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
                file.writestr(inside, "\n".join(lines) + "\n")


def _contract(ticker: str, name: str, path: Path) -> ContractFile:
    """The contract that the name of a file tells."""
    parts = name.removesuffix(".csv").split("_")
    try:
        style, right, strike, expiry = parts[-4:]
        day = dt.datetime.strptime(expiry, "%Y%m%d").date()
        return ContractFile(ticker.upper(), right, Decimal(strike) / SCALE, day, style)
    except (ValueError, ArithmeticError):
        raise DataError(
            f"{path.name}: {name!r} is no file of a contract such as ..._call_4700000_20240109.csv."
        ) from None
