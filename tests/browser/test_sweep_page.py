"""The page of a sweep in Chromium, from a file: a cell tells its run, and its line of Python opens that run again."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from lab import CONTRAST, page_of_file

import qresearch as qr
from qresearch.sweeps.results import Sweep

EARLY, LATE = "2022-03-02", "2022-04-11"


def bought(context: Any, data: Any, shares: int, day: str, symbol: str) -> None:
    """Buys once, on one of the days; too many shares are no run."""
    if shares > 5_000:
        raise ValueError(f"{shares} shares <b>are too many</b>")
    if str(context.now.day)[:10] == day:
        context.order(symbol, shares)


@pytest.fixture(scope="module")
def found() -> Sweep:
    """Twelve runs over three parameters; those of one number of shares fail."""
    space = {"symbol": ["604018", "604052"], "shares": [100, 1_000, 9_000], "day": [EARLY, LATE]}
    return qr.sweep(bought, qr.sample_market(), space, start="2022-03-01", end="2022-05-31", progress=False)


def opened(
    browser: Any, found: Sweep, folder: Path, at: str = "", **options: Any
) -> AbstractContextManager[tuple[Any, list[str]]]:
    """The page, and what it complained of and asked for."""
    path = found.plot("page").save(folder / "sweep.html")
    return page_of_file(browser, path, "#page[data-run]", at, height=1000, **options)


def cell(page: Any, row: int, column: int) -> Any:
    """A cell of the map, from above and from the left."""
    return page.locator(f'#map button[data-row="{row}"][data-column="{column}"]')


def test_a_cell_tells_its_run_and_how_to_open_it(browser: Any, found: Sweep, tmp_path: Path) -> None:
    """Protects the way from a cell to its run: what it says are the figures of the session that its line opens."""
    with opened(browser, found, tmp_path) as (page, heard):
        page.locator("#figures").select_option(label="final_equity")
        page.locator("#up").select_option(label="symbol")
        page.locator("#across").select_option(label="day")
        table = found.table
        cell(page, 0, 1).hover()
        said = page.locator("#readout").inner_text()
        own = table[(table["symbol"] == "604052") & (table["day"] == LATE) & (table["error"] == "")]
        best = own["final_equity"].idxmax()
        assert f"mean of 3 runs final_equity {own['final_equity'].mean():,.2f}" in said
        for name in ("symbol", "day", "shares"):
            assert f"{name} {table.loc[best, name]}" in said
        assert f"total_return {100 * table.loc[best, 'total_return']:.2f} %" in said
        assert page.locator("#code").is_hidden()
        cell(page, 0, 1).click()
        line = page.locator("#code").input_value()
        space: dict[str, Any] = {"sweep": found}
        exec(line, space)
        assert space["session"].digest() == table.loc[best, "digest"]
        assert f"final_equity {space['session'].portfolio.equity:,.2f}" in said
        assert page.locator("#table tr.chosen td").first.inner_text() == str(best)
        assert heard == []


def test_the_cells_are_the_means_of_their_runs(browser: Any, found: Sweep, tmp_path: Path) -> None:
    """Protects the picture: value, best and failures of each cell, over the parameters that were chosen."""
    with opened(browser, found, tmp_path) as (page, heard):
        page.locator("#figures").select_option(label="fees")
        assert (page.locator("#across").input_value(), page.locator("#up").input_value()) == ("2", "1")
        means = found.table.groupby(["shares", "day"])["fees"].mean()
        for row, shares in enumerate([9_000, 1_000, 100]):
            for column, day in enumerate([EARLY, LATE]):
                shown = cell(page, row, column).inner_text().removesuffix(" ★")
                assert shown == ("✕" if shares == 9_000 else f"{means[shares, day]:,.2f}")
        # Of fees the least is the best.
        least = page.locator("#map button.best")
        assert (least.count(), least.inner_text()) == (1, f"{means.min():,.2f} ★")
        cell(page, 0, 0).hover()
        assert "9000 shares <b>are too many</b>" in page.locator("#readout").inner_text()
        assert heard == []


def test_keys_the_table_and_a_link_choose_runs(browser: Any, found: Sweep, tmp_path: Path) -> None:
    """Protects those without a mouse, and a teacher's link: arrows, Enter and Escape, a row, `#run=5`."""
    with opened(browser, found, tmp_path, "#run=5") as (page, heard):
        chosen = page.locator("#page")
        assert page.locator("#code").input_value() == "session = sweep.session(5)"
        cell(page, 2, 0).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowUp")
        assert page.evaluate("() => Object.values({...document.activeElement.dataset})") == ["1", "1"]
        page.keyboard.press("Enter")
        run = int(chosen.get_attribute("data-run"))
        assert found.table.loc[run, ["shares", "day"]].tolist() == [1_000, LATE]
        assert page.evaluate("() => Object.values({...document.activeElement.dataset})") == ["1", "1"]
        page.keyboard.press("Escape")
        assert (chosen.get_attribute("data-run"), page.locator("#open").is_hidden()) == ("-1", True)
        page.locator("#search").fill("604052 too many")
        assert page.locator("#table").get_attribute("data-rows") == "2"
        page.locator("#table tbody tr").last.click()
        assert chosen.get_attribute("data-run") == str(len(found.sets) - 1)
        assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_reads_in_both(browser: Any, found: Sweep, tmp_path: Path, scheme: str) -> None:
    """Protects readers: light or dark as their system, at 4.5 to 1, and the other language by a click."""
    with opened(browser, found, tmp_path, "#run=1", color_scheme=scheme) as (page, heard):
        assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
        assert page.evaluate(CONTRAST, "body") == []
        page.locator("#language").click()
        assert page.locator("#tab-runs").inner_text() == "全部运行"
        assert page.evaluate(CONTRAST, "body") == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
        assert heard == []
