"""Futures in a script of JoinQuant: the sub-account with its two sides, contracts, margin rates and fees.

Assumptions
-----------
The dominant contract of a day is the one with the most open interest at the close before, or the most volume where the
bars hold no open interest; the platform's own rule is not published. Margin rates that the platform names for a product
go before the table of contracts; fees are those of the table until a script sets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qresearch.dialects.joinquant.kinds import Kinds
from qresearch.dialects.script.portfolio import Portfolio
from qresearch.domain.arguments import between
from qresearch.domain.attributes import told_names
from qresearch.domain.ledger import LONG, SHORT, Key, Lot
from qresearch.domain.settings import ContractRates, Slippage
from qresearch.domain.terms import Effect
from qresearch.engine.slippage import slippage_model
from qresearch.errors import UsageError, close_matches, did_you_mean

if TYPE_CHECKING:
    from qresearch.dialects.script.run import Run
    from qresearch.domain.contract import Contract

INDEX_PRODUCTS = ("IF", "IH", "IC", "IM")
_CLOSING = frozenset({Effect.CLOSE, Effect.CLOSE_OLD, Effect.CLOSE_TODAY, Effect.CLOSE_TODAY_FIRST})
_RATES = {
    **dict.fromkeys(INDEX_PRODUCTS, 0.15),
    **dict.fromkeys(("AG", "AL", "CF", "CU", "P", "RB", "SR", "TA", "MA"), 0.05),
    "AU": 0.04, "I": 0.10, "JM": 0.12, "M": 0.07, "SC": 0.07,
}  # fmt: skip
"""Margin of a side by product where a script sets none, as the platform's documentation lists it."""


@told_names()
class Side:
    """What is held on one side of a contract, always as of now; a side that is not held gives zeros.

    Parameters
    ----------
    run : Run
        With the sub-account.
    column : int
    sign : {1, -1}
    """

    __slots__ = ("_column", "_run", "_sign")

    def __init__(self, run: Run, column: int, sign: int) -> None:
        self._run, self._column, self._sign = run, column, sign

    @property
    def _lots(self) -> tuple[Lot, ...]:
        return self._run.host.account.ledger.lots.get(Key(self._column, self._sign), ())

    @property
    def security(self) -> str:
        """The code."""
        return self._run.platform.code(self._column)

    @property
    def side(self) -> str:
        """Which it is: "long" or "short"."""
        return "long" if self._sign == LONG else "short"

    @property
    def pindex(self) -> int:
        """Number of the sub-account."""
        return self._run.account.number

    @property
    def price(self) -> float:
        """The last visible price; 0 when there is none."""
        price = self._run.host.view.last_price(self._column)
        return 0.0 if np.isnan(price) else price

    @property
    def total_amount(self) -> int:
        """Lots held, less those that working orders close."""
        return sum(lot.quantity for lot in self._lots) - self.locked_amount

    @property
    def locked_amount(self) -> int:
        """Lots that working orders close."""
        orders = self._run.host.account.working.values()
        closing = [
            order for order in orders
            if order.instrument == self._column and order.leaves * self._sign < 0 and order.terms.effect in _CLOSING
        ]  # fmt: skip
        return min(sum(abs(order.leaves) for order in closing), sum(lot.quantity for lot in self._lots))

    @property
    def closeable_amount(self) -> int:
        """Lots that may be closed now."""
        return self.total_amount

    sellable_amount = amount = closeable_amount

    @property
    def today_amount(self) -> int:
        """Lots opened today."""
        return sum(lot.quantity for lot in self._lots if lot.day == self._run.host.account.day)

    def _mean(self, prices: list[tuple[int, int]]) -> float:
        units = sum(quantity for _, quantity in prices)
        money = self._run.host.market.venue.money
        return sum(price * quantity for price, quantity in prices) / units / money.price_scale if units else 0.0

    @property
    def avg_cost(self) -> float:
        """Mean price at which the lots were opened."""
        return self._mean([(lot.opened, lot.quantity) for lot in self._lots])

    acc_avg_cost = avg_cost

    @property
    def hold_cost(self) -> float:
        """The settlement before, mixed with the prices of what was opened today."""
        return self._mean([(lot.base, lot.quantity) for lot in self._lots])

    @property
    def value(self) -> float:
        """Price times lots times multiplier."""
        host = self._run.host
        size = host.exchange.multiplier(self._column, host.account.day)
        return self.price * size * sum(lot.quantity for lot in self._lots)

    @property
    def margin(self) -> float:
        """What the side binds, currency."""
        host = self._run.host
        bound = host.exchange.account.value(host.account, host.exchange).bound
        return host.amount(bound.get(Key(self._column, self._sign), 0))

    last_sale_price = price

    def __repr__(self) -> str:
        return (
            f"Position(security={self.security}, side={self.side}, total_amount={self.total_amount}, "
            f"avg_cost={self.avg_cost:.4f}, price={self.price:.4f}, margin={self.margin:.2f})"
        )


