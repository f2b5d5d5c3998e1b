"""A second platform, written from the manual alone: it runs the same scripts in plain floats, and nothing of qresearch.

Daily bars without corporate actions or suspensions, in which no limit is reached. Costs are rounded to the fen, each by
itself; a price is moved by half the slippage and rounded to the fen, a tie against the trader; values become whole lots
at the last price, and a purchase stays within the cash.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

HAIR = 1e-9


def fen(value: float) -> float:
    """Rounded to the fen, half up."""
    return float(Decimal(repr(round(value, 8))).quantize(Decimal("0.01"), ROUND_HALF_UP))


class Order:
    """An order of a day."""

    def __init__(self, number: int, code: str, amount: int, limit: float | None, phase: int) -> None:
        self.order_id, self.security, self.left, self.limit, self.phase = number, code, amount, limit, phase
        self.amount, self.filled, self.price, self.over = abs(amount), 0, 0.0, False
        self.is_buy = amount > 0

    @property
    def status(self) -> str:
        """The name of its state."""
        if not self.over:
            return "filled" if self.filled else "open"
        return "held" if self.filled == self.amount else "canceled"


class Platform:
    """One run of one script.

    Parameters
    ----------
    bars : dict of field to DataFrame (days by codes)
    script : str
    cash : float
    """

    def __init__(self, bars: dict[str, pd.DataFrame], script: str, cash: float) -> None:
        self.bars, self.cash, self.paid = bars, cash, cash
        self.days = [day.date() for day in bars["close"].index]
        self.held: dict[str, int] = {}
        self.cost: dict[str, float] = {}
        self.bought: dict[str, int] = {}
        self.fills: list[tuple[str, str, int, float]] = []
        self.orders: list[Order] = []
        self.rates = {"open_tax": 0.0, "close_tax": 0.001, "open": 0.0003, "close": 0.0003, "least": 5.0}
        self.slip: tuple[str, float] = ("rate", 0.00246)
        self.calls: list[tuple[str, str, Any, int]] = []
        self.day, self.phase, self.now = 0, -1, dt.datetime.min
        self.context = SimpleNamespace(portfolio=_Portfolio(self))
        self.names = self._names()
        exec(script, self.names)  # the script is ours

    # ------------------------------------------------------------------ the run

    def run(self) -> Platform:
        """From the first day to the last."""
        self.names["initialize"](self.context)
        for number in range(len(self.days)):
            self.day = number
            self.bought = {}
            self.orders = [order for order in self.orders if not order.over]
            self.context.previous_date = self.days[self.day - 1] if self.day else None
            due = [(when, order, func) for order, (kind, when, func, number) in enumerate(self.calls)
                   if self._is_due(kind, number)]  # fmt: skip
            if "handle_data" in self.names:
                due.append(("09:30", 999, lambda context: self.names["handle_data"](context, _Data(self))))
            asked = False
            for when, _, func in sorted(due, key=lambda item: item[:2]):
                self.phase = 0 if when < "09:25" else 1 if when <= "09:35" else 2 if when < "14:50" else 3
                if when > "15:00":
                    self.phase = 4
                if self.phase >= 3 and not asked:
                    self._close()
                    asked = True
                self._at(when, func)
            self.phase = 3
            if not asked:
                self._close()
            for order in self.orders:
                order.over = True
        return self

    def _at(self, when: str, func: Any) -> None:
        hour, minute = map(int, when.split(":"))
        self.now = self.context.current_dt = dt.datetime.combine(self.days[self.day], dt.time(hour, minute))
        func(self.context)

    def _is_due(self, kind: str, number: int) -> bool:
        if kind == "daily":
            return True
        key = (lambda day: day.isocalendar()[:2]) if kind == "weekly" else (lambda day: (day.year, day.month))
        same = [place for place, day in enumerate(self.days) if key(day) == key(self.days[self.day])]
        place = number - 1 if number > 0 else len(same) + number
        return self.day == same[min(max(place, 0), len(same) - 1)]

    # ------------------------------------------------------------------ prices and money

    def last(self, code: str) -> float:
        """The last price that the time knows."""
        if self.phase < 1:
            return self._bar("close", code, self.day - 1)
        return self._bar("close" if self.phase >= 3 else "open", code)

    def _bar(self, field: str, code: str, day: int | None = None) -> float:
        return float(self.bars[field][code].iloc[self.day if day is None else day])

    def _slipped(self, price: float, side: int) -> float:
        kind, size = self.slip
        moved = price * (1 + side * size / 2) if kind == "rate" else price + side * size / 2
        ticks = moved * 100
        if abs(ticks % 1 - 0.5) < 1e-6:
            return (math.ceil(ticks) if side > 0 else math.floor(ticks)) / 100
        return math.floor(ticks + 0.5) / 100

    def fees(self, side: int, value: float) -> float:
        """Commission and tax."""
        rate = self.rates["open" if side > 0 else "close"]
        tax = self.rates["open_tax" if side > 0 else "close_tax"]
        return max(fen(value * rate), self.rates["least"]) + fen(value * tax)

    def locked(self) -> float:
        """Cash that resting purchases hold back."""
        found = 0.0
        for order in self.orders:
            if not order.over and order.is_buy and order.limit is not None:
                value = order.left * order.limit
                found += value + self.fees(1, value)
        return found

    def free(self, code: str) -> int:
        """Shares that may be sold now."""
        resting = -sum(order.left for order in self.orders if not order.over and not order.is_buy
                       and order.security == code)  # fmt: skip
        return self.held.get(code, 0) - self.bought.get(code, 0) - resting

    def value(self) -> float:
        """What the account is worth."""
        return self.cash + sum(amount * self.last(code) for code, amount in self.held.items())

    # ------------------------------------------------------------------ orders

    def send(self, code: str, amount: int, limit: Any = None) -> Order | None:
        """Send an order: it fills, rests, or is nothing."""
        limit = getattr(limit, "price", None)
        if amount > 0:
            amount -= amount % 100
        elif amount < 0:
            free = self.free(code)
            amount = -min(-amount, free)
        if not amount or not 1 <= self.phase <= 3:
            return None
        side = 1 if amount > 0 else -1
        price = self._slipped(self.last(code), side)
        meets = limit is None or side * price <= side * limit + HAIR
        if side > 0:
            at = price if meets else limit
            room = self.cash - self.locked()
            while amount > 0 and amount * at + self.fees(1, amount * at) > room + HAIR:
                amount -= 100
            if amount <= 0:
                return None
        order = Order(len(self.fills) + len(self.orders) + 1, code, amount, limit, self.phase)
        self.orders.append(order)
        if meets:
            self._fill(order, price)
        return order

    def _fill(self, order: Order, price: float) -> None:
        amount, side = order.left, 1 if order.is_buy else -1
        value = abs(amount) * price
        fees = self.fees(side, value)
        self.cash = round(self.cash - amount * price - fees, 2)
        held = self.held.get(order.security, 0)
        if side > 0:
            self.cost[order.security] = (self.cost.get(order.security, 0.0) * held + value + fees) / (held + amount)
            self.bought[order.security] = self.bought.get(order.security, 0) + amount
        self.held[order.security] = held + amount
        if not self.held[order.security]:
            del self.held[order.security], self.cost[order.security]
        order.filled, order.price, order.left, order.over = order.amount, price, 0, True
        self.fills.append((str(self.days[self.day]), order.security, amount, price))

    def _close(self) -> None:
        """Ask what rests: from the open on against the day, later against the way from the open to the close."""
        for order in sorted((item for item in self.orders if not item.over), key=lambda item: item.is_buy):
            opened, high, low, close = (self._bar(name, order.security) for name in ("open", "high", "low", "close"))
            if order.phase == 2:
                high, low = max(opened, close), min(opened, close)
            assert order.limit is not None
            if order.is_buy and low < order.limit - HAIR:
                self._fill(order, min(order.limit, high))
            elif not order.is_buy and high > order.limit + HAIR:
                self._fill(order, max(order.limit, low))

    # ------------------------------------------------------------------ the words

    def _names(self) -> dict[str, Any]:  # noqa: C901  # the words of the platform, one small function each
        """What a script finds."""

        def order(code: str, amount: float, style: Any = None) -> Order | None:
            return self.send(code, int(amount), style)

        def order_value(code: str, value: float, style: Any = None) -> Order | None:
            lots = int(abs(value) / self.last(code) / 100 + HAIR) * 100
            return self.send(code, lots if value > 0 else -lots, style)

        def withdrawn(code: str) -> None:
            for known in self.orders:
                known.over = known.over or known.security == code

        def order_target(code: str, amount: float, style: Any = None) -> Order | None:
            withdrawn(code)
            return self.send(code, int(amount) - self.held.get(code, 0), style)

        def order_target_value(code: str, value: float, style: Any = None) -> Order | None:
            withdrawn(code)
            wanted = int(value / self.last(code) / 100 + HAIR) * 100 - self.held.get(code, 0)
            return self.send(code, wanted, style)

        def schedule(kind: str) -> Any:
            def run(func: Any, number: Any = 1, time: str = "09:30", **_: Any) -> None:
                if kind == "daily":
                    number, time = 0, number if isinstance(number, str) else time
                times = {"open": "09:30", "close": "15:00", "before_open": "09:00", "after_close": "15:30"}
                hour, minute = times.get(time, time).split(":")
                self.calls.append((kind, f"{int(hour):02}:{minute}", func, number))

            return run

        def cost(given: Any, **_: Any) -> None:
            self.rates = given

        def slippage(given: Any, **_: Any) -> None:
            self.slip = given

        def cancel(given: Order) -> Order | None:
            if given.over:
                return None
            given.over = True
            return given

        def attribute_history(code: str, count: int, unit: str = "1d", fields: Any = ("close",), **_: Any) -> Any:
            rows = slice(max(self.day - count, 0), self.day)
            return pd.DataFrame({name: self.bars[name][code].iloc[rows] for name in fields})

        def history(count: int, unit: str = "1d", field: str = "close", security_list: Any = None, **_: Any) -> Any:
            return self.bars[field][list(security_list)].iloc[max(self.day - count, 0) : self.day]

        def inout_cash(cash: float) -> None:
            if cash < 0 and -cash > self.cash - self.locked():
                return
            self.cash, self.paid = round(self.cash + cash, 2), self.paid + cash

        def costs(open_tax: float = 0, close_tax: float = 0, open_commission: float = 0, close_commission: float = 0,
                  close_today_commission: float = 0, min_commission: float = 0) -> dict[str, float]:  # fmt: skip
            return {"open_tax": open_tax, "close_tax": close_tax, "open": open_commission, "close": close_commission,
                    "least": min_commission}  # fmt: skip

        return {
            "order": order, "order_value": order_value, "order_target": order_target, "np": np, "pd": pd,
            "order_target_value": order_target_value, "run_daily": schedule("daily"), "run_weekly": schedule("weekly"),
            "run_monthly": schedule("monthly"), "set_order_cost": cost, "set_slippage": slippage, "OrderCost": costs,
            "FixedSlippage": lambda size: ("fixed", size), "PriceRelatedSlippage": lambda size: ("rate", size),
            "PerTrade": lambda buy_cost, sell_cost, min_cost: costs(0, 0, buy_cost, sell_cost, 0, min_cost),
            "set_commission": cost, "cancel_order": cancel, "attribute_history": attribute_history, "history": history,
            "inout_cash": inout_cash, "g": SimpleNamespace(), "set_option": lambda *_: None,
            "set_benchmark": lambda *_: None, "log": SimpleNamespace(info=lambda *_: None),
            "LimitOrderStyle": lambda price: SimpleNamespace(price=price),
            "get_open_orders": lambda: {item.order_id: item for item in self.orders if not item.over},
            "get_current_data": lambda: _Current(self),
            "get_trade_days": lambda end_date=None, count=1: np.array(
                self.days[max(self.day + 1 - count, 0) : self.day + 1]
            ),
        }  # fmt: skip


class _Portfolio:
    """``context.portfolio``."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    available_cash = property(lambda self: self._platform.cash - self._platform.locked())
    cash = available_cash
    total_value = property(lambda self: self._platform.value())
    portfolio_value = total_value
    starting_cash = property(lambda self: self._platform.paid)
    positions_value = property(lambda self: self._platform.value() - self._platform.cash)

    @property
    def positions(self) -> dict[str, Any]:
        """What is held."""
        p = self._platform
        return {
            code: SimpleNamespace(
                total_amount=amount, closeable_amount=p.free(code), price=p.last(code), avg_cost=p.cost[code],
                value=amount * p.last(code), security=code,
            )
            for code, amount in p.held.items()
        }  # fmt: skip


class _Current:
    """``get_current_data()``."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __getitem__(self, code: str) -> Any:
        p = self._platform
        opened = p._bar("open", code) if p.phase >= 1 else float("nan")
        return SimpleNamespace(last_price=p.last(code), day_open=opened, paused=False, is_st=False)


class _Data:
    """The second argument of handle_data: bars of the day before."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __getitem__(self, code: str) -> Any:
        p = self._platform
        day = p.day - 1
        fields = {name: p._bar(name, code, day) if day >= 0 else float("nan") for name in p.bars}

        def mavg(count: int, field: str = "close") -> float:
            return float("nan") if p.day < count else float(p.bars[field][code].iloc[p.day - count : p.day].mean())

        return SimpleNamespace(mavg=mavg, **fields)
