"""The clock of an exchange that keeps its orders itself: what becomes of them is told, and written down as told.

Some systems have an order of work of their own, finer than a day and its bars: requests that wait in line, orders that
are looked at again at every step, timestamps between two bars. Whoever keeps such an order of work says what happens
(:class:`~qresearch.domain.commands.Tell`), in the events of the house; nothing is matched here. The account books what
a fill changes, so that holdings, cash and every table are those of any other session, and a journal does it again.
"""

from __future__ import annotations

from collections.abc import Iterable

from qresearch.domain import events
from qresearch.domain.moment import OPEN
from qresearch.domain.order import Method
from qresearch.domain.settings import TOLD
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.errors import UsageError


def tell(draft: Draft, exchange: Exchange, told: Iterable[events.Record]) -> None:
    """Write down what has happened to orders and holdings.

    A created order is sent to the market at once, and a fill is followed by what the account books of it.

    Parameters
    ----------
    draft : Draft
    exchange : Exchange
    told : iterable of Record
        In their order.
    """
    for event in told:
        if isinstance(event, events.OrderCreated):
            _create(draft, event)
        elif isinstance(event, events.OrderFilled):
            posted = list(exchange.account.post(draft, exchange, event))
            draft.emit(event)
            for posting in posted:
                draft.emit(posting)
        else:
            draft.emit(event)


def _create(draft: Draft, event: events.OrderCreated) -> None:
    """An order in a block of its own, which no command of anybody stands for, and on its way to the market."""
    draft.block = None
    block = draft.open_block()
    block.is_forced = True
    block.instruments.append(event.instrument)
    block.quantities.append(event.quantity)
    if event.terms is not MARKET_DAY:
        block.terms[0] = event.terms
    draft.orders += 1
    draft.emit(events.OrderReleased(event.at, event.order_id))


class Told:
    """Whatever happens to an order is told."""

    name, handle_data, in_call = TOLD, OPEN, False

    def place(  # noqa: PLR0917  # in the order of the protocol
        self, draft: Draft, exchange: Exchange, instrument: int, method: int, asked: float, terms: Terms, /
    ) -> bool:
        """Refused: orders are given to whoever keeps them.

        Raises
        ------
        UsageError
            Always; the message says where such orders are placed.
        """
        symbol = exchange.market.symbols[instrument]
        quantity = f"{asked:g}" if method == Method.ORDER else "quantity"
        raise UsageError(
            f"An order for {symbol} cannot be placed here: the orders of this session are kept by its script, which "
            "would not know it. Place it through the algorithm, which is by hand too: "
            f"session.strategy.target.algorithm.market_order({symbol!r}, {quantity})."
        )

    def meets_now(self, draft: Draft, terms: Terms, /) -> bool:
        """Never."""
        return False

    def at_open(self, draft: Draft, exchange: Exchange, /) -> None:
        """Nothing is matched."""

    def in_bar(self, draft: Draft, exchange: Exchange, /) -> None:
        """Nothing is matched."""

    def at_close(self, draft: Draft, exchange: Exchange, /) -> None:
        """Nothing is matched."""
