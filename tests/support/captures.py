"""Capture files made by hand, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proxy.capture.envelope import BARE, Header
from proxy.capture.taking import Order
from proxy.tapstream import Frame, Kind, pack
from tests.support.frames import Conversation, encode, hello


def capture_file(
    path: Path, application: str, exchanges: Iterable[tuple[bytes, bytes]]
) -> Path:
    """A capture of one wire and one connection with these requests and answers."""
    talk = Conversation(application=application)
    frames = [Frame(Kind.HELLO, 0, 0, 0, encode(hello())), talk.open(1)]
    for number, (request, response) in enumerate(exchanges, start=1):
        frames.append(talk.data(True, request, number * 1000))
        frames.append(talk.data(False, response, number * 1000 + 1))
    frames.append(talk.end(10**9))
    packed = (
        pack(Kind(f.kind), f.connection, f.offset, f.time_ns, f.payload) for f in frames
    )
    path.write_bytes(BARE + b"".join(packed))
    return path


HEADER = Header(
    id="00112233445566778899aabbccddeeff",
    made_ns=1,
    expires_ns=2**62,
    by="tester",
    reason="a test",
    redacted=False,
)
"""Of a capture that does not expire."""


def raw_order() -> Order:
    """A capture of what passes, as it is."""
    return Order(header=HEADER)
