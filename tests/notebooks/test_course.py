"""The course: its index, its exercises with right and wrong answers, and that nbval compares outputs for real."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from qresearch.exercises import NOT_ANSWERED, RIGHT

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
INDEX = "00_index"
LESSONS = [path.stem for path in sorted((NOTEBOOKS / "source").glob("*.py")) if path.stem != INDEX]
BLANK = re.compile(r"^answer = None$", re.MULTILINE)

SELL_AT_A_GAIN = """
class Gain:
    bought = False

    def handle_data(self, context, data):
        held = context.portfolio.positions["604018"]
        if not self.bought:
            context.order("604018", 1000)
            self.bought = True
        elif held.quantity and data.history("604018", 1).iloc[-1, 0] >= 1.05 * held.average_cost:
            context.order_target("604018", 0)

answer = qr.Session(market, strategy=Gain).run(progress=False)
"""

ANSWERS = {
    "00_quickstart": ["answer = 5", "answer = ['filled', 'rejected', 'filled']", "answer = 'replaced_by_target'"],
    "10_time_travel": ["answer = '2021-11-01'", "answer = '2021-10-12'", "answer = 1400"],
    "20_order_lifecycle": ["answer = 'canceled'", "answer = 1230", "answer = 'filled'", "answer = 'xtquant'"],
    "30_workbench": ["answer = 100_000 - 2500 * 9.52 - 5.95", "answer = 'minimum_size'", "answer = 0"],
    "40_reports": ["answer = '688903.SH'", "answer = 0.63", "answer = '2022-05'"],
    "45_sweeps": [
        "answer = (12, 60)", "answer = 3",
        "answer = 'df9e0db67ad00396ffb9d24468195d4df513319576b5eec2f4d22f289f08bbaa'",
    ],
    "50_joinquant": ["answer = 3100", "answer = 35", "answer = 146_600"],
    "55_xtquant": ["answer = 57", "answer = 120144", "answer = 9.52"],
    "60_costs_and_rules": [
        "answer = 90", "answer = 20_000", "answer = 11.06", "answer = {'688903.SH'}", "answer = ('2007', 72)",
    ],
    "70_strategies": ["answer = (20, 5)", "answer = 0.029", "answer = 30", SELL_AT_A_GAIN],
    "80_futures": ["answer = 6000", "answer = 3", "answer = 10"],
    "85_margin_trading": ["answer = 125_000", "answer = 100_000", "answer = 66.67"],
    "86_options": ["answer = 5400", "answer = 5", "answer = 20_240"],
    "87_bonds": ["answer = 23.42", "answer = 5208", "answer = 28.23"],
}  # fmt: skip
"""What a reader would put in the place of each blank, notebook by notebook."""


def writer() -> ModuleType:
    """The script that writes the notebooks."""
    spec = importlib.util.spec_from_file_location("write_notebooks", NOTEBOOKS / "write_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exercises(lesson: str) -> list[NotebookNode]:
    """The cells of a stored notebook that ask something."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code" and BLANK.search(cell.source)]


def told(lesson: str, answers: list[str]) -> tuple[list[str], list[str]]:
    """The last line that each exercise prints for the right answer, and then for a wrong one."""
    script = (NOTEBOOKS / "source" / f"{lesson}.py").read_text(encoding="utf-8")
    notebook = new_notebook(cells=list(writer().cells(script)))
    asking = [cell for cell in notebook.cells if cell.cell_type == "code" and BLANK.search(cell.source)]
    assert len(asking) == len(answers)
    guessing = []
    for cell, answer in zip(asking, answers, strict=True):
        guess = new_code_cell(BLANK.sub("answer = 'no idea'", cell.source))
        notebook.cells.insert(notebook.cells.index(cell) + 1, guess)
        guessing.append(guess)
        cell.source = BLANK.sub(lambda _, text=answer: text.strip(), cell.source)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    right, wrong = (
        ["".join(output.get("text", "") for output in cell.outputs).splitlines()[-1] for cell in cells]
        for cells in (asking, guessing)
    )
    return right, wrong


def test_the_index_names_every_lesson_and_nothing_else() -> None:
    """Protects the way through the course: a lesson that the index does not name is not found, a dead link misleads."""
    text = "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS / f"{INDEX}.ipynb", as_version=4).cells)
    assert sorted(set(re.findall(r"\(([\w]+)\.ipynb\)", text))) == LESSONS


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


def test_every_lesson_has_its_answers_here() -> None:
    """Protects this list from falling behind: a new lesson brings the answers to its exercises."""
    assert sorted(ANSWERS) == LESSONS


@pytest.mark.parametrize("lesson", ANSWERS)
def test_an_exercise_takes_the_right_answer_and_no_other(lesson: str) -> None:
    """Protects learners: the right answer is accepted, a wrong one of the wrong kind gets a hint and no traceback."""
    right, wrong = told(lesson, ANSWERS[lesson])
    assert right == [RIGHT] * len(ANSWERS[lesson])
    assert all(line.startswith("Not yet. ") and len(line) > len("Not yet. ") for line in wrong), wrong


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
    assert compared(notebook, tmp_path / "as_stored.ipynb").returncode == 0
    cell = next(cell for cell in notebook.cells if "session.positions" in cell.source)
    table = cell.outputs[0].data["text/html"]
    assert "9.585" in table
    cell.outputs[0].data["text/html"] = table.replace("9.585", "9.586")
    done = compared(notebook, tmp_path / "tampered.ipynb")
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
    assert "9.586" in done.stdout
