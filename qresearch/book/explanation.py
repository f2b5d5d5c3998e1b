"""The account of one order that :mod:`~qresearch.book.explain` gives: as text, as HTML and as data."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from qresearch.book.html import badge, painted, table
from qresearch.domain.attributes import told_names
from qresearch.sentences import Words

PASSED, FAILED, NOTED, SKIPPED = "passed", "failed", "noted", "not reached"
SHOWN_FIRST, SHOWN_LAST = 20, 40
"""Findings that the HTML shows of a long explanation; the text and the data have all."""
CODE_LINES = 24
"""Lines of a function that the HTML shows around the one that asked."""
_MARKS = {PASSED: "✓", FAILED: "✗", NOTED: "·", SKIPPED: "–"}
_COLOURS = {PASSED: "#15803d", FAILED: "#b91c1c", NOTED: "#6b7280", SKIPPED: "#6b7280"}


@told_names()
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


@dataclass(frozen=True, slots=True)
class CodeLine:
    """The line of a strategy that asked for an order, in the function in which it stands.

    Parameters
    ----------
    function : str
        "<module>" outside any function.
    file : str
        As tracebacks name it: a path, or a name for a cell.
    line : int
        Number of the line.
    first : int
        Number of the first line of `lines`.
    lines : tuple of str
        The whole function; of what is no function the lines around it.
    """

    function: str
    file: str
    line: int
    first: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The line itself."""
        return self.lines[self.line - self.first].strip()

    def around(self, most: int) -> tuple[int, tuple[str, ...]]:
        """The number of the first line and the lines, at most so many, with the one that asked among them."""
        begin = max(min(self.line - self.first - most // 2, len(self.lines) - most), 0)
        return self.first + begin, self.lines[begin : begin + most]


@told_names()
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
    code : CodeLine or None
        The line of the strategy that asked for the order; None for one by hand, and where nobody knows.
    """

    def __init__(
        self,
        title: str,
        status: str,
        findings: tuple[Finding, ...],
        advice: str,
        say: Words,
        *,
        code: CodeLine | None = None,
    ) -> None:
        self.title, self.status, self.findings, self.advice, self.code = title, status, findings, advice, code
        self._say = say

    def with_code(self, code: CodeLine | None) -> Explanation:
        """The same account with the line that asked for the order, right behind what was asked."""
        if code is None:
            return self
        first, *rest = self.findings
        text = self._say("asked_in", function=code.function, code=code.text)
        told = Finding(first.day, first.phase, self._say("code"), NOTED, text)
        return Explanation(self.title, self.status, (first, told, *rest), self.advice, self._say, code=code)

    @property
    def data(self) -> pd.DataFrame:
        """One row per finding: day, phase, check, verdict and text."""
        rows = [(item.day, item.phase, item.check, item.verdict, item.text) for item in self.findings]
        return pd.DataFrame(rows, columns=["day", "phase", "check", "verdict", "text"])

    def __str__(self) -> str:
        say = self._say
        lines = [say("told_of", what=self.title, told=say.code(self.status))]
        moment = ("", "")
        for item in self.findings:
            if (item.day, item.phase) != moment:
                moment = (item.day, item.phase)
                lines.append(f"{item.day} {item.phase}".rstrip())
            lines.append(f"  {_MARKS[item.verdict]} {say('told_of', what=item.check, told=item.text)}")
        if self.advice:
            lines.append(say("told_of", what=say("what_to_do"), told=self.advice))
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
        told = say("told_of", what=say("what_to_do"), told=f"<b>{escape(self.advice)}</b>")
        advice = f"<div>{told}</div>" if self.advice else ""
        body = table((say("day"), say("phase"), "", say("check"), say("what_was_found")), rows)
        code = "" if self.code is None else code_html(self.code)
        return f"<div>{escape(self.title)} {badge(self.status, say.code(self.status))}</div>{body}{advice}{code}"

    def _repr_html_(self) -> str:
        return self.html()


def code_html(code: CodeLine) -> str:
    """The function with its numbers, the line that asked in bold behind an arrow: it reads without any style."""
    first, lines = code.around(CODE_LINES)
    told = []
    for number, text in enumerate(lines, first):
        line = f"{'→' if number == code.line else ' '}{number:>4}  {escape(text)}"
        told.append(f"<b>{line}</b>" if number == code.line else line)
    return f'<pre style="line-height:1.35">{"<br>".join(told)}</pre>'
