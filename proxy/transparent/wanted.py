"""What the operator wants of this host, on disk: connections led, or not.

``STATE/led.json`` is there from ``up`` to ``down``. A guard leads only then, also
after the host was started anew, which forgets the kernel's rules.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from proxy.transparent.leading import Tool


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Connections are to be led."""

    tool: Tool


def read(state: Path) -> Wanted | None:
    """What is wanted now; None: the direct path."""
    try:
        return msgspec.json.decode(_path(state).read_bytes(), type=Wanted)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        return Wanted(tool=Tool.NFT)


def want(state: Path, wanted: Wanted) -> None:
    """Connections are to be led.

    Raises:
        OSError: the state directory cannot be written.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = _path(state).with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(wanted))
    beside.replace(_path(state))


def want_none(state: Path) -> None:
    """Connections are to take the direct path."""
    _path(state).unlink(missing_ok=True)


def _path(state: Path) -> Path:
    return state / "led.json"
