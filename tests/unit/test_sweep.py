"""Sweeps: the same table whatever the workers, rows that reopen, files that go on, errors that help."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qresearch as qr
from qresearch.market.rulebook import RuleBook
from qresearch.sweeps import shared
from qresearch.sweeps.parameters import Between
from qresearch.sweeps.results import Sweep
from qresearch.sweeps.shared import opened, share

MARKET = qr.sample_market()
SPAN = {"start": "2022-01-04", "end": "2022-04-29", "progress": False}
COLUMN = MARKET.column("604018")
GRID = {"symbol": ["604018", "604052"], "shares": [100, 200, 300]}


def hold(context: Any, data: Any, symbol: str, shares: int) -> None:
    """Buy once, and hold."""
    if not context.portfolio.positions:
        context.order(symbol, shares)


class Cross:
    """Held while the mean of few days is above that of many."""

    symbol = "604018"

    def __init__(self, fast: int, slow: int = 20) -> None:
        if fast >= slow:
            raise ValueError(f"fast={fast} must be below slow={slow}")
        self.fast, self.slow = fast, slow

    def handle_data(self, context: Any, data: Any) -> None:
        """Compare the means."""
        closes = data.array("close")[-self.slow :, COLUMN]
        context.order_target(self.symbol, 1000 * bool(closes[-self.fast :].mean() > closes.mean()))


def same(one: Sweep, other: Sweep) -> None:
    """Two sweeps came to the same, to the last bit."""
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(one.returns, other.returns, check_exact=True)


def test_two_workers_give_the_table_of_one() -> None:
    """Protects determinism: neither the processes nor the order in which they are done can be seen in the table."""
    alone = qr.sweep(Cross, MARKET, {"fast": [3, 5, 30], "slow": [10, 20]}, **SPAN)
    assert alone.table.error.ne("").tolist() == [False, False, False, False, True, True]
    same(alone, qr.sweep(Cross, MARKET, {"fast": [3, 5, 30], "slow": [10, 20]}, n_jobs=2, **SPAN))


def test_a_stored_market_is_swept_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects time and the disk: workers open the folder itself, nothing is copied, and it is there at the end."""
    folder = qr.save_market(MARKET, tmp_path / "market")
    market, before = qr.read_market(folder), {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    written: list[object] = []
    monkeypatch.setattr(shared, "write_market", lambda *given: written.append(given))
    lies = share(market.counted_in(0.0001), None)
    assert Path(lies.folder) == folder.resolve()
    found = opened(lies)
    shared.close()
    assert found.folder is None and found.venue.money.units == 10000
    close: Any = found.panel.close
    while not isinstance(close, np.memmap):
        close = close.base
    assert close.filename is not None and Path(close.filename).is_relative_to(folder)
    same(qr.sweep(hold, MARKET, GRID, **SPAN), qr.sweep(hold, market, GRID, n_jobs=2, **SPAN))
    assert written == []
    assert not [path for path in (tmp_path / "temporary").iterdir() if path.name.startswith("qresearch")]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_what_is_made_of_a_stored_market_is_written_anew(tmp_path: Path) -> None:
    """Protects results: a part of what lies in a folder, or the same with other rules, is not what lies there."""
    folder = qr.save_market(MARKET, tmp_path / "market")
    some = qr.read_market(folder, symbols=["604018", "604052"])
    other = replace(qr.read_market(folder), notes=("mine",))
    assert some.folder is None and other.folder is None
    same(qr.sweep(hold, some, GRID, **SPAN), qr.sweep(hold, some, GRID, n_jobs=2, **SPAN))


def test_a_folder_that_holds_another_market_by_now_is_refused(tmp_path: Path) -> None:
    """Protects results: workers never run on a market that took the place of the one that was opened."""
    folder = qr.save_market(MARKET, tmp_path / "market")
    market = qr.read_market(folder)
    qr.save_market(qr.sample_futures(), folder, replace=True)
    with pytest.raises(qr.DataError, match="saved anew since it was opened"):
        qr.sweep(hold, market, GRID, n_jobs=2, **SPAN)
    shutil.rmtree(folder)
    with pytest.raises(qr.DataError, match="does not find the market"):
        qr.sweep(hold, market, GRID, n_jobs=2, **SPAN)


class OwnBook(RuleBook):
    """A rule book that no file could hold."""


def test_a_named_folder_is_written_once_and_mended(tmp_path: Path) -> None:
    """Protects clusters: the arrays lie in the folder once, whole, for a venue of one's own too; damage is mended."""
    own = replace(
        MARKET,
        venue=replace(MARKET.venue, rules=OwnBook("own", MARKET.venue.rules.lots)),
        closed=np.eye(*MARKET.panel.shape, dtype=bool),
    )
    first = share(own, tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert share(own, tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == times
    found = opened(first)
    assert type(found.venue.rules) is OwnBook and found.closed is not None and own.closed is not None
    assert found.fingerprint == own.fingerprint and np.array_equal(found.closed, own.closed)
    shared.close()
    path = Path(first.folder) / "days" / "close.npy"
    path.write_bytes(path.read_bytes()[:-8])
    assert share(own, tmp_path) == first
    assert opened(first).fingerprint == own.fingerprint
    shared.close()
    assert [path.name[:7] for path in tmp_path.iterdir()] == ["market-"]


def test_a_lambda_and_a_function_of_a_notebook_travel() -> None:
    """Protects users of notebooks: what has no file of its own, and what it takes from around it, runs in workers."""
    size = 300
    cell: dict[str, Any] = {}
    exec(
        "SYMBOL = '604052'\n"
        "def buy(context, size):\n    if not context.portfolio.positions:\n        context.order(SYMBOL, size)\n"
        "def act(context, data, size):\n    buy(context, size)\n",
        cell,
    )
    made = qr.sweep(lambda share: lambda context, data: hold(context, data, "604052", int(share * size)), MARKET,
                    {"share": [1, 2]}, n_jobs=2, **SPAN)  # fmt: skip
    typed = qr.sweep(cell["act"], MARKET, {"size": [300, 600]}, n_jobs=2, **SPAN)
    assert made.table.digest.tolist() == typed.table.digest.tolist()
    assert made.table.fills.tolist() == [1.0, 1.0]


def test_one_process_starts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects small sweeps, debuggers and Binder: n_jobs=1 stays in this process and loads no pool."""

    def refuse(*_: object) -> None:
        raise AssertionError("a pool was opened")

    monkeypatch.setattr("qresearch.sweeps.pool.share", refuse)
    monkeypatch.setattr("joblib.Parallel", refuse)
    assert qr.sweep(hold, MARKET, GRID, n_jobs=1, **SPAN).table.error.eq("").all()


def test_every_run_begins_with_a_fresh_strategy() -> None:
    """Protects rows from their neighbours: what one run leaves in a variable around it, the next one does not find."""
    seen: list[int] = []

    def count(context: Any, data: Any, shares: int) -> None:
        seen.append(shares)
        if len(seen) == 1:
            context.order("604018", shares)

    assert qr.sweep(count, MARKET, {"shares": [100, 200]}, **SPAN).table.fills.tolist() == [1.0, 1.0]
    assert seen == []


def test_every_row_reopens_as_the_session_that_it_was() -> None:
    """Protects the way from a figure to its cause: the session of a row has its digest, and can be walked through."""
    found = qr.sweep(hold, MARKET, GRID, cash=50_000, costs="zero", n_jobs=2, **SPAN)
    for number, row in found.table.iterrows():
        session = found.session(row)
        assert session.digest() == row.digest == found.session(number).digest()
        assert session.portfolio.equity == row.final_equity
        assert session.tables.return_summary.loc["sharpe", "value"] == row.sharpe
    session.goto(0).step(2)
    assert session.portfolio.quantities == {"604052.SH": 300}


def test_a_row_that_comes_out_otherwise_is_told() -> None:
    """Protects trust in a table: a strategy that draws without a seed is found out when its row is reopened."""

    def gamble(context: Any, data: Any, shares: int) -> None:
        context.order("604018", shares * int(np.random.default_rng().integers(1, 1000)))

    found = qr.sweep(gamble, MARKET, {"shares": [100]}, cash=1e9, **SPAN)
    with pytest.raises(qr.UsageError, match="Run 0 gives another result.*random numbers without a seed"):
        found.session(0)


def test_an_error_stays_in_its_row_and_can_be_looked_into() -> None:
    """Protects the other runs: one that raises is a row with its error, and reopens before the step that raised."""

    def breaks(context: Any, data: Any, day: int) -> None:
        context.order("604018", 100)
        1 / (data.day - context.simulation.exchange.first - day)

    found = qr.sweep(breaks, MARKET, {"day": [-1, 3]}, **SPAN)
    assert found.table.error[0] == ""
    assert "ZeroDivisionError" in found.table.error[1]
    assert found.table.loc[1, ["sharpe", "final_equity"]].isna().all()
    assert found.returns[1].isna().all()
    session = found.session(1)
    assert str(session.now.day)[:10] == "2022-01-06"
    assert session.attempt is not None
    assert found.best().run == 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_strategy_that_travelled_still_shows_its_lines(n_jobs: int) -> None:
    """Protects the way back to the code: what is sent to a worker keeps the file and the lines that it came from."""

    def bought(context: Any, data: Any, shares: float) -> None:
        context.order("604018", shares)  # here

    here = Path(__file__).read_text(encoding="utf-8").splitlines()
    line = 1 + next(place for place, text in enumerate(here) if "shares)  # here" in text)
    found = qr.sweep(bought, MARKET, {"shares": [100, 1.5]}, n_jobs=n_jobs, **SPAN)
    assert f"line {line} of {Path(__file__).name} `context.order" in found.table.error[1]
    told = found.session(0).explain("1").code
    assert told is not None
    assert (Path(told.file), told.line) == (Path(__file__), line)


def test_a_file_is_gone_on_with_and_grows(tmp_path: Path) -> None:
    """Protects long sweeps: what a file holds is not run again, and a larger grid adds to it."""
    file = tmp_path / "sweep.sqlite"
    first = qr.sweep(hold, MARKET, {"symbol": ["604018"], "shares": [100, 200]}, file=file, **SPAN)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE runs SET digest = 'kept' WHERE parameters LIKE '%100%'")
    connection.close()
    again = qr.sweep(hold, MARKET, {"symbol": ["604018"], "shares": [100, 200, 300]}, file=file, n_jobs=2, **SPAN)
    assert again.table.digest.tolist()[:2] == ["kept", first.table.digest[1]]
    assert again.table.error.tolist() == ["", "", ""]
    file.unlink()  # nothing holds it open


CHANGED: dict[str, Callable[[Path], object]] = {
    "another market": lambda file: qr.sweep(hold, qr.sample_market("minute"), GRID, file=file, progress=False),
    "other options": lambda file: qr.sweep(hold, MARKET, GRID, file=file, cash=5_000, **SPAN),
    "another strategy": lambda file: qr.sweep(
        lambda symbol, shares: lambda context, data: None, MARKET, GRID, file=file, **SPAN
    ),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_file_of_something_else_is_refused(tmp_path: Path, what: str) -> None:
    """Protects a table from rows of another strategy, market or account."""
    qr.sweep(hold, MARKET, GRID, file=tmp_path / "sweep.sqlite", **SPAN)
    with pytest.raises(qr.UsageError, match=what):
        CHANGED[what](tmp_path / "sweep.sqlite")


def test_a_file_of_somebody_else_stays_as_it_is(tmp_path: Path) -> None:
    """Protects other files: what is no file of a sweep is refused, and not one byte of it changes."""
    file = tmp_path / "notes.txt"
    file.write_text("buy low, sell high, and write it down " * 100)
    with pytest.raises(qr.UsageError, match="is no file of a sweep"):
        qr.sweep(hold, MARKET, GRID, file=file, **SPAN)
    assert file.read_text() == "buy low, sell high, and write it down " * 100


def test_values_around_a_strategy_belong_to_its_file(tmp_path: Path) -> None:
    """Protects a resumed table: the same text with another value in a variable around it is another strategy."""

    def with_size(size: int) -> Callable[..., None]:
        def act(context: Any, data: Any, symbol: str) -> None:
            hold(context, data, symbol, size)

        return act

    file = tmp_path / "sweep.sqlite"
    qr.sweep(with_size(100), MARKET, {"symbol": ["604018"]}, file=file, **SPAN)
    qr.sweep(with_size(100), MARKET, {"symbol": ["604018"]}, file=file, **SPAN)
    with pytest.raises(qr.UsageError, match="another strategy"):
        qr.sweep(with_size(200), MARKET, {"symbol": ["604018"]}, file=file, **SPAN)


def test_lists_tables_and_draws_are_grids_too() -> None:
    """Protects the ways to say which sets: a list, a table, a draw by a seed from values and from ranges."""
    listed = qr.sweep(hold, MARKET, [{"symbol": "604018", "shares": 100}, {"shares": 200, "symbol": "604052"}], **SPAN)
    same(listed, qr.sweep(hold, MARKET, pd.DataFrame({"symbol": ["604018", "604052"], "shares": [100, 200]}), **SPAN))
    drawn = [qr.sweep(hold, MARKET, GRID, method="random", trials=4, seed=seed, **SPAN).sets for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({str(values) for values in drawn[0]}) == 4
    ranged = qr.sweep(
        hold, MARKET, {"symbol": ["604018"], "shares": Between(100, 900)}, method="random", trials=3, **SPAN
    )
    assert all(isinstance(value, int) and 100 <= value <= 900 for value in ranged.table.shares.tolist())


def test_a_search_learns_the_same_whatever_the_workers(tmp_path: Path) -> None:
    """Protects a search: batches are told in order, so that two workers and a resumed file try the same sets."""
    pytest.importorskip("optuna")
    space = {"symbol": ["604018", "604052"], "shares": Between(100, 5000, log=True)}
    wanted: dict[str, Any] = dict(method="optuna", trials=10, batch=4, seed=3, by="total_return", **SPAN)
    alone = qr.sweep(hold, MARKET, space, file=tmp_path / "search.sqlite", **wanted)
    same(alone, qr.sweep(hold, MARKET, space, n_jobs=2, **wanted))
    same(alone, qr.sweep(hold, MARKET, space, file=tmp_path / "search.sqlite", **wanted))
    assert len(alone.table) == 10


def test_the_best_is_told_with_its_luck() -> None:
    """Protects students: beside the best stand the median, the luck of so many runs and two probabilities."""
    found = qr.sweep(Cross, MARKET, {"fast": range(2, 8), "slow": [10, 20]}, start="2022-01-04", progress=False)
    best = found.best("total_return")
    table = found.table
    assert (best.run, best.value) == (table.total_return.idxmax(), table.total_return.max())
    assert best.parameters == {"fast": table.fast[best.run], "slow": table.slow[best.run]}
    assert 0 <= best.overfitting <= 1
    assert 0 < best.deflated_sharpe < 1
    assert best.sharpe == pytest.approx(table.sharpe[best.run])
    assert found.best("max_drawdown").run == table.max_drawdown.idxmin()
    assert f"Best of {len(table)} runs by total_return" in repr(best)
    assert "Deflated Sharpe ratio" in found._repr_html_()


def test_neighbours_differ_by_one_step() -> None:
    """Protects the reading of a plateau: neighbours are one step away in one parameter, failed ones do not count."""
    found = qr.sweep(Cross, MARKET, {"fast": [3, 5, 15], "slow": [10, 20]}, **SPAN)
    near, value = found.stability("total_return"), found.table.total_return
    assert near.neighbours.tolist() == [2, 2, 2, 3, 0 + 2, 1]
    assert near.mean_of_neighbours[0] == pytest.approx((value[1] + value[2]) / 2)
    assert near.worst_neighbour[3] == min(value[1], value[2], value[5])


def test_walking_forward_and_purged_splits() -> None:
    """Protects validation: on each split the best of the first days is looked at on the others, and on no day twice."""
    splits = pytest.importorskip("skfolio.model_selection")
    found = qr.sweep(Cross, MARKET, {"fast": [2, 3, 5], "slow": [10, 20]}, start="2022-01-04", progress=False)
    forward = found.validate(splits.WalkForward(train_size=120, test_size=40), by="total_return")
    first = forward.iloc[0]
    days = found.returns.index
    assert (first.train_from, first.train_to, first.test_from) == (days[0], days[119], days[120])
    grown = (1 + found.returns).iloc[:120].prod() - 1
    assert first.run == grown.idxmax()
    assert first.train_total_return == pytest.approx(grown.max())
    assert first.test_total_return == pytest.approx((1 + found.returns[first.run].iloc[120:160]).prod() - 1)
    purged = found.validate(splits.CombinatorialPurgedCV(n_folds=6, n_test_folds=2, purged_size=5))
    assert len(purged) == 15
    assert (purged.train_days + purged.test_days < len(days)).all()
    assert purged.beaten.between(0, 1).all()


def test_pictures() -> None:
    """Protects the three pictures: they are drawn light and dark, and of one parameter no heatmap is."""
    found = qr.sweep(Cross, MARKET, {"fast": [3, 5, 15], "slow": [10, 20]}, **SPAN)
    for kind in ("heatmap", "parallel", "stability"):
        assert found.plot(kind, theme="dark").png() != found.plot(kind, by="max_drawdown").png()
    assert found.plot(x="fast", y="slow").png() != found.plot().png()
    with pytest.raises(qr.UsageError, match="a heatmap needs two"):
        qr.sweep(Cross, MARKET, {"fast": [3, 5]}, **SPAN).plot()
    with pytest.raises(qr.UsageError, match="kind='pie'"):
        found.plot("pie")


LOCK = threading.Lock()


def no_parameter(context: Any, data: Any) -> None:
    """A strategy that takes none."""


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "unknown name": (lambda: qr.sweep(Cross, MARKET, {"fats": [3]}, **SPAN), "no parameter 'fats'.*Did you mean fast"),
    "missing name": (lambda: qr.sweep(hold, MARKET, {"symbol": ["604018"]}, **SPAN), "needs shares too"),
    "other words for ours": (
        lambda: qr.sweep(lambda ctx, bars, fast: None, MARKET, {"fast": [3]}, **SPAN),
        "needs ctx and bars too.*names its first two arguments context and data",
    ),
    "no parameters": (
        lambda: qr.sweep(no_parameter, MARKET, {"fast": [3]}, **SPAN),
        r"takes no parameters.*def no_parameter\(context, data, fast\)",
    ),
    "an object": (lambda: qr.sweep(Cross(3), MARKET, {"fast": [3]}, **SPAN), "is a Cross, and a sweep makes a new"),
    "empty grid": (lambda: qr.sweep(hold, MARKET, {}, **SPAN), "the grid is empty"),
    "empty list": (lambda: qr.sweep(hold, MARKET, [], **SPAN), "list of parameter sets is empty"),
    "no values": (lambda: qr.sweep(hold, MARKET, {"shares": []}, **SPAN), "shares has no values"),
    "one value": (lambda: qr.sweep(hold, MARKET, {"shares": 100}, **SPAN), r"shares=100 is one value.*shares=\[100\]"),
    "twice": (lambda: qr.sweep(hold, MARKET, {"shares": [100, 100]}, **SPAN), "names 100 twice"),
    "not plain": (lambda: qr.sweep(hold, MARKET, {"shares": [object()]}, **SPAN), "cannot be kept in a table"),
    "names differ": (lambda: qr.sweep(hold, MARKET, [{"a": 1}, {"b": 1}], **SPAN), "entry 1 of the list names b"),
    "range in a grid": (
        lambda: qr.sweep(Cross, MARKET, {"fast": Between(2, 9)}, **SPAN),
        "is a range, and a grid needs values",
    ),
    "turned range": (lambda: Between(9, 2), "Swap them"),
    "too many": (lambda: qr.sweep(hold, MARKET, GRID, method="random", trials=9, **SPAN), "there are 6. Ask for"),
    "no trials": (lambda: qr.sweep(hold, MARKET, GRID, method="random", **SPAN), "needs the number of its runs"),
    "trials of a grid": (lambda: qr.sweep(hold, MARKET, GRID, trials=3, **SPAN), "is run as a whole"),
    "figure": (lambda: qr.sweep(hold, MARKET, GRID, by="sharp", **SPAN), "by='sharp' is not.*Did you mean sharpe"),
    "no order": (lambda: qr.sweep(hold, MARKET, GRID, by="skew", **SPAN), "by='skew' is not known"),
    "method": (lambda: qr.sweep(hold, MARKET, GRID, method="genetic", **SPAN), "'grid', 'random', 'optuna'"),
    "backend": (lambda: qr.sweep(hold, MARKET, GRID, backend="spark", **SPAN), "'loky', 'dask', 'ray'"),
    "workers": (lambda: qr.sweep(hold, MARKET, GRID, n_jobs=0, **SPAN), "n_jobs=0 is no number of workers"),
    "option": (lambda: qr.sweep(hold, MARKET, GRID, capital=5, **SPAN), "Here it is cash="),
    "journal": (lambda: qr.sweep(hold, MARKET, GRID, journal="a", **SPAN), "no argument journal='a'"),
    "market": (lambda: qr.sweep(hold, "bars.csv", GRID), "not a Market"),
    "cannot travel": (
        lambda: qr.sweep(lambda shares: LOCK, MARKET, {"shares": [1]}, **SPAN),
        "cannot travel to another process",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_call_says_what_to_write(what: str) -> None:
    """Protects users from an interpreter's error: each slip is told before anything runs, with what to do."""
    call, words = WRONG[what]
    with pytest.raises(qr.UsageError, match=words):
        call()


def test_questions_that_a_sweep_cannot_answer_are_told() -> None:
    """Protects the same after a sweep: rows and figures that there are not, and splits that are none."""
    found = qr.sweep(hold, MARKET, GRID, **SPAN)
    with pytest.raises(qr.UsageError, match="the runs 0 to 5"):
        found.session(6)
    with pytest.raises(qr.UsageError, match="Did you mean sharpe"):
        found.best("sharp")
    with pytest.raises(qr.UsageError, match="Pass one with a method split"):
        found.validate(5)
    with pytest.raises(qr.UsageError, match="by='fees' is not known"):
        found.validate([([0, 1], [2, 3])], by="fees")
    with pytest.raises(qr.UsageError, match="there are the places 0 to"):
        found.validate([([0, 1], [2, 3000])])
    failed = qr.sweep(Cross, MARKET, {"fast": [30]}, **SPAN)
    with pytest.raises(qr.UsageError, match="no run has the figure sharpe. Look at the column `error`"):
        failed.best()
    assert repr(failed) == "<Sweep of 1 runs over fast: 1 done, 1 of them failed>"
