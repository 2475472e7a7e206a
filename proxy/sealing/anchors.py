"""Anchors: where a seal is kept out of reach of who holds this host.

* a directory, on a mount that forbids change (WORM): a file a seal, mode 0444;
* an HTTP receiver: the seal's line as the body of a POST, any 2xx accepts it;
* a time-stamping authority (RFC 3161): its answer over the line is kept beside
  the seals, and shows that the seal was there at that time.

Failure modes: ``AnchorFailed`` with what to do; the next seal is tried then, and
vouches for the ones before it. No address with a password in it is ever told.
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import aiohttp
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    decode_timestamp_response,
)

from proxy.evidence.seal import Seal, Signed
from proxy.journal import layout

SECONDS = 20.0
"""For one seal at one anchor."""
_MOST_BYTES = 64 << 10
"""Of a time-stamp; ten times one with a chain of certificates."""


class AnchorFailed(Exception):
    """The seal is not anchored there."""


class Anchor(Protocol):
    """One place off the host."""

    @property
    def name(self) -> str:
        """How it is told of in status and logs."""

    async def put(self, seal: Seal, signed: Signed) -> None:
        """Keep this seal there.

        Raises:
            AnchorFailed: it is not, or nobody knows.
        """


def name_of(seal: Seal) -> str:
    """The file name of an anchored seal, without its ending."""
    return f"{seal.node}-{seal.number:012d}"


class DirectoryAnchor:
    """A directory on another medium.

    A mount may hang for ever, and a write with it: each runs on a thread of its own
    that nobody waits for at the end, and there is one at most.
    """

    def __init__(self, directory: Path, seconds: float = SECONDS) -> None:
        self._directory = directory
        self._seconds = seconds
        self._writing: Future[None] | None = None

    @property
    def name(self) -> str:
        """Its path."""
        return str(self._directory)

    async def put(self, seal: Seal, signed: Signed) -> None:
        """See ``Anchor``."""
        if self._writing is not None and not self._writing.done():
            raise AnchorFailed(f"{self.name}: does not answer")
        done: Future[None] = Future()
        path = self._directory / f"{name_of(seal)}.seal"
        self._writing = done
        threading.Thread(
            target=_fulfil, args=(done, path, signed.line() + b"\n"), daemon=True
        ).start()
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.wrap_future(done)
        except TimeoutError:
            raise AnchorFailed(f"{self.name}: does not answer") from None


def _fulfil(done: Future[None], path: Path, line: bytes) -> None:
    # Whoever waited may have given up.
    if not done.set_running_or_notify_cancel():
        return
    try:
        _keep(path, line)
    except (AnchorFailed, OSError) as error:
        told = getattr(error, "strerror", None)
        done.set_exception(AnchorFailed(f"{path}: {told}") if told else error)
    else:
        done.set_result(None)


def _keep(path: Path, line: bytes) -> None:
    """Write a file once; the same again is fine."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    except FileExistsError:
        if path.read_bytes() != line:
            raise AnchorFailed(f"{path} holds another seal") from None
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    layout.sync_directory(path.parent)


@dataclass(frozen=True, slots=True)
class HttpAnchor:
    """A receiver on another host."""

    url: str

    @property
    def name(self) -> str:
        """Its host."""
        return _host(self.url)

    async def put(self, seal: Seal, signed: Signed) -> None:
        """See ``Anchor``."""
        headers = {
            "Content-Type": "application/json",
            "Whosaw-Seal": name_of(seal),
        }
        await _post(self.url, signed.line(), headers)


@dataclass(frozen=True, slots=True)
class TimestampAnchor:
    """A time-stamping authority after RFC 3161."""

    url: str
    directory: Path
    """Where its answers are kept."""

    @property
    def name(self) -> str:
        """Its host."""
        return _host(self.url)

    async def put(self, seal: Seal, signed: Signed) -> None:
        """See ``Anchor``."""
        line = signed.line()
        request = (
            TimestampRequestBuilder()
            .data(line)
            .hash_algorithm(HashAlgorithm.SHA256)
            .nonce(nonce=True)
            .cert_request(cert_request=True)
            .build()
        )
        headers = {"Content-Type": "application/timestamp-query"}
        answer = await _post(self.url, request.as_bytes(), headers)
        try:
            response = decode_timestamp_response(answer)
            granted = response.status in (0, 1)
            info = response.tst_info if granted else None
        except ValueError as error:
            raise AnchorFailed(f"{self.name}: no time-stamp: {error}") from None
        if info is None:
            raise AnchorFailed(f"{self.name}: it refused (status {response.status})")
        if (
            info.message_imprint.message != sha256(line).digest()
            or info.nonce != request.nonce
        ):
            raise AnchorFailed(f"{self.name}: a time-stamp of something else")
        path = self.directory / f"{name_of(seal)}.tsr"
        try:
            path.write_bytes(answer)
        except OSError as error:
            raise AnchorFailed(f"{path}: {error.strerror}") from error


async def _post(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer,
        ):
            data = await answer.content.read(_MOST_BYTES)
            if not 200 <= answer.status < 300:
                raise AnchorFailed(f"{_host(url)}: it answered {answer.status}")
            return data
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise AnchorFailed(f"{_host(url)}: {type(error).__name__}") from None


def _host(url: str) -> str:
    """Scheme and host: a path may hold a token."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
