"""The functions of EasyQuant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qresearch.dialects.data.codes import listed
from qresearch.dialects.data.prices import Prices
from qresearch.dialects.easyquant.objects import EasyCost, EasyOrder, FixedSlippage, VolumeSlippage
from qresearch.dialects.script.old_calls import single
from qresearch.dialects.script.refusals import answers
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.schedule import clock_time
from qresearch.dialects.script.settings import rates_of, set_costs
from qresearch.dialects.script.styles import LimitOrderStyle, MarketOrderStyle, call_of
from qresearch.domain.arguments import between, number
from qresearch.domain.order import Method, Status
from qresearch.domain.terms import MARKET_DAY
from qresearch.errors import UsageError, shown
from qresearch.session.options import slippage_of

KINDS = {"OrderCost": EasyCost, "FixedSlippage": FixedSlippage, "VolumeSlippage": VolumeSlippage,
         "SlippageModel": object,
         "MarketOrder": MarketOrderStyle, "LimitOrder": LimitOrderStyle}  # fmt: skip
"""Classes of that library, by name."""

_DAYS = {"weekly": ("day_of_week", 0, 6), "monthly": ("day_of_month", 1, 31)}
_WHOLE = {Method.ORDER: "amount", Method.TARGET: "amount", Method.LOTS: "lots"}
"""What is counted in whole numbers, its fraction cut off."""


class Words:
    """The functions of that library that differ from JoinQuant's.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run, prices: Prices) -> None:
        self._run, self._host, self._prices = run, run.host, prices

    # ------------------------------------------------------------------ orders

    def _send(self, method: Method, security: str, asked: float, style: Any) -> EasyOrder | None:
        host, call = self._host, call_of(method)
        column = self._run.platform.bars.column(security)
        if column is None:
            host.tell(f"{call}({security!r}): no such instrument in this market; nothing was sent.", "order")
            return None
        if style is MarketOrderStyle:
            style = None  # the class says all that its object would
        if style is not None and not isinstance(style, MarketOrderStyle):
            raise UsageError(
                f"{call}: style={shown(style)} is no order style. Pass LimitOrder(price) or MarketOrder()."
            )
        asked = single(asked)
        if method in _WHOLE:
            asked = int(number(f"{call}: {_WHOLE[method]}", asked))
        terms = None if style is None else style.terms()
        if host.market.panel.intraday is not None:
            host.tell("Orders fill at the open of the next trading day, also on minute bars.")
            terms = replace(terms or MARKET_DAY, waits="day")
        placed = host.place(column, int(method), asked, terms)
        if placed is None or placed.ticket.status is Status.REJECTED:
            return None
        return EasyOrder.of(self._run, placed.ticket)

    @answers(None)
    def order(self, security: str, amount: float, style: Any = None) -> EasyOrder | None:
        """Ask for a number of shares at the next open; a purchase is rounded to the nearest lot."""
        return self._send(Method.ORDER, security, amount, style)

    @answers(None)
    def order_value(self, security: str, value: float, style: Any = None) -> EasyOrder | None:
        """Ask for shares worth an amount of money."""
        return self._send(Method.VALUE, security, value, style)

    @answers(None)
    def order_target(self, security: str, amount: float, style: Any = None) -> EasyOrder | None:
        """Ask for what brings the position to a number of shares."""
        return self._send(Method.TARGET, security, amount, style)

    @answers(None)
    def order_target_value(self, security: str, value: float, style: Any = None) -> EasyOrder | None:
        """Ask for what brings the position to a value."""
        return self._send(Method.TARGET_VALUE, security, value, style)

    @answers(None)
    def order_lots(self, security: str, lots: float, style: Any = None) -> EasyOrder | None:
        """Ask for a number of lots of 100."""
        return self._send(Method.LOTS, security, lots, style)

    @answers(None)
    def order_pct(self, security: str, pct: float, style: Any = None) -> EasyOrder | None:
        """Buy with a part of the cash, or sell a part of the position."""
        return self._send(Method.PCT, security, pct, style)

    @answers(False, "Nothing was canceled.")
    def cancel_order(self, order: str) -> bool:
        """Withdraw what is left of an order; False when it is over already."""
        ticket = self._host.ticket(order)
        if ticket.status is None or ticket.status.is_final:
            return False
        self._host.cancel(ticket)
        return True

    def get_open_orders(self) -> dict[str, EasyOrder]:
        """Orders that are not over, by id, as ``order`` returns them."""
        tickets = [self._host.ticket(record.order_id) for record in self._host.open_orders()]
        return {str(ticket): EasyOrder.of(self._run, ticket) for ticket in tickets}

    # ------------------------------------------------------------------ setting up

    def set_option(self, name: str, value: Any = None) -> None:
        """Keep an option; none of them changes how orders are matched here."""
        self._run.state["options"] = {**self._run.state["options"], str(name): value}
        if name in {"check_price_limit", "treat_missing_bar_as_suspended"} and value is False:
            self._host.tell(f"set_option({name!r}, False): price limits and suspensions count all the same.", "ignored")

    def set_order_cost(self, cost: Any, type: str = "stock", ref: Any = None) -> None:  # the library's own
        """Set what trading costs from now on; the tax on sales counts as given."""
        set_costs(self._run, **rates_of(cost))

    def set_slippage(self, model: Any) -> None:
        """Set the slippage from now on."""
        match model:
            case FixedSlippage(pct=pct):
                self._host.change(slippage=slippage_of("bps", float(pct) * 10_000))
            case VolumeSlippage(impact=impact):
                self._host.change(slippage=slippage_of("volume_share", float(impact)))
            case _:
                raise UsageError(
                    f"set_slippage takes FixedSlippage(pct=) or VolumeSlippage(impact=), not {shown(model)}."
                )

    def set_order_timeout(self, seconds: float) -> None:
        """Accepted: orders are good for the day of the open that they wait for."""
        self._host.tell(f"set_order_timeout({seconds!r}) has no effect: an order is good for one day.", "ignored")

    def _register(self, word: str, func: Callable[..., Any]) -> None:
        name = self._run.named(word, func)
        self._run.state["callbacks"] = {**self._run.state.get("callbacks", {}), word: name}

    def set_handle_data(self, func: Callable[..., Any]) -> None:
        """Have a function called at every close with the context and the bars of the day."""
        self._register("handle_data", func)

    def before_trading_start(self, func: Callable[..., Any]) -> None:
        """Have a function called before every open."""
        self._register("before_trading_start", func)

    def after_trading_end(self, func: Callable[..., Any]) -> None:
        """Have a function called after every close."""
        self._register("after_trading_end", func)

    def _schedule(self, kind: str, func: Callable[..., Any], number: int, time: str) -> None:
        text = "15:00" if time == "every_bar" else clock_time(f"run_{kind}", time)
        if kind in _DAYS:
            name, least, most = _DAYS[kind]
            number = int(between(f"run_{kind}: {name}", number, least, most, 1))
        self._run.schedule(kind, func, number, text)

    def run_daily(self, func: Callable[..., Any], time: str = "every_bar") -> None:
        """Call a function every day; "every_bar" is the close."""
        self._schedule("daily", func, 0, time)

    def run_weekly(self, func: Callable[..., Any], day_of_week: int = 1, time: str = "09:30") -> None:
        """Call a function on a weekday, 0 for Monday; a week in which it is a holiday is left out."""
        self._schedule("weekly", func, day_of_week, time)

    def run_monthly(self, func: Callable[..., Any], day_of_month: int = 1, time: str = "09:30") -> None:
        """Call a function on the first trading day at or after a day of the month."""
        self._schedule("monthly", func, day_of_month, time)

    def run_selection(self, func: Callable[..., Any], rebalance: str = "monthly:1") -> None:
        """Call a function by a word such as "monthly:1", "weekly:0" or "daily"."""
        kind, _, number = rebalance.partition(":")
        if kind not in {"daily", "weekly", "monthly"} or (number and not number.isdigit()):
            raise UsageError(f"run_selection: {rebalance!r} is not known. Write 'monthly:1', 'weekly:0' or 'daily'.")
        self._schedule(kind, func, int(number or 1), "09:30")

    def run_backtest(self, initialize_func: Callable[..., Any], *_: Any, **__: Any) -> None:
        """Take the function as ``initialize``; days, cash and data are those of the session."""
        self._host.tell(
            "run_backtest inside the script: its function was taken; dates and cash are the session's.", "ignored"
        )
        self._run.namespace.setdefault("initialize", initialize_func)

    run_strategy = run_backtest

    # ------------------------------------------------------------------ data

    def history(  # as documented by the library
        self, count: int, unit: str = "1d", field: str = "close", security: Any = None, df: bool = False,
    ) -> Any:  # fmt: skip
        """The last days of one field of some codes, today not included: a dict of arrays, or a frame."""
        return self._prices.history(count, unit, field, security, df=df)

    def attribute_history(  # as documented by the library
        self, security: str, count: int, unit: str = "1d", fields: Any = ("close",), df: bool = True,
        skip_paused: bool = True, fq: str | None = "pre",
    ) -> Any:  # fmt: skip
        """The last days of one code, today not included."""
        return self._prices.attribute_history(security, count, unit, listed(fields), skip_paused, df, fq)

    def get_price(  # as documented by the library
        self, security: Any, start_date: Any = None, end_date: Any = None, frequency: str = "daily", fields: Any = None,
        count: int | None = None,
    ) -> Any:  # fmt: skip
        """Bars of days, never beyond now: a frame, or a dict of frames."""
        found = {
            code: self._prices.get_price(code, start_date, end_date, frequency, fields, count=count)
            for code in listed(security)
        }
        return found[security] if isinstance(security, str) else found
