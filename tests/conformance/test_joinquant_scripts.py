"""Forty scripts as people publish them, run to their end on the embedded market and on real bars.

The scripts stand in tests/scripts and name real codes; on the embedded market, which has none of them, each code is
replaced by one of its own. Tables (fundamentals, members, an index) are made from the market by script_tables.py.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qresearch as qr
from qresearch.dialects.script.text import compiled, decoded

sys.path.insert(0, str(Path(__file__).resolve().parent))

from script_tables import tables_of  # beside this file

pytestmark = pytest.mark.filterwarnings("ignore::qresearch.MarketWarning")

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cn_daily.parquet"
NAMES = sorted(path.stem for path in SCRIPTS.glob("s*.py"))

EMBEDDED = {
    "000001.XSHE": "604018.SH", "600519.XSHG": "604026.SH", "000651.XSHE": "004102.SZ", "600036.XSHG": "604073.SH",
    "601318.XSHG": "604052.SH", "000858.XSHE": "004177.SZ", "000333.XSHE": "004136.SZ", "002415.XSHE": "302601.SZ",
    "510300.XSHG": "514101.SH", "510050.XSHG": "514205.SH", "510880.XSHG": "514588.SH", "159949.XSHE": "157301.SZ",
    "600276.XSHG": "604069.SH", "600030.XSHG": "604088.SH", "600887.XSHG": "604095.SH", "601398.XSHG": "604001.SH",
    "601857.XSHG": "604035.SH", "688008.XSHG": "688903.SH",
}  # fmt: skip
"""A code of the scripts to its stand-in in the embedded market, of the same board."""

REAL = {code: code.replace("XSHG", "SH").replace("XSHE", "SZ") for code in EMBEDDED}
WINDOWS = {"embedded": ("2022-03-01", "2023-02-28"), "real": ("2020-03-02", "2021-02-26")}
CASH = 2_000_000
REAL_BARS = pytest.mark.skipif(not DATA.is_file(), reason=f"the real bars are not committed; there is no {DATA}")
FEWEST = {("s11", "embedded"): 2}
"""Least number of fills where it is not 6: the embedded market has few limit-ups that are followed by a fair open."""

KINDS = {"adjusted", "ignored", "approximated", "converted", "data", "order", "message"}
"""Kinds of notices; "order" means an order that was not sent."""


@cache
def market_of(place: str) -> qr.Market:
    """The market of a place."""
    return qr.sample_market() if place == "embedded" else qr.read_market(DATA)


@cache
def tables(place: str) -> dict[str, Any]:
    """The tables of a place."""
    market = market_of(place)
    first, last = (int(market.days.searchsorted(np.datetime64(day))) for day in WINDOWS[place])
    return tables_of(market, first, last, EMBEDDED if place == "embedded" else REAL)


def text_of(name: str, place: str) -> bytes | str:
    """A script with its codes replaced for a place; bytes where the file is as it was."""
    raw = (SCRIPTS / f"{name}.py").read_bytes()
    if place == "real":
        return raw
    try:
        text, encoding = raw.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = raw.decode("gbk"), "gbk"
    for code, symbol in EMBEDDED.items():
        text = text.replace(code, symbol.replace("SH", "XSHG").replace("SZ", "XSHE"))
    return text.encode(encoding)


def session_of(name: str, place: str) -> qr.Session:
    """A session after a script has run to its end."""
    start, end = WINDOWS[place]
    script = text_of(name, place)
    session = qr.Session.from_script(script, market_of(place), start, end, cash=CASH, data=tables(place))
    return session.run(progress=False)


def g(session: qr.Session) -> Any:
    """The g of the script."""
    return session.strategy.target["g"]


def most_held(session: qr.Session) -> int:
    """The largest number of positions at a close; those frozen at their last price, which nobody can sell, left out."""
    held = session.tables.daily_positions
    held = held[held["quantity"] > 0]  # what was sold today has a row too
    stale = set(session.events.loc[session.events["event"] == "PositionStale", "symbol"])
    return int(held[~held["symbol"].isin(stale)].groupby("day").size().max())


def phases(session: qr.Session) -> set[str]:
    """Phases in which something was filled."""
    return set(session.fills["phase"].astype(str))


def logged(session: qr.Session) -> str:
    """All lines of the log."""
    lines = session.events
    return "\n".join(lines.loc[lines["event"] == "Logged", "text"].astype(str))


def alternates(session: qr.Session) -> bool:
    """True when buys and sells of the one symbol follow each other."""
    sides = session.fills["side"].to_list()
    return sides[0] == "buy" and all(one != other for one, other in pairwise(sides))


CHECKS: dict[str, Callable[[qr.Session], bool]] = {
    "s01": lambda s: "成交记录：" in logged(s) and most_held(s) == 1,
    "s02": lambda s: {"stock_price", "ma5", "ma20"} == set(s.tables.recorded.columns) and most_held(s) == 1,
    "s03": lambda s: 3 <= most_held(s) <= 5 and s.fills["day"].dt.to_period("M").nunique() >= 3,
    "s04": lambda s: most_held(s) == 1 and s.fills["symbol"].nunique() >= 3 and not s.fills["stamp_duty"].any(),
    "s05": lambda s: alternates(s) and len(g(s).ans) > len(s.equity) and "成本价" in logged(s),
    "s06": lambda s: g(s).portfolio_value0 == CASH and len(g(s).N) == len(s.equity) and 0 <= g(s).sys1 <= 4,
    "s07": lambda s: g(s).rested > 200 and g(s).canceled > 0 and phases(s) == {"OPEN", "CLOSE"},
    "s08": lambda s: 1 <= most_held(s) <= 2 and g(s).state in {"side1", "side2", "empty"},
    "s09": lambda s: 3 <= most_held(s) <= 6 and "今日股票池" in logged(s) and len(g(s).buy_list) == 6,
    "s10": lambda s: len(g(s).picked) == 5 and phases(s) == {"CLOSE"} and most_held(s) <= 10,
    "s11": lambda s: g(s).bought > 0 and {"OPEN", "CLOSE"} == phases(s),
    "s12": lambda s: g(s).signals > 5 and most_held(s) <= 3,
    "s13": lambda s: most_held(s) <= 2 and set(s.tables.recorded.columns) == {"J", "DIF"},
    "s14": lambda s: g(s).stopped > 0 and g(s).taken > 0,
    "s15": lambda s: "buy " in logged(s) and "sell " in logged(s) and s.tables.recorded["ratio"].iloc[-1] == 3.0,
    "s16": lambda s: most_held(s) == 4 and any("lines before the code" in text for text in s.notices),
    "s17": lambda s: most_held(s) == 3 and "持有天数" in logged(s) and len(g(s).名称) > 5,
    "s18": lambda s: g(s).rules["breakout"].seen == 4 * len(s.equity),
    "s19": lambda s: g(s).wrong == 0 and {"OPEN", "INTRADAY"} == phases(s),
    "s20": lambda s: g(s).order_of == ["initialize", "after_code_changed", "process_initialize", "on_strategy_end"],
    "s21": lambda s: g(s).change == -1000.0 and most_held(s) == 1,
    "s22": lambda s: most_held(s) <= 6 and s.fills["symbol"].nunique() > 10,
    "s23": lambda s: most_held(s) == 1 and s.fills["symbol"].nunique() >= 3,
    "s24": lambda s: most_held(s) == 1 and s.fills["symbol"].nunique() >= 3,
    "s25": lambda s: alternates(s) and g(s).last > 0,
    "s26": lambda s: 5 <= most_held(s) <= 8 and len(g(s).buy) == 8,
    "s27": lambda s: most_held(s) <= 6 and logged(s).count("选股结果") == 12,
    "s28": lambda s: g(s).times == 12 and "定投第12次" in logged(s),
    "s29": lambda s: most_held(s) <= 7 and len(g(s).buy) == 6,
    "s30": lambda s: most_held(s) <= 5 and s.fills["symbol"].nunique() > 4,
    "s31": lambda s: most_held(s) == 2 and logged(s).count("调仓完成") == 12,
    "s32": lambda s: g(s).errors == logged(s).count("取数据失败") == g_weeks(s) and g(s).nothing >= g_weeks(s),
    "s33": lambda s: 3 <= most_held(s) <= 4 and len(g(s).max_price) >= len(s.positions),
    "s34": lambda s: g(s).held == g(s).none_orders > 10 and most_held(s) == 1,
    "s35": lambda s: g(s).turns > 10 and s.fills["symbol"].nunique() > 10,
    "s36": lambda s: abs(g(s).weights.sum() - 1) < 0.01 and most_held(s) <= 5,
    "s37": lambda s: g(s).new == g(s).seen > 90 and phases(s) == {"OPEN"},
    "s38": lambda s: g(s).tries == g(s).refused == 24 and most_held(s) == 2,
    "s39": lambda s: g(s).switches > 10 and most_held(s) == 1,
    "s40": lambda s: most_held(s) <= 4 and set(s.tables.recorded.columns) == {"mean", "high", "r"},
}
"""What each script must have done, by what it is for."""


def g_weeks(session: qr.Session) -> int:
    """Weeks in which there was a trading day."""
    return int(session.equity.index.to_period("W").nunique())


def cash_by_hand(session: qr.Session) -> float:
    """The cash that the events add up to: fills net of fees, dividends less the tax of 20 %, paid out positions."""
    paid = session.events.set_index("event")["amount"].fillna(0.0)
    dividends = float(paid[paid.index == "DividendPaid"].sum())
    closed = float(paid[paid.index == "PositionClosed"].sum())
    return CASH + float(session.fills["net"].sum()) + 0.8 * dividends + closed


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["embedded", pytest.param("real", marks=REAL_BARS)])
def test_a_published_script_runs_to_its_end_and_does_what_it_is_for(place: str, name: str) -> None:
    """Protects everyone who pastes a script from the platform: it ends, trades, and its books balance."""
    if name.startswith("s12") and importlib.util.find_spec("talib") is None:
        pytest.skip("talib is not installed; it comes with qresearch[talib]")
    session = session_of(name, place)
    assert str(session.equity.index[-1].date()) == WINDOWS[place][1]
    assert len(session.fills) >= FEWEST.get((name[:3], place), 6)
    assert CHECKS[name[:3]](session)
    assert session.portfolio.cash == pytest.approx(cash_by_hand(session), abs=0.6)
    assert session.portfolio.cash >= 0
    assert set(session.notices.table["kind"]) <= KINDS
    if not name.startswith("s32"):
        assert "order" not in set(session.notices.table["kind"]), "an order went to a code that is not there"


def test_there_are_forty_scripts_and_each_has_a_check() -> None:
    """Protects the number: a script without a check of its own would only show that nothing raised."""
    assert len(NAMES) == 40
    assert sorted(CHECKS) == [name[:3] for name in NAMES]


NAMES_IN_USE = """
initialize g set_option log set_benchmark positions run_daily OrderCost set_order_cost current_dt order_target_value
get_current_data set_slippage query previous_date valuation paused attribute_history order_target available_cash is_st
get_fundamentals FixedSlippage high_limit name get_price get_security_info get_all_securities order_value total_value
get_index_stocks indicator cash avg_cost datetime history low_limit total_amount price security last_price get_trades
day_open status OrderStatus amount filled value run_monthly closeable_amount run_weekly handle_data get_industry_stocks
order before_trading_start income record get_trade_days get_bars finance send_message long_positions MarketOrderStyle np
starting_cash balance PerTrade set_commission pd PriceRelatedSlippage math get_concept_stocks SubPortfolioConfig
set_subportfolios get_all_trade_days init_time cash_flow after_code_changed read_file after_trading_end get_extras
portfolio_value timedelta short_positions subportfolios positions_value get_factor_values returns get_valuation
unschedule_all set_universe StepRelatedSlippage get_industry enable_profile LimitOrderStyle get_orders get_open_orders
cancel_order inout_cash normalize_code
"""
"""Names that public scripts use, down to 10 uses (and the lower tail of orders), without futures."""

OPTIONS = {"use_real_price", "avoid_future_data", "order_volume_ratio"}
IMPORTS = {
    "jqdata",
    "pandas",
    "numpy",
    "talib",
    "jqfactor",
    "jqlib.technical_analysis",
    "kuanke.wizard",
    "six",
    "scipy",
}


def words_of(name: str) -> tuple[set[str], set[str], set[str]]:
    """Names and attributes, imported modules, and strings of a script."""
    source = compiled(decoded((SCRIPTS / f"{name}.py").read_bytes())[0], name)
    names, modules, strings = set(), set(), set()
    for node in ast.walk(ast.parse(source.text)):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.FunctionDef(name=word):
                names.add(word)
            case ast.Import(names=aliases):
                modules |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module)):
                modules.add(module)
            case ast.Constant(value=str(text)):
                strings.add(text)
    return names, modules, strings


def test_together_the_scripts_use_every_name_of_the_frequency_table() -> None:
    """Protects breadth: names, options and modules that public scripts use are each met by a script here."""
    names, modules, strings = (set().union(*found) for found in zip(*map(words_of, NAMES), strict=True))
    assert set(NAMES_IN_USE.split()) - names == set()
    assert OPTIONS - strings == set()
    assert IMPORTS - modules == set()


def test_the_scripts_are_written_in_the_idioms_that_a_loader_must_survive() -> None:
    """Protects the loader: bytes that are not UTF-8, tabs, prose before the code, Python 2, no import at all."""
    raw = {name: (SCRIPTS / f"{name}.py").read_bytes() for name in NAMES}
    texts = {name: decoded(data)[0] for name, data in raw.items()}
    not_utf8 = [name for name, data in raw.items() if decoded(data)[1] != "utf-8-sig"]
    not_python = [name for name, text in texts.items() if not parses(text)]
    assert len(not_utf8) == 1
    assert len(not_python) == 2
    assert any("\n\t" in text for text in texts.values())
    assert sum(not re.search(r"^\s*(import|from) ", text, re.MULTILINE) for text in texts.values()) >= 2
    assert sum("reference_security" in text for text in texts.values()) >= 10
    assert sum("log.set_level('order', 'error')" in text for text in texts.values()) >= 10
    assert sum(bool(re.search(r"\]\[-1\]", text)) for text in texts.values()) >= 10


def parses(text: str) -> bool:
    """True when a text is Python 3 as it stands."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
