"""Accounts of futures and options as XtQuant shows them: their kinds of order, and what is held on each side.

A net order (10 to 13) closes what is held and opens the rest: two orders, and the number of the first. An exercise and
the locking of units (54 to 57, 100) are no orders of the market: they are done at once, and their number is 0. Spreads,
rolls and combinations (16 to 22, 110 to 139, 400) are refused. Direction is the side of the holding, 48 long and 49
short, covered calls among the short ones with the hedge flag 1; the offset says what was opened or closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from qresearch.book.holdings import holdings_of
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.dialects.xtquant.other_types import XtPositionStatistics
from qresearch.dialects.xtquant.xttype import StockAccount, XtPosition
from qresearch.domain.commands import Deed
from qresearch.domain.instrument import Instrument
from qresearch.domain.ledger import COVERED, LONG, Key
from qresearch.domain.order import Side
from qresearch.domain.terms import Effect

FUTURES: Mapping[int, tuple[int, Effect]] = {
    xt.FUTURE_OPEN_LONG: (1, Effect.OPEN),
    xt.FUTURE_CLOSE_LONG_HISTORY: (-1, Effect.CLOSE_OLD),
    xt.FUTURE_CLOSE_LONG_TODAY: (-1, Effect.CLOSE_TODAY),
    xt.FUTURE_OPEN_SHORT: (-1, Effect.OPEN),
    xt.FUTURE_CLOSE_SHORT_HISTORY: (1, Effect.CLOSE_OLD),
    xt.FUTURE_CLOSE_SHORT_TODAY: (1, Effect.CLOSE_TODAY),
    xt.FUTURE_CLOSE_LONG_TODAY_FIRST: (-1, Effect.CLOSE_TODAY_FIRST),
    xt.FUTURE_CLOSE_LONG_HISTORY_FIRST: (-1, Effect.CLOSE),
    xt.FUTURE_CLOSE_SHORT_TODAY_FIRST: (1, Effect.CLOSE_TODAY_FIRST),
    xt.FUTURE_CLOSE_SHORT_HISTORY_FIRST: (1, Effect.CLOSE),
    xt.FUTURE_CLOSE_LONG_TODAY_HISTORY_THEN_OPEN_SHORT: (-1, Effect.CLOSE_TODAY_FIRST),
    xt.FUTURE_CLOSE_LONG_HISTORY_TODAY_THEN_OPEN_SHORT: (-1, Effect.CLOSE),
    xt.FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG: (1, Effect.CLOSE_TODAY_FIRST),
    xt.FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG: (1, Effect.CLOSE),
    xt.FUTURE_OPEN: (1, Effect.OPEN),
    xt.FUTURE_CLOSE: (-1, Effect.OPEN),
}
"""Kinds of order of futures: side in the market, and effect."""
NET = frozenset({
    xt.FUTURE_CLOSE_LONG_TODAY_HISTORY_THEN_OPEN_SHORT, xt.FUTURE_CLOSE_LONG_HISTORY_TODAY_THEN_OPEN_SHORT,
    xt.FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG, xt.FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG,
})  # fmt: skip
"""Those that close what is held and open the rest."""
OPTIONS: Mapping[int, tuple[int, Effect]] = {
    xt.STOCK_OPTION_BUY_OPEN: (1, Effect.OPEN),
    xt.STOCK_OPTION_SELL_CLOSE: (-1, Effect.CLOSE),
    xt.STOCK_OPTION_SELL_OPEN: (-1, Effect.OPEN),
    xt.STOCK_OPTION_BUY_CLOSE: (1, Effect.CLOSE),
    xt.STOCK_OPTION_COVERED_OPEN: (-1, Effect.COVERED_OPEN),
    xt.STOCK_OPTION_COVERED_CLOSE: (1, Effect.COVERED_CLOSE),
}
"""Kinds of order of options on funds and indices."""
DEEDS: Mapping[int, Deed] = {
    xt.STOCK_OPTION_CALL_EXERCISE: Deed.EXERCISE,
    xt.STOCK_OPTION_PUT_EXERCISE: Deed.EXERCISE,
    xt.STOCK_OPTION_SECU_LOCK: Deed.LOCK,
    xt.STOCK_OPTION_SECU_UNLOCK: Deed.UNLOCK,
    xt.OPTION_FUTURE_OPTION_EXERCISE: Deed.EXERCISE,
}
"""What is done without the market."""
_FUTURE_TYPES = {
    (1, Effect.OPEN): xt.FUTURE_OPEN_LONG,
    (-1, Effect.OPEN): xt.FUTURE_OPEN_SHORT,
    (-1, Effect.CLOSE_OLD): xt.FUTURE_CLOSE_LONG_HISTORY,
    (1, Effect.CLOSE_OLD): xt.FUTURE_CLOSE_SHORT_HISTORY,
    (-1, Effect.CLOSE_TODAY): xt.FUTURE_CLOSE_LONG_TODAY,
    (1, Effect.CLOSE_TODAY): xt.FUTURE_CLOSE_SHORT_TODAY,
    (-1, Effect.CLOSE_TODAY_FIRST): xt.FUTURE_CLOSE_LONG_TODAY_FIRST,
    (1, Effect.CLOSE_TODAY_FIRST): xt.FUTURE_CLOSE_SHORT_TODAY_FIRST,
    (-1, Effect.CLOSE): xt.FUTURE_CLOSE_LONG_HISTORY_FIRST,
    (1, Effect.CLOSE): xt.FUTURE_CLOSE_SHORT_HISTORY_FIRST,
    (1, Effect.AUTO): xt.FUTURE_OPEN,
    (-1, Effect.AUTO): xt.FUTURE_CLOSE,
}
_OPTION_TYPES = {
    **{asked: number for number, asked in OPTIONS.items()},
    (1, Effect.AUTO): xt.STOCK_OPTION_BUY_OPEN,
    (-1, Effect.AUTO): xt.STOCK_OPTION_SELL_CLOSE,
}
_OFFSETS = {
    Effect.OPEN: xt.OFFSET_FLAG_OPEN,
    Effect.COVERED_OPEN: xt.OFFSET_FLAG_OPEN,
    Effect.CLOSE_OLD: xt.OFFSET_FLAG_ClOSEYESTERDAY,
    Effect.CLOSE_TODAY: xt.OFFSET_FLAG_CLOSETODAY,
}
_COVERED_FLAG, _SPECULATION = 1, 0


class Told(NamedTuple):
    """What a record says of an order of a contract."""

    order_type: int
    direction: int
    offset_flag: int


def told(side: Side, effect: Effect, item: Instrument) -> Told:
    """The kind of an order of a contract, the side of the holding that it touches, and its offset."""
    kinds = _FUTURE_TYPES if item.option is None else _OPTION_TYPES
    opens = effect in {Effect.OPEN, Effect.COVERED_OPEN}
    offset = _OFFSETS.get(effect, xt.OFFSET_FLAG_CLOSE)
    if effect is Effect.AUTO:
        opens, offset = True, xt.OFFSET_FLAG_OPEN
    is_long = (side.sign > 0) == opens
    direction = xt.DIRECTION_FLAG_LONG if is_long else xt.DIRECTION_FLAG_SHORT
    return Told(kinds.get((side.sign, effect), xt.FUTURE_OPEN), direction, offset)


def positions(host: ScriptHost, account: StockAccount) -> Iterator[XtPosition]:
    """What is held of contracts, one record per side."""
    amount = host.amount
    for held in holdings_of(host.exchange, host.account):
        lots = host.account.ledger.lots.get(Key(held.instrument, held.side))
        item = host.market.instruments[held.instrument]
        if lots is None or item.contract is None:
            continue
        size = host.exchange.multiplier(held.instrument, host.account.day)
        average = item.mean_price(amount(held.cost), held.quantity, size)
        today = sum(lot.quantity for lot in lots if lot.day == host.account.day)
        profit, cost = amount(held.profit), amount(held.cost)
        yield XtPosition(
            account.account_type, account.account_id, item.symbol, held.quantity, held.free - held.reserved, average,
            amount(held.value), held.reserved, 0, held.quantity - today, average,
            xt.DIRECTION_FLAG_LONG if held.side == LONG else xt.DIRECTION_FLAG_SHORT,
            host.view.last_price(held.instrument), profit / cost if cost else 0.0,
            instrument_name=item.name, float_profit=profit, position_profit=profit,
        )  # fmt: skip


def statistics(host: ScriptHost, account: StockAccount) -> list[XtPositionStatistics]:
    """What is held of contracts and what it came to, one record per side; fields that nothing tells keep their 0."""
    exchange, amount, state = host.exchange, host.amount, host.account
    bound = exchange.account.value(state, exchange).bound
    found = []
    for held in holdings_of(exchange, state):
        key = Key(held.instrument, held.side)
        lots, item = state.ledger.lots.get(key), host.market.instruments[held.instrument]
        if lots is None or item.contract is None:
            continue
        contract, money = item.contract, exchange.money
        size = exchange.multiplier(held.instrument, state.day)
        today = sum(lot.quantity for lot in lots if lot.day == state.day)
        opened = item.mean_price(amount(held.cost), held.quantity, size)
        base = sum(lot.cost or money.notional(lot.base, lot.quantity * size) for lot in lots)
        margin, profit = amount(bound.get(key, 0)), amount(held.profit)
        is_option, rates = contract.option is not None, contract.on(host.date_of(state.day))
        ratio = rates.long_margin if held.side == LONG else rates.short_margin
        equity = host.portfolio.equity
        found.append(
            XtPositionStatistics(
                account_id=account.account_id,
                exchange_id=contract.exchange,
                exchange_name=contract.exchange,
                product_id=contract.product,
                product_name=contract.product,
                instrument_id=item.symbol,
                instrument_name=item.name,
                direction=xt.DIRECTION_FLAG_LONG if held.side == LONG else xt.DIRECTION_FLAG_SHORT,
                hedge_flag=_COVERED_FLAG if held.side == COVERED else _SPECULATION,
                position=held.quantity,
                yesterday_position=float(held.quantity - today),
                today_position=today,
                can_close_vol=held.free - held.reserved,
                position_cost=amount(base),
                avg_price=item.mean_price(amount(base), held.quantity, size),
                position_profit=amount(held.sign * (held.value - base)),
                float_profit=profit,
                open_price=opened,
                open_cost=amount(held.cost),
                used_margin=margin,
                instrument_value=amount(held.value),
                last_price=host.view.last_price(held.instrument),
                royalty=amount(held.sign * held.value) if is_option else 0.0,
                expire_date="" if contract.last_day is None else f"{contract.last_day:%Y%m%d}",
                margin_ratio=ratio if held.side != COVERED else 0.0,
                float_profit_divide_by_used_margin=profit / margin if margin else 0.0,
                float_profit_divide_by_balance=profit / equity if equity else 0.0,
                today_profit_loss=amount(held.sign * (held.value - base)),
                yesterday_init_position=held.quantity - today,
            )
        )
    return found


def closable(host: ScriptHost, column: int, side: int, effect: Effect) -> int:
    """Lots that an order of a side would close now."""
    found = host.exchange.account.closable(host.account, host.exchange, column, side, effect)
    return 0 if found is None else found.free
