"""Files of tables in the formats that one is handed: text, packed or not, Parquet, Feather and Excel."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from qresearch.domain.arguments import path as path_of
from qresearch.errors import DataError, UsageError, close_matches, did_you_mean, shown
from qresearch.sources.text_tables import read_grid, read_text

TEXTS = (".csv", ".txt", ".tsv", ".xls")
"""Text; what shops of China name .xls is most often text with tabs."""
SUFFIXES = (*TEXTS, ".parquet", ".feather", ".xlsx", ".gz", ".zip")
_MAGIC = {
    b"PAR1": "Parquet", b"ARROW1": "Feather", b"FEA1": "Feather", b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip or Excel",
    b"\xd0\xcf\x11\xe0": "old Excel",
}  # fmt: skip
_MARKS = (
    ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-32"), ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16"),
)  # fmt: skip
"""The longer mark first, as it begins with the shorter one."""


def load_table(source: pd.DataFrame | str | Path, what: str, notes: list[str] | None = None) -> pd.DataFrame:
    """A frame as it is, or one read from a file; the index of text and of Excel is the line, ``line`` or ``row``.

    Parameters
    ----------
    source : DataFrame or path
    what : str
        What a message calls it.
    notes : list of str, optional
        Takes what a user should know about the file.

    Raises
    ------
    UsageError
        No such file, or a file of another kind; pass a path with one of :data:`SUFFIXES`.
    DataError
        A file without any row, or one that cannot be read as what it is named.
    """
    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, (str, Path)):
        raise UsageError(
            f"{what} cannot be read from {shown(source)}, a {type(source).__name__}. Pass a DataFrame or a path."
        )
    path = path_of(what, source, "bars.parquet")
    suffix = path.suffix.lower()
    is_there = path.is_file()
    if suffix not in SUFFIXES and (is_there or suffix):
        others = ", ".join(name for name in SUFFIXES if name not in (".csv", ".parquet"))
        raise UsageError(
            f"{what}: {shown(str(path))} is neither .csv nor .parquet, and none of {others}. "
            "Pass a path that ends in one of them."
        )
    if not is_there:
        beside = [found.name for found in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = did_you_mean(close_matches(path.name, beside))
        raise UsageError(f"{what}: there is no file {str(path)!r}. {hint}Pass the path of an existing file.")
    name = path.name if what == path.name else f"{what}: {path.name}"
    said: list[str] = [] if notes is None else notes
    if suffix == ".parquet":
        return _read(lambda: pd.read_parquet(path), name, "Parquet", "DataFrame.to_parquet")
    if suffix == ".feather":
        return _read(lambda: pd.read_feather(path), name, "Feather", "DataFrame.to_feather")
    if suffix == ".xlsx":
        return _excel(path, name, said)
    return read_text(_text(path, name, said), name, path.name, said)


def _read(reader: Callable[[], pd.DataFrame], name: str, kind: str, writer: str) -> pd.DataFrame:
    try:
        return reader()
    except Exception as problem:  # whatever the readers of the format raise: their own classes, and many builtin ones
        why = str(problem).strip().partition("\n")[0].rstrip(".")
        raise DataError(
            f"{name} cannot be read as {kind}: {why}. Write it again with {writer}, or pass a .csv file."
        ) from None


def _text(path: Path, name: str, notes: list[str]) -> str:
    """What a text file says, in whatever encoding, packed or not."""
    raw = _unpacked(path, name)
    for magic, kind in _MAGIC.items():
        if raw.startswith(magic):
            remedy = {
                "old Excel": "Save it as .xlsx or .csv in Excel",
                "zip or Excel": "Rename it to .xlsx if it is a workbook, or unpack it",
                "gzip": "Rename it to .gz, or unpack it",
            }.get(kind, f"Give it the suffix of {kind}")
            raise DataError(f"{name} is no text but holds {kind}. {remedy}.")
    if raw[:512].lstrip()[:6].lower() in (b"<html>", b"<table", b"<!doct"):
        raise DataError(f"{name} is a web page. Read its table with pd.read_html({path.name!r})[0] and pass that.")
    for marks, encoding in _MARKS:
        if raw.startswith(marks):
            return _decoded(raw, encoding, name, path.name)
    if b"\0" in raw[:512]:
        raise DataError(
            f"{name} holds bytes of 0 at its beginning: text of UTF-16 or UTF-32 without its mark, or no text. Save it "
            "as UTF-8."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        place = problem.start
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        line = raw.count(b"\n", 0, place) + 1
        raise DataError(
            f"{name} is no UTF-8 text, first in line {line}. Save it as UTF-8, or see that it is a text file."
        ) from None
    notes.append(f"{path.name} is read as GBK text.")
    return text


def _decoded(raw: bytes, encoding: str, name: str, file: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{name} begins as {encoding} text and is none at byte {problem.start}. Save it as UTF-8, or read it with "
            f"pd.read_csv({file!r}, encoding={encoding!r}, encoding_errors='replace') and look at that line."
        ) from None


def _unpacked(path: Path, name: str) -> bytes:
    try:
        if path.suffix.lower() == ".gz":
            return gzip.decompress(path.read_bytes())
        if path.suffix.lower() != ".zip":
            return path.read_bytes()
        with zipfile.ZipFile(path) as packed:
            inside = [found for found in packed.namelist() if not found.endswith("/") and "__MACOSX" not in found]
            if len(inside) != 1 or Path(inside[0]).suffix.lower() not in TEXTS:
                raise DataError(
                    f"{name} holds {', '.join(inside[:4]) or 'nothing'}{' and others' if len(inside) > 4 else ''}. "
                    "Pass a .zip of a single text file, or unpack it and pass the folder."
                )
            return packed.read(inside[0])
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as problem:
        raise DataError(f"{name} cannot be unpacked: {problem}. Fetch it again, or unpack it yourself.") from None


def _excel(path: Path, name: str, notes: list[str]) -> pd.DataFrame:
    """The one sheet of a workbook that holds a table."""
    try:
        sheets: dict[str, Any] = pd.read_excel(
            io.BytesIO(path.read_bytes()), sheet_name=None, header=None, dtype=object, engine="openpyxl"
        )
    except ImportError:
        raise UsageError(
            f"{name}: reading .xlsx needs the package openpyxl. Install it with pip install 'qresearch[excel]', or "
            "save the sheet as .csv."
        ) from None
    except Exception as problem:  # a workbook is a zip of XML, and each layer raises classes of its own
        why = str(problem).strip().partition("\n")[0].rstrip(".")
        raise DataError(f"{name} cannot be read as an Excel workbook: {why}. Save the sheet as .csv.") from None
    filled = {title: sheet for title, sheet in sheets.items() if not sheet.empty}
    if not filled:
        raise DataError(f"{name} is empty. Pass a workbook with a header and rows.")
    if len(filled) > 1:
        raise DataError(
            f"{name} has {len(filled)} sheets: {', '.join(filled)}. Pass one of them, for example "
            f"pd.read_excel({path.name!r}, sheet_name={next(iter(filled))!r}, dtype=object)."
        )
    return read_grid(next(iter(filled.values())), name, path.name, notes)
