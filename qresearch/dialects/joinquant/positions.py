"""Positions as a script sees them: always as of now, and safe to loop over while orders change them."""

from __future__ import annotations

import datetime as dt
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

import numpy as np

from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.subaccounts import number_of

if TYPE_CHECKING:
    from qresearch.domain import state


class Position:
    """Shares of one code, always as of now. A code that is not held gives zeros.

    Parameters
    ----------
    run : Run
    security : str
        In the platform's spelling.
    column : int or None
    """

    __slots__ = ("_column", "_run", "security")

    def __init__(self, run: Run, security: str, column: int | None) -> None:
        self._run, self.security, self._column = run, security, column

    @property
    def _held(self) -> state.Position | None:
        return None if self._column is None else self._run.account.positions.get(self._column)

    def _money(self, steps: float) -> float:
        return steps / self._run.market.venue.money.units

    def _working_sells(self) -> int:
        return -sum(
            order.leaves
            for order in self._run.account.working.values()
            if order.instrument == self._column and order.leaves < 0
        )

    @property
    def side(self) -> str:
        """Always "long"."""
        return "long"

    @property
    def pindex(self) -> int:
        """Number of the sub-account: 0."""
        return 0

    @property
    def price(self) -> float:
        """The last visible price, currency per share; 0 when there is none."""
        if self._column is None:
            return 0.0
        price = self._run.view.last_price(self._column)
        return 0.0 if np.isnan(price) else price

    @property
    def total_amount(self) -> int:
        """Shares held, less those that working sells hold back."""
        held = self._held
        return 0 if held is None else held.quantity - self.locked_amount

    @property
    def locked_amount(self) -> int:
        """Shares that working sells hold back."""
        return min(self._working_sells(), self._free()) if self._run.account.working else 0

    def _free(self) -> int:
        held = self._held
        if held is None or self._column is None:
            return 0
        same_day = self._run.session.simulation.exchange.same_day[self._column]
        return held.quantity if same_day else held.sellable(self._run.account.day)

    @property
    def closeable_amount(self) -> int:
        """Shares that may be sold now."""
        return self._free() - self.locked_amount

    sellable_amount = amount = closeable_amount

    @property
    def today_amount(self) -> int:
        """Shares bought today."""
        held = self._held
        return held.bought if held is not None and held.buy_day == self._run.account.day else 0

    @property
    def avg_cost(self) -> float:
        """Cost of a share, buying fees included; unchanged by sales."""
        held = self._held
        return 0.0 if held is None else self._money(held.cost / held.quantity)

    @property
    def acc_avg_cost(self) -> float:
        """Cost of a share with the gains and losses of earlier sales in it."""
        held = None if self._column is None else self._run.trades.of(self._column)
        return 0.0 if held is None else self._money(held.paid / held.quantity)

    @property
    def hold_cost(self) -> float:
        """The previous close, mixed with what was bought today, without fees."""
        held = None if self._column is None else self._run.trades.of(self._column)
        if held is None or self._column is None:
            return 0.0
        before = self._run.market.panel.pre_close[self._run.day, self._column] if held.started else 0.0
        shares = held.started + held.today_quantity
        return (held.started * before + self._money(held.today_cost)) / shares if shares else 0.0

    @property
    def value(self) -> float:
        """Price times total_amount."""
        return self.price * self.total_amount

    @property
    def init_time(self) -> dt.datetime | None:
        """When the position was opened."""
        held = None if self._column is None else self._run.trades.of(self._column)
        return None if held is None else self._run.moment(*held.opened)

    @property
    def transact_time(self) -> dt.datetime | None:
        """When it was last traded."""
        held = None if self._column is None else self._run.trades.of(self._column)
        return None if held is None else self._run.moment(*held.last)

    @property
    def margin(self) -> float:
        """Shares bind no margin: 0."""
        return 0.0

    last_sale_price = price

    def __repr__(self) -> str:
        return (
            f"Position(security={self.security}, total_amount={self.total_amount}, closeable_amount="
            f"{self.closeable_amount}, avg_cost={self.avg_cost:.4f}, price={self.price:.4f}, value={self.value:.2f})"
        )


