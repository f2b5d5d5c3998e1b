"""Tables beside the bars: their symbols and figures are read as those of the bars, and nothing is lost in silence."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from foreign import truth

import qresearch as qr

SPELLINGS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "bare codes": lambda symbol: symbol.str[:6],
    "numbers": lambda symbol: symbol.str[:6].astype(int),
    "numbers with a fraction": lambda symbol: symbol.str[:6].astype(float),
    "an apostrophe": lambda symbol: "'" + symbol.str[:6],
    "a formula": lambda symbol: '="' + symbol.str[:6] + '"',
}
DAY = "2024-01-10"


def _bars() -> pd.DataFrame:
    return truth("600519.SH", "000001.SZ").drop(columns="pre_close")


def _tables() -> dict[str, pd.DataFrame]:
    symbols = ["600519.SH", "000001.SZ"]
    return {
        "actions": pd.DataFrame({"symbol": symbols, "ex_date": DAY, "cash_per_share": [0.1, 0.2]}),
        "instruments": pd.DataFrame({"symbol": symbols, "name": ["A", "B"], "list_date": "2001-08-27"}),
        "no_limit_days": pd.DataFrame({"symbol": symbols, "date": DAY}),
        "closed_days": pd.DataFrame({"symbol": symbols, "date": DAY}),
        "credit": pd.DataFrame({"symbol": symbols, "haircut": [0.6, 0.7]}),
    }


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", _tables())
def test_symbols_of_a_table_are_read_as_those_of_the_bars(name: str, spelling: str) -> None:
    """Protects dividends and listings: codes that lost their zeros do not make the rows of a table pass for others'."""
    table = _tables()[name]
    spelled = table.assign(symbol=SPELLINGS[spelling](table["symbol"]))
    plain, found = (qr.read_market(_bars(), **{name: one}) for one in (table, spelled))
    assert found.fingerprint == plain.fingerprint != qr.read_market(_bars()).fingerprint
    assert found.instruments == plain.instruments


@pytest.mark.parametrize("name", _tables())
def test_a_row_without_a_symbol_is_refused(name: str) -> None:
    """Protects from rows that belong to nobody; a row that is empty altogether, as sheets leave them, is none."""
    table = _tables()[name]
    with pytest.raises(qr.DataError, match=r"no symbol in 1 rows, first row 1\. Add it, or drop the rows"):
        qr.read_market(_bars(), **{name: table.assign(symbol=["600519.SH", None])})
    empty = table.astype(object).reindex([0, 1, 2])
    assert qr.read_market(_bars(), **{name: empty}).fingerprint == qr.read_market(_bars(), **{name: table}).fingerprint


def _index() -> pd.DataFrame:
    days = pd.bdate_range("2024-01-02", periods=30)
    return pd.DataFrame({"date": days, "symbol": "000300.SH", "close": 3_400.25 + np.arange(30)})


def test_closes_of_an_index_are_read_as_prices_are() -> None:
    """Protects the benchmark: text with commas is a number, and two spellings are one index."""
    index, plain = _index(), qr.read_market(_bars(), benchmark=_index()).benchmark
    commas = index.assign(close=index["close"].map("{:,.2f}".format))
    spelled = index.assign(symbol=np.where(np.arange(30) % 2, "000300.SH", "sh000300"))
    for table in (commas, spelled):
        found = qr.read_market(_bars(), benchmark=table).benchmark
        assert found is not None
        assert plain is not None
        assert (found.name, found.close.tolist()) == (plain.name, plain.close.tolist())


NO_INDEX: dict[str, tuple[Callable[[pd.DataFrame], object], str]] = {
    "words": (
        lambda t: t.assign(close=t["close"].astype(object).where(t.index != 3, "n.a.?")),
        r"closes that are no numbers on 1 days, first 'n.a.\?' on 2024-01-05. Write numbers",
    ),
    "yes and no": (lambda t: t.set_index("date")["close"] > 0, "closes that are no numbers on 30 days"),
    "days": (lambda t: t.assign(close=t["date"]), "closes that are no numbers on 30 days"),
    "nothing": (lambda t: t.assign(close=np.nan), "no close on any day. Pass one with closes"),
    "no rows": (lambda t: t.iloc[:0], "not in the table, which holds no row"),
    "no symbol": (lambda t: t.assign(symbol=np.nan), "no symbol in 30 rows"),
}


