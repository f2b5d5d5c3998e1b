"""Many requests for shares in one call: decided one after the other, written down together where that is the same.

A strategy that holds many shares gives dozens of orders at once, most of them whole lots that are sent as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.sizing import fitting, keep, place

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
        rest = requests[len(ids) :]
        # What goes out as it is goes into the block together: a clock that trades in the call sees each by itself.
        count = fitting(draft, exchange, rest) if send is place else 0
        if count:
            ids += range(draft.orders + 1, draft.orders + count + 1)
            block = draft.open_block()
            for instrument, asked in rest[:count]:
                keep(draft, block, instrument, asked)  # type: ignore[arg-type]  # of type int, or it does not fit
        else:
            instrument, asked = rest[0]
            ids.append(draft.orders if send(draft, exchange, instrument, _ORDER, asked, MARKET_DAY) else None)
    return ids
