"""The digest of a run: SHA-256 over a text of its events that no version, platform or renaming changes.

:data:`TEXT` is that text, pinned: for each kind of event, and for what stands inside of one, the name that is written
and then the facts in their order. Each word is one fact::

    price                   written as price=..., read from the attribute of that name
    column:instrument       written as column=..., read from another attribute
    day:at.day              the same, from an attribute of an attribute
    bar=0                   left out at this value, whatever the class has for its default
    -side                   never written: it follows from the other facts
    at                      the day and the phase of a moment; its bar is written last

A class or a field gets another name: change the key of the row, or where the fact is read from, never what is written.
A new fact that follows from others stays out. Any other enters with the value at which it is left out, which must say
that nothing was asked of it: then no digest of a run that does not use it moves. A field that no row names fails a
test.

Values are written as integers, as floats in their shortest form, and as the text of a word; the facts of a reason are
sorted by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from qresearch.domain import events
from qresearch.domain.fees import PARTS
from qresearch.domain.ledger import Debt, Due, Lot
from qresearch.domain.moment import Moment
from qresearch.domain.order import Method
from qresearch.domain.settings import ContractRates, Costs, Own, Settings, Slippage
from qresearch.domain.terms import MARKET_DAY, Terms

TEXT: Mapping[type, str] = {
    # What stands inside of events.
    Terms: "Terms kind=MARKET limit_price=None stop_price=None trail=None trail_is_fraction=False time_in_force=DAY"
    " good_till=None tag='' volume_share=None effect=AUTO waits=''",
    Costs: "Costs open_tax close_tax open_commission close_commission min_commission historical=False rounding=each"
    " transfer_fee=0",
    Slippage: "Slippage kind=none size=0.0",
    Own: "Own name parameters",
    ContractRates: "ContractRates product margin=None open_fee=None close_fee=None close_today_fee=None",
    Settings: "Settings costs slippage=no_slippage participation=None fill_model=a_share reserve=limit"
    " cancel_latency=none open_order_margin=False match_order=sells_first shortfall=trim rights=lapse delisting=last"
    " dividend_tax=none clock=next_open sizing=native account=cash_shares slippage_by=() times_of_day=False"
    " contract_rates=()",
    Lot: "Lot day quantity opened base cost=0",
    Debt: "Debt debt_id instrument is_money day due quantity principal quantity_opened principal_opened rate=0 ratio=0"
    " paid=0 money_days=0",
    Due: "Due day cash instrument=-1 quantity=0",
    # What happens to orders.
    events.OrderCreated: "OrderCreated at order_id column:instrument quantity method asked terms",
    events.OrderQueued: "OrderQueued at order_id",
    events.OrderReleased: "OrderReleased at order_id",
    events.OrderRejected: "OrderRejected at order_id reason facts",
    events.OrderTrimmed: "OrderTrimmed at order_id cut reason facts",
    events.OrderWaiting: "OrderWaiting at order_id reason facts",
    events.OrderScaled: "OrderScaled at order_id quantity terms stop",
    events.OrderTriggered: "OrderTriggered at order_id price",
    events.StopMoved: "StopMoved at order_id stop",
    events.OrderFilled: "OrderFilled at order_id column:instrument quantity price notional"
    " commission:fees.parts.commission stamp_duty:fees.parts.stamp_duty transfer_fee:fees.parts.transfer_fee"
    " other_fees:fees.parts.others={} posts=True",
    events.CancelRequested: "CancelRequested at order_id",
    events.OrderCanceled: "OrderCanceled at order_id reason facts was_pending=False",
    events.CancelRefused: "CancelRefused at order_id reason facts",
    events.UpdateRequested: "UpdateRequested at order_id quantity terms",
    events.OrderUpdated: "OrderUpdated at order_id quantity terms was_pending=False reason=None facts=None",
    events.UpdateRefused: "UpdateRefused at order_id reason facts was_pending=False",
    events.OrderExpired: "OrderExpired at order_id reason facts",
    # What happens to the account.
    events.AccountOpened: "AccountOpened at cash settings",
    events.PositionSeeded: "PositionSeeded at column:instrument quantity cost paid",
    events.SettingsChanged: "SettingsChanged at settings",
    events.DividendPaid: "DividendPaid at column:instrument quantity per_share amount tax",
    events.DividendTaxed: "DividendTaxed at column:instrument tax",
    events.SharesIssued: "SharesIssued at column:instrument received ratio",
    events.RightsSubscribed: "RightsSubscribed at column:instrument received price paid",
    events.RightsLapsed: "RightsLapsed at column:instrument quantity price",
    events.PositionClosed: "PositionClosed at column:instrument quantity price amount",
    events.PositionStale: "PositionStale at column:instrument quantity",
    events.PositionThawed: "PositionThawed at column:instrument",
    # What a kind of account posts.
    events.Posted: "Posted at cash why realised=0 income=0 fee=0 instrument=None",
    events.CashFlowed: "CashFlowed at amount equity",
    events.LotAdded: "LotAdded at instrument side lot merges=False",
    events.LotsTaken: "LotsTaken at instrument side quantity order=oldest",
    events.Rebased: "Rebased at instrument price",
    events.Rescaled: "Rescaled at instrument numerator denominator",
    events.Borrowed: "Borrowed at debt",
    events.DebtChanged: "DebtChanged at debt_id quantity principal paid",
    events.DaysCounted: "DaysCounted at days",
    events.DueChanged: "DueChanged at due locked={}",
    events.MarginCalled: "MarginCalled at equity margin",
    events.SharesMoved: "SharesMoved at instrument quantity cost",
    # What happens to accounts beside this one.
    events.AccountAdded: "AccountAdded at account options",
    events.Instructed: "Instructed at account commands equity",
    events.Transferred: "Transferred at source target amount reason=None facts={}",
}
"""A class to the name that is written for it and its facts."""

UNWRITTEN: frozenset[type] = frozenset({events.Logged, events.Recorded, events.Advanced, events.QueueEmptied})
"""What strategies log and record, and what only keeps the clock and the queue in order: by how many stops one came to a
moment makes no difference."""

_VALUES: Mapping[str, object] = {
    "{}": {}, "()": (), "0": 0, "0.0": 0.0, "None": None, "False": False, "True": True, "-1": -1, "''": "",
    "no_slippage": Slippage("none", 0.0),
}  # fmt: skip
"""Values at which facts are left out; any other word stands for itself."""
_PINNED: Mapping[tuple[str, object], str] = {("|sizing=", "floor"): "joinquant"}
"""Words that had another name when the text was pinned, by the fact that they stand for."""
_OPEN = "%s"
"""What a template says in the place of a fact that differs from one object to the next."""
_DAY = "\0"
"""What a template that serves every day says in the place of the day."""
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
        if "at" in words:
            place = words.index("at")
            words[place : place + 1] = "day:at.day", "phase:at.phase"
            words.append("bar:at.bar=0")
        facts = [word.partition("=") for word in words if not word.startswith("-")]
        places = [place.partition(":") for place, _, _ in facts]
        paths = tuple(attribute or written for written, _, attribute in places)
        return cls(
            name,
            tuple(f"|{written}=" for written, _, _ in places),
            tuple(_VALUES.get(value, value) if equals else _NEVER for _, equals, value in facts),
            (*paths, *(word[1:] for word in words if word.startswith("-"))),
            _reader(paths),
        )

    def template(self, **constant: object) -> str:
        r"""The text of many objects of this class: what they share is written, ``%s`` stands for each other fact.

        Parameters
        ----------
        **constant : object
            By the path of the fact, with an underscore for each dot.

        >>> _ROWS[events.OrderQueued].template(at_day=3, at_phase=1, at_bar=0)
        'OrderQueued|day=3|phase=1|order_id=%s\n'
        """
        values = [constant.get(path.replace(".", "_"), _OPEN) for path in self.paths[: len(self.heads)]]
        return self._written(values)

    def text(self, thing: object) -> str:
        """The text of an object of this class."""
        return self._written(self.read(thing))

    def _written(self, values: Iterable[Any]) -> str:
        text = self.name
        for head, left_out, value in zip(self.heads, self.left_out, values, strict=True):
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
                text += f"{head}{_PINNED.get((head, value), value)!s}"
        return text + "\n"


def _reader(paths: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the facts at some paths; of one alone attrgetter would give no tuple: every row has two."""
    parts = [path.removeprefix("fees.parts.") for path in paths if path.startswith("fees.parts.")]
    if not parts:
        return attrgetter(*paths)
    first = next(place for place, path in enumerate(paths) if path.startswith("fees.parts."))
    plain = attrgetter(*(path for path in paths if not path.startswith("fees.parts.")))

    def read(event: Any) -> tuple[Any, ...]:
        values, fees = plain(event), event.fees
        charged = (fees.others if part == "others" else fees[part] for part in parts)
        return (*values[:first], *charged, *values[first:])

    return read


