"""Tables of the user: queries on them, point in time, and what is said when one is missing."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from script_runs import g, market, opened, run
from sqlalchemy import and_, case, func, not_, or_, text

from qresearch.dialects.data.entity import Entity
from qresearch.dialects.data.query import Answers, Query, query
from qresearch.errors import StrategyError, UsageError

t = Entity("t")
TABLE = pd.DataFrame(
    {
        "code": ["a", "b", "c", "d"],
        "x": [3.0, 1.0, None, 2.0],
        "y": [10.0, 20.0, 30.0, 40.0],
        "name": ["Aa", "Bb", "AC", "d"],
    }
)


def answer(asked: Query, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What a query finds in tables that nothing has been asked of before."""
    return Answers().answer(asked, tables)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (query(t).filter(t.x > 1), "ad"),
        (query(t).filter(t.x >= 1, t.y <= 20), "ab"),
        (query(t).filter(t.code.in_(["a", "d"])), "ad"),
        (query(t).filter(t.code.notin_(["a"])), "bcd"),
        (query(t).filter(~t.code.in_(["a"])), "bcd"),
        (query(t).filter((t.x > 2) | (t.y == 40)), "ad"),
        (query(t).filter((t.x > 1) & (t.y < 40)), "a"),
        (query(t).filter(or_(t.x > 2, t.y == 40)), "ad"),
        (query(t).filter(and_(t.x > 1, t.y < 40)), "a"),
        (query(t).filter(not_(t.x > 1)), "b"),
        (query(t).filter(t.x.between(1, 2)), "bd"),
        (query(t).filter(t.x.is_(None)), "c"),
        (query(t).filter(t.x.isnot(None)), "abd"),
        (query(t).filter(t.name.like("A%")), "ac"),
        (query(t).filter(t.name.contains("b")), "b"),
        (query(t).filter(t.y / t.x > 15, 100 - t.y > 0), "bd"),
        (query(t).filter(t.x * 2 + 1 == 7), "a"),
        (query(t).filter(-t.x < -2), "a"),
        (query(t).filter(t.x != 1), "ad"),
        (query(t).order_by(t.x), "bdac"),
        (query(t).order_by(t.x.desc()), "adbc"),
        (query(t).order_by(t.y.desc()).limit(2), "dc"),
        (query(t).order_by(t.y.asc()).offset(1).limit(2), "bc"),
        (query(t).filter_by(code="b"), "b"),
    ],
)
def test_conditions_and_orders_pick_the_rows_that_they_say(asked: object, codes: str) -> None:
    """Protects every part of the look-alike of SQLAlchemy that scripts use, on four rows that one can see."""
    assert "".join(answer(asked, {"t": TABLE})["code"]) == codes  # type: ignore[arg-type]  # a query


def test_columns_labels_and_aggregates() -> None:
    """Protects what comes back: one column per column asked for, under its name or its label."""
    found = answer(query(t.code, (t.y / t.x).label("ratio")).filter(t.x > 1), {"t": TABLE})
    assert found.to_dict("list") == {"code": ["a", "d"], "ratio": [10 / 3, 20.0]}
    table = TABLE.assign(kind=["p", "q", "p", "q"])
    grouped = answer(query(t.kind, func.sum(t.y).label("total"), func.count(t.x)).group_by(t.kind), {"t": table})
    assert grouped.to_numpy().tolist() == [["p", 40.0, 1], ["q", 60.0, 2]]
    assert answer(query(t.kind).distinct(), {"t": table})["kind"].tolist() == ["p", "q"]


def test_what_is_unknown_fulfils_neither_a_condition_nor_its_opposite() -> None:
    """Protects scripts that exclude: a company without the figure is in neither half, as in the platform's database."""
    for condition in (t.x > 1, t.x.in_([3.0]), t.x.between(0, 2), t.x == 1):
        found = [*answer(query(t.code).filter(condition), {"t": TABLE})["code"],
                 *answer(query(t.code).filter(~condition), {"t": TABLE})["code"]]  # fmt: skip
        assert sorted(found) == ["a", "b", "d"]
    assert answer(query(t.code).filter(t.x == None), {"t": TABLE})["code"].tolist() == ["c"]  # noqa: E711


