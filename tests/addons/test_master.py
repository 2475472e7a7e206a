"""A wire as a whole: limits, status, the drain."""

from __future__ import annotations

import asyncio
import socket

import pytest

from addons.master import loop_factory, run_wire
from addons.settings import ListenerSettings, WireSettings
from addons.status import WireStatus
from proxy.errors import UsageError
from tests.support.peers import END, RESET, Peer
from tests.support.stages import through
from tests.support.taps import MemorySource
from tests.support.waiting import until, until_async
from tests.support.wires import listening


def _settings(connections: int, fd: int = 0) -> WireSettings:
    listener = ListenerSettings(
        application="app",
        fd=fd,
        upstream_host="127.0.0.1",
        upstream_port=1,
        max_connections=connections,
    )
    return WireSettings(listeners=(listener,), drain_seconds=1.0, status_seconds=0.01)


def test_idle_connections_are_closed_in_order_by_the_drain() -> None:
    """A keep-alive client between two requests sees an end, not a reset."""
    with through(MemorySource(), drain_seconds=10) as stage:
        assert stage.wire is not None
        client, server = stage.connect(), stage.accept()
        client.send(b"?")
        server.until(1)
        server.send(b"!")
        client.until(1)

        stage.wire.stop()
        client.to_end()
        server.to_end()
        client.close()
        server.close()
        stage.wire.join()

    assert (client.end, server.end) == (END, END)
    assert stage.wire.aborted_by_drain == 0


def test_drain_waits_for_an_answer_under_way() -> None:
    """Seconds of thinking are no reason to cut an employee off."""
    with through(MemorySource(), drain_seconds=20) as stage:
        assert stage.wire is not None
        wire = stage.wire
        client, server = stage.connect(), stage.accept()
        client.send(b"?")
        server.until(1)

        wire.stop()
        until(lambda: wire.status().draining, "draining")
        server.send(b"answer")
        client.to_end()
        client.close()
        server.close()
        wire.join()

    assert (bytes(client.received), client.end) == (b"answer", END)


def test_drain_waits_for_bytes_a_slow_client_has_not_taken() -> None:
    """What was read from the application is owed to the client."""
    body = b"r" * 20_000_000
    with through(MemorySource(), drain_seconds=20) as stage:
        assert stage.wire is not None
        wire = stage.wire
        client, server = stage.connect(), stage.accept()
        client.send(b"?")
        server.until(1)
        wire.stop()
        until(lambda: wire.status().draining, "draining")
        server.sock.settimeout(20)
        import threading

        def answer() -> None:
            server.send(body)
            server.close()

        thread = threading.Thread(target=answer)
        thread.start()
        client.to_end()
        thread.join()
        client.close()
        wire.join()

    assert (len(client.received), client.end) == (len(body), END)


def test_what_is_left_at_the_end_of_the_drain_is_aborted() -> None:
    """The wait is bounded, and a cut answer looks cut."""
    with through(MemorySource(), drain_seconds=0.2) as stage:
        assert stage.wire is not None
        client, server = stage.connect(), stage.accept()
        client.send(b"?")
        server.until(1)

        stage.wire.stop()
        client.to_end()
        client.close()
        server.close()
        stage.wire.join()

    assert client.end == RESET
    assert stage.wire.aborted_by_drain == 1


async def test_run_wire_reports_from_start_to_end() -> None:
    """The caller learns when it listens, how it goes, and the last numbers."""
    reports: list[WireStatus] = []
    stop = asyncio.Event()

    with listening() as front:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(
                run_wire(
                    _settings(4, front.fileno()), MemorySource(), stop, reports.append
                )
            )
            await until_async(lambda: len(reports) > 2, "reports")
            client = Peer(socket.create_connection(front.getsockname()))
            await asyncio.to_thread(client.to_end)
            client.close()
            stop.set()

    last = running.result()
    assert reports[0].listeners[0].accepting
    assert reports[-1] == last
    assert last.draining
    assert last.listeners[0].connect_failures == 1
    assert not last.listeners[0].accepting


async def test_run_wire_refuses_before_it_listens() -> None:
    """A mistake ends the start, not the first connection."""
    with pytest.raises(UsageError):
        await run_wire(_settings(4, fd=0), MemorySource(), asyncio.Event())


def test_loop_of_a_wire_can_be_made() -> None:
    """Whatever this Python has."""
    loop = loop_factory()()

    loop.close()

    assert loop.is_closed()
