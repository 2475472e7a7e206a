"""What an embedded store is told has safe defaults."""

from __future__ import annotations

from pathlib import Path

from proxy.store.embedded.settings import EmbeddedSettings, Limits, User


def test_a_store_listens_on_loopback_with_users_made_for_it() -> None:
    """Nothing has to be set to be safe."""
    settings = EmbeddedSettings(directory=Path("store"))

    assert settings.host == "127.0.0.1"
    assert settings.users == ()


def test_a_user_reads_only_unless_told_otherwise() -> None:
    """And his password stays out of sight."""
    assert not User("reader", "secret").writes
    assert "secret" not in repr(User("reader", "secret"))


def test_the_longest_question_fits_the_largest_request() -> None:
    """The bounds agree with each other."""
    limits = Limits()

    assert limits.query_bytes < limits.request_bytes
    assert limits.result_bytes < limits.memory_bytes
