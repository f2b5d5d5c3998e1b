"""BaoStock: free daily data of Shanghai and Shenzhen, with ST flags and suspensions day by day.

Columns and codes are those of its documentation and of its package 0.9.4: every value of an answer is text, a symbol is
``sh.600519``, ``adjustflag="3"`` is unadjusted, ``tradestatus`` 1 traded and 0 suspended, volume counts shares. It has
no shares of Beijing. Rights issues have a factor and no amounts, so they are booked as shares.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from qresearch.domain.instrument import canonical_symbol, split_symbol
from qresearch.errors import NotSupported
from qresearch.sources.vendor import (
    ACTIONS,
    FACTORS,
    LISTINGS,
    VendorError,
    between,
    client_of,
    columns_of,
    dates,
    numbers,
)

_BARS = ("date", "open", "high", "low", "close", "preclose", "volume", "amount", "tradestatus", "isST")
_DIVIDENDS = ("dividOperateDate", "dividCashPsBeforeTax", "dividStocksPs", "dividReserveToStockPs")
_MEMBERS = {"000300.SH": "query_hs300_stocks", "000016.SH": "query_sz50_stocks", "000905.SH": "query_zz500_stocks"}
_TIMEOUT = 60.0


class _Wire:
    """The vendor's socket, with an end: its package reads on for ever from a connection that was closed."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        socket.settimeout(_TIMEOUT)

    def recv(self, size: int) -> bytes:
        received: bytes = self._socket.recv(size)
        if not received:
            raise ConnectionError("the vendor closed the connection")
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class Baostock:
    """BaoStock behind :class:`~qresearch.sources.vendor.Vendor`.

    Parameters
    ----------
    client : module, optional
        Stands in for the package ``baostock``, for tests.
    """

    name = "baostock"
    warned_by = ""

    def __init__(self, client: Any = None) -> None:
        self._client = client
        self._logged_in = False

    def bars(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Unadjusted daily bars with published reference prices, ST flags and suspended days."""
        found = self._ask(
            _BARS, "query_history_k_data_plus", _code(symbol), ",".join(_BARS),
            start_date=start.isoformat(), end_date=end.isoformat(), frequency="d", adjustflag="3",
        )  # fmt: skip
        table = pd.DataFrame({"date": dates(found["date"])})
        for name in ("open", "high", "low", "close"):
            table[name] = numbers(found[name])
        table["volume"] = numbers(found["volume"]).fillna(0.0)
        table["turnover"] = numbers(found["amount"])
        table["pre_close"] = numbers(found["preclose"])
        table["is_st"] = found["isST"].astype(str) == "1"
        table["paused"] = found["tradestatus"].astype(str) == "0"
        return table

    def factors(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Backward adjustment factors by ex-date."""
        found = self._ask(
            ("dividOperateDate", "backAdjustFactor"), "query_adjust_factor", _code(symbol),
            start_date=start.isoformat(), end_date=end.isoformat(),
        )  # fmt: skip
        table = pd.DataFrame(
            {"ex_date": dates(found["dividOperateDate"]), "factor": numbers(found["backAdjustFactor"])}
        )
        return between(table[list(FACTORS)].dropna(), start, end, "ex_date")

    def actions(self, symbol: str, start: dt.date, end: dt.date, ex_days: Sequence[dt.date]) -> pd.DataFrame:
        """Dividends and bonus shares by ex-date, asked for in the years that have one."""
        years = [
            self._ask(_DIVIDENDS, "query_dividend_data", code=_code(symbol), year=str(year), yearType="operate")
            for year in sorted({day.year for day in ex_days})
        ]
        nothing = columns_of(pd.DataFrame(), _DIVIDENDS, "")
        found = pd.concat([part for part in years if len(part)] or [nothing], ignore_index=True).drop_duplicates()
        # A zero stands for a part that there was not; empty is the same here.
        bonus = numbers(found["dividStocksPs"]).fillna(0.0) + numbers(found["dividReserveToStockPs"]).fillna(0.0)
        table = pd.DataFrame(
            {
                "ex_date": dates(found["dividOperateDate"]),
                "cash_per_share": numbers(found["dividCashPsBeforeTax"]).fillna(0.0),
                "bonus_per_share": bonus,
                "rights_per_share": 0.0,
                "rights_price": float("nan"),
            }
        )
        table = table.dropna(subset=["ex_date"]).groupby("ex_date", as_index=False).sum(min_count=1)
        return between(table[list(ACTIONS)], start, end, "ex_date")

    def index(self, symbol: str, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Daily closes of an index."""
        found = self._ask(
            ("date", "close"), "query_history_k_data_plus", _code(symbol), "date,close",
            start_date=start.isoformat(), end_date=end.isoformat(), frequency="d", adjustflag="3",
        )  # fmt: skip
        return pd.DataFrame({"date": dates(found["date"]), "close": numbers(found["close"])})

    def listings(self) -> pd.DataFrame:
        """All shares, indexes left out."""
        found = self._ask(("code", "code_name", "ipoDate", "outDate", "type"), "query_stock_basic")
        found = found[found["type"].astype(str) != "2"]
        table = pd.DataFrame(
            {
                "symbol": [canonical_symbol(code) for code in found["code"]],
                "name": found["code_name"].astype(str).to_numpy(),
                "list_date": dates(found["ipoDate"]).to_numpy(),
                "delist_date": dates(found["outDate"]).to_numpy(),
            }
        )
        return table[list(LISTINGS)]

    def calendar(self, start: dt.date, end: dt.date) -> pd.DataFrame:
        """Trading days."""
        found = self._ask(
            ("calendar_date", "is_trading_day"), "query_trade_dates",
            start_date=start.isoformat(), end_date=end.isoformat(),
        )  # fmt: skip
        return pd.DataFrame({"date": dates(found["calendar_date"][found["is_trading_day"].astype(str) == "1"])})

    def members(self, index: str, day: dt.date) -> pd.DataFrame:
        """Members of CSI 300, SSE 50 or CSI 500 as they were on that day.

        Raises
        ------
        NotSupported
            Another index; pass one of those named.
        """
        if index not in _MEMBERS:
            raise NotSupported(
                f"index={index!r}: BaoStock keeps the members of {', '.join(_MEMBERS)}. Pass one of these, or symbols."
            )
        found = self._ask(("updateDate", "code"), _MEMBERS[index], date=day.isoformat())
        return pd.DataFrame({"symbol": [canonical_symbol(code) for code in found["code"]]})

    def reconnect(self) -> None:
        """Log in again before the next question."""
        self._logged_in = False

    def _ask(self, names: tuple[str, ...], call: str, *args: object, **options: object) -> pd.DataFrame:
        """All rows of an answer, with the columns named."""
        answer = self._quietly(lambda client: getattr(client, call)(*args, **options))
        if answer is None or str(answer.error_code) != "0":
            told = "nothing" if answer is None else f"{answer.error_code} {answer.error_msg}"
            raise VendorError(f"{call} answered {told}")
        rows = []

        def more(_: Any) -> bool:
            return bool(answer.next())

        # The package's own get_data uses what pandas no longer has, once an answer has a second page.
        while self._quietly(more):
            rows.append(answer.get_row_data())
        if str(answer.error_code) != "0":
            raise VendorError(f"{call} answered {answer.error_code} {answer.error_msg} on a later page")
        return columns_of(pd.DataFrame(rows, columns=list(answer.fields) if rows else None), names, f"baostock {call}")

    def _quietly(self, ask: Callable[[Any], Any]) -> Any:
        """Ask while logged in; what the package prints is dropped, its errors come back as codes."""
        with contextlib.redirect_stdout(io.StringIO()) as said:
            if self._client is None:
                self._client = client_of("baostock")
            if not self._logged_in:
                answer = self._client.login()
                if answer is None or str(answer.error_code) != "0":
                    told = said.getvalue().strip() if answer is None else f"{answer.error_code} {answer.error_msg}"
                    raise VendorError(f"login answered {told}")
                self._guard()
                self._logged_in = True
            return ask(self._client)

    def _guard(self) -> None:
        context = getattr(getattr(self._client, "common", None), "context", None)
        wire = getattr(context, "default_socket", None)
        if context is not None and wire is not None and not isinstance(wire, _Wire):
            context.default_socket = _Wire(wire)


def _code(symbol: str) -> str:
    """The vendor's spelling.

    Raises
    ------
    NotSupported
        Shares of Beijing; take akshare for them.
    """
    code, suffix = split_symbol(symbol)
    if suffix not in ("SH", "SZ"):
        raise NotSupported(f"{symbol}: BaoStock has Shanghai and Shenzhen only. Leave it out, or take akshare.")
    return f"{suffix.lower()}.{code}"
