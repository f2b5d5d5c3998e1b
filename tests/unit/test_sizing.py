"""From what is asked to what is sent, on shares at 10.00 yuan."""

from __future__ import annotations

import pandas as pd
import pytest
from hand import flat, market, session

import qresearch as qr
from qresearch import terms

SH, STAR, BSE, ETF = "600001.SH", "688001.SH", "430001.BJ", "510001.SH"


def holding(shares: int, symbol: str = SH, **options: object) -> qr.Session:
    """A session that holds shares from its beginning."""
    begun = qr.Session(flat(symbol, days=8), costs="zero", start="2024-01-03", positions={symbol: shares},
                       positions_paid=False, **({"cash": 100_000} | options))  # fmt: skip
    return begun.step()


@pytest.mark.parametrize(
    ("asked", "sent"),
    [(100, 100), (150, 100), (151, 200), (149, 100), (250, 200), (350, 300), (351, 400), (51, 100), (1040, 1000)],
)
def test_a_buy_rounds_to_the_nearest_lot_and_a_tie_goes_down(asked: int, sent: int) -> None:
    """Protects the documented rounding of order(); the ticket keeps what was sent and the table what was asked."""
    run = session(flat())
    ticket = run.order(SH, asked)
    assert (ticket.quantity, ticket.status.value) == (sent, "QUEUED")
    assert run.orders.loc[1, "asked"] == f"order {asked:,}"


@pytest.mark.parametrize("asked", [1, 49, 50])
def test_less_than_half_a_lot_is_refused(asked: int) -> None:
    """Protects against orders that vanish: what rounds to nothing is kept as rejected, with its reason."""
    ticket = session(flat()).order(SH, asked)
    assert (ticket.status.value, ticket.reason, ticket.quantity, ticket.leaves) == ("REJECTED", "LOT_SIZE", asked, 0)
    expected = "1 share is" if asked == 1 else f"{asked} shares are"
    assert f"{expected} not whole lots of 100" in ticket.why


@pytest.mark.parametrize(
    ("symbol", "asked", "sent"),
    [(STAR, 199, None), (STAR, 200, 200), (STAR, 201, 201), (STAR, 1, None), (STAR, 1234, 1234),
     (BSE, 99, None), (BSE, 100, 100), (BSE, 101, 101), (ETF, 150, 100), (ETF, 151, 200)],
)  # fmt: skip
def test_lots_by_board(symbol: str, asked: int, sent: int | None) -> None:
    """Protects the minimum of STAR (200, then 1) and Beijing (100, then 1), and the hundreds of funds."""
    ticket = session(flat(symbol)).order(symbol, asked)
    if sent is None:
        assert (ticket.status.value, ticket.reason) == ("REJECTED", "MINIMUM_SIZE")
    else:
        assert (ticket.status.value, ticket.quantity) == ("QUEUED", sent)


@pytest.mark.parametrize(
    ("asked", "sent"), [(100, 100), (150, 150), (130, 100), (50, 50), (350, 350), (340, 300), (300, 300)]
)
def test_a_sale_of_an_odd_holding(asked: int, sent: int) -> None:
    """Protects odd lots: of 350 shares whole lots may go, and the odd 50 only in one piece."""
    assert holding(350).order(SH, -asked).quantity == -sent


@pytest.mark.parametrize("asked", [20, 49, 51, 99])
def test_a_part_of_an_odd_lot_cannot_be_sold(asked: int) -> None:
    """Protects the rule that an odd remainder goes in one piece."""
    ticket = holding(350).order(SH, -asked)
    assert (ticket.status.value, ticket.reason) == ("REJECTED", "LOT_SIZE")


@pytest.mark.parametrize(("asked", "sent"), [(200, 200), (250, 250), (201, 201), (499, 499), (500, 500), (300, 300)])
def test_a_star_sale_of_200_or_more_may_have_any_size(asked: int, sent: int) -> None:
    """Protects sales on STAR: 200 at least, in steps of one share."""
    assert holding(500, STAR).order(STAR, -asked).quantity == -sent


@pytest.mark.parametrize(("target", "sent"), [(250, -250), (0, -500), (299, -201), (300, -200)])
def test_a_star_target_is_met_to_the_share(target: int, sent: int) -> None:
    """Protects targets on STAR, where the step is one share: what is left never exceeds what was asked."""
    assert holding(500, STAR).order_target(STAR, target).quantity == sent


@pytest.mark.parametrize(("symbol", "asked"), [(STAR, 150), (STAR, 199), (STAR, 1), (BSE, 99)])
def test_a_star_or_beijing_sale_below_the_minimum_is_refused(symbol: str, asked: int) -> None:
    """Protects the least order of these boards when selling: only a remainder below it may go, and whole."""
    ticket = holding(500, symbol).order(symbol, -asked)
    assert ticket.status.value == "REJECTED"
    assert ticket.reason in {"LOT_SIZE", "MINIMUM_SIZE"}


