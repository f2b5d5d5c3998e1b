"""The books of a counter: what the simulator keeps of an account, as XtQuant writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qresearch.book.holdings import holdings_of
from qresearch.book.orders import OrderRecord, mean_price
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.xtquant import contracts
from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.dialects.xtquant.counter_words import PRICES, junk_of, price_number, refusal_of, status_of
from qresearch.dialects.xtquant.credit import CREDIT, DEEDS, SHARES, order_type_of
from qresearch.dialects.xtquant.virtual_time import moment_of, stamp_of
from qresearch.dialects.xtquant.xttype import (
    StockAccount,
    XtAsset,
    XtCancelError,
    XtOrder,
    XtOrderError,
    XtPosition,
    XtTrade,
)
from qresearch.domain import events
from qresearch.domain.commands import Deed
from qresearch.domain.moment import Moment
from qresearch.domain.reasons import Reason
from qresearch.domain.terms import Effect
from qresearch.sentences import ENGLISH

MARKETS = {"SH": xt.SH_MARKET, "SZ": xt.SZ_MARKET, "BJ": xt.MARKET_ENUM_BEIJING}
NOT_CANCELABLE = 251020
"""Code of a cancel that comes too late."""


@dataclass
class Sent:
    """What a script said of an order, beside what the simulator keeps.

    Parameters
    ----------
    placed : Moment
    price_type : int
    strategy, remark : str
    at : int
        Seconds since 1970.
    junk : str
        Why the counter does not know such an order; empty where it does.
    """

    placed: Moment
    price_type: int
    strategy: str
    remark: str
    at: int
    junk: str = ""


KINDS: Mapping[str, tuple[int, ...]] = {
    "cash_shares": (xt.SECURITY_ACCOUNT,),
    "margin": (xt.CREDIT_ACCOUNT,),
    "futures": (xt.FUTURE_ACCOUNT,),
    "options": (xt.STOCK_OPTION_ACCOUNT, xt.FUTURE_OPTION_ACCOUNT),
}
"""Kinds of account of XtQuant, by ours."""
_WORDS = {xt.CREDIT_ACCOUNT: "CREDIT", xt.FUTURE_ACCOUNT: "FUTURE", xt.STOCK_OPTION_ACCOUNT: "STOCK_OPTION"}


class Records:
    """What an account has and did, in the data classes of XtQuant.

    Parameters
    ----------
    host : ScriptHost
    """

    def __init__(self, host: ScriptHost) -> None:
        self.host = host
        self.kinds = KINDS.get(host.exchange.account.name, KINDS["cash_shares"])
        """Kinds of account under which a script may ask for this one."""
        self.account = StockAccount("0", _WORDS.get(self.kinds[0], "STOCK"))
        """The account, by the number of the first script that asked for it."""
        self.sent: dict[int, Sent] = {}

    def is_contract(self, instrument: int) -> bool:
        """True for futures and options."""
        return self.host.market.instruments[instrument].contract is not None

    @property
    def deeds(self) -> Mapping[int, Deed]:
        """What the account does without the market, by kind of order."""
        if self.host.exchange.account.borrows:
            return DEEDS
        return contracts.DEEDS if xt.STOCK_OPTION_ACCOUNT in self.kinds else {}

    def order_types(self, instrument: int) -> Mapping[int, tuple[int, Effect]]:
        """The kinds of order that the account knows of an instrument: side in the market, and effect."""
        if self.host.exchange.account.borrows:
            return CREDIT
        contract = self.host.market.instruments[instrument].contract
        if contract is None:
            return SHARES
        if contract.option is None:
            return contracts.FUTURES
        # Options on futures are ordered as futures are, those on funds and indices by their own kinds.
        return {**contracts.OPTIONS, **(contracts.FUTURES if contract.option.settlement == "future" else {})}

    def asset(self) -> XtAsset:
        """The money; of contracts what is available, and what margin and resting orders bind."""
        portfolio, kind = self.host.portfolio, self.account
        if self.host.exchange.account.two_sided:
            free, bound = portfolio.available, round(portfolio.margin + portfolio.reserved, 6)
            worth = portfolio.market_value
            return XtAsset(kind.account_type, kind.account_id, free, bound, worth, portfolio.equity, free)
        frozen = self.host.amount(self.host.frozen())
        cash = round(portfolio.cash - frozen, 6)
        return XtAsset(kind.account_type, kind.account_id, cash, frozen, portfolio.market_value, portfolio.equity, cash)

    def positions(self) -> list[XtPosition]:
        """What is held."""
        host, kind = self.host, self.account
        found = []
        for held in holdings_of(host.exchange, host.account):
            position = host.account.positions.get(held.instrument)
            if position is None or held.side < 0:
                continue  # what is owed stands in the contracts
            item = host.market.instruments[held.instrument]
            today = position.bought if position.buy_day == host.account.day else 0
            worth, average = host.amount(held.value), item.mean_price(host.amount(held.cost), held.quantity)
            cost = average * held.quantity
            profit = worth - cost
            found.append(XtPosition(
                kind.account_type, kind.account_id, item.symbol, held.quantity, held.free - held.reserved, average,
                worth, held.reserved, 0, held.quantity - today, average, xt.DIRECTION_FLAG_LONG,
                host.view.last_price(held.instrument), profit / cost if cost else 0.0,
                instrument_name=item.name, float_profit=profit, position_profit=profit,
            ))  # fmt: skip
        return [*found, *contracts.positions(host, kind)]

    def order(self, order: OrderRecord, status: int | None = None) -> XtOrder:
        """An order, as it was when it was kept; `status` where it is on the way to another."""
        host, kind, sent = self.host, self.account, self.sent.get(order.order_id)
        if sent is None or sent.placed != order.placed:
            # Sent by hand, or on another branch.
            at = int(stamp_of(host.time_of(*order.placed)))
            sent = Sent(order.placed, 0, "", order.terms.tag, at)
        number = PRICES[sent.price_type][1] if sent.price_type else price_number(order.terms)
        instrument = host.market.instruments[order.instrument]
        mean = mean_price(host.market, order) if order.filled else 0.0
        if instrument.contract is None:
            offset = xt.OFFSET_FLAG_OPEN if order.side.sign > 0 else xt.OFFSET_FLAG_CLOSE
            told = contracts.Told(order_type_of(order.side, order.terms.effect), xt.DIRECTION_FLAG_LONG, offset)
        else:
            told = contracts.told(order.side, order.terms.effect, instrument)
        status = status_of(order) if status is None else status
        return XtOrder(
            kind.account_type, kind.account_id, instrument.symbol, order.order_id, sysid(order.order_id), sent.at,
            told.order_type, abs(int(order.quantity or order.asked)), number,
            order.terms.limit_price or 0.0, order.filled, round(mean, 6),
            status, self.refusal(order)[1] if status == xt.ORDER_JUNK else "", sent.strategy, sent.remark,
            told.direction, told.offset_flag,
            instrument_name=instrument.name,
        )  # fmt: skip

    def refusal(self, order: OrderRecord) -> tuple[int, str]:
        """Code and text of the refusal of an order."""
        sent, why = self.sent.get(order.order_id), ENGLISH.why(self.host.market.instruments[order.instrument], order)
        if sent is None or sent.placed != order.placed:
            return refusal_of(order, why)
        if order.reason is Reason.GOOD_TILL_OVER and not sent.junk:
            return refusal_of(order, f"time={moment_of(sent.at):%Y-%m-%d %H:%M:%S}, {_WHEN_OPEN}")
        return junk_of(sent.junk) if sent.junk else refusal_of(order, why)

    def trade(self, fill: events.OrderFilled, order: OrderRecord) -> XtTrade:
        """A trade, with its order as it was after it."""
        host, kind, told = self.host, self.account, self.order(order)
        shares, amount = abs(fill.quantity), host.amount(fill.notional)
        at = int(max(stamp_of(host.time_of(*fill.at)), told.order_time))
        price = round(fill.price if self.is_contract(fill.instrument) else amount / shares, 6)
        return XtTrade(
            kind.account_type, kind.account_id, told.stock_code, told.order_type, f"{fill.order_id}-{order.filled}", at,
            price, shares, amount, fill.order_id, told.order_sysid, told.strategy_name,
            told.order_remark, told.direction, told.offset_flag, host.amount(fill.fees.total),
            instrument_name=told.instrument_name,
        )  # fmt: skip

    def order_error(self, order: OrderRecord) -> XtOrderError:
        """A refusal of an order."""
        kind, told, (number, words) = self.account, self.order(order), self.refusal(order)
        return XtOrderError(
            kind.account_type, kind.account_id, order.order_id, number, words, told.strategy_name, told.order_remark
        )

    def cancel_error(self, order: OrderRecord) -> XtCancelError:
        """A refusal of a cancel."""
        kind, code = self.account, self.host.market.symbols[order.instrument]
        words = f"[COUNTER][{NOT_CANCELABLE}][委托状态不允许撤单]order_id={order.order_id}, status={status_of(order)}"
        market = MARKETS.get(code.rpartition(".")[2], -1)
        return XtCancelError(
            kind.account_type, kind.account_id, order.order_id, market, sysid(order.order_id), NOT_CANCELABLE, words
        )


_WHEN_OPEN = "orders are taken from 09:00 to 15:00 of a trading day"


def sysid(order_id: int) -> str:
    """The number of an order at the counter."""
    return f"{order_id:08d}"
