"""docs/metrics.md, from the declaration: ``python -m proxy.telemetry``."""

from __future__ import annotations

from proxy.telemetry.declared import INSTRUMENTS
from proxy.telemetry.instrument import Instrument, Kind

HEAD = """\
# Metrics

Generated from `proxy/telemetry/` by `make metrics`; a test holds it to that.

`whosaw admin` answers `GET /metrics` in Prometheus' text format, and pushes the same
values over OTLP/HTTP when `telemetry.otlp` is configured. Both come from the reports
that each process writes once a second: nothing is counted for monitoring where bytes
pass. A process whose report is older than five seconds gives no values.

No attribute names an employee or a client: the values of `whosaw.application` are
names of the configuration, all others are listed words. Resource: `service.name` is
`whosaw`, `service.instance.id` the node.

| metric | in Prometheus | kind | unit | attributes | what it says |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_row(each) for each in INSTRUMENTS)


def prometheus_name(instrument: Instrument) -> str:
    """As opentelemetry-exporter-prometheus spells it.

    Source: OpenTelemetry specification, "Prometheus and OpenMetrics
    Compatibility": dots become underscores, the unit is appended unless it is an
    annotation, counters end in ``_total``.
    """
    name = instrument.name.replace(".", "_")
    unit = {"s": "seconds", "By": "bytes"}.get(instrument.unit, "")
    if unit and not name.endswith(f"_{unit}"):
        name += f"_{unit}"
    return f"{name}_total" if instrument.kind is Kind.COUNTER else name


def _row(each: Instrument) -> str:
    attributes = ", ".join(f"`{name}`" for name in each.attributes)
    return (
        f"| `{each.name}` | `{prometheus_name(each)}` | {each.kind.value} "
        f"| `{each.unit}` | {attributes} | {each.description} |\n"
    )
