"""How a JoinQuant script divides its cash among sub-accounts, and moves money between them and from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qresearch.dialects.joinquant.futures import Futures
from qresearch.dialects.joinquant.kinds import TYPES
from qresearch.dialects.joinquant.subaccounts import SubAccounts
from qresearch.dialects.script.context import Context
from qresearch.dialects.script.old_calls import single
from qresearch.dialects.script.portfolio import Portfolio
from qresearch.dialects.script.run import Run
from qresearch.domain.arguments import number
from qresearch.domain.commands import PayIn
from qresearch.errors import NotSupported, UsageError, close_matches, did_you_mean


@dataclass
class SubPortfolioConfig:
    """A sub-account: its cash and its type, "stock", "index_futures", "futures" or "stock_margin"."""

    cash: float = 0.0
    type: str = "stock"


class Division:
    """The functions of a script that divide money.

    Parameters
    ----------
    run : Run
    subaccounts : SubAccounts
    futures : Futures
    """

    def __init__(self, run: Run, subaccounts: SubAccounts, futures: Futures) -> None:
        self._run, self._subaccounts, self._futures = run, subaccounts, futures

    def set_subportfolios(self, configs: list[SubPortfolioConfig]) -> None:
        """Divide the cash among sub-accounts; ``order(..., pindex=k)`` trades with that of one of them, and no more.

        What the account has beyond the sum belongs to the first one of shares.

        Raises
        ------
        NotSupported
            A type that is none of the platform's.
        UsageError
            The sum is more than the account has; the first day has begun, and one is of another kind than shares.
        """
        run, kinds = self._run, self._subaccounts.kinds
        types = [str(item.type) for item in configs] or ["stock"]
        unknown = sorted(set(types) - set(TYPES))
        if unknown:
            near = did_you_mean(close_matches(unknown[0], TYPES))
            raise NotSupported(
                f"set_subportfolios: type {unknown[0]!r} is not supported. {near}There are {', '.join(TYPES)}."
            )
        if kinds.runs():
            raise UsageError("set_subportfolios: the accounts of other kinds are open already. Call it once.")
        money = run.host.market.venue.money
        steps = [money.money("set_subportfolios", float(item.cash)) for item in configs]
        whole = run.host.starting_equity
        if sum(steps) > whole:
            raise UsageError(
                f"set_subportfolios divides {money.text(sum(steps))}, but the account has {money.text(whole)}. "
                "Divide what context.portfolio.starting_cash says, or pass more as cash=."
            )
        if sum(steps) < whole:
            run.host.tell("set_subportfolios divided less than the cash: the rest belongs to the first sub-account.")
        run.state["subtypes"] = types
        held: list[int] = [*steps] or [whole]
        run.state["subportfolios"] = [part if kind == "stock" else 0 for part, kind in zip(held, types, strict=True)]
        for place, kind in enumerate(types):
            if kind != "stock":
                kinds.open(place, kind, float(money.amount(held[place])))
        self._futures.begin()

    def transfer_cash(self, from_pindex: int, to_pindex: int, cash: float) -> None:
        """Move cash from one sub-account to another; more than it can spend is not moved, with a notice."""
        run, accounts, kinds = self._run, self._subaccounts.all, self._subaccounts.kinds
        held, count = run.state.get("subportfolios"), len(accounts)
        if not (0 <= from_pindex < count and 0 <= to_pindex < count):
            raise UsageError(
                f"transfer_cash: there are {count} sub-accounts, counted from 0. Pass numbers below {count}."
            )
        if held is None or from_pindex == to_pindex:
            return
        steps = run.host.market.venue.money.money("transfer_cash", float(cash))
        leaves_shares = kinds.type_of(from_pindex) == "stock"
        free = accounts[from_pindex].cash - accounts[from_pindex].reserved
        is_covered = steps >= 0 and (steps <= free or not leaves_shares)
        if is_covered and steps and {kinds.type_of(from_pindex), kinds.type_of(to_pindex)} != {"stock"}:
            is_covered = kinds.transfer(from_pindex, to_pindex, float(cash))
        if not is_covered:
            run.host.tell("transfer_cash asked for more than the sub-account can spend: nothing was moved.", "order")
            return
        moved = list(held)
        for place, sign in ((from_pindex, -1), (to_pindex, 1)):
            if kinds.type_of(place) == "stock":
                moved[place] += sign * steps
        run.state["subportfolios"] = moved

    def inout_cash(self, cash: float, pindex: int = 0) -> None:
        """Pay cash in (positive) or out (negative), of a sub-account; more than it can spend is not paid out.

        Returns count by time: cash that is paid in is no profit.
        """
        run, accounts = self._run, self._subaccounts.all
        if pindex not in range(len(accounts)):
            raise UsageError(f"inout_cash: there are {len(accounts)} sub-accounts, counted from 0; pindex={pindex!r}.")
        money, account = run.host.market.venue.money, accounts[pindex]
        amount = float(number("inout_cash: cash", single(cash), 10_000))
        steps = money.money("inout_cash", abs(amount))
        other = self._subaccounts.kinds.run_of(pindex).host
        free = other.others.free_to_leave() if other.others.is_beside else account.cash - account.reserved
        if amount < 0 and steps > free:
            run.host.tell("inout_cash asked for more than can be spent: nothing was paid out.", "order")
            return
        other.do(PayIn(steps if amount > 0 else -steps))
        held = run.state.get("subportfolios")
        if held is not None and not other.others.is_beside:
            run.state["subportfolios"] = [
                given + (steps if amount > 0 else -steps) * (place == pindex) for place, given in enumerate(held)
            ]


_SUMS = (
    "total_value", "portfolio_value", "net_value", "available_cash", "cash", "locked_cash", "transferable_cash",
    "available_margin", "positions_value", "market_value", "margin", "starting_cash", "inout_cash", "capital_used",
    "pnl", "total_liability", "cash_liability", "sec_liability", "interest",
)  # fmt: skip
"""What of a portfolio adds up over sub-accounts."""


class Whole:
    """``context.portfolio`` of several sub-accounts of different kinds: their sums, and all that they hold.

    Parameters
    ----------
    parts : list of Portfolio
    """

    type, index, is_trading, maintenance_margin_rate = "several", 0, True, 0.0

    def __init__(self, parts: list[Portfolio]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        if name not in _SUMS:
            near = did_you_mean(close_matches(name, _SUMS))
            raise AttributeError(
                f"context.portfolio of several sub-accounts has no {name!r}. {near}See context.subportfolios[0] for "
                "those of one."
            )
        return sum(getattr(part, name) for part in self._parts)

    def _held(self, name: str) -> dict[str, Any]:
        return {code: held for part in self._parts for code, held in getattr(part, name).items()}

    @property
    def positions(self) -> dict[str, Any]:
        """Shares and long sides by code; of one that several hold that of the last of them."""
        return self._held("positions")

    long_positions = positions

    @property
    def short_positions(self) -> dict[str, Any]:
        """Short sides and shares that are owed, by code."""
        return self._held("short_positions")

    @property
    def returns(self) -> float:
        """Value over what was paid in, less 1."""
        start = float(self.starting_cash)
        return float(self.net_value) / start - 1 if start else 0.0

    def __repr__(self) -> str:
        cash = f"available_cash={self.available_cash:.2f}"
        return f"Portfolio(total_value={self.total_value:.2f}, {cash}, parts={self._parts})"


class DividedContext(Context):
    """What every callback is given, with the portfolio of however many sub-accounts there are.

    Parameters
    ----------
    run : Run
    portfolio : Portfolio
        Of the first account.
    parts : callable
        Gives the sub-accounts.
    are_mixed : callable
        Whether one of them is of another kind than shares.
    """

    _are_mixed: Callable[[], bool]

    def __init__(
        self, run: Run, portfolio: Portfolio, parts: Callable[[], list[Portfolio]], are_mixed: Callable[[], bool]
    ) -> None:
        super().__init__(run, portfolio, parts)
        object.__setattr__(self, "_are_mixed", are_mixed)

    @property
    def portfolio(self) -> Any:
        """The account; of several kinds their sum; of a single sub-account that one."""
        if not self._are_mixed():
            return self._portfolio
        parts = self._parts()
        return parts[0] if len(parts) == 1 else Whole(parts)
