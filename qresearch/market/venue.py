"""A venue is data: its clock, its money, and the book of rules that its instruments follow.

Three are built in: :data:`CHINA` (cash market of Shanghai, Shenzhen and Beijing), :data:`US` (shares of the United
States) and :data:`PLAIN` (no rules at all, for prices of unknown origin). Another venue is another value of
:class:`Venue`; nothing in the engine changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qresearch.domain.instrument import Board
from qresearch.domain.moment import Phase
from qresearch.domain.money import MoneyScale
from qresearch.market.china import CHINA_RULES
from qresearch.market.rulebook import RuleBook
from qresearch.market.rules import Levy, LotRule, dated


@dataclass(frozen=True, slots=True)
class Venue:
    """A market place.

    Parameters
    ----------
    name : str
    time_zone : str
        IANA name.
    hours : mapping of Phase to time
        When each phase begins, local time.
    money : MoneyScale
    rules : RuleBook
        Lots, ticks, price limits, settlement and fees, by class of instrument and date.
    default_costs : mapping of str to float or bool
        What trading costs where nothing is set: arguments of :func:`qresearch.engine.tariffs.fixed_costs`.
    board : Board or None
        The class of all its instruments; None: each has its own.
    red_is_up : bool
        Charts show a rise in red.
    pause : (time, time) or None
        When trading rests inside the day, local time.
    """

    name: str
    time_zone: str
    hours: Mapping[Phase, dt.time]
    money: MoneyScale
    rules: RuleBook
    default_costs: Mapping[str, float | bool] = field(default_factory=dict)
    board: Board | None = None
    red_is_up: bool = False
    pause: tuple[dt.time, dt.time] | None = None

    @property
    def for_adjusted_prices(self) -> Venue:
        """The same venue for prices that a vendor has adjusted: they are on no tick, and are kept to a millionth.

        >>> CHINA.for_adjusted_prices.money.price_units(0.4567)
        456700
        """
        return replace(self, money=replace(self.money, price_scale=_ADJUSTED_SCALE))

    def for_tick(self, tick: float) -> Venue:
        """The same venue, its prices kept finely enough for a price step.

        >>> CHINA.for_tick(0.0001).money.price_scale, CHINA.for_tick(0.2).money.price_scale
        (10000, 1000)
        """
        scale = self.money.price_scale
        while abs(tick * scale - round(tick * scale)) > _HAIR:
            scale *= 10
        return self if scale == self.money.price_scale else replace(self, money=replace(self.money, price_scale=scale))


_HAIR = 1e-6
_ADJUSTED_SCALE = 10**6
_HOURS: Mapping[Phase, dt.time] = {
    Phase.PRE_OPEN: dt.time(9, 0),
    Phase.OPEN: dt.time(9, 30),
    Phase.INTRADAY: dt.time(9, 31),
    Phase.CLOSE: dt.time(15, 0),
    Phase.AFTER_CLOSE: dt.time(15, 30),
}

NOON = dt.time(11, 30), dt.time(13, 0)
"""When the exchanges of China rest."""
CHINA = Venue(
    "China A-shares",
    "Asia/Shanghai",
    _HOURS,
    MoneyScale("CNY", 100, 1000),
    CHINA_RULES,
    {"close_tax": 0.0005, "open_commission": 0.00025, "close_commission": 0.00025, "min_commission": 5.0},
    red_is_up=True,
    pause=NOON,
)
"""Shanghai, Shenzhen and Beijing: money in fen, prices on a grid of 0.001 yuan (the tick of funds)."""

_REG = "Fee rates announced by the SEC and by FINRA"
_US_RULES = RuleBook(
    "US equities",
    lots={Board.EQUITY: dated("No rule: odd lots trade", "general", ("", "", LotRule(1, 1)))},
    ticks={Board.EQUITY: dated("Regulation NMS, rule 612", "general", ("", "", 0.01))},
    settlement={Board.EQUITY: dated("No rule for whoever has the cash", "general", ("", "", True))},
    levies={
        "sec_fee": {
            Board.EQUITY: dated(
                _REG, "general knowledge, no page found",
                ("2020-02-18", "2021-02-24", Levy(sold=22.10e-6)), ("2021-02-25", "2022-05-13", Levy(sold=5.10e-6)),
                ("2022-05-14", "2023-02-26", Levy(sold=22.90e-6)), ("2023-02-27", "2024-05-21", Levy(sold=8.00e-6)),
                ("2024-05-22", "2025-05-13", Levy(sold=27.80e-6)), ("2025-05-14", "", Levy()),
            )
        },
        "taf": {
            Board.EQUITY: dated(
                _REG, "general knowledge, no page found",
                ("", "2021-12-31", Levy(par=0.000119, maximum=5.95, on_sales_only=True)),
                ("2022-01-01", "2022-12-31", Levy(par=0.000130, maximum=6.49, on_sales_only=True)),
                ("2023-01-01", "2023-12-31", Levy(par=0.000145, maximum=7.27, on_sales_only=True)),
                ("2024-01-01", "", Levy(par=0.000166, maximum=8.30, on_sales_only=True)),
            )
        },
    },
)  # fmt: skip
_US_HOURS: Mapping[Phase, dt.time] = {
    **_HOURS, Phase.PRE_OPEN: dt.time(9, 0), Phase.CLOSE: dt.time(16, 0), Phase.AFTER_CLOSE: dt.time(16, 30)
}  # fmt: skip
US = Venue(
    "US equities", "America/New_York", _US_HOURS, MoneyScale("USD", 100, 10_000), _US_RULES,
    {"historical": True, "close_tax": 0.0}, board=Board.EQUITY,
)  # fmt: skip
"""Shares of the United States: cents, no limits, sold on the day; no commission, and fees on sales by their date."""

_ANYTHING = RuleBook(
    "no rules",
    lots={Board.PLAIN: dated("No rule", "verified", ("", "", LotRule(1, 1)))},
    settlement={Board.PLAIN: dated("No rule", "verified", ("", "", True))},
)
PLAIN = Venue("plain", "UTC", _HOURS, MoneyScale("", 10**6, 10**6), _ANYTHING, board=Board.PLAIN)
"""No lots, no limits, no T+1, no taxes; money is kept to a millionth and so never visibly rounded."""

VENUES: Mapping[str, Venue] = {"china": CHINA, "us": US, "plain": PLAIN}
"""Ours, by name."""
