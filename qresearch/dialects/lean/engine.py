"""The engine of one algorithm: its state, and the order of work in one step of time.

At each moment: what is scheduled before it, with the old data; the bars; once an hour what has settled; requests in
line and a scan of the orders; what is scheduled at it; every five minutes the margin; dividends and splits;
consolidators and indicators; the functions of the script; requests and a scan again; what ends. Orders change between
these, and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean import steps
from qresearch.dialects.lean.bars import Slice
from qresearch.dialects.lean.brokerage import DefaultBrokerageModel, FuncSecuritySeeder
from qresearch.dialects.lean.corporate import DefaultMarginCallModel
from qresearch.dialects.lean.derivatives import Option
from qresearch.dialects.lean.enums import AccountType, Resolution
from qresearch.dialects.lean.feed import Feed, Subscription, local, stamp
from qresearch.dialects.lean.manager import TransactionManager
from qresearch.dialects.lean.names import called, takes
from qresearch.dialects.lean.options import AlgorithmSettings, Following, UniverseSettings, bars_before
from qresearch.dialects.lean.orders import Order, OrderEvent
from qresearch.dialects.lean.portfolio import Portfolio
from qresearch.dialects.lean.runtime import Runtime
from qresearch.dialects.lean.schedule import DateRules, Schedule, TimeRule, TimeRules
from qresearch.dialects.lean.securities import Securities, Security
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.transactions import Transactions
from qresearch.dialects.lean.universes import Universe, choose
from qresearch.engine.lean_answer import Wait
from qresearch.engine.lean_market import TradingHours

_FAR = dt.date(2035, 1, 1)


KEPT = ("exchange", "fee_model", "slippage_model", "settlement_model", "margin_interest_rate_model")
"""Parts of a security that have nothing that changes, where they are not those of a script."""


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
        self.universes: list[Universe] = []
        self.leaving: set[Symbol] = set()
        """Symbols that no universe chooses any more, while something of them is held or open."""
        self.under_way: steps.Step | None = None
        self.added: list[Security] = []
        self.removed: list[Security] = []
        self.warned: set[Symbol] = set()
        self.scanned_next = self.margin_at = dt.datetime(1998, 1, 1)
        self._number: int | None = None
        """Under which the runtime keeps the data of what is subscribed to; None once that has changed."""
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
        symbol = subscription.symbol
        known: Security | None = self.securities.get(symbol)
        if subscription not in self.subscriptions:
            self.subscriptions.append(subscription)
            self._number = None
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
        security.is_internal, security.folder = subscription.internal, self.runtime.source.path
        if isinstance(security, Option):
            security.begin(self.securities[symbol.underlying or symbol])
        self._quote(security)
        self.securities[symbol] = security
        if not subscription.internal:
            self.added.append(security)
        self.brokerage_model.initialize(security)
        for name in KEPT:
            part = getattr(security, name)
            if type(part).__module__.startswith("qresearch."):
                self.keep(part)  # as above
        ask = None if self.security_initializer is None else called(self.security_initializer, "initialize")
        if ask is not None:
            ask(security)
        elif callable(self.security_initializer):
            self.security_initializer(security)
        if self.settings.seed_initial_prices:
            FuncSecuritySeeder(self.algorithm.get_last_known_prices).seed_security(security)
        return security

    def _quote(self, security: Security) -> None:
        """Set the currency in which a security is quoted, where that is not the dollar."""
        currency = self.runtime.source.currency(str(security.symbol))
        if currency == "USD":
            return
        book = self.portfolio.cash_book
        if currency not in book:
            book.add(currency, 0, 0)
        security.quote_currency = book[currency]
        self._convert()

    def rate_of(self, symbol: Symbol, day: dt.date) -> Decimal:
        """Dollars for one of the currency of a symbol on a day; that of the cash book where the data have none."""
        security = self.securities.get(symbol)
        currency = None if security is None else security.quote_currency
        if currency is None or currency.symbol == "USD":
            return Decimal(1)
        found = self.runtime.source.rates(currency.symbol).on(day)
        rate: Decimal = currency.rate if found is None else found
        return rate or Decimal(1)  # nothing trades without a rate

    def _convert(self) -> None:
        """Set the rates of the day, where the data have them."""
        for currency, cash in self.portfolio.cash_book.items():
            rates = None if currency == "USD" else self.runtime.source.rates(currency)
            rate = None if rates is None else rates.on(max(self.now, self.start).date())
            cash.rate = cash.rate if rate is None else rate

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
        for told in self.settings.unheard():
            self.warn(told, "ignored")
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
        """``on_end_of_day`` is called for each security ten minutes before the close; without a symbol at 23:58."""
        first, told = next(self.securities.shown(), None), called(self.algorithm, "on_end_of_day")
        if told is not None and first is not None:
            before_close = self.time_rules.before_market_close(first.symbol, 10)
            rule = before_close if takes(told) else self.time_rules.at(23, 58, "America/New_York")
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

    def add_universe(self, universe: Universe) -> Universe:
        """Ask a universe at every midnight from now on."""
        self.universes.append(universe)
        self.runtime.listener.keep(universe.select)
        if len(self.universes) == 1:
            self.schedule.on("universes", self.date_rules.every_day(), TimeRule("at"), self.choose)
        return universe

    def choose(self) -> None:
        """Ask the universes, and tell the script which securities came and went."""
        choose(self)
        steps.tell_of_changes(self)

    def follow(self, item: Following) -> None:
        """Give the bars of a symbol to something from now on."""
        self.following.append(item)

    def forget_feed(self) -> None:
        """The subscriptions have changed."""
        self._number = None

    def warm_up_start(self) -> dt.datetime:
        """Where the data begin: at the start, or as far before it as the script wants to warm up."""
        if self.warm_up is None:
            return self.start
        span, resolution = self.warm_up
        if isinstance(span, dt.timedelta):
            return self.start - span
        wanted = min((item.resolution for item in self.subscriptions), default=Resolution.DAILY)
        return bars_before(self.start, int(span), resolution or wanted, self.hours)

    def end_warm_up(self, at: dt.datetime) -> None:
        """Where the start is reached, the warm-up is over."""
        if self.is_warming_up and at >= self.start:
            self._finish_warm_up()

    def _finish_warm_up(self) -> None:
        self.is_warming_up = False
        self.call("on_warmup_finished")

    @property
    def feed(self) -> Feed:
        """The data of what is subscribed to."""
        if self._number is not None:
            return self.runtime.feed(self._number)
        begin = self.warm_up_start()
        has_begun = self.is_running and self.now > begin
        first = self.now.date() if has_begun else begin.date()
        self._number = self.runtime.number(tuple(self.subscriptions), first, self.end.date(), begin.date())
        feed = self.runtime.feed(self._number)
        for item in feed.without_bars():
            if not self.securities[item.symbol].has_data:
                self.warn(feed.lacks(item), "ignored")
        self._cursor = bisect_right(feed.moments, stamp(self.now)) if has_begun else 0
        return feed

    def set_time(self, at: dt.datetime) -> None:
        """Put every clock on a moment."""
        if len(self.portfolio.cash_book) > 1 and at.date() != self.now.date():
            self.now = at
            self._convert()
        self.now = self.portfolio.now = self.schedule.now = at
        for security in self.securities.values():
            security.local_time = at

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function of the script, where it has one, in either spelling."""
        found = called(self.algorithm, name)
        if found is not None:
            found(*arguments)

    # ------------------------------------------------------------------ running

    def go_on(self) -> str:
        """Go on to the next pause of the step that is under way; its name, empty once the step is over."""
        step = self.under_way
        if step is not None and not steps.go_on(self, step):
            self.under_way = step = None
        return "" if step is None else step.pause

    def end_step(self) -> None:
        """Do all that is left of the step that is under way."""
        while self.under_way is not None:
            self.go_on()

    def last_moment(self, day: dt.date) -> dt.datetime | None:
        """When the last data of a day come; None on a day without any."""
        moments = self.feed.moments
        place = bisect_right(moments, stamp(dt.datetime.combine(day, dt.time(23, 59, 59)))) - 1
        found = local(moments[place]) if place >= 0 else None
        return found if found is not None and found.date() == day else None

    def run(self, limit: dt.datetime, *, stops: bool = False) -> None:
        """Do every step up to a moment, that included; `stops`: of the last one only the bars come in."""
        self.end_step()
        if not self._cursor:
            steps.tell_of_changes(self)
        last, feed, self.ran_until = stamp(limit), self.feed, limit
        while not self.is_over:
            moment = feed.moments[self._cursor] if self._cursor < len(feed.moments) else None
            if not feed.moments:
                self._run_without_data(limit)
            if moment is None or moment > last:
                if self.feed is feed:
                    return
                feed = self.feed
                continue
            at = local(moment)
            self.run_schedule(at, inclusive=False)
            if self.has_ended:
                return
            if self.feed is not feed:  # what is subscribed to has changed, and something may come earlier
                feed = self.feed
                continue
            self._cursor += 1
            self.under_way = steps.begin(self, at, list(feed.entries(moment)), feed.happenings(moment))
            feed = self.feed
            is_last = self._cursor >= len(feed.moments) or feed.moments[self._cursor] > last
            if stops and is_last and not self.is_warming_up:
                return
            self.end_step()
            feed = self.feed

    def _run_without_data(self, limit: dt.datetime) -> None:
        """No data move the clock on, so what is scheduled does."""
        if self.is_warming_up and limit >= self.start:
            self.set_time(max(self.now, self.start))
            self._finish_warm_up()
        self.run_schedule(limit, inclusive=True)

    @property
    def has_ended(self) -> bool:
        """True once the data are over, or the script has quit."""
        return self.is_over

    def finish(self) -> None:
        """The data are over."""
        if not self.is_over:
            self.is_over = True
        self.call("on_end_of_algorithm")

    def run_schedule(self, at: dt.datetime, *, inclusive: bool) -> None:
        """Call what is scheduled before a moment, or at it."""
        if self.is_warming_up:
            return
        while not self.is_over and (event := self.schedule.due(at, inclusive=inclusive)) is not None:
            assert event.next is not None  # it is due
            if event.next > self.now:
                self.set_time(event.next)
            moment = event.next
            event.advance(moment, self.hours)
            event.call()
            if self._number is None:  # other data are subscribed to, which may come before what is scheduled next
                return
