"""The rules by which a session trades: one frozen object, checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import FunctionType
from typing import Any

from qresearch.domain.arguments import flag, function, number
from qresearch.domain.calls import told_calls
from qresearch.domain.settings import HOLDING_PERIOD, Own, Settings, Slippage
from qresearch.engine.accounts.kinds import ACCOUNTS
from qresearch.engine.clocks import CLOCKS
from qresearch.engine.exchange import AccountKind, MarketClock, Models
from qresearch.engine.fees import FeeModel
from qresearch.engine.fill_models import FILL_MODELS, ByBars
from qresearch.engine.fills import FillModel
from qresearch.engine.sizing_policy import SIZINGS, SizingPolicy
from qresearch.engine.slippage import ByFunction, SlippageModel
from qresearch.engine.tariffs import COST_PRESETS, preset_costs
from qresearch.errors import UsageError, choose, shown
from qresearch.market.venue import Venue
from qresearch.session.options import slippage_of, volume_cap


@told_calls
@dataclass(frozen=True, kw_only=True)
class Rules:
    """What trading costs, when and how orders fill, and what an account may do.

    Each is also a keyword of :class:`~qresearch.session.session.Session`, which then goes before the one in ``rules=``.

    Parameters
    ----------
    costs : {"default", "historical", "joinquant", "zero"}
        See :func:`qresearch.engine.tariffs.preset_costs`; :meth:`set_order_cost` sets single rates. Or a model of your
        own, a :class:`~qresearch.engine.fees.FeeModel`.
    slippage : str or (str, float)
        "none", ("fixed", currency), ("bps", basis points), ("volume_share", impact), or what lies between a buy and a
        sell, of which each pays half, rounded to the nearest tick: ("spread", currency), ("spread_rate", fraction). Or
        a model of your own: a :class:`~qresearch.engine.slippage.SlippageModel`, or such a function.
    participation : float, optional
        Largest part of a bar's volume that all orders in one instrument may take together. Default: no cap.
    clock : {"next_open", "same_bar", "counter", "told"}
        When a request meets the market. ``next_open``: at the next trading day's open, with `handle_data` called at
        every close. ``same_bar``: inside the call, at the last visible price, with `handle_data` called at every open,
        seeing bars to the day before and today's open. This flatters: what is asked for gets the very price that was
        seen. The rules stand in :mod:`qresearch.engine.immediate`. ``counter``: after the call, as at a broker's
        counter, which checks cash, shares and prices inside it: :mod:`qresearch.engine.counter`. ``told``: whoever
        keeps the orders says what becomes of them: :mod:`qresearch.engine.told`.
    fill_model : {"a_share", "lean_equity"}
        When limit, stop and the other types fill, and at what price: the rules of :mod:`qresearch.engine.fills`, or
        those of LEAN's equity model on whole bars (:mod:`qresearch.engine.lean_model`). Or a model of your own: an
        object with the two methods of :class:`~qresearch.engine.fills.FillModel`.
    account : {"cash_shares"}
        The kind of account: shares paid in full. Or one of your own: an object with the methods of
        :class:`~qresearch.engine.exchange.AccountKind`.
    sizing : {"native", "floor"}
        How what is asked for becomes shares: :mod:`qresearch.engine.sizing_policy`, or such a policy of your own.
    reserve : {"limit", "last", "none"}
        Price at which resting buys hold cash back: their limit or stop, the last visible price, or not at all. Resting
        sells hold their shares back from later ones, with "none" they do not.
    cancel_latency : {"none", "next_match"}
        Whether cancels and updates take effect at once, or at the next match, where a fill may come first.
    open_order_margin : bool
        After a fill, open orders that the account can no longer carry are ended (OPEN_ORDER_MARGIN).
    match_order : {"sells_first", "fifo"}
        Sells go before buys at the same open, or every order by its id.
    shortfall : {"trim", "reject"}
        What happens to an order for more than the cash or the shares allow.
    rights : {"lapse", "subscribe"}
    delisting : {"last", "zero"}
        Price at which a recorded delisting closes a position; "last" flatters.
    dividend_tax : {"none", "holding_period"} or float
        Default none. A number is a flat rate withheld at payment; "holding_period" taxes at the sale by the dated
        schedule for individuals.

    Raises
    ------
    UsageError
        A name that is not known, or an object without the methods of such a model; the message lists them.

    Examples
    --------
    >>> import qresearch as qr
    >>> platform = qr.Rules(clock="same_bar", costs="zero", sizing="floor")
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", rules=platform, costs="default")
    >>> session.settings.clock, session.settings.sizing, session.settings.costs.min_commission
    ('same_bar', 'floor', 500)
    """

    costs: str | FeeModel = "default"
    slippage: str | tuple[str, float] | SlippageModel | Callable[..., Any] = "none"
    participation: float | None = None
    clock: str | MarketClock = "next_open"
    fill_model: str | FillModel = "a_share"
    account: str | AccountKind = "cash_shares"
    sizing: str | SizingPolicy = "native"
    reserve: str = "limit"
    cancel_latency: str = "none"
    open_order_margin: bool = False
    match_order: str = "sells_first"
    shortfall: str = "trim"
    rights: str = "lapse"
    delisting: str = "last"
    dividend_tax: str | float = "none"

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            choose(name, getattr(self, name), words)
        if isinstance(self.costs, str):
            choose("costs", self.costs, COST_PRESETS)
        _slippage(self.slippage)
        volume_cap(self.participation)
        flag("open_order_margin", self.open_order_margin)
        _dividend_tax(self.dividend_tax)
        self.models()

    def changed(self, given: dict[str, Any]) -> Rules:
        """These rules, but for those that are given and not None."""
        return replace(self, **{name: given[name] for name in self.options() if given.get(name) is not None})

    def options(self) -> dict[str, Any]:
        """All rules by name, as they were given."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def settings(self, venue: Venue) -> Settings:
        """What the engine and the log hold of them."""
        return Settings(
            costs=preset_costs(venue, self.costs) if isinstance(self.costs, str) else own_of(self.costs),
            slippage=_slippage(self.slippage),
            participation=self.participation,
            fill_model=_named(self.fill_model),
            open_order_margin=self.open_order_margin,
            dividend_tax=_dividend_tax(self.dividend_tax),
            clock=_named(self.clock),
            account=_named(self.account),
            sizing=_named(self.sizing),
            **{name: getattr(self, name) for name in _WORDS},
        )

    def models(self) -> Models:
        """The models that they name, or are."""
        clock: MarketClock = _model("clock", self.clock, CLOCKS, MarketClock)
        fills: Any = _model("fill_model", self.fill_model, FILL_MODELS, FillModel)
        if not isinstance(fills, tuple(map(type, FILL_MODELS.values()))) and not hasattr(fills, "concerns"):
            fills = ByBars(fills)
        if fills.asks_whole_bars and clock.in_call:
            raise UsageError(
                f"fill_model={fills.name!r} fills orders at bars after their own, clock={clock.name!r} inside the "
                "call. Leave out one of the two."
            )
        costs, slippage = self.costs, self.slippage
        if isinstance(slippage, FunctionType):
            slippage = ByFunction(function("slippage", slippage, "prices", "quantities", "volumes"))
        return Models(
            clock,
            fills,
            _model("account", self.account, ACCOUNTS, AccountKind),
            _model("sizing", self.sizing, SIZINGS, SizingPolicy),
            None if isinstance(costs, str) else _model("costs", costs, dict.fromkeys(COST_PRESETS), FeeModel),
            None if isinstance(slippage, (str, tuple, list)) else _model("slippage", slippage, {}, SlippageModel),
        )


