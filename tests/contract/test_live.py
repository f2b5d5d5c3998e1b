"""The vendors themselves, over the network: only when asked for."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

import qresearch as qr

pytestmark = pytest.mark.skipif(
    not os.environ.get("QRESEARCH_LIVE"),
    reason="asks data vendors over the network; set the environment variable QRESEARCH_LIVE=1 to run it",
)


@pytest.mark.parametrize("vendor", ["akshare", "baostock"])
def test_a_month_of_a_known_share(vendor: str, tmp_path: Path) -> None:
    """Protects the contract with the vendor: closes, reference price and dividend of 600519.SH around 2023-06-30."""
    if importlib.util.find_spec(vendor) is None:
        pytest.skip(f"the package {vendor} is not installed: pip install 'qresearch[{vendor}]'")
    fetch = getattr(qr.Market, f"from_{vendor}")
    market = fetch(["600519"], "2023-06-26", "2023-07-06", cache=tmp_path, progress=False)
    panel = market.panel
    assert panel.close[:, 0].tolist() == [1709.0, 1711.05, 1728.38, 1713.71, 1691.0, 1724.1, 1730.6, 1715.38, 1702.98]
    assert panel.pre_close[4, 0] == 1687.8
    assert panel.volume[4, 0] == pytest.approx(2045869, abs=100)
    (action,) = market.actions
    assert (str(market.days[action.ex_day]), action.cash) == ("2023-06-30", 25.911)
