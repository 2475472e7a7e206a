"""A receiver of OTLP traces that answers as told, and reads every span it gets."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from typing_extensions import override


class Reply(NamedTuple):
    """One answer; the request counts as taken when it is a success."""

    status: int = 200
    rejected: int = 0
    message: str = ""
    retry_after: str = ""
    cut: bool = False
    """Taken, and the connection ends without an answer."""


@dataclass(slots=True)
class LinesReceiver:
    """What it was sent, and what it says next."""

    url: str
    replies: deque[Reply] = field(default_factory=deque)
    """For the next requests, in turn; success when empty."""
    refuses: set[str] = field(default_factory=set)
    """Names of spans of which a request is answered with 400."""
    spans: list[Any] = field(default_factory=list)
    """Of requests that were taken, in order."""
    resources: list[dict[str, str]] = field(default_factory=list)
    """As many as ``spans``."""
    requests: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)

    def by_id(self) -> dict[tuple[bytes, bytes], Any]:
        """Each span once, as an idempotent receiver keeps them."""
        return {(span.trace_id, span.span_id): span for span in self.spans}

    def take(self, body: bytes) -> Reply:
        """What to answer to this request."""
        self.requests += 1
        message = ExportTraceServiceRequest.FromString(body)
        reply = self.replies.popleft() if self.replies else Reply()
        found = [
            (
                span,
                {
                    each.key: each.value.string_value
                    for each in part.resource.attributes
                },
            )
            for part in message.resource_spans
            for scope in part.scope_spans
            for span in scope.spans
        ]
        if any(span.name in self.refuses for span, _ in found):
            return Reply(400, message="no such action")
        if reply.status == 200:
            self.spans += [span for span, _ in found]
            self.resources += [resource for _, resource in found]
        return reply


@contextmanager
def lines_receiver() -> Iterator[LinesReceiver]:
    """One on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.headers.append(dict(self.headers.items()))
            reply = found.take(body)
            if reply.cut:
                self.close_connection = True
                return
            answer = ExportTraceServiceResponse()
            answer.partial_success.rejected_spans = reply.rejected
            answer.partial_success.error_message = reply.message
            data = answer.SerializeToString()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(data)))
            if reply.retry_after:
                self.send_header("Retry-After", reply.retry_after)
            self.end_headers()
            self.wfile.write(data)

        @override
        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = LinesReceiver(f"http://127.0.0.1:{server.server_port}/v1/traces")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
