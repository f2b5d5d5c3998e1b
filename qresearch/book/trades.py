"""Closed round trips as a table, figures over them, and what each instrument earned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qresearch.book import frames
from qresearch.book.history import AccountHistory
from qresearch.book.holdings import Held, holdings_of
from qresearch.book.round_trip import Trip
from qresearch.book.trips import trips_of
from qresearch.domain.ledger import sign_of

TRADE_COLUMNS = (
    "symbol", "quantity", "entry_day", "entry_price", "exit_day", "exit_price", "holding_days", "cost", "proceeds",
    "dividends", "profit_before_fees", "fees", "profit", "return", "mae", "mfe", "entry_order", "exit_order", "exit",
)  # fmt: skip
ATTRIBUTION_COLUMNS = (
    "trades", "quantity", "bought", "sold", "dividends", "fees", "realised_profit", "floating_profit", "profit",
    "contribution",
)  # fmt: skip


def trades_frame(history: AccountHistory) -> pd.DataFrame:
    """One row per closed round trip; see :attr:`Tables.trades` for the columns."""
    exchange, amount = history.exchange, history.exchange.money.amount
    symbols = exchange.market.symbols
    rows = []
    for trip in trips_of(history).closed:
        before = trip.proceeds - trip.cost + trip.dividends
        adverse, favourable = _excursions(history, trip)
        paid = (trip.cost if sign_of(trip.side) > 0 else trip.proceeds) + trip.fees
        rows.append(
            (symbols[trip.instrument], trip.quantity, frames.timestamp(exchange, trip.entry_day), trip.entry_price,
             frames.timestamp(exchange, trip.exit_day), trip.exit_price, trip.exit_day - trip.entry_day,
             amount(trip.cost), amount(trip.proceeds), amount(trip.dividends), amount(before), amount(trip.fees),
             amount(before - trip.fees), (before - trip.fees) / paid if paid else float("nan"), adverse, favourable,
             trip.entry_order, trip.exit_order, trip.exit)
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(TRADE_COLUMNS))
    whole = ("quantity", "holding_days", "entry_order", "exit_order")
    return frames.typed(frame, words=("symbol", "exit"), whole=whole, days=("entry_day", "exit_day"))


def _excursions(history: AccountHistory, trip: Trip) -> tuple[float, float]:
    """Worst and best price while the units were held, over the entry price; adjusted for corporate actions."""
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
    if not entry > 0:
        return float("nan"), float("nan")
    fall, rise = 1 - worst / entry, best / entry - 1
    return (fall, rise) if sign_of(trip.side) > 0 else (rise, fall)


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
    holdings: dict[int, list[Held]] = {}
    for held in holdings_of(exchange, account):
        holdings.setdefault(held.instrument, []).append(held)
    rows = []
    for instrument, flow in trips_of(history).flows.items():
        sides = holdings.get(instrument, [])
        value = sum(held.sign * held.worth for held in sides)
        quantity = sum(held.sign * held.quantity for held in sides)
        profit = value + flow.sold + flow.dividends - flow.bought - flow.fees - flow.given
        floating = sum(held.profit for held in sides)
        rows.append(
            (symbols[instrument], flow.trades, quantity, amount(flow.bought), amount(flow.sold), amount(flow.dividends),
             amount(flow.fees), amount(profit - floating), amount(floating), amount(profit),
             profit / history.starting if history.starting else float("nan"))
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["symbol", *ATTRIBUTION_COLUMNS])
    frame = frames.typed(frame, words=("symbol",), whole=("trades", "quantity")).set_index("symbol")
    return frame.sort_values("profit", ascending=False, kind="stable")
