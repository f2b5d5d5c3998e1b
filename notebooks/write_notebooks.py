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


def execute(script: Path) -> NotebookNode:
    """The notebook of a script, run in a fresh kernel of this Python."""
    notebook = new_notebook(cells=list(cells(script.read_text(encoding="utf-8"))), metadata=METADATA)
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
                raise SystemExit(f"{script.name}, {cell.id} writes to stderr:\n{output.text}")
            output.get("data", {}).pop(WIDGET, None)
    return notebook


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
            text = nbformat.writes(execute(script), version=4)
            path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
