"""``whosaw capture`` and ``whosaw replay``: a file that says what the journal says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy.cli import run
from proxy.errors import ExitCode
from proxy.events import Event, ExchangeRecorded
from proxy.journal import JournalReader
from tests.proxy.cli.conftest import Recorded
from tests.support.captures import capture_file
from tests.support.sidecars import Front, journal, whosaw, write_config
from tests.support.tickets import RULES, Browser
from tests.support.waiting import until

GET = b"GET /client/7 HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a sidecar that does not run."""
    front = Front(name="tickets", rules=RULES, upstream="http://127.0.0.1:1")
    return write_config(tmp_path, [front])


@contextmanager
def capturing(recorded: Recorded, file: Path) -> Iterator[subprocess.Popen[str]]:
    """``whosaw capture`` until the block ends by Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "proxy", "capture", file, "--raw", *recorded.config],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as said:
        try:
            assert "capturing" in said.readline()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def test_a_capture_replayed_is_what_the_journal_recorded(
    recorded: Recorded, tmp_path: Path
) -> None:
    """Identical events, for connections that were opened after the capture began."""
    file = tmp_path / "traffic.capture"
    running = recorded.running
    _, before = JournalReader(running.config.journal_directory).tail()
    with capturing(recorded, file) as process:
        with closing(Browser(running.port())) as browser:
            browser.login("wim", "wrong")
            browser.login("wim")
            browser.get("/client/301")
            browser.get("/clients")
            browser.get("/logout")
            browser.get("/client/302")
        until(lambda: len(_exchanges(recorded, before)) == 6, "all is in the journal")
    done = whosaw("replay", file, *recorded.config)

    expected = [_plain(event) for event in list(journal(running.config))[before:]]
    assert process.returncode == ExitCode.OK
    assert len(expected) > 6
    assert done.returncode == ExitCode.OK, done.stderr
    assert expected == [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert file.stat().st_mode & 0o077 == 0


def _exchanges(recorded: Recorded, before: int) -> list[Event]:
    events = list(journal(recorded.running.config))[before:]
    return [event for event in events if isinstance(event, ExchangeRecorded)]


def _plain(event: Event) -> Any:
    return msgspec.json.decode(msgspec.json.encode(event))


def test_a_capture_must_be_asked_for(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds passwords and records: without ``--raw`` nothing is written."""
    file = tmp_path / "new"

    code = run(["capture", str(file), "--config", str(config)])

    assert code == ExitCode.USAGE
    assert "--raw" in capsys.readouterr().err
    assert not file.exists()


def test_a_capture_without_a_recorder_ends_with_3(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And leaves no file behind."""
    file = tmp_path / "new"

    code = run(["capture", str(file), "--raw", "--config", str(config)])

    assert code == ExitCode.UNAVAILABLE
    assert "no recorder listens at" in capsys.readouterr().err
    assert not file.exists()


def test_a_capture_never_overwrites_a_file(recorded: Recorded, tmp_path: Path) -> None:
    """What is there was paid for."""
    file = tmp_path / "old"
    file.write_text("evidence")

    done = whosaw("capture", file, "--raw", *recorded.config)

    assert done.returncode == ExitCode.USAGE
    assert "needs a new file" in done.stderr
    assert file.read_text() == "evidence"


def test_a_capture_ends_when_its_time_is_over(
    recorded: Recorded, tmp_path: Path
) -> None:
    """``--seconds``; how much was written is said."""
    file = tmp_path / "short"

    done = whosaw("capture", file, "--raw", "--seconds", "0.5", *recorded.config)

    assert done.returncode == ExitCode.OK, done.stderr
    assert f"{file}: " in done.stderr


def test_a_replay_of_something_else_is_refused(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a capture: exit code 2, no events."""
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0" + os.urandom(1000))

    code = run(["replay", str(file), "--config", str(config)])

    streams = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert "not a capture of this version" in streams.err
    assert streams.out == ""


def test_a_torn_end_is_dropped_and_said(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A capture that was killed still tells what it has."""
    file = capture_file(tmp_path / "torn", "tickets", [(GET, OK)])
    file.write_bytes(file.read_bytes()[:-3])

    code = run(["replay", str(file), "--config", str(config)])

    streams = capsys.readouterr()
    assert code == ExitCode.OK
    assert "bytes of a torn end dropped" in streams.err
    assert "1 connections were still open at its end" in streams.err
    assert '"/client/{id}"' in streams.out


def test_a_capture_that_makes_no_sense_ends_with_1(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came before is printed."""
    file = capture_file(tmp_path / "broken", "tickets", [(GET, OK)])
    file.write_bytes(file.read_bytes() + b"\xff" * 100)

    code = run(["replay", str(file), "--config", str(config)])

    streams = capsys.readouterr()
    assert code == ExitCode.FAILED
    assert "it makes no sense from byte" in streams.err
    assert '"/client/{id}"' in streams.out


def test_a_socket_that_is_no_recorder_ends_the_capture_with_3(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A socket file of a recorder that was killed."""
    state = tmp_path / "state"
    state.mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(state / "tap.sock"))

    code = run(["capture", str(tmp_path / "new"), "--raw", "--config", str(config)])

    assert code == ExitCode.UNAVAILABLE
    assert "is it running?" in capsys.readouterr().err
