"""What rule sets refer to, and extras that are asked for."""

from __future__ import annotations

import pytest

from proxy.attribution.materials import NOTHING, Materials, extra
from proxy.errors import UsageError


def test_a_file_that_was_not_handed_over_is_named() -> None:
    """An error of whoever starts, not of traffic."""
    with pytest.raises(UsageError, match=r"^ca\.pem: "):
        NOTHING.file("ca.pem")


def test_materials_are_never_printed() -> None:
    """Keytabs and keys are in there."""
    held = Materials({"key": b"SECRET"}, {"keytab": lambda _: "SECRET"})

    assert held.file("key") == b"SECRET"
    assert "SECRET" not in repr(held)
    assert "keytab" not in repr(held)


def test_a_missing_extra_says_how_to_install_it() -> None:
    """At the start, in one line."""
    with pytest.raises(UsageError, match=r"pip install 'whosaw\[saml\]'"):
        extra("no_such_module", "saml", use="SAML logins")

    assert extra("json", "saml", use="SAML logins").dumps([]) == "[]"
