"""The channel between a page and its kernel: a server of Jupyter that loads the extension sends without delay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qresearch.channel import USE

OPENS = """
import sys
from jupyter_server.serverapp import ServerApp

server = ServerApp()
server.initialize(sys.argv[1:], new_httpserver=False)
made = server.web_app.settings["kernel_websocket_connection_class"]


class Handler:
    def set_nodelay(self, is_prompt):
        print("prompt:", is_prompt)


class Socket(made):
    def __init__(self):
        pass

    websocket_handler = Handler()


print([kind.__name__ for kind in made.__mro__[1:2]], server.extension_manager.extensions["qresearch.channel"].enabled)
try:
    Socket().connect()
except AttributeError:
    pass  # there is no kernel to go on to
"""
USUAL, GATEWAY = "ZMQChannelsWebsocketConnection", "GatewayWebSocketConnection"


@pytest.mark.parametrize(("options", "kind"), [((), USUAL), (("--gateway-url=http://127.0.0.1:9",), GATEWAY)])
def test_a_server_of_jupyter_opens_channels_without_delay(tmp_path: Path, options: tuple[str, ...], kind: str) -> None:
    """Protects a click from 40 ms of waiting for nothing: the option of ``qresearch lab`` is heard by a real server.

    The kind of channel stays what it was: that of a gateway too.
    """
    places = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [sys.executable, "-c", OPENS, USE, f"--ServerApp.root_dir={tmp_path}", *options]
    done = subprocess.run(command, env=os.environ | places, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"['{kind}'] True", "prompt: True"]


def test_the_page_of_the_app_opens_channels_without_delay() -> None:
    """Protects ``qresearch app`` likewise: Voila loads no extensions, so the page asks for it itself."""
    pytest.importorskip("voila", reason="voila is not installed: pip install '.[app]'")
    code = (
        "from qresearch.app import Page; page = Page(); page.initialize(['--no-browser']); page.listen = lambda: None; "
        "page.start(); made = page.app.settings['kernel_websocket_connection_class']; "
        "print(made.__name__, made.connect.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == f"Prompt{USUAL} qresearch.channel\n", done.stderr
