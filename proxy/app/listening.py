"""Binding the addresses at which users find the applications."""

from __future__ import annotations

import errno
import socket

from proxy.config import Application
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
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            # Every interface means both families.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(bool(host)))
        sock.bind((host, port))
        sock.listen(BACKLOG)
        sock.set_inheritable(True)
    except OSError as error:
        known = {
            errno.EADDRINUSE: "another program listens there",
            errno.EACCES: "ports below 1024 need the right to bind them",
            errno.EADDRNOTAVAIL: "this host does not have that address",
        }
        reason = known.get(error.errno or 0, error.strerror)
        raise UnavailableError(
            f"application {application.name}: cannot listen at "
            f"{application.listen}: {reason}"
        ) from error
    return sock
