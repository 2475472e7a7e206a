"""``whosaw export``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import whosaw


def test_the_formats_hold_the_same_views(recorded: Recorded, tmp_path: Path) -> None:
    """A file is whole or not there, its owner's only, and never written over."""
    lines = whosaw("export", "--format", "ocsf", *recorded.asked)
    sheet = whosaw("export", "--format", "csv", *recorded.asked)
    out = tmp_path / "views.parquet"
    parquet = whosaw("export", "--format", "parquet", "--out", out, *recorded.asked)
    again = whosaw("export", "--format", "csv", "--out", out, *recorded.asked)

    events = [json.loads(each) for each in lines.stdout.splitlines()]
    views = list(csv.DictReader(io.StringIO(sheet.stdout)))
    assert lines.returncode == sheet.returncode == parquet.returncode == 0
    assert len(events) == len(views) == 6
    assert "6 views" in sheet.stderr
    assert out.read_bytes()[:4] == b"PAR1"
    assert out.stat().st_mode & 0o777 == 0o600
    assert (again.returncode, "there already" in again.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_that_cannot_be_made_is_told(recorded: Recorded, tmp_path: Path) -> None:
    """Before anything is asked."""
    done = whosaw(
        *("export", "--format", "csv", "--out", tmp_path / "no" / "x.csv"),
        *recorded.asked,
    )

    assert done.returncode == 2
    assert "No such file" in done.stderr
