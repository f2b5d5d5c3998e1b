"""The functions of a JoinQuant script that send, withdraw and list orders."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from qresearch.dialects.joinquant.costs import CostsByType
from qresearch.dialects.joinquant.order import Order, OrderStatus, Trade, own_id, public_id
from qresearch.dialects.joinquant.subaccounts import SubAccounts, tag_of
from qresearch.dialects.script.account import Account
from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.script.old_calls import single
from qresearch.dialects.script.positions import Position
from qresearch.dialects.script.refusals import answers
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.styles import call_of, terms_of
from qresearch.domain import events, terms
from qresearch.domain.arguments import number
from qresearch.domain.ledger import LONG, SHORT, Key
from qresearch.domain.moment import INTRADAY
from qresearch.domain.order import Method
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.engine.checks import Checks
from qresearch.engine.intent import Intent
from qresearch.errors import UsageError, choose, shown
from qresearch.market.venue import NOON
from qresearch.session.options import order_number

_OF_AN_ORDER = frozenset({"security", "amount", "style", "side", "pindex", "close_today"})
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
        self._kinds = subaccounts.kinds

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
        if self._kinds.type_of(pindex) in {"futures", "index_futures"}:
            return self._ask_contract(method, security, asked, style, side, pindex, close_today=close_today)
        column = self._column(call, security, side, pindex, close_today=close_today)
        if column is None:
            return None
        if self._kinds.type_of(pindex) == "stock_margin":
            return self._ask_on_margin(method, column, asked, style, pindex)
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

    def _ask_contract(
        self, method: Method, security: str, asked: Any, style: Any, side: str, pindex: int, *, close_today: bool
    ) -> Order | None:
        """Open or close lots on one side of a contract; values are margin money."""
        run, call = self._kinds.run_of(pindex), call_of(method)
        sign = LONG if choose(f"{call}: side", side, ("long", "short")) == "long" else SHORT
        column = self.column_of(call, security)
        if column is None:
            return None
        wanted = float(number(f"{call}: {'amount' if method in _IN_SHARES else 'value'}", asked))
        if method in _TARGETS:
            for found in self._open_of(run, column):
                if found.side == side:
                    run.host.cancel(found.ticket)
        if method not in _IN_SHARES:
            price = run.host.view.last_price(column)
            each = run.host.exchange.account.unit_need(run.host.account, run.host.exchange, column, price)
            wanted = wanted / each if each else 0.0
        held = sum(lot.quantity for lot in run.host.account.ledger.lots.get(Key(column, sign), ()))
        lots = int(wanted) - (held if method in _TARGETS else 0)
        if not lots:
            run.host.tell(f"{call}: less than one lot; nothing was sent.", "order")
            return None
        how = partial(terms.to_close, lots="today") if close_today else terms.to_close
        return self.send_beside(run, column, sign * lots, style, terms.to_open if lots > 0 else how)

    def _ask_on_margin(self, method: Method, column: int, asked: Any, style: Any, pindex: int) -> Order | None:
        """Buy or sell with own cash in an account of margin trading."""
        run, call = self._kinds.run_of(pindex), call_of(method)
        wanted = float(number(f"{call}: {'amount' if method in _IN_SHARES else 'value'}", asked))
        if method not in _IN_SHARES:
            price = run.host.view.last_price(column)
            wanted = wanted / price if price > 0 else 0.0
        if method in _TARGETS:
            for found in self._open_of(run, column):
                run.host.cancel(found.ticket)
            known = run.host.account.positions.get(column)
            wanted -= 0 if known is None else known.quantity
        return self.send_beside(run, column, int(wanted), style, terms.to_open if wanted > 0 else None)

    def send_beside(
        self, run: Run, column: int, quantity: int, style: Any, effect: Callable[[Terms], Terms] | None
    ) -> Order | None:
        """Send an order of a sub-account of another kind; None when it was refused.

        Parameters
        ----------
        run : Run
            The script with that sub-account.
        column : int
        quantity : int
            Signed, as the market counts.
        style : order style or None
        effect : callable or None
            Makes of terms those that do what is wanted.
        """
        wanted = MARKET_DAY if style is None else terms_of(style)
        sent = wanted if effect is None else effect(wanted)
        held = run.host.account.positions.get(column)
        placed = run.host.place(column, int(Method.ORDER), quantity, None if sent is MARKET_DAY else sent)
        if placed is None:
            refused = run.host.order(run.host.account.orders)
            why = "" if refused is None or refused.reason is None else f" ({refused.reason.value})"
            self._host.tell(f"Orders of sub-account {run.account.number} were refused{why}.", "order")
            return None
        order = Order(run, int(placed.ticket))
        run.note_cost(order.order_id, held)
        return order

    def column_of(self, call: str, security: object) -> int | None:
        """The column of a code; None with a notice when there is none to trade."""
        column = self._run.platform.bars.column(security)
        if column is None:
            is_index = isinstance(security, str) and self._run.platform.bars.has_other(security)
            what = "is an index: it can be looked at, not traded" if is_index else "no such instrument in this market"
            self._host.tell(f"{call}({security!r}): {what}; nothing was sent.", "order")
        return column

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
        return self.column_of(call, security)

    def _send(self, column: int, method: Method, asked: float, style: Any, pindex: int) -> Order | None:
        run, host, accounts = self._run, self._host, self._subaccounts.all
        sent = MARKET_DAY if style is None else terms_of(style)
        self._costs.hold_for(column)
        if _is_noon(host):
            sent = replace(sent, waits="bar")
        if self._subaccounts.are_several:
            method, asked = Method.ORDER, self._fenced(column, method, asked, sent, accounts[pindex])
            if not asked:
                host.tell("Orders that their sub-account could not carry were not sent.", "order")
                return None
            sent = replace(sent, tag=tag_of(pindex)) if pindex else sent
        if method is Method.ORDER and sent is MARKET_DAY and host.exchange.lot_step[column] == 1:
            asked = float(asked)  # sized by the rules, which know that STAR needs a protection price
        held = accounts[pindex].positions.get(column)
        placed = host.place(column, int(method), asked, None if sent is MARKET_DAY else sent)
        if placed is None:
            return None
        run.note_time(int(placed.ticket))
        run.note_cost(int(placed.ticket), held)
        for event in placed.events:
            if isinstance(event, events.OrderTrimmed):
                host.tell(f"Orders were trimmed ({event.reason.value}).", "adjusted")
        if 0 <= host.phase < 1 and host.market.panel.suspended[host.day, column]:
            return None
        order = Order(run, int(placed.ticket))
        return None if not host.is_calling and order.status is OrderStatus.rejected else order

    def _fenced(self, column: int, method: Method, asked: float, sent: Terms, own: Account) -> int:
        """Shares that a sub-account can carry of what was asked, at the last price or the limit; 0 for none."""
        host, exchange = self._host, self._host.exchange
        price = sent.limit_price or host.view.last_price(column)
        if not price > 0:
            return 0
        held = own.positions.get(column)
        have = 0 if held is None else held.quantity
        wanted = int(asked / price + (1e-9 if asked >= 0 else -1e-9)) if method not in _IN_SHARES else asked
        shares = int(wanted) - (have if method in _TARGETS else 0)
        if shares <= 0:
            found = -min(-shares, Position(self._run, own, self._run.platform.code(column), column).closeable_amount)
        else:
            shares -= shares % exchange.lot_step[column]
            account = host.account
            if sent.limit_price is None:
                step = exchange.steps.item(column)
                price = exchange.slipping.moved_alone(account.settings, column, price, int(shares), math.inf, step)
            found = Checks(account, exchange).carried(
                Intent(column, shares, price, None, False, own.cash - own.reserved)
            )[0]
        if 0 < abs(found) < abs(shares):
            host.tell("Orders were trimmed to what their sub-account can carry.", "adjusted")
        return found

    # ------------------------------------------------------------------ looking and withdrawing

    def _ids(self) -> list[int]:
        """Orders of today, and older ones that were open when it began."""
        state = self._run.state
        return [*state.get("carried", ()), *range(state.get("orders_before", 0) + 1, self._host.account.orders + 1)]

    def _open(self, column: int | None = None) -> list[Order]:
        return self._open_of(self._run, column)

    @staticmethod
    def _open_of(run: Run, column: int | None = None) -> list[Order]:
        records = run.host.open_orders(column)
        return [Order(run, record.order_id) for record in records if column in {None, record.instrument}]

    def get_open_orders(self) -> dict[int, Order]:
        """Orders that are not over, by id."""
        others = (order for run in self._kinds.runs() for order in self._open_of(run))
        return {order.order_id: order for order in (*self._open(), *others)}

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
        if status is not None and not isinstance(status, OrderStatus):
            raise UsageError(f"get_orders: status={shown(status)} is no state. Pass one such as OrderStatus.open.")
        wanted = None if order_id is None else self._id(order_id)
        column = None if security is None else self._run.platform.bars.column(security)
        for order in [Order(self._run, known) for known in self._ids()] + self._beside():
            record = order.record
            if record is None or record.was_refused or wanted not in {None, order.order_id}:
                continue
            if security is not None and record.instrument != column:
                continue
            if status is None or order.status is status:
                found[order.order_id] = order
        return found

    def _beside(self) -> list[Order]:
        """Orders of today of sub-accounts of other kinds, and older ones that are still open."""
        found = []
        for run in self._kinds.runs():
            ids = {record.order_id for record in run.host.orders_of(run.host.day)} | set(run.host.waiting())
            found += [Order(run, order_id) for order_id in sorted(ids)]
        return found

    def get_trades(self) -> dict[int, Trade]:
        """Executions of today, by trade id: the order id, with a digit more for each further fill of an order."""
        found: dict[int, Trade] = {}
        for run in (self._run, *self._kinds.runs()):
            for fill in run.host.fills_today():
                trade_id = public_id(run, fill.order_id)
                while trade_id in found:
                    trade_id = trade_id * 10 + 1
                found[trade_id] = Trade(run, fill, trade_id)
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
        account, order_id = own_id(self._id(order))
        run = self._kinds.run_of(account - 1) if account else self._run
        found = Order(run, int(run.host.ticket(order_id)))
        record = found.record
        if record is None or record.status.is_final:
            return None
        run.host.cancel(found.ticket)
        return found

    def batch_submit_orders(self, orders: Iterable[dict[str, Any]]) -> list[Order | None]:
        """Send several orders, one after the other: each a mapping with the arguments of ``order``."""
        sent = []
        for asked in orders:
            if not isinstance(asked, dict) or not {"security", "amount"} <= set(asked) <= _OF_AN_ORDER:
                raise UsageError(
                    f"batch_submit_orders: {shown(asked)} is no order. Pass a dict with security and amount, and "
                    f"optionally {', '.join(sorted(_OF_AN_ORDER - {'security', 'amount'}))}."
                )
            sent.append(self.order(**asked))
        self._host.tell(
            "batch_submit_orders sends each order by itself; the platform refuses all of them when one of them fails "
            "its checks."
        )
        return sent

    def batch_cancel_orders(self, orders: Iterable[Any]) -> list[Order | None]:
        """Withdraw several orders."""
        return [self.cancel_order(order) for order in orders]


def _is_noon(host: ScriptHost) -> bool:
    """True for a call in the break at noon, of which minute data tell: nothing is matched before its end."""
    time, inside = host.time, host.market.panel.intraday is not None and host.phase == INTRADAY
    return inside and time is not None and NOON[0] < time < NOON[1]
