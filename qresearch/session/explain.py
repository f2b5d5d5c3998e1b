"""Why an order did what it did: every moment of its life with its numbers, recomputed from the kept states.

Nothing is stored for it while a session runs. The state before the moment is taken from the timeline, the events up to
the order are folded into it, and each check is put beside the numbers that it looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from qresearch.domain.messages import (
    CancelRequested,
    DividendTaxed,
    Event,
    Matched,
    OrderFilled,
    OrderReleased,
    OrderScaled,
    OrderTriggered,
    OrderUpdated,
    Placed,
    StopMoved,
    UpdateRequested,
)
from qresearch.domain.order import Method, Status
from qresearch.domain.reasons import REASONS, Reason, explain_reason
from qresearch.engine.evolve import Draft
from qresearch.engine.exchange import Exchange
from qresearch.engine.sizing import held_by, pending_of
from qresearch.market.venue import PHASES, Phase
from qresearch.market.view import View
from qresearch.session.html import badge, number, price, table

if TYPE_CHECKING:
    from qresearch.session.orders import OrderRecord
    from qresearch.session.timeline import Branch

PASSED, FAILED, NOTED, SKIPPED = "passed", "failed", "noted", "not reached"
_MARKS = {PASSED: "✓", FAILED: "✗", NOTED: "·", SKIPPED: "–"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an explanation.

    Parameters
    ----------
    day : str
    phase : str
    check : str
        What was looked at.
    verdict : {"passed", "failed", "noted", "not reached"}
    text : str
        The sentence, with its numbers.
    """

    day: str
    phase: str
    check: str
    verdict: str
    text: str


class Explanation:
    """A readable account of one order: as text, as HTML, and as data.

    Parameters
    ----------
    title : str
    status : str
    findings : tuple of Finding
    advice : str
        What would have made it fill, or what to do next; empty when there is nothing to say.
    """

    def __init__(self, title: str, status: str, findings: tuple[Finding, ...], advice: str) -> None:
        self.title, self.status, self.findings, self.advice = title, status, findings, advice

    @property
    def data(self) -> pd.DataFrame:
        """One row per finding: day, phase, check, verdict and text."""
        rows = [(item.day, item.phase, item.check, item.verdict, item.text) for item in self.findings]
        return pd.DataFrame(rows, columns=["day", "phase", "check", "verdict", "text"])

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.status}"]
        moment = ("", "")
        for item in self.findings:
            if (item.day, item.phase) != moment:
                moment = (item.day, item.phase)
                lines.append(f"{item.day} {item.phase}".rstrip())
            lines.append(f"  {_MARKS[item.verdict]} {item.check}: {item.text}")
        if self.advice:
            lines.append(f"What to do: {self.advice}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = (
            (escape(item.day), escape(item.phase), _MARKS[item.verdict], escape(item.check), escape(item.text))
            for item in self.findings
        )
        advice = f"<div>What to do: <b>{escape(self.advice)}</b></div>" if self.advice else ""
        body = table(("Day", "Phase", "", "Check", "What was found"), rows)
        return f"<div>{escape(self.title)} {badge(self.status)}</div>{body}{advice}"


def explain_order(exchange: Exchange, branch: Branch, count: int, record: OrderRecord) -> Explanation:
    """Account for one order from the events of a branch.

    Parameters
    ----------
    exchange : Exchange
    branch : Branch
    count : int
        Number of events of the branch to look at: up to the cursor.
    record : OrderRecord
        The order as of the cursor.
    """
    teller = _Teller(exchange, branch, record)
    findings = tuple(teller.findings(branch.log[:count]))
    side = "buy" if record.quantity > 0 or (not record.quantity and record.asked > 0) else "sell"
    title = f"Order {record.order_id}: {side} {exchange.market.symbols[record.column]}"
    return Explanation(title, record.status.value, findings, _advice(record))


def _advice(record: OrderRecord) -> str:
    if record.reason is not None:
        return REASONS[record.reason].advice
    return "Step on: it meets the next open." if record.status is Status.QUEUED else ""


