"""What an import costs: nothing that only a picture or a panel needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["quantstats", "matplotlib", "ipywidgets", "IPython", "jupyterlab", "seaborn", "scipy"]


@pytest.mark.parametrize("module", ["qresearch", "qresearch.cli"])
def test_an_import_loads_nothing_heavy(module: str) -> None:
    """Protects the start of every program and kernel: plots, panels and reports are loaded when one is asked for."""
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_run_loads_nothing_heavy_either() -> None:
    """Protects headless runs: the progress bar needs no notebook."""
    code = (
        "import sys, qresearch as qr; qr.Session(qr.sample_market(), end='2021-02-01').run(); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
