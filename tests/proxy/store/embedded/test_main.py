"""The store as a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("limit", ["nope=1", "seconds=soon", "seconds"])
def test_a_wrong_limit_is_told_and_nothing_starts(tmp_path: Path, limit: str) -> None:
    """Exit code of a usage error."""
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "proxy.store.embedded",
            f"--directory={tmp_path / 'store'}",
            f"--limit={limit}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 2
    assert "--limit" in ended.stderr
    assert not (tmp_path / "store").exists()
