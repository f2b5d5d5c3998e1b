"""What the chart shows: bars, marks, lines and equity against figures from elsewhere; the PNG and the live canvas."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from story import SYMBOL, a_session, alive

import qresearch as qr
from qresearch import terms
from qresearch.views.candles import SHAPES
from qresearch.views.chart_data import MARKS, ChartData, ChartReader
from qresearch.views.panels.chart import ChartPanel
from qresearch.views.panels.desk import Desk, Look
from qresearch.views.panels.fields import has_live
from qresearch.views.panels.png_chart import PngChart

live = pytest.mark.skipif(not has_live(), reason="anywidget is not installed: pip install '.[live]'")


def traded() -> qr.Session:
    """Orders in every state on one share, and two that still wait."""
    run = a_session()
    run.buy(SYMBOL, 1000)
    run.step(3)
    run.sell(SYMBOL, 500)
    run.buy(SYMBOL, 50)
    run.step(2)
    run.buy(SYMBOL, 300).cancel()
    run.step(3)
    run.buy(SYMBOL, 500, style=terms.limit(9.0, tif="GTC"))
    run.sell(SYMBOL, 200, style=terms.stop(8.0, tif="GTC"))
    run.buy(SYMBOL, 300, style=terms.limit(8.9))
    return run.step(2)


def kinds_of(data: ChartData) -> dict[int, list[str]]:
    """Kinds of the marks of each order."""
    found: dict[int, list[str]] = {}
    for mark in data.marks:
        found.setdefault(mark.order_id, []).append(mark.kind)
    return found


def test_bars_are_those_of_the_session_and_end_now() -> None:
    """Protects from hindsight: whole bars up to now, of the day at the open its open and nothing else."""
    run = traded()
    data = ChartReader(run).read(SYMBOL, 30)
    bars = run.history(SYMBOL, 30, "all", "none")
    assert list(data.labels) == [str(day)[:10] for day in bars.index]
    for field in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(data, field), bars[field].to_numpy())
    before = run.market.panel
    run.step(phase="PRE_OPEN")
    early = ChartReader(run).read(SYMBOL, 30)
    day, column = before.day_index(run.now.day), run.market.column(SYMBOL)
    assert early.labels[-1] == str(run.now.day)[:10]
    assert np.isnan([early.open[-1], early.high[-1], early.low[-1], early.close[-1], early.volume[-1]]).all()
    # The limits of a day are published before its open.
    assert early.limit_up[-1] == before.limit_up[day, column]
    run.step(phase="OPEN")
    opened = ChartReader(run).read(SYMBOL, 30)
    assert opened.open[-1] == before.open[day, column]
    assert np.isnan([opened.high[-1], opened.low[-1], opened.close[-1], opened.volume[-1]]).all()
    assert len(opened) == 30


def test_nothing_that_comes_later_changes_the_chart() -> None:
    """Protects from look-ahead: after going back, the chart is the one that was there at the time."""
    run = a_session()
    reader, seen = ChartReader(run), []
    run.buy(SYMBOL, 1000)
    for _ in range(6):
        run.step(phase="next")
        seen.append(reader.read(SYMBOL, 20))
    for then in reversed(seen[:-1]):
        now = reader.read(SYMBOL, 20) if run.back() else None
        assert (now.labels, now.marks, now.lines) == (then.labels, then.marks, then.lines)
        for field in ("open", "close", "volume", "equity", "drawdown"):
            np.testing.assert_array_equal(getattr(now, field), getattr(then, field))


def test_marks_tell_the_state_of_each_order() -> None:
    """Protects the reading of the chart: each order has the marks of its state, at the right bar and price."""
    run = traded()
    data = ChartReader(run).read(SYMBOL, 60)
    assert kinds_of(data) == {
        1: ["placed", "bought"], 2: ["placed", "sold"], 3: ["placed", "rejected"], 4: ["placed", "canceled"],
        5: ["waiting"], 6: ["waiting"], 7: ["placed", "expired"],
    }  # fmt: skip
    fills = run.fills.set_index("order_id")
    for mark in data.marks:
        if mark.kind in {"bought", "sold"}:
            row = fills.loc[mark.order_id]
            assert (data.labels[mark.bar], mark.price) == (str(row.day)[:10], row.price)
        else:
            assert np.isnan(mark.price)


def test_a_part_that_is_filled_is_marked_as_a_part_until_the_order_is_over() -> None:
    """Protects the difference between filled and partly filled."""
    run = a_session(cash=5_000_000, participation=0.0005)
    order = run.buy(SYMBOL, 60_000, style=terms.limit(10.4, tif="GTC"))
    run.step()
    assert 0 < order.filled < 60_000
    assert kinds_of(ChartReader(run).read(SYMBOL, 60))[1] == ["placed", "partly bought"]
    order.cancel()
    assert kinds_of(ChartReader(run).read(SYMBOL, 60))[1] == ["placed", "canceled", "bought"]


def test_lines_are_what_waits_and_what_the_position_has_cost() -> None:
    """Protects the prices on the chart: limits and stops of open orders, and the average cost of the position."""
    run = traded()
    lines = {(line.kind, line.order_id): line.price for line in ChartReader(run).read(SYMBOL, 60).lines}
    cost = run.positions.loc[SYMBOL, "average_cost"]
    assert lines == {("limit", 5): 9.0, ("stop", 6): 8.0, ("cost", 0): pytest.approx(cost)}
    run.ticket(5).cancel()
    assert ("limit", 5) not in {(line.kind, line.order_id) for line in ChartReader(run).read(SYMBOL, 60).lines}


def test_what_a_contract_has_cost_is_a_line_too() -> None:
    """Protects accounts whose holdings are lots: one side has its line, both sides at once have none."""
    run = qr.Session(qr.sample_futures(), start="2023-03-01", cash=1_000_000, account="futures").step()
    run.order("QT2307", -2, qr.terms.to_open())
    run.step()
    chart = ChartReader(run)
    (line,) = chart.read("QT2307").lines
    assert (line.kind, line.price) == ("cost", run.positions.loc["QT2307", "average_cost"])
    assert not chart.read("QT2310").lines
    run.order("QT2307", 1, qr.terms.to_open())
    run.step()
    assert not chart.read("QT2307").lines


def test_equity_and_drawdown_are_those_of_the_session_wherever_it_goes() -> None:
    """Protects the lower curves, which are kept up to date in steps: forward, back, on a branch, by phases."""
    run = traded()
    reader = ChartReader(run)

    def agrees() -> None:
        data = reader.read(SYMBOL, 1000)
        shown = {label: value for label, value in zip(data.labels, data.equity, strict=True) if value == value}
        wanted = {str(day)[:10]: value for day, value in run.equity.items()}
        assert shown == pytest.approx(wanted)
        values = np.array([100_000.0, *wanted.values()])
        falls = (values / np.maximum.accumulate(values) - 1)[1:]
        known = data.drawdown[~np.isnan(data.drawdown)]
        np.testing.assert_allclose(known, falls, atol=1e-12)

    for move in (
        lambda: run.step(3), lambda: run.step(phase="OPEN"), lambda: run.step(phase="OPEN"), lambda: run.back(4),
        lambda: run.buy(SYMBOL, 700), lambda: run.step(2), lambda: run.branches.switch("main"), lambda: run.goto(2),
        lambda: run.goto(-1),
    ):  # fmt: skip
        move()
        agrees()


def test_minute_bars_are_drawn_by_the_minute() -> None:
    """Protects minute data: one more bar per step inside the day, marks at their bar, equity at the day's last bar."""
    market = qr.sample_market(frequency="minute")
    run = qr.Session(market, cash=1_000_000).step()
    symbol = next(name for name in market.symbols if run.market.panel.close[0, market.column(name)] < 100)
    run.buy(symbol, 100)
    run.step(phase="OPEN")
    reader = ChartReader(run)
    opened = reader.read(symbol, 2000)
    assert np.isnan(opened.close[-1])
    assert opened.open[-1] == opened.marks[-1].price
    run.step(phase="INTRADAY")
    first = reader.read(symbol, 2000)
    assert len(first) == len(opened)
    assert first.labels[-1].endswith("09:31")
    run.step(phase="INTRADAY")
    assert len(reader.read(symbol, 2000)) == len(first) + 1
    run.step()
    data = reader.read(symbol, 2000)
    assert {data.labels[bar] for bar in np.flatnonzero(~np.isnan(data.equity))} == {
        f"{str(day)[:10]} 15:00" for day in run.equity.index
    }
    assert data.labels[next(mark.bar for mark in data.marks if mark.kind == "bought")].endswith("09:31")


