"""What the orders of one open meet there: price, value and fees of each, told before any of them is matched.

None of it hangs on what came before in the queue, so that it can be told for all of them at once: many are told by
arrays, a few by plain numbers, which is faster than arrays for them. Both give the same numbers; a test holds them
against each other.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qresearch.domain import events
from qresearch.domain.settings import HOLDING_PERIOD
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import notionals, price_units

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SAFE_SIZE, _SAFE_VALUE = 2**21, 2.0**60
FEW = 24
"""Orders up to which plain numbers are faster than arrays."""


class Cap(NamedTuple):
    """A value that an order must not exceed.

    Parameters
    ----------
    money : int, money steps
    on_position : bool
        The value of the whole position after it; else that of the order.
    """

    money: int
    on_position: bool


class Meeting(NamedTuple):
    """The orders of one open in the order in which they are matched, one entry each.

    Parameters
    ----------
    ids, instruments : array of int64
    quantities : array of int64, shares
        Signed.
    prices : array of float64, currency per share
        With slippage; 0 where nothing can trade.
    notionals : array of int64, money steps
    fees : dict of str to array of int64, money steps
        Each part.
    charged : list of int, money steps
        Their sum.
    special : list of bool
        An order that meets a rule beside those of cash and holdings.
    """

    ids: array[int]
    instruments: array[int]
    quantities: array[int]
    prices: array[float]
    notionals: array[int]
    fees: dict[str, array[int]]
    charged: list[int]
    special: list[bool]


def meeting_of(
    draft: Draft, exchange: Exchange, blocks: Sequence[events.Placed], caps: Mapping[int, Cap]
) -> Meeting | None:
    """What the requests of some blocks meet at the open where a draft stands.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    blocks : sequence of Placed
        Plain market orders alone.
    caps : mapping of order id to Cap
        Of the orders that have one.

    Returns
    -------
    Meeting or None
        None when an order meets a locked open, or a bar without trades, and has to wait.
    """
    few = sum(map(len, blocks)) <= FEW and not draft.bar and not draft.settings.slips
    return (_by_numbers if few else _by_arrays)(draft, exchange, blocks, caps)


def _always_special(draft: Draft) -> bool:
    """Tax by holding period looks at each lot, and a rounded total at all parts together."""
    return draft.settings.dividend_tax == HOLDING_PERIOD or draft.settings.rounds_total


# ---------------------------------------------------------------------------------------------------- a few


def _by_numbers(
    draft: Draft, exchange: Exchange, blocks: Sequence[events.Placed], caps: Mapping[int, Cap]
) -> Meeting | None:
    """The same as :func:`_by_arrays` where nothing slips, order by order."""
    ids, instruments, quantities = _rows(draft, blocks)
    opened, day = exchange.market.panel.open, draft.day
    prices = [opened.item(day, instrument) for instrument in instruments]
    sizes = [*map(abs, quantities)]
    if _always_special(draft):
        special = [True] * len(sizes)
    elif exchange.lot_shares > 1:
        steps, least = exchange.lot_step, exchange.lot_minimum
        special = [
            size % steps[instrument] != 0 or size < least[instrument]
            for instrument, size in zip(instruments, sizes, strict=True)
        ]
    else:
        special = [False] * len(sizes)
    if exchange.may_wait and not _can_trade(draft, exchange, instruments, quantities, prices, special):
        return None
    for row, order_id in enumerate(ids if caps else ()):
        if order_id in caps and not special[row]:
            special[row] = _is_bound(draft, exchange, instruments[row], quantities[row], prices[row], caps[order_id])
    values = exchange.money.values(prices, sizes)
    fees = exchange.rates(draft.settings.costs, day).charge_each(instruments, quantities, values)
    charged = [0] * len(ids)
    for column in fees.values():
        charged = [*map(add, charged, column)]
    columns = {part: array("q", column) for part, column in fees.items()}
    return Meeting(
        array("q", ids), array("q", instruments), array("q", quantities), array("d", prices), array("q", values),
        columns, charged, special,
    )  # fmt: skip


def _can_trade(  # noqa: PLR0917  # in the order of the caller
    draft: Draft, exchange: Exchange, instruments: Sequence[int], quantities: Sequence[int], prices: list[float],
    special: list[bool],
) -> bool:  # fmt: skip
    """False when an order has to wait; what may not trade at all gets no price, and is special."""
    bands, checks, day = exchange.opening_bands.get(draft.day, ()), Checks(draft, exchange), draft.day
    for row, instrument in enumerate(instruments):
        if exchange.may_suspend and checks.refusal(instrument) is not None:
            prices[row], special[row] = 0.0, True
        elif (
            instrument in bands
            or exchange.is_idle(day, instrument)
            or checks.lock(instrument, quantities[row], prices[row]) is not None
        ):
            return False
    return True


def _rows(draft: Draft, blocks: Sequence[events.Placed]) -> tuple[list[int], list[int], list[int]]:
    """Id, instrument and quantity of all requests that are not over already, in the order of their match."""
    ids: list[int] = []
    instruments: list[int] = []
    quantities: list[int] = []
    for block in blocks:
        ids += range(block.first_id, block.first_id + len(block.instruments))
        instruments += block.instruments
        quantities += block.quantities
    for order_id, amendment in draft.amended.items():
        if order_id in ids:
            quantities[ids.index(order_id)] = amendment.quantity
    if draft.settings.match_order == "sells_first":
        sells = [quantity for quantity in quantities if quantity < 0]
        if quantities[: len(sells)] == sells and 0 not in quantities:
            return ids, instruments, quantities  # as most strategies ask
        walk = [row for row, quantity in enumerate(quantities) if quantity < 0]
        walk += [row for row, quantity in enumerate(quantities) if quantity > 0]
    else:
        walk = [row for row, quantity in enumerate(quantities) if quantity]
    return [ids[row] for row in walk], [instruments[row] for row in walk], [quantities[row] for row in walk]


# ---------------------------------------------------------------------------------------------------- many


def _by_arrays(
    draft: Draft, exchange: Exchange, blocks: Sequence[events.Placed], caps: Mapping[int, Cap]
) -> Meeting | None:
    ids, instruments, quantities = _columns(draft, blocks)
    day, settings, money = draft.day, draft.settings, exchange.money
    opens = exchange.openings(draft, instruments, quantities)
    sizes = np.abs(quantities)
    special: Bools = np.zeros(len(sizes), dtype=np.bool_)
    if exchange.lot_shares > 1:
        special |= sizes % exchange.lot_sizes[instruments] != 0
        special |= sizes < exchange.least_sizes[instruments]
    blocked: Bools | None = None
    if exchange.may_suspend:
        blocked = exchange.blocked(day, instruments)
        opens = np.where(blocked, 0.0, opens)
        special |= blocked
    if (draft.bar or exchange.may_idle) and np.isnan(opens).any():
        return None
    prices = _slipped(draft, exchange, instruments, quantities, opens) if settings.slips else opens
    if exchange.has_limits and _meets_locked_open(draft, exchange, instruments, quantities, opens, blocked):
        return None
    if _always_special(draft):
        special[:] = True
    elif caps:
        rows = zip(ids.tolist(), instruments.tolist(), quantities.tolist(), prices.tolist(), strict=True)
        for row, (order_id, instrument, quantity, price) in enumerate(rows):
            if order_id in caps and not special[row]:
                special[row] = _is_bound(draft, exchange, instrument, quantity, price, caps[order_id])
    if sizes.max(initial=0) > _SAFE_SIZE:
        # Beyond what 64 bits carry exactly the sums are made one by one.
        special |= prices * sizes > _SAFE_VALUE / max(money.units, money.price_scale)
    values = notionals(money, price_units(money, prices), sizes)
    fees = exchange.rates(settings.costs, day).charge_all(instruments, quantities, values)
    charged: Ints = sum(fees.values())  # type: ignore[assignment]  # there is a part at least
    return Meeting(
        _packed(ids),
        _packed(instruments),
        _packed(quantities),
        array("d", prices.tobytes()),
        _packed(values),
        {part: _packed(column) for part, column in fees.items()},
        charged.tolist(),
        special.tolist(),
    )


def _packed(column: Ints) -> array[int]:
    return array("q", column.tobytes())


def _columns(draft: Draft, blocks: Sequence[events.Placed]) -> tuple[Ints, Ints, Ints]:
    """The same as :func:`_rows`, as arrays."""
    ids = _joined([np.arange(block.first_id, block.first_id + len(block)) for block in blocks])
    instruments = _joined([np.array(block.instruments, dtype=np.int64) for block in blocks])
    quantities = _joined([np.array(block.quantities, dtype=np.int64) for block in blocks])
    for order_id, amendment in draft.amended.items():
        quantities[ids == order_id] = amendment.quantity
    if draft.settings.match_order == "sells_first":
        walk = np.concatenate((np.flatnonzero(quantities < 0), np.flatnonzero(quantities > 0)))
    else:
        walk = np.flatnonzero(quantities)
    return ids[walk], instruments[walk], quantities[walk]


def _joined(parts: list[Ints]) -> Ints:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _slipped(draft: Draft, exchange: Exchange, instruments: Ints, quantities: Ints, opens: Floats) -> Floats:
    panel, day = exchange.market.panel, draft.day
    source, row = exchange.bars(draft)
    steps, volumes = exchange.steps[instruments], source.volume[row, instruments]
    prices = exchange.slipping.moved(draft.settings, instruments, opens, quantities, volumes, steps)
    ceilings, floors = panel.limit_up[day, instruments], panel.limit_down[day, instruments]
    bounded: Floats = np.fmax(np.fmin(prices, ceilings), floors)
    return bounded


def _meets_locked_open(  # noqa: PLR0917  # in the order of the caller
    draft: Draft, exchange: Exchange, instruments: Ints, quantities: Ints, opens: Floats, blocked: Bools | None
) -> bool:
    """True when an order that trades at all stands at the limit of the day, or at the first open of a listing."""
    bands = exchange.opening_bands.get(draft.day)
    if bands and not bands.keys().isdisjoint(instruments.tolist()):
        return True
    locked = _at_limit(draft, exchange, instruments, quantities, opens)
    return bool((locked if blocked is None else locked & ~blocked).any())


def _at_limit(draft: Draft, exchange: Exchange, instruments: Ints, quantities: Ints, opens: Floats) -> Bools:
    """Buys at the upper limit and sells at the lower; half a price step of tolerance, NaN means no limit."""
    panel, day = exchange.market.panel, draft.day
    hair = 0.5 / exchange.money.price_scale
    buys = quantities > 0
    up = buys & (opens >= panel.limit_up[day, instruments] - hair)
    down = ~buys & (opens <= panel.limit_down[day, instruments] + hair)
    locked: Bools = up | down
    return locked


def _is_bound(  # noqa: PLR0917  # as above
    draft: Draft, exchange: Exchange, instrument: int, quantity: int, price: float, cap: Cap
) -> bool:
    """An order by value that has to be made smaller, or, a sale, larger.

    A target has withdrawn every order that would add to the position before its turn, so that what is held now tells.
    """
    money, held = exchange.money, draft.positions.get(instrument)
    if quantity < 0 and held is None:
        return True
    kept = quantity if held is None or not (cap.on_position or quantity < 0) else held.quantity + quantity
    # In whole shares at the price on the grid, as the rule counts them.
    return kept * money.price_units(price) * money.units > cap.money * money.price_scale
