"""Sixty scripts, run by the session and by a second platform that knows nothing of it: the same to the fen."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from second_set import CODES, SCRIPTS, text_of
from small_platform import Platform

import qresearch as qr

CASH = 200_000.0


@cache
def bars() -> dict[str, pd.DataFrame]:
    """Six shares over 120 days: no day comes near a limit, no price is the same twice in a row for long."""
    rng = np.random.default_rng(19)
    days = pd.bdate_range("2023-01-03", periods=120)
    close = 10 * np.exp(np.cumsum(rng.normal(0, 0.012, (120, 6)).clip(-0.03, 0.03), axis=0)) * rng.uniform(0.5, 3, 6)
    before = np.vstack([close[:1], close[:-1]])
    opened = before * (1 + rng.normal(0, 0.005, (120, 6)).clip(-0.02, 0.02))
    high = np.maximum(opened, close) * (1 + np.abs(rng.normal(0, 0.006, (120, 6))).clip(0, 0.02))
    low = np.minimum(opened, close) * (1 - np.abs(rng.normal(0, 0.006, (120, 6))).clip(0, 0.02))
    volume = rng.lognormal(15, 0.4, (120, 6)).round(-2)
    given = {"open": opened, "high": high, "low": low, "close": close}
    frames = {name: pd.DataFrame(values.round(2), index=days, columns=list(CODES)) for name, values in given.items()}
    return frames | {"volume": pd.DataFrame(volume, index=days, columns=list(CODES))}


@cache
def market() -> qr.Market:
    """The same as a market."""
    stacked = {name: frame.stack() for name, frame in bars().items()}
    long = pd.concat(stacked, axis=1).reset_index(names=["date", "symbol"])
    table = pd.DataFrame({"symbol": list(CODES), "list_date": "2000-01-04",
                          "board": ["SZ_MAIN" if "XSHE" in code else "SH_MAIN" for code in CODES]})  # fmt: skip
    return qr.read_market(long, instruments=table)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_does_what_a_second_platform_does(name: str) -> None:
    """Protects every number of a run: day, code, shares and price of each fill, and the cash to the fen."""
    session = qr.Session.from_script(text_of(name), market(), cash=CASH).run(progress=False)
    wanted = Platform(bars(), text_of(name), CASH).run()
    codes = {code.replace("XSHG", "SH").replace("XSHE", "SZ"): code for code in CODES}
    fills = session.fills[["day", "symbol", "quantity", "net", "price"]]
    found = [
        (str(day)[:10], codes[symbol], quantity if net < 0 else -quantity, round(price, 4))
        for day, symbol, quantity, net, price in fills.itertuples(index=False)
    ]
    assert found == [(day, code, amount, round(price, 4)) for day, code, amount, price in wanted.fills]
    assert session.portfolio.cash == pytest.approx(wanted.cash, abs=0.005)


def test_there_are_sixty_and_they_trade() -> None:
    """Protects the number: a script that trades nothing would compare nothing."""
    assert len(SCRIPTS) == 60
    counts = [len(Platform(bars(), text_of(name), CASH).run().fills) for name in SCRIPTS]
    assert min(counts) >= 3
    assert sum(counts) > 3_000
