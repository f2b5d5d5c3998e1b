"""Closed round trips, first in first out, and what each instrument earned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from qresearch.book import frames
from qresearch.book.history import AccountHistory
from qresearch.book.holdings import Held, holdings_of
from qresearch.domain import events
from qresearch.domain.instrument import Board
from qresearch.domain.ledger import LONG

TRADE_COLUMNS = (
    "symbol", "quantity", "entry_day", "entry_price", "exit_day", "exit_price", "holding_days", "cost", "proceeds",
    "dividends", "profit_before_fees", "fees", "profit", "return", "mae", "mfe", "entry_order", "exit_order", "exit",
)  # fmt: skip
ATTRIBUTION_COLUMNS = (
    "trades", "quantity", "bought", "sold", "dividends", "fees", "realised_profit", "floating_profit", "profit",
    "contribution",
)  # fmt: skip


@dataclass(slots=True)
class Lot:
    """Shares bought together and still held; money in money steps."""

    day: int
    order_id: int
    price: float
    quantity: int
    cost: int
    fees: int = 0
    dividends: int = 0
    given: bool = False
    """Held from the beginning, at its cost per share."""


class Leaving(NamedTuple):
    """How shares left; money in money steps."""

    day: int
    price: float
    order_id: int
    how: str
    proceeds: int
    fees: int


@dataclass(slots=True)
class Trip:
    """Shares of one lot that left together; money in money steps."""

    instrument: int
    quantity: int
    entry_day: int
    entry_price: float
    entry_order: int
    exit_day: int
    exit_price: float
    exit_order: int
    exit: str
    cost: int
    proceeds: int
    fees: int
    dividends: int
    given: bool


@dataclass(slots=True)
class Flows:
    """What went in and out of one instrument; money in money steps."""

    trades: int = 0
    bought: int = 0
    sold: int = 0
    dividends: int = 0
    fees: int = 0
    given: int = 0
    """Cost of shares that the session began with."""


def parts(total: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion, to the unit: the parts add up to it.

    >>> parts(10, [1, 1, 1]), parts(-7, [100, 300])
    ([3, 3, 4], [-2, -5])
    """
    whole, done, seen, found = sum(weights), 0, 0, []
    for weight in weights:
        seen += weight
        upto = total * seen // whole if whole else 0
        found.append(upto - done)
        done = upto
    return found


