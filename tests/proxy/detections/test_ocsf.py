"""A finding as OCSF: what the class requires, who, and of whom a pseudonym."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

from proxy.detections.catalogue import Severity
from proxy.detections.findings import Finding
from proxy.detections.ocsf import detection_finding
from proxy.events import AccountKind

AT = datetime(2026, 5, 12, 12, 0, 0, 250_000, tzinfo=UTC)
FINDING = Finding(
    id="00112233445566778899aabb",
    detection="volume",
    severity=Severity.HIGH,
    at=AT,
    day=date(2026, 5, 12),
    from_at=AT,
    to_at=AT,
    actor="jansen",
    actor_kind=AccountKind.PERSON,
    subject_type="client",
    subject="ab" * 16,
    about="2026-05-12",
    application="sonar",
    sentence="viewed 212 clients on Tuesday; own median 31, team 28",
    evidence={"clients": 212},
    zone="Europe/Amsterdam",
    thresholds="",
)
REQUIRED = {
    *("activity_id", "category_uid", "class_uid", "finding_info", "metadata"),
    *("severity_id", "time", "type_uid"),
}


def test_everything_the_class_requires_is_there() -> None:
    """OCSF 1.5.0, detection_finding; it is JSON as it stands."""
    event = detection_finding(FINDING)

    assert set(event) >= REQUIRED
    assert (event["class_uid"], event["type_uid"]) == (2004, 200401)
    assert set(event["finding_info"]) >= {"title", "uid"}
    assert set(event["metadata"]) >= {"product", "version"}
    assert (event["severity_id"], event["time"]) == (4, 1_778_587_200_250)
    assert event["finding_info"]["title"] == "Far more clients than usual"
    assert json.loads(json.dumps(event)) == event


def test_who_and_of_whom_stand_where_a_siem_looks() -> None:
    """The subject as a pseudonym; what is not known is left out."""
    event = detection_finding(FINDING)
    nobody = detection_finding(replace(FINDING, actor="", subject="", detection="x"))

    assert event["evidences"][0]["actor"]["user"]["name"] == "jansen"
    assert event["evidences"][0]["data"] == {"clients": 212}
    assert event["resources"] == [{"type": "client", "uid": "ab" * 16}]
    assert "actor" not in nobody["evidences"][0]
    assert "resources" not in nobody
