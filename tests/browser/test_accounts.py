"""The workbench of every kind of account in JupyterLab, light and dark: an order is placed by clicks, and seen."""

from __future__ import annotations

from typing import Any

import pytest
from lab import CONTRAST, Lab

pytest.importorskip("anywidget", reason="anywidget is not installed: pip install '.[live]'")

KINDS = {
    "futures": (
        "qr.Session(qr.sample_futures(), start='2023-06-08', cash=320_000, account='futures')",
        "QT2307", {"effect": "to open", "quantity": "1"}, ["long", "Margin", "risk degree"],
    ),
    "options": (
        "qr.Session(qr.sample_options(), start='2022-11-28', cash=300_000, account='options')",
        "P2212M4000", {"effect": "to open", "quantity": "2"}, ["long", "Margin"],
    ),
    "margin": (
        "qr.Session(qr.sample_market(), start='2022-03-01', cash=100_000, account='margin')",
        "604018", {"effect": "to buy with borrowed money", "quantity": "1000"}, ["Debt", "Maintenance ratio"],
    ),
    "bond": (
        "qr.Session(qr.sample_bonds(), start='2023-06-14', cash=1_000_000, account='bond')",
        "019801", {"quantity": "100"}, ["Positions 100"],
    ),
}  # fmt: skip
"""By kind: a session, what is bought, the fields of the ticket that are filled in, and the words that must follow."""
SWITCH = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme}).then(() => null)"


def fill(ticket: Any, name: str, value: str) -> None:
    """Fill in a field of the ticket: choose from a list, or type and leave."""
    field = ticket.locator(f".qr-field-{name}")
    if field.locator("select").count():
        field.locator("select").select_option(label=value)
        return
    field.locator("input").first.fill(value)
    field.locator("input").first.press("Tab")


def test_each_account_trades_by_clicks_in_both_themes(lab: Lab) -> None:
    """Protects the newer accounts on the screen: ticket, fill and figures of each, and every text at 4.5 to 1."""
    cells = [f"import qresearch as qr\n{kind} = {made}.step()\n{kind}.show()" for kind, (made, *_) in KINDS.items()]
    with lab.notebook(cells, width=1400, height=1300) as (page, complaints):
        for theme, (place, (kind, (_, symbol, fields, words))) in zip(
            ("JupyterLab Dark", "JupyterLab Light") * 2, enumerate(KINDS.items()), strict=True
        ):
            page.evaluate(SWITCH, theme)
            bench = page.locator(".qr-workbench").nth(place)
            ticket = bench.locator(".qr-ticket")
            ticket.scroll_into_view_if_needed()
            fill(ticket, "symbol", symbol)
            ticket.locator(".qr-instrument", has_text=symbol).wait_for(timeout=10_000)
            for name, value in fields.items():
                fill(ticket, name, value)
            ticket.locator(".qr-check.qr-passes").first.wait_for(timeout=10_000)
            ticket.locator("button.qr-place").click()
            ticket.locator("[data-state=QUEUED]").first.wait_for(timeout=10_000)
            bench.locator("button.qr-step").click()
            ticket.locator("[data-state=FILLED]").first.wait_for(timeout=10_000)
            for word in words:
                assert word in ticket.inner_text(), (kind, word)
            bench.locator(".qr-tabs .lm-TabBar-tab", has_text="Positions").click()
            bench.locator(".qr-positions", has_text=symbol).wait_for(timeout=10_000)
            assert page.evaluate(CONTRAST, ".qr-desk") == [], kind
        assert complaints == []
