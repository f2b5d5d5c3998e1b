"""A market that many processes read: a folder of arrays, named by the digest of the market and opened read-only.

Only arrays lie in the folder. What is around them, instruments, actions, venue, travels beside the work, so that
nothing is executed from a file. Equal arrays lie there once; one value that is repeated takes the place of one.
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
import numpy as np

from qresearch.domain.arguments import path as path_of
from qresearch.errors import DataError, UsageError
from qresearch.market.arrays import mapped
from qresearch.market.market import Market

SMALL = 4096
"""Bytes: smaller arrays travel with what is around them."""
_KINDS = "biufM"


@dataclass(frozen=True)
class SharedMarket:
    """Where a market lies, and what is around its arrays.

    Parameters
    ----------
    folder : str
        Of the arrays of this market.
    around : bytes
        The market without its arrays.
    """

    folder: str
    around: bytes

    @property
    def key(self) -> str:
        """What a worker knows an open market by."""
        return hashlib.sha256(self.around + self.folder.encode()).hexdigest()


class _Writer(cloudpickle.Pickler):  # type: ignore[misc]  # its types are not known
    """Takes the arrays out of a market."""

    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder
        self._names: dict[int, tuple[Any, ...]] = {}

    def persistent_id(self, value: object) -> tuple[Any, ...] | None:
        """The name of an array in the folder; None for everything else, which is written in its place."""
        if type(value) is not np.ndarray or value.nbytes <= SMALL or value.dtype.kind not in _KINDS:
            return None
        if id(value) not in self._names:
            self._names[id(value)] = self._written(value)
        return self._names[id(value)]

    def _written(self, array: np.ndarray[Any, Any]) -> tuple[Any, ...]:
        once = array[tuple(slice(0, 1) if step == 0 else slice(None) for step in array.strides)]
        body = np.ascontiguousarray(once)
        name = hashlib.sha256(f"{body.dtype.str}{body.shape}".encode() + body.view(np.uint8).data).hexdigest()[:32]
        path = self._folder / f"{name}.npy"
        if not path.exists():
            np.save(path, body)
        return name, array.shape


class _Reader(pickle.Unpickler):
    """Puts the arrays back, as parts of files."""

    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder
        self._open: dict[str, np.ndarray[Any, Any]] = {}

    def persistent_load(self, named: Any) -> np.ndarray[Any, Any]:
        """The array of a name."""
        name, shape = named
        if name not in self._open:
            self._open[name] = mapped(self._folder / f"{name}.npy")
        array = self._open[name]
        return array if array.shape == shape else np.broadcast_to(array, shape)


def share(market: Market, root: Path) -> SharedMarket:
    """Write the arrays of a market below a folder, unless they lie there already.

    Parameters
    ----------
    market : Market
    root : Path

    Raises
    ------
    UsageError
        The folder cannot be written to; name another one with ``shared=``.
    """
    folder = root / f"market-{market.fingerprint[:32]}"
    around = io.BytesIO()
    try:
        root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=root))
        try:
            _Writer(around, draft).dump(market)
            _complete(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as problem:
        raise UsageError(
            f"sweep: the market cannot be written to {str(root)!r}: {problem} Name a folder with room with shared=."
        ) from problem
    return SharedMarket(str(folder.resolve()), around.getvalue())


def _complete(draft: Path, folder: Path) -> None:
    """Put what was written in its place; each array appears there whole, whoever else is writing it."""
    folder.mkdir(exist_ok=True)
    for path in sorted(draft.iterdir()):
        target = folder / path.name
        if not target.exists() or target.stat().st_size != path.stat().st_size:
            path.replace(target)


@lru_cache(maxsize=1)
def _opened(key: str, shared: SharedMarket) -> Market:
    folder = Path(shared.folder)
    try:
        found = _Reader(io.BytesIO(shared.around), folder).load()
    except FileNotFoundError as problem:
        raise DataError(
            f"A worker does not find the market in {shared.folder!r}: {problem} Name a folder that every machine of "
            "the cluster sees under the same name with shared=."
        ) from problem
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
