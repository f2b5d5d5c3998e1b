"""Scripts of JoinQuant that trade futures and on margin: the sums by hand, and what is refused."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pandas as pd
import pytest
from script_runs import g, opened, run

import qresearch as qr
from qresearch.cli import main
from qresearch.dialects.joinquant import Script
from qresearch.errors import NotSupported, UsageError
from qresearch.session.journal import content_of

SHARE, OTHER = "600001.SH", "600002.SH"
PRICES = {"RB2405": (4000.0, 4000.0, 3900.0, 3950.0, 4100.0, 4100.0), "RB2410": (4050.0,) * 6}


def bars() -> pd.DataFrame:
    """Six days: shares that rise from 10 and stay at 20, two contracts of one product, settled at their closes."""
    days = pd.bdate_range("2024-03-04", periods=6)
    shares = {SHARE: (10.0, 10.0, 11.0, 12.0, 12.0, 12.0), OTHER: (20.0,) * 6}
    rows = []
    for symbol, prices in {**shares, **PRICES}.items():
        for day, price in zip(days, prices, strict=True):
            row = {"date": day, "symbol": symbol, "open": price, "high": price, "low": price, "close": price}
            contract = {"settlement": price, "open_interest": 5e4 if symbol == "RB2410" else 4e4}
            rows.append({**row, "volume": 1e6, **(contract if symbol.startswith("RB") else {})})
    return pd.DataFrame(rows)


CONTRACTS = pd.DataFrame(
    {"symbol": list(PRICES), "exchange": "SHFE", "multiplier": 10, "tick": 1, "margin": 0.1, "open_fee": 0.0}
)


def market() -> qr.Market:
    """The market of those bars."""
    return qr.read_market(bars(), contracts=CONTRACTS)


SETUP = """
from jqdata import *

def initialize(context):
    set_order_cost(OrderCost(), type="stock")
    set_order_cost(OrderCost(open_commission=0.0001, close_commission=0.0001, close_today_commission=0.0002),
                   type="futures")
    set_slippage(FixedSlippage(0))
    set_option("futures_margin_rate", 0.2)
    set_subportfolios([SubPortfolioConfig(60000, "stock"), SubPortfolioConfig(40000, "futures")])
    g.n, g.seen = 0, []
    run_daily(trade, "open")
"""
FUTURES = (
    SETUP
    + """
def trade(context):
    g.n += 1
    stock, futures = context.subportfolios
    if g.n == 1:
        g.orders = [order("600001.XSHG", 1000), order("RB2405.XSGE", 3, side="long", pindex=1),
                    order("RB2410.XSGE", 1, side="short", pindex=1), order("RB2405.XSGE", 10, side="long", pindex=1)]
    if g.n == 2:
        g.orders.append(order("RB2410.XSGE", -1, side="short", pindex=1))
        g.orders.append(order("RB2405.XSGE", 1, side="long", pindex=1))
        g.orders.append(order("RB2405.XSGE", -1, side="long", pindex=1, close_today=True))
    if g.n == 4:
        g.orders.append(order_target("RB2405.XSGE", 1, side="long", pindex=1))
        transfer_cash(1, 0, 10000)
        transfer_cash(1, 0, 1000000)
    long = futures.long_positions["RB2405.XSGE"]
    g.seen.append((long.total_amount, long.avg_cost, long.hold_cost, round(futures.margin, 2),
                   round(futures.available_cash, 2), round(futures.total_value, 2),
                   {code: side.total_amount for code, side in futures.short_positions.items()}))
    g.whole = (context.portfolio.total_value, context.portfolio.starting_cash, stock.type, futures.type)