class _Teller:
    """Walks the events of one order and says what was found at each."""

    def __init__(self, exchange: Exchange, branch: Branch, record: OrderRecord) -> None:
        self.exchange, self.branch, self.record = exchange, branch, record
        self.quantity = record.quantity

    def findings(self, log: list[Event]) -> Iterator[Finding]:
        """All findings, in the order of the events."""
        order_id = self.record.order_id
        for index, event in enumerate(log):
            if isinstance(event, Placed):
                offset = order_id - event.first_id
                if 0 <= offset < len(event):
                    yield from self._placed(index, event, offset)
            elif isinstance(event, Matched):
                rows = [row for row in range(len(event)) if int(event.order_ids[row]) == order_id]
                for row in rows:
                    yield from self._matched(index, event, row)
            elif isinstance(event, OrderScaled) and event.order_id == order_id:
                self.quantity = event.quantity
                text = f"A split or bonus issue made it {abs(event.quantity):,} shares."
                yield self._finding(event, "Corporate action", NOTED, text)
            elif getattr(event, "order_id", None) == order_id:
                yield from self._told(event)

    def _finding(self, event: Event, check: str, verdict: str, text: str) -> Finding:
        exchange = self.exchange
        day = exchange.date(event.day) if event.day >= 0 else "before the data"
        return Finding(day, PHASES[event.phase].value, check, verdict, text)

    # ------------------------------------------------------------------ the call

    def _placed(self, index: int, block: Placed, offset: int) -> Iterator[Finding]:
        record, exchange = self.record, self.exchange
        draft = self._before(index)
        self._replay_requests(draft, block, offset)
        yield self._finding(block, "Asked", NOTED, f"{record.method.call} {record.asked:,.10g}")
        yield self._finding(block, "Sized", NOTED, self._sizing_text(draft))
        refusal = block.refused.get(offset)
        if refusal is not None:
            reason, facts = refusal[1]
            yield self._finding(block, _CHECK_OF[reason], FAILED, explain_reason(reason, facts))
            return
        self.quantity = block.quantities[offset]
        text = f"{abs(self.quantity):,} shares"
        if record.method in {Method.ORDER, Method.LOTS}:
            lot = exchange.lot_shares if record.method is Method.LOTS else 1
            if abs(self.quantity) != abs(record.asked) * lot:
                text += f", rounded to whole lots from {abs(record.asked) * lot:,.0f}"
        yield self._finding(block, "Sent", PASSED, text + "; waits for the next open.")

    def _sizing_text(self, draft: Draft) -> str:
        record, exchange = self.record, self.exchange
        last = View(exchange.market, draft.day, PHASES[draft.phase]).last_price(record.column)
        held, pending = held_by(draft, record.column), pending_of(draft, record.column)
        cash = number(exchange.money.amount(draft.cash))
        text = f"{held:,} held, {pending:+,} pending"
        if record.method in {Method.VALUE, Method.TARGET_VALUE, Method.PCT}:
            text += f", last visible price {price(last)}, cash {cash}"
        return text + "."

    def _replay_requests(self, draft: Draft, block: Placed, offset: int) -> None:
        """Put the requests that came before in the same moment into the queue of a draft."""
        earlier = Placed(block.day, block.phase, block.first_id, block.columns[:offset], block.quantities[:offset])
        draft.apply(earlier)
        draft.day, draft.phase = block.day, block.phase

    def _before(self, index: int) -> Draft:
        """The account just before an event of the log."""
        counts = self.branch.counts
        stop = max((number for number, known in enumerate(counts) if known <= index), default=-1)
        if stop < 0:
            draft, start = Draft(self.branch.stops[0]._replace(positions={}, queue=(), orders=0)), 0
        else:
            draft, start = Draft(self.branch.stops[stop]), counts[stop]
        for event in self.branch.log[start:index]:
            draft.day, draft.phase = event.day, event.phase
            draft.apply(event)
        return draft

    # ------------------------------------------------------------------ the match

    def _matched(self, index: int, match: Matched, row: int) -> Iterator[Finding]:
        draft = self._before(index)
        draft.day, draft.phase = match.day, match.phase
        for earlier in range(row):
            draft.apply_row(match, earlier)
        outcome = {
            remark.reason: remark for remark in match.remarks.get(row, ()) if not isinstance(remark, DividendTaxed)
        }
        failed = False
        for check, reasons, text in self._checks(draft, match, row):
            hit = next((outcome[reason] for reason in reasons if reason in outcome), None)
            if failed:
                yield self._finding(match, check, SKIPPED, "not asked any more")
            elif hit is not None:
                yield self._finding(match, check, FAILED, explain_reason(hit.reason, hit.facts))
                # A trimmed order goes on; a rejected one and one at a locked limit do not.
                failed = not int(match.quantities[row])
            else:
                yield self._finding(match, check, PASSED, text)
        if int(match.quantities[row]):
            fills = (event for event in match.records() if isinstance(event, OrderFilled))
            yield from self._traded(next(fill for fill in fills if fill.order_id == self.record.order_id))

    def _checks(self, draft: Draft, match: Matched, row: int) -> Iterator[tuple[str, tuple[Reason, ...], str]]:
        """Each check of the match in its order: its name, the reasons it can give, and its numbers when passed."""
        exchange, column, wanted = self.exchange, self.record.column, self.quantity
        panel, day = exchange.market.panel, match.day
        opened = float(panel.open[day, column])
        yield "Trading", _TRADING, f"listed and not suspended on {exchange.date(day)}; opens at {price(opened)}"
        if exchange.has_limits:
            up, down = float(panel.limit_up[day, column]), float(panel.limit_down[day, column])
            bound = f"open {price(opened)} is below the upper limit {price(up)}"
            if wanted < 0:
                bound = f"open {price(opened)} is above the lower limit {price(down)}"
            if up != up:
                bound = "no price limit on this day"
            yield "Price limit", (Reason.LIMIT_UP, Reason.LIMIT_DOWN), bound
        if wanted < 0:
            position = draft.positions.get(column)
            held = 0 if position is None else position.quantity
            sellable = held if position is None or exchange.same_day[column] else position.sellable(day)
            text = f"{-wanted:,} asked, {sellable:,} of {held:,} can be sold today"
            yield "Shares", (Reason.T_PLUS_ONE, Reason.INSUFFICIENT_QUANTITY), text
        if exchange.lot_shares > 1:
            yield "Lot", (Reason.LOT_SIZE,), f"{abs(wanted):,} shares are allowed"
        if wanted > 0:
            yield from self._money_checks(draft, match, row)
        if draft.settings.participation is not None:
            volume = float(panel.volume[day, column])
            text = f"{draft.settings.participation:.1%} of the day's volume {volume:,.0f} was enough"
            yield "Volume", (Reason.VOLUME_CAP,), text

    def _money_checks(self, draft: Draft, match: Matched, row: int) -> Iterator[tuple[str, tuple[Reason, ...], str]]:
        exchange, money = self.exchange, self.exchange.money
        if self.record.method in {Method.VALUE, Method.TARGET_VALUE, Method.PCT}:
            yield "Value", (Reason.VALUE_CAP,), f"stays within what was asked at {price(float(match.prices[row]))}"
        rates = exchange.rates(draft.settings.costs, match.day)
        quantity = abs(int(match.quantities[row])) or abs(self.quantity)
        notional = money.notional(money.price_units(float(match.prices[row])), quantity)
        needed = notional + sum(rates.charge(int(exchange.board[self.record.column]), quantity, notional))
        text = f"needs {number(money.amount(needed))} with fees, {number(money.amount(draft.cash))} is available"
        yield "Cash", (Reason.INSUFFICIENT_CASH,), text

    def _traded(self, event: OrderFilled) -> Iterator[Finding]:
        amount, market = self.exchange.money.amount, self.exchange.market
        text = f"{abs(event.quantity):,} shares at {price(event.price)} = {number(amount(event.notional))}"
        if PHASES[event.phase] is Phase.OPEN:
            slip = event.price - float(market.panel.open[event.day, self.record.column])
            text += f"; slippage {slip:+.3f} against the open" if abs(slip) > _HAIR else "; the opening price"
        yield self._finding(event, "Filled", PASSED, text + ".")
        fees = (
            ("commission", event.commission),
            ("stamp duty", event.stamp_duty),
            ("transfer fee", event.transfer_fee),
        )
        parts = ", ".join(f"{name} {number(amount(fee))}" for name, fee in fees)
        yield self._finding(event, "Fees", NOTED, f"{parts}; {number(amount(sum(fee for _, fee in fees)))} in all.")

    # ------------------------------------------------------------------ the end

    def _told(self, event: Event) -> Iterator[Finding]:
        """What an event outside the fast match says."""
        reason: Reason | None = getattr(event, "reason", None)
        name, verdict = _TOLD.get(type(event).__name__, (type(event).__name__.removeprefix("Order"), NOTED))
        if isinstance(event, OrderFilled):
            yield from self._traded(event)
        elif reason is not None:
            yield self._finding(event, name, verdict, explain_reason(reason, getattr(event, "facts", {})))
        else:
            yield self._finding(event, name, verdict, self._text_of(event))

    def _text_of(self, event: Event) -> str:
        match event:
            case OrderReleased():
                return f"{self.record.terms}, good for {self.record.terms.time_in_force.value}"
            case OrderTriggered(price=reached):
                return f"the stop {price(reached)} was reached"
            case StopMoved(stop=stop):
                return f"the trailing stop follows to {price(stop)}"
            case OrderUpdated(quantity=quantity, terms=terms) | UpdateRequested(quantity=quantity, terms=terms):
                return f"{abs(quantity):,} shares left, {terms}"
            case CancelRequested():
                return "takes effect at the next match; a fill may come first"
            case _:
                return ""


