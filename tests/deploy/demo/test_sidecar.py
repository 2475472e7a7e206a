"""A sidecar in front of the stand-in application."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from deploy.demo.sidecar import free_ports, recording, sidecar, write_config
from proxy import status
from proxy.config import load


def test_ports_are_free_and_different() -> None:
    """As many as were asked for."""
    ports = free_ports(20)

    assert len(set(ports)) == 20
    assert min(ports) > 1023


def test_the_config_stands_for_itself(tmp_path: Path) -> None:
    """Loaded as an operator's would be, with state of its own."""
    config = load(write_config(tmp_path, "http://127.0.0.1:1", wires=3))

    assert config.wires == 3
    assert config.state == tmp_path / "state"
    assert config.store.embedded
    assert [each.name for each in config.applications] == ["vesta"]


def test_it_records_once_every_process_says_so(tmp_path: Path) -> None:
    """One wire too few is not everything."""
    config = load(write_config(tmp_path, "http://127.0.0.1:1", wires=2))
    assert not recording(config)

    for role in ("recorder", "shipper", "wire-0"):
        report = status.Report(role=role, pid=os.getpid(), at=time.time())
        status.write(config.status_directory, report)
    assert not recording(config)
    last = status.Report(role="wire-1", pid=os.getpid(), at=time.time())
    status.write(config.status_directory, last)

    assert recording(config)


async def test_a_sidecar_that_ends_at_once_says_its_last_words(tmp_path: Path) -> None:
    """And is not waited for."""
    path = write_config(tmp_path, "http://127.0.0.1:1", wires=1)
    path.write_text(path.read_text() + "nonsense: true\n")

    with pytest.raises(Exception, match="nonsense"):
        async with sidecar(path, tmp_path / "log"):
            pass


async def test_a_sidecar_whose_port_is_taken_says_its_last_words(
    tmp_path: Path,
) -> None:
    """What it wrote stands in the exception."""
    path = write_config(tmp_path, "http://127.0.0.1:1", wires=1)
    keys = load(path).keys
    keys.parent.mkdir(parents=True)
    keys.touch(0o644)

    with pytest.raises(RuntimeError, match="chmod 600"):
        async with sidecar(path, tmp_path / "log"):
            pass
