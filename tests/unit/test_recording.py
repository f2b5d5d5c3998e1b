"""A recording holds what the session says at every kept moment, and nothing that a browser could mistake for markup."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qresearch as qr
from qresearch import demo, terms
from qresearch.errors import UsageError

EVIL = "</script><img src=x onerror=alert(1)>\u2028\u2029<!--"


def story() -> qr.Session:
    """By hand, with a branch, a rejection, a resting order and a stop."""
    session = demo.hand_session()
    list(demo.by_hand(session))
    session.buy("604018", 500, style=terms.limit(9.2, tif="GTC"))
    session.sell("604018", 100, style=terms.trailing_stop(percent=5))
    return session.step(2)


def data_of(page: str) -> dict[str, Any]:
    """What a page holds."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def data_line(data: dict[str, Any], branch: int, order: str) -> str:
    """The line of code that asked for an order."""
    block, line = data["branches"][branch]["orders"][order]["line"]
    return data["sources"][block]["text"].splitlines()[line - data["sources"][block]["first"]]


def recorded(session: qr.Session, folder: Path, **options: Any) -> tuple[str, dict[str, Any]]:
    """A page and its data."""
    page = session.save_recording(folder / "story.html", **options).read_text("utf-8")
    return page, data_of(page)


def moments_of(data: dict[str, Any], place: int) -> list[dict[str, Any]]:
    """All moments of a branch, with those that it shares with its parent."""
    branch = data["branches"][place]
    shared = [] if branch["parent"] < 0 else moments_of(data, branch["parent"])[: branch["fork"]]
    return shared + branch["moments"]


def test_every_moment_is_that_of_the_session(tmp_path: Path) -> None:
    """Protects the teacher's figures: cash, equity, orders, fills and holdings of each moment of each branch."""
    session = story()
    _, data = recorded(session, tmp_path)
    assert [branch["name"] for branch in data["branches"]] == list(session.branches)
    for place, name in enumerate(session.branches):
        session.branches.switch(name)
        session.goto(event=0)
        orders: dict[int, list[Any]] = {}
        held: dict[str, list[Any]] = {}
        fills = 0
        for number, moment in enumerate(moments_of(data, place)):
            if number:
                session.step()
            orders |= {row[0]: row[1:] for row in moment.get("orders", ())}
            held |= {row[0]: row[1:] for row in moment.get("held", ())}
            held = {symbol: row for symbol, row in held.items() if row}
            fills += len(moment.get("fills", ()))
            portfolio, table = session.portfolio, session.orders
            assert moment["money"][:2] == [portfolio.cash, portfolio.available]
            assert moment["money"][3] == portfolio.equity
            assert {order: row[:3] for order, row in orders.items()} == {
                order: [row["status"], row["quantity"], row["filled"]] for order, row in table.iterrows()
            }
            assert {symbol: row[0] for symbol, row in held.items()} == portfolio.quantities
            assert fills == len(session.fills)
        assert number + 1 == len(session.simulation.timeline.branch.states)


def test_reasons_and_explanations_are_told_in_both_languages(tmp_path: Path) -> None:
    """Protects both readers: each sentence of `explain` stands in the file as the session tells it."""
    session = story()
    _, data = recorded(session, tmp_path)
    here = data["branches"][data["branch"]]
    for order in ("4", "5"):
        for place, language in enumerate(("en", "zh")):
            told = session.explain(order, language=language)
            found = [data["texts"][row[5]][place] for row in here["orders"][order]["why"]]
            assert found == [item.text for item in told.findings]
            assert data["texts"][here["orders"][order]["advice"]][place] == told.advice


def test_nothing_in_the_data_can_become_markup(tmp_path: Path) -> None:
    """Protects whoever opens the file: names, tags, titles and code end neither the element nor a line of script."""
    days = pd.date_range("2024-01-02", periods=6, freq="B")
    frame = pd.DataFrame({"date": days, "symbol": "AAA", "open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5,
                          "volume": 1e6})  # fmt: skip
    names = pd.DataFrame({"symbol": ["AAA"], "name": [EVIL]})
    path = tmp_path / "evil.py"
    path.write_text(
        f"# {EVIL!r} </script>\nfrom qresearch import terms\n\ndef handle_data(context, data):\n"
        f"    context.order('AAA', 100, terms.limit(12, tag={EVIL!r}))\n",
        "utf-8",
    )
    session = qr.Session(qr.read_market(frame, instruments=names, venue="plain"), strategy=path, cash=1e6).step(3)
    page, data = recorded(session, tmp_path, title=EVIL)
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert not set("\u2028\u2029<") & set(page.partition('id="data">')[2].partition("</script>")[0])
    assert page.count("<!--") == 1  # the mark of the file at its end
    assert data["title"] == {"en": EVIL, "zh": EVIL}
    assert data["instruments"][0]["name"] == EVIL
    assert "</script>" in data["sources"][0]["text"]
    assert next(iter(data["branches"][0]["orders"].values()))["tag"] == EVIL


