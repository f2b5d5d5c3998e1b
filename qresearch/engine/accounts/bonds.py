"""Bonds: what is paid is the clean price and the accrued interest; what they earn is income, by the calendar.

A holding keeps its clean cost. Accrued interest that a purchase pays is income lost, what a sale brings and what a
coupon pays (after tax) is income, and so is what has accrued on what is held, day by day. Prices of bonds are clean,
those of convertibles full. Repo lends money: it is sold, its price is the rate, and the money comes back with interest
by the days that it was out. Shares, such as a conversion brings, are held and sold as in an account of shares.

Assumptions
-----------
Interest and taxes are those of the bond's own table. A coupon is paid on its day, or on the next trading day, to
whoever held the bond at the close before. Nothing defaults, which flatters corporate bonds. A conversion takes effect
at once, its shares can be sold on the next day; what the bonds have cost is what the shares have cost. Money that repo
brings back may be used on that day and paid out on the next one. Face value out in repo counts as it is until then:
its interest is income on the day on which it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qresearch.domain import events
from qresearch.domain.arguments import flag
from qresearch.domain.bond import PAR, Bond, Repo
from qresearch.domain.calls import told_making
from qresearch.domain.commands import Deed
from qresearch.domain.fees import COMMISSION, PARTS, Fees
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import Due
from qresearch.domain.money import RATE_SCALE, divide
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import Costs
from qresearch.domain.state import State
from qresearch.domain.terms import Effect
from qresearch.engine.accounts.cash import CASH_SHARES
from qresearch.engine.accounts.corporate import apply_actions, close_delisted
from qresearch.engine.accounts.coupons import accrued, converted, coupons, lent_until, put_back, redeemed, repaid
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import AccountKind, Exchange
from qresearch.engine.intent import Closable, Intent, Need, Pool, Value
from qresearch.engine.ledger import after_sale
from qresearch.engine.valuation import market_value


@told_making
@dataclass(unsafe_hash=True)
class Bonds(AccountKind):
    """An account of bonds.

    Parameters
    ----------
    qualified : bool
        It may buy what only qualified investors may.
    """

    qualified: bool = False
    name: str = "bond"
    holding_words = ("units_held", "sellable", "locked_units")
    settles, accrues = False, True

    def __post_init__(self) -> None:
        flag("qualified", self.qualified)

    # ------------------------------------------------------------------ what an order asks

    def carries(self, item: Instrument, /) -> bool:
        """Bonds and repo whose terms are told, and shares."""
        return item.bond is not None or item.is_like_a_share

    def lot_reason(self, item: Instrument, /) -> Reason:
        """Bonds and repo have steps of face value."""
        if isinstance(item.bond, Repo):
            return Reason.REPO_MULTIPLE
        return Reason.LOT_SIZE if item.bond is None else Reason.BOND_LOT

    def closable(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> Closable | None:
        """A sale takes what is held; of repo both sides open something: who sells lends, who buys borrows."""
        if isinstance(_bond(exchange, instrument), Repo):
            return None
        return CASH_SHARES.closable(account, exchange, instrument, quantity, effect)

    def posts_itself(  # as in the protocol
        self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, effect: Effect, /
    ) -> bool:
        """Fills of shares; those of bonds and repo stand in their postings."""
        return _bond(exchange, instrument) is None

    def charge(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> tuple[int, Fees]:
        """The value at the quoted price, and the fee of all that is paid: of bonds with interest, of repo what is lent.

        The fee is that of the bond's table; without one that of the session.
        """
        bond = _bond(exchange, intent.instrument)
        if bond is None:
            return exchange.charge(account, intent, quantity)
        value = exchange.money.notional(exchange.money.price_units(intent.price), abs(quantity))
        paid = _paid(account, exchange, intent.instrument, value, quantity)
        rate = bond.rate_of_fee if isinstance(bond, Repo) else bond.fee
        costs = account.settings.costs
        if rate is not None and isinstance(costs, Costs):
            is_free = not (costs.open_commission or costs.close_commission or costs.min_commission or costs.historical)
            return value, _commission(0 if is_free else divide(paid * round(rate * RATE_SCALE), RATE_SCALE))
        # What was filled before is known at its quoted price: it paid as much interest.
        before = divide(intent.notional * paid, value) if value else 0
        rates = exchange.rates(costs, account.day)
        return value, rates.charge(intent.instrument, quantity, paid, before=before, charged=intent.fees)

    def need(self, account: Draft | State, exchange: Exchange, intent: Intent, quantity: int, /) -> Need:
        """A buy needs price, interest and fee; a sale what the fee takes beyond them; repo what it lends."""
        bond, instrument = _bond(exchange, intent.instrument), intent.instrument
        if bond is None:
            return CASH_SHARES.need(account, exchange, intent, quantity)
        value, fees = self.charge(account, exchange, intent, quantity)
        paid = _paid(account, exchange, instrument, value, quantity)
        if isinstance(bond, Repo):
            amount = exchange.money.amount
            facts = {"asked": amount(paid), "pledged": amount(0)}
            return Need(paid + fees.total, (Reason.INSUFFICIENT_PLEDGE, facts) if quantity > 0 else None)
        if quantity < 0:
            return Need(fees.total - paid)
        refusal = None
        if bond.qualified_only and not self.qualified:
            refusal = Reason.QUALIFIED_ONLY, {"symbol": exchange.market.symbols[instrument]}
        return Need(paid + fees.total, refusal)

    def unit_need(self, account: Draft | State, exchange: Exchange, instrument: int, price: float, /) -> float | None:
        """Of a bond its price with interest and fee; of repo 100 and the fee; shares are bounded at the match."""
        if _bond(exchange, instrument) is None:
            return None
        # Of a thousand, for a fee of one rounds to nothing.
        intent = Intent(instrument, _MANY, price, None, caps_position=False, free_cash=0)
        value, fees = self.charge(account, exchange, intent, _MANY)
        return exchange.money.amount(_paid(account, exchange, instrument, value, _MANY) + fees.total) / _MANY

    def available(self, account: Draft | State, exchange: Exchange, pool: Pool, /) -> int:
        """The cash."""
        return account.cash

    def withdrawable(self, account: Draft | State, exchange: Exchange, /) -> int:
        """The cash, but for what repo has brought back today."""
        return account.cash - sum(account.ledger.locked.values()) * PAR * exchange.money.units

    # ------------------------------------------------------------------ what follows

    def post(self, draft: Draft, exchange: Exchange, fill: events.OrderFilled, /) -> Iterator[events.Record]:
        """Bonds at their clean cost, the interest as income, and the fee; of repo when the money is due, with what."""
        bond, instrument, at, fee = _bond(exchange, fill.instrument), fill.instrument, fill.at, fill.fees.total
        if bond is None:
            yield from CASH_SHARES.post(draft, exchange, fill)
            return
        paid = _paid(draft, exchange, instrument, fill.notional, fill.quantity)
        interest = paid - fill.notional
        if isinstance(bond, Repo):
            due, days = lent_until(exchange, at.day, bond.tenor)
            rate = exchange.money.price_units(fill.price)
            earned = divide(paid * rate * days, exchange.money.price_scale * _PER_CENT * _YEAR)
            yield events.Posted(at, -paid - fee, "lent", fee=fee, instrument=instrument)
            loan = Due(due, paid + earned, instrument, -fill.quantity)
            yield events.DueChanged(at, (*draft.ledger.due, loan), draft.ledger.locked)
        elif fill.quantity > 0:
            yield events.SharesMoved(at, instrument, fill.quantity, fill.notional)
            yield events.Posted(at, -paid - fee, "bought", income=-interest, fee=fee, instrument=instrument)
        else:
            held = draft.positions[instrument]
            cost = after_sale(held, -fill.quantity)[1]
            gained = fill.notional - cost
            yield events.SharesMoved(at, instrument, fill.quantity, cost)
            yield events.Posted(
                at, paid - fee, "sold", realised=gained, income=interest, fee=fee, instrument=instrument
            )

    def wake(self, draft: Draft, exchange: Exchange, nights: int, /) -> Iterator[events.Record]:
        """Repo that is due, coupons, redemptions; of shares their corporate actions."""
        if draft.day == exchange.first:
            yield from self._given(draft, exchange)
        if draft.ledger.due or draft.ledger.locked:
            yield from repaid(draft, exchange)
        held = {key: bond for key in draft.positions if isinstance(bond := _bond(exchange, key), Bond)}
        for instrument, bond in held.items():
            yield from coupons(draft, exchange, instrument, bond, nights)
            yield from redeemed(draft, exchange, instrument, bond)
        if exchange.market.by_day.get(draft.day):
            yield from apply_actions(draft, exchange)
        if draft.day in exchange.closing:
            yield from close_delisted(draft, exchange, but=held)

    @staticmethod
    def _given(draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
        """Interest that had accrued on what the account began with is no income of its own: it was there."""
        before = draft.base
        for instrument, position in draft.positions.items():
            interest = accrued(before, exchange, instrument, position.quantity)
            if interest:
                yield events.Posted(draft.at, 0, "accrued before", income=-interest, instrument=instrument)

    def act(  # as in the protocol
        self, draft: Draft, exchange: Exchange, deed: Deed, amount: int, instrument: int, /
    ) -> Iterable[events.Record]:
        """Convert bonds into shares, or give them back to the issuer at the price of their put."""
        if deed is Deed.CONVERT:
            return converted(draft, exchange, amount, instrument)
        if deed is Deed.PUT_BACK:
            return put_back(draft, exchange, amount, instrument)
        return super().act(draft, exchange, deed, amount, instrument)

    def settle(self, draft: Draft, exchange: Exchange, /) -> Iterable[events.Record]:
        """Nothing is left to settle after a close: interest accrues by the calendar."""
        return ()

    def accrued(self, account: Draft | State, exchange: Exchange, instrument: int, quantity: int, /) -> int:
        """Of bonds, by the calendar."""
        return accrued(account, exchange, instrument, quantity)

    def value(self, account: Draft | State, exchange: Exchange, /) -> Value:
        """Cash, what is held at its marks with accrued interest, and face value out in repo."""
        held = account.positions
        clean = market_value(exchange, exchange.view(account), held)
        interest = sum(accrued(account, exchange, key, position.quantity) for key, position in held.items())
        lent = sum(due.quantity for due in account.ledger.due) * PAR * exchange.money.units
        cost = sum(position.cost for position in held.values())
        market = clean + interest
        # Before the first day it has not been earned: see what is posted on that day.
        floating = market - cost - (interest if account.day < exchange.first else 0)
        return Value(account.cash + market + lent, market, floating)


_PER_CENT, _YEAR, _MANY = 100, 365, 1000
BONDS = Bonds()


def _bond(exchange: Exchange, instrument: int) -> Bond | Repo | None:
    return exchange.market.instruments[instrument].bond


def _paid(account: Draft | State, exchange: Exchange, instrument: int, value: int, quantity: int) -> int:
    """What changes hands for so many bonds of a value at the quoted price, money steps: fees not included."""
    if isinstance(_bond(exchange, instrument), Repo):
        return abs(quantity) * PAR * exchange.money.units
    return value + accrued(account, exchange, instrument, abs(quantity))


def _commission(amount: int) -> Fees:
    return Fees(((COMMISSION, amount), *((part, 0) for part in PARTS if part != COMMISSION)))
