"""jqlib's indicators: each has its parts and a number at its end, and those that are easy are counted by loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from script_runs import g, run

import qresearch as qr
from qresearch.dialects.data.more_indicators import MORE

PARTS = {
    "SKDJ": 2, "LWR": 2, "OSC": 2, "MARSI": 2, "VRSI": 3, "MFI": 1, "CYE": 2, "DMI": 4, "DPO": 2, "EMV": 2, "JS": 4,
    "QACD": 3, "VMACD": 3, "UOS": 2, "VPT": 2, "WVAD": 2, "VR": 2, "BRAR": 2, "CR": 5, "CYR": 2, "MASS": 2, "PCNT": 2,
    "AMO": 3, "HMA": 1, "LMA": 1, "VMA": 1, "AMV": 1, "BBIBOLL": 3, "ENE": 3, "MIKE": 6, "PBX": 1, "XS": 4,
    "ACCER": 1, "ADTM": 2, "BIAS_QL": 2, "BIAS_36": 3, "DKX": 2, "UDL": 2, "CHO": 2, "GDX": 3, "XS2": 4, "CYW": 1,
    "CYS": 1, "AROON": 2, "SMA": 1, "JLHB": 3, "LB": 1,
}  # fmt: skip
CODE = "604018.XSHG"


def values(call: str, **options: Any) -> Any:
    """What a script gets of an indicator on the sample, and the 200 bars before it, oldest first."""
    script = f"""
from jqlib.technical_analysis import *

def initialize(context):
    run_daily(f)

def f(context):
    day = context.previous_date
    found = {call}
    g.found = [part['{CODE}'] for part in (found if isinstance(found, tuple) else (found,))]
    bars = get_bars('{CODE}', 200, '1d', ['open', 'high', 'low', 'close', 'volume', 'money'], end_dt=day,
                    fq_ref_date=context.current_dt.date())
    g.bars = {{name: bars[name].tolist() for name in bars.dtype.names}}
