"""What an account owes, as a table."""

from __future__ import annotations

import pandas as pd

from qresearch.domain.money import RATE_SCALE
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange

COLUMNS = (
    "contract", "kind", "symbol", "opened", "due", "quantity_opened", "quantity", "principal_opened", "principal",
    "interest", "paid", "rate", "ratio",
)  # fmt: skip


def debts_frame(exchange: Exchange, account: Draft | State) -> pd.DataFrame:
    """One row per contract; see :attr:`Tables.debts`."""
    days, amount = exchange.market.days.astype("datetime64[s]"), exchange.money.amount
    rows = [
        (debt.debt_id, "money" if debt.is_money else "shares", exchange.market.symbols[debt.instrument],
         days[debt.day], days[debt.due] if debt.due < len(days) else pd.NaT, debt.quantity_opened, debt.quantity,
         *map(amount, (debt.principal_opened, debt.principal, exchange.account.interest(debt), debt.paid)),
         debt.rate / RATE_SCALE, debt.ratio / RATE_SCALE)
        for debt in account.ledger.debts
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).set_index("contract")
    return frame.astype({"opened": "datetime64[s]", "due": "datetime64[s]"})
