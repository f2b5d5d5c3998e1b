"""The page of a run holds what the tables of the session say, for every branch, and nothing that is not its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qresearch as qr
from qresearch import demo
from qresearch.errors import UsageError
from qresearch.views.run_page import RunPage

INSTRUMENT, QUANTITY, ENTRY, BOUGHT, ASKED, EXIT, SOLD, LEFT, PROFIT, RETURN, FEES = range(11)


def traded() -> qr.Session:
    """A strategy with closed trades, gone back and traded otherwise by hand on a branch."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=200_000, strategy=demo.momentum).step(45)
    session.back(8).buy("604018", 500)
    return session.step(4)


def data_of(page: RunPage) -> dict[str, Any]:
    """What a page holds."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_every_branch_is_that_of_the_tables() -> None:
    """Protects what one sees: equity, growth, drawdown, trades and holdings of each branch are those of the tables."""
    session = traded()
    data = data_of(session.plot("page"))
    assert [branch["name"] for branch in data["branches"]] == list(session.branches)
    assert data["branch"] == 1
    assert data["digest"] == session.digest()
    for branch in data["branches"]:
        tables = session.tables(branch=branch["name"])
        portfolio, held, trades = tables.daily_portfolio, tables.daily_positions, tables.trades
        labels = data["labels"][branch["start"] : branch["start"] + len(branch["equity"])]
        assert labels == portfolio.index.astype(str).tolist()
        assert branch["equity"] == pytest.approx(portfolio["equity"].tolist())
        assert branch["growth"] == pytest.approx(portfolio["total_return"].tolist(), abs=1e-5)
        peaks = np.maximum.accumulate(np.concatenate(([1.0], portfolio["nav"])))[1:]
        assert branch["drawdown"] == pytest.approx((portfolio["nav"] / peaks - 1).tolist(), abs=1e-5)
        assert branch["benchmark"]["growth"] == pytest.approx((portfolio["benchmark_nav"] - 1).tolist(), abs=1e-5)
        assert len(trades) > 2
        for trade, (_, row) in zip(branch["trades"], trades.iterrows(), strict=True):
            assert data["instruments"][trade[INSTRUMENT]][0] == row["symbol"]
            assert data["labels"][trade[ENTRY]] == str(row["entry_day"])[:10]
            assert data["labels"][trade[EXIT]] == str(row["exit_day"])[:10]
            stored = [trade[place] for place in (QUANTITY, BOUGHT, SOLD, ASKED, LEFT, PROFIT, FEES)]
            names = ["quantity", "entry_price", "exit_price", "entry_order", "exit_order", "profit", "fees"]
            assert stored == pytest.approx(row[names].astype(float).tolist())
            assert trade[RETURN] == pytest.approx(row["return"], abs=1e-5)
        shown = {
            (data["labels"][day], data["instruments"][item["i"]][0]): (quantity, value)
            for item in branch["held"]
            for day, quantity, value in zip(item["days"], item["quantity"], item["value"], strict=True)
        }
        kept = held[held["quantity"] > 0]
        assert shown == {
            (str(row.day)[:10], row.symbol): (row.quantity, pytest.approx(row.market_value))
            for row in kept.itertuples()
        }


def test_nothing_after_the_moment_of_the_session_is_in_it() -> None:
    """Protects from looking ahead: gone back, the page of the same branch ends where the session stands."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, strategy=demo.momentum).step(20).back(5)
    data = data_of(session.plot("page"))
    assert data["labels"][-1] == str(session.now.day)[:10]
    assert len(data["branches"][0]["equity"]) == 15


def test_what_was_held_from_the_beginning_is_on_the_axis() -> None:
    """Protects a session that starts with shares: a trade that was entered before the first day begins at its edge."""
    session = qr.Session(
        qr.sample_market(), start="2022-03-01", cash=100_000, positions={"604018": 1000}, clock="same_bar"
    ).step()
    session.sell("604018", 1000)
    data = data_of(session.step(2).plot("page"))
    (trade,) = data["branches"][0]["trades"]
    assert (trade[ENTRY], trade[QUANTITY]) == (0, 1000)


def test_before_the_first_close_it_says_so() -> None:
    """Protects a session that has not begun: a page without days, in words, not an error."""
    data = data_of(qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).plot("page"))
    assert (len(data["labels"]), data["branches"][0]["equity"]) == (1, [])


def test_the_page_loads_nothing_and_shows_itself_in_a_closed_frame(tmp_path: Path) -> None:
    """Protects readers: no address in it, a policy that forbids all, a frame without the rights of the notebook."""
    page = traded().plot("page", language="zh", theme="dark")
    frame = page._repr_html_()
    assert 'sandbox="allow-scripts allow-downloads"' in frame
    assert "allow-same-origin" not in frame
    assert "<script" not in frame
    written = page.save(tmp_path / "run.html").read_text("utf-8")
    assert written.startswith(page.html)
    assert "default-src 'none'" in written
    assert re.search(r"https?://|@import|url\(", written) is None
    assert (data_of(page)["language"], data_of(page)["theme"]) == ("zh", "dark")
    with pytest.raises(UsageError, match="theme"):
        traded().plot("page", theme="blue")
