"""Pushing metrics to a receiver of the OTLP protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from typing_extensions import override

from proxy.status import Report
from proxy.telemetry.exporting import Exporting
from tests.support.waiting import until

REPORTS = {"recorder": Report(role="recorder", pid=1, at=1, figures={"commits": 7})}


@contextmanager
def receiver() -> Iterator[tuple[str, list[ExportMetricsServiceRequest]]]:
    """URL of one, and what it has received."""
    received: list[ExportMetricsServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(ExportMetricsServiceRequest.FromString(body))
            answer = ExportMetricsServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        @override
        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/metrics", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_metrics_are_pushed_and_a_last_time_at_the_end() -> None:
    """With the node as the instance."""
    with receiver() as (url, received):
        exporting = Exporting(lambda: REPORTS, "north", otlp=url, interval=0.1)
        until(lambda: received, "a push")
        exporting.close()

    pushed = received[-1].resource_metrics[0]
    resource = {a.key: a.value.string_value for a in pushed.resource.attributes}
    metrics = {m.name: m for scope in pushed.scope_metrics for m in scope.metrics}

    assert resource["service.name"] == "whosaw"
    assert resource["service.instance.id"] == "north"
    commits = metrics["whosaw.recorder.commits"].sum.data_points[0]
    assert commits.as_double == 7
    assert metrics["whosaw.recorder.commits"].sum.is_monotonic


def test_a_receiver_that_is_away_costs_its_pushes_only() -> None:
    """Scrapes go on, and ending is bounded."""
    exporting = Exporting(
        lambda: REPORTS, "north", otlp="http://127.0.0.1:1/v1/metrics", interval=0.1
    )

    names = {family.name for family in exporting.registry.collect()}
    exporting.close()

    assert "whosaw_recorder_commits" in names
