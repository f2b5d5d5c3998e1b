"""The static plots: small, the same every time, drawn without pyplot, and honest about what is not there yet."""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
import numpy as np
import pandas as pd
import pytest
from hand import flat, market, session
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from nbclient import NotebookClient

import qresearch as qr
from qresearch.views import plots

DRAWN = [kind for kind in plots.KINDS if kind not in {"lives", "life", "branches", "page"}]
"""What matplotlib draws of one run; the lives of orders, branches and the page have tests of their own."""


A = "600001.SH"
SMALL = 150_000
PICTURE = ["image/png", "text/html", "text/plain"]
"""What a picture gives a notebook."""


def traded() -> qr.Session:
    """A session with orders in every state on one share of the embedded market."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    run.buy("604018", 1000)
    run.step(3)
    run.sell("604018", 500)
    run.buy("604018", 50)
    run.step(2)
    run.buy("604018", 300).cancel()
    return run.step(5)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", DRAWN)
def test_each_plot_is_a_small_png_that_is_the_same_every_time(kind: str, theme: str) -> None:
    """Protects READMEs and diffs: under 150 kB, and equal runs give equal bytes."""
    first, second = (traded().plot(kind, theme=theme).png() for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")
    assert len(first) < SMALL


@pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")
def test_a_plot_over_many_years_is_small_too() -> None:
    """Protects the size over the whole embedded market, where lines are dense."""

    def monthly(context: object) -> None:
        if context.now.day.day <= 3:
            for symbol in context.symbols[:12]:
                context.order_target_value(symbol, 60_000 + 1000 * context.now.day.month)

    run = qr.Session(qr.sample_market(), strategy=monthly).run(progress=False)
    for kind in DRAWN:
        options = {"symbol": "604018", "count": 700} if kind == "candles" else {}
        assert len(run.plot(kind, **options).png()) < SMALL, kind


@pytest.mark.parametrize("kind", DRAWN)
def test_before_the_first_day_a_plot_says_so(kind: str) -> None:
    """Protects the first look: a sentence stands in the picture, no error and no empty axes."""
    given = market({A: [10.0] * 4})
    options = {"symbol": A} if kind == "candles" else {}
    picture = qr.Session(given).plot(kind, **options)
    words = [text.get_text() for axes in picture.figure.axes for text in axes.texts]
    assert any(word.endswith(("yet.", "close.")) for word in words)
    assert picture.png()


@pytest.mark.parametrize("kind", DRAWN)
def test_an_axes_of_the_caller_is_drawn_on_and_left_to_them(kind: str) -> None:
    """Protects figures with several plots: nothing is shown twice, and all is drawn inside the caller's axes."""
    figure = Figure(figsize=(10, 8))
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 2)
    box = grid[0, 1].get_position()
    picture = traded().plot(kind, ax=grid[0, 1])
    assert picture.figure is figure
    assert picture._repr_mimebundle_() == {"text/plain": repr(picture)}
    drawn = [axes.get_position() for axes in figure.axes if axes not in {grid[0, 0], grid[1, 0], grid[1, 1]}]
    assert all(axes.y0 >= box.y0 - 1e-9 and axes.y1 <= box.y1 + 1e-9 for axes in drawn)
    assert all(axes.x0 >= box.x0 - 1e-9 for axes in drawn)


def bodies_of(picture: plots.Picture) -> PolyCollection:
    """The bodies of the candles."""
    return next(item for item in picture.figure.axes[0].collections if isinstance(item, PolyCollection))


def test_marks_are_told_apart_by_shape() -> None:
    """Protects readers who do not see colours: each kind of mark has a shape of its own, at the right place."""
    run = traded()
    axes = run.plot("candles", symbol="604018").figure.axes[0]
    marks = {mark.get_label(): mark for mark in axes.collections if not mark.get_label().startswith("_")}
    assert set(marks) == {"placed", "bought", "sold", "rejected", "canceled"}
    shapes = [mark.get_paths()[0].vertices.tobytes() for mark in marks.values()]
    assert len(set(shapes)) == len(shapes)
    bars = run.history("604018", 60, "all", "none")
    fills = run.fills.set_index("side")
    for side, name in (("buy", "bought"), ("sell", "sold")):
        number, price = marks[name].get_offsets()[0]
        assert (bars.index[int(number)], price) == (fills.loc[side, "day"], fills.loc[side, "price"])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(marks)


def test_nothing_after_now_is_drawn() -> None:
    """Protects from hindsight: after going back, plots end where the session stands, the benchmark too."""
    run = traded()
    run.back(3)
    bodies = bodies_of(run.plot("candles", symbol="604018", count=5000))
    assert len(bodies.get_paths()) == len(run.history("604018", 5000, "all", "none"))
    lines = run.plot("equity").figure.axes[0].lines
    assert {len(line.get_xdata()) for line in lines[:2]} == {len(run.equity) + 1}


