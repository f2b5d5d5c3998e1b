"""The page of QuantStats made to read: words at 4.5 to 1 on what lies under them, on a light system and on a dark one.

Its drawings are SVG in the page, whose words are shapes with a colour; nothing but colours is changed.
"""

from __future__ import annotations

import re

from qresearch.views.dark import PAGE_STYLE
from qresearch.views.picture import THEMES

INK, FAINT, LINK = "#262626", "#595959", "#0b6797"
"""QuantStats' own ink, a darker one for its grey, and one for its link."""
_COLOURS = {
    # Its yellow is hardly seen on white, nor what a dark page makes of it.
    "#fedd78": THEMES["light"].other,
    "h4{color:grey}": f"h4{{color:{FAINT}}}",
    "h4 a{color:#09c;": f"h4 a{{color:{LINK};",
}
_NARROW = "<style>@media screen and (max-width:1020px){body{margin:20px}}</style>"
"""Its two columns take 958 pixels: with its own margins they would stand one below the other at 1,000."""
_GREY_WORDS = re.compile(r'(<g id="text_\d+">\s*(?:<!--.*?-->\s*)?<g style="fill: )#808080')
_HEATMAP = re.compile(r'<div id="monthly_heatmap">.*?</svg>', re.DOTALL)
_CELL = re.compile(r"fill: #([0-9a-f]{6})(?=; stroke: #ffffff; stroke-width: 0\.5)")
_WHITE_WORDS = re.compile(r'(<g id="text_\d+">\s*(?:<!--.*?-->\s*)?<g style="fill: )#ffffff')


def readable(page: str) -> str:
    """The page with words that read; on a dark system it is turned as a whole."""
    for colour, better in _COLOURS.items():
        page = page.replace(colour, better)
    page = _GREY_WORDS.sub(rf"\g<1>{FAINT}", page)
    page = _HEATMAP.sub(lambda drawn: _paler(drawn[0]), page)
    return page.replace("</head>", f"{_NARROW}{PAGE_STYLE}</head>", 1)


def _paler(heatmap: str) -> str:
    """The cells in the light third of their colours: dark words read on each, turned as well."""

    def pale(cell: re.Match[str]) -> str:
        parts = (255 - (255 - int(cell[1][place : place + 2], 16)) // 3 for place in (0, 2, 4))
        return "fill: #" + "".join(f"{part:02x}" for part in parts)

    return _WHITE_WORDS.sub(rf"\g<1>{INK}", _CELL.sub(pale, heatmap))