"""
    held = g(run(script, qr.sample_market(), start="2022-06-01", end="2022-06-01", **options))
    return held.found, {name: np.array(column) for name, column in held.bars.items()}


@pytest.mark.parametrize("name", sorted(MORE))
def test_an_indicator_gives_its_parts(name: str) -> None:
    """Protects scripts that unpack: as many dicts as the documentation says, with a number for a listed share."""
    found, _ = values(f"{name}('{CODE}', check_date=day)")
    assert len(found) == PARTS[name]
    assert np.isfinite(found).all()


def test_some_are_counted_by_hand() -> None:
    """Protects the formulas: loops over the bars say the same."""
    found, b = values(f"VR('{CODE}', check_date=day, N=10)")
    up = down = flat = 0.0
    for before, now, volume in zip(b["close"][-11:-1], b["close"][-10:], b["volume"][-10:], strict=True):
        up, down, flat = up + volume * (now > before), down + volume * (now < before), flat + volume * (now == before)
    assert found[0] == pytest.approx(100 * (2 * up + flat) / (2 * down + flat))
    found, b = values(f"BRAR('{CODE}', check_date=day, N=5)")
    before = b["close"][-6:-1]
    strong, weak = np.maximum(0, b["high"][-5:] - before).sum(), np.maximum(0, before - b["low"][-5:]).sum()
    assert found[0] == pytest.approx(strong / weak * 100)
    assert found[1] == pytest.approx((b["high"] - b["open"])[-5:].sum() / (b["open"] - b["low"])[-5:].sum() * 100)
    found, b = values(f"ENE('{CODE}', check_date=day, N=10, M1=11, M2=9)")
    mean = b["close"][-10:].mean()
    assert found == pytest.approx([1.11 * mean, 0.91 * mean, 1.01 * mean])
    found, b = values(f"CYE('{CODE}', check_date=day)")
    assert found[0] == pytest.approx((b["close"][-5:].mean() / b["close"][-6:-1].mean() - 1) * 100)
    found, b = values(f"DPO('{CODE}', check_date=day, N=10, M=6)")
    assert found[0] == pytest.approx(b["close"][-1] - b["close"][-16:-6].mean())
    found, b = values(f"AMO('{CODE}', check_date=day)")
    assert found[:2] == pytest.approx([b["money"][-1] / 1e4, b["money"][-5:].mean() / 1e4])


def test_more_are_counted_by_hand() -> None:
    """Protects the formulas of those that follow the price, count bars or compare volumes: loops say the same."""
    found, b = values(f"LB('{CODE}', check_date=day, N=5)")
    assert found[0] == pytest.approx(b["volume"][-1] / b["volume"][-6:-1].mean())
    found, b = values(f"ACCER('{CODE}', check_date=day, N=8)")
    close, x = b["close"][-8:], np.arange(8) - 3.5
    assert found[0] == pytest.approx((x * close).sum() / (x * x).sum() / close[-1])
    found, b = values(f"BIAS_36('{CODE}', check_date=day)")
    assert found[:2] == pytest.approx([b["close"][-3:].mean() - b["close"][-6:].mean(),
                                       b["close"][-6:].mean() - b["close"][-12:].mean()])  # fmt: skip
    found, b = values(f"AROON('{CODE}', check_date=day, N=25)")
    high, low = b["high"][-25:][::-1], b["low"][-25:][::-1]
    assert found == [(25 - int(high.argmax())) * 4.0, (25 - int(low.argmin())) * 4.0]
    found, b = values(f"DKX('{CODE}', check_date=day)")
    middle = ((3 * b["close"] + b["low"] + b["open"] + b["high"]) / 6)[::-1]
    weights = [*range(20, 1, -1), 0, 1]  # as it is published, the twentieth bar is left out and the next one counts 1
    assert found[0] == pytest.approx((weights * middle[:21]).sum() / 210)
    found, b = values(f"CYW('{CODE}', check_date=day)")
    span = (b["high"] - b["low"])[-10:]
    reach = np.where(span > 0, (2 * b["close"] - b["low"] - b["high"])[-10:] / np.where(span > 0, span, 1), 0)
    assert found[0] == pytest.approx((reach * b["volume"][-10:] / 100).sum() / 1e4)
    found, b = values(f"ADTM('{CODE}', check_date=day, N=5, M=3)")
    up = down = 0.0
    for before, now, high_, low_ in zip(b["open"][-6:-1], b["open"][-5:], b["high"][-5:], b["low"][-5:], strict=True):
        up += max(high_ - now, now - before) if now > before else 0.0
        down += max(now - low_, now - before) if now < before else 0.0
    assert found[0] == pytest.approx((up - down) / max(up, down) if up != down else 0.0)


def test_a_share_is_compared_with_an_index_and_its_volume_with_its_shares() -> None:
    """Protects QR and its like, whose first code is the index, HSL, which needs a table, and indicators of an index."""
    market = qr.sample_market()
    level = 3000 + 5.0 * np.arange(len(market.days))
    rows = {"code": "000300.XSHG", "date": market.days, "close": level, "volume": 1e9 + 1e6 * np.arange(len(level))}
    shares = {"code": CODE, "day": market.days, "circulating_cap": 50_000.0}
    data = {"index_prices": pd.DataFrame(rows), "valuation": pd.DataFrame(shares)}
    day = int(np.searchsorted(market.days, np.datetime64("2022-05-31")))
    found, b = values(f"DBQR('000300.XSHG', '{CODE}', check_date=day, N=5)", data=data)
    assert found[:2] == pytest.approx([level[day] / level[day - 5] - 1, b["close"][-1] / b["close"][-6] - 1])
    found, b = values(f"DBLB('000300.XSHG', ['{CODE}'], day, 5, M=1)", data=data)
    volume = rows["volume"]
    whole = volume[day] / volume[day - 5 : day].sum()
    assert found[0] == found[1] == pytest.approx(b["volume"][-1] / b["volume"][-6:-1].sum() / whole)
    found, b = values(f"HSL('{CODE}', check_date=day, N=5)", data=data)
    assert found == pytest.approx([b["volume"][-1] / 5e6, b["volume"][-5:].mean() / 5e6])
    found, _ = values(f"MA(['000300.XSHG', '{CODE}'], day, timeperiod=3), {{'{CODE}': MA('000300.XSHG', day)"
                      "['000300.XSHG']}", data=data)  # fmt: skip
    assert found[1] == pytest.approx(level[day - 4 : day + 1].mean())
    with pytest.raises(qr.StrategyError, match="no column circulating_cap"):
        values(f"HSL('{CODE}', check_date=day)", data={"valuation": data["valuation"][["code", "day"]]})


def test_what_the_library_does_not_have_says_so() -> None:
    """Protects SAR, which talib has, and what is not here of jqlib's own, from an interpreter's error."""
    for call in ("SAR('604018.XSHG', day)", "ZLMM('604018.XSHG', day)"):
        with pytest.raises(qr.StrategyError, match="is not supported.*talib has many more"):
            values(call)


def test_the_directional_movement_is_that_of_a_loop() -> None:
    """Protects DMI: averages that remember, begun at the first of the last 250 bars."""
    script_bars = 250
    found, _ = values(f"DMI('{CODE}', check_date=day)")
    body = f"get_bars('{CODE}', {script_bars}, '1d', ['high', 'low', 'close'], end_dt=day, fq_ref_date=day)"
    head = "def initialize(context):\n    run_daily(f)\ndef f(context):\n    day = context.previous_date\n"
    script = f"{head}    b = {body}\n"
    script += "    g.b = [b[name].tolist() for name in ('high', 'low', 'close')]\n"
    high, low, close = g(run(script, qr.sample_market(), start="2022-06-01", end="2022-06-01")).b
    plus = minus = reach = adx = adxr = None
    for i in range(len(close)):
        span = high[i] - low[i]
        if i:
            span = max(span, abs(high[i] - close[i - 1]), abs(close[i - 1] - low[i]))
        up = high[i] - high[i - 1] if i else 0.0
        down = low[i - 1] - low[i] if i else 0.0
        dmp, dmm = (up if up > 0 and up > down else 0.0), (down if down > 0 and down > up else 0.0)
        a, c = 2 / 15, 2 / 7
        plus = dmp if plus is None else a * dmp + (1 - a) * plus
        minus = dmm if minus is None else a * dmm + (1 - a) * minus
        reach = span if reach is None else a * span + (1 - a) * reach
        pdi, mdi = plus * 100 / reach, minus * 100 / reach
        dx = abs(mdi - pdi) / (mdi + pdi) * 100 if mdi + pdi else 0.0
        adx = dx if adx is None else c * dx + (1 - c) * adx
        adxr = adx if adxr is None else c * adx + (1 - c) * adxr
    assert found == pytest.approx([pdi, mdi, adx, adxr])
