"""Who may import whom: the contracts of pyproject.toml hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_contracts_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """Protects the direction of the house: words below, market, engine, session, adapters above."""
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_one_file_of_the_dialects_knows_what_a_session_is_made_of() -> None:
    """Protects the port: a dialect acts through ScriptHost, so that the inside of a session can change in one place."""
    private = re.compile(r"session\._|_session\b|\._(?:timeline|draft|exchange|memory|place)\b")
    folder = ROOT / "qresearch" / "dialects"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if private.search(path.read_text())}
    assert found == {"script/host.py"}
