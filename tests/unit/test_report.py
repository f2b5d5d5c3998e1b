"""The tear-sheet: every kind of run gives a page or a sentence, and the page says what our tables say."""

from __future__ import annotations

import base64
import builtins
import html
import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hand import flat, market, session

import qresearch as qr
from qresearch.views import report as views
from qresearch.views.report import compare

A = "600001.SH"
SECTIONS = ("Key Performance Metrics", "Worst 10 Drawdowns", 'id="account"')


def walk(days: int, drift: float = 0.001, spread: float = 0.01, seed: int = 5) -> list[tuple[float, float]]:
    """Prices on their ticks, opening at the last close."""
    rng = np.random.default_rng(seed)
    closes = [10.0]
    for step in rng.normal(drift, spread, days):
        closes.append(round(max(closes[-1] * (1 + step), 1.0), 2))
    return [(10.0, 10.0), *itertools.pairwise(closes)]


def invested(days: int, **options: float) -> qr.Session:
    """A run of some days that holds one share throughout."""
    given = market({A: walk(days, **options)})
    run = qr.Session(given, start=given.days[1], positions={A: 5000}, cash=100_000, costs="default")
    return run.step(days)


def page_of(run: qr.Session, folder: Path, **options: object) -> str:
    """The text of the page of a run."""
    return run.report(folder / "page.html", **options).path.read_text("utf-8")


def metric(page: str, name: str) -> str:
    """The last cell of a row of QuantStats' table: that of the account."""
    row = re.search(rf"<tr><td>{re.escape(name)}\s*</td>(.*?)</tr>", page)
    return re.findall(r"<td[^>]*>(.*?)</td>", row[1])[-1].strip()


def is_full(page: str) -> bool:
    """True for the page of QuantStats, with its plots."""
    assert "could not make" not in page, re.search(r"<p>(QuantStats could not.*?)</p>", page)[1]
    return all(section in page for section in SECTIONS) and page.count("<svg") >= 10


def test_the_page_is_whole_and_asks_nothing_of_the_network(tmp_path: Path) -> None:
    """Protects the tear-sheet: all of QuantStats' sections and plots, and not one address that a browser would load."""
    page = page_of(invested(300), tmp_path, title="A <b>title</b>")
    assert is_full(page)
    assert html.escape("A <b>title</b>") in page
    assert "<b>title</b>" not in page
    loads = re.findall(r"""(?:src|href)=["'](?!#|data:)([^"']+)["']""", page)
    assert set(loads) <= {"http://quantstats.io"}  # a link to click on
    assert "onload" not in page
    assert "<script" not in page
    assert "{{" not in page


def test_every_number_that_stands_on_both_is_the_same(tmp_path: Path) -> None:
    """Protects trust in the page: what it prints, to the digits that it prints, is what our tables hold."""
    run = invested(300)
    page = page_of(run, tmp_path)
    ours = run.tables.return_summary["value"]
    percent = {"Cumulative Return": "total_return", "CAGR": "annual_return", "Volatility (ann.)": "annual_volatility"}
    for words, name in percent.items():
        assert float(metric(page, words).rstrip("%")) == pytest.approx(ours[name] * 100, abs=0.0051), words
    assert float(metric(page, "Max Drawdown").rstrip("%")) == pytest.approx(-ours["max_drawdown"] * 100, abs=0.0051)
    for words, name in {"Sharpe": "sharpe", "Sortino": "sortino", "Calmar": "return_over_drawdown", "Skew": "skew",
                        "Kurtosis": "kurtosis"}.items():  # fmt: skip
        assert float(metric(page, words)) == pytest.approx(ours[name], abs=0.0051), words
    returns = run.tables.daily_portfolio["daily_return"]
    share = (returns > 0).sum() / (returns != 0).sum() * 100  # QuantStats leaves out days without a return
    assert float(metric(page, "Win Days").rstrip("%")) == pytest.approx(share, abs=0.0051)
    first = run.tables.daily_portfolio.index[0]
    assert f"{first:%Y}" in page


