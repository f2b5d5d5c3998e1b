"""``jqlib.technical_analysis``: the indicators that scripts use most, by code, from bars that are known now.

Each takes codes and the last day to look at, and gives a dict of code to value (or several such dicts). Averages that
remember begin at the first of the last 250 bars or so; the platform's own begin is not published, so that values can
differ in late digits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from qresearch.dialects.data.averages import ema, sma
from qresearch.dialects.data.codes import listed, spelled
from qresearch.dialects.data.compared_indicators import WITH_INDEX, WITH_SHARES
from qresearch.dialects.data.more_indicators import MORE
from qresearch.dialects.data.platform import Platform
from qresearch.dialects.data.prices import Prices
from qresearch.errors import NotSupported, UsageError, close_matches, did_you_mean

Series = Any
"""A pandas Series of floats, one per bar."""

Beside = Callable[[str, pd.DataFrame, Callable[[str], pd.DataFrame]], tuple[Any, ...]]
"""Gives what an indicator needs beside the bars of a code, of the code, its bars, and what reads bars of a code."""

_FIELDS = ("open", "high", "low", "close", "volume", "money")

WARM_UP = 250
"""Bars before the first value of an average that remembers."""


def _ma(bars: Any, timeperiod: int = 5) -> Series:
    return bars["close"].rolling(timeperiod).mean()


def _ema(bars: Any, timeperiod: int = 30) -> Series:
    return ema(bars["close"], timeperiod)


def _macd(bars: Any, SHORT: int = 12, LONG: int = 26, MID: int = 9) -> tuple[Series, ...]:  # as documented
    dif = ema(bars["close"], SHORT) - ema(bars["close"], LONG)
    dea = ema(dif, MID)
    return dif, dea, 2 * (dif - dea)


def _rsi(bars: Any, N1: int = 6) -> Series:  # as documented
    change = bars["close"].diff()
    return 100 * sma(change.clip(lower=0).fillna(0), N1, 1) / sma(change.abs().fillna(0), N1, 1)


def _kdj(bars: Any, N: int = 9, M1: int = 3, M2: int = 3) -> tuple[Series, ...]:  # as documented
    low, high = bars["low"].rolling(N, min_periods=1).min(), bars["high"].rolling(N, min_periods=1).max()
    span = (high - low).replace(0, np.nan)
    raw = ((bars["close"] - low) / span * 100).fillna(50)
    k = sma(raw, M1, 1)
    d = sma(k, M2, 1)
    return k, d, 3 * k - 2 * d


def _kd(bars: Any, N: int = 9, M1: int = 3, M2: int = 3) -> tuple[Series, ...]:  # as documented
    return _kdj(bars, N, M1, M2)[:2]


def _boll(bars: Any, timeperiod: int = 20, nbdevup: float = 2, nbdevdn: float = 2) -> tuple[Series, ...]:
    middle, spread = bars["close"].rolling(timeperiod).mean(), bars["close"].rolling(timeperiod).std(ddof=0)
    return middle + nbdevup * spread, middle, middle - nbdevdn * spread


def _true_range(bars: Any) -> Series:
    before = bars["close"].shift()
    spans = [bars["high"] - bars["low"], (before - bars["high"]).abs(), (before - bars["low"]).abs()]
    return pd.concat(spans, axis=1).max(axis=1)


def _atr(bars: Any, timeperiod: int = 14) -> tuple[Series, ...]:
    spans = _true_range(bars)
    return spans, spans.rolling(timeperiod).mean()


def _bias(bars: Any, N1: int = 6, N2: int = 12, N3: int = 24) -> tuple[Series, ...]:  # as documented
    close = bars["close"]
    one, two, three = ((close / close.rolling(count).mean() - 1) * 100 for count in (N1, N2, N3))
    return one, two, three


def _cci(bars: Any, N: int = 14) -> Series:  # as documented
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    mean = typical.rolling(N).mean()
    spread = typical.rolling(N).apply(lambda held: np.abs(held - held.mean()).mean(), raw=True)
    return (typical - mean) / (0.015 * spread)


def _wr(bars: Any, N: int = 10, N1: int = 6) -> tuple[Series, ...]:  # as documented
    def over(count: int) -> Series:
        high, low = bars["high"].rolling(count).max(), bars["low"].rolling(count).min()
        return 100 * (high - bars["close"]) / (high - low)

    return over(N), over(N1)


def _roc(bars: Any, timeperiod: int = 12) -> Series:
    return (bars["close"] / bars["close"].shift(timeperiod) - 1) * 100


def _mtm(bars: Any, timeperiod: int = 12) -> Series:
    return bars["close"] - bars["close"].shift(timeperiod)


def _vol(bars: Any, M1: int = 5, M2: int = 10) -> tuple[Series, ...]:  # as documented
    return bars["volume"], bars["volume"].rolling(M1).mean(), bars["volume"].rolling(M2).mean()


def _obv(bars: Any, timeperiod: int = 30) -> Series:
    return (np.sign(bars["close"].diff()).fillna(0) * bars["volume"]).rolling(timeperiod, min_periods=1).sum()


def _dma(bars: Any, N1: int = 10, N2: int = 50, M: int = 10) -> tuple[Series, ...]:  # as documented
    dif = bars["close"].rolling(N1).mean() - bars["close"].rolling(N2).mean()
    return dif, dif.rolling(M).mean()


def _trix(bars: Any, N: int = 12, M: int = 9) -> tuple[Series, ...]:  # as documented
    smooth = ema(ema(ema(bars["close"], N), N), N)
    found = (smooth / smooth.shift() - 1) * 100
    return found, found.rolling(M).mean()


def _bbi(bars: Any, timeperiod1: int = 3, timeperiod2: int = 6, timeperiod3: int = 12, timeperiod4: int = 24) -> Series:
    close = bars["close"]
    return sum(close.rolling(count).mean() for count in (timeperiod1, timeperiod2, timeperiod3, timeperiod4)) / 4


def _psy(bars: Any, timeperiod: int = 12) -> Series:
    return (bars["close"].diff() > 0).rolling(timeperiod).mean() * 100


INDICATORS: dict[str, Callable[..., Any]] = {
    "MA": _ma, "EMA": _ema, "EXPMA": _ema, "MACD": _macd, "RSI": _rsi, "KDJ": _kdj, "KD": _kd, "BOLL": _boll,
    "Bollinger_Bands": _boll, "ATR": _atr, "BIAS": _bias, "CCI": _cci, "WR": _wr, "ROC": _roc, "MTM": _mtm, "VOL": _vol,
    "OBV": _obv, "DMA": _dma, "TRIX": _trix, "BBI": _bbi, "PSY": _psy, **MORE,
}  # fmt: skip
"""Name of the platform to the function that computes it from a frame of bars."""


MISSING = (
    "ALLIGAT", "BDZX", "CCL", "CDP_STD", "CFJT", "CJDX", "CYHT", "JAX", "JFZX", "JYJL", "LHXJ", "LYJH", "PUCU", "RAD",
    "SAR", "SG_PF", "SG_SMX", "SHT", "TBP_STD", "XDT", "ZBCD", "ZLMM", "ZSDB", "ZX",
)  # fmt: skip
"""Indicators that are looked for and not here: calling one says so. The platform has no SAR either: talib has it."""


class Indicators:
    """The functions of ``jqlib.technical_analysis`` for one script.

    Parameters
    ----------
    platform : Platform
    prices : Prices
    """

    def __init__(self, platform: Platform, prices: Prices) -> None:
        self._platform, self._prices = platform, prices

    def names(self) -> dict[str, Callable[..., Any]]:
        """Every indicator as the platform's function of that name."""
        refused = {name: partial(self._refuse, name) for name in MISSING}
        plain = {name: self._bound(compute, self._none) for name, compute in INDICATORS.items()}
        of_shares = {name: self._bound(compute, self._shares) for name, compute in WITH_SHARES.items()}
        return refused | plain | of_shares | {name: self._compared(compute) for name, compute in WITH_INDEX.items()}

    def _refuse(self, name: str, *_: Any, **__: Any) -> Any:
        return self.missing(name)

    def missing(self, name: str) -> Any:
        """Refuse an indicator that is not here."""
        known = (*INDICATORS, *WITH_SHARES, *WITH_INDEX)
        raise NotSupported(
            f"jqlib.technical_analysis.{name} is not supported. {did_you_mean(close_matches(name, known))}"
            f"There are {', '.join(known)}; talib has many more."
        )

    def _compared(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        def indicator(
            index_stock: str, security_list: Any, check_date: Any = None, *others: Any, **options: Any
        ) -> Any:
            """The indicator of some codes, compared with an index."""
            bound = self._bound(compute, partial(self._bars_of_index, index_stock))
            return bound(security_list, check_date, *others, **options)

        return indicator

    def _bound(self, compute: Callable[..., Any], beside: Beside) -> Callable[..., Any]:
        def indicator(security_list: Any, check_date: Any = None, *periods: Any, **options: Any) -> Any:
            """The indicator of some codes, at a day."""
            unit = options.pop("unit", "1d")
            include_now = options.pop("include_now", True)
            known = inspect.signature(compute).parameters
            for name in {"fq_ref_date", "security_list", "M"} - known.keys():
                options.pop(name, None)
            blank = pd.DataFrame(1.0, index=range(2), columns=list(_FIELDS))
            more = (blank,) if "index" in known else (blank["close"],) if "shares" in known else ()
            asked = compute(blank, *more, *periods, **options)  # as many parts as the indicator has, also for no code
            parts: list[dict[str, float]] = [{} for _ in (asked if isinstance(asked, tuple) else (asked,))]
            by_time = () if beside == self._none else ("date",)
            read = partial(self._bars, fields=by_time, unit=unit, end=check_date, include_now=include_now)
            for code in listed(security_list):
                bars = read(code)
                found = compute(bars, *beside(code, bars, read), *periods, **options)
                series = found if isinstance(found, tuple) else (found,)
                for part, values in zip(parts, series, strict=True):
                    part[code] = float(values.iloc[-1]) if len(values) else float("nan")
            return parts[0] if len(parts) == 1 else tuple(parts)

        return indicator

    def _bars(self, code: str, *, fields: Any, unit: str, end: Any, include_now: bool) -> pd.DataFrame:
        """Bars of a code, prices adjusted to the present day; by their times where these are among the fields."""
        found = self._prices.get_bars(
            code, WARM_UP, unit, [*fields, *_FIELDS], include_now=include_now,
            end_dt=end, fq_ref_date=self._platform.today, df=True,
        )  # fmt: skip
        return pd.DataFrame(found).set_index(list(fields)) if fields else pd.DataFrame(found)

    # ------------------------------------------------------------------ what an indicator needs beside the bars

    @staticmethod
    def _none(*_: Any) -> tuple[()]:
        return ()

    @staticmethod
    def _bars_of_index(index: str, _: str, bars: pd.DataFrame, read: Callable[[str], pd.DataFrame]) -> tuple[Any, ...]:
        return (read(index).reindex(bars.index),)

    def _shares(self, code: str, bars: pd.DataFrame, _: object) -> tuple[Any, ...]:
        """The shares that circulate on the days of the bars, as the table of valuations knows them."""
        table = self._platform.tables.table("valuation", needed_by="An indicator of jqlib of the shares that circulate")
        if "circulating_cap" not in table:
            raise UsageError(
                "The table 'valuation' has no column circulating_cap (10,000 shares), which this indicator of jqlib "
                f"needs; it has {', '.join(map(str, table.columns))}."
            )
        own = table[table["code"] == spelled(code)].drop_duplicates("day", keep="last").set_index("day").sort_index()
        days = pd.DatetimeIndex(pd.to_datetime(bars.index)).normalize()
        return (pd.Series(own["circulating_cap"].reindex(days, method="ffill").to_numpy() * 10_000, bars.index),)
