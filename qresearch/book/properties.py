"""What an instrument is on a day, and the rules that hold for it with their sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from qresearch.book.html import table
from qresearch.domain.attributes import told_names
from qresearch.engine.exchange import Exchange
from qresearch.market.rules import Band, Cage, Dated, FirstDays, Hours, LargestOrder, Levy, LotRule
from qresearch.sentences import ENGLISH, Said, Words
from qresearch.sentences.words import CATALOGUE


@told_names()
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
        """One row per rule in force: value (in words), since, until, source, status; indexed by rule."""
        rows = [
            (
                rule,
                ENGLISH.tell(*_value(rule, row.value)),
                str(row.since or ""),
                str(row.until or ""),
                row.source,
                row.status,
            )
            for rule, row in self.rules
        ]
        return pd.DataFrame(rows, columns=["rule", "value", "since", "until", "source", "status"]).set_index("rule")

    def _facts(self, words: Words) -> list[tuple[str, str]]:
        size = Said("rules_untraded")
        if self.lot:
            size = Said("rules_lot", minimum=f"{self.minimum:,}", step=f"{self.lot:,}")
        limit = Said("rules_none")
        if self.limit_up == self.limit_up and self.limit_ratio == self.limit_ratio:
            low, high = f"{self.limit_down:g}", f"{self.limit_up:g}"
            limit = Said("rules_range", ratio=f"{self.limit_ratio:.0%}", low=low, high=high)
        elif self.limit_ratio == self.limit_ratio:
            limit = Said("rules_of_reference", ratio=f"{self.limit_ratio:.0%}")
        step = f"{self.tick:g} {self.currency}".strip() if self.tick else words("rules_none")
        return [
            (words("rules_class"), f"{self.board} {self.kind}".strip()),
            (words("rules_order"), words.tell(size)),
            (words("rule_tick"), step),
            (words("rules_same_day"), words("rules_t0" if self.same_day_sale else "rules_t1")),
            (words("rules_limit"), words.tell(limit)),
        ]

    def _told(self, words: Words) -> list[tuple[str, str, str, str, str]]:
        return [
            (_rule(words, rule), words.tell(*_value(rule, row.value)), str(row.since or ""), row.source, row.status)
            for rule, row in self.rules
        ]

    def _title(self, words: Words) -> str:
        return words("rules_on", symbol=self.symbol, name=self.name, day=self.day)

    def __str__(self) -> str:
        lines = [f"  {name}: {value}" for name, value in self._facts(ENGLISH)]
        lines += [
            f"  · {rule}: {value}{since and f', since {since}'}; {source} ({status})"
            for rule, value, since, source, status in self._told(ENGLISH)
        ]
        return "\n".join([self._title(ENGLISH), *lines])

    __repr__ = __str__

    def html(self, language: str = "en") -> str:
        """The page as HTML. Sources and how well they are known stay in English, the language of our notes.

        Parameters
        ----------
        language : {"en", "zh"}
        """
        words = Words(language)
        facts = table(("", ""), [tuple(map(escape, row)) for row in self._facts(words)])
        heads = tuple(words(key) for key in ("rule", "rule_value", "rule_since", "rule_source", "rule_status"))
        rows = [[*map(escape, row)] for row in self._told(words)]
        for row in rows:
            row[2] = f'<span style="white-space:nowrap">{row[2]}</span>'
        rules = table(heads, rows)
        return f"<div><b>{escape(self._title(words))}</b></div>{facts}{rules}"

    def _repr_html_(self) -> str:
        return self.html()


def _rule(words: Words, rule: str) -> str:
    key = f"rule_{rule}"
    return words(key) if key in CATALOGUE else words.fee(rule)


def _percent(rate: float) -> str:
    return f"{100 * rate:.6g}%"


def _levy(levy: Levy) -> tuple[Said, ...]:
    sides: tuple[tuple[str, float], ...] = (("rules_levy_buy", levy.bought), ("rules_levy_sell", levy.sold))
    if levy.bought == levy.sold:
        sides = (("rules_levy_both", levy.bought),)
    share = "rules_levy_share_sold" if levy.on_sales_only else "rules_levy_share"
    amounts = ((share, levy.par), ("rules_levy_least", levy.minimum), ("rules_levy_most", levy.maximum))
    said = [Said(key, rate=_percent(rate)) for key, rate in sides if rate]
    said += [Said(key, amount=f"{amount:g}") for key, amount in amounts if amount]
    return tuple(said) or (Said("rules_none"),)


def _first_days(rule: FirstDays) -> Said:
    if rule.up is None or rule.down is None:
        return Said("rules_free_days", count=rule.sessions)
    return Said("rules_first_days", count=rule.sessions, up=_percent(rule.up), down=_percent(rule.down))


def _cage(rule: Cage) -> Said:
    ratio = _percent(rule.ratio)
    return Said("rules_cage_ticks", ratio=ratio, ticks=rule.ticks) if rule.ticks else Said("rules_cage", ratio=ratio)


def _largest(rule: LargestOrder) -> Said | str:
    limit, market = f"{rule.limit:,}", f"{rule.market:,}"
    return limit if limit == market else Said("rules_largest", limit=limit, market=market)


HELD = ("month", "year", "longer")
SHAPES: dict[type, Callable[[Any], Said | str]] = {
    LotRule: lambda rule: Said("rules_lot", minimum=f"{rule.minimum:,}", step=f"{rule.step:,}"),
    LargestOrder: _largest,
    FirstDays: _first_days,
    Band: lambda rule: Said("rules_band", up=_percent(rule.up), down=_percent(rule.down)),
    Cage: _cage,
    bool: lambda sold: Said("rules_t0" if sold else "rules_t1"),
    Hours: lambda hours: Said("rules_hours", since=f"{hours.since:%H:%M}", until=f"{hours.until:%H:%M}"),
    tuple: lambda rates: Said("rules_dividend", **dict(zip(HELD, map(_percent, rates), strict=True))),
    dt.time: lambda time: Said("rules_from", time=f"{time:%H:%M}"),
    int: lambda most: Said("rules_bought", count=f"{most:,}"),
    float: lambda number: f"{number:g}",
    str: lambda _: Said("rules_own"),
    type(None): lambda _: Said("rules_none"),
}
"""What a rule of each shape says, before it is told in a language."""


def _value(rule: str, value: object) -> tuple[Said | str, ...]:
    if isinstance(value, Levy):
        return _levy(value)
    if isinstance(value, float) and rule.startswith("limit_ratio"):
        return (_percent(value),)
    return (SHAPES[type(value)](value),)


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
