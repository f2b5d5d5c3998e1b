"""Through one step of time by hand: before anything fills, after it, after the script, and to its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qresearch.dialects.lean.order_list import order_events, order_list
from qresearch.dialects.lean.play import Play
from qresearch.errors import OutOfRange, UsageError


@dataclass(frozen=True)
class Stop:
    """Where a walk stands.

    Parameters
    ----------
    pause : {"before_fill", "after_fill", "after_user", "end"}
        The bars are there and nothing is filled; pending orders are worked off; the functions of the script have run;
        what they asked is worked off.
    time : datetime
        End of the bars, UTC.
    orders : DataFrame
        As :func:`~qresearch.dialects.lean.order_list` gives it there.
    events : DataFrame
        What happened to orders since the stop before.
    cash : float, dollars
    holdings : dict of str to int
        Units that are held, signed; without those that are not.
    """

    pause: str
    time: dt.datetime
    orders: pd.DataFrame
    events: pd.DataFrame
    cash: float
    holdings: dict[str, int]

    def __repr__(self) -> str:
        lines = [f"{self.time:%Y-%m-%d %H:%M} UTC, {self.pause}: cash {self.cash:,.2f}, holdings {self.holdings}"]
        for row in self.events.to_dict("records"):
            filled = f" {row['fill_quantity']:+} at {row['fill_price']:g}" if row["fill_quantity"] else ""
            lines.append(f"  order {row['order_id']}: {row['status']!s}{filled}")
        return "\n".join(lines)


def walk(session: Any) -> Iterator[Stop]:
    """Go to the next moment with data, and through the parts of its step; the session really stands at each of them.

    Between two stops the script may be looked at, and orders may be placed through it. Whoever leaves a walk early
    finds the rest of its step done by whatever goes on next.

    Parameters
    ----------
    session : Session
        Of a LEAN script.

    Yields
    ------
    Stop
        One for each pause, and one at the end.

    Raises
    ------
    UsageError
        No script of LEAN runs in the session; open one with ``Session.from_script(dialect="lean")``.
    """
    play = getattr(session.strategy, "target", None)
    if not isinstance(play, Play):
        raise UsageError("No script of LEAN runs in this session. Open one with Session.from_script(dialect='lean').")
    seen = len(order_events(session))
    play.is_walking = True
    try:
        while play.engine.under_way is None:
            session.step(phase="next")
    except OutOfRange:
        return  # the data are over
    finally:
        play.is_walking = False
    pause = play.engine.under_way.pause
    while True:
        yield _stop(session, play, pause, seen)
        if pause == "end" or play.engine.under_way is None:
            return
        seen = len(order_events(session))
        pause = play.go_on() or "end"


def _stop(session: Any, play: Play, pause: str, seen: int) -> Stop:
    engine = play.engine
    held = {
        str(security.symbol): security.holdings.quantity for security in engine.securities.shown() if security.invested
    }  # fmt: skip
    happened = order_events(session).iloc[seen:].reset_index(drop=True)
    return Stop(pause, engine.algorithm.utc_time, order_list(session), happened, engine.portfolio.cash, held)
