"""``whosaw crosswalk``: a file of pairs, and questions that follow it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until


def test_pairs_of_a_file_are_followed_and_contradictions_are_shown(
    recorded: Recorded, tmp_path: Path
) -> None:
    """Asked by BSN, found by the number on the screens; a second number is not."""
    file = tmp_path / "pairs.csv"
    file.write_text("bsn,777,client,201\nbsn,778,client,202\nbsn,778,client,203\n")

    loaded = whosaw("crosswalk", "load", file, *recorded.reasoned)

    assert loaded.returncode == ExitCode.OK, loaded.stderr
    assert "3 of 3 pairs recorded" in loaded.stdout
    until(
        lambda: whosaw("crosswalk", "conflicts", *recorded.reasoned).stdout.endswith(
            "1 conflicts\n"
        ),
        "the pairs are in the store",
    )
    done = whosaw("who-saw", "777", "--type", "bsn", *recorded.asked)
    source = re.escape("file pairs.csv ") + "[0-9a-f]{16}"
    assert re.search(rf"client [0-9a-f]{{32}}: same as bsn .* by {source}", done.stdout)
    assert "shown 0 times opened, once in a list" in done.stdout
    told = whosaw("who-saw", "778", "--type", "bsn", "--json", *recorded.asked)
    answer = json.loads(told.stdout)
    assert [each["type"] for each in answer["ids"]] == ["bsn"]
    assert [each["count"] for each in answer["conflicts"]] == [2]


def test_a_file_with_a_mistake_is_not_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mistake with its line; no id is repeated."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = write_config(tmp_path, [front])
    file = tmp_path / "pairs.csv"
    file.write_text("bsn,canary,client,102\nbsn,canary\nbsn,canary,bsn,3\n")

    code = run(["crosswalk", "load", str(file), "--config", str(config)])

    said = capsys.readouterr().err
    assert code == ExitCode.USAGE
    assert f"{file}:2: 2 columns; expected type,id,type,id" in said
    assert f"{file}:3: both ids are of the type bsn" in said
    assert "nothing of it was loaded" in said
    assert "canary" not in said
