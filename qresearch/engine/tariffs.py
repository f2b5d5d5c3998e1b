"""Tariffs: what trading costs by single rates or by the name of a preset, and where a run of those days paid more."""

from __future__ import annotations

import datetime as dt

from qresearch.domain.fees import STAMP_DUTY
from qresearch.domain.money import RATE_SCALE, rate_units
from qresearch.domain.settings import Costs
from qresearch.errors import UsageError, choose
from qresearch.market.venue import Venue


def fixed_costs(
    venue: Venue,
    *,
    open_tax: float = 0.0,
    close_tax: float = 0.0005,
    open_commission: float = 0.00025,
    close_commission: float = 0.00025,
    min_commission: float = 5.0,
    rounding: str = "each",
    transfer_fee: float = 0.0,
    historical: bool = False,
) -> Costs:
    """Costs by single rates; the defaults are the documented ones of the Trading API.

    Parameters
    ----------
    venue : Venue
    open_tax, close_tax : float, fraction of the value
        Stamp duty on buys and sells. 0.05 % on sells since 2023-08-28 (Ministry of Finance and State Taxation
        Administration, 2023-08-27). On a venue with rules, funds pay none.
    open_commission, close_commission : float, fraction of the value
    min_commission : float, currency
    rounding : {"each", "total"}
    transfer_fee : float, fraction of the value
        On both sides. On a venue with rules, funds pay none.
    historical : bool
        Stamp duty and transfer fee by date and board from the rule book instead; the rates above are then not used.

    Raises
    ------
    UsageError
        A rate outside [0, 1) or a negative minimum: pass fractions such as 0.00025. `historical` on a venue without
        rules: set rates instead.
    """
    if not min_commission >= 0:
        raise UsageError(f"min_commission={min_commission!r} must be at least 0. Pass an amount such as 5.")
    if historical and not venue.rules.has_history:
        raise UsageError(
            f"Historical costs need a venue with a dated rule book; {venue.name!r} has none. "
            "Set rates with session.set_order_cost(...)."
        )
    if historical:
        open_tax = close_tax = transfer_fee = 0.0
    return Costs(
        rate_units("open_tax", open_tax),
        rate_units("close_tax", close_tax),
        rate_units("open_commission", open_commission),
        rate_units("close_commission", close_commission),
        venue.money.money("min_commission", min_commission),
        historical=historical,
        rounding=choose("rounding", rounding, ("each", "total")),
        transfer_fee=rate_units("transfer_fee", transfer_fee),
    )


def undated(venue: Venue, costs: Costs, first: dt.date, last: dt.date) -> str:
    """The stamp duty of the days of a run, where fixed costs charge another one; empty where they agree."""
    boards = venue.rules.levies.get(STAMP_DUTY, {})
    if costs.historical or not boards:
        return ""
    dated = {venue.rules.levy(STAMP_DUTY, next(iter(boards)), day).sold for day in (first, last)}
    fixed = costs.close_tax / RATE_SCALE
    held = ", later ".join(f"{rate:.2%}" for rate in sorted(dated, reverse=True))
    return "" if dated == {fixed} else f"stamp duty of {fixed:.2%} on sales, where {held} was due"


COST_PRESETS = ("default", "historical", "joinquant", "zero")


def preset_costs(venue: Venue, name: str) -> Costs:
    """Costs by name.

    Parameters
    ----------
    venue : Venue
    name : {"default", "historical", "joinquant", "zero"}
        default: those of the venue: in China the documented defaults of the Trading API, in the US its fees on sales by
        date, zero on a venue without rules, whose fees are unknown;
        historical: the default commission, with stamp duty and transfer fee by date and board from the rule book;
        joinquant: what JoinQuant charges shares when a script sets nothing, 0.03 % each way, at least 5, and 0.1 %
        stamp duty on sells.

    Raises
    ------
    UsageError
        "historical" on a venue without rules; set rates with ``set_order_cost`` instead.
    """
    nothing = dict.fromkeys(("close_tax", "open_commission", "close_commission", "min_commission"), 0.0)
    if name in {"zero", "default"}:
        return fixed_costs(venue, **{**nothing, **(venue.default_costs if name == "default" else {})})  # type: ignore[arg-type]  # rates by name
    if name == "historical":
        return fixed_costs(venue, historical=True)
    if name == "joinquant":
        return fixed_costs(venue, close_tax=0.001, open_commission=0.0003, close_commission=0.0003)
    raise AssertionError(name)  # chosen from the list
