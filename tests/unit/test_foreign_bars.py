"""Bars of other systems, whole and damaged: read rightly, or refused with their place and a remedy; never otherwise."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from foreign import CONTAINERS, FIELDS, SHAPES, native, put, truth, tushare

import qresearch as qr

REMEDY = re.compile(
    r"\b(Pass|Write|Give|Save|Drop|Rename|Correct|Check|Replace|Sort|Keep|Name|Add|Read|Fetch|Convert|convert|Localize|"
    r"Fill|Load|Unpack|Install|Restore|Divide)\b",
    re.IGNORECASE,
)


def read(source: object, **options: object) -> qr.Market:
    """The market, its notes silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qr.errors.MarketWarning)
        return qr.read_market(source, **options)  # type: ignore[arg-type]


def is_true(
    market: qr.Market, t: pd.DataFrame, *, rough: bool = False, lacks: tuple[str, ...] = (), gaps: int = 0
) -> None:
    """Assert that a market holds the truth and nothing else."""
    symbols = list(t["symbol"].unique())
    assert sorted(market.symbols) == sorted(symbols)
    assert [str(day) for day in market.days] == [str(day.date()) for day in sorted(t["date"].unique())]
    columns = [market.symbols.index(symbol) for symbol in symbols]
    for name in FIELDS:
        if name in lacks:
            continue
        table = t.pivot(index="date", columns="symbol", values=name)[symbols].to_numpy()
        found = getattr(market.panel, name)[:, columns]
        limit = 0.02 if rough and name in ("volume", "turnover") else 1e-9 if name != "turnover" else 1e-4
        worst = np.nanmax(np.abs(found / table - 1))
        assert worst < limit, f"{name} is off by {worst:g}"
        assert np.isnan(found).sum() <= (gaps if name == "turnover" else 0), name


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("vendor", SHAPES)
def test_a_vendors_table_in_a_container(vendor: str, container: str, tmp_path: Path) -> None:
    """Protects every user of another system: names, units, dates and codes are understood in any kind of file."""
    if container == "xlsx":
        pytest.importorskip("openpyxl", reason="Excel files need the package openpyxl")
    shape = SHAPES[vendor]
    t = truth(*shape.symbols)
    path = put(shape.write(t), tmp_path, shape.file, container)
    is_true(read(path), t, rough=shape.rough, lacks=shape.lacks)


@pytest.mark.parametrize("vendor", [name for name, shape in SHAPES.items() if not shape.file])
def test_a_vendors_table_as_a_frame(vendor: str) -> None:
    """Protects notebooks: the frame that a package returned is understood as it is, and its vendor is named."""
    shape = SHAPES[vendor]
    t = truth()
    market = read(shape.write(t))
    is_true(market, t, rough=shape.rough, lacks=shape.lacks)
    if vendor not in ("native", "units in names", "in lots"):
        assert any("The columns are those of" in note for note in market.notes)


# Dates and cells as people and spreadsheets write them ----------------------------------------------------------------

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
EPOCH = pd.Timestamp("1970-01-01")


