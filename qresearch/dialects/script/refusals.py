"""How a script of a dialect learns that an order cannot be: by the value that its platform returns, and a notice."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from qresearch.errors import NotSupported, UsageError

F = TypeVar("F", bound=Callable[..., Any])


def answers(failure: object, but: str = "Nothing was sent.") -> Callable[[F], F]:
    """Make an order function return a value, with a notice, where the session would raise for a wrong argument.

    Parameters
    ----------
    failure : object
        What the platform returns: None or False.
    but : str
        What has not happened, for the notice.
    """

    def of(function: F) -> F:
        @functools.wraps(function)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return function(self, *args, **kwargs)
            except NotSupported:
                raise  # a word that is not here at all: whoever wrote the script must know
            except UsageError as problem:
                self._run.host.tell(f"{problem} {but}", "order")
                return failure

        return call  # type: ignore[return-value]  # of the same signature

    return of
