"""The engine of one algorithm: its state, and the order of work in one step of time.

At each moment: what is scheduled before it, with the old data; the bars; once an hour what has settled; requests in
line and a scan of the orders; what is scheduled at it; every five minutes the margin; dividends and splits;
consolidators and indicators; the functions of the script; requests and a scan again; what ends. Orders change between
these, and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from typing import Any

from qresearch.dialects.lean.bars import Delisting, Dividend, Slice, Split, SymbolChangedEvent, TradeBar
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.brokerage import DefaultBrokerageModel
from qresearch.dialects.lean.corporate import (
    DefaultMarginCallModel,
    apply_dividend,
    apply_split,
    charge_interest,
    check_margin,
    close_before_splits,
    end_of,
)
from qresearch.dialects.lean.derivatives import Option
from qresearch.dialects.lean.enums import AccountType, DelistingType, Resolution, SplitType
from qresearch.dialects.lean.feed import Entry, Feed, Subscription, local, stamp
from qresearch.dialects.lean.hours import utc
from qresearch.dialects.lean.manager import TransactionManager
from qresearch.dialects.lean.names import called, takes
from qresearch.dialects.lean.options import AlgorithmSettings, Following, UniverseSettings, bars_before
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.portfolio import Portfolio
from qresearch.dialects.lean.runtime import Runtime
from qresearch.dialects.lean.schedule import DateRules, Schedule, TimeRules
from qresearch.dialects.lean.securities import Securities, Security, SecurityChanges
from qresearch.dialects.lean.transactions import Transactions
from qresearch.engine.lean_market import TradingHours, Wait

_HOUR, _FIVE = dt.timedelta(hours=1), dt.timedelta(minutes=5)
_RENAMED = "Open order cancelled on symbol changed event"
"""The tag of LEAN for what ends with a ticker: order lists show it."""
_FAR = dt.date(2035, 1, 1)


class Engine:
    """The state of an algorithm, and what moves it.

    Parameters
    ----------
    runtime : Runtime
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.now = dt.datetime(1998, 1, 1)
        self.start, self.end = dt.datetime(1998, 1, 1), dt.datetime(2035, 1, 1)
        self.date_rules, self.time_rules = DateRules(lambda: self.now), TimeRules(lambda: self.now)
        self.has_start = self.has_end = self.has_cash = False
        self.settings, self.universe_settings = AlgorithmSettings(), UniverseSettings()
        self.securities = Securities()
        self.portfolio = Portfolio(self.securities, runtime.hours)
        self.portfolio.set_cash(100_000)
        self.keeper = Transactions(self)
        self.transactions = TransactionManager(self.keeper)
        self.portfolio.transactions = self.transactions
        self.portfolio.margin_call_model = DefaultMarginCallModel(self.portfolio)
        self.portfolio.cash_book.listener = runtime.listener
        self.brokerage_model: Any = DefaultBrokerageModel(AccountType.MARGIN)
        self.schedule = Schedule(runtime.hours, keep=runtime.listener.keep)
        for part in (self.date_rules, self.time_rules, self.brokerage_model):
            self.keep(part)  # they have nothing that changes
        self.subscriptions: list[Subscription] = []
        self.following: list[Following] = []
        self.security_initializer: Any = None
        self.benchmark: Any = "SPY"
        self.is_warming_up, self.is_over, self.is_running = True, False, False
        self.warm_up: tuple[Any, Resolution | None] | None = None
        self.zone = ""
        self.ran_until: dt.datetime | None = None
        self.current_slice: Slice | None = None
        self.algorithm: Any = None
        self.parameters: dict[str, Any] = {}
        self.added: list[Security] = []
        self.removed: list[Security] = []
        self.splitting: set[Symbol] = set()
        self.warned: set[Symbol] = set()
        self._settled_at = self._margin_at = dt.datetime(1998, 1, 1)
        self._span: tuple[dt.date, dt.date] | None = None
        self._cursor = 0

    # ------------------------------------------------------------------ as the desk of its orders

    @property
    def hours(self) -> TradingHours:
        """Of the exchanges."""
        return self.runtime.hours

    def deliver(self, event: OrderEvent, order: Order) -> None:
        """An order event: told to whoever keeps the books, then to the script."""
        self.runtime.listener.deliver(event, order)
        self.call("on_order_event", event)
        if event.is_assignment:
            self.call("on_assignment_order_event", event)

    def waits(self, order: Order, wait: Wait) -> None:
        """An order was asked and did not fill."""
        self.runtime.listener.waits(order, wait)

    def warn(self, text: str, kind: str = "adjusted") -> None:
        """Something that a user should know."""
        self.runtime.listener.warn(text, kind)

    def keep(self, value: object) -> None:
        """Something that is never copied."""
        self.runtime.listener.hold(value)

    # ------------------------------------------------------------------ setting up

    def subscribe(self, subscription: Subscription) -> Security:
        """Take data in from now on; the security of it."""
        symbol, known = subscription.symbol, self.securities.get(subscription.symbol)
        if subscription not in self.subscriptions:
            self.subscriptions.append(subscription)
            self._span = None
        if known is not None:
            known.resolutions.add(subscription.resolution)
            known.resolution = min(known.resolutions)
            known.has_quotes = known.resolution < Resolution.HOUR
            if not subscription.internal and (known.is_internal or not known.is_tradable):
                known.is_internal, known.is_tradable = False, not known.is_delisted
                self.added.append(known)
            return known
        kind = Security if symbol.option is None else Option
        security = kind(
            symbol, subscription.resolution, subscription.mode, extended=subscription.extended, hours=self.hours
        )
        security.is_internal = subscription.internal
        if isinstance(security, Option):
            security.begin(self.securities[symbol.underlying])
        self.securities[symbol] = security
        if not subscription.internal:
            self.added.append(security)
        self.brokerage_model.initialize(security)
        for part in (security.exchange, security.fee_model, security.slippage_model, security.settlement_model):
            if type(part).__module__.startswith("qresearch."):
                self.keep(part)  # as above
        ask = None if self.security_initializer is None else called(self.security_initializer, "initialize")
        if ask is not None:
            ask(security)
        elif callable(self.security_initializer):
            self.security_initializer(security)
        return security

    def drop(self, symbol: Symbol) -> bool:
        """Take no more data of a share in; whether it had been added."""
        security = self.securities.get(symbol)
        if security is None or security.is_internal:
            return False
        if self.is_running:
            self.transactions.cancel_open_orders(symbol, "The security was removed.")
            if security.invested:
                self.algorithm.liquidate(symbol)
        security.is_tradable = False
        self.subscriptions = [item for item in self.subscriptions if item.symbol != symbol]
        self.removed.append(security)
        self.forget_feed()
        return True

    def prepare(self) -> None:
        """After the script has set itself up: the benchmark, and where the data begin."""
        self._add_benchmark()
        if not self.has_end:
            self.end = dt.datetime.combine(_FAR, dt.time(0))
        self.set_time(self.warm_up_start())
        self._cursor, self.is_running = 0, True
        for event in self.schedule.events:
            event.advance(self.start, self.hours, inclusive=True)
        self._schedule_end_of_day()
        if self.now == self.start:
            self._finish_warm_up()

    def _add_benchmark(self) -> None:
        if callable(self.benchmark) or not self.benchmark:
            return
        ticker = str(self.benchmark)
        if self.runtime.source.has(ticker, "hour"):
            self.subscribe(Subscription(Symbol(ticker), Resolution.HOUR, internal=True))

    def _schedule_end_of_day(self) -> None:
        """``on_end_of_day`` is called for each security ten minutes before the close."""
        first = next(self.securities.shown(), None)
        if called(self.algorithm, "on_end_of_day") is not None and first is not None:
            rule = self.time_rules.before_market_close(first.symbol, 10)
            self.schedule.on("end of day", self.date_rules.every_day(first.symbol), rule, self.end_of_day)

    def end_of_day(self) -> None:
        """Tell the script that a day ends."""
        told = called(self.algorithm, "on_end_of_day")
        if told is not None and not takes(told):
            self.call("on_end_of_day")
            return
        for security in self.securities.shown():
            if told is not None:
                self.call("on_end_of_day", security.symbol)

    def follow(self, item: Following) -> None:
        """Give the bars of a symbol to something from now on."""
        self.following.append(item)

    def forget_feed(self) -> None:
        """The subscriptions have changed."""
        self._span = None

    def warm_up_start(self) -> dt.datetime:
        """Where the data begin: at the start, or as far before it as the script wants to warm up."""
        if self.warm_up is None:
            return self.start
        span, resolution = self.warm_up
        if isinstance(span, dt.timedelta):
            return self.start - span
        wanted = min((item.resolution for item in self.subscriptions), default=Resolution.DAILY)
        return bars_before(self.start, int(span), resolution or wanted, self.hours)

    def _finish_warm_up(self) -> None:
        self.is_warming_up = False
        self.call("on_warmup_finished")

    @property
    def feed(self) -> Feed:
        """The data of what is subscribed to."""
        span = self._span
        if span is None:
            first = self.now.date() if self.is_running and self._cursor else self.warm_up_start().date()
            span = self._span = (first, self.end.date())
            feed = self.runtime.feed(tuple(self.subscriptions), *span)
            self._cursor = bisect_right(feed.moments, stamp(self.now)) if self._cursor else 0
            return feed
        return self.runtime.feed(tuple(self.subscriptions), *span)

    def set_time(self, at: dt.datetime) -> None:
        """Put every clock on a moment."""
        self.now = self.portfolio.now = self.schedule.now = at
        for security in self.securities.values():
            security.local_time = at

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function of the script, where it has one, in either spelling."""
        found = called(self.algorithm, name)
        if found is not None:
            found(*arguments)

    # ------------------------------------------------------------------ running

    def run(self, limit: dt.datetime) -> None:
        """Do every step up to a moment, that included."""
        last, feed, self.ran_until = stamp(limit), self.feed, limit
        while not self.is_over and self._cursor < len(feed.moments) and feed.moments[self._cursor] <= last:
            moment = feed.moments[self._cursor]
            at = local(moment)
            self._run_schedule(at, inclusive=False)
            if self.has_ended:
                return
            self._cursor += 1
            self._step(at, list(feed.entries(moment)), feed.happenings(moment))
            feed = self.feed

    @property
    def has_ended(self) -> bool:
        """True once the data are over, or the script has quit."""
        return self.is_over

    def finish(self) -> None:
        """The data are over."""
        if not self.is_over:
            self.is_over = True
        self.call("on_end_of_algorithm")

    def _run_schedule(self, at: dt.datetime, *, inclusive: bool) -> None:
        if self.is_warming_up:
            return
        while not self.is_over and (event := self.schedule.due(at, inclusive=inclusive)) is not None:
            assert event.next is not None  # it is due
            if event.next > self.now:
                self.set_time(event.next)
            moment = event.next
            event.advance(moment, self.hours)
            event.call()

    def _step(self, at: dt.datetime, entries: list[Entry], happenings: list[Any]) -> None:
        self.set_time(at)
        if self.is_warming_up and at >= self.start:
            self._finish_warm_up()
        found = Slice(self.algorithm.time, utc(at))
        bars = self._take(at, entries, found)
        if not self.is_warming_up:
            if at - self._settled_at >= _HOUR:
                self._settled_at = at
                self.portfolio.settle()
                charge_interest(self)
            self.keeper.step()
            self._run_schedule(at, inclusive=True)
            if at - self._margin_at >= _FIVE:
                self._margin_at = at
                check_margin(self)
        self._tell_of_changes()
        self._happen(found, happenings)
        self._follow(at, bars)
        self.current_slice = found
        self._tell(found)
        if not self.is_warming_up:
            self.keeper.step()
            for event in found.delistings.values():
                if event.type is DelistingType.DELISTED:
                    end_of(self, event)
            if self.warned:
                close_before_splits(self)

    def _take(self, at: dt.datetime, entries: list[Entry], found: Slice) -> list[Any]:
        """Put the bars of a moment where rules and script find them."""
        bars = []
        for track, row, is_repeated in entries:
            subscription, bar = track.subscription, track.bar(row)
            security = self.securities[subscription.symbol]
            is_trade = isinstance(bar, TradeBar)
            if is_repeated:
                bar.is_fill_forward = True
                period = bar.period
                bar.time, bar.end_time = at - period, at
            elif is_trade:
                security.trade = bar
            else:
                security.quote = bar
            if not subscription.internal:
                (found.bars if is_trade else found.quote_bars)[bar.symbol] = bar
                bars.append((subscription, bar))
        return bars

    def _happen(self, found: Slice, happenings: list[Any]) -> None:
        """Corporate actions, applied to holdings and orders."""
        self.splitting = set()
        for event in happenings:
            if isinstance(event, Dividend):
                found.dividends[event.symbol] = event
                if not self.is_warming_up:
                    apply_dividend(self, event)
            elif isinstance(event, Split):
                found.splits[event.symbol] = event
                if event.type is SplitType.WARNING:
                    self.warned.add(event.symbol)
                if event.type is SplitType.SPLIT_OCCURRED:
                    self.splitting.add(event.symbol)
                    if not self.is_warming_up:
                        apply_split(self, event)
            elif isinstance(event, Delisting):
                event.price = self.securities[event.symbol].price
                found.delistings[event.symbol] = event
            elif isinstance(event, SymbolChangedEvent):
                found.symbol_changed_events[event.symbol] = event
                self.transactions.cancel_open_orders(event.symbol, _RENAMED)

    def _follow(self, at: dt.datetime, bars: list[Any]) -> None:
        """Consolidators and indicators."""
        if not self.following:
            return
        for subscription, bar in bars:
            is_trade = isinstance(bar, TradeBar)
            for item in tuple(self.following):
                wanted = self._resolution_of(item)
                if item.symbol == bar.symbol and item.wants_quotes != is_trade and subscription.resolution == wanted:
                    item.take(bar)
        for item in tuple(self.following):
            if item.scan is not None:
                item.scan(at)

    def _resolution_of(self, item: Following) -> Resolution:
        found: Resolution = self.securities[item.symbol].resolution
        return found

    def _tell_of_changes(self) -> None:
        """Tell the script which securities came and went."""
        if self.added or self.removed:
            changes = SecurityChanges(self.added, self.removed)
            self.added, self.removed = [], []
            self.call("on_securities_changed", changes)

    def _tell(self, found: Slice) -> None:
        if found.splits:
            self.call("on_splits", found.splits)
        if found.dividends:
            self.call("on_dividends", found.dividends)
        if found.delistings:
            self.call("on_delistings", found.delistings)
        if found.symbol_changed_events:
            self.call("on_symbol_changed_events", found.symbol_changed_events)
        if found.has_data:
            self.call("on_data", found)
        self.call("on_end_of_time_step")
