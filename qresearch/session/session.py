"""The session: a market, an account and a clock that a person steps, in both directions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, SupportsIndex

import pandas as pd

from qresearch.book import frames
from qresearch.book.benchmark import BenchmarkLike
from qresearch.book.digest import digest_of
from qresearch.book.explain import explain_order
from qresearch.book.explanation import Explanation
from qresearch.book.history import AccountHistory
from qresearch.book.listing import listed_as
from qresearch.book.portfolio import Portfolio
from qresearch.book.tables import Tables
from qresearch.book.turns import places_of
from qresearch.domain.arguments import flag, text, whole
from qresearch.domain.arguments import path as path_of
from qresearch.domain.arguments import symbols as symbols_of
from qresearch.domain.attributes import sealed, told_names
from qresearch.domain.calls import told_calls
from qresearch.domain.settings import Costs, Settings
from qresearch.engine.exchange import AccountKind, MarketClock
from qresearch.engine.fees import FeeModel
from qresearch.engine.fills import FillModel
from qresearch.engine.sizing_policy import SizingPolicy
from qresearch.engine.slippage import SlippageModel
from qresearch.engine.tariffs import fixed_costs, undated
from qresearch.errors import UsageError, choose, shown
from qresearch.market.market import Market
from qresearch.sentences import Said, Words
from qresearch.session.account import Account
from qresearch.session.accounts import Accounts
from qresearch.session.attempt import Attempt
from qresearch.session.bar_data import BarData
from qresearch.session.branches import Branches
from qresearch.session.breakpoints import Breakpoints
from qresearch.session.clock import Clock
from qresearch.session.following import Follower
from qresearch.session.host import Host, source_of
from qresearch.session.journal import Journal
from qresearch.session.journal_file import journal_path
from qresearch.session.keeper import Keeper
from qresearch.session.memory import Memory, SessionMemory
from qresearch.session.navigation import Navigation
from qresearch.session.notices import Notices
from qresearch.session.now import Now, moment_of, now_of
from qresearch.session.options import (
    cost_rates,
    slippage_of,
    span_notice,
    span_of,
    starting_cash,
    volume_cap,
)
from qresearch.session.origins import code_line_of
from qresearch.session.pages import session_html
from qresearch.session.plain import plain_options
from qresearch.session.replay import follow, made, opened
from qresearch.session.results import save_results
from qresearch.session.rules import Rules
from qresearch.session.scripting import to_script
from qresearch.session.simulation import Simulation
from qresearch.session.strategy import Context, Hooks
from qresearch.session.ticket import Ticket, log_of, seen
from qresearch.session.trader import Trader
from qresearch.session.trader_beside import TraderBeside
from qresearch.session.trading import TradingApi
from qresearch.session.voice import Voice
from qresearch.session.watch import Watch
from qresearch.session.what_if import WhatIf

if TYPE_CHECKING:
    from qresearch.views.panels.workbench import Panels, Workbench
    from qresearch.views.plots import Drawing
    from qresearch.views.report import Report

__all__ = ["Now", "Session"]


_OPENED_WITH = ("start", "end", "cash", "positions", "positions_paid", "money_step", "keep_every", "strict", "language")
"""What a journal and a script keep of the constructor, beside the rules."""


@sealed("market", "simulation", "memory")
@told_names(tables=Tables, portfolio=Portfolio)
@told_calls
class Session(TradingApi):
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
    rules : Rules, optional
        :class:`~qresearch.session.rules.Rules`: what trading costs, when and how orders fill, what the account may do.
        Each of them is a keyword here too, and goes before the one in `rules`; None leaves it as it is there.
    money_step : float, currency, optional
        Smallest amount of money: fees and every other posting are rounded half up to it. Default: that of the venue,
        0.01 in China, as brokers do. Finer, such as 0.000001, leaves fees unrounded, as research platforms do.
    keep_every : int
        Keep every such state only, and fold the others again from the events when somebody goes back: for books of
        thousands of positions over thousands of days, whose states would fill the memory.
    strict : bool
        Raise :class:`~qresearch.errors.OrderRejected` for every rejected order.
    language : {"en", "zh"}
        Of all that the session says and shows: messages, explanations, previews, panels and pictures. Tables keep the
        English names of their columns and their codes, exceptions and notices their English sentences.
    journal : path, optional
        A new file that takes every command and event, so that the session survives its process: :meth:`resume` goes on
        from it. Default: nothing is written.
    accounts : mapping of name to mapping, optional
        Accounts beside this one, each with the arguments of :meth:`Accounts.open <.accounts.Accounts.open>`:
        ``accounts={"futures": {"account": "futures", "cash": 100_000}}``. They are found in ``session.account.all``.

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
        rules: Rules | None = None,
        money_step: float | None = None,
        keep_every: int = 1,
        strict: bool = False,
        language: str = "en",
        journal: str | Path | None = None,
        accounts: Mapping[str, Mapping[str, Any]] | None = None,
        costs: str | FeeModel | None = None,
        slippage: str | tuple[str, float] | SlippageModel | Callable[..., Any] | None = None,
        participation: float | None = None,
        clock: str | MarketClock | None = None,
        fill_model: str | FillModel | None = None,
        account: str | AccountKind | None = None,
        sizing: str | SizingPolicy | None = None,
        reserve: str | None = None,
        cancel_latency: str | None = None,
        open_order_margin: bool | None = None,
        match_order: str | None = None,
        shortfall: str | None = None,
        rights: str | None = None,
        delisting: str | None = None,
        dividend_tax: str | float | None = None,
    ) -> None:
        given = locals()
        if not isinstance(market, Market):
            raise UsageError(
                f"Session: market={shown(market)} is a {type(market).__name__}, not a Market. "
                "Make one with qresearch.read_market(...) or qresearch.sample_market()."
            )
        self.market = market = market if money_step is None else market.counted_in(money_step)
        first, last = span_of(market, start, end)
        money = market.venue.money.money("cash", starting_cash(market, cash))
        if rules is not None and not isinstance(rules, Rules):
            raise UsageError(f"Session: rules={shown(rules)} are no Rules. Pass qresearch.Rules(costs='zero').")
        rules = (rules or Rules()).changed(given)
        held = _mapping("positions", positions, "{'600519.SH': 100}")
        self.simulation = Simulation.opened(
            market, first, last, rules.settings(market.venue), rules.models(), cash=money,
            holdings=held, paid=flag("positions_paid", positions_paid),
            keep_every=whole("keep_every", keep_every, example=20),
        )  # fmt: skip
        """The kernel: market, exchange, timeline and account; commands in, events out."""
        self._options = {name: given[name] for name in _OPENED_WITH} | rules.options()
        self._voice = Voice(Words(language), Notices(market.notes))
        self._panels: Panels | None = None
        self._compose(strict=flag("strict", strict))
        beside = _mapping("accounts", accounts, "{'futures': {'account': 'futures', 'cash': 100_000}}")
        self._begin(strategy, None if journal is None else journal_path(journal), beside)
        if (short := span_notice(market, start, end)) is not None:
            self._voice.say(self._voice.message, short)

    # ------------------------------------------------------------------ beginning

    def _compose(self, *, strict: bool) -> None:
        """Put the parts together, each on what it needs of those before it."""
        held: dict[str, Any] = {}
        memory = Memory([held], self._voice.tell, self._live_ticket)
        self._keeper = keeper = Keeper(self.simulation, memory, self._voice)
        self.memory = SessionMemory(held, keeper.remember)
        """The attributes that a strategy has set on its context; kept with every state, restored on going back."""
        self._trader = trader = Trader(self, keeper, strict=strict)
        super().__init__(trader.place, trader.place_batch)
        context, data = Context(trader, held), BarData(self)
        self._host = host = Host(trader, context, data)
        memory.keep_alive(
            {"session": self, "context": context, "data": data, "market": self.market, "log": context.log}
        )
        self._navigation = Navigation(self, Clock(host, strict=strict), trader, Breakpoints(self))
        self._accounts = Accounts(self, self._beside, _report_of_all, self._options)

    def _beside(self, simulation: Follower) -> Session:
        """The session of an account beside this one: a book of its own, and all else is that of this one."""
        session = type(self).__new__(type(self))
        vars(session).update(vars(self) | {"simulation": simulation, "_panels": None})
        trader = TraderBeside(session, self._keeper, simulation, strict=self._trader.strict)
        vars(session)["_trader"] = trader
        TradingApi.__init__(session, trader.place, trader.place_batch)
        return session

    def _begin(self, strategy: object, journal: Path | None, accounts: Mapping[str, Any]) -> None:
        """Open the accounts beside it, load the strategy and let it initialise itself before the first day."""
        keeper, host, branch = self._keeper, self._host, self.simulation.timeline.branch
        host.begin(strategy)
        if journal is not None:
            meta = {
                "fingerprint": self.market.fingerprint,
                "market": repr(self.market),
                "options": plain_options(self._options),
                "strategy": "" if strategy is None else host.strategy.name,
                "source": source_of(strategy),
            }
            keeper.journal = Journal.create(journal, meta, keeper.memory.values, self._voice.tell)
            # A copy: what initialize does joins this very list before the journal writes it.
            keeper.journal.note("root", branch, list(branch.log), None)
        for name, options in accounts.items():
            wanted = _mapping(f"accounts[{name!r}]", options, "{'account': 'futures', 'cash': 100_000}")
            self._accounts.open(name, **wanted)
        initialized = host.initialized()
        if initialized.settings.costs is self.settings.costs:
            self._tell_of_costs()  # a strategy that chose its own needs no word
        keeper.keep("initialize", initialized, keeper.memory.snapshot())
        self._navigation.clock.settle()

    def _tell_of_costs(self) -> None:
        """Say once where the costs that nobody chose are not those of the days of the run."""
        exchange, costs = self.simulation.exchange, self.settings.costs
        if self._options["costs"] != "default" or not isinstance(costs, Costs):
            return
        first, last = (dt.date.fromisoformat(exchange.date(day)) for day in (exchange.first, exchange.last))
        if told := undated(self.market.venue, costs, first, last):
            self.notices.tell(
                f"The default costs are those of today on every day: {told}. costs='historical' charges by date."
            )

    def _live_ticket(self, order_id: str) -> Ticket:
        return self._trader.ticket_on(self.simulation.timeline.branch, int(order_id))

    # ------------------------------------------------------------------ what it says

    @property
    def words(self) -> Words:
        """All that is said to a person, in the language of the session."""
        return self._voice.words

    @property
    def message(self) -> str:
        """What the last call has to say."""
        return self._voice.message

    @message.setter
    def message(self, message: str) -> None:
        self._voice.message = message

    @property
    def notices(self) -> Notices:
        """What a user should know about the data and the run, each once; ``notices.table`` counts them by kind."""
        return self._voice.notices

    # ------------------------------------------------------------------ moving in time

    def step(self, n: int = 1, *, phase: str | None = None, rerun: bool = False, debug: bool = False) -> Session:
        """Go on to the next close, or to the next occurrence of a phase.

        A step is a transaction: if the strategy raises, the session stands where it stood before, and what the step
        had done is in :attr:`attempt`. After going back, steps redo the kept future without calling the strategy;
        placing an order first opens a branch, and so does a step once the strategy has been changed: what the old code
        did is kept on its branch and never passed off as what the new code does.

        Parameters
        ----------
        n : int
            Number of steps. More than there are stop at the end of the session.
        phase : str, optional
            "PRE_OPEN", "OPEN", "INTRADAY", "CLOSE", "AFTER_CLOSE", or "next" for the next one whatever it is. On minute
            data every whole bar is an INTRADAY of its own.
        rerun : bool
            After going back: call the strategy again instead of redoing the kept future. Equal events stay on the
            branch, different ones open another. What was done by hand ahead, to the memory too, is not done again.
        debug : bool
            Open the standard debugger on the first line of each callback (this also calls the strategy again). Inside,
            ``c`` goes on, ``q`` leaves without taking the step.

        Returns
        -------
        Session
            Itself, so that a cell shows where it stands.

        Raises
        ------
        OutOfRange
            The session stands at its last day already; go back, or open one with a later end.
        StrategyError
            A callback raised; mend it and step again.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> session.step(phase="OPEN").now.phase.value
        'OPEN'
        """
        self._navigation.step(n, phase, rerun=rerun, debug=debug)
        return self

    def run(self, until: object = None, *, rerun: bool = False, progress: bool = True, debug: bool = False) -> Session:
        """Step to the end of the session, or until something holds.

        Breakpoints stop it at the end of the phase that hit them, with the reason in the message; running again goes
        on. See :attr:`breakpoints`. After going back it redoes the kept future without calling the strategy, up to
        where the strategy has been changed since: from there the new code runs, on a new branch.

        Parameters
        ----------
        until : str, date or callable, or a list of them, optional
            A date (the last trading day at or before it), on minute data also with a time such as "2024-03-01 10:30"
            (the last bar that has ended by then); a predicate on the session that is asked after every step
            and stops the run when it returns True; the name of a breakpoint, also of a disabled one; or an event such
            as "order.rejected". Of several, the first that comes.
        rerun : bool
            After going back: call the strategy again over the kept future, as :meth:`step` does.
        progress : bool
            Show a progress bar when the run takes more than two seconds.
        debug : bool
            Open the standard debugger inside the callback whose order hits a breakpoint.

        Returns
        -------
        Session

        Raises
        ------
        StrategyError
            A callback raised; everything up to the step before it is kept.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> str(session.run(until="2022-03-10").now.day)[:10]
        '2022-03-10'
        """
        self._navigation.run(until, rerun=rerun, progress=progress, debug=debug)
        return self

    def back(self, n: int = 1) -> Session:
        """Go back some stops. Nothing is erased: step() redoes them, acting opens a branch.

        The variables of the notebook cannot be rewound; ``session.memory`` (the attributes of the context), the
        attributes of a class strategy, the globals of a script and what ``run_daily`` set up are.

        Parameters
        ----------
        n : int
            Number of stops: each step, and each move with ``phase=``, made one.

        Raises
        ------
        OutOfRange
            Beyond the beginning.
        """
        self._navigation.back(n)
        return self

    def goto(self, where: object = None, *, event: int | None = None) -> Session:
        """Go to a kept stop of this branch, back or forward. Never simulates.

        Parameters
        ----------
        where : str, date, int or row of ``session.events``, optional
            A date: the last stop of that day, on minute data with a time the last one up to it. An integer: a stop, 0
            for the beginning, -1 for the last one kept. A row of the events table: the first stop at which it had
            happened.
        event : int, optional
            The number (`seq`) of an event.

        Raises
        ------
        UsageError
            A row that is no event here; no trading day, or nothing is kept there: the message says how far it goes.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01").step(5)
        >>> str(session.goto("2022-03-02").now.day)[:10], str(session.goto(-1).now.day)[:10]
        ('2022-03-02', '2022-03-07')
        """
        self._navigation.goto(where, event, self.simulation)
        return self

    def branch(self, name: str) -> Session:
        """Open a named branch here and stand on it; what lies ahead stays on the old one.

        Parameters
        ----------
        name : str

        Raises
        ------
        UsageError
            The name is taken: choose another, or go there with ``branches.switch``.
        """
        self._navigation.branch(name)
        return self

    @property
    def now(self) -> Now:
        """Day, phase and time at which the session stands; inside a callback, those of the callback."""
        return now_of(self.simulation)

    @property
    def branches(self) -> Branches:
        """All branches: a table, and ``switch``, ``rename`` and ``compare``."""
        return Branches(self, self._navigation)

    @property
    def breakpoints(self) -> Breakpoints:
        """Where ``run`` stops: ``add``, ``enable``, ``disable``, ``remove`` and ``list``."""
        return self._navigation.breakpoints

    @property
    def watch(self) -> Watch:
        """Values to note at every step: ``watch("equity")``, then ``watch.table``."""
        clock = self._navigation.clock
        if clock.watch is None:
            clock.watch = Watch(self, self._keeper.section)
        return clock.watch

    @property
    def what_if(self) -> WhatIf:
        """Preview an order without placing it: ``what_if("buy", "600519", 100)``."""
        return WhatIf(self._trader)

    @property
    def attempt(self) -> Attempt | None:
        """The last step that failed: its events, orders, fills, locals and traceback. None when none has."""
        return self._host.attempt

    @property
    def strategy(self) -> Hooks:
        """The callbacks in force. Assign a function, class, object or path to go on with an edited strategy.

        What the old one remembers is carried over (attributes, globals, ``context``, schedules by the name of their
        function); what the edit itself changes is new. ``initialize`` is not called again.
        """
        return self._host.strategy

    @strategy.setter
    def strategy(self, strategy: object) -> None:
        self._host.exchange(strategy)

    # ------------------------------------------------------------------ trading, beside the Trading API

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
        return self._trader.cancel(order)

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
        return self._trader.ticket(order)

    @property
    def account(self) -> Account:
        """What the account does without the market, such as ``pay_in`` and ``repay``; ``account.all`` of a session."""
        return Account(self.simulation, self._accounts)

    @property
    def settings(self) -> Settings:
        """Costs, slippage and options in force at the cursor."""
        return self.simulation.account.settings

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
        rates = {name: value for name, value in locals().items() if name != "self"}
        self._trader.change(costs=fixed_costs(self.market.venue, **cost_rates(rates)))

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
        changes: dict[str, Any] = {"slippage": slippage_of(kind, size), "slippage_by": ()}
        if not isinstance(participation, str) or participation != "same":
            changes["participation"] = volume_cap(participation)
        self._trader.change(**changes)

    # ------------------------------------------------------------------ looking

    @property
    def portfolio(self) -> Portfolio:
        """Cash, holdings and profit at the last visible prices."""
        simulation = self.simulation
        return Portfolio(simulation.exchange, simulation.account, simulation.starting_equity, self.words)

    @property
    def orders(self) -> pd.DataFrame:
        """Every order ever placed on this branch, one row each.

        Indexed by order id: ``orders.loc[int(ticket)]``. `asked` is the call and its number; `quantity` what was sent,
        `filled`, `leaves` and `canceled` add up to it (shares). `average_price` is NaN without a fill; fees are in the
        currency. `reason` and `why` say what stopped or trimmed it; `placed`, `ended` are days (NaT: not yet).
        """
        listed = self.simulation.orders.now().values()
        return listed_as("orders", frames.orders_frame(self.simulation.exchange, listed), self.words.language)

    @property
    def open_orders(self) -> pd.DataFrame:
        """The orders that are queued or working; columns as in :attr:`orders`."""
        listed = self.simulation.orders.now().open
        return listed_as("orders", frames.orders_frame(self.simulation.exchange, listed), self.words.language)

    @property
    def fills(self) -> pd.DataFrame:
        """Every execution, one row each: ``fills[fills.order_id == int(ticket)]`` are those of a ticket.

        `price` in currency per share; `notional`, `commission`, `stamp_duty`, `transfer_fee` and `net` (what the cash
        changed by, negative for a buy) in the currency.
        """
        found = frames.fills_frame(self.simulation.exchange, self.simulation.log)
        return listed_as("fills", found, self.words.language)

    @property
    def positions(self) -> pd.DataFrame:
        """What is held, one row per symbol.

        `quantity` is `sellable` plus `locked` (bought today, T+1) plus `reserved` (held back by working sells), in
        shares. `average_cost` includes buying fees. `weight` is the part of the equity. `stale` marks a position that
        had no bar today without a delisting on record.
        """
        stale = (self.market.symbols[column] for column in self.simulation.account.stale)
        return listed_as("positions", frames.positions_frame(self.portfolio, stale), self.words.language)

    @property
    def equity(self) -> pd.Series[float]:
        """Equity at every close so far, by trading day, in the currency."""
        return AccountHistory.of(self.simulation).equity_series

    @property
    def events(self) -> pd.DataFrame:
        """Everything that happened, one row per event, in order.

        `quantity` in shares, `price` in currency per share, `amount` and `fee` (of a fill) in the currency, where an
        event has one. `before` and `after` are the states of its order, if it is of one.
        """
        found = frames.events_frame(self.simulation.exchange, self.simulation.log)
        return listed_as("events", found, self.words.language)

    @property
    def tables(self) -> Tables:
        """The account as tables: trade details, positions and portfolio now and by day, round trips, costs, figures.

        ``session.tables.return_summary``; ``session.tables(branch="main")`` gives those of another branch.
        """
        return Tables(self.simulation)

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
            inside the day the first six, and "bid" and "ask" where the data have them. "all", of one symbol: each
            field is a column.
        adjust : {"pre", "post", "none"}
            For corporate actions as of the present day: "pre" makes older prices comparable with today's.
        frequency : {"day", "bar"}
            "bar" on minute data: the bars inside the days, up to the last whole one.

        Returns
        -------
        DataFrame
            One row per trading day, or per bar by the time at which it ends; one column per symbol. NaN: no row.
        """
        wanted = self.market.symbols if symbols is None else symbols_of("symbols", symbols)
        columns = [self.market.column(symbol) for symbol in wanted]
        if not (isinstance(field, str) and field == "all"):
            return frames.history_frame(self.simulation.view, columns, count, field, adjust, frequency)
        if len(columns) != 1:
            raise UsageError(
                f"history: field='all' gives the fields of one instrument, and {len(columns)} are named. "
                "Name one symbol, or one field such as 'close'."
            )
        return frames.bars_frame(self.simulation.view, columns[0], count, adjust, frequency)

    # ------------------------------------------------------------------ telling

    def explain(self, order: str | int, *, language: str | None = None) -> Explanation:
        """Why an order did what it did: what was asked and sent, each check with its numbers, the fill and its fees.

        Works for every order ever placed on this branch, refused ones included; recomputed from the kept states. Of an
        order of a strategy it names the line that asked for it, and ``.code`` holds the function around that.

        Parameters
        ----------
        order : Ticket, str or int
            A ticket (of its own branch), an order id, or an order as a dialect gives it, such as an XtOrder.
        language : {"en", "zh"}, optional
            Of the sentences. Default: that of the session.

        Returns
        -------
        Explanation
            Prints as text, shows as HTML, and ``.data`` is a DataFrame.

        Raises
        ------
        UsageError
            No such order at this point of the timeline, or another language.

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
        self._keeper.refuse_inside_callback("explain")
        say, ticket = self.words.named(language), seen(self, order)
        branch, record = ticket.branch, ticket.record
        assert record is not None  # it has been seen
        places = places_of(record.order_id, log_of(ticket))
        told = explain_order(self.simulation.exchange, branch, places, record, say)
        return told.with_code(code_line_of(branch, record.order_id))

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

        if html is not None:
            html = path_of("html", html, "tearsheet.html")
        if title is not None:
            text("title", title, "My run", empty=True)
        if isinstance(branch, (tuple, list)):
            if len(branch) != len(("first", "second")):
                raise UsageError(
                    f"branch={shown(branch)}: two branches can be compared. Write branch=('main', 'other')."
                )
            return compare(self, *branch, html=html, benchmark=benchmark, title=title)
        return report(self, html, benchmark=benchmark, branch=branch, title=title)

    def show(self, *, language: str | None = None, colours: str | None = None, theme: str = "auto") -> Workbench:
        """Open the workbench: step, trade, and see what every order did, with panels instead of code.

        Parameters
        ----------
        language : {"en", "zh"}, optional
            Of the labels, reasons and messages. Default: that of the session.
        colours : {"red_up", "green_up"}, optional
            Of rising prices. Default: red in a market in CNY, green elsewhere.
        theme : {"auto", "light", "dark"}
            "auto": as JupyterLab, Notebook, VS Code or Voila around it, else as the system prefers.

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

    def plot(self, kind: str = "equity", **options: Any) -> Drawing:
        """Draw the run: a static picture, or an interactive page.

        Parameters
        ----------
        kind : {"equity", "candles", "exposure", "monthly", "orders", "lives", "life", "branches", "page"}
            Equity and drawdown against the benchmark; candles of a `symbol` with volume and order marks; exposure and
            weights; returns by month; orders by state; one row per order through its states; the way of one `order`
            through the table of states; the equity of two branches, `first` and `second`; growth, drawdown, trades and
            holdings as one page in which they are linked.
        **options
            Of the function of that kind in :mod:`qresearch.views.plots`, such as ``theme="dark"``, ``ax=``,
            ``branch=``, or ``symbol=`` of the candles.

        Returns
        -------
        Picture, SvgPicture or RunPage
            Shows itself in a notebook. ``.save(path)`` writes a PNG, an SVG or an HTML file that needs no kernel and no
            network; of a Picture, ``.figure`` is matplotlib's.

        Raises
        ------
        UsageError
            No such kind.
        """
        from qresearch.views.plots import draw  # noqa: PLC0415  # the ring above, only when asked

        return draw(self, kind, **options)

    # ------------------------------------------------------------------ keeping

    def digest(self) -> str:
        """SHA-256 over all events from the beginning to the cursor: two runs with one digest did the same.

        What strategies log and record is left out, and so is what only keeps the clock and the queue in order: by how
        many stops one came here makes no difference.
        """
        return digest_of(self.simulation.log, self.simulation.account.at)

    def save_results(self, directory: str | Path, format: str = "parquet") -> list[Path]:  # noqa: A002  # as pandas
        """Write the tables of the run as files, a README of their columns and units, and the tear-sheet page.

        Parameters
        ----------
        directory : path
            Made when it is missing. Files of an earlier call in it are replaced; those of others stay as they are.
        format : {"parquet", "csv"}

        Returns
        -------
        list of Path
            What was written; the last one lists the files that are ours, to know them again.

        Raises
        ------
        UsageError
            Another format; files of the same names that qresearch did not write, or that were changed since; a folder
            that cannot be written to. Pass a folder of its own.
        """
        return save_results(self, directory, format)

    def save_recording(
        self,
        path: str | Path,
        *,
        symbols: str | Iterable[str] = (),
        source: bool = True,
        title: str | None = None,
        language: str | None = None,
        theme: str = "auto",
    ) -> Path:
        """Write the session as one HTML page that plays it again: for a mail, a web page, a class.

        It opens in any browser, without a kernel and without a network: a chart with a slider of time, the orders,
        fills, positions and the account at every kept moment of every branch, why each order did what it did, and the
        strategy with the line that asked for it. Nothing after the last simulated moment is in it.

        Parameters
        ----------
        path : path
        symbols : str or iterable of str
            Instruments to show beside those that were traded or held.
        source : bool
            False leaves the code of the strategy out.
        title : str, optional
            Default: the strategy and the days.
        language : {"en", "zh"}, optional
            In which the page opens; it speaks both. Default: that of the session.
        theme : {"auto", "light", "dark"}
            In which it opens: "auto" is what the reader's system prefers.

        Returns
        -------
        Path

        Raises
        ------
        UsageError
            Somebody else's file stands there, or it cannot be written; choose another name.

        Examples
        --------
        >>> import tempfile, qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
        >>> ticket = session.buy("604018", 1000)
        >>> session.step(2).save_recording(tempfile.mkdtemp() + "/story.html").name
        'story.html'
        """
        from qresearch.views.recording import save_recording  # noqa: PLC0415  # the ring above, only when asked

        self._keeper.refuse_inside_callback("save_recording")
        if title is not None:
            text("title", title, "My run", empty=True)
        return save_recording(
            self, path_of("path", path, "story.html"), symbols=symbols_of("symbols", symbols),
            source=flag("source", source), title=title, language=language, theme=theme,
        )  # fmt: skip

    def to_script(self, path: str | Path | None = None, *, kind: str = "session", market: str | None = None) -> str:
        """The session as a plain Python program that ends with the same digest; see :func:`~.scripting.to_script`."""
        self._keeper.refuse_inside_callback("to_script")
        return to_script(self, self._options, path, kind=kind, market=market)

    @classmethod
    def resume(
        cls, path: str | Path, market: Market, strategy: object = None, *, verify: bool = False,
        account: AccountKind | None = None, clock: MarketClock | None = None, costs: FeeModel | None = None,
        fill_model: FillModel | None = None, sizing: SizingPolicy | None = None,
        slippage: SlippageModel | Callable[..., Any] | None = None,
    ) -> Session:  # fmt: skip
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
        account, clock, costs, fill_model, sizing, slippage : object, optional
            Models of your own with which the session was opened, such as ``fill_model=MyModel()``: a journal holds
            their names and parameters only.

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
        file = path_of("path", path, "run.qsession")
        verify = flag("verify", verify)
        contents = opened(file, market)
        given = {"account": account, "clock": clock, "costs": costs, "fill_model": fill_model, "sizing": sizing}
        session = made(cls, market, contents.meta, {**given, "slippage": slippage})
        follow(session._navigation.clock, contents, file, strategy, verify=verify)
        return session

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
        strict: bool | None = None,
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
        dialect : {"joinquant", "easyquant", "xtquant", "lean"}
            The system: see :mod:`qresearch.dialects.joinquant`, :mod:`qresearch.dialects.easyquant`,
            :mod:`qresearch.dialects.xtquant` and :mod:`qresearch.dialects.lean`.
        data : mapping of str to DataFrame or path, optional
            Tables that the script asks for, such as fundamentals and index members; names and columns stand in
            :data:`qresearch.dialects.joinquant.TABLES`. Of "lean" the path of a data folder.
        strict : bool, optional
            False: settings that are not known pass with a notice; of "xtquant" calls that hang a real client are
            answered, with a notice. Default: True, and False for "xtquant".
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

        choose("dialect", dialect, ("joinquant", "easyquant", "xtquant", "lean"))
        choose("frequency", frequency, ("day", "minute"))
        return open_script(
            cls, script, market, dialect=dialect, start=start, end=end, cash=cash, frequency=frequency, data=data,
            strict=None if strict is None else flag("strict", strict), options=options,
        )  # fmt: skip

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        self.simulation.__reduce_ex__(protocol)

    def __repr__(self) -> str:
        facts = {"branch": self.simulation.timeline.branch.name, "equity": f"{self.portfolio.equity:,.2f}"}
        text = self.words.tell(Said("session_at", moment=moment_of(self.simulation), **facts))
        return f"{text} {self.message}" if self.message else text

    def _repr_html_(self) -> str:
        return session_html(self)


def _report_of_all(accounts: Accounts, html: object, benchmark: Any, title: str | None) -> Report:
    """The report of several accounts; see :meth:`Accounts.report`."""
    from qresearch.views.several import report_of_all  # noqa: PLC0415  # the ring above, only when asked

    page = None if html is None else path_of("html", html, "tearsheet.html")
    if title is not None:
        text("title", title, "All accounts", empty=True)
    held = {name: accounts[name] for name in accounts}
    return report_of_all(held, accounts.returns, page, benchmark, title)


def _mapping(name: str, value: object, example: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{name}={shown(value)} is a {type(value).__name__}, not a mapping of names. Write it as {name}={example}."
        )
    return value
