"""Options by the figures: published margins and limits, and an account over an adjustment and an expiry.

The formula cases are facts of the exchanges and brokers; the stream is on the real bars of a fund, which stand beside
this checkout, and is left out where it is alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "goldens"
DAYS = pd.bdate_range("2024-03-04", periods=3)


def quoted(price: float, spot: float, option: dict[str, object], future: float = 0.0) -> qr.Market:
    """Three flat days of one option and its underlying, the underlying a fund, an index, or a future of a margin."""
    underlying = {"shares": "510050.SH", "cash": "000300.SH", "future": "CF2405"}[str(option["settlement"])]
    flat = pd.DataFrame({"date": DAYS, "volume": 1e6})
    bars = [
        flat.assign(symbol=symbol, **dict.fromkeys(("open", "high", "low", "close", "settlement"), value))
        for symbol, value in (("OPTION", price), (underlying, spot))
    ]
    table = [{"symbol": "OPTION", "underlying": underlying, "tick": 0.0001, "last_day": "2024-06-26", **option}]
    if option["settlement"] == "future":
        ratio = future / (spot * float(str(option["multiplier"])))
        table.append({"symbol": underlying, "tick": 5, "multiplier": option["multiplier"], "margin": ratio})
    return qr.read_market(pd.concat(bars), contracts=pd.DataFrame(table))


def written(market: qr.Market, cash: float = 1_000_000) -> qr.Session:
    """One contract written at the first open."""
    session = qr.Session(market, cash=cash, account="options")
    session.set_order_cost(open_commission=0, close_commission=0, min_commission=0, close_tax=0)
    session.sell("OPTION", 1, terms.to_open())
    return session.step()


FUND = {"settlement": "shares", "multiplier": 10_000, "margin": 0.12, "floor": 0.07}
INDEX = {"settlement": "cash", "multiplier": 100, "floor": 0.5}
COTTON = {"settlement": "future", "multiplier": 5}
MARGINS = {
    "a call of a fund (published)": (0.0056, 2.699, {**FUND, "right": "call", "strike": 2.75}, 2784.8),
    "a put of a fund, far out": (0.0210, 3.000, {**FUND, "right": "put", "strike": 2.80}, 2170.0),
    "a put of a fund, deep in": (0.9500, 2.000, {**FUND, "right": "put", "strike": 3.00}, 11_900.0),
    "a put of a fund is worth its strike at most": (2.9, 0.2, {**FUND, "right": "put", "strike": 3.0}, 30_000.0),
    "a call of an index (published)": (150.0, 4850, {**INDEX, "margin": 0.11, "right": "call", "strike": 4800}, 68_350),
    "a day later (published)": (130.0, 4820, {**INDEX, "margin": 0.11, "right": "call", "strike": 4800}, 66_020),
    "at 12 % (published)": (97.0, 4913.485, {**INDEX, "margin": 0.12, "right": "call", "strike": 4900}, 68_661.82),
    "a call of a future (published)": (618.0, 20_615, {**COTTON, "right": "call", "strike": 20_400}, 13_397.5),
    "half of the future's margin at least": (
        12.0, 3500, {"settlement": "future", "multiplier": 10, "right": "put", "strike": 3000}, 1870.0
    ),
}  # fmt: skip
"""Price of the option, of its underlying, the contract, and what one written contract binds."""
OF_FUTURES = {20_615: 10_307.5, 3500: 3500.0}


@pytest.mark.parametrize("case", MARGINS)
def test_a_written_contract_binds_what_its_exchange_says(case: str) -> None:
    """Protects the margin formulae of the three kinds of underlying."""
    price, spot, option, margin = MARGINS[case]
    run = written(quoted(price, spot, option, OF_FUTURES.get(spot, 0.0)))
    assert run.portfolio.margin == pytest.approx(margin, abs=0.01)
    assert run.portfolio.available == pytest.approx(1_000_000 + price * option["multiplier"] - margin, abs=0.01)


@pytest.mark.parametrize(
    ("right", "price", "spot", "strike", "up", "down"),
    [("put", 0.0699, 2.702, 2.70, 0.3397, None), ("call", 0.0056, 2.699, 2.75, 0.2704, None),
     ("call", 0.9, 3.6, 2.7, 1.26, 0.54)],
)  # fmt: skip
def test_the_limits_of_options_on_funds(
    right: str, price: float, spot: float, strike: float, up: float, down: float | None
) -> None:
    """Protects the published upper limit of a put; a lower limit that no price can reach is none."""
    market = quoted(price, spot, {**FUND, "right": right, "strike": strike, "limit_ratio": 0.1})
    column = market.symbols.index("OPTION")
    assert market.panel.limit_up[1, column] == pytest.approx(up)
    found = market.panel.limit_down[1, column]
    assert found != found if down is None else found == pytest.approx(down)


@pytest.mark.parametrize(
    ("strike", "adjusted"),
    [(3.0, 2.953), (3.1, 3.051), (3.2, 3.150), (3.3, 3.248), (3.4, 3.347), (3.6, 3.544), (3.9, 3.839), (4.1, 4.036)],
)
def test_strike_and_unit_after_a_dividend_are_those_of_the_exchange(strike: float, adjusted: float) -> None:
    """Protects adjustments that the table leaves out: published strikes, where the unit became 10,159."""
    bars = pd.concat([
        pd.DataFrame({"date": DAYS, "symbol": symbol, "volume": 1e6, "open": price, "high": price, "low": price,
                      "close": price})
        for symbol, price in (("510300.SH", [3.194, 3.144, 3.144]), ("OPTION", [0.1, 0.1, 0.1]))
    ])  # fmt: skip
    option = {"symbol": "OPTION", "underlying": "510300.SH", "tick": 0.0001, "right": "call", **FUND, "strike": strike}
    dividend = pd.DataFrame([{"symbol": "510300.SH", "ex_date": DAYS[1], "cash_per_share": 0.05}])
    market = qr.read_market(bars, contracts=pd.DataFrame([option]), actions=dividend)
    now = market.instrument("OPTION").contract.option.terms[-1]
    assert (now.unit, now.strike, now.since) == (10_159, pytest.approx(adjusted), DAYS[1].date())
    assert any("by the formula of the exchanges" in note for note in market.notes)
    # 0.1000 x 10,000 / 10,159 on the tick: as much money as before.
    assert market.panel.pre_close[1, market.symbols.index("OPTION")] == pytest.approx(0.0984)


# ---------------------------------------------------------------------------------------------------- the stream


def table(part: str) -> pd.DataFrame:
    """One of the tables of the stream."""
    path = BESIDE / f"C_option_stream_{part}.csv"
    if not path.is_file():
        pytest.skip(f"the stream stands on the real bars of a fund, which are not committed; there is no {path}")
    return pd.read_csv(path)


def market() -> qr.Market:
    """The fund and its three contracts, with their terms before and after the dividend."""
    quotes, rows = table("quotes"), []
    for (day, symbol), group in quotes.groupby(["date", "contract"], sort=False):
        opened, close = (float(group[group["at"] == at]["price"].iloc[0]) for at in ("open", "close"))
        rows.append({"date": day, "symbol": symbol, "open": opened, "high": max(opened, close),
                     "low": min(opened, close), "close": close, "volume": 1e5, "settlement": close})  # fmt: skip
    contracts = quotes.drop_duplicates(["contract", "strike"]).assign(
        symbol=lambda t: t["contract"], right=lambda t: t["type"], multiplier=lambda t: t["unit"], tick=0.0001,
        since=lambda t: t["date"].where(t["unit"] != 10_000), underlying="510050.SH", margin=0.12, fee_kind="lot",
        open_fee=1.6, writing_fee=0.0, exercise_fee=0.6, last_day="2021-12-22", largest_order=50,
    )  # fmt: skip
    fund = table("etf").assign(symbol="510050.SH", volume=1e8)
    dividend = pd.DataFrame([{"symbol": "510050.SH", "ex_date": "2021-11-29", "cash_per_share": 0.041}])
    kept = ["symbol", "right", "strike", "multiplier", "tick", "since", "underlying", "margin", "fee_kind", "open_fee",
            "writing_fee", "exercise_fee", "last_day", "largest_order"]  # fmt: skip
    return qr.read_market(pd.concat([fund, pd.DataFrame(rows)]), contracts=contracts[kept], actions=dividend)


STYLES: dict[str, tuple[int, Callable[..., terms.Terms] | None]] = {
    "buy_open": (1, terms.to_open), "sell_open": (-1, terms.to_open), "etf_buy": (1, None),
    "covered_open": (-1, terms.covered_open), "sell_close": (-1, terms.to_close), "buy_close": (1, terms.to_close),
}  # fmt: skip


def opened(**options: object) -> qr.Session:
    """A session before the first day of the stream, on which a trade of the fund costs 0.03 %."""
    session = qr.Session(market(), cash=1_000_000, account="options", start="2021-11-24", **options)
    session.set_order_cost(open_commission=0.0003, close_commission=0.0003, min_commission=5, close_tax=0)
    return session


def play(session: qr.Session, day: str) -> None:
    """What the stream asks for one day: orders for its open and its close, and units locked after the open."""
    today = table("ops").query("date == @day")
    for row in today.sort_values("at", ascending=False, kind="stable").to_dict("records"):
        if row["op"] in STYLES:
            sign, style = STYLES[row["op"]]
            at = None if row["at"] == "open" else terms.at_close()
            session.order(row["contract"], sign * int(row["quantity"]), at if style is None else style(at))
    session.step(phase="OPEN")
    for row in today.query("op == 'lock'").to_dict("records"):
        session.account.lock(row["contract"], int(row["quantity"]))
    session.step(phase="AFTER_CLOSE")


def assert_rows(session: qr.Session) -> None:
    """Every row: money to the fen, values of contracts within the rounding of each side to it."""
    daily, expected = session.tables.daily_portfolio, table("expected").set_index("date")
    daily.index = daily.index.strftime("%Y-%m-%d")
    assert daily.index.tolist() == expected.index.tolist()
    for ours, theirs, within in (
        ("cash", "cash", 1e-9), ("fees", "fees", 1e-9), ("margin", "margin", 0.0051),
        ("available", "available", 0.0051),
        ("equity", "equity", 0.0151), ("total_profit", "total_pnl", 0.0151),
    ):  # fmt: skip
        assert (daily[ours] - expected[theirs]).abs().max() < within, ours
    gained = daily["floating_profit"] + daily["realised_profit"]
    assert (gained - daily["total_profit"]).abs().max() < 1e-6
    assert session.portfolio.quantities == {"510050.SH": 100_774}
    assert session.tables.lots.empty


def test_the_stream_is_met() -> None:
    """Protects premiums, margins, locked units, an adjustment, exercise, assignment and delivery."""
    session = opened()
    for day in table("expected")["date"]:
        play(session, day)
    assert_rows(session)


def test_the_stream_is_met_after_going_back() -> None:
    """Protects time travel over locked units and deliveries to come: the last days undone and done again."""
    session, days = opened(), table("expected")["date"].tolist()
    for day in days:
        play(session, day)
    session.goto(days[10])
    session.branch("again")
    for day in days[11:]:
        play(session, day)
    assert_rows(session)


def test_the_stream_is_met_after_a_resume(tmp_path: Path) -> None:
    """Protects the journal: lots, locked units and what is due come back as they were."""
    path, days = tmp_path / "run.qrj", table("expected")["date"].tolist()
    session = opened(journal=path)
    for day in days[:12]:
        play(session, day)
    held = session.market
    session.simulation.keeper.journal.close()
    again = qr.Session.resume(path, held)
    for day in days[12:]:
        play(again, day)
    assert_rows(again)
