"""``python -m proxy``: the exit code is the command's."""

from __future__ import annotations

import pytest

from proxy import __version__
from proxy.errors import ExitCode
from tests.support.sidecars import whosaw


@pytest.mark.parametrize(
    ("line", "code"),
    [("--version", ExitCode.OK), ("nonsense", ExitCode.USAGE)],
)
def test_a_process_ends_with_the_commands_exit_code(line: str, code: ExitCode) -> None:
    """What a script looks at."""
    done = whosaw(*line.split())

    assert done.returncode == code
    assert (done.stdout == f"whosaw {__version__}\n") is (code == ExitCode.OK)