def test_every_kind_of_mark_has_a_shape_and_no_two_share_one() -> None:
    """Protects readers who do not see colours."""
    assert tuple(SHAPES) == MARKS
    forms = {(str(shape.marker), shape.hollow) for shape in SHAPES.values()}
    assert len(forms) == len(MARKS)


def test_the_png_is_kept_up_to_date_by_one_figure() -> None:
    """Protects memory and speed: bar after bar the same figure is drawn, and equal content gives equal bytes."""
    run = traded()
    reader, chart = ChartReader(run), PngChart("light", red_up=True, words=str)
    figure = chart._figure
    chart.show(reader.read(SYMBOL, 60))
    first, artists = chart.png(), len(figure.findobj())
    for _ in range(5):
        run.step()
        chart.show(reader.read(SYMBOL, 60))
    run.back(5)
    assert chart.png() != first
    chart.show(reader.read(SYMBOL, 60))
    assert chart.png() == first
    assert (chart._figure, len(figure.findobj())) == (figure, artists)
    assert chart.widget.value == first


def test_the_panel_tells_its_content_as_text() -> None:
    """Protects nbval and GitHub: the last bars, the limits, what waits and the marks stand in the static text."""
    run = traded()
    for language, words in (
        ("en", ("buy limit #5 at 9.00", "Price limits", "rejected 1")),
        ("zh", ("涨跌停", "被拒 1")),
    ):
        desk = Desk(run, Look(language, "red_up"))
        desk.symbol = SYMBOL
        panel = ChartPanel(desk, renderer="png")
        bundle = panel._repr_mimebundle_()
        last = run.history(SYMBOL, 1, "all", "none").iloc[0]
        for word in (*words, SYMBOL, f"{last.close:,.2f}", str(run.now.day)[:10]):
            assert word in bundle["text/html"], word
        assert bundle["image/png"].startswith(b"\x89PNG")
        panel.close()


