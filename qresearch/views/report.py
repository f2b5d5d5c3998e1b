"""The tear-sheet: figures and plots in a notebook, and the whole QuantStats page as a file.

The only module that knows QuantStats, and only when a page is asked for. Its numbers are never our source: figures
shown in a notebook are those of :mod:`qresearch.session.statistics`, and a test holds the page against them.

QuantStats is given explicit daily returns, never prices; a benchmark on the same days, never a ticker; and it is kept
from what it would do to a notebook (its theme, its warnings, ``%matplotlib inline``, the network).
"""

from __future__ import annotations

import base64
import builtins
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import matplotlib as mpl
import pandas as pd

from qresearch.session import statistics
from qresearch.session.account_history import AccountHistory
from qresearch.session.benchmark import Aligned, BenchmarkLike, align, find_benchmark
from qresearch.session.html import number, table
from qresearch.session.tables import Tables
from qresearch.views import plots
from qresearch.views.picture import Picture, plain_style

if TYPE_CHECKING:
    from qresearch.session.session import Session

NO_DAYS = "No trading day is over yet: step the session past a close, then ask again."
FEW_DAYS = 30
"""Below this many days a notice says how little annual figures mean."""
FAVICON = '<link rel="shortcut icon" href="https://qtpylib.io/favicon.ico" type="image/x-icon">'

ROWS = {
    "total_return": ("Total return", "%"),
    "annual_return": ("Annual return", "%"),
    "annual_volatility": ("Annual volatility", "%"),
    "sharpe": ("Sharpe ratio", ""),
    "sortino": ("Sortino ratio", ""),
    "max_drawdown": ("Maximum drawdown", "%"),
    "return_over_drawdown": ("Return over drawdown", ""),
    "daily_win_rate": ("Days with a gain", "%"),
    "skew": ("Skew", ""),
    "kurtosis": ("Excess kurtosis", ""),
    "beta": ("Beta", ""),
    "alpha": ("Alpha, annual", "%"),
    "turnover": ("Turnover, times the equity", ""),
}
"""Figures that a report shows, their words, and whether they are percentages."""


class Report:
    """What a run came to, as of the moment at which it was asked for. In a notebook it shows itself.

    Parameters
    ----------
    title : str
    facts : mapping of str to sequence of str
        Rows of the table: words to one cell per column.
    columns : sequence of str
    notices : sequence of str
        What one should know about the figures.
    pictures : sequence of Picture
    text : str
        The report in one line.
    path : Path or None
        Where the page was written.
    """

    def __init__(
        self,
        title: str,
        *,
        facts: Mapping[str, Sequence[str]],
        columns: Sequence[str],
        notices: Sequence[str],
        pictures: Sequence[Picture],
        text: str,
        path: Path | None = None,
    ) -> None:
        self.title, self.facts, self.columns = title, facts, tuple(columns)
        self.notices, self.pictures, self.text, self.path = tuple(notices), tuple(pictures), text, path

    @property
    def frame(self) -> pd.DataFrame:
        """The table as text, one row per figure."""
        return pd.DataFrame.from_dict(dict(self.facts), orient="index", columns=list(self.columns))

    def _repr_html_(self) -> str:
        head = f"<div><b>{escape(self.title)}</b></div>"
        told = "".join(f"<div><i>{escape(notice)}</i></div>" for notice in self.notices)
        written = f"<div>Written to {escape(str(self.path))}</div>" if self.path else ""
        rows = [(escape(name), *map(escape, cells)) for name, cells in self.facts.items()]
        body = table(("", *(f"{name}>" for name in self.columns)), rows) if rows else ""
        return head + written + told + body

    def _ipython_display_(self) -> None:
        # One output for the table and one per picture: text is compared by nbval, pixels are not.
        from IPython.display import HTML, display  # noqa: PLC0415  # only ever called by IPython

        display(HTML(self._repr_html_()))  # type: ignore[no-untyped-call]
        for picture in self.pictures:
            display(picture)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return f"<Report of {self.text}{f', written to {self.path}' if self.path else ''}>"