def test_a_star_remainder_below_the_minimum_goes_whole() -> None:
    """Protects the way out of a STAR position: the last 150 shares can be sold, but not 100 of them."""
    run = holding(150, STAR)
    assert run.order(STAR, -100).status.value == "REJECTED"
    assert run.order(STAR, -150).quantity == -150


@pytest.mark.parametrize(
    ("value", "sent"), [(10_000, 1000), (9_999.99, 900), (10_999, 1000), (1_000, 100), (-5_000, -500), (-5_990, -500)]
)
def test_a_value_rounds_down_to_lots(value: float, sent: int) -> None:
    """Protects order_value: never more than was asked, at the last close of 10.00."""
    assert holding(1000).order_value(SH, value).quantity == sent


@pytest.mark.parametrize(("value", "reason"), [(999.99, "LOT_SIZE"), (0, "ZERO_QUANTITY"), (-999, "LOT_SIZE")])
def test_a_value_below_a_lot_is_refused(value: float, reason: str) -> None:
    """Protects against a value order that vanishes when it buys less than a lot."""
    assert holding(1000).order_value(SH, value).reason == reason


@pytest.mark.parametrize(
    ("held", "target", "sent"),
    [(0, 250, 200), (0, 100, 100), (300, 150, -200), (350, 0, -350), (300, 500, 200),
     (300, 300, None), (350, 300, -50), (350, 200, -150)],
)  # fmt: skip
def test_a_target_in_shares(held: int, target: int, sent: int | None) -> None:
    """Protects order_target: down to whole lots, never above the target, and 0 takes the odd lot along."""
    ticket = (holding(held) if held else session(flat())).order_target(SH, target)
    if sent is None:
        assert (ticket.status.value, ticket.reason) == ("REJECTED", "NO_CHANGE")
    else:
        assert ticket.quantity == sent


def test_a_target_of_less_than_a_lot_says_so() -> None:
    """Protects the reason: a target that is not met is never told as met; the lot is what keeps it from there."""
    for place in (lambda run: run.order_target(SH, 50), lambda run: run.order_target_value(SH, 999.0)):
        ticket = place(session(flat()))
        assert (ticket.status.value, ticket.reason) == ("REJECTED", "LOT_SIZE")
    assert session(flat()).order_target(SH, 0).reason == "NO_CHANGE"
    odd = holding(1030).order_target(SH, 1099)
    assert (odd.reason, odd.why) == ("LOT_SIZE", "69 shares are not whole lots of 100: 0 can be sent.")
    part = holding(1030).order_pct(SH, -0.01)
    assert (part.reason, part.why) == ("LOT_SIZE", "10 shares are not whole lots of 100: 0 can be sent.")


def test_nothing_asked_for_says_so() -> None:
    """Protects requests for 0 shares, however they are put: kept, and refused in words of their own."""
    run = holding(1000)
    asked = [run.order(SH, 0), run.order_value(SH, 5), run.order_pct(SH, 0.0), run.order_lots(SH, 0)]
    assert {ticket.reason for ticket in asked} == {"ZERO_QUANTITY"}
    assert asked[0].why == "What was asked comes to 0 shares: there is nothing to send."


@pytest.mark.parametrize(("value", "sent"), [(0, -350), (2_000, -150), (10_000, 600), (5_555.55, 200), (1_999, -250)])
def test_a_target_in_money(value: float, sent: int) -> None:
    """Protects order_target_value from 350 shares at 10.00: the value held afterwards never exceeds the target."""
    ticket = holding(350).order_target_value(SH, value)
    assert ticket.quantity == sent
    assert (350 + ticket.quantity) * 10 <= value


@pytest.mark.parametrize(("lots", "sent"), [(5, 500), (1, 100), (-2, -200)])
def test_lots_are_hundreds(lots: int, sent: int) -> None:
    """Protects order_lots: 100 shares each on this venue."""
    assert holding(1000).order_lots(SH, lots).quantity == sent


@pytest.mark.parametrize(
    ("pct", "sent"), [(0.5, 5000), (1.0, 10_000), (0.333, 3300), (-0.3, -300), (-1, -1050), (-0.5, -500)]
)
def test_a_fraction_of_the_cash_or_of_the_position(pct: float, sent: int) -> None:
    """Protects order_pct: of 100,000 yuan when buying, of 1,050 shares when selling, rounded down."""
    assert holding(1050).order_pct(SH, pct).quantity == sent


def test_a_value_is_sized_at_the_last_visible_price() -> None:
    """Protects look-ahead in sizing: the close of yesterday, the reference price, the open, the close, by phase."""
    run = session(market({SH: [10.0, (10.5, 9.9), 10.0, 10.0]}))
    sent = [run.order_value(SH, 100_000).quantity]
    phases = ("PRE_OPEN", "OPEN", "INTRADAY", "CLOSE")
    sent += [run.step(phase=phase).order_value(SH, 100_000).quantity for phase in phases]
    assert sent == [10_000, 10_000, 9500, 9500, 10_100]


