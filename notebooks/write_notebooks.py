"""Write the notebooks: execute each script in ``source/`` and store it with its outputs.

``python notebooks/write_notebooks.py`` writes all of them; names (``00_quickstart``) pick some, ``--to FOLDER`` writes
elsewhere.

A script is in the percent format: ``# %%`` begins a code cell, ``# %% [markdown]`` a text cell, whose lines start with
``# ``. The result is the same byte by byte every time: cells have numbers for ids, and no times or widget states are
kept. Edit the scripts, never the notebooks.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HERE = Path(__file__).parent
MARK = "# %%"
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def cells(text: str) -> Iterator[NotebookNode]:
    """The cells of a script in the percent format."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(MARK):
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    for number, (head, *lines) in enumerate(blocks):
        name = f"cell-{number:02}"
        if "[markdown]" in head:
            words = [line.removeprefix("#").removeprefix(" ") for line in lines]
            yield new_markdown_cell("\n".join(words).strip(), id=name)
        else:
            # Magics stand behind "#! ", so that the script stays Python.
            yield new_code_cell("\n".join(line.removeprefix("#! ") for line in lines).strip(), id=name)


def links(script: Path) -> NotebookNode:
    """The last cell of a lesson: the ways to the one before, to the index and to the next one."""
    scripts = sorted(script.parent.glob("*.py"))
    place = scripts.index(script)
    found = []
    for sign, near in (("←", scripts[place - 1] if place > 1 else None), ("→", ([*scripts, None])[place + 1])):
        if near is not None:
            title = next(line for line in near.read_text(encoding="utf-8").splitlines() if line.startswith("# # "))
            name = title.removeprefix("# # ").partition(":")[0]
            found.append(
                f"[{sign} {name}]({near.stem}.ipynb)" if sign == "←" else f"[{name} {sign}]({near.stem}.ipynb)"
            )
    if place:
        found.insert(1 if place > 1 else 0, f"[Index]({scripts[0].stem}.ipynb)")
    return new_markdown_cell("---\n" + " · ".join(found), id="links")


def draft(script: Path) -> NotebookNode:
    """The notebook of a script before it is run."""
    return new_notebook(cells=[*cells(script.read_text(encoding="utf-8")), links(script)], metadata=METADATA)


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
    options = parser.parse_args(argv)
    os.environ.pop("MPLBACKEND", None)  # pictures belong into the notebook
    for script in sorted((HERE / "source").glob("*.py")):
        if not options.names or script.stem in options.names:
            path = options.to / f"{script.stem}.ipynb"
            notebook = draft(script)
            run(notebook, script.name)
            path.write_text(text_of(notebook), encoding="utf-8")
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
