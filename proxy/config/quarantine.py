"""The ``quarantine`` of a config file: what no rule read is kept for a better one."""

from __future__ import annotations

from pathlib import Path

from proxy.config.model import Quarantining
from proxy.document import Fields, Problems

MIB = 1 << 20
MOST = 256 * MIB
"""Some twenty thousand pages: a new screen is seen long before."""
DAYS = 7


def quarantine(fields: Fields, base: Path, problems: Problems) -> Quarantining | None:
    """What is kept; None: nothing. Mistakes go to ``problems``."""
    node = fields.child("quarantine")
    if node is None:
        return None
    with Fields(node, problems) as given:
        key = given.path("key", None)
        if key is None:
            given.wrong(node, "no key", "key: the public key it is encrypted to")
            return None
        return Quarantining(
            key=base / str(key),
            most=given.size("most", MOST, least=MIB),
            days=given.integer("days", DAYS, least=1, most=90),
        )
