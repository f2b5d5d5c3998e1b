"""Corporate actions: what a holder receives on an ex-date."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One corporate action of one instrument.

    All amounts are per share held at the close before the ex-date (the record date in China's cash market; cash and
    new shares arrive on the ex-date: `market_rules.md` rule ``dividend_dates``).

    Parameters
    ----------
    ex_day : int
        Index of the ex-date in the days of the panel. An ex-date that is no trading day of the panel counts for the
        next one.
    instrument : int
        Column of the instrument.
    cash : float, currency per share
        Dividend before tax.
    bonus : float, shares per share
        New shares per share held: bonus and capitalisation shares, or a split (2 for 1 is 1.0). Negative for a
        consolidation.
    rights : float, shares per share
        Shares that may be subscribed per share held.
    rights_price : float, currency per share
        Price of one subscribed share; NaN without rights.
    resolved : bool
        False when the data hold only a price step that could not be split into cash and shares; then `bonus` holds
        the share ratio that leaves the value of the holding unchanged.
    """

    ex_day: int
    instrument: int
    cash: float = 0.0
    bonus: float = 0.0
    rights: float = 0.0
    rights_price: float = float("nan")
    resolved: bool = True
