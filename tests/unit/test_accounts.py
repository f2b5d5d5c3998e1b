"""Several accounts in one session: what a person does with them, money between them, time travel, and the journal."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from mixed import FUTURE, OTHER, SHARE, desk, mixed

import qresearch as qr
from qresearch import terms
from qresearch.dialects import swordfish
from qresearch.domain.commands import PayIn
from qresearch.engine.accounts.futures import Futures
from qresearch.errors import JournalError, UsageError
from qresearch.session.journal import content_of


def test_accounts_of_several_kinds_stand_at_one_moment() -> None:
    """Protects the whole: each trades what its kind carries, and a step of any of them is a step of all."""
    accounts = desk().account.all
    cash, futures = (accounts[name] for name in accounts)
    cash.buy(SHARE, 1000)
    futures.buy(FUTURE, 10)
    futures.step()
    assert cash.now == futures.now == accounts.now
    assert accounts.positions[["account", "quantity"]].to_dict("index") == {
        SHARE: {"account": "cash_shares", "quantity": 1000}, FUTURE: {"account": "futures", "quantity": 10},
    }  # fmt: skip
    assert accounts.orders["account"].to_list() == accounts.fills["account"].to_list() == ["cash_shares", "futures"]
    assert accounts.total == 102_000
    assert accounts.table["margin"].to_dict() == {"cash_shares": 0.0, "futures": 1_000.0}
    assert "futures 2,000.00; together 102,000.00" in repr(accounts)
    shown = re.sub("<[^>]+>", "|", accounts._repr_html_())
    assert re.search(r"futures\|+futures\|.*50\.0%", shown)
    assert re.search(r"cash_shares\|+cash_shares\|[^%]*\|–\|", shown)
    assert "Together|" in shown
    assert shown.rstrip("|").split("|Together")[1].count("102,000.00") == 1


def test_an_order_that_another_kind_carries_is_refused_as_data() -> None:
    """Protects the kinds from each other: a share is not bought in an account of futures."""
    futures = desk().account.all["futures"]
    ticket = futures.buy(SHARE, 100)
    futures.step()
    assert ticket.reason == "NOT_CARRIED"
    assert "nothing that an account of this kind holds" in str(futures.explain(ticket))


def test_a_transfer_is_a_flow_of_both_and_profit_of_none() -> None:
    """Protects the identity: money that moves changes no profit, and stands as a flow in both accounts."""
    accounts = desk().account.all
    assert accounts.transfer("cash_shares", "futures", 30_000)
    assert accounts.table["flows"].to_dict() == {"cash_shares": -30_000.0, "futures": 30_000.0}
    assert accounts.table["equity"].to_dict() == {"cash_shares": 70_000.0, "futures": 32_000.0}
    assert accounts.profit == 0.0
    for name in accounts:
        flows = accounts[name].events.query("event == 'CashFlowed'")
        assert flows["amount"].abs().to_list() == [30_000.0]
    assert accounts.transfers[["source", "target", "amount", "moved"]].to_numpy().tolist() == [
        ["cash_shares", "futures", 30_000.0, True]
    ]


def test_a_transfer_meets_a_margin_call() -> None:
    """Protects what a desk is for: the same fall closes lots without the money, and none with it."""
    called, met = desk(), desk()
    for run in (called, met):
        run.account.all["futures"].buy(FUTURE, 18)
        run.step(3, phase="AFTER_CLOSE")
    futures = called.account.all["futures"]
    assert (futures.events["event"] == "MarginCalled").any()
    assert futures.portfolio.missing_margin > 0
    assert met.account.all.transfer("cash_shares", "futures", 10_000)
    called.step(), met.step()
    assert met.account.all["futures"].positions["quantity"].to_list() == [18]
    assert futures.positions["quantity"].sum() < 18
    assert met.account.all.profit == -18 * 10 * (100 - 85)


@pytest.mark.parametrize(
    ("asked", "reason"), [(100_001, "TRANSFER_BEYOND_CASH"), (95_000, "TRANSFER_RESERVED")], ids=str
)
def test_a_transfer_that_is_not_covered_is_data_with_its_true_reason(asked: float, reason: str) -> None:
    """Protects both accounts: not a step of it moves, and the sentence holds the numbers."""
    session = desk()
    session.buy(SHARE, 1000, terms.limit(9.5, tif="GTC"))
    accounts = session.step().account.all
    before = accounts.digest(), accounts.table.to_dict()
    assert not accounts.transfer("cash_shares", "futures", asked)
    assert accounts.transfers["reason"].to_list() == [reason]
    assert f"{asked:,}.00" in accounts.transfers["why"][0]
    assert session.message == accounts.transfers["why"][0]
    assert accounts.table.to_dict() == before[1]
    assert accounts.digest() != before[0], "what was refused is part of what happened"


def test_margin_stays_where_it_is_bound() -> None:
    """Protects the lots: what they bind cannot leave, and the rest can."""
    session = desk()
    accounts = session.account.all
    accounts["futures"].buy(FUTURE, 10)
    session.step()
    assert not accounts.transfer("futures", "cash_shares", 1_001)
    assert accounts.transfers["reason"].to_list() == ["TRANSFER_BOUND"]
    assert accounts.transfer("futures", "cash_shares", 1_000)
    assert accounts["futures"].portfolio.available == 0.0


def test_goto_an_event_is_one_of_the_account_that_is_asked() -> None:
    """Protects the place: the events of an account beside have numbers of their own."""
    session = desk()
    futures = session.account.all["futures"]
    futures.buy(FUTURE, 10)
    session.step(3)
    there = futures.events.query("event == 'OrderFilled'").iloc[0]
    for go in (lambda: futures.goto(there), lambda: futures.goto(event=int(there.name))):
        session.goto(-1)
        go()
        assert session.now.day == there["day"]
        assert futures.positions.loc[FUTURE, "quantity"] == 10
    with pytest.raises(UsageError, match="is none of the events of this account"):
        session.goto(there)


def test_time_travel_is_of_all_accounts() -> None:
    """Protects determinism: the same after going back and again, and a branch leaves the old future as it was."""
    session = desk()
    accounts = session.account.all
    futures = accounts["futures"]
    futures.buy(FUTURE, 10)
    session.step(2)
    accounts.transfer("cash_shares", "futures", 5_000)
    session.step(2)
    digest = accounts.digest()
    accounts.back(3)
    assert accounts["futures"].portfolio.cash == 2_000.0
    assert accounts.transfers.empty
    assert accounts.step(3).digest() == digest
    accounts.goto(2)
    ticket = futures.sell(FUTURE, 4)
    assert futures.branches.current == session.branches.current != "main"
    session.step()
    assert (ticket.filled, futures.positions.loc[FUTURE, "quantity"]) == (4, 6)
    session.branches.switch("main")
    assert accounts.goto(-1).digest() == digest
    assert futures.positions.loc[FUTURE, "quantity"] == 10
    assert list(futures.branches) == list(session.branches)


def test_an_account_beside_another_is_as_one_of_its_own() -> None:
    """Protects the books: every event is that of a session that holds this account alone."""
    alone = qr.Session(mixed(), cash=2_000, costs="zero", account="futures")
    session = desk()
    beside = session.account.all["futures"]
    for run in (alone, beside):
        run.buy(FUTURE, 10)
        resting = run.order(FUTURE, -4, terms.limit(101.0, tif="GTC"))
        run.step(2)
        run.cancel(resting)
        if run is alone:
            run.account.pay_in(300)
        else:
            session.account.all.transfer("cash_shares", "futures", 300)
        run.order_target(FUTURE, -3)
        run.step(phase="AFTER_CLOSE")
        run.step(2)
    assert beside.digest() == alone.digest()


def test_each_account_does_what_it_is_asked_and_no_other_does() -> None:
    """Protects accounts of one kind from each other: what one was asked for is done by that one alone."""
    session = desk()
    other = session.account.all.open("more", account="futures", cash=2_000, costs="zero")
    session.account.all["futures"].buy(FUTURE, 3)
    session.step()
    other.buy(FUTURE, 1)
    session.step()
    assert session.account.all.positions["quantity"].to_list() == [3, 1]
    assert len(other.orders) == 1


def test_what_is_taken_back_is_taken_back_in_every_account() -> None:
    """Protects a run that is cut off: what the first account has taken back has happened in no other one."""
    session = desk()
    futures, timeline = session.account.all["futures"], session.simulation.timeline
    futures.buy(FUTURE, 3)
    session.step()
    mark, digest = timeline.mark(), futures.digest()
    futures.buy(FUTURE, 2)
    session.step()
    assert futures.positions.loc[FUTURE, "quantity"] == 5
    timeline.undo(mark)
    assert futures.digest() == digest
    session.step()
    assert futures.positions.loc[FUTURE, "quantity"] == 3


def test_a_strategy_acts_on_several_accounts() -> None:
    """Protects strategies: inside a step they trade, look and move money in every account, at the same moment."""
    seen = []

    def handle_data(context: object, data: object) -> None:
        accounts = context.account.all
        futures = accounts["futures"]
        seen.append((futures.now == context.now, len(futures.orders)))
        if futures.portfolio.equity < 1_900:
            assert accounts.transfer("cash_shares", "futures", 700)
            assert futures.portfolio.equity >= 1_900
        if not futures.portfolio.positions:
            assert futures.buy(FUTURE, 10) is not None
            assert len(futures.open_orders) == 1
            assert futures.sell(SHARE, 100) is None

    session = desk(strategy=handle_data).run(progress=False)
    accounts = session.account.all
    assert all(same for same, _ in seen)
    assert [count for _, count in seen][:3] == [0, 2, 2]
    assert accounts.transfers["amount"].to_list() == [700.0, 700.0]
    assert accounts.profit == 10 * 10 * (90 - 100)
    assert accounts["futures"].explain("1").code.function == "handle_data"
    again = desk(strategy=handle_data).run(progress=False).account.all
    assert again.digest() == accounts.digest()


def test_a_step_that_raises_leaves_every_account_as_it_was() -> None:
    """Protects transactions: what a strategy had done in the other account is gone with its step."""

    def handle_data(context: object, data: object) -> None:
        context.account.all["futures"].buy(FUTURE, 3)
        if len(context.account.all["futures"].orders) == 2:
            raise RuntimeError("stop")

    session = desk(strategy=handle_data).step()
    accounts = session.account.all
    digest = accounts.digest()
    with pytest.raises(qr.StrategyError):
        session.step()
    assert accounts.digest() == digest
    session.strategy = None
    session.step()
    assert accounts["futures"].positions.loc[FUTURE, "quantity"] == 3


def test_a_preview_changes_nothing() -> None:
    """Protects previews of an account beside another one."""
    session = desk()
    futures = session.account.all["futures"]
    digest = session.account.all.digest()
    assert "3" in repr(futures.what_if("buy", FUTURE, 3))
    assert session.account.all.digest() == digest


def lived(path: Path) -> qr.Session:
    """A session with a journal in which all that is kept has happened."""
    session = desk(journal=path)
    accounts = session.account.all
    accounts["futures"].buy(FUTURE, 10)
    session.step(2)
    accounts.transfer("cash_shares", "futures", 500)
    accounts.transfer("cash_shares", "futures", 1e9)
    session.step().back(2)
    accounts["futures"].sell(FUTURE, 2)
    accounts["futures"].set_order_cost(open_commission=0.0001)
    accounts.branch("idea").step(3)
    accounts["futures"].buy(FUTURE, 1)
    return session


def test_a_journal_holds_all_accounts(tmp_path: Path) -> None:
    """Protects what is kept: after a resume every account stands where it stood, on every branch, and goes on."""
    session = lived(tmp_path / "run.qsession")
    copy = tmp_path / "copy.qsession"
    copy.write_bytes(content_of(tmp_path / "run.qsession"))
    resumed = qr.Session.resume(copy, mixed())
    here, there = session.account.all, resumed.account.all
    assert there.names == here.names
    assert there.digest() == here.digest()
    for name in session.branches:
        session.branches.switch(name), resumed.branches.switch(name)
        assert there.goto(-1).digest() == here.goto(-1).digest()
        assert there.transfers.equals(here.transfers)
    assert there.step().digest() == here.step().digest()


def test_a_transfer_is_in_the_journal_as_a_whole(tmp_path: Path) -> None:
    """Protects both accounts from a crash: whatever the file holds at any moment has both sides or none."""
    session = desk(journal=tmp_path / "run.qsession")
    accounts = session.account.all
    session.step()
    kept, copies = session.simulation.keeper.keep_command, []

    def keep(draft: object) -> None:
        for when in ("before", "after"):
            copies.append(tmp_path / f"{when}.qsession")
            copies[-1].write_bytes(content_of(tmp_path / "run.qsession"))
            if when == "before":
                kept(draft)

    session.simulation.keeper.keep_command = keep
    accounts.transfer("cash_shares", "futures", 1_000)
    totals = [qr.Session.resume(path, mixed()).account.all.table["equity"].to_list() for path in copies]
    assert totals == [[100_000.0, 2_000.0], [99_000.0, 3_000.0]]


def test_a_transfer_that_cannot_be_kept_moves_nothing() -> None:
    """Protects both accounts from whatever fails between them."""
    session = desk()
    accounts = session.account.all

    def fail(draft: object) -> None:
        raise OSError("no room")

    digest, kept = accounts.digest(), session.simulation.keeper.keep_command
    session.simulation.keeper.keep_command = fail
    with pytest.raises(OSError, match="no room"):
        accounts.transfer("cash_shares", "futures", 1_000)
    session.simulation.keeper.keep_command = kept
    assert accounts.digest() == digest
    assert accounts.total == 102_000


def test_a_journal_whose_accounts_come_to_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects from a silent difference: an account is compared whenever it was asked for something."""
    lived(tmp_path / "run.qsession")
    right = Futures.pay_moves
    monkeypatch.setattr(Futures, "pay_moves", lambda self, draft, exchange: list(right(self, draft, exchange))[1:])
    resumed = qr.Session.resume(tmp_path / "run.qsession", mixed())
    with pytest.raises(JournalError, match="'futures' is worth"):
        resumed.branches.switch("main").goto(-1)
        resumed.account.all.digest()


