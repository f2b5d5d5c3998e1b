"""A margin account of the United States: signed holdings behind margin, and one order that may cross nothing.

Whoever sells more than is held is short afterwards, and a buy of more than is owed is long: the order and its fill are
one, and what the account books of it is two things, what closed and what opened. A holding is one lot at its average
price, which grows with purchases and stays as it is when something goes. What a holding binds is its value times the
maintenance margin; what an order needs is its value times the initial margin, and its fee. What only makes a holding
smaller needs nothing. An order that crosses may also use the margin that the holding before it frees.

Assumptions
-----------
Shares to sell short can always be borrowed (flatters). Proceeds of short sales are cash that may be used (flatters).
Margin follows the last price, and is the same for every share; brokers ask more for small and volatile ones. An option
counts as a share does, a hundred of them in one: whoever keeps the orders of a session (the clock ``told``) asks the
margin of options himself. A call
that is not met by the next open sells what lost most at whatever the open is; whoever keeps the orders of a session
(the clock ``told``) makes the calls himself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qresearch.domain import events
from qresearch.domain.arguments import between
from qresearch.domain.calls import told_making
from qresearch.domain.fees import Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import LONG, SHORT, Key, Lot
from qresearch.domain.moment import Moment
from qresearch.domain.money import RATE_SCALE, MoneyScale, divide
from qresearch.domain.option import STYLES
from qresearch.domain.order import Method
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import TOLD
from qresearch.domain.state import State
from qresearch.domain.terms import Effect, to_close
from qresearch.engine.accounts.corporate import apply_actions
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.ledger import cash_of, lots_taken
from qresearch.market.actions import Action

_CALLED = replace(to_close(), tag="margin call")
_CALL = 1.1
"""Margin over equity above which an account is called: 110 %."""
_WARN = 0.05
"""What of the equity is free below which an account is warned: 5 %."""
_YEAR = 360


@told_making
@dataclass(unsafe_hash=True)
class MarginUs(AccountKind):
    """An account of shares, long and short, behind margin.

    Parameters
    ----------
    initial, maintenance : float
        Margin that an order needs and that a holding binds, as fractions of the value: 0.5 is a leverage of 2.
        Regulation T asks 0.5 and 0.25; 1.0 and 1.0 is an account without credit.
    debit_rate, short_rate : float
        Interest a year on money owed and on the value of what is short, counted by calendar days over 360.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, account="margin_us", costs="zero")
    >>> ticket = session.sell("604018", 1000)
    >>> session.step().simulation.account.ledger.net(session.market.column("604018"))
    -1000
    """

    initial: float = 0.5
    maintenance: float = 0.5
    debit_rate: float = 0.0
    short_rate: float = 0.0
    name: str = "margin_us"
    two_sided = True
    holding_words = ("held", "closable", "locked_units")

    def __post_init__(self) -> None:
        between("MarginUs: initial", self.initial, 0.001, 1, 0.5)
        between("MarginUs: maintenance", self.maintenance, 0.001, 1, 0.25)
        between("MarginUs: debit_rate", self.debit_rate, 0, 1, 0.06)
        between("MarginUs: short_rate", self.short_rate, 0, 1, 0.01)

    # ------------------------------------------------------------------ what an order asks

    def carries(self, item: Instrument, /) -> bool:
        """Everything that is paid in full, and options on it by the style of the United States."""
        return item.is_like_a_share or (item.option is not None and item.option.style == STYLES[1])

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """What is held on the other side, where the order takes no more than that."""
        held = account.ledger.net(instrument)
        if effect is Effect.OPEN:
            return None
        if effect is Effect.AUTO and (held * quantity >= 0 or abs(quantity) > abs(held)):
            return None
        free = abs(held) if held * quantity < 0 else 0
        return Closable(free, free, Reason.NOTHING_TO_CLOSE)

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """By the costs of the session."""
        return exchange.charge(account, intent, quantity)

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """Initial margin and fee; less what the holding on the other side frees. A pure reduction needs nothing."""
        instrument = intent.instrument
        if self.closable(account, exchange, instrument, quantity, intent.effect) is not None:
            return Need(0)
        notional, fees = exchange.charge(account, intent, quantity)
        needed = _part(notional, self.initial) + fees.total
        held = account.ledger.net(instrument)
        if held * quantity < 0:
            value = _worth(account, exchange, instrument, abs(held))
            needed -= _part(value, self.initial) + _part(value, self.maintenance)
        return Need(needed, lacking=Reason.INSUFFICIENT_MARGIN)

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """Equity less what the holdings bind; below nothing after a loss."""
        worth = self.value(account, exchange)
        return worth.equity - worth.margin

    # ------------------------------------------------------------------ what follows

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterator[events.Record]:
        """What closed of the other side at its average price, what opened beside what is held, the cash and the fee."""
        instrument, side = fill.instrument, LONG if fill.quantity > 0 else SHORT
        quantity, money = abs(fill.quantity), exchange.money
        held = draft.ledger.net(instrument)
        closing = min(abs(held), quantity) if held * side < 0 else 0
        value = divide(fill.notional * closing, quantity)
        realised = 0
        if closing:
            _, gone = lots_taken(draft.ledger.lots[Key(instrument, -side)], closing, "oldest", draft.day)
            realised = -side * (value - sum(lot.cost for lot in gone))
            yield events.LotsTaken(fill.at, instrument, -side, closing)
        if opening := quantity - closing:
            units, key = money.price_units(fill.price), Key(instrument, side)
            new = Lot(fill.at.day, opening, units, units, fill.notional - value)
            yield from _added(draft.ledger.lots.get(key, ()), fill.at, key, new)
        fee = fill.fees.total
        yield events.Posted(fill.at, -side * fill.notional - fee, "traded", realised=realised, fee=fee)

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterator[events.Record]:
        """Interest of the nights, corporate actions, delistings, and the orders of a call."""
        yield from self._interest(draft, exchange, nights)
        for action in exchange.market.by_day.get(draft.day, ()):
            yield from _entitled(draft, exchange, action)
        yield from apply_actions(draft, exchange)
        for instrument in exchange.closing.get(draft.day, ()):
            yield from _delisted(draft, exchange, instrument)
        if draft.ledger.lots and exchange.clock.name != TOLD:
            worth = self.value(draft, exchange)
            if worth.margin > max(worth.equity, 0) * _CALL:
                self._call(draft, exchange, worth)

    def _interest(self, draft: Draft, exchange: Exchange, nights: int) -> Iterator[events.Record]:
        """What is owed for money and for borrowed shares."""
        short = sum(
            _worth(draft, exchange, key.instrument, sum(lot.quantity for lot in lots))
            for key, lots in draft.ledger.lots.items()
            if key.side == SHORT
        )
        owed = _part(max(-draft.cash, 0), self.debit_rate) + _part(short, self.short_rate)
        if interest := divide(owed * nights, _YEAR):
            yield events.Posted(draft.at, -interest, "interest", income=-interest)

    def _call(self, draft: Draft, exchange: Exchange, worth: Value) -> None:
        """Place what brings the margin back to the equity: the holding with the largest loss goes first."""
        missing = worth.margin - max(worth.equity, 0)
        draft.open_block().is_forced = True
        for key in sorted(worth.bound, key=lambda key: _floating(draft, exchange, key)):
            held, bound = draft.ledger.quantity(*key), worth.bound[key]
            if missing <= 0 or not bound:
                break
            sold = min(-(-missing * held // bound), held)
            exchange.clock.place(draft, exchange, key.instrument, Method.ORDER, -key.side * sold, _CALLED)
            missing -= bound * sold // held
        draft.block = None

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterator[events.Record]:
        """A warning where little of the equity is free."""
        if not draft.ledger.lots or exchange.clock.name == TOLD:
            return
        worth = self.value(draft, exchange)
        if worth.equity - worth.margin <= max(worth.equity, 0) * _WARN:
            yield events.MarginCalled(draft.at, worth.equity, worth.margin)

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Cash, and what is held at the last visible prices; as margin what the holdings bind."""
        market = floating = 0
        bound: dict[Key, int] = {}
        for key, lots in account.ledger.lots.items():
            cost = sum(lot.cost for lot in lots)
            is_priced = exchange.view(account).last_price(key.instrument) > 0
            # Before its first price of the data a holding is worth what it cost.
            worth = _worth(account, exchange, key.instrument, sum(lot.quantity for lot in lots)) if is_priced else cost
            market += key.side * worth
            floating += key.side * (worth - cost)
            bound[key] = _part(worth, self.maintenance)
        return Value(account.cash + market, market, floating, sum(bound.values()), bound)


