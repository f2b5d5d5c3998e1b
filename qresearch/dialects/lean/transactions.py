"""Whoever keeps the orders of a script: requests in line, scans of what is pending, and every change of state.

A submit is processed inside its call, after all that waits in line. An update and a cancel are accepted inside the
call and take effect when the line is next worked off. Pending orders are scanned after every processed request and at
every step of the engine, by ascending id: what is over its time ends, what the margin no longer carries is invalid, and
the fill model is asked about the rest.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from decimal import Decimal
from typing import Any

from qresearch.dialects.lean import enums
from qresearch.dialects.lean.checks import lacking_for, put_on_steps, refused_by_brokerage
from qresearch.dialects.lean.desk import Desk
from qresearch.dialects.lean.enums import OrderStatus, OrderType
from qresearch.dialects.lean.exercise import exercised
from qresearch.dialects.lean.fill import GROUPED, FillModel, Scene
from qresearch.dialects.lean.names import called, dec
from qresearch.dialects.lean.orders import NO_FEE, Order, OrderEvent, OrderFee
from qresearch.dialects.lean.power import fee_of
from qresearch.dialects.lean.requests import (
    AT_ONCE,
    GOOD_TIL_CANCELED,
    OWN_PRICES,
    PRICES,
    ZERO,
    CancelOrderRequest,
    OrderRequest,
    OrderResponse,
    SubmitOrderRequest,
    UpdateOrderFields,
    UpdateOrderRequest,
    above_zero,
)
from qresearch.dialects.lean.shelf import Shelved
from qresearch.dialects.lean.tickets import OrderTicket
from qresearch.errors import UsageError, shown

Code = enums.OrderResponseErrorCode


class Transactions:
    """The orders of one algorithm.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.orders: Shelved[Order] = Shelved(desk.keep)
        self.tickets: Shelved[OrderTicket] = Shelved(desk.keep, is_told=True)
        self.pending: dict[int, Order] = {}
        self.line: deque[OrderRequest] = deque()
        self._is_working = False
        self.last_order_id = 0

    @property
    def now(self) -> dt.datetime:
        """On the clock of New York."""
        return self.desk.now

    # ------------------------------------------------------------------ requests

    def add_order(self, request: SubmitOrderRequest) -> OrderTicket:
        """Give a request an id and an order, and process it; no check comes before."""
        self.last_order_id = request.order_id = self.last_order_id + 1
        known = self.desk.securities.get(request.symbol)
        if known is None:
            raise UsageError(f"{request.symbol} has not been added. Call add_equity({str(request.symbol)!r}) first.")
        request.symbol = known.symbol
        order = Order(request.order_id, request)
        order.price_currency = "USD" if known.quote_currency is None else known.quote_currency.symbol
        if request.group is not None:
            request.group.order_ids.append(order.id)
        if order.type in {OrderType.MARKET_ON_OPEN, OrderType.MARKET_ON_CLOSE} and order.time_in_force.kind == "gtd":
            order.properties = order.properties.clone()
            order.properties.time_in_force = GOOD_TIL_CANCELED
            self.desk.warn("Orders for the open and the close are good until canceled, not until a date.")
        ticket = OrderTicket(self, request, order)
        self.orders.add(order.id, order)
        self.tickets.add(order.id, ticket)
        refusal = self._refused_when_added(order)
        if refusal is not None:
            code, text = refusal
            order.tag = text
            request.answer(code, text)
            self._happen(order, OrderStatus.INVALID, text)
            return ticket
        request.status = enums.OrderRequestStatus.PROCESSING
        self.line.append(request)
        self.work()
        return ticket

    def _refused_when_added(self, order: Order) -> tuple[enums.OrderResponseErrorCode, str] | None:
        if self.desk.is_warming_up:
            return Code.ALGORITHM_WARMING_UP, "This operation is not allowed in Initialize or during warm up."
        if not self._can_be_short(order, order.quantity):
            return Code.EXCEEDS_SHORTABLE_QUANTITY, f"Order exceeds shortable quantity for {order.symbol}."
        return None

    def _can_be_short(self, order: Order, quantity: int) -> bool:
        """Whether a sale keeps within what may be sold short: holdings and what is open count."""
        security = self.desk.securities[order.symbol]
        ask = called(security.shortable_provider, "shortable_quantity")
        most = None if ask is None else ask(order.symbol, self.now)
        if most is None or quantity >= 0:
            return True
        others = (other for other in self.pending.values() if other.symbol == order.symbol and other.id != order.id)
        held = security.holdings.quantity + sum(other.remaining for other in others)
        return bool(held > -most and held + quantity >= -most)

    def update(self, request: UpdateOrderRequest) -> OrderResponse:
        """Take an update: refused at once, or accepted and processed when the line is worked off."""
        ticket = self.tickets.get(request.order_id)
        if ticket is None or ticket.order is None:
            return request.answer(Code.UNABLE_TO_FIND_ORDER, f"There is no order {request.order_id}.")
        ticket.update_requests.append(request)
        order, quantity = ticket.order, request.fields.quantity
        for name in PRICES if order.group is None else ():
            price = getattr(request.fields, name)
            if price is not None:
                above_zero(name, price)
        if order.status is OrderStatus.NEW:
            return request.answer(Code.INVALID_NEW_ORDER_STATUS, f"Order {order.id} is new.")
        if order.status.is_closed and not request.fields.is_tag_only:
            return request.answer(Code.INVALID_ORDER_STATUS, f"Order {order.id} is {order.status.name}.")
        if quantity is not None and not dec(quantity):
            return request.answer(Code.ORDER_QUANTITY_ZERO, f"Order {order.id}: the new quantity is zero.")
        if self.desk.is_warming_up:
            return request.answer(Code.ALGORITHM_WARMING_UP, "Orders cannot be updated during warm up.")
        if quantity is not None and not self._can_be_short(order, int(dec(quantity)) - order.filled):
            return request.answer(Code.EXCEEDS_SHORTABLE_QUANTITY, f"Order {order.id} exceeds shortable quantity.")
        self.line.append(request)
        return request.answer(Code.NONE, final=False)

    def cancel(self, request: CancelOrderRequest, *, by_ticket: bool = False) -> OrderResponse:
        """Take a cancel: the order is pending at once, and over when the line is worked off."""
        ticket = self.tickets.get(request.order_id)
        if ticket is None or ticket.order is None:
            return request.answer(Code.UNABLE_TO_FIND_ORDER, f"There is no order {request.order_id}.")
        order = ticket.order
        if request.tag:
            order.tag = request.tag
        if ticket.cancel_request is not None and ticket.cancel_request.response.error_code == Code.NONE:
            code = Code.REQUEST_CANCELED if by_ticket else Code.INVALID_REQUEST
            return request.answer(code, f"Order {order.id} is being canceled already.")
        ticket.cancel_request = request
        if order.status is OrderStatus.NEW:
            return request.answer(Code.INVALID_NEW_ORDER_STATUS, f"Order {order.id} is new.")
        if order.status.is_closed:
            return request.answer(Code.INVALID_ORDER_STATUS, f"Order {order.id} is {order.status.name}.")
        if self.desk.is_warming_up:
            return request.answer(Code.ALGORITHM_WARMING_UP, "Orders cannot be canceled during warm up.")
        self.line.append(request)
        answer = request.answer(Code.NONE, final=False)
        self._happen(order, OrderStatus.CANCEL_PENDING)
        return answer

    # ------------------------------------------------------------------ working the line off

    def work(self) -> None:
        """Process every request in line, with a scan after each."""
        while self.line:
            request = self.line.popleft()
            if isinstance(request, SubmitOrderRequest):
                self._submit(request)
            elif isinstance(request, UpdateOrderRequest):
                self._update(request)
            elif isinstance(request, CancelOrderRequest):
                self._cancel(request)
            self.scan()

    def step(self) -> None:
        """What a step of the engine does with orders: the line, then a scan."""
        self.work()
        self.scan()

    def _submit(self, request: SubmitOrderRequest) -> None:
        order, security = self.orders[request.order_id], self.desk.securities[request.symbol]
        order.price_adjustment_mode = int(security.data_normalization_mode)
        put_on_steps(order, security, self.desk.warn)
        order.submission = (security.facing(ask=False), security.facing(ask=True), security.exact_price)
        if not order.quantity:
            self._refuse(request, order, Code.ORDER_QUANTITY_ZERO, "The quantity is zero after rounding.")
            return
        legs = [self.orders[leg] for leg in request.group.order_ids] if request.group is not None else [order]
        if request.group is not None and not request.group.is_complete:
            request.answer(Code.NONE)
            return
        lacking = next((text for leg in legs if (text := lacking_for(self.desk, leg))), "")
        message = refused_by_brokerage(self.desk.brokerage_model, "can_submit_order", security, order)
        for leg in legs:
            asked = self.tickets[leg.id].submit_request
            if lacking:
                text = f"Order Error: id: {leg.id}, Insufficient buying power to complete order, Reason: {lacking}."
                self._refuse(asked, leg, Code.INSUFFICIENT_BUYING_POWER, text)
            elif message:
                self._refuse(asked, leg, Code.BROKERAGE_MODEL_REFUSED_TO_SUBMIT_ORDER, message)
            elif leg.status is not OrderStatus.NEW:
                text = f"Order {leg.id} cannot be placed: it is {leg.status.name}, and not new."
                self._refuse(asked, leg, Code.BROKERAGE_FAILED_TO_SUBMIT_ORDER, text)
            else:
                asked.answer(Code.NONE)
                leg.broker_id = [str(leg.id)]
                self.pending[leg.id] = leg
                self._happen(leg, OrderStatus.SUBMITTED)

    def _refuse(self, request: SubmitOrderRequest, order: Order, code: enums.OrderResponseErrorCode, text: str) -> None:
        request.answer(code, text)
        self._happen(order, OrderStatus.INVALID, text)

    def _update(self, request: UpdateOrderRequest) -> None:
        order, fields = self.orders[request.order_id], request.fields
        if order.status.is_closed:
            if not fields.is_tag_only:
                request.answer(Code.INVALID_ORDER_STATUS, f"Order {order.id} is {order.status.name}.")
                return
            order.tag = order.tag if fields.tag is None else fields.tag
            request.answer(Code.NONE)
            return
        security = self.desk.securities[order.symbol]
        message = refused_by_brokerage(self.desk.brokerage_model, "can_update_order", security, order, request)
        if message:
            request.answer(Code.BROKERAGE_MODEL_REFUSED_TO_UPDATE_ORDER, message)
            self._happen(order, order.status, message)
            return
        before = order.quantity, dict(order.prices), order.tag
        if fields.quantity is not None:
            order.quantity = int(dec(fields.quantity))
        for name in OWN_PRICES.get(order.type, ()):
            value = getattr(fields, name) if name in PRICES else None
            if value is not None:
                order.prices[name] = dec(value)
        order.tag = order.tag if fields.tag is None else fields.tag
        lacking = lacking_for(self.desk, order)
        if lacking:
            order.quantity, order.prices, order.tag = before
            request.answer(Code.BROKERAGE_FAILED_TO_UPDATE_ORDER, lacking)
            self._happen(order, order.status, lacking)
            return
        put_on_steps(order, security, self.desk.warn)
        request.answer(Code.NONE)
        self._happen(order, OrderStatus.UPDATE_SUBMITTED)

    def _cancel(self, request: CancelOrderRequest) -> None:
        order = self.orders[request.order_id]
        if order.status.is_closed:
            request.answer(Code.INVALID_ORDER_STATUS, f"Order {order.id} is {order.status.name}.")
            return
        request.answer(Code.NONE)
        self._happen(order, OrderStatus.CANCELED)

    # ------------------------------------------------------------------ scanning

    def scan(self) -> None:
        """Ask every pending order once, by ascending id."""
        scene = Scene(self.now, self.desk.settings.stale_price_time_span)
        for order in [self.pending[known] for known in sorted(self.pending)]:
            if order.status.is_closed or not self._may_be_asked(order):
                continue
            if self._is_over(order):
                self._happen(order, OrderStatus.CANCELED, "The order has expired.")
                continue
            lacking = lacking_for(self.desk, order)
            if lacking and order.status is OrderStatus.CANCEL_PENDING:
                continue
            if lacking:
                text = f"Order Error: id: {order.id}, Insufficient buying power to complete order, Reason: {lacking}."
                self._happen(order, OrderStatus.INVALID, text)
                continue
            self._ask(order, scene)

    def _may_be_asked(self, order: Order) -> bool:
        if order.group is not None and (not order.group.is_complete or order.id != max(order.group.order_ids)):
            return False
        if order.placed == self.now and order.type not in AT_ONCE and order.type is not OrderType.OPTION_EXERCISE:
            return False
        if order.type is OrderType.MARKET_ON_OPEN:
            last = self.desk.securities[order.symbol].get_last_data()
            return last is not None and last.end_time > order.placed
        return True

    def _is_over(self, order: Order) -> bool:
        """True once the time of an order is up: tested before anything else."""
        terms, hours = order.time_in_force, self.desk.hours
        if terms.kind == "day":
            return self.now >= hours.next_close(order.placed)
        if terms.kind == "gtd" and terms.expiry is not None:
            return self.now >= hours.next_close(terms.expiry)
        return False

    def _ask(self, order: Order, scene: Scene) -> None:
        """Let the fill model decide about an order, or about a whole combination."""
        security = self.desk.securities[order.symbol]
        if order.type is OrderType.OPTION_EXERCISE:
            exercised(self, security, order)
            return
        model = security.fill_model
        if not isinstance(model, FillModel):
            raise UsageError(f"{shown(model)} is no fill model. Build a class on FillModel, and pass one of it.")
        model.scene = scene
        legs = [order] if order.group is None else [self.orders[leg] for leg in order.group.order_ids]
        if order.type in GROUPED:
            found = model.group_fills([(self.desk.securities[leg.symbol], leg) for leg in legs])
        else:
            found = [model.fill(security, order)]
        if found is None or not found[0].status.is_fill:
            wait = model.waited
            if wait is not None:
                self.desk.waits(order, wait)
            return
        for leg, event in zip(legs, found, strict=True):
            fee = NO_FEE
            if event.status is OrderStatus.FILLED:
                fee = fee_of(self.desk.securities[leg.symbol], leg)
            self.filled(leg, event, fee)

    def filled(self, order: Order, event: OrderEvent, fee: OrderFee, shares: OrderEvent | None = None) -> None:
        """Book and tell what was filled of an order, and the shares that an exercise brings beside."""
        quantity, price = int(event.fill_quantity), event.exact_price
        event.fill_quantity, event.order_fee = quantity, fee
        done = abs(order.filled) * order.average + abs(quantity) * price
        order.filled += quantity
        order.average = price if order.filled == quantity else done / abs(order.filled) if order.filled else ZERO
        order.filled_at = self.now
        self._tell(order, event, event.status, shares)

    def begin_by_force(self, request: SubmitOrderRequest, price: Decimal) -> Order:
        """An order of the engine's own, submitted without a check."""
        self.last_order_id = request.order_id = self.last_order_id + 1
        order = Order(request.order_id, request)
        self.orders.add(order.id, order)
        self.tickets.add(order.id, OrderTicket(self, request, order))
        order.submission, order.broker_id = (price, price, price), [str(order.id)]
        request.answer(Code.NONE)
        self.pending[order.id] = order
        self._happen(order, OrderStatus.SUBMITTED)
        return order

    def fill_by_force(self, request: SubmitOrderRequest, price: Decimal) -> OrderTicket:
        """An order of the engine's own, filled at a price and without a fee: what ends is closed so."""
        order = self.begin_by_force(request, price)
        event = OrderEvent(order, self.now)
        event.status, event.fill_quantity, event.exact_price = OrderStatus.FILLED, order.quantity, price
        self.filled(order, event, NO_FEE)
        return self.tickets[order.id]

    # ------------------------------------------------------------------ events

    def _happen(self, order: Order, status: OrderStatus, message: str = "") -> None:
        self._tell(order, OrderEvent(order, self.now, message=message), status)

    def _tell(self, order: Order, event: OrderEvent, status: OrderStatus, shares: OrderEvent | None = None) -> None:
        """The order first, then the portfolio, then the ticket, then whoever listens."""
        ticket = self.tickets[order.id]
        order.status = event.status = status
        if status in {OrderStatus.SUBMITTED, OrderStatus.UPDATE_SUBMITTED} and ticket.update_requests:
            order.updated_at = self.now
        if status is OrderStatus.CANCELED:
            order.canceled_at = self.now
        if status.is_closed:
            self.pending.pop(order.id, None)
        for happened in (event,) if shares is None else (event, shares):
            order.events += 1
            happened.at, happened.status = self.now, status
            happened.id, happened.quantity, happened.ticket = order.events, order.quantity, ticket
            happened.prices = dict(order.prices)
            if happened.fill_quantity:
                fee = happened.order_fee.exact
                self.desk.portfolio.book(happened.symbol, happened.fill_quantity, happened.exact_price, fee)
            ticket.order_events.append(happened)
            self.desk.deliver(happened, order)
        if status.is_closed:
            self.orders.shelve(order.id)
            self.tickets.shelve(order.id)

    def split(self, symbol: Any, factor: Decimal) -> None:
        """Update the open orders of a share: quantity by 1 / factor, prices by it."""
        for order in [order for _, order in sorted(self.pending.items()) if order.symbol == symbol]:
            fields: dict[str, Any] = {"quantity": int(order.quantity / factor)}
            for name in OWN_PRICES.get(order.type, ()):
                if name != "trailing_amount" or not order.trailing_as_percentage:
                    fields[name] = order.prices[name] * factor
            self.update(UpdateOrderRequest(self.now, order.id, UpdateOrderFields(**fields)))
