"""Keys in a safe: only who has the private key gets them back."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.capture import keys as capture_keys
from proxy.errors import UsageError
from proxy.escrow import export, restore
from proxy.keys import load, load_or_create


def test_keys_come_back_from_the_safe(tmp_path: Path) -> None:
    """The same file, for its owner alone; nothing of it is in the escrow."""
    path, out, back = tmp_path / "keys", tmp_path / "escrow", tmp_path / "restored"
    keys = load_or_create(path)
    private = capture_keys.create(tmp_path / "safe")

    export(path, out, private.public_key(), by="joan", now_ns=1)
    restore(out, back, private, now_ns=2)

    assert load(back) == keys
    assert back.stat().st_mode & 0o777 == 0o600
    assert keys.subject_key.hex().encode() not in out.read_bytes()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    """Said before a byte is written."""
    path, out, back = tmp_path / "keys", tmp_path / "escrow", tmp_path / "restored"
    load_or_create(path)
    private = capture_keys.create(tmp_path / "safe")
    other = capture_keys.create(tmp_path / "other")
    export(path, out, private.public_key(), by="joan", now_ns=1)

    with pytest.raises(UsageError, match="another key"):
        restore(out, back, other, now_ns=2)

    assert not back.exists()


@pytest.mark.parametrize("at", [-1, -40])
def test_a_changed_escrow_restores_nothing(tmp_path: Path, at: int) -> None:
    """Half a key file would make rows nobody can ask for."""
    path, out, back = tmp_path / "keys", tmp_path / "escrow", tmp_path / "restored"
    load_or_create(path)
    private = capture_keys.create(tmp_path / "safe")
    export(path, out, private.public_key(), by="joan", now_ns=1)
    data = bytearray(out.read_bytes())
    data[at] ^= 1
    out.write_bytes(data)

    with pytest.raises(UsageError, match="cut off or changed"):
        restore(out, back, private, now_ns=2)

    assert not back.exists()


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    """Neither an escrow nor a key file."""
    path = tmp_path / "keys"
    load_or_create(path)
    private = capture_keys.create(tmp_path / "safe")
    before = path.read_bytes()

    with pytest.raises(UsageError, match="cannot be written"):
        export(path, path, private.public_key(), by="joan", now_ns=1)

    assert path.read_bytes() == before


def test_another_file_is_no_escrow(tmp_path: Path) -> None:
    """Nor is one that is not there."""
    private = capture_keys.create(tmp_path / "safe")
    (tmp_path / "text").write_text("session 1 canary\n")

    for name in ("text", "absent"):
        with pytest.raises(UsageError) as caught:
            restore(tmp_path / name, tmp_path / "out", private, now_ns=2)
        assert "canary" not in str(caught.value)
