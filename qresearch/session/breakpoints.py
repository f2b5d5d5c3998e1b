"""Breakpoints: where ``run`` stops."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from qresearch.book.history import AccountHistory
from qresearch.book.html import table
from qresearch.domain import events
from qresearch.domain.arguments import day_text, function, number, text
from qresearch.domain.calls import told_calls
from qresearch.domain.moment import CLOSE, PHASE_NUMBERS, PHASES, Moment, Phase
from qresearch.errors import OutOfRange, UsageError, choose, close_matches, did_you_mean, shown
from qresearch.sentences import ENGLISH, Said, Words
from qresearch.session.beside import Beside
from qresearch.session.expressions import label, measure
from qresearch.session.schedules import moment_at

if TYPE_CHECKING:
    from qresearch.session.port import AnySession
    from qresearch.session.simulation import Simulation


def _dotted(kind: type) -> str:
    """``OrderRejected`` as ``order.rejected``."""
    return re.sub(r"(?<!^)(?=[A-Z])", ".", kind.__name__, count=1).lower()


EVENTS: dict[str, type] = {
    **{_dotted(kind): kind for kind in events.Record.__args__},
    "fill": events.OrderFilled,
    "order": events.OrderCreated,
    "rejected": events.OrderRejected,
    "trimmed": events.OrderTrimmed,
    "expired": events.OrderExpired,
}
"""Events on which one can stop: the names in ``session.events`` with a dot, and some short ones."""

del EVENTS["advanced"]

LEVELS: dict[str, Callable[[AnySession], float]] = {
    "equity": lambda session: session.portfolio.equity,
    "cash": lambda session: session.portfolio.cash,
    "profit": lambda session: session.portfolio.profit,
}
"""Levels of the account on which one can stop, with ``above=`` or ``below=``; also "drawdown" and "position"."""

_KINDS = ("drawdown", "position", *LEVELS)


@dataclass(eq=False)
class Breakpoint:
    """One condition on which ``run`` stops.

    Parameters
    ----------
    number : int
    name : str
    text : str
        What it stops on, in words.
    kind : {"event", "state", "date"}
    event : type or None
        Class of the event.
    instrument : int or None
        Instrument of the event.
    holds : callable or None
        Of the session: True while the condition on the state holds.
    begin : callable or None
        Of the session: called before a run, for a condition that looks back.
    moment : Moment or None
        Day and phase of a date.
    when : callable or None
        Of the session: it stops only where this is true too.
    account : str or None
        The account of the event; None: any of them.
    enabled : bool
    hits : int
        How often a run has stopped here.
    words : Words
        The language in which it shows itself.
    """

    number: int
    name: str
    text: str
    kind: str
    event: type | None = None
    instrument: int | None = None
    holds: Callable[[AnySession], Any] | None = None
    begin: Callable[[AnySession], None] | None = None
    moment: Moment | None = None
    when: Callable[[AnySession], Any] | None = None
    account: str | None = None
    enabled: bool = True
    hits: int = 0
    words: Words = ENGLISH

    def __repr__(self) -> str:
        state = "" if self.enabled else self.words("disabled")
        return self.words(
            "breakpoint_is", number=self.number, name=self.name, text=self.text, state=state, hits=self.hits
        )


@told_calls
class Breakpoints:
    """The breakpoints of a session.

    Examples
    --------
    >>> import qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> session.breakpoints.add("fill", symbol="604018")
    <Breakpoint 1 'fill': fill of 604018.SH; 0 hits>
    >>> _ = session.buy("604018", 1000)
    >>> session.run(progress=False).message
    'Stopped at 2022-03-01 OPEN (trading day 1 of 449): breakpoint 1, fill of 604018.SH: order 1 filled 1,000 at 9.52.'
    """

    def __init__(self, session: AnySession) -> None:
        self._session = session
        self._points: dict[int, Breakpoint] = {}
        self._count = 0

    def add(
        self,
        what: object,
        *,
        symbol: str | None = None,
        above: float | None = None,
        below: float | None = None,
        phase: str | None = None,
        when: str | Callable[[AnySession], Any] | None = None,
        name: str | None = None,
        account: str | None = None,
    ) -> Breakpoint:
        """Stop a run where something happens.

        Parameters
        ----------
        what : str, date or callable
            An event such as "order.rejected", "fill" or "dividend.paid"; a level: "drawdown" (fraction from the
            highest close), "position" (shares), "equity", "cash" or "profit" (currency); a date; an expression such as
            ``"positions['600519'].profit < -1000"``; or a function of the session.
        symbol : str, optional
            Only events of this instrument; the instrument of "position".
        above, below : float, optional
            Bounds of a level. A condition on the state stops when it becomes true, and again only after it was false.
        phase : str, optional
            Of a date: where on that day to stop. Default "CLOSE", on minute data the bar of a time given with the date.
        when : str or callable, optional
            Stop only where this expression or function of the session is true too.
        name : str, optional
            For ``run(until=name)``. Default: what was asked for, with a number if it is taken.
        account : str, optional
            Of several accounts the one whose events, level or state it is about. Default: events of any of them, and
            the level or state of the first one.

        Returns
        -------
        Breakpoint

        Raises
        ------
        UsageError
            Not an event, level, date or expression, or no account; the message names close matches.
        """
        bounds = {word: bound for word, bound in (("above", above), ("below", below)) if bound is not None}
        for word, bound in bounds.items():
            number(f"breakpoints.add: {word}", bound, 0.1)
        words, made = self._session.words, self._made(what, symbol, bounds, phase)
        made.words = words
        if account is not None:
            self._bind(made, account)
        if name is not None:
            text("breakpoints.add: name", name, "stop")
        made.name = self._free(name or made.name, given=name is not None)
        if when is not None:
            made.when = measure(when)
            made.text = words("only_when", what=made.text, when=label(when))
        self._count += 1
        made.number = self._count
        self._points[made.number] = made
        return made

    def _bind(self, made: Breakpoint, account: str) -> None:
        """Make a breakpoint one of a single account, which is there."""
        accounts = self._session.account.all
        lead, name = accounts.names[0], text("breakpoints.add: account", account, "futures")
        accounts[name]  # one that is not there is told
        if made.kind == "date":
            raise UsageError(
                f"breakpoints.add: account={shown(account)} belongs to an event or a state; all accounts stand at "
                "one date. Leave it out."
            )
        made.account, made.text = name, self._session.words("in_account", account=name, event=made.text)
        holds, begin = made.holds, made.begin
        if name == lead or holds is None:
            return
        made.holds = lambda session: holds(session.account.all[name])
        if begin is not None:
            made.begin = lambda session: begin(session.account.all[name])

    def _free(self, name: str, *, given: bool) -> str:
        taken = {point.name for point in self._points.values()}
        if name not in taken:
            return name
        if given:
            raise UsageError(f"breakpoints.add: name={name!r} is taken. Choose another, or remove that one first.")
        return f"{name} {self._count + 1}"

    def _made(self, what: object, symbol: str | None, bounds: dict[str, float], phase: str | None) -> Breakpoint:
        market = self._session.market
        instrument = None if symbol is None else market.column(symbol)
        named = "" if instrument is None else market.symbols[instrument]
        if isinstance(what, str) and what in _KINDS:
            return self._level(what, named, bounds.get("above"), bounds.get("below"))
        for word, bound in bounds.items():
            raise UsageError(
                f"breakpoints.add: {word}={shown(bound)} is the bound of a level, and {shown(what)} is none. "
                f"Leave it out, or pass one of {', '.join(_KINDS)}."
            )
        if isinstance(what, str) and what in EVENTS:
            if phase is not None:
                raise UsageError(
                    f"breakpoints.add: phase={shown(phase)} belongs to a date; {what!r} stops where it happens. "
                    "Leave it out."
                )
            told = self._session.words("of_symbol", what=what, symbol=named) if named else what
            return Breakpoint(0, what, told, "event", event=EVENTS[what], instrument=instrument)
        if callable(what):
            holds = function("breakpoints.add: what", what, "the session")
            return Breakpoint(0, label(holds), label(holds), "state", holds=holds)
        return self._date_or_expression(what, phase)

    def _level(self, what: str, symbol: str, above: float | None, below: float | None) -> Breakpoint:
        if above is None and below is None:
            raise UsageError(f"breakpoints.add({what!r}) needs a bound. Pass above= or below=.")
        if what == "position" and not symbol:
            raise UsageError("breakpoints.add('position') needs an instrument. Pass symbol=.")
        value: Callable[[AnySession], float]
        drawdown = _Drawdown()
        if what == "drawdown":
            value = drawdown
        elif what == "position":

            def value(session: AnySession) -> float:
                return session.portfolio.quantities.get(symbol, 0)

        else:
            value = LEVELS[what]
        words, bounds = self._session.words, {"goes_above": above, "goes_below": below}
        told = words("or").join(
            words(key, bound=f"{bound:,.10g}") for key, bound in bounds.items() if bound is not None
        )
        told = f"{words('of_symbol', what=what, symbol=symbol) if symbol else what} {told}"

        def holds(session: AnySession) -> bool:
            now = value(session)
            return (above is not None and now > above) or (below is not None and now < below)

        begin = drawdown.begin if what == "drawdown" else None
        return Breakpoint(0, what, told, "state", holds=holds, begin=begin)

    def _date_or_expression(self, what: object, phase: str | None) -> Breakpoint:
        session = self._session
        try:
            day = session.market.panel.day_index(what, side="next")
        except OutOfRange:
            if re.fullmatch(r"[\d\-/ :.]+", what) if isinstance(what, str) else day_text(what) is not None:
                raise
            if not isinstance(what, str) or re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", what):
                near = did_you_mean(close_matches(what, [*EVENTS, *_KINDS])) if isinstance(what, str) else ""
                raise UsageError(
                    f"breakpoints.add: {shown(what)} is no event, level, date or function. {near}Pass one of the "
                    f"events {', '.join(sorted(EVENTS))}, one of the levels {', '.join(_KINDS)}, or a date."
                ) from None
            return Breakpoint(0, what, what, "state", holds=measure(what))
        inside = moment_at(what, session.simulation.exchange) if phase is None else None
        if inside is not None:
            return Breakpoint(0, str(what), str(what), "date", moment=inside)
        wanted = choose("phase", phase or "CLOSE", [*PHASES])
        name = str(session.market.days[day])
        return Breakpoint(0, name, f"{name} {wanted}", "date", moment=Moment(day, PHASE_NUMBERS[Phase(wanted)]))

    # ------------------------------------------------------------------ handling

    def find(self, which: object) -> Breakpoint:
        """A breakpoint by its number, its name or itself.

        Raises
        ------
        UsageError
            There is none; the message names those there are.
        """
        if isinstance(which, (str, int, Breakpoint)) and not isinstance(which, bool):
            for point in self._points.values():
                if which is point or which in {point.number, point.name}:
                    return point
        names = ", ".join(f"{point.number} ({point.name})" for point in self._points.values()) or "none yet"
        raise UsageError(f"No breakpoint {shown(which)}. There are: {names}.")

    def enable(self, which: object) -> None:
        """Let a breakpoint stop runs again."""
        self.find(which).enabled = True

    def disable(self, which: object) -> None:
        """Keep a breakpoint, but pass it by."""
        self.find(which).enabled = False

    def remove(self, which: object) -> None:
        """Forget a breakpoint."""
        del self._points[self.find(which).number]

    def clear(self) -> None:
        """Forget all breakpoints."""
        self._points.clear()

    def __iter__(self) -> Iterator[Breakpoint]:
        return iter(self._points.values())

    def __len__(self) -> int:
        return len(self._points)

    def __getitem__(self, which: object) -> Breakpoint:
        return self.find(which)

    @property
    def list(self) -> pd.DataFrame:
        """All breakpoints, one row each: `name`, what it stops on (`stops_on`), `enabled`, `hits`."""
        rows = [(point.name, point.text, point.enabled, point.hits) for point in self]
        index = pd.Index([point.number for point in self], name="number", dtype="int64")
        return pd.DataFrame(rows, columns=["name", "stops_on", "enabled", "hits"], index=index)

    def __repr__(self) -> str:
        lines = [f"  {point!r}" for point in self]
        return "\n".join([self._session.words("breakpoints_are", count=len(self)), *lines])

    def _repr_html_(self) -> str:
        words = self._session.words
        rows = [
            (
                str(point.number),
                escape(point.name),
                escape(point.text),
                words("yes" if point.enabled else "no"),
                str(point.hits),
            )
            for point in self
        ]
        names = [words(key) for key in ("name", "stops_on", "enabled")]
        return table((f"{words('number')}>", *names, f"{words('hits')}>"), rows)

    # ------------------------------------------------------------------ for a run

    @property
    def names(self) -> set[str]:
        """Names of all breakpoints, for ``run(until=name)``."""
        return {point.name for point in self}

    def only(self, event: str) -> Breakpoint:
        """A breakpoint on an event for one run."""
        return Breakpoint(0, event, event, "event", event=EVENTS[event])

    def arm(self, *extra: Breakpoint) -> Armed | None:
        """What a run checks at every phase, with some for this run alone; None when there is nothing to check."""
        points = [point for point in self if point.enabled or point in extra]
        points += [point for point in extra if point not in points]
        return Armed(self._session, points) if points else None


class Armed:
    """The breakpoints of one run, with what already holds when it begins."""

    def __init__(self, session: AnySession, points: list[Breakpoint]) -> None:
        self._session = session
        self._events = [point for point in points if point.kind == "event"]
        self._dates = [point for point in points if point.kind == "date"]
        self._states = [point for point in points if point.kind == "state"]
        for point in self._states:
            if point.begin is not None:
                point.begin(session)
        self._held = {id(point): self._true(point) for point in self._states}
        self._from = self._moment()
        self._beside = Beside(session)
        self._seen = 0
        self.reasons: tuple[Said | str, ...] = ()
        """Why the run stopped."""

    def begin(self) -> None:
        """Before the events of another step."""
        self._seen = 0
        if self._events:
            self._beside.begin()

    def _moment(self) -> Moment:
        return self._session.simulation.account.at

    def _true(self, point: Breakpoint) -> bool:
        return bool(point.holds is not None and point.holds(self._session))

    def check(self, log: list[events.Event]) -> bool:
        """See whether some new events, or where they led, hit a breakpoint.

        Parameters
        ----------
        log : list of Event
            Of the step so far.

        Returns
        -------
        bool
            True: stop, :attr:`reasons` says why.
        """
        new = log[self._seen :]
        self._seen = len(log)
        simulation = self._session.simulation
        reasons = [*self._event_reasons(simulation.exchange.account.name, simulation, new)]
        if self._events:
            for name, other, fresh in self._beside.news():
                reasons += self._event_reasons(name, other, fresh)
        reasons += [*self._date_reasons(), *self._state_reasons()]
        self._from = self._moment()
        if reasons:
            self.reasons = tuple(reasons)
        return bool(reasons)

    def peek(self, log: list[events.Event]) -> bool:
        """True when the request just placed hits a breakpoint; nothing is counted."""
        last, simulation = list(events.records(iter(log[-1:])))[-2:], self._session.simulation
        name = simulation.exchange.account.name
        return any(
            isinstance(event, point.event or ()) and self._is_of(name, simulation, event, point)
            for event in last
            for point in self._events
        )

    def _event_reasons(self, name: str, simulation: Simulation, log: list[events.Event]) -> Iterator[Said | str]:
        if not self._events or not log:
            return
        for event in events.records(iter(log)):
            for point in self._events:
                is_met = isinstance(event, point.event or ()) and self._is_of(name, simulation, event, point)
                if is_met and self._when(point):
                    told = self._tell(simulation, event)
                    if simulation is not self._session.simulation and point.account is None:
                        told = Said("in_account", account=name, event=told)
                    yield self._hit(point, Said("met_by", what=point.text, event=told))
                    return

    def _is_of(self, name: str, simulation: Simulation, event: events.Record, point: Breakpoint) -> bool:
        if point.account not in {None, name}:
            return False
        return point.instrument is None or self._instrument(simulation, event) == point.instrument

    def _instrument(self, simulation: Simulation, event: events.Record) -> int | None:
        instrument: int | None = getattr(event, "instrument", None)
        order_id = getattr(event, "order_id", None)
        if instrument is None and order_id is not None:
            record = simulation.order(simulation.timeline.branch, order_id)
            return None if record is None else record.instrument
        return instrument

    def _tell(self, simulation: Simulation, event: events.Record) -> Said | str:
        order_id, instrument = getattr(event, "order_id", None), self._instrument(simulation, event)
        item = None if instrument is None else self._session.market.instruments[instrument]
        symbol = "" if item is None else item.symbol
        if isinstance(event, events.OrderFilled):
            shares = f"{abs(event.quantity):,}"
            return Said("order_filled", order=order_id, shares=shares, price=f"{event.price:,.10g}").of(item)
        subject = symbol if order_id is None else Said("order_of", order=order_id, symbol=symbol)
        reason = getattr(event, "reason", None)
        if reason is None:
            return subject or type(event).__name__
        told = Said(reason, **getattr(event, "facts", {})).of(item)
        return Said("reason_of", subject=subject, code=reason.value, sentence=told)

    def _date_reasons(self) -> Iterator[Said | str]:
        now = self._moment()
        for point in self._dates:
            if point.moment is not None and self._from < point.moment <= now and self._when(point):
                yield self._hit(point, point.text)

    def _state_reasons(self) -> Iterator[Said | str]:
        for point in self._states:
            holds = self._true(point)
            before, self._held[id(point)] = self._held[id(point)], holds
            if holds and not before and self._when(point):
                yield self._hit(point, point.text)

    def _when(self, point: Breakpoint) -> bool:
        return point.when is None or bool(point.when(self._session))

    def _hit(self, point: Breakpoint, what: Said | str) -> Said | str:
        point.hits += 1
        return Said("breakpoint_hit", number=point.number, what=what) if point.number else what


class _Drawdown:
    """Fraction of the equity lost since the highest close; between two closes that of the last one."""

    def __init__(self) -> None:
        self._peak = self._last = 0.0

    def begin(self, session: AnySession) -> None:
        """Look at the closes so far, before a run."""
        history = AccountHistory.of(session.simulation)
        closes = history.equity / history.scales
        self._peak = max([session.portfolio.starting_equity, *closes.tolist()])
        self._last = 1 - closes[-1] / self._peak if len(closes) and self._peak > 0 else 0.0

    def __call__(self, session: AnySession) -> float:
        if (
            session.simulation.account.phase >= CLOSE
            and session.simulation.account.day >= session.simulation.exchange.first
        ):
            now = session.portfolio.equity / session.simulation.account.ledger.scale
            self._peak = max(self._peak, now)
            self._last = 1 - now / self._peak if self._peak > 0 else 0.0
        return self._last
