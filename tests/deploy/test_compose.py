"""The pilot on one machine, as the Compose specification reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from proxy.config import load

HERE = Path(__file__).parents[2] / "deploy" / "compose"


@pytest.fixture
def compose() -> dict[str, Any]:
    """The file, with merge keys resolved."""
    found = yaml.safe_load((HERE / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    """A copy of the pilot's files with its secrets made; needs root."""
    if os.geteuid() != 0:
        pytest.skip("the secrets belong to users of containers: run as root once")
    shutil.copytree(HERE, tmp_path / "compose", ignore=lambda *_: ["secrets"])
    shutil.copy(HERE.parent / "demo" / "rules.yaml", tmp_path / "compose")
    done = subprocess.run(
        [str(tmp_path / "compose" / "prepare")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "compose"


def test_the_file_is_of_the_specification(compose: dict[str, Any]) -> None:
    """An unknown key would be refused."""
    found = PyCompose.from_json(json.dumps(compose))

    assert set(found.service_names()) == {
        "application",
        "sidecar",
        "clickhouse",
        "prometheus",
        "grafana",
    }
    compose["services"]["sidecar"]["portz"] = []
    with pytest.raises(ValueError, match="portz"):
        PyCompose.from_json(json.dumps(compose))


def test_every_image_is_pinned_and_every_mount_is_there(
    compose: dict[str, Any],
) -> None:
    """A mount that is not there becomes an empty directory, silently."""
    for name, service in compose["services"].items():
        assert re.search(r":v?\d+\.\d+", service["image"]), name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            if source.startswith(".") and "secrets" not in source:
                assert (HERE / source).exists(), mount


def test_the_application_is_reached_through_the_sidecar_only(
    compose: dict[str, Any],
) -> None:
    """No port of its own; what is open is open on this machine alone."""
    services = compose["services"]

    assert "ports" not in services["application"]
    for service in services.values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_what_is_confined_says_so(compose: dict[str, Any]) -> None:
    """Everything but ClickHouse, which gives up its own rights."""
    for name, service in compose["services"].items():
        if name != "clickhouse":
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name


def test_the_secrets_it_makes_are_those_it_mounts(
    pilot: Path, compose: dict[str, Any]
) -> None:
    """Each once, at random; ClickHouse gets digests only."""
    made = {each.name for each in (pilot / "secrets").iterdir()}
    mounted = {
        Path(mount.split(":")[0]).name
        for service in compose["services"].values()
        for mount in service.get("volumes", ())
        if mount.startswith("./secrets/")
    }
    mounted |= {Path(each).name for each in compose["services"]["grafana"]["env_file"]}

    assert mounted <= made
    users = (pilot / "secrets" / "clickhouse-users.xml").read_text()
    assert (pilot / "secrets" / "store-password").read_text().strip() not in users
    again = subprocess.run(
        [str(pilot / "prepare")], capture_output=True, check=False, timeout=60
    )
    assert again.returncode == 1


def test_the_sidecar_of_the_pilot_reads_its_config(pilot: Path) -> None:
    """With the secrets where it expects them, readable by nobody else."""
    config = load(pilot / "whosaw.yaml")

    assert config.admin is not None
    assert config.admin.token_file is not None
    for file in (config.admin.token_file, config.store.password_file):
        assert file.stat().st_mode & 0o077 == 0
