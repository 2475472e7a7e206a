"""Where the metrics go: a registry for scrapes, a receiver for pushes.

Prometheus asks; OTLP is pushed by a thread of opentelemetry-sdk at an interval.
A receiver that is away costs its pushes, no memory: each push is read anew from
the reports, and none is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics.export import (
    MetricReader,
    PeriodicExportingMetricReader,
)
from prometheus_client import CollectorRegistry

from proxy.telemetry.instrument import Reports
from proxy.telemetry.meters import provider

PUSH_TIMEOUT_SECONDS = 5.0
"""A push that takes longer is given up; the next one holds newer values."""


class Exporting:
    """A meter provider with its readers; ``close`` pushes once more and ends it."""

    def __init__(
        self,
        reports: Callable[[], Reports],
        node: str,
        *,
        otlp: str = "",
        interval: float = 15.0,
    ) -> None:
        """Start.

        Args:
            reports: gives the reports of the processes that are alive.
            node: name of the sidecar.
            otlp: URL to push to; empty: nobody is pushed to.
            interval: seconds between two pushes.
        """
        self.registry = CollectorRegistry()
        readers: list[MetricReader] = [
            PrometheusMetricReader(registry=self.registry, scope_info_enabled=False)
        ]
        if otlp:
            # The exporter would log each failure with its whole traceback.
            logging.getLogger("opentelemetry").setLevel(logging.ERROR)
            readers.append(
                PeriodicExportingMetricReader(
                    OTLPMetricExporter(endpoint=otlp, timeout=PUSH_TIMEOUT_SECONDS),
                    export_interval_millis=interval * 1000,
                    export_timeout_millis=PUSH_TIMEOUT_SECONDS * 1000,
                )
            )
        self._provider = provider(reports, node, readers)

    def close(self) -> None:
        """Push what is known, bounded in time, and let go of the threads."""
        self._provider.shutdown(timeout_millis=PUSH_TIMEOUT_SECONDS * 1000)
