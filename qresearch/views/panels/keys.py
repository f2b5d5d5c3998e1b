"""Keys of the workbench, where the front end can pass them on. Needs the extra ``live``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets


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
