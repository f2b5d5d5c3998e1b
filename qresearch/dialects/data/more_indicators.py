"""More of ``jqlib.technical_analysis``, by the formulas that its documentation gives; volumes are counted in lots.

EXPMEMA is taken for an exponential average. Each function takes a frame of bars and gives a series, or several.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qresearch.dialects.data.averages import ema, ma, sma, total
from qresearch.dialects.data.compared_indicators import followed

Series = Any
"""A pandas Series of floats, one per bar."""


def _lots(bars: Any) -> Series:
    return bars["volume"] / 100


def _stochastic(bars: Any, count: int) -> Series:
    low, high = bars["low"].rolling(count, min_periods=1).min(), bars["high"].rolling(count, min_periods=1).max()
    return ((bars["close"] - low) / (high - low).replace(0, np.nan) * 100).fillna(50)


def _skdj(bars: Any, N: int = 9, M: int = 3) -> tuple[Series, ...]:
    k = ema(ema(_stochastic(bars, N), M), M)
    return k, ma(k, M)


def _lwr(bars: Any, N: int = 9, M1: int = 3, M2: int = 3) -> tuple[Series, ...]:
    first = sma(100 - _stochastic(bars, N), M1, 1)
    return first, sma(first, M2, 1)


def _osc(bars: Any, N: int = 20, M: int = 6) -> tuple[Series, ...]:
    found = 100 * (bars["close"] - ma(bars["close"], N))
    return found, ema(found.dropna(), M).reindex(found.index)


def _strength(values: Series, count: int) -> Series:
    change = values.diff()
    return 100 * sma(change.clip(lower=0).fillna(0), count, 1) / sma(change.abs().fillna(0), count, 1)


def _marsi(bars: Any, M1: int = 10, M2: int = 6) -> tuple[Series, ...]:
    return ma(_strength(bars["close"], M1), M1), ma(_strength(bars["close"], M2), M2)


def _vrsi(bars: Any, N1: int = 6, N2: int = 12, N3: int = 24) -> tuple[Series, ...]:
    return _strength(_lots(bars), N1), _strength(_lots(bars), N2), _strength(_lots(bars), N3)


def _mfi(bars: Any, timeperiod: int = 14) -> Series:
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    flow, change = typical * bars["volume"], typical.diff()
    up, down = total(flow.where(change > 0, 0.0), timeperiod), total(flow.where(change < 0, 0.0), timeperiod)
    return 100 * up / (up + down)


def _cye(bars: Any) -> tuple[Series, ...]:
    short, long = ma(bars["close"], 5), ma(ma(bars["close"], 20), 5)
    return (short / short.shift() - 1) * 100, (long / long.shift() - 1) * 100


def _dmi(bars: Any, N: int = 14, MM: int = 6) -> tuple[Series, ...]:
    high, low, before = bars["high"], bars["low"], bars["close"].shift()
    spans = np.fmax(np.fmax(high - low, (high - before).abs()), (before - low).abs())
    up, down = high.diff(), -low.diff()
    reach = ema(spans, N)
    plus = ema(up.where((up > 0) & (up > down), 0.0), N) * 100 / reach
    minus = ema(down.where((down > 0) & (down > up), 0.0), N) * 100 / reach
    adx = ema(((minus - plus).abs() / (minus + plus) * 100).fillna(0), MM)
    return plus, minus, adx, ema(adx, MM)


def _dpo(bars: Any, N: int = 20, M: int = 6) -> tuple[Series, ...]:
    found = bars["close"] - ma(bars["close"], N).shift(N // 2 + 1)
    return found, ma(found, M)


def _emv(bars: Any, N: int = 14, M: int = 9) -> tuple[Series, ...]:
    both, span = bars["high"] + bars["low"], bars["high"] - bars["low"]
    found = ma(100 * both.diff() / both * ma(bars["volume"], N) / bars["volume"] * span / ma(span, N), N)
    return found, ma(found, M)


def _js(bars: Any, N: int = 5, M1: int = 5, M2: int = 10, M3: int = 20) -> tuple[Series, ...]:
    before = bars["close"].shift(N)
    found = 100 * (bars["close"] - before) / (N * before)
    return found, ma(found, M1), ma(found, M2), ma(found, M3)


def _qacd(bars: Any, N1: int = 12, N2: int = 26, M: int = 9) -> tuple[Series, ...]:
    dif = ema(bars["close"], N1) - ema(bars["close"], N2)
    mean = ema(dif, M)
    return dif, mean, dif - mean


def _vmacd(bars: Any, SHORT: int = 12, LONG: int = 26, MID: int = 9) -> tuple[Series, ...]:
    dif = ema(_lots(bars), SHORT) - ema(_lots(bars), LONG)
    dea = ema(dif, MID)
    return dif, dea, dif - dea


def _uos(bars: Any, N1: int = 7, N2: int = 14, N3: int = 28, M: int = 6) -> tuple[Series, ...]:
    before = bars["close"].shift()
    top, bottom = np.fmax(bars["high"], before), np.fmin(bars["low"], before)
    one, two, three = (total(bars["close"] - bottom, n) / total(top - bottom, n) for n in (N1, N2, N3))
    found = (one * N2 * N3 + two * N1 * N3 + three * N1 * N2) * 100 / (N1 * N2 + N1 * N3 + N2 * N3)
    return found, ema(found.dropna(), M).reindex(found.index)


def _vpt(bars: Any, N: int = 51, M: int = 6) -> tuple[Series, ...]:
    found = total(_lots(bars) * (bars["close"] / bars["close"].shift() - 1), N)
    return found, ma(found, M)


def _wvad(bars: Any, N: int = 24, M: int = 6) -> tuple[Series, ...]:
    span = (bars["high"] - bars["low"]).replace(0, np.nan)
    found = total(((bars["close"] - bars["open"]) / span * _lots(bars)).fillna(0), N) / 10_000
    return found, ma(found, M)


def _vr(bars: Any, N: int = 26, M: int = 6) -> tuple[Series, ...]:
    change, volume = bars["close"].diff(), _lots(bars)
    up, down, flat = (total(volume.where(kind, 0.0), N) for kind in (change > 0, change < 0, change == 0))
    found = 100 * (up * 2 + flat) / (down * 2 + flat)
    return found, ma(found, M)


def _brar(bars: Any, N: int = 26) -> tuple[Series, ...]:
    before, high, low, opened = bars["close"].shift(), bars["high"], bars["low"], bars["open"]
    br = total((high - before).clip(lower=0), N) / total((before - low).clip(lower=0), N) * 100
    return br, total(high - opened, N) / total(opened - low, N) * 100


def _cr(bars: Any, N: int = 26, M1: int = 10, M2: int = 20, M3: int = 40, M4: int = 62) -> tuple[Series, ...]:
    middle = (bars["high"] + bars["low"]).shift() / 2
    found = total((bars["high"] - middle).clip(lower=0), N) / total((middle - bars["low"]).clip(lower=0), N) * 100
    return found, *(ma(found, count).shift(int(count / 2.5 + 1)) for count in (M1, M2, M3, M4))


def _cyr(bars: Any, N: int = 13, M: int = 5) -> tuple[Series, ...]:
    price = ema(bars["money"], N) / ema(_lots(bars), N)
    found = (price / price.shift() - 1) * 100
    return found, ma(found, M)


def _mass(bars: Any, N1: int = 9, N2: int = 25, M: int = 6) -> tuple[Series, ...]:
    span = ma(bars["high"] - bars["low"], N1)
    found = total(span / ma(span, N1), N2)
    return found, ma(found, M)


def _pcnt(bars: Any, M: int = 5) -> tuple[Series, ...]:
    found = bars["close"].diff() / bars["close"] * 100
    return found, ema(found.dropna(), M).reindex(found.index)


def _amo(bars: Any, M1: int = 5, M2: int = 10) -> tuple[Series, ...]:
    found = bars["money"] / 10_000
    return found, ma(found, M1), ma(found, M2)


def _hma(bars: Any, timeperiod: int = 12) -> Series:
    return ma(bars["high"], timeperiod)


def _lma(bars: Any, timeperiod: int = 12) -> Series:
    return ma(bars["low"], timeperiod)


def _vma(bars: Any, timeperiod: int = 12) -> Series:
    return ma((bars["high"] + bars["open"] + bars["low"] + bars["close"]) / 4, timeperiod)


def _amv(bars: Any, timeperiod: int = 13) -> Series:
    middle = bars["volume"] * (bars["open"] + bars["close"]) / 2
    return total(middle, timeperiod) / total(bars["volume"], timeperiod)


def _bbiboll(bars: Any, N: int = 11, M: int = 6) -> tuple[Series, ...]:
    middle = sum(ma(bars["close"], count) for count in (3, 6, 12, 24)) / 4
    spread = middle.rolling(N).std()
    return middle, middle + M * spread, middle - M * spread


def _ene(bars: Any, N: int = 25, M1: int = 6, M2: int = 6) -> tuple[Series, ...]:
    upper, lower = (1 + M1 / 100) * ma(bars["close"], N), (1 - M2 / 100) * ma(bars["close"], N)
    return upper, lower, (upper + lower) / 2


def _mike(bars: Any, timeperiod: int = 10) -> tuple[Series, ...]:
    middle = ma((bars["high"] + bars["low"] + bars["close"]) / 3, timeperiod).shift()
    high = ema(bars["high"].rolling(timeperiod).max().dropna(), 3)
    low = ema(bars["low"].rolling(timeperiod).min().dropna(), 3)
    lines = (2 * high - low, middle + high - low, middle * 2 - low, middle * 2 - high, middle - high + low,
             2 * low - high)  # fmt: skip
    return tuple(ema(line.dropna(), 3).reindex(bars.index) for line in lines)


def _pbx(bars: Any, timeperiod: int = 9) -> Series:
    close = bars["close"]
    return (ema(close, timeperiod) + ma(close, timeperiod * 2) + ma(close, timeperiod * 4)) / 3


def _xs(bars: Any, timeperiod: int = 13) -> tuple[Series, ...]:
    volume = _lots(bars)
    parts = [ema(bars["close"] * volume, count) / ema(volume, count) for count in (3, 6, 12, 24)]
    middle, slow = ema(sum(parts) / 4, timeperiod), ema(bars["close"], 9)
    return 1.06 * middle, 0.94 * middle, ema(slow * 1.14, 5), ema(slow * 0.86, 5)


def _accer(bars: Any, N: int = 8) -> Series:
    slopes = bars["close"].rolling(N).apply(lambda held: np.polyfit(np.arange(len(held)), held, 1)[0], raw=True)
    return slopes / bars["close"]


def _adtm(bars: Any, N: int = 23, M: int = 8) -> tuple[Series, ...]:
    opened, change = bars["open"], bars["open"].diff()
    up = np.fmax(bars["high"] - opened, change).where(change > 0, 0.0)
    down = np.fmax(opened - bars["low"], change).where(change < 0, 0.0)
    strong, weak = total(up, N), total(down, N)
    larger = np.fmax(strong, weak)
    found = ((strong - weak) / larger.replace(0, np.nan)).fillna(0).where(larger.notna())
    return found, ma(found, M)


def _bias_ql(bars: Any, N: int = 6, M: int = 6) -> tuple[Series, ...]:
    found = (bars["close"] / ma(bars["close"], N) - 1) * 100
    return found, ma(found, M)


def _bias_36(bars: Any, M: int = 6) -> tuple[Series, ...]:
    short, middle, long = (ma(bars["close"], count) for count in (3, 6, 12))
    return short - middle, middle - long, ma(short - middle, M)


def _dkx(bars: Any, M: int = 10) -> tuple[Series, ...]:
    middle = (3 * bars["close"] + bars["low"] + bars["open"] + bars["high"]) / 6
    found = (sum((20 - back) * middle.shift(back) for back in range(19)) + middle.shift(20)) / 210
    return found, ma(found, M)


def _udl(bars: Any, N1: int = 3, N2: int = 5, N3: int = 10, N4: int = 20, M: int = 6) -> tuple[Series, ...]:
    found = sum(ma(bars["close"], count) for count in (N1, N2, N3, N4)) / 4
    return found, ma(found, M)


def _cho(bars: Any, N1: int = 10, N2: int = 20, M: int = 6) -> tuple[Series, ...]:
    both = bars["high"] + bars["low"]
    flow = (_lots(bars) * (2 * bars["close"] - both) / both).cumsum()
    found = ma(flow, N1) - ma(flow, N2)
    return found, ma(found, M)


def _whole_price(bars: Any) -> Series:
    return (2 * bars["close"] + bars["high"] + bars["low"]) / 4


def _calm(bars: Any, count: int) -> Series:
    """A line that follows the closes the faster the further the price is from its average."""
    mean = ma(bars["close"], count)
    return followed(bars["close"], (_whole_price(bars) - mean).abs() / mean)


def _gdx(bars: Any, N: int = 30, M: int = 9) -> tuple[Series, ...]:
    line = _calm(bars, N)
    return line, (1 + M / 100) * line, (1 - M / 100) * line


def _xs2(bars: Any, N: int = 102, M: int = 7) -> tuple[Series, ...]:
    mean, line = ma(_whole_price(bars), 5), _calm(bars, 20)
    return mean * N / 100, mean * (200 - N) / 100, (1 + M / 100) * line, (1 - M / 100) * line


def _cyw(bars: Any) -> Series:
    span = (bars["high"] - bars["low"]).replace(0, np.nan)
    parts = ((2 * bars["close"] - bars["low"] - bars["high"]) / span * _lots(bars)).fillna(0)
    return total(parts, 10) / 10_000


def _cys(bars: Any) -> Series:
    cost = 0.01 * ema(bars["money"], 13) / ema(_lots(bars), 13)
    return (bars["close"] - cost) / cost * 100


def _aroon(bars: Any, N: int = 25) -> tuple[Series, ...]:
    def since(values: Series) -> Series:
        return values.rolling(N).apply(lambda held: np.argmax(held[::-1]), raw=True)

    return (N - since(bars["high"])) / N * 100, (N - since(-bars["low"])) / N * 100


def _sma(bars: Any, N: int = 7, M: int = 1) -> Series:
    return sma(bars["close"], N, M)


def _jlhb(bars: Any, N: int = 7, M: int = 5) -> tuple[Series, ...]:
    low, high = bars["low"].rolling(60).min(), bars["high"].rolling(60).max()
    one = sma(((bars["close"] - low) / (high - low) * 80).dropna(), N, 1).reindex(bars.index)
    two = sma(one.dropna(), M, 1).reindex(bars.index)
    crossed = (one > two) & (one.shift() <= two.shift()) & (one < 40)
    return one, two, crossed * 50.0


def _lb(bars: Any, N: int = 5) -> Series:
    return bars["volume"] / ma(bars["volume"], N).shift()


MORE: dict[str, Callable[..., Any]] = {
    "SKDJ": _skdj, "LWR": _lwr, "OSC": _osc, "MARSI": _marsi, "VRSI": _vrsi, "MFI": _mfi, "CYE": _cye, "DMI": _dmi,
    "DPO": _dpo, "EMV": _emv, "JS": _js, "QACD": _qacd, "VMACD": _vmacd, "UOS": _uos, "VPT": _vpt, "WVAD": _wvad,
    "VR": _vr, "BRAR": _brar, "CR": _cr, "CYR": _cyr, "MASS": _mass, "PCNT": _pcnt, "AMO": _amo, "HMA": _hma,
    "LMA": _lma, "VMA": _vma, "AMV": _amv, "BBIBOLL": _bbiboll, "ENE": _ene, "MIKE": _mike, "PBX": _pbx, "XS": _xs,
    "ACCER": _accer, "ADTM": _adtm, "BIAS_QL": _bias_ql, "BIAS_36": _bias_36, "DKX": _dkx, "UDL": _udl, "CHO": _cho,
    "GDX": _gdx, "XS2": _xs2, "CYW": _cyw, "CYS": _cys, "AROON": _aroon, "SMA": _sma, "JLHB": _jlhb, "LB": _lb,
}  # fmt: skip
"""Name of the platform to the function that computes it."""
