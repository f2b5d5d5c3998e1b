"""A recording: one HTML file that plays a session again, for people who have nothing but a browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qresearch.domain.moment import PHASES
from qresearch.domain.order import Status
from qresearch.errors import choose
from qresearch.files import PAGE, check_file, write_text
from qresearch.sentences import LANGUAGES, Words
from qresearch.views.chart_data import MARKS
from qresearch.views.page import PAGE_WORDS, page
from qresearch.views.panels.cells import CHART_WORDS, LOOKS, SHAPES, chart_word
from qresearch.views.recorded import RecordedRun
from qresearch.views.summary import FIGURES

if TYPE_CHECKING:
    from qresearch.session.port import AnySession

WORDS = (
    "orders", "fills", "positions", "cash", "available", "market_value", "equity", "profit", "branch", "symbol", "side",
    "order", "state", "reason", "quantity", "filled", "price", "terms", "placed", "day", "phase", "notional",
    "check_fees", "average_cost", "pause", "play", "no_orders",
    "no_fills", "no_positions", "choose_order", "order_ahead", "what_to_do", "told_of",
    "order_title", "a_buy", "a_sell", "PARTLY",
    "recording_first", "recording_back", "recording_on", "recording_next", "recording_last", "recording_slider",
    "recording_why", "recording_placed", "recording_figures", "recording_source", "recording_line", "recording_about",
    "recording_keys", *PAGE_WORDS, *FIGURES,
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
    heads = session.simulation.exchange.account.holding_words
    contents = RecordedRun(session, symbols, source=source).contents() | {
        "title": {name: _title(session, Words(name)) if title is None else title for name in LANGUAGES},
        "strategy": session.strategy.name if session.strategy.calls else "",
        "language": session.words.named(language).language,
        "theme": theme,
        "red_up": session.market.venue.money.currency == "CNY",
        "shapes": SHAPES,
        "marks": MARKS,
        "holding": heads,
        "words": {name: _words(Words(name), heads) for name in LANGUAGES},
        "chart": {name: {key: chart_word(Words(name), key) for key in CHART_WORDS} for name in LANGUAGES},
    }
    return write_text(path, page(contents, _STYLE, _SCRIPT), PAGE, "save_recording")


def _title(session: AnySession, words: Words) -> str:
    """What was done and when."""
    exchange = session.simulation.exchange
    last = max(branch.states[-1].day for branch in session.simulation.timeline.branches.values())
    what = session.strategy.name if session.strategy.calls else words("by_hand")
    return words("recording_title", what=what, first=exchange.date(exchange.first), last=exchange.date(max(last, 0)))


def _words(words: Words, heads: Sequence[str]) -> dict[str, str]:
    phases = {f"phase_{number}": words(phase.value) for number, phase in enumerate(PHASES)}
    states = {status.value: words(status.value) for status in Status if status.value in SHAPES}
    return {key: words(key) for key in (*WORDS, *heads)} | phases | states
