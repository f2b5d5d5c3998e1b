"""What a fill costs: commission, stamp duty and transfer fee, each reported apart.

Assumptions
-----------
Commission already contains the exchange's handling and regulatory fees, as retail tariffs do. Each fee is rounded half
up to the venue's money step (brokers do so; the exchanges publish no rounding rule). With ``rounding="total"`` the sum
of commission and stamp duty is, and what that changes is put on the commission. The least commission is charged per
fill: an order has one fill at its open, so this is per order.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.fees import COMMISSION, NO_FEES, STAMP_DUTY, TRANSFER_FEE, Fees, parts_of
from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.money import RATE_SCALE, divide, rate_units
from qresearch.domain.settings import Costs
from qresearch.market.market import Market
from qresearch.market.rules import Levy

Ints = NDArray[np.int64]
Reduced = tuple[int, int, int]
"""A rate that is applied half up: (amount * first + second) // third."""
_SAFE = 2**62


def _reduced(rate: int) -> Reduced:
    """A rate in lowest terms: most need no number that is larger than a word of Python, which is what takes time."""
    common = gcd(2 * rate, RATE_SCALE)
    return 2 * rate // common, RATE_SCALE // common, 2 * RATE_SCALE // common


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the fees in one period, with an entry per board (columns of :data:`BOARDS`).

    Parameters
    ----------
    name : str
    bought, sold : (B,) ndarray of int64, billionths of the value traded
    minimum : int, money steps
    is_per_order : bool
        Charged on an order as a whole: the minimum is that of an order, however many fills it has.
    par : (B,) ndarray of int64, billionths of a unit of currency per share, optional
        Charged by the number of shares instead, where it is not 0; at least `par_minimum`, at most `par_maximum`.
    par_minimum, par_maximum : (B,) ndarray of int64, money steps, optional
    par_on_sales_only : bool
    units : int
        Money steps in a unit of currency.
    """

    name: str
    bought: Ints
    sold: Ints
    minimum: int = 0
    is_per_order: bool = False
    par: Ints | None = None
    par_minimum: Ints | None = None
    par_maximum: Ints | None = None
    par_on_sales_only: bool = False
    units: int = 1
    is_free: bool = field(init=False)
    """Nothing is charged of anything."""
    buying: list[int] = field(init=False)
    selling: list[int] = field(init=False)
    """`bought` and `sold` as plain numbers."""
    reduced: tuple[list[Reduced], list[Reduced]] = field(init=False)
    """The same of buys and of sales in lowest terms, which a few fills are charged with."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "buying", self.bought.tolist())
        object.__setattr__(self, "selling", self.sold.tolist())
        object.__setattr__(self, "reduced", tuple([*map(_reduced, rates)] for rates in (self.buying, self.selling)))
        object.__setattr__(self, "is_free", not (self.minimum or self.par is not None or self.highest))

    @property
    def highest(self) -> int:
        """The highest of all rates."""
        rates = (self.bought, self.sold, *(() if self.par is None else (self.par,)))
        return max(int(rate.max(initial=0)) for rate in rates)

    def exact(self, board: int, quantity: int, notional: int) -> int:
        """What a fill is charged, in billionths of a money step."""
        if self.is_free:
            return 0
        par = 0 if self.par is None else self.par.item(board)
        if par and self.par_minimum is not None and self.par_maximum is not None:
            if self.par_on_sales_only and quantity > 0:
                return 0
            least, most = int(self.par_minimum[board]), int(self.par_maximum[board])
            return min(max(abs(quantity) * par * self.units, least * RATE_SCALE), most * RATE_SCALE)
        amount, least = notional * (self.buying if quantity > 0 else self.selling)[board], self.minimum * RATE_SCALE
        return amount if amount > least else least

    def charged(self, board: int, quantity: int, notional: int) -> int:
        """The same in money steps, rounded by itself."""
        if self.par is not None:
            return divide(self.exact(board, quantity, notional), RATE_SCALE)
        times, half, whole = self.reduced[quantity <= 0][board]
        part = (notional * times + half) // whole
        return part if part > self.minimum else self.minimum

    def of_each(self, boards: Sequence[int], quantities: Sequence[int], notionals: Sequence[int]) -> list[int]:
        """What a few fills are charged, in money steps, each rounded by itself."""
        if self.is_free:
            return [0] * len(boards)
        rows = zip(boards, quantities, notionals, strict=True)
        if self.par is not None:
            return [self.charged(*row) for row in rows]
        least, (bought, sold) = self.minimum, self.reduced
        # As in charged(): of amounts that are not negative, half up.
        parts = [
            (notional * times + half) // whole
            for board, quantity, notional in rows
            for times, half, whole in ((bought if quantity > 0 else sold)[board],)
        ]
        return [part if part > least else least for part in parts] if least else parts

    def of_all(self, boards: Ints, quantities: Ints, notionals: Ints, highest: int) -> Ints:
        """What many fills are charged, in money steps, each rounded by itself."""
        if self.is_free:
            return np.zeros(len(boards), dtype=np.int64)
        by_side = _by_side(quantities > 0, (self.bought, self.sold), boards)
        charged = np.maximum(_applier(notionals, highest)(notionals, by_side), self.minimum)
        if self.par is None or self.par_minimum is None or self.par_maximum is None:
            return charged
        if not (par := self.par[boards]).any():
            return charged
        units = np.abs(quantities) * self.units
        by_count = _applier(units, highest)(units, par)
        counted = np.minimum(np.maximum(by_count, self.par_minimum[boards]), self.par_maximum[boards])
        if self.par_on_sales_only:
            counted = np.where(quantities > 0, 0, counted)
        return np.where(par > 0, counted, charged)


