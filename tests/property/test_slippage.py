"""One fill slips as it does among many: the two ways through the models of slippage are held against each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qresearch.domain.settings import Slippage
from qresearch.engine.slippage import SLIPPAGE_KINDS, slipped, slipped_alone

PRICES = st.one_of(
    st.integers(1, 2_000_000).map(lambda units: units / 1000),
    st.floats(0.001, 5_000, allow_nan=False, allow_infinity=False),
)
FILLS = st.tuples(
    PRICES,
    st.integers(1, 10_000_000),
    st.sampled_from([1, -1]),
    st.one_of(st.sampled_from([0.0, float("inf"), float("nan")]), st.floats(1, 1e9)),
    st.sampled_from([0.0, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.2, 1.0, 10.0]),
)
SIZES = st.one_of(st.sampled_from([0.0, 0.01, 0.02, 5.0, 0.00246]), st.floats(0, 1000))


@given(st.sampled_from(SLIPPAGE_KINDS), SIZES, st.lists(FILLS, min_size=1, max_size=8))
def test_one_fill_slips_as_among_many(
    kind: str, size: float, fills: list[tuple[float, int, int, float, float]]
) -> None:
    """Protects every clock from another price: to the last bit, on and off the tick, with and without a volume."""
    model = Slippage(kind, size)
    prices, sizes, sides, volumes, steps = map(np.array, zip(*fills, strict=True))
    many = slipped(model, prices, sizes * sides, volumes, steps)
    alone = [slipped_alone(model, price, shares * side, volume, step) for price, shares, side, volume, step in fills]
    assert many.tolist() == alone
