"""The command line as a whole: what it refuses, and how it ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

from proxy import __version__
from proxy.cli import MODULES, run
from proxy.errors import ExitCode

COMMANDS = (*MODULES, "rules check", "rules explain")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_how_it_is_used(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--help`` of every command, with only its own module imported."""
    code = run([*command.split(), "--help"])

    assert code == ExitCode.OK
    assert f"Usage: whosaw {command} " in capsys.readouterr().out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """What is registered for one command is there for all."""
    code = run(["--help"])

    _, commands = capsys.readouterr().out.split("Commands:\n")
    assert code == ExitCode.OK
    assert set(MODULES) == {line.split()[0] for line in commands.splitlines()}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Usage: whosaw"),
        ("nonsense", "No such command 'nonsense'"),
        ("rules", "Usage: whosaw rules"),
        ("rules nonsense", "No such command 'nonsense'"),
        ("who-saw", "Missing argument 'client'"),
        ("who-saw 1 2", "unexpected extra argument"),
        ("who-saw 1 --limit none", "--limit"),
        ("who-saw 1 --limit 0", "--limit"),
        ("status --bogus", "No such option: --bogus"),
        ("status --config", "requires an argument"),
        ("replay no-such-file", "no-such-file"),
        ("rules explain rules.yaml no-such-file", "no-such-file"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_what_is_wrong(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never a traceback: the message, where to find help, and exit code 2."""
    code = run(line.split())

    streams = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert said in " ".join((streams.err + streams.out).split())


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    """``whosaw --version``."""
    code = run(["--version"])

    assert code == ExitCode.OK
    assert capsys.readouterr().out == f"whosaw {__version__}\n"


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("proxy.app.recorder", "mitmproxy"),
        ("proxy.app.shipper", "mitmproxy"),
        ("proxy.app.shipper", "lxml"),
        ("proxy.app.store", "mitmproxy"),
        ("proxy.app.sidecar", "mitmproxy"),
        ("proxy.app.wire", "chdb"),
        ("proxy.cli.serve", "lxml"),
    ],
)
def test_a_role_is_made_of_no_more_than_it_needs(module: str, foreign: str) -> None:
    """Each process of a sidecar pays for its own parts only."""
    code = f"import sys, {module}; sys.exit({foreign!r} in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0
