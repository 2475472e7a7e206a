"""HAR files and ``.http`` files made by hand."""

from __future__ import annotations

import json
from typing import Any

Pairs = list[tuple[str, str]]


def entry(
    url: str,
    text: str | None,
    *,
    method: str = "GET",
    status: int = 200,
    kind: str = "text/html",
    request: Pairs | None = None,
    response: Pairs | None = None,
    at: str = "2026-01-01T00:00:00.000Z",
    time: float = 1,
) -> dict[str, Any]:
    """One entry, as Chrome writes it; ``text`` None: the content was left out."""
    content: dict[str, Any] = {"size": len(text or ""), "mimeType": kind}
    if text is not None:
        content["text"] = text
    return {
        "startedDateTime": at,
        "time": time,
        "connection": "443",
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "http/2.0",
            "headers": _pairs(request or []),
            "cookies": [],
        },
        "response": {
            "status": status,
            "headers": _pairs([("Content-Type", kind), *(response or [])]),
            "content": content,
            "bodySize": -1,
        },
    }


def har(*entries: dict[str, Any]) -> bytes:
    """A file with these entries."""
    log = {"version": "1.2", "creator": {"name": "test"}, "entries": list(entries)}
    return json.dumps({"log": log}).encode()


def _pairs(pairs: Pairs) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
