"""The report of several accounts: figures of each and of their sum, and the tear-sheet page of the sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from qresearch.book import statistics
from qresearch.book.benchmark import BenchmarkLike, align, find_benchmark
from qresearch.book.history import AccountHistory
from qresearch.book.html import number
from qresearch.files import PAGE, check_file, write_text
from qresearch.market.panel import Floats
from qresearch.sentences import ENGLISH, Said
from qresearch.session.port import AnySession
from qresearch.views import plots
from qresearch.views.lettering import drawable
from qresearch.views.report import tear_sheet
from qresearch.views.summary import ROWS, Report, cell_of, facts_of, fees_of, figures_of, notices_about


def report_of_all(
    accounts: Mapping[str, AnySession],
    returns: pd.Series[float],
    html: str | Path | None,
    benchmark: BenchmarkLike | pd.Series[float],
    title: str | None,
) -> Report:
    """What several accounts came to; see :meth:`Accounts.report`.

    Parameters
    ----------
    accounts : mapping of name to AnySession
        The first one leads.
    returns : Series of float, fractions
        Daily returns of all together.
    html : path or None
    benchmark : Series of closes, symbol, Benchmark or False, or None for that of the market
    title : str or None
    """
    if html is not None:
        check_file(html, "report")
    lead = next(iter(accounts.values()))
    runs = {name: AccountHistory.of(session.simulation) for name, session in accounts.items()}
    facts, _ = facts_of([(runs[name], figures_of(accounts[name], None, benchmark)) for name in runs], None)
    joint: Floats = np.asarray(returns, dtype=np.float64)
    together = statistics.figures(joint)
    known = {f"figure_{name}": cell_of(together[name], kind) for name, kind in ROWS.items() if name in together}
    sums = {**dict.fromkeys(facts, ""), **known, **_sums(runs)}
    first = next(iter(runs.values()))
    wanted = find_benchmark(lead.market, lead.simulation.benchmark if benchmark is None else benchmark)
    beside = align(wanted, first.exchange, first.closes)
    curves = [*((name, run.returns) for name, run in runs.items()), (drawable(lead.words)("report_total"), joint)]
    words = lead.words
    pictures = (plots.growth(curves, first.days, words=words),) if first.closes else ()
    names = words("part_comma").join(runs)
    days = words("report_no_day")
    if len(returns):
        days = words("report_from_to", first=f"{returns.index[0]:%Y-%m-%d}", last=f"{returns.index[-1]:%Y-%m-%d}")
    total = f"{statistics.total_return(joint):+.2%}"
    found = Report(
        title or words("report_accounts", names=names),
        words("report_of_accounts", names=names, days=days, total=total),
        {key: [*cells, sums[key]] for key, cells in facts.items()} if first.closes else {},
        (*runs, ENGLISH.tell(Said("report_total"))),
        tuple(about for name, run in runs.items() for about in notices_about(name, run, words)),
        pictures,
        words=words,
    )
    if html is None:
        return found
    page = tear_sheet(found, returns, beside)
    return replace(found, path=write_text(html, page if page.endswith("\n") else page + "\n", PAGE, "report"))


def _sums(runs: Mapping[str, AccountHistory]) -> dict[str, str]:
    """What adds up over accounts: equity at the end, fills and fees, and the days that they share."""
    equity = sum(float(run.equity[-1]) if run.closes else run.starting_equity for run in runs.values())
    return {
        "figure_days": f"{max(len(run.closes) for run in runs.values()):,}",
        "figure_equity": number(equity),
        "figure_fills": f"{sum(run.traded.fills for run in runs.values()):,}",
        "figure_fees": number(sum(fees_of(run) for run in runs.values())),
    }
