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

from typing import TYPE_CHECKING

from qresearch.domain import events
from qresearch.domain.state import Position
from qresearch.engine import ledger
from qresearch.engine.reserves import reserved_cash

if TYPE_CHECKING:
    from qresearch.book.timeline import Branch
    from qresearch.dialects.joinquant.run import Run

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

    def copy(self) -> Books:
        """The same, to go on with."""
        found = Books(len(self.earned))
        found.held = [dict(held) for held in self.held]
        found.earned = list(self.earned)
        found.owner, found.seller = dict(self.owner), dict(self.seller)
        return found

    def fold(self, log: list[events.Event]) -> None:
        """Add some events."""
        for event in events.records(iter(log)):
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
        fees = event.fees.total
        held = self.held[number]
        if event.quantity > 0:
            self.earned[number] -= event.notional + fees
            held[column] = ledger.after_buy(held.get(column), event.at.day, event.quantity, event.notional + fees)
            return
        self.earned[number] += event.notional - fees
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


class SubAccounts:
    """The sub-accounts of a run, brought up to date only as far as someone looks.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._branch: Branch | None = None
        self._count = 0
        self._books = Books(1)

    @property
    def count(self) -> int:
        """How many there are; 1 without ``set_subportfolios``."""
        return len(self.types)

    @property
    def types(self) -> list[str]:
        """The type of each."""
        found: list[str] = self._run.state.get("subportfolios", {}).get("types", ["stock"])
        return found

    def granted(self, number: int) -> int:
        """Cash that a sub-account was given and that was moved to it, less what was moved away; money steps."""
        state = self._run.state.get("subportfolios")
        whole = self._run.session.simulation.starting_equity
        if state is None:
            return whole
        given: list[int] = state["steps"]
        return given[number] if number else whole - sum(given[1:])

    @property
    def books(self) -> Books:
        """What each holds as of now."""
        session, count = self._run.session, self.count
        timeline = session.simulation.timeline
        is_other = self._branch is not timeline.branch or self._count > timeline.count
        if is_other or len(self._books.held) != count:
            self._branch, self._count, self._books = timeline.branch, 0, Books(count)
        if self._count < timeline.count:
            self._books.fold(timeline.branch.log[self._count : timeline.count])
            self._count = timeline.count
        draft = session.simulation.draft
        if draft is None or not draft.events:
            return self._books
        found = self._books.copy()
        found.fold(draft.events)
        return found

    def cash(self, number: int) -> int:
        """Cash of a sub-account, money steps; the first one has what the others leave of the account."""
        earned = self.books.earned
        if number:
            return self.granted(number) + earned[number]
        others = sum(self.granted(other) + earned[other] for other in range(1, self.count))
        return self._run.account.cash - others

    def reserved(self, number: int) -> int:
        """Cash that working buys of a sub-account hold back, money steps."""
        account = self._run.account
        if not account.working:
            return 0
        held = reserved_cash(account, self._run.session.simulation.exchange)
        return sum(steps for order_id, steps in held.items() if self.owner_of(order_id) == number)

    def owner_of(self, order_id: int) -> int:
        """The sub-account of an order."""
        session = self._run.session
        record = session.simulation.order(session.simulation.timeline.branch, order_id)
        return 0 if record is None else number_of(record.terms.tag)

    def positions(self, number: int) -> dict[int, Position]:
        """Shares of a sub-account by column."""
        return self.books.held[number]
