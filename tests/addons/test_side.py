"""Flow control over real sockets: who waits for whom, and how much is kept."""

from __future__ import annotations

import socket
import threading

import pytest

from addons.handler import WireHandler
from addons.side import WRITE_HIGH
from tests.support.conversations import PIPELINED, SENDS_FIRST
from tests.support.peers import Peer
from tests.support.stages import Stage, direct, through
from tests.support.taps import MemorySource
from tests.support.waiting import until

READ = 256 * 1024
"""What one read of the event loop yields at most."""
BODY = 50_000_000


def handler_of(stage: Stage) -> WireHandler:
    """The only open connection's handler."""
    assert stage.wire is not None
    (handler,) = stage.wire.wire.handlers
    return handler


def _send_all(peer: Peer) -> threading.Thread:
    thread = threading.Thread(target=lambda: peer.send(b"z" * BODY), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_stalled_reader_stops_the_sender_and_little_is_kept(up: bool) -> None:
    """A download nobody reads must not become the wire's memory."""
    with through(MemorySource()) as stage:
        client, server = stage.connect(), stage.accept()
        sender, reader = (client, server) if up else (server, client)
        thread = _send_all(sender)
        handler = handler_of(stage)
        until(lambda: handler.server_side is not None, "the upstream is open")
        assert handler.server_side is not None
        source = handler.client_side if up else handler.server_side
        target = handler.server_side if up else handler.client_side
        until(lambda: target.unflushed > WRITE_HIGH, "the target is full")
        until(
            lambda: source.transport and not source.transport.is_reading(),
            "the source waits",
        )

        kept = handler.unflushed
        reading = target.transport and target.transport.is_reading()
        reader.until(BODY)
        thread.join(20)

        assert kept <= WRITE_HIGH + READ
        assert reading, "the other direction must not wait"
        assert len(reader.received) == BODY
        client.close()
        server.close()


def test_client_that_sends_everything_first_does_not_deadlock() -> None:
    """The stock relay drains all writers under one lock and stops at 10 MB."""
    plain = direct()
    expected = plain.play(SENDS_FIRST)
    plain.close()

    with through(MemorySource()) as stage:
        outcome = stage.play(SENDS_FIRST)

    assert expected == outcome


def test_pace_delays_the_next_read_and_loses_nothing() -> None:
    """A recorder behind slows clients down a little before anything is shed."""
    source = MemorySource(delay=0.001)
    plain = direct()
    expected = plain.play(PIPELINED)
    plain.close()

    with through(source) as stage:
        outcome = stage.play(PIPELINED)
        assert stage.wire is not None
        paced = stage.wire.listener().paced

    assert expected == outcome
    assert paced >= 1


def test_absurd_pace_is_bounded() -> None:
    """No answer of a tap may stop a client for good."""
    source = MemorySource(delay=1e9)

    with through(source) as stage:
        client, server = stage.connect(), stage.accept()
        client.send(b"1")
        server.until(1)
        client.send(b"2")
        server.until(2)
        client.close()
        server.close()

    assert server.received == b"12"


def test_relayed_sockets_do_not_wait_for_more_and_notice_a_vanished_peer() -> None:
    """Nagle would add latency; without an idle timeout only probes find the dead."""
    with through(MemorySource()) as stage:
        client, server = stage.connect(), stage.accept()
        handler = handler_of(stage)
        until(lambda: handler.server_side, "the upstream is open")
        assert handler.server_side is not None
        found = [
            side.transport.get_extra_info("socket").getsockopt(*option) != 0
            for side in (handler.client_side, handler.server_side)
            if side.transport is not None
            for option in (
                (socket.IPPROTO_TCP, socket.TCP_NODELAY),
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            )
        ]
        client.close()
        server.close()

    assert found == [True] * 4
