"""What a JoinQuant script sets up: options, costs, slippage, schedules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qresearch.dialects.joinquant.costs import MONEY_FUNDS, TYPES, CostsByType
from qresearch.dialects.joinquant.futures import Futures
from qresearch.dialects.joinquant.kinds import INTEREST
from qresearch.dialects.joinquant.subaccounts import SubAccounts
from qresearch.dialects.script.run import Run
from qresearch.dialects.script.schedule import clock_time, phase_of, stands_in, time_of
from qresearch.dialects.script.settings import rates_of
from qresearch.domain.arguments import number
from qresearch.domain.moment import OPEN
from qresearch.domain.settings import Slippage
from qresearch.engine.slippage import groups_of, slippage_model
from qresearch.errors import NotSupported, UsageError, close_matches, did_you_mean

SPREAD_RATE = 0.00246
"""The platform's default slippage: what lies between a buy and a sell, a fraction of the price."""

_TABLE = "the ratios are those of the table of margin trading: read_market(..., credit=...), else of the exchanges"
OPTIONS = {
    "use_real_price": "", "avoid_future_data": "", "order_volume_ratio": "",
    "match_with_order_book": "orders are matched against bars", "t0_mode": "the market's own rule decides (T+1)",
    "always_match_market_order": "market orders are matched by the rules of the session",
    "match_by_signal": "orders are matched by the rules of the session", "futures_margin_rate": "",
    "margincash_interest_rate": "", "marginsec_interest_rate": "",
    "margincash_margin_rate": _TABLE, "marginsec_margin_rate": _TABLE,
    "match_continuous": "orders are matched by the rules of the session", "skip_paused": "", "log_level": "",
}  # fmt: skip
"""Option to why it has no effect; empty for those that have one or need none."""


def money_funds_pay_none(run: Run) -> tuple[tuple[str, Slippage], ...]:
    """The slippage of money funds, which is none; nothing where the market has no such fund."""
    has_any = any("money_fund" in groups_of(item) for item in run.host.market.instruments)
    return (("money_fund", Slippage()),) if has_any else ()


def _closeness(item: tuple[str, Slippage]) -> int:
    return {"stock": 0, "fund": 0, "money_fund": 2}.get(item[0], 1)


@dataclass
class PerTrade:
    """The older way to say what trading costs; `sell_cost` holds the stamp tax too."""

    buy_cost: float = 0.0003
    sell_cost: float = 0.0013
    min_cost: float = 5.0


@dataclass
class FixedSlippage:
    """Currency per share between a buy and a sell: each side pays half."""

    value: float = 0.0


@dataclass
class PriceRelatedSlippage:
    """Fraction of the price between a buy and a sell: each side pays half."""

    value: float = SPREAD_RATE


@dataclass
class StepRelatedSlippage:
    """Ticks between a buy and a sell: each side pays half, rounded down to whole ticks."""

    value: int = 0


