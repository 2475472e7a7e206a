"""Instruments as meters."""

from __future__ import annotations

from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from proxy.status import Report
from proxy.telemetry.instrument import Reports
from proxy.telemetry.meters import Moment, provider


def collect(reports: Reports) -> dict[str, list[float]]:
    """Values by metric, of one collection."""
    reader = InMemoryMetricReader()
    made = provider(lambda: reports, "test", [reader])
    data = reader.get_metrics_data()
    made.shutdown()
    if data is None:
        return {}
    return {
        metric.name: [point.value for point in metric.data.data_points]  # type: ignore[union-attr]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_every_living_process_is_up_and_tells_its_figures() -> None:
    """Two wires are two points."""
    found = collect(
        {
            role: Report(role=role, pid=1, at=1, figures={"connections_open": 2})
            for role in ("wire-0", "wire-1")
        }
    )

    assert found["whosaw.process.up"] == [1.0, 1.0]
    assert found["whosaw.wire.connections.open"] == [2.0, 2.0]
    assert "whosaw.recorder.lag" not in found


def test_one_collection_reads_the_reports_once() -> None:
    """A hundred instruments look at one moment."""
    asked: list[int] = []

    def reports() -> Reports:
        asked.append(1)
        return {}

    moment = Moment(reports)
    for _ in range(100):
        moment.reports()

    assert len(asked) == 1
