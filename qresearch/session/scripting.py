"""A session as a plain Python program: what was done, by hand or by a strategy, as calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

from qresearch.book.frames import time_of
from qresearch.book.orders import Orders
from qresearch.domain import events
from qresearch.domain.arguments import expression
from qresearch.domain.commands import Act, Cancel, ChangeSettings, Command, Meet, PayIn, Place, Seed, Tell, Update
from qresearch.domain.moment import AFTER_CLOSE, CLOSE, PHASES, Moment, Phase
from qresearch.domain.order import Method
from qresearch.domain.settings import Costs, Settings, Slippage
from qresearch.domain.terms import MARKET_DAY, Terms
from qresearch.errors import UsageError, choose
from qresearch.files import NOTEBOOK, PROGRAM, write_text
from qresearch.session.port import AnySession
from qresearch.session.redoing import placed

_RATE = 10**9
Call = tuple[Moment, str]
"""A moment, and a call such as ``order('600519.SH', 100)``."""


def to_script(  # as Session.to_script, and what it is made of
    session: AnySession,
    options: Mapping[str, Any],
    path: str | Path | None = None,
    *,
    kind: str = "session",
    market: str | None = None,
) -> str:
    """A program that does what a session did up to the cursor, and ends with the same digest.

    Orders of a strategy stand in it as calls at their moment, so that the strategy itself is not needed.

    Parameters
    ----------
    session : AnySession
    options : mapping
        With which it was opened.
    path : path, optional
        Write it here, as a notebook where its name ends with ``.ipynb``; a file that was written here before and not
        changed since is replaced.
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
    What has no call of its own (settings other than costs and slippage, shares bought before the first day at a price
    of their own) is given to the simulation as a command.
    """
    choose("kind", kind, ("session", "strategy"))
    if len(session.account.all) > 1:
        raise UsageError(
            "to_script: this session leads several accounts, and no program is written of those beside it. Keep it in "
            "a journal: Session(..., journal='run.qsession')."
        )
    if market is not None:
        expression("market", market, "qr.read_market('bars.parquet')")
    script = _Script(session, options, market)
    text = script.session() if kind == "session" else script.strategy()
    if path is not None:
        is_notebook = isinstance(path, (str, Path)) and str(path).endswith(".ipynb")
        whole, what = (_notebook(text), NOTEBOOK) if is_notebook else (text, PROGRAM)
        write_text(path, whole, what, "to_script")
    return text


def _notebook(text: str) -> str:
    """A program as a notebook, one cell per section."""
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
    return whole.removesuffix(NOTEBOOK.after)


_TERMS = "from qresearch.domain.terms import Effect, Kind, Terms, TimeInForce"


class _Script:
    def __init__(self, session: AnySession, options: Mapping[str, Any], market: str | None) -> None:
        self._session, self._options, self._market = session, options, market
        self._timeline, self._exchange = session.simulation.timeline, session.simulation.exchange
        self._orders = Orders()
        self._uses_terms = False
        self._made: list[str] = []
        first = self._timeline.branch.log[0]
        assert isinstance(first, events.AccountOpened)  # an account is opened before anything else
        self._settings = first.settings

    # ------------------------------------------------------------------ what was done

    def _calls(self) -> Iterator[tuple[Moment, list[Call]]]:
        """The calls of each step and after it, with the moment of the stop; what opened the session is left out."""
        branch = self._timeline.branch
        given, place = dict(branch.commands), 1 + len(self._options.get("positions") or {})
        self._orders.read(branch.log[:place])
        for stop in range(self._timeline.cursor + 1):
            calls: list[Call] = []
            for index in range(place, branch.counts[stop]):
                event = branch.log[index]
                asked = [given[index]] if index in given else placed(event) if isinstance(event, events.Placed) else ()
                calls += [(event.at, text) for command in asked if (text := self._call(command))]
                self._orders.read([event])
            yield branch.states[stop].at, calls
            place = branch.counts[stop]

    def _call(self, command: Command) -> str:
        symbols = self._session.market.symbols
        match command:
            case Place(instrument=instrument, method=method, asked=asked, terms=terms):
                style = "" if terms is MARKET_DAY else f", style={self._terms(terms)}"
                return f"{Method(method).call}({symbols[instrument]!r}, {asked!r}{style})"
            case Cancel(order_id=order_id):
                return f"cancel('{order_id}')"
            case Update():
                return self._update(command)
            case ChangeSettings(settings=settings):
                return self._change(settings)
            case Seed() | PayIn() | Act() | Meet():
                return f"simulation.do({command!r})"
            case Tell():
                raise UsageError(
                    "to_script: the orders of this session are kept by its script, and no calls stand for them. "
                    "Keep the script itself, or the session in a journal: Session(..., journal='run.qrj')."
                )
            case _:
                return ""

    def _update(self, command: Update) -> str:
        record = self._orders[command.order_id]
        changes: dict[str, Any] = {"quantity": command.total}
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
        if changed == ["costs"] and isinstance(settings.costs, Costs):
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
        is_one = changed and set(changed) <= {"slippage", "participation"} and not settings.slippage_by
        if is_one and isinstance(settings.slippage, Slippage):
            cap = f", participation={settings.participation!r}" if "participation" in changed else ""
            return f"set_slippage({settings.slippage.kind!r}, {settings.slippage.size!r}{cap})"
        return f"simulation.do(ChangeSettings({settings!r}))"

    # ------------------------------------------------------------------ as a session

    def session(self) -> str:
        """The program."""
        body = list(self._steps())
        session = self._session
        options = ", ".join(["MARKET", *(f"{name}={value}" for name, value in self._arguments().items())])
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

    @property
    def _names(self) -> list[str]:
        """The lines that bring what the calls name: commands and terms."""
        names = "Act, ChangeSettings, Deed, Meet, PayIn, Seed"
        gives_commands = any(text.startswith("simulation.do(") for text in self._made)
        commands = [f"from qresearch.domain.commands import {names}"] if gives_commands else []
        settings = ["from qresearch.domain.settings import Costs, Settings, Slippage"] if gives_commands else []
        return [*commands, *settings, *([_TERMS] if self._uses_terms else [])]

    def _head(self) -> list[str]:
        extra = ["from datetime import date", ""] if self._uses_terms else []
        given = self._market or "qr.read_market(sys.argv[1]) if len(sys.argv) > 1 else qr.sample_market()"
        if self._market is None:
            extra = ["import sys", *extra] if extra else ["import sys", ""]
        return [
            *extra,
            "import qresearch as qr",
            *self._names,
            "",
            f"MARKET = {given}",
            f'if MARKET.fingerprint != "{self._session.market.fingerprint}":',
            f'    raise SystemExit("These are other data than those of the session: {self._session.market!r}")',
            "",
        ]

    def _arguments(self) -> dict[str, str]:
        """The arguments of the constructor that are not the default, as text."""
        given = {}
        for name, value in self._options.items():
            if name in {"strict", "language"} or value is None:  # neither changes what happens
                continue
            plain = dict(value) if isinstance(value, dict) else value
            text = repr(str(value)[:10]) if name in {"start", "end"} else repr(plain)
            if "<" in text:
                raise UsageError(f"to_script: {name}={value!r} is no plain value. Open the session with plain values.")
            given[name] = text
        return given

    def _steps(self) -> Iterator[str]:
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
            reached = next((bar for bar in range(to[2], 0, -1) if self._until(Moment(*to[:2], bar)) is not None), 0)
            if now[:2] == to[:2] and now[2] >= reached:
                return f'session.step({to[2] - now[2]}, phase="INTRADAY")'
            if reached:
                rest = "" if reached == to[2] else f'.step({to[2] - reached}, phase="INTRADAY")'
                return f'session.run(until="{self._until(Moment(*to[:2], reached))}"){rest}'
        name = PHASES[to[1]].value
        ahead = now[0] + 1 if now[0] < self._exchange.first or now[1] >= to[1] else now[0]
        if ahead == to[0]:
            return f'session.step(phase="{name}")'
        return f'at("{self._exchange.date(to[0])}", "{name}")'

    def _until(self, bar: Moment) -> str | None:
        """The time to which one runs to the end of a bar; None where that is the end of the day, and leads on."""
        time = time_of(self._exchange, *bar)
        return f"{time:%Y-%m-%d %H:%M}" if time.time() < self._exchange.market.venue.hours[Phase.CLOSE] else None

    # ------------------------------------------------------------------ as a strategy

    def strategy(self) -> str:
        """A strategy script whose callbacks give the same orders."""
        by_moment: dict[tuple[str, str], list[str]] = {}
        for _, calls in self._calls():
            for when, text in calls:
                key = "start" if when[0] < self._exchange.first else self._exchange.date(when[0]), self._name(when)
                by_moment.setdefault(key, []).append(text)
        self._made = [text for texts in by_moment.values() for text in texts]
        dates = ["from datetime import date", ""] if self._uses_terms else []
        head = [*dates, *names, ""] if (names := self._names) else []
        table = []
        for (day, phase), texts in by_moment.items():
            table.append(f"    ({day!r}, {phase!r}): lambda context: [")
            table += [f"        context.{_of_context(text)}," for text in texts]
            table.append("    ],")
        lines = [
            '"""The orders of a session of qresearch, given again from callbacks."""',
            "",
            *head,
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
        return 'run_daily(now, "intraday")'


def _of_context(text: str) -> str:
    """A call of a session as a context offers it."""
    return text.replace("ticket(", "ticket_of(", 1)


def _literal(value: object) -> str:
    return f"date({value.year}, {value.month}, {value.day})" if hasattr(value, "year") else repr(value)  # type: ignore[attr-defined]