class Sides(Mapping[str, Side]):
    """One side of all contracts by code, in any spelling; a code that is not held gives an empty one.

    Parameters
    ----------
    run : Run
    sign : {1, -1}
    """

    def __init__(self, run: Run, sign: int) -> None:
        self._run, self._sign = run, sign

    def _columns(self) -> list[int]:
        return [key.instrument for key in self._run.host.account.ledger.lots if key.side == self._sign]

    def __getitem__(self, code: str) -> Side:
        column = self._run.platform.bars.column(code)
        if column is None:
            raise UsageError(f"positions[{code!r}]: there is no such instrument in this market. Check the code.")
        return Side(self._run, column, self._sign)

    def get(self, code: str, default: Any = None) -> Any:
        """The side of a code, or `default` when it is not held."""
        is_held = code in self
        return self[code] if is_held else default

    def __contains__(self, code: object) -> bool:
        return self._run.platform.bars.column(code) in self._columns()

    def __iter__(self) -> Iterator[str]:
        return iter([self._run.platform.code(column) for column in self._columns()])

    def __len__(self) -> int:
        return len(self._columns())

    def __repr__(self) -> str:
        return repr(dict(self.items()))


class FuturesPortfolio(Portfolio):
    """A sub-account of futures: what is free of its equity, and the margin of both sides.

    Parameters
    ----------
    run : Run
        With the sub-account.
    kind : {"futures", "index_futures"}
    """

    def __init__(self, run: Run, kind: str) -> None:
        super().__init__(run, run.account)
        self.type = kind

    @property
    def long_positions(self) -> Mapping[str, Any]:
        """Long sides by code."""
        return Sides(self._run, LONG)

    positions = long_positions

    @property
    def short_positions(self) -> Mapping[str, Any]:
        """Short sides by code."""
        return Sides(self._run, SHORT)

    @property
    def margin(self) -> float:
        """What both sides bind."""
        return self._run.host.portfolio.margin

    @property
    def available_cash(self) -> float:
        """Equity without margin and without what working orders hold back."""
        return self._run.host.portfolio.available

    cash = available_margin = transferable_cash = available_cash

    @property
    def positions_value(self) -> float:
        """Price times lots times multiplier, of both sides."""
        held = (*self.long_positions.values(), *self.short_positions.values())
        return float(sum(side.value for side in held))

    market_value = positions_value

    @property
    def total_value(self) -> float:
        """Equity: cash, and what the day has brought so far."""
        return self._run.host.portfolio.equity

    portfolio_value = net_value = total_value


