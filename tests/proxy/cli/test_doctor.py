"""The command on a sidecar that runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.sidecars import Front, sidecar, whosaw
from tests.support.tickets import RULES, tickets


def test_a_running_sidecar_is_examined_in_words_and_as_json(tmp_path: Path) -> None:
    """The exit code says whether anything is bad; each such thing has a way out."""
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        with sidecar(tmp_path, [front]) as running:
            words = whosaw("doctor", "--config", running.config.file)
            done = whosaw("doctor", "--json", "--config", running.config.file)

    found = json.loads(done.stdout)
    by_check = {each["check"]: each for each in found}
    bad = [each for each in found if each["grade"] in {"bad", "refused"}]
    assert done.returncode == (1 if bad else 0) == words.returncode
    assert all(each["do"] for each in bad)
    assert by_check["port"]["said"] == "held by this sidecar"
    assert by_check["store"]["grade"] == "good"
    assert by_check["application"]["grade"] == "good"
    assert f"{len(found)} checked" in words.stdout
