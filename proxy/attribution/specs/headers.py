"""Identities that stand in a request's headers or in its TLS connection.

Basic, Digest, bearer tokens, client certificates and trusted headers. Values
only: files are named by the path the rule set wrote, and read by whoever loads
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network

from typing_extensions import override

from proxy.attribution.spec import Identity
from proxy.exchange.patterns import RequestPattern

_SECOND_NS = 10**9


class NameCharset(Enum):
    """How the bytes of a user name become text."""

    AUTO = "auto"
    """UTF-8 where it is valid, else Latin-1: what browsers of either age send."""
    UTF_8 = "utf-8"
    LATIN_1 = "latin-1"


@dataclass(frozen=True, slots=True)
class BasicIdentity(Identity):
    """``basic: {realm: "Intranet", protected: ["/app/**"], charset: utf-8}``."""

    realm: str | None = None
    """Only challenges of this realm count; None takes any."""
    protected: tuple[RequestPattern, ...] = ()
    """Where the application asks for credentials, always. None stated: it is
    learned from the challenges that are seen."""
    charset: NameCharset = NameCharset.AUTO
    name: str = "basic"
    """Scheme name in the evidence."""


@dataclass(frozen=True, slots=True)
class DigestIdentity(Identity):
    """``digest: {realm: "Intranet", protected: ["/app/**"]}``."""

    realm: str | None = None
    protected: tuple[RequestPattern, ...] = ()
    charset: NameCharset = NameCharset.AUTO
    name: str = "digest"


@dataclass(frozen=True, slots=True)
class BearerIdentity(Identity):
    """``bearer: {jwks: keys.json, algorithms: [RS256], audience: app}``."""

    jwks: str
    """Path of a JSON Web Key Set (RFC 7517), as the rule set wrote it."""
    algorithms: tuple[str, ...]
    """Those that may sign (RFC 7518 3.1); ``none`` is never one of them."""
    issuer: str | None = None
    audience: str | None = None
    claim: str = "sub"
    """The claim that holds the account name."""
    header: str | None = "authorization"
    """Lower-case name of the header with the token, bare or after ``Bearer``."""
    cookie: str | None = None
    """Name of a cookie with the token."""
    leeway_ns: int = 30 * _SECOND_NS
    """How far the issuer's clock may be off."""
    name: str = "bearer"

    @override
    def files(self) -> tuple[str, ...]:
        return (self.jwks,)


class CertificateName(Enum):
    """Which part of a client certificate is the account name."""

    SUBJECT_CN = "subject.CN"
    SAN_UPN = "san.upn"
    """The user principal name Windows writes (otherName
    1.3.6.1.4.1.311.20.2.3)."""
    SAN_EMAIL = "san.email"


@dataclass(frozen=True, slots=True)
class CertificateIdentity(Identity):
    """``client_certificate: {ca: people.pem, name: san.upn}``."""

    ca: str
    """Path of the authorities' PEM, as the rule set wrote it."""
    source: CertificateName = CertificateName.SAN_UPN
    name: str = "client_certificate"

    @override
    def files(self) -> tuple[str, ...]:
        return (self.ca,)


@dataclass(frozen=True, slots=True)
class HeaderIdentity(Identity):
    """``header: {name: X-Remote-User, peers: [10.0.0.0/8]}``."""

    header: str
    peers: tuple[IPv4Network | IPv6Network, ...]
    """Who may say so: the addresses of the single sign-on proxy."""
    charset: NameCharset = NameCharset.AUTO
    name: str = "header"
