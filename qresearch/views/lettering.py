"""The letters of pictures of pixels: the fonts in which they are drawn, and the words that those fonts can write.

Matplotlib's own font has no Chinese letters. Behind it stands one that has them, of those that are installed; where
none is, a picture is told in English, because boxes tell nobody anything.
"""

from __future__ import annotations

import logging
from functools import cache

from matplotlib.font_manager import fontManager

from qresearch.sentences import ENGLISH, Words

LATIN = "DejaVu Sans"
"""Matplotlib's own font: it is always there."""
CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC",
    "Microsoft YaHei", "SimHei", "Heiti SC", "Droid Sans Fallback",
)  # fmt: skip
"""Fonts with Chinese letters, the best first."""


@cache
def chinese_font() -> str | None:
    """A font with Chinese letters that is installed; None when there is none."""
    installed = {font.name for font in fontManager.ttflist}
    found = next((name for name in CHINESE if name in installed), None)
    if found is not None:
        logging.getLogger("matplotlib.font_manager").addFilter(_is_news)
    return found


def _is_news(record: logging.LogRecord) -> bool:
    """False where matplotlib tells that a font with Chinese has one weight only, as most have: said for each text."""
    told = record.args
    return not ("font weight" in str(record.msg) and isinstance(told, tuple) and any(name in told for name in CHINESE))


def families() -> list[str]:
    """What matplotlib is to take letters from, in this order; all of it is installed, so that it complains of nothing.

    >>> families()[0]
    'DejaVu Sans'
    """
    found = chinese_font()
    return [LATIN] if found is None else [LATIN, found]


def drawable(words: Words) -> Words:
    """The words of a picture: those that were asked for, English where no installed font has their letters.

    >>> drawable(Words("en")).language
    'en'
    """
    return ENGLISH if words.language != ENGLISH.language and chinese_font() is None else words
