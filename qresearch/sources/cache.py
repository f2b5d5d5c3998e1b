"""Answers of a data vendor, kept as Parquet files in the user's cache folder.

An entry is two files: ``<key>.parquet`` and, beside it, ``<key>.json`` with the version of the layout, the checksum of
the Parquet file, and the days that it covers. What does not fit is damaged: it counts as missing and is fetched again,
with a notice. Both files are written beside their place and moved there, so an interrupted run leaves none half
written, and the next one goes on where it stopped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from qresearch.errors import MarketWarning

LAYOUT = 1
"""Version of the layout of the entries; those of another version are fetched again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a cache holds under a key.

    Parameters
    ----------
    table : DataFrame
    start, end : date
        First and last day that the table covers, rows or not.
    """

    table: pd.DataFrame
    start: dt.date
    end: dt.date


@dataclass(frozen=True, slots=True)
class Held:
    """One line of a listing: a key, what it covers, its size in bytes, and whether it is whole."""

    key: str
    start: str
    end: str
    rows: int
    size: int
    whole: bool


def default_folder() -> Path:
    """The user's cache folder of this program, such as ``~/.cache/qresearch`` on Linux.

    >>> default_folder().name
    'qresearch'
    """
    from platformdirs import user_cache_path  # noqa: PLC0415  # only who fetches needs it

    return user_cache_path("qresearch", appauthor=False)


class Cache:
    """A folder of entries.

    Parameters
    ----------
    folder : Path, optional
        Default that of :func:`default_folder`.

    Examples
    --------
    >>> import tempfile
    >>> cache = Cache(Path(tempfile.mkdtemp()))
    >>> day = dt.date(2024, 1, 31)
    >>> cache.write("demo/bars/600519.SH", Entry(pd.DataFrame({"close": [1.0]}), day, day))
    >>> cache.read("demo/bars/600519.SH").table["close"].to_list()
    [1.0]
    >>> cache.read("demo/bars/000001.SZ") is None
    True
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else Path(folder)

    def read(self, key: str) -> Entry | None:
        """An entry; None when there is none or, with a notice, when it is damaged."""
        path, label = self._paths(key)
        if not label.is_file() and not path.is_file():
            return None
        try:
            told = json.loads(label.read_text(encoding="utf-8"))
            if told["layout"] != LAYOUT:
                return None
            if _checksum(path) == told["sha256"]:
                start, end = (dt.date.fromisoformat(told[name]) for name in ("start", "end"))
                return Entry(pd.read_parquet(path), start, end)
            why = "its checksum does not fit"
        except (OSError, ValueError, KeyError, TypeError) as problem:
            why = f"{type(problem).__name__}: {problem}"
        warnings.warn(f"The cached file {path} is damaged ({why}). It is fetched again.", MarketWarning, stacklevel=2)
        return None

    def write(self, key: str, entry: Entry) -> None:
        """Keep an entry in place of what was there."""
        path, label = self._paths(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        entry.table.to_parquet(part, index=False)
        told = {
            "layout": LAYOUT,
            "sha256": _checksum(part),
            "start": entry.start.isoformat(),
            "end": entry.end.isoformat(),
            "rows": len(entry.table),
        }
        draft = label.with_name(label.name + ".part")
        draft.write_text(json.dumps(told), encoding="utf-8")
        part.replace(path)
        draft.replace(label)

    def entries(self) -> Iterator[Held]:
        """All entries, by key."""
        for label in sorted(self.folder.rglob("*.json")):
            path = label.with_suffix(".parquet")
            key = label.relative_to(self.folder).with_suffix("").as_posix()
            try:
                told = json.loads(label.read_text(encoding="utf-8"))
                whole = told["layout"] == LAYOUT and _checksum(path) == told["sha256"]
                yield Held(key, told["start"], told["end"], told["rows"], path.stat().st_size, whole)
            except (OSError, ValueError, KeyError, TypeError):
                yield Held(key, "", "", 0, 0, False)

    def _paths(self, key: str) -> tuple[Path, Path]:
        path = self.folder / f"{key}.parquet"
        # A symbol holds a dot, so the ending is replaced by hand.
        return path, path.with_name(path.name.removesuffix(".parquet") + ".json")


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
