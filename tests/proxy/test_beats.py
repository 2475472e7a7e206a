"""Promises of the beat."""

from __future__ import annotations

import asyncio
import os
import select
from contextlib import suppress
from pathlib import Path

from proxy import beats


async def test_a_beat_is_heard_by_whoever_listens_now(tmp_path: Path) -> None:
    """Nobody there is no failure; one that comes, or comes anew, hears it."""
    beating = asyncio.create_task(beats.beat(tmp_path, "wire-3"))
    try:
        await asyncio.sleep(0)
        for _ in range(2):
            with beats.listening(tmp_path) as sock:
                await asyncio.to_thread(select.select, [sock], [], [], 20)
                assert set(beats.heard(sock)) == {("wire-3", os.getpid())}
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


def test_nonsense_is_not_heard(tmp_path: Path) -> None:
    """Whoever may write there may write anything."""
    with beats.listening(tmp_path) as sock, beats.listening(tmp_path / "b") as other:
        for said in (b"", b"wire", b"wire x", b"\xff 1", b"w " + b"9" * 999):
            other.sendto(said, os.fspath(beats.path_of(tmp_path)))

        assert [role for role, _ in beats.heard(sock)] == ["\ufffd", "w"]
