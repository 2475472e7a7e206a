"""``whosaw store backup``, ``restore`` and ``move``, against a running sidecar."""

from __future__ import annotations

import json
from pathlib import Path

from proxy.errors import ExitCode
from tests.proxy.cli.conftest import Recorded
from tests.support.embedded import running
from tests.support.sidecars import whosaw


def test_a_running_store_is_backed_up_and_restored_beside_itself(
    recorded: Recorded, tmp_path: Path
) -> None:
    """As many rows as the manifest says; twice is refused in words."""
    place = tmp_path / "backup"
    done = whosaw("store", "backup", place, *recorded.reasoned)
    back = ("store", "restore", place, "--database", "again", *recorded.config)
    restored = whosaw(*back)
    twice = whosaw(*back)

    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stdout.endswith(f"{place} is whole\n")
    rows = json.loads((place / "manifest.json").read_text())["tables"]
    assert rows["views"]["rows"] > 0
    assert restored.returncode == ExitCode.OK, restored.stderr
    assert f"views: {rows['views']['rows']} rows\n" in restored.stdout
    assert twice.returncode == ExitCode.USAGE
    assert "has rows already" in twice.stderr


def test_a_store_is_moved_with_one_command(recorded: Recorded, tmp_path: Path) -> None:
    """To another server, which has no tables yet."""
    with running(tmp_path / "store") as other:
        password = tmp_path / "password"
        password.write_text(other.writer_password)
        password.chmod(0o600)

        done = whosaw(
            "store", "move", "--to", other.url, "--password-file", password,
            "--database", "moved", *recorded.reasoned,
        )  # fmt: skip

        assert done.returncode == ExitCode.OK, done.stderr
        moved = other.store("moved")
        views = moved.query("SELECT count() FROM views").rows[0][0]
        assert f"\nviews: {views} rows\n" in done.stdout
        assert views > 0
        moved.close()


def test_a_store_that_is_away_is_told(recorded: Recorded, tmp_path: Path) -> None:
    """Exit code of something that did not answer."""
    password = tmp_path / "password"
    password.write_text("secret-of-the-other")
    password.chmod(0o600)

    done = whosaw(
        "store", "move", "--to", "http://127.0.0.1:1", "--password-file", password,
        *recorded.reasoned,
    )  # fmt: skip

    assert done.returncode == ExitCode.UNAVAILABLE
    assert "secret-of-the-other" not in done.stderr + done.stdout
