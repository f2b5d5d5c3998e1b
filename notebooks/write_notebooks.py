"""Write the notebooks: execute each script in ``source/`` and store it with its outputs.

``python notebooks/write_notebooks.py`` writes all of them; names (``00_quickstart``) pick some, ``--to FOLDER`` writes
elsewhere, and ``--texts`` runs nothing: it takes the outputs that are stored, where only texts have changed.

A script is in the percent format: ``# %%`` begins a code cell, ``# %% [markdown]`` a text cell, whose lines start with
``# ``. Behind a text cell may stand the same in Chinese, ``# %% [markdown] zh``; a script that has them all gives a
second notebook in ``zh/``, with the code and the outputs of the first. The result is the same byte by byte every time:
cells have numbers for ids, and no times or widget states are kept. Edit the scripts, never the notebooks.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).parent
MARK = "# %%"
TEXT = f"{MARK} [markdown]"
BROKEN = r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])\n(?=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])"
"""Ends of lines that stand inside a Chinese sentence: shown as spaces, they would tear it apart."""
INDEX = {"en": "Index", "zh": "目录"}
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def cells(text: str, language: str = "en") -> Iterator[NotebookNode]:
    """The cells of a script in the percent format, with its texts in one of the languages."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(MARK):
            if line.startswith(TEXT):
                told = line.removeprefix(TEXT).strip() or "en"
                blocks.append([line] if told == language else [])
            else:
                blocks.append([line])
        elif blocks and blocks[-1]:
            blocks[-1].append(line)
    for number, (head, *lines) in enumerate(block for block in blocks if block):
        name = f"cell-{number:02}"
        if head.startswith(TEXT):
            words = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines).strip()
            yield new_markdown_cell(re.sub(BROKEN, "", words), id=name)
        else:
            # Magics stand behind "#! ", so that the script stays Python.
            yield new_code_cell("\n".join(line.removeprefix("#! ") for line in lines).strip(), id=name)


def is_translated(script: Path) -> bool:
    """True when a script has texts in Chinese."""
    return f"{TEXT} zh" in script.read_text(encoding="utf-8").splitlines()


def title(script: Path, language: str) -> str:
    """The first words of a lesson, up to a colon."""
    head = next(cells(script.read_text(encoding="utf-8"), language)).source.partition("\n")[0]
    return re.split("[:：]", head.removeprefix("# "))[0]


def links(script: Path, language: str = "en") -> NotebookNode:
    """The last cell of a lesson: ways to the one before, to the index, to the next one, and to the other language."""
    scripts = sorted(script.parent.glob("*.py"))
    scripts = [one for one in scripts if language == "en" or is_translated(one)]
    place = scripts.index(script)
    found = []
    if place > 1:
        found.append(f"[← {title(scripts[place - 1], language)}]({scripts[place - 1].stem}.ipynb)")
    if place:
        found.append(f"[{INDEX[language]}]({scripts[0].stem}.ipynb)")
    if place + 1 < len(scripts):
        found.append(f"[{title(scripts[place + 1], language)} →]({scripts[place + 1].stem}.ipynb)")
    if is_translated(script):
        found.append(f"[中文](zh/{script.stem}.ipynb)" if language == "en" else f"[English](../{script.stem}.ipynb)")
    return new_markdown_cell("---\n" + " · ".join(found), id="links")


def draft(script: Path, language: str = "en") -> NotebookNode:
    """The notebook of a script before it is run."""
    written = [*cells(script.read_text(encoding="utf-8"), language), links(script, language)]
    if language != "en":

        def moved(link: re.Match[str]) -> str:
            lesson = (script.parent / link[1]).with_suffix(".py")
            return link[0] if lesson.exists() and is_translated(lesson) else f"](../{link[1]})"

        for cell in written[:-1]:
            if cell.cell_type == "markdown":
                # A folder further down: pictures, and lessons that are not translated, stand above it.
                cell.source = re.sub(r"\]\((pictures/[\w.]+|\w+\.ipynb)\)", moved, cell.source)
    return new_notebook(cells=written, metadata=METADATA)


def adopt(notebook: NotebookNode, other: NotebookNode, name: str) -> None:
    """Give the code of a notebook the outputs that the same code has in another one."""
    code, ran = ([cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, other))
    for cell, done in zip(code, ran, strict=True):
        if cell.source != done.source:
            raise SystemExit(
                f"{name}, {cell.id}: the code is not that of the stored outputs. Write it without --texts."
            )
        cell.outputs, cell.execution_count = done.outputs, done.execution_count


def run(notebook: NotebookNode, name: str) -> None:
    """Run a notebook in a fresh kernel of this Python, and keep what is the same every time."""
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(HERE)}},
    )
    client.execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise SystemExit(f"{name}, {cell.id} writes to stderr:\n{output.text}")
            output.get("data", {}).pop(WIDGET, None)


def text_of(notebook: NotebookNode) -> str:
    """What stands in the file of a notebook."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def main(argv: list[str] | None = None) -> None:
    """Write the notebooks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="such as 00_quickstart (default: all)")
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--texts", action="store_true", help="run nothing: texts alone have changed")
    options = parser.parse_args(argv)
    os.environ.pop("MPLBACKEND", None)  # pictures belong into the notebook
    for script in sorted((HERE / "source").glob("*.py")):
        if not options.names or script.stem in options.names:
            notebook = draft(script)
            if options.texts:
                adopt(notebook, nbformat.read(HERE / f"{script.stem}.ipynb", as_version=4), script.name)
            else:
                run(notebook, script.name)
            store(notebook, options.to / f"{script.stem}.ipynb")
            if is_translated(script):
                translated = draft(script, "zh")
                adopt(translated, notebook, script.name)
                store(translated, options.to / "zh" / f"{script.stem}.ipynb")


def store(notebook: NotebookNode, path: Path) -> None:
    """Write the file of a notebook."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text_of(notebook), encoding="utf-8")
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
