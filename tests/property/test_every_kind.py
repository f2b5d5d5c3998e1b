"""What holds for every kind of account alike; each kind has lives of its own beside this (``test_*_lives.py``)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
import test_accounts_lives
import test_bond_lives
import test_futures_lives
import test_margin_lives
import test_option_lives
from hypothesis import given

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_invariants import SEEDS, examples

import qresearch as qr
from qresearch import terms
from qresearch.domain.terms import Effect
from qresearch.engine.accounts.futures import Futures
from qresearch.engine.accounts.kinds import ACCOUNTS
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.engine.accounts.options import Options
from qresearch.engine.intent import Intent

LACKING = {"INSUFFICIENT_CASH", "INSUFFICIENT_MARGIN", "SHORT_PROCEEDS_LOCKED"}
"""Reasons that say that there is not enough money."""
MORE = 1_000_000_000.0


class Opening(NamedTuple):
    """Orders that open something, at the market.

    Parameters
    ----------
    symbols : tuple of str
    lot : int
        Least that can be ordered, and the step.
    lots : tuple of int
        How many may be asked for.
    style : callable
    side : int
    borrows : bool
        It is held against what may be borrowed, and not against cash; its fee comes out of cash.
    """

    symbols: tuple[str, ...]
    lot: int
    lots: tuple[int, ...]
    style: Callable[[], terms.Terms | None] = lambda: None
    side: int = 1
    borrows: bool = False


class Kind(NamedTuple):
    """A kind of account, its lives, and how it is opened here."""

    lives: ModuleType
    options: dict[str, object]
    openings: tuple[Opening, ...]


_SHARES, _LENT = tuple(test_margin_lives.SYMBOLS[:4]), tuple(test_margin_lives.SYMBOLS[4:7])
KINDS = {
    "futures": Kind(
        test_futures_lives,
        {"start": "2023-05-29", "account": Futures(), "cash": 300_000},
        (
            Opening(("QT2307", "QT2310", "ZX2309"), 1, (1, 2, 5, 20), terms.to_open),
            Opening(("QT2307", "QT2310", "ZX2309"), 1, (1, 2, 5, 20), terms.to_open, -1),
        ),
    ),
    "margin": Kind(
        test_margin_lives,
        {"start": "2022-02-21", "account": MarginTrading(short_price_rule=False), "cash": 200_000},
        (
            Opening(_SHARES, 100, (10, 100, 300), terms.to_open),
            Opening(_SHARES, 100, (10, 100, 500), terms.financed, borrows=True),
            Opening(_LENT, 100, (10, 100, 500), terms.short_sale, -1, borrows=True),
        ),
    ),
    "options": Kind(
        test_option_lives,
        {"start": "2022-12-08", "account": Options(), "cash": 60_000},
        (
            Opening(("C2301M4000", "P2301M4100"), 1, (1, 5, 10), terms.to_open),
            Opening((test_option_lives.FUND,), 100, (10, 100, 400)),
            Opening(("QT2307",), 1, (1, 2, 5), terms.to_open),
        ),
    ),
    "bond": Kind(
        test_bond_lives,
        {"start": "2023-05-08", "cash": 300_000, "account": "bond"},
        (
            Opening(("019801.SH", "019802.SH"), 10, (10, 100, 400)),
            Opening((test_bond_lives.CONVERTIBLE,), 10, (10, 100, 400)),
            Opening(test_bond_lives.REPO, 10, (10, 200, 400), side=-1),
        ),
    ),
}  # fmt: skip


def at_an_open(kind: Kind, seed: int, more: float) -> tuple[qr.Session, np.random.Generator]:
    """A session that has lived a few days, at an open at which an order meets the market inside its call."""
    rng = np.random.default_rng(seed)
    shortfall = str(rng.choice(["trim", "reject"]))
    session = qr.Session(kind.lives.MARKET, clock="same_bar", shortfall=shortfall, **kind.options)
    kind.lives.wander(session, rng, int(rng.integers(1, 8)), back=0)
    session.step(phase="OPEN")
    for order in list(session.open_orders.index):
        session.cancel(str(order))
    if more:
        session.account.pay_in(more)
    return session, rng


def left(session: qr.Session, opening: Opening) -> float:
    """What a person is shown as free for such an order."""
    return session.portfolio.available_margin if opening.borrows else session.portfolio.available


@pytest.mark.parametrize("name", KINDS)
@examples(60)
@given(seed=SEEDS)
def test_what_is_available_says_what_is_let_through(name: str, seed: int) -> None:
    """Protects the figure that one reads before an order: what was let through leaves it at no less than nothing.

    What was refused or cut for money would have left it below, as the same account with more money shows.
    """
    kind = KINDS[name]
    session, rng = at_an_open(kind, seed, 0.0)
    opening = kind.openings[int(rng.integers(len(kind.openings)))]
    symbol, lots = str(rng.choice(opening.symbols)), int(rng.choice(opening.lots))
    before = left(session, opening)
    ticket = session.order(symbol, opening.side * lots * opening.lot, opening.style())
    fees = float(session.orders.loc[int(ticket), ["commission", "stamp_duty", "transfer_fee"]].sum())
    if ticket.filled:
        assert before > 0
        assert left(session, opening) + fees * opening.borrows > -0.005
    if not LACKING & set(ticket.events["reason"].dropna()):
        return
    richer, _ = at_an_open(kind, seed, MORE)
    wanted = ticket.filled + opening.lot if richer.settings.shortfall == "trim" else lots * opening.lot
    other = richer.order(symbol, opening.side * wanted, opening.style())
    if other.filled == wanted:
        assert left(richer, opening) - MORE < 0


@examples(60)
@given(seed=SEEDS)
def test_what_is_available_says_what_may_be_written(seed: int) -> None:
    """Protects the same figure before an option is written, whose margin goes by the settlement of the day before.

    What was let through needs no more than is shown, and one contract more than what was cut needs more.
    """
    session, rng = at_an_open(KINDS["options"], seed, 0.0)
    symbol, lots = str(rng.choice(["C2301M4000", "C2301M4200", "P2301M4100"])), int(rng.choice([1, 3, 10]))
    before, exchange = session.simulation.account, session.simulation.exchange
    shown, kind = session.portfolio.available, exchange.account
    ticket = session.sell(symbol, lots, terms.to_open())

    def needs(contracts: int) -> float:
        """Margin and fee of some contracts as the account stood before."""
        price = ticket.average_price if ticket.filled else 0.0
        intent = Intent(
            session.market.column(symbol), -1, price, None, caps_position=False, free_cash=0, effect=Effect.OPEN
        )
        return exchange.money.amount(kind.need(before, exchange, intent, -contracts).money)

    if ticket.filled:
        assert needs(ticket.filled) <= shown
    if LACKING & set(ticket.events["reason"].dropna()):
        assert needs(ticket.filled + 1 if session.settings.shortfall == "trim" else lots) > shown


SEVERAL = "several accounts"
BOOKS = ("identity", "margin never below 0", "lots never negative", "fold")
"""What :func:`lives.assert_books` asks at every kept moment of every branch."""
HELD: dict[str, dict[str, Callable[..., None]]] = {
    "futures": {
        **dict.fromkeys(BOOKS, test_futures_lives.test_the_books_of_contracts_balance_wherever_one_goes),
        "available": test_what_is_available_says_what_is_let_through,
        "closing under water": test_futures_lives.test_what_closes_is_let_through_under_water,
        "poison": test_futures_lives.test_later_prices_and_settlements_change_nothing,
        "fast is exact": test_futures_lives.test_days_in_one_step_are_days_phase_by_phase,
    },
    "margin": {
        **dict.fromkeys(BOOKS, test_margin_lives.test_the_books_of_debts_balance_wherever_one_goes),
        "available": test_what_is_available_says_what_is_let_through,
        "closing under water": test_margin_lives.test_what_repays_is_let_through_under_water,
        "poison": test_margin_lives.test_later_prices_change_nothing_before_them,
        "fast is exact": test_margin_lives.test_days_in_one_step_are_days_phase_by_phase,
    },
    "options": {
        **dict.fromkeys(BOOKS, test_option_lives.test_the_books_of_options_balance_wherever_one_goes),
        "available": test_what_is_available_says_what_may_be_written,
        "closing under water": test_option_lives.test_what_closes_is_let_through_under_water,
        "poison": test_option_lives.test_later_prices_change_nothing_before_them,
        "fast is exact": test_option_lives.test_days_in_one_step_are_days_phase_by_phase,
    },
    "bond": {
        **dict.fromkeys(BOOKS, test_bond_lives.test_the_books_of_bonds_balance_wherever_one_goes),
        "available": test_what_is_available_says_what_is_let_through,
        "closing under water": test_bond_lives.test_what_is_held_can_be_sold,
        "poison": test_bond_lives.test_later_prices_change_nothing_before_them,
        "fast is exact": test_bond_lives.test_days_in_one_step_are_days_phase_by_phase,
    },
    SEVERAL: {
        **dict.fromkeys(BOOKS, test_accounts_lives.test_the_books_of_every_account_balance_and_so_does_their_sum),
        "available": test_accounts_lives.test_each_account_is_what_it_would_be_alone,
        "closing under water": test_accounts_lives.test_what_closes_is_let_through_under_water,
        "poison": test_accounts_lives.test_later_prices_change_nothing_before_them,
        "fast is exact": test_accounts_lives.test_days_in_one_step_are_days_phase_by_phase,
    },
}
"""Which test holds what, by kind."""
ELSEWHERE = {
    "cash_shares": "tests/property/test_invariants.py, test_order_machine.py: the kind whose batch is the fast path",
    "margin_us": "tests/unit/test_margin_us.py: only dialects open it",
}


def test_every_property_is_asked_of_every_kind() -> None:
    """Protects the list: a kind that is added has lives of its own, and none of them is without one of the eight."""
    assert HELD.keys() - {SEVERAL} == ACCOUNTS.keys() - ELSEWHERE.keys()
    assert {frozenset(held) for held in HELD.values()} == {
        frozenset({*BOOKS, "available", "closing under water", "poison", "fast is exact"})
    }
