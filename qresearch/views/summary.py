"""A report: the figures of one run or of two beside each other, in words, with notices and pictures."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from qresearch.book import statistics
from qresearch.book.accounts import fees_by_day
from qresearch.book.benchmark import Aligned, BenchmarkLike
from qresearch.book.history import AccountHistory
from qresearch.book.html import number, table
from qresearch.book.tables import Tables
from qresearch.domain.attributes import told_names
from qresearch.sentences import ENGLISH, Said, Words
from qresearch.views.dark import PAGE_STYLE
from qresearch.views.picture import Picture

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

FEW_DAYS = 30
"""Below this many days a notice says how little annual figures mean."""
ROWS = {
    "total_return": "%",
    "annual_return": "%",
    "annual_volatility": "%",
    "sharpe": "",
    "sortino": "",
    "max_drawdown": "%",
    "return_over_drawdown": "",
    "daily_win_rate": "%",
    "skew": "",
    "kurtosis": "",
    "beta": "",
    "alpha": "%",
    "turnover": "",
}
"""Figures that a report shows, and their unit; the catalogue has their words."""
FIGURES = ("figure_days", "figure_equity", *(f"figure_{name}" for name in ROWS), "figure_fills", "figure_fees")
"""Keys of their words, in the order in which they stand."""


@told_names()
@dataclass(frozen=True)
class Report:
    """What a run came to, as of the moment at which it was asked for. In a notebook it shows itself.

    Parameters
    ----------
    title : str
    text : str
        The report in one line.
    facts : mapping of str to sequence of str
        Rows of the table: the key of a figure's words (``figure_fees``) to one cell per column.
    columns : tuple of str
    notices : tuple of str
        What one should know about the figures.
    pictures : tuple of Picture
    path : Path or None
        Where the page was written.
    words : Words
        The language in which all of it is told.
    """

    title: str
    text: str
    facts: Mapping[str, Sequence[str]]
    columns: tuple[str, ...]
    notices: tuple[str, ...]
    pictures: tuple[Picture, ...]
    path: Path | None = None
    words: Words = ENGLISH

    @property
    def frame(self) -> pd.DataFrame:
        """The table as text, one row per figure; its names are English in every language, since programs read them."""
        rows = {ENGLISH(key): cells for key, cells in self.facts.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=[ENGLISH.again(name) for name in self.columns])

    def page(self) -> str:
        """The report as a plain HTML page of its own: heading, sentences, table, pictures."""
        images = "".join(
            f'<p><img alt="{escape(picture.title)}" src="data:image/png;base64,'
            f'{base64.b64encode(picture.png()).decode()}"></p>'
            for picture in self.pictures
        )
        style = "body{font:14px/1.5 sans-serif;max-width:860px;margin:30px auto;padding:0 16px}td,th{padding:2px 12px}"
        name, language = escape(self.title), self.words.language
        return (
            f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{name}</title>'
            f"<style>{style}</style>{PAGE_STYLE}</head>\n<body><h1>{name}</h1>"
            f'<div id="account">{self.told("p")}</div>\n{self._table()}\n{images}'
            "</body></html>\n"
        )

    def told(self, tag: str) -> str:
        """The notices as HTML."""
        return "".join(f"<{tag}>{escape(notice)}</{tag}>" for notice in self.notices)

    def _table(self) -> str:
        rows = [(escape(self.words(key)), *map(escape, cells)) for key, cells in self.facts.items()]
        return table(("", *(f"{self.words.again(name)}>" for name in self.columns)), rows) if rows else ""

    def html(self) -> str:
        """Heading, sentences and table as HTML, without the pictures."""
        written = f"<div>{escape(self.words('report_file', path=self.path))}</div>" if self.path else ""
        return f"<div><b>{escape(self.title)}</b></div>{written}{self.told('div')}{self._table()}"

    def _repr_html_(self) -> str:
        return self.html()

    def _ipython_display_(self) -> None:
        # One output for the table and one per picture: text is compared by nbval, pixels are not.
        from IPython.display import HTML, display  # noqa: PLC0415  # only ever called by IPython

        display(HTML(self.html()))  # type: ignore[no-untyped-call]
        for picture in self.pictures:
            display(picture)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        written = self.words("report_written", path=self.path) if self.path else ""
        return self.words("report_is", text=self.text, written=written)


def heading_of(session: AnySession, history: AccountHistory, words: Words) -> str:
    """What a report is about."""
    name = session.strategy.name if session.strategy.calls else words("by_hand")
    return name if history.name == "main" else words("report_branch", what=name, branch=history.name)


def text_of(history: AccountHistory, words: Words) -> str:
    """A run in one line."""
    days = history.days
    if not len(days):
        return words("report_empty", branch=history.name, why=words("report_no_days"))
    count = words("report_days", count=len(days), first=f"{days[0]:%Y-%m-%d}", last=f"{days[-1]:%Y-%m-%d}")
    total = f"{statistics.total_return(history.returns):+.2%}"
    return words("report_line", branch=history.name, days=count, total=total)


def figures_of(
    session: AnySession, branch: str | None, benchmark: BenchmarkLike | pd.Series[float]
) -> dict[str, float]:
    """The figures of a branch by name."""
    figures = Tables(session.simulation, branch=branch, benchmark=benchmark).return_summary["value"]
    return {str(name): float(value) for name, value in figures.items()}


def cell_of(value: float, kind: str) -> str:
    """A figure as it stands in a table; kind "%": as a percentage."""
    return number(value * 100) + " %" if kind == "%" and value == value else number(value)


def facts_of(
    runs: Sequence[tuple[AccountHistory, dict[str, float]]], beside: Aligned | None
) -> tuple[dict[str, list[str]], list[str]]:
    """Rows of the table by their keys in the catalogue, and its columns; a benchmark is the last one."""
    columns: list[str] = [history.name for history, _ in runs] if len(runs) > 1 else [ENGLISH.tell(Said("account"))]
    rows: dict[str, list[str]] = {
        "figure_days": [f"{len(history.closes):,}" for history, _ in runs],
        "figure_equity": [
            number(history.equity[-1] if history.closes else history.starting_equity) for history, _ in runs
        ],
    }
    for name, kind in ROWS.items():
        if any(name in figures for _, figures in runs):
            rows[f"figure_{name}"] = [cell_of(figures.get(name, float("nan")), kind) for _, figures in runs]
    rows["figure_fills"] = [f"{len(history.fills):,}" for history, _ in runs]
    rows["figure_fees"] = [number(fees_of(run)) for run, _ in runs]
    if beside is not None:
        columns.append(beside.name)
        theirs = statistics.figures(beside.returns)
        told = {f"figure_{name}": cell_of(theirs[name], kind) for name, kind in ROWS.items() if name in theirs}
        rows = {key: [*cells, told.get(key, "")] for key, cells in rows.items()}
    return rows, columns


def fees_of(history: AccountHistory) -> float:
    """All fees since the start, in the currency, as the portfolio has them: those of an exercise as well."""
    return history.exchange.money.amount(sum(fees_by_day(history).values()))


def notices_of(history: AccountHistory, beside: Aligned | None, words: Words, *, wanted: bool = True) -> list[str]:
    """What one should know about the figures, in sentences."""
    count = len(history.closes)
    if not count:
        return [words("report_no_days")]
    found = []
    if count < FEW_DAYS:
        found.append(words("report_few_days", count=count))
    if not history.fills:
        found.append(words("report_untraded"))
    if is_flat(history.returns_series):
        found.append(words("report_flat"))
    if wanted and beside is None:
        found.append(words("report_no_benchmark"))
    elif beside is not None and beside.gaps:
        found.append(words("report_gaps", name=beside.name, gaps=beside.gaps, count=count))
    return found


def notices_about(name: str, history: AccountHistory, words: Words) -> list[str]:
    """The notices of one of several runs, each with the name of that run."""
    return [words("told_of", what=name, told=notice) for notice in notices_of(history, None, words, wanted=False)]


def is_flat(returns: pd.Series[float]) -> bool:
    """True when all returns are equal."""
    return bool(returns.max() == returns.min())
