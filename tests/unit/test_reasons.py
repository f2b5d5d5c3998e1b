"""Every reason has words, and is met by somebody who trades."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import pytest
from hand import flat, market

import qresearch as qr
from qresearch import terms
from qresearch.domain.commands import ChangeSettings
from qresearch.domain.instrument import Board
from qresearch.domain.order import Status
from qresearch.domain.reasons import SOURCES, Reason
from qresearch.engine.accounts.margin import MarginTrading
from qresearch.engine.accounts.options import Options
from qresearch.sentences import ENGLISH, Words


def session(start: str, **options: object) -> qr.Session:
    """A session on the embedded market, before its first day."""
    return qr.Session(qr.sample_market(), start=start, **options)


def held(symbol: str, start: str, **options: object) -> qr.Session:
    """The same with 1,000 shares."""
    return session(start, positions={symbol: 1000}, positions_paid=False, **options)


def after(run: qr.Session, act: Callable[[qr.Session], object]) -> qr.Session:
    """Act and step."""
    act(run)
    return run.step()


def at(run: qr.Session, act: Callable[[qr.Session], object]) -> qr.Session:
    """Act and stay."""
    act(run)
    return run


def several(*acts: Callable[[qr.Session], object]) -> qr.Session:
    """A session of 100,000 that leads accounts of futures and of margin trading."""
    beside = {"futures": {"account": "futures"}, "margin": {"account": "margin", "cash": 50_000}}
    run = session("2022-03-01", cash=100_000, accounts=beside)
    for act in acts:
        act(run)
    return run


def last_day() -> qr.Session:
    """An order after the last close."""
    run = session("2023-12-28")
    run.step(2)
    return at(run, lambda run: run.buy("604018", 100))


def same_open() -> qr.Session:
    """A purchase and its sale at one open, in the order of their ids."""
    run = session("2022-03-01", match_order="fifo")
    run.buy("604018", 100)
    return after(run, lambda run: run.sell("604018", 100))


def too_late() -> qr.Session:
    """A cancel after the fill."""
    run = session("2022-03-01")
    ticket = run.buy("604018", 100)
    run.step()
    ticket.cancel()
    return run


def styled(style: terms.Terms, *, phase: str = "CLOSE") -> qr.Session:
    """A buy of 604018, which closed at 9.58 on the day before and moves between 9.50 and 9.70."""
    run = session("2022-03-01")
    run.order("604018", 1000, style=style)
    return run.step(phase=phase)


def dependent() -> qr.Session:
    """A resting sale of shares that another sale takes first, with the check after each fill."""
    run = held("604018", "2022-03-01", open_order_margin=True)
    run.sell("604018", 1000)
    run.order("604018", -1000, style=terms.limit(10.4))
    return run.step()


def too_small() -> qr.Session:
    """A new total below what the thin day has filled."""
    run = session("2021-02-24", participation=0.1)
    ticket = run.buy("004136", 5000)
    run.step(phase="OPEN")
    ticket.update(quantity=1000)
    return run


def index() -> qr.Session:
    """The embedded market keeps its index as a benchmark, so one of its shares is declared an index here."""
    sample = qr.sample_market()
    items = (replace(item, board=Board.INDEX) if item.symbol == "604018.SH" else item for item in sample.instruments)
    run = qr.Session(replace(sample, instruments=tuple(items)), start="2022-03-01")
    return at(run, lambda run: run.buy("604018", 100))


def unprotected() -> qr.Session:
    """A plain market order on the STAR board, sized as platforms do it, which wants a protection price there."""
    run = session("2022-03-01")
    run.simulation.do(ChangeSettings(replace(run.settings, sizing="floor")))
    return at(run, lambda run: run.order("688903", 200.0))


def untraded_bar() -> qr.Session:
    """The second minute of a thin share, in which nobody traded."""
    run = qr.Session(qr.sample_market("minute"), cash=100_000).step(phase="INTRADAY")
    run.buy("004136", 100)
    return run.step(phase="next")


def protected() -> qr.Session:
    """An entry that finds nobody and the stop that waits for it."""
    run = session("2022-03-01")
    run.order("604018", 1000, style=terms.limit(9.0, tif="GTC"))
    run.order("604018", -1000, style=terms.stop(8.5, tif="GTC"))
    return run.step()


def closed() -> qr.Session:
    """A stop whose position is sold by hand."""
    run = held("604018", "2022-03-01")
    run.order("604018", -1000, style=terms.stop(8.5, tif="GTC"))
    run.step()
    run.sell("604018", 1000)
    return run.step()


def caged() -> qr.Session:
    """A limit far above the market, entered in the second minute of a STAR share."""
    run = qr.Session(qr.sample_market("minute"), cash=1_000_000).step(phase="INTRADAY")
    run.buy("688903", 200, terms.limit(round(run.market.panel.limit_up[0, run.market.column("688903")], 2)))
    return run.step(phase="next")


def in_the_closing_auction() -> qr.Session:
    """A cancel at 14:58 of an order that rests in Shenzhen."""
    run = qr.Session(qr.sample_market("minute"), cash=1_000_000)
    resting = run.buy("004136", 100, terms.limit(12.0, tif="GTC"))
    run.run(until="2021-07-06 14:58", progress=False)
    return at(run, lambda _: resting.cancel())


def ended_early() -> qr.Session:
    """An order for the close of the first day that the circuit breaker of 2016 ended."""
    bar = {"symbol": "600001.SH", "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
    bars = [{"date": day, **bar} for day in ("2015-12-31", "2016-01-04", "2016-01-05")]
    return after(
        qr.Session(qr.read_market(pd.DataFrame(bars)), cash=100_000).step(),
        lambda run: run.buy("600001", 100, terms.at_close()),
    )


def closed_route() -> qr.Session:
    """An order for a day on which others trade and this account does not."""
    bar = {"symbol": "600001.SH", "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
    bars = [{"date": day, **bar} for day in ("2024-03-28", "2024-03-29", "2024-04-02")]
    shut = pd.DataFrame({"date": ["2024-03-29"]})
    run = qr.Session(qr.read_market(pd.DataFrame(bars), closed_days=shut), cash=100_000).step()
    return after(run, lambda run: run.buy("600001", 100))


def futures(order: Callable[[qr.Session], object], start: str = "2023-03-01") -> qr.Session:
    """The close of a day of the embedded futures market, after an order for its open."""
    return after(qr.Session(qr.sample_futures(), start=start, cash=200_000, account="futures").step(), order)


def bonds(
    order: Callable[[qr.Session], object], start: str = "2023-03-01", account: str = "bond", steps: int = 1
) -> qr.Session:
    """The close of a day of the embedded bond market, after an order for its open."""
    return after(qr.Session(qr.sample_bonds(), start=start, account=account).step(steps), order)


def options(order: Callable[[qr.Session], object], account: object = "options") -> qr.Session:
    """The close of a day of the embedded option market, after an order for its open."""
    run = qr.Session(qr.sample_options(), start="2022-11-28", cash=300_000, account=account).step()
    return after(run, order)


def locked() -> qr.Session:
    """A fund whose units are locked for covered calls, and offered."""
    run = options(lambda run: run.buy("514101.SH", 10_000))
    run.account.lock("514101.SH", 10_000)
    return after(run, lambda run: run.sell("514101.SH", 10_000))


CREDIT = {
    Reason.NOT_FINANCEABLE, Reason.NOT_LENDABLE, Reason.NO_BORROW, Reason.CREDIT_LINE, Reason.SHORT_PRICE_RULE,
    Reason.SHORT_PROCEEDS_LOCKED, Reason.SAME_DAY_RETURN, Reason.NO_DEBT, Reason.CONCENTRATION,
    Reason.MAINTENANCE_BELOW_LINE,
}  # fmt: skip
"""Reasons of margin trading, whose table is written by hand."""


def credit(
    *orders: Callable[[qr.Session], object],
    prices: Sequence[float] = (10.0,) * 6,
    table: Mapping[str, object] | None = None,
    clock: str = "next_open",
    **kind: object,
) -> qr.Session:
    """The close of a day in an account of margin trading with 100,000, after orders for one open each."""
    rows = [{"symbol": symbol, "haircut": 0.7, "financing": 1.0, "lending": 0.5} | (table or {}) for symbol in LENT]
    given = market(dict.fromkeys(LENT, prices), credit=pd.DataFrame(rows))
    run = qr.Session(given, cash=100_000, costs="zero", account=MarginTrading(**kind), clock=clock).step()
    for order in orders:
        run = after(run, order)
    return run


LENT = ("600001.SH", "600002.SH")


def short(run: qr.Session) -> object:
    """A short sale of 1,000 shares at 10."""
    return run.sell(LENT[0], 1000, terms.short_sale(terms.limit(10.0)))


def long(run: qr.Session) -> object:
    """2,000 shares at 10 with borrowed money."""
    return run.buy(LENT[0], 2000, terms.financed())


def returned() -> qr.Session:
    """Shares borrowed and bought back at one open, where orders meet the market inside the call."""
    run = credit(clock="same_bar")
    run.step(phase="OPEN")
    short(run)
    return at(run, lambda run: run.buy(LENT[0], 1000, terms.to_return()))


def limited() -> qr.Session:
    """A future of which one side may hold two lots."""
    days = pd.bdate_range("2024-03-04", periods=3)
    bars = pd.DataFrame({"date": days, "symbol": "AB2406", "volume": 1e4, "settlement": 100.0})
    table = [{"symbol": "AB2406", "multiplier": 10, "tick": 1, "margin": 0.1, "position_limit": 2}]
    given = qr.read_market(bars.assign(open=100.0, high=100.0, low=100.0, close=100.0), contracts=pd.DataFrame(table))
    return after(qr.Session(given, cash=100_000, account="futures").step(), lambda run: run.buy("AB2406", 3))


CASES: dict[Reason, Callable[[], qr.Session]] = {
    Reason.LOT_SIZE: lambda: at(session("2022-03-01"), lambda run: run.buy("604018", 50)),
    Reason.MINIMUM_SIZE: lambda: at(session("2022-03-01"), lambda run: run.buy("688903", 199)),
    Reason.ORDER_MAXIMUM: lambda: at(session("2022-03-01"), lambda run: run.buy("688903", 50_001)),
    Reason.ZERO_QUANTITY: lambda: at(session("2022-03-01"), lambda run: run.order_value("604018", 5)),
    Reason.NO_CHANGE: lambda: at(session("2022-03-01"), lambda run: run.order_target("604018", 0)),
    Reason.NO_PRICE: lambda: at(session("2022-06-01"), lambda run: run.order_value("688917", 50_000)),
    Reason.NOT_TRADABLE: index,
    Reason.PROTECTION_PRICE: unprotected,
    Reason.NO_TRADES: untraded_bar,
    Reason.NOT_LISTED: lambda: after(session("2022-06-01"), lambda run: run.buy("688917", 500)),
    Reason.DELISTED: lambda: at(session("2022-10-13").step(), lambda run: run.buy("604103", 500)),
    Reason.DATA_ENDED: lambda: after(session("2023-07-03").step(), lambda run: run.buy("004140", 500)),
    Reason.NO_FURTHER_OPEN: last_day,
    Reason.GOOD_TILL_OVER: lambda: styled(terms.limit(9.6, until="2022-02-28")),
    Reason.SUSPENDED: lambda: after(session("2021-07-19"), lambda run: run.buy("604073", 500)),
    Reason.LIMIT_UP: lambda: after(session("2021-03-17"), lambda run: run.buy("604035", 500)),
    Reason.LIMIT_DOWN: lambda: after(held("604052", "2022-03-15"), lambda run: run.sell("604052", 1000)),
    Reason.T_PLUS_ONE: same_open,
    Reason.INSUFFICIENT_QUANTITY: lambda: at(session("2022-03-01"), lambda run: run.sell("604018", 100)),
    Reason.INSUFFICIENT_CASH: lambda: after(session("2022-03-01", cash=100), lambda run: run.buy("604018", 100)),
    Reason.INSUFFICIENT_MARGIN: lambda: futures(lambda run: run.buy("QT2307", 50, terms.to_open())),
    Reason.NOTHING_TO_CLOSE: lambda: futures(lambda run: run.sell("QT2307", 1, terms.to_close())),
    Reason.EXPIRED_CONTRACT: lambda: futures(lambda run: run.buy("ZX2306", 1), "2023-06-19"),
    Reason.NOT_CARRIED: lambda: bonds(lambda run: run.buy("019801", 100), account="cash_shares"),
    Reason.MATURED: lambda: bonds(lambda run: run.buy("019802", 100), "2023-09-14"),
    Reason.CALLED: lambda: bonds(lambda run: run.buy("113801", 100), "2023-11-15"),
    Reason.BOND_LOT: lambda: bonds(lambda run: run.buy("019801", 5)),
    Reason.REPO_MULTIPLE: lambda: bonds(lambda run: run.sell("204001", 5)),
    Reason.QUALIFIED_ONLY: lambda: bonds(lambda run: run.buy("122801", 100)),
    Reason.INSUFFICIENT_PLEDGE: lambda: bonds(lambda run: run.buy("204001", 100)),
    Reason.NOT_FINANCEABLE: lambda: credit(long, table={"financing": None}),
    Reason.NOT_LENDABLE: lambda: credit(short, table={"lending": None}),
    Reason.NO_BORROW: lambda: credit(short, table={"lendable": 900}),
    Reason.CREDIT_LINE: lambda: credit(long, line=5_000.0),
    Reason.SHORT_PRICE_RULE: lambda: credit(lambda run: run.sell(LENT[0], 1000, terms.short_sale())),
    Reason.SHORT_PROCEEDS_LOCKED: lambda: credit(short, lambda run: run.buy(LENT[1], 10_500, terms.to_open())),
    Reason.SAME_DAY_RETURN: returned,
    Reason.NO_DEBT: lambda: credit(lambda run: run.buy(LENT[0], 100, terms.to_return())),
    Reason.CONCENTRATION: lambda: credit(long, concentration=0.5),
    Reason.MAINTENANCE_BELOW_LINE: lambda: credit(long, long, warn=7.0),
    Reason.COVERED_SHORTFALL: lambda: options(
        lambda run: run.sell("C2212M4200", 1, terms.covered_open())
    ),
    Reason.UNITS_LOCKED: locked,
    Reason.POSITION_LIMIT: lambda: options(lambda run: run.buy("C2212M4000", 5), account=Options(position_limit=4)),
    Reason.SIDE_LIMIT: limited,
    Reason.VALUE_CAP: lambda: after(session("2021-01-20"), lambda run: run.order_value("004163", 200_000)),
    Reason.VOLUME_CAP: lambda: after(
        session("2021-02-24", participation=0.1), lambda run: run.buy("004136", 5000)
    ),
    Reason.PRICE_CAGE: caged,
    Reason.DAILY_MAXIMUM: lambda: at(
        session("2022-05-10", cash=9_000_000).step(), lambda run: run.buy("604095", 600_000)
    ),
    Reason.CLOSING_AUCTION: in_the_closing_auction,
    Reason.PRICE_LIMIT: lambda: styled(terms.limit(12.0)),
    Reason.LIMIT_NOT_REACHED: lambda: styled(terms.limit(9.0)),
    Reason.STOP_NOT_REACHED: lambda: styled(terms.stop(10.4)),
    Reason.AWAITS_CLOSE: lambda: styled(terms.at_close(), phase="OPEN"),
    Reason.ROUTE_CLOSED: closed_route,
    Reason.NO_AFTER_HOURS: lambda: styled(terms.after_hours(10.0)),
    Reason.CIRCUIT_BREAKER: ended_early,
    Reason.AWAITS_ENTRY: protected,
    Reason.NOT_AT_ONCE: lambda: styled(terms.limit(9.0, tif="IOC")),
    Reason.OPEN_ORDER_MARGIN: dependent,
    Reason.POSITION_CLOSED: closed,
    Reason.REPLACED_BY_TARGET: lambda: at(
        at(session("2022-03-01"), lambda run: run.buy("604018", 100)), lambda run: run.order_target("604018", 200)
    ),
    Reason.BELOW_FILLED: too_small,
    Reason.TRANSFER_BEYOND_CASH: lambda: several(
        lambda run: run.account.all.transfer("cash_shares", "futures", 200_000)
    ),
    Reason.TRANSFER_RESERVED: lambda: several(
        lambda run: run.order("604018", 1000, terms.limit(9.0, tif="GTC")),
        lambda run: run.step().account.all.transfer("cash_shares", "futures", 95_000),
    ),
    Reason.TRANSFER_BOUND: lambda: several(
        lambda run: run.account.all["margin"].buy("604018", 10_000, terms.financed()),
        lambda run: run.step().account.all.transfer("margin", "cash_shares", 50_000),
    ),
    Reason.USER_CANCEL: lambda: at(session("2022-03-01"), lambda run: run.buy("604018", 100).cancel()),
    Reason.ALREADY_FINAL: too_late,
}  # fmt: skip


def test_every_reason_has_a_case() -> None:
    """Protects the closed list: a new reason needs a situation in which somebody meets it."""
    missing = sorted(set(Reason) - set(CASES))
    assert not missing, f"give each of {missing} a case here, on the embedded market"
    assert set(CASES) == set(Reason)


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_every_state_is_met_on_the_embedded_market(status: Status) -> None:
    """Protects teaching: each state of an order can be reached and looked at with the market that comes along."""
    run = session("2021-02-24", participation=0.1, cancel_latency="next_match")
    run.buy("004136", 5000, style=terms.limit(60.0, tif="GTC"))
    run.buy("604018", 50)
    run.buy("604018", 100)
    run.buy("604018", 200).cancel()
    run.buy("604018", 100, style=terms.limit(round(run.market.panel.low[34, run.market.column("604018")] * 0.95, 2)))
    run.step(phase="OPEN")
    for ticket_id in run.open_orders.index:
        run.ticket(ticket_id).update(tag="mine")
    run.step()
    events = run.events
    assert status.value in {*events.before, *events.after}


@pytest.mark.parametrize("reason", list(Reason), ids=str)
def test_every_reason_is_met_and_says_so(reason: Reason) -> None:
    """Protects that nothing is silently dropped: the event, and its sentence with all numbers filled in."""
    run = CASES[reason]()
    samples = {
        qr.sample_market(), qr.sample_market("minute"), qr.sample_futures(), qr.sample_options(), qr.sample_bonds(),
    }  # fmt: skip
    assert run.market in samples or reason in {
        Reason.NOT_TRADABLE,
        Reason.CIRCUIT_BREAKER,
        Reason.ROUTE_CLOSED,
        *CREDIT,
        Reason.SIDE_LIMIT,
    }
    events = run.events
    met = events[events.reason == reason.value]
    assert len(met) >= 1
    for text in met.text:
        assert len(text) > 10
        assert not re.search(r"[{}]|\bnan\b|None", text), text
    transfers = {Reason.TRANSFER_BEYOND_CASH, Reason.TRANSFER_RESERVED, Reason.TRANSFER_BOUND}
    if reason not in {Reason.ALREADY_FINAL, Reason.BELOW_FILLED, Reason.CLOSING_AUCTION, *transfers}:
        order = run.orders.loc[met.order_id.iloc[-1]]
        assert order.reason == reason.value
        assert order.why == met.text.iloc[-1]


@pytest.mark.parametrize("reason", list(Reason), ids=str)
def test_every_reason_has_words(reason: Reason) -> None:
    """Protects the words: a sentence that ends, advice in both languages, and a source."""
    assert ENGLISH(reason).endswith(".")
    assert SOURCES[reason]
    by_choice = {Reason.USER_CANCEL, Reason.POSITION_CLOSED, Reason.REPLACED_BY_TARGET}
    assert [bool(words.advice(reason)) for words in (ENGLISH, Words("zh"))] == [reason not in by_choice] * 2


def test_a_session_counts_its_reasons() -> None:
    """Protects the closing message: a run that traded nothing says why, with counts."""
    run = qr.Session(flat(), cash=100)
    run.step()
    run.buy("600001", 50)
    run.buy("600001", 50)
    run.buy("600001", 1000)
    run.run(progress=False)
    assert run.message == "Nothing was traded: 3 orders, INSUFFICIENT_CASH 1, LOT_SIZE 2."
