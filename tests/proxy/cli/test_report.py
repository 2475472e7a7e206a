"""``whosaw status``: the verdict, the figures behind it, the exit code."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from proxy import status
from proxy.cli import run
from proxy.config import load
from proxy.errors import ExitCode
from tests.proxy.cli.conftest import Recorded
from tests.support.sidecars import Front, whosaw, write_config
from tests.support.tickets import RULES
from tests.support.waiting import until


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a sidecar that does not run."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return write_config(tmp_path, [front])


def test_a_sidecar_that_records_says_so_first(recorded: Recorded) -> None:
    """One line, then figures by process; exit code 0."""
    done = whosaw("status", *recorded.config)

    lines = done.stdout.splitlines()
    assert done.returncode == ExitCode.OK
    assert lines[0].startswith("recording everything")
    assert "1 unmapped, such as tickets /report (no_rule)" in lines[0]
    for role in ("recorder", "shipper", "store", "wire-0"):
        assert any(line.startswith(f"{role} (pid ") for line in lines), role


def test_json_has_the_verdict_and_every_process(recorded: Recorded) -> None:
    """The same for machines."""
    until(
        lambda: recorded.running.figure("wire-0", "connections_total"),
        "the wire has told of its connections",
    )
    done = whosaw("status", "--json", *recorded.config)

    told = json.loads(done.stdout)
    assert told["recording"] is True
    assert told["verdict"].startswith("recording everything")
    assert told["notes"] == [told["verdict"].partition("; ")[2]]
    roles = {"recorder", "sealer", "shipper", "sidecar", "store", "wire-0"}
    assert set(told["processes"]) == roles
    assert told["processes"]["wire-0"]["figures"]["connections_total"] > 0


@pytest.mark.parametrize("json_too", [False, True])
def test_nothing_running_is_said_and_ends_with_1(
    config: Path, json_too: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not recording is the answer no."""
    code = run(["status", "--config", str(config), *(["--json"] if json_too else [])])

    assert code == ExitCode.FAILED
    assert "not recording everything: no wire is running" in capsys.readouterr().out


def test_figures_read_well(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thousands are set apart, truths are words, what says nothing is left out."""
    figures = {
        "bytes_up": 1234567,
        "draining": False,
        "lag_ms": 0.25,
        "unreachable": {},
        "commit_error": "",
        "journal_epoch": 1795503307185,
        "rulesets": {"tickets": "5f4f0a9c"},
    }
    report = status.Report(
        role="wire-0", pid=os.getpid(), at=time.time(), figures=figures
    )
    status.write(load(config).status_directory, report)

    run(["status", "--config", str(config)])

    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:] if line]
    process = ["wire-0", "(pid", f"{os.getpid()})"]
    assert [
        [*process, "bytes", "up", "1,234,567"],
        ["draining", "no"],
        ["lag", "ms", "0.2"],
        ["journal", "epoch", "1795503307185"],
        ["rulesets", "tickets", "5f4f0a9c"],
    ] == rows[1:]


def test_pages_that_were_not_read_stand_before_all_figures(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Path and sign, in a table of their own."""
    page = {
        "application": "tickets",
        "path": "/client/{}",
        "extraction": "unmapped",
        "reason": "bsn",
        "exchanges": 3,
    }
    report = status.Report(
        role="recorder",
        pid=os.getpid(),
        at=time.time(),
        figures={"exchanges": 5, "unread_pages": [page]},
    )
    status.write(load(config).status_directory, report)

    run(["status", "--config", str(config)])

    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines() if line]
    row = rows.index(["tickets", "/client/{}", "unmapped", "bsn", "3"])
    assert row < rows.index(["recorder", "(pid", f"{os.getpid()})", "exchanges", "5"])
    assert out.count("/client/{}") == 1
