"""Arrays as files: written row by row, checked when they are opened, and looked at where they lie.

A file is a plain uncompressed ``.npy``. An array that is one value everywhere has none: its value stands in the list.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qresearch.errors import DataError
from qresearch.market.arrays import compact, digests, mapped, pieces, read_only

_REMEDY = "Save the market again, or bring the folder from where it is whole."


class ArrayFile:
    """An array that is written from its first row to its last, without ever being in memory as a whole.

    A context: what is not ended when it is left stays without an end.

    Parameters
    ----------
    path : Path
        Made with the folders above it, as soon as not all is one value.
    dtype : dtype
    width : int or None
        Columns; None: the array has one axis.

    >>> import tempfile
    >>> file = ArrayFile(Path(tempfile.mkdtemp(), "close.npy"), np.dtype(float), 2)
    >>> file.append(np.ones((3, 2)))
    >>> file.close()["value"], file.path.exists()
    (1.0, False)
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], width: int | None) -> None:
        self.path, self.dtype = path, dtype
        self._row = () if width is None else (width,)
        self._rows, self._hash = 0, hashlib.sha256()
        self._file: Any = None
        self._same: NDArray[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._file is not None:
            self._file.close()

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end; raises OSError where there is no room."""
        if not len(rows):
            return
        if self._file is None and self._row and self._goes_on(rows):
            self._rows += len(rows)
            return
        if self._file is None:
            self._begin()
        self._put(rows)
        self._rows += len(rows)

    def _goes_on(self, rows: NDArray[Any]) -> bool:
        """Whether rows are the one value that all before them are."""
        found = compact(rows)
        if found.size > 1 and any(found.strides):
            return False
        value = found[:1, 0]
        if self._same is None:
            self._same = value.copy()
        return value.tobytes() == self._same.tobytes()

    def _begin(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("wb")
        self._head(0)
        if self._same is not None:
            self._put(np.broadcast_to(self._same[0], (self._rows, *self._row)))

    def _head(self, count: int) -> None:
        kind = np.lib.format.dtype_to_descr(self.dtype)
        said = {"descr": kind, "fortran_order": False, "shape": (count, *self._row)}
        np.lib.format.write_array_header_1_0(self._file, said)  # leaves room for a larger count

    def _put(self, rows: NDArray[Any]) -> None:
        for piece in pieces(rows):
            body = np.ascontiguousarray(piece, dtype=self.dtype).tobytes()
            self._hash.update(body)
            self._file.write(body)

    def close(self) -> dict[str, Any]:
        """End the file; what :func:`open_array` needs to know of it, as JSON data."""
        told: dict[str, Any] = {"dtype": self.dtype.str, "shape": [self._rows, *self._row]}
        if self._file is None and self._same is not None:
            return {**told, "value": self._same[0].item()}
        if self._file is None:
            self._begin()
        self._file.seek(0)
        self._head(self._rows)
        self._file.close()
        return {**told, "bytes": self.path.stat().st_size, "sha256": self._hash.hexdigest()}


def write_array(path: Path, array: NDArray[Any]) -> dict[str, Any]:
    """Write a whole array; what :func:`open_array` needs to know of it, as JSON data.

    Parameters
    ----------
    path : Path
    array : (R,) or (R, C) ndarray
    """
    with ArrayFile(path, array.dtype, array.shape[1] if array.ndim > 1 else None) as file:
        file.append(array)
        return file.close()


def open_array(path: Path, told: dict[str, Any]) -> NDArray[Any]:
    """An array that was written: read-only, and a part of its file unless it has one axis only.

    Parameters
    ----------
    path : Path
    told : dict
        What :meth:`ArrayFile.close` said.

    Raises
    ------
    DataError
        The file is missing, has another size or another shape; save the market again.
    """
    kind, shape = np.dtype(told["dtype"]), tuple(told["shape"])
    if "value" in told:
        return np.broadcast_to(np.array(told["value"], dtype=kind), shape)
    if not path.is_file():
        raise DataError(f"The stored market has lost its file {str(path)!r}. {_REMEDY}")
    if (size := path.stat().st_size) != told["bytes"]:
        raise DataError(
            f"The file {str(path)!r} of a stored market has {size:,} bytes instead of {told['bytes']:,}: it was cut "
            f"short, or is another one. {_REMEDY}"
        )
    try:
        array = mapped(path)
    except ValueError:
        array = None
    if array is None or array.dtype != kind or array.shape != shape:
        raise DataError(f"The file {str(path)!r} of a stored market is not the array that was saved. {_REMEDY}")
    return array if len(shape) > 1 else read_only(np.array(array))


def is_as_written(path: Path, told: dict[str, Any]) -> bool:
    """Whether a file still holds what was written, byte by byte; True where there is none to hold it."""
    if "value" in told:
        return True
    (found,) = digests({path.name: mapped(path)}).values()
    return found.hex() == str(told["sha256"])
