"""Certificates shown to browsers: until when, for which names, with which key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from proxy.config import Config, TlsListen
from proxy.doctor.finding import Finding, Grade

WARN_DAYS = 21
"""Before the end: three weeks are time for an authority that works by mail."""


def certificates(config: Config) -> Iterator[Finding]:
    """Each application that is shown over TLS."""
    for application in config.applications:
        if application.tls is not None:
            yield from _files(application.name, application.tls)


def _files(name: str, tls: TlsListen) -> Iterator[Finding]:
    try:
        chain = x509.load_pem_x509_certificates(tls.certificate.read_bytes())
        key = load_pem_private_key(tls.key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or "no PEM, or locked"
        do = "PEM, leaf first; the key without a pass phrase"
        yield Finding("certificate", name, Grade.REFUSED, f"cannot be read: {why}", do)
        return
    yield judged(name, chain, dt.datetime.now(dt.UTC))
    if key.public_key() != chain[0].public_key():
        yield Finding(
            "certificate",
            name,
            Grade.REFUSED,
            "the key is another certificate's",
            f"put the key of {tls.certificate} at {tls.key}",
        )


def judged(name: str, chain: list[x509.Certificate], now: dt.datetime) -> Finding:
    """How long the chain holds, and whether it is one."""
    leaf, until = chain[0], min(each.not_valid_after_utc for each in chain)
    days = (until - now).days
    if until <= now or leaf.not_valid_before_utc > now:
        return Finding(
            "certificate",
            name,
            Grade.REFUSED,
            f"valid from {leaf.not_valid_before_utc:%Y-%m-%d} to {until:%Y-%m-%d}",
            "put a new one in its place; it is taken without a restart",
        )
    broken = any(a.issuer != b.subject for a, b in pairwise(chain))
    if broken:
        return Finding(
            "certificate",
            name,
            Grade.BAD,
            "the certificates after the leaf are not those of its issuers",
            "leaf first, then who signed it, then who signed that",
        )
    said = f"valid for {days} days, names: {', '.join(_names(leaf)) or 'none'}"
    if days < WARN_DAYS:
        return Finding("certificate", name, Grade.BAD, said, "ask for a new one now")
    return Finding("certificate", name, Grade.GOOD, said)


def _names(leaf: x509.Certificate) -> list[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names.value]
