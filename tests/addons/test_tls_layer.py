"""TLS through a running wire: who is trusted, what is remembered, what is said."""

from __future__ import annotations

import dataclasses
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from addons.settings import ListenerSettings, UpstreamTls
from tests.support.certificates import Authority, Issued
from tests.support.conversations import PIPELINED, UNTIL_CLOSE
from tests.support.peers import RESET, Peer, TlsPeer
from tests.support.stages import CLIENT_NAME, SERVER_NAME, Keys, direct, through
from tests.support.taps import MemorySource
from tests.support.waiting import until
from tests.support.wires import RunningWire, listening, port_of


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Fresh certificates."""
    return Keys.make(tmp_path)


@contextmanager
def towards(
    issued: Issued, keys: Keys, source: MemorySource, upstream_tls: UpstreamTls
) -> Iterator[tuple[int, socket.socket, ssl.SSLContext, RunningWire]]:
    """A plain listener before an application that shows this certificate."""
    with listening() as front, listening() as back:
        settings = ListenerSettings(
            application="app",
            fd=front.fileno(),
            upstream_host="127.0.0.1",
            upstream_port=port_of(back),
            upstream_tls=upstream_tls,
        )
        with RunningWire(source, [settings]) as wire:
            yield port_of(front), back, keys.server_context(issued), wire


def _refused(
    issued: Issued, keys: Keys, upstream_tls: UpstreamTls
) -> tuple[str, str, int]:
    """How the client saw the end, what the tap was told, what was counted."""
    source = MemorySource()
    with towards(issued, keys, source, upstream_tls) as (port, back, context, wire):
        client = Peer(socket.create_connection(("127.0.0.1", port)))
        sock, _ = back.accept()
        with pytest.raises((ssl.SSLError, ConnectionError)):
            TlsPeer(sock, context)
        sock.close()
        client.to_end()
        client.close()
        until(lambda: source.taps[0].ended, "the tap was told")
        ended = source.taps[0].ended
        assert ended is not None
        return client.end, ended.error, wire.listener().connect_failures


def test_certificate_of_another_name_is_refused(keys: Keys) -> None:
    """The application's name is checked, not only its chain."""
    issued = keys.wire  # names the wire, not the application

    end, error, failures = _refused(issued, keys, keys.upstream_tls())

    assert (end, failures) == (RESET, 1)
    assert "certificate verify failed: Hostname mismatch" in error
    assert SERVER_NAME in error


def test_expired_certificate_is_refused(keys: Keys, tmp_path: Path) -> None:
    """And the reason is said in words an operator can search for."""
    other = Authority(tmp_path, "other")
    issued = other.issue(SERVER_NAME, expired=True)
    trusted = dataclasses.replace(keys.upstream_tls(), ca=other.path)

    end, error, _ = _refused(issued, keys, trusted)

    assert end == RESET
    assert "certificate has expired" in error


def test_unknown_authority_is_refused(keys: Keys, tmp_path: Path) -> None:
    """Without a file of authorities the system's are meant, never none."""
    issued = Authority(tmp_path, "other").issue(SERVER_NAME)

    end, error, _ = _refused(issued, keys, UpstreamTls(server_name=SERVER_NAME))

    assert end == RESET
    assert "unable to get local issuer certificate" in error


def test_server_that_never_answers_the_handshake_is_given_up(keys: Keys) -> None:
    """The connect timeout covers TLS too."""
    source = MemorySource()
    with listening() as front, listening() as back:
        settings = ListenerSettings(
            application="app",
            fd=front.fileno(),
            upstream_host="127.0.0.1",
            upstream_port=port_of(back),
            upstream_tls=keys.upstream_tls(),
            connect_timeout=0.05,
        )
        with RunningWire(source, [settings]):
            client = Peer(socket.create_connection(("127.0.0.1", port_of(front))))
            client.to_end()
            client.close()
            until(lambda: source.taps[0].ended, "the tap was told")

    ended = source.taps[0].ended
    assert ended is not None
    assert ended.error == "TLS: no handshake within 0.05 s"


def test_client_resumes_its_session(keys: Keys) -> None:
    """Applications of 2005 close after each response; a full handshake each costs."""
    with through(MemorySource(), client_keys=keys) as stage:
        stage.play(UNTIL_CLOSE)
        context = keys.client_context()
        reused: list[bool] = []
        session: ssl.SSLSession | None = None
        for _ in range(2):
            sock = socket.create_connection(("127.0.0.1", stage.port))
            with context.wrap_socket(
                sock, server_hostname=CLIENT_NAME, session=session
            ) as tls:
                server = stage.accept()
                server.send(b"x")
                tls.recv(1)
                session = tls.session
                reused.append(bool(tls.session_reused))
                server.close()

    assert reused == [False, True]