@dataclass
class Trips:
    """Folds the events of an account into lots and round trips.

    Parameters
    ----------
    units : int
        Money steps in a unit of currency.
    """

    units: int
    rates: frozenset[int] = frozenset()
    """Instruments whose price is a rate: nothing is bought or sold of them, and no lot is left."""
    bonds: frozenset[int] = frozenset()
    """Instruments that go back to their issuer: redeemed, put back, or converted."""
    lots: dict[int, list[Lot]] = field(default_factory=dict)
    closed: list[Trip] = field(default_factory=list)
    flows: dict[int, Flows] = field(default_factory=dict)

    def fold(self, log: Iterator[events.Record]) -> Trips:
        """Take in some events, in order."""
        for event in log:
            match event:
                case events.OrderFilled(instrument=instrument, fees=fees) if instrument in self.rates:
                    self._flows(instrument).fees += fees.total
                case events.Posted(instrument=int(instrument), income=income, why=why) if income:
                    if why == "sold":
                        self._taxed(instrument, -income)
                    else:
                        self._dividend(instrument, income)
                case events.OrderFilled(quantity=quantity) if quantity > 0:
                    self._bought(event)
                case events.OrderFilled():
                    self._sold(event)
                case events.DividendPaid(instrument=instrument, amount=amount, tax=tax):
                    self._dividend(instrument, amount - tax)
                case events.DividendTaxed(instrument=instrument, tax=tax):
                    self._taxed(instrument, tax)
                case events.SharesIssued(instrument=instrument, received=received):
                    self._issued(event.at.day, instrument, received)
                case events.RightsSubscribed(instrument=instrument, received=received, paid=paid, price=price):
                    self._flows(instrument).bought += paid
                    self._lots(instrument).append(Lot(event.at.day, 0, price, received, paid))
                case events.PositionSeeded(instrument=instrument, quantity=quantity, cost=cost):
                    self._flows(instrument).given += cost
                    self._lots(instrument).append(
                        Lot(event.at.day, 0, cost / quantity / self.units, quantity, cost, given=True)
                    )
                case events.PositionClosed(instrument=instrument, quantity=quantity, price=price, amount=amount):
                    self._flows(instrument).sold += amount
                    how = "given back" if instrument in self.bonds else "delisted"
                    self._close(instrument, quantity, Leaving(event.at.day, price, 0, how, amount, 0))
                case _:
                    pass
        return self

    def _lots(self, instrument: int) -> list[Lot]:
        return self.lots.setdefault(instrument, [])

    def _flows(self, instrument: int) -> Flows:
        return self.flows.setdefault(instrument, Flows())

    def _bought(self, event: events.OrderFilled) -> None:
        fees = event.fees.total
        flows = self._flows(event.instrument)
        flows.bought += event.notional
        flows.fees += fees
        self._lots(event.instrument).append(
            Lot(event.at.day, event.order_id, event.price, event.quantity, event.notional, fees)
        )

    def _sold(self, event: events.OrderFilled) -> None:
        fees = event.fees.total
        flows = self._flows(event.instrument)
        flows.sold += event.notional
        flows.fees += fees
        leaving = Leaving(event.at.day, event.price, event.order_id, "sold", event.notional, fees)
        self._close(event.instrument, -event.quantity, leaving)

    def _close(self, instrument: int, quantity: int, leaving: Leaving) -> None:
        """Let shares leave, oldest lots first; one round trip per lot touched."""
        proceeds, fees = leaving.proceeds, leaving.fees
        lots = self._lots(instrument)
        taken: list[tuple[Lot, int]] = []
        left = quantity
        for lot in lots:
            if left <= 0:
                break
            taken.append((lot, min(lot.quantity, left)))
            left -= taken[-1][1]
        counts = [count for _, count in taken]
        for (lot, count), share, fee in zip(taken, parts(proceeds, counts), parts(fees, counts), strict=True):
            rest = lot.quantity - count
            cost, paid, dividends = (parts(total, (count, rest))[0] for total in (lot.cost, lot.fees, lot.dividends))
            self.closed.append(
                Trip(instrument, count, lot.day, lot.price, lot.order_id, leaving.day, leaving.price, leaving.order_id,
                     leaving.how, cost, share, paid + fee, dividends, lot.given)
            )  # fmt: skip
            lot.quantity, lot.cost = rest, lot.cost - cost
            lot.fees, lot.dividends = lot.fees - paid, lot.dividends - dividends
        self.lots[instrument] = [lot for lot in lots if lot.quantity > 0]
        self._flows(instrument).trades += len(taken)

    def _dividend(self, instrument: int, net: int) -> None:
        self._flows(instrument).dividends += net
        lots = self._lots(instrument)
        for lot, share in zip(lots, parts(net, [lot.quantity for lot in lots]), strict=True):
            lot.dividends += share

    def _taxed(self, instrument: int, tax: int) -> None:
        """Tax that a sale made due belongs to the round trips that this sale closed, the last ones."""
        self._flows(instrument).dividends -= tax
        trips: list[Trip] = []
        for trip in reversed(self.closed):
            if trip.instrument != instrument or (trips and trip.exit_order != trips[0].exit_order):
                break
            trips.append(trip)
        for trip, share in zip(trips, parts(tax, [trip.quantity for trip in trips]), strict=True):
            trip.dividends -= share

    def _issued(self, day: int, instrument: int, received: int) -> None:
        lots = self._lots(instrument)
        held = sum(lot.quantity for lot in lots)
        if held + received <= 0:
            self._close(instrument, held, Leaving(day, 0.0, 0, "written off", 0, 0))
            return
        for lot, share in zip(lots, parts(received, [lot.quantity for lot in lots]), strict=True):
            lot.quantity += share


def trips_of(history: AccountHistory) -> Trips:
    """The lots and round trips of an account."""
    listed = history.exchange.market.instruments
    rates = frozenset(number for number, item in enumerate(listed) if item.board is Board.REPO)
    bonds = frozenset(number for number, item in enumerate(listed) if item.bond is not None)
    return Trips(history.exchange.money.units, rates, bonds).fold(events.records(iter(history.log)))


