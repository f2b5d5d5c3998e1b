"""A table of a session in a real JupyterLab: sort, search, pages, all columns, copy and CSV; static without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab import CONTRAST, Lab

import qresearch as qr

CELL = """
import qresearch as qr
session = qr.Session(qr.sample_market(), start="2022-03-11", cash=10_000_000)
for number in range(1, 13):
    session.buy("604018", 100 * number)
    session.buy("688903", 100)
session.step()
session.orders
"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_table_is_sorted_searched_turned_and_saved(lab: Lab, tmp_path: Path, theme: str) -> None:
    """Protects tables people can use (defects 9 and 19): each control does what it says, in both themes."""
    with lab.notebook([CELL], width=1280) as (page, complaints):
        page.evaluate("(name) => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", theme)
        table = page.locator(".qr-listing[data-live]")
        table.wait_for()
        page.wait_for_timeout(1500)
        rows, column = table.locator("tbody tr"), table.locator("tbody td:nth-child(1)")
        assert rows.count() == 10
        assert table.locator("[role=status]").inner_text() == "1–10 of 24"
        assert table.locator("thead th").count() == 10
        # By a number, upwards and downwards; the same again in words.
        quantity = table.locator("th button", has_text="quantity")
        quantity.click()
        assert table.locator("th[aria-sort=ascending]").inner_text() == "quantity ↑"
        table.locator("th button", has_text="quantity").click()
        assert column.all_inner_texts()[:3] == ["23", "21", "19"]
        # Searched, over all columns, hidden ones too.
        table.locator("input[type=search]").fill("rejected 688903")
        assert table.locator("[role=status]").inner_text() == "1–10 of 12"
        assert table.locator("b").all_inner_texts() == ["REJECTED"] * 10
        table.locator("button", has_text="Next").click()
        assert rows.count() == 2
        table.locator("input[type=search]").fill("")
        table.locator("select").select_option("25")
        assert rows.count() == 24
        table.locator("button", has_text="All columns").click()
        assert table.locator("thead th").count() == 19
        with page.expect_download() as saved:
            table.locator("button", has_text="CSV").click()
        assert saved.value.suggested_filename == "orders.csv"
        saved.value.save_as(tmp_path / "orders.csv")
        lines = (tmp_path / "orders.csv").read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 25
        assert lines[0].startswith("order_id,status,reason,symbol,side,quantity,filled,average_price,placed,why,asked")
        assert lines[1].split(",")[:6] == ["23", "FILLED", "", "604018.SH", "buy", "1200"]
        table.locator("button", has_text="Copy").click()
        table.locator("button", has_text="Copied").wait_for()
        assert page.evaluate(CONTRAST, ".qr-listing") == []
        assert complaints == []


def test_a_table_without_scripts_is_static(browser: Any, tmp_path: Path) -> None:
    """Protects GitHub and mails: without scripts the first rows stand there and say how many more there are."""
    session = qr.Session(qr.sample_market(), start="2022-03-11", cash=1_000_000)
    for _ in range(12):
        session.buy("604018", 100)
    file = tmp_path / "table.html"
    file.write_text(f"<meta charset='utf-8'>{session.orders._repr_html_()}", encoding="utf-8")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(file.as_uri())
    assert page.locator("tbody tr").count() == 10
    assert page.locator("text=2 more").is_visible()
