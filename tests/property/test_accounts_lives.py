"""Random lives of several accounts at once: what holds for each, for their sum, and wherever one goes with them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lives import PHASES, assert_books, assert_told, close_of, style_at
from test_invariants import SEEDS, examples

import qresearch as qr
from qresearch import terms
from qresearch.book.timeline import Branch
from qresearch.domain.events import records
from qresearch.errors import UsageError
from qresearch.session.accounts import Accounts
from qresearch.session.journal import content_of
from qresearch.session.redoing import again

MARKET = qr.sample_options()
KINDS = {
    "futures": {"account": "futures"}, "margin": {"account": "margin"}, "options": {"account": "options"},
    "bond": {"account": "bond"},
}  # fmt: skip
STYLES = (lambda style: style, lambda style: style, terms.to_open, terms.to_close, terms.financed, terms.to_repay)


def opened(rng: np.random.Generator, journal: Path | None = None) -> qr.Session:
    """A session of shares paid in full, with accounts of other kinds beside it, each with some money or none."""
    beside = {
        name: {**options, "cash": float(rng.choice([0, 50_000, 300_000]))}
        for name, options in KINDS.items()
        if rng.random() < 0.8
    }
    return qr.Session(
        MARKET,
        start="2022-12-01",
        end="2023-01-20",
        cash=float(rng.choice([0, 100_000, 1_000_000])),
        clock=str(rng.choice(["next_open", "next_open", "same_bar"])),
        accounts=beside,
        journal=journal,
    )


def ask(accounts: Accounts, rng: np.random.Generator) -> float:
    """An order of any account, a cancel, or money that moves; what came in from outside."""
    name = str(rng.choice(accounts.names))
    account, way = accounts[name], int(rng.integers(8))
    if way == 0 and len(account.open_orders):
        account.cancel(str(rng.choice(account.open_orders.index)))
    elif way == 1 and len(accounts) > 1:
        other = str(rng.choice([known for known in accounts if known != name]))
        accounts.transfer(name, other, round(float(rng.uniform(1, 200_000)), 2))
    elif way == 2:
        amount = round(float(rng.uniform(-20_000, 20_000)), 2)
        try:
            accounts.pay_in(name, amount)
        except UsageError:
            return 0.0
        return amount
    else:
        symbol = str(rng.choice(MARKET.symbols[1:]))
        price = (
            max(round(close_of(account, symbol) * (1 + rng.normal(0, 0.01)), 3), 0.01)
            if symbol.endswith(".SH")
            else 500.0
        )
        style = STYLES[int(rng.integers(len(STYLES)))](style_at(rng, price))
        size = 1000 if symbol.endswith(".SH") else 1
        try:
            account.order(symbol, size * int(rng.integers(1, 4)) * int(rng.choice([1, -1])), style)
        except UsageError as problem:
            assert "an account" in str(problem) or "of this kind" in str(problem)
    return 0.0


def wander(session: qr.Session, rng: np.random.Generator, steps: int = 12) -> None:
    """Act on any account, step all, go back now and then and act from there."""
    accounts = session.account.all
    for _ in range(steps):
        if session.simulation.timeline.state.day >= session.simulation.exchange.last:
            return
        for _ in range(int(rng.integers(0, 4))):
            ask(accounts, rng)
        accounts.step(phase=str(rng.choice(PHASES)))
        if rng.random() < 0.2:
            accounts.back(min(int(rng.integers(1, 3)), session.simulation.timeline.cursor))


def outside(accounts: Accounts) -> int:
    """Money steps that came from outside since the beginning: transfers are out of one and into another."""
    return sum(accounts[name].simulation.account.ledger.flows for name in accounts)


@examples(60)
@given(seed=SEEDS)
def test_the_books_of_every_account_balance_and_so_does_their_sum(seed: int) -> None:
    """Protects the identity of each account on every branch, and of the sum: transfers are nobody's profit."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    accounts, money = session.account.all, session.simulation.exchange.money
    for name in accounts:
        assert_books(accounts[name], lambda *_: None)
        assert_told(accounts[name])
    for name in session.branches:
        session.branches.switch(name)
        stands = {accounts[other].simulation.account.at for other in accounts}
        assert len(stands) == 1
        starting = sum(accounts[other].simulation.starting_equity for other in accounts)
        grown = accounts.total - money.amount(starting + outside(accounts))
        assert round(grown, 2) == round(accounts.profit, 2)
        flows = {other: accounts[other].events.query("event == 'CashFlowed'") for other in accounts}
        for row in accounts.transfers.query("moved").itertuples():
            for other, amount in ((row.source, -row.amount), (row.target, row.amount)):
                there = flows[other]["amount"] == amount
                assert (there & (flows[other]["phase"] == row.phase)).any(), (
                    "each side of a transfer is a flow of its account at that moment"
                )


@examples(60)
@given(seed=SEEDS)
def test_the_same_comes_again_wherever_one_has_been(seed: int) -> None:
    """Protects time travel of all accounts: looked at late, redone, on every branch, and done again by a journal."""
    logs = []
    with tempfile.TemporaryDirectory() as folder:
        for is_looked_at in (False, True):
            rng = np.random.default_rng(seed)
            path = Path(folder) / f"{is_looked_at}.qsession"
            session = opened(rng, path)
            wander(session, rng)
            accounts = session.account.all
            if is_looked_at:
                for place in (0, -1):
                    for name in session.branches:
                        session.branches.switch(name)
                        accounts.goto(place).digest()
                copy = Path(folder) / "copy.qsession"
                copy.write_bytes(content_of(path))
                session = qr.Session.resume(copy, MARKET)
                accounts = session.account.all
            logs.append({})
            for name in sorted(session.branches):
                session.branches.switch(name)
                accounts.goto(-1)
                for other in accounts:
                    log = accounts[other].simulation.log
                    logs[-1][name, other] = [repr(event) for event in records(log)]
    assert logs[0] == logs[1]


@examples(15)
@given(seed=SEEDS)
def test_each_account_is_what_it_would_be_alone(seed: int) -> None:
    """Protects the books from each other: its commands, given to a session of its own, bring the same events."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    accounts = session.account.all
    for _ in range(8):
        for _ in range(int(rng.integers(0, 4))):
            ask(accounts, rng)
        accounts.step()
    for name in accounts.names[1:]:
        simulation = accounts[name].simulation
        alone = qr.Session(
            MARKET, start="2022-12-01", end="2023-01-20", clock=session.settings.clock,
            cash=simulation.starting_equity / 100, account=KINDS[name]["account"],
        )  # fmt: skip
        do_alone(alone, simulation.timeline.branch)
        assert alone.digest() == accounts[name].digest()


def do_alone(alone: qr.Session, branch: Branch) -> None:
    """Give a session the commands that brought a branch of another one, moment by moment."""
    kernel = alone.simulation
    for place, upto in enumerate(branch.counts):
        begin = branch.counts[place - 1] if place else len(kernel.timeline.branch.log)
        log = branch.log[begin:upto]
        asked = [(at - begin, command) for at, command in branch.commands if begin <= at < upto]
        draft = kernel.tried(lambda log=log, asked=asked: again(kernel.draft, kernel.exchange, log, asked))
        kernel.timeline.commit(draft, None, new_state=place > 0)
