"""Generated users of an embedded store."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import UsageError
from proxy.store.embedded.credentials import FILE, load


def test_the_first_start_makes_passwords_that_later_starts_read(tmp_path: Path) -> None:
    """Random, different, only for the owner's eyes."""
    first = load(tmp_path / "store")

    assert load(tmp_path / "store") == first
    assert [user.writes for user in first] == [True, False]
    assert len({user.password for user in first}) == 2
    assert ((tmp_path / "store" / FILE).stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{"])
def test_a_broken_file_is_named_and_not_replaced(tmp_path: Path, text: str) -> None:
    """Somebody uses those passwords."""
    (tmp_path / FILE).write_text(text)

    with pytest.raises(UsageError, match=FILE):
        load(tmp_path)

    assert (tmp_path / FILE).read_text() == text
