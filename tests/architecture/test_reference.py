"""The reference: a page for every module, a place for every public name, the tables made from the code, no warning."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import re
import warnings
from pathlib import Path

import pytest

import qresearch
from qresearch.domain.order import TRANSITIONS, Status
from qresearch.domain.reasons import Reason
from qresearch.errors import UsageError
from qresearch.reference import public_modules, write_reference

pytest.importorskip("pdoc", reason="pdoc is not installed: pip install '.[test]'")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference, written once, with every warning an error."""
    folder = tmp_path_factory.mktemp("reference")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert write_reference(folder) == folder / "qresearch.html"
    return folder


def page(pages: Path, module: str) -> str:
    """The page of a module."""
    return (pages / f"{module.replace('.', '/')}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", public_modules())
def test_every_public_name_has_its_place(pages: Path, module: str) -> None:
    """Protects readers: each public function and class, and each public method of a class, has an anchor."""
    holder = importlib.import_module(module)
    names = [
        name
        for name, value in vars(holder).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and (value.__module__ == module or name in getattr(holder, "__all__", ()))
        and name in getattr(holder, "__all__", [name])
    ]
    members = [
        f"{name}.{member}"
        for name in names
        if inspect.isclass(getattr(holder, name))
        for member, value in vars(getattr(holder, name)).items()
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    ]
    anchors = set(re.findall(r'id="([\w.]+)"', page(pages, module)))
    assert [name for name in [*names, *members] if name not in anchors] == []


def test_the_tables_are_those_of_the_code(pages: Path) -> None:
    """Protects the tables from falling behind: every reason with its advice, every move of every state."""
    told = page(pages, "qresearch.domain.reasons")
    assert [reason for reason in Reason if f"<td><code>{reason}</code></td>" not in told] == []
    moves = page(pages, "qresearch.domain.order")
    rows = re.findall(r"<td><code>(\w+)</code>(?: \(final\))?</td>\s*<td>([\w ]+)</td>", moves)
    assert {(before, move) for before, move in rows} == {
        (str(status), move.name.lower().replace("_", " ")) for status, move in TRANSITIONS
    }
    assert {before for before, _ in rows} <= {str(status) for status in Status}


def test_the_words_of_the_modules_are_as_before(pages: Path) -> None:
    """Protects a running kernel: writing the pages leaves no table behind in a docstring."""
    assert pages.exists()
    assert "|---|" not in importlib.import_module("qresearch.domain.reasons").__doc__


@pytest.mark.parametrize("name", qresearch.__all__)
def test_help_knows_every_name_of_the_facade(name: str) -> None:
    """Protects help(): it renders, and says more than the signature."""
    text = pydoc.plain(pydoc.render_doc(getattr(qresearch, name)))
    assert (getattr(qresearch, name).__doc__ or "?").strip().splitlines()[0][:40] in text


def test_without_pdoc_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Protects users without the extra from a bare ImportError."""
    monkeypatch.setitem(__import__("sys").modules, "pdoc", None)
    with pytest.raises(UsageError, match=r"pip install 'qresearch\[docs\]'"):
        write_reference(tmp_path)
