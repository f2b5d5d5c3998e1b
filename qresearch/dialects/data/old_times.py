"""Frequencies, windows and samples as pandas named them before version 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas as pd

_NOW = {"M": "ME", "Q": "QE", "A": "YE", "Y": "YE", "BM": "BME", "BQ": "BQE", "BA": "BYE", "BY": "BYE", "AS": "YS",
        "BAS": "BYS", "CBM": "CBME", "H": "h", "BH": "bh", "T": "min", "S": "s", "L": "ms", "U": "us"}  # fmt: skip
_FREQUENCY = re.compile(r"(-?\d*)([A-Za-z]+)(-[A-Za-z]+)?")


def frequency(given: Any) -> Any:
    """The text of a frequency as pandas spells it today.

    >>> [frequency(text) for text in ("M", "2H", "A-DEC", "W-FRI", "D", "30T", "MS")]
    ['ME', '2h', 'YE-DEC', 'W-FRI', 'D', '30min', 'MS']
    """
    found = _FREQUENCY.fullmatch(given) if isinstance(given, str) else None
    if found is None or found[2] not in _NOW:
        return given
    return f"{found[1]}{_NOW[found[2]]}{found[3] or ''}"


def with_frequency(plain: Callable[..., Any], name: str, place: int) -> Callable[..., Any]:
    """A function that takes a frequency, by keyword or at a place, which may be spelled as it was."""

    @wraps(plain)
    def called(*arguments: Any, **options: Any) -> Any:
        if name in options:
            options[name] = frequency(options[name])
        elif len(arguments) > place:
            arguments = (*arguments[:place], frequency(arguments[place]), *arguments[place + 1 :])
        return plain(*arguments, **options)

    return called


def resampled(held: Any, rule: Any, how: Any = None, *others: Any, **options: Any) -> Any:
    """Bars of a longer period: by ``how``, and what is empty filled, where that is named; else to be asked for."""
    fill = options.pop("fill_method", None)
    kind, base, loffset = options.pop("kind", None), options.pop("base", 0), options.pop("loffset", None)
    if isinstance(how, int):  # the axis, whose place it took later
        how = None
    if base:
        options["offset"] = pd.Timedelta(base, "min")
    plain: Any = pd.Series.resample if isinstance(held, pd.Series) else pd.DataFrame.resample
    found = plain(held, frequency(rule), *others, **options)
    if how is None and fill is None:
        return found
    found = found.mean() if how is None else getattr(found, how)() if isinstance(how, str) else found.agg(how)
    if fill is not None:
        found = found.ffill() if fill in {"ffill", "pad"} else found.bfill()
    if loffset is not None:
        found.index = found.index + pd.tseries.frequencies.to_offset(frequency(loffset))
    return found.to_period() if kind == "period" else found


def _raw(kind: type) -> type:
    """A kind of window whose functions are handed arrays, unless they ask for series."""

    def apply(held: Any, func: Any, raw: Any = None, **options: Any) -> Any:
        """A function of each window."""
        plain: Any = kind.apply  # type: ignore[attr-defined]  # windows have one
        return plain(held, func, raw=raw is None or bool(raw), **options)

    return type(kind.__name__, (kind,), {"apply": apply})


_WINDOWS = {kind: _raw(kind) for kind in (
    type(pd.Series([0.0]).rolling(1)), type(pd.Series([0.0]).expanding()),
)}  # fmt: skip


def windowed(name: str, kind: type) -> Callable[..., Any]:
    """``rolling`` or ``expanding`` of a kind, whose functions are handed arrays."""
    plain = getattr(kind, name)

    @wraps(plain)
    def called(held: Any, *arguments: Any, **options: Any) -> Any:
        options.pop("freq", None)
        found = plain(held, *arguments, **options)
        found.__class__ = _WINDOWS.get(type(found), type(found))
        return found

    return called


def changed_by(held: Any, periods: int = 1, fill_method: str | None = "pad", limit: Any = None, **options: Any) -> Any:
    """``pct_change``: what is unknown takes the value before it, unless that is not wished."""
    filled = held if fill_method is None else held.ffill(limit=limit) if fill_method in {"pad", "ffill"} else (
        held.bfill(limit=limit)
    )  # fmt: skip
    plain: Any = pd.Series.pct_change if isinstance(held, pd.Series) else pd.DataFrame.pct_change
    return plain(filled, periods, fill_method=None, **options)


def moved(held: Any, periods: int = 1, freq: Any = None, **_: Any) -> Any:
    """``tshift``: the times moved, the values left where they are."""
    step = freq or held.index.freq or pd.infer_freq(held.index)
    return held.shift(periods, freq=frequency(step))