def trades_frame(history: AccountHistory) -> pd.DataFrame:
    """One row per closed round trip; see :attr:`Tables.trades` for the columns."""
    exchange, amount = history.exchange, history.exchange.money.amount
    symbols = exchange.market.symbols
    rows = []
    for trip in trips_of(history).closed:
        before = trip.proceeds - trip.cost + trip.dividends
        adverse, favourable = _excursions(history, trip)
        paid = trip.cost + trip.fees
        rows.append(
            (symbols[trip.instrument], trip.quantity, frames.timestamp(exchange, trip.entry_day), trip.entry_price,
             frames.timestamp(exchange, trip.exit_day), trip.exit_price, trip.exit_day - trip.entry_day,
             amount(trip.cost), amount(trip.proceeds), amount(trip.dividends), amount(before), amount(trip.fees),
             amount(before - trip.fees), (before - trip.fees) / paid if paid else float("nan"), adverse, favourable,
             trip.entry_order, trip.exit_order, trip.exit)
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(TRADE_COLUMNS))
    whole = {"quantity": "int64", "holding_days": "int64", "entry_order": "int64", "exit_order": "int64"}
    floats = dict.fromkeys(
        ("entry_price", "exit_price", *TRADE_COLUMNS[7:16]), "float64"
    )  # fmt: skip
    days = {"entry_day": "datetime64[s]", "exit_day": "datetime64[s]"}
    return frame.astype({**whole, **floats, **days, "symbol": "str", "exit": "str"})


def _excursions(history: AccountHistory, trip: Trip) -> tuple[float, float]:
    """Worst low and best high while the shares were held, over the entry price; adjusted for corporate actions."""
    market, instrument, entry = history.exchange.market, trip.instrument, trip.entry_price
    # Shares held from the beginning were there at the close before the first day, not on that day.
    begin, end = max(trip.entry_day + trip.given, 0), trip.exit_day
    factors = market.adjustment[:, instrument] / market.adjustment[max(trip.entry_day, 0), instrument]
    last = trip.exit_price * factors[end]
    # fmin and fmax pass over the NaN of days without a row.
    worst = float(
        np.fmin.reduce(market.panel.low[begin:end, instrument] * factors[begin:end], initial=min(last, entry))
    )
    best = float(
        np.fmax.reduce(market.panel.high[begin:end, instrument] * factors[begin:end], initial=max(last, entry))
    )
    return (1 - worst / entry, best / entry - 1) if entry > 0 else (float("nan"), float("nan"))


def summary_of(trades: pd.DataFrame) -> dict[str, float]:
    """Figures over the closed round trips; NaN where there is none to take a mean of."""
    profit = trades["profit"].to_numpy(dtype=np.float64)
    won, lost = profit[profit > 0], profit[profit < 0]

    def mean(values: Any) -> float:
        return float(np.mean(values)) if len(values) else float("nan")

    gains, losses = float(won.sum()), abs(float(lost.sum()))
    return {
        "trades": float(len(profit)),
        "winners": float(len(won)),
        "losers": float(len(lost)),
        "win_rate": len(won) / len(profit) if len(profit) else float("nan"),
        "profit_before_fees": float(trades["profit_before_fees"].sum()),
        "fees": float(trades["fees"].sum()),
        "profit": float(profit.sum()),
        "gains": gains,
        "losses": losses,
        "profit_factor": gains / losses if losses else float("nan"),
        "average_profit": mean(profit),
        "average_gain": mean(won),
        "average_loss": mean(-lost),
        "payoff": mean(won) / mean(-lost) if len(won) and len(lost) else float("nan"),
        "best": float(profit.max()) if len(profit) else float("nan"),
        "worst": float(profit.min()) if len(profit) else float("nan"),
        "average_return": mean(trades["return"]),
        "average_holding_days": mean(trades["holding_days"]),
        "average_mae": mean(trades["mae"]),
        "average_mfe": mean(trades["mfe"]),
    }


def attribution_frame(history: AccountHistory) -> pd.DataFrame:
    """Profit and loss by instrument; see :attr:`Tables.attribution` for the columns."""
    exchange, account = history.exchange, history.account
    amount, symbols = exchange.money.amount, exchange.market.symbols
    holdings = {held.instrument: held for held in holdings_of(exchange, account)}
    rows = []
    for instrument, flow in trips_of(history).flows.items():
        held = holdings.get(instrument, Held(instrument, LONG, 0, 0, 0, 0, 0))
        value, quantity = held.worth, held.quantity
        profit = value + flow.sold + flow.dividends - flow.bought - flow.fees - flow.given
        floating = held.profit
        rows.append(
            (symbols[instrument], flow.trades, quantity, amount(flow.bought), amount(flow.sold), amount(flow.dividends),
             amount(flow.fees), amount(profit - floating), amount(floating), amount(profit),
             profit / history.starting if history.starting else float("nan"))
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["symbol", *ATTRIBUTION_COLUMNS])
    kinds = {name: "int64" if name in {"trades", "quantity"} else "float64" for name in ATTRIBUTION_COLUMNS}
    frame = frame.astype({**kinds, "symbol": "str"}).set_index("symbol")
    return frame.sort_values("profit", ascending=False, kind="stable")