def test_the_first_day_and_leading_quiet_days_are_in_the_report(tmp_path: Path) -> None:
    """Protects the start of a run: QuantStats would cut days without a return at the beginning."""
    given = market({A: [10.0] * 40 + [(10.0, 10.5)] * 1 + [10.5] * 60})
    run = session(given).step(39)
    run.buy(A, 5000)
    run.step(50)
    benchmark = pd.Series(np.linspace(100, 110, len(given.days)), index=given.days)
    page = page_of(run, tmp_path, benchmark=benchmark)
    assert is_full(page)
    assert re.search(r"<dt>\s*2 Jan, 2024", page)
    loss = market({A: [10.0, 10.0, (10.0, 9.5), *[9.5] * 40]})
    run = qr.Session(loss, start=loss.days[2], positions={A: 5000}, positions_paid=False, cash=0, costs="zero").step(30)
    assert float(metric(page_of(run, tmp_path), "Max Drawdown").rstrip("%")) == -5.0


def test_bars_of_years_stand_above_their_labels(tmp_path: Path) -> None:
    """Protects the plot of yearly returns: under pandas 3.1 QuantStats would draw the bars far from them."""
    page = page_of(invested(2900), tmp_path)
    plot = page[page.index('id="eoy_returns"') : page.index('id="monthly_dist"')]
    labels = [float(place) for place in re.findall(r'id="xtick_.*?<path d="M ([\d.]+)', plot, re.DOTALL)]
    corners = re.findall(r'id="patch_.*?<path d="M ([\d.]+) [\d.]+ \nL ([\d.]+)', plot, re.DOTALL)
    bars = [(float(left), float(right)) for left, right in corners if float(right) - float(left) < 100]
    assert len(labels) >= 11
    assert all(any(left - 1 <= label <= right + 1 for left, right in bars) for label in labels)


@pytest.mark.parametrize(("days", "benchmark"), [(1, True), (2, False), (2, True), (5, False), (5, True), (30, True)])
def test_short_runs_give_a_page(tmp_path: Path, days: int, benchmark: bool) -> None:
    """Protects the first look after a few steps: a full page from two days on, a sentence before."""
    run = invested(days)
    series = pd.Series(np.linspace(100, 110, days + 1) ** 1.5, index=run.market.days) if benchmark else False
    page = page_of(run, tmp_path, benchmark=series)
    if days == 1:
        assert "The tear-sheet needs at least 2 trading days." in page
        assert "Total return" in page
    else:
        assert is_full(page)
    assert ("annual figures and ratios mean little" in page) == (days < 30)


@pytest.mark.parametrize("benchmark", [True, False])
@pytest.mark.parametrize(
    ("name", "prices"),
    [
        ("never traded", [10.0] * 60),
        ("only losses", [(10.0, 10.0), *((round(10 - day / 50, 2), round(9.98 - day / 50, 2)) for day in range(60))]),
        ("only gains", [(10.0, 10.0), *((round(10 + day / 50, 2), round(10.02 + day / 50, 2)) for day in range(60))]),
    ],
)
def test_odd_runs_give_a_page(tmp_path: Path, name: str, prices: list, benchmark: bool) -> None:
    """Protects flat, only losing and only winning runs: with and without a benchmark a page, never a traceback."""
    given = market({A: prices})
    positions = {} if name == "never traded" else {A: 5000}
    run = qr.Session(given, start=given.days[1], positions=positions, costs="zero").step(50)
    series = pd.Series(np.linspace(100, 110, len(given.days)), index=given.days) if benchmark else False
    page = page_of(run, tmp_path, benchmark=series, title=name)
    assert is_full(page)
    assert ("Every daily return is the same" in page) == (name == "never traded")
    if name == "never traded" and benchmark:
        assert "The page leaves Benchmark out" in page
        told = run.report(benchmark=series)
        assert told.frame.loc["Beta"].iloc[0] == "0.00"
        assert "beta" not in " ".join(told.notices)