def report(
    session: Session,
    html: str | Path | None = None,
    *,
    benchmark: BenchmarkLike | pd.Series[float] = None,
    branch: str | None = None,
    title: str | None = None,
) -> Report:
    """What a run came to; see :meth:`Session.report`."""
    history = AccountHistory.of(session, branch)
    wanted = find_benchmark(session.market, benchmark)
    beside = align(wanted, history.exchange, history.closes)
    heading = title or _heading(session, history)
    notices = _notices(history, wanted is not None, beside)
    facts, columns = _facts([(history, _figures(session, branch, benchmark))], beside)
    pictures: list[Picture] = []
    if history.closes:
        pictures = [
            plots.equity_and_drawdown(session, benchmark=benchmark, branch=branch),
            plots.monthly_returns(session, branch=branch),
        ]
    path = None
    if html is not None:
        path = Path(html)
        page = _page(history, beside, heading, facts, columns, notices, pictures)
        path.write_text(page, encoding="utf-8", newline="\n")
    shown = facts if history.closes else {}
    return Report(
        heading, facts=shown, columns=columns, notices=notices, pictures=pictures, text=_text(history), path=path
    )


def compare(
    session: Session,
    first: str,
    second: str,
    *,
    html: str | Path | None = None,
    benchmark: BenchmarkLike | pd.Series[float] = None,
    title: str | None = None,
) -> Report:
    """Two branches side by side: their figures in two columns, their growth in one plot.

    Parameters
    ----------
    session : Session
    first, second : str
        Names of branches: the present one up to now, another one as far as it was simulated.
    html : path, optional
        Write a page with the table and the plots here.
    benchmark : Series of closes, symbol, Benchmark or False, optional
    title : str, optional

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        No such branch.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01").step(10).back(5)
    >>> _ = session.buy("604018", 1000)
    >>> compare(session.step(3), "main", session.tables.daily_portfolio.attrs.get("branch", "main")).columns
    ('main', 'main')
    """
    histories = [AccountHistory.of(session, branch) for branch in (first, second)]
    heading = title or f"{first} and {second}"
    both = [(history, _figures(session, history.name, benchmark)) for history in histories]
    facts, columns = _facts(both, None)
    longest = max(histories, key=lambda history: len(history.closes))
    notices = [notice for history in histories for notice in _notices(history, False, None)]
    if len({len(history.closes) for history in histories}) > 1:
        spans = ", ".join(f"{history.name} {len(history.closes)}" for history in histories)
        notices.append(f"The branches are of different length in days: {spans}.")
    lines = {history.name: history.returns for history in histories}
    pictures = [plots.growth(lines, longest.days)] if longest.closes else []
    path = None
    if html is not None:
        path = Path(html)
        path.write_text(_own_page(heading, facts, columns, notices, pictures), encoding="utf-8", newline="\n")
    text = " and ".join(f"branch {history.name}" for history in histories)
    return Report(heading, facts=facts, columns=columns, notices=notices, pictures=pictures, text=text, path=path)


# ---------------------------------------------------------------------------------------- figures and words


def _heading(session: Session, history: AccountHistory) -> str:
    name = session.strategy.name if session.strategy.calls else "Trading by hand"
    return name if history.name == "main" else f"{name}, branch {history.name}"


def _text(history: AccountHistory) -> str:
    days = history.days
    if not len(days):
        return f"branch {history.name}: {NO_DAYS}"
    count = f"{len(days)} trading {'day' if len(days) == 1 else 'days'} {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    return f"branch {history.name}: {count}, total return {statistics.total_return(history.returns):+.2%}"


def _figures(session: Session, branch: str | None, benchmark: BenchmarkLike | pd.Series[float]) -> dict[str, float]:
    figures = Tables(session, branch=branch, benchmark=benchmark).return_summary["value"]
    return {str(name): float(value) for name, value in figures.items()}


def _cell(value: float, kind: str) -> str:
    return number(value * 100) + " %" if kind == "%" and value == value else number(value)


