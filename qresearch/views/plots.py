"""Plots of a run, one function each: small PNGs that read well in a README, light and dark, and a page to move in.

Each takes a session; those of pixels draw on `ax` when one is passed (lower parts are cut out of it) or on a figure of
their own, and give a :class:`~qresearch.views.picture.Picture`. Days stand side by side without gaps for weekends.
Nothing after the moment of the session is drawn. Titles, axes and legends speak the language of the session, or the one
that is asked for; where no installed font has Chinese letters, pictures of pixels are told in English.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, PercentFormatter

from qresearch.book import statistics
from qresearch.book.benchmark import BenchmarkLike, align, find_benchmark
from qresearch.book.history import AccountHistory
from qresearch.book.html import COLOURS
from qresearch.domain.arguments import whole
from qresearch.domain.calls import bound
from qresearch.domain.order import Status
from qresearch.errors import choose, shown
from qresearch.market.panel import Floats
from qresearch.sentences import ENGLISH, Words
from qresearch.session.ticket import log_of, seen
from qresearch.views.candles import candles
from qresearch.views.compared import branches
from qresearch.views.exposed import exposure
from qresearch.views.lettering import drawable
from qresearch.views.lifecycle import orders_timeline
from qresearch.views.lives import lives
from qresearch.views.picture import (
    Picture,
    Theme,
    begin,
    date_ticks,
    few_ticks,
    label_ends,
    plain_style,
    say,
    split,
)
from qresearch.views.run_page import RunPage, run_page
from qresearch.views.states import state_diagram
from qresearch.views.svg import SvgPicture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from qresearch.session.port import AnySession

__all__ = ["Drawing", "candles", "draw", "equity_and_drawdown", "exposure", "growth", "monthly_returns", "order_flow"]

Drawing = Picture | SvgPicture | RunPage
"""What a plot gives: a picture of pixels, one of lines and words, or a page that one can move in."""
HATCHES = {"REJECTED": "xxx", "EXPIRED": "///", "CANCELED": "...", "QUEUED": "---", "WORKING": "|||"}
"""States are told apart by pattern as well as by colour; FILLED is plain."""
_ROOM_BELOW = 1.3
"""So much deeper than the curves the axis of the drawdown goes, for words under the deepest point."""
PALE = 2.3
"""Of a heat map with numbers in it: so many times the largest value would have the darkest colour."""


def equity_and_drawdown(
    session: AnySession,
    *,
    benchmark: BenchmarkLike | pd.Series[float] = None,
    branch: str | None = None,
    language: str | None = None,
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """Growth of the account against a benchmark, and below it the distance from its highest value.

    Parameters
    ----------
    session : AnySession
    benchmark : Series of closes, symbol, Benchmark or False, optional
        Default: that of the market.
    branch : str, optional
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}

    Returns
    -------
    Picture

    Raises
    ------
    UsageError
        No such branch, language or theme, or a benchmark without closes.

    Examples
    --------
    >>> import qresearch as qr
    >>> equity_and_drawdown(qr.Session(qr.sample_market(), start="2022-03-01").step(5))
    <Picture Equity and drawdown: 800 x 450>
    """
    history = AccountHistory.of(session.simulation, branch)
    wanted = session.simulation.benchmark if benchmark is None else benchmark
    beside = align(find_benchmark(session.market, wanted), history.exchange, history.closes)
    words = session.words.named(language)
    account = drawable(words)("account") if history.name == "main" else history.name
    lines = [(account, history.returns)]
    if beside is not None:
        lines.append((beside.name, beside.returns))
    return growth(lines, history.days, words=words, ax=ax, theme=theme)


@plain_style()
def growth(
    lines: Sequence[tuple[str, Floats]],
    days: pd.DatetimeIndex,
    *,
    words: Words = ENGLISH,
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """Growth and drawdown of daily returns, each with its name, which may be there twice; the first is in front."""
    words = drawable(words)
    picture, upper, colours = begin(words("plot_equity"), ax, theme, words=words)
    if not len(days):
        say(upper, colours, words("run_no_days"))
        return picture
    lower = split(picture, upper, colours, 0.3)
    # One point before the first day: everything starts at 0.
    ends, mine = [], np.zeros(0)
    for number, (name, returns) in enumerate(lines):
        colour, width = (colours.main, 1.6) if number == 0 else (colours.other, 1.1)
        dashes = "-" if number == 0 else (0, (4, 1.5))
        across = np.arange(-1, len(returns))
        value = np.concatenate(([0.0], np.cumprod(1 + returns) - 1))
        upper.plot(across, value, color=colour, linewidth=width, linestyle=dashes, zorder=3 - number)
        below = -np.concatenate(([0.0], statistics.drawdowns(returns)))
        lower.plot(across, below, color=colour, linewidth=0.8 * width, linestyle=dashes, zorder=3 - number)
        if number == 0:
            lower.fill_between(across, below, 0, color=colour, alpha=0.2, linewidth=0)
            mine = below
        ends.append((value[-1], f"{name}\n{value[-1]:+.1%}", colour))
    _deepest(lower, colours, mine, words)
    label_ends(upper, ends, len(days))
    upper.axhline(0, color=colours.faint, linewidth=0.6)
    for axes in (upper, lower):
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=_decimals(axes)))
    lower.set_xlim(-1, len(days) - 0.5)
    date_ticks(lower, days)
    return picture


def _decimals(axes: Axes) -> int:
    """As many as the steps of the axis need: a step of 2.5 % that is written without them would say 2 % or 3 %."""
    first, second, *_ = axes.get_yticks()
    step = float(second - first) * 100
    return next((digits for digits in range(4) if abs(round(step, digits) - step) < 1e-9), 4)


def _deepest(lower: Axes, theme: Theme, below: Floats, words: Words) -> None:
    """The deepest point in words, which stand under it: there is no curve of the account there."""
    worst = int(np.argmin(below))
    if below[worst] < 0:
        lower.set_ylim(bottom=lower.get_ylim()[0] * _ROOM_BELOW)
        right, told = worst > len(below) / 2, words("plot_deepest", depth=f"{-below[worst]:.1%}")
        lower.annotate(
            f"{told} ", (worst - 1, float(below[worst])), textcoords="offset points",
            xytext=(-6 if right else 6, -3), ha="right" if right else "left", va="top", fontsize=8, color=theme.text,
            path_effects=[withStroke(linewidth=2.5, foreground=theme.ground)],
        )  # fmt: skip
        lower.plot([worst - 1], [below[worst]], marker="o", markersize=3.5, color=theme.text)


@plain_style()
def monthly_returns(
    session: AnySession,
    *,
    branch: str | None = None,
    language: str | None = None,
    ax: Axes | None = None,
    theme: str = "auto",
) -> Picture:
    """Return of every month, one row a year, with the year's total.

    A month's return is the product of its daily returns; months without a close are empty.

    Parameters
    ----------
    session : AnySession
    branch : str, optional
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}

    Returns
    -------
    Picture
    """
    history, words = AccountHistory.of(session.simulation, branch), drawable(session.words.named(language))
    grown = history.returns_series + 1
    by_year = grown.groupby(history.days.year).prod() - 1
    years = by_year.index.tolist()
    height = 0.95 + 0.3 * max(len(years), 2)
    picture, axes, colours = begin(words("plot_monthly"), ax, theme, words=words, height=height, grid=False)
    if not years:
        say(axes, colours, words("run_no_days"))
        return picture
    by_month = grown.groupby([history.days.year, history.days.month]).prod().unstack().reindex(columns=range(1, 13)) - 1
    grid = np.column_stack((by_month, by_year))
    widest = max(float(np.nanmax(np.abs(grid[:, :12]))), 0.01)
    months = np.ma.masked_invalid(np.where(np.arange(13) < 12, grid, np.nan))
    # The light half of the colours: black reads on each of them, and what is made of it on a dark page as well.
    axes.imshow(months, aspect="auto", cmap=colours.spread, vmin=-PALE * widest, vmax=PALE * widest)
    for row, column in zip(*np.nonzero(~np.isnan(grid)), strict=True):
        middle = column < 12
        axes.text(
            column, row, f"{grid[row, column] * 100:+.1f}", ha="center", va="center", fontsize=8,
            color="#000000" if middle else colours.text, fontweight="normal" if middle else "bold",
        )  # fmt: skip
    axes.set_xticks(range(13), [*words("plot_months").split(), words("plot_year")])
    axes.set_yticks(range(len(years)), [str(year) for year in years])
    axes.spines["bottom"].set_visible(False)
    return picture


@plain_style()
def order_flow(
    session: AnySession, *, language: str | None = None, ax: Axes | None = None, theme: str = "auto"
) -> Picture:
    """Orders by the time at which they were placed and the state in which they are now.

    One bar a day, week or month, whichever leaves at most about 60 bars.

    Parameters
    ----------
    session : AnySession
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session.
    ax : Axes, optional
    theme : {"auto", "light", "dark"}

    Returns
    -------
    Picture
    """
    orders = session.orders.dropna(subset=["placed"])
    early = len(session.orders) - len(orders)
    words = drawable(session.words.named(language))
    picture, axes, colours = begin(words("plot_orders"), ax, theme, words=words)
    if orders.empty:
        say(axes, colours, words("plot_early", count=f"{early:,}") if early else words("no_orders"))
        return picture
    binned, freq, form = _bins(orders["placed"])
    bins = pd.period_range(binned.min(), binned.max(), freq=freq)
    table = pd.crosstab(binned, orders["status"].to_numpy()).reindex(bins, fill_value=0)
    base = np.zeros(len(table))
    for state in Status:
        if state.value in table.columns:
            counts = table[state.value].to_numpy(dtype=np.float64)
            axes.bar(
                np.arange(len(table)), counts, 0.85, base, color=COLOURS[state.value],
                hatch=HATCHES.get(state.value), edgecolor=colours.ground, linewidth=0.4,
                label=f"{words.code(state.value)} {int(counts.sum()):,}",
            )  # fmt: skip
            base += counts
    few_ticks(axes, bins.strftime(form).tolist())
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, frameon=False, fontsize=8,
        labelcolor=colours.faint, handletextpad=0.4, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip
    return picture


def _bins(days: pd.Series[pd.Timestamp]) -> tuple[pd.PeriodIndex, str, str]:
    span = (days.max() - days.min()).days
    freq, form = ("D", "%Y-%m-%d") if span <= 60 else ("W", "%Y-%m-%d") if span <= 420 else ("M", "%Y-%m")
    return pd.DatetimeIndex(days).to_period(freq), freq, form


def order_lives(
    session: AnySession, *, branch: str | None = None, most: int = 40, language: str | None = None
) -> SvgPicture:
    """One row per order: how long it was in which state, its fills, and how it ended.

    Parameters
    ----------
    session : AnySession
    branch : str, optional
    most : int
        Rows at most; the latest orders are drawn.
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session.
    """
    market, say = session.market, session.words.named(language)
    found = list(lives(AccountHistory.of(session.simulation, branch).log).values())[-whole("most", most, example=40) :]
    return orders_timeline(found, market.days, symbols=market.symbols, most=most, say=say)


def order_life(session: AnySession, *, order: str | int, language: str | None = None) -> SvgPicture:
    """The states that an order can be in and the moves between them, with the way of one order highlighted.

    Parameters
    ----------
    session : AnySession
    order : Ticket, str or int
    language : {"en", "zh"}, optional
        Of the words. Default: that of the session.
    """
    market, say = session.market, session.words.named(language)
    ticket = seen(session, order)
    found = lives(log_of(ticket))[int(ticket)]
    return state_diagram(found, market.days, symbols=market.symbols, say=say)


KINDS: dict[str, Callable[..., Drawing]] = {
    "equity": equity_and_drawdown,
    "candles": candles,
    "exposure": exposure,
    "monthly": monthly_returns,
    "orders": order_flow,
    "lives": order_lives,
    "life": order_life,
    "branches": branches,
    "page": run_page,
}
"""What :meth:`Session.plot` draws, by name."""


def draw(session: AnySession, kind: str, **options: Any) -> Drawing:
    """Draw a kind of plot; see :meth:`Session.plot`."""
    return bound(f"plot({shown(kind)})", KINDS[choose("kind", kind, KINDS)], session, options)()
