"""Every file that is provisioned, by its path below ``dashboards/``."""

from __future__ import annotations

from json import dumps

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import provisioning
from dashboards.coverage import coverage
from dashboards.findings import findings
from dashboards.inquiry import employee, subject
from dashboards.overview import overview
from dashboards.sidecar import sidecar

_BOARDS = {
    "everyday": (overview, coverage, findings, sidecar),
    "inquiry": (employee, subject),
}
_PROVISIONING = {
    "datasources": provisioning.sources,
    "dashboards": provisioning.folders,
    "alerting": provisioning.alerts,
}
_HEAD = "# Written by `make dashboards`; change dashboards/*.py instead.\n"


def files() -> dict[str, str]:
    """Text by path, the same each time."""
    made: dict[str, str] = {}
    for folder, boards in _BOARDS.items():
        for build in boards:
            built = build().build()
            for number, panel in enumerate(built.panels or [], 1):
                panel.id_val = number
            made[f"{folder}/{build.__name__}.json"] = (
                dumps(built, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
            )
    for folder, content in _PROVISIONING.items():
        made[f"provisioning/{folder}/whosaw.yaml"] = _HEAD + yaml.safe_dump(
            content(), sort_keys=False, width=88
        )
    return made
