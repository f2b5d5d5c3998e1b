"""What an order would do: sized, checked and priced on a throw-away draft, never placed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from qresearch.book.html import number, table
from qresearch.domain import events
from qresearch.domain.attributes import told_names
from qresearch.domain.calls import told_calls
from qresearch.domain.fees import NO_FEES, Fees, parts_of
from qresearch.domain.moment import OPEN, Moment
from qresearch.domain.order import Side
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import MARKET_DAY, Kind, Terms
from qresearch.engine.checks import Checks
from qresearch.engine.draft import Draft
from qresearch.engine.intent import Intent
from qresearch.engine.ledger import net_quantity
from qresearch.engine.open_orders import pending_of
from qresearch.engine.reserves import free_money
from qresearch.engine.told import tell
from qresearch.errors import UsageError, choose
from qresearch.sentences import ENGLISH, Words
from qresearch.sentences.words import price
from qresearch.session.trader import Trader
from qresearch.session.trading import TradingApi

_CALLS = tuple(name for name in vars(TradingApi) if not name.startswith("_") and name != "order_batch")


_STOPPED = events.OrderTrimmed, events.OrderWaiting, events.OrderCanceled, events.OrderRejected, events.OrderExpired


@told_calls
@dataclass(frozen=True)
class Preview:
    """What an order would do if the next open were the last visible price. Nothing was placed.

    On the clock of the same bar, in trading hours, it is exactly what the call would do; `price`, `notional` and fees
    are then those of the fill, and `quantity` also holds what would rest.

    Parameters
    ----------
    symbol : str
    side : {"buy", "sell"}
    asked : str
        The call.
    quantity : int, shares
        What would be sent; 0 when it would be refused at once.
    price : float, currency per share
        Last visible price, for the real open is not known; the limit of a limit order that is better than that.
    passing : int, shares
        Of these what every check lets through, so far as it can be known now; 0 when it would be rejected.
    notional : float, currency
        Of the shares that pass, at that price.
    parts : mapping of str to float, currency
        Each part of the fees of these.
    cash, cash_after : float, currency
        Now, and after this order alone; of an account on margin what it may use.
    held_after : int, shares
    checks : tuple of (str, bool, str)
        Name of each check, whether it passes now, and its numbers, in the language of `words`.
    terms : Terms
        Type, prices and time in force.
    is_exact : bool
        The price is that of the fill, and not only the last one that is visible.
    words : Words
        The language in which it shows itself.
    """

    symbol: str
    side: str
    asked: str
    quantity: int
    passing: int
    price: float
    notional: float
    parts: Mapping[str, float]
    cash: float
    cash_after: float
    held_after: int
    checks: tuple[tuple[str, bool, str], ...]
    terms: Terms = MARKET_DAY
    is_exact: bool = False
    words: Words = field(default=ENGLISH, repr=False, compare=False)

    @property
    def fees(self) -> float:
        """All parts of the fees together, currency."""
        return sum(self.parts.values())

    @property
    def passes(self) -> bool:
        """True when every check passes now."""
        return all(passed for _, passed, _ in self.checks)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Price, value, fees and what is left, by name, as they are shown."""
        words = self.words
        return [
            *([(words("would_pass"), f"{self.passing:,}")] if self.passing < self.quantity else []),
            (words("price"), price(self.price)),
            (words("notional"), number(self.notional)),
            *((words.fee(part), number(amount)) for part, amount in self.parts.items()),
            (words("cash_now"), number(self.cash)),
            (words("cash_after"), number(self.cash_after)),
            (words("held_after"), f"{self.held_after:,}"),
        ]

    def __repr__(self) -> str:
        words = self.words
        failed = words("list_comma").join(f"{name}: {text}" for name, passed, text in self.checks if not passed)
        if not self.passing:
            return words("preview_refused", asked=self.asked, failed=failed)
        if self.price != self.price:
            return words("preview_unpriced", asked=self.asked, failed=failed)
        facts = {
            "side": words(f"a_{self.side}"),
            "quantity": f"{self.quantity:,}",
            "symbol": self.symbol,
            "terms": "" if self.terms == MARKET_DAY else words("terms_within", terms=words.terms(self.terms)),
            "about": "" if self.is_exact else words("about"),
            "price": price(self.price),
            "value": f"{self.notional:,.2f}",
            "fees": f"{self.fees:,.2f}",
            "cash": f"{self.cash:,.2f}",
            "after": f"{self.cash_after:,.2f}",
            "failed": words("list_comma") + failed if failed else "",
        }
        return words("preview_of", **facts)

    def _repr_html_(self) -> str:
        words = self.words
        checks = [("✓" if passed else "✗", escape(name), escape(text)) for name, passed, text in self.checks]
        asked, symbol, side = escape(self.asked), escape(self.symbol), words(f"a_{self.side}")
        terms = "" if self.terms == MARKET_DAY else f", {escape(words.terms(self.terms))}"
        head = f"<div>{words('what_if')} <b>{asked}</b>: {side} <b>{self.quantity:,}</b> {symbol}{terms}</div>"
        names = (" ", words("check"), words("numbers"))
        return f"{head}{table(names, checks)}{table(('', words('in_currency') + '>'), self.figures)}"


