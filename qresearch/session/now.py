"""``session.now``: where the clock stands."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from qresearch.book import frames
from qresearch.domain.attributes import told_names
from qresearch.domain.moment import PHASES, Phase
from qresearch.sentences import Said
from qresearch.session.simulation import Simulation


class _DayAndPhase(NamedTuple):
    day: pd.Timestamp
    phase: Phase


@told_names()
class Now(_DayAndPhase):
    """Where the clock stands: a tuple of day and phase that also knows the time.

    Parameters
    ----------
    day : Timestamp or NaT
        NaT before the first day of the data.
    phase : Phase
    time : Timestamp or NaT
        On minute data, inside the day, the end of the bar; else the hour at which the phase begins. Local time.
    """

    time: pd.Timestamp

    def __new__(cls, day: pd.Timestamp, phase: Phase, time: pd.Timestamp = pd.NaT) -> Now:  # type: ignore[assignment]  # NaT is one
        """A moment; a snapshot of memory that holds one puts its time back afterwards."""
        made = super().__new__(cls, day, phase)
        made.time = time
        return made


def now_of(simulation: Simulation) -> Now:
    """Day, phase and time at which a simulation stands; inside a callback, those of the callback."""
    account, exchange = simulation.account, simulation.exchange
    return Now(frames.timestamp(exchange, account.day), PHASES[account.phase], frames.time_of(exchange, *account.at))


def moment_of(simulation: Simulation) -> Said:
    """Where a simulation stands, to be told in a language."""
    account, exchange = simulation.account, simulation.exchange
    if account.day < exchange.first:
        return Said("before_first_day", day=exchange.date(exchange.first))
    number, count = account.day - exchange.first + 1, exchange.last - exchange.first + 1
    phase = PHASES[account.phase]
    time = f" {exchange.time_text(account)[-5:]}" if account.bar and phase is Phase.INTRADAY else ""
    return Said("moment", day=f"{exchange.date(account.day)}{time}", phase=phase, number=number, count=count)
