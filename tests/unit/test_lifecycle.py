"""Pictures of the life of orders: what is drawn is what happened, and any reader of XML can read it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import groupby
from xml.etree import ElementTree

import pytest
from hand import flat, market, session

import qresearch as qr
from qresearch.domain import events
from qresearch.domain.order import FINAL, TRANSITIONS, Move, Status
from qresearch.domain.terms import limit, stop
from qresearch.views.lifecycle import Life, SvgPicture, lives, orders_timeline, state_diagram
from qresearch.views.states import edges, loops
from qresearch.views.svg import STATE_COLOURS, Box, hatch, tag, words

A, B = "600001.SH", "600002.SH"
SPACE = "{http://www.w3.org/2000/svg}"


def log_of(run: qr.Session) -> list[object]:
    """The events of a session up to its cursor."""
    branch = run.simulation.timeline.branch
    return branch.log[: run.simulation.timeline.count]


def story() -> qr.Session:
    """Filled, rejected, partly filled and expired, canceled after an update, stopped: one order of each."""
    run = session(
        market(
            {A: [10.0, 10.0, (10.2, 9.8), 10.0, 10.0, 10.0], B: [20.0, 20.0, (20.0, 19.0), 19.5, 19.5, 19.5]},
            volumes={(A, 2): 5000.0},
        ),
        participation=0.1,
        cancel_latency="next_match",
    )
    run.buy(B, 300)
    run.buy(A, 50)
    run.step()
    run.buy(A, 900)
    run.sell(B, 200, style=stop(19.4))
    quiet = run.buy(B, 100, style=limit(18.0, tif="GTC"))
    run.step()
    quiet.update(limit_price=18.5)
    run.step(phase="OPEN")
    quiet.cancel()
    return run.step()


def read(picture: SvgPicture) -> ElementTree.Element:
    """The drawing as a tree; raises when it is no XML."""
    return ElementTree.fromstring(picture.svg)


def said(picture: SvgPicture) -> str:
    """All words of a drawing."""
    return " ".join("".join(node.itertext()) for node in read(picture).iter(f"{SPACE}text"))


def test_lives_are_the_paths_of_the_orders() -> None:
    """Protects the walk through a log: each order's states with day and phase, checked by hand."""
    found = {
        order_id: [
            (first.day, first.phase, str(state)) for state, (first, *_) in groupby(life.stops, lambda stop: stop.status)
        ]
        for order_id, life in lives(log_of(story())).items()
    }
    assert found == {
        1: [(0, 3, "CREATED"), (0, 3, "QUEUED"), (1, 1, "WORKING"), (1, 1, "FILLED")],
        2: [(0, 3, "CREATED"), (0, 3, "REJECTED")],
        3: [(1, 3, "CREATED"), (1, 3, "QUEUED"), (2, 1, "WORKING"), (2, 3, "EXPIRED")],
        4: [(1, 3, "CREATED"), (1, 3, "QUEUED"), (2, 1, "WORKING"), (2, 3, "FILLED")],
        5: [
            (1, 3, "CREATED"), (1, 3, "QUEUED"), (2, 1, "WORKING"), (2, 3, "REPLACE_PENDING"), (3, 1, "WORKING"),
            (3, 3, "CANCELED"),
        ],
    }  # fmt: skip


def test_lives_agree_with_the_records_of_the_session() -> None:
    """Protects against a second truth: the last stop of each life is the order as the session knows it."""
    run = story()
    for order_id, life in lives(log_of(run)).items():
        record = run.ticket(order_id).record
        last = life.stops[-1]
        assert (last.status, last.filled) == (record.status, record.filled)
        assert sum(moment.shares for moment in life.stops) == record.filled
        assert all(
            after.status in TRANSITIONS[before.status, after.move]
            for before, after in zip(life.stops, life.stops[1:], strict=False)
        )


def test_every_event_of_an_order_has_its_move() -> None:
    """Protects new events from being left out of the pictures; only the creation and a moved stop are no moves."""
    moves = {kind: kind.move for kind in events.OrderEvent.__args__}
    assert {kind for kind, move in moves.items() if move is None} == {events.OrderCreated, events.StopMoved}
    assert set(moves.values()) == {None, *Move}


