"""What a sweep has done so far, in a SQLite file: one row for each set of parameters.

One process writes: the one that sweeps. Each outcome is a transaction of its own, so that what was done once is never
done again, whatever ends the process.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from sqlalchemy import Column, Engine, LargeBinary, MetaData, String, Table, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

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
        self._engine = _engine_of(path)
        self._path = path
        try:
            self._begin({"format": FORMAT} | about)
        except DatabaseError as problem:
            self.close()
            raise UsageError(
                f"sweep: file={str(path)!r} is no file of a sweep, or cannot be written: {problem.orig}. Name "
                "another one."
            ) from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go: on Windows what is open cannot be deleted."""
        self._engine.dispose()

    def _begin(self, about: dict[str, str]) -> None:
        _METADATA.create_all(self._engine)
        with self._engine.begin() as connection:
            known: dict[str, str] = {str(name): str(value) for name, value in connection.execute(select(_ABOUT))}
            if not known:
                connection.execute(insert(_ABOUT), [{"name": name, "value": value} for name, value in about.items()])
                return
        for name, value in about.items():
            if known.get(name) != value:
                self.close()
                raise UsageError(
                    f"sweep: file={str(self._path)!r} holds runs of {_WHAT[name]}. Name a new file, or go back to what "
                    "it was made with."
                )

    def outcomes(self) -> dict[str, Outcome]:
        """What is there, by the key of the parameters."""
        with self._engine.connect() as connection:
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
        with self._engine.begin() as connection:
            # Of two processes that sweep into one file both may come with the same run.
            connection.execute(insert(_RUNS).prefix_with("OR IGNORE"), row)


def _outcome(row: Any) -> Outcome:
    returns = np.frombuffer(row.returns, dtype="<f8").astype(np.float64)
    return Outcome(row.parameters, row.digest, json.loads(row.figures), returns, row.error)


def _engine_of(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine
