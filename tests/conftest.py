"""For all tests: the same hypothesis examples everywhere in CI, no network, and a Ctrl-C that arrives."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

QUICK = frozenset({
    "test_session", "test_matching", "test_reasons", "test_fees", "test_sizing", "test_same_bar", "test_branches",
    "test_breakpoints", "test_what_if", "test_strategy", "test_tables", "test_statistics", "test_recording",
    "test_sentences", "test_corporate", "test_tabular",
})  # fmt: skip
"""Modules of tests/unit that together touch every floor of the house in about a minute: ``pytest -m quick tests``."""
LONG = ("browser", "property", "architecture", "crash", "notebooks")
"""Folders whose files take minutes, in the order in which they begin."""
LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0", None, "")

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def _refuse(host: object) -> None:
    if isinstance(host, bytes):
        host = host.decode()
    if host not in LOCAL:
        raise RuntimeError(f"A test reached for the network: {host!r}. qresearch works offline; give it local data.")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse every connection and look-up but those to this machine, which the kernels of notebooks need."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what runs in its background with Ctrl-C switched off; the tests of it need it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("QRESEARCH_LIVE"):
        return  # tests/contract/test_live.py asks the data vendors
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse(address[0])
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
        _refuse(host)
        return look_up(host, *args, **options)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_look_up)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker for each core, and none where single files or tests are asked for: they would wait for its start."""
    asked = [Path(word.partition("::")[0]) for word in config.args]
    return (os.cpu_count() or 1) if any(path.is_dir() for path in asked) else 0


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Any:
    """Report what failed in plain text: a worker that cannot send a text of ours would end the whole run instead."""
    return _plain((yield))


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _plain(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)(map(_plain, data))
    return str.__str__(data) if isinstance(data, str) else data


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the quick tests, before ``-m quick`` chooses among all of them."""
    if item.path.parent.name == "unit" and item.path.stem in QUICK:
        item.add_marker("quick")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those begin that take long, so that no worker is left alone with them at the end.

    After pytest-randomly has shuffled: those of the browser stay together, because they share one.
    """
    files = dict.fromkeys(item.path for item in items if item.path.parent.name in LONG)
    long = sorted(files, key=lambda path: LONG.index(path.parent.name))
    browser = [path for path in long if path.parent.name == LONG[0]]
    others = [path for path in long if path.parent.name != LONG[0]]
    # In turns: while one worker waits for a browser, another has something to compute.
    turns = {path: 2 * place for place, path in enumerate(browser)}
    turns |= {path: 2 * place + 1 for place, path in enumerate(others)}
    items.sort(key=lambda item: turns.get(item.path, 2 * len(long)))
