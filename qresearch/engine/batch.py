"""Many requests for shares in one call: decided one after the other, written down together where that is the same.

A strategy that holds many shares gives dozens of orders at once, most of them whole lots that are sent as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.sizing import fitting, place

_ORDER = int(Method.ORDER)


def place_shares(draft: Draft, exchange: Exchange, requests: Sequence[tuple[int, float]]) -> list[int | None]:
    """Place requests for shares one after the other, each as :func:`~.sizing.place` does it.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    requests : sequence of (instrument, shares)

    Returns
    -------
    list of int or None
        Id of each order; None where it was refused.
    """
    send, ids = exchange.clock.place, list[int | None]()
    while len(ids) < len(requests):
        # What goes out as it is goes into the block together: a clock that trades in the call sees each by itself.
        count = fitting(draft, exchange, requests[len(ids) :]) if send is place else 0
        if count:
            kept, block, first = requests[len(ids) : len(ids) + count], draft.open_block(), draft.orders + 1
            block.instruments.extend([instrument for instrument, _ in kept])
            block.quantities.extend([asked for _, asked in kept])  # type: ignore[misc]  # of type int, or they do not fit
            draft.orders += count
            draft.open_ids = None
            ids += range(first, first + count)
        else:
            instrument, asked = requests[len(ids)]
            ids.append(draft.orders if send(draft, exchange, instrument, _ORDER, asked, MARKET_DAY) else None)
    return ids
