"""Before the open: corporate actions of the day, and what happens to instruments that end.

Cash dividends, bonus shares and splits take effect on the ex-date for whoever held at the close before it. Orders that
wait are scaled with a split or bonus issue. Rights lapse unless subscribed by option; a lapsed right is a loss, because
the reference price falls all the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

from qresearch.domain import events
from qresearch.domain.money import RATE_SCALE, divide, rate_units
from qresearch.engine.draft import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.ledger import cash_of, lots_after_sale, net_quantity, shares_of
from qresearch.engine.open_orders import open_orders
from qresearch.engine.taxes import tax_at_payment, tax_on_sale
from qresearch.engine.ticks import on_tick
from qresearch.market.actions import Action


def apply_actions(draft: Draft, exchange: Exchange) -> Iterator[events.Record]:
    """Apply the corporate actions whose ex-date is today."""
    for action in exchange.market.by_day.get(draft.day, ()):
        position = draft.positions.get(action.instrument)
        if position is not None:
            yield from _entitle(draft, exchange, action, position.quantity)
        if action.bonus:
            yield from _scale_orders(draft, exchange, action)


def _entitle(draft: Draft, exchange: Exchange, action: Action, held: int) -> Iterator[events.Record]:
    instrument = action.instrument
    units = exchange.money.units
    if action.cash:
        amount = cash_of(held, action.cash, units)
        flat = draft.settings.dividend_tax
        tax = 0
        if isinstance(flat, float):
            tax = divide(amount * rate_units("dividend_tax", flat), RATE_SCALE)
        elif draft.settings.keeps_tax_lots:
            tax = tax_at_payment(exchange.market, instrument, draft.day, amount)
        yield events.DividendPaid(draft.at, instrument, held, action.cash, amount, tax)
    if action.bonus:
        received = shares_of(held, action.bonus)
        if received:
            yield events.SharesIssued(draft.at, instrument, received, action.bonus)
    if action.rights:
        offered = shares_of(held, action.rights)
        paid = cash_of(offered, action.rights_price, units)
        if draft.settings.rights == "subscribe" and 0 < paid <= draft.cash:
            yield events.RightsSubscribed(draft.at, instrument, offered, action.rights_price, paid)
        elif offered:
            yield events.RightsLapsed(draft.at, instrument, offered, action.rights_price)


def _scale_orders(draft: Draft, exchange: Exchange, action: Action) -> Iterator[events.Record]:
    """Scale what is still open: shares by the ratio, prices against it."""
    factor, least = 1 + action.bonus, float(exchange.steps[action.instrument])
    for order in open_orders(draft, action.instrument):
        left = abs(order.leaves)
        scaled = (1 if order.leaves > 0 else -1) * (left + shares_of(left, action.bonus))
        if scaled:
            terms = replace(
                order.terms,
                limit_price=_scaled(order.terms.limit_price, factor, least),
                stop_price=_scaled(order.terms.stop_price, factor, least),
                trail=order.terms.trail if order.terms.trail_is_fraction else _scaled(order.terms.trail, factor),
            )
            terms = on_tick(draft, exchange, action.instrument, scaled, terms)
            followed = replace(terms, stop_price=_scaled(order.stop, factor, least))
            moved = on_tick(draft, exchange, action.instrument, scaled, followed)
            stop = None if order.stop is None else moved.stop_price
            yield events.OrderScaled(draft.at, order.order_id, scaled, terms, stop)


def _scaled(price: float | None, factor: float, least: float = 0.0) -> float | None:
    """A price after a split; no price is below one tick."""
    return None if price is None else max(price / factor, least)


def close_delisted(draft: Draft, exchange: Exchange, but: Container[int] = ()) -> Iterator[events.Record]:
    """Close positions, but for some, whose recorded delisting is today: at the last price, or at nothing ("zero").

    At the last price it counts as a sale: dividends that are taxed by holding period are taxed now. What is written
    off is not sold, and nothing is due.
    """
    day = draft.day
    for instrument in exchange.closing.get(day, ()):
        if instrument in draft.positions and instrument not in but:
            quantity = draft.positions[instrument].quantity
            price = float(exchange.market.mark[day - 1, instrument]) if draft.settings.delisting == "last" else 0.0
            amount = exchange.money.notional(exchange.money.price_units(price), quantity)
            _, left = lots_after_sale(draft.tax_lots.get(instrument, ()), quantity)
            tax = tax_on_sale(exchange.market, instrument, left, day) if price else 0
            yield events.PositionClosed(draft.at, instrument, quantity, price, amount)
            if tax:
                yield events.DividendTaxed(draft.at, instrument, tax)


def freeze_without_bars(draft: Draft, exchange: Exchange) -> None:
    """Freeze holdings that had no bar today, thaw those whose bars go on.

    Done at the close, when it is known that there was none. Rows that end for good and rows that pause begin in the
    same way: nobody knows that day whether they go on.
    """
    for instrument in exchange.resumes.get(draft.day, ()):
        if instrument in draft.stale:
            draft.emit(events.PositionThawed(draft.at, instrument))
    for instrument in exchange.breaks.get(draft.day, ()):
        item = exchange.market.instruments[instrument]
        # An option, or a contract that has a last day, ends by itself, also where the data do not reach it.
        goes_on = item.option is None and item.last_day is None
        in_lots = goes_on and any(key.instrument == instrument for key in draft.ledger.lots)
        held = instrument in draft.positions or in_lots
        if held and not exchange.is_delisted(instrument):
            draft.emit(events.PositionStale(draft.at, instrument, net_quantity(draft, instrument)))
