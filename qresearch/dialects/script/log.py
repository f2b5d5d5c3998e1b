"""``log``: what a script writes becomes events of the session."""

from __future__ import annotations

from typing import Any

from qresearch.dialects.script.run import Run


class Log:
    """``log``: lines that become events of the session.

    Parameters
    ----------
    run : Run
    """

    LEVELS = ("debug", "info", "warning", "error")

    def __init__(self, run: Run) -> None:
        self._run = run

    def _write(self, level: str, words: tuple[Any, ...]) -> None:
        least = self._run.state.get("log_level", "debug")
        if self.LEVELS.index(level) < self.LEVELS.index(least):
            return
        if (
            len(words) > 1
            and isinstance(words[0], str)
            and words[0].count("%s") + words[0].count("%d") == len(words) - 1
        ):
            words = (words[0] % tuple(words[1:]),)
        self._run.host.log_line(level.upper(), *words)

    def debug(self, *words: Any, **_: Any) -> None:
        """Write a line."""
        self._write("debug", words)

    def info(self, *words: Any, **_: Any) -> None:
        """Write a line."""
        self._write("info", words)

    def warning(self, *words: Any, **_: Any) -> None:
        """Write a warning."""
        self._write("warning", words)

    def error(self, *words: Any, **_: Any) -> None:
        """Write an error."""
        self._write("error", words)

    warn = warning
    critical = exception = error

    def set_level(self, name: str, level: str) -> None:
        """Leave out lines below a level; for "order" and "system", which are no log here, it has no effect."""
        word = "warning" if level == "warn" else str(level).lower()
        if name in {"strategy", "user"} and word in self.LEVELS:
            self._run.state["log_level"] = word

    def set_format(self, *_: Any, **__: Any) -> None:
        """Accepted; lines are events with their own columns."""

    def __call__(self, *words: Any) -> None:
        """Write a line."""
        self._write("info", words)
