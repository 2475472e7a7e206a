"""Requests and answers of OTLP: hostile texts travel, hostile answers do nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from proxy.ldv.lines import line
from proxy.ldv.otlp import MOST_MESSAGE, refused, request
from tests.support.rows import exchange, view


@given(st.text(max_size=40))
def test_any_text_travels(text: str) -> None:
    """Lone surrogates, which Protobuf does not take, are replaced."""
    found = line(view(subject_type=text, activity=text), "n", 1, 1)
    assert found is not None

    sent = ExportTraceServiceRequest.FromString(request([found]))

    (span,) = sent.resource_spans[0].scope_spans[0].spans
    clean = text.encode("utf-8", "replace").decode()
    assert span.name == f"view {clean}"


def test_lines_of_several_applications_stand_apart() -> None:
    """Each under its own resource."""
    events = [exchange(application=name) for name in ("a", "b", "a")]
    made = [found for each in events if (found := line(each, "n", 1, 1))]

    sent = ExportTraceServiceRequest.FromString(request(made))

    sizes = [len(part.scope_spans[0].spans) for part in sent.resource_spans]
    assert sizes == [2, 1]


@given(st.binary(max_size=200))
def test_no_answer_raises(body: bytes) -> None:
    """It says at most that lines were not taken."""
    found = refused(body)

    assert found.lines >= 0
    assert len(found.message) <= MOST_MESSAGE


def test_a_receivers_words_are_made_printable_and_cut() -> None:
    """They end in a file that a person reads."""
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = 3
    answer.partial_success.error_message = "\x1b[2J" + "x" * 10_000

    found = refused(answer.SerializeToString())

    assert found.lines == 3
    assert found.message == ("?[2J" + "x" * 10_000)[:MOST_MESSAGE]