class Careful(Futures):
    """A kind of the user's own: it binds more than is asked."""

    name = "careful"


@pytest.mark.parametrize(("kind", "is_ours"), [(Futures("larger_side"), True), (Careful(), False)], ids=str)
def test_a_model_of_ones_own_is_handed_in_after_a_resume(tmp_path: Path, kind: Futures, is_ours: bool) -> None:
    """Protects own kinds: a journal names them, and says what to hand in; ours are made again with what they had."""
    session = qr.Session(mixed(), cash=100_000, journal=tmp_path / "run.qsession")
    own = {"account": kind, "cash": 5_000}
    session.account.all.open("futures", **own).buy(FUTURE, 2)
    digest = session.step().account.all.digest()
    accounts = qr.Session.resume(tmp_path / "run.qsession", mixed()).account.all
    if not is_ours:
        with pytest.raises(UsageError, match="account of your own"):
            accounts["futures"].portfolio  # noqa: B018  # the look is what raises
        accounts.open("futures", **own)
    assert accounts.digest() == digest


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda accounts: accounts["future"], "Did you mean"),
        (lambda accounts: accounts[7], "There is no account 7"),
        (lambda accounts: accounts.open("futures"), "'futures' is taken"),
        (lambda accounts: accounts.open("more", acount="futures"), "there is no option 'acount'"),
        (lambda accounts: accounts.open("more", rules="x"), "are no Rules"),
        (lambda accounts: accounts.step().open("more"), "before the first day"),
        (lambda accounts: accounts.transfer("futures", "futures", 1), "both 'futures'"),
        (lambda accounts: accounts.transfer("futures", "cash_shares", -1), "at least 0.01"),
        (lambda accounts: accounts["futures"].simulation.advance(accounts.now), "no clock of its own"),
        (lambda accounts: accounts["futures"].simulation.observe(print), "cannot be observed"),
        (lambda accounts: accounts.pay_in("futures", -2_001), "cannot be paid out"),
        (lambda accounts: accounts["cash_shares"].to_script(), "several accounts"),
        (lambda accounts: accounts["futures"].to_script(), "several accounts"),
    ],
    ids=range(13),
)
def test_a_wrong_call_says_what_to_do(act: object, words: str) -> None:
    """Protects users: each says what happened, and leaves all accounts as they were."""
    accounts = desk().account.all
    with pytest.raises(UsageError, match=words):
        act(accounts)
    assert accounts.total == 102_000


