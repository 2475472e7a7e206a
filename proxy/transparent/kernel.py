"""Says rules to the kernel through its own tools: an edge.

Each tool is bounded in time: a watchdog that waits for ever watches nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

from proxy.errors import UnavailableError

SECONDS: Final = 10.0
"""For one call; they take milliseconds, and wait for each other's lock."""
_DIRECTORIES: Final = "/usr/sbin:/sbin:/usr/bin:/bin"
"""Where these tools are on hosts whose PATH leaves out what is root's."""


def has(tool: str) -> bool:
    """Whether this host has the tool."""
    return _path(tool) is not None


def say(tool: str, *words: str, given: str = "") -> str:
    """Run it; what it printed.

    Raises:
        UnavailableError: it is not there, was refused, or took too long.
    """
    answer = _run(tool, words, given)
    if answer.returncode:
        first = (answer.stderr.strip() or "no reason given").splitlines()[0]
        raise UnavailableError(
            f"{tool} {' '.join(words)}: {first}; the rules need CAP_NET_ADMIN"
        )
    return answer.stdout


def tries(tool: str, *words: str, given: str = "") -> bool:
    """Run it; whether it succeeded."""
    return _run(tool, words, given).returncode == 0


def _run(
    tool: str, words: Sequence[str], given: str
) -> subprocess.CompletedProcess[str]:
    path = _path(tool)
    if path is None:
        raise UnavailableError(f"{tool} is not installed on this host")
    try:
        return subprocess.run(
            [path, *words],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{tool} cannot be run: {error}") from error


def _path(tool: str) -> str | None:
    return shutil.which(tool) or shutil.which(tool, path=_DIRECTORIES)
