"""The tear-sheet panel: the QuantStats page of a branch at any moment, and two branches side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable
from dataclasses import replace
from html import escape
from pathlib import Path

import ipywidgets as widgets

from qresearch.book.history import AccountHistory
from qresearch.views import report as reports
from qresearch.views.dark import as_light
from qresearch.views.panels.cells import moment_text
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import class_of, classed, named, offer, put, show_if
from qresearch.views.summary import Report

FEWEST = 2
"""Trading days that a page needs."""
HEIGHT = 640
"""Of the frame, CSS pixels."""


class TearsheetPanel(Panel):
    """The tear-sheet of one branch, or two branches compared; made when it is asked for, since it takes a second.

    The page stands in a frame without scripts and without a way to anything around it.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.panels.desk import Desk, Look
    >>> panel = TearsheetPanel(Desk(qr.Session(qr.sample_market(), start="2022-03-01").step(), Look()))
    >>> panel.refresh()
    >>> panel.make()
    >>> panel.page
    ''
    >>> "there are 1" in panel.html()
    True
    """

    name = "tearsheet"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = self.words
        self.page = ""
        """The page that is shown; empty before one is made."""
        self._report: Report | None = None
        self._made_at: Hashable = None
        self._about = ""
        mode = widgets.ToggleButtons(options=[(words("one_branch"), "one"), (words("two_branches"), "two")])
        self.mode = named(mode, words("compare"), "qr-unseen", "qr-mode", width=None)
        self.first, self.second = (
            self.choice(key, (), class_of(key, "field")) for key in ("first_branch", "second_branch")
        )
        self._make = self.button("make_page", self.make, kind="primary")
        self._state = widgets.HTML("")
        self._frame_of_page = classed(widgets.HTML(""), "qr-page")
        head = classed(widgets.HBox([self.mode, self.first, self.second, self._make]), "qr-foot")
        self.body.children = (head, self._state, self._frame_of_page)
        self.follow(lambda _: self._tell_state(), self.mode, self.first, self.second)

    # ------------------------------------------------------------------ acting

    def make(self) -> None:
        """Make the page as of now."""
        session = self.desk.session
        problem = self._problem()
        self.page, self._report, self._made_at = "", None, self.desk.stamp()
        if not problem and self.mode.value == "two":
            self._report = reports.compare(session, self.first.value, self.second.value, words=self.words)
            self.page = self._report.page()
            self._about = f"{self.first.value}, {self.second.value}"
        elif not problem:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "page.html"
                self._report = replace(reports.report(session, path, words=self.words), path=None)
                self.page = path.read_text(encoding="utf-8")
            self._about = session.branches.current
        if self.page:
            self._about = self.words("page_of", branch=self._about, moment=moment_text(session, self.words))
        put(self._frame_of_page, self._framed(self.page))
        self._tell_state()

    def _framed(self, page: str) -> str:
        if not page:
            return ""
        # An empty sandbox: no script, no form, no pop-up, no way to the notebook around it.
        style = f"width:100%;height:{HEIGHT}px;border:0;background:#fff;border-radius:6px"
        return (
            f'<iframe sandbox="" title="{escape(self.words(self.name))}" style="{style}" '
            f'srcdoc="{escape(as_light(page), quote=True)}"></iframe>'
        )

    # ------------------------------------------------------------------ content

    def _problem(self) -> str:
        """Why no page can be made now, in words; empty when one can."""
        words, timeline = self.words, self.desk.session.simulation.timeline
        if self.mode.value == "two":
            if len(timeline.branches) < FEWEST:
                return words("only_one_branch")
            names = [self.first.value, self.second.value]
            if names[0] == names[1]:
                return words("same_branch")
        else:
            names = [timeline.branch.name]
        days = min(len(AccountHistory.of(self.desk.session.simulation, name).closes) for name in names)
        return words("not_enough", days=days) if days < FEWEST else ""

    def depends(self) -> Hashable:
        """The moment, and the names of the branches."""
        return self.desk.stamp(), tuple(self.desk.session.simulation.timeline.branches)

    def draw(self) -> None:
        """Offer the branches there are, and say whether the page is still of now."""
        timeline = self.desk.session.simulation.timeline
        names = tuple(timeline.branches)
        with self.painting:
            for field, usual in ((self.first, names[0]), (self.second, timeline.branch.name)):
                offer(field, names, field.value if field.value in names else usual)
            if self.first.value == self.second.value and len(names) > 1:
                self.second.value = next(name for name in reversed(names) if name != self.first.value)
        self._tell_state()

    def _tell_state(self) -> None:
        for field in (self.first, self.second):
            show_if(field, self.mode.value == "two")
        problem = self._problem()
        self._make.disabled = bool(problem)
        put(self._state, f'<div class="qr-empty">{escape(problem or self._freshness())}</div>')

    def _freshness(self) -> str:
        if not self.page:
            return self.words("page_wait")
        is_old = self._made_at != self.desk.stamp()
        return f"{self._about} {self.words('page_old')}" if is_old else self._about

    def html(self) -> str:
        """The figures of the page, without it: it is half a megabyte."""
        if self._report is None:
            told = escape(self._problem() or self._freshness())
            return f"<div><b>{escape(self.words(self.name))}</b> {told}</div>"
        return f"<div>{escape(self._freshness())}</div>{self._report.html()}"
