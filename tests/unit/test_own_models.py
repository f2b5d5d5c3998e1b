"""Models of the user's own: an object stands wherever a name of ours is accepted, and the log tells it apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import qresearch as qr
from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import Terms
from qresearch.engine.clocks import NextOpen
from qresearch.engine.fills import AShare, Bar, Quote

MARKET = qr.sample_market()
SYMBOL = "604018"


class Touchy(AShare):
    """Limits fill only when the bar went through them by a margin."""

    name = "touchy"

    def __init__(self, margin: float = 0.0) -> None:
        self.margin = margin

    def in_bar(self, order: OpenOrder, bar: Bar) -> Quote:
        """The rules of shares on a bar whose extremes lie nearer."""
        return super().in_bar(order, bar._replace(low=bar.low + self.margin, high=bar.high - self.margin))


def half_a_fen(prices: np.ndarray, quantities: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """Five fen against every order."""
    return prices + 0.05 * np.sign(quantities)


class Levied:
    """A fourth part of the fees, with a rate of its own."""

    name = "levied"

    def __init__(self, levy: float = 0.0001) -> None:
        self.levy = levy

    def fees(self, instrument: Instrument, day: dt.date, quantity: int, value: float) -> Mapping[str, float]:
        """Commission, stamp duty of sales, transfer fee and a levy on shares."""
        duty = 0.0005 * value if quantity < 0 else 0.0
        levy = self.levy * value if instrument.board is not Board.ETF else 0.0
        return {"commission": max(0.0003 * value, 5.0), "stamp_duty": duty, "transfer_fee": 0.0, "levy": levy}


class Upwards:
    """Rounds up to the next lot, and takes nothing on the STAR board."""

    name, caps_value, has_maximum = "upwards", False, True

    def lots(self, asked: int, step: int) -> int:
        """The next lot."""
        return -(-asked // step)

    def refusal(self, instrument: Instrument, terms: Terms) -> Refusal | None:
        """STAR shares are not taken."""
        return (Reason.NOT_TRADABLE, {"symbol": instrument.symbol}) if instrument.board is Board.STAR else None


class Late(NextOpen):
    """A clock of one's own; here the one of the next open under another name."""

    name = "late"


def session(**options: object) -> qr.Session:
    """A run with a market order, a limit that a bar just reaches, and a number that is no lot."""
    run = qr.Session(MARKET, start="2022-03-01", cash=100_000, **options)
    run.buy(SYMBOL, 1040)
    run.buy(SYMBOL, 300, qr.terms.limit(9.5, tif="GTC"))
    return run.step(5)


def test_a_model_changes_the_run_and_is_told_apart_by_name_and_parameters() -> None:
    """Protects the digest: two runs are the same only if their models were."""
    runs = [
        session(),
        session(fill_model=Touchy()),
        session(fill_model=Touchy(0.02)),
        session(slippage=half_a_fen),
        session(costs=Levied()),
        session(costs=Levied(0.0002)),
        session(sizing=Upwards()),
        session(clock=Late()),
    ]
    assert len({run.digest() for run in runs}) == len(runs)
    named = [str(run.settings.fill_model) for run in runs[:3]]
    assert named == [
        "a_share",
        "touchy(margin=0.0)",
        "touchy(margin=0.02)",
    ]
    assert runs[0].fills.price.tolist() == runs[1].fills.price.tolist() == runs[7].fills.price.tolist()
    assert runs[3].fills.price[0] == pytest.approx(runs[0].fills.price[0] + 0.05)
    assert (runs[0].fills.quantity[0], runs[6].fills.quantity[0]) == (1000, 1100)