@pytest.mark.parametrize("name", NO_INDEX)
def test_an_index_without_closes_is_refused(name: str) -> None:
    """Protects from a benchmark of nothing, which every comparison would pass over."""
    spoil, words = NO_INDEX[name]
    with pytest.raises(qr.DataError, match=words):
        qr.read_market(_bars(), benchmark=spoil(_index()))  # type: ignore[arg-type]  # what a user might pass


def test_amounts_that_are_not_those_of_the_reference_price() -> None:
    """Protects the value of a holding: 50 per cent written as 50 shares is told, and so is a yes for an amount."""
    day = "2024-01-10"
    bars = truth("600519.SH")
    bars.loc[bars["date"] == day, "pre_close"] -= 0.5
    actions = pd.DataFrame({"symbol": ["600519.SH"], "ex_date": [day], "cash_per_share": [0.5]})
    told = [
        any("another price of the close before" in note for note in qr.read_market(bars, actions=table).notes)
        for table in (actions, actions.assign(bonus_per_share=50))
    ]
    assert told == [False, True]
    with pytest.raises(qr.DataError, match="cash_per_share: 600519.SH has True. Pass a finite number"):
        qr.read_market(bars, actions=actions.assign(cash_per_share=True))


def test_a_column_that_stands_there_twice() -> None:
    """Protects from a column that hides another of its name."""
    table = _tables()["instruments"]
    with pytest.raises(qr.DataError, match="instruments: columns name stand there more than once. Drop one"):
        qr.read_market(_bars(), instruments=pd.concat([table, table[["name"]]], axis=1))


def test_a_benchmark_of_other_days_is_told() -> None:
    """Protects from comparisons with nothing: an index of another decade is noted."""
    index = _index()
    notes = qr.read_market(_bars(), benchmark=index.assign(date=index["date"] - pd.Timedelta(days=7_000))).notes
    assert any("no close on any day of the data, 2024-01-02 to 2024-02-12" in note for note in notes)
    assert not any("no close on any day" in note for note in qr.read_market(_bars(), benchmark=index).notes)


@pytest.mark.parametrize("spelled", [{"list_date": "listDate"}, {"list_date": "List Date", "name": " Name "}])
def test_columns_of_instruments_in_other_spellings(spelled: dict[str, str]) -> None:
    """Protects listing days, on which limits hang: a column that says list date is not passed over."""
    table = _tables()["instruments"]
    plain, found = (qr.read_market(_bars(), instruments=one) for one in (table, table.rename(columns=spelled)))
    assert found.instruments == plain.instruments


@pytest.mark.parametrize(("name", "what"), [("actions", "corporate actions"), ("instruments", "instruments of the")])
def test_a_table_of_others_is_told(name: str, what: str) -> None:
    """Protects from the wrong table, or names where symbols should stand: nothing of it is used, and a note says so."""
    table = _tables()[name]
    others, one = table.assign(symbol=["Moutai", "Pingan"]), table.assign(symbol=["600519.SH", "Pingan"])
    words = f"{what}.* are of MOUTAI, PINGAN: of no symbol of the data"
    told = [
        any(re.search(words, note) for note in qr.read_market(_bars(), **{name: found}).notes)
        for found in (others, one)
    ]
    assert told == [True, False]


def test_a_yes_is_no_multiplier() -> None:
    """Protects contracts: True would be a multiplier of 1."""
    contracts = pd.DataFrame({"symbol": ["IF2403"], "multiplier": [True], "tick": [0.2], "margin": [0.12]})
    with pytest.raises(qr.DataError, match="contracts: IF2403: multiplier=True is no number"):
        qr.read_market(truth("IF2403").drop(columns="pre_close"), contracts=contracts)


@pytest.mark.parametrize(
    ("column", "told"), [("list_dat", "list_date"), ("boards", "board"), ("limit-ratios", "limit_ratio")]
)
def test_a_misspelled_column_of_the_instruments_is_told(column: str, told: str) -> None:
    """Protects listing dates and boards: what looks like a column that is missing is not passed over in silence."""
    table = pd.DataFrame({"symbol": ["600519.SH", "000001.SZ"], "industry": "x", "first_date": DAY})
    silent = qr.read_market(_bars(), instruments=table).notes
    notes = qr.read_market(_bars(), instruments=table.assign(**{column: "x"})).notes
    words = f"The column {column!r} of the instruments table is not read. Did you mean {told}?"
    assert [note for note in notes if note not in silent] == [words]