def _facts(
    runs: Sequence[tuple[AccountHistory, dict[str, float]]], beside: Aligned | None
) -> tuple[dict[str, list[str]], list[str]]:
    """Rows of the table, and the names of its columns; a benchmark is the last column."""
    columns = [history.name for history, _ in runs] if len(runs) > 1 else ["Account"]
    rows: dict[str, list[str]] = {
        "Trading days": [f"{len(history.closes):,}" for history, _ in runs],
        "Equity at the end": [
            number(history.equity[-1] if history.closes else history.starting_equity) for history, _ in runs
        ],
    }
    for name, (words, kind) in ROWS.items():
        if any(name in figures for _, figures in runs):
            rows[words] = [_cell(figures.get(name, float("nan")), kind) for _, figures in runs]
    rows["Fills"] = [f"{len(history.fills):,}" for history, _ in runs]
    fees = [sum(fill.commission + fill.stamp_duty + fill.transfer_fee for fill in run.fills) for run, _ in runs]
    rows["Fees"] = [number(run.exchange.money.amount(paid)) for (run, _), paid in zip(runs, fees, strict=True)]
    if beside is not None:
        columns.append(beside.name)
        theirs = _benchmark_figures(beside)
        rows = {words: [*cells, theirs.get(words, "")] for words, cells in rows.items()}
    return rows, columns


def _benchmark_figures(beside: Aligned) -> dict[str, str]:
    returns = beside.returns
    found = {
        "total_return": statistics.total_return(returns),
        "annual_return": statistics.annual_return(returns),
        "annual_volatility": statistics.annual_volatility(returns),
        "sharpe": statistics.sharpe(returns),
        "sortino": statistics.sortino(returns),
        "max_drawdown": statistics.max_drawdown(returns),
        "return_over_drawdown": statistics.return_over_drawdown(returns),
        "daily_win_rate": statistics.win_rate(returns),
        "skew": statistics.skew(returns),
        "kurtosis": statistics.kurtosis(returns),
    }
    return {ROWS[name][0]: _cell(value, ROWS[name][1]) for name, value in found.items()}


def _notices(history: AccountHistory, wanted: bool, beside: Aligned | None) -> list[str]:  # noqa: FBT001
    """What one should know about the figures, in sentences."""
    count = len(history.closes)
    if not count:
        return [NO_DAYS]
    found = []
    if count < FEW_DAYS:
        found.append(f"Only {count} trading {'day' if count == 1 else 'days'}: annual figures and ratios mean little.")
    if not history.fills:
        found.append("Nothing was traded.")
    if _flat(history.returns_series):
        found.append("Every daily return is the same, so ratios over their spread, and beta, are not defined.")
    if wanted and beside is None:
        found.append("The benchmark has no close on or before these days, so it is left out.")
    elif beside is not None and beside.gaps:
        found.append(
            f"{beside.name} has no close of its own on {beside.gaps} of {count} days: the last one before stands there."
        )
    return found


def _flat(returns: pd.Series[float]) -> bool:
    return bool(returns.max() == returns.min())


# ---------------------------------------------------------------------------------------- pages


def _page(
    history: AccountHistory, beside: Aligned | None, heading: str, facts: Mapping[str, Sequence[str]],
    columns: Sequence[str], notices: list[str], pictures: Sequence[Picture],
) -> str:  # fmt: skip
    """The QuantStats page with our account on top; a page of our own where there is too little for it."""
    returns = history.returns_series
    if len(returns) < 2:
        few = [*notices, "The tear-sheet needs at least 2 trading days."] if len(returns) else notices
        return _own_page(heading, facts if len(returns) else {}, columns, few, pictures)
    if returns.min() >= 0 and returns.max() > 1:
        # QuantStats would take such returns for prices.
        odd = "A day more than doubled the account and none lost: QuantStats would take these returns for prices."
        return _own_page(heading, facts, columns, [*notices, odd], pictures)
    try:
        page = quantstats_page(returns, None if _flat(returns) else beside, heading)
    except Exception as problem:  # whatever QuantStats or its plots raise, the reader gets the figures
        words = f"QuantStats could not make its page ({type(problem).__name__}: {problem}); these are our own figures."
        return _own_page(heading, facts, columns, [*notices, words], pictures)
    if beside is not None and _flat(returns):
        notices.append(f"The page leaves {beside.name} out: a constant return cannot be set against it.")
    block = _block(facts, columns, notices)
    return page.replace('<div id="left">', f'{block}<div id="left">', 1)


def _block(facts: Mapping[str, Sequence[str]], columns: Sequence[str], notices: Sequence[str]) -> str:
    """What the account did, in one line and sentences, above the page of QuantStats."""
    names = ("Equity at the end", "Fills", "Fees", "Turnover, times the equity")
    line = " &nbsp; ".join(f"{escape(name)} <b>{escape(facts[name][0])}</b>" for name in names if name in facts)
    told = "".join(f"<p>{escape(notice)}</p>" for notice in notices)
    return f'<div id="account" style="margin-bottom:16px">{line}{told}</div>'


