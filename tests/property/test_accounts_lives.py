"""Random lives of several accounts at once: what holds for each, for their sum, and wherever one goes with them."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from hypothesis import given

sys.path.insert(0, str(Path(__file__).resolve().parent))

from everything import SYMBOLS, everything
from lives import (
    PHASES,
    assert_blind_to_later_days,
    assert_books,
    assert_told,
    close_everything,
    close_of,
    log_of,
    same_by_phases,
    style_at,
)
from test_invariants import SEEDS, examples

import qresearch as qr
from qresearch import terms
from qresearch.book.timeline import Branch
from qresearch.domain.events import records
from qresearch.errors import UsageError
from qresearch.session.accounts import Accounts
from qresearch.session.journal import content_of
from qresearch.session.redoing import again

MARKET = everything()
KINDS = {
    "futures": {"account": "futures"}, "margin": {"account": "margin"}, "options": {"account": "options"},
    "bond": {"account": "bond"},
}  # fmt: skip
SIDES = {"FINANCE": 1, "BORROW": -1, "REPAY": -1, "RETURN": 1}
STYLES = {
    "margin": (terms.financed, terms.short_sale, terms.to_repay, terms.to_return),
    "futures": (terms.to_open, terms.to_close), "options": (terms.to_open, terms.to_close),
}  # fmt: skip
"""What an account of a kind may be asked for, beside plain orders."""


def opened(rng: np.random.Generator, market: qr.Market = MARKET, journal: Path | None = None) -> qr.Session:
    """A session of shares paid in full, with accounts of other kinds beside it, each with some money or none."""
    beside = {
        name: {**options, "cash": float(rng.choice([0, 50_000, 300_000]))}
        for name, options in KINDS.items()
        if rng.random() < 0.8
    }
    return qr.Session(
        market,
        start=str(rng.choice(["2022-12-08", "2023-01-04"])),
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
        kind = str(accounts.table.loc[name, "kind"]) if rng.random() < 0.8 else str(rng.choice(list(SYMBOLS)))
        symbol = str(rng.choice(SYMBOLS[kind]))
        price = round((close_of(account, symbol) or 100.0) * (1 + rng.normal(0, 0.01)), 3)
        plain, special = style_at(rng, price), STYLES.get(kind, ())
        style = special[int(rng.integers(len(special)))](plain) if special and rng.random() < 0.6 else plain
        side = SIDES.get("" if style is None else style.effect.value, int(rng.choice([1, -1])))
        if kind == "bond":
            side, size = (-1 if symbol.startswith("204") else 1 if rng.random() < 0.7 else -1), 100
        else:
            size = 1 if kind in {"futures", "options"} and not symbol.endswith(".SH") else 10_000
        try:
            account.order(symbol, size * int(rng.integers(1, 4)) * side, style)
        except UsageError as problem:
            assert "an account" in str(problem) or "of this kind" in str(problem)
    return 0.0


def wander(session: qr.Session, rng: np.random.Generator, steps: int = 12, back: float = 0.2) -> None:
    """Act on any account, step all, go back now and then and act from there."""
    accounts = session.account.all
    for _ in range(steps):
        if session.simulation.timeline.state.day >= session.simulation.exchange.last:
            return
        for _ in range(int(rng.integers(0, 4))):
            ask(accounts, rng)
        accounts.step(phase=str(rng.choice(PHASES)))
        if rng.random() < back:
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
            session = opened(rng, journal=path)
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
            MARKET, start=session.simulation.exchange.date(session.simulation.exchange.first),
            clock=session.settings.clock,
            cash=simulation.starting_equity / 100, account=KINDS[name]["account"],
        )  # fmt: skip
        do_alone(alone, simulation.timeline.branch)
        assert alone.digest() == accounts[name].digest()


@examples(20)
@given(seed=SEEDS)
def test_what_closes_is_let_through_under_water(seed: int) -> None:
    """Protects the way out of every account: at an open that trades all of it can be closed, whatever another owes."""
    rng = np.random.default_rng(seed)
    session = opened(rng)
    wander(session, rng)
    if not close_everything(session):
        return
    accounts, tickets = session.account.all, []
    for name in accounts:
        account = accounts[name]
        for order in list(account.open_orders.index):
            account.cancel(str(order))
        for (symbol, side), lots in account.tables.lots["quantity"].items():
            style = terms.to_return() if accounts.table.loc[name, "kind"] == "margin" else terms.to_close()
            most = -(-lots // 100) * 100 if symbol.endswith(".SH") else lots
            parts = [most] if most >= 100 else [10] * (most // 10) + [most % 10] * bool(most % 10)
            tickets += [account.order(symbol, -part if side == "long" else part, style) for part in parts]
        shares = account.simulation.account.positions
        tickets += [account.sell(account.market.symbols[column], held.quantity) for column, held in shares.items()]
    session.step(phase="OPEN")
    for ticket in tickets:
        assert ticket is None or ticket.status == "FILLED" or ticket.reason in {
            "LIMIT_UP", "LIMIT_DOWN", "EXPIRED_CONTRACT", "INSUFFICIENT_CASH", "SUSPENDED", "NOTHING_TO_CLOSE",
            "UNITS_LOCKED", "SAME_DAY_RETURN", "T_PLUS_ONE",
        }, ticket  # fmt: skip


def logs_of(session: qr.Session) -> list[str]:
    """The logs of all accounts, one after the other."""
    accounts = session.account.all
    return [line for name in accounts for line in log_of(accounts[name])]


@examples(15)
@given(seed=SEEDS)
def test_later_prices_change_nothing_before_them(seed: int) -> None:
    """Protects every account from the future, and what it was worth when another one was asked for something."""
    names = ("open", "high", "low", "close", "settlement", "open_interest", "volume")
    travel = partial(wander, steps=8, back=0)
    assert_blind_to_later_days(opened, travel, MARKET, seed, names, digits=4, log=logs_of)


@examples(15)
@given(seed=SEEDS)
def test_days_in_one_step_are_days_phase_by_phase(seed: int) -> None:
    """Protects the quick way over a day of several accounts: none of them passes what a phase would have done."""
    same_by_phases(
        opened, lambda session, rng: ask(session.account.all, rng), seed, 10,
        digest=lambda session: session.account.all.digest(),
    )  # fmt: skip


def do_alone(alone: qr.Session, branch: Branch) -> None:
    """Give a session the commands that brought a branch of another one, moment by moment."""
    kernel = alone.simulation
    for place, upto in enumerate(branch.counts):
        begin = branch.counts[place - 1] if place else len(kernel.timeline.branch.log)
        log = branch.log[begin:upto]
        asked = [(at - begin, command) for at, command in branch.commands if begin <= at < upto]
        draft = kernel.tried(lambda log=log, asked=asked: again(kernel.draft, kernel.exchange, log, asked))
        kernel.timeline.commit(draft, None, new_state=place > 0)
