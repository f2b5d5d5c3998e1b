"""What runs in the browser: the chart as a live canvas that is sent only what changed, and the keys of the workbench.

Plain ES modules beside this file, no build step, no network. Needs the extra ``live``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from qresearch.views.chart_data import MARKS, ChartData, Mark, PriceLine, Trade
from qresearch.views.panels.cells import CHART_WORDS

HEIGHT = 470
"""Of the canvas, CSS pixels."""
STUDIES = ("ma5", "ma20", "ma60", "bands", "channel")
"""What can be drawn over the prices: means of the last 5, 20 and 60 closes; the mean of 20 with two standard deviations
to both sides; the highest high and the lowest low of 20 bars."""
_ARRAYS = ("open", "high", "low", "close", "volume", "equity", "drawdown", "beside")


class LiveChart(anywidget.AnyWidget):
    """Candles, volume, equity and drawdown on a canvas, with crosshair, zoom, pan and a price to pick.

    Parameters
    ----------
    theme : {"auto", "light", "dark"}
    red_up : bool
    words : callable
        Labels by key.
    heard : callable, optional
        Of what was done on the canvas; default: it can be looked at alone.
        {"kind": "price", "price", "side"} for an order, {"kind": "bar", "label"} to go
        there, {"kind": "move", "order", "line", "price"} for a line that was dragged.

    Examples
    --------
    >>> import qresearch as qr
    >>> from qresearch.views.chart_data import ChartReader
    >>> session = qr.Session(qr.sample_market(), start="2022-03-01")
    >>> reader, chart = ChartReader(session), LiveChart("light", red_up=True, words=str, heard=print)
    >>> chart.show(reader.read("604018", 5))
    >>> chart.chart["labels"][-1], chart.chart["close"][-1]
    ('2022-02-28', 9.58)
    """

    # The text, not the path: of a path anywidget keeps every widget of the class alive, to reload it when it changes.
    _esm = Path(__file__).with_name("live_chart.js").read_text(encoding="utf-8")
    chart = traitlets.Dict().tag(sync=True)
    """The whole chart, as it was when it was last sent whole."""
    look = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        theme: str,
        *,
        red_up: bool,
        words: Callable[[str], str],
        heard: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        look = {
            "picks": "nothing" if heard is None else "",
            "theme": theme,
            "red_up": red_up,
            "height": HEIGHT,
            "studies": [],
            "words": {key: words(key) for key in CHART_WORDS},
            "marks": list(MARKS),
        }
        self._data: ChartData | None = None
        self._seq = 0
        self._heard = heard
        super().__init__(look=look, chart=_whole(None, 0))
        self.add_class("qr-live")
        self.on_msg(self._answer)

    @property
    def widget(self) -> LiveChart:
        """Itself: what a panel puts into its box."""
        return self

    def show(self, data: ChartData) -> None:
        """Bring the canvas up to date: another instrument is sent whole, else what is new."""
        old, self._data = self._data, data
        self._seq += 1
        if old is None or old.symbol != data.symbol or (keep := _same(old, data)) == 0:
            self.chart = _whole(data, self._seq)
            return
        facts: dict[str, Any] = {"title": data.title, "limits": _limits(data)}
        if old.marks != data.marks:
            facts |= {"marks": _plain(data.marks)}
        if old.trades != data.trades:
            facts |= {"trades": _plain(data.trades)}
        if old.lines != data.lines:
            facts |= {"lines": _plain(data.lines)}
        self.send({"kind": "update", "seq": self._seq, "keep": keep, "tail": _bars(data, keep), "facts": facts})

    def study(self, names: Iterable[str]) -> None:
        """Draw some studies over the prices, of :data:`STUDIES`."""
        self.look = {**self.look, "studies": list(names)}

    def _answer(self, _: object, message: Any, _buffers: object) -> None:
        """What the canvas says: a price was picked, or it has to be told everything."""
        if message.get("kind") in {"price", "bar", "move"}:
            if self._heard is not None:
                self._heard(message)
        elif message.get("kind") == "hello" and message.get("seq") != self._seq:
            self._seq += 1
            self.chart = _whole(self._data, self._seq)

    def close(self) -> None:
        """Close the widget and its layout."""
        self.layout.close()
        super().close()


class TableHands(anywidget.AnyWidget):
    """Listens for clicks on the heads of the table in whose panel it stands, and hands texts over to the browser.

    Parameters
    ----------
    sorted_by : callable
        Of the key of a column whose head was clicked.

    Examples
    --------
    >>> asked = []
    >>> hands = TableHands(asked.append)
    >>> hands.heard(hands, {"kind": "sort", "column": "symbol"}, [])
    >>> asked
    ['symbol']
    """

    _esm = Path(__file__).with_name("table_hands.js").read_text(encoding="utf-8")

    def __init__(self, sorted_by: Callable[[str], object]) -> None:
        self._sorted_by = sorted_by
        super().__init__()
        self.on_msg(self.heard)

    def heard(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Pass on a head that was clicked."""
        if content.get("kind") == "sort":
            self._sorted_by(str(content.get("column")))

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self.send({"kind": "copy", "text": text})

    def save(self, name: str, text: str) -> None:
        """Save a text as a file."""
        self.send({"kind": "save", "name": name, "text": text})

    def close(self) -> None:
        """Close the widget and its layout."""
        self.layout.close()
        super().close()