def test_the_policy_allows_nothing_but_what_the_file_holds(tmp_path: Path) -> None:
    """Protects from anything that is loaded or sent: the policy is closed, and names script and style by hash."""
    page, _ = recorded(story(), tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert re.search(r"https?://|@import|url\(", page.partition('id="data">')[0]) is None


def test_the_code_is_there_with_the_line_of_each_order_or_not_at_all(tmp_path: Path) -> None:
    """Protects both wishes: to see which line asked for an order, and to keep the code at home; no path in either."""
    path = tmp_path / "mine.py"
    path.write_text(
        "SECRET = 7\n\ndef handle_data(context, data):\n    x = 1\n    context.buy('604018', 100)\n", "utf-8"
    )
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, strategy=path).step(3)
    page, data = recorded(session, tmp_path)
    assert [block["name"] for block in data["sources"]] == ["mine.py"]
    assert data["branches"][0]["orders"]["1"]["line"] == [0, 5]
    assert str(tmp_path) not in page
    page, data = recorded(session, tmp_path, source=False)
    assert "SECRET" not in page
    assert data["sources"] == []
    assert data["branches"][0]["orders"]["1"]["line"] is None


def test_an_edited_strategy_keeps_the_lines_of_each_branch(tmp_path: Path) -> None:
    """Protects the line from being that of another branch: the same order number, asked for by other code."""

    def first(context: qr.Context, data: qr.BarData) -> None:
        context.buy("604018", 100)

    def second(context: qr.Context, data: qr.BarData) -> None:
        context.log("another line")
        context.buy("604018", 200)

    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, strategy=first).step(3).back(2)
    session.strategy = second
    _, data = recorded(session.step(2), tmp_path)
    lines = [data_line(data, place, "2") for place in (0, 1)]
    assert [line.strip() for line in lines] == ['context.buy("604018", 100)', 'context.buy("604018", 200)']


def test_nothing_after_the_last_moment_is_in_the_file(tmp_path: Path) -> None:
    """Protects a practice from its future: the bars end where the simulation does, and the first 120 lie before it."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    session.buy("604018", 100)
    session.step(5).back(2)
    _, data = recorded(session, tmp_path, symbols="604052")
    assert data["labels"][-1] == "2022-03-07"
    assert len(data["labels"]) == 125
    assert [item["symbol"] for item in data["instruments"]][:2] == ["604052.SH", "604018.SH"]
    assert data["moment"] == 3


def test_equal_sessions_give_equal_files(tmp_path: Path) -> None:
    """Protects who keeps recordings under version control: no time and no name of the machine stand in them."""
    pages = [recorded(story(), tmp_path)[0] for _ in range(2)]
    assert pages[0] == pages[1]


def test_minutes_are_recorded_bar_by_bar(tmp_path: Path) -> None:
    """Protects minute data: the rows of the chart are the bars, and each moment knows how many are whole."""
    session = qr.Session(qr.sample_market("minute"))
    symbol = session.market.symbols[0]
    session.step(phase="INTRADAY").buy(symbol, 100)
    session.step(phase="INTRADAY")
    _, data = recorded(session, tmp_path)
    assert not data["days"]
    assert [moment["at"][2] for moment in data["branches"][0]["moments"]][1:] == ["09:31", "09:32"]
    assert [moment["stop"] for moment in data["branches"][0]["moments"]][1:] == [1, 2]


def test_a_wrong_wish_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """Protects files of others, and from a half-made page: a wrong theme, symbol or place writes nothing."""
    session, path = story(), tmp_path / "story.html"
    for wrong in ({"theme": "pink"}, {"symbols": "nothing"}, {"language": "fr"}):
        with pytest.raises(UsageError):
            session.save_recording(path, **wrong)
    assert not path.exists()
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        session.save_recording(path)
