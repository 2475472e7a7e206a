"""Settings of a wire."""

from __future__ import annotations

from addons.settings import ListenerSettings


def test_silence_is_never_a_reason_to_close_unless_asked_for() -> None:
    """A direct connection has no idle timeout, so by default a relayed one has none."""
    settings = ListenerSettings(
        application="a", fd=3, upstream_host="localhost", upstream_port=80
    )

    assert settings.idle_timeout is None
    assert settings.connect_timeout == 10.0
