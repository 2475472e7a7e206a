"""The application as a process: it says where it is and leaves a whole truth."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from deploy.demo.application.truth import read_truth
from deploy.demo.process import application
from tests.support.vesta import RawBrowser


async def test_process_serves_counts_and_leaves_its_truth(tmp_path: Path) -> None:
    """Started on a free port, stopped by SIGTERM with its buffer written."""
    path = tmp_path / "truth.jsonl"
    async with application(path) as running:
        browser = RawBrowser(running.url)
        await browser.log_in()
        await browser.get("/client/view.do?id=900123")
        counts = await running.served()
        await browser.get("/client/view.do?id=900124")

    assert (counts.exchanges, counts.records) == (2, 1)
    assert [record.clients for record in read_truth(path)] == [["900123"], ["900124"]]


async def test_process_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """When standard input ends it stops by itself, truth written, status 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "deploy.demo.application", "--stop-with-parent"),
        *("--truth", str(tmp_path / "truth.jsonl")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    await process.stdout.readline()

    process.stdin.close()

    assert await asyncio.wait_for(process.wait(), 10) == 0
