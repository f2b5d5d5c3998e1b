"""The page of a sweep holds what its table says, run by run, and can be opened by anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qresearch as qr
from qresearch.errors import UsageError
from qresearch.sweeps.work import LESS_IS_BETTER, UNITS
from qresearch.views.parameters import Swept
from qresearch.views.sweep_page import SweepPage, sweep_page

SIGNS = {name: -1.0 if name in LESS_IS_BETTER else 1.0 for name in UNITS}


def hold(context: Any, data: Any, shares: int, symbol: str) -> None:
    """Buys once and holds; one number of shares ends with an error."""
    if shares == 300:
        raise ValueError("</script><b>no</b>")
    if not context.portfolio.positions:
        context.order(symbol, shares)


def data_of(page: SweepPage) -> dict[str, Any]:
    """What a page holds."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def a_table(**parameters: list[Any]) -> pd.DataFrame:
    """A table as a sweep has one, of some values of parameters."""
    count = len(next(iter(parameters.values())))
    figures = {name: [float(run) for run in range(count)] for name in UNITS}
    return pd.DataFrame({**parameters, **figures, "digest": [""] * count, "error": [""] * count})


def drawn(table: pd.DataFrame, names: list[str], **options: Any) -> dict[str, Any]:
    """The data of the page of a table."""
    return data_of(sweep_page(Swept(table, names, "sharpe", 1.0), units=UNITS, signs=SIGNS, **options))


def test_every_run_is_that_of_the_table(tmp_path: Path) -> None:
    """Protects what one reads: parameters, figures, digest and error of each run; a failed one has no figures."""
    space = {"shares": [100, 200, 300], "symbol": ["604018", "604052"]}
    found = qr.sweep(hold, qr.sample_market(), space, start="2022-03-01", end="2022-03-31", progress=False)
    page = found.plot("page", by="fees", y="shares", x="symbol")
    table, data = found.table, data_of(page)
    assert (data["names"], data["x"], data["y"]) == (["shares", "symbol"], 1, 0)
    assert data["figures"][data["figure"]]["name"] == "fees"
    assert data["labels"] == [["100", "200", "300"], ["604018", "604052"]]
    for number, name in enumerate(data["names"]):
        assert [data["labels"][number][place] for place in data["places"][number]] == table[name].astype(str).tolist()
        assert data["values"][number] == table[name].astype(str).tolist()
    for figure in data["figures"]:
        known = [None if value != value else pytest.approx(value, abs=1e-6) for value in table[figure["name"]]]
        assert figure["values"] == known
        assert figure["sign"] == (
            -1 if figure["name"] in {"annual_volatility", "max_drawdown", "turnover", "fees"} else 1
        )
    assert data["digests"] == table["digest"].tolist()
    assert data["errors"] == table["error"].tolist()
    assert "</script><b>no</b>" in data["errors"][-1]
    assert page.html.count("</script>") == 2
    file = page.save(tmp_path / "sweep.html")
    assert file.read_text(encoding="utf-8").startswith(page.html)
    assert repr(page) == f"<SweepPage 6 runs over shares, symbol: {len(page.html) / 1000:,.0f} kB>"
    assert page._repr_html_().startswith('<iframe title="6 runs over shares, symbol" sandbox="allow-scripts')


def test_many_numbers_are_cut_into_parts_and_words_are_not() -> None:
    """Protects the map of a search, which tries every number but once: each run stands in the part of its value."""
    values = [round(run * 0.37 % 10, 4) for run in range(80)]
    data = drawn(a_table(share=values, word=[f"w{run}" for run in range(80)]), ["share", "word"])
    assert (len(data["labels"][0]), len(data["labels"][1])) == (15, 80)
    for value, place in zip(values, data["places"][0], strict=True):
        low, high = map(float, data["labels"][0][place].split(" – "))
        assert low - 1e-3 <= value <= high + 1e-3
    assert data["values"][0][1] == "0.37"


def test_a_sweep_of_one_parameter_is_a_row() -> None:
    """Protects the first sweep that one makes: the page has a map of it too, and says what it cannot do."""
    data = drawn(a_table(fast=[5, 3]), ["fast"])
    assert (data["x"], data["y"], data["labels"], data["places"]) == (0, -1, [["3", "5"]], [[1, 0]])
    with pytest.raises(UsageError, match="the sweep has one parameter, fast. Leave y out"):
        drawn(a_table(fast=[5, 3]), ["fast"], y="slow")


@pytest.mark.parametrize("wrong", [{"x": "slow"}, {"y": "a"}, {"language": "fr"}, {"theme": "grey"}])
def test_a_wrong_wish_is_told(wrong: dict[str, str]) -> None:
    """Protects callers: what is not there is answered with what there is."""
    with pytest.raises(UsageError, match=next(iter(wrong))):
        drawn(a_table(a=[1, 2], b=[1, 2]), ["a", "b"], **({"x": "a"} | wrong))