def test_wire_resumes_its_session_with_the_application(keys: Keys) -> None:
    """One full handshake per wire, not one per connection."""
    source = MemorySource()
    reused: list[bool] = []
    with towards(keys.application, keys, source, keys.upstream_tls()) as (
        port,
        back,
        context,
        _,
    ):
        for _ in range(2):
            client = Peer(socket.create_connection(("127.0.0.1", port)))
            sock, _ = back.accept()
            server = TlsPeer(sock, context)
            reused.append(bool(server.tls.session_reused))
            server.send(b"x")
            client.until(1)
            server.close()
            client.to_end()
            client.close()

    assert reused == [False, True]


def test_http2_is_never_agreed_on(keys: Keys) -> None:
    """What is relayed must be what the recorder can read."""
    context = keys.client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with through(MemorySource(), client_keys=keys) as stage:
        sock = socket.create_connection(("127.0.0.1", stage.port))
        with context.wrap_socket(sock, server_hostname=CLIENT_NAME) as tls:
            chosen = tls.selected_alpn_protocol()
            stage.accept().close()

    assert chosen == "http/1.1"


def test_tap_is_told_the_name_asked_for_and_the_version(keys: Keys) -> None:
    """Evidence of which door was used."""
    source = MemorySource()
    with through(source, client_keys=keys, server_keys=keys) as stage:
        stage.play(PIPELINED)

    (tap,) = source.taps
    assert (tap.opened.sni, tap.opened.tls_version) == (CLIENT_NAME, "TLSv1.3")
    assert tap.opened.client[0] == "127.0.0.1"


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff", b""])
def test_client_without_tls_gets_no_upstream(first: bytes, keys: Keys) -> None:
    """A scanner costs the application nothing; it is counted."""
    source = MemorySource()
    with through(source, client_keys=keys) as stage:
        client = Peer(socket.create_connection(("127.0.0.1", stage.port)))
        client.send(first)
        client.half_close()
        client.to_end()
        client.close()
        assert stage.wire is not None
        stage.wire.until_idle()
        status = stage.wire.listener()

    assert source.taps == []
    assert (status.handshake_failures, status.connections_total) == (1, 1)


def test_client_that_never_speaks_is_let_go(keys: Keys) -> None:
    """A silent peer holds a descriptor for the handshake timeout, not for ever."""
    source = MemorySource()
    with listening() as front:
        settings = ListenerSettings(
            application="app",
            fd=front.fileno(),
            upstream_host="127.0.0.1",
            upstream_port=1,
            tls=keys.client_tls(),
            handshake_timeout=0.05,
        )
        with RunningWire(source, [settings]) as wire:
            client = Peer(socket.create_connection(("127.0.0.1", port_of(front))))
            client.to_end()
            client.close()
            wire.until_idle()
            assert wire.listener().handshake_failures == 1


@pytest.mark.parametrize("from_client", [True, False])
def test_broken_record_aborts_both_sides(from_client: bool, keys: Keys) -> None:
    """Bytes that TLS cannot vouch for are not relayed, and no end is claimed."""
    source = MemorySource()
    with through(source, client_keys=keys, server_keys=keys) as stage:
        client, server = stage.connect(), stage.accept()
        client.send(b"?")
        server.until(1)
        sender, other = (client, server) if from_client else (server, client)
        sender.sock.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        other.to_end()
        client.close()
        server.close()
        assert stage.wire is not None
        stage.wire.until_idle()

    ended = source.taps[0].ended
    assert ended is not None
    assert (other.end, ended.abort, ended.up) == (RESET, True, 1)


def test_client_that_resets_during_the_handshake_is_counted(keys: Keys) -> None:
    """It never got as far as an application."""
    source = MemorySource()
    with through(source, client_keys=keys) as stage:
        client = Peer(socket.create_connection(("127.0.0.1", stage.port)))
        client.send(b"\x16\x03\x01")
        assert stage.wire is not None
        wire = stage.wire
        until(lambda: wire.status().connections_open == 1, "accepted")
        client.reset()
        wire.until_idle()
        failures = wire.listener().handshake_failures

    assert (source.taps, failures) == ([], 1)


def test_tls_1_2_peers_are_relayed_the_same(keys: Keys) -> None:
    """Old clients and servers end, resume and half-close by older rules."""
    for context in (client := keys.client_context(), server := keys.server_context()):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    plain = direct()
    expected = plain.play(UNTIL_CLOSE)
    plain.close()
    with through(MemorySource(), client_keys=keys, server_keys=keys) as stage:
        stage.use(client, server)
        outcome = stage.play(UNTIL_CLOSE)

    assert expected == outcome
