"""An installation is complete, and a run needs only what it uses: no notebook, no panels, no plots."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
LOOKED_AT = ("ipywidgets", "matplotlib", "quantstats", "jupyterlab", "IPython")
"""What only pictures, panels and reports need."""

RUN_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from qresearch.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("missing", [LOOKED_AT, ("quantstats",)], ids=["all", "quantstats"])
def test_a_run_needs_nothing_that_draws(missing: tuple[str, ...], tmp_path: Path) -> None:
    """Protects runs on machines without a notebook: tables are written, and the missing page says what to install."""
    strategy = tmp_path / "strategy.py"
    strategy.write_text("def handle_data(context, data):\n    context.order('604018', 100)\n", encoding="utf-8")
    words = ["run", str(strategy), "--data", "sample", "--start", "2022-03-01", "--end", "2022-04-01"]
    code = RUN_WITHOUT.format(names=missing)
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *words, "--out", str(out)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(pd.read_parquet(out / "fills.parquet")) == 23
    assert not (out / "tearsheet.html").exists()
    assert "tearsheet" not in (out / "README.md").read_text("utf-8")
    package = next(name for name in ("matplotlib", "quantstats") if name in missing)
    assert f"The tear-sheet was left out: it is drawn with {package}" in " ".join(done.stdout.split())
    assert f"pip install {package}" in " ".join(done.stdout.split())


def test_one_installation_has_it_all() -> None:
    """Protects `pip install qresearch` from leaving out what the notebooks need; IPython comes with JupyterLab."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split("[<>=]", entry)[0] for entry in project["dependencies"]}
    assert set(LOOKED_AT) - {"IPython"} <= names
