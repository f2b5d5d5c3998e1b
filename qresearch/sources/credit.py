"""The table of margin trading: haircut, targets and ratios of securities by date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qresearch.domain.credit import Credit, CreditRates
from qresearch.domain.instrument import Instrument
from qresearch.sources.listings import Table
from qresearch.sources.own_tables import Form, Row, in_order

COLUMNS = ("symbol", "since", "haircut", "financing", "lending", "lendable")
_FORM = Form(
    "credit",
    COLUMNS,
    dates=("since",),
    example=0.7,
    needed="Give symbol and haircut (a fraction from 0 to 1), and what else is known: financing, lending, lendable, "
    "since.",
    required=(("haircut",),),
    other_names={
        "assure_ratio": "haircut", "conversionratio": "haircut", "conversion_ratio": "haircut",
        "fin_ratio": "financing", "tradingmargin": "financing", "slo_ratio": "lending", "lendingmargin": "lending",
        "enable_amount": "lendable",
    },
)  # fmt: skip


def with_credit(listed: tuple[Instrument, ...], source: Table | None) -> tuple[Instrument, ...]:
    """Instruments with what a table says of them.

    Parameters
    ----------
    listed : tuple of Instrument
    source : DataFrame, path or None
        One row per symbol, or several with a day `since` from which they hold. symbol, haircut (0 to 1); optionally
        financing and lending (margin of a new contract as a fraction of its value; empty: no target) and lendable
        (shares; empty: no bound). A symbol without a row is neither collateral nor a target.

    Raises
    ------
    DataError
        A column that is missing or unknown, or a value that cannot be one; it names the symbol and what to write.
    """
    if source is None:
        return listed
    told = {symbol: _credit(rows) for symbol, rows in _FORM.rows(source).items()}
    return tuple(replace(item, credit=told.get(item.symbol, Credit(()))) for item in listed)


def _credit(rows: Sequence[Row]) -> Credit:
    return Credit(tuple(row.made(_rates) for row in in_order(rows)))


def _rates(row: Row) -> CreditRates:
    lendable = row.number("lendable")
    return CreditRates(
        row.day("since"),
        row.number("haircut") or 0.0,
        row.number("financing"),
        row.number("lending"),
        None if lendable is None else int(lendable),
    )
