"""``explain`` against cases worked out by hand: each check with its numbers, the fill, the fees, and what to do.

Unless a case says otherwise: one share that closes at 10.00 on 2 January 2024, limits of 10 % (9.00 to 11.00 on the
3rd), lots of 100, 100,000 of cash, commission 0.025 % and at least 5.00, stamp duty 0.05 % on sales. Orders are placed
at the first close and first meet the market at the open of the 3rd.
"""

from __future__ import annotations

import pandas as pd
import pytest

import qresearch as qr
from qresearch import terms
from qresearch.session.ticket import Ticket

A, STAR = "600001.SH", "688001.SH"
Bar = tuple[float, float, float, float]
FLAT: Bar = (10.0, 10.0, 10.0, 10.0)


def begin(
    *bars: Bar | None, symbol: str = A, volume: float = 1e6, split_on: int | None = None, **options
) -> qr.Session:
    """A session at the close of a flat first day; None is a suspended day, a bar is open, high, low, close."""
    days = pd.bdate_range("2024-01-02", periods=len(bars) + 1)
    rows, last = [], 10.0
    for number, (day, bar) in enumerate(zip(days, (FLAT, *bars), strict=True)):
        shown = (last,) * 4 if bar is None else bar
        traded = 0.0 if bar is None else volume if number else 1e6
        rows.append((day, symbol, *shown, traded, bar is None))
        last = shown[3]
    columns = ["date", "symbol", "open", "high", "low", "close", "volume", "paused"]
    actions = None
    if split_on is not None:
        actions = pd.DataFrame([{"symbol": symbol, "ex_date": days[split_on], "bonus_per_share": 1.0}])
    market = qr.read_market(pd.DataFrame(rows, columns=columns), actions=actions)
    run = qr.Session(market, **({"cash": 100_000} | options))
    return run.step() if "positions" not in options else run


def holding(*bars: Bar | None, shares: int = 1000, **options) -> qr.Session:
    """The same with shares from before the first day, given on top of the cash."""
    flat_before = (FLAT, *bars)
    return begin(*flat_before, positions={A: shares}, positions_paid=False, start="2024-01-03", **options).step()


def told(ticket: Ticket) -> dict[tuple[str, str], str]:
    """(moment, check) -> verdict and text, such as ("03 OPEN", "Cash") -> "passed: needs ..."."""
    data = ticket.explain().data
    keys = zip(data.day.str[-2:] + " " + data.phase, data.check, strict=True)
    return dict(zip(keys, data.verdict + ": " + data.text, strict=True))


def advice(ticket: Ticket) -> str:
    """What to do, after the account."""
    return ticket.explain().advice


# ------------------------------------------------------------------------------------------ lots and sizes


def test_a_tie_between_lots_goes_down() -> None:
    """Protects lot rounding: 1,050 lies between 1,000 and 1,100; a tie goes down, so 1,000 are sent."""
    run = begin(FLAT)
    found = told(run.order(A, 1050))
    assert found["02 CLOSE", "Asked"] == "noted: order 1,050"
    assert found["02 CLOSE", "Sent"] == (
        "passed: 1,000 shares, rounded to whole lots from 1,050; waits for the next open."
    )


def test_half_a_lot_is_refused_at_the_call() -> None:
    """Protects refusals: 50 shares are no lot of 100, nothing is sent, and 100 is what would have been accepted."""
    ticket = begin(FLAT).order(A, 50)
    assert told(ticket)["02 CLOSE", "Lot"] == "failed: 50 shares are not whole lots of 100: 0 can be sent."
    assert advice(ticket).startswith("100 shares would have been accepted.")


def test_a_star_order_below_its_minimum() -> None:
    """Protects the minimum of the board: STAR takes 200 shares or more, in steps of one; 199 are refused."""
    ticket = begin(FLAT, symbol=STAR).order(STAR, 199)
    assert told(ticket)["02 CLOSE", "Lot"].startswith("failed: An order on this board needs at least 200 shares; 199")
    assert advice(ticket).startswith("200 shares would have been accepted.")


def test_a_value_becomes_shares_at_the_last_price() -> None:
    """Protects sizing by value: 10,999 / 10.00 = 1,099 shares, in lots 1,000; at 10.50 they cost 10,500, within it."""
    run = begin((10.5, 10.5, 10.5, 10.5))
    ticket = run.order_value(A, 10_999)
    run.step()
    found = told(ticket)
    assert found["02 CLOSE", "Sized"] == "noted: 0 held, +0 pending, last visible price 10.00, cash 100,000.00."
    assert found["02 CLOSE", "Sent"] == "passed: 1,000 shares; waits for the next open."
    assert found["03 OPEN", "Value"] == "passed: the order stays within 10,999.00 at 10.50"
    assert found["03 OPEN", "Cash"] == "passed: needs 10,505.00 with fees at 10.50, 100,000.00 is available"


