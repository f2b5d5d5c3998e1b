"""A recording: one HTML file that plays a session again, for people who have nothing but a browser.

It opens from a disk, a mail or a web page, without a kernel and without a network: a policy in the file forbids
everything but its own script and style sheet, which it names by their hashes. What was recorded stands in an element
that no browser executes, and the script writes it as text only.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qresearch.domain.moment import PHASES
from qresearch.domain.order import Status
from qresearch.errors import choose
from qresearch.files import PAGE, check_file, write_text
from qresearch.sentences import LANGUAGES, Words
from qresearch.views.chart_data import MARKS
from qresearch.views.panels.cells import CHART_WORDS, LOOKS, SHAPES, chart_word
from qresearch.views.recorded import RecordedRun
from qresearch.views.summary import FIGURES

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

WORDS = (
    "orders", "fills", "positions", "cash", "available", "market_value", "equity", "profit", "branch", "symbol", "side",
    "order", "state", "reason", "quantity", "filled", "price", "terms", "placed", "day", "phase", "notional",
    "check_fees", "held", "sellable", "locked", "average_cost", "pause", "play", "more", "none_match", "no_orders",
    "no_fills", "no_positions", "choose_order", "order_ahead", "what_to_do", "a_buy", "a_sell", "PARTLY",
    "recording_first", "recording_back", "recording_on", "recording_next", "recording_last", "recording_slider",
    "recording_search",
    "recording_csv", "recording_why", "recording_placed", "recording_figures", "recording_source", "recording_line",
    "recording_language", "recording_theme", "recording_auto", "recording_light", "recording_dark", "recording_about",
    "recording_keys", "recording_noscript", *FIGURES,
)  # fmt: skip
"""Keys of what the page says."""
_HERE = Path(__file__).parent
_STYLE = (_HERE / "recording.css").read_text(encoding="utf-8")
_CHART = (_HERE / "panels" / "live_chart.js").read_text(encoding="utf-8").replace("export default", "return")
_SCRIPT = f"const liveChart = (() => {{\n{_CHART}}})();\n" + (_HERE / "recording.js").read_text(encoding="utf-8")


def save_recording(
    session: AnySession,
    path: str | Path,
    *,
    symbols: Sequence[str] = (),
    source: bool = True,
    title: str | None = None,
    language: str | None = None,
    theme: str = "auto",
) -> Path:
    """Write a session as one page that plays it again; see :meth:`Session.save_recording`."""
    check_file(path, "save_recording")
    choose("theme", theme, LOOKS)
    contents = RecordedRun(session, symbols, source=source).contents() | {
        "title": _title(session) if title is None else title,
        "strategy": session.strategy.name if session.strategy.calls else "",
        "language": session.words.named(language).language,
        "theme": theme,
        "red_up": session.market.venue.money.currency == "CNY",
        "shapes": SHAPES,
        "marks": MARKS,
        "words": {name: _words(Words(name)) for name in LANGUAGES},
        "chart": {name: {key: chart_word(Words(name), key) for key in CHART_WORDS} for name in LANGUAGES},
    }
    return write_text(path, page(contents), PAGE, "save_recording")


def _title(session: AnySession) -> str:
    """What was done and when, in the language of the session."""
    exchange, words = session.simulation.exchange, session.words
    last = max(branch.states[-1].day for branch in session.simulation.timeline.branches.values())
    what = session.strategy.name if session.strategy.calls else words("by_hand")
    return words("recording_title", what=what, first=exchange.date(exchange.first), last=exchange.date(max(last, 0)))


def _words(words: Words) -> dict[str, str]:
    phases = {f"phase_{number}": words(phase.value) for number, phase in enumerate(PHASES)}
    states = {status.value: words(status.value) for status in Status if status.value in SHAPES}
    return {key: words(key) for key in WORDS} | phases | states


def page(contents: dict[str, Any]) -> str:
    """A page of some contents that loads nothing and executes nothing but its own script.

    Parameters
    ----------
    contents : dict
        As JSON knows it.

    Returns
    -------
    str
        HTML.
    """
    # What would end the element, or a line of a script, is written as an escape of JSON.
    data = json.dumps(contents, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<\u2028\u2029":
        data = data.replace(mark, f"\\u{ord(mark):04x}")
    policy = (
        f"default-src 'none'; script-src {_hash(_SCRIPT)}; style-src {_hash(_STYLE)}; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="{contents["language"]}"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(contents['title'])}</title>\n<style>{_STYLE}</style></head>\n<body>"
        f"<noscript>{escape(contents['words'][contents['language']]['recording_noscript'])}</noscript>"
        f'<div id="page"></div>\n<script type="application/json" id="recording">{data}</script>\n'
        f'<script type="module">{_SCRIPT}</script></body></html>\n'
    )


def _hash(text: str) -> str:
    """How a policy names what it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