def test_the_reference_price_sizes_before_the_open_of_an_ex_date() -> None:
    """Protects sizing on an ex-date: after 1 for 1, 10,000 yuan buy 2,000 shares of 5.00, not 1,000 of 10.00."""
    run = session(market({SH: [10.0, 5.0, 5.0]}, actions=[{"symbol": SH, "day": 1, "bonus_per_share": 1.0}]))
    assert run.order_value(SH, 10_000).quantity == 1000
    assert run.step(phase="PRE_OPEN").order_value(SH, 10_000).quantity == 2000


def test_a_target_replaces_what_is_queued() -> None:
    """Protects targets against requests before them: each takes the place of what was queued, the last one counts."""
    run = session(flat())
    asked = [run.order_target(SH, 1000), run.order_target(SH, 1000), run.order_target(SH, 1500)]
    assert [ticket.quantity for ticket in asked] == [1000, 1000, 1500]
    assert [ticket.reason for ticket in asked] == ["REPLACED_BY_TARGET", "REPLACED_BY_TARGET", ""]
    assert run.step().positions.quantity.to_dict() == {SH: 1500}


def test_a_target_forgets_what_was_canceled() -> None:
    """Protects netting after a cancel: what was withdrawn no longer counts."""
    run = session(flat())
    run.order_target(SH, 1000).cancel()
    assert run.order_target(SH, 1000).quantity == 1000


def test_targets_inside_one_callback() -> None:
    """Protects targets while a callback runs: each replaces the requests before it, the last one counts."""
    seen = []

    def strategy(context, data) -> None:
        if data.day == 1:
            first = context.order_target(SH, 1000)
            again = context.order_target(SH, 1000)
            context.cancel(again)
            seen.extend([first, again, context.order_target(SH, 700)])

    run = session(flat(), strategy=strategy).step(2)
    assert [None if ticket is None else ticket.quantity for ticket in seen] == [1000, 1000, 700]
    assert run.positions.quantity.to_dict() == {SH: 700}


def test_a_split_overnight_counts_in_a_target_before_the_open() -> None:
    """Protects netting across an ex-date inside one step: a queued 1,000 is 2,000 after 1 for 1."""

    class Twice:
        def after_trading(self, context) -> None:
            if str(context.now.day)[:10] == "2024-01-03":
                context.order_target(SH, 1000)

        def before_trading(self, context) -> None:
            if str(context.now.day)[:10] == "2024-01-04":
                context.order_target(SH, 2000)

    given = market({SH: [10.0, 10.0, 5.0, 5.0, 5.0]}, actions=[{"symbol": SH, "day": 2, "bonus_per_share": 1.0}])
    run = session(given, strategy=Twice)
    run.run(progress=False)
    assert run.positions.quantity.to_dict() == {SH: 2000}


# ------------------------------------------------------------------ order_target with an order pending, by system


def native(target: int) -> tuple[int, int, int]:
    """(canceled, sent at the call, held tomorrow) in qresearch: 1,000 shares pending, nothing held."""
    run = session(flat())
    first = run.order(SH, 1000)
    second = run.order_target(SH, target)
    sent = second.quantity
    run.step()
    return first.quantity - first.filled, sent, run.portfolio.positions[SH].quantity


def easyquant(target: int) -> tuple[int, int, int]:
    """EasyQuant by its own engine: sized at the fill against the holding then; T+1 blocks the sale.

    Our dialect follows its document instead, where a target is what is held afterwards: the native rule.
    """
    held = 1000  # first in, first out: the pending order is filled before the target is looked at
    return 0, 0, held + max(target - held, 0)


def joinquant(target: int) -> tuple[int, int, int]:
    """JoinQuant: order_target first cancels the open orders on the code, then orders the whole difference."""
    return 1000, target, target


def lean(target: int) -> tuple[int, int, int]:
    """LEAN: set_holdings subtracts the unfilled quantity of open market orders, and may sell the same day."""
    sent = target - 1000
    return 0, sent, 1000 + sent


@pytest.mark.parametrize(
    ("system", "above", "below"),
    [
        (native, (1000, 1500, 1500), (1000, 500, 500)),
        (easyquant, (0, 0, 1500), (0, 0, 1000)),
        (joinquant, (1000, 1500, 1500), (1000, 500, 500)),
        (lean, (0, 500, 1500), (0, -500, 500)),
    ],
)
def test_order_target_with_an_order_pending(system, above: tuple[int, ...], below: tuple[int, ...]) -> None:
    """Shows how four systems treat order_target to 1,500 and to 500 while a buy of 1,000 is pending.

    Only the first row runs our code; the others hold what reference/joinquant_easyquant.md (1.3, 2.3) and
    reference/lean.md (API table) say, for the dialects to come. XtQuant has no such call: scripts subtract themselves.
    """
    assert system(1500) == above
    assert system(500) == below


