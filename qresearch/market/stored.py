"""A market in a folder: its arrays as files that are looked at where they lie, and one list of all the rest.

What took long to read is saved once (:func:`save_market`) and opened at once, by any number of processes, without
being in the memory of any: the system reads the parts that are looked at. :func:`qresearch.read_market` opens it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from numpy.typing import NDArray

from qresearch.domain.arguments import flag
from qresearch.domain.arguments import path as path_of
from qresearch.domain.calls import told as told_call
from qresearch.errors import DataError, QresearchError, UsageError, shown
from qresearch.files import told
from qresearch.market.array_files import is_as_written, open_array, write_array
from qresearch.market.intraday import Intraday
from qresearch.market.market import Benchmark, Market
from qresearch.market.panel import FIELDS, SETTLED_FIELDS, Panel
from qresearch.market.terms_text import from_text, to_text, venue_from_text, venue_to_text

LIST = "qresearch-market.json"
"""Name of the file that says what a folder holds: it makes the folder a stored market."""
VERSION = 1
_NAME = re.compile(r"(days|bars|benchmark)/[a-z_]+")
_ABOUT = "A market that qresearch saved; qresearch.read_market opens this folder."
_REMEDY = "Save the market again, or bring the folder from where it is whole."


@told_call
def save_market(market: Market, folder: str | Path, *, replace: bool = False) -> Path:
    """Save a market into a folder of its own, which ``read_market`` opens at once.

    Parameters
    ----------
    market : Market
    folder : path
        A new one, or one that is empty.
    replace : bool
        Take the place of a market that was saved there.

    Returns
    -------
    Path
        The folder. It appears whole: a save that is interrupted leaves what was there.

    Raises
    ------
    UsageError
        The folder holds something else, or a market while `replace` is False; it cannot be written to, or has no room;
        or the venue is of a class of your own. The message says what to do.

    See Also
    --------
    qresearch.save_bars : bars inside the days that do not fit into memory.

    Examples
    --------
    >>> import tempfile, qresearch as qr
    >>> folder = save_market(qr.sample_market(), tempfile.mkdtemp())
    >>> qr.read_market(folder).fingerprint == qr.sample_market().fingerprint
    True
    """
    if not isinstance(market, Market):
        raise UsageError(
            f"save_market: market={shown(market)} is a {type(market).__name__}, not a Market. Make one with "
            "qresearch.read_market(...)."
        )
    with new_folder(folder, "save_market", replace=replace) as (draft, place):
        write_market(draft, market)
    return place


def write_market(draft: Path, market: Market) -> None:
    """Write all of a market into a folder that nobody looks at yet; raises OSError where there is no room."""
    found = daily_arrays(market)
    if (bars := market.panel.intraday) is not None:
        found |= {"bars/times": bars.times, "bars/starts": bars.starts}
        found |= {f"bars/{name}": array for name, array in bars.arrays.items()}
    arrays = {name: write_array(draft / f"{name}.npy", array) for name, array in found.items()}
    write_list(draft, market, arrays)


@contextmanager
def new_folder(folder: str | Path, call: str, *, replace: bool) -> Iterator[tuple[Path, Path]]:
    """A draft to write to, and the folder that it becomes at the end; nothing is left of a draft that is not ended.

    Parameters
    ----------
    folder : path
    call : str
        What the user called, for messages.
    replace : bool

    Raises
    ------
    UsageError
        As :func:`save_market`.
    """
    place = _place(folder, call, replace=replace)
    with told(call, place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent) as made:
            draft, before = Path(made, "new"), Path(made, "before")
            draft.mkdir()
            yield draft, place
            _check_place(place, call, replace=replace)  # while this one was written, another may have come
            if not place.exists():
                draft.replace(place)
                return
            place.replace(before)
            try:
                draft.replace(place)
            except BaseException:
                before.replace(place)
                raise
            shutil.rmtree(before)


def check_target(folder: str | Path, call: str, *, replace: bool) -> None:
    """Raise where :func:`new_folder` would before it writes: whoever reads for minutes first is told at once.

    Parameters and errors are those of :func:`new_folder`.
    """
    place = _place(folder, call, replace=replace)
    with told(call, place):
        above = next(above for above in place.absolute().parents if above.exists())
        try:
            tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=above).cleanup()  # only the system knows
        except OSError as problem:
            problem.filename = str(above)  # what was tried is no name that anybody knows
            raise


def _place(folder: str | Path, call: str, *, replace: bool) -> Path:
    """The folder that was named, where a market may be put."""
    place = path_of(f"{call}: folder", folder, "market")
    place = place.resolve() if place.is_symlink() else place
    _check_place(place, call, replace=flag("replace", replace))
    return place


def _check_place(place: Path, call: str, *, replace: bool) -> None:
    with told(call, place):
        if place.exists() and not place.is_dir():
            raise UsageError(f"{call}: {str(place)!r} is a file. Pass the name of a new folder.")
        if is_stored(place):
            if not replace:
                raise UsageError(
                    f"{call}: {str(place)!r} holds a market already. Pass replace=True (on the command line: "
                    "--replace) to put this one in its place, or the name of a new folder."
                )
            if others := _others(place):
                raise UsageError(
                    f"{call}: {str(place)!r} holds a market, and beside it {others[0]!r}"
                    f"{f' and {len(others) - 1:,} more' if len(others) > 1 else ''}, which would be lost. Nothing was "
                    "touched. Move them elsewhere, or pass the name of a new folder."
                )
        elif place.exists() and any(place.iterdir()):
            raise UsageError(
                f"{call}: the folder {str(place)!r} holds something else than a stored market. Nothing was touched. "
                "Pass the name of a new folder."
            )


def _others(place: Path) -> list[str]:
    """Files in a stored market that are none of its own; those that a system hides do not count."""
    found = [path for path in sorted(place.rglob("*")) if not path.is_dir() or path.is_symlink()]
    names = [path.relative_to(place).as_posix() for path in found if not path.name.startswith(".")]
    return [name for name in names if name != LIST and not _NAME.fullmatch(name.removesuffix(".npy"))]


def is_stored(folder: object) -> TypeGuard[str | Path]:
    """Whether a path is that of a stored market.

    >>> is_stored("bars.csv")
    False
    """
    return isinstance(folder, (str, Path)) and Path(folder, LIST).is_file()


def daily_arrays(market: Market) -> dict[str, NDArray[Any]]:
    """Every array of a market but those of the bars inside its days, by the name of its file."""
    panel, index = market.panel, market.benchmark
    found = {f"days/{name}": getattr(panel, name) for name in ("days", *FIELDS, "paused", "is_st", *SETTLED_FIELDS)}
    found["days/closed"] = market.closed
    if index is not None:
        found |= {"benchmark/days": index.days, "benchmark/close": index.close}
    return {name: array for name, array in found.items() if array is not None}


def write_list(draft: Path, market: Market, arrays: Mapping[str, Any]) -> None:
    """Write the list of a folder.

    Parameters
    ----------
    draft : Path
    market : Market
    arrays : mapping of str to dict
        What was said of the file of each array, by its name.
    """
    body = {
        "fingerprint": market.fingerprint,
        "adjusted": market.panel.adjusted,
        "notes": list(market.notes),
        "benchmark": None if market.benchmark is None else market.benchmark.name,
        "venue": venue_to_text(market.venue),
        "instruments": to_text(market.instruments),
        "actions": to_text(market.actions),
        "arrays": dict(arrays),
    }
    data = {"about": _ABOUT, "version": VERSION, "sha256": _mark(body), "market": body}
    (draft / LIST).write_text(json.dumps(data, ensure_ascii=True) + "\n", encoding="ascii", newline="\n")


def _mark(body: object) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=True).encode("ascii")).hexdigest()


def open_stored(folder: str | Path) -> Market:
    """Open a stored market; its arrays stay where they lie.

    Its fingerprint is that of the market that was saved, as long as the sizes of all files are; :func:`altered` looks
    at every byte.

    Parameters
    ----------
    folder : path

    Raises
    ------
    DataError
        Something is missing, cut short or changed, or was written by another version; save the market again.
    """
    place = Path(folder)
    body = _read_list(place)
    try:
        arrays = {name: open_array(_file(place, name), about) for name, about in body["arrays"].items()}
        market = _market(body, arrays)
    except DataError:
        raise
    except OSError as problem:
        raise DataError(
            f"The stored market in {str(place)!r} cannot be read: {problem}. Look at its rights."
        ) from problem
    except (LookupError, TypeError, ValueError, QresearchError) as problem:
        raise DataError(
            f"{str(place / LIST)!r} holds something that this version of qresearch does not know ({problem}). Open it "
            "with the version that saved it, or save the market again."
        ) from problem
    # Computed when it was saved; and what is made from this market is no longer what lies there.
    market.__dict__.update(fingerprint=body["fingerprint"], folder=place.resolve())
    return market


def _market(body: Mapping[str, Any], arrays: Mapping[str, Any]) -> Market:
    groups: dict[str, dict[str, Any]] = {"days": {}, "bars": {}, "benchmark": {}}
    for name, array in arrays.items():
        group, _, field = name.partition("/")
        groups[group][field] = array
    closed = groups["days"].pop("closed", None)
    instruments = from_text(body["instruments"])
    panel = Panel(
        symbols=tuple(item.symbol for item in instruments),
        adjusted=body["adjusted"],
        intraday=Intraday(**groups["bars"]) if groups["bars"] else None,
        **groups["days"],
    )
    return Market(
        panel=panel,
        instruments=instruments,
        actions=from_text(body["actions"]),
        venue=venue_from_text(body["venue"]),
        benchmark=None if body["benchmark"] is None else Benchmark(body["benchmark"], **groups["benchmark"]),
        notes=tuple(body["notes"]),
        closed=closed,
    )


def altered(folder: str | Path) -> list[str]:
    """Names of the files of a stored market that no longer hold what was saved; every byte is looked at.

    Parameters
    ----------
    folder : path

    Raises
    ------
    DataError
        As :func:`open_stored`.
    """
    place = Path(folder)
    arrays = _read_list(place)["arrays"]
    for name, about in arrays.items():
        open_array(_file(place, name), about)
    return [name for name, about in arrays.items() if not is_as_written(_file(place, name), about)]


def _file(place: Path, name: str) -> Path:
    """The file of an array; raises DataError for a name that would lead out of the folder."""
    if not _NAME.fullmatch(name):
        raise DataError(f"{str(place / LIST)!r} names an array {name!r}, which no market has. {_REMEDY}")
    return place / f"{name}.npy"


def _read_list(place: Path) -> dict[str, Any]:
    file, is_ours = place / LIST, False
    try:
        data = json.loads(file.read_bytes())
        version, body, mark = data["version"], data["market"], data["sha256"]
        is_ours = data["about"] == _ABOUT and isinstance(body, dict)
    except OSError as problem:
        raise DataError(f"{str(file)!r} cannot be read: {problem.strerror}. Look at its rights.") from problem
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    if not is_ours:
        raise DataError(f"{str(file)!r} is not the list of a stored market, or was cut short. {_REMEDY}")
    if version != VERSION:
        raise DataError(
            f"{str(file)!r} was written in format {shown(version)}; this version of qresearch reads format {VERSION}. "
            "Open it with the version that saved it, or save the market again."
        )
    if mark != _mark(body):
        raise DataError(f"{str(file)!r} was changed since the market was saved. {_REMEDY}")
    found: dict[str, Any] = body
    return found
