"""The application as a process: it says where it is and leaves a whole truth."""

from __future__ import annotations

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
