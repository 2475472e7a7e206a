"""Promises of contexts that follow their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from addons.renewal import Renewable
from addons.settings import ClientTls
from addons.tls import server_context
from proxy.errors import UsageError
from tests.support.certificates import Authority


def test_a_renewed_certificate_is_in_force_once_it_fits_its_key(tmp_path: Path) -> None:
    """A file that is half renewed changes nothing and is said; nor does silence."""
    authority = Authority(tmp_path)
    first, second = authority.issue("a.test"), authority.issue("b.test")
    settings = ClientTls(certificate=first.certificate, key=first.key)
    held = Renewable(
        lambda: server_context(settings), (settings.certificate, settings.key)
    )
    before = held.context

    held.look()
    assert held.context is before

    first.certificate.write_bytes(second.certificate.read_bytes())
    held.look()
    assert held.context is before
    assert str(first.certificate) in held.refused

    first.key.write_bytes(second.key.read_bytes())
    held.look()
    assert held.context is not before
    assert held.refused == ""


def test_what_is_wrong_from_the_start_is_refused(tmp_path: Path) -> None:
    """Nothing is listened for with it."""
    missing = ClientTls(certificate=tmp_path / "a.pem", key=tmp_path / "a.key")

    with pytest.raises(UsageError):
        Renewable(lambda: server_context(missing), (missing.certificate,))
