"""The digest of a run: SHA-256 over a text of its events that no version, platform or renaming changes.

:data:`TEXT` is that text, pinned: for each kind of event, and for what stands inside of one, the name that is written
and then the facts in their order. Each word is one fact::

    price                   written as price=..., read from the attribute of that name
    column:instrument       written as column=..., read from another attribute
    day:at.day              the same, from an attribute of an attribute
    bar=0                   left out at this value, whatever the class has for its default
    -side                   never written: it follows from the other facts

A class or a field gets another name: change the key of the row, or where the fact is read from, never what is written.
A new fact that follows from others stays out. Any other enters with the value at which it is left out, which must say
that nothing was asked of it: then no digest of a run that does not use it moves. A field that no row names fails a
test.

Values are written as integers, as floats in their shortest form, and as the text of a word; the facts of a reason are
sorted by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from qresearch.domain import messages as m
from qresearch.domain.terms import Terms

TEXT: Mapping[type, str] = {
    # What stands inside of events.
    Terms: "Terms kind=MARKET limit_price=None stop_price=None trail=None trail_is_fraction=False time_in_force=DAY"
    " good_till=None tag=''",
    m.Costs: "Costs open_tax close_tax open_commission close_commission min_commission historical=False rounding=each"
    " transfer_fee=0",
    m.Slippage: "Slippage kind=none size=0.0",
    m.Settings: "Settings costs slippage=no_slippage participation=None fill_model=a_share reserve=limit"
    " cancel_latency=none open_order_margin=False match_order=sells_first shortfall=trim rights=lapse delisting=last"
    " dividend_tax=none clock=next_open sizing=native",
    # What happens to orders.
    m.OrderCreated: "OrderCreated day phase order_id column quantity method asked terms bar=0",
    m.OrderQueued: "OrderQueued day phase order_id bar=0",
    m.OrderReleased: "OrderReleased day phase order_id bar=0",
    m.OrderRejected: "OrderRejected day phase order_id reason facts bar=0",
    m.OrderTrimmed: "OrderTrimmed day phase order_id cut reason facts bar=0",
    m.OrderWaiting: "OrderWaiting day phase order_id reason facts bar=0",
    m.OrderScaled: "OrderScaled day phase order_id quantity terms stop bar=0",
    m.OrderTriggered: "OrderTriggered day phase order_id price bar=0",
    m.StopMoved: "StopMoved day phase order_id stop bar=0",
    m.OrderFilled: "OrderFilled day phase order_id column quantity price notional commission stamp_duty transfer_fee"
    " bar=0",
    m.CancelRequested: "CancelRequested day phase order_id bar=0",
    m.OrderCanceled: "OrderCanceled day phase order_id reason facts was_pending=False bar=0",
    m.CancelRefused: "CancelRefused day phase order_id reason facts bar=0",
    m.UpdateRequested: "UpdateRequested day phase order_id quantity terms bar=0",
    m.OrderUpdated: "OrderUpdated day phase order_id quantity terms was_pending=False reason=None facts=None bar=0",
    m.UpdateRefused: "UpdateRefused day phase order_id reason facts was_pending=False bar=0",
    m.OrderExpired: "OrderExpired day phase order_id reason facts bar=0",
    # What happens to the account.
    m.AccountOpened: "AccountOpened day phase cash settings bar=0",
    m.PositionSeeded: "PositionSeeded day phase column quantity cost paid bar=0",
    m.SettingsChanged: "SettingsChanged day phase settings bar=0",
    m.DividendPaid: "DividendPaid day phase column quantity per_share amount tax bar=0",
    m.DividendTaxed: "DividendTaxed day phase column tax bar=0",
    m.SharesIssued: "SharesIssued day phase column received ratio bar=0",
    m.RightsSubscribed: "RightsSubscribed day phase column received price paid bar=0",
    m.RightsLapsed: "RightsLapsed day phase column quantity price bar=0",
    m.PositionClosed: "PositionClosed day phase column quantity price amount bar=0",
    m.PositionStale: "PositionStale day phase column quantity bar=0",
    m.PositionThawed: "PositionThawed day phase column bar=0",
}
"""A class to the name that is written for it and its facts."""

UNWRITTEN: frozenset[type] = frozenset({m.Logged, m.Recorded, m.Advanced, m.QueueEmptied})
"""What strategies log and record, and what only keeps the clock and the queue in order: by how many stops one came to a
moment makes no difference."""

_VALUES: Mapping[str, object] = {
    "0": 0, "0.0": 0.0, "None": None, "False": False, "''": "", "no_slippage": m.Slippage("none", 0.0),
}  # fmt: skip
"""Values at which facts are left out; any other word stands for itself."""
_NEVER = object()
"""The value at which a fact is left out that is always written: none is equal to it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of :data:`TEXT`, taken apart once.

    Parameters
    ----------
    name : str
        What is written for the class.
    heads : tuple of str
        What is written before each value.
    left_out : tuple
        The value at which each fact is left out.
    paths : tuple of str
        Where the facts are read, those that are never written included.
    read : callable
        From an object to the values that are written.
    """

    name: str
    heads: tuple[str, ...]
    left_out: tuple[object, ...]
    paths: tuple[str, ...]
    read: Callable[[object], tuple[Any, ...]]

    @classmethod
    def of(cls, text: str) -> Row:
        """A row from its words: see the top of this module.

        >>> Row.of("OrderFilled column:instrument quantity bar=0 -side").paths
        ('instrument', 'quantity', 'bar', 'side')
        """
        name, *words = text.split()
        facts = [word.partition("=") for word in words if not word.startswith("-")]
        places = [place.partition(":") for place, _, _ in facts]
        paths = tuple(attribute or written for written, _, attribute in places)
        return cls(
            name,
            tuple(f"|{written}=" for written, _, _ in places),
            tuple(_VALUES.get(value, value) if equals else _NEVER for _, equals, value in facts),
            (*paths, *(word[1:] for word in words if word.startswith("-"))),
            attrgetter(*paths),  # of one fact alone it would give no tuple: every row has two
        )

    def text(self, thing: object) -> str:
        """The text of an object of this class."""
        text = self.name
        for head, left_out, value in zip(self.heads, self.left_out, self.read(thing), strict=True):
            if value == left_out:
                continue
            kind = type(value)
            if kind is int or kind is float:
                text += f"{head}{value}"
            elif kind in _ROWS:
                text += head + _ROWS[kind].text(value)
            elif isinstance(value, Mapping):
                text += f"{head}{sorted((key, str(known)) for key, known in value.items())}"
            else:
                text += f"{head}{value!s}"
        return text + "\n"


_ROWS = {kind: Row.of(text) for kind, text in TEXT.items()}


def text_of(event: object) -> str:
    r"""An event, or what stands inside of one, as the text that the digest is made of.

    >>> text_of(m.OrderQueued(3, 1, 7))
    'OrderQueued|day=3|phase=1|order_id=7\n'
    """
    return _ROWS[type(event)].text(event)


def digest_of(log: Iterable[m.Event], day: int, phase: int) -> str:
    """SHA-256 over the events of a log, and the day and phase at which one stands after them."""
    total = hashlib.sha256()
    for event in m.records(iter(log)):
        if type(event) not in UNWRITTEN:
            # What a user wrote may hold halves of characters that no encoding knows.
            total.update(text_of(event).encode("utf-8", "surrogatepass"))
    total.update(f"{day}|{phase}".encode())
    return total.hexdigest()
