"""The embedded market is what its list of episodes says: notebooks and golden files stand on it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import make_futures
import make_sample  # the programs that made the data

from qresearch.domain.instrument import Board
from qresearch.errors import UsageError
from qresearch.market.limits import reference_price
from qresearch.market.market import Market
from qresearch.market.venue import CHINA
from qresearch.sources import sample
from qresearch.sources.sample import episodes, sample_market

DATA = Path(sample.__file__).parent / "data"
PRICES = ("open", "high", "low", "close")
DRAWS = (-0.997547125401, 0.575862912549, -0.540977830928)
"""First draws of the generator that made the committed files."""
EPISODES = episodes().set_index("key")
FIELDS = (*PRICES, "volume", "turnover", "pre_close", "limit_up", "limit_down", "paused", "is_st")


@pytest.fixture(scope="module")
def market() -> Market:
    """The embedded market."""
    return sample_market()


def spell(key: str, before: int = 0, after: int = 0) -> SimpleNamespace:
    """The (K,) fields of an episode's instrument over its days, and of some days around them."""
    market, episode = sample_market(), EPISODES.loc[key]
    first, last = (market.panel.day_index(episode[name]) for name in ("first_day", "last_day"))
    column = market.column(episode["symbol"])
    days = slice(first - before, last + 1 + after)
    found = {name: getattr(market.panel, name)[days, column] for name in FIELDS}
    ratios = {f"{name}_ratio": found[name] / found["pre_close"] - 1 for name in PRICES}
    actions = [action for action in market.actions if action.instrument == column and first <= action.ex_day <= last]
    return SimpleNamespace(
        **found, **ratios, actions=actions, column=column, first=first, last=last,
        instrument=market.instruments[column],
    )  # fmt: skip


def test_the_files_are_small() -> None:
    """The package stays light, its data are data and no programs: a demo opens with one click."""
    files = [path for path in DATA.iterdir() if path.is_file()]
    assert {path.name for path in files} == {
        "sample_daily.parquet", "sample_index.parquet", "sample_instruments.csv", "sample_corporate_actions.csv",
        "sample_episodes.csv", "futures_daily.csv", "futures_contracts.csv", "options_daily.csv",
        "options_contracts.csv", "options_instruments.csv", "options_corporate_actions.csv", "bonds_daily.csv",
        "bonds_bonds.csv", "bonds_instruments.csv", "bonds_known.csv",
    }  # fmt: skip
    assert sum(path.stat().st_size for path in files) < 700_000


def test_every_board_is_there(market: Market) -> None:
    """Lessons on lots, limits and T+1 find an instrument of each board, codes in the ranges of the boards."""
    boards = {instrument.board for instrument in market.instruments}
    assert boards == {Board.SH_MAIN, Board.SZ_MAIN, Board.CHINEXT, Board.STAR, Board.BSE, Board.ETF}
    assert len(market.instruments) == 31
    assert all(instrument.name for instrument in market.instruments)
    assert (str(market.days[0]), str(market.days[-1]), len(market.days)) == ("2021-01-04", "2023-12-29", 727)


def test_the_benchmark_covers_every_day(market: Market) -> None:
    """The index is the benchmark, with a bull, a bear and a calm spell, and cannot be traded."""
    assert market.benchmark is not None
    assert (market.benchmark.days == market.days).all()
    assert "000900.SH" not in market.symbols
    returns = np.diff(np.log(market.benchmark.close))
    parts = {}
    for key in ("bull_spell", "bear_spell", "calm_spell"):
        first, last = (market.panel.day_index(EPISODES.loc[key, name]) for name in ("first_day", "last_day"))
        parts[key] = returns[first:last]
    assert parts["bull_spell"].sum() > 0.25
    assert parts["bear_spell"].sum() < -0.35
    assert abs(parts["calm_spell"].sum()) < 0.12
    assert parts["calm_spell"].std() < 0.6 * parts["bear_spell"].std()


def test_prices_are_on_the_tick(market: Market) -> None:
    """An off-tick price would be refused by the validation and break every rounding lesson."""
    for column, instrument in enumerate(market.instruments):
        grid = round(1 / CHINA.rules.tick(instrument.board))
        for name in (*PRICES, "pre_close", "limit_up", "limit_down"):
            values = getattr(market.panel, name)[:, column]
            values = values[~np.isnan(values)]
            assert (np.rint(values * grid) / grid == values).all(), (instrument.symbol, name)


