"""From a journal back to a session: its commands done again, the strategy never called."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from qresearch.domain.messages import Advanced, Event
from qresearch.engine.evolve import Draft
from qresearch.errors import JournalError, MarketWarning, shown
from qresearch.market.market import Market
from qresearch.session import frames
from qresearch.session.commands import again, split_step
from qresearch.session.encoding import encode, first_difference
from qresearch.session.journal import Contents, Entry, Journal
from qresearch.session.memory import Remembered
from qresearch.session.plain import from_plain
from qresearch.session.timeline import Branch

if TYPE_CHECKING:
    from qresearch.session.session import Session


def resume(
    make: type[Session], path: str | Path, market: Market, strategy: object = None, *, verify: bool = False
) -> Session:
    """A session as its journal left it; see :meth:`Session.resume`."""
    notices: list[str] = []
    sessions: list[Session] = []

    def values(kept: Remembered | None) -> list[dict[str, Any]]:
        return sessions[0]._memory.values(kept)

    journal, contents = Journal.open(Path(path), values, notices.append)
    try:
        _check_market(contents, market)
        session = make(market, **from_plain(contents.meta["options"]))
        sessions.append(session)
        journal._tell = session._tell
        session._resume_strategy(strategy, contents.meta.get("strategy", ""))
        _Replay(session, contents, journal, verify=verify).run()
    except BaseException:
        journal.close()
        raise
    session._journal = journal
    return session


def _check_market(contents: Contents, market: Market) -> None:
    if not isinstance(market, Market):
        raise JournalError(
            f"Session.resume: market={shown(market)} is not a Market. Pass the data of the journal, made by "
            "qresearch.read_market(...) or qresearch.sample_market()."
        )
    wanted, text = contents.meta["fingerprint"], contents.meta["market"]
    if market.fingerprint != wanted:
        raise JournalError(
            f"The journal was made on other data: {text}, fingerprint {wanted[:12]}; this market is {market!r}, "
            f"fingerprint {market.fingerprint[:12]}. Pass the market that it was made on; any change of a bar, an "
            "instrument or a corporate action counts."
        )


class _Replay:
    """One pass over the entries of a journal."""

    def __init__(self, session: Session, contents: Contents, journal: Journal, *, verify: bool) -> None:
        self._session, self._contents, self._journal = session, contents, journal
        self._branches: dict[int, Branch] = {}
        self._memories: dict[int, Remembered] = {}
        self._verify = verify
        edits = [entry.number for entry in contents.entries if entry.kind == "edit"]
        self._verify_from = edits[-1] if edits else 0
        self._skipped = 0

    def run(self) -> None:
        """Do everything again, then stand where the session stood."""
        with warnings.catch_warnings():
            # Told when it happened; the notices say it again.
            warnings.simplefilter("ignore", MarketWarning)
            for entry in self._contents.entries:
                self._entry(entry)
        session, timeline = self._session, self._session._timeline
        names = {known: self._contents.branches[known] for known in self._branches}
        for known, branch in self._branches.items():
            branch.name = names[known]
        timeline.branches = {branch.name: branch for branch in self._branches.values()}
        for known, stop in self._contents.cursors.items():
            self._branches[known].cursor = stop
        timeline.branch = self._branches[self._contents.current]
        session._move_to(timeline.branch.cursor)
        rows = {memory: row for row, memory in self._memories.items()}
        self._journal.adopt(self._contents, {branch: known for known, branch in self._branches.items()}, rows)
        session.message = f"Resumed {self._journal.path.name}: {len(self._contents.entries)} entries done again."
        if self._skipped:
            session._tell(
                f"{self._skipped} steps before the last edit of the strategy were not verified: they were made with "
                "earlier code."
            )

    def _entry(self, entry: Entry) -> None:
        timeline = self._session._timeline
        if entry.kind == "fork":
            self._fork(entry)
            return
        timeline.branch = self._branches[entry.branch]
        memory = self._memory(entry.memory)
        if entry.kind == "memory":
            timeline.branch.memories[entry.stop] = memory
        elif entry.kind not in {"edit", "rename"}:
            timeline.branch.cursor = len(timeline.branch.stops) - 1
            self._commit(entry, memory)

    def _fork(self, entry: Entry) -> None:
        timeline = self._session._timeline
        held = json.loads(entry.events)
        if held["parent"] is None:
            self._branches[entry.branch] = timeline.branch
            return
        timeline.branch = self._branches[held["parent"]]
        timeline.branch.cursor = entry.stop
        timeline.fork_here(held["name"])
        self._branches[entry.branch] = timeline.branch

    def _memory(self, row: int | None) -> Remembered | None:
        if row is None:
            return None
        known = self._memories.get(row)
        if known is None:
            memory = self._session._memory
            data = self._contents.memories[row]
            values = from_plain(data["roots"], memory.ticket)
            schedules = tuple((phase, name) for phase, name in data["schedules"])
            known = memory.freeze(values, schedules)
            assert known is not None  # an empty memory has no row
            self._memories[row] = known
        return known

    def _commit(self, entry: Entry, memory: Remembered | None) -> None:
        session = self._session
        timeline = session._timeline
        recorded = self._contents.decoded(entry)
        if entry.kind == "root":
            self._compare(entry, recorded, timeline.branch.log)
            return
        draft = Draft(timeline.state)
        try:
            session._warn_frozen(again(draft, session._exchange, recorded))
        except JournalError:
            raise
        except Exception as problem:
            raise self._mismatch(recorded, draft.events, f"doing it again raised {problem}") from problem
        self._compare(entry, recorded, draft.events)
        if self._verify and entry.kind in {"step", "initialize"}:
            self._rerun(entry, recorded)
        timeline.commit(draft.freeze(), draft.events, memory, new_stop=entry.kind == "step")

    def _compare(self, entry: Entry, recorded: list[Event], done: list[Event]) -> None:
        made = encode(done)
        # Written by another version, equal events may read otherwise: it put down what was at its default.
        if made != (entry.events, entry.columns) and made != encode(recorded):
            raise self._mismatch(recorded, done, "doing it again gives something else")

    def _mismatch(self, recorded: list[Event], done: list[Event], what: str) -> JournalError:
        found = first_difference(recorded, done)
        if found is None:
            return JournalError(f"The journal cannot be followed: {what}. Read it with the version that wrote it.")
        place, theirs, ours = found
        event = theirs if theirs is not None else ours
        day = "the start" if event.day < self._session._exchange.first else self._session._exchange.date(event.day)
        return JournalError(
            f"The journal differs from what this version and these data do, first on {day}: {what}. Event {place} of "
            f"that step was {self._text(theirs)} in the journal and is {self._text(ours)} now. "
            "Read it with the version that wrote it.",
            day=day,
            event="nothing" if event is None else type(event).__name__,
        )

    def _text(self, event: Any) -> str:
        if event is None:
            return "nothing"
        row = frames.events_frame(self._session._exchange, [event]).iloc[0]
        quantity = "" if row.quantity is pd.NA else f"{row.quantity:,}"
        words = [row.event, row.symbol, quantity, row.text]
        return " ".join(str(word) for word in words if word)

    def _rerun(self, entry: Entry, recorded: list[Event]) -> None:
        """Call the strategy beside the journal."""
        session = self._session
        if entry.number < self._verify_from:
            self._skipped += entry.kind == "step"
            return
        if not session._hooks and not session._memory.schedules.functions:
            return
        last = recorded[-1] if recorded else None
        session._memory.restore(session._timeline.memory)
        if entry.kind == "initialize":
            if "initialize" not in session.strategy.calls:
                return
            draft = session._initialized()
        else:
            assert last is not None  # a step ends with the clock
            draft = session._simulate(last.day, last.phase, last.bar)
        found = first_difference(split_step(recorded)[0] or recorded, draft.events)
        if found is None:
            return
        # The end of a step is nothing that the strategy did.
        theirs, ours = (None if isinstance(event, Advanced) else event for event in found[1:])
        event = theirs or ours or recorded[-1]
        order = next((item.order_id for item in (theirs, ours) if item is not None and hasattr(item, "order_id")), None)
        day = session._exchange.date(event.day) if event.day >= 0 else "the start"
        raise JournalError(
            f"The strategy does something else than the journal, first on {day}"
            f"{'' if order is None else f' at order {order}'}: it was {self._text(theirs)} and is {self._text(ours)} "
            "now. Resume with verify=False to go on from the journal all the same.",
            day=day,
            event=type(event).__name__,
        )
