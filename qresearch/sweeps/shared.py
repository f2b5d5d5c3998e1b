"""A market that many processes read: a stored one (:mod:`qresearch.market.stored`), opened by each where it lies.

A market that was opened from a folder is read there; any other is written into one first. Its arrays alone are taken
from the folder. What is around them, instruments, actions, venue, travels beside the work, so that rules of the user's
own do too, and nothing is executed from a file.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cloudpickle

from qresearch.domain.arguments import path as path_of
from qresearch.domain.instrument import Instrument
from qresearch.errors import DataError, UsageError
from qresearch.market.market import Market
from qresearch.market.stored import is_stored, open_stored, write_market
from qresearch.market.venue import PLAIN

_IN_THE_FOLDER = ("panel", "closed", "benchmark")
"""What has arrays."""


@dataclass(frozen=True)
class SharedMarket:
    """Where a market lies, and what is around its arrays.

    Parameters
    ----------
    folder : str
        A stored market with the same arrays.
    fingerprint : str
        Of what lies there.
    around : bytes
        The market without its arrays.
    """

    folder: str
    fingerprint: str
    around: bytes

    @property
    def key(self) -> str:
        """What a worker knows an open market by."""
        return hashlib.sha256(self.around + f"{self.folder} {self.fingerprint}".encode()).hexdigest()


class _Writer(cloudpickle.Pickler):  # type: ignore[misc]  # its types are not known
    """Takes what lies in the folder out of a market."""

    def __init__(self, file: io.BytesIO, market: Market) -> None:
        super().__init__(file)
        self._names = {id(getattr(market, name)): name for name in _IN_THE_FOLDER if getattr(market, name) is not None}

    def persistent_id(self, value: object) -> str | None:
        """The name of a part in the folder; None for everything else, which is written in its place."""
        return self._names.get(id(value))


class _Reader(pickle.Unpickler):
    """Puts back what lies in the folder."""

    def __init__(self, file: io.BytesIO, held: Market) -> None:
        super().__init__(file)
        self._held = held

    def persistent_load(self, named: Any) -> object:
        """The part of a name."""
        return getattr(self._held, named)


def share(market: Market, root: Path | None) -> SharedMarket:
    """Make a market known to other processes: where it was opened from, or below a folder that it is written to.

    Parameters
    ----------
    market : Market
    root : Path or None
        None: it lies in a folder already.

    Raises
    ------
    UsageError
        The folder cannot be written to; name another one with ``shared=``.
    """
    around = io.BytesIO()
    _Writer(around, market).dump(market)
    if root is None:
        return SharedMarket(str(market.folder), market.fingerprint, around.getvalue())
    bare = _bare(market)
    folder = root / f"market-{bare.fingerprint[:32]}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if not _holds(folder, bare.fingerprint):
            _write(bare, root, folder)
    except OSError as problem:
        raise UsageError(
            f"sweep: the market cannot be written to {str(root)!r}: {problem} Name a folder with room with shared=."
        ) from problem
    return SharedMarket(str(folder.resolve()), bare.fingerprint, around.getvalue())


def _bare(market: Market) -> Market:
    """The arrays of a market, and nothing that a file could not hold."""
    names = tuple(map(Instrument, market.symbols))
    return Market(market.panel, names, (), PLAIN, market.benchmark, closed=market.closed)


def _holds(folder: Path, fingerprint: str) -> bool:
    """Whether a folder holds a market, whole; a damaged one is written once more."""
    try:
        return is_stored(folder) and open_stored(folder).fingerprint == fingerprint
    except DataError:
        return False


def _write(market: Market, root: Path, folder: Path) -> None:
    """Put a market in its place, where it appears whole, whoever else is writing it."""
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=root))
    try:
        (draft / "new").mkdir()
        write_market(draft / "new", market)
        if is_stored(folder) and not _holds(folder, market.fingerprint):
            folder.replace(draft / "damaged")
        if not is_stored(folder):
            (draft / "new").replace(folder)
    except OSError:
        if not _holds(folder, market.fingerprint):  # another sweep was faster
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@lru_cache(maxsize=1)
def _opened(key: str, shared: SharedMarket) -> Market:
    if not is_stored(shared.folder):
        raise DataError(
            f"A worker does not find the market in {shared.folder!r}. Name a folder that every machine of the cluster "
            "sees under the same name with shared=."
        )
    held = open_stored(shared.folder)
    if held.fingerprint != shared.fingerprint:
        raise DataError(
            f"In {shared.folder!r} lies another market than the one of this sweep: it was saved anew since it was "
            "opened. Open it once more with qresearch.read_market, and sweep again."
        )
    found = _Reader(io.BytesIO(shared.around), held).load()
    if not isinstance(found, Market):
        raise DataError(f"What a worker was told to open is a {type(found).__name__}, not a market. Sweep again.")
    return found


def opened(shared: SharedMarket) -> Market:
    """The market, open in this process: the one that was opened last is kept."""
    return _opened(shared.key, shared)


def close() -> None:
    """Let the files of the open market go, so that they can be deleted."""
    _opened.cache_clear()


def root_of(shared: object) -> Path | None:
    """The folder for markets that a user named; None for one of our own."""
    return None if shared is None else path_of("shared", shared, "markets")