MARGIN_US = MarginUs()


def _part(amount: int, ratio: float) -> int:
    return divide(amount * round(ratio * RATE_SCALE), RATE_SCALE)


def _worth(account: Draft | State, exchange: Exchange, instrument: int, quantity: int) -> int:
    """Units at the last visible price, money steps; not signed."""
    price, size = exchange.view(account).last_price(instrument), exchange.multiplier(instrument, account.day)
    return exchange.money.notional(exchange.money.price_units(price), quantity * size)


def _floating(draft: Draft, exchange: Exchange, key: Key) -> int:
    """Profit of a holding."""
    lots = draft.ledger.lots[key]
    worth = _worth(draft, exchange, key.instrument, sum(lot.quantity for lot in lots))
    return key.side * (worth - sum(lot.cost for lot in lots))


def _added(lots: tuple[Lot, ...], at: Moment, key: Key, new: Lot) -> Iterator[events.Record]:
    """Units beside those that are held: one lot at the average price."""
    for lot in lots:
        yield events.LotsTaken(at, key.instrument, key.side, lot.quantity)
        total = lot.quantity + new.quantity
        opened = divide(lot.opened * lot.quantity + new.opened * new.quantity, total)
        new = Lot(new.day, total, opened, opened, lot.cost + new.cost)
    yield events.LotAdded(at, key.instrument, key.side, new)


