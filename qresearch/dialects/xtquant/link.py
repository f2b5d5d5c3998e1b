"""The link of one trader to its desk: connected or not, numbered requests, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qresearch.dialects.xtquant import xtconstant as xt
from qresearch.dialects.xtquant.callbacks import XtQuantTraderCallback
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.xttype import XtAccountStatus
from qresearch.errors import UsageError


class Link:
    """What a trader holds of a session.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.callback: Any = None
        self.is_connected = self.is_subscribed = self.is_relaxed = self.is_stopped = False
        self._requests = 0

    def number(self) -> int:
        """The number of a request; they are counted from 1."""
        self._requests += 1
        return self._requests

    def serves(self, account: object, name: str) -> bool:
        """True where a call about an account can be answered; otherwise a notice says why not."""
        if not self.is_connected:
            self.desk.host.tell(
                f"{name} was called without a connection: start() and connect() come first.", "adjusted"
            )
            return False
        return self.desk.knows(account)

    def begin(self, name: str, *, sends: bool = False) -> None:
        """The time of a call, and what a real client would make of it where it stands.

        Parameters
        ----------
        name : str
        sends : bool
            True for an order or a cancel that waits for its answer: no option helps it inside a callback.

        Raises
        ------
        UsageError
            Inside a callback under strict=True: the real client hangs there.
        """
        clock = self.desk.clock
        if clock.is_in_callback and (sends or not self.is_relaxed):
            remedy = (
                f"call {name}_async" if sends
                else f"call {name}_async, or set_relaxed_response_order_enabled(True) first"
            )  # fmt: skip
            words = f"{name} inside a callback hangs a real client for ever: {remedy}."
            if clock.strict:
                raise UsageError(words)
            self.desk.host.tell(f"{words} It was answered here.", "approximated")
        clock.pay()

    # ------------------------------------------------------------------ telling

    def subscribe(self) -> None:
        """Be told of what happens, and of the account at once."""
        if not self.is_subscribed:
            self.is_subscribed = True
            self.desk.listeners.append(self)
        account = self.desk.account
        self.post("on_account_status", XtAccountStatus(account.account_type, account.account_id, xt.ACCOUNT_STATUS_OK))

    def unsubscribe(self) -> None:
        """Be told nothing more."""
        if self.is_subscribed:
            self.is_subscribed = False
            self.desk.listeners.remove(self)

    def lose(self) -> None:
        """Lose the connection, and be told so."""
        if self.is_connected:
            self.is_connected = False
            self.unsubscribe()
            self.post("on_disconnected")

    def post(self, name: str, *what: Any) -> None:
        """Have one's own callback told."""
        self.desk.clock.post(lambda: self.tell(name, *what))

    def answer(self, callback: Callable[[Any], object], asked: Callable[[], Any]) -> int:
        """Have a function told the answer to a question; the number of the request."""
        self.desk.clock.post(lambda: self.desk.guard(partial(callback, asked()), "a callback of a query"))
        return self.number()

    def tell(self, name: str, *what: Any) -> None:
        """Call a method of the callback; one that it has not, or only inherits, is nothing."""
        self.desk.called.add(name)
        method = getattr(self.callback, name, None)
        inherited = vars(XtQuantTraderCallback).get(name)
        if callable(method) and (inherited is None or getattr(method, "__func__", None) is not inherited):
            self.desk.guard(partial(method, *what), name)
