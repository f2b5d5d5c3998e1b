"""The tear-sheet: figures and plots in a notebook, and the whole QuantStats page as a file.

The only module that knows QuantStats, and only when a page is asked for. Its numbers are never our source: figures
shown in a notebook are those of :mod:`qresearch.book.statistics`, and a test holds the page against them.

QuantStats is given explicit daily returns, never prices; a benchmark on the same days, never a ticker; and it is kept
from what it would do to a notebook (its theme, its warnings, ``%matplotlib inline``, the network).
"""

from __future__ import annotations

import builtins
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import matplotlib as mpl
import numpy as np
import pandas as pd

from qresearch.book import statistics
from qresearch.book.benchmark import Aligned, BenchmarkLike, align, find_benchmark
from qresearch.book.history import AccountHistory
from qresearch.book.html import facts as facts_line
from qresearch.files import PAGE, check_file, write_text
from qresearch.sentences import Words
from qresearch.views import plots
from qresearch.views.lettering import families
from qresearch.views.picture import Picture, plain_style
from qresearch.views.readable import readable
from qresearch.views.summary import (
    Report,
    facts_of,
    figures_of,
    heading_of,
    is_flat,
    notices_about,
    notices_of,
    text_of,
)

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

__all__ = ["Report", "compare", "quantstats_page", "report", "tear_sheet"]

FAVICON = '<link rel="shortcut icon" href="https://qtpylib.io/favicon.ico" type="image/x-icon">'


class NoPage(Exception):
    """QuantStats could not make its page."""


def report(
    session: AnySession,
    html: str | Path | None = None,
    *,
    benchmark: BenchmarkLike | pd.Series[float] = None,
    branch: str | None = None,
    title: str | None = None,
    words: Words | None = None,
) -> Report:
    """What a run came to; see :meth:`Session.report`. `words`: another language than that of the session."""
    words = session.words if words is None else words
    if html is not None:
        check_file(html, "report")
    history = AccountHistory.of(session.simulation, branch)
    wanted = find_benchmark(session.market, session.simulation.benchmark if benchmark is None else benchmark)
    beside = align(wanted, history.exchange, history.closes)
    facts, columns = facts_of([(history, figures_of(session, branch, benchmark))], beside)
    pictures: tuple[Picture, ...] = ()
    if history.closes:
        growth = plots.equity_and_drawdown(session, benchmark=benchmark, branch=branch, language=words.language)
        pictures = (growth, plots.monthly_returns(session, branch=branch, language=words.language))
    found = Report(
        title or heading_of(session, history, words),
        text_of(history, words),
        facts if history.closes else {},
        tuple(columns),
        tuple(notices_of(history, beside, words, wanted=wanted is not None)),
        pictures,
        words=words,
    )
    return found if html is None else _written(found, html, tear_sheet(found, history.returns_series, beside))


def compare(
    session: AnySession,
    first: str,
    second: str,
    *,
    html: str | Path | None = None,
    benchmark: BenchmarkLike | pd.Series[float] = None,
    title: str | None = None,
    words: Words | None = None,
) -> Report:
    """Two branches side by side: their figures in two columns, their growth in one plot.

    Parameters
    ----------
    session : AnySession
    first, second : str
        Names of branches: the present one up to now, another one as far as it was simulated.
    html : path, optional
        Write a page with the table and the plot here.
    benchmark : Series of closes, symbol, Benchmark or False, optional
        For beta and alpha.
    title : str, optional
    words : Words, optional
        In which it is told. Default: those of the session.

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        No such branch, or a page where somebody else's file stands.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01").step(10).back(5)
    >>> _ = session.buy("604018", 1000)
    >>> compare(session.step(3), "main", session.branches.current).columns
    ('main', 'branch-1@2022-03-07')
    """
    words = session.words if words is None else words
    if html is not None:
        check_file(html, "report")
    histories = [AccountHistory.of(session.simulation, branch) for branch in (first, second)]
    facts, columns = facts_of([(run, figures_of(session, run.name, benchmark)) for run in histories], None)
    notices = [about for run in histories for about in notices_about(run.name, run, words)]
    if len({len(run.closes) for run in histories}) > 1:
        spans = ", ".join(f"{run.name} {len(run.closes)}" for run in histories)
        notices.append(words("report_lengths", spans=spans))
    longest = max(histories, key=lambda run: len(run.closes))
    pictures = (plots.growth([(run.name, run.returns) for run in histories], longest.days, words=words),)
    one, other = (words("report_of_branch", branch=run.name) for run in histories)
    found = Report(
        title or words("report_two", first=first, second=second),
        words("report_two", first=one, second=other),
        facts,
        tuple(columns),
        tuple(notices),
        pictures,
        words=words,
    )
    return found if html is None else _written(found, html, found.page())


def _written(found: Report, html: str | Path, page: str) -> Report:
    return replace(found, path=write_text(html, page if page.endswith("\n") else page + "\n", PAGE, "report"))


# ---------------------------------------------------------------------------------------- pages


