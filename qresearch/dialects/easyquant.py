"""EasyQuant scripts: the shape of JoinQuant's, with orders that fill at the next open and that library's names.

>>> import qresearch as qr
>>> script = '''
... from eqlib import *
...
... def initialize(context):
...     run_daily(trade)
...
... def trade(context):
...     if "604018.XSHG" not in context.portfolio.positions:
...         order_pct("604018.XSHG", 0.5)
... '''
>>> session = qr.Session.from_script(
...     script, qr.sample_market(), start="2022-03-01", cash=100_000, dialect="easyquant"
... ).step(2)
>>> print(session.fills[["day", "quantity", "price"]].to_string(index=False))
       day  quantity  price
2022-03-02      5200   9.57

Where the library differs from its own documents, the documents are followed, and its known defects are not repeated:
``close_tax`` counts, ``handle_data`` is called, ids are unique, what is refused leaves a record with its reason, sells go
before buys at the same open, funds that trade T+0 do, no function sees beyond now. Values become shares at the call and
are trimmed at the open, where the library counts them at the open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qresearch.dialects.joinquant import config
from qresearch.dialects.joinquant.account import Context, Portfolio, Position
from qresearch.dialects.joinquant.orders import LimitOrderStyle, MarketOrderStyle
from qresearch.dialects.joinquant.prices import Prices
from qresearch.dialects.joinquant.run import Run
from qresearch.dialects.joinquant.schedule import AFTER_CLOSE, CLOSE, PRE_OPEN, Calendar, Schedule, clock_time
from qresearch.dialects.joinquant.script import Loaded, Script
from qresearch.domain.order import Status
from qresearch.engine.fees import fixed_costs
from qresearch.errors import UsageError
from qresearch.session.strategy import Context as NativeContext
from qresearch.session.strategy import Hooks
from qresearch.session.ticket import Ticket

_STATES = {
    Status.QUEUED: "pending", Status.WORKING: "submitted", Status.REPLACE_PENDING: "submitted", Status.FILLED: "filled",
    Status.CANCELED: "cancelled", Status.EXPIRED: "expired", Status.REJECTED: "rejected", Status.CREATED: "pending",
}  # fmt: skip
_CLOSES = dt.time(15, 0)


class EasyScript(Script):
    """An EasyQuant script as a strategy of a session; parameters as of :class:`~.joinquant.Script`."""

    def options(self) -> dict[str, Any]:
        """Options of a session that runs it."""
        return {"clock": "next_open"}

    def load(self, context: NativeContext) -> Hooks:
        """Bring the script to the shape of a strategy; called by the session."""
        return LoadedEasy(context._session, self).hooks()


@dataclass
class FixedSlippage:
    """A fraction of the price against the order."""

    pct: float = 0.001


@dataclass
class VolumeSlippage:
    """Impact of taking a whole day's volume, a fraction of the price."""

    impact: float = 0.05


class EasyOrder(str):
    """An order as an object with attributes, and as its id.

    >>> from qresearch.dialects.easyquant import EasyOrder
    >>> issubclass(EasyOrder, str)
    True
    """

    __slots__ = ("_run", "_ticket")

    _run: Run
    _ticket: Ticket

    @classmethod
    def of(cls, run: Run, ticket: Ticket) -> EasyOrder:
        """The order of a ticket."""
        found = str.__new__(cls, str(ticket))
        found._run, found._ticket = run, ticket
        return found

    def __reduce__(self) -> Any:
        return EasyOrder.of, (self._run, self._ticket)

    @property
    def ticket(self) -> Ticket:
        """The order as the session knows it."""
        return self._ticket

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._ticket)

    order_id = id

    @property
    def status(self) -> str:
        """pending, submitted, partial_fill, filled, rejected, cancelled or expired."""
        ticket = self._ticket
        state = ticket.status
        if state is None:
            return "pending"
        partly = state in {Status.WORKING, Status.REPLACE_PENDING} and ticket.filled > 0
        return "partial_fill" if partly else _STATES[state]

    @property
    def amount(self) -> int:
        """Shares sent; negative to sell."""
        return self._ticket.quantity

    @property
    def filled(self) -> int:
        """Shares filled."""
        return self._ticket.filled

    @property
    def price(self) -> float:
        """Mean fill price; 0 without a fill."""
        return self._ticket.average_price if self._ticket.filled else 0.0

    @property
    def security(self) -> str:
        """The code."""
        record = self._ticket.record
        return "" if record is None else self._run.code(record.column)


