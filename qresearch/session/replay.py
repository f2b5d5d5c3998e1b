"""From a journal back to a session: its commands done again, the strategy never called."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from qresearch.book import frames
from qresearch.book.timeline import Branch, Remembered
from qresearch.domain import events
from qresearch.domain.settings import Own
from qresearch.engine.draft import Draft
from qresearch.errors import JournalError, MarketWarning, shown
from qresearch.market.market import Market
from qresearch.sentences import Said
from qresearch.session.clock import Clock
from qresearch.session.encoding import encode, first_difference
from qresearch.session.journal import Journal, detach
from qresearch.session.journal_batch import Known
from qresearch.session.journal_file import Contents, Entry, read
from qresearch.session.plain import from_plain, is_own
from qresearch.session.redoing import again, split_step
from qresearch.session.rules import own_of

_NOT_FROM_A_FILE = frozenset({"market", "strategy", "journal", "rules"})
"""What a user passes: a file that named a strategy would be executed, one that named a journal would write another."""


S = TypeVar("S")


def opened(path: Path, market: Market) -> Contents:
    """What a journal holds, if it was made on this market.

    Raises
    ------
    JournalError
        No journal, or one of other data.
    """
    detach(path)
    contents = read(path)
    _check_market(contents, market)
    return contents


def follow(clock: Clock, contents: Contents, path: Path, strategy: object, *, verify: bool) -> None:
    """Do again what a journal holds, and go on writing it; see :meth:`Session.resume`.

    Parameters
    ----------
    clock : Clock
        Of a session that was just made with the options of the journal: :func:`made`.
    contents : Contents
    path : path
    strategy : object
    verify : bool
    """
    host, keeper = clock.host, clock.keeper
    host.resume(strategy, contents.meta["strategy"])
    replay = _Replay(clock, contents, path.name, verify=verify)
    replay.run()
    # The file is opened for writing only now: what cannot be followed stays as it is.
    known = Known.read(contents, replay.branches, replay.rows, clock.simulation.timeline.branch)
    keeper.journal = Journal.go_on(path, contents, keeper.memory.values, keeper.voice.tell, known)
    for notice in contents.notices:
        keeper.voice.tell(notice)


def made(make: Callable[..., S], market: Market, meta: dict[str, Any], models: Mapping[str, object]) -> S:
    """A session with the options of a journal: those of the closed list, which open no file and run nothing."""
    options = meta.get("options")
    allowed = [name for name in signature(make).parameters if name not in _NOT_FROM_A_FILE]
    if not isinstance(options, dict) or {"fingerprint", "market", "strategy", "schema"} - meta.keys():
        raise JournalError("The journal does not describe its session (table meta). It was not written by qresearch.")
    strange = [name for name in options if name not in allowed]
    if strange:
        raise JournalError(
            f"The journal asks for {', '.join(f'{name}={options[name]!r}' for name in strange)}, and a journal can ask "
            f"for {', '.join(allowed)} only. It was edited, or written by another version; nothing of it was done."
        )
    given = {
        **from_plain({name: value for name, value in options.items() if not is_own(value)}),
        **_own_models(options, models),
    }
    try:
        return make(market, **given)
    except Exception as problem:
        raise JournalError(
            f"The journal asks for options that this version refuses, among {options}: {problem} Read it with the "
            "version that wrote it."
        ) from problem


def _own_models(options: Mapping[str, Any], models: Mapping[str, object]) -> Mapping[str, object]:
    """The models of the user's own that a journal asks for; those that were handed in, if they are the same ones."""
    wanted = {name: Own(*from_plain(value["$own"])) for name, value in options.items() if is_own(value)}
    for name, own in wanted.items():
        if models[name] is None:
            raise JournalError(
                f"The session was opened with {name}={own}, an object that a journal does not hold. Hand it in: "
                f"Session.resume(path, market, {name}=...)."
            )
        if own_of(models[name]) != own:
            raise JournalError(
                f"The session was opened with {name}={own}, and {own_of(models[name])} was handed in. "
                "Pass the same one."
            )
    for name, model in models.items():
        if model is not None and name not in wanted:
            raise JournalError(
                f"Session.resume: {name}={shown(model)} was handed in, and the session was opened without a model of "
                "its own there. Leave it out."
            )
    return {name: models[name] for name in wanted}


