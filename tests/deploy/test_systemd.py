"""The units, as systemd itself reads them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import debian

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a program that exists on this machine."""
    debian.need("systemd")
    for unit in UNITS.iterdir():
        text = unit.read_text()
        program = shutil.which("true") or ""
        (tmp_path / unit.name).write_text(
            text.replace("/opt/whosaw/bin/whosaw", program)
        )
    return tmp_path


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """One question to systemd-analyze."""
    return subprocess.run(
        ["systemd-analyze", "--no-pager", "--man=no", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_systemd_finds_no_mistake_in_the_units(units: Path) -> None:
    """Unknown keys and values are warnings there; there is none."""
    done = analyze("verify", *units.glob("*.service"), *units.glob("*.socket"))

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_misspelled_key_would_be_found(units: Path) -> None:
    """The check above can fail."""
    unit = units / "whosaw.service"
    unit.write_text(unit.read_text().replace("PrivateTmp=", "PrivateTemp="))

    assert "PrivateTemp" in analyze("verify", unit).stderr


@pytest.mark.parametrize(
    ("unit", "most"), [("whosaw.service", 15), ("whosaw-guard.service", 25)]
)
def test_the_services_are_confined(units: Path, unit: str, most: int) -> None:
    """Tenths of an exposure of 10, by systemd's own measure; the guard needs two
    capabilities, the sidecar none."""
    done = analyze("security", "--offline=true", f"--threshold={most}", units / unit)

    assert done.returncode == 0, done.stdout[-200:]


def test_the_socket_belongs_to_the_service(units: Path) -> None:
    """The service restarts for ever, is watched, and may hold 20,000 connections."""
    service, socket = (
        (units / name).read_text() for name in ("whosaw.service", "whosaw.socket")
    )

    assert "Service=whosaw.service" in socket
    for line in ("Restart=always", "WatchdogSec=30", "LimitNOFILE=65536"):
        assert line in service
