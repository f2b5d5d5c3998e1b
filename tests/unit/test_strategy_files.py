"""Strategies in files: the encodings in which people save them, what is no file, and scripts that call exit()."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import qresearch as qr
from qresearch import cli
from qresearch.dialects.joinquant import Script
from qresearch.session.host import source_of

NAME = "策略"
BODY = f"""NAME = '{NAME}'
def handle_data(context, data):
    context.log(NAME)
"""
READABLE = {
    "utf-8": BODY.encode(),
    "utf-8 with a BOM": b"\xef\xbb\xbf" + BODY.encode(),
    "gbk": f"# -*- coding: gbk -*-\n{BODY}".encode("gbk"),
    "gbk in line 2": f"#!/usr/bin/env python\n# vim: set fileencoding=gb18030 :\n{BODY}".encode("gb18030"),
    "big5": f"# coding: big5\n{BODY}".encode("big5"),
    "Windows lines": f"# coding: gbk\n{BODY}".replace("\n", "\r\n").encode("gbk"),
}
UNREADABLE = {
    "gbk, not declared": (BODY.encode("gbk"), "line 1 is not UTF-8"),
    "gbk, further down": (b"a = 1\nb = 2\n" + BODY.encode("gbk"), "line 3 is not UTF-8"),
    "declared, but other": (b"# coding: ascii\n" + BODY.encode(), "line 2 is not ASCII"),
    "utf-16": (BODY.encode("utf-16"), "UTF-16"),
    "utf-32": (BODY.encode("utf-32"), "UTF-16 or UTF-32"),
    "unknown encoding": (b"# coding: klingon\n" + BODY.encode(), "unknown encoding"),
    "a codec of no text": (b"# coding: hex\n6162\n", "not a text encoding"),
    "a BOM against a declaration": (b"\xef\xbb\xbf# coding: gbk\n" + BODY.encode(), "encoding"),
    "binary": (b"\x7fELF\0\0\0\x01", "null bytes"),
}


def opened(strategy: object) -> qr.Session:
    return qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000, strategy=strategy)


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
def test_a_file_loads_in_the_encoding_that_it_declares(content: bytes, tmp_path: Path) -> None:
    """Protects files saved by Windows Notepad and by Chinese editors: every way to load reads what Python would."""
    path = tmp_path / "strategy.py"
    path.write_bytes(content)
    session = opened(path).step()
    assert session.events["text"].to_list().count(NAME) == 1
    session.strategy = str(path)
    assert session.step().events["text"].to_list().count(NAME) == 2
    assert f"NAME = '{NAME}'" in source_of(path)
    assert cli.main(["run", str(path), "--data", "sample", "--start", "2022-03-01", "--end", "2022-03-04",
                     "--out", str(tmp_path / "out")]) == 0  # fmt: skip


@pytest.mark.parametrize(("content", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_decoded_is_a_sentence(
    content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects the person who saved it in another encoding: what is wrong, where, and how to save it."""
    path = tmp_path / "strategy.py"
    path.write_bytes(content)
    with pytest.raises(qr.UsageError, match=words) as told:
        opened(path)
    assert str(path) in str(told.value)
    assert "Save it as UTF-8" in str(told.value)
    assert source_of(path) == ""
    assert cli.main(["run", str(path), "--data", "sample", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("qresearch: Cannot read the strategy")


@pytest.mark.parametrize("dialect", [[], ["--dialect", "joinquant"], ["--dialect", "easyquant"]], ids=str)
def test_what_is_no_file_is_a_sentence_and_never_waited_for(
    dialect: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects `run` from hanging on a pipe, and from tracebacks for folders, devices and missing files."""
    pipe, folder = tmp_path / "pipe.py", tmp_path / "folder.py"
    os.mkfifo(pipe)
    folder.mkdir()
    zero = tmp_path / "zero.py"
    zero.symlink_to("/dev/zero")
    for path, words in [(pipe, "a pipe"), (folder, "a folder"), (zero, "a device"), (tmp_path / "no.py", "No such")]:
        assert cli.main(["run", str(path), "--data", "sample", *dialect, "--out", str(tmp_path / "out")]) == 2
        error = capsys.readouterr().err
        assert error.startswith("qresearch: ")
        assert words in error
        assert "Pass the path of a .py file" in error
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------------------------------- exit()

CALLBACKS = {
    "initialize": "def initialize(context):\n    {exit}\ndef handle_data(context, data): pass\n",
    "before_trading": "def before_trading(context):\n    {exit}\n",
    "handle_data": "def handle_data(context, data):\n    {exit}\n",
    "after_trading": "def after_trading(context):\n    {exit}\n",
    "scheduled": "def initialize(context):\n    run_daily(scheduled, 'open')\ndef scheduled(context):\n    {exit}\n",
    "on_order": "def before_trading(context):\n    order('604018', 100)\ndef on_order(context, event):\n    {exit}\n",
    "on_fill": "def before_trading(context):\n    order('604018', 100)\ndef on_fill(context, fill):\n    {exit}\n",
    "load": "x = 1\n{exit}\ndef handle_data(context, data): pass\n",
}


@pytest.mark.parametrize("words", ["raise SystemExit", "raise SystemExit(0)", "import sys; sys.exit(3)"])
@pytest.mark.parametrize("callback", CALLBACKS)
def test_exit_in_a_strategy_is_an_error_of_the_strategy(
    callback: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects a run from ending with code 0 and no word: exit() anywhere names its line, and the exit code is 2."""
    path = tmp_path / "leaves.py"
    path.write_text(CALLBACKS[callback].format(exit=words))
    line = 1 + path.read_text().split("\n").index(("" if callback == "load" else "    ") + words)
    with pytest.raises(qr.StrategyError, match="return") as told:
        opened(path).run(progress=False)
    assert (told.value.callback, told.value.line) == (callback, line)
    assert isinstance(told.value.__cause__, SystemExit)
    if callback not in {"initialize", "load"}:
        assert told.value.day == ("2022-03-02" if callback == "on_fill" else "2022-03-01")
    assert cli.main(["run", str(path), "--data", "sample", "--start", "2022-03-01", "--out", str(tmp_path / "o")]) == 2
    assert f"line {line}" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_exit_keeps_the_days_before() -> None:
    """Protects what a run has done: the session stands before the step, and the attempt tells what it had done."""

    def handle_data(context: object) -> None:
        context.order("604018", 100)
        if context.now.day.day == 3:
            raise SystemExit

    session = opened(handle_data)
    with pytest.raises(qr.StrategyError, match="SystemExit on 2022-03-03 at CLOSE"):
        session.run(progress=False)
    assert str(session.now.day)[:10] == "2022-03-02"
    assert len(session.orders) == 2
    assert len(session.attempt.orders) == 2


@pytest.mark.parametrize("dialect", ["joinquant", "easyquant"])
def test_exit_in_a_script_of_another_system(dialect: str) -> None:
    """Protects scripts that leave early on their platform: while loaded, in initialize, and during the run."""
    begin = "set_handle_data(handle_data)" if dialect == "easyquant" else "pass"
    for script, words in [
        ("import sys\nsys.exit()\ndef initialize(context): pass\n", "line 2"),
        ("import sys\ndef initialize(context):\n    sys.exit()\n", "line 3"),
        (f"import sys\ndef initialize(context): {begin}\ndef handle_data(context, data):\n    sys.exit()\n", "line 4"),
    ]:
        with pytest.raises(qr.StrategyError, match=words):
            qr.Session.from_script(script, qr.sample_market(), "2022-03-01", dialect=dialect).run(progress=False)


@pytest.mark.parametrize("problem", [SystemExit(1), ValueError("no such file")], ids=repr)
def test_a_constructor_that_raises_names_its_line(problem: BaseException) -> None:
    """Protects strategies that are classes: what their constructor raises is an error of the strategy."""

    class Broken:
        def __init__(self) -> None:
            raise problem

        def handle_data(self, context: object) -> None: ...

    with pytest.raises(qr.StrategyError, match=r"Broken cannot be loaded: \w+ in line \d+"):
        opened(Broken)


def test_the_journal_keeps_the_text_of_a_script() -> None:
    """Protects the source that a journal holds: the user's script, not the class of ours that reads it."""
    assert source_of(Script("def initialize(context): pass")) == "def initialize(context): pass"
