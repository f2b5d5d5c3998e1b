"""Files that are written: nobody else's are replaced or deleted, and what cannot be written is a sentence at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from PIL import Image

import qresearch as qr
from qresearch import cli, reference
from qresearch.session.results import TABLES
from qresearch.sources.writing import write_market

RUN = "def handle_data(context, data):\n    {}\n"


@pytest.fixture(autouse=True)
def drawn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without the drawings of QuantStats, which take seconds: here it is of weight who may write what."""

    def page(returns: pd.Series[float], beside: object, heading: str) -> str:
        days = "".join(f"<tr><td>{day:%Y-%m-%d}</td><td>{value!r}</td></tr>" for day, value in returns.items())
        return f'<html><title>{escape(heading)}</title><body><div id="left"></div><table>{days}</table></body></html>'

    monkeypatch.setattr("qresearch.views.report.quantstats_page", page)


@pytest.fixture
def session() -> qr.Session:
    made = qr.Session(qr.sample_market(), start="2022-03-01", cash=100_000)
    made.buy("604018", 1000)
    return made.step(2)


Write = Callable[[qr.Session, Path], object]
FILES: dict[str, Write] = {
    "a.py": lambda session, path: session.to_script(path),
    "b.py": lambda session, path: session.to_script(path, kind="strategy"),
    "c.ipynb": lambda session, path: session.to_script(path),
    "d.html": lambda session, path: session.report(path),
    "e.png": lambda session, path: session.plot("equity").save(path),
    "f.svg": lambda session, path: session.plot("life", order=1).save(path),
}
FOLDERS: dict[str, tuple[Write, str]] = {
    "parquet": (lambda session, path: session.save_results(path), "orders.parquet"),
    "csv": (lambda session, path: session.save_results(path, "csv"), "README.md"),
    "market": (lambda session, path: write_market(session.market, path), "market_instruments.csv"),
}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------------------------------- single files


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_written_again_until_somebody_changes_it(name: str, session: qr.Session, tmp_path: Path) -> None:
    """Protects what a user made of a file: ours is replaced when a cell runs again, an edited one is refused whole."""
    path = tmp_path / name
    FILES[name](session, path)
    first = path.read_bytes()
    FILES[name](session.step(), path)
    again = path.read_bytes()
    assert again != first or name in {"b.py", "f.svg"}  # what these tell has not changed by a step
    for edited in (again + b"x", again + b"\n", b"x" + again, again.replace(b"qresearch", b"mine"), again[:-1], b""):
        path.write_bytes(edited)
        with pytest.raises(qr.UsageError, match=f"{name}' is there already.*Choose another name"):
            FILES[name](session, path)
        assert path.read_bytes() == edited
    assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", FILES)
def test_a_place_where_nothing_can_be_written_is_a_sentence(name: str, session: qr.Session, tmp_path: Path) -> None:
    """Protects against raw OSErrors: a folder, no folder, a file as a folder, a name too long, no path at all."""
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path, tmp_path / "no" / name, tmp_path / "file" / name, tmp_path / ("x" * 300), "a\0b", 5):
        with pytest.raises(qr.UsageError, match=r"(Choose|Pass|Make|Write)"):
            FILES[name](session, path)
    assert files_of(tmp_path) == {"file": b"mine"}


def test_what_is_marked_still_opens(session: qr.Session, tmp_path: Path) -> None:
    """Protects the formats: the mark of a file breaks neither the program, nor the notebook, nor the picture."""
    script = tmp_path / "a.py"
    session.to_script(script)
    compile(script.read_text("utf-8"), "a.py", "exec")
    session.to_script(tmp_path / "b.ipynb")
    nbformat.validate(nbformat.read(tmp_path / "b.ipynb", as_version=4))
    with Image.open(session.plot("equity").save(tmp_path / "c.png")) as picture:
        picture.load()
        assert picture.info["qresearch"]


