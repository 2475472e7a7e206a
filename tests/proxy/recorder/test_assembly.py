"""Frames of wires to events, without sockets, disk or clock."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.events import GapKind
from proxy.exchange.limits import Limits as ReadingLimits
from proxy.recorder.assembly import Assembly
from proxy.recorder.limits import Limits
from proxy.tapstream import Frame, Kind, LossReason, Missed, StreamBroken
from tests.support.frames import (
    RESPONSE,
    Collected,
    Conversation,
    account,
    encode,
    hello,
    request,
)
from tests.support.pipelines import PlainPipeline


def recorder(
    limits: Limits | None = None,
    progress: Mapping[tuple[int, int], tuple[int, int]] | None = None,
) -> tuple[Assembly, Collected]:
    """An assembly and what comes out of it."""
    output = Collected()
    pipelines = {"sonar": PlainPipeline()}
    return Assembly(pipelines, output, limits, progress), output


def wire(assembly: Assembly, boot: int = 1) -> object:
    """A wire that has nothing to replay."""
    source = assembly.connected(hello(boot))
    assembly.caught_up(source)
    return source


def test_exchanges_are_recorded_as_they_complete_and_cover_their_bytes() -> None:
    """Progress is a message boundary, and everything below it is in events."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()

    assembly.feed(source, [talk.open(), *talk.exchange("/a"), *talk.exchange("/b")])

    assert output.paths() == ["/a", "/b"]
    assert (talk.up, talk.down) == output.progress[1, 1]
    assert (talk.up, talk.down) == account(output.events, 1, 1)


def test_empty_lines_between_exchanges_belong_to_the_next_one() -> None:
    """A stray CRLF after a POST is no gap, and no byte is unaccounted for."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.open(), *talk.exchange("/a"), talk.data(True, b"\r\n")]

    assembly.feed(source, [*frames, *talk.exchange("/b"), talk.end()])

    assert not output.gaps()
    assert (talk.up, talk.down) == account(output.events, 1, 1)


def test_trailing_empty_line_is_an_intended_gap_of_its_exact_size() -> None:
    """Seen = exchanges + gaps, to the byte."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.open(), *talk.exchange("/a"), talk.data(True, b"\r\n")]

    assembly.feed(source, [*frames, talk.end()])

    (gap,) = output.gaps()
    assert (gap.intended, gap.up_bytes, gap.down_bytes) == (True, 2, 0)
    assert (talk.up, talk.down) == account(output.events, 1, 1)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (LossReason.SHED, GapKind.SHED),
        (LossReason.RECORDER_ABSENT, GapKind.RECORDER_ABSENT),
        (LossReason.UNREPLAYABLE, GapKind.RECORDER_ABSENT),
        (LossReason.OBSERVER_FAILED, GapKind.OBSERVER_FAILED),
        (LossReason.INTENDED, GapKind.CAPTURE_OFF),
        (99, GapKind.SHED),
    ],
)
def test_loss_becomes_one_gap_with_the_exact_bytes(reason: int, kind: GapKind) -> None:
    """What the wire did not send is told when the connection ends."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.open(), *talk.exchange("/a"), talk.lost(reason, time_ns=7)]

    assembly.feed(source, [*frames, talk.end(time_ns=11, up=100, down=2000)])

    (gap,) = output.gaps()
    assert (kind, 100, 2000) == (gap.kind, gap.up_bytes, gap.down_bytes)
    assert (gap.from_ns, gap.to_ns) == (7, 11)
    assert (talk.up + 100, talk.down + 2000) == output.progress[1, 1]


def test_exchange_under_way_at_a_loss_is_recorded_cut() -> None:
    """The request was seen; that it was is evidence."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.open(), talk.data(True, request("/cut"))]
    frames += [talk.data(False, RESPONSE[:-3]), talk.lost(LossReason.SHED)]

    assembly.feed(source, [*frames, talk.end(down=3)])

    assert output.paths() == ["/cut"]
    assert (talk.up, talk.down + 3) == account(output.events, 1, 1)


