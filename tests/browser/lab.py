"""A real JupyterLab with Chromium before it: started once, one fresh notebook and one fresh page per test."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
import pytest

from qresearch.channel import USE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
TOKEN = "browser-tests"
ADDRESS = re.compile(r"http://[\w.]+:\d+/\S*token=[0-9a-f]{40,}")
"""Of a server, as it prints it."""
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"},
}
"""Of every notebook when it opens: a theme that the page before it chose is not that of the next."""
READY = """() => {
    const context = window.jupyterapp?.shell.currentWidget?.context;
    const session = context?.sessionContext, kernel = session?.session?.kernel;
    if (!kernel) return false;
    if (window.qrKernel !== kernel) {
        Object.assign(window, {qrKernel: kernel, qrAnswered: false, qrSince: performance.now()});
        kernel.anyMessage.connect((_, {msg}) => {
            window.qrSince = performance.now();
            window.qrAnswered ||=
                msg.header.msg_type === "comm_info_reply" || msg.content?.data?.method === "update_states";
        });
    }
    const isRestored = window.qrAnswered || performance.now() - window.qrSince > 3000;
    return isRestored && context.isReady && session.isReady && kernel.connectionStatus === "connected"
        && kernel.status === "idle" && !document.querySelector(".jp-Dialog");
}"""
"""The notebook is open and its kernel is connected: before that, running opens a dialog or runs only a part.

And the kernel has told the page which widgets it has, or has said nothing for a while: cells that make widgets do not
run into that question.
"""
RUN = """() => Promise.race([
    window.jupyterapp.commands.execute("notebook:run-all-cells"),
    new Promise((resolve) => setTimeout(resolve, 60000)),
]).then(() => null)"""
QUIET = "() => performance.now() - window.qrSince > 250"
"""The kernel has said nothing for a while: what the console complains of has been said."""
OVER = """() => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
    return prompts.length > 0 && prompts.every((prompt) => /\\[\\d+\\]/.test(prompt.textContent));
}"""
OUTPUTS = """() => [...document.querySelectorAll(".jp-CodeCell")].map((cell) => ({
    prompt: cell.querySelector(".jp-InputPrompt")?.textContent,
    output: cell.querySelector(".jp-OutputArea")?.innerText.slice(0, 600),
    classes: [...new Set([...cell.querySelectorAll("[class*=qr-]")].flatMap((node) => [...node.classList]))].join(" "),
    chart: [...cell.querySelectorAll(".qr-live-chart")].map((node) => [JSON.stringify(node.dataset), node.clientWidth]),
}))"""
"""What each cell shows, for the message of a test that failed."""

CONTRAST = """(within) => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll(`${within} *`)) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest("script, style, noscript") || node.disabled || !node.checkVisibility()) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) poor.push(`${node.tagName} ${node.className} ${node.textContent} ${ratio}`);
  }
  return poor;
}"""
"""Texts below 4.5 to 1 on what lies under them, in a part of the page that is found by a selector."""


BOXES = """() => {
  const drawn = (letter) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 40 });
    const ctx = canvas.getContext("2d");
    ctx.font = "30px sans-serif";
    ctx.fillText(letter, 4, 32);
    return canvas.toDataURL();
  };
  return drawn("\u4e2d") === drawn("\u56fd");
}"""
"""True where two Chinese letters look the same: boxes, for want of a font."""


def check_chinese(browser: Any) -> None:
    """Stop where pictures in Chinese would show boxes."""
    page = browser.new_page()
    if page.evaluate(BOXES):
        raise SystemExit("No font has Chinese letters: pictures would show boxes. apt-get install fonts-noto-cjk")
    page.close()


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def chromium() -> Iterator[Any]:
    """Chromium, headless; without it the tests are skipped, but not in CI."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[test]'")
    if CHROMIUM is None:
        words = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield started
        started.close()


@contextmanager
def page_of_file(
    browser: Any, path: Path, ready: str, at: str = "", *, height: int, **options: Any
) -> Iterator[tuple[Any, list[str]]]:
    """A page from a file, once it says that it is ready; and what it complained of, or asked for beside the file."""
    context = browser.new_context(viewport={"width": 1280, "height": height}, **options)
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda asked: heard.append(asked.url) if asked.url.partition("#")[0] != path.as_uri() else None)
    page.goto(path.as_uri() + at)
    page.wait_for_selector(ready)
    try:
        yield page, heard
    finally:
        context.close()