def test_accounts_are_a_mapping_of_names() -> None:
    """Protects how one finds them, and that only what was opened on this branch is there."""
    session = qr.Session(mixed(), cash=1_000)
    accounts = session.account.all
    assert list(accounts) == ["cash_shares"]
    session.branch("more")
    accounts.open("futures", account="futures")
    assert ("futures" in accounts, len(accounts)) == (True, 2)
    session.branches.switch("main")
    assert "futures" not in accounts
    with pytest.raises(UsageError, match="no account 'futures'"):
        accounts["futures"]
    assert accounts["cash_shares"] is session


def test_the_sum_has_a_report_of_its_own(tmp_path: Path) -> None:
    """Protects the tear-sheet: the returns of the sum count no transfer, and outside money is no profit."""
    session = desk()
    accounts = session.account.all
    accounts["futures"].buy(FUTURE, 10)
    session.step(2)
    accounts.transfer("cash_shares", "futures", 50_000)
    accounts.pay_in("cash_shares", 8_000)
    accounts.run(progress=False)
    returns = accounts.returns
    assert returns.iloc[:2].to_list() == [0.0, 0.0]
    assert returns.iloc[2] == pytest.approx(-800 / 110_000)
    assert accounts.equity["total"].iloc[-1] == 102_000 + 8_000 - 1_000
    report = accounts.report(tmp_path / "sum.html")
    assert report.frame.columns.to_list() == ["cash_shares", "futures", "total"]
    assert report.frame.loc["Equity at the end", "total"] == "109,000.00"
    assert (tmp_path / "sum.html").read_text().count("<html") >= 1


