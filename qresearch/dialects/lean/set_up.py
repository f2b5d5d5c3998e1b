"""What a script sets up and tells: dates, cash, shares, models, times, the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any
from zoneinfo import ZoneInfo

from qresearch.dialects.lean.brokerage import brokerage
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.enums import AccountType, DataNormalizationMode, Resolution
from qresearch.dialects.lean.feed import Subscription
from qresearch.dialects.lean.hours import NEW_YORK, utc, zone_name
from qresearch.dialects.lean.names import Named, spoken
from qresearch.dialects.lean.symbols import Symbol
from qresearch.dialects.lean.universes import Universe
from qresearch.errors import UsageError, shown


@spoken
class SetUpWords:
    """Dates, cash, shares and models.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def set_start_date(self, *when: Any) -> None:
        """The first day: year, month and day, or a date. Until the run begins it is now."""
        self._before_the_run("set_start_date")
        self.engine.start, self.engine.has_start = _date("set_start_date", when), True
        self.engine.set_time(self.engine.start)
        self._check_span()

    def set_end_date(self, *when: Any) -> None:
        """The last day, that included."""
        self._before_the_run("set_end_date")
        self.engine.end = _date("set_end_date", when) + dt.timedelta(days=1) - dt.timedelta(seconds=1)
        self.engine.has_end = True
        self._check_span()

    def _before_the_run(self, word: str) -> None:
        if self.engine.is_running:
            raise UsageError(f"{word}: the run has begun, and nothing of this changes in it. Call it in initialize.")

    def _check_span(self) -> None:
        engine = self.engine
        if engine.has_start and engine.has_end and engine.end < engine.start:
            raise UsageError(
                f"The script ends on {engine.end.date()}, before it begins on {engine.start.date()}. Set a later end."
            )

    def set_cash(self, *amount: Any) -> None:
        """The cash to begin with: dollars, or a currency, an amount of it and its rate into dollars."""
        self._before_the_run("set_cash")
        if len(amount) > 1 and str(amount[0]).upper() != "USD":
            if len(amount) < 3:
                raise UsageError(f"set_cash({amount[0]!r}, ...): pass a rate into USD too, such as 1.1.")
            self.engine.portfolio.cash_book.add(str(amount[0]), amount[1], amount[2])
            return
        self.engine.portfolio.set_cash(amount[-1] if len(amount) < 3 else amount[1])
        self.engine.has_cash = True

    def set_account_currency(self, currency: str, *_: Any) -> None:
        """USD, and no other."""
        if currency.upper() != "USD":
            raise UsageError(f"set_account_currency: {currency!r} is not offered. Shares here are paid in USD.")

    def set_time_zone(self, zone: Any) -> None:
        """The zone of ``self.time``, and of times of the schedule from then on."""
        self._before_the_run("set_time_zone")
        self.engine.zone = zone_name(zone)
        self.engine.time_rules.set_default_time_zone(zone)

    def add_equity(  # as in LEAN
        self, ticker: str, resolution: Resolution | None = None, market: str | None = None, fill_forward: bool = True,
        leverage: float = 0.0, extended_market_hours: bool = False,
        data_normalization_mode: DataNormalizationMode | None = None,
    ) -> Any:  # fmt: skip
        """Subscribe to a share; its security."""
        engine, wanted = self.engine, self.engine.universe_settings
        length = Resolution(wanted.resolution if resolution is None else resolution)
        if length is Resolution.TICK:
            raise UsageError(f"add_equity({str(ticker)!r}): ticks are not read. Subscribe to Resolution.SECOND.")
        mode = data_normalization_mode
        if mode is None:
            mode = wanted.data_normalization_mode
        security = engine.subscribe(Subscription(
            self._symbol(ticker), length,
            DataNormalizationMode.ADJUSTED if mode is None else mode, extended_market_hours, fill_forward,
        ))  # fmt: skip
        if leverage:
            security.set_leverage(leverage)
        return security

    def _symbol(self, ticker: Any) -> Symbol:
        if isinstance(ticker, Symbol):
            return ticker
        return self.engine.runtime.symbol(str(ticker))

    def add_security(
        self, kind: Any, ticker: str, resolution: Resolution | None = None, *rest: Any, **named: Any
    ) -> Any:
        """Subscribe to a share; other securities are refused."""
        if int(kind) != 1:
            raise UsageError(f"add_security: {kind!s} is not offered here. Shares are: SecurityType.EQUITY.")
        return self.add_equity(ticker, resolution, *rest, **named)

    def add_universe(self, *what: Any) -> Universe:
        """Shares that a function chooses day by day: of rows of all shares, or, after a name, of the date."""
        select = what[-1] if what else None
        if sum(map(callable, what)) > 1:
            raise UsageError(
                "add_universe: a second function would choose by fundamentals, which the data do not have. Pass one "
                "function, of rows with price, volume and dollar_volume."
            )
        if not callable(select):
            raise UsageError(
                "add_universe takes a function of rows of shares, or a name and a function of the date. "
                "Add shares that do not change by add_equity."
            )
        name = what[0] if isinstance(what[0], str) else getattr(select, "__name__", "universe")
        return self.engine.add_universe(Universe(name, select, takes_rows=not isinstance(what[0], str)))

    def add_option_contract(
        self, symbol: Symbol, resolution: Resolution | None = None, fill_forward: bool = True, leverage: float = 0.0,
        extended_market_hours: bool = False,
    ) -> Any:  # fmt: skip
        """Subscribe to a contract of an option, and to its share at raw prices."""
        if not isinstance(symbol, Symbol) or symbol.option is None:
            raise UsageError(
                f"add_option_contract: {symbol!r} is no contract. Make one by Symbol.create_option(share, Market.USA, "
                "OptionStyle.AMERICAN, OptionRight.CALL, 470, datetime(2024, 1, 9))."
            )
        engine, wanted = self.engine, self.engine.universe_settings.resolution if resolution is None else resolution
        share = engine.runtime.symbol(str(symbol.option.underlying))
        self._be_raw(share, wanted)
        return engine.subscribe(Subscription(
            Symbol(symbol.value, symbol.text, replace(symbol.option, underlying=share)), Resolution(wanted),
            DataNormalizationMode.RAW, extended_market_hours, fill_forward,
        ))  # fmt: skip

    def _be_raw(self, share: Symbol, resolution: Resolution) -> None:
        """Subscribe to the share of an option; where it is there at adjusted prices, they become raw."""
        engine, raw = self.engine, DataNormalizationMode.RAW
        known = engine.securities.get(share)
        if known is None or known.is_internal:
            engine.subscribe(Subscription(share, Resolution(resolution), raw))
        elif known.data_normalization_mode is not raw:
            engine.runtime.listener.warn(f"{share} is read at raw prices, for there are options on it.")
            engine.subscriptions = [
                replace(item, mode=raw) if item.symbol == share else item for item in engine.subscriptions
            ]
            known.data_normalization_mode, known.rounds_prices = raw, True
            engine.forget_feed()

    @property
    def option_chain_provider(self) -> OptionChainProvider:
        """Tells which contracts there are."""
        return OptionChainProvider(self.engine)

    def remove_security(self, symbol: Any) -> bool:
        """Take no more data of a share in: its orders are withdrawn, what is held is closed, and it trades no more."""
        return self.engine.drop(self._symbol(symbol))

    def symbol(self, ticker: str) -> Symbol:
        """The symbol of a ticker."""
        return self._symbol(ticker)

    def set_benchmark(self, *what: Any) -> None:
        """Compare with a share; with a function no data of it are read."""
        self._before_the_run("set_benchmark")
        self.engine.benchmark = what[-1]
        if callable(what[-1]):
            self.engine.runtime.listener.keep(what[-1])

    def set_brokerage_model(self, model: Any, account_type: AccountType = AccountType.MARGIN) -> None:
        """Models of a brokerage for all shares."""
        self.engine.brokerage_model = found = brokerage(model, account_type)
        for security in self.engine.securities.values():
            found.initialize(security)

    def set_security_initializer(self, initializer: Any) -> None:
        """Called with every share that is added."""
        self.engine.security_initializer = initializer
        self.engine.runtime.listener.keep(initializer)

    def set_warm_up(self, span: Any, resolution: Resolution | None = None) -> None:
        """Bars, or a time, of data before the start."""
        self._before_the_run("set_warm_up")
        if not isinstance(span, dt.timedelta) and not (isinstance(span, Integral) and int(span) >= 0):
            raise UsageError(f"set_warm_up: {shown(span)} is no span. Pass a number of bars, or a timedelta.")
        self.engine.warm_up = (span, resolution)

    def set_warmup(self, span: Any, resolution: Resolution | None = None) -> None:
        """As :meth:`set_warm_up`."""
        self.set_warm_up(span, resolution)

    def set_pandas_converter(self, *_: Any) -> None:
        """Nothing: tables come from pandas itself."""

    def set_risk_free_interest_rate_model(self, *_: Any) -> None:
        """Nothing: no figure here needs it."""

    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """Values for ``get_parameter``."""
        self.engine.parameters = {str(name): value for name, value in parameters.items()}

    def get_parameter(self, name: str, default: Any = None) -> Any:
        """A value that was set, as the kind of the default; the default where there is none."""
        found = self.engine.parameters.get(name)
        return default if found is None else type(default)(found) if isinstance(default, (int, float)) else found

    def set_maximum_orders(self, most: int) -> None:
        """Orders after which a run ends."""
        self.engine.settings.maximum_orders = most

    def quit(self, message: str = "") -> None:
        """End the run after this step."""
        self.engine.is_over = True
        self.engine.runtime.listener.note("INFO", f"Quit: {message}")


