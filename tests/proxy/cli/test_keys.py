"""``keys make-seal-key``."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.cli import run
from proxy.config import load as load_config
from proxy.errors import ExitCode
from proxy.evidence.seal import fingerprint
from proxy.keys import load as load_keys
from proxy.keys import load_or_create
from proxy.seal_key import load, load_public
from tests.support.sidecars import Front, write_config
from tests.support.tickets import RULES


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


def test_keys_are_rotated_and_come_back_from_a_safe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three commands; no key is shown, and a key file is never written over."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    path = write_config(tmp_path, [front])
    config = ("--config", str(path))
    keys = load_config(path).keys
    before = load_or_create(keys)
    private, escrow = tmp_path / "safe", tmp_path / "escrow"
    back = tmp_path / "restored"
    restore = ["keys", "restore", str(escrow), str(back), "--key", str(private)]

    codes = [
        run(["keys", "make-capture-key", str(private)]),
        run(["keys", "rotate", "subject", *config]),
        run(["keys", "export", str(escrow), "--to", f"{private}.pub", *config]),
        run(restore),
    ]

    assert codes == [ExitCode.OK] * 4
    assert load_keys(back) == load_keys(keys)
    assert load_keys(keys).subject_key_id == 2
    assert before.subject_key.hex() not in capsys.readouterr().out
    assert run(restore) == ExitCode.USAGE
    assert run(["keys", "rotate", "other", *config]) == ExitCode.USAGE
