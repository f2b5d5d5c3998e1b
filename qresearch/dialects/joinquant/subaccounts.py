"""The sub-accounts of a script: what each of several holds of the one account, folded from the fills of its orders.

An order carries the number of its sub-account as its tag, so that events alone tell to whom a fill belongs: going back,
branches and journals need nothing more. Numbers from 1 on own what their orders brought; the first sub-account owns all
the rest, so that they always add up to the account.

Assumptions
-----------
What a code pays or issues is divided by the shares held, down to the money step and to whole shares; the remainder goes
to the first sub-account. T+1 is counted for the code in the whole account, and then for each sub-account by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from qresearch.book.projection import Projection
from qresearch.dialects.joinquant.futures import FuturesPortfolio
from qresearch.dialects.joinquant.kinds import Kinds
from qresearch.dialects.joinquant.margin_account import MarginPortfolio
from qresearch.dialects.script.account import Account
from qresearch.dialects.script.portfolio import Portfolio
from qresearch.domain import events
from qresearch.domain.state import Position
from qresearch.engine import ledger

if TYPE_CHECKING:
    from qresearch.dialects.script.run import Run

_TAG = "pindex "


def tag_of(number: int) -> str:
    """The tag of an order of a sub-account; none for the first.

    >>> tag_of(2), number_of(tag_of(2)), tag_of(0), number_of("")
    ('pindex 2', 2, '', 0)
    """
    return f"{_TAG}{number}" if number else ""


def number_of(tag: str) -> int:
    """The sub-account of an order with a tag."""
    return int(tag.removeprefix(_TAG)) if tag.startswith(_TAG) else 0


class Books:
    """What each sub-account holds, and what its orders brought in cash.

    Parameters
    ----------
    count : int
        Number of sub-accounts.
    """

    def __init__(self, count: int) -> None:
        self.held: list[dict[int, Position]] = [{} for _ in range(count)]
        self.earned = [0] * count
        """Money steps that fills and corporate actions brought, less what they took."""
        self.owner: dict[int, int] = {}
        self.seller: dict[int, int] = {}
        """Sub-account of the last sale of each column: it owes the tax that follows."""

    def fork(self) -> Books:
        """The same, to go on with."""
        found = Books(len(self.earned))
        found.held = [dict(held) for held in self.held]
        found.earned = list(self.earned)
        found.owner, found.seller = dict(self.owner), dict(self.seller)
        return found

    def fold(self, event: events.Record) -> None:
        """Add an event."""
        match event:
            case events.OrderCreated(order_id=order_id, terms=terms) if terms.tag:
                self.owner[order_id] = min(number_of(terms.tag), len(self.held) - 1)
            case events.OrderFilled():
                self._fill(event)
            case events.PositionSeeded(instrument=column, quantity=quantity, cost=cost):
                self.held[0][column] = Position(quantity, cost, event.at.day - 1, 0)
            case events.DividendPaid(instrument=column, amount=amount, tax=tax):
                self._divide(column, amount - tax)
            case events.DividendTaxed(instrument=column, tax=tax):
                self.earned[self.seller.get(column, 0)] -= tax
            case events.SharesIssued(instrument=column, received=received):
                self._issue(column, received, 0, event.at.day)
            case events.RightsSubscribed(instrument=column, received=received, paid=paid):
                self._issue(column, received, paid, event.at.day)
            case events.PositionClosed(instrument=column, amount=amount):
                self._divide(column, amount)
                for held in self.held:
                    held.pop(column, None)
            case _:
                pass

    def _fill(self, event: events.OrderFilled) -> None:
        number, column = self.owner.get(event.order_id, 0), event.instrument
        held = self.held[number]
        self.earned[number] += event.net
        if event.quantity > 0:
            held[column] = ledger.after_buy(held.get(column), event.at.day, event.quantity, -event.net)
            return
        self.seller[column] = number
        known = held.get(column)
        if known is not None and known.quantity + event.quantity > 0:
            held[column], _ = ledger.after_sale(known, -event.quantity)
        else:
            held.pop(column, None)

    def _parts(self, column: int, total: int) -> list[int]:
        """A whole divided by the shares held; the remainder belongs to the first."""
        shares = [held[column].quantity if column in held else 0 for held in self.held]
        every = sum(shares)
        found = [total * own // every if every else 0 for own in shares]
        found[0] += total - sum(found)
        return found

    def _divide(self, column: int, amount: int) -> None:
        for number, part in enumerate(self._parts(column, amount)):
            self.earned[number] += part

    def _issue(self, column: int, received: int, paid: int, day: int) -> None:
        costs = self._parts(column, paid)
        for number, part in enumerate(self._parts(column, received)):
            self.earned[number] -= costs[number]
            held = self.held[number].get(column)
            if held is None and not part:
                continue
            old = held or Position(0, 0, day - 1, 0)
            quantity = old.quantity + part
            if quantity > 0:
                self.held[number][column] = old._replace(quantity=quantity, cost=old.cost + costs[number])
            else:
                self.held[number].pop(column, None)


class SubAccount(Account):
    """One of the sub-accounts of a run; the first one has what the others leave of the account.

    Parameters
    ----------
    accounts : SubAccounts
    number : int
    """

    value_before = None
    """No closes of it are kept."""

    def __init__(self, accounts: SubAccounts, number: int) -> None:
        super().__init__(accounts.host, number)
        self._accounts = accounts

    @property
    def positions(self) -> Mapping[int, Position]:
        """Shares by instrument."""
        return self._accounts.books.held[self.number]

    @property
    def granted(self) -> int:
        """What it was given, and what was moved to it since."""
        given = self._accounts.given
        return given[self.number] if self.number else self._host.starting_equity - sum(given[1:])

    @property
    def cash(self) -> int:
        """All its money."""
        if self.number:
            return self.granted + self._accounts.books.earned[self.number]
        others = [other for other in self._accounts.all[1:] if isinstance(other, SubAccount)]
        return self._host.account.cash - sum(other.cash for other in others)

    def owns(self, order_id: int) -> bool:
        """True when an order carries its number."""
        return self.number == self._accounts.books.owner.get(order_id, 0)


class SubAccounts:
    """The sub-accounts of a run.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run, self.host, self.kinds = run, run.host, Kinds(run)
        self._divided, self._books = 0, self._projection(0)

    def _projection(self, count: int) -> Projection[Books]:
        return self.host.projection(partial(Books, count))

    @property
    def given(self) -> list[int]:
        """Money steps that each was given and that were moved to it since; empty without ``set_subportfolios``."""
        found: list[int] = self._run.state.get("subportfolios", [])
        return found

    @property
    def all(self) -> Sequence[Account]:
        """Each of them; the whole account when it was not divided."""
        count, types = len(self.given), self.kinds.types
        if count < 2 and set(types) <= {"stock"}:
            return [self._run.account]
        return [
            SubAccount(self, number) if kind == "stock" else self.kinds.run_of(number).account
            for number, kind in enumerate(types)
        ]

    @property
    def are_several(self) -> bool:
        """True where the first account is divided among several of shares."""
        return self.kinds.types.count("stock") > 1

    def portfolios(self) -> list[Portfolio]:
        """Each of them as a script sees it."""
        found = []
        for number, account in enumerate(self.all):
            kind, run = self.kinds.type_of(number), self.kinds.run_of(number)
            if kind == "stock":
                found.append(Portfolio(run, account))
            else:
                found.append(MarginPortfolio(run) if kind == "stock_margin" else FuturesPortfolio(run, kind))
        return found

    @property
    def books(self) -> Books:
        """What each holds as of now."""
        count = len(self.given)
        if self._divided != count:
            self._divided, self._books = count, self._projection(count)
        return self._books.now()
