"""What ``import`` gives inside a script: the platform's own modules, and pandas and numpy as they were.

A script has its own ``__import__``; nothing is put into :data:`sys.modules` and nothing global is changed, so that
scripts in one process never meet.
"""

from __future__ import annotations

import builtins
import datetime as dt
import functools
import io
import itertools
import math
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.old_groups import BY_COLUMN, total
from qresearch.dialects.data.old_joins import concat, merge
from qresearch.dialects.data.old_labels import as_days, within
from qresearch.dialects.data.old_ols import ols
from qresearch.dialects.data.old_pandas import DataFrame, Series
from qresearch.dialects.data.old_panel import Panel
from qresearch.dialects.data.old_times import frequency, with_frequency
from qresearch.dialects.script.old_calls import OLD_NAMES, WITHIN
from qresearch.dialects.script.unsupported import Unsupported
from qresearch.errors import close_matches, did_you_mean

PLATFORM = ("jqdata", "jqdatasdk", "jqlib", "jqfactor", "jqfactor_analyzer", "kuanke", "jqboson", "jqresearch",
            "jqtrade", "user_space_api", "eqlib", "easyquant")  # fmt: skip
"""Packages of the platform; each gives everything that a script can call."""

_ALPHAS = (
    "the alphas of jqlib are not here; jqfactor's Factor and calc_factors compute any formula of bars, and "
    "get_factor_values reads a table of factors"
)
_MOVED = {"cPickle": "pickle", "StringIO": "io", "cStringIO": "io", "Queue": "queue", "ConfigParser": "configparser",
          "urllib2": "urllib.request", "urlparse": "urllib.parse", "__builtin__": "builtins"}  # fmt: skip
"""Modules of Python 2 and where they are now."""

_NUMPY = {
    "NaN": np.nan, "NAN": np.nan, "Inf": np.inf, "infty": np.inf, "float": float, "int": int, "object": object,
    "str": str, "complex": complex, "long": int, "unicode": str, "float_": np.float64,
    "asscalar": lambda value: np.asarray(value).item(),
    "in1d": np.isin, "product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any,
    "row_stack": np.vstack, "trapz": np.trapezoid, "round_": np.round, "mat": np.asmatrix,
}  # fmt: skip
_HELPERS = (
    "array", "nan", "inf", "pi", "zeros", "ones", "mean", "std", "var", "median", "prod", "arange", "linspace", "where",
    "argsort", "argmax", "argmin", "unique", "percentile", "average", "cumsum", "cumprod", "diff", "dot", "cov",
    "corrcoef", "polyfit", "polyval", "append", "concatenate", "hstack", "vstack", "nanmean", "nanstd", "nan_to_num",
    "mat", "matrix", "eye", "empty", "tile", "repeat", "transpose",
)  # fmt: skip
"""What the platform gives of numpy beside its functions of single values (sqrt, exp, sign and their like)."""


def _rolling(name: str) -> Callable[..., Any]:
    def roll(values: Any, window: int, *others: Any, min_periods: int | None = None, **_: Any) -> Any:
        held = values if isinstance(values, (pd.Series, pd.DataFrame)) else Series(values)
        return getattr(held.rolling(window, min_periods=min_periods), name)(*others)

    return roll


def _ewma(values: Any, com: float | None = None, span: float | None = None, **options: Any) -> Any:
    held = values if isinstance(values, (pd.Series, pd.DataFrame)) else Series(values)
    return held.ewm(com=com, span=span, **options).mean()


def _read_csv(*arguments: Any, **options: Any) -> DataFrame:
    first, *rest = arguments
    source = io.BytesIO(first) if isinstance(first, bytes) else first
    return DataFrame(pd.read_csv(source, *rest, **options))