class Keys(anywidget.AnyWidget):
    """Listens for keys on the frame of the panels it stands in; it shows nothing itself.

    Parameters
    ----------
    name, slider : str
        What the frame and the slider of days are called, for those who listen to the page.
    pressed : callable
        Of what was asked for: "step", "step_phase", "back" or "play".

    Examples
    --------
    >>> asked = []
    >>> keys = Keys("Workbench", "Day", asked.append)
    >>> keys.press(keys, {"key": "step"}, [])
    >>> asked
    ['step']
    """

    # The text, not the path: of a path anywidget keeps every widget of the class alive, to reload it when it changes.
    _esm = Path(__file__).with_name("keys.js").read_text(encoding="utf-8")
    name = traitlets.Unicode().tag(sync=True)
    slider = traitlets.Unicode().tag(sync=True)

    def __init__(self, name: str, slider: str, pressed: Callable[[str], object]) -> None:
        self._pressed = pressed
        super().__init__(name=name, slider=slider)
        self.on_msg(self.press)

    def press(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """Pass on a key that the browser reports."""
        self._pressed(content["key"])


def _same(old: ChartData, new: ChartData) -> int:
    """Number of bars at the beginning that are the same in both."""
    if old.labels[:1] != new.labels[:1]:
        return 0
    count = min(len(old), len(new))
    differs: np.ndarray[Any, Any] = np.zeros(count, dtype=np.bool_)
    for name in _ARRAYS:
        left, right = getattr(old, name)[:count], getattr(new, name)[:count]
        differs |= (left != right) & ~(np.isnan(left) & np.isnan(right))
    found = int(differs.argmax()) if differs.any() else count
    while found and old.labels[found - 1] != new.labels[found - 1]:
        found -= 1
    return found


def _whole(data: ChartData | None, seq: int) -> dict[str, Any]:
    """Everything, as JSON data."""
    if data is None:
        return {
            "seq": seq,
            "symbol": "",
            "title": "",
            "tick": 0.0,
            "marks": [],
            "lines": [],
            "trades": [],
            "beside_name": "",
            "labels": [],
            "limits": [],
        } | {name: [] for name in _ARRAYS}
    facts = {"seq": seq, "symbol": data.symbol, "title": data.title, "tick": data.tick, "limits": _limits(data)}
    facts |= {"marks": _plain(data.marks), "lines": _plain(data.lines), "trades": _plain(data.trades)}
    return facts | {"beside_name": data.beside_name} | _bars(data, 0)


def _limits(data: ChartData) -> list[float | None]:
    return [_known(value) for value in data.limits]


def _bars(data: ChartData, keep: int) -> dict[str, list[Any]]:
    bars: dict[str, list[Any]] = {"labels": list(data.labels[keep:])}
    return bars | {name: [_known(value) for value in getattr(data, name)[keep:].tolist()] for name in _ARRAYS}


def _plain(parts: Iterable[Mark | PriceLine | Trade]) -> list[dict[str, Any]]:
    return [part._asdict() | {"price": _known(part.price)} for part in parts]


def _known(value: float) -> float | None:
    """A number as JSON knows it: what is not known is null."""
    return value if value == value else None