def test_prices_are_inside_the_limits(market: Market) -> None:
    """No bar leaves the limits of the rule book; only new listings have days without them."""
    panel = market.panel
    known = ~np.isnan(panel.close) & ~panel.paused
    free = known & np.isnan(panel.limit_up)
    assert ((panel.high <= panel.limit_up) | free | ~known).all()
    assert ((panel.low >= panel.limit_down) | free | ~known).all()
    listed = {market.symbols[column]: int(free[:, column].sum()) for column in np.flatnonzero(free.any(axis=0))}
    assert listed == {"928101.BJ": 1, "688917.SH": 5, "839208.BJ": 1, "604116.SH": 5}


def test_bars_hang_together(market: Market) -> None:
    """High and low enclose the bar, the average price lies inside it, suspended days repeat one price."""
    panel = market.panel
    known = ~np.isnan(panel.close)
    body = np.stack([panel.open, panel.close])
    assert (panel.high[known] >= body.max(axis=0)[known]).all()
    assert (panel.low[known] <= body.min(axis=0)[known]).all()
    traded = known & ~panel.paused
    assert (panel.volume[traded] > 0).all()
    average = panel.turnover[traded] / panel.volume[traded]
    assert (average <= panel.high[traded] * (1 + 1e-6)).all()
    assert (average >= panel.low[traded] * (1 - 1e-6)).all()
    paused = panel.paused
    assert paused.sum() == 17
    assert (panel.volume[paused] == 0).all()
    for name in PRICES:
        assert (getattr(panel, name)[paused] == panel.pre_close[paused]).all()


def test_the_reference_price_is_the_previous_close_or_the_formula(market: Market) -> None:
    """pre_close carries the corporate actions: adjusted history and the books both rest on it."""
    panel = market.panel
    by_place = {(action.ex_day, action.instrument): action for action in market.actions}
    assert len(by_place) == 22
    for column, instrument in enumerate(market.instruments):
        step = CHINA.rules.tick(instrument.board)
        for day in np.flatnonzero(~np.isnan(panel.close[:, column])):
            if day == panel.first_row[column]:
                continue
            expected = panel.mark[day - 1, column]
            if action := by_place.get((int(day), column)):
                expected = reference_price(
                    expected, action.cash, action.bonus, action.rights, action.rights_price, step
                )
            assert panel.pre_close[day, column] == pytest.approx(expected, abs=1e-9), (instrument.symbol, day)


def test_recorded_reference_prices_agree(market: Market) -> None:
    """The table of corporate actions and the bars tell the same story."""
    table = pd.read_csv(DATA / "sample_corporate_actions.csv")
    assert len(table) == len(market.actions)
    for row in table.itertuples():
        day, column = market.panel.day_index(row.ex_date), market.column(row.symbol)
        assert market.panel.pre_close[day, column] == row.ref_price
        assert market.panel.close[market.panel.day_index(row.record_date), column] == row.prev_close
        assert market.panel.day_index(row.record_date) < day


def test_episodes_name_real_days_in_both_languages(market: Market) -> None:
    """The table is what a teacher looks at first."""
    chinese = episodes("zh").set_index("key")
    assert list(chinese.index) == list(EPISODES.index)
    assert EPISODES.index.is_unique
    assert not EPISODES.isna().any(axis=None)
    assert not chinese.isna().any(axis=None)
    assert EPISODES["first_day"].is_monotonic_increasing
    for key, episode in EPISODES.iterrows():
        assert market.panel.day_index(episode["first_day"]) <= market.panel.day_index(episode["last_day"]), key
        if episode["symbol"] != "000900.SH":
            assert market.instrument(episode["symbol"]).name == episode["name"]
    with pytest.raises(UsageError, match="language='fr'"):
        episodes("fr")


@pytest.mark.parametrize(("key", "count"), [("locked_limit_up", 1), ("limit_up_streak", 3)])
def test_locked_limit_up(key: str, count: int) -> None:
    """The four prices are the upper limit and little trades; the days around it are normal ones."""
    bars = spell(key, before=1, after=1)
    assert len(bars.open) == count + 2
    inside = slice(1, -1)
    for name in PRICES:
        assert (getattr(bars, name)[inside] == bars.limit_up[inside]).all()
    assert (bars.volume[inside] < 0.1 * bars.volume[0]).all()
    for day in (0, -1):
        assert bars.limit_down[day] < bars.low[day]
        assert bars.high[day] < bars.limit_up[day]


