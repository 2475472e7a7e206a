"""Each way to anchor: what is kept there, and when it failed."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import msgspec
import pytest
from rfc3161_client import decode_timestamp_response

from proxy.evidence.seal import Signed
from proxy.sealing.anchors import (
    AnchorFailed,
    DirectoryAnchor,
    HttpAnchor,
    TimestampAnchor,
)
from tests.support.authority import TimestampAuthority, receiving
from tests.support.seals import sealed
from tests.support.waiting import until_async

SEAL, SEALED = sealed(12, 1, 4)
NEEDS_OPENSSL = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the authority of this test is openssl ts"
)


async def test_a_directory_gets_a_file_a_seal_that_is_not_written_again(
    tmp_path: Path,
) -> None:
    """The same seal again is fine, another one of its number is not."""
    anchor = DirectoryAnchor(tmp_path)

    await anchor.put(SEAL, SEALED)
    await anchor.put(SEAL, SEALED)

    path = tmp_path / "node-000000000012.seal"
    kept = msgspec.json.decode(path.read_bytes(), type=Signed)
    assert kept.digest == SEALED.digest
    assert path.stat().st_mode & 0o222 == 0
    assert SEALED.seed not in path.read_text()
    with pytest.raises(AnchorFailed, match="another seal"):
        await anchor.put(*sealed(12, 1, 5))


async def test_a_directory_that_is_not_there_fails(tmp_path: Path) -> None:
    """A mount that is gone is no place to make a directory in."""
    with pytest.raises(AnchorFailed, match="gone"):
        await DirectoryAnchor(tmp_path / "gone").put(SEAL, SEALED)


async def test_a_directory_that_hangs_is_told_and_waited_for_by_one_thread(
    tmp_path: Path,
) -> None:
    """A mount whose server is gone must not stop the sealing."""
    path = tmp_path / "node-000000000012.seal"
    os.mkfifo(path)
    anchor = DirectoryAnchor(tmp_path, seconds=0.05)
    before = threading.active_count()

    for _ in range(3):
        with pytest.raises(AnchorFailed, match="does not answer"):
            await anchor.put(SEAL, SEALED)

    assert threading.active_count() == before + 1
    path.write_bytes(b"")
    await until_async(lambda: threading.active_count() == before)


async def test_a_file_that_was_cut_short_is_told(tmp_path: Path) -> None:
    """A crash in mid-write: the next seal vouches for this one."""
    (tmp_path / "node-000000000012.seal").write_bytes(SEALED.line()[:9])

    with pytest.raises(AnchorFailed, match="another seal"):
        await DirectoryAnchor(tmp_path).put(SEAL, SEALED)


async def test_a_receiver_gets_the_line() -> None:
    """Anything but 2xx is a failure that tells the status and no path."""
    with receiving() as receiver:
        anchor = HttpAnchor(f"{receiver.url}/seals?token=secret")

        await anchor.put(SEAL, SEALED)
        receiver.status = 503
        with pytest.raises(AnchorFailed) as failed:
            await anchor.put(SEAL, SEALED)

    assert receiver.bodies[0] == SEALED.line()
    assert receiver.paths[0] == "/seals?token=secret"
    assert "503" in str(failed.value)
    assert "secret" not in str(failed.value) + anchor.name


async def test_a_receiver_that_is_away_fails() -> None:
    """Its host is named."""
    with receiving() as receiver:
        url = receiver.url
    with pytest.raises(AnchorFailed, match=r"127\.0\.0\.1"):
        await HttpAnchor(url.replace("://", "://user:secret@")).put(SEAL, SEALED)


@NEEDS_OPENSSL
async def test_a_time_stamp_over_the_line_is_kept(tmp_path: Path) -> None:
    """The authority sees a hash and no more."""
    with receiving(TimestampAuthority(tmp_path / "tsa")) as receiver:
        await TimestampAnchor(receiver.url, tmp_path).put(SEAL, SEALED)

    response = decode_timestamp_response(
        (tmp_path / "node-000000000012.tsr").read_bytes()
    )
    assert response.tst_info.message_imprint.message.hex() == SEALED.digest
    assert SEALED.body.encode() not in receiver.bodies[0]


async def test_an_authority_that_answers_rubbish_fails(tmp_path: Path) -> None:
    """Nothing is kept then."""
    with (
        receiving() as receiver,
        pytest.raises(AnchorFailed, match="no time-stamp"),
    ):
        await TimestampAnchor(receiver.url, tmp_path).put(SEAL, SEALED)

    assert list(tmp_path.glob("*.tsr")) == []


@NEEDS_OPENSSL
async def test_a_time_stamp_of_something_else_fails(tmp_path: Path) -> None:
    """An old answer, played again, is none to this seal."""
    authority = TimestampAuthority(tmp_path / "tsa")
    with receiving(authority) as receiver:
        await TimestampAnchor(receiver.url, tmp_path).put(SEAL, SEALED)
    authority.replays = receiver.bodies[0]

    with (
        receiving(authority) as receiver,
        pytest.raises(AnchorFailed, match="something else"),
    ):
        await TimestampAnchor(receiver.url, tmp_path).put(*sealed(13, 1, 5))
