"""The cost panel: what is typed is checked, priced on the last fills, and applied so that going back undoes it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from story import SYMBOL, a_session, all_of, find, press

import qresearch as qr
from qresearch.engine.slippage import slippage_model
from qresearch.engine.tariffs import COST_PRESETS, preset_costs
from qresearch.views.panels.cost_panel import CostPanel
from qresearch.views.panels.desk import Desk, Look
from qresearch.views.repricing import reprice


def traded() -> qr.Session:
    """A buy of 1,000 and a sale of 500 at known opens: 9.52 and 9.71."""
    run = a_session()
    run.buy(SYMBOL, 1000)
    run.step(3)
    run.sell(SYMBOL, 500)
    run.step()
    assert run.fills["price"].tolist() == [9.52, 9.71]
    return run


def panel_of(run: qr.Session, language: str = "en") -> CostPanel:
    """The panel, painted."""
    panel = CostPanel(Desk(run, Look(language)))
    panel.desk.refresh()
    return panel


def test_the_last_fills_are_priced_by_hand() -> None:
    """Protects the preview: fees and prices of other settings, worked out on paper."""
    run = traded()
    new = replace(
        run.settings,
        costs=replace(run.settings.costs, open_commission=1_000_000, close_tax=1_000_000, transfer_fee=20_000),
        slippage=slippage_model("fixed", 0.02),
    )
    sale, buy = reprice(run, new)
    # 1,000 at 9.54 = 9,540: commission 0.1 % = 9.54, transfer fee 0.002 % = 0.19.
    assert (buy.price, buy.new_price) == (9.52, 9.54)
    assert buy.parts == {"commission": 5.0, "stamp_duty": 0.0, "transfer_fee": 0.0}
    assert buy.new_parts == {"commission": 9.54, "stamp_duty": 0.0, "transfer_fee": 0.19}
    assert buy.difference == pytest.approx(9.73 - 5.0 + 20.0)
    # 500 at 9.69 = 4,845: commission at its least, duty 0.1 % = 4.85 (half up), transfer fee 0.10; it was 4,855, 2.43.
    assert sale.new_price == 9.69
    assert sale.parts == {"commission": 5.0, "stamp_duty": 2.43, "transfer_fee": 0.0}
    assert sale.new_parts == {"commission": 5.0, "stamp_duty": 4.85, "transfer_fee": 0.1}
    assert sale.difference == pytest.approx(9.95 - 7.43 + 10.0)


def test_a_slipped_fill_is_priced_from_the_open() -> None:
    """Protects the preview where slippage was on already: it starts from the open, not from the slipped price."""
    run = a_session(slippage=("fixed", 0.05))
    run.buy(SYMBOL, 1000)
    run.step()
    assert run.fills["price"].iloc[0] == 9.57
    without = reprice(run, replace(run.settings, slippage=slippage_model("none")))[0]
    assert (without.price, without.new_price) == (9.57, 9.52)
    assert without.difference == pytest.approx(-50.0)


def test_a_volume_cap_lets_through_what_the_match_does() -> None:
    """Protects the preview of the cap: a part of the volume of that day, of any size, as an order gets under it."""
    run = traded()
    volume = run.market.panel.volume[run.market.panel.day_index("2022-03-01"), run.market.column(SYMBOL)]
    part = 650.4 / volume
    buy = reprice(run, replace(run.settings, participation=part))[1]
    capped = a_session(participation=part)
    ticket = capped.buy(SYMBOL, 1000)
    capped.step()
    assert (buy.quantity, buy.new_quantity) == (1000, ticket.filled) == (1000, 650)
    assert reprice(run, replace(run.settings, participation=1.0))[1].new_quantity == 1000


def test_a_cap_below_the_least_order_lets_through_what_the_match_does() -> None:
    """Protects the preview on boards with a least order: the rules of the match decide, not a second copy of them."""
    rows = [(day, "688001.SH", 10.0, 10.0, 10.0, 10.0, 1500.0) for day in pd.bdate_range("2024-01-02", periods=4)]
    names = ["date", "symbol", "open", "high", "low", "close", "volume"]
    market = qr.read_market(pd.DataFrame(rows, columns=names))
    run, capped = (qr.Session(market, cash=100_000, costs="zero", participation=part) for part in (None, 0.1))
    tickets = [session.buy("688001", 300) for session in (run, capped)]
    run.step(2)
    capped.step(2)
    found = reprice(run, replace(run.settings, participation=0.1))[0]
    assert (tickets[0].filled, found.new_quantity) == (300, tickets[1].filled)


def test_a_cap_inside_the_day_is_that_of_the_bar() -> None:
    """Protects the preview on minute data: an order takes a part of the volume of its bar, not of the whole day."""
    run = qr.Session(qr.sample_market("minute"), cash=10_000_000)
    run.buy(SYMBOL, 1_000)
    run.step(phase="OPEN")
    bar = run.market.panel.intraday
    volume = bar.volume[bar.row(0, run.simulation.account.bar), run.market.column(SYMBOL)]
    assert reprice(run, replace(run.settings, participation=500.4 / volume))[0].new_quantity == 500


def test_settings_change_between_fills_is_followed() -> None:
    """Protects the preview after a change: each fill starts from the slippage under which it was made."""
    run = a_session(slippage=("fixed", 0.05))
    run.buy(SYMBOL, 100)
    run.step()
    run.set_slippage("none")
    run.buy(SYMBOL, 100)
    run.step()
    prices = [fill.new_price for fill in reprice(run, replace(run.settings, slippage=slippage_model("fixed", 0.01)))]
    days = [run.market.panel.day_index(day) for day in ("2022-03-02", "2022-03-01")]
    opens = [run.market.panel.open[day, run.market.column(SYMBOL)] for day in days]
    assert prices == pytest.approx([price + 0.01 for price in opens])


def test_typing_previews_and_applying_is_a_command_that_going_back_undoes() -> None:
    """Protects the promise: nothing changes while one types; applied from now on; undone by going back."""
    run = traded()
    panel = panel_of(run)
    before, digest = run.settings, run.digest()
    assert find(panel, "qr-apply-costs").disabled
    panel.fields["commission_buy"].value = "0.1"
    panel.fields["least"].value = "1"
    panel.slippage.value = "bps"
    panel.fields["slippage_size"].value = "5"
    panel.fields["cap"].value = "2"
    assert (run.settings, run.digest()) == (before, digest)
    assert "9.53" in panel._preview.value
    press(panel, "qr-apply-costs")
    now = run.settings
    assert (now.costs.open_commission, now.costs.min_commission) == (1_000_000, 100)
    assert (now.slippage, now.participation) == (slippage_model("bps", 5), 0.02)
    assert "Applied from 2022-03-04" in panel.said
    assert find(panel, "qr-apply-costs").disabled
    run.step()
    run.back(2)
    panel.desk.refresh()
    assert run.settings == before
    assert (panel.fields["commission_buy"].value, panel.slippage.value) == ("0.025", "none")


@pytest.mark.parametrize("name", COST_PRESETS)
def test_a_preset_is_the_one_of_the_constructor(name: str) -> None:
    """Protects the presets: choosing one and applying it gives the costs of ``Session(costs=name)``."""
    run = traded()
    panel = panel_of(run)
    panel.preset.value = name
    if name != "default":
        press(panel, "qr-apply-costs")
    assert run.settings.costs == preset_costs(run.market.venue, name)
    assert panel.preset.value == name
    assert all(panel.fields[key].disabled is (name == "historical") for key in ("duty_sell", "transfer_rate"))


def test_joinquant_costs_are_those_of_its_documentation() -> None:
    """Protects the preset: 0.03 % each way, at least 5 yuan, 0.1 % stamp duty on sells."""
    costs = a_session(costs="joinquant").settings.costs
    rates = (costs.open_commission, costs.close_commission, costs.open_tax, costs.close_tax, costs.min_commission)
    assert rates == (300_000, 300_000, 0, 1_000_000, 500)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("commission_buy", "a", "Commission, buys, %: &#x27;a&#x27; is not a number from 0 to 10."),
        ("duty_sell", "-1", "Stamp duty, sells, %"),
        ("transfer_rate", "50", "from 0 to 10"),
        ("least", "", "Least per order"),
        ("cap", "101", "Volume cap, %"),
        ("cap", "0", "Volume cap, %"),
        ("commission_sell", "nan", "Commission, sells, %"),
    ],
)
def test_what_cannot_be_is_said_while_one_types(key: str, text: str, words: str) -> None:
    """Protects typing: a number that cannot be is named at once, and cannot be applied."""
    panel = panel_of(traded())
    panel.fields[key].value = text
    assert words in panel._problems.value
    assert find(panel, "qr-apply-costs").disabled
    assert words in panel.html()
    press(panel, "qr-reset-costs")
    assert panel._problems.value == ""


def test_the_panel_speaks_chinese_and_tells_its_content_as_text() -> None:
    """Protects Chinese readers and nbval: labels, rates and priced fills stand in the static text."""
    panel = panel_of(traded(), "zh")
    text = panel.html()
    for words in ("文档默认", "买入佣金 %", "0.025", SYMBOL, "7.43"):
        assert words in text, words
    assert len(all_of(panel, "qr-apply-costs")) == 1


def test_an_applied_change_survives_the_journal_and_the_script(tmp_path) -> None:
    """Protects what was applied: journal and script hold transfer fee, dated costs and the cap."""
    run = a_session(journal=tmp_path / "run.qsession")
    run.set_order_cost(transfer_fee=0.00002, min_commission=1)
    run.set_slippage("bps", 3, participation=0.1)
    run.buy(SYMBOL, 1000)
    run.step()
    run.set_order_cost(historical=True)
    run.set_slippage("none", participation=None)
    run.sell(SYMBOL, 500)
    run.step()
    again = qr.Session.resume(tmp_path / "run.qsession", run.market)
    assert (again.digest(), again.settings) == (run.digest(), run.settings)
    names: dict[str, object] = {}
    script = run.to_script(market="qr.sample_market()")
    exec(compile(script, "script.py", "exec"), names)
    assert names["session"].digest() == run.digest()


def test_historical_costs_need_rules() -> None:
    """Protects plain markets: dated fees are refused with what to do instead, and the panel does not offer them."""
    frame = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=3), "symbol": "X", "open": 10.0, "high": 10.5,
                          "low": 9.5, "close": 10.0, "volume": 1e5})  # fmt: skip
    run = qr.Session(qr.read_market(frame))
    with pytest.raises(qr.UsageError, match="dated rule book.*set_order_cost"):
        run.set_order_cost(historical=True)
    panel = panel_of(run)
    assert "historical" not in dict(panel.preset.options).values()
    assert list(dict(panel.schedule.options).values()) == [False]


class Levied:
    """A fee model of the user's own."""

    name = "levied"

    def fees(self, instrument: object, day: object, quantity: int, value: float) -> dict[str, float]:
        """One part."""
        return {"levy": 0.0001 * value}


def test_models_of_the_users_own_are_left_alone() -> None:
    """Protects a model from being replaced by the figures of another that the panel happens to show."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", costs=Levied(), slippage=lambda prices, *_: prices + 0.01)
    panel = panel_of(run)
    panel.fields["cap"].value = "5"
    panel.apply()
    assert run.settings.participation == 0.05
    assert (str(run.settings.costs), str(run.settings.slippage)) == ("levied", "<lambda>")
    panel.preset.value = "zero"
    panel.apply()
    assert run.settings.costs == preset_costs(run.market.venue, "zero")