def test_swordfish_shows_each_account() -> None:
    """Protects several assets in the words of Swordfish: its account of each of ours, with the fields of its kind."""
    session = desk()
    accounts = session.account.all
    accounts["futures"].buy(FUTURE, 10)
    session.step(2)
    futures, stock = (swordfish.Account(accounts[name]) for name in ("futures", "cash_shares"))
    assert futures.get_position(FUTURE)["longPosition"] == 10
    assert stock.get_position(FUTURE)["longPosition"] == 0
    assert len(futures.trade_details) > len(stock.trade_details) == 0


def test_money_of_an_account_goes_through_the_same_door() -> None:
    """Protects commands by hand of the kernel of an account beside another one."""
    session = desk()
    futures = session.account.all["futures"]
    assert futures.simulation.do(PayIn(100_00))
    assert futures.portfolio.cash == 2_100.0
    assert session.events["event"].to_list()[-1] == "Instructed"


def test_a_run_stops_where_any_account_meets_a_breakpoint() -> None:
    """Protects breakpoints: an event of any account stops a run, simulated, redone and run again, and it is named."""
    session = desk()
    session.account.all["futures"].buy(FUTURE, 18)
    session.breakpoints.add("fill")
    session.breakpoints.add("fill", account="cash_shares", name="own")
    called = session.breakpoints.add("margin.called", account="futures")
    for way in ({}, {}, {"rerun": True}):
        session.goto(0).run(progress=False, **way)
        assert "breakpoint 1, fill: account futures: order 1 filled 18 at 100" in session.message
        session.run(progress=False, **way)
        assert "account futures: margin.called" in session.message
        assert str(session.now.day)[:10] == "2024-03-06"
    assert called.hits == 3
    assert session.breakpoints["own"].hits == 0
    session.breakpoints.clear()
    session.goto(0).run(until="order.filled", progress=False)
    assert "account futures: order 1 filled 18" in session.message


