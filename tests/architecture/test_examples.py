"""The examples in docstrings: every one of them is run by pytest, none is lost or skipped without a reason."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from qresearch.reference import public_modules

SKIPPED = {"qresearch.sources.fetching": "asks a data vendor over the network"}
"""Modules with examples that are not run, and why."""
FINDER = doctest.DocTestFinder(exclude_empty=True)


@pytest.mark.parametrize("name", public_modules())
def test_every_example_is_run(name: str) -> None:
    """Protects examples from rotting: one that stands where the doctest runner does not look is never run."""
    module = importlib.import_module(name)
    source = Path(module.__file__).read_text(encoding="utf-8")
    written = len(re.findall(r"^\s*>>> ", source, re.MULTILINE))
    assert sum(len(found.examples) for found in FINDER.find(module, name)) == written
    assert ("doctest: +SKIP" in source) == (name in SKIPPED)
