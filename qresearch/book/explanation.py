"""The account of one order that :mod:`~qresearch.book.explain` gives: as text, as HTML and as data."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from qresearch.book.html import badge, painted, table
from qresearch.sentences import Words

PASSED, FAILED, NOTED, SKIPPED = "passed", "failed", "noted", "not reached"
SHOWN_FIRST, SHOWN_LAST = 20, 40
"""Findings that the HTML shows of a long explanation; the text and the data have all."""
_MARKS = {PASSED: "✓", FAILED: "✗", NOTED: "·", SKIPPED: "–"}
_COLOURS = {PASSED: "#15803d", FAILED: "#b91c1c", NOTED: "#6b7280", SKIPPED: "#6b7280"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an explanation.

    Parameters
    ----------
    day : str
    phase : str
        With the time at which the bar ends, inside a day of minute data.
    check : str
        What was looked at.
    verdict : {"passed", "failed", "noted", "not reached"}
    text : str
        The sentence, with its numbers.
    """

    day: str
    phase: str
    check: str
    verdict: str
    text: str


class Explanation:
    """A readable account of one order: as text, as HTML, and as data.

    Parameters
    ----------
    title : str
    status : str
    findings : tuple of Finding
    advice : str
        What would have made it fill, or what to do next; empty when there is nothing to say.
    say : Words
        The language of all of it.
    """

    def __init__(self, title: str, status: str, findings: tuple[Finding, ...], advice: str, say: Words) -> None:
        self.title, self.status, self.findings, self.advice = title, status, findings, advice
        self._say = say

    @property
    def data(self) -> pd.DataFrame:
        """One row per finding: day, phase, check, verdict and text."""
        rows = [(item.day, item.phase, item.check, item.verdict, item.text) for item in self.findings]
        return pd.DataFrame(rows, columns=["day", "phase", "check", "verdict", "text"])

    def __str__(self) -> str:
        lines = [f"{self.title}: {self._say.code(self.status)}"]
        moment = ("", "")
        for item in self.findings:
            if (item.day, item.phase) != moment:
                moment = (item.day, item.phase)
                lines.append(f"{item.day} {item.phase}".rstrip())
            lines.append(f"  {_MARKS[item.verdict]} {item.check}: {item.text}")
        if self.advice:
            lines.append(f"{self._say('what_to_do')}: {self.advice}")
        return "\n".join(lines)

    __repr__ = __str__

    def html(self) -> str:
        """The account as HTML, as a notebook shows it."""
        rows: list[tuple[str, ...]] = []
        moment = ("", "")
        behind = len(self.findings) - SHOWN_LAST
        for place, item in enumerate(self.findings):
            if SHOWN_FIRST <= place < behind:
                # An order that waits for a year is asked at every open and close of it.
                if place == SHOWN_FIRST:
                    rows.append(("", "", "", "", escape(self._say("findings_left_out", count=f"{behind - place:,}"))))
                continue
            when = (item.day, item.phase) if (item.day, item.phase) != moment else ("", "")
            moment = (item.day, item.phase)
            mark = painted(_MARKS[item.verdict], _COLOURS[item.verdict])
            rows.append((*map(escape, when), mark, escape(item.check), escape(item.text)))
        say = self._say
        advice = f"<div>{say('what_to_do')}: <b>{escape(self.advice)}</b></div>" if self.advice else ""
        body = table((say("day"), say("phase"), "", say("check"), say("what_was_found")), rows)
        return f"<div>{escape(self.title)} {badge(self.status, say.code(self.status))}</div>{body}{advice}"

    def _repr_html_(self) -> str:
        return self.html()
