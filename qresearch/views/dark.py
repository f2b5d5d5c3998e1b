"""Pictures that follow the page around them: drawn on a light ground, turned round by the style sheet where it is dark.

Why not the drawing itself with colours of the page: readers of notebooks drop elements of SVG that stand in HTML
(GitHub, a notebook that is not trusted), so that a picture has to stand beside them anyway; matplotlib's SVG of a plot
takes up to ten times the bytes of the picture; and what a user adds to the figure would not be turned.
"""

from __future__ import annotations

import base64
import re
from html import escape
from pathlib import Path

DARK = Path(__file__).with_name("dark.css").read_text(encoding="utf-8")
"""The style sheet that says where it is dark."""
TURN = re.findall("--qr-turn:([^}]+)", DARK)[0]
"""What turns the lightness of a picture round and leaves its hues; the same in the browser's tests."""
PAGE_STYLE = f"""<style>@media screen and (prefers-color-scheme:dark){{
html:not([data-theme="light"]){{background:#141414;color-scheme:dark}}
html:not([data-theme="light"]) body{{background:#fff;color:#000;filter:{TURN}}}}}</style>"""
"""For a page of ours that is drawn light, as a file of its own: where the system is dark it is turned as a whole."""
_STYLE = f"<style>{re.sub(r'/[*].*?[*]/', '', DARK, flags=re.DOTALL).strip()}</style>"


def as_light(page: str) -> str:
    """A page that stays light, for a frame that is turned by the page around it.

    >>> as_light('<!DOCTYPE html><html lang="en">')
    '<!DOCTYPE html><html data-theme="light" lang="en">'
    """
    return page.replace("<html", '<html data-theme="light"', 1)


def following(kind: str, picture: bytes, title: str, size: tuple[int, int]) -> str:
    """HTML of a picture that is light on a light page and dark on a dark one; without styles it stays light.

    Parameters
    ----------
    kind : {"png", "svg+xml"}
    picture : bytes
        On an opaque light ground.
    title : str
        Said where the picture cannot be seen.
    size : (int, int)
        Width and height in pixels; a narrow page shrinks it.

    Examples
    --------
    >>> following("png", b"...", "Equity", (800, 450)).partition("</style>")[2][-39:]
    'src="data:image/png;base64,Li4u"></div>'
    """
    data = base64.b64encode(picture).decode()
    look = 'style="max-width:100%;height:auto"'
    image = (
        f'<img class="qr-turns" alt="{escape(title)}" width="{size[0]}" {look} src="data:image/{kind};base64,{data}">'
    )
    return f'<div class="qr-auto">{_STYLE}{image}</div>'
