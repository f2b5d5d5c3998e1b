"""Positions as a script sees them: always as of now, and safe to loop over while orders change them."""

from __future__ import annotations

import datetime as dt
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

import numpy as np

from qresearch.domain.attributes import told_names

if TYPE_CHECKING:
    from qresearch.dialects.script.account import Account
    from qresearch.dialects.script.average_cost import Trades
    from qresearch.dialects.script.run import Run
    from qresearch.domain import state


@told_names()
class Position:
    """Shares of one code, always as of now. A code that is not held gives zeros.

    What is counted by trades (``acc_avg_cost``, ``hold_cost`` and the times) is that of the code in the whole account.

    Parameters
    ----------
    run : Run
    account : Account
    security : str
        In the platform's spelling.
    column : int or None
    """

    __slots__ = ("_account", "_column", "_run", "security")

    def __init__(self, run: Run, account: Account, security: str, column: int | None) -> None:
        self._run, self._account, self.security, self._column = run, account, security, column

    @property
    def _held(self) -> state.Position | None:
        return None if self._column is None else self._account.positions.get(self._column)

    @property
    def _trades(self) -> Trades | None:
        found = None if self._column is None else self._run.costs.now().get(self._column)
        return None if found is None else found.on(self._run.host.account.day)

    def _money(self, steps: float) -> float:
        return steps / self._run.host.market.venue.money.units

    @property
    def side(self) -> str:
        """Always "long"."""
        return "long"

    @property
    def pindex(self) -> int:
        """Number of the sub-account."""
        return self._account.number

    @property
    def price(self) -> float:
        """The last visible price, currency per share; 0 when there is none."""
        if self._column is None:
            return 0.0
        price = self._run.host.view.last_price(self._column)
        return 0.0 if np.isnan(price) else price

    @property
    def total_amount(self) -> int:
        """Shares held, less those that working sells hold back."""
        held = self._held
        return 0 if held is None else held.quantity - self.locked_amount

    @property
    def locked_amount(self) -> int:
        """Shares that working sells hold back."""
        host = self._run.host
        return min(self._account.offered(self._column), self._free()) if host.account.working else 0

    def _free(self) -> int:
        held = self._held
        if held is None or self._column is None:
            return 0
        host = self._run.host
        return held.quantity if host.exchange.same_day[self._column] else held.sellable(host.account.day)

    @property
    def closeable_amount(self) -> int:
        """Shares that may be sold now."""
        return self._free() - self.locked_amount

    sellable_amount = amount = closeable_amount

    @property
    def today_amount(self) -> int:
        """Shares bought today."""
        held = self._held
        return held.bought if held is not None and held.buy_day == self._run.host.account.day else 0

    @property
    def avg_cost(self) -> float:
        """Cost of a share, buying fees included; unchanged by sales."""
        held = self._held
        return 0.0 if held is None else self._money(held.cost / held.quantity)

    @property
    def acc_avg_cost(self) -> float:
        """Cost of a share with the gains and losses of earlier sales in it."""
        held = self._trades
        return 0.0 if held is None else self._money(held.paid / held.quantity)

    @property
    def hold_cost(self) -> float:
        """The previous close, mixed with what was bought today, without fees."""
        held = self._trades
        if held is None or self._column is None:
            return 0.0
        before = self._run.host.market.panel.pre_close[self._run.host.day, self._column] if held.started else 0.0
        shares = held.started + held.today_quantity
        return (held.started * before + self._money(held.today_cost)) / shares if shares else 0.0

    @property
    def value(self) -> float:
        """Price times total_amount."""
        return self.price * self.total_amount

    @property
    def init_time(self) -> dt.datetime | None:
        """When the position was opened."""
        held = self._trades
        return None if held is None else self._run.host.time_of(*held.opened)

    @property
    def transact_time(self) -> dt.datetime | None:
        """When it was last traded."""
        held = self._trades
        return None if held is None else self._run.host.time_of(*held.last)

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


class Positions(Mapping[str, Position]):
    """Positions by code, in any spelling. Looping goes over what was held when the loop began.

    A code that is not held gives an empty position, with a notice.

    Parameters
    ----------
    run : Run
    account : Account
    """

    __slots__ = ("_account", "_known", "_run")

    def __init__(self, run: Run, account: Account) -> None:
        self._run, self._account = run, account
        self._known: dict[str, Position] = {}

    def _position(self, code: str, column: int | None) -> Position:
        found = self._known.get(code)
        if found is None:
            found = self._known[code] = Position(self._run, self._account, code, column)
        return found

    def __getitem__(self, code: str) -> Position:
        host, platform = self._run.host, self._run.platform
        column = platform.bars.column(code)
        if column is None:
            host.tell(f"positions[{code!r}]: no such instrument in this market; an empty position was given.", "order")
            return Position(self._run, self._account, str(code), None)
        name = platform.code(column)
        if column not in self._account.positions:
            host.tell("positions[...] was asked for codes that were not held: empty positions were given.", "message")
            # The lines of the log are events: what was written before goes back, and is resumed, with them.
            warned = self._run.state.setdefault("unheld", set())
            if column not in warned:
                warned.add(column)
                host.log_line("WARNING", f"positions[{name!r}]: nothing is held; an empty position was given.")
        return self._position(name, column)

    def get(self, code: str, default: Any = None) -> Any:
        """The position of a code, or `default` when it is not held."""
        held = code in self
        return self[code] if held else default

    def __contains__(self, code: object) -> bool:
        column = self._run.platform.bars.column(code)
        return column is not None and column in self._account.positions

    def __iter__(self) -> Iterator[str]:
        return iter([self._run.platform.code(column) for column in self._account.positions])

    def __len__(self) -> int:
        return len(self._account.positions)

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
        named = [(self._run.platform.code(column), column) for column in self._account.positions]
        return {code: self._position(code, column) for code, column in named}

    def __repr__(self) -> str:
        return repr(self._frozen())


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
        return Position(self._run, self._run.account, code, None)
