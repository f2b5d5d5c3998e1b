"""An account beside another one: what it was asked for stands in the log of the one that leads, and so do transfers.

The leading account alone has a clock, a strategy, a memory and a journal. What an account beside it was told is an
event of the leading log (:class:`~qresearch.domain.events.Instructed`); its own states and events are made from that
log whenever somebody looks, and kept. So it stands wherever the leading one stands, in a step under way as well, on
every branch, after going back and after a resume, and a command that the journal holds is done by all or by none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from qresearch.book.timeline import Branch, Timeline
from qresearch.domain import events
from qresearch.domain.commands import Command, PayIn, Place, Tell
from qresearch.domain.moment import Moment
from qresearch.domain.terms import MARKET_DAY
from qresearch.engine.decide import EVERY_PHASE, decide
from qresearch.engine.draft import Draft
from qresearch.errors import JournalError, UsageError
from qresearch.session.encoding import decode_commands, encode_commands
from qresearch.session.redoing import advance_to, split_step
from qresearch.session.simulation import Observer, Simulation


@dataclass(eq=False)
class _Trace:
    """How far a branch of the leading account has been followed.

    Parameters
    ----------
    branch : Branch
        Our own.
    counts : list of int
        Number of events of the leading log that are done at each kept moment.
    last : list of Event or None
        The last of them: it is not the same object any more where the leading account took something back.
    """

    branch: Branch
    counts: list[int] = field(default_factory=lambda: [0])
    last: list[events.Event | None] = field(default_factory=lambda: [None])

    def forked(self, root: Branch, leading: Branch) -> _Trace:
        """A trace of a branch that leaves the one followed here.

        The moment at which it leaves is done again from its own log: here more may have been asked for there since.
        """
        place = leading.fork - 1
        if place < 0:
            return _Trace(root.forked(leading.name, 0))
        branch = self.branch.forked(leading.name, place)
        return _Trace(branch, self.counts[: place + 1], self.last[: place + 1])

    def cut(self, root: Branch, leading: Branch) -> None:
        """Forget what is not in the leading log any more."""
        while not self._holds(leading.log):
            if len(self.counts) == 1:
                self.branch.states[0], self.counts, self.last = root.states[0], [0], [None]
                del self.branch.log[:], self.branch.commands[:]
                self.branch.log.extend(root.log)
                self.branch.counts[0] = len(root.log)
                return
            del self.counts[-1], self.last[-1]
            self.branch.cursor = min(self.branch.cursor, len(self.counts) - 1)
            mine = self.branch
            for kept in (mine.states, mine.counts, mine.memories, mine.editions):
                del kept[len(self.counts) :]
            del mine.log[mine.counts[-1] :]
            del mine.commands[bisect_left(mine.commands, (mine.counts[-1],)) :]

    def _holds(self, log: Sequence[events.Event]) -> bool:
        count = self.counts[-1]
        return count <= len(log) and (not count or log[count - 1] is self.last[-1])


class Follower(Simulation):
    """An account that follows another one.

    Parameters
    ----------
    name : str
    lead : Simulation
    opened : Simulation
        The account as it was opened, before the first day.
    """

    def __init__(self, name: str, lead: Simulation, opened: Simulation) -> None:
        self.name, self.lead = name, lead
        self._trial: Draft | None = None
        self._kept = opened.timeline
        super().__init__(opened.exchange, opened.timeline, opened.starting_equity)
        root = opened.timeline.branch
        self._root = root.forked(root.name, 0)
        self._traces: dict[Branch, _Trace] = {}
        self._known: dict[str, Branch] = {}
        self._stood: Branch | None = None
        self._of: Draft | None = None
        """The step of the leading account in which we were asked last."""
        self._seen = 0
        self._own: Draft | None = None

    # ------------------------------------------------------------------ where it stands

    @property  # what is an attribute of a simulation of its own is looked up here
    def timeline(self) -> Timeline:
        """Its branches, brought up to where the leading account stands."""
        self._follow()
        return self._kept

    @timeline.setter
    def timeline(self, timeline: Timeline) -> None:
        self._kept = timeline

    @property
    def draft(self) -> Draft | None:
        """The account inside a step of the leading one, as far as that has come; a preview; None between steps."""
        if self._trial is not None:
            return self._trial
        leading = self.lead.draft
        return None if leading is None else self._inside(leading)

    @draft.setter
    def draft(self, draft: Draft | None) -> None:
        self._trial = draft

    def _inside(self, leading: Draft) -> Draft:
        """The draft that goes with a step of the leading account."""
        own = self._own
        if self._of is not leading or own is None:
            self._of, self._seen, self._own = leading, 0, (own := Draft(self.timeline.state))
        fresh = leading.events[self._seen :]
        self._seen = len(leading.events)
        self._play(own, fresh, leading.at)
        return own

    def _play(self, draft: Draft, log: Sequence[events.Event], at: Moment) -> None:
        """Do on a draft what some events of the leading log ask of us, each at its moment, and go on to another one."""
        for event in log:
            if self._concerns(event):
                advance_to(draft, self.exchange, event.at)
                self._do(draft, event)
        advance_to(draft, self.exchange, at)

    def _follow(self) -> None:
        """Do what the leading log holds and we have not done yet; stand where it stands."""
        leading = self.lead.timeline
        if leading.branches is not self._known or leading.branch is not self._stood:
            for branch in leading.branches.values():
                self._catch_up(branch)
            self._known, self._stood = leading.branches, leading.branch
            self._kept.branches = {name: self._traces[branch].branch for name, branch in leading.branches.items()}
        else:
            self._catch_up(leading.branch)
        mine = self._traces[leading.branch].branch
        mine.cursor = leading.branch.cursor
        self._kept.branch = mine

    def _catch_up(self, leading: Branch) -> None:
        """Bring our branch beside one of the leading account to its end."""
        trace = self._traces.get(leading)
        if trace is None:
            parent = leading.parent
            if parent is None:
                trace = _Trace(self._root.forked(leading.name, 0))
                trace.branch.parent = None
            else:
                self._catch_up(parent)
                trace = self._traces[parent].forked(self._root, leading)
                trace.branch.parent, trace.branch.fork = self._traces[parent].branch, leading.fork
            self._traces[leading] = trace
        trace.branch.name = leading.name
        trace.cut(self._root, leading)
        if trace.counts[-1] == leading.counts[-1] and len(trace.counts) == len(leading.counts):
            return
        self._kept.branch = trace.branch
        tip = len(trace.counts) - 1
        self._by_hand(trace, tip, leading.log[trace.counts[tip] : leading.counts[tip]])
        for place in range(tip + 1, len(leading.counts)):
            self._kept.branch.cursor = place - 1
            log = leading.log[leading.counts[place - 1] : leading.counts[place]]
            step, hand = split_step(log)
            self._kept.commit(self._step(step), None, new_state=True)
            trace.counts.append(leading.counts[place - 1] + len(step))
            trace.last.append(step[-1])
            self._by_hand(trace, place, hand)

    def _step(self, step: Sequence[events.Event]) -> Draft:
        """What a step of the leading account does here: what it did while that ran, where we were asked then."""
        running = self._of
        if running is not None and running.events and running.events[-1] is step[-1]:
            draft, self._of, self._own = self._inside(running), None, None
        else:
            draft = Draft(self._kept.state)
            self._play(draft, step, step[-1].at)
        draft.events.append(events.Advanced(draft.at))
        return draft

    def _by_hand(self, trace: _Trace, place: int, log: Sequence[events.Event]) -> None:
        """What was asked for at a kept moment, each by itself."""
        self._kept.branch.cursor = place
        for event in log:
            if self._concerns(event):
                draft = Draft(self._kept.state)
                self._do(draft, event)
                self._kept.commit(draft, None, new_state=False)
            trace.counts[place] += 1
            trace.last[place] = event

    # ------------------------------------------------------------------ what it is asked for

    def _concerns(self, event: events.Event) -> bool:
        match event:
            case events.Instructed(account=account):
                return account == self.name
            case events.Transferred(source=source, target=target, reason=None):
                return self.name in {source, target}
            case _:
                return False

    def _do(self, draft: Draft, event: events.Event) -> None:
        """Do what an event of the leading log tells."""
        if isinstance(event, events.Transferred):
            amount = event.amount if event.target == self.name else -event.amount
            decide(draft, self.exchange, PayIn(amount))
            return
        assert isinstance(event, events.Instructed)  # nothing else concerns us
        if (worth := self._worth(draft)) != event.equity:
            money, day = self.exchange.money.text, max(draft.day, self.exchange.first)
            raise JournalError(
                f"The account {self.name!r} is worth {money(worth)} on {self.exchange.date(day)} by this version and "
                f"these data, and was worth {money(event.equity)} when it was asked for something. Read the journal "
                "with the version that wrote it.",
                day=self.exchange.date(day),
                event=type(event).__name__,
            )
        for _, command in decode_commands(event.commands):
            decide(draft, self.exchange, _as_sent(command))

    def _worth(self, draft: Draft) -> int:
        return self.exchange.account.value(draft, self.exchange).equity

    def do(self, command: Command) -> bool:
        """Do what a command asks, and have it kept in the leading log; False when it was refused."""
        if self._trial is not None:
            return decide(self._trial, self.exchange, command)
        running = self.draft
        draft = Draft(self.timeline.state) if running is None else running
        told = events.Instructed(draft.at, self.name, encode_commands([(0, command)], ()), self._worth(draft))
        # Here first: what makes no sense raises, and nothing is kept of it.
        done = decide(draft, self.exchange, command)
        self.lead.do(Tell((told,)))
        if self.lead.draft is not None:
            self._seen = len(self.lead.draft.events)
        return done

    def tried(self, act: Callable[[], object]) -> Draft:
        """What some commands would do: they are done on a draft that is thrown away."""
        kept, self._trial = self._trial, Draft(self.timeline.state)
        try:
            act()
            return self._trial
        finally:
            self._trial = kept

    # ------------------------------------------------------------------ what only the leading account does

    def simulated(
        self, target: Moment, inside: Callable[[Draft], bool] | None = None, looked: Container[int] = EVERY_PHASE,
        begun: Draft | None = None,
    ) -> NoReturn:  # fmt: skip
        """Refused: it moves as the leading account does."""
        raise UsageError(f"The account {self.name!r} has no clock of its own: step the session, and it comes along.")

    def observe(self, callback: Observer) -> NoReturn:
        """Refused: what happens here is known when somebody looks."""
        raise UsageError(
            f"The account {self.name!r} cannot be observed: its events are made when somebody looks. Read its orders "
            "and events after each step."
        )


def _as_sent(command: Command) -> Command:
    """A command as it was given: the engine knows a plain market order by the one object that stands for it."""
    return command._replace(terms=MARKET_DAY) if isinstance(command, Place) and command.terms == MARKET_DAY else command
