"""What commands ask the question service through; blocking, one question each.

Failure modes: ``UsageError`` for what the service says is wrong with the question, the
token or the URL; ``UnavailableError`` when it does not answer. Neither quotes a token.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from proxy.asking.model import Ask, Refusal
from proxy.errors import UnavailableError, UsageError

T = TypeVar("T")

PATIENCE = 150.0
"""Seconds: longer than a store works on one question."""
MOST_ANSWER = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the service is, and who asks."""

    url: str
    token: str = field(repr=False)
    """``NAME:TOKEN``."""
    ca: Path | None = None
    """PEM of its authority; None: the system's."""


def ask(access: Access, question: Ask, answer: type[T]) -> T:
    """Ask.

    Args:
        access: the service.
        question: with a reason.
        answer: what comes back.

    Raises:
        UsageError, UnavailableError: see the module.
    """
    line = _line(access)
    try:
        line.request(
            "POST",
            "/ask",
            body=msgspec.json.encode(question),
            headers={
                "Authorization": f"Bearer {access.token}",
                "Content-Type": "application/json",
            },
        )
        said = line.getresponse()
        body = said.read(MOST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(
            f"the question service at {access.url} does not answer: "
            f"{type(error).__name__}"
        ) from None
    finally:
        line.close()
    if said.status == http.client.OK:
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.MsgspecError:
            raise UnavailableError(
                f"the question service at {access.url} answers what this version "
                "does not understand"
            ) from None
    raise _refused(access.url, said.status, body)


def _line(access: Access) -> http.client.HTTPConnection:
    parts = urlsplit(access.url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise UsageError("--service: expected https://HOST:PORT")
    if parts.scheme == "http":
        if parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise UsageError("--service: a token goes over https only, or loopback")
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        context = ssl.create_default_context(cafile=access.ca)
    except OSError as error:
        raise UsageError(f"{access.ca}: no authority can be read from it") from error
    return http.client.HTTPSConnection(
        parts.hostname, parts.port, timeout=PATIENCE, context=context
    )


def _refused(url: str, status: int, body: bytes) -> UsageError | UnavailableError:
    try:
        why = msgspec.json.decode(body, type=Refusal).error
    except msgspec.MsgspecError:
        why = f"HTTP status {status}"
    text = f"the question service at {url}: {why}"
    if status in {400, 401, 413}:
        return UsageError(text)
    return UnavailableError(text)