def test_a_benchmark_with_gaps_is_filled_with_the_past_and_says_so(tmp_path: Path) -> None:
    """Protects from look-ahead in the benchmark: QuantStats would fill a hole backwards."""
    run = invested(60)
    days = run.market.days
    full = pd.Series(np.linspace(100, 130, len(days)), index=pd.DatetimeIndex(days).tz_localize("Asia/Shanghai"))
    report = run.report(tmp_path / "page.html", benchmark=full.drop(full.index[20:30]))
    assert is_full(report.path.read_text("utf-8"))
    assert "Benchmark has no close of its own on 10 of 60 days: the last one before stands there." in report.notices
    late = full[full.index > "2030"]
    report = run.report(
        tmp_path / "page.html", benchmark=pd.concat([late, full[:1] * 1]).iloc[:1].shift(9999, freq="D")
    )
    assert "The benchmark has no close on or before these days, so it is left out." in report.notices
    assert is_full(report.path.read_text("utf-8"))


def test_no_days_yet_is_a_sentence(tmp_path: Path) -> None:
    """Protects the very first look: no day is over, and the page says so."""
    run = qr.Session(flat())
    report = run.report(tmp_path / "page.html")
    assert "No trading day is over yet" in report.path.read_text("utf-8")
    assert "No trading day is over yet" in repr(report)
    assert "No trading day is over yet" in report._repr_html_()


def test_returns_that_look_like_prices_are_not_handed_over(tmp_path: Path) -> None:
    """Protects from a guess of QuantStats: never negative and once above 1 it takes returns for prices."""
    bars = {"open": [1.0, 1.0, 1.0, 3.0], "high": [1.0, 1.0, 3.0, 3.0], "low": [1.0, 1.0, 1.0, 3.0],
            "close": [1.0, 1.0, 3.0, 3.0], "volume": 1e9}  # fmt: skip
    frame = pd.DataFrame({"date": pd.bdate_range("2024-01-02", periods=4), "symbol": "X", **bars})
    run = qr.Session(qr.read_market(frame), start="2024-01-03", positions={"X": 1000}, positions_paid=False, cash=0)
    page = page_of(run.step(3), tmp_path)
    assert "QuantStats would take these returns for prices" in page
    assert "200.00 %" in page


def test_a_failure_inside_quantstats_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects from a release of QuantStats or matplotlib that breaks it: our figures and plots are still there."""
    run = invested(40)
    with views._contained() as quantstats:
        monkeypatch.setattr(quantstats.reports, "html", lambda *_, **__: 1 / 0)
    page = page_of(run, tmp_path)
    assert "QuantStats could not make its page (ZeroDivisionError: division by zero)" in page
    assert "Total return" in page
    assert page.count("data:image/png;base64,") == 2


def test_two_reports_are_the_same_bytes(tmp_path: Path) -> None:
    """Protects comparisons of files: no date, random id or path of this machine is on the page."""
    run = invested(40)
    assert page_of(run, tmp_path) == page_of(run, tmp_path)


def test_the_notebook_around_is_left_alone(tmp_path: Path) -> None:
    """Protects the user's own plots: neither style, figures, warnings, log level nor the shell are touched."""
    before = dict(mpl.rcParams)
    shell = builtins.__dict__.get("get_ipython")
    page_of(invested(40), tmp_path)
    assert dict(mpl.rcParams) == before
    assert builtins.__dict__.get("get_ipython") is shell
    assert plt.get_fignums() == []


