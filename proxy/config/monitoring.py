"""The ``admin`` and ``telemetry`` of a config file: who may watch, and from where."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from proxy.config.model import Admin, Telemetry
from proxy.document import Address, Fields, Problems

ADMIN = Address("127.0.0.1", 9464)
"""Loopback; the port that OpenTelemetry's Prometheus exporters use."""


def admin(fields: Fields, base: Path, problems: Problems) -> Admin | None:
    """The admin server, when there is one; beyond loopback it needs a token."""
    node = fields.child("admin")
    if node is None:
        return None
    with Fields(node, problems) as inner:
        listen = inner.address("listen", ADMIN)
        token = inner.path("token_file", None)
        if token is None and not loopback(listen):
            inner.required("token_file", "a file with a token: this is not loopback")
        return Admin(
            listen=listen, token_file=base / str(token) if token is not None else None
        )


def telemetry(fields: Fields, problems: Problems) -> Telemetry | None:
    """Where metrics are pushed, when they are."""
    node = fields.child("telemetry")
    if node is None:
        return None
    with Fields(node, problems) as inner:
        return Telemetry(
            otlp=inner.url("otlp"),
            interval=inner.duration("interval", 15.0, least=0.1),
        )


def loopback(address: Address) -> bool:
    """Whether only this host can reach it; a name other than localhost counts not."""
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return address.host == "localhost"
