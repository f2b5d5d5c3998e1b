"""What a script remembers: ``g``, and the data among its own globals."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from qresearch.errors import close_matches, did_you_mean

_SKIPPED = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)


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


class Globals(MutableMapping[str, Any]):
    """The data among the globals of a script: what is no module, function, class or name of the platform.

    Parameters
    ----------
    namespace : dict
    provided : dict
        What the platform put there.
    """

    def __init__(self, namespace: dict[str, Any], provided: dict[str, Any]) -> None:
        self._namespace, self._provided = namespace, provided

    def _is_data(self, name: str) -> bool:
        value = self._namespace[name]
        if name.startswith("__") or isinstance(value, _SKIPPED):
            return False
        return name not in self._provided or self._provided[name] is not value

    def __getitem__(self, name: str) -> Any:
        return self._namespace[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._namespace[name] = value

    def __delitem__(self, name: str) -> None:
        del self._namespace[name]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self._namespace if self._is_data(name)])

    def __len__(self) -> int:
        return sum(1 for _ in self)
