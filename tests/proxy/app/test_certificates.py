"""Expiry of the certificates shown."""

from __future__ import annotations

import os
from pathlib import Path

from proxy.app.certificates import Certificates, not_after
from proxy.config import load
from tests.support.certificates import Authority


def test_a_certificate_that_is_replaced_is_read_again(tmp_path: Path) -> None:
    """And one that cannot be read is left out, not guessed."""
    authority = Authority(tmp_path)
    good, gone = authority.issue("a.example"), authority.issue("old", expired=True)
    (tmp_path / "rules.yaml").write_text("application: sonar\n")
    (tmp_path / "whosaw.yaml").write_text(
        "applications:\n  sonar:\n    rules: rules.yaml\n    listen: 127.0.0.1:1\n"
        "    upstream: http://127.0.0.1:2\n"
        f"    tls: {{certificate: {good.certificate}, key: {good.key}}}\n"
    )
    certificates = Certificates(load(tmp_path / "whosaw.yaml"))

    before = certificates.figures()["sonar"]
    good.certificate.write_bytes(gone.certificate.read_bytes())
    os.utime(good.certificate, ns=(1, 1))
    after = certificates.figures()["sonar"]
    good.certificate.write_text("no certificate")

    assert before > after == not_after(gone.certificate)
    assert certificates.figures() == {}
