"""The Trading API: how orders are asked for, on a session and on the context of a strategy.

Orders are requests: on the native clock they only queue while a callback runs (or when placed by hand) and are all
matched at the next trading day's open. With ``Session(clock="same_bar")`` a request of trading hours meets the market
inside the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qresearch.domain.arguments import number
from qresearch.domain.order import Method
from qresearch.errors import UsageError, shown
from qresearch.session.ticket import Ticket

# Plain integers: an attribute of an enumeration costs more than the rest of the call.
_ORDER, _VALUE, _TARGET, _TARGET_VALUE, _LOTS, _PCT = (int(method) for method in Method)


class TradingApi:
    """The order functions of the Trading API, and ``buy`` and ``sell``.

    Parameters
    ----------
    place : callable
        Takes the request of each: symbol, method, number and terms.
    place_batch : callable
        Takes shares by symbol.
    """

    __slots__ = ("_place", "_place_batch")

    _place: Callable[[str, int, float, object], Ticket | None]
    _place_batch: Callable[[Mapping[str, float]], Sequence[Ticket | None]]

    def __init__(
        self,
        place: Callable[[str, int, float, object], Ticket | None],
        place_batch: Callable[[Mapping[str, float]], Sequence[Ticket | None]],
    ) -> None:
        # Past the context's own way of taking attributes, which are what a strategy remembers.
        object.__setattr__(self, "_place", place)
        object.__setattr__(self, "_place_batch", place_batch)

    def order(self, security: str, amount: int, style: object = None) -> Ticket | None:
        """Order a number of shares.

        Parameters
        ----------
        security : str
            Symbol in any spelling: ``601390``, ``601390.SH``, ``601390.XSHG``, ``SH601390``.
        amount : int, shares
            Positive to buy, negative to sell. A buy is rounded to the nearest lot of 100 (a tie goes down); a sale is
            rounded down to whole lots unless it takes the odd remainder along. STAR (at least 200) and Beijing (at
            least 100) trade single shares above their minimum.
        style : None, "market" or Terms
            Type, prices and time in force, from :mod:`qresearch.domain.terms`; default: a market order.

        Returns
        -------
        Ticket or None
            None inside a strategy when the order was refused; the order is kept all the same, with its reason.

        Raises
        ------
        UnknownSymbol
            No such instrument; the message names close matches.
        UsageError
            `amount` is no whole number.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> session.order("604018", 1040)
        <Ticket 1: buy 1,000 604018.SH, QUEUED>
        """
        return self._place(security, _ORDER, amount, style)

    def order_value(self, security: str, value: float, style: object = None) -> Ticket | None:
        """Order shares worth an amount of money, at the last visible price, rounded down to whole lots.

        Parameters
        ----------
        security : str
        value : float, currency
            Positive to buy, negative to sell. Fees come on top. If the open gaps up, the order is trimmed so that it
            stays within `value`.
        style : None, "market" or Terms

        Returns
        -------
        Ticket or None
        """
        return self._place(security, _VALUE, value, style)

    def order_target(self, security: str, amount: int, style: object = None) -> Ticket | None:
        """Order what brings the position to a number of shares; what is queued or working already counts.

        Parameters
        ----------
        security : str
        amount : int, shares
            Rounded down to whole lots; 0 sells everything, odd lot included.
        style : None, "market" or Terms

        Returns
        -------
        Ticket or None
        """
        return self._place(security, _TARGET, amount, style)

    def order_target_value(self, security: str, value: float, style: object = None) -> Ticket | None:
        """Order what brings the position to a value, at the last visible price; what is queued or working counts.

        Parameters
        ----------
        security : str
        value : float, currency
            Never exceeded, also when the open gaps up; 0 sells everything.
        style : None, "market" or Terms

        Returns
        -------
        Ticket or None
        """
        return self._place(security, _TARGET_VALUE, value, style)

    def order_lots(self, security: str, lots: int, style: object = None) -> Ticket | None:
        """Order a number of lots (100 shares each on a venue with rules, 1 elsewhere).

        Parameters
        ----------
        security : str
        lots : int
            Positive to buy, negative to sell.
        style : None, "market" or Terms

        Returns
        -------
        Ticket or None
        """
        return self._place(security, _LOTS, lots, style)

    def order_pct(self, security: str, pct: float, style: object = None) -> Ticket | None:
        """Buy with a fraction of the cash there is now, or sell a fraction of the position.

        Parameters
        ----------
        security : str
        pct : float
            0.5 buys with half of the cash; -0.3 sells 30 % of the shares held.
        style : None, "market" or Terms

        Returns
        -------
        Ticket or None
        """
        return self._place(security, _PCT, pct, style)

    def order_batch(self, amounts: Mapping[str, int]) -> Sequence[Ticket | None]:
        """Order shares of many instruments in a row: the same as :meth:`order` of each, and faster.

        Parameters
        ----------
        amounts : mapping or Series of symbol to int, shares
            Positive to buy, negative to sell; placed in its order, each a market order.

        Returns
        -------
        sequence of Ticket or None
            One for each, in the same order; None inside a strategy where an order was refused.

        Raises
        ------
        UnknownSymbol, UsageError
            As of :meth:`order`, for any of them: nothing is placed then.

        Examples
        --------
        >>> import qresearch as qr
        >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
        >>> session.order_batch({"604018": 1000, "004102": 200})
        [<Ticket 1: buy 1,000 604018.SH, QUEUED>, <Ticket 2: buy 200 004102.SZ, QUEUED>]
        """
        return self._place_batch(amounts)

    def buy(self, security: str, quantity: int, style: object = None) -> Ticket | None:
        """Buy a number of shares: ``order(security, quantity, style)``."""
        if type(quantity) is not int or quantity <= 0:
            quantity = _positive("buy", quantity)
        return self._place(security, _ORDER, quantity, style)

    def sell(self, security: str, quantity: int, style: object = None) -> Ticket | None:
        """Sell a number of shares: ``order(security, -quantity, style)``."""
        if type(quantity) is not int or quantity <= 0:
            quantity = _positive("sell", quantity)
        return self._place(security, _ORDER, -quantity, style)


def _positive(call: str, quantity: object) -> int:
    """The shares of a call that trades one way; a fraction is refused with the order."""
    found = number(f"{call}: quantity", quantity, 100)
    if found <= 0:
        raise UsageError(
            f"{call}: quantity={shown(quantity)} must be positive. Write one such as 100, or use the other call of "
            "buy and sell."
        )
    return found  # type: ignore[return-value]  # checked where all orders are sized
