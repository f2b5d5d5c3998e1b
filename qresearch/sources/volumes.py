"""Volume and turnover against each other and against the prices: units, slips of the pen, figures that cannot be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qresearch.market.venue import PLAIN
from qresearch.sources.completion import forward
from qresearch.sources.sight import EXAMPLES, Finding, Sight

_TWICE = 2.0
"""An average price this far outside the bar is a matter of units or of digits, nearer ones of rounding or of prices."""

_SPIKE = 50.0
"""More than the greatest of 160,000 real rows, 27, and less than two or three digits too many."""


def look_at_volumes(sight: Sight) -> Iterator[Finding | None]:
    """Every finding about volume and turnover; None where a check found nothing."""
    yield _units(sight)
    yield from _rows(sight)
    yield from _figures(sight)


def _units(sight: Sight) -> Finding | None:
    """Volume in lots or turnover in thousands, read off turnover / (volume x price), symbol by symbol."""
    panel = sight.panel
    usable = sight.traded & (panel.turnover > 0)
    price = np.where(usable, panel.turnover / np.where(usable, panel.volume, 1.0) / panel.close, np.nan)
    columns = np.flatnonzero(usable.any(axis=0))
    if panel.adjusted or not len(columns):
        return None
    ratio = np.nanmedian(price[:, columns], axis=0)
    rows = price[:, columns]
    # Where half of the rows fit, the others are told one by one.
    off = ((rows > _TWICE) | (rows < 1 / _TWICE)).sum(axis=0) * 2 > usable[:, columns].sum(axis=0)
    if not off.any():
        return None
    examples = tuple(
        f"{panel.symbols[column]}: turnover is {value:.3g} times volume x price"
        for column, value in zip(columns[off][:EXAMPLES], ratio[off][:EXAMPLES], strict=True)
    )
    lots = bool((np.abs(np.log(ratio[off] / 100)) < 0.5).all())
    return Finding(
        "warning", "UNITS", "volume and turnover do not fit the prices" + (": volume seems to be in lots" * lots),
        int(off.sum()), examples,
        "They are used as they are, so volume caps would be off by that factor. "
        + ("Multiply volume by 100 (shares per lot)." if lots else "Give volume in shares and turnover in currency."),
    )  # fmt: skip


def _rows(sight: Sight) -> Iterator[Finding | None]:
    """Single rows, or stretches of them, whose average price is no price of the bar."""
    panel = sight.panel
    vwap = np.divide(panel.turnover, panel.volume, out=np.full(panel.shape, np.nan), where=sight.traded)
    # Half a per cent for turnover that was rounded.
    outside = ((vwap < panel.low * 0.995) | (vwap > panel.high * 1.005)) & (vwap > 0) & ~np.bool_(panel.adjusted)
    far = outside & ((vwap > panel.high * _TWICE) | (vwap < panel.low / _TWICE))
    # Where most rows of a symbol are off alike, its unit is another, which is told apart.
    usual = far.sum(axis=0) * 2 <= (sight.traded & (panel.turnover > 0)).sum(axis=0)
    yield sight.cells(
        "warning", "UNITS_CHANGE", "turnover is a multiple of volume x price, while on other days it is not",
        far & usual,
        "Used as they are: volume caps are off by that factor there. Correct volume or turnover, or give all rows in "
        "shares and yuan.",
        lambda day, column: f": turnover is {vwap[day, column] / panel.close[day, column]:.3g} times volume x close",
    )  # fmt: skip
    yield sight.cells(
        "warning", "VWAP_OUTSIDE", "turnover / volume lies outside low and high", outside & ~far,
        "Prices fill orders, volume caps them: one of the three columns is wrong.",
        lambda day, column: f": {vwap[day, column]:.4g}, bar {panel.low[day, column]:g} to {panel.high[day, column]:g}",
    )  # fmt: skip


def _figures(sight: Sight) -> Iterator[Finding | None]:
    """Volumes far above those beside them, turnover of nothing, and fractions of a share."""
    panel = sight.panel
    volume = np.where(sight.traded, panel.volume, np.nan)
    beside = np.full((2, *panel.shape), np.nan)
    beside[0, 1:], beside[1, :-1] = forward(volume)[:-1], forward(volume[::-1])[::-1][1:]
    yield sight.cells(
        "warning", "VOLUME_SPIKE", f"a volume more than {_SPIKE:g} times those of the days beside it",
        # A turnover tells better, see above; NaN compares false.
        np.isnan(panel.turnover) & (volume > _SPIKE * beside.max(axis=0)),
        "Used as it is: volume caps are off by that factor there. Correct it if digits are wrong.",
        lambda day, column: f": {panel.volume[day, column]:g} between {beside[0, day, column]:g} and "
        f"{beside[1, day, column]:g}",
    )  # fmt: skip
    yield sight.cells(
        "warning", "TURNOVER_OF_NOTHING", "a turnover of 0 on a day with volume", sight.traded & (panel.turnover == 0),
        "The day counts as traded. Correct the turnover, or the volume if nobody traded.",
        lambda day, column: f": volume {panel.volume[day, column]:g}",
    )  # fmt: skip
    fraction = sight.traded & (panel.volume != np.rint(panel.volume))
    if sight.market.venue.board is not PLAIN.board and not panel.adjusted:
        yield sight.cells(
            "warning", "FRACTIONS_OF_SHARES", "a volume that is no whole number of shares", fraction,
            "Used as it is. Volume counts shares: it may be in lots, in thousands, or adjusted with the prices.",
            lambda day, column: f": volume {panel.volume[day, column]:.10g}",
        )  # fmt: skip
