"""The URL parameters of a request: transport, query parameters, settings.

A writer may set what the engine lets him. A reader's settings pass an
allow-list: presentation as he likes, bounds only downwards (a higher
one is cut to the limit); anything else is
refused with ClickHouse's READONLY. Names that belong to the transport of
another server version are ignored. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from proxy.store.embedded.errors import (
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    READONLY,
    refused,
)
from proxy.store.embedded.settings import Limits

_TRANSPORT = frozenset(
    [
        "query",
        "database",
        "user",
        "password",
        "default_format",
        "session_id",
        "session_timeout",
        "session_check",
        "query_id",
        "quota_key",
        "role",
        "stacktrace",
        "compress",
        "decompress",
        "buffer_size",
        "wait_end_of_query",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "enable_http_compression",
        "http_zlib_compression_level",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "add_http_cors_header",
        "log_queries",
        "log_comment",
        "http_response_buffer_size",
        "http_write_exception_in_output_format",
        "http_wait_end_of_query",
        "close_session",
    ]
)
_PRESENTATION = frozenset(
    [
        "join_use_nulls",
        "session_timezone",
        "date_time_output_format",
        "date_time_input_format",
        "max_threads",
        "max_block_size",
        "result_overflow_mode",
        "timeout_overflow_mode",
        "read_overflow_mode",
        "group_by_overflow_mode",
        "extremes",
        "totals_mode",
        "cast_string_to_dynamic_use_inference",
        "prefer_column_name_to_alias",
        "use_query_cache",
        "optimize_use_projections",
        "force_primary_key",
        "asterisk_include_alias_columns",
        "transform_null_in",
    ]
)
_PRESENTATION_PREFIXES = (
    "output_format_json_",
    "output_format_csv_",
    "output_format_tsv_",
    "output_format_pretty_",
    "output_format_native_",
    "output_format_arrow_",
    "output_format_parquet_",
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}\Z")
_PARAMETERS = 256


@dataclass(frozen=True, slots=True)
class Options:
    """What the URL of a request asked for."""

    query: str = ""
    database: str = ""
    default_format: str = ""
    session: str = ""
    query_id: str = ""
    compress: bool = False
    """``enable_http_compression``: the response may follow Accept-Encoding."""
    protocol: int = 0
    """``client_protocol_version``: the revision the client reads Native at."""
    params: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


def read(
    pairs: Iterable[tuple[str, str]], *, reads_only: bool, limits: Limits
) -> Options:
    """The options of these URL parameters; the last of a name counts.

    Raises:
        QueryFailed: a setting is refused, or not to be served here.
    """
    given = dict(pairs)
    if len(given) > _PARAMETERS:
        raise refused(
            BAD_ARGUMENTS, f"More than {_PARAMETERS} URL parameters", "BAD_ARGUMENTS"
        )
    for name in ("compress", "decompress"):
        if given.get(name, "0") not in {"0", "false", ""}:
            raise refused(
                NOT_IMPLEMENTED,
                f"{name}=1 (block compression) is not served here; "
                "use enable_http_compression=1 or Content-Encoding",
                "NOT_IMPLEMENTED",
            )
    params: dict[str, str] = {}
    settings: dict[str, str] = {}
    for name, value in given.items():
        if name.startswith("param_"):
            params[name.removeprefix("param_")] = value
        elif name not in _TRANSPORT:
            if not _NAME.match(name):
                raise refused(
                    BAD_ARGUMENTS, "A setting has a malformed name", "BAD_ARGUMENTS"
                )
            settings[name] = value
    if reads_only:
        _check_reader(settings, limits)
    protocol = given.get("client_protocol_version", "0")[:9]
    return Options(
        query=given.get("query", ""),
        database=given.get("database", ""),
        default_format=given.get("default_format", ""),
        session=given.get("session_id", "")[:200],
        query_id=given.get("query_id", "")[:200],
        compress=given.get("enable_http_compression", "0") in {"1", "true"},
        protocol=int(protocol) if protocol.isascii() and protocol.isdigit() else 0,
        params=params,
        settings=settings,
    )


def bounds(
    limits: Limits, *, reads_only: bool, streams: bool = False
) -> dict[str, str]:
    """The engine's settings that hold these limits.

    A streamed result stands nowhere as a whole, so its bytes are not bounded.
    """
    common = {
        "session_timezone": "UTC",
        "max_memory_usage": str(limits.memory_bytes),
        "max_query_size": str(limits.query_bytes * 2),
        # The engine looks where the rows of a subject are only in parts of a million
        # rows, else; a view that asks for it is not heard from a reader.
        "min_table_rows_to_use_projection_index": "0",
    }
    if not reads_only:
        return {**common, "max_execution_time": str(limits.writer_seconds)}
    return {
        **common,
        "max_execution_time": str(limits.seconds),
        "max_result_rows": str(limits.result_rows),
        "max_result_bytes": "0" if streams else str(limits.result_bytes),
        "allow_introspection_functions": "0",
    }


def _check_reader(settings: dict[str, str], limits: Limits) -> None:
    """Refuse what a reader may not set; cut a bound down to its limit.

    Clients put their own deadline into ``max_execution_time`` unasked, so a bound
    that is too high is lowered rather than refused.
    """
    highest = bounds(limits, reads_only=True)
    for name, value in settings.items():
        if name in _PRESENTATION or name.startswith(_PRESENTATION_PREFIXES):
            continue
        if not name.startswith("max_") or name not in highest:
            raise refused(
                READONLY, f"Cannot modify '{name}' setting in readonly mode", "READONLY"
            )
        try:
            wanted = float(value)
        except ValueError:
            wanted = 0.0
        if not 0 < wanted <= float(highest[name]):
            settings[name] = highest[name]