def test_a_level_may_be_of_any_account() -> None:
    """Protects levels and conditions: those of a named account are asked of that account."""
    session = desk()
    session.account.all["futures"].buy(FUTURE, 18)
    session.breakpoints.add("equity", below=1_000)
    session.breakpoints.add("equity", below=1_000, account="futures")
    session.breakpoints.add("drawdown", above=0.9, account="futures")
    session.breakpoints.add("portfolio.equity < 0", account="futures")
    told = []
    for _ in range(3):
        session.run(progress=False)
        told.append((str(session.now.day)[:10], session.message.split("breakpoint ")[1][0]))
    # 18 lots of 10 lose 1,440 at 92 and 2,700 at 85; a drawdown is measured at the closes.
    assert told == [("2024-03-06", "2"), ("2024-03-07", "4"), ("2024-03-07", "3")]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda breakpoints: breakpoints.add("fill", account="future"), "Did you mean"),
        (lambda breakpoints: breakpoints.add("2024-03-06", account="futures"), "all accounts stand at one date"),
    ],
    ids=range(2),
)
def test_a_breakpoint_of_no_account_is_told(call: object, words: str) -> None:
    """Protects the call: an account that is not there, or that nothing hangs on, is refused."""
    session = desk()
    with pytest.raises(UsageError, match=words):
        call(session.breakpoints)
    assert len(session.breakpoints) == 0


