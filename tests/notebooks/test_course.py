"""The course: its index, its exercises, and that nbval compares outputs for real.

The exercises are answered rightly and wrongly behind the cells of each lesson, in its kernel (notebooks/conftest.py).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from answers import ANSWERS, BLANK
from nbformat import NotebookNode

from qresearch.exercises import NOT_ANSWERED

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
INDEX = "00_index"
LESSONS = [path.stem for path in sorted((NOTEBOOKS / "source").glob("*.py")) if path.stem != INDEX]


def exercises(lesson: str) -> list[NotebookNode]:
    """The cells of a stored notebook that ask something."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code" and BLANK.search(cell.source)]


def test_the_index_names_every_lesson_and_nothing_else() -> None:
    """Protects the way through the course: a lesson that the index does not name is not found, a dead link misleads."""
    text = "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS / f"{INDEX}.ipynb", as_version=4).cells)
    assert sorted(set(re.findall(r"\(([\w]+)\.ipynb\)", text))) == LESSONS


def test_the_branch_of_the_lesson_on_results_is_compared_over_the_same_days() -> None:
    """Protects the question "what if we had sold?" (defect 25): as many days on both branches, and another end.

    What is stored is what nbval compares with the lesson as it runs.
    """
    cells = nbformat.read(NOTEBOOKS / "40_reports.ipynb", as_version=4).cells
    (asked,) = (cell for cell in cells if 'branch=("main", "sold")' in cell.source)
    page = asked.outputs[0].data["text/html"]
    rows = re.findall(r"<tr><t[dh][^>]*>([^<]*)</t[dh]><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td></tr>", page)
    figures = {name: values for name, *values in rows}
    assert figures["Trading days"][0] == figures["Trading days"][1]
    assert figures["Equity at the end"][0] != figures["Equity at the end"][1]
    assert figures["Fills"][0] != figures["Fills"][1]
    (traded,) = (cell for cell in cells if "session.strategy = None" in cell.source)
    assert traded == asked


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_says_what_one_learns_and_ends_with_exercises(lesson: str) -> None:
    """Protects learners: a lesson opens with its aims, and closes with open exercises that pass and the way on."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    assert "You will learn" in notebook.cells[0].source
    asking = exercises(lesson)
    assert len(asking) >= 3
    assert notebook.cells[-2] == asking[-1]
    assert f"({INDEX}.ipynb)" in notebook.cells[-1].source
    assert [output.text for cell in asking for output in cell.outputs] == [f"{NOT_ANSWERED}\n"] * len(asking)


def test_every_lesson_has_its_answers() -> None:
    """Protects answers.py from falling behind: a new lesson brings its answers, one for each blank."""
    assert {lesson: len(exercises(lesson)) for lesson in LESSONS} == {name: len(own) for name, own in ANSWERS.items()}


@pytest.mark.parametrize("lesson", LESSONS)
def test_an_exercise_does_not_hold_its_answer(lesson: str) -> None:
    """Protects learners (defect 8): the word that is asked for stands neither in the code nor in the hint."""
    for cell, answer in zip(exercises(lesson), ANSWERS[lesson], strict=True):
        words = re.findall(r"'([^']+)'", answer) if "\n" not in answer else []
        quoted = re.findall(r"[\"']([^\"']+)[\"']", cell.source)
        assert [word for word in words if word.casefold() in {text.casefold() for text in quoted}] == []


def compared(notebook: NotebookNode, path: Path) -> subprocess.CompletedProcess[str]:
    """The verdict of nbval on a notebook, in a process of its own."""
    nbformat.write(notebook, path)
    call = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-q",
        "-p",
        "no:randomly",
        "-c",
        os.devnull,
    ]
    return subprocess.run(
        [*call, "--rootdir", str(path.parent), str(path)], capture_output=True, text=True, check=False
    )


def test_nbval_fails_when_an_output_was_tampered_with(tmp_path: Path) -> None:
    """Protects the notebooks as tests: one changed digit in a stored output fails exactly that cell."""
    notebook = nbformat.read(NOTEBOOKS / "00_quickstart.ipynb", as_version=4)
    notebook.cells = notebook.cells[:8]
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    cell = next(cell for cell in notebook.cells if "session.positions" in cell.source)
    table = cell.outputs[0].data["text/html"]
    assert "9.585" in table
    cell.outputs[0].data["text/html"] = table.replace("9.585", "9.586")
    done = compared(notebook, tmp_path / "tampered.ipynb")
    assert done.returncode == 1, done.stdout
    assert f"1 failed, {code - 1} passed" in done.stdout
    assert "9.586" in done.stdout
