"""Damaged journals: what resumes is what was written, digest and memory; what does not is refused with the place."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Trader, picture

import qresearch as qr
from qresearch.session.journal_log import read_log

MARKET = qr.sample_market()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple]:
    """A closed journal with branches and memory, and its picture."""
    path = tmp_path_factory.mktemp("written") / "run.qsession"
    session = qr.Session(MARKET, start="2022-01-05", strategy=Trader, journal=path)
    session.buy("604018", 300)
    session.step(30).back(5).branch("other").step(4)
    session.memory["noted"] = ["by hand"]
    session.branches.rename("other", "named")
    session.branches.switch("main").back(3)
    wanted = picture(session)
    session.simulation.keeper.journal.close()
    assert not path.with_name("run.qsession-wal").exists(), "closed, a journal is one file"
    return path, wanted


def outcome(path: Path) -> tuple | None:
    """The picture of what resumes; None when it is refused."""
    try:
        session = qr.Session.resume(path, MARKET, Trader)
    except qr.JournalError as problem:
        assert path.name in str(problem) or "journal" in str(problem)
        assert "elete" not in str(problem), "no advice destroys what is left"
        return None
    session.simulation.keeper.journal.close()
    return picture(session)


def flipped(content: bytearray, draw: random.Random) -> None:
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)


def garbled(content: bytearray, draw: random.Random) -> None:
    begin, length = draw.randrange(len(content)), draw.choice([4, 16, 256, 4096])
    content[begin : begin + length] = draw.randbytes(len(content[begin : begin + length]))


def cut(content: bytearray, draw: random.Random) -> None:
    del content[draw.randrange(len(content)) :]


@pytest.mark.parametrize(("damage", "count"), [(flipped, 300), (garbled, 200), (cut, 100)])
def test_a_damaged_file_resumes_whole_or_is_refused(
    damage: Callable[[bytearray, random.Random], None], count: int, written: tuple[Path, tuple], tmp_path: Path
) -> None:
    """Protects against another run without a word: digest, memory, branches and place are as written, or refused."""
    path, wanted = written
    whole, draw = path.read_bytes(), random.Random(damage.__name__)
    refused = 0
    for number in range(count):
        content = bytearray(whole)
        damage(content, draw)
        copy = tmp_path / f"{number}.qsession"
        copy.write_bytes(content)
        found = outcome(copy)
        assert found in (None, wanted), f"{damage.__name__} {number}"
        if found is None:
            refused += 1
            assert copy.read_bytes() == content, "what is refused stays as it is"
    assert refused > count // 10


EDITS = [
    "UPDATE entries SET place = place + 1 WHERE id = 4", "UPDATE entries SET origin = 'hand' WHERE id = 5",
    "UPDATE entries SET kind = 'command' WHERE id = 5", "UPDATE entries SET memory = NULL WHERE id = 9",
    "UPDATE entries SET branch = 7 WHERE id = 9", "UPDATE entries SET columns = x'00' WHERE id = 6",
    "UPDATE entries SET events = 5 WHERE id = 6", "DELETE FROM entries WHERE id = 9",
    "DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)", "DELETE FROM entries",
    "UPDATE entries SET id = 900 WHERE id = (SELECT max(id) FROM entries)", "UPDATE entries SET digest = 'x'",
    "UPDATE memories SET data = replace(data, '\"turns\":', '\"turns\":1') WHERE id = 5", "DELETE FROM memories",
    "UPDATE memories SET data = 'x' WHERE id = 2", "INSERT INTO memories VALUES (999, '{}')",
    "UPDATE memories SET data = x'ff' WHERE id = 2", "DROP TABLE memories", "DELETE FROM seal",
    "UPDATE seal SET entries = 3 WHERE id = 1", "DROP TABLE seal", "DROP TABLE entries", "DROP TABLE meta",
    "DELETE FROM meta", "CREATE TABLE more (id)", "ALTER TABLE entries ADD COLUMN more",
    *(f"DELETE FROM meta WHERE key = '{key}'" for key in ("format", "schema", "options", "fingerprint", "strategy")),
    *(f"UPDATE meta SET value = '{value}' WHERE key = '{key}'" for key in ("format", "schema", "options", "fingerprint",
      "market", "strategy", "source", "identity") for value in ("null", "7", "[", "{\"a\": 1}")),
]  # fmt: skip


@pytest.mark.parametrize("statement", EDITS)
def test_an_edited_file_is_refused(statement: str, written: tuple[Path, tuple], tmp_path: Path) -> None:
    """Protects every table and every value: memory, order of entries and description are under a seal too."""
    copy = tmp_path / "edited.qsession"
    shutil.copy(written[0], copy)
    file = sqlite3.connect(copy)
    file.execute(statement)
    file.commit()
    file.close()
    assert outcome(copy) is None


# ---------------------------------------------------------------------------------------- the log


def killed(folder: Path, steps: int = 12) -> tuple[Path, list[tuple]]:
    """A journal as a killed process leaves it, with its log; the pictures after each command."""
    path = folder / "run.qsession"
    session = qr.Session(MARKET, start="2022-01-05", strategy=Trader, journal=path)
    pictures = [picture(session)]
    for _ in range(steps):
        session.step()
        pictures.append(picture(session))
    (folder / "left").mkdir()
    for file in folder.glob("run.qsession*"):
        shutil.copy(file, folder / "left")
    session.simulation.keeper.journal.close()
    return folder / "left" / path.name, pictures


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """All after the first write stands in the log alone."""
    monkeypatch.setattr("qresearch.session.journal.CHECKPOINT", 1e9)


def test_the_log_of_a_killed_process_is_taken_and_told(late: None, tmp_path: Path) -> None:
    """Protects the user who looks at two files: everything is there, and the notice says what the second is."""
    path, pictures = killed(tmp_path)
    session = qr.Session.resume(path, MARKET, Trader)
    assert picture(session) == pictures[-1]
    assert any("were taken from run.qsession-wal, which belongs to it" in notice for notice in session.notices)


def test_a_cut_log_resumes_at_an_earlier_step_and_says_so(late: None, tmp_path: Path) -> None:
    """Protects what had been acknowledged: any cut gives an earlier whole state, with a notice that it ends early."""
    path, pictures = killed(tmp_path)
    log = path.with_name(f"{path.name}-wal")
    whole, draw, found = log.read_bytes(), random.Random(2), set()
    content = path.read_bytes()
    for _ in range(40):
        path.write_bytes(content)
        log.write_bytes(whole[: draw.randrange(len(whole))])
        session = qr.Session.resume(path, MARKET, Trader)
        assert picture(session) in pictures
        assert any("-wal" in notice for notice in session.notices)
        found.add(pictures.index(picture(session)))
        session.simulation.keeper.journal.close()
    assert len(found) > 5


def test_a_flipped_frame_is_refused_where_others_follow(late: None, tmp_path: Path) -> None:
    """Protects against silence: SQLite drops all that follows a bad frame; here the file is refused and left alone."""
    path, pictures = killed(tmp_path)
    log = path.with_name(f"{path.name}-wal")
    content, whole, draw = path.read_bytes(), log.read_bytes(), random.Random(3)
    last = len(whole) - 3 * (4096 + 24)
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[draw.randrange(last)] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        log.write_bytes(damaged)
        try:
            session = qr.Session.resume(path, MARKET, Trader)
        except qr.JournalError as problem:
            assert "run.qsession-wal is damaged" in str(problem)
            assert (path.read_bytes(), log.read_bytes()) == (content, damaged)
        else:
            # The sequence number of the header and the like, which no checksum of a frame needs.
            assert picture(session) == pictures[-1]
            session.simulation.keeper.journal.close()


def test_a_log_of_another_journal_is_refused(late: None, tmp_path: Path) -> None:
    """Protects two sessions from being mixed: every journal has an identity."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    mine, _ = killed(tmp_path / "a")
    other, _ = killed(tmp_path / "b", 14)
    shutil.copy(other.with_name("run.qsession-wal"), mine.with_name("run.qsession-wal"))
    with pytest.raises(qr.JournalError, match="-wal is damaged|not what was written|another journal"):
        qr.Session.resume(mine, MARKET, Trader)


