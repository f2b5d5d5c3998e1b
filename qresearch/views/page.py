"""One HTML file that has all that it shows: it opens from a disk, a mail or a web page, without kernel and network.

A policy in the file forbids everything but its own script and style sheet, which it names by their hashes. What it
shows stands in an element that no browser executes, and the script writes it as text only.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from qresearch.files import PAGE, write_text
from qresearch.market.panel import Floats

PAGE_WORDS = (
    "page_search", "page_csv", "page_language", "page_theme", "page_auto", "page_light", "page_dark", "page_noscript",
    "more", "none_match",
)  # fmt: skip
"""Keys of what every page says."""
HEIGHT = 900
"""Of a page inside a notebook, in pixels."""
_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "page.js").read_text(encoding="utf-8")


class Page:
    """An interactive page; in a notebook it shows itself in a frame of its own.

    Parameters
    ----------
    html : str
        The whole page.
    title : str
    """

    def __init__(self, html: str, title: str) -> None:
        self.html, self.title = html, title

    def save(self, path: str | Path) -> Path:
        """Write the page as an HTML file; the path is returned. A file that somebody else wrote is refused."""
        return write_text(path, self.html, PAGE, "save")

    def _repr_html_(self) -> str:
        look = f"width:100%;height:{HEIGHT}px;border:0"
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts allow-downloads" style="{look}" '
            f'srcdoc="{escape(self.html)}"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title}: {len(self.html) / 1000:,.0f} kB>"


def page(contents: dict[str, Any], style: str, script: str) -> str:
    """A page of some contents that loads nothing and executes nothing but its own script.

    Parameters
    ----------
    contents : dict
        As JSON knows it, with ``language``, ``theme``, ``red_up``, and ``title`` and ``words`` by language.
    style, script : str
        Of this page, behind those that every page has.

    Returns
    -------
    str
        HTML.
    """
    style, script = _STYLE + style, _SCRIPT + script
    # What would end the element, or a line of a script, is written as an escape of JSON.
    data = json.dumps(contents, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<\u2028\u2029":
        data = data.replace(mark, f"\\u{ord(mark):04x}")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="{contents["language"]}"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(contents['title'][contents['language']])}</title>\n<style>{style}</style></head>\n<body>"
        f"<noscript>{escape(contents['words'][contents['language']]['page_noscript'])}</noscript>"
        f'<div id="page"></div>\n<script type="application/json" id="data">{data}</script>\n'
        f'<script type="module">{script}</script></body></html>\n'
    )


def numbers(values: Floats | Sequence[float]) -> list[float | int | None]:
    """Numbers as JSON knows them: what is not known is null, and whole ones take no point.

    >>> numbers([9.5, 1200.0, float("nan")])
    [9.5, 1200, None]
    """
    return [
        None if value != value else int(value) if value == int(value) else round(value, 6)
        for value in np.asarray(values, dtype=np.float64).tolist()
    ]


def _hash(text: str) -> str:
    """How a policy names what it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
