"""All checks of a host, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from proxy.config import Config
from proxy.doctor.certificates import certificates
from proxy.doctor.files import disk, secrets
from proxy.doctor.finding import Finding, Grade
from proxy.doctor.host import clock, kernel
from proxy.doctor.network import applications, ports
from proxy.doctor.recording import rules, store

logger = logging.getLogger(__name__)

Check = Callable[[Config], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "secrets": secrets,
    "certificates": certificates,
    "disk": disk,
    "clock": clock,
    "kernel": kernel,
    "ports": ports,
    "applications": applications,
    "rules": rules,
    "store": store,
}
"""By name, in the order in which they are worth reading."""


def examine(config: Config) -> Iterator[Finding]:
    """What every check finds; one that breaks says so and ends no other."""
    for name, check in CHECKS.items():
        try:
            yield from check(config)
        except Exception:  # fail open: eight checks are better than none
            logger.exception("the check %s broke", name)
            said = "this check broke; its trace is on standard error"
            yield Finding(name, "", Grade.NOTE, said)
