"""The role of the shipper, as a process of its own."""

from __future__ import annotations

from pathlib import Path

from proxy.errors import ExitCode
from tests.support.sidecars import Front, run, store_ready, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until

FRONT = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")


def test_a_shipper_without_a_store_says_so_and_ends_in_order(tmp_path: Path) -> None:
    """It waits; nothing is lost by waiting."""
    with run(write_config(tmp_path, [FRONT]), ["shipper"], wait=False) as running:
        until(
            lambda: running.figure("shipper", "last_error"), "it says what is missing"
        )

        assert running.end() == ExitCode.OK
        assert running.words().count("shipper started") == 1


def test_a_shipper_brings_the_embedded_schema_up_to_date(tmp_path: Path) -> None:
    """Nobody has to migrate a store that the sidecar serves itself."""
    config = write_config(tmp_path, [FRONT])
    with run(config, ["store", "shipper"], wait=False) as running:
        until(lambda: store_ready(running.config), "the schema is there", 60)
        until(
            lambda: running.figure("shipper", "last_error") == "",
            "nothing is missing any more",
        )

        assert "migration 0001" in running.words()


def test_a_password_that_is_not_there_ends_the_shipper(tmp_path: Path) -> None:
    """That is no outage: waiting would not help."""
    config = write_config(tmp_path, [FRONT])
    kept, _ = config.read_text().split("store:")
    config.write_text(
        f"{kept}store: {{url: 'http://127.0.0.1:1', password_file: gone}}\n"
    )

    with run(config, ["shipper"], wait=False) as running:
        until(lambda: "shipper ended with 2" in running.words(), "it ended")

        assert str(tmp_path / "gone") in running.words()
