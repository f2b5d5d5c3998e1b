"""``session.notices``: what a user should know about the data and the run, each once, with how often it came up."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import pandas as pd

from qresearch.book.html import table
from qresearch.domain.attributes import told_names
from qresearch.sentences import Said


@told_names()
class Notices(list[str]):
    """Notices in the order in which they first came up.

    Parameters
    ----------
    notices : iterable of str

    Examples
    --------
    >>> from qresearch.sentences import ENGLISH
    >>> notices = Notices(["Prices begin in 2021."])
    >>> notices.tell("force=True is ignored.", "ignored")
    >>> notices.tell("force=True is ignored.", "ignored")
    >>> notices.table[["kind", "count"]].values.tolist()
    [['data', 1], ['ignored', 2]]
    >>> ENGLISH.tell(notices.summary)
    'Notices of the script: 1 ignored (2 times).'
    """

    def __init__(self, notices: Iterable[str] = ()) -> None:
        super().__init__(notices)
        self._counts: dict[str, tuple[str, int]] = dict.fromkeys(self, ("data", 1))

    def tell(self, notice: str, kind: str = "session") -> None:
        """Note something; the same words again are only counted.

        Parameters
        ----------
        notice : str
        kind : str
            What it is about: "data", "session", or of a script "adjusted", "approximated", "ignored", "converted",
            "order" or "message".
        """
        known = self._counts.get(notice)
        if known is None:
            self._counts[notice] = kind, 1
            self.append(notice)
        else:
            self._counts[notice] = known[0], known[1] + 1

    @property
    def _rows(self) -> list[tuple[str, int, str]]:
        return [(*self._counts.get(notice, ("session", 1)), notice) for notice in self]

    @property
    def table(self) -> pd.DataFrame:
        """One row per notice: `kind`, `count` (how often it came up, over all calls of the strategy) and `notice`."""
        return pd.DataFrame(self._rows, columns=["kind", "count", "notice"]).astype({"count": "int64"})

    @property
    def summary(self) -> Said | None:
        """What a script's run came to, by kind: how many notices, and how often they came up; None without any."""
        told, rows = None, self._rows  # no frame: every run asks for it
        for kind in ("adjusted", "approximated", "ignored", "converted", "order", "message"):
            counts = [count for known, count, _ in rows if known == kind]
            if counts:
                part = Said("notices_times", count=len(counts), kind=Said(f"notice_{kind}"), times=f"{sum(counts):,}")
                told = part if told is None else Said("and_then", first=told, then=part)
        return None if told is None else Said("script_notices", summary=told)

    def _repr_html_(self) -> str:
        """The table."""
        rows = [(kind, f"{count:,}", escape(notice)) for kind, count, notice in self._rows]
        return table(("kind", "count>", "notice"), rows) if rows else "<i>No notices.</i>"
