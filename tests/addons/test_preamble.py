"""The PROXY protocol: taken off from listed peers, data from anybody else."""

from __future__ import annotations

import itertools
import struct
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.preamble import (
    BINARY_MOST,
    SIGNATURE,
    TEXT_MOST,
    Preamble,
    read_preamble,
    speaks,
)
from tests.support.peers import END, RESET, Peer, TlsPeer
from tests.support.stages import CLIENT_NAME, Keys, Stage, through
from tests.support.taps import MemorySource
from tests.support.waiting import until

HERE = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("192.0.2.0/24"),)
TEXT = b"PROXY TCP4 198.51.100.7 192.0.2.1 56324 443\r\n"


def binary(
    source: str = "198.51.100.7",
    *,
    port: int = 56324,
    command: int = 0x21,
    family: int | None = None,
    more: bytes = b"",
) -> bytes:
    """A version 2 preamble."""
    address = ip_address(source)
    family = family if family is not None else (0x11 if address.version == 4 else 0x21)
    body = address.packed * 2 + struct.pack("!HH", port, 443) + more
    return SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


@pytest.mark.parametrize(
    ("data", "client"),
    [
        (TEXT, ("198.51.100.7", 56324)),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", ("2001:db8::1", 1)),
        (b"PROXY TCP6 ::ffff:198.51.100.7 ::1 1 2\r\n", ("198.51.100.7", 1)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ff:: ff:: 1 2\r\n", None),
        (binary(), ("198.51.100.7", 56324)),
        (binary("2001:db8::1"), ("2001:db8::1", 56324)),
        (binary(more=b"\x03\x00\x04abcd"), ("198.51.100.7", 56324)),
        (binary(command=0x20), None),
        (binary(family=0x00), None),
        (binary(family=0x31), None),
    ],
)
def test_a_preamble_is_read_in_any_split(
    data: bytes, client: tuple[str, int] | None
) -> None:
    """Whole, with data behind it, and not before its last byte is there."""
    assert read_preamble(data) == Preamble(len(data), client)
    assert read_preamble(data + b"GET / ") == Preamble(len(data), client)
    assert {read_preamble(data[:n]) for n in range(len(data))} == {True}


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 56324\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 56324 65536\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 -1 443\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        b"PROXY TCP4 nonsense 192.0.2.1 1 2\r\n",
        b"PROXY UDP4 198.51.100.7 192.0.2.1 1 2\r\n",
        b"PROXY  \r\n",
        b"PROXY " + b"x" * TEXT_MOST,
        b"\r\n\r\nGET",
        binary(command=0x11),
        binary(command=0x22),
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 4) + b"abcd",
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, BINARY_MOST + 1),
    ],
)
def test_what_is_no_preamble_is_data(data: bytes) -> None:
    """Also what begins like one."""
    assert read_preamble(data) is False


@given(st.binary(max_size=60), st.sampled_from([b"", SIGNATURE, b"PROXY TCP4 "]))
def test_any_bytes_are_answered(data: bytes, start: bytes) -> None:
    """And what was refused once is refused with more behind it."""
    whole = start + data
    answers = [read_preamble(whole[:n]) for n in range(len(whole) + 1)]

    for earlier, later in itertools.pairwise(answers):
        assert earlier is True or earlier == later


def test_peers_are_listed_by_network() -> None:
    """Nobody else speaks for clients."""
    assert speaks("127.0.0.1", HERE)
    assert not speaks("192.0.2.1", HERE)
    assert not speaks("::1", HERE)
    assert not speaks("somewhere", HERE)


def exchanged(stage: Stage, source: MemorySource, *pieces: bytes) -> bytes:
    """What the application received of one connection that is answered."""
    with stage.connect().sock as sock:
        client = Peer(sock)
        for piece in pieces:
            client.send(piece)
        client.half_close()
        server = stage.accept()
        server.to_end()
        server.send(b"answer")
        server.close()
        client.to_end()
    assert client.received == b"answer"
    until(lambda: source.taps and source.taps[-1].ended, "the tap has ended")
    assert source.taps[-1].up == server.received
    return bytes(server.received)


@pytest.mark.parametrize("preamble", [TEXT, binary()])
def test_a_listed_balancer_gives_the_clients_address(preamble: bytes) -> None:
    """Application and tap get the connection without the preamble."""
    source = MemorySource()
    with through(source, balancers=HERE) as stage:
        for pieces in (
            (preamble + b"GET /",),
            (preamble, b"GET /"),
            (*(bytes([byte]) for byte in preamble), b"GET /"),
        ):
            assert exchanged(stage, source, *pieces) == b"GET /"
            assert source.taps[-1].opened.client == ("198.51.100.7", 56324)
        assert stage.wire is not None
        assert stage.wire.listener().preambles_missing == 0


def test_anybody_elses_preamble_passes_as_data() -> None:
    """Else every client could name the address he likes."""
    source = MemorySource()
    with through(source, balancers=ELSEWHERE) as stage:
        assert exchanged(stage, source, TEXT + b"GET /") == TEXT + b"GET /"

    assert source.taps[0].opened.client[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "pieces", [(b"GET /",), (b"PRO", b"XIMITY"), (b"PROXY TCP4 1\r\n",), (b"PROXY",)]
)
def test_a_listed_peer_without_a_preamble_is_relayed_and_counted(
    pieces: tuple[bytes, ...],
) -> None:
    """A health check, or a balancer that was set up otherwise: nothing is lost."""
    source = MemorySource()
    with through(source, balancers=HERE) as stage:
        assert exchanged(stage, source, *pieces) == b"".join(pieces)
        assert stage.wire is not None
        assert stage.wire.listener().preambles_missing == 1

    assert source.taps[0].opened.client[0] == "127.0.0.1"


def test_a_balancer_that_speaks_for_itself_keeps_its_address() -> None:
    """LOCAL and UNKNOWN: its own health check."""
    source = MemorySource()
    with through(source, balancers=HERE) as stage:
        assert exchanged(stage, source, b"PROXY UNKNOWN\r\nGET /") == b"GET /"
        assert stage.wire is not None
        assert stage.wire.listener().preambles_missing == 0

    assert source.taps[0].opened.client[0] == "127.0.0.1"


def test_the_preamble_stands_before_tls(tmp_path: Path) -> None:
    """It is in the clear, and the handshake follows."""
    keys = Keys.make(tmp_path)
    source = MemorySource()
    with through(source, balancers=HERE, client_keys=keys) as stage:
        stage.use(None, None)
        plain = stage.connect()
        plain.send(binary())
        client = TlsPeer(plain.sock, keys.client_context(), CLIENT_NAME)
        client.send(b"GET /")
        server = stage.accept()
        server.until(5)
        server.close()
        client.to_end()
        client.close()

    assert (bytes(server.received), client.end) == (b"GET /", END)
    assert source.taps[0].opened.client == ("198.51.100.7", 56324)


def test_a_connection_that_ends_inside_its_preamble_is_forgotten() -> None:
    """Reset or drained: its descriptor comes back, and no tap was told."""
    source = MemorySource()
    with through(source, balancers=HERE) as stage:
        assert stage.wire is not None
        client = stage.connect()
        client.send(TEXT[:10])
        until(lambda: stage.wire and stage.wire.status().connections_open, "accepted")
        client.reset()
        stage.wire.until_idle()
        waiting = stage.connect()
        waiting.send(TEXT[:10])
        until(lambda: stage.wire and stage.wire.status().connections_open, "accepted")
        stage.wire.stop()
        waiting.to_end()

    waiting.close()
    assert waiting.end in {END, RESET}
    assert source.taps == []
