"""How many connections a process can carry: two file descriptors each.

Importable without mitmproxy, so that a sidecar can refuse a config before it
starts a wire that would refuse it. The soft limit is raised as far as needed;
the hard one is the host's.
"""

from __future__ import annotations

import resource
from typing import Final

from proxy.errors import UsageError

PER_CONNECTION: Final = 2
OWN_DESCRIPTORS: Final = 64
"""For the loop, the tap link, listeners, log files and name resolution."""


def check(connections: int) -> int:
    """The descriptors that so many connections need.

    Raises:
        UsageError: the hard limit is too low.
    """
    needed = connections * PER_CONNECTION + OWN_DESCRIPTORS
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"{connections} connections need {needed} descriptors, two each, and this"
            f" process may open {hard}; raise RLIMIT_NOFILE or lower max_connections"
            f" to {max(0, hard - OWN_DESCRIPTORS) // PER_CONNECTION} in all"
        )
    return needed


def carry(connections: int) -> None:
    """Make sure that this process may open as many as so many connections need.

    Raises:
        UsageError: the hard limit is too low.
    """
    needed = check(connections)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
