"""Sidecar: does it pass everything quickly, and does all of it reach the store?"""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.board import board
from dashboards.panels import NONE_IS_GOOD, Steps, lines, number
from dashboards.sources import METRICS

DAY = 86_400
_FILL: Steps = ((None, "green"), (0.6, "orange"), (0.8, "red"))


def sidecar() -> Dashboard:
    """The board."""
    made = board(
        "sidecar",
        "Sidecar",
        "Does it pass everything quickly, and does all of it reach the store?",
        METRICS,
        period="now-6h",
    )
    for title, says, expr, unit, steps in _NUMBERS:
        made = made.with_panel(
            number(title, says, expr, unit, steps=steps, source=METRICS)
        )
    for title, says, exprs, unit, marks in _LINES:
        made = made.with_panel(
            lines(title, says, exprs, unit, steps=marks, source=METRICS)
        )
    return made


_NUMBERS: tuple[tuple[str, str, str, str, Steps], ...] = (
    (
        "Since the last commit",
        "Time since evidence was last written to disk; a heartbeat does each second.",
        "max(whosaw_recorder_since_commit_seconds)",
        "s",
        ((None, "green"), (5, "orange"), (30, "red")),
    ),
    (
        "Journal in use",
        (
            "Share of the space for evidence that is not yet removed; at 100 % nothing "
            "can be recorded."
        ),
        "max(whosaw_journal_fill)",
        "percentunit",
        _FILL,
    ),
    (
        "Journal is full in",
        (
            "If the store stayed away, at the rate of the last hour; none while "
            "nothing is recorded."
        ),
        "min(whosaw_journal_time_left_seconds)",
        "s",
        ((None, "red"), (2 * DAY, "orange"), (7 * DAY, "green")),
    ),
    (
        "Processes that answer",
        "Processes that wrote their report within five seconds.",
        "sum(whosaw_process_up)",
        "short",
        ((None, "red"), (1, "green")),
    ),
    (
        "Behind the store",
        "Age of the oldest evidence that is not in the store yet.",
        "max(whosaw_shipper_lag_seconds)",
        "s",
        ((None, "green"), (60, "orange"), (300, "red")),
    ),
    (
        "Certificate ends in",
        "The first of the certificates shown to browsers that expires.",
        "min(whosaw_tls_certificate_not_after_seconds) - time()",
        "s",
        ((None, "red"), (14 * DAY, "orange"), (30 * DAY, "green")),
    ),
    (
        "Last seal",
        "Age of the oldest last seal of a node.",
        "max(whosaw_seal_age_seconds)",
        "s",
        ((None, "green"), (120, "orange"), (600, "red")),
    ),
    (
        "Rows refused",
        "Rows the store refused since the shipper started; kept on disk.",
        "sum(whosaw_shipper_rows_rejected_total)",
        "short",
        NONE_IS_GOOD,
    ),
)

_LINES: tuple[tuple[str, str, dict[str, str], str, Steps | None], ...] = (
    (
        "Exchanges",
        "Exchanges recorded a second.",
        {
            "{{whosaw_application}}": "sum by (whosaw_application) "
            "(rate(whosaw_exchanges_total[$__rate_interval]))"
        },
        "reqps",
        None,
    ),
    (
        "Bytes relayed",
        "From browsers (receive) and to them (transmit).",
        {
            "{{network_io_direction}}": "sum by (network_io_direction) "
            "(rate(whosaw_wire_io_bytes_total[$__rate_interval]))"
        },
        "Bps",
        None,
    ),
    (
        "Added latency, at most",
        (
            "Worst lateness of the loop of each wire in a second: the longest a byte "
            "waited in the sidecar."
        ),
        {
            "{{whosaw_role}}": "max by (whosaw_role) "
            '(whosaw_process_loop_delay_seconds{whosaw_role=~"wire.*"})'
        },
        "s",
        ((None, "green"), (0.05, "red")),
    ),
    (
        "Recorder lag",
        "Age of the last frame when the recorder read it.",
        {"lag": "max(whosaw_recorder_lag_seconds)"},
        "s",
        ((None, "green"), (10, "red")),
    ),
    (
        "Shipper lag",
        "Age of the oldest evidence that is not in the store yet.",
        {"lag": "max(whosaw_shipper_lag_seconds)"},
        "s",
        ((None, "green"), (300, "red")),
    ),
    (
        "Journal in use",
        "Share of the space for evidence.",
        {"in use": "max(whosaw_journal_fill)"},
        "percentunit",
        _FILL,
    ),
    (
        "Memory",
        "Resident memory of each process.",
        {"{{whosaw_role}}": "sum by (whosaw_role) (process_memory_usage_bytes)"},
        "bytes",
        None,
    ),
    (
        "Processor",
        "Processor time used a second, by process.",
        {
            "{{whosaw_role}}": "sum by (whosaw_role) "
            "(rate(process_cpu_time_seconds_total[$__rate_interval]))"
        },
        "percentunit",
        None,
    ),
    (
        "Connections open",
        "Connections of browsers, and those among them that pass unrecorded.",
        {
            "open": "sum(whosaw_wire_connections_open)",
            "unrecorded": "sum(whosaw_wire_shed_connections_open)",
        },
        "short",
        None,
    ),
    (
        "Gaps",
        "Gaps recorded an hour that were not intended, by kind.",
        {
            "{{whosaw_gap_kind}}": "sum by (whosaw_gap_kind) "
            '(increase(whosaw_gaps_total{whosaw_gap_intended="false"}[1h]))'
        },
        "short",
        NONE_IS_GOOD,
    ),
    (
        "Errors",
        "Faults of the sidecar itself, an hour.",
        {
            "recorder": "sum(increase(whosaw_recorder_faults_total[1h]))",
            "wire": "sum(increase(whosaw_wire_layer_faults_total[1h]))",
            "tap": "sum(increase(whosaw_wire_tap_faults_total[1h]))",
            "commits failed": "sum(increase(whosaw_recorder_commits_failed_total[1h]))",
            "store": "sum(increase(whosaw_shipper_failures_total[1h]))",
            "restarts": "sum(increase(whosaw_process_restarts_total[1h]))",
        },
        "short",
        NONE_IS_GOOD,
    ),
    (
        "Application not reached",
        (
            "Connections to the application, or TLS handshakes with browsers, that "
            "failed, an hour."
        ),
        {
            "application": "sum(increase(whosaw_wire_connect_failures_total[1h]))",
            "handshakes": "sum(increase(whosaw_wire_tls_handshake_failures_total[1h]))",
        },
        "short",
        None,
    ),
)
