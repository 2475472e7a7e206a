"""The role of the sealer, as a process of its own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from proxy.errors import ExitCode
from proxy.evidence.seal import read
from proxy.sealing.shelf import Shelf
from tests.support.sidecars import Front, run, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until

FRONT = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")


def sealing(tmp_path: Path, more: str = "") -> Path:
    """A config that seals often."""
    config = write_config(tmp_path, [FRONT])
    with config.open("a") as file:
        file.write(f"seals: {{every: 100ms{more}}}\n")
    return config


def test_a_sealer_without_shipper_and_anchor_seals_and_says_so(tmp_path: Path) -> None:
    """The seals wait for their rows, the anchor is tried again."""
    config = sealing(tmp_path, ", anchors: [{directory: gone}]")
    with run(config, ["recorder", "sealer"], wait=False) as running:
        until(lambda: running.figure("sealer", "last_seal"), "a seal is made")
        until(lambda: running.figure("sealer", "anchors_failing"), "no anchor")

        assert running.figure("sealer", "seal_error") == ""
        assert running.figure("sealer", "delivered") == 0
        assert running.end() == ExitCode.OK


def test_a_sealer_that_is_killed_goes_on_with_its_chain(tmp_path: Path) -> None:
    """Numbers rise by one; nobody has to help."""
    with run(sealing(tmp_path), ["recorder", "sealer"], wait=False) as running:
        until(lambda: running.figure("sealer", "last_seal"), "a seal is made")
        running.kill("sealer")
        until(lambda: (running.figure("sealer", "last_seal") or 0) > 3, "it seals on")
        directory = running.config.seal_directory
        assert running.end() == ExitCode.OK

    numbers = [read(signed.body).number for signed in Shelf(directory).signed()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """And tried again; the process stays."""
    config = sealing(tmp_path)
    with run(config, ["sealer"], wait=False) as running:
        running.pid("sealer")
        journal = running.config.journal_directory
        path = journal / f"{7:020d}-{1:020d}.journal"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE meta(key, value)")
        until(lambda: running.figure("sealer", "seal_error"), "it is told")

        assert "cannot be read" in running.figure("sealer", "seal_error")


def test_a_key_that_others_may_read_ends_everything_before_it_starts(
    tmp_path: Path,
) -> None:
    """With what to do."""
    config = sealing(tmp_path)
    with run(config, ["sealer"], wait=False) as running:
        key = running.config.seals.key
        until(key.exists, "it is made")
    key.chmod(0o644)

    with run(config, ["sealer"], wait=False) as running:
        until(lambda: "chmod 600" in running.words(), "it is refused")


def test_sealing_can_be_switched_off(tmp_path: Path) -> None:
    """Then there is no such process."""
    config = sealing(tmp_path, ", enabled: false")
    with run(config, ["recorder", "sealer"], wait=False) as running:
        until(lambda: running.figure("recorder", "journal_epoch"), "it records")

        assert "sealer" not in running.reports()
