"""Links that carry a file: what comes out of them is what went in."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

import qresearch as qr
from qresearch.errors import UsageError
from qresearch.views import download
from qresearch.views.download import Download


def saved(link: Download, folder: Path) -> Path:
    """What a browser would write for a click."""
    name, data = re.fullmatch(
        r'<a download="([^"]+)" href="data:application/octet-stream;base64,([^"]*)">.*</a>', link._repr_html_()
    ).groups()
    path = folder / f"saved-{name}"
    path.write_bytes(base64.b64decode(data))
    return path


def test_a_journal_that_is_being_written_can_be_taken_along(tmp_path: Path) -> None:
    """Protects work on a hosted kernel: the file saved in the browser goes on elsewhere, with the last order in it."""
    market = qr.sample_market()
    session = qr.Session(market, start="2022-03-11", cash=100_000, journal=tmp_path / "my.qsession")
    session.step(3)
    ticket = session.buy("604018", 1000)
    resumed = qr.Session.resume(saved(Download(tmp_path / "my.qsession"), tmp_path), market)
    assert resumed.digest() == session.digest()
    assert resumed.ticket(int(ticket)).status == "QUEUED"


def test_any_other_file_comes_out_as_it_is(tmp_path: Path) -> None:
    """Protects notebooks, pages and tables: byte by byte, under their own name."""
    content = bytes(range(256))
    (tmp_path / 'a "b".bin').write_bytes(content)
    link = Download(tmp_path / 'a "b".bin')
    assert (link.content, link.name) == (content, 'a "b".bin')
    assert 'download="a &quot;b&quot;.bin"' in link._repr_html_()


def test_a_missing_or_large_file_is_a_wrong_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the page from a broken link and the browser from a file that it cannot hold."""
    with pytest.raises(UsageError, match="Write it first"):
        Download(tmp_path / "nothing.ipynb")
    monkeypatch.setattr(download, "LARGEST", 3)
    (tmp_path / "four").write_bytes(b"1234")
    with pytest.raises(UsageError, match="file browser"):
        Download(tmp_path / "four")