def test_the_first_report_in_a_kernel_does_not_switch_its_backend() -> None:
    """Protects ``%matplotlib widget``: importing QuantStats would run ``%matplotlib inline`` in a notebook."""
    code = """if True:
        import builtins, qresearch as qr
        class ZMQInteractiveShell:
            def run_line_magic(self, *words):
                raise SystemExit("ran a magic")
        builtins.get_ipython = ZMQInteractiveShell
        run = qr.Session(qr.sample_market(), start="2022-03-01").step(5)
        run.report("page.html")
        print(builtins.get_ipython is ZMQInteractiveShell)
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False,
                          cwd=str(Path(__file__).parent))  # fmt: skip
    Path(__file__).with_name("page.html").unlink(missing_ok=True)
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)


def test_a_report_shows_itself_without_quantstats() -> None:
    """Protects the start of a report in a notebook: the table and the plots are our own and need no heavy import."""
    code = """if True:
        import sys, qresearch as qr
        report = qr.Session(qr.sample_market(), start="2022-03-01").step(5).report()
        print(report, len(report.pictures), "quantstats" in sys.modules, "matplotlib.pyplot" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("total return +0.00%> 2 False False\n")


def test_the_table_of_a_report(tmp_path: Path) -> None:
    """Protects what a reader sees first: our figures, the benchmark beside them, and notices in words."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    run.buy("604018", 1000)
    run.step(20)
    report = run.report()
    assert report.columns == ("Account", "000900.SH")
    ours = run.tables.return_summary["value"]
    assert report.frame.loc["Total return", "Account"] == f"{ours['total_return'] * 100:,.2f} %"
    assert report.frame.loc["Total return", "000900.SH"] == f"{ours['benchmark_return'] * 100:,.2f} %"
    assert report.frame.loc["Fees", "Account"] == "5.00"
    assert report.notices == ("Only 20 trading days: annual figures and ratios mean little.",)
    shown = report._repr_html_()
    assert "Maximum drawdown" in shown
    assert "data:image" not in shown
    assert all(base64.b64encode(picture.png()) for picture in report.pictures)


def test_a_benchmark_may_be_called_as_one_likes(tmp_path: Path) -> None:
    """Protects the page from a name with dollars, which is no formula."""
    run = invested(40)
    closes = pd.Series(np.linspace(10, 11, 41), index=pd.DatetimeIndex(run.market.days), name="$\\frac$")
    assert is_full(page_of(run, tmp_path, benchmark=closes))


def test_the_fee_of_an_exercise_is_one_of_the_fees() -> None:
    """Protects the report from telling less than the portfolio: some fees come without a fill."""
    run = qr.Session(qr.sample_options(), start="2022-11-28", cash=300_000, account="options").step()
    run.buy("C2212M4000", 2)
    run.step(30)
    paid = run.tables.daily_portfolio["fees"].iloc[-1]
    assert paid > run.fills["commission"].sum()
    assert run.report().frame.loc["Fees", "Account"] == f"{paid:,.2f}"
    assert run.account.all.report().frame.loc["Fees"].tolist() == [f"{paid:,.2f}"] * 2


def test_two_branches_side_by_side(tmp_path: Path) -> None:
    """Protects comparison: one column a branch, each to its end, the difference in length said in words."""
    run = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    run.buy("604018", 1000)
    run.step(20).back(10)
    run.sell("604018", 1000)
    run.step(5)
    here = run.report().text.split(":")[0].removeprefix("branch ")
    report = compare(run, "main", here, html=tmp_path / "both.html")
    assert report.columns == ("main", here)
    assert report.frame.loc["Fills"].tolist() == ["1", "2"]
    assert f"The branches are of different length in days: main 20, {here} 15." in report.notices
    assert run.report(branch=("main", here)).facts == report.facts
    assert "Total return" in report.path.read_text("utf-8")
    assert run.report(branch="main").frame.loc["Trading days", "Account"] == "20"
    with pytest.raises(qr.UsageError, match=r"branch='maim' is not known.*Did you mean main"):
        run.report(branch="maim")