_WORDS = {
    "reserve": ("limit", "last", "none"),
    "cancel_latency": ("none", "next_match"),
    "match_order": ("sells_first", "fifo"),
    "shortfall": ("trim", "reject"),
    "rights": ("lapse", "subscribe"),
    "delisting": ("last", "zero"),
}
"""Rules that are one of a few words."""


def _model(option: str, value: object, known: Mapping[str, Any], protocol: type) -> Any:
    """A model by its name, or an object that has what one needs."""
    if isinstance(value, str):
        return known[choose(option, value, known)]
    methods = [name for name in vars(protocol) if not name.startswith("_") and callable(getattr(protocol, name))]
    missing = [name for name in methods if not callable(getattr(value, name, None))]
    if isinstance(value, type) or missing:
        what = "a class" if isinstance(value, type) else f"without {', '.join(missing)}"
        names = f"one of {', '.join(known)}, or " if known else ""
        raise UsageError(
            f"{option}={shown(value)} is no model: it is {what}. Pass {names}an object with the methods "
            f"{', '.join(methods)}; see {protocol.__module__}.{protocol.__name__}."
        )
    return value


def _named(model: object) -> str | Own:
    """A model as the settings hold it: by its name where it has one of ours."""
    return model if isinstance(model, str) else own_of(model)


def own_of(model: object) -> Own:
    """A model of the user's as settings and log know it: by its name and its plain attributes."""
    if isinstance(model, FunctionType):
        return Own(model.__name__)
    held = {name: value for name, value in getattr(model, "__dict__", {}).items() if not name.startswith("_")}
    if is_dataclass(model):
        held = {item.name: getattr(model, item.name) for item in fields(model)}
    name = held.pop("name", None) or getattr(model, "name", type(model).__name__)
    plain = {key: value for key, value in held.items() if not callable(value)}
    return Own(str(name), tuple(sorted((key, repr(value)) for key, value in plain.items())))


def _slippage(value: object) -> Slippage | Own:
    if isinstance(value, str):
        return slippage_of(value)
    if not isinstance(value, (tuple, list)):
        return own_of(value)
    if len(value) != 2:
        raise UsageError(
            f"slippage={shown(value)} is neither a kind nor a kind with its size. "
            "Write slippage='none' or one such as slippage=('bps', 5)."
        )
    return slippage_of(*value)


def _dividend_tax(value: str | float) -> str | float:
    if isinstance(value, str):
        return choose("dividend_tax", value, ("none", HOLDING_PERIOD))
    rate = number("dividend_tax", value, 0.1)
    if 0 <= rate < 1:
        return float(rate)
    raise UsageError(
        f"dividend_tax={shown(value)} must be a rate from 0 to below 1. Pass one such as 0.1, 'none' or "
        "'holding_period'."
    )
