"""The Trading API: how orders are asked for, on a session and on the context of a strategy.

Orders are requests: on the native clock they only queue while a callback runs (or when placed by hand) and are all
matched at the next trading day's open. With ``Session(clock="same_bar")`` a request of trading hours meets the market
inside the call.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from qresearch.domain.arguments import MOST, number
from qresearch.domain.calls import wrong_call
from qresearch.domain.order import Method
from qresearch.errors import UsageError, shown

if TYPE_CHECKING:
    from qresearch.session.ticket import Ticket

# Plain integers: an attribute of an enumeration costs more than the rest of the call.
_ORDER, _VALUE, _TARGET, _TARGET_VALUE, _LOTS, _PCT = (int(method) for method in Method)

F = TypeVar("F", bound=Callable[..., object])
_LEFT_OUT: Any = object()
_MOST = int(MOST)


def asks(method: int, side: int = 0) -> Callable[[F], F]:
    """Make an order function of its signature and docstring.

    Python refuses a call that it cannot bind before any line of the function runs; so the real function takes
    whatever comes, at once where all is as declared, and tells the rest. A wrapper would cost every order three times
    as much.

    Parameters
    ----------
    method : Method
    side : {0, 1, -1}
        1 and -1: the number must be positive, and is bought or sold.
    """

    def of(declared: F) -> F:
        asked_name = list(inspect.signature(declared).parameters)[2]
        label = f"{declared.__name__}: {asked_name}"

        @functools.wraps(declared)
        def call(
            self: TradingApi,
            security: Any = _LEFT_OUT,
            asked: Any = _LEFT_OUT,
            style: object = None,
            *surplus: object,
            **named: Any,
        ) -> Ticket | None:
            if named or surplus or asked is _LEFT_OUT:
                raise _unbound(declared, (security, asked, style, *surplus), named)
            if type(asked) is not int or not -_MOST <= asked <= _MOST:
                asked = number(label, asked)
            if side:
                if asked <= 0:
                    raise UsageError(
                        f"{label}={shown(asked)} must be positive. Write one such as 100, or use the other call of "
                        "buy and sell."
                    )
                asked *= side
            try:
                return self._place(security, method, asked, style)
            except TypeError:
                if isinstance(security, str):
                    raise
            raise UsageError(
                f"{declared.__name__}: security={shown(security)} is a {type(security).__name__}, not a symbol. "
                "Write one symbol such as '600519.SH', and order several one by one."
            )

        # The number goes by its declared name, amount or value or lots: so it binds as fast by name as by place.
        made = cast("Any", call)
        code = made.__code__
        names = tuple(asked_name if name == "asked" else name for name in code.co_varnames)
        made.__code__ = code.replace(co_varnames=names)
        made.__told__ = True
        return cast("F", call)

    return of


def _unbound(declared: Callable[..., object], given: tuple[Any, ...], named: dict[str, Any]) -> UsageError:
    """What is wrong with a call of an order function that left out, added or misspelt something."""
    is_long = len(given) > len(("security", "asked", "style"))
    by_place = [value for value in given if is_long or (value is not _LEFT_OUT and value is not None)]
    return wrong_call(declared, [None, *by_place], named)


class TradingApi:
    """The order functions of the Trading API, and ``buy`` and ``sell``.

    Each hands its request to ``_place``, which the session provides.
    """

    __slots__ = ()

    _place: Callable[[str, int, float, object], Ticket | None]

    @asks(_ORDER)
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
        raise NotImplementedError  # done by the decorator

    @asks(_VALUE)
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
        raise NotImplementedError  # done by the decorator

    @asks(_TARGET)
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
        raise NotImplementedError  # done by the decorator

    @asks(_TARGET_VALUE)
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
        raise NotImplementedError  # done by the decorator

    @asks(_LOTS)
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
        raise NotImplementedError  # done by the decorator

    @asks(_PCT)
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
        raise NotImplementedError  # done by the decorator

    @asks(_ORDER, 1)
    def buy(self, security: str, quantity: int, style: object = None) -> Ticket | None:
        """Buy a number of shares: ``order(security, quantity, style)``."""
        raise NotImplementedError  # done by the decorator

    @asks(_ORDER, -1)
    def sell(self, security: str, quantity: int, style: object = None) -> Ticket | None:
        """Sell a number of shares: ``order(security, -quantity, style)``."""
        raise NotImplementedError  # done by the decorator
