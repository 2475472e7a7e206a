"""How many connections a process can carry."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from addons.descriptors import OWN_DESCRIPTORS, carry, check
from proxy.errors import UsageError


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """The descriptor limits, put back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_limit_the_process_cannot_carry_is_refused(limits: tuple[int, int]) -> None:
    """Found at start with the numbers to change, not at connection 32,000."""
    _, hard = limits
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this process may open any number of files")

    with pytest.raises(UsageError, match=f"may open {hard}; raise RLIMIT_NOFILE"):
        check(hard)


def test_soft_limit_is_raised_as_far_as_needed(limits: tuple[int, int]) -> None:
    """The usual 1,024 carries 480 connections, and the hard limit is there for us."""
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))

    carry(600)

    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1200 + OWN_DESCRIPTORS