class EasyPosition(Position):
    """A position under that library's names."""

    __slots__ = ()

    @property
    def amount(self) -> int:  # type: ignore[override]  # all shares, here
        """Shares held."""
        return self.total_amount

    @property
    def total_value(self) -> float:
        """Price times shares."""
        return self.value

    @property
    def current_price(self) -> float:
        """The last visible price."""
        return self.price

    @property
    def price_stale(self) -> bool:
        """True when it has no bar today."""
        return self._column in self._run.account.stale


class EasyPortfolio(Portfolio):
    """The account; ``positions`` is a plain dict as of now, in which a missing key raises."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def positions(self) -> dict[str, EasyPosition]:  # type: ignore[override]  # a dict made when looked at
        """Holdings by code."""
        run = self._run
        return _ByCode(run, {run.code(column): EasyPosition(run, run.code(column), column) for column in run.account.positions})


class _ByCode(dict[str, Any]):
    """A dict by code in any spelling."""

    def __init__(self, run: Run, held: dict[str, Any]) -> None:
        super().__init__(held)
        self._run = run

    def _spelled(self, code: object) -> Any:
        column = self._run.bars.column(code)
        return code if column is None else self._run.code(column)

    def __contains__(self, code: object) -> bool:
        return super().__contains__(self._spelled(code))

    def __missing__(self, code: str) -> Any:
        name = self._spelled(code)
        if name == code:
            raise KeyError(code)
        return self[name]

    def get(self, code: str, default: Any = None) -> Any:
        """The value of a code, or `default`."""
        return super().get(self._spelled(code), default)


class EasyContext(Context):
    """What every callback is given."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        object.__setattr__(self, "portfolio", EasyPortfolio(run))
        given = self.run_params
        object.__setattr__(
            self, "run_params",
            {"start_date": given.start_date, "end_date": given.end_date, "frequency": "daily"},
        )  # fmt: skip

    @property
    def previous_date(self) -> dt.date | None:  # type: ignore[override]  # None on the first day
        """The trading day before; None on the first day."""
        run = self._run
        return None if run.day <= run.session._exchange.first else run.previous_date

    @property
    def start_date(self) -> dt.date:
        """First day of the run."""
        return self._run.date_of(self._run.session._exchange.first)

    @property
    def end_date(self) -> dt.date:
        """Last day of the run."""
        return self._run.date_of(self._run.session._exchange.last)

    @property
    def frequency(self) -> str:
        """Always "daily"."""
        return "daily"


