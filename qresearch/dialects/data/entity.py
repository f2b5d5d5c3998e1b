"""The words of a query that a script is given: they bring SQLAlchemy in when the script first uses one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa


class Entity:
    """A table, such as ``valuation``; its attributes are columns.

    >>> str(Entity("valuation").pe_ratio < Entity("valuation").pb_ratio)
    'valuation.pe_ratio < valuation.pb_ratio'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> sa.ColumnClause[Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        found: sa.ColumnClause[Any] = import_module("qresearch.dialects.data.query").Column(self._name, name)
        return found

    def __repr__(self) -> str:
        return f"<table {self._name}>"


class Late:
    """A name of a module that is imported when the name is first used.

    >>> Late("operator", "add")(1, 2)
    3
    """

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _found(self) -> Any:
        return getattr(import_module(self._module), self._name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call what the name means."""
        return self._found()(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._found(), name)
