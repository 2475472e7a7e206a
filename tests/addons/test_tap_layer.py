"""The relay itself, without sockets: events in, commands out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import options
from mitmproxy.connection import Client, ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from typing_extensions import override

from addons.settings import ListenerSettings
from addons.signals import Abort, Aborted, Cut, EndDirection, Established, Part
from addons.status import Counters
from addons.tap_layer import TapLayer, plain_address
from proxy.tapstream import Ended, Opened, TapSource
from tests.support.taps import FailingSource, MemorySource, MemoryTap

SETTINGS = ListenerSettings(
    application="app", fd=0, upstream_host="upstream.test", upstream_port=81
)
OPTIONS = options.Options()


class Relay:
    """A tap layer with its upstream open."""

    def __init__(self, source: TapSource, *, error: str | None = None) -> None:
        client = Client(
            peername=("192.0.2.1", 5),
            sockname=("192.0.2.2", 80),
            state=ConnectionState.OPEN,
        )
        self.context = Context(client, OPTIONS)
        self.counters = Counters()
        self.layer = TapLayer(self.context, SETTINGS, source, self.counters, "l:80")
        (self.opening,) = self.give(events.Start())
        assert isinstance(self.opening, commands.OpenConnection)
        self.answer = self.give(events.OpenConnectionCompleted(self.opening, error))

    def give(self, event: events.Event) -> list[commands.Command]:
        """One event, all its commands."""
        return list(self.layer.handle_event(event))

    def data(self, up: bool, data: bytes) -> list[commands.Command]:
        """Bytes arrive from the client, or from the server."""
        side = self.context.client if up else self.context.server
        return self.give(events.DataReceived(side, data))


@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=40)), max_size=30)
)
def test_any_chunks_in_any_order_are_relayed_and_copied(
    chunks: list[tuple[bool, bytes]],
) -> None:
    """However reads fall, each direction is the same bytes at both ends and the tap."""
    source = MemorySource()
    relay = Relay(source)
    sent = {True: b"", False: b""}

    for up, data in chunks:
        (command,) = relay.data(up, data)
        assert isinstance(command, commands.SendData)
        sent[command.connection is relay.context.server] += command.data

    for up in (True, False):
        assert b"".join(data for way, data in chunks if way is up) == sent[up]
    (tap,) = source.taps
    assert (sent[True], sent[False]) == (bytes(tap.up), bytes(tap.down))
    assert (len(tap.up), len(tap.down)) == (relay.layer.up, relay.layer.down)


def test_tap_sees_a_byte_before_the_other_side_does() -> None:
    """Forwarded first, a view once overtook its own login in 0.33 % of cases."""
    source = MemorySource()
    relay = Relay(source)
    read = events.DataReceived(relay.context.client, b"login")

    seen_when_sent = [bytes(source.taps[0].up) for _ in relay.layer.handle_event(read)]

    assert seen_when_sent == [b"login"]


def test_bytes_that_came_before_the_upstream_was_open_follow_it() -> None:
    """A TLS client may send its request with the end of the handshake."""
    source = MemorySource()
    relay = Relay.__new__(Relay)
    client = Client(peername=("192.0.2.1", 5), sockname=("192.0.2.2", 80))
    relay.context = Context(client, OPTIONS)
    relay.layer = TapLayer(relay.context, SETTINGS, source, Counters(), "l:80")
    (opening,) = relay.give(events.Start())
    assert isinstance(opening, commands.OpenConnection)

    early = relay.data(True, b"early")
    answer = relay.give(events.OpenConnectionCompleted(opening, None))

    assert early == []
    assert [type(each) for each in answer] == [Established, commands.SendData]
    assert source.taps[0].up == b"early"


def test_failed_upstream_is_told_with_its_reason_and_the_client_aborted() -> None:
    """A client must not take an absent application for an empty answer."""
    source = MemorySource()

    relay = Relay(source, error="no connection")
    relay.layer.finish()

    assert [type(each) for each in relay.answer] == [Abort]
    assert source.taps[0].ended == Ended(up=0, down=0, error="no connection")


def test_tap_is_told_who_talks_to_what() -> None:
    """Several applications share a wire; the recorder tells them by name."""
    source = MemorySource()

    Relay(source)

    assert source.taps[0].opened == Opened(
        application="app",
        client=("192.0.2.1", 5),
        server=("upstream.test", 81),
        listener="l:80",
    )


class _FailsOnce(MemoryTap):
    @override
    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        raise RuntimeError("password=hunter2")


class _FailsOnceSource(MemorySource):
    @override
    def opened(self, opened: Opened, time_ns: int) -> MemoryTap:
        tap = _FailsOnce(opened)
        self.taps.append(tap)
        return tap


def test_tap_that_raises_is_detached_and_still_told_the_totals(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Seen = exchanges + gaps needs the totals also of what was not seen."""
    source = _FailsOnceSource()
    relay = Relay(source)

    relayed = relay.data(True, b"12345") + relay.data(False, b"678")
    relay.layer.finish()

    assert [type(each) for each in relayed] == [commands.SendData] * 2
    assert source.taps[0].order == ["detach", "end"]
    assert source.taps[0].ended == Ended(up=5, down=3)
    assert relay.counters.taps_failed == 1
    assert "hunter2" not in caplog.text


