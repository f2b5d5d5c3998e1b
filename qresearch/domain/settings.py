"""What a session can set about execution."""

from __future__ import annotations

from dataclasses import dataclass

HOLDING_PERIOD = "holding_period"
NEXT_OPEN, SAME_BAR, COUNTER, TOLD = "next_open", "same_bar", "counter", "told"
"""The clocks: see :mod:`qresearch.engine.matching`, :mod:`qresearch.engine.immediate`, :mod:`qresearch.engine.counter`
and :mod:`qresearch.engine.told`."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs. Rates are integers of a billionth, money is in money steps.

    Parameters
    ----------
    open_tax, close_tax : int
        Stamp duty on buys and on sells. Funds and bonds pay none on a venue with rules.
    open_commission, close_commission : int
        Commission on buys and on sells.
    min_commission : int, money steps
        Least commission of one order.
    historical : bool
        Stamp duty and transfer fee follow the dated rule book of the venue; the taxes above are then not used.
    rounding : {"each", "total"}
        Whether commission and stamp duty of a fill are each rounded to the money step, or their sum.
    transfer_fee : int
        Transfer fee on both sides; like the taxes, not used when `historical`.
    """

    open_tax: int
    close_tax: int
    open_commission: int
    close_commission: int
    min_commission: int
    historical: bool = False
    rounding: str = "each"
    transfer_fee: int = 0


@dataclass(frozen=True, slots=True)
class Slippage:
    """How far the fill price moves against the order.

    Parameters
    ----------
    kind : {"none", "fixed", "bps", "volume_share", "spread", "spread_rate"}
    size : float
        fixed: currency per share; bps: basis points of the price; volume_share: the price impact, as a fraction of
        the price, of taking a whole day's volume (grows with the square of the share taken); spread, spread_rate: what
        lies between a buy and a sell, currency per share or a fraction of the price, of which each side pays half.
    """

    kind: str = "none"
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Own:
    """A model of the user's own, as settings and log know it; the object itself is with the exchange.

    Parameters
    ----------
    name : str
    parameters : tuple of (str, str)
        What it was made with, as text, by name.
    """

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        held = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.name}({held})" if held else self.name


@dataclass(frozen=True, slots=True)
class ContractRates:
    """What a session charges and binds for contracts of one product, in the place of their table; None: as there.

    Parameters
    ----------
    product : str
    margin : float or None
        Part of the value that each side binds.
    open_fee, close_fee, close_today_fee : float or None, fraction of the value
    """

    product: str
    margin: float | None = None
    open_fee: float | None = None
    close_fee: float | None = None
    close_today_fee: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a session can set about execution; one frozen value, so that going back undoes a change.

    Parameters
    ----------
    costs : Costs or Own
    slippage : Slippage or Own
    participation : float or None
        Largest part of a bar's volume that all orders in one instrument may take together; None: no cap.
    clock : {"next_open", "same_bar", "counter", "told"} or Own
        Whether a request meets the market at the next open, inside the call (:mod:`qresearch.engine.immediate`), or
        soon after it (:mod:`qresearch.engine.counter`).
    slippage_by : tuple of (str, Slippage)
        Slippage of some instruments, which goes before the other: by symbol, or of "stock", "fund" or "money_fund";
        what stands later goes before what stands earlier.
    times_of_day : bool
        On the clock of the same bar and daily bars the phases stand for times that a script names: see
        :mod:`qresearch.engine.immediate`. A dialect sets it with the first such time.
    account : {"cash_shares", "futures", "margin", "margin_us"} or Own
        The kind of account: :mod:`qresearch.engine.accounts`.
    sizing : {"native", "floor"} or Own
        How shares are counted: :mod:`qresearch.engine.sizing_policy`.
    fill_model : {"a_share", "lean_equity"} or Own
        When and at what price orders with terms of their own fill: :mod:`qresearch.engine.fills`, or the rules of LEAN.
    reserve : {"limit", "last", "none"}
        Price at which resting buys reserve cash: their limit or stop, the last visible price, or not at all; with
        "none" resting sells hold no shares back either.
    cancel_latency : {"none", "next_match"}
        Whether cancels and updates take effect at once or at the next match, where a fill may come first.
    open_order_margin : bool
        After a fill, open orders that the account can no longer carry are ended.
    match_order : {"sells_first", "fifo"}
    shortfall : {"trim", "reject"}
        What happens to an order for more than the cash or the shares allow.
    rights : {"lapse", "subscribe"}
    delisting : {"last", "zero"}
        Price at which a recorded delisting closes a position. ``last`` flatters.
    dividend_tax : {"none", "holding_period"} or float
        A number is a flat rate withheld at payment.
    contract_rates : tuple of ContractRates
        Margin and fees of contracts by product, where they are not those of the table.
    """

    costs: Costs | Own
    slippage: Slippage | Own = Slippage()
    participation: float | None = None
    fill_model: str | Own = "a_share"
    reserve: str = "limit"
    cancel_latency: str = "none"
    open_order_margin: bool = False
    match_order: str = "sells_first"
    shortfall: str = "trim"
    rights: str = "lapse"
    delisting: str = "last"
    dividend_tax: str | float = "none"
    clock: str | Own = "next_open"
    sizing: str | Own = "native"
    account: str | Own = "cash_shares"
    slippage_by: tuple[tuple[str, Slippage], ...] = ()
    times_of_day: bool = False
    contract_rates: tuple[ContractRates, ...] = ()

    @property
    def rounds_total(self) -> bool:
        """True where only the sum of some fees of a fill is rounded."""
        return isinstance(self.costs, Costs) and self.costs.rounding == "total"

    @property
    def slips(self) -> bool:
        """True where fill prices move against orders."""
        return bool(self.slippage_by) or not isinstance(self.slippage, Slippage) or self.slippage.kind != "none"

    @property
    def keeps_tax_lots(self) -> bool:
        """True where dividends are taxed by holding period, so that each purchase is remembered by itself."""
        return self.dividend_tax == HOLDING_PERIOD
