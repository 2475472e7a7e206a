"""The seal key: a private file and its public half."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from proxy.errors import UsageError
from proxy.evidence.seal import fingerprint
from proxy.key_pair import public_path
from proxy.seal_key import create, load, load_or_create, load_public


def test_a_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    """Only its owner may read it; anybody its public half."""
    path = tmp_path / "state" / "seal-key"

    made = load_or_create(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert fingerprint(load_or_create(path).public_key()) == fingerprint(
        made.public_key()
    )
    assert list(load_public([public_path(path)])) == [fingerprint(made.public_key())]


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    """Its seals could not be continued."""
    create(tmp_path / "key")

    with pytest.raises(UsageError, match="is there already"):
        create(tmp_path / "key")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    create(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)

    with pytest.raises(UsageError, match="chmod 600"):
        load(tmp_path / "key")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nsecret\n"])
def test_what_is_no_key_is_refused_and_not_told(tmp_path: Path, content: bytes) -> None:
    """The file is named, its content never."""
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(UsageError) as refused:
        load(path)

    assert str(path) in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Seals are Ed25519."""
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key").write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "pub").write_bytes(
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )

    with pytest.raises(UsageError, match="Ed25519"):
        load(tmp_path / "key")
    with pytest.raises(UsageError, match="Ed25519"):
        load_public([tmp_path / "pub"])


def test_public_keys_keep_the_order_of_their_use(tmp_path: Path) -> None:
    """Several in one file, or several files."""
    made = [create(tmp_path / name) for name in ("first", "second", "third")]
    pubs = [public_path(tmp_path / name) for name in ("first", "second", "third")]
    both = tmp_path / "both"
    both.write_bytes(pubs[0].read_bytes() + pubs[1].read_bytes())

    found = load_public([both, pubs[2]])

    assert list(found) == [fingerprint(each.public_key()) for each in made]


@pytest.mark.parametrize("content", [b"", b"-----END PUBLIC KEY-----"])
def test_a_file_without_public_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    """Verifying against nothing would say that all is well."""
    (tmp_path / "pub").write_bytes(content)

    with pytest.raises(UsageError, match="pub"):
        load_public([tmp_path / "pub"])
    with pytest.raises(UsageError, match="gone"):
        load_public([tmp_path / "gone"])
