"""Keys of captures: made once, private, and of the right kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.capture.keys import create, load, load_public
from proxy.errors import UsageError
from proxy.key_pair import public_path
from proxy.seal_key import create as create_seal_key


def test_a_key_and_its_public_half_are_made(tmp_path: Path) -> None:
    """0600, and never over another one."""
    path = tmp_path / "keys" / "capture"
    key = create(path)

    assert path.stat().st_mode & 0o077 == 0
    raw = key.public_key().public_bytes_raw()
    assert load(path).public_key().public_bytes_raw() == raw
    assert load_public(public_path(path)).public_bytes_raw() == raw
    with pytest.raises(UsageError, match="is there already"):
        create(path)


def test_what_is_no_capture_key_is_refused(tmp_path: Path) -> None:
    """Also a seal's, one that others may read, and none at all."""
    create_seal_key(tmp_path / "seal")
    create(tmp_path / "open")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "text").write_text("no key, canary")
    (tmp_path / "text").chmod(0o600)

    for name, said in (
        ("none", "cannot read"),
        ("open", "may be read by others"),
        ("seal", "is no X25519 key"),
        ("text", "is no X25519 key"),
    ):
        with pytest.raises(UsageError, match=said) as refused:
            load(tmp_path / name)
        assert "canary" not in str(refused.value)
    for name, said in (
        ("none", "cannot be read"),
        ("seal.pub", "holds no public X25519"),
    ):
        with pytest.raises(UsageError, match=said):
            load_public(tmp_path / name)
