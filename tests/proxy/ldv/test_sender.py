"""The journal as lines at a receiver: each at least once, with its ids, whatever it
answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from proxy.clock import SystemClock
from proxy.events import Event, encode
from proxy.journal import Batch, Journal, JournalReader, Limits
from proxy.journal.cursor import CURSOR, LDV, Cursor, load, save
from proxy.ldv import sender as module
from proxy.ldv.lines import line
from proxy.ldv.receiver import HttpReceiver
from proxy.ldv.sender import Sender
from tests.support.lines_receiver import LinesReceiver, Reply, lines_receiver
from tests.support.rows import GAP, exchange, view


@dataclass
class Stream:
    """A journal, a receiver, and what sends between them."""

    directory: Path
    journal: Journal
    there: LinesReceiver

    def record(self, *events: Event) -> None:
        """Commit events."""
        self.journal.commit(Batch(events=[encode(each) for each in events]))

    def sender(self) -> tuple[Sender, HttpReceiver]:
        """A fresh one, as after a start."""
        receiver = HttpReceiver(url=self.there.url, token="t0ken")
        found = Sender(
            JournalReader(self.directory / "journal"),
            receiver,
            self.directory / "journal" / LDV,
            self.directory / "rejected.jsonl",
        )
        return found, receiver

    def rounds(self, most: int = 1000) -> tuple[Sender, list[float]]:
        """Rounds of a fresh sender until there is something to wait for."""

        async def run() -> tuple[Sender, list[float]]:
            sender, receiver = self.sender()
            pauses: list[float] = []
            while len(pauses) < most and not any(pauses):
                pauses.append(await sender.round())
            await receiver.close()
            return sender, pauses

        return asyncio.run(run())

    def notes(self) -> list[dict[str, object]]:
        """What was not taken."""
        path = self.directory / "rejected.jsonl"
        return [json.loads(each) for each in path.read_text().splitlines()]


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    """One with an empty journal."""
    with (
        lines_receiver() as there,
        Journal.open(
            tmp_path / "journal",
            "north",
            Limits(segment_bytes=40_000),
            clock=SystemClock(),
        ) as journal,
    ):
        yield Stream(tmp_path, journal, there)


def test_every_field_of_a_line_arrives(stream: Stream) -> None:
    """As OTLP has it, of both kinds; what has no line is passed over."""
    asked = exchange(
        status=503,
        activity="https://register.example/a",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        parent_span="00f067aa0ba902b7",
        processor="https://intake.example",
    )
    stream.record(asked, GAP, view())
    sender, _ = stream.rounds()

    parent, child = stream.there.spans
    made = line(asked, "north", stream.journal.epoch, 1)
    assert made is not None
    assert (parent.trace_id, parent.span_id) == (made.trace_id, made.span_id)
    assert parent.parent_span_id.hex() == asked.parent_span
    assert (parent.kind, child.kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_INTERNAL)
    assert (parent.flags, child.flags) == (0x301, 0x101)
    assert (parent.status.code, child.status.code) == (2, 1)
    assert (parent.name, child.name) == ("client_detail", "view client")
    assert parent.start_time_unix_nano == asked.started_ns
    assert parent.end_time_unix_nano == asked.ended_ns
    assert {each.key: each.value.string_value for each in parent.attributes} == {
        "dpl.core.processing_activity_id": "https://register.example/a",
        "dpl.core.foreign_operation.processor": "https://intake.example",
        "exception.message": "HTTP 503",
    }
    assert {each.key: each.value.string_value for each in child.attributes} == {
        "dpl.core.processing_activity_id": "urn:whosaw:activity:unknown",
        "dpl.core.data_subject_id": bytes(range(16)).hex(),
        "dpl.core.data_subject_id_type": "client",
        "whosaw.subject_key": "3",
    }
    assert (
        stream.there.resources
        == [{"service.name": "sonar", "service.instance.id": "north"}] * 2
    )
    (headers,) = stream.there.headers
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert (sender.figures.lines, sender.position[1]) == (2, 3)


def test_a_fresh_sender_goes_on_where_the_mark_stands(stream: Stream) -> None:
    """Nothing twice, nothing left out."""
    for number in range(5):
        stream.record(exchange(request_offset=number), view(request_offset=number))
        stream.rounds()

    assert len(stream.there.spans) == len(stream.there.by_id()) == 10


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(503),
        Reply(429, retry_after="7"),
        Reply(401),
        Reply(404),
        Reply(302),
        Reply(cut=True),
    ],
    ids=str,
)
def test_without_an_acknowledgement_the_same_is_sent_again(
    stream: Stream, reply: Reply
) -> None:
    """The mark stays; a line that had arrived has the same ids the second time."""
    stream.record(exchange(), view())
    stream.there.replies.append(reply)
    sender, pauses = stream.rounds()
    error = sender.figures.error
    before = load(stream.directory / "journal" / LDV)
    stream.rounds()

    assert before is not None
    assert before.shipped == 0
    assert pauses == [7.0 if reply.retry_after else 1.0]
    assert "t0ken" not in error
    assert stream.there.url not in error
    assert error
    assert len(stream.there.by_id()) == 2
    after = load(stream.directory / "journal" / LDV)
    assert after is not None
    assert after.shipped == 2


def test_a_receiver_that_is_not_there_is_waited_for_longer_each_time(
    stream: Stream,
) -> None:
    """Up to a minute."""
    stream.record(exchange())
    url, stream.there.url = stream.there.url, "http://127.0.0.1:9/v1/traces"

    async def run() -> list[float]:
        sender, receiver = stream.sender()
        found = [await sender.round() for _ in range(9)]
        receiver.url = url
        found.append(await sender.round())
        await receiver.close()
        return found

    assert asyncio.run(run()) == [1, 2, 4, 8, 16, 32, 60, 60, 60, 0]
    assert len(stream.there.spans) == 1


def test_lines_that_were_not_taken_are_noted_and_not_sent_again(
    stream: Stream,
) -> None:
    """OTLP's partial success: a number and words, and no repetition."""
    stream.record(exchange(), view(), view(position=1))
    stream.there.replies.append(Reply(rejected=2, message="no\x1bspace"))
    sender, _ = stream.rounds()

    assert stream.there.requests == 1
    assert (sender.figures.lines, sender.figures.rejected) == (1, 2)
    (note,) = stream.notes()
    assert note == {
        "entries": f"north:{stream.journal.epoch}:1-3",
        "rejected": 2,
        "of": 3,
        "said": "no?space",
    }


