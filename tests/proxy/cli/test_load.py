"""``whosaw load``: context files into the store of a running sidecar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES


def test_an_account_is_compared_with_the_team_that_was_loaded(
    recorded: Recorded, tmp_path: Path
) -> None:
    """Loaded once; the second time nothing is added."""
    file = tmp_path / "staff.csv"
    file.write_text(
        "employee,team,valid_from\njoan,north,2020-01-01\nrik,north,2020-01-01\n"
    )

    loaded = whosaw("load", "staff", file, *recorded.reasoned)
    again = whosaw("load", "staff", file, *recorded.reasoned)
    compared = whosaw(
        *("question", "compare", "--employee", "joan", "--format", "json"),
        *recorded.asked,
    )

    assert loaded.returncode == ExitCode.OK, loaded.stderr
    assert "2 rows of staff loaded" in loaded.stdout
    assert "nothing is added" in again.stdout
    (day,) = json.loads(compared.stdout)["rows"]
    assert (day["team"], day["team_accounts"]) == ("north", 2)


def test_a_file_with_a_mistake_is_not_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mistake with its line; no id is repeated."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = write_config(tmp_path, [front])
    file = tmp_path / "watched.csv"
    file.write_text("subject,reason,valid_from\ncanary,x y,2026-01-01\ncanary,z,now\n")

    code = run(["load", "watchlist", str(file), "--config", str(config)])

    said = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert f"{file}:2: reason is not a name" in said
    assert f"{file}:3: valid_from is not a day" in said
    assert "nothing of it was loaded" in said
    assert "canary" not in said
