"""The trace a request says it is part of: W3C Trace Context, ``traceparent``.

Source: W3C Recommendation 23 November 2021, section 3.2. Read are version 00 and,
as it asks for, what later versions begin with. Ids of zeros and anything malformed
are no trace; so are two headers, because which one counts is not said. The sampled
flag is not looked at: it says what a tracer may leave out, and here nothing is.

Whether the word of a peer counts is not decided here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy.exchange.model import Headers

MAX_LENGTH = 512
"""Bytes of a header read; version 00 has 55, what later ones append is skipped."""
_TRACEPARENT = re.compile(
    rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?\Z", re.DOTALL
)


class Trace(NamedTuple):
    """Where a request stands in a trace, lower-case hex."""

    trace_id: str
    parent_span: str
    """The span that asked."""


def traceparent(headers: Headers) -> Trace | None:
    """What the request's ``traceparent`` says; None when it says nothing usable."""
    values = [value for name, value in headers if name == b"traceparent"]
    if len(values) != 1 or len(values[0]) > MAX_LENGTH:
        return None
    found = _TRACEPARENT.match(values[0].strip(b" \t"))
    if found is None:
        return None
    version, trace_id, span, more = found.groups()
    if version == b"ff" or (version == b"00" and more is not None):
        return None
    if not trace_id.strip(b"0") or not span.strip(b"0"):
        return None
    return Trace(trace_id.decode(), span.decode())
