"""The timeline bar: back, step, play and pause, run until something, the days with their marks, and the branches."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from qresearch.book.html import number
from qresearch.book.projection import Projection
from qresearch.domain.moment import AFTER_CLOSE, CLOSE
from qresearch.errors import UsageError
from qresearch.views.panels.cells import day_within, moment_text, tone
from qresearch.views.panels.day_strip import counts_text, strip_svg
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, has_live, has_loop, named, offer, put, relabel, show_if
from qresearch.views.panels.margin import bound_figures, call_html
from qresearch.views.tape import Marks

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

SPEEDS = (1, 2, 5, 10, 20)
"""Steps per second."""
FASTEST = 0
BUDGET = 0.15
"""Seconds that a run takes between two repaints: so long a click on pause waits at most."""
BREATH = 0.02
"""Seconds that a play or run leaves to the page at least, between two repaints."""
ACTIONS = ("order", "logged", "recorded", "cancel.requested", "update.requested", "order.updated", "order.canceled")
"""Events by which a strategy shows that it has acted."""
GOALS = {"until_fill": "fill", "until_rejected": "rejected", "until_strategy": ACTIONS, "until_end": None}
"""Goals that need nothing more said, and what :meth:`Session.run` calls each."""


class TimelinePanel(Panel):
    """Moves the session in time; play and run are tasks that pause stops between two steps."""

    name = "timeline"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._marks = Projection(desk.session.simulation, Marks)
        self.task: asyncio.Task[None] | None = None
        """The play or run that is going on; None when the session stands still."""
        self._said_by_session = ""
        self._failed_at: Hashable = None
        self.body.children = (self._moment_row(), self._buttons(), self._days(), *self._keys())

    # ------------------------------------------------------------------ widgets

    def _moment_row(self) -> widgets.HBox:
        self._where, self._account, self._call = widgets.HTML(""), widgets.HTML(""), widgets.HTML("")
        return classed(widgets.HBox([self._where, self._account, classed(self._call, "qr-called")]), "qr-moment")

    def _buttons(self) -> widgets.HBox:
        words = self.words
        self._back = self.button("back", self._go_back)
        self._step = self.button("step", partial(self._go_on, CLOSE), kind="primary", hint=words("keys"))
        self._phase = self.button("step_phase", partial(self._go_on, AFTER_CLOSE, phase="next"))
        self._play = self.button("play", partial(self._begin_or_pause, self.play))
        rates = [(words("per_second", count=rate), rate) for rate in SPEEDS]
        self._speed = self.choice("speed", [*rates, (words("fastest"), FASTEST)], "qr-speed")
        self._speed.value = 5
        self._goal = self.choice(
            "until", ("until_date", *list(GOALS)[:-1], "until_breakpoint", "until_end"), "qr-until"
        )
        self._goal.value = "until_fill"
        self._date = named(widgets.DatePicker(), words("date"), "qr-unseen", "qr-until-date", width="140px")
        self._point = self.choice("until_breakpoint", (), "qr-until-breakpoint")
        self._run = self.button("run", partial(self._begin_or_pause, lambda: self.run(self._until())))
        self._branch = self.choice("branch", [("main", "main")], "qr-branch")
        self.follow(self._switch, self._branch)
        name = widgets.Text(placeholder=words("branch_name"))
        self._name = named(name, words("branch_name"), "qr-unseen", "qr-branch-name", width="165px")
        self._open = self.button("open_branch", self._open_branch)
        self._goal.observe(lambda _: self._show_goal(), names="value")
        self._show_goal()
        groups = (
            (self._back, self._step, self._phase),
            (self._play, self._speed),
            (self._goal, self._date, self._point, self._run),
            (self._branch, self._name, self._open),
        )
        return classed(widgets.HBox([classed(widgets.HBox(group), "qr-group") for group in groups]), "qr-buttons")

    def _days(self) -> widgets.VBox:
        exchange = self.desk.session.simulation.exchange
        slider = widgets.IntSlider(
            value=0, min=0, max=exchange.last - exchange.first + 1, readout=False, continuous_update=False
        )
        self._slider = named(slider, self.words("day"), "qr-unseen", "qr-slider", width="100%")
        self.follow(self._go_to, self._slider)
        self._strip = classed(widgets.HTML(""), "qr-strip")
        self._progress = named(widgets.IntProgress(), self.words("on_the_way"), "qr-progress", width="100%")
        show_if(self._progress, shown=False)
        return classed(widgets.VBox([self._strip, self._slider, self._progress]), "qr-days")

    def _keys(self) -> tuple[widgets.Widget, ...]:
        if not has_live():
            return ()
        from qresearch.views.panels.live_chart import Keys  # noqa: PLC0415  # an extra, only where it is there

        return (Keys(self.words("workbench"), self.words("day"), self.key),)

    def _show_goal(self) -> None:
        show_if(self._date, self._goal.value == "until_date")
        show_if(self._point, self._goal.value == "until_breakpoint")

    # ------------------------------------------------------------------ painting

    def depends(self) -> Hashable:
        """Where the session stands, its branches and breakpoints, and whether it plays."""
        session = self.desk.session
        points = tuple(point.name for point in session.breakpoints)
        return self.desk.stamp(), tuple(session.branches), points, self.desk.pause is None, session.message

    def draw(self) -> None:
        """Paint the moment, the days and the branches."""
        session, words = self.desk.session, self.words
        account = session.simulation.account
        put(self._where, f'<div class="qr-now" role="status">{escape(moment_text(session, words))}</div>')
        put(self._account, f'<div class="qr-account">{self._account_line(" ", is_toned=True)}</div>')
        put(self._call, call_html(session, words))
        show_if(self._call, bool(self._call.value))
        with self.painting:
            put(self._slider, max(account.day - session.simulation.exchange.first + 1, 0))
            self._paint_choices()
        put(self._strip, strip_svg(session, self._days_marked(), words))
        if self.last_error is not None and self._failed_at != (self.desk.stamp(), session.message):
            # A cell has gone on since: what went wrong is over, such as a strategy that was mended.
            self.last_error = None
            self.tell("")
        if session.message != self._said_by_session and self.last_error is None:
            self._said_by_session = session.message
            if session.message:
                self.tell(words.again(session.message))

    def tell(self, text: str, error: BaseException | None = None) -> None:
        """Show a sentence, or what went wrong, until the next action or until the session has gone on."""
        super().tell(text, error)
        self._failed_at = self.desk.stamp(), self.desk.session.message

    def _account_line(self, between: str, *, is_toned: bool = False) -> str:
        words, portfolio = self.words, self.desk.session.portfolio
        tone_of = f' class="qr-{tone(portfolio.profit)}"' if is_toned else ""
        bound = bound_figures(self.desk.session)
        parts = (
            f"{escape(words('equity'))} <b>{number(portfolio.equity)}</b>",
            f"{escape(words('available'))} <b>{number(portfolio.available)}</b>",
            *(f"{escape(words(key).capitalize())} <b>{value}</b>" for key, value in bound.items()),
            f"{escape(words('profit'))} <b{tone_of}>{portfolio.profit:+,.2f}</b>",
        )
        # On a narrow page the line is broken between two figures, not within one.
        return between.join(f"<span>{part}</span>" if is_toned else part for part in parts)

    def _days_marked(self) -> dict[str, list[int]]:
        """Days with a mark, those of the kept future included."""
        return self._marks.on(self.desk.session.simulation.timeline.branch, whole=True).days

    def _paint_choices(self) -> None:
        session = self.desk.session
        offer(self._branch, [(name, name) for name in session.branches], session.branches.current)
        points = [(point.name, point.name) for point in session.breakpoints]
        offer(self._point, points, self._point.value or next((value for _, value in points), None))
        is_still = self.desk.pause is None
        for control in (self._back, self._step, self._phase, self._branch, self._open, self._slider):
            if control.disabled == is_still:
                control.disabled = not is_still
        relabel(self._play, self.words("play" if is_still else "pause"))

    def html(self) -> str:
        """Day, phase, branch, account and what the session has to say."""
        session, words = self.desk.session, self.words
        ahead = len(session.simulation.timeline.branch.states) - 1 - session.simulation.timeline.cursor
        where = [
            f"{escape(words('branch'))} <b>{escape(session.branches.current)}</b> ({len(session.branches)})",
            *([escape(words("kept_ahead", count=ahead))] if ahead else []),
            escape(counts_text(self._days_marked(), words)),
        ]
        lines = [
            f"<div><b>{escape(moment_text(session, words))}</b></div>",
            f"<div>{' · '.join(where)}</div>",
            f"<div>{self._account_line(' · ')}</div>",
            call_html(session, words),
        ]
        if session.message:
            lines.append(f"<div><i>{escape(words.again(session.message))}</i></div>")
        return "".join(lines)

    # ------------------------------------------------------------------ moving

    def _go_back(self) -> None:
        session = self.desk.session
        if not session.simulation.timeline.cursor:
            # The button stays on: one that is switched off would take the focus away, and with it the keys.
            raise UsageError(self.words("at_start"))
        session.back()

    def _go_on(self, end: int, phase: str = "CLOSE") -> None:
        """A step, unless the last day has come to a phase behind which there is none."""
        session = self.desk.session
        if _is_over(session, end):
            raise UsageError(self._end_text())
        session.step(phase=phase)

    def _go_to(self, number: int) -> None:
        """To the last kept stop of a day, by its number; 0 is before the first day."""
        session = self.desk.session
        exchange, timeline = session.simulation.exchange, session.simulation.timeline
        self._drawn = None  # the slider goes back to where the session stands, also when this fails
        if number == 0:
            session.goto(0)
            return
        day = exchange.first + number - 1
        when = session.market.days[day]
        if day <= timeline.branch.states[-1].day:
            session.goto(when)
        elif has_loop():
            self._begin_or_pause(lambda: self.run(when))
        else:
            session.run(until=when, progress=False)

    def _switch(self, name: str | None) -> None:
        if name is not None:
            self.desk.session.branches.switch(name)

    def _open_branch(self) -> None:
        session, name = self.desk.session, self._name.value.strip()
        if not name:
            raise UsageError(self.words("no_branch_name"))
        if name in session.branches:
            raise UsageError(self.words("branch_taken", name=name))
        session.branch(name)
        self._name.value = ""

    # ------------------------------------------------------------------ play and run

    def _begin_or_pause(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self.desk.pause is not None:
            self.desk.pause()
            return
        if not has_loop():
            raise UsageError(self.words("no_kernel"))
        self.task = asyncio.get_running_loop().create_task(work())
        self._share(self.pause)
        self.task.add_done_callback(self._ended)

    def pause(self) -> None:
        """Stop a play or run before its next step."""
        if self.task is not None:
            self.task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.task = None
        show_if(self._progress, shown=False)
        self._share(None)
        if task.cancelled():
            self.tell(self.words("stopped_by_hand"))
        elif (error := task.exception()) is not None:
            self.last_error = error
            self.tell("", error)
        self.desk.refresh_all()

    def _share(self, pause: Callable[[], None] | None) -> None:
        """Let every panel of the session know that one of them plays, and how to end that."""
        for desk in self.desk.peers:
            desk.pause = pause

    async def play(self, rate: float | None = None) -> None:
        """Step again and again, at a rate, until pause, a breakpoint, an error or the end.

        Parameters
        ----------
        rate : float, optional
            Steps per second; 0 as fast as it goes. Default: what is chosen in the bar, also while it plays.
        """
        session = self.desk.session
        hits = _hits(session)
        while True:
            began = time.perf_counter()
            if _is_over(session):
                self.tell(self._end_text())
                return
            if not self.desk.act(self, lambda: self._play_on(hits)):
                return
            if _hits(session) != hits:
                return  # the bar shows the message of the session: which breakpoint, and why
            wanted = self._speed.value if rate is None else rate
            pause = (1 / wanted if wanted else 0.0) - (time.perf_counter() - began)
            await asyncio.sleep(max(pause, BREATH))

    def _play_on(self, hits: int) -> None:
        """One step of playing: that it stopped is said only where a breakpoint made it."""
        session = self.desk.session
        session.run(until=lambda _: True, progress=False)
        if _hits(session) == hits:
            session.message = ""

    async def run(self, until: object = None) -> None:
        """Run in slices, so that pause is heard: until a date, an event, a breakpoint, or the end.

        Parameters
        ----------
        until : object
            As for :meth:`qresearch.Session.run`; None for the end of the session.
        """
        session = self.desk.session
        goals = list(until) if isinstance(until, (list, tuple)) else [] if until is None else [until]
        begin, target = session.simulation.account.day, self._target(until)
        while not _is_over(session):
            self._on_the_way(begin, target)
            part = _Slice(BUDGET)
            if not self.desk.act(self, lambda goal=part: self._run_on(goals, goal)):  # type: ignore[misc]
                return
            if not part.is_over:
                break
            await asyncio.sleep(BREATH)
        if _is_over(session) and not session.message:
            self.tell(self._end_text())

    def _target(self, until: object) -> int:
        """The day to which a run goes: that of a date, else the last one."""
        exchange = self.desk.session.simulation.exchange
        if not isinstance(until, (np.datetime64, dt.date)):
            return exchange.last
        return min(self.desk.session.market.panel.day_index(until, side="next"), exchange.last)

    def _on_the_way(self, begin: int, target: int) -> None:
        """How far a run has come, as a bar below the days; it goes away at its end."""
        bar, day = self._progress, self.desk.session.simulation.account.day
        bar.max = max(target - begin, 1)
        bar.value = day - begin
        show_if(bar, shown=True)

    def _run_on(self, goals: list[object], part: _Slice) -> None:
        """A part of a run; that its time is over is no news."""
        self.desk.session.run([*goals, part], progress=False)
        if part.is_over:
            self.desk.session.message = ""

    def _until(self) -> object:
        """What is chosen in the bar, for :meth:`run`."""
        goal, session = self._goal.value, self.desk.session
        if goal in GOALS:
            return GOALS[goal]
        field, missing = (self._date, "no_date") if goal == "until_date" else (self._point, "no_breakpoint")
        if field.value is None:
            raise UsageError(self.words(missing))
        return field.value if goal == "until_breakpoint" else day_within(session, self.words, field.value)

    def _end_text(self) -> str:
        exchange = self.desk.session.simulation.exchange
        return self.words("at_end", day=exchange.date(exchange.last))

    def key(self, name: str) -> None:
        """A key was pressed while the panels had the focus: "step", "step_phase", "back" or "play"."""
        button = {"step": self._step, "step_phase": self._phase, "back": self._back, "play": self._play}[name]
        if not button.disabled:
            button.click()

    def close(self) -> None:
        """Stop what runs, and release the widgets."""
        self.pause()
        super().close()


class _Slice:
    """A condition that holds when its time is over: it ends a part of a long run."""

    def __init__(self, seconds: float) -> None:
        self._end = time.perf_counter() + seconds
        self.is_over = False

    def __call__(self, _: AnySession) -> bool:
        self.is_over = time.perf_counter() > self._end
        return self.is_over


def _hits(session: AnySession) -> int:
    return sum(point.hits for point in session.breakpoints)


def _is_over(session: AnySession, end: int = CLOSE) -> bool:
    """True when no step is left, on kept stops or simulated: the last day has come to a phase, its close."""
    exchange, state = session.simulation.exchange, session.simulation.timeline.state
    return session.simulation.timeline.at_tip and (state.day, state.phase) >= (exchange.last, end)
