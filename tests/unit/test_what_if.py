"""A preview tells what the next day will ask: its limits, its trading, a price, and what is left when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.engine.accounts.margin import MarginTrading
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


METAL = "QT2307"


def flat(kind: str) -> tuple[qr.Session, str]:
    """A session of a kind of account at a close, with both sides of what it holds, on prices that never move."""
    days = pd.bdate_range("2024-03-04", periods=8)
    bars = pd.DataFrame({"date": days, "symbol": "600519.SH" if kind != "futures" else "AB2406", "volume": 1e6})
    bars = bars.assign(**dict.fromkeys(("open", "high", "low", "close", "settlement"), 100.0))
    symbol = str(bars["symbol"].iloc[0])
    if kind == "futures":
        row = {"symbol": symbol, "multiplier": 10, "tick": 1, "margin": 0.1, "open_fee": 1e-4, "close_today_fee": 0.01}
        market, more, less = qr.read_market(bars, contracts=pd.DataFrame([row])), terms.to_open(), terms.to_open()
    else:
        market = qr.read_market(bars.drop(columns="settlement"))
        more, less = (terms.financed(), terms.short_sale(terms.limit(100))) if kind == "margin" else (None, None)
    run = qr.Session(market, cash=200_000, account=kind).step()
    run.buy(symbol, 5 if kind == "futures" else 500, more)
    if kind != "margin_us":
        run.sell(symbol, 3 if kind == "futures" else 300, less)
    return run.step(), symbol


CLOSINGS: dict[str, tuple[Callable[[], terms.Terms | None], ...]] = {
    "futures": (terms.to_close, terms.to_close), "margin": (terms.to_repay, terms.to_return),
    "margin_us": (lambda: None, lambda: None),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLOSINGS)
@pytest.mark.parametrize("side", [-1, 1])
def test_a_preview_counts_what_closing_frees_and_costs_tomorrow(kind: str, side: int) -> None:
    """Protects what is said to be left: margin that closing frees, and the fee of lots that tomorrow are old ones."""
    run, symbol = flat(kind)
    size = side if kind == "futures" else 100 * side
    style = CLOSINGS[kind][side > 0]
    preview = run.what_if("order", symbol, size, style())
    before = run.portfolio.equity
    ticket = run.order(symbol, size, style())
    run.step(phase="OPEN")
    assert ticket.status == "FILLED"
    fees = run.fills.loc[run.fills["order_id"] == int(ticket), ["commission", "stamp_duty", "transfer_fee"]].sum().sum()
    assert preview.fees == pytest.approx(fees)
    assert preview.passes and preview.held_after == run.positions["quantity"].get(symbol, 0)
    left = run.portfolio.cash if (kind, side) == ("margin", 1) else run.portfolio.available
    night = before - fees - run.portfolio.equity  # the interest of the night is not known to it
    assert preview.cash_after == pytest.approx(left, abs=0.02 + abs(night))


@pytest.mark.parametrize("kind", ["futures", "margin", "margin_us", "options"])
def test_a_preview_inside_the_day_tells_what_may_be_used(kind: str) -> None:
    """Protects the money of a preview on the clock of the same bar: what is free, as of the preview before it."""
    market = {"futures": qr.sample_futures, "options": qr.sample_options}.get(kind, qr.sample_market)()
    start, symbol, size = {
        "futures": ("2023-03-01", METAL, 2), "options": ("2022-11-28", "P2212M4000", 3),
    }.get(kind, ("2022-03-01", "604018.SH", 1000))  # fmt: skip
    run = qr.Session(market, start=start, cash=300_000, account=kind, clock="same_bar").step().step(phase="OPEN")
    for sold in (size, size - 1):
        sends = (symbol, -sold, terms.short_sale(terms.limit(1)) if kind == "margin" else None)
        if kind == "margin":
            sends = symbol, 100 * (sold // 100), terms.to_open()
        preview = run.what_if("order", *sends)
        assert preview.cash == pytest.approx(run.portfolio.available)
        run.order(*sends)
        assert preview.cash_after == pytest.approx(run.portfolio.available)


def with_other_days(market: qr.Market, day: str, factor: float, *, since_close: bool = False) -> qr.Market:
    """A market with other prices on the days after one, or with its close on."""
    panel, later = market.panel, {}
    for name in ("open", "high", "low", "close", "settlement"):
        values = getattr(panel, name)
        if values is not None:
            first = panel.day_index(day) + 1 - (since_close and name != "open")
            later[name] = np.concatenate([values[:first], np.round(values[first:] * factor, 4)])
    if since_close:
        later["pre_close"] = np.vstack([panel.pre_close[:1], later["settlement"][:-1]])
    return replace(market, panel=replace(panel, **later))


LOOKS: dict[str, Callable[[float], Preview]] = {
    "crossing": lambda factor: ahead("margin_us", factor, ("buy", 10_000, None), ("sell", 40_000, None)),
    "borrowing": lambda factor: ahead(
        MarginTrading(warn=2.1), factor, ("buy", 9_000, terms.financed()), ("buy", 300, terms.financed())
    ),
}


def ahead(account: object, factor: float, first: tuple[str, int, object], asked: tuple[str, int, object]) -> Preview:
    """The preview of an order after another one was filled, with other prices from the next day on."""
    market = with_other_days(qr.sample_market(), "2022-03-03", factor)
    run = qr.Session(market, start="2022-03-01", cash=100_000, account=account).step()
    getattr(run, first[0])("604018", *first[1:])
    run.step(2)
    return run.what_if(asked[0], "604018", *asked[1:])


@pytest.mark.parametrize("look", LOOKS)
def test_a_preview_does_not_know_the_next_open(look: str) -> None:
    """Protects from the future: what passes, and what is left, are the same whatever the prices of the next day are."""
    told = LOOKS[look](1.0)
    assert told.passing
    assert [LOOKS[look](factor) for factor in (0.8, 1.3)] == [told, told]


def test_a_preview_at_the_open_does_not_know_the_settlement_of_the_day() -> None:
    """Protects from the future: the margin of writing an option goes by a settlement that nobody knows before it."""
    previews = []
    for factor in (1.0, 0.9, 1.1):
        market = with_other_days(qr.sample_options(), "2022-11-30", factor, since_close=True)
        run = qr.Session(market, start="2022-11-28", cash=30_000, account="options").step(2).step(phase="OPEN")
        previews.append(run.what_if("sell", "P2212M4000", 9))
    assert previews[0].passing == 6
    assert previews[1:] == previews[:1] * 2


@pytest.mark.parametrize("kind", ["futures", "margin_us"])
def test_a_limit_order_of_what_has_no_price_yet_has_a_preview(kind: str) -> None:
    """Protects whoever orders before the first bar: the limit is what is known, and no error of the interpreter."""
    days = pd.bdate_range("2024-03-04", periods=6)
    late, known = ("AB2406", "CD2406") if kind == "futures" else ("600001.SH", "600002.SH")
    bars = pd.concat([pd.DataFrame({"date": days[3:], "symbol": late}), pd.DataFrame({"date": days, "symbol": known})])
    bars = bars.assign(**dict.fromkeys(("open", "high", "low", "close"), 100.0), volume=1e6)
    rows = [{"symbol": name, "multiplier": 10, "tick": 1, "margin": 0.1, "open_fee": 1e-4} for name in (late, known)]
    market = qr.read_market(bars, contracts=pd.DataFrame(rows) if kind == "futures" else None)
    # Inside a day nobody knows yet that it will pass without a trade.
    run = qr.Session(market, cash=200_000, account=kind).step().step(phase="OPEN")
    preview = run.what_if("buy", late, 100, terms.limit(100.0, tif="GTC"))
    assert preview.passing == 100
    assert 0 < preview.cash_after < preview.cash == 200_000