def test_locked_limit_down() -> None:
    """The four prices are the lower limit; the days around it are normal ones."""
    bars = spell("locked_limit_down", before=1, after=1)
    for name in PRICES:
        assert getattr(bars, name)[1] == bars.limit_down[1]
    for day in (0, -1):
        assert bars.limit_down[day] < bars.low[day]
        assert bars.high[day] < bars.limit_up[day]


def test_limits_that_open() -> None:
    """Locked at the open only: what rests can fill during the day."""
    up, down = spell("limit_up_opens"), spell("limit_down_opens")
    assert up.open[0] == up.high[0] == up.limit_up[0] > up.close[0] > up.low[0]
    assert down.open[0] == down.low[0] == down.limit_down[0] < down.close[0] < down.high[0]


def test_suspension() -> None:
    """Eight suspended sessions, then a gap."""
    bars = spell("suspension", before=1, after=1)
    assert list(bars.paused) == [False] + 8 * [True] + [False]
    assert bars.open_ratio[-1] == pytest.approx(0.074, abs=0.001)


def test_thin_day() -> None:
    """12,300 shares: far below a normal day of the share."""
    bars = spell("thin_day", before=10)
    assert bars.volume[-1] == 12_300
    assert bars.volume[:-1].min() > 10 * 12_300


def test_gaps_and_spike() -> None:
    """Gap opens of the size that is told, and a deep low inside a day that closes up."""
    assert spell("gap_up").open_ratio[0] == pytest.approx(0.06, abs=0.001)
    assert spell("gap_down").open_ratio[0] == pytest.approx(-0.055, abs=0.001)
    spike = spell("intraday_spike")
    assert spike.low_ratio[0] < -0.085
    assert spike.close[0] > spike.open[0] > spike.pre_close[0]


def test_bonus_split_and_dividends() -> None:
    """Each kind of corporate action is there with the ratio that its title says."""
    [bonus] = spell("bonus_issue").actions
    assert (bonus.cash, bonus.bonus, bonus.rights) == (0.0, 1.0, 0.0)
    [split] = spell("etf_split").actions
    assert split.bonus == 1.0
    assert spell("etf_split").instrument.board is Board.ETF
    [cash] = spell("cash_dividend").actions
    assert cash.cash > 0 == cash.bonus
    assert len(spell("dividend_series").actions) == 3
    assert spell("dividend_series").low.min() > 1000
    [both] = spell("cash_and_bonus").actions
    assert both.cash > 0 < both.bonus == 0.4
    [chinext] = spell("bonus_and_cash_chinext").actions
    assert chinext.bonus == 0.5
    assert spell("bonus_and_cash_chinext").instrument.board is Board.CHINEXT


def test_rights_issue() -> None:
    """Six suspended sessions, then the ex-date."""
    bars = spell("rights_issue", before=1)
    assert list(bars.paused) == [False] + 6 * [True] + [False]
    [action] = bars.actions
    assert (action.ex_day, action.rights) == (bars.last, 0.3)
    assert action.rights_price < bars.close[0]
    assert bars.pre_close[-1] < bars.close[-2]


def test_st_spell() -> None:
    """5 % limits while the flag is on, suspended days before and after, two locked days at the start."""
    bars = spell("st_spell", before=1, after=2)
    assert list(bars.paused[[0, -2]]) == [True, True]
    assert 55 <= bars.is_st.sum() == len(bars.is_st) - 3 <= 65
    width = np.abs(bars.limit_up / bars.pre_close - 1)
    assert (width[1:-2] < 0.052).all()
    assert width[-1] > 0.099
    assert (bars.high[1:3] == bars.limit_down[1:3]).all()
    assert bars.close_ratio[-1] > 0.05


@pytest.mark.parametrize(
    ("key", "board", "sessions", "ratio"),
    [
        ("new_listing_star", Board.STAR, 5, 0.2),
        ("new_listing_main", Board.SH_MAIN, 5, 0.1),
        ("new_listing_bse", Board.BSE, 1, 0.3),
        ("new_listing_bse_down", Board.BSE, 1, 0.3),
    ],
)
def test_new_listings(key: str, board: Board, sessions: int, ratio: float) -> None:
    """Rows begin on the listing day; so many sessions without limits, then those of the board."""
    bars = spell(key, after=1)
    assert bars.instrument.board is board
    assert bars.first == sample_market().panel.first_row[bars.column]
    assert str(bars.instrument.list_date) == str(EPISODES.loc[key, "first_day"].date())
    assert np.isnan(bars.limit_up[:-1]).all()
    assert len(bars.limit_up) == sessions + 1
    assert bars.limit_up[-1] / bars.pre_close[-1] - 1 == pytest.approx(ratio, abs=0.003)
    first_moves = np.abs(bars.close_ratio[:-1])
    assert first_moves.max() > (ratio if key != "new_listing_bse_down" else 0.1)


