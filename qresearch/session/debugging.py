"""The standard debugger, opened inside a callback."""

from __future__ import annotations

import pdb
import sys
from bdb import BdbQuit
from collections.abc import Callable
from pathlib import Path
from types import FrameType

_PACKAGE = str(Path(__file__).resolve().parent.parent)

LeftDebugger = BdbQuit
"""What leaving the debugger with ``q`` raises: the step is then not taken."""


class _Pdb(pdb.Pdb):
    """The debugger, which also tells whether it was left with ``q``."""

    left = False

    def set_quit(self) -> None:
        """Leave, for good."""
        self.left = True
        super().set_quit()


class Debugger:
    """``pdb`` for the callbacks of one step.

    It asks through ``input`` and so works in a terminal and in JupyterLab.

    Parameters
    ----------
    at_callbacks : bool
        True: stop on the first line of every callback; False: only where :meth:`open_here` is called.
    """

    def __init__(self, *, at_callbacks: bool) -> None:
        self._pdb = _Pdb(nosigint=True)
        self._at_callbacks = at_callbacks

    def call(self, hook: Callable[[], object]) -> None:
        """Call a hook, under the debugger if it is to stop there."""
        if self._at_callbacks:
            # Returns as if nothing had happened when it is left.
            self._pdb.runcall(hook)
            if self._pdb.left:
                raise LeftDebugger
        else:
            before = sys.gettrace()
            try:
                hook()
            finally:
                sys.settrace(before)

    def open_here(self) -> None:
        """Stop in the user's function that is running now."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
            frame = frame.f_back
        if frame is not None:
            self._pdb.set_trace(frame)
