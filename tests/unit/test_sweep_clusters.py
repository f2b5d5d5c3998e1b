"""Sweeps on real clusters of this machine: Dask and Ray give the table of one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qresearch as qr

pytestmark = pytest.mark.cluster

MARKET = qr.sample_market()
SPAN: dict[str, Any] = {"start": "2022-01-04", "end": "2022-02-28", "progress": False}


def hold(context: Any, data: Any, symbol: str, shares: int) -> None:
    """Buy once, and hold; a thousand shares too many raise."""
    if shares == 4242:
        raise ValueError("no such size")
    if not context.portfolio.positions:
        context.order(symbol, shares)


def grid(count: int) -> list[dict[str, Any]]:
    """Some sets, one of which fails."""
    sets = [{"symbol": ("604018", "604052")[number % 2], "shares": 100 + 10 * number} for number in range(count - 1)]
    return [*sets, {"symbol": "604018", "shares": 4242}]


def test_a_thousand_runs_on_dask_and_on_all_cores(tmp_path: Path) -> None:
    """Protects clusters: 1,000 sets on two workers of Dask and on loky come to what they come to in one process."""
    distributed = pytest.importorskip("distributed")
    alone = qr.sweep(hold, MARKET, grid(1000), **SPAN)
    assert alone.table.error.ne("").sum() == 1
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        half = qr.sweep(hold, MARKET, grid(1000)[:500], backend="dask", file=tmp_path / "sweep.sqlite", **SPAN)
        assert len(half.table) == 500
        found = qr.sweep(
            hold,
            MARKET,
            grid(1000),
            backend="dask",
            file=tmp_path / "sweep.sqlite",
            shared=tmp_path / "markets",
            **SPAN,
        )
    pd.testing.assert_frame_equal(found.table, alone.table, check_exact=True)
    pd.testing.assert_frame_equal(qr.sweep(hold, MARKET, grid(1000), n_jobs=2, **SPAN).table, alone.table)
    for row in (0, 499, 998):
        assert found.session(row).digest() == alone.table.digest[row]
    assert [path.name[:7] for path in (tmp_path / "markets").iterdir()] == ["market-"]


def test_ray() -> None:
    """Protects the other cluster: two workers of Ray come to the same, errors included."""
    ray = pytest.importorskip("ray")
    alone = qr.sweep(hold, MARKET, grid(40), **SPAN)
    ray.init(
        num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False, logging_level="ERROR"
    )
    try:
        found = qr.sweep(hold, MARKET, grid(40), backend="ray", **SPAN)
    finally:
        ray.shutdown()
    pd.testing.assert_frame_equal(found.table, alone.table, check_exact=True)
    assert found.session(3).digest() == alone.table.digest[3]


def test_dask_without_a_cluster_says_how_to_connect() -> None:
    """Protects the first try: nobody is connected, and the message is what to write."""
    pytest.importorskip("distributed")
    with pytest.raises(qr.UsageError, match=r"client = Client\(\)"):
        qr.sweep(hold, MARKET, grid(2), backend="dask", **SPAN)