"""
)


def test_a_script_of_futures_trades_both_sides() -> None:
    """Protects futures of the platform: lots, margin at the script's rate, fees by effect, and the sum of accounts.

    3 lots at 4,000 of 10 tons cost 0.01 % of 120,000, 12; one sold lot at 4,050 costs 4.05; 20 % of 160,500 is bound.
    """
    session = run(FUTURES, market())
    assert [None if done is None else (done.filled, done.side, done.action, done.pindex, done.price)
            for done in g(session).orders] == [
        (1000, "long", "open", 0, 10.0), (3, "long", "open", 1, 4000.0), (1, "short", "open", 1, 4050.0), None,
        (1, "short", "close", 1, 4050.0), (1, "long", "open", 1, 4000.0), (1, "long", "close", 1, 4000.0),
        (2, "long", "close", 1, 3950.0),
    ]  # fmt: skip
    fees = [done.commission for done in g(session).orders if done is not None]
    assert fees == [0.0, 12.0, 4.05, 4.05, 4.0, 8.0, 7.9]
    first, second, third, fourth = g(session).seen[:4]
    assert first == (3, 4000.0, 4000.0, 32_100.0, 7_883.95, 39_983.95, {"RB2410.XSGE": 1})
    assert second == (3, 4000.0, 4000.0, 24_000.0, 15_967.9, 39_967.9, {})
    assert third == (3, 4000.0, 4000.0, 23_400.0, 13_567.9, 36_967.9, {})
    assert fourth[0] == 1
    assert fourth[5] == round(36_967.9 + 1_500 - 7.9 - 10_000, 2)
    assert g(session).whole == (100_000 + 2_000 - 3_000 + 1_500 + 1_500 - 32.1 - 7.9, 100_000.0, "stock", "futures")
    accounts = session.account.all
    assert accounts.names == ["cash_shares", "pindex 1"]
    assert accounts.transfers["moved"].to_list() == [True, True, False]
    assert accounts["pindex 1"].positions["quantity"].to_list() == [1]
    assert "RB 0.2" in str(session.notices)


def test_a_script_of_futures_goes_back_and_resumes(tmp_path: Path) -> None:
    """Protects time travel of scripts with several accounts: the same again, and from a journal without the script."""
    session = opened(FUTURES, market(), journal=tmp_path / "run.qsession").run(progress=False)
    digest = session.account.all.digest()
    session.back(3).run(progress=False)
    assert session.account.all.digest() == digest
    session.back(2).run(rerun=True, progress=False)
    assert session.account.all.digest() == digest
    assert list(session.branches) == ["main"]
    copy = tmp_path / "copy.qsession"
    copy.write_bytes(content_of(tmp_path / "run.qsession"))
    assert qr.Session.resume(copy, market()).account.all.digest() == digest


def test_a_script_of_futures_goes_on_after_a_resume(tmp_path: Path) -> None:
    """Protects scripts with several accounts that were killed half-way: they find their sub-accounts again."""
    # Orders are objects, which no journal keeps: this one remembers none.
    script = FUTURES.replace("g.orders = [", "kept = [").replace("g.orders.append(", "bool(")
    whole = run(script, market()).account.all.digest()
    opened(script, market(), journal=tmp_path / "run.qsession").step(2)
    copy = tmp_path / "copy.qsession"
    copy.write_bytes(content_of(tmp_path / "run.qsession"))
    resumed = qr.Session.resume(copy, market(), Script.read(dedent(script)))
    assert resumed.run(progress=False).account.all.digest() == whole
    assert len(g(resumed).seen) == 6


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("get_future_contracts('RB')", ["RB2405.XSGE", "RB2410.XSGE"]),
        ("get_dominant_future('RB')", "RB2410.XSGE"),
        ("get_dominant_future('RB9999.XSGE', '2024-03-05')", "RB2410.XSGE"),
        ("order_value('RB2405', 20000, side='short', pindex=0).filled", 2),
        ("order_target_value('RB2405', 24001, side='long', pindex=0).filled", 3),
        ("order('RB2405', 1, pindex=0).order_id", 10_000_001),
        ("[order('RB2405', 1, pindex=0, style=LimitOrderStyle(3000)), list(get_open_orders())][1]", [10_000_001]),
        ("[order('RB2405', 1), list(get_orders().values())[0].security, list(get_trades())][1:]",
         ["RB2405.XSGE", [10_000_001]]),
        ("cancel_order(order('RB2405', 1, style=LimitOrderStyle(3000))).status.name", "canceled"),
        ("[order('RB2405', 2), context.portfolio.margin, context.portfolio.type][1:]", [16_000.0, "index_futures"]),
        ("[order('RB2405', 2), repr(context.portfolio.long_positions['RB2405'])][1][:60]",
         "Position(security=RB2405.XSGE, side=long, total_amount=2, av"),
        ("[order('RB2405', 2), context.portfolio.long_positions['RB2405'].value][1]", 80_000.0),
        ("order('600001.XSHG', 100)", None),
        ("order('RB2405', 0.4)", None),
        ("order('RB9', 1)", None),
    ],
)  # fmt: skip
def test_calls_about_futures(call: str, found: object) -> None:
    """Protects each call: values count margin money, ids are told apart, and the dominant contract has most lots."""
    script = f"""
    from jqdata import *

    def initialize(context):
        set_slippage(StepRelatedSlippage(0))
        set_subportfolios([SubPortfolioConfig(context.portfolio.starting_cash, "index_futures")])
        set_option("futures_margin_rate", {{"RB": 0.2}})
        run_daily(look, "open")

    def look(context):
        if context.current_dt.day == 5:
            g.found = {call}
    """
    assert g(run(script, market())).found == found


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    ("slippage", "price"),
    [("StepRelatedSlippage(5)", 4002.0), ("FixedSlippage(6)", 4003.0), ("PriceRelatedSlippage(0.002)", 4004.0)],
)
def test_slippage_of_futures_is_theirs(slippage: str, price: float, *, is_first: bool) -> None:
    """Protects the price of a fill: half of what lies between, in whole ticks, whichever is set first."""
    lines = [f"set_slippage({slippage}, type='futures')", "set_subportfolios([SubPortfolioConfig(100000, 'futures')])"]
    first, second = lines if is_first else reversed(lines)
    script = f"""
    def initialize(context):
        {first}
        {second}
        run_daily(trade, "open")

    def trade(context):
        g.price = order("RB2405.XSGE", 1, side="long").price
        unschedule_all()
    """
    assert g(run(script, market())).price == price


MARGIN = """
from jqdata import *