def test_a_link_is_not_followed(session: qr.Session, tmp_path: Path) -> None:
    """Protects files behind links: a dangling one is no free name, and one to somebody's file is refused."""
    mine = tmp_path / "mine.py"
    link = tmp_path / "link.py"
    link.symlink_to(mine)
    with pytest.raises(qr.UsageError, match="is there already"):
        session.to_script(link)
    mine.write_text("mine")
    with pytest.raises(qr.UsageError, match="is there already"):
        session.to_script(link)
    assert mine.read_text() == "mine"


# ---------------------------------------------------------------------------------------- folders


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_with_other_files_keeps_them(kind: str, session: qr.Session, tmp_path: Path) -> None:
    """Protects a project folder: other names stay, ours are replaced, a foreign one of our names stops it all."""
    write, name = FOLDERS[kind]
    others = {"strategy.py": b"mine", "data/bars.csv": b"mine", "notes.parquet": b"mine"}
    (tmp_path / "data").mkdir()
    for other, content in others.items():
        (tmp_path / other).write_bytes(content)
    write(session, tmp_path)
    write(session.step(), tmp_path)
    written = files_of(tmp_path)
    assert {other: written[other] for other in others} == others
    (tmp_path / name).write_bytes(b"mine")
    before = files_of(tmp_path)
    with pytest.raises(qr.UsageError, match=rf"holds {name}, which qresearch did not write.*Nothing was touched"):
        write(session, tmp_path)
    assert files_of(tmp_path) == before


def test_a_project_folder_is_refused_whole(session: qr.Session, tmp_path: Path) -> None:
    """Protects README.md and every table that a user may have: none is replaced, none of the other format deleted."""
    names = ["README.md", "tearsheet.html", *(f"{name}.{form}" for name in TABLES for form in ("csv", "parquet"))]
    for name in names:
        (tmp_path / name).write_text(f"my {name}")
    for form in ("csv", "parquet"):
        with pytest.raises(qr.UsageError, match="and 11 more"):
            session.save_results(tmp_path, form)
    (tmp_path / "README.md").unlink()
    (tmp_path / "tearsheet.html").unlink()
    for name in TABLES:
        (tmp_path / f"{name}.csv").unlink()
    session.save_results(tmp_path, "csv")
    for name in TABLES:
        assert (tmp_path / f"{name}.parquet").read_text() == f"my {name}.parquet"


def test_an_earlier_run_leaves_nothing_that_would_be_taken_for_this_one(session: qr.Session, tmp_path: Path) -> None:
    """Protects readers of results: our files of the other format go, unless somebody has changed them."""
    session.save_results(tmp_path, "csv")
    (tmp_path / "orders.csv").write_text("mine now")
    session.save_results(tmp_path, "parquet")
    assert [path.name for path in tmp_path.glob("*.csv")] == ["orders.csv"]
    assert len(pd.read_parquet(tmp_path / "orders.parquet")) == 1


@pytest.mark.parametrize("text", ["", "mine", "[]", '{"about": "mine"}', '{"files": {"README.md": ["x"]}}'], ids=repr)
def test_a_foreign_list_is_not_believed(text: str, session: qr.Session, tmp_path: Path) -> None:
    """Protects against a list that says what it likes: what is not ours is refused, and stays as it is."""
    (tmp_path / "qresearch-files.json").write_text(text)
    with pytest.raises(qr.UsageError, match="is not the list"):
        session.save_results(tmp_path)
    assert files_of(tmp_path) == {"qresearch-files.json": text.encode()}


def test_a_list_reaches_no_file_elsewhere(session: qr.Session, tmp_path: Path) -> None:
    """Protects files outside of the folder from a list that names them."""
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    folder = tmp_path / "results"
    session.save_results(folder)
    held = json.loads((folder / "qresearch-files.json").read_text())
    held["files"]["../outside.txt"] = held["files"]["README.md"]
    (folder / "qresearch-files.json").write_text(json.dumps(held))
    session.save_results(folder, "csv")
    assert outside.read_text() == "mine"


