"""How faults are told."""

from __future__ import annotations

import pytest

from addons.faults import origin


def test_origin_names_type_and_place_but_never_the_message() -> None:
    """The message of a fault may quote a password that was passing."""
    with pytest.raises(ValueError, match="hunter2") as caught:
        int("password=hunter2")

    told = origin(caught.value)

    assert told.startswith("ValueError at test_faults.py:")
    assert "hunter2" not in told


def test_origin_of_an_error_never_raised_is_its_type() -> None:
    """Nothing better is known."""
    assert origin(KeyError("x")) == "KeyError"
