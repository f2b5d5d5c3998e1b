"""Reading a market: every accepted shape, every refusal, and the real file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qresearch.domain.instrument import Board
from qresearch.errors import DataError, OutOfRange, UnknownSymbol, UsageError
from qresearch.market.market import Market
from qresearch.market.panel import FIELDS
from qresearch.market.venue import CHINA, PLAIN
from qresearch.sources.tabular import read_market

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="the real data folder is not beside this checkout")
DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
BAR = {"open": 10.0, "high": 10.2, "low": 9.9, "close": 10.05, "volume": 1000.0}


def bars(*symbols: str, days: list[str] = DAYS) -> pd.DataFrame:
    """A long frame with the same bar everywhere."""
    return pd.DataFrame([{"date": day, "symbol": symbol, **BAR} for symbol in symbols for day in days])


def with_value(field: str, value: object, row: int = 1) -> pd.DataFrame:
    """The frame of one symbol with one value replaced."""
    frame = bars("600519.SH")
    frame[field] = frame[field].astype(object)
    frame.loc[row, field] = value
    return frame.infer_objects()


def same(one: Market, other: Market) -> bool:
    """Whether two markets hold the same data."""
    return one.panel.fingerprint == other.panel.fingerprint and one.instruments == other.instruments


# Shapes ---------------------------------------------------------------------------------------------------------------


def test_rows_that_stand_as_a_table_are_read_like_any_others() -> None:
    """Protects the short way of complete data, day after day: what is read and what is refused hangs on no order."""
    days = [str(day.date()) for day in pd.bdate_range("2024-01-02", periods=40)]
    symbols = ("600519.SH", "000001.SZ", "300750.SZ")
    table = bars(*symbols, days=days).sort_values(["date", "symbol"], kind="stable", ignore_index=True)
    table["close"] = table["close"] + np.arange(len(table)) % 7 / 100
    table["high"] = table["close"] + 0.5
    wanted = list(dict.fromkeys(table["symbol"]))
    by_symbol = table.sort_values(["symbol", "date"], ignore_index=True)
    market = read_market(table)
    assert same(market, read_market(by_symbol, symbols=wanted))
    for name, value in (
        ("open", 0.0), ("low", -1.0), ("low", 11.5), ("high", 1.0), ("close", np.inf), ("close", np.nan),
        ("open", 10.004), ("volume", -1.0), ("volume", np.inf), ("volume", np.nan), ("date", "2024-01-02"),
    ):  # fmt: skip
        told = []
        for frame in (table, by_symbol):
            wrong = frame.copy()
            wrong.loc[(wrong["date"] == days[30]) & (wrong["symbol"] == symbols[1]), name] = value
            with pytest.raises(DataError) as problem:
                read_market(wrong, symbols=wanted)
            told.append((problem.value.field, problem.value.symbol, problem.value.day, problem.value.sample))
        assert told[0][:3] == told[1][:3], name
        assert name == "date" or told[0] == told[1], name


def test_the_close_of_the_day_before_takes_no_memory() -> None:
    """Protects memory: where nothing comes between two closes they stand there once; a gap or an ex-date parts them."""
    frame = bars("600519.SH", "000001.SZ").sort_values(["date", "symbol"], kind="stable", ignore_index=True)
    frame["close"] += np.arange(len(frame)) / 100  # one value everywhere would take no memory anyway
    panel = read_market(frame).panel
    assert np.shares_memory(panel.pre_close, panel.close)
    assert np.array_equal(panel.pre_close[1:], panel.close[:-1]) and np.isnan(panel.pre_close[0]).all()
    action = pd.DataFrame([{"symbol": "600519.SH", "ex_date": DAYS[2], "cash_per_share": 0.5}])
    for other in (read_market(frame.iloc[:-1]), read_market(frame, actions=action)):
        assert not np.shares_memory(other.panel.pre_close, other.panel.close)


def test_every_shape_gives_the_same_market(tmp_path: Path) -> None:
    """Long frame, CSV, Parquet, indexed frame and wide frames are the same data."""
    frame = bars("600519.SH", "000001.SZ").drop(index=[2])  # a missing row in the middle stays missing
    frame["paused"] = False
    frame.loc[5, "paused"] = True
    market = read_market(frame)
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_parquet(tmp_path / "x.parquet")
    stamped = frame.assign(date=pd.to_datetime(frame["date"]))
    by_day = stamped.set_index(["date", "symbol"])
    wide = {name: by_day[name].unstack().sort_index()[["600519.SH", "000001.SZ"]] for name in (*BAR, "paused")}
    loud = frame.rename(columns={"date": "Trade Date", "symbol": " Code", "volume": "VOL", "open": "Open"})
    for source in (
        tmp_path / "x.csv",
        str(tmp_path / "x.parquet"),
        stamped,
        stamped.set_index("date"),
        stamped.set_index(["date", "symbol"]),
        stamped.set_index("date").rename_axis(None),
        stamped.sort_values(["date", "symbol"], ascending=[True, False]),
        loud,
        wide,
        frame.assign(date=frame["date"].str.replace("-", "").astype(int)),
        frame.assign(date=frame["date"].str.replace("-", "/")),
        frame.assign(date=[dt.date.fromisoformat(day) for day in frame["date"]]),
        frame.assign(symbol=frame["symbol"].map({"600519.SH": "SH600519", "000001.SZ": "000001.XSHE"})),
        frame.assign(paused=frame["paused"].map({True: True, False: None})),
        frame.assign(paused=frame["paused"].map({True: "1", False: "False"}), volume=frame["volume"].astype(str)),
    ):
        assert same(read_market(source), market), source
    assert market.symbols == ("600519.SH", "000001.SZ")
    assert np.isnan(market.panel.close[2, 0])
    assert not market.panel.paused[2, 0]
    assert market.panel.paused[1, 1]


def test_a_file_of_one_symbol_is_named_by_its_file(tmp_path: Path) -> None:
    """A single-symbol CSV needs no symbol column, and the notes say what was taken."""
    bars("X").drop(columns="symbol").to_csv(tmp_path / "AAPL.csv", index=False)
    market = read_market(tmp_path / "AAPL.csv")
    assert market.symbols == ("AAPL",)
    assert "'AAPL'" in market.notes[0]


def test_leading_zeros_survive_a_csv(tmp_path: Path) -> None:
    """A bare code is read as text, not as a number."""
    bars("000001").to_csv(tmp_path / "x.csv", index=False)
    assert read_market(tmp_path / "x.csv").symbols == ("000001.SZ",)


def test_some_symbols_and_some_days() -> None:
    """symbols= picks and orders, start= and end= cut inclusively, and the first reference price survives the cut."""
    market = read_market(
        bars("600519.SH", "000001.SZ", "300750.SZ"), symbols=["300750", "600519"], start=DAYS[1], end=DAYS[2]
    )
    assert market.symbols == ("300750.SZ", "600519.SH")
    assert [str(day) for day in market.days] == DAYS[1:3]
    assert market.panel.pre_close[0].tolist() == [10.05, 10.05]
    with pytest.raises(UnknownSymbol, match=r"Did you mean 600519\.SH"):
        read_market(bars("600519.SH"), symbols=["600591"])
    with pytest.raises(OutOfRange, match="the data run from 2024-01-02 to 2024-01-05"):
        read_market(bars("600519.SH"), start="2025-01-01")
    with pytest.raises(UsageError, match="start='soon' is not a date"):
        read_market(bars("600519.SH"), start="soon")


def test_data_without_turnover_say_so() -> None:
    """Protects a mean price and money that nobody has: they were NaN, or the close, without a word."""
    words = "The data have no turnover"
    assert any(words in note for note in read_market(bars("600519.SH")).notes)
    traded = bars("600519.SH").assign(turnover=lambda frame: frame["volume"] * frame["close"])
    assert not any(words in note for note in read_market(traded).notes)


# Venue and boards -----------------------------------------------------------------------------------------------------


def test_china_by_suffix_and_plain_otherwise() -> None:
    """The suffixes choose the venue; what was guessed or left out is announced; mixtures are refused."""
    market = read_market(bars("600519.SH", "688981.SH", "430047.BJ"))
    assert market.venue is CHINA
    assert [share.board for share in market.instruments] == [Board.SH_MAIN, Board.STAR, Board.BSE]
    assert market.panel.limit_up[1].tolist() == [11.06, 12.06, 13.07]
    assert any("Boards guessed" in note for note in market.notes)
    assert any("no ST flags" in note for note in market.notes)
    plain = read_market(bars("AAPL", "MSFT.US"))
    assert plain.venue is PLAIN
    assert np.isnan(plain.panel.limit_up).all()
    assert any("no lots, limits, T+1 or taxes" in note for note in plain.notes)
    with pytest.raises(DataError, match="Load them apart"):
        read_market(bars("600519.SH", "AAPL.US"))
    forced = read_market(bars("600519.SH", "AAPL.US"), venue=PLAIN)
    assert {share.board for share in forced.instruments} == {Board.PLAIN}
    assert np.isnan(forced.panel.limit_up).all()


def test_board_column_is_used_without_instruments() -> None:
    """Data that name their boards need no guess; an unknown board is refused with a hint."""
    frame = bars("000001.SH").assign(board="INDEX")
    market = read_market(frame)
    assert market.instruments[0].board is Board.INDEX
    assert np.isnan(market.panel.limit_up).all()
    assert not any("guessed" in note for note in market.notes)
    with pytest.raises(DataError, match="Did you mean CHINEXT"):
        read_market(frame.assign(board="CHINEX"))


def test_instruments_table() -> None:
    """Listing, delisting by status or date, T+0 and own limits come from the table; the data end is no delisting."""
    table = pd.DataFrame(
        {
            "symbol": ["600001.SH", "600002.SH", "600003.SH", "588000.SH"],
            "board": ["SH_MAIN"] * 3 + ["ETF"],
            "list_date": ["2024-01-02", None, None, None],
            "last_date": [None, "2024-01-05", None, None],
            "status": [None, "delisted_or_stopped", None, None],
            "delist_date": [None, None, "2024-02-01", None],
            "same_day_sale": [False, False, False, True],
            "limit_ratio": [None, None, None, 0.2],
        }
    )
    market = read_market(bars(*table["symbol"]), instruments=table)
    assert [share.delist_date for share in market.instruments] == [None, dt.date(2024, 1, 6), dt.date(2024, 2, 1), None]
    assert market.instruments[0].list_date == dt.date(2024, 1, 2)
    assert [share.same_day_sale for share in market.instruments] == [False, False, False, True]
    # A listing of 2024 on the main board: no limit for five sessions; the fund moves 20%.
    assert np.isnan(market.panel.limit_up[:, 0]).all()
    assert market.panel.limit_up[1].tolist()[1:] == [11.06, 11.06, 12.06]
    with pytest.raises(DataError, match="stands there twice"):
        read_market(bars("600001.SH"), instruments=pd.concat([table, table]))
    with pytest.raises(DataError, match=r"Pass a fraction such as 0\.2"):
        read_market(bars("600001.SH"), instruments=table.assign(limit_ratio=20))


# Reference prices, limits, actions ------------------------------------------------------------------------------------


def test_reference_price_on_an_ex_date() -> None:
    """Where the data have no pre_close it is the last close, without the entitlement on an ex-date."""
    actions = pd.DataFrame(
        {"symbol": ["600519"], "ex_date": ["2024-01-04"], "cash_per_share": [1.0], "bonus_per_share": [0.2]}
    )
    market = read_market(bars("600519.SH"), actions=actions)
    assert np.array_equal(market.panel.pre_close[:, 0], [np.nan, 10.05, 7.54, 10.05], equal_nan=True)
    assert market.panel.limit_up[2, 0] == 8.29
    (action,) = market.actions
    assert (action.ex_day, action.cash, action.bonus, action.resolved) == (2, 1.0, 0.2, True)
    # The published price, where it is known, goes before the formula.
    published = read_market(bars("600519.SH"), actions=actions.assign(ref_price=7.55))
    assert published.panel.pre_close[2, 0] == 7.55


def test_ex_dates_outside_and_between_trading_days() -> None:
    """A weekend counts for the next trading day; what lies outside is left out and noted; the days follow start=."""
    actions = pd.DataFrame(
        {
            "symbol": ["600519.SH"] * 3,
            "ex_date": ["2023-12-29", "2024-01-06", "2024-02-01"],
            "cash_per_share": [0.5] * 3,
        }
    )
    frame = bars("600519.SH", days=[*DAYS, "2024-01-08"])
    market = read_market(frame, actions=actions, start="2024-01-04")
    assert [action.ex_day for action in market.actions] == [2]
    assert any("2 corporate actions outside" in note and "2024-02-01" in note for note in market.notes)
    adjusted = read_market(frame, actions=actions, adjusted=True)
    assert adjusted.actions == ()
    assert any("not applied again" in note for note in adjusted.notes)


def test_an_action_without_amounts_becomes_shares() -> None:
    """An unexplained step of the price leaves the value of the holding unchanged, and is named."""
    actions = pd.DataFrame({"symbol": ["600519.SH"], "ex_date": ["2024-01-04"], "cash_per_share": [None]})
    frame = bars("600519.SH").assign(pre_close=[10.0, 10.05, 5.0, 10.05])
    market = read_market(frame, actions=actions)
    (action,) = market.actions
    assert not action.resolved
    assert action.bonus == pytest.approx(10.05 / 5.0 - 1)
    assert "600519.SH 2024-01-04" in market.notes[-1]


def test_impossible_actions_are_refused() -> None:
    """A negative dividend, or rights without a price, is an error of the table."""
    base = {"symbol": ["600519.SH"], "ex_date": ["2024-01-04"]}
    for amounts in ({"cash_per_share": [-1.0]}, {"rights_per_share": [0.3]}, {"bonus_per_share": [-1.0]}):
        with pytest.raises(DataError, match=r"corporate actions: 600519\.SH on 2024-01-04"):
            read_market(bars("600519.SH"), actions=pd.DataFrame(base | amounts))


def test_given_limits_are_kept_with_their_gaps() -> None:
    """NaN in a given limit means no limit; only a missing column is computed."""
    frame = bars("600519.SH").assign(limit_up=[11.0, np.nan, 11.0, 11.0])
    panel = read_market(frame).panel
    assert np.array_equal(panel.limit_up[:, 0], [11.0, np.nan, 11.0, 11.0], equal_nan=True)
    assert panel.limit_down[1, 0] == 9.05
    free = pd.DataFrame({"symbol": ["600519.SH"], "date": [DAYS[2]]})
    panel = read_market(frame, no_limit_days=free).panel
    assert np.isnan([panel.limit_up[2, 0], panel.limit_down[2, 0]]).all()


def test_paused_days() -> None:
    """A day without volume is paused; a paused day may lack prices and keeps the mark; it has no limits."""
    frame = bars("600519.SH")
    frame.loc[1, "volume"] = 0.0
    assert read_market(frame).panel.paused[:, 0].tolist() == [False, True, False, False]
    frame.loc[1, ["open", "high", "low", "close"]] = np.nan
    panel = read_market(frame).panel
    assert panel.mark[1, 0] == 10.05
    assert np.isnan(panel.limit_up[1, 0])
    assert panel.pre_close[2, 0] == 10.05


def test_float32_prices_stand_on_their_tick() -> None:
    """Rounding of a float32 is repaired, so that prices compare equal with limits."""
    frame = bars("600519.SH")
    narrow = frame.assign(**{name: frame[name].astype("float32") for name in ("open", "high", "low", "close")})
    assert same(read_market(narrow), read_market(frame))


def test_benchmarks(tmp_path: Path) -> None:
    """A Series, a table with several symbols, and a symbol of the file beside; a missing one is refused."""
    frame = bars("600519.SH")
    index = pd.DataFrame({"date": DAYS * 2, "symbol": ["000300.SH"] * 4 + ["000001.SH"] * 4, "close": range(1, 9)})
    assert read_market(frame).benchmark is None
    found = read_market(frame, benchmark=index).benchmark
    assert found is not None
    assert (found.name, found.close.tolist()) == ("000300.SH", [1, 2, 3, 4])
    series = pd.Series([1.0, 2.0], index=pd.to_datetime(DAYS[:2]), name="mine")
    found = read_market(frame, benchmark=series).benchmark
    assert found is not None
    assert (found.name, str(found.days[1])) == ("mine", DAYS[1])
    frame.to_csv(tmp_path / "a_daily.csv", index=False)
    index.to_parquet(tmp_path / "a_index.parquet")
    market = read_market(tmp_path / "a_daily.csv")
    assert "a_index.parquet" in market.notes[0]
    assert market.benchmark is not None
    found = read_market(tmp_path / "a_daily.csv", benchmark="000001.SH").benchmark
    assert found is not None
    assert found.close[0] == 5.0
    with pytest.raises(DataError, match="Pass one of these"):
        read_market(tmp_path / "a_daily.csv", benchmark="000905.SH")


# Refusals -------------------------------------------------------------------------------------------------------------

BAD_VALUES: list[tuple[str, object, str]] = [
    ("high", 9.0, "high: high below low in 1 of 4 rows, first 600519.SH on 2024-01-03"),
    ("high", 10.01, "high: high below open or close"),
    ("low", 10.02, "low: low above open or close"),
    ("open", -10.0, "open: prices that are not positive"),
    ("close", 0.0, "close: prices that are not positive"),
    ("close", 10.055, "close: prices between two ticks.*adjusted=True"),
    ("volume", -5.0, "volume: negative values"),
    ("volume", np.nan, "volume: no value on a day that is not paused"),
    ("open", np.nan, "open: no value on a day that is not paused"),
    ("open", np.inf, "open: infinite values"),
    ("close", "n/a!", "close: values that are no numbers"),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD_VALUES)
def test_bad_values_are_named(field: str, value: object, message: str) -> None:
    """The message tells field, symbol, day, how many, and shows the row."""
    with pytest.raises(DataError, match=message) as caught:
        read_market(with_value(field, value))
    assert caught.value.symbol == "600519.SH"
    assert caught.value.day == "2024-01-03"
    assert len(caught.value.sample) == 1


def test_only_three_bad_rows_are_shown() -> None:
    """All bad rows are counted, three are shown."""
    with pytest.raises(DataError, match="in 4 of 4 rows") as caught:
        read_market(bars("600519.SH").assign(volume=-1.0))
    assert len(caught.value.sample) == 3
    assert "2024-01-02: volume=-1" in str(caught.value)


def test_adjusted_prices_are_on_no_tick() -> None:
    """adjusted=True takes off the tick check and the limits, as the message advises."""
    panel = read_market(with_value("close", 10.055), adjusted=True).panel
    assert panel.adjusted
    assert np.isnan(panel.limit_up).all()


TABLES: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    (lambda frame: frame.iloc[:0], "no rows"),
    (lambda frame: frame.drop(columns="volume"), "no column 'volume'; there are date, symbol"),
    (lambda frame: frame.drop(columns="symbol"), "no column 'symbol'"),
    (lambda frame: frame.assign(clsoe=1.0), "unknown columns 'clsoe'. Did you mean close\\?"),
    (lambda frame: frame.assign(vol=1.0), "columns 'volume' and 'vol' both mean 'volume'"),
    (lambda frame: frame.iloc[[0, 2, 1, 3]], "date: dates of a symbol do not ascend.*sort_values"),
    (lambda frame: pd.concat([frame, frame.tail(1)]), "the same symbol and day more than once in 1 of 5"),
    (lambda frame: frame.assign(symbol=600519.5), "symbol 600519.5 is not text"),
    (lambda frame: frame.assign(symbol=[None, *frame["symbol"][1:]]), "no symbol in 1 rows, first row 0"),
    (lambda frame: frame.assign(paused="maybe"), "paused: values that are neither true nor false"),
    (lambda frame: frame.assign(date=["2024-01-02", "soon", "2024-01-04", None]), "2 values in the data are no dates"),
    (lambda frame: frame.assign(date=range(4)), "are no dates"),
    (
        lambda frame: frame.assign(date=["2024-01-02 00:00+08:00", *DAYS[1:]]),
        "mixed time zones",
    ),
    (
        lambda frame: frame.assign(date=["2024-01-02 00:00+08:00", *(f"{day}T00:00Z" for day in DAYS[1:])]),
        "mixed time zones",
    ),
    (
        lambda frame: frame.assign(
            date=pd.Series([pd.Timestamp(DAYS[0], tz="UTC"), *map(pd.Timestamp, DAYS[1:])], dtype=object)
        ),
        "mixed time zones",
    ),
    (lambda frame: frame.set_axis(pd.MultiIndex.from_product([["a"], frame.columns]), axis=1), "two levels"),
]


@pytest.mark.parametrize(("spoil", "message"), TABLES)
def test_bad_tables_are_refused(spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    """What is wrong with the shape, the order or the dates of a table is told with the remedy."""
    with pytest.raises(DataError, match=message):
        read_market(spoil(bars("600519.SH")))


def test_dates_with_one_time_zone_count_at_the_venue() -> None:
    """Uniform zones are converted to Shanghai; a plain market keeps the date as it is written."""
    stamps = pd.to_datetime(DAYS).tz_localize("Asia/Shanghai")
    expected = read_market(bars("600519.SH")).days
    for dates in (stamps, stamps.tz_convert("UTC"), [f"{day}T00:00:00+08:00" for day in DAYS]):
        assert np.array_equal(read_market(bars("600519.SH").assign(date=dates)).days, expected)
    tokyo = pd.to_datetime(DAYS).tz_localize("Asia/Tokyo")
    assert np.array_equal(read_market(bars("7203.T").assign(date=tokyo)).days, expected)
    wide = {
        name: pd.DataFrame({"600519.SH": [value] * 4}, index=stamps.tz_convert("UTC")) for name, value in BAR.items()
    }
    assert np.array_equal(read_market(wide).days, expected)
    with pytest.raises(DataError, match="mixed time zones"):
        read_market(wide | {"close": wide["close"].tz_localize(None)})


def test_wide_frames_must_be_in_order() -> None:
    """An index that does not ascend, and a value that is no frame, are refused by field."""
    wide = {name: pd.DataFrame({"600519.SH": [value] * 4}, index=pd.to_datetime(DAYS)) for name, value in BAR.items()}
    with pytest.raises(DataError, match="days of 'close' do not ascend"):
        read_market(wide | {"close": wide["close"].iloc[::-1]})
    with pytest.raises(DataError, match="Field 'close' is a list"):
        read_market(wide | {"close": [1.0]})
    with pytest.raises(DataError, match="no column 'high'"):
        read_market({name: frame for name, frame in wide.items() if name != "high"})
    with pytest.raises(DataError, match="open: no value on a day"):
        read_market(wide | {"open": wide["open"].iloc[1:]})


def test_wrong_sources_are_wrong_calls(tmp_path: Path) -> None:
    """A missing file, another kind of file or object, and an empty file say what to pass."""
    bars("600519.SH").to_csv(tmp_path / "prices.csv", index=False)
    with pytest.raises(UsageError, match=r"Did you mean prices\.csv"):
        read_market(tmp_path / "price.csv")
    with pytest.raises(UsageError, match=r"neither .csv nor .parquet"):
        read_market(tmp_path / "prices.doc")
    with pytest.raises(UsageError, match="Pass a DataFrame or a path"):
        read_market([1, 2])  # type: ignore[arg-type]
    (tmp_path / "none.csv").write_text("")
    with pytest.raises(DataError, match="is empty"):
        read_market(tmp_path / "none.csv")


# The real file --------------------------------------------------------------------------------------------------------


@REAL
def test_the_real_file_with_its_tables() -> None:
    """Tables beside are found; 41 symbols end early without being delisted, 8 are delisted, 5 actions unresolved."""
    market = read_market(DATA / "cn_daily.parquet")
    panel = market.panel
    assert len(market.instruments) == 81
    assert int((~np.isnan(panel.close)).sum()) == 154_504
    ends = market.days[panel.last_row]
    gone = np.array([share.delist_date is not None for share in market.instruments])
    assert int((ends == np.datetime64("2025-04-07")).sum()) == 41
    assert not gone[ends == np.datetime64("2025-04-07")].any()
    assert int(gone.sum()) == 8
    assert all(
        share.delist_date > end for share, end, out in zip(market.instruments, ends.tolist(), gone, strict=True) if out
    )
    assert len(market.actions) == 531
    assert sum(not action.resolved for action in market.actions) == 5
    assert all(
        symbol in market.notes[-1] for symbol in ("600074.SH", "600401.SH", "300028.SZ", "002680.SZ", "300104.SZ")
    )
    assert "cn_corporate_actions.csv" in market.notes[0]
    assert market.benchmark is not None
    assert market.benchmark.name == "000300.SH"


@REAL
def test_limits_computed_for_the_real_file_equal_the_given_ones() -> None:
    """Without its limit columns the file gives the same limits, day for day."""
    frame = pd.read_parquet(DATA / "cn_daily.parquet")
    table = pd.read_csv(DATA / "cn_instruments.csv", dtype={"symbol": str})
    table["limit_ratio"] = table["symbol"].map({"588000.SH": 0.2, "159949.SZ": 0.2})
    bare = read_market(
        frame.drop(columns=["limit_up", "limit_down"]), instruments=table, no_limit_days=DATA / "cn_no_limit_days.csv"
    )
    given = read_market(frame, instruments=table)
    for name in FIELDS:
        assert np.array_equal(getattr(bare.panel, name), getattr(given.panel, name), equal_nan=True), name


@REAL
def test_reference_prices_of_the_real_file_follow_from_its_actions() -> None:
    """Without pre_close and with published reference prices nearly every reference price is found again."""
    frame = pd.read_parquet(DATA / "cn_daily.parquet")
    given = read_market(frame, actions=DATA / "cn_corporate_actions.csv").panel
    found = read_market(frame.drop(columns=["pre_close"]), actions=DATA / "cn_corporate_actions.csv").panel
    known = ~np.isnan(found.pre_close)
    differ = np.argwhere(known & (np.abs(found.pre_close - given.pre_close) > 1e-9))
    assert len(differ) <= 1, [(given.symbols[column], str(given.days[day])) for day, column in differ]