def test_upgrade_is_an_intended_gap_and_the_wire_is_told_to_stop() -> None:
    """A WebSocket is relayed, counted, and not read."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    ask = b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    answer = b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    frames = [talk.open(), talk.data(True, ask), talk.data(False, answer)]

    assembly.feed(source, [*frames, talk.end(up=10, down=20)])

    (gap,) = output.gaps()
    assert (
        gap.kind,
        gap.intended,
        gap.reason,
        gap.up_bytes,
        gap.down_bytes,
    ) == (GapKind.OPAQUE_PROTOCOL, True, "upgrade", 10, 20)
    ((number, up, down, blindness),) = output.forgotten
    assert (1, len(ask), len(answer)) == (number, up, down)
    assert blindness.detail() == "opaque_protocol:1:upgrade"


def test_forgotten_connection_keeps_its_reason_across_recorders() -> None:
    """What FORGET said comes back with LOST."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    lost = talk.lost(LossReason.FORGOTTEN, detail="opaque_protocol:1:upgrade")

    assembly.feed(source, [talk.open(), talk.resume(0, 0), lost, talk.end(down=4)])

    (gap,) = output.gaps()
    assert (
        gap.kind,
        gap.reason,
        gap.intended,
    ) == (GapKind.OPAQUE_PROTOCOL, "upgrade", True)


@pytest.mark.parametrize(
    "bad",
    [
        Frame(Kind.OPEN, 1, 0, 2, b"\xc1"),
        Frame(Kind.LOST, 1, 0, 2, b""),
        Frame(Kind.RESUME, 1, 0, 2, b"\x01"),
        Frame(Kind.DATA_UP, 1, 500, 2, b"beyond"),
    ],
)
def test_malformed_frame_costs_its_connection_not_the_stream(bad: Frame) -> None:
    """The other connection goes on; the bad one is a gap of its exact bytes."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    good, evil = Conversation(2), Conversation(1)

    assembly.feed(source, [evil.open(), good.open(), bad, *good.exchange("/good")])
    assembly.feed(source, [evil.end(up=506), good.end()])

    assert output.paths() == ["/good"]
    (gap,) = output.gaps()
    assert (
        gap.kind,
        gap.connection,
        gap.up_bytes,
    ) == (GapKind.MALFORMED_FRAME, 1, 506)


def test_data_without_open_and_end_without_sense_are_gaps() -> None:
    """A frame of an unknown connection is not dropped silently."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()

    assembly.feed(source, [talk.data(True, b"abc"), Frame(Kind.END, 1, 0, 3, b"?")])

    (gap,) = output.gaps()
    assert (gap.kind, gap.up_bytes) == (GapKind.MALFORMED_FRAME, 3)


def test_frame_of_an_unknown_kind_is_skipped() -> None:
    """A newer wire may say more than this recorder understands."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()

    assembly.feed(
        source, [Frame(200, 1, 0, 1, b"?"), talk.open(), *talk.exchange(), talk.end()]
    )

    assert output.paths() == ["/"]
    assert not output.gaps()


def test_unknown_application_is_a_gap() -> None:
    """Nobody says how to read it; that it passed is recorded."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation(application="other")

    assembly.feed(source, [talk.open(), *talk.exchange(), talk.end()])

    (gap,) = output.gaps()
    assert ("other", "unknown_application", talk.up, talk.down) == (
        gap.application,
        gap.reason,
        gap.up_bytes,
        gap.down_bytes,
    )


@pytest.mark.parametrize("where", ["/fault-observe", "/fault-finish"])
def test_fault_of_our_own_costs_one_exchange(where: str) -> None:
    """It becomes a gap; the connection is read on."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.open(), *talk.exchange(where), *talk.exchange("/next")]

    assembly.feed(source, [*frames, talk.end()])

    assert output.paths() == ["/next"]
    (gap,) = output.gaps()
    assert gap.kind == GapKind.OBSERVER_FAILED
    assert (talk.up, talk.down) == account(output.events, 1, 1)


def test_replay_makes_no_second_exchange() -> None:
    """Bytes the journal knows are skipped, wherever the frames were cut."""
    talk = Conversation()
    frames = [*talk.exchange("/a"), *talk.exchange("/b")]
    first = Conversation()
    first.exchange("/a")
    assembly, output = recorder(progress={(1, 1): (first.up, first.down)})
    source = assembly.connected(hello())

    assembly.feed(source, [talk.open(), talk.resume(0, 0), *frames, talk.end()])

    assert output.paths() == ["/b"]
    assert (talk.up, talk.down) == output.progress[1, 1]


def test_frame_that_straddles_what_is_done_is_read_from_there() -> None:
    """Two pipelined requests in one frame, the first already recorded."""
    both = request("/a") + request("/b")
    done = (len(request("/a")), len(RESPONSE))
    assembly, output = recorder(progress={(1, 1): done})
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.data(True, both), talk.data(False, RESPONSE + RESPONSE)]

    assembly.feed(source, [talk.open(), talk.resume(0, 0), *frames, talk.end()])

    assert output.paths() == ["/b"]


def test_resumed_connection_is_acknowledged_again() -> None:
    """The wire may not have heard that all of it is on disk."""
    talk = Conversation()
    frames = [*talk.exchange("/a"), talk.end()]
    assembly, output = recorder(progress={(1, 1): (talk.up, talk.down)})
    source = assembly.connected(hello())

    assembly.feed(source, [talk.open(), talk.resume(0, 0), *frames])

    assert (output.paths(), output.gaps()) == ([], [])
    assert (talk.up, talk.down) == output.progress[1, 1]


def test_reconnected_wire_of_the_same_recorder_resumes_without_duplicates() -> None:
    """Decided but uncommitted exchanges are this recorder's to commit."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [*talk.exchange("/a"), *talk.exchange("/b")]
    assembly.feed(source, [talk.open(), *frames[:3]])
    assembly.detached(source)

    source = assembly.connected(hello())
    assembly.feed(source, [talk.open(), talk.resume(0, 0), *frames, talk.end()])

    assert output.paths() == ["/a", "/b"]
    assert not output.gaps()


