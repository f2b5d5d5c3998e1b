"""A trader in a notebook: the cells are the script, and the session moves when it is stepped.

What happened is told when the cell has run, before the next call of a trader, and after each phase of a step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from qresearch.dialects.script.host import ScriptHost
from qresearch.dialects.xtquant.desk import Desk
from qresearch.dialects.xtquant.play import Place
from qresearch.dialects.xtquant.quotes import Quotes
from qresearch.dialects.xtquant.virtual_time import moment_of, stamp_of
from qresearch.domain.commands import Meet
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, OPEN, PRE_OPEN
from qresearch.errors import OutOfRange
from qresearch.market.view import View
from qresearch.session.strategy import Hooks

if TYPE_CHECKING:
    from qresearch.session.port import AnySession
    from qresearch.session.strategy import Hosting


class ByHand:
    """The clock of a desk that a person uses.

    Parameters
    ----------
    session : AnySession
    strict : bool
    """

    is_shut = False

    def __init__(self, session: AnySession, *, strict: bool) -> None:
        self.session, self.strict = session, strict
        self._news: deque[tuple[Place, Callable[[], object]]] = deque()
        self._is_telling = False
        self._meeting: Place | None = None
        """Where something was sent that has not met the market yet."""
        self.desk: Desk | None = None
        self.quotes: Quotes | None = None

    def load(self, hosting: Hosting) -> Hooks:
        """The callbacks as a strategy of the session; called by it."""
        host = ScriptHost(hosting)
        self.desk = Desk(host, self, {})
        self.quotes = Quotes(self.desk)
        phases: dict[int, Callable[[], object]] = dict.fromkeys(
            (PRE_OPEN, OPEN, INTRADAY, CLOSE, AFTER_CLOSE), partial(self._at, self.desk, self.quotes)
        )
        return Hooks("xtquant by hand", {}, [], self, phases)

    def close(self) -> None:
        """End it."""
        if self.desk is not None:
            self.desk.close()
            self.desk.listeners.clear()

    def _at(self, desk: Desk, quotes: Quotes) -> None:
        desk.called.clear()
        desk.flush()
        quotes.tell()
        desk.host.call_around("a callback of xtquant", self.settle, moment_of(self.now).time())

    def settle(self) -> None:
        """Let what was sent meet the market, and tell what has happened."""
        desk = self.desk
        if desk is None or self._is_telling:
            return
        self._is_telling = True
        try:
            while True:
                meeting, self._meeting = self._meeting, None
                if meeting is not None and self._follows(meeting):
                    desk.host.do(Meet())
                desk.flush()
                if not self._news:
                    break
                place, news = self._news.popleft()
                if self._follows(place):
                    news()
        finally:
            self._is_telling = False

    def _here(self) -> Place:
        assert self.desk is not None  # whoever asks has one
        return Place(*self.desk.host.place_in_time[:2])

    def _follows(self, place: Place) -> bool:
        """False where the session has gone back before a place, or to another branch: nothing is told of it there."""
        here = self._here()
        return here.branch is place.branch and here.stop >= place.stop

    # ------------------------------------------------------------------ as the clock of a desk

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        assert self.desk is not None  # whoever asks has one
        host = self.desk.host
        return stamp_of(host.time_of(*host.account.at))

    @property
    def view(self) -> View:
        """What is known of the market now."""
        assert self.desk is not None  # as above
        return self.desk.host.view

    @property
    def is_in_callback(self) -> bool:
        """True while something is told."""
        return self._is_telling

    def post(self, news: Callable[[], object]) -> None:
        """Tell something when the call under way has returned."""
        self._news.append((self._here(), news))

    def sent(self) -> None:
        """An order was sent: on daily bars it meets the last price when its call has returned."""
        assert self.desk is not None  # as above
        host = self.desk.host
        if not host.exchange.bar_count(host.day) and OPEN <= host.phase < CLOSE:
            self._meeting = self._here()

    def pay(self) -> None:
        """A call begins: what was before it is over."""
        self.settle()

    def wait(self, until: Callable[[], bool]) -> None:
        """Step day by day until something holds or the data end."""
        self.settle()
        while not until():
            try:
                self.session.step()
            except OutOfRange:
                return

    def wake(self) -> None:
        """Nobody blocks."""

    def sleep(self, seconds: float) -> None:
        """No time passes in a notebook but by steps."""
        self.settle()
