"""Small random China markets, and a strategy that places random requests of every kind.

A :class:`MarketSpec` is a few integers: hypothesis prints and shrinks it, and the same spec always builds the same
market. The bars are made here with our own arithmetic for reference prices and limits, and reach the simulator
through the public :func:`qresearch.read_market`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import qresearch as qr
from qresearch import terms
from qresearch.session.bar_data import BarData

CAST = (
    ("600001.SH", "SH_MAIN"), ("000001.SZ", "SZ_MAIN"), ("300001.SZ", "CHINEXT"), ("688001.SH", "STAR"),
    ("430001.BJ", "BSE"), ("510001.SH", "ETF"), ("600002.SH", "SH_MAIN"), ("000300.SH", "INDEX"),
)  # fmt: skip
STARTS = ("2015-07-20", "2020-08-10", "2022-04-11", "2023-08-07")
"""Spans that hold a change of a transfer fee, of the ChiNext limit, of a transfer fee, and of the stamp duty."""

RATIOS = {"SH_MAIN": 1000, "SZ_MAIN": 1000, "CHINEXT": 2000, "STAR": 2000, "BSE": 3000, "ETF": 1000, "INDEX": 1000}
WIDE_CHINEXT = pd.Timestamp("2020-08-24")
PHASES = ("PRE_OPEN", "OPEN", "INTRADAY", "CLOSE", "AFTER_CLOSE")


@dataclass(frozen=True)
class MarketSpec:
    """A market in a few numbers."""

    seed: int
    symbols: int
    days: int

    def build(self, order: tuple[int, ...] | None = None) -> qr.Market:
        """The market; `order` permutes its symbols and nothing else."""
        cast = [_Share(self, place) for place in range(self.symbols)]
        shown = cast if order is None else [cast[place] for place in order]
        actions = [row for share in shown for row in share.actions]
        columns = ["symbol", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price",
                   "prev_close", "ref_price"]  # fmt: skip
        return qr.read_market(
            pd.DataFrame([row for share in shown for row in share.bars]),
            instruments=pd.DataFrame([share.instrument for share in shown]),
            actions=pd.DataFrame(actions, columns=columns),
        )


def markets() -> st.SearchStrategy[MarketSpec]:
    """Specs of 3 to 8 symbols over 15 to 60 days."""
    return st.builds(MarketSpec, st.integers(0, 2**32 - 1), st.integers(3, 8), st.integers(15, 60))


class _Share:
    """One instrument: its life, its bars and what happens to it, from (seed, place) alone."""

    def __init__(self, spec: MarketSpec, place: int) -> None:
        self.rng = np.random.default_rng([spec.seed, place])
        start = STARTS[spec.seed % len(STARTS)]
        self.days = pd.bdate_range(start, periods=spec.days)
        self.symbol, self.board = CAST[place]
        self.grid = 1000 if self.board == "ETF" else 100
        self.bars: list[dict[str, object]] = []
        self.actions: list[dict[str, object]] = []
        self.first, self.stop, self.delisted = self._life(anchor=place == 0)
        self.paused, self.missing, self.is_st = self._spells()
        self.by_day = self._plan_actions()
        self._walk()

    @property
    def instrument(self) -> dict[str, object]:
        listed = self.days[self.first] if self.first and self.rng.random() < 0.5 else pd.Timestamp("2010-01-04")
        delisted = None if self.delisted is None else self.days[self.delisted]
        return {"symbol": self.symbol, "board": self.board, "list_date": listed, "delist_date": delisted,
                "same_day_sale": self.board == "ETF"}  # fmt: skip

    def _life(self, *, anchor: bool) -> tuple[int, int, int | None]:
        """First row, the day after the last one, and the day of a recorded delisting. The first share spans all."""
        rng, count = self.rng, len(self.days)
        kind = rng.random()
        if anchor or kind < 0.45:
            return 0, count, None
        if kind < 0.6:
            return int(rng.integers(1, count // 2)), count, None  # listed late
        stop = int(rng.integers(count // 3, count - 2))
        if kind < 0.78:
            return 0, stop, None  # the data end
        return 0, stop, min(stop + int(rng.integers(0, 4)), count - 1)  # delisted

    def _spells(self) -> tuple[set[int], set[int], set[int]]:
        """Days paused, days without a row, days under a risk warning."""
        spells: list[set[int]] = []
        for most, longest in ((2, 5), (1, 6), (1, 20)):
            days: set[int] = set()
            for _ in range(int(self.rng.integers(0, most + 1))):
                begin = int(self.rng.integers(self.first + 1, max(self.stop - 1, self.first + 2)))
                days.update(range(begin, min(begin + int(self.rng.integers(1, longest)), self.stop - 1)))
            spells.append(days)
        paused, missing, warned = spells
        return paused - missing, missing, warned if self.board.endswith("MAIN") else set()

    def _plan_actions(self) -> dict[int, tuple[str, float]]:
        """Kind and size of the corporate action of some days."""
        planned: dict[int, tuple[str, float]] = {}
        if self.board == "INDEX":
            return planned
        kinds = {
            "cash": (0.05, 0.311), "bonus": (0.1, 0.3), "split": (1.0,), "consolidation": (-0.5,), "rights": (0.3,),
            "both": (0.2, 0.45), "unresolved": (0.8, 1.37),
        }  # fmt: skip
        for _ in range(int(self.rng.integers(0, 4))):
            day = int(self.rng.integers(self.first + 1, max(self.stop - 1, self.first + 2)))
            if day < self.stop - 1:
                kind = str(self.rng.choice(list(kinds)))
                planned[day] = kind, float(self.rng.choice(kinds[kind]))
        return planned

    def _act(self, day: int, mark: float) -> float:
        """Write the action of a day and give its reference price."""
        kind, size = self.by_day[day]
        cash = {"cash": size, "both": 0.125}.get(kind, 0.0)
        bonus = size if kind in {"bonus", "split", "consolidation", "both"} else 0.0
        rights, price = (size, round(mark * 0.7, 2)) if kind == "rights" else (0.0, math.nan)
        row: dict[str, object] = {"symbol": self.symbol, "ex_date": self.days[day]}
        if kind == "unresolved":
            reference = half_up(Fraction(repr(mark)) / Fraction(repr(size)), self.grid)
            self.actions.append({**row, "prev_close": mark, "ref_price": reference})
            return reference
        self.actions.append({**row, "cash_per_share": cash, "bonus_per_share": bonus, "rights_per_share": rights,
                             "rights_price": price})  # fmt: skip
        return reference_price(mark, cash, bonus, rights, price, self.grid)

    def _walk(self) -> None:
        rng = self.rng
        mark = round(float(rng.uniform(2.5, 60)), 2)
        for day in range(self.first, self.stop):
            reference = self._act(day, mark) if day in self.by_day and day > self.first else mark
            if day in self.missing:
                mark = reference
                continue
            if day in self.paused:
                mark = reference
                self._bar(day, [mark] * 4, 0.0, reference)
                continue
            mark = self._trade(day, reference)

    def _trade(self, day: int, reference: float) -> float:
        """One traded bar within the limits; some days open or stay locked at one of them."""
        rng, grid = self.rng, self.grid
        ratio = 500 if day in self.is_st else RATIOS[self.board]
        if self.board == "CHINEXT" and self.days[day] < WIDE_CHINEXT:
            ratio = 1000
        base = round(reference * grid)
        up = max((base * (10_000 + ratio) + 5000) // 10_000, base + 1)
        down = max(min((base * (10_000 - ratio) + 5000) // 10_000, base - 1), 1)
        kind = rng.random()
        if kind < 0.06:
            ticks = [up] * 4 if rng.random() < 0.5 else [down] * 4
        else:
            opened = up if kind < 0.1 else down if kind < 0.14 else round(base * (1 + rng.normal(0, 0.02)))
            closed = round(opened * (1 + rng.normal(0, 0.02)))
            opened, closed = (min(max(tick, down), up) for tick in (opened, closed))
            ends = sorted((opened, closed))
            ticks = [opened, min(ends[1] + int(rng.integers(0, 3)), up), max(ends[0] - int(rng.integers(0, 3)), down),
                     closed]  # fmt: skip
        volume = float(rng.integers(200, 5000)) if rng.random() < 0.3 else float(rng.integers(10**6, 10**8))
        self._bar(day, [tick / grid for tick in ticks], volume, reference)
        return ticks[3] / grid

    def _bar(self, day: int, prices: list[float], volume: float, reference: float) -> None:
        self.bars.append({
            "date": self.days[day], "symbol": self.symbol,
            **dict(zip(("open", "high", "low", "close"), prices, strict=True)),
            "volume": volume, "pre_close": reference, "paused": day in self.paused, "is_st": day in self.is_st,
        })  # fmt: skip


def half_up(value: Fraction, grid: int) -> float:
    """A price on its grid, half up, at least one tick."""
    return max(math.floor(value * grid + Fraction(1, 2)), 1) / grid


def reference_price(mark: float, cash: float, bonus: float, rights: float, price: float, grid: int) -> float:
    """(previous close - cash + price x rights) / (1 + bonus + rights), half up to the tick."""
    exact = [Fraction(repr(float(value))) for value in (mark, cash, bonus, rights)]
    paid = Fraction(repr(float(price))) * exact[3] if rights else 0
    return half_up((exact[0] - exact[1] + paid) / (1 + exact[2] + exact[3]), grid)


class Driver:
    """A strategy that asks for anything at any phase, from (seed, day, phase) and from what is visible now.

    Parameters
    ----------
    seed : int
    symbols : sequence of str
        In the order in which it draws from them: pass the same order to compare permuted markets.
    raise_at : (int, str) or None
        Day and phase at which it fails, to test that a step is a transaction.
    plain : bool
        True: only market orders of one day, as the Trading API has them; False: orders of every type and time in force.
    """

    def __init__(
        self, seed: int, symbols: list[str], raise_at: tuple[int, str] | None = None, *, plain: bool = True
    ) -> None:
        self.seed, self.symbols, self.raise_at, self.plain = seed, symbols, raise_at, plain
        self.placed = 0
        self.tickets: list[str] = []

    def initialize(self, context) -> None:
        """Schedule two functions beside the hooks, so that every phase acts."""
        context.calls = 0
        context.run_daily(self.at_open, "open")
        context.run_daily(self.at_noon, "intraday")
        if context.simulation.account.settings.clock == "same_bar":
            # There handle_data belongs to the open.
            context.run_daily(self.at_close, "close")

    def before_trading(self, context, data) -> None:
        """Act at PRE_OPEN."""
        self.act(context, data, "PRE_OPEN")

    def at_open(self, context) -> None:
        """Act at OPEN."""
        self.act(context, BarData(context), "OPEN")

    def at_noon(self, context) -> None:
        """Act at INTRADAY."""
        self.act(context, BarData(context), "INTRADAY")

    def at_close(self, context) -> None:
        """Act at CLOSE."""
        self.act(context, BarData(context), "CLOSE")

    def handle_data(self, context, data) -> None:
        """Act at CLOSE, on the clock of the same bar at OPEN."""
        self.act(context, data, context.now.phase.value)

    def after_trading(self, context, data) -> None:
        """Act at AFTER_CLOSE."""
        self.act(context, data, "AFTER_CLOSE")

    def act(self, context, data, phase: str) -> None:
        """Do up to three things, or nothing."""
        rng = np.random.default_rng([self.seed, data.day, PHASES.index(phase)])
        context.calls += 1
        for _ in range(int(rng.integers(0, 4))):
            if rng.random() < 0.4:
                self.request(context, data, rng)
        if self.tickets and rng.random() < 0.1:
            context.cancel(self.tickets[int(rng.integers(len(self.tickets)))])
        if rng.random() < 0.05:
            context.record(calls=context.calls)
            write = context.log.info
            write("day", data.day, phase)
        if (data.day, phase) == self.raise_at:
            msg = "as asked"
            raise RuntimeError(msg)

    def style(self, price: float, rng: np.random.Generator) -> terms.Terms | None:
        """Type, prices and time in force, near the last visible price."""
        if self.plain or not price > 0 or rng.random() < 0.4:
            return None
        near, far = (round(price * (1 + float(rng.normal(0, 0.03))), 3) for _ in range(2))
        tif = str(rng.choice(["DAY", "GTC", "IOC", "FOK"]))
        made = [
            lambda: terms.limit(near, tif=tif),
            lambda: terms.limit(near, tif=tif),
            lambda: terms.market(tif=tif),
            lambda: terms.stop(near, tif=tif),
            lambda: terms.stop_limit(near, far, tif=tif),
            lambda: terms.trailing_stop(percent=3),
            lambda: terms.trailing_stop(0.21, tif="DAY"),
            lambda: terms.limit_if_touched(near, far, tif=tif),
            lambda: terms.at_open(tif=tif),
            lambda: terms.at_close(tif=tif),
        ]
        return made[int(rng.integers(len(made)))]()

    def request(self, context, data, rng: np.random.Generator) -> None:
        """One order of any kind, sized from the visible account and prices."""
        symbol = self.symbols[int(rng.integers(len(self.symbols)))]
        held = context.portfolio.positions[symbol].quantity
        cash, price = context.portfolio.cash, data.current(symbol)
        kind, style = int(rng.integers(8)), self.style(price, rng)
        if kind == 0:
            ticket = context.order(symbol, int(rng.choice([100, 150, 151, 199, 200, 201, 500, 1000, 20_000])), style)
        elif kind == 1:
            sizes = [held or 100, held // 2 or 1, 100, 37, 250, held + 100]
            ticket = context.order(symbol, -int(rng.choice(sizes)), style)
        elif kind == 2:
            ticket = context.order_value(symbol, float(rng.choice([-20_000, 0, 5_000, 33_333.33, cash])), style)
        elif kind == 3:
            ticket = context.order_target(symbol, int(rng.choice([0, 100, 250, 1000, 3333])), style)
        elif kind == 4:
            ticket = context.order_target_value(symbol, float(rng.choice([0, 12_345.67, 50_000, 400_000])), style)
        elif kind == 5:
            ticket = context.order_lots(symbol, int(rng.choice([-3, -1, 1, 2, 10, 300])), style)
        elif kind == 6:
            ticket = context.order_pct(symbol, float(rng.choice([-1.0, -0.3, 0.1, 0.5, 1.0])), style)
        else:
            # What history shows must not know the future either: let it decide a side.
            past = data.history(symbol, 3)[symbol].mean()
            ticket = context.order(symbol, 300 if not price < past else -300, style)
        self.placed += 1
        if ticket is not None:
            self.tickets.append(str(ticket))


def options_of(seed: int, **options) -> dict[str, object]:
    """Options of a session, drawn from the seed unless given."""
    rng = np.random.default_rng(seed)
    return {
        "cash": int(rng.choice([20_000, 300_000, 5_000_000])),
        "costs": str(rng.choice(["default", "historical", "zero"])),
        "match_order": str(rng.choice(["sells_first", "fifo"])),
        "shortfall": str(rng.choice(["trim", "trim", "reject"])),
        "rights": str(rng.choice(["lapse", "subscribe"])),
        "delisting": str(rng.choice(["last", "zero"])),
        "dividend_tax": [0.1, "none", "holding_period"][int(rng.integers(3))],
        "participation": [None, None, 0.1][int(rng.integers(3))],
        "slippage": [("bps", 7.0), "none", "none", ("fixed", 0.013), ("volume_share", 0.1)][int(rng.integers(5))],
        "reserve": str(rng.choice(["limit", "last", "none"])),
        "cancel_latency": str(rng.choice(["none", "next_match"])),
        "open_order_margin": False,
    } | options


def session_of(market: qr.Market, seed: int, *, plain: bool | None = None, **options) -> qr.Session:
    """A session with a :class:`Driver` on a market, and :func:`options_of` the seed.

    Every other seed is `plain`: only what the Trading API has, which takes the fast way through a match.
    """
    plain = seed % 2 == 0 if plain is None else plain
    driver = Driver(seed, sorted(market.symbols), options.pop("raise_at", None), plain=plain)
    return qr.Session(market, strategy=driver, **options_of(seed, **options))
