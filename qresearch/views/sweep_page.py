"""A sweep as one page to move in: a figure over two parameters, cell by cell, and every run with how to open it again.

The page is a file of its own (:mod:`~.page`): it needs no kernel, no network and no library. It holds the parameters,
the figures, the digest and the error of every run, as the table of the sweep has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qresearch.domain.calls import told_calls
from qresearch.errors import UsageError, choose
from qresearch.sentences import LANGUAGES, Words
from qresearch.views.page import PAGE_WORDS, Page, numbers, page
from qresearch.views.panels.cells import LOOKS
from qresearch.views.parameters import Swept, figure_name, ordered

WORDS = (
    "sweep_figure", "sweep_across", "sweep_up", "sweep_no_other", "sweep_runs", "run", "sweep_mean", "sweep_best",
    "sweep_failed", "sweep_missing", "sweep_reopen", "copy", "copied", "sweep_map", "sweep_scale",
    "sweep_chosen", "sweep_keys", "sweep_about", "sweep_nothing", *PAGE_WORDS,
)  # fmt: skip
"""Keys of what the page says."""
MOST_PLACES = 30
"""Places along an axis. A parameter of numbers that has more values, as a search tries them, is cut into parts."""
PARTS = 15
_HERE = Path(__file__).parent
_STYLE = (_HERE / "sweep_page.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "sweep_page.js").read_text(encoding="utf-8")


@told_calls
class SweepPage(Page):
    """An interactive page of a sweep; in a notebook it shows itself in a frame of its own."""


def sweep_page(
    swept: Swept,
    *,
    units: Mapping[str, str],
    signs: Mapping[str, float],
    x: str | None = None,
    y: str | None = None,
    language: str = "en",
    theme: str = "auto",
) -> SweepPage:
    """A heatmap to look into: hovering names the parameters and figures of a cell, a click how to open its run.

    Parameters
    ----------
    swept : Swept
    units : mapping of str to str
        The figures that a reader can choose, and their units.
    signs : mapping of str to float
        1.0 where more of a figure is better, -1.0 where less is.
    x, y : str, optional
        Names of parameters with which the page opens. Default: the last one across and the one before it up; a sweep
        of one parameter is a row.
    language : {"en", "zh"}
        In which the page opens; it speaks both.
    theme : {"auto", "light", "dark"}
        In which it opens: "auto" is what the reader's system prefers.

    Returns
    -------
    SweepPage
        ``.save(path)`` writes it.

    Raises
    ------
    UsageError
        No such parameter, language or theme.

    Examples
    --------
    >>> import qresearch as qr
    >>> def hold(context, data, shares, symbol):
    ...     if not context.portfolio.positions:
    ...         context.order(symbol, shares)
    >>> space = {"shares": [100, 200], "symbol": ["604018", "604052"]}
    >>> found = qr.sweep(hold, qr.sample_market(), space, start="2022-03-01", end="2022-03-31")
    >>> found.plot("page").title
    '4 runs over shares, symbol'
    """
    choose("theme", theme, LOOKS)
    words = Words(language)
    names = swept.names
    across = names[-1] if x is None else choose("x", x, names)
    rest = [name for name in names if name != across]
    up = choose("y", y, rest) if y is not None and rest else rest[-1] if rest else None
    if y is not None and up is None:
        raise UsageError(f"y={y!r}: the sweep has one parameter, {across}. Leave y out.")
    table = swept.table
    places = [_places(table[name]) for name in names]
    size = {"count": f"{len(table):,}", "names": ", ".join(names)}
    titles = {name: Words(name)("sweep_title", **size) for name in LANGUAGES}
    contents: dict[str, Any] = {
        "title": titles,
        "language": words.language,
        "theme": theme,
        "red_up": False,
        "words": {name: {key: Words(name)(key) for key in WORDS} for name in LANGUAGES},
        "names": names,
        "labels": [labels for labels, _ in places],
        "places": [at for _, at in places],
        "values": [[_spelled(value) for value in table[name]] for name in names],
        "figures": [
            {
                "name": name,
                "told": [figure_name(Words(spoken), name) for spoken in LANGUAGES],
                "unit": unit,
                "sign": signs[name],
                "values": numbers(table[name].to_numpy()),
            }
            for name, unit in units.items()
        ],
        "figure": list(units).index(swept.by),
        "x": names.index(across),
        "y": -1 if up is None else names.index(up),
        "digests": table["digest"].tolist(),
        "errors": table["error"].tolist(),
    }
    return SweepPage(page(contents, _STYLE, _SCRIPT), titles[words.language])


def _spelled(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _places(column: pd.Series[Any]) -> tuple[list[str], list[int]]:
    """The places along an axis by their labels, and at which of them each run stands."""
    values = ordered(column)
    if len(values) <= MOST_PLACES or not _are_numbers(values):
        at = {repr(value): place for place, value in enumerate(values)}
        return [_spelled(value) for value in values], [at[repr(value)] for value in column.tolist()]
    edges = np.linspace(float(values[0]), float(values[-1]), PARTS + 1)
    found = np.clip(np.searchsorted(edges, column.to_numpy(dtype=np.float64), side="right") - 1, 0, PARTS - 1)
    labels = [f"{low:.4g} – {high:.4g}" for low, high in pairwise(edges)]
    return labels, found.tolist()


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in values)
