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
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lab import free_port

pytest.importorskip("voila", reason="voila is not installed: pip install '.[app]'")

TOKEN = re.compile(r"http://[\w.]+:\d+/\?token=([0-9a-f]{40,})")


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
        while (found := TOKEN.search(Path(folder / "log").read_text())) is None:
            assert app.poll() is None
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/?token={found[1]}"
    finally:
        os.killpg(app.pid, signal.SIGTERM)
        app.wait(timeout=20)


@pytest.mark.parametrize("width", [1280, 1000])
def test_the_app_trades_by_clicks(browser: Any, address: str, tmp_path: Path, width: int) -> None:
    """Protects ``qresearch app``: the page opens, steps, buys, fills, goes back, and asks nobody for anything."""
    page = browser.new_page(viewport={"width": width, "height": 1250})
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.text} {said.location}") if said.type == "error" else 0)
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
    assert desk["width"] > 0.98 * width
    assert (desk["x"], desk["y"]) == (0, 0)  # no strip of another colour above it
    assert page.locator("h1, h2, pre").count() == 0
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    home = address.partition("?")[0]
    strangers = [url for url in asked if not url.startswith((home, "data:", "blob:", "ws://127.0.0.1"))]
    assert strangers == []
    assert complaints == []
    page.close()


def asks(address: str, path: str, *, method: str = "GET", **headers: str) -> tuple[int, str]:
    """The status of an answer, and where it leads."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


KERNEL = "/api/kernels/00000000-0000-0000-0000-000000000000"
SOCKET = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip


@pytest.mark.parametrize("query", ["", "?token=", "?token=0123456789abcdef"])
def test_the_app_answers_nobody_without_its_token(address: str, query: str) -> None:
    """Protects the kernel from other users of the machine: no page, no kernel, no widget without the token."""
    status, leads_to = asks(address, f"/{query}")
    assert (status, leads_to.partition("?")[0]) == (302, "/login")
    assert asks(address, f"{KERNEL}{query}")[0] == 403
    assert asks(address, f"{KERNEL}{query}", method="DELETE")[0] == 403
    assert asks(address, f"{KERNEL}/channels{query}", **SOCKET)[0] == 403
    assert asks(address, f"/voila/api/shutdown/{KERNEL[-36:]}{query}", method="POST")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8866", "localhost.evil.example", "192.0.2.1"])
def test_the_app_answers_under_its_own_name_only(address: str, host: str) -> None:
    """Protects against a page of the web whose name is made to point at this machine, even one that has the token."""
    query = address.partition("?")[2]
    for path in (f"/?{query}", f"{KERNEL}?{query}", f"/login?{query}"):
        assert asks(address, path, Host=host)[0] == 403
    assert asks(address, f"{KERNEL}/channels?{query}", Host=host, Origin=f"http://{host}", **SOCKET)[0] == 403
    assert asks(address, f"{KERNEL}?{query}", Host="localhost")[0] == 404  # ours; there is no such kernel
