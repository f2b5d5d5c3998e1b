"""The counter behind a trader: it sends orders to the simulated exchange and tells what becomes of them."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from qresearch.book.orders import OrderRecord
from qresearch.book.timeline import Branch
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.xtquant import contracts
from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.dialects.xtquant.counter_words import CANCELABLE, PRICES, VENUES, status_of, terms_of
from qresearch.dialects.xtquant.records import KINDS, Records, Sent, sysid
from qresearch.dialects.xtquant.xttype import StockAccount, XtOrder, XtTrade
from qresearch.domain import events
from qresearch.domain.commands import Act, Deed
from qresearch.domain.order import Method
from qresearch.domain.terms import Effect, TimeInForce
from qresearch.errors import QresearchError, UnknownSymbol, UsageError
from qresearch.market.view import View
from qresearch.session.debugging import LeftDebugger

LONGEST_REMARK = 24
"""Characters of a remark that a counter keeps."""


class Listener(Protocol):
    """A trader that is connected and has subscribed."""

    def tell(self, name: str, *what: Any) -> None:
        """Call a method of its callback."""

    def lose(self) -> None:
        """Lose the connection."""


class Runner(Protocol):
    """Who keeps the time of a desk, and brings its news."""

    strict: bool

    @property
    def now(self) -> float:
        """Seconds since 1970."""

    @property
    def view(self) -> View:
        """What is known of the market now."""

    @property
    def is_shut(self) -> bool:
        """True while the counter takes no orders, though the simulator would."""

    @property
    def is_in_callback(self) -> bool:
        """True inside a callback."""

    def post(self, news: Callable[[], object]) -> None:
        """Bring news when the call under way has returned, after all that was posted before."""

    def sent(self) -> None:
        """An order was sent: it meets the market when its time has come."""

    def pay(self) -> None:
        """Let the time of a call pass."""

    def wait(self, until: Callable[[], bool]) -> None:
        """Block until something holds, or the data end."""

    def wake(self) -> None:
        """Have those who block look again."""

    def sleep(self, seconds: float) -> None:
        """Let some time pass."""


class Desk:
    """One account at one counter.

    Parameters
    ----------
    host : ScriptHost
    clock : Runner
    tables : mapping of str to frame
        Of the user.
    """

    def __init__(self, host: ScriptHost, clock: Runner, tables: Mapping[str, Any]) -> None:
        self.host, self.clock, self.records, self.tables = host, clock, Records(host), tables
        self.is_known = False
        self.listeners: list[Listener] = []
        """Who is told."""
        self._news: list[tuple[Branch, events.Record, OrderRecord]] = []
        self._states: dict[int, tuple[int, int]] = {}
        self.called: set[str] = set()
        """Names of the callbacks that were called since the session moved last."""
        self.close = host.observe(lambda event, order: self._news.append((host.place_in_time[0], event, order)))
        """Ends its hold on the session."""

    # ------------------------------------------------------------------ the account

    @property
    def account(self) -> StockAccount:
        """The account of the session."""
        return self.records.account

    @property
    def borrows(self) -> bool:
        """True where the account of the session is one of margin trading."""
        return self.host.exchange.account.borrows

    def knows(self, account: object) -> bool:
        """True for the one account of the session: the first number that a script names is its own."""
        if not isinstance(account, StockAccount):
            raise UsageError(
                f"{account!r} is no StockAccount. Make one with StockAccount('1000000365'); its number is a text."
            )
        if account.account_type not in self.records.kinds:
            other = next((name for name, kinds in KINDS.items() if account.account_type in kinds), None)
            way = (
                "No account of qresearch is one."
                if other is None
                else f"Open the session with account={other!r} for it."
            )
            self.host.tell(
                f"The script asks for an account of kind {account.account_type}, and this session has one of kind "
                f"{self.records.kinds[0]} only: a counter without that account answers with -1, None or an empty list. "
                f"{way}",
                "approximated",
            )
            return False
        if not self.is_known:
            self.records.account, self.is_known = account, True
        if account.account_id != self.account.account_id:
            self.host.tell(
                f"A session has one account. This script began with {self.account.account_id}; {account.account_id} "
                "is refused (-1). Open a session of its own for it.",
                "approximated",
            )
            return False
        return True

    # ------------------------------------------------------------------ orders

    def place(
        self, code: object, order_type: int, volume: float, price_type: int, price: float, strategy: str, remark: str
    ) -> int | str:
        """Send an order; its number, or why it never came to the counter."""
        host = self.host
        try:
            instrument = host.market.column(str(code))
        except UnknownSymbol as problem:
            return str(problem)
        if order_type in self.records.deeds:
            return self._do(self.records.deeds[order_type], volume, instrument)
        known = self.records.order_types(instrument)
        if order_type not in known:
            listed = ", ".join(map(str, known))
            return f"order_type {order_type} is none of {listed}, which this account knows of {code}"
        side, effect = known[order_type]
        if price_type not in PRICES:
            return f"price_type {price_type} is none of shares: {', '.join(map(str, PRICES))}"
        shares = int(volume)
        if shares <= 0:
            return f"order_volume {volume} is no number of shares"
        last = self.clock.view.last_price(instrument)
        price = float(price) if price_type == xt.FIX_PRICE else last
        if not price > 0:
            return f"{code} has no price to order at: {price}"
        number, suffix = host.account.orders + 1, host.market.symbols[instrument].rpartition(".")[2]
        words = str(remark)[:LONGEST_REMARK]
        terms = terms_of(price_type, price, last, words)
        junk = ""
        if suffix not in VENUES.get(price_type, (suffix,)):
            junk = f"price_type {price_type} is not known where {host.market.symbols[instrument]} trades"
            host.tell(f"An order of the script is junk (57): {junk}.", "adjusted")
        if junk or self.clock.is_shut:
            # Refused by its last day: no bar can meet it, and what the counter says of it stands in `junk`.
            before = host.date_of(host.day) - dt.timedelta(days=1)
            terms = replace(terms, time_in_force=TimeInForce.GTD, good_till=before)
        parts = [(shares, effect)]
        if order_type in contracts.NET and self.records.is_contract(instrument):
            closed = min(contracts.closable(host, instrument, side, effect), shares)
            parts = [(lots, what) for lots, what in ((closed, effect), (shares - closed, Effect.OPEN)) if lots]
        for place, (lots, what) in enumerate(parts):
            sent = Sent(host.account.at, price_type, str(strategy), words, int(self.clock.now), junk)
            self.records.sent[number + place] = sent
            host.place(instrument, Method.ORDER, side * lots, replace(terms, effect=what))
        self.clock.sent()
        return number

    def _do(self, deed: Deed, volume: float, instrument: int) -> int | str:
        """Something done without the market: 0 when it was, or why it was not."""
        money = self.host.market.venue.money
        amount = money.money("order_volume", float(volume)) if deed is Deed.REPAY else int(volume)
        if amount <= 0:
            return f"order_volume {volume} is nothing to do it with"
        try:
            self.host.do(Act(deed, amount, instrument))
        except UsageError as problem:
            return str(problem)
        return 0

    def not_sent(self, why: str) -> None:
        """Tell why an order never came to the counter."""
        self.host.tell(f"An order of the script was not sent (-1): {why.rstrip('.')}.", "adjusted")

    def cancel(self, number: object, answer: Callable[[int, str], object] = lambda *_: None) -> int:
        """Ask for a cancel: 0 when the request was sent, -1 when nothing can be canceled.

        Parameters
        ----------
        number : int
            Of the order.
        answer : callable
            Takes the same before anything follows from it, and the number of the order at the counter.
        """
        order = self._order(number)
        done = -1 if order is None or order.status.is_final else 0
        answer(done, "" if order is None else sysid(order.order_id))
        if order is not None:
            if done == 0:
                self._post_order(order, status_of(order, asked_to_cancel=True))
            self.host.cancel(order.order_id)
        return done

    def _order(self, number: object) -> OrderRecord | None:
        try:
            return self.host.order(int(str(number)))
        except ValueError:
            return None

    # ------------------------------------------------------------------ what it knows

    def orders(self, *, cancelable_only: bool = False) -> list[XtOrder]:
        """The orders of the day."""
        found = [self.records.order(order) for order in self.host.orders_of(self.host.day)]
        return [order for order in found if order.order_status in CANCELABLE] if cancelable_only else found

    def order(self, number: object) -> XtOrder | None:
        """An order of the day."""
        order = self._order(number)
        return None if order is None or order.placed.day != self.host.day else self.records.order(order)

    def trades(self) -> list[XtTrade]:
        """The trades of the day."""
        return self._trades(self.host.fills_today())

    def all_trades(self) -> list[XtTrade]:
        """The trades of all days up to now."""
        return self._trades(self.host.fills())

    def _trades(self, fills: Iterable[events.OrderFilled]) -> list[XtTrade]:
        found: list[XtTrade] = []
        traded: dict[int, int] = {}
        for fill in fills:
            order = self.host.order(fill.order_id)
            assert order is not None  # it has traded
            traded[fill.order_id] = traded.get(fill.order_id, 0) + abs(fill.quantity)
            found.append(self.records.trade(fill, replace(order, filled=traded[fill.order_id])))
        return found

    # ------------------------------------------------------------------ what it tells

    def flush(self) -> None:
        """Post what has happened to orders, each as of its event; what another branch saw is not told on this one."""
        self.host.tell_orders()
        news, self._news = self._news, []
        here, records = self.host.place_in_time[0], self.records
        traded = set()
        for branch, event, order in news:
            if branch is not here:
                continue
            if isinstance(event, events.OrderFilled):
                self.push("on_stock_trade", records.trade(event, order))
                traded.add(self.host.market.symbols[order.instrument])
            if isinstance(event, events.CancelRefused):
                self.push("on_cancel_error", records.cancel_error(order))
                continue
            status = status_of(order)
            if isinstance(event, events.OrderRejected) and order.order_id not in self._states:
                # It has a number, and a real client tells of it before its refusal.
                self._post_order(order, xt.ORDER_REPORTED)
            if status != xt.ORDER_UNREPORTED:
                self._post_order(order, status)
            if isinstance(event, events.OrderRejected):
                self.push("on_order_error", records.order_error(order))
        if traded:
            self.push("on_stock_asset", records.asset())
            for position in records.positions():
                if position.stock_code in traded:
                    self.push("on_stock_position", position)

    def _post_order(self, order: OrderRecord, status: int) -> None:
        """Post an order whose state or size has changed."""
        state = status, order.filled
        if self._states.get(order.order_id) != state:
            self._states[order.order_id] = state
            self.push("on_stock_order", self.records.order(order, status))

    def forget(self) -> None:
        """Orders may be told again: the session stands on another branch."""
        self._states.clear()

    def push(self, name: str, what: Any) -> None:
        """Post something for whoever has subscribed by the time it comes."""
        self.clock.post(lambda: self._tell(name, what))

    def _tell(self, name: str, what: Any) -> None:
        for listener in list(self.listeners):
            listener.tell(name, what)

    def guard(self, call: Callable[[], object], name: str) -> None:
        """Call something of the script's; what it raises ends nothing, as on a real client, and is told here."""
        try:
            self.host.debugged(call)
        except (QresearchError, LeftDebugger):
            raise
        except Exception as problem:
            frame = traceback.extract_tb(problem.__traceback__)[-1]
            where = f"line {frame.lineno} of {frame.filename.rpartition('/')[2]}"
            self.host.tell(
                f"{name} raised {type(problem).__name__}: {problem} ({where}). A real client swallows it in silence.",
                "adjusted",
            )
