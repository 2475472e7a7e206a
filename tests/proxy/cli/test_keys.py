"""``keys make-seal-key``."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from proxy.evidence.seal import fingerprint
from proxy.seal_key import load, load_public


def test_a_seal_key_is_made_where_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both halves are named, the private one is not shown."""
    path = tmp_path / "key"

    code = run(["keys", "make-seal-key", "--out", str(path)])

    said = capsys.readouterr().out
    name = fingerprint(load(path).public_key())
    assert code == ExitCode.OK
    assert name in said
    assert f"{path}.pub" in said
    assert list(load_public([tmp_path / "key.pub"])) == [name]
    assert "PRIVATE" not in said


def test_a_key_that_is_there_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and the key is the old one."""
    path = tmp_path / "key"
    run(["keys", "make-seal-key", "--out", str(path)])
    before = path.read_bytes()

    code = run(["keys", "make-seal-key", "--out", str(path)])

    assert code == ExitCode.USAGE
    assert "is there already" in capsys.readouterr().err
    assert path.read_bytes() == before
