"""Several accounts over one market: cash, futures, margin trading, options and bonds, and money that goes between them.

The session itself is the first account and leads; the others stand beside it and move as it does. What they are asked
for is kept in its log, so that going back, branches, the journal and its digest are of all of them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from qresearch.book import frames
from qresearch.book.history import AccountHistory
from qresearch.book.html import number as number_html
from qresearch.book.html import table as table_html
from qresearch.domain import events
from qresearch.domain.arguments import number, text
from qresearch.domain.calls import told_calls
from qresearch.domain.commands import PayIn, Tell
from qresearch.engine.accounts.kinds import ACCOUNTS
from qresearch.engine.updates import why_it_stays
from qresearch.errors import UsageError, close_matches, did_you_mean, shown
from qresearch.sentences import ENGLISH, Said
from qresearch.session.encoding import to_json
from qresearch.session.following import Follower
from qresearch.session.now import Now, moment_of
from qresearch.session.opening import opened_beside, rules_beside
from qresearch.session.options import starting_cash
from qresearch.session.plain import plain_options
from qresearch.session.port import AnySession
from qresearch.session.rules import Rules

if TYPE_CHECKING:
    from pathlib import Path

    from qresearch.book.benchmark import BenchmarkLike

_FIGURES = ("cash", "available", "margin", "risk_degree", "market_value", "equity", "profit")


@told_calls
class Accounts:
    """The accounts of a session by name; the first one is the session itself.

    Each is a session: it trades, shows its orders and positions, explains, previews, draws and reports. Its clock,
    strategy, memory, branches and journal are those of the first one, so that a step of any of them is a step of all.

    Parameters
    ----------
    lead : AnySession
    beside : callable
        Makes the session of an account that follows.
    report : callable
        Makes the report of all.
    options : mapping
        With which the first one was opened.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_futures(), start="2023-06-01", cash=500_000)
    >>> accounts = session.account.all
    >>> futures = accounts.open("futures", account="futures", cash=100_000)
    >>> ticket = futures.buy("QT2307", 1)
    >>> accounts.transfer("cash_shares", "futures", 50_000)
    True
    >>> accounts.step().table["equity"].round(-3).to_dict()
    {'cash_shares': 450000.0, 'futures': 151000.0}
    >>> futures.positions["quantity"].to_dict()
    {'QT2307': 1}
    """

    def __init__(
        self, lead: AnySession, beside: Callable[[Follower], AnySession], report: Callable[..., object],
        options: dict[str, Any],
    ) -> None:  # fmt: skip
        self._lead, self._beside, self._report, self._options = lead, beside, report, options
        self._made: dict[tuple[str, str], AnySession] = {}
        self._own: dict[tuple[str, str], Rules] = {}

    # ------------------------------------------------------------------ which there are

    def open(self, name: str, *, cash: float = 0.0, rules: Rules | None = None, **options: Any) -> AnySession:
        """Open an account beside the others, before the first day; its money comes from outside.

        Called again with the same options it gives the account that there is: so a model of your own is handed in
        after a resume, which a journal holds by its name only.

        Parameters
        ----------
        name : str
        cash : float, currency
            What it begins with; :meth:`transfer` moves money from another one.
        rules : Rules, optional
        **options
            Of :class:`~qresearch.session.rules.Rules`, such as ``account="futures"``; the clock is that of the first
            account unless it is given.

        Returns
        -------
        Session
            The account.

        Raises
        ------
        UsageError
            The first day has begun; the name is taken; an option that is none.
        """
        found = rules_beside(self._options["clock"], rules, options)
        simulation = self._lead.simulation
        is_ours = type(found.account) in map(type, ACCOUNTS.values())
        held = {**found.options(), "cash": starting_cash(self._lead.market, cash), "is_ours": is_ours}
        key = text("accounts.open: name", name, "futures"), to_json(plain_options(held))
        self._own[key] = found
        if self._opened().get(name) == key[1]:
            return self[name]
        if name in self.names:
            raise UsageError(f"accounts.open: {name!r} is taken. Choose another name; there are {_listed(self.names)}.")
        if simulation.account.day >= simulation.exchange.first:
            raise UsageError(
                f"accounts.open: {name!r} must be opened before the first day, and the session stands at "
                f"{ENGLISH.tell(moment_of(simulation))}. Open it right after the session, in initialize(), or go back "
                "to the beginning: session.goto(0)."
            )
        simulation.do(Tell((events.AccountAdded(simulation.account.at, *key),)))
        return self[name]

    def _opened(self) -> dict[str, str]:
        """Options of each account beside the first one, by name, on the present branch."""
        simulation = self._lead.simulation
        branch, draft = simulation.timeline.branch, simulation.draft
        log = branch.log[: branch.counts[0]]
        if draft is not None and draft.day < simulation.exchange.first:
            log = [*log, *draft.events]
        return {event.account: event.options for event in log if isinstance(event, events.AccountAdded)}

    @property
    def names(self) -> list[str]:
        """Names of the accounts, that of the first one, its kind, before the others."""
        return [self._lead.simulation.exchange.account.name, *self._opened()]

    def __getitem__(self, name: str) -> AnySession:
        known = name if isinstance(name, str) else ""
        if known == self._lead.simulation.exchange.account.name:
            return self._lead
        options = self._opened().get(known)
        if options is None:
            near = did_you_mean(close_matches(known, self.names))
            raise UsageError(
                f"There is no account {shown(name)}. {near}There are {_listed(self.names)}; another one is opened with "
                "accounts.open('futures', account='futures')."
            )
        found = self._made.get((name, options))
        if found is None:
            rules = self._own.get((name, options))
            opened = opened_beside(self._lead.simulation, name, options, rules, keep_every=self._options["keep_every"])
            found = self._made[name, options] = self._beside(opened)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    # ------------------------------------------------------------------ money

    def transfer(self, source: str, target: str, amount: float) -> bool:
        """Move money from one account to another, at once; out of one and into the other, or not at all.

        Parameters
        ----------
        source, target : str
            Names of accounts.
        amount : float, currency

        Returns
        -------
        bool
            False when it was refused: more than may leave the account. The reason stands in :attr:`transfers`.

        Raises
        ------
        UsageError
            No such account, the same one twice, or no amount above 0.
        """
        leaves, comes = self[source].simulation, self[target].simulation
        if leaves is comes:
            raise UsageError(f"transfer: source and target are both {source!r}. Name two of {_listed(self.names)}.")
        lead = self._lead.simulation
        steps = lead.exchange.money.some("transfer: amount", number("transfer: amount", amount, 10_000))
        reason, facts = why_it_stays(leaves.account, leaves.exchange, steps) or (None, {})
        told = events.Transferred(lead.account.at, source, target, steps, reason, facts)

        def act() -> None:
            if reason is None and lead in {leaves, comes}:
                lead.do(PayIn(steps if lead is comes else -steps))
            lead.do(Tell((told,)))

        if lead.draft is not None:
            act()
        else:
            # Both sides in one draft: a journal has all of it or nothing.
            lead.keeper.keep_command(lead.tried(act))
        if reason is not None:
            self._lead.message = self._lead.words.tell(Said(reason, **facts))
        return reason is None

    def pay_in(self, name: str, amount: float) -> None:
        """Pay money from outside into an account, or out of it with a negative amount.

        Parameters
        ----------
        name : str
        amount : float, currency

        Raises
        ------
        UsageError
            No such account, or more is to go out than may.
        """
        self[name].account.pay_in(amount)

    @property
    def transfers(self) -> pd.DataFrame:
        """Every transfer that was asked for, in order.

        `day` and `phase`, `source` and `target`, `amount` in the currency, whether it was `moved`; `reason` and `why`
        say what refused it.
        """
        simulation = self._lead.simulation
        return frames.transfers_frame(simulation.exchange, simulation.log, self._lead.words)

    # ------------------------------------------------------------------ moving all of them

    def step(self, n: int = 1, *, phase: str | None = None) -> Accounts:
        """Step all accounts; see :meth:`Session.step`."""
        self._lead.step(n, phase=phase)
        return self

    def run(self, until: object = None, *, progress: bool = True) -> Accounts:
        """Run all accounts; see :meth:`Session.run`."""
        self._lead.run(until, progress=progress)
        return self

    def back(self, n: int = 1) -> Accounts:
        """Go back with all accounts; see :meth:`Session.back`."""
        self._lead.back(n)
        return self

    def goto(self, where: object = None) -> Accounts:
        """Go to a kept moment with all accounts; see :meth:`Session.goto`."""
        self._lead.goto(where)
        return self

    def branch(self, name: str) -> Accounts:
        """Open a branch of all accounts; see :meth:`Session.branch`."""
        self._lead.branch(name)
        return self

    @property
    def now(self) -> Now:
        """Where all of them stand."""
        return self._lead.now

    # ------------------------------------------------------------------ looking

    def _stacked(self, table: str) -> pd.DataFrame:
        """A table of every account, one below the other."""
        parts = []
        for name in self.names:
            part = pd.DataFrame(getattr(self[name], table))
            part.insert(0, "account", pd.Series(name, index=part.index, dtype="str"))
            parts.append(part)
        filled = [part for part in parts if len(part)]
        return pd.concat(filled) if filled else parts[0]

    @property
    def orders(self) -> pd.DataFrame:
        """The orders of all accounts, with a column `account`; ids count in each account by itself."""
        return self._stacked("orders")

    @property
    def fills(self) -> pd.DataFrame:
        """The executions of all accounts, with a column `account`."""
        return self._stacked("fills")

    @property
    def positions(self) -> pd.DataFrame:
        """What is held in all accounts, with a column `account`; weights are of the account itself."""
        return self._stacked("positions")

    @property
    def table(self) -> pd.DataFrame:
        """One row per account: its kind, its money in the currency, `risk_degree`, and `flows` in and out of it."""
        rows = []
        for name in self.names:
            portfolio, simulation = self[name].portfolio, self[name].simulation
            flows = simulation.exchange.money.amount(simulation.account.ledger.flows)
            kind = simulation.exchange.account.name
            rows.append((kind, *(getattr(portfolio, figure) for figure in _FIGURES), flows))
        index = pd.Index(self.names, name="account", dtype="str")
        return pd.DataFrame(rows, columns=["kind", *_FIGURES, "flows"], index=index).astype({"kind": "str"})

    @property
    def equity(self) -> pd.DataFrame:
        """Equity at every close so far, by trading day: a column per account, and their sum as `total`."""
        frame = pd.concat({name: self[name].equity for name in self.names}, axis=1)
        frame["total"] = frame.sum(axis=1)
        return frame

    @property
    def total(self) -> float:
        """Equity of all accounts now, in the currency."""
        return float(sum(self[name].portfolio.equity for name in self.names))

    @property
    def profit(self) -> float:
        """Profit of all accounts since the beginning, in the currency: what moves between them is none."""
        return float(sum(self[name].portfolio.profit for name in self.names))

    @property
    def returns(self) -> pd.Series[float]:
        """Daily returns of all accounts together, by trading day.

        What was paid in or out from outside on a day counts as if it had moved at its close.
        """
        histories = [AccountHistory.of(self[name].simulation) for name in self.names]
        first = histories[0]
        equity = pd.Series(sum(run.equity_steps for run in histories), index=first.days, dtype="float64")
        flows = pd.Series(sum(run.flows for run in histories), index=first.days, dtype="float64")
        starting = float(sum(run.starting for run in histories))
        before = equity.shift(1, fill_value=starting)
        earned = equity - before - (flows - flows.shift(1, fill_value=0.0))
        found = (earned / before.where(before > 0)).fillna(0.0)
        return found.rename("total")

    def digest(self) -> str:
        """SHA-256 over the digests of all accounts: two runs with one digest did the same in each of them."""
        total = hashlib.sha256()
        for name in self.names:
            total.update(f"{name}|{self[name].digest()}\n".encode("utf-8", "surrogatepass"))
        return total.hexdigest()

    def report(
        self, html: str | Path | None = None, *, benchmark: BenchmarkLike | pd.Series[float] = None,
        title: str | None = None,
    ) -> Any:  # fmt: skip
        """What all accounts came to: figures of each and of their sum, and the tear-sheet page of the sum.

        Parameters
        ----------
        html : path, optional
            Write the page here.
        benchmark : Series of closes, symbol, Benchmark or False, optional
        title : str, optional

        Returns
        -------
        Report
            Shows itself in a notebook.
        """
        return self._report(self, html, benchmark, title)

    def __repr__(self) -> str:
        words, figures = self._lead.words, self.table["equity"]
        held = ", ".join(f"{name} {equity:,.2f}" for name, equity in figures.items())
        total, moment = f"{figures.sum():,.2f}", moment_of(self._lead.simulation)
        return words.tell(Said("accounts_are", held=held, total=total, moment=moment))

    def _repr_html_(self) -> str:
        words, frame = self._lead.words, self.table
        heads = (words("account"), words("account_kind"), *(f"{words(figure).capitalize()}>" for figure in _FIGURES))
        rows = [(escape(str(name)), escape(str(row["kind"])), *_cells(row)) for name, row in frame.iterrows()]
        if len(rows) > 1:
            total = {**frame[[*_FIGURES]].sum().to_dict(), "risk_degree": 0.0}  # of each account, never of all
            rows.append((f"<b>{words('all_shown')}</b>", "", *_cells(total)))
        moment = escape(words.tell(moment_of(self._lead.simulation)))
        return f"<div><b>{moment}</b></div>{table_html(heads, rows)}"


def _cells(figures: Any) -> list[str]:
    """The figures of a row by name; the risk in percent, and a dash where nothing is bound."""
    risk = f"{figures['risk_degree']:.1%}" if figures["risk_degree"] > 0 else "–"
    return [risk if figure == "risk_degree" else number_html(figures[figure]) for figure in _FIGURES]


def _listed(names: list[str]) -> str:
    return ", ".join(names)
