"""Session keys as keyed digests."""

from __future__ import annotations

from proxy.attribution.digest import DIGEST_BYTES, session_digest

KEY = bytes(range(32))


def test_values_kinds_applications_and_keys_stay_apart() -> None:
    """One table serves several applications and several cookies."""
    made = {
        session_digest(KEY, "app", "cookie:SID", b"v"),
        session_digest(KEY, "app", "cookie:SID", b"w"),
        session_digest(KEY, "app", "cookie:SI", b"Dv"),
        session_digest(KEY, "other", "cookie:SID", b"v"),
        session_digest(KEY[::-1], "app", "cookie:SID", b"v"),
    }

    assert len(made) == 5
    assert {len(one) for one in made} == {DIGEST_BYTES}
