"""A market as files that :func:`~qresearch.sources.tabular.read_market` reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from qresearch.market.market import Market
from qresearch.market.panel import FIELDS


def write_market(market: Market, folder: str | Path) -> list[Path]:
    """Write bars, instruments, corporate actions and the benchmark.

    Parameters
    ----------
    market : Market
    folder : path
        Made when it is not there; files of the same names are replaced.

    Returns
    -------
    list of Path
        ``market_daily.parquet`` first: the path for ``read_market``, which finds the others beside it.

    Examples
    --------
    >>> import tempfile, qresearch as qr
    >>> folder = tempfile.mkdtemp()
    >>> paths = write_market(qr.sample_market(), folder)
    >>> [path.name for path in paths]
    ['market_daily.parquet', 'market_instruments.csv', 'market_corporate_actions.csv', 'market_index.parquet']
    >>> qr.read_market(paths[0]).panel.fingerprint == qr.sample_market().panel.fingerprint
    True
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    panel = market.panel
    columns, days = np.nonzero((~np.isnan(panel.close) | panel.paused).T)
    bars = pd.DataFrame(
        {
            "date": panel.days[days].astype("datetime64[s]"),
            "symbol": np.array(panel.symbols, dtype=object)[columns],
            **{name: getattr(panel, name)[days, columns] for name in FIELDS},
            "paused": panel.paused[days, columns],
            "is_st": panel.is_st[days, columns],
        }
    )
    if not market.venue.has_rules:
        bars = bars.drop(columns=["limit_up", "limit_down", "is_st"])
    instruments = pd.DataFrame(
        {
            "symbol": panel.symbols,
            "name": [share.name for share in market.instruments],
            "board": [share.board.value for share in market.instruments],
            "list_date": [share.list_date for share in market.instruments],
            "delist_date": [share.delist_date for share in market.instruments],
            "same_day_sale": [share.same_day_sale for share in market.instruments],
            "limit_ratio": [share.limit_ratio for share in market.instruments],
        }
    )
    actions = pd.DataFrame(
        [
            {
                "symbol": panel.symbols[action.column],
                "ex_date": panel.days[action.ex_day],
                "cash_per_share": action.cash if action.resolved else None,
                "bonus_per_share": action.bonus if action.resolved else None,
                "rights_per_share": action.rights if action.resolved else None,
                "rights_price": action.rights_price,
            }
            for action in market.actions
        ],
        columns=["symbol", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price"],
    )
    paths = [target / f"market_{name}" for name in ("daily.parquet", "instruments.csv", "corporate_actions.csv")]
    bars.to_parquet(paths[0], index=False)
    instruments.to_csv(paths[1], index=False)
    actions.to_csv(paths[2], index=False)
    if market.benchmark is not None:
        paths.append(target / "market_index.parquet")
        series = market.benchmark
        pd.DataFrame(
            {"date": series.days.astype("datetime64[s]"), "symbol": series.name, "close": series.close}
        ).to_parquet(paths[-1], index=False)
    return paths
