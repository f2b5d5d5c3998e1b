"""What the README says is true. ``python tests/architecture/test_readme.py`` writes its generated parts anew."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qresearch.reference import reasons_table
from qresearch.session.trading import TradingApi

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CHINESE = ROOT / "notebooks" / "README.zh.md"
RUN = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/qresearch demo"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"


def examples(path: Path = README) -> list[str]:
    """The Python blocks."""
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def printed() -> str:
    """What the example prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(examples()[0], "README.md", "exec"), {})
    return out.getvalue()


def generated(text: str) -> str:
    """The README with its generated parts as they should be."""
    text = re.sub(
        r"(?<=<!-- reasons -->\n).*(?=<!-- /reasons -->)", lambda _: f"\n{reasons_table()}\n\n", text, flags=re.DOTALL
    )
    return re.sub(r"(?<=```text\n).*?(?=```)", lambda _: printed(), text, count=1, flags=re.DOTALL)


def test_the_reasons_and_the_output_of_the_example_are_those_of_the_code() -> None:
    """Protects readers from a stale list of reasons and from an example that prints something else."""
    for path in (README, CHINESE):
        text = path.read_text(encoding="utf-8")
        assert generated(text) == text, f"{path.name}: run python tests/architecture/test_readme.py"


def test_the_chinese_version_shows_the_same() -> None:
    """Protects its readers from an older example, set-up or list of functions than that of the English version."""

    def code(path: Path) -> list[str]:
        return [re.sub(r"\s+# .*", "", block) for block in examples(path)]

    def commands(path: Path) -> list[str]:
        return re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)

    assert code(CHINESE) == code(README)
    assert commands(CHINESE) == commands(README)
    text = CHINESE.read_text(encoding="utf-8")
    assert [name for name in vars(TradingApi) if not name.startswith("_") and f"`{name}(" not in text] == []


@pytest.mark.parametrize("path", [README, CHINESE], ids=lambda path: path.name)
def test_the_links_inside_the_repository_lead_somewhere(path: Path) -> None:
    """Protects readers from dead links and missing pictures."""
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    inside = [target for target in targets if not target.startswith("http")]
    assert inside
    assert [target for target in inside if not (path.parent / target).exists()] == []


def test_the_example_fits_in_ten_lines() -> None:
    """Protects the promise that little is needed to see an order live."""
    assert len([line for line in examples()[0].splitlines() if line]) <= 10


def test_the_lines_for_own_data_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the way in for a user's own file: a plain CSV with the columns that the README names."""
    rows = [f"2024-01-{day:02},600519.SH,10,10.2,9.9,10.1,5000" for day in (2, 3, 4)]
    (tmp_path / "bars.csv").write_text("\n".join(["date,symbol,open,high,low,close,volume", *rows]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(examples()[1], "README.md", "exec"), names)
    assert names["session"].step().now.day == pd.Timestamp("2024-01-02")


def test_the_lines_for_a_sweep_run() -> None:
    """Protects the example of a sweep: four runs without an error, and one of them as a session."""
    block = next(block for block in examples() if "qr.sweep(" in block)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block, "README.md", "exec"), names)
    assert names["sweep"].table.error.tolist() == [""] * 4
    assert names["session"].digest() == names["sweep"].table.digest[0]


def test_the_two_set_up_commands_are_there_and_no_third() -> None:
    """Protects the set-up: one command runs the main job, one the tests."""
    text = README.read_text(encoding="utf-8")
    assert re.findall(r"```sh\n(.*?)```", text, re.DOTALL) == [f"{RUN}\n", f"{TEST}\n"]


def test_ci_runs_the_test_command() -> None:
    """Protects the README's test command: it is what .ci/run does, step by step."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    _, install, check = (shlex.split(part)[0].rpartition("/")[2] for part in TEST.split(" && "))
    assert "-m venv" in script
    assert f"\"$bin/{install}\" install --quiet -e '.[test]'" in script
    assert f'"$bin/{check}"' in script


def test_every_order_function_is_in_the_table() -> None:
    """Protects the table of the Trading API from missing a function."""
    text = README.read_text(encoding="utf-8")
    missing = [name for name in vars(TradingApi) if not name.startswith("_") and f"`{name}(" not in text]
    assert not missing


def test_the_changelog_knows_the_version() -> None:
    """Protects the changelog from falling behind the version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert version in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    for page in (README, CHINESE):
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")
