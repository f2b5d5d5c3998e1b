"""The days of a session as a strip: what is simulated, what is kept ahead, and marks told apart by shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qresearch.sentences import Words
    from qresearch.session.port import AnySession

WIDTH = 1000
BINS = 140
"""Marks at most, per kind: more would cover each other."""
SHAPES = {"placed": (0, "12.5v5"), "filled": (2.5, "11.5h5l-2.5-5z"), "rejected": (2.5, ".7l5 4.6m0-4.6l-5 4.6")}
"""How far left of its day each mark begins, and its path from there: a tick, a triangle and a cross."""


def strip_svg(session: AnySession, marks: Mapping[str, list[int]], words: Words) -> str:
    """The strip as an SVG that stretches with the page.

    Parameters
    ----------
    session : AnySession
    marks : mapping of "placed", "filled", "rejected" to days (indices)
        Those after now are drawn faintly: they are kept, and lie ahead.
    words : Words
    """
    exchange, branch = session.simulation.exchange, session.simulation.timeline.branch
    count = exchange.last - exchange.first + 1

    def x(day: int) -> float:
        return WIDTH * max(day - exchange.first + 1, 0) / max(count, 1)

    now, tip = x(session.simulation.account.day), x(branch.states[-1].day)
    paths = []
    for kind, (left, shape) in SHAPES.items():
        for ahead in (False, True):
            places = [x(day) for day in marks[kind] if (x(day) > now) == ahead]
            if places:
                path = "".join(f"M{place - left:.1f} {shape}" for place in _binned(places))
                paths.append(f'<path class="qr-mark-{kind}{" qr-ahead" if ahead else ""}" d="{path}"/>')
    text = escape(counts_text(marks, words))
    bars = (("all", WIDTH), ("kept", tip), ("past", now))
    drawn = "".join(f'<rect class="qr-{name}" x="0" y="18" width="{width:.1f}" height="4"/>' for name, width in bars)
    return (
        f'<svg viewBox="0 0 {WIDTH} 22" preserveAspectRatio="none" role="img" aria-label="{text}">'
        f"<title>{text}</title>{drawn}{''.join(paths)}</svg>"
    )


def counts_text(marks: Mapping[str, list[int]], words: Words) -> str:
    """On how many days something was placed, filled and rejected, in words.

    >>> from qresearch.sentences import Words
    >>> counts_text({"placed": [3, 4], "filled": [4], "rejected": []}, Words("en"))
    'placed 2, filled 1, rejected 0'
    """
    return words("part_comma").join(f"{words(f'chart_{kind}')} {len(days)}" for kind, days in marks.items())


def _binned(places: Iterable[float]) -> list[float]:
    """Places without those that would be drawn over each other."""
    step = WIDTH / BINS
    return sorted({round(place / step) * step for place in places})
