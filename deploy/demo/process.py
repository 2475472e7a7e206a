"""Starting the stand-in application as a process of its own, and asking it.

Failure: an application that does not say its addresses, or not in time, is a
``RuntimeError`` with what it wrote to standard error left on the terminal.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What the application counted so far; its truth file is complete up to here."""

    exchanges: int
    records: int
    truth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProcess:
    """A running application."""

    url: str
    control_url: str
    pid: int
    truth: Path

    async def served(self) -> Served:
        """Its counts; also completes the truth file.

        Raises:
            aiohttp.ClientError: it is gone.
        """
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.control_url}/__truth") as response,
        ):
            return msgspec.json.decode(await response.read(), type=Served)


@asynccontextmanager
async def application(
    truth: Path, *, port: int = 0, seed: int = 2005, requests_per_connection: int = 100
) -> AsyncIterator[ApplicationProcess]:
    """Run the application until the block ends; then its truth file is complete."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.demo.application",
        *("--port", str(port), "--truth", str(truth), "--seed", str(seed)),
        *("--requests-per-connection", str(requests_per_connection)),
        "--stop-with-parent",
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        if not line:
            raise RuntimeError("the stand-in application did not start")
        addresses = json.loads(line)
        yield ApplicationProcess(
            url=addresses["url"],
            control_url=addresses["control_url"],
            pid=process.pid,
            truth=truth,
        )
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
