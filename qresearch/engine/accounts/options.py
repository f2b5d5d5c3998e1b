"""Options: rights that are bought for a premium, and written against margin or against units that are locked.

The account holds shares beside them, for covered calls and for what an exercise brings, and futures, for options on
them: one equity and one available behind everything. A premium is paid and received in cash at the trade. Equity is
cash, and what is held long at the marks, less what buying the written contracts back would cost.

Assumptions
-----------
A contract is written against the margin by the settlement before, and binds what the marks of the moment ask, without
relief for combinations (which asks for more than an exchange does). What is raised before the last day is not modelled,
which flatters. Exercise and assignment: see :mod:`qresearch.engine.accounts.expiry`. Calls that are uncovered at the
close after an adjustment are closed at the next open in Shanghai, and become ordinary written ones in Shenzhen. A call
for money that is not met by the next open closes what frees most, then sells shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qresearch.domain import events
from qresearch.domain.arguments import number, whole
from qresearch.domain.calls import told_making
from qresearch.domain.commands import Deed
from qresearch.domain.fees import Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import COVERED, LONG, SHORT, Key, Lot
from qresearch.domain.reasons import Reason, Refusal
from qresearch.domain.state import State
from qresearch.domain.terms import COVERING, Effect, Terms
from qresearch.engine.accounts.cash import CASH_SHARES
from qresearch.engine.accounts.contracts import charged, lots_by, may_go, rates_of, worth_at_mark
from qresearch.engine.accounts.covered import close_uncovered, locked_after, turn_uncovered, why_not_covered
from qresearch.engine.accounts.expiry import deliver, exercised, expire, pending
from qresearch.engine.accounts.forced import Bound, close_most_bound, sell_shares
from qresearch.engine.accounts.futures import FUTURES
from qresearch.engine.accounts.writing import before, margin_of, marks, right_of
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.ledger import lots_taken
from qresearch.errors import UsageError


@told_making
@dataclass(unsafe_hash=True)
class Options(AccountKind):
    """An account of options, with the shares and the futures that belong to them.

    Parameters
    ----------
    margin_factor : float
        What the broker asks of the exchange's margin: 1.2 adds a fifth.
    position_limit : int or None
        Most contracts of one underlying, bought and written together; None: no limit.
    """

    margin_factor: float = 1.0
    position_limit: int | None = None
    name: str = "options"
    two_sided = True
    holding_words = ("quantity", "closable", "locked_units")

    def __post_init__(self) -> None:
        if number("Options: margin_factor", self.margin_factor, 1.2) < 1:
            raise UsageError(f"Options: margin_factor={self.margin_factor!r} must be at least 1, such as 1.2.")
        if self.position_limit is not None:
            whole("Options: position_limit", self.position_limit, example=5000)

    # ------------------------------------------------------------------ what an order asks

    def carries(self, item: Instrument, /) -> bool:
        """Shares, futures and options; no bonds, whose accrued interest it would lose."""
        return item.contract is not None or item.is_like_a_share

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """Contracts of the other side; of shares what is held and not locked behind covered calls."""
        other = _other(exchange, instrument)
        if other is not None:
            closable = other.closable(account, exchange, instrument, quantity, effect)
            locked = account.ledger.locked.get(instrument, 0)
            if closable is None or not locked:
                return closable
            free = closable.held - locked
            why = closable.locked if closable.free < free else Reason.UNITS_LOCKED
            return closable._replace(free=max(min(closable.free, free), 0), locked=why)
        if effect in {Effect.OPEN, Effect.COVERED_OPEN}:
            return None
        key = _closed(account, instrument, quantity, effect)
        held = account.ledger.quantity(instrument, key.side)
        lots = account.ledger.lots.get(key, ())
        free = sum(lot.quantity for lot in lots if may_go(lot, effect, account.day))
        return None if effect is Effect.AUTO and not held else Closable(free, free, Reason.NOTHING_TO_CLOSE)

    def posts_itself(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> bool:
        """Fills of shares; those of contracts stand in their postings."""
        return exchange.market.instruments[instrument].contract is None

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """The premium of the contracts, and the fee of their table; shares and futures as in their own accounts."""
        other = _other(exchange, intent.instrument)
        if other is not None:
            return other.charge(account, exchange, intent, quantity)
        rates, right = rates_of(exchange, account, intent.instrument), right_of(exchange, account, intent.instrument)
        closes = self.closable(account, exchange, intent.instrument, quantity, intent.effect) is not None
        rate = rates.close_fee if closes else rates.open_fee
        if not closes and quantity < 0 and right.option.writing_fee is not None:
            rate = right.option.writing_fee
        return charged(account, exchange, intent, quantity, [(abs(quantity), rate)])

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """Premium and fee of what is bought, margin and fee of what is written; buying back frees what it costs."""
        instrument, effect = intent.instrument, intent.effect
        other = _other(exchange, instrument)
        if other is not None:
            return other.need(account, exchange, intent, quantity)
        premium, fees = self.charge(account, exchange, intent, quantity)
        if self.closable(account, exchange, instrument, quantity, effect) is not None:
            return Need(0 if quantity > 0 else max(fees.total - premium, 0))
        refusal = self._beyond_limit(account, exchange, instrument, abs(quantity))
        if quantity > 0:
            return Need(premium + fees.total, refusal)
        if effect is Effect.COVERED_OPEN:
            return Need(fees.total, refusal or why_not_covered(account, exchange, instrument, -quantity))
        margin = self._margin(exchange, account, instrument, -quantity, before(exchange, account, instrument))
        return Need(margin + fees.total, refusal, Reason.INSUFFICIENT_MARGIN)

    def unit_need(self, account: Draft | State, exchange: Exchange, instrument: int, price: float, /) -> float | None:
        """The premium and fee of one contract; the margin and fee of a future."""
        other = _other(exchange, instrument)
        if other is not None:
            return other.unit_need(account, exchange, instrument, price)
        intent = Intent(instrument, 1, price, None, caps_position=False, free_cash=0, effect=Effect.OPEN)
        return exchange.money.amount(self.need(account, exchange, intent, 1).money)

    def refusal(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, terms: Terms, /
    ) -> Refusal | None:
        """None beyond what only such an account can do wrong: covered calls that are none."""
        if terms.effect not in COVERING:
            return super().refusal(account, exchange, instrument, quantity, terms)
        option = exchange.market.instruments[instrument].option
        if option is None or not option.is_call or option.settlement != "shares":
            raise UsageError(
                f"{terms.effect.value}: {exchange.market.symbols[instrument]} is no call on a fund or share. Only such "
                "calls are covered by units that are held; write others with terms.to_open()."
            )
        if (quantity < 0) != (terms.effect is Effect.COVERED_OPEN):
            raise UsageError(
                f"{terms.effect.value}: a covered call is opened by a sale and closed by a purchase. "
                "Use terms.covered_open() with a sale and terms.covered_close() with a buy."
            )
        return None

    def _beyond_limit(
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int
    ) -> Refusal | None:
        """Why an opening would exceed the position limit of its underlying."""
        if self.position_limit is None:
            return None
        underlying = right_of(exchange, account, instrument).underlying
        held = sum(
            sum(lot.quantity for lot in lots)
            for key, lots in account.ledger.lots.items()
            if _other(exchange, key.instrument) is None
            and right_of(exchange, account, key.instrument).underlying == underlying
        )
        if held + quantity <= self.position_limit:
            return None
        return Reason.POSITION_LIMIT, {"asked": quantity, "held": held, "maximum": self.position_limit}

    def _margin(
        self, exchange: Exchange, account: Draft | State, instrument: int, lots: int, at: tuple[int, int]
    ) -> int:
        return round(margin_of(exchange, account, instrument, lots, at) * self.margin_factor)

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """Cash and what futures have earned today, less all margin; premiums that were paid are not available."""
        futures = FUTURES.value(account, exchange)
        return futures.equity - futures.margin - sum(self._written(account, exchange).values())

    # ------------------------------------------------------------------ what follows

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterable[events.Record]:
        """Contracts that come or go, their premium in cash, and the fee."""
        other, effect = _other(exchange, fill.instrument), draft.working[fill.order_id].terms.effect
        if other is not None:
            yield from other.post(draft, exchange, fill)
            return
        instrument, quantity, fee = fill.instrument, abs(fill.quantity), fill.fees.total
        if self.closable(draft, exchange, instrument, fill.quantity, effect) is None:
            units = exchange.money.price_units(fill.price)
            side = LONG if fill.quantity > 0 else COVERED if effect is Effect.COVERED_OPEN else SHORT
            yield events.LotAdded(fill.at, instrument, side, Lot(fill.at.day, quantity, units, units, fill.notional))
            yield events.Posted(fill.at, fill.net, "premium", fee=fee)
            return
        key = _closed(draft, instrument, fill.quantity, effect)
        order = lots_by(effect)
        _, gone = lots_taken(draft.ledger.lots[key], quantity, order, draft.day)
        cost = sum(lot.cost for lot in gone)
        yield events.LotsTaken(fill.at, instrument, key.side, quantity, order)
        yield events.Posted(fill.at, fill.net, "closed", realised=key.sign * (fill.notional - cost), fee=fee)

    def act(  # as in the protocol
        self, draft: Draft, exchange: Exchange, deed: Deed, amount: int, instrument: int, /
    ) -> Iterable[events.Record]:
        """Lock or free units, or use the right of options that are held."""
        if deed is Deed.EXERCISE:
            return exercised(draft, exchange, instrument, amount)
        if deed not in {Deed.LOCK, Deed.UNLOCK}:
            return super().act(draft, exchange, deed, amount, instrument)
        return [locked_after(draft, exchange, deed, amount, instrument)]

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterator[events.Record]:
        """Corporate actions, deliveries, and the orders that close what is uncovered or owes margin."""
        yield from CASH_SHARES.wake(draft, exchange, nights)
        yield from deliver(draft, exchange)
        missing = -self.available(draft, exchange, Pool.OWN)
        if missing > 0:
            written = []
            for key, margin in self._written(draft, exchange).items():
                freed = margin - worth_at_mark(draft, exchange, key)
                written.append(Bound(key.instrument, key.side, draft.ledger.quantity(*key), freed))
            missing = close_most_bound(draft, exchange, [*written, *FUTURES.bound(draft, exchange)], missing)
        if missing > 0:
            sell_shares(draft, exchange, missing)

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterator[events.Record]:
        """Exercise, assignment and expiry, the moves of futures, what is uncovered in Shenzhen, and a call."""
        yield from expire(draft, exchange)
        yield from FUTURES.pay_moves(draft, exchange)
        yield from turn_uncovered(draft, exchange)
        close_uncovered(draft, exchange)
        worth = self.value(draft, exchange)
        raised = FUTURES.margin_tomorrow(draft, exchange) - FUTURES.value(draft, exchange).margin
        if self.available(draft, exchange, Pool.OWN) < raised:
            yield events.MarginCalled(draft.at, worth.equity, worth.margin + raised)

    # ------------------------------------------------------------------ what it is worth

    def _written(self, account: Draft | State, exchange: Exchange) -> dict[Key, int]:
        """The margin of each written side that is not covered, at the marks."""
        found = {}
        for key in account.ledger.lots:
            if key.side == SHORT and _other(exchange, key.instrument) is None:
                lots, at = account.ledger.quantity(*key), marks(exchange, account, key.instrument)
                found[key] = self._margin(exchange, account, key.instrument, lots, at)
        return found

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Cash, shares, what is bought less what is written, futures, and deliveries to come."""
        futures, shares = FUTURES.value(account, exchange), CASH_SHARES.value(account, exchange)
        waits = pending(account, exchange)
        market, floating = 0, waits
        for key, lots in account.ledger.lots.items():
            if _other(exchange, key.instrument) is None:
                worth = worth_at_mark(account, exchange, key)
                market += key.sign * worth
                floating += key.sign * (worth - sum(lot.cost for lot in lots))
        written = self._written(account, exchange)
        return Value(
            futures.equity + shares.market + market + waits,
            shares.market + market + futures.market,
            shares.floating + floating + futures.floating,
            futures.margin + sum(written.values()),
            {**futures.bound, **written},
        )


def _other(exchange: Exchange, instrument: int) -> AccountKind | None:
    """The kind of account that knows an instrument that is no option."""
    contract = exchange.market.instruments[instrument].contract
    if contract is None:
        return CASH_SHARES
    return FUTURES if contract.option is None else None


def _closed(account: Draft | State, instrument: int, quantity: int, effect: Effect) -> Key:
    """The side that an order closes: a buy what was written, covered calls where it says so or only these are."""
    if quantity < 0:
        return Key(instrument, LONG)
    lots, short, covered = account.ledger.lots, Key(instrument, SHORT), Key(instrument, COVERED)
    return covered if effect is Effect.COVERED_CLOSE or (short not in lots and covered in lots) else short


OPTIONS = Options()