class Config:
    """The functions that set a script up in the way of that platform.

    Parameters
    ----------
    run : Run
    subaccounts : SubAccounts
    costs : CostsByType
    futures : Futures
    """

    def __init__(self, run: Run, subaccounts: SubAccounts, costs: CostsByType, futures: Futures) -> None:
        self._run, self._subaccounts, self._costs, self._futures = run, subaccounts, costs, futures

    def _ignore(self, words: str) -> None:
        self._run.host.tell(words, "ignored")

    # ------------------------------------------------------------------ options

    def set_option(self, name: str, value: Any = None) -> None:
        """Set an option of the platform.

        Parameters
        ----------
        name : str
            See :data:`OPTIONS`.
        value : object
        """
        run = self._run
        if name not in OPTIONS:
            near = did_you_mean(close_matches(str(name), OPTIONS))
            words = f"set_option: {name!r} is not known. {near}Known are {', '.join(OPTIONS)}."
            if run.strict:
                raise UsageError(f"{words} Pass strict=False to from_script to let unknown options pass.")
            self._ignore(words)
        run.state["options"] = {**run.state["options"], str(name): value}
        if name == "order_volume_ratio" and value:
            run.host.change(participation=min(max(float(value), 1e-9), 1.0))
            run.host.tell(
                "order_volume_ratio caps what all orders in one code take of a day's volume together; "
                "the platform caps each order by itself."
            )
        elif name == "futures_margin_rate":
            self._futures.begin()
        elif name in INTEREST:
            self._subaccounts.kinds.refuse_late(name)
        elif name == "use_real_price" and not value:
            run.host.tell(
                "use_real_price=False: history is adjusted to the present day all the same, and orders fill at real "
                "prices."
            )
        elif OPTIONS.get(name):
            self._ignore(f"set_option({name!r}) has no effect: {OPTIONS[name]}.")

    def set_order_cost(self, cost: Any, type: str = "stock", ref: Any = None) -> None:  # the platform's own
        """Set what trading costs from now on.

        Parameters
        ----------
        cost : OrderCost
        type : str
            Of what: "stock", or a kind of fund. Rates of "stock" go for funds too (they pay no stamp tax) until rates
            of a kind of fund are set; shares pay the platform's default until rates of "stock" are.
        ref : str, optional
            Of one code only.
        """
        run, rates = self._run, rates_of(cost)
        if type not in TYPES and run.strict:
            raise UsageError(
                f"set_order_cost: type={type!r} is not known. Known are {', '.join(TYPES)}. "
                "Pass strict=False to from_script to let it pass."
            )
        if type in {"futures", "index_futures"}:
            self._futures.set_costs(cost, type, ref)
            return
        if type not in TYPES:
            self._ignore(f"set_order_cost for type={type!r} has no effect: no such thing is traded.")
            return
        if ref is not None and run.platform.bars.column(ref) is None:
            self._ignore(f"set_order_cost for ref={ref!r} has no effect: there is no such instrument in this market.")
            return
        self._costs.set(rates, type, ref)
        if type == "stock" and ref is None:
            for other in self._subaccounts.kinds.runs("margin"):
                other.host.change(costs=run.host.account.settings.costs)

    def set_commission(self, cost: Any = None) -> None:
        """Set what trading costs, in the older way: ``PerTrade(buy_cost, sell_cost, min_cost)``."""
        if not isinstance(cost, PerTrade):
            raise NotSupported(f"set_commission takes PerTrade(buy_cost=, sell_cost=, min_cost=), not {cost!r}.")
        taxes = {"open_tax": 0.0, "close_tax": 0.0, "min_commission": cost.min_cost}
        self._costs.set_all({**taxes, "open_commission": cost.buy_cost, "close_commission": cost.sell_cost})

    def set_slippage(self, slippage: Any, type: str | None = None, ref: Any = None) -> None:  # the platform's own
        """Set the slippage from now on.

        Parameters
        ----------
        slippage : FixedSlippage, PriceRelatedSlippage or StepRelatedSlippage
        type : str, optional
            "stock" or a kind of fund: of these only. Money funds pay none, whatever is set.
        ref : str, optional
            Of one code only.
        """
        run = self._run
        if type in {"futures", "index_futures"} or (ref is None and isinstance(slippage, StepRelatedSlippage)):
            kind = "spread_rate" if isinstance(slippage, PriceRelatedSlippage) else "spread"
            value = float(number("set_slippage", getattr(slippage, "value", slippage), 0.02))
            self._futures.slip(kind, value, in_ticks=isinstance(slippage, StepRelatedSlippage))
            if type is not None:
                return
        if ref is not None and run.platform.bars.column(ref) is None:
            self._ignore(f"set_slippage for {ref!r} has no effect: there is no such instrument in this market.")
            return
        if type in MONEY_FUNDS:
            self._ignore(f"set_slippage for type={type!r} has no effect: money funds pay no slippage.")
            return
        if type is not None and type not in TYPES and run.strict:
            raise UsageError(
                f"set_slippage: type={type!r} is not known. Known are {', '.join(TYPES)}. "
                "Pass strict=False to from_script to let it pass."
            )
        match slippage:
            case FixedSlippage(value=value):
                model = slippage_model("spread", abs(float(value)))
            case PriceRelatedSlippage(value=value):
                model = slippage_model("spread_rate", abs(float(value)))
            case StepRelatedSlippage(value=value):
                model = slippage_model("spread", int(value) // 2 * 2 * 0.01)
            case int() | float():
                model = slippage_model("spread", abs(float(slippage)))
            case _:
                raise UsageError(
                    f"set_slippage takes FixedSlippage(currency) or PriceRelatedSlippage(fraction), not {slippage!r}."
                )
        settings = run.host.account.settings
        of = None if type is None and ref is None else "stock" if type == "stock" else "fund"
        if ref is not None:
            of = run.host.market.symbols[run.platform.bars.column(ref) or 0]
        if of is None:
            changed: tuple[Any, Any] = (model, money_funds_pay_none(run))
        else:
            # What is named more closely goes before: kinds, then codes, then money funds.
            others = [item for item in settings.slippage_by if item[0] != of]
            changed = (settings.slippage, tuple(sorted([*others, (of, model)], key=_closeness)))
        if changed != (settings.slippage, settings.slippage_by):
            run.host.change(slippage=changed[0], slippage_by=changed[1])

    # ------------------------------------------------------------------ schedules

    def run_daily(self, func: Callable[..., Any], time: Any = "9:30", reference_security: Any = None) -> None:
        """Call a function every trading day."""
        self._schedule("daily", func, 0, time, reference_security, force=None)

    def run_weekly(  # as documented by the platform
        self, func: Callable[..., Any], weekday: int = 1, time: Any = "9:30", reference_security: Any = None,
        force: Any = None,
    ) -> None:  # fmt: skip
        """Call a function on a trading day of each week, counted from 1, or from -1 backwards."""
        self._schedule("weekly", func, weekday, time, reference_security, force=force)

    def run_monthly(  # as documented by the platform
        self, func: Callable[..., Any], monthday: int = 1, time: Any = "9:30", reference_security: Any = None,
        force: Any = None,
    ) -> None:  # fmt: skip
        """Call a function on a trading day of each month, counted from 1, or from -1 backwards."""
        self._schedule("monthly", func, monthday, time, reference_security, force=force)

    def _schedule(  # in the order of the calls
        self, kind: str, func: Any, number: Any, time: Any, reference: Any, *, force: Any
    ) -> None:
        run, call = self._run, f"run_{kind}"
        if kind != "daily" and (isinstance(number, bool) or not isinstance(number, int) or number == 0):
            raise UsageError(
                f"{call}: day {number!r} is no trading day of a {kind[:-2]}. Pass 1, 2, ... or -1, -2, ..."
            )
        text = clock_time(call, time)
        if reference is not None:
            self._ignore("reference_security has no effect: all codes share one calendar.")
        if force is not None:
            self._ignore("force has no effect: the first week and month are counted from the first day of the run.")
        run.schedule(kind, func, number, text)
        instead = stands_in(time_of(text))
        if instead and run.host.market.panel.intraday is None:
            run.host.tell(f"{run.named(call, func)} at {text}: bars are daily, and {instead}.")
            if phase_of(time_of(text)) != OPEN and not run.host.account.settings.times_of_day:
                run.host.change(times_of_day=True)
