"""People and strategies of the golden runs: they ask for anything, from a seed and from what can be seen.

They use public names only, draw whole numbers and ratios of them, and look at nothing whose order is not said, so that
the same seed does the same on every machine and every version of Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import qresearch as qr
from qresearch import terms

SIZES = (50, 100, 150, 199, 200, 300, 500, 1000, 20_000, 3_000_000)
TIMES_IN_FORCE = ("DAY", "DAY", "GTC", "GTC", "IOC", "FOK", "GTD")
PHASES = ("next", "next", "next", "PRE_OPEN", "OPEN", "INTRADAY", "CLOSE", "AFTER_CLOSE")


def pick(rng: np.random.Generator, choices: Any) -> Any:
    """One of some things."""
    return choices[int(rng.integers(len(choices)))]


def near(rng: np.random.Generator, price: float) -> float:
    """A price within 6 % of another; every third lies between two ticks."""
    return round(max(price * (1000 + int(rng.integers(-60, 61))) / 1000, 0.02), 3 if rng.integers(3) == 0 else 2)


def style(rng: np.random.Generator, price: float, until: object) -> terms.Terms | None:
    """Terms of any type and any time in force, around a price; `until` is the last day of those that have one."""
    tif, first, second = pick(rng, TIMES_IN_FORCE), near(rng, price), near(rng, price)
    good: dict[str, Any] = {"until": until} if tif == "GTD" else {"tif": tif}
    made = (
        lambda: None,
        lambda: terms.market(**good),
        lambda: terms.limit(first, **good),
        lambda: terms.stop(first, tag="guard", **good),
        lambda: terms.stop_limit(first, second, **good),
        lambda: terms.trailing_stop(percent=3, **good),
        lambda: terms.trailing_stop(0.21, stop_price=first, **good),
        lambda: terms.limit_if_touched(first, second, **good),
        lambda: terms.at_open(**good),
        lambda: terms.at_close(**good),
    )
    return pick(rng, made)()


def ask(api: Any, rng: np.random.Generator, symbol: str, terms_of_it: terms.Terms | None) -> Any:
    """One request in any of the eight ways, of a session or of the context of a strategy."""
    held = api.portfolio.positions[symbol].quantity
    ways = (
        lambda: api.order(symbol, pick(rng, SIZES), terms_of_it),
        lambda: api.order(symbol, -pick(rng, (held or 100, held // 2 or 1, 100, 37, 250, held + 100)), terms_of_it),
        lambda: api.order_value(symbol, pick(rng, (-20_000, 0, 5_000, 33_333.33, 90_000)), terms_of_it),
        lambda: api.order_target(symbol, pick(rng, (0, 100, 250, 1000, 3333)), terms_of_it),
        lambda: api.order_target_value(symbol, pick(rng, (0, 12_345.67, 50_000, 400_000)), terms_of_it),
        lambda: api.order_lots(symbol, pick(rng, (-3, -1, 1, 2, 10, 300)), terms_of_it),
        lambda: api.order_pct(symbol, pick(rng, (-1.0, -0.3, 0.1, 0.5)), terms_of_it),
        lambda: api.buy(symbol, 300, terms_of_it) if held < 500 else api.sell(symbol, 200, terms_of_it),
    )
    return pick(rng, ways)()


class Gambler:
    """A strategy that asks at every phase of a day; `plain` knows market orders of one day only."""

    def __init__(self, seed: int, *, plain: bool = False, times: tuple[str, ...] = ("open", "close")) -> None:
        self.seed, self.plain, self.times = seed, plain, times

    def initialize(self, context: Any) -> None:
        """Ask at times of the day beside the hooks."""
        context.calls = 0
        for time in self.times:
            context.run_daily(self.act, time)

    def before_trading(self, context: Any, data: Any) -> None:
        """Ask before the open."""
        self.act(context)

    def handle_data(self, context: Any, data: Any) -> None:
        """Ask where the clock calls, and note how often."""
        self.act(context)
        context.record(calls=context.calls)

    def after_trading(self, context: Any, data: Any) -> None:
        """Ask after the close."""
        self.act(context)

    def act(self, context: Any) -> None:
        """Up to three requests, now and then the withdrawal of the oldest open order."""
        context.calls += 1
        rng = np.random.default_rng([self.seed, context.calls])
        symbols = sorted(context.symbols)
        for _ in range(int(rng.integers(0, 4))):
            held = sorted(context.portfolio.positions)
            symbol = pick(rng, held if held and rng.integers(3) == 0 else symbols)
            price = 0.0 if self.plain else float(context.history(symbol, 1)[symbol].sum())
            ticket = ask(context, rng, symbol, style(rng, price, "2100-01-01") if price > 0 else None)
            if ticket is not None:
                context.last = str(ticket)
        if rng.integers(12) == 0 and hasattr(context, "last"):
            context.cancel(context.last)


class Person:
    """Somebody at a session: orders, brackets, updates and cancels by hand, steps of every length, and travels."""

    def __init__(self, session: qr.Session, seed: int, *, travels: bool = False) -> None:
        self.session, self.travels = session, travels
        self.rng = np.random.default_rng(seed)
        self.symbols = sorted(session.market.symbols)

    def play(self, moves: int) -> qr.Session:
        """Make some moves, then go to the end of what is left of the present branch."""
        ways = (*[self.ask] * 7, *[self.bracket] * 2, *[self.update] * 4, self.cancel, *[self.day] * 2,
                *[self.phase] * 2, self.travel)  # fmt: skip
        for _ in range(moves):
            try:
                pick(self.rng, ways)()
            except qr.OutOfRange:
                if not self.travels:
                    break
                # At the end of the data nothing trades: go on from an earlier day, on a branch.
                self.session.goto(int(self.rng.integers(1, 9)))
        return self.session.goto(-1).run(progress=False)

    def ask(self) -> None:
        symbol, price = self.seen()
        days = self.session.market.days
        here = int(days.searchsorted(pd.Timestamp(self.session.now.day).to_datetime64()))
        last = days[min(here + int(self.rng.integers(-1, 9)), len(days) - 1)]
        ask(self.session, self.rng, symbol, style(self.rng, price, last))

    def seen(self) -> tuple[str, float]:
        """A symbol, every other time one that is held, and its last close."""
        held = list(self.session.positions.index)
        symbol = pick(self.rng, held if held and self.rng.integers(2) else self.symbols)
        return symbol, self.close(symbol)

    def close(self, symbol: str) -> float:
        """The last close of a symbol, 10 before there is one."""
        close = float(self.session.history(symbol, 1, adjust="none")[symbol].sum())
        return close if close > 0 else 10.0

    def bracket(self) -> None:
        """An entry with its stop and its take-profit."""
        symbol, price = self.seen()
        self.session.order(symbol, 300, terms.limit(round(price * 0.99, 2), tif="GTC"))
        self.session.order(symbol, -300, terms.stop(round(price * pick(self.rng, (0.93, 0.99)), 2), tif="GTC"))
        self.session.order(symbol, -300, terms.limit(round(price * 1.03, 2), tif="GTC", tag="profit"))

    def ticket(self) -> Any:
        """An open order, now and then one that is over; None when there is none."""
        known = self.session.open_orders if self.rng.integers(6) else self.session.orders
        return self.session.ticket(int(pick(self.rng, known.index))) if len(known) else None

    def update(self) -> None:
        ticket = self.ticket()
        if ticket is None:
            return
        price = near(self.rng, self.close(self.session.orders["symbol"][int(ticket)]))
        changes: tuple[dict[str, Any], ...] = (
            {"limit_price": price},
            {"stop_price": price},
            {"quantity": int(pick(self.rng, (100, 200, 700, ticket.filled or 300)))},
            {"tag": f"t{int(self.rng.integers(100))}"},
        )
        try:
            ticket.update(**pick(self.rng, changes))
        except qr.UsageError:  # the order has no such price
            ticket.update(quantity=int(pick(self.rng, (200, 400, 600))))

    def cancel(self) -> None:
        ticket = self.ticket()
        if ticket is not None:
            ticket.cancel()

    def day(self) -> None:
        self.session.step()

    def phase(self) -> None:
        self.session.step(phase=pick(self.rng, PHASES))

    def travel(self) -> None:
        """Back, to any stop, on a new branch, or on another one."""
        if not self.travels:
            return
        session = self.session
        stops = int(session.branches.table["stops"][session.branches.current])
        way = int(self.rng.integers(4))
        if way == 0:
            session.goto(max(stops - 3, 0))
        elif way == 1:
            session.goto(int(self.rng.integers(stops)))
        elif way == 2 and len(session.branches) < 6:
            session.goto(int(self.rng.integers(stops))).branch(f"tried {len(session.branches)}")
        else:
            session.branches.switch(pick(self.rng, sorted(session.branches))).goto(-1)
