"""Files that we write: what somebody else wrote, or has changed since, is never replaced and never deleted.

A single file ends with a mark, the SHA-256 of all that stands before it: so it is known again, and an edit of it shows.
In a folder the marks stand in one file beside the others, :data:`LIST`. What the system cannot write is told as a
sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from qresearch.domain.arguments import path as path_of
from qresearch.errors import UsageError

LIST = "qresearch-files.json"
"""Name of the file that says what in a folder is ours."""

_ABOUT = "The files in this folder that qresearch wrote, by SHA-256. It replaces these and no others."
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_MARK = re.compile(rb"([0-9a-f]{64})(?: -->\n|\n|\"\n \}\n\}\n|.{4}" + re.escape(_PNG_END) + rb")\Z", re.DOTALL)


class Kind(NamedTuple):
    """What stands around the mark at the end of a file.

    Parameters
    ----------
    before, after : str
    """

    before: str
    after: str


PROGRAM = Kind("# Written by qresearch ", "\n")
PAGE = Kind("<!-- Written by qresearch ", " -->\n")
"""HTML and SVG."""
NOTEBOOK = Kind("", '"\n }\n}\n')
"""The text of a notebook up to the mark, which is the last value of its metadata."""


def write_text(path: str | Path, text: str, kind: Kind, call: str) -> Path:
    r"""Write a file of text, with its mark at the end.

    Parameters
    ----------
    path : path
    text : str
    kind : Kind
    call : str
        What the user called, for messages.

    Returns
    -------
    Path

    Raises
    ------
    UsageError
        Somebody else's file stands there, or it cannot be written; choose another name.

    Examples
    --------
    >>> import tempfile
    >>> path = write_text(tempfile.mkdtemp() + "/hello.py", "print('hello')\n", PROGRAM, "hello")
    >>> _ = write_text(path, "print('hello again')\n", PROGRAM, "hello")
    >>> _ = path.write_text("mine")
    >>> write_text(path, "print('hello')\n", PROGRAM, "hello")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    qresearch.errors.UsageError: hello: '...hello.py' is there already, and not as qresearch wrote it...
    """
    head = (text + kind.before).encode("utf-8", "surrogatepass")
    return _write(path, head + _digest(head) + kind.after.encode(), call)


def write_png(path: str | Path, png: bytes, call: str) -> Path:
    """Write a PNG picture, with its mark as the last chunk of text; see :func:`write_text`."""
    body = png.removesuffix(_PNG_END)
    words = b"tEXtqresearch\0"
    head = body + (len(words) - 4 + 64).to_bytes(4, "big") + words
    mark = _digest(head)
    return _write(path, head + mark + zlib.crc32(words + mark).to_bytes(4, "big") + _PNG_END, call)


def check_file(path: str | Path, call: str) -> Path:
    """Refuse, before any work is done, a file that may not or cannot be written; raises as :func:`write_text`."""
    target = _path(path, call)
    with told(call, target):
        if target.is_dir():
            raise UsageError(f"{call}: {str(target)!r} is a folder. Pass the name of a file in it.")
        if target.exists() or target.is_symlink():
            if not _is_marked(target):
                raise UsageError(
                    f"{call}: {str(target)!r} is there already, and not as qresearch wrote it: it is somebody else's, "
                    "or was changed since. Choose another name, or move that file away first."
                )
        elif not target.parent.is_dir():
            raise UsageError(f"{call}: there is no folder {str(target.parent)!r}. Make it first, or pass another path.")
        _probe(target.parent)
    return target


def _write(path: str | Path, content: bytes, call: str) -> Path:
    target = check_file(path, call)
    with told(call, target), target.open("wb" if target.exists() else "xb") as file:
        file.write(content)
    return target


def _is_marked(path: Path) -> bool:
    """True when a file is as we wrote it."""
    if not path.is_file():
        return False
    data = path.read_bytes()
    found = _MARK.search(data, max(len(data) - 100, 0))
    return found is not None and _digest(data[: found.start()]) == found[1]


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


class Folder:
    """A folder to write into, which may hold other people's files as well.

    Parameters
    ----------
    path : path
        Made, with those above it, when something is written.
    call : str
        What the user called, for messages.
    """

    def __init__(self, path: str | Path, call: str) -> None:
        self.path, self._call = _path(path, call), call

    def check(self, names: Iterable[str]) -> None:
        """Refuse, before any work is done, what may not or cannot be written.

        Parameters
        ----------
        names : iterable of str
            Files that are to be written; those of other names are left alone.

        Raises
        ------
        UsageError
            Somebody else's files of these names are there, or the folder cannot be written to; pass another folder.
        """
        with told(self._call, self.path):
            above = next(place for place in (self.path, *self.path.absolute().parents) if place.exists())
            if not above.is_dir():
                raise UsageError(f"{self._call}: {str(above)!r} is no folder. Pass the name of a folder, or a new one.")
            _probe(above)
            known = self._known()
            foreign = [name for name in names if not self._is_ours(name, known)]
        if foreign:
            shown = ", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else "")
            raise UsageError(
                f"{self._call}: the folder {str(self.path)!r} holds {shown}, which qresearch did not write, or which "
                "changed since. Nothing was touched. Pass a folder of its own, such as 'results', or move these away."
            )

    @contextmanager
    def filled(self, stale: Iterable[str] = ()) -> Iterator[Path]:
        """A new folder to write to; at the end its files take their places, all of them or none.

        Parameters
        ----------
        stale : iterable of str
            What an earlier call may have written: deleted when it is ours and not written again.

        Raises
        ------
        UsageError
            As :meth:`check`.
        """
        self.check(())
        with told(self._call, self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".qresearch-", dir=self.path) as made:
                draft = Path(made)
                yield draft
                self._take(draft, set(stale))

    def _take(self, draft: Path, stale: set[str]) -> None:
        names = sorted(file.relative_to(draft).as_posix() for file in draft.rglob("*") if file.is_file())
        self.check(names)
        known = self._known()
        fresh = {name: [_digest((draft / name).read_bytes()).decode()] for name in names}
        # Both the old and the new are ours until all is in place: an end in between leaves nothing that is nobody's.
        self._list(known | {name: [*known.get(name, ()), *marks] for name, marks in fresh.items()})
        for name in sorted(stale.intersection(known).difference(names)):
            if self._is_ours(name, known):
                (self.path / name).unlink(missing_ok=True)
                del known[name]
        for name in names:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).replace(self.path / name)
        self._list(known | fresh)

    def _known(self) -> dict[str, list[str]]:
        """What we wrote, by name; raises where a file of somebody else has the name of the list."""
        file = self.path / LIST
        try:
            held = json.loads(file.read_bytes())
            if held["about"] == _ABOUT:
                return {str(name): [str(mark) for mark in marks] for name, marks in held["files"].items()}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (ValueError, LookupError, TypeError, AttributeError):
            pass
        raise UsageError(f"{self._call}: {str(file)!r} is not the list that qresearch keeps. Pass another folder.")

    def _list(self, files: dict[str, list[str]]) -> None:
        text = json.dumps({"about": _ABOUT, "files": dict(sorted(files.items()))}, indent=1)
        with tempfile.TemporaryDirectory(prefix=".qresearch-", dir=self.path) as made:
            file = Path(made, LIST)
            file.write_text(text + "\n", encoding="utf-8", newline="\n")
            file.replace(self.path / LIST)

    def _is_ours(self, name: str, known: dict[str, list[str]]) -> bool:
        """True when a name is free, or holds what we wrote."""
        file = self.path / name
        if not os.path.lexists(file):
            return True
        return file.is_file() and not file.is_symlink() and _digest(file.read_bytes()).decode() in known.get(name, ())


@contextmanager
def told(call: str, path: Path) -> Iterator[None]:
    """What the system refuses (no right, no room, no such folder), as a sentence of ours.

    Raises
    ------
    UsageError
        Choose another place.
    """
    try:
        yield
    except OSError as problem:
        where = str(problem.filename or path)
        raise UsageError(
            f"{call}: {where!r} cannot be written: {problem.strerror or problem}. Choose another place, or make room."
        ) from problem


def _path(path: object, call: str) -> Path:
    return path_of(f"{call}: path", path, "results")


def _probe(folder: Path) -> None:
    """Raise where nothing can be written; whether one may is not always what one can."""
    with tempfile.TemporaryDirectory(prefix=".qresearch-", dir=folder):
        pass
