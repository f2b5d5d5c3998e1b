"""Pictures of the life of orders: the diagram of states with one order's path, and the timeline of many orders.

Both are SVG drawings made from a log: ``lives(log)`` walks it, :func:`state_diagram` shows one life,
:func:`orders_timeline` shows all beside each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from xml.sax.saxutils import escape

import numpy as np

from qresearch.domain.moment import PHASES
from qresearch.domain.order import Move, Status
from qresearch.sentences import ENGLISH, Words
from qresearch.views.lives import Life, Stop, lives
from qresearch.views.states import state_diagram
from qresearch.views.svg import (
    FAINT,
    GROUND,
    INK,
    LINE,
    PALE,
    STATE_COLOURS,
    Box,
    Point,
    SvgPicture,
    arrow_head,
    breadth,
    document,
    hatch,
    path,
    tag,
    words,
)

__all__ = ["Life", "Stop", "lives", "orders_timeline", "state_diagram"]

WIDTH = 900
LEFT, RIGHT = 194.0, 160.0
"""Room for the names of the orders, and for how they ended."""
TOP = 120.0
ROW = 36.0
BAR = 14.0
SPREAD = 14.0
"""Distance between the marks of one moment."""
CANCEL_PENDING = "cancel pending"
TEXTURES: dict[str, tuple[int, float] | None] = {
    "CREATED": None, "QUEUED": (1, 7.0), "WORKING": None, "REPLACE_PENDING": (-1, 7.0), CANCEL_PENDING: (0, 5.0),
}  # fmt: skip
"""Strokes (slope, distance) of each stretch; none for a plain one."""
COLOURS = {**STATE_COLOURS, CANCEL_PENDING: "#be185d"}
MARKS = (
    "chart_partly_bought",
    "chart_partly_sold",
    "FILLED",
    "event_OrderTriggered",
    "CANCELED",
    "EXPIRED",
    "REJECTED",
)
"""What is marked, by the keys of its words, in the order of the legend."""
Days = np.ndarray[tuple[int], np.dtype[np.datetime64]]


def orders_timeline(
    orders: Iterable[Life],
    days: Days,
    *,
    symbols: Sequence[str] | None = None,
    until: tuple[int, int] | None = None,
    most: int = 40,
    say: Words = ENGLISH,
) -> SvgPicture:
    """One row per order: how long it was in which state, its fills, and how it ended.

    A state is told by colour and by texture, an end by colour and by shape. The dark part of a working bar grows with
    what is filled. The days stand side by side without gaps; within a day each phase has the same room.

    Parameters
    ----------
    orders : iterable of Life
        Of :func:`~qresearch.views.lives.lives`; drawn in this order.
    days : (T,) ndarray of datetime64[D]
        The trading days, by the day index of the events.
    symbols : sequence of str, optional
        Names of the columns.
    until : (day, phase), optional
        Now: where open orders reach to. Default: the last event.
    most : int
        Only the last ones are drawn when there are more orders.
    say : Words
        The language; states have their codes in English.

    Returns
    -------
    SvgPicture

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
    >>> ticket = session.buy("604018", 1000)
    >>> found = lives(session.step().simulation.timeline.branch.log)
    >>> orders_timeline(found.values(), session.market.days, symbols=session.market.symbols)
    <SvgPicture The life of 1 order: 900 x 170>
    """
    known = list(orders)
    shown = known[-most:] if most else []
    title = say("life_of_orders", count=f"{len(known):,}")
    height = round(TOP + ROW * max(len(shown), 1) + 14)
    parts = [words((20, 28), title, size=15, bold=True)]
    if not shown:
        parts.append(words((20, TOP), say("none_placed"), fill=FAINT))
        return document(WIDTH, height, title, parts, say)
    if len(known) > len(shown):
        note = say("last_shown", count=len(shown), left_out=f"{len(known) - len(shown):,}")
        parts.append(words((WIDTH - 20, 28), note, size=11, fill=FAINT, anchor="end"))
    parts += _legend(shown, say)
    axis = _Axis.of(shown, days, until, say)
    parts += axis.draw(TOP + ROW * len(shown))
    for row, life in enumerate(shown):
        drawn = "".join(_Row(life, axis, TOP + ROW * row + ROW / 2, symbols, say).draw())
        parts.append(tag("g", drawn))
    return document(WIDTH, height, title, parts, say)


@dataclass(frozen=True)
class _Axis:
    """Time from left to right."""

    first: int
    last: int
    days: Days
    now: tuple[int, int]
    say: Words

    @classmethod
    def of(cls, shown: Sequence[Life], days: Days, until: tuple[int, int] | None, say: Words) -> _Axis:
        moments = [(stop.day, stop.phase) for life in shown for stop in life.stops]
        now = max(moments) if until is None else max(until, *moments)
        return cls(min(moments)[0], now[0], days, now, say)

    @property
    def per_day(self) -> float:
        """Pixels per day."""
        return (WIDTH - LEFT - RIGHT) / (self.last - self.first + 1)

    def x(self, day: int, phase: int) -> float:
        """Where a moment is."""
        return LEFT + self.per_day * (day - self.first + (phase + 0.5) / len(PHASES))

    def draw(self, bottom: float) -> Iterator[str]:
        """Days, and phases where there is room for them."""
        every = max(1, int(62 / self.per_day) + 1) if self.per_day < 62 else 1
        head = TOP - 8
        for place, day in enumerate(range(self.first, self.last + 1)):
            left = LEFT + self.per_day * place
            if place // every % 2 == 0:
                yield Box(left, head, self.per_day, bottom - head).draw(fill=PALE)
            if place % every == 0 and left < WIDTH - RIGHT - 24:
                yield from self._date(day, left, head)
            if self.per_day >= 60:
                for phase in range(len(PHASES)):
                    x = self.x(day, phase)
                    yield path([(x, head), (x, head + 3)], colour=FAINT, width=1)
                    if self.per_day >= 230:
                        label = self.say(f"short_{PHASES[phase].value}")
                        yield words((x, head - 4), label, size=9, fill=FAINT, anchor="middle")
        yield path([(LEFT, head), (WIDTH - RIGHT, head)], colour=LINE, width=1)

    def _date(self, day: int, left: float, head: float) -> Iterator[str]:
        date = str(self.days[day])
        is_wide = self.per_day >= 60
        x = left + self.per_day / 2 if is_wide else left + 1
        up = 15 if self.per_day >= 230 else 5
        text = date if day == self.first or self.per_day >= 90 else date[5:]
        yield words((x, head - up), text, size=10.5, fill=FAINT, anchor="middle" if is_wide else "start")


@dataclass(frozen=True)
class _Row:
    """One order."""

    life: Life
    axis: _Axis
    middle: float
    symbols: Sequence[str] | None
    say: Words

    def draw(self) -> Iterator[str]:
        """Its name, its stretches, its marks, its end."""
        order, say = self.life.order, self.say
        symbol = "" if self.symbols is None else f" {self.symbols[order.instrument]}"
        side = say(f"a_{order.side}")
        why = "" if order.reason is None else say(order.reason, **order.facts)
        yield tag("title", escape(f"{self.life.name(say=say)}: {say.code(order.status.value)}. {why}".strip()))
        yield words((44, self.middle - 2), f"{order.order_id}", size=12, fill=FAINT, anchor="end", bold=True)
        yield words((52, self.middle - 2), _cut(f"{side} {abs(order.quantity):,}{symbol}", 23), size=12)
        yield words((52, self.middle + 11), _cut(say.terms(order.terms), 30), size=9.5, fill=FAINT)
        yield path([(LEFT, self.middle), (WIDTH - RIGHT, self.middle)], colour=LINE, width=0.6)
        for before, x0, x1 in self._stretches():
            yield from _stretch(self._bar(x0, x1), before, abs(order.quantity))
        yield from self._marks()
        yield from self._end()

    def _bar(self, left: float, right: float) -> Box:
        return Box(left, self.middle - BAR / 2, right - left, BAR)

    def _stretches(self) -> Iterator[tuple[Stop, float, float]]:
        """From where to where it looked the same, and as what."""
        looks = [next(same) for _, same in groupby(self.life.stops, _look)]
        moments = [*((stop.day, stop.phase) for stop in looks), self.axis.now]
        for stop, (begin, end) in zip(looks, pairwise(moments), strict=True):
            x0, x1 = self.axis.x(*begin), self.axis.x(*end)
            if x1 > x0 and not stop.status.is_final:
                yield stop, x0, x1

    def _marks(self) -> Iterator[str]:
        """Fills and the end; those of one moment stand side by side."""
        by_place: dict[float, list[Stop]] = {}
        for stop in self.life.stops:
            if _is_marked(stop):
                by_place.setdefault(self.axis.x(stop.day, stop.phase), []).append(stop)
        for x, stops in by_place.items():
            for place, stop in enumerate(stops):
                at = (x + SPREAD * (place - (len(stops) - 1) / 2), self.middle)
                yield from _mark(at, stop, self.life.side)

    def _end(self) -> Iterator[str]:
        order = self.life.order
        x = WIDTH - RIGHT + 12
        status = order.status.value
        yield words((x, self.middle - 2), self.say.code(status), size=11, fill=COLOURS[status], bold=True)
        told = ""
        if order.filled:
            told = self.say("part_of", part=f"{order.filled:,}", whole=f"{abs(order.quantity):,}")
        if order.reason is not None:
            code = order.reason.value
            # In another language it is a code, and stands as it is in every table.
            why = code.replace("_", " ").lower() if self.say.language == ENGLISH.language else code
            told = f"{told}{self.say('part_comma')}{why}" if told else why
        yield words((x, self.middle + 11), _cut(told, 32), size=9.5, fill=FAINT)


def _look(stop: Stop) -> tuple[Status, bool, int]:
    return stop.status, stop.cancel_requested, stop.filled


def _is_marked(stop: Stop) -> bool:
    """True for a fill, a trigger and what ends an order."""
    return stop.move in {Move.FILL, Move.TRIGGER} or (stop.status.is_final and stop.move in _ENDS)


_ENDS = frozenset({Move.FILL, Move.CANCEL, Move.EXPIRE, Move.REJECT})


def _stretch(box: Box, stop: Stop, quantity: int) -> Iterator[str]:
    """A bar of one state: its texture, and from below the part that is filled."""
    key = _key(stop)
    colour, texture = COLOURS[key], TEXTURES[key]
    yield box.draw(fill=GROUND)
    yield tag("rect", x=box.left, y=box.top, width=box.width, height=box.height, fill=colour, fill_opacity="0.18")
    if texture is not None:
        yield hatch(box, colour=colour, slope=texture[0], gap=texture[1])
    if stop.filled and quantity:
        high = box.height * min(stop.filled / quantity, 1.0)
        yield Box(box.left, box.bottom - high, box.width, high).draw(fill=colour)
    yield box.draw(fill="none", stroke=colour, width=1.3)


def _mark(at: Point, stop: Stop, side: int) -> Iterator[str]:
    """A fill, a trigger or an end: each has a shape of its own."""
    x, y = at
    colour = COLOURS[stop.status.value]
    if stop.move is Move.TRIGGER:
        for ink, width in ((GROUND, 5.0), (INK, 2.0)):
            yield path([(x - 2, y + 9), (x + 3, y + 1), (x - 3, y - 1), (x + 2, y - 9)], colour=ink, width=width)
    elif stop.move is Move.FILL:
        fill, ink, width = (colour, GROUND, 1.5) if stop.status is Status.FILLED else (GROUND, COLOURS["FILLED"], 1.8)
        yield tag("circle", cx=x, cy=y, r=9, fill=fill, stroke=ink, stroke_width=width)
        yield arrow_head((x, y - 5.5 * side), (0, -side), colour=ink, size=9.5)
    elif stop.status is Status.REJECTED:
        for ink, width in ((GROUND, 7.0), (colour, 3.6)):
            yield path([(x - 6, y - 6), (x + 6, y + 6)], colour=ink, width=width)
            yield path([(x - 6, y + 6), (x + 6, y - 6)], colour=ink, width=width)
    elif stop.status is Status.CANCELED:
        yield Box(x - 7, y - 7, 14, 14).draw(fill=colour, stroke=GROUND, width=1.5, round_by=2)
        yield path([(x - 3.5, y), (x + 3.5, y)], colour=GROUND, width=2.4)
    else:
        corners = [(x, y - 9), (x + 9, y), (x, y + 9), (x - 9, y)]
        yield path(corners, colour=GROUND, width=1.5, fill=colour, close=True)


def _legend(shown: Sequence[Life], say: Words) -> Iterator[str]:
    """The textures and shapes that occur: states in one line, marks in the next."""
    stops = [stop for life in shown for stop in life.stops]
    looks = {_key(stop): stop._replace(filled=0) for stop in stops}
    x = 20.0
    for key in TEXTURES:
        if key in looks and key != "CREATED":
            yield from _stretch(Box(x, 40, 26, 12), looks[key], 1)
            name = say("cancel_pending") if key == CANCEL_PENDING else say.code(key).replace("_", " ").lower()
            yield words((x + 32, 50), name, size=11)
            x += 32 + breadth(name, 11) + 16
    marked = ((stop, life.side) for life in shown for stop in life.stops if _is_marked(stop))
    marks = {_name_of_mark(*found): found for found in marked}
    x = 20.0
    for key in MARKS:
        if key in marks:
            stop, side = marks[key]
            name = say(key)
            yield from _mark((x + 13, 72), stop, 1 if key == "FILLED" else side)
            yield words((x + 32, 76), name, size=11)
            x += 32 + breadth(name, 11) + 16


def _key(stop: Stop) -> str:
    """What a bar of a state looks like."""
    return CANCEL_PENDING if stop.cancel_requested else stop.status.value


def _name_of_mark(stop: Stop, side: int) -> str:
    """Key of the words for what is marked at a stop: an end by its state."""
    if stop.move is Move.TRIGGER:
        return "event_OrderTriggered"
    if stop.move is Move.FILL and stop.status is not Status.FILLED:
        return "chart_partly_bought" if side > 0 else "chart_partly_sold"
    return stop.status.value


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