_ROWS = {kind: Row.of(text) for kind, text in TEXT.items()}


def text_of(event: object) -> str:
    r"""An event, or what stands inside of one, as the text that the digest is made of.

    >>> text_of(events.OrderQueued(Moment(3, 1), 7))
    'OrderQueued|day=3|phase=1|order_id=7\n'
    """
    return _ROWS[type(event)].text(event)


def texts_of(log: Iterable[events.Event]) -> Iterator[str]:
    """The texts of a log, in order: of a block at once, where it holds nothing but plain orders and their fills."""
    for event in log:
        kind = type(event)
        if kind is events.Placed:
            yield _placed(event)  # type: ignore[arg-type]  # as its type says
        elif kind is events.Matched:
            yield _matched(event)  # type: ignore[arg-type]  # as above
        elif kind not in UNWRITTEN:
            yield text_of(event)


@lru_cache(maxsize=64)
def _of_a_request(phase: int, bar: int) -> str:
    """The text of a plain request, with :data:`_DAY` in the place of the day."""
    where = {"at_day": _DAY, "at_phase": phase, "at_bar": bar}
    created = _ROWS[events.OrderCreated].template(**where, method=int(Method.ORDER), terms=MARKET_DAY)
    return created + _ROWS[events.OrderQueued].template(**where)