@dataclass(frozen=True, slots=True)
class Rates:
    """The fees of one period.

    Parameters
    ----------
    parts : tuple of Part
    together : frozenset of str
        Parts of which only the sum is rounded; what that changes is put on the first of them.
    highest : int
        The highest of all rates.
    boards : (N,) ndarray of int64
        Board of each instrument, as a column of the parts.
    """

    parts: tuple[Part, ...]
    together: frozenset[str]
    highest: int
    boards: Ints

    def charge(
        self, instrument: int, quantity: int, notional: int, *, before: int = 0, charged: Fees = NO_FEES
    ) -> Fees:
        """The fees of one fill.

        Parameters
        ----------
        instrument : int
        quantity : int, shares
            Signed.
        notional : int, money steps
        before : int, money steps
            Filled before on the same order.
        charged : Fees
            Charged before on the same order.
        """
        board = self.boards.item(instrument)
        fees = self._of(board, quantity, notional)
        if not before:
            return Fees(tuple(fees.items()))
        whole = self._of(board, quantity, before + notional)
        for part in self.parts:
            if part.is_per_order:
                fees[part.name] = max(whole[part.name] - charged[part.name], 0)
        return Fees(tuple(fees.items()))

    def _of(self, board: int, quantity: int, notional: int) -> dict[str, int]:
        fees = {part.name: part.charged(board, quantity, notional) for part in self.parts}
        if self.together:
            exact = {part.name: part.exact(board, quantity, notional) for part in self.parts}
            first, *others = (name for name in exact if name in self.together)
            whole = divide(exact[first] + sum(exact[name] for name in others), RATE_SCALE)
            fees[first] = whole - sum(fees[name] for name in others)
        return fees

    def charge_each(
        self, instruments: Sequence[int], quantities: Sequence[int], notionals: Sequence[int]
    ) -> dict[str, list[int]]:
        """The same for a few fills, each the first of its order: each part rounded by itself."""
        board_of = self.boards.item
        boards = [board_of(instrument) for instrument in instruments]
        return {part.name: part.of_each(boards, quantities, notionals) for part in self.parts}

    def charge_all(self, instruments: Ints, quantities: Ints, notionals: Ints) -> dict[str, Ints]:
        """The same for many fills at once."""
        boards = self.boards[instruments]
        return {part.name: part.of_all(boards, quantities, notionals, self.highest) for part in self.parts}


def _by_side(buys: NDArray[np.bool_], rates: tuple[Ints, Ints], boards: Ints) -> Ints:
    bought, sold = rates
    return bought[boards] if bought is sold else np.where(buys, bought[boards], sold[boards])


def _applier(amounts: Ints, highest: int) -> Callable[[Ints, Ints], Ints]:
    """How to multiply some amounts with rates up to the highest: plainly, where no product leaves 64 bits."""
    return _apply_plainly if int(amounts.max(initial=0)) * highest < _SAFE else _apply


def _apply(amounts: Ints, rates: Ints) -> Ints:
    """Amount x rate, half up, exact: taken apart so that no product leaves 64 bits."""
    whole, rest = np.divmod(amounts, RATE_SCALE)
    return whole * rates + (2 * rest * rates + RATE_SCALE) // (2 * RATE_SCALE)