def test_nothing_a_failing_tap_does_reaches_the_relay() -> None:
    """Open, data, end of direction, detach, end: all may raise."""
    source = FailingSource()
    relay = Relay(source)

    relay.data(True, b"x")
    (end,) = relay.give(events.ConnectionClosed(relay.context.client))
    relay.layer.finish()

    assert isinstance(end, EndDirection)
    assert (source.detached, len(source.ended)) == (1, 1)


def test_end_of_one_direction_ends_only_that_one() -> None:
    """The answer to a half-closed request must still come back."""
    relay = Relay(source := MemorySource())

    (end,) = relay.give(events.ConnectionClosed(relay.context.client))
    (after,) = relay.data(False, b"late")

    assert isinstance(end, EndDirection)
    assert end.connection is relay.context.server
    assert isinstance(after, commands.SendData)
    assert source.taps[0].order == ["eof up", "down"]


def test_both_directions_ended_close_both_sides() -> None:
    """Whichever ends last."""
    relay = Relay(MemorySource())

    relay.give(events.ConnectionClosed(relay.context.server))
    last = relay.give(events.ConnectionClosed(relay.context.client))

    kinds = [EndDirection, commands.CloseConnection, commands.CloseConnection]
    assert kinds == [type(each) for each in last]


def test_cut_is_passed_on_as_a_cut() -> None:
    """A TLS stream without close_notify must not be given one."""
    relay = Relay(MemorySource())

    (end,) = relay.give(Cut(relay.context.server))

    assert isinstance(end, EndDirection)
    assert not end.whole


def test_reset_of_one_side_resets_the_other() -> None:
    """And the evidence says the body was cut."""
    relay = Relay(source := MemorySource())

    aborts = relay.give(Aborted(relay.context.server, "reset"))
    relay.layer.finish()

    assert [type(each) for each in aborts] == [Abort, Abort]
    assert source.taps[0].ended == Ended(up=0, down=0, abort=True)


def test_request_after_parting_is_read_but_neither_relayed_nor_recorded() -> None:
    """The client sees its request unanswered and may repeat it safely."""
    relay = Relay(source := MemorySource())

    parting = relay.give(Part())
    again = relay.give(Part())
    late = relay.data(True, b"POST /pay")
    closed = relay.give(events.ConnectionClosed(relay.context.client))

    assert [type(each) for each in parting] == [
        EndDirection,
        commands.CloseConnection,
        EndDirection,
    ]
    assert (again, late) == ([], [])
    assert [type(each) for each in closed] == [commands.CloseConnection]
    assert source.taps[0].up == b""


def test_parting_from_a_client_that_ended_closes_it() -> None:
    """There is nothing to hear out."""
    relay = Relay(MemorySource())
    relay.give(events.ConnectionClosed(relay.context.client))

    *_, last = relay.give(Part())

    assert type(last) is commands.CloseConnection
    assert last.connection is relay.context.client


def test_finish_tells_the_end_once() -> None:
    """A second END would be a second connection's."""
    relay = Relay(source := MemorySource())

    relay.layer.finish()
    relay.layer.finish()

    assert source.taps[0].order == ["end"]


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (("::ffff:192.0.2.1", 5, 0, 0), ("192.0.2.1", 5)),
        (("2001:db8::1", 5, 0, 0), ("2001:db8::1", 5)),
        (("192.0.2.1", 5), ("192.0.2.1", 5)),
    ],
)
def test_ipv4_client_of_a_dual_stack_socket_is_ipv4(
    raw: tuple[str, int] | tuple[str, int, int, int], plain: tuple[str, int]
) -> None:
    """One client must not have two names."""
    assert plain_address(raw) == plain
