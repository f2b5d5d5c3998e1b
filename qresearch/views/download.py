"""A link that saves a file of the kernel's machine in the browser: work taken along before a hosted kernel ends."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from qresearch.errors import UsageError
from qresearch.session.journal import content_of

LARGEST = 20_000_000
"""Bytes of a file that still go into a page: the whole of it becomes part of the link."""


class Download:
    """A link to save a file, with the file inside: it works wherever the notebook is shown, and needs no server.

    Parameters
    ----------
    path : path
        A journal (also one that a session is writing), a notebook of :meth:`Session.to_script`, a page, a table.

    Raises
    ------
    UsageError
        No such file, or above 20 MB; write it first, or fetch it with the file browser of JupyterLab.

    Examples
    --------
    >>> import tempfile, qresearch as qr
    >>> session = qr.Session(qr.sample_market(), start="2022-03-11", cash=100_000).step()
    >>> notebook = tempfile.mkdtemp() + "/my-session.ipynb"
    >>> program = session.to_script(notebook)
    >>> Download(notebook)
    <Download my-session.ipynb>
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if not path.is_file():
            raise UsageError(f"There is no file {str(path)!r} to download. Write it first, or mend the path.")
        if path.stat().st_size > LARGEST:
            raise UsageError(
                f"{path.name} has {path.stat().st_size / 1e6:,.0f} MB, too many for a link. "
                "Save it with the file browser of JupyterLab (right click, Download)."
            )
        self.name = path.name
        self.content = content_of(path) or path.read_bytes()

    def __repr__(self) -> str:
        return f"<Download {self.name}>"

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.content).decode("ascii")
        name = escape(self.name, quote=True)
        return f'<a download="{name}" href="data:application/octet-stream;base64,{data}">Download {name}</a>'
