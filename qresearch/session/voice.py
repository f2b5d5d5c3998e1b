"""What a session says: the message of the last call, and the notices about data and run."""

from __future__ import annotations

from qresearch.sentences import Said, Words
from qresearch.session.notices import Notices


class Voice:
    """Words, message and notices of a session.

    Parameters
    ----------
    words : Words
        In the language of the session.
    notices : Notices
    """

    __slots__ = ("message", "notices", "words")

    def __init__(self, words: Words, notices: Notices) -> None:
        self.words, self.notices = words, notices
        self.message: str = ""

    def say(self, *said: Said | str | None) -> None:
        """Have this as the message of the call."""
        self.message = self.words.tell(*said) if any(said) else ""

    def tell(self, notice: str, kind: str = "session") -> None:
        """Note something about the data or the run, once."""
        self.notices.tell(notice, kind)