class OwnPosition(Position):
    """Shares of one code that one of several sub-accounts holds.

    What is counted by trades (``acc_avg_cost``, ``hold_cost`` and the times) is that of the code in the whole account.

    Parameters
    ----------
    run : Run
    security : str
    column : int or None
    pindex : int
    """

    __slots__ = ("_number",)

    def __init__(self, run: Run, security: str, column: int | None, pindex: int) -> None:
        super().__init__(run, security, column)
        self._number = pindex

    @property
    def _held(self) -> state.Position | None:
        return None if self._column is None else self._run.subaccounts.positions(self._number).get(self._column)

    def _working_sells(self) -> int:
        return -sum(
            order.leaves
            for order in self._run.account.working.values()
            if order.instrument == self._column and order.leaves < 0 and number_of(order.terms.tag) == self._number
        )

    @property
    def pindex(self) -> int:
        """Number of the sub-account."""
        return self._number


class Positions(Mapping[str, Position]):
    """Positions by code, in any spelling. Looping goes over what was held when the loop began.

    A code that is not held gives an empty position, with a notice.

    Parameters
    ----------
    run : Run
    """

    __slots__ = ("_known", "_run", "_warned")

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[str, Position] = {}
        self._warned: set[int] = set()

    def _position(self, code: str, column: int | None) -> Position:
        found = self._known.get(code)
        if found is None:
            found = self._known[code] = self._made(code, column)
        return found

    def _made(self, code: str, column: int | None) -> Position:
        return Position(self._run, code, column)

    @property
    def _held(self) -> Mapping[int, state.Position]:
        return self._run.account.positions

    def __getitem__(self, code: str) -> Position:
        run = self._run
        column = run.bars.column(code)
        if column is None:
            run.tell(f"positions[{code!r}]: no such instrument in this market; an empty position was given.", "order")
            return Position(run, str(code), None)
        if column not in self._held:
            run.tell("positions[...] was asked for codes that were not held: empty positions were given.", "message")
            if column not in self._warned:
                self._warned.add(column)
                run.log("WARNING", f"positions[{run.code(column)!r}]: nothing is held; an empty position was given.")
        return self._position(run.code(column), column)

    def get(self, code: str, default: Any = None) -> Any:
        """The position of a code, or `default` when it is not held."""
        held = code in self
        return self[code] if held else default

    def __contains__(self, code: object) -> bool:
        column = self._run.bars.column(code)
        return column is not None and column in self._held

    def __iter__(self) -> Iterator[str]:
        return iter([self._run.code(column) for column in self._held])

    def __len__(self) -> int:
        return len(self._held)

    def keys(self) -> KeysView[str]:
        """The codes held now."""
        return self._frozen().keys()

    def values(self) -> ValuesView[Position]:
        """The positions held now."""
        return self._frozen().values()

    def items(self) -> ItemsView[str, Position]:
        """Codes and positions held now."""
        return self._frozen().items()

    def _frozen(self) -> dict[str, Position]:
        return {code: self._position(code, column) for column in self._held for code in (self._run.code(column),)}

    def __repr__(self) -> str:
        return repr(self._frozen())


class OwnPositions(Positions):
    """What one of several sub-accounts holds.

    Parameters
    ----------
    run : Run
    number : int
    """

    __slots__ = ("_number",)

    def __init__(self, run: Run, number: int) -> None:
        super().__init__(run)
        self._number = number

    def _made(self, code: str, column: int | None) -> Position:
        return OwnPosition(self._run, code, column, self._number)

    @property
    def _held(self) -> Mapping[int, state.Position]:
        return self._run.subaccounts.positions(self._number)


class NoPositions(dict[str, Position]):
    """Short positions: a stock account holds none.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __missing__(self, code: str) -> Position:
        return Position(self._run, code, None)
