"""The checks of a match as sentences with their numbers: what an explanation of an order puts beside each event.

They are computed again from the account as it was just before the order had its turn, with the functions of the engine
where these decide (:mod:`qresearch.engine.fills`, :mod:`qresearch.engine.checks`), so that the numbers are those that
were looked at then.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from qresearch.book.html import number
from qresearch.domain.moment import PHASES, Phase
from qresearch.domain.reasons import Facts, Reason
from qresearch.domain.state import OpenOrder
from qresearch.domain.terms import CLOSING_KINDS, Kind, TimeInForce
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft, taken_now
from qresearch.engine.exchange import Exchange
from qresearch.engine.fills import Bar, Quote, at_open
from qresearch.engine.immediate import sees_no_range, without_range
from qresearch.engine.quoting import Quoting
from qresearch.engine.reserves import free_of, intent_of, opens, pool_of, reserve_price, shares_before
from qresearch.market.intraday import Intraday
from qresearch.sentences import ENGLISH, Words
from qresearch.sentences.words import price

TRADING = (
    Reason.SUSPENDED, Reason.ROUTE_CLOSED, Reason.NOT_LISTED, Reason.DELISTED, Reason.DATA_ENDED, Reason.NO_TRADES,
    Reason.EXPIRED_CONTRACT, Reason.MATURED, Reason.CALLED,
)  # fmt: skip
LOTS = (Reason.LOT_SIZE, Reason.MINIMUM_SIZE, Reason.BOND_LOT, Reason.REPO_MULTIPLE)
_OF_SHARES = (
    Reason.T_PLUS_ONE, Reason.INSUFFICIENT_QUANTITY, Reason.NOTHING_TO_CLOSE, Reason.UNITS_LOCKED, Reason.NO_DEBT,
    Reason.SAME_DAY_RETURN,
)  # fmt: skip
_OF_MONEY = (Reason.INSUFFICIENT_CASH, Reason.INSUFFICIENT_MARGIN, Reason.SHORT_PROCEEDS_LOCKED)
_NEEDED = {Reason.INSUFFICIENT_MARGIN: "check_margin"}
"""What an order needs where that is not cash, by the reason of one that lacks it."""
CLOSING = (Reason.AWAITS_CLOSE, Reason.CIRCUIT_BREAKER)
WAITS = (Reason.LIMIT_NOT_REACHED, Reason.STOP_NOT_REACHED, *CLOSING)


class Check(NamedTuple):
    """One check of a match.

    Parameters
    ----------
    name : str
    reasons : tuple of Reason
        With which it can stop or trim an order.
    text : str
        Its numbers, as a sentence for the case that it was passed.
    unmet : str
        Not empty: the condition of the order was not met, and this says how; the order may wait.
    """

    name: str
    reasons: tuple[Reason, ...]
    text: str
    unmet: str = ""


class Turn:
    """The turn of one order in a match.

    Parameters
    ----------
    exchange : Exchange
    draft : Draft
        The account just before.
    order : OpenOrder
        As it was then.
    fill_price : float, currency per share
        Of the fill it got; NaN without one.
    say : Words
        The sentences in a language.
    """

    def __init__(self, exchange: Exchange, draft: Draft, order: OpenOrder, fill_price: float, say: Words) -> None:
        self.exchange, self.draft, self.order, self.fill_price, self.say = exchange, draft, order, fill_price, say
        self.phase = PHASES[draft.phase]
        panel, day = exchange.market.panel, draft.day
        self.bar = Bar(
            *(float(getattr(panel, name)[day, order.instrument]) for name in ("open", "high", "low", "close"))
        )
        self.up, self.down = (
            float(panel.limit_up[day, order.instrument]),
            float(panel.limit_down[day, order.instrument]),
        )
        self.is_daily = not draft.bar and not exchange.clock.in_call

    @property
    def side(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self.order.leaves > 0 else -1

    def checks(self) -> Iterator[Check]:
        """Each check in the order in which the match asks."""
        yield Check("check_trading", TRADING, self._trading())
        limit = self.order.terms.limit_price
        if self.order.terms.kind is Kind.AFTER_HOURS:
            yield Check("rule_after_hours", (Reason.NO_AFTER_HOURS,), self.say("has_after_hours"))
        if limit is not None and self.exchange.has_limits and self.up == self.up:
            text = self.say("within_limits", price=price(limit), down=price(self.down), up=price(self.up))
            yield Check("check_order_price", (Reason.PRICE_LIMIT, Reason.PRICE_CAGE), text)
        yield from self._conditions() if self.is_daily else self._conditions_at_once()
        if self.exchange.has_limits:
            yield Check("check_price_limit", (Reason.LIMIT_UP, Reason.LIMIT_DOWN), self._lock())
        if opens(self.draft, self.exchange, self.order):
            yield from self._money()
        else:
            yield from self._shares()
        at_once = self.order.terms.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}
        share = self.order.terms.volume_share
        if self.draft.settings.participation is not None or share is not None:
            allowed, facts = Checks(self.draft, self.exchange).available(
                self.order.instrument, self.order.leaves, share
            )
            # What takes nothing later ends for that, not for the volume.
            unmet = self._why(Reason.VOLUME_CAP, facts) if at_once and allowed < abs(self.order.leaves) else ""
            yield Check("volume", (Reason.VOLUME_CAP,), self._volume(), unmet)
        if at_once:
            text = self.say("met_once", tif=self.order.terms.time_in_force.value)
            yield Check("check_time_in_force", (Reason.NOT_AT_ONCE,), text)

    def _why(self, reason: Reason, facts: Facts) -> str:
        return self.say(reason, **facts)

    def _trading(self) -> str:
        text = self.say("is_listed", day=self.exchange.date(self.draft.day))
        if not self.is_daily:
            return text
        if self.phase is Phase.OPEN:
            return text + self.say("opens_at", price=price(self.bar.open))
        bar = self.bar
        return text + self.say("trades_within", low=price(bar.low), high=price(bar.high), close=price(bar.close))

    # ------------------------------------------------------------------ the type of the order

    def _quote(self) -> Quote:
        """What the fill model said."""
        order, draft = self.order, self.draft
        if order.terms.kind in CLOSING_KINDS:
            return Quoting(draft, self.exchange, closing=self.phase is not Phase.OPEN).quote(order)
        if self.phase is Phase.OPEN:
            return self.exchange.fills.at_price(order, self.bar.open)
        return self.exchange.fills.in_bar(self.exchange, draft, order, self.bar)

    def _conditions(self) -> Iterator[Check]:
        """Stop and limit of the order against the open or the bar."""
        order, terms = self.order, self.order.terms
        if terms.kind in {Kind.MARKET, Kind.MARKET_ON_OPEN}:
            return
        quote = self._quote()
        unmet = "" if quote.price is not None else self._why(quote.reason, quote.facts)
        if terms.kind in CLOSING_KINDS:
            text = self.say("closing_price_is", price=price(self.bar.close))
            beyond = unmet if quote.reason is Reason.LIMIT_NOT_REACHED else ""
            yield Check("check_close", CLOSING, text, "" if beyond else unmet)
            if terms.limit_price is not None and (beyond or not unmet):
                found = self.say("the_close", price=price(self.bar.close))
                met = self.say(f"met_{'down' if self.side > 0 else 'up'}", found=found, limit=price(terms.limit_price))
                yield Check("check_limit", (Reason.LIMIT_NOT_REACHED,), met, beyond)
            return
        if order.stop is not None:
            name = "check_trigger" if terms.kind is Kind.LIMIT_IF_TOUCHED else "check_stop"
            stopped = unmet if quote.reason is Reason.STOP_NOT_REACHED and quote.price is None else ""
            yield Check(name, (Reason.STOP_NOT_REACHED,), self._reached(order.stop), stopped)
            if stopped:
                return
        if terms.limit_price is not None:
            yield Check("check_limit", (Reason.LIMIT_NOT_REACHED,), self._within(terms.limit_price), unmet)

    def _conditions_at_once(self) -> Iterator[Check]:
        """Inside a day, where an order is asked more than once in a bar: what filled it, against its own prices."""
        terms, stop, limit = self.order.terms, self.order.stop, self.order.terms.limit_price
        met, at = self.fill_price == self.fill_price, price(self.fill_price)
        tells = met and not (self.exchange.fills.asks_whole_bars and self._has_quotes)
        if terms.kind in CLOSING_KINDS:
            tells = False
            yield Check("check_close", CLOSING, self.say("close_met", price=at) if met else "")
        if stop is not None:
            said = self.say("stop_met", stop=price(stop), price=at) if met else ""
            name = "check_trigger" if terms.kind is Kind.LIMIT_IF_TOUCHED else "check_stop"
            yield Check(name, (Reason.STOP_NOT_REACHED,), self._reached(stop) if tells else said)
        if limit is not None:
            said = self.say("limit_met", limit=price(limit), price=at) if met else ""
            yield Check("check_limit", (Reason.LIMIT_NOT_REACHED,), self._within(limit) if tells else said)

    @property
    def _has_quotes(self) -> bool:
        bars = self.exchange.intraday
        return bars is not None and bars.has_quotes

    @cached_property
    def _seen(self) -> tuple[str, Bar]:
        """What stop and limit were compared with: one price and the word for it, or a whole bar and no word."""
        draft, order, exchange = self.draft, self.order, self.exchange
        if self.is_daily:
            return ("the_open" if self.phase is Phase.OPEN else ""), self.bar
        source, row = exchange.bars(draft)
        whole = Bar(*(float(getattr(source, name)[row, order.instrument]) for name in ("open", "high", "low", "close")))
        if exchange.clock.in_call:
            if order.reason is not None and self.phase is not Phase.OPEN:
                if sees_no_range(draft, order):
                    return "", without_range(self.bar)
                return "", self.bar if self.phase is Phase.CLOSE else whole
            return "the_last", Bar(*[exchange.view(draft).last_price(order.instrument)] * 4)
        opened = float(exchange.openings(draft, np.array([order.instrument]), np.array([order.leaves]))[0])
        quote = at_open(order.terms, self.side, opened, triggered=order.triggered, stop=order.stop)
        if opened != opened or quote.price is None or exchange.fills.asks_whole_bars:
            return "", whole
        is_quoted = draft.bar > 1 and isinstance(source, Intraday) and opened != whole.open
        return ("the_quote" if is_quoted else "the_open"), Bar(*[opened] * 4)

    def _reached(self, stop: float) -> str:
        """How a stop was reached."""
        if self.order.triggered:
            return self.say("reached_before", stop=price(stop))
        towards = -self.side if self.order.terms.kind is Kind.LIMIT_IF_TOUCHED else self.side
        word, bar = self._seen
        found = self.say(word, price=price(bar.open)) if word else self._best(towards)
        return self.say("reached_up" if towards > 0 else "reached_down", found=found, stop=price(stop))

    def _best(self, towards: int) -> str:
        """The highest or the lowest price of the bar."""
        _, bar = self._seen
        return self.say("the_high", price=price(bar.high)) if towards > 0 else self.say("the_low", price=price(bar.low))

    def _within(self, limit: float) -> str:
        """How a limit was met."""
        beyond = "down" if self.side > 0 else "up"
        word, bar = self._seen
        if word or (self.order.stop is not None and not self.order.triggered):
            found = self.say(word or "the_close", price=price(bar.open if word else bar.close))
            return self.say(f"met_{beyond}", found=found, limit=price(limit))
        return self.say(f"beyond_{beyond}", found=self._best(-self.side), limit=price(limit))

    def _lock(self) -> str:
        if np.isnan(self.up if self.side > 0 else self.down):
            return self.say("no_price_limit")
        at_the_open = self.phase is Phase.OPEN and self.is_daily
        shown = self.bar.open if at_the_open else self.fill_price
        if self.order.terms.kind in CLOSING_KINDS and self.is_daily:
            shown = self.bar.close
        if shown != shown:
            return self.say("limits_are", down=price(self.down), up=price(self.up))
        name = "open" if at_the_open else "price"
        if self.side > 0:
            return self.say(f"{name}_below", price=price(shown), up=price(self.up))
        return self.say(f"{name}_above", price=price(shown), down=price(self.down))

    # ------------------------------------------------------------------ the account

    def _shares(self) -> Iterator[Check]:
        draft, exchange, order = self.draft, self.exchange, self.order
        closable = exchange.account.closable(draft, exchange, order.instrument, order.leaves, order.terms.effect)
        held, free = (0, 0) if closable is None else closable[:2]
        before = shares_before(draft, order)
        # A buy that closes sells nothing: it takes back what was sold.
        told, earlier = ("shares_free", "earlier_sells") if order.leaves < 0 else ("closable_free", "earlier_closes")
        numbers = {"asked": f"{abs(order.leaves):,}", "free": f"{max(free - before, 0):,}", "held": f"{held:,}"}
        text = self.say(told, **numbers)
        if before:
            text += self.say(earlier, before=f"{before:,}")
        if order.cap is not None and order.caps_position:
            at = self.fill_price
            kept = self.say("value_of_position", cap=number(exchange.money.amount(order.cap)), price=price(at))
            yield Check("check_value", (Reason.VALUE_CAP,), kept if at == at else "")
        yield Check("check_shares", _OF_SHARES, text)
        yield from self._lot()

    def _lot(self) -> Iterator[Check]:
        if self.exchange.lot_shares > 1:
            text = self.say("lot_allowed", shares=f"{abs(self.order.leaves):,}")
            yield Check("check_lot", LOTS, text)

    def _money(self) -> Iterator[Check]:
        draft, exchange, order, money = self.draft, self.exchange, self.order, self.exchange.money
        yield from self._lot()
        at = self._price_for_cash()
        if order.cap is not None and at == at:
            what = "position" if order.caps_position else "order"
            text = self.say(f"value_of_{what}", cap=number(money.amount(order.cap)), price=price(at))
            yield Check("check_value", (Reason.VALUE_CAP,), text)
        name, text = "cash", ""
        if at > 0:
            free = free_of(draft, exchange, order)
            others = exchange.account.available(draft, exchange, pool_of(draft, exchange, order)) - free
            need = Checks(draft, exchange).need(intent_of(order, at, 0, 0), order.leaves)
            needed, name = number(money.amount(need.money)), _NEEDED.get(need.lacking, name)
            text = self.say("cash_needed", needed=needed, price=price(at), cash=number(money.amount(free)))
            if others:
                text += self.say("held_back", others=number(money.amount(others)))
        yield Check(name, _OF_MONEY, text)

    def _price_for_cash(self) -> float:
        """Price of the fill, or that at which a resting buy holds cash back."""
        if self.fill_price == self.fill_price:
            return self.fill_price
        return reserve_price(self.draft, self.exchange, self.order)

    def _volume(self) -> str:
        rate = self.order.terms.volume_share or self.draft.settings.participation or 0.0
        taken = taken_now(self.draft, self.order.instrument)
        source, row = self.exchange.bars(self.draft)
        volume = float(source.volume[row, self.order.instrument])
        wanted = f"{abs(self.order.leaves):,}"
        text = self.say("volume_enough", rate=f"{rate:.1%}", volume=number(volume, 0), shares=wanted)
        return text + self.say("volume_taken", taken=f"{taken:,}") if taken else text

    # ------------------------------------------------------------------ what waits

    def resting(self) -> str:
        """What an order that stays in the market holds back; empty when it holds nothing back."""
        if self.draft.settings.reserve == "none":
            return ""
        order = self.order
        if not opens(self.draft, self.exchange, order):
            return self.say("rests_sell", shares=f"{abs(order.leaves):,}")
        at = reserve_price(self.draft, self.exchange, order)
        if not at > 0:
            return ""
        need = Checks(self.draft, self.exchange).need(intent_of(order, at, 0, 0), order.leaves)
        rests = "rests_margin" if need.lacking in _NEEDED else "rests_buy"
        return self.say(rests, cost=number(self.exchange.money.amount(need.money)))


def remedy(reason: Reason, facts: Facts, side: int, say: Words = ENGLISH) -> str:
    """What would have made an order fill, with the numbers of its case, and the advice for its reason.

    >>> remedy(Reason.INSUFFICIENT_CASH, {"asked": 1000, "needed": 9525.0, "cash": 5000.0, "affordable": 500}, 1)[:59]
    '4,525.00 more cash would have paid for all; 500 shares were'
    """
    near = _with_numbers(reason, facts, side, say)
    return f"{near}{say('between_sentences')}{say.advice(reason)}".strip()


def _with_numbers(reason: Reason, facts: Facts, side: int, say: Words) -> str:  # noqa: PLR0911  # one sentence per reason
    better = "above" if side > 0 else "below"
    match reason, dict(facts):
        case Reason.INSUFFICIENT_CASH, {"needed": float(needed), "cash": float(cash), "affordable": affordable}:
            text = say("more_cash", cash=number(needed - cash))
            return text + (say("affordable", shares=f"{affordable:,}") if affordable else say("full_stop"))
        case Reason.LIMIT_NOT_REACHED, {"bound": _}:
            return ""
        case Reason.LIMIT_NOT_REACHED, {"price": float(at)}:
            return say(f"limit_{better}", price=price(at))
        case Reason.STOP_NOT_REACHED, {"price": float(at)}:
            return say("stop_at", price=price(at))
        case Reason.PRICE_LIMIT, {"up": float(up), "down": float(down)}:
            return say("valid_limits", down=price(down), up=price(up))
        case ((Reason.T_PLUS_ONE | Reason.INSUFFICIENT_QUANTITY), {"sellable": int(sellable)}) if sellable:
            return say("possible_sale", shares=f"{sellable:,}")
        case Reason.VOLUME_CAP, {"cap": int(cap), "asked": int(asked)}:
            return say("to_take", cap=f"{cap:,}", asked=f"{asked:,}")
        case Reason.MINIMUM_SIZE, {"minimum": int(minimum)}:
            return say("accepted", shares=f"{minimum:,}")
        case ((Reason.LOT_SIZE | Reason.BOND_LOT | Reason.REPO_MULTIPLE), {"lot": int(lot), "sent": 0}):
            return say("accepted", shares=f"{lot:,}") if side > 0 else ""
        case Reason.OPEN_ORDER_MARGIN, {"needed": needed, "available": available}:
            return say("carried", difference=_difference(needed, available, say))
        case _:
            return ""


def _difference(needed: object, available: object, say: Words) -> str:
    """Shares as whole numbers, money with two decimals."""
    if isinstance(needed, int) and isinstance(available, int):
        return say("of_shares", shares=f"{needed - available:,}")
    assert isinstance(needed, float)  # money
    assert isinstance(available, float)  # as above
    return say("of_cash", cash=number(needed - available))
