"""``data``: what a strategy sees of the market."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from qresearch.domain.calls import told_calls
from qresearch.market.panel import Floats
from qresearch.session.now import moment_of
from qresearch.session.port import AnySession


@told_calls
class BarData:
    """What a strategy sees of the market now: nothing beyond the present day and phase.

    ``data["600519"]`` is the last whole bar as a mapping of field to value; ``for symbol in data`` walks all symbols of
    the market, those that are not listed yet too.

    Examples
    --------
    >>> import qresearch as qr
    >>> def look(context, data):
    ...     print(len(data), "600519" in data, round(data["604018"]["close"], 2))
    >>> session = qr.Session(qr.sample_market(), start="2022-03-11", strategy=look).step()
    31 False 9.52
    """

    __slots__ = ("_session", "_simulation")

    def __init__(self, session: AnySession) -> None:
        self._session, self._simulation = session, session.simulation

    def __getitem__(self, symbol: str) -> dict[str, float]:
        view = self._simulation.view
        column = view.market.column(symbol)
        return view.last_bar(column)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._simulation.market.panel.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._simulation.market.symbols)

    def __len__(self) -> int:
        return len(self._simulation.market.symbols)

    def __repr__(self) -> str:
        moment = self._session.words.tell(moment_of(self._simulation))
        return f"<BarData of {len(self)} symbols, {moment}>"

    def current(self, symbol: str) -> float:
        """The last visible price, currency per share; NaN when there has been none."""
        view = self._simulation.view
        return view.last_price(view.market.column(symbol))

    def array(self, field: str, frequency: str = "day") -> Floats:
        """All whole bars up to now: a read-only (K, N) array of one field, unadjusted, one column per symbol."""
        return self._simulation.view.array(field, frequency)

    def history(
        self,
        symbols: str | list[str] | None = None,
        count: int = 20,
        field: str = "close",
        adjust: str = "pre",
        frequency: str = "day",
    ) -> pd.DataFrame:
        """The last bars of a field; see :meth:`Session.history`."""
        return self._session.history(symbols, count, field, adjust, frequency)

    @property
    def day(self) -> int:
        """Index of the present day in the arrays."""
        return self._simulation.account.day
