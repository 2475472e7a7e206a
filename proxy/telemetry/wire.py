"""Instruments of the wires: what passes, and what passes unrecorded."""

from __future__ import annotations

from proxy.telemetry.instrument import (
    APPLICATION,
    ROLE,
    Instrument,
    Kind,
    figure,
    mapping,
    reported,
    table,
)

DIRECTION = "network.io.direction"


def _counter(name: str, unit: str, key: str, description: str) -> Instrument:
    full = f"whosaw.wire.{name}"
    return reported(Kind.COUNTER, "wire", full, unit, key, description)


def _amount(name: str, unit: str, key: str, description: str) -> Instrument:
    full = f"whosaw.wire.{name}"
    return reported(Kind.UP_DOWN_COUNTER, "wire", full, unit, key, description)


WIRE = (
    _amount(
        "connections.open",
        "{connection}",
        "connections_open",
        "Connections of browsers that are open.",
    ),
    _counter(
        "connections",
        "{connection}",
        "connections_total",
        "Connections of browsers accepted.",
    ),
    Instrument(
        "whosaw.wire.io",
        Kind.COUNTER,
        "By",
        "Bytes relayed: receive is from browsers, transmit is to them.",
        (ROLE, DIRECTION),
        table("wire", "bytes_by", DIRECTION),
    ),
    _counter(
        "connections.aborted",
        "{connection}",
        "aborted",
        "Connections that ended by a reset, of either side or by a drain.",
    ),
    _counter(
        "connect.failures",
        "{connection}",
        "connect_failures",
        "Connections to the application that could not be made.",
    ),
    _counter(
        "tls.handshake.failures",
        "{connection}",
        "handshake_failures",
        "Browsers whose TLS handshake failed or took too long.",
    ),
    _counter(
        "limit.reached",
        "{event}",
        "limit_reached",
        "Times accepting paused at max_connections or for want of descriptors.",
    ),
    _counter(
        "preambles.missing",
        "{connection}",
        "preambles_missing",
        "Connections of listed load balancers that began without a PROXY preamble.",
    ),
    _counter(
        "strays",
        "{connection}",
        "strays",
        "Connections to a transparent listener that were not led there.",
    ),
    Instrument(
        "whosaw.tls.certificate.not_after",
        Kind.GAUGE,
        "s",
        "When the certificate shown to browsers expires, in seconds since the epoch.",
        (ROLE, APPLICATION),
        mapping("wire", "certificates"),
    ),
    Instrument(
        "whosaw.wire.recorder.connected",
        Kind.GAUGE,
        "1",
        "1 while this wire has a recorder to send frames to.",
        (ROLE,),
        figure("wire", "recorder_connected"),
    ),
    _counter(
        "recorder.connects",
        "{connect}",
        "connects",
        "Recorders connected to; all but the first are reconnects.",
    ),
    _amount(
        "tap.backlog",
        "By",
        "backlog_bytes",
        "Frames that wait to be sent to the recorder; bounded by tap.backlog.",
    ),
    _amount(
        "tap.kept",
        "By",
        "kept_bytes",
        "Frames kept until they are committed; bounded by tap.kept.",
    ),
    _counter(
        "tap.paced",
        "{event}",
        "paced",
        "Times a read waited because the recorder was behind.",
    ),
    _counter(
        "shed.connections",
        "{connection}",
        "shed_connections",
        "Connections no longer recorded because the backlog reached its bound.",
    ),
    _amount(
        "shed.connections.open",
        "{connection}",
        "shed_connections_open",
        "Open connections that pass unrecorded now.",
    ),
    _counter(
        "absent.connections",
        "{connection}",
        "absent_connections",
        "Connections lost to the record because no recorder was there for too long.",
    ),
    _counter(
        "missed.connections",
        "{connection}",
        "missed_connections",
        "Connections that could not be tracked one by one: too many at once.",
    ),
    _counter(
        "lost",
        "By",
        "lost_bytes",
        "Payload that will not be sent to the recorder, both directions; all of it "
        "is inside gaps.",
    ),
    _counter(
        "tap.faults",
        "{fault}",
        "taps_failed",
        "Connections relayed on without their tap after a fault of ours.",
    ),
    _counter(
        "layer.faults",
        "{fault}",
        "layer_failures",
        "Connections whose own layers failed: relayed bare, or aborted under TLS.",
    ),
)
