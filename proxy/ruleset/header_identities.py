"""YAML → Basic, Digest, bearer tokens, client certificates, trusted headers."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

from proxy.attribution.schemes.key_set import ALGORITHMS
from proxy.attribution.specs.headers import (
    BasicIdentity,
    BearerIdentity,
    CertificateIdentity,
    CertificateName,
    DigestIdentity,
    HeaderIdentity,
    NameCharset,
)
from proxy.document import Fields, near_miss
from proxy.exchange.patterns import RequestPattern
from proxy.ruleset.requests import RequestReader

_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NS = 10**9


def read_basic(fields: Fields, reader: RequestReader) -> BasicIdentity:
    """``realm``, ``protected``, ``charset``."""
    return BasicIdentity(
        realm=fields.text("realm", None),
        protected=_protected(fields, reader),
        charset=fields.choice("charset", NameCharset, NameCharset.AUTO),
    )


def read_digest(fields: Fields, reader: RequestReader) -> DigestIdentity:
    """``realm``, ``protected``, ``charset``."""
    return DigestIdentity(
        realm=fields.text("realm", None),
        protected=_protected(fields, reader),
        charset=fields.choice("charset", NameCharset, NameCharset.AUTO),
    )


def read_bearer(fields: Fields, _: RequestReader) -> BearerIdentity | None:
    """``jwks``, ``algorithms``; what tokens must say and where they stand."""
    jwks = _file(fields, "jwks", "a file with a JSON Web Key Set")
    algorithms = _algorithms(fields)
    cookie = fields.text("cookie", None)
    # A token in a cookie is not looked for in the header as well, unless asked.
    header = _header(fields, "header", None if cookie else "Authorization")
    leeway = fields.duration("leeway", 30.0, most=600.0)
    issuer, audience = fields.text("issuer", None), fields.text("audience", None)
    claim = fields.text("name", "sub")
    if not jwks or not algorithms:
        return None
    return BearerIdentity(
        jwks=jwks,
        algorithms=algorithms,
        issuer=issuer,
        audience=audience,
        claim=claim,
        header=None if header is None else header.lower(),
        cookie=cookie,
        leeway_ns=int(leeway * _NS),
    )


def read_certificate(fields: Fields, _: RequestReader) -> CertificateIdentity | None:
    """``ca`` and which ``name`` of the certificate is the account."""
    ca = _file(fields, "ca", "a PEM file with the authorities")
    source = fields.choice("name", CertificateName, CertificateName.SAN_UPN)
    return CertificateIdentity(ca=ca, source=source) if ca else None


def read_header(fields: Fields, _: RequestReader) -> HeaderIdentity | None:
    """``name`` of the header and the ``peers`` that may send it."""
    if fields.required("name", "a header such as X-Remote-User") is None:
        name = None
    else:
        name = _header(fields, "name", "")
    charset = fields.choice("charset", NameCharset, NameCharset.AUTO)
    peers = _networks(fields, "peers")
    if not name or not peers:
        return None
    return HeaderIdentity(header=name, peers=peers, charset=charset)


def _protected(fields: Fields, reader: RequestReader) -> tuple[RequestPattern, ...]:
    found = [reader.pattern(node) for node in fields.elements("protected")]
    return tuple(pattern for pattern in found if pattern is not None)


def _file(fields: Fields, key: str, expected: str) -> str:
    if fields.required(key, expected) is None:
        return ""
    path = fields.path(key, None)
    return "" if path is None else str(path)


def _algorithms(fields: Fields) -> tuple[str, ...]:
    expected = "a list such as [RS256, ES256]"
    node = fields.required("algorithms", expected)
    if node is None:
        return ()
    if not fields.elements("algorithms"):
        fields.wrong(node, "empty", expected)
    found = []
    for node in fields.elements("algorithms"):
        if node.text in ALGORITHMS:
            found.append(node.text)
            continue
        known = sorted(ALGORITHMS)
        hint = near_miss(node.text.upper(), known)
        fields.wrong(node, "not an algorithm", "one of " + ", ".join(known), hint)
    return tuple(dict.fromkeys(found))


def _header(fields: Fields, key: str, default: str | None) -> str | None:
    name = fields.text(key, default)
    node = fields.child(key)
    if node is not None and (not name or not _HEADER.fullmatch(name)):
        fields.wrong(node, "not the name of a header", "such as X-Remote-User")
        return None
    return name


def _networks(fields: Fields, key: str) -> tuple[IPv4Network | IPv6Network, ...]:
    expected = "addresses or networks such as 10.0.0.0/8"
    listed = fields.required(key, expected)
    if listed is None:
        return ()
    if not fields.elements(key):
        fields.wrong(listed, "empty", expected)
    found = []
    for node in fields.elements(key):
        try:
            found.append(ip_network(node.text))
        except ValueError:
            fields.wrong(node, "not a network", expected)
    return tuple(found)
