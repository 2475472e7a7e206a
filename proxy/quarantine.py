"""Responses that no rule read, kept for a better rule: off unless a config asks for it.

One file an exchange, a sealed box as captures are (``proxy.capture.envelope``), to a
public key whose private half is elsewhere: what is kept cannot be read here. Nothing is
redacted, since a better rule must find ids; cookies and credentials in headers are left
out. Bounded in bytes, days, size of one and number that wait to be written; the oldest
goes first, and everything dropped is counted.

Failure modes: a disk that refuses costs the item (counted, told once); ``keep`` never
raises into the recorder.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

from proxy.capture.envelope import Header, Opened, Sealing, frames, header_of, new_id
from proxy.events import Event, ExchangeRecorded, Extraction, decode, encode
from proxy.exchange.model import BodyState, Exchange, Headers, Request, Response

logger = logging.getLogger(__name__)

ENDING = ".kept"
MOST_ITEM = 2 << 20
"""Bytes of one: pages have some tens of thousands."""
MOST_WAITING = 64
"""Exchanges not yet on disk; beyond, a burst is dropped rather than held."""

_SECRET = frozenset(
    (b"cookie", b"set-cookie", b"authorization", b"proxy-authorization")
)
_DAY_NS = 86_400 * 10**9


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange as it is kept."""

    event: bytes
    """``ExchangeRecorded``, encoded: who, when, and which exchange."""
    method: bytes
    target: bytes
    request_headers: Headers
    request_body: bytes
    status: int
    response_headers: Headers
    response_body: bytes
    body_state: BodyState

    @property
    def exchange(self) -> Exchange:
        """As rules look at it."""
        request = Request(
            method=self.method,
            target=self.target,
            headers=self.request_headers,
            body=self.request_body,
        )
        response = Response(
            status=self.status,
            headers=self.response_headers,
            body=self.response_body,
            body_state=self.body_state,
            content_length=len(self.response_body),
        )
        return Exchange(request, response)

    @property
    def recorded(self) -> ExchangeRecorded:
        """What was recorded of it."""
        event = decode(self.event)
        assert isinstance(event, ExchangeRecorded)
        return event


def item_of(exchange: Exchange, event: ExchangeRecorded) -> Item | None:
    """What is kept of an exchange; None when there is no response, or too much."""
    request, response = exchange.request, exchange.response
    if response is None or len(request.body) + len(response.body) > MOST_ITEM:
        return None
    return Item(
        event=encode(event),
        method=request.method,
        target=request.target,
        request_headers=_plain(request.headers),
        request_body=request.body,
        status=response.status,
        response_headers=_plain(response.headers),
        response_body=response.body,
        body_state=response.body_state,
    )


def unread(events: list[Event]) -> ExchangeRecorded | None:
    """The exchange of these events, when it was not read."""
    for event in events:
        if isinstance(event, ExchangeRecorded):
            kept = (Extraction.UNMAPPED, Extraction.FAILED)
            return event if event.extraction in kept else None
    return None


def _plain(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name not in _SECRET]


class Quarantine:
    """The kept exchanges of one sidecar.

    Args:
        directory: made when missing, 0700.
        recipient: whom they are encrypted to.
        most: bytes on disk.
        days: how long one is kept.
        now_ns: the wall clock.

    """

    def __init__(
        self,
        directory: Path,
        recipient: X25519PublicKey,
        *,
        most: int,
        days: int,
        now_ns: Callable[[], int],
    ) -> None:
        self.kept = 0
        """Written since the start."""
        self.dropped = 0
        """Too large, too many at once, or refused by the disk."""
        self.evicted = 0
        """Deleted for want of room, or because their days were over."""
        self.bytes = 0
        self._directory = directory
        self._recipient = recipient
        self._most = most
        self._days_ns = days * _DAY_NS
        self._now_ns = now_ns
        self._waiting = 0
        self._told = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="quarantine")
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._files: deque[tuple[Path, int]] = deque()
        for path in sorted(directory.glob(f"*{ENDING}")):
            size = path.stat().st_size
            self._files.append((path, size))
            self.bytes += size

    def keep(self, exchange: Exchange, event: ExchangeRecorded) -> None:
        """Keep one, soon; never raises."""
        item = item_of(exchange, event)
        if item is None or self._waiting >= MOST_WAITING:
            self.dropped += 1
            return
        self._waiting += 1
        self._pool.submit(self._write, item, event)

    def close(self) -> None:
        """Write what waits."""
        self._pool.shutdown(wait=True)

    def figures(self) -> dict[str, Any]:
        """For the recorder's report."""
        return {
            "quarantine_kept": self.kept,
            "quarantine_dropped": self.dropped,
            "quarantine_evicted": self.evicted,
            "quarantine_bytes": self.bytes,
        }

    def _write(self, item: Item, event: ExchangeRecorded) -> None:
        try:
            self._store(item, event)
            self.kept += 1
        except Exception as error:  # noqa: BLE001 - fail open: one kept response less
            self.dropped += 1
            if not self._told:
                self._told = True
                kind = type(error).__name__
                logger.error("the quarantine cannot be written: %s", kind)  # noqa: TRY400
        finally:
            self._waiting -= 1

    def _store(self, item: Item, event: ExchangeRecorded) -> None:
        now_ns = self._now_ns()
        header = Header(
            id=new_id(),
            made_ns=now_ns,
            expires_ns=now_ns + self._days_ns,
            by="quarantine",
            reason=event.extraction.value,
            redacted=False,
        )
        path = self._directory / f"{now_ns:020d}-{header.id}{ENDING}"
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            beside.chmod(0o600)
            sealing = Sealing(file, header, self._recipient)
            sealing.write(msgspec.msgpack.encode(item))
            sealing.close()
            size = file.tell()
        beside.replace(path)
        self._files.append((path, size))
        self.bytes += size
        self._make_room(now_ns)

    def _make_room(self, now_ns: int) -> None:
        while self._files:
            path, size = self._files[0]
            made_ns = int(path.name.partition("-")[0])
            if self.bytes <= self._most and now_ns - made_ns < self._days_ns:
                return
            path.unlink(missing_ok=True)
            self._files.popleft()
            self.bytes -= size
            self.evicted += 1


def items(
    directory: Path, key: X25519PrivateKey, now_ns: int
) -> Iterator[tuple[Path, Item | None]]:
    """The kept exchanges that have not expired, oldest first; None: a torn file.

    Raises:
        UsageError: encrypted to another key.
    """
    for path in sorted(directory.glob(f"*{ENDING}")):
        header = header_of(path)
        if header is None or header.expired(now_ns):
            continue
        opened = Opened(None)
        data = b"".join(frames(path, opened, key, now_ns))
        try:
            found = msgspec.msgpack.decode(data, type=Item)
        except msgspec.MsgspecError:
            found = None
        yield path, None if opened.torn else found
