"""What Grafana reads at its start: data sources, folders of boards, alerts.

Secrets and addresses come from the environment of Grafana (``$WHOSAW_...``), so no
file holds any. Everyday things are for organisation 1; those of an inquiry for
another, which no everyday user is a member of: whoever can see any board of an
organisation can ask its data sources anything.
"""

from __future__ import annotations

from dashboards.alerts import ALERTS
from dashboards.board import INQUIRY_ORGANISATION
from dashboards.sources import CLICKHOUSE, EVERYDAY, INQUIRY, METRICS

MAIN_ORGANISATION = 1
BOARDS = "/var/lib/grafana/whosaw"
"""Where the folders ``everyday`` and ``inquiry`` lie on the host of Grafana."""


def _store(name: str, uid: str, user: str, organisation: int) -> dict[str, object]:
    return {
        "name": name,
        "type": CLICKHOUSE,
        "uid": uid,
        "orgId": organisation,
        "access": "proxy",
        "editable": False,
        "jsonData": {
            "host": "$WHOSAW_STORE_HOST",
            "port": "$WHOSAW_STORE_PORT",
            "protocol": "http",
            "secure": False,
            "username": f"$WHOSAW_{user}_USER",
            "defaultDatabase": "whosaw",
        },
        "secureJsonData": {"password": f"$WHOSAW_{user}_PASSWORD"},
    }


def sources() -> dict[str, object]:
    """``datasources/whosaw.yaml``."""
    return {
        "apiVersion": 1,
        "datasources": [
            _store("Whosaw", str(EVERYDAY.uid), "EVERYDAY", MAIN_ORGANISATION),
            _store("Whosaw inquiry", str(INQUIRY.uid), "INQUIRY", INQUIRY_ORGANISATION),
            {
                "name": "Whosaw metrics",
                "type": "prometheus",
                "uid": METRICS.uid,
                "orgId": MAIN_ORGANISATION,
                "access": "proxy",
                "editable": False,
                "url": "$WHOSAW_PROMETHEUS_URL",
                "jsonData": {"timeInterval": "15s"},
            },
        ],
    }


def folders() -> dict[str, object]:
    """``dashboards/whosaw.yaml``."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": f"whosaw-{folder}",
                "orgId": organisation,
                "folder": title,
                "folderUid": f"whosaw-{folder}",
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 60,
                "options": {"path": f"{BOARDS}/{folder}"},
            }
            for folder, title, organisation in (
                ("everyday", "Whosaw", MAIN_ORGANISATION),
                ("inquiry", "Whosaw inquiry", INQUIRY_ORGANISATION),
            )
        ],
    }


def _literal(value: object) -> object:
    """With every ``$`` doubled: Grafana would take one for its environment."""
    match value:
        case str():
            return value.replace("$", "$$")
        case dict():
            return {key: _literal(inner) for key, inner in value.items()}
        case list():
            return [_literal(inner) for inner in value]
        case _:
            return value


def alerts() -> dict[str, object]:
    """``alerting/whosaw.yaml``."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": MAIN_ORGANISATION,
                "name": "whosaw",
                "folder": "Whosaw",
                "interval": "1m",
                "rules": [_literal(alert.rule()) for alert in ALERTS],
            }
        ],
    }
