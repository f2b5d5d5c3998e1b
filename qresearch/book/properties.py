"""What an instrument is on a day, and the rules that hold for it with their sources."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from qresearch.book.html import table
from qresearch.engine.exchange import Exchange
from qresearch.market.rulebook import Dated


@dataclass(frozen=True, slots=True)
class Properties:
    """An instrument on a day: its class, sizes and steps, and every rule in force.

    Parameters
    ----------
    symbol, name : str
    board : str
        The class whose rules hold; ``kind`` says more of funds and bonds.
    kind : str
    day : date
    currency : str
    multiplier : int
        Units of the underlying in one unit: 1 for shares, funds and convertible bonds.
    lot, minimum : int, units
        Step and least size of an order that opens a holding; 0 where it is not traded here.
    tick : float, currency
        Price step; 0 where there is none.
    same_day_sale : bool
        What was bought today can be sold today.
    limit_ratio : float
        Daily limit as a fraction of the reference price; NaN where there is none.
    limit_up, limit_down : float, currency
        Prices of the day; NaN where there is no limit, or no row.
    rules : tuple of (str, Dated)
        Each rule of the class that is in force.
    """

    symbol: str
    name: str
    board: str
    kind: str
    day: dt.date
    currency: str
    multiplier: int
    lot: int
    minimum: int
    tick: float
    same_day_sale: bool
    limit_ratio: float
    limit_up: float
    limit_down: float
    rules: tuple[tuple[str, Dated[object]], ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per rule in force: value, since, until, source, status; indexed by rule."""
        rows = [
            (rule, str(row.value), str(row.since or ""), str(row.until or ""), row.source, row.status)
            for rule, row in self.rules
        ]
        return pd.DataFrame(rows, columns=["rule", "value", "since", "until", "source", "status"]).set_index("rule")

    def _facts(self) -> list[tuple[str, str]]:
        what = f"{self.board} {self.kind}".strip()
        size = f"{self.minimum:,}, then steps of {self.lot:,}" if self.lot else "not traded here"
        limit = "none" if self.limit_ratio != self.limit_ratio else f"{self.limit_ratio:.0%} of the reference price"
        if self.limit_up == self.limit_up:
            limit += f": {self.limit_down:g} to {self.limit_up:g}"
        return [
            ("class", what),
            ("order", size),
            ("price step", f"{self.tick:g} {self.currency}".strip() if self.tick else "none"),
            ("sale on the day of the purchase", "yes" if self.same_day_sale else "no (T+1)"),
            ("daily limit", limit),
        ]

    def __str__(self) -> str:
        lines = [f"{self.symbol} {self.name}".strip() + f" on {self.day}"]
        lines += [f"  {name}: {value}" for name, value in self._facts()]
        lines += [
            f"  · {rule}: {row.value}, since {row.since or 'ever'}; {row.source} ({row.status})"
            for rule, row in self.rules
        ]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = table(("", ""), self._facts())
        rows = [(rule, str(row.value), str(row.since or ""), row.source, row.status) for rule, row in self.rules]
        rules = table(("rule", "value", "since", "source", "status"), rows)
        return f"<div><b>{self.symbol}</b> {self.name}, {self.day}</div>{facts}{rules}"


def properties_of(exchange: Exchange, instrument: int, day: int) -> Properties:
    """What an instrument (index) is on a day (index)."""
    market, rules = exchange.market, exchange.market.venue.rules
    item = market.instruments[instrument]
    date: dt.date = market.days[day].astype(object)
    is_st = bool(market.panel.is_st[day, instrument])
    ratio = item.limit_ratio if item.limit_ratio is not None else rules.limit_ratio(item.board, date, is_st)
    lot = rules.lot(item.board) if rules.trades(item.board) else None
    return Properties(
        item.symbol,
        item.name,
        item.board.value,
        item.kind,
        date,
        market.venue.money.currency,
        1,
        0 if lot is None else lot.step,
        0 if lot is None else lot.minimum,
        float(exchange.steps[instrument]),
        exchange.same_day[instrument],
        float("nan") if ratio is None else ratio,
        float(market.panel.limit_up[day, instrument]),
        float(market.panel.limit_down[day, instrument]),
        tuple(rules.in_force(item.board, date).items()),
    )
