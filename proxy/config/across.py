"""The ``across`` of a config file: which sidecars are compared, by one of them."""

from __future__ import annotations

from proxy.config.model import Across
from proxy.document import Fields, Problems

CLOCK_SKEW = 2.0
"""Far more than two hosts with NTP differ, and still few names are lost to it."""
EVERY = 60.0


def across(fields: Fields, problems: Problems) -> Across | None:
    """What is compared; None: nothing. Mistakes go to ``problems``."""
    node = fields.child("across")
    if node is None:
        return None
    with Fields(node, problems) as given:
        names = tuple(dict.fromkeys(given.texts("nodes")))
        if len(names) < 2:
            given.wrong(node, "fewer than two nodes", "nodes: [first, second, …]")
        return Across(
            nodes=names,
            clock_skew=given.duration("clock_skew", CLOCK_SKEW, least=0.1, most=600.0),
            every=given.duration("every", EVERY, least=0.1, most=86_400.0),
        )