def test_the_diagram_holds_every_state_and_every_move() -> None:
    """Protects the diagram from falling behind the table of transitions: each state a box, each move a word."""
    picture = state_diagram()
    text = said(picture)
    assert all(status.value.split("_")[-1] in text for status in Status)
    for (before, move), targets in TRANSITIONS.items():
        for after in targets:
            assert move in (loops()[before] if before is after else edges()[before, after])
            assert move.value.replace("_", " ") in text
    rectangles = read(picture).findall(f"{SPACE}rect")
    assert len(rectangles) == 1 + len(Status)
    assert not any(before in FINAL for before, _ in edges())


def test_the_boxes_of_the_diagram_do_not_touch_and_are_inside() -> None:
    """Protects the layout: computed from the table, it must stay readable when the table grows."""
    root = read(state_diagram())
    boxes = [
        Box(*(float(node.get(name)) for name in ("x", "y", "width", "height"))) for node in root.findall(f"{SPACE}rect")
    ]
    ground, *states = boxes
    for place, box in enumerate(states):
        assert ground.left < box.left
        assert box.right < ground.right
        assert box.bottom < ground.bottom
        for other in states[:place]:
            apart = box.right < other.left or other.right < box.left or box.bottom < other.top or other.bottom < box.top
            assert apart


def test_the_path_of_an_order_is_coloured_and_no_other() -> None:
    """Protects the lesson: where the order has been is coloured, where it is is solid, the rest is grey."""
    life = lives(log_of(story()))[3]
    root = read(state_diagram(life))
    strokes = [node.get("stroke") for node in root.findall(f"{SPACE}rect")[1:]]
    coloured = {status for status in Status if STATE_COLOURS[status] in strokes}
    assert {Status.QUEUED, Status.WORKING, Status.EXPIRED} <= coloured
    assert not {Status.FILLED, Status.REJECTED, Status.REPLACE_PENDING} & coloured
    solid = [node for node in root.findall(f"{SPACE}rect")[1:] if node.get("fill") == STATE_COLOURS["EXPIRED"]]
    assert len([node for node in solid if float(node.get("height")) > 40]) == 1


def test_the_story_names_each_step_with_its_number_and_shares() -> None:
    """Protects the words below the diagram: dates, phases, moves in order, shares of a fill."""
    run = story()
    text = said(state_diagram(lives(log_of(run))[3], run.market.days, symbols=run.market.symbols))
    assert "Order 3: buy 900 600001.SH" in text
    assert "2024-01-03 close: asked for, 1 queue" in text
    assert "2024-01-04 open: 2 release, 3 fill 500, 4 wait" in text
    assert re.search(r"2024-01-04 close: .*expire", text)


def test_a_long_life_is_cut_in_the_middle() -> None:
    """Protects a notebook from an order that waits for years: the picture keeps its size."""
    life = lives(log_of(story()))[5]
    waiting = next(moment for moment in life.stops if moment.move is Move.WAIT)
    long = Life(life.order, (*life.stops[:3], *(waiting._replace(day=day) for day in range(2, 400)), life.stops[-1]))
    picture = state_diagram(long)
    assert "lines left out" in said(picture)
    assert "wait ×398" in said(picture)
    assert picture.size[1] < 600


def test_the_timeline_has_a_row_for_each_order_and_says_how_it_ended() -> None:
    """Protects the timeline: names, ends, fills against sizes and reasons in words."""
    run = story()
    picture = orders_timeline(lives(log_of(run)).values(), run.market.days, symbols=run.market.symbols)
    text = said(picture)
    assert len(read(picture).findall(f"{SPACE}g")) == 5
    for words_of_row in (
        "buy 300 600002.SH",
        "sell 200 600002.SH",
        "500 of 900, volume cap",
        "lot size",
        "limit 18.50, until canceled",
    ):
        assert words_of_row in text
    for date in ("2024-01-02", "2024-01-05"):
        assert date in text
    for key in ("queued", "working", "replace pending", "cancel pending", "partly bought", "stop reached"):
        assert key in text


def test_states_and_ends_are_told_without_colour() -> None:
    """Protects readers who see no colours: stretches differ by texture, ends by shape."""
    box = Box(0, 0, 30, 14)
    assert len({hatch(box, colour="#000", slope=slope) for slope in (-1, 0, 1)}) == 3
    run = story()
    rows = read(orders_timeline(lives(log_of(run)).values(), run.market.days)).findall(f"{SPACE}g")
    shapes = []
    for row in rows[:3]:
        last_marks = [node.tag.removeprefix(SPACE) for node in row if node.tag != f"{SPACE}text"][-2:]
        closed = [node.get("d", "").count("L") for node in row.findall(f"{SPACE}path")][-1]
        shapes.append((*last_marks, closed))
    assert len(set(shapes)) == 3