def test_a_write_that_fails_changes_nothing(
    session: qr.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the results of before: no room for the new ones is a sentence, and leaves the old ones whole."""
    session.save_results(tmp_path)
    before = files_of(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(qr.UsageError, match="No space left"):
        session.step().save_results(tmp_path)
    assert files_of(tmp_path) == before


def test_the_pages_of_the_reference_spare_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects `qresearch docs --out .`: an index.html of somebody else is not replaced, before any work is done."""
    pytest.importorskip("pdoc")
    monkeypatch.setattr(reference, "public_modules", lambda: ["qresearch.errors"])
    (tmp_path / "notes.html").write_text("mine")
    reference.write_reference(tmp_path)
    reference.write_reference(tmp_path)
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(qr.UsageError, match=r"index\.html"):
        reference.write_reference(tmp_path)
    assert (tmp_path / "index.html").read_text() == (tmp_path / "notes.html").read_text() == "mine"


# ---------------------------------------------------------------------------------------- the command line


@pytest.mark.parametrize("out", [".", "results", "file", "file/below", "/proc/nowhere", "x" * 300])
def test_a_run_is_not_made_when_its_results_cannot_be_kept(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects the time of a run and the user's files: asked before, told in a sentence, the strategy never called."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    for name in ("README.md", "results/orders.parquet", "file"):
        (tmp_path / name).write_text("mine")
    Path("s.py").write_text(RUN.format("open('called', 'w')"))
    before = files_of(tmp_path)
    assert cli.main(["run", "s.py", "--data", "sample", "--start", "2023-06-01", "--out", out]) == 2
    error = capsys.readouterr().err
    assert error.startswith("qresearch: save_results: ")
    assert "[Errno" not in error
    assert files_of(tmp_path) == before


def test_a_run_beside_the_strategy_is_kept_and_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects `--out .` where nothing is in the way: twice in a row, and the strategy is still there."""
    monkeypatch.chdir(tmp_path)
    Path("s.py").write_text(RUN.format("order('604018', 100)"))
    words = ["run", "s.py", "--data", "sample", "--start", "2023-06-20", "--out", ".", "--format", "csv"]
    assert [cli.main(words), cli.main(words)] == [0, 0]
    assert Path("s.py").read_text() == RUN.format("order('604018', 100)")


@pytest.mark.parametrize("out", ["page.html", ".", "no/page.html"])
def test_the_demo_spares_others(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects a page of somebody else from `qresearch demo --out`, before the story is told."""
    monkeypatch.chdir(tmp_path)
    Path("page.html").write_text("mine")
    assert cli.main(["demo", "--out", out]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("qresearch: demo: ")
    assert files_of(tmp_path) == {"page.html": b"mine"}


# ---------------------------------------------------------------------------------------- what stands in them


def test_words_of_others_are_no_markup_and_no_formula(tmp_path: Path) -> None:
    """Protects who opens results: names and texts of a strategy are shown as they are, and spreadsheets run none."""

    class Wild:
        def handle_data(self, context: object) -> None:
            context.log("=HYPERLINK('http://evil.example')")
            context.log("@SUM(A1)")
            context.record(**{"=cmd|' /C calc'!A0": -1.5})
            context.order("604018", -100)

    Wild.__name__ = "<img src=x> *bold* | [link](http://evil.example)"
    session = qr.Session(qr.sample_market(), start="2022-03-01", strategy=Wild).step(2)
    session.branch("<script>alert(1)</script> |")
    session.save_results(tmp_path, "csv")
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert "<img" not in readme
    assert "<script" not in readme
    assert r"\*bold\* \| \[link\]" in readme
    cells = [
        cell
        for path in tmp_path.glob("*.csv")
        for frame in [pd.read_csv(path, dtype=str, keep_default_na=False, quotechar='"')]
        for cell in [*frame.columns, *frame.to_numpy().ravel()]
    ]
    risky = [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert risky
    for cell in risky:
        float(cell)
    assert pd.read_csv(tmp_path / "recorded.csv").iloc[0, 1] == -1.5
    assert "'=HYPERLINK('http://evil.example')" in cells
    assert pd.read_csv(tmp_path / "orders.csv")["quantity"].dtype == "int64"