def test_a_fourth_part_of_the_fees_reaches_every_table() -> None:
    """Protects the fees: a part that only a model knows is charged, shown, summed and explained as the others are."""
    run = session(costs=Levied())
    fill = run.fills.iloc[0]
    assert fill["levy"] == round(fill["price"] * fill["quantity"] * 0.0001, 2)
    assert run.orders["levy"].iloc[0] == fill["levy"]
    assert run.tables.costs.loc["levy", "amount"] == pytest.approx(run.fills["levy"].sum())
    assert run.tables.daily_portfolio["fees"].iloc[-1] == pytest.approx(run.fills[["commission", "levy"]].sum().sum())
    assert "levy 0.95" in str(run.explain(1))
    paid = (run.fills["price"] * run.fills["quantity"] + run.fills[["commission", "levy"]].sum(axis=1)).sum()
    assert run.portfolio.cash == pytest.approx(100_000 - paid)


def test_the_least_of_a_part_is_charged_once_for_an_order_of_several_fills() -> None:
    """Protects whoever trades under a volume cap: parts of a fill are those of the order so far, less what was paid."""
    run = qr.Session(MARKET, start="2022-03-01", cash=10_000_000, costs=Levied(), participation=0.001)
    ticket = run.buy(SYMBOL, 60_000, qr.terms.limit(10.3, tif="GTC"))
    run.step(4)
    fills = run.fills
    assert len(fills) > 1
    value = (fills["price"] * fills["quantity"]).sum()
    assert ticket.filled == fills["quantity"].sum()
    assert fills["commission"].sum() == pytest.approx(max(0.0003 * value, 5.0), abs=0.01)


def test_a_policy_of_sizing_refuses_and_rounds() -> None:
    """Protects the policy: its refusal is data with its reason, and a plain whole lot passes as it is."""
    run = qr.Session(MARKET, start="2022-03-01", cash=100_000, sizing=Upwards())
    refused, sent, odd = run.order("688903", 201), run.buy(SYMBOL, 200), run.buy(SYMBOL, 201)
    run.step()
    assert (refused.reason, sent.filled, odd.filled) == ("NOT_TRADABLE", 200, 300)


MODELS = {
    "fill_model": (Touchy(0.01), Touchy(0.02), "fill_model=touchy"),
    "costs": (Levied(), Levied(0.5), "costs=levied"),
    "sizing": (Upwards(), Touchy(), "sizing=upwards"),
    "clock": (Late(), NextOpen(), "clock=late"),
    "slippage": (half_a_fen, np.sign, "slippage=half_a_fen"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_journal_asks_for_the_model_again(name: str, tmp_path: Path) -> None:
    """Protects a file from being read with other rules: missing, another name and other parameters are refused."""
    model, other, said = MODELS[name]
    path = tmp_path / "run.qrj"
    digest = session(journal=path, **{name: model}).digest()
    assert qr.Session.resume(path, MARKET, **{name: model}).digest() == digest
    with pytest.raises(qr.errors.JournalError, match=f"opened with {said}.*Hand it in"):
        qr.Session.resume(path, MARKET)
    with pytest.raises(qr.errors.JournalError, match=f"opened with {said}.*was handed in"):
        qr.Session.resume(path, MARKET, **{name: other})


def test_a_lambda_has_no_name_for_a_journal(tmp_path: Path) -> None:
    """Protects the file: what cannot be told apart later is refused at once, and plays no part without a journal."""
    with pytest.raises(qr.errors.UsageError, match="lambda"):
        session(slippage=lambda prices, *_: prices, journal=tmp_path / "run.qrj")
    assert session(slippage=lambda prices, *_: prices).fills.price.tolist() == session().fills.price.tolist()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"slippage": 3}, "slippage=3 is no model: it is without moved"),
        ({"costs": object()}, "costs=.* is no model: it is without fees"),
        ({"fill_model": "ashare"}, "Did you mean a_share"),
        ({"fill_model": Touchy}, "it is a class"),
        ({"sizing": "nearest"}, "it can be 'native', 'floor'"),
        ({"clock": object()}, "it is without place, meets_now, at_open, in_bar, at_close"),
    ],
)
def test_what_is_no_model_is_refused_with_what_one_needs(options: dict[str, object], said: str) -> None:
    """Protects the caller from an error of the interpreter deep inside a step."""
    with pytest.raises(qr.errors.UsageError, match=said):
        qr.Session(MARKET, **options)
