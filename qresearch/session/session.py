"""The session: a market, an account and a clock that a person steps, in both directions."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from qresearch.domain.messages import (
    AccountOpened,
    Advanced,
    CancelRefused,
    Costs,
    Event,
    Logged,
    PositionSeeded,
    QueueEmptied,
    Recorded,
    Settings,
    SettingsChanged,
    Slippage,
    UpdateRefused,
    records,
)
from qresearch.domain.messages import (
    OrderRejected as RejectedEvent,
)
from qresearch.domain.reasons import Reason, explain_reason
from qresearch.domain.state import State
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine import updates
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.fees import fixed_costs
from qresearch.engine.immediate import placing
from qresearch.engine.slippage import slippage_model
from qresearch.engine.valuation import market_values
from qresearch.errors import (
    MarketWarning,
    OrderRejected,
    UsageError,
    WrongBranch,
    choose,
)
from qresearch.market.market import Benchmark, Market
from qresearch.market.venue import PHASE_ORDER, Phase
from qresearch.market.view import View
from qresearch.session import frames
from qresearch.session.account_history import AccountHistory
from qresearch.session.benchmark import BenchmarkLike
from qresearch.session.editing import source_of
from qresearch.session.explain import explain_order
from qresearch.session.explanation import Explanation
from qresearch.session.html import session_html
from qresearch.session.journal import Journal
from qresearch.session.memory import Memory
from qresearch.session.navigation import Navigation, Now
from qresearch.session.notices import Notices
from qresearch.session.options import (
    changed_terms,
    plain_number,
    settings_of,
    span_of,
    terms_of,
    volume_cap,
    whole_shares,
)
from qresearch.session.orders import OrderBook, OrderRecord
from qresearch.session.plain import plain_options
from qresearch.session.portfolio import Portfolio
from qresearch.session.replay import resume
from qresearch.session.results import save_results
from qresearch.session.scripting import to_notebook, to_script
from qresearch.session.strategy import BarData, Context
from qresearch.session.tables import Tables
from qresearch.session.ticket import Ticket
from qresearch.session.timeline import Branch, Timeline
from qresearch.session.trading import TradingApi

if TYPE_CHECKING:
    from qresearch.views.panels.workbench import Panels, Workbench
    from qresearch.views.picture import Picture
    from qresearch.views.report import Report
    from qresearch.views.svg import SvgPicture

_AFTER_CLOSE = PHASE_ORDER[Phase.AFTER_CLOSE]

__all__ = ["Now", "Session"]


_new_text = str.__new__


class Session(Navigation, TradingApi):
    """A stateful workbench around a deterministic exchange simulator.

    Parameters
    ----------
    market : Market
        From :func:`qresearch.read_market` or :func:`qresearch.sample_market`.
    start, end : str or date, optional
        First and last trading day; the next one and the previous one are taken when they are none. Default: all.
    cash : float, currency
    strategy : callable, class, object, module or path of a script, optional
        A function is called as ``handle_data(context, data)`` at every close; anything else is searched for
        ``initialize, before_trading, handle_data, after_trading``, and ``on_order, on_fill``, which are told what
        happens to orders: :mod:`qresearch.session.listeners`.
    positions : mapping of symbol to shares, optional
        Held from the beginning, at the last price before `start`.
    positions_paid : bool
        True: paid from `cash`; False: given on top of it.
    costs : {"default", "historical", "joinquant", "zero"}
        See :func:`qresearch.engine.fees.preset_costs`; :meth:`set_order_cost` sets single rates.
    slippage : str or (str, float)
        "none", ("fixed", currency), ("bps", basis points), ("volume_share", impact), or what lies between a buy and a
        sell, of which each pays half, rounded to the nearest tick: ("spread", currency), ("spread_rate", fraction).
    participation : float, optional
        Largest part of a bar's volume that all orders in one instrument may take together. Default: no cap.
    clock : {"next_open", "same_bar"}
        When a request meets the market. ``next_open``: at the next trading day's open, with `handle_data` called at
        every close. ``same_bar``: inside the call, at the last visible price, with `handle_data` called at every open,
        seeing bars to the day before and today's open. This flatters: what is asked for gets the very price that was
        seen. The rules stand in :mod:`qresearch.engine.immediate`.
    fill_model : {"a_share", "lean_equity"}
        When limit, stop and the other types fill, and at what price: the rules of :mod:`qresearch.engine.fills`, or
        those of LEAN's equity model on whole daily bars (:mod:`qresearch.engine.lean_fills`).
    reserve : {"limit", "last", "none"}
        Price at which resting buys hold cash back: their limit or stop, the last visible price, or not at all. Resting
        sells hold their shares back from later ones, with "none" they do not.
    cancel_latency : {"none", "next_match"}
        Whether cancels and updates take effect at once, or at the next match, where a fill may come first.
    open_order_margin : bool
        After a fill, open orders that the account can no longer carry are ended (OPEN_ORDER_MARGIN).
    match_order : {"sells_first", "fifo"}
        Sells go before buys at the same open, or every order by its id.
    shortfall : {"trim", "reject"}
        What happens to an order for more than the cash or the shares allow.
    rights : {"lapse", "subscribe"}
    delisting : {"last", "zero"}
        Price at which a recorded delisting closes a position; "last" flatters.
    dividend_tax : {"none", "holding_period"} or float
        Default none. A number is a flat rate withheld at payment; "holding_period" taxes at the sale by the dated
        schedule for individuals.
    money_step : float, currency, optional
        Smallest amount of money: fees and every other posting are rounded half up to it. Default: that of the venue,
        0.01 in China, as brokers do. Finer, such as 0.000001, leaves fees unrounded, as research platforms do.
    strict : bool
        Raise :class:`~qresearch.errors.OrderRejected` for every rejected order.
    journal : path, optional
        A new file that takes every command and event, so that the session survives its process: :meth:`resume` goes on
        from it. Default: nothing is written.

    Notes
    -----
    On the native clock orders only queue during a day and are matched at the next day's open; see
    :mod:`qresearch.engine.matching` for the rules and whom they flatter. Every moment is kept, so that going back is an
    index and never a replay.

    On **minute data** the clock also stands at every whole bar (``step(phase="INTRADAY")``,
    ``run(until="2024-03-01 10:30")``). On the native clock a request made in bar k first works at the open of bar
    k + 1; before the open, at or after the last bar, at the next opening. What a market order cannot fill there (a thin
    bar under the volume cap, a locked limit, a bar without trades) keeps working through the bars of the day as its
    time in force says, and expires at the close with its reason. The volume cap counts by bar. With quotes a buy pays
    the ask and a sale gets the bid of the end of the bar before; at the opening there is none yet. ``handle_data`` is
    called as on daily bars; ``run_daily(f, "10:30")`` and ``run_daily(f, "every_bar")`` are called inside the day.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> ticket = session.buy("604018", 1000)
    >>> _ = session.step()
    >>> ticket.status.value, ticket.filled
    ('FILLED', 1000)

    On the clock of the same bar an order is over when the call returns:

    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, clock="same_bar")
    >>> session.step(phase="OPEN").buy("604018", 1000)
    <Ticket 1: buy 1,000 604018.SH, FILLED, filled 1,000 at 9.52>
    """

    def __init__(
        self,
        market: Market,
        *,
        start: object = None,
        end: object = None,
        cash: float = 1_000_000,
        strategy: object = None,
        positions: Mapping[str, int] | None = None,
        positions_paid: bool = True,
        costs: str = "default",
        slippage: str | tuple[str, float] = "none",
        participation: float | None = None,
        clock: str = "next_open",
        fill_model: str = "a_share",
        reserve: str = "limit",
        cancel_latency: str = "none",
        open_order_margin: bool = False,
        match_order: str = "sells_first",
        shortfall: str = "trim",
        rights: str = "lapse",
        delisting: str = "last",
        dividend_tax: str | float = "none",
        money_step: float | None = None,
        strict: bool = False,
        journal: str | Path | None = None,
    ) -> None:
        options = {
            name: value for name, value in locals().items() if name not in {"self", "market", "strategy", "journal"}
        }
        if not isinstance(market, Market):
            raise UsageError(
                f"Session: market is a {type(market).__name__}, not a Market. "
                "Make one with qresearch.read_market(...) or qresearch.sample_market()."
            )
        self.market = market = market if money_step is None else market.counted_in(money_step)
        self._strict = strict
        self._dialect: Callable[[object], object] | None = None
        self._benchmark: Benchmark | None = None
        self.message = ""
        """What the last call has to say."""
        self.notices = Notices(market.notes)
        """What a user should know about the data and the run, each once; ``notices.table`` counts them by kind."""
        self.memory: dict[str, Any] = {}
        """The attributes that a strategy has set on its context; kept with every state, restored on going back."""
        first, last = span_of(market, start, end)
        self._exchange = Exchange(market, first, last)
        # Orders look up symbols that were seen before here, without a call.
        self._known = market.panel.columns.resolved
        settings = settings_of(market, options)
        self._decide_on = placing(settings)  # chosen once: every order of a strategy comes through it
        self._panels: Panels | None = None
        self._begin_navigation()
        self._book: tuple[Branch | None, OrderBook] = (None, OrderBook())
        self._open(settings, cash, positions or {}, positions_paid=positions_paid)
        self._context = Context(self, self.memory)
        self._data = BarData(self)
        self._options = options
        self._begin(strategy, None if journal is None else Path(journal))

    # ------------------------------------------------------------------ beginning

    def _open(self, settings: Settings, cash: float, positions: Mapping[str, int], *, positions_paid: bool) -> None:
        if not cash >= 0:
            raise UsageError(f"cash={cash!r} must be at least 0. Pass an amount of money such as 1_000_000.")
        day = self._exchange.first - 1
        draft = Draft(_blank(day, settings))
        draft.emit(AccountOpened(day, _AFTER_CLOSE, self._exchange.money.money("cash", cash), settings))
        for symbol, quantity in positions.items():
            self._seed(draft, symbol, quantity, paid=positions_paid)
        if draft.cash < 0:
            money = self._exchange.money
            raise UsageError(
                f"The positions cost {money.text(-draft.cash)} more than the cash. "
                "Raise cash=, hold less, or pass positions_paid=False to be given them."
            )
        state = draft.freeze()
        values = market_values(self._exchange, self._view_at(state), state.positions)
        self._starting_equity = state.cash + int(values.sum())
        self._timeline = Timeline(state, draft.events, None, self._day_text)

    def _hold_from_start(self, symbol: str, quantity: int, cost_price: float) -> None:
        """Begin with shares bought at a price of their own, paid from the cash; only before the first day."""
        if self._account.day >= self._exchange.first:
            raise UsageError(
                f"Positions to begin with are set before the first day; the session stands at {self._now_text}. "
                "Set them right after opening the session, or in initialize()."
            )
        if not 0 < cost_price < math.inf:
            raise UsageError(f"cost price {cost_price!r} must be above 0, in the currency per share.")
        draft = self._draft or Draft(self._timeline.state)
        before, money = draft.cash, self._exchange.money
        cost = money.notional(money.price_units(cost_price), max(int(quantity), 0))
        if cost > before:
            raise UsageError(
                f"{quantity:,} shares of {symbol} cost {money.text(cost)}, more than the cash of {money.text(before)}. "
                "Open the session with more cash."
            )
        self._seed(draft, symbol, quantity, paid=True, cost_price=cost_price)
        if self._draft is None:
            self._commit_command(draft)

    def _seed(self, draft: Draft, symbol: str, quantity: int, *, paid: bool, cost_price: float | None = None) -> None:
        column = self.market.column(symbol)
        price = self._view_at(draft).last_price(column)
        if quantity <= 0 or int(quantity) != quantity:
            raise UsageError(f"positions: {quantity!r} shares of {symbol} is not a positive whole number.")
        if not price > 0 or self._exchange.closing_day[column] <= self._exchange.first:
            raise UsageError(
                f"positions: {symbol} has no price on both sides of {self._exchange.date(self._exchange.first)}, so it "
                "cannot be held then. Start later or leave it out."
            )
        if cost_price is not None:
            price = cost_price
        cost = self._exchange.money.notional(self._exchange.money.price_units(price), int(quantity))
        draft.emit(PositionSeeded(draft.day, draft.phase, column, int(quantity), cost, cost if paid else 0))

    def _begin(self, strategy: object, journal: Path | None) -> None:
        """Load the strategy and let it initialise itself before the first day."""
        live = {
            "session": self,
            "context": self._context,
            "data": self._data,
            "market": self.market,
            "log": self._context.log,
        }
        self._memory = Memory([self.memory], self._tell, self._live_ticket, live)
        self._begin_strategy(strategy)
        if journal is not None:
            name = "" if strategy is None else self._strategy.name
            self._journal = self._open_journal(journal, name, source_of(strategy))
            # A copy: what initialize does joins this very list before the journal writes it.
            self._journal.note("root", self._timeline.branch, list(self._timeline.branch.log), None)
        self._keep("initialize", self._initialized())
        self._settle()

    def _live_ticket(self, order_id: str) -> Ticket:
        return Ticket.of(self, self._timeline.branch, int(order_id))

    def _day_text(self, day: int) -> str:
        return "start" if day < self._exchange.first else self._exchange.date(day)

    def _open_journal(self, path: Path, strategy: str, source: str) -> Journal:
        meta = {
            "fingerprint": self.market.fingerprint,
            "market": repr(self.market),
            "options": plain_options(self._options),
            "strategy": strategy,
            "source": source,
        }
        return Journal.create(path, meta, self._memory.values, self._tell)

    def _view_at(self, account: Draft | State) -> View:
        return self._exchange.view(account)

    def _view(self) -> View:
        return self._view_at(self._account)

    # ------------------------------------------------------------------ trading

    def _place(self, security: str, method: int, asked: float, style: object) -> Ticket | None:
        terms = MARKET_DAY if style is None else terms_of(style)
        column = self._known.get(security)
        if column is None:
            column = self.market.column(security)
        if type(asked) is not int:
            asked = plain_number(asked)
        draft, decide_on = self._draft, self._decide_on
        if draft is not None:
            if decide_on(draft, self._exchange, column, method, asked, terms):
                # Ticket.of without its call: every order of a strategy comes through here.
                ticket = _new_text(Ticket, f"{draft.orders}")
                ticket._session, ticket._branch = self, self._timeline.branch
                return ticket
            self._raise_if_strict(draft.events[-1:])
            return None
        draft = Draft(self._timeline.state)
        accepted = decide_on(draft, self._exchange, column, method, asked, terms)
        self._commit_command(draft)
        if not accepted:
            self._raise_if_strict(draft.events[-1:])
        return Ticket.of(self, self._timeline.branch, draft.orders)

    def _commit_command(self, draft: Draft) -> None:
        """Keep what a command by hand did, at the present stop; from the past this opens a branch."""
        self.message = ""
        if self._keep("command", draft):
            self.message = f"Acting from the past opened branch {self._timeline.branch.name!r}; the old future is kept."
        if self._journal is not None:
            self._sync()

    def _raise_if_strict(self, events: list[Event]) -> None:
        """Raise for the latest rejection among some events, which are kept all the same."""
        if not self._strict:
            return
        found = [event for event in records(events) if isinstance(event, RejectedEvent)]
        if not found:
            return
        refused = found[-1]
        sentence = explain_reason(refused.reason, refused.facts)
        raise OrderRejected(
            f"Order {refused.order_id} was rejected: {sentence}", str(refused.order_id), refused.reason.value
        )

    def cancel(self, order: str) -> Ticket:
        """Withdraw what is left of an order.

        A cancel that comes too late changes nothing and is an event with its reason.

        Parameters
        ----------
        order : Ticket or str
            A ticket or an order id.

        Returns
        -------
        Ticket

        Raises
        ------
        WrongBranch
            The ticket belongs to another branch; take it from this one with ``session.ticket(order_id)``.
        """
        ticket = self._own_ticket(order)
        record = ticket.record
        assert record is not None  # ticket() has found it
        draft = self._draft or Draft(self._timeline.state)
        done = updates.cancel(draft, record.order_id, status=record.status.value)
        if self._draft is None:
            self._commit_command(draft)
            ticket = Ticket.of(self, self._timeline.branch, record.order_id)
        if not done:
            self.message = f"Order {ticket!s} was not canceled. {_refusal(draft)}"
        return ticket

    def _own_ticket(self, order: str) -> Ticket:
        """The ticket of an order, if it may be acted on here."""
        if isinstance(order, Ticket) and order.branch is not self._timeline.branch:
            raise WrongBranch(
                f"Ticket {order!s} belongs to branch {order.branch.name!r}, but the session stands on "
                f"{self._timeline.branch.name!r}. Use session.ticket({order!s}) for the order on this branch."
            )
        return self.ticket(order)

    def _update(
        self,
        order: Ticket,
        quantity: int | None,
        limit_price: float | None,
        stop_price: float | None,
        tag: str | None,
    ) -> Ticket:
        """What :meth:`Ticket.update` does."""
        ticket = self._own_ticket(order)
        record = ticket.record
        assert record is not None  # the ticket was found
        terms = changed_terms(record.terms, limit_price, stop_price, tag)
        if quantity is None and terms == record.terms:
            raise UsageError("update: nothing to change. Pass quantity=, limit_price=, stop_price= or tag=.")
        draft = self._draft or Draft(self._timeline.state)
        side = 1 if record.quantity > 0 else -1
        left = record.leaves if quantity is None else whole_shares("update", quantity) - record.filled - record.canceled
        if left <= 0 and not record.status.is_final:
            facts = {"asked": quantity, "done": record.filled + record.canceled}
            draft.emit(UpdateRefused(draft.day, draft.phase, record.order_id, Reason.BELOW_FILLED, facts))
            done = False
        else:
            done = updates.update(
                draft, self._exchange, record.order_id, side * left, terms, status=record.status.value
            )
        if self._draft is None:
            self._commit_command(draft)
            ticket = Ticket.of(self, self._timeline.branch, record.order_id)
        if not done:
            self.message = f"Order {ticket!s} was not changed. {_refusal(draft)}"
        return ticket

    def ticket(self, order: str | int) -> Ticket:
        """The handle on an order of the present branch.

        Parameters
        ----------
        order : str or int
            Order id.

        Raises
        ------
        UsageError
            No such order at this point of the timeline.
        """
        branch = self._timeline.branch
        known = str(order).isdigit() and self._order_record(branch, int(order)) is not None
        if not known:
            raise UsageError(
                f"No order {str(order)!r} on branch {branch.name!r} at this point: {self._account.orders} orders "
                "have been placed, ids counted from 1. See session.orders."
            )
        return Ticket.of(self, branch, int(order))

    def _order_record(self, branch: Branch, order_id: int) -> OrderRecord | None:
        """All facts about an order of a branch, as of where the session stands there; None before it is placed."""
        book = self._order_book(branch)
        if self._draft is not None and branch is self._timeline.branch:
            return book.with_events(self._draft.events, order_id)
        return book.orders.get(order_id)

    def _order_book(self, branch: Branch) -> OrderBook:
        count = self._timeline.count_on(branch)
        known, book = self._book
        if known is not branch or book.count > count:
            book = OrderBook()
        book.advance(branch.log, count)
        self._book = (branch, book)
        return book

    def _orders(self) -> dict[int, OrderRecord]:
        """Every order as of now, by id."""
        book = self._order_book(self._timeline.branch)
        if self._draft is None:
            return book.orders
        ids = range(1, self._draft.orders + 1)
        found = ((order_id, book.with_events(self._draft.events, order_id)) for order_id in ids)
        return {order_id: record for order_id, record in found if record is not None}

    @property
    def _open_records(self) -> list[OrderRecord]:
        return [order for order in self._orders().values() if not order.status.is_final]

    # ------------------------------------------------------------------ settings

    @property
    def settings(self) -> Settings:
        """Costs, slippage and options in force at the cursor."""
        return self._account.settings

    def _change(self, **changes: Any) -> None:
        draft = self._draft or Draft(self._timeline.state)
        draft.emit(SettingsChanged(draft.day, draft.phase, replace(draft.settings, **changes)))
        if self._draft is None:
            self._commit_command(draft)

    def set_order_cost(
        self,
        open_tax: float = 0.0,
        close_tax: float = 0.0005,
        open_commission: float = 0.00025,
        close_commission: float = 0.00025,
        min_commission: float = 5.0,
        *,
        rounding: str = "each",
        transfer_fee: float = 0.0,
        historical: bool = False,
    ) -> None:
        """Set what trading costs, from now on; going back undoes it.

        Parameters
        ----------
        open_tax, close_tax : float, fraction of the value
            Stamp duty on buys and sells; funds pay none on a venue with rules.
        open_commission, close_commission : float, fraction of the value
        min_commission : float, currency
            Least commission of one order.
        rounding : {"each", "total"}
            Whether commission and stamp duty of a fill are each rounded to the money step, as brokers do, or their sum.
        transfer_fee : float, fraction of the value
            On both sides; funds pay none on a venue with rules.
        historical : bool
            Stamp duty and transfer fee by date and board from the rule book of the venue; the rates above of both are
            then not used.

        Raises
        ------
        UsageError
            A rate outside [0, 1), or `historical` on a venue without rules.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market())
        >>> session.set_order_cost(close_tax=0.001, open_commission=0.0003, close_commission=0.0003)
        """
        costs: Costs = fixed_costs(
            self.market.venue,
            open_tax=open_tax,
            close_tax=close_tax,
            open_commission=open_commission,
            close_commission=close_commission,
            min_commission=min_commission,
            rounding=rounding,
            transfer_fee=transfer_fee,
            historical=historical,
        )
        self._change(costs=costs)

    def set_slippage(
        self, kind: str, size: float = 0.0, *, participation: float | Literal["same"] | None = "same"
    ) -> None:
        """Set how far fill prices move against orders, and how much they may take, from now on.

        Parameters
        ----------
        kind : {"none", "fixed", "bps", "volume_share", "spread", "spread_rate"}
        size : float
            fixed: currency per share; bps: basis points; volume_share: impact of taking a whole day's volume; spread,
            spread_rate: what lies between a buy and a sell, currency per share or a fraction of the price.
        participation : float, None or "same"
            Largest part of a bar's volume that all orders in one instrument may take together; None for no cap.

        Raises
        ------
        UsageError
            An unknown kind, a negative size, or a part outside of (0, 1].
        """
        model: Slippage = slippage_model(kind, size)
        if participation == "same":
            self._change(slippage=model)
        else:
            self._change(slippage=model, participation=volume_cap(participation))

    # ------------------------------------------------------------------ looking

    @property
    def portfolio(self) -> Portfolio:
        """Cash, holdings and profit at the last visible prices."""
        return Portfolio(self._exchange, self._account, self._starting_equity)

    @property
    def orders(self) -> pd.DataFrame:
        """Every order ever placed on this branch, one row each.

        Indexed by order id. `asked` is the call and its number; `quantity` what was sent, `filled`, `leaves` and
        `canceled` add up to it (shares). `average_price` is NaN without a fill; fees are in the currency. `reason` and
        `why` say what stopped or trimmed it; `placed` and `ended` are days (NaT: not ended, or before the data).
        """
        return frames.orders_frame(self._exchange, self._orders().values())

    @property
    def open_orders(self) -> pd.DataFrame:
        """The orders that are queued or working; columns as in :attr:`orders`."""
        return frames.orders_frame(self._exchange, self._open_records)

    @property
    def fills(self) -> pd.DataFrame:
        """Every execution, one row each.

        `price` in currency per share; `notional`, `commission`, `stamp_duty`, `transfer_fee` and `net` (what the cash
        changed by, negative for a buy) in the currency.
        """
        return frames.fills_frame(self._exchange, self._log())

    @property
    def positions(self) -> pd.DataFrame:
        """What is held, one row per symbol.

        `quantity` is `sellable` plus `locked` (bought today, T+1) plus `reserved` (held back by working sells), in
        shares. `average_cost` includes buying fees. `weight` is the part of the equity. `stale` marks a position that
        had no bar today without a delisting on record.
        """
        symbols = self.market.symbols
        return frames.positions_frame(self.portfolio, (symbols[column] for column in self._account.stale))

    @property
    def equity(self) -> pd.Series[float]:
        """Equity at every close so far, by trading day, in the currency."""
        return AccountHistory.of(self).equity_series

    def _log(self) -> list[Event]:
        timeline = self._timeline
        log = timeline.branch.log[: timeline.count]
        return log if self._draft is None else [*log, *self._draft.events]

    @property
    def events(self) -> pd.DataFrame:
        """Everything that happened, one row per event, in order.

        `quantity` in shares, `price` in currency per share, `amount` and `fee` (of a fill) in the currency; missing
        where an event has none. `before` and `after` are the states of the order; empty where an event is of no order.
        """
        return frames.events_frame(self._exchange, self._log())

    @property
    def tables(self) -> Tables:
        """The account as tables: trade details, positions and portfolio now and by day, round trips, costs, figures.

        ``session.tables.return_summary``; ``session.tables(names="swordfish")`` gives them under Swordfish's names.
        """
        return Tables(self)

    def history(
        self,
        symbols: str | list[str] | None = None,
        count: int = 20,
        field: str = "close",
        adjust: str = "pre",
        frequency: str = "day",
    ) -> pd.DataFrame:
        """The last whole bars of a field up to now.

        Parameters
        ----------
        symbols : str or list of str, optional
            Default: all.
        count : int
            Number of bars; fewer come back at the start of the data.
        field : str
            "open", "high", "low", "close", "volume", "turnover", "pre_close", "limit_up" or "limit_down"; of bars
            inside the day the first six, and "bid" and "ask" where the data have them.
        adjust : {"pre", "post", "none"}
            For corporate actions as of the present day: "pre" makes older prices comparable with today's.
        frequency : {"day", "bar"}
            "bar" on minute data: the bars inside the days, up to the last whole one.

        Returns
        -------
        DataFrame
            One row per trading day, or per bar by the time at which it ends; one column per symbol. NaN: no row.
        """
        wanted = list(self.market.symbols) if symbols is None else [symbols] if isinstance(symbols, str) else symbols
        columns = [self.market.column(symbol) for symbol in wanted]
        return frames.history_frame(self._view(), columns, count, field, adjust, frequency)

    def bars(self, symbol: str, count: int = 20, adjust: str = "none", frequency: str = "day") -> pd.DataFrame:
        """The last whole bars of one instrument up to now, one column per field.

        One row per trading day; ``frequency="bar"`` gives the bars inside the days of minute data, by the time at which
        they end.
        """
        return frames.bars_frame(self._view(), self.market.column(symbol), count, adjust, frequency)

    # ------------------------------------------------------------------ telling and keeping

    def report(
        self,
        html: str | Path | None = None,
        *,
        benchmark: BenchmarkLike | pd.Series[float] = None,
        branch: str | tuple[str, str] | None = None,
        title: str | None = None,
    ) -> Report:
        """Show what the run came to: figures and plots in the notebook, the whole QuantStats page as a file.

        Parameters
        ----------
        html : path, optional
            Write the tear-sheet page here.
        benchmark : Series of closes, symbol, Benchmark or False, optional
            Default: that of the market; False for none.
        branch : str or (str, str), optional
            Another branch, or two to see side by side. Default: the present one up to now.
        title : str, optional

        Returns
        -------
        Report
            Shows itself in a notebook.

        Raises
        ------
        UsageError
            No such branch, or a benchmark that holds no closes.

        Examples
        --------
        >>> import qresearch as qr
        >>> qr.Session(qr.sample_market(), start="2022-03-01").step(20).report()
        <Report of branch main: 20 trading days 2022-03-01 to 2022-03-28, total return +0.00%>
        """
        from qresearch.views.report import compare, report  # noqa: PLC0415  # the ring above, only when asked

        if isinstance(branch, tuple):
            return compare(self, *branch, html=html, benchmark=benchmark, title=title)
        return report(self, html, benchmark=benchmark, branch=branch, title=title)

    def show(self, *, language: str = "en", colours: str | None = None, theme: str = "light") -> Workbench:
        """Open the workbench: step, trade, and see what every order did, with panels instead of code.

        Parameters
        ----------
        language : {"en", "zh"}
            Of the labels and reasons.
        colours : {"red_up", "green_up"}, optional
            Of rising prices. Default: red in a market in CNY, green elsewhere.
        theme : {"light", "dark"}

        Returns
        -------
        Workbench
            Shows itself in a notebook, and moves with the session. Shown twice in one look, it is the same one.

        Raises
        ------
        UsageError
            A word that is none of these.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
        >>> session.show()
        <Workbench of <Session before the first trading day, 2022-03-01; branch main; equity 100,000.00>>
        """
        return self.panels(language=language, colours=colours, theme=theme).workbench()

    @property
    def panels(self) -> Panels:
        """The parts of the workbench one by one: ``session.panels.ticket()``; another look by calling it."""
        if self._panels is None:
            from qresearch.views.panels.workbench import Panels  # noqa: PLC0415  # the ring above, only when asked

            self._panels = Panels.of(self)
        return self._panels

    def plot(self, kind: str = "equity", **options: Any) -> Picture | SvgPicture:
        """Draw a static picture of the run.

        Parameters
        ----------
        kind : {"equity", "candles", "exposure", "monthly", "orders", "lives", "life"}
            Equity and drawdown against the benchmark; candles of a `symbol` with volume and order marks; exposure and
            weights; returns by month; orders by state; one row per order through its states; the way of one `order`
            through the table of states.
        **options
            Of the function of that kind in :mod:`qresearch.views.plots`, such as ``theme="dark"``, ``ax=``,
            ``branch=``, or ``symbol=`` of the candles.

        Returns
        -------
        Picture or SvgPicture
            Shows itself in a notebook. Of a Picture, ``.save(path)`` writes a PNG and ``.figure`` is matplotlib's.

        Raises
        ------
        UsageError
            No such kind.
        """
        from qresearch.views.plots import draw  # noqa: PLC0415  # the ring above, only when asked

        return draw(self, kind, **options)

    def save_results(self, directory: str | Path, format: str = "parquet") -> list[Path]:  # noqa: A002  # as pandas
        """Write the tables of the run as files, a README of their columns and units, and the tear-sheet page.

        Parameters
        ----------
        directory : path
            Made when it is missing; files of an earlier run in it are replaced.
        format : {"parquet", "csv"}

        Returns
        -------
        list of Path
            What was written.
        """
        return save_results(self, directory, format)

    def explain(self, order: str | int) -> Explanation:
        """Why an order did what it did: what was asked and sent, each check with its numbers, the fill and its fees.

        Works for every order ever placed on this branch, refused ones included; recomputed from the kept states.

        Parameters
        ----------
        order : Ticket, str or int
            A ticket or an order id.

        Returns
        -------
        Explanation
            Prints as text, shows as HTML, and ``.data`` is a DataFrame.

        Raises
        ------
        UsageError
            No such order at this point of the timeline.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=5_000)
        >>> ticket = session.buy("604018", 1000)
        >>> print(session.step().explain(ticket))  # doctest: +NORMALIZE_WHITESPACE
        Order 1: buy 604018.SH: FILLED
        2022-02-28 AFTER_CLOSE
          · Asked: order 1,000
          · Sized: 0 held, +0 pending.
          ✓ Sent: 1,000 shares; waits for the next open.
        2022-03-01 OPEN
          ✓ Trading: listed and not suspended on 2022-03-01; opens at 9.52
          ✓ Price limit: open 9.52 is below the upper limit 10.54
          ✓ Lot: 1,000 shares are allowed
          ✗ Cash: 1,000 shares need 9,525.00 with fees; 5,000.00 is available, enough for 500.
          ✓ Filled: 500 shares at 9.52 = 4,760.00; the opening price.
          · Fees: commission 5.00, stamp duty 0.00, transfer fee 0.00; 5.00 in all.
        What to do: 4,525.00 more cash would have paid for all; 500 shares were within reach. Order less, or sell
        first; cash is checked at the match, after the sells.
        """
        self._refuse_inside_callback("explain")
        ticket = self.ticket(order)
        timeline = self._timeline
        record = self._orders()[int(ticket)]
        return explain_order(self._exchange, timeline.branch, timeline.count, record)

    def digest(self) -> str:
        """SHA-256 over all events from the beginning to the cursor: two runs with one digest did the same.

        What strategies log and record is left out, and so is what only keeps the clock and the queue in order: by how
        many stops one came here makes no difference.
        """
        total = hashlib.sha256()
        for event in records(iter(self._log())):
            if not isinstance(event, (Logged, Recorded, Advanced, QueueEmptied)):
                total.update(_canonical(event).encode())
        account = self._account
        total.update(f"{account.day}|{account.phase}".encode())
        return total.hexdigest()

    @classmethod
    def resume(cls, path: str | Path, market: Market, strategy: object = None, *, verify: bool = False) -> Session:
        """Go on with a session from its journal.

        The commands are done again by the engine and compared with what the journal holds; the strategy is not called,
        and nothing that stands in the file is executed.

        Parameters
        ----------
        path : path
        market : Market
            The data on which the journal was made; they are compared by fingerprint.
        strategy : callable, class, object, module or path, optional
            Needed only to go on. What it remembers comes from the journal; `initialize` is not called again.
        verify : bool
            Call the strategy beside the journal, and name the first order that differs.

        Returns
        -------
        Session
            Where it stood, with all branches; it goes on writing the same file.

        Raises
        ------
        JournalError
            Not a journal, other data, or events that differ; the message names the first day and event.

        Examples
        --------
        >>> import tempfile, qresearch as qr
        >>> path = tempfile.mkdtemp() + "/run.qsession"
        >>> market = qr.sample_market()
        >>> digest = qr.Session(market, start="2022-03-01", journal=path).step(3).digest()
        >>> qr.Session.resume(path, market).digest() == digest
        True
        """
        return resume(cls, path, market, strategy, verify=verify)

    @classmethod
    def from_script(  # noqa: PLR0917  # in the order in which people say it
        cls,
        script: object,
        market: Market,
        start: object = None,
        end: object = None,
        cash: float = 1_000_000,
        frequency: str = "day",
        *,
        dialect: str = "joinquant",
        data: object = None,
        strict: bool = True,
        **options: Any,
    ) -> Session:
        r"""A session that runs a script written for another system, unchanged.

        Parameters
        ----------
        script : path, str or bytes
            A file, or the text itself.
        market : Market
        start, end : str or date, optional
            First and last trading day. Default: all.
        cash : float, currency
        frequency : {"day", "minute"}
            Whether `handle_data` and "every_bar" are called once a day or at every bar of minute data.
        dialect : {"joinquant", "easyquant"}
            The system: see :mod:`qresearch.dialects.joinquant` and :mod:`qresearch.dialects.easyquant`.
        data : mapping of str to DataFrame or path, optional
            Tables that the script asks for, such as fundamentals and index members; names and columns stand in
            :data:`qresearch.dialects.joinquant.TABLES`.
        strict : bool
            False: settings that are not known pass with a notice.
        **options
            Of :class:`Session`, such as ``journal=``.

        Returns
        -------
        Session
            Like any other: step, go back, branch, explain. What had to be adjusted, ignored or approximated stands in
            ``session.notices.table``.

        Raises
        ------
        StrategyError
            The script does not compile or raised while it was loaded; the message names the line.
        UsageError
            It defines nothing to call, or needs a table that `data` does not hold.

        Examples
        --------
        >>> import qresearch as qr
        >>> script = "def handle_data(context, data):\n    order('604018.XSHG', 100)"
        >>> session = qr.Session.from_script(script, qr.sample_market(), start="2022-03-01").step()
        >>> session.orders["status"].to_list()
        ['FILLED']
        """
        from qresearch.dialects import open_script  # noqa: PLC0415  # the ring above, only when asked

        choose("dialect", dialect, ("joinquant", "easyquant"))
        choose("frequency", frequency, ("day", "minute"))
        return open_script(
            cls, script, market, dialect=dialect, start=start, end=end, cash=cash, frequency=frequency, data=data,
            strict=strict, options=options,
        )  # fmt: skip

    def to_script(self, path: str | Path | None = None, *, kind: str = "session", market: str | None = None) -> str:
        """The session as a plain Python program that ends with the same digest; see :func:`~.scripting.to_script`."""
        return to_script(self, path, kind=kind, market=market)

    def to_notebook(self, path: str | Path, *, market: str | None = None) -> Path:
        """The session as a notebook that ends with the same digest; see :func:`~.scripting.to_notebook`."""
        return to_notebook(self, path, market=market)

    def _write_log(self, level: str, words: tuple[object, ...]) -> None:
        self._note(Logged(self._account.day, self._account.phase, level, " ".join(map(str, words))))

    def _record_values(self, values: Mapping[str, float]) -> None:
        try:
            pairs = tuple((name, float(value)) for name, value in values.items())
        except (TypeError, ValueError):
            raise UsageError(f"record: {values!r} holds something that is no number. Record numbers by name.") from None
        self._note(Recorded(self._account.day, self._account.phase, pairs))

    def _note(self, event: Logged | Recorded) -> None:
        draft = self._draft or Draft(self._timeline.state)
        draft.emit(event)
        if self._draft is None:
            self._commit_command(draft)

    def _schedule(self, func: Callable[[Context], object], when: int) -> None:
        if not callable(func):
            raise UsageError(f"run_daily: {func!r} is not a function. Pass one that takes the context.")
        self._memory.schedules.add(when, func)

    def _tell(self, notice: str, kind: str = "session") -> None:
        self.notices.tell(notice, kind)

    def _warn_frozen(self, columns: list[int]) -> None:
        for column in columns:
            # The last day with a bar is the one before: this is asked on the first day without.
            last = self._exchange.date(self._account.day - 1)
            notice = (
                f"{self.market.symbols[column]} has no bars after {last} and no delisting on record: its position is "
                "frozen at its last price (stale) and its orders are rejected with DATA_ENDED until bars go on."
            )
            if notice not in self.notices:
                self._tell(notice, "data")
                warnings.warn(notice, MarketWarning, stacklevel=2)

    def __repr__(self) -> str:
        portfolio = self.portfolio
        text = f"<Session {self._now_text}; branch {self._timeline.branch.name}; equity {portfolio.equity:,.2f}>"
        return f"{text} {self.message}" if self.message else text

    def _repr_html_(self) -> str:
        return session_html(self)


def _refusal(draft: Draft) -> str:
    """Code and sentence of the refusal that came last."""
    refused = draft.events[-1]
    assert isinstance(refused, (CancelRefused, UpdateRefused))  # what was not done has just been told
    return f"{refused.reason.value}: {explain_reason(refused.reason, refused.facts)}"


def _blank(day: int, settings: Settings) -> State:
    return State(day, _AFTER_CLOSE, 0, 0, {}, (), {}, {}, 0, settings, frozenset(), {}, {})


@cache
def _facts_of(kind: type) -> tuple[tuple[str, object], ...]:
    """Name and default of each field of a class."""
    return tuple((item.name, item.default) for item in fields(kind))


def _canonical(event: Any) -> str:
    """An event as text that no version or platform changes: names, integers, and floats in their shortest form.

    What is at its default is left out, so that an option that comes later changes no digest where it is not used.
    """
    parts = [type(event).__name__]
    for name, default in _facts_of(cast("Any", type(event))):
        value = getattr(event, name)
        if default is not MISSING and value == default:
            continue
        if isinstance(value, Mapping):
            value = sorted((key, str(known)) for key, known in value.items())
        elif is_dataclass(value):
            value = _canonical(value)
        parts.append(f"{name}={value!s}")
    return "|".join(parts) + "\n"
