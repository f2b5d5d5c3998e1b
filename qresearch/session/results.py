"""The results of a run as files: tables, what their columns mean, and the tear-sheet page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from qresearch.errors import choose
from qresearch.files import LIST, Folder

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

FORMATS = ("parquet", "csv")
PAGE = "tearsheet.html"
README = "README.md"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would take for a formula."""

_MONEY, _PRICE, _SHARES, _PART = "currency", "currency per share", "shares", "fraction"
_DAY = "trading day"
_TIME = "time; the end of the bar, on minute data only"
_FEES = {"commission": _MONEY, "stamp_duty": _MONEY, "transfer_fee": _MONEY}
_REASON = {"reason": "code", "why": "sentence"}
_TODAY = {"bought_quantity": _SHARES, "bought_value": _MONEY, "sold_quantity": _SHARES, "sold_value": _MONEY}
_MEASURE = {"measure": "name", "value": "see its unit", "unit": "of the value"}
_PORTFOLIO = {
    "cash": "currency, all money",
    "available": "currency, can be spent; equity = available + reserved + market_value",
    "reserved": "currency, held back for resting buys",
    "market_value": _MONEY,
    "equity": _MONEY,
    "nav": "equity / starting equity",
    "total_return": "fraction, nav - 1",
    "daily_return": "fraction, over the equity of the close before",
    "daily_profit": _MONEY,
    "fees": "currency, since the start",
    "floating_profit": "currency, market value less cost (buying fees included)",
    "realised_profit": "currency, shares sold net of fees, dividends, less taxes on them",
    "total_profit": "currency, floating + realised",
    "benchmark_close": "index points, the last at or before the day",
    "benchmark_nav": "over its last close before the first day",
}


class About(NamedTuple):
    """What a table holds, and the unit of each of its columns."""

    text: str
    columns: Mapping[str, str]


TABLES: Mapping[str, About] = {
    "orders": About(
        "Every order, one row each.",
        {
            "order_id": "number", "symbol": "", "side": "buy or sell", "asked": "the call and its number",
            "quantity": "shares sent", "filled": _SHARES, "leaves": "shares still open", "canceled": _SHARES,
            "average_price": _PRICE, **_FEES, "status": "state", **_REASON, "placed": _DAY, "placed_phase": "phase",
            "ended": _DAY, "ended_phase": "phase", "placed_time": _TIME, "ended_time": _TIME,
        },
    ),
    "fills": About(
        "Every execution, one row each.",
        {
            "seq": "number", "order_id": "number", "day": _DAY, "phase": "phase", "symbol": "", "side": "buy or sell",
            "quantity": _SHARES, "price": _PRICE, "notional": _MONEY, **_FEES, "net": "currency, change of the cash",
            "time": _TIME,
        },
    ),
    "positions": About(
        "What is held at the end, one row per symbol.",
        {
            "symbol": "", "quantity": _SHARES, "sellable": _SHARES, "locked": "shares bought today (T+1)",
            "reserved": "shares in working sales",
            "average_cost": "currency per share, buying fees included", "price": _PRICE, "market_value": _MONEY,
            "profit": "currency, floating", "weight": "fraction of the equity", "stale": "data ended, no delisting",
        },
    ),
    "equity": About("Equity at every close.", {"day": _DAY, "equity": _MONEY}),
    "events": About(
        "Everything that happened, in order.",
        {
            "seq": "number", "day": _DAY, "phase": "phase", "event": "name", "order_id": "number", "symbol": "",
            "quantity": _SHARES, "price": _PRICE, "amount": _MONEY, "fee": _MONEY, "before": "state", "after": "state",
            "reason": "code", "text": "sentence", "time": _TIME,
        },
    ),
    "trade_details": About(
        "What became of every order: one row per fill, cancel, rejection, refused cancel and expiry.",
        {
            "seq": "number", "order_id": "number", "symbol": "", "side": "buy or sell", "sent": "time",
            "order_price": "currency per share, empty for a market order", "order_quantity": _SHARES, "time": "time",
            "price": _PRICE, "quantity": "shares filled, or canceled", "outcome": "word", **_REASON, "label": "text",
        },
    ),
    "daily_portfolio": About("The account at every close.", {"day": _DAY, **_PORTFOLIO}),
    "daily_positions": About(
        "Positions at every close, and what was traded that day.",
        {
            "day": _DAY, "symbol": "", "quantity": _SHARES, "previous_quantity": "shares at the close before",
            "sellable": _SHARES, "average_cost": "currency per share, buying fees included",
            "average_price": "currency per share, fees left out", "price": _PRICE, "market_value": _MONEY,
            "floating_profit": _MONEY, "weight": "fraction of the equity", **_TODAY,
        },
    ),
    "trades": About(
        "Closed round trips, first in first out.",
        {
            "symbol": "", "quantity": _SHARES, "entry_day": _DAY, "entry_price": _PRICE, "exit_day": _DAY,
            "exit_price": _PRICE, "holding_days": "trading days", "cost": "currency, without fees",
            "proceeds": "currency, without fees", "dividends": "currency, net of tax",
            "profit_before_fees": _MONEY, "fees": _MONEY, "profit": "currency, after fees",
            "return": "fraction of cost and fees", "mae": "fraction of the entry price, worst while held",
            "mfe": "fraction of the entry price, best while held", "entry_order": "number", "exit_order": "number",
            "exit": "word",
        },
    ),
    "return_summary": About("Figures from the daily returns.", _MEASURE),
    "trades_summary": About("Figures over the round trips.", _MEASURE),
    "attribution": About(
        "Profit and loss by instrument; the profits add up to the total profit.",
        {
            "symbol": "", "trades": "closed round trips", "quantity": "shares held", "bought": _MONEY, "sold": _MONEY,
            "dividends": "currency, net of tax", "fees": _MONEY, "realised_profit": _MONEY,
            "floating_profit": _MONEY, "profit": _MONEY, "contribution": "fraction of the starting equity",
        },
    ),
    "costs": About(
        "What trading cost, by kind; slippage is inside the prices already.",
        {
            "kind": "name", "amount": _MONEY, "of_traded": "fraction of the traded value",
            "of_equity": "fraction of the starting equity",
        },
    ),
    "recorded": About("What the strategy recorded.", {"day": _DAY}),
}  # fmt: skip
"""The tables that are written, and the unit of every column; an empty unit means that the name says it."""