def test_a_trailing_stop_without_any_price_is_refused() -> None:
    """Protects orders before the first bar: a trailing stop has no price to start from, unless it is given one."""
    run = session(market({"600001.SH": [10.0] * 4, "600002.SH": [None, None, 20.0, 20.0]}))
    adrift = run.order("600002", 100, qr.terms.trailing_stop(percent=5))
    assert (adrift.status.value, adrift.reason, adrift.quantity) == ("REJECTED", "NO_PRICE", 100)
    placed = run.order("600002", 100, qr.terms.trailing_stop(percent=5, stop_price=21.0))
    assert placed.status.value == "QUEUED"
    assert "nor a trailing stop" in str(adrift.explain())


@pytest.mark.parametrize(
    ("side", "style", "sent"),
    [
        # The tick of a share is 0.01. A limit gets worse to fill, a stop is reached later.
        (1, qr.terms.limit(10.019), (10.01, None)),
        (-1, qr.terms.limit(10.011), (10.02, None)),
        (1, qr.terms.stop(10.511), (None, 10.52)),
        (-1, qr.terms.stop(9.519), (None, 9.51)),
        (1, qr.terms.stop_limit(10.511, 10.619), (10.61, 10.52)),
        (1, qr.terms.limit_if_touched(9.519, 9.629), (9.62, 9.51)),
        (-1, qr.terms.limit_if_touched(10.511, 10.411), (10.42, 10.52)),
        # 3 % of 10.00 below is 9.70, 0.123 below is 9.877.
        (-1, qr.terms.trailing_stop(percent=3), (None, 9.7)),
        (-1, qr.terms.trailing_stop(0.123), (None, 9.87)),
        (1, qr.terms.limit(10.01), (10.01, None)),
    ],
)
def test_prices_are_put_on_the_tick_never_in_favour_of_the_order(
    side: int, style: qr.terms.Terms, sent: tuple[float | None, float | None]
) -> None:
    """Protects tick rounding: each price goes to the side on which the order fills later or not at all."""
    ticket = holding(1000).order(SH, side * 100, style)
    assert (ticket.record.terms.limit_price, ticket.record.terms.stop_price) == sent
    moved = ticket.update(tag="again").record.terms
    assert (moved.limit_price, moved.stop_price) == sent


def test_the_tick_of_a_fund_is_a_tenth_of_a_cent() -> None:
    """Protects the tick by kind: 1.0019 is 1.001 for a fund."""
    ticket = session(flat(ETF, 1.0)).order(ETF, 100, qr.terms.limit(1.0019))
    assert ticket.record.terms.limit_price == 1.001


def test_a_refused_change_says_its_code_and_why() -> None:
    """Protects answers: what could not be changed or canceled says so at once, with the numbers, and is an event."""
    run = session(flat(), participation=0.0005)  # 500 of 1,000,000 shares
    ticket = run.order(SH, 900, qr.terms.limit(10.0, tif="GTC"))
    run.step()
    ticket.update(quantity=400)
    assert run.message == (
        "Order 1 was not changed. BELOW_FILLED: 400 shares in all are not more than the 500 already filled or given up."
    )
    ticket.cancel()
    ticket.cancel()
    assert run.message == (
        "Order 1 was not canceled. ALREADY_FINAL: The order is CANCELED: nothing is left to change."
    )  # fmt: skip
    assert run.events.event.tolist()[-1] == "CancelRefused"


@pytest.mark.parametrize("side", [1, -1])
def test_a_target_keeps_the_stop_of_the_side_that_it_wants(side: int) -> None:
    """Protects a protected position, long or short: its stop stays while targets are on its side."""
    bars = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=9), "symbol": "SPY", "volume": 1e6})
    bars = bars.assign(**dict.fromkeys(("open", "high", "low", "close"), 10.0))
    run = qr.Session(qr.read_market(bars, venue="us"), account="margin_us", cash=10_000)
    run.order_target("SPY", 100 * side)
    run.step()
    own = run.order("SPY", -100 * side, terms.stop(10 - 2 * side, tif="GTC"))
    against = run.order("SPY", 100 * side, terms.stop(10 + 2 * side, tif="GTC"))
    run.step()
    run.order_target("SPY", 200 * side)
    assert (own.status, against.reason) == ("WORKING", "REPLACED_BY_TARGET")
    run.step().order_target("SPY", 0)
    assert own.status == "WORKING"
    run.step().order_target("SPY", -100 * side)
    assert not run.open_orders.index.isin([int(own), int(against)]).any()
