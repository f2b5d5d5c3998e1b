"""Where the runs of a sweep happen: in this process, in processes of this machine, or on a cluster."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qresearch.domain.arguments import number
from qresearch.errors import UsageError, choose, shown
from qresearch.market.market import Market
from qresearch.sweeps.parameters import Values
from qresearch.sweeps.shared import close, share
from qresearch.sweeps.work import Job, Outcome, run_here, run_there

BACKENDS = ("loky", "dask", "ray")
PART = 4
"""Runs for each worker that Ray is asked for at a time."""

Tasks = Sequence[tuple[str, Values]]


class Pool:
    """Runs sets of parameters and hands out what came of each as soon as it is known, in any order.

    Parameters
    ----------
    market : Market
    body : bytes
        The strategy and the options of its sessions.
    n_jobs : int
        1: in this process.
    backend : {"loky", "dask", "ray"}
    root : Path or None
        Folder for the market; None for the one that it was opened from, else for one that goes with the pool.
    """

    def __init__(self, market: Market, body: bytes, n_jobs: int, backend: str, root: Path | None) -> None:
        self._market, self._body, self._n_jobs, self._backend, self._root = market, body, n_jobs, backend, root
        self._job: Job | None = None

    @property
    def is_here(self) -> bool:
        """True when everything runs in this process."""
        return self._n_jobs == 1 and self._backend == "loky"

    @contextmanager
    def open(self) -> Iterator[Pool]:
        """Put the market where workers find it, and take it away when all is done."""
        if self.is_here:
            yield self
            return
        is_lying = self._market.folder is not None
        ours = None if self._root or is_lying else Path(tempfile.mkdtemp(prefix="qresearch-sweep-"))
        try:
            self._job = Job(self._body, share(self._market, self._root or ours), is_shielded=self._backend == "loky")
            yield self
        finally:
            self._end()
            self._job = None
            if ours is not None:
                # Workers of a cluster may still have it open; on Windows what is open stays until it is not.
                shutil.rmtree(ours, ignore_errors=True)

    def run(self, tasks: Tasks) -> Iterator[Outcome]:
        """What came of each set, as it comes."""
        if self._job is None:
            for key, values in tasks:
                yield run_here(self._body, self._market, key, values)
            return
        joblib, job = _joblib(), self._job
        calls = [joblib.delayed(run_there)(job, key, values) for key, values in tasks]
        with self._workers(joblib):
            if self._backend == "ray":
                yield from self._in_parts(joblib, calls)
                return
            found = joblib.Parallel(n_jobs=self._n_jobs, return_as="generator_unordered")(calls)
            try:
                yield from found
            except BrokenExecutor as problem:
                raise UsageError(
                    "sweep: a worker process came to an end: the system stopped it, mostly for want of memory, or the "
                    "strategy did. Take fewer with n_jobs=, or n_jobs=1 to see what happens; with file='sweep.sqlite' "
                    "what is done is kept, and the same call goes on."
                ) from problem
            finally:
                found.close()

    def _in_parts(self, joblib: Any, calls: Sequence[Any]) -> Iterator[Outcome]:
        """What came of some calls at a time: Ray hands nothing out before all that it was asked for is done."""
        size = PART * joblib.effective_n_jobs(self._n_jobs)
        with joblib.Parallel(n_jobs=self._n_jobs) as work:
            for first in range(0, len(calls), size):
                yield from work(calls[first : first + size])

    def _workers(self, joblib: Any) -> Any:
        if self._backend == "loky":
            return joblib.parallel_config(backend="loky", n_jobs=self._n_jobs, inner_max_num_threads=1)
        if self._backend == "ray":
            _register_ray()
        return joblib.parallel_config(backend=self._backend, n_jobs=self._n_jobs)

    def _end(self) -> None:
        """End the processes of this machine: they hold the market open, and the text of modules as it was."""
        close()
        if self._backend == "loky" and self._job is not None:
            from joblib.externals.loky import get_reusable_executor  # noqa: PLC0415  # only where there are workers

            get_reusable_executor().shutdown(wait=True)


def _joblib() -> Any:
    import joblib  # noqa: PLC0415  # takes longer than a small sweep in this process

    return joblib


def _register_ray() -> None:
    try:
        from ray.util.joblib import register_ray  # noqa: PLC0415  # an extra
    except ModuleNotFoundError:
        raise UsageError(
            "sweep: backend='ray' needs Ray, which is not installed. Install it with: pip install 'qresearch[sweep]'"
        ) from None
    register_ray()  # type: ignore[no-untyped-call]  # of another package


_MOST_WORKERS = 10_000
"""More is a slip of the keyboard, not a machine."""


def workers_of(n_jobs: object, backend: str) -> int:
    """The number of workers, checked: 1 on this machine and all of a cluster unless something else is asked for.

    Raises
    ------
    UsageError
        No such backend, no whole number, or 0; or a cluster that nobody is connected to.
    """
    choose("backend", backend, BACKENDS)
    if n_jobs is None:
        n_jobs = 1 if backend == "loky" else -1
    found = number("n_jobs", n_jobs, -1)
    if found != int(found) or found == 0 or abs(found) > _MOST_WORKERS:
        raise UsageError(
            f"n_jobs={shown(n_jobs)} is no number of workers. Write 1 for this process alone, 4 for four, -1 for "
            "all cores."
        )
    if backend == "dask":
        _ask_for_client()
    return int(found)


def _ask_for_client() -> None:
    try:
        from distributed import get_client  # noqa: PLC0415  # an extra
    except ModuleNotFoundError:
        raise UsageError(
            "sweep: backend='dask' needs Dask, which is not installed. Install it with: pip install 'qresearch[sweep]'"
        ) from None
    try:
        get_client()
    except ValueError:
        raise UsageError(
            "sweep: backend='dask' finds no cluster. Connect to one first: from dask.distributed import Client; "
            "client = Client() for this machine, or Client('tcp://address:8786')."
        ) from None
