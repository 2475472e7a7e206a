"""The ``applications`` of a config file: where each listens, and what is behind it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from proxy.config.model import (
    Application,
    ClientCertificates,
    TlsListen,
    TlsMinimum,
    TlsUpstream,
)
from proxy.config.transparent import transparent
from proxy.document import Address, Fields, Problems


def applications(
    fields: Fields, base: Path, problems: Problems
) -> tuple[Application, ...]:
    """The applications, in the order of the file; mistakes go to ``problems``."""
    found = []
    for name, node in fields.entries("applications", required=True):
        with Fields(node, problems) as each:
            upstream_url = each.url("upstream")
            upstream, secure = _upstream(upstream_url)
            found.append(
                Application(
                    name=name,
                    rules=base / str(each.path("rules")),
                    listen=each.address("listen"),
                    upstream=upstream,
                    tls=_tls_listen(each, base, problems),
                    upstream_tls=_tls_upstream(
                        each, base, problems, upstream.host, secure=secure
                    ),
                    connect_timeout=each.duration("connect_timeout", 10.0, least=0.01),
                    idle_timeout=each.duration("idle_timeout", None, least=0.01),
                    max_connections=each.integer(
                        "max_connections", 4096, least=1, most=1_000_000
                    ),
                    proxy_protocol=_proxy_protocol(each, problems),
                    transparent=transparent(each, upstream, problems),
                )
            )
            if upstream_url and urlsplit(upstream_url).path not in ("", "/"):
                child = each.child("upstream")
                assert child is not None
                each.wrong(
                    child,
                    "the upstream has a path, but bytes pass unchanged",
                    "http://host:port or https://host:port",
                )
    return tuple(found)


def _proxy_protocol(
    fields: Fields, problems: Problems
) -> tuple[IPv4Network | IPv6Network, ...]:
    node = fields.child("proxy_protocol")
    if node is None:
        return ()
    found: list[IPv4Network | IPv6Network] = []
    with Fields(node, problems) as inner:
        inner.required("peers", "the balancers' networks, such as 10.0.0.0/8")
        for each in inner.elements("peers"):
            try:
                found.append(ip_network(each.text))
            except ValueError:
                inner.wrong(each, "not a network", "such as 10.0.0.0/8 or 192.0.2.1")
    return tuple(found)


def _upstream(url: str) -> tuple[Address, bool]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return Address(parts.hostname or "", parts.port or (443 if secure else 80)), secure


def _tls_listen(fields: Fields, base: Path, problems: Problems) -> TlsListen | None:
    node = fields.child("tls")
    if node is None:
        return None
    with Fields(node, problems) as tls:
        return TlsListen(
            certificate=base / str(tls.path("certificate")),
            key=base / str(tls.path("key")),
            client_certificates=tls.choice(
                "client_certificates", ClientCertificates, ClientCertificates.IGNORE
            ),
        )


def _tls_upstream(
    fields: Fields, base: Path, problems: Problems, host: str, *, secure: bool
) -> TlsUpstream | None:
    node = fields.child("upstream_tls")
    if node is None:
        return TlsUpstream(ca=None, server_name=host) if secure else None
    if not secure:
        fields.wrong(node, "the upstream is plain http", "upstream: https://…")
        fields.allow("upstream_tls")
    with Fields(node, problems) as tls:
        ca = tls.path("ca", None)
        return TlsUpstream(
            ca=base / str(ca) if ca is not None else None,
            server_name=tls.text("server_name", host),
            minimum=tls.choice("minimum", TlsMinimum, TlsMinimum.TLS12),
            ciphers=tls.text("ciphers", None),
        )