def test_candles_colour_by_the_custom_of_the_venue() -> None:
    """Protects Chinese readers: a rising day is red there and green elsewhere."""
    bars = [(10.0, 10.5), (10.5, 10.2)]
    chinese = session(market({A: bars})).step()
    frame = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=2), "symbol": "X", "open": [10.0, 10.5],
                          "high": 10.5, "low": 10.0, "close": [10.5, 10.2], "volume": 1.0})  # fmt: skip
    other = qr.Session(qr.read_market(frame)).step(2)
    edges = [bodies_of(run.plot("candles", symbol=name)).get_edgecolor()[0]
             for run, name in ((chinese, A), (other, "X"))]  # fmt: skip
    assert edges[0][0] > edges[0][1]
    assert edges[1][0] < edges[1][1]


def test_equity_and_drawdown_start_at_zero_and_hold_the_numbers() -> None:
    """Protects the curve: growth since the start, first day included, and the distance from its peak."""
    given = market({A: [10.0, (10.0, 9.5), (9.5, 10.4)]})
    run = qr.Session(given, start=given.days[1], positions={A: 1000}, positions_paid=False, cash=0).step(2)
    upper, lower = run.plot("equity", benchmark=False).figure.axes
    np.testing.assert_allclose(upper.lines[0].get_ydata(), [0, -0.05, 0.04], atol=1e-12)
    np.testing.assert_allclose(lower.lines[0].get_ydata(), [0, -0.05, 0], atol=1e-12)
    words = [text.get_text() for text in (*upper.texts, *lower.texts)]
    assert "Account\n+4.0%" in words
    assert "5.0% deepest " in words


def test_monthly_returns_multiply_to_the_year() -> None:
    """Protects the grid: months from daily returns, and the year is their product."""
    run = qr.Session(qr.sample_market(), start="2021-11-01", positions={"604018": 10_000})
    run.run(until="2022-02-28", progress=False)
    axes = run.plot("monthly").figure.axes[0]
    cells = {
        (round(text.get_position()[0]), round(text.get_position()[1])): float(text.get_text()) for text in axes.texts
    }
    assert set(cells) == {(10, 0), (11, 0), (12, 0), (0, 1), (1, 1), (12, 1)}
    for row, months in ((0, (10, 11)), (1, (0, 1))):
        product = np.prod([1 + cells[month, row] / 100 for month in months])
        assert (product - 1) * 100 == pytest.approx(cells[12, row], abs=0.11)


def test_order_flow_counts_every_order() -> None:
    """Protects the legend: each state with its number of orders; those placed before the data are told too."""
    run = traded()
    axes = run.plot("orders").figure.axes[0]
    told = {text.get_text() for text in axes.get_legend().get_texts()}
    counts = run.orders.status.value_counts()
    assert told == {f"{state} {count}" for state, count in counts.items()}
    early = qr.Session(flat())
    early.buy(A, 100)
    assert "1 order, none of them on a day of the data." in early.plot("orders").figure.axes[0].texts[0].get_text()


def test_heat_map_puts_the_rest_into_one_row() -> None:
    """Protects readability: at most so many rows, and the weights still add up to the exposure."""
    run = qr.Session(qr.sample_market(), start="2022-03-01")
    for symbol in run.market.symbols[:8]:
        run.order_value(symbol, 50_000)
    run.step(4)
    figure = run.plot("exposure", most=4).figure
    names = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert len(names) == 4
    assert names[-1].endswith(" others")
    weights = figure.axes[1].images[0].get_array().filled(0).sum(axis=0)
    np.testing.assert_allclose(weights, figure.axes[0].lines[0].get_ydata(), atol=1e-12)


