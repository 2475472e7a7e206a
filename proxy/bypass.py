"""The operator's word that traffic is relayed without being observed: an edge.

``STATE/bypass.json`` says since when, by whom and why. Every wire of this state
directory looks at it, also one that starts later: a bypass outlives restarts, and
ends when somebody says so. The time is a gap (``capture_off``, intended) with that
name and reason; so is each connection that passed, with its bytes.

Failure modes: a file that cannot be read, or makes no sense, is a bypass by nobody
for ``unreadable``: somebody wanted one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

REASON_MOST: Final = 200
"""Characters of a reason; a sentence, not a report."""
BY_MOST: Final = 64


class Bypass(msgspec.Struct, frozen=True, kw_only=True):
    """Who switched observing off, when and why."""

    since_ns: int
    """Wall clock."""
    by: str
    reason: str

    @property
    def told(self) -> str:
        """As it stands in gaps and in the status."""
        return f"bypass by {self.by[:BY_MOST]}: {self.reason[:REASON_MOST]}"


def path_of(state: Path) -> Path:
    """Where it is said."""
    return state / "bypass.json"


def read(state: Path) -> Bypass | None:
    """What is said now; None: everything is observed."""
    try:
        data = path_of(state).read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        data = b""
    try:
        return msgspec.json.decode(data, type=Bypass)
    except msgspec.MsgspecError:
        return Bypass(since_ns=0, by="nobody", reason="unreadable")


def begin(state: Path, bypass: Bypass) -> None:
    """Say it, durably.

    Raises:
        OSError: the disk does not take it.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = path_of(state)
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(msgspec.json.encode(bypass))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def end(state: Path) -> Bypass | None:
    """Take it back; what had been said."""
    found = read(state)
    path_of(state).unlink(missing_ok=True)
    return found