def result_tables(session: AnySession) -> dict[str, pd.DataFrame]:
    """The tables of a run by name, indexes as columns; `recorded` only when something was."""
    tables = session.tables
    found = {name: getattr(session, name) for name in ("orders", "fills", "positions", "events")}
    found["equity"] = session.equity.to_frame()
    found |= {name: getattr(tables, name) for name in TABLES if name not in found}
    if found["recorded"].empty:
        del found["recorded"]
    found["fills"] = found["fills"].rename_axis("seq")
    return {
        name: found[name] if found[name].index.name is None else found[name].reset_index()
        for name in TABLES
        if name in found
    }


def results_folder(directory: str | Path, form: str) -> Folder:
    """The folder of results, checked: what is written will find its place, and nobody else's files are in the way.

    Asked before a run, so that no run is lost for the want of a folder.

    Raises
    ------
    UsageError
        Not a format, a folder that cannot be written to, or other people's files of the same names in it.
    """
    choose("format", form, FORMATS)
    folder = Folder(directory, "save_results")
    folder.check([*(f"{name}.{form}" for name in TABLES), README, PAGE])
    return folder


def save_results(session: AnySession, directory: str | Path, form: str) -> list[Path]:
    """Write the tables, a README of their units and the tear-sheet page; see :meth:`Session.save_results`."""
    folder = results_folder(directory, form)
    tables = result_tables(session)
    # What an earlier run left would be taken for this one's.
    with folder.filled(stale=[PAGE, *(f"{name}.{kind}" for name in TABLES for kind in FORMATS)]) as draft:
        for name, frame in tables.items():
            path = draft / f"{name}.{form}"
            if form == "parquet":
                frame.to_parquet(path, index=False)
            else:
                without_formulas(frame).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        pages = [PAGE] if _tear_sheet(session, draft / PAGE) else []
        (draft / README).write_text(_readme(session, tables, form, pages), encoding="utf-8", newline="\n")
    return [folder.path / name for name in [*(f"{name}.{form}" for name in tables), README, *pages, LIST]]


def _tear_sheet(session: AnySession, path: Path) -> bool:
    """Write the tear-sheet page; False, with a notice, where a package that draws it is not installed."""
    try:
        session.report(path)
    except ModuleNotFoundError as problem:
        package = str(problem.name).partition(".")[0]
        if package == "qresearch":
            raise
        session.notices.tell(
            f"The tear-sheet was left out: it is drawn with {package}, which is not installed. "
            f"Install it with: pip install {package}"
        )
        return False
    return True


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose texts no spreadsheet takes for a formula: an apostrophe stands before such a text.

    Numbers stay numbers, and a text that is a number stays as it is.

    >>> without_formulas(pd.DataFrame({"text": ["=1+1", "-5", "a=b"], "cash": [-1.0, 2.0, 3.0]})).values.tolist()
    [["'=1+1", -1.0], ['-5', 2.0], ['a=b', 3.0]]
    """
    made = frame.rename(columns=_harmless)
    for place, kind in enumerate(frame.dtypes):
        if isinstance(kind, pd.StringDtype) or pd.api.types.is_object_dtype(kind):
            made.isetitem(place, frame.iloc[:, place].map(_harmless).array)
    return made


def _harmless(value: object) -> object:
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def _readme(session: AnySession, tables: Mapping[str, pd.DataFrame], form: str, pages: Sequence[str]) -> str:
    """What each file holds, with the unit of every column."""
    currency = session.market.venue.money.currency or "the currency of the data"
    lines = [
        f"# Results of {_plain(session.strategy.name)}",
        "",
        _plain(repr(session)),
        "",
        f"Money is in {currency}. Fractions are not percent: 0.01 is 1 %. Missing values are empty (NaN).",
        f"Digest of the run: `{session.digest()}`.",
        *(f"The tear-sheet is `{page}`." for page in pages),
    ]
    if form == "csv":
        lines.append("An apostrophe stands before a text that a spreadsheet would take for a formula.")
    for name, frame in tables.items():
        about = TABLES[name]
        lines += [
            "",
            f"## {name}.{form}",
            "",
            f"{about.text} {len(frame):,} rows.",
            "",
            "| column | unit |",
            "|---|---|",
        ]
        lines += [f"| {_plain(str(column))} | {about.columns.get(str(column), '')} |" for column in frame.columns]
        if {"measure", "unit"} <= set(frame.columns):
            lines += ["", "| measure | unit |", "|---|---|"]
            lines += [f"| {row.measure} | {row.unit} |" for row in frame.itertuples()]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text in Markdown as what it is: no HTML, no markup, no break of a line or of a table."""
    return re.sub(r"([\\`*\[\]|#~]|(?<!\w)_|_(?!\w))", r"\\\1", escape(" ".join(text.split()), quote=False))