def initialize(context):
    set_order_cost(OrderCost(), type="stock")
    set_slippage(FixedSlippage(0))
    set_option("margincash_interest_rate", 0.072)
    set_subportfolios([SubPortfolioConfig(50000, "stock"), SubPortfolioConfig(50000, "stock_margin")])
    g.n, g.seen, g.orders = 0, [], []
    run_daily(trade, "open")

def trade(context):
    g.n += 1
    part = context.subportfolios[1]
    if g.n == 1:
        g.lists = (get_margincash_stocks(), get_marginsec_stocks("2024-03-04"))
        g.orders += [order("600002.XSHG", 1000, pindex=1), margincash_open("600001.XSHG", 2000, pindex=1),
                     marginsec_open("600002.XSHG", 500, LimitOrderStyle(20.0), pindex=1),
                     margincash_open("600001.XSHG", 100, pindex=0)]
    if g.n == 3:
        margincash_direct_refund(5000, pindex=1)
        g.orders.append(marginsec_close("600002.XSHG", 500, pindex=1))
    if g.n == 4:
        g.orders.append(margincash_close("600001.XSHG", 2000, pindex=1))
    g.seen.append((round(part.cash_liability, 2), round(part.sec_liability, 2), round(part.interest, 2),
                   round(part.available_cash, 2), round(part.total_value, 2), round(part.net_value, 2),
                   {code: owed.total_amount for code, owed in part.short_positions.items()}))
"""


def test_a_script_trades_on_margin() -> None:
    """Protects margin trading of the platform: what is owed, the interest by day, what is paid back, and by what.

    20,000 financed at 7.2 % cost 4 a day and 10,000 borrowed at 10 % 2.78; 5,000 paid back pay 8 for two nights first,
    so that 15,008 is left, which costs 3 more; 500 shares given back cost 5.56. 2,000 shares bring 2 yuan each.
    """
    session = run(MARGIN, market())
    assert g(session).lists == (["600001.XSHG", "600002.XSHG"], ["600001.XSHG", "600002.XSHG"])
    assert [None if done is None else (done.filled, done.side, done.action, done.pindex)
            for done in g(session).orders] == [
        (1000, "long", "open", 1), (2000, "long", "open", 1), (500, "short", "open", 1), None,
        (500, "short", "close", 1), (2000, "long", "close", 1),
    ]  # fmt: skip
    short = {"600002.XSHG": 500}
    assert g(session).seen[:4] == [
        (20_000.0, 10_000.0, 0.0, 30_000.0, 80_000.0, 50_000.0, short),
        (20_000.0, 10_000.0, 6.78, 30_000.0, 80_000.0, 49_993.22, short),
        (15_008.0, 0, 0.0, 24_994.44, 66_994.44, 51_986.44, {}),
        (0.0, 0, 0.0, 33_983.44, 53_983.44, 53_983.44, {}),
    ]
    margin = session.account.all["pindex 1"]
    assert margin.portfolio.debt == 0.0
    assert margin.portfolio.profit == 2_000 * 2 - 8 - 3 - 5.56
    assert "cannot be copied" not in str(session.notices)
    assert "'stock'; nothing was sent" in str(session.notices)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('set_subportfolios([SubPortfolioConfig(1, "future")])', "Did you mean futures"),
        ('set_subportfolios([SubPortfolioConfig(1, "stock_margin")]); '
         'set_option("marginsec_interest_rate", 0.1)', "Set the option first"),
        ('set_subportfolios([SubPortfolioConfig(1, "futures")]); set_subportfolios([SubPortfolioConfig(1)])', "once"),
        ('get_dominant_future("XX")', "no futures of 'XX'"),
        ('set_subportfolios([SubPortfolioConfig(1, "futures")]); set_option("futures_margin_rate", 7)', "0.15"),
        ("get_settlement_price()", "table of contracts"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_to_do(lines: str, words: str) -> None:
    """Protects users from a silent guess: each says what is wrong and what to write."""
    with pytest.raises((UsageError, NotSupported, qr.StrategyError), match=words):
        run(f"def initialize(context):\n    {lines}", market())


def test_a_script_of_futures_runs_from_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects ``qresearch run``: the same script, from a folder of tables, with the equity of all accounts."""
    bars().to_csv(tmp_path / "all_daily.csv", index=False)
    CONTRACTS.to_csv(tmp_path / "all_contracts.csv", index=False)
    (tmp_path / "script.py").write_text(dedent(FUTURES))
    words = ["run", "script.py", "--data", "all_daily.csv", "--cash", "100000", "--dialect", "joinquant"]
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--out", "results"]) == 0
    told = capsys.readouterr().out
    assert "pindex 1" in told
    assert "101,960.00" in told