@told_calls
class _Asked(TradingApi):
    """The order functions on a draft that is thrown away; what is refused there is no error."""

    def __init__(self, trader: Trader) -> None:
        do, command = trader.simulation.do, trader.command
        super().__init__(lambda *request: do(command(*request)), trader.place_batch)  # type: ignore[arg-type]


@told_names(lambda _, name: f"Write what_if({name!r}, ...)." if name in _CALLS else "")
@told_calls
class WhatIf:
    """Call it with an order function and its arguments.

    Parameters
    ----------
    trader : Trader
    words : Words, optional
        Default: those of the session.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000).step()
    >>> session.what_if("buy", "604018", 1000)
    <Preview: buy 1,000 604018.SH at about 9.61: value 9,610.00, fees 5.00, cash 100,000.00 -> 90,385.00>
    >>> len(session.orders)
    0
    """

    def __init__(self, trader: Trader, words: Words | None = None) -> None:
        self._trader, self._simulation = trader, trader.simulation
        self._words = trader.words if words is None else words

    def __repr__(self) -> str:
        return f"<WhatIf what_if(call, ...), where call is one of {', '.join(_CALLS)}>"

    def named(self, words: Words) -> WhatIf:
        """Previews in other words."""
        return WhatIf(self._trader, words)

    def __call__(self, call: str | Callable[..., object], *args: Any, **kwargs: Any) -> Preview:
        """Preview an order.

        Parameters
        ----------
        call : str or method
            "order", "order_value", "order_target", "order_target_value", "order_lots", "order_pct", "buy" or "sell",
            or that method of the session.
        *args, **kwargs
            As for that function.

        Returns
        -------
        Preview
            At the last visible price; the next open is not known and may change every number of it. On the clock of
            the same bar, in trading hours, exactly what the call would do.

        Raises
        ------
        UsageError
            No such function, or a call that would raise.
        """
        self._trader.keeper.refuse_inside_callback("what_if")
        name = choose("what_if", call if isinstance(call, str) else getattr(call, "__name__", call), _CALLS)
        draft = self._simulation.tried(lambda: getattr(_Asked(self._trader), name)(*args, **kwargs))
        words = [repr(item) for item in args] + [f"{key}={item!r}" for key, item in kwargs.items()]
        return self._preview(draft, f"{name}({', '.join(words)})")

    def _preview(self, draft: Draft, asked: str) -> Preview:
        exchange = self._simulation.exchange
        made = list(events.records(iter(draft.events)))
        created = next((event for event in made if isinstance(event, events.OrderCreated)), None)
        if created is None:
            raise UsageError(f"what_if: {asked} asks for no order. Preview one order at a time.")
        if any(isinstance(event, events.OrderReleased) for event in made):
            return self._outcome(draft, asked, created, made)
        refused = next((event for event in made if isinstance(event, events.OrderRejected)), None)
        column, wanted = created.instrument, created.quantity
        sent = 0 if refused is not None else wanted
        pool = exchange.account.pool(draft, exchange, column, wanted, created.terms.effect)
        words = self._words.of(self._simulation.market.instruments[column])
        mark = _expected(exchange.view(draft).last_price(column), created.terms, wanted)
        checks = [(words("would_send"), True, words("would_wait", shares=f"{abs(sent):,}"))]
        passing, notional, fees, change = 0 if mark == mark else abs(sent), 0, NO_FEES, 0
        if refused is not None:
            text = f"{refused.reason.value}: {words(refused.reason, **refused.facts)} {words.advice(refused.reason)}"
            checks = [(words("would_send"), False, text.strip())]
        else:
            hindrances = self._market_checks(draft, column, created.terms, mark)
            checks += hindrances
            if mark == mark:
                intent = Intent(column, sent, mark, None, False, 0, effect=created.terms.effect)
                # What resting buys hold back cannot be spent at the match either.
                intent = intent._replace(free_cash=free_money(draft, exchange, pool))
                checks += self._checks(draft, intent)
                if all(passed for _, passed, _ in hindrances):
                    passing = self._carried(draft, intent)
                intent = intent._replace(wanted=Side.of(sent).sign * passing)
                notional, fees, change = self._costs(draft, created.order_id, intent)
            checks += self._queue_check(draft)
        # What a price decides is not known without one.
        amount, known = exchange.money.amount, 1.0 if mark == mark or not sent else float("nan")
        usable = exchange.account.available(draft, exchange, pool)
        return Preview(
            self._simulation.market.symbols[column],
            Side.of(wanted or created.asked).value,
            asked,
            abs(sent),
            passing,
            mark,
            amount(notional) * known,
            _parts(fees, amount),
            amount(usable),
            amount(usable + change) * known,
            net_quantity(draft, column) + (passing if sent > 0 else -passing),
            tuple(checks),
            created.terms,
            words=words,
        )

    def _outcome(self, draft: Draft, asked: str, created: events.OrderCreated, made: list[events.Record]) -> Preview:
        """What an order did that met the market inside its call."""
        column = created.instrument
        words = self._words.of(self._simulation.market.instruments[column])
        exchange, money = self._simulation.exchange, self._simulation.exchange.money
        fill = next((event for event in made if isinstance(event, events.OrderFilled)), None)
        fees = NO_FEES if fill is None else fill.fees
        rest, before = draft.working.get(created.order_id), draft.base
        pool = exchange.account.pool(before, exchange, column, created.quantity, created.terms.effect)
        filled, left = 0 if fill is None else abs(fill.quantity), 0 if rest is None else abs(rest.leaves)
        checks = [(words("check_filled"), True, words("would_fill_at_once", shares=f"{filled:,}"))] if filled else []
        checks += [
            (event.reason.value, False, words(event.reason, **event.facts))
            for event in made
            if isinstance(event, _STOPPED)
        ]
        return Preview(
            self._simulation.market.symbols[column],
            Side.of(created.quantity or created.asked).value,
            asked,
            filled + left,
            filled + left,
            exchange.view(draft).last_price(column) if fill is None else fill.price,
            money.amount(0 if fill is None else fill.notional),
            _parts(fees, money.amount),
            money.amount(exchange.account.available(before, exchange, pool)),
            money.amount(exchange.account.available(draft, exchange, pool)),
            net_quantity(draft, column),
            tuple(checks),
            created.terms,
            is_exact=fill is not None,
            words=words,
        )

    def _costs(self, draft: Draft, order_id: int, intent: Intent) -> tuple[int, Fees, int]:
        """Value, fees and the change of what may be used, by an order that fills on the next day; money steps."""
        exchange, sent = self._simulation.exchange, intent.wanted
        if not sent:
            return 0, NO_FEES, 0
        account, opening = exchange.account, self._next_open(draft)
        at, asked = Moment(opening.day, opening.phase), (exchange, intent.instrument, sent, intent.effect)
        notional, fees = account.charge(opening, exchange, intent, sent)
        if not exchange.view(opening).last_price(intent.instrument) > 0:
            # What has no price yet has no value in an account: all that is known is what it needs.
            return notional, fees, -account.need(opening, exchange, intent, sent).money
        # What an account binds and frees shows in what it may use once the fill is posted.
        pool, posts = account.pool(opening, *asked), account.posts_itself(opening, *asked)
        before = account.available(opening, exchange, pool)
        fill = events.OrderFilled(at, order_id, intent.instrument, sent, intent.price, notional, fees, posts)
        tell(opening, exchange, [events.OrderReleased(at, order_id), fill])
        return notional, fees, account.available(opening, exchange, pool) - before

    def _next_open(self, draft: Draft) -> Draft:
        """The account as it is now on the day on which the order will work, at the prices of now."""
        opening = Draft(draft.freeze())
        opening.look_ahead(Moment(min(draft.day + 1, self._simulation.exchange.last), OPEN))
        return opening

    def _carried(self, draft: Draft, intent: Intent) -> int:
        """Shares that the account can carry at the next open, not signed; earlier requests are not counted."""
        others = pending_of(draft, intent.instrument) - intent.wanted
        sells = -others if intent.wanted < 0 and others < 0 else 0
        checks = Checks(self._next_open(draft), self._simulation.exchange)
        return checks.carried(intent._replace(reserved_shares=sells))[0]

    def _market_checks(self, draft: Draft, column: int, terms: Terms, mark: float) -> list[tuple[str, bool, str]]:
        """What of the market stands in the way: no price, no trading, limits of the next day once they are known."""
        exchange, words = self._simulation.exchange, self._words
        view, checks = exchange.view(draft), list[tuple[str, bool, str]]()
        if mark != mark:
            checks.append((words("price"), False, words("price_unknown")))
        is_over = draft.day >= exchange.first and view.whole_days > draft.day
        refusal = Checks(draft, exchange).refusal(column) if is_over else None
        if refusal is not None:
            text = f"{words(refusal[0], **refusal[1])} {words('would_need_trading')}"
            checks.append((words("check_trading"), False, text))
        # The close of a day makes the limits of the next one: before it they are not known.
        if terms.limit_price is not None and exchange.has_limits and view.whole_days > draft.day:
            opening = self._next_open(draft)
            outside = Checks(opening, exchange).outside_limits(column, terms.limit_price)
            panel, day = exchange.market.panel, opening.day
            up, down = float(panel.limit_up[day, column]), float(panel.limit_down[day, column])
            if outside is not None:
                text = f"{words(outside[0], **outside[1])} {words.advice(outside[0])}"
                checks.append((words("check_price_limit"), False, text))
            elif up == up:
                facts = {"price": price(terms.limit_price), "down": price(down), "up": price(up)}
                checks.append(
                    (words("check_price_limit"), True, words("within_next_limits", day=exchange.date(day), **facts))
                )
        return checks

    def _checks(self, draft: Draft, intent: Intent) -> list[tuple[str, bool, str]]:
        """What the match will ask of the account, as far as it can be known now."""
        exchange, column, sent = self._simulation.exchange, intent.instrument, intent.wanted
        words = self._words.of(exchange.market.instruments[column])
        text, others = exchange.money.text, pending_of(draft, column) - sent
        # At the next open what was bought today can be sold.
        opening = self._next_open(draft)
        closable = exchange.account.closable(opening, exchange, column, sent, intent.effect)
        if closable is None:
            need = exchange.account.need(opening, exchange, intent, sent)
            numbers = words("would_need", needed=text(need.money), cash=text(intent.free_cash))
            name = words("margin").capitalize() if need.lacking is Reason.INSUFFICIENT_MARGIN else words("cash")
            checks = [(name, need.money <= max(intent.free_cash, 0), numbers)]
            if need.refusal is not None:
                why, facts = need.refusal
                said = f"{why.value}: {words(why, **facts)} {words.advice(why)}"
                checks.append((words("order"), False, said.strip()))
            return checks
        free = closable.free - min(abs(others), closable.free) if others * sent > 0 else closable.free
        # A buy that closes sells nothing: it takes back what was sold.
        numbers = words("would_sell" if sent < 0 else "would_close", asked=f"{abs(sent):,}", free=f"{free:,}")
        return [(words("check_shares"), abs(sent) <= free, numbers)]

    def _queue_check(self, draft: Draft) -> list[tuple[str, bool, str]]:
        """How many other requests wait for the same open."""
        words, queue = self._words, sum(len(block) for block in draft.queue) - 1
        return [(words("check_queue"), True, words("would_queue", count=queue))] if queue > 0 else []


def _parts(fees: Fees, amount: Callable[[int], float]) -> dict[str, float]:
    """Each part of some fees in the currency."""
    return {part: amount(fees[part]) for part in parts_of((fees,))}


def _expected(mark: float, terms: Terms, wanted: int) -> float:
    """The price to reckon with: a limit order pays no more than its limit, and gets no less."""
    if terms.kind is not Kind.LIMIT or terms.limit_price is None:
        return mark
    # The limit stands first: it is what is left when no price is known.
    return min(terms.limit_price, mark) if wanted > 0 else max(terms.limit_price, mark)
