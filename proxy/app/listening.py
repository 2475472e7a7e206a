"""Where users find the applications: addresses to bind, and what a wire is told.

Importable without mitmproxy: a sidecar checks what its wires will be told before
it starts one, so that a config that cannot work is refused and not retried.
"""

from __future__ import annotations

import errno
import socket

from addons import descriptors, tls
from addons.settings import (
    ClientTls,
    ListenerSettings,
    Method,
    Transparent,
    UpstreamTls,
)
from addons.transparent import allow_foreign
from proxy.config import (
    Application,
    ClientCertificates,
    Config,
    TransparentMethod,
)
from proxy.errors import UnavailableError

BACKLOG = 4096
"""Connections the kernel queues while wires are replaced; the usual bound of
``net.core.somaxconn``."""


def bind(application: Application) -> socket.socket:
    """A listening socket for this application, inheritable.

    Raises:
        UnavailableError: the address is taken, forbidden or not of this host.
    """
    host, port = application.listen.host, application.listen.port
    every = not host and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if ":" in host or every else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if _foreign(application):
            allow_foreign(sock)
        if family is socket.AF_INET6:
            # Every interface means both families.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not every))
        sock.bind((host, port))
        sock.listen(BACKLOG)
        sock.set_inheritable(True)
    except OSError as error:
        sock.close()
        known = {
            errno.EADDRINUSE: "another program listens there",
            errno.EPERM: "transparent by TPROXY needs CAP_NET_ADMIN or CAP_NET_RAW",
            errno.EACCES: "ports below 1024 need the right to bind them",
            errno.EADDRNOTAVAIL: "this host does not have that address",
        }
        reason = known.get(error.errno or 0, error.strerror)
        raise UnavailableError(
            f"application {application.name}: cannot listen at "
            f"{application.listen}: {reason}"
        ) from error
    return sock


def _foreign(application: Application) -> bool:
    led = application.transparent
    return led is not None and led.method is TransparentMethod.TPROXY


def listener(application: Application, descriptor: int) -> ListenerSettings:
    """What the wire is told about one application."""
    return ListenerSettings(
        application=application.name,
        fd=descriptor,
        upstream_host=application.upstream.host,
        upstream_port=application.upstream.port,
        tls=(
            None
            if application.tls is None
            else ClientTls(
                certificate=application.tls.certificate,
                key=application.tls.key,
                ask=application.tls.client_certificates is ClientCertificates.REQUEST,
            )
        ),
        upstream_tls=(
            None
            if application.upstream_tls is None
            else UpstreamTls(
                ca=application.upstream_tls.ca,
                server_name=application.upstream_tls.server_name,
                minimum=application.upstream_tls.minimum.value,
                ciphers=application.upstream_tls.ciphers,
            )
        ),
        connect_timeout=application.connect_timeout,
        idle_timeout=application.idle_timeout,
        max_connections=application.max_connections,
        proxy_protocol=application.proxy_protocol,
        transparent=(
            None
            if application.transparent is None
            else Transparent(
                method=Method(application.transparent.method.value),
                destinations=frozenset(
                    (each.host, each.port)
                    for each in application.transparent.destinations
                ),
            )
        ),
    )


def check(config: Config) -> None:
    """Make sure that a wire of this config could start.

    Raises:
        UsageError: a certificate, a key or a file of authorities cannot be used, or
            this host does not give a process that many descriptors.
    """
    descriptors.check(sum(each.max_connections for each in config.applications))
    for application in config.applications:
        settings = listener(application, 0)
        if settings.tls is not None:
            tls.server_context(settings.tls)
        if settings.upstream_tls is not None:
            tls.upstream_context(settings.upstream_tls)