def test_settled_connection_is_forgotten() -> None:
    """Progress rows and memory go when the wire says so."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    assembly.feed(source, [talk.open(), *talk.exchange(), talk.end()])

    assembly.feed(source, [Frame(Kind.SETTLED, 1, 0, 10, b"")])

    assert output.progress[1, 1] is None
    assert not source.connections
    assert not source.done


def test_rows_a_wire_does_not_replay_are_settled_once_it_caught_up() -> None:
    """SETTLED may have died with the recorder before."""
    assembly, output = recorder(progress={(1, 1): (5, 5), (2, 7): (1, 1)})
    source = assembly.connected(hello())

    assembly.feed(source, [Frame(Kind.WATERMARK, 0, 0, 5, b"")])

    assert output.progress == {(1, 1): None}


def test_lost_wire_leaves_cut_exchanges_and_one_gap_per_application() -> None:
    """What it had not sent is unknown; how many connections is not."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    one, two = Conversation(1), Conversation(2)
    assembly.feed(
        source,
        [one.open(), two.open(), one.data(True, request("/cut")), *two.exchange("/a")],
    )
    assembly.detached(source)

    assembly.gone(source)

    assert sorted(["/a", "/cut"]) == sorted(output.paths())
    (gap,) = output.gaps()
    assert (gap.kind, gap.connections) == (GapKind.WIRE_LOST, 2)
    assert set(output.progress.values()) == {None}


def test_wire_that_said_goodbye_leaves_no_gap() -> None:
    """An orderly end is not an incident."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    assembly.feed(source, [talk.open(), *talk.exchange(), talk.end()])
    assembly.feed(source, [Frame(Kind.BYE, 0, 0, 10, b"")])

    assembly.gone(source)

    assert not output.gaps()
    assert not assembly.sources


def test_wire_back_after_it_was_given_up_is_not_recorded_twice() -> None:
    """Its known connections become gaps, new ones are read."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk, new = Conversation(1), Conversation(2)
    assembly.feed(source, [talk.open(), *talk.exchange("/a")])
    assembly.gone(source)

    source = assembly.connected(hello())
    replay = [talk.open(), talk.resume(0, 0), *talk.exchange("/late"), talk.end()]
    assembly.feed(source, [*replay, new.open(), *new.exchange("/new")])

    assert output.paths() == ["/a", "/new"]
    assert output.gaps()[-1].reason == "came_back_late"


def test_missed_connections_become_one_gap_however_often_told() -> None:
    """The serial makes a repeated frame known."""
    missed = Missed(
        serial=1,
        application="sonar",
        reason=LossReason.RECORDER_ABSENT,
        connections=3,
        up=30,
        down=300,
        since_ns=5,
        until_ns=8,
    )
    frame = Frame(Kind.MISSED, 0, 1, 8, encode(missed))
    assembly, output = recorder()
    source = assembly.connected(hello())

    assembly.feed(source, [frame, frame])

    (gap,) = output.gaps()
    assert (
        gap.kind,
        gap.connections,
        gap.up_bytes,
        gap.down_bytes,
    ) == (GapKind.RECORDER_ABSENT, 3, 30, 300)
    assert output.progress[1, 0] == (1, 0)


