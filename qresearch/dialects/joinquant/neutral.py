"""``neutralize``: what is left of a factor when industries and size explain all that they can."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qresearch.dialects.joinquant.bars import to_day
from qresearch.dialects.joinquant.frames import DataFrame, Series
from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.symbols import spelled
from qresearch.dialects.joinquant.tables import as_of, in_force
from qresearch.errors import UsageError

_CAPS = ("market_cap", "circulating_market_cap")
_DEFAULT = ("jq_l1", "market_cap")


class Neutral:
    """``neutralize`` for one script.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def neutralize(  # as documented by the platform
        self, data: Any, how: Any = None, date: Any = None, axis: int = 1, fillna: str | None = None,
        add_constant: bool = False,
    ) -> Any:  # fmt: skip
        """Residuals of a least-squares fit of a factor on industries and sizes.

        Parameters
        ----------
        data : Series by code, or DataFrame
        how : str or list of str, optional
            Classifications of the table ``industries`` ("sw_l1", "jq_l1"), "market_cap" or "circulating_market_cap",
            also with ``ln_`` before it, or columns of the table ``factors``. Default: "jq_l1" and "market_cap".
        date : date, optional
            Day as of which they are read, never after the day before the present one; its default.
        axis : int
            Of a frame, 1: each row is a cross-section of codes; 0: each column is.
        fillna : str, optional
            A classification: what is missing becomes the mean of its industry.
        add_constant : bool
            Fit a constant too.

        Returns
        -------
        Series or DataFrame
            Of the same shape; NaN where the factor or what should explain it is unknown.

        Raises
        ------
        UsageError
            A table is missing, or holds no such classification; bring it with data=.
        """
        before = pd.Timestamp(self._run.previous_date)
        day = before if date is None else min(to_day(date), before)
        wanted = [how] if isinstance(how, str) else list(_DEFAULT if how is None else how)

        def residuals(values: pd.Series) -> pd.Series:
            codes = [spelled(str(code)) for code in values.index]
            held = values.astype(np.float64).replace([np.inf, -np.inf], np.nan)
            if fillna is not None:
                groups = self._industry(fillna, day).reindex(codes).to_numpy()
                held = held.fillna(held.groupby(groups).transform("mean"))
            known = pd.concat([self._explaining(name, codes, day) for name in wanted], axis=1).to_numpy(np.float64)
            if add_constant:
                known = np.column_stack([known, np.ones(len(codes))])
            found: Any = held.to_numpy()  # the stubs do not say which floats
            return Series(_left_over(found, known), index=values.index, name=values.name)

        if isinstance(data, pd.DataFrame):
            frame: Any = data  # the stubs know no axis given as a number
            return DataFrame(frame.apply(residuals, axis=axis))
        return residuals(data if isinstance(data, pd.Series) else Series(data))

    def _explaining(self, name: str, codes: list[str], day: pd.Timestamp) -> pd.DataFrame:
        """What explains: a column of 0 and 1 for each industry, or one column of sizes."""
        size = name.removeprefix("ln_")
        if size in _CAPS:
            table = self._run.tables.table("valuation", needed_by="neutralize")
            values = as_of(table, day, "day").drop_duplicates("code").set_index("code")[size].reindex(codes)
            return pd.DataFrame({name: np.log(values) if name != size else values})
        if "factors" in self._run.tables:
            table = self._run.tables.table("factors", needed_by="neutralize")
            if name in table:
                return as_of(table, day).drop_duplicates("code").set_index("code")[[name]].reindex(codes)
        return pd.get_dummies(self._industry(name, day).reindex(codes))

    def _industry(self, name: str, day: pd.Timestamp) -> pd.Series:
        """Industry of each code in a classification."""
        table = in_force(self._run.tables.table("industries", needed_by="neutralize"), day)
        if "classification" in table:
            known = ", ".join(sorted(table["classification"].astype(str).unique()))
            table = table[table["classification"] == name]
            if not len(table):
                raise UsageError(
                    f"neutralize: the table 'industries' of data= has no classification {name!r}; it has {known}. Name "
                    "one of them in how=, or market_cap, or add rows."
                )
        found: pd.Series = table.drop_duplicates("code").set_index("code")["industry_code"]
        return found


def _left_over(values: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals where everything is known; a code without an industry is none of those."""
    whole = ~np.isnan(values) & ~np.isnan(known).any(axis=1) & (known != 0).any(axis=1)
    found = np.full(len(values), np.nan)
    if whole.any():
        fit, *_ = np.linalg.lstsq(known[whole], values[whole], rcond=None)
        found[whole] = values[whole] - known[whole] @ fit
    return found
