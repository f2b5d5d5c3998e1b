"""Bars of other systems, whole and damaged: read rightly, or refused with their place and a remedy; never otherwise."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from foreign import CONTAINERS, FIELDS, SHAPES, put, truth

import qresearch as qr

REMEDY = re.compile(
    r"\b(Pass|Write|Give|Save|Drop|Rename|Correct|Check|Replace|Sort|Keep|Name|Add|Read|Fetch|Convert|convert|Localize|"
    r"Fill|Load|Unpack|Install|Restore)\b"
)


def read(source: object, **options: object) -> qr.Market:
    """The market, its notes silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qr.errors.MarketWarning)
        return qr.read_market(source, **options)  # type: ignore[arg-type]


def is_true(market: qr.Market, t: pd.DataFrame, *, rough: bool = False, lacks: tuple[str, ...] = ()) -> None:
    """Assert that a market holds the truth and nothing else."""
    symbols = list(t["symbol"].unique())
    assert sorted(market.symbols) == sorted(symbols)
    assert [str(day) for day in market.days] == [str(day.date()) for day in sorted(t["date"].unique())]
    columns = [market.symbols.index(symbol) for symbol in symbols]
    for name in FIELDS:
        if name in lacks:
            continue
        table = t.pivot(index="date", columns="symbol", values=name)[symbols].to_numpy()
        found = getattr(market.panel, name)[:, columns]
        limit = 0.02 if rough and name in ("volume", "turnover") else 1e-9 if name != "turnover" else 1e-4
        worst = np.nanmax(np.abs(found / table - 1))
        assert worst < limit, f"{name} is off by {worst:g}"
        assert not np.isnan(found).any(), name


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("vendor", SHAPES)
def test_a_vendors_table_in_a_container(vendor: str, container: str, tmp_path: Path) -> None:
    """Protects every user of another system: names, units, dates and codes are understood in any kind of file."""
    if container == "xlsx":
        pytest.importorskip("openpyxl", reason="Excel files need the package openpyxl")
    shape = SHAPES[vendor]
    t = truth(*shape.symbols)
    path = put(shape.write(t), tmp_path, shape.file, container)
    is_true(read(path), t, rough=shape.rough, lacks=shape.lacks)


@pytest.mark.parametrize("vendor", [name for name, shape in SHAPES.items() if not shape.file])
def test_a_vendors_table_as_a_frame(vendor: str) -> None:
    """Protects notebooks: the frame that a package returned is understood as it is, and its vendor is named."""
    shape = SHAPES[vendor]
    t = truth()
    market = read(shape.write(t))
    is_true(market, t, rough=shape.rough, lacks=shape.lacks)
    if vendor not in ("native", "units in names", "in lots"):
        assert any("The columns are those of" in note for note in market.notes)
