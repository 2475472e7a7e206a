"""The ``questions`` of a config file: where the question service answers, and whom."""

from __future__ import annotations

from pathlib import Path

from proxy.config.model import Asking
from proxy.config.monitoring import loopback
from proxy.document import Address, Fields, Problems

QUESTIONS = Address("127.0.0.1", 8741)
"""Loopback; beyond it only with a certificate."""


def asking(
    fields: Fields, base: Path, state: Path, problems: Problems
) -> Asking | None:
    """The question service, when there is one; beyond loopback it needs TLS."""
    node = fields.child("questions")
    if node is None:
        return None
    with Fields(node, problems) as inner:
        listen = inner.address("listen", QUESTIONS)
        people = inner.path("people", None)
        certificate = inner.path("certificate", None)
        key = inner.path("key", None)
        if certificate is None and (key is not None or not loopback(listen)):
            inner.required("certificate", "a PEM file: tokens go over TLS only")
        if key is None and certificate is not None:
            inner.required("key", "the certificate's key, PEM")
        return Asking(
            listen=listen,
            people=base / str(people) if people is not None else state / "people",
            certificate=base / str(certificate) if certificate is not None else None,
            key=base / str(key) if key is not None else None,
        )