class OptionChainProvider(Named):
    """What ``self.option_chain_provider`` is.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def get_option_contract_list(self, symbol: Any, date: dt.datetime | dt.date | None = None) -> list[Symbol]:
        """Contracts on a share with bars in the data, that have not expired on a date."""
        on = self.engine.now.date() if date is None else dt.date(date.year, date.month, date.day)
        return self.engine.runtime.contracts(str(getattr(symbol, "symbol", symbol)), on)


@spoken
class TellWords:
    """Times, the log, charts.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def time(self) -> dt.datetime:
        """Now, in the zone of the algorithm."""
        engine = self.engine
        if not engine.zone:
            return engine.now
        return engine.now.replace(tzinfo=NEW_YORK).astimezone(ZoneInfo(engine.zone)).replace(tzinfo=None)

    @property
    def utc_time(self) -> dt.datetime:
        """Now, UTC."""
        return utc(self.engine.now)

    @property
    def start_date(self) -> dt.datetime:
        """The first day."""
        return self.engine.start

    @property
    def end_date(self) -> dt.datetime:
        """The last day."""
        return self.engine.end

    @property
    def time_zone(self) -> str:
        """The zone of ``self.time``."""
        return self.engine.zone or "America/New_York"

    @property
    def account_currency(self) -> str:
        """That of the account."""
        return "USD"

    @property
    def benchmark(self) -> Any:
        """What the run is compared with."""
        return self.engine.benchmark

    @property
    def active_securities(self) -> Any:
        """What was added."""
        return self.engine.securities

    @property
    def subscription_data_config_service(self) -> Any:
        """What was subscribed to."""
        return self.engine.subscriptions

    @property
    def live_mode(self) -> bool:
        """False."""
        return False

    def log(self, message: object) -> None:
        """A line of the log."""
        self.engine.runtime.listener.note("INFO", str(message))

    def debug(self, message: object) -> None:
        """A line of the log."""
        self.engine.runtime.listener.note("INFO", str(message))

    def error(self, message: object) -> None:
        """A line of the log."""
        self.engine.runtime.listener.note("ERROR", str(message))

    def plot(self, chart: Any, *what: Any) -> None:
        """Values of a chart: (chart, series, value), (chart, value), or (chart, indicators)."""
        tell = self.engine.runtime.listener.plotted
        if len(what) == 2 and isinstance(what[0], str):
            tell(f"{chart} {what[0]}", float(what[1]))
            return
        for item in what:
            name = str(chart) if isinstance(item, (int, float)) else f"{chart} {item.name}"
            tell(name, float(item))

    def plot_indicator(self, chart: Any, *indicators: Any) -> None:
        """Put each new value of indicators into a chart."""
        for indicator in indicators:
            self.engine.runtime.listener.keep(plotter := Plotter(self.engine.runtime.listener, f"{chart}"))
            indicator.updated += plotter

    def record(self, *what: Any) -> None:
        """As :meth:`plot`."""
        self.plot(*what)

    def add_chart(self, chart: Any) -> None:
        """Name a chart beforehand."""

    def add_series(self, *_: Any) -> None:
        """Name a line of a chart beforehand."""

    def train(self, *what: Any) -> Any:
        """Call a function now, or by a date and a time rule."""
        return what[0]() if len(what) == 1 else self.engine.schedule.on(*what)

    def set_name(self, name: str) -> None:
        """Nothing: a session has its own name."""

    def add_tag(self, tag: str) -> None:
        """Nothing: a session has no tags."""

    def set_tags(self, tags: Any) -> None:
        """Nothing: a session has no tags."""

    def set_statistics_service(self, *_: Any) -> None:
        """Nothing: figures are those of the session."""

    def set_runtime_statistic(self, name: str, value: object) -> None:
        """A line of the log."""
        self.log(f"{name}: {value}")

    def set_summary_statistic(self, name: str, value: object) -> None:
        """A line of the log."""
        self.log(f"{name}: {value}")


@dataclass
class Plotter:
    """Puts the values of an indicator into a chart."""

    listener: Any
    chart: str

    def __call__(self, indicator: Any, point: Any) -> None:
        """Put one there."""
        self.listener.plotted(f"{self.chart} {indicator.name}", point.value)


def _date(word: str, when: Sequence[Any]) -> dt.datetime:
    try:
        if len(when) == 3:
            year, month, day = map(int, when)
            return dt.datetime(year, month, day)
        (found,) = when
        return dt.datetime(found.year, found.month, found.day)
    except (AttributeError, TypeError, ValueError):
        given = ", ".join(map(shown, when))
        raise UsageError(f"{word}({given}): no such day. Pass year, month and day such as 2024, 1, 31.") from None