_HAIR = 1e-9
_TOLD = {
    "OrderReleased": ("To the market", NOTED),
    "OrderWaiting": ("No fill", FAILED),
    "OrderTrimmed": ("Trimmed", FAILED),
    "OrderRejected": ("Rejected", FAILED),
    "OrderExpired": ("Expired", FAILED),
    "OrderTriggered": ("Triggered", PASSED),
    "StopMoved": ("Stop moved", NOTED),
    "OrderUpdated": ("Updated", NOTED),
    "UpdateRequested": ("Update requested", NOTED),
    "UpdateRefused": ("Update refused", FAILED),
    "CancelRequested": ("Cancel requested", NOTED),
    "CancelRefused": ("Cancel refused", FAILED),
}
_TRADING = (Reason.SUSPENDED, Reason.NOT_LISTED, Reason.DELISTED, Reason.DATA_ENDED)
_CHECK_OF = {
    Reason.LOT_SIZE: "Lot",
    Reason.MINIMUM_SIZE: "Lot",
    Reason.NO_CHANGE: "Target",
    Reason.NO_PRICE: "Price",
    Reason.NOT_TRADABLE: "Trading",
    Reason.DELISTED: "Trading",
    Reason.DATA_ENDED: "Trading",
    Reason.NO_FURTHER_OPEN: "Calendar",
    Reason.INSUFFICIENT_QUANTITY: "Shares",
}
