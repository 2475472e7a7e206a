"""A finding as OCSF Detection Finding, class 2004.

Source: Open Cybersecurity Schema Framework 1.5.0, ``detection_finding``: required are
``activity_id``, ``category_uid``, ``class_uid``, ``finding_info`` (``title``, ``uid``),
``metadata`` (``product``, ``version``), ``severity_id``, ``time`` and ``type_uid``.
Times are milliseconds. The account stands in ``evidences``, the subject as a pseudonym
in ``resources``: whoever reads the SIEM learns who, and of whom only a pseudonym. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from proxy import __version__
from proxy.detections.catalogue import Severity, by_id
from proxy.detections.findings import Finding

VERSION: Final = "1.5.0"
CLASS: Final = 2004
CREATE: Final = 1
RULE: Final = 1
"""``analytic.type_id``."""
NEW: Final = 1
"""``status_id``."""
SEVERITY: Final = {Severity.LOW: 2, Severity.MEDIUM: 3, Severity.HIGH: 4}


def detection_finding(finding: Finding) -> dict[str, Any]:
    """The event."""
    detection = by_id().get(finding.detection)
    title = detection.head.title if detection is not None else finding.detection
    event: dict[str, Any] = {
        "activity_id": CREATE,
        "category_uid": 2,
        "class_uid": CLASS,
        "type_uid": CLASS * 100 + CREATE,
        "time": _ms(finding.at),
        "severity_id": SEVERITY[finding.severity],
        "status_id": NEW,
        "is_alert": True,
        "message": finding.sentence,
        "metadata": {
            "version": VERSION,
            "uid": finding.id,
            "product": {
                "name": "Whosaw",
                "vendor_name": "Whosaw",
                "version": __version__,
            },
        },
        "finding_info": {
            "uid": finding.id,
            "title": title,
            "desc": finding.sentence,
            "created_time": _ms(finding.at),
            "first_seen_time": _ms(finding.from_at),
            "last_seen_time": _ms(finding.to_at),
            "analytic": {
                "type_id": RULE,
                "uid": finding.detection,
                "name": title,
            },
        },
        "evidences": [{"data": dict(finding.evidence)}],
    }
    if finding.actor:
        user = {"name": finding.actor, "type": finding.actor_kind.value}
        event["evidences"][0]["actor"] = {"user": {**user, "type_id": 99}}
    if finding.subject:
        event["resources"] = [{"type": finding.subject_type, "uid": finding.subject}]
    return event


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
