"""Certificates: until when those shown to browsers are valid; what answers with one."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from proxy.config import Config
from proxy.config.model import Asking
from proxy.errors import UsageError


class Certificates:
    """Looks at the files once a second and reads one that changed."""

    def __init__(self, config: Config) -> None:
        self._files = {
            each.name: each.tls.certificate
            for each in config.applications
            if each.tls is not None
        }
        self._known: dict[str, tuple[int, float]] = {}

    def figures(self) -> dict[str, float]:
        """Seconds since the epoch, by application; what cannot be read is left out."""
        for name, file in self._files.items():
            try:
                changed = file.stat().st_mtime_ns
                if self._known.get(name, (0, 0.0))[0] != changed:
                    self._known[name] = (changed, not_after(file))
            except (OSError, ValueError):
                self._known.pop(name, None)
        return {name: until for name, (_, until) in self._known.items()}


def not_after(file: Path) -> float:
    """When the leaf of this PEM file expires, seconds since the epoch.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds no certificate.
    """
    leaf = x509.load_pem_x509_certificate(file.read_bytes())
    return leaf.not_valid_after_utc.timestamp()


def tls(asking: Asking) -> ssl.SSLContext | None:
    """What the question service answers with; None: plain HTTP, on loopback.

    Raises:
        UsageError: the certificate or its key cannot be used.
    """
    if asking.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(asking.certificate, asking.key)
    except OSError as error:
        raise UsageError(
            f"{asking.certificate}: no certificate with its key: {error}"
        ) from error
    return context