def test_exchange_waits_for_the_other_wires_watermark() -> None:
    """Nothing older can still arrive once every wire has passed it."""
    assembly, output = recorder()
    one, two = assembly.connected(hello(1)), assembly.connected(hello(2))
    for source in (one, two):
        assembly.caught_up(source)
    talk = Conversation()

    assembly.feed(one, [talk.open(100), *talk.exchange("/wait", 100)])
    before = output.paths()
    assembly.feed(two, [Frame(Kind.WATERMARK, 0, 0, 100, b"")])

    assert not before
    assert output.paths() == ["/wait"]


def test_wait_is_bounded_in_the_wires_own_time() -> None:
    """A silent wire delays nobody for longer than the patience."""
    assembly, output = recorder(Limits(patience=0.25))
    one, two = assembly.connected(hello(1)), assembly.connected(hello(2))
    for source in (one, two):
        assembly.caught_up(source)
    talk = Conversation()
    assembly.feed(one, [talk.open(100), *talk.exchange("/wait", 100)])

    assembly.feed(one, [Frame(Kind.WATERMARK, 0, 0, 101 + 249_000_000, b"")])
    before = output.paths()
    assembly.feed(one, [Frame(Kind.WATERMARK, 0, 0, 101 + 250_000_000, b"")])

    assert not before
    assert output.paths() == ["/wait"]
    assert assembly.status()["overdue"] == 1


def test_wires_the_journal_knows_are_waited_for_at_the_start() -> None:
    """Another wire's replay may hold the login."""
    assembly, output = recorder(progress={(2, 1): (0, 0)})
    source = assembly.connected(hello(1))
    assembly.caught_up(source)
    talk = Conversation()
    late = Frame(Kind.WATERMARK, 0, 0, 10**12, b"")
    assembly.feed(source, [talk.open(100), *talk.exchange("/wait", 100), late])
    before = output.paths()

    assembly.unexpected(5, 6)

    assert not before
    assert output.paths() == ["/wait"]


def test_later_exchange_of_a_connection_never_passes_an_earlier_one() -> None:
    """Also when only the earlier one has to wait."""
    assembly, output = recorder()
    one, two = assembly.connected(hello(1)), assembly.connected(hello(2))
    for source in (one, two):
        assembly.caught_up(source)
    talk, other = Conversation(1), Conversation(2)
    frames = [*talk.exchange("/wait", 100), *talk.exchange("/ready", 102), talk.end()]

    assembly.feed(one, [talk.open(100), other.open(100), *frames])
    assembly.feed(one, other.exchange("/other", 104))
    before = output.paths()
    assembly.feed(two, [Frame(Kind.WATERMARK, 0, 0, 200, b"")])

    assert before == ["/other"]
    assert output.paths() == ["/other", "/wait", "/ready"]


@pytest.mark.parametrize(
    ("limits", "waiting"),
    [(Limits(waiting_exchanges=2), 2), (Limits(waiting_bytes=1), 0)],
)
def test_waiting_exchanges_are_bounded(limits: Limits, waiting: int) -> None:
    """The oldest goes first when the bound is reached."""
    assembly, output = recorder(limits)
    one, two = assembly.connected(hello(1)), assembly.connected(hello(2))
    for source in (one, two):
        assembly.caught_up(source)
    talk = Conversation()

    assembly.feed(one, [talk.open(100)])
    for number in range(4):
        assembly.feed(one, talk.exchange(f"/wait{number}", 100 + number))

    assert output.paths() == [f"/wait{number}" for number in range(4 - waiting)]
    assert assembly.status()["waiting"] == waiting


def test_half_read_bytes_are_bounded_by_giving_up_the_largest_connection() -> None:
    """Memory stays bounded, the loss is a gap with a reason."""
    reading = ReadingLimits(head=1000, body=4000)
    assembly, output = recorder(Limits(half_read_bytes=3000, reading=reading))
    source = assembly.connected(hello())
    small, large = Conversation(1), Conversation(2)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"
    frames = [small.open(), large.open(), small.data(True, request("/small"))]
    frames += [large.data(True, request("/large")), large.data(False, head)]

    assembly.feed(source, frames)
    for _ in range(3):
        assembly.feed(source, [large.data(False, bytes(1000))])
    assembly.feed(source, [small.data(False, RESPONSE), small.end(), large.end()])

    assert "/small" in output.paths()
    (gap,) = output.gaps()
    assert (gap.connection, gap.reason) == (2, "half_read_bytes")
    assert assembly.half_read == 0
    assert (large.up, large.down) == account(output.events, 1, 2)


