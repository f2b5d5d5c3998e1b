"""The crash test, with as many kills as continuous integration has time for; more by hand, see the harness."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("QRESEARCH_KILLS", "40"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks its children")
def test_killed_sessions_resume_with_every_acknowledged_command() -> None:
    """Protects the journal: SIGKILL at random moments of commands, steps and runs; see ``harness.py``."""
    command = [sys.executable, "-W", "error", str(Path(__file__).parent / "harness.py"), "--kills", str(KILLS)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{KILLS} kills, {KILLS} resumed" in done.stdout
