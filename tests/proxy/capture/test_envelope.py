"""Captures as files: opened by one key, until they expire, and whole or not at all."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from proxy.capture.envelope import (
    BARE,
    MAGIC,
    PIECE,
    Opened,
    Sealing,
    frames,
    header_of,
    new_id,
)
from proxy.errors import UsageError
from tests.support.captures import HEADER

KEY = X25519PrivateKey.generate()
NOW = 1_000


def sealed(data: bytes, key: X25519PrivateKey | None = KEY) -> bytes:
    """A file with these frames."""
    file = BytesIO()
    sealing = Sealing(file, HEADER, None if key is None else key.public_key())
    for start in range(0, len(data), 1000):
        sealing.write(data[start : start + 1000])
    sealing.close()
    return file.getvalue()


def opened(
    path: Path, content: bytes, key: X25519PrivateKey | None = KEY
) -> tuple[bytes, bool]:
    """What comes out, and whether anything is missing."""
    path.write_bytes(content)
    found = Opened(None)
    return b"".join(frames(path, found, key, NOW)), found.torn


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE + 5])
@pytest.mark.parametrize("key", [KEY, None])
def test_what_goes_in_comes_out(
    tmp_path: Path, size: int, key: X25519PrivateKey | None
) -> None:
    """Encrypted or not; of any size."""
    data = bytes(n % 251 for n in range(size))
    content = sealed(data, key)

    assert opened(tmp_path / "c", content) == (data, False)
    if size > 1000:
        assert (data[:1000] in content) == (key is None)


def test_the_header_is_for_everybody_to_read(tmp_path: Path) -> None:
    """Who, why and until when; and whom it is for."""
    (tmp_path / "c").write_bytes(sealed(b"x"))

    header = header_of(tmp_path / "c")

    assert header is not None
    assert header.reason == HEADER.reason
    assert header.recipient == KEY.public_key().public_bytes_raw()
    (tmp_path / "b").write_bytes(BARE + b"x")
    assert header_of(tmp_path / "b") is None


def test_a_file_that_was_cut_off_gives_what_came_before_and_says_so(
    tmp_path: Path,
) -> None:
    """Wherever it was cut, also between two pieces."""
    data = bytes(3 * PIECE + 5)
    whole = sealed(data)
    pieces = len(whole) - (3 * (PIECE + 20) + 25)

    for cut in (pieces, pieces + PIECE + 20, pieces + 2 * (PIECE + 20), len(whole) - 1):
        found, torn = opened(tmp_path / "c", whole[:cut])

        assert torn
        assert data.startswith(found)
        assert len(found) % PIECE == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@example(place=0.25390625, bit=0)  # the length of the last piece
def test_any_flipped_bit_is_found(tmp_path: Path, place: float, bit: int) -> None:
    """In the header too: nobody puts off its expiry."""
    whole = bytearray(sealed(b"frames" * 100))
    whole[int(place * len(whole))] ^= 1 << bit

    try:
        found, torn = opened(tmp_path / "c", bytes(whole))
    except UsageError:
        return

    assert torn
    assert found == b""


def test_pieces_that_changed_places_are_found(tmp_path: Path) -> None:
    """As is one of another file."""
    whole = sealed(bytes(3 * PIECE))
    start = len(whole) - 3 * (PIECE + 20)
    size = PIECE + 20
    first, second = whole[start : start + size], whole[start + size : start + 2 * size]
    swapped = whole[:start] + second + first + whole[start + 2 * size :]

    assert opened(tmp_path / "c", swapped) == (b"", True)


@pytest.mark.parametrize(
    ("content", "key", "said"),
    [
        (b"GIF89a", KEY, "not a capture"),
        (MAGIC + b"\xff\xff\xff\xff", KEY, "not a capture"),
        (MAGIC + b"\x01\x00\x00\x00\xc1", KEY, "not a capture"),
        (sealed(b"x"), None, "name its file: --key"),
        (sealed(b"x"), X25519PrivateKey.generate(), "encrypted to another key"),
    ],
)
def test_what_cannot_be_opened_says_why(
    tmp_path: Path, content: bytes, key: X25519PrivateKey | None, said: str
) -> None:
    """With what to do."""
    with pytest.raises(UsageError, match=said):
        opened(tmp_path / "c", content, key)


@pytest.mark.parametrize("key", [KEY, None])
def test_an_expired_capture_is_not_opened(
    tmp_path: Path, key: X25519PrivateKey | None
) -> None:
    """From that moment on."""
    header = msgspec.structs.replace(HEADER, expires_ns=NOW)
    file = BytesIO()
    Sealing(file, header, None if key is None else key.public_key()).close()

    with pytest.raises(UsageError, match="expired 1970-01-01 00:00 UTC"):
        opened(tmp_path / "c", file.getvalue())


def test_ids_are_not_given_twice() -> None:
    """32 hex digits."""
    assert len({new_id() for _ in range(100)}) == 100
    assert len(new_id()) == 32
