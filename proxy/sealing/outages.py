"""When an anchor was away: from its first refusal to the seal it took again.

Format: ``outages.json`` beside the seals, a list of ``Outage``, written whole when one
begins or ends. Bounded: ``MOST`` of them, the oldest go first.

Failure modes: ``OSError`` from the disk when writing; a file that cannot be read
counts as none, for nothing but what is told depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from proxy.evidence.seal import Seal

FILE = "outages.json"
MOST = 1_000
"""An anchor that fails once a day for a year, two of them; some 200 kB."""
_MOST_WHY = 200


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """One anchor's."""

    node: str
    anchor: str
    why: str
    """Of the first refusal."""
    from_ns: int
    to_ns: int = 0
    """0: it lasts."""
    seal: int = 0
    """The seal it took again."""


def read(directory: Path) -> list[Outage]:
    """Those that are known, the oldest first."""
    try:
        data = (directory / FILE).read_bytes()
        return msgspec.json.decode(data, type=list[Outage])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        return []


def anchored(directory: Path) -> dict[str, int]:
    """Number of the last anchored seal, by ``NODE ANCHOR``."""
    try:
        data = (directory / "anchored.json").read_bytes()
        return msgspec.json.decode(data, type=dict[str, int])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        # Only what is told and tried again depends on it.
        return {}


def begun(
    known: Iterable[Outage], seal: Seal, anchor: str, why: str, now_ns: int
) -> list[Outage] | None:
    """With one more; None: this one is known already."""
    found = list(known)
    if _open(found, seal.node, anchor) is not None:
        return None
    new = Outage(node=seal.node, anchor=anchor, why=why[:_MOST_WHY], from_ns=now_ns)
    return [*found, new][-MOST:]


def ended(
    known: Iterable[Outage], seal: Seal, anchor: str, now_ns: int
) -> list[Outage] | None:
    """With its end; None: there was none."""
    found = list(known)
    at = _open(found, seal.node, anchor)
    if at is None:
        return None
    over = msgspec.structs.replace(found[at], to_ns=now_ns, seal=seal.number)
    return [*found[:at], over, *found[at + 1 :]]


def _open(known: list[Outage], node: str, anchor: str) -> int | None:
    for at, each in enumerate(known):
        if (each.node, each.anchor, each.to_ns) == (node, anchor, 0):
            return at
    return None