def tear_sheet(found: Report, returns: pd.Series[float], beside: Aligned | None) -> str:
    """The QuantStats page of a run with our account on top; a page of our own where there is too little for it.

    Parameters
    ----------
    found : Report
    returns : Series of float, fractions
        Daily returns, the first day included.
    beside : Aligned or None

    Returns
    -------
    str
        HTML that asks the network for nothing.
    """

    def own(key: str, **facts: object) -> str:
        return replace(found, notices=(*found.notices, words(key, **facts))).page()

    words = found.words
    if len(returns) < 2:
        return own("report_one_day") if len(returns) else found.page()
    if returns.min() >= 0 and returns.max() > 1:
        return own("report_like_prices")
    flat = is_flat(returns)
    try:
        page = quantstats_page(returns, None if flat else beside, found.title)
    except NoPage as problem:
        return own("report_no_page", problem=problem)
    if beside is not None and flat:
        found = replace(found, notices=(*found.notices, words("report_left_out", name=beside.name)))
    return page.replace('<div id="left">', f'{_account(found)}<div id="left">', 1)


def _account(found: Report) -> str:
    """What the account did, in one line and sentences, above the page of QuantStats."""
    keys = ("figure_equity", "figure_fills", "figure_fees", "figure_turnover")
    line = facts_line((found.words(key), escape(found.facts[key][0])) for key in keys if key in found.facts)
    return f'<div id="account" style="margin-bottom:16px">{line}{found.told("p")}</div>'


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

    Raises
    ------
    NoPage
        QuantStats raised.
    """
    with _contained() as quantstats, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.html"
        benchmark: dict[str, Any] = {}
        if beside is not None:
            series = pd.Series(beside.returns, index=returns.index, name=beside.name, dtype="float64")
            benchmark = {"benchmark": series, "benchmark_title": escape(beside.name)}
        try:
            quantstats.reports.html(
                returns.copy(),
                **benchmark,
                title=escape(heading),
                strategy_title="Account",
                output=str(target),
                periods_per_year=statistics.PERIODS,
                match_dates=False,
            )
        except Exception as problem:  # whatever it raises, the reader is told and gets our figures
            raise NoPage(f"{type(problem).__name__}: {problem}") from problem
        page = target.read_text(encoding="utf-8")
    title = f"<title>{escape(heading)}</title>"
    page = page.replace("<title>Tearsheet (generated by QuantStats)</title>", title)
    # The favicon is on the network, the script does not exist, and few fonts have that percent sign.
    return readable(page).replace(FAVICON, "").replace(' onload="save()"', "").replace("CAGR\ufe6a", "CAGR")


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
    # Imported by the user before, it has set its theme for the whole process: then that is its theme.
    outside = _parameters() if "quantstats" in sys.modules else {}
    with warnings.catch_warnings(), plain_style(), patch.dict(os.environ, {"SOURCE_DATE_EPOCH": "0"}):
        warnings.simplefilter("ignore")
        fonts.setLevel(logging.ERROR)
        plain = _parameters()
        quantstats = _import_quantstats()
        if not _theme:
            themed = outside or _parameters()
            _theme.update({name: value for name, value in themed.items() if value != plain.get(name)})
        import matplotlib.pyplot as plt  # noqa: PLC0415  # QuantStats draws with it

        known = set(plt.get_fignums())
        parameters: Any = mpl.rcParams
        parameters.update({**_theme, "svg.hashsalt": "qresearch", "font.family": families()})
        stats = quantstats.stats
        options: Any = pd.plotting.plot_params
        try:
            # pandas 3.1 puts bars of dated rows at dates, QuantStats labels them as if they stood at 0, 1, 2, ...
            with (
                options.use("x_compat", True),
                patch.object(stats, "drawdown_details", _from_the_first_day(stats.drawdown_details)),
            ):
                yield quantstats
        finally:
            for figure in set(plt.get_fignums()) - known:
                plt.close(figure)
            fonts.setLevel(level)


def _from_the_first_day(details: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """QuantStats' table of drawdowns, which forgets one that begins on the first day and is never made up for."""

    def with_a_day_before(drawdown: Any) -> Any:
        if len(drawdown) and np.any(np.asarray(drawdown.iloc[0]) != 0):
            day = drawdown.iloc[:1] * 0.0
            day.index = day.index - pd.Timedelta(days=1)
            drawdown = pd.concat([day, drawdown])
        return details(drawdown)

    return with_a_day_before


def _parameters() -> dict[str, Any]:
    """What matplotlib draws with now; the backend is no part of it."""
    parameters: Any = mpl.rcParams
    return {name: parameters[name] for name in parameters if not name.startswith("backend")}


def _import_quantstats() -> Any:
    # It asks the shell, by this builtin, whether it runs in a notebook, and then switches the backend.
    shell = builtins.__dict__.pop("get_ipython", None)
    try:
        import quantstats  # noqa: PLC0415  # heavy, and asked for by few
    finally:
        if shell is not None:
            builtins.__dict__["get_ipython"] = shell
    return quantstats