class EasyBars(dict[str, Any]):
    """``data``: filled when a code is looked at; the newest bar that is whole.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __getitem__(self, code: str) -> Any:
        run = self._run
        column = run.bars.column(code)
        row = run.day if run.closed else run.day - 1
        if column is None or row < 0:
            return None
        panel = run.market.panel
        names = {"open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume", "money": "turnover"}
        return _Bar({name: float(getattr(panel, field)[row, column]) for name, field in names.items()})

    def get(self, code: str, default: Any = None) -> Any:
        """The bar of a code, or `default`."""
        found = self[code]
        return default if found is None else found

    def __contains__(self, code: object) -> bool:
        return self._run.bars.column(code) is not None


class _Bar(dict[str, float]):
    """A bar whose fields are keys and attributes."""

    def __getattr__(self, name: str) -> float:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"A bar has no {name!r}: it has {', '.join(self)}.") from None


class EasyCalendar(Calendar):
    """Weekdays of the calendar, and days of the month: a week whose day is a holiday is left out."""

    def is_due(self, schedule: Schedule, day: int) -> bool:
        """True when a schedule calls on a day (index)."""
        date: dt.date = self._days[day].item()
        if schedule.kind == "weekly":
            return date.weekday() == schedule.number
        if schedule.kind == "monthly":
            before: dt.date | None = self._days[day - 1].item() if day else None
            is_first = before is None or before.month != date.month or before.day < schedule.number
            return date.day >= schedule.number and is_first
        return True


class LoadedEasy(Loaded):
    """One EasyQuant script in one session."""

    calendar_kind = EasyCalendar

    def make_context(self) -> Context:
        """What every callback is given."""
        return EasyContext(self.run)

    def defaults(self) -> dict[str, Any]:
        """Settings that hold before the script sets its own: 0.025 % each way, at least 5 yuan, 0.05 % tax on sales."""
        return {"costs": fixed_costs(self.session.market.venue)}

    def words(self) -> dict[str, Any]:
        """Names that are not JoinQuant's."""
        words = Words(self.run)
        found = {name: getattr(words, name) for name in dir(Words) if not name.startswith("_")}
        return found | {"FixedSlippage": FixedSlippage, "VolumeSlippage": VolumeSlippage, "SlippageModel": object,
                        "MarketOrder": MarketOrderStyle, "LimitOrder": LimitOrderStyle}  # fmt: skip

    def named(self, phase: int) -> list[tuple[dt.time, str]]:
        """The callbacks that the script has registered."""
        registered = self.run.state.get("callbacks", {})
        times = {PRE_OPEN: ("before_trading_start", dt.time(9, 0)), CLOSE: ("handle_data", _CLOSES),
                 AFTER_CLOSE: ("after_trading_end", _CLOSES)}  # fmt: skip
        word, time = times.get(phase, ("", _CLOSES))
        return [(time, registered[word])] if word in registered else []

    def invoke(self, name: str, time: dt.time) -> None:
        """Call a function of the script at a time; `data` holds the newest whole bars."""
        self.data = EasyBars(self.run)  # type: ignore[assignment]  # that library's own shape
        super().invoke(name, time)


