"""Text as a table: which separator, which line holds the names, what stands above and below, and rows of other widths.

Every row keeps the number of its line, in the index named ``line`` (``row`` of a sheet), so that a message can name it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow

from qresearch.errors import DataError, shown
from qresearch.market.intraday import QUOTE_FIELDS
from qresearch.market.panel import FIELDS
from qresearch.sources.vendors_columns import is_a_name, ours, plain, recognised

_SEPARATORS = (",", "\t", ";", "|")
_LOOKED_AT = 60
"""Lines from which separator and header are told."""
_MOST_TITLES = 15
_NOTHING = ["", "NaN", "nan", "NULL", "null", "None", "N/A", "n/a", "#N/A", "<NA>", "NaT", "-", "--"]


class _Layout(NamedTuple):
    separator: str
    header: int
    """Place of the line with the names."""
    names: list[str]
    titles: list[str]
    """What stands above."""


def read_text(text: str, name: str, file: str, notes: list[str]) -> pd.DataFrame:
    """A text as a table.

    Parameters
    ----------
    text : str
    name, file : str
        What a message calls it, and the name of the file.
    notes : list of str
        Takes what was left out above and below the table.

    Raises
    ------
    DataError
        Nothing in it, or rows of another width than the header; with the line and what to do.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = text.split("\n", _LOOKED_AT)[:_LOOKED_AT]
    if not any(line.strip() for line in first):
        raise DataError(f"{name} is empty. Pass a file with a header and rows.")
    try:
        layout = _layout(first, name)
    except csv.Error as problem:
        raise _unreadable(name, str(problem)) from None
    _say_titles(layout.titles, file, notes)
    odd: list[tuple[int, str, int]] = []

    def keep(row: arrow.InvalidRow) -> str:
        odd.append((int(row.number) + layout.header + 1, str(row.text), int(row.actual_columns)))
        return "skip"

    body = text.split("\n", layout.header + 1)[layout.header + 1 :]
    places = [str(at) for at in range(len(layout.names))]
    known = recognised(map(plain, layout.names))
    figures = {at for at, named in zip(places, layout.names, strict=True) if ours(plain(named), known) in _FIGURES}
    try:
        table = arrow.read_csv(
            io.BytesIO("".join(body).encode()),
            arrow.ReadOptions(column_names=places, use_threads=False),
            arrow.ParseOptions(delimiter=layout.separator, ignore_empty_lines=False, invalid_row_handler=keep),
            # All but figures stays text: codes would lose their zeros, and dates are read by their own rules.
            arrow.ConvertOptions(
                column_types={at: pa.string() for at in places if at not in figures},
                null_values=_NOTHING, strings_can_be_null=True, true_values=[], false_values=[],
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as problem:
        if "Empty CSV" in str(problem):  # a header without rows
            table = pa.table({at: pa.array([], pa.string()) for at in places})
        else:
            raise _unreadable(name, str(problem)) from None
    frame: pd.DataFrame = table.to_pandas().set_axis(layout.names, axis=1)
    frame.attrs["titles"] = " ".join(layout.titles)
    skipped = {line for line, _, _ in odd}
    lines = np.array([line for line in range(layout.header + 2, layout.header + 2 + len(frame) + len(odd))
                      if line not in skipped]) if odd else np.arange(len(frame)) + layout.header + 2  # fmt: skip
    _check_widths(odd, layout, int(lines[-1]) if len(lines) else layout.header + 1, name, file, notes)
    return frame.set_axis(pd.Index(lines, name="line"), axis=0)


_FIGURES = frozenset({*FIELDS, *QUOTE_FIELDS})


def read_grid(grid: pd.DataFrame, name: str, file: str, notes: list[str]) -> pd.DataFrame:
    """Cells of a sheet as a table: the first row with two names of columns or more is its header.

    Raises
    ------
    DataError
        No such row; put the names of the columns above their cells.
    """
    cells = grid.astype(object).where(grid.notna(), None)
    named = [sum(is_a_name(cell) for cell in row if cell is not None) for row in cells.head(_MOST_TITLES).to_numpy()]
    if max(named) < 2:
        raise DataError(f"{name}: no row of the first {len(named)} holds names of columns. Name them in the first row.")
    header = next(at for at, count in enumerate(named) if count >= 2)
    titles = [" ".join(str(cell) for cell in row if cell is not None) for row in cells.iloc[:header].to_numpy()]
    _say_titles([title for title in titles if title], file, notes)
    names = [f"Unnamed: {at}" if cell is None else str(cell) for at, cell in enumerate(cells.iloc[header])]
    kept = [
        at for at, called in enumerate(names) if not (called.startswith("Unnamed") and cells.iloc[:, at].isna().all())
    ]
    body = cells.iloc[header + 1 :, kept].set_axis([names[at] for at in kept], axis=1)
    body = body.set_axis(pd.Index(np.arange(header + 2, header + 2 + len(body)), name="row"), axis=0)
    body = body[body.notna().any(axis=1)].infer_objects()
    body.attrs["titles"] = " ".join(titles)
    return body


def _layout(lines: list[str], name: str) -> _Layout:
    """Separator, header and titles: the reading under which most cells of one line are names of columns."""
    best: tuple[tuple[int, int], _Layout] | None = None
    for separator in _SEPARATORS:
        cells = [next(csv.reader([line], delimiter=separator), []) for line in lines]
        widths = Counter(len(row) for row in cells if len(row) > 1)
        if not widths:
            continue
        width = widths.most_common(1)[0][0]
        named = [sum(map(is_a_name, row)) for row in cells]
        header = next((at for at, count in enumerate(named[:_MOST_TITLES]) if count >= 2), None)
        if header is None:
            header = next(at for at, row in enumerate(cells) if len(row) in (width, width - 1))
        titles = [line for line in lines[:header] if line.strip()]
        names = _names(cells[header], cells[header + 1 :], name)
        found = _Layout(separator, header, names, titles)
        if best is None or (named[header], width) > best[0]:
            best = (named[header], width), found
    if best is not None:
        return best[1]
    header = next(at for at, line in enumerate(lines) if line.strip())
    return _Layout(",", header, [lines[header].strip()], [])


def _names(header: list[str], rows: list[list[str]], name: str) -> list[str]:
    """The names of the columns, one for each cell of the rows below."""
    names = [cell.strip() for cell in header]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    width = widths.most_common(1)[0][0] if widths else len(names)
    full = [row for row in rows if len(row) == width]
    if width == len(names) + 1:
        if all(not row[-1].strip() for row in full):
            names = [*names, ""]
        elif all(row[0].strip().isdecimal() for row in full) and _ascend([int(row[0]) for row in full]):
            names = ["", *names]
        else:
            raise DataError(
                f"{name}: the header has {len(names)} names, the rows have {width} cells: {shown(','.join(full[0]))}. "
                "Name every column, or write the file again with index=False."
            )
    elif width < len(names) and not any(names[width:]):
        names = names[:width]
    return [called or f"Unnamed: {at}" for at, called in enumerate(names)]


def _ascend(numbers: list[int]) -> bool:
    return all(later == earlier + 1 for earlier, later in pairwise(numbers))


def _say_titles(titles: list[str], file: str, notes: list[str]) -> None:
    if titles:
        notes.append(f"{file}: above the table stands {'; '.join(' '.join(line.split()) for line in titles[:3])}.")


def _check_widths(  # noqa: PLR0917  # rows, then what they are measured by
    odd: list[tuple[int, str, int]], layout: _Layout, last: int, name: str, file: str, notes: list[str]
) -> None:
    """Refuse rows of another width; a line of one cell below the table is no row."""
    for line, text, width in odd:
        cells = [cell for cell in text.split(layout.separator) if cell.strip()]
        if not cells:
            continue
        if line > last and len(cells) == 1:
            notes.append(f"{file}: below the table stands {' '.join(text.split())}.")
            continue
        raise DataError(
            f"{name}: line {line} has {width} cells, the header {len(layout.names)}: {shown(text.strip())}. "
            "Give every row as many cells as the header, and close every quotation mark."
        )


def _unreadable(name: str, why: str) -> DataError:
    return DataError(
        f"{name} cannot be read as CSV: {why.strip().partition(chr(10))[0].rstrip('.')}. "
        "Give every row as many cells as the header, and close every quotation mark."
    )
