"""The binder/ folder: what repo2docker reads in it, and that the lock is that of the package."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BADGE = "mybinder.org/badge"
FROM_THE_IMAGE = {"jupyterlab"}


def pins() -> dict[str, str]:
    """Version of every package of the lock."""
    text = (BINDER / "requirements.txt").read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def test_the_lock_satisfies_the_package() -> None:
    """Protects Binder from a lock that lags: each dependency, and those of the app and the live chart, within range."""
    extras = PROJECT["optional-dependencies"]
    wanted = [Requirement(line) for line in [*PROJECT["dependencies"], *extras["app"], *extras["live"]]]
    locked = pins()
    wrong = [
        str(need)
        for need in wanted
        if need.name not in FROM_THE_IMAGE
        and not need.specifier.contains(locked.get(canonicalize_name(need.name), "0"))
    ]
    assert wrong == []
    assert not FROM_THE_IMAGE & set(locked)


def test_every_package_of_the_lock_has_its_hashes() -> None:
    """Protects users of the link: what is installed is what was checked."""
    text = (BINDER / "requirements.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins()) > 50
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_python_is_one_that_the_package_supports() -> None:
    """Protects the build: without runtime.txt repo2docker takes a Python on which pandas cannot be installed."""
    version = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


def test_the_badge_waits_for_an_address() -> None:
    """Protects readers from a badge that leads nowhere: it stands in the README when pyproject names the repository."""
    public = any("github.com" in address for address in PROJECT.get("urls", {}).values())
    assert (BADGE in (ROOT / "README.md").read_text(encoding="utf-8")) == public


def test_repo2docker_accepts_the_folder() -> None:
    """Protects the link: the Python, the lock and postBuild are found and stand in the Dockerfile, without Docker."""
    command = shutil.which("jupyter-repo2docker", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if command is None:
        pytest.skip("repo2docker is not installed: pip install '.[test]'")
    done = subprocess.run([command, "--no-build", "--debug", str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    dockerfile = done.stdout + done.stderr
    for line in ("python=3.11", "-r binder/requirements.txt", "binder/postBuild"):
        assert re.search(re.escape(line), dockerfile.replace('"', "")), line
    assert (BINDER / "postBuild").stat().st_mode & stat.S_IXUSR


def test_ci_replays_the_build() -> None:
    """Protects the replay from being dropped: .ci/run calls it."""
    assert ".ci/binder" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
