"""A session as a plain Python program: what was done, by hand or by a strategy, as calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qresearch.domain import events
from qresearch.domain.arguments import expression
from qresearch.domain.commands import Cancel, ChangeSettings, Place, Update
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, INTRADAY, PHASES, Moment, Phase
from qresearch.domain.reasons import Reason
from qresearch.domain.settings import SAME_BAR, Settings
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.errors import UsageError, choose
from qresearch.files import NOTEBOOK, PROGRAM, write_text
from qresearch.session.commands import Done, commands_of, split_step
from qresearch.session.frames import time_of
from qresearch.session.orders import OrderBook

if TYPE_CHECKING:
    from qresearch.session.session import Session

_RATE = 10**9
Call = tuple[Moment, str]
"""A moment, and a call such as ``order('600519.SH', 100)``."""


def to_script(
    session: Session, path: str | Path | None = None, *, kind: str = "session", market: str | None = None
) -> str:
    """A program that does what a session did up to the cursor, and ends with the same digest.

    Orders of a strategy stand in it as calls at their moment, so that the strategy itself is not needed.

    Parameters
    ----------
    session : Session
    path : path, optional
        Write it here; a file that was written here before and not changed since is replaced.
    kind : {"session", "strategy"}
        A program that steps a session of its own, or a strategy script for ``qresearch run`` that gives the orders
        from its callbacks.
    market : str, optional
        A Python expression for the data, such as ``"qr.read_market('bars.csv')"``. Default: the path given on the
        command line, or the embedded market without one; the program checks the fingerprint.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        An option of the session that is no plain value; inside a callback; or a path where somebody else's file stands.

    Notes
    -----
    Three things that a session of another system's script or an order by hand may hold have no public call, because no
    strategy of this toolkit needs one; the program then calls ``_change`` (settings other than costs and slippage),
    ``_hold_from_start`` (shares bought before the first day at a price of their own) or, for the kind "strategy" on
    the clock of the same bar, ``_schedule`` (an order by hand at INTRADAY of daily bars).
    """
    session._refuse_inside_callback("to_script")
    choose("kind", kind, ("session", "strategy"))
    if market is not None:
        expression("market", market, "qr.read_market('bars.parquet')")
    text = _Script(session, market).session() if kind == "session" else _Script(session, market).strategy()
    if path is not None:
        write_text(path, text, PROGRAM, "to_script")
    return text


def to_notebook(session: Session, path: str | Path, *, market: str | None = None) -> Path:
    """The same program as a notebook, one cell per section; a file that somebody else wrote or changed is refused."""
    text = to_script(session, market=market)
    cells: list[dict[str, Any]] = []
    for number, part in enumerate(text.split("\n# %%\n")):
        source = part.strip("\n").splitlines(keepends=True)
        cells.append(
            {"cell_type": "code", "execution_count": None, "id": f"cell-{number}", "metadata": {}, "outputs": [],
             "source": source}
        )  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "qresearch": ""}
    book = {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": metadata}
    whole = json.dumps(book, indent=1, ensure_ascii=False) + "\n"
    return write_text(path, whole.removesuffix(NOTEBOOK.after), NOTEBOOK, "to_notebook")


class _Script:
    def __init__(self, session: Session, market: str | None) -> None:
        self._session, self._exchange = session, session._exchange
        self._market = market
        self._book = OrderBook()
        self._settings = session._timeline.branch.stops[0].settings
        self._uses_terms = False
        first = session._timeline.branch.log[0]
        self._settings = getattr(first, "settings", self._settings)

    # ------------------------------------------------------------------ what was done

    def _parts(self) -> Iterator[tuple[Moment, list[events.Event]]]:
        """Events between stops, each with the moment to which they lead; those of the opening are left out."""
        timeline = self._session._timeline
        branch = timeline.branch
        self._book.fold(_single(branch.log[:1]))
        opening = 1 + sum(isinstance(event, events.PositionSeeded) for event in branch.log[1 : self._opened()])
        place = opening
        for stop in range(timeline.stop + 1):
            state = branch.stops[stop]
            step, by_hand = split_step(branch.log[place : branch.counts[stop]])
            yield state.at, [*step, *by_hand]
            place = branch.counts[stop]

    def _opened(self) -> int:
        """Number of events that the constructor made."""
        positions = self._session._options.get("positions") or {}
        return 1 + len(positions)

    def _calls(self) -> Iterator[tuple[Moment, list[Call]]]:
        """The calls of each step and after it, with the moment of the stop."""
        for moment, log in self._parts():
            calls = []
            for event in log:
                for when, command in commands_of([event]):
                    text = self._call(command)
                    if text:
                        calls.append((when, text))
                self._book.fold(_single([event]))
            yield moment, calls

    def _call(self, command: Done) -> str:
        symbols = self._session.market.symbols
        match command:
            case Place(instrument=column, method=method, asked=asked, terms=terms):
                style = "" if terms is MARKET_DAY else f", style={self._terms(terms)}"
                return f"{method.call}({symbols[column]!r}, {asked!r}{style})"
            case Cancel(order_id=order_id) | events.CancelRefused(order_id=order_id):
                return f"cancel('{order_id}')"
            case Update():
                return self._update(command)
            case events.UpdateRefused(order_id=order_id, reason=reason, facts=facts):
                wanted = facts["asked"] if reason is Reason.BELOW_FILLED else 1
                return f"ticket('{order_id}').update(quantity={wanted})"
            case ChangeSettings(settings=settings):
                return self._change(settings)
            case events.PositionSeeded(instrument=column, quantity=quantity, cost=cost):
                price = self._exchange.money.amount(cost) / quantity
                return f"_hold_from_start({symbols[column]!r}, {quantity}, {price!r})"
            case events.Recorded() | events.Logged():
                return ""

    def _update(self, command: Update) -> str:
        record = self._book.orders[command.order_id]
        changes: dict[str, Any] = {"quantity": abs(command.quantity) + record.filled + record.canceled}
        for name in ("limit_price", "stop_price", "tag"):
            if getattr(command.terms, name) != getattr(record.terms, name):
                changes[name] = getattr(command.terms, name)
        words = ", ".join(f"{name}={value!r}" for name, value in changes.items())
        return f"ticket('{command.order_id}').update({words})"

    def _terms(self, terms: Terms) -> str:
        self._uses_terms = True
        words = []
        for item in fields(terms):
            value = getattr(terms, item.name)
            if value != item.default:
                name = f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else _literal(value)
                words.append(f"{item.name}={name}")
        return f"Terms({', '.join(words)})"

    def _change(self, settings: Settings) -> str:
        old, self._settings = self._settings, settings
        changed = [item.name for item in fields(settings) if getattr(old, item.name) != getattr(settings, item.name)]
        if changed == ["costs"]:
            costs, money = settings.costs, self._exchange.money
            rates = {
                name: getattr(costs, name) / _RATE
                for name in ("open_tax", "close_tax", "open_commission", "close_commission")
            }
            words = [f"{name}={rate!r}" for name, rate in rates.items()]
            words.append(f"min_commission={money.amount(costs.min_commission)!r}")
            if costs.rounding != "each":
                words.append(f"rounding={costs.rounding!r}")
            if costs.transfer_fee:
                words.append(f"transfer_fee={costs.transfer_fee / _RATE!r}")
            if costs.historical:
                words.append("historical=True")
            return f"set_order_cost({', '.join(words)})"
        if changed and set(changed) <= {"slippage", "participation"}:
            cap = f", participation={settings.participation!r}" if "participation" in changed else ""
            return f"set_slippage({settings.slippage.kind!r}, {settings.slippage.size!r}{cap})"
        words = [f"{name}={getattr(settings, name)!r}" for name in changed]
        return f"_change({', '.join(words)})" if words else ""

    # ------------------------------------------------------------------ as a session

    def session(self) -> str:
        """The program."""
        body = list(self._steps())
        session = self._session
        options = ", ".join(["MARKET", *(f"{name}={value}" for name, value in self._options().items())])
        lines = [
            '"""A session of qresearch as it was done, call by call."""',
            "",
            *self._head(),
            f"session = qr.Session({options})",
            "",
            "",
            "def at(day, phase):",
            '    """Step to a phase of a day."""',
            "    while (str(session.now.day)[:10], session.now.phase) != (day, phase):",
            '        session.step(phase="next")',
            "",
            "",
            "# %%",
            *body,
            "",
            "# %%",
            f'assert session.digest() == "{session.digest()}", "this is not what the session did"',
        ]
        return "\n".join(lines) + "\n"

    def _head(self) -> list[str]:
        extra = ["from datetime import date", ""] if self._uses_terms else []
        terms = ["from qresearch.domain.terms import Kind, Terms, TimeInForce"] if self._uses_terms else []
        settings = ["from qresearch.domain.settings import Costs, Slippage"] if self._uses_settings else []
        given = self._market or "qr.read_market(sys.argv[1]) if len(sys.argv) > 1 else qr.sample_market()"
        if self._market is None:
            extra = ["import sys", *extra] if extra else ["import sys", ""]
        return [
            *extra,
            "import qresearch as qr",
            *settings,
            *terms,
            "",
            f"MARKET = {given}",
            f'if MARKET.fingerprint != "{self._session.market.fingerprint}":',
            f'    raise SystemExit("These are other data than those of the session: {self._session.market!r}")',
            "",
        ]

    @property
    def _uses_settings(self) -> bool:
        return any("Costs(" in text or "Slippage(" in text for text in self._made)

    def _options(self) -> dict[str, str]:
        """The arguments of the constructor that are not the default, as text."""
        given = {}
        for name, value in self._session._options.items():
            if name in {"strict", "language"} or value is None:  # neither changes what happens
                continue
            plain = dict(value) if isinstance(value, dict) else value
            text = repr(str(value)[:10]) if name in {"start", "end"} else repr(plain)
            if "<" in text:
                raise UsageError(f"to_script: {name}={value!r} is no plain value. Open the session with plain values.")
            given[name] = text
        return given

    def _steps(self) -> Iterator[str]:
        self._made: list[str] = []
        now = Moment(self._exchange.first - 1, AFTER_CLOSE)
        waiting = 0
        for moment, calls in self._calls():
            if not calls and self._plain_step(now) == moment:
                waiting += 1
                now = moment
                continue
            for when, text in [*calls, (moment, "")]:
                if waiting and (when != now or text):
                    yield f"session.step({waiting if waiting > 1 else ''})"
                    waiting = 0
                if when != now:
                    yield self._move(now, when)
                    now = when
                if text:
                    self._made.append(text)
                    yield f"session.{text}"
        if waiting:
            yield f"session.step({waiting if waiting > 1 else ''})"

    def _plain_step(self, now: Moment) -> Moment:
        """Where ``step()`` leads."""
        day = now[0] + 1 if now[0] < self._exchange.first or now[1] >= CLOSE else now[0]
        return Moment(day, CLOSE, self._exchange.bar_count(day))

    @staticmethod
    def _is_in_bar(moment: Moment) -> bool:
        return bool(moment[2]) and PHASES[moment[1]] is Phase.INTRADAY

    def _name(self, moment: Moment) -> str:
        """The phase, or the time of a bar inside the day."""
        return f"{time_of(self._exchange, *moment):%H:%M}" if self._is_in_bar(moment) else PHASES[moment[1]].value

    def _move(self, now: Moment, to: Moment) -> str:
        if self._plain_step(now) == to:
            return "session.step()"
        if self._is_in_bar(to):
            return f'session.run(until="{time_of(self._exchange, *to):%Y-%m-%d %H:%M}")'
        name = PHASES[to[1]].value
        ahead = now[0] + 1 if now[0] < self._exchange.first or now[1] >= to[1] else now[0]
        if ahead == to[0]:
            return f'session.step(phase="{name}")'
        return f'at("{self._exchange.date(to[0])}", "{name}")'

    # ------------------------------------------------------------------ as a strategy

    def strategy(self) -> str:
        """A strategy script whose callbacks give the same orders."""
        by_moment: dict[tuple[str, str], list[str]] = {}
        for _, calls in self._calls():
            for when, text in calls:
                key = "start" if when[0] < self._exchange.first else self._exchange.date(when[0]), self._name(when)
                by_moment.setdefault(key, []).append(text)
        terms = ["from datetime import date", "", "from qresearch.domain.terms import Kind, Terms, TimeInForce", ""]
        table = []
        for (day, phase), texts in by_moment.items():
            table.append(f"    ({day!r}, {phase!r}): lambda context: [")
            table += [f"        context.{_of_context(text)}," for text in texts]
            table.append("    ],")
        lines = [
            '"""The orders of a session of qresearch, given again from callbacks."""',
            "",
            *(terms if self._uses_terms else []),
            "COMMANDS = {",
            *table,
            "}",
            "",
            "",
            "def do(context, day, phase):",
            "    COMMANDS.get((day, phase), lambda context: None)(context)",
            "",
            "",
            "def now(context):",
            "    phase = str(context.now.phase)",
            *(
                ['    if phase == "INTRADAY":', "        phase = str(context.now.time)[11:16]"]
                if self._exchange.intraday is not None
                else []
            ),
            "    do(context, str(context.now.day)[:10], phase)",
            "",
            "",
            "def initialize(context):",
            '    do(context, "start", "AFTER_CLOSE")',
            '    run_daily(now, "open")',
            f"    {self._called_in_day()}",
            '    run_daily(now, "close")',
            "",
            "",
            "def before_trading(context):",
            "    now(context)",
            "",
            "",
            "def after_trading(context):",
            "    now(context)",
        ]
        return "\n".join(lines) + "\n"

    def _called_in_day(self) -> str:
        """The line that has a function called between the open and the close."""
        if self._exchange.intraday is not None:
            return 'run_daily(now, "every_bar")'
        # On the clock of the same bar run_daily knows no such moment of daily bars; an order by hand may stand there.
        same_bar = self._session.settings.clock == SAME_BAR
        return f"context._session._schedule(now, {INTRADAY})" if same_bar else 'run_daily(now, "11:30")'


def _of_context(text: str) -> str:
    """A call of a session as a context offers it; what it does not offer is done by its session."""
    return f"_session.{text}" if text.startswith("_") else text.replace("ticket(", "ticket_of(", 1)


def _single(log: list[events.Event]) -> Iterator[Any]:
    return events.records(iter(log))


def _literal(value: object) -> str:
    return f"date({value.year}, {value.month}, {value.day})" if hasattr(value, "year") else repr(value)  # type: ignore[attr-defined]
