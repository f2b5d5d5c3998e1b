"""The exchange: a market between two days, with what its rules imply precomputed per instrument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from qresearch.domain import events
from qresearch.domain.asked import LARGEST
from qresearch.domain.commands import Deed
from qresearch.domain.fees import Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import Debt
from qresearch.domain.moment import CLOSE, INTRADAY, OPEN, Moment
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.settings import Costs, Own, Settings
from qresearch.domain.state import OpenOrder, State
from qresearch.domain.terms import BORROWING, OF_ONE_KIND, Effect, Terms
from qresearch.engine.draft import Draft
from qresearch.engine.fees import BOARDS, FeeBook, FeeModel, OwnFees, OwnRates, Rates
from qresearch.engine.fills import Bar, Quote
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.sizing_policy import SIZINGS, SizingPolicy
from qresearch.engine.slippage import SlippageModel, Slipping
from qresearch.errors import OutOfRange, UsageError
from qresearch.market.intraday import Intraday
from qresearch.market.limits import opening_bands
from qresearch.market.market import Market
from qresearch.market.panel import Panel
from qresearch.market.rulebook import RuleBook
from qresearch.market.rules import LotRule
from qresearch.market.view import View

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_NEVER = 2**62
_OF_OTHERS = {
    **dict.fromkeys((Deed.REPAY, Deed.GIVE_BACK), ("owes nothing", "margin")),
    **dict.fromkeys((Deed.LOCK, Deed.UNLOCK, Deed.EXERCISE), ("holds no options", "options")),
    **dict.fromkeys((Deed.CONVERT, Deed.PUT_BACK), ("holds no bonds by their terms", "bond")),
}
"""What an account of another kind does not do, and the kind that does."""


class MarketClock(Protocol):
    """When a request meets the market. :mod:`qresearch.engine.clocks` has ours; another one has these methods.

    Attributes
    ----------
    name : str
        How the settings and the log call it.
    handle_data : int
        Phase at which a strategy decides.
    in_call : bool
        A request of trading hours meets the market inside its call, and one from before the open meets that open.
    """

    name: str
    handle_data: int
    in_call: bool

    def place(  # noqa: PLR0917  # in the order of the call
        self, draft: Draft, exchange: Exchange, instrument: int, method: int, asked: float, terms: Terms, /
    ) -> bool:
        """Decide on a request, and let it meet the market if it does so inside the call; False when it was refused."""

    def meets_now(self, draft: Draft, terms: Terms, /) -> bool:
        """True when a request meets the market inside the call."""

    def at_open(self, draft: Draft, exchange: Exchange, /) -> None:
        """The open of a day: requests that wait for it, and what rests."""

    def in_bar(self, draft: Draft, exchange: Exchange, /) -> None:
        """A whole bar inside a day."""

    def at_close(self, draft: Draft, exchange: Exchange, /) -> None:
        """The close of a day, before orders end with it."""


class Fills(Protocol):
    """When and at what price working orders fill. :mod:`qresearch.engine.fill_models` has ours.

    A model of your own may be as small as :class:`~qresearch.engine.fills.FillModel`, which asks about one order and
    one price or bar.

    Attributes
    ----------
    name : str
        How the settings and the log call it.
    asks_whole_bars : bool
        Orders with terms of their own are asked with whole bars only, and never at an opening price.
    """

    name: str
    asks_whole_bars: bool

    def at_price(self, order: OpenOrder, opened: float, /) -> Quote:
        """What an order does at an opening price."""

    def at_open(self, exchange: Exchange, draft: Draft, order: OpenOrder, /) -> Quote:
        """What an order does at the open of the bar at which an account stands."""

    def in_bar(self, exchange: Exchange, draft: Draft, order: OpenOrder, bar: Bar, /) -> Quote:
        """What an order that did nothing at the open does with the whole bar."""

    def concerns(self, bars: Intraday, row: int, order: OpenOrder, /) -> bool:
        """True when a bar inside the day has something for an order."""

    def looks_again(self, draft: Draft, order: OpenOrder, /) -> bool:
        """True when a market order that found nothing at an open is asked with the whole bar too."""

    def first_day(self, exchange: Exchange, day: int, /) -> dt.date:
        """The first date on which an order that comes too late for a day can work."""

    def last_day(self, exchange: Exchange, day: int, /) -> dt.date:
        """The latest date whose orders end with a day."""


class AccountKind(Protocol):
    """What an account of a kind holds, binds and owes. :mod:`qresearch.engine.accounts` has ours.

    Nothing else in the engine knows the kinds apart. Whatever a kind computes stands as an amount in the events that it
    gives (the postings of :mod:`qresearch.domain.events`), so that what folds a log needs no kind. A kind that inherits
    from this class need not say what most kinds say.

    Attributes
    ----------
    name : str
        How the settings and the log call it.
    is_plain : bool
        It holds cash and shares paid in full, and nothing else: its plain orders may be matched as one batch, and it is
        worth its cash and its shares at their marks.
    settles : bool
        Something happens to it after the close of every day, such as a settlement or a call.
    two_sided : bool
        A target may be below nothing.
    borrows : bool
        It may owe money or shares, and is told by its maintenance ratio.
    accrues : bool
        What it holds earns interest by the calendar, beside its price.
    holding_words : tuple of str
        Keys of the words that head a table of what it holds: all, what may be closed, and what is told beside: what
        may not ("locked", "locked_units"), or what was opened today ("of_today").
    """

    name: str
    is_plain: bool = False
    settles: bool = True
    two_sided: bool = False
    borrows: bool = False
    accrues: bool = False
    holding_words: tuple[str, str, str] = ("held", "sellable", "locked")

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterable[events.Record]:
        """Before the open: dividends, interest, deliveries; `nights` since the trading day before, by the calendar."""

    def carries(self, item: Instrument, /) -> bool:
        """Whether an instrument can be held in such an account."""

    def closable(  # an order, where it stands
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """What an order for a signed quantity would close; None where it opens a holding."""

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """Value and fees of a fill of a signed quantity, as of :meth:`Exchange.charge`."""

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """What an order binds for a signed quantity; of one that closes what it costs beyond its proceeds."""

    def unit_need(self, account: Draft | State, exchange: Exchange, instrument: int, price: float, /) -> float | None:
        """Currency that one unit of an order by value is for; None: its price, and the value bounds it at the match."""
        return None

    def lot_reason(self, item: Instrument, /) -> Reason:
        """Why an order of an instrument is refused, or cut, that is no whole number of steps."""
        return Reason.LOT_SIZE

    def pool(  # as closable
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Pool:
        """Out of which money an order is paid; most kinds have one pool."""
        return Pool.OWN

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """Money steps of a pool that a new order may use, before what resting orders hold back."""

    def withdrawable(self, account: Draft | State, exchange: Exchange, /) -> int:
        """Money steps that may be paid out, before what resting orders hold back."""
        return self.available(account, exchange, Pool.OWN)

    def posts_itself(  # as closable
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> bool:
        """True where a fill changes cash and shares by itself; else it is a record, and what follows changes them."""
        return self.is_plain

    def refusal(  # as closable
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, terms: Terms, /
    ) -> Refusal | None:
        """Why an order is not taken at all, asked when it is placed; None when it is.

        Raises
        ------
        UsageError
            An effect that such an account does not know, or one on the wrong side.
        """
        if terms.effect not in OF_ONE_KIND:
            return None
        does, kind = ("borrows nothing", "margin") if terms.effect in BORROWING else ("writes no options", "options")
        raise UsageError(
            f"{terms.effect.value}: an account of this kind {does}. "
            f"Open a session with account='{kind}', or leave the style out."
        )

    def act(  # what was asked for
        self, draft: Draft, exchange: Exchange, deed: Deed, amount: int, instrument: int, /
    ) -> Iterable[events.Record]:
        """What happens where something is done without the market.

        Raises
        ------
        UsageError
            Such an account cannot do it, or not now.
        """
        does, kind = _OF_OTHERS[deed]
        raise UsageError(
            f"{deed.value.lower()}: an account of this kind {does}. Open a session with account='{kind}' for that."
        )

    def accrued(self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, /) -> int:
        """Money steps that so many units are worth beside their price, and cost beside it: accrued interest."""
        return 0

    def interest(self, debt: Debt, /) -> int:
        """What has accrued on a debt and is not paid, money steps."""
        return 0

    def stirred_by(self, exchange: Exchange, /) -> Mapping[int, Iterable[int]] | None:
        """What may happen to an account by itself: by day (index), the instruments to which it happens.

        On other days, and where none of them is held or asked for, no phase does anything to it. None: any phase may.
        """
        return None

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterable[events.Record]:
        """What follows a fill; asked before it, told after it."""

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterable[events.Record]:
        """After the close: daily settlement, expiry, calls."""

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """What the account is worth where it stands."""


def _lot(item: Instrument, usual: LotRule) -> LotRule:
    """Least order and step of a bond: its own, or those of its board."""
    lot, minimum = (getattr(item.bond, name, None) for name in ("lot", "minimum"))
    step = lot or usual.step
    return LotRule(minimum or max(usual.minimum, step) if lot is None else minimum or step, step)


def _lots(rules: RuleBook, listed: Sequence[Instrument], boards: list[int], carries: list[bool]) -> list[LotRule]:
    """Least order and step of each instrument, which stands on a board by its number in BOARDS."""
    # What is not traded, or not carried, takes no order: no size passes unchecked.
    untraded = LotRule(2**62, 1)
    rules_of = [rules.lot(board) if rules.trades(board) else untraded for board in BOARDS]
    usual = [LotRule(max(rule), rule.step) for rule in rules_of]
    rows = zip(listed, boards, carries, strict=True)
    return [
        untraded if not is_carried else usual[board] if item.bond is None else _lot(item, usual[board])
        for item, board, is_carried in rows
    ]


class Models(NamedTuple):
    """The models that a session runs by.

    Parameters
    ----------
    clock : MarketClock
    fills : Fills
    account : AccountKind
    sizing : SizingPolicy or None
    fees : FeeModel or None
    slippage : SlippageModel or None
        The last three are those of the user's own; settings name others by themselves.
    """

    clock: MarketClock
    fills: Fills
    account: AccountKind
    sizing: SizingPolicy | None = None
    fees: FeeModel | None = None
    slippage: SlippageModel | None = None


class Exchange:
    """What the deciding functions need to know about a market; holds no state, but its last answer.

    Parameters
    ----------
    market : Market
    first, last : int
        Indices of the first and the last trading day of the session.
    models : Models
    """

    _charged: tuple[Intent, int, Costs | Own, int, tuple[int, Fees]] | None = None
    """The last fill that was charged, and what: whether it can be paid is asked just before it is booked."""

    def __init__(self, market: Market, first: int, last: int, models: Models) -> None:
        self.market, self.first, self.last = market, first, last
        self.clock, self.fills, self.account = models.clock, models.fills, models.account
        self._models = models
        self.money = market.venue.money
        panel, listed = market.panel, market.instruments
        rules = market.venue.rules
        numbers = {board: number for number, board in enumerate(BOARDS)}
        # Thousands are listed on a few boards, whose rules are found by a number: a board takes longer to look up.
        boards = [numbers[item.board] for item in listed]
        traded = [rules.trades(board) for board in BOARDS]
        # Prices that a vendor has adjusted are on no tick.
        ticks = [0.0 if panel.adjusted else rules.tick(board) for board in BOARDS]
        carries = [self.account.carries(item) for item in listed]
        self.trades = [traded[board] and carried for board, carried in zip(boards, carries, strict=True)]
        """False for what can only be looked at, such as an index, and for what such an account cannot hold."""
        self.not_traded = [Reason.NOT_CARRIED if traded[board] else Reason.NOT_TRADABLE for board in boards]
        """Why an order of it is refused then."""
        self._units = [_units_by_day(item, market.days) for item in listed]
        lot_rules = _lots(rules, listed, boards, carries)
        self.lot_reason = [self.account.lot_reason(item) for item in listed]
        """Why an order is refused, or cut, that is no whole number of steps."""
        self.lot_minimum = [rule.minimum for rule in lot_rules]
        self.lot_step = [rule.step for rule in lot_rules]
        placed = list(zip(listed, boards, strict=True))
        steps = [ticks[board] if item.contract is None else item.contract.tick for item, board in placed]
        self.steps = np.array(steps, dtype=np.float64)
        self.lot_sizes = np.array(self.lot_step, dtype=np.int64)
        self.least_sizes = np.array(self.lot_minimum, dtype=np.int64)
        self.safe_size = _safe_sizes(market)
        """Shares up to which an order of an instrument is too large under no rule of any day."""
        self.lot_shares = rules.order_lot
        at_once = [rules.same_day_sale(board) for board in BOARDS]
        self.same_day = [item.same_day_sale or at_once[board] for item, board in placed]
        self.board = np.array(boards, dtype=np.int64)
        self.closed = market.closed
        """Days on which the account cannot trade although others do, by day and instrument; None without any."""
        self.has_limits, self.may_suspend = panel.has_limits, panel.has_suspensions or self.closed is not None
        self.may_idle = panel.has_idle_days
        self.closing_day = [self._closing_day(instrument, item) for instrument, item in enumerate(listed)]
        """First day on which a recorded delisting ends an instrument; far away where none is on record."""
        self.open_until = [min(last, day) for day in self.closing_day]
        """Day from which no request of an instrument can be met any more, by the session's end or by a delisting."""
        self.closing: dict[int, list[int]] = {}
        for instrument, day in enumerate(self.closing_day):
            if day < len(market.days):
                self.closing.setdefault(day, []).append(instrument)
        self.breaks, self.resumes = panel.gaps
        self.opening_bands = opening_bands(rules, panel.days, listed, panel.pre_close) if panel.has_limits else {}
        """Bounds of the first opening auction of new listings, by day and instrument."""
        self.plain_size = list(zip(self.lot_step, self.lot_minimum, self.safe_size, self.open_until, strict=True))
        """Step, least and largest order of each instrument, and the day from which it takes none, looked up at once."""
        self.plain_sizes = np.array(self.plain_size, dtype=np.int64)
        self.intraday = panel.intraday
        """The bars inside the days; None on daily data."""
        self._fee_books: dict[Costs | Own, FeeBook | OwnFees] = {}
        self._latest: tuple[Costs | Own, FeeBook | OwnFees] | None = None
        self.stirred = self._stirred()
        """What may happen by itself: day to instruments; None where every phase has to be asked."""
        self.slipping = Slipping(models.slippage, market.instruments)

    def _stirred(self) -> dict[int, frozenset[int]] | None:
        by_kind = self.account.stirred_by(self)
        if by_kind is None:
            return None
        known = (by_kind, self.breaks, self.resumes)
        return {day: frozenset[int]().union(*(each.get(day, ()) for each in known)) for day in set().union(*known)}

    def _closing_day(self, instrument: int, item: Instrument) -> int:
        """Index of the day on which a recorded delisting closes positions: after the last row, whatever the record.

        A contract, or a bond, ends after its last trading day.
        """
        if item.last_day is not None:
            last = np.datetime64(item.last_day, "D")
            beyond = last > self.market.days[-1]
            return _NEVER if beyond else int(np.searchsorted(self.market.days, last, side="right"))
        if item.delist_date is None:
            return _NEVER
        found = int(np.searchsorted(self.market.days, np.datetime64(item.delist_date, "D")))
        return max(found, int(self.market.panel.last_row[instrument]) + 1)

    def multiplier(self, instrument: int, day: int) -> int:
        """Units of the underlying in one unit on a day (index): 1 of what is paid in full."""
        steps = self._units[instrument]
        return steps[0][1] if len(steps) == 1 else next(units for first, units in reversed(steps) if first <= day)

    def view(self, account: Draft | State) -> View:
        """What can be known where an account stands."""
        return View(self.market, account.at)

    @property
    def may_wait(self) -> bool:
        """False where every order finds somebody at every open."""
        return self.may_suspend or self.may_idle or self.has_limits or bool(self.opening_bands)

    def bar_count(self, day: int) -> int:
        """Number of bars inside a day; 0 on daily data."""
        return self.intraday.counts[day] if self.intraday is not None and 0 <= day < len(self.market.days) else 0

    def next_moment(self, at: Moment) -> Moment:
        """The moment that follows within a day; a day without bars has the phases of a daily one."""
        day, phase, bar = at
        count = self.bar_count(day)
        if phase == INTRADAY and bar < count:
            return Moment(day, INTRADAY, bar + 1)
        phase += 1
        if phase in {OPEN, INTRADAY}:
            return Moment(day, phase, min(1, count))
        return Moment(day, phase, count if phase == CLOSE else 0)

    def time_text(self, account: Draft | State) -> str:
        """The end of the bar at which an account stands, as text."""
        bars, row = self.bars(account)
        return str(bars.times[row] if isinstance(bars, Intraday) else bars.days[row]).replace("T", " ")

    def bars(self, account: Draft | State) -> tuple[Panel | Intraday, int]:
        """The bar at which an account stands: the arrays that hold it, and its row in them."""
        if account.bar and self.intraday is not None:
            return self.intraday, self.intraday.row(account.day, account.bar)
        return self.market.panel, account.day

    def openings(
        self, account: Draft | State, instruments: NDArray[np.int64], quantities: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Prices at which orders meet the open of the bar at which an account stands.

        The open of the bar; after the first bar of a day a buy pays the ask and a sell gets the bid that was quoted at
        the end of the bar before, where the data have quotes: what could be seen when the order was given.

        Returns
        -------
        (C,) ndarray of float64, currency per share
            NaN where nobody traded in the bar, or on the day, and nothing was quoted.
        """
        source, row = self.bars(account)
        if isinstance(source, Panel):
            opened: NDArray[np.float64] = source.open[row].take(instruments)
            return np.where(source.idle[row, instruments], np.nan, opened) if self.may_idle else opened
        prices = source.opens(row, instruments)
        if account.bar > 1 and source.has_quotes:
            quotes = source.quotes(row - 1, instruments, quantities)
            prices = np.where(np.isnan(quotes), prices, quotes)
        return prices

    def blocked(self, day: int, instruments: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Instruments that are known not to trade at the open of a day.

        On minute data only the flag of the day tells: a first bar without trades may be followed by others.
        """
        panel = self.market.panel
        known: NDArray[np.bool_] = (panel.paused if self.bar_count(day) else panel.suspended)[day, instruments]
        return known if self.closed is None else known | self.closed[day, instruments]

    def is_idle(self, day: int, instrument: int) -> bool:
        """True on a day of daily bars on which an instrument was open for trading and nobody traded."""
        return self.may_idle and bool(self.market.panel.idle[day, instrument])

    def bounds(self, account: Draft | State, instrument: int) -> tuple[float, float]:
        """Highest and lowest price at which an instrument can trade where an account stands; NaN: no bound."""
        panel, day = self.market.panel, account.day
        if account.phase == OPEN and day in self.opening_bands and instrument in self.opening_bands[day]:
            return self.opening_bands[day][instrument]
        return float(panel.limit_up[day, instrument]), float(panel.limit_down[day, instrument])

    def is_delisted(self, instrument: int) -> bool:
        """True when a delisting is on record, however far ahead: what comes before it is a suspension."""
        return self.closing_day[instrument] < _NEVER

    def rates(self, costs: Costs | Own, day: int) -> Rates | OwnRates:
        """What charges the fills of a day under a cost setting."""
        latest = self._latest
        if latest is not None and latest[0] is costs:
            return latest[1].at(day)  # of the settings in force: no hash is made of them for every fill
        book = self._fee_books.get(costs)
        if book is None:
            if isinstance(costs, Costs):
                book = FeeBook(self.market, costs, self.board)
            else:
                assert self._models.fees is not None  # settings name one only where it was given
                book = OwnFees(self.market, self._models.fees)
            self._fee_books[costs] = book
        self._latest = costs, book
        return book.at(day)

    def charge(self, account: Draft | State, intent: Intent, quantity: int) -> tuple[int, Fees]:
        """Value and fees of a fill; the least commission is charged once per order.

        Parameters
        ----------
        account : Draft or State
        intent : Intent
        quantity : int, shares
            Signed.
        """
        costs, day, known = account.settings.costs, account.day, self._charged
        if known is not None and known[0] is intent and known[1] == quantity and known[2] is costs and known[3] == day:
            return known[4]
        notional = self.money.notional(self.money.price_units(intent.price), abs(quantity))
        fees = self.rates(costs, day).charge(
            intent.instrument, quantity, notional, before=intent.notional, charged=intent.fees
        )
        self._charged = intent, quantity, costs, day, (notional, fees)
        return notional, fees

    def sizing(self, settings: Settings) -> SizingPolicy:
        """The policy of sizing of some settings."""
        if isinstance(settings.sizing, str):
            return SIZINGS[settings.sizing]
        assert self._models.sizing is not None  # as above
        return self._models.sizing

    def nights(self, day: int) -> int:
        """Calendar days between a trading day (index) and the one before it; 0 for the first of the market."""
        return int(self.market.days[day].astype(int) - self.market.days[day - 1].astype(int)) if day else 0

    def refuse_beyond(self) -> NoReturn:
        """Raise OutOfRange for a step beyond the last day."""
        raise OutOfRange(
            f"{self.date(self.last)} is the last trading day of this session: there is no next one. "
            "Go back, or open a session with a later end."
        )

    def today(self, account: Draft | State, *, later: int = 0) -> dt.date:
        """The date at which an account stands, or some trading days later, inside the data."""
        days = self.market.days
        found: dt.date = days[min(max(account.day, 0) + later, len(days) - 1)].astype(object)
        return found

    def date(self, day: int) -> str:
        """A day (index) as text."""
        return str(self.market.days[day])


def _safe_sizes(market: Market) -> list[int]:
    """Shares up to which an order of each instrument is too large under no rule of any day."""
    rules, listed = market.venue.rules, market.instruments
    most = {board: rules.largest_order_ever(board) or LARGEST for board in BOARDS}
    sizes = [most[item.board] if item.option is None else min(item.option.maxima or (LARGEST,)) for item in listed]
    if rules.daily_buys:
        # How much may be bought of a warned share hangs on the day and on what was bought already.
        for instrument in np.flatnonzero(market.panel.is_st.any(axis=0)).tolist():
            sizes[instrument] = 0
    return sizes


_ONE_UNIT = ((-1, 1),)


def _units_by_day(item: Instrument, days: NDArray[np.datetime64]) -> tuple[tuple[int, int], ...]:
    """(first day, units of the underlying in one unit) of an instrument: one row but for options that were adjusted."""
    contract = item.contract
    if contract is None:
        return _ONE_UNIT
    if contract.option is None:
        return ((-1, contract.multiplier),)
    since = (terms.since or dt.date.min for terms in contract.option.terms)
    rows = zip(since, (terms.unit for terms in contract.option.terms), strict=True)
    first, *others = [(int(np.searchsorted(days, np.datetime64(begins, "D"))), units) for begins, units in rows]
    return ((-1, first[1]), *others)
