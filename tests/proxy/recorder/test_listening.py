"""The recorder's unix socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from proxy.recorder.listening import Listening


async def test_socket_of_a_successor_is_left_alone(tmp_path: Path) -> None:
    """Two recorders in turn: the first to end must not take the other's socket."""
    path = tmp_path / "tap.sock"
    async with Listening(path, asyncio.Protocol):
        first = path.stat().st_ino
        path.rename(tmp_path / "moved")
        path.touch()

    assert path.exists()
    assert first != path.stat().st_ino


async def test_directory_is_made_private(tmp_path: Path) -> None:
    """0700: nobody else may even look."""
    path = tmp_path / "state" / "tap.sock"

    async with Listening(path, asyncio.Protocol):
        assert path.parent.stat().st_mode & 0o777 == 0o700
