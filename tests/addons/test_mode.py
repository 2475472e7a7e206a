"""Listening on an inherited socket."""

from __future__ import annotations

import os
import resource
import socket

import pytest
from mitmproxy.proxy.mode_specs import ProxyMode

from addons.mode import InheritedMode
from addons.settings import ListenerSettings
from proxy.errors import UsageError
from tests.support.peers import END, Peer
from tests.support.stages import through
from tests.support.taps import MemorySource
from tests.support.waiting import until
from tests.support.wires import RunningWire, listening, port_of


def _settings(fd: int, port: int = 1, application: str = "app") -> ListenerSettings:
    return ListenerSettings(
        application=application, fd=fd, upstream_host="127.0.0.1", upstream_port=port
    )


def test_mode_is_known_to_mitmproxy_by_name() -> None:
    """It registers itself; ``inherited:0`` is the first listener."""
    mode = ProxyMode.parse("inherited:0")

    assert isinstance(mode, InheritedMode)
    assert mode.transport_protocol == "tcp"
    assert "inherited" in mode.description


def test_descriptor_that_is_no_socket_is_refused() -> None:
    """The message names the descriptor and its application."""
    read, write = os.pipe()
    try:
        with (
            pytest.raises(UsageError, match=f"descriptor {read} for app is not"),
            RunningWire(MemorySource(), [_settings(read)]),
        ):
            pass
    finally:
        os.close(read)
        os.close(write)


def test_socket_that_does_not_listen_is_refused() -> None:
    """It would accept nothing, silently."""
    with (
        socket.socket() as sock,
        pytest.raises(UsageError, match="is not a listening socket"),
        RunningWire(MemorySource(), [_settings(sock.fileno())]),
    ):
        pass


def test_one_wire_serves_several_applications() -> None:
    """Each listener has its own upstream, name and counters."""
    source = MemorySource()
    with listening() as one, listening() as two, listening() as back:
        settings = [
            _settings(one.fileno(), port_of(back), "one"),
            _settings(two.fileno(), port_of(back), "two"),
        ]
        with RunningWire(source, settings) as wire:
            for front in (two, one, two):
                client = Peer(socket.create_connection(front.getsockname()))
                server = Peer(back.accept()[0])
                client.close()
                server.close()
                wire.until_idle()
            totals = [each.connections_total for each in wire.status().listeners]

    assert [tap.opened.application for tap in source.taps] == ["two", "one", "two"]
    assert totals == [1, 2]


def test_at_the_limit_the_next_client_waits_in_the_queue() -> None:
    """It is neither refused nor lost, and served when another one leaves."""
    with through(MemorySource(), max_connections=1) as stage:
        assert stage.wire is not None
        first, server = stage.connect(), stage.accept()
        second = stage.connect()
        second.send(b"waiting")
        until(lambda: stage.wire and stage.wire.listener().limit_reached, "at limit")
        status = stage.wire.listener()

        first.close()
        server.close()
        next_server = stage.accept()
        next_server.until(7)
        second.close()
        next_server.close()

    assert (status.connections_open, status.accepting) == (1, False)
    assert next_server.received == b"waiting"


def test_without_descriptors_accepting_pauses_and_goes_on() -> None:
    """Full for a moment, not for good: the client waits in the queue."""
    with through(MemorySource()) as stage:
        assert stage.wire is not None
        wire = stage.wire
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        client = socket.socket()
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, before[1]))
        try:
            client.connect(("127.0.0.1", stage.port))
            until(
                lambda: wire.wire.instances[0].counters.limit_reached, "no descriptors"
            )
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        server = stage.accept()
        client.sendall(b"x")
        server.until(1)
        client.close()
        server.close()

    assert server.received == b"x"


def test_wire_leaves_the_socket_to_others() -> None:
    """Only the own duplicate is closed: supervisor and other wires still listen."""
    with listening() as front:
        with RunningWire(MemorySource(), [_settings(front.fileno())]):
            pass

        with socket.create_connection(front.getsockname()) as client:
            front.settimeout(5)
            accepted, peer = front.accept()
            accepted.close()
            name = client.getsockname()

        assert name == peer


def test_clients_still_queued_at_the_stop_are_served() -> None:
    """Closing a listener that has a queue would reset them."""
    with through(MemorySource(), drain_seconds=20) as stage:
        assert stage.wire is not None
        wire = stage.wire
        wire.loop.call_soon_threadsafe(wire.wire.instances[0]._accept_off)
        until(lambda: not wire.listener().accepting, "accepting paused")
        client = stage.connect()
        client.send(b"?")

        wire.stop()
        server = stage.accept()
        server.until(1)
        server.send(b"!")
        client.to_end()
        client.close()
        server.close()
        wire.join()

    assert (bytes(client.received), client.end) == (b"!", END)
