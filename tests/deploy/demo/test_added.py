"""What the way through costs, measured beside the direct one."""

from __future__ import annotations

from pathlib import Path

from deploy.demo.added import KEPT, WARM, Added, added_latency
from deploy.demo.application.server import Server


async def test_both_ways_are_fetched_alike(tmp_path: Path) -> None:
    """As many requests each, over connections that the application keeps open."""
    async with (
        Server(tmp_path / "a.jsonl") as direct,
        Server(tmp_path / "b.jsonl") as through,
    ):
        added = await added_latency(direct.url, through.url, requests=KEPT)

        assert direct.vesta.exchanges == through.vesta.exchanges == WARM + KEPT

    assert added.direct_ms > 0
    assert added.through_ms > 0


def test_what_is_added_is_the_difference() -> None:
    """Negative when noise is larger than the way: it is not hidden."""
    assert Added(direct_ms=1.0, through_ms=1.5).added_ms == 0.5
    assert Added(direct_ms=1.0, through_ms=0.75).added_ms == -0.25
