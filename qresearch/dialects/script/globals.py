"""``g``: what a script remembers under names of its own."""

from __future__ import annotations

from typing import Any

from qresearch.errors import close_matches, did_you_mean


class G:
    """``g``: attributes of a script, kept with every state of the session."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        near = did_you_mean(close_matches(name, self.__dict__))
        raise AttributeError(
            f"g has no {name!r}. {near}Set it first: g.{name} = ... (A journal keeps plain data only: after a resume, "
            "objects of a script's own classes are gone and are set again in process_initialize.)"
        )

    def __repr__(self) -> str:
        return f"g({', '.join(self.__dict__)})"
