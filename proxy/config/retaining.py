"""The ``store.retention`` of a config file: how long each table keeps its rows."""

from __future__ import annotations

from proxy.document import Fields, Problems
from proxy.retention.policy import DAY, DEFAULTS, EVERY, Retention


def retention(store: Fields, problems: Problems) -> Retention:
    """Periods by table; mistakes go to ``problems``."""
    node = store.child("retention")
    if node is None:
        return Retention()
    with Fields(node, problems) as fields:
        every = fields.duration("every", EVERY, most=7 * DAY)
        seconds = {
            name: fields.duration(name, default, least=DAY)
            for name, default in DEFAULTS.items()
        }
        for name in ("sessions", "attributions"):
            if seconds[name] < seconds["views"]:
                fields.wrong(
                    node,
                    f"{name} end before views",
                    f"{name} at least as long as views: a view rests on them",
                )
        return Retention(every=every, seconds=seconds)
