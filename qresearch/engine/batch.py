"""Many requests for shares in one call: decided one after the other, written down together where that is the same.

A strategy that holds many shares gives dozens of orders at once, most of them whole lots that are sent as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.sizing import fits, keep, place
from qresearch.engine.sizing_policy import NATIVE

_ORDER = int(Method.ORDER)
FEW = 16
"""Requests up to which plain numbers are faster than arrays."""


def place_shares(
    draft: Draft, exchange: Exchange, instruments: Sequence[int], shares: Sequence[float]
) -> Sequence[int | None]:
    """Place requests for shares one after the other, each as :func:`~.sizing.place` does it.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    instruments : sequence of int
    shares : sequence of float
        Signed.

    Returns
    -------
    sequence of int or None
        Id of each order; None where it was refused.
    """
    send, ids = exchange.clock.place, list[int | None]()
    # What goes out as it is goes into the block together: a clock that trades in the call sees each by itself.
    plain = _fitting(draft, exchange, instruments, shares) if send is place else [False] * len(shares)
    plain.append(False)  # the end of all of them
    begin = 0
    while begin < len(shares):
        end = plain.index(False, begin)
        if end > begin:
            ids += range(draft.orders + 1, draft.orders + 1 + end - begin)
            sent = cast("Sequence[int]", shares[begin:end])  # of type int, or they do not fit
            _keep_all(draft, instruments[begin:end], sent)
            begin = end
        else:
            asked = instruments[begin], _ORDER, shares[begin], MARKET_DAY
            ids.append(draft.orders if send(draft, exchange, *asked) else None)
            begin += 1
    return ids


def _keep_all(draft: Draft, instruments: Sequence[int], quantities: Sequence[int]) -> None:
    """Put requests into the block of this moment: all at once, while nobody asks which orders are open."""
    block = draft.open_block()
    if draft.open_ids is None:
        block.instruments.extend(instruments)
        block.quantities.extend(quantities)
        draft.orders += len(quantities)
        return
    for instrument, quantity in zip(instruments, quantities, strict=True):
        keep(draft, block, instrument, quantity)


def _fitting(draft: Draft, exchange: Exchange, instruments: Sequence[int], shares: Sequence[float]) -> list[bool]:
    """Which requests are sent as they are, whatever else is asked for; of many the same as told one by one."""
    if len(shares) <= FEW or draft.settings.sizing != NATIVE.name or not set(map(type, shares)) <= {int}:
        rows = zip(instruments, shares, strict=True)
        return [fits(draft, exchange, instrument, asked) for instrument, asked in rows]
    steps, least, most, until = exchange.plain_sizes[instruments].T
    asked = np.array(shares, dtype=np.int64)
    sizes = np.abs(asked)
    fit = ((sizes % steps == 0) & (sizes >= least) & (sizes <= most) & (draft.day < until)).tolist()
    held = draft.positions
    for row in np.flatnonzero(asked < 0).tolist():
        if (position := held.get(instruments[row])) is None or position[0] < -shares[row]:
            fit[row] = False
    return cast("list[bool]", fit)
