"""A search that learns from what was run: Optuna behind ask and tell, in batches of a fixed size.

A batch is asked for as a whole and told in the order of its trials, so that what is tried next depends neither on the
number of workers nor on which of them is done first; and a search that was interrupted asks the same again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qresearch.errors import UsageError
from qresearch.sweeps.parameters import Between, Values
from qresearch.sweeps.work import LESS_IS_BETTER


class Search:
    """Asks for sets of parameters, batch by batch.

    Parameters
    ----------
    space : mapping of str to list or Between
    by : str
        The figure to improve.
    seed : int
    """

    def __init__(self, space: Mapping[str, list[Any] | Between], by: str, seed: int) -> None:
        try:
            import optuna  # noqa: PLC0415  # an extra
        except ModuleNotFoundError:
            raise UsageError(
                "sweep: method='optuna' needs Optuna, which is not installed. Install it with: "
                "pip install 'qresearch[sweep]', or draw with method='random'."
            ) from None
        self._space, self._optuna = space, optuna
        direction: Any = "minimize" if by in LESS_IS_BETTER else "maximize"
        said = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # a study of one call needs no line about its birth
        try:
            self._study = optuna.create_study(direction=direction, sampler=optuna.samplers.TPESampler(seed=seed))
        finally:
            optuna.logging.set_verbosity(said)
        self._asked: list[Any] = []

    def ask(self, count: int) -> list[Values]:
        """The sets to run next."""
        self._asked = [self._study.ask() for _ in range(count)]
        return [{name: self._value(trial, name) for name in self._space} for trial in self._asked]

    def _value(self, trial: Any, name: str) -> Any:
        given = self._space[name]
        if not isinstance(given, Between):
            return given[trial.suggest_categorical(name, list(range(len(given))))]
        if given.is_whole:
            return trial.suggest_int(name, int(given.low), int(given.high), log=given.log)
        return trial.suggest_float(name, given.low, given.high, log=given.log)

    def tell(self, values: list[float]) -> None:
        """What the figure came to, in the order in which the sets were asked for; NaN where it did not."""
        for trial, value in zip(self._asked, values, strict=True):
            if math.isnan(value):
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            else:
                self._study.tell(trial, value)
