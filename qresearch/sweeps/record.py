"""What a sweep has done so far, in a SQLite file: one row for each set of parameters.

One process writes: the one that sweeps. Each outcome is a transaction of its own, so that what was done once is never
done again, whatever ends the process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from sqlalchemy import (
    URL,
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable

from qresearch.errors import UsageError
from qresearch.sweeps.work import Outcome

FORMAT = "1"
_METADATA = MetaData()
_ABOUT = Table("sweep", _METADATA, Column("name", String, primary_key=True), Column("value", String, nullable=False))
_RUNS = Table(
    "runs",
    _METADATA,
    Column("parameters", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("figures", String, nullable=False),
    Column("returns", LargeBinary, nullable=False),
    Column("error", String, nullable=False),
)
_WHAT = {
    "format": "another version of qresearch",
    "market": "another market",
    "options": "sessions with other options",
    "strategy": "another strategy, or another text of it",
}


class Record:
    """The outcomes of a sweep.

    Parameters
    ----------
    path : Path
    about : dict of str to str
        What the outcomes hold for: market, options and strategy.

    Raises
    ------
    UsageError
        The file is of another sweep, or no such file at all.
    """

    def __init__(self, path: Path, about: dict[str, str]) -> None:
        self._path = path
        # Given whole, and not as a text that is taken apart: a name may hold "?" and "%".
        self._engine = create_engine(URL.create("sqlite", database=str(path.absolute())), poolclass=StaticPool)
        with self._told("is no file of a sweep, or cannot be written"):
            self._begin({"format": FORMAT} | about)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go: on Windows what is open cannot be deleted."""
        self._engine.dispose()

    @contextmanager
    def _told(self, what: str, remedy: str = "Name another one.") -> Iterator[None]:
        """While it lasts, what the database refuses is told with the name of the file, which is let go."""
        try:
            yield
        except UsageError:
            self.close()
            raise
        except (DatabaseError, ValueError, TypeError) as problem:
            self.close()
            why = getattr(problem, "orig", problem)
            raise UsageError(f"sweep: file={str(self._path)!r} {what}: {why}. {remedy}") from problem

    def _begin(self, about: dict[str, str]) -> None:
        self._see_that_it_is_ours()
        with self._engine.connect() as connection:
            connection.execute(text("PRAGMA synchronous=NORMAL"))
            with suppress(OperationalError):  # another sweep that begins at this moment sets it
                connection.execute(text("PRAGMA journal_mode=WAL"))
        rows = [{"name": name, "value": value} for name, value in about.items()]
        with self._engine.begin() as connection:
            # Of two processes that begin one file the second finds what the first one made.
            for table in _METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            if connection.execute(select(_ABOUT)).first() is None:
                connection.execute(insert(_ABOUT).prefix_with("OR IGNORE"), rows)
            known: dict[str, str] = {str(name): str(value) for name, value in connection.execute(select(_ABOUT))}
        for name, value in about.items():
            if known.get(name) != value:
                raise UsageError(
                    f"sweep: file={str(self._path)!r} holds runs of {_WHAT[name]}. Name a new file, or go back to what "
                    "it was made with."
                )

    def _see_that_it_is_ours(self) -> None:
        """Refuse a database of something else, such as a journal, before anything in it changes."""
        there = inspect(self._engine)
        for name in there.get_table_names():
            ours = _METADATA.tables.get(name)
            if ours is None or {column["name"] for column in there.get_columns(name)} != set(ours.columns.keys()):
                raise UsageError(
                    f"sweep: file={str(self._path)!r} is no file of a sweep: it is a database with the table {name!r}. "
                    "Name another one."
                )

    def outcomes(self) -> dict[str, Outcome]:
        """What is there, by the key of the parameters."""
        with self._told("is damaged: its runs cannot be read"), self._engine.connect() as connection:
            rows = connection.execute(select(_RUNS)).all()
            return {row.parameters: _outcome(row) for row in rows}

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome for good."""
        row = {
            "parameters": outcome.key,
            "digest": outcome.digest,
            "figures": json.dumps(outcome.figures),
            "returns": np.asarray(outcome.returns, dtype="<f8").tobytes(),
            "error": outcome.error,
        }
        remedy = "What was done before is in it: mend that, and the same call goes on from there."
        with self._told("cannot be written any more", remedy), self._engine.begin() as connection:
            # Of two processes that sweep into one file both may come with the same run.
            connection.execute(insert(_RUNS).prefix_with("OR IGNORE"), row)


def _outcome(row: Any) -> Outcome:
    returns = np.frombuffer(row.returns, dtype="<f8").astype(np.float64)
    return Outcome(row.parameters, row.digest, json.loads(row.figures), returns, row.error)
