"""The workbench as a page of its own: what ``qresearch app`` serves, in a real browser."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from lab import chromium, free_port

pytest.importorskip("voila", reason="voila is not installed: pip install '.[app]'")

ICONS = re.compile(r"https://cdn\.jsdelivr\.net/npm/@fortawesome/fontawesome-free@%5E5/css/(all|v4-shims)\.min\.css")
"""Voila's page asks a network for an icon font that the workbench does not use. Nothing else may be asked for."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``qresearch app`` listens; ended after the tests."""
    folder, port = tmp_path_factory.mktemp("app"), free_port()
    code = "import sys; from qresearch.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "app", "--", "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}"]
    places = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "IPYTHONDIR": str(folder / "ipython")}
    with (folder / "log").open("w") as log:
        # A group of its own: the command starts Voila as another process, and both end together.
        app = subprocess.Popen(
            command, env=os.environ | places, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        for _ in range(600):
            said = Path(folder / "log").read_text()
            assert app.poll() is None, said[-2000:]
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(app.pid, signal.SIGTERM)
        app.wait(timeout=20)


@pytest.mark.parametrize("width", [1280, 1000])
def test_the_app_trades_by_clicks(address: str, tmp_path: Path, width: int) -> None:
    """Protects ``qresearch app``: the page opens, steps, buys, fills, goes back, and asks nobody for anything."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": 1250})
        complaints: list[str] = []
        asked: list[str] = []
        page.on(
            "console", lambda said: complaints.append(f"{said.text} {said.location}") if said.type == "error" else 0
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address, timeout=120_000)
        bench = page.locator(".qr-workbench").first
        bench.locator("button.qr-step").wait_for(timeout=120_000)

        def sees(place: str, text: str) -> None:
            bench.locator(place, has_text=text).first.wait_for(timeout=10_000)

        sees(".qr-now", "Before the first trading day, 2022-03-11")
        bench.locator("button.qr-step").click()
        sees(".qr-now", "2022-03-11 Fri, at the close")
        symbol = bench.locator(".qr-ticket .qr-field-symbol input")
        symbol.fill("604018")
        symbol.press("Tab")
        sees(".qr-instrument", "Hengyu Bank")
        bench.locator("button.qr-place").click()
        sees(".qr-ticket .qr-order", "queued")
        sees(".qr-open_orders table", "604018.SH")
        bench.locator("button.qr-step").click()
        sees(".qr-ticket .qr-order", "filled")
        bench.locator("button.qr-back").click()
        sees(".qr-ticket .qr-order", "queued")
        sees(".qr-now", "2022-03-11 Fri, at the close")
        page.wait_for_timeout(300)
        page.screenshot(path=tmp_path / f"app-{width}.png")
        desk = page.locator(".qr-desk").first.bounding_box()
        assert desk["width"] > 0.85 * width
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        strangers = [url for url in asked if not url.startswith((address, "data:", "blob:", "ws://127.0.0.1"))]
        assert [url for url in strangers if not ICONS.match(url)] == []
        assert [text for text in complaints if not ICONS.search(text)] == []
        page.close()