def _dated(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes times: those of an index take days for labels."""

    @functools.wraps(plain)
    def made(*arguments: Any, **options: Any) -> Any:
        found = plain(*arguments, **options)
        return Series(found) if type(found) is pd.Series else as_days(found)

    return made


def _time_grouper(freq: Any = None, **options: Any) -> pd.Grouper:
    return pd.Grouper(freq=frequency(freq), **options)


_PANDAS = {
    "DataFrame": DataFrame, "Series": Series, "Panel": Panel, "datetime": dt.datetime, "ewma": _ewma,
    "read_csv": _read_csv, "TimeSeries": Series, "merge": merge, "concat": concat, "TimeGrouper": _time_grouper,
    "Grouper": with_frequency(pd.Grouper, "freq", 2), "to_datetime": _dated(pd.to_datetime),
    "DatetimeIndex": _dated(with_frequency(pd.DatetimeIndex, "freq", 1)),
    "date_range": _dated(with_frequency(pd.date_range, "freq", 3)),
    "ols": ols, "bdate_range": _dated(with_frequency(pd.bdate_range, "freq", 3)),
    **{f"rolling_{name}": _rolling(name) for name in (
        "mean", "std", "sum", "max", "min", "median", "var", "count", "corr", "cov", "apply", "quantile", "skew",
        "kurt")},
}  # fmt: skip


def _copied(module: ModuleType, changed: Mapping[str, Any]) -> ModuleType:
    """A module with some names added or replaced; the module itself stays as it is."""
    found = ModuleType(module.__name__, module.__doc__)
    found.__dict__.update(vars(module))
    found.__dict__.update(changed)
    found.__dict__["__getattr__"] = functools.partial(getattr, module)
    return found


PANDAS = _copied(pd, _PANDAS)
STATS = ModuleType("pandas.stats", "What ``pandas.stats`` had: its averages over windows.")
STATS.__dict__.update({name: value for name, value in _PANDAS.items() if name.startswith(("rolling_", "ewm"))})
STATS.__dict__.update({"moments": STATS, "api": STATS, "ols": ols})
PANDAS.__dict__["stats"] = STATS
NUMPY = _copied(np, BY_COLUMN | {name: value for name, value in _NUMPY.items() if name not in vars(np)})


_ITERTOOLS = {"izip": zip, "imap": map, "ifilter": filter, "izip_longest": itertools.zip_longest,
              "ifilterfalse": itertools.filterfalse}  # fmt: skip
ITERTOOLS = _copied(itertools, _ITERTOOLS)
"""With the names of Python 2."""

SYS = ModuleType("sys", sys.__doc__)
SYS.__dict__.update(setdefaultencoding=lambda *_: None, maxint=sys.maxsize, __getattr__=functools.partial(getattr, sys))
"""As it is now, with what scripts of Python 2 call to write Chinese."""


class Modules:
    """The imports of one script.

    Parameters
    ----------
    names : dict of str to object
        What the platform's modules give.
    indicators : dict of str to callable
        What ``jqlib.technical_analysis`` gives besides.
    missing : callable
        Refuses an indicator by its name.
    """

    def __init__(
        self,
        names: dict[str, Any],
        indicators: dict[str, Any],
        missing: Callable[[str], Any],
    ) -> None:
        self._names, self.indicators, self._missing = names, indicators, missing
        self._made: dict[str, ModuleType] = {}
        self._other = {"pandas": PANDAS, "numpy": NUMPY, "itertools": ITERTOOLS, "sys": SYS}

    def provided(self) -> dict[str, Any]:
        """What a script finds without importing it: all that the star import of jqdata gives."""
        singles = {name for name, value in vars(np).items() if isinstance(value, np.ufunc)} - vars(builtins).keys()
        helpers = {name: getattr(NUMPY, name) for name in (*sorted(singles), *_HELPERS)}
        return {
            **helpers, "NaN": np.nan, "Inf": np.inf, "np": NUMPY,
            "pd": PANDAS, "math": math, "datetime": dt, "timedelta": dt.timedelta,
            "numpy": NUMPY, "pandas": PANDAS, **self._names,
        }  # fmt: skip

    def builtins(self, say: Callable[..., None]) -> dict[str, Any]:
        """The builtins of a script: with our import, prints into the log, and names of Python 2."""
        return {
            **vars(builtins), "__import__": self.load, "print": say, "unicode": str, "basestring": str, "xrange": range,
            **OLD_NAMES, WITHIN: within, "long": int, "unichr": chr, "reduce": functools.reduce,
            "reload": lambda module: module, "sum": total,
            "cmp": lambda one, other: (one > other) - (one < other),
        }  # fmt: skip

    def load(
        self, name: str, module_globals: Any = None, module_locals: Any = None, wanted: Any = (), level: int = 0
    ) -> ModuleType:
        """What ``__import__`` does inside the script."""
        top = name.partition(".")[0]
        if level == 0 and top in PLATFORM:
            return self._platform(name if wanted else top)
        if level == 0 and name.startswith("pandas.stats"):
            return STATS if wanted else PANDAS
        name = _MOVED.get(name, name)
        try:
            found = builtins.__import__(name, module_globals, module_locals, wanted or (), level)
        except ModuleNotFoundError as problem:
            raise ImportError(_how_to_install(problem.name or name)) from problem
        return self._other.get(found.__name__, found)

    def _platform(self, name: str) -> ModuleType:
        if name == "jqlib.technical_analysis":
            return self._module(name, {**self._names, **self.indicators}, self._missing)
        names = self.provided()
        if name.startswith("jqlib.alpha"):
            names |= {word: Unsupported(word, _ALPHAS) for word in (f"alpha_{number:03d}" for number in range(1, 192))}
        module = self._module(name, names, self._refuse)
        parts = ("technical_analysis", "alpha101", "alpha191") if name == "jqlib" else ("apis", "wizard", "api")
        for part in parts:
            if part not in module.__dict__:
                module.__dict__[part] = self._platform(f"jqlib.{part}") if name == "jqlib" else module
        return module

    def _refuse(self, name: str) -> Any:
        near = (
            did_you_mean(close_matches(name, self._names)).strip()
            or "see qresearch.dialects.joinquant for what there is"
        )
        return Unsupported(name, near.rstrip(".? "))

    def _module(self, name: str, names: dict[str, Any], other: Callable[[str], Any] | None = None) -> ModuleType:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = ModuleType(name)
            found.__dict__.update(names)
            found.__dict__["__all__"] = [word for word in names if not word.startswith("_")]
            found.__dict__["__path__"] = []
            if other is not None:
                found.__dict__["__getattr__"] = functools.partial(_attribute, name, other)
        return found


def _attribute(module: str, other: Callable[[str], Any], name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return other(name)


def _how_to_install(name: str) -> str:
    top = name.partition(".")[0]
    if top == "talib":
        return "This script imports talib, which comes with an extra. Install it: pip install 'qresearch[talib]'."
    package = {"sklearn": "scikit-learn", "cv2": "opencv-python", "bs4": "beautifulsoup4"}.get(top, top)
    return f"This script imports {name}, which is not installed. Install it if it is on PyPI: pip install {package}."