def test_new_listing_on_star_moves_beyond_its_later_limit() -> None:
    """More than 20 % on two of the five days."""
    assert (np.abs(spell("new_listing_star").close_ratio) > 0.2).sum() == 2


def test_delisting(market: Market) -> None:
    """ST limits, eight locked days, twenty closes below one yuan, and a delisting on record."""
    bars = spell("delisting")
    assert bars.is_st.all()
    assert bars.last == market.panel.last_row[bars.column] < len(market.days) - 1
    assert str(bars.instrument.delist_date) == str(market.days[bars.last + 1])
    assert (bars.close[-20:] < 1).all()
    assert bars.close[-21] >= 1
    start = market.panel.day_index("2022-08-22") - bars.first
    assert (bars.high[start : start + 8] == bars.limit_down[start : start + 8]).all()


def test_data_that_end_and_data_that_are_missing(market: Market) -> None:
    """One share ends without a delisting on record, one has a hole that is no suspension."""
    ended = spell("data_ended", after=1)
    assert ended.instrument.delist_date is None
    assert not np.isnan(ended.close[0])
    assert np.isnan(market.panel.close[ended.last + 1 :, ended.column]).all()
    hole = spell("missing_rows", before=1, after=1)
    assert list(np.isnan(hole.close)) == [False] + 10 * [True] + [False]
    assert not hole.paused.any()
    assert hole.pre_close[-1] == hole.close[0]
    gaps = np.isnan(market.panel.close).sum() - sum(
        market.panel.first_row[column] + len(market.days) - 1 - market.panel.last_row[column]
        for column in range(len(market.symbols))
    )
    assert gaps == 10, "no other hole"


def test_the_fingerprints_stay_as_they_are() -> None:
    """Protects journals and programs made on the embedded market: they hold its fingerprint, and check it."""
    prints = [sample_market(frequency).fingerprint[:12] for frequency in ("day", "minute")]
    assert prints == ["8e4b7e94ce23", "3a6903643214"]


def test_shares_for_the_rules() -> None:
    """The shares that stand for a rule carry what the rule hangs on."""
    assert spell("same_day_sale").instrument.same_day_sale
    assert [share.symbol for share in sample_market().instruments if share.same_day_sale] == ["157301.SZ"]
    assert spell("star_fund_limit").instrument.limit_ratio == 0.2
    assert spell("star_lots").instrument.board is Board.STAR
    assert spell("bse_lots").instrument.board is Board.BSE
    for key in ("star_lots", "bse_lots", "same_day_sale", "star_fund_limit"):
        assert not spell(key).paused.any()
        assert (spell(key).volume > 0).all()
    assert spell("low_price").high.max() < 3


def test_only_scripted_days_are_locked(market: Market) -> None:
    """A locked open that no episode tells of would surprise a lesson; the days are counted here."""
    panel = market.panel
    locked = (panel.open == panel.limit_up) | (panel.open == panel.limit_down)
    found = {market.symbols[column]: int(locked[:, column].sum()) for column in np.flatnonzero(locked.any(axis=0))}
    assert found == {
        "604001.SH": 1, "604035.SH": 1, "604047.SH": 3, "604052.SH": 1, "604069.SH": 1, "604095.SH": 2, "604103.SH": 9,
    }  # fmt: skip


def test_the_generator_still_makes_the_committed_files(tmp_path: Path) -> None:
    """The script is the documentation of the data: it gives the same values as long as numpy's draws do."""
    draws = np.random.default_rng(make_sample.SEED).standard_t(4.0, 3)
    if not np.allclose(draws, DRAWS):
        pytest.skip("this numpy draws other random numbers; the committed files stay the truth")
    make_sample.main(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        read = pd.read_csv if path.suffix == ".csv" else pd.read_parquet
        pd.testing.assert_frame_equal(read(path), read(DATA / path.name))
    assert len(list(tmp_path.iterdir())) == 5


def test_the_futures_are_those_that_the_program_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the embedded futures from hands: the committed files are what their program writes."""
    monkeypatch.setattr(make_futures, "DATA", tmp_path)
    make_futures.main()
    for name in ("futures_daily.csv", "futures_contracts.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
