"""Kept responses: encrypted, bounded, oldest out first, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from proxy.errors import UsageError
from proxy.events import Extraction
from proxy.exchange.model import Exchange
from proxy.quarantine import MOST_ITEM, Quarantine, item_of, items, unread
from proxy.status import Report
from proxy.telemetry.quarantine import QUARANTINE
from tests.support.pages import exchange as page
from tests.support.rows import VIEW, exchange

KEY = X25519PrivateKey.generate()
DAY = 86_400 * 10**9
UNREAD = exchange(extraction=Extraction.UNMAPPED)


class Days:
    """A wall clock that is set."""

    def __init__(self) -> None:
        self.now_ns = 10**18

    def __call__(self) -> int:
        """The time; no two are the same."""
        self.now_ns += 1
        return self.now_ns


@contextmanager
def keeping(
    directory: Path, clock: Days | None = None, most: int = 1 << 20
) -> Iterator[Quarantine]:
    """A quarantine; everything is written when the block ends."""
    quarantine = Quarantine(
        directory,
        KEY.public_key(),
        most=most,
        days=7,
        now_ns=clock or Days(),
    )
    try:
        yield quarantine
    finally:
        quarantine.close()


def response(text: str = "<p>canary", **more: object) -> Exchange:
    """One that no rule read."""
    headers = [(b"set-cookie", b"SID=cookie-canary")]
    found = page("/x?id=5", text, headers=headers)
    found.request.headers.append((b"cookie", b"SID=cookie-canary"))
    return found


def test_what_is_kept_is_read_with_the_private_key_only(tmp_path: Path) -> None:
    """And cookies are left out."""
    with keeping(tmp_path / "q") as quarantine:
        quarantine.keep(response(), UNREAD)

    ((path, item),) = items(tmp_path / "q", KEY, 10**18)
    assert item is not None
    assert item.recorded == UNREAD
    kept = item.exchange
    assert kept.response is not None
    assert (kept.request.target, kept.response.body) == (b"/x?id=5", b"<p>canary")
    assert b"cookie-canary" not in str(item).encode()
    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="another key"):
        list(items(tmp_path / "q", X25519PrivateKey.generate(), 10**18))


def test_the_oldest_goes_when_there_is_no_room(tmp_path: Path) -> None:
    """Also what an earlier process kept."""
    with keeping(tmp_path, most=6_000) as quarantine:
        for number in range(4):
            quarantine.keep(response(f"{number}" * 1_000), UNREAD)
    with keeping(tmp_path, clock := Days(), most=6_000) as again:
        clock.now_ns += 100
        for number in range(4, 8):
            again.keep(response(f"{number}" * 1_000), UNREAD)

    bodies = [item.response_body[:1] for _, item in items(tmp_path, KEY, 0) if item]
    assert bodies == sorted(bodies)
    assert bodies[-1] == b"7"
    assert 0 < len(bodies) < 5
    assert again.bytes <= 6_000
    assert again.evicted > 0
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == again.bytes


def test_what_is_kept_goes_when_its_days_are_over(tmp_path: Path) -> None:
    """And is not opened either, should nobody have deleted it."""
    clock = Days()
    with keeping(tmp_path, clock) as quarantine:
        quarantine.keep(response(), UNREAD)
    assert list(items(tmp_path, KEY, clock.now_ns + 8 * DAY)) == []
    clock.now_ns += 8 * DAY
    with keeping(tmp_path, clock) as quarantine:
        quarantine.keep(response("new"), UNREAD)

    ((_, item),) = items(tmp_path, KEY, clock.now_ns)
    assert item is not None
    assert item.response_body == b"new"
    assert quarantine.figures()["quarantine_evicted"] == 1


def test_a_response_that_is_too_large_is_counted(tmp_path: Path) -> None:
    """And one that never came."""
    with keeping(tmp_path) as quarantine:
        quarantine.keep(response("x" * (MOST_ITEM + 1)), UNREAD)
        quarantine.keep(page(answered=False), UNREAD)

    assert quarantine.figures()["quarantine_dropped"] == 2
    assert item_of(page(answered=False), UNREAD) is None


def test_a_disk_that_refuses_costs_the_item_only(tmp_path: Path) -> None:
    """It is counted, and nothing is raised."""
    with keeping(tmp_path / "q") as quarantine:
        (tmp_path / "q").rmdir()
        quarantine.keep(response(), UNREAD)

    assert (quarantine.kept, quarantine.dropped) == (0, 1)


def test_a_torn_file_is_told_apart(tmp_path: Path) -> None:
    """The others are read."""
    with keeping(tmp_path) as quarantine:
        for _ in range(2):
            quarantine.keep(response(), UNREAD)
    first = min(tmp_path.iterdir())
    first.write_bytes(first.read_bytes()[:-1])

    assert [item is None for _, item in items(tmp_path, KEY, 0)] == [True, False]


def test_its_figures_are_metrics(tmp_path: Path) -> None:
    """Of a quarantine that kept one and dropped one; of none there is no point."""
    with keeping(tmp_path) as quarantine:
        quarantine.keep(response(), UNREAD)
        quarantine.keep(response("x" * (MOST_ITEM + 1)), UNREAD)

    def points(**figures: object) -> dict[str, float]:
        report = Report(role="recorder", pid=1, at=0.0, figures=dict(figures))
        return {
            each.name: value
            for each in QUARANTINE
            for value, _ in each.read({"recorder": report})
        }

    assert points(**quarantine.figures()) == {
        "whosaw.quarantine.kept": 1.0,
        "whosaw.quarantine.dropped": 1.0,
        "whosaw.quarantine.evicted": 0.0,
        "whosaw.quarantine.size": float(quarantine.bytes),
    }
    assert points() == {}


def test_only_what_was_not_read_is_kept() -> None:
    """Unmapped and failed; nothing else."""
    failed = exchange(extraction=Extraction.FAILED)

    assert unread([VIEW, UNREAD]) == UNREAD
    assert unread([failed]) == failed
    assert unread([exchange(extraction=Extraction.RECORDED)]) is None
    assert unread([]) is None