@live
def test_a_step_sends_the_new_bar_and_nothing_else() -> None:
    """Protects the speed of playing: a step sends one bar; going back cuts; another symbol is sent whole."""
    run = traded()
    desk = Desk(run, Look())
    desk.symbol = SYMBOL
    panel = ChartPanel(desk, renderer="live")
    panel.refresh()
    chart: Any = panel._renderer
    whole, sent = chart.chart, []
    chart.send = lambda message, buffers=None: sent.append(message)
    run.step()
    desk.refresh()
    assert chart.chart is whole
    update = sent.pop()
    assert (update["keep"], len(update["tail"]["close"])) == (len(whole["labels"]), 1)
    assert update["seq"] == whole["seq"] + 1
    assert "marks" not in update["facts"]
    run.back(3)
    desk.refresh()
    assert (sent[-1]["keep"], sent[-1]["tail"]["close"]) == (len(whole["labels"]) - 2, [])
    desk.select(symbol="604052")
    assert chart.chart["symbol"] == "604052.SH"
    assert len(sent) == 1
    panel.close()


@live
def test_updates_add_up_to_the_whole_chart() -> None:
    """Protects the canvas from drifting away: whole plus updates is what a fresh chart is sent, at every move."""
    run = a_session()
    desk = Desk(run, Look())
    desk.symbol = SYMBOL
    panel = ChartPanel(desk, renderer="live")
    panel.refresh()
    chart: Any = panel._renderer
    store = {"now": dict(chart.chart)}
    names = ("labels", "open", "high", "low", "close", "volume", "limit_up", "limit_down", "equity", "drawdown")

    def put(message: dict[str, Any], buffers: object = None) -> None:
        assert message["seq"] == store["now"]["seq"] + 1
        joined = {name: store["now"][name][: message["keep"]] + message["tail"][name] for name in names}
        store["now"] = store["now"] | message["facts"] | joined | {"seq": message["seq"]}

    chart.send = put
    chart.observe(lambda change: store.update(now=dict(change["new"])), names="chart")
    for move in (
        lambda: run.buy(SYMBOL, 500), lambda: run.step(phase="PRE_OPEN"), lambda: run.step(phase="OPEN"), run.step,
        lambda: run.step(4), lambda: run.back(3), lambda: run.sell(SYMBOL, 100), run.step,
        lambda: run.branches.switch("main"), lambda: run.step(2), lambda: run.goto(0),
    ):  # fmt: skip
        move()
        desk.refresh()
        chart._answer(None, {"kind": "hello", "seq": -1}, None)
        asked = store["now"] if store["now"]["seq"] == chart.chart["seq"] else None
        assert asked == chart.chart
        run.step()
        desk.refresh()
    panel.close()


