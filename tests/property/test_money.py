"""Integer money: what is rounded, which way, for numbers of either sign; one by one and many at once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_invariants import examples

from qresearch.domain.money import RATE_SCALE, MoneyScale, divide
from qresearch.engine import ledger
from qresearch.engine.fees import Part

SCALES = st.sampled_from(
    [
        MoneyScale("CNY", 100, 1000),
        MoneyScale("CNY", 1000, 1000),
        MoneyScale("JPY", 1, 100),
        MoneyScale("USD", 10_000, 100),
    ]
)
PRICES = st.floats(-1e6, 1e6, allow_nan=False).map(lambda price: round(price, 4))
SHARES = st.integers(-1_000_000, 1_000_000)


def away_from_zero(value: Fraction) -> int:
    """The nearest integer; a tie goes away from zero."""
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return size if value >= 0 else -size


@pytest.mark.parametrize(
    ("numerator", "rounded"), [(5, 1), (4, 0), (0, 0), (-4, 0), (-5, -1), (-6, -1), (-14, -1), (-15, -2), (15, 2)]
)
def test_a_tie_goes_away_from_zero(numerator: int, rounded: int) -> None:
    """Protects what is owed: a debt of half a fen is as large as a claim of half a fen."""
    assert divide(numerator, 10) == rounded


@examples(300)
@given(numerator=st.integers(), denominator=st.integers(1))
def test_division_is_exact_and_the_same_on_both_sides_of_zero(numerator: int, denominator: int) -> None:
    """Protects postings of any size: no float on the way, and a change of sign changes the sign alone."""
    assert divide(numerator, denominator) == away_from_zero(Fraction(numerator, denominator))
    assert divide(-numerator, denominator) == -divide(numerator, denominator)


AMOUNTS = st.one_of(
    st.floats(-1e12, 1e12, allow_nan=False),
    st.integers(-(10**12), 10**12).map(lambda steps: steps / 1000),  # ties of fen among them
    st.integers(-(10**6), 10**6).map(lambda steps: steps + 0.005),
)


@examples(400)
@given(scale=SCALES, amount=AMOUNTS)
def test_an_amount_is_rounded_as_it_is_written(scale: MoneyScale, amount: float) -> None:
    """Protects the short way to money: what is written in decimals is rounded half away from zero, never the float."""
    assert scale.money("cash", amount) == away_from_zero(Fraction(repr(amount)) * scale.units)


@examples(300)
@given(scale=SCALES, steps=st.integers(-(10**9), 10**9), shares=SHARES)
def test_a_price_below_zero_is_read_and_valued_like_one_above(scale: MoneyScale, steps: int, shares: int) -> None:
    """Protects prices of spreads: a price on the grid is read as its number of steps, whatever its sign.

    So is the value of shares: to the money step, half away from zero, for a price and a quantity of either sign.
    """
    assert scale.price_units(steps / scale.price_scale) == steps
    value = scale.notional(steps, shares)
    assert value == away_from_zero(Fraction(steps * shares * scale.units, scale.price_scale))
    assert scale.notional(-steps, shares) == scale.notional(steps, -shares) == -value


@examples(300)
@given(scale=SCALES, fills=st.lists(st.tuples(PRICES, SHARES)))
def test_many_at_once_are_what_each_is_alone(scale: MoneyScale, fills: list[tuple[float, int]]) -> None:
    """Protects the two ways through a match: arrays of prices and quantities give what the single fills give."""
    prices, shares = np.array([price for price, _ in fills]), np.array([held for _, held in fills], dtype=np.int64)
    units = ledger.price_units(scale, prices)
    assert units.tolist() == [scale.price_units(price) for price in prices.tolist()]
    alone = [scale.notional(*fill) for fill in zip(units.tolist(), shares.tolist(), strict=True)]
    assert ledger.notionals(scale, units, shares).tolist() == alone
    assert scale.values(prices.tolist(), shares.tolist()) == alone
    assert scale.values(abs(prices).tolist(), abs(shares).tolist()) == [abs(value) for value in alone]
    turned = [value if price >= 0 else -value for price, value in zip(prices.tolist(), alone, strict=True)]
    assert scale.values(abs(prices).tolist(), shares.tolist()) == turned
    # Of one sign alone: the fast arm.
    assert ledger.notionals(scale, abs(units), abs(shares)).tolist() == [abs(value) for value in alone]


RATES = st.one_of(st.integers(0, 10**9 - 1), st.integers(0, 400).map(lambda points: points * 25_000))


@examples(300)
@given(
    bought=RATES, sold=RATES, minimum=st.integers(0, 10_000),
    fills=st.lists(st.tuples(st.booleans(), st.integers(0, 10**13)), min_size=1),
)  # fmt: skip
def test_a_fee_is_its_rate_half_up_one_by_one_and_many_at_once(
    bought: int, sold: int, minimum: int, fills: list[tuple[bool, int]]
) -> None:
    """Protects fees: in lowest terms and by arrays they are what the rate says, and at least the minimum."""
    part = Part("levy", np.array([bought]), np.array([sold]), minimum)
    wanted = [
        max(away_from_zero(Fraction(value * (bought if buys else sold), RATE_SCALE)), minimum) for buys, value in fills
    ]
    quantities, values = [100 if buys else -100 for buys, _ in fills], [value for _, value in fills]
    assert [part.charged(0, *fill) for fill in zip(quantities, values, strict=True)] == wanted
    boards = [0] * len(fills)
    assert part.of_each(boards, quantities, values) == wanted
    columns = (np.array(column, dtype=np.int64) for column in (boards, quantities, values))
    assert part.of_all(*columns, part.highest).tolist() == wanted
