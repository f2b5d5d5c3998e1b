"""The workbench over an account of contracts: lots instead of shares, both sides, the margin, and a call for more."""

from __future__ import annotations

import re

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
    assert "<b>1</b> lot of QT2307, market, to open" in panel.html()
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


STAGES = {
    "cash_shares": (qr.sample_market, "2022-03-01", "604018.SH", 1_000),
    "futures": (qr.sample_futures, "2023-03-01", METAL, 2),
    "options": (qr.sample_options, "2022-11-28", "C2212M4000", 3),
    "bond": (qr.sample_bonds, "2023-06-14", "019801.SH", 1_000),
}
"""By kind of account: its market, where it begins, and what is bought there."""


def bought(kind: str, language: str) -> tuple[qr.Session, str]:
    """An account of a kind that has just bought something, and what."""
    market, start, symbol, quantity = STAGES[kind]
    made = qr.Session(market(), start=start, cash=300_000, account=kind, language=language).step()
    made.buy(symbol, quantity)
    return made.step(), symbol


WORDS = {
    ("cash_shares", "en"): (["Shares", "Sellable", "Locked T+1"], "shares", "0 | 1,000"),
    ("cash_shares", "zh"): (["股数", "可卖", "锁定（T+1）"], "股", "0 | 1,000"),
    ("futures", "en"): (["Lots", "Closable", "Of today"], "lots", "2 | 2"),
    ("futures", "zh"): (["手数", "可平", "今仓"], "手", "2 | 2"),
    ("options", "en"): (["Quantity", "Closable", "Locked"], "contracts", "3 | 0"),
    ("options", "zh"): (["数量", "可平", "锁定"], "张", "3 | 0"),
    ("bond", "en"): (["Units", "Sellable", "Locked"], "bonds", "1,000 | 0"),
    ("bond", "zh"): (["张数", "可卖", "锁定"], "张", "1,000 | 0"),
}
"""By kind and language: what heads the three quantities, what is counted, and the second and third of them."""


@pytest.mark.parametrize(("kind", "language"), WORDS)
def test_each_kind_of_account_has_its_own_words(kind: str, language: str) -> None:
    """Protects whoever trades contracts and bonds: tables and previews count what is held there, never shares."""
    heads, unit, beside = WORDS[kind, language]
    session, symbol = bought(kind, language)
    panels = session.panels
    for shown in (
        panels.positions().html(),
        session.portfolio._repr_html_(),
        session.portfolio.positions._repr_html_(),
    ):
        found = re.findall(r"<th[^>]*>([^<]*)</th>", shown)
        assert found[1:4] == heads
        cells = re.findall(r"<td[^>]*>(?:<span[^>]*>)?([^<]*)", shown)
        assert " | ".join(cells[2:4]) == beside
    panels.desk.select(symbol=symbol)
    panel = panels.ticket()
    panel.refresh()
    field(panel, "side").value = "sell"
    field(panel, "quantity").value = 2 if kind in {"futures", "options"} else 1_000
    preview = panel.html()
    for word in {"shares", "Shares", "股"} - {unit, unit.capitalize()}:
        assert word not in re.sub("<[^>]+>", " ", preview), word
    assert unit in preview


def test_a_sale_that_covered_calls_keep_back_is_not_said_to_wait_for_tomorrow() -> None:
    """Protects a writer of calls: units locked behind them are not sold at the next open, and nothing says so."""
    session = qr.Session(qr.sample_options(), start="2022-11-28", cash=300_000, account="options").step()
    session.buy("514101.SH", 10_000)
    session.step(2)
    session.account.lock("514101.SH", 10_000)
    session.panels.desk.select(symbol="514101.SH")
    panel = session.panels.ticket()
    panel.refresh()
    field(panel, "side").value = "sell"
    assert "100 to sell, 0 can be sold" in panel.html()
    assert "T+1" not in panel.html()


def test_what_margin_an_order_needs_is_not_called_cash(session: qr.Session) -> None:
    """Protects the check: an opening order of a future is measured against the margin that is left."""
    opening = session.what_if("buy", METAL, 1, terms.to_open())
    assert "Margin" in [name for name, _, _ in opening.checks]
    assert "Cash" not in [name for name, _, _ in opening.checks]


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
    assert offered["C2212M4200"] == [*plain, "to_covered_close"]
    field(panel, "side").value = "sell"
    assert [value for _, value in field(panel, "effect").options] == [*plain, "to_covered_open"]
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
    offered = {}
    for side in ("sell", "buy"):
        field(panel, "side").value = side
        offered[side] = [value for _, value in field(panel, "effect").options]
    assert offered == {"buy": ["to_own", "to_finance", "to_return"], "sell": ["to_own", "to_borrow", "to_repay"]}
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
    assert field(panel, "effect").value == "to_own"
    field(panel, "effect").value = "to_borrow"
    assert "SHORT_PRICE_RULE" in panel.html()
    refused = session.what_if.named(session.words.named("zh"))("sell", "604018", 100, terms.short_sale())
    assert "融券卖出价（市价）低于最新成交价" in str(refused)


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
