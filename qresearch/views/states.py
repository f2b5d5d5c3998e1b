"""The states of an order as a diagram, drawn from the table of transitions, with the path of one order in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from qresearch.domain.moment import PHASES
from qresearch.domain.order import FINAL, TRANSITIONS, Move, Status
from qresearch.sentences import ENGLISH, Words
from qresearch.views.lives import Life
from qresearch.views.svg import (
    FAINT,
    GROUND,
    INK,
    LINE,
    STATE_COLOURS,
    Box,
    Point,
    SvgPicture,
    arrow_head,
    breadth,
    document,
    number,
    path,
    tag,
    words,
)

WIDTH = 900
MARGIN = 40
STATE = (132.0, 46.0)
"""Width and height of a state."""
LOOP = 20.0
"""Height of the loop of what leaves a state as it is."""
LINE_OF_MOVES = 13.0
TRACK = 22.0
"""Distance between the tracks that lead to the final states."""
PORT = 30.0
"""Distance between the lines that leave a state downwards."""
MOST_LINES = 6
Edge = tuple[Status, Status]


def state_diagram(
    life: Life | None = None,
    days: np.ndarray[tuple[int], np.dtype[np.datetime64]] | None = None,
    *,
    symbols: Sequence[str] | None = None,
    say: Words = ENGLISH,
) -> SvgPicture:
    """Every state and every legal move of an order; those of one order are coloured and numbered.

    Above stand the states of an open order, below the final ones; each final state has a track of its own, to which the
    lines from above lead. What happens without a change of state stands at the loop of a state.

    Parameters
    ----------
    life : Life, optional
        Of :func:`~qresearch.views.lives.lives`; without one, the plain diagram.
    days : (T,) ndarray of datetime64[D], optional
        The trading days, for dates in the story below the diagram.
    symbols : sequence of str, optional
        Names of the columns, for the title.
    say : Words
        The language; states and moves have their codes in English.

    Returns
    -------
    SvgPicture

    Examples
    --------
    >>> state_diagram().title
    'The states of an order'
    """
    walk = _Walk.of(life)
    plan = _Plan(say)
    title = say("states_title") if life is None else life.name(symbols, say)
    story = [] if life is None else _story(life, days, say)
    parts = [words((MARGIN - 20, 28), title, size=15, bold=True)]
    if life is not None:
        parts.append(words((WIDTH - MARGIN + 20, 28), say("states_key"), size=11, fill=FAINT, anchor="end"))
    parts += plan.lines(walk)
    parts += plan.boxes(walk)
    top = plan.bottom + 22
    parts += [words((MARGIN - 20, top + 17 * row), line, size=12) for row, line in enumerate(story)]
    height = round(top + 17 * len(story)) if story else round(plan.bottom + 6)
    return document(WIDTH, height, title, parts, say)


@dataclass(frozen=True)
class _Walk:
    """What one order did: the numbers of its steps by (state before, move, state after), and where it is."""

    steps: Mapping[tuple[Status, Move, Status], tuple[int, ...]] = field(default_factory=dict)
    seen: frozenset[Status] = frozenset()
    now: Status | None = None

    @classmethod
    def of(cls, life: Life | None) -> _Walk:
        if life is None:
            return cls()
        steps: dict[tuple[Status, Move, Status], tuple[int, ...]] = {}
        before = Status.CREATED
        for place, stop in enumerate(life.stops):
            if stop.move is not None:
                key = (before, stop.move, stop.status)
                steps[key] = (*steps.get(key, ()), place)
            before = stop.status
        return cls(steps, frozenset(stop.status for stop in life.stops), before)

    def numbers(self, edge: Edge) -> tuple[int, ...]:
        """Numbers of the steps along an edge, whatever the move."""
        found = [
            places for (before, _, after), places in self.steps.items() if (before, after) == edge and before != after
        ]
        return tuple(sorted(place for places in found for place in places))


def edges() -> dict[Edge, list[Move]]:
    """The moves from one state to another one, by (from, to), in the order of the table.

    Examples
    --------
    >>> edges()[Status.WORKING, Status.FILLED]
    [<Move.FILL: 'fill'>]
    """
    found: dict[Edge, list[Move]] = {}
    for (before, move), targets in TRANSITIONS.items():
        for after in sorted(targets, key=list(Status).index):
            if after is not before:
                found.setdefault((before, after), []).append(move)
    return found


def loops() -> dict[Status, list[Move]]:
    """The moves that leave a state as it is, by state."""
    found: dict[Status, list[Move]] = {}
    for (before, move), targets in TRANSITIONS.items():
        if before in targets:
            found.setdefault(before, []).append(move)
    return found


class _Plan:
    """Where everything stands: computed from the table, the same every time."""

    def __init__(self, say: Words) -> None:
        self.say = say
        self.edges, self.loops = edges(), loops()
        self.open = _by_depth(self.edges)
        place = {status: column for column, status in enumerate(self.open)}
        sources = {final: [place[before] for before, after in self.edges if after is final] for final in FINAL}
        order = list(Status)
        self.finals = sorted(FINAL, key=lambda final: (np.mean(sources[final] or [0]), order.index(final)))
        above = max(len(_moves_in_lines(self.loops.get(status, []))) for status in self.open)
        below = max(len(_moves_in_lines(self.loops.get(status, []), 1)) for status in self.finals)
        top = 48 + LINE_OF_MOVES * above + LOOP
        self.tracks = {final: top + STATE[1] + 36 + TRACK * row for row, final in enumerate(self.finals)}
        floor = top + STATE[1] + 36 + TRACK * len(self.finals) + 24
        self.box = {**_row(self.open, top), **_row(self.finals, floor)}
        self.bottom = floor + STATE[1] + LOOP + LINE_OF_MOVES * below + 6

    def port(self, edge: Edge) -> float:
        """Where a line to a final state leaves a state: in the order of the final states, so that few lines cross."""
        before, after = edge
        targets = [final for final in self.finals if (before, final) in self.edges]
        return self.box[before].centre[0] + PORT * (targets.index(after) - (len(targets) - 1) / 2)

    # ------------------------------------------------------------------ drawing

    def lines(self, walk: _Walk) -> Iterator[str]:
        """All arrows; what the order did lies on top."""
        start = self.box[Status.CREATED]
        yield tag("circle", cx=start.left - 20, cy=start.centre[1], r=4, fill=FAINT)
        yield path([(start.left - 20, start.centre[1]), (start.left - 6, start.centre[1])], colour=FAINT)
        yield arrow_head((start.left - 1, start.centre[1]), (1, 0), colour=FAINT)
        for edge in sorted(self.edges, key=lambda edge: bool(walk.numbers(edge))):
            yield from self._edge(edge, walk)
        for final in self.finals:
            yield from self._name_of_track(final, walk)
        for status, moves in self.loops.items():
            yield from self._loop(status, moves, walk)

    def boxes(self, walk: _Walk) -> Iterator[str]:
        """All states."""
        for status, box in self.box.items():
            colour = STATE_COLOURS[status]
            is_now, is_seen = status is walk.now, status in walk.seen
            fill = colour if is_now else GROUND
            ink = GROUND if is_now else colour if is_seen else FAINT
            stroke = colour if is_seen else LINE
            yield box.draw(
                fill=fill, stroke=stroke, width=2.5 if is_seen else 1.5, round_by=4 if status in FINAL else 14
            )
            lines = self.say.code(status.value).split("_")
            for row, line in enumerate(lines):
                height = box.centre[1] + 4.5 + 14 * (row - (len(lines) - 1) / 2)
                yield words((box.centre[0], height), line, size=12.5, fill=ink, anchor="middle", bold=True)

    def _edge(self, edge: Edge, walk: _Walk) -> Iterator[str]:
        before, after = edge
        steps = walk.numbers(edge)
        colour, width = (STATE_COLOURS[after], 3.0) if steps else (LINE, 1.5)
        if after in FINAL:
            x, target, track = self.port(edge), self.box[after], self.tracks[after]
            start: Point = (x, self.box[before].bottom)
            corners = [start, (x, track), (target.centre[0], track), (target.centre[0], target.top - 6)]
            yield path(corners, colour=colour, width=width)
            yield tag("circle", cx=x, cy=track, r=3 if not steps else 4, fill=colour)
            yield arrow_head((target.centre[0], target.top - 1), (0, 1), colour=colour)
            if steps:
                yield from _badge((x, start[1] + 17), steps, colour)
            return
        yield from self._sideways(edge, steps, colour, width)

    def _sideways(self, edge: Edge, steps: tuple[int, ...], colour: str, width: float) -> Iterator[str]:
        """An arrow between two states of an open order: forth above the middle, back below it."""
        start, end = (self.box[status] for status in edge)
        forth = start.left < end.left
        towards = 1 if forth else -1
        gap = abs(self.open.index(edge[0]) - self.open.index(edge[1]))
        both = (edge[1], edge[0]) in self.edges
        height = start.centre[1] + (0 if not both else -9 if forth else 9)
        first, last = (start.right, end.left) if forth else (start.left, end.right)
        middle = (first + last) / 2
        label = [self.say(f"move_{move}") for move in self.edges[edge]]
        if gap > 1:  # over what stands between
            x0, x1, low = start.centre[0] + 24 * towards, end.centre[0] - 24 * towards, start.bottom + 22
            yield path([(x0, start.bottom), (x0, low), (x1, low), (x1, end.bottom + 6)], colour=colour, width=width)
            yield arrow_head((x1, end.bottom + 1), (0, -1), colour=colour)
            middle, height = (x0 + x1) / 2, low
        else:
            yield path([(first, height), (last - 6 * towards, height)], colour=colour, width=width)
            yield arrow_head((last - towards, height), (towards, 0), colour=colour)
        ink = INK if steps else FAINT
        for row, line in enumerate(label):
            room = 7 if steps else 0  # for the number
            at = height - 6 - room - 12 * (len(label) - 1 - row) if forth else height + 14 + room + 12 * row
            yield words((middle, at), line, size=11, fill=ink, anchor="middle", bold=bool(steps))
        if steps:
            yield from _badge((middle, height), steps, colour)

    def _name_of_track(self, final: Status, walk: _Walk) -> Iterator[str]:
        """The move that leads to a final state, beside its arrow."""
        moves = {move: None for (_, after), found in self.edges.items() if after is final for move in found}
        taken = any(walk.numbers(edge) for edge in self.edges if edge[1] is final)
        at = (self.box[final].centre[0] + 8, self.box[final].top - 10)
        text = " / ".join(self.say(f"move_{move}") for move in moves)
        yield words(at, text, size=11, fill=INK if taken else FAINT, bold=taken)

    def _loop(self, status: Status, moves: list[Move], walk: _Walk) -> Iterator[str]:
        """The loop of a state, with the moves that leave it as it is."""
        box, is_final = self.box[status], status in FINAL
        x, edge, out = box.centre[0], box.bottom if is_final else box.top, 1 if is_final else -1
        done = [move for move in moves if (status, move, status) in walk.steps]
        colour = STATE_COLOURS[status] if done else LINE
        tip, far = edge + 2 * out, edge + 1.25 * LOOP * out
        curve = f"M{number(x - 11)} {number(edge)}C{number(x - 16)} {number(far)} {number(x + 16)} {number(far)} "
        yield tag(
            "path", d=f"{curve}{number(x + 11)} {number(tip + 4 * out)}", stroke=colour, fill="none",
            stroke_width=2.5 if done else 1.5,
        )  # fmt: skip
        yield arrow_head((x + 10, tip), (-0.2, -out), colour=colour, size=7)
        lines = _moves_in_lines(moves, 1 if is_final else 2)
        first = edge + (LOOP + 9) * out if is_final else edge - LOOP - 5 - LINE_OF_MOVES * (len(lines) - 1)
        for row, line in enumerate(lines):
            spans = tag("tspan", " · ", fill=LINE).join(_span(status, move, walk, self.say) for move in line)
            yield tag("text", spans, x=x, y=first + LINE_OF_MOVES * row, font_size=11, text_anchor="middle")


def _by_depth(found: Mapping[Edge, list[Move]]) -> list[Status]:
    """The states of an open order by their distance from the first one."""
    depth = {Status.CREATED: 0}
    queue = [Status.CREATED]
    for before in queue:
        for start, after in found:
            if start is before and after not in depth and after not in FINAL:
                depth[after] = depth[before] + 1
                queue.append(after)
    return sorted(depth, key=lambda status: (depth[status], list(Status).index(status)))


def _row(states: Sequence[Status], top: float) -> dict[Status, Box]:
    width, height = STATE
    room = (WIDTH - 2 * MARGIN - width) / max(len(states) - 1, 1)
    return {status: Box(MARGIN + room * place, top, width, height) for place, status in enumerate(states)}


def _moves_in_lines(moves: Sequence[Move], per_line: int = 2) -> list[list[Move]]:
    return [list(moves[place : place + per_line]) for place in range(0, len(moves), per_line)]


def _span(status: Status, move: Move, walk: _Walk, say: Words) -> str:
    steps = walk.steps.get((status, move, status), ())
    text = say(f"move_{move}")
    if not steps:
        return tag("tspan", text, fill=FAINT)
    return tag("tspan", f"{text} {_told(steps)}", fill=STATE_COLOURS[status], font_weight="bold")


def _told(steps: tuple[int, ...]) -> str:
    """Numbers of steps; of many, how many there are."""
    return ",".join(map(str, steps)) if len(steps) <= 3 else f"×{len(steps)}"


def _badge(at: Point, steps: tuple[int, ...], colour: str) -> Iterator[str]:
    """The numbers of the steps that went along a line."""
    text = _told(steps)
    width = max(breadth(text, 11) + 8, 17)
    yield Box(at[0] - width / 2, at[1] - 8.5, width, 17).draw(fill=colour, stroke=GROUND, width=1.5, round_by=8.5)
    yield words((at[0], at[1] + 4), text, size=11, fill=GROUND, anchor="middle", bold=True)


def _story(life: Life, days: np.ndarray[tuple[int], np.dtype[np.datetime64]] | None, say: Words) -> list[str]:
    """What happened step by step, wrapped; a long story is cut in the middle."""
    moments: dict[str, list[str]] = {}
    for place, stop in enumerate(life.stops):
        what = say("asked_for") if stop.move is None else f"{place} {say(f'move_{stop.move}')}"
        day = f"day {stop.day}" if days is None else str(days[stop.day])
        when = f"{day} {say.code(PHASES[stop.phase].value).replace('_', ' ').lower()}"
        moments.setdefault(when, []).append(f"{what} {stop.shares:,}" if stop.shares else what)
    lines = [""]
    for piece in (say("told_of", what=when, told=say("part_comma").join(told)) for when, told in moments.items()):
        longer = f"{lines[-1]}  ·  {piece}" if lines[-1] else piece
        if breadth(longer, 12) > WIDTH - 2 * MARGIN + 40:
            lines.append(piece)
        else:
            lines[-1] = longer
    if len(lines) > MOST_LINES:
        half = MOST_LINES // 2
        return [*lines[:half], say("lines_left_out", count=len(lines) - 2 * half), *lines[-half:]]
    return lines
