"""TLS contexts and what is said when they cannot be made."""

from __future__ import annotations

import dataclasses
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from addons.settings import ClientTls, UpstreamTls
from addons.tls import reason, server_context, upstream_context
from proxy.errors import UsageError
from tests.support.certificates import Authority


def test_missing_certificate_is_named(tmp_path: Path) -> None:
    """The operator must see which file, before anything listens."""
    settings = ClientTls(certificate=tmp_path / "no.pem", key=tmp_path / "no.key")

    with pytest.raises(UsageError, match=r"no\.pem cannot be read: No such file"):
        server_context(settings)


def test_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    """Found at start, not at the first handshake."""
    authority = Authority(tmp_path)
    one, two = authority.issue("one.test"), authority.issue("two.test")

    with pytest.raises(UsageError, match="key values mismatch"):
        server_context(ClientTls(certificate=one.certificate, key=two.key))


def test_encrypted_key_is_refused_without_asking_a_terminal(tmp_path: Path) -> None:
    """A daemon has nobody to ask."""
    issued = Authority(tmp_path).issue("one.test")
    key = serialization.load_pem_private_key(issued.key.read_bytes(), None)
    issued.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
    )

    with pytest.raises(UsageError, match="must not be encrypted"):
        server_context(ClientTls(certificate=issued.certificate, key=issued.key))


def test_file_without_authorities_is_refused(tmp_path: Path) -> None:
    """An empty trust store would refuse every application."""
    (tmp_path / "ca.pem").write_text("nothing")

    with pytest.raises(UsageError, match=r"ca\.pem cannot be used"):
        upstream_context(UpstreamTls(ca=tmp_path / "ca.pem"))


def test_upstream_is_always_verified_by_chain_and_name() -> None:
    """There is no setting that turns it off."""
    context = upstream_context(UpstreamTls())

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_old_versions_are_possible_only_when_asked_for(tmp_path: Path) -> None:
    """Applications of 2005 may know nothing newer than TLS 1.0."""
    issued = Authority(tmp_path).issue("one.test")
    plain = ClientTls(certificate=issued.certificate, key=issued.key)

    usual = server_context(plain)
    old = server_context(dataclasses.replace(plain, minimum="1.0"))

    assert usual.minimum_version == ssl.TLSVersion.TLSv1_2
    assert old.minimum_version == ssl.TLSVersion.TLSv1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (OSError(), "OSError"),
        (ValueError("x"), "x"),
    ],
)
def test_reason_is_never_empty(error: Exception, expected: str) -> None:
    """An error without words is worse than its type."""
    assert reason(error) == expected