def _check_market(contents: Contents, market: Market) -> None:
    if not isinstance(market, Market):
        raise JournalError(
            f"Session.resume: market={shown(market)} is not a Market. Pass the data of the journal, made by "
            "qresearch.read_market(...) or qresearch.sample_market()."
        )
    wanted, text = str(contents.meta.get("fingerprint")), contents.meta.get("market")
    if market.fingerprint != wanted:
        raise JournalError(
            f"The journal was made on other data: {text}, fingerprint {wanted[:12]}; this market is {market!r}, "
            f"fingerprint {market.fingerprint[:12]}. Pass the market that it was made on; any change of a bar, an "
            "instrument or a corporate action counts."
        )


class _Replay:
    """One pass over the entries of a journal."""

    def __init__(self, clock: Clock, contents: Contents, name: str, *, verify: bool) -> None:
        self._clock, self._host, self._keeper = clock, clock.host, clock.keeper
        self._simulation, self._contents, self._name = clock.simulation, contents, name
        self._branches: dict[int, Branch] = {}
        self._names: dict[int, str] = {}
        self._stood: dict[int, int] = {}
        self._current = 0
        self._memories: dict[int, Remembered | None] = {}
        self._lost: dict[str, str] = {}
        self._verify = verify
        edits = [entry.number for entry in contents.entries if entry.kind == "edit"]
        self._verify_from = edits[-1] if edits else 0
        self._skipped = 0

    @property
    def branches(self) -> dict[Branch, int]:
        """Id of each branch in the file."""
        return {branch: known for known, branch in self._branches.items()}

    @property
    def rows(self) -> dict[Remembered, int]:
        """Row of each snapshot in the file."""
        return {memory: row for row, memory in self._memories.items() if memory is not None}

    def run(self) -> None:
        """Do everything again, then stand where the session stood."""
        timeline, voice = self._simulation.timeline, self._keeper.voice
        with warnings.catch_warnings():
            # Told when it happened; the notices say it again.
            warnings.simplefilter("ignore", MarketWarning)
            for entry in self._contents.entries:
                try:
                    self._entry(entry)
                except JournalError:
                    raise
                except Exception as problem:
                    raise JournalError(
                        f"Entry {entry.number} of the journal ({entry.kind}) cannot be followed: "
                        f"{type(problem).__name__}: {problem}. It was not written by this version of qresearch; read "
                        "it with the one that wrote it."
                    ) from problem
        if not self._branches:
            raise JournalError("The journal has no entries. It was not written by qresearch.")
        for known, branch in self._branches.items():
            branch.name, branch.cursor = self._names[known], self._stood[known]
        timeline.branches = {branch.name: branch for branch in self._branches.values()}
        timeline.branch = self._branches[self._current]
        self._keeper.move_to(timeline.branch.cursor)
        done = sum(entry.kind != "move" for entry in self._contents.entries)
        voice.say(Said("resumed", name=self._name, count=done))
        for name, what in self._lost.items():
            voice.tell(
                f"{name!r} held a {what}, which a journal does not keep: it is as the strategy first sets it. Set it "
                "again before going on where that matters."
            )
        if self._skipped:
            voice.tell(
                f"{self._skipped} steps before the last edit of the strategy were not verified: they were made with "
                "earlier code."
            )

    def _entry(self, entry: Entry) -> None:
        timeline, known = self._simulation.timeline, entry.branch
        if entry.kind == "fork":
            self._fork(entry)
            return
        branch = self._branches[known]
        if entry.kind == "move":
            timeline.branch = branch
            timeline.check(entry.place)
            self._stood[known], self._current = entry.place, known
        elif entry.kind == "rename":
            self._names[known] = json.loads(entry.events)["name"]
        elif entry.kind == "memory":
            branch.memories[entry.place] = self._memory(entry.memory)
            branch.editions[entry.place] = timeline.edition
        elif entry.kind == "edit":
            timeline.edition += not json.loads(entry.events).get("resumed", False)
        else:
            timeline.branch = branch
            branch.cursor = len(branch.states) - 1
            self._commit(entry, self._memory(entry.memory))
            self._stood[known], self._current = branch.cursor, known

    def _fork(self, entry: Entry) -> None:
        timeline, known = self._simulation.timeline, entry.branch
        held = json.loads(entry.events)
        if held["parent"] is not None:
            timeline.branch = self._branches[held["parent"]]
            timeline.check(entry.place)
            timeline.move_to(entry.place)
            timeline.fork_here(f"{known} {held['name']}")
            self._stood[held["parent"]] = entry.place
        self._branches[known], self._names[known] = timeline.branch, held["name"]
        self._stood[known], self._current = entry.place, known

    def _memory(self, row: int | None) -> Remembered | None:
        if row is None:
            return None
        if row not in self._memories:
            memory = self._keeper.memory
            data = json.loads(self._contents.memories[row])
            self._lost.update(data["lost"])
            values = from_plain(data["roots"], memory.ticket)
            schedules = tuple((phase, name) for phase, name in data["schedules"])
            # None where all that there was is no plain data.
            self._memories[row] = memory.freeze(values, schedules)
        return self._memories[row]

    def _commit(self, entry: Entry, memory: Remembered | None) -> None:
        timeline = self._simulation.timeline
        recorded = self._contents.decoded(entry)
        if entry.kind == "root":
            self._compare(entry, recorded, timeline.branch.log)
            return
        draft = Draft(timeline.state)
        try:
            again(draft, self._simulation.exchange, recorded, self._contents.commands(entry))
            self._keeper.warn_of_frozen(draft.events)
        except JournalError:
            raise
        except Exception as problem:
            raise self._mismatch(recorded, draft.events, f"doing it again raised {problem}") from problem
        self._compare(entry, recorded, draft.events)
        if self._verify and entry.kind in {"step", "initialize"}:
            self._rerun(entry, recorded)
        timeline.commit(draft, memory, new_state=entry.kind == "step")

    def _compare(self, entry: Entry, recorded: list[events.Event], done: list[events.Event]) -> None:
        made = encode(done)
        # Written by another version, equal events may read otherwise: it put down what was at its default.
        if made != (entry.events, entry.columns) and made != encode(recorded):
            raise self._mismatch(recorded, done, "doing it again gives something else")

    def _mismatch(self, recorded: list[events.Event], done: list[events.Event], what: str) -> JournalError:
        found = first_difference(recorded, done)
        if found is None:
            return JournalError(f"The journal cannot be followed: {what}. Read it with the version that wrote it.")
        place, theirs, ours = found
        event = theirs if theirs is not None else ours
        day = (
            "the start"
            if event.at.day < self._simulation.exchange.first
            else self._simulation.exchange.date(event.at.day)
        )
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
        row = frames.events_frame(self._simulation.exchange, [event]).iloc[0]
        quantity = "" if row.quantity is pd.NA else f"{row.quantity:,}"
        words = [row.event, row.symbol, quantity, row.text]
        return " ".join(str(word) for word in words if word)

    def _rerun(self, entry: Entry, recorded: list[events.Event]) -> None:
        """Call the strategy beside the journal."""
        if entry.number < self._verify_from:
            self._skipped += entry.kind == "step"
            return
        if not self._host.calls_anything:
            return
        last = recorded[-1] if recorded else None
        self._keeper.memory.restore(self._simulation.timeline.memory)
        if entry.kind == "initialize":
            if "initialize" not in self._host.strategy.calls:
                return
            draft = self._host.initialized()
        else:
            assert last is not None  # a step ends with the clock
            draft = self._clock.simulate(last.at)
        found = first_difference(split_step(recorded)[0] or recorded, draft.events)
        if found is None:
            return
        # The end of a step is nothing that the strategy did.
        theirs, ours = (None if isinstance(event, events.Advanced) else event for event in found[1:])
        event = theirs or ours or recorded[-1]
        order = next((item.order_id for item in (theirs, ours) if item is not None and hasattr(item, "order_id")), None)
        day = self._simulation.exchange.date(event.at.day) if event.at.day >= 0 else "the start"
        raise JournalError(
            f"The strategy does something else than the journal, first on {day}"
            f"{'' if order is None else f' at order {order}'}: it was {self._text(theirs)} and is {self._text(ours)} "
            "now. Resume with verify=False to go on from the journal all the same.",
            day=day,
            event=type(event).__name__,
        )
