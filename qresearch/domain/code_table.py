"""The five dialects side by side: each situation of an order, its code in every system, and where codes mislead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qresearch.domain.codes import CANCEL_REFUSED, DIALECTS, UNKNOWN, Code, OrderFacts, code


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation that one can meet in a notebook.

    Parameters
    ----------
    words : str
    example : OrderFacts or None
        Facts of an order in it; None when it is an event, not a state.
    notes : str
        Letters of :data:`NOTES`.
    """

    words: str
    example: OrderFacts | None
    notes: str = ""


SITUATIONS = (
    Situation("asked for, not sent", OrderFacts("CREATED", has_id=False), "a"),
    Situation("accepted, waits for the open", OrderFacts("QUEUED"), "ab"),
    Situation("working, nothing filled", OrderFacts("WORKING"), "c"),
    Situation("working, partly filled", OrderFacts("WORKING", 300), "c"),
    Situation("working, an update is on its way", OrderFacts("REPLACE_PENDING"), "d"),
    Situation("partly filled, an update is on its way", OrderFacts("REPLACE_PENDING", 300), "d"),
    Situation("cancel on its way, nothing filled", OrderFacts("WORKING", 0, cancel_requested=True), "e"),
    Situation("cancel on its way, partly filled", OrderFacts("WORKING", 300, cancel_requested=True), "e"),
    Situation("filled", OrderFacts("FILLED", 1000), "c"),
    Situation("canceled, nothing filled", OrderFacts("CANCELED", end_origin="user"), "c"),
    Situation("canceled after a partial fill", OrderFacts("CANCELED", 300, end_origin="user"), "cf"),
    Situation("rest of IOC or FOK canceled", OrderFacts("CANCELED", 300, end_origin="ioc"), "fg"),
    Situation("expired at the close, nothing filled", OrderFacts("EXPIRED", end_origin="eod"), "g"),
    Situation("expired after a partial fill", OrderFacts("EXPIRED", 300, end_origin="eod"), "fg"),
    Situation("refused before it was sent", OrderFacts("REJECTED", has_id=False, end_origin="check"), "h"),
    Situation("rejected at the match or by risk", OrderFacts("REJECTED", end_origin="risk"), "fh"),
    Situation("a cancel is refused", None, "i"),
    Situation("unknown (imported)", OrderFacts(UNKNOWN), "j"),
)
"""Every situation, in the order of a life."""

NOTES: Mapping[str, str] = MappingProxyType({
    "a": "JoinQuant has one code for what was not sent and what waits for the open; Swordfish shows no row "
    "before the order is accepted.",
    "b": "Swordfish 4 is waiting and working alike; only its list of open orders tells which.",
    "c": "The same sign means different things. 'filled' is partly filled in JoinQuant and all filled in "
    "Swordfish, LEAN and FIX. 1 is partly filled (JoinQuant, FIX), all filled (Swordfish), submitted "
    "(LEAN); 0 is open, partly filled (Swordfish), new (LEAN, FIX); 2 is canceled, partly filled (LEAN), "
    "all filled (FIX); 4 is all filled (JoinQuant), submitted (Swordfish), canceled (FIX).",
    "d": "Chinese cash markets know no amendment, so three systems show the order as if nothing were asked. "
    "LEAN keeps UpdateSubmitted after the update took effect, until the next fill; here it stands for the "
    "time before.",
    "e": "A pending cancel is a fact beside the state. JoinQuant shows it in live trading only (9); Swordfish "
    "never does; XtQuant has one code for each combination with a partial fill; in LEAN and FIX it hides "
    "the fills.",
    "f": "JoinQuant, Swordfish, LEAN and FIX say nothing here about fills: read the filled quantity before "
    "believing that nothing was traded. Even a rejected order may hold fills.",
    "g": "Only FIX tells an expiry from a cancel (C; some send 4 for the rest of IOC and FOK, or 3, done for "
    "the day). Swordfish has -3, but in its tables of results only: its callback is told 2. That XtQuant "
    "ends expired orders with 53 or 54 is an inference; a counter may leave 50 or 55 until the next day "
    "clears it.",
    "h": "A refusal has four shapes: an exception, None, -1, or a record. Whether there is a record depends on "
    "whether it came before or after the order got a number.",
    "i": "An event, not a state: the order stays what it was. Stored as a status, as Swordfish writes it, it "
    "would hide the real one.",
    "j": "No information. Never to be read as an end.",
})  # fmt: skip
"""Where a bare code misleads."""


def codes_table() -> list[dict[str, str]]:
    """One row per situation: its words, its code in every dialect, and the letters of its notes.

    JoinQuant's code in live trading and Swordfish's code in callbacks follow after a slash where they differ.

    Examples
    --------
    >>> codes_table()[3]["joinquant"], codes_table()[8]["joinquant"]
    ('1 filled', '4 held')
    """
    rows = []
    for situation in SITUATIONS:
        cells = {dialect: _cell(dialect, situation.example) for dialect in DIALECTS}
        rows.append({"situation": situation.words, **cells, "notes": " ".join(situation.notes)})
    return rows


def _cell(dialect: str, facts: OrderFacts | None) -> str:
    if facts is None:
        return str(CANCEL_REFUSED[dialect])
    words = [str(code(dialect, facts))]
    for other, where in ((_with(facts, live=True), "live"), (_with(facts, pushed=True), "callback")):
        if (found := str(code(dialect, other))) != words[0]:
            words.append(f"{found} ({where})")
    return " / ".join(words)


def _with(facts: OrderFacts, *, live: bool = False, pushed: bool = False) -> OrderFacts:
    return OrderFacts(
        facts.status, facts.filled, facts.cancel_requested, facts.has_id, facts.end_origin, live=live, pushed=pushed
    )


def codes_markdown() -> str:
    """The table and its notes as Markdown.

    Examples
    --------
    >>> print(codes_markdown().splitlines()[0])
    | situation | JoinQuant | XtQuant | Swordfish | LEAN | FIX 39 | notes |
    """
    heads = ("situation", "JoinQuant", "XtQuant", "Swordfish", "LEAN", "FIX 39", "notes")
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [f"| {' | '.join(row.values())} |" for row in codes_table()]
    return "\n".join([*lines, "", *(f"- ({letter}) {text}" for letter, text in NOTES.items())])


def meanings(value: int | str) -> dict[str, list[str]]:
    """What one bare code means in each dialect that has it: the situations it can stand for.

    Examples
    --------
    >>> for dialect, words in meanings(1).items():
    ...     print(f"{dialect}: {words[0]}")
    joinquant: working, partly filled
    swordfish: filled
    lean: accepted, waits for the open
    fix: working, partly filled
    """
    found: dict[str, list[str]] = {}
    for dialect in DIALECTS:
        for situation in SITUATIONS:
            said: Code = CANCEL_REFUSED[dialect] if situation.example is None else code(dialect, situation.example)
            if said.value is not None and str(said.value) == str(value):
                found.setdefault(dialect, []).append(situation.words)
    return found
