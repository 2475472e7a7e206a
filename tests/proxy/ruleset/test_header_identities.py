"""Identities in headers and certificates, as a rule set writes them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from proxy.attribution.spec import Identity
from proxy.attribution.specs.headers import (
    BasicIdentity,
    BearerIdentity,
    CertificateIdentity,
    CertificateName,
    DigestIdentity,
    HeaderIdentity,
    NameCharset,
)
from proxy.exchange.patterns import compile_pattern
from proxy.ruleset import RuleSet, load

HEAD = "application: a\nrecords: {}\nidentity:\n  - "
APP = compile_pattern("/app/**")


def read(identity: str) -> Identity:
    """The one identity of a rule set."""
    found = load((HEAD + identity).encode(), "rules")
    assert isinstance(found, RuleSet), str(found)
    (one,) = found.attribution.identities
    return one


def mistakes(identity: str) -> list[str]:
    """What is said about it."""
    found = load((HEAD + identity).encode(), "rules")
    assert not isinstance(found, RuleSet)
    return [str(problem) for problem in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("basic", BasicIdentity()),
        (
            'basic: {realm: "Intranet", protected: ["/app/**"], charset: utf-8}',
            BasicIdentity("Intranet", (APP,), NameCharset.UTF_8),
        ),
        ("digest: {protected: /app/**}", DigestIdentity(None, (APP,))),
        (
            "bearer: {jwks: keys.json, algorithms: RS256}",
            BearerIdentity("keys.json", ("RS256",)),
        ),
        (
            (
                "bearer: {jwks: k, algorithms: [RS256, ES256], issuer: i, "
                "audience: a, name: upn, header: X-Token, leeway: 1m}"
            ),
            BearerIdentity(
                "k",
                ("RS256", "ES256"),
                issuer="i",
                audience="a",
                claim="upn",
                header="x-token",
                leeway_ns=60 * 10**9,
            ),
        ),
        (
            "bearer: {jwks: k, algorithms: [ES256], cookie: token}",
            BearerIdentity("k", ("ES256",), header=None, cookie="token"),
        ),
        (
            "bearer: {jwks: k, algorithms: [ES256], cookie: t, header: Authorization}",
            BearerIdentity("k", ("ES256",), header="authorization", cookie="t"),
        ),
        (
            "client_certificate: {ca: people.pem}",
            CertificateIdentity("people.pem", CertificateName.SAN_UPN),
        ),
        (
            "client_certificate: {ca: people.pem, name: subject.CN}",
            CertificateIdentity("people.pem", CertificateName.SUBJECT_CN),
        ),
        (
            "header: {name: X-Remote-User, peers: [10.0.0.0/8, 127.0.0.1, fd00::/8]}",
            HeaderIdentity(
                "X-Remote-User",
                (
                    ip_network("10.0.0.0/8"),
                    ip_network("127.0.0.1"),
                    ip_network("fd00::/8"),
                ),
            ),
        ),
    ],
)
def test_identity_is_what_was_written(text: str, expected: Identity) -> None:
    """Every key, and the defaults of those left out."""
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("basic: {relm: x}", "did you mean realm?"),
        ("basic: {charset: latin1}", "did you mean latin-1?"),
        ("basic: {protected: [app]}", "a request pattern is"),
        ("bearer: {algorithms: [ES256]}", "jwks: missing"),
        ("bearer: {jwks: k}", "algorithms: missing"),
        ("bearer: {jwks: k, algorithms: [none]}", "not an algorithm"),
        ("bearer: {jwks: k, algorithms: [rs256]}", "did you mean RS256?"),
        ("bearer: {jwks: k, algorithms: [RS256], header: 'X Y'}", "not the name of"),
        ("bearer: {jwks: k, algorithms: [RS256], leeway: 1h}", "from 0 to 600"),
        ("client_certificate", "ca: missing"),
        ("client_certificate: {ca: p, name: subject.cn}", "did you mean subject.CN?"),
        ("header: {name: X-Remote-User}", "peers: missing"),
        ("header: {name: X-Remote-User, peers: []}", "peers: empty"),
        ("bearer: {jwks: k, algorithms: []}", "algorithms: empty"),
        ("header: {peers: [10.0.0.1]}", "name: missing"),
        ("header: {name: 'X:', peers: [10.0.0.1]}", "not the name of a header"),
        ("header: {name: X, peers: [10.0.0.1/8]}", "not a network"),
        ("header: {name: X, peers: [proxy.test]}", "not a network"),
    ],
)
def test_mistake_is_reported_with_what_was_expected(text: str, said: str) -> None:
    """A wrong key here would be a wrong name, or none, for everybody."""
    assert any(said in line for line in mistakes(text)), mistakes(text)


def test_files_are_named_for_whoever_reads_them() -> None:
    """The core opens nothing."""
    assert read("bearer: {jwks: a/k.json, algorithms: [ES256]}").files() == (
        "a/k.json",
    )
    assert read("client_certificate: {ca: ../p.pem}").files() == ("../p.pem",)
    assert read("basic").files() == ()
