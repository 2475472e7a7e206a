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

from proxy.capture.envelope import Sealing
from proxy.capture.keys import create
from proxy.cli import run
from proxy.errors import ExitCode
from proxy.events import (
    ConnectionEnded,
    Event,
    ExchangeRecorded,
    HeartbeatRecorded,
)
from proxy.events.custody import CaptureMade, SubjectSeen
from proxy.journal import JournalReader
from tests.proxy.cli.conftest import Recorded
from tests.support.captures import HEADER, capture_file
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
def capturing(
    recorded: Recorded, file: Path, *options: str
) -> Iterator[subprocess.Popen[str]]:
    """``whosaw capture`` until the block ends by Ctrl-C."""
    command = [sys.executable, "-m", "proxy", "capture", str(file)]
    process = subprocess.Popen(
        [*command, "--reason", "a test", *options, *recorded.config],
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


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key to open captures with; its public half lies beside it."""
    create(tmp_path / "capture-key")
    return tmp_path / "capture-key"


def raw(key: Path) -> tuple[str, ...]:
    """Options of a raw capture."""
    return "--raw", "--to", f"{key}.pub", "--reason", "a test"


def test_a_capture_replayed_is_what_the_journal_recorded(
    recorded: Recorded, tmp_path: Path, key: Path
) -> None:
    """Identical events, for connections that were opened after the capture began."""
    file = tmp_path / "traffic.capture"
    running = recorded.running
    _, before = JournalReader(running.config.journal_directory).tail()
    with capturing(recorded, file, *raw(key)) as process:
        with closing(Browser(running.port())) as browser:
            browser.login("wim", "wrong")
            browser.login("wim")
            browser.get("/client/301")
            browser.get("/clients")
            browser.get("/logout")
            browser.get("/client/302")
        until(lambda: _over(recorded, before), "all is in the journal")
    done = whosaw("replay", file, "--key", key, *recorded.config)

    expected = [_plain(event) for event in _events(recorded, before)]
    assert process.returncode == ExitCode.OK
    assert len(expected) > 6
    assert done.returncode == ExitCode.OK, done.stderr
    assert expected == _replayed(done.stdout)
    assert file.stat().st_mode & 0o077 == 0


def _over(recorded: Recorded, before: int) -> bool:
    """Whether six exchanges were recorded, and the end of their connection."""
    events = _events(recorded, before)
    exchanges = [event for event in events if isinstance(event, ExchangeRecorded)]
    return len(exchanges) == 6 and isinstance(events[-1], ConnectionEnded)


def _events(recorded: Recorded, before: int) -> list[Event]:
    """Recorded of the traffic since. Ids are left out: those that the recorder knew
    before are new to a replay."""
    events = list(journal(recorded.running.config))[before:]
    other = (CaptureMade, HeartbeatRecorded, SubjectSeen)
    return [event for event in events if not isinstance(event, other)]


def _replayed(output: str) -> list[Any]:
    """Events of a replay, without ids."""
    events = [msgspec.json.decode(line) for line in output.splitlines()]
    return [event for event in events if event[0] != "i"]


def _plain(event: Event) -> Any:
    return msgspec.json.decode(msgspec.json.encode(event))


def test_a_redacted_capture_replays_to_the_same_structure(
    recorded: Recorded, tmp_path: Path
) -> None:
    """Same exchanges, rules, outcomes, counts and positions; other names and ids."""
    file = tmp_path / "traffic.capture"
    running = recorded.running
    _, before = JournalReader(running.config.journal_directory).tail()
    with capturing(recorded, file):
        with closing(Browser(running.port())) as browser:
            browser.login("canaryname", "wrong-canary")
            browser.login("canaryname")
            browser.get("/client/30197")
            browser.get("/clients")
            browser.get("/logout")
            browser.get("/client/30298")
        until(lambda: _over(recorded, before), "all is in the journal")
    done = whosaw("replay", file, *recorded.config)

    assert done.returncode == ExitCode.OK, done.stderr
    expected = [_structure(_plain(event)) for event in _events(recorded, before)]
    found = [_structure(event) for event in _replayed(done.stdout)]
    assert expected == found
    content = file.read_bytes()
    for secret in (b"canaryname", b"wrong-canary", b"30197", b"30298"):
        assert secret not in content
    made = [e for e in journal(running.config) if isinstance(e, CaptureMade)]
    assert (made[-1].reason, made[-1].redacted) == ("a test", True)


def _structure(event: list[Any]) -> list[Any]:
    """The event without what stands for a person: names, pseudonyms, digests."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, str) and (value.startswith("canary") or len(value) > 20):
            return len(value)
        return value

    return [_named(plain(value)) for value in event]


def _named(value: Any) -> Any:
    """Of an actor only what it rests on, and whether there is a name."""
    if isinstance(value, list) and len(value) == 8:
        return [bool(value[0]), *value[2:6]]
    return value


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "needs a reason"),
        (["--reason", " "], "needs a reason"),
        (["--raw", "--reason", "x"], "--to FILE"),
        (["--raw", "--reason", "x", "--to", "none.pub"], "none.pub: cannot be read"),
    ],
)
def test_a_capture_without_a_reason_or_raw_without_a_key_is_refused(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    """Nothing is written."""
    file = tmp_path / "new"

    code = run(["capture", str(file), *options, "--config", str(config)])

    assert code == ExitCode.USAGE
    assert said in capsys.readouterr().err
    assert not file.exists()


def test_a_capture_without_a_recorder_ends_with_3(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And leaves no file behind."""
    file = tmp_path / "new"

    code = run(["capture", str(file), "--reason", "x", "--config", str(config)])

    assert code == ExitCode.UNAVAILABLE
    assert "no recorder listens at" in capsys.readouterr().err
    assert not file.exists()


def test_a_capture_never_overwrites_a_file(recorded: Recorded, tmp_path: Path) -> None:
    """What is there was paid for."""
    file = tmp_path / "old"
    file.write_text("evidence")

    done = whosaw("capture", file, "--reason", "x", *recorded.config)

    assert done.returncode == ExitCode.USAGE
    assert "needs a new file" in done.stderr
    assert file.read_text() == "evidence"


def test_a_capture_ends_when_its_time_is_over(
    recorded: Recorded, tmp_path: Path
) -> None:
    """``--seconds``; how much was written is said."""
    file = tmp_path / "short"

    done = whosaw(
        "capture", file, "--reason", "x", "--seconds", "0.5", *recorded.config
    )

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

    code = run(
        ["capture", str(tmp_path / "new"), "--reason", "x", "--config", str(config)]
    )

    assert code == ExitCode.UNAVAILABLE
    assert "is it running?" in capsys.readouterr().err


def test_captures_are_shown_and_those_that_expired_are_purged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other files stay, and so do captures that can still be opened."""
    for name, expires in (("old", 5), ("new", 2**62)):
        header = msgspec.structs.replace(HEADER, expires_ns=expires, reason=name)
        with (tmp_path / name).open("wb") as file:
            Sealing(file, header, None).close()
    (tmp_path / "notes.txt").write_text("mine")

    shown = run(["captures", "show", str(tmp_path / "old")])
    run(["captures", "purge", str(tmp_path), "--dry-run"])
    told = run(["captures", "purge", str(tmp_path)])

    said = capsys.readouterr().out
    assert (shown, told) == (ExitCode.OK, ExitCode.OK)
    assert "reason    old" in said
    assert "expires   1970-01-01" in said
    assert said.count("1 expired, 1 kept") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "notes.txt"]


def test_an_expired_capture_is_not_opened(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor one without its key."""
    header = msgspec.structs.replace(HEADER, expires_ns=5)
    with (tmp_path / "old").open("wb") as file:
        Sealing(file, header, None).close()

    code = run(["replay", str(tmp_path / "old"), "--config", str(config)])

    assert code == ExitCode.USAGE
    assert "expired 1970-01-01 00:00 UTC" in capsys.readouterr().err