def _own_page(
    heading: str, facts: Mapping[str, Sequence[str]], columns: Sequence[str], notices: Sequence[str],
    pictures: Sequence[Picture],
) -> str:  # fmt: skip
    """A plain page: heading, sentences, table, pictures."""
    told = "".join(f"<p>{escape(notice)}</p>" for notice in notices)
    rows = [(escape(name), *map(escape, cells)) for name, cells in facts.items()]
    body = table(("", *(f"{name}>" for name in columns)), rows) if rows else ""
    images = "".join(
        f'<p><img alt="{escape(picture.title)}" src="data:image/png;base64,'
        f'{base64.b64encode(picture.png()).decode()}"></p>'
        for picture in pictures
    )
    style = (
        "body{font:14px/1.5 sans-serif;max-width:860px;margin:30px auto;padding:0 16px}td,th{padding:2px 12px 2px 0}"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(heading)}</title>'
        f'<style>{style}</style></head>\n<body><h1>{escape(heading)}</h1><div id="account">{told}</div>'
        f"\n{body}\n{images}</body></html>\n"
    )


def quantstats_page(returns: pd.Series[float], beside: Aligned | None, heading: str) -> str:
    """The HTML page that QuantStats makes of daily returns, without its favicon and its dead script.

    Parameters
    ----------
    returns : Series of float, fractions
        By trading day, the first day included.
    beside : Aligned or None
        Benchmark on the same days.
    heading : str

    Returns
    -------
    str
        Equal input gives equal text.
    """
    with _contained() as quantstats, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.html"
        benchmark: dict[str, Any] = {}
        if beside is not None:
            series = pd.Series(beside.returns, index=returns.index, name=beside.name, dtype="float64")
            benchmark = {"benchmark": series, "benchmark_title": escape(beside.name)}
        quantstats.reports.html(
            returns.copy(),
            **benchmark,
            title=escape(heading),
            strategy_title="Account",
            output=str(target),
            periods_per_year=statistics.PERIODS,
            match_dates=False,
        )
        page = target.read_text(encoding="utf-8")
    title = f"<title>{escape(heading)}</title>"
    page = page.replace("<title>Tearsheet (generated by QuantStats)</title>", title)
    return page.replace(FAVICON, "").replace(' onload="save()"', "")


_theme: dict[str, Any] = {}
"""The matplotlib parameters that QuantStats sets when it is imported: put back for its own plots only."""


@contextmanager
def _contained() -> Iterator[Any]:
    """QuantStats, imported, and kept from the notebook around it.

    Its theme, its warnings and its figures stay inside; so does the ``%matplotlib inline`` that it runs when it is
    imported in a kernel. Dates and ids in the plots are fixed.
    """
    fonts = logging.getLogger("matplotlib.font_manager")
    level = fonts.level
    with warnings.catch_warnings(), plain_style(), patch.dict(os.environ, {"SOURCE_DATE_EPOCH": "0"}):
        warnings.simplefilter("ignore")
        fonts.setLevel(logging.ERROR)
        quantstats = _import_quantstats()
        import matplotlib.pyplot as plt  # noqa: PLC0415  # QuantStats draws with it

        known = set(plt.get_fignums())
        mpl.rcParams.update(_theme)
        mpl.rcParams.update({"svg.hashsalt": "qresearch", "font.family": "DejaVu Sans"})
        try:
            yield quantstats
        finally:
            for figure in set(plt.get_fignums()) - known:
                plt.close(figure)
            fonts.setLevel(level)


def _import_quantstats() -> Any:
    # It asks the shell, by this builtin, whether it runs in a notebook, and then switches the backend.
    shell = builtins.__dict__.pop("get_ipython", None)
    try:
        import quantstats  # noqa: PLC0415  # heavy, and asked for by few
    finally:
        if shell is not None:
            builtins.__dict__["get_ipython"] = shell
    if not _theme:
        _theme.update(_changed())
    return quantstats


def _changed() -> dict[str, Any]:
    """Parameters that differ from matplotlib's own, as the import has left them."""
    return {
        name: value
        for name, value in mpl.rcParams.items()
        if name not in mpl.style.core.STYLE_BLACKLIST and value != mpl.rcParamsDefault[name]
    }
