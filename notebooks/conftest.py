"""The notebooks run as tests: their cells in order, with pictures inline and a warm font cache."""

from __future__ import annotations

import os

import pytest


def pytest_configure() -> None:
    """Let the kernels choose their own way of drawing; no picture of this process opens a window.

    Looking for fonts here builds matplotlib's cache of them: in a kernel it would write about it to stderr.
    """
    import matplotlib.font_manager  # noqa: PLC0415

    os.environ.pop("MPLBACKEND", None)
    matplotlib.use("agg")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the cells back in order after pytest-randomly has shuffled all tests; each notebook shares one kernel."""
    cells = [item for item in items if hasattr(item, "cell_num")]
    cells.sort(key=lambda item: (str(item.path), item.cell_num))  # type: ignore[attr-defined]
    items[:] = [item for item in items if not hasattr(item, "cell_num")] + cells
