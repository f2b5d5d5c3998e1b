"""The workbench over an account of contracts: lots instead of shares, both sides, the margin, and a call for more."""

from __future__ import annotations

import pytest

import qresearch as qr
from qresearch import terms

METAL = "QT2307"


@pytest.fixture
def session() -> qr.Session:
    """An account of futures at the close of its first day."""
    return qr.Session(qr.sample_futures(), start="2023-03-01", cash=300_000, account="futures").step()


def field(panel: object, name: str) -> object:
    """A field of the ticket by its class."""
    found = [item for item in panel.body.children if f"qr-field-{name}" in item._dom_classes]  # type: ignore[attr-defined]
    assert len(found) == 1
    return found[0]


def test_the_ticket_counts_lots_and_asks_for_the_effect(session: qr.Session) -> None:
    """Protects the two sides: what is sent opens or closes as chosen, in lots, and the preview says so."""
    panel = session.panels.ticket()
    assert [value for _, value in field(panel, "how").options] == ["lots", "value", "percent", "target", "target_value"]
    assert field(panel, "quantity").value == 1
    assert field(panel, "effect").layout.display is None
    field(panel, "side").value = "sell"
    field(panel, "effect").value = "to_open"
    assert "<b>1</b> lots of QT2307, market, to open" in panel.html()
    panel.place()
    session.step()
    assert session.tables.lots.loc[(METAL, "short"), "quantity"] == 1
    assert '<span class="qr-sell">short</span> <b>1</b> (1 of today)' in panel.html()
    # What is not there cannot be closed: the preview refuses before anything is sent.
    field(panel, "effect").value = "to_close"
    assert "NOTHING_TO_CLOSE" in panel.html()
    field(panel, "side").value = "buy"
    assert "NOTHING_TO_CLOSE" not in panel.html()
    field(panel, "effect").value = "to_close_today"
    call, arguments = panel.request()
    assert (call, arguments) == ("order_lots", (METAL, 1, terms.to_close(lots="today")))


def test_the_ticket_of_an_option_offers_covered_calls() -> None:
    """Protects options: calls of a fund can be covered, puts cannot, and a refusal is told before it is sent."""
    session = qr.Session(qr.sample_options(), start="2022-11-28", cash=300_000, account="options").step()
    panel = session.panels.ticket()
    offered = {}
    for symbol in ("514101.SH", "P2212M4000", "C2212M4200"):
        panel.desk.symbol = symbol
        panel.refresh()
        offered[symbol] = [value for _, value in field(panel, "effect").options]
    plain = ["to_auto", "to_open", "to_close"]
    assert offered["P2212M4000"] == plain
    assert offered["C2212M4200"] == [*plain, "to_covered_open", "to_covered_close"]
    field(panel, "side").value = "sell"
    field(panel, "effect").value = "to_covered_open"
    assert "COVERED_SHORTFALL" in panel.html()
    session.buy("514101.SH", 10_000)
    session.step()
    session.account.lock("514101.SH", 10_000)
    panel.refresh()
    assert "COVERED_SHORTFALL" not in panel.html()
    panel.place()
    session.step()
    assert '<span class="qr-sell">covered</span> <b>1</b>' in panel.html()
    assert "qr-call" not in session.panels.timeline().html()


def test_shares_keep_their_ticket() -> None:
    """Protects the account of shares: no effect, no margin, shares first."""
    panel = qr.Session(qr.sample_market(), start="2022-03-11").step().panels.ticket()
    panel.refresh()
    assert field(panel, "effect").layout.display == "none"
    assert field(panel, "how").value == "shares"
    assert "qr-margin" not in panel.html()


def test_an_account_that_borrows_tells_what_it_owes() -> None:
    """Protects margin trading: the ticket borrows as chosen, and bar, cash and ticket tell debt, margin and ratio."""
    session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, account="margin").step()
    panels, panel = session.panels, session.panels.ticket()
    panel.desk.select(symbol="604018")
    assert field(panel, "effect").layout.display is None
    offered = [value for _, value in field(panel, "effect").options]
    assert offered == ["to_own", "to_finance", "to_borrow", "to_repay", "to_return"]
    assert "maintenance" not in panels.timeline().html().lower()
    field(panel, "quantity").value = 6_000
    field(panel, "effect").value = "to_finance"
    assert "to buy with borrowed money" in panel.html()
    panel.place()
    session.step()
    portfolio = session.portfolio
    assert portfolio.debt > 50_000
    for told in (panels.timeline().html(), panels.cash().html(), panel.html()):
        for figure in (
            f"{portfolio.debt:,.2f}",
            f"{portfolio.available_margin:,.2f}",
            f"{portfolio.maintenance_ratio:.1%}",
        ):
            assert figure in told
    assert "负债" in session.panels(language="zh").timeline().html()
    # By the rules of the exchanges a short sale is no market order: the preview says so before it is sent.
    field(panel, "side").value = "sell"
    field(panel, "effect").value = "to_borrow"
    assert "SHORT_PRICE_RULE" in panel.html()


@pytest.mark.parametrize(("language", "words"), [("en", "Margin call: 13,161.92"), ("zh", "追加保证金通知")])
def test_a_margin_call_is_a_banner(language: str, words: str) -> None:
    """Protects the account: who is called reads what is missing and until when, and the bar is full."""
    session = qr.Session(qr.sample_futures(), start="2023-06-08", cash=320_000, account="futures").step()
    panels = session.panels(language=language)
    session.buy(METAL, 11, terms.to_open())
    session.step()
    assert "qr-call" not in panels.timeline().html()
    session.run(until="2023-06-12", progress=False)
    session.step(phase="AFTER_CLOSE")
    missing = session.portfolio.margin - session.portfolio.equity
    assert f"{missing:,.2f}" == "13,161.92"
    assert words in panels.timeline().html()
    assert 'data-risk="104.7%"' in panels.cash().html()
    assert "width:100.0%" in panels.ticket().html()
