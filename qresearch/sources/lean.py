"""Data folders of LEAN as markets: raw bars, with the splits and dividends of the factor files.

The daily bars are read where there are any, else those of hours, else those of minutes with the quotes at their ends.
A script of LEAN finds the folder again through the note on the market, and reads from it what it subscribes to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qresearch.errors import DataError
from qresearch.market.lean_folder import FOLDER_NOTE, SPANS, LeanFolder, is_folder
from qresearch.market.lean_rows import QUOTE, SCALE
from qresearch.sources.opened import Opened, pick

__all__ = ["is_folder", "open_lean"]
_FIELDS = ("open", "high", "low", "close")


def open_lean(path: Path, symbols: Iterable[str] | None = None) -> Opened:
    """Read the bars of a data folder.

    Parameters
    ----------
    path : Path
    symbols : iterable of str, optional
        Only these; default all that have bars.

    Returns
    -------
    Opened
        Raw bars, and the corporate actions that the factor files tell.

    Raises
    ------
    DataError
        No bars of shares of the United States; pass the folder that holds equity/usa.
    """
    folder = LeanFolder(path)
    resolution = next((name for name in ("daily", "hour", "minute") if folder.tickers(name)), None)
    if resolution is None:
        raise DataError(f"{path.name}: there are no bars in equity/usa. Pass the folder of LEAN that holds some.")
    chosen = pick({ticker: ticker for ticker in folder.tickers(resolution)}, symbols)
    frames = [frame for ticker in chosen if len(frame := _bars(folder, ticker, resolution))]
    if not frames:
        raise DataError(f"{path.name}: the files of {', '.join(chosen)} hold no bars. Download them again.")
    actions = pd.DataFrame(
        [row for ticker in chosen for row in _actions(folder, ticker)],
        columns=["symbol", "ex_date", "cash_per_share", "bonus_per_share"],
    )
    tables: dict[str, Any] = {"actions": actions} if len(actions) else {}
    return Opened(pd.concat(frames, ignore_index=True), tables, (f"{FOLDER_NOTE}{path}",))


def _bars(folder: LeanFolder, ticker: str, resolution: str) -> pd.DataFrame:
    raw = folder.read(ticker, resolution)
    ends = raw.starts if resolution == "daily" else raw.starts + SPANS[resolution]
    frame = pd.DataFrame({"date": ends.astype("datetime64[s]"), "symbol": ticker})
    for place, name in enumerate(_FIELDS):
        frame[name] = raw.values[:, place] / SCALE
    frame["volume"] = raw.values[:, 4].astype(np.float64)
    if resolution == "minute" and folder.has(ticker, resolution, QUOTE):
        quotes = folder.read(ticker, resolution, QUOTE)
        closes = {"bid": quotes.values[:, 3], "ask": quotes.values[:, 8]}
        found = pd.DataFrame({name: np.where(column < 0, np.nan, column / SCALE) for name, column in closes.items()})
        found.index = (quotes.starts + SPANS[resolution]).astype("datetime64[s]")
        frame = frame.join(found, on="date")
    return frame


def _actions(folder: LeanFolder, ticker: str) -> Iterator[tuple[str, dt.date, float, float]]:
    """Splits and dividends between the rows of a factor file, on the day after each."""
    for row, following in pairwise(folder.factors(ticker)):
        cash = float(row.reference * (1 - row.price / following.price)) if row.price != following.price else 0.0
        bonus = float(following.split / row.split) - 1
        if round(cash, 2) or abs(bonus) > 1e-9:
            yield ticker, row.date + dt.timedelta(days=1), round(cash, 2), round(bonus, 6)
