"""``qr.sweep``: one strategy over many sets of parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from qresearch.domain.arguments import flag, whole
from qresearch.domain.arguments import path as path_of
from qresearch.domain.calls import told, wrong_call
from qresearch.errors import UsageError, choose, shown
from qresearch.market.market import Market
from qresearch.sentences import ENGLISH
from qresearch.session.plain import plain_options
from qresearch.session.session import Session
from qresearch.sweeps.identity import fingerprint
from qresearch.sweeps.judgement import OF_SPLITS, ranked
from qresearch.sweeps.making import check_names, packed
from qresearch.sweeps.parameters import (
    Between,
    Values,
    by_size,
    drawn_sets,
    grid_sets,
    is_list_of_sets,
    listed_sets,
    mark_of,
    space_of,
)
from qresearch.sweeps.plan import Plan
from qresearch.sweeps.pool import workers_of
from qresearch.sweeps.results import Sweep
from qresearch.sweeps.shared import root_of
from qresearch.sweeps.work import UNITS

METHODS = ("grid", "random", "optuna")
COLUMNS = (*UNITS, "digest", "error", *OF_SPLITS)
"""Columns of results that stand beside the parameters."""
_NOT_OPTIONS = ("market", "strategy", "journal")


@told
def sweep(
    strategy: object,
    market: Market,
    grid: Any,
    *,
    method: str = "grid",
    trials: int | None = None,
    by: str = "sharpe",
    seed: int = 0,
    batch: int = 8,
    n_jobs: int | None = None,
    backend: str = "loky",
    file: str | Path | None = None,
    shared: str | Path | None = None,
    progress: bool = True,
    **options: Any,
) -> Sweep:
    """Run a strategy once for every set of parameters.

    Parameters
    ----------
    strategy : class or function
        A class, whose constructor or attributes take the parameters; a function ``handle_data(context, data, fast,
        slow)``; or a function that takes them and gives a strategy back. Every run gets a fresh copy of it.
    market : Market
    grid : mapping of str to values, or list of mappings, or DataFrame
        The values of each parameter, of which every combination is run; or the sets themselves.
    method : {"grid", "random", "optuna"}
        Every combination; `trials` of them drawn with `seed`; or a search that improves the figure `by`, asked in
        batches of `batch` runs. The last two take ranges too: :class:`~qresearch.sweeps.parameters.Between`.
    trials : int, optional
        Number of runs of a draw or a search.
    by : str
        The figure that a search improves, and that the table is judged by.
    seed, batch : int
    n_jobs : int, optional
        Processes: 1 for this one alone, -1 for all cores. Default 1; on a cluster all of its workers.
    backend : {"loky", "dask", "ray"}
        Processes of this machine, or the cluster that one is connected to: ``dask.distributed.Client(...)``,
        ``ray.init(...)``.
    file : path, optional
        A SQLite file that takes every result at once. The same call goes on where an earlier one stopped.
    shared : path, optional
        Folder for the arrays of the market, which every machine of a cluster must see. Default: the one that the
        market was opened from (:func:`~qresearch.market.stored.save_market`), where it is read in place; for a market
        in memory one that goes with the sweep.
    progress : bool
        Show a bar with the time that is left.
    **options
        Those of :class:`~qresearch.session.session.Session`: start, end, cash, costs, rules and so on.

    Returns
    -------
    Sweep

    Raises
    ------
    UsageError
        Parameters that the strategy does not take, an empty grid, an unknown figure or option, or a file of another
        sweep; the message says what to write.
    Interrupted
        Ctrl-C. What is done is in `file`, and in the attribute ``sweep`` of the error.

    Notes
    -----
    The table is the same whatever the number of workers. A run is what its parameters, the market and the options make
    of it: a strategy that draws random numbers without a seed, or that changes variables outside itself, breaks that,
    and :meth:`Sweep.session` says so.

    Examples
    --------
    >>> import qresearch as qr
    >>> def momentum(context, data, lookback, top=2):
    ...     if context.now.day.day <= 7 and context.now.day.weekday() == 0:
    ...         closes = data.history(count=lookback)
    ...         best = (closes.iloc[-1] / closes.iloc[0]).nlargest(top).index
    ...         for symbol in [*context.portfolio.positions, *best]:
    ...             context.order_target_value(symbol, 200_000 * (symbol in best))
    >>> found = qr.sweep(momentum, qr.sample_market(), {"lookback": [20, 60]}, start="2022-01-04", end="2022-06-30")
    >>> found
    <Sweep of 2 runs over lookback: 2 done>
    >>> found.table[["lookback", "fills", "error"]].values.tolist()
    [[20, 10.0, ''], [60, 9.0, '']]
    """
    if not isinstance(market, Market):
        raise UsageError(
            f"sweep: market={shown(market)} is a {type(market).__name__}, not a Market. "
            "Make one with qresearch.read_market(...)."
        )
    given = listed_sets(grid) if is_list_of_sets(grid) else None
    space = _space_of_sets(given) if given is not None else space_of(grid)
    check_names(strategy, space)
    _free(space)
    choose("method", method, METHODS)
    count = _trials(method, trials, is_list=given is not None)
    days = _days(market, options)
    plan = Plan(
        market=market, body=packed(strategy, options), about=_about(strategy, market, options, asked=file is not None),
        space=space, sets=given if given is not None else _sets(space, method, count, seed), trials=count,
        batch=whole("batch", batch, 1, 8), seed=whole("seed", seed, 0, 1), by=ranked(by),
        n_jobs=workers_of(n_jobs, backend), backend=backend, root=root_of(shared),
        file=None if file is None else path_of("file", file, "sweep.sqlite"), progress=flag("progress", progress),
        days=days, language=options.get("language", ENGLISH.language),
    )  # fmt: skip
    return Sweep(plan).resume()


def _space_of_sets(sets: list[Values]) -> dict[str, list[Any] | Between]:
    """The values of each parameter among some sets: in order where they have one, else as they come."""
    space: dict[str, list[Any] | Between] = {}
    for name in sets[0]:
        values: dict[Hashable, Any] = {}
        for chosen in sets:
            values.setdefault(mark_of(chosen[name]), chosen[name])
        space[name] = by_size(list(values.values()))
    return space


def _free(names: Iterable[str]) -> None:
    """See that no parameter has the name of a column beside it: one of the two would be lost in the table."""
    taken = [name for name in names if name in COLUMNS]
    if taken:
        raise UsageError(
            f"sweep: the parameter {taken[0]!r} has the name of a column of the results, and one of the two would be "
            f"lost. Give it another name in the strategy, such as {taken[0]}_."
        )


def _trials(method: str, trials: object, *, is_list: bool) -> int:
    if method == "grid" or is_list:
        if trials is not None or method != "grid":
            raise UsageError(
                f"sweep: {'a list of sets' if is_list else 'a grid'} is run as a whole; method={method!r}, "
                f"trials={shown(trials)} choose among ranges. Leave them out, or pass the values of each parameter "
                "with method='random', trials=50."
            )
        return 0
    if trials is None:
        raise UsageError(f"sweep: method={method!r} needs the number of its runs. Pass trials=50, say.")
    return whole("trials", trials, 1, 50)


def _sets(space: dict[str, list[Any] | Between], method: str, trials: int, seed: object) -> list[Values] | None:
    if method == "grid":
        return grid_sets(space)
    return drawn_sets(space, trials, whole("seed", seed, 0, 1)) if method == "random" else None


def _days(market: Market, options: dict[str, Any]) -> pd.DatetimeIndex:
    """The trading days of every run; a wrong option is told here, before anything runs."""
    known = [name for name in inspect.signature(Session).parameters if name not in _NOT_OPTIONS]
    strange = [name for name in options if name not in known]
    if strange:
        raise wrong_call(_like_sweep(known), (), options, "sweep")
    exchange = Session(market, **options).simulation.exchange
    return pd.DatetimeIndex(market.days[exchange.first : exchange.last + 1], name="day").as_unit("s")


def _like_sweep(names: list[str]) -> Callable[..., None]:
    """Something with the arguments of a sweep, for the message about one that it does not have."""

    def call() -> None: ...

    parameters = [item for item in inspect.signature(sweep).parameters.values() if item.kind is not item.VAR_KEYWORD]
    more = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in names]
    call.__signature__ = inspect.Signature([*parameters, *more])  # type: ignore[attr-defined]
    return call


def _about(strategy: object, market: Market, options: dict[str, Any], *, asked: bool) -> dict[str, str]:
    """What the results of a file hold for; nothing where there is no file."""
    if not asked:
        return {}
    rules = options.get("rules")
    named = {name: value for name, value in options.items() if name != "rules"}
    plain = plain_options(
        named
        | ({} if rules is None else {f"rules.{name}": value for name, value in plain_options(rules.options()).items()}),
        keeper="file",
    )
    return {
        "market": market.fingerprint,
        "options": repr(sorted(plain.items())),
        "strategy": fingerprint(strategy),
    }
