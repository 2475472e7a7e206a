"""Options several commands share; the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.cli import run
from proxy.cli.options import log_to_stderr
from proxy.errors import ExitCode


@pytest.fixture(autouse=True)
def _loggers() -> Iterator[None]:
    """Logging is the process's: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_of_the_log_says_when_how_bad_who_and_what(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line an event, on stderr."""
    log_to_stderr("recorder")

    logging.getLogger("proxy.recorder").warning("the disk is full")

    time, level, role, *text = capsys.readouterr().err.split()
    assert len(time) == len("2026-01-31T09:00:00.000")
    assert (level, role, " ".join(text)) == ("WARNING", "recorder", "the disk is full")


def test_what_mitmproxy_tells_of_its_peers_is_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its connection chatter names the addresses of people."""
    log_to_stderr("wire-0", verbose=True)

    logging.getLogger("mitmproxy.proxy.server").info("client connect 192.0.2.7")

    assert capsys.readouterr().err == ""


def test_the_config_may_come_from_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``WHOSAW_CONFIG``, for containers."""
    monkeypatch.setenv("WHOSAW_CONFIG", str(tmp_path / "elsewhere.yaml"))

    code = run(["status"])

    assert code == ExitCode.USAGE
    assert str(tmp_path / "elsewhere.yaml") in capsys.readouterr().err
