"""How far a fill price moves against the order.

Assumptions
-----------
The move never takes a price beyond the limits of the day, and is rounded to the tick against the order (buys up,
sells down). The two spreads, as JoinQuant knows them, are rounded to the nearest tick instead, a tie against the order,
so that a small one may vanish: this flatters. Without slippage every order gets the opening price itself, whatever its
size: this flatters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qresearch.domain.instrument import Board, Instrument
from qresearch.domain.settings import Settings, Slippage
from qresearch.errors import UsageError, choose

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_NEAREST = frozenset({"spread", "spread_rate"})
_HAIR = 1e-6
_Move = Callable[[float, Any, Any, Any], Any]
"""From size, prices, sides (1, -1) and parts of the volume to prices: of one order as of many."""

_MOVES: Mapping[str, _Move] = MappingProxyType(
    {
        "none": lambda size, price, side, share: price,
        "fixed": lambda size, price, side, share: price + side * size,
        "bps": lambda size, price, side, share: price * (1 + side * size / 10_000),
        "volume_share": lambda size, price, side, share: price * (1 + side * size * (share * share)),
        "spread": lambda size, price, side, share: price + side * size / 2,
        "spread_rate": lambda size, price, side, share: price * (1 + side * size / 2),
    }
)
SLIPPAGE_KINDS = tuple(_MOVES)


class SlippageModel(Protocol):
    """How far fill prices move against orders.

    A model of your own has a name and this method, or is such a function; it is passed as ``Session(slippage=...)``.
    What it gives is put on the tick against the order, and within the limits of the day.
    """

    name: str

    def moved(self, prices: Floats, quantities: NDArray[np.int64], volumes: Floats, /) -> Floats:
        """Prices after slippage, (F,), from those before, signed shares, and the volumes of the bars."""


class ByFunction:
    """A function as a slippage model."""

    def __init__(self, function: Callable[[Floats, NDArray[np.int64], Floats], Floats]) -> None:
        self.name, self.moved = function.__name__, function


def slippage_model(kind: str, size: float = 0.0) -> Slippage:
    """A checked slippage setting.

    Parameters
    ----------
    kind : {"none", "fixed", "bps", "volume_share", "spread", "spread_rate"}
    size : float
        fixed: currency per share; bps: basis points of the price; volume_share: price impact of taking a whole
        day's volume, as a fraction of the price; spread and spread_rate: what lies between a buy and a sell, currency
        per share or a fraction of the price, of which each side pays half.

    Raises
    ------
    UsageError
        Unknown kind, or a size that is negative or not finite.

    >>> slippage_model("bps", 5)
    Slippage(kind='bps', size=5.0)
    """
    choose("slippage", kind, SLIPPAGE_KINDS)
    if not 0 <= size < float("inf"):
        raise UsageError(f"slippage size={size!r} must be a finite number of at least 0, such as 5 for 5 basis points.")
    return Slippage(kind, float(size))


_FUNDS = frozenset({Board.ETF, Board.LOF, Board.CLOSED_END, Board.REIT})


def groups_of(instrument: Instrument) -> tuple[str, ...]:
    """The groups of an instrument whose slippage can be set by itself.

    >>> groups_of(Instrument("511880.SH", board=Board.ETF, kind="money")), groups_of(Instrument("600519.SH"))
    (('fund', 'money_fund'), ('stock',))
    """
    if instrument.board not in _FUNDS:
        return ("stock",)
    return ("fund", "money_fund") if instrument.kind == "money" else ("fund",)


def slipped(
    model: Slippage | SlippageModel,
    prices: Floats,
    quantities: NDArray[np.int64],
    volumes: Floats,
    steps: NDArray[np.float64],
) -> Floats:
    """Fill prices after slippage, on the tick, before the limits of the day are applied.

    Parameters
    ----------
    model : Slippage or SlippageModel
    prices : (F,) ndarray of float64, currency per share
    quantities : (F,) ndarray of int64, shares
        Signed.
    volumes : (F,) ndarray of float64, shares
        Volume of the day; read only by ``volume_share``, which so looks at the whole bar of the day it fills in.
    steps : (F,) ndarray of float64, currency per share
        Tick sizes; 0 where there is none.

    Returns
    -------
    (F,) ndarray of float64
    """
    side = np.sign(quantities)
    if isinstance(model, Slippage):
        if model.kind == "none":
            return prices
        share: float | Floats = 0.0
        if model.kind == "volume_share":
            share = np.minimum(np.abs(quantities) / np.where(volumes > 0, volumes, np.inf), 1.0)
        moved: Floats = _MOVES[model.kind](model.size, prices, side, share)
        is_nearest = model.kind in _NEAREST
    else:
        moved, is_nearest = np.asarray(model.moved(prices, quantities, volumes), dtype=np.float64), False
    # Against the order: a buy pays the next tick up, a sell gets the next one down. The hair of tolerance keeps a
    # price that is on its tick there. Half a tick less makes it the nearest one, a tie still against the order.
    ticks = np.where(steps > 0, steps, 1.0)
    slack = 0.5 - _HAIR if is_nearest else _HAIR
    whole = np.where(side > 0, np.ceil(moved / ticks - slack), np.floor(moved / ticks + slack))
    # So many steps of 0.01 are exact when divided by 100, and so many of 10 when multiplied.
    rounded = np.where(ticks < 1, whole / np.maximum(np.rint(1 / ticks), 1), whole * ticks)
    return np.where(steps > 0, np.maximum(rounded, ticks), np.maximum(moved, 0.0))


def slipped_alone(model: Slippage, price: float, quantity: int, volume: float, step: float) -> float:
    """The price of one fill: the same as :func:`slipped`, on plain numbers, which are faster for one.

    >>> slipped_alone(Slippage("bps", 5.0), 10.0, 100, 1e6, 0.01)
    10.01
    """
    if model.kind == "none":
        return price
    side, share = 1 if quantity > 0 else -1, min(abs(quantity) / volume, 1.0) if volume > 0 else 0.0
    moved: float = _MOVES[model.kind](model.size, price, side, share)
    if not step > 0:
        return max(moved, 0.0)
    slack = 0.5 - _HAIR if model.kind in _NEAREST else _HAIR
    whole = math.ceil(moved / step - slack) if side > 0 else math.floor(moved / step + slack)
    return max(whole / max(round(1 / step), 1) if step < 1 else whole * step, step)


class Slipping:
    """The slippage of every instrument under some settings.

    Parameters
    ----------
    own : SlippageModel or None
        A model of the user's own, which the settings may name.
    instruments : sequence of Instrument
    """

    def __init__(self, own: SlippageModel | None, instruments: Sequence[Instrument]) -> None:
        self._own, self._instruments = own, instruments
        self._groups: dict[str, NDArray[np.bool_]] = {}

    def moved(  # noqa: PLR0917  # as the model takes them
        self, settings: Settings, instruments: Ints, prices: Floats, quantities: Ints, volumes: Floats, steps: Floats
    ) -> Floats:
        """Prices after slippage; the parameters beside settings and instruments are those of :func:`slipped`."""
        model: Slippage | SlippageModel | None = self._own
        if isinstance(settings.slippage, Slippage):
            model = settings.slippage
        assert model is not None  # a session asks for the models that its settings name
        found = slipped(model, prices, quantities, volumes, steps)
        for name, closer in settings.slippage_by:
            found = np.where(self._is_of(name)[instruments], slipped(closer, prices, quantities, volumes, steps), found)
        return found

    def moved_alone(  # noqa: PLR0917  # as above
        self, settings: Settings, instrument: int, price: float, quantity: int, volume: float, step: float
    ) -> float:
        """The same of one fill."""
        model = settings.slippage
        if isinstance(model, Slippage) and not settings.slippage_by:
            return slipped_alone(model, price, quantity, volume, step)
        found = self.moved(
            settings, np.array([instrument]), np.array([price]), np.array([quantity], dtype=np.int64),
            np.array([volume]), np.array([step]),
        )  # fmt: skip
        return float(found[0])

    def _is_of(self, name: str) -> NDArray[np.bool_]:
        """Which instruments are of a group, or are one, whose slippage was set by itself."""
        known = self._groups.get(name)
        if known is None:
            found = [name in {item.symbol, *groups_of(item)} for item in self._instruments]
            known = self._groups[name] = np.array(found, dtype=np.bool_)
        return known
