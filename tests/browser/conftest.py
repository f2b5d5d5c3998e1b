"""One Chromium and one JupyterLab for all tests of this folder that one process runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lab import Lab, chromium


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Chromium, started once; each test opens pages of its own."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def lab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab, started once; each notebook opens in the light theme, whatever the test before it chose."""
    running = Lab(browser, tmp_path_factory.mktemp("lab"))
    yield running
    running.close()
