"""The crash test, with as many kills as continuous integration has time for; more by hand, see the harness."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("QRESEARCH_KILLS", "40"))
INTERRUPTS = int(os.environ.get("QRESEARCH_INTERRUPTS", "40"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks its children")


def harness(*options: str) -> str:
    """What the harness says when everything was right."""
    command = [sys.executable, "-W", "error", str(Path(__file__).parent / "harness.py"), *options]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_sessions_resume_with_every_acknowledged_command() -> None:
    """Protects the journal: SIGKILL at random moments of commands, steps and runs; see ``harness.py``."""
    assert f"{KILLS} kills, {KILLS} resumed" in harness("--kills", str(KILLS))


def test_interrupted_sessions_are_whole_and_so_is_their_journal() -> None:
    """Protects Ctrl-C: a real SIGINT at random moments leaves no half command, in memory or in the file."""
    said = harness("--interrupts", str(INTERRUPTS))
    hits, whole = (int(number) for number in re.match(r"(\d+) interrupts in \d+ sessions, (\d+) whole", said).groups())
    assert hits == whole >= INTERRUPTS