NAMES = {
    "its own": None,
    "long": "the branch on which everything is tried once more, with twice the money",
    "Chinese": "把所有的办法都再试一遍而且用两倍的钱的分支",
    "one word": "x" * 90,
    "a formula": "$\\frac$",
    "an underscore": "_aside",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_name_of_a_branch_is_read_in_the_picture(name: str | None) -> None:
    """Protects who gives names, long or odd, and who gives none: no name is cut by the edge or lies on the title."""
    run = qr.Session(flat(days=8)).step(4).back(2)
    if name is not None:
        run.branch(name)
    run.buy(A, 1000)
    name = run.step(3).branches.current
    named = pd.Series([10.0, 11.0], index=run.market.days[:2].astype("datetime64[ns]"), name=name)
    growth, two = run.plot("equity", benchmark=named), run.plot("branches", first="main")
    assert growth.png()
    assert two.png()
    labels = [text for text in growth.figure.axes[0].texts if "%" in text.get_text()]
    assert len(labels) == 2
    for label in labels:
        assert label.get_window_extent().x1 <= growth.figure.bbox.x1
        told = label.get_text().rpartition("\n")[0].replace("\n", "").removesuffix("…")
        assert told
        assert name.replace(" ", "").startswith(told.replace(" ", ""))
    axes = two.figure.axes[0]
    assert len(axes.get_legend().get_texts()) == 2
    assert not axes.get_legend().get_window_extent().overlaps(axes._left_title.get_window_extent())


def test_the_words_of_a_line_end_within_the_picture() -> None:
    """Protects the reading of candles: what a price is stands behind it in full, such as the average cost."""
    run = qr.Session(qr.sample_market("minute"), cash=100_000).step(2)
    run.buy("604018", 300)
    run.buy("604018", 100, style=qr.terms.limit(13.9, tif="GTC"))
    picture = run.step().plot("candles", symbol="604018", language="en")
    assert picture.png()
    told = [text for text in picture.figure.axes[0].texts if re.search("cost|limit #", text.get_text())]
    assert len(told) == 2
    assert all(text.get_window_extent().x1 <= picture.figure.bbox.x1 for text in told)


@pytest.mark.parametrize("kind", ["futures", "margin"])
def test_exposure_of_what_is_not_paid_in_full_is_its_market_value(kind: str) -> None:
    """Protects accounts of futures and of borrowed money: their cash does not tell what is held, nor on which side."""
    if kind == "futures":
        run = qr.Session(qr.sample_futures(), start="2023-03-01", cash=300_000, account=kind).step()
        run.sell("QT2307", 1, qr.terms.to_open())
    else:
        run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, account=kind).step()
        run.buy("604018", 6_000, qr.terms.financed())
    upper, lower, *_ = run.step(3).plot("exposure").figure.axes
    table = run.tables.daily_portfolio
    expected = (table["market_value"] / table["equity"]).tolist()
    assert (expected[-1] < -0.5) if kind == "futures" else (expected[-1] > 0.5)
    assert upper.lines[0].get_ydata().tolist() == pytest.approx(expected)
    assert upper.get_ylim()[0] <= min(expected)
    np.testing.assert_allclose(lower.images[0].get_array().filled(0).sum(axis=0), expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "equty"}, "kind='equty' is not known.*Did you mean equity"),
        ({"theme": "grey"}, "theme='grey' is not known"),
        ({"kind": "candles"}, "no order yet"),
        ({"kind": "candles", "symbol": "999999"}, "Unknown symbol"),
        ({"branch": "none"}, "branch='none' is not known"),
    ],
)
def test_a_wrong_plot_says_what_there_is(options: dict[str, str], words: str) -> None:
    """Protects callers: a wrong word is answered with the right ones."""
    with pytest.raises(qr.UsageError, match=words):
        qr.Session(flat()).plot(**options)


def test_plots_need_no_pyplot_and_change_nothing_global() -> None:
    """Protects the user's own figures: pyplot is not imported, and a style of theirs neither shows nor is lost."""
    code = """if True:
        import sys, matplotlib as mpl, qresearch as qr
        run = qr.Session(qr.sample_market(), start="2022-03-01").step(5)
        plain = run.plot().png()
        mpl.rcParams["font.size"] = 30
        print(run.plot().png() == plain, mpl.rcParams["font.size"], "matplotlib.pyplot" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True 30.0 False\n", "")


def test_a_plot_and_a_report_show_themselves_in_a_bare_kernel() -> None:
    """Protects the notebook: a figure without pyplot still shows as an image, and text stays comparable."""
    cells = [
        "import qresearch as qr\nrun = qr.Session(qr.sample_market(), start='2022-03-01').step(5)",
        "run.plot()",
        "run.report()",
        "import matplotlib.pyplot as plt\n_ = run.plot(ax=plt.gca())",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    kinds = [[sorted(output.data) for output in cell.outputs] for cell in notebook.cells[1:]]
    assert kinds == [
        [PICTURE],
        [["text/html", "text/plain"], PICTURE, PICTURE],
        [["image/png", "text/plain"]],
    ]
    assert notebook.cells[1].outputs[0].data["text/plain"] == "<Picture Equity and drawdown: 800 x 450>"


def test_the_lives_of_orders_are_plots_too() -> None:
    """Protects the way to the pictures of a life: from the session, and from the ticket itself."""
    run = qr.Session(qr.sample_market(), start="2022-03-01")
    ticket = run.buy("604018", 1000)
    run.step()
    for picture in (run.plot("lives"), run.plot("life", order=ticket), ticket.picture()):
        assert picture._repr_svg_().startswith("<svg")
    assert "FILLED" in ticket.picture()._repr_svg_()