def test_the_file_itself_is_kept_up_to_date(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Protects who copies the file alone: from its first write on it can be read, and it is brought up to date."""
    monkeypatch.setattr("qresearch.session.journal.CHECKPOINT", 0.0)
    path, pictures = killed(tmp_path)
    path.with_name("run.qsession-wal").unlink()
    assert picture(qr.Session.resume(path, MARKET, Trader)) == pictures[-1]


def test_a_file_without_its_log_is_not_called_worthless(tmp_path: Path) -> None:
    """Protects the log of a session: the message names it, and nothing is to be deleted."""
    path = tmp_path / "run.qsession"
    path.write_bytes(b"")
    with pytest.raises(qr.JournalError, match="run.qsession-wal is missing, which belongs to it"):
        qr.Session.resume(path, MARKET)
    begun = qr.Session(MARKET, start="2022-01-05", journal=path).step()
    begun.simulation.keeper.journal.close()
    assert qr.Session.resume(path, MARKET).digest() == begun.digest()


def test_the_log_is_read_as_sqlite_reads_it(tmp_path: Path) -> None:
    """Protects the reading of frames: pages and their number are what SQLite itself makes of a log."""
    path = tmp_path / "some.db"
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA wal_autocheckpoint=0")
    file.execute("CREATE TABLE t (x)")
    for number in range(50):
        file.execute("INSERT INTO t VALUES (?)", (json.dumps([number] * 900),))
    log = read_log(path.with_name("some.db-wal").read_bytes())
    assert (log.writes, log.is_cut) == (51, False)
    image = log.over(path.read_bytes())
    alone = sqlite3.connect(":memory:")
    alone.deserialize(image[:18] + b"\1\1" + image[20:])
    assert (
        alone.execute("SELECT count(*), sum(length(x)) FROM t").fetchall()
        == file.execute("SELECT count(*), sum(length(x)) FROM t").fetchall()
    )
    alone.close()
    file.close()