def _since(t: pd.DataFrame, step: str, zone: str = "UTC") -> pd.Series:
    stamps = pd.DatetimeIndex(t["date"]).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    return pd.Series((stamps - EPOCH) // pd.Timedelta(1, step))


DATES: dict[str, Callable[[pd.DataFrame], object]] = {
    "slashes": lambda t: [f"{day.year}/{day.month}/{day.day}" for day in t["date"]],
    "dots": lambda t: t["date"].dt.strftime("%Y.%m.%d"),
    "chinese": lambda t: [f"{day.year}年{day.month}月{day.day}日" for day in t["date"]],
    "digits": lambda t: t["date"].dt.strftime("%Y%m%d"),
    "number": lambda t: t["date"].dt.strftime("%Y%m%d").astype(int),
    "fraction": lambda t: t["date"].dt.strftime("%Y%m%d").astype(float),
    "fraction as text": lambda t: t["date"].dt.strftime("%Y%m%d.0"),
    "serial": lambda t: (t["date"] - pd.Timestamp("1899-12-30")).dt.days,
    "serial with the close": lambda t: (t["date"] - pd.Timestamp("1899-12-30")).dt.days + 0.625,
    "serial as text": lambda t: (t["date"] - pd.Timestamp("1899-12-30")).dt.days.astype(str),
    "month name": lambda t: t["date"].dt.strftime("%d-%b-%Y"),
    "month name, short year": lambda t: t["date"].dt.strftime("%d-%b-%y"),
    "american words": lambda t: t["date"].dt.strftime("%b %d, %Y"),
    "american": lambda t: t["date"].dt.strftime("%m/%d/%Y"),
    "european": lambda t: t["date"].dt.strftime("%d/%m/%Y"),
    "european dots": lambda t: t["date"].dt.strftime("%d-%m-%Y"),
    "weekday": lambda t: t["date"].dt.strftime("%Y-%m-%d") + " 星期二",
    "with the close": lambda t: t["date"].dt.strftime("%Y-%m-%d 15:00"),
    "with seconds": lambda t: t["date"].dt.strftime("%Y/%m/%d 15:00:00"),
    "fourteen digits": lambda t: t["date"].dt.strftime("%Y%m%d150000"),
    "seventeen digits": lambda t: t["date"].dt.strftime("%Y%m%d150000000"),
    "full width": lambda t: t["date"].dt.strftime("%Y-%m-%d").str.translate(WIDE),
    "padded": lambda t: " " + t["date"].dt.strftime("%Y-%m-%d") + " ",
    "offset": lambda t: t["date"].dt.strftime("%Y-%m-%dT00:00:00+08:00"),
    "utc midnight of shanghai": lambda t: pd.DatetimeIndex(t["date"]).tz_localize("Asia/Shanghai").tz_convert("UTC"),
    "python dates": lambda t: [day.date() for day in t["date"]],
    **{f"since 1970 in {step}": lambda t, step=step: _since(t, step) for step in ("s", "ms", "us", "ns")},
    **{f"since 1970 in {step}, there": lambda t, step=step: _since(t, step, "Asia/Shanghai") for step in ("s", "ms")},
}  # fmt: skip


@pytest.mark.parametrize("through", ["frame", "file"])
@pytest.mark.parametrize("spelling", DATES)
def test_dates_in_any_spelling(spelling: str, through: str, tmp_path: Path) -> None:
    """Protects the calendar: whatever way a day is written, it is that day; a file says the same as a frame."""
    t = truth()
    frame = t.assign(date=DATES[spelling](t))
    if through == "file":
        frame.to_csv(tmp_path / "bars.csv", index=False)
        is_true(read(tmp_path / "bars.csv"), t)
    else:
        is_true(read(frame), t)


def _edit(name: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def edited(t: pd.DataFrame) -> pd.DataFrame:
        frame = native(t).astype(object)
        frame.loc[row, name] = value
        return frame

    return edited


def _spelled(**columns: Callable[[pd.DataFrame], object]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda t: native(t).assign(**{name: spell(t) for name, spell in columns.items()})


def _by_symbol(t: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): part.drop(columns="symbol").set_index("date") for name, part in t.groupby("symbol")}


def _by_field(t: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {name: t.pivot(index="date", columns="symbol", values=name) for name in FIELDS}


RIGHT: dict[str, Callable[[pd.DataFrame], object]] = {
    "thousands in volume": _spelled(volume=lambda t: [f"{value:,.0f}" for value in t["volume"]]),
    "thousands in turnover": _spelled(turnover=lambda t: [f"{value:,.2f}" for value in t["turnover"]]),
    "shares in cells": _spelled(volume=lambda t: [f"{value:.0f}股" for value in t["volume"]]),
    "lots in cells": _spelled(volume=lambda t: [f"{value / 100:.2f}手" for value in t["volume"]]),
    "exact 万 in cells": _spelled(volume=lambda t: [f"{value / 1e4:.4f}万" for value in t["volume"]]),
    "currency signs": _spelled(close=lambda t: [f"¥{value:.2f}" for value in t["close"]]),
    "plus signs": _spelled(open=lambda t: [f"+{value:.2f}" for value in t["open"]]),
    "exponents": _spelled(volume=lambda t: [f"{value:.6e}" for value in t["volume"]]),
    "codes without suffix": _spelled(symbol=lambda t: t["symbol"].str[:6]),
    "codes as numbers": _spelled(symbol=lambda t: t["symbol"].str[:6].astype(int)),
    "codes as fractions": _spelled(symbol=lambda t: t["symbol"].str[:6].astype(float)),
    "codes with an apostrophe": _spelled(symbol=lambda t: "'" + t["symbol"].str[:6]),
    "codes of file names": _spelled(symbol=lambda t: t["symbol"].str[:6] + "_daily.csv"),
    "codes with the exchange in front": _spelled(symbol=lambda t: t["symbol"].str[-2:] + t["symbol"].str[:6]),
    "a column that counts rows": lambda t: native(t).reset_index(names="index"),
    "unnamed column that counts rows": lambda t: native(t).reset_index(names="Unnamed: 0"),
    "newest first": lambda t: native(t)[::-1].reset_index(drop=True),
    "by day": lambda t: native(t).sort_values(["date", "symbol"]),
    "newest day first": lambda t: native(t).sort_values(["date", "symbol"], ascending=False),
    "indexed": lambda t: t.set_index(["symbol", "date"]),
    "by symbol": _by_symbol,
    "by field": _by_field,
    "by field, each spelling the codes in its own way": lambda t: {
        name: frame if number % 2 else frame.rename(columns=lambda code: code[:6])
        for number, (name, frame) in enumerate(_by_field(t).items())
    },
    "by symbol, the days as text": lambda t: {
        symbol: frame.set_axis(frame["date"].astype(str).rename("date")).drop(columns=["date", "symbol"])
        for symbol, frame in t.groupby("symbol")
    },
    "codes with marks that nobody sees": _spelled(symbol=lambda t: "\ufeff" + t["symbol"] + "\u200b"),
    "codes as formulas": _spelled(symbol=lambda t: '="' + t["symbol"].str[:6] + '"'),
    "two levels, field first": lambda t: pd.concat(_by_field(t), axis=1),
    "two levels, symbol first": lambda t: pd.concat(_by_field(t), axis=1).swaplevel(axis=1),
    "shouted": lambda t: native(t).rename(columns=str.upper),
    "padded names": lambda t: native(t).rename(columns=lambda name: f" {name} "),
    "volume in lots": lambda t: native(t).assign(volume=t["volume"] / 100),
    "turnover in thousands": lambda t: native(t).assign(turnover=t["turnover"] / 1_000),
    "turnover in ten thousands": lambda t: native(t).assign(turnover=t["turnover"] / 10_000),
    "lots and ten thousands": lambda t: native(t).assign(volume=t["volume"] / 100, turnover=t["turnover"] / 10_000),
    "lots for one share": lambda t: native(t).assign(
        volume=t["volume"].where(t["symbol"] != "000001.SZ", t["volume"] / 100)
    ),
    "tushare in shares already": lambda t: tushare(t).assign(vol=t["volume"][::-1].to_numpy()),
    "tushare in yuan already": lambda t: tushare(t).assign(amount=t["turnover"][::-1].to_numpy()),
    "tushare in our units already": lambda t: tushare(t).assign(
        vol=t["volume"][::-1].to_numpy(), amount=t["turnover"][::-1].to_numpy()
    ),
    "text everywhere": lambda t: native(t).astype(str),
    "a row of units": lambda t: pd.concat(
        [pd.DataFrame([dict.fromkeys(t.columns, "没有单位")]), native(t)], ignore_index=True
    ),
    "a sum below": lambda t: pd.concat(
        [native(t), pd.DataFrame([{**dict.fromkeys(t.columns), "date": "数据来源:某某"}])], ignore_index=True
    ),
    "empty rows": lambda t: native(t).reindex([*range(10), 900, 901, *range(10, len(t))]),
    "weekends filled": lambda t: pd.concat(
        [t, t[t["date"].dt.day_of_week == 4].assign(date=lambda f: f["date"] + pd.Timedelta(days=1))]
    ).sort_values(["symbol", "date"]),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_odd_spellings_are_read_rightly(name: str) -> None:
    """Protects from doubt: where there is one reading of an odd table, it is the one that is taken."""
    t = truth()
    is_true(read(RIGHT[name](t)), t)


@pytest.mark.parametrize("word", ["停牌", "--", "N/A", "", "0"])
def test_a_suspended_day(word: str) -> None:
    """Protects suspensions: prices of nothing on a day without trading are unknown, and the day is paused."""
    t = truth()
    frame = native(t).astype(object)
    frame.loc[5, ["open", "high", "low", "close"]] = word
    frame.loc[5, ["volume", "turnover"]] = "停牌" if word == "停牌" else "0"
    market = read(frame)
    column = market.symbols.index("600519.SH")
    assert market.panel.paused[5, column]
    assert market.panel.paused.sum() == 1
    assert np.isnan(market.panel.close[5, column])
    assert market.panel.volume[5, column] == 0
    frame.loc[5, ["volume", "turnover"]] = 1000.0
    if word == "停牌":
        return
    with pytest.raises(
        qr.DataError, match=r"(open|high|low|close): .* first 600519.SH on 2024-01-09, row 5 of the data"
    ):
        read(frame)


PRICES = ("open", "high", "low", "close", "pre_close")
NOTED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "adjusted and rounded": (
        lambda t: t.assign(**{name: (t[name] * 0.93).round(2) for name in PRICES}),
        "lies outside low and high on more than a fifth of the days of 600519.SH and 2 more.*Pass adjusted=True",
    ),
    "turnover of another currency": (
        lambda t: t.assign(turnover=t["turnover"].where(t["symbol"] != "000001.SZ", t["turnover"] * 0.91)),
        "on more than a fifth of the days of 000001.SZ, first .* in another currency",
    ),
    "volume in thousands, without turnover": (
        lambda t: t.drop(columns="turnover").assign(volume=t["volume"] / 1000),
        "volume of 600519.SH and 2 more is no whole number of shares, such as 1234.567",
    ),
    "weeks": (lambda t: t[t["date"].dt.day_of_week == 4], "days lie 7 days apart.*Pass daily bars"),
    "Hong Kong": (
        lambda t: t[t["symbol"] == "600519.SH"].assign(symbol="00700"), "Venue 'plain': no lots, limits"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTED)
def test_what_is_doubtful_is_said(name: str) -> None:
    """Protects from silence: where a table may be what it says, and likely is not, the market's notes tell."""
    spoil, words = NOTED[name]
    t = truth()
    assert any(re.search(words, note) for note in read(spoil(t)).notes)
    assert not any(re.search(words, note) for note in read(t).notes)


# Refusals -------------------------------------------------------------------------------------------------------------

UTC_OF_CHINA = pd.Timedelta(hours=-8)
SPOILED: dict[str, tuple[Callable[[pd.DataFrame], object], str]] = {
    "no number": (_edit("close", 7, "abc"), r"close: values that are no numbers .* 2024-01-11, row 7 of the data"),
    "percent": (_edit("open", 7, "1.2%"), "open: values that are no numbers"),
    "decimal comma": (
        _spelled(close=lambda t: [f"{value:.2f}".replace(".", ",") for value in t["close"]]), "decimal commas"
    ),
    "comma of a fraction": (
        _spelled(**{name: lambda t, name=name: [f"{value:.3f}".replace(".", ",") for value in t[name]]
                    for name in ("open", "high", "low", "close")}), "decimal commas",
    ),
    "true for a price": (_edit("close", 7, True), "close: values that are no numbers"),
    "a date in words": (_edit("date", 7, "soon"), "1 values in the data are no dates, first 'soon' in row 7"),
    "no date": (_edit("date", 7, None), "no dates.* in row 7"),
    "dates of two spellings": (_edit("date", 7, "11/01/2024"), "are no dates.* in row 7"),
    "the wrong century": (_edit("date", 7, "202401-11"), "are no dates.* in row 7"),
    "day or month": (
        lambda t: native(t)[t["date"].dt.day <= 9].assign(date=t["date"].dt.strftime("%d/%m/%Y")),
        "could be a day and a month",
    ),
    "off by a day": (lambda t: t.assign(date=t["date"] + pd.Timedelta(days=1)), "off by a day.*Check their time zone"),
    "off by a day, back": (lambda t: t.assign(date=t["date"] - pd.Timedelta(days=1)), "are of a Sunday"),
    "Excel of 1904": (
        lambda t: t.assign(date=(t["date"] - pd.Timestamp("1904-01-01")).dt.days), r"date system \(1900 or 1904\)"
    ),
    "UTC without saying so": (lambda t: t.assign(date=t["date"] + UTC_OF_CHINA), "at which no share trades"),
    "a night session": (
        lambda t: pd.concat([t.assign(date=t["date"] + pd.Timedelta(hours=hour)) for hour in (10, 15, 21)])
        .sort_values(["symbol", "date"]),
        "times of the day at which no share trades in 90 of 270 rows, first 000001.SZ on 2024-01-02 21:00",
    ),
    "two stamps a day": (
        lambda t: pd.concat([t.assign(date=t["date"] + pd.Timedelta(hours=hour)) for hour in (10, 15)])
        .sort_values(["symbol", "date"]),
        "the same bar at several times of a day.*keep one row",
    ),
    "midnight and close": (
        lambda t: pd.concat([t, t.assign(date=t["date"] + pd.Timedelta(hours=15))]).sort_values(["symbol", "date"]),
        "rows without a time of the day among rows with one",
    ),
    "twice the same day": (lambda t: pd.concat([t, t.iloc[[3]]]).sort_values(["symbol", "date"]), "more than once"),
    "shuffled": (lambda t: t.sample(frac=1, random_state=1), "do not ascend.*Sort"),
    "high and low swapped": (lambda t: t.rename(columns={"high": "low", "low": "high"}), "high: high below low"),
    "no price on a traded day": (_edit("low", 7, "--"), "low: no value on a day that is not paused"),
    "price of nothing with volume": (_edit("close", 7, 0.0), "close: prices that are not positive"),
    "infinity": (_edit("close", 7, "inf"), "close: infinite values"),
    "negative volume": (_edit("volume", 7, -5.0), "volume: negative values"),
    "a price column twice": (
        lambda t: pd.concat([native(t), t[["close"]]], axis=1), "columns 'close' and 'close' both mean"
    ),
    "two names for one": (lambda t: native(t).assign(vol=t["volume"]), "columns 'volume' and 'vol' both mean 'volume'"),
    "an unknown column": (lambda t: native(t).assign(clsoe=1.0), "unknown columns 'clsoe'. Did you mean close"),
    "an unnamed column of figures": (
        lambda t: native(t).assign(**{"Unnamed: 9": t["close"]}), "unknown columns 'Unnamed: 9'"
    ),
    "no volume": (lambda t: t.drop(columns="volume"), "no column 'volume'"),
    "no symbol": (lambda t: t.drop(columns="symbol"), "no column 'symbol'"),
    "a row without a symbol": (_edit("symbol", 7, None), "no symbol in 1 rows, first row 7. Add it"),
    "a code that is none": (_edit("symbol", 7, 600519.5), "is not text"),
    "a code of no range": (_edit("symbol", 7, "602000.SH"), "outside every range of codes"),
    "units that fit nothing": (
        lambda t: t.assign(volume=t["volume"] / 30), "turnover is 30.* times volume x close for 600519.SH.*no unit"
    ),
    "a rate for a turnover": (lambda t: t.assign(turnover=0.012), "a turnover rate is no turnover: drop it"),
    "backward adjusted": (
        lambda t: t.assign(**{name: (t[name] * 3).round(2) for name in ("open", "high", "low", "close")}),
        "turnover is 0.333 times volume x close.*pass adjusted=True",
    ),
    "prices in cents": (
        lambda t: t.assign(**{name: (t[name] * 100).round() for name in PRICES}),
        "close: turnover is 0.01 .* they are in cents. Divide",
    ),
    "forward adjusted": (
        lambda t: t.assign(**{name: (t[name] * 0.93).round(4) for name in ("open", "high", "low", "close")}),
        "prices between two ticks.*adjusted=True",
    ),
    "adjustflag": (lambda t: SHAPES["baostock"].write(t).assign(adjustflag="2"), r"adjustflag is 2 \(forward\)"),
    "a factor that is not 1": (
        lambda t: SHAPES["joinquant"].write(t).assign(factor=0.97), "factor is 0.97.*Pass adjusted=True"
    ),
    "qlib without a factor": (
        lambda t: SHAPES["qlib"].write(t).drop(columns="$factor"), "qlib multiplies prices by .factor"
    ),
    "the history of yfinance": (
        lambda t: t.drop(columns=["turnover", "pre_close"]).assign(**{"Dividends": 0.0, "Stock Splits": 0.0}),
        "adjusted for dividends.*Pass adjusted=True",
    ),
    "one frame per field, the wrong way round": (
        lambda t: {name: frame.T for name, frame in _by_field(t).items()}, "holds symbols.*Pass frame.T"
    ),
    "one frame per field, one missing": (
        lambda t: {name: frame for name, frame in _by_field(t).items() if name != "high"}, "no column 'high'"
    ),
    "zones mixed": (_edit("date", 7, "2024-01-11T00:00:00+08:00"), "mixed time zones"),
    "a remark among the rows": (
        lambda t: pd.concat(
            [native(t).iloc[:9], pd.DataFrame([{**dict.fromkeys(t.columns), "date": "小计"}]), native(t).iloc[9:]],
            ignore_index=True,
        ),
        "are no dates, first '小计' in row 9",
    ),
    "a volume of yes and no": (
        lambda t: t.drop(columns="turnover").assign(volume=pd.array([True] * len(t), dtype="boolean")),
        "volume: values that are no numbers in 90 of 90 rows",
    ),
    "a volume of days": (
        lambda t: t.drop(columns="turnover").assign(volume=t["date"]), "volume: values that are no numbers in 90 of 90"
    ),
    "a volume of spans": (
        lambda t: t.drop(columns="turnover").assign(volume=t["date"].dt.to_period("D")),
        "volume: values that are no numbers in 90 of 90 rows",
    ),
    "days among numbers": (
        lambda t: t.drop(columns="turnover").assign(volume=t["date"].astype(object)),
        "volume: values that are no numbers in 90 of 90 rows",
    ),
    "complex prices": (
        lambda t: t.assign(close=t["close"] + 1j), "close: values that are no numbers in 90 of 90 rows"
    ),
    "complex prices among others": (
        lambda t: t.assign(close=[1 + 1j, *t["close"].iloc[1:].astype(object)]),
        "close: values that are no numbers in (1|90) of 90 rows",
    ),
    "lists of days": (lambda t: t.assign(date=[[day] for day in t["date"]]), "90 values in the data are no dates"),
    "lists of symbols": (lambda t: t.assign(symbol=[[one] for one in t["symbol"]]), "symbol .* is not text"),
    "lists of flags": (lambda t: t.assign(paused=[[0]] * len(t)), "paused: values that are neither true nor false"),
    "a blank symbol": (
        lambda t: t.assign(symbol=t["symbol"].where(t.index != 40, " ")), "no symbol in 1 rows, first row 40"
    ),
    "nothing made text": (
        lambda t: t.assign(symbol=t["symbol"].where(t["symbol"] != "000001.SZ").astype(object).map(str)),
        "no symbol in 30 rows, first row 30",
    ),
    "days without end": (lambda t: t.assign(date=np.inf), "90 values in the data are no dates, first inf"),
    "a count for the days": (
        lambda t: t.assign(date=t.groupby("symbol").cumcount() + 2000), "90 values in the data are no dates, first 2000"
    ),
    "months": (lambda t: t[::22].assign(date=t["date"].dt.strftime("%Y-%m")), "are no dates, first '2024-01' in row 0"),
    "months in Chinese": (
        lambda t: t[::22].assign(date=t["date"].dt.strftime("%Y年%m月")), "are no dates, first '2024年01月' in row 0"
    ),
    "years of two digits": (
        lambda t: t.assign(date="00" + t["date"].dt.strftime("%y-%m-%d")),
        "days before 1700 or after 2199 in 90 of 90 rows, first 600519.SH on 0024-01-02",
    ),
    "no times of the day": (lambda t: t.assign(time=np.nan), "time: nan in row 0 of the data is no time of the day"),
    "a field at another time of the day": (
        lambda t: {
            name: frame.set_axis(frame.index + pd.Timedelta(hours=15)) if name == "pre_close" else frame
            for name, frame in _by_field(t).items()
        },
        "pre_close: no value of this field belongs to a bar.*Give every field the same index",
    ),
    "fields without a day": (
        lambda t: {name: frame.iloc[:0] for name, frame in _by_field(t).items()}, "no rows. Pass at least one"
    ),
    "bars of another symbol": (
        lambda t: {"600036": t[t["symbol"] == "600519.SH"]},
        "the frame under '600036' holds bars of 600519.SH. Put each under its own symbol",
    ),
    "no rows": (lambda t: t.iloc[:0], "no rows. Pass at least one"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_what_has_no_reading_is_refused(name: str) -> None:
    """Protects from silent guesses: damage is told with its row, what was found there, and what to do."""
    spoil, words = SPOILED[name]
    with pytest.raises((qr.DataError, qr.UsageError), match=re.compile(words, re.DOTALL)) as caught:
        read(spoil(truth()))
    assert REMEDY.search(str(caught.value))


def _csv(t: pd.DataFrame) -> list[str]:
    return str(native(t).to_csv(index=False)).splitlines()


def _joined(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


DAMAGED: dict[str, tuple[str, Callable[[list[str]], bytes], str]] = {
    "a short row": ("x.csv", lambda rows: _joined([*rows[:6], rows[6][:40], *rows[7:]]), "x.csv: line 7 has"),
    "a long row": ("x.csv", lambda rows: _joined([*rows[:6], rows[6] + ",1", *rows[7:]]), "x.csv: line 7 has 10 cells"),
    "a torn end": ("x.csv", lambda rows: _joined(rows)[:-40], "x.csv: line 91 has"),
    "an open quotation mark": (
        "x.csv", lambda rows: _joined([*rows[:6], '"' + rows[6], *rows[7:]]), "x.csv: line 7 has.*close every quotation"
    ),
    "no names": ("x.csv", lambda rows: _joined(rows[1:]), "unknown columns"),
    "names for one column less": (
        "x.csv", lambda rows: _joined(["date,open,high,low,close,volume,turnover,pre_close", *rows[1:]]),
        "the header has 8 names, the rows have 9 cells",
    ),
    "a bad figure": (
        "x.csv", lambda rows: _joined([*rows[:6], rows[6].replace("2024-01-09,600519.SH,", "2024-01-09,600519.SH,x"),
                                       *rows[7:]]), "open: values that are no numbers in 1 of 90.*line 7 of x.csv"
    ),
    "a bad figure under a title": (
        "x.csv", lambda rows: _joined(["某股", "", *rows[:6], rows[6].replace("SH,", "SH,x"), *rows[7:]]),
        "open: values that are no numbers in 1 of 90.*line 9 of x.csv",
    ),
    "a bad date": (
        "x.csv", lambda rows: _joined([*rows[:6], rows[6].replace("2024-01-09", "2024-13-09"), *rows[7:]]),
        "no dates, first '2024-13-09' in line 7",
    ),
    "a high below the low": (
        "x.csv", lambda rows: _joined([*rows[:6], "2024-01-09,600519.SH,20,19,20,20,1000,20000,20", *rows[7:]]),
        "high: high below low in 1 of 90 rows, first 600519.SH on 2024-01-09, line 7 of x.csv",
    ),
    "an adjusted title": (
        "x.csv", lambda rows: _joined(["600519 某股 日线 前复权", *rows]), "x.csv: the prices are adjusted.*前复权"
    ),
    "an adjusted name": ("600519_hfq.csv", _joined, "600519_hfq.csv: the prices are adjusted.*_hfq"),
    "nothing": ("x.csv", lambda rows: b"", "x.csv is empty"),
    "blank lines only": ("x.csv", lambda rows: b"\n\n  \n", "x.csv is empty"),
    "names only": ("x.csv", lambda rows: _joined(rows[:1]), "no rows"),
    "bytes": ("x.csv", lambda rows: bytes(range(128, 256)) * 9, "no UTF-8 text, first in line 1"),
    "UTF-16 without its mark": (
        "x.csv", lambda rows: _joined(rows).decode().encode("utf-16-le"), "bytes of 0.*as UTF-8"
    ),
    "a line without end": ("x.csv", lambda rows: b'"' + b"a" * 200_000, "x.csv cannot be read as CSV: field larger"),
    "half of UTF-16": ("x.csv", lambda rows: _joined(rows).decode().encode("utf-16")[:-1], "begins as utf-16 text"),
    "a workbook called csv": ("x.csv", lambda rows: b"PK\x03\x04" + bytes(99), "zip or Excel. Rename it to .xlsx"),
    "old Excel": ("x.xls", lambda rows: b"\xd0\xcf\x11\xe0" + bytes(99), "holds old Excel. Save it as .xlsx or .csv"),
    "a web page called xls": ("x.xls", lambda rows: b"<html><table>", r"web page.*pd.read_html\('x.xls'\)"),
    "no workbook": ("x.xlsx", lambda rows: b"nothing", "as an Excel workbook|needs the package openpyxl"),
    "Parquet called csv": ("x.csv", lambda rows: b"PAR1" + bytes(99), "holds Parquet. Give it the suffix of Parquet"),
    "half of Parquet": ("x.parquet", lambda rows: b"PAR1" + bytes(99), "x.parquet cannot be read as Parquet"),
    "half of Feather": ("x.feather", lambda rows: b"ARROW1" + bytes(9), "x.feather cannot be read as Feather"),
    "half of gzip": ("x.csv.gz", lambda rows: b"\x1f\x8b\x08" + bytes(9), "cannot be unpacked.*Fetch it again"),
    "no zip": ("x.zip", lambda rows: b"nothing", "x.zip cannot be unpacked"),
    "another kind": ("x.docx", _joined, "neither .csv nor .parquet"),
    "prices of two columns in one": (
        "x.csv", lambda rows: _joined([*rows[:6], rows[6].replace(",2", ";2", 4), *rows[7:]]), "x.csv: line 7 has"
    ),
    "the same day twice": ("x.csv", lambda rows: _joined([*rows[:7], *rows[6:]]), "more than once.*line 8 of x.csv"),
    "not in order": (
        "x.csv", lambda rows: _joined([*rows[:6], rows[7], rows[6], *rows[8:]]), "do not ascend.*line 8 of x.csv"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    """Protects who must mend the file: the message names it, the line as an editor counts it, and the remedy."""
    file, damage, words = DAMAGED[name]
    (tmp_path / file).write_bytes(damage(_csv(truth())))
    with pytest.raises((qr.DataError, qr.UsageError), match=re.compile(words, re.DOTALL)) as caught:
        read(tmp_path / file)
    assert REMEDY.search(str(caught.value))


STRUCTURAL = 80


@pytest.mark.parametrize("seed", range(STRUCTURAL))
def test_structural_damage_never_gives_another_market(seed: int, tmp_path: Path) -> None:
    """Protects from torn files: separators, line ends and rows that come and go are refused, or change nothing."""
    t = truth()
    chance = np.random.default_rng(seed)
    text = "\n".join(_csv(t)) + "\n"
    kinds = ("separator gone", "separator more", "line end gone", "line end more", "row twice", "cell gone", "cut")
    kind = kinds[seed % len(kinds)]
    commas = [at for at, letter in enumerate(text) if letter == ","]
    ends = [at for at, letter in enumerate(text) if letter == "\n"]
    at = int(chance.choice(ends if kind.startswith("line end gone") or kind == "row twice" else commas))
    if kind in ("separator gone", "line end gone"):
        text = text[:at] + text[at + 1 :]
    elif kind == "separator more":
        text = text[:at] + "," + text[at:]
    elif kind == "line end more":
        text = text[:at] + "\n" + text[at:]
    elif kind == "row twice":
        begin = text.rfind("\n", 0, at) + 1
        text = text[: at + 1] + text[begin : at + 1] + text[at + 1 :]
    elif kind == "cell gone":
        text = text[: at + 1] + text[text.index(text[at + 1 :].split(",")[0].split("\n")[0], at + 1) :]
        stop = min(found for found in (text.find(",", at + 1), text.find("\n", at + 1)) if found >= 0)
        text = text[: at + 1] + text[stop:]
    else:
        text = text[:at]
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    try:
        market = read(tmp_path / "x.csv")
    except (qr.DataError, qr.UsageError) as problem:
        assert REMEDY.search(str(problem))
    else:
        is_true(market, t, gaps=1)  # without its turnover a row is as it was


def test_a_part_of_the_volume_of_a_tushare_frame_is_that_of_its_shares() -> None:
    """Protects fills from a volume in lots (defect 4): a tenth of 1.2 million shares is room for 50,000 of them."""
    market = qr.read_market(tushare(truth("600000.SH")))
    assert any("tushare" in note for note in market.notes)
    session = qr.Session(market, cash=10_000_000, participation=0.1).step()
    ticket = session.buy("600000", 50_000)
    session.step()
    assert (ticket.status.value, ticket.filled) == ("FILLED", 50_000)
