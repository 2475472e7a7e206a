"""PromQL of boards and alerts: parsed by a real Prometheus, over declared metrics."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from proxy.telemetry.declared import INSTRUMENTS
from proxy.telemetry.reference import prometheus_name
from tests.support.boards import Target, targets
from tests.support.debian import need

ASKED = [target for target in targets() if target.promql]
METRICS = {prometheus_name(instrument) for instrument in INSTRUMENTS}
LABELS = {
    attribute.replace(".", "_")
    for instrument in INSTRUMENTS
    for attribute in instrument.attributes
} | {"whosaw_role"}


@pytest.mark.parametrize("target", ASKED, ids=lambda target: target.where)
def test_only_declared_metrics_and_attributes_are_asked(target: Target) -> None:
    """A name that is not declared would be an empty panel for ever."""
    legend = str(target.query.get("legendFormat", ""))
    words = set(re.findall(r"\b(?:whosaw|process|network)_\w+", target.promql + legend))

    assert words & METRICS
    assert words <= METRICS | LABELS


@pytest.mark.debian
def test_prometheus_parses_every_question(tmp_path: Path) -> None:
    """``promtool check rules`` of Debian; Grafana's own variable filled in."""
    need("prometheus")
    rules = [
        {
            "record": f"question:{number}",
            "expr": target.promql.replace("$__rate_interval", "1m"),
        }
        for number, target in enumerate(ASKED)
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": rules}]}))

    checked = subprocess.run(
        ["promtool", "check", "rules", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout
