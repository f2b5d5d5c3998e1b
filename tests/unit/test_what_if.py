"""A preview tells what the next day will ask: its limits, its trading, a price, and what is left when it is refused."""

from __future__ import annotations

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.session.what_if import Preview


def after_fall(**options: object) -> qr.Session:
    """At the close of 2022-03-11, 9.52, which makes the limits of the 14th 8.57 to 10.47."""
    return qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000, **options).step()


def failed(preview: Preview) -> dict[str, str]:
    """The checks that fail, by name."""
    return {name: text for name, passes, text in preview.checks if not passes}


@pytest.mark.parametrize("limit", [11.0, 1_000_000.0, 8.0])
def test_a_limit_price_is_held_against_the_limits_of_the_next_day(limit: float) -> None:
    """Protects from an order that can never be valid (defect 1): the preview and the match say the same."""
    session = after_fall()
    preview = session.what_if("buy", "604018", 100, style=terms.limit(limit))
    ticket = session.buy("604018", 100, style=terms.limit(limit))
    session.step()
    assert ticket.reason == "PRICE_LIMIT"
    assert ticket.why in failed(preview)["Price limit"]
    assert "2022-03-14, 8.57 to 10.47" in failed(preview)["Price limit"]
    assert (preview.passing, preview.cash_after, preview.held_after) == (0, 100_000, 0)
    assert "would be refused" in repr(preview)


def test_a_limit_price_within_them_passes_and_says_so() -> None:
    """Protects trust in the tick: the limits that were looked at stand beside it."""
    preview = after_fall().what_if("buy", "604018", 100, style=terms.limit(9.6, tif="GTC"))
    assert preview.passes
    assert ("Price limit", True, "9.60 is within the limits of 2022-03-14, 8.57 to 10.47") in preview.checks


def test_limits_that_are_not_known_yet_are_not_told() -> None:
    """Protects the future: before the close nobody knows the limits of the next day."""
    session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000).step(phase="OPEN")
    preview = session.what_if("buy", "604018", 100, style=terms.limit(11.0))
    assert "Price limit" not in [name for name, _, _ in preview.checks]


def test_a_refused_sale_changes_nothing() -> None:
    """Protects from a short position that cannot be (defect 2): no shares go, no money comes."""
    session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000)
    session.buy("604018", 500, style=terms.limit(9.0, tif="GTC"))
    preview = session.step().what_if("sell", "604018", 1400)
    assert "Shares" in failed(preview)
    assert (preview.passing, preview.notional, preview.fees) == (0, 0, 0)
    assert (preview.cash_after, preview.held_after) == (100_000, 0)


def test_what_passes_of_an_order_is_what_fills() -> None:
    """Protects the figures of an order that is too large: they are those of the shares that the cash pays for."""
    session = after_fall()
    preview = session.what_if("buy", "604018", 140_000, style=terms.limit(9.52))
    assert (preview.quantity, preview.passing) == (140_000, 10_500)
    assert preview.cash_after == pytest.approx(100_000 - preview.notional - preview.fees)
    assert preview.cash_after >= 0
    assert ("Shares that pass", "10,500") in preview.figures


def test_without_a_price_nothing_is_made_up() -> None:
    """Protects from "about nan" and from a tick at a cash that nobody can reckon (defect 3)."""
    days = pd.date_range("2024-01-02", periods=5, freq="B")
    frame = pd.DataFrame({"date": days, "symbol": "600000", "open": 10.0, "high": 11.0, "low": 9.5, "close": 10.0,
                          "volume": 1e6})  # fmt: skip
    preview = qr.Session(qr.read_market(frame), cash=1e5).what_if("buy", "600000", 100_000)
    assert "nan" not in repr(preview) + preview._repr_html_()
    assert list(failed(preview)) == ["Price"]
    assert [name for name, _, _ in preview.checks] == ["Would send", "Price"]


def test_a_suspended_share_is_told() -> None:
    """Protects from a tick at what does not trade (defect 15)."""
    preview = qr.Session(qr.sample_market(), start="2021-07-19", cash=1e5).step().what_if("buy", "604073", 100)
    assert failed(preview)["Trading"] == "Suspended on 2021-07-19. The order fills only if trading resumes."
    assert preview.cash_after == preview.cash


def test_its_terms_are_told() -> None:
    """Protects from one text for all types (defect 17): limit, stop and trailing stop differ, nothing reads as sent."""
    session = after_fall(positions={"604018": 1000})
    for style in (terms.limit(9.6, tif="GTC"), terms.stop(9.3), terms.trailing_stop(percent=5)):
        preview = session.what_if("sell", "604018", 100, style=style)
        assert str(style).split()[0] in repr(preview)
        assert session.words.terms(preview.terms) in repr(preview)
        assert session.words.terms(preview.terms) in preview._repr_html_()
    assert preview.checks[0] == ("Would send", True, "100 shares, to wait for the next open")


@pytest.mark.parametrize(
    ("language", "told"), [("en", "1 to close, 1 can be closed"), ("zh", "平仓1手，下一个开盘可平1手")]
)
def test_a_buy_that_closes_is_told_as_one(language: str, told: str) -> None:
    """Protects whoever takes back what was sold: the preview never says that a buy sells, nor speaks of shares."""
    session = qr.Session(qr.sample_futures(), start="2023-06-08", cash=320_000, account="futures", language=language)
    session.sell("QT2307", 1, terms.to_open())
    preview = session.step().what_if("buy", "QT2307", 1, terms.to_close())
    texts = [f"{name}: {text}" for name, _, text in preview.checks]
    assert any(told in text for text in texts)
    assert not any("sell" in text or "卖" in text or "手份" in text for text in texts)
    assert ",," not in repr(preview) and ",，" not in repr(preview)