def test_sql_beyond_columns() -> None:
    """Protects the language of the platform: groups, case, functions, distinct, texts, truths as numbers."""
    table = TABLE.assign(kind=["p", "q", "p", "q"], day=pd.to_datetime(["2024-01-02", "2024-01-03"] * 2))
    groups = query(t.kind, func.max(t.day).label("last")).group_by(t.kind).having(func.sum(t.y) > 40)
    assert answer(groups, {"t": table}).to_numpy().tolist() == [["q", pd.Timestamp("2024-01-03")]]
    assert answer(query(t.kind).distinct().order_by(t.kind.desc()).limit(1), {"t": table})["kind"].tolist() == ["q"]
    sizes = query(t.code, case((t.y > 15, "large"), else_="small"), func.round(t.y / 7, 1), t.x > 1)
    found = answer(sizes.filter(text("x is not null and y < 40")), {"t": table})
    assert found.to_numpy().tolist() == [["a", "small", 1.4, 1], ["b", "large", 2.9, 0]]
    assert answer(query(t.day, func.count(t.code)).group_by(t.day), {"t": table}).iloc[:, 1].tolist() == [2, 2]
    with pytest.raises(UsageError, match="SQLite cannot answer this query: no such function: nearly"):
        answer(query(func.nearly(t.x)), {"t": table})


