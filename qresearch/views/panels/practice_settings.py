"""What a teacher sets for practice: what is asked, how often, over how long, and what is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from qresearch.domain.arguments import symbols as symbols_of
from qresearch.domain.moment import PHASES
from qresearch.errors import UsageError, choose, shown

ASKS = ("state", "decision", "both")


@dataclass(frozen=True)
class PracticeSettings:
    """What a teacher can set; pass it as a dict with any of these keys.

    Parameters
    ----------
    ask : {"state", "decision", "both"}
        For the next state of the selected open order (else of the newest one), for rise or fall, or for both in turn.
    rounds : int
        Number of questions.
    days : int
        Trading days over which a decision is judged.
    phase : str
        Where an order is looked at again: "CLOSE", another phase, or "next" for the next one whatever it is.
    hide_names, hide_dates : bool
        While one practises, the other panels are hidden as well, since they would tell.
    symbols : tuple of str
        Instruments to ask about; empty: all that have traded lately, but for indices.
    bars : int
        Bars on the chart.
    seed : int
        Of the choice of instruments: equal seeds ask the same questions.
    """

    ask: str = "both"
    rounds: int = 10
    days: int = 5
    phase: str = "CLOSE"
    hide_names: bool = True
    hide_dates: bool = True
    symbols: tuple[str, ...] = ()
    bars: int = 60
    seed: int = 1

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> PracticeSettings:
        """Checked settings from a dict.

        Raises
        ------
        UsageError
            An unknown key or value, or a count below 1.

        Examples
        --------
        >>> PracticeSettings.of({"ask": "state", "rounds": 3}).rounds
        3
        """
        if given is not None and not isinstance(given, Mapping):
            raise UsageError(f"practice: settings={shown(given)} is no dict. Pass one such as {{'rounds': 3}}.")
        known = [item.name for item in fields(cls)]
        for key in given or {}:
            choose("practice setting", key, known)
        made = cls(**(dict(given or {}) | {"symbols": tuple(symbols_of("symbols", (given or {}).get("symbols", ())))}))
        choose("ask", made.ask, ASKS)
        choose("phase", made.phase, [*PHASES, "next"])
        for key in ("rounds", "days", "bars"):
            count = getattr(made, key)
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise UsageError(f"practice: {key}={count!r} is not a whole number of at least 1.")
        return made
