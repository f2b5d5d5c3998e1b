"""The functions of a JoinQuant script that send, withdraw and list orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from qresearch.dialects.joinquant.costs import CostsByType
from qresearch.dialects.joinquant.order import Order, OrderStatus, Trade
from qresearch.dialects.joinquant.subaccounts import SubAccounts, tag_of
from qresearch.dialects.script.account import Account
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.script.old_calls import single
from qresearch.dialects.script.positions import Position
from qresearch.dialects.script.refusals import answers
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.styles import call_of, terms_of
from qresearch.domain import events
from qresearch.domain.arguments import number
from qresearch.domain.moment import INTRADAY
from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.engine.checks import Checks
from qresearch.engine.intent import Intent
from qresearch.errors import UsageError, shown
from qresearch.session.options import order_number

_IN_SHARES = (Method.ORDER, Method.TARGET)
_TARGETS = (Method.TARGET, Method.TARGET_VALUE)


class Orders:
    """The functions of a script that send, withdraw and list orders.

    Parameters
    ----------
    run : Run
    subaccounts : SubAccounts
    costs : CostsByType
    """

    def __init__(self, run: Run, subaccounts: SubAccounts, costs: CostsByType) -> None:
        self._run, self._host, self._subaccounts, self._costs = run, run.host, subaccounts, costs

    @answers(None)
    def order(  # as documented by the platform
        self, security: str, amount: float, style: Any = None, side: str = "long", pindex: int = 0,
        close_today: bool = False,
    ) -> Order | None:  # fmt: skip
        """Buy (positive) or sell (negative) a number of shares, rounded down to whole lots of 100.

        Returns
        -------
        Order or None
            None when it was refused; it is kept as rejected in ``session.orders`` all the same.
        """
        return self._ask(Method.ORDER, security, amount, style, side, pindex, close_today)

    @answers(None)
    def order_value(  # as documented by the platform
        self, security: str, value: float, style: Any = None, side: str = "long", pindex: int = 0,
        close_today: bool = False,
    ) -> Order | None:  # fmt: skip
        """Buy or sell shares worth an amount of money at the last price, rounded down to whole lots."""
        return self._ask(Method.VALUE, security, value, style, side, pindex, close_today)

    @answers(None)
    def order_target(  # as documented by the platform
        self, security: str, amount: float, style: Any = None, side: str = "long", pindex: int = 0,
        close_today: bool = False,
    ) -> Order | None:  # fmt: skip
        """Bring the position to a number of shares; open orders of the code are withdrawn first."""
        return self._ask(Method.TARGET, security, amount, style, side, pindex, close_today)

    @answers(None)
    def order_target_value(  # as documented by the platform
        self, security: str, value: float, style: Any = None, side: str = "long", pindex: int = 0,
        close_today: bool = False,
    ) -> Order | None:  # fmt: skip
        """Bring the position to a value; open orders of the code are withdrawn first."""
        return self._ask(Method.TARGET_VALUE, security, value, style, side, pindex, close_today)

    # ------------------------------------------------------------------ checks and sending

    def _ask(  # in the order of the calls
        self, method: Method, security: str, asked: Any, style: Any, side: str, pindex: int, close_today: bool
    ) -> Order | None:
        host, call, asked = self._host, call_of(method), single(asked)
        column = self._column(call, security, side, pindex, close_today=close_today)
        if column is None:
            return None
        wanted: float
        if method in _IN_SHARES:
            wanted = int(number(f"{call}: amount", asked))
        else:
            wanted = float(number(f"{call}: value", asked, 10_000))
        if method is Method.ORDER and wanted > 0 and wanted % host.exchange.lot_step[column]:
            host.tell("Orders were rounded down to whole lots.", "adjusted")
        if method in _TARGETS:
            if host.account.working or host.account.queue:
                for found in self._open(column):
                    if found.pindex == pindex:
                        host.cancel(found.ticket)
            if wanted < 0:
                host.tell(f"{call} with a negative target: shares cannot be sold short; nothing was sent.", "order")
                return None
        return self._send(column, method, wanted, style, pindex)

    def _column(self, call: str, security: object, side: str, pindex: int, *, close_today: bool) -> int | None:
        """The column to trade; None with a notice when the platform would refuse the call."""
        host = self._host
        if side != "long":
            host.tell(f"{call} with side={side!r}: shares cannot be sold short; nothing was sent.", "order")
            return None
        if pindex not in range(len(self._subaccounts.all)):
            host.tell(f"{call} with pindex={pindex!r}: there is no such sub-account; nothing was sent.", "order")
            return None
        if close_today:
            host.tell("close_today=True means nothing for shares.", "ignored")
        column = self._run.platform.bars.column(security)
        if column is None:
            is_index = isinstance(security, str) and self._run.platform.bars.has_other(security)
            what = "is an index: it can be looked at, not traded" if is_index else "no such instrument in this market"
            host.tell(f"{call}({security!r}): {what}; nothing was sent.", "order")
        return column

    def _send(self, column: int, method: Method, asked: float, style: Any, pindex: int) -> Order | None:
        run, host, accounts = self._run, self._host, self._subaccounts.all
        terms = MARKET_DAY if style is None else terms_of(style)
        self._costs.hold_for(column)
        if _is_noon(host):
            terms = replace(terms, waits="bar")
        if len(accounts) > 1:
            method, asked = Method.ORDER, self._fenced(column, method, asked, terms, accounts[pindex])
            if not asked:
                host.tell("Orders that their sub-account could not carry were not sent.", "order")
                return None
            terms = replace(terms, tag=tag_of(pindex)) if pindex else terms
        if method is Method.ORDER and terms is MARKET_DAY and host.exchange.lot_step[column] == 1:
            asked = float(asked)  # sized by the rules, which know that STAR needs a protection price
        placed = host.place(column, int(method), asked, None if terms is MARKET_DAY else terms)
        if placed is None:
            return None
        run.note_time(int(placed.ticket))
        for event in placed.events:
            if isinstance(event, events.OrderTrimmed):
                host.tell(f"Orders were trimmed ({event.reason.value}).", "adjusted")
        if 0 <= host.phase < 1 and host.market.panel.suspended[host.day, column]:
            return None
        order = Order(run, int(placed.ticket))
        return None if not host.is_calling and order.status is OrderStatus.rejected else order

    def _fenced(self, column: int, method: Method, asked: float, terms: Terms, own: Account) -> int:
        """Shares that a sub-account can carry of what was asked, at the last price or the limit; 0 for none."""
        host, exchange = self._host, self._host.exchange
        price = terms.limit_price or host.view.last_price(column)
        if not price > 0:
            return 0
        held = own.positions.get(column)
        have = 0 if held is None else held.quantity
        wanted = int(asked / price + (1e-9 if asked >= 0 else -1e-9)) if method not in _IN_SHARES else asked
        shares = int(wanted) - (have if method in _TARGETS else 0)
        if shares <= 0:
            sent = -min(-shares, Position(self._run, own, self._run.platform.code(column), column).closeable_amount)
        else:
            shares -= shares % exchange.lot_step[column]
            account = host.account
            if terms.limit_price is None:
                one, steps = np.array([column]), exchange.steps[[column]]
                moved = exchange.slipping.moved(
                    account.settings, one, np.array([price]), np.array([shares]), np.array([np.inf]), steps
                )
                price = float(moved[0])
            sent = Checks(account, exchange).carried(
                Intent(column, shares, price, None, False, own.cash - own.reserved)
            )[0]
        if 0 < abs(sent) < abs(shares):
            host.tell("Orders were trimmed to what their sub-account can carry.", "adjusted")
        return sent

    # ------------------------------------------------------------------ looking and withdrawing

    def _ids(self) -> list[int]:
        """Orders of today, and older ones that are still open."""
        first = self._run.state.get("orders_before", 0) + 1
        older = [order_id for order_id in self._host.waiting() if order_id < first]
        return [*older, *range(first, self._host.account.orders + 1)]

    def _open(self, column: int | None = None) -> list[Order]:
        records = self._host.open_orders(column)
        return [Order(self._run, record.order_id) for record in records if column in {None, record.instrument}]

    def get_open_orders(self) -> dict[int, Order]:
        """Orders that are not over, by id."""
        return {order.order_id: order for order in self._open()}

    @answers({}, "No order was found.")
    def get_orders(
        self, order_id: Any = None, security: str | None = None, status: OrderStatus | None = None
    ) -> dict[int, Order]:
        """Orders of today, by id.

        Parameters
        ----------
        order_id : int or Order, optional
        security : str, optional
        status : OrderStatus, optional
        """
        found = {}
        wanted = None if order_id is None else self._id(order_id)
        column = None if security is None else self._run.platform.bars.column(security)
        for known in self._ids():
            record = self._host.order(known)
            if record is None or record.was_refused or wanted not in {None, known}:
                continue
            if security is not None and record.instrument != column:
                continue
            order = Order(self._run, known)
            if status is None or order.status is status:
                found[known] = order
        return found

    def get_trades(self) -> dict[int, Trade]:
        """Executions of today, by trade id: the order id, with a digit more for each further fill of an order."""
        found: dict[int, Trade] = {}
        for fill in self._host.fills_today():
            trade_id = fill.order_id
            while trade_id in found:
                trade_id = trade_id * 10 + 1
            found[trade_id] = Trade(self._run, fill, trade_id)
        return found

    @staticmethod
    def _id(order: Any) -> int:
        number = order.order_id if isinstance(order, Order) else order_number(order)
        if number is None:
            raise UsageError(f"order={shown(order)} is neither an order nor its id. Pass what order() has returned.")
        return int(number)

    @answers(None, "Nothing was canceled.")
    def cancel_order(self, order: Any) -> Order | None:
        """Withdraw what is left of an order, given by itself or by its id; None when it is over already."""
        found = Order(self._run, int(self._host.ticket(self._id(order))))
        if found._record.status.is_final:
            return None
        self._host.cancel(found.ticket)
        return found

    def batch_submit_orders(self, orders: Iterable[dict[str, Any]]) -> list[Order | None]:
        """Send several orders: each a mapping with the arguments of ``order``."""
        return [self.order(**asked) for asked in orders]

    def batch_cancel_orders(self, orders: Iterable[Any]) -> list[Order | None]:
        """Withdraw several orders."""
        return [self.cancel_order(order) for order in orders]


def _is_noon(host: ScriptHost) -> bool:
    """True for a call in the break at noon, of which minute data tell: nothing is matched before its end."""
    time, inside = host.time, host.market.panel.intraday is not None and host.phase == INTRADAY
    return inside and time is not None and dt.time(11, 30) < time < dt.time(13, 0)