def test_a_day_is_a_day_however_a_condition_writes_it() -> None:
    """Protects conditions on days: dates, moments at midnight, their texts, in comparisons and in lists."""
    table = TABLE.assign(day=pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-03 09:30", None], format="ISO8601"))
    noon = pd.Timestamp("2024-01-03 12:00").to_pydatetime()
    for condition, codes in (
        (t.day >= "2024-1-3", "bc"), (t.day >= "2024-01-03 00:00:00", "bc"), (t.day == dt.date(2024, 1, 3), "b"),
        (t.day.in_([dt.date(2024, 1, 3), "2024-1-2"]), "ab"), (t.day <= noon, "abc"),
        (t.day > dt.datetime(2024, 1, 3), "c"),
        (t.day.between("2024-01-01", np.datetime64("2024-01-02")), "a"), (t.day.like("2024-01-03%"), "bc"),
    ):  # fmt: skip
        assert "".join(answer(query(t.code).filter(condition), {"t": table})["code"]) == codes


def test_what_stands_in_a_table_comes_back_as_it_is() -> None:
    """Protects types: days, whole numbers, texts, truths and what is unknown, in one table and in a join of two."""
    table = TABLE.assign(day=pd.Timestamp("2024-01-02"), n=[1, 2, 3, 4], is_new=[True, False, True, False])
    for asked in (query(t), query(t, Entity("u").roe)):
        found = answer(asked, {"t": table, "u": pd.DataFrame({"code": list("abcd"), "roe": 1.0})})
        pd.testing.assert_frame_equal(pd.DataFrame(found[table.columns]), table)


def test_a_query_may_be_kept_and_made_narrower() -> None:
    """Protects g: a query that went back in time with the session is the same question."""
    kept = pickle.loads(pickle.dumps(query(t.code).filter(t.x > 1)))
    assert answer(kept.filter(t.y < 40), {"t": TABLE})["code"].tolist() == ["a"]


def test_a_script_may_keep_a_query_and_go_back() -> None:
    """Protects time travel over a question in g: asked again on an earlier day it sees what was known then."""
    script = """
def initialize(context):
    g.asked = query(valuation.code, valuation.pe_ratio)
    run_daily(look)

def look(context):
    g.asked = g.asked.filter(valuation.pe_ratio > 1)
    g.found = get_fundamentals(g.asked).values.tolist()
"""
    session = opened(script, market({A: [10.0] * 4, B: [20.0] * 4}), data=DATA)
    session.step(2)
    assert g(session).found == [[B, 10.0]]
    session.step()
    assert g(session).found == [[A, 2.0], [B, 20.0]]
    session.back(1)
    session.step()
    assert g(session).found == [[A, 2.0], [B, 20.0]]


def test_tables_are_joined_on_the_code() -> None:
    """Protects queries over valuation and indicator together: only codes that both hold."""
    u = Entity("u")
    other = pd.DataFrame({"code": ["d", "a", "z"], "roe": [5.0, 6.0, 7.0]})
    found = answer(query(t.code, u.roe).filter(t.x > 0), {"t": TABLE, "u": other})
    assert found.to_numpy().tolist() == [["a", 6.0], ["d", 5.0]]


def test_a_column_that_is_not_there_and_a_condition_used_as_truth_are_explained() -> None:
    """Protects users from silent nonsense: a misspelled column, and `and` between conditions."""
    with pytest.raises(UsageError, match="has no column 'nam'. Did you mean name"):
        answer(query(t.nam), {"t": TABLE})
    with pytest.raises(UsageError, match="Join conditions with &"):
        bool(t.x > 1)


# ---------------------------------------------------------------------------------------- in a script

A, B = "000001.XSHE", "600519.XSHG"
DAYS = pd.bdate_range("2024-01-02", periods=4)
VALUATION = pd.DataFrame(
    {
        "symbol": ["000001.SZ", "600519.SH"] * 4,
        "day": DAYS.repeat(2),
        "pe_ratio": [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0],
    }
)
INDICATOR = pd.DataFrame(
    {
        "code": [A, B, A, B],
        "statDate": ["2023-09-30", "2023-09-30", "2023-12-31", "2023-12-31"],
        "pubDate": ["2023-10-30", "2023-10-30", "2024-01-03", "2024-03-30"],
        "roe": [1.0, 2.0, 3.0, 4.0],
    }
)
DATA = {
    "valuation": VALUATION,
    "indicator": INDICATOR,
    "index_members": pd.DataFrame(
        {
            "index": "000300.SH",
            "code": [A, B, B, "300999.SZ"],
            "date": ["2023-12-01", "2023-12-01", "2024-01-04", "2024-01-04"],
        }
    ),
    "industries": pd.DataFrame({"code": [A, B], "industry_code": ["J66", "C15"], "industry_name": ["Banks", "Drinks"]}),
    "names": pd.DataFrame({"code": ["000001"], "display_name": ["平安银行"]}),
    "STK_XR_XD": pd.DataFrame({"code": [A, B], "pub_date": ["2024-01-03", "2024-02-01"], "bonus": [1.0, 2.0]}),
    "files": {"list.csv": "code\n000001.XSHE\n"},
}


def at_open(day: int, *lines: str, **data: object) -> list[object]:
    """What expressions give at the open of one day, counted from 0."""
    body = "\n".join(f"        g.seen.append({line})" for line in lines)
    script = f"""
from jqdata import *
from io import BytesIO
import pandas as pd

def initialize(context):
    g.seen, g.day = [], -1
    run_daily(look)

def look(context):
    g.day += 1
    if g.day == {day}:
{body}
"""
    found: list[object] = g(run(script, market({A: [10.0] * 4, B: [20.0] * 4}), data={**DATA, **data})).seen
    return found


def test_fundamentals_are_those_known_the_day_before() -> None:
    """Protects point in time: valuation of yesterday, the newest report that had been published by then."""
    ask = "get_fundamentals(query(valuation.code, valuation.pe_ratio, indicator.roe))"
    assert at_open(1, f"{ask}.values.tolist()") == [[[A, 1.0, 1.0], [B, 10.0, 2.0]]]
    assert at_open(2, f"{ask}.values.tolist()") == [[[A, 2.0, 3.0], [B, 20.0, 2.0]]]


def test_a_date_ahead_is_cut_to_the_day_before_and_a_period_gives_its_reports() -> None:
    """Protects against a look ahead by date=, and statDate with what was published."""
    found = at_open(
        2,
        "get_fundamentals(query(valuation.pe_ratio), date='2024-12-31')['pe_ratio'].tolist()",
        "get_fundamentals(query(indicator.code, indicator.roe), statDate='2023q4').values.tolist()",
        "get_fundamentals(query(indicator.roe), statDate='2023q3')['roe'].tolist()",
        "get_valuation('000001.XSHE', end_date='2024-12-31', count=2, fields=['pe_ratio'])['pe_ratio'].tolist()",
        "finance.run_query(query(finance.STK_XR_XD.bonus).filter(finance.STK_XR_XD.code.like('%.XSH%')))['bonus'].tolist()",
    )
    assert found == [[2.0, 20.0], [[A, 3.0]], [1.0, 2.0], [1.0, 2.0], [1.0]]


def test_members_industries_names_and_files() -> None:
    """Protects the lists: members as they stood on the day, without codes that the market does not hold."""
    lines = (
        "get_index_stocks('000300.XSHG')",
        "get_index_stocks('000300.XSHG', '2024-01-02')",
        "get_industry_stocks('C15')",
        "get_industry('600519.XSHG')['600519.XSHG']",
        "get_current_data()['000001.XSHE'].name",
        "pd.read_csv(BytesIO(read_file('list.csv')))['code'][0]",
    )
    industry = {"sw_l1": {"industry_code": "C15", "industry_name": "Drinks"}}
    assert at_open(1, *lines) == [[A, B], [A, B], [B], industry, "平安银行", A]
    assert at_open(2, lines[0]) == [[B]]


def test_members_of_before_the_table_begins_are_told() -> None:
    """Protects a run that starts before its table: no members are known, so nothing would trade, and why is said."""
    script = "def handle_data(context, data):\n    g.seen = get_index_stocks('000300.XSHG', '2020-01-02')\n"
    session = run(script, market({A: [10.0] * 2}), data=DATA)
    assert g(session).seen == []
    assert any("no members are known by 2020-01-02; the first are those of 20" in str(item) for item in session.notices)


def test_a_table_may_be_a_file(tmp_path: Path) -> None:
    """Protects users who keep their tables as Parquet or CSV."""
    VALUATION.to_parquet(tmp_path / "v.parquet")
    VALUATION.to_csv(tmp_path / "v.csv", index=False)
    for name in ("v.parquet", "v.csv"):
        found = at_open(1, "get_fundamentals(query(valuation.code))['code'].tolist()", valuation=tmp_path / name)
        assert found == [[A, B]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "get_fundamentals(query(income.code))",
            r"needs the table 'income'.*data=\{'income': frame_or_path\}.*pubDate, statDate",
        ),
        (
            "get_concept_stocks('GN001')",
            r"get_concept_stocks\('GN001'\) needs the table 'concepts'.*code, concept_code",
        ),
        ("finance.run_query(query(finance.STK_BALANCE.code))", r"needs the table 'STK_BALANCE'"),
        ("get_index_stocks('000905.XSHG')", r"holds no members of it; it holds 000300\.XSHG"),
        ("get_factor_values(['000001.XSHE'], ['beta'], count=1)", r"needs the table 'factors'"),
        ("read_file('other.csv')", r"no such file.*data=\{'files'"),
        ("get_ticks('000001.XSHE')", r"get_ticks is not supported: .*get_current_data"),
        ("order('000001.XSHE', 100, 10.5)", r"style=10\.5 is not an order style"),
    ],
)
def test_what_is_missing_is_named_with_how_to_supply_it(line: str, words: str) -> None:
    """Protects users whose script needs what they have not brought: the table, its columns, and the way to pass it."""
    with pytest.raises(StrategyError, match=words):
        at_open(1, line)


