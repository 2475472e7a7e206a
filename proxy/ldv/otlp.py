"""Lines as a request of OTLP over HTTP, and what its answer says.

Source: OpenTelemetry Protocol 1.x, trace service, binary Protobuf. Every span says
that it is sampled: nothing on the way may leave it out. Pure.

Failure modes: an answer that is no message of the protocol counts as one that says
nothing about single lines; its status is what counts then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import (
    ResourceSpans,
    ScopeSpans,
    Span,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from proxy import __version__
from proxy.ldv.lines import Line, Status

CONTENT_TYPE = "application/x-protobuf"
MOST_MESSAGE = 300
"""Characters of a receiver's words that are kept."""
_SAMPLED, _HAS_REMOTE, _IS_REMOTE = 0x01, 0x100, 0x200
_STATUS = {
    Status.UNSET: SpanStatus.STATUS_CODE_UNSET,
    Status.OK: SpanStatus.STATUS_CODE_OK,
    Status.ERROR: SpanStatus.STATUS_CODE_ERROR,
}


class Refused(NamedTuple):
    """What a receiver did not take of a request it answered with success."""

    lines: int
    message: str


def request(lines: Sequence[Line]) -> bytes:
    """The body of one request."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for line in lines:
        spans.setdefault((line.application, line.node), []).append(_span(line))
    message = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(
                    attributes=[
                        _attribute("service.name", application),
                        _attribute("service.instance.id", node),
                    ]
                ),
                scope_spans=[
                    ScopeSpans(
                        scope=InstrumentationScope(name="whosaw", version=__version__),
                        spans=found,
                    )
                ],
            )
            for (application, node), found in spans.items()
        ]
    )
    return bytes(message.SerializeToString())


def refused(body: bytes) -> Refused:
    """What the answer to a request says was not taken."""
    answer = ExportTraceServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:
        return Refused(0, "")
    said = answer.partial_success
    message = "".join(c if c.isprintable() else "?" for c in said.error_message)
    return Refused(max(said.rejected_spans, 0), message[:MOST_MESSAGE])


def _span(line: Line) -> Span:
    remote = _IS_REMOTE if line.remote_parent else 0
    return Span(
        trace_id=line.trace_id,
        span_id=line.span_id,
        parent_span_id=line.parent_span_id,
        flags=_SAMPLED | _HAS_REMOTE | remote,
        name=line.name.encode("utf-8", "replace").decode(),
        kind=Span.SPAN_KIND_SERVER if _asked(line) else Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=line.start_ns,
        end_time_unix_nano=line.end_ns,
        attributes=[_attribute(*each) for each in line.attributes],
        status=SpanStatus(code=_STATUS[line.status]),
    )


def _asked(line: Line) -> bool:
    """Whether it is the exchange itself."""
    return line.remote_parent or not line.parent_span_id


def _attribute(name: str, value: str) -> KeyValue:
    # Protobuf takes no lone surrogates, which a hostile name may hold.
    text = value.encode("utf-8", "replace").decode()
    return KeyValue(key=name, value=AnyValue(string_value=text))
