"""Dates in any of the spellings that tables have: of text, of numbers, of calendars and clocks."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from qresearch.errors import DataError
from qresearch.market.venue import PLAIN, Venue
from qresearch.sources.validation import SHOWN

_OFFSET = re.compile(r":\d{2}.*?(Z|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)
_WEEKDAY = re.compile(r"[\s,，]*\(?(?:星期|周)?[一二三四五六日天]\)?$")
_DIGITS = re.compile(r"^\d+(?:\.0*)?$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_WIDTHS = (8, 12, 14, 17)
"""Digits of 20240131, and of it with a time to the minute, the second and the thousandth."""
_NO_DAY = re.compile(r"^-?\d{1,6}(?:-\d{1,2}-?)?$")
_FORMS = (
    "ISO8601", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y%m%d %H:%M", "%Y%m%d %H:%M:%S", "%Y%m%d %H%M%S",
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%y",
)  # fmt: skip
_DAY_FIRST, _MONTH_FIRST = ("%d-%m-%Y", "%m-%d-%Y")
_SERIALS = (20_000, 80_000)
"""Numbers of Excel for the days of 1954 to 2119, counted from 1899-12-30."""
_SINCE_1970 = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read_stamps(values: pd.Index, what: str, notes: list[str] | None = None) -> pd.DatetimeIndex:
    """Dates of any kind as one index, with a time zone if they have one.

    Raises
    ------
    DataError
        Mixed time zones (convert to one, or drop them), or text that is no date (write 2024-01-31).

    >>> [str(read_stamps(pd.Index([one]), "x")[0].date()) for one in (45293, "2024/1/2", "02-Jan-2024", "20240102")]
    ['2024-01-02', '2024-01-02', '2024-01-02', '2024-01-02']
    """
    stamps = parsed(values, what, notes)
    if (bad := np.flatnonzero(stamps.isna())).size:
        raise no_dates(values[bad].tolist(), what)
    return stamps


def no_dates(wrong: Sequence[object], what: str, place: str = "") -> DataError:
    """What is said of values that are no dates."""
    return DataError(
        f"date: {len(wrong)} values in {what} are no dates, first {wrong[0]!r}{place}. Write them as 2024-01-31.",
        field="date",
        day=str(wrong[0]),
        sample=[repr(value) for value in wrong[:SHOWN]],
    )


def parsed(values: pd.Index, what: str, notes: list[str] | None = None) -> pd.DatetimeIndex:
    """As :func:`read_stamps`, with NaT for what is no date.

    Raises
    ------
    DataError
        Mixed time zones, or days and months that could be either.
    """
    if isinstance(values, pd.DatetimeIndex):
        return values
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _of_numbers(values.to_numpy(dtype=np.float64, na_value=np.nan), what, notes)
    return _of_objects(values, what, notes)


def _of_numbers(numbers: np.ndarray, what: str, notes: list[str] | None) -> pd.DatetimeIndex:
    """20240131, a serial number of Excel, or a time since 1970 in UTC; all of them the same."""
    known = numbers[~np.isnan(numbers)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    if low >= _SERIALS[0] and high <= _SERIALS[1]:
        if notes is not None:
            notes.append(f"Dates of {what} are serial numbers of Excel, counted from 1899-12-30.")
        days = pd.to_timedelta(np.round(numbers * 86_400), unit="s")
        return pd.DatetimeIndex(pd.Timestamp("1899-12-30") + days)
    for unit, steps in _SINCE_1970.items():
        if low >= 3e8 * steps and high <= 5e9 * steps:
            if notes is not None:
                notes.append(f"Dates of {what} count time since 1970 in UTC, in {unit}.")
            whole = np.where(np.isnan(numbers), 0, numbers).astype(np.int64)
            stamps = (whole * (_SINCE_1970["ns"] // steps)).astype("datetime64[ns]")
            stamps[np.isnan(numbers)] = np.datetime64("NaT", "ns")
            return pd.DatetimeIndex(stamps, tz="UTC")
    whole = np.isfinite(numbers) & (numbers == np.rint(numbers))
    texts = [
        f"{value:.0f}" if is_whole else "" for value, is_whole in zip(numbers.tolist(), whole.tolist(), strict=True)
    ]
    # 2024 is a year, and a count of rows before that; no day.
    return _of_texts(pd.Index([text if len(text) in _WIDTHS else "" for text in texts]), what)


def _of_objects(values: pd.Index, what: str, notes: list[str] | None) -> pd.DatetimeIndex:
    zones: dict[str, object] = {}
    texts = []
    for value in values:
        if isinstance(value, str):
            text = unicodedata.normalize("NFKC", value).strip().lstrip("'")
            found = _OFFSET.search(text)
            if any(map(str.isdecimal, text)):  # not the name of the column, once more
                zones.setdefault(found[1].upper().replace("Z", "+00:00") if found else "none", value)
        else:
            text = "" if value is None or value != value else str(value)
            if isinstance(value, dt.datetime):
                zones.setdefault(str(value.tzinfo or "none"), value)
            elif isinstance(value, dt.date):
                zones.setdefault("none", value)
        texts.append(text)
    if len(zones) > 1:
        raise mixed_zones([str(value) for value in zones.values()], what)
    digits = [text for text in texts if _DIGITS.match(text) or _SERIAL.match(text)]
    if digits and len(digits[0].split(".")[0]) not in _WIDTHS:
        numbers = np.array([float(text) if _DIGITS.match(text) or _SERIAL.match(text) else np.nan for text in texts])
        return _of_numbers(numbers, what, notes)
    return _of_texts(pd.Index(texts, dtype=object), what)


def _of_texts(texts: pd.Index, what: str) -> pd.DatetimeIndex:
    """The reading under which most texts are dates."""
    plain = texts.map(_spelled)
    best: pd.DatetimeIndex | None = None
    for form in _FORMS:
        stamps = _under(plain, form)
        if best is None or _misses(stamps) < _misses(best):
            best = stamps
        if not best.hasnans:
            return best
    assert best is not None  # there are forms
    day, month = _under(plain, _DAY_FIRST), _under(plain, _MONTH_FIRST)
    wrong = [_misses(stamps) for stamps in (day, month)]
    if min(wrong) >= _misses(best):
        return best
    if wrong[0] == wrong[1] and not day.equals(month):
        example = next(text for text, one, two in zip(texts, day, month, strict=True) if one != two)
        raise DataError(
            f"date: {example!r} in {what} could be a day and a month or a month and a day, and no other value tells. "
            "Write the dates as 2024-01-31, or read them with pd.to_datetime(dates, format='%d/%m/%Y').",
            field="date",
            day=str(example),
        )
    return day if wrong[0] < wrong[1] else month


def _under(texts: pd.Index, form: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(texts, format=form, errors="coerce"))


def _misses(stamps: pd.DatetimeIndex) -> int:
    return int(np.asarray(stamps.isna()).sum())


def _spelled(text: str) -> str:
    """A date with dashes, without the day of the week, and digits in a row parted as calendars and clocks do it."""
    text = _WEEKDAY.sub("", text) if not text.isascii() else text
    text = re.sub(r"[年月]", "-", text).replace("日", "").replace("/", "-")
    if re.match(r"^\d{4}\.\d{1,2}\.\d{1,2}", text):
        text = text.replace(".", "-", 2)
    text = text.removesuffix(".0")
    if text.isdecimal() and len(text) in (12, 14, 17):
        seconds = f":{text[12:14]}" if len(text) > 12 else ""
        return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}{seconds}"
    # Of a month or a year the first day would be a guess.
    return "" if _NO_DAY.match(text) else text


def mixed_zones(examples: list[str], what: str) -> DataError:
    """What is said of dates of several time zones."""
    return DataError(
        f"date: mixed time zones in {what}. Convert all dates to one zone, for example with "
        "pd.to_datetime(dates, utc=True).dt.tz_convert('Asia/Shanghai'), or drop the zones.",
        field="date",
        sample=examples[:SHOWN],
    )


def at_venue(stamps: pd.DatetimeIndex, venue: Venue) -> pd.DatetimeIndex:
    """Stamps without a zone: one with a zone counts at the venue, on PLAIN on its own clock."""
    if stamps.tz is None:
        return stamps
    return (stamps if venue is PLAIN else stamps.tz_convert(venue.time_zone)).tz_localize(None)


def of_the_day(values: pd.Series, what: str) -> pd.TimedeltaIndex | None:
    """Times of the day, such as 09:31, 931, 93100 or 000000; None where the column holds whole stamps.

    Raises
    ------
    DataError
        Values that are no time; write 09:31.
    """
    texts = values.astype(object).map(str).str.strip().str.removesuffix(".0")
    if texts.str.fullmatch(r"\d{12}|\d{14}|\d{17}|\d{4}-\d.*").all():
        return None
    digits = texts.where(~texts.str.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?"), texts.str.replace(":", "").str.zfill(4))
    width = int(digits.str.len().max())
    digits = digits.str.zfill(4 if width <= 4 else 6).str.ljust(6, "0")
    found = pd.to_datetime(digits, format="%H%M%S", errors="coerce")
    if found.isna().any():
        at = int(found.isna().to_numpy().argmax())
        raise DataError(
            f"time: {values.astype(object).iloc[at]!r} in row {values.index[at]} of {what} is no time of the day. "
            "Write it as 09:31.",
            field="time",
        )
    return pd.TimedeltaIndex(found - found.dt.normalize())