class Words:
    """The functions of that library that differ from JoinQuant's.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._config = config.Config(run)
        self._prices = Prices(run)

    # ------------------------------------------------------------------ orders

    def _send(self, call: str, security: str, asked: float, style: Any) -> EasyOrder | None:
        run = self._run
        if run.bars.column(security) is None:
            run.tell(f"{call}({security!r}): no such instrument in this market; nothing was sent.", "order")
            return None
        terms = style.terms() if isinstance(style, MarketOrderStyle) else None
        ticket = getattr(run.session, call)(security, asked, terms)
        return None if ticket is None or ticket.status is Status.REJECTED else EasyOrder.of(run, ticket)

    def order(self, security: str, amount: float, style: Any = None) -> EasyOrder | None:
        """Ask for a number of shares at the next open; a purchase is rounded to the nearest lot."""
        return self._send("order", security, int(amount), style)

    def order_value(self, security: str, value: float, style: Any = None) -> EasyOrder | None:
        """Ask for shares worth an amount of money."""
        return self._send("order_value", security, value, style)

    def order_target(self, security: str, amount: float, style: Any = None) -> EasyOrder | None:
        """Ask for what brings the position to a number of shares."""
        return self._send("order_target", security, int(amount), style)

    def order_target_value(self, security: str, value: float, style: Any = None) -> EasyOrder | None:
        """Ask for what brings the position to a value."""
        return self._send("order_target_value", security, value, style)

    def order_lots(self, security: str, lots: float, style: Any = None) -> EasyOrder | None:
        """Ask for a number of lots of 100."""
        return self._send("order_lots", security, int(lots), style)

    def order_pct(self, security: str, pct: float, style: Any = None) -> EasyOrder | None:
        """Buy with a part of the cash, or sell a part of the position."""
        return self._send("order_pct", security, pct, style)

    def cancel_order(self, order: str) -> bool:
        """Withdraw what is left of an order; False when it is over already."""
        ticket = self._run.session.ticket(str(order))
        if ticket.status is None or ticket.status.is_final:
            return False
        self._run.session.cancel(ticket)
        return True

    # ------------------------------------------------------------------ setting up

    def set_option(self, name: str, value: Any = None) -> None:
        """Keep an option; none of them changes how orders are matched here."""
        self._run.state["options"] = {**self._run.state["options"], str(name): value}
        if name in {"check_price_limit", "treat_missing_bar_as_suspended"} and value is False:
            self._run.tell(f"set_option({name!r}, False): price limits and suspensions count all the same.", "ignored")

    def set_order_cost(self, cost: Any, type: str = "stock", ref: Any = None) -> None:  # noqa: A002, ARG002  # the library's own
        """Set what trading costs from now on; the tax on sales counts as given."""
        self._config.set_order_cost(cost)

    def set_slippage(self, model: Any) -> None:
        """Set the slippage from now on."""
        match model:
            case FixedSlippage(pct=pct):
                self._run.session.set_slippage("bps", float(pct) * 10_000)
            case VolumeSlippage(impact=impact):
                self._run.session.set_slippage("volume_share", float(impact))
            case _:
                raise UsageError(f"set_slippage takes FixedSlippage(pct=) or VolumeSlippage(impact=), not {model!r}.")

    def set_order_timeout(self, seconds: float) -> None:
        """Accepted: orders are good for the day of the open that they wait for."""
        self._run.tell(f"set_order_timeout({seconds!r}) has no effect: an order is good for one day.", "ignored")

    def _register(self, word: str, func: Callable[..., Any]) -> None:
        if not callable(func):
            raise UsageError(f"{word}: {func!r} is not a function. Pass one that takes the context and the data.")
        self._run.functions[func.__name__] = func
        self._run.state["callbacks"] = {**self._run.state.get("callbacks", {}), word: func.__name__}

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
        self._run.functions[func.__name__] = func
        entry = tuple(Schedule(kind, func.__name__, text, int(number)))
        self._run.state["schedules"] = [*self._run.state["schedules"], entry]

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
        self._run.tell("run_backtest inside the script: its function was taken; dates and cash are the session's.", "ignored")
        self._run.namespace.setdefault("initialize", initialize_func)

    run_strategy = run_backtest

    # ------------------------------------------------------------------ data

    def history(  # noqa: PLR0917  # as documented by the library
        self, count: int, unit: str = "1d", field: str = "close", security: Any = None, df: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:  # fmt: skip
        """The last days of one field of some codes, today not included: a dict of arrays, or a frame."""
        return self._prices.history(count, unit, field, security, df=df)

    def attribute_history(  # noqa: PLR0917  # as documented by the library
        self, security: str, count: int, unit: str = "1d", fields: Any = ("close",), df: bool = True,  # noqa: FBT001, FBT002
        skip_paused: bool = True, fq: str | None = "pre",  # noqa: FBT001, FBT002
    ) -> Any:  # fmt: skip
        """The last days of one code, today not included."""
        names = [fields] if isinstance(fields, str) else list(fields)
        return self._prices.attribute_history(security, count, unit, names, skip_paused, df, fq)

    def get_price(  # noqa: PLR0917  # as documented by the library
        self, security: Any, start_date: Any = None, end_date: Any = None, frequency: str = "daily", fields: Any = None,
        count: int | None = None,
    ) -> Any:  # fmt: skip
        """Bars of days, never beyond now: a frame, or a dict of frames."""
        codes = [security] if isinstance(security, str) else list(security)
        found = {
            code: self._prices.get_price(code, start_date, end_date, frequency, fields, count=count) for code in codes
        }
        return found[security] if isinstance(security, str) else found
