"""The stored notebooks are what their scripts give, and are fit to be compared."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STORED = sorted(NOTEBOOKS.glob("*.ipynb"))
CHINESE = sorted((NOTEBOOKS / "zh").glob("*.ipynb"))
LARGEST = 300_000


def writer() -> ModuleType:
    """The script that writes the notebooks."""
    spec = importlib.util.spec_from_file_location("write_notebooks", NOTEBOOKS / "write_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_script_has_its_notebook() -> None:
    """Protects against a notebook that no script writes any more, or that was never written."""
    assert [path.stem for path in STORED] == [path.stem for path in sorted((NOTEBOOKS / "source").glob("*.py"))]


@pytest.mark.parametrize("path", [*STORED, *CHINESE], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_picture_that_a_lesson_shows_is_there(path: Path) -> None:
    """Protects readers on GitHub (defect 27): every picture of a text exists, and the workbench opens with one."""
    notebook = nbformat.read(path, as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", "\n".join(texts))
    assert [name for name in shown if not (path.parent / name).is_file()] == []
    if path.stem == "30_workbench":
        assert re.search(r"!\[[^\]]+\]\(([^)]*workbench[^)]*)\)", texts[0])


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_notebook_has_the_cells_of_its_script(path: Path) -> None:
    """Protects reviews from noise: all but the outputs follows from the script, byte by byte and without running it.

    The outputs are compared by nbval, which runs every lesson.
    """
    write, stored = writer(), nbformat.read(path, as_version=4)
    for cell in stored.cells:
        assert (cell.cell_type == "code") == ("outputs" in cell), cell.id
    bare = nbformat.from_dict(stored)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    drafted = write.draft(NOTEBOOKS / "source" / f"{path.stem}.py")
    assert write.text_of(bare) == write.text_of(drafted)
    assert write.text_of(stored) == path.read_text("utf-8")


def test_each_translated_script_has_its_chinese_notebook() -> None:
    """Protects against a translation that nobody finds, or one that no script gives any more."""
    write = writer()
    translated = [path.stem for path in sorted((NOTEBOOKS / "source").glob("*.py")) if write.is_translated(path)]
    assert [path.stem for path in CHINESE] == translated


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.stem)
def test_a_chinese_notebook_says_the_same_in_chinese(path: Path) -> None:
    """Protects its readers: every text is there, and code and outputs are those of the English one, which is run.

    Its links lead somewhere, and its punctuation is Chinese.
    """
    write, english = writer(), nbformat.read(NOTEBOOKS / path.name, as_version=4)
    written = write.draft(NOTEBOOKS / "source" / f"{path.stem}.py", "zh")
    write.adopt(written, english, path.name)
    assert write.text_of(written) == path.read_text("utf-8")
    assert [cell.cell_type for cell in written.cells] == [cell.cell_type for cell in english.cells]
    for cell in written.cells[:-1]:
        if cell.cell_type == "markdown":
            words = re.sub(r"`[^`]*`|\([^)]*\)", "", cell.source)
            assert re.search(r"[\u4e00-\u9fff]", words), cell.source
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", words), cell.source
    for target in re.findall(r"\]\(([^)#]+)\)", "\n".join(cell.source for cell in written.cells)):
        assert target.startswith("http") or (path.parent / target).exists(), target


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """Protects the writer itself: the index, which has no picture, comes out byte by byte as it is stored."""
    writer().main(["00_index", "--to", str(tmp_path)])
    assert (tmp_path / "00_index.ipynb").read_bytes() == (NOTEBOOKS / "00_index.ipynb").read_bytes()


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_notebook_is_fit_for_comparison(path: Path) -> None:
    """Protects nbval: it compares nothing in a cell that was never run, or that asks to be ignored."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert path.stat().st_size < LARGEST
    for cell in code:
        assert "nbval" not in cell.source.lower(), cell.id
        for output in cell.outputs:
            assert output.output_type in {"stream", "execute_result", "display_data"}, cell.id
            assert output.get("name") != "stderr", cell.id
            assert not any("widget-view" in mime for mime in output.get("data", {})), cell.id


def test_the_quickstart_is_short() -> None:
    """Protects the first meeting: fewer than 20 cells before the exercises: a fill, a rejection, a step back."""
    cells = nbformat.read(NOTEBOOKS / "00_quickstart.ipynb", as_version=4).cells
    exercises = next(number for number, cell in enumerate(cells) if cell.source.startswith("## Exercises"))
    assert exercises < 20