@live
def test_a_picked_price_goes_to_the_panels_that_take_one() -> None:
    """Protects the click on the chart: its price is offered to the order ticket, through the guard of the desk."""
    desk = Desk(traded(), Look())
    panel = ChartPanel(desk, renderer="live")
    taken = []
    panel.take_price = lambda price, side: taken.append((price, side))
    panel._renderer._answer(None, {"kind": "price", "price": 9.31}, None)
    panel._renderer._answer(None, {"kind": "price", "price": 9.32, "side": "sell"}, None)
    assert taken == [(9.31, ""), (9.32, "sell")]
    panel.close()


@live
def test_a_line_that_is_dragged_changes_its_order_and_a_bar_is_gone_to() -> None:
    """Protects the hands on the chart: limit and stop take the price at which they were let go; a day is gone to."""
    run = traded()
    panel = ChartPanel(Desk(run, Look()), renderer="live")
    panel.desk.select(symbol=SYMBOL)
    lines = {line.kind: line for line in panel.data.lines if line.order_id}
    for kind, price in (("limit", 8.8), ("stop", 8.1)):
        moved = lines[kind]
        message = {"kind": "move", "order": moved.order_id, "line": kind, "price": price}
        panel._renderer._answer(None, message, None)
        assert panel.last_error is None
        terms_now = run.ticket(moved.order_id).record.terms
        assert (terms_now.limit_price if kind == "limit" else terms_now.stop_price) == price
    panel._renderer._answer(None, {"kind": "bar", "label": panel.data.labels[-3]}, None)
    assert str(run.now.day)[:10] == panel.data.labels[-1]
    panel._renderer._answer(None, {"kind": "bar", "label": "2021-01-05"}, None)
    assert panel.said == "2021-01-05 is before the first trading day of this session, 2022-03-01."
    panel.close()


def test_trades_are_joined_from_entry_to_exit_with_their_result() -> None:
    """Protects the story on the chart: each round trip as the table of trades has it, at the bars of its fills."""
    run = traded()
    data = ChartReader(run).read(SYMBOL, 60)
    trades = run.tables.trades
    trades = trades[trades.symbol == run.market.symbols[run.market.column(SYMBOL)]]
    assert len(data.trades) == len(trades) > 0
    for drawn, (_, row) in zip(data.trades, trades.iterrows(), strict=True):
        assert drawn.profit == pytest.approx(row.profit)
        assert (data.labels[drawn.bar], data.labels[drawn.until]) == (str(row.entry_day)[:10], str(row.exit_day)[:10])
        assert (drawn.price, drawn.exit_price, drawn.quantity) == (row.entry_price, row.exit_price, row.quantity)
    assert ChartReader(run.goto(0)).read(SYMBOL, 60).trades == ()


def test_another_instrument_and_the_index_stand_beside_it() -> None:
    """Protects the comparison: closes of the same bars, and nothing of a bar that is not over yet."""
    run = traded()
    reader = ChartReader(run)
    beside = reader.read(SYMBOL, 20, beside="604052.SH")
    closes = run.history("604052", 20, adjust="none").iloc[:, 0].to_numpy()
    np.testing.assert_array_equal(beside.beside, closes)
    benchmark = run.market.benchmark
    index = reader.read(SYMBOL, 20, beside=benchmark.name)
    known = dict(zip(benchmark.days.astype(str), benchmark.close, strict=True))
    assert index.beside.tolist() == [known[label] for label in index.labels]
    assert np.isnan(reader.read(SYMBOL, 20).beside).all()
    run.step(phase="OPEN")
    assert np.isnan(reader.read(SYMBOL, 20, beside="604052.SH").beside[-1])


def test_closing_leaves_no_widget_behind() -> None:
    """Protects long sessions from leaks: what a panel made is gone when it is closed, whatever draws it."""
    run = traded()
    for renderer in ("png", *(("live",) if has_live() else ())):
        known = set(alive())
        panel = ChartPanel(Desk(run, Look()), renderer=renderer)
        panel._repr_mimebundle_()
        panel.close()
        assert set(alive()) - known == set()


