"""``whosaw canary`` and the one that ``whosaw run`` repeats, on a whole sidecar."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sidecars import Front, run, whosaw, write_config
from tests.support.tickets import PASSWORD, RULES, tickets
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(240)

CANARY = """
canary:
  application: tickets
  login: /login
  fields: {username: canary}
  password_file: canary-password
  page: /client/4711
  client: "CLIENT"
  account: ACCOUNT
  every: 1s
  within: WITHIN
"""


def _canary(
    account: str,
    page: str = "/client/4711",
    within: str = "30s",
    client: str = "4711",
) -> str:
    filled = CANARY.replace("ACCOUNT", account).replace("WITHIN", within)
    filled = filled.replace("CLIENT", client)
    return filled.replace("page: /client/4711", f"page: {page}")


def test_a_canary_finds_its_view_and_says_what_else_it_met(tmp_path: Path) -> None:
    """Once by command, again and again beside the sidecar; and every way to fail:
    another name, a page without a view, a page that is not shown."""
    word = tmp_path / "canary-password"
    word.touch(0o600)
    word.write_text(PASSWORD)
    with tickets() as application:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        file = write_config(tmp_path, [front], more=_canary("canary"))
        plain = file.read_text()
        with run(file) as running:
            until(
                lambda: running.figure("canary", "canary_seconds") is not None,
                "the canary found its view",
                60,
            )
            found = whosaw("canary", "--config", file)
            tried = {
                name: _once(tmp_path, plain, _canary(*changes))
                for name, changes in {
                    "another": ("somebody", "/client/4711", "1s"),
                    "unread": ("canary", "/report", "1s", "4712"),
                    "not there": ("canary", "/nowhere", "1s"),
                }.items()
            }
            repeated = running.figure("canary", "canary_failures")
            said = running.words()

    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("canary: the view was there after ")
    assert {name: code for name, (code, _) in tried.items()} == dict.fromkeys(tried, 1)
    assert tried["another"][1] == "canary: wrong name: it is said to be canary\n"
    assert tried["unread"][1].startswith("canary: view absent")
    assert tried["not there"][1] == "canary: page: answered 404\n"
    assert repeated == 0
    assert PASSWORD not in said
    assert PASSWORD not in found.stdout + found.stderr


def _once(directory: Path, plain: str, canary: str) -> tuple[int, str]:
    """Exit code and answer of one run of this canary on the same sidecar."""
    file = directory / "other.yaml"
    file.write_text(plain.replace(_canary("canary").strip(), canary.strip()))
    done = whosaw("canary", "--config", file)
    return done.returncode, done.stdout
