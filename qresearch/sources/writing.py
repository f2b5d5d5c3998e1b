"""A market as files that :func:`~qresearch.sources.tabular.read_market` reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from qresearch.files import Folder
from qresearch.market.market import Market
from qresearch.market.panel import FIELDS

FILES = ("market_daily.parquet", "market_instruments.csv", "market_corporate_actions.csv", "market_index.parquet")


def write_market(market: Market, folder: str | Path) -> list[Path]:
    """Write bars, instruments, corporate actions and the benchmark.

    Parameters
    ----------
    market : Market
    folder : path
        Made when it is not there; files that were written here before are replaced.

    Returns
    -------
    list of Path
        ``market_daily.parquet`` first: the path for ``read_market``, which finds the others beside it.

    Raises
    ------
    UsageError
        Other files of these names are there, or nothing can be written; pass another folder.

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
    target = Folder(folder, "write_market")
    names = FILES if market.benchmark is not None else FILES[:-1]
    target.check(names)
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
    if not market.venue.rules.has_limits:
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
                "symbol": panel.symbols[action.instrument],
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
    with target.filled(stale=FILES) as draft:
        bars.to_parquet(draft / FILES[0], index=False)
        instruments.to_csv(draft / FILES[1], index=False)
        actions.to_csv(draft / FILES[2], index=False)
        if market.benchmark is not None:
            series = market.benchmark
            pd.DataFrame(
                {"date": series.days.astype("datetime64[s]"), "symbol": series.name, "close": series.close}
            ).to_parquet(draft / FILES[3], index=False)
    return [target.path / name for name in names]
