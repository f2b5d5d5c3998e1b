"""The code of the strategy beside the state: the lines that asked for the orders of this moment are marked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from html import escape

import ipywidgets as widgets

from qresearch.session.origins import origin_of
from qresearch.views.code_text import Block, blocks_of
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, put

AROUND = 12
"""Lines that are shown before the first and after the last marked line of a long text."""
WHOLE = 60
"""Lines of a text that is shown whole."""
MOST = 40
"""Orders of a moment whose lines are looked up: a strategy may ask for thousands at once."""


class CodePanel(Panel):
    """Shows the functions of the strategy; those that just asked for orders, with their lines marked, come first.

    Parameters
    ----------
    desk : Desk

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
    >>> session.panels.code().html()
    '<div><b>Code</b></div><div class="qr-empty">No strategy runs: orders are placed by hand.</div>'
    """

    name = "code"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._text = classed(widgets.HTML(""), "qr-code-text")
        self.body.children = (self._text,)

    def depends(self) -> Hashable:
        """Where the session stands, what runs in it, and which order is chosen."""
        return self.desk.stamp(), self.desk.session.strategy.codes, self.desk.order_id

    def draw(self) -> None:
        """Write the code."""
        put(self._text, self._told())

    def html(self) -> str:
        """The code, its marked lines behind an arrow."""
        return self.heading() + self._told()

    # ------------------------------------------------------------------ content

    def _orders(self) -> list[int]:
        """The orders of this moment; the one that was chosen in a table, if it is another."""
        timeline = self.desk.session.simulation.timeline
        states, cursor = timeline.branch.states, timeline.cursor
        before = states[cursor - 1].orders if cursor else 0
        found = list(range(before + 1, states[cursor].orders + 1))[:MOST]
        chosen = self.desk.order_id
        is_known = chosen is not None and chosen <= states[cursor].orders
        return [chosen] if is_known and chosen is not None and chosen not in found else found

    def _told(self) -> str:
        session, words = self.desk.session, self.words
        branch = session.simulation.timeline.branch
        marks: dict[tuple[str, int], list[int]] = {}
        codes = []
        for order_id in self._orders():
            found = origin_of(branch, order_id)
            if found is not None:
                code, line = found
                codes.append(code)
                marks.setdefault((code.co_filename, line), []).append(order_id)
        if not session.strategy.calls and session.strategy.phases is None and not marks:
            return f'<div class="qr-empty">{escape(words("no_code"))}</div>'
        blocks = blocks_of(session.strategy, codes)
        if not blocks:
            return f'<div class="qr-empty">{escape(words("code_unknown"))}</div>'
        orders = words("list_comma").join(str(order) for group in marks.values() for order in group)
        title = words("orders_of_step", orders=orders) if marks else words("none_of_step")
        marked = [block for block in blocks if any(block.holds(*place) for place in marks)]
        parts = "".join(self._block(block, marks) for block in (marked or blocks))
        return f'<div class="qr-title" role="status">{escape(title)}</div>{parts}'

    def _block(self, block: Block, marks: Mapping[tuple[str, int], list[int]]) -> str:
        """A text with its numbers; of a long one what stands around the marks."""
        lines = block.text.split("\n")
        wanted = {line - block.first for file, line in marks if block.holds(file, line)}
        begin, end = 0, len(lines)
        if len(lines) > WHOLE:
            begin = max(min(wanted, default=0) - AROUND, 0)
            end = min(max(max(wanted, default=0) + AROUND + 1, begin + 2 * AROUND), len(lines))
        told = []
        for place in range(begin, end):
            orders = marks.get((block.file, block.first + place), []) if place in wanted else []
            told.append(self._line(block.first + place, lines[place], orders))
        name = f"<div>{escape(block.name)}</div>" if block.name else ""
        above, below = ("<span>…</span>" if cut else "" for cut in (begin, end < len(lines)))
        return f'{name}<pre class="qr-code-lines">{above}{"".join(told)}{below}</pre>'

    def _line(self, number: int, text: str, orders: list[int]) -> str:
        code = f"{number:>4}  {escape(text)}"
        if not orders:
            return f"<span>  {code}\n</span>"
        asked = escape(self.words("of_orders", orders=self.words("list_comma").join(map(str, orders))))
        return f'<b class="qr-marked" data-line="{number}">→ {code}<i>  # {asked}</i>\n</b>'
