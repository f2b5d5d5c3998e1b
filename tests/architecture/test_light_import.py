"""What an import costs: nothing that only a picture or a panel needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = [
    "quantstats", "matplotlib", "ipywidgets", "IPython", "jupyterlab", "seaborn", "scipy", "sqlalchemy", "joblib",
    "optuna", "ray", "distributed",
]  # fmt: skip


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


def test_a_script_without_a_query_loads_no_database() -> None:
    """Protects the start of scripts that read prices only: SQLAlchemy is loaded when one writes a query."""
    script = "from jqdata import *\ndef initialize(context): g.rows = history(2).shape"
    code = (
        f"import sys, qresearch as qr; qr.Session.from_script({script!r}, qr.sample_market()).step(); "
        "print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
