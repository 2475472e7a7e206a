"""A view as an event of the Open Cybersecurity Schema Framework.

Source: OCSF 1.8.0, class Web Resources Activity (6001), profile ``host`` (which has
the actor). An event is one view: ``web_resources`` holds its subject by pseudonym.
What the class has no attribute for stands in ``enrichments`` (how the name is
founded, the purpose) and ``unmapped``. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from proxy import __version__

VERSION = "1.8.0"
CLASS, CATEGORY = 6001, 6
_ACTIVITIES = {
    "create": (1, "Create"),
    "view": (2, "Read"),
    "list": (2, "Read"),
    "mention": (2, "Read"),
    "update": (3, "Update"),
    "delete": (4, "Delete"),
    "search": (5, "Search"),
    "export": (7, "Export"),
}
_OTHER = 99
"""With the name of the activity beside it: printing has no number."""
_PRODUCT = {"name": "Whosaw", "vendor_name": "Whosaw", "version": __version__}


def event(row: Mapping[str, Any]) -> dict[str, Any]:
    """The event of a row of ``slices.rows``."""
    activity, name = _ACTIVITIES.get(row["action"], (_OTHER, row["action"]))
    learned = not row["actor"] and bool(row["learned_actor"])
    reference = f"{row['node']}:{row['epoch']}:{row['seq']}"
    exchange = f"{row['wire']}-{row['connection']}-{row['request_offset']}"
    found: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": name,
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "Web Resources Activity",
        "type_uid": CLASS * 100 + activity,
        "type_name": f"Web Resources Activity: {name}",
        "severity_id": 1,
        "severity": "Informational",
        "status_id": 1,
        "status": "Success",
        "time": _milliseconds(row["started_at"]),
        "metadata": {
            "version": VERSION,
            "product": _PRODUCT,
            "profiles": ["host"],
            "uid": reference,
            "sequence": row["seq"],
            "correlation_uid": row["trace_id"] or f"{row['node']}:{exchange}",
            "original_time": row["started_at"],
            "log_name": "views",
            "loggers": [{"name": row["node"]}],
        },
        "web_resources": [
            {
                "uid": row["subject_hex"],
                "type": row["subject_type"],
                "labels": list(row["categories"]),
            }
        ],
        "dst_endpoint": {"svc_name": row["application"]},
        "enrichments": [_attribution(row, learned=learned)],
        "unmapped": {
            name: row[name]
            for name in (
                *("action", "opened", "rule", "ruleset", "position", "subject_key"),
                *("actor_binding", "actor_on_wire"),
            )
        },
    }
    actor = _actor(row, learned=learned)
    if actor:
        found["actor"] = actor
    if row["client_address"]:
        found["src_endpoint"] = {"ip": row["client_address"]}
    if row["activity"]:
        found["enrichments"].append(
            {
                "name": "processing_activity",
                "value": row["activity"],
                "type": "purpose",
                "data": {"processing_activity_id": row["activity"]},
            }
        )
    return found


def _actor(row: Mapping[str, Any], *, learned: bool) -> dict[str, Any]:
    actor: dict[str, Any] = {}
    name = row["learned_actor"] if learned else row["actor"]
    if name:
        kind = row["learned_kind"] if learned else row["actor_kind"]
        user: dict[str, Any] = {"name": name, "type": kind}
        if kind != "unknown":
            user["type_id"] = 3 if kind == "robot" else 1 if kind == "person" else 99
        actor["user"] = user
    if row["actor_session"]:
        actor["session"] = {"uid": row["actor_session"]}
    return actor


def _attribution(row: Mapping[str, Any], *, learned: bool) -> dict[str, Any]:
    strength = row["learned_strength"] if learned else row["actor_strength"]
    return {
        "name": "actor",
        "value": strength,
        "type": "attribution",
        "data": {
            "strength": strength,
            "scheme": row["learned_scheme"] if learned else row["actor_scheme"],
            "reason": row["actor_reason"],
            "learned_later": learned,
        },
    }


def _milliseconds(text: str) -> int:
    """Of ``2026-05-28 20:26:40.123456789``, UTC; what is finer is cut."""
    at = datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
