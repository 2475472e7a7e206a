"""The ``seals`` of a config file: key, period, and where seals are anchored."""

from __future__ import annotations

from pathlib import Path

from proxy.config.model import AnchorKind, AnchorPlace, Sealing
from proxy.document import Fields, Node, Problems

EVERY = 60.0
"""A minute: what an intruder can take back unseen, at most."""


def sealing(fields: Fields, base: Path, state: Path, problems: Problems) -> Sealing:
    """How the journal is sealed; mistakes go to ``problems``."""
    node = fields.child("seals")
    if node is None:
        return Sealing(enabled=True, key=state / "seal-key", every=EVERY, anchors=())
    with Fields(node, problems) as seals:
        key = seals.path("key", None)
        return Sealing(
            enabled=seals.flag("enabled", default=True),
            key=base / str(key) if key is not None else state / "seal-key",
            every=seals.duration("every", EVERY, least=0.1, most=86_400.0),
            anchors=tuple(
                found
                for each in seals.elements("anchors")
                if (found := _anchor(each, base, problems)) is not None
            ),
        )


def _anchor(node: Node, base: Path, problems: Problems) -> AnchorPlace | None:
    with Fields(node, problems) as anchor:
        given = [kind for kind in AnchorKind if anchor.has(kind.value)]
        if len(given) != 1:
            words = " or ".join(f"{kind.value}: …" for kind in AnchorKind)
            anchor.wrong(node, "not one anchor", words)
            return None
        kind = given[0]
        if kind is AnchorKind.DIRECTORY:
            return AnchorPlace(
                kind=kind, where=str(base / str(anchor.path(kind.value)))
            )
        return AnchorPlace(kind=kind, where=anchor.url(kind.value))
