"""The text that digests are made of: nothing is forgotten in it, and no renaming changes it."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

import pytest

from qresearch.book.digest import TEXT, UNWRITTEN, Row, text_of
from qresearch.domain import events as m
from qresearch.domain.fees import Fees
from qresearch.domain.moment import Moment
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import Costs, Settings, Slippage
from qresearch.domain.terms import Kind, Terms, TimeInForce


def dataclasses_in(hint: object) -> Iterator[type]:
    """The records that a type names: ``Terms | None`` names one."""
    if isinstance(hint, type) and (is_dataclass(hint) or (hasattr(hint, "_fields") and hint is not Moment)):
        yield hint
    for part in typing.get_args(hint):
        yield from dataclasses_in(part)


def unnamed(kind: type, paths: typing.Iterable[str]) -> Iterator[str]:
    """What paths do not name of the fields of a class; a field that is taken apart must be named whole."""
    heads: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        heads.setdefault(head, []).extend([rest] if rest else [])
    hints = typing.get_type_hints(kind)
    for name in [item.name for item in fields(kind)] if is_dataclass(kind) else kind._fields:
        if name not in heads:
            yield f"{kind.__name__}.{name}"
        elif heads[name]:
            for part in dataclasses_in(hints[name]):
                yield from unnamed(part, heads[name])


def test_every_kind_of_event_is_written_or_left_out_for_a_reason() -> None:
    """Protects digests from a new kind of event that would raise, or that none would hold."""
    kinds = set(typing.get_args(m.Record))
    assert kinds <= set(TEXT) | UNWRITTEN
    assert kinds >= UNWRITTEN
    assert not UNWRITTEN & set(TEXT)


@pytest.mark.parametrize("kind", TEXT)
def test_every_field_is_named_in_the_text(kind: type) -> None:
    """Protects digests from a fact that is forgotten: a new field is written, or marked as one that follows."""
    assert list(unnamed(kind, Row.of(TEXT[kind]).paths)) == []


def test_a_field_that_no_row_names_is_found() -> None:
    """Protects the test above: it sees a forgotten field, also inside of one that is taken apart."""
    assert list(unnamed(m.OrderQueued, ("at.day", "at.phase", "at.bar"))) == ["OrderQueued.order_id"]
    paths = [*Row.of(TEXT[m.OrderCreated]).paths, "terms.kind"]
    assert "Terms.limit_price" in set(unnamed(m.OrderCreated, paths))


@pytest.mark.parametrize("kind", TEXT)
def test_what_stands_inside_has_a_row_of_its_own(kind: type) -> None:
    """Protects digests from the text that Python gives an object: it holds the names of its class and fields."""
    written = {path for path in Row.of(TEXT[kind]).paths if "." not in path}
    hints = typing.get_type_hints(kind)
    assert {part for name in written for part in dataclasses_in(hints[name])} <= set(TEXT)


def test_no_two_classes_are_written_under_one_name() -> None:
    """Protects digests from two kinds of event that look alike in them."""
    names = [text.split()[0] for text in TEXT.values()]
    assert len(set(names)) == len(names)


COSTS = "Costs|open_tax=0|close_tax=500000|open_commission=250000|close_commission=250000|min_commission=500\n"
WAITING = Terms(Kind.STOP_LIMIT, 9.7, 9.8, time_in_force=TimeInForce.GTC, tag="guard")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            m.OrderFilled(
                Moment(3, 1),
                7,
                2,
                -300,
                9.52,
                285_600,
                Fees((("commission", 500), ("stamp_duty", 143), ("transfer_fee", 3))),
            ),
            "OrderFilled|day=3|phase=1|order_id=7|column=2|quantity=-300|price=9.52|notional=285600|commission=500"
            "|stamp_duty=143|transfer_fee=3\n",
        ),
        (
            m.OrderQueued(Moment(3, 2, 12), 7),
            "OrderQueued|day=3|phase=2|order_id=7|bar=12\n",
        ),
        (
            m.OrderCreated(Moment(3, 4), 8, 2, 200, 1, 2000.5, Terms()),
            "OrderCreated|day=3|phase=4|order_id=8|column=2|quantity=200|method=1|asked=2000.5|terms=Terms\n\n",
        ),
        (
            m.OrderScaled(Moment(3, 0), 8, 400, WAITING, None),
            "OrderScaled|day=3|phase=0|order_id=8|quantity=400|terms=Terms|kind=STOP_LIMIT|limit_price=9.7"
            "|stop_price=9.8|time_in_force=GTC|tag=guard\n|stop=None\n",
        ),
        (
            m.OrderRejected(Moment(3, 1), 9, Reason.INSUFFICIENT_CASH, {"need": 952_500, "cash": 500_000}),
            "OrderRejected|day=3|phase=1|order_id=9|reason=INSUFFICIENT_CASH"
            "|facts=[('cash', '500000'), ('need', '952500')]\n",
        ),
        (
            m.SettingsChanged(Moment(3, 4), Settings(Costs(0, 500_000, 250_000, 250_000, 500))),
            f"SettingsChanged|day=3|phase=4|settings=Settings|costs={COSTS}\n\n",
        ),
        (
            m.SettingsChanged(
                Moment(3, 4), Settings(Costs(0, 500_000, 250_000, 250_000, 500), Slippage("bps", 5), dividend_tax=0.1)
            ),
            f"SettingsChanged|day=3|phase=4|settings=Settings|costs={COSTS}|slippage=Slippage|kind=bps|size=5\n"
            "|dividend_tax=0.1\n\n",
        ),
    ],
)
def test_the_text_of_an_event_stays_as_it_is(event: m.Record, text: str) -> None:
    """Protects the digests that stand in scripts, notebooks and reports of users: the text, character by character."""
    assert text_of(event) == text


@dataclass
class When:
    """Where a renamed event would keep its day."""

    day: int
    bar: int


@dataclass
class Fill:
    """An event under other names."""

    at: When
    instrument: int
    side: str


def test_a_renamed_event_is_written_as_before() -> None:
    """Protects digests from better names: a fact is read elsewhere and written as ever; what follows stays out."""
    row = Row.of("OrderFilled day:at.day column:instrument bar:at.bar=0 -side")
    assert row.text(Fill(When(3, 0), 2, "buy")) == "OrderFilled|day=3|column=2\n"
    assert row.text(Fill(When(3, 5), 2, "buy")) == "OrderFilled|day=3|column=2|bar=5\n"
