"""Margin trading in a script of JoinQuant: the calls that borrow and give back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qresearch.dialects.joinquant.kinds import Kinds
from qresearch.dialects.joinquant.orders import Orders
from qresearch.dialects.script.refusals import answers
from qresearch.domain import terms
from qresearch.domain.arguments import number, whole
from qresearch.domain.commands import Act, Deed
from qresearch.domain.credit import CreditRates
from qresearch.errors import UsageError
from qresearch.market.credit import credit_on

if TYPE_CHECKING:
    from qresearch.dialects.joinquant.order import Order
    from qresearch.dialects.script.run import Run


class Margin:
    """The functions of a script that borrow and give back.

    Parameters
    ----------
    run : Run
    kinds : Kinds
    orders : Orders
    """

    def __init__(self, run: Run, kinds: Kinds, orders: Orders) -> None:
        self._run, self._kinds, self._orders = run, kinds, orders

    def _account(self, call: str, pindex: int) -> Run | None:
        """The script with a sub-account of margin trading; None, with a notice, for another one."""
        if self._kinds.type_of(pindex) == "stock_margin":
            return self._kinds.run_of(pindex)
        kind = self._kinds.type_of(pindex)
        self._run.host.tell(
            f"{call} with pindex={pindex!r}: this sub-account is of type {kind!r}; nothing was sent. Divide the cash "
            "with set_subportfolios([SubPortfolioConfig(cash, 'stock_margin')]).",
            "order",
        )
        return None

    def _ask(self, call: str, security: str, amount: Any, style: Any, pindex: int, sign: int, effect: Any) -> Any:
        run = self._account(call, pindex)
        column = None if run is None else self._orders.column_of(call, security)
        if run is None or column is None:
            return None
        shares = int(number(f"{call}: amount", amount))
        if shares <= 0:
            raise UsageError(f"{call}: amount={amount!r} must be above 0. Pass a number of shares such as 1000.")
        return self._orders.send_beside(run, column, sign * shares, style, effect)

    @answers(None)
    def margincash_open(self, security: str, amount: float, style: Any = None, pindex: int = 0) -> Order | None:
        """Buy shares with borrowed money."""
        return self._ask("margincash_open", security, amount, style, pindex, 1, terms.financed)  # type: ignore[no-any-return]

    @answers(None)
    def margincash_close(self, security: str, amount: float, style: Any = None, pindex: int = 0) -> Order | None:
        """Sell shares, and pay debts with what they bring."""
        return self._ask("margincash_close", security, amount, style, pindex, -1, terms.to_repay)  # type: ignore[no-any-return]

    @answers(None)
    def marginsec_open(self, security: str, amount: float, style: Any = None, pindex: int = 0) -> Order | None:
        """Sell borrowed shares; by the rules of the exchanges at a limit not below the last price."""
        return self._ask("marginsec_open", security, amount, style, pindex, -1, terms.short_sale)  # type: ignore[no-any-return]

    @answers(None)
    def marginsec_close(self, security: str, amount: float, style: Any = None, pindex: int = 0) -> Order | None:
        """Buy shares back and return them."""
        return self._ask("marginsec_close", security, amount, style, pindex, 1, terms.to_return)  # type: ignore[no-any-return]

    @answers(None, "Nothing was paid back.")
    def margincash_direct_refund(self, value: float, pindex: int = 0) -> None:
        """Pay borrowed money back out of own cash: the oldest contract first, interest before principal."""
        run = self._account("margincash_direct_refund", pindex)
        if run is not None:
            money = run.host.market.venue.money
            steps = money.money("margincash_direct_refund: value", float(number("value", value)))
            run.host.do(Act(Deed.REPAY, steps))

    @answers(None, "Nothing was given back.")
    def marginsec_direct_refund(self, security: str, amount: int, pindex: int = 0) -> None:
        """Give shares that are held back to whom they were borrowed from."""
        run = self._account("marginsec_direct_refund", pindex)
        column = None if run is None else self._orders.column_of("marginsec_direct_refund", security)
        if run is not None and column is not None:
            run.host.do(Act(Deed.GIVE_BACK, whole("marginsec_direct_refund: amount", amount, example=100), column))

    # ------------------------------------------------------------------ what may be borrowed

    def _targets(self, date: Any, what: str) -> list[str]:
        platform, market = self._run.platform, self._run.host.market
        today = self._run.host.day
        day = today if date is None else min(max(platform.count_until(date) - 1, 0), today)
        found = []
        for column, item in enumerate(market.instruments):
            rates: CreditRates | None = credit_on(market, column, day) if item.is_like_a_share else None
            if rates is not None and getattr(rates, what) is not None:
                found.append(platform.code(column))
        return found

    def get_margincash_stocks(self, date: Any = None) -> list[str]:
        """Codes that may be bought with borrowed money on a day, by default today: of the table of margin trading.

        Without a table every share and exchange-traded fund may, which flatters.
        """
        return self._targets(date, "financing")

    def get_marginsec_stocks(self, date: Any = None) -> list[str]:
        """Codes that may be borrowed and sold on a day; as above."""
        return self._targets(date, "lending")
