"""``xtquant.xtdata``: bars, ticks and lists as of the time of a script, and nothing of what follows."""

from __future__ import annotations

import pandas as pd
import pytest
from hand import market

import qresearch as qr

SHARE, FUND, INDEX = "600001.SH", "510001.SH", "000300.SH"
MOVES = {
    SHARE: [(10.0, 10.2), (10.1, 10.3), (10.0, 9.8), (5.0, 5.1), 5.2],
    FUND: [2.0, 2.01, 2.02, 2.03, 2.04],
    "000002.SZ": [None, None, 20.0, 20.5, "paused"],
}
ACTIONS = [{"day": 3, "symbol": SHARE, "cash_per_share": 0.2, "bonus_per_share": 0.9}]


def printed(capsys: pytest.CaptureFixture[str], body: str, days: int = 1, **options: object) -> list[str]:
    """What a script prints that has xtdata at hand, from the third day on."""
    text = f"import time\nfrom xtquant import xtdata\nS = '{SHARE}'\n{body}\n"
    given = market(MOVES, actions=ACTIONS)
    session = qr.Session.from_script(text, given, start="2024-01-04", dialect="xtquant", **options)
    for _ in range(days):
        session.step(phase="AFTER_CLOSE")
    return capsys.readouterr().out.splitlines()


def test_bars_end_with_the_last_whole_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects from looking ahead: the bar of today is there from 14:50 on, and not before."""
    lines = printed(
        capsys,
        """
for until in (0, 5 * 3600, 50 * 60 + 1):
    time.sleep(until)
    bars = xtdata.get_market_data_ex(['open', 'close', 'volume'], [S], '1d')[S]
    print(time.strftime('%H:%M'), list(bars.index), bars['close'].tolist(), bars['volume'].iloc[-1])
""",
    )
    assert lines == [
        "09:00 ['20240102', '20240103'] [10.2, 10.3] 10000",
        "14:00 ['20240102', '20240103'] [10.2, 10.3] 10000",
        "14:50 ['20240102', '20240103', '20240104'] [10.2, 10.3, 9.8] 10000",
    ]


def test_bars_by_count_time_field_and_adjustment(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the shapes: by code a frame of fields, by field a frame of codes; prices before an ex-date adjusted."""
    lines = printed(
        capsys,
        """
time.sleep(86400)
print(xtdata.get_market_data_ex([], [S], '1d', count=1)[S].columns.tolist()[:5])
print(xtdata.get_local_data(['close'], [S], '1d', start_time='20240103', end_time='20240103')[S]['close'].tolist())
found = xtdata.get_market_data(['close'], [S, '000002.SZ'], '1d', count=2)
print(list(found), found['close'].index.tolist(), found['close'].columns.tolist())
print(xtdata.get_market_data_ex(['close'], [S], '1d', dividend_type='front')[S]['close'].round(4).tolist())
print(xtdata.get_market_data_ex(['close'], ['600009.SH'], '1d')['600009.SH'].empty)
print(xtdata.get_divid_factors(S)[['interest', 'stockBonus']].to_dict('index'))
""",
        days=2,
    )
    assert lines[0] == "['time', 'open', 'high', 'low', 'close']"
    assert lines[1] == "[10.3]"
    assert lines[2] == "['close'] ['600001.SH', '000002.SZ'] ['20240103', '20240104']"
    adjusted = [float(word) for word in lines[3].strip("[]").split(",")]
    # Of the ex-date 2024-01-05 from its morning on: (9.8 - 0.2) / 1.9 = 5.05 is the reference.
    assert adjusted == pytest.approx([10.2 * 5.05 / 9.8, 10.3 * 5.05 / 9.8, 5.05], abs=0.01)
    assert lines[4] == "True"
    assert lines[5] == "{'20240105': {'interest': 0.2, 'stockBonus': 0.9}}"


