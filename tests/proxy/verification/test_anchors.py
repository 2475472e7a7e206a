"""Anchors are read back, and time-stamps checked against roots."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.evidence.chain import chain
from proxy.evidence.findings import Fault, Finding
from proxy.sealing.anchors import DirectoryAnchor, TimestampAnchor
from proxy.verification.anchors import Stamped, read, roots, stamped
from tests.support.authority import TimestampAuthority, receiving
from tests.support.sealing import keys
from tests.support.seals import KEY, run_of, sealed

SEALS = run_of((7, 1, 5), (7, 6, 9))


async def test_what_was_anchored_is_read_back(tmp_path: Path) -> None:
    """From sub-directories, too; what is no anchor is told."""
    (tmp_path / "2026").mkdir()
    await DirectoryAnchor(tmp_path / "2026").put(*sealed(1, 1, 5))
    (tmp_path / "broken.seal").write_text("?")
    (tmp_path / "broken.tsr").write_text("?")
    (tmp_path / "notes.txt").write_text("?")

    found = read(tmp_path)

    assert [each.digest for each in found.seals] == [SEALS[0].digest]
    assert [each.fault for each in found.findings] == [Fault.ANCHOR] * 2


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """No anchors at all would look like none that contradict."""
    with pytest.raises(UsageError, match="gone"):
        read(tmp_path / "gone")
    with pytest.raises(UsageError, match="gone"):
        roots(tmp_path / "gone")


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the authority of this test is openssl ts"
)
async def test_a_time_stamp_says_when_a_seal_was_there(tmp_path: Path) -> None:
    """Believed with its root, refused with another, unchecked without."""
    mine, other = (TimestampAuthority(tmp_path / name) for name in ("mine", "other"))
    place = tmp_path / "stamps"
    place.mkdir()
    with receiving(mine) as receiver:
        await TimestampAnchor(receiver.url, place).put(*sealed(1, 1, 5))
    found = read(place)
    chains = [chain("node", SEALS, keys(KEY))]

    (trusted,) = stamped(chains, found.stamps, roots(mine.root))
    (refused,) = stamped(chains, found.stamps, roots(other.root))
    (unchecked,) = stamped(chains, found.stamps, [])
    (cut,) = stamped([chain("node", [], keys(KEY))], found.stamps, [])

    assert isinstance(trusted, Stamped)
    assert (trusted.number, trusted.trusted) == (1, True)
    assert isinstance(refused, Finding)
    assert refused.fault is Fault.ANCHOR
    assert isinstance(unchecked, Stamped)
    assert not unchecked.trusted
    assert isinstance(cut, Finding)
    assert cut.fault is Fault.TAIL_CUT