def test_a_wrong_renderer_is_answered_with_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects callers: an unknown renderer, and the live one without its extra."""
    desk = Desk(a_session(), Look())
    with pytest.raises(qr.UsageError, match="renderer='life' is not known.*live"):
        ChartPanel(desk, renderer="life")
    monkeypatch.setattr("qresearch.views.panels.chart.has_live", lambda: False)
    with pytest.raises(qr.errors.NotSupported, match=r"pip install 'qresearch\[live\]'"):
        ChartPanel(desk, renderer="live")
    assert isinstance(ChartPanel(desk)._renderer, PngChart)


def test_without_the_extra_nothing_of_it_is_imported() -> None:
    """Protects a plain installation: the chart works, as a PNG, where anywidget cannot be imported."""
    code = """if True:
        import importlib.util, sys
        found = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "anywidget" else found(name, *rest)
        sys.modules["anywidget"] = None
        import qresearch as qr
        from qresearch.views.panels.chart import ChartPanel
        from qresearch.views.panels.desk import Desk, Look
        panel = ChartPanel(Desk(qr.Session(qr.sample_market(), start="2022-03-01").step(), Look()))
        print(sorted(panel._repr_mimebundle_()))
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert "image/png" in done.stdout, done.stderr


def test_bars_of_a_minute_are_not_squeezed_between_the_limits_of_the_day() -> None:
    """Protects the sight of minute bars: they fill the picture, though the limits of the day are ten percent away."""
    run = qr.Session(qr.sample_market("minute"), cash=100_000).step()
    data = ChartReader(run).read(SYMBOL, 60)
    span = np.nanmax(data.high) - np.nanmin(data.low)
    assert data.limit_up[-1] - data.limit_down[-1] > 10 * span
    chart = PngChart("light", red_up=True, words=str)
    chart.show(data)
    low, high = chart._candles.upper.get_ylim()
    assert span > 0.5 * (high - low)


def test_a_picture_without_an_account_gives_its_height_to_the_prices() -> None:
    """Protects the first look (defect 18): no empty panes with "0 / 0 / -0" below; they come with the second day."""
    session = a_session()
    chart = PngChart("light", red_up=True, words=str)
    reaches = []
    for _ in range(4):
        chart.show(ChartReader(session).read(SYMBOL, 60))
        picture = np.asarray(Image.open(io.BytesIO(chart.png())).convert("L"))
        # Above the dates, left of the few days of the account: bars of the volume, or nothing but the grid.
        reaches.append(bool((picture[-75:-32, 130:520] < 215).any()))
        session.step()
    chart.close()
    assert reaches == [True, True, False, False]


def test_of_many_orders_a_few_are_told_in_words() -> None:
    """Protects the chart from a list as long as itself (defect 16): four prices, and how many more there are."""
    session = a_session().step()
    for place in range(9):
        session.buy(SYMBOL, 100, style=terms.limit(8.9 + place / 50, tif="GTC"))
    session.step()
    session.panels.desk.select(symbol=SYMBOL)
    told = session.panels.chart(renderer="png").html()
    assert len(session.open_orders) == 9
    assert (told.count("buy limit #"), "5 more" in told) == (4, True)


def test_without_a_bar_no_bar_of_another_instrument_is_left() -> None:
    """Protects from looking at the wrong prices: what is not listed yet has no candles, those before it neither."""
    day = pd.bdate_range("2024-01-02", periods=9)
    bars = pd.DataFrame({"date": day, "open": 10.0, "high": 10.5, "low": 9.5, "close": 10.0, "volume": 1e6})
    run = qr.Session(qr.read_market(pd.concat([bars.assign(symbol="AAA"), bars[6:].assign(symbol="BBB")]))).step(3)
    new, used = PngChart("light", red_up=True, words=str), PngChart("light", red_up=True, words=str)
    for symbol in ("AAA", "BBB"):
        used.show(ChartReader(run).read(symbol))
    new.show(ChartReader(run).read("BBB"))
    assert used.png() == new.png()
    used.show(ChartReader(run).read("AAA"))
    assert used.png() != new.png()


def test_an_account_of_millions_has_room_at_its_axis() -> None:
    """Protects the numbers beside the equity: none is cut by the edge of the picture."""
    run = a_session(cash=123_000_000).step(5)
    run.buy(SYMBOL, 100_000)
    chart = PngChart("light", red_up=True, words=str)
    chart.show(ChartReader(run.step(3)).read(SYMBOL))
    equity = chart._figure.axes[2]
    told = [label for label in equity.get_yticklabels() if label.get_text()]
    assert told
    assert all(label.get_text().endswith("M") and label.get_window_extent().x0 >= 0 for label in told)
