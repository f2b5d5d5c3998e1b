"""What a sweep gives: the table of its runs, any of them as a session, and what the best is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qresearch.domain.arguments import whole
from qresearch.domain.calls import bound, told_calls
from qresearch.errors import Interrupted, StrategyError, UsageError, choose, shown
from qresearch.session.session import Session
from qresearch.sweeps.judgement import Best, ranked, sign_of, stability, validated
from qresearch.sweeps.overfitting import deflated_sharpe, expected_best, probability_of_overfitting, sharpes_of
from qresearch.sweeps.parameters import Values, key_of
from qresearch.sweeps.plan import Plan
from qresearch.sweeps.pool import Pool
from qresearch.sweeps.search import Search
from qresearch.sweeps.work import UNITS, Outcome, session_of

if TYPE_CHECKING:
    from qresearch.sweeps.record import Record
    from qresearch.views.picture import Picture
    from qresearch.views.sweep_page import SweepPage

NAN = float("nan")
_YEAR = 252**0.5
"""From a Sharpe ratio of days to one of years."""


@told_calls
class Sweep:
    """The runs of a sweep: their table, any of them as a session, and what the best is worth.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._sets: list[Values] = list(plan.sets or [])
        self._known: dict[str, Outcome] = {}

    def __repr__(self) -> str:
        done = self._done()
        failed = sum(bool(outcome.error) for outcome in done)
        return (
            f"<Sweep of {self._plan.count} runs over {', '.join(self._plan.space)}: {len(done)} done"
            f"{f', {failed} of them failed' if failed else ''}>"
        )

    def _repr_html_(self) -> str:
        best = self.best()._repr_html_() if self.table[self._plan.by].notna().any() else ""
        names = escape(", ".join(self._plan.space))
        return f"<p>{len(self._done())} of {self._plan.count} runs over {names}</p>{best}"

    # ------------------------------------------------------------------ running

    def resume(self) -> Sweep:
        """Run what is not done yet; after Ctrl-C it goes on where it stopped.

        Returns
        -------
        Sweep
            Itself.
        """
        plan = self._plan
        pool = Pool(plan.market, plan.body, plan.n_jobs, plan.backend, plan.root)
        with self._record() as record:
            if record is not None:
                self._known |= record.outcomes()
            from tqdm.auto import tqdm  # noqa: PLC0415  # brings asyncio: only for a bar

            bar = tqdm(total=plan.count, desc="sweep", unit="run", delay=2, leave=False, disable=not plan.progress)
            try:
                with bar, pool.open():
                    for part in self._parts():
                        self._run(pool, record, part, bar)
            except KeyboardInterrupt:
                raise self._interrupted() from None
        return self

    def _record(self) -> Any:
        if self._plan.file is None:
            return nullcontext()
        from qresearch.sweeps.record import Record  # noqa: PLC0415  # the database, only where there is a file

        return Record(self._plan.file, self._plan.about)

    def _parts(self) -> Iterator[list[Values]]:
        """The sets to run: all at once, or what a search asks for after it was told of the part before."""
        plan = self._plan
        if plan.sets is not None:
            yield plan.sets
            return
        search, sign_less = Search(plan.space, plan.by, plan.seed), float("nan")
        self._sets = []
        while len(self._sets) < plan.trials:
            part = search.ask(min(plan.batch, plan.trials - len(self._sets)))
            self._sets += part
            yield part
            search.tell([self._known[key_of(values)].figures.get(plan.by, sign_less) for values in part])

    def _run(self, pool: Pool, record: Record | None, part: list[Values], bar: Any) -> None:
        wanted = {key_of(values): values for values in part}
        left = [(key, values) for key, values in wanted.items() if key not in self._known]
        bar.update(len(part) - len(left))
        for outcome in pool.run(left) if left else ():
            if record is not None:
                record.add(outcome)
            self._known[outcome.key] = outcome
            bar.update(1)

    def _interrupted(self) -> Interrupted:
        done, count = len(self._done()), self._plan.count
        where = (
            "they are in the attribute `sweep` of this error (in a notebook: sys.last_value.sweep).\nIts method "
            "resume() goes on; with file='sweep.sqlite' they would outlive the process too."
            if self._plan.file is None
            else f"they are in {str(self._plan.file)!r}.\nThe same call goes on from there."
        )
        return Interrupted(f"Ctrl-C stopped the sweep. {done} of {count} runs are done; {where}", "sweep", sweep=self)

    def _done(self) -> list[Outcome]:
        # Row by row: a search may ask for one set twice, and both rows have what came of it.
        return [self._known[key] for key in map(key_of, self._sets) if key in self._known]

    # ------------------------------------------------------------------ looking

    @property
    def sets(self) -> list[Values]:
        """The sets of parameters, in the order of the table."""
        return [dict(values) for values in self._sets]

    @property
    def table(self) -> pd.DataFrame:
        """One row per run: its parameters, its figures, the digest of the run, and the error where it ended with one.

        The figures are those of :attr:`Tables.return_summary`; turnover, final_equity (currency), fees (currency) and
        fills of the whole run. NaN where a figure is not defined or the run failed or was not run yet; the digest is
        empty then.
        """
        found = [self._known.get(key_of(values)) for values in self._sets]
        columns: dict[str, Any] = {name: [values[name] for values in self._sets] for name in self._plan.space}
        for name in UNITS:
            columns[name] = np.array([NAN if out is None else out.figures.get(name, NAN) for out in found], dtype=float)
        columns["digest"] = pd.array(["" if out is None else out.digest for out in found], dtype="str")
        columns["error"] = pd.array(["" if out is None else out.error for out in found], dtype="str")
        return pd.DataFrame(columns, index=pd.RangeIndex(len(found), name="run"))

    @property
    def returns(self) -> pd.DataFrame:
        """Daily returns, one row per trading day and one column per run, fractions; NaN where a run failed."""
        days = self._plan.days
        values = np.full((len(days), len(self._sets)), NAN)
        for number, chosen in enumerate(self._sets):
            outcome = self._known.get(key_of(chosen))
            if outcome is not None and not outcome.error:
                values[:, number] = outcome.returns
        return pd.DataFrame(values, index=days, columns=pd.RangeIndex(len(self._sets), name="run"))

    def session(self, row: Any) -> Session:
        """A run as a session that stands at its end: ``goto(0)`` and ``step()`` walk through it.

        Parameters
        ----------
        row : int or row of :attr:`table`
            A run that failed stands before the step that raised, with what it had done in ``session.attempt``. A row
            of :meth:`validate` is the run that was chosen.

        Raises
        ------
        UsageError
            No such run, or a row whose number is that of another run by now; or running it again gave something else,
            because the strategy depends on more than its parameters.

        Examples
        --------
        >>> import qresearch as qr
        >>> def hold(context, data, shares):
        ...     if not context.portfolio.positions:
        ...         context.order("604018", shares)
        >>> found = qr.sweep(hold, qr.sample_market(), {"shares": [100, 200]}, start="2022-03-01", end="2022-03-31")
        >>> session = found.session(1)
        >>> session.digest() == found.table.digest[1], session.goto(0).step(2).portfolio.quantities
        (True, {'604018.SH': 200})
        """
        number = self._number(row)
        outcome = self._known.get(key_of(self._sets[number]))
        session = session_of(self._plan.body, self._plan.market, self._sets[number])
        try:
            session.run(progress=False)
        except StrategyError:
            if outcome is None or outcome.error:
                return session
            raise
        if outcome is not None and session.digest() != outcome.digest:
            raise UsageError(
                f"Run {number} gives another result than it did in the sweep. The strategy depends on more than its "
                "parameters and the market: random numbers without a seed, the clock, or a variable outside itself "
                "that it changes. Make it depend on its parameters alone, and sweep again."
            )
        return session

    def _number(self, row: Any) -> int:
        number = row.get("run", row.name) if isinstance(row, pd.Series) else row
        number = whole("row", number, 0, 3)
        if number >= len(self._sets):
            raise UsageError(f"row={number}: the sweep has the runs 0 to {len(self._sets) - 1}. Pass one of them.")
        outcome = self._known.get(key_of(self._sets[number]))
        if isinstance(row, pd.Series) and outcome is not None and row.get("digest", outcome.digest) != outcome.digest:
            raise UsageError(
                f"row: it is number {number} of its table, and has the digest of another run: the table was given new "
                "numbers. Keep those of the runs (sort_values without ignore_index, reset_index without drop=True)."
            )
        return number

    # ------------------------------------------------------------------ judging

    def best(self, by: str | None = None) -> Best:
        """The best run by a figure, and how much of it is luck.

        Parameters
        ----------
        by : str, optional
            Default: that of the sweep. Of volatility, drawdown, turnover and fees the least is the best.

        Returns
        -------
        Best
            Prints as a few lines; ``run`` is its row, ``deflated_sharpe`` and ``overfitting`` are probabilities.

        Raises
        ------
        UsageError
            No such figure, or no run that has it.
        """
        by = self._plan.by if by is None else ranked(by)
        values = self.table[by].to_numpy()
        if np.isnan(values).all():
            look = (
                "Look at the column `error` of the table."
                if all(outcome.error for outcome in self._done())
                else "It is not defined where nothing was traded, or on too few days: look at the column `fills`, or "
                "take by='total_return'."
            )
            raise UsageError(f"best: no run has the figure {by}. {look}")
        run = int(np.nanargmax(sign_of(by) * values))
        # A set that a search asked for twice is one run: the luck of two is not in it.
        once = ~pd.Index(list(map(key_of, self._sets))).duplicated()
        returns = self.returns.loc[:, once].dropna(axis="columns", how="any")
        column, moved = int(np.flatnonzero(returns.columns.to_numpy() == run)[0]), returns.to_numpy()
        sharpes = sharpes_of(moved)
        known = sharpes[~np.isnan(sharpes)]
        lucky = expected_best(len(known), float(known.var(ddof=1))) if len(known) > 1 else 0.0
        return Best(
            run=run, parameters=self._sets[run], by=by, value=float(values[run]), runs=returns.shape[1],
            median=float(np.nanmedian(values)), sharpe=float(sharpes[column]) * _YEAR, lucky_sharpe=lucky * _YEAR,
            deflated_sharpe=deflated_sharpe(moved, column), overfitting=probability_of_overfitting(moved),
        )  # fmt: skip

    def stability(self, by: str | None = None) -> pd.DataFrame:
        """Each run beside its neighbours, which differ in one parameter by one step.

        A run that stands far ahead of its neighbours was found by luck more likely than one on a plateau.

        Parameters
        ----------
        by : str, optional
            Default: that of the sweep.

        Returns
        -------
        DataFrame
            One row per run: the figure; neighbours (how many there are in the sweep); mean_of_neighbours and
            worst_neighbour (the same figure; NaN without any); ahead (by how much the run is better than their mean).
        """
        by = self._plan.by if by is None else ranked(by)
        return stability(self._sets, self._listed(), self.table[by].to_numpy(), by)

    def _listed(self) -> dict[str, list[Any]]:
        return {
            name: values if isinstance(values, list) else sorted({chosen[name] for chosen in self._sets})
            for name, values in self._plan.space.items()
        }

    def validate(self, splitter: object, by: str | None = None) -> pd.DataFrame:
        """Choose the best run on some days, and look at it on others: walking forward, or purged and combined.

        Nothing is run again: parameters stay as they are during a run, so that its daily returns can be cut.

        Parameters
        ----------
        splitter : object
            With a method ``split``, as skfolio's ``WalkForward(train_size=250, test_size=60)`` and
            ``CombinatorialPurgedCV(n_folds=10, n_test_folds=2, purged_size=5)`` or scikit-learn's; or pairs of places
            of trading days.
        by : str, optional
            A figure of daily returns. Default: that of the sweep.

        Returns
        -------
        DataFrame
            One row per split: first, last and number of the days for choosing (train) and testing (test); the run that
            was chosen and its parameters; its figure on both; beaten (fraction of the other runs that were worse on
            the days for testing, of equal ones a half: 0.5 is what chance gives; NaN where its own figure is not
            defined there). A split on whose days for choosing nothing moved has no row.

        Raises
        ------
        UsageError
            No splitter, one that does not fit the days or tests on days for choosing, or a figure that only whole runs
            have.

        Examples
        --------
        >>> import qresearch as qr
        >>> def hold(context, data, symbol):
        ...     if not context.portfolio.positions:
        ...         context.order_value(symbol, 50_000)
        >>> found = qr.sweep(hold, qr.sample_market(), {"symbol": ["604018", "604052"]}, start="2022-01-04")
        >>> table = found.validate([(range(100), range(100, 150)), (range(50, 150), range(150, 200))])
        >>> table[["train_days", "test_days", "symbol"]].values.tolist()
        [[100, 50, '604052'], [100, 50, '604052']]
        """
        return validated(self.returns, self._sets, splitter, self._plan.by if by is None else by)

    def plot(self, kind: str = "heatmap", **options: Any) -> Picture | SweepPage:
        """A picture of the sweep, or a page to move in.

        Parameters
        ----------
        kind : {"heatmap", "parallel", "stability", "page"}
            A figure over two parameters; every run as a line through its parameters; each run against its
            neighbours; or a page in one file: the heatmap of any figure, every run, and how to open one again.
        **options
            ``by``, ``theme``, ``language`` (default: that of the sessions); of the pictures ``ax``; of heatmap and
            page ``x`` and ``y``, the names of the parameters.

        Returns
        -------
        Picture or SweepPage
            ``.save(path)`` writes it.

        Raises
        ------
        UsageError
            Not a kind, a figure or a parameter.
        """
        from qresearch.views import parameters as drawn  # noqa: PLC0415  # pictures only when one is asked for
        from qresearch.views.sweep_page import sweep_page  # noqa: PLC0415  # likewise

        by, options = options.pop("by", None), {"language": self._plan.language, **options}
        by = self._plan.by if by is None else choose("by", by, UNITS)
        table = self.table
        for name, known in self._listed().items():
            table[name] = drawn.axis([chosen[name] for chosen in self._sets], known)
        found = drawn.Swept(table, list(self._plan.space), by, sign_of(by))
        kinds: dict[str, Callable[..., Picture | SweepPage]] = {**drawn.KINDS, "page": sweep_page}
        if kind == "stability":
            options["neighbours"] = self.stability(by)
        elif kind == "page":
            options |= {"units": UNITS, "signs": {name: sign_of(name) for name in UNITS}}
        return bound(f"plot({shown(kind)})", kinds[choose("kind", kind, kinds)], found, options)()