@lru_cache(maxsize=64)
def _of_a_fill(phase: int, bar: int) -> str:
    """The text of an order that is released and filled at once, likewise."""
    where = {"at_day": _DAY, "at_phase": phase, "at_bar": bar}
    filled = _ROWS[events.OrderFilled].template(**where, fees_parts_others={}, posts=True)
    return _ROWS[events.OrderReleased].template(**where) + filled


def _placed(block: events.Placed) -> str:
    """The text of a block of requests."""
    at, special = block.at, block.requests.keys() | block.refused.keys() | block.terms.keys()
    text = _of_a_request(at.phase, at.bar).replace(_DAY, str(at.day))
    rows = zip(block.instruments, block.quantities, strict=True)
    return "".join(
        [
            text % (order_id, instrument, quantity, quantity, order_id)
            if order_id - block.first_id not in special
            else "".join(map(text_of, block.records([order_id - block.first_id])))
            for order_id, (instrument, quantity) in enumerate(rows, block.first_id)
        ]
    )


def _matched(block: events.Matched) -> str:
    """The text of a block of orders that met an open."""
    if block.fees.keys() - set(PARTS):
        return "".join(map(text_of, block.records()))  # the parts of a fee model of its own
    at, remarks = block.at, block.remarks
    text = _of_a_fill(at.phase, at.bar).replace(_DAY, str(at.day))
    nothing = [0] * len(block)
    ids = _plain(block.order_ids)
    facts = map(_plain, (block.instruments, block.quantities, block.prices, block.notionals))
    parts = (_plain(block.fees[part]) if part in block.fees else nothing for part in PARTS)
    return "".join(
        [
            text % row if row[3] and offset not in remarks else "".join(map(text_of, block.records([offset])))
            for offset, row in enumerate(zip(ids, ids, *facts, *parts, strict=True))
        ]
    )


def _plain(column: Any) -> list[Any]:
    """A column of a block as Python numbers."""
    return column.tolist() if hasattr(column, "tolist") else list(column)


def digest_of(log: Iterable[events.Event], at: Moment) -> str:
    """SHA-256 over the events of a log, and the day and phase at which one stands after them."""
    total = hashlib.sha256()
    for text in texts_of(log):
        # What a user wrote may hold halves of characters that no encoding knows.
        total.update(text.encode("utf-8", "surrogatepass"))
    total.update(f"{at.day}|{at.phase}".encode())
    return total.hexdigest()