def test_a_table_without_its_columns_is_refused() -> None:
    """Protects users from a table that cannot be read as what its name says."""
    with pytest.raises(StrategyError, match="Table 'valuation' of data= has no column day; it has code, pe"):
        at_open(1, "get_fundamentals(query(valuation.code))", valuation=pd.DataFrame({"code": [A], "pe": [1.0]}))


def test_the_net_value_of_a_fund_is_known_on_the_day_after() -> None:
    """Protects funds bought by their premium: a net value comes after the close, a mark of ST before the open."""
    days = pd.bdate_range("2024-01-02", periods=4)
    extras = pd.DataFrame({"code": "510300.XSHG", "date": days, "unit_net_value": [1.0, 2.0, 3.0, 4.0]})
    script = """
def initialize(context):
    g.seen = []
    for time in ("09:00", "open", "close", "after_close"):
        run_daily(look, time)

def look(context):
    for end in (None, context.current_dt, "2024-01-05"):
        known = get_extras("unit_net_value", ["510300.XSHG"], end_date=end, count=2)["510300.XSHG"].tolist()
        g.seen.append((context.current_dt.day, known, len(get_extras("is_st", ["510300.XSHG"], end_date=end, count=9))))
"""
    session = run(script, market({"510300.XSHG": [1.0] * 4}), start="2024-01-04", data={"extras": extras})
    assert g(session).seen == [(4, [1.0, 2.0], 3)] * 12 + [(5, [2.0, 3.0], 4)] * 12