_pieces = st.lists(
    st.tuples(
        st.booleans(),
        st.one_of(
            st.sampled_from(
                [
                    request("/a"),
                    RESPONSE,
                    b"\r\n",
                    b"HTTP/1.1 200 OK\r\n\r\nuntil close",
                    b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab",
                    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
                    b"HTTP/1.1 100 Continue\r\n\r\n",
                    b"GET /fault-finish HTTP/1.1\r\n\r\n",
                ]
            ),
            st.binary(min_size=1, max_size=30),
        ),
    ),
    max_size=12,
)


@given(
    _pieces,
    st.sampled_from(["end", "lost", "eof", "more"]),
    st.integers(0, 50),
    st.integers(0, 50),
    st.data(),
)
def test_bytes_seen_are_bytes_of_exchanges_plus_bytes_of_gaps(
    pieces: list[tuple[bool, bytes]],
    ending: str,
    unseen_up: int,
    unseen_down: int,
    data: st.DataObject,
) -> None:
    """Whatever passed, however cut, whatever was lost: the account is exact."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk = Conversation()
    frames = [talk.open()]
    for up, piece in pieces:
        cut = data.draw(st.integers(0, len(piece)))
        frames += [talk.data(up, part) for part in (piece[:cut], piece[cut:]) if part]
    if ending == "lost":
        frames.append(talk.lost(LossReason.SHED))
        frames.append(talk.end(up=unseen_up, down=unseen_down))
        total = (talk.up + unseen_up, talk.down + unseen_down)
    else:
        if ending == "eof":
            frames.append(talk.frame(Kind.EOF_DOWN, talk.down, 8, b""))
        frames.append(talk.end())
        total = (talk.up, talk.down)

    assembly.feed(source, frames)

    assert total == account(output.events, 1, 1)
    assert total == output.progress.get((1, 1), (0, 0))
    assert assembly.half_read == 0


@given(_pieces, st.data())
def test_a_new_recorder_after_any_progress_records_the_rest_exactly_once(
    pieces: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    """A crash anywhere: both recorders' events together are those of one."""
    talk = Conversation()
    frames = [talk.data(up, piece) for up, piece in pieces]
    end = talk.end()
    whole, expected = recorder()
    whole.feed(whole.connected(hello()), [talk.open(), *frames, end])
    cut = data.draw(st.integers(0, len(frames)))
    first, before = recorder()
    first.feed(first.connected(hello()), [talk.open(), *frames[:cut]])
    progress = {k: v for k, v in before.progress.items() if v is not None}

    second, after = recorder(progress=progress)
    resumed = [talk.open(), talk.resume(0, 0), *frames, end]
    second.feed(second.connected(hello()), resumed)

    assert [*before.paths(), *after.paths()] == expected.paths()
    assert (talk.up, talk.down) == account([*before.events, *after.events], 1, 1)


class Raising:
    """A parser with a fault of its own."""

    at_boundary = False

    def data(self, *_: object, **__: object) -> list[object]:
        """Raise."""
        raise RuntimeError("secret bytes")

    eof = end = data


@pytest.mark.parametrize("kind", [Kind.DATA_UP, Kind.EOF_UP, Kind.END, None])
def test_fault_in_reading_costs_that_connection(
    kind: Kind | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A gap of its exact bytes; what the exception said is not logged."""
    assembly, output = recorder()
    source = assembly.connected(hello())
    talk, other = Conversation(1), Conversation(2)
    assembly.feed(source, [talk.open(), other.open(), talk.data(True, b"GET")])
    source.connections[1].parser = Raising()  # type: ignore[assignment]

    if kind == Kind.DATA_UP:
        assembly.feed(source, [talk.data(True, b" /")])
    elif kind == Kind.EOF_UP:
        assembly.feed(source, [talk.frame(Kind.EOF_UP, talk.up, 5, b"")])
    if kind is None:
        assembly.gone(source)
    else:
        assembly.feed(source, [talk.end(), *other.exchange("/other"), other.end()])

    gap = output.gaps()[0]
    assert (GapKind.OBSERVER_FAILED, talk.up) == (gap.kind, gap.up_bytes)
    assert assembly.status()["faults"] == 1
    assert "secret" not in caplog.text
    assert "RuntimeError at" in caplog.text


def test_more_connections_than_can_be_end_the_stream() -> None:
    """A wire that lost count must not take the recorder's memory."""
    assembly, _ = recorder(Limits(connections=2))
    source = assembly.connected(hello())

    with pytest.raises(StreamBroken):
        assembly.feed(source, [Conversation(n).open() for n in range(1, 4)])