class Futures:
    """The functions of a script about futures.

    Parameters
    ----------
    run : Run
    kinds : Kinds
    """

    def __init__(self, run: Run, kinds: Kinds) -> None:
        self._run, self._kinds = run, kinds

    def _contracts(self) -> dict[int, Contract]:
        """The futures of the market by column."""
        items = enumerate(self._run.host.market.instruments)
        return {
            column: item.contract
            for column, item in items
            if item.contract is not None and item.contract.option is None
        }

    def _listed(self, call: str, product: str, day: int) -> list[int]:
        """Columns of the contracts of a product that trade on a day (index), in the order of their last days."""
        contracts, host = self._contracts(), self._run.host
        products = {contract.product for contract in contracts.values()}
        wanted = str(product).upper().split(".")[0].removesuffix("9999").removesuffix("8888")
        if wanted not in products:
            near = did_you_mean(close_matches(wanted, products))
            known = ", ".join(sorted(products)) or "none"
            raise UsageError(f"{call}: this market has no futures of {product!r}. {near}It has {known}.")
        firsts, ends = host.market.panel.first_row, host.exchange.closing_day
        columns = [column for column, contract in contracts.items() if contract.product == wanted]
        found = [column for column in columns if firsts[column] <= day < ends[column]]
        return sorted(found, key=lambda column: (ends[column], column))

    def _day(self, date: Any) -> int:
        """The day of a date that is not after today; today without one."""
        platform, today = self._run.platform, self._run.host.day
        return today if date is None else min(max(platform.count_until(date) - 1, 0), today)

    def get_future_contracts(self, underlying_symbol: str, dt: Any = None) -> list[str]:
        """Codes of the contracts of a product that can be traded on a day, by default today."""
        columns = self._listed("get_future_contracts", underlying_symbol, self._day(dt))
        return [self._run.platform.code(column) for column in columns]

    def get_dominant_future(self, underlying_symbol: str, date: Any = None) -> str:
        """Code of the dominant contract of a product on a day, by default today; empty where none trades."""
        day, panel = self._day(date), self._run.host.market.panel
        columns = self._listed("get_dominant_future", underlying_symbol, day)
        if not columns:
            return ""
        before = max(day - 1, 0)
        known = None if panel.open_interest is None else np.nan_to_num(panel.open_interest[before, columns])
        if known is None or not known.any():
            known = np.nan_to_num(panel.volume[before, columns])
        return self._run.platform.code(columns[int(np.argmax(known))])

    # ------------------------------------------------------------------ margin and fees

    def begin(self) -> None:
        """Have the rates of the platform, and what the script has set of them, in every sub-account of futures."""
        host, options = self._run.host, self._run.state["options"]
        wanted, costs = options.get("futures_margin_rate"), self._run.state.get("futures_costs", {})
        rates = []
        for product in sorted({contract.product for contract in self._contracts().values()}):
            margin = wanted.get(product) if isinstance(wanted, Mapping) else wanted
            margin = _RATES.get(product) if margin is None else between("futures_margin_rate", margin, 0.0001, 1, 0.15)
            own = ContractRates(product, margin)
            kind = "index_futures" if product in INDEX_PRODUCTS else "futures"
            fees = costs.get(product, costs.get(kind))
            rates.append(own if fees is None else replace(own, **fees))
        runs = self._kinds.runs("futures")
        for run in runs:
            settings, slips = run.host.account.settings, self._slippage()
            by = slips or settings.slippage_by
            if (settings.contract_rates, settings.slippage_by) != (tuple(rates), by):
                run.host.change(contract_rates=tuple(rates), slippage_by=by)
        if runs and any(own.margin is not None for own in rates):
            told = ", ".join(f"{own.product} {own.margin:g}" for own in rates if own.margin is not None)
            host.tell(f"Futures bind margin at the rates of the platform or of the script: {told}.", "adjusted")

    def set_costs(self, cost: Any, kind: str, ref: Any) -> None:
        """Set the fees of a type, or of one product: fractions of the value."""
        product = (
            None if ref is None else "".join(letter for letter in str(ref).upper().split(".")[0] if letter.isalpha())
        )
        fees = {
            "open_fee": float(cost.open_commission), "close_fee": float(cost.close_commission),
            "close_today_fee": float(cost.close_today_commission),
        }  # fmt: skip
        self._run.state["futures_costs"] = {**self._run.state.get("futures_costs", {}), product or kind: fees}
        self.begin()

    def slip(self, kind: str, value: float, *, in_ticks: bool) -> None:
        """Set the slippage of futures: what lies between a buy and a sell, in ticks, currency or of the price."""
        self._run.state["futures_slippage"] = (kind, value, in_ticks)
        self.begin()

    def _slippage(self) -> tuple[tuple[str, Slippage], ...]:
        """The slippage of every contract that a script has set; nothing where it has set none."""
        wanted = self._run.state.get("futures_slippage")
        if wanted is None:
            return ()
        kind, value, in_ticks = wanted
        symbols = self._run.host.market.symbols
        return tuple(
            (symbols[column], slippage_model(kind, int(value) // 2 * 2 * contract.tick if in_ticks else abs(value)))
            for column, contract in self._contracts().items()
        )