def _apply_plainly(amounts: Ints, rates: Ints) -> Ints:
    """The same for amounts that are small enough."""
    return (amounts * rates + RATE_SCALE // 2) // RATE_SCALE


BOARDS = tuple(Board)


class FeeBook:
    """The fee rates of a market for one cost setting, cut into the periods in which they are constant.

    Parameters
    ----------
    market : Market
    costs : Costs
    boards : (N,) ndarray of int64
        Board of each instrument: its place in :data:`BOARDS`.
    """

    def __init__(self, market: Market, costs: Costs, boards: Ints) -> None:
        self._market, self._costs, self._boards = market, costs, boards
        days, rules = market.days, market.venue.rules
        cuts = [dt.date.min, *rules.fee_change_days] if costs.historical else [dt.date.min]
        self._starts = [int(np.searchsorted(days, np.datetime64(max(cut, dt.date(1900, 1, 1)), "D"))) for cut in cuts]
        self._periods = [self._rates(cut) for cut in cuts]

    def at(self, day: int) -> Rates:
        """Rates in force on a day (index)."""
        return self._periods[bisect_right(self._starts, day) - 1]

    def _rates(self, day: dt.date) -> Rates:
        costs, rules = self._costs, self._market.venue.rules
        buys, sells = (_whole([rate] * len(BOARDS)) for rate in (costs.open_commission, costs.close_commission))
        same = costs.open_commission == costs.close_commission
        commission = Part(COMMISSION, buys, buys if same else sells, costs.min_commission, is_per_order=True)
        if costs.historical:
            levies = {name: [rules.levy(name, board, day) for board in BOARDS] for name in rules.levies}
        else:
            fixed = {STAMP_DUTY: (costs.open_tax, costs.close_tax), TRANSFER_FEE: (costs.transfer_fee,) * 2}
            levies = {
                name: [
                    Levy(buying / RATE_SCALE, selling / RATE_SCALE) if rules.pays(name, board) else Levy()
                    for board in BOARDS
                ]
                for name, (buying, selling) in fixed.items()
            }
        parts = (commission, *(self._part(name, each) for name, each in levies.items()))
        together = frozenset({COMMISSION, STAMP_DUTY}) if costs.rounding == "total" else frozenset[str]()
        return Rates(parts, together, max(part.highest for part in parts), self._boards)

    def _part(self, name: str, levies: list[Levy]) -> Part:
        """A fee beside the commission as a part."""
        money = self._market.venue.money
        bought = _whole([rate_units(name, levy.bought) for levy in levies])
        sold = _whole([rate_units(name, levy.sold) for levy in levies])
        is_even = all(levy.bought == levy.sold for levy in levies)
        if not any(levy.par for levy in levies):
            return Part(name, bought, bought if is_even else sold)
        return Part(
            name,
            bought,
            bought if is_even else sold,
            par=_whole([rate_units(name, levy.par) for levy in levies]),
            par_minimum=_whole([money.money(name, levy.minimum) for levy in levies]),
            par_maximum=_whole([money.money(name, levy.maximum) or _SAFE for levy in levies]),
            par_on_sales_only=any(levy.on_sales_only for levy in levies),
            units=money.units,
        )


def _whole(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


class FeeModel(Protocol):
    """What fills cost, under named parts. A model of your own has a name and this method: ``Session(costs=...)``.

    Examples
    --------
    >>> class Levied:
    ...     name = "levied"
    ...
    ...     def fees(self, instrument, day, quantity, value):
    ...         return {"commission": max(0.0003 * value, 5.0), "levy": 0.0001 * value}
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, costs=Levied())
    >>> ticket = session.buy("604018", 1000)
    >>> session.step().fills[["commission", "levy"]].to_numpy().tolist()
    [[5.0, 0.95]]
    """

    name: str

    def fees(self, instrument: Instrument, day: dt.date, quantity: int, value: float, /) -> Mapping[str, float]:
        """Currency by part, of one fill of so many shares (signed) for a value; each is rounded half up."""


class OwnFees:
    """A fee model of the user's own on a market."""

    def __init__(self, market: Market, model: FeeModel) -> None:
        self.market, self.model = market, model

    def at(self, day: int) -> OwnRates:
        """What charges the fills of a day (index)."""
        return OwnRates(self.market, self.model, day)


@dataclass(frozen=True, slots=True)
class OwnRates:
    """The fees of a day by a model of the user's own: those of an order are asked for the whole of it."""

    market: Market
    model: FeeModel
    day: int

    def charge(
        self, instrument: int, quantity: int, notional: int, *, before: int = 0, charged: Fees = NO_FEES
    ) -> Fees:
        """The fees of one fill; what an order was charged before is taken off what the whole of it costs."""
        money, date = self.market.venue.money, self.market.days[max(self.day, 0)].astype(object)
        item = self.market.instruments[instrument]
        parts = self.model.fees(item, date, quantity, money.amount(before + notional))
        whole = {name: money.money(f"fee model {self.model.name!r}: {name}", part) for name, part in parts.items()}
        return Fees(tuple((name, max(part - charged[name], 0)) for name, part in whole.items()))

    def charge_each(
        self, instruments: Sequence[int], quantities: Sequence[int], notionals: Sequence[int]
    ) -> dict[str, list[int]]:
        """The same for some fills, one after the other."""
        charged = [self.charge(*row) for row in zip(instruments, quantities, notionals, strict=True)]
        return {part: [fees[part] for fees in charged] for part in parts_of(charged)}

    def charge_all(self, instruments: Ints, quantities: Ints, notionals: Ints) -> dict[str, Ints]:
        """The same for many fills, one after the other."""
        charged = self.charge_each(instruments.tolist(), quantities.tolist(), notionals.tolist())
        return {part: np.array(column, dtype=np.int64) for part, column in charged.items()}
