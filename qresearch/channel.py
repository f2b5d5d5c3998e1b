"""The channel between a page and its kernel, as a server of Jupyter keeps it: with this, it sends without delay.

One click brings several small messages back: that the kernel is busy, and then each part of the workbench that has
changed. As Jupyter opens the channel, the second of two small messages waits until the browser has confirmed the first
(Nagle's algorithm, RFC 896), and a browser that has nothing to say confirms after 40 ms on Linux (delayed
acknowledgment, RFC 1122, 4.2.3.2). So clicks in quick succession, and the steps of play, took 40 ms longer than their
work. ``qresearch lab`` and ``qresearch app`` open channels without that delay; another JupyterLab does after
``jupyter server extension enable qresearch.channel``.
"""

from __future__ import annotations

from typing import Any

SETTING = "kernel_websocket_connection_class"
"""The setting of a server of Jupyter that names what a channel is."""
USE = "--ServerApp.jpserver_extensions=qresearch.channel=True"
"""Option with which JupyterLab loads this extension, beside all others."""


def make_prompt(settings: dict[str, Any]) -> None:
    """Let every channel of a server send at once, whatever kind of channel is set: that of a gateway as well.

    Parameters
    ----------
    settings : dict
        Of the server; changed in place.

    Examples
    --------
    >>> class Handler:
    ...     def set_nodelay(self, is_prompt):
    ...         print("prompt:", is_prompt)
    >>> class Usual:
    ...     websocket_handler = Handler()
    ...     def connect(self):
    ...         return "connected"
    >>> settings = {"kernel_websocket_connection_class": Usual}
    >>> make_prompt(settings)
    >>> settings["kernel_websocket_connection_class"]().connect()
    prompt: True
    'connected'
    """
    usual = settings[SETTING]

    def connect(channel: Any) -> Any:
        """As the usual channel, and prompt."""
        channel.websocket_handler.set_nodelay(True)
        return usual.connect(channel)

    settings[SETTING] = type(f"Prompt{usual.__name__}", (usual,), {"connect": connect})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """What a server of Jupyter loads of this package."""
    return [{"module": "qresearch.channel"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by a server of Jupyter when it starts."""
    make_prompt(server.web_app.settings)
