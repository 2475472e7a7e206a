"""The receiver of lines over HTTP: a POST, and its answer, bounded in time and size.

Redirects are not followed: lines go where the config says. Neither the URL, which may
hold a token, nor the token is ever told.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import aiohttp

from proxy.ldv.otlp import CONTENT_TYPE

SECONDS = 30.0
"""For one request."""
_MOST_BYTES = 64 << 10
"""Of an answer; one with a message has some hundred."""


class Unreachable(Exception):
    """No answer; whether the lines arrived is not known."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    retry_after: float
    """Seconds the receiver asks to be left alone; 0: none said."""


class Receiver(Protocol):
    """Takes requests."""

    async def post(self, body: bytes) -> Answer:
        """Send one request.

        Raises:
            Unreachable: no answer came.
        """


@dataclass(slots=True, kw_only=True)
class HttpReceiver:
    """A URL."""

    url: str = field(repr=False)
    token: str = field(default="", repr=False)
    ca: str | None = None
    """Path of a PEM; None: the system's authorities."""
    _session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes) -> Answer:
        """See ``Receiver``."""
        headers = {"Content-Type": CONTENT_TYPE}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            if self._session is None:
                self._session = self._opened()
            async with self._session.post(
                self.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                said = await answer.content.read(_MOST_BYTES)
                after = answer.headers.get("Retry-After", "")
                return Answer(answer.status, said, _seconds(after))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(type(error).__name__) from error

    def _opened(self) -> aiohttp.ClientSession:
        trust = ssl.create_default_context(cafile=self.ca)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust, limit=1),
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        )

    async def close(self) -> None:
        """Give the connection back."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _seconds(text: str) -> float:
    """``Retry-After`` in seconds; a date, or anything else, is not read."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0