@contextmanager
def served(command: Sequence[str]) -> Iterator[str]:
    """A server that a command starts: gives its address with the token, and ends it with all that it started."""
    with tempfile.TemporaryDirectory() as made:
        log = Path(made) / "server.log"
        names = ("JUPYTER_CONFIG_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
        places = {name: str(Path(made) / name.lower()) for name in names}
        with log.open("w") as out:
            server = subprocess.Popen(
                command, env=os.environ | places, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            while (found := ADDRESS.search(log.read_text())) is None:
                if server.poll() is not None:
                    raise RuntimeError(f"{command} ended: {log.read_text()[-2000:]}")
                time.sleep(0.05)
            _answering(found[0])
            yield found[0]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=20)


def _answering(address: str) -> None:
    """Wait until a server answers: its address is printed before."""
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(address, timeout=30):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{address} does not answer.")


class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    browser : Browser
    folder : Path
        Where its settings and notebooks are.
    program : {"jupyterlab", "notebook"}
        JupyterLab, or Notebook 7.
    options : sequence of str
        Of the server; default those of ``qresearch lab``.
    """

    def __init__(
        self, browser: Any, folder: Path, program: str = "jupyterlab", options: Sequence[str] = (USE,)
    ) -> None:
        self._browser, self._folder, self._program, self._numbers = browser, folder, program, count(1)
        self._port = free_port()
        places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
                  "JUPYTERLAB_SETTINGS_DIR": "settings", "IPYTHONDIR": "ipython"}  # fmt: skip
        for name in places.values():
            (folder / name).mkdir(parents=True)
        self._notebooks = folder / "notebooks"
        self._notebooks.mkdir()
        self._log = (folder / "server.log").open("w")
        command = [
            sys.executable, "-m", program, "--no-browser", "--allow-root", "--ip=127.0.0.1",
            f"--port={self._port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self._notebooks}",
            "--expose-app-in-browser", *options,
        ]  # fmt: skip
        environment = os.environ | {name: str(folder / place) for name, place in places.items()}
        self._server = subprocess.Popen(command, env=environment, stdout=self._log, stderr=subprocess.STDOUT)
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            with suppress(OSError), urllib.request.urlopen(f"{self.address}/api?token={TOKEN}", timeout=2) as answer:
                if answer.status == 200:
                    return
            if self._server.poll() is not None:
                break
            time.sleep(0.2)
        raise RuntimeError(f"JupyterLab did not start: {(self._folder / 'server.log').read_text()[-2000:]}")

    @property
    def address(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        """End the server and its kernels."""
        self._server.terminate()
        self._server.wait(timeout=20)
        self._log.close()

    def _settle(self) -> None:
        for name, values in SETTINGS.items():
            path = self._folder / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values), encoding="utf-8")

    @contextmanager
    def notebook(
        self, cells: Sequence[str], *, width: int = 1280, height: int = 900, scale: float = 1.0
    ) -> Iterator[tuple[Any, list[str]]]:
        """A page with a notebook of some cells that have run, and what the console complained of meanwhile."""
        context, page, complaints = self._ran(cells, width, height, scale)
        try:
            yield page, complaints
        except Exception as error:
            # What stood there tells a page that was late from one that was wrong.
            with suppress(Exception):  # it may be closed
                error.add_note(f"The page said: {page.evaluate(OUTPUTS)}; its console: {complaints}")
            raise
        finally:
            self._end(context, page)

    @staticmethod
    def _end(context: Any, page: Any) -> None:
        """Close a page and end its kernel."""
        with suppress(Exception):
            page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
        context.close()

    def _ran(self, cells: Sequence[str], width: int, height: int, scale: float) -> tuple[Any, Any, list[str]]:
        """A context, its page with a notebook of some cells that have run, and what the console complained of."""
        self._settle()
        name = f"page{next(self._numbers)}"
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, self._notebooks / f"{name}.ipynb")
        context = self._browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        place = f"lab/workspaces/{name}/tree" if self._program == "jupyterlab" else "notebooks"
        page.goto(f"{self.address}/{place}/{name}.ipynb?token={TOKEN}&reset")
        page.wait_for_function(READY, timeout=60_000)
        page.evaluate(RUN)
        page.wait_for_function(OVER, timeout=60_000)
        from playwright.sync_api import TimeoutError as NeverQuiet  # noqa: PLC0415  # not installed where tests are skipped

        with suppress(NeverQuiet):  # a page that plays
            page.wait_for_function(QUIET, timeout=3_000)
        return context, page, complaints
