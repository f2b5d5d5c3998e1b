"""The log of a SQLite file (``-wal``), read before SQLite reads it.

SQLite takes from its log what is whole and drops the rest in silence: after one flipped bit in the middle, every later
transaction is gone without a word. Here the log is read first, by the format that SQLite documents
(https://www.sqlite.org/fileformat2.html#the_write_ahead_log), and damage is told from what a killed process leaves
behind: frames of the present generation never follow a frame that is not whole.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any, NamedTuple

import numpy as np

_MAGIC = {0x377F0682: "<u4", 0x377F0683: ">u4"}
"""First number of a log, and how the numbers are ordered that its checksums add up."""
_VERSION = 3_007_000
_HEADER, _FRAME = 32, 24
_BLOCK = 1024
"""Frames added up at once, so that a long log takes little memory."""


class DamagedLog(Exception):
    """The log was changed after it was written; the message says where."""


class Log(NamedTuple):
    """What a log adds to its file.

    Parameters
    ----------
    pages : dict of int to bytes
        The last whole state of each page, by its number from 1.
    page_size : int, bytes
    size : int, pages
        Length of the file with the log; 0 when the log adds nothing.
    writes : int
        Number of whole transactions.
    is_cut : bool
        It ends within a transaction.
    """

    pages: dict[int, bytes]
    page_size: int
    size: int
    writes: int
    is_cut: bool

    def over(self, content: bytes) -> bytes:
        """The file with its log put over it."""
        if not self.size:
            return content
        length = self.size * self.page_size
        made = bytearray(content[:length].ljust(length, b"\0"))
        for number, page in self.pages.items():
            if number <= self.size:
                made[(number - 1) * self.page_size : number * self.page_size] = page
        return bytes(made)


def read_log(log: bytes) -> Log:
    """Read a log.

    Raises
    ------
    DamagedLog
        Its header, or a frame that others follow, is not what was written.
    """
    if len(log) < _HEADER:
        return Log({}, 0, 0, 0, is_cut=bool(log))
    magic, version, page_size, _, *_ = head = struct.unpack(">8I", log[:_HEADER])
    order = _MAGIC.get(magic, "<u4")
    sums = _added(np.frombuffer(log[:24], dtype=order).reshape(1, -1), (0, 0))
    is_whole = magic in _MAGIC and version == _VERSION and sums[0] == head[6:] and _is_page_size(page_size)
    if not is_whole:
        if len(log) == _HEADER:
            return Log({}, 0, 0, 0, is_cut=True)
        raise DamagedLog("its first 32 bytes are not what was written")
    step = _FRAME + page_size
    count = (len(log) - _HEADER) // step
    frames = np.frombuffer(log, dtype=np.uint8, count=count * step, offset=_HEADER).reshape(count, step)
    of_now = (frames[:, 8:16] == np.frombuffer(log[16:24], dtype=np.uint8)).all(axis=1)
    whole = _whole_frames(frames, of_now, order, sums[0])
    if of_now[whole + 1 :].any():
        raise DamagedLog(f"frame {whole + 1} of {count} is not what was written, and others follow it")
    sizes = frames[:whole, 4:8].copy().view(">u4")[:, 0]
    commits = np.flatnonzero(sizes)
    done = int(commits[-1]) + 1 if len(commits) else 0
    numbers = frames[:done, :4].copy().view(">u4")[:, 0].tolist()
    pages = {number: place for place, number in enumerate(numbers)}
    rest = (len(log) - _HEADER) % step
    is_cut = whole > done or (whole < count and bool(of_now[whole])) or (whole == count and rest > 0)
    return Log(
        {number: frames[place, _FRAME:].tobytes() for number, place in pages.items()},
        page_size,
        int(sizes[done - 1]) if done else 0,
        len(commits),
        is_cut=is_cut,
    )


def _is_page_size(size: int) -> bool:
    return 512 <= size <= 65_536 and size & (size - 1) == 0


def _whole_frames(frames: Any, of_now: Any, order: str, sums: tuple[int, int]) -> int:
    """Number of frames from the beginning that are of this generation and have their checksums."""
    stale = np.flatnonzero(~of_now)
    last = int(stale[0]) if len(stale) else len(frames)
    for begin in range(0, last, _BLOCK):
        block = frames[begin : min(begin + _BLOCK, last)]
        words = np.hstack([block[:, :8], block[:, _FRAME:]]).view(order)
        kept = block[:, 16:24].copy().view(">u4").tolist()
        for place, (made, stored) in enumerate(zip(_added(words, sums), kept, strict=True)):
            if list(made) != stored:
                return begin + place
            sums = made
    return last


def _added(rows: Any, sums: tuple[int, int]) -> list[tuple[int, int]]:
    """Checksums after each row of numbers, each going on from the one before.

    SQLite adds up pairs of numbers: ``one += a + other; other += b + one``. That is linear, so each number enters with
    a weight of its own, and a row is one product.
    """
    weights, (p, q, r, s) = _weights(rows.shape[1] // 2)
    parts = (rows.astype(np.uint64) @ weights).tolist()
    made = []
    one, other = sums
    for first, second in parts:
        one, other = (p * one + q * other + first) & 0xFFFFFFFF, (r * one + s * other + second) & 0xFFFFFFFF
        made.append((one, other))
    return made


@cache
def _weights(pairs: int) -> tuple[Any, tuple[int, int, int, int]]:
    """(2 pairs, 2) weights of the numbers of a row, and the matrix by which the sums before it enter; modulo 2**32."""
    weights = np.empty((2 * pairs, 2), dtype=np.uint64)
    p, q, r, s = 1, 0, 0, 1
    for pair in reversed(range(pairs)):
        # The pair adds (a, a + b); what comes after it multiplies by ((p, q), (r, s)).
        weights[2 * pair] = (p + q) & 0xFFFFFFFF, (r + s) & 0xFFFFFFFF
        weights[2 * pair + 1] = q, s
        p, q, r, s = (value & 0xFFFFFFFF for value in (p + q, p + 2 * q, r + s, r + 2 * s))
    return weights, (p, q, r, s)
