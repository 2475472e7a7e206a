"""One connection's life: opening, silence, failures of layers, hooks."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.proxy import commands, events, layer
from typing_extensions import override

from addons.handler import WireHandler
from addons.settings import ListenerSettings
from tests.support.conversations import PIPELINED, UNTIL_CLOSE
from tests.support.peers import END, RESET, Peer
from tests.support.stages import Keys, Stage, direct, through
from tests.support.taps import FailingSource, MemorySource
from tests.support.waiting import until
from tests.support.wires import RunningWire, listening, port_of


@contextmanager
def before(
    port: int, source: MemorySource, **more: Any
) -> Iterator[tuple[int, RunningWire]]:
    """A wire whose application is at this port."""
    with listening() as front:
        settings = ListenerSettings(
            application="app",
            fd=front.fileno(),
            upstream_host="127.0.0.1",
            upstream_port=port,
            **more,
        )
        with RunningWire(source, [settings]) as wire:
            yield port_of(front), wire


def _connect(port: int) -> Peer:
    return Peer(socket.create_connection(("127.0.0.1", port)))


def test_absent_application_is_an_abort_with_a_reason_and_recovers() -> None:
    """The wire outlives its application; a client is never left hanging."""
    source = MemorySource()
    back = listening()
    port = port_of(back)
    back.close()

    with before(port, source) as (front, wire):
        client = _connect(front)
        client.to_end()
        client.close()
        wire.until_idle()
        status = wire.listener()
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))
            again.listen()
            second = _connect(front)
            server = Peer(again.accept()[0])
            server.send(b"back")
            second.until(4)
            second.close()
            server.close()

    ended = source.taps[0].ended
    assert ended is not None
    assert client.end == RESET
    assert ended.error == f"no connection to 127.0.0.1:{port}: Connection refused"
    assert (status.connect_failures, status.last_connect_error) == (1, ended.error)
    assert status.last_connect_error_ns > 0
    assert second.received == b"back"


def test_application_that_does_not_accept_is_given_up() -> None:
    """A full accept queue drops connection attempts silently."""
    source = MemorySource()
    with listening(backlog=0) as full:
        port = port_of(full)
        blockers = []
        for _ in range(4):
            blocker = socket.socket()
            blocker.setblocking(False)
            blocker.connect_ex(("127.0.0.1", port))
            blockers.append(blocker)
        with before(port, source, connect_timeout=0.1) as (front, wire):
            client = _connect(front)
            client.to_end()
            client.close()
            wire.until_idle()
        for blocker in blockers:
            blocker.close()

    ended = source.taps[0].ended
    assert ended is not None
    assert client.end == RESET
    assert ended.error == f"no connection to 127.0.0.1:{port}: not within 0.1 s"


def test_drain_ends_a_connection_that_is_still_being_opened() -> None:
    """Neither the connect timeout nor a client's patience delays the end."""
    source = MemorySource()
    with listening(backlog=0) as full:
        blockers = []
        for _ in range(4):
            blocker = socket.socket()
            blocker.setblocking(False)
            blocker.connect_ex(full.getsockname())
            blockers.append(blocker)
        with before(port_of(full), source) as (front, wire):
            client = _connect(front)
            until(lambda: source.taps, "the upstream is being opened")
            wire.stop()
            client.to_end()
            wire.join()
            left = wire.wire.handlers
        client.close()
        for blocker in blockers:
            blocker.close()

    assert (client.end, left) == (RESET, [])
    assert source.taps[0].order == ["end"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are newer")
@pytest.mark.parametrize("up", [True, False], ids=["reachable", "absent"])
def test_tasks_that_start_eagerly_change_nothing(up: bool) -> None:
    """Since version 12 mitmproxy has them; layers still get one event at a time."""

    def eager() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
        return loop

    with through(MemorySource(), loop=eager) as stage:
        if up:
            end = stage.play(UNTIL_CLOSE).client_saw
        else:
            stage.close()
            client = stage.connect()
            client.to_end()
            client.close()
            end = client.end
        assert stage.wire is not None
        stage.wire.until_idle()

    assert end == (END if up else RESET)


def test_silence_ends_nothing_by_default() -> None:
    """No timer runs: minutes of silence are as good as none."""
    with through(MemorySource()) as stage:
        client, server = stage.connect(), stage.accept()
        (handler,) = _handlers(stage)
        until(lambda: handler.server_side, "the upstream is open")
        client.send(b"x")
        server.until(1)

        timers = (handler._timer, handler._idle)

        client.close()
        server.close()
    assert timers == (None, None)


def test_idle_timeout_ends_a_quiet_connection_in_order() -> None:
    """The server spoke last: nothing is cut."""
    with through(MemorySource(), idle_timeout=0.05) as stage:
        client, server = stage.connect(), stage.accept()
        server.send(b"x")
        client.to_end()
        server.to_end()
        client.close()
        server.close()

    assert (client.end, server.end) == (END, END)


def test_idle_timeout_inside_an_exchange_aborts() -> None:
    """An answer that never came must not look like an empty one."""
    with through(source := MemorySource(), idle_timeout=0.05) as stage:
        client, server = stage.connect(), stage.accept()
        client.send(b"GET")
        client.to_end()
        client.close()
        server.close()
        assert stage.wire is not None
        stage.wire.until_idle()

    ended = source.taps[0].ended
    assert ended is not None
    assert (client.end, ended.abort) == (RESET, True)


class _Broken(layer.Layer):
    """Stands for a bug of our own above the tap."""

    @override
    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        yield from ()
        raise RuntimeError("password=hunter2")


def _handlers(stage: Stage) -> list[WireHandler]:
    assert stage.wire is not None
    return stage.wire.wire.handlers


def test_layer_that_fails_costs_the_observation_not_the_bytes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The event it failed on is relayed too."""
    with through(source := MemorySource()) as stage:
        client, server = stage.connect(), stage.accept()
        client.send(b"1")
        server.until(1)
        (handler,) = _handlers(stage)
        handler.layer = _Broken(handler.context)
        client.send(b"2")
        server.until(2)
        server.send(b"3")
        client.until(1)
        client.half_close()
        server.to_end()
        server.close()
        client.to_end()
        client.close()
        assert stage.wire is not None
        stage.wire.until_idle()
        failures = stage.wire.listener().layer_failures

    assert (bytes(server.received), bytes(client.received)) == (b"12", b"3")
    assert (failures, bytes(source.taps[0].up)) == (1, b"1")
    assert source.taps[0].order[1:] == ["detach", "end"]
    assert "RuntimeError at test_handler.py" in caplog.text
    assert "hunter2" not in caplog.text


def test_layer_that_fails_under_tls_aborts(tmp_path: Path) -> None:
    """Half a record cannot be made up for; the client must see a cut, not an end."""
    keys = Keys.make(tmp_path)
    with through(source := MemorySource(), client_keys=keys) as stage:
        client, server = stage.connect(), stage.accept()
        server.send(b"1")
        client.until(1)
        (handler,) = _handlers(stage)
        handler.layer = _Broken(handler.context)
        server.send(b"2")
        client.to_end()
        client.close()
        server.close()
        assert stage.wire is not None
        stage.wire.until_idle()

    ended = source.taps[0].ended
    assert ended is not None
    assert (client.end, ended.abort) == (RESET, True)


def test_pace_that_raises_is_no_pace() -> None:
    """A broken source relays at full speed."""
    plain = direct()
    expected = plain.play(PIPELINED)
    plain.close()

    with through(FailingSource()) as stage:
        outcome = stage.play(PIPELINED)

    assert expected == outcome


class _Asking(layer.Layer):
    """Asks addons before it lets its child start, waits, and logs."""

    def __init__(self, context: Any, child: layer.Layer) -> None:
        super().__init__(context)
        self.child = child

    @override
    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield commands.Log("starting")
            yield layer.NextLayerHook(layer.NextLayer(self.context))
            yield from self.child.handle_event(event)
        else:
            yield from self.child.handle_event(event)


@pytest.mark.parametrize("addon", [True, False])
def test_hooks_of_layers_reach_addons_and_do_not_hang_without(addon: bool) -> None:
    """What mitmproxy's own layers ask is answered, by an addon or by nobody."""
    asked: list[str] = []

    class Addon:
        async def next_layer(self, data: layer.NextLayer) -> None:
            await asyncio.sleep(0)
            asked.append(type(data).__name__)

    with through(MemorySource()) as stage:
        assert stage.wire is not None
        wire = stage.wire.wire
        if addon:
            wire.master.addons.add(Addon())  # type: ignore[no-untyped-call]
        (instance,) = wire.instances
        make = instance.make_top_layer
        instance.make_top_layer = lambda context: _put(context, make(context))  # type: ignore[method-assign]
        outcome = stage.play(UNTIL_CLOSE)

    assert outcome.client_saw == END
    assert asked == (["NextLayer"] if addon else [])


def _put(context: Any, child: layer.Layer) -> layer.Layer:
    top = _Asking(context, child)
    context.layers.remove(top)
    context.layers.insert(0, top)
    return top


def test_event_injected_from_outside_reaches_the_layers() -> None:
    """A release by the recorder will come this way."""
    seen: list[events.Event] = []

    class Seeing(layer.Layer):
        @override
        def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
            seen.append(event)
            yield from ()

    class Release(events.Event):
        pass

    with through(MemorySource()) as stage:
        client, server = stage.connect(), stage.accept()
        assert stage.wire is not None
        (handler,) = stage.wire.wire.connections.values()
        server.send(b"x")
        client.until(1)
        tap_layer, handler.layer = handler.layer, Seeing(handler.context)
        asyncio.run_coroutine_threadsafe(
            handler.server_event(Release()), stage.wire.loop
        ).result(5)
        handler.layer = tap_layer
        client.close()
        server.close()

    assert [type(each) for each in seen] == [Release]
