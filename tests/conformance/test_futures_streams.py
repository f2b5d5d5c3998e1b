"""Order streams of futures accounts with rows that independent programs confirmed: equal to the fen, however looked at.

The invented stream is committed; those on real series stand beside this checkout, and are left out where it is alone.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import qresearch as qr
from qresearch.engine.accounts.futures import MARGINS, Futures

HERE = Path(__file__).resolve().parent / "accounts"
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "goldens"
TICKS = {"if1005": 0.2, "cu2202": 10, "rb2405": 1}
STREAMS = {
    "rb2405": HERE / "rb2405", "if1005": BESIDE / "B_fut_if1005", "cu2202": BESIDE / "B_fut_cu2202",
}  # fmt: skip
COLUMNS = {
    "equity": "equity", "fees": "total_fee", "total_profit": "total_pnl", "daily_profit": "daily_pnl",
    "daily_return": "daily_return",
}  # fmt: skip
HELD = {"floating_profit": "floating_by_open", "margin": "margin_{}", "available": "available_{}"}
"""Columns of days on which no contract ended: such a row of theirs shows what was held before, ours what is left."""


def table(name: str, part: str) -> pd.DataFrame:
    """One of the tables of a stream."""
    path = STREAMS[name].with_name(f"{STREAMS[name].name}_{part}.csv")
    if not path.is_file():
        pytest.skip(f"the stream {name} is on a real series, which is not committed; there is no {path}")
    return pd.read_csv(path)


def opened(name: str, margin: str, **options: object) -> qr.Session:
    """A session on the bars of a stream."""
    contract = table(name, "contract").assign(tick=TICKS[name])
    market = qr.read_market(table(name, "bars"), contracts=contract.drop(columns="start_cash"))
    return qr.Session(market, cash=float(contract["start_cash"][0]), account=Futures(margin), **options)


def orders(name: str) -> dict[str, list[tuple[int, qr.terms.Terms]]]:
    """What is ordered for each day, in the order of the stream: lots in the direction of the market, and terms."""
    found: dict[str, list[tuple[int, qr.terms.Terms]]] = {}
    # A stable sort: what is for the open comes before what is for the close.
    for row in table(name, "orders").sort_values("at", ascending=False, kind="stable").to_dict("records"):
        style = None if row["at"] == "open" else qr.terms.at_close()
        lots = row["lots"] if (row["side"] == "long") == (row["effect"] == "open") else -row["lots"]
        if row["effect"] == "open":
            found.setdefault(row["date"], []).append((lots, qr.terms.to_open(style)))
        else:
            which = "today" if row["effect"] == "close_today" else "oldest"
            found.setdefault(row["date"], []).append((lots, qr.terms.to_close(style, which)))
    return found


def step(session: qr.Session, wanted: dict[str, list[tuple[int, qr.terms.Terms]]]) -> None:
    """Order what is for the next day, and go to its close."""
    days = session.market.days
    place = 0 if session.simulation.timeline.state.day < 0 else session.simulation.timeline.state.day + 1
    for lots, style in wanted.get(str(days[place]), ()):
        session.order(session.market.symbols[0], lots, style)
    session.step()


def run(name: str, margin: str, **options: object) -> qr.Session:
    """A session after a whole stream."""
    session, wanted = opened(name, margin, **options), orders(name)
    for _ in session.market.days:
        step(session, wanted)
    return session.step(phase="AFTER_CLOSE")


def assert_rows(session: qr.Session, name: str, margin: str) -> None:
    """Every row of the daily account, and every fill with its fee."""
    daily = session.tables.daily_portfolio
    expected = table(name, "expected").set_index("date")
    daily.index = daily.index.strftime("%Y-%m-%d")
    assert daily.index.tolist() == expected.index.tolist()
    kept = (expected["expired_long"] + expected["expired_short"]) == 0
    word = "gross" if margin == "both_sides" else "larger_side"
    for ours, theirs in COLUMNS.items():
        assert (daily[ours] - expected[theirs]).abs().max() < 1e-9, ours
    gained = daily["realised_profit"] + daily["fees"]
    assert (gained - expected["realised_by_open_gross"]).abs().max() < 1e-9
    for ours, theirs in HELD.items():
        assert (daily[ours] - expected[theirs.format(word)])[kept].abs().max() < 1e-9, ours
    given, fills = table(name, "orders"), session.fills
    found = sorted(zip(fills["price"], fills["quantity"], fills["commission"], strict=True))
    assert found == sorted(zip(given["fill_price"], given["lots"], given["fee_fen_rounded"], strict=True))


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_met_to_the_fen(name: str, margin: str) -> None:
    """Protects daily settlement, fees, both margins and expiry: two other programs computed the same."""
    assert_rows(run(name, margin), name, margin)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_met_after_going_back(name: str) -> None:
    """Protects the lots from time travel: half of the days undone and done again are the same account."""
    session, wanted = opened(name, "both_sides"), orders(name)
    for _ in session.market.days:
        step(session, wanted)
    half = len(session.market.days) // 2
    session.goto(str(session.market.days[half]))
    session.branch("again")
    session.step()  # what was ordered for the next day is there already
    for _ in session.market.days[half + 2 :]:
        step(session, wanted)
    assert_rows(session.step(phase="AFTER_CLOSE"), name, "both_sides")


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_met_after_a_resume(name: str, tmp_path: Path) -> None:
    """Protects the journal: lots, settlements and calls come back as they were, and the run goes on."""
    path, wanted = tmp_path / "run.qrj", orders(name)
    session = opened(name, "larger_side", journal=path)
    half = len(session.market.days) // 2
    for _ in session.market.days[:half]:
        step(session, wanted)
    market = session.market
    session.simulation.keeper.journal.close()
    again = qr.Session.resume(path, market, account=Futures("larger_side"))
    for _ in market.days[half:]:
        step(again, wanted)
    assert_rows(again.step(phase="AFTER_CLOSE"), name, "larger_side")