def _entitled(draft: Draft, exchange: Exchange, action: Action) -> Iterator[events.Record]:
    """A dividend, which whoever is short pays; a split, whose fraction of a share is paid in cash."""
    instrument, money = action.instrument, exchange.money
    for side in (LONG, SHORT):
        held = draft.ledger.quantity(instrument, side)
        if not held:
            continue
        if action.cash:
            amount = side * cash_of(held, action.cash, money.units)
            yield events.Posted(draft.at, amount, "dividend", income=amount, instrument=instrument)
        if action.bonus:
            price = money.price_units(exchange.view(draft).last_price(instrument))
            ratio = round((1 + action.bonus) * RATE_SCALE), RATE_SCALE
            key = Key(instrument, side)
            yield from split(draft.ledger.lots[key], draft.at, key, ratio, price, money)


def split(  # noqa: PLR0917  # a holding, its split, and how the venue counts
    lots: tuple[Lot, ...], at: Moment, key: Key, ratio: tuple[int, int], price: int, money: MoneyScale
) -> Iterator[events.Record]:
    """A holding after a split: whole shares, and cash for the fraction at the price after it.

    Parameters
    ----------
    lots : tuple of Lot
    at : Moment
    key : Key
    ratio : (int, int)
        Shares after it for so many before.
    price : int, price steps
        Of one share after it.
    money : MoneyScale
    """
    numerator, denominator = ratio
    for lot in lots:
        whole, left = divmod(lot.quantity * numerator, denominator)
        paid = divide(price * left * money.units, denominator * money.price_scale)
        cost = divide(lot.cost * whole * denominator, lot.quantity * numerator)
        opened = divide(lot.opened * denominator, numerator)
        yield events.LotsTaken(at, key.instrument, key.side, lot.quantity)
        if whole:
            yield events.LotAdded(at, key.instrument, key.side, Lot(lot.day, whole, opened, opened, cost))
        if left:
            realised = key.side * (paid - (lot.cost - cost))
            yield events.Posted(at, key.side * paid, "fraction of a share", realised=realised)


def _delisted(draft: Draft, exchange: Exchange, instrument: int) -> Iterator[events.Record]:
    """What is held of an instrument that ends is closed at its last price (``delisting="zero"``: at nothing)."""
    for side in (LONG, SHORT):
        lots = draft.ledger.lots.get(Key(instrument, side), ())
        held = sum(lot.quantity for lot in lots)
        if held:
            price = float(exchange.market.mark[draft.day - 1, instrument])
            is_last = draft.settings.delisting == "last"
            value = exchange.money.notional(exchange.money.price_units(price), held) if is_last else 0
            realised = side * (value - sum(lot.cost for lot in lots))
            yield events.LotsTaken(draft.at, instrument, side, held)
            yield events.Posted(draft.at, side * value, "delisted", realised=realised)
