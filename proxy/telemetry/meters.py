"""The declared instruments as meters of opentelemetry-sdk.

Every instrument is observed: a scrape or a push asks ``reports`` once per
collection and reads all its points from that one moment. A reader that raises
costs its own instrument only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource

from proxy import __version__
from proxy.telemetry.declared import INSTRUMENTS
from proxy.telemetry.instrument import Instrument, Kind, Reports

logger = logging.getLogger(__name__)

SAME_MOMENT_SECONDS = 0.5
"""Instruments asked within this time share one reading of the reports: they are
written once a second, and a scrape asks for a hundred of them."""


class Moment:
    """The reports, read at most once per ``SAME_MOMENT_SECONDS``."""

    def __init__(self, reports: Callable[[], Reports]) -> None:
        self._ask = reports
        self._at = float("-inf")
        self._reports: Reports = {}

    def reports(self) -> Reports:
        """Of this moment."""
        now = time.monotonic()
        if now - self._at > SAME_MOMENT_SECONDS:
            self._reports, self._at = self._ask(), now
        return self._reports


def provider(
    reports: Callable[[], Reports], node: str, readers: Sequence[MetricReader]
) -> MeterProvider:
    """A meter provider over every declared instrument.

    Args:
        reports: gives the reports of the processes that are alive.
        node: name of the sidecar; ``service.instance.id`` of the resource.
        readers: where the values go: Prometheus, OTLP.
    """
    made = MeterProvider(
        metric_readers=readers,
        resource=Resource.create(
            {
                "service.name": "whosaw",
                "service.version": __version__,
                "service.instance.id": node,
            }
        ),
        shutdown_on_exit=False,
    )
    meter = made.get_meter("whosaw", __version__)
    moment = Moment(reports)
    for instrument in INSTRUMENTS:
        _create(meter, instrument, moment)
    return made


def _create(meter: Meter, instrument: Instrument, moment: Moment) -> None:
    def observe(_: CallbackOptions) -> Iterable[Observation]:
        try:
            points = list(instrument.points(moment.reports()))
        except Exception as error:  # noqa: BLE001 - fail open: one metric, not all
            logger.error("%s cannot be read: %r", instrument.name, type(error))  # noqa: TRY400
            return []
        return [Observation(value, attributes) for value, attributes in points]

    create = {
        Kind.COUNTER: meter.create_observable_counter,
        Kind.UP_DOWN_COUNTER: meter.create_observable_up_down_counter,
        Kind.GAUGE: meter.create_observable_gauge,
    }[instrument.kind]
    create(
        instrument.name,
        callbacks=[observe],
        unit=instrument.unit,
        description=instrument.description,
    )
