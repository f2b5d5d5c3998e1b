"""A market: everything that a session is given.

Panel + instruments + corporate actions + venue, bundled and cross-checked. Made by :func:`qresearch.read_market`,
:func:`qresearch.fetch_market` or :func:`qresearch.sample_market`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path

import numpy as np

from qresearch.domain.arguments import number
from qresearch.domain.calls import told_calls
from qresearch.domain.instrument import Instrument
from qresearch.errors import DataError, UnknownSymbol, UsageError, shown
from qresearch.market.actions import Action
from qresearch.market.arrays import ReadOnly, read_only
from qresearch.market.limits import reference_price
from qresearch.market.panel import Bools, Days, Floats, Panel
from qresearch.market.venue import Venue


@dataclass(frozen=True, eq=False)
class Benchmark(ReadOnly):
    """A reference series, usually an index.

    Parameters
    ----------
    name : str
    days : (B,) ndarray of datetime64[D]
    close : (B,) ndarray of float64, index points
    """

    name: str
    days: Days
    close: Floats


@told_calls
@dataclass(frozen=True, eq=False)
class Market(ReadOnly):
    """Panel, instruments, corporate actions and venue.

    Parameters
    ----------
    panel : Panel
    instruments : tuple of Instrument
        One per column of the panel, in the same order.
    actions : tuple of Action
        Corporate actions of these instruments inside the days of the panel, ordered by (ex_day, column).
    venue : Venue
    benchmark : Benchmark or None
    closed : (T, N) ndarray of bool or None
        Days on which an account cannot trade although others do, such as holidays of Stock Connect; None without any.
    notes : tuple of str
        What a user should know about the data: rules that were assumed, actions that could not be split into parts.
    """

    panel: Panel
    instruments: tuple[Instrument, ...]
    actions: tuple[Action, ...]
    venue: Venue
    benchmark: Benchmark | None = None
    notes: tuple[str, ...] = ()
    closed: Bools | None = None
    by_day: Mapping[int, tuple[Action, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = tuple(instrument.symbol for instrument in self.instruments)
        if names != self.panel.symbols:
            raise DataError(
                f"{len(names)} instruments do not match the {len(self.panel.symbols)} columns of the panel. "
                "Pass one instrument per symbol, in the same order."
            )
        grouped: dict[int, list[Action]] = {}
        for action in self.actions:
            grouped.setdefault(action.ex_day, []).append(action)
        object.__setattr__(self, "by_day", {day: tuple(found) for day, found in grouped.items()})

    def __repr__(self) -> str:
        days, inside = self.panel.days, self.panel.intraday
        bars = "" if inside is None else f" with {len(inside.times):,} bars inside"
        return (
            f"<Market {self.venue.name}: {len(self.instruments)} instruments, {len(days)} trading days "
            f"{days[0]} to {days[-1]}{bars}, {len(self.actions)} corporate actions>"
        )

    def _repr_html_(self) -> str:
        """What the market holds, by board, and what one should know about the data."""
        days, boards = self.panel.days, Counter(item.board.value for item in self.instruments)
        rows = "".join(f"<tr><td>{board}</td><td>{count}</td></tr>" for board, count in sorted(boards.items()))
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            f"<div><b>{escape(self.venue.name)}</b>: {len(self.instruments)} instruments, {len(days)} trading days "
            f"{days[0]} to {days[-1]}, {len(self.actions)} corporate actions</div>"
            f"<table><thead><tr><th>Board</th><th>Instruments</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<ul>{notes}</ul>"
        )

    def counted_in(self, step: float) -> Market:
        """The same market with another money step: the smallest amount to which every posting is rounded half up.

        Parameters
        ----------
        step : float, currency
            A power of ten from 1 down to 0.00000001.

        Raises
        ------
        UsageError
            Any other step; pass one such as 0.0001.

        >>> import qresearch as qr
        >>> qr.sample_market().counted_in(0.0001).venue.money.units
        10000
        """
        found = number("money_step", step, 0.0001)
        units = {10.0**-places: 10**places for places in range(9)}.get(found)
        if units is None:
            raise UsageError(
                f"money_step={shown(step)} is not a power of ten from 1 to 0.00000001. Pass one such as 0.0001."
            )
        finer = replace(self, venue=replace(self.venue, money=replace(self.venue.money, units=units)))
        for name in ("mark", "adjustment", "fingerprint", "folder"):
            # What does not depend on money and was computed already.
            if name in self.__dict__:
                finer.__dict__[name] = self.__dict__[name]
        return finer

    @property
    def symbols(self) -> tuple[str, ...]:
        """Canonical symbols, in the order of the columns."""
        return self.panel.symbols

    @property
    def days(self) -> Days:
        """(T,) ndarray of datetime64[D]: the trading days."""
        return self.panel.days

    def column(self, symbol: str) -> int:
        """Column of a symbol in any spelling; raises UnknownSymbol with close matches, by code and by name."""
        try:
            return self.panel.columns[symbol]
        except UnknownSymbol:
            wanted = symbol.strip().casefold() if isinstance(symbol, str) else ""
            called = [item.symbol for item in self.instruments if wanted and item.name.casefold() == wanted]
            raise UnknownSymbol(symbol, self.symbols, called) from None

    def instrument(self, symbol: str) -> Instrument:
        """The instrument of a symbol in any spelling; raises UnknownSymbol with close matches."""
        return self.instruments[self.column(symbol)]

    @cached_property
    def contracts(self) -> tuple[Instrument, ...]:
        """Its futures and options."""
        return tuple(item for item in self.instruments if item.contract is not None)

    @cached_property
    def options(self) -> tuple[Instrument, ...]:
        """Its options."""
        return tuple(item for item in self.contracts if item.option is not None)

    @cached_property
    def mark(self) -> Floats:
        """(T, N) ndarray of float64: price at which a holding is valued at each close.

        The last known close. Where an ex-date falls on a day without a row, or on a suspended day whose row repeats the
        close before it, the reference price takes over from that day on, so that new shares are not valued at the old
        price.
        """
        panel = self.panel
        marks = panel.mark
        for action in self.actions:
            day, column = action.ex_day, action.instrument
            closes = panel.close[day:, column]
            # A price that nobody paid is none.
            stale = np.isnan(closes) | (panel.paused[day:, column] & (closes == panel.mark[max(day - 1, 0), column]))
            if day and stale[0] and not np.isnan(marks[day - 1, column]):
                if not marks.flags.writeable:
                    marks = marks.copy()
                known = np.flatnonzero(~stale)
                end = day + int(known[0]) if len(known) else len(panel.days)
                instrument = self.instruments[column]
                marks[day:end, column] = reference_price(
                    float(marks[day - 1, column]),
                    action.cash,
                    action.bonus,
                    action.rights,
                    action.rights_price,
                    self.venue.rules.tick(instrument.board),
                )
        return read_only(marks)

    @cached_property
    def adjustment(self) -> Floats:
        """(T, N) ndarray of float64: cumulative factor that makes closes comparable over ex-dates.

        ``close * adjustment`` is a backward-adjusted series; it changes on an ex-date by the previous close divided
        by the reference price of that day. 1.0 up to the first ex-date.
        """
        panel = self.panel
        steps = np.ones(panel.shape)
        for action in self.actions:
            day, column = action.ex_day, action.instrument
            if day == 0:
                continue
            before = self.mark[day - 1, column]
            reference = panel.pre_close[day, column]
            if np.isnan(reference):
                # No row on the ex-date: the mark has taken the reference price over.
                reference = self.mark[day, column]
            if before > 0 and reference > 0:
                steps[day, column] = before / reference
        factors: Floats = np.cumprod(steps, axis=0, dtype=np.float64)
        return read_only(factors)

    @cached_property
    def folder(self) -> Path | None:
        """The folder that its arrays were opened from, which holds these and no others; None: they are in memory."""
        return None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the panel, the instruments and the actions."""
        digest = hashlib.sha256(self.panel.fingerprint.encode())
        # Journals and programs of users hold it: a field that gets a better name is written as ever.
        actions = (repr(action).replace("instrument=", "column=") for action in self.actions)
        more = (repr(told) for item in self.instruments for told in (item.contract, item.credit, item.bond) if told)
        for text in (*map(repr, self.instruments), *actions, repr(self.venue.name), *more):
            digest.update(text.encode())
        if self.closed is not None:
            digest.update(b"closed" + np.packbits(self.closed).tobytes())
        return digest.hexdigest()
