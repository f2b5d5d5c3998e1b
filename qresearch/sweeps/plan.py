"""What a sweep is made of, once its call was looked through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from qresearch.market.market import Market
from qresearch.sweeps.parameters import Between, Values


@dataclass(frozen=True)
class Plan:
    """All that a sweep is made of.

    Parameters
    ----------
    market : Market
    body : bytes
        The strategy and the options of its sessions.
    about : dict of str to str
        What the results hold for.
    space : dict of str to list or Between
        The values of each parameter.
    sets : list of dict, or None
        The runs; None where a search finds them.
    trials, batch, seed, by
        Of the search.
    n_jobs, backend, root
        Where it runs: :class:`~qresearch.sweeps.pool.Pool`.
    file : Path or None
    progress : bool
    days : DatetimeIndex
        Of every run.
    language : {"en", "zh"}
        Of its sessions, and so of its pictures.
    """

    market: Market
    body: bytes
    about: dict[str, str]
    space: dict[str, list[Any] | Between]
    sets: list[Values] | None
    trials: int
    batch: int
    seed: int
    by: str
    n_jobs: int
    backend: str
    root: Path | None
    file: Path | None
    progress: bool
    days: pd.DatetimeIndex
    language: str

    @property
    def count(self) -> int:
        """Number of runs."""
        return self.trials if self.sets is None else len(self.sets)