def test_a_value_is_kept_when_the_open_gaps_up() -> None:
    """Protects the cap of a value order: 10,000 / 10.60 = 943 shares, in lots 900; 100 of the 1,000 are given up."""
    run = begin((10.6, 10.6, 10.6, 10.6))
    ticket = run.order_value(A, 10_000)
    run.step()
    found = told(ticket)
    assert found["03 OPEN", "Value"] == (
        "failed: At 10.60 the 1,000 shares would exceed the value asked for, 10,000.00: 900 stay within it."
    )
    # 900 x 10.60 = 9,540.00; 0.025 % of it is 2.385, so the least commission of 5.00.
    assert found["03 OPEN", "Filled"] == "passed: 900 shares at 10.60 = 9,540.00; the opening price."
    assert found["03 OPEN", "Fees"] == (
        "noted: commission 5.00, stamp duty 0.00, transfer fee 0.00; 5.00 in all."
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ cash


def test_cash_for_some_of_the_shares() -> None:
    """Protects the cash check: 1,000 x 10.00 + 5.00 = 10,005.00; 10,000.00 pays 900 x 10.00 + 5.00 = 9,005.00."""
    run = begin(FLAT, cash=10_000)
    ticket = run.buy(A, 1000)
    run.step()
    found = told(ticket)
    assert found["03 OPEN", "Cash"] == (
        "failed: 1,000 shares need 10,005.00 with fees; 10,000.00 is available, enough for 900."
    )
    assert found["03 OPEN", "Filled"] == "passed: 900 shares at 10.00 = 9,000.00; the opening price."
    assert advice(ticket).startswith("5.00 more cash would have paid for all; 900 shares were within reach.")


def test_a_sale_of_the_same_open_pays() -> None:
    """Protects sells first: 1,000.00 + 500 x 10.00 - 5.00 commission - 2.50 duty = 5,992.50 for 5,005.00."""
    run = holding(FLAT, shares=500, cash=1_000)
    buy, sell = run.buy(A, 500), run.sell(A, 500)
    run.step()
    assert told(sell)["04 OPEN", "Fees"] == "noted: commission 5.00, stamp duty 2.50, transfer fee 0.00; 7.50 in all."
    assert told(buy)["04 OPEN", "Cash"] == "passed: needs 5,005.00 with fees at 10.00, 5,992.50 is available"


def test_a_resting_buy_holds_cash_back_from_a_later_one() -> None:
    """Protects reservations: 1,000 x 9.50 + 5.00 = 9,505.00 is held back, which leaves 90,495.00 of 100,000.00."""
    run = begin(FLAT)
    rests, later = run.order(A, 1000, terms.limit(9.5, tif="GTC")), run.buy(A, 500)
    run.step(phase="OPEN")
    assert told(rests)["03 OPEN", "Reserved"] == (
        "noted: stays in the market; 9,505.00 of the cash is reserved for it"
    )  # fmt: skip
    assert told(later)["03 OPEN", "Cash"] == (
        "passed: needs 5,005.00 with fees at 10.00, 90,495.00 is available (9,505.00 held back by resting buys)"
    )


# ------------------------------------------------------------------------------------------ T+1


def test_shares_of_today_cannot_be_sold() -> None:
    """Protects T+1: 200 bought at this open, none of them sellable today; what comes after is not asked."""
    run = begin(FLAT, match_order="fifo")
    run.buy(A, 200)
    ticket = run.sell(A, 200)
    run.step()
    found = told(ticket)
    assert found["03 OPEN", "Shares"] == (
        "failed: Of 200 shares held 0 can be sold today: the rest was bought today (T+1). 200 were asked for."
    )
    assert found["03 OPEN", "Lot"] == "not reached: not asked any more"
    assert advice(ticket) == "Sell on the next trading day."


def test_old_shares_can_be_sold_beside_new_ones() -> None:
    """Protects T+1 by share: 300 old and 200 new are 500 held; a sale of 500 gets the 300, 200 are given up."""
    run = holding(FLAT, shares=300, match_order="fifo")
    run.buy(A, 200)
    ticket = run.sell(A, 500)
    run.step()
    found = told(ticket)
    assert found["04 OPEN", "Shares"].startswith("failed: Of 500 shares held 300 can be sold today")
    # 300 x 10.00 = 3,000.00; duty 0.05 % = 1.50.
    assert found["04 OPEN", "Filled"] == "passed: 300 shares at 10.00 = 3,000.00; the opening price."
    assert found["04 OPEN", "Fees"] == "noted: commission 5.00, stamp duty 1.50, transfer fee 0.00; 6.50 in all."
    assert advice(ticket).startswith("A sale of 300 was possible.")


# ------------------------------------------------------------------------------------------ price limits


def test_a_buy_at_the_upper_limit() -> None:
    """Protects the locked open: 10.00 x 1.1 = 11.00 is limit and open; the order waits and ends at the close."""
    run = begin((11.0, 11.0, 10.8, 10.9))
    ticket = run.buy(A, 100)
    run.step()
    found = told(ticket)
    sentence = "failed: The price 11.00 is the upper limit 11.00: nobody sells, a buy cannot fill."
    assert found["03 OPEN", "Trading"] == "passed: listed and not suspended on 2024-01-03; opens at 11.00"
    assert found["03 OPEN", "Price limit"] == sentence
    assert found["03 OPEN", "Cash"] == "not reached: not asked any more"
    assert found["03 CLOSE", "Expired"] == sentence


def test_a_sale_at_the_lower_limit() -> None:
    """Protects the other side: 10.00 x 0.9 = 9.00; a cent above, at 9.01, a sale would have filled."""
    run = holding((9.0, 9.5, 9.0, 9.4), (9.01,) * 4)
    locked = run.sell(A, 100)
    run.step()
    assert told(locked)["04 OPEN", "Price limit"] == (
        "failed: The price 9.00 is the lower limit 9.00: nobody buys, a sell cannot fill."
    )  # fmt: skip
    free = run.sell(A, 100)
    run.step()
    # The limits of the 5th follow the close of 9.40: 8.46.
    assert told(free)["05 OPEN", "Price limit"] == "passed: open 9.01 is above the lower limit 8.46"


def test_a_limit_price_outside_the_limits_of_the_day() -> None:
    """Protects PRICE_LIMIT: 11.01 is above 11.00; the valid range is named."""
    run = begin(FLAT)
    ticket = run.order(A, 100, terms.limit(11.01))
    run.step()
    assert told(ticket)["03 OPEN", "Order price"] == (
        "failed: The limit price 11.01 is outside the price limits of 2024-01-03, 9.00 to 11.00."
    )
    assert advice(ticket).startswith("A limit price from 9.00 to 11.00 was valid.")


# ------------------------------------------------------------------------------------------ volume


def test_a_thin_day_fills_part() -> None:
    """Protects the volume cap: a tenth of 5,000 is 500 shares; 400 of 900 wait and expire with the day."""
    run = begin(FLAT, volume=5_000, participation=0.1)
    ticket = run.buy(A, 900)
    run.step()
    found = told(ticket)
    assert found["03 OPEN", "Volume"].startswith("failed: 500 shares may be taken (10.0% of")
    assert found["03 OPEN", "Filled"] == "passed: 500 shares at 10.00 = 5,000.00; the opening price; 400 are left."
    assert found["03 CLOSE", "Expired"].endswith("900 were wanted.")
    assert advice(ticket).startswith("500 of the 900 shares were there to take.")


def test_earlier_orders_use_the_volume_up() -> None:
    """Protects the shared cap: 300 of 500 are gone, 200 remain for an order of 400."""
    run = begin(FLAT, volume=5_000, participation=0.1)
    first, second = run.buy(A, 300), run.buy(A, 400)
    run.step()
    assert told(first)["03 OPEN", "Volume"] == "passed: 10.0% of the volume 5,000 is enough for 300"
    assert told(second)["03 OPEN", "Volume"].startswith("failed: 200 shares may be taken")
    assert told(second)["03 OPEN", "Filled"].startswith("passed: 200 shares at 10.00 = 2,000.00")


# ------------------------------------------------------------------------------------------ suspension


def test_a_suspended_day_refuses_a_new_order() -> None:
    """Protects suspensions: no check after the first is asked, and no price is named."""
    run = begin(None, FLAT)
    ticket = run.buy(A, 100)
    run.step()
    found = told(ticket)
    assert found["03 OPEN", "Trading"] == "failed: Suspended on 2024-01-03."
    assert {text for (_, check), text in found.items() if check in {"Price limit", "Lot", "Cash"}} == {
        "not reached: not asked any more"
    }


def test_a_resting_order_is_held_through_a_suspension() -> None:
    """Protects what rests: held on the 4th, filled at its limit of 9.50 on the 5th, whose low of 9.40 is below it."""
    run = begin(FLAT, None, (10.0, 10.0, 9.4, 9.6))
    ticket = run.order(A, 1000, terms.limit(9.5, tif="GTC"))
    run.step(3)
    found = told(ticket)
    assert found["04 OPEN", "Trading"] == found["04 CLOSE", "Trading"] == "failed: Suspended on 2024-01-04."
    assert found["05 CLOSE", "Trading"] == (
        "passed: listed and not suspended on 2024-01-05; trades from 9.40 to 10.00, closes at 9.60"
    )
    assert found["05 CLOSE", "Limit"] == "passed: the low 9.40 is below the limit 9.50"
    assert found["05 CLOSE", "Filled"] == "passed: 1,000 shares at 9.50 = 9,500.00; its limit."
    assert advice(ticket) == ""


# ------------------------------------------------------------------------------------------ stops


def test_a_stop_inside_the_bar() -> None:
    """Protects the stop: 10.00 at the open is above 9.50, the low of 9.40 reaches it; 1,000 x 9.50, duty 4.75."""
    run = holding((10.0, 10.2, 9.4, 9.9))
    ticket = run.sell(A, 1000, style=terms.stop(9.5))
    run.step()
    found = told(ticket)
    assert found["03 CLOSE", "Sent"] == ("passed: 1,000 shares, stop 9.50; waits for the next open.")
    assert found["04 OPEN", "Stop"] == "failed: The stop 9.50 was not reached: the price got to 10.00."
    assert found["04 OPEN", "Reserved"] == "noted: stays in the market; 1,000 shares are reserved for it"
    assert found["04 CLOSE", "Stop"] == "passed: the low 9.40 is at or below 9.50"
    assert found["04 CLOSE", "Triggered"] == "passed: the stop 9.50 was reached"
    assert found["04 CLOSE", "Filled"] == "passed: 1,000 shares at 9.50 = 9,500.00."
    assert found["04 CLOSE", "Fees"] == "noted: commission 5.00, stamp duty 4.75, transfer fee 0.00; 9.75 in all."


def test_a_gap_through_the_stop() -> None:
    """Protects the gap: the open of 9.30 is beyond 9.50, so it fills there, 20 cents worse than the stop."""
    run = holding((9.3, 9.4, 9.2, 9.3))
    ticket = run.sell(A, 1000, style=terms.stop(9.5))
    run.step()
    found = told(ticket)
    assert found["04 OPEN", "Stop"] == "passed: the open 9.30 is at or below 9.50"
    assert found["04 OPEN", "Filled"] == "passed: 1,000 shares at 9.30 = 9,300.00; the opening price."


def test_a_stop_limit_that_waits_after_its_stop() -> None:
    """Protects stop limits: the high of 10.90 reaches 10.50, the close of 10.80 is above 10.60; filled at 10.55."""
    run = begin((10.2, 10.9, 10.1, 10.8), (10.55, 10.7, 10.5, 10.6))
    ticket = run.order(A, 100, terms.stop_limit(10.5, 10.6, tif="GTC"))
    run.step(2)
    found = told(ticket)
    assert found["03 OPEN", "Stop"] == "failed: The stop 10.50 was not reached: the price got to 10.20."
    assert found["03 CLOSE", "Stop"] == "passed: the high 10.90 is at or above 10.50"
    assert found["03 CLOSE", "Limit"] == "failed: No price was better than the limit 10.60: the best was 10.80."
    assert found["04 OPEN", "Stop"] == "passed: the stop 10.50 was reached before"
    assert found["04 OPEN", "Limit"] == "passed: the open 10.55 is at or below the limit 10.60"
    assert found["04 OPEN", "Filled"] == "passed: 100 shares at 10.55 = 1,055.00; the opening price."


def test_a_trailing_stop_follows_and_is_hit() -> None:
    """Protects the trail of 0.50: it starts at 9.50, a high of 10.40 moves it to 9.90, and a low of 9.80 hits."""
    run = holding((10.0, 10.4, 9.9, 10.3), (10.2, 10.3, 9.8, 9.9))
    ticket = run.sell(A, 1000, style=terms.trailing_stop(0.5))
    run.step(2)
    found = told(ticket)
    assert found["04 CLOSE", "Stop"] == "failed: The stop 9.90 was not reached: the price got to 9.90."
    assert found["04 CLOSE", "Stop moved"] == "noted: the trailing stop follows to 9.90"
    assert found["05 CLOSE", "Stop"] == "passed: the low 9.80 is at or below 9.90"
    assert found["05 CLOSE", "Filled"].startswith("passed: 1,000 shares at 9.90 = 9,900.00")


# ------------------------------------------------------------------------------------------ ends


def test_a_touched_limit_expires() -> None:
    """Protects expiry: a low of exactly 9.50 does not trade through 9.50; the day ends the order."""
    run = begin((10.0, 10.1, 9.5, 9.9))
    ticket = run.order(A, 1000, terms.limit(9.5))
    run.step()
    found = told(ticket)
    sentence = "failed: No price was better than the limit 9.50: the best was 9.50."
    assert found["03 CLOSE", "Limit"] == found["03 CLOSE", "Expired"] == sentence
    assert advice(ticket).startswith("A limit above 9.50 would have been met.")


def test_an_order_good_till_a_day_expires_on_it() -> None:
    """Protects GTD: good till the 4th, it waits on the 3rd and ends at the close of the 4th, not before."""
    run = begin(FLAT, FLAT, FLAT)
    ticket = run.order(A, 100, terms.limit(9.5, until="2024-01-04"))
    run.step(3)
    expired = [moment for moment, check in told(ticket) if check == "Expired"]
    assert expired == ["04 CLOSE"]
    assert told(ticket)["03 OPEN", "To the market"] == "noted: limit 9.50, good for GTD 2024-01-04"


@pytest.mark.parametrize(("tif", "filled"), [("IOC", 500), ("FOK", 0)])
def test_what_is_not_there_at_once(tif: str, filled: int) -> None:
    """Protects IOC and FOK: a tenth of 5,000 is there; IOC takes these 500 of 900, FOK nothing, and both end."""
    run = begin(FLAT, volume=5_000, participation=0.1)
    ticket = run.buy(A, 900, style=terms.market(tif=tif))
    run.step(phase="OPEN")
    assert (ticket.filled, ticket.status.value) == (filled, "CANCELED")
    found = told(ticket)
    assert found["03 OPEN", "Volume"].startswith("failed: 500 shares may be taken (10.0% of")
    assert found["03 OPEN", "Time in force"] == (
        f"failed: 500 of 900 shares could be had at once; {tif} takes nothing later."
    )
    assert (("03 OPEN", "Filled") in found) == (filled > 0)


def test_a_cancel_that_loses_the_race() -> None:
    """Protects races: with cancel_latency="next_match" the open of 9.40 fills before the cancel takes effect."""
    run = begin(FLAT, (9.4, 9.5, 9.3, 9.4), cancel_latency="next_match")
    ticket = run.order(A, 100, terms.limit(9.5, tif="GTC"))
    run.step()
    ticket.cancel()
    run.step(phase="OPEN")
    found = told(ticket)
    assert found["03 CLOSE", "Cancel requested"] == "noted: takes effect at the next match; a fill may come first"
    assert found["04 OPEN", "Filled"] == "passed: 100 shares at 9.40 = 940.00; the opening price."


def test_a_split_scales_what_waits() -> None:
    """Protects corporate actions: one new share for each held makes 100 at 9.50 into 200 at 4.75."""
    run = begin((5.0, 5.0, 5.0, 5.0), split_on=1)
    ticket = run.order(A, 100, terms.limit(9.5))
    run.step()
    assert told(ticket)["03 PRE_OPEN", "Corporate action"] == (
        "noted: a split or bonus issue made it 200 shares, limit 4.75"
    )  # fmt: skip


def test_the_account_is_the_same_as_text_as_data_and_as_html() -> None:
    """Protects the three forms: every check and its numbers stand in each of them, and markup is escaped."""
    run = begin(FLAT, cash=10_000)
    ticket = run.buy(A, 1000)
    run.step()
    account = ticket.explain()
    html = account._repr_html_()
    assert account.data.columns.tolist() == ["day", "phase", "check", "verdict", "text"]
    for _, row in account.data.iterrows():
        assert f"{row.check}: {row.text}" in str(account)
        assert row.check in html
        assert row.text in html
    assert account.advice in html
    assert html.count("2024-01-03") == 2, "a moment is named once, and once in the text of a check"
