"""The notebooks run as tests: their cells in order, with pictures inline and a warm font cache, then their exercises.

Behind the cells that nbval compares stands one item more for each lesson: in the same kernel each exercise is answered
rightly and wrongly, so that the lesson is run once for both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from answers import ANSWERS, BLANK

from qresearch.exercises import RIGHT

TIMEOUT = 120
"""Seconds for one answer."""
GUESS = "answer = 'no idea'"
"""A wrong answer of the wrong kind."""
HINT = "Not yet. "


def pytest_configure(config: pytest.Config) -> None:
    """Let the kernels choose their own way of drawing; no picture of this process opens a window.

    Images in HTML are left out of the comparison, as nbval leaves out images: they are those of one version of
    matplotlib. sanitize.cfg says how.

    Looking for fonts here builds matplotlib's cache of them: in a kernel it would write about it to stderr.
    """
    import matplotlib.font_manager  # noqa: PLC0415

    os.environ.pop("MPLBACKEND", None)
    matplotlib.use("agg")
    config.option.nbval_sanitize_with = str(Path(__file__).with_name("sanitize.cfg"))


class Exercises(pytest.Item):
    """The exercises of a lesson: the right answer is accepted, a wrong one gets a hint and no traceback."""

    def runtest(self) -> None:
        """Answer each exercise in the kernel of the notebook, rightly and then wrongly."""
        asking = [
            cell.source for cell in self.parent.nb.cells if cell.cell_type == "code" and BLANK.search(cell.source)
        ]
        for source, answer in zip(asking, ANSWERS[self.path.stem], strict=True):
            said = self._said(BLANK.sub(lambda _, text=answer: text.strip(), source))
            assert said == RIGHT, f"{answer}: {said}"
            said = self._said(BLANK.sub(GUESS, source))
            assert said.startswith(HINT), said
            assert len(said) > len(HINT), said

    def _said(self, source: str) -> str:
        """The last line that a cell prints."""
        printed: list[str] = []
        reply = self.parent.kernel.kc.execute_interactive(
            source, allow_stdin=False, timeout=TIMEOUT,
            output_hook=lambda told: printed.append(told["content"].get("text", "")),
        )  # fmt: skip
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))
        return "".join(printed).splitlines()[-1]

    def reportinfo(self) -> tuple[str, int, str]:
        """What a failure is headed with."""
        return str(self.path), 0, f"exercises of {self.path.stem}"


def followed(cells: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The cells of the notebooks in order, and the exercises of a lesson behind its last one."""
    cells.sort(key=lambda item: (str(item.path), item.cell_num))  # type: ignore[attr-defined]
    for path, own in groupby(cells, key=lambda item: item.path):
        items = list(own)
        yield from items
        file = items[0].parent
        code = sum(cell.cell_type == "code" for cell in file.nb.cells)
        # In zh/ stand the same cells: their exercises are those of the English lesson.
        if path.stem in ANSWERS and path.parent.name != "zh" and len(items) == code:
            yield Exercises.from_parent(file, name="exercises")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the cells back in order after pytest-randomly has shuffled all tests; each notebook shares one kernel."""
    cells = [item for item in items if hasattr(item, "cell_num")]
    items[:] = [item for item in items if not hasattr(item, "cell_num")] + list(followed(cells))
