"""``QCAlgorithm``: what the class of a script is built on; each of its words is a line to the part that does it."""

from __future__ import annotations

from typing import Any

from qresearch.dialects.lean.data_words import DataWords
from qresearch.dialects.lean.engine import Engine
from qresearch.dialects.lean.names import snake
from qresearch.dialects.lean.order_words import OrderWords
from qresearch.dialects.lean.refused import WORDS
from qresearch.dialects.lean.set_up import SetUpWords, TellWords
from qresearch.dialects.lean.system import NotOffered
from qresearch.dialects.lean.target_words import TargetWords
from qresearch.errors import close_matches, did_you_mean

PARTS: tuple[type, ...] = (OrderWords, TargetWords, SetUpWords, TellWords, DataWords)
OF_ENGINE = frozenset({
    "securities", "portfolio", "transactions", "schedule", "date_rules", "time_rules", "settings", "universe_settings",
    "is_warming_up", "brokerage_model", "current_slice",
})  # fmt: skip
"""What a script reads of its engine under the same name."""
_PLACES = {name: place for place, part in enumerate(PARTS) for name in dir(part) if not name.startswith("_")}
_PLACES["default_order_properties"] = 0


class QCAlgorithm:
    """The base of algorithms. Words are found in the parts, in either spelling."""

    _parts: tuple[Any, ...] = ()
    _engine: Engine | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        word = snake(name)
        place = _PLACES.get(word)
        if place is not None and self._parts:
            return getattr(self._parts[place], word)
        if word in OF_ENGINE and self._engine is not None:
            return getattr(self._engine, word)
        if word in WORDS:
            return NotOffered(word, WORDS[word])
        near = did_you_mean(close_matches(word, [*_PLACES, *OF_ENGINE, *vars(self)]))
        raise AttributeError(f"The algorithm has no {name!r}.{near and ' '}{near}".removesuffix("."))

    def __setattr__(self, name: str, value: Any) -> None:
        if snake(name) == "default_order_properties":
            self._parts[0].default_order_properties = value
            return
        if self._engine is not None and callable(value) and not isinstance(value, type):
            self._engine.runtime.listener.keep(value)
        object.__setattr__(self, name, value)


def made(kind: type[QCAlgorithm], engine: Engine) -> QCAlgorithm:
    """An algorithm of a class, on an engine."""
    found = kind.__new__(kind)
    object.__setattr__(found, "_engine", engine)
    object.__setattr__(found, "_parts", tuple(part(engine) for part in PARTS))
    engine.algorithm = found
    found.__init__()  # type: ignore[misc]  # as calling the class does
    return found
