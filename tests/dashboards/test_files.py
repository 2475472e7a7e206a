"""The files Grafana is provisioned with."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.alerts import ALERTS
from dashboards.files import files
from tests.support.boards import DASHBOARDS, alerts, boards

BOARDS = boards()
RUNBOOKS = (Path(__file__).parents[2] / "docs" / "runbooks.md").read_text()


def test_the_files_were_written_by_the_program() -> None:
    """``make dashboards`` leaves nothing to commit, and no file behind."""
    there = {
        str(path.relative_to(DASHBOARDS)): path.read_text()
        for path in DASHBOARDS.rglob("*")
        if path.suffix in {".json", ".yaml"}
    }

    assert there == files()


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_is_of_the_types_grafana_publishes(name: str) -> None:
    """Read into the SDK's own types and written again it is the same board."""
    read = Dashboard.from_json(BOARDS[name])

    assert read.uid == BOARDS[name]["uid"]
    assert len(read.panels or []) == len(BOARDS[name]["panels"])
    assert BOARDS[name].get("schemaVersion")


@pytest.mark.parametrize("name", BOARDS)
def test_nothing_on_a_board_needs_explaining(name: str) -> None:
    """Titles, sentences, units; panels beside one another, none over another."""
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["type"] == "table" or (
            panel["fieldConfig"]["defaults"].get("unit") or panel["type"] == "heatmap"
        )
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


def _links(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["url"]] if value.get("url") else []
        return here + [url for inner in value.values() for url in _links(inner)]
    if isinstance(value, list):
        return [url for inner in value for url in _links(inner)]
    return []


def test_links_lead_to_boards_that_are_there_with_variables_they_have() -> None:
    """A link is an address and ``var-name`` of a variable of that board."""
    variables = {
        board["uid"]: {v["name"] for v in board.get("templating", {}).get("list", [])}
        for board in BOARDS.values()
    }
    urls = [url for board in BOARDS.values() for url in _links(board)]

    assert len(urls) >= 6
    for url in urls:
        found = re.match(r"/d/([a-z-]+)\?", url)
        assert found is not None
        assert set(re.findall(r"var-(\w+)=", url)) <= variables[found[1]]


def test_everyday_and_inquiry_ask_different_data_sources() -> None:
    """Any viewer of an organisation may ask all its data sources anything."""
    for name, board in BOARDS.items():
        asked = {panel["datasource"]["uid"] for panel in board["panels"]}
        assert ("whosaw-inquiry" in asked) == name.startswith("inquiry/")
    text = (DASHBOARDS / "provisioning" / "datasources" / "whosaw.yaml").read_text()
    organisations = {
        source["uid"]: source["orgId"] for source in yaml.safe_load(text)["datasources"]
    }
    assert organisations["whosaw-inquiry"] != organisations["whosaw-everyday"]
    assert "assword: $" in text.replace("'", "")


def test_every_alert_has_its_section_of_the_runbooks() -> None:
    """Heading and alert have one name; no section is without an alert."""
    sections = re.findall(r"^## ([a-z-]+)$", RUNBOOKS, re.MULTILINE)
    bodies = re.split(r"^## [a-z-]+$", RUNBOOKS, flags=re.MULTILINE)[1:]

    assert sections == [alert.name for alert in ALERTS]
    assert all(len(body.strip()) > 200 for body in bodies)
    assert {rule["annotations"]["runbook"] for rule in alerts()} == {
        f"docs/runbooks.md#{name}" for name in sections
    }


def test_thresholds_grow() -> None:
    """Grafana takes the last step that is not above the value."""
    for board in BOARDS.values():
        for panel in board["panels"]:
            steps = panel["fieldConfig"]["defaults"].get("thresholds", {})
            values = [step["value"] for step in steps.get("steps", [])]
            assert all(value is None for value in values[:1])
            assert all(low < high for low, high in pairwise(values[1:]))