def test_one_line_that_is_never_taken_does_not_stop_the_others(stream: Stream) -> None:
    """It is found by halving, and noted."""
    stream.record(*(exchange(request_offset=n, rule=f"rule{n}") for n in range(50)))
    stream.there.refuses.add("rule31")
    sender, _ = stream.rounds()

    assert len(stream.there.by_id()) == 49
    assert (sender.figures.lines, sender.figures.rejected) == (49, 1)
    (note,) = stream.notes()
    assert str(note["said"]).startswith("HTTP 400")


def test_notes_are_bounded(stream: Stream) -> None:
    """More is counted only."""
    (stream.directory / "rejected.jsonl").write_bytes(b"x" * (module.MOST_NOTES - 10))
    stream.record(exchange())
    stream.there.replies.append(Reply(rejected=1))
    sender, _ = stream.rounds()

    assert sender.figures.rejected == 1
    size = (stream.directory / "rejected.jsonl").stat().st_size
    assert size <= module.MOST_NOTES


def test_a_request_holds_a_bounded_number_of_lines(stream: Stream) -> None:
    """A receiver's bound is met by none."""
    stream.record(*(view(position=n) for n in range(module.LINES + 1)))
    stream.rounds()

    assert stream.there.requests == 2
    assert len(stream.there.by_id()) == module.LINES + 1


def test_the_journal_keeps_what_was_not_sent(stream: Stream) -> None:
    """As long as it has room, although the store has it."""

    def fill() -> None:
        for _ in range(40):
            stream.record(*(view(position=n) for n in range(20)))

    reader = JournalReader(stream.directory / "journal")
    stream.record(exchange())
    stream.rounds()
    fill()
    epoch, last = reader.tail()
    counted = Cursor(epoch=epoch, shipped=last, counted=last)
    save(stream.directory / "journal" / CURSOR, counted)
    stream.journal._keep_up()
    kept = [each.first for each in reader.segments()]
    stream.rounds()
    stream.journal._keep_up()

    assert kept[0] == 1
    assert len(kept) > 2
    assert [each.first for each in reader.segments()] == kept[-1:]
    assert len(stream.there.by_id()) == 1 + 40 * 20


def test_what_was_gone_before_it_was_sent_is_counted(stream: Stream) -> None:
    """A hole is told, not passed over in silence."""
    stream.record(exchange())
    stream.rounds()
    for _ in range(40):
        stream.record(*(view(position=n) for n in range(20)))
    first, second, *_ = JournalReader(stream.directory / "journal").segments()
    first.path.unlink()
    sender, _ = stream.rounds()

    assert sender.figures.lost == second.first - 2
    assert sender.figures.lines == 801 - (second.first - 1)


def test_a_damaged_mark_begins_anew(stream: Stream) -> None:
    """Twice is better than not at all."""
    stream.record(exchange())
    stream.rounds()
    (stream.directory / "journal" / LDV).write_text("{")
    stream.rounds()

    assert len(stream.there.spans) == 2
    assert len(stream.there.by_id()) == 1
