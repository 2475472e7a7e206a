"""The role of the recorder, as a process of its own."""

from __future__ import annotations

import stat
from contextlib import ExitStack, closing
from pathlib import Path

from proxy.app.recorder import pipelines
from proxy.app.rulesets import load_all
from proxy.attribution.sessions import Sessions
from proxy.config import load
from proxy.errors import ExitCode
from proxy.keys import load as load_keys
from tests.support.sidecars import Front, run, whosaw, write_config
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_a_recorder_says_what_it_records_with_and_ends_in_order(tmp_path: Path) -> None:
    """Rule sets by their digest, the journal, and no report once it has ended."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    with run(write_config(tmp_path, [front]), ["recorder"], wait=False) as running:
        running.pid("recorder")
        config = running.config
        rules = load_all(config)["tickets"]

        assert running.figure("recorder", "rulesets") == {"tickets": rules.hash}
        assert running.figure("recorder", "journal_last_seq") == 0
        assert stat.S_IMODE(config.tap_socket.stat().st_mode) == 0o600

        assert running.end() == ExitCode.OK
        assert "recorder" not in running.reports()


def test_a_second_recorder_of_one_state_is_refused(tmp_path: Path) -> None:
    """Two would number the same events twice."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    config = write_config(tmp_path, [front])
    with run(config, ["recorder"], wait=False) as running:
        first = running.pid("recorder")

        done = whosaw("record", "--config", config)

        assert done.returncode not in (ExitCode.OK, ExitCode.USAGE)
        assert "Traceback" not in done.stderr
        assert running.pid("recorder") == first


def test_sessions_outlive_the_recorder(tmp_path: Path) -> None:
    """Whoever was logged in before it ended in order is known to the next."""
    with tickets() as application, ExitStack() as stack:
        front = Front(name="tickets", rules=RULES, upstream=application.url)
        config = write_config(tmp_path, [front])
        wire = run(config, ["wire"], wait=False, log=tmp_path / "wire.log")
        browser = Browser(0)
        with run(config, ["recorder"], wait=False) as running:
            running.pid("recorder")
            stack.enter_context(wire)
            running.pid("wire-0")
            browser = stack.enter_context(closing(Browser(running.port())))
            browser.login("joan")
            until(running.events, "the login is recorded")

        with run(config, ["recorder"], wait=False) as running:
            running.pid("recorder")
            browser.get("/client/1")
            until(
                lambda: running.figure("recorder", "views") == 1, "the view is recorded"
            )

            assert running.figure("recorder", "unattributed") == 0


def test_all_applications_share_one_table_of_sessions_and_the_keys(
    tmp_path: Path,
) -> None:
    """Pseudonyms of one client are the same wherever it was shown."""
    other = tmp_path / "other.yaml"
    other.write_text(RULES.read_text().replace("tickets", "archive"))
    fronts = [
        Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1"),
        Front(name="archive", rules=other, upstream="http://127.0.0.1:1"),
    ]
    config = load(write_config(tmp_path, fronts))
    sessions = Sessions()

    made = pipelines(config, sessions, load_all(config))

    assert set(made) == {"tickets", "archive"}
    assert all(each.sessions is sessions for each in made.values())
    assert load_keys(config.keys).subject_key_id == 1
