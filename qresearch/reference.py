"""The reference as HTML pages: every public name, with the tables of reasons and of states made from the code."""

from __future__ import annotations

import importlib
import pkgutil
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from qresearch.domain import order, reasons
from qresearch.domain.order import FINAL, TRANSITIONS, Status
from qresearch.domain.reasons import SOURCES
from qresearch.errors import UsageError
from qresearch.files import Folder
from qresearch.sentences import CATALOGUE, ENGLISH

PACKAGE = __name__.partition(".")[0]


def reasons_table() -> str:
    """The closed list of reasons as a Markdown table; the facts of a case in italics.

    >>> print(reasons_table().splitlines()[0])
    | reason | says | what to do | rule |
    """
    lines = ["| reason | says | what to do | rule |", "|---|---|---|---|"]
    for reason, source in SOURCES.items():
        sentence = re.sub(r"\{(\w+)\}", r"*\1*", CATALOGUE[reason][0])
        lines.append(f"| `{reason}` | {sentence} | {ENGLISH.advice(reason)} | {source} |")
    return "\n".join(lines)


def states_table() -> str:
    """The legal moves as a Markdown table: a row for each state and each thing that may happen in it.

    >>> print(states_table().splitlines()[2])
    | `CREATED` | queue | `QUEUED` |
    """
    lines = ["| state | what happens | state after it |", "|---|---|---|"]
    place = {status: number for number, status in enumerate(Status)}
    for (before, move), after in sorted(TRANSITIONS.items(), key=lambda item: place[item[0][0]]):
        names = " or ".join(f"`{status}`" for status in sorted(after, key=place.__getitem__))
        state = f"`{before}` (final)" if before in FINAL else f"`{before}`"
        lines.append(f"| {state} | {move.name.lower().replace('_', ' ')} | {names} |")
    return "\n".join(lines)


def public_modules() -> list[str]:
    """Names of the modules that have a page, the package first.

    >>> public_modules()[0], "qresearch.session.session" in public_modules()
    ('qresearch', True)
    """
    package = importlib.import_module(PACKAGE)
    return [PACKAGE, *(found.name for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."))]


def write_reference(folder: str | Path) -> Path:
    """Write the pages.

    Parameters
    ----------
    folder : path
        Made when it is not there; pages that were written here before are replaced.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    UsageError
        pdoc is not installed (``pip install 'qresearch[docs]'``), or other pages of the same name are there.
    """
    target = Folder(folder, "docs")
    target.check(f"{name.replace('.', '/')}.html" for name in public_modules())
    try:
        import pdoc  # noqa: PLC0415  # an extra: only this needs it
        from pdoc import extract, render  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "The pages are made by pdoc, which is missing. Install it: pip install 'qresearch[docs]'"
        ) from None
    with warnings.catch_warnings(), _tables_in_their_modules():
        # pdoc evaluates annotations; one that only a type checker can read (pd.Series[float], a name imported for it
        # alone) is shown as it is written. And it looks for the source of what our classes inherit from pandas.
        warnings.filterwarnings("ignore", "Error parsing type annotation")
        warnings.filterwarnings("ignore", "Cannot determine where .* is taken from")
        render.configure(docformat="numpy", show_source=False, footer_text=f"{PACKAGE} {_version()}")
        # A package brings along the modules that its __all__ does not hide; the others are named one by one.
        specs: list[str] = []
        found: set[str] = set()
        for name in public_modules():
            if name not in found:
                specs.append(name)
                found.update(extract.walk_specs([name]))
        with target.filled() as draft:
            pdoc.pdoc(*specs, output_directory=draft)
    return target.path / f"{PACKAGE}.html"


def _version() -> str:
    return str(importlib.import_module(PACKAGE).__version__)


@contextmanager
def _tables_in_their_modules() -> Iterator[None]:
    """The tables at the end of the words of the modules that hold them, while the pages are made."""
    words: dict[ModuleType, str | None] = {module: module.__doc__ for module in (reasons, order)}
    for module, table in ((reasons, reasons_table()), (order, states_table())):
        module.__doc__ = f"{module.__doc__}\n\n{table}\n"
    try:
        yield
    finally:
        for module, before in words.items():
            module.__doc__ = before
