"""Folders that a user already has: one table per symbol, a folder of qlib or LEAN, an RQAlpha bundle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from qresearch.domain.instrument import SymbolIndex, canonical_symbol
from qresearch.errors import DataError, UsageError
from qresearch.sources import lean, qlib, rqalpha
from qresearch.sources.long_tables import long_table
from qresearch.sources.opened import Opened
from qresearch.sources.symbols import some
from qresearch.sources.table_files import SUFFIXES

BESIDE: Mapping[str, str] = {
    "instruments": "instruments",
    "corporate_actions": "actions",
    "no_limit_days": "no_limit_days",
    "index": "benchmark",
}
"""Names of the files in a folder that are no bars, and the argument that each stands for."""


def open_source(source: object, symbols: Iterable[str] | None = None, *, adjusted: bool = False) -> Opened | None:
    """What a folder holds; None when `source` is no folder.

    A folder with ``calendars/day.txt`` is qlib's, one with ``stocks.h5`` is an RQAlpha bundle, one with ``equity/usa``
    is LEAN's; in any other each .csv
    or .parquet file is one symbol, named by its file unless it has a column `symbol`. Files named ``instruments``,
    ``corporate_actions``, ``no_limit_days`` and ``index`` are the tables of those names.

    Raises
    ------
    UsageError
        A folder without any such file; pass the folder that holds them.

    Examples
    --------
    >>> open_source("bars.csv") is None
    True
    """
    if not isinstance(source, (str, Path)) or not Path(source).is_dir():
        return None
    folder = Path(source)
    wanted = [symbols] if isinstance(symbols, str) else None if symbols is None else list(symbols)
    if qlib.is_folder(folder):
        return qlib.open_folder(folder, wanted)
    if rqalpha.is_bundle(folder):
        return rqalpha.open_bundle(folder, wanted)
    if lean.is_folder(folder):
        return lean.open_lean(folder, wanted)
    return _open_tables(folder, wanted, adjusted=adjusted)


def _open_tables(folder: Path, wanted: list[str] | None, *, adjusted: bool) -> Opened:
    # What systems and offices put beside a table is hidden: ._bars.csv of a Mac, ~$bars.xlsx of an open workbook.
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$"))
    )
    tables = {BESIDE[path.stem]: path for path in paths if path.stem in BESIDE}
    paths = [path for path in paths if path.stem not in BESIDE]
    if not paths:
        raise UsageError(
            f"The folder {str(folder)!r} holds no .csv or .parquet file. Pass the folder that holds one per symbol, "
            "a qlib folder (with calendars/day.txt) or an RQAlpha bundle (with stocks.h5)."
        )
    named = {path.stem for path in paths}
    # Of thousands of files only the wanted ones are read, where the names of the files tell.
    known = SymbolIndex(dict.fromkeys(canonical_symbol(stem) for stem in named))
    if wanted is not None and all(symbol in known for symbol in wanted):
        chosen = {known.symbols[known[symbol]] for symbol in wanted}
        paths = [path for path in paths if canonical_symbol(path.stem) in chosen]
    frames, columns, first, notes = [], set[str](), paths[0].name, list[str]()
    for path in paths:
        frame, _ = long_table(path, notes, adjusted=adjusted)
        if not columns:
            columns = set(frame.columns)
        if odd := columns ^ set(frame.columns):
            raise DataError(
                f"{path.name}: {some(sorted(odd))} stand in only one of {path.name} and {first}. "
                "Give all files of the folder the same columns."
            )
        frames.append(frame)
    beside = f" Beside them: {', '.join(path.name for path in tables.values())}." if tables else ""
    note = f"Read {len(paths)} files of {folder.name}.{beside}"
    bars = pd.concat(frames, keys=[path.name for path in paths], names=["file", "line"])
    return Opened(bars, dict(tables), (note, *each_once(notes, "files")))


def each_once(notes: Iterable[str], what: str) -> list[str]:
    """Notes on many files or pieces: each wording once, with the number of those that it holds for.

    >>> each_once(["Read 3 rows of a1.", "Read 4 rows of a2.", "Read 9 rows of a3."], "files")
    ['Read 3 rows of a1. So do 2 other files.']
    """
    wordings: dict[str, list[str]] = {}
    for note in notes:
        if "has no column 'symbol'" not in note:  # of a folder that is the rule
            wordings.setdefault(_NAMES.sub("", note), []).append(note)
    return [same[0] + (f" So do {len(same) - 1} other {what}." if len(same) > 1 else "") for same in wordings.values()]


_NAMES = re.compile(r"\S*\d\S*")