def test_bars_of_weeks_and_months_are_put_together_from_days(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects longer periods: open of the first day, close of the last one that was seen, and its stamp."""
    lines = printed(
        capsys,
        """
time.sleep(6 * 3600)
for period in ('1w', '1mon'):
    bars = xtdata.get_market_data_ex(['open', 'high', 'close', 'volume'], [S], period)[S]
    print(list(bars.index), bars.iloc[-1].tolist())
""",
    )
    assert lines == ["['20240104'] [10.0, 10.3, 9.8, 30000.0]"] * 2


def test_a_tick_tells_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects ticks: before the open the previous close, then the open, late the close with the range of the day."""
    lines = printed(
        capsys,
        """
for until in (0, 3600, 5 * 3600):
    time.sleep(until)
    tick = xtdata.get_full_tick([S])[S]
    print(*(tick[name] for name in ('timetag', 'lastPrice', 'lastClose', 'open', 'high', 'low', 'pvolume')))
print(xtdata.get_full_tick(['600009.SH']), sorted(xtdata.get_full_tick(['SH'])))
""",
    )
    assert lines[0] == "20240104 09:00:00 10.3 10.3 0.0 0.0 0.0 0"
    assert lines[1] == "20240104 10:00:00 10.0 10.3 10.0 10.0 10.0 0"
    assert lines[2] == "20240104 15:00:00 9.8 10.3 10.0 10.0 9.8 1000000"
    assert lines[3] == "{} ['510001.SH', '600001.SH']"


def test_lists_and_details(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects what there is: sectors by what an instrument is, others from a table, limits, kinds, the calendar."""
    lines = printed(capsys, """
print(xtdata.get_stock_list_in_sector('沪深A股'), xtdata.get_stock_list_in_sector('沪深ETF'))
print(xtdata.get_stock_list_in_sector('白酒'), '白酒' in xtdata.get_sector_list())
detail = xtdata.get_instrument_detail(S)
print(detail['ExchangeID'], detail['InstrumentID'], detail['UpStopPrice'], detail['DownStopPrice'], detail['PriceTick'])
print(xtdata.get_instrument_detail('600009.SH'), xtdata.get_instrument_type('510001.SH')['etf'])
print(xtdata.get_trading_calendar('SH', '20240102', '20240104'), len(xtdata.get_trading_dates('SH', count=2)))
print(xtdata.get_holidays(), xtdata.get_financial_data([S], ['Balance'])[S]['Balance'].to_dict('records'))
""", data={"sectors": pd.DataFrame({"sector": ["白酒"], "code": [SHARE]}),
           "Balance": pd.DataFrame({"code": [SHARE], "cash": [1.0]})})  # fmt: skip
    assert lines == [
        "['600001.SH', '000002.SZ'] ['510001.SH']", "['600001.SH'] True", "SH 600001 11.33 9.27 0.01", "None True",
        "['20240102', '20240103', '20240104'] 2", "[] [{'cash': 1.0}]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("xtdata.get_stock_list_in_sector('沪深300')", "do not say what is in '沪深300'"),
        ("xtdata.get_financial_data([S], ['Balance'])", "no table Balance"),
        ("xtdata.get_market_data_ex([], [S], '1m')", "the data of this session are daily"),
        ("xtdata.get_market_data_ex([], [S], 'tick')", "tick"),
        ("xtdata.get_market_data_ex(['pe'], [S])", "has no field pe"),
        ("xtdata.get_market_data_ex([], [S], start_time='yesterday')", "is no time"),
        ("xtdata.subscribe_quote(S, '7m')", "no period '7m'"),
    ],
)
def test_what_the_data_lack_is_named(capsys: pytest.CaptureFixture[str], call: str, words: str) -> None:
    """Protects whoever lacks data: the run stops with a sentence that names what is missing."""
    with pytest.raises(qr.QresearchError, match=words):
        printed(capsys, call)


def test_how_prices_are_adjusted_is_told() -> None:
    """Protects comparisons with the real package: 'front' subtracts there what is multiplied here."""
    for kind, is_told in (("front", True), ("front_ratio", False)):
        text = f"from xtquant import xtdata\nxtdata.get_market_data_ex([], ['{SHARE}'], '1d', dividend_type='{kind}')\n"
        session = qr.Session.from_script(text, market(MOVES), dialect="xtquant").step()
        assert any("multiplies prices here" in str(notice) for notice in session.notices) == is_told


def test_bars_are_told_as_they_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects subscriptions: a day at its close, ticks at the open and the close; none after unsubscribe."""
    lines = printed(
        capsys,
        """
seq = xtdata.subscribe_quote(S, '1d', callback=lambda d: print('day', d[S][-1]['close'], time.strftime('%H:%M')))
xtdata.subscribe_whole_quote([S], callback=lambda d: print('tick', d[S]['lastPrice'], time.strftime('%H:%M')))
time.sleep(86400)
xtdata.unsubscribe_quote(seq)
xtdata.run()
""",
        days=2,
    )
    assert lines == ["tick 10.0 09:30", "day 9.8 15:00", "tick 9.8 15:00", "tick 5.0 09:30", "tick 5.1 15:00"]


def test_bars_of_half_an_hour_make_hours_and_no_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects data of longer bars: '60m' is two of them, told as it ends, and '5m' is refused instead of five."""
    times = pd.to_datetime(["10:00", "10:30", "11:00", "11:30", "13:30", "14:00", "14:30", "15:00"], format="%H:%M")
    bars = pd.DataFrame({"date": pd.Timestamp("2024-01-02") + (times - times.normalize()), "symbol": "600001.SH"})
    given = qr.read_market(bars.assign(open=10.0, high=10.0, low=10.0, close=10.0, volume=1_000.0))
    text = """
import time
from xtquant import xtdata
xtdata.subscribe_quote('600001.SH', '60m', callback=lambda d: print(time.strftime('%H:%M')))
time.sleep(3600 * 5.5 + 1)
print(xtdata.get_market_data_ex(['volume'], ['600001.SH'], '60m')['600001.SH']['volume'].tolist())
xtdata.get_market_data_ex(['volume'], ['600001.SH'], '5m')
"""
    with pytest.raises(qr.QresearchError, match="the data of this session are bars of 30 minutes"):
        qr.Session.from_script(text, given, dialect="xtquant").step()
    assert capsys.readouterr().out.splitlines() == ["10:30", "11:30", "14:00", "[20, 20, 20, 10]"]
    with pytest.raises(qr.QresearchError, match="the data of this session are bars of 30 minutes"):
        qr.Session.from_script(text.replace("60m", "15m", 1), given, dialect="xtquant").step()


def test_minute_bars(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects minute data: bars of one and of five minutes, told as they end."""
    text = """
import time
from xtquant import xtdata
code = xtdata.get_stock_list_in_sector('沪深A股')[0]
xtdata.subscribe_quote(code, '5m', callback=lambda d: print('5m', time.strftime('%H:%M'), d[code][-1]['close']))
time.sleep(3600 * 1.5 + 1)
one, five = (xtdata.get_market_data_ex([], [code], p)[code] for p in ('1m', '5m'))
print(len(one), len(five), one['volume'].sum() == five['volume'].sum(), one['close'].iloc[-1] == five['close'].iloc[-1])
print(one.index[-1], xtdata.get_full_tick([code])[code]['open'] == one['open'].iloc[0])
"""
    qr.Session.from_script(text, qr.sample_market(frequency="minute"), dialect="xtquant").step()
    lines = capsys.readouterr().out.splitlines()
    ends = [f"5m {9 + minutes // 60:02}:{minutes % 60:02}" for minutes in range(35, 95, 5)]
    assert [line[:8] for line in lines[:12]] == ends
    assert lines[12:14] == ["60 12 True True", "20210706103000 True"]
