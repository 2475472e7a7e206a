"""Scripted conversations: what a client and a server do on one connection.

Each runs direct and through a wire; what either end received, and how it saw the
other one end, must be the same. The scripts exercise what relays are known to
change: framing, whitespace, interim responses, ends.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.peers import Peer

BIG = 60_000_000


@dataclass
class Meeting:
    """What both scripts share besides the connection."""

    seen: threading.Event = field(default_factory=threading.Event)
    """Set by one script when the other may go on to its last act."""

    def wait(self) -> None:
        """Until the other script says so."""
        assert self.seen.wait(20), "the other end never got there"


Script = Callable[[Peer, Meeting], None]


@dataclass(frozen=True)
class Conversation:
    """A client's part and a server's part."""

    name: str
    client: Script
    server: Script


def exchange(name: str, request: bytes, response: bytes) -> Conversation:
    """One write each way; both wait for all of it, the client closes first."""

    def client(peer: Peer, _: Meeting) -> None:
        peer.send(request)
        peer.until(len(response))
        peer.half_close()
        peer.to_end()

    def server(peer: Peer, _: Meeting) -> None:
        peer.until(len(request))
        peer.send(response)
        peer.to_end()
        peer.close()

    return Conversation(name, client, server)


def turns(name: str, *pairs: tuple[bytes, bytes]) -> Conversation:
    """Request and response in turn on one connection."""

    def client(peer: Peer, _: Meeting) -> None:
        total = 0
        for request, response in pairs:
            peer.send(request)
            total += len(response)
            peer.until(total)
        peer.half_close()
        peer.to_end()

    def server(peer: Peer, _: Meeting) -> None:
        total = 0
        for request, response in pairs:
            total += len(request)
            peer.until(total)
            peer.send(response)
        peer.to_end()
        peer.close()

    return Conversation(name, client, server)


PIPELINED = exchange(
    "pipelined requests",
    b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
    b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    b"GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"
    b"HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n2"
    b"HTTP/1.1 404 Nope\r\nContent-Length: 1\r\n\r\n3",
)

CHUNKED = exchange(
    "chunks with extensions and trailers",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:  chunked\r\n"
    b"Trailer: X-Sum\r\n\r\n"
    b'003;name="v;w"\r\nabc\r\n0a ; x\r\n0123456789\r\n000\r\nX-Sum: 9\r\n\r\n',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"1;e\r\nz\r\nFF\r\n" + b"y" * 255 + b"\r\n0;last\r\nX-T:1\r\n\r\n",
)

EXPECT = turns(
    "Expect: 100-continue",
    (
        b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ),
    (b"body", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
)

INTERIM = exchange(
    "interim responses",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
)

HEAD_AND_304 = turns(
    "HEAD and 304 with a length",
    (
        b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
    ),
    (
        b'GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: "x"\r\n\r\n',
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
    ),
)

BARE_LF = exchange(
    "bare LF and folded headers",
    b"GET / HTTP/1.1\nHost: a\nX-Long: one\n two\n\tthree\n\n",
    b"HTTP/1.1 200 OK\nX-Long: one\r\n  two\nContent-Length: 2\n\nok",
)

ODD_HEADERS = exchange(
    "duplicate and oddly cased headers",
    b"GET  /a%20b?q= HTTP/1.1\r\nhOST:a\r\nCOOKIE:  a=1 \r\ncookie: b=2\r\n"
    b"X-Empty:\r\nX-Latin: \xe9\xff\r\n\r\n",
    b"HTTP/1.1 200\r\nset-cookie: a=1\r\nSet-Cookie: a=2\r\nSET-COOKIE: b\r\n"
    b"cONTENT-lENGTH: 2\r\nX_Under: 1\r\nProxy-Connection: keep-alive\r\n\r\nok",
)

OLD_KEEP_ALIVE = turns(
    "HTTP/1.0 keep-alive",
    (
        b"GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\n1",
    ),
    (
        b"GET /2 HTTP/1.0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n2",
    ),
)

_HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
WEBSOCKET = turns(
    "WebSocket echo after an upgrade",
    (
        b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        _HANDSHAKE,
    ),
    (b"\x81\x85\x01\x02\x03\x04igohn", b"\x81\x05hello"),
    (b"\x88\x80\x00\x00\x00\x00", b"\x88\x00"),
)

_ALL_BYTES = bytes(range(256)) * 40


def _greeted(peer: Peer, _: Meeting) -> None:
    peer.until_bytes(b"220 ready\r\n")
    peer.send(_ALL_BYTES)
    peer.to_end()
    peer.close()


def _greets(peer: Peer, _: Meeting) -> None:
    peer.send(b"220 ready\r\n")
    peer.until(len(_ALL_BYTES))
    peer.send(_ALL_BYTES[::-1])
    peer.half_close()
    peer.to_end()


NOT_HTTP = Conversation("bytes that are not HTTP, server first", _greeted, _greets)


def _reads_to_end(peer: Peer, _: Meeting) -> None:
    peer.send(b"GET / HTTP/1.0\r\n\r\n")
    peer.to_end()
    peer.close()


def _sends_until_close(peer: Peer, _: Meeting) -> None:
    peer.until_bytes(b"\r\n\r\n")
    peer.send(b"HTTP/1.0 200 OK\r\n\r\n" + b"r" * 300_000)
    peer.close()


UNTIL_CLOSE = Conversation("a body until close", _reads_to_end, _sends_until_close)


def _ends_then_reads(peer: Peer, _: Meeting) -> None:
    peer.send(b"q" * 1000)
    peer.half_close()
    peer.to_end()
    peer.close()


def _answers_after_end(peer: Peer, _: Meeting) -> None:
    peer.to_end()
    peer.send(b"r" * 200_000)
    peer.half_close()
    peer.close()


CLIENT_HALF = Conversation(
    "the client half-closes", _ends_then_reads, _answers_after_end
)


def _sends_after_end(peer: Peer, _: Meeting) -> None:
    peer.to_end()
    peer.send(b"q" * 200_000)
    peer.half_close()
    peer.close()


SERVER_HALF = Conversation("the server half-closes", _sends_after_end, _ends_then_reads)

PART = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"r" * 5000


def _reads_part(peer: Peer, meeting: Meeting) -> None:
    peer.send(b"GET / HTTP/1.1\r\n\r\n")
    peer.until(len(PART))
    meeting.seen.set()
    peer.to_end()


def _resets(peer: Peer, meeting: Meeting) -> None:
    peer.until_bytes(b"\r\n\r\n")
    peer.send(PART)
    meeting.wait()
    peer.reset()


SERVER_RESET = Conversation("the server resets in mid-body", _reads_part, _resets)


def _sends_part_and_resets(peer: Peer, meeting: Meeting) -> None:
    peer.send(PART)
    meeting.wait()
    peer.reset()


def _notices(peer: Peer, meeting: Meeting) -> None:
    peer.until(len(PART))
    meeting.seen.set()
    peer.to_end()


CLIENT_RESET = Conversation(
    "the client resets in mid-body", _sends_part_and_resets, _notices
)


def _sends_all_first(peer: Peer, _: Meeting) -> None:
    block = hashlib.sha256(b"block").digest() * 2000
    sent = 0
    while sent < BIG:
        peer.send(block)
        sent += len(block)
    peer.half_close()
    _digest_to_end(peer)


def _echoes_all(peer: Peer, _: Meeting) -> None:
    queue: list[bytes] = []
    ready = threading.Condition()

    def writer() -> None:
        while True:
            with ready:
                ready.wait_for(lambda: queue or peer.end, 20)
                blocks, over = list(queue), bool(peer.end)
                queue.clear()
            for block in blocks:
                peer.send(block)
            if over and not blocks:
                peer.half_close()
                return

    thread = threading.Thread(target=writer, daemon=True)
    thread.start()
    digest = hashlib.sha256()
    while peer.more():
        block = bytes(peer.received)
        peer.received.clear()
        digest.update(block)
        with ready:
            queue.append(block)
            ready.notify()
    with ready:
        ready.notify()
    thread.join(30)
    peer.received += digest.digest()


def _digest_to_end(peer: Peer) -> None:
    digest = hashlib.sha256()
    while peer.more():
        digest.update(peer.received)
        peer.received.clear()
    peer.received += digest.digest()


SENDS_FIRST = Conversation(
    "60 MB are sent before anything is read", _sends_all_first, _echoes_all
)

SMALL = (
    PIPELINED,
    CHUNKED,
    EXPECT,
    INTERIM,
    HEAD_AND_304,
    BARE_LF,
    ODD_HEADERS,
    OLD_KEEP_ALIVE,
    WEBSOCKET,
    NOT_HTTP,
    UNTIL_CLOSE,
    CLIENT_HALF,
    SERVER_HALF,
    SERVER_RESET,
    CLIENT_RESET,
)
ALL = (*SMALL, SENDS_FIRST)
