"""The session: a market, an account and a clock that a person steps, in both directions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, SupportsIndex

from qresearch.domain import events
from qresearch.domain.arguments import flag, function, whole
from qresearch.domain.arguments import path as path_of
from qresearch.domain.arguments import price as price_of
from qresearch.domain.calls import told_calls
from qresearch.domain.moment import AFTER_CLOSE, Moment
from qresearch.domain.settings import Settings
from qresearch.domain.state import State
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.immediate import placing
from qresearch.engine.valuation import market_values
from qresearch.errors import (
    MarketWarning,
    UsageError,
    choose,
    shown,
)
from qresearch.market.market import Market
from qresearch.sentences import Said, Words
from qresearch.session.digest import digest_of
from qresearch.session.editing import source_of
from qresearch.session.html import session_html
from qresearch.session.journal import Journal
from qresearch.session.journal_file import journal_path
from qresearch.session.looking import Looking
from qresearch.session.memory import Memory, SessionMemory
from qresearch.session.navigation import Now
from qresearch.session.notices import Notices
from qresearch.session.options import (
    recorded,
    settings_of,
    span_of,
    starting_cash,
    written,
)
from qresearch.session.orders import OrderBook
from qresearch.session.plain import plain_options
from qresearch.session.replay import resume
from qresearch.session.scripting import to_notebook, to_script
from qresearch.session.strategy import BarData, Context
from qresearch.session.ticket import Ticket
from qresearch.session.timeline import Branch, Timeline

__all__ = ["Now", "Session"]


@told_calls
class Session(Looking):
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
        those of LEAN's equity model on whole bars (:mod:`qresearch.engine.lean_model`).
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
    language : {"en", "zh"}
        Of all that the session says and shows: messages, explanations, previews, panels and pictures. Tables keep the
        English names of their columns and their codes, exceptions and notices their English sentences.
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
        language: str = "en",
        journal: str | Path | None = None,
    ) -> None:
        options = {
            name: value for name, value in locals().items() if name not in {"self", "market", "strategy", "journal"}
        }
        if not isinstance(market, Market):
            raise UsageError(
                f"Session: market={shown(market)} is a {type(market).__name__}, not a Market. "
                "Make one with qresearch.read_market(...) or qresearch.sample_market()."
            )
        self.market = market = market if money_step is None else market.counted_in(money_step)
        self._strict, self._words = flag("strict", strict), Words(language)
        self._dialect: Callable[[object], object] | None = None
        self._benchmark, self._panels = None, None
        self.message = ""
        """What the last call has to say."""
        self.notices = Notices(market.notes)
        """What a user should know about the data and the run, each once; ``notices.table`` counts them by kind."""
        held: dict[str, Any] = {}
        self.memory = SessionMemory(held, self._remember)
        """The attributes that a strategy has set on its context; kept with every state, restored on going back."""
        first, last = span_of(market, start, end)
        self._exchange = Exchange(market, first, last)
        # Orders look up symbols that were seen before here, without a call.
        self._known = market.panel.columns.resolved
        settings = settings_of(market, options)
        self._decide_on = placing(settings)  # chosen once: every order of a strategy comes through it
        self._begin_navigation()
        self._book: tuple[Branch | None, OrderBook] = (None, OrderBook())
        self._open(settings, starting_cash(market, cash), _holdings(positions), flag("positions_paid", positions_paid))
        self._context = Context(self, held)
        self._data = BarData(self)
        self._options = options
        self._begin(strategy, held, None if journal is None else journal_path(journal))

    # ------------------------------------------------------------------ beginning

    def _open(self, settings: Settings, cash: float, positions: Mapping[str, int], paid: bool) -> None:
        day = self._exchange.first - 1
        draft = Draft(_blank(day, settings))
        draft.emit(events.AccountOpened(draft.at, self._exchange.money.money("cash", cash), settings))
        for symbol, quantity in positions.items():
            self._seed(draft, symbol, quantity, paid=paid)
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
        cost_price = price_of("cost price", cost_price)
        draft = self._draft or Draft(self._timeline.state)
        before, money = draft.cash, self._exchange.money
        cost = money.notional(money.price_units(cost_price), whole("quantity", quantity, example=1000))
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
        quantity = whole(f"positions: shares of {symbol}", quantity, example=1000)
        if not price > 0 or self._exchange.closing_day[column] <= self._exchange.first:
            raise UsageError(
                f"positions: {symbol} has no price on both sides of {self._exchange.date(self._exchange.first)}, so it "
                "cannot be held then. Start later or leave it out."
            )
        if cost_price is not None:
            price = cost_price
        cost = self._exchange.money.notional(self._exchange.money.price_units(price), quantity)
        draft.emit(events.PositionSeeded(draft.at, column, quantity, cost, cost if paid else 0))

    def _begin(self, strategy: object, held: dict[str, Any], journal: Path | None) -> None:
        """Load the strategy and let it initialise itself before the first day."""
        live = {
            "session": self,
            "context": self._context,
            "data": self._data,
            "market": self.market,
            "log": self._context.log,
        }
        self._memory = Memory([held], self._tell, self._live_ticket, live)
        self._begin_strategy(strategy)
        if journal is not None:
            name = "" if strategy is None else self._strategy.name
            self._journal = self._open_journal(journal, name, source_of(strategy))
            # A copy: what initialize does joins this very list before the journal writes it.
            self._journal.note("root", self._timeline.branch, list(self._timeline.branch.log), None)
        self._keep("initialize", self._initialized(), self._memory.snapshot())
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

    # ------------------------------------------------------------------ keeping

    def digest(self) -> str:
        """SHA-256 over all events from the beginning to the cursor: two runs with one digest did the same.

        What strategies log and record is left out, and so is what only keeps the clock and the queue in order: by how
        many stops one came here makes no difference.
        """
        return digest_of(self._log(), self._account.at)

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
        return resume(cls, path_of("path", path, "run.qsession"), market, strategy, verify=flag("verify", verify))

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
            strict=flag("strict", strict), options=options,
        )  # fmt: skip

    def to_script(self, path: str | Path | None = None, *, kind: str = "session", market: str | None = None) -> str:
        """The session as a plain Python program that ends with the same digest; see :func:`~.scripting.to_script`."""
        return to_script(self, path, kind=kind, market=market)

    def to_notebook(self, path: str | Path, *, market: str | None = None) -> Path:
        """The session as a notebook that ends with the same digest; see :func:`~.scripting.to_notebook`."""
        return to_notebook(self, path, market=market)

    def _write_log(self, level: str, words: tuple[object, ...]) -> None:
        self._note(events.Logged(self._account.at, level, " ".join(map(written, words))))

    def _record_values(self, values: Mapping[str, float]) -> None:
        pairs = tuple((name, recorded(name, value)) for name, value in values.items())
        self._note(events.Recorded(self._account.at, pairs))

    def _note(self, event: events.Logged | events.Recorded) -> None:
        draft = self._draft or Draft(self._timeline.state)
        draft.emit(event)
        if self._draft is None:
            self._commit_command(draft)

    def _schedule(self, func: Callable[[Context], object], when: int) -> None:
        self._memory.schedules.add(when, function("run_daily: func", func, "the context"))

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

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        # Of copy, deepcopy and pickle, also of all that hangs on a session: tables, branches, panels.
        raise UsageError(
            "A session cannot be copied or pickled. To try two ways, act on a branch: session.branch('other'). To keep "
            "it, use Session(journal=...) and Session.resume, or session.to_script(); for other processes, open a "
            "session in each: a Market can be pickled."
        )

    def __repr__(self) -> str:
        facts = {"branch": self._timeline.branch.name, "equity": f"{self.portfolio.equity:,.2f}"}
        text = self._words.tell(Said("session_at", moment=self._moment, **facts))
        return f"{text} {self.message}" if self.message else text

    def _repr_html_(self) -> str:
        return session_html(self)


def _holdings(positions: object) -> Mapping[str, int]:
    if positions is None:
        return {}
    if not isinstance(positions, Mapping):
        raise UsageError(
            f"positions={shown(positions)} is a {type(positions).__name__}, not shares by symbol. "
            "Write them as positions={'600519.SH': 100}."
        )
    return positions


def _blank(day: int, settings: Settings) -> State:
    return State(Moment(day, AFTER_CLOSE), 0, 0, {}, (), {}, {}, 0, settings, frozenset(), {}, {})