def test_a_strategy_is_told_of_the_orders_of_every_account() -> None:
    """Protects on_order and on_fill: each event of each account once, with its account, and answers count in turn."""
    told, fills = [], []

    class Listener:
        def handle_data(self, context: object, data: object) -> None:
            if not context.portfolio.positions:
                context.buy(SHARE, 100)
                context.account.all["futures"].buy(FUTURE, 2)

        def on_order(self, context: object, event: object) -> None:
            told.append((event.account, event.event, event.order_id))

        def on_fill(self, context: object, fill: object) -> None:
            fills.append((fill.account, fill.symbol, fill.quantity))
            if fill.account == "futures" and fill.quantity == 2:
                context.account.all["futures"].sell(FUTURE, 1)

    session = desk(strategy=Listener)
    session.account.all["futures"].buy(FUTURE, 5)
    session.run(progress=False)
    accounts = session.account.all
    assert fills == [
        ("futures", FUTURE, 5), ("cash_shares", SHARE, 100), ("futures", FUTURE, 2), ("futures", FUTURE, 1),
    ]  # fmt: skip
    for name in accounts:
        events = accounts[name].events
        rows = events[events["order_id"].notna()]
        mine = [(event, order) for account, event, order in told if account == name]
        assert mine == list(zip(rows["event"], rows["order_id"].astype(int), strict=True))


def test_data_that_end_are_told_of_every_account() -> None:
    """Protects positions that nobody looks at: what is frozen in an account beside the first one is warned of, once."""
    days = pd.bdate_range("2024-03-04", periods=8)
    rows = [
        {"date": day, "symbol": symbol, "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1e6}
        for symbol, upto in ((SHARE, 8), (OTHER, 3))
        for day in days[:upto]
    ]
    session = qr.Session(
        qr.read_market(pd.DataFrame(rows)), cash=100_000, costs="zero",
        accounts={"more": {"account": "margin", "cash": 50_000}},
    )  # fmt: skip
    session.account.all["more"].buy(OTHER, 100)
    with pytest.warns(qr.MarketWarning, match=f"{OTHER} has no bars .* position in the account 'more' is frozen"):
        session.run(progress=False)
    session.goto(0).run(progress=False)
    assert sum("frozen" in notice for notice in session.notices) == 1


@pytest.mark.parametrize("amount", [0, -5, 0.001, "5000", None, float("nan"), True])
def test_money_that_moves_is_an_amount(amount: object) -> None:
    """Protects from a transfer of nothing that was told as done, and from advice to write a price per share."""
    run = qr.Session(qr.sample_futures(), start="2023-03-01", accounts={"futures": {"account": "futures"}}).step()
    with pytest.raises(qr.UsageError, match=r"transfer: amount=.* such as 10000"):
        run.account.all.transfer("cash_shares", "futures", amount)
    assert run.account.all.transfers.empty
    margin = qr.Session(qr.sample_market(), start="2022-03-01", account="margin").step()
    with pytest.raises(qr.UsageError, match=r"repay: amount=.* such as 10000"):
        margin.account.repay(amount)