def test_open_orders_reach_to_now() -> None:
    """Protects the present: an order that still works is drawn up to the moment of the session."""
    run = session(flat())
    run.buy(A, 100, style=limit(9.5, tif="GTC"))
    run.step(3)
    orders = lives(log_of(run)).values()

    def right(until: tuple[int, int]) -> float:
        bars = read(orders_timeline(orders, run.market.days, until=until)).find(f"{SPACE}g").findall(f"{SPACE}rect")
        return max(float(bar.get("x")) + float(bar.get("width")) for bar in bars)

    assert right((3, 3)) == pytest.approx(194 + 546 / 4 * (3 + 3.5 / 5), abs=0.2)
    assert right((5, 3)) > 194 + 546 * 0.9


def test_hatching_stays_inside_its_box() -> None:
    """Protects the textures: no stroke leaves its bar, whatever its size."""
    for box in (Box(10, 20, 5, 14), Box(10, 20, 200, 14), Box(0.5, 0.5, 14, 14)):
        for slope in (-1, 0, 1):
            strokes = ElementTree.fromstring(hatch(box, colour="red", slope=slope)).get("d")
            numbers = [float(found) for found in re.findall(r"-?[\d.]+", strokes)]
            across, down = numbers[::2], numbers[1::2]
            assert all(box.left - 0.06 <= x <= box.right + 0.06 for x in across)
            assert all(box.top - 0.06 <= y <= box.bottom + 0.06 for y in down)


def test_only_the_last_orders_of_many_are_drawn() -> None:
    """Protects a notebook from a run with thousands of orders, and says what is missing."""
    run = story()
    picture = orders_timeline(lives(log_of(run)).values(), run.market.days, most=2)
    assert len(read(picture).findall(f"{SPACE}g")) == 2
    assert "the last 2 are shown, without the 3 before them" in said(picture)
    assert "No order" in said(orders_timeline([], run.market.days))


@pytest.mark.parametrize("evil", ['<script>alert("x")</script>', "A&B", "]]>", "'\""])
def test_words_are_escaped(evil: str) -> None:
    """Protects readers from names that are markup: they come out as the words they are."""
    run = story()
    names = {0: evil, 1: evil}
    orders = lives(log_of(run))
    pictures = [
        orders_timeline(orders.values(), run.market.days, symbols=[evil, evil]),
        state_diagram(orders[1], symbols=list(names.values())),
    ]
    for picture in pictures:
        root = read(picture)
        assert not [node for node in root.iter() if "script" in node.tag]
    assert evil in read(pictures[1]).get("aria-label")
    assert ElementTree.fromstring(words((0, 0), evil)).text == evil
    assert ElementTree.fromstring(tag("g", label=evil)).get("label") == evil


def test_pictures_are_deterministic_static_and_self_contained() -> None:
    """Protects stored notebooks: equal orders give equal bytes, nothing runs, nothing is fetched or referred to."""
    runs = [story(), story()]
    for draw in (
        lambda run: state_diagram(lives(log_of(run))[5], run.market.days),
        lambda run: orders_timeline(lives(log_of(run)).values(), run.market.days),
    ):
        first, second = (draw(run) for run in runs)
        assert first.svg == second.svg
        assert not re.search(r"script|href|url\(|<style|onload|foreignObject|\bid=", first.svg)
        assert first.svg.count("http") == 1  # the name space


def test_the_diagram_is_the_same_in_every_process() -> None:
    """Protects stored notebooks from the order of sets, which Python changes from process to process."""
    program = "import qresearch.views.lifecycle as drawn; print(drawn.state_diagram().svg)"
    sums = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(sums) == 1


def test_a_picture_shows_itself_and_can_be_kept(tmp_path) -> None:
    """Protects the ways out: an image for notebooks, one line of text, a file."""
    picture = state_diagram()
    assert picture._repr_svg_() == picture.svg
    assert repr(picture) == f"<SvgPicture The states of an order: 900 x {picture.size[1]}>"
    assert "<svg" not in picture._repr_html_()  # GitHub would strip an inline drawing and show nothing
    kept = picture.save(tmp_path / "states.svg")
    assert ElementTree.parse(kept).getroot().get("width") == "900"
