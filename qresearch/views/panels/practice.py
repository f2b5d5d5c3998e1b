"""Practice for learners: names and dates are hidden, one answers before one sees, and the score is kept."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from html import escape
from itertools import count
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from qresearch.book.html import table
from qresearch.domain.arguments import symbols as symbols_of
from qresearch.domain.instrument import Board
from qresearch.domain.moment import PHASES
from qresearch.errors import UsageError, choose, shown
from qresearch.views.chart_data import ChartData, ChartReader
from qresearch.views.panels.cells import chart_word, state_key
from qresearch.views.panels.desk import Desk, Panel
from qresearch.views.panels.fields import classed, has_live, put, show_if
from qresearch.views.panels.png_chart import PngChart

if TYPE_CHECKING:
    from qresearch.book.orders import OrderRecord
    from qresearch.views.panels.live_chart import LiveChart

STATES = ("QUEUED", "WORKING", "PARTLY", "FILLED", "CANCELED", "EXPIRED", "REJECTED")
"""What can be answered to the question for a state."""
MOVES = ("up", "down")
"""What can be answered to the question for a decision."""
ASKS = ("state", "decision", "both")
BRANCH = "practice"
_LETTERS = 26


@dataclass(frozen=True)
class PracticeSettings:
    """What a teacher can set; pass it as a dict with any of these keys.

    Parameters
    ----------
    ask : {"state", "decision", "both"}
        For the next state of the selected open order (else of the newest one), for rise or fall, or for both in turn.
    rounds : int
        Number of questions.
    days : int
        Trading days over which a decision is judged.
    phase : str
        Where an order is looked at again: "CLOSE", another phase, or "next" for the next one whatever it is.
    hide_names, hide_dates : bool
        While one practises, the other panels are hidden as well, since they would tell.
    symbols : tuple of str
        Instruments to ask about; empty: all that have traded lately, but for indices.
    bars : int
        Bars on the chart.
    seed : int
        Of the choice of instruments: equal seeds ask the same questions.
    """

    ask: str = "both"
    rounds: int = 10
    days: int = 5
    phase: str = "CLOSE"
    hide_names: bool = True
    hide_dates: bool = True
    symbols: tuple[str, ...] = ()
    bars: int = 60
    seed: int = 1

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> PracticeSettings:
        """Checked settings from a dict.

        Raises
        ------
        UsageError
            An unknown key or value, or a count below 1.

        Examples
        --------
        >>> PracticeSettings.of({"ask": "state", "rounds": 3}).rounds
        3
        """
        if given is not None and not isinstance(given, Mapping):
            raise UsageError(f"practice: settings={shown(given)} is no dict. Pass one such as {{'rounds': 3}}.")
        known = [item.name for item in fields(cls)]
        for key in given or {}:
            choose("practice setting", key, known)
        made = cls(**(dict(given or {}) | {"symbols": tuple(symbols_of("symbols", (given or {}).get("symbols", ())))}))
        choose("ask", made.ask, ASKS)
        choose("phase", made.phase, [*PHASES, "next"])
        for key in ("rounds", "days", "bars"):
            count = getattr(made, key)
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise UsageError(f"practice: {key}={count!r} is not a whole number of at least 1.")
        return made


@dataclass(frozen=True)
class Question:
    """What is asked.

    Parameters
    ----------
    kind : {"state", "decision"}
    symbol : str
    order_id : int
        0 for a decision.
    """

    kind: str
    symbol: str
    order_id: int = 0


@dataclass(frozen=True)
class Round:
    """A question that was answered: in words, as they were shown.

    Parameters
    ----------
    asked, answered, happened : str
    right : bool
    """

    asked: str
    answered: str
    happened: str
    right: bool


class PracticePanel(Panel):
    """Asks, waits for the answer, lets the market go on, tells what happened, and keeps the score.

    Practice goes on a branch of its own; ending it goes back to where one was, so that the session is left as it was.

    Parameters
    ----------
    desk : Desk
    settings : dict, optional
        See :class:`PracticeSettings`.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.panels.desk import Desk, Look
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    >>> panel = PracticePanel(Desk(session, Look()), settings={"ask": "state", "rounds": 1})
    >>> ticket = session.buy("604018", 1000)
    >>> panel.start()
    >>> panel.answer("FILLED")
    >>> panel.rounds[0].right, panel.rounds[0].happened
    (True, 'order 1 is now filled.')
    """

    name = "practice"

    def __init__(self, desk: Desk, *, settings: Mapping[str, Any] | None = None) -> None:
        self.settings = PracticeSettings.of(settings)
        super().__init__(desk)
        self.rounds: list[Round] = []
        """What was answered so far."""
        self.question: Question | None = None
        """What is asked now; None while nothing is."""
        self._home = ""
        self._letters: dict[str, int] = {}
        self._reader = ChartReader(desk.session)
        self._chart = self._looked_at()
        self._text = classed(widgets.HTML(""), "qr-question")
        self._start = self.button("practice_start", self.start, kind="primary")
        self._stop = self.button("practice_stop", self.stop)
        self._answers = {
            key: classed(self.button(_word(key), partial(self.answer, key)), "qr-answer") for key in (*STATES, *MOVES)
        }
        answers = classed(widgets.HBox(list(self._answers.values())), "qr-foot")
        foot = classed(widgets.HBox([self._start, self._stop]), "qr-foot")
        self._score = classed(widgets.HTML(""), "qr-table")
        self.body.children = (self._text, answers, foot, self._chart.widget, self._score)

    def _looked_at(self) -> LiveChart | PngChart:
        """The chart of the question: sharp at every size where the front end can, and nothing to trade on."""
        look, words = self.desk.look, partial(chart_word, self.words)
        if not has_live():
            return PngChart(look.theme, red_up=look.red_up, words=words)
        from qresearch.views.panels.live_chart import LiveChart  # noqa: PLC0415  # an extra, only where it is there

        return LiveChart(look.theme, red_up=look.red_up, words=words)

    # ------------------------------------------------------------------ the course of it

    @property
    def is_on(self) -> bool:
        """True from the start to the end of practice."""
        return bool(self._home)

    def start(self) -> None:
        """Open a branch for practice and ask the first question."""
        session = self.desk.session
        home, taken = session.branches.current, session.simulation.timeline.branches
        session.branch(next(name for number in count(1) if (name := f"{BRANCH}-{number}") not in taken))
        self._home = home
        self.rounds, self._letters = [], {}
        self._ask()
        self._veil()

    def stop(self) -> None:
        """End it, and go back to where one was."""
        if not self.is_on:
            return
        self.desk.session.branches.switch(self._home)
        self._home, self.question = "", None
        self._veil()
        self.draw()
        self.tell(self.words("practice_done", **self._count()))

    def _count(self) -> dict[str, int]:
        return {"right": sum(done.right for done in self.rounds), "asked": len(self.rounds)}

    def answer(self, key: str) -> None:
        """Answer the question, let the market go on, and ask the next one.

        Parameters
        ----------
        key : str
            A state such as "FILLED", or "up" or "down".

        Raises
        ------
        UsageError
            Nothing is asked, or the answer does not fit the question.
        """
        question = self.question
        if question is None:
            raise UsageError(f"practice: nothing is asked now. {self.words('practice_intro')}")
        choose("answer", key, STATES if question.kind == "state" else MOVES)
        asked = self._asked(question)
        truth, happened = self._go_on(question)
        self.rounds.append(Round(asked, self.words(_word(key)), happened, key == truth))
        self.question = None
        if len(self.rounds) >= self.settings.rounds:
            self.stop()
        else:
            self._ask()

    def _go_on(self, question: Question) -> tuple[str, str]:
        """Let the market go on; the right answer, and what happened in words."""
        session, words = self.desk.session, self.words
        if question.kind == "state":
            session.step(phase=None if self.settings.phase == "CLOSE" else self.settings.phase)
            state = state_key(session.simulation.orders.now()[question.order_id])
            return state, words("answer_was_state", order=question.order_id, state=words(state))
        session.step(self.settings.days)
        closes = session.history(question.symbol, self.settings.days + 1)[question.symbol].dropna()
        # Adjusted as of today: a dividend or a split in between is no rise and no fall.
        move = float(closes.iloc[-1] / closes.iloc[0] - 1) if len(closes) > 1 else 0.0
        truth = "up" if move > 0 else "down" if move < 0 else ""
        facts = {"symbol": self._hidden(question.symbol), "move": f"{move:+.2%}", "days": self.settings.days}
        return truth, words("answer_was_move", **facts)

    def _ask(self) -> None:
        """Put the next question, or end when nothing is left to ask about."""
        asks = self.settings.ask
        order = self._open_order() if asks != "decision" else None
        wants_state = asks == "state" or (asks == "both" and len(self.rounds) % 2 == 0)
        if wants_state and order is not None and self._ahead >= 1:
            symbol = self.desk.session.market.symbols[order.instrument]
            self.question = Question("state", symbol, order.order_id)
        elif asks != "state" and self._ahead >= self.settings.days:
            self.question = Question("decision", self._symbol())
        else:
            self.question = None
        self.draw()

    @property
    def _ahead(self) -> int:
        """Trading days that are left."""
        simulation = self.desk.session.simulation
        return simulation.exchange.last - simulation.account.day

    def _open_order(self) -> OrderRecord | None:
        """The order that is chosen, if it is open; else the newest open one."""
        records = {order.order_id: order for order in self.desk.session.simulation.orders.now().open}
        chosen = self.desk.order_id
        return records.get(chosen if chosen in records else max(records, default=0))

    def _symbol(self) -> str:
        """An instrument to ask about: the same one for the same seed and number of the question."""
        session = self.desk.session
        names = [session.market.symbols[session.market.column(name)] for name in self.settings.symbols]
        if not names:
            traded: Any = np.isfinite(session.simulation.view.array("close")[-2:]).all(axis=0)
            listed = zip(session.market.instruments, traded.tolist(), strict=True)
            names = [item.symbol for item, has_traded in listed if has_traded and item.board is not Board.INDEX]
            names = names or [self.desk.symbol]
        return random.Random(f"{self.settings.seed}:{len(self.rounds)}").choice(names)

    # ------------------------------------------------------------------ what is hidden

    def _hidden(self, symbol: str) -> str:
        if not self.settings.hide_names:
            return symbol
        number = self._letters.setdefault(symbol, len(self._letters))
        letter = chr(ord("A") + number % _LETTERS) + (str(number // _LETTERS + 1) if number >= _LETTERS else "")
        return self.words("hidden_symbol", letter=letter)

    def _veil(self) -> None:
        """Hide the other panels of the desk while one practises, since they would tell names and dates."""
        hides = self.is_on and (self.settings.hide_names or self.settings.hide_dates)
        for panel in self.desk.panels:
            if panel is not self and self.widget not in _inside(panel.widget):
                show_if(panel.widget, not hides)

    def _disguised(self, data: ChartData) -> ChartData:
        """A chart without the name and the dates; days are counted, the last one is 0."""
        labels = data.labels
        if self.settings.hide_dates:
            labels = tuple(str(number - len(data) + 1) for number in range(len(data)))
        name = self._hidden(data.symbol)
        return replace(data, symbol=name, title=name if self.settings.hide_names else data.title, labels=labels)

    # ------------------------------------------------------------------ content

    def depends(self) -> Hashable:
        """The moment, and the question."""
        return self.desk.stamp(), self.question, len(self.rounds), self.is_on

    def _asked(self, question: Question) -> str:
        words = self.words
        if question.kind == "state":
            return words("ask_state", order=question.order_id)
        return words("ask_decision", days=self.settings.days, symbol=self._hidden(question.symbol))

    def draw(self) -> None:
        """Show the question and the score."""
        question = self.question
        for key, button in self._answers.items():
            show_if(button, question is not None and (key in STATES) == (question.kind == "state"))
        show_if(self._start, not self.is_on)
        show_if(self._stop, self.is_on)
        show_if(self._chart.widget, question is not None)
        put(self._text, self._head())
        if question is not None:
            self._chart.show(self._disguised(self._reader.read(question.symbol, self.settings.bars)))
        put(self._score, self._told())

    def _head(self) -> str:
        words, question = self.words, self.question
        if question is None:
            text = words(self._why_nothing() if self.is_on else "practice_intro")
            return f'<div class="qr-empty">{escape(text)}</div>'
        number = words("rounds_left", number=len(self.rounds) + 1, rounds=self.settings.rounds)
        return (
            f'<div class="qr-title">{escape(self._asked(question))}</div><div class="qr-label">{escape(number)}</div>'
        )

    def _why_nothing(self) -> str:
        """Key of the sentence that says why nothing is asked."""
        lacks_order = self.settings.ask != "decision" and self._open_order() is None
        return "need_order" if lacks_order and self._ahead >= 1 else "nothing_to_ask"

    def _told(self) -> str:
        """The score and every answer, the last one first."""
        if not self.rounds:
            return ""
        words, score = self.words, self.words("score", **self._count())
        rows: list[tuple[str, ...]] = []
        for number, done in enumerate(self.rounds, start=1):
            mark, tone, key = ("✓", "passes", "right") if done.right else ("✗", "fails", "wrong")
            verdict = f'<b class="qr-{tone}">{mark} {escape(words(key))}</b>'
            rows.insert(0, (str(number), escape(done.asked), escape(done.answered), verdict, escape(done.happened)))
        heads = ("", words("asked"), words("answered"), "", words("happened"))
        return f'<div class="qr-title">{escape(score)}</div>{table(heads, rows)}'

    def html(self) -> str:
        """The question and the score so far."""
        return f"{self.heading()}{self._head()}{self._told()}"

    def close(self) -> None:
        """End practice and release the widgets and the figure."""
        self.stop()
        super().close()


def _word(answer: str) -> str:
    """Key of the word of an answer."""
    return f"answer_{answer}" if answer in MOVES else answer


def _inside(widget: widgets.Widget) -> set[widgets.Widget]:
    """A widget and all that stands in it."""
    found = {widget}
    for child in getattr(widget, "children", ()):
        found |= _inside(child)
    return found
